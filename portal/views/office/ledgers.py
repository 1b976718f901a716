"""Posting ledgers: one compound's, or a month's of a street, a district, or chosen compounds as a job."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from compounds.models import Compound
from core.codes import show_code
from core.pages import page_of
from fees.documents import opinions_of
from fees.models import Ledger, Period
from fees.operations import Refusal, issue_ledger
from fees.permissions import can_issue
from fees.rules import PLACES_NEEDED, POSTING_DAYS
from portal.views.office.door import (
    FORM,
    OfficeRequest,
    by_password,
    compound_page,
    find_compound,
    in_scope,
    month_or_404,
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
        return _issue(request, compound, month_or_404(request.POST.get("month", "")))
    ready = list(unposted(Period.objects.of(compound)).order_by("month"))
    asked = request.GET.get("month", "")
    if asked and may_issue:
        period = next((p for p in ready if p.code == asked), None)
        if period is None:
            return redirect("office_ledgers", code=compound.code)
        return _issue_page(request, compound, period)
    ledgers = Ledger.objects.of(compound).with_places().select_related("document").order_by("-last_month", "-version")
    return compound_page(
        request,
        "portal/office/ledgers.html",
        compound,
        "ledgers",
        {"page": page_of(ledgers, request), "ready": ready, "may_issue": may_issue, "needed": PLACES_NEEDED},
    )


def _issue_page(request: OfficeRequest, compound: Compound, period: Period, problem: str = "") -> HttpResponse:
    shown = {"period": period, "month": period.month, "problem": problem, "days": POSTING_DAYS}
    shown["opinions"] = opinions_of(period, period.closings.order_by("seq"))
    return compound_page(request, "portal/office/issue.html", compound, "ledgers", shown)


def _issue(request: OfficeRequest, compound: Compound, month: date) -> HttpResponse:
    try:
        ledger, made = issue_ledger(compound, month, actor=request.user, at=request.at)
    except Refusal as problem:
        messages.warning(request, sentence_of(problem))
    else:
        words = "收支公示贴出了" if made else "收支公示早先已经贴出"
        messages.success(
            request, f"{month.month}月{words}，公示编号{show_code(ledger.document.code)}。请打印出来贴在公示栏。"
        )
    return redirect("office_ledgers", code=compound.code)
