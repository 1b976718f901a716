"""A compound's money accounts as they stand: whose, on what ground, how much, and what is odd about them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q

from compounds.models import Compound
from core.money import show_money
from fees.choices import Direction, Means
from fees.documents.months import standing_before
from fees.models import Book, MoneyAccount, Opening, Voucher
from fees.rules import UNSETTLED_DAYS, ZERO, account_effects, lying_since, unbanked_takings

# How far back money is looked for that was not brought to the bank.
LOOK_BACK = timedelta(days=62)


def balances_on(compound: Compound, day: date | None) -> dict[int, Decimal]:
    """Return what each money account holds at the end of a day, or with all vouchers there are; yuan, by its key."""
    before = date.max if day is None else day + timedelta(days=1)
    found = dict.fromkeys(MoneyAccount.objects.filter(book__compound=compound).values_list("pk", flat=True), ZERO)
    found.update(standing_before(compound, before).accounts)
    return found


def sums_on(accounts: Sequence[MoneyAccount], day: date) -> dict[int, Decimal]:
    """Return what accounts of any compounds hold at the end of a day, added up from their openings; yuan, by key."""
    found = {account.pk: ZERO for account in accounts}
    for opening in Opening.objects.filter(book__in={account.book_id for account in accounts}, on__lte=day):
        for key, _, value in json.loads(opening.balances):
            if key in found:
                found[key] += Decimal(value)
    rows = Voucher.objects.filter(Q(money_account__in=found) | Q(to_account__in=found), on__lte=day)
    for _, _, direction, amount, account, target in rows.moves():
        for key, effect in account_effects(direction, amount, account, target):
            if key in found:
                found[key] += effect
    return found


@dataclass(frozen=True)
class AccountRow:
    """One money account: what it holds, and what is odd about it, in words."""

    account: MoneyAccount
    balance: Decimal
    oddities: tuple[str, ...]

    @property
    def ended(self) -> bool:
        return self.account.ended_on is not None


@dataclass(frozen=True)
class BookAccounts:
    """A book's money accounts and what they hold together."""

    book: Book
    rows: tuple[AccountRow, ...]

    @property
    def total(self) -> Decimal:
        return sum((row.balance for row in self.rows), ZERO)


def _oddities(account: MoneyAccount, balance: Decimal, lying: date | None, today: date) -> list[str]:
    found = []
    if account.ended_on is not None:
        return [f"停用后还有{show_money(balance)}元"] if balance else []
    if account.is_private:
        found.append("在私人名下，应尽快停用")
    if not account.is_named:
        found.append("户名待补")
    if account.limit is not None and balance > account.limit:
        found.append(f"超过限额{show_money(balance - account.limit)}元")
    if lying is not None and (today - lying).days > UNSETTLED_DAYS:
        found.append(f"{lying.month}月{lying.day}日收的还没到账")
    return found


def _lying(codes: Sequence[MoneyAccount], balances: Mapping[int, Decimal], today: date) -> dict[int, date]:
    """Return since when each payment code's oldest money lies there."""
    keys = {account.pk for account in codes if balances[account.pk] > 0}
    if not keys:
        return {}
    since = today - LOOK_BACK
    moves: dict[int, list[tuple[date, Decimal]]] = {key: [] for key in keys}
    rows = Voucher.objects.filter(Q(money_account__in=keys) | Q(to_account__in=keys), on__gte=since)
    for on, _, direction, amount, account, target in rows.moves():
        for key, effect in account_effects(direction, amount, account, target):
            if key in keys:
                moves[key].append((on, effect))
    for key, each in moves.items():
        before = balances[key] - sum((amount for _, amount in each), ZERO)
        each.insert(0, (since, before))
    return {key: day for key, each in moves.items() if (day := lying_since(each)) is not None}


def accounts_view(compound: Compound, today: date) -> tuple[BookAccounts, ...]:
    """Return both books' money accounts as they stand today, the service book's first."""
    balances = balances_on(compound, None)
    accounts = list(MoneyAccount.objects.of(compound))
    lying = _lying([a for a in accounts if a.means == Means.QR and a.ended_on is None], balances, today)
    return tuple(
        BookAccounts(
            book,
            tuple(
                AccountRow(a, balances[a.pk], tuple(_oddities(a, balances[a.pk], lying.get(a.pk), today)))
                for a in accounts
                if a.book_id == book.pk
            ),
        )
        for book in Book.objects.of(compound).order_by("-kind")
    )


def takings_not_banked(cash: MoneyAccount, on: date) -> tuple[Decimal, date] | None:
    """Return what a cash account took in and did not bring to the bank by a day, and since when; None if nothing."""
    if cash.means != Means.CASH:
        return None
    rows = Voucher.objects.filter(money_account=cash, on__gte=on - LOOK_BACK, on__lte=on).values_list(
        "on", "direction", "amount"
    )
    kinds = {Direction.INCOME: "in", Direction.HELD_IN: "in", Direction.TRANSFER_OUT: "banked"}
    moves = [(day, kinds[Direction(way)], amount) for day, way, amount in rows if way in kinds]
    return unbanked_takings(moves, on)
