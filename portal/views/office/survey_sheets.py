"""What households answer: sheets entered from the keyboard, visits in vain, a workbook of many sheets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from compounds.choices import AnswerChannel, SurveyState, Use, VisitOutcome
from compounds.documents.surveys import (
    Building,
    Door,
    buildings_of,
    dwellings_at,
    earlier_answers,
    households_of,
    questions_of,
)
from compounds.forms.surveys import AnswerForm, ImportForm, VisitForm
from compounds.imports.surveys import read_sheets
from compounds.models import Compound, Dwelling, Survey, SurveySheet
from compounds.operations.surveys import (
    BeforeOpening,
    SheetChanged,
    SheetData,
    SurveyRefusal,
    VisitData,
    answers_of,
    enter_sheet,
    import_sheets,
    note_visits,
)
from compounds.permissions import can_keep_register
from compounds.rules import AddressNotUnderstood, parse_dwelling, show_dwelling
from compounds.rules.surveys import read_sheet_code, sheet_code
from core import pdf
from core.spreadsheets import WorkbookRefused
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require, version_sent
from portal.views.office.reconciling import pdf_response
from portal.views.office.surveys import HERE, find_survey, words_of

LATEST = 8  # sheets shown beside the field, to see what one did last
SALT = "survey-import"
WAIT = 3600  # seconds between the preview of an import and its being applied
LARGEST_PAYLOAD = 1_500_000  # characters that a form brings back


def _open(request: OfficeRequest, code: str, number: int) -> tuple[Compound, Survey]:
    """Return a survey for somebody who may see it household by household."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    return compound, find_survey(compound, number)


# --- Entering ----------------------------------------------------------------------------------------------------


def _kept(request: OfficeRequest) -> dict[str, str]:
    """Return channel and day as the last sheet had them, carried from page to page."""
    return {name: request.GET[name][:20] for name in ("channel", "answered_on") if request.GET.get(name)}


def _find_dwelling(compound: Compound, survey: Survey, text: str) -> Dwelling | str:
    """Return the household that was typed or scanned, or the sentence that says why there is none."""
    code = read_sheet_code(text)
    if code is not None:
        if code[0] != survey.number:
            return "这张问卷是另一次调查的，请到那一次调查里录。"
        found = list(Dwelling.objects.of(compound).filter(pk=code[1]).select_related("building", "entrance"))
    else:
        try:
            found = dwellings_at(compound, parse_dwelling(text))
        except AddressNotUnderstood:
            return f"看不懂“{text[:20]}”。请填房号，例如3-2-501，或扫问卷上的码。"
    if not found:
        return f"{compound.name}没有“{text[:20]}”这一户。请核对楼号、单元、房号。"
    if len(found) > 1:
        return f"不止一个单元有“{text[:20]}”，请把单元也写上，例如3-2-501。"
    if found[0].use != Use.DWELLING:
        return f"{_place(found[0])}是{found[0].get_use_display()}，调查只问住户。"
    return found[0]


def _place(dwelling: Dwelling) -> str:
    return show_dwelling(dwelling.building.label, dwelling.entrance.label if dwelling.entrance else "", dwelling.room)


