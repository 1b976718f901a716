"""The workbench: what waits is derived from facts, due days and groups; scope; the compounds of the scope."""

from __future__ import annotations

from datetime import date, timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compounds.choices import Role
from compounds.models import Compound, StageRecord
from compounds.operations.steps import plan_step
from core.choices import JobState
from core.models import Job, User
from core.operations import machine, store_paper
from fees.operations import approve_period, issue_ledger, prepare_period, prove_posting, return_draft, save_draft
from tests import factories
from tests.portal.office import CODE, NOW, browser, see, send, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
OFFICE = "/office/"
TWELFTH = NOW.replace(day=12)


def prepared(home: Compound, actor: User) -> None:
    from fees.documents import closing_view

    period = factories.Period.objects.get(compound=home, month=date(2026, 10, 1))
    reasons = {check.key: "已经核对" for check in closing_view(period).needing_reason}
    prepare_period(period, reasons, actor=actor, at=NOW)


def test_month_goes_from_bookkeeper_to_head_to_nobody(home: Compound, people: tuple[User, User]) -> None:
    keeper, head = people
    said = see(browser(keeper), OFFICE)
    assert "等您办的2件事" in said and "10月结账还没编制编制" in said and "以后2件11月10日" in said
    assert "10月银行对账2个账户还没和对账单对过对账" in said
    assert "没有等您办的事" in see(browser(head), OFFICE)
    prepared(home, keeper)
    assert "没有等您办的事" in see(browser(keeper), OFFICE)
    assert "10月结账已编制，等您审定审定" in see(browser(head), OFFICE)
    period = factories.Period.objects.get(compound=home, month=date(2026, 10, 1))
    approve_period(period, actor=head, at=NOW)
    assert "10月收支公示已审定，还没张贴张贴" in see(browser(head), OFFICE)
    sheet = type("Sheet", (), {"bytes": b"%PDF-", "pages": 1})()
    with patch("fees.operations.issuing.pdf.render", return_value=sheet):
        issue_ledger(home, date(2026, 10, 1), actor=head, at=NOW)
    assert "等您办的1件事" in (said := see(browser(head), OFFICE)) and "10月收支公示贴上墙" in said


def test_late_rows_stand_first_with_their_days(home: Compound, people: tuple[User, User]) -> None:
    with time_machine.travel(TWELFTH, tick=False):
        html = valid(browser(people[0]).get(OFFICE))
    assert "已过期限2件11月10日超期2天槐荫里小区（演示）10月结账" in words(html)
    assert f'href="{CODE}closing/2026-10/"' in html
    with time_machine.travel(NOW.replace(day=10), tick=False):
        assert "今天到期2件11月10日今天" in see(browser(people[0]), OFFICE)


def test_only_the_first_open_month_waits(home: Compound, people: tuple[User, User]) -> None:
    with time_machine.travel(NOW.replace(month=12), tick=False):
        factories.some_month(home, date(2026, 11, 1))
        said = see(browser(people[0]), OFFICE)
    assert "等您办的2件事" in said and "10月结账" in said and "11月结账" not in said


def test_month_without_a_voucher_waits_too(home: Compound, people: tuple[User, User]) -> None:
    factories.close(home)
    with time_machine.travel(NOW.replace(month=12), tick=False):
        assert "11月结账还没编制，没有一笔账" in see(browser(people[0]), OFFICE)


def test_drafts_of_others_wait_one_row_per_compound(home: Compound, people: tuple[User, User]) -> None:
    keeper, head = people
    factories.appoint(keeper, Role.COMMITTEE_DEPUTY, home.code)
    data = factories.data(home, date(2026, 10, 25), "101", "5.00")
    draft = save_draft(data, hand_in=True, actor=keeper, at=NOW - timedelta(days=5))
    html = valid(browser(head).get(OFFICE))
    assert "超期2天槐荫里小区（演示）1张凭证等您复核最早的是10月31日交来的复核" in words(html)
    assert f'href="/office/review/{draft.pk}/"' in html
    assert "凭证等您复核" not in see(browser(keeper), OFFICE), "one's own draft waits for somebody else"
    save_draft(data, hand_in=True, actor=keeper, at=NOW)
    assert "2张凭证等您复核" in see(browser(head), OFFICE)


