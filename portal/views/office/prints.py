"""Printing: a voucher, a range of them, a month of them, chosen ones; a month of the book; in parts where it is much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from compounds.models import Compound
from core import pdf
from core.operations import record
from fees.documents import book_month, cash_book, papers_at, slip_sheets
from fees.forms import VoucherRangeForm
from fees.models import Book, Draft, Voucher, VoucherQuerySet
from fees.rules import last_day, month_of, next_month, previous_month
from portal.views.office.door import OfficeRequest, compound_page, find_compound, in_scope, keys_sent, month_or_404
from portal.views.office.searches import find_book
from portal.waiting import first_month_to_write, steps_of

# So many a file, so that a request is answered within seconds; the rest is in the next file.
VOUCHERS_A_FILE = 100
SHEETS_A_FILE = 20
STYLES = ("core/print_books.css",)


@dataclass(frozen=True)
class Part:
    """One file of a print that is made of several: what it holds, and its address."""

    label: str
    url: str


def _pdf(html: str, name: str) -> HttpResponse:
    response = HttpResponse(pdf.render(html, base_styles=STYLES).bytes, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def _part(request: OfficeRequest, of: int) -> int:
    """Return which part is asked for, from 1."""
    text = request.GET.get("part", "1")
    if not (text.isascii() and text.isdecimal() and len(text) < 7 and 1 <= int(text) <= max(of, 1)):
        raise Http404
    return int(text)


# --- Vouchers -----------------------------------------------------------------------------------------------------


@require_safe
@in_scope
def voucher_print(request: OfficeRequest, code: str, book: str, year: int, number: int) -> HttpResponse:
    """One voucher as a slip of A5."""
    compound = find_compound(request, code)
    vouchers = Voucher.objects.filter(book=find_book(compound, book), year=year, number=number)
    if not vouchers.exists():
        raise Http404
    return _slips(request, compound, vouchers, f"{compound.code}_{book}_{year}_{number}")


@require_safe
@in_scope
def vouchers_pdf(request: OfficeRequest, code: str, book: str) -> HttpResponse:
    """Vouchers of a month, of a range of numbers, or chosen ones, so many to a file."""
    compound = find_compound(request, code)
    found = _asked(request, find_book(compound, book))
    count = found.count()
    if not count:
        raise Http404
    part = _part(request, -(-count // VOUCHERS_A_FILE))
    few = found[(part - 1) * VOUCHERS_A_FILE : part * VOUCHERS_A_FILE]
    return _slips(request, compound, few, f"{compound.code}_{book}_vouchers_{part}")


def _asked(request: OfficeRequest, book: Book) -> VoucherQuerySet:
    """Return the vouchers that the address names, in the order of numbers."""
    vouchers = Voucher.objects.filter(book=book).order_by("year", "number")
    if "month" in request.GET:
        month = month_or_404(request.GET["month"])
        return vouchers.between(month, last_day(month))
    if "pick" in request.GET:
        return vouchers.filter(pk__in=keys_sent(request.GET.getlist("pick"))[:1000])
    form = VoucherRangeForm(request.GET)
    if not form.is_valid():
        raise Http404
    return _range(vouchers, form)


def _range(vouchers: VoucherQuerySet, form: VoucherRangeForm) -> VoucherQuerySet:
    return vouchers.filter(year=form.cleaned_data["year"], number__range=form.cleaned_data["number"])


def _slips(request: OfficeRequest, compound: Compound, vouchers: VoucherQuerySet, name: str) -> HttpResponse:
    found = list(vouchers.for_display())
    sheets = [
        (sheet, f"{settings.PUBLIC_URL}{_url(compound, sheet.voucher)}")
        for sheet in slip_sheets(found, papers_at(found))
    ]
    html = render_to_string("fees/vouchers_print.html", {"compound": compound, "sheets": sheets})
    response = _pdf(html, name)
    what = f"{found[0].book}第{found[0].number}号" + (f"等{len(found)}张" if len(found) > 1 else "")
    record("book.print", f"打印凭证：{what}", actor=request.user, at=request.at, area_code=compound.area_code,
           subject=found[0].book, data={"vouchers": [voucher.pk for voucher in found]})  # fmt: skip
    return response


def _url(compound: Compound, voucher: Voucher) -> str:
    return reverse("office_voucher", args=[compound.code, voucher.book.kind, voucher.year, voucher.number])


# --- The month of a book ------------------------------------------------------------------------------------------


@require_safe
@in_scope
def book_month_pdf(request: OfficeRequest, code: str, book: str) -> HttpResponse:
    """A month of the book as sheets of A4, each with what is carried over; so many sheets to a file."""
    compound = find_compound(request, code)
    month = month_or_404(request.GET.get("month", ""))
    whole = book_month(cash_book(find_book(compound, book), month))
    part = _part(request, -(-len(whole.sheets) // SHEETS_A_FILE))
    sheets = whole.sheets[(part - 1) * SHEETS_A_FILE : part * SHEETS_A_FILE]
    html = render_to_string("fees/book_print.html", {"compound": compound, "whole": whole, "sheets": sheets})
    response = _pdf(html, f"{compound.code}_{book}_{month:%Y-%m}_{part}")
    record("book.print", f"打印{whole.book.book}{month.year}年{month.month}月账页{len(sheets)}页", actor=request.user,
           at=request.at, area_code=compound.area_code, subject=whole.book.book)  # fmt: skip
    return response


# --- The page that offers them ------------------------------------------------------------------------------------


@require_safe
@in_scope
def book_prints(request: OfficeRequest, code: str, book: str) -> HttpResponse:
    """What of a book can be printed and exported: a month's sheets, its vouchers, a range of numbers."""
    compound = find_compound(request, code)
    found = find_book(compound, book)
    steps = steps_of(compound)
    first = min(steps, default=month_of(request.today))
    month = first_month_to_write(steps, request.today)
    if "month" in request.GET:
        month = month_or_404(request.GET["month"])
    shown = cash_book(found, month)
    sheets = book_month(shown).sheets
    form = VoucherRangeForm(request.GET if "number" in request.GET else None, initial={"year": request.today.year})
    context: dict[str, Any] = {
        "book": found,
        "books": list(Book.objects.of(compound).order_by("-kind")),
        "draft_count": Draft.objects.of(compound).count(),
        "month": month,
        "earlier": previous_month(month) if month > first else None,
        "later": next_month(month) if month < month_of(request.today) else None,
        "count": len({row.voucher.pk for row in shown.rows}),
        "lines": len(shown.rows),
        "sheet_parts": _sheet_parts(compound, found, month, len(sheets)),
        "voucher_parts": _month_parts(compound, found, month),
        "form": form,
    }
    if form.is_bound and form.is_valid():
        context |= _range_parts(compound, found, form)
    return compound_page(request, "portal/office/book_prints.html", compound, "books", context)


