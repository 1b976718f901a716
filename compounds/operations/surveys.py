"""Surveys: a questionnaire is drafted, opened on a day and frozen, answered by households, closed (Q4②)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from compounds.choices import AnswerChannel, SurveyState, VisitOutcome
from compounds.documents.surveys import asked_of
from compounds.models import (
    Compound,
    Dwelling,
    Survey,
    SurveyAnswer,
    SurveyQuestion,
    SurveySheet,
    SurveyVisit,
)
from compounds.operations.changing import change_row
from compounds.operations.refusals import ChangedMeanwhile
from compounds.rules import show_dwelling
from compounds.rules.surveys import MOST_QUESTIONS, TEXT, Asked
from core.models import Entry, User
from core.operations import record


class SurveyRefusal(Exception):
    """Why a verb of the survey refused; a fact, worded for people by the pages."""


class SurveyFrozen(SurveyRefusal):
    """The survey was opened: its questions are what people were asked."""


class SurveyNotOpen(SurveyRefusal):
    """Answers are taken while the survey is open only."""


class NoQuestions(SurveyRefusal):
    """A survey without a question cannot be opened."""


class TooManyQuestions(SurveyRefusal):
    """The questionnaire is full."""


class PurposeTaken(SurveyRefusal):
    """Another question serves this purpose already; the argument is its number."""

    def __init__(self, number: int) -> None:
        super().__init__(str(number))
        self.number = number


class BeforeOpening(SurveyRefusal):
    """A day before the survey began; the argument is when it did."""

    def __init__(self, opened_on: date) -> None:
        super().__init__(str(opened_on))
        self.opened_on = opened_on


class NoAnswer(SurveyRefusal):
    """A sheet that says nothing is no answer."""


class SheetChanged(SurveyRefusal):
    """The household's answers were entered or changed since the form was opened; the argument is the sheet."""

    def __init__(self, sheet: SurveySheet) -> None:
        super().__init__(str(sheet.pk))
        self.sheet = sheet


# --- The questionnaire -------------------------------------------------------------------------------------------


def _fields(asked: Asked) -> dict[str, object]:
    return {
        "kind": asked.kind,
        "text": asked.text,
        "options": "\n".join(asked.options),
        "unit": asked.unit,
        "purpose": asked.purpose,
    }


def _words(asked: Asked) -> str:
    return f"{asked.text}（{'、'.join(asked.options)}）" if asked.options else asked.text


def _lock(survey: Survey) -> Survey:
    return Survey.objects.select_for_update(of=("self",)).select_related("compound").get(pk=survey.pk)


def _lock_draft(survey: Survey, version: int) -> Survey:
    """Lock a survey that is still drafted, as it was read."""
    found = _lock(survey)
    if found.state != SurveyState.DRAFT:
        raise SurveyFrozen
    if found.version != version:
        raise ChangedMeanwhile(Entry.objects.about("compounds.survey", found.pk).first())
    return found


def _saved(survey: Survey, what: str, *, actor: User, at: datetime, **data: object) -> Survey:
    survey.version += 1
    survey.save()
    record("survey.change", f"{survey.title}：{what}", actor=actor, at=at, area_code=survey.compound.area_code,
           subject=survey, data=data or None)  # fmt: skip
    return survey


@transaction.atomic
def start_survey(
    compound: Compound, title: str, intro: str, questions: Sequence[Asked], *, actor: User, at: datetime
) -> Survey:
    """Draft a survey of a compound, with these questions to begin with."""
    locked = Compound.objects.select_for_update().get(pk=compound.pk)
    last = Survey.objects.filter(compound=locked).order_by("-number").first()
    survey = Survey.objects.create(
        compound=locked, number=last.number + 1 if last else 1, title=title, intro=intro, made_by=actor, made_at=at
    )
    SurveyQuestion.objects.bulk_create(
        SurveyQuestion(survey=survey, number=number, **_fields(asked))
        for number, asked in enumerate(questions[:MOST_QUESTIONS], start=1)
    )
    record("survey.start", f"起草{title}，{len(questions)}道题", actor=actor, at=at, area_code=locked.area_code,
           subject=survey)  # fmt: skip
    return survey


