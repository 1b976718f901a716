"""Building a ledger from closed months, and reading the posted ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from compounds.models import Area, Compound, Dwelling
from core.hashing import canonical_json
from core.money import plain_money
from fees.choices import ClosingStep, Direction, Means, NoticeExpense, NoticeIncome, ServiceLine, Source
from fees.documents.ledger import Ledger, read_ledger
from fees.documents.memo import memo_of
from fees.documents.months import Month, month_of_books
from fees.documents.opinions import audit_of_months
from fees.documents.rows import (
    Anchor,
    Compared,
    Comparison,
    Corrected,
    MoneyRow,
    NoticeRow,
    ServiceRow,
    SourceRow,
    ToldRow,
)
from fees.models import Book, Closing, MoneyAccount, Opening, Period, Voucher, VoucherLine
from fees.models import Ledger as LedgerRow
from fees.rules import TOTAL_OF, ZERO, Span, genesis, may_be_a_person, months_from


class OpenMonth(Exception):
    """A month of a ledger's span that is not approved."""

    def __init__(self, month: date) -> None:
        super().__init__(month)
        self.month = month


def heads_of(books: Mapping[str, Book], code: str) -> tuple[Anchor, ...]:
    """Return where each book's chain stands now: count, year, number, hash."""
    anchors = []
    for kind, book in books.items():
        last = Voucher.objects.filter(book=book).order_by("-seq").values_list("year", "seq", "number", "hash").first()
        if last:
            anchors.append(Anchor(kind, last[0], last[1], last[2], last[3]))
        else:
            opened = Opening.objects.filter(book=book).values_list("hash", flat=True).first()
            anchors.append(Anchor(kind, None, 0, None, opened or genesis(code, kind)))
    return tuple(anchors)


def approvals(compound: Compound, span: Span) -> list[Closing]:
    """Return the approvals of the span's months since the books began, oldest first.

    :raises OpenMonth: naming the first month that is not approved.
    """
    begun = Period.objects.of(compound).order_by("month").values_list("month", flat=True).first()
    if begun is None or begun > span.last_month:
        raise OpenMonth(span.last_month if begun else span.first_month)
    last: dict[date, Closing] = {}
    for closing in (
        Closing.objects.filter(
            period__compound=compound, period__month__gte=span.first_month, period__month__lte=span.last_month
        )
        .select_related("period")
        .order_by("seq")
    ):
        last[closing.period.month] = closing
    found = []
    for month in months_from(max(span.first_month, begun), span.last_month):
        if month not in last or last[month].step != ClosingStep.APPROVED:
            raise OpenMonth(month)
        found.append(last[month])
    return found


def spans_ready(compound: Compound) -> list[Span]:
    """Return the quarters, half-years and years whose months are all approved and that hang nowhere, newest first."""
    months = list(Period.objects.of(compound).order_by("month").values_list("month", flat=True))
    closed = set(Period.objects.of(compound).closed().values_list("month", flat=True))
    hang = set(LedgerRow.objects.of(compound).values_list("code", flat=True))
    found = [span for month in closed for span in Span.all_ending(month) if span.code not in hang]
    whole = (s for s in found if all(month in closed for month in s.months if month >= months[0]))
    return sorted(whole, key=lambda span: (span.last_month, span.length), reverse=True)


def _joined(closings: Sequence[Closing]) -> str:
    """Return the figures that several closings froze as those of one: the first's opening, the last's closing."""
    frozen = [json.loads(closing.figures) for closing in closings]
    first, last = frozen[0], frozen[-1]
    books = {
        key: row
        | {"opening": first["books"][key]["opening"]}
        | {
            name: plain_money(sum((Decimal(each["books"][key][name]) for each in frozen), ZERO))
            for name in TOTAL_OF.values()
        }
        for key, row in last["books"].items()
    }
    return canonical_json({"books": books, "accounts": last["accounts"]})


@dataclass(frozen=True)
class _Beside:
    """What stands beside the lines for comparison: notice rows, the span before, last year's, the year so far."""

    income: tuple[NoticeRow, ...]
    expense: tuple[NoticeRow, ...]
    comparison: Comparison


def _beside(compound: Compound, span: Span) -> _Beside:
    """Add up the span, the year so far, the span before and last year's, by row; both books together."""
    begun = Period.objects.of(compound).order_by("month").values_list("month", flat=True).first() or span.first_month
    year = Span(span.last_month.replace(month=1), 12)
    windows = {
        "month": (span.first_day, span.last_day),
        "year": (year.first_day, span.last_day),
        "previous": (span.previous.first_day, span.previous.last_day),
        "last_year": (span.last_year.first_day, span.last_year.last_day),
    }
    known = {
        "month": True,
        "year": True,
        "previous": begun <= span.previous.first_month,
        "last_year": begun <= span.last_year.first_month,
    }
    rows = VoucherLine.objects.filter(
        voucher__book__compound=compound,
        voucher__on__gte=min(first for first, _ in windows.values()),
        voucher__on__lte=span.last_day,
        voucher__direction__in=[Direction.INCOME, Direction.EXPENSE],
    ).values_list("voucher__on", "voucher__direction", "account__notice_row", "amount")
    sums: dict[str, dict[str, Decimal]] = {}
    totals = {name: dict.fromkeys(("income", "expense"), ZERO) for name in windows}
    for on, direction, key, amount in rows:
        for name, (first, last) in windows.items():
            if first <= on <= last:
                per = sums.setdefault(key, dict.fromkeys(windows, ZERO))
                per[name] += amount
                totals[name][direction] += amount

    def row(key: str) -> NoticeRow:
        per = sums.get(key, dict.fromkeys(windows, ZERO))
        return NoticeRow(
            key,
            per["month"],
            per["year"],
            per["previous"] if known["previous"] else None,
            last_year=per["last_year"] if known["last_year"] else None,
        )

    def compared(name: str, code: str) -> Compared | None:
        return Compared(code, **totals[name]) if known[name] else None

    return _Beside(
        income=tuple(row(key) for key in NoticeIncome.values),
        expense=tuple(row(key) for key in NoticeExpense.values),
        comparison=Comparison(
            previous=compared("previous", span.previous.code),
            last_year=compared("last_year", span.last_year.code),
            year=compared("year", year.code),
        ),
    )


