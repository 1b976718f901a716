"""What stands beside the books at a month's end: prepaid, in arrears, due and unpaid, paid outside, held, earmarked.

Entries are only added; a later one takes (part of) an earlier one away. What nobody ever noted is unknown, not nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from compounds.models import Compound
from core.money import plain_money
from fees.choices import Direction, MemoKind, ServiceLine, Source
from fees.models import MemoEntry, Opening, VoucherLine
from fees.rules import ZERO, month_of

# 期初往来 as workbooks bring it: what it is beside the books, or in whose name it is held.
OPENING_KINDS = {"预收": MemoKind.PREPAID, "欠费": MemoKind.ARREARS}
OPENING_HELD = {"押金": ("401", "押金和保证金"), "垫付": ("403", "个人垫付款")}
EARMARKED = "107"
# Whose name may stand in public: a unit's or an office's, never a resident's (PIPL 25).
NAMED_SOURCES = (Source.PROPERTY_UNITS, Source.GOVERNMENT)


@dataclass(frozen=True)
class MemoLine:
    """A line beside the books and what is left of it; ``entry`` is None for what the opening brought."""

    kind: str
    on: date
    text: str
    amount: Decimal
    left: Decimal
    households: int | None = None
    entry: MemoEntry | None = None
    settled_by: tuple[MemoEntry, ...] = ()

    @property
    def pk(self) -> int:
        """Its key, 0 for the opening's line."""
        return self.entry.pk if self.entry else 0

    @property
    def label(self) -> str:
        return MemoKind(self.kind).label


