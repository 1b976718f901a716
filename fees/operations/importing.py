"""Importing a cash book: opening and vouchers of a workbook, all or nothing, the same file once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from compounds.models import Compound
from core.models import User
from core.operations import record
from fees.choices import BookKind, ClosingStep, Direction, Means
from fees.models import Account, Book, Import, MoneyAccount, Opening, Period, Voucher
from fees.operations.books import OpeningData, lock_books, money_account_of, open_books, post_opening
from fees.operations.drafts import DraftData, LineData, Posting
from fees.operations.posting import post_postings
from fees.operations.refusals import (
    AlreadyOpened,
    BeforeBooks,
    FarOff,
    ImportedBefore,
    NegativeBalance,
    PeriodClosed,
    Refusal,
    RowsRefused,
)
from fees.rules import ZERO, is_far_off, month_of, next_month

BOOK_SHEET, OPENING_SHEET = "收支", "期初"


@dataclass(frozen=True)
class CashbookRow:
    """One row of sheet 收支 as understood; ``partner``: the row number of a transfer's other half."""

    row: int
    on: date
    book: str
    incoming: bool
    amount: Decimal
    account: Account
    source: str
    service_line: str
    summary: str
    payee: str
    means: str
    quantity: str
    unit_price: str
    partner: int | None = None


@dataclass(frozen=True)
class OpeningRow:
    """One row of sheet 期初."""

    row: int
    book: str
    means: str
    amount: Decimal
    on: date


@dataclass(frozen=True)
class Cashbook:
    """A cash-book workbook as understood; ``memo``: sheet 期初往来 as (kind, dwelling, amount, until month)."""

    rows: tuple[CashbookRow, ...]
    openings: tuple[OpeningRow, ...] = ()
    memo: tuple[tuple[str, str, Decimal, str], ...] = ()


# 期初往来: what others gave into the compound's hands and is not its own.
HELD_MEMO = ("押金", "垫付")


def _post_openings(compound: Compound, cashbook: Cashbook, books: Mapping[str, Book], **acts: object) -> None:
    """Post the openings of the books that the workbook names; deposits and advances lie in the service book."""
    kinds = [kind for kind in BookKind.values if any(o.book == kind for o in cashbook.openings)]
    if not kinds:
        return
    with_memo = BookKind.SERVICE if BookKind.SERVICE in kinds else kinds[0]
    if Opening.objects.filter(book__compound=compound).exists():
        raise AlreadyOpened
    opened: list[OpeningData] = []
    for kind in kinds:
        rows = [o for o in cashbook.openings if o.book == kind]
        memo = cashbook.memo if kind == with_memo else ()
        opened.append(
            OpeningData(
                book=books[kind],
                on=rows[0].on,
                balances=tuple((money_account_of(books[kind], o.means), o.amount) for o in rows),
                memo=tuple((kind_, room, f"{amount:.2f}", month) for kind_, room, amount, month in memo),
                held=sum((amount for kind_, _, amount, _ in memo if kind_ in HELD_MEMO), ZERO),
            )
        )
    for data in opened:
        post_opening(data, **acts)  # type: ignore[arg-type]


def _refuse_months(compound: Compound, cashbook: Cashbook, *, today: date) -> None:
    """Refuse rows dated before the books or in a prepared or closed month: all of them, each by its cell.

    :raises RowsRefused:
    """
    periods = {p.month: p.step for p in Period.objects.of(compound).with_step()}  # type: ignore[attr-defined]
    opening = Opening.objects.filter(book__compound=compound).order_by("-on").first()
    first = min(periods) if periods else next_month(month_of(opening.on)) if opening else date.min
    bad: list[tuple[str, int, str, Refusal]] = []
    for row in cashbook.rows:
        month = month_of(row.on)
        step = periods.get(month)
        if is_far_off(row.on, today):
            bad.append((BOOK_SHEET, row.row, "日期", FarOff(row.on)))
        elif month < first:
            bad.append((BOOK_SHEET, row.row, "日期", BeforeBooks(first)))
        elif step in (ClosingStep.PREPARED, ClosingStep.APPROVED):
            bad.append((BOOK_SHEET, row.row, "日期", PeriodClosed(month, step)))
    if bad:
        raise RowsRefused(bad)


