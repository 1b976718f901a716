"""What is printed of a period for many compounds at once: the list that lies on top of each volume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core import pdf
from fees.rules import PLACES_NEEDED

# So many compounds make one volume: what a printer takes at a time, and some 30 MB.
PER_VOLUME = 50
MOST_COPIES = 9


@dataclass(frozen=True)
class PrintOptions:
    """How each ledger is printed: copies, only the sheet for the board (page 1), each copy on leaves of its own."""

    copies: int = PLACES_NEEDED
    first_only: bool = False
    both_sides: bool = False

    def sheets(self, content: bytes) -> pdf.Sheets:
        """Return a stored PDF as these options print it."""
        return pdf.Sheets(content, self.copies, self.first_only, self.both_sides)

    def pages_of(self, pages: int) -> int:
        """Return how many pages a ledger of so many takes with all its copies."""
        return self.sheets(b"").pages_of(pages)


@dataclass(frozen=True)
class PrintRow:
    """A compound in the list: its ledger's pages, with all copies those in the volume, and where they begin."""

    number: int
    community: str
    compound: str
    code: str
    version: int
    pages: int
    printed: int
    begins_at: int


@dataclass(frozen=True)
class PrintList:
    """The list on top of a volume: what lies in it, to be ticked off when someone fetches it."""

    area: str
    label: str
    volume: int
    volumes: int
    options: PrintOptions
    rows: tuple[PrintRow, ...]
    missing: tuple[str, ...] = ()

    @property
    def pages(self) -> int:
        """All pages of the volume but the list's own."""
        return sum(row.printed for row in self.rows)


def print_rows(found: Sequence[tuple[str, str, str, int, int]], options: PrintOptions) -> tuple[PrintRow, ...]:
    """Return the rows of a volume from (community, compound, document's code, version, pages), counted through."""
    rows, at = [], 1
    for number, (community, compound, code, version, pages) in enumerate(found, start=1):
        printed = options.pages_of(pages)
        rows.append(PrintRow(number, community, compound, code, version, pages, printed, at))
        at += printed
    return tuple(rows)
