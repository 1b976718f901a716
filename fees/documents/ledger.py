"""The ledger that hangs out: one frozen view-model from which page, PDF, CSV and JSON are made.

An issued ledger is read back from its stored JSON (``read_ledger``), so what a page shows is what was issued.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.hashing import canonical_json, sha256_text
from core.money import plain_money
from core.spreadsheets import Figure, csv_bytes
from fees.choices import BookKind, Direction, NoticeExpense, NoticeIncome, ServiceLine, Source, Told
from fees.rules import ZERO, per_household

SCHEMA = "ledger/1"


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else plain_money(amount)


@dataclass(frozen=True)
class Line:
    """One voucher line as posted; ``amount`` signed, ``balance`` the book's after it; yuan."""

    number: int
    on: date
    direction: str
    account: str
    summary: str
    quantity: str | None
    unit_price: str | None
    source: str | None
    service_line: str | None
    amount: Decimal
    balance: Decimal
    reverses: int | None
    reversed_by: int | None = None

    @property
    def is_red(self) -> bool:
        """Whether this line reverses another (红冲)."""
        return self.reverses is not None

    def to_data(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "on": self.on.isoformat(),
            "direction": self.direction,
            "account": self.account,
            "summary": self.summary,
            "quantity": self.quantity,
            "unit_price": self.unit_price,
            "source": self.source,
            "service_line": self.service_line,
            "amount": _text(self.amount),
            "balance": _text(self.balance),
            "reverses": self.reverses,
            "reversed_by": self.reversed_by,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Line:
        return cls(
            number=data["number"],
            on=date.fromisoformat(data["on"]),
            direction=data["direction"],
            account=data["account"],
            summary=data["summary"],
            quantity=data["quantity"],
            unit_price=data["unit_price"],
            source=data["source"],
            service_line=data["service_line"],
            amount=Decimal(data["amount"]),
            balance=Decimal(data["balance"]),
            reverses=data["reverses"],
            reversed_by=data["reversed_by"],
        )


@dataclass(frozen=True)
class Group:
    """Lines that belong together on the ledger (a source, a service line), with their sum once."""

    key: str
    label: str
    lines: tuple[Line, ...]
    households: int

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def per_household(self) -> Decimal | None:
        """The group's sum per household, yuan."""
        return per_household(self.amount, self.households)


# How a ledger names the four sources where money comes in (四个一点, Q9).
SOURCE_LABELS = {
    Source.RESIDENTS: "居民个人出一点",
    Source.PROPERTY_UNITS: "产权单位担一点",
    Source.PUBLIC_REVENUE: "公共收益收一点",
    Source.GOVERNMENT: "政府资金奖一点",
}
OTHER_LABELS = {
    "transfer_in": "从另一本账划入",
    "transfer_out": "划出和账内划转",
    "held_in": "替别人代管，收进",
    "held_out": "替别人代管，付出",
}


@dataclass(frozen=True)
class BookPart:
    """One book's month (contracts.md: books[]); yuan."""

    book: str
    opening: Decimal
    income: Decimal
    expense: Decimal
    transfers_in: Decimal
    transfers_out: Decimal
    held_in: Decimal
    held_out: Decimal
    closing: Decimal
    held_balance: Decimal
    cash: Decimal
    bank: Decimal
    qr: Decimal
    lines: tuple[Line, ...]
    households: int = 0

    MONEY = (
        "opening", "income", "expense", "transfers_in", "transfers_out", "held_in", "held_out", "closing",
        "held_balance", "cash", "bank", "qr",
    )  # fmt: skip

    @property
    def label(self) -> str:
        return BookKind(self.book).label

    @property
    def transfers(self) -> Decimal:
        """What came from the other book less what went there."""
        return self.transfers_in - self.transfers_out

    @property
    def held(self) -> Decimal:
        """Money held for others: taken less handed on, in the month."""
        return self.held_in - self.held_out

    def _groups(self, directions: set[str], key_of: Callable[[Line], str], labels: Mapping[str, str]) -> list[Group]:
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            if line.direction in directions:
                found.setdefault(key_of(line), []).append(line)
        return [Group(k, label, tuple(found[k]), self.households) for k, label in labels.items() if k in found]

    @property
    def income_groups(self) -> list[Group]:
        """Income by source, in the order of 四个一点."""
        labels = {**{s.value: SOURCE_LABELS[s] for s in Source}, "": "没有分清来源"}
        return self._groups({"income"}, lambda line: line.source or "", labels)

    @property
    def expense_groups(self) -> list[Group]:
        """Expense by service line, in the programme's order."""
        labels = {**{s.value: s.label for s in ServiceLine}, "": "其他"}
        return self._groups({"expense"}, lambda line: line.service_line or "", labels)

    @property
    def other_groups(self) -> list[Group]:
        """Transfers and money held for others: neither income nor expense."""
        return self._groups(set(OTHER_LABELS), lambda line: line.direction, OTHER_LABELS)

    def to_data(self) -> dict[str, Any]:
        return {
            "book": self.book,
            **{name: _text(getattr(self, name)) for name in self.MONEY},
            "lines": [line.to_data() for line in self.lines],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any], households: int) -> BookPart:
        return cls(
            book=data["book"],
            **{name: Decimal(data[name]) for name in cls.MONEY},
            lines=tuple(Line.from_data(line) for line in data["lines"]),
            households=households,
        )


