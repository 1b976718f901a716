"""Closing a month: what stands in the way, reasons, two persons, what can be taken back."""

from __future__ import annotations

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
from core.operations import machine
from fees.choices import ClosingStep
from fees.documents import Audit, Said, audit_of, read_ledger
from fees.models import Closing, Ledger, Opinion, Period
from fees.operations import issue_ledger, save_draft
from fees.rules import Span
from tests import factories
from tests.portal.office import CODE, NOW, browser, see, send, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
OCTOBER = f"{CODE}closing/2026-10/"
REASONS = {
    "no_evidence": "票在装订",
    "no_signatures": "9月才有规矩",
    "no_source": "以前没分",
    "not_reconciled": "15日取",
    "not_counted": "出纳请假",
}


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
    said = see(head, f"{OCTOBER}withdrawal/")
    assert "会发生什么" in said and "10月重新打开" in said
    assert "原因没有填。" in words(valid(send(head, f"{OCTOBER}withdrawal/", note="")))
    assert steps()[-1] == ClosingStep.APPROVED
    send(head, f"{OCTOBER}withdrawal/", note="电费记错了")
    assert steps()[-1] == ClosingStep.WITHDRAWN
    factories.close(home)
    with patch("fees.operations.issuing.pdf.render", return_value=type("Sheet", (), {"bytes": b"%PDF-", "pages": 1})()):
        send(head, f"{CODE}ledgers/", month="2026-10")
    assert "撤回10月的审定" not in see(head, OCTOBER)
    assert "已经贴出，不能再撤回" in words(valid(send(head, f"{OCTOBER}withdrawal/", note="再撤")))
    assert steps()[-1] == ClosingStep.APPROVED


@pytest.mark.usefixtures("quick_pdf")
def test_a_quarter_that_hangs_holds_its_months_too(home: Compound, head: Client, auditor: Client) -> None:
    """No withdrawal is offered where the operation would refuse it, and the page says why; nor an opinion."""
    for month in (11, 12):
        factories.some_month(home, date(2026, month, 1))
    for month in (10, 11, 12):
        factories.close(home, date(2026, month, 1))
    issue_ledger(home, Span.parse("2026-Q4"), actor=machine("system"), at=NOW)
    for client in (head, auditor):
        said = see(client, f"{CODE}closing/2026-12/")
        assert "第四季度收支公示" in said and "里面有12月，审定不能再撤回。" in said
        assert "撤回12月的审定" not in said and "签已阅" not in said
    assert head.get(f"{CODE}closing/2026-12/withdrawal/").status_code == 302
    assert "张贴12月收支公示" in see(head, f"{CODE}closing/2026-12/")


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
        send(keeper, f"{CODE}closing/2026-11/", act="prepare", not_counted="没有动过")
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
    for act in ("prepare", "copy", "send_back"):
        assert client.post(OCTOBER, {"act": act, "note": "x", **REASONS}).status_code == 403, act
    for page in ("approval", "withdrawal"):
        assert client.get(f"{OCTOBER}{page}/").status_code == 403, page
        assert client.post(f"{OCTOBER}{page}/", {"note": "x"}).status_code == 403, page
    assert not steps()


def test_bookkeeper_does_not_approve_and_head_does_not_prepare(home: Compound, keeper: Client, head: Client) -> None:
    assert head.post(OCTOBER, {"act": "prepare", **REASONS}).status_code == 403
    send(keeper, OCTOBER, act="prepare", **REASONS)
    assert keeper.post(f"{OCTOBER}approval/").status_code == 403


def test_months_out_of_reach_are_no_pages(home: Compound, keeper: Client) -> None:
    for month in ("2026-09", "2026-12", "2019-01", "abc", "2026-1"):
        assert keeper.get(f"{CODE}closing/{month}/").status_code == 404, month


@pytest.mark.parametrize("url", [OCTOBER, f"{CODE}closing/", f"{OCTOBER}approval/", f"{OCTOBER}opinion/"])
def test_queries_are_few(home: Compound, keeper: Client, head: Client, url: str) -> None:
    send(keeper, OCTOBER, act="prepare", **REASONS)
    looks = browser(factories.user(Role.AUDITOR, home.code)) if url.endswith("opinion/") else head
    with CaptureQueriesContext(connection) as done:
        valid(looks.get(url))
    assert len(done) <= 20, "\n".join(q["sql"][:120] for q in done.captured_queries)


