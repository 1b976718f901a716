"""Secret ballots: an election from draft to certified, and nothing that joins a sheet to a voter (quality.md, P2, D27)."""

from __future__ import annotations

import importlib.util
import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils import timezone
from pypdf import PdfReader

from ballots.choices import Channel, VisitOutcome
from ballots.documents.boxes import box_of
from ballots.documents.outcomes import final_ballots
from ballots.documents.papers import PaperSheet, paper_form
from ballots.documents.results import read_result, result_csv
from ballots.models import (
    Ballot,
    BallotMove,
    Bundle,
    Paper,
    PaperEntry,
    PaperEvent,
    PaperVisit,
    RollEntry,
    Settlement,
    Sheet,
)
from ballots.operations.boxes import bundle_sizes, lay_bundles, open_box, void_election
from ballots.operations.certifying import begin_recount, export_of, figures_of
from ballots.operations.counting import begin_counting
from ballots.operations.entering import enter_paper, settle_paper
from ballots.operations.issuing import issue_papers, note_visit, return_papers
from ballots.operations.printing import print_sheets
from ballots.operations.refusals import (
    BoxDiffers,
    BoxNotOpened,
    BoxNotTooFull,
    BoxTooFull,
    BundlesDiffer,
    BundlesEntered,
    NotSecret,
    WrongState,
)
from ballots.operations.rolls import draft_roll
from ballots.rules.counting import Asked
from ballots.rules.elections import Elected, answer_typed, elected_in, read_candidates, typed_of, written_name
from ballots.rules.entries import NotAnAnswer, Said, said_of, same, say
from compounds.models import Compound, Dwelling, Objection, ObjectionAnswer, Owner, Ownership
from core.models import Entry
from core.operations import machine, read_bytes
from tests import balloting, factories
from tests.balloting import FROM, UNTIL
from tests.factories import AT

pytestmark = pytest.mark.django_db

NAMES = ("赵一", "钱二", "孙三", "李四", "周五", "吴六", "郑七", "冯八", "陈九")
VOTES = (11, 10, 9, 9, 8, 8, 1, 1, 0)  # on twelve valid sheets of five marks; three more are for somebody else
ISSUED, CAST = 16, 14
ASKED = Asked(1, "choose_up_to", len(NAMES), 5, 5)


def me(who: str = "system", at: datetime = AT) -> dict[str, Any]:
    return {"actor": machine(who), "at": at}


