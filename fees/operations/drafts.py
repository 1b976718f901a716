"""Typing, handing in, sending back and deleting drafts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from core.models import Attachment, User
from core.money import CENT, MONEY_BELOW, plain_money
from core.operations import record
from fees.choices import Direction, DraftState
from fees.models import (
    Account,
    Book,
    Draft,
    DraftLine,
    MoneyAccount,
    Voucher,
)
from fees.operations.books import lock_books, open_period
from fees.operations.refusals import (
    DoesNotAddUp,
    DraftGone,
    FormReused,
    NoLines,
    NotHandedIn,
    NotPositive,
    WrongAccount,
    WrongMoneyAccount,
)
from fees.rules import (
    ZERO,
    agrees,
)


@dataclass(frozen=True)
class LineData:
    """One line as typed; ``amount`` in yuan, quantity and unit price as plain decimal text."""

    summary: str
    account: Account
    amount: Decimal
    quantity: str = ""
    unit_price: str = ""
    source: str = ""
    service_line: str = ""


@dataclass(frozen=True)
class DraftData:
    """A voucher as typed. A transfer is direction ``transfer_out`` with ``to_account``, in this book or the other."""

    book: Book
    on: date
    direction: str
    money_account: MoneyAccount
    lines: tuple[LineData, ...]
    to_account: MoneyAccount | None = None
    payee: str = ""
    bill_on: date | None = None
    handler: str = ""
    witness: str = ""
    approver: str = ""
    decision: str = ""
    reason: str = ""
    entered_for: str = ""
    attachments: tuple[Attachment, ...] = ()
    form_token: str | None = None
    reverses: Voucher | None = None


@dataclass(frozen=True)
class Posting:
    """One voucher to be: data, its book and direction there, and what ties it to its other half."""

    data: DraftData
    book: Book
    direction: str
    money_account: MoneyAccount
    origin: str
    pair: str = ""
    to_account: MoneyAccount | None = None
    reverses: Voucher | None = None
    may_fall: bool = False  # an imported bank row: its account may stand below zero, the closing tells of it


DIRECTIONS_OF = {
    "income": {Direction.INCOME},
    "expense": {Direction.EXPENSE},
    "transfer": {Direction.TRANSFER_OUT, Direction.TRANSFER_IN},
    "held": {Direction.HELD_IN, Direction.HELD_OUT},
}


def check_data(data: DraftData) -> None:
    """Check what no database constraint can: amounts, accounts, money accounts of one voucher.

    :raises NoLines: :raises NotPositive: :raises WrongAccount: :raises DoesNotAddUp: :raises WrongMoneyAccount:
    """
    if not data.lines:
        raise NoLines
    for position, line in enumerate(data.lines, start=1):
        amount = line.amount
        fits = isinstance(amount, Decimal) and amount.is_finite() and abs(amount) < MONEY_BELOW
        if not fits or amount != amount.quantize(CENT) or amount == 0 or (amount < 0) != (data.reverses is not None):
            raise NotPositive(position)
        if data.direction not in DIRECTIONS_OF[line.account.direction]:
            raise WrongAccount(position)
        if not agrees(line.quantity, line.unit_price, amount):
            raise DoesNotAddUp(position)
    if abs(sum((line.amount for line in data.lines), ZERO)) >= MONEY_BELOW:
        raise NotPositive(len(data.lines))
    if data.money_account.book_id != data.book.pk:
        raise WrongMoneyAccount
    if data.direction == Direction.TRANSFER_OUT and not data.reverses:
        target = data.to_account
        if target is None or target == data.money_account or target.book.compound_id != data.book.compound_id:
            raise WrongMoneyAccount
    elif data.to_account is not None and not data.reverses:
        raise WrongMoneyAccount


def _same_content(draft: Draft, data: DraftData) -> bool:
    """Whether a draft holds what the form says: the second sending of one form, its papers uploaded anew."""
    stored = data_of(draft)
    papers = [{paper.sha256 for paper in each.attachments} for each in (stored, data)]
    return papers[0] == papers[1] and replace(stored, attachments=()) == replace(data, attachments=())


def _posted_from_token(token: str) -> Voucher | None:
    return Voucher.objects.filter(origin__startswith="draft:", origin__endswith=f":{token}").order_by("pk").first()


@transaction.atomic
def save_draft(data: DraftData, *, draft: Draft | None = None, hand_in: bool, actor: User, at: datetime) -> Draft:
    """Save a typed voucher as a draft, and with ``hand_in`` give it to the reviewer.

    The same form sent twice (``form_token``) returns the first draft; with other content it is refused.

    :raises FormReused: :raises PeriodClosed: :raises BeforeBooks: and what ``check_data`` raises.
    """
    check_data(data)
    books = lock_books(data.book.compound)
    if data.book.pk not in books:
        raise WrongMoneyAccount
    if draft is None and data.form_token:
        first = Draft.objects.filter(form_token=data.form_token).first()
        if first is not None:
            if not _same_content(first, data):
                raise FormReused
            return first
        if _posted_from_token(data.form_token) is not None:
            raise FormReused
    period = open_period(data.book.compound, data.on, at=at)
    if draft is None:
        draft = Draft(entered_by=actor, form_token=data.form_token)
    else:
        draft = Draft.objects.select_for_update().filter(pk=draft.pk).first() or Draft()
        if draft.pk is None:
            raise DraftGone
        draft.entered_by = actor  # who typed last is who entered it
        draft.lines.all().delete()
    for name in (
        "book", "on", "direction", "money_account", "to_account", "payee", "bill_on", "handler", "witness", "approver",
        "decision", "reason", "entered_for", "reverses",
    ):  # fmt: skip
        setattr(draft, name, getattr(data, name))
    draft.state = DraftState.HANDED_IN if hand_in else DraftState.DRAFT
    draft.entered_at = at
    draft.note = ""
    draft.save()
    DraftLine.objects.bulk_create(
        DraftLine(
            draft=draft,
            position=position,
            account=line.account,
            **{n: getattr(line, n) for n in ("summary", "amount", "quantity", "unit_price", "source", "service_line")},
        )
        for position, line in enumerate(data.lines, start=1)
    )
    draft.attachments.set(data.attachments)
    record("draft.hand_in" if hand_in else "draft.save", f"{'交给复核' if hand_in else '存草稿'}：{data.lines[0].summary}",
           actor=actor, at=at, area_code=period.compound.area_code, subject=draft,
           data={"on": data.on.isoformat(), "amount": plain_money(sum((x.amount for x in data.lines), ZERO))})  # fmt: skip
    return draft


@transaction.atomic
def delete_draft(draft: Draft, *, actor: User, at: datetime) -> None:
    """Delete a draft; what was never posted may go, and the history says so.

    :raises DraftGone: when it was posted or deleted in the meantime.
    """
    compound = draft.book.compound
    lock_books(compound)  # else a draft that is just being posted would be deleted too
    locked = Draft.objects.filter(pk=draft.pk).first()
    if locked is None:
        raise DraftGone
    record("draft.delete", f"删去草稿：{locked.on}", actor=actor, at=at, area_code=compound.area_code, subject=locked)
    locked.delete()


@transaction.atomic
def return_draft(draft: Draft, note: str, *, actor: User, at: datetime) -> None:
    """Send a handed-in draft back to who typed it, with the reason.

    :raises NotHandedIn: when it is not waiting for review.
    """
    compound = draft.book.compound
    lock_books(compound)  # else a draft that is just being posted would be sent back too
    locked = Draft.objects.filter(pk=draft.pk).first()
    if locked is None or locked.state != DraftState.HANDED_IN:
        raise NotHandedIn
    locked.state, locked.note = DraftState.RETURNED, note
    locked.save(update_fields=["state", "note"])
    record("draft.return", f"退回草稿：{note}", actor=actor, at=at, area_code=compound.area_code,
           subject=locked)  # fmt: skip


def data_of(draft: Draft) -> DraftData:
    """Return a stored draft as data, to be checked and posted or shown in the form again."""
    return DraftData(
        book=draft.book,
        on=draft.on,
        direction=draft.direction,
        money_account=draft.money_account,
        to_account=draft.to_account,
        lines=tuple(
            LineData(
                line.summary,
                line.account,
                line.amount,
                line.quantity,
                line.unit_price,
                line.source,
                line.service_line,
            )
            for line in draft.lines.all()
        ),
        payee=draft.payee,
        bill_on=draft.bill_on,
        handler=draft.handler,
        witness=draft.witness,
        approver=draft.approver,
        decision=draft.decision,
        reason=draft.reason,
        entered_for=draft.entered_for,
        attachments=tuple(draft.attachments.all()),
        form_token=draft.form_token,
        reverses=draft.reverses,
    )