def test_returned_draft_waits_for_who_typed_it(home: Compound, people: tuple[User, User]) -> None:
    keeper, head = people
    data = factories.data(home, date(2026, 10, 25), "101", "5.00")
    return_draft(save_draft(data, hand_in=True, actor=keeper, at=NOW), "没有票据", actor=head, at=NOW)
    assert "凭证被退回，等您改好没有票据改" in see(browser(keeper), OFFICE)
    other = factories.user(Role.COMMITTEE_BOOKKEEPER, home.code)
    assert "凭证被退回" not in see(browser(other), OFFICE)


def test_street_sees_what_to_post_together_and_who_is_late(home: Compound) -> None:
    factories.close(home)
    late = factories.compound(f"{factories.COMMUNITY}02", "南里甲院（演示）")
    factories.some_month(late)
    street = factories.user(Role.STREET_STAFF, factories.STREET)
    said = see(browser(street), OFFICE)
    assert "1个小区10月收支公示已审定，还没张贴，可以一起张贴张贴" in said and "南里甲院（演示）10月" not in said
    with time_machine.travel(TWELFTH, tick=False):
        said = see(browser(street), OFFICE)
    assert "南里甲院（演示）10月收支公示未张贴自管会还没编制看结账" in said
    assert "2个小区10月的账" in said and "已公示0已审定，没张贴1等主任审定0还没编制1合计2" in said


def planned(home: Compound, number: int = 1, ends_on: date | None = None, who: User | None = None) -> None:
    plan_step(home, number, {"ends_on": ends_on, "responsible": who}, 0, actor=factories.user(), at=NOW)


def test_a_step_without_a_planned_day_waits_for_the_clerk(home: Compound) -> None:
    clerk = factories.user(Role.COMMUNITY_CLERK, factories.COMMUNITY)
    street = factories.user(Role.STREET_STAFF, factories.STREET)
    html = valid(browser(clerk).get(OFFICE))
    row = "11月12日周四槐荫里小区（演示）第1步小区选定没有计划日期11月5日开始的，还没有定哪天完成填日期"
    assert row in words(html) and f'href="{CODE}steps/plan/?step=1"' in html
    assert "没有计划日期" not in see(browser(street), OFFICE), "the community has a clerk"
    planned(home, ends_on=date(2026, 11, 20))
    assert "第1步" not in see(browser(clerk), OFFICE)


def test_without_a_clerk_the_street_is_asked_for_the_day(home: Compound) -> None:
    street = factories.user(Role.STREET_STAFF, factories.STREET)
    assert "第1步小区选定没有计划日期" in see(browser(street), OFFICE)
    StageRecord.objects.create(compound=home, stage_id=1, seq=1, act="prepared", by=street, at=NOW)
    assert "没有计划日期" not in see(browser(street), OFFICE), "it waits for a confirmation"


def test_a_late_step_waits_for_who_is_named_and_the_street_counts_it(home: Compound) -> None:
    clerk = factories.user(Role.COMMUNITY_CLERK, factories.COMMUNITY)
    other = factories.user(Role.COMMUNITY_CLERK, factories.COMMUNITY)
    street = factories.user(Role.STREET_STAFF, factories.STREET)
    planned(home, ends_on=date(2026, 11, 4), who=clerk)
    html = valid(browser(clerk).get(OFFICE))
    assert "11月4日超期1天槐荫里小区（演示）第1步小区选定超过了计划的日期计划11月4日完成" in words(html)
    assert f'href="{CODE}steps/1/"' in html
    assert "超过了计划的日期" not in see(browser(other), OFFICE)
    html = valid(browser(street).get(OFFICE))
    assert "1个小区步骤超过了计划的日期" in words(html) and "/office/programme/?state=late" in html


def test_failed_job_waits_for_who_started_it_until_it_is_done(home: Compound) -> None:
    street = factories.user(Role.STREET_STAFF, factories.STREET)
    row = {"task": "t", "key": "k", "area_code": factories.STREET, "created_by": street, "created_at": NOW}
    Job.objects.create(title="10月收支公示", state=JobState.FAILED, finished_at=NOW, **row)
    assert "后台任务10月收支公示没有做完，可以接着做" in see(browser(street), OFFICE)
    assert "后台任务" not in see(browser(factories.user(Role.STREET_STAFF, factories.STREET)), OFFICE)
    Job.objects.create(title="10月收支公示", state=JobState.DONE, **row)
    assert "后台任务" not in see(browser(street), OFFICE)


