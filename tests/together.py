"""Threads that begin at one moment, each on a connection of its own, and what became of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections


def is_deadlock(problem: BaseException) -> bool:
    """Return whether PostgreSQL ended a transaction because of a deadlock, or SQLite gave up on its lock."""
    cause = problem.__cause__
    return type(cause).__name__ in ("DeadlockDetected", "LockNotAvailable") or "database is locked" in str(problem)


class Crew:
    """So many threads with a connection each, which they keep from one run to the next."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.pool = ThreadPoolExecutor(size)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.run([connections.close_all] * self.size)
        self.pool.shutdown()

    def run(self, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
        """Run every job in a thread of its own, all at once; return what each gave back or ended with."""
        assert len(jobs) <= self.size
        gate = threading.Barrier(len(jobs))

        def work(job: Callable[[], Any]) -> Any:
            gate.wait(timeout=30)
            try:
                return job()
            except Exception as problem:
                return problem

        return [future.result(timeout=120) for future in [self.pool.submit(work, job) for job in jobs]]


def run_together(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every job in a thread of its own, all at once; return what each gave back or the exception it ended with."""
    with Crew(len(jobs)) as crew:
        return crew.run(jobs)


def failures(results: Sequence[Any]) -> list[BaseException]:
    """Return the exceptions among the results."""
    return [result for result in results if isinstance(result, BaseException)]


@contextmanager
def connection_options(**changes: Any) -> Iterator[None]:
    """Open the connections of this block, in every thread, with other options."""
    options = connection.settings_dict.setdefault("OPTIONS", {})
    before = dict(options)
    connections.close_all()
    options.update(changes)
    try:
        yield
    finally:
        connections.close_all()
        options.clear()
        options.update(before)


@pytest.fixture
def sharp_locks(real_db: None) -> Iterator[None]:
    """Let PostgreSQL find a deadlock after 100 ms and give up waiting for a lock after 5 s (quality.md D3)."""
    changes = {"options": "-c deadlock_timeout=100ms -c lock_timeout=5s"} if connection.vendor == "postgresql" else {}
    with connection_options(**changes):
        yield


def is_refused_by_database(problem: BaseException) -> bool:
    """Return whether the database itself said no: a broken constraint, a deadlock, a lock not got."""
    return isinstance(problem, DatabaseError)