@require_safe
@in_scope
def survey_entry(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Type or scan the next sheet's room; the last ones stand beside."""
    compound, found = _open(request, code, number)
    typed = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    problem = ""
    if typed:
        dwelling = _find_dwelling(compound, found, typed)
        if isinstance(dwelling, Dwelling):
            address = reverse("survey_sheet", args=[code, number, sheet_code(number, dwelling.pk)])
            kept = _kept(request)
            return redirect(f"{address}?{urlencode(kept)}" if kept else address)
        problem = dwelling
    latest = found.sheets.select_related("dwelling__building", "dwelling__entrance").order_by("-entered_at", "-pk")
    shown = {
        "survey": found,
        "typed": typed,
        "problem": problem,
        "kept": _kept(request),
        "is_open": found.state == SurveyState.OPEN,
        "households": compound.households or 0,  # type: ignore[attr-defined]
        "reached": found.sheets.count(),
        "latest": [
            (_place(sheet.dwelling), sheet_code(number, sheet.dwelling_id), sheet)
            for sheet in latest.filter(entered_by=request.user)[:LATEST]
        ],
    }
    return compound_page(request, "portal/office/survey_entry.html", compound, HERE, shown)


@require_http_methods(FORM)
@in_scope
def survey_sheet(request: OfficeRequest, code: str, number: int, sheet: str) -> HttpResponse:
    """One household's answers: entered, or, where there are some, shown with who and when and replaced."""
    compound, found = _open(request, code, number)
    meant = read_sheet_code(sheet)
    dwelling = _find_dwelling(compound, found, sheet) if meant and meant[0] == number else None
    if not isinstance(dwelling, Dwelling):
        raise Http404
    questions = questions_of(found)
    earlier = SurveySheet.objects.filter(survey=found, dwelling=dwelling).select_related("entered_by").first()
    answers = answers_of(earlier) if earlier else {}
    sent = request.POST if request.method == "POST" else None
    initial: dict[str, Any] = {"channel": AnswerChannel.VISIT, "answered_on": request.today} | _kept(request)
    if earlier:
        initial = {"channel": earlier.channel, "answered_on": earlier.answered_on}
        initial |= AnswerForm.initial_of(questions, answers)
    form = AnswerForm(sent, questions=questions, today=request.today, initial=initial)
    if sent is not None and form.is_valid():
        data = SheetData(form.answers, form.cleaned_data["channel"], form.cleaned_data["answered_on"])
        try:
            enter_sheet(found, dwelling, data, actor=request.user, at=request.at, version=version_sent(request))
        except SheetChanged as problem:
            earlier, answers = problem.sheet, answers_of(problem.sheet)
            form.add_error(None, "这一户刚才已经录过，下面是录过的答案。您填的还在，核对以后再存，就替换。")
        except BeforeOpening as problem:
            form.add_error("answered_on", words_of(problem))
        except SurveyRefusal as problem:
            form.add_error(None, words_of(problem))
        else:
            messages.success(request, f"{_place(dwelling)}存好了。")
            kept = {"channel": data.channel, "answered_on": data.answered_on.isoformat()}
            return redirect(f"{reverse('survey_entry', args=[code, number])}?{urlencode(kept)}")
    shown = {
        "survey": found,
        "place": _place(dwelling),
        "form": form,
        "earlier": earlier,
        "earlier_answers": earlier_answers(questions, answers),
        "is_open": found.state == SurveyState.OPEN,
    }
    return compound_page(request, "portal/office/survey_sheet.html", compound, HERE, shown)


# --- Not reached yet ----------------------------------------------------------------------------------------------


def _chosen(buildings: list[Building], label: str) -> Building | None:
    """Return the building asked for, else the first where somebody has not answered."""
    asked = next((building for building in buildings if building.label == label), None)
    return asked or next((building for building in buildings if building.left), buildings[0] if buildings else None)


def _doors(building: Building | None, typed: Mapping[str, str]) -> list[tuple[str, list[tuple[Door, str, str]]]]:
    """Return the doors of a building that have not answered, by entrance, with what was typed beside each."""
    if building is None:
        return []
    return [
        (
            entrance,
            [(d, typed.get(f"outcome-{d.household.key}", ""), typed.get(f"note-{d.household.key}", "")) for d in doors],
        )
        for entrance, doors in building.by_entrance
    ]


@require_http_methods(FORM)
@in_scope
def survey_visits(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Who has not answered, a building at a time; visits in vain are written down here."""
    compound, found = _open(request, code, number)
    buildings = buildings_of(found)
    building = _chosen(buildings, request.GET.get("building", ""))
    sent = request.POST if request.method == "POST" else None
    form = VisitForm(sent, today=request.today, initial={"on": request.today})
    if sent is not None and building is not None and form.is_valid():
        outcomes = form.outcomes([door.household.key for door in building.left])
        if not outcomes:
            form.add_error(None, "还没有选哪一户是什么结果。")
        else:
            rows = Dwelling.objects.of(compound).in_bulk(list(outcomes))
            visits = [VisitData(rows[key], outcome, note) for key, (outcome, note) in outcomes.items()]
            try:
                new = note_visits(found, form.cleaned_data["on"], visits, actor=request.user, at=request.at)
            except BeforeOpening as problem:
                form.add_error("on", words_of(problem))
            except SurveyRefusal as problem:
                form.add_error(None, words_of(problem))
            else:
                messages.success(request, f"记下了{new}户。")
                here = reverse("survey_visits", args=[code, number])
                return redirect(f"{here}?{urlencode({'building': building.label})}")
    shown = {
        "survey": found,
        "buildings": buildings,
        "building": building,
        "left": sum(len(each.left) for each in buildings),
        "many": sum(each.many for each in buildings),
        "form": form,
        "entrances": _doors(building, sent or {}),
        "outcomes": VisitOutcome.choices,
        "is_open": found.state == SurveyState.OPEN,
    }
    return compound_page(request, "portal/office/survey_visits.html", compound, HERE, shown)


@require_safe
@in_scope
def survey_visits_pdf(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The list to take along: who has not answered, by building and entrance, with places for three visits."""
    compound, found = _open(request, code, number)
    asked = request.GET.get("building", "")
    buildings = [b for b in buildings_of(found) if b.left and (not asked or b.label == asked)]
    if not buildings:
        raise Http404
    html = render_to_string(
        "compounds/survey_visits_print.html",
        {"compound": compound, "survey": found, "buildings": buildings, "today": request.today},
    )
    return pdf_response(pdf.render(html), f"{compound.name}{found.title}还没收到的户.pdf")


# --- A workbook of many sheets ------------------------------------------------------------------------------------


@require_http_methods(FORM)
@in_scope
def survey_import(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Read a workbook of answers: first what it would change or what is wrong with it, cell by cell, then apply it."""
    compound, found = _open(request, code, number)
    sent = request.method == "POST"
    if sent and request.POST.get("act") == "apply":
        return _apply(request, compound, found)
    form = ImportForm(
        request.POST if sent else None, request.FILES if sent else None, today=request.today,
        initial={"answered_on": request.today},
    )  # fmt: skip
    shown: dict[str, Any] = {"survey": found, "form": form, "is_open": found.state == SurveyState.OPEN}
    if sent and form.is_valid():
        on = form.cleaned_data["answered_on"]
        try:
            file = read_sheets(form.cleaned_data["file"].read(), questions_of(found), households_of(compound))
        except WorkbookRefused as refused:
            shown["errors"] = refused.errors
        else:
            shown["errors"], shown["file"] = file.errors, file
            if not file.errors:
                _preview(request, found, file.answers, on, shown)
    return compound_page(request, "portal/office/survey_import.html", compound, HERE, shown)


def _preview(request: OfficeRequest, found: Survey, answers: Any, on: Any, shown: dict[str, Any]) -> None:
    """Add what applying would do, and what the form brings back to do it."""
    form = shown["form"]
    try:
        shown["outcome"] = import_sheets(found, answers, on, actor=request.user, at=request.at, apply=False)
    except BeforeOpening as problem:
        form.add_error("answered_on", words_of(problem))
        return
    except SurveyRefusal as problem:
        form.add_error(None, words_of(problem))
        return
    rows = {str(key): {str(n): value for n, value in each.items()} for key, each in answers.items()}
    payload = signing.dumps({"survey": found.pk, "on": on.isoformat(), "rows": rows}, salt=SALT, compress=True)
    if len(payload) > LARGEST_PAYLOAD:
        form.add_error("file", "表太大，请分成几个文件。")
        return
    shown["payload"] = payload


def _apply(request: OfficeRequest, compound: Compound, found: Survey) -> HttpResponse:
    """Enter what the preview showed; the form brings it back signed."""
    here = redirect("survey_import", code=compound.code, number=found.number)
    try:
        data = signing.loads(request.POST.get("payload", ""), salt=SALT, max_age=WAIT)
    except signing.BadSignature:
        messages.error(request, "预览过了一个小时，或不是这里做的。请重新选文件。")
        return here
    if data["survey"] != found.pk:
        raise Http404
    rows = {int(key): {int(n): value for n, value in each.items()} for key, each in data["rows"].items()}
    try:
        outcome = import_sheets(
            found, rows, date.fromisoformat(data["on"]), actor=request.user, at=request.at, apply=True
        )  # fmt: skip
    except SurveyRefusal as problem:
        messages.error(request, words_of(problem))
        return here
    messages.success(
        request, f"导入了{outcome.new}户，改了{outcome.changed}户，{outcome.unchanged}户和已有的一样或没有答。"
    )
    return redirect("survey", code=compound.code, number=found.number)
