"""A ballot's pages before it is voted: begun by its matter, announced for good, read by residents, held against its paper."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from ballots.models import Ballot, BallotMove, VotingRule
from ballots.operations.announcing import cancel_ballot
from compounds.choices import Role
from compounds.models import Compound
from core.hashing import sha256_text
from core.operations import machine
from tests import balloting, factories
from tests.factories import AT, COMMUNITY

pytestmark = pytest.mark.django_db
CODE = f"{COMMUNITY}01"
LIST = f"/office/compounds/{CODE}/ballots/"
FIRST = f"{LIST}1/"
START = timezone.localdate(AT) + timedelta(15)


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def clerk(client: Client) -> Client:
    client.force_login(factories.user(Role.COMMUNITY_CLERK, COMMUNITY))
    return client


def page(client: Client, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def settings(ballot: Ballot, **values: object) -> dict[str, object]:
    return {
        "title": ballot.title, "matter": ballot.matter, "rule": ballot.rule_id, "version": ballot.version,
        "voting_from_on": START, "voting_until_on": START + timedelta(14), "return_place": "居委会窗口",
        "count_place": "12月20日9:00", "contact": "居委会", "paper_size": "A5", "show_turnout": "on",
    } | values  # fmt: skip


@time_machine.travel(AT, tick=False)
def test_a_clerk_goes_from_the_matter_to_the_notice(home: Compound, clerk: Client) -> None:
    """What is missing is listed until nothing is; then one button hangs it, and residents read it."""
    clerk.post(f"{LIST}new/", {"matter": "parking", "title": "公共场地停车"})
    ballot = Ballot.objects.get()
    assert ballot.rule.key == "owners_special"
    assert "还差5项" in page(clerk, FIRST) and "接着起草" in page(clerk, FIRST)
    one = {"kind": "choose_one", "text": "谁来管停车？", "options": "专业公司\n自管会", "version": "1"}
    clerk.post(f"{FIRST}questions/0/", one)
    ballot.refresh_from_db()
    clerk.post(f"{FIRST}edit/", settings(ballot))
    ballot.refresh_from_db()
    before = page(clerk, f"{FIRST}announcement/")
    assert "以上均不同意" in before and "四分之三以上" in before and "张贴这份公告" in before
    public = f"/compounds/{CODE}/ballots/"
    assert clerk.get(f"{public}1/").status_code == 404
    answer = clerk.post(f"{FIRST}announcement/", {"version": ballot.version})
    assert answer.status_code == 302
    shown = page(clerk, f"{public}1/")
    for words in ("谁来管停车？", "以上均不同意", "四分之三以上", "不在网上投票", "面积来自"):
        assert words in shown, words
    assert "公共场地停车" in page(clerk, public) and "公共场地停车" in page(clerk, f"/compounds/{CODE}/")


@time_machine.travel(AT, tick=False)
def test_the_paper_and_its_data_answer_at_the_ballots_address(home: Compound, client: Client) -> None:
    balloting.posted(home)
    document = BallotMove.objects.get().document
    assert document is not None
    paper = client.get(f"/compounds/{CODE}/ballots/1.pdf")
    data = client.get(f"/compounds/{CODE}/ballots/1.json")
    assert paper.content.startswith(b"%PDF")
    assert sha256_text(data.content.decode()) == document.sha256
    assert client.get(f"/compounds/{CODE}/ballots/1.csv").status_code == 404
    assert client.get(f"/compounds/{CODE}/ballots/1/files/1/")["Content-Type"] == "image/jpeg"
    verdict = client.get(f"/verify/{document.code}/?format=json").json()
    assert (verdict["genuine"], verdict["kind"], verdict["sha256"]) == (True, "ballot_notice", document.sha256)
    assert "一致" in page(client, f"/verify/{document.code}/")


@time_machine.travel(AT, tick=False)
def test_what_a_rule_may_not_say_is_told_in_words(home: Compound, clerk: Client) -> None:
    balloting.ballot(home)
    rule = {
        "name": "从众", "voter": "owner", "by_area": "on", "participation": "≥2/3", "approval": ">1/2", "signed": "on",
        "notice_days": "15", "source": "公告", "law_text": "未交回的选票，计入已表决多数票。",
    }  # fmt: skip
    before = VotingRule.objects.count()
    assert "没交回的票不能算赞成" in clerk.post(f"{FIRST}rule/", rule).content.decode()
    assert VotingRule.objects.count() == before
    clerk.post(f"{FIRST}rule/", rule | {"name": "议事规则", "law_text": "议事规则第8条。"})
    made = VotingRule.objects.get(area_code=CODE)
    assert made.participation == ">=2/3"
    ballot = Ballot.objects.get()
    refused = clerk.post(f"{FIRST}edit/", settings(ballot, rule=made.pk)).content.decode()
    assert "请写明为什么" in refused
    clerk.post(f"{FIRST}edit/", settings(ballot, rule=made.pk, rule_reason="按本小区议事规则"))
    ballot.refresh_from_db()
    assert (ballot.rule_id, ballot.rule_reason) == (made.pk, "按本小区议事规则")


@time_machine.travel(AT, tick=False)
def test_a_notice_that_hangs_too_short_names_the_first_day(home: Compound, clerk: Client) -> None:
    ballot = balloting.ballot(home, voting_from_on=START - timedelta(1), voting_until_on=START, return_place="窗口",
                              count_place="二层", contact="居委会")  # fmt: skip
    said = clerk.post(f"{FIRST}announcement/", {"version": ballot.version}).content.decode()
    assert f"最早{START.year}年{START.month}月{START.day}日才能开始发票" in said
    assert '<button class="button primary">张贴这份公告' not in said


@time_machine.travel(AT, tick=False)
def test_residents_read_why_a_ballot_was_called_off(home: Compound, client: Client) -> None:
    ballot = balloting.posted(home)
    cancel_ballot(ballot, "题目写错了", actor=machine("system"), at=AT)
    shown = page(client, f"/compounds/{CODE}/ballots/1/")
    assert "取消了" in shown and "题目写错了" in shown


@time_machine.travel(AT, tick=False)
def test_a_clerk_of_the_next_community_finds_nothing(home: Compound, client: Client) -> None:
    balloting.posted(home)
    client.force_login(factories.user(Role.COMMUNITY_CLERK, "110107003038"))
    for tail in ("", "draft/", "announcement/", "notice/", "notice/1.pdf", "extension/", "cancellation/"):
        page(client, FIRST + tail, 404)
    assert json.loads(BallotMove.objects.get().document.data)["number"] == 1  # type: ignore[union-attr]