@transaction.atomic
def change_survey(survey: Survey, version: int, title: str, intro: str, *, actor: User, at: datetime) -> Survey:
    """Change the title and opening words of a draft.

    :raises SurveyFrozen: :raises ChangedMeanwhile:
    """
    found = _lock_draft(survey, version)
    return change_row(
        found, {"title": title, "intro": intro}, version, action="survey.change", title="调查",
        area_code=found.compound.area_code, actor=actor, at=at,
    )  # fmt: skip


@transaction.atomic
def save_question(
    survey: Survey, version: int, asked: Asked, *, actor: User, at: datetime, number: int = 0
) -> SurveyQuestion:
    """Add a question at the end of a draft, or change the one of this number.

    :raises SurveyFrozen: :raises ChangedMeanwhile: :raises PurposeTaken: :raises TooManyQuestions:
    """
    found = _lock_draft(survey, version)
    questions = list(found.questions.all())
    same = next((q for q in questions if asked.purpose and q.purpose == asked.purpose and q.number != number), None)
    if same is not None:
        raise PurposeTaken(same.number)
    if number:
        question = next((q for q in questions if q.number == number), None)
        if question is None:
            raise ChangedMeanwhile(Entry.objects.about("compounds.survey", found.pk).first())
        before = _words(asked_of(question))
        if before == _words(asked) and asked_of(question) == replace(asked, number=number):
            return question
        for name, value in _fields(asked).items():
            setattr(question, name, value)
        question.save()
        _saved(
            found, f"第{number}题由{before}改为{_words(asked)}", actor=actor, at=at, before=before, after=_words(asked)
        )
        return question
    if len(questions) >= MOST_QUESTIONS:
        raise TooManyQuestions
    number = len(questions) + 1
    question = SurveyQuestion.objects.create(survey=found, number=number, **_fields(asked))
    _saved(found, f"加了第{number}题{_words(asked)}", actor=actor, at=at, after=_words(asked))
    return question


def _renumber(questions: Sequence[SurveyQuestion]) -> None:
    """Give the questions the numbers of their order; by way of numbers that nobody has, as each is unique."""
    for offset in (1000, 1):
        for place, question in enumerate(questions):
            SurveyQuestion.objects.filter(pk=question.pk).update(number=place + offset)


@transaction.atomic
def move_question(survey: Survey, version: int, number: int, *, up: bool, actor: User, at: datetime) -> Survey:
    """Exchange a question of a draft with the one before or after it; at the end nothing happens.

    :raises SurveyFrozen: :raises ChangedMeanwhile:
    """
    found = _lock_draft(survey, version)
    questions = list(found.questions.all())
    other = number - 1 if up else number + 1
    if not (1 <= number <= len(questions) and 1 <= other <= len(questions)):
        return found
    questions[number - 1], questions[other - 1] = questions[other - 1], questions[number - 1]
    _renumber(questions)
    return _saved(found, f"第{number}题和第{other}题换了次序", actor=actor, at=at)


@transaction.atomic
def remove_question(survey: Survey, version: int, number: int, *, actor: User, at: datetime) -> Survey:
    """Take a question out of a draft; the others move up.

    :raises SurveyFrozen: :raises ChangedMeanwhile:
    """
    found = _lock_draft(survey, version)
    questions = list(found.questions.all())
    gone = next((question for question in questions if question.number == number), None)
    if gone is None:
        raise ChangedMeanwhile(Entry.objects.about("compounds.survey", found.pk).first())
    words = _words(asked_of(gone))
    gone.delete()
    _renumber([question for question in questions if question is not gone])
    return _saved(found, f"删了第{number}题{words}", actor=actor, at=at, before=words)


@transaction.atomic
def open_survey(survey: Survey, version: int, on: date, *, actor: User, at: datetime) -> Survey:
    """Begin a survey on a day; from now on its questions stay as they are.

    :raises SurveyFrozen: :raises ChangedMeanwhile: :raises NoQuestions:
    """
    found = _lock_draft(survey, version)
    count = found.questions.count()
    if not count:
        raise NoQuestions
    found.state, found.opened_on, found.version = SurveyState.OPEN, on, found.version + 1
    found.save()
    record("survey.open", f"开始{found.title}，{count}道题", actor=actor, at=at, area_code=found.compound.area_code,
           subject=found, data={"on": on.isoformat()})  # fmt: skip
    return found


