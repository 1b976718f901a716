"""A book's chain as it is stored: hashes, numbers without gaps, red vouchers within their originals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from compounds.models import Compound
from fees.models import Book, Opening, Voucher, VoucherLine
from fees.rules import (
    LINE_COLUMNS,
    OPENING_COLUMNS,
    SIGNS,
    VOUCHER_COLUMNS,
    ZERO,
    genesis,
    lines_hash,
    opening_hash,
    voucher_hash,
)
from fees.verification.found import UNREADABLE, Fault, Place, Report, Stored


def read_rows(queryset: QuerySet[Any], columns: tuple[str, ...]) -> tuple[list[dict[str, Any]], list[int]]:
    """Return a table's rows and the keys of those that cannot even be read (a text where a number or date belongs)."""
    names = ("pk", *columns)
    try:
        rows = list(queryset.values(*names))
        bad: list[int] = []
    except UNREADABLE:
        rows, bad = [], []
        for key in queryset.values_list("pk", flat=True):
            try:
                rows.extend(queryset.filter(pk=key).values(*names))
            except UNREADABLE:
                bad.append(key)
    # What is no date comes back as nothing.
    never = {f.attname for f in queryset.model._meta.concrete_fields if not f.null}
    holes = {row["pk"] for row in rows if any(v is None and k in never for k, v in row.items())}
    return [row for row in rows if row["pk"] not in holes] if holes else rows, [*bad, *holes]


def stored_of(book: Book) -> Stored:
    rows, unreadable = read_rows(Voucher.objects.filter(book=book).order_by("seq"), ("id", *VOUCHER_COLUMNS, "hash"))
    of_book = VoucherLine.objects.filter(voucher__book=book).order_by("voucher", "position")
    lines, bad_lines = read_rows(of_book, ("voucher_id", *LINE_COLUMNS))
    by_voucher: dict[int, list[dict[str, Any]]] = {}
    for line in lines:
        by_voucher.setdefault(line["voucher_id"], []).append(line)
    spoilt = VoucherLine.objects.filter(pk__in=bad_lines).values_list("voucher_id", flat=True)
    return Stored(rows, by_voucher, [*unreadable, *spoilt])


def check_chain(compound: Compound, book: Book, stored: Stored, report: Report) -> dict[int, Place]:
    """Walk a book's chain from its genesis; return what stands at every place."""

    def bad(number: int | None, what: str) -> None:
        report.bad.append(Fault(compound.code, book.kind, number, what))

    for key in stored.unreadable:
        bad(Voucher.objects.filter(pk=key).values_list("number", flat=True).first(), "有一栏读不出来")
    known = len(report.bad)
    before = genesis(compound.code, book.kind)
    openings, unreadable = read_rows(Opening.objects.filter(book=book), (*OPENING_COLUMNS, "hash"))
    if unreadable:
        bad(None, "期初有一栏读不出来")
    for opening in openings:
        if opening["previous_hash"] != before or opening_hash(opening) != opening["hash"]:
            bad(None, "期初和校验码不符")
        before = opening["hash"]
    places: dict[int, Place] = {0: Place(before)}
    numbers: dict[int, int] = {}
    place = 0
    for row in stored.rows:
        place += 1
        lines = stored.lines.get(row["id"], [])
        year, number = row["year"], row["number"]
        numbers[year] = numbers.get(year, 0) + 1
        if row["seq"] != place:
            bad(number, f"链上缺第{place}个位置")
            place = row["seq"]
        if number != numbers[year]:
            bad(number, f"{year}年缺第{numbers[year]}号凭证")
            numbers[year] = number
        if row["on"].year != year:
            bad(number, "年度和日期不符")
        if row["previous_hash"] != before:
            bad(number, "接不上前一张凭证")
        if len(lines) != row["line_count"] or lines_hash(lines) != row["lines_hash"]:
            bad(number, "分录行和校验码不符")
        elif sum((line["amount"] for line in lines), ZERO) != row["amount"]:
            bad(number, "各行相加不等于金额")
        if voucher_hash(row) != row["hash"]:
            bad(number, "内容和校验码不符")
        if row["direction"] not in SIGNS:
            bad(number, "方向不认识")
        before = row["hash"]
        places[row["seq"]] = Place(before, year, number)
        report.checked += 1
    if len(report.bad) == known:  # what was altered is named already
        for number, what in _overdrawn_reversals(stored.rows):
            bad(number, what)
    return places


def _overdrawn_reversals(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
    """Yield the red vouchers of a book that take back another column's money, or more than their original held."""
    left: dict[int, tuple[str, Decimal]] = {}
    for row in rows:
        if row["reverses_id"] is None:
            left[row["id"]] = row["direction"], row["amount"]
            continue
        direction, amount = left.get(row["reverses_id"], ("", ZERO))
        if direction != row["direction"]:
            yield row["number"], "红冲的原凭证不在这本账的同一栏里"
        elif amount + row["amount"] < ZERO:
            yield row["number"], "红冲的比原凭证还多"
        left[row["reverses_id"]] = direction, amount + row["amount"]
