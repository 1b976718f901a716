"""The surveys of a compound: drafted, previewed, opened and closed (调查摸底)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from compounds.choices import SurveyState
from compounds.documents.surveys import questions_of
from compounds.forms.surveys import EMPTY, PROGRAMME, QuestionForm, StartForm, SurveyForm
from compounds.models import Compound, Survey, SurveyQuestion
from compounds.operations import ChangedMeanwhile
from compounds.operations.surveys import (
    BeforeOpening,
    NoAnswer,
    NoQuestions,
    PurposeTaken,
    SurveyFrozen,
    SurveyNotOpen,
    SurveyRefusal,
    TooManyQuestions,
    change_survey,
    move_question,
    remove_question,
    save_question,
    start_survey,
)
from compounds.permissions import can_keep_register
from compounds.rules.surveys import MOST_QUESTIONS, PROGRAMME_QUESTIONS
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require, version_sent
from portal.views.office.words import changed_meanwhile

HERE = "surveys"
INTRO = "为了把小区管好，社区居委会想听听每一家的意见。一户填一份，填好交给上门的工作人员，或交到社区居委会。"


def words_of(problem: SurveyRefusal | ChangedMeanwhile) -> str:
    """Return what a refusal says to the person at the screen."""
    match problem:
        case ChangedMeanwhile():
            return changed_meanwhile(problem)
        case SurveyFrozen():
            return "调查已经开始，题目不能再改。要改请另做一次调查，照抄这一次的题目。"
        case SurveyNotOpen():
            return "这次调查没有在进行，不收答卷。"
        case NoQuestions():
            return "还没有题目，不能开始。"
        case TooManyQuestions():
            return f"最多{MOST_QUESTIONS}道题。"
        case PurposeTaken(number=number):
            return f"第{number}题已经是这个用途，一份问卷只能有一道。"
        case BeforeOpening(opened_on=day):
            return f"调查{day.month}月{day.day}日才开始，日期不能更早。"
        case NoAnswer():
            return "一道题也没有答，没有存。"
    return "没有存上。"


def find_survey(compound: Compound, number: int) -> Survey:
    """Return a survey of the compound."""
    survey = Survey.objects.filter(compound=compound, number=number).select_related("made_by").first()
    if survey is None:
        raise Http404
    survey.compound = compound
    return survey


@require_safe
@in_scope
def surveys(request: OfficeRequest, code: str) -> HttpResponse:
    """The compound's surveys, the newest first, each with how many households answered."""
    compound = find_compound(request, code)
    found = Survey.objects.filter(compound=compound).annotate(reached=Count("sheets"))
    shown = {"surveys": found, "may_survey": can_keep_register(request.user, compound.area_code, request.today)}
    return compound_page(request, "portal/office/surveys.html", compound, HERE, shown)


@require_http_methods(FORM)
@in_scope
def survey_new(request: OfficeRequest, code: str) -> HttpResponse:
    """Draft a survey: with the programme's questions, an earlier survey's, or none."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    earlier = Survey.objects.filter(compound=compound)
    initial = {"title": f"{request.today.year}年调查摸底", "intro": INTRO, "start": PROGRAMME}
    sent = request.POST if request.method == "POST" else None
    form = StartForm(sent, initial=initial, earlier=list(earlier.values_list("number", "title")))
    if sent is not None and form.is_valid():
        data = form.cleaned_data
        if data["start"] == PROGRAMME:
            questions = list(PROGRAMME_QUESTIONS)
        elif data["start"] == EMPTY:
            questions = []
        else:
            questions = questions_of(find_survey(compound, int(data["start"])))
        made = start_survey(compound, data["title"], data["intro"], questions, actor=request.user, at=request.at)
        messages.success(request, "问卷起草好了，还可以改。")
        return redirect("survey", code=compound.code, number=made.number)
    return compound_page(request, "portal/office/survey_new.html", compound, HERE, {"form": form})


@require_http_methods(FORM)
@in_scope
def survey(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """One survey: its questions, in a draft with the buttons that order and remove them; how many were reached."""
    compound = find_compound(request, code)
    found = find_survey(compound, number)
    may = can_keep_register(request.user, compound.area_code, request.today)
    if request.method == "POST":
        require(may)
        return _rearrange(request, found)
    households, reached = compound.households or 0, found.sheets.count()  # type: ignore[attr-defined]
    shown = {
        "survey": found,
        "questions": questions_of(found),
        "may_survey": may,
        "is_draft": found.state == SurveyState.DRAFT,
        "households": households,
        "reached": reached,
        "left": households - reached,
    }
    return compound_page(request, "portal/office/survey.html", compound, HERE, shown)


def _rearrange(request: OfficeRequest, found: Survey) -> HttpResponse:
    """Move or remove the question that a button names."""
    act, version, number = (request.POST.get(name, "") for name in ("act", "version", "question"))
    if act not in ("up", "down", "remove") or not all(x.isascii() and x.isdecimal() for x in (version, number)):
        raise Http404
    who: dict[str, Any] = {"actor": request.user, "at": request.at}
    try:
        if act == "remove":
            remove_question(found, int(version), int(number), **who)
        else:
            move_question(found, int(version), int(number), up=act == "up", **who)
    except (SurveyRefusal, ChangedMeanwhile) as problem:
        messages.error(request, words_of(problem))
    return redirect("survey", code=found.compound.code, number=found.number)


def _edit_page(request: OfficeRequest, template: str, found: Survey, form: Form, shown: dict[str, Any]) -> HttpResponse:
    found.refresh_from_db(fields=["version"])
    return compound_page(request, template, found.compound, HERE, {"survey": found, "form": form, **shown})


@require_http_methods(FORM)
@in_scope
def survey_edit(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Change a draft's title and opening words."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    found = find_survey(compound, number)
    sent = request.POST if request.method == "POST" else None
    form = SurveyForm(sent, initial={"title": found.title, "intro": found.intro})
    if sent is not None and form.is_valid():
        data = form.cleaned_data
        try:
            change_survey(found, version_sent(request), data["title"], data["intro"], actor=request.user, at=request.at)
        except (SurveyRefusal, ChangedMeanwhile) as problem:
            form.add_error(None, words_of(problem))
        else:
            return redirect("survey", code=compound.code, number=number)
    return _edit_page(request, "portal/office/survey_edit.html", found, form, {})


@require_http_methods(FORM)
@in_scope
def survey_question(request: OfficeRequest, code: str, number: int, question: int) -> HttpResponse:
    """Change a question of a draft, or with number 0 add one."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    found = find_survey(compound, number)
    row = SurveyQuestion.objects.filter(survey=found, number=question).first() if question else None
    if question and row is None:
        raise Http404
    initial = {} if row is None else {n: getattr(row, n) for n in ("kind", "text", "options", "unit", "purpose")}
    sent = request.POST if request.method == "POST" else None
    form = QuestionForm(sent, initial=initial)
    if sent is not None and form.is_valid():
        try:
            save_question(found, version_sent(request), form.asked, actor=request.user, at=request.at, number=question)
        except PurposeTaken as problem:
            form.add_error("purpose", words_of(problem))
        except (SurveyRefusal, ChangedMeanwhile) as problem:
            form.add_error(None, words_of(problem))
        else:
            return redirect("survey", code=compound.code, number=number)
    return _edit_page(request, "portal/office/survey_question.html", found, form, {"question": question})
