"""A survey begun, printed, ended and counted: opening, sheets to print, results, the report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from compounds.choices import PaperSize, SurveyState
from compounds.documents.surveys import (
    Sheet,
    answers_workbook,
    buildings_of,
    questions_of,
    results_csv,
    results_of,
    results_workbook,
)
from compounds.forms.surveys import DayForm
from compounds.models import StagePaper, Survey
from compounds.operations import ChangedMeanwhile
from compounds.operations.steps import add_step_papers
from compounds.operations.survey_prints import STYLES, start_survey_printing
from compounds.operations.surveys import (
    BeforeOpening,
    SurveyRefusal,
    close_survey,
    open_survey,
)
from compounds.permissions import can_keep_register
from core import pdf
from core.operations import store_paper
from portal.views.office.door import (
    FORM,
    OfficeRequest,
    by_password,
    compound_page,
    find_compound,
    in_scope,
    require,
    version_sent,
)
from portal.views.office.reconciling import pdf_response
from portal.views.office.surveys import HERE, find_survey, words_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _asked_day(request: OfficeRequest, code: str, number: int) -> tuple[Survey, DayForm]:
    """Return a survey for those who may begin and end it, and the form that asks for the day."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    sent = request.POST if request.method == "POST" else None
    return find_survey(compound, number), DayForm(sent, today=request.today, initial={"on": request.today})


def _acted(form: DayForm, act: Callable[[date], object]) -> bool:
    """Begin or end a survey on the day that was typed, and return whether that was done; else the form says why."""
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data["on"])
    except (SurveyRefusal, ChangedMeanwhile) as problem:
        form.add_error("on" if isinstance(problem, BeforeOpening) else None, words_of(problem))
        return False
    return True


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def survey_opening(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Begin a survey, on a page that says what can no longer be changed then."""
    found, form = _asked_day(request, code, number)
    if found.state != SurveyState.DRAFT:
        return redirect("survey", code=code, number=number)
    if _acted(form, partial(open_survey, found, version_sent(request), actor=request.user, at=request.at)):
        messages.success(request, "调查开始了。先把问卷印出来。")
        return redirect("survey", code=code, number=number)
    if form.is_bound:
        found.refresh_from_db()
    questions = questions_of(found)
    shown = {"survey": found, "form": form, "questions": questions, "purposes": {q.purpose for q in questions}}
    return compound_page(request, "portal/office/survey_opening.html", found.compound, HERE, shown)


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def survey_closing(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """End a survey, on a page that says who has not answered yet."""
    found, form = _asked_day(request, code, number)
    if found.state != SurveyState.OPEN:
        return redirect("survey", code=code, number=number)
    if _acted(form, partial(close_survey, found, actor=request.user, at=request.at)):
        messages.success(request, "调查结束了，结果可以印成报告。")
        return redirect("survey_results", code=code, number=number)
    buildings = buildings_of(found)
    shown = {
        "survey": found,
        "form": form,
        "reached": sum(each.reached for each in buildings),
        "left": sum(len(each.left) for each in buildings),
        "many": sum(each.many for each in buildings),
    }
    return compound_page(request, "portal/office/survey_closing.html", found.compound, HERE, shown)


# --- Sheets to print ---------------------------------------------------------------------------------------------


def _paper(asked: QueryDict) -> str:
    """Return the paper that was chosen; A4 where none or another was."""
    chosen = asked.get("paper", "")
    return chosen if chosen in PaperSize.values else PaperSize.A4


@require_safe
@in_scope
def survey_blank(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The questionnaire as it prints, without a room: to look at before opening, and to copy."""
    compound = find_compound(request, code)
    found = find_survey(compound, number)
    shown = {
        "compound": compound,
        "survey": found,
        "questions": questions_of(found),
        "sheets": [Sheet(None, "", "")],
        "paper": _paper(request.GET),
    }
    html = render_to_string("compounds/survey_sheets_print.html", shown)
    return pdf_response(pdf.render(html, base_styles=STYLES), f"{compound.name}{found.title}空白问卷.pdf")


@require_POST
@in_scope
def survey_print(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Start printing a sheet for every household, a file per building."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    found = find_survey(compound, number)
    try:
        address = settings.PUBLIC_URL + reverse("survey_entry", args=[code, number])
        job = start_survey_printing(found, address, paper=_paper(request.POST), actor=request.user, at=request.at)
    except SurveyRefusal as problem:
        messages.error(request, words_of(problem))
        return redirect("survey", code=code, number=number)
    return redirect("job", pk=job.pk)


# --- Results -----------------------------------------------------------------------------------------------------


def _counted(request: OfficeRequest, code: str, number: int) -> dict[str, Any]:
    compound = find_compound(request, code)
    found = find_survey(compound, number)
    if found.state == SurveyState.DRAFT:
        raise Http404
    asked = request.GET.get("question", "")
    results = results_of(found, int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else 0)
    return {"compound": compound, "survey": found, "results": results}


@require_safe
@in_scope
def survey_results(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """A survey counted: who was reached, who would pay how much, every question, one of them by building."""
    shown = _counted(request, code, number)
    compound = shown.pop("compound")
    shown["may_survey"] = can_keep_register(request.user, compound.area_code, request.today)
    return compound_page(request, "portal/office/survey_results.html", compound, HERE, shown)


@require_safe
@in_scope
def survey_results_file(request: OfficeRequest, code: str, number: int, format: str) -> HttpResponse:
    """The counts to take away as CSV or workbook, and the report (摸底报告) as PDF."""
    shown = _counted(request, code, number)
    name = f"{shown['compound'].name}{shown['survey'].title}"
    if format == "pdf":
        return pdf_response(_report(request, shown), f"{name}报告.pdf")
    if format == "csv":
        return _file(results_csv(shown["results"]), "text/csv; charset=utf-8", f"{name}结果.csv")
    if format == "xlsx":
        return _file(results_workbook(shown["results"]), XLSX, f"{name}结果.xlsx")
    raise Http404


def _report(request: OfficeRequest, shown: dict[str, Any]) -> pdf.Pdf:
    """Set the report; of a closed survey it is the same on every day."""
    today = shown["survey"].closed_on or request.today
    return pdf.render(render_to_string("compounds/survey_report_print.html", {**shown, "today": today}))


@require_POST
@in_scope
def survey_report(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Hang a closed survey's report at the second step (Q4②), as the paper that the step asks for."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    shown = _counted(request, code, number)
    found = shown["survey"]
    if found.closed_on is None:
        messages.error(request, "调查结束以后，报告才放进材料。")
        return redirect("survey_results", code=code, number=number)
    kept = store_paper(_report(request, shown).bytes, name=f"{compound.name}摸底报告.pdf")
    paper = StagePaper.objects.get(key="survey_report")
    made = add_step_papers(
        compound, paper.stage_id, [kept], paper.name, found.closed_on, actor=request.user, at=request.at, paper=paper
    )
    messages.success(request, "摸底报告放进第②步的材料了。" if made else "这份报告已经在第②步的材料里。")
    return redirect("survey_results", code=code, number=number)


@require_safe
@in_scope
def survey_answers(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Every household with its answers, in the form that the import reads; with empty cells it is the form to fill in."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    found = find_survey(compound, number)
    return _file(answers_workbook(found), XLSX, f"{compound.name}{found.title}录入表.xlsx")


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response
