"""The register as a picture: every dwelling once, in its building, entrance and floor, and what it lacks."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compounds.choices import AreaSource, Tenure, Use
from compounds.documents.register import (
    LACKING,
    SIGNS,
    Wanted,
    grids_of,
    register_rows,
    totals_of,
)
from compounds.models import Building, Compound, Dwelling, Entrance, Owner, Ownership, PropertyUnit
from tests import factories
from tests.factories import COMMUNITY

pytestmark = pytest.mark.django_db


def own(dwelling: Dwelling, name: str = "王秀兰", **values: object) -> Ownership:
    owner = Owner.objects.create(area_code=COMMUNITY, name=name)
    return Ownership.objects.create(dwelling=dwelling, owner=owner, votes=True, **values)


@pytest.fixture
def home() -> Compound:
    """Two staircases of two floors, a row of single-storey houses, a garage."""
    made = factories.compound(households=0)
    block = Building.objects.get(compound=made)
    for number in ("1", "2", "10"):
        entrance = Entrance.objects.create(building=block, label=number)
        for room in ("101", "102", "201", "202"):
            Dwelling.objects.create(building=block, entrance=entrance, room=room, area=Decimal("59.7512"))
    houses = Building.objects.create(compound=made, label="平房")
    for room in ("2", "10", "1"):
        Dwelling.objects.create(building=houses, room=room, area=Decimal("20"))
    return made


def state(home: Compound, **values: object) -> str:
    """Return the state of a dwelling with these values."""
    row = Dwelling(**{"building": Building.objects.filter(compound=home)[0], "room": "901", "area": 60} | values)
    row.save()
    found = next(r for r in register_rows(home) if r.pk == row.pk)
    row.delete()
    return found.state


def test_every_dwelling_has_one_cell_in_the_order_of_doors(home: Compound) -> None:
    rows = register_rows(home)
    grids = grids_of(rows, list(Building.objects.filter(compound=home)), lambda r: r.state, SIGNS, told=LACKING,
                     href=lambda r: f"{r.pk}/")  # fmt: skip
    shown = [
        (g.name, [(e.name, [[d.number for d in floor] for floor in e.floors]) for e in g.entrances]) for g in grids
    ]
    stairs = [["201", "202"], ["101", "102"]]
    assert shown == [
        ("3号楼", [("1单元", stairs), ("2单元", stairs), ("10单元", stairs)]),
        ("平房", [("", [["1", "2", "10"]])]),
    ]
    assert {d.href for g in grids for e in g.entrances for floor in e.floors for d in floor} == {
        f"{r.pk}/" for r in rows
    }


def test_what_a_dwelling_lacks_and_what_holds_nothing_up(home: Compound) -> None:
    dwelling = Dwelling.objects.of(home)[0]
    lacks = {r.pk: r.gaps for r in register_rows(home)}
    assert lacks[dwelling.pk] == ("owner", "representative", "area")
    own(dwelling)
    Dwelling.objects.filter(pk=dwelling.pk).update(representative="王秀兰", heirs_pending=True)
    row = next(r for r in register_rows(home) if r.pk == dwelling.pk)
    assert row.gaps == ("area", "heirs") and row.state == "whole"
    Ownership.objects.update(until_on=factories.today())
    assert "owner" in next(r for r in register_rows(home) if r.pk == dwelling.pk).gaps, "who owned before owns no more"


def test_the_state_says_what_is_lacking_first(home: Compound) -> None:
    unit = PropertyUnit.objects.create(area_code=COMMUNITY, name="厂")
    unsold = {"tenure": Tenure.UNSOLD_PUBLIC, "representative": "租户"}
    assert state(home) == "lacking"
    assert state(home, **unsold) == "lacking", "its unit owns it, and is not known"
    assert state(home, **unsold, property_unit=unit) == "unsold"
    assert state(home, **unsold, property_unit=unit, use=Use.GARAGE) == "other"
    assert state(home, tenure=Tenure.UNSOLD_PUBLIC, property_unit=unit, vacant=True) == "vacant"


def test_totals_add_up_by_building_and_by_source(home: Compound) -> None:
    Dwelling.objects.of(home).filter(room="10").update(
        area_source=AreaSource.REGISTERED, use=Use.GARAGE, votes=False, vacant=True
    )
    totals = totals_of(register_rows(home), list(Building.objects.filter(compound=home)))
    assert [(b.label, b.dwellings, b.households, b.area) for b in (*totals.buildings, totals.whole)] == [
        ("3号楼", 12, 12, Decimal("717.0144")), ("平房", 3, 2, Decimal("60.0000")), ("合计", 15, 14, Decimal("777.0144")),
    ]  # fmt: skip
    assert (totals.voting.count, totals.voting.area) == (14, Decimal("757.0144"))
    assert [(p.label, p.count, p.area) for p in totals.sources] == [
        ("产权登记", 1, Decimal("20.0000")), ("居民自报", 14, Decimal("757.0144")),
    ]  # fmt: skip
    assert totals.whole.vacant == 1 and totals.whole.lacking == 15
    assert {key: count for key, _, count in totals.gaps} == {"owner": 15, "representative": 14, "area": 14}


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(), 15), (Wanted(use=Use.GARAGE), 1), (Wanted(tenure=Tenure.COMMODITY), 0), (Wanted(vacant=True), 1),
        (Wanted(vacant=False), 14), (Wanted(lacking="any"), 15), (Wanted(lacking="area"), 15),
        (Wanted(lacking="representative"), 14), (Wanted(lacking="heirs"), 0), (Wanted(building=-1), 0),
    ],
)  # fmt: skip
def test_what_is_asked_for(home: Compound, wanted: Wanted, count: int) -> None:
    Dwelling.objects.of(home).filter(room="10").update(use=Use.GARAGE, vacant=True)
    assert sum(wanted.holds(row) for row in register_rows(home)) == count


def test_a_register_is_read_in_one_query(home: Compound) -> None:
    with CaptureQueriesContext(connection) as queries:
        register_rows(home)
    assert len(queries) == 1
