"""What verifying finds, and what it reads first: faults, their report, a place on a chain, the stored rows of a book."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# Whatever a changed row can make of reading it.
UNREADABLE = (ValueError, KeyError, TypeError, ArithmeticError, AttributeError, IndexError)


@dataclass(frozen=True)
class Fault:
    """One thing that does not fit: which compound, book and voucher number, and what in words."""

    compound: str
    book: str
    number: int | None
    what: str


@dataclass
class Report:
    """What was checked and what does not fit."""

    checked: int = 0
    bad: list[Fault] = field(default_factory=list)
    anchored: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "checked": self.checked,
            "bad": [asdict(fault) for fault in self.bad],
            "anchored": self.anchored,
            "warnings": self.warnings,
        }


@dataclass(frozen=True)
class Place:
    """One place of a recomputed chain; place 0 is the opening, or the genesis."""

    hash: str
    year: int | None = None
    number: int | None = None


@dataclass(frozen=True)
class Stored:
    """A book's vouchers as stored: rows by place in the chain, lines by voucher."""

    rows: list[dict[str, Any]]
    lines: dict[int, list[dict[str, Any]]]
    unreadable: list[int]
