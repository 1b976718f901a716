"""The next version of an issued ledger: its books to the cent, with corrected words and a list of what was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from fees.documents.ledger import Ledger
from fees.documents.parts import BookPart, Line
from fees.documents.rows import Anchor, Booked, Correction
from fees.models import CorrectionDraft


def line_of(ledger: Ledger, book: str, year: int, number: int, position: int) -> Line | None:
    """Return a voucher's line as the ledger shows it, or None where it does not."""
    own = [line for line in ledger.book(book).lines if (line.on.year, line.number) == (year, number)]
    return own[position - 1] if 0 < position <= len(own) else None


def corrections_from(ledger: Ledger, drafts: Sequence[CorrectionDraft]) -> tuple[Correction, ...]:
    """Return what was typed as rows of the next version.

    :raises ValueError: when a draft names a line that the ledger does not show.
    """
    found = []
    for draft in drafts:
        wrong, right = draft.voucher, draft.booked
        shown = line_of(ledger, wrong.book.kind, wrong.year, wrong.number, draft.position)
        if shown is None:
            raise ValueError(f"{ledger.code}: no line {draft.position} of {wrong.number}")
        words = bool(draft.text)
        found.append(
            Correction(
                version=ledger.version + 1,
                book=wrong.book.kind,
                number=wrong.number,
                on=wrong.on,
                amount=wrong.amount,
                reason=draft.reason,
                line=draft.position if words else None,
                was=shown.summary if words else None,
                text=draft.text if words else None,
                booked=Booked(f"{right.on:%Y-%m}", right.number, right.on, right.amount) if right else None,
            )
        )
    return tuple(found)


def corrected_ledger(
    ledger: Ledger,
    corrections: Sequence[Correction],
    *,
    code: str,
    posted_on: date,
    posted_until: date,
    anchors: tuple[Anchor, ...],
    public_url: str,
) -> Ledger:
    """Return the ledger's next version with its hash: only words of lines, dates and the list differ."""
    text = {(row.book, row.on.year, row.number, row.line): row.text for row in corrections if row.text is not None}

    def said(book: BookPart) -> BookPart:
        places: dict[tuple[int, int], int] = {}
        lines = []
        for line in book.lines:
            voucher = line.on.year, line.number
            places[voucher] = places.get(voucher, 0) + 1
            words = text.get((book.book, *voucher, places[voucher]))
            lines.append(line if words is None else replace(line, summary=words))
        return replace(book, lines=tuple(lines))

    made = replace(
        ledger,
        code=code,
        version=ledger.version + 1,
        posted_on=posted_on,
        posted_until=posted_until,
        books=tuple(said(book) for book in ledger.books),
        corrections=(*ledger.corrections, *corrections),
        anchors=anchors,
        verify_url=f"{public_url}/verify/{code}/",
    )
    return Ledger.from_data(made.to_data())
