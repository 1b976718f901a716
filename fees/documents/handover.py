"""The hand-over list (交接清单): what whoever leaves an office gives to the next, as the books stand that day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Max, Min, Q

from compounds.models import Compound
from fees.choices import AssetState, BookKind, ClosingStep, DraftState
from fees.documents.months import standing_before
from fees.documents.rows import Anchor
from fees.models import (
    Asset,
    Book,
    CashCount,
    Draft,
    Ledger,
    MoneyAccount,
    Opening,
    Period,
    Reconciliation,
    Voucher,
    VoucherEvidence,
)
from fees.rules import ZERO, genesis

# So many days after leaving, money, books, seals and archives are handed over (村民委员会选举办法 32).
DAYS_TO_HAND_OVER = 10


@dataclass(frozen=True)
class YearOfBook:
    """A year's vouchers of a book: the range of their numbers, which has no gap."""

    year: int
    first: int
    last: int
    count: int


@dataclass(frozen=True)
class BookHanded:
    """A book: its opening, its years, where its chain ends, what is in it."""

    kind: str
    opened_on: date | None
    years: tuple[YearOfBook, ...]
    head: Anchor
    balance: Decimal
    held: Decimal

    @property
    def label(self) -> str:
        return BookKind(self.kind).label


@dataclass(frozen=True)
class MoneyHanded:
    """A money account with its balance on the day, and when it was last held against the world."""

    label: str
    book: str
    holder: str
    balance: Decimal
    checked_on: date | None
    checked: Decimal | None
    is_cash: bool
    is_private: bool
    ended_on: date | None


@dataclass(frozen=True)
class LedgerHanded:
    """An issued ledger; ``period`` in words, ``code`` is the one printed on it."""

    period: str
    version: int
    posted_on: date
    code: str


@dataclass(frozen=True)
class DraftHanded:
    """A voucher that is not posted."""

    on: date
    book: str
    summary: str
    amount: Decimal
    state: str


@dataclass(frozen=True)
class HandoverList:
    """Everything on the list that the books know."""

    compound_name: str
    compound_code: str
    on: date
    books: tuple[BookHanded, ...]
    money: tuple[MoneyHanded, ...]
    vouchers: int
    papers: int
    without_paper: int
    ledgers: tuple[LedgerHanded, ...]
    closed_to: date | None
    not_closed: tuple[date, ...]
    drafts: tuple[DraftHanded, ...]
    assets: int
    asset_cost: Decimal

    @property
    def total(self) -> Decimal:
        """All money accounts together, yuan."""
        return sum((row.balance for row in self.money), ZERO)

    @property
    def held(self) -> Decimal:
        """Of it, money held for others, yuan."""
        return sum((book.held for book in self.books), ZERO)


def due_day_of_handover(left_on: date) -> date:
    """Return until when the hand-over is to be done after somebody left."""
    return left_on + timedelta(days=DAYS_TO_HAND_OVER)


