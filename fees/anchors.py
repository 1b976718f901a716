"""Anchors outside the database: what stood there after every commit (quality.md R18, D12).

A line names this database (``site``) and either a book's head - compound, book, count, year, number, hash; count 0 is
the opening - or an issued ledger: compound, ledger, version, code, hash and the hashes of its files - or that the
database was restored from a backup (``restored``): how many lines stood here when that was made, and each book's count.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from core.hashing import canonical_json
from core.models import Installation


def append_anchors(rows: list[dict[str, object]], *, at: datetime) -> None:
    """Append one line per row and force it to the disk.

    :raises OSError: when the file cannot be written; the rows are in the database all the same.
    """
    site = str(Installation.objects.values_list("site", flat=True).get())
    stamp = at.astimezone(UTC).isoformat()
    text = "".join(canonical_json({"site": site, "at": stamp, **row}) + "\n" for row in rows)
    settings.ANCHORS_FILE.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.ANCHORS_FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            text = "\n" + text  # a line torn by a crash stays alone
        os.write(handle, text.encode())  # one write: lines of two processes never mix
        os.fsync(handle)
    finally:
        os.close(handle)


def read_anchors() -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Yield (line number, anchor) of this database, oldest first; None for a line that cannot be read.

    Lines of other databases are passed over.
    """
    if not settings.ANCHORS_FILE.exists():
        return
    site = str(Installation.objects.values_list("site", flat=True).get())
    with open(settings.ANCHORS_FILE, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                anchor = json.loads(line)
            except (ValueError, RecursionError):
                anchor = None
            known = ({"site", "compound", "hash"}, {"site", "restored"})
            if not isinstance(anchor, dict) or not any(keys <= set(anchor) for keys in known):
                yield number, None
            elif anchor["site"] == site:
                yield number, anchor
