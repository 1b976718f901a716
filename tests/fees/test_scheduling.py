"""What the schedule posts by itself: from the posting day on, once a day, catching up, one fault not holding up others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from compounds.models import Compound
from core import jobs
from core.choices import JobState
from core.models import Job, JobQuerySet
from core.operations import machine
from fees import tasks
from fees.models import Ledger
from fees.operations import due_ledgers, issue_ledger, withdraw_approval
from fees.rules import next_month
from tests import factories
from tests.together import run_together

SHANGHAI = ZoneInfo("Asia/Shanghai")
ALL = ("month", "quarter", "half", "year")
pytestmark = [pytest.mark.usefixtures("quick_pdf")]


@pytest.fixture(autouse=True)
def fifth(settings: Any) -> None:
    settings.POSTING_DAY, settings.POSTING_KINDS = 5, ["month", "quarter", "year"]
    settings.REDIS_URL = ""


def noon(year: int, month: int, day: int, hour: int = 12) -> datetime:
    return datetime(year, month, day, hour, tzinfo=SHANGHAI)


def closed(code: str = f"{factories.COMMUNITY}01", *months: date, at: datetime | None = None) -> Compound:
    """Post and close months, each approved on the first day after it, or at a moment."""
    home = factories.compound(code, f"小区{code[-2:]}（演示）")
    for month in months or (date(2026, 10, 1),):
        factories.some_month(home, month)
        factories.close(home, month, at or datetime.combine(next_month(month), time(9), SHANGHAI))
    return home


def tick(at: datetime) -> Job | None:
    """Let the schedule ring at a moment, work off what it started, and return the day's job."""
    with time_machine.travel(at, tick=False):
        jobs.tick(at)
        for job_id in list(Job.objects.unfinished().tops().values_list("pk", flat=True)):
            jobs.run(job_id)
    return Job.objects.filter(schedule_key=f"fees.post_due:{at.date().isoformat()}").first()


def postings() -> JobQuerySet:
    """Return the jobs of posting; the schedule starts others too."""
    return Job.objects.filter(task__startswith="fees.")


def hanging() -> list[str]:
    return sorted(Ledger.objects.values_list("code", flat=True))


# --- When ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_nothing_before_the_posting_day_then_everything_once() -> None:
    closed()
    assert tick(noon(2026, 11, 4)) is None and hanging() == []
    job = tick(noon(2026, 11, 5))
    assert job is not None and job.state == JobState.DONE and hanging() == ["2026-10"]
    assert job.created_by == machine("system") and job.title == "11月5日到期的收支公示，1份"
    for hour in (13, 14):
        tick(noon(2026, 11, 5, hour))
    assert postings().tops().count() == 1


@pytest.mark.django_db
def test_the_day_is_shanghais() -> None:
    """At 15:59 of the 4th in Greenwich it is 23:59 in Beijing; a minute later it is the 5th."""
    closed()
    fourth = datetime(2026, 11, 4, 15, 59, tzinfo=ZoneInfo("UTC"))
    tick(fourth)
    assert not postings().exists()
    tick(fourth + timedelta(minutes=1))
    assert postings().get(parent=None).schedule_key == "fees.post_due:2026-11-05"


@pytest.mark.django_db
def test_days_off_are_caught_up_before_the_posting_day_too() -> None:
    """Nobody's machine ran in November: on the 2nd of December October goes out, November not yet."""
    closed(f"{factories.COMMUNITY}01", date(2026, 10, 1), date(2026, 11, 1))
    tick(noon(2026, 12, 2))
    assert hanging() == ["2026-10"]
    tick(noon(2026, 12, 5))
    assert hanging() == ["2026-10", "2026-11"]


@pytest.mark.django_db
def test_what_is_approved_after_the_run_goes_out_the_next_day() -> None:
    closed()
    tick(noon(2026, 11, 5))
    late = closed(f"{factories.COMMUNITY}02", at=noon(2026, 11, 5, 13))
    tick(noon(2026, 11, 5, 18))
    assert not Ledger.objects.filter(compound=late).exists()
    assert tick(noon(2026, 11, 6)) is not None
    assert Ledger.objects.filter(compound=late).count() == 1 and Ledger.objects.count() == 2
    assert tick(noon(2026, 11, 7)) is None, "nothing is due"


@pytest.mark.django_db
def test_what_was_approved_the_same_day_is_left_to_the_head_until_midnight() -> None:
    """Approved in the small hours before the run, it waits too; approved a minute before midnight, it goes out."""
    early = closed(f"{factories.COMMUNITY}01", at=noon(2026, 11, 5, 0))
    closed(f"{factories.COMMUNITY}02", at=noon(2026, 11, 5, 0) - timedelta(minutes=1))
    tick(noon(2026, 11, 5))
    assert [row.compound.code for row in Ledger.objects.all()] == [f"{factories.COMMUNITY}02"]
    withdraw_approval(early.periods.get(), "漏记一张", actor=machine("system-2"), at=noon(2026, 11, 5))
    factories.close(early, date(2026, 10, 1), noon(2026, 11, 6, 9))
    assert tick(noon(2026, 11, 6)) is None, "approved anew today"
    assert tick(noon(2026, 11, 7)) is not None and Ledger.objects.filter(compound=early).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("anew", [noon(2026, 11, 7, 9), None])
