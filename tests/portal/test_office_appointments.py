"""Offices given and ended by the street, and the work that someone leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from compounds.choices import Role
from compounds.models import Appointment, Compound, StagePlan, StageRecord, WorkHandover
from compounds.operations.handover import NobodyElse, NoOfficeThere, NothingOpen, hand_over_work
from compounds.operations.notices import draft_notice
from core.models import Entry, User
from core.operations import machine
from fees.operations import save_draft
from tests import factories
from tests.portal.office import CODE, HOME, NOW, browser, see, valid, words

pytestmark = pytest.mark.django_db
OFFICES = "/office/appointments/"
STREET, COMMUNITY = HOME[:9], HOME[:12]
TODAY = date(2026, 11, 5)


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def staff(home: Compound) -> User:
    return factories.user(Role.STREET_STAFF, STREET, "孙街道")


@pytest.fixture
def street(staff: User) -> Client:
    return browser(staff)


@pytest.fixture
def clerk(home: Compound) -> User:
    return factories.user(Role.COMMUNITY_CLERK, COMMUNITY, "陈社区")


def give(client: Client, person: str, role: str, area: str, **more: str) -> str:
    data = {"person": person, "role": role, "area": area, "from_on": "11-5", "until_on": ""} | more
    return words(valid(client.post(f"{OFFICES}new/", data, follow=True)))


# --- Giving and ending --------------------------------------------------------------------------------------------


def test_street_gives_an_office_and_its_holder_sees_the_compound(street: Client, home: Compound, staff: User) -> None:
    person = factories.user(name="王秀兰")
    own = browser(person)
    assert own.get(CODE).status_code == 404 and own.get(OFFICES).status_code == 404
    assert "槐荫里" not in see(own, "/office/")
    assert "任命好了：王秀兰，自管会主任" in give(street, person.username, "committee_head", HOME)
    assert own.get(CODE).status_code == 200
    made = Appointment.objects.get(user=person)
    assert (made.given_by, made.area_code, made.until_on) == (staff, HOME, None)
    said = see(street, OFFICES)
    assert "王秀兰" in said and "孙街道" in said and "槐荫里小区（演示）" in said


def test_ended_office_opens_nothing_from_the_next_day_on(street: Client, home: Compound, staff: User) -> None:
    person = factories.user(Role.COMMITTEE_HEAD, HOME, "王秀兰")
    held, own = Appointment.objects.get(user=person), browser(person)
    said = words(valid(street.post(f"{OFFICES}{held.pk}/", {"on": "11-05"}, follow=True)))
    assert "任职定好了最后一天" in said and own.get(CODE).status_code == 200
    assert "不能再往后推" in words(valid(street.post(f"{OFFICES}{held.pk}/", {"on": "11-20"})))
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert browser(person).get(CODE).status_code == 404
        again = browser(staff)
        assert "王秀兰" not in see(again, OFFICES) and "王秀兰" in see(again, OFFICES, ended=1)


@pytest.mark.parametrize(
    ("person", "role", "area", "more", "sentence"),
    [
        ("nobody", "committee_head", HOME, {}, "没有这个账号"),
        ("孙街道", "committee_head", HOME, {}, "不能任命自己"),
        ("重名", "committee_head", HOME, {}, "叫这个名字的不止一个，请填登录名"),
        ("陈社区", "committee_head", COMMUNITY, {}, "自管会主任要任在小区"),
        ("陈社区", "community_clerk", HOME, {}, "社区录入员要任在社区"),
        ("陈社区", "street_deputy", STREET, {}, "没有这一项，请重新选"),
        ("陈社区", "account_admin", STREET, {}, "没有这一项，请重新选"),
        ("陈社区", "community_clerk", "110107004010", {}, "没有这一项，请重新选"),
        ("陈社区", "community_clerk", COMMUNITY, {"until_on": "11-1"}, "最后一天比第一天还早"),
        ("陈社区", "committee_cashier", HOME, {}, "陈社区是八角街道的记账员（没有期限）。管钱的不能记账（会计法）"),
    ],
)
def test_what_cannot_be_given_is_told_at_its_field_and_kept(
    street: Client, clerk: User, person: str, role: str, area: str, more: dict[str, str], sentence: str
) -> None:
    factories.user(name="重名")
    factories.user(name="重名")
    factories.appoint(clerk, Role.COMMITTEE_BOOKKEEPER, STREET)
    before = Appointment.objects.count()
    assert sentence in give(street, person, role, area, **more)
    assert Appointment.objects.count() == before


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.COMMUNITY_SECRETARY, Role.DISTRICT_ADMIN, Role.COMMITTEE_HEAD])
def test_others_read_and_give_nothing(home: Compound, clerk: User, role: str) -> None:
    length = {Role.COMMITTEE_HEAD: 14, Role.DISTRICT_ADMIN: 6}.get(Role(role), 12)
    client = browser(factories.user(role, HOME[:length]))
    held = Appointment.objects.get(user=clerk)
    assert "任命一个人" not in see(client, OFFICES)
    assert client.get(f"{OFFICES}new/").status_code == 403
    if length <= 12:
        assert "结束任职" not in see(client, f"{OFFICES}{held.pk}/")
        assert client.post(f"{OFFICES}{held.pk}/", {"on": "11-20"}).status_code == 403
    else:
        assert client.get(f"{OFFICES}{held.pk}/").status_code == 404


def test_next_street_sees_and_ends_nothing(home: Compound, clerk: User) -> None:
    other = browser(factories.user(Role.STREET_STAFF, factories.OTHER_STREET))
    held = Appointment.objects.get(user=clerk)
    assert "陈社区" not in see(other, OFFICES)
    for url in (f"{OFFICES}{held.pk}/", f"{OFFICES}people/{clerk.pk}/", f"{OFFICES}{held.pk}/handover/"):
        assert other.get(url).status_code == 404
        assert other.post(url, {"on": "11-20"}).status_code in (404, 405)
    assert Appointment.objects.get(pk=held.pk).until_on is None


def test_street_ends_no_office_above_it(street: Client) -> None:
    deputy = factories.user(Role.STREET_DEPUTY, STREET, "刘主任")
    held = Appointment.objects.get(user=deputy)
    assert "结束任职" not in see(street, f"{OFFICES}{held.pk}/")
    assert street.post(f"{OFFICES}{held.pk}/", {"on": "11-20"}).status_code == 403


def test_persons_page_shows_only_what_lies_in_the_scope(street: Client, clerk: User) -> None:
    factories.appoint(clerk, Role.COMMUNITY_CLERK, factories.OTHER_COMMUNITY)
    said = see(street, f"{OFFICES}people/{clerk.pk}/")
    assert "八角南里社区" in said and "古城路社区" not in said


# --- Work left behind ---------------------------------------------------------------------------------------------


@pytest.fixture
def left(home: Compound, clerk: User) -> Appointment:
    """A clerk whose office ends in a week, who sees to two steps, one of them confirmed, and began two drafts."""
    factories.some_month(home)
    for stage in (1, 2):
        StagePlan.objects.create(compound=home, stage_id=stage, responsible=clerk)
    system, other = machine("system"), machine("system-2")
    StageRecord.objects.create(compound=home, stage_id=1, seq=1, act="confirmed", by=system, previous_by=other, at=NOW)
    draft_notice(home, {"title": "停水通知", "body": "好", "from_on": TODAY}, actor=clerk, at=NOW)
    save_draft(factories.data(home, date(2026, 11, 3), "101", "5.00"), hand_in=False, actor=clerk, at=NOW)
    Appointment.objects.filter(user=clerk).update(until_on=TODAY + timedelta(days=7))
    return Appointment.objects.get(user=clerk)


def test_street_is_told_hands_over_and_is_told_no_more(
    street: Client, left: Appointment, clerk: User, home: Compound
) -> None:
    taker = factories.user(Role.COMMUNITY_SECRETARY, COMMUNITY, "张书记")
    factories.user(Role.AUDITOR, COMMUNITY, "监督的人")
    assert "陈社区的工作移交社区录入员任职到期，名下还有1个步骤" in see(street, "/office/")
    page = f"{OFFICES}{left.pk}/handover/"
    html = valid(street.get(page))
    said = words(html)
    assert "第2步调查摸底" in said and "第1步" not in said and "停水通知" in said and "凭证草稿" in said
    assert "张书记，社区书记" in said and "监督的人" not in said
    assert "谁接手没有选" in words(valid(street.post(page, {"note": "钥匙在传达室"})))
    done = words(valid(street.post(page, {"taker": str(taker.pk), "note": "钥匙在传达室"}, follow=True)))
    assert "移交给了张书记" in done and "陈社区交给张书记" in done
    assert dict(StagePlan.objects.values_list("stage_id", "responsible__name")) == {1: "陈社区", 2: "张书记"}
    made = WorkHandover.objects.get()
    assert [item["kind"] for item in json.loads(made.items)] == ["步骤", "凭证草稿", "公告草稿"]
    assert Entry.objects.get(action="work.handover").area_code == COMMUNITY
    assert "任职到期" not in see(street, "/office/")
    sheet = street.get(f"/office/handovers/{made.pk}/print/")
    assert sheet.content.startswith(b"%PDF-")


def test_control_who_stays_in_another_office_leaves_nothing_behind(
    street: Client, left: Appointment, clerk: User
) -> None:
    factories.appoint(clerk, Role.COMMUNITY_SECRETARY, COMMUNITY)
    assert "陈社区的工作移交" not in see(street, "/office/")


def test_work_goes_to_someone_with_an_office_there(home: Compound, left: Appointment, clerk: User, staff: User) -> None:
    outside = factories.user(Role.COMMUNITY_CLERK, factories.OTHER_COMMUNITY)
    watcher = factories.user(Role.AUDITOR, COMMUNITY)
    for taker, refusal in ((clerk, NobodyElse), (outside, NoOfficeThere), (watcher, NoOfficeThere)):
        with pytest.raises(refusal):
            hand_over_work(clerk, taker, COMMUNITY, [], "", actor=staff, at=NOW)
    assert StagePlan.objects.filter(responsible=clerk).count() == 2
    hand_over_work(clerk, staff, COMMUNITY, [], "", actor=staff, at=NOW)
    with pytest.raises(NothingOpen):
        hand_over_work(clerk, staff, COMMUNITY, [], "", actor=staff, at=NOW)
    assert StagePlan.objects.get(stage_id=2).version == 2


def test_work_elsewhere_stays(home: Compound, left: Appointment, clerk: User, staff: User) -> None:
    other = factories.compound(f"{factories.OTHER_COMMUNITY}01", "别处（演示）")
    StagePlan.objects.create(compound=other, stage_id=2, responsible=clerk)
    hand_over_work(clerk, staff, COMMUNITY, [], "", actor=staff, at=NOW)
    assert StagePlan.objects.get(compound=other).responsible == clerk