@transaction.atomic
def close_survey(survey: Survey, on: date, *, actor: User, at: datetime) -> Survey:
    """End a survey on a day; no answer is taken any more. Ending an ended one does nothing.

    :raises SurveyNotOpen: a draft. :raises BeforeOpening:
    """
    found = _lock(survey)
    if found.state == SurveyState.CLOSED:
        return found
    if found.state != SurveyState.OPEN or found.opened_on is None:
        raise SurveyNotOpen
    if on < found.opened_on:
        raise BeforeOpening(found.opened_on)
    found.state, found.closed_on, found.version = SurveyState.CLOSED, on, found.version + 1
    found.save()
    sheets = found.sheets.count()
    record("survey.close", f"结束{found.title}，收到{sheets}户", actor=actor, at=at,
           area_code=found.compound.area_code, subject=found, data={"on": on.isoformat(), "sheets": sheets})  # fmt: skip
    return found


# --- Answers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SheetData:
    """A household's answers by question number, as ``read_answer`` returns them; "" is no answer."""

    answers: Mapping[int, str]
    channel: str
    answered_on: date


def _place(dwelling: Dwelling) -> str:
    entrance = dwelling.entrance.label if dwelling.entrance else ""
    return show_dwelling(dwelling.building.label, entrance, dwelling.room)


def _told(questions: Mapping[int, SurveyQuestion], answers: Mapping[int, str]) -> dict[str, str]:
    """Return answers for the history; what people wrote in their own words is not copied there."""
    return {
        str(number): "（文字）" if questions[number].kind == TEXT else value
        for number, value in answers.items()
        if value
    }


def _lock_open(survey: Survey) -> Survey:
    found = _lock(survey)
    if found.state != SurveyState.OPEN:
        raise SurveyNotOpen
    return found


def _put(sheet: SurveySheet, questions: Mapping[int, SurveyQuestion], answers: Mapping[int, str]) -> None:
    SurveyAnswer.objects.filter(sheet=sheet).delete()
    SurveyAnswer.objects.bulk_create(
        SurveyAnswer(sheet=sheet, question=questions[number], value=value) for number, value in answers.items() if value
    )


def answers_of(sheet: SurveySheet) -> dict[int, str]:
    """Return a sheet's answers by question number."""
    return dict(sheet.answers.order_by("question__number").values_list("question__number", "value"))


@transaction.atomic
def enter_sheet(
    survey: Survey, dwelling: Dwelling, data: SheetData, *, actor: User, at: datetime, version: int = 0
) -> SurveySheet:
    """Enter a household's answers; with ``version`` replace those that were shown, and record what they were.

    The same answers entered again change nothing.

    :raises SurveyNotOpen: :raises NoAnswer: :raises BeforeOpening:
    :raises SheetChanged: there are answers already, others than ``version`` names.
    """
    found = _lock_open(survey)
    if found.opened_on and data.answered_on < found.opened_on:
        raise BeforeOpening(found.opened_on)
    questions = {question.number: question for question in found.questions.all()}
    answers = {number: value for number, value in data.answers.items() if value}
    if not answers:
        raise NoAnswer
    sheet = SurveySheet.objects.filter(survey=found, dwelling=dwelling).select_related("entered_by").first()
    common: dict[str, Any] = {
        "channel": data.channel,
        "answered_on": data.answered_on,
        "entered_by": actor,
        "entered_at": at,
    }
    if sheet is None:
        sheet = SurveySheet.objects.create(survey=found, dwelling=dwelling, **common)
        _put(sheet, questions, answers)
        record("survey.sheet", f"录入{found.title}：{_place(dwelling)}", actor=actor, at=at,
               area_code=found.compound.area_code, subject=sheet)  # fmt: skip
        return sheet
    before = answers_of(sheet)
    same = before == answers and (sheet.channel, sheet.answered_on) == (data.channel, data.answered_on)
    if same:
        return sheet
    if sheet.version != version:
        raise SheetChanged(sheet)
    for name, value in common.items():
        setattr(sheet, name, value)
    sheet.version += 1
    sheet.save()
    _put(sheet, questions, answers)
    record("survey.sheet", f"重录{found.title}：{_place(dwelling)}", actor=actor, at=at,
           area_code=found.compound.area_code, subject=sheet,
           data={"before": _told(questions, before), "after": _told(questions, answers)})  # fmt: skip
    return sheet


