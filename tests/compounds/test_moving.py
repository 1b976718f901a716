"""A compound goes to another community: its code stays, what belongs to it goes along, and a place is given once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from compounds.choices import AreaLevel, Role
from compounds.models import (
    Appointment,
    Area,
    Compound,
    CompoundMove,
    Dwelling,
    Owner,
    Ownership,
    PropertyUnit,
    StagePlan,
    place_now,
)
from compounds.operations import CashierAndBookkeeper, ChangedMeanwhile, CompoundExists, UnknownArea, make_compound
from compounds.operations.moving import belongings, move_compound
from compounds.operations.refusals import AlreadyThere
from core.models import Entry, Job
from core.operations import machine
from tests import factories
from tests.factories import AT, COMMUNITY, STREET

pytestmark = pytest.mark.django_db
NEXT = "110107003038"


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def next_door(home: Compound) -> Area:
    return Area.objects.create(code=NEXT, name="八角北里社区", level=AreaLevel.COMMUNITY)


def move(home: Compound, to: Area, version: int | None = None) -> CompoundMove:
    home.refresh_from_db()
    return move_compound(home, to, version or home.version, "街道〔2026〕3号", actor=machine("system"), at=AT)


def own(home: Compound, room: str, name: str, phone: str = "", *, community: str = COMMUNITY) -> Owner:
    owner, _ = Owner.objects.get_or_create(area_code=community, name=name, phone=phone)
    dwelling = Dwelling.objects.of(home).get(room=room)
    Ownership.objects.create(dwelling=dwelling, owner=owner)
    return owner


def test_the_code_stays_and_the_place_changes(home: Compound, next_door: Area) -> None:
    code = home.code
    moved = move(home, next_door)
    home.refresh_from_db()
    assert (home.code, home.area_code, home.version) == (code, f"{NEXT}01", 2)
    assert (moved.from_code, moved.to_code) == (code, f"{NEXT}01")
    assert home.places() == [f"{NEXT}01", code] and place_now(code) == f"{NEXT}01" == place_now(f"{NEXT}01")
    entry = Entry.objects.get(action="compound.move")
    assert entry.summary == "槐荫里小区（演示）由八角南里社区划归八角北里社区：街道〔2026〕3号"
    assert entry.area_code == code, "both communities read it"


def test_a_place_that_was_left_is_given_to_no_other(home: Compound, next_door: Area) -> None:
    third = Area.objects.create(code="110107003039", name="八角中里社区", level=AreaLevel.COMMUNITY)
    move(home, next_door)
    move(home, third)
    assert place_now(f"{COMMUNITY}01") == place_now(f"{NEXT}01") == f"{third.code}01"
    made = make_compound(next_door, "春和院（演示）", actor=machine("system"), at=AT)
    assert made.code == f"{NEXT}02", "history and papers of the first still bear 01"
    back = move(home, Area.objects.get(code=COMMUNITY))
    assert back.to_code == f"{COMMUNITY}02"


def test_offices_and_jobs_of_the_compound_go_along(home: Compound, next_door: Area) -> None:
    head = factories.user(Role.COMMITTEE_HEAD, home.code)
    clerk = factories.user(Role.COMMUNITY_CLERK, COMMUNITY)
    job = Job.objects.create(task="t", key="k", title="t", area_code=home.code, created_by=head, created_at=AT)
    move(home, next_door)
    job.refresh_from_db()
    assert job.area_code == f"{NEXT}01"
    assert Appointment.objects.get(user=head).area_code == f"{NEXT}01"
    assert Appointment.objects.get(user=clerk).area_code == COMMUNITY


def test_owners_are_persons_of_the_new_community(home: Compound, next_door: Area) -> None:
    """One who owns here only goes; one who owns in both stays in both; one whom the new community knows is one person."""
    stays = factories.compound(f"{COMMUNITY}02", "隔壁小区（演示）")
    there = factories.compound(f"{NEXT}07", "北里一院（演示）")
    alone, both = own(home, "101", "张三"), own(home, "201", "李四", "13800001234")
    own(stays, "101", "李四", "13800001234")
    known = own(there, "101", "王五", "13900001234", community=NEXT)
    own(home, "301", "王五", "13900001234")
    assert belongings(home, NEXT, date(2026, 11, 5)).shared_owners == 1
    move(home, next_door)
    now = {row.dwelling.room: row.owner for row in Ownership.objects.filter(dwelling__in=Dwelling.objects.of(home))}
    assert {owner.area_code for owner in now.values()} == {NEXT}
    assert now["101"] == alone and now["301"] == known
    assert now["201"].pk != both.pk and (now["201"].name, now["201"].phone) == ("李四", "13800001234")
    assert Ownership.objects.get(dwelling__building__compound=stays).owner == both
    assert Owner.objects.filter(area_code=COMMUNITY).count() == 1, "who owns nothing there is not kept there"


def test_units_of_the_community_go_along_or_are_copied(home: Compound, next_door: Area) -> None:
    stays = factories.compound(f"{COMMUNITY}02", "隔壁小区（演示）")
    names = ("只在这里的厂", "两边都有的厂", "那边也有的厂", "街道的厂")
    units = [
        PropertyUnit.objects.create(area_code=STREET if "街道" in n else COMMUNITY, name=n, contact="李") for n in names
    ]
    mine = list(Dwelling.objects.of(home).order_by("pk"))
    for dwelling, unit in zip(mine, units, strict=True):
        Dwelling.objects.filter(pk=dwelling.pk).update(property_unit=unit)
    Dwelling.objects.filter(building__compound=stays).update(property_unit=units[1])
    known = PropertyUnit.objects.create(area_code=NEXT, name="那边也有的厂", contact="赵")
    move(home, next_door)
    now = [PropertyUnit.objects.get(dwellings=dwelling) for dwelling in mine]
    assert now[0] == units[0] and now[0].area_code == NEXT
    assert now[1] != units[1] and (now[1].area_code, now[1].name, now[1].contact) == (NEXT, "两边都有的厂", "李")
    assert now[2] == known and now[3] == units[3]
    assert Dwelling.objects.of(stays).filter(property_unit=units[1]).count() == 4


def test_a_step_is_nobodys_whose_person_has_no_office_there(home: Compound, next_door: Area) -> None:
    clerk, staff = factories.user(Role.COMMUNITY_CLERK, COMMUNITY), factories.user(Role.STREET_STAFF, STREET)
    for number, who in ((1, clerk), (2, staff)):
        StagePlan.objects.create(compound=home, stage_id=number, responsible=who)
    move(home, next_door)
    assert list(StagePlan.objects.order_by("stage").values_list("responsible", "version")) == [(None, 2), (staff.pk, 1)]


def test_what_is_refused(home: Compound, next_door: Area) -> None:
    with pytest.raises(AlreadyThere):
        move(home, Area.objects.get(code=COMMUNITY))
    with pytest.raises(UnknownArea):
        move(home, Area.objects.get(code=STREET))
    with pytest.raises(ChangedMeanwhile):
        move(home, next_door, version=7)
    cashier = factories.user(Role.COMMITTEE_CASHIER, home.code)
    factories.appoint(cashier, Role.COMMITTEE_BOOKKEEPER, NEXT)
    with pytest.raises(CashierAndBookkeeper):
        move(home, next_door)
    factories.compound(f"{NEXT}05", home.name)
    with pytest.raises(CompoundExists):
        move(home, next_door)
    home.refresh_from_db()
    assert home.area_code == home.code and not CompoundMove.objects.exists()
    assert Dwelling.objects.of(home).floor_area() == Decimal("239.0000")
