"""Who has one head: voters found in the register's dwellings, in the order in which one walks (domain.md, Roll)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from compounds.rules import door_order, floor_of, show_dwelling

HOUSEHOLD, OWNER, UNIT, REPRESENTATIVE = "household", "owner", "unit", "representative"
# What is not settled in the register, a key each; the roll stands all the same, so that no dwelling is lost.
NO_OWNER, NO_UNIT, NO_VOTE, NO_REPRESENTATIVE, SIDE_ROOM = (
    "no_owner",
    "no_unit",
    "no_vote",
    "no_representative",
    "side_room",
)

_UNSOLD, _OFTEN_UNSOLD = "unsold_public", ("central", "military")
_LIVED_IN, _SIDE_ROOMS = "dwelling", ("garage", "cellar")

VoterId = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Person:
    """An owner as the register names them; ``votes``: for the dwelling's co-owners."""

    key: int
    name: str
    phone: str = ""
    votes: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A property-right unit, and where it is found."""

    key: int
    name: str
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """A dwelling of the register as the roll reads it; ``area`` in m², 4 places. ``votes``: garages and cellars do not."""

    key: int
    building: str
    entrance: str
    room: str
    area: Decimal
    area_source: str
    tenure: str = "reform"
    use: str = "dwelling"
    votes: bool = True
    vacant: bool = False
    heirs_pending: bool = False
    representative: str = ""
    representative_phone: str = ""
    unit: Unit | None = None
    owners: tuple[Person, ...] = ()

    @property
    def address(self) -> str:
        """Return the address as papers print it: 3号楼2单元501."""
        return show_dwelling(self.building, self.entrance, self.room)


@dataclass(frozen=True, slots=True)
class Voter:
    """One head of the roll: who, where the paper is brought, and all dwellings that stand behind it.

    ``key``: what tells voters apart in the register; an owner nobody knows is told apart by the dwelling. A unit's
    paper goes to the unit, so it has no building to walk to; neither has a representative's.
    """

    key: VoterId
    kind: str
    name: str
    phone: str
    place: str
    homes: tuple[Home, ...] = ()
    building: str = ""
    entrance: str = ""

    @property
    def area(self) -> Decimal:
        """Return the summed area, m², 4 places."""
        return sum((home.area for home in self.homes), Decimal("0.0000"))


@dataclass(frozen=True, slots=True)
class Fault:
    """What the register does not settle of one dwelling, for this roll."""

    key: str
    home: Home


def walking_order(home: Home) -> tuple[object, ...]:
    """Return what sorts dwellings as one walks: building, entrance, floor, door; 2 before 10."""
    floor = floor_of(home.room)
    return (
        door_order(home.building), door_order(home.entrance), 0 if floor is None else floor, door_order(home.room),
    )  # fmt: skip


def households(homes: Iterable[Home]) -> list[Voter]:
    """Return the households of a residents' meeting: one per dwelling that is lived in, tenants included.

    A vacant one has an owner and no household; a unit or a shop has no household vote. Source: RCL 9, 19; domain.md.
    """
    found = [home for home in homes if home.votes and home.use == _LIVED_IN and not home.vacant]
    return [
        Voter(
            (HOUSEHOLD, home.key), HOUSEHOLD, home.representative, home.representative_phone, home.address, (home,),
            home.building, home.entrance,
        )
        for home in sorted(found, key=walking_order)
    ]  # fmt: skip


def owners(homes: Iterable[Home]) -> list[Voter]:
    """Return the owners: each once with all dwellings; co-owners by the one who votes; a unit once, before the others.

    What the register does not settle stays a head of its own, so that no dwelling is missing from the whole.
    Source: CC 278; SPC-Q 8, 9; GUIDE 24; BPR 25; domain.md, Roll.
    """
    voters: dict[VoterId, Voter] = {}
    for home in sorted((home for home in homes if home.votes), key=walking_order):
        one = _owner_of(home)
        known = voters.get(one.key)
        voters[one.key] = replace(known, homes=(*known.homes, home)) if known else one
    return sorted(voters.values(), key=lambda voter: voter.kind != UNIT)  # stable: units come first


def voting_owner(people: tuple[Person, ...]) -> Person | None:
    """Return which of a dwelling's owners votes for it: the one chosen, else the first, else nobody."""
    return next((person for person in people if person.votes), people[0] if people else None)


def is_units(home: Home) -> bool:
    """Return whether a dwelling is its unit's: public and not sold, or 央产, 军产 that nobody bought (BPR 25)."""
    return home.tenure == _UNSOLD or (home.tenure in _OFTEN_UNSOLD and not home.owners and home.unit is not None)


def _owner_of(home: Home) -> Voter:
    if is_units(home):
        if home.unit is None:
            return _unknown(home)
        unit = home.unit
        return Voter((UNIT, unit.key), UNIT, unit.name, unit.phone, (unit.address or unit.name)[:60], (home,))
    person = voting_owner(home.owners)
    if person is None:
        return _unknown(home)
    return Voter(
        (OWNER, person.key), OWNER, person.name, person.phone, home.address, (home,), home.building, home.entrance
    )


def _unknown(home: Home) -> Voter:
    return Voter(("dwelling", home.key), OWNER, "", "", home.address, (home,), home.building, home.entrance)


def faults_of(homes: Iterable[Home], voter: str) -> list[Fault]:
    """Return what the register does not settle for a roll of these voters, in walking order."""
    if voter == REPRESENTATIVE:
        return []
    ask = _household_fault if voter == HOUSEHOLD else _owner_fault
    found = ((ask(home), home) for home in sorted((home for home in homes if home.votes), key=walking_order))
    return [Fault(key, home) for key, home in found if key]


def _household_fault(home: Home) -> str:
    lacking = home.use == _LIVED_IN and not home.vacant and not home.representative
    return NO_REPRESENTATIVE if lacking else ""


def _owner_fault(home: Home) -> str:
    if home.use in _SIDE_ROOMS:
        return SIDE_ROOM
    if is_units(home):
        return "" if home.unit else NO_UNIT
    if not home.owners:
        return "" if home.heirs_pending else NO_OWNER
    return "" if any(person.votes for person in home.owners) or len(home.owners) == 1 else NO_VOTE