def tool() -> Any:
    spec = importlib.util.spec_from_file_location("recount_tool", Path(settings.BASE_DIR) / "tools" / "recount.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def home() -> Compound:
    """Twenty households in one building, one alone in another."""
    made = factories.compound(households=20)
    return made


def drafted(home: Compound, **fields: object) -> Ballot:
    """Put nine candidates for five seats to the vote."""
    told = {"title": "选举自管会委员", "secret": True, "matter": "committee"} | fields
    ballot = balloting.announced(home, "committee_election", **told)
    balloting.elect(ballot, NAMES)
    return ballot


def voted(home: Compound, issued: int = ISSUED, back: int = CAST, **fields: object) -> Ballot:
    """Print, issue and take papers back, until the boxes are closed."""
    made = drafted(home, **fields)
    made = balloting.freeze_roll(made, heads=20, on=FROM, **me())
    print_sheets(made, 20, **me())
    papers = list(Paper.objects.filter(ballot=made).order_by("pk"))
    issue_papers(made, papers[:issued], on=FROM, **me())
    late_first = list(reversed(papers[:back]))
    return_papers(
        made, late_first[: back // 2], Channel.FIXED_BOX, on=FROM + timedelta(1), **me(at=AT + timedelta(hours=3))
    )
    return_papers(
        made, late_first[back // 2 :], Channel.MOBILE_BOX, on=FROM + timedelta(2), **me(at=AT + timedelta(hours=5))
    )
    begin_counting(made, on=UNTIL + timedelta(1), **me())
    return made


def opened(ballot: Ballot, sheets: int = CAST) -> Ballot:
    open_box(ballot, "固定箱1个、流动箱1个", sheets, "张三、李四、王五", **me())
    lay_bundles(ballot, [10, sheets - 10], **me())
    return ballot


def sheet(marks: tuple[int, ...], written: tuple[str, ...] = (), opposed: tuple[int, ...] = ()) -> Said:
    answers = {1: answer_typed(Elected(marks))}
    return say([ASKED], answers, {}, opposed={1: opposed}, written={1: written})


def sheets() -> list[Said]:
    """Twelve valid sheets that give VOTES and three votes to 王秀兰, one overvoted by a name, one void."""
    marks: list[list[int]] = [[] for _ in range(12)]
    place = 0
    for number, votes in enumerate(VOTES, 1):
        for _ in range(votes):
            marks[place % 12].append(number)
            place += 1
    assert {len(each) for each in marks} <= {4, 5}
    fewer = [n for n, each in enumerate(marks) if len(each) == 4]
    spelt = iter(("王秀兰", "王 秀 兰", "王秀兰"))
    said = [
        sheet(tuple(each), (written_name(next(spelt)),) if n in fewer else (), (9,) if n < 4 and 9 not in each else ())
        for n, each in enumerate(marks)
    ]
    return [*said, sheet((1, 2, 3, 4, 5), ("刘强",)), Said(void="torn")]


def entered(ballot: Ballot, said: list[Said]) -> Ballot:
    """Enter the sheets twice; the last is doubted by one, so that a third person settles it."""
    lying = list(ballot.sheets.order_by("bundle__number", "position"))
    for each, what in zip(lying, said, strict=True):
        for who in ("system", "system-2"):
            doubt = each == lying[-1] and who == "system-2"
            enter_paper(ballot, each, Said(doubtful=True) if doubt else what, **me(who))
    settle_paper(ballot, lying[-1], said[-1], "撕去一半，认不出", actor=factories.user(name="赵书记"), at=AT)
    return ballot


# --- From draft to certified --------------------------------------------------------------------------------------


def test_an_election_is_counted_from_the_box_to_the_seats(home: Compound, tmp_path: Path) -> None:
    ballot = entered(opened(voted(home)), sheets())
    result = balloting.certified(ballot)
    data = json.loads(result.document.data)
    assert data["result"]["roll"] == {"heads": 20, "area": None}
    assert data["result"]["cast"] == {"heads": CAST, "area": None}  # the void sheet and the overvoted one took part
    assert data["void"] == {"torn": 1}
    assert data["settled"] == 1
    assert data["box"]["found"] == data["box"]["sheets"] == CAST
    (asked,), (said,) = data["questions"], data["result"]["questions"]
    assert (asked["options"], asked["candidates"]) == ([*NAMES, "王秀兰"], 9)  # of an invalid answer no name is taken
    assert [each["heads"] for each in said["options"]] == [*VOTES, 3]
    assert said["invalid"] == {"heads": 1, "area": None}
    assert said["reasons"] == {"overvote": 1}
    # More than half of fourteen is eight; four are seated, two are tied at the fifth seat and vote again.
    assert (said["seated"], said["tied"], said["alternates"]) == ([1, 2, 3, 4], [5, 6], [])
    assert data["opposition"]["1"][8] == {"option": 9, "against": 4, "abstain": 8}
    assert data["opposition"]["1"][0] == {"option": 1, "against": 0, "abstain": 1}
    (answer,) = read_result(result.document.data).answers
    assert answer.verdict == "当选：赵一、钱二、孙三、李四"
    assert "周五、吴六票数相同，要在他们之间再投一次" in answer.note
    standing = {each.name: each.standing for each in answer.candidates}
    assert standing == dict.fromkeys(NAMES[:4], "当选") | dict.fromkeys(NAMES[4:6], "票数相同") | {
        "郑七": "", "冯八": "", "陈九": "", "王秀兰": "",
    }  # fmt: skip
    export = json.loads(export_of(ballot))
    assert {paper["serial"] for paper in export["papers"]} == {paper["entry"] for paper in export["papers"]} == {None}
    assert tool().count(export) == data["result"]
    path = tmp_path / "export.json"
    path.write_bytes(export_of(ballot))
    assert tool().main(["recount.py", str(path)]) == 0
    export["papers"][0]["marks"]["1"] = []
    assert tool().count(export) != data["result"]  # control
    assert "王秀兰（另选）" in result_csv(read_result(result.document.data)).decode("utf-8-sig")


def test_who_is_written_in_can_be_elected(home: Compound) -> None:
    said = [
        sheet((1,), ("刘强",)),
        sheet((), ("刘强", "高敏")),
        sheet((2, 3), ("高敏",)),
        *[sheet((1,), ("刘强",))] * 11,
    ]
    ballot = opened(voted(home))
    balloting.entered(ballot, *said)
    result = balloting.certified(ballot)
    data = json.loads(result.document.data)
    (asked,), (answer,) = data["questions"], data["result"]["questions"]
    assert asked["options"][9:] == ["刘强", "高敏"]
    assert (answer["seated"], answer["alternates"]) == ([10, 1], [])
    assert answer["blank"] == {"heads": 0, "area": None}  # who wrote a name only approved somebody
    assert tool().count(json.loads(export_of(ballot))) == data["result"]


def test_a_recount_names_lines_whoever_is_written_in(home: Compound) -> None:
    ballot = entered(opened(voted(home)), sheets())
    first = balloting.certified(ballot)
    note = Objection.objects.create(
        compound=home, document=first.document, slip="AAAA", text="我写的名字没有", received_on=AT.date(),
        answer_by_on=AT.date(), by=machine("system"), at=AT,
    )  # fmt: skip
    ObjectionAnswer.objects.create(
        objection=note, outcome="upheld", text="重数", on=AT.date(), by=machine("system"), at=AT
    )
    begin_recount(ballot, "异议成立", on=AT.date(), **me())
    ballot.refresh_from_db()
    again = sheets()
    at = next(n for n, said in enumerate(again) if said.written)
    again[at] = sheet(
        tuple(m for m in again[at].marks[1] if isinstance(m, int)), ("刘强",), again[at].opposed.get(1, ())
    )
    entered(ballot, again)
    paper = read_result(balloting.certified(ballot).document.data)
    assert paper.change_lines == ["第1题王秀兰（另选）由3改为2", "第1题刘强（另选）由0改为1"]


def test_a_final_election_says_who_is_seated(home: Compound) -> None:
    ballot = entered(opened(voted(home)), sheets())
    balloting.certified(ballot)
    BallotMove.objects.create(ballot=ballot, seq=9, kind="final", on=UNTIL, by=machine("system"), at=AT)
    assert final_ballots(home)[0].seated == {1: ["赵一", "钱二", "孙三", "李四"]}


# --- The box ------------------------------------------------------------------------------------------------------


def test_one_sheet_too_many_in_the_box_voids_the_whole(home: Compound) -> None:
    ballot = voted(home)
    open_box(ballot, "固定箱", ISSUED + 1, "张三、李四", **me())
    with pytest.raises(BoxTooFull):
        lay_bundles(ballot, [ISSUED + 1], **me())
    assert not Sheet.objects.exists()
    void_election(ballot, **me())
    ballot.refresh_from_db()
    assert ballot.state == "cancelled"
    last = BallotMove.objects.filter(ballot=ballot).latest("seq")
    assert last.reason == "票箱里有17张票，比发出的16张多，按规则整次投票无效。"
    with pytest.raises(WrongState):
        open_box(ballot, "固定箱", ISSUED, "张三、李四", **me())


def test_as_many_as_issued_or_fewer_void_nothing(home: Compound) -> None:
    ballot = voted(home)
    for sheets_found in (ISSUED, ISSUED - 5):
        open_box(ballot, "固定箱", sheets_found, "张三、李四", **me())
        with pytest.raises(BoxNotTooFull):
            void_election(ballot, **me())
        assert len(lay_bundles(ballot, [sheets_found], **me())) == 1
    assert Sheet.objects.count() == ISSUED - 5


def test_a_box_is_opened_and_bundled_before_anything_counts(home: Compound) -> None:
    ballot = voted(home)
    with pytest.raises(BoxNotOpened):
        lay_bundles(ballot, [CAST], **me())
    assert [key for key, *_ in box_of(ballot, []).faults] == ["box_unopened"]
    with pytest.raises(BoxDiffers):
        figures_of(ballot)
    open_box(ballot, "固定箱", CAST, "张三、李四", **me())
    assert box_of(ballot, []).faults == [("box_sheets", CAST, 0)]
    for wrong in ([], [CAST - 1], [CAST, 1], [CAST, 0], [-1, CAST + 1]):
        with pytest.raises(BundlesDiffer):
            lay_bundles(ballot, wrong, **me())
    lay_bundles(ballot, [CAST], **me())
    enter_paper(ballot, Sheet.objects.latest("pk"), sheet((1,)), **me())
    with pytest.raises(BundlesEntered):
        lay_bundles(ballot, [CAST], **me())
    with pytest.raises(BundlesEntered):
        open_box(ballot, "固定箱", CAST, "张三、李四", **me())
    with pytest.raises(NotSecret):
        open_box(balloting.counting_ballot(home), "固定箱", 4, "张三、李四", **me())


def test_bundles_hold_fifty() -> None:
    assert [bundle_sizes(n) for n in (0, 1, 50, 51, 137)] == [[], [1], [50], [50, 1], [50, 50, 37]]


# --- Nothing joins sheet and voter (P2) ---------------------------------------------------------------------------


def reached(row: models.Model) -> Iterator[models.Model]:
    """Walk every relation that leads from a row to one other, forward and back, and what that leads to."""
    seen: set[tuple[type[models.Model], Any]] = set()
    open_ = [row]
    while open_:
        here = open_.pop()
        if (type(here), here.pk) in seen:
            continue
        seen.add((type(here), here.pk))
        yield here
        for field in type(here)._meta.get_fields():
            if field.one_to_one or field.many_to_one:
                found = getattr(here, field.get_accessor_name() if field.auto_created else field.name, None)  # type: ignore[union-attr]
                if isinstance(found, models.Model):
                    open_.append(found)


def voters_reached(ballot: Ballot) -> list[RollEntry]:
    """Return the entries of the roll to which anything that was entered leads."""
    begins = [
        *Sheet.objects.filter(ballot=ballot), *PaperEntry.objects.filter(sheet__ballot=ballot),
        *Settlement.objects.filter(sheet__ballot=ballot), *Bundle.objects.filter(ballot=ballot),
    ]  # fmt: skip
    return [row for start in begins for row in reached(start) if isinstance(row, RollEntry)]


def test_no_relation_leads_from_a_sheet_to_a_voter(home: Compound) -> None:
    ballot = entered(opened(voted(home)), sheets())
    assert voters_reached(ballot) == []
    # Control: a sheet that knows its paper leads to its voter.
    Sheet.objects.filter(pk=ballot.sheets.latest("pk").pk).update(
        paper=Paper.objects.filter(ballot=ballot).latest("pk")
    )
    assert voters_reached(ballot) != []


def test_no_table_but_the_papers_own_joins_the_two() -> None:
    """Walk the schema itself: every way from a sheet to an entry of the roll passes ``Sheet.paper``."""

    def ways(model: type[models.Model], seen: tuple[type[models.Model], ...]) -> Iterator[str]:
        for field in model._meta.get_fields():
            to = field.related_model
            if not (field.one_to_one or field.many_to_one) or not isinstance(to, type) or to in (*seen, model):
                continue
            if to is RollEntry:
                yield f"{model.__name__}.{field.name}"
            yield from (f"{model.__name__}.{field.name} {way}" for way in ways(to, (*seen, model)))

    found = [way for start in (Sheet, PaperEntry, Settlement) for way in ways(start, ())]
    assert found  # control: the way of the open ballots is seen
    assert [way for way in found if "Sheet.paper" not in way] == []


def test_sheets_are_made_in_their_own_order_at_once(home: Compound) -> None:
    ballot = opened(voted(home))
    keys = list(ballot.sheets.order_by("bundle__number", "position").values_list("pk", flat=True))
    assert keys == list(range(keys[0], keys[0] + CAST))
    assert set(ballot.sheets.values_list("paper", flat=True)) == {None}


def test_the_order_of_return_is_not_kept(home: Compound) -> None:
    ballot = voted(home, back=10)
    events = PaperEvent.objects.filter(paper__ballot=ballot, state="returned").order_by("pk")
    first = list(events.values_list("paper__entry__number", flat=True))[:5]
    assert first == sorted(first)  # handed in the other way round
    assert {event.at for event in events} == {midnight(AT)}


def midnight(at: datetime) -> datetime:
    return timezone.make_aware(datetime.combine(timezone.localdate(at), datetime.min.time()))


def finer_than_a_day(ballot: Ballot) -> list[str]:
    """Return every row about an entry of the roll, or history line that names its place, with a time of the day."""
    found = []
    for model in apps.get_models():
        times = [f.name for f in model._meta.concrete_fields if isinstance(f, models.DateTimeField)]
        ways = [f.name for f in model._meta.concrete_fields if f.related_model in (RollEntry, Paper)]
        for way in ways if times else ():
            at_ballot = f"{way}__ballot"
            for row in model._default_manager.filter(**{at_ballot: ballot}):
                told = [getattr(row, name) for name in times]
                found += [model.__name__ for at in told if at and at != midnight(at)]
    places = set(RollEntry.objects.filter(ballot=ballot).values_list("place", flat=True))
    for line in Entry.objects.exclude(action=""):
        names = any(place in line.summary or place in line.data for place in places)
        about = line.object_type in ("ballots.paper", "ballots.rollentry", "ballots.sheet") or line.action.startswith(
            "paper."
        )
        if (names or about) and line.at != midnight(line.at):
            found.append(line.action)
    return found


def test_no_row_about_a_voter_has_a_time_finer_than_a_day(home: Compound) -> None:
    made = drafted(home)
    Ownership.objects.bulk_create(
        Ownership(dwelling=each, owner=Owner.objects.create(area_code=home.area_code, name=f"业主{n}"), votes=True)
        for n, each in enumerate(Dwelling.objects.of(home))
    )
    made = balloting.freeze_roll(made, heads=20, on=FROM, **me())
    print_sheets(made, 20, **me())
    papers = list(Paper.objects.filter(ballot=made).order_by("pk"))
    issue_papers(made, papers[:4], on=FROM, **me())
    note_visit(made, papers[5].entry, FROM, "上午", VisitOutcome.NOBODY, "", **me())
    return_papers(made, papers[:2], Channel.FIXED_BOX, on=FROM, **me())
    begin_counting(made, on=UNTIL + timedelta(1), **me())
    open_box(made, "固定箱", 2, "张三、李四", **me())
    lay_bundles(made, [2], **me())
    balloting.entered(made, sheet((1,)))
    assert PaperVisit.objects.exists() and Entry.objects.filter(action="paper.return").exists()
    assert midnight(AT) != AT
    assert finer_than_a_day(made) == []
    # Control: the same in an open ballot is found.
    Ballot.objects.filter(pk=made.pk).update(secret=False, state="issuing")
    made.refresh_from_db()
    issue_papers(made, papers[6:7], on=FROM, **me())
    assert set(finer_than_a_day(made)) == {"PaperEvent", "paper.issue"}


def test_what_is_published_names_no_building(home: Compound) -> None:
    """Small cells: the result of a secret ballot is one total; a household alone in its building stands nowhere."""
    ballot = entered(opened(voted(home)), sheets())
    result = balloting.certified(ballot)
    data = json.loads(result.document.data)
    places = set(RollEntry.objects.filter(ballot=ballot).values_list("place", flat=True))
    texts = [
        result.document.data,
        export_of(ballot).decode(),
        result_csv(read_result(result.document.data)).decode("utf-8-sig"),
    ]
    for text in texts:
        assert not [place for place in places if place in text]
        assert "building" not in text and "3号楼" not in text
    assert len(data["result"]["questions"]) == 1
    assert [place for place in places if place in json.dumps(sorted(places), ensure_ascii=False)]  # control


@pytest.mark.parametrize(("count", "size"), [(9, "A5"), (15, "A4")])
def test_a_sheet_is_one_page_and_derives_from_nobody(home: Compound, count: int, size: str) -> None:
    """S14: the sheets of two ballots whose rolls share no dwelling are equal but for the ballot."""
    texts = []
    other = factories.compound("11010700303702", home.name, households=6)
    for each in (home, other):
        ballot = balloting.announced(
            each, "committee_election", secret=True, matter="committee", title="选举", number=5
        )
        balloting.elect(ballot, [f"候选人{n}" for n in range(1, count + 1)])
        ballot = balloting.freeze_roll(ballot, heads=draft_roll(ballot).totals.heads, on=FROM, **me())
        _, stored = print_sheets(ballot, 2, **me())
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(read_bytes(stored.sha256))).pages]
        assert len(pages) == 2
        assert pages[0] == pages[1]
        assert f"候选人{count}" in pages[0] and "投进票箱" in pages[0]
        form = paper_form(ballot)
        assert form.size == size
        assert PaperSheet(form) == PaperSheet(form, serial="", qr="", voter="", rooms="", area=None, votes="")
        texts.append(pages[0].replace("\n", "").replace(ballot.roll_sha256, "名册"))
        assert not [
            place
            for place in RollEntry.objects.filter(ballot=ballot).values_list("place", flat=True)
            if place in pages[0]
        ]
    assert texts[0] == texts[1]
    assert texts[0] != texts[0].replace("选举", "")  # control


# --- What a sheet says --------------------------------------------------------------------------------------------


def test_a_sheet_keeps_what_was_read_from_it() -> None:
    said = sheet((1, 3), ("王秀兰",), (2,))
    assert said.marks_text == '{"1":[1,3],"opposed":{"1":[2]},"write_ins":{"1":["王秀兰"]}}'
    assert same(said_of(said.marks_text, said.reasons_text), said)
    for other in (sheet((1, 3), ("王秀兰",)), sheet((1, 3), (), (2,)), sheet((1,), ("王秀兰",), (2,))):
        assert not same(said, other)
    assert said_of('{"1":[1]}', "{}") == Said({1: (1,)})


def test_candidates_are_read_one_by_one() -> None:
    typed = dict.fromkeys(range(1, 10), "未填") | {1: "赞成", 2: "反对", 3: "弃权"}
    read = read_candidates(ASKED, NAMES, typed, ["　王 秀兰", "", "王秀兰", "买买提•艾力"])
    assert read == Elected((1,), (2,), ("买买提·艾力", "王秀兰"))
    assert typed_of(ASKED, read) == typed | {3: "未填"}
    assert read_candidates(ASKED, NAMES, dict.fromkeys(range(1, 10), "弃权"), []) == Elected(("弃权",))
    assert read_candidates(ASKED, NAMES, {}, [], invalid=True) == Elected(("无效",))
    assert elected_in(sheet((1,), ("王秀兰",), (2,)), 1) == Elected((1,), (2,), ("王秀兰",))
    with pytest.raises(NotAnAnswer) as refused:
        read_candidates(ASKED, NAMES, dict.fromkeys(range(1, 9), "未填"), [])
    assert refused.value.typed == ""
    with pytest.raises(NotAnAnswer) as refused:
        read_candidates(ASKED, ("赵一（3号楼居民）", *NAMES[1:]), typed, ["赵 一"])
    assert refused.value.typed == "赵一"


@pytest.mark.parametrize(
    ("marks", "written", "invalid"),
    [((1, 2, 3, 4, 5), (), False), ((1, 2, 3, 4), ("甲",), False), ((1, 2, 3, 4, 5), ("甲",), True), ((1, 2, 3, 4, 5, 6), (), True),
     ((), ("甲", "乙", "丙", "丁", "戊", "己"), True)],
)  # fmt: skip
def test_a_name_written_in_is_a_mark(marks: tuple[int, ...], written: tuple[str, ...], invalid: bool) -> None:
    assert bool(sheet(marks, written).reasons) is invalid
