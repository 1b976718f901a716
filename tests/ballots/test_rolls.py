"""The roll: who has one head, in which order one walks, what it adds up to, and what the register does not settle."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots.documents.rolls import roll_totals, totals_from
from ballots.models import Representative
from ballots.operations.rolls import draft_roll
from ballots.rules.rolls import (
    NO_OWNER,
    NO_REPRESENTATIVE,
    NO_UNIT,
    NO_VOTE,
    OWNER,
    SIDE_ROOM,
    UNIT,
    Home,
    Person,
    Unit,
    faults_of,
    households,
    owners,
)
from compounds.models import Building, Compound, Dwelling, Owner, Ownership, PropertyUnit
from tests import balloting, factories

WANG, LI, ZHAO = Person(1, "王秀兰", votes=True), Person(2, "李建国"), Person(3, "赵敏", votes=True)
ARMY = Unit(9, "某部（演示）", "010-66880000", "复兴路1号")


def home(key: int, room: str = "", **fields: object) -> Home:
    said = {"building": "3", "entrance": "1", "area": Decimal("59.7500"), "area_source": "registered"} | fields
    return Home(key=key, room=room or f"{key}01", **said)  # type: ignore[arg-type]


def test_an_owner_of_several_is_one_head_with_their_summed_area() -> None:
    found = owners([home(2, owners=(WANG,)), home(1, owners=(WANG,)), home(3, owners=(ZHAO,))])
    assert [(v.name, v.area, v.place) for v in found] == [
        ("王秀兰", Decimal("119.5000"), "3号楼1单元101"), ("赵敏", Decimal("59.7500"), "3号楼1单元301"),
    ]  # fmt: skip


def test_co_owners_are_one_head_by_the_one_who_votes() -> None:
    found = owners([home(1, owners=(LI, WANG))])
    assert [(v.name, v.key) for v in found] == [("王秀兰", (OWNER, 1))]


def test_unsold_dwellings_are_one_head_of_their_unit_and_it_comes_first() -> None:
    homes = [
        home(1, owners=(WANG,)), home(2, tenure="unsold_public", unit=ARMY, vacant=True),
        home(3, tenure="military", unit=ARMY), home(4, tenure="central", unit=ARMY, owners=(ZHAO,)),
    ]  # fmt: skip
    found = owners(homes)
    assert [(v.kind, v.name, len(v.homes)) for v in found] == [
        (UNIT, "某部（演示）", 2), (OWNER, "王秀兰", 1), (OWNER, "赵敏", 1),
    ]  # fmt: skip
    assert (found[0].building, found[0].place) == ("", "复兴路1号")


def test_a_household_is_a_dwelling_that_is_lived_in() -> None:
    homes = [
        home(1, representative="租户张三", tenure="unsold_public", unit=ARMY), home(2, vacant=True, owners=(WANG,)),
        home(3, use="shop"), home(4, votes=False), home(5, owners=(WANG,)),
    ]  # fmt: skip
    found = households(homes)
    assert [(v.name, v.place) for v in found] == [("租户张三", "3号楼1单元101"), ("", "3号楼1单元501")]
    assert [(f.key, f.home.key) for f in faults_of(homes, "household")] == [(NO_REPRESENTATIVE, 5)]


def test_what_the_register_does_not_settle_is_told_and_stays_in_the_roll() -> None:
    homes = [
        home(1), home(2, heirs_pending=True), home(3, owners=(LI, Person(4, "李丽"))), home(4, tenure="unsold_public"),
        home(5, use="garage", owners=(WANG,)), home(6, owners=(LI,)), home(7, votes=False),
    ]  # fmt: skip
    assert [(f.key, f.home.key) for f in faults_of(homes, "owner")] == [
        (NO_OWNER, 1), (NO_VOTE, 3), (NO_UNIT, 4), (SIDE_ROOM, 5),
    ]  # fmt: skip
    assert sum(len(v.homes) for v in owners(homes)) == 6


def test_one_walks_by_building_entrance_floor_and_door() -> None:
    places = [("10", "1", "101"), ("2", "2", "101"), ("2", "1", "1001"), ("2", "1", "902"), ("2", "1", "地下1")]
    homes = [home(n, room, building=b, entrance=e) for n, (b, e, room) in enumerate(places, 1)]
    assert [(v.homes[0].building, v.homes[0].room) for v in owners(homes)] == [
        ("2", "地下1"), ("2", "902"), ("2", "1001"), ("2", "101"), ("10", "101"),
    ]  # fmt: skip


people = st.lists(st.integers(1, 6), max_size=3, unique=True).map(
    lambda keys: tuple(Person(key, f"人{key}", votes=n == 1) for n, key in enumerate(keys))
)
any_home = st.builds(
    home, key=st.just(0), room=st.integers(1, 9999).map(str), building=st.sampled_from(["2", "甲2", "10", "平房"]),
    entrance=st.sampled_from(["", "1", "2"]), area=st.decimals("0.0001", "999", places=4),
    area_source=st.sampled_from(["registered", "declared", "contract"]), votes=st.booleans(), vacant=st.booleans(),
    tenure=st.sampled_from(["reform", "unsold_public", "central", "military"]), owners=people,
    use=st.sampled_from(["dwelling", "shop", "garage"]), unit=st.sampled_from([None, ARMY, Unit(8, "另一单位")]),
)  # fmt: skip
some_homes = st.lists(any_home, max_size=30).map(
    lambda found: [Home(**{**{f: getattr(h, f) for f in Home.__slots__}, "key": n}) for n, h in enumerate(found)]
)


@given(some_homes, st.randoms())
def test_every_voting_dwelling_is_in_exactly_one_entry_and_areas_add_up(homes: list[Home], chance: object) -> None:
    for roll, voting in (
        (owners(homes), {h.key for h in homes if h.votes}),
        (households(homes), {h.key for h in homes if h.votes and h.use == "dwelling" and not h.vacant}),
    ):
        assert Counter(h.key for voter in roll for h in voter.homes) == Counter(voting)
        assert len({voter.key for voter in roll}) == len(roll)
        totals = roll_totals((v.kind == UNIT, [(h.area, h.area_source) for h in v.homes]) for v in roll)
        whole = sum((h.area for h in homes if h.key in voting), Decimal(0))
        assert totals.area == whole == sum((part.area for part in totals.by_source), Decimal(0))
        assert (totals.heads, totals.dwellings) == (len(roll), len(voting))
        assert totals_from(totals.as_dict()) == totals
    mixed = list(homes)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert {v.key: v.area for v in owners(mixed)} == {v.key: v.area for v in owners(homes)}


# --- From the register --------------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


def own(dwelling: Dwelling, name: str, *, votes: bool = True) -> Owner:
    owner, _ = Owner.objects.get_or_create(area_code=factories.COMMUNITY, name=name)
    Ownership.objects.create(dwelling=dwelling, owner=owner, votes=votes)
    return owner


@pytest.mark.parametrize("count", [2, 20])
def test_a_draft_asks_the_database_twice(count: int, django_assert_num_queries: object) -> None:
    home = factories.compound(households=count)
    for dwelling in Dwelling.objects.of(home):
        own(dwelling, f"人{dwelling.room}")
    ballot = balloting.ballot(home)
    with django_assert_num_queries(2):  # type: ignore[operator]
        roll = draft_roll(ballot)
    assert (roll.totals.heads, roll.totals.area) == (count, count * Decimal("59.7500"))


def test_representatives_vote_while_they_are_in_office() -> None:
    home = factories.compound()
    for name, until in (("在任", None), ("前任", balloting.FROM)):
        Representative.objects.create(
            compound=home, name=name, group="3号楼", elected_on=balloting.FROM, until_on=until
        )
    roll = draft_roll(balloting.ballot(home, "representatives"))
    assert [(v.name, v.place, v.area) for v in roll.voters] == [("在任", "3号楼", Decimal(0))]


def test_liaoyuan4_is_one_head_under_owners_voting_and_280_households() -> None:
    """辽源四村, 6 buildings and 280 households of a military unit's 公房 (real_cases.json, election-sh-liaoyuan4)."""
    home = factories.compound(households=0)
    unit = PropertyUnit.objects.create(area_code=factories.COMMUNITY, name="海军某部")
    for number in range(6):
        building = Building.objects.create(compound=home, label=str(number + 10))
        Dwelling.objects.bulk_create(
            Dwelling(
                building=building, room=f"{n + 1}01", area=Decimal("40.5000"), tenure="unsold_public",
                property_unit=unit, representative="户代表",
            )
            for n in range(47 if number < 4 else 46)
        )  # fmt: skip
    by_owners = draft_roll(balloting.ballot(home))
    assert (by_owners.totals.heads, by_owners.totals.units, by_owners.totals.area) == (1, 1, 280 * Decimal("40.5000"))
    by_households = draft_roll(balloting.ballot(home, "household_meeting"))
    assert (by_households.totals.heads, by_households.totals.units) == (280, 0)
    assert not by_households.faults


def test_nothing_of_another_compound_is_in_the_roll() -> None:
    home: Compound = factories.compound()
    factories.compound(f"{factories.COMMUNITY}02", "别的院")
    assert draft_roll(balloting.ballot(home)).totals.heads == 4
