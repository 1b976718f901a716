"""A compound's register as one picture: its buildings with every dwelling, what is lacking, and the totals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from compounds.choices import AreaSource, Tenure, Use
from compounds.models import Building, Compound, Dwelling, Ownership
from compounds.rules import door_order, floor_of, show_dwelling
from core.charts import BuildingGrid, Sign
from core.charts import Dwelling as Door
from core.charts import Entrance as Staircase

OWNER, UNIT, REPRESENTATIVE, AREA, HEIRS = "owner", "unit", "representative", "area", "heirs"
GAPS: Mapping[str, str] = {
    OWNER: "缺产权人",
    UNIT: "缺产权单位",
    REPRESENTATIVE: "缺户代表",
    AREA: "面积只有自报",
    HEIRS: "继承人还没登记",
}
# What one sees at a glance; an area that is declared only, or heirs not registered yet, hold nothing up.
URGENT = (OWNER, UNIT, REPRESENTATIVE)
LACKING, WHOLE, VACANT, UNSOLD, OTHER, OUTSIDE = "lacking", "whole", "vacant", "unsold", "other", "outside"
SIGNS: Mapping[str, Sign] = {
    WHOLE: Sign("齐全", "pale"),
    LACKING: Sign("还缺", "framed"),
    VACANT: Sign("空置", "dashed"),
    UNSOLD: Sign("未售公房", "hatched"),
    OTHER: Sign("不是住宅", "tinted"),
}
OUTSIDE_SIGN = Sign("不在所查", "plain")


class RegisterRow(NamedTuple):
    """A dwelling of the register without anybody's name; ``area`` in m²."""

    pk: int
    building_id: int
    entrance: str | None
    room: str
    area: Decimal
    area_source: str
    tenure: str
    use: str
    votes: bool
    vacant: bool
    heirs_pending: bool
    has_unit: bool
    has_representative: bool
    has_owner: bool

    @property
    def gaps(self) -> tuple[str, ...]:
        """Return what the register lacks of it.

        An unsold public dwelling is its unit's; a vacant one has no household; only dwellings have representatives.
        """
        unsold = self.tenure == Tenure.UNSOLD_PUBLIC
        lacks = {
            OWNER: not unsold and not self.has_owner,
            UNIT: unsold and not self.has_unit,
            REPRESENTATIVE: self.use == Use.DWELLING and not self.vacant and not self.has_representative,
            AREA: self.area_source == AreaSource.DECLARED,
            HEIRS: self.heirs_pending,
        }
        return tuple(key for key, lacking in lacks.items() if lacking)

    @property
    def state(self) -> str:
        """Return which sign it has: what it lacks first, then what it is."""
        if any(gap in URGENT for gap in self.gaps):
            return LACKING
        if self.use != Use.DWELLING:
            return OTHER
        if self.vacant:
            return VACANT
        return UNSOLD if self.tenure == Tenure.UNSOLD_PUBLIC else WHOLE


def gaps_of(dwelling: Dwelling) -> tuple[str, ...]:
    """Return what the register lacks of one dwelling, fetched ``with_people``."""
    d = dwelling
    entrance = d.entrance.label if d.entrance else None
    return RegisterRow(
        d.pk, d.building_id, entrance, d.room, d.area, d.area_source, d.tenure, d.use, d.votes, d.vacant,
        d.heirs_pending, d.property_unit_id is not None, d.representative != "", bool(d.owned),  # type: ignore[attr-defined]
    ).gaps  # fmt: skip


def register_rows(compound: Compound) -> list[RegisterRow]:
    """Return the compound's dwellings in the order of buildings, entrances and doors; one query."""
    current = Ownership.objects.current().filter(dwelling=OuterRef("pk"))
    found = (
        Dwelling.objects.of(compound)
        .order_by()
        .annotate(has_owner=Exists(current))
        .values_list(
            "pk", "building_id", "entrance__label", "room", "area", "area_source", "tenure", "use", "votes", "vacant",
            "heirs_pending", "property_unit_id", "representative", "has_owner",
        )
    )  # fmt: skip
    rows = [RegisterRow(*r[:11], r[11] is not None, r[12] != "", r[13]) for r in found]
    return sorted(rows, key=lambda r: (r.building_id, door_order(r.entrance or ""), door_order(r.room)))


