"""What a closing must explain of the money accounts: not reconciled, not counted, over a limit, in a private name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from core.money import show_money
from fees.choices import BookKind, Means, Told
from fees.models import MoneyAccount, Voucher
from fees.models.control import COUNTED, RECONCILED
from fees.rules import ZERO, account_effects, last_day, reconciled

IMPORT_REASON = "导入，票据待补"
IMPORT_BANK_REASON = "导入，对账待补"


@dataclass(frozen=True)
class CheckItem:
    """One case of a check: a voucher of a book, a draft, or a money account."""

    label: str
    book: str = ""
    year: int = 0
    number: int = 0
    draft: int | None = None
    money_account: int | None = None


@dataclass(frozen=True)
class ClosingCheck:
    """A check at closing. ``reason``: one that stands already (imports), so that nobody needs to type it."""

    key: str
    label: str
    items: tuple[CheckItem, ...] = ()
    reason: str = ""

    @property
    def count(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class _Case:
    """A money account at a month's end that must be explained, and the reason that stands already."""

    account: MoneyAccount
    words: str
    reason: str


@dataclass(frozen=True)
class _MonthEnd:
    """A compound's money accounts in a month: what each holds at its end, and what moved in it."""

    month: date
    accounts: Sequence[MoneyAccount]
    ends: Mapping[int, Decimal]
    moves: Mapping[int, Sequence[tuple[date, Decimal]]]
    typed: frozenset[int]  # accounts that a voucher touched which did not come from a workbook

    def end(self, account: MoneyAccount) -> Decimal:
        return self.ends.get(account.pk, ZERO)

    def at(self, account: MoneyAccount, day: date) -> Decimal:
        """What the account held at the end of a day of the month."""
        later = (amount for on, amount in self.moves.get(account.pk, ()) if on > day)
        return self.end(account) - sum(later, ZERO)

    def is_live(self, account: MoneyAccount) -> bool:
        """Whether money lay in it at the end, or moved."""
        return bool(self.end(account)) or bool(self.moves.get(account.pk))

    def of(self, *means: str) -> list[MoneyAccount]:
        return [a for a in self.accounts if a.means in means and self.is_live(a)]

    def import_reason(self, account: MoneyAccount, reason: str) -> str:
        """Return the reason of an account that only a workbook touched in this month, else nothing."""
        return reason if self.moves.get(account.pk) and account.pk not in self.typed else ""


def _month_end(
    month: date, accounts: Sequence[MoneyAccount], vouchers: Iterable[Voucher], ends: Mapping[int, Decimal]
) -> _MonthEnd:
    moves: dict[int, list[tuple[date, Decimal]]] = {}
    typed: set[int] = set()
    for voucher in vouchers:
        for key, amount in account_effects(
            voucher.direction, voucher.amount, voucher.money_account_id, voucher.to_account_id
        ):
            moves.setdefault(key, []).append((voucher.on, amount))
            if not voucher.origin.startswith("import:"):
                typed.add(key)
    return _MonthEnd(month, accounts, ends, moves, frozenset(typed))


def open_difference(statement_balance: Decimal, book_balance: Decimal, open_items: str) -> Decimal:
    """Return by how much a reconciliation does not fit: the statement less what it must say; yuan."""
    items = json.loads(open_items)
    sides = {side: [Decimal(item["amount"]) for item in items if item["side"] == side] for side in ("book", "bank")}
    return statement_balance - reconciled(book_balance, sides["book"], sides["bank"])


def _is_confirmed(end: _MonthEnd, account: MoneyAccount) -> bool:
    """Whether the holder of a shared account confirmed what this part of it holds at the month's end."""
    parts = dict(json.loads(account.slip_parts or "[]"))  # type: ignore[attr-defined]
    return account.pk in parts and Decimal(parts[account.pk]) == end.end(account)


def _annotated(account: MoneyAccount, prefix: str, names: Sequence[str]) -> dict[str, Any]:
    """Return what ``with_control`` fetched with an account."""
    return {name: getattr(account, prefix + name) for name in names}


