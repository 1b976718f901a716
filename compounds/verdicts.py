"""Is a posted notice still what was posted: its data, its columns and its files held against their hashes."""

from __future__ import annotations

import json

from compounds.models import Notice
from core.hashing import sha256_bytes, sha256_text
from core.models import Document
from core.operations import read_bytes


def is_genuine(document: Document) -> bool:
    """Return whether an issued notice is unchanged: data by its hash, then columns and stored files by the data."""
    if sha256_text(document.data) != document.sha256:
        return False
    said = json.loads(document.data)
    notice = Notice.objects.prefetch_related("files__attachment").get(document=document)
    columns = {
        "title": notice.title,
        "body": notice.body,
        "from": notice.from_on.isoformat(),
        "until": notice.until_on.isoformat() if notice.until_on else None,
        "code": document.code,
    }
    files = [(row.title, row.attachment.sha256) for row in notice.files.all()]
    if any(said[name] != value for name, value in columns.items()):
        return False
    if files != [(each["title"], each["sha256"]) for each in said["files"]]:
        return False
    hashes = [*(sha256 for _, sha256 in files), *document.files.values_list("sha256", flat=True)]
    return all(_is_stored(sha256) for sha256 in hashes)


def _is_stored(sha256: str) -> bool:
    try:
        return sha256_bytes(read_bytes(sha256)) == sha256
    except FileNotFoundError:
        return False
