"""The demo's surveys: drafted, half entered, or closed with plausible answers of most households."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

from compounds.choices import AnswerChannel, VisitOutcome
from compounds.models import Compound, Dwelling, Survey, SurveyAnswer, SurveySheet
from compounds.operations.surveys import VisitData, close_survey, note_visits, open_survey, start_survey
from compounds.rules.surveys import PROGRAMME_QUESTIONS
from core.models import User
from portal.demo.books import moment
from portal.demo.places import Shape

CHANNELS = (
    AnswerChannel.VISIT, AnswerChannel.VISIT, AnswerChannel.VISIT, AnswerChannel.VISIT, AnswerChannel.COUNTER,
    AnswerChannel.PHONE, AnswerChannel.MEETING,
)  # fmt: skip
# What people would pay a month in yuan, by their answer: willing, it depends, not willing.
FEES = {1: (20, 25, 30, 30, 30, 35, 40, 50), 2: (10, 15, 15, 20, 20, 30), 3: (0,)}
# How often each is called urgent: guards, cleaning, green, lamps and pipes, parking, charging, the old, other.
URGENT = (14, 16, 5, 26, 20, 11, 7, 1)
OPINIONS = (
    "楼道灯坏了很久，希望尽快修", "停车太乱，消防通道总被堵", "电动车希望有地方充电", "垃圾桶离楼门太近，夏天有味",
    "下水管老堵，应该彻底疏通一次", "院里缺几把长椅，老人没处坐", "收费可以，账目要贴出来给大家看", "夜里希望有人巡逻",
    "树太高挡住二层的光", "先把大门修好再谈收费",
)  # fmt: skip
INTRO = "为了把小区管好，请您家花五分钟回答下面的问题。答案只用来统计，不公开到户。"


def answer_of(chance: random.Random, contented: float) -> dict[int, str]:
    """Return what one household answers, by question number, as the survey keeps it."""
    grades = [_grade(chance, contented) for _ in range(4)]
    willing = chance.choices((1, 2, 3), (62, 24, 14))[0]
    said = {number: str(grade) for number, grade in enumerate(grades, start=1)}
    wanted = {chance.choices(range(1, 9), URGENT)[0] for _ in range(4)}
    said[5] = ",".join(map(str, sorted(wanted)))
    said[6] = str(chance.choices((0, 1, 2), (62, 33, 5))[0])
    said[7] = str(willing)
    said[8] = str(chance.choice(FEES[willing]))
    said[9] = str(chance.choices((1, 2, 3), (4, 7, 89))[0])
    if chance.random() < 0.12:
        said[10] = chance.choice(OPINIONS)
    if chance.random() < 0.06:
        del said[6]
    return said


def _grade(chance: random.Random, contented: float) -> int:
    return chance.choices((1, 2, 3), (contented, 0.4, 0.8 - contented))[0]


def survey_draft(compound: Compound, number: str, on: date, *, clerk: User) -> Survey:
    """Draft a compound's survey of the programme's own questions."""
    return start_survey(compound, f"{number}居民意愿调查", INTRO, PROGRAMME_QUESTIONS, actor=clerk, at=moment(on, 10))


def survey_run(
    compound: Compound, shape: Shape, opened: date, ends: date, *, clerk: User, share: float, close: bool
) -> Survey:
    """Ask a compound's households between two days, so great a share of them answers; close it where asked."""
    chance = random.Random(f"survey{shape.name}")
    survey = survey_draft(compound, f"{opened.year}年", opened - timedelta(days=2), clerk=clerk)
    survey = open_survey(survey, survey.version, opened, actor=clerk, at=moment(opened))
    homes = list(Dwelling.objects.of(compound).households().order_by("pk"))
    if not close:  # door by door: the first buildings are done
        reached = homes[: int(len(homes) * share)]
    else:
        reached = [home for home in homes if chance.random() < (0.2 if home.vacant else share)]
    _enter(survey, reached, opened, ends, clerk, chance)
    _visits(survey, homes, reached, ends, clerk, chance, vacant=close)
    return close_survey(survey, ends, actor=clerk, at=moment(ends, 17)) if close else survey


def _enter(
    survey: Survey, reached: Sequence[Dwelling], opened: date, ends: date, clerk: User, chance: random.Random
) -> None:
    """Write the sheets of those reached at one go: household by household a demo would take minutes."""
    questions = {question.number: question for question in survey.questions.all()}
    contented, days = chance.uniform(0.15, 0.5), max((ends - opened).days, 1)
    sheets = []
    for place, home in enumerate(reached):
        on = opened + timedelta(days=place * days // max(len(reached), 1))
        sheets.append(
            SurveySheet(survey=survey, dwelling=home, channel=chance.choice(CHANNELS), answered_on=on,
                        entered_by=clerk, entered_at=moment(on, 16))
        )  # fmt: skip
    SurveySheet.objects.bulk_create(sheets)
    SurveyAnswer.objects.bulk_create(
        (
            SurveyAnswer(sheet=sheet, question=questions[number], value=value)
            for sheet in sheets
            for number, value in answer_of(chance, contented).items()
        ),
        batch_size=5000,
    )


def _visits(
    survey: Survey,
    homes: Sequence[Dwelling],
    reached: Sequence[Dwelling],
    ends: date,
    clerk: User,
    chance: random.Random,
    *,
    vacant: bool,
) -> None:
    """Note visits in vain at some of those not reached."""
    answered = {home.pk for home in reached}
    missed = [home for home in homes if home.pk not in answered][: None if vacant else 12]
    visits = []
    for home in missed:
        outcome = VisitOutcome.VACANT if home.vacant else chance.choice((VisitOutcome.NOBODY, VisitOutcome.LATER,
                                                                         VisitOutcome.NOBODY, VisitOutcome.REFUSED))  # fmt: skip
        if chance.random() < 0.7:
            visits.append(VisitData(home, outcome, "邻居说搬走了" if home.vacant else ""))
    note_visits(survey, ends, visits, actor=clerk, at=moment(ends, 15))
