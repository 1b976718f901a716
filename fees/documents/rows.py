"""The rows beside a ledger's lines: the notice board's, the sources', what is compared, corrected, explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fees.choices import BookKind, Means, NoticeExpense, NoticeIncome, ServiceLine, Source, Told
from fees.documents.parts import SOURCE_LABELS, BookPart, Line, money_of, text_of
from fees.rules import ZERO


@dataclass(frozen=True)
class NoticeRow:
    """A row of the notice-board sheet, yuan: the span's (``month``), the year so far, the span before, the estimate, and
    the same span of last year; unknown where the books did not run."""

    key: str
    month: Decimal
    year: Decimal
    previous: Decimal | None
    estimate: Decimal | None = None
    last_year: Decimal | None = None

    @property
    def label(self) -> str:
        labels: dict[str, str] = {**dict(NoticeIncome.choices), **dict(NoticeExpense.choices)}
        return labels[self.key]

    def to_data(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "month": text_of(self.month),
            "year": text_of(self.year),
            "previous": text_of(self.previous),
            "estimate": text_of(self.estimate),
            "last_year": text_of(self.last_year),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> NoticeRow:
        return cls(
            data["key"],
            Decimal(data["month"]),
            Decimal(data["year"]),
            money_of(data["previous"]),
            money_of(data["estimate"]),
            money_of(data["last_year"]),
        )


def together(rows: tuple[NoticeRow, ...]) -> NoticeRow:
    """Return the sum of notice rows; unknown where one of them is."""

    def total(figures: list[Decimal | None]) -> Decimal | None:
        known = [figure for figure in figures if figure is not None]
        return sum(known, ZERO) if len(known) == len(figures) else None

    return NoticeRow(
        key="total",
        month=sum((row.month for row in rows), ZERO),
        year=sum((row.year for row in rows), ZERO),
        previous=total([row.previous for row in rows]),
        estimate=total([row.estimate for row in rows]),
        last_year=total([row.last_year for row in rows]),
    )


@dataclass(frozen=True)
class SourceRow:
    """One of the four sources: promised, due (unknown until there is an estimate), received, spent; yuan."""

    key: str
    promised: Decimal | None
    due: Decimal | None
    received: Decimal
    spent: Decimal

    @property
    def label(self) -> str:
        return SOURCE_LABELS[Source(self.key)]

    @property
    def who(self) -> str:
        return Source(self.key).label


@dataclass(frozen=True)
class ServiceRow:
    """One service line: estimate (unknown until there is one) and spent; yuan."""

    key: str
    estimate: Decimal | None
    spent: Decimal

    @property
    def label(self) -> str:
        return ServiceLine(self.key).label


# Told checks whose cases are money accounts, not vouchers.
OF_ACCOUNTS = {
    Told.NOT_RECONCILED, Told.OVERDRAWN, Told.NOT_COUNTED, Told.CASH_DIFFERS, Told.OVER_CASH_LIMIT, Told.PRIVATE,
}  # fmt: skip


@dataclass(frozen=True)
class ToldRow:
    """A check that was explained at closing: how many cases, and why."""

    check: str
    label: str
    count: int
    reason: str
    month: str = ""  # 2026-10

    @property
    def unit(self) -> str:
        """What the cases are counted in: money accounts, or vouchers."""
        return "个账户" if self.check in OF_ACCOUNTS else "笔"


@dataclass(frozen=True)
class Anchor:
    """The head of a book's chain when the ledger was issued: count, last number, its year, its hash."""

    book: str
    year: int | None
    count: int
    number: int | None
    hash: str


@dataclass(frozen=True)
class ToldGroup:
    """The told checks of a span's months that say the same, as one sentence."""

    row: ToldRow
    count: int
    months: tuple[str, ...]


def told_together(rows: tuple[ToldRow, ...]) -> list[ToldGroup]:
    """Return told checks with what is the same in several months said once."""
    found: dict[tuple[str, str], list[ToldRow]] = {}
    for row in rows:
        found.setdefault((row.check, row.reason), []).append(row)
    return [ToldGroup(same[0], sum(r.count for r in same), tuple(r.month for r in same)) for same in found.values()]


@dataclass(frozen=True)
class Compared:
    """Another span's income and expense, or the year's so far; yuan."""

    period: str
    income: Decimal
    expense: Decimal

    def to_data(self) -> dict[str, Any]:
        return {"period": self.period, "income": text_of(self.income), "expense": text_of(self.expense)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any] | None) -> Compared | None:
        if data is None:
            return None
        return cls(data["period"], Decimal(data["income"]), Decimal(data["expense"]))


