"""Keeping money accounts: opened, changed, ended, never deleted; and what a payment code brings to the bank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from core.hashing import sha256_text
from core.models import User
from core.money import plain_money
from core.operations import record
from fees.choices import Direction, Means
from fees.documents.accounts import balances_on
from fees.models import Account, Book, Draft, MoneyAccount, SharedAccount
from fees.operations.books import lock_books
from fees.operations.drafts import DraftData, LineData, save_draft
from fees.operations.refusals import (
    AccountDraftsWait,
    AccountHoldsMoney,
    AccountKnown,
    NotPositive,
    WrongMoneyAccount,
)
from fees.rules import ZERO

FEE_ACCOUNT, TRANSFER_ACCOUNT = "206", "301"


@dataclass(frozen=True)
class AccountData:
    """A money account as its keeper describes it; what does not go with the means is left empty."""

    holder: str
    mandate: str = ""
    bank: str = ""
    number_tail: str = ""
    limit: Decimal | None = None
    fee_rate: Decimal | None = None
    settles_to: MoneyAccount | None = None
    shared: SharedAccount | None = None
    is_private: bool = False
    opened_on: date | None = None


NAMES = tuple(field.name for field in fields(AccountData))


def _values(account: MoneyAccount) -> dict[str, str]:
    """Return what the history keeps of an account: its columns as text."""
    shown = {name: getattr(account, name) for name in (*NAMES, "ended_on")}
    return {name: "" if value is None else str(value) for name, value in shown.items()}


def _fill(account: MoneyAccount, data: AccountData) -> None:
    """Put the data into a row.

    :raises WrongMoneyAccount: a target of another book or no bank account, or a shared account of another place.
    """
    target, shared = data.settles_to, data.shared
    if target is not None and (target.book_id != account.book_id or target.means != Means.BANK):
        raise WrongMoneyAccount
    if shared is not None and not account.book.compound.area_code.startswith(shared.area_code):
        raise WrongMoneyAccount
    for name in NAMES:
        setattr(account, name, getattr(data, name))


def _save(account: MoneyAccount) -> None:
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError:
        raise AccountKnown from None


@transaction.atomic
def open_account(book: Book, means: str, data: AccountData, *, actor: User, at: datetime) -> MoneyAccount:
    """Open a money account of a book.

    :raises AccountKnown: the book has one of this means, holder and number. :raises WrongMoneyAccount:
    """
    lock_books(book.compound)
    account = MoneyAccount(book=book, means=means)
    _fill(account, data)
    _save(account)
    record("account.open", f"开账户：{book}{account.label}", actor=actor, at=at, area_code=book.compound.area_code,
           subject=account, data={"after": _values(account)})  # fmt: skip
    return account


def _locked(account: MoneyAccount) -> MoneyAccount:
    """Return the account as it is now; the books are locked."""
    return MoneyAccount.objects.select_related("book__compound", "shared", "settles_to").get(pk=account.pk)


def _changed(before: Mapping[str, str], account: MoneyAccount) -> dict[str, dict[str, str]]:
    after = _values(account)
    names = [name for name in after if after[name] != before[name]]
    return {"before": {name: before[name] for name in names}, "after": {name: after[name] for name in names}}


@transaction.atomic
def change_account(account: MoneyAccount, data: AccountData, *, actor: User, at: datetime) -> MoneyAccount:
    """Change what is known of an account; the history keeps what stood before. Nothing changed, nothing written.

    :raises AccountKnown: :raises WrongMoneyAccount:
    """
    lock_books(account.book.compound)
    found = _locked(account)
    before = _values(found)
    _fill(found, data)
    if _values(found) != before:
        _save(found)
        record("account.change", f"改账户：{found.book}{found.label}", actor=actor, at=at,
               area_code=found.book.compound.area_code, subject=found, data=_changed(before, found))  # fmt: skip
    return found


@transaction.atomic
def end_account(account: MoneyAccount, on: date, reason: str, *, actor: User, at: datetime) -> MoneyAccount:
    """End an account: later dates take no vouchers. Money in it needs a reason; it is never deleted.

    :raises AccountHoldsMoney: with money and without a reason. :raises AccountDraftsWait: drafts of it wait.
    """
    lock_books(account.book.compound)
    found = _locked(account)
    compound = found.book.compound
    balance = balances_on(compound, None)[found.pk]
    if balance != ZERO and not reason.strip():
        raise AccountHoldsMoney(balance)
    waiting = Draft.objects.filter(money_account=found) | Draft.objects.filter(to_account=found)
    if waiting.exists():
        raise AccountDraftsWait
    before = _values(found)
    found.ended_on = on
    found.save(update_fields=["ended_on"])
    words = f"停用账户：{found.book}{found.label}" + (f"：{reason}" if reason else "")
    record("account.end", words[:300], actor=actor, at=at, area_code=compound.area_code, subject=found,
           data={**_changed(before, found), "reason": reason, "balance": plain_money(balance)})  # fmt: skip
    return found


@transaction.atomic
def resume_account(account: MoneyAccount, *, actor: User, at: datetime) -> MoneyAccount:
    """Take an ended account into use again."""
    lock_books(account.book.compound)
    found = _locked(account)
    before = _values(found)
    found.ended_on = None
    found.save(update_fields=["ended_on"])
    record("account.resume", f"重新启用账户：{found.book}{found.label}", actor=actor, at=at,
           area_code=found.book.compound.area_code, subject=found, data=_changed(before, found))  # fmt: skip
    return found


@transaction.atomic
def open_shared_account(
    area_code: str, holder: str, bank: str, number_tail: str, *, actor: User, at: datetime
) -> SharedAccount:
    """Write down an account of the residents' committee or the street in which several compounds' money lies.

    :raises AccountKnown:
    """
    try:
        with transaction.atomic():
            shared = SharedAccount.objects.create(
                area_code=area_code, holder=holder, bank=bank, number_tail=number_tail
            )
    except IntegrityError:
        raise AccountKnown from None
    record("shared.open", f"登记共用账户：{shared}", actor=actor, at=at, area_code=area_code, subject=shared)
    return shared


# --- A payment code's money at the bank ---


@dataclass(frozen=True)
class SettlementData:
    """What of a payment code came to the bank on a day: gross, the fee kept, the rest; yuan."""

    code: MoneyAccount
    bank: MoneyAccount
    on: date
    gross: Decimal
    fee: Decimal
    form_token: str | None = None

    @property
    def net(self) -> Decimal:
        return self.gross - self.fee


@transaction.atomic
def settle_code(data: SettlementData, *, actor: User, at: datetime) -> list[Draft]:
    """Hand in at one go what a settled code makes: the transfer of the net to the bank, and the fee as an expense.

    Both or neither; the same form sent twice returns the same drafts.

    :raises NotPositive: the net is not above zero, the fee below. :raises WrongMoneyAccount: and ``save_draft``'s.
    """
    book = data.code.book
    same_book = data.bank.book_id == book.pk and data.bank.means == Means.BANK and data.code.means == Means.QR
    if not same_book:
        raise WrongMoneyAccount
    lock_books(book.compound)
    if data.net <= ZERO or data.fee < ZERO:
        raise NotPositive(1)
    chart = {account.code: account for account in Account.objects.filter(code__in=[FEE_ACCOUNT, TRANSFER_ACCOUNT])}
    day = f"{data.on.month}月{data.on.day}日"
    token = data.form_token
    transfer = DraftData(
        book=book, on=data.on, direction=Direction.TRANSFER_OUT, money_account=data.code, to_account=data.bank,
        lines=(LineData(f"收款码{day}到账", chart[TRANSFER_ACCOUNT], data.net),), form_token=token,
    )  # fmt: skip
    drafts = [save_draft(transfer, hand_in=True, actor=actor, at=at)]
    if data.fee > ZERO:
        fee = chart[FEE_ACCOUNT]
        line = LineData(f"收款码{day}到账手续费", fee, data.fee, source=fee.source, service_line=fee.service_line)
        expense = DraftData(
            book=book, on=data.on, direction=Direction.EXPENSE, money_account=data.code, lines=(line,),
            payee=data.code.bank or "收款码服务方", form_token=sha256_text(f"{token}fee")[:32] if token else None,
        )  # fmt: skip
        drafts.append(save_draft(expense, hand_in=True, actor=actor, at=at))
    return drafts
