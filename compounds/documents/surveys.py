"""A survey as it is walked, printed, counted and exported: households by their doors, results without names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import groupby

from compounds.choices import VisitOutcome
from compounds.models import Compound, Dwelling, Survey, SurveyAnswer, SurveyQuestion
from compounds.rules import Address, door_order, floor_of, show_dwelling, type_dwelling
from compounds.rules.surveys import (
    MONTHLY_FEE,
    NUMBER,
    TEXT,
    WILLING,
    Asked,
    Bin,
    NumberTally,
    hidden_cells,
    plain,
    share,
    sheet_code,
    show_answer,
    tally_numbers,
    tally_options,
)
from core import charts
from core.charts import ShareBar, Sign
from core.charts.dwellings import BACK, OUT, REFUSED, UNREACHED
from core.spreadsheets import Figure, Table, csv_bytes, write_workbook

# What became of a household's sheet, in the building grid.
SIGNS = {
    BACK: Sign("已收到", "pale", ""),
    OUT: Sign("还要去", "framed"),
    REFUSED: Sign("不愿意答", "hatched"),
    UNREACHED: Sign("去过三次以上", "tinted"),
}
MANY_VISITS = 3  # at different times, and a household counts as not to be reached (domain.md, papers)


def asked_of(question: SurveyQuestion) -> Asked:
    """Return a question as rules know it."""
    options = tuple(question.options.split("\n")) if question.options else ()
    return Asked(question.kind, question.text, options, question.unit, question.purpose, question.number)


def questions_of(survey: Survey) -> list[Asked]:
    """Return a survey's questions in order."""
    return [asked_of(question) for question in survey.questions.all()]


# --- From door to door --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Household:
    """A dwelling that is asked, by its door; no name belongs to it."""

    key: int
    building: str
    entrance: str
    room: str
    vacant: bool

    @property
    def name(self) -> str:
        """Return the address as papers print it: 3号楼2单元501."""
        return show_dwelling(self.building, self.entrance, self.room)

    @property
    def typed(self) -> str:
        """Return the address as it is typed: 3-2-501."""
        return type_dwelling(self.building, self.entrance, self.room)


def households_of(compound: Compound, building: str = "") -> list[Household]:
    """Return the households that are asked, of the compound or one building, in the order in which one walks."""
    found = Dwelling.objects.of(compound).households()
    if building:
        found = found.filter(building__label=building)
    columns = ("pk", "building__label", "entrance__label", "room", "vacant")
    rows = [
        Household(key, label, entrance or "", room, vacant)
        for key, label, entrance, room, vacant in found.order_by().values_list(*columns)
    ]
    return sorted(rows, key=lambda h: (door_order(h.building), door_order(h.entrance), door_order(h.room)))


def dwellings_at(compound: Compound, address: Address) -> list[Dwelling]:
    """Return the dwellings of an address; without an entrance typed, those of every entrance."""
    found = Dwelling.objects.of(compound).filter(building__label=address.building, room=address.room)
    if address.entrance:
        found = found.filter(entrance__label=address.entrance)
    return list(found.select_related("building", "entrance"))


@dataclass(frozen=True, slots=True)
class Door:
    """A household of a survey: whether it answered, and the visits in vain."""

    household: Household
    answered: bool
    visits: int = 0
    last_on: date | None = None
    last_outcome: str = ""

    @property
    def many(self) -> bool:
        """Whether three visits brought nothing."""
        return self.visits >= MANY_VISITS

    @property
    def outcome(self) -> str:
        """Return how the last visit ended, in words."""
        return VisitOutcome(self.last_outcome).label if self.last_outcome else ""

    @property
    def state(self) -> str:
        """Return the state of its cell in the building grid."""
        if self.answered:
            return BACK
        if self.last_outcome == VisitOutcome.REFUSED:
            return REFUSED
        return UNREACHED if self.many else OUT


