"""Holding the books against the world: a bank account's month beside its statement, cash counted, shared accounts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q

from core.money import plain_money
from fees.documents.accounts import balances_on, sums_on
from fees.models import MoneyAccount, Reconciliation, SharedAccount, Voucher, VoucherLine
from fees.rules import ZERO, account_effects, explaining, last_day, matching, next_month, reconciled

ANY_DAYS = 100_000


@dataclass(frozen=True)
class StatementLine:
    """A line of a bank's statement: money in is positive; ``balance`` after it where the statement says it."""

    on: date
    text: str
    amount: Decimal
    balance: Decimal | None = None


@dataclass(frozen=True)
class Item:
    """One line of either side. ``key`` names it in forms; ``carried``: left open by an earlier month."""

    key: str
    on: date
    text: str
    amount: Decimal
    carried: bool = False
    voucher: Voucher | None = None


@dataclass(frozen=True)
class BooksSide:
    """What the books hold against a statement: their balance, and both sides' lines that are still open."""

    account: MoneyAccount
    month: date
    first_on: date
    balance: Decimal
    items: tuple[Item, ...]
    carried: tuple[Item, ...]  # on an earlier statement and not in the books then


def _effect(voucher: Voucher, account: MoneyAccount) -> Decimal:
    effects = account_effects(voucher.direction, voucher.amount, voucher.money_account_id, voucher.to_account_id)
    return sum((amount for key, amount in effects if key == account.pk), ZERO)


def _item_of(voucher: Voucher, account: MoneyAccount, *, carried: bool) -> Item:
    text = next((line.summary for line in voucher.lines.all()), "")
    return Item(f"v{voucher.pk}", voucher.on, text, _effect(voucher, account), carried, voucher)


def books_side(account: MoneyAccount, month: date) -> BooksSide:
    """Return what stands in the books of an account at a month's end and was not found on a statement before.

    All lines since the last reconciled month, or of the month alone where there was none, and what that left open.
    """
    last = last_day(month)
    earlier = Reconciliation.objects.filter(money_account=account, month__lt=month).newest()
    previous = earlier.order_by("-month").first()
    first_on = next_month(previous.month) if previous else month
    left = json.loads(previous.open_items) if previous else []
    keys = [item["voucher"] for item in left if item["side"] == "book"]
    touching = Q(money_account=account) | Q(to_account=account)
    window = Q(on__gte=first_on, on__lte=last) & touching
    vouchers = (
        Voucher.objects.filter(window | Q(pk__in=keys))
        .select_related("book")
        .prefetch_related(Prefetch("lines", VoucherLine.objects.order_by("position")))
        .order_by("on", "number")
    )
    items = tuple(_item_of(v, account, carried=v.on < first_on) for v in vouchers)
    carried = tuple(
        Item(f"k{i}", date.fromisoformat(item["on"]), item["text"], Decimal(item["amount"]), True)
        for i, item in enumerate(item for item in left if item["side"] == "bank")
    )
    balance = balances_on(account.book.compound, last)[account.pk]
    return BooksSide(account, month, first_on, balance, items, carried)


def statement_items(side: BooksSide, lines: Sequence[StatementLine]) -> tuple[Item, ...]:
    """Return the statement's side: what an earlier one left open, then the lines of this one."""
    fresh = (Item(f"b{i}", line.on, line.text, line.amount) for i, line in enumerate(lines))
    return (*side.carried, *fresh)


def pairs_of(side: BooksSide, bank: Sequence[Item]) -> list[tuple[int, int]]:
    """Return which line of the books is which of the statement; what an earlier month left open may be any day old."""
    pairs = matching([(i.on, i.amount) for i in side.items], [(i.on, i.amount) for i in bank])
    ours, theirs = {i for i, _ in pairs}, {j for _, j in pairs}
    left = [i for i in range(len(side.items)) if i not in ours]
    old = [j for j, item in enumerate(bank) if item.carried and j not in theirs]
    late = matching(
        [(side.items[i].on, side.items[i].amount) for i in left], [(bank[j].on, bank[j].amount) for j in old], ANY_DAYS
    )
    return sorted([*pairs, *((left[i], old[j]) for i, j in late)])


def proposed_ticks(side: BooksSide, bank: Sequence[Item]) -> tuple[frozenset[str], frozenset[str]]:
    """Return what is proposed as found on both sides: pairs of one amount, and vouchers that a red one takes back."""
    pairs = pairs_of(side, bank)
    ours = {side.items[i].key for i, _ in pairs}
    theirs = {bank[j].key for _, j in pairs}
    left = {item.voucher.pk: item for item in side.items if item.key not in ours and item.voucher}
    for item in list(left.values()):
        reversed_id = item.voucher.reverses_id if item.voucher else None
        if reversed_id in left:
            ours |= {item.key, left[reversed_id].key}
    return frozenset(ours), frozenset(theirs)


