"""Opening a compound's books, and the locks and months under every other verb."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from compounds.models import Compound
from core.hashing import canonical_json
from core.models import User
from core.money import plain_money, show_money
from core.operations import record
from fees.anchors import append_anchors
from fees.choices import BookKind, ClosingStep, Means
from fees.models import (
    Book,
    Closing,
    MoneyAccount,
    Opening,
    Period,
    Voucher,
)
from fees.operations.refusals import AlreadyOpened, BeforeBooks, BooksNotOpened, FarOff, PeriodClosed, SamePerson
from fees.rules import (
    ZERO,
    genesis,
    is_another,
    is_far_off,
    month_of,
    months_from,
    next_month,
    opening_hash,
)

# The same content by the same person within this time is the same form sent twice.
AGAIN = timedelta(minutes=10)


@transaction.atomic
def open_books(compound: Compound, *, actor: User, at: datetime) -> dict[str, Book]:
    """Make the compound's two books with a cash and a bank account each, where they are missing; return both."""
    Compound.objects.select_for_update().get(pk=compound.pk)  # two first imports at once make one pair of books
    books = {book.kind: book for book in Book.objects.of(compound)}
    for kind in BookKind.values:
        if kind not in books:
            books[kind] = Book.objects.create(compound=compound, kind=kind)
            for means in (Means.CASH, Means.BANK):
                MoneyAccount.objects.create(book=books[kind], means=means)
            record("book.open", f"{compound.name}开{books[kind]}", actor=actor, at=at,
                   area_code=compound.area_code, subject=books[kind])  # fmt: skip
    return books


def money_account_of(book: Book, means: str) -> MoneyAccount:
    """Return the book's first money account of a kind, one in use before one that ended; where there is none, make
    it with the holder 待补."""
    accounts = MoneyAccount.objects.filter(book=book, means=means)
    found = accounts.order_by(F("ended_on").desc(nulls_first=True), "pk").first()
    return found or MoneyAccount.objects.create(book=book, means=means)


def lock_books(compound: Compound) -> dict[int, Book]:
    """Lock both of a compound's books, always in the same order; every write to the books begins here.

    :raises BooksNotOpened: when it has none.
    """
    books = {book.pk: book for book in Book.objects.of(compound).locked()}
    if not books:
        raise BooksNotOpened
    return books


def periods_until(compound: Compound, month: date, *, begin: bool) -> Period:
    """Return the month's row; months follow without a gap. The books are locked.

    ``begin``: where the compound has no month yet and no opening, this one is its first.
    """
    periods = list(Period.objects.of(compound).order_by("month"))
    if not periods:
        opening = Opening.objects.filter(book__compound=compound).order_by("-on").first()
        if opening is None and not begin:
            raise BooksNotOpened
        first = next_month(month_of(opening.on)) if opening else month
        start = first
    else:
        first, start = periods[0].month, next_month(periods[-1].month)
    if month < first:
        raise BeforeBooks(first)
    made = [Period.objects.create(compound=compound, month=each) for each in months_from(start, month)]
    return next(period for period in [*periods, *made] if period.month == month)


def last_step(period: Period) -> Closing | None:
    """Return the row that is the month's state, or None while it was never prepared."""
    return period.closings.order_by("-seq").first()


def open_period(compound: Compound, day: date, *, at: datetime) -> Period:
    """Return the open month of a day, for posting into it.

    :raises PeriodClosed: when it is prepared or approved. :raises BeforeBooks: when books begin later.
    :raises FarOff: when the date must be a slip of the pen.
    """
    if is_far_off(day, timezone.localdate(at)):
        raise FarOff(day)
    month = month_of(day)
    period = periods_until(compound, month, begin=True)
    last = last_step(period)
    if last is not None and last.step in (ClosingStep.PREPARED, ClosingStep.APPROVED):
        raise PeriodClosed(month, last.step)
    return period


@dataclass(frozen=True)
class OpeningData:
    """A book's balances before its first month; ``memo`` rows are (kind, dwelling, amount, until month)."""

    book: Book
    on: date
    balances: tuple[tuple[MoneyAccount, Decimal], ...]
    memo: tuple[tuple[str, str, str, str], ...] = ()
    held: Decimal = ZERO


@transaction.atomic
def post_opening(data: OpeningData, *, entered_by: User, reviewed_by: User, at: datetime) -> Opening:
    """Write a book's opening, the first element of its chain; once, before its first voucher.

    :raises AlreadyOpened: :raises SamePerson:
    """
    if not is_another(entered_by.pk, reviewed_by.pk):
        raise SamePerson(entered_by)
    compound = data.book.compound
    lock_books(compound)
    had = Opening.objects.filter(book=data.book).exists() or Voucher.objects.filter(book__compound=compound).exists()
    if had or Period.objects.of(compound).exists():
        raise AlreadyOpened
    opening = Opening(
        book=data.book,
        on=data.on,
        balances=canonical_json([[account.pk, account.means, plain_money(x)] for account, x in data.balances]),
        memo=canonical_json([list(row) for row in data.memo]),
        held=data.held,
        amount=sum((amount for _, amount in data.balances), ZERO),
        entered_by=entered_by,
        reviewed_by=reviewed_by,
        posted_at=at,
        previous_hash=genesis(compound.code, data.book.kind),
    )
    opening.hash = opening_hash(vars(opening))
    opening.save(force_insert=True)
    anchor: dict[str, object] = {
        "compound": compound.code, "book": data.book.kind, "count": 0, "year": None, "number": None,
        "hash": opening.hash,
    }  # fmt: skip
    transaction.on_commit(lambda: append_anchors([anchor], at=at), robust=True)
    record("opening.post", f"{data.book}期初{show_money(opening.amount)}元", actor=reviewed_by, at=at,
           area_code=compound.area_code, subject=opening)  # fmt: skip
    return opening