@dataclass(frozen=True)
class Building:
    """The doors of a building in the order in which one walks."""

    label: str
    doors: tuple[Door, ...]

    @property
    def name(self) -> str:
        """Return the building as people say it."""
        return show_dwelling(self.label, "", "")

    @property
    def reached(self) -> int:
        """Return how many answered."""
        return sum(door.answered for door in self.doors)

    @cached_property
    def left(self) -> tuple[Door, ...]:
        """Return those that have not answered."""
        return tuple(door for door in self.doors if not door.answered)

    @property
    def refused(self) -> int:
        """Return how many would not answer when last asked."""
        return sum(door.last_outcome == VisitOutcome.REFUSED for door in self.left)

    @property
    def many(self) -> int:
        """Return how many were visited in vain three times."""
        return sum(door.many for door in self.left)

    @property
    def by_entrance(self) -> list[tuple[str, list[Door]]]:
        """Return those that have not answered by entrance."""
        return [(entrance, list(doors)) for entrance, doors in groupby(self.left, lambda d: d.household.entrance)]

    @property
    def grid(self) -> charts.BuildingGrid:
        """Return the building as a drawing."""
        entrances = []
        for entrance, doors in groupby(self.doors, lambda d: d.household.entrance):
            floors: dict[int, list[charts.Dwelling]] = defaultdict(list)
            for door in doors:
                room = door.household.room
                # What tells no floor stands on the ground.
                floors[floor_of(room) or 0].append(charts.Dwelling(room, door.state))
            rows = tuple(tuple(floors[floor]) for floor in sorted(floors, reverse=True))
            name = f"{entrance}单元" if entrance and not entrance.endswith(("门", "单元")) else entrance
            entrances.append(charts.Entrance(name, rows))
        return charts.BuildingGrid(self.name, tuple(entrances), SIGNS)


def buildings_of(survey: Survey) -> list[Building]:
    """Return every household of a survey by building, with what became of it. Three queries."""
    answered = set(survey.sheets.values_list("dwelling", flat=True))
    visits: dict[int, list[tuple[date, str]]] = defaultdict(list)
    for key, on, outcome in survey.visits.order_by("on", "pk").values_list("dwelling", "on", "outcome"):
        visits[key].append((on, outcome))
    found = []
    for label, households in groupby(households_of(survey.compound), lambda h: h.building):
        doors = []
        for household in households:
            last_on, last_outcome = visits[household.key][-1] if visits[household.key] else (None, "")
            doors.append(
                Door(household, household.key in answered, len(visits[household.key]), last_on, last_outcome)
            )  # fmt: skip
        found.append(Building(label, tuple(doors)))
    return found


# --- Sheets to print ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A household's printed sheet; without a household the blank one. ``address`` is what its QR code opens."""

    household: Household | None
    code: str
    address: str


def sheets_of(survey: Survey, households: Iterable[Household], entry_address: str) -> list[Sheet]:
    """Return the sheets of households; ``entry_address``: where their answers are entered, the code follows it."""
    found = []
    for household in households:
        code = sheet_code(survey.number, household.key)
        found.append(Sheet(household, code, f"{entry_address}{code}/"))
    return found


# --- Results -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OptionResult:
    """How many households chose an option, or gave a number in a range."""

    text: str
    count: int
    of_answers: str
    of_all: str
    bar: ShareBar


@dataclass(frozen=True)
class QuestionResult:
    """What households said to a question; ``texts`` each with how often, the most frequent first."""

    asked: Asked
    answered: int
    options: tuple[OptionResult, ...] = ()
    numbers: NumberTally | None = None
    texts: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Willingness:
    """Who would pay and how much; yuan. The first option of the question counts as willing."""

    willing: int
    answered: int
    households: int
    median: Decimal | None
    fees: int

    @property
    def share_of_answers(self) -> str:
        """Return the willing among those who answered the question."""
        return share(self.willing, self.answered)

    @property
    def if_all(self) -> Decimal | None:
        """Return what a month would bring if every household paid the median."""
        return None if self.median is None else self.median * self.households

    @property
    def if_willing(self) -> Decimal | None:
        """Return what a month would bring if those who are willing paid the median."""
        return None if self.median is None else self.median * self.willing


