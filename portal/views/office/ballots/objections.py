"""Objections to a ballot's roll, and later to its result: taken at the counter with a slip, answered by a day."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_safe

from ballots.choices import BallotState, Move
from ballots.models import Ballot
from ballots.operations.freezing import notice_of
from ballots.permissions import can_run_ballots
from compounds.choices import ObjectionOutcome
from compounds.forms.objections import AnswerForm, ObjectionForm
from compounds.models import Objection, ObjectionQuerySet
from compounds.operations.objections import ObjectionRefusal, answer_objection, take_objection
from core import pdf
from core.models import Document
from core.operations import record
from portal.views.office.ballots.door import ballot_page, find_ballot
from portal.views.office.door import FORM, OfficeRequest, by_password, in_scope, require
from portal.views.office.words_ballots import ballot_words

TAKES = (BallotState.ANNOUNCED, BallotState.ISSUING, BallotState.COUNTING, BallotState.CERTIFIED)


def objections_of(ballot: Ballot) -> ObjectionQuerySet:
    """Return the objections to whatever was posted of a ballot: its notices, its results."""
    posted = Q(document__ballot_move__ballot=ballot) | Q(document__ballot_result__ballot=ballot)
    return Objection.objects.filter(posted).select_related("answer", "answer__by", "document", "by")


def posted_of(ballot: Ballot) -> tuple[Document | None, int]:
    """Return what hangs of a ballot now, the notice or after it the result, and how many days an answer may take."""
    if ballot.state == BallotState.CERTIFIED:
        last = ballot.moves.filter(kind=Move.CERTIFIED).select_related("document").last()
        return (last.document if last else None), ballot.rule.objection_days
    return notice_of(ballot), ballot.rule.roll_objection_days


@require_http_methods(FORM)
@in_scope
def ballot_objections(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """All objections to a ballot, the unanswered ones first; a POST takes one and gives it a slip."""
    found = find_ballot(request, code, number)
    may_run = can_run_ballots(request.user, found.compound, request.today)
    document, days = posted_of(found)
    takes = found.state in TAKES and document is not None
    if request.method == "POST":
        require(may_run and takes)
    form = ObjectionForm(request.POST if request.method == "POST" else None, today=request.today)
    if form.is_bound and document and form.is_valid():
        made = take_objection(
            found.compound, document, form.said(), answer_days=days, actor=request.user, at=request.at
        )
        messages.success(
            request, f"收下了，{made.answer_by_on.month}月{made.answer_by_on.day}日以前答复。请打印回执交给本人。"
        )
        return redirect("ballot_objection", code=code, number=number, slip=made.slip)
    rows = sorted(objections_of(found), key=lambda row: (hasattr(row, "answer"), row.answer_by_on, row.pk))
    shown = {
        "form": form,
        "objections": rows,
        "open_count": sum(not hasattr(row, "answer") for row in rows),
        "takes": takes and may_run,
        "to_result": found.state == BallotState.CERTIFIED,
        "days": days,
    }
    return ballot_page(request, "portal/office/ballot_objections.html", found, shown)


def _objection(ballot: Ballot, slip: str) -> Objection:
    found = objections_of(ballot).filter(slip=slip).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_objection(request: OfficeRequest, code: str, number: int, slip: str) -> HttpResponse:
    """One objection with its answer; a POST answers it."""
    found = find_ballot(request, code, number)
    one = _objection(found, slip)
    may_run = can_run_ballots(request.user, found.compound, request.today)
    if request.method == "POST":
        require(may_run)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            answer_objection(
                one, ObjectionOutcome(form.cleaned_data["outcome"]), form.cleaned_data["text"], on=request.today,
                actor=request.user, at=request.at,
            )  # fmt: skip
        except ObjectionRefusal as problem:
            messages.error(request, ballot_words(problem))
        else:
            messages.success(request, "答复记下了。")
        return redirect("ballot_objection", code=code, number=number, slip=slip)
    shown = {"form": form, "objection": one, "answer": getattr(one, "answer", None), "may_run": may_run}
    return ballot_page(request, "portal/office/ballot_objection.html", found, shown)


@require_safe
@in_scope
def ballot_objection_slip(request: OfficeRequest, code: str, number: int, slip: str) -> HttpResponse:
    """The slip that is handed to whoever objected."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    one = _objection(found, slip)
    html = render_to_string("compounds/objection_print.html", {"compound": found.compound, "objection": one})
    response = HttpResponse(pdf.render(html).bytes, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{found.compound.code}_objection_{slip}.pdf"'
    record("objection.print", f"打印异议回执：{one.place or one.document.title}", actor=request.user, at=request.at,
           area_code=found.compound.area_code, subject=one)  # fmt: skip
    return response