# --- Reasons written before, and what changed ---------------------------------------------------------------------


def test_last_months_reasons_are_offered_and_typed_ones_stay(home: Compound, keeper: Client, head: Client) -> None:
    send(keeper, OCTOBER, act="prepare", **REASONS)
    send(head, f"{OCTOBER}approval/")
    factories.some_month(home, date(2026, 11, 1))
    with time_machine.travel(NOW.replace(month=12), tick=False):
        url = f"{CODE}closing/2026-11/"
        keeper = browser(User.objects.get(name="吴丽"))
        html = valid(keeper.get(url))
        assert "上个月写的是：15日取" in words(html) and 'value="15日取"' not in html
        html = valid(keeper.post(url, {"act": "copy", "no_evidence": "这个月另有原因"}))
    assert 'value="15日取"' in html and 'value="这个月另有原因"' in html and 'value="票在装订"' not in html
    assert steps() == [ClosingStep.PREPARED, ClosingStep.APPROVED], "copying writes nothing"


def test_resubmission_shows_what_changed(home: Compound, keeper: Client, head: Client) -> None:
    send(keeper, OCTOBER, act="prepare", **REASONS)
    assert "以后改了什么" not in see(head, OCTOBER)
    with time_machine.travel(NOW.replace(minute=45), tick=False):
        send(head, OCTOBER, act="send_back", note="少一张电费")
        assert "退回以后改了什么" in see(keeper, OCTOBER) and "还没有改动" in see(keeper, OCTOBER)
        paid = factories.data(home, date(2026, 10, 28), "211", "312.40", summary="门卫用电")
        (voucher,) = factories.post(home, [paid], at=NOW.replace(minute=45))
        html = valid(keeper.get(OCTOBER))
        assert 'value="票在装订"' in html, "what was written before is kept"
        send(keeper, OCTOBER, act="prepare", **{**REASONS, "no_evidence": "电费票已补"})
        html = valid(head.get(f"{OCTOBER}approval/"))
    said = words(html)
    assert f"物业经费第{voucher.number}号" in said
    assert "物业服务经费支出5,200.005,512.40" in said
    assert '没有票据原来写"票在装订"，现在写"电费票已补"' in said
    assert "自管会经费支出" not in said, "what did not change is not listed"


# --- The auditor --------------------------------------------------------------------------------------------------


@pytest.fixture
def auditor(home: Compound) -> Client:
    return browser(factories.user(Role.AUDITOR, home.code, "陈志远"))


def test_auditor_signs_before_and_not_after_posting(
    home: Compound, keeper: Client, head: Client, auditor: Client
) -> None:
    opinion = f"{OCTOBER}opinion/"
    assert "这个月还没编制" in words(valid(send(auditor, opinion, kind="read")))
    send(keeper, OCTOBER, act="prepare", **REASONS)
    assert "签已阅，或写意见" in see(auditor, OCTOBER) and "签已阅，或写意见" not in see(keeper, OCTOBER)
    assert "请选已阅，或者有意见" in words(valid(send(auditor, opinion)))
    html = valid(send(auditor, opinion, kind="opinion"))
    assert "请写下意见" in words(html) and 'id="kind_opinion" checked' in html
    assert "请选有意见" in words(valid(send(auditor, opinion, kind="read", text="电费高")))
    assert not Opinion.objects.exists()
    said = words(valid(send(auditor, opinion, kind="opinion", text="电费比上月多一倍，没写原因")))
    assert "您的意见写上了" in said and "您已经签过了" in said
    assert "已经签过了" in words(valid(send(auditor, opinion, kind="read")))
    assert "电费比上月多一倍" in see(head, f"{OCTOBER}approval/")
    assert "监督员对10月的账有意见" in see(head, "/office/")
    send(head, f"{OCTOBER}approval/", note="换季，路灯早开一小时")
    assert "监督员对10月的账有意见" not in see(head, "/office/")
    assert audit_of(Period.objects.get()) == Audit(0, (Said("电费比上月多一倍，没写原因", "换季，路灯早开一小时"),))
    second = browser(factories.user(Role.AUDITOR, home.code))
    send(second, opinion, kind="read")
    assert audit_of(Period.objects.get()).read == 1
    with patch("fees.operations.issuing.pdf.render", return_value=type("Sheet", (), {"bytes": b"%PDF-", "pages": 1})()):
        send(head, f"{CODE}ledgers/", month="2026-10")
    third = browser(factories.user(Role.AUDITOR, home.code))
    assert "签已阅，或写意见" not in see(third, OCTOBER)
    assert "不能再写意见" in words(valid(send(third, opinion, kind="read")))
    assert Opinion.objects.count() == 2


