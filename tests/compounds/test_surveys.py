"""A survey's course: drafted, frozen when opened, answered once per household, replaced with a record, counted."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import python_calamine
from django.core.management import call_command

from compounds.documents.surveys import (
    answers_workbook,
    buildings_of,
    households_of,
    questions_of,
    results_csv,
    results_of,
)
from compounds.imports.surveys import read_sheets, survey_template
from compounds.models import Building, Compound, Dwelling, Entrance, Survey, SurveyAnswer, SurveySheet, SurveyVisit
from compounds.operations import ChangedMeanwhile
from compounds.operations.survey_prints import print_building, start_survey_printing
from compounds.operations.surveys import (
    BeforeOpening,
    ImportOutcome,
    NoAnswer,
    NoQuestions,
    PurposeTaken,
    SheetChanged,
    SheetData,
    SurveyFrozen,
    SurveyNotOpen,
    VisitData,
    answers_of,
    change_survey,
    close_survey,
    enter_sheet,
    import_sheets,
    move_question,
    note_visits,
    open_survey,
    remove_question,
    save_question,
    start_survey,
)
from compounds.rules.surveys import (
    NUMBER,
    PROGRAMME_QUESTIONS,
    SEVERAL,
    SINGLE,
    TEXT,
    WILLING,
    Asked,
    read_sheet_code,
)
from core.models import Entry
from core.operations import machine, read_bytes
from core.spreadsheets import Figure, Table, WorkbookRefused, write_workbook
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 2)
FOUR = (
    Asked(SINGLE, "愿意交吗", ("愿意", "不愿意"), purpose=WILLING),
    Asked(SEVERAL, "先办什么", ("看门", "打扫", "停车")),
    Asked(NUMBER, "每月多少", unit="元", purpose="monthly_fee"),
    Asked(TEXT, "意见"),
)


@pytest.fixture
def home() -> Compound:
    """A compound of 10号楼 and 2号楼, each of two entrances with three dwellings, and a shop."""
    made = Compound.objects.create(
        code=f"{factories.areas().code}01",
        area_code=f"{factories.COMMUNITY}01",
        name="槐荫里小区（演示）",
        created_at=AT,
    )
    for label in ("10", "2"):
        building = Building.objects.create(compound=made, label=label)
        for name in ("1", "2"):
            entrance = Entrance.objects.create(building=building, label=name)
            for room in ("201", "1001", "101"):
                Dwelling.objects.create(building=building, entrance=entrance, room=room, area=Decimal(60))
        Dwelling.objects.create(building=building, room="底商1", area=Decimal(30), use="shop")
    return made


def me() -> dict[str, object]:
    return {"actor": machine("system"), "at": AT}


def drafted(home: Compound, questions: tuple[Asked, ...] = FOUR) -> Survey:
    return start_survey(home, "摸底", "", questions, **me())  # type: ignore[arg-type]


def opened(home: Compound) -> Survey:
    return open_survey(drafted(home), 1, date(2026, 11, 1), **me())  # type: ignore[arg-type]


def doors(home: Compound) -> list[Dwelling]:
    found = Dwelling.objects.select_related("building", "entrance").in_bulk([h.key for h in households_of(home)])
    return [found[household.key] for household in households_of(home)]


def enter(survey: Survey, dwelling: Dwelling, *values: str, version: int = 0, channel: str = "visit") -> SurveySheet:
    data = SheetData(dict(enumerate(values, start=1)), channel, DAY)
    return enter_sheet(survey, dwelling, data, version=version, **me())  # type: ignore[arg-type]


# --- The questionnaire -------------------------------------------------------------------------------------------


def texts(survey: Survey) -> list[str]:
    return [asked.text for asked in questions_of(survey)]


def test_questions_are_added_changed_ordered_and_removed_while_it_is_a_draft(home: Compound) -> None:
    survey = drafted(home)
    save_question(survey, 1, Asked(TEXT, "还有什么"), **me())  # type: ignore[arg-type]
    move_question(survey, 2, 5, up=True, **me())  # type: ignore[arg-type]
    assert texts(survey) == ["愿意交吗", "先办什么", "每月多少", "还有什么", "意见"]
    remove_question(survey, 3, 1, **me())  # type: ignore[arg-type]
    assert [(q.number, q.text) for q in questions_of(survey)] == [
        (1, "先办什么"), (2, "每月多少"), (3, "还有什么"), (4, "意见"),
    ]  # fmt: skip
    save_question(survey, 4, Asked(TEXT, "您说"), number=4, **me())  # type: ignore[arg-type]
    assert texts(survey)[3] == "您说"
    assert "第4题由意见改为您说" in Entry.objects.filter(action="survey.change").latest("pk").summary
    survey.refresh_from_db()
    assert survey.version == 5
    move_question(survey, 5, 1, up=True, **me())  # type: ignore[arg-type]
    survey.refresh_from_db()
    assert survey.version == 5, "nothing moved, nothing saved"


def test_whoever_saves_an_older_version_is_told_what_came_between(home: Compound) -> None:
    survey = drafted(home)
    change_survey(survey, 1, "大摸底", "您好", **me())  # type: ignore[arg-type]
    with pytest.raises(ChangedMeanwhile) as refusal:
        remove_question(survey, 1, 1, **me())  # type: ignore[arg-type]
    assert refusal.value.entry is not None and "名称由摸底改为大摸底" in refusal.value.entry.summary
    assert len(texts(survey)) == 4


def test_one_question_per_purpose(home: Compound) -> None:
    survey = drafted(home)
    with pytest.raises(PurposeTaken) as refusal:
        save_question(survey, 1, FOUR[0], **me())  # type: ignore[arg-type]
    assert refusal.value.number == 1
    save_question(survey, 1, FOUR[0], number=1, **me())  # type: ignore[arg-type]


def test_an_opened_questionnaire_is_frozen_and_an_empty_one_never_opened(home: Compound) -> None:
    survey = opened(home)
    for verb in (
        lambda: remove_question(survey, 2, 1, **me()),  # type: ignore[arg-type]
        lambda: save_question(survey, 2, FOUR[3], **me()),  # type: ignore[arg-type]
        lambda: move_question(survey, 2, 1, up=False, **me()),  # type: ignore[arg-type]
        lambda: change_survey(survey, 2, "别的", "", **me()),  # type: ignore[arg-type]
        lambda: open_survey(survey, 2, DAY, **me()),  # type: ignore[arg-type]
    ):
        with pytest.raises(SurveyFrozen):
            verb()
    with pytest.raises(NoQuestions):
        open_survey(drafted(home, ()), 1, DAY, **me())  # type: ignore[arg-type]
    assert list(Survey.objects.filter(compound=home).values_list("number", flat=True)) == [2, 1]


# --- Answers -----------------------------------------------------------------------------------------------------


def test_a_household_answers_once_and_is_replaced_with_a_record(home: Compound) -> None:
    survey, dwelling = opened(home), doors(home)[0]
    sheet = enter(survey, dwelling, "1", "1,3", "20", "路灯不亮")
    assert answers_of(sheet) == {1: "1", 2: "1,3", 3: "20", 4: "路灯不亮"}
    assert enter(survey, dwelling, "1", "1,3", "20", "路灯不亮").version == 1, "the same again changes nothing"
    with pytest.raises(SheetChanged) as refusal:
        enter(survey, dwelling, "2")
    assert refusal.value.sheet == sheet
    again = enter(survey, dwelling, "2", "", "0", "路灯修好了", version=1)
    assert (again.pk, again.version, answers_of(again)) == (sheet.pk, 2, {1: "2", 3: "0", 4: "路灯修好了"})
    entry = Entry.objects.filter(action="survey.sheet").latest("pk")
    assert '"before":{"1":"1","2":"1,3","3":"20","4":"（文字）"}' in entry.data
    assert "路灯" not in entry.data + entry.summary and "2号楼1单元101" in entry.summary
    with pytest.raises(SheetChanged):
        enter(survey, dwelling, "1", version=1)


def test_answers_are_taken_while_the_survey_is_open_only(home: Compound) -> None:
    draft, dwelling = drafted(home), doors(home)[0]
    with pytest.raises(SurveyNotOpen):
        enter(draft, dwelling, "1")
    survey = open_survey(draft, 1, DAY, **me())  # type: ignore[arg-type]
    with pytest.raises(NoAnswer):
        enter(survey, dwelling, "", "")
    with pytest.raises(BeforeOpening):
        early = SheetData({1: "1"}, "visit", date(2026, 11, 1))
        enter_sheet(survey, dwelling, early, **me())  # type: ignore[arg-type]
    with pytest.raises(BeforeOpening):
        close_survey(survey, date(2026, 11, 1), **me())  # type: ignore[arg-type]
    close_survey(survey, DAY, **me())  # type: ignore[arg-type]
    for verb in (
        lambda: enter(survey, dwelling, "1"),
        lambda: note_visits(survey, DAY, [VisitData(dwelling, "nobody")], **me()),  # type: ignore[arg-type]
        lambda: import_sheets(survey, {dwelling.pk: {1: "1"}}, DAY, apply=True, **me()),  # type: ignore[arg-type]
    ):
        with pytest.raises(SurveyNotOpen):
            verb()
    assert not SurveySheet.objects.exists() and not SurveyVisit.objects.exists()


def test_visits_in_vain_are_counted_and_not_written_twice(home: Compound) -> None:
    survey, (first, second, *_) = opened(home), doors(home)
    for day in (2, 3, 4):
        visits = [VisitData(first, "nobody"), *([VisitData(second, "refused", "门口说的")] if day == 4 else [])]
        for _ in range(2):
            note_visits(survey, date(2026, 11, day), visits, **me())  # type: ignore[arg-type]
    assert SurveyVisit.objects.count() == 4
    building = buildings_of(survey)[0]
    assert (building.name, len(building.left), building.many, building.refused) == ("2号楼", 6, 1, 1)
    door = building.left[0]
    assert (door.household.typed, door.visits, door.outcome, door.many) == ("2-1-101", 3, "没有人", True)
    enter(survey, first, "1")
    assert buildings_of(survey)[0].many == 0


# --- Printing ----------------------------------------------------------------------------------------------------


def test_one_walks_building_by_building_and_asks_households_only(home: Compound) -> None:
    assert [household.typed for household in households_of(home)][:7] == [
        "2-1-101", "2-1-201", "2-1-1001", "2-2-101", "2-2-201", "2-2-1001", "10-1-101",
    ]  # fmt: skip
    assert len(households_of(home)) == 12


def test_each_household_s_sheet_bears_its_room_and_code(home: Compound) -> None:
    from pypdf import PdfReader

    survey = opened(home)
    name, file = print_building(survey, "2", "https://wuhao.example/entry/")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(read_bytes(file.sha256))).pages]
    assert name == "2号楼问卷，6户，A4.pdf" and file.pages == len(pages) == 6
    for page, dwelling in zip(pages, doors(home), strict=False):
        assert f"2号楼{dwelling.entrance.label}单元{dwelling.room}" in page  # type: ignore[union-attr]
        code = next(line for line in page.split() if read_sheet_code(line))
        assert read_sheet_code(code) == (1, dwelling.pk)
    draft = drafted(home)
    with pytest.raises(SurveyNotOpen):
        start_survey_printing(draft, "", **me())  # type: ignore[arg-type]


def test_printing_is_a_job_with_a_part_and_a_file_per_building(home: Compound) -> None:
    import json

    from core import jobs

    survey = opened(home)
    job = jobs.run_here(start_survey_printing(survey, "https://wuhao.example/entry/", **me()))  # type: ignore[arg-type]
    assert (job.state, job.total, job.done, job.area_code) == ("done", 2, 2, home.area_code)
    files = json.loads(job.result)["files"]
    assert [file["name"] for file in files] == ["2号楼问卷，6户，A4.pdf", "10号楼问卷，6户，A4.pdf"]


def test_sheets_come_on_a5_too(home: Compound) -> None:
    import io

    from pypdf import PdfReader

    survey = opened(home)
    wide = {}
    for paper in ("a4", "a5"):
        name, stored = print_building(survey, "2", "https://wuhao.example/entry/", paper)
        page = PdfReader(io.BytesIO(read_bytes(stored.sha256))).pages[0]
        wide[name] = round(float(page.mediabox.width) / 72 * 25.4)
        assert "号楼" in page.extract_text()
    assert wide == {"2号楼问卷，6户，A4.pdf": 210, "2号楼问卷，6户，A5.pdf": 148}
    jobs_of = {start_survey_printing(survey, "", paper=paper, **me()).pk for paper in ("a4", "a5", "a5")}  # type: ignore[arg-type]
    assert len(jobs_of) == 2


# --- Results -----------------------------------------------------------------------------------------------------


def counted(home: Compound) -> Survey:
    """Ten of twelve answer: all six of building 2, four of building 10."""
    survey = opened(home)
    for n, dwelling in enumerate(doors(home)[:10]):
        fee = ("20", "10", "30", "0", "20", "15", "", "", "", "")[n]
        said = "=HYPERLINK(1)" if n == 1 else ""
        enter(survey, dwelling, "1" if n < 6 else "2", "1,2" if n % 2 else "3", fee, said)
    return survey


def test_results_worked_out_by_hand(home: Compound) -> None:
    results = results_of(counted(home))
    assert (results.households, results.reached, results.coverage) == (12, 10, "83.3%")
    first, second, third, fourth = results.questions
    assert [(o.text, o.count, o.of_answers, o.of_all) for o in first.options] == [
        ("愿意", 6, "60.0%", "50.0%"), ("不愿意", 4, "40.0%", "33.3%"),
    ]  # fmt: skip
    assert [o.count for o in second.options] == [5, 5, 5] and second.answered == 10
    assert third.numbers is not None and third.answered == 6
    assert (third.numbers.median, third.numbers.mean) == (Decimal("17.5"), Decimal("15.83"))
    assert fourth.texts == (("=HYPERLINK(1)", 1),)
    will = results.willingness
    assert will is not None
    assert (will.willing, will.share_of_answers, will.median, will.fees) == (6, "60.0%", Decimal("17.5"), 6)
    assert (will.if_all, will.if_willing) == (Decimal("210.0"), Decimal("105.0"))


def test_a_building_of_few_answers_is_told_in_the_totals_only(home: Compound) -> None:
    survey = counted(home)

    def told(question: int = 0) -> dict[str, object]:
        found = results_of(survey, question).buildings
        return {b.label: None if b.counts is None else tuple(count for _, count in b.counts) for b in found}

    assert told() == {"2": (6, 0), "10": (0, 4)}
    for dwelling in doors(home)[6:8]:
        SurveyAnswer.objects.filter(sheet__dwelling=dwelling, question__number=1).delete()
    hidden = results_of(survey)
    assert told() == {"2": None, "10": None}, "else one tells the other"
    assert [option.count for option in hidden.totals] == [6, 2]
    assert told(2) == {"2": (3, 3, 3), "10": (2, 2, 2)}


def test_what_is_taken_away_computes_nothing(home: Compound) -> None:
    lines = results_csv(results_of(counted(home))).decode("utf-8-sig").splitlines()
    assert any("'=HYPERLINK(1)" in line for line in lines)
    assert "1,愿意交吗,愿意,6,60.0%,50.0%" in lines
    assert "3,每月多少,中位数（元）,17.5,," in lines


# --- The workbook ------------------------------------------------------------------------------------------------


def workbook(*rows: list[object], headings: tuple[str, ...] = ("房屋", "第1题", "第2题", "第3题", "第4题")) -> bytes:
    return write_workbook([Table("问卷", headings, rows)])


def test_what_is_exported_is_imported_and_changes_nothing(home: Compound) -> None:
    survey = counted(home)
    content = answers_workbook(survey)
    file = read_sheets(content, questions_of(survey), households_of(home))
    assert not file.errors and file.rows == 12
    outcome = import_sheets(survey, file.answers, DAY, apply=True, **me())  # type: ignore[arg-type]
    assert outcome == ImportOutcome(0, 0, 12)
    assert not Entry.objects.filter(action="survey.import").exists()


def test_an_import_enters_and_replaces_and_twice_changes_nothing(home: Compound) -> None:
    survey = opened(home)
    enter(survey, doors(home)[0], "1")
    content = workbook(
        ["2-1-101", "2", "13", "20元", ""], ["2号楼1单元201", "愿意", "1，2", Figure("12.5"), "好"], ["10-1-101"]
    )
    file = read_sheets(content, questions_of(survey), households_of(home))
    assert not file.errors
    for expected in (ImportOutcome(1, 1, 1), ImportOutcome(0, 0, 3)):
        assert import_sheets(survey, file.answers, DAY, apply=False, **me()) == expected  # type: ignore[arg-type]
        assert import_sheets(survey, file.answers, DAY, apply=True, **me()) == expected  # type: ignore[arg-type]
    assert [answers_of(sheet) for sheet in survey.sheets.order_by("pk")] == [
        {1: "2", 2: "1,3", 3: "20"}, {1: "1", 2: "1,2", 3: "12.5", 4: "好"},
    ]  # fmt: skip
    entry = Entry.objects.get(action="survey.import")
    assert '"before":{"1":"1"}' in entry.data and "改1户" in entry.summary


def test_every_fault_is_named_by_its_cell(home: Compound) -> None:
    survey = opened(home)
    content = workbook(
        ["2-1-101", "3", "4", "二十", ""], ["2-1-101", "1"], ["9-9-9", "1"], ["二零一", "1"], ["2-201", "1"],
        ["2-底商1", "1"], ["", "1"],
    )  # fmt: skip
    file = read_sheets(content, questions_of(survey), households_of(home))
    said = {
        # cell: how its sentence begins
        "B2": "第1题没有第3项，只有1到", "C2": "第2题没有第4项，只有1到", "D2": "第3题看不懂：\"二十\"里", "A3": "第2行已经有这一户。同一户只",
        "A4": "小区没有\"9-9-9\"这一", "A5": "房屋\"二零一\"看不懂。请填", "A6": "不止一个单元有\"2-201", "A7": "小区没有\"2-底商1\"这",
        "A8": "房屋没有填。",
    }  # fmt: skip
    assert {error.cell for error in file.errors} == set(said)
    assert all(error.reason.startswith(said[error.cell]) for error in file.errors)
    with pytest.raises(WorkbookRefused, match="不认识的列名"):
        headings = ("房屋", "第9题")
        read_sheets(workbook(["2-1-101", "1"], headings=headings), questions_of(survey), households_of(home))


def test_the_template_is_read_by_the_import(home: Compound) -> None:
    survey = drafted(home, PROGRAMME_QUESTIONS)
    rows = python_calamine.load_workbook(io.BytesIO(survey_template())).get_sheet_by_name("问卷").to_python()
    assert rows[0][:2] == ["房屋", "第1题"] and len(rows) == 2
    file = read_sheets(survey_template(), questions_of(survey), households_of(home))
    assert [error.cell for error in file.errors] == ["A2"], "only that the example's dwelling is not ours"


def test_the_command_writes_the_template(tmp_path: Path) -> None:
    call_command("template", "survey", str(tmp_path / "问卷.xlsx"))
    assert (tmp_path / "问卷.xlsx").read_bytes()[:2] == b"PK"
