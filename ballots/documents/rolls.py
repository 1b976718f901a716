"""The roll as it is posted and shown: its totals, nobody's name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

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
