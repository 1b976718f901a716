"""What a ledger is made of: lines, groups of lines, books."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from core.money import plain_money, show_money
from fees.choices import BookKind, ServiceLine, Source
from fees.rules import ZERO, per_household, per_square_metre


def money_of(text: str | None) -> Decimal | None:
    """Return an amount of a ledger's JSON; None where it is unknown."""
    return None if text is None else Decimal(text)


def text_of(amount: Decimal | None) -> str | None:
    """Return an amount as a ledger's JSON spells it."""
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
    reason: str | None = None  # of a red line: why
    was: str = ""  # the words that a correction replaced

    @property
    def is_red(self) -> bool:
        """Whether this line reverses another (红冲)."""
        return self.reverses is not None

    @property
    def comes_in(self) -> bool:
        """Whether its amount stands among what comes in."""
        return self.direction in ("income", "transfer_in", "held_in")

    @property
    def reckoned(self) -> str:
        """Quantity times unit price in words, where the summary does not say it: 54个车位，每个120元."""
        if not self.quantity or not self.unit_price:
            return ""
        if self.quantity in self.summary and self.unit_price in self.summary:
            return ""
        if self.account == PARKING_ACCOUNT:
            return f"{self.quantity}个车位，每个{self.unit_price}元"
        return f"{self.quantity}×{self.unit_price}元"

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
            "amount": text_of(self.amount),
            "balance": text_of(self.balance),
            "reverses": self.reverses,
            "reversed_by": self.reversed_by,
            "reason": self.reason,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any], was: str = "") -> Line:
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
            reason=data.get("reason"),
            was=was,
        )


def net_of_reds(lines: Sequence[Line]) -> list[Line]:
    """Return the lines that are not red, each less what red lines among them took back of it, and saying so; yuan."""
    taken: dict[tuple[object, ...], Decimal] = {}
    for line in lines:
        if line.is_red:
            key = (line.on.year, line.reverses, line.account, line.source, line.service_line)
            taken[key] = taken.get(key, ZERO) - line.amount
    found = []
    for line in lines:
        key = (line.on.year, line.number, line.account, line.source, line.service_line)
        less = min(taken.get(key, ZERO), line.amount)
        if line.is_red:
            continue
        if less > 0:
            taken[key] -= less
            words = f"{line.summary}（已减去红冲{show_money(less)}元）"
            line = replace(line, amount=line.amount - less, summary=words, quantity=None, unit_price=None)
        found.append(line)
    return found


@dataclass(frozen=True)
class Group:
    """Lines that belong together on the ledger (a source, a service line), with their sum once."""

    key: str
    label: str
    lines: tuple[Line, ...]
    households: int
    floor_area: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def per_household(self) -> Decimal | None:
        """The group's sum per household, yuan."""
        return per_household(self.amount, self.households)

    @property
    def per_square_metre(self) -> Decimal | None:
        """The group's sum per m² of floor area, yuan."""
        return per_square_metre(self.amount, self.floor_area)


# How a ledger names the four sources where money comes in (四个一点, Q9).
SOURCE_LABELS = {
    Source.RESIDENTS: "居民个人出一点",
    Source.PROPERTY_UNITS: "产权单位担一点",
    Source.PUBLIC_REVENUE: "公共收益收一点",
    Source.GOVERNMENT: "政府资金奖一点",
}
PARKING_ACCOUNT = "停车收入"
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
    floor_area: Decimal = ZERO

    MONEY = (
        "opening", "income", "expense", "transfers_in", "transfers_out", "held_in", "held_out", "closing",
        "held_balance", "cash", "bank", "qr",
    )  # fmt: skip

    @property
    def label(self) -> str:
        return BookKind(self.book).label

    @property
    def income_share(self) -> tuple[Decimal | None, Decimal | None]:
        """The income per household and per m², yuan."""
        return per_household(self.income, self.households), per_square_metre(self.income, self.floor_area)

    @property
    def expense_share(self) -> tuple[Decimal | None, Decimal | None]:
        """The expense per household and per m², yuan."""
        return per_household(self.expense, self.households), per_square_metre(self.expense, self.floor_area)

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
        return [
            Group(k, label, tuple(found[k]), self.households, self.floor_area)
            for k, label in labels.items()
            if k in found
        ]

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
            **{name: text_of(getattr(self, name)) for name in self.MONEY},
            "lines": [line.to_data() for line in self.lines],
        }

    @classmethod
    def from_data(
        cls,
        data: Mapping[str, Any],
        households: int,
        floor_area: Decimal = ZERO,
        was: Mapping[tuple[int, int, int], str] | None = None,
    ) -> BookPart:
        """Read a book; ``was``: the replaced words by year, number and line of a corrected voucher."""
        lines = []
        places: dict[tuple[int, int], int] = {}
        for each in data["lines"]:
            voucher = int(each["on"][:4]), each["number"]
            places[voucher] = places.get(voucher, 0) + 1
            lines.append(Line.from_data(each, (was or {}).get((*voucher, places[voucher]), "")))
        return cls(
            book=data["book"],
            **{name: Decimal(data[name]) for name in cls.MONEY},
            lines=tuple(lines),
            households=households,
            floor_area=floor_area,
        )