@dataclass(frozen=True)
class BuildingResult:
    """A building's part of one question; ``counts`` by option, None where so few answered that they could be found out."""

    label: str
    households: int
    reached: int
    answered: int | None
    counts: tuple[tuple[str, int], ...] | None
    bar: ShareBar

    @property
    def name(self) -> str:
        """Return the building as people say it."""
        return show_dwelling(self.label, "", "")


@dataclass(frozen=True)
class Results:
    """A survey counted."""

    survey: Survey
    households: int
    reached: int
    questions: tuple[QuestionResult, ...]
    willingness: Willingness | None
    buildings: tuple[BuildingResult, ...]
    by_building: Asked | None  # the question that ``buildings`` tells of

    @property
    def totals(self) -> tuple[OptionResult, ...]:
        """Return the whole compound's counts of the question told by building."""
        told = self.by_building
        return next((result.options for result in self.questions if told and result.asked == told), ())

    @property
    def coverage(self) -> str:
        """Return the share of households that answered."""
        return share(self.reached, self.households)

    @property
    def bar(self) -> ShareBar:
        """Return the coverage as a bar."""
        return ShareBar(self.reached, self.households)


def _range(each: Bin, unit: str) -> str:
    if each.high is None:
        return f"{each.low}{unit}"
    return f"{each.low}至{each.high}{unit}（不到{each.high}）"


def _result(asked: Asked, values: Sequence[str], households: int) -> QuestionResult:
    count = len(values)

    def line(text: str, part: int) -> OptionResult:
        return OptionResult(text, part, share(part, count), share(part, households), ShareBar(part, count))

    if asked.chooses:
        counts = tally_options(len(asked.options), values)
        return QuestionResult(asked, count, tuple(map(line, asked.options, counts)))
    if asked.kind == NUMBER:
        numbers = tally_numbers(values)
        return QuestionResult(asked, count, tuple(line(_range(b, asked.unit), b.count) for b in numbers.bins), numbers)
    texts = sorted(Counter(values).items(), key=lambda said: (-said[1], said[0]))
    return QuestionResult(asked, count, texts=tuple(texts))


def results_of(survey: Survey, by_building: int = 0) -> Results:
    """Count a survey; ``by_building`` names the question told by building, by default whether people would pay.

    What stands for fewer than three households of a building is told in the totals only. Four queries.
    """
    questions = questions_of(survey)
    households = households_of(survey.compound)
    building_of = {household.key: household.building for household in households}
    answers: dict[int, list[str]] = defaultdict(list)
    where: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    reached = set(survey.sheets.values_list("dwelling", flat=True)) & building_of.keys()
    stored = SurveyAnswer.objects.filter(sheet__survey=survey).order_by()
    for dwelling, number, value in stored.values_list("sheet__dwelling", "question__number", "value"):
        if dwelling in reached:
            answers[number].append(value)
            where[number][building_of[dwelling]].append(value)
    counted = tuple(_result(asked, answers[asked.number], len(households)) for asked in questions)
    chosen = [asked for asked in questions if asked.chooses]
    told = next((a for a in chosen if a.number == by_building), None) or next(
        (a for a in chosen if a.purpose == WILLING), chosen[0] if chosen else None
    )
    return Results(
        survey, len(households), len(reached), counted, _willingness(counted, len(households)),
        _by_building(households, reached, told, where[told.number] if told else {}), told,
    )  # fmt: skip


def _willingness(counted: Sequence[QuestionResult], households: int) -> Willingness | None:
    by_purpose = {result.asked.purpose: result for result in counted if result.asked.purpose}
    asked = by_purpose.get(WILLING)
    if asked is None:
        return None
    fee = by_purpose.get(MONTHLY_FEE)
    numbers = fee.numbers if fee else None
    return Willingness(
        asked.options[0].count, asked.answered, households,
        numbers.median if numbers else None, numbers.count if numbers else 0,
    )  # fmt: skip