def test_new_preparation_needs_a_new_opinion(home: Compound, keeper: Client, head: Client, auditor: Client) -> None:
    send(keeper, OCTOBER, act="prepare", **REASONS)
    send(auditor, f"{OCTOBER}opinion/", kind="opinion", text="少一张电费")
    send(head, OCTOBER, act="send_back", note="补电费")
    assert audit_of(Period.objects.get()) == Audit()
    assert "监督员对10月的账有意见" not in see(head, "/office/")
    send(keeper, OCTOBER, act="prepare", **REASONS)
    said = see(head, OCTOBER)
    assert "监督员有意见：少一张电费" in said, "what was said before stays in the month's course"
    assert audit_of(Period.objects.get()) == Audit()
    assert "10月的账等您看" in see(auditor, "/office/")
    send(auditor, f"{OCTOBER}opinion/", kind="read")
    assert audit_of(Period.objects.get()) == Audit(1)
    assert "10月的账等您看" not in see(auditor, "/office/")


def test_auditor_writes_nothing_else_and_others_no_opinion(home: Compound, keeper: Client, head: Client) -> None:
    send(keeper, OCTOBER, act="prepare", **REASONS)
    for client in (keeper, head, browser(factories.user(Role.STREET_STAFF, home.code))):
        assert client.get(f"{OCTOBER}opinion/").status_code == 403
        assert client.post(f"{OCTOBER}opinion/", {"kind": "read"}).status_code == 403
    both = factories.user(Role.AUDITOR, home.code)
    factories.appoint(both, Role.COMMITTEE_DEPUTY, home.code)
    assert browser(both).post(f"{OCTOBER}opinion/", {"kind": "read"}).status_code == 403
    assert not Opinion.objects.exists()


# --- Months with nothing ------------------------------------------------------------------------------------------


def test_first_months_with_nothing_are_closed_and_posted_one_after_the_other(home: Compound) -> None:
    empty = factories.compound(f"{factories.COMMUNITY}02", "空账院（演示）")
    factories.open_with(empty, date(2026, 7, 31), {"service": {"bank": "100.00"}, "committee": {"bank": "0.00"}})
    keeper, head = (browser(user) for user in factories.people(empty))
    base = f"/office/compounds/{empty.code}/closing/"
    said = words(valid(send(keeper, f"{base}2026-09/", act="prepare")))
    assert "2026年8月还没结账" in said and "先结8月" in said
    for month in ("2026-08", "2026-09", "2026-10"):
        assert f"本月没有收支，编制{int(month[-2:])}月" in see(keeper, f"{base}{month}/")
        send(keeper, f"{base}{month}/", act="prepare")
        send(head, f"{base}{month}/approval/")
        with patch(
            "fees.operations.issuing.pdf.render", return_value=type("Sheet", (), {"bytes": b"%PDF-", "pages": 1})()
        ):
            send(head, f"/office/compounds/{empty.code}/ledgers/", month=month)
    hanging = [read_ledger(row.document.data) for row in Ledger.objects.of(empty).order_by("last_month")]
    assert [(ledger.period, str(ledger.opening), str(ledger.closing)) for ledger in hanging] == [
        (month, "100.00", "100.00") for month in ("2026-08", "2026-09", "2026-10")
    ]
