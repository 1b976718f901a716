"""The building grid 楼栋图: one cell per dwelling, in its building, entrance and floor; each state has its sign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

BACK, OUT, REFUSED, UNREACHED, UNISSUED = "back", "out", "refused", "unreached", "unissued"


@dataclass(frozen=True)
class Sign:
    """What a state is called and looks like.

    ``look``: pale, framed, hatched, tinted, dashed or plain; ``mark``: what stands in the cell instead of the number
    on the door, at most two characters, "" nothing.
    """

    label: str
    look: str
    mark: str | None = None


# What became of a household's paper: what came back recedes, what is still out stands out.
PAPERS: Mapping[str, Sign] = {
    BACK: Sign("已收回", "pale", ""),
    OUT: Sign("未交回", "framed"),
    REFUSED: Sign("拒收", "hatched", "拒收"),
    UNREACHED: Sign("未能送达", "tinted", "未达"),
    UNISSUED: Sign("未发放", "dashed", "未发"),
}


@dataclass(frozen=True, slots=True)
class Dwelling:
    """One cell: the number on the door, the key of its state, and where it leads."""

    number: str
    state: str
    href: str = ""


@dataclass(frozen=True)
class Entrance:
    """A staircase; its floors from the top down, each floor's dwellings from left to right."""

    name: str
    floors: tuple[tuple[Dwelling, ...], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A dwelling as drawn: its look, the word in it, what is heard, and where it leads."""

    look: str
    text: str
    said: str
    href: str


@dataclass(frozen=True)
class BuildingGrid:
    """One building; ``signs`` are the states in the order of the legend, ``told`` the one counted in its head."""

    name: str
    entrances: tuple[Entrance, ...]
    signs: Mapping[str, Sign] = field(default_factory=lambda: PAPERS)
    told: str = OUT

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Return how many dwellings are in each state."""
        found = Counter(d.state for e in self.entrances for floor in e.floors for d in floor)
        return {state: found[state] for state in self.signs}

    @property
    def households(self) -> int:
        """Return how many dwellings there are."""
        return sum(self.counts.values())

    @property
    def head(self) -> str:
        """Return what the building's head says, 未交回17户; nothing where there is none."""
        count = self.counts[self.told]
        return f"{self.signs[self.told].label}{count}户" if count else ""

    @property
    def leads(self) -> bool:
        """Return whether the cells are links."""
        return any(d.href for e in self.entrances for floor in e.floors for d in floor)

    @property
    def wide(self) -> bool:
        """Return whether a number on a door has four signs or more, so that all cells are wider."""
        return any(len(d.number) > 3 for e in self.entrances for floor in e.floors for d in floor)

    @property
    def said(self) -> str:
        """Return the drawing in words, for those who hear it."""
        told = "，".join(f"{self.signs[state].label}{count}户" for state, count in self.counts.items() if count)
        return f"{self.name}，共{self.households}户：{told}" if told else f"{self.name}没有登记住户"

    @property
    def stairs(self) -> tuple[tuple[str, tuple[tuple[Cell, ...], ...]], ...]:
        """Return each entrance's name and its floors of cells, from the top down."""
        return tuple((e.name, tuple(tuple(self._cell(d) for d in floor) for floor in e.floors)) for e in self.entrances)

    def _cell(self, dwelling: Dwelling) -> Cell:
        sign = self.signs[dwelling.state]
        text = dwelling.number if sign.mark is None else sign.mark
        return Cell(sign.look, text, f"{dwelling.number}，{sign.label}", dwelling.href)