def _sheet_parts(compound: Compound, book: Book, month: date, sheets: int) -> list[Part]:
    url = reverse("book_month_pdf", args=[compound.code, book.kind])
    return [
        Part(
            f"第{start + 1}页至第{min(start + SHEETS_A_FILE, sheets)}页" if sheets > 1 else "共1页",
            f"{url}?{urlencode({'month': f'{month:%Y-%m}', 'part': str(number)})}",
        )
        for number, start in enumerate(range(0, sheets, SHEETS_A_FILE), start=1)
    ]


def _month_parts(compound: Compound, book: Book, month: date) -> list[Part]:
    found = Voucher.objects.filter(book=book).between(month, last_day(month))
    numbers = list(found.order_by("year", "number").values_list("number", flat=True))
    return _voucher_parts(compound, book, numbers, {"month": f"{month:%Y-%m}"})


def _range_parts(compound: Compound, book: Book, form: VoucherRangeForm) -> dict[str, Any]:
    found = _range(Voucher.objects.filter(book=book), form)
    numbers = list(found.order_by("number").values_list("number", flat=True))
    first, last = form.cleaned_data["number"]
    asked = {"year": str(form.cleaned_data["year"]), "number": f"{first}-{last}"}
    return {"range_count": len(numbers), "range_parts": _voucher_parts(compound, book, numbers, asked)}


def _voucher_parts(compound: Compound, book: Book, numbers: Sequence[int], asked: dict[str, str]) -> list[Part]:
    url = reverse("vouchers_pdf", args=[compound.code, book.kind])
    parts = []
    for number, start in enumerate(range(0, len(numbers), VOUCHERS_A_FILE), start=1):
        few = numbers[start : start + VOUCHERS_A_FILE]
        label = f"第{few[0]}号至第{few[-1]}号" if len(few) > 1 else f"第{few[0]}号"
        parts.append(Part(f"{label}，{len(few)}张", f"{url}?{urlencode(asked | {'part': str(number)})}"))
    return parts
