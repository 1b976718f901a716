"""R7: the process that applies an import of 10,000 dwellings is killed at 20 random moments: all of them are there, or none."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connections

from compounds.choices import AreaLevel
from compounds.models import Area, Dwelling, Owner, Ownership
from compounds.operations import CompoundRow, DwellingRow, Register, apply_register, preview_register
from compounds.rules import Address
from core.operations import machine
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.usefixtures("real_db")
TRIALS, ROWS, SEED = 20, 10_000, 20261124


def register(community: Area, rows: int = ROWS) -> Register:
    home = CompoundRow(community.code, "大院（演示）")
    told = tuple(
        DwellingRow(home.key, Address(str(n // 500), str(n // 50 % 10), str(n % 50)), Decimal("61.2000"), owner=f"人{n}",
                    owner_phone=f"010-{60_000_000 + n}")
        for n in range(rows)
    )  # fmt: skip
    return Register((home,), told)


def started(work: Callable[[], object]) -> int:
    """Do something in a child process with connections of its own; return its id."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        os._exit(0)


def killed_after(work: Callable[[], object], seconds: float) -> bool:
    """Kill a child that does something after so long; whether it was still at it."""
    child = started(work)
    time.sleep(seconds)
    over, _ = os.waitpid(child, os.WNOHANG)
    if not over:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return not over


def place(number: int) -> Area:
    return Area.objects.create(code=f"1101070039{number:02d}", name=f"社区{number}", level=AreaLevel.COMMUNITY)


def dwellings(community: Area) -> int:
    return Dwelling.objects.filter(building__compound__area_code__startswith=community.code).count()


def whole(community: Area) -> bool:
    """Whether all of an import is there, or none: dwellings, owners and who owns what."""
    counts = {
        dwellings(community),
        Owner.objects.filter(area_code=community.code).count(),
        Ownership.objects.filter(owner__area_code=community.code).count(),
    }
    return counts in ({0}, {ROWS})


def test_r7_a_killed_import_leaves_all_or_nothing() -> None:
    factories.areas()
    draw, actor = random.Random(SEED), machine("system")
    first = place(0)
    wanted = register(first)
    begun = time.monotonic()
    os.waitpid(started(lambda: apply_register(wanted, actor=actor, at=AT)), 0)
    lasts = time.monotonic() - begun
    assert dwellings(first) == ROWS
    there, at_it = place(1), 0
    wanted = register(there)
    for number in range(TRIALS):
        if dwellings(there):
            there = place(number + 2)
            wanted = register(there)
        at_it += killed_after(lambda: apply_register(wanted, actor=actor, at=AT), draw.uniform(0.02, 0.95) * lasts)  # noqa: B023
        assert whole(there), f"trial {number}: {dwellings(there)} of {ROWS}"
    assert at_it >= TRIALS // 3, "hardly any was killed at work"
    # It can be applied again, and then changes nothing, as anybody learns who sends it once more right away.
    apply_register(wanted, actor=actor, at=AT)
    begun = time.monotonic()
    assert dwellings(there) == ROWS and preview_register(wanted).changes_nothing
    assert time.monotonic() - begun < lasts, "reading takes longer than writing: no statistics, and each by each"


def test_r7_control_a_transaction_per_row_is_caught() -> None:
    factories.areas()
    there, actor = place(0), machine("system")
    wanted = register(there, 2_000)

    def one_by_one() -> None:
        for row in wanted.dwellings:
            apply_register(Register(wanted.compounds, (row,)), actor=actor, at=AT)

    assert killed_after(one_by_one, 1.5)
    assert not whole(there) and 0 < dwellings(there) < 2_000
