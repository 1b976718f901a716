"""Posting ledgers: one compound's, or a month's of a street, a district, or chosen compounds as a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from compounds.models import Area, Compound
from core.codes import show_code
from core.money import NotUnderstood, parse_month
from core.pages import page_of
from fees.choices import ClosingStep
from fees.documents import opinions_of
from fees.forms import PublishForm
from fees.models import Ledger, Period
from fees.operations import Refusal, issue_ledger, start_publishing
from fees.permissions import can_issue, issuing_areas
from fees.rules import PLACES_NEEDED, POSTING_DAYS, month_of, months_from, previous_month
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, month_or_404, require
from portal.views.office.words import sentence_of
from portal.waiting import due_day, narrowed, unposted

MONTHS_OFFERED = 24


@require_http_methods(FORM)
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


# --- Many at one go -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PublishRow:
    """A compound in the choice: how far its month is, and whether its ledger can be posted now."""

    compound: Compound
    community: str
    step: str
    posted: bool
    places: int = 0

    @property
    def ready(self) -> bool:
        """Whether its month is approved and hangs nowhere yet."""
        return self.step == ClosingStep.APPROVED and not self.posted


@require_http_methods(FORM)
@in_scope
def publish(request: OfficeRequest) -> HttpResponse:
    """Choose a month and the compounds of an area; sent, a job posts their ledgers."""
    areas = narrowed(issuing_areas(request.user, request.today), request.scope.prefixes)
    options = _areas(areas)
    if not options:
        raise Http404
    month = _month(request)
    codes = [code for code, _ in options]
    asked = request.POST.get("area", "") or request.GET.get("area", "")
    area = asked if asked in codes else codes[0]
    rows = _rows(_compounds(area, areas), month)
    ready = [(row.compound.code, row.compound.name) for row in rows if row.ready]
    form = PublishForm(request.POST or None, areas=options, compounds=ready)
    problem = ""
    if request.method == "POST" and form.is_valid():
        chosen = [row.compound for row in rows if row.compound.code in form.cleaned_data["compounds"]]
        if chosen:
            job = start_publishing(month, area, chosen, actor=request.user, at=request.at)
            return redirect("job", pk=job.pk)
        problem = "还没有选小区。"
    months = months_from(_back(request.today, MONTHS_OFFERED), previous_month(request.today))[::-1]
    return render(
        request,
        "portal/office/publish.html",
        {
            "month": month,
            "months": months,
            "areas": options,
            "area": area,
            "rows": rows,
            "ready": len(ready),
            "posted": sum(row.posted for row in rows),
            "problem": problem or ("选的小区里有现在不能张贴的。请再看一遍。" if form.errors else ""),
            "due": due_day(month),
            "late": max((request.today - due_day(month)).days, 0),
            "needed": PLACES_NEEDED,
            "days": POSTING_DAYS,
        },
    )


def _month(request: OfficeRequest) -> date:
    try:
        month = parse_month(request.POST.get("month") or request.GET.get("month") or previous_month(request.today))
    except NotUnderstood:
        raise Http404 from None
    if month >= month_of(timezone.localdate(request.at)):
        raise Http404
    return month


def _back(today: date, count: int) -> date:
    month = month_of(today)
    for _ in range(count):
        month = previous_month(month)
    return month


def _areas(areas: list[str]) -> list[tuple[str, str]]:
    """Return the areas one can post for, with everything below them down to the communities."""
    found = [a for code in areas for a in Area.objects.below(code[:12])] if areas else []
    named = {a.code: a.name.removeprefix("北京市") for a in found if any(a.code.startswith(c) for c in areas)}
    compounds = [code for code in areas if len(code) > 12]
    named |= dict(Compound.objects.filter(area_code__in=compounds).values_list("area_code", "name"))
    return sorted(named.items())


def _compounds(area: str, areas: list[str]) -> list[Compound]:
    return list(Compound.objects.within(narrowed([area], areas)))


def _rows(compounds: list[Compound], month: date) -> list[PublishRow]:
    periods = Period.objects.filter(month=month, compound__in=compounds).with_step()
    steps = {p.compound_id: p.step or "" for p in periods}  # type: ignore[attr-defined]
    newest = Ledger.objects.filter(code=f"{month:%Y-%m}", compound__in=compounds).newest_versions().with_places()
    posted: dict[int, int] = dict(newest.values_list("compound_id", "places"))  # type: ignore[misc]
    names = dict(Area.objects.filter(code__in={c.area_code[:12] for c in compounds}).values_list("code", "name"))
    return [
        PublishRow(c, names.get(c.area_code[:12], ""), steps.get(c.pk, ""), c.pk in posted, posted.get(c.pk, 0))
        for c in compounds
    ]