@dataclass(frozen=True)
class NoticeRow:
    """A row of the notice-board sheet: this month, the year so far, the month before, the estimate; yuan."""

    key: str
    month: Decimal
    year: Decimal
    previous: Decimal | None
    estimate: Decimal | None = None

    @property
    def label(self) -> str:
        labels: dict[str, str] = {**dict(NoticeIncome.choices), **dict(NoticeExpense.choices)}
        return labels[self.key]

    def to_data(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "month": _text(self.month),
            "year": _text(self.year),
            "previous": _text(self.previous),
            "estimate": _text(self.estimate),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> NoticeRow:
        return cls(
            data["key"],
            Decimal(data["month"]),
            Decimal(data["year"]),
            _money(data["previous"]),
            _money(data["estimate"]),
        )


def _together(rows: tuple[NoticeRow, ...]) -> NoticeRow:
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


@dataclass(frozen=True)
class ToldRow:
    """A check that was explained at closing: how many cases, and why."""

    check: str
    label: str
    count: int
    reason: str

    @property
    def unit(self) -> str:
        """What the cases are counted in: books, money accounts, or vouchers."""
        return {Told.NOT_RECONCILED: "本账", Told.OVERDRAWN: "个账户"}.get(Told(self.check), "笔")


@dataclass(frozen=True)
class Anchor:
    """The head of a book's chain when the ledger was issued: count, last number, its year, its hash."""

    book: str
    year: int | None
    count: int
    number: int | None
    hash: str


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
        return _together(self.notice_income)

    @property
    def notice_expense_total(self) -> NoticeRow:
        """The rows of 花在哪里 together."""
        return _together(self.notice_expense)

    @property
    def expense_per_household(self) -> Decimal | None:
        return per_household(self.expense, self.households)

    # --- What pages ask ---

    @property
    def is_month(self) -> bool:
        return len(self.period) == 7 and self.period[5].isdigit()

    @property
    def month_number(self) -> int:
        return self.last_on.month

    @property
    def year_number(self) -> int:
        return self.last_on.year

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
        """The five largest expenses that were not reversed, largest first; without payees (PIPL 25)."""
        rows = [
            (book, line)
            for book in self.books
            for line in book.lines
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
                    "promised": _text(s.promised),
                    "due": _text(s.due),
                    "received": _text(s.received),
                    "spent": _text(s.spent),
                }
                for s in self.sources
            },
            "service_lines": {
                s.key: {"estimate": _text(s.estimate), "spent": _text(s.spent)} for s in self.service_lines
            },
            "arrears": {"households": None, "amount": None},
            "parking": None,
            "notice": {
                "income": [row.to_data() for row in self.notice_income],
                "expense": [row.to_data() for row in self.notice_expense],
            },
            "told": [{"check": t.check, "label": t.label, "count": t.count, "reason": t.reason} for t in self.told],
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
        households = data["compound"]["households"]
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
            books=tuple(BookPart.from_data(book, households) for book in data["books"]),
            sources=tuple(
                SourceRow(
                    s.value,
                    _money(data["sources"][s.value]["promised"]),
                    _money(data["sources"][s.value]["due"]),
                    Decimal(data["sources"][s.value]["received"]),
                    Decimal(data["sources"][s.value]["spent"]),
                )
                for s in Source
            ),
            service_lines=tuple(
                ServiceRow(
                    s.value,
                    _money(data["service_lines"][s.value]["estimate"]),
                    Decimal(data["service_lines"][s.value]["spent"]),
                )
                for s in ServiceLine
            ),
            notice_income=tuple(NoticeRow.from_data(row) for row in data["notice"]["income"]),
            notice_expense=tuple(NoticeRow.from_data(row) for row in data["notice"]["expense"]),
            told=tuple(ToldRow(t["check"], t["label"], t["count"], t["reason"]) for t in data["told"]),
            anchors=tuple(Anchor(a["book"], a["year"], a["count"], a["number"], a["hash"]) for a in data["anchors"]),
            verify_url=data["verify_url"],
            contact_office=data["contact"]["office"],
            contact_place=data["contact"]["place"],
            contact_phone=data["contact"]["phone"],
            sha256=data["sha256"],
        )


