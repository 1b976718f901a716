"""Long work: the Job row is the truth, its lease the only guard, the broker a doorbell.

A worker (a Celery task or the web process's own thread) takes a job's lease by one conditional UPDATE, calls the task
and writes the end; every write names the lease's token, so that a worker that lost its lease writes nothing. The lease
is renewed by progress. A killed worker's job is taken again when its lease has run out; tasks are therefore short and
idempotent. The clock is read here: this helper is a door.

A task is a plain function ``<app>.tasks.<name>(handle, **args)``; args and result are JSON, and carry ids only.
"""

from __future__ import annotations

import atexit
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connections, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from core.choices import JobState
from core.models import Job, JobQuerySet, User
from core.operations import record

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 20  # a job that has ended its worker so often is not given to another
POLL_SECONDS = 0.3
TELL_SECONDS = 0.7  # between two reports from inside a transaction
BUSY_SECONDS = 1.0  # before a job is handed back because the database was away
RING_PATIENCE = 0.5  # seconds a page waits for the broker; the row is saved already
SWEEP_AGE = timedelta(seconds=5)
SWEEP_LIMIT = 50
NAMED_FAILURES = 20


class JobFailed(Exception):
    """A task's end without success, told to people by ``sentence``; ``result`` is kept all the same.

    Any exception with an attribute ``sentence`` ends a job as failed with these words; all others are faults, which
    people see as a reference number only.
    """

    def __init__(self, sentence: str, result: object = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.result = result


class PartsFailed(JobFailed):
    """Some parts of a batch did not succeed, the others did; ``results`` has None in the place of the failed."""

    def __init__(self, sentence: str, results: list[Any], failed: list[str]) -> None:
        super().__init__(sentence)
        self.results = results
        self.failed = failed


# Not Exceptions: a task's ``except Exception`` around one row must not swallow them.
class Stopped(BaseException):
    """Someone asked this job to stop."""


class LeaseLost(BaseException):
    """This worker was too slow or cut off: the job belongs to another one, or to nobody."""


class _Leaving(BaseException):
    """The process of the in-process worker is ending."""


@dataclass(frozen=True)
class PartSpec:
    """One short piece of a batch (one compound); ``key`` tells it apart from the batch's other parts."""

    task: str
    args: dict[str, Any]
    key: str
    title: str
    area_code: str = ""


# --- Starting, stopping, going on ---------------------------------------------------------------------------------


def start(
    task: str,
    args: dict[str, Any],
    *,
    key: str,
    title: str,
    area_code: str,
    actor: User,
    at: datetime,
    total: int = 0,
    parent: Job | None = None,
) -> Job:
    """Queue a task and ring for a worker after commit; while a job of that key is unfinished, return that one.

    Works inside the caller's transaction (both are saved or neither is) and without one.
    """
    while True:
        job = Job.objects.unfinished().filter(key=key).first()
        if job is None:
            try:
                with transaction.atomic():
                    job = Job.objects.create(
                        task=task,
                        args=json.dumps(args, ensure_ascii=False),
                        key=key,
                        title=title,
                        area_code=area_code,
                        created_by=actor,
                        created_at=at,
                        total=total,
                        parent=parent,
                    )
            except IntegrityError:
                if Job.objects.unfinished().filter(key=key).exists():
                    continue  # another one was a moment faster
                raise
        if job.state == JobState.QUEUED:
            _ring_after_commit(job.pk)
        return job


def start_scheduled(
    task: str, args: dict[str, Any], *, key: str, title: str, area_code: str, actor: User, at: datetime, total: int = 0
) -> Job | None:
    """Queue a task that is due, once for ever per ``key``; None where that key has had its job.

    However many processes call it at one moment, one of them makes the job: the row's unique key decides.
    """
    if is_started(key):
        return None
    try:
        with transaction.atomic():
            job = Job.objects.create(
                task=task, args=json.dumps(args, ensure_ascii=False), key=key, schedule_key=key, title=title,
                area_code=area_code, created_by=actor, created_at=at, total=total,
            )  # fmt: skip
    except IntegrityError:
        if is_started(key):
            return None
        raise
    _ring_after_commit(job.pk)
    return job


def is_started(key: str) -> bool:
    """Return whether the schedule's key has had its job, whatever became of it."""
    return Job.objects.filter(schedule_key=key).exists()


def stop(job: Job, *, actor: User, at: datetime) -> Job:
    """Stop a job: at once where nobody runs it, else at its next sign of progress; its waiting parts at once.

    Does nothing to a finished job. Recorded in history.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job.pk)
        if job.is_finished or job.stop_asked:
            return job
        if _runnable(timezone.now()).filter(pk=job.pk).exists():
            job.state, job.finished_at, job.token, job.locked_until = JobState.STOPPED, at, "", None
        else:
            job.stop_asked = True
        job.save(update_fields=["state", "finished_at", "token", "locked_until", "stop_asked"])
        _stop_waiting_parts(job.pk, at)
        record("job.stop", f"停下：{job.title}", actor=actor, at=at, area_code=job.area_code, subject=job)
    return job


def resume(job: Job, *, actor: User, at: datetime) -> Job:
    """Queue a stopped or failed job again, with those of its parts that are not done; done parts stay as they are.

    Where a job of the same key is unfinished already, return that one. Recorded in history.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job.pk)
        if job.state == JobState.DONE or (not job.is_finished and not job.stop_asked):
            return job
        other = Job.objects.unfinished().filter(key=job.key).exclude(pk=job.pk).first()
        if other is not None:
            return other
        again = {"error": "", "stop_asked": False, "attempts": 0, "finished_at": None, "message": ""}
        if job.is_finished:
            again |= {"state": JobState.QUEUED, "token": "", "locked_until": None}
        try:
            with transaction.atomic():
                Job.objects.filter(pk=job.pk).update(**again)
        except IntegrityError:
            return Job.objects.unfinished().get(key=job.key)
        _queue_again(Q(parent=job.pk, state__in=[JobState.STOPPED, JobState.FAILED]))
        record("job.resume", f"接着做：{job.title}", actor=actor, at=at, area_code=job.area_code, subject=job)
        _ring_after_commit(job.pk)
    job.refresh_from_db()
    return job


