"""Ballots on the workbench: each day in a ballot's life waits for those who keep it, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from ballots.documents.notices import read_notice
from ballots.documents.results import figures_sha256
from ballots.documents.tasks import ballots_at_work
from ballots.models import Ballot, BallotProof
from ballots.operations.certifying import begin_recount, certify_first, figures_of
from ballots.operations.entering import enter_paper, settle_paper
from ballots.rules.entries import Said
from compounds.choices import ObjectionOutcome, Role
from compounds.models import Compound
from compounds.operations.objections import Objecting, answer_objection, take_objection
from core.models import User
from core.operations import machine
from portal.views.office.ballots import announcing
from portal.waiting.ballots import ballots_waiting
from tests import balloting, factories
from tests.balloting import FROM, UNTIL
from tests.factories import AT, COMMUNITY, OTHER_COMMUNITY, STREET
from tests.portal.office import CODE, browser, see, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_pdf")]
FOR, AGAINST = Said({1: ("赞成",)}), Said({1: ("反对",)})


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def clerk() -> User:
    return factories.user(Role.COMMUNITY_CLERK, COMMUNITY)


def rows(user: User, on: date, area: str = COMMUNITY) -> list[tuple[str, date, int, str]]:
    """Return what waits: what, until when, how many days late, the page it leads to."""
    return [
        (each.what, each.due_on, each.late_days, resolve(each.url).url_name or "")
        for each in ballots_waiting(user, [area], on)
    ]


def whats(user: User, on: date = date(2026, 11, 20)) -> list[str]:
    return [what for what, *_ in rows(user, on)]


def hang(of: Ballot, kind: str, *places: str) -> None:
    move = of.moves.filter(kind=kind).latest("seq")
    for place, colour in zip(places, ("navy", "teal", "plum"), strict=False):
        picture = factories.paper(of.compound, "", colour, "notice_photo")
        BallotProof.objects.create(move=move, place=place, on=move.on, attachment=picture, by=machine("system"), at=AT)


def test_a_draft_is_announced_so_that_its_notice_hangs_long_enough(home: Compound, clerk: User) -> None:
    balloting.ballot(home)
    balloting.ballot(home, title="还没有日期", voting_from_on=None, voting_until_on=None)
    assert rows(clerk, date(2026, 10, 8)) == [("第1次表决公告", date(2026, 10, 5), 3, "ballot_announcement")]
    (row,) = ballots_waiting(clerk, [COMMUNITY], date(2026, 10, 1))
    assert (row.place, row.why, row.verb) == (home.name, "10月20日发票，公告要先挂满15天", "公告")


def test_an_announced_one_hangs_at_two_places_and_its_roll_is_frozen(home: Compound, clerk: User) -> None:
    made = balloting.announced(home)
    assert rows(clerk, date(2026, 10, 6)) == [
        ("第1次表决公告贴上墙", date(2026, 10, 4), 2, "ballot_notice"), ("第1次表决发票", FROM, 0, "ballot_freezing"),
    ]  # fmt: skip
    hang(made, "announced", "1号楼门口", "1号楼门口")
    assert "拍了1处，还差1处" in [row.why for row in ballots_waiting(clerk, [COMMUNITY], FROM)]
    hang(made, "announced", "", "", "2号楼门口")
    assert whats(clerk) == ["第1次表决发票"]


def test_objections_without_an_answer_wait_with_the_most_pressing_day(home: Compound, clerk: User) -> None:
    made = balloting.announced(home)
    hang(made, "announced", "1号楼门口", "2号楼门口")
    document = made.moves.get().document
    assert document is not None
    for day in (3, 2):
        said = Objecting("名册少了我家", date(2026, 10, day))
        first = take_objection(home, document, said, answer_days=5, actor=clerk, at=AT)
    assert rows(clerk, date(2026, 10, 9))[0] == ("第1次表决有异议", date(2026, 10, 7), 2, "ballot_objections")
    assert ballots_waiting(clerk, [COMMUNITY], AT.date())[0].why == "2条没有答复，最早一条要在10月7日前答复"
    answer_objection(first, ObjectionOutcome.REJECTED, "在名册上", on=date(2026, 10, 9), actor=clerk, at=AT)
    assert ballots_waiting(clerk, [COMMUNITY], AT.date())[0].why == "1条没有答复，要在10月8日前答复"


def test_counting_begins_on_the_day_after_the_last(home: Compound, clerk: User) -> None:
    made = balloting.issuing(home)
    hang(made, "announced", "1号楼门口", "2号楼门口")
    assert rows(clerk, UNTIL + timedelta(3)) == [("第1次表决计票", UNTIL + timedelta(1), 2, "ballot_closing")]


def test_a_count_that_is_out_waits_for_two_persons(home: Compound, clerk: User) -> None:
    made = balloting.taken_in(home, 2)
    hang(made, "announced", "1号楼门口", "2号楼门口")
    secretary = factories.user(Role.COMMUNITY_SECRETARY, COMMUNITY)
    head = factories.user(Role.COMMITTEE_HEAD, home.code)
    first, second = made.sheets.order_by("position")
    for sheet, said, who in ((first, FOR, "system"), (first, AGAINST, "system-2"), (second, FOR, "system")):
        enter_paper(made, sheet, said, actor=machine(who), at=AT)
    assert whats(head) == [], "the second sheet was entered once"
    enter_paper(made, second, FOR, actor=machine("system-2"), at=AT)
    assert whats(head) == [], "the first is not settled"
    assert [(each.what, each.why) for each in ballots_waiting(secretary, [COMMUNITY], AT.date())] == [
        ("第1次表决核定", "有1张两遍不一样或存疑")
    ]
    settle_paper(made, first, FOR, "看票面是赞成", actor=secretary, at=AT)
    due = UNTIL + timedelta(4)
    assert rows(head, due) == [("第1次表决确认结果", due, 0, "ballot_certification")]
    assert rows(head, due) == rows(secretary, due) == rows(clerk, due)
    certify_first(made, "监票：张三", figures_sha256(figures_of(made)), actor=head, at=AT)
    assert whats(head) == [] and "等第二个人" in ballots_waiting(clerk, [COMMUNITY], due)[0].why


def test_a_sheet_entered_once_keeps_a_count_from_being_out(home: Compound) -> None:
    made, head = balloting.taken_in(home, 1), factories.user(Role.COMMITTEE_HEAD, home.code)
    enter_paper(made, made.sheets.get(), FOR, actor=machine("system"), at=AT)
    assert whats(head) == []
    enter_paper(made, made.sheets.get(), FOR, actor=machine("system-2"), at=AT)
    assert whats(head) == ["第1次表决确认结果"]


def test_doubt_and_an_entry_made_once_only(home: Compound) -> None:
    head = factories.user(Role.COMMITTEE_HEAD, home.code)
    made = balloting.taken_in(home, 1, single_entry=True)
    enter_paper(made, made.sheets.get(), Said({1: ()}, doubtful=True), actor=machine("system"), at=AT)
    assert whats(head) == []
    settle_paper(made, made.sheets.get(), FOR, "看票面", actor=machine("system-2"), at=AT)
    assert whats(head) == ["第1次表决确认结果"]


@pytest.fixture
def posted(home: Compound) -> Iterator[Ballot]:
    made = balloting.entered(balloting.taken_in(home, 3), FOR)
    balloting.certified(made)
    made.refresh_from_db()
    yield made


def test_a_result_hangs_within_its_days_and_takes_effect(posted: Ballot, clerk: User) -> None:
    day = AT.date()
    assert rows(clerk, day) == [("第1次表决结果贴上墙", day + timedelta(3), 0, "ballot_notice")]
    hang(posted, "certified", "1号楼门口", "2号楼门口")
    assert rows(clerk, day + timedelta(7)) == []
    assert rows(clerk, day + timedelta(9)) == [("第1次表决生效", day + timedelta(8), 1, "ballot_final")]


def test_an_objection_upheld_lets_it_be_counted_again(posted: Ballot, clerk: User) -> None:
    hang(posted, "certified", "1号楼门口", "2号楼门口")
    result = posted.results.get().document
    said = Objecting("数错了", AT.date())
    objection = take_objection(posted.compound, result, said, answer_days=7, actor=clerk, at=AT)
    assert whats(clerk) == ["第1次表决有异议"]
    answer_objection(objection, ObjectionOutcome.UPHELD, "重数", on=AT.date(), actor=clerk, at=AT)
    assert whats(clerk) == ["第1次表决重新计票"]
    begin_recount(posted, "异议成立", on=AT.date(), actor=clerk, at=AT)
    assert whats(clerk) == ["第1次表决公告贴上墙", "第1次表决录票"], "every sheet is to be entered anew"


def test_the_street_is_told_of_what_is_due(home: Compound, clerk: User) -> None:
    street = factories.user(Role.STREET_STAFF, STREET)
    balloting.ballot(home)
    assert rows(street, date(2026, 10, 4), STREET) == [] != rows(clerk, date(2026, 10, 4))
    assert rows(street, date(2026, 10, 5), STREET) == rows(clerk, date(2026, 10, 5))


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ACCOUNT_ADMIN, Role.COMMITTEE_BOOKKEEPER, Role.DISTRICT_ADMIN])
def test_who_does_nothing_with_ballots_has_no_row(home: Compound, role: Role) -> None:
    balloting.ballot(home)
    assert ballots_waiting(factories.user(role, COMMUNITY), [COMMUNITY], AT.date()) == []


def test_a_clerk_of_the_next_community_has_no_row(home: Compound) -> None:
    balloting.ballot(home)
    assert rows(factories.user(Role.COMMUNITY_CLERK, OTHER_COMMUNITY), AT.date(), OTHER_COMMUNITY) == []


def test_forty_compounds_ask_as_little_as_one(home: Compound, clerk: User) -> None:
    for n in range(3):
        other = factories.compound(f"{COMMUNITY}{n + 50}", f"第{n}院（演示）")
        for make in (balloting.ballot, balloting.announced, balloting.counting_ballot):
            make(other)
        with CaptureQueriesContext(connection) as asked:
            ballots_waiting(clerk, [COMMUNITY], AT.date())
        assert len([q for q in asked if "ballots_ballot" in q["sql"]]) == 1
    assert len(ballots_at_work([COMMUNITY])) == 9


def test_the_calendars_list_what_is_open_and_what_is_late(home: Compound) -> None:
    balloting.announced(home)
    balloting.ballot(factories.compound(f"{OTHER_COMMUNITY}01", "古城一院（演示）"), title="别处的")
    with time_machine.travel(datetime(2026, 10, 22, 9, tzinfo=AT.tzinfo), tick=False):
        reader = browser(factories.user(Role.AUDITOR, COMMUNITY))
        for page in ("/office/calendar/", f"{CODE}calendar/"):
            text = see(reader, page)
            assert "10月20日" in text and "第1次：服务模式和收费标准锁定名册，开始发票超期2天" in text
            assert "停止收票，开始计票还有14天" in text and "别处的" not in text and "名册异议期满" not in text


def test_photographs_of_the_result_are_handed_in_where_its_row_leads(
    posted: Ballot, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = balloting.posted(factories.compound(f"{COMMUNITY}02", "北院（演示）"))
    text = read_notice(other.moves.get(kind="announced").document)
    monkeypatch.setattr(announcing, "read_notice", lambda document: text)  # the factory's own notice has none
    url = ballots_waiting(clerk, [COMMUNITY], AT.date())[0].url
    with time_machine.travel(AT + timedelta(1), tick=False):
        client = browser(clerk)
        assert "结果要贴在至少两处，还差2处的照片" in see(client, url)
        picture = SimpleUploadedFile("门口.png", factories.picture("olive"), "image/png")
        sent = {"place": "", "other": "1号楼门口", "on": "11-06", "photographs": picture}
        assert "存好了：1号楼门口，照片1张" in words(valid(client.post(url, sent, follow=True)))
        assert posted.moves.get(kind="certified").proofs.get().place == "1号楼门口"
        seq = posted.moves.get(kind="certified").seq
        assert client.get(f"{url}{seq}.pdf").content.startswith(b"%PDF")
