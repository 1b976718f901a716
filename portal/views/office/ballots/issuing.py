"""Papers handed over and taken back: by scans in batches, or ticked off a building's list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ballots.choices import BallotState, Channel, PaperState
from ballots.documents import finding
from ballots.documents.finding import Found, find_papers
from ballots.documents.turnout import buildings_left, lines_of
from ballots.forms.issuing import IssueForm, ReturnForm, ScansForm, UndoForm
from ballots.models import Ballot, Paper
from ballots.operations.issuing import Batch, issue_papers, return_papers, undo_return
from ballots.operations.refusals import BallotRefusal
from ballots.permissions import can_run_ballots
from portal.views.office.ballots.door import ballot_page, find_ballot
from portal.views.office.door import FORM, OfficeRequest, in_scope, keys_sent, require
from portal.views.office.words_papers import words_of

INTO_BOX = "投入票箱"  # what becomes of a secret ballot's sheet
OPEN_TO_ISSUE = (PaperState.PRINTED,)
OPEN_TO_RETURN = (PaperState.ISSUED, PaperState.PRINTED, PaperState.REFUSED, PaperState.UNDELIVERABLE)


def problem_words(found: Found) -> str:
    """Return what is said of a line that means no paper that can be taken."""
    match found.problem:
        case finding.UNKNOWN:
            return f"这次表决没有“{found.line}”这张票。请再看一遍票号或房号。"
        case finding.ELSEWHERE:
            return f"“{found.line}”是第{found.other}次表决的票，不是这一次的。"
        case finding.MISTYPED:
            return f"没有{found.line}这个票号。最后一位对不上，请再看一遍票号。"
        case finding.SEVERAL:
            return f"不止一户是“{found.line}”，请把单元也写上，例如3-2-501。"
        case finding.SPOILT:
            new = f"新票号是{found.other}。" if found.other else ""
            return f"“{found.line}”是损票，已经换过。{new}"
    return f"看不懂“{found.line}”。请扫票上的码，或填票号、房号。"


@require_http_methods(FORM)
@in_scope
def ballot_issuing(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Hand papers over: scans in a batch, or a building's list with ticks."""

    def act(ballot: Ballot, papers: Sequence[Paper], form: ScansForm) -> Batch:
        said = form.cleaned_data
        return issue_papers(ballot, papers, on=said["on"], to_whom=said["to_whom"], actor=request.user, at=request.at)

    return _batch(request, code, number, IssueForm, OPEN_TO_ISSUE, act, {"verb": "发放", "here": "ballot_issuing"})


