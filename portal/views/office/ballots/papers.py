"""The papers of a ballot: where they are by building, one paper's way, replacing it, printing them and their lists."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Min
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_safe

from ballots.choices import BallotState, PaperState
from ballots.documents.printing import STATES, building_name, issue_lines, papers_by_building, rooms_of
from ballots.documents.rolls import frozen_lines
from ballots.forms.rolls import ReasonForm, SheetsForm
from ballots.models import Ballot, Paper, RollEntry
from ballots.operations.printing import (
    replace_paper,
    set_paper,
    start_printing,
    start_sheet_printing,
    without_paper,
)
from ballots.operations.refusals import BallotRefusal
from ballots.permissions import can_run_ballots
from ballots.rules.papers import may_become
from core import pdf
from core.codes import read_code
from core.models import Job
from core.operations import record
from core.pages import page_of
from portal.views.office.ballots.door import ballot_page, find_ballot
from portal.views.office.door import FORM, OfficeRequest, by_password, in_scope, require
from portal.views.office.words_ballots import ballot_words


def _papers(ballot: Ballot) -> Any:
    """Return the ballot's papers with what a line shows, in walking order."""
    found = Paper.objects.filter(ballot=ballot).select_related("entry__person").prefetch_related("entry__dwellings")
    return found.order_by("entry__number", "pk")


def _found(ballot: Ballot, text: str) -> Any:
    """Return the papers that a search means: a serial, a room, a name, or the number of an entry."""
    serial = read_code(text)
    if serial and Paper.objects.filter(ballot=ballot, serial=serial).exists():
        return _papers(ballot).filter(serial=serial)
    return _papers(ballot).filter(entry__in=[line.key for line in frozen_lines(ballot) if line.holds(text)])