@dataclass(frozen=True)
class MemoRow:
    """A line beside the books as residents read it; ``party`` only of units and offices."""

    on: date
    text: str
    amount: Decimal
    party: str = ""
    source: str = ""
    service_line: str = ""

    @property
    def who(self) -> str:
        """Who pays: the party's name, else in whose place."""
        return self.party or (str(Source(self.source).label) if self.source else "")

    @property
    def what_for(self) -> str:
        return str(ServiceLine(self.service_line).label) if self.service_line else ""

    def to_data(self) -> dict[str, Any]:
        return {
            "on": self.on.isoformat(),
            "text": self.text,
            "amount": plain_money(self.amount),
            "party": self.party,
            "source": self.source or None,
            "service_line": self.service_line or None,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> MemoRow:
        return cls(
            date.fromisoformat(data["on"]), data["text"], Decimal(data["amount"]), data["party"], data["source"] or "",
            data["service_line"] or "",
        )  # fmt: skip


@dataclass(frozen=True)
class HeldRow:
    """Money held for others under one account (401 to 405); ``account`` "" is what the opening did not tell apart."""

    account: str
    label: str
    amount: Decimal


@dataclass(frozen=True)
class Memo:
    """What stands beside a compound's books at the end of a month (or quarter, year); yuan, None is unknown."""

    on: date
    prepaid: Decimal | None = None
    arrears: Decimal | None = None
    arrears_households: int | None = None
    unpaid: Decimal | None = None
    unpaid_rows: tuple[MemoRow, ...] = ()
    outside: Decimal | None = None
    outside_year: Decimal | None = None
    outside_rows: tuple[MemoRow, ...] = ()
    held: tuple[HeldRow, ...] = ()
    earmarked: Decimal | None = None
    earmarked_unclear: bool = False

    @property
    def held_total(self) -> Decimal:
        return sum((row.amount for row in self.held), ZERO)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known that the four rows of the notice could show."""
        return self.prepaid is None and self.arrears is None and self.unpaid is None and self.outside is None

    def to_data(self) -> dict[str, Any]:
        def money(amount: Decimal | None) -> str | None:
            return None if amount is None else plain_money(amount)

        return {
            "on": self.on.isoformat(),
            "prepaid": money(self.prepaid),
            "arrears": {"households": self.arrears_households, "amount": money(self.arrears)},
            "unpaid": {"amount": money(self.unpaid), "rows": [row.to_data() for row in self.unpaid_rows]},
            "outside": {
                "amount": money(self.outside),
                "year": money(self.outside_year),
                "rows": [row.to_data() for row in self.outside_rows],
            },
            "held": [{"account": h.account, "label": h.label, "amount": plain_money(h.amount)} for h in self.held],
            "earmarked": money(self.earmarked),
            "earmarked_unclear": self.earmarked_unclear,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Memo:
        def money(text: str | None) -> Decimal | None:
            return None if text is None else Decimal(text)

        return cls(
            on=date.fromisoformat(data["on"]),
            prepaid=money(data["prepaid"]),
            arrears=money(data["arrears"]["amount"]),
            arrears_households=data["arrears"]["households"],
            unpaid=money(data["unpaid"]["amount"]),
            unpaid_rows=tuple(MemoRow.from_data(row) for row in data["unpaid"]["rows"]),
            outside=money(data["outside"]["amount"]),
            outside_year=money(data["outside"]["year"]),
            outside_rows=tuple(MemoRow.from_data(row) for row in data["outside"]["rows"]),
            held=tuple(HeldRow(h["account"], h["label"], Decimal(h["amount"])) for h in data["held"]),
            earmarked=money(data["earmarked"]),
            earmarked_unclear=data["earmarked_unclear"],
        )


def memo_lines(compound: Compound, until: date, openings: Sequence[Opening] | None = None) -> list[MemoLine]:
    """Return every line beside a compound's books up to a day, oldest first, with what is left of each; two queries.

    What the opening brought stands as one line per kind, as it named dwellings; entries without ``settles`` that take
    away are taken from it.
    """
    entries = list(
        MemoEntry.objects.filter(compound=compound, on__lte=until)
        .select_related("by", "attachment", "voucher__book")
        .order_by("on", "pk")
    )
    settled: dict[int, list[MemoEntry]] = {}
    from_opening: dict[str, list[MemoEntry]] = {}
    for entry in entries:
        if entry.settles_id:
            settled.setdefault(entry.settles_id, []).append(entry)
        elif entry.amount < 0:
            from_opening.setdefault(entry.kind, []).append(entry)
    lines = []
    brought = _openings(compound, until) if openings is None else openings
    for kind, (on, amount, households) in _opening_sums(brought).items():
        taken = from_opening.get(kind, [])
        lines.append(
            MemoLine(
                kind, on, "建账时带来的", amount, amount + _sum(taken), _left(households, taken), None, tuple(taken)
            )
        )
    for entry in entries:
        if entry.amount > 0:
            taken = settled.get(entry.pk, [])
            left = entry.amount + _sum(taken)
            homes = _left(entry.households, taken) if left else 0
            lines.append(MemoLine(entry.kind, entry.on, entry.text, entry.amount, left, homes, entry, tuple(taken)))
    return lines


def _sum(entries: Sequence[MemoEntry]) -> Decimal:
    return sum((entry.amount for entry in entries), ZERO)


def _left(households: int | None, taken: Sequence[MemoEntry]) -> int | None:
    if households is None:
        return None
    return max(households - sum(entry.households or 0 for entry in taken), 0)


def _openings(compound: Compound, until: date) -> list[Opening]:
    return list(Opening.objects.filter(book__compound=compound, on__lte=until).order_by("pk"))


def _opening_sums(openings: Sequence[Opening]) -> dict[str, tuple[date, Decimal, int]]:
    sums: dict[str, tuple[date, Decimal, set[str]]] = {}
    for opening in openings:
        for name, dwelling, amount, _month in json.loads(opening.memo):
            kind = OPENING_KINDS.get(name)
            if kind is not None:
                _, before, rooms = sums.get(kind, (opening.on, ZERO, set()))
                sums[kind] = (opening.on, before + Decimal(amount), rooms | {dwelling})
    return {kind: (on, amount, len(rooms)) for kind, (on, amount, rooms) in sums.items()}


@dataclass(frozen=True)
class _Moved:
    """A voucher's line, as far as held and earmarked money ask for it."""

    on: date
    direction: str
    account: str
    name: str
    source: str
    amount: Decimal


def _moved(compound: Compound, until: date) -> list[_Moved]:
    rows = VoucherLine.objects.filter(voucher__book__compound=compound, voucher__on__lte=until).values_list(
        "voucher__on", "voucher__direction", "account__code", "account_name", "source", "amount"
    )
    wanted = [Direction.HELD_IN, Direction.HELD_OUT, Direction.INCOME, Direction.EXPENSE]
    return [_Moved(*row) for row in rows.filter(voucher__direction__in=wanted)]


def _held(openings: Sequence[Opening], moved: Sequence[_Moved]) -> tuple[HeldRow, ...]:
    """Return the money held for others by account, nothing left out; from the books alone."""
    sums: dict[str, Decimal] = {}
    names = {"": "建账时没有分清的"}
    for opening in openings:
        rest = opening.held
        for name, _dwelling, amount, _month in json.loads(opening.memo):
            if name in OPENING_HELD:
                account, label = OPENING_HELD[name]
                names[account] = label
                sums[account] = sums.get(account, ZERO) + Decimal(amount)
                rest -= Decimal(amount)
        if rest:
            sums[""] = sums.get("", ZERO) + rest
    for line in moved:
        if line.direction in (Direction.HELD_IN, Direction.HELD_OUT):
            names[line.account] = line.name
            effect = line.amount if line.direction == Direction.HELD_IN else -line.amount
            sums[line.account] = sums.get(line.account, ZERO) + effect
    return tuple(HeldRow(code, names[code], sums[code]) for code in sorted(sums) if sums[code])


def _earmarked(moved: Sequence[_Moved]) -> tuple[Decimal | None, bool]:
    """Return what is left of project money (科目107) and whether that cannot be said.

    The government's money is spent earmarked first; an expense since the first project money that does not say whose
    money paid makes the rest unclear. None without any project money.
    """
    first = min((line.on for line in moved if line.account == EARMARKED), default=None)
    if first is None:
        return None, False
    received = spent = ZERO
    for line in moved:
        if line.account == EARMARKED:
            received += line.amount
        elif line.direction == Direction.EXPENSE and line.on >= first:
            if not line.source:
                return None, True
            spent += line.amount if line.source == Source.GOVERNMENT else ZERO
    return max(received - spent, ZERO), False


def memo_of(compound: Compound, last_day: date, first_day: date | None = None) -> Memo:
    """Return what stands beside the books at the end of a month; what was paid outside since ``first_day``.

    Three queries. Only months that take no more entries give the same answer for ever.
    """
    first_day = first_day or month_of(last_day)
    openings, moved = _openings(compound, last_day), _moved(compound, last_day)
    lines = memo_lines(compound, last_day, openings)
    by_kind = {kind: [line for line in lines if line.kind == kind] for kind in MemoKind.values}

    def left(kind: str) -> Decimal | None:
        return sum((line.left for line in by_kind[kind]), ZERO) if by_kind[kind] else None

    outside, year = _outside(by_kind[MemoKind.OUTSIDE], first_day), last_day.replace(month=1, day=1)
    earmarked, unclear = _earmarked(moved)
    open_arrears = [line for line in by_kind[MemoKind.ARREARS] if line.left]
    known = all(line.households is not None for line in open_arrears) and bool(by_kind[MemoKind.ARREARS])
    return Memo(
        on=last_day,
        prepaid=left(MemoKind.PREPAID),
        arrears=left(MemoKind.ARREARS),
        arrears_households=sum(line.households or 0 for line in open_arrears) if known else None,
        unpaid=left(MemoKind.UNPAID),
        unpaid_rows=tuple(_row(line, line.left) for line in by_kind[MemoKind.UNPAID] if line.left),
        outside=sum((row.amount for row in outside), ZERO) if by_kind[MemoKind.OUTSIDE] else None,
        outside_year=sum((row.amount for row in _outside(by_kind[MemoKind.OUTSIDE], year)), ZERO)
        if by_kind[MemoKind.OUTSIDE]
        else None,
        outside_rows=tuple(outside),
        held=_held(openings, moved),
        earmarked=earmarked,
        earmarked_unclear=unclear,
    )


def _outside(lines: Sequence[MemoLine], since: date) -> list[MemoRow]:
    """Return what was paid outside the books since a day; a line set right later stands with what is left of it."""
    rows = []
    for line in lines:
        if line.on >= since:
            rows.append(_row(line, line.left))
        else:
            rows += [_row(line, taken.amount, taken.on) for taken in line.settled_by if taken.on >= since]
    return [row for row in rows if row.amount]


def _row(line: MemoLine, amount: Decimal, on: date | None = None) -> MemoRow:
    entry = line.entry
    named = entry is not None and entry.source in NAMED_SOURCES
    return MemoRow(
        on or line.on,
        line.text,
        amount,
        entry.party if entry and named else "",
        entry.source if entry else "",
        entry.service_line if entry else "",
    )
