"""The ledger that hangs out: one frozen view-model from which page, PDF, CSV and JSON are made.

An issued ledger is read back from its stored JSON (``read_ledger``), so what a page shows is what was issued.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.charts import Month as ChartMonth
from core.charts import MonthPairs
from core.hashing import canonical_json, sha256_text
from fees.choices import ServiceLine, Source
from fees.documents.memo import Memo
from fees.documents.opinions import Audit
from fees.documents.parts import BookPart, Line, money_of, net_of_reds, text_of
from fees.documents.rows import (
    Anchor,
    Change,
    Comparison,
    Corrected,
    Correction,
    MoneyRow,
    MonthRow,
    NoticeRow,
    ServiceRow,
    SourceRow,
    ToldGroup,
    ToldRow,
    Whereabouts,
    changed,
    together,
    told_together,
    whereabouts,
)
from fees.rules import (
    SIGNS,
    ZERO,
    Span,
    month_of,
    months_from,
    next_month,
    per_household,
    per_square_metre,
    previous_month,
)

SCHEMA = "ledger/1"
NOTHING_COMPARED = Comparison()
NOT_AUDITED = Audit()


@dataclass(frozen=True)
class Ledger:
    """A compound's posted month (or quarter, half-year, year) over both books; yuan."""

    code: str
    compound_code: str
    compound_name: str
    place: str
    households: int
    floor_area: str
    period: str
    first_on: date
    last_on: date
    version: int
    posted_on: date
    posted_until: date
    books: tuple[BookPart, ...]
    sources: tuple[SourceRow, ...]
    service_lines: tuple[ServiceRow, ...]
    notice_income: tuple[NoticeRow, ...]
    notice_expense: tuple[NoticeRow, ...]
    told: tuple[ToldRow, ...]
    anchors: tuple[Anchor, ...]
    verify_url: str
    contact_office: str = ""
    contact_place: str = ""
    contact_phone: str = ""
    comparison: Comparison = NOTHING_COMPARED
    money: tuple[MoneyRow, ...] = ()
    corrections: tuple[Correction, ...] = ()
    corrected: tuple[Corrected, ...] = ()
    memo: Memo | None = None
    audit: Audit = NOT_AUDITED
    sha256: str = ""

    # --- Sums over both books ---

    def _sum(self, name: str) -> Decimal:
        return sum((getattr(book, name) for book in self.books), ZERO)

    @property
    def opening(self) -> Decimal:
        return self._sum("opening")

    @property
    def income(self) -> Decimal:
        return self._sum("income")

    @property
    def expense(self) -> Decimal:
        return self._sum("expense")

    @property
    def transfers(self) -> Decimal:
        """Between the books: nothing in sum, unless one leg lies in another month."""
        return self._sum("transfers")

    @property
    def held(self) -> Decimal:
        return self._sum("held")

    @property
    def closing(self) -> Decimal:
        return self._sum("closing")

    @property
    def held_balance(self) -> Decimal:
        """Money held for others at the end; it is not the compound's."""
        return self._sum("held_balance")

    @property
    def own_opening(self) -> Decimal:
        """The compound's own money at the start: the opening less what was held for others."""
        return self.opening - (self.held_balance - self.held)

    @property
    def own_closing(self) -> Decimal:
        """The compound's own money at the end: the closing less what is held for others."""
        return self.closing - self.held_balance

    @property
    def cash(self) -> Decimal:
        return self._sum("cash")

    @property
    def bank(self) -> Decimal:
        return self._sum("bank")

    @property
    def qr(self) -> Decimal:
        return self._sum("qr")

    @property
    def surplus(self) -> Decimal:
        """Income less expense of the month; negative when more was spent."""
        return self.income - self.expense

    @property
    def notice_income_total(self) -> NoticeRow:
        """The rows of 收了哪些钱 together."""
        return together(self.notice_income)

    @property
    def notice_expense_total(self) -> NoticeRow:
        """The rows of 花在哪里 together."""
        return together(self.notice_expense)

    @property
    def expense_per_household(self) -> Decimal | None:
        return per_household(self.expense, self.households)

    @property
    def expense_per_square_metre(self) -> Decimal | None:
        return per_square_metre(self.expense, Decimal(self.floor_area))

    # --- What pages ask ---

    @property
    def span(self) -> Span:
        """The month, quarter, half-year or year."""
        return Span.parse(self.period)

    @property
    def title(self) -> str:
        """As it stands over the sheet: 2026年10月收支公示表."""
        return f"{self.span.label}收支公示表"

    @property
    def is_month(self) -> bool:
        return self.span.is_month

    @property
    def months(self) -> list[date]:
        """The months covered: all of the span since the books began."""
        return months_from(self.first_on, self.last_on)

    @property
    def begins_late(self) -> bool:
        """Whether the books began within the span, so that its first months are missing."""
        return self.first_on > self.span.first_month

    @property
    def opening_label(self) -> str:
        """What people call the balance at the start: 上月结余, 6月末结余, 上年末结余."""
        if self.is_month:
            return "上月结余"
        before = previous_month(self.first_on)
        return "上年末结余" if before.month == 12 else f"{before.month}月末结余"

    @property
    def closing_label(self) -> str:
        """What people call the balance at the end: 月末结余, 9月末结余, 年末结余."""
        if self.is_month:
            return "月末结余"
        return "年末结余" if self.last_on.month == 12 else f"{self.last_on.month}月末结余"

    @property
    def end(self) -> str:
        """The end as said in a sentence: 月末, 9月末, 年末."""
        return self.closing_label.removesuffix("结余")

    @property
    def month_number(self) -> int:
        return self.last_on.month

    @property
    def year_number(self) -> int:
        return self.last_on.year

    @property
    def shows_year(self) -> bool:
        """Whether the year so far says more than the span itself."""
        return self.comparison.year is not None and self.span.length < 12 and self.span.first_month.month > 1

    @property
    def changes(self) -> list[Change]:
        """What was spent more or less than before and than a year ago, with the rows that it mainly is."""
        found: list[Change] = []
        rows = self.notice_expense
        for against, other, then in (
            (self.span.before, self.comparison.previous, [r.previous for r in rows]),
            (self.span.a_year_ago, self.comparison.last_year, [r.last_year for r in rows]),
        ):
            if other is not None and all(c.against != against for c in found):
                moved = [(r.label, r.month, t) for r, t in zip(rows, then, strict=True) if t is not None]
                found.append(changed(against, self.expense, other.expense, moved))
        return found

    @property
    def by_month(self) -> list[MonthRow]:
        """The span's months over both books, oldest first, each with its lines."""
        found, opening = [], self.opening
        for month in self.months:
            end = next_month(month)
            books = tuple(
                (book, tuple(line for line in book.lines if month <= line.on < end)) for book in reversed(self.books)
            )
            lines = [line for _, each in books for line in each]
            closing = opening + sum((SIGNS[line.direction] * line.amount for line in lines), ZERO)
            income = sum((line.amount for line in lines if line.direction == "income"), ZERO)
            expense = sum((line.amount for line in lines if line.direction == "expense"), ZERO)
            found.append(MonthRow(month, opening, income, expense, closing, books))
            opening = closing
        return found

    @property
    def chart(self) -> MonthPairs:
        """Income and expense of the span's months, to be drawn."""
        funded = {
            month_of(line.on)
            for book in self.books
            for line in book.lines
            if line.direction == "income" and line.source == Source.GOVERNMENT
        }
        return MonthPairs(
            tuple(
                ChartMonth(
                    row.month.year, row.month.month, row.income, row.expense,
                    "含政府奖励" if row.month in funded else "",
                )
                for row in self.by_month
            ),
            name="span",
        )  # fmt: skip

    @property
    def whereabouts(self) -> list[Whereabouts]:
        """Where both books' money lies, and in whose name."""
        return whereabouts(self.money)

    @property
    def told_groups(self) -> list[ToldGroup]:
        """The explained checks, said once where several months say the same."""
        return told_together(self.told)

    @property
    def correction_number(self) -> int:
        """Which correction this version is: 第N次更正; 0 for the first version."""
        return self.version - 1

    @property
    def has_transfers(self) -> bool:
        return any(book.transfers_in or book.transfers_out for book in self.books)

    @property
    def has_held(self) -> bool:
        return any(book.held_in or book.held_out for book in self.books)

    @property
    def line_count(self) -> int:
        return sum(len(book.lines) for book in self.books)

    @property
    def largest(self) -> list[tuple[BookPart, Line]]:
        """The five largest expenses less what red vouchers took back, largest first; without payees (PIPL 25)."""
        rows = [
            (book, line)
            for book in self.books
            for line in net_of_reds(book.lines)
            if line.direction == "expense" and line.amount > 0 and line.reversed_by is None
        ]
        return sorted(rows, key=lambda row: (-row[1].amount, row[1].on, row[1].number))[:5]

    @property
    def red_lines(self) -> list[tuple[BookPart, Line]]:
        """The month's reversals, to be explained in words."""
        return [(book, line) for book in self.books for line in book.lines if line.is_red]

    def book(self, kind: str) -> BookPart:
        return next(book for book in self.books if book.book == kind)

    @property
    def sources_total(self) -> SourceRow | None:
        """The four sources together."""
        due = [s.due for s in self.sources]
        promised = [s.promised for s in self.sources]
        return SourceRow(
            key="total",
            promised=None if None in promised else sum((p for p in promised if p is not None), ZERO),
            due=None if None in due else sum((d for d in due if d is not None), ZERO),
            received=sum((s.received for s in self.sources), ZERO),
            spent=sum((s.spent for s in self.sources), ZERO),
        )

    # --- JSON (contracts.md: JSON of a ledger) ---

    def to_data(self) -> dict[str, Any]:
        """Return the ledger as public JSON data, ``sha256`` and ``verify_url`` included."""
        memo = self.memo.to_data() if self.memo is not None else None
        data: dict[str, Any] = {
            "schema": SCHEMA,
            "code": self.code,
            "compound": {
                "code": self.compound_code,
                "name": self.compound_name,
                "place": self.place,
                "households": self.households,
                "floor_area": self.floor_area,
            },
            "period": self.period,
            "first_on": self.first_on.isoformat(),
            "last_on": self.last_on.isoformat(),
            "version": self.version,
            "posted_on": self.posted_on.isoformat(),
            "posted_until": self.posted_until.isoformat(),
            "books": [book.to_data() for book in self.books],
            "sources": {
                s.key: {
                    "promised": text_of(s.promised),
                    "due": text_of(s.due),
                    "received": text_of(s.received),
                    "spent": text_of(s.spent),
                }
                for s in self.sources
            },
            "service_lines": {
                s.key: {"estimate": text_of(s.estimate), "spent": text_of(s.spent)} for s in self.service_lines
            },
            "arrears": memo["arrears"] if memo else {"households": None, "amount": None},
            "parking": None,
            "notice": {
                "income": [row.to_data() for row in self.notice_income],
                "expense": [row.to_data() for row in self.notice_expense],
            },
            "comparison": self.comparison.to_data(),
            "money": [row.to_data() for row in self.money],
            "memo": memo,
            "audit": self.audit.to_data(),
            "told": [
                {"check": t.check, "label": t.label, "count": t.count, "reason": t.reason, "month": t.month}
                for t in self.told
            ],
            "corrections": [row.to_data() for row in self.corrections],
            "corrected": [row.to_data() for row in self.corrected],
            "anchors": [
                {"book": a.book, "year": a.year, "count": a.count, "number": a.number, "hash": a.hash}
                for a in self.anchors
            ],
            "contact": {
                "office": self.contact_office,
                "place": self.contact_place,
                "phone": self.contact_phone,
            },
        }
        data["sha256"] = data_hash(data)
        data["verify_url"] = self.verify_url
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Ledger:
        """Return the ledger that issued JSON data describes.

        :raises KeyError: when a key of the schema is missing.
        """
        households, floor_area = data["compound"]["households"], Decimal(data["compound"]["floor_area"])
        corrections = tuple(Correction.from_data(row) for row in data["corrections"])
        return cls(
            code=data["code"],
            compound_code=data["compound"]["code"],
            compound_name=data["compound"]["name"],
            place=data["compound"]["place"],
            households=households,
            floor_area=data["compound"]["floor_area"],
            period=data["period"],
            first_on=date.fromisoformat(data["first_on"]),
            last_on=date.fromisoformat(data["last_on"]),
            version=data["version"],
            posted_on=date.fromisoformat(data["posted_on"]),
            posted_until=date.fromisoformat(data["posted_until"]),
            books=tuple(
                BookPart.from_data(book, households, floor_area, was_of(corrections, book["book"]))
                for book in data["books"]
            ),
            sources=tuple(
                SourceRow(
                    s.value,
                    money_of(data["sources"][s.value]["promised"]),
                    money_of(data["sources"][s.value]["due"]),
                    Decimal(data["sources"][s.value]["received"]),
                    Decimal(data["sources"][s.value]["spent"]),
                )
                for s in Source
            ),
            service_lines=tuple(
                ServiceRow(
                    s.value,
                    money_of(data["service_lines"][s.value]["estimate"]),
                    Decimal(data["service_lines"][s.value]["spent"]),
                )
                for s in ServiceLine
            ),
            notice_income=tuple(NoticeRow.from_data(row) for row in data["notice"]["income"]),
            notice_expense=tuple(NoticeRow.from_data(row) for row in data["notice"]["expense"]),
            told=tuple(ToldRow(t["check"], t["label"], t["count"], t["reason"], t["month"]) for t in data["told"]),
            anchors=tuple(Anchor(a["book"], a["year"], a["count"], a["number"], a["hash"]) for a in data["anchors"]),
            verify_url=data["verify_url"],
            contact_office=data["contact"]["office"],
            contact_place=data["contact"]["place"],
            contact_phone=data["contact"]["phone"],
            comparison=Comparison.from_data(data["comparison"]),
            money=tuple(MoneyRow.from_data(row) for row in data["money"]),
            corrections=corrections,
            corrected=tuple(Corrected.from_data(row) for row in data.get("corrected", ())),
            memo=Memo.from_data(data["memo"]) if data["memo"] is not None else None,
            audit=Audit.from_data(data["audit"]),
            sha256=data["sha256"],
        )


def was_of(corrections: Iterable[Correction], book: str) -> dict[tuple[int, int, int], str]:
    """Return the words that corrections replaced in a book, by year, number and line; the first ones."""
    found: dict[tuple[int, int, int], str] = {}
    for row in corrections:
        if row.book == book and row.line is not None and row.was is not None:
            found.setdefault((row.on.year, row.number, row.line), row.was)
    return found


def data_hash(data: Mapping[str, Any]) -> str:
    """Return the 校验码 of ledger data: sha256 over its canonical JSON without ``sha256`` and ``verify_url``."""
    return sha256_text(canonical_json({k: v for k, v in data.items() if k not in ("sha256", "verify_url")}))


def ledger_json(ledger: Ledger) -> str:
    """Return the ledger's exact JSON text, as stored, hashed and downloaded."""
    return canonical_json(ledger.to_data())


def read_ledger(text: str) -> Ledger:
    """Return the ledger that stored JSON text holds."""
    return Ledger.from_data(json.loads(text))