def _queue_again(which: Q) -> None:
    Job.objects.filter(which).update(
        state=JobState.QUEUED, token="", locked_until=None, error="", message="", stop_asked=False, attempts=0,
        finished_at=None,
    )  # fmt: skip


def _stop_waiting_parts(parent_id: int, at: datetime) -> None:
    """Stop the parts that nobody runs; a part under way is short and ends by itself."""
    waiting = _runnable(timezone.now()).filter(parent=parent_id)
    waiting.update(state=JobState.STOPPED, finished_at=at, token="", locked_until=None)


def remaining_seconds(job: Job, now: datetime) -> int | None:
    """Estimate how long a running job still takes, in seconds; None before anything can be said.

    A batch is judged by the parts finished since it was last taken up, any other job by its count.
    """
    if job.state != JobState.RUNNING or job.started_at is None or not job.total:
        return None
    parts = job.parts.filter(state=JobState.DONE)
    made = parts.filter(finished_at__gte=job.started_at).count() if parts.exists() else job.done
    elapsed = (now - job.started_at).total_seconds()
    if made < 1 or elapsed <= 0:
        return None
    return max(0, round(elapsed / made * (job.total - job.done)))


# --- The doorbell -------------------------------------------------------------------------------------------------

_bell = threading.Event()


def _ring_after_commit(job_id: int) -> None:
    transaction.on_commit(lambda: ring(job_id), robust=True)


def ring(*job_ids: int) -> None:
    """Tell a worker that these jobs wait; a broker that does not answer costs half a second and nothing else.

    The rows stay queued then, and the sweep rings again.
    """
    if not job_ids:
        return
    if not settings.REDIS_URL:
        _bell.set()
        return
    # In a thread of its own: redis-py tries a dead broker again for some six seconds, and a page must not wait.
    bell = threading.Thread(target=_send, args=(job_ids,), name="ring", daemon=True)
    bell.start()
    bell.join(RING_PATIENCE)


def _send(job_ids: Sequence[int]) -> None:
    from celery import current_app

    try:
        for job_id in job_ids:
            current_app.send_task("core.tasks.run_job", (job_id,), expires=settings.JOB_RING_EXPIRES)
    except Exception as error:  # whatever the client library raises: the row is the truth
        logger.warning("The broker did not take the ring for %d job(s): %s", len(job_ids), type(error).__name__)


