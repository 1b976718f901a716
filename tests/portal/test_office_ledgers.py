"""Posting ledgers: one compound's on a page of its own, many as a job that can be watched, stopped, resumed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compounds.choices import Role
from compounds.models import Compound
from core import jobs
from core.choices import JobState
from core.models import Job
from core.operations import machine
from core.pdf import Pdf
from fees.models import Ledger
from fees.operations import issue_ledger, start_due_posting
from tests import factories
from tests.portal.office import CODE, NOW, browser, see, send, valid, words

pytestmark = pytest.mark.django_db
PUBLISH = "/office/ledgers/"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    sheet = type("Sheet", (), {"bytes": b"%PDF-", "pages": 1})()
    with time_machine.travel(NOW, tick=False), patch("fees.operations.issuing.pdf.render", return_value=sheet):
        yield


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.some_month(made)
    factories.close(made)
    return made


@pytest.fixture
def street(home: Compound) -> Client:
    return browser(factories.user(Role.STREET_STAFF, factories.STREET, "李敏"))


def neighbour(n: int, closed: bool = True) -> Compound:
    made = factories.compound(f"1101070030070{n}", f"春和{n}院（演示）")
    factories.some_month(made)
    if closed:
        factories.close(made)
    return made


# --- One compound -------------------------------------------------------------------------------------------------


def test_head_posts_one_ledger_after_seeing_what_it_means(home: Compound) -> None:
    head = browser(factories.user(Role.COMMITTEE_HEAD, home.code))
    assert "2026年10月已审定，还没张贴。张贴10月" in see(head, f"{CODE}ledgers/")
    said = see(head, f"{CODE}ledgers/", month="2026-10")
    assert "贴出以后不能收回" in said and "先不办" in said
    assert not Ledger.objects.exists()
    said = words(valid(send(head, f"{CODE}ledgers/", month="2026-10")))
    assert "10月收支公示贴出了，公示编号" in said and "打印用的PDF" in said
    assert "早先已经贴出" in words(valid(send(head, f"{CODE}ledgers/", month="2026-10")))
    assert Ledger.objects.count() == 1


def test_month_that_is_not_approved_is_not_posted() -> None:
    home = factories.compound()
    factories.some_month(home)
    head = browser(factories.user(Role.COMMITTEE_HEAD, home.code))
    assert "2026年10月还没审定，不能张贴。" in words(valid(send(head, f"{CODE}ledgers/", month="2026-10")))
    assert head.post(f"{CODE}ledgers/", {"month": "x"}).status_code == 404
    assert not Ledger.objects.exists()


@pytest.mark.parametrize("role", [Role.COMMITTEE_BOOKKEEPER, Role.AUDITOR, Role.COMMUNITY_CLERK])
def test_others_do_not_post(home: Compound, role: str) -> None:
    client = browser(factories.user(role, home.code))
    assert client.post(f"{CODE}ledgers/", {"month": "2026-10"}).status_code == 403
    assert client.get(PUBLISH).status_code == 404
    assert "张贴10月" not in see(client, f"{CODE}ledgers/")
    assert not Ledger.objects.exists()


# --- Many ---------------------------------------------------------------------------------------------------------


def test_street_starts_a_job_for_what_is_ready(home: Compound, street: Client) -> None:
    ready = neighbour(1)
    neighbour(2, closed=False)
    said = see(street, PUBLISH, period="2026-10")
    assert "3个小区：可以张贴2个，已经贴出0个。" in said and "春和2院（演示）八角北里社区还没结账" in said
    data = {"period": "2026-10", "area": factories.STREET, "compounds": [home.code, ready.code]}
    response = street.post(PUBLISH, data, follow=True)
    job = Job.objects.tops().get()
    assert json.loads(job.args)["codes"] == sorted([home.code, ready.code])
    said = words(valid(response))
    assert "2026年10月收支公示，2个小区" in said and "停下" in said
    street.post(PUBLISH, data)
    assert Job.objects.count() == 1


def test_ticks_taken_away_stay_away_when_the_form_is_asked_again(home: Compound, street: Client) -> None:
    """What was left out on purpose must not be posted because something else was wrong."""
    ready = neighbour(1)
    data = {"period": "2026-10", "area": factories.STREET, "compounds": [ready.code, "11010700300299"]}
    page = valid(street.post(PUBLISH, data))
    assert f'id="c{ready.code}" checked' in page
    assert f'id="c{home.code}"' in page and f'id="c{home.code}" checked' not in page


def test_compound_that_is_not_ready_or_foreign_is_no_choice(home: Compound, street: Client) -> None:
    late = neighbour(1, closed=False)
    foreign = factories.compound(f"{factories.OTHER_COMMUNITY}01", "古城一院（演示）")
    factories.some_month(foreign)
    factories.close(foreign)
    for code in (late.code, foreign.code, ""):
        data = {"period": "2026-10", "area": factories.STREET, "compounds": code}
        said = words(valid(street.post(PUBLISH, data)))
        assert "现在不能张贴" in said or "还没有选小区" in said
    assert street.get(PUBLISH, {"area": factories.OTHER_STREET}).status_code == 200
    assert "古城一院" not in see(street, PUBLISH, area=factories.OTHER_STREET, period="2026-10")
    assert street.get(PUBLISH, {"period": "2026-11"}).status_code == 404
    assert not Job.objects.exists()


def test_queries_do_not_grow_with_compounds(home: Compound, street: Client) -> None:
    with CaptureQueriesContext(connection) as few:
        see(street, PUBLISH, period="2026-10")
    for n in (1, 2, 3):
        neighbour(n)
    with CaptureQueriesContext(connection) as many:
        see(street, PUBLISH, period="2026-10")
    assert len(few) == len(many) <= 20


# --- Jobs ---------------------------------------------------------------------------------------------------------


def job(street: Client, home: Compound, **fields: object) -> Job:
    street.post(PUBLISH, {"period": "2026-10", "area": factories.STREET, "compounds": [home.code]})
    made = Job.objects.tops().get()
    Job.objects.filter(pk=made.pk).update(**fields)
    made.refresh_from_db()
    return made


def part(parent: Job, title: str, **fields: object) -> Job:
    return Job.objects.create(
        task="fees.tasks.publish_ledger", key=title, title=title, parent=parent, created_by=parent.created_by,
        created_at=NOW, area_code=parent.area_code, **fields,
    )  # fmt: skip


def test_page_asks_again_only_while_the_job_is_unfinished(home: Compound, street: Client) -> None:
    made = job(street, home, state=JobState.RUNNING, locked_until=NOW, started_at=NOW, done=3, total=11)
    html = valid(street.get(f"/office/jobs/{made.pk}/"))
    assert 'hx-trigger="every 2s"' in html and "11个小区里做好3个" in words(html) and "刷新" in words(html)
    fragment = street.get(f"/office/jobs/{made.pk}/progress/").content.decode()
    assert 'hx-get="/office/jobs/' in fragment and "<html" not in fragment
    Job.objects.filter(pk=made.pk).update(state=JobState.DONE, locked_until=None, done=11, finished_at=NOW)
    assert "hx-get" not in street.get(f"/office/jobs/{made.pk}/progress/").content.decode()


def test_finished_job_links_what_was_made_and_names_what_failed(home: Compound, street: Client) -> None:
    made = job(street, home, state=JobState.FAILED, done=1, total=2, finished_at=NOW, error="2个里有1个没有做完")
    result = {"made": True, "code": "2026-10", "compound": home.code, "version": 1}
    part(made, "槐荫里小区10月收支公示", state=JobState.DONE, result=json.dumps(result))
    part(made, "春和院10月收支公示", state=JobState.FAILED, error="这个月还没有审定，不能张贴。")
    html = valid(street.get(f"/office/jobs/{made.pk}/"))
    assert f'href="/compounds/{home.code}/ledgers/2026-10/"' in html
    said = words(html)
    assert "没有做成的1个春和院10月收支公示这个月还没有审定，不能张贴。" in said and "接着做" in said


def test_job_is_stopped_and_resumed_by_post(home: Compound, street: Client) -> None:
    made = job(street, home)
    url = f"/office/jobs/{made.pk}/"
    assert street.get(f"{url}stop/").status_code == 405
    assert "停下了" in words(valid(send(street, f"{url}stop/")))
    assert "停下" in words(valid(send(street, f"{url}resume/")))
    made.refresh_from_db()
    assert made.state == JobState.QUEUED
    assert "2026年10月收支公示，1个小区" in see(street, "/office/jobs/")


def test_reader_watches_a_job_and_does_not_steer_it(home: Compound, street: Client) -> None:
    made = job(street, home)
    reader = browser(factories.user(Role.AUDITOR, factories.STREET))
    assert "停下" not in see(reader, f"/office/jobs/{made.pk}/")
    assert reader.post(f"/office/jobs/{made.pk}/stop/").status_code == 403
    for area in (factories.OTHER_STREET, home.code):
        stranger = browser(factories.user(Role.AUDITOR, area))
        assert stranger.get(f"/office/jobs/{made.pk}/").status_code == 404
        assert stranger.get(f"/office/jobs/{made.pk}/progress/").status_code == 404
        assert stranger.post(f"/office/jobs/{made.pk}/stop/").status_code == 404


def test_part_of_a_job_has_no_page(home: Compound, street: Client) -> None:
    made = part(job(street, home), "春和院", state=JobState.DONE)
    assert street.get(f"/office/jobs/{made.pk}/").status_code == 404


# --- Longer periods -----------------------------------------------------------------------------------------------


def test_quarter_is_posted_where_its_months_are_approved_and_says_what_lacks_elsewhere(street: Client) -> None:
    whole = factories.compound(f"{factories.COMMUNITY}61", "春和61院（演示）")
    half = factories.compound(f"{factories.COMMUNITY}62", "春和62院（演示）")
    factories.compound(f"{factories.COMMUNITY}63", "春和63院（演示）")
    for month in (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)):
        for each in (whole, half):
            factories.some_month(each, month)
            if each is whole or month.month < 9:
                factories.close(each, month)
    said = see(street, PUBLISH, period="2026-Q3")
    assert "张贴2026年第三季度收支公示" in said and "可以张贴1个" in said and "10月10日前要贴出，已过26天" in said
    assert "9月还没结账超期26天" in said and "春和63院（演示）八角南里社区还没建账" in said
    data = {"period": "2026-Q3", "area": factories.STREET, "compounds": [whole.code]}
    assert "2026年第三季度收支公示，1个小区" in words(valid(street.post(PUBLISH, data, follow=True)))
    made = Job.objects.tops().get()
    jobs.run(made.pk)
    assert [row.code for row in Ledger.objects.all()] == ["2026-Q3"]
    said = see(street, f"/office/jobs/{made.pk}/")
    assert "做完了，1个小区" in said and "春和61院（演示）第三季度收支公示" in said
    assert "已经贴出1个，其中1个没有贴满两处的照片" in see(street, PUBLISH, period="2026-Q3")
    data["compounds"] = [half.code]
    assert "现在不能张贴" in words(valid(street.post(PUBLISH, data)))


def test_periods_that_are_not_over_are_not_offered(street: Client) -> None:
    """On 5 November: October, the third quarter, the first half-year, last year."""
    html = valid(street.get(PUBLISH))
    offered = re.findall(r'<option value="(2[^"]*)"', html)
    assert {"2026-10", "2024-11", "2026-Q3", "2026-H1", "2025"} <= set(offered)
    assert not {"2026-11", "2026-Q4", "2026-H2", "2026"} & set(offered)
    for period in ("2026-Q4", "2026-H2", "2026", "x", "2026-13"):
        assert street.get(PUBLISH, {"period": period}).status_code == 404


def test_schedules_jobs_are_marked_and_their_faults_shown_to_the_district(home: Compound, settings: Any) -> None:
    settings.POSTING_DAY, settings.POSTING_KINDS = 5, ["month"]
    assert start_due_posting(actor=machine("system"), at=NOW) is None, "approved today: the head may still withdraw"
    tomorrow = NOW + timedelta(days=1)
    made = start_due_posting(actor=machine("system"), at=tomorrow)
    assert made is not None
    client = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    assert "11月6日到期的收支公示，1份排队中0/1自动" in see(client, "/office/jobs/")
    assert "自动，" in see(client, f"/office/jobs/{made.pk}/")
    Job.objects.filter(pk=made.pk).update(state=JobState.FAILED, finished_at=NOW, error="1个里有1个没有做完")
    assert "没有做完，可以接着做" in see(client, "/office/")
    staff = browser(factories.user(Role.STREET_STAFF, factories.STREET))
    assert "没有做完" not in see(staff, "/office/")
    assert start_due_posting(actor=machine("system"), at=tomorrow + timedelta(days=1)) is not None
    assert "没有做完" not in see(client, "/office/"), "the next day's job takes its place"


# --- The print job ------------------------------------------------------------------------------------------------

PRINT = "/office/ledgers/print/"
SHEET = {"period": "2026-10", "area": factories.STREET, "pages": "first", "copies": "2"}


def posted(home: Compound) -> Compound:
    issue_ledger(home, date(2026, 10, 1), actor=machine("system"), at=NOW)
    return home


def test_street_prints_what_hangs_and_fetches_the_file(home: Compound, street: Client) -> None:
    posted(home)
    neighbour(1)
    assert "贴出的1个可以一起打印。" in see(street, PUBLISH, period="2026-10")
    said = see(street, PRINT, period="2026-10")
    assert "八角街道2个小区，贴出的有1个。" in said and "槐荫里" in said and "春和1院" not in said
    made_of = words(valid(street.post(PRINT, SHEET | {"compounds": [home.code]}, follow=True)))
    assert "打印2026年10月收支公示，1个小区" in made_of and "停下" in made_of
    made = Job.objects.tops().get()
    assert json.loads(made.args)["options"] == {"copies": 2, "first_only": True, "both_sides": False}
    with patch("fees.operations.printing.pdf.join", return_value=Pdf(b"%PDF-joined", 3)):
        jobs.run(made.pk)
    html = valid(street.get(f"/office/jobs/{made.pk}/"))
    assert "做完了，1个小区。" in words(html) and "2026年10月收支公示.pdf，3页，" in words(html)
    url = f"/office/jobs/{made.pk}/files/1/"
    assert f'href="{url}"' in html
    response = street.get(url)
    assert response.content == b"%PDF-joined" and response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("inline")
    for stranger in (factories.OTHER_STREET, home.code):
        assert browser(factories.user(Role.AUDITOR, stranger)).get(url).status_code == 404
    assert street.get(f"/office/jobs/{made.pk}/files/2/").status_code == 404


def test_faults_of_the_print_form_are_told_and_kept(home: Compound, street: Client) -> None:
    posted(home)
    other = posted(neighbour(1))
    for copies, sentence in (("0", "份数要在1到9之间"), ("x", "份数看不懂"), ("", "几份没有填"), ("10", "1到9之间")):
        html = valid(street.post(PRINT, SHEET | {"copies": copies, "compounds": [other.code]}))
        assert (sentence in words(html) and f'value="{copies}"' in html) or copies == ""
        assert re.search(rf'value="{other.code}"[^>]* checked', html)
        assert not re.search(rf'value="{home.code}"[^>]* checked', html)
    assert "还没有选小区" in words(valid(street.post(PRINT, SHEET)))
    late = neighbour(2)
    assert "现在没有公示" in words(valid(street.post(PRINT, SHEET | {"compounds": [late.code]})))
    assert not Job.objects.exists()


def test_period_without_ledgers_says_what_to_do_first(home: Compound, street: Client) -> None:
    assert "这一期还没有贴出的公示" in see(street, PRINT, period="2026-Q3")
    assert browser(factories.user(Role.COMMITTEE_BOOKKEEPER, home.code)).get(PRINT).status_code == 404
