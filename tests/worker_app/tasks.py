"""Tasks that leave a trace: one line per beginning and end in the file that WORKER_APP_LOG names."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from operator import add  # a function that is here, and defined elsewhere
from pathlib import Path

from django.db import OperationalError

from core import jobs, pdf
from core.jobs import Handle, JobFailed, PartSpec

__all__ = ["add"]

# What a test wants to happen inside a task of its own process.
inside: Callable[[Handle], object] | None = None


def _trace(what: str, name: object) -> None:
    log = os.environ.get("WORKER_APP_LOG")
    if log:
        line = f"{what} {name} {os.getpid()} {threading.get_ident()}\n"
        with Path(log).open("a") as file:
            file.write(line)


def work(handle: Handle, name: str = "", seconds: float = 0) -> str:
    """Take some time and return the name."""
    _trace("begin", name)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)
        handle.progress()
    _trace("end", name)
    return name


def deaf(handle: Handle, name: str, seconds: float) -> str:
    """Take some time without a sign of progress."""
    _trace("begin", name)
    time.sleep(seconds)
    _trace("end", name)
    return name


def batch(handle: Handle, count: int, seconds: float = 0, task: str = "work") -> list[str]:
    """Spread over ``count`` parts."""
    parts = [
        PartSpec(f"{__name__}.{task}", {"name": f"p{n}", "seconds": seconds}, key=f"p{n}", title=f"第{n}件")
        for n in range(count)
    ]
    return handle.spread(parts)


def mixed(handle: Handle, names: list[str]) -> list[str]:
    """Spread over parts of different tasks."""
    return handle.spread([PartSpec(f"{__name__}.{name}", {}, key=name, title=f"件{name}") for name in names])


def call(handle: Handle) -> object:
    """Do what the test put inside."""
    assert inside is not None
    return inside(handle)


def refuse(handle: Handle) -> None:
    """End as a task does that knows why."""
    raise JobFailed("这个月还没有结账。", result={"issued": 3})


def break_down(handle: Handle) -> None:
    """End as a task does that nobody foresaw."""
    raise ZeroDivisionError("1390000")


def no_database(handle: Handle) -> None:
    """Meet a database that is away."""
    raise OperationalError("the server closed the connection")


def page(handle: Handle) -> int:
    """Set one page, as a worker's child does after the fork."""
    return pdf.render('<html lang="zh-CN"><title>页</title><body><p>五好<b>账</b>', base_styles=()).pages


def due(at: object) -> None:
    """Be a schedule's entry."""
    jobs.ring()
    _trace("due", at)