def sweep() -> int:
    """Ring again for everything that lies queued, or has lost its lease, for more than a few seconds; return how many.

    Batches first, as they ring for their parts themselves; a limited number at a time, as the next sweep comes soon.
    """
    now = timezone.now()
    waiting = _runnable(now).filter(Q(created_at__lt=now - SWEEP_AGE) | Q(created_at__gt=now))
    job_ids = list(waiting.order_by(F("parent").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:SWEEP_LIMIT])
    ring(*job_ids)
    return len(job_ids)


def tick(now: datetime) -> None:
    """Call what the schedule names, each with the present time; it starts, by a key of its period, what is due."""
    for name in settings.JOB_SCHEDULE:
        try:
            import_string(name)(now)
        except Exception:
            logger.exception("The schedule's %s failed", name)


# --- Running ------------------------------------------------------------------------------------------------------


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _runnable(now: datetime) -> JobQuerySet:
    """What may be taken now; a lease from far ahead was written before the clock was set back, and counts as lost."""
    ahead = now + 2 * _lease() + timedelta(minutes=1)
    return Job.objects.runnable(now) | Job.objects.filter(state=JobState.RUNNING, locked_until__gt=ahead)


def run(job_id: int) -> bool:
    """Take a job's lease, call its task, write how it ended; return False where another worker has it or it is over.

    Never raises for what the task does.
    """
    return _run(job_id, above=None)


def _run(job_id: int, above: Handle | None) -> bool:
    now, token = timezone.now(), uuid.uuid4().hex
    taken = (
        _runnable(now)
        .filter(pk=job_id)
        .update(
            state=JobState.RUNNING, token=token, locked_until=now + _lease(), attempts=F("attempts") + 1,
            started_at=now, finished_at=None, done=0, error="", message="",
        )
    )  # fmt: skip
    if not taken:
        logger.info("Job %s is already running, or over", job_id)
        return False
    handle = Handle(job_id, token, above)
    try:
        _call(handle)
    except LeaseLost:
        logger.info("Job %s was taken over by another worker", job_id)
    return True


def _call(handle: Handle) -> None:
    """Call the task of a job whose lease is held, and write its end.

    :raises LeaseLost: when it is no longer held; what the task wrote is kept by its being idempotent.
    """
    try:
        job = handle._read()
        if job.attempts > MAX_ATTEMPTS:
            raise JobFailed(f"中断了{MAX_ATTEMPTS}次，没有做完。可以再按“接着做”。")
        if job.stop_asked:
            raise Stopped
        result = _function(job.task)(handle, **json.loads(job.args))
        handle._end(JobState.DONE, result=json.dumps(result, ensure_ascii=False))
    except Stopped:
        handle._end(JobState.STOPPED)
    except (_Leaving, KeyboardInterrupt, SystemExit):
        with suppress(LeaseLost):
            handle._hand_back()
        raise
    except (OperationalError, InterfaceError):
        # The database was away or busy: nothing is wrong with the job. If this write fails as well, the lease ends.
        logger.warning("Job %s is handed back: the database did not answer", handle.job_id, exc_info=True)
        time.sleep(BUSY_SECONDS)
        _drop_broken_connections()
        handle._hand_back()
    except Exception as error:
        sentence = getattr(error, "sentence", "")
        if not sentence:
            reference = uuid.uuid4().hex[:8]
            sentence = f"出错了，编号{reference}"
            logger.exception("Job %s failed, reference %s", handle.job_id, reference)
        kept = error.result if isinstance(error, JobFailed) else None
        handle._end(
            JobState.FAILED, error=sentence, result="" if kept is None else json.dumps(kept, ensure_ascii=False)
        )


def _function(task: str) -> Callable[..., Any]:
    """Return the function that a job names: one defined in an installed app's tasks module, nothing else.

    :raises LookupError: for any other name.
    """
    module, _, name = task.rpartition(".")
    if name.startswith("_") or module not in {f"{config.name}.tasks" for config in apps.get_app_configs()}:
        raise LookupError(f"{task} is no task of an installed app")
    function: Callable[..., Any] = import_string(task)
    if getattr(function, "__module__", "") != module:
        raise LookupError(f"{task} is defined elsewhere")
    return function


def _drop_broken_connections() -> None:
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