def test_a_late_worker_leaves_what_was_withdrawn_meanwhile_to_the_next_day(anew: datetime | None) -> None:
    """The job is made on the 5th, a worker comes on the 7th; one month was withdrawn, and perhaps approved anew."""
    mended, other = closed(f"{factories.COMMUNITY}01"), closed(f"{factories.COMMUNITY}02")
    with time_machine.travel(noon(2026, 11, 5), tick=False):
        tasks.post_due_ledgers(noon(2026, 11, 5))
    job = Job.objects.get()
    withdraw_approval(mended.periods.get(), "漏记一张", actor=machine("system-2"), at=noon(2026, 11, 5, 15))
    if anew is not None:
        factories.close(mended, date(2026, 10, 1), anew)
    with time_machine.travel(noon(2026, 11, 7), tick=False):
        jobs.run(job.pk)
    job.refresh_from_db()
    assert [row.compound for row in Ledger.objects.all()] == [other]
    assert (job.state, json.loads(job.result)) == (JobState.DONE, {"issued": 1, "already": 0, "waiting": 1})
    if anew is not None:
        assert tick(noon(2026, 11, 8)) is not None and Ledger.objects.filter(compound=mended).exists()


@pytest.mark.django_db
def test_month_that_is_not_approved_waits(settings: Any) -> None:
    home = factories.compound()
    factories.some_month(home)
    assert tick(noon(2026, 11, 5)) is None
    factories.close(home)
    settings.POSTING_DAY = 0
    assert tick(noon(2026, 11, 6)) is None, "switched off"
    settings.POSTING_DAY = 5
    assert tick(noon(2026, 11, 6)) is not None


# --- Periods ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_quarter_half_and_year_follow_their_last_month(settings: Any) -> None:
    months, month = [], date(2026, 1, 1)
    while month <= date(2026, 12, 1):
        months.append(month)
        month = next_month(month)
    home = closed(f"{factories.COMMUNITY}01", *months[:8])
    due = due_ledgers(date(2026, 10, 6), posting_day=5, kinds=ALL)
    assert [span.code for span, _ in due] == [
        *(f"2026-0{n}" for n in range(1, 7)), "2026-Q2", "2026-H1", "2026-07", "2026-08",
    ], "the first quarter ended too long ago"  # fmt: skip
    factories.some_month(home, months[8])
    assert "2026-Q3" not in [s.code for s, _ in due_ledgers(date(2026, 10, 6), posting_day=5, kinds=ALL)]
    factories.close(home, months[8], noon(2026, 10, 1))
    assert "2026-Q3" not in [s.code for s, _ in due_ledgers(date(2026, 10, 4), posting_day=5, kinds=ALL)]
    settings.POSTING_KINDS = ["quarter"]
    job = tick(noon(2026, 10, 6))
    assert job is not None and job.state == JobState.DONE and hanging() == ["2026-Q2", "2026-Q3"]
    assert due_ledgers(date(2026, 10, 6), posting_day=5, kinds=["quarter"]) == []
    assert [s.code for s, _ in due_ledgers(date(2026, 10, 6), posting_day=5, kinds=["half", "year"])] == ["2026-H1"]


@pytest.mark.django_db
def test_posted_quarter_does_not_stand_for_its_months() -> None:
    home = closed(f"{factories.COMMUNITY}01", date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
    from fees.rules import Span

    issue_ledger(home, Span.parse("2026-Q3"), actor=machine("system"), at=factories.AT)
    due = due_ledgers(date(2026, 10, 6), posting_day=5, kinds=["month", "quarter"])
    assert [span.code for span, _ in due] == ["2026-07", "2026-08", "2026-09"]


# --- Faults -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_compound_that_fails_holds_up_nobody_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, no_errors_in_logs: list[Any]
) -> None:
    bad, good = closed(f"{factories.COMMUNITY}01"), closed(f"{factories.COMMUNITY}02")
    plain = tasks.issue_ledger

    def broken(compound: Compound, *args: Any, **more: Any) -> Any:
        if compound.pk == bad.pk:
            raise ZeroDivisionError("of the test")
        return plain(compound, *args, **more)

    monkeypatch.setattr(tasks, "issue_ledger", broken)
    job = tick(noon(2026, 11, 5))
    assert job is not None and job.state == JobState.FAILED and "2个里有1个没有做完" in job.error
    assert [row.compound for row in Ledger.objects.all()] == [good]
    no_errors_in_logs.clear()
    monkeypatch.setattr(tasks, "issue_ledger", plain)
    again = tick(noon(2026, 11, 6))
    assert again is not None and again.state == JobState.DONE and again.total == 1
    assert Ledger.objects.filter(compound=bad).count() == 1 and Ledger.objects.count() == 2


# --- Races --------------------------------------------------------------------------------------------------------


@pytest.fixture
def ready(real_db: None) -> Iterator[None]:
    closed()
    yield


def race(at: datetime, times: int) -> list[Any]:
    def ring() -> None:
        tasks.post_due_ledgers(at)

    return [result for result in run_together([ring] * times) if result is not None]


@pytest.mark.usefixtures("ready")
def test_four_processes_make_one_job_of_a_day() -> None:
    """Also when the first one's job is over before the second looks (quality.md D16: two beats)."""
    for day in range(5, 15):
        at = noon(2026, 11, day)
        assert race(at, 4) == []
        Job.objects.update(state=JobState.DONE)
        assert race(at, 4) == []
    assert Job.objects.count() == 10 and len(set(Job.objects.values_list("schedule_key", flat=True))) == 10


@pytest.mark.usefixtures("ready")
def test_control_without_the_key_a_day_gets_a_second_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """``jobs.start`` alone knows unfinished jobs only: the slower process starts the work again."""

    def start(task: str, args: dict[str, Any], **more: Any) -> Job:
        return jobs.start(task, args, **more)

    monkeypatch.setattr(jobs, "start_scheduled", start)
    race(noon(2026, 11, 5), 2)
    Job.objects.update(state=JobState.DONE)
    race(noon(2026, 11, 5), 2)
    assert Job.objects.count() == 2