@require_http_methods(FORM)
@in_scope
def ballot_returning(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Take papers back, into bundles in the order of the scans."""

    def act(ballot: Ballot, papers: Sequence[Paper], form: ScansForm) -> Batch:
        said = form.cleaned_data
        return return_papers(ballot, papers, Channel(said["channel"]), on=said["on"], actor=request.user, at=request.at)

    return _batch(request, code, number, ReturnForm, OPEN_TO_RETURN, act, {"verb": "收回", "here": "ballot_returning"})


def _batch(
    request: OfficeRequest,
    code: str,
    number: int,
    kind: type[ScansForm],
    states: tuple[PaperState, ...],
    act: Callable[[Ballot, Sequence[Paper], ScansForm], Batch],
    words: dict[str, str],
) -> HttpResponse:
    ballot = find_ballot(request, code, number)
    require(can_run_ballots(request.user, ballot.compound, request.today))
    sent = request.POST if request.method == "POST" else None
    secret = ballot.secret
    if secret and kind is ReturnForm:
        words = words | {"verb": INTO_BOX}
    channel = request.GET.get("channel", Channel.FIXED_BOX if secret else Channel.VISIT)
    form = kind(sent, today=request.today, secret=secret, initial={"on": request.today, "channel": channel})
    problems: list[str] = []
    if form.is_valid():
        found = find_papers(ballot, form.cleaned_data["scans"])
        ticked = _ticked(ballot, request)
        papers = list(dict.fromkeys([*(each.paper for each in found if each.paper), *ticked]))
        problems = [problem_words(each) for each in found if each.paper is None]
        try:
            batch = act(ballot, papers, form)
        except BallotRefusal as problem:
            form.add_error(None, words_of(problem))
        else:
            _tell(request, batch, words["verb"])
            if not problems:
                asked = "&".join(f"{k}={v}" for k, v in _kept(request, form).items())
                return redirect(f"{reverse(words['here'], args=[code, number])}{'?' + asked if asked else ''}")
            kept = {**form.cleaned_data, "scans": "\n".join(each.line for each in found if each.paper is None)}
            form = kind(today=request.today, secret=secret, initial=kept)
    lines = lines_of(ballot)
    label = request.GET.get("building", "")
    buildings = buildings_left(lines, lambda line: line.state in states)
    here = (
        [line for line in lines if line.building == label and line.state in states] if "building" in request.GET else []
    )
    form.fields["scans"].required = not here  # beside a list to be ticked nothing need be scanned
    shown: dict[str, Any] = {
        "form": form, "problems": problems, "lines": here,
        "buildings": buildings, "building": next((b for b in buildings if b.label == label), None), "back": sum(x.is_back for x in lines),
        "out": sum(x.state == PaperState.ISSUED for x in lines), "whole": len(lines), "takes": ballot.state in _TAKES[kind],
        **words,
    }  # fmt: skip
    return ballot_page(request, "portal/office/ballot_batch.html", ballot, shown)


_TAKES: dict[type[ScansForm], tuple[BallotState, ...]] = {
    IssueForm: (BallotState.ISSUING,), ReturnForm: (BallotState.ISSUING, BallotState.COUNTING),
}  # fmt: skip


def _ticked(ballot: Ballot, request: OfficeRequest) -> list[Paper]:
    """Return the papers ticked on the building's list; those of another ballot do not exist."""
    keys = keys_sent(request.POST.getlist("paper"))
    return list(Paper.objects.filter(ballot=ballot, pk__in=keys).exclude(state=PaperState.SPOILT).order_by("pk"))


def _kept(request: OfficeRequest, form: ScansForm) -> dict[str, str]:
    """Return what the next batch begins with: the way back, the building."""
    kept = {"channel": form.cleaned_data["channel"]} if "channel" in form.cleaned_data else {}
    return kept | ({"building": request.GET["building"][:20]} if request.GET.get("building") else {})


def _tell(request: OfficeRequest, batch: Batch, verb: str) -> None:
    if batch.done and verb == INTO_BOX:
        told = "，已经停止收票，算逾期，不进票箱" if batch.done[0].state == PaperState.LATE else ""
        messages.success(request, f"记下{len(batch.done)}户{INTO_BOX}{told}。")
    elif batch.done:
        late = sum(paper.state == PaperState.LATE for paper in batch.done)
        more = f"，其中{late}张逾期，只保存不计入" if late else ""
        messages.success(request, f"{verb}了{len(batch.done)}张{more}。")
    if batch.already:
        places = "、".join(paper.entry.place for paper in batch.already[:5])
        messages.info(request, f"{len(batch.already)}张早已{verb}，没有再记：{places}。")
    if not batch.done and not batch.already:
        messages.info(request, "没有扫到票，也没有勾选。")


@require_http_methods(FORM)
@in_scope
def ballot_unreturn(request: OfficeRequest, code: str, number: int, paper: int) -> HttpResponse:
    """Take back a scan that was a slip, with the reason."""
    ballot = find_ballot(request, code, number)
    require(can_run_ballots(request.user, ballot.compound, request.today))
    found = Paper.objects.filter(ballot=ballot, pk=paper).select_related("entry").first()
    if found is None or found.state not in (PaperState.RETURNED, PaperState.LATE):
        raise Http404
    form = UndoForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            undo_return(ballot, found, form.cleaned_data["reason"], on=request.today, actor=request.user, at=request.at)
        except BallotRefusal as problem:
            form.add_error(None, words_of(problem))
        else:
            messages.success(request, f"{found.entry.place}改回没有交回。")
            return redirect("ballot_returning", code=code, number=number)
    return ballot_page(request, "portal/office/ballot_unreturn.html", ballot, {"form": form, "paper": found})
