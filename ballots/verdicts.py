"""Is what was posted of a ballot still what was posted: its data and its files held against their hashes."""

from __future__ import annotations

import json

from core.hashing import sha256_bytes, sha256_text
from core.models import Document
from core.operations import read_bytes

KINDS = ("ballot_notice", "ballot_extension", "ballot_result")


def is_genuine(document: Document) -> bool:
    """Return whether a posted paper of a ballot is unchanged: data by its hash, then all files that it names."""
    if sha256_text(document.data) != document.sha256:
        return False
    said = json.loads(document.data)
    named = [each["sha256"] for each in said.get("files", ())]
    hashes = [*named, *document.files.values_list("sha256", flat=True)]
    return all(_is_stored(sha256) for sha256 in hashes)


def _is_stored(sha256: str) -> bool:
    try:
        return sha256_bytes(read_bytes(sha256)) == sha256
    except FileNotFoundError:
        return False
