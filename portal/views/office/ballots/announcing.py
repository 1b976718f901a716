"""Announcing a ballot for good, where its notice hangs, more time for voting, calling it off."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ballots.choices import BallotState, Move
from ballots.documents.life import PLACES_WANTED, missing_for_notice
from ballots.documents.notices import read_notice
from ballots.forms.drafting import CancellationForm, ExtensionForm
from ballots.models import Ballot, BallotMove
from ballots.operations.announcing import (
    announce_ballot,
    cancel_ballot,
    earliest_start,
    extend_ballot,
    notice_preview,
    prove_ballot,
)
from ballots.operations.refusals import BallotRefusal, HungLater, NoticeTooShort, WrongState
from ballots.permissions import can_run_ballots
from compounds.operations import ChangedMeanwhile
from fees.forms import ProofForm
from portal.views.ballots import posted_pdf, proved_places
from portal.views.office.ballots.door import ballot_page, ballot_url, find_ballot
from portal.views.office.door import FORM, OfficeRequest, by_password, in_scope, require, version_sent
from portal.views.office.words_drafting import drafting_words


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_announcement(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """How the notice will look, what is missing, what posting does, before it hangs for good."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    if found.state != BallotState.DRAFT:
        messages.error(request, drafting_words(WrongState(found.state)))
        return redirect("ballot", code=code, number=number)
    problem = ""
    if request.method == "POST":
        try:
            announce_ballot(found, version_sent(request), actor=request.user, at=request.at)
        except (BallotRefusal, ChangedMeanwhile) as refusal:
            problem = drafting_words(refusal)
            found = find_ballot(request, code, number)
        else:
            messages.success(request, "贴出来了。请打印出来盖章，贴到至少两处，再拍照传上来。")
            return redirect("ballot_notice", code=code, number=number)
    earliest = earliest_start(found, request.today)
    short = found.voting_from_on is not None and found.voting_from_on < earliest
    missing = [(lack.words, ballot_url(lack.page, found)) for lack in missing_for_notice(found)]
    if short:
        missing.append((drafting_words(NoticeTooShort(earliest)), ballot_url("ballot_edit", found)))
    shown = {
        "paper": notice_preview(found, actor=request.user, at=request.at),
        "missing": missing,
        "problem": problem,
        "earliest": earliest,
    }
    return ballot_page(request, "portal/office/ballot_announcement.html", found, shown)


# What a ballot posts on paper; the last of it hangs now.
POSTED = (Move.ANNOUNCED, Move.EXTENDED, Move.CERTIFIED)


def _posted(ballot: Ballot) -> list[BallotMove]:
    moves = ballot.moves.filter(kind__in=POSTED).select_related("document")
    return list(moves.order_by("seq").prefetch_related("proofs__attachment", "document__files"))


@require_http_methods(FORM)
@in_scope
def ballot_notice(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The notice that hangs, its latest extension, or the result: the papers, where they hang, a form for photographs."""
    found = find_ballot(request, code, number)
    may = can_run_ballots(request.user, found.compound, request.today)
    moves = _posted(found)
    if not moves or moves[0].document is None:
        raise Http404
    if request.method == "POST":
        require(may)
    last = moves[-1]
    places = proved_places(last)
    form = ProofForm(
        request.POST or None, request.FILES or None, key=f"ballot {last.pk}", first_on=last.on,
        too_early=drafting_words(HungLater(last.on)), places=[], taken=[place.name for place in places],
        today=request.today,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        where, on = form.cleaned_data["where"], form.cleaned_data["on"]
        try:
            made = prove_ballot(last, where, on, form.kept, actor=request.user, at=request.at)
        except BallotRefusal as problem:
            form.add_error(None, drafting_words(problem))
        else:
            messages.success(request, f"存好了：{where}，照片{len(made)}张。")
            return redirect("ballot_notice", code=code, number=number)
    shown = {
        "paper": read_notice(moves[0].document),
        "document": moves[0].document,
        "posted": [(move, proved_places(move)) for move in moves],
        "last": last,
        "places": places,
        "short": max(0, PLACES_WANTED - len(places)),
        "form": form,
        "may_run": may,
        "may_extend": may and found.state in (BallotState.ANNOUNCED, BallotState.ISSUING),
        "address": settings.PUBLIC_URL + reverse("compound_ballot", args=[found.compound.code, found.number]),
    }
    return ballot_page(request, "portal/office/ballot_notice.html", found, shown)


@require_safe
@in_scope
def ballot_posted_pdf(request: OfficeRequest, code: str, number: int, seq: int) -> HttpResponse:
    """The paper of a notice, an extension or a result, byte for byte."""
    found = find_ballot(request, code, number)
    move = found.moves.filter(seq=seq, kind__in=POSTED).select_related("document").first()
    if move is None or move.document is None:
        raise Http404
    return posted_pdf(request, found, move.document)


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_extension(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Give voters more time, by a notice of its own."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    sent = request.POST if request.method == "POST" else None
    form = ExtensionForm(sent, today=request.today)
    if sent is not None and form.is_valid():
        data = form.cleaned_data
        try:
            extend_ballot(found, data["until_on"], data["reason"], actor=request.user, at=request.at)
        except BallotRefusal as problem:
            form.add_error(None, drafting_words(problem))
        else:
            messages.success(request, "延长了。请打印延长的公告，盖章贴出，再拍照传上来。")
            return redirect("ballot_notice", code=code, number=number)
    return ballot_page(request, "portal/office/ballot_extension.html", found, {"form": form})


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_cancellation(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Call a ballot off, with a reason that residents read."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    sent = request.POST if request.method == "POST" else None
    form = CancellationForm(sent)
    if sent is not None and form.is_valid():
        try:
            cancel_ballot(found, form.cleaned_data["reason"], actor=request.user, at=request.at)
        except BallotRefusal as problem:
            form.add_error(None, drafting_words(problem))
        else:
            messages.success(request, "取消了。贴着的公告请取下来。")
            return redirect("ballot", code=code, number=number)
    return ballot_page(request, "portal/office/ballot_cancellation.html", found, {"form": form})
