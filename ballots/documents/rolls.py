"""The roll as it is posted and shown: its totals, nobody's name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ballots.models import Ballot, RollEntry
from ballots.rules.rolls import Voter
from compounds.choices import AreaSource

ZERO = Decimal("0.0000")


@dataclass(frozen=True, slots=True)
class SourceTotal:
    """So many dwellings and their area, m², whose area rests on one source."""

    source: str
    dwellings: int
    area: Decimal

    @property
    def label(self) -> str:
        """Return the source's name."""
        return str(AreaSource(self.source).label)


@dataclass(frozen=True, slots=True)
class RollTotals:
    """What a roll comes to: heads, dwellings, area in m² (4 places), area by source, and how much of it units hold."""

    heads: int
    dwellings: int
    area: Decimal
    by_source: tuple[SourceTotal, ...]
    units: int = 0
    unit_area: Decimal = ZERO

    def as_dict(self) -> dict[str, Any]:
        """Return it as a notice's data keeps it: whole numbers, and areas as text with four decimals."""
        return {
            "heads": self.heads,
            "dwellings": self.dwellings,
            "area": f"{self.area:.4f}",
            "by_source": [
                {"source": part.source, "dwellings": part.dwellings, "area": f"{part.area:.4f}"}
                for part in self.by_source
            ],
            "units": self.units,
            "unit_area": f"{self.unit_area:.4f}",
        }


def totals_from(data: dict[str, Any]) -> RollTotals:
    """Return the totals that ``as_dict`` wrote."""
    return RollTotals(
        data["heads"],
        data["dwellings"],
        Decimal(data["area"]),
        tuple(SourceTotal(part["source"], part["dwellings"], Decimal(part["area"])) for part in data["by_source"]),
        data["units"],
        Decimal(data["unit_area"]),
    )


def roll_totals(entries: Iterable[tuple[bool, Iterable[tuple[Decimal, str]]]]) -> RollTotals:
    """Add a roll up. Each entry: whether it is a unit's, and area and source of each dwelling."""
    heads = units = 0
    whole, of_units = ZERO, ZERO
    parts: dict[str, tuple[int, Decimal]] = {}
    for is_unit, dwellings in entries:
        heads += 1
        area = ZERO
        for size, source in dwellings:
            count, before = parts.get(source, (0, ZERO))
            parts[source] = (count + 1, before + size)
            area += size
        whole += area
        if is_unit:
            units, of_units = units + 1, of_units + area
    by_source = tuple(SourceTotal(source, *parts[source]) for source in AreaSource.values if source in parts)
    return RollTotals(heads, sum(part.dwellings for part in by_source), whole, by_source, units, of_units)


# --- Line by line -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RollLine:
    """One voter of the roll; ``area`` in m². ``name`` in full: pages mask it. ``key``: the frozen entry, else None."""

    number: int
    kind: str
    name: str
    place: str
    building: str
    addresses: tuple[str, ...]
    area: Decimal
    key: int | None = None

    @property
    def more(self) -> int:
        """Return how many dwellings stand behind the first."""
        return max(0, len(self.addresses) - 1)

    def holds(self, text: str) -> bool:
        """Return whether a search for a room, a name or a number means this line."""
        return text in (str(self.number), self.name) or any(
            text in address for address in (self.place, *self.addresses)
        )


def lines_of(voters: Iterable[Voter]) -> list[RollLine]:
    """Return the lines of a roll that is drafted."""
    return [
        RollLine(
            number, voter.kind, voter.name, voter.place, voter.building, tuple(home.address for home in voter.homes),
            voter.area,
        )
        for number, voter in enumerate(voters, 1)
    ]  # fmt: skip


def frozen_lines(ballot: Ballot) -> list[RollLine]:
    """Return the lines of a frozen roll; two queries."""
    found = RollEntry.objects.filter(ballot=ballot).select_related("person").prefetch_related("dwellings")
    return [
        RollLine(
            entry.number, entry.kind, entry.person.name, entry.place, entry.building,
            tuple(dwelling.address for dwelling in entry.dwellings.all()), entry.area, entry.pk,
        )
        for entry in found.order_by("number")
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """What the notice printed of the roll and what it comes to now, where they differ."""

    label: str
    said: str
    now: str


def differences(said: RollTotals | None, now: RollTotals) -> list[Difference]:
    """Return where a roll departs from the totals that hang."""
    if said is None:
        return []
    pairs = [
        ("票数", str(said.heads), str(now.heads)),
        ("房屋", f"{said.dwellings}套", f"{now.dwellings}套"),
        ("面积", f"{said.area:.4f}㎡", f"{now.area:.4f}㎡"),
    ]
    before, after = ({part.source: part for part in each.by_source} for each in (said, now))
    for source in AreaSource.values:
        one, other = (found[source].area if source in found else ZERO for found in (before, after))
        pairs.append((f"面积来自{AreaSource(source).label}的", f"{one:.4f}㎡", f"{other:.4f}㎡"))
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]
