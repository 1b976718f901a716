"""The office pages of counting out: closing, reconciling, certifying by two, calling back, what comes after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from ballots.models import Ballot, CallBack, HandCount
from ballots.operations.issuing import issue_papers
from ballots.rules.entries import Said
from compounds.choices import ObjectionOutcome, Role
from compounds.models import Compound
from compounds.operations.objections import Objecting, answer_objection, take_objection
from core.models import Entry
from core.operations import machine
from tests import balloting, factories
from tests.factories import AT, COMMUNITY, STREET
from tests.portal.office import HOME, browser, see, send, valid, words

pytestmark = pytest.mark.django_db
FOR, AGAINST = Said({1: ("赞成",)}), Said({1: ("反对",)})


@pytest.fixture
def home() -> Compound:
    return factories.compound(HOME, "槐荫里小区（演示）", households=6)


@pytest.fixture
def clerk() -> Client:
    return browser(factories.user(Role.COMMUNITY_CLERK, COMMUNITY, "赵清和"))


@pytest.fixture
def secretary() -> Client:
    return browser(factories.user(Role.COMMUNITY_SECRETARY, COMMUNITY, "孙书记"))


@pytest.fixture
def staff() -> Client:
    return browser(factories.user(Role.STREET_STAFF, STREET, "钱科长"))


def url(ballot: Ballot, page: str) -> str:
    return f"/office/compounds/{HOME}/ballots/{ballot.number}/{page}"


def counted(home: Compound) -> Ballot:
    return balloting.entered(balloting.taken_in(home, 5), FOR, FOR, FOR, AGAINST)


def test_papers_are_taken_no_more_after_the_page_that_says_so(home: Compound, clerk: Client) -> None:
    ballot = balloting.issuing(home)
    issue_papers(ballot, balloting.printed(ballot), on=balloting.FROM, actor=machine("system"), at=AT)
    assert "还有6张发出去没有交回" in see(clerk, url(ballot, "closing/"))
    Ballot.objects.filter(pk=ballot.pk).update(voting_until_on=timezone.localdate())
    assert "还有票在外面" in words(valid(send(clerk, url(ballot, "closing/"))))
    Ballot.objects.filter(pk=ballot.pk).update(voting_until_on=timezone.localdate() - timedelta(1))
    assert "现在可以录票" in valid(send(clerk, url(ballot, "closing/")))
    ballot.refresh_from_db()
    assert ballot.state == "counting" and "现在不在收票" in see(clerk, url(ballot, "closing/"))


def test_two_persons_certify_and_nobody_sees_totals_before(home: Compound, clerk: Client, secretary: Client) -> None:
    ballot = balloting.taken_in(home, 5)
    for page in ("certification/", "reconciliation/", "hand-count/", "calls/"):
        assert "赞成3" not in see(clerk, url(ballot, page))
    shown = see(clerk, url(ballot, "certification/"))
    assert "现在还不能确认" in shown and "还有5张票没有录完或核定" in shown and "反对" not in shown
    assert clerk.get(url(ballot, "result/")).status_code == 404
    balloting.entered(ballot, FOR, FOR, FOR, AGAINST)
    page = valid(clerk.get(url(ballot, "certification/")))
    figures = page.partition('name="figures" value="')[2][:64]
    named = {"figures": figures, "watchers": "张三", "callers": "李四", "counters": "王五", "act": "first"}
    assert "没有填" in words(valid(clerk.post(url(ballot, "certification/"), {"figures": figures, "act": "first"})))
    stale = clerk.post(url(ballot, "certification/"), named | {"figures": "0" * 64})
    assert stale.status_code == 409 and "不一样了" in words(valid(stale, 409))
    assert "请第二个人" in valid(send(clerk, url(ballot, "certification/"), **named))
    again = clerk.post(url(ballot, "certification/"), {"figures": figures})
    assert not ballot.results.exists() and again.status_code == 200
    assert "您是第二个人" in see(secretary, url(ballot, "certification/"))
    done = words(valid(send(secretary, url(ballot, "certification/"), figures=figures)))
    assert "已经公示" in done and "赞成" in done and "监票：张三；唱票：李四；计票：王五" in done
    assert "现在不在计票" in see(clerk, url(ballot, "certification/"))


def test_the_count_by_hand_is_typed_printed_and_shown_only_beside_the_result(home: Compound, secretary: Client) -> None:
    ballot = balloting.taken_in(home, 5)
    assert secretary.get(url(ballot, "hand-count/blank.pdf")).content.startswith(b"%PDF")
    sent = {"q1_赞成": "3", "q1_反对": "2", "note": "院里"}
    page = words(valid(send(secretary, url(ballot, "hand-count/"), **sent)))
    assert (
        "记过一次" in page
        and HandCount.objects.get().figures == '{"1":{"abstain":0,"blank":0,"invalid":0,"反对":2,"赞成":3}}'
    )
    assert "请填整数" in words(valid(secretary.post(url(ballot, "hand-count/"), {"q1_赞成": "三"})))
    balloting.entered(ballot, FOR, FOR, FOR, FOR, AGAINST)
    assert "不同" in see(secretary, url(ballot, "certification/"))


def test_calls_are_drawn_once_with_masked_names(home: Compound, clerk: Client) -> None:
    ballot = counted(home)
    assert "抽出1张票回访" in valid(send(clerk, url(ballot, "calls/")))
    call = CallBack.objects.get()
    assert "回访的票已经抽过了" in valid(send(clerk, url(ballot, "calls/")))
    assert "记下了" in valid(send(clerk, url(ballot, "calls/"), paper=call.pk, outcome="denied", note="说没填过"))
    assert "说不是本人填的" in see(clerk, url(ballot, "calls/"))
    assert clerk.post(url(ballot, "calls/"), {"paper": "99999", "outcome": "denied"}).status_code == 404
    assert "没有这种结果" in valid(send(clerk, url(ballot, "calls/"), paper=call.pk, outcome="open"))


def test_after_it_final_recount_and_fall(home: Compound, clerk: Client, secretary: Client, staff: Client) -> None:
    ballot = counted(home)
    result = balloting.certified(ballot, timezone.now())
    assert "重新计票" in see(clerk, url(ballot, "result/")) and "内部导出" in see(clerk, url(ballot, "result/"))
    assert "还没有" not in see(clerk, url(ballot, "final/"))
    refused = clerk.post(url(ballot, "final/"))
    assert refused.status_code == 409 and "没有异议才生效" in words(valid(refused, 409))
    assert "没有成立的异议" in valid(send(clerk, url(ballot, "recount/"), reason="有人说少算了"))
    export = clerk.get(url(ballot, "result/") + "?format=json")
    assert b'"papers"' in export.content and Entry.objects.filter(action="ballot.export").count() == 1
    said = Objecting(text="少算了一张", received_on=timezone.localdate())
    made = take_objection(home, result.document, said, answer_days=7, actor=machine("system"), at=timezone.now())
    answer_objection(
        made, ObjectionOutcome.UPHELD, "是少了", on=timezone.localdate(), actor=machine("system"), at=timezone.now()
    )
    assert "开始第2次计票" in valid(send(secretary, url(ballot, "recount/"), reason="第1号异议成立"))
    ballot = Ballot.objects.select_related("rule", "compound").get(pk=ballot.pk)
    balloting.entered(ballot, FOR, FOR, AGAINST)
    balloting.certified(ballot, timezone.now())
    page = see(clerk, url(ballot, "result/"))
    assert "第1题赞成由3改为2" in page
    assert "第1题赞成由3改为2" not in see(clerk, url(ballot, "result/") + "?count=1")
    assert clerk.get(url(ballot, "fall/")).status_code == 403
    photograph = SimpleUploadedFile("判决书.png", factories.picture("navy"), content_type="image/png")
    sent = {
        "kind": "set_aside",
        "on": timezone.localdate().isoformat(),
        "reason": "（2026）京0107民初1号",
        "paper": photograph,
    }
    assert "法院撤销" in words(valid(staff.post(url(ballot, "fall/"), sent, follow=True)))
    assert "没有选文书" in words(valid(staff.post(url(ballot, "fall/"), {"kind": "annulled", "reason": "x"})))
