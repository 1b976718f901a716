"""From the last paper to the figures: stop taking papers, reconcile the box, the count by hand, calling back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_safe

from ballots.choices import BallotState, CallOutcome
from ballots.documents.boxes import box_of
from ballots.documents.counted import questions_of
from ballots.documents.entering import sheets_said
from ballots.forms.results import CallForm, HandCountForm
from ballots.models import CallBack, HandCount
from ballots.operations.counting import begin_counting, calls_seed, draw_calls, hand_lines, note_call, note_hand_count
from ballots.operations.refusals import BallotRefusal
from ballots.permissions import can_certify_ballots, can_run_ballots
from core import pdf
from portal.views.office.ballots.door import ballot_page, find_ballot
from portal.views.office.door import FORM, OfficeRequest, by_password, in_scope, require
from portal.views.office.reconciling import pdf_response
from portal.views.office.words_results import fault_words, result_words

COUNTED = (BallotState.CERTIFIED, BallotState.FINAL, BallotState.ANNULLED, BallotState.SET_ASIDE)
# Blank sheets for calling out: 正 has five strokes, so many of them in a row.
TALLIES = range(12)


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_closing(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Stop taking papers, on a page that says what is late from then on."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    problem = ""
    if request.method == "POST":
        try:
            begin_counting(found, on=request.today, actor=request.user, at=request.at)
        except BallotRefusal as refused:
            problem = result_words(refused)
        else:
            messages.success(request, "停止收票了，现在可以录票。")
            return redirect("ballot", code=code, number=number)
    box = box_of(found, sheets_said(found))
    context = {"box": box, "problem": problem, "may_close": found.state == BallotState.ISSUING}
    return ballot_page(request, "portal/office/ballot_closing.html", found, context)


@require_safe
@in_scope
def ballot_reconciliation(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The box in figures: what was printed, handed out, brought back, entered; what does not add up."""
    found = find_ballot(request, code, number)
    box = box_of(found, sheets_said(found))
    context = {"box": box, "faults": [fault_words(fault) for fault in box.faults]}
    return ballot_page(request, "portal/office/ballot_reconciliation.html", found, context)


@require_http_methods(FORM)
@in_scope
def ballot_hand_count(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Type the figures of the count by hand; they are shown beside ours on the result only."""
    found = find_ballot(request, code, number)
    may = can_certify_ballots(request.user, found.compound, request.today) and found.state == BallotState.COUNTING
    sent = request.POST if request.method == "POST" else None
    if sent is not None:
        require(may)
    form = HandCountForm(sent, lines=hand_lines(found))
    if sent is not None and form.is_valid():
        try:
            note_hand_count(found, form.figures(), form.cleaned_data["note"], actor=request.user, at=request.at)
        except BallotRefusal as refused:
            form.add_error(None, result_words(refused))
        else:
            messages.success(request, "唱票的数存好了。录完、核定以后，和录票的数一起看。")
            return redirect("ballot_hand_count", code=code, number=number)
    texts = {str(question["number"]): question["text"] for question in questions_of(found)}
    context = {
        "form": form if may else None,
        "groups": [(number, texts[number], fields) for number, fields in form.groups()],
        "held": HandCount.objects.filter(ballot=found, count=found.count_number).select_related("by").last(),
    }
    return ballot_page(request, "portal/office/ballot_hand_count.html", found, context)


@require_safe
@in_scope
def ballot_hand_blank(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The blank 正字表 and 计票报告单 of a ballot, as PDF."""
    found = find_ballot(request, code, number)
    texts = {str(question["number"]): question["text"] for question in questions_of(found)}
    questions = [(number, texts[number], [label for _, label in rows]) for number, rows in hand_lines(found).items()]
    html = render_to_string(
        "ballots/hand_count_print.html", {"ballot": found, "questions": questions, "tallies": TALLIES}
    )
    return pdf_response(pdf.render(html), f"{found.compound.name}第{found.number}次表决正字表和计票报告单.pdf")


@require_http_methods(FORM)
@in_scope
def ballot_calls(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Call back one paper in twenty: drawn once, each with what the household said."""
    found = find_ballot(request, code, number)
    may = can_run_ballots(request.user, found.compound, request.today)
    if request.method == "POST":
        require(may)
        return _called(request, code, number)
    calls = CallBack.objects.filter(paper__ballot=found).select_related("paper__entry__person", "by")
    rows = list(calls.order_by("paper__entry__number"))
    context = {
        "calls": rows,
        "seed": calls_seed(found),
        "outcomes": [choice for choice in CallOutcome.choices if choice[0] != CallOutcome.OPEN],
        "may_draw": may
        and not rows
        and not found.secret
        and found.state in (BallotState.COUNTING, BallotState.CERTIFIED),
        "may_note": may and found.state in (BallotState.COUNTING, BallotState.CERTIFIED, BallotState.FINAL),
    }
    return ballot_page(request, "portal/office/ballot_calls.html", found, context)


def _called(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Draw the papers, or note what one household said."""
    found = find_ballot(request, code, number)
    try:
        if "paper" not in request.POST:
            drawn = draw_calls(found, actor=request.user, at=request.at)
            messages.success(request, f"抽出{len(drawn)}张票回访。")
        else:
            key = request.POST["paper"]
            known = key.isascii() and key.isdecimal() and len(key) < 19
            call = CallBack.objects.filter(paper__ballot=found, pk=int(key) if known else 0).first()
            if call is None:
                raise Http404
            form = CallForm(request.POST)
            if form.is_valid():
                note_call(call, CallOutcome(form.cleaned_data["outcome"]), form.cleaned_data["note"], on=request.today,
                          actor=request.user, at=request.at)  # fmt: skip
                messages.success(request, "记下了。")
            else:
                messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    except BallotRefusal as refused:
        messages.error(request, result_words(refused))
    return redirect("ballot_calls", code=code, number=number)