def _not_reconciled(end: _MonthEnd) -> list[_Case]:
    # What lay still needs no statement of its own: the next reconciliation goes back to the last one.
    accounts = [account for account in end.of(Means.BANK, Means.QR) if end.moves.get(account.pk)]
    if not accounts:
        return []
    cases = []
    for account in accounts:
        said = _annotated(account, "rec_", RECONCILED)
        if _is_confirmed(end, account):
            continue
        if said["book_balance"] is None:
            cases.append(_Case(account, "", end.import_reason(account, IMPORT_BANK_REASON)))
        elif said["book_balance"] != end.end(account):
            cases.append(_Case(account, "对账以后又记了账", ""))
        elif difference := open_difference(said["statement_balance"], said["book_balance"], said["open_items"]):
            cases.append(_Case(account, f"差{show_money(difference)}元", said["note"]))
    return cases


def _cash_cases(end: _MonthEnd) -> tuple[list[_Case], list[_Case]]:
    """Return the cash accounts that were not counted in the month's last days, and those whose count differs."""
    missing, differing = [], []
    for account in end.of(Means.CASH):
        row = _annotated(account, "count_", COUNTED)
        on = row["on"]
        if on is None:
            if end.end(account):
                missing.append(_Case(account, "", end.import_reason(account, IMPORT_REASON)))
            continue
        difference = row["counted"] - end.at(account, on)
        if difference:
            words = f"{on.month}月{on.day}日{'多' if difference > 0 else '少'}{show_money(abs(difference))}元"
            differing.append(_Case(account, words, row["explanation"]))
    return missing, differing


def _over_limit(end: _MonthEnd) -> list[_Case]:
    """Return the cash accounts that held more than their limit at the end of some day, with the worst."""
    cases = []
    for account in end.of(Means.CASH):
        if account.limit is None:
            continue
        days = {on for on, _ in end.moves.get(account.pk, ())} | {last_day(end.month)}
        most, day = max((end.at(account, on), on) for on in days)
        if most > account.limit:
            words = f"{day.month}月{day.day}日{show_money(most)}元，限额{show_money(account.limit)}元"
            cases.append(_Case(account, words, end.import_reason(account, IMPORT_REASON)))
    return cases


def _in_private_names(end: _MonthEnd) -> list[_Case]:
    last = last_day(end.month)
    return [
        _Case(account, "", end.import_reason(account, IMPORT_REASON))
        for account in end.of(*Means.values)
        if account.is_private and (account.ended_on is None or account.ended_on > last)
    ]


def control_checks(
    month: date, accounts: Sequence[MoneyAccount], vouchers: Iterable[Voucher], ends: Mapping[int, Decimal]
) -> list[ClosingCheck]:
    """Return what the month's closing must explain of the money accounts; one check per reason that stands already.

    ``accounts`` fetched ``with_control``, ``vouchers`` of the month, ``ends``: what each account holds at its end, yuan.
    """
    end = _month_end(month, accounts, vouchers, ends)
    missing, differing = _cash_cases(end)
    found = (
        (Told.NOT_RECONCILED, _not_reconciled(end)),
        (Told.NOT_COUNTED, missing),
        (Told.CASH_DIFFERS, differing),
        (Told.OVER_CASH_LIMIT, _over_limit(end)),
        (Told.PRIVATE, _in_private_names(end)),
    )
    checks = []
    for key, cases in found:
        for reason in dict.fromkeys(case.reason for case in cases):
            items = tuple(_account_item(case) for case in cases if case.reason == reason)
            checks.append(ClosingCheck(key, key.label, items, reason))
    return checks


def _account_item(case: _Case) -> CheckItem:
    account = case.account
    book = BookKind(account.book.kind)
    words = f"，{case.words}" if case.words else ""
    return CheckItem(f"{book.label}{account.label}{words}", book, money_account=account.pk)
