"""Closing a month: what stands in the way, reasons, two persons, what can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from unittest.mock import patch

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compounds.choices import Role
from compounds.models import Compound
from core.models import User
from fees.choices import ClosingStep
from fees.models import Closing, Period
from fees.operations import save_draft
from tests import factories
from tests.portal.office import CODE, NOW, browser, see, send, valid, words

pytestmark = pytest.mark.django_db
OCTOBER = f"{CODE}closing/2026-10/"
REASONS = {
    "no_evidence": "票在装订",
    "no_signatures": "9月才有规矩",
    "no_source": "以前没分",
    "not_reconciled": "15日取",
}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.some_month(made)
    return made


@pytest.fixture
def people(home: Compound) -> tuple[User, User]:
    return factories.people(home)


@pytest.fixture
def keeper(people: tuple[User, User]) -> Client:
    return browser(people[0])


@pytest.fixture
def head(people: tuple[User, User]) -> Client:
    return browser(people[1])


def steps() -> list[str]:
    return list(Closing.objects.order_by("seq").values_list("step", flat=True))


def test_two_persons_close_a_month(home: Compound, keeper: Client, head: Client) -> None:
    said = words(valid(send(keeper, OCTOBER, act="prepare", **REASONS)))
    assert "10月编制好了，等主任审定。" in said
    said = see(head, OCTOBER)
    assert "看清楚再审定" in said and "票在装订" in said
    said = see(head, f"{OCTOBER}approval/")
    assert "会发生什么" in said and "不能反悔的" in said and "带到11月作上月结余" in said
    said = words(valid(send(head, f"{OCTOBER}approval/")))
    assert "10月审定了" in said and "张贴10月收支公示" in said
    assert steps() == [ClosingStep.PREPARED, ClosingStep.APPROVED]


def test_reasons_are_asked_for_one_by_one(home: Compound, keeper: Client) -> None:
    html = valid(keeper.post(OCTOBER, {"act": "prepare", "no_evidence": "票在装订"}))
    said = words(html)
    assert "没有和银行对账：还没有说明原因。" in said and "没有票据：还没有说明原因" not in said
    assert 'value="票在装订"' in html
    assert not steps()


def test_draft_stands_in_the_way_and_is_linked(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    draft = save_draft(factories.data(home, date(2026, 10, 25), "101", "5.00"), hand_in=True, actor=people[0], at=NOW)
    html = valid(keeper.get(OCTOBER))
    assert f'href="{CODE}drafts/{draft.pk}/"' in html and "不办完不能结" in words(html)
    assert "编制10月" not in words(html)
    assert "有不能带着结账的事" in words(valid(keeper.post(OCTOBER, {"act": "prepare", **REASONS})))
    assert not steps()


def test_who_prepared_does_not_approve(home: Compound, people: tuple[User, User]) -> None:
    factories.appoint(people[0], Role.COMMITTEE_DEPUTY, home.code)
    both = browser(people[0])
    send(both, OCTOBER, act="prepare", **REASONS)
    assert "是您编制的，要由另一个人审定。" in see(both, OCTOBER)
    said = words(valid(send(both, f"{OCTOBER}approval/")))
    assert "前一步是吴丽做的，这一步要由另一个人来做。" in said
    assert steps() == [ClosingStep.PREPARED]


def test_month_is_sent_back_and_prepared_again(home: Compound, keeper: Client, head: Client) -> None:
    send(keeper, OCTOBER, act="prepare", **REASONS)
    assert "原因没有填。" in words(valid(head.post(OCTOBER, {"act": "send_back", "note": ""})))
    send(head, OCTOBER, act="send_back", note="少一张电费")
    assert "少一张电费" in see(keeper, OCTOBER)
    send(keeper, OCTOBER, act="prepare", **REASONS)
    assert steps() == [ClosingStep.PREPARED, ClosingStep.SENT_BACK, ClosingStep.PREPARED]


def test_approval_is_withdrawn_until_the_ledger_hangs(home: Compound, head: Client) -> None:
    factories.close(home)
    assert "撤回10月的审定" in see(head, OCTOBER)
    send(head, OCTOBER, act="withdraw", note="电费记错了")
    assert steps()[-1] == ClosingStep.WITHDRAWN
    factories.close(home)
    with patch("fees.operations.issuing.pdf.render", return_value=type("Sheet", (), {"bytes": b"%PDF-", "pages": 1})()):
        send(head, f"{CODE}ledgers/", month="2026-10")
    assert "撤回10月的审定" not in see(head, OCTOBER)
    assert "已经贴出，不能再撤回" in words(valid(send(head, OCTOBER, act="withdraw", note="再撤")))
    assert steps()[-1] == ClosingStep.APPROVED


def test_running_month_is_not_prepared(home: Compound, keeper: Client) -> None:
    url = f"{CODE}closing/2026-11/"
    assert "11月还没过完。" in see(keeper, url)
    assert "过完才能编制" in words(valid(send(keeper, url, act="prepare")))
    assert not steps()


def test_month_without_a_voucher_is_closed_too(home: Compound, people: tuple[User, User]) -> None:
    factories.close(home)
    with time_machine.travel(NOW.replace(month=12), tick=False):
        keeper = browser(people[0])
        said = see(keeper, f"{CODE}closing/2026-11/")
        assert "编制11月" in said
        assert not Period.objects.filter(month=date(2026, 11, 1)).exists(), "reading made a row"
        send(keeper, f"{CODE}closing/2026-11/", act="prepare")
    last = Closing.objects.latest("pk")
    assert (last.step, last.period.month) == (ClosingStep.PREPARED, date(2026, 11, 1))


def test_later_month_waits_for_the_earlier(home: Compound, people: tuple[User, User]) -> None:
    with time_machine.travel(NOW.replace(month=12), tick=False):
        keeper = browser(people[0])
        url = f"{CODE}closing/2026-11/"
        assert "2026年10月还没结账，要按先后来。" in see(keeper, url)
        assert "2026年10月还没结账" in words(valid(send(keeper, url, act="prepare")))
    assert not steps()


def test_list_shows_every_month_and_lateness(home: Compound, people: tuple[User, User]) -> None:
    with time_machine.travel(NOW.replace(day=12), tick=False):
        said = see(browser(people[0]), f"{CODE}closing/")
    assert "2026年11月还没编制还没贴出" in said
    assert "2026年10月还没编制超期" in said


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.COMMITTEE_CASHIER, Role.STREET_STAFF, Role.COMMUNITY_SECRETARY])
def test_others_only_look(home: Compound, role: str) -> None:
    client = browser(factories.user(role, home.code))
    see(client, OCTOBER)
    for act in ("prepare", "send_back", "withdraw"):
        assert client.post(OCTOBER, {"act": act, "note": "x", **REASONS}).status_code == 403, act
    assert client.get(f"{OCTOBER}approval/").status_code == 403
    assert not steps()


def test_bookkeeper_does_not_approve_and_head_does_not_prepare(home: Compound, keeper: Client, head: Client) -> None:
    assert head.post(OCTOBER, {"act": "prepare", **REASONS}).status_code == 403
    send(keeper, OCTOBER, act="prepare", **REASONS)
    assert keeper.post(f"{OCTOBER}approval/").status_code == 403


def test_months_out_of_reach_are_no_pages(home: Compound, keeper: Client) -> None:
    for month in ("2026-09", "2026-12", "2019-01", "abc", "2026-1"):
        assert keeper.get(f"{CODE}closing/{month}/").status_code == 404, month


@pytest.mark.parametrize("url", [OCTOBER, f"{CODE}closing/", f"{OCTOBER}approval/"])
def test_queries_are_few(home: Compound, keeper: Client, head: Client, url: str) -> None:
    send(keeper, OCTOBER, act="prepare", **REASONS)
    with CaptureQueriesContext(connection) as done:
        valid(head.get(url))
    assert len(done) <= 20, "\n".join(q["sql"][:120] for q in done.captured_queries)
