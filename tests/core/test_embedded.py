"""The in-process worker of the one-machine installation: runserver on SQLite, killed and started again."""

from __future__ import annotations

import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worker_app.children import PRELUDE, Child, begun, ends, environment, eventually, manage, python, trace

pytestmark = pytest.mark.once

PARTS = [f"p{n}" for n in range(8)]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    env = environment(tmp_path)
    manage("migrate", "--verbosity", "0", env=env)
    return env


def states(env: dict[str, str], key: str) -> list[str]:
    with sqlite3.connect(f"file:{env['WUHAO_VAR']}/wuhao.sqlite3?mode=ro", uri=True, timeout=10) as connection:
        return [row[0] for row in connection.execute("SELECT state FROM core_job WHERE key = ?", (key,))]


@pytest.fixture
def web(tmp_path: Path, env: dict[str, str]) -> Iterator[list[Child]]:
    running: list[Child] = []
    yield running
    for child in running:
        child.kill()


def serve(web: list[Child], env: dict[str, str], *options: str) -> Child:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    arguments = ("manage.py", "runserver", address, *options)
    web.append(Child(*arguments, env=env, output=Path(env["WUHAO_VAR"]) / "output"))
    return web[-1]


def test_a_killed_server_goes_on_where_it_was_and_ends_every_part_once(
    web: list[Child], env: dict[str, str], tmp_path: Path
) -> None:
    python("start('batch', 'k', count=8, seconds=0.4)", env)
    first = serve(web, env, "--noreload")
    eventually(lambda: len(ends(env)) >= 2 and trace(env)[-1][0] == "begin", 30, tmp_path / "output")
    first.kill()
    assert 2 <= len(ends(env)) < 8
    assert states(env, "k") == ["running"]

    serve(web, env, "--noreload")
    took = eventually(lambda: states(env, "k") == ["done"], 25, tmp_path / "output")
    assert ends(env) == PARTS
    print(f"done {took:.1f} s after the restart")


def test_with_the_reloader_too_there_is_exactly_one_worker(
    web: list[Child], env: dict[str, str], tmp_path: Path
) -> None:
    serve(web, env)
    python("start('batch', 'k', count=8, seconds=0.2)", env)
    eventually(lambda: states(env, "k") == ["done"], 30, tmp_path / "output")
    assert ends(env) == PARTS
    assert len({(process, thread) for _, _, process, thread in trace(env)}) == 1


def test_the_worker_lets_go_of_its_job_when_the_process_ends(env: dict[str, str]) -> None:
    """Ctrl-C: the job is handed back at once and the process does not wait for it."""
    code = """
import threading, time
first, second = jobs.start_embedded_worker(), jobs.start_embedded_worker()
print(first is second, sum(t.name == "jobs" for t in threading.enumerate()))
job = start("work", "long", name="long", seconds=60)
while Job.objects.get(pk=job.pk).state == "queued": time.sleep(0.02)
print(time.time())
"""
    one, leaving = python(code, env).splitlines()
    assert time.time() - float(leaving) < 2  # the task would take a minute
    assert one == "True 1"
    assert states(env, "long") == ["queued"]
    assert ends(env) == []


def test_a_fault_in_the_loop_does_not_end_the_worker(env: dict[str, str]) -> None:
    code = """
import time
from django.db import OperationalError
real, calls = jobs._runnable, []
def sometimes(now):
    calls.append(now)
    if len(calls) == 1: raise OperationalError("away")
    return real(now)
jobs._runnable = sometimes
jobs.start_embedded_worker()
job = start("work", "after", name="after")
print(jobs.wait(job, 20).state)
"""
    assert python(code, env) == "done"


def test_three_processes_share_a_batch_on_one_file(env: dict[str, str], tmp_path: Path) -> None:
    """As with several web processes and no broker: the lease alone keeps them apart."""
    python("start('batch', 'k', count=12, seconds=0.2)", env)
    code = "jobs.start_embedded_worker()\nimport time\nwhile Job.objects.get(key='k').state != 'done': time.sleep(0.1)"
    workers = [Child("-c", PRELUDE + code, env=env, output=tmp_path / "output") for _ in range(3)]
    try:
        eventually(lambda: states(env, "k") == ["done"], 40, tmp_path / "output")
    finally:
        for worker in workers:
            worker.kill()
    assert begun(env) == ends(env) == sorted(f"p{n}" for n in range(12))
    assert len({line[2] for line in trace(env)}) > 1
    assert "locked" not in (tmp_path / "output").read_text()
