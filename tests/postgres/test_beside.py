"""Progress is seen while the one transaction of a task goes on, and a stop asked meanwhile rolls it back (decision 14)."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection, connections, transaction

from compounds.models import Area
from core import jobs
from core.models import Job
from core.operations import machine
from tests.factories import AT

pytestmark = pytest.mark.usefixtures("real_db")


def task(handle: jobs.Handle, **_: Any) -> dict[str, Any]:
    """Write a row and report until somebody looked."""
    with handle.beside("正在写") as tell, transaction.atomic():
        Area.objects.create(code="110107003099", name="新社区", level="community")
        for done in range(1, 100):
            tell(done, 100)
            time.sleep(0.05)
    return {}


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Job:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets nobody write beside a transaction")
    monkeypatch.setattr(jobs, "_function", lambda name: task)
    monkeypatch.setattr(jobs, "TELL_SECONDS", 0.1)
    return jobs.start("compounds.tasks.apply_upload", {}, key="x", title="x", area_code="110107",
                      actor=machine("system"), at=AT)  # fmt: skip


def run_beside(job: Job) -> threading.Thread:
    def work() -> None:
        try:
            jobs.run(job.pk)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def seen_at_work(job: Job) -> Job:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        job.refresh_from_db()
        if job.done:
            return job
        time.sleep(0.02)
    raise AssertionError("no progress was seen")


def test_progress_is_seen_before_the_transaction_ends(job: Job) -> None:
    thread = run_beside(job)
    seen = seen_at_work(job)
    assert (seen.total, seen.message) == (100, "正在写") and 0 < seen.done < 100
    assert not Area.objects.filter(code="110107003099").exists()
    thread.join()
    job.refresh_from_db()
    assert job.state == "done" and Area.objects.filter(code="110107003099").exists()


def test_a_stop_rolls_the_transaction_back(job: Job) -> None:
    thread = run_beside(job)
    seen_at_work(job)
    Job.objects.filter(pk=job.pk).update(stop_asked=True)
    thread.join()
    job.refresh_from_db()
    assert job.state == "stopped" and not Area.objects.filter(code="110107003099").exists()
