"""Who is still out: rounds of visits typed in, the list to take along, refusals, and who could not be reached."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from ballots.choices import BallotState, PaperState, VisitOutcome
from ballots.documents.turnout import Line, building_name, buildings_left, lines_of
from ballots.forms.issuing import OnForm, RefusalForm, RoundForm, UnreachedForm
from ballots.models import Ballot, Paper, PaperVisit, RollEntry
from ballots.operations.issuing import hold_for_undeliverable, note_refusal, note_visit
from ballots.operations.refusals import BallotRefusal
from ballots.permissions import can_run_ballots
from core import pdf
from portal.views.office.ballots.door import ballot_page, find_ballot
from portal.views.office.door import FORM, OfficeRequest, in_scope, require
from portal.views.office.reconciling import pdf_response
from portal.views.office.words_papers import words_of


def _run(request: OfficeRequest, code: str, number: int) -> Ballot:
    """Return a ballot for those who run it."""
    ballot = find_ballot(request, code, number)
    require(can_run_ballots(request.user, ballot.compound, request.today))
    return ballot


def _out(lines: tuple[Line, ...]) -> list[Line]:
    return [line for line in lines if line.is_out]


@require_http_methods(FORM)
@in_scope
def ballot_visits(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """One building's papers that are still out; a round of visits is typed in beside the doors."""
    ballot = _run(request, code, number)
    lines = lines_of(ballot)
    out = _out(lines)
    buildings = buildings_left(lines, lambda line: line.is_out)
    label = request.GET.get("building") or next((line.building for line in out), "")
    here = [line for line in out if line.building == label]
    form = RoundForm(
        request.POST if request.method == "POST" else None, today=request.today, initial={"on": request.today}
    )
    said = form.outcomes([line.entry for line in here]) if form.is_bound else {}
    if form.is_valid() and not said:
        form.add_error(None, "还没有选哪一户怎么样。")
    elif form.is_valid():
        try:
            _note(ballot, said, form, request)
        except BallotRefusal as problem:
            form.add_error(None, words_of(problem))
        else:
            messages.success(request, f"记下了{len(said)}户。")
            return redirect(f"{reverse('ballot_visits', args=[code, number])}?{urlencode({'building': label})}")
    shown = {
        "form": form, "building": next((b for b in buildings if b.label == label), None),
        "out": len(out), "is_open": ballot.state == BallotState.ISSUING,
        "buildings": buildings,
        "entrances": [
            (entrance, [(line, *said.get(line.entry, ("", ""))) for line in of])
            for entrance, of in groupby(here, key=lambda line: line.entrance)
        ],
        "outcomes": VisitOutcome.choices,
    }  # fmt: skip
    return ballot_page(request, "portal/office/ballot_visits.html", ballot, shown)


@transaction.atomic
def _note(ballot: Ballot, said: dict[int, tuple[VisitOutcome, str]], form: RoundForm, request: OfficeRequest) -> None:
    entries = RollEntry.objects.filter(ballot=ballot).in_bulk(said)
    for key, (outcome, note) in said.items():
        note_visit(ballot, entries[key], form.cleaned_data["on"], form.cleaned_data["time"], outcome, note,
                   actor=request.user, at=request.at)  # fmt: skip


@require_safe
@in_scope
def ballot_visits_pdf(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The list to take along: who is out, units first, by building and entrance, with places for three visits."""
    ballot = _run(request, code, number)
    asked = request.GET.get("building", "")
    out = [line for line in _out(lines_of(ballot)) if not asked or line.building == asked]
    if not out:
        raise Http404
    units = [line for line in out if line.is_unit]
    doors = [line for line in out if not line.is_unit]
    parts = [
        (
            building_name(building),
            [(entrance, list(of)) for entrance, of in groupby(rows, key=lambda line: line.entrance)],
        )
        for building, rows in ((b, list(r)) for b, r in groupby(doors, key=lambda line: line.building))
    ]
    shown = {
        "ballot": ballot, "compound": ballot.compound, "units": units, "parts": parts, "out": len(out),
        "today": request.today,
    }  # fmt: skip
    html = render_to_string("ballots/visits_print.html", shown)
    return pdf_response(pdf.render(html), f"{ballot.compound.name}第{number}次表决未交回.pdf")


# --- One paper that does not come back ----------------------------------------------------------------------------


def _one(
    request: OfficeRequest, code: str, number: int, paper: int, kind: type[OnForm], template: str, done: str,
    act: Callable[[Ballot, Paper, OnForm], None],
) -> HttpResponse:  # fmt: skip
    ballot = _run(request, code, number)
    found = Paper.objects.filter(ballot=ballot, pk=paper).select_related("entry").first()
    if found is None or found.state not in (PaperState.PRINTED, PaperState.ISSUED):
        raise Http404
    form = kind(request.POST if request.method == "POST" else None, today=request.today, initial={"on": request.today})
    if form.is_valid():
        try:
            act(ballot, found, form)
        except BallotRefusal as problem:
            form.add_error(None, words_of(problem))
        else:
            messages.success(request, f"{found.entry.place}：{done}。")
            back = urlencode({"building": found.entry.building})
            return redirect(f"{reverse('ballot_visits', args=[code, number])}?{back}")
    visits = PaperVisit.objects.filter(entry=found.entry).select_related("by")
    return ballot_page(request, template, ballot, {"form": form, "paper": found, "visits": visits})


@require_http_methods(FORM)
@in_scope
def ballot_refusal(request: OfficeRequest, code: str, number: int, paper: int) -> HttpResponse:
    """Note that a voter will not take the paper, before two witnesses."""

    def act(ballot: Ballot, found: Paper, form: OnForm) -> None:
        said = form.cleaned_data
        note_refusal(ballot, found, said["witnesses"], said["note"], on=said["on"], actor=request.user, at=request.at)

    return _one(request, code, number, paper, RefusalForm, "portal/office/ballot_refusal.html", "登记了拒收", act)


@require_http_methods(FORM)
@in_scope
def ballot_unreached(request: OfficeRequest, code: str, number: int, paper: int) -> HttpResponse:
    """Note that a voter could not be reached, after three attempts and a posted notice."""

    def act(ballot: Ballot, found: Paper, form: OnForm) -> None:
        said = form.cleaned_data
        hold_for_undeliverable(ballot, found, said["notice"], on=said["on"], actor=request.user, at=request.at)

    return _one(
        request, code, number, paper, UnreachedForm, "portal/office/ballot_unreached.html", "登记了未能送达", act
    )
