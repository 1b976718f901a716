"""Where a compound's money lies today, and what of it belongs to others."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from compounds.models import Compound
from fees.choices import Direction
from fees.documents.months import standing_before
from fees.models import Account, Book, MoneyAccount, Opening, VoucherLine
from fees.rules import SIGNS, ZERO, is_same_name

# Under which account the opening's rows of money held stand, and what they are called there.
OPENING_ACCOUNTS = {"押金": "401", "垫付": "403"}


@dataclass(frozen=True)
class Purse:
    """A money account with what lies in it; yuan."""

    account: MoneyAccount
    balance: Decimal


@dataclass(frozen=True)
class HeldItem:
    """What is held under one account for one other party, yuan; below zero: what was lent out and is to come back."""

    account: Account
    payee: str
    amount: Decimal
    since: date

    @property
    def key(self) -> str:
        """How a form names the item."""
        return f"{self.account.code}|{self.payee}"


def purses(compound: Compound, day: date) -> list[Purse]:
    """Return all money accounts of both books with their balances at the end of a day."""
    standing = standing_before(compound, day + timedelta(days=1))
    accounts = MoneyAccount.objects.filter(book__compound=compound).select_related("book").order_by("book", "pk")
    return [Purse(account, standing.accounts.get(account.pk, ZERO)) for account in accounts]


def is_same_party(first: str, second: str) -> bool:
    """Return whether two vouchers name the same other party."""
    return first == second or is_same_name(first, second)


def held_items(book: Book, day: date) -> list[HeldItem]:
    """Return what a book holds for others at the end of a day, by account and party; settled ones are left out."""
    accounts = {account.code: account for account in Account.objects.filter(direction="held").order_by("code")}
    found: dict[tuple[str, str], HeldItem] = {}
    for code, payee, amount, on in (*_from_opening(book), *_from_vouchers(book, day)):
        key = next((k for k in found if k[0] == code and is_same_party(k[1], payee)), (code, payee))
        known = found.get(key)
        if known is None or known.amount == ZERO:
            found[key] = HeldItem(accounts[code], key[1], amount, on)
        else:
            found[key] = HeldItem(known.account, known.payee, known.amount + amount, known.since)
    rows = [item for item in found.values() if item.amount != ZERO]
    return sorted(rows, key=lambda item: (item.account.code, item.since, item.payee))


def _from_opening(book: Book) -> Iterable[tuple[str, str, Decimal, date]]:
    """Yield (account, party, yuan, day) of what the opening brought."""
    opening = Opening.objects.filter(book=book).first()
    if opening is None:
        return
    for kind, dwelling, amount, _ in json.loads(opening.memo):
        if kind in OPENING_ACCOUNTS:
            yield OPENING_ACCOUNTS[kind], dwelling, Decimal(amount), opening.on


def _from_vouchers(book: Book, day: date) -> Iterable[tuple[str, str, Decimal, date]]:
    """Yield (account, party, signed yuan, day) of the vouchers, oldest first."""
    lines = VoucherLine.objects.filter(
        voucher__book=book, voucher__on__lte=day, voucher__direction__in=[Direction.HELD_IN, Direction.HELD_OUT]
    )
    for code, payee, amount, on, direction in lines.order_by("voucher__on", "voucher__number").values_list(
        "account_id", "voucher__payee", "amount", "voucher__on", "voucher__direction"
    ):
        yield str(code), payee, SIGNS[direction] * amount, on