class Handle:
    """What a running task holds of its job: whose work it is, a way to report, and to fan out."""

    def __init__(self, job_id: int, token: str, above: Handle | None = None) -> None:
        self.job_id = job_id
        self._token = token
        self._above = above

    @property
    def actor(self) -> User:
        """The person who started the job."""
        return self._read().created_by

    def progress(self, done: int | None = None, total: int | None = None, message: str = "") -> None:
        """Report how far the task is and renew its lease; call it at least every few seconds, outside transactions.

        :raises Stopped: when someone asked the job to stop.
        :raises LeaseLost: when another worker has taken it.
        """
        told: dict[str, Any] = {"done": done, "total": total, "message": message[:200] or None}
        self._write(locked_until=timezone.now() + _lease(), **{k: v for k, v in told.items() if v is not None})
        if self._above is not None:
            self._above._renew()
        if _leaving.is_set():
            raise _Leaving
        if self._read().stop_asked:
            raise Stopped

    @contextmanager
    def beside(self, message: str) -> Iterator[Callable[[int, int], None]]:
        """Let a task report from inside a transaction of its own, whose writes nobody sees before its end.

        A thread with its own connection writes what is told, renews the lease, and hears of a stop; the next report
        then raises, so that the transaction is rolled back. SQLite lets nobody write beside a transaction: there the
        page shows ``message`` until it ends (docs/decisions/0014).

        :raises Stopped, LeaseLost: from the report; see ``progress``.
        """
        self.progress(message=message)
        if connections["default"].vendor == "sqlite":
            yield lambda done, total: None
            return
        teller = _Teller(self, message)
        teller.start()
        try:
            yield teller.tell
        finally:
            teller.over.set()
            teller.join()

    def spread(self, parts: Sequence[PartSpec]) -> list[Any]:
        """Make a batch of short child jobs, work them off beside any other worker, and return their results in order.

        Safe to repeat: parts that exist are kept, done ones are not run again. A part that fails does not hold up the
        others. One worker suffices; each further one that hears the ring takes parts as well.

        :raises PartsFailed: at the end, naming which parts failed and why.
        :raises Stopped: when someone asked the batch to stop; parts not begun are stopped.
        """
        order = self._make_parts(parts)
        rows = Job.objects.filter(pk__in=order)
        ring(*rows.filter(state=JobState.QUEUED).order_by("pk").values_list("pk", flat=True))
        while True:
            states = dict(rows.values_list("pk", "state"))
            finished = sum(state in (JobState.DONE, JobState.FAILED) for state in states.values())
            waiting = _runnable(timezone.now()).filter(pk__in=order).order_by("pk").values_list("pk", "title").first()
            self.progress(finished, len(order), waiting[1] if waiting else "")
            if JobState.STOPPED in states.values():
                _queue_again(Q(pk__in=order, state=JobState.STOPPED))  # left from an earlier stop: not stopped now
                continue
            if finished == len(order):
                break
            if waiting is None:
                time.sleep(POLL_SECONDS)  # the rest is under way elsewhere
                continue
            _run(waiting[0], above=self)
        return self._results(order)

    def _make_parts(self, parts: Sequence[PartSpec]) -> list[int]:
        """Create the parts that do not exist yet; return the ids of all, in order."""
        keys = [f"{self.job_id}/{part.key}" for part in parts]
        with transaction.atomic():
            # Locks the batch's row: whoever lost the lease creates nothing, and nobody takes it meanwhile.
            self._write(total=len(parts))
            me = self._read()
            now = timezone.now()
            have = set(me.parts.values_list("key", flat=True))
            Job.objects.bulk_create(
                Job(
                    task=part.task,
                    args=json.dumps(part.args, ensure_ascii=False),
                    key=key,
                    title=part.title,
                    area_code=part.area_code or me.area_code,
                    created_by=me.created_by,
                    created_at=now,
                    parent=me,
                )
                for key, part in zip(keys, parts, strict=True)
                if key not in have
            )
            ids = dict(me.parts.values_list("key", "pk"))
        return [ids[key] for key in keys]

    def _results(self, order: list[int]) -> list[Any]:
        rows = Job.objects.in_bulk(order)
        results = [json.loads(rows[pk].result) if rows[pk].state == JobState.DONE else None for pk in order]
        failed = [f"{rows[pk].title}（{rows[pk].error}）" for pk in order if rows[pk].state != JobState.DONE]
        if failed:
            named = "；".join(failed[:NAMED_FAILURES]) + ("等" if len(failed) > NAMED_FAILURES else "")
            raise PartsFailed(f"{len(order)}个里有{len(failed)}个没有做完：{named}", results, failed)
        return results

    def _mine(self) -> JobQuerySet:
        return Job.objects.filter(pk=self.job_id, token=self._token, state=JobState.RUNNING)

    def _read(self) -> Job:
        job = self._mine().select_related("created_by").first()
        if job is None:
            raise LeaseLost
        return job

    def _write(self, **fields: Any) -> None:
        """Write to the row under the lease's token only (fencing)."""
        if not self._mine().update(**fields):
            raise LeaseLost

    def _renew(self) -> None:
        """Keep a batch's lease while one of its parts runs here; losing it is noticed by the batch itself."""
        self._mine().update(locked_until=timezone.now() + _lease())
        if self._above is not None:
            self._above._renew()

    def _end(self, state: JobState, **fields: Any) -> None:
        now = timezone.now()
        with transaction.atomic():
            self._write(
                state=state, token="", locked_until=None, finished_at=now, message="", stop_asked=False, **fields
            )
            _stop_waiting_parts(self.job_id, now)

    def _hand_back(self) -> None:
        self._write(state=JobState.QUEUED, token="", locked_until=None)


