"""The lease, the fence, stopping, going on and batches, in one process; real workers are in tests/services."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core import jobs
from core.choices import JobState
from core.jobs import Handle, PartSpec
from core.models import Entry, Job, User
from tests.worker_app import tasks

pytestmark = pytest.mark.django_db
HERE = "tests.worker_app.tasks"


@pytest.fixture(autouse=True)
def worker_app(settings: Any) -> None:
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tests.worker_app"]
    settings.REDIS_URL = ""


@pytest.fixture
def actor() -> User:
    return User.objects.create(username="clerk", name="赵敏", created_at=timezone.now())


@pytest.fixture
def start(actor: User) -> Callable[..., Job]:
    def start(task: str, key: str = "k", parent: Job | None = None, **args: Any) -> Job:
        return jobs.start(
            f"{HERE}.{task}", args, key=key, title="十月的账", area_code="110107003", actor=actor, at=timezone.now(),
            parent=parent,
        )  # fmt: skip

    return start


@pytest.fixture
def inside() -> Iterator[Callable[[Callable[[Handle], object]], None]]:
    """Let a test say what its task does."""

    def put(function: Callable[[Handle], object]) -> None:
        tasks.inside = function

    yield put
    tasks.inside = None


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    heard: list[int] = []
    monkeypatch.setattr(jobs, "ring", lambda *ids: heard.extend(ids))
    return heard


def leased(job: Job, seconds: float) -> None:
    """Give the lease to a worker that is not here, for so many seconds (negative: it ran out so long ago)."""
    until = timezone.now() + timedelta(seconds=seconds)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, token="other", locked_until=until, attempts=1)


def ended(job: Job) -> Job:
    job.refresh_from_db()
    return job


# --- start --------------------------------------------------------------------------------------------------------


def test_a_second_start_returns_the_unfinished_job_and_a_later_one_makes_a_new_row(start: Callable[..., Job]) -> None:
    first = start("work")
    assert start("work") == first
    leased(first, 30)
    assert start("work") == first
    Job.objects.filter(pk=first.pk).update(state=JobState.DONE, token="", locked_until=None)
    second = start("work")
    assert second != first
    assert Job.objects.filter(key="k").count() == 2


def test_the_database_itself_holds_one_unfinished_job_per_key(start: Callable[..., Job], actor: User) -> None:
    start("work")
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(task="x", key="k", title="x", created_by=actor, created_at=timezone.now())


def test_a_start_that_loses_the_race_returns_the_winner_and_leaves_the_transaction_whole(
    start: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    winner = start("work")
    real = jobs.JobQuerySet.first
    looks: list[int] = []

    def first(self: Any) -> Job | None:  # the first look is too early to see the winner
        looks.append(1)
        return None if len(looks) == 1 else real(self)

    monkeypatch.setattr(jobs.JobQuerySet, "first", first)
    assert start("work") == winner
    assert len(looks) == 2
    assert Job.objects.count() == 1  # the connection still answers: the IntegrityError stayed in its savepoint


def test_the_bell_rings_after_commit_only(
    start: Callable[..., Job], rung: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = start("work")
        assert rung == []
    assert rung == [job.pk]


def test_a_start_in_a_transaction_that_fails_leaves_no_job(start: Callable[..., Job], rung: list[int]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        start("work")
        raise ZeroDivisionError
    assert Job.objects.count() == 0
    assert rung == []


# --- The doorbell -------------------------------------------------------------------------------------------------


def test_a_broker_that_refuses_is_logged_and_nothing_else(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from kombu.exceptions import OperationalError

    from config.celery import app

    def refuse(*args: object, **options: object) -> None:
        raise OperationalError("redis://:secret@broker refused")

    settings.REDIS_URL = "redis://nowhere"
    monkeypatch.setattr(app, "send_task", refuse)
    jobs.ring(1, 2)
    (line,) = [r for r in caplog.records if r.name == "core.jobs"]
    assert line.levelno == logging.WARNING
    assert "secret" not in line.getMessage()


def test_a_broker_that_does_not_answer_costs_half_a_second(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from config.celery import app

    settings.REDIS_URL = "redis://nowhere"
    monkeypatch.setattr(app, "send_task", lambda *args, **options: time.sleep(3))
    before = time.monotonic()
    jobs.ring(1)
    assert 0.4 < time.monotonic() - before < 1.5


def test_the_ring_carries_the_id_alone_and_expires(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from config.celery import app
    from core.tasks import run_job

    sent: list[Any] = []
    settings.REDIS_URL = "redis://nowhere"
    monkeypatch.setattr(app, "send_task", lambda *args, **options: sent.append((args, options)))
    jobs.ring(7)
    assert sent == [(("core.tasks.run_job", (7,)), {"expires": 300})]
    assert run_job.name == sent[0][0][0]


# --- run: the lease -----------------------------------------------------------------------------------------------


def test_a_run_writes_the_end_and_a_second_run_does_nothing(start: Callable[..., Job]) -> None:
    job = start("work", name="甲")
    assert jobs.run(job.pk) is True
    ended(job)
    assert (job.state, json.loads(job.result), job.attempts) == (JobState.DONE, "甲", 1)
    assert (job.token, job.locked_until) == ("", None)
    assert job.started_at and job.finished_at and job.started_at <= job.finished_at
    assert jobs.run(job.pk) is False
    assert ended(job).attempts == 1


@pytest.mark.parametrize(
    ("seconds", "taken"),
    [
        pytest.param(20, False, id="live"),
        pytest.param(-1, True, id="run out"),
        pytest.param(3600, True, id="written before the clock was set back an hour"),
    ],
)
def test_only_a_lease_that_is_lost_is_taken(start: Callable[..., Job], seconds: float, taken: bool) -> None:
    job = start("work", name="甲")
    leased(job, seconds)
    assert jobs.run(job.pk) is taken
    assert ended(job).state == (JobState.DONE if taken else JobState.RUNNING)
    assert job.token == ("" if taken else "other")


def test_a_stopped_job_is_not_run(start: Callable[..., Job]) -> None:
    job = start("work")
    Job.objects.filter(pk=job.pk).update(state=JobState.STOPPED)
    assert jobs.run(job.pk) is False


def test_progress_renews_the_lease_and_tells(start: Callable[..., Job], inside: Any) -> None:
    job = start("call")

    def task(handle: Handle) -> None:
        Job.objects.filter(pk=job.pk).update(locked_until=timezone.now() + timedelta(seconds=1))
        handle.progress(3, 9, "第三行" * 100)
        row = ended(job)
        assert row.locked_until and row.locked_until > timezone.now() + timedelta(seconds=20)
        assert (row.done, row.total, row.message[:3], len(row.message)) == (3, 9, "第三行", 200)
        handle.progress()  # says nothing, and forgets nothing
        assert (ended(job).done, job.total) == (3, 9)
        assert handle.actor.username == "clerk"

    inside(task)
    jobs.run(job.pk)
    assert (ended(job).state, job.error, job.message) == (JobState.DONE, "", "")


def taken_over(job: Job, at: str) -> Callable[[Handle], None]:
    """A task whose lease another worker takes meanwhile; it notices at its next progress, or only at its end."""

    def task(handle: Handle) -> None:
        leased(job, 30)
        if at == "progress":
            handle.progress(5, 5)

    return task


@pytest.mark.parametrize("at", ["progress", "end"])
def test_a_worker_that_lost_its_lease_writes_nothing(
    start: Callable[..., Job], inside: Any, caplog: pytest.LogCaptureFixture, at: str
) -> None:
    job = start("call")
    inside(taken_over(job, at))
    assert jobs.run(job.pk) is True  # quietly
    ended(job)
    assert (job.state, job.token, job.done, job.result) == (JobState.RUNNING, "other", 0, "")
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


def test_control_without_the_fence_the_late_worker_overwrites(
    start: Callable[..., Job], inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handle, "_mine", lambda self: Job.objects.filter(pk=self.job_id))
    job = start("call")
    inside(taken_over(job, "end"))
    jobs.run(job.pk)
    assert ended(job).state == JobState.DONE  # though "other" is at work on it


def test_a_task_cannot_swallow_the_loss_of_its_lease(start: Callable[..., Job], inside: Any) -> None:
    job = start("call")

    def task(handle: Handle) -> str:
        leased(job, 30)
        try:
            handle.progress()
        except Exception:
            pytest.fail("an import's row-by-row except would go on")
        return "never"

    inside(task)
    jobs.run(job.pk)
    assert (ended(job).state, job.token) == (JobState.RUNNING, "other")


# --- run: the ends ------------------------------------------------------------------------------------------------


def test_a_known_reason_is_shown_in_its_own_words_and_its_result_kept(
    start: Callable[..., Job], caplog: pytest.LogCaptureFixture
) -> None:
    job = start("refuse")
    jobs.run(job.pk)
    ended(job)
    assert (job.state, job.error, json.loads(job.result)) == (JobState.FAILED, "这个月还没有结账。", {"issued": 3})
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


def test_an_unforeseen_fault_shows_a_number_and_logs_the_rest_under_it(
    start: Callable[..., Job], caplog: pytest.LogCaptureFixture, no_errors_in_logs: list[logging.LogRecord]
) -> None:
    job = start("break_down")
    jobs.run(job.pk)
    ended(job)
    assert job.state == JobState.FAILED
    assert job.error.startswith("出错了，编号")
    assert "1390000" not in job.error
    (line,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert job.error.removeprefix("出错了，编号") in line.getMessage()
    assert line.exc_info and line.exc_info[0] is ZeroDivisionError
    assert Job.objects.count() == 1  # the database connection is whole
    no_errors_in_logs.clear()


@pytest.mark.parametrize(
    "task", ["os.system", "core.jobs.sweep", f"{HERE}._trace", f"{HERE}.add", f"{HERE}.absent", "portal.tasks.x.y"]
)
def test_only_functions_of_an_installed_apps_tasks_are_called(
    actor: User, task: str, caplog: pytest.LogCaptureFixture, no_errors_in_logs: list[logging.LogRecord]
) -> None:
    job = jobs.start(task, {}, key="k", title="x", area_code="", actor=actor, at=timezone.now())
    jobs.run(job.pk)
    assert ended(job).state == JobState.FAILED
    assert job.error.startswith("出错了，编号")
    (line,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert line.exc_info and line.exc_info[0] in (LookupError, ImportError)
    no_errors_in_logs.clear()


def test_a_database_that_is_away_hands_the_job_back(start: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BUSY_SECONDS", 0)
    job = start("no_database")
    jobs.run(job.pk)
    assert (ended(job).state, job.error, job.token) == (JobState.QUEUED, "", "")
    Job.objects.filter(pk=job.pk).update(attempts=jobs.MAX_ATTEMPTS)
    jobs.run(job.pk)
    assert (ended(job).state, job.error) == (JobState.FAILED, "中断了20次，没有做完。可以再按“接着做”。")


@pytest.mark.parametrize("fault", [KeyboardInterrupt, SystemExit])
def test_a_process_that_is_told_to_end_hands_its_job_back(
    start: Callable[..., Job], inside: Any, fault: type[BaseException]
) -> None:
    job = start("call")

    def task(handle: Handle) -> None:
        raise fault

    inside(task)
    with pytest.raises(fault):
        jobs.run(job.pk)
    assert (ended(job).state, job.token, job.locked_until) == (JobState.QUEUED, "", None)


# --- stop and resume ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lease", [None, -1], ids=["queued", "its worker is gone"])
def test_what_nobody_runs_stops_at_once_and_goes_on_from_there(
    start: Callable[..., Job],
    actor: User,
    rung: list[int],
    lease: float | None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    job = start("work", name="甲")
    if lease is not None:
        leased(job, lease)
    at = timezone.now()
    assert jobs.stop(job, actor=actor, at=at).state == JobState.STOPPED
    assert (ended(job).finished_at, job.token) == (at, "")
    assert jobs.run(job.pk) is False
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.resume(job, actor=actor, at=at).state == JobState.QUEUED
    assert rung == [job.pk]
    jobs.run(job.pk)
    assert ended(job).state == JobState.DONE
    assert jobs.stop(job, actor=actor, at=at).state == JobState.DONE  # over is over
    assert jobs.resume(job, actor=actor, at=at).state == JobState.DONE
    assert list(Entry.objects.about("core.job", job.pk).order_by("pk").values_list("action", "summary")) == [
        ("job.stop", "停下：十月的账"),
        ("job.resume", "接着做：十月的账"),
    ]


def test_a_running_job_stops_at_its_next_progress(start: Callable[..., Job], actor: User, inside: Any) -> None:
    job = start("call")

    def task(handle: Handle) -> str:
        stopped = jobs.stop(job, actor=actor, at=timezone.now())
        assert (stopped.state, stopped.stop_asked) == (JobState.RUNNING, True)
        handle.progress(1, 2)
        return "never"

    inside(task)
    jobs.run(job.pk)
    assert (ended(job).state, job.done, job.result, job.stop_asked) == (JobState.STOPPED, 1, "", False)


def test_going_on_before_the_stop_took_effect_takes_it_back(
    start: Callable[..., Job], actor: User, inside: Any
) -> None:
    job = start("call")

    def task(handle: Handle) -> str:
        jobs.stop(job, actor=actor, at=timezone.now())
        jobs.resume(job, actor=actor, at=timezone.now())
        handle.progress()
        return "ja"

    inside(task)
    jobs.run(job.pk)
    assert (ended(job).state, job.result) == (JobState.DONE, '"ja"')


def test_going_on_returns_the_job_that_runs_already_under_that_key(start: Callable[..., Job], actor: User) -> None:
    old = start("work")
    jobs.stop(old, actor=actor, at=timezone.now())
    new = start("work")
    assert jobs.resume(old, actor=actor, at=timezone.now()) == new
    assert ended(old).state == JobState.STOPPED


# --- spread -------------------------------------------------------------------------------------------------------


def parts_of(job: Job) -> list[tuple[str, str, int]]:
    return [(p.key.split("/")[1], p.state, p.attempts) for p in job.parts.order_by("pk")]


def test_a_batch_works_its_parts_off_alone_and_returns_their_results_in_order(
    start: Callable[..., Job], rung: list[int]
) -> None:
    job = start("batch", count=5)
    jobs.run(job.pk)
    assert (ended(job).state, job.done, job.total) == (JobState.DONE, 5, 5)
    assert json.loads(job.result) == ["p0", "p1", "p2", "p3", "p4"]
    assert parts_of(job) == [(f"p{n}", "done", 1) for n in range(5)]
    assert rung == [p.pk for p in job.parts.order_by("pk")]  # others may help
    assert {p.area_code for p in job.parts.all()} == {"110107003"}
    assert list(Job.objects.tops()) == [job]


def test_a_part_that_fails_holds_up_no_other_and_is_named_at_the_end(
    start: Callable[..., Job], no_errors_in_logs: list[logging.LogRecord]
) -> None:
    job = start("mixed", names=["refuse", "work", "break_down", "page"])
    jobs.run(job.pk)
    assert no_errors_in_logs.pop().exc_info  # of break_down
    assert (ended(job).state, job.done, job.total) == (JobState.FAILED, 4, 4)
    assert job.error.startswith("4个里有2个没有做完：件refuse（这个月还没有结账。）；件break_down（出错了，编号")
    assert [state for _, state, _ in parts_of(job)] == ["failed", "done", "failed", "done"]


def test_a_batch_taken_up_again_keeps_what_is_done(start: Callable[..., Job]) -> None:
    """As after a worker was killed: its lease runs out, another worker begins the same task anew."""
    job = start("batch", count=4)
    jobs.run(job.pk)
    late = job.parts.order_by("pk")[2]
    leased(job, -1)
    leased(late, -1)
    assert jobs.run(job.pk)
    assert ended(job).state == JobState.DONE
    assert parts_of(job) == [("p0", "done", 1), ("p1", "done", 1), ("p2", "done", 2), ("p3", "done", 1)]


def test_a_part_under_way_elsewhere_is_waited_for_with_the_lease_renewed(
    start: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start("batch", count=2)
    jobs.run(job.pk)
    other = job.parts.order_by("pk")[1]
    leased(job, -1)
    leased(other, 20)
    leases: list[Any] = []

    def meanwhile(seconds: float) -> None:
        assert seconds <= 0.5
        leases.append(ended(job).locked_until)
        assert job.state == JobState.RUNNING and job.done == 1
        if len(leases) == 3:
            Job.objects.filter(pk=other.pk).update(state=JobState.DONE, token="", locked_until=None, result='"dort"')

    monkeypatch.setattr(jobs.time, "sleep", meanwhile)
    jobs.run(job.pk)
    assert (ended(job).state, json.loads(job.result)) == (JobState.DONE, ["p0", "dort"])
    assert leases == sorted(set(leases))


def test_a_stopped_batch_goes_on_with_what_is_left(
    start: Callable[..., Job], actor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start("batch", count=4)
    real = jobs._run

    def run(job_id: int, above: Handle | None) -> bool:
        result = real(job_id, above)
        if above is not None and job.parts.filter(state=JobState.DONE).count() == 2:
            jobs.stop(job, actor=actor, at=timezone.now())
        return result

    monkeypatch.setattr(jobs, "_run", run)
    jobs.run(job.pk)
    assert ended(job).state == JobState.STOPPED
    assert (job.done, job.total) == (2, 4)
    assert parts_of(job) == [("p0", "done", 1), ("p1", "done", 1), ("p2", "stopped", 0), ("p3", "stopped", 0)]

    monkeypatch.setattr(jobs, "_run", real)
    jobs.resume(job, actor=actor, at=timezone.now())
    assert [state for _, state, _ in parts_of(job)] == ["done", "done", "queued", "queued"]
    jobs.run(job.pk)
    assert (ended(job).state, job.done) == (JobState.DONE, 4)
    assert parts_of(job) == [(f"p{n}", "done", 1) for n in range(4)]


def test_going_on_after_failed_parts_runs_these_again(
    start: Callable[..., Job], actor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start("mixed", names=["work", "refuse"])
    jobs.run(job.pk)
    assert ended(job).state == JobState.FAILED
    monkeypatch.setattr(tasks.refuse, "__code__", (lambda handle: "jetzt").__code__)
    jobs.resume(job, actor=actor, at=timezone.now())
    jobs.run(job.pk)
    assert (ended(job).state, job.error, json.loads(job.result)) == (JobState.DONE, "", ["", "jetzt"])
    assert [p.attempts for p in job.parts.order_by("pk")] == [1, 1]  # counted anew since it goes on


def test_a_batch_that_lost_its_lease_makes_no_parts(start: Callable[..., Job], inside: Any) -> None:
    job = start("call")

    def task(handle: Handle) -> object:
        leased(job, 30)
        return handle.spread([PartSpec(f"{HERE}.work", {}, key="a", title="甲")])

    inside(task)
    jobs.run(job.pk)
    assert ended(job).token == "other"
    assert job.parts.count() == 0


def test_a_part_renews_the_lease_of_its_batch(start: Callable[..., Job], inside: Any) -> None:
    """Else a batch would be taken by a second worker while its one worker is busy with a longer part."""
    job = start("mixed", names=["call"])

    def part(handle: Handle) -> None:
        assert ended(job).message == "件call"  # what is being done, not what was
        Job.objects.filter(pk=job.pk).update(locked_until=timezone.now())
        handle.progress()
        until = ended(job).locked_until
        assert until and until > timezone.now() + timedelta(seconds=20)

    inside(part)
    jobs.run(job.pk)
    assert (ended(job).state, job.error) == (JobState.DONE, "")


# --- sweep, tick, estimates, commands -----------------------------------------------------------------------------


def test_the_sweep_rings_for_all_that_lies_and_for_nothing_that_lives(
    start: Callable[..., Job], rung: list[int]
) -> None:
    old = timezone.now() - timedelta(minutes=1)
    queued, lost, live, done, fresh = (start("work", key=key) for key in ("queued", "lost", "live", "done", "fresh"))
    part = start("work", key="part", parent=live)
    Job.objects.exclude(pk=fresh.pk).update(created_at=old)
    leased(lost, -1)
    leased(live, 20)
    Job.objects.filter(pk=done.pk).update(state=JobState.DONE)
    assert jobs.sweep() == 3
    assert rung == [queued.pk, lost.pk, part.pk]  # batches and single jobs before parts


def test_the_schedule_is_called_with_the_time_and_a_fault_in_it_stops_nothing(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    no_errors_in_logs: list[logging.LogRecord],
) -> None:
    called: list[object] = []
    monkeypatch.setattr(tasks, "due", called.append)
    settings.JOB_SCHEDULE = [f"{HERE}.absent", f"{HERE}.due"]
    now = timezone.now()
    jobs.tick(now)
    assert called == [now]
    assert [r.levelno for r in caplog.records if r.name == "core.jobs"] == [logging.ERROR]
    no_errors_in_logs.clear()


def test_the_remaining_time_follows_the_pace_since_the_job_was_taken_up(start: Callable[..., Job]) -> None:
    job, now = start("batch", count=4), timezone.now()
    assert jobs.remaining_seconds(job, now) is None
    jobs.run(job.pk)
    begun = now - timedelta(seconds=30)
    done = [p.pk for p in job.parts.order_by("pk")]
    Job.objects.filter(pk__in=done[2:]).update(state=JobState.QUEUED)
    Job.objects.filter(pk=done[0]).update(finished_at=begun - timedelta(hours=1))  # before the stop
    Job.objects.filter(pk=done[1]).update(finished_at=now)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, started_at=begun, locked_until=now, done=2, total=4)
    assert jobs.remaining_seconds(ended(job), now) == 60  # one part in 30 seconds, two to do
    plain = start("work", key="plain")
    Job.objects.filter(pk=plain.pk).update(state=JobState.RUNNING, started_at=begun, locked_until=now, done=3, total=4)
    assert jobs.remaining_seconds(ended(plain), now) == 10


def test_a_command_runs_the_job_itself_where_no_worker_is(start: Callable[..., Job], settings: Any) -> None:
    job = jobs.run_here(start("batch", count=2))
    assert job.state == JobState.DONE
    settings.REDIS_URL = "redis://nowhere"
    lazy = jobs.run_here(start("work", key="lazy", name="甲"), patience=0.1)
    assert (lazy.state, lazy.result) == (JobState.DONE, '"甲"')


def test_a_command_waits_for_the_worker_that_has_it(start: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> None:
    job = start("work")
    leased(job, 20)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 4:
            Job.objects.filter(pk=job.pk).update(state=JobState.DONE, result='"dort"', token="", locked_until=None)

    monkeypatch.setattr(jobs.time, "sleep", nap)
    assert jobs.run_here(job).result == '"dort"'
    assert len(naps) == 4


def test_waiting_ends_after_its_time(start: Callable[..., Job]) -> None:
    before = time.monotonic()
    assert jobs.wait(start("work"), 0.4).state == JobState.QUEUED
    assert time.monotonic() - before < 2
