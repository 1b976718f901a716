"""Posting ledgers: one compound's, or a month's of a street, a district, or chosen compounds as a job."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from compounds.models import Compound
from core.codes import show_code
from core.pages import page_of
from fees.documents import opinions_of, spans_ready
from fees.models import Ledger, Period
from fees.operations import Refusal, issue_ledger
from fees.permissions import can_issue
from fees.rules import PLACES_NEEDED, POSTING_DAYS, Span
from portal.views.office.door import (
    FORM,
    OfficeRequest,
    by_password,
    compound_page,
    find_compound,
    in_scope,
    require,
)
from portal.views.office.words import sentence_of
from portal.waiting import unposted

MONTHS_OFFERED = 24


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def office_ledgers(request: OfficeRequest, code: str) -> HttpResponse:
    """A compound's posted ledgers, and what can be posted; with ``?month=`` what posting it means."""
    compound = find_compound(request, code)
    may_issue = can_issue(request.user, compound, request.today)
    if request.method == "POST":
        require(may_issue)
        return _issue(request, compound, _span_or_404(request.POST.get("month", "")))
    ready = list(unposted(Period.objects.of(compound)).order_by("month"))
    longer = spans_ready(compound)
    asked = request.GET.get("month", "")
    if asked and may_issue:
        found = next((s for s in [*(Span.of(p.month) for p in ready), *longer] if s.code == asked), None)
        if found is None:
            return redirect("office_ledgers", code=compound.code)
        return _issue_page(request, compound, found)
    ledgers = Ledger.objects.of(compound).with_places().select_related("document").order_by("-last_month", "-version")
    return compound_page(
        request,
        "portal/office/ledgers.html",
        compound,
        "ledgers",
        {
            "page": page_of(ledgers, request),
            "ready": ready,
            "longer": longer,
            "may_issue": may_issue,
            "needed": PLACES_NEEDED,
        },
    )


def _span_or_404(code: str) -> Span:
    """Return the month, quarter, half-year or year of a code."""
    try:
        return Span.parse(code)
    except ValueError:
        raise Http404 from None


def _issue_page(request: OfficeRequest, compound: Compound, span: Span) -> HttpResponse:
    shown: dict[str, Any] = {"span": span, "days": POSTING_DAYS}
    if span.is_month:
        period = Period.objects.of(compound).get(month=span.first_month)
        shown["opinions"] = opinions_of(period, period.closings.order_by("seq"))
    return compound_page(request, "portal/office/issue.html", compound, "ledgers", shown)


def _issue(request: OfficeRequest, compound: Compound, span: Span) -> HttpResponse:
    try:
        ledger, made = issue_ledger(compound, span, actor=request.user, at=request.at)
    except Refusal as problem:
        messages.warning(request, sentence_of(problem))
    else:
        words = "收支公示贴出了" if made else "收支公示早先已经贴出"
        messages.success(
            request, f"{span.short}{words}，公示编号{show_code(ledger.document.code)}。请打印出来贴在公示栏。"
        )
    return redirect("office_ledgers", code=compound.code)
