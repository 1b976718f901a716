"""Recomputing the books from what is stored, believing nothing: chains, numbers, balances, ledgers, anchors, bytes."""

from __future__ import annotations

from collections.abc import Mapping

from compounds.models import Compound
from fees.anchors import read_anchors
from fees.models import Book
from fees.verification.chains import check_chain, stored_of
from fees.verification.found import UNREADABLE, Fault, Place, Report
from fees.verification.heads import check_anchors
from fees.verification.issued import check_issued
from fees.verification.ledgers import check_closings, check_ledger, figures_by_month, issued_of
from fees.verification.papers import check_papers

__all__ = ["Fault", "Report", "verify_books"]


def verify_books(compound: Compound | None = None) -> Report:
    """Recompute the books of one compound, or of all, and name what does not fit.

    Rows are judged, not triggers; the first bad number of each book stands first. Safe beside people who post: what
    points at vouchers is read before the vouchers.
    Source: quality.md R17, R18.
    """
    report = Report()
    anchors = list(read_anchors())
    compounds = [compound] if compound else list(Compound.objects.order_by("code"))
    known: dict[tuple[str, str], Mapping[int, Place]] = {}
    for each in compounds:
        issued = issued_of(each)
        books = {book.kind: book for book in Book.objects.of(each)}
        stored = {book.pk: stored_of(book) for book in books.values()}
        places = {kind: check_chain(each, book, stored[book.pk], report) for kind, book in books.items()}
        known.update(((each.code, kind), chain) for kind, chain in places.items())
        months = list(figures_by_month(each, {book.pk: book for book in books.values()}, stored))
        figures = {month: row for month, row, _ in months}
        approved = check_closings(each, issued, figures, {month: row for month, _, row in months}, report)
        for ledger in issued.ledgers:
            document = issued.documents.get(ledger.document_id)
            try:
                check_ledger(each, ledger, document, approved, figures, books, stored, places, report)
            except UNREADABLE:
                report.bad.append(Fault(each.code, "", None, f"{ledger.code}公示：数据读不出来"))
        check_papers(each, report)
    check_issued(compound, report)
    check_anchors(anchors, known, {each.code for each in compounds} if compound else None, report)
    report.bad.sort(key=lambda fault: (fault.compound, fault.book, fault.number or 0))
    return report