@dataclass(frozen=True)
class Comparison:
    """The span before, the same one of last year (None where the books did not run), and the year so far."""

    previous: Compared | None = None
    last_year: Compared | None = None
    year: Compared | None = None

    def to_data(self) -> dict[str, Any]:
        return {name: each.to_data() if each else None for name, each in vars(self).items()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Comparison:
        return cls(*(Compared.from_data(data[name]) for name in ("previous", "last_year", "year")))


@dataclass(frozen=True)
class Change:
    """How much more or less was spent than in another span, and which rows it mainly is; yuan, without signs."""

    against: str
    more: bool
    amount: Decimal
    rows: tuple[tuple[str, Decimal], ...]


# A row explains a change that makes up so much of it.
MAINLY = Decimal("0.3")


def changed(against: str, now: Decimal, then: Decimal, rows: list[tuple[str, Decimal, Decimal]]) -> Change:
    """Return how ``now`` differs from ``then``; of the rows (label, now, then) at most two that went the same way."""
    difference = now - then
    sign = 1 if difference >= 0 else -1
    moved = [(label, (one - other) * sign) for label, one, other in rows]
    mainly = sorted((m for m in moved if m[1] > 0 and m[1] >= abs(difference) * MAINLY), key=lambda m: -m[1])
    return Change(against, sign > 0, abs(difference), tuple(mainly[:2]) if difference else ())


@dataclass(frozen=True)
class MoneyRow:
    """Where money lies at the end: in which book, by which means, in whose name (a private person's is not said)."""

    book: str
    means: str
    holder: str
    private: bool
    balance: Decimal

    @property
    def label(self) -> str:
        return Means(self.means).label

    def to_data(self) -> dict[str, Any]:
        return {
            "book": self.book,
            "means": self.means,
            "holder": self.holder,
            "private": self.private,
            "balance": text_of(self.balance),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> MoneyRow:
        return cls(data["book"], data["means"], data["holder"], data["private"], Decimal(data["balance"]))


@dataclass(frozen=True)
class Whereabouts:
    """The money of both books that lies in one place, in words: 银行（八角南里社区居民委员会名下）; yuan."""

    words: str
    balance: Decimal


def whereabouts(rows: tuple[MoneyRow, ...]) -> list[Whereabouts]:
    """Return where money lies, what lies in the same name together; bank first, then cash, then codes."""
    sums: dict[str, Decimal] = {}
    for row in sorted(rows, key=lambda row: ("bank", "cash", "qr").index(row.means)):
        name = "个人名下，正在清理" if row.private else f"{row.holder}名下" if row.holder else ""
        words = row.label + (f"（{name}）" if name else "")
        sums[words] = sums.get(words, ZERO) + row.balance
    return [Whereabouts(words, balance) for words, balance in sums.items()]


@dataclass(frozen=True)
class Booked:
    """The voucher of a later month that puts something right."""

    period: str
    number: int
    on: date
    amount: Decimal

    def to_data(self) -> dict[str, Any]:
        return {
            "period": self.period,
            "number": self.number,
            "on": self.on.isoformat(),
            "amount": text_of(self.amount),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Booked:
        return cls(data["period"], data["number"], date.fromisoformat(data["on"]), Decimal(data["amount"]))


@dataclass(frozen=True)
class Correction:
    """One line of an 更正: which voucher was wrong and why, the words as they should be, where it was put right.

    ``version``: the one that brought it; ``line``: of the voucher, from 1, where words were corrected.
    """

    version: int
    book: str
    number: int
    on: date
    amount: Decimal
    reason: str
    line: int | None = None
    was: str | None = None
    text: str | None = None
    booked: Booked | None = None

    @property
    def label(self) -> str:
        return BookKind(self.book).label

    def to_data(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "book": self.book,
            "number": self.number,
            "on": self.on.isoformat(),
            "amount": text_of(self.amount),
            "reason": self.reason,
            "line": self.line,
            "was": self.was,
            "text": self.text,
            "booked": self.booked.to_data() if self.booked else None,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Correction:
        return cls(
            version=data["version"],
            book=data["book"],
            number=data["number"],
            on=date.fromisoformat(data["on"]),
            amount=Decimal(data["amount"]),
            reason=data["reason"],
            line=data["line"],
            was=data["was"],
            text=data["text"],
            booked=Booked.from_data(data["booked"]) if data["booked"] else None,
        )


@dataclass(frozen=True)
class Corrected:
    """A correction that the ledger of one of the span's months had before: the words of the vouchers stay as posted."""

    period: str
    correction: Correction

    @property
    def month(self) -> date:
        return date.fromisoformat(f"{self.period}-01")

    def to_data(self) -> dict[str, Any]:
        return {"period": self.period, **self.correction.to_data()}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Corrected:
        return cls(data["period"], Correction.from_data(data))


@dataclass(frozen=True)
class MonthRow:
    """One month of a longer span over both books, with each book's lines in the order of date then number; yuan."""

    month: date
    opening: Decimal
    income: Decimal
    expense: Decimal
    closing: Decimal
    books: tuple[tuple[BookPart, tuple[Line, ...]], ...]

    @property
    def line_count(self) -> int:
        return sum(len(lines) for _, lines in self.books)

    @property
    def others(self) -> Decimal:
        """Transfers and money held for others: what moved the balance beside income and expense."""
        return self.closing - self.opening - self.income + self.expense