def handover_list(compound: Compound, on: date) -> HandoverList:
    """Return the list of a compound as its books stand at the end of a day."""
    books = list(Book.objects.of(compound).select_related("opening"))
    standing = standing_before(compound, on + timedelta(days=1))
    years: dict[int, list[YearOfBook]] = {}
    ends: dict[int, int] = {}
    counted = Voucher.objects.of(compound).order_by("book", "year").values_list("book", "year")
    for key, year, first, last, count, end in counted.annotate(Min("number"), Max("number"), Count("pk"), Max("seq")):
        years.setdefault(key, []).append(YearOfBook(year, first, last, count))
        ends[key] = max(end, ends.get(key, 0))
    heads = _heads(compound, books, ends)
    evidence = VoucherEvidence.objects.filter(voucher__book__compound=compound, attachment__isnull=False)
    papers = evidence.aggregate(all=Count("pk"), vouchers=Count("voucher", distinct=True))
    vouchers = sum(row.count for rows in years.values() for row in rows)
    ledgers = Ledger.objects.of(compound).select_related("document").order_by("first_month", "last_month", "version")
    months = Period.objects.of(compound).with_step().order_by("month")
    steps = [(period.month, period.step) for period in months]  # type: ignore[attr-defined]
    closed = [month for month, step in steps if step == ClosingStep.APPROVED]
    assets = list(Asset.objects.filter(compound=compound, state=AssetState.IN_USE).values_list("cost", flat=True))
    return HandoverList(
        compound_name=compound.name,
        compound_code=compound.code,
        on=on,
        books=tuple(
            BookHanded(
                book.kind,
                opening.on if (opening := _opening(book)) else None,
                tuple(years.get(book.pk, [])),
                heads[book.pk],
                standing.books.get(book.pk, ZERO),
                standing.held.get(book.pk, ZERO),
            )
            for book in books
        ),
        money=tuple(_money(compound, standing.accounts)),
        vouchers=vouchers,
        papers=papers["all"],
        without_paper=vouchers - papers["vouchers"],
        ledgers=tuple(LedgerHanded(row.span.label, row.version, row.posted_on, row.document.code) for row in ledgers),
        closed_to=closed[-1] if closed else None,
        not_closed=tuple(month for month, step in steps if step != ClosingStep.APPROVED),
        drafts=tuple(_drafts(compound)),
        assets=len(assets),
        asset_cost=sum((cost for cost in assets if cost is not None), ZERO),
    )


def _opening(book: Book) -> Opening | None:
    """Return a book's opening as fetched along with it, or None."""
    return getattr(book, "opening", None)


def _heads(compound: Compound, books: list[Book], ends: Mapping[int, int]) -> dict[int, Anchor]:
    """Return where each book's chain ends, in one query; a book without vouchers ends at its opening or beginning."""
    where = Q(pk__in=[])
    for key, seq in ends.items():
        where |= Q(book=key, seq=seq)
    found = Voucher.objects.of(compound).filter(where).values_list("book_id", "year", "seq", "number", "hash")
    last = {key: (year, seq, number, digest) for key, year, seq, number, digest in found}
    heads = {}
    for book in books:
        opening = _opening(book)
        start = opening.hash if opening else genesis(compound.code, book.kind)
        heads[book.pk] = Anchor(book.kind, *last.get(book.pk, (None, 0, None, start)))
    return heads


def _money(compound: Compound, balances: Mapping[int, Decimal]) -> Iterable[MoneyHanded]:
    """Yield each money account; one that is ended and empty is left out."""
    checked: dict[int, tuple[date, Decimal]] = {}
    statements = Reconciliation.objects.filter(money_account__book__compound=compound).order_by("month", "seq")
    checked.update(
        (row[0], row[1:]) for row in statements.values_list("money_account_id", "month", "statement_balance")
    )
    counts = CashCount.objects.filter(money_account__book__compound=compound).order_by("on", "pk")
    checked.update((row[0], row[1:]) for row in counts.values_list("money_account_id", "on", "counted"))
    for each in (
        MoneyAccount.objects.filter(book__compound=compound).select_related("book").order_by("book__kind", "pk")
    ):
        balance = balances.get(each.pk, ZERO)
        if each.ended_on is not None and balance == ZERO:
            continue
        tail = f"（尾号{each.number_tail}）" if each.number_tail else ""
        checked_on, amount = checked.get(each.pk, (None, None))
        yield MoneyHanded(
            label=f"{each.get_means_display()}{tail}",
            book=each.book.get_kind_display(),
            holder=each.holder,
            balance=balance,
            checked_on=checked_on,
            checked=amount,
            is_cash=each.means == "cash",
            is_private=each.is_private,
            ended_on=each.ended_on,
        )


def _drafts(compound: Compound) -> Iterable[DraftHanded]:
    for draft in Draft.objects.of(compound).select_related("book").prefetch_related("lines").order_by("on", "pk"):
        lines = list(draft.lines.all())
        yield DraftHanded(
            on=draft.on,
            book=draft.book.get_kind_display(),
            summary=lines[0].summary if lines else "",
            amount=sum((line.amount for line in lines), ZERO),
            state=DraftState(draft.state).label,
        )
