"""Two clerks save one dwelling at one moment: one of them wins, the other is told what the first saved. The controls last."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models

from compounds.models import Dwelling
from compounds.operations import ChangedMeanwhile, change_row, changing
from core.models import Entry, User
from core.operations import machine
from tests import factories
from tests.factories import AT
from tests.together import Crew

pytestmark = pytest.mark.usefixtures("real_db")
ROUNDS, SEED = 40, 20261124


def saving(row: Dwelling, actor: User, **values: object) -> Callable[[], Dwelling]:
    """Return one clerk's saving of what was typed over the version that both read."""
    read, version = Dwelling(pk=row.pk), row.version
    return lambda: change_row(
        read,
        values,
        version,
        action="dwelling.change",
        title="房屋3-101",
        area_code="11010700303701",
        actor=actor,
        at=AT,
    )


def in_rounds(rounds: int) -> list[tuple[Dwelling, list[Any]]]:
    """Let two clerks save different columns of one dwelling at once; return it after each round, and what both got."""
    home = factories.compound()
    key = Dwelling.objects.of(home).order_by("pk")[0].pk
    draw, told = random.Random(SEED), []
    clerks = [User.objects.create(username=f"clerk{n}", name=f"录入员{n}", created_at=AT) for n in range(2)]
    with Crew(2) as crew:
        for number in range(1, rounds + 1):
            row = Dwelling.objects.get(pk=key)
            both = [saving(row, clerks[0], area=Decimal(100 + number)), saving(row, clerks[1], note=f"第{number}次")]
            later = draw.random() / 200
            first, second = both if draw.random() < 0.5 else reversed(both)
            results = crew.run([first, lambda: (time.sleep(later), second())[1]])  # noqa: B023
            told.append((Dwelling.objects.get(pk=key), results))
    return told


def test_one_wins_and_the_other_is_told_what_was_saved() -> None:
    for number, (after, results) in enumerate(in_rounds(ROUNDS), start=1):
        (won,) = [each for each in results if isinstance(each, Dwelling)]
        (lost,) = [each for each in results if not isinstance(each, Dwelling)]
        assert isinstance(lost, ChangedMeanwhile), lost
        assert after.version == won.version == number + 1
        assert (after.area, after.note) == (won.area, won.note), "the row is the winner's"
        assert lost.entry is not None and f'"version":{after.version}' in lost.entry.data
        said = f"改为{100 + number}" if after.area == 100 + number else f"改为第{number}次"
        assert lost.entry.summary.endswith(said), lost.entry.summary
    assert Entry.objects.filter(action="dwelling.change").count() == ROUNDS


def both_win() -> None:
    """Let two clerks save the same column; both are told that it is saved, and what one of them typed is gone."""
    row = Dwelling.objects.of(factories.compound()).order_by("pk")[0]
    with Crew(2) as crew:
        results = crew.run([saving(row, machine("system"), area=Decimal(area)) for area in (70, 80)])
    assert all(isinstance(each, Dwelling) for each in results), results
    after = Dwelling.objects.get(pk=row.pk)
    assert after.version == 2 and after.area in (70, 80), "two savings, one version: an update is lost"
    assert Entry.objects.filter(action="dwelling.change").count() == 2


def test_control_without_the_lock_an_update_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row is read without its lock, with a moment between reading and writing."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite locks the whole database")
    plain = changing.words_of

    def slow(*args: Any) -> str:
        time.sleep(0.2)
        return plain(*args)

    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, *args, **kwargs: self.all())
    monkeypatch.setattr(changing, "words_of", slow)
    both_win()


def test_control_without_the_version_an_update_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locked, but whoever comes second finds the version that was read, whatever came between."""
    told = lambda row, name, *rest: 1 if name == "version" else getattr(row, name, *rest)  # noqa: E731
    monkeypatch.setattr(changing, "getattr", told, raising=False)
    both_win()