@dataclass(frozen=True)
class Row:
    """A line on the page: of the books, of the statement, or both where they are one."""

    ours: Item | None
    theirs: Item | None
    ticked: bool

    @property
    def item(self) -> Item:
        """The line of the one side that has it."""
        found = self.ours or self.theirs
        assert found is not None
        return found

    @property
    def effect(self) -> Decimal:
        """What ticking it adds to what the statement must say; a pair adds nothing."""
        ours = self.ours.amount if self.ours else ZERO
        return ours - (self.theirs.amount if self.theirs else ZERO)

    @property
    def keys(self) -> str:
        return " ".join(item.key for item in (self.ours, self.theirs) if item)


@dataclass(frozen=True)
class Hint:
    """The one line that would explain a difference, and how."""

    how: str
    item: Item


@dataclass(frozen=True)
class Balanced:
    """A month's account beside its statement: pairs, lines of one side, and whether the two fit; yuan."""

    side: BooksSide
    bank: tuple[Item, ...]
    done: frozenset[str]
    statement_balance: Decimal | None

    @property
    def rows(self) -> tuple[Row, ...]:
        """Both sides' lines, pairs first, each in order of its day."""
        pairs = pairs_of(self.side, self.bank)
        ours, theirs = {i for i, _ in pairs}, {j for _, j in pairs}
        both = [Row(self.side.items[i], self.bank[j], self._pair_is_done(i, j)) for i, j in pairs]
        lone = [
            *(Row(item, None, item.key in self.done) for i, item in enumerate(self.side.items) if i not in ours),
            *(Row(None, item, item.key in self.done) for j, item in enumerate(self.bank) if j not in theirs),
        ]
        return (*both, *lone)

    def _pair_is_done(self, i: int, j: int) -> bool:
        return self.side.items[i].key in self.done and self.bank[j].key in self.done

    @property
    def pairs(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.ours and row.theirs)

    @property
    def only_ours(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.ours and not row.theirs)

    @property
    def only_theirs(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.theirs and not row.ours)

    @property
    def not_at_bank(self) -> tuple[Item, ...]:
        return tuple(item for item in self.side.items if item.key not in self.done)

    @property
    def not_in_books(self) -> tuple[Item, ...]:
        return tuple(item for item in self.bank if item.key not in self.done)

    @property
    def expected(self) -> Decimal:
        """What the statement must say at its end."""
        return reconciled(
            self.side.balance, (i.amount for i in self.not_at_bank), (i.amount for i in self.not_in_books)
        )

    @property
    def untouched(self) -> Decimal:
        """What the statement would have to say with no tick at all."""
        return reconciled(self.side.balance, (i.amount for i in self.side.items), (i.amount for i in self.bank))

    @property
    def difference(self) -> Decimal:
        return (self.statement_balance if self.statement_balance is not None else self.expected) - self.expected

    @property
    def hint(self) -> Hint | None:
        """The one line that would explain the difference, or None."""
        if not self.difference:
            return None
        lone = {row.ours.key for row in self.only_ours if row.ours} | {
            row.theirs.key for row in self.only_theirs if row.theirs
        }
        lists = {
            "open_book": self.not_at_bank,
            "open_bank": self.not_in_books,
            "done_book": tuple(i for i in self.side.items if i.key in self.done and i.key in lone),
            "done_bank": tuple(i for i in self.bank if i.key in self.done and i.key in lone),
        }
        found = explaining(self.difference, **{name: [i.amount for i in rows] for name, rows in lists.items()})
        if found is None:
            return None
        how, place = found
        return Hint(how, lists["done_book" if how == "half" else how][place])

    # What the row keeps.

    def open_items(self) -> list[dict[str, Any]]:
        """Return what neither side knows of the other, as the row keeps it for the next month."""
        return [
            {
                "side": side,
                "on": item.on.isoformat(),
                "text": item.text,
                "amount": plain_money(item.amount),
                "voucher": item.voucher.pk if item.voucher else None,
            }
            for side, items in (("book", self.not_at_bank), ("bank", self.not_in_books))
            for item in items
        ]

    def ticked(self) -> list[int]:
        """Return the keys of the vouchers that were found on a statement."""
        return [item.voucher.pk for item in self.side.items if item.key in self.done and item.voucher]

    def lines(self) -> list[dict[str, Any]]:
        """Return the statement's own lines, each with whether it was found in the books."""
        fresh = [item for item in self.bank if not item.carried]
        return [
            {"on": i.on.isoformat(), "text": i.text, "amount": plain_money(i.amount), "done": i.key in self.done}
            for i in fresh
        ]


