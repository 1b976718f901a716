"""The anchors outside the database held against the chains, with what a restoring allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from core.models import Document
from fees.models import Ledger
from fees.verification.found import UNREADABLE, Fault, Place, Report


@dataclass
class _Restoring:
    """That the database was restored: the anchors' line saying so, and up to which line and place the backup reached."""

    line: int
    on: str
    reached: int
    heads: dict[str, int]
    vouchers: int = 0
    ledgers: int = 0

    def lost_line(self, line: int) -> bool:
        """Return whether a ledger's line was written after the backup and before the restoring; count it."""
        lost = self.reached < line < self.line
        self.ledgers += lost
        return lost

    def lost_voucher(self, line: int, book: str, count: int) -> bool:
        """Return whether a voucher's line was written in that time and lies beyond what came back; count it."""
        lost = self.reached < line < self.line and count > self.heads.get(book, -1)
        self.vouchers += lost
        return lost


def _restorings(anchors: list[tuple[int, dict[str, Any] | None]]) -> Iterator[_Restoring]:
    """Yield what the anchors say of restorings; a line that cannot be read explains nothing."""
    for line, anchor in anchors:
        with suppress(*UNREADABLE):
            if anchor and "restored" in anchor:
                said = anchor["restored"]
                heads = {str(book): int(count) for book, count in said["heads"].items()}
                yield _Restoring(line, str(anchor["at"])[:10], int(said["anchors"]), heads)


def check_anchors(
    anchors: list[tuple[int, dict[str, Any] | None]],
    known: Mapping[tuple[str, str], Mapping[int, Place]],
    only: set[str] | None,
    report: Report,
) -> None:
    """Compare every anchor outside the database with what is inside: a cut tail or a chain made anew shows here.

    What was posted between a backup and its restoring is gone, and the anchors say that it was restored: a warning.
    """
    flagged: set[tuple[str, str]] = set()
    newest: dict[tuple[str, str], int] = {}
    restorings = list(_restorings(anchors))
    for line, anchor in anchors:
        try:
            if anchor is None:
                raise ValueError(line)
            if "restored" in anchor:
                if not any(restoring.line == line for restoring in restorings):
                    raise ValueError(line)
                continue
            code = str(anchor["compound"])
            if only is not None and code not in only:
                continue
            if "ledger" in anchor:
                gone = not Document.objects.filter(code=anchor["code"]).exists()
                if not (gone and any(restoring.lost_line(line) for restoring in restorings)):
                    _check_ledger_anchor(code, anchor, report)
                continue
            book, count = str(anchor["book"]), int(anchor["count"])
            said = Place(anchor["hash"], anchor["year"], anchor["number"])
        except UNREADABLE:
            report.bad.append(Fault("", "", None, f"库外存证第{line}行读不出来"))
            continue
        if any(restoring.lost_voucher(line, f"{code}/{book}", count) for restoring in restorings):
            continue
        newest[code, book] = max(count, newest.get((code, book), 0))
        place = known.get((code, book), {}).get(count)
        if (code, book) in flagged or place == said:
            continue
        flagged.add((code, book))
        if place is None:
            first = _first_missing(known.get((code, book), {}), said)
            report.bad.append(Fault(code, book, first, "库外存证里有、账上没有的凭证"))
        else:
            report.bad.append(Fault(code, book, said.number, "凭证和库外存证不符"))
    for restoring in restorings:
        report.warnings.append(
            f"{restoring.on}从备份恢复过：恢复前存证的凭证有{restoring.vouchers}张、公示有{restoring.ledgers}份已经不在账上"
        )
    for (code, book), places in sorted(known.items()):
        report.anchored[f"{code}/{book}"] = newest.get((code, book), 0)
        head = max(places)
        if head > newest.get((code, book), 0):
            report.warnings.append(f"{code} {book}：最后{head - newest.get((code, book), 0)}张凭证没有库外存证")


def _first_missing(places: Mapping[int, Place], said: Place) -> int | None:
    """Return the number with which a cut tail began: the one after the last that is there, in the same year."""
    last = places[max(places)] if places else None
    if last is None or last.year != said.year or last.number is None:
        return said.number
    return last.number + 1


def _check_ledger_anchor(code: str, anchor: Mapping[str, Any], report: Report) -> None:
    """Compare what was noted outside when a ledger was issued with the document and its files."""
    document = Document.objects.filter(code=anchor["code"]).prefetch_related("files").first()
    found = {file.format: file.sha256 for file in document.files.all()} if document else {}
    hangs = Ledger.objects.filter(
        compound__code=code, code=anchor["ledger"], version=anchor["version"], document__code=anchor["code"]
    )
    if document is None or document.sha256 != anchor["hash"] or found != anchor["files"] or not hangs.exists():
        report.bad.append(Fault(code, "", None, f"{anchor['ledger']}公示：和张贴时的库外存证不符"))