class _Teller(threading.Thread):
    """Writes a task's progress while its own connection is inside a transaction."""

    def __init__(self, handle: Handle, message: str) -> None:
        super().__init__(name=f"job {handle.job_id} tells", daemon=True)
        self.handle, self.message = handle, message
        self.told: tuple[int, int] | None = None
        self.over = threading.Event()
        self.problem: BaseException | None = None

    def tell(self, done: int, total: int) -> None:
        """Note how far it is; raise what the thread heard."""
        self.told = (done, total)
        if self.problem is not None:
            raise self.problem

    def run(self) -> None:
        try:
            while not self.over.wait(TELL_SECONDS):
                done, total = self.told or (None, None)
                self.handle.progress(done, total, self.message)
        except (Stopped, LeaseLost, _Leaving) as problem:
            self.problem = problem
        except (OperationalError, InterfaceError):
            logger.warning("Job %s goes on without telling how far it is", self.handle.job_id, exc_info=True)
        finally:
            connections.close_all()


# --- For commands -------------------------------------------------------------------------------------------------


def wait(job: Job, timeout: float) -> Job:
    """Wait until a job is finished, at most ``timeout`` seconds; return it as it then stands."""
    end = time.monotonic() + timeout
    while True:
        job.refresh_from_db()
        if job.is_finished or time.monotonic() >= end:
            return job
        time.sleep(POLL_SECONDS)


def run_here(job: Job, patience: float = 2.0) -> Job:
    """See a job through to its end: leave it to the workers where some answer, else run it in this process.

    ``patience``: seconds that a broker's workers have to take it; without a broker it is taken at once.
    """
    job = wait(job, patience if settings.REDIS_URL else 0)
    while not job.is_finished:
        if not run(job.pk):
            time.sleep(POLL_SECONDS)
        job.refresh_from_db()
    return job


# --- The web process's own worker, where there is no broker -------------------------------------------------------

_leaving = threading.Event()
_embedded: threading.Thread | None = None
_embedded_guard = threading.Lock()


def start_embedded_worker() -> threading.Thread:
    """Start this process's one thread that runs jobs, or return the one that runs already."""
    global _embedded
    with _embedded_guard:
        if _embedded is None or not _embedded.is_alive():
            _leaving.clear()
            _embedded = threading.Thread(target=_loop, name="jobs", daemon=True)
            _embedded.start()
            atexit.register(_leave, _embedded)
        return _embedded


def _leave(thread: threading.Thread) -> None:
    """Let the thread hand its job back at its next sign of progress, if that comes soon; else the lease runs out."""
    _leaving.set()
    _bell.set()
    thread.join(0.2)


def _loop() -> None:
    ticked: datetime | None = None
    while not _leaving.is_set():
        try:
            now = timezone.now()
            if ticked is None or abs(now - ticked) >= timedelta(minutes=1):
                ticked = now
                tick(now)
            waiting = _runnable(now).order_by(F("parent").asc(nulls_first=True), "pk").values_list("pk", flat=True)
            for job_id in list(waiting):
                run(job_id)
        except _Leaving:
            break
        except Exception:
            logger.exception("The in-process worker goes on after a fault")
            _leaving.wait(1.0)
        _bell.wait(1.0)
        _bell.clear()
        _drop_broken_connections()
    connections.close_all()
