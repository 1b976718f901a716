"""Anchors outside the database: where each book's chain stood, appended after every commit (quality.md R18, D12)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime

from django.conf import settings

from core.hashing import canonical_json
from core.models import Installation


def append_anchors(rows: list[dict[str, object]], *, at: datetime) -> None:
    """Append one line per row (compound, book, count, year, number, hash) and force it to the disk.

    :raises OSError: when the file cannot be written; the vouchers are in the database all the same.
    """
    site = str(Installation.objects.values_list("site", flat=True).get())
    stamp = at.astimezone(UTC).isoformat()
    text = "".join(canonical_json({"site": site, "at": stamp, **row}) + "\n" for row in rows)
    settings.ANCHORS_FILE.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.ANCHORS_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(handle, text.encode())  # one write: lines of two processes never mix
        os.fsync(handle)
    finally:
        os.close(handle)


def read_anchors() -> Iterator[dict[str, object]]:
    """Yield the anchors of this database, oldest first; lines of other databases are passed over.

    :raises ValueError: when a line is no JSON object.
    """
    if not settings.ANCHORS_FILE.exists():
        return
    site = str(Installation.objects.values_list("site", flat=True).get())
    with open(settings.ANCHORS_FILE, encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                anchor = json.loads(line)
                if anchor.get("site") == site:
                    yield anchor
