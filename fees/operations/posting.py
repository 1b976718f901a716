"""Posting: numbers without gaps, the chain, the anchors."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from compounds.models import Compound
from core.hashing import canonical_json
from core.models import User
from core.money import plain_money
from core.operations import record
from fees.anchors import append_anchors
from fees.choices import Direction, DraftState
from fees.documents import (
    standing_before,
)
from fees.models import (
    Book,
    Draft,
    MoneyAccount,
    Opening,
    Period,
    Voucher,
    VoucherEvidence,
    VoucherLine,
)
from fees.operations.books import lock_books, open_period
from fees.operations.drafts import DraftData, Posting, check_data, check_hand_in, data_of, refuse_ended
from fees.operations.refusals import (
    DraftGone,
    NegativeBalance,
    NotHandedIn,
    SamePerson,
)
from fees.operations.reversing import refuse_correction, refuse_reversal, reversal_legs
from fees.rules import (
    ZERO,
    Move,
    account_effects,
    genesis,
    is_another,
    lines_hash,
    month_of,
    shortfall,
    voucher_hash,
)


@dataclass
class _Head:
    """Where a book's chain stands while vouchers are added to it."""

    seq: int
    hash: str
    numbers: dict[int, int]


def _head(book: Book) -> _Head:
    """Read a locked book's head; the unique constraints stand behind it."""
    last = Voucher.objects.filter(book=book).order_by("-seq").values_list("seq", "hash").first()
    if last is None:
        opened = Opening.objects.filter(book=book).values_list("hash", flat=True).first()
        last = (0, opened or genesis(book.compound.code, book.kind))
    return _Head(last[0], last[1], {})


def _next_number(book: Book, head: _Head, year: int) -> int:
    if year not in head.numbers:
        newest = Voucher.objects.filter(book=book, year=year).order_by("-number").values_list("number", flat=True)
        head.numbers[year] = newest.first() or 0
    head.numbers[year] += 1
    return head.numbers[year]


def _refuse_negative(compound: Compound, postings: Sequence[Posting], vouchers: Sequence[Voucher]) -> None:
    """Refuse new vouchers that take a money account below zero at any time from their date on, without a reason.

    :raises NegativeBalance: the caller's transaction is rolled back.
    """
    fresh = {(v.book_id, v.year, v.number): i for i, v in enumerate(vouchers)}
    watched = {
        key
        for posting, voucher in zip(postings, vouchers, strict=True)
        if not posting.may_fall and not voucher.reason
        for key, effect in account_effects(
            voucher.direction, voucher.amount, voucher.money_account_id, voucher.to_account_id
        )
        if effect < 0
    }
    if not watched:  # what only comes in takes no account below zero
        return
    first = Period.objects.of(compound).not_closed().order_by("month").first()
    start = first.month if first else date.min
    standing = standing_before(compound, start)
    moves: dict[int, list[Move]] = {key: [] for key in watched}
    rows = Voucher.objects.of(compound).filter(Q(money_account__in=watched) | Q(to_account__in=watched), on__gte=start)
    for on, number, direction, amount, account, target, book, year in rows.values_list(
        "on", "number", "direction", "amount", "money_account_id", "to_account_id", "book_id", "year"
    ):
        position = fresh.get((book, year, number))
        covered = position is None or postings[position].may_fall or bool(vouchers[position].reason)
        for key, effect in account_effects(direction, amount, account, target):
            if key in watched:
                moves[key].append(Move(on, number, effect, covered))
    for key, each in moves.items():
        short = shortfall(standing.accounts.get(key, ZERO), each)
        if short:
            account_row = MoneyAccount.objects.get(pk=key)
            guilty = fresh[(account_row.book_id, short[0].on.year, short[0].number)]
            raise NegativeBalance(account_row, short[1], guilty)


def _append(
    postings: Sequence[Posting], *, entered_by: User, entered_at: datetime, reviewed_by: User, at: datetime
) -> list[Voucher]:
    """Number, chain and insert vouchers; the books are locked and the months open.

    Two statements however many vouchers there are: one for the vouchers, one for their lines.
    """
    heads: dict[int, _Head] = {}
    vouchers: list[Voucher] = []
    lines: list[list[VoucherLine]] = []
    for posting in postings:
        data, book = posting.data, posting.book
        refuse_ended(data.on, posting.money_account, posting.to_account)
        head = heads.setdefault(book.pk, _head(book))
        rows = [
            VoucherLine(
                position=position,
                summary=line.summary,
                amount=line.amount.quantize(Decimal("0.01")),
                quantity=line.quantity,
                unit_price=line.unit_price,
                source=line.source,
                service_line=line.service_line,
                account_id=line.account.code,
                account_name=line.account.name,
            )
            for position, line in enumerate(data.lines, start=1)
        ]
        voucher = Voucher(
            book=book,
            seq=head.seq + 1,
            year=data.on.year,
            number=_next_number(book, head, data.on.year),
            on=data.on,
            bill_on=data.bill_on,
            direction=posting.direction,
            money_account=posting.money_account,
            to_account=posting.to_account,
            pair=posting.pair,
            reverses=posting.reverses,
            corrects=data.corrects,
            payee=data.payee,
            handler=data.handler,
            witness=data.witness,
            approver=data.approver,
            decision=data.decision,
            reason=data.reason,
            entered_for=data.entered_for,
            amount=sum((row.amount for row in rows), ZERO),
            line_count=len(rows),
            lines_hash=lines_hash(vars(row) for row in rows),
            attachments=canonical_json([[a.kind, a.number, a.sha256] for a in data.attachments]),
            origin=posting.origin,
            entered_by=entered_by,
            entered_at=entered_at,
            reviewed_by=reviewed_by,
            posted_at=at,
            previous_hash=head.hash,
        )
        voucher.hash = voucher_hash(vars(voucher))
        head.seq, head.hash = voucher.seq, voucher.hash
        vouchers.append(voucher)
        lines.append(rows)
    Voucher.objects.bulk_create(vouchers)
    for voucher, rows in zip(vouchers, lines, strict=True):
        for row in rows:
            row.voucher = voucher
    VoucherLine.objects.bulk_create([row for rows in lines for row in rows])
    VoucherEvidence.objects.bulk_create(
        VoucherEvidence(voucher=voucher, kind=a.kind, number=a.number, attachment=a)
        for posting, voucher in zip(postings, vouchers, strict=True)
        for a in posting.data.attachments
    )
    _anchor({v.book_id: v for v in vouchers}.values(), at=at)
    return vouchers