def data_hash(data: Mapping[str, Any]) -> str:
    """Return the 校验码 of ledger data: sha256 over its canonical JSON without ``sha256`` and ``verify_url``."""
    return sha256_text(canonical_json({k: v for k, v in data.items() if k not in ("sha256", "verify_url")}))


def ledger_json(ledger: Ledger) -> str:
    """Return the ledger's exact JSON text, as stored, hashed and downloaded."""
    return canonical_json(ledger.to_data())


def read_ledger(text: str) -> Ledger:
    """Return the ledger that stored JSON text holds."""
    return Ledger.from_data(json.loads(text))


def ledger_csv(ledger: Ledger) -> bytes:
    """Return the ledger as CSV (UTF-8 with BOM): per book the opening, every line, the totals, the closing."""
    heads: list[object] = [
        "账簿", "日期", "凭证号", "方向", "科目", "摘要", "数量", "单价", "来源", "服务项目", "金额（元）", "余额（元）", "冲销凭证号",
    ]  # fmt: skip
    rows: list[list[object]] = [heads]

    def figure(amount: Decimal) -> Figure:
        return Figure(plain_money(amount))

    def total(label: str, book: BookPart, on: date, amount: Decimal) -> list[object]:
        return [book.label, on.isoformat(), "", label, "", "", "", "", "", "", figure(amount), "", ""]

    for book in ledger.books:
        rows.append(total("上月结余", book, ledger.first_on, book.opening))
        for line in book.lines:
            rows.append(
                [
                    book.label,
                    line.on.isoformat(),
                    line.number,
                    Direction(line.direction).label,
                    line.account,
                    line.summary,
                    Figure(line.quantity) if line.quantity else "",
                    Figure(line.unit_price) if line.unit_price else "",
                    Source(line.source).label if line.source else "",
                    ServiceLine(line.service_line).label if line.service_line else "",
                    figure(line.amount),
                    figure(line.balance),
                    line.reverses or "",
                ]
            )
        rows.append(total("收入合计", book, ledger.last_on, book.income))
        rows.append(total("支出合计", book, ledger.last_on, book.expense))
        for label, amount in (
            ("划入合计", book.transfers_in),
            ("划出合计", book.transfers_out),
            ("代管收合计", book.held_in),
            ("代管付合计", book.held_out),
        ):
            if amount:
                rows.append(total(label, book, ledger.last_on, amount))
        rows.append(total("月末结余", book, ledger.last_on, book.closing))
    return csv_bytes(rows)


def print_context(ledger: Ledger) -> dict[str, Any]:
    """Return what the template of the posted sheet is given; the same data that pages, CSV and JSON show."""
    return {"ledger": ledger}