@require_safe
@in_scope
def ballot_papers(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """How many papers of each building are where; a search by serial, room or name."""
    found = find_ballot(request, code, number)
    if not found.roll_sha256:
        raise Http404
    entries = RollEntry.objects.filter(ballot=found).order_by().values("building")
    entries = entries.annotate(first=Min("number"), count=Count("pk")).order_by("first")
    states = Paper.objects.filter(ballot=found).order_by().values_list("entry__building", "state").annotate(Count("pk"))
    rows = papers_by_building(list(entries.values_list("building", "count")), list(states))
    text = request.GET.get("q", "").strip()[:60]
    building = request.GET.get("building")
    page = None
    if text:
        page = page_of(_found(found, text), request)
    elif building is not None:
        page = page_of(_papers(found).filter(entry__building=building), request)
    shown = {
        "rows": rows,
        "totals": [(state.label, sum(row.by_state[n][1] for row in rows)) for n, state in enumerate(STATES)],
        "entries": sum(row.entries for row in rows),
        "unprinted": sum(row.unprinted for row in rows),
        "states": [state.label for state in STATES],
        "query": text,
        "building": building,
        "building_name": building_name(building) if building is not None else "",
        "page": page,
        "may_run": can_run_ballots(request.user, found.compound, request.today),
        "is_issuing": found.state == BallotState.ISSUING,
    }
    return ballot_page(request, "portal/office/ballot_papers.html", found, shown)


def _paper(ballot: Ballot, serial: str) -> Paper:
    paper = _papers(ballot).filter(serial=read_code(serial) or "-").select_related("replaces", "replaced_by").first()
    if paper is None:
        raise Http404
    paper.ballot = paper.entry.ballot = ballot
    found: Paper = paper
    return found


@require_safe
@in_scope
def ballot_paper(request: OfficeRequest, code: str, number: int, serial: str) -> HttpResponse:
    """One paper: whose, and all that happened to it; never what stands on it."""
    found = find_ballot(request, code, number)
    paper = _paper(found, serial)
    may_run = can_run_ballots(request.user, found.compound, request.today) and found.state == BallotState.ISSUING
    shown = {
        "paper": paper,
        "rooms": rooms_of(paper.entry),
        "events": paper.events.select_related("by"),
        "replaced_by": getattr(paper, "replaced_by", None),
        "may_print": may_run and paper.state == PaperState.PRINTED,
        "may_replace": may_run and may_become(paper.state, PaperState.SPOILT),
    }
    return ballot_page(request, "portal/office/ballot_paper.html", found, shown)


@require_http_methods(FORM)
@in_scope
def ballot_paper_replacement(request: OfficeRequest, code: str, number: int, serial: str) -> HttpResponse:
    """Replace a paper by a new one, on a page that says what becomes of the old one."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    paper = _paper(found, serial)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = replace_paper(
                paper,
                form.cleaned_data["reason"],
                actor=request.user,
                at=request.at,
                seen=request.POST.get("state", ""),
            )
        except BallotRefusal as problem:
            form.add_error(None, ballot_words(problem))
        else:
            messages.success(request, "换好了。请打印新票，旧票收回来，写上“作废”。")
            return redirect("ballot_paper", code=code, number=number, serial=made.serial)
    shown = {"form": form, "paper": paper, "rooms": rooms_of(paper.entry)}
    return ballot_page(request, "portal/office/ballot_paper_replacement.html", found, shown)


@require_safe
@in_scope
def ballot_paper_pdf(request: OfficeRequest, code: str, number: int, serial: str) -> HttpResponse:
    """One paper to print alone, while it was not handed out."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    paper = _paper(found, serial)
    if paper.state != PaperState.PRINTED:
        raise Http404
    made = set_paper(paper)
    record("paper.print", f"第{found.number}次表决单印一张：{paper.entry.place}", actor=request.user, at=request.at,
           area_code=found.compound.area_code, subject=paper)  # fmt: skip
    return _inline(made, f"{code}_{number}_{paper.serial}")


def _inline(made: pdf.Pdf, name: str) -> HttpResponse:
    response = HttpResponse(made.bytes, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


# --- Printing -----------------------------------------------------------------------------------------------------


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_print(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """What can be printed: papers that are missing, as a job; the lists of buildings; what was printed before."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    if not found.roll_sha256:
        raise Http404
    heads = RollEntry.objects.filter(ballot=found).count()
    form = SheetsForm(request.POST if request.method == "POST" and found.secret else None, initial={"sheets": heads})
    if request.method == "POST" and (not found.secret or form.is_valid()):
        try:
            if found.secret:
                job = start_sheet_printing(found, form.cleaned_data["sheets"], actor=request.user, at=request.at)
            else:
                job = start_printing(found, actor=request.user, at=request.at)
        except BallotRefusal as problem:
            messages.error(request, ballot_words(problem))
            return redirect("ballot_print", code=code, number=number)
        return redirect("job", pk=job.pk)
    entries = RollEntry.objects.filter(ballot=found).order_by().values("building")
    counts = entries.annotate(first=Min("number"), count=Count("pk")).order_by("first")
    missing = set(without_paper(found))
    keys = [f"ballots.print_papers:{found.pk}", f"ballots.print_sheets:{found.pk}"]
    shown = {
        "form": form,
        "heads": heads,
        "buildings": [
            (label, building_name(label), count, label in missing)
            for label, count in counts.values_list("building", "count")
        ],
        "missing": len(missing),
        "jobs": Job.objects.tops().filter(key__in=keys).order_by("-pk")[:10],
        "prints": found.prints.select_related("by") if found.secret else (),
        "is_issuing": found.state == BallotState.ISSUING,
    }
    return ballot_page(request, "portal/office/ballot_print.html", found, shown)


@require_safe
@in_scope
def ballot_issue_list(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The list of a building on which handing out is signed, with names in full; the print is recorded."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    label = request.GET.get("building", "")[:20]
    lines = issue_lines(found, label) if found.roll_sha256 else []
    if not lines:
        raise Http404
    html = render_to_string(
        "ballots/issue_list_print.html", {"ballot": found, "name": building_name(label), "lines": lines}
    )
    made = pdf.render(html)
    record("paper.list", f"第{found.number}次表决打印发票登记表：{building_name(label)}{len(lines)}票", actor=request.user,
           at=request.at, area_code=found.compound.area_code, subject=found)  # fmt: skip
    return _inline(made, f"{code}_{number}_issuing")