def test_what_was_done_today_and_what_runs_stand_beside(home: Compound, people: tuple[User, User]) -> None:
    keeper = people[0]
    data = factories.data(home, date(2026, 10, 25), "101", "5.00", summary="居民缴费，现金")
    save_draft(data, hand_in=True, actor=keeper, at=NOW - timedelta(days=1))
    client = browser(keeper)
    assert "今天办完的" not in see(client, OFFICE)
    save_draft(data, hand_in=False, actor=keeper, at=NOW)
    Job.objects.create(title="10月收支公示，1个小区", task="t", key="k", total=11, done=7, created_by=keeper,
                       created_at=NOW, area_code=home.code)  # fmt: skip
    html = valid(client.get(OFFICE))
    assert "今天办完的存草稿：居民缴费，现金9:30" in words(html) and "11个里做好7个" in words(html)
    assert "1项正在运行" in html


def test_queries_do_not_grow_with_compounds(home: Compound) -> None:
    chief = factories.user(Role.COMMITTEE_HEAD, factories.STREET)
    factories.appoint(chief, Role.COMMITTEE_BOOKKEEPER, factories.STREET)
    overseer = factories.user(Role.STREET_STAFF, factories.STREET)
    factories.appoint(overseer, Role.STREET_DEPUTY, factories.STREET)
    asked = [(browser(user), url) for user in (chief, overseer) for url in (OFFICE, "/office/compounds/")]
    other = factories.user()

    def fill(made: Compound) -> None:
        data = factories.data(made, date(2026, 10, 25), "101", "5.00")
        save_draft(data, hand_in=True, actor=other, at=NOW)
        draft = save_draft(data, hand_in=True, actor=chief, at=NOW)
        return_draft(draft, "没有票据", actor=other, at=NOW)

    fill(home)
    counts = []
    for client, url in asked:
        with CaptureQueriesContext(connection) as few:
            valid(client.get(url))
        counts.append(len(few))
    for n in (2, 3, 4):
        made = factories.compound(f"{factories.COMMUNITY}0{n}", f"南里{n}院（演示）")
        factories.some_month(made)
        fill(made)
    for (client, url), count in zip(asked, counts, strict=True):
        with CaptureQueriesContext(connection) as many:
            valid(client.get(url))
        assert count == len(many) <= 20, url


# --- Scope --------------------------------------------------------------------------------------------------------


@pytest.fixture
def street_browser(home: Compound) -> Client:
    other = factories.compound("11010700300701", "春和院（演示）")
    factories.some_month(other)
    factories.compound(f"{factories.OTHER_COMMUNITY}01", "古城一院（演示）")
    return browser(factories.user(Role.STREET_STAFF, factories.STREET))


def test_scope_narrows_every_list(home: Compound, street_browser: Client) -> None:
    said = see(street_browser, "/office/compounds/")
    assert "槐荫里" in said and "春和院" in said and "古城一院" not in said
    send(street_browser, "/office/scope/", code=factories.COMMUNITY)
    said = see(street_browser, "/office/compounds/")
    assert "槐荫里" in said and "春和院" not in said
    assert street_browser.get("/office/compounds/11010700300701/").status_code == 200, "still in one's area"


def test_scope_outside_one_s_area_is_no_choice(street_browser: Client) -> None:
    for code in (factories.OTHER_STREET, "110107", "11010700", "x"):
        assert street_browser.post("/office/scope/", {"code": code}).status_code == 404
    assert street_browser.get("/office/scope/", {"inside": factories.OTHER_STREET}).status_code == 404
    assert "八角南里社区" in see(street_browser, "/office/scope/", inside=factories.STREET)
    assert "槐荫里" in see(street_browser, "/office/scope/", inside=factories.COMMUNITY)


