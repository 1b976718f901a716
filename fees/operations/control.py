"""Holding the books against the world: a bank's statement, cash counted, what a shared account's holder confirms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from core.hashing import canonical_json
from core.models import Attachment, User
from core.money import plain_money, show_money
from core.operations import record
from fees.choices import ClosingStep, Means
from fees.documents.accounts import balances_on
from fees.documents.control import (
    Balanced,
    StatementLine,
    books_side,
    keys_known,
    parts_on,
    statement_items,
    total_of,
)
from fees.models import BalanceSlip, Book, CashCount, MoneyAccount, Period, Reconciliation, SharedAccount
from fees.operations.books import AGAIN, last_step, lock_books
from fees.operations.refusals import (
    BooksChanged,
    DoesNotFit,
    MonthApproved,
    MonthNotOver,
    NotPositive,
    WitnessIsCounter,
    WrongMoneyAccount,
)
from fees.rules import COUNTED_AT_MOST, DENOMINATIONS, counted, last_day, month_of


def _refuse_approved(account: MoneyAccount, month: date) -> None:
    """Refuse a month that is approved; the books are locked.

    :raises MonthApproved:
    """
    period = Period.objects.filter(compound=account.book.compound_id, month=month).first()
    last = last_step(period) if period else None
    if last is not None and last.step == ClosingStep.APPROVED:
        raise MonthApproved


@dataclass(frozen=True)
class ReconciliationData:
    """A statement as read and ticked. ``done``: keys of the lines found on both sides; ``note`` explains a difference."""

    account: MoneyAccount
    month: date
    statement_balance: Decimal
    lines: tuple[StatementLine, ...]
    done: frozenset[str]
    statement: Attachment | None = None
    note: str = ""


@transaction.atomic
def reconcile(data: ReconciliationData, *, actor: User, at: datetime) -> Reconciliation:
    """Keep a month's reconciliation of a bank or code account: a new row each time, until the month is approved.

    :raises MonthNotOver: :raises MonthApproved: :raises BooksChanged: a ticked line is not there any more.
    :raises DoesNotFit: the two sides differ and no note explains it. :raises WrongMoneyAccount: a cash account.
    Source: 会计法 17; domain.md, Money.
    """
    account = data.account
    compound = account.book.compound
    if account.means == Means.CASH:
        raise WrongMoneyAccount
    if last_day(data.month) >= timezone.localdate(at):
        raise MonthNotOver
    lock_books(compound)
    _refuse_approved(account, data.month)
    side = books_side(account, data.month)
    bank = statement_items(side, data.lines)
    if not keys_known(side, bank, data.done):
        raise BooksChanged
    balanced = Balanced(side, bank, data.done, data.statement_balance)
    if balanced.difference and not data.note.strip():
        raise DoesNotFit(balanced.difference)
    last = Reconciliation.objects.filter(money_account=account, month=data.month).order_by("-seq").first()
    row = Reconciliation.objects.create(
        money_account=account,
        month=data.month,
        seq=last.seq + 1 if last else 1,
        statement_balance=data.statement_balance,
        book_balance=side.balance,
        ticked=canonical_json(balanced.ticked()),
        open_items=canonical_json(balanced.open_items()),
        lines=canonical_json(balanced.lines()),
        statement=data.statement,
        note=data.note.strip(),
        by=actor,
        at=at,
    )
    words = f"对账：{account.book}{account.label}{data.month.year}年{data.month.month}月，对账单{show_money(data.statement_balance)}元"
    if balanced.difference:
        words += f"，差{show_money(balanced.difference)}元"
    record("reconciliation.save", words[:300], actor=actor, at=at, area_code=compound.area_code, subject=row,
           data={"seq": row.seq, "open": len(balanced.open_items())})  # fmt: skip
    return row


@dataclass(frozen=True)
class CountData:
    """Cash counted by its pieces on a day; ``explanation`` of a difference from the book."""

    account: MoneyAccount
    on: date
    pieces: tuple[tuple[Decimal, int], ...]
    counter: str
    witness: str
    explanation: str = ""


@transaction.atomic
def count_cash(data: CountData, *, actor: User, at: datetime) -> CashCount:
    """Keep a cash count beside the book of its day. A difference is explained, and booked by vouchers of its own.

    The same form sent twice keeps one row.

    :raises WrongMoneyAccount: no cash account. :raises NotPositive: an impossible number of pieces.
    :raises WitnessIsCounter: :raises MonthNotOver: a day that has not come. :raises MonthApproved:
    :raises DoesNotFit: it differs and nothing explains it.
    Source: domain.md, Money (长短款 never netted).
    """
    account = data.account
    compound = account.book.compound
    if account.means != Means.CASH:
        raise WrongMoneyAccount
    if any(value not in DENOMINATIONS or not 0 <= number <= COUNTED_AT_MOST for value, number in data.pieces):
        raise NotPositive(1)
    if data.counter.strip() == data.witness.strip():
        raise WitnessIsCounter
    if data.on > timezone.localdate(at):
        raise MonthNotOver
    lock_books(compound)
    _refuse_approved(account, month_of(data.on))
    total = counted(data.pieces)
    balance = balances_on(compound, data.on)[account.pk]
    if total != balance and not data.explanation.strip():
        raise DoesNotFit(total - balance)
    fields = {
        "money_account": account,
        "on": data.on,
        "pieces": canonical_json([[plain_money(value), number] for value, number in data.pieces if number]),
        "counted": total,
        "book_balance": balance,
        "explanation": data.explanation.strip() if total != balance else "",
        "counter": data.counter.strip(),
        "witness": data.witness.strip(),
        "by": actor,
    }
    again = CashCount.objects.filter(at__gt=at - AGAIN, **fields).first()
    if again is not None:
        return again
    row = CashCount.objects.create(at=at, **fields)
    words = f"盘点现金：{account.book}{data.on.month}月{data.on.day}日{show_money(total)}元"
    if total != balance:
        words += f"，账上{show_money(balance)}元"
    record("count.save", words, actor=actor, at=at, area_code=compound.area_code, subject=row,
           data={"counted": plain_money(total), "book": plain_money(balance)})  # fmt: skip
    return row


def lock_books_of(shared: SharedAccount) -> None:
    """Lock the books of every part of a shared account, in the order of their keys like everyone else."""
    list(Book.objects.filter(pk__in=MoneyAccount.objects.filter(shared=shared).values("book")).locked())


@transaction.atomic
def confirm_balances(
    shared: SharedAccount, on: date, statement_balance: Decimal, own: Decimal, signed_by: str, *,
    attachment: Attachment | None, actor: User, at: datetime,
) -> BalanceSlip:  # fmt: skip
    """Keep the slip 余额确认单: the compounds' parts by their books and the holder's own are the statement.

    It serves as that month's reconciliation of each part. The same form sent twice keeps one slip.

    :raises MonthNotOver: the day has not ended. :raises DoesNotFit: by what the statement is more than the parts.
    """
    if on >= timezone.localdate(at):
        raise MonthNotOver
    lock_books_of(shared)
    parts = parts_on(shared, on)
    difference = statement_balance - own - total_of(parts)
    if difference:
        raise DoesNotFit(difference)
    fields = {
        "shared": shared,
        "on": on,
        "statement_balance": statement_balance,
        "own": own,
        "parts": canonical_json([[part.account.pk, plain_money(part.balance)] for part in parts]),
        "signed_by": signed_by,
        "by": actor,
    }
    paper = attachment.sha256 if attachment is not None else None
    again = BalanceSlip.objects.filter(at__gt=at - AGAIN, attachment__sha256=paper, **fields).first()
    if again is not None:
        return again
    slip = BalanceSlip.objects.create(attachment=attachment, at=at, **fields)
    words = f"余额确认单：{shared}{on.month}月{on.day}日{show_money(statement_balance)}元，{len(parts)}个账户"
    record("shared.confirm", words[:300], actor=actor, at=at, area_code=shared.area_code, subject=slip)
    return slip