def _told_rows(closings: Sequence[Closing]) -> tuple[ToldRow, ...]:
    return tuple(
        ToldRow(t["check"], t["label"], t["count"], t["reason"], closing.period.code)
        for closing in closings
        for t in json.loads(closing.told)
    )


def _money_rows(books: Month) -> tuple[MoneyRow, ...]:
    """Return in whose name the money lies, by book; what is empty or came to its end is left out."""
    kinds = {book.pk: kind for kind, book in books.books.items()}
    found = []
    for account in MoneyAccount.objects.filter(book__in=kinds).order_by("book__kind", "means", "pk"):
        balance = books.accounts.get(account.pk, ZERO)
        if balance or (account.ended_on is None and account.means == Means.BANK):
            hidden = account.is_private or account.means == Means.CASH or may_be_a_person(account.holder)
            holder = "" if hidden else account.holder
            found.append(MoneyRow(kinds[account.book_id], account.means, holder, account.is_private, balance))
    return tuple(found)


def _corrected_before(compound: Compound, span: Span) -> tuple[Corrected, ...]:
    """Return what the posted ledgers of a longer span's months were corrected in, oldest month first."""
    if span.is_month:
        return ()
    months = LedgerRow.objects.of(compound).months().filter(version__gt=1)
    rows = months.filter(first_month__gte=span.first_month, last_month__lte=span.last_month).newest_versions()
    return tuple(
        Corrected(row.code, correction)
        for row in rows.select_related("document").order_by("first_month")
        for correction in read_ledger(row.document.data).corrections
    )


def build_ledger(
    compound: Compound,
    span: Span,
    *,
    closings: Sequence[Closing],
    code: str,
    posted_on: date,
    posted_until: date,
    public_url: str,
) -> Ledger:
    """Return the ledger of a span of approved months (``approvals``), version 1, with its hash.

    :raises ValueError: when the vouchers no longer give the figures that were frozen at closing.
    """
    dwellings = Dwelling.objects.of(compound).households()
    households, floor_area = dwellings.count(), dwellings.floor_area()
    first = closings[0].period.month
    books = month_of_books(
        compound, first, households, until=span.last_month, floor_area=floor_area.quantize(Decimal("0.01"))
    )
    if books.figures() != _joined(closings):
        raise ValueError(f"{compound.code} {span.code}: the vouchers differ from the closed figures")
    lines = [line for part in books.parts for line in part.lines]
    received = {s: sum((x.amount for x in lines if x.direction == "income" and x.source == s), ZERO) for s in Source}
    spent = {s: sum((x.amount for x in lines if x.direction == "expense" and x.source == s), ZERO) for s in Source}
    by_line = {
        s: sum((x.amount for x in lines if x.direction == "expense" and x.service_line == s), ZERO) for s in ServiceLine
    }
    beside = _beside(compound, span)
    places = list(Area.objects.containing(compound.area_code))
    community = next((area for area in places if area.level == "community"), None)
    ledger = Ledger(
        code=code,
        compound_code=compound.code,
        compound_name=compound.name,
        place=" ".join(area.name.removeprefix("北京市") for area in places),
        households=households,
        floor_area=f"{floor_area:.2f}",
        period=span.code,
        first_on=first,
        last_on=span.last_day,
        version=1,
        posted_on=posted_on,
        posted_until=posted_until,
        books=books.parts,
        sources=tuple(SourceRow(s.value, None, None, received[s], spent[s]) for s in Source),
        service_lines=tuple(ServiceRow(s.value, None, by_line[s]) for s in ServiceLine),
        notice_income=beside.income,
        notice_expense=beside.expense,
        told=_told_rows(closings),
        anchors=heads_of({part.book: books.books[part.book] for part in books.parts}, compound.code),
        verify_url=f"{public_url}/verify/{code}/",
        contact_office=f"{community.name}居民委员会" if community else "",
        contact_place=community.office if community else "",
        contact_phone=community.phone if community else "",
        comparison=beside.comparison,
        money=_money_rows(books),
        memo=memo_of(compound, span.last_day, first),
        audit=audit_of_months([closing.period for closing in closings]),
        corrected=_corrected_before(compound, span),
    )
    return Ledger.from_data(ledger.to_data())


def posted_months(compound: Compound, count: int = 12) -> list[Ledger]:
    """Return the newest posted monthly ledgers, oldest first, from their stored data."""
    rows = (
        LedgerRow.objects.of(compound)
        .newest_versions()
        .months()
        .select_related("document")
        .order_by("-last_month")[:count]
    )
    return [read_ledger(row.document.data) for row in reversed(rows)]
