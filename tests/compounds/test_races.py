"""Codes and exclusive offices under threads: the parent row is the lock, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, connections, models

from compounds.choices import AreaLevel, Role
from compounds.models import Appointment, Area, Compound
from compounds.operations import CashierAndBookkeeper, appoint, appointments, compounds, make_compound
from core.models import User

AT = datetime(2026, 11, 5, 1, 30, tzinfo=UTC)
COMMUNITY = "110107003024"


@pytest.fixture
def community(real_db: None) -> Area:
    return Area.objects.create(code=COMMUNITY, name="八角南里社区", level=AreaLevel.COMMUNITY)


def in_threads(works: list[Callable[[], object]]) -> list[BaseException]:
    """Run all at once, each on a connection of its own; return what they raised."""
    raised: list[BaseException] = []
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            barrier.wait()
            work()
        except BaseException as problem:
            raised.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Switch the guard off: reading for update reads only."""
    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, *args, **kwargs: self.all())
    yield


def make_many(community: Area) -> list[BaseException]:
    actor = User.objects.get(username="system")

    def work(n: int) -> Callable[[], object]:
        return lambda: [make_compound(community, f"院{n}-{i}", actor=actor, at=AT) for i in range(5)]

    return in_threads([work(n) for n in range(8)])


def test_forty_compounds_at_once_get_forty_codes(community: Area) -> None:
    assert make_many(community) == []
    codes = sorted(Compound.objects.values_list("code", flat=True))
    assert codes == [f"{COMMUNITY}{n:02d}" for n in range(1, 41)]


def both_offices(people: list[User]) -> list[BaseException]:
    actor = User.objects.get(username="system")

    def work(user: User, role: str) -> Callable[[], object]:
        return lambda: appoint(user, role, COMMUNITY, date(2026, 1, 1), actor=actor, at=AT)

    return in_threads(
        [work(user, role) for user in people for role in (Role.COMMITTEE_CASHIER, Role.COMMITTEE_BOOKKEEPER)]
    )


def people(number: int) -> list[User]:
    return [User.objects.create(username=f"p{n}", name=f"人{n}", created_at=AT) for n in range(number)]


def test_cashier_and_bookkeeper_at_the_same_instant_is_one_of_them(community: Area) -> None:
    raised = both_offices(people(6))

    assert [type(problem) for problem in raised] == [CashierAndBookkeeper] * 6
    assert Appointment.objects.count() == 6


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite locks the whole database")
def test_without_the_locks_both_go_wrong(community: Area, without_locks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control, with a wait between looking and writing."""
    slow_codes, slow_conflict = compounds.codes_taken, appointments.conflicting_appointment

    def waiting(function: Callable[..., Any]) -> Callable[..., Any]:
        def slow(*args: Any) -> Any:
            found = function(*args)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.05)")
            return found

        return slow

    monkeypatch.setattr(compounds, "codes_taken", waiting(slow_codes))
    monkeypatch.setattr(appointments, "conflicting_appointment", waiting(slow_conflict))
    assert make_many(community) != []
    both_offices(people(6))
    assert Appointment.objects.count() > 6
