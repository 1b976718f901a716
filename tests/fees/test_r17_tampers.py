"""R17: 300 random tampers on large books, triggers off: every one found, its book and first bad number named in time.

``make test`` runs it on 120 vouchers, ``make test-faults`` on the 5,000 of the bar (R17_VOUCHERS); the seed is printed.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from compounds.models import Compound
from fees.models import Voucher, VoucherLine
from fees.verification import Fault, verify_books
from tests import factories
from tests.fees.tampers import (
    ACTS,
    HOME,
    delete,
    drop_triggers,
    home,
    other_value,
    rechain,
    service,
    undone,
    update,
    without_anchors,
)

VOUCHERS = int(os.environ.get("R17_VOUCHERS", "120"))
TAMPERS = 300
SEED = int(os.environ.get("FAULT_SEED", "17"))
SECONDS = 30.0
# Who computes the whole chain anew leaves no bad place in it: the first anchor or ledger after it is what differs.
WHOLE = {"recompute_everything", "recompute_after_a_deletion", "move_to_another_month"}
CODES = ("101", "103", "201", "202", "203", "205")


@pytest.fixture(scope="module")
def filled(module_db: Path) -> Path:
    """Two closed months with their ledgers and an open one, two lines in every fifth voucher; every trigger gone."""
    chance = random.Random(SEED)
    made = factories.compound(HOME)
    factories.full_books(made)
    for month in (date(2026, 11, 1), date(2026, 12, 1)):
        rows = [
            factories.data(made, month.replace(day=1 + n * 27 // VOUCHERS), chance.choice(CODES[: 2 + 4 * (n % 2)]),
                           f"{chance.randint(100, 2000) / 100:.2f}", summary=f"第{n}笔")
            for n in range(VOUCHERS // 2)
        ]  # fmt: skip
        factories.post(made, rows)
        if month.month == 11:
            factories.close(made, month)
    drop_triggers()
    return module_db


pytestmark = [pytest.mark.once, pytest.mark.usefixtures("filled")]


def edit_any_column(chance: random.Random) -> int | None:
    """Another value in a random column of a random posted voucher or line; None where a constraint forbids it."""
    voucher = chance.choice(list(service()))
    row: Voucher | VoucherLine = voucher if chance.random() < 0.5 else voucher.lines.order_by("?")[0]
    fields = [field for field in row._meta.local_concrete_fields if not field.primary_key]
    field = chance.choice(fields)
    changed = update(row, **{field.attname: other_value(field, getattr(row, field.attname))})
    return voucher.number if changed else None


def _names(fault: Fault, act: str, number: int) -> bool:
    """Whether a fault leads to the tampered place: by its number, or where a month's sums show it, by the month."""
    if fault.book != "service":
        return False
    if fault.number is None:
        return act == "insert_with_hashes" and "结账" in fault.what
    return act in WHOLE or fault.number <= number + 1


def test_three_hundred_tampers_are_all_found(capsys: pytest.CaptureFixture[str]) -> None:
    clean = verify_books(home())
    assert clean.bad == [] and clean.checked >= VOUCHERS
    chance = random.Random(SEED)
    missed, unnamed, kinds, slowest = [], [], Counter[str](), 0.0
    while sum(kinds.values()) < TAMPERS:
        act = chance.choice([*ACTS, edit_any_column, edit_any_column, edit_any_column])
        turn = random.Random(chance.random())
        with undone():
            number = act(turn)
            if act is edit_any_column and number is None:
                continue  # the database itself refused
            kinds[act.__name__] += 1
            begun = time.monotonic()
            report = verify_books(home())
            slowest = max(slowest, time.monotonic() - begun)
        if not report.bad:
            missed.append((act.__name__, number))
        elif number and not any(_names(fault, act.__name__, number) for fault in report.bad):
            unnamed.append((act.__name__, number, [(f.book, f.number, f.what) for f in report.bad[:3]]))
    with capsys.disabled():
        print(f"\nR17 seed {SEED}: {sum(kinds.values())} tampers of {len(kinds)} kinds on {clean.checked} vouchers, "
              f"{len(missed)} missed, slowest report {slowest:.2f} s, anchored {clean.anchored}")  # fmt: skip
    assert not missed and not unnamed
    assert slowest <= SECONDS
    assert verify_books(home()).bad == []


def test_control_without_anchors_tails_and_new_chains_are_missed() -> None:
    """Beyond the last ledger nothing but the anchors file vouches for a voucher."""
    chance = random.Random(SEED)
    tail = list(service().filter(on__gte=date(2026, 12, 1)))
    missed = 0
    for turn in range(10):
        with undone():
            if turn % 2:
                delete(*tail[-chance.randint(1, min(50, len(tail) - 1)) :])
            else:
                VoucherLine.objects.filter(voucher=chance.choice(tail)).update(amount="3.21")
                rechain(tail[0].book)
            assert verify_books(home()).bad, "with anchors it is found"
            with without_anchors():
                missed += not verify_books(home()).bad
    assert missed == 10
    assert Compound.objects.filter(code=HOME).exists()
