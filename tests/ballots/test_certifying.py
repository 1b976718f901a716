"""Certifying by two persons: refused until everything holds, the same figures for both, and what comes after it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ballots.choices import CallOutcome, Channel, Matter, Move
from ballots.documents.counted import NotCountedOut, count_out, questions_of
from ballots.documents.outcomes import outcome_of
from ballots.documents.results import figures_sha256, read_result
from ballots.models import Ballot, BoxOpening, Bundle, CallBack, Option, Question, Sheet, SheetPrint
from ballots.operations.announcing import cancel_ballot
from ballots.operations.certifying import (
    begin_recount,
    certify_first,
    certify_second,
    export_of,
    fell_ballot,
    figures_of,
    make_final,
)
from ballots.operations.counting import begin_counting, calls_seed, draw_calls, note_call, note_hand_count
from ballots.operations.entering import Beside, enter_paper, settle_paper
from ballots.operations.issuing import issue_papers, return_papers
from ballots.operations.refusals import (
    BallotRefusal,
    BoxDiffers,
    CallsDrawn,
    CertifiedBefore,
    FiguresChanged,
    HandCountUnclear,
    NoCounters,
    NotAllSettled,
    NotCertifiedYet,
    NothingToDraw,
    NothingUpheld,
    NoticeRuns,
    ObjectionsOpen,
    ObjectionUpheld,
    RollAltered,
    SamePersonTwice,
    VotingRuns,
    WrongState,
)
from ballots.rules import recount
from ballots.rules.entries import Said
from ballots.tasks import make_due_final
from compounds.choices import ObjectionOutcome
from compounds.models import Compound
from compounds.operations.objections import Objecting, answer_objection, take_objection
from core.models import Entry
from core.operations import KeptPaper, machine, read_bytes, store_bytes
from tests import balloting, factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
FOR, AGAINST, BLANK = Said({1: ("赞成",)}), Said({1: ("反对",)}), Said({1: ()})
COUNTERS = "监票：张三；唱票：李四；计票：王五"


@pytest.fixture
def home() -> Compound:
    return factories.compound(households=6)


@pytest.fixture
def ballot(home: Compound) -> Ballot:
    """Six owners of 59.75 m², five papers back: three for, one against, one blank."""
    return balloting.entered(balloting.taken_in(home, 5), FOR, FOR, FOR, AGAINST, BLANK)


def seen(ballot: Ballot) -> str:
    return figures_sha256(figures_of(ballot))


def first(ballot: Ballot) -> None:
    certify_first(ballot, COUNTERS, seen(ballot), actor=machine("system"), at=AT)


def objecting(ballot: Ballot, outcome: ObjectionOutcome | None) -> None:
    document = ballot.results.get(count=ballot.count_number).document
    said = Objecting(text="少算了一张", received_on=date(2026, 11, 6))
    made = take_objection(ballot.compound, document, said, answer_days=7, actor=machine("system"), at=AT)
    if outcome:
        answer_objection(made, outcome, "查过了", on=date(2026, 11, 7), actor=machine("system"), at=AT)


# --- The result ---------------------------------------------------------------------------------------------------


def test_certified_by_two_the_result_says_what_was_counted(ballot: Ballot) -> None:
    result = balloting.certified(ballot)
    ballot.refresh_from_db()
    assert ballot.state == "certified" and not hasattr(ballot, "certification")
    paper = read_result(result.document.data, "http://x")
    assert paper.sha256 == result.document.sha256 and (result.first_by.username, result.second_by.username) == (
        "system",
        "system-2",
    )
    assert (paper.roll.heads, paper.cast.heads, paper.cast.area) == (6, 5, 5 * 59.75)
    answer = paper.answers[0]
    assert [(line.label, line.heads) for line in answer.lines] == [
        ("赞成", 3),
        ("反对", 1),
        ("弃权", 0),
        ("未填", 1),
        ("本题无效", 0),
    ]
    assert (paper.verdict, answer.verdict, answer.lines[0].heads_share) == ("通过", "通过", "60.0%")
    assert [bar.verdict for bar in paper.turnout_bars] == ["够，多1人", "够，多59.75\xa0m²"]
    assert paper.box["printed"] == 6 and paper.box["outstanding"] == 1 and paper.objections_until == date(2026, 11, 12)
    assert "不表示" not in paper.answers[0].note


def test_a_failed_question_says_only_that_it_failed(home: Compound) -> None:
    made = balloting.entered(balloting.taken_in(home, 5), AGAINST)
    paper = read_result(balloting.certified(made).document.data)
    assert paper.verdict == "未通过" and "不表示定了相反的事" in paper.answers[0].note
    assert "决定" not in paper.answers[0].verdict
    other = balloting.entered(balloting.taken_in(home, 3), FOR)
    assert read_result(balloting.certified(other).document.data).verdict == "参与的不够，没有通过"


def test_page_pdf_csv_and_json_are_one_snapshot(ballot: Ballot) -> None:
    result = balloting.certified(ballot)
    files = {file.format: read_bytes(file.sha256) for file in result.document.files.all()}
    said = json.loads(files["json"])
    assert said["sha256"] == result.document.sha256 and said["verify_url"].endswith(f"/verify/{result.document.code}/")
    assert {key: value for key, value in said.items() if key not in ("sha256", "verify_url")} == json.loads(
        result.document.data
    )
    assert "papers" not in said and "roll" not in said
    assert "赞成,3,179.2500,60.0%,60.0%" in files["csv"].decode("utf-8-sig") and files["pdf"].startswith(b"%PDF")


def test_the_export_is_counted_again_to_the_last_digit(ballot: Ballot, tmp_path: Any) -> None:
    result = balloting.certified(ballot)
    path = tmp_path / "office.json"
    path.write_bytes(export_of(ballot))
    data = json.loads(path.read_bytes())
    assert len(data["roll"]) == 6 and len(data["papers"]) == 5 and recount(data) == data["result"]
    out = StringIO()
    call_command("recount", str(path), "--json", stdout=out)
    assert json.loads(out.getvalue())["result"] == json.loads(result.document.data)["result"]
    again = tmp_path / "again.json"
    name = f"{ballot.compound.code}/{ballot.number}"
    call_command("ballot", name, "--office", "--format", "json", "--output", str(again), stdout=StringIO())
    assert again.read_bytes() == path.read_bytes()
    call_command("ballot", name, "--format", "json", "--output", str(again), stdout=StringIO())
    assert "papers" not in json.loads(again.read_bytes())


@pytest.mark.parametrize("args", [["--format", "json"], ["--office", "--format", "json"], ["--format", "pdf"]])
def test_the_command_says_no_totals_before_certification(ballot: Ballot, args: list[str]) -> None:
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("ballot", f"{ballot.compound.code}/{ballot.number}", *args, "--json", stdout=out, stderr=err)
    assert ended.value.code == 1 and "赞成" not in out.getvalue() + err.getvalue()


def test_invalid_and_void_have_their_reasons(home: Compound) -> None:
    made = balloting.issuing(home, matter="other")
    asked = Question.objects.create(ballot=made, number=2, kind="choose_one", text="选哪一个？")
    for number, text in enumerate(("方案甲", "方案乙", "以上均不同意"), 1):
        Option.objects.create(question=asked, number=number, text=text)
    papers = balloting.printed(made)
    issue_papers(made, papers, on=balloting.FROM, actor=machine("system"), at=AT)
    return_papers(made, papers, Channel.VISIT, on=balloting.FROM, actor=machine("system"), at=AT)
    begin_counting(made, on=balloting.UNTIL + timedelta(1), actor=machine("system"), at=AT)
    balloting.entered(
        made, Said({1: ("赞成",), 2: (1, 2)}, {2: "overvote"}), Said({1: ("无效",), 2: (1,)}, {1: "illegible"}),
        Said(void="unsigned"), Said({1: ("赞成",), 2: (1,)}),
    )  # fmt: skip
    paper = read_result(balloting.certified(made).document.data)
    assert paper.void == (("没有签名", 1),) and paper.valid == 5 and paper.cast.heads == 5
    assert paper.answers[0].reasons == (("认不清", 1),) and paper.answers[1].reasons == (("选多了", 1),)
    assert paper.answers[1].verdict == "选定：方案甲" and paper.verdict == "两件事全部通过"
    assert recount(json.loads(export_of(made))) == paper.data["result"]


def test_counting_out_takes_five_queries_however_many_sheets(ballot: Ballot) -> None:
    ballot = Ballot.objects.select_related("rule", "compound").get(pk=ballot.pk)
    with CaptureQueriesContext(connection) as queries:
        count_out(ballot, questions_of(ballot))
    assert len(queries) == 5


# --- What refuses -------------------------------------------------------------------------------------------------


def test_nothing_is_told_while_a_sheet_waits(home: Compound) -> None:
    made = balloting.taken_in(home, 5)
    with pytest.raises(NotAllSettled):
        figures_of(made)
    sheets = list(made.sheets.order_by("pk"))
    for sheet in sheets:
        enter_paper(made, sheet, FOR, actor=machine("system"), at=AT)
    with pytest.raises(NotAllSettled) as refused:
        figures_of(made)
    assert refused.value.waiting == 5
    with pytest.raises(NotCountedOut):
        count_out(made, questions_of(made))
    for sheet in sheets:
        enter_paper(made, sheet, AGAINST if sheet is sheets[0] else FOR, actor=machine("system-2"), at=AT)
    with pytest.raises(NotAllSettled):
        certify_first(made, COUNTERS, "0" * 64, actor=machine("system"), at=AT)
    settle_paper(made, sheets[0], FOR, "看票面", actor=factories.user(name="书记"), at=AT)
    assert figures_of(made)["settled"] == 1


def test_the_same_person_or_other_figures_do_not_certify(ballot: Ballot) -> None:
    with pytest.raises(NotCertifiedYet):
        certify_second(ballot, seen(ballot), actor=machine("system-2"), at=AT)
    with pytest.raises(NoCounters):
        certify_first(ballot, "  ", seen(ballot), actor=machine("system"), at=AT)
    with pytest.raises(FiguresChanged):
        certify_first(ballot, COUNTERS, "0" * 64, actor=machine("system"), at=AT)
    first(ballot)
    with pytest.raises(SamePersonTwice):
        certify_second(ballot, seen(ballot), actor=machine("system"), at=AT)
    with pytest.raises(FiguresChanged):
        certify_second(ballot, "0" * 64, actor=machine("system-2"), at=AT)
    before = seen(ballot)
    sheet = ballot.sheets.earliest("pk")
    for who in ("system", "system-2"):
        enter_paper(ballot, sheet, AGAINST, actor=machine(who), at=AT, version=1, beside=Beside())
    with pytest.raises(FiguresChanged):  # the first saw other figures
        certify_second(ballot, seen(ballot), actor=machine("system-2"), at=AT)
    with pytest.raises(FiguresChanged):
        certify_second(ballot, before, actor=machine("system-2"), at=AT)
    assert not ballot.results.exists()
    balloting.certified(ballot)
    with pytest.raises(BallotRefusal):
        certify_first(ballot, COUNTERS, "0" * 64, actor=machine("system"), at=AT)


def test_a_roll_changed_in_sql_is_found(ballot: Ballot) -> None:
    Ballot.objects.filter(pk=ballot.pk).update(roll_sha256="1" * 64)
    ballot.refresh_from_db()
    with pytest.raises(RollAltered):
        certify_first(ballot, COUNTERS, "0" * 64, actor=machine("system"), at=AT)


@pytest.mark.parametrize("fault", ["stray", "sheet", "cover"])
def test_a_box_that_does_not_add_up_is_not_certified(ballot: Ballot, fault: str) -> None:
    if fault == "stray":
        ballot.papers.filter(state="issued").update(state="printed")
    elif fault == "sheet":
        bundle = ballot.bundles.get()
        added = Sheet.objects.create(ballot=ballot, bundle=bundle, position=50, paper=ballot.papers.get(state="issued"))
        for round_, who in ((1, "system"), (2, "system-2")):
            added.entries.create(round=round_, user=machine(who), marks='{"1":["赞成"]}', entered_on=balloting.UNTIL)
    else:
        Bundle.objects.filter(ballot=ballot).update(
            sheet_count=4, closed_by=machine("system"), closed_on=balloting.UNTIL
        )
    with pytest.raises(BoxDiffers) as refused:
        figures_of(ballot)
    assert [key for key, _, _ in refused.value.faults] == {
        "stray": ["strays"],
        "sheet": ["returned"],
        "cover": ["covers"],
    }[fault]


def secret(home: Compound, sheets: int) -> Ballot:
    """An election of which four papers were issued and so many sheets lay in the box."""
    made = balloting.issuing(home, "committee_election", secret=True, matter="committee")
    papers = balloting.printed(made)
    issue_papers(made, papers[:4], on=balloting.FROM, actor=machine("system"), at=AT)
    SheetPrint.objects.create(ballot=made, sheets=10, by=machine("system"), on=balloting.FROM)
    begin_counting(made, on=balloting.UNTIL + timedelta(1), actor=machine("system"), at=AT)
    BoxOpening.objects.create(
        ballot=made, boxes="固定箱", sheets=sheets, witnesses="张三、李四", by=machine("system"), on=balloting.UNTIL
    )
    bundle = Bundle.objects.create(ballot=made, number=1)
    Sheet.objects.bulk_create(Sheet(ballot=made, bundle=bundle, position=n) for n in range(1, sheets + 1))
    return balloting.entered(made, FOR)


def test_more_sheets_in_a_secret_box_than_issued_void_the_election(home: Compound) -> None:
    with pytest.raises(BoxDiffers) as refused:
        figures_of(secret(home, 5))
    assert refused.value.faults == [("box_too_full", 4, 5)]


def test_a_secret_result_has_no_area_and_no_entry(home: Compound) -> None:
    made = secret(home, 4)
    data = json.loads(balloting.certified(made).document.data)
    assert data["result"]["cast"] == {"heads": 4, "area": None}
    export = json.loads(export_of(made))
    assert {paper["entry"] for paper in export["papers"]} == {paper["serial"] for paper in export["papers"]} == {None}
    assert recount(export) == data["result"]
    with pytest.raises(NothingToDraw):
        draw_calls(secret(home, 2), actor=machine("system"), at=AT)


def test_papers_are_taken_until_the_last_day(home: Compound) -> None:
    made = balloting.issuing(home)
    with pytest.raises(VotingRuns):  # nobody's paper is printed yet
        begin_counting(made, on=balloting.FROM, actor=machine("system"), at=AT)
    papers = balloting.printed(made)
    issue_papers(made, papers, on=balloting.FROM, actor=machine("system"), at=AT)
    with pytest.raises(VotingRuns):
        begin_counting(made, on=balloting.UNTIL, actor=machine("system"), at=AT)
    return_papers(made, papers, Channel.VISIT, on=balloting.FROM, actor=machine("system"), at=AT)
    begin_counting(made, on=balloting.UNTIL, actor=machine("system"), at=AT)
    with pytest.raises(WrongState):
        begin_counting(made, on=balloting.UNTIL, actor=machine("system"), at=AT)


# --- Beside it ----------------------------------------------------------------------------------------------------


def test_a_count_by_hand_shows_where_it_deviates_and_changes_nothing(ballot: Ballot) -> None:
    lines = {"赞成": 3, "反对": 2, "abstain": 0, "blank": 0, "invalid": 0}
    for wrong in ({"1": {"赞成": 1}}, {"2": lines}, {"1": lines | {"赞成": -1}}):
        with pytest.raises(HandCountUnclear):
            note_hand_count(ballot, wrong, "", actor=machine("system"), at=AT)
    note_hand_count(ballot, {"1": lines}, "在院里唱票", actor=machine("system"), at=AT)
    answer = read_result(balloting.certified(ballot).document.data).answers[0]
    assert [(line.label, line.hand, line.heads) for line in answer.deviations] == [("反对", 2, 1), ("未填", 0, 1)]


def test_one_paper_in_twenty_is_drawn_once_by_a_recorded_seed(ballot: Ballot) -> None:
    drawn = draw_calls(ballot, actor=machine("system"), at=AT, seed="a1")
    assert len(drawn) == 1 and calls_seed(ballot) == "a1"
    with pytest.raises(CallsDrawn):
        draw_calls(ballot, actor=machine("system"), at=AT)
    note_call(drawn[0], CallOutcome.CONFIRMED, "", on=balloting.UNTIL, actor=machine("system"), at=AT)
    paper = read_result(balloting.certified(ballot).document.data)
    assert paper.calls == {"drawn": 1, "seed": "a1", "open": 0, "confirmed": 1, "denied": 0, "unreached": 0}
    assert CallBack.objects.get().paper.ballot_id == ballot.pk


# --- After it -----------------------------------------------------------------------------------------------------


def test_final_when_the_notice_is_over_and_no_objection_is_open(ballot: Ballot) -> None:
    balloting.certified(ballot)
    with pytest.raises(NoticeRuns):
        make_final(ballot, on=date(2026, 11, 12), actor=machine("system"), at=AT)
    objecting(ballot, None)
    with pytest.raises(ObjectionsOpen):
        make_final(ballot, on=date(2026, 11, 13), actor=machine("system"), at=AT)
    answer_objection(ballot.results.get().document.objections.get(), ObjectionOutcome.REJECTED, "没有少算", on=date(2026, 11, 7),
                     actor=machine("system"), at=AT)  # fmt: skip
    assert outcome_of(ballot.compound, Matter.SERVICE_MODE, date(2026, 11, 13)) is None
    make_final(ballot, on=date(2026, 11, 13), actor=machine("system"), at=AT)
    ballot.refresh_from_db()
    assert ballot.state == "final"
    stands = outcome_of(ballot.compound, Matter.SERVICE_MODE, date(2026, 11, 13))
    assert stands is not None and stands.ballot == ballot and stands.passed == {1: True} and stands.all_passed
    assert outcome_of(ballot.compound, Matter.SERVICE_MODE, date(2026, 11, 12)) is None
    assert outcome_of(ballot.compound, Matter.PARKING, date(2026, 11, 13)) is None
    content = b"%PDF-1.4 y"
    paper = KeptPaper("判决书.pdf", "application/pdf", len(content), store_bytes(content))
    fell_ballot(ballot, Move.SET_ASIDE, "判决书", paper, on=date(2026, 12, 1), actor=machine("system"), at=AT)
    assert outcome_of(ballot.compound, Matter.SERVICE_MODE, date(2026, 11, 30)) is not None
    assert outcome_of(ballot.compound, Matter.SERVICE_MODE, date(2026, 12, 1)) is None


def test_the_schedule_makes_final_what_may_be(ballot: Ballot) -> None:
    balloting.certified(ballot)
    make_due_final(AT + timedelta(7))
    ballot.refresh_from_db()
    assert ballot.state == "certified"  # 12 November is the last day for objections
    objecting(ballot, None)
    make_due_final(AT + timedelta(8))
    ballot.refresh_from_db()
    assert ballot.state == "certified"
    answer_objection(ballot.results.get().document.objections.get(), ObjectionOutcome.REJECTED, "没有少算",
                     on=date(2026, 11, 7), actor=machine("system"), at=AT)  # fmt: skip
    make_due_final(AT + timedelta(8))
    ballot.refresh_from_db()
    assert ballot.state == "final" and ballot.moves.get(kind="final").on == date(2026, 11, 13)


def test_an_upheld_objection_leads_to_a_recount_and_the_old_result_stays(ballot: Ballot) -> None:
    old = balloting.certified(ballot)
    with pytest.raises(NothingUpheld):
        begin_recount(ballot, "异议成立", on=date(2026, 11, 8), actor=machine("system"), at=AT)
    objecting(ballot, ObjectionOutcome.UPHELD)
    with pytest.raises(ObjectionUpheld):
        make_final(ballot, on=date(2026, 11, 13), actor=machine("system"), at=AT)
    begin_recount(ballot, "异议成立", on=date(2026, 11, 8), actor=machine("system"), at=AT)
    assert (ballot.state, ballot.count_number) == ("counting", 2)
    with pytest.raises(NotAllSettled):
        figures_of(ballot)
    with pytest.raises(CertifiedBefore):  # what was posted falls by the street or a court only
        cancel_ballot(ballot, "不数了", actor=machine("system"), at=AT)
    balloting.entered(ballot, FOR, FOR, AGAINST, AGAINST, BLANK)
    new = balloting.certified(ballot)
    paper = read_result(new.document.data)
    assert paper.changes == [
        {"question": 1, "line": "赞成", "before": 3, "after": 2}, {"question": 1, "line": "反对", "before": 1, "after": 2},
    ]  # fmt: skip
    assert paper.change_lines[0] == "第1题赞成由3改为2" and new.document.version == 2
    assert read_result(old.document.data).answers[0].lines[0].heads == 3 and ballot.results.count() == 2


def test_a_felled_ballot_says_by_which_document(ballot: Ballot) -> None:
    content = b"%PDF-1.4 x"
    paper = KeptPaper("撤销决定.pdf", "application/pdf", len(content), store_bytes(content))
    with pytest.raises(WrongState):
        fell_ballot(ballot, Move.ANNULLED, "违反公告", paper, on=date(2026, 11, 20), actor=machine("system"), at=AT)
    balloting.certified(ballot)
    move = fell_ballot(ballot, Move.SET_ASIDE, "判决书", paper, on=date(2026, 11, 20), actor=machine("system"), at=AT)
    ballot.refresh_from_db()
    assert ballot.state == "set_aside" and move.paper is not None and move.paper.name == "撤销决定.pdf"
    assert Entry.objects.filter(action="ballot.set_aside").exists()
