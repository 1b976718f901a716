"""Sheets of a survey to print: a job of one short part per building, so that memory stays bounded."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string

from compounds.choices import PaperSize, SurveyState
from compounds.documents.surveys import Sheet, households_of, questions_of, sheets_of
from compounds.models import Survey
from compounds.operations.surveys import SurveyNotOpen
from compounds.rules import show_dwelling
from core import jobs, pdf
from core.models import Job, User
from core.operations import NewFile, StoredFile, store_files

STYLES = ("core/print_survey.css",)
PER_RENDER = 40  # sheets set at one time


def start_survey_printing(
    survey: Survey, entry_address: str, *, paper: str = PaperSize.A4, actor: User, at: datetime
) -> Job:
    """Start the job that prints a sheet for each household; the same call while it runs returns it.

    ``entry_address``: where answers are entered, which the QR codes hold. ``paper``: a ``PaperSize``.

    :raises SurveyNotOpen: a draft may still change.
    """
    if survey.state != SurveyState.OPEN:
        raise SurveyNotOpen
    labels = list(dict.fromkeys(household.building for household in households_of(survey.compound)))
    return jobs.start(
        "compounds.tasks.print_survey",
        {"survey_id": survey.pk, "buildings": labels, "entry_address": entry_address, "paper": paper},
        key=f"compounds.print_survey:{survey.pk}:{paper}",
        title=f"打印{survey.compound.name}的问卷，{PaperSize(paper).label}",
        area_code=survey.compound.area_code,
        actor=actor,
        at=at,
        total=len(labels),
    )


def print_building(
    survey: Survey, building: str, entry_address: str, paper: str = PaperSize.A4
) -> tuple[str, StoredFile]:
    """Store the sheets of a building in walking order; return the file's name and the file.

    A questionnaire of more than a page takes a whole leaf, so that printed on both sides no household shares one.
    """
    sheets = sheets_of(survey, households_of(survey.compound, building), entry_address)
    shown = {"compound": survey.compound, "survey": survey, "questions": questions_of(survey), "paper": paper}

    def render(some: list[Sheet]) -> pdf.Pdf:
        html = render_to_string("compounds/survey_sheets_print.html", {**shown, "sheets": some})
        return pdf.render(html, base_styles=STYLES)

    if render(sheets[:1]).pages > 1:
        parts = [pdf.Sheets(render([sheet]).bytes, whole_leaves=True) for sheet in sheets]
    else:
        starts = range(0, len(sheets), PER_RENDER)
        parts = [pdf.Sheets(render(sheets[start : start + PER_RENDER]).bytes) for start in starts]
    joined = pdf.join(parts)
    stored = store_files([NewFile("pdf", joined.bytes, joined.pages)])[0]
    return f"{show_dwelling(building, '', '')}问卷，{len(sheets)}户，{PaperSize(paper).label}.pdf", stored