def _by_building(
    households: Sequence[Household], reached: set[int], told: Asked | None, values: Mapping[str, Sequence[str]]
) -> tuple[BuildingResult, ...]:
    all_of = Counter(household.building for household in households)
    back = Counter(household.building for household in households if household.key in reached)
    hidden = hidden_cells({label: len(values.get(label, ())) for label in all_of})
    return tuple(
        BuildingResult(
            label, all_of[label], back[label],
            None if label in hidden else len(values.get(label, ())),
            None if label in hidden or told is None else tuple(
                zip(told.options, tally_options(len(told.options), values.get(label, ())), strict=True)
            ),
            ShareBar(back[label], all_of[label]),
        )
        for label in sorted(all_of, key=door_order)
    )  # fmt: skip


# --- To take away ------------------------------------------------------------------------------------------------

HEADINGS = ("题号", "题目", "答案", "户数", "占答了的", "占全部户")


def _result_rows(results: Results) -> list[list[object]]:
    rows: list[list[object]] = [
        ["", "收到的户数", "", results.reached, "", results.coverage],
        ["", "全部户数", "", results.households, "", ""],
    ]
    for result in results.questions:
        asked = result.asked
        rows.append(
            [asked.number, asked.text, "答了的", result.answered, "", share(result.answered, results.households)]
        )
        for option in result.options:
            rows.append([asked.number, asked.text, option.text, option.count, option.of_answers, option.of_all])
        if result.numbers and result.numbers.median is not None and result.numbers.mean is not None:
            rows.append([asked.number, asked.text, f"中位数（{asked.unit}）", _figure(result.numbers.median), "", ""])
            rows.append([asked.number, asked.text, f"平均数（{asked.unit}）", _figure(result.numbers.mean), "", ""])
        rows += [[asked.number, asked.text, text, times, "", ""] for text, times in result.texts]
    return rows


def _figure(number: Decimal) -> Figure:
    return Figure(f"{plain(number):f}")


def results_csv(results: Results) -> bytes:
    """Return the counts as CSV."""
    return csv_bytes([HEADINGS, *_result_rows(results)])


def results_workbook(results: Results) -> bytes:
    """Return the counts as a workbook."""
    return write_workbook([Table("结果", HEADINGS, _result_rows(results), (6, 40, 24, 8, 10, 10))])


def answers_workbook(survey: Survey) -> bytes:
    """Return every household with its answers, in the very form that the import reads; who has none, with empty cells."""
    questions = questions_of(survey)
    kinds = {asked.number: asked.kind for asked in questions}
    told: dict[int, dict[int, str]] = defaultdict(dict)
    stored = SurveyAnswer.objects.filter(sheet__survey=survey).order_by()
    for dwelling, number, value in stored.values_list("sheet__dwelling", "question__number", "value"):
        told[dwelling][number] = value

    def cell(key: int, number: int) -> object:
        value = told[key].get(number, "")
        return Figure(value) if value and kinds[number] != TEXT and "," not in value else value

    rows = [
        [household.typed, *(cell(household.key, asked.number) for asked in questions)]
        for household in households_of(survey.compound)
    ]
    headings = ["房屋", *(f"第{asked.number}题" for asked in questions)]
    return write_workbook([Table("问卷", headings, rows, [14] * len(headings))], import_notes(questions))


def import_notes(questions: Sequence[Asked]) -> list[str]:
    """Return how the workbook is filled in, question by question."""
    notes = [
        "一行一户，房屋写成3-2-501，不写姓名。没有收到的户空着，不用删。",
        "单选、多选填选项的号，多选用逗号隔开，例如1,3；填数的只填数；没有答的空着。",
    ]
    for asked in questions:
        options = "；".join(f"{n} {text}" for n, text in enumerate(asked.options, start=1))
        notes.append(f"第{asked.number}题：{asked.text}{f'（{options}）' if options else ''}")
    return notes


def earlier_answers(questions: Sequence[Asked], answers: Mapping[int, str]) -> list[tuple[Asked, str]]:
    """Return a sheet's answers in words, by question; "" is no answer."""
    return [(asked, show_answer(asked, answers.get(asked.number, ""))) for asked in questions]
