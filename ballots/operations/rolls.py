"""The roll: drafted from the register as it is now, frozen when issuing begins, changed after that on record only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ballots.choices import Voter as Voters
from ballots.documents.rolls import RollTotals, roll_totals
from ballots.models import Ballot, Representative
from ballots.rules.rolls import (
    REPRESENTATIVE,
    UNIT,
    Fault,
    Home,
    Person,
    Unit,
    Voter,
    faults_of,
    households,
    owners,
)
from compounds.models import Compound, Dwelling


@dataclass(frozen=True)
class DraftRoll:
    """A roll as the register gives it at this moment, in walking order, and what the register does not settle."""

    voters: tuple[Voter, ...]
    faults: tuple[Fault, ...]

    @cached_property
    def totals(self) -> RollTotals:
        """Return heads, dwellings, area and area by source."""
        return roll_totals(
            (voter.kind == UNIT, [(home.area, home.area_source) for home in voter.homes]) for voter in self.voters
        )


def draft_roll(ballot: Ballot) -> DraftRoll:
    """Return the roll that the register gives for a ballot's rule now; two queries however large it is."""
    kind = ballot.rule.voter
    if kind == Voters.REPRESENTATIVE:
        return DraftRoll(tuple(_representatives(ballot.compound)), ())
    homes = homes_of(ballot.compound)
    return DraftRoll(tuple(voters_of(homes, kind)), tuple(faults_of(homes, kind)))


def voters_of(homes: list[Home], kind: str) -> list[Voter]:
    """Return the voters behind these dwellings: their households, or their owners."""
    return households(homes) if kind == Voters.HOUSEHOLD else owners(homes)


def homes_of(compound: Compound) -> list[Home]:
    """Return the compound's dwellings as the roll reads them, with owners and units."""
    return [_home(dwelling) for dwelling in Dwelling.objects.of(compound).order_by().with_people()]


def _home(d: Dwelling) -> Home:
    unit = d.property_unit
    return Home(
        d.pk, d.building.label, d.entrance.label if d.entrance else "", d.room, d.area, d.area_source, d.tenure, d.use,
        d.votes, d.vacant, d.heirs_pending, d.representative, d.representative_phone,
        Unit(unit.pk, unit.name, unit.phone, unit.address) if unit else None,
        tuple(Person(o.owner_id, o.owner.name, o.owner.phone, o.votes) for o in d.owned),  # type: ignore[attr-defined]
    )  # fmt: skip


def _representatives(compound: Compound) -> list[Voter]:
    """Return those in office; they stand for a group, not for dwellings, so no area is theirs."""
    rows = Representative.objects.filter(compound=compound, until_on=None).order_by("group", "pk")
    return [Voter((REPRESENTATIVE, r.pk), REPRESENTATIVE, r.name, r.phone, r.group) for r in rows]
