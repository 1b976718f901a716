"""Drafting a ballot: begun by its matter, its questions in order, its days and places, own rules, files, the sample."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ballots.choices import BallotState
from ballots.documents.life import missing_for_notice
from ballots.documents.papers import STYLES, asked_line, sample_sheet
from ballots.documents.rules import rule_words
from ballots.forms.drafting import BallotForm, BallotQuestionForm, RuleForm, StartForm
from ballots.models import Ballot, VotingRule
from ballots.operations.drafting import (
    MOST_FILES,
    add_ballot_files,
    add_rule,
    change_ballot,
    is_proposed,
    move_question,
    question_draft,
    remove_ballot_file,
    remove_question,
    rule_for,
    save_question,
    start_ballot,
)
from ballots.operations.refusals import BallotRefusal, RuleReasonMissing
from ballots.operations.rolls import draft_roll
from ballots.permissions import can_run_ballots
from ballots.rules.counting import NONE_OF_THESE
from compounds.operations import ChangedMeanwhile
from core import pdf
from core.models import Attachment
from core.operations import KeptPaper, store_paper
from core.papers import AttachmentRefused, too_large
from portal.views.office.ballots.door import HERE, ballot_page, ballot_url, find_ballot
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require, version_sent
from portal.views.office.reconciling import pdf_response
from portal.views.office.words_drafting import drafting_words

Refused = (BallotRefusal, ChangedMeanwhile)


@require_http_methods(FORM)
@in_scope
def ballot_new(request: OfficeRequest, code: str) -> HttpResponse:
    """Begin a ballot: the matter first, which proposes who decides and by which rule."""
    compound = find_compound(request, code)
    require(can_run_ballots(request.user, compound, request.today))
    sent = request.POST if request.method == "POST" else None
    form = StartForm(sent)
    if sent is not None and form.is_valid():
        data = form.cleaned_data
        made = start_ballot(compound, data["title"], data["matter"], actor=request.user, at=request.at)
        messages.success(request, f"起草好了：{made.get_matter_display()}，按《{made.rule.name}》。接着写题目。")
        return redirect("ballot_draft", code=compound.code, number=made.number)
    return compound_page(request, "portal/office/ballot_new.html", compound, HERE, {"form": form})


@require_http_methods(FORM)
@in_scope
def ballot_draft(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """A ballot's questions with the buttons that order and remove them, its rule in words, its days, places and files."""
    found = find_ballot(request, code, number)
    may = can_run_ballots(request.user, found.compound, request.today)
    if request.method == "POST":
        require(may)
        return _rearrange(request, found)
    return _draft_page(request, found, may)


def _draft_page(request: OfficeRequest, found: Ballot, may: bool, refused: list[str] | None = None) -> HttpResponse:
    draft = found.state == BallotState.DRAFT
    totals = draft_roll(found).totals if draft else None
    questions = found.questions.order_by("number").prefetch_related("options")
    missing = missing_for_notice(found) if draft else []
    shown = {
        "questions": [asked_line(question) for question in questions],
        "words": rule_words(found.rule, totals.heads, totals.area).sentences if totals and totals.heads else (),
        "proposed": is_proposed(found),
        "files": list(found.attachments.order_by("pk")),
        "most": MOST_FILES,
        "refused": refused or [],
        "missing": [(lack.words, ballot_url(lack.page, found)) for lack in missing],
        "is_draft": draft,
        "may_change": may and draft,
    }
    return ballot_page(request, "portal/office/ballot_draft.html", found, shown)


def _rearrange(request: OfficeRequest, found: Ballot) -> HttpResponse:
    """Move or remove the question that a button names."""
    act, text = request.POST.get("act", ""), request.POST.get("question", "")
    if act not in ("up", "down", "remove") or not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise Http404
    who: dict[str, Any] = {"actor": request.user, "at": request.at}
    try:
        if act == "remove":
            remove_question(found, version_sent(request), int(text), **who)
        else:
            move_question(found, version_sent(request), int(text), up=act == "up", **who)
    except Refused as problem:
        messages.error(request, drafting_words(problem))
    return redirect("ballot_draft", code=found.compound.code, number=found.number)


