"""Entering an election of a secret ballot: a key per candidate, names written in, by bundle and place."""

from __future__ import annotations

import pytest
from django.test import Client

from ballots.models import Ballot, PaperEntry, Settlement
from compounds.choices import Role
from compounds.models import Compound
from core.models import User
from tests import balloting, factories
from tests.portal.office import browser, see, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
NAMES = ("赵一", "钱二", "孙三")
ANSWER = {"q1-1": "赞成", "q1-2": "反对", "q1-3": "未填", "q1": "", "w1": ["王 秀兰", ""], "version": "0"}


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def ballot(home: Compound) -> Ballot:
    made = balloting.boxed(home, 4, [3, 1])
    balloting.elect(made, NAMES, 2)
    return made


@pytest.fixture
def clerk(home: Compound) -> Client:
    return browser(factories.user(Role.COMMUNITY_CLERK, home.code[:12], "张宁"))


@pytest.fixture
def other(home: Compound) -> Client:
    return browser(factories.user(Role.COMMUNITY_CLERK, home.code[:12], "李慧"))


@pytest.fixture
def zhao(home: Compound) -> User:
    return factories.user(Role.COMMUNITY_SECRETARY, home.code[:12], "赵书记")


def url(ballot: Ballot, rest: str = "entry/") -> str:
    return f"/office/compounds/{ballot.compound.code}/ballots/{ballot.number}/{rest}"


def test_a_sheet_is_entered_candidate_by_candidate_and_names_no_voter(clerk: Client, ballot: Ballot) -> None:
    page = see(clerk, url(ballot, "entry/1/1/"))
    assert "无记名选票第1捆第1张" in words(page)
    assert "票号" not in words(page).split("刚才录的")[0]
    assert "3号楼" not in page
    html = valid(clerk.post(url(ballot, "entry/1/1/"), ANSWER))
    assert "第2张，共3张" in words(html)
    made = PaperEntry.objects.get()
    assert made.marks == '{"1":[1],"opposed":{"1":[2]},"write_ins":{"1":["王秀兰"]}}'
    again = clerk.get(url(ballot, "entry/1/1/")).content.decode()
    for checked in ('name="q1-1" value="赞成"', 'name="q1-2" value="反对"', 'name="q1-3" value="未填"'):
        assert "checked" in again.split(checked)[1].split(">")[0]
    assert 'name="w1" value="王秀兰"' in again


def test_more_than_seats_is_told_and_makes_the_question_invalid(clerk: Client, ballot: Ballot) -> None:
    sent = ANSWER | {"q1-2": "赞成"}
    html = words(valid(clerk.post(url(ballot, "entry/1/1/"), sent)))
    assert "上一张第1题选了3项，最多选2项" in html
    assert PaperEntry.objects.get().reasons == '{"1":"overvote"}'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"q1-3": ""}, "第1题还有候选人没有录。"),
        ({"q1-3": "同意"}, "第1题还有候选人没有录。"),
        ({"w1": ["赵 一"]}, "第1题：赵一是候选人，请在候选人那一行录，不写在另选里。"),
        ({"w1": ["很长的名字" * 5]}, "第1题另选的名字太长"),
    ],
)
def test_what_is_no_answer_is_said_and_nothing_typed_is_lost(
    clerk: Client, ballot: Ballot, change: dict[str, object], told: str
) -> None:
    html = valid(clerk.post(url(ballot, "entry/1/1/"), ANSWER | change))
    assert told in words(html)
    assert "checked" in html.split('name="q1-1" value="赞成"')[1].split(">")[0]
    assert not PaperEntry.objects.exists()


def test_the_whole_question_may_be_invalid_and_a_doubtful_sheet_left_blank(clerk: Client, ballot: Ballot) -> None:
    clerk.post(url(ballot, "entry/1/1/"), {"q1": "无效", "r1": "illegible", "version": "0"})
    clerk.post(url(ballot, "entry/1/2/"), {"doubtful": "on", "version": "0"})
    first, second = PaperEntry.objects.order_by("pk")
    assert (first.marks, first.reasons) == ('{"1":["无效"]}', '{"1":"illegible"}')
    assert (second.marks, second.doubtful) == ('{"1":[]}', True)


def test_where_two_differ_in_who_is_opposed_a_third_settles(
    clerk: Client, other: Client, zhao: User, ballot: Ballot
) -> None:
    clerk.post(url(ballot, "entry/2/1/"), ANSWER)
    other.post(url(ballot, "entry/2/1/"), ANSWER | {"q1-2": "弃权"})
    third = browser(zhao)
    page = words(see(third, url(ballot, "differences/2/1/")))
    assert "赞成：赵一；反对：钱二；另选：王秀兰" in page
    assert "赞成：赵一；另选：王秀兰" in page
    valid(third.post(url(ballot, "differences/2/1/"), ANSWER | {"reason": "钱二那格打的是反对"}, follow=True))
    assert Settlement.objects.get().marks == '{"1":[1],"opposed":{"1":[2]},"write_ins":{"1":["王秀兰"]}}'


def test_a_sheet_is_found_by_what_stands_on_its_back(clerk: Client, ballot: Ballot) -> None:
    assert clerk.get(url(ballot), {"q": "2-1"})["Location"] == url(ballot, "entry/2/1/")
    assert "没有第2捆第9张" in see(clerk, url(ballot), q="2－9")
    assert "无记名的票没有票号" in see(clerk, url(ballot), q="3-2-501")
