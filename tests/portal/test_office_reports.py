"""The monthly report: its figures as of the month's end, its two persons, what is frozen, the district as the streets' sum."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client

from compounds.choices import Role, StageAct
from compounds.models import Area, Compound, MonthlyReport, ReportDraft, StageRecord
from core.hashing import sha256_text
from core.models import Document, Entry, User
from core.operations import machine, read_bytes
from core.spreadsheets import read_grid
from fees.verification import verify_books
from portal.documents.reports import Figure, Report, added_up, street_figures
from portal.views.office import reports as views
from portal.waiting import waiting_for
from tests import factories
from tests.factories import AT, COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_STREET, STREET
from tests.portal.office import browser, see, valid, words

pytestmark = pytest.mark.django_db

MONTH = date(2026, 10, 1)
URL = f"/office/reports/{STREET}/2026-10/"


def at(day: int, month: int = 10) -> datetime:
    return datetime(2026, month, day, 4, tzinfo=UTC)


def confirm(home: Compound, number: int, when: datetime, act: str = StageAct.CONFIRMED) -> None:
    seq = StageRecord.objects.filter(compound=home, stage=number).count() + 1
    StageRecord.objects.create(compound=home, stage_id=number, seq=seq, act=act, by=machine("system-2"),
                               previous_by=machine("system"), reason="再看", at=when)  # fmt: skip


def figures(area: str = STREET, month: date = MONTH) -> dict[str, tuple[str | None, str | None]]:
    return {f.key: (f.month, f.total) for f in street_figures(area, month)}


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    Compound.objects.filter(pk=made.pk).update(created_at=at(1, 3))
    Area.objects.get_or_create(code=DISTRICT, defaults={"name": "北京市石景山区", "level": "district"})
    return made


@pytest.fixture
def staff() -> User:
    return factories.user(Role.STREET_STAFF, STREET, "李敏")


@pytest.fixture
def deputy() -> User:
    return factories.user(Role.STREET_DEPUTY, STREET, "周副主任")


# --- Figures ------------------------------------------------------------------------------------------------------


def test_steps_are_counted_as_they_stood_at_the_months_end(home: Compound) -> None:
    confirm(home, 1, at(9, 9))
    confirm(home, 2, at(12))
    confirm(home, 3, at(2, 11))
    found = figures()
    assert found["compounds"] == ("0", "1")
    assert found["step_1"] == ("0", "0") and found["step_2"] == ("1", "0") and found["step_3"] == ("0", "1")
    assert figures(month=date(2026, 11, 1))["step_3"] == ("1", "0")
    # Opened again in October: it is not confirmed at the month's end.
    confirm(home, 2, at(20), StageAct.REOPENED)
    assert figures()["step_2"] == ("0", "1")


def test_households_and_area_of_those_in_operation(home: Compound) -> None:
    assert figures()["households_all"] == ("0", "4") and figures()["area_all"] == ("0.00", "239.00")
    assert figures()["households_running"] == ("0", "0")
    for number in range(1, 9):
        confirm(home, number, at(number))
    found = figures()
    assert found["step_9"] == ("1", "1")
    assert found["households_running"] == ("4", "4") and found["area_running"] == ("239.00", "239.00")


def test_money_is_of_the_month_and_of_the_year(home: Compound) -> None:
    factories.open_with(home, date(2026, 8, 31), {"service": {"bank": "9000.00"}})
    factories.some_month(home, date(2026, 9, 1))
    factories.some_month(home)
    factories.some_month(home, date(2026, 11, 1))
    found = figures()
    assert found["parking"] == ("6480.00", "12960.00")
    assert found["income_residents"] == ("3412.50", "6825.00")
    # Car parks, and the letting of a place for an advertisement.
    assert found["income_public_revenue"] == ("6930.00", "13860.00")
    assert found["income_government"] == ("0.00", "0.00")
    assert figures(OTHER_STREET)["parking"] == ("0.00", "0.00")


def test_postings_due_in_time_late_and_open(home: Compound) -> None:
    factories.open_with(home, date(2026, 8, 31), {"service": {"bank": "9000.00"}})
    assert figures()["posting_due"] == ("1", "1") and figures()["posting_open"] == ("1", "1")
    factories.some_month(home, date(2026, 9, 1))
    factories.close(home, date(2026, 9, 1), at(4))
    from fees.operations import issue_ledger

    issue_ledger(home, date(2026, 9, 1), actor=machine("system"), at=at(15))
    found = figures()
    assert (found["posting_in_time"], found["posting_late"], found["posting_open"]) == (
        ("0", "0"), ("1", "1"), ("0", "0")
    )  # fmt: skip
    found = figures(month=date(2026, 11, 1))
    assert found["posting_due"] == ("1", "2") and found["posting_open"] == ("1", "1")


def test_what_later_modules_know_is_empty_and_said(home: Compound, staff: User) -> None:
    later = {f.key for f in street_figures(STREET, MONTH) if f.later}
    assert {"mode", "due", "received", "rate", "objections", "calls"} == later
    assert all(figures()[key] == (None, None) for key in later)
    assert "以后的模块才有" in see(browser(staff), URL)


# --- Two persons, frozen ------------------------------------------------------------------------------------------


def save(client: Client, version: int = 0, **more: str) -> str:
    data = {"version": str(version), "problems": "门禁坏了", "plans": "修门禁", "act": "hand_in"} | more
    return words(valid(client.post(URL, data, follow=True)))


def issue(client: Client, url: str = URL, **more: str) -> str:
    html = valid(client.get(f"{url}issue/"))
    seen = html.partition('name="seen" value="')[2].partition('"')[0]
    version = html.partition('name="version" value="')[2].partition('"')[0]
    return words(valid(client.post(f"{url}issue/", {"seen": seen, "version": version, **more}, follow=True)))


def test_staff_prepares_and_the_deputy_freezes(home: Compound, staff: User, deputy: User) -> None:
    assert "还没有定稿" in see(browser(staff), URL)
    assert "交审核了" in save(browser(staff))
    text = issue(browser(deputy))
    assert "定稿了" in text and "编制李敏，审核周副主任" in text
    row = MonthlyReport.objects.get()
    document = row.document
    assert (row.area_code, row.month, row.version, document.kind) == (STREET, MONTH, 1, "report")
    assert document.sha256 == sha256_text(document.data)
    report = Report.from_json(document.data)
    assert report.to_json() == document.data and report.problems == "门禁坏了" and report.code == document.code
    files = {file.format: read_bytes(file.sha256) for file in document.files.all()}
    assert set(files) == {"pdf", "xlsx"} and files["pdf"].startswith(b"%PDF")
    grid = [cells for _, cells in read_grid(files["xlsx"])]
    assert grid[1][:5] == ["小区", "登记的小区", "个", 0, 1]
    for kind in files:
        answer = browser(staff).get(f"{URL}1/report.{kind}")
        assert answer.content == files[kind]
    assert browser(staff).get(f"{URL}2/report.pdf").status_code == 404
    entry = Entry.objects.filter(action="report.issue").get()
    assert (entry.area_code, entry.actor) == (STREET, deputy) and document.sha256 in entry.data
    assert verify_books().bad == []


def test_what_is_frozen_stays_when_the_facts_move_on(home: Compound, staff: User, deputy: User) -> None:
    save(browser(staff))
    issue(browser(deputy))
    before = MonthlyReport.objects.get().document.data
    factories.compound(f"{COMMUNITY}02", "新来的")
    Compound.objects.filter(name="新来的").update(created_at=at(9))
    assert MonthlyReport.objects.get().document.data == before
    assert "新来的" not in see(browser(staff), URL) and figures()["compounds"] == ("1", "2")
    # The next version is handed in anew, says why, and the first one stays.
    assert "还没有交审核" in issue(browser(deputy), reason="漏了一个小区")
    save(browser(staff), 1)
    assert "请写明为什么出新的一版" in issue(browser(deputy), reason="")
    assert "定稿了" in issue(browser(deputy), reason="漏了一个小区")
    first, second = MonthlyReport.objects.order_by("version")
    assert first.document.data == before
    assert Report.from_json(second.document.data).reason == "漏了一个小区"
    assert {f.key: f.total for f in Report.from_json(second.document.data).figures}["compounds"] == "2"


def test_nobody_checks_what_they_prepared(home: Compound) -> None:
    both = factories.user(Role.STREET_STAFF, STREET, "周双")
    factories.appoint(both, Role.STREET_DEPUTY, STREET)
    save(browser(both))
    text = see(browser(both), f"{URL}issue/")
    assert "要由另一个人审核" in text and "定稿以后不能改" not in text
    browser(both).post(f"{URL}issue/", {"version": "1", "seen": "0"})
    assert not MonthlyReport.objects.exists()


def test_what_is_not_handed_in_is_not_checked(home: Compound, staff: User, deputy: User) -> None:
    from compounds.operations.refusals import ReportNotPrepared
    from compounds.operations.reports import issue_report
    from core.operations import NewDocument

    month = {"month": "2026-10"}
    assert "还没有交审核" in save(browser(staff), act="keep")
    assert "在编，还没交审核" in see(browser(deputy), "/office/reports/", **month)
    assert "李敏在编" in (text := see(browser(deputy), URL)) and "审核定稿" not in text
    assert "还没有交审核" in (text := issue(browser(deputy))) and "定稿以后不能改" not in text
    new = NewDocument("AAAA0009X", "report", "月报", 1, STREET, "{}", sha256_text("{}"))
    with pytest.raises(ReportNotPrepared):
        issue_report(ReportDraft.objects.get(), new, actor=deputy, at=AT)
    save(browser(staff), 1)
    assert "编好了，等审核" in see(browser(deputy), "/office/reports/", **month)
    assert "审核定稿" in see(browser(deputy), URL)
    # Taken back to go on writing: it waits for nobody, and whoever had it open is told.
    html = valid(browser(deputy).get(f"{URL}issue/"))
    assert "还没有交审核" in save(browser(staff), 2, act="keep")
    seen = html.partition('name="seen" value="')[2].partition('"')[0]
    text = words(valid(browser(deputy).post(f"{URL}issue/", {"seen": seen, "version": "2"})))
    assert "还没有交审核" in text and not MonthlyReport.objects.exists()


def test_what_is_frozen_is_what_was_seen(home: Compound, staff: User, deputy: User) -> None:
    save(browser(staff))
    client = browser(deputy)
    html = valid(client.get(f"{URL}issue/"))
    seen = html.partition('name="seen" value="')[2].partition('"')[0]
    confirm(home, 1, at(30))
    data = {"seen": seen, "version": "1"}
    text = words(valid(client.post(f"{URL}issue/", data)))
    assert "数变了" in text and not MonthlyReport.objects.exists()
    save(browser(staff), 1, problems="别的")
    html = valid(client.get(f"{URL}issue/"))
    seen = html.partition('name="seen" value="')[2].partition('"')[0]
    text = words(valid(client.post(f"{URL}issue/", {"seen": seen, "version": "1"})))
    assert "李敏" in text and "存过一次" in text and not MonthlyReport.objects.exists()


def test_whoever_saves_second_is_told_and_loses_nothing(home: Compound, staff: User) -> None:
    other = factories.user(Role.STREET_STAFF, STREET, "何二")
    save(browser(staff))
    assert "李敏" in (text := save(browser(other), 0, problems="电梯坏了")) and "电梯坏了" in text
    assert "李敏" in save(browser(other), 7, problems="电梯坏了")
    assert ReportDraft.objects.get().problems == "门禁坏了"
    assert "交审核了" in save(browser(other), 1, problems="电梯坏了")
    draft = ReportDraft.objects.get()
    assert (draft.problems, draft.prepared_by, draft.version) == ("电梯坏了", other, 2)


def test_only_ended_months_and_areas_that_report(home: Compound, staff: User) -> None:
    client = browser(staff)
    assert client.get(f"/office/reports/{STREET}/2126-10/").status_code == 404
    assert client.get(f"/office/reports/{COMMUNITY}/2026-10/").status_code == 404
    assert client.get(f"/office/reports/{OTHER_STREET}/2026-10/").status_code == 404
    assert client.get(f"/office/reports/{DISTRICT}/2026-10/").status_code == 404
    clerk = browser(factories.user(Role.COMMUNITY_CLERK, COMMUNITY))
    assert "这里没有您的" in see(clerk, "/office/reports/") and clerk.get(URL).status_code == 404
    assert "八角街道" in see(client, "/office/reports/", month="2026-10")


# --- The district -------------------------------------------------------------------------------------------------


def district(name: str) -> User:
    return factories.user(Role.DISTRICT_ADMIN, DISTRICT, name)


def test_the_district_is_the_sum_of_the_streets_frozen_reports(home: Compound, staff: User, deputy: User) -> None:
    other = factories.compound(f"{OTHER_COMMUNITY}01", "古一院", households=3)
    Compound.objects.filter(pk=other.pk).update(created_at=at(5))
    factories.open_with(home, date(2026, 8, 31), {"service": {"bank": "9000.00"}})
    factories.some_month(home)
    save(browser(staff))
    issue(browser(deputy))
    url = f"/office/reports/{DISTRICT}/2026-10/"
    one, two = district("郑一"), district("何二")
    text = see(browser(one), url)
    assert "1个街道还没有定稿：古城街道" in text
    their = (
        factories.user(Role.STREET_STAFF, OTHER_STREET, "古工"),
        factories.user(Role.STREET_DEPUTY, OTHER_STREET, "古副"),
    )
    elsewhere = f"/office/reports/{OTHER_STREET}/2026-10/"
    browser(their[0]).post(elsewhere, {"version": "0", "problems": "", "plans": "", "act": "hand_in"})
    issue(browser(their[1]), elsewhere)
    browser(one).post(url, {"version": "0", "problems": "", "plans": "全区推进", "act": "hand_in"})
    assert "定稿了" in issue(browser(two), url)
    frozen = {row.area_code: Report.from_json(row.document.data) for row in MonthlyReport.objects.all()}
    total = {f.key: f for f in frozen[DISTRICT].figures}
    for key, figure in total.items():
        for column in ("month", "total"):
            parts = [getattr(f, column) for s in (STREET, OTHER_STREET) for f in frozen[s].figures if f.key == key]
            known = [Decimal(part) for part in parts if part is not None]
            said = getattr(figure, column)
            assert (sum(known, Decimal(0)) == Decimal(said)) if known else said is None, (key, column)
    assert total["households_all"].total == "7" and total["parking"].month == "6480.00"
    assert {code for code, _, _ in frozen[DISTRICT].streets} == {STREET, OTHER_STREET}
    assert frozen[DISTRICT].missing == ()


def test_control_a_sum_that_forgets_a_street_is_noticed() -> None:
    rows = [Report(code, "", MONTH, 1, (Figure("a", "g", "l", "个", "1", "2"),), "", "", "") for code in "12"]
    whole, part = added_up(rows)[0], added_up(rows[:1])[0]
    assert (whole.month, whole.total) == ("2", "4") and (part.month, part.total) != ("2", "4")


# --- Waiting, verifying -------------------------------------------------------------------------------------------


def test_the_workbench_asks_for_the_report_by_the_fifth(home: Compound, staff: User, deputy: User) -> None:
    def asked(user: User, today: date = date(2026, 11, 7)) -> list[tuple[str, str, int]]:
        rows = waiting_for(user, [STREET], today)
        return [(row.verb, row.place, row.late_days) for row in rows if "月报" in row.what]

    assert asked(staff) == [("编制", "八角街道", 2)] and asked(deputy) == []
    assert asked(staff, date(2026, 11, 3)) == [("编制", "八角街道", 0)]
    save(browser(staff), act="keep")
    assert asked(staff) == [("编制", "八角街道", 2)] and asked(deputy) == []
    save(browser(staff), 1)
    assert asked(staff) == [] and asked(deputy) == [("审核", "八角街道", 2)]
    issue(browser(deputy))
    assert asked(deputy) == []
    admin = district("郑一")
    assert [r.verb for r in waiting_for(admin, [DISTRICT], date(2026, 11, 7)) if "月报" in r.what] == ["编制"]
    assert not [r for r in waiting_for(admin, [STREET], date(2026, 11, 7)) if "月报" in r.what]


def test_a_changed_report_is_found(home: Compound, staff: User, deputy: User, tmp_path: object) -> None:
    from tests.fees.tampers import drop_triggers

    save(browser(staff))
    issue(browser(deputy))
    assert verify_books().bad == []
    drop_triggers()
    document = Document.objects.get(kind="report")
    Document.objects.filter(pk=document.pk).update(data=document.data.replace("门禁", "电梯"))
    assert [fault.what for fault in verify_books().bad] == [f"{document.title} {document.code}：数据和校验码不符"]
    Document.objects.filter(pk=document.pk).update(data=document.data)
    document.files.filter(format="xlsx").update(size=1)
    assert [fault.what for fault in verify_books().bad] == [f"{document.title} {document.code}：xlsx文件被改动"]


def test_a_report_typed_twice_at_once_is_issued_once(home: Compound, staff: User, deputy: User) -> None:
    from compounds.operations.reports import issue_report
    from core.operations import NewDocument

    save(browser(staff))
    draft = ReportDraft.objects.get()
    new = NewDocument("AAAA0009X", "report", "月报", 1, STREET, "{}", sha256_text("{}"))
    first, made = issue_report(draft, new, actor=deputy, at=AT)
    again, made_again = issue_report(draft, new, actor=deputy, at=AT)
    assert made and not made_again and first == again


def test_the_view_names_what_is_json() -> None:
    assert set(views.FILES) == {"pdf", "xlsx"} and json.loads(factories.REPORT)["kind"] == "report"
    assert Report.from_json(factories.REPORT).to_json() == factories.REPORT
