"""Jobs under real Celery workers, Redis and PostgreSQL, with the faults of quality.md R1, R2 and R6."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from tests.worker_app.children import Child, begun, ends, environment, eventually, manage, python, trace

pytestmark = pytest.mark.services

POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/5")
PARTS = [f"p{n}" for n in range(10)]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A migrated database of its own."""
    name = f"wuhao_worker_{uuid.uuid4().hex[:8]}"
    url = urlsplit(POSTGRES)._replace(path=f"/{name}").geturl()
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield url
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def migrated(database: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    manage("migrate", "--verbosity", "0", env=_services(tmp_path_factory.mktemp("migrate"), database, ""))
    return database


def _services(var: Path, database: str, prefix: str) -> dict[str, str]:
    return environment(
        var,
        DATABASE_URL=database,
        SECRET_KEY="of the tests",
        ALLOWED_HOSTS="127.0.0.1",
        PUBLIC_URL="http://127.0.0.1",
        REDIS_URL=REDIS,
        REDIS_PREFIX=prefix,
        POSTING_DAY="0",
    )


@pytest.fixture
def broker() -> redis.Redis:
    return redis.Redis.from_url(REDIS)


@pytest.fixture
def env(tmp_path: Path, migrated: str, broker: redis.Redis) -> Iterator[dict[str, str]]:
    prefix = f"test-{uuid.uuid4().hex[:8]}:"
    yield _services(tmp_path, migrated, prefix)
    forget(broker, prefix)


def forget(broker: redis.Redis, prefix: str) -> int:
    """Empty what this installation has in Redis, as a restart without data does; return the number of keys."""
    keys = list(broker.scan_iter(f"{prefix}*"))
    return broker.delete(*keys) if keys else 0


@pytest.fixture
def rows(migrated: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    with psycopg.connect(migrated, autocommit=True) as connection:
        yield lambda sql, *values: connection.execute(sql, values).fetchall()  # type: ignore[call-overload]


@pytest.fixture
def run(tmp_path: Path, env: dict[str, str]) -> Iterator[Callable[..., Child]]:
    """Start workers and beats; kill what still runs at the end."""
    children: list[Child] = []

    def start(kind: str, *options: str) -> Child:
        output = tmp_path / "output"
        child = Child("-m", "celery", "-A", "config", kind, *options, env=env, output=output)
        children.append(child)
        return child

    start.children = children  # type: ignore[attr-defined]
    yield start
    for child in children:
        child.kill()


SOLO = ("worker", "-P", "solo", "--without-mingle", "--without-gossip")


def done(rows: Callable[..., list[tuple[Any, ...]]], key: str) -> Callable[[], bool]:
    return lambda: rows("SELECT state FROM core_job WHERE key = %s", key)[0][0] == "done"


def parts(rows: Callable[..., list[tuple[Any, ...]]], key: str) -> list[tuple[Any, ...]]:
    return rows(
        "SELECT p.state, p.attempts FROM core_job p JOIN core_job b ON p.parent_id = b.id WHERE b.key = %s ORDER BY p.id",
        key,
    )


def test_a_killed_worker_costs_its_lease_and_nothing_else(env: Any, rows: Any, run: Any, tmp_path: Path) -> None:
    """R1: SIGKILL in the middle of a batch; the next worker ends it, every part done exactly once."""
    worker, _ = run(*SOLO), run("beat")
    python("start('batch', 'killed', count=10, seconds=0.4)", env)
    eventually(lambda: len(ends(env)) >= 3 and trace(env)[-1][0] == "begin", 30, tmp_path / "output")
    worker.kill()
    before = ends(env)
    assert 3 <= len(before) < 10
    assert rows("SELECT state FROM core_job WHERE key = 'killed'") == [("running",)]

    run(*SOLO)
    # Starting takes some four seconds, what is left of the parts another three; the lease and the sweep one each.
    took = eventually(done(rows, "killed"), 25, tmp_path / "output")
    assert ends(env) == sorted(PARTS), "each part came to its end once"
    states = parts(rows, "killed")
    assert [state for state, _ in states] == ["done"] * 10
    assert sorted(attempts for _, attempts in states) == [1] * 9 + [2], "only the part that was cut off ran again"
    assert rows("SELECT done, total, attempts FROM core_job WHERE key = 'killed'") == [(10, 10, 2)]
    print(f"killed after {len(before)} of 10 parts; done {took:.1f} s after the restart")


def test_an_emptied_redis_is_made_good_by_the_sweep(
    env: Any, rows: Any, run: Any, broker: redis.Redis, tmp_path: Path
) -> None:
    """R2 b: the queue is lost while a worker is alive; negative control: without the sweep the job lies there."""
    run(*SOLO)
    python("start('work', 'first', name='first', seconds=2)", env)
    eventually(lambda: bool(trace(env)), 30, tmp_path / "output")
    python("start('work', 'lost', name='lost')", env)
    assert forget(broker, env["REDIS_PREFIX"]) > 0
    eventually(done(rows, "first"), 20, tmp_path / "output")
    with pytest.raises(AssertionError, match="not within"):
        eventually(done(rows, "lost"), 5)
    assert rows("SELECT state FROM core_job WHERE key = 'lost'") == [("queued",)]

    run("beat")
    eventually(done(rows, "lost"), 15, tmp_path / "output")
    assert ends(env) == ["first", "lost"]


def test_a_broker_that_is_down_delays_a_job_and_fails_nothing(env: Any, rows: Any, run: Any, tmp_path: Path) -> None:
    """R2 c: starting a job while Redis is away saves the row at once; a worker finds it later."""
    took = python(
        "import time; jobs.ring(0); t = time.monotonic(); start('work', 'down', name='down');"
        "print(time.monotonic() - t)",
        {**env, "REDIS_URL": "redis://127.0.0.1:9/0"},
    )
    assert float(took) < 1.5
    assert rows("SELECT state, attempts FROM core_job WHERE key = 'down'") == [("queued", 0)]
    run(*SOLO)
    run("beat")
    eventually(done(rows, "down"), 25, tmp_path / "output")


def test_a_second_worker_takes_parts_of_the_batch(env: Any, rows: Any, run: Any, tmp_path: Path) -> None:
    run(*SOLO, "-n", "one@%h")
    run(*SOLO, "-n", "two@%h")
    python("start('work', 'a', name='a', seconds=1); start('work', 'b', name='b', seconds=1)", env)
    eventually(lambda: {line[1] for line in trace(env)} >= {"a", "b"}, 30, tmp_path / "output")
    assert len({line[2] for line in trace(env)}) == 2, "both are up"
    python("start('batch', 'shared', count=10, seconds=0.5)", env)
    eventually(done(rows, "shared"), 30, tmp_path / "output")
    assert ends(env) == ["a", "b", *sorted(PARTS)]
    by = [line[2] for line in trace(env) if line[0] == "end" and line[1] in PARTS]
    assert min(by.count(process) for process in set(by)) >= 3, by
    assert len(set(by)) == 2
    assert parts(rows, "shared") == [("done", 1)] * 10


def test_a_forked_child_sets_pages(env: Any, rows: Any, run: Any, tmp_path: Path) -> None:
    """The fonts are loaded before the fork (ProbeStep); a child must be able to use them."""
    run("worker", "-P", "prefork", "-c", "1", "--without-mingle", "--without-gossip")
    python("start('page', 'page')", env)
    eventually(done(rows, "page"), 30, tmp_path / "output")
    assert rows("SELECT result FROM core_job WHERE key = 'page'") == [("1",)]


RACE = """
import threading
from django.db import connections
{sabotage}
def race(key):
    job = start("work", key, name=key, seconds=0.02)
    gate = threading.Barrier(2)
    def go():
        gate.wait()
        jobs.run(job.pk)
        connections.close_all()
    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
for n in range({times}):
    race(f"{name}{{n}}")
"""


def test_one_message_delivered_to_two_workers_at_once_runs_the_task_once(env: Any) -> None:
    """R6, 50 times on PostgreSQL."""
    python(RACE.format(sabotage="", times=50, name="race"), env)
    assert begun(env) == ends(env) == sorted(f"race{n}" for n in range(50))


def test_control_without_the_lease_the_task_runs_twice(env: Any) -> None:
    sabotage = "jobs._runnable = lambda now: Job.objects.all()"
    python(RACE.format(sabotage=sabotage, times=20, name="twice"), env)
    assert len(begun(env)) > 20


# --- Ledgers ------------------------------------------------------------------------------------------------------

STREET = """
from datetime import date
from core.operations import machine
from fees.documents import PrintOptions
from fees.operations import start_printing, start_publishing
from fees.rules import Span
from compounds.models import Compound
from tests import factories
quarter, by = Span.parse("2026-Q3"), machine("system")
"""
QUARTER = (
    STREET
    + """
homes = [factories.compound(f"{factories.COMMUNITY}7{n}", f"第{n}院（演示）") for n in range(4)]
for home in homes:
    for month in quarter.months:
        factories.some_month(home, month)
        factories.close(home, month)
print(start_publishing(quarter, factories.STREET, homes, actor=by, at=timezone.now()).key)
"""
)
PRINT = (
    STREET
    + """
homes = list(Compound.objects.filter(ledgers__code="2026-Q3"))
print(start_printing(quarter, factories.STREET, homes, PrintOptions(2), actor=by, at=timezone.now()).key)
"""
)


def test_a_killed_worker_posts_a_quarter_once_and_prints_it_once(env: Any, rows: Any, run: Any, tmp_path: Path) -> None:
    """R1 on ledgers: SIGKILL while a quarter is posted, then while it is put together for the printer."""
    key = python(QUARTER, env)
    worker, _ = run(*SOLO), run("beat")
    eventually(lambda: len([p for p in parts(rows, key) if p[0] == "done"]) >= 1, 90, tmp_path / "output")
    worker.kill()
    assert rows("SELECT state FROM core_job WHERE key = %s", key) == [("running",)]
    run(*SOLO)
    eventually(done(rows, key), 120, tmp_path / "output")
    posted = rows("SELECT compound_id, count(*) FROM fees_ledger WHERE code = '2026-Q3' GROUP BY compound_id")
    assert [count for _, count in posted] == [1] * 4
    assert rows("SELECT count(*) FROM core_document WHERE kind = 'ledger'") == [(4,)], "no document without a ledger"

    run_key = python(PRINT, env)
    state = "SELECT state, attempts FROM core_job WHERE key = %s"
    eventually(lambda: rows(state, run_key)[0][0] in ("running", "done"), 60, tmp_path / "output")
    for child in run.children:  # type: ignore[attr-defined]
        child.kill()
    run(*SOLO)
    run("beat")
    eventually(done(rows, run_key), 120, tmp_path / "output")
    ((result,),) = rows("SELECT result FROM core_job WHERE key = %s", run_key)
    (file,) = json.loads(result)["files"]
    stored = tmp_path / "documents" / file["sha256"][:2] / file["sha256"]
    assert stored.stat().st_size == file["size"] and file["pages"] > 4 * 2
