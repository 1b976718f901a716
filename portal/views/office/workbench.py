"""The workbench, the choice of scope, the list of compounds, one compound."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ballots.models import Ballot
from compounds.choices import FacilityState
from compounds.models import Area, Compound, Facility
from compounds.permissions import KEEPERS, areas_of
from core.models import Job
from core.pages import page_of
from fees.documents import memo_of
from fees.models import Book, Draft, Ledger
from fees.permissions import can_enter, can_issue, can_prepare, can_review
from fees.rules import previous_month
from portal.forms import CompoundFilter
from portal.permissions import can_work_in
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, logged_in
from portal.views.office.places import eligibility_of, why_not
from portal.waiting import (
    done_today,
    first_month_to_write,
    grouped,
    papers_waiting,
    steps_of,
    waiting_for,
)
from portal.waiting.lists import month_state, posting_of, with_books_state, with_posting

SHOWN = 60


@require_safe
@logged_in
def workbench(request: OfficeRequest) -> HttpResponse:
    """What waits for me, oldest due first; beside it how far the compounds are, what runs, what I did today."""
    if not request.scope.prefixes:
        return _guest(request)
    rows = waiting_for(request.user, request.scope.prefixes, request.today)
    running = list(Job.objects.tops().within(list(request.scope.prefixes)).unfinished())
    request.running = len(running)
    return render(
        request,
        "portal/office/workbench.html",
        {
            "today": request.today,
            "count": len(rows),
            "groups": grouped(rows[:SHOWN], request.today),
            "left_over": max(len(rows) - SHOWN, 0),
            "state": month_state(request.scope.prefixes, previous_month(request.today)),
            "running": running[:3],
            "done": done_today(request.user, request.today),
        },
    )


def _guest(request: OfficeRequest) -> HttpResponse:
    """Who holds no office: the ballots whose papers they were named to enter, or whom to ask for an office."""
    ballots = Ballot.objects.counted_by(request.user, request.today).select_related("compound")
    rows = papers_waiting(request.user, request.today)
    shown = {"ballots": ballots, "groups": grouped(rows, request.today), "count": len(rows), "today": request.today}
    return render(request, "portal/office/no_scope.html", shown)


@require_http_methods(FORM)
@logged_in
def scope(request: OfficeRequest) -> HttpResponse:
    """Choose the area to work in; kept in the session, and asked again at every request whether it is still mine."""
    if request.method == "POST":
        code = request.POST.get("code", "")
        if code and not can_work_in(request.user, code, request.today):
            raise Http404
        request.session["scope"] = code
        return redirect("workbench")
    areas = areas_of(request.user, request.today)
    inside = request.GET.get("inside", "")
    if not areas or (inside and not can_work_in(request.user, inside, request.today)):
        raise Http404
    return render(
        request,
        "portal/office/scope.html",
        {
            "mine": _named(areas),
            "several": len(areas) > 1,
            "inside": Area.objects.filter(code=inside).first() if inside else None,
            "below": _below(inside) if inside else [],
            "chosen": request.scope.code,
        },
    )


def _named(codes: list[str]) -> list[tuple[str, str, bool]]:
    """Return areas and compounds by code with name and whether something lies below."""
    names = dict(Area.objects.filter(code__in=codes).values_list("code", "name"))
    compounds = Compound.objects.filter(area_code__in=codes).values_list("area_code", "name")
    return [(code, name, True) for code, name in names.items()] + [(code, name, False) for code, name in compounds]


def _below(code: str) -> list[tuple[str, str, bool]]:
    """Return what lies directly below an area: streets, communities or compounds."""
    deeper = {6: 9, 9: 12}.get(len(code))
    if deeper is None:
        compounds = Compound.objects.in_area(code).values_list("area_code", "name")
        return [(area_code, name, False) for area_code, name in compounds]
    areas = Area.objects.below(code).exclude(code=code).values_list("code", "name")
    return [(area, name, True) for area, name in areas if len(area) == deeper]


@require_safe
@in_scope
def office_compounds(request: OfficeRequest) -> HttpResponse:
    """All compounds of the scope with the state of their books; by street, community and text."""
    areas = Area.objects.filter(level__in=["street", "community"])
    mine = [a for a in areas if any(a.code.startswith(p) or p.startswith(a.code) for p in request.scope.prefixes)]
    labels = [(a.code, a.name if len(a.code) == 9 else f"　{a.name}") for a in sorted(mine, key=lambda a: a.code)]
    form = CompoundFilter(request.GET or None, areas=labels)
    compounds = Compound.objects.within(list(request.scope.prefixes))
    if form.is_valid():
        if form.cleaned_data["q"]:
            compounds = compounds.matching(form.cleaned_data["q"])
        if form.cleaned_data["area"]:
            compounds = compounds.in_area(form.cleaned_data["area"])
    month = previous_month(request.today)
    page = page_of(with_posting(with_books_state(compounds.with_register_totals()), month), request)
    names = {a.code: a.name for a in mine}
    return render(
        request,
        "portal/office/compounds.html",
        {
            "page": page,
            "form": form,
            "month": month,
            "rows": [(c, names.get(c.area_code[:12], ""), posting_of(c, month, request.today)) for c in page],
            "may_make": bool(areas_of(request.user, request.today, KEEPERS)),
        },
    )


@require_safe
@in_scope
def office_compound(request: OfficeRequest, code: str) -> HttpResponse:
    """One compound: what it is, where its books stand, what can be done next."""
    compound = find_compound(request, code)
    user, today = request.user, request.today
    state = with_books_state(Compound.objects.filter(pk=compound.pk)).get()
    books = list(Book.objects.of(compound))
    return compound_page(
        request,
        "portal/office/compound.html",
        compound,
        "overview",
        {
            "state": state,
            "books": books,
            "memo": memo_of(compound, today) if books else None,
            "month": first_month_to_write(steps_of(compound), today) if books else None,
            "drafts": Draft.objects.of(compound).count(),
            "ledger": Ledger.objects.of(compound).newest_versions().select_related("document").first(),
            "dwelling": request.GET.get("dwelling", ""),
            "may_enter": can_enter(user, compound, today),
            "may_review": can_review(user, compound, today),
            "may_prepare": can_prepare(user, compound, today),
            "may_issue": can_issue(user, compound, today),
            "public": reverse("compound", args=[compound.code]),
            "why_not": why_not(eligibility_of(compound)),
            "missing": list(
                Facility.objects.filter(compound=compound, state=FacilityState.MISSING).values_list("name", flat=True)
            ),
        },
    )
