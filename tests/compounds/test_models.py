"""Scope is a prefix on whole code lengths: what an area's code holds, and what only looks like it (quality.md S2, D25)."""

from __future__ import annotations

from datetime import date

import pytest

from compounds.choices import Role
from compounds.models import Appointment, Area, Compound
from core.models import Entry, Job
from core.operations import machine, record
from tests import factories
from tests.factories import AT, COMMUNITY

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 5)
HOME = f"{COMMUNITY}01"


@pytest.fixture
def homes() -> list[str]:
    """Compounds whose codes begin alike as far as can be."""
    codes = [HOME, f"{COMMUNITY}02", f"{COMMUNITY}10", "11010700303801", "11010700401001"]
    for code in codes:
        factories.compound(code, f"小区{code[-4:]}")
    return codes


@pytest.mark.parametrize(
    ("prefix", "seen"),
    [
        ("110107", 5),
        ("110107003", 4),
        (COMMUNITY, 3),
        (HOME, 1),
        ("", 0),
        ("1", 0),
        ("11010700", 0),
        ("1101070030", 0),
        (f"{COMMUNITY}0", 0),
        (f"{HOME}01", 0),
        ("%", 0),
        ("______", 0),
        ("1101%%", 0),
        ("110108", 0),
    ],
)
def test_a_code_holds_what_lies_below_it_and_nothing_else(homes: list[str], prefix: str, seen: int) -> None:
    assert Compound.objects.within([prefix]).count() == seen
    assert Compound.objects.within([]).count() == 0


@pytest.mark.parametrize(
    ("area", "seen"), [("110107", 5), ("110107003", 4), (COMMUNITY, 3), (HOME, 1), ("1101070030", 0)]
)
def test_what_somebody_sees_follows_the_appointment(homes: list[str], area: str, seen: int) -> None:
    who = factories.user(Role.AUDITOR, area)
    assert Compound.objects.visible_to(who, TODAY).count() == seen


def test_two_appointments_add_up_and_an_account_administrators_adds_nothing(homes: list[str]) -> None:
    who = factories.user(Role.COMMITTEE_HEAD, HOME)
    factories.appoint(who, Role.COMMUNITY_CLERK, "110107004010")
    factories.appoint(who, Role.ACCOUNT_ADMIN, "110107")
    assert set(Compound.objects.visible_to(who, TODAY).values_list("code", flat=True)) == {HOME, "11010700401001"}


def test_the_last_day_counts_and_the_day_after_does_not(homes: list[str]) -> None:
    who = factories.user()
    appointment = factories.appoint(who, Role.COMMITTEE_HEAD, HOME, until=TODAY)
    assert Compound.objects.visible_to(who, TODAY).count() == 1
    later = type(who).objects.get(pk=who.pk)
    assert Compound.objects.visible_to(later, date(2026, 11, 6)).count() == 0
    Appointment.objects.filter(pk=appointment.pk).update(from_on=date(2026, 11, 6), until_on=None)
    earlier = type(who).objects.get(pk=who.pk)
    assert Compound.objects.visible_to(earlier, TODAY).count() == 0


def test_scope_follows_the_area_code_not_the_permanent_code(homes: list[str]) -> None:
    """Communities merge: the public code stays, who is responsible changes."""
    Compound.objects.filter(code=HOME).update(area_code="11010700401002")
    old, new = factories.user(Role.COMMUNITY_CLERK, COMMUNITY), factories.user(Role.COMMUNITY_CLERK, "110107004010")
    assert HOME not in Compound.objects.visible_to(old, TODAY).values_list("code", flat=True)
    assert HOME in Compound.objects.visible_to(new, TODAY).values_list("code", flat=True)


def test_areas_above_and_below(homes: list[str]) -> None:
    assert list(Area.objects.containing(HOME).values_list("code", flat=True)) == ["110107", "110107003", COMMUNITY]
    assert set(Area.objects.below("110107003").values_list("code", flat=True)) >= {"110107003", COMMUNITY}
    assert not Area.objects.below("").exists()


def test_history_and_jobs_of_nobodys_area_are_nobodys(homes: list[str]) -> None:
    record("x", "某事", actor=machine("system"), at=AT, area_code=HOME)
    Job.objects.create(task="x", key="k", title="某任务", area_code=HOME, created_by=machine("system"), created_at=AT)
    for within in (Entry.objects.within, Job.objects.within):
        assert within([COMMUNITY]).count() == 1  # type: ignore[operator]
        assert within([f"{COMMUNITY}02"]).count() == 0  # type: ignore[operator]
        assert within([]).count() == 0  # type: ignore[operator]
        assert within([""]).count() == 0  # type: ignore[operator]
