"""What mends a posted voucher: red vouchers while a month of its year is open, a correcting one afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from core.models import Attachment, User
from core.money import MONEY_BELOW
from fees.choices import TRANSFERS, Direction, ReversalKind
from fees.documents import Remainder, is_year_done, remainders
from fees.models import Account, Draft, MoneyAccount, Voucher
from fees.operations.books import lock_books
from fees.operations.drafts import DraftData, LineData, Posting, save_draft
from fees.operations.refusals import NotCorrectable, NotPositive, NotReversible, WrongMoneyAccount
from fees.rules import ZERO

# What the system writes behind "冲销10月12日第213号凭证", by what the red voucher takes back.
SUFFIX = {ReversalKind.WHOLE: "", ReversalKind.OVERSTATED: "多记金额", ReversalKind.REFUND: "，退款"}
THE_REST = "余下金额"
# Accounts of correcting vouchers: what adds to this year's balance, and what takes from it.
RAISES, LOWERS = "119", "229"


def reversal_summary(voucher: Voucher, suffix: str = "") -> str:
    """Return the summary that the system writes on a red voucher."""
    return f"冲销{voucher.on.month}月{voucher.on.day}日第{voucher.number}号凭证{suffix}"


def refuse_reversal(voucher: Voucher, on: date, lines: Sequence[LineData] = ()) -> None:
    """Refuse what cannot be reversed: a reversal, more than is left, a voucher of an earlier year. The books are locked.

    :raises NotReversible:
    Source: 会计基础工作规范 51; rules_and_practice.md part c (an earlier year takes a correcting voucher).
    """
    if voucher.reverses_id is not None:
        raise NotReversible("reversal")
    if voucher.on.year != on.year:
        raise NotReversible("earlier_year")
    if on < voucher.on:
        raise NotReversible("before")
    if any(later.remaining for later in voucher.corrected_by.prefetch_related("reversed_by")):
        raise NotReversible("corrected")
    left = {row.key: row.amount for row in remainders(voucher)}
    if not left:
        raise NotReversible("reversed")
    for line in lines:
        key = (line.account.code, line.source, line.service_line)
        left[key] = left.get(key, ZERO) + line.amount
        if left[key] < ZERO:
            raise NotReversible("too_much")


@transaction.atomic
def reverse_voucher(
    voucher: Voucher,
    on: date,
    *,
    actor: User,
    at: datetime,
    reason: str = "",
    kind: str = ReversalKind.WHOLE,
    parts: Mapping[tuple[str, str, str], Decimal] | None = None,
    money_account: MoneyAccount | None = None,
    form_token: str | None = None,
) -> Draft:
    """Make the red draft of a posted voucher, in the same column, dated in an open month, for another to review.

    ``kind`` whole: all that is left. Else ``parts``: how much of which ``Remainder`` (by its key) was too much or was
    given back, yuan above zero; ``money_account``: from where a refund is paid, if not from the original's; what went
    from one account to another goes back the same way.

    :raises NotReversible: :raises NotPositive: :raises WrongMoneyAccount: :raises PeriodClosed: :raises BeforeBooks:
    """
    lock_books(voucher.book.compound)
    refuse_reversal(voucher, on)
    if money_account is not None and voucher.direction in TRANSFERS:
        raise WrongMoneyAccount
    waiting = Draft.objects.filter(reverses=voucher).first()
    if waiting is not None and (form_token is None or waiting.form_token != form_token):
        raise NotReversible("waiting")
    left = remainders(voucher)
    if kind == ReversalKind.WHOLE:
        lines = _whole(voucher, left)
    else:
        lines = _part(voucher, left, parts or {}, SUFFIX[ReversalKind(kind)])
    refuse_reversal(voucher, on, lines)
    data = DraftData(
        book=voucher.book,
        on=on,
        direction=voucher.direction,
        money_account=money_account or voucher.money_account,
        to_account=voucher.to_account,
        payee=voucher.payee,
        handler=voucher.handler,
        witness=voucher.witness,
        approver=voucher.approver,
        reason=reason,
        lines=lines,
        reverses=voucher,
        form_token=form_token,
    )
    return save_draft(data, hand_in=True, actor=actor, at=at)


def _whole(voucher: Voucher, left: Sequence[Remainder]) -> tuple[LineData, ...]:
    """Return the red lines of everything: line by line, or where a part went before, what is left."""
    lines = list(voucher.lines.select_related("account").order_by("position"))
    if sum((row.amount for row in left), ZERO) != sum((line.amount for line in lines), ZERO):
        return tuple(_red(voucher, row, row.amount, THE_REST) for row in left)
    return tuple(
        LineData(
            summary=reversal_summary(voucher),
            account=line.account,
            amount=-line.amount,
            quantity=line.quantity,
            unit_price=line.unit_price,
            source=line.source,
            service_line=line.service_line,
        )
        for line in lines
    )


def _part(
    voucher: Voucher, left: Sequence[Remainder], parts: Mapping[tuple[str, str, str], Decimal], suffix: str
) -> tuple[LineData, ...]:
    """Return the red lines of a part.

    :raises NotPositive: an amount that is none, or no amount at all.
    """
    if any(not amount.is_finite() or not ZERO < amount < MONEY_BELOW for amount in parts.values()) or not parts:
        raise NotPositive(1)
    known = {row.key: row for row in left}
    if not set(parts) <= set(known):
        raise NotReversible("too_much")
    return tuple(_red(voucher, known[key], amount, suffix) for key, amount in parts.items())


def _red(voucher: Voucher, row: Remainder, amount: Decimal, suffix: str) -> LineData:
    return LineData(
        summary=reversal_summary(voucher, suffix),
        account=row.account,
        amount=-amount,
        source=row.source,
        service_line=row.service_line,
    )


def reversal_legs(data: DraftData, reversed_leg: Voucher, origin: str) -> list[Posting]:
    """Return the red vouchers: of a transfer between the books both halves at once, tied to each other."""
    legs = [reversed_leg]
    if reversed_leg.pair:
        other = Voucher.objects.select_related("book__compound", "money_account", "to_account").filter(
            pair=reversed_leg.pair, book__compound=data.book.compound, reverses=None
        )
        legs += [leg for leg in other if leg.pk != reversed_leg.pk]
    pair = uuid.uuid4().hex if len(legs) > 1 else ""
    named = reversal_summary(reversed_leg)
    return [
        Posting(
            replace(
                data,
                lines=tuple(
                    replace(line, summary=reversal_summary(leg, line.summary.removeprefix(named)))
                    for line in data.lines
                ),
            ),
            leg.book,
            leg.direction,
            data.money_account if leg is reversed_leg else leg.money_account,
            origin,
            pair,
            to_account=leg.to_account,
            reverses=leg,
        )
        for leg in legs
    ]


# --- Earlier years ------------------------------------------------------------------------------------------------


def is_taken_back(voucher: Voucher, account: str) -> bool:
    """Return whether a correcting voucher with this account takes back of the original, instead of adding to it."""
    return account == (RAISES if voucher.direction == Direction.EXPENSE else LOWERS)


def correction_summary(voucher: Voucher, account: str) -> str:
    """Return the summary that the system writes on a correcting voucher."""
    what = f"{'多' if is_taken_back(voucher, account) else '少'}记的{voucher.get_direction_display()}"
    return f"更正{voucher.year}年第{voucher.number}号凭证{what}"


def refuse_correction(voucher: Voucher, on: date, account: str, amount: Decimal) -> None:
    """Refuse what a correcting voucher cannot mend. The books are locked.

    :raises NotCorrectable:
    Source: rules_and_practice.md part c: earlier years take a correcting voucher, last year is not restated.
    """
    if voucher.direction not in (Direction.INCOME, Direction.EXPENSE):
        raise NotCorrectable("kind")
    if voucher.reverses_id is not None:
        raise NotCorrectable("reversal")
    if on.year <= voucher.on.year:
        raise NotCorrectable("same_year" if on.year == voucher.on.year else "before")
    if not is_year_done(voucher):
        raise NotCorrectable("open_year")
    if is_taken_back(voucher, account):
        direction = Direction.INCOME if account == RAISES else Direction.EXPENSE
        before = [v.remaining for v in voucher.corrected_by.filter(direction=direction).prefetch_related("reversed_by")]
        if sum(before, amount) > voucher.remaining:
            raise NotCorrectable("too_much")


@transaction.atomic
def correct_voucher(
    voucher: Voucher,
    on: date,
    account: Account,
    amount: Decimal,
    *,
    decision: str,
    money_account: MoneyAccount,
    actor: User,
    at: datetime,
    handler: str = "",
    witness: str = "",
    approver: str = "",
    reason: str = "",
    attachments: Sequence[Attachment] = (),
    form_token: str | None = None,
) -> Draft:
    """Make the draft that corrects an earlier year's voucher with 119 or 229, and hand it to the reviewer.

    ``decision``: the number of the street's document, without which ``save_draft`` refuses it.

    :raises NotCorrectable: and what ``save_draft`` raises.
    """
    lock_books(voucher.book.compound)
    refuse_correction(voucher, on, account.code, amount)
    line = voucher.lines.order_by("position")[0]
    data = DraftData(
        book=voucher.book,
        on=on,
        direction=Direction.INCOME if account.code == RAISES else Direction.EXPENSE,
        money_account=money_account,
        payee=voucher.payee,
        handler=handler,
        witness=witness,
        approver=approver,
        decision=decision,
        reason=reason,
        lines=(
            LineData(correction_summary(voucher, account.code), account, amount, source=line.source,
                     service_line=line.service_line),
        ),
        attachments=tuple(attachments),
        corrects=voucher,
        form_token=form_token,
    )  # fmt: skip
    return save_draft(data, hand_in=True, actor=actor, at=at)
