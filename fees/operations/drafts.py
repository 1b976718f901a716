"""Typing, handing in, sending back and deleting drafts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from core.choices import EvidenceKind
from core.models import Attachment, User
from core.money import CENT, MONEY_BELOW, plain_money
from core.operations import record
from fees.choices import DecidedBy, Direction, DraftState
from fees.models import (
    Account,
    Book,
    Draft,
    DraftLine,
    ExpenseLimit,
    MoneyAccount,
    Voucher,
    VoucherLine,
)
from fees.operations.books import lock_books, open_period
from fees.operations.refusals import (
    AccountEnded,
    DecisionMissing,
    DoesNotAddUp,
    DraftGone,
    FormReused,
    NoLines,
    NotHandedIn,
    NotPositive,
    PaperMissing,
    PostedAlready,
    SlipMissing,
    WrongAccount,
    WrongMoneyAccount,
)
from fees.rules import (
    ZERO,
    agrees,
    decider_of,
    lacks_paper,
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
    corrects: Voucher | None = None

    @property
    def amount(self) -> Decimal:
        """The sum of the lines, yuan."""
        return sum((line.amount for line in self.lines), ZERO)


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


def refuse_ended(on: date, *accounts: MoneyAccount | None) -> None:
    """Refuse a day after an account's end.

    :raises AccountEnded:
    """
    for account in accounts:
        if account is not None and account.ended_on is not None and on > account.ended_on:
            raise AccountEnded(account)


def check_data(data: DraftData) -> None:
    """Check what no database constraint can: amounts, accounts, money accounts of one voucher.

    :raises NoLines: :raises NotPositive: :raises WrongAccount: :raises DoesNotAddUp: :raises WrongMoneyAccount:
    :raises AccountEnded:
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
    if abs(data.amount) >= MONEY_BELOW:
        raise NotPositive(len(data.lines))
    if data.money_account.book_id != data.book.pk:
        raise WrongMoneyAccount
    refuse_ended(data.on, data.money_account, data.to_account)
    if data.direction == Direction.TRANSFER_OUT and not data.reverses:
        target = data.to_account
        if target is None or target == data.money_account or target.book.compound_id != data.book.compound_id:
            raise WrongMoneyAccount
    elif data.to_account is not None and not data.reverses:
        raise WrongMoneyAccount


def check_hand_in(data: DraftData, kept: Iterable[Attachment] = ()) -> None:
    """Refuse to hand in or post what nobody has decided, or what lacks the paper that it cannot do without.

    ``kept``: papers that hang at the draft already. Red vouchers follow their original. Imports and machine-made
    vouchers do not come this way: the closing tells of them.

    :raises DecisionMissing: :raises PaperMissing: :raises SlipMissing:
    Source: domain.md, Vouchers (limits as data); 大修/中修 names its decision (FEE 11).
    """
    if data.reverses is not None:
        return
    kinds = {paper.kind for paper in (*data.attachments, *kept)}
    for line in data.lines:
        if lacks_paper(line.account.needs, decision=data.decision, kinds=kinds):
            raise PaperMissing(line.account)
    if data.direction == Direction.EXPENSE and not data.decision:
        limits = ExpenseLimit.objects.for_compound(data.book.compound)
        decided_by = decider_of(data.amount, limits)
        if decided_by != DecidedBy.HEAD:
            below = [limit for limit in limits.values() if limit is not None and limit < data.amount]
            raise DecisionMissing(data.amount, max(below, default=ZERO), decided_by)
    if data.entered_for and EvidenceKind.TYPED_SLIP not in kinds:
        raise SlipMissing(data.entered_for)


def _is_same(stored: DraftData, data: DraftData) -> bool:
    """Whether a form says what is stored: the second sending of one form, its papers uploaded anew."""
    papers = [{paper.sha256 for paper in each.attachments} for each in (stored, data)]
    return papers[0] == papers[1] and replace(stored, attachments=()) == replace(data, attachments=())


def _sent_before(data: DraftData) -> Draft | None:
    """Return the draft that this form made before; None where it was never sent. The books are locked.

    :raises FormReused: it was sent with other content. :raises PostedAlready: its draft is posted by now.
    """
    if not data.form_token:
        return None
    first = Draft.objects.filter(form_token=data.form_token).first()
    if first is not None:
        if not _is_same(data_of(first), data):
            raise FormReused
        return first
    marked = Voucher.objects.filter(origin__startswith="draft:", origin__endswith=f":{data.form_token}")
    posted = marked.select_related("book__compound", "money_account", "to_account").order_by("pk").first()
    if posted is not None:
        if not _is_same(_as_typed(posted, data.form_token), data):
            raise FormReused
        raise PostedAlready(posted)
    return None


def _as_typed(voucher: Voucher, token: str) -> DraftData:
    """Return a posted voucher as the data that it was made from; of a transfer between the books both halves."""
    target = voucher.to_account
    if voucher.pair:
        other = Voucher.objects.filter(pair=voucher.pair).exclude(pk=voucher.pk).select_related("money_account")
        target = next((leg.money_account for leg in other), None)
    papers = [evidence.attachment for evidence in voucher.evidence.select_related("attachment") if evidence.attachment]
    lines = voucher.lines.select_related("account").order_by("position")
    return _data(voucher, target, lines, papers, token)


@transaction.atomic
def save_draft(data: DraftData, *, draft: Draft | None = None, hand_in: bool, actor: User, at: datetime) -> Draft:
    """Save a typed voucher as a draft, and with ``hand_in`` give it to the reviewer.

    The same form sent twice (``form_token``) returns the first draft; with other content it is refused.

    :raises FormReused: :raises PostedAlready: :raises PeriodClosed: :raises BeforeBooks: and what ``check_data`` and
        with ``hand_in`` ``check_hand_in`` raise.
    """
    check_data(data)
    books = lock_books(data.book.compound)
    if data.book.pk not in books:
        raise WrongMoneyAccount
    first = _sent_before(data) if draft is None else None
    if first is not None:
        return first
    if hand_in:
        check_hand_in(data, draft.attachments.all() if draft is not None else ())
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
        "decision", "reason", "entered_for", "reverses", "corrects",
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
    draft.attachments.add(*data.attachments)  # a phone may have added some meanwhile; only remove_paper takes one off
    record("draft.hand_in" if hand_in else "draft.save", f"{'交给复核' if hand_in else '存草稿'}：{data.lines[0].summary}",
           actor=actor, at=at, area_code=period.compound.area_code, subject=draft,
           data={"on": data.on.isoformat(), "amount": plain_money(data.amount)})  # fmt: skip
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
    return _data(draft, draft.to_account, draft.lines.all(), draft.attachments.all(), draft.form_token)


def _data(
    stored: Draft | Voucher,
    target: MoneyAccount | None,
    lines: Iterable[DraftLine] | Iterable[VoucherLine],
    papers: Iterable[Attachment],
    token: str | None,
) -> DraftData:
    """Return what a draft or a voucher says."""
    return DraftData(
        book=stored.book,
        on=stored.on,
        direction=stored.direction,
        money_account=stored.money_account,
        to_account=target,
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
            for line in lines
        ),
        payee=stored.payee,
        bill_on=stored.bill_on,
        handler=stored.handler,
        witness=stored.witness,
        approver=stored.approver,
        decision=stored.decision,
        reason=stored.reason,
        entered_for=stored.entered_for,
        attachments=tuple(papers),
        form_token=token,
        reverses=stored.reverses,
        corrects=stored.corrects,
    )
