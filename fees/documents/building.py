"""Building a ledger from a closed month, and reading the posted ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db.models import F

from compounds.models import Area, Compound, Dwelling
from fees.choices import Direction, NoticeExpense, NoticeIncome, ServiceLine, Source
from fees.documents.ledger import Anchor, Ledger, NoticeRow, ServiceRow, SourceRow, ToldRow, read_ledger
from fees.documents.months import month_of_books
from fees.models import Book, Closing, Opening, Period, Voucher, VoucherLine
from fees.models import Ledger as LedgerRow
from fees.rules import ZERO, genesis, last_day, previous_month


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


def _notice_rows(compound: Compound, month: date) -> tuple[tuple[NoticeRow, ...], tuple[NoticeRow, ...]]:
    """Return the notice-board rows: this month, the year so far, the month before; both books together."""
    before = previous_month(month)
    year_start = month.replace(month=1)
    sums: dict[str, dict[str, Decimal]] = {}
    rows = VoucherLine.objects.filter(
        voucher__book__compound=compound,
        voucher__on__gte=min(before, year_start),
        voucher__on__lte=last_day(month),
        voucher__direction__in=[Direction.INCOME, Direction.EXPENSE],
    ).values_list("voucher__on", "account__notice_row", "amount")
    for on, key, amount in rows:
        per = sums.setdefault(key, dict.fromkeys(("month", "year", "previous"), ZERO))
        if on >= year_start:
            per["year"] += amount
        if on >= month:
            per["month"] += amount
        elif on >= before:
            per["previous"] += amount
    had_before = Period.objects.of(compound).filter(month=before).exists()

    def row(key: str) -> NoticeRow:
        per = sums.get(key, dict.fromkeys(("month", "year", "previous"), ZERO))
        return NoticeRow(key, per["month"], per["year"], per["previous"] if had_before else None)

    return tuple(row(key) for key in NoticeIncome.values), tuple(row(key) for key in NoticeExpense.values)


def _told_rows(closing: Closing) -> tuple[ToldRow, ...]:
    return tuple(ToldRow(t["check"], t["label"], t["count"], t["reason"]) for t in json.loads(closing.told))


def build_ledger(
    compound: Compound,
    month: date,
    *,
    closing: Closing,
    code: str,
    posted_on: date,
    posted_until: date,
    public_url: str,
) -> Ledger:
    """Return the monthly ledger of an approved month, version 1, with its hash.

    :raises ValueError: when the vouchers no longer give the figures that were frozen at closing.
    """
    households = Dwelling.objects.of(compound).households().count()
    floor_area = Dwelling.objects.of(compound).households().floor_area()
    books = month_of_books(compound, month, households)
    if books.figures() != closing.figures:
        raise ValueError(f"{compound.code} {month:%Y-%m}: the vouchers differ from the closed figures")
    lines = [line for part in books.parts for line in part.lines]
    received = {s: sum((x.amount for x in lines if x.direction == "income" and x.source == s), ZERO) for s in Source}
    spent = {s: sum((x.amount for x in lines if x.direction == "expense" and x.source == s), ZERO) for s in Source}
    by_line = {
        s: sum((x.amount for x in lines if x.direction == "expense" and x.service_line == s), ZERO) for s in ServiceLine
    }
    notice_income, notice_expense = _notice_rows(compound, month)
    places = list(Area.objects.containing(compound.area_code))
    community = next((area for area in places if area.level == "community"), None)
    ledger = Ledger(
        code=code,
        compound_code=compound.code,
        compound_name=compound.name,
        place=" ".join(area.name.removeprefix("北京市") for area in places),
        households=households,
        floor_area=f"{floor_area:.2f}",
        period=f"{month:%Y-%m}",
        first_on=month,
        last_on=last_day(month),
        version=1,
        posted_on=posted_on,
        posted_until=posted_until,
        books=books.parts,
        sources=tuple(SourceRow(s.value, None, None, received[s], spent[s]) for s in Source),
        service_lines=tuple(ServiceRow(s.value, None, by_line[s]) for s in ServiceLine),
        notice_income=notice_income,
        notice_expense=notice_expense,
        told=_told_rows(closing),
        anchors=heads_of({part.book: books.books[part.book] for part in books.parts}, compound.code),
        verify_url=f"{public_url}/verify/{code}/",
        contact_office=f"{community.name}居民委员会" if community else "",
        contact_place=community.office if community else "",
        contact_phone=community.phone if community else "",
    )
    return Ledger.from_data(ledger.to_data())


def posted_months(compound: Compound, count: int = 12) -> list[Ledger]:
    """Return the newest posted monthly ledgers, oldest first, from their stored data."""
    rows = (
        LedgerRow.objects.of(compound)
        .newest_versions()
        .filter(first_month=F("last_month"))
        .select_related("document")
        .order_by("-last_month")[:count]
    )
    return [read_ledger(row.document.data) for row in reversed(rows)]