def test_chosen_scope_ends_with_the_appointment(home: Compound) -> None:
    user = factories.user()
    factories.appoint(user, Role.AUDITOR, factories.COMMUNITY, until=date(2026, 11, 5))
    client = browser(user)
    send(client, "/office/scope/", code=home.area_code)
    assert client.get(CODE).status_code == 200
    with time_machine.travel(NOW + timedelta(hours=15), tick=False):
        client = browser(user)
        assert client.get(CODE).status_code == 404
        assert "您现在没有任职" in see(client, OFFICE)


def test_several_areas_are_all_shown_until_one_is_chosen(home: Compound) -> None:
    other = factories.compound(f"{factories.OTHER_COMMUNITY}01", "古城一院（演示）")
    keeper = factories.user(Role.COMMITTEE_BOOKKEEPER, home.code)
    factories.appoint(keeper, Role.COMMITTEE_BOOKKEEPER, other.code)
    client = browser(keeper)
    said = see(client, "/office/compounds/")
    assert "槐荫里" in said and "古城一院" in said
    send(client, "/office/scope/", code=other.code)
    assert "槐荫里" not in see(client, "/office/compounds/")
    send(client, "/office/scope/", code="")
    assert "槐荫里" in see(client, "/office/compounds/")


def test_account_administrator_sees_no_compound(home: Compound) -> None:
    client = browser(factories.user(Role.ACCOUNT_ADMIN, factories.DISTRICT))
    html = valid(client.get(OFFICE))
    assert "管账号" in words(html) and 'href="/admin/"' in html
    pages = ["compounds/", "review/", "ledgers/", "jobs/", "history/", "search/?q=槐荫里", "scope/"]
    for page in [*(f"{OFFICE}{p}" for p in pages), CODE, f"{CODE}books/service/", f"{CODE}closing/", f"{CODE}drafts/"]:
        assert client.get(page).status_code == 404, page


# --- Compounds ----------------------------------------------------------------------------------------------------


def test_compounds_are_found_by_text_and_area(home: Compound, street_browser: Client) -> None:
    assert "春和院" not in see(street_browser, "/office/compounds/", q="槐荫")
    assert "槐荫里" not in see(street_browser, "/office/compounds/", area="110107003007")
    assert "没有找到这样的小区" in see(street_browser, "/office/compounds/", q="没有的")
    assert "槐荫里" in see(street_browser, "/office/compounds/", area="110107004", page="999")
    said = see(street_browser, "/office/compounds/", q="槐荫")
    assert "八角南里社区4还没结账2026年10月看账簿" in said


def test_list_says_of_each_compound_how_its_posting_is(home: Compound) -> None:
    """Posted with or without photographs, approved and not posted, late, without books."""
    client = browser(factories.user(Role.STREET_STAFF, factories.STREET))
    page = "/office/compounds/"
    factories.compound("11010700300702", "晚晴里（演示）")
    assert "晚晴里（演示）八角北里社区4还没建账" in see(client, page)
    with time_machine.travel(NOW + timedelta(days=8), tick=False):
        client = browser(factories.user(Role.STREET_STAFF, factories.STREET))
        assert "八角南里社区4还没结账超期3天" in see(client, page)
        factories.close(home)
        assert "八角南里社区4已审定，没张贴超期3天" in see(client, page)
        sheet = type("Sheet", (), {"bytes": b"%PDF-", "pages": 1})()
        with patch("fees.operations.issuing.pdf.render", return_value=sheet):
            ledger, _ = issue_ledger(home, date(2026, 10, 1), actor=machine("system"), at=NOW)
        assert "八角南里社区4已公示照片还差2处" in see(client, page)
        for place, colour in (("东门", "red"), ("西门", "blue")):
            paper = store_paper(factories.picture(colour), name="a.png")
            prove_posting(ledger, place, ledger.posted_on, [paper], actor=machine("system"), at=NOW)
        assert "八角南里社区4已公示没有" in see(client, page)


def test_compound_page_says_where_the_books_stand(home: Compound, people: tuple[User, User]) -> None:
    said = see(browser(people[0]), CODE)
    assert "没结的月份2026年10月" in said and "记10月的账" in said and "还没有收支公示" in said and "4户" in said
    assert "看10月的账簿" in see(browser(people[1]), CODE)


def test_compound_without_books_says_what_to_do() -> None:
    bare = factories.compound(name="空院（演示）")
    assert "还没有建账" in see(browser(factories.user(Role.AUDITOR, bare.code)), CODE)