@dataclass(frozen=True)
class VisitData:
    """A visit that brought no answer."""

    dwelling: Dwelling
    outcome: str
    note: str = ""


@transaction.atomic
def note_visits(survey: Survey, on: date, visits: Sequence[VisitData], *, actor: User, at: datetime) -> int:
    """Write down visits in vain of a day; one that stands already is not written twice. Return how many were new.

    :raises SurveyNotOpen: :raises BeforeOpening:
    """
    found = _lock_open(survey)
    if found.opened_on and on < found.opened_on:
        raise BeforeOpening(found.opened_on)
    known = set(found.visits.filter(on=on).values_list("dwelling_id", "outcome", "note"))
    new = [v for v in visits if (v.dwelling.pk, v.outcome, v.note) not in known]
    SurveyVisit.objects.bulk_create(
        SurveyVisit(
            survey=found, dwelling=v.dwelling, on=on, outcome=VisitOutcome(v.outcome), note=v.note, by=actor, at=at
        )
        for v in new
    )
    if new:
        record("survey.visit", f"{found.title}：{len(new)}户入户未果", actor=actor, at=at,
               area_code=found.compound.area_code, subject=found, data={"on": on.isoformat(), "count": len(new)})  # fmt: skip
    return len(new)


# --- Many sheets at once -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImportOutcome:
    """What an import of sheets did, or would do, in households."""

    new: int
    changed: int
    unchanged: int


@transaction.atomic
def import_sheets(
    survey: Survey, rows: Mapping[int, Mapping[int, str]], on: date, *, actor: User, at: datetime, apply: bool
) -> ImportOutcome:
    """Enter the answers of many households, by dwelling and question number; all or nothing.

    A household that answered the same already is left as it is, so the same file twice changes nothing.

    :raises SurveyNotOpen: :raises BeforeOpening:
    """
    found = _lock_open(survey)
    if found.opened_on and on < found.opened_on:
        raise BeforeOpening(found.opened_on)
    questions = {question.number: question for question in found.questions.all()}
    sheets = {sheet.dwelling_id: sheet for sheet in found.sheets.all()}
    before: dict[int, dict[int, str]] = {}
    stored = SurveyAnswer.objects.filter(sheet__survey=found)
    for dwelling, number, value in stored.values_list("sheet__dwelling", "question__number", "value"):
        before.setdefault(dwelling, {})[number] = value
    told = {key: {n: v for n, v in answers.items() if v} for key, answers in rows.items()}
    new = [key for key, answers in told.items() if answers and key not in sheets]
    changed = [key for key, answers in told.items() if answers and key in sheets and before.get(key, {}) != answers]
    outcome = ImportOutcome(len(new), len(changed), len(told) - len(new) - len(changed))
    if not apply or not (new or changed):
        return outcome
    common: dict[str, Any] = {"channel": AnswerChannel.IMPORT, "answered_on": on, "entered_by": actor, "entered_at": at}
    for key in changed:
        for name, value in common.items():
            setattr(sheets[key], name, value)
        sheets[key].version += 1
        sheets[key].save()
    SurveyAnswer.objects.filter(sheet__survey=found, sheet__dwelling__in=changed).delete()
    SurveySheet.objects.bulk_create(SurveySheet(survey=found, dwelling_id=key, **common) for key in new)
    keys = dict(found.sheets.values_list("dwelling", "pk"))
    SurveyAnswer.objects.bulk_create(
        (
            SurveyAnswer(sheet_id=keys[key], question=questions[number], value=value)
            for key in [*new, *changed]
            for number, value in told[key].items()
        ),
        batch_size=2000,
    )
    replaced = {
        str(keys[key]): {"before": _told(questions, before.get(key, {})), "after": _told(questions, told[key])}
        for key in changed
    }
    record("survey.import", f"{found.title}：表格导入{len(new)}户，改{len(changed)}户", actor=actor, at=at,
           area_code=found.compound.area_code, subject=found, data={"replaced": replaced} if replaced else None)  # fmt: skip
    return outcome