def _posting(row: CashbookRow, data: DraftData, direction: str, origin: str, pair: str, **more: object) -> Posting:
    return Posting(
        data,
        data.book,
        direction,
        data.money_account,
        f"{origin}#{row.row}",
        pair,
        may_fall=row.means != Means.CASH,
        **more,  # type: ignore[arg-type]
    )


def _lines(row: CashbookRow) -> tuple[LineData, ...]:
    return (LineData(row.summary, row.account, row.amount, row.quantity, row.unit_price, row.source, row.service_line),)


def _postings(
    cashbook: Cashbook, books: Mapping[str, Book], accounts: Mapping[tuple[str, str], MoneyAccount], origin: str
) -> list[tuple[CashbookRow, Posting]]:
    """Return the vouchers to be, by date, then in the order of the sheet; a transfer inside one book is one."""
    by_row = {row.row: row for row in cashbook.rows}
    pairs = {row.row: uuid.uuid4().hex for row in cashbook.rows if row.partner is not None and not row.incoming}
    found = []
    for row in sorted(cashbook.rows, key=lambda r: (r.on, r.row)):
        data = DraftData(
            book=books[row.book],
            on=row.on,
            direction=Direction.INCOME if row.incoming else Direction.EXPENSE,
            money_account=accounts[row.book, row.means],
            lines=_lines(row),
            payee=row.payee,
        )
        direction = str(data.direction)
        if row.account.direction == "held":
            direction = Direction.HELD_IN if row.incoming else Direction.HELD_OUT
        if row.partner is None:
            found.append((row, _posting(row, data, direction, origin, "")))
            continue
        other = by_row[row.partner]
        direction = Direction.TRANSFER_IN if row.incoming else Direction.TRANSFER_OUT
        if other.book == row.book:
            # One voucher, at the place of the first of the two rows.
            if row.row < other.row:
                out = row if not row.incoming else other
                into = other if out is row else row
                leg = replace(data, money_account=accounts[out.book, out.means], lines=_lines(out), payee=out.payee)
                target = accounts[into.book, into.means]
                found.append((row, _posting(out, leg, Direction.TRANSFER_OUT, origin, "", to_account=target)))
            continue
        pair = pairs[other.row if row.incoming else row.row]
        found.append((row, _posting(row, data, direction, origin, pair)))
    return found


@transaction.atomic
def import_cashbook(
    compound: Compound,
    cashbook: Cashbook,
    *,
    name: str,
    sha256: str,
    entered_by: User,
    reviewed_by: User,
    at: datetime,
) -> list[Voucher]:
    """Post a workbook's opening and rows, in the order of date, then of the sheet; all or nothing.

    :raises ImportedBefore: the same bytes were applied to this compound. :raises AlreadyOpened: an opening comes
        once, before everything. :raises RowsRefused: rows before the books or in a closed month, or that would take
        cash below zero. :raises SamePerson: one person entered and reviewed.
    """
    books = open_books(compound, actor=entered_by, at=at)
    lock_books(compound)
    first = Import.objects.filter(compound=compound, kind="cashbook", sha256=sha256).select_related("by").first()
    if first is not None:
        raise ImportedBefore(first)
    try:
        _post_openings(compound, cashbook, books, entered_by=entered_by, reviewed_by=reviewed_by, at=at)
    except AlreadyOpened as refusal:
        raise RowsRefused([(OPENING_SHEET, cashbook.openings[0].row, "账簿", refusal)]) from None
    _refuse_months(compound, cashbook, today=timezone.localdate(at))
    accounts = {(r.book, r.means): money_account_of(books[r.book], r.means) for r in cashbook.rows}
    pairs = _postings(cashbook, books, accounts, f"import:{sha256[:16]}")
    try:
        vouchers = post_postings(
            compound, [posting for _, posting in pairs], entered_by=entered_by, reviewed_by=reviewed_by, at=at
        )
    except NegativeBalance as refusal:
        raise RowsRefused([(BOOK_SHEET, pairs[refusal.position][0].row, "金额", refusal)]) from None
    Import.objects.create(
        compound=compound,
        kind="cashbook",
        name=name[-120:],
        sha256=sha256,
        rows=len(cashbook.rows),
        by=entered_by,
        at=at,
    )
    record("cashbook.import", f"导入{compound.name}收支{len(cashbook.rows)}行", actor=entered_by, at=at,
           area_code=compound.area_code, subject=compound, data={"sha256": sha256, "vouchers": len(vouchers),
                 "reviewed_by": reviewed_by.username})  # fmt: skip
    return vouchers
