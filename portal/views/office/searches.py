"""Looking for lines over a whole book, and what was found, or a month, as a file to work on with."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from compounds.models import Compound
from core.operations import record
from core.pages import page_of
from core.spreadsheets import csv_bytes, write_workbook
from fees.documents import CashRow, cash_book, export_rows, export_table, search_book
from fees.documents.searching import HEADINGS
from fees.forms import BookSearchForm
from fees.models import Book, Draft
from portal.documents import BookRow
from portal.views.office.door import OfficeRequest, compound_page, find_compound, in_scope, month_or_404

PER_PAGE = 100
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def find_book(compound: Compound, kind: str) -> Book:
    """Return one of a compound's books."""
    found = Book.objects.of(compound).filter(kind=kind).first()
    if found is None:
        raise Http404
    found.compound = compound
    return found


@require_safe
@in_scope
def book_search(request: OfficeRequest, code: str, book: str) -> HttpResponse:
    """What a search finds over all months of a book, each line with the book's balance after it."""
    compound = find_compound(request, code)
    found_book = find_book(compound, book)
    form = BookSearchForm(request.GET, book=found_book, year=request.today.year)
    shown = {
        "book": found_book,
        "books": list(Book.objects.of(compound).order_by("-kind")),
        "form": form,
        "draft_count": Draft.objects.of(compound).count(),
        "found": None,
    }
    if form.is_valid():
        found = search_book(found_book, form.to_search())
        page = page_of(found.keys, request, PER_PAGE)
        rows = [BookRow(row, ()) for row in found.rows(list(page))]
        shown |= {"found": found, "page": page, "rows": rows, "query": request.GET.urlencode()}
    return compound_page(request, "portal/office/book_search.html", compound, "books", shown)


@require_safe
@in_scope
def book_export(request: OfficeRequest, code: str, book: str, format: str) -> HttpResponse:
    """A month of a book, or what a search found, as CSV or workbook; the export stands in the history."""
    compound = find_compound(request, code)
    found_book = find_book(compound, book)
    if format not in TYPES:
        raise Http404
    if "month" in request.GET:
        month = month_or_404(request.GET["month"])
        rows: list[CashRow] = list(cash_book(found_book, month).rows)
        what, part = f"{month.year}年{month.month}月", f"{month:%Y-%m}"
    else:
        form = BookSearchForm(request.GET, book=found_book, year=request.today.year)
        if not form.is_valid():
            raise Http404
        found = search_book(found_book, form.to_search())
        rows, what, part = found.rows(found.keys), "查到的", "found"
    if format == "csv":
        content = csv_bytes([HEADINGS, *export_rows(rows)])
    else:
        content = write_workbook([export_table(rows)])
    record("book.export", f"导出{found_book}{what}{len(rows)}行（{format}）", actor=request.user, at=request.at,
           area_code=compound.area_code, subject=found_book, data={"query": request.GET.urlencode()[:300]})  # fmt: skip
    response = HttpResponse(content, content_type=TYPES[format])
    response["Content-Disposition"] = f'attachment; filename="{compound.code}_{book}_{part}.{format}"'
    return response