@dataclass(frozen=True)
class Part:
    """So many dwellings and their area, m², under a name."""

    label: str
    count: int
    area: Decimal


@dataclass(frozen=True)
class BuildingTotals:
    """What one building counts: dwellings of all uses, households, their area in m², vacant ones, lacking ones."""

    label: str
    dwellings: int
    households: int
    area: Decimal
    vacant: int
    lacking: int


@dataclass(frozen=True)
class RegisterTotals:
    """What a compound counts; areas in m²."""

    buildings: tuple[BuildingTotals, ...]
    whole: BuildingTotals
    voting: Part
    sources: tuple[Part, ...]
    gaps: tuple[tuple[str, str, int], ...]  # key, words, dwellings


def _sum(rows: Iterable[RegisterRow]) -> Decimal:
    return sum((r.area for r in rows), Decimal("0.0000"))


def _count(label: str, rows: Sequence[RegisterRow]) -> BuildingTotals:
    return BuildingTotals(
        label,
        len(rows),
        sum(r.use == Use.DWELLING for r in rows),
        _sum(rows),
        sum(r.vacant for r in rows),
        sum(r.state == LACKING for r in rows),
    )


def totals_of(rows: Sequence[RegisterRow], buildings: Sequence[Building]) -> RegisterTotals:
    """Add the register up: by building, by source of area, what votes, and what is lacking."""
    mine: dict[int, list[RegisterRow]] = defaultdict(list)
    for row in rows:
        mine[row.building_id].append(row)
    voting = [r for r in rows if r.votes]
    lacking = Counter(gap for r in rows for gap in r.gaps)
    sources = []
    for source in AreaSource:
        of = [r for r in rows if r.area_source == source]
        if of:
            sources.append(Part(source.label, len(of), _sum(of)))
    return RegisterTotals(
        tuple(_count(show_dwelling(b.label, "", ""), mine[b.pk]) for b in buildings),
        _count("合计", rows),
        Part("参加表决", len(voting), _sum(voting)),
        tuple(sources),
        tuple((key, words, lacking[key]) for key, words in GAPS.items() if lacking[key]),
    )


@dataclass(frozen=True)
class Wanted:
    """What of the register is asked for; empty fields ask for all. ``lacking``: a key of ``GAPS``, or ``any``."""

    building: int | None = None
    tenure: str = ""
    use: str = ""
    vacant: bool | None = None
    lacking: str = ""

    def holds(self, row: RegisterRow) -> bool:
        """Return whether a dwelling is asked for."""
        return (
            (self.building is None or row.building_id == self.building)
            and (not self.tenure or row.tenure == self.tenure)
            and (not self.use or row.use == self.use)
            and (self.vacant is None or row.vacant == self.vacant)
            and (not self.lacking or (bool(row.gaps) if self.lacking == "any" else self.lacking in row.gaps))
        )


def grids_of(
    rows: Sequence[RegisterRow],
    buildings: Sequence[Building],
    state_of: Callable[[RegisterRow], str],
    signs: Mapping[str, Sign],
    *,
    told: str,
    href: Callable[[RegisterRow], str],
) -> list[BuildingGrid]:
    """Draw buildings: each dwelling by the state that ``state_of`` gives, with the sign that ``signs`` has for it.

    Ballots and charges draw theirs with states of their own.
    """
    mine: dict[int, list[RegisterRow]] = defaultdict(list)
    for row in rows:
        mine[row.building_id].append(row)
    found = []
    for building in buildings:
        stairs = []
        for entrance, of in groupby(mine[building.pk], key=lambda r: r.entrance or ""):
            floors: dict[int | None, list[Door]] = defaultdict(list)
            for row in of:
                floors[floor_of(row.room)].append(Door(row.room, state_of(row), href(row)))
            # What tells no floor stands on the ground.
            order = sorted(floors, key=lambda f: 0 if f is None else f, reverse=True)
            name = f"{entrance}单元" if entrance and not entrance.endswith(("门", "单元")) else entrance
            stairs.append(Staircase(name, tuple(tuple(floors[f]) for f in order)))
        found.append(BuildingGrid(show_dwelling(building.label, "", ""), tuple(stairs), signs, told))
    return found