@require_http_methods(FORM)
@in_scope
def ballot_edit(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Change a draft's title, matter, rule, days and places."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    sent = request.POST if request.method == "POST" else None
    offered = VotingRule.objects.offered_to(found.compound)
    form = BallotForm(sent, row=found, rules=offered, today=request.today)
    if sent is not None and form.is_valid():
        try:
            change_ballot(found, form.values(), form.read, actor=request.user, at=request.at)
        except Refused as problem:
            form.add_error("rule_reason" if isinstance(problem, RuleReasonMissing) else None, drafting_words(problem))
            found = find_ballot(request, code, number)
            form.show_version(found.version)
        else:
            messages.success(request, "存好了。")
            return redirect("ballot_draft", code=code, number=number)
    shown = {"form": form, "proposed_rule": rule_for(found.matter)}
    return ballot_page(request, "portal/office/ballot_edit.html", found, shown)


@require_http_methods(FORM)
@in_scope
def ballot_question(request: OfficeRequest, code: str, number: int, question: int) -> HttpResponse:
    """Change a question of a draft, or with number 0 add one."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    row = found.questions.filter(number=question).first() if question else None
    if question and row is None:
        raise Http404
    sent = request.POST if request.method == "POST" else None
    form = BallotQuestionForm(sent, initial=_initial(question_draft(row)) if row else {"kind": "approve"})
    version = found.version
    if sent is not None and form.is_valid():
        try:
            save_question(found, version_sent(request), question, form.asked, actor=request.user, at=request.at)
        except Refused as problem:
            form.add_error(None, drafting_words(problem))
        else:
            return redirect("ballot_draft", code=code, number=number)
    return ballot_page(
        request, "portal/office/ballot_question.html", found, {"form": form, "question": question, "version": version}
    )


def _initial(asked: Any) -> dict[str, Any]:
    names = ("kind", "text", "note", "most", "seats", "write_in", "proposal")
    options = [text for text in asked.options if text != NONE_OF_THESE]
    return {name: getattr(asked, name) for name in names} | {"options": "\n".join(options)}


@require_http_methods(FORM)
@in_scope
def ballot_rule(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Make a rule of the compound's own, with its source; then it can be chosen."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    sent = request.POST if request.method == "POST" else None
    form: Form = RuleForm(sent)
    if sent is not None and form.is_valid():
        try:
            made = add_rule(found.compound, form.cleaned_data, actor=request.user, at=request.at)
        except BallotRefusal as problem:
            form.add_error(None, drafting_words(problem))
        else:
            messages.success(request, f"规则《{made.name}》存好了，现在可以选它。")
            return redirect("ballot_edit", code=code, number=number)
    return ballot_page(request, "portal/office/ballot_rule.html", found, {"form": form})


@require_POST
@in_scope
def ballot_files(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Hang photographs and PDFs at a draft (测算表, 方案), or take one off (``remove``)."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    removed = request.POST.get("remove", "")
    refused: list[str] = []
    try:
        if removed:
            known = removed.isascii() and removed.isdecimal() and len(removed) < 19
            gone = found.attachments.filter(pk=int(removed)).first() if known else None
            if not isinstance(gone, Attachment):
                raise Http404
            remove_ballot_file(found, gone, actor=request.user, at=request.at)
        else:
            papers, refused = _stored(request)
            add_ballot_files(found, papers, actor=request.user, at=request.at)
    except BallotRefusal as problem:
        refused = [*refused, drafting_words(problem)]
    if refused:
        return _draft_page(request, find_ballot(request, code, number), True, refused)
    return redirect("ballot_draft", code=code, number=number)


def _stored(request: OfficeRequest) -> tuple[list[KeptPaper], list[str]]:
    """Store what was sent and can be kept; return it, and what is wrong with the rest."""
    files = request.FILES.getlist("files")[:MOST_FILES]
    if not files:
        return [], ["还没有选文件。"]
    papers, refused = [], []
    for file in files:
        try:
            if sentence := too_large(file.size or 0):
                raise AttachmentRefused(sentence)
            papers.append(store_paper(file.read(), name=file.name or ""))
        except AttachmentRefused as problem:
            refused.append(f"{file.name}：{problem}")
    return papers, refused


@require_safe
@in_scope
def ballot_sample(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The paper as it will be printed, marked as a sample."""
    found = find_ballot(request, code, number)
    shown = {"sheets": [sample_sheet(found)], "number": found.number}
    sheet = pdf.render(render_to_string("ballots/paper.html", shown), base_styles=STYLES)
    return pdf_response(sheet, f"{found.compound.name}第{found.number}次表决选票样张.pdf")