def lines_of(row: Reconciliation) -> list[StatementLine]:
    """Return the statement's lines that a reconciliation keeps."""
    return [
        StatementLine(date.fromisoformat(line["on"]), line["text"], Decimal(line["amount"]))
        for line in json.loads(row.lines)
    ]


def balanced_as_saved(row: Reconciliation, side: BooksSide) -> Balanced:
    """Return a saved reconciliation with its ticks, over the books as they are now."""
    bank = statement_items(side, lines_of(row))
    ticked = set(json.loads(row.ticked))
    ours = {item.key for item in side.items if item.voucher and item.voucher.pk in ticked}
    done = [line.get("done", False) for line in json.loads(row.lines)]
    theirs = {f"b{i}" for i, found in enumerate(done) if found}
    still = {
        (item["on"], item["text"], item["amount"]) for item in json.loads(row.open_items) if item["side"] == "bank"
    }
    theirs |= {
        item.key for item in side.carried if (item.on.isoformat(), item.text, plain_money(item.amount)) not in still
    }
    return Balanced(side, bank, frozenset(ours | theirs), row.statement_balance)


# --- The printed sheet ---


@dataclass(frozen=True)
class SheetSide:
    """One side of the printed sheet: a balance, what is added and taken away, and what it comes to."""

    balance: Decimal
    added: tuple[Mapping[str, Any], ...]
    taken: tuple[Mapping[str, Any], ...]

    @property
    def adjusted(self) -> Decimal:
        plus = sum((Decimal(row["size"]) for row in self.added), ZERO)
        return self.balance + plus - sum((Decimal(row["size"]) for row in self.taken), ZERO)


@dataclass(frozen=True)
class PrintedSide:
    """One side of the printed sheet with its words."""

    title: str
    name: str
    plus: str
    minus: str
    sums: SheetSide


@dataclass(frozen=True)
class ReconciliationSheet:
    """The sheet 银行存款余额调节表 of a saved reconciliation."""

    row: Reconciliation
    ours: SheetSide
    theirs: SheetSide

    @property
    def sides(self) -> tuple[PrintedSide, ...]:
        """Both sides with the words that stand on paper."""
        return (
            PrintedSide("一　我们的账", "账面余额", "银行已收，账上还没记", "银行已付，账上还没记", self.ours),
            PrintedSide(
                "二　银行对账单", "对账单余额", "账上已收，银行还没入账", "账上已付，银行还没入账", self.theirs
            ),
        )

    @property
    def difference(self) -> Decimal:
        return self.theirs.adjusted - self.ours.adjusted


def reconciliation_sheet(row: Reconciliation) -> ReconciliationSheet:
    """Return a saved reconciliation as it is printed: both balances adjusted by what the other side has not yet."""
    items = [
        {**item, "on": date.fromisoformat(item["on"]), "size": abs(Decimal(item["amount"]))}
        for item in json.loads(row.open_items)
    ]

    def pick(side: str, incoming: bool) -> tuple[Mapping[str, Any], ...]:
        return tuple(i for i in items if i["side"] == side and (Decimal(i["amount"]) > 0) == incoming)

    return ReconciliationSheet(
        row,
        SheetSide(row.book_balance, pick("bank", True), pick("bank", False)),
        SheetSide(row.statement_balance, pick("book", True), pick("book", False)),
    )


# --- Shared accounts ---


@dataclass(frozen=True)
class Part:
    """A compound's part of a shared account on a day; yuan."""

    account: MoneyAccount
    balance: Decimal


def parts_on(shared: SharedAccount, day: date) -> tuple[Part, ...]:
    """Return every compound's part of a shared account at the end of a day, by the books."""
    accounts = list(
        MoneyAccount.objects.filter(shared=shared)
        .select_related("book__compound")
        .order_by("book__compound__code", "-book__kind", "pk")
    )
    balances = sums_on(accounts, day)
    return tuple(
        Part(account, balances[account.pk]) for account in accounts if account.in_use_on(day) or balances[account.pk]
    )


def total_of(parts: Iterable[Part]) -> Decimal:
    """Return what the compounds have in a shared account together; yuan."""
    return sum((part.balance for part in parts), ZERO)


def keys_known(side: BooksSide, bank: Sequence[Item], ticked: Collection[str]) -> bool:
    """Return whether every ticked line still stands on one of the two sides."""
    return set(ticked) <= {item.key for item in (*side.items, *bank)}
