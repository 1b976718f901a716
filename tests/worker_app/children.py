"""Child processes of the product, started and killed by tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRELUDE = """
import django; django.setup()
from django.utils import timezone
from core import jobs
from core.models import Job, User
def start(task, key, **args):
    actor, _ = User.objects.get_or_create(username="clerk", defaults={"name": "赵敏", "created_at": timezone.now()})
    return jobs.start("tests.worker_app.tasks." + task, args, key=key, title=key, area_code="110107", actor=actor,
                      at=timezone.now())
"""


def environment(var: Path, **more: str) -> dict[str, str]:
    """Return the environment of a child: the test app installed, its own var, a short lease, a trace of the tasks."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "tests.worker_app.settings",
        "WUHAO_VAR": str(var),
        "WORKER_APP_LOG": str(var / "trace"),
        "JOB_LEASE_SECONDS": "2",
        "JOB_SWEEP_SECONDS": "1",
        **more,
    }


def python(code: str, env: Mapping[str, str]) -> str:
    """Run lines with Django set up, ``jobs``, ``Job`` and ``start(task, key, **args)`` at hand; return what they print."""
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def manage(*arguments: str, env: Mapping[str, str]) -> None:
    """Run a management command to its end."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], env=env, cwd=ROOT, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr


class Child:
    """A process of its own group, whose group can be killed."""

    def __init__(self, *arguments: str, env: Mapping[str, str], output: Path) -> None:
        with output.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, *arguments], env=env, cwd=ROOT, stdout=file, stderr=file, start_new_session=True
            )

    def kill(self) -> None:
        """Send SIGKILL to the whole group."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def eventually(what: Callable[[], bool], seconds: float, else_show: Path | None = None) -> float:
    """Wait until something holds; return the seconds it took, or fail with a process's output."""
    begun = time.monotonic()
    while not what():
        if time.monotonic() - begun > seconds:
            shown = else_show.read_text()[-3000:] if else_show and else_show.exists() else ""
            raise AssertionError(f"not within {seconds} s\n{shown}")
        time.sleep(0.05)
    return time.monotonic() - begun


def trace(env: Mapping[str, str]) -> list[list[str]]:
    """Return the tasks' trace: what, name, process, thread."""
    path = Path(env["WORKER_APP_LOG"])
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def begun(env: Mapping[str, str]) -> list[str]:
    """Return the names of the tasks that were begun, sorted, each as often as it was."""
    return sorted(line[1] for line in trace(env) if line[0] == "begin")


def ends(env: Mapping[str, str]) -> list[str]:
    """Return the names of the tasks that came to their end, sorted, each as often as it did."""
    return sorted(line[1] for line in trace(env) if line[0] == "end")