def _anchor(newest: Iterable[Voucher], *, at: datetime) -> None:
    """Write, once the transaction is through, where each touched book's chain stands to the file outside."""
    rows: list[dict[str, object]] = [
        {
            "compound": voucher.book.compound.code,
            "book": voucher.book.kind,
            "count": voucher.seq,
            "year": voucher.year,
            "number": voucher.number,
            "hash": voucher.hash,
        }
        for voucher in newest
    ]
    transaction.on_commit(lambda: append_anchors(rows, at=at), robust=True)


def _legs(data: DraftData, origin: str) -> list[Posting]:
    """Return the vouchers that a typed one becomes: two for a transfer to the other book, else one."""
    reversed_leg = data.reverses
    if reversed_leg is not None:
        return reversal_legs(data, reversed_leg, origin)
    if data.to_account is None or data.to_account.book_id == data.book.pk:
        return [Posting(data, data.book, data.direction, data.money_account, origin, to_account=data.to_account)]
    pair = uuid.uuid4().hex
    return [
        Posting(data, data.book, Direction.TRANSFER_OUT, data.money_account, origin, pair),
        Posting(data, data.to_account.book, Direction.TRANSFER_IN, data.to_account, origin, pair),
    ]


@transaction.atomic
def post_draft(draft_id: int, *, actor: User, at: datetime, seen: datetime | None = None) -> Voucher:
    """Review and post a handed-in draft: number, chain, anchor; the draft is gone afterwards.

    Called twice (a double click) it returns the same voucher. A transfer to the other book makes two vouchers and
    returns the first. ``seen``: when what the reviewer read was handed in; changed since, it is not posted.

    :raises DraftGone: :raises NotHandedIn: :raises SamePerson: :raises PeriodClosed: :raises NegativeBalance:
    :raises NotReversible: :raises NotCorrectable: and what ``check_data`` and ``check_hand_in`` raise.
    Source: Q7④; domain.md, Vouchers.
    """
    origin = f"draft:{draft_id}"
    found = Draft.objects.filter(pk=draft_id).select_related("book__compound").first()
    if found is None:
        return _posted_before(origin)
    compound = found.book.compound
    lock_books(compound)
    draft = Draft.objects.for_display().filter(pk=draft_id).first()
    if draft is None:
        return _posted_before(origin)
    if draft.state != DraftState.HANDED_IN:
        raise NotHandedIn
    if seen is not None and draft.entered_at != seen:
        raise DraftGone
    if not is_another(draft.entered_by_id, actor.pk, draft.entered_for, actor.name):
        raise SamePerson(draft.entered_by)
    data = data_of(draft)
    check_data(data)
    check_hand_in(data)
    if data.reverses is not None:
        refuse_reversal(data.reverses, data.on, data.lines)
    if data.corrects is not None:
        refuse_correction(data.corrects, data.on, data.lines[0].account.code, data.amount)
    open_period(compound, data.on, at=at)
    token = f":{draft.form_token}" if draft.form_token else ""
    postings = _legs(data, origin + token)
    vouchers = _append(
        postings,
        entered_by=draft.entered_by,
        entered_at=draft.entered_at,
        reviewed_by=actor,
        at=at,
    )
    _refuse_negative(compound, postings, vouchers)
    draft.delete()
    for voucher in vouchers:
        record("voucher.post", f"复核并记账：{voucher.book}第{voucher.number}号", actor=actor, at=at,
               area_code=compound.area_code, subject=voucher,
               data={"amount": plain_money(voucher.amount), "hash": voucher.hash})  # fmt: skip
    return vouchers[0]


def _posted_before(origin: str) -> Voucher:
    """Return the voucher that a draft became; ``origin`` is its mark, perhaps followed by the form's token."""
    found = Voucher.objects.filter(Q(origin=origin) | Q(origin__startswith=f"{origin}:")).order_by("pk").first()
    if found is None:
        raise DraftGone
    return found


@transaction.atomic
def post_postings(
    compound: Compound, postings: Sequence[Posting], *, entered_by: User, reviewed_by: User, at: datetime
) -> list[Voucher]:
    """Post many vouchers of one compound at once, in the order given; all or none (an import).

    :raises SamePerson: :raises PeriodClosed: :raises BeforeBooks: :raises NegativeBalance:
    """
    if not is_another(entered_by.pk, reviewed_by.pk):
        raise SamePerson(entered_by)
    lock_books(compound)
    for month in sorted({month_of(posting.data.on) for posting in postings}):
        open_period(compound, month, at=at)
    vouchers = _append(postings, entered_by=entered_by, entered_at=at, reviewed_by=reviewed_by, at=at)
    _refuse_negative(compound, postings, vouchers)
    return vouchers
