"""The building grid 楼栋图: one cell per dwelling, in its building, entrance and floor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from core.charts.shapes import px

BACK, OUT, REFUSED, UNREACHED, UNISSUED = "back", "out", "refused", "unreached", "unissued"
NAMES = {BACK: "已收回", OUT: "未交回", REFUSED: "拒收", UNREACHED: "未能送达", UNISSUED: "未发放"}
MARKS = {REFUSED: "拒收", UNREACHED: "未达", UNISSUED: "未发"}  # two characters in a cell
CELL, HEIGHT, GAP, BETWEEN = 31, 22, 2, 8  # px: a cell, the gap between two, and between two entrances


@dataclass(frozen=True)
class Dwelling:
    """One cell: the number on the door and what became of its paper."""

    number: str
    state: str


@dataclass(frozen=True)
class Entrance:
    """A staircase; its floors from the top down, each floor's dwellings from left to right."""

    name: str
    floors: tuple[tuple[Dwelling, ...], ...]

    @property
    def across(self) -> int:
        """Return how many dwellings its widest floor has."""
        return max((len(floor) for floor in self.floors), default=0)


@dataclass(frozen=True)
class Cell:
    """A dwelling's place in the drawing, in px, and the word in it."""

    x: str
    y: str
    state: str
    text: str


@dataclass(frozen=True)
class Ground:
    """An entrance's ground line and name."""

    left: str
    right: str
    middle: str
    name: str


@dataclass(frozen=True)
class BuildingGrid:
    """One building; ``id`` keeps its title's id apart from the others' on the page."""

    id: str
    name: str
    entrances: tuple[Entrance, ...]

    CELL, HEIGHT = CELL, HEIGHT

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Return how many dwellings are in each state."""
        found = Counter(d.state for e in self.entrances for floor in e.floors for d in floor)
        return {state: found[state] for state in NAMES}

    @property
    def households(self) -> int:
        """Return how many dwellings there are."""
        return sum(self.counts.values())

    @property
    def storeys(self) -> int:
        """Return the number of floors of the tallest entrance."""
        return max((len(e.floors) for e in self.entrances), default=0)

    @property
    def width(self) -> int:
        """Return the drawing's width, px."""
        columns = sum(e.across for e in self.entrances)
        return columns * (CELL + GAP) - GAP * len(self.entrances) + BETWEEN * max(0, len(self.entrances) - 1)

    @property
    def height(self) -> int:
        """Return the drawing's height, px: the floors, the ground line, the entrances' names."""
        return self.storeys * (HEIGHT + GAP) + 26

    @property
    def said(self) -> str:
        """Return the drawing in words, for those who hear it."""
        told = "，".join(f"{NAMES[state]}{count}户" for state, count in self.counts.items() if count)
        return f"{self.name}，共{self.households}户：{told}" if told else f"{self.name}没有登记住户"

    @cached_property
    def _lefts(self) -> tuple[int, ...]:
        lefts, x = [], 0
        for entrance in self.entrances:
            lefts.append(x)
            x += entrance.across * (CELL + GAP) - GAP + BETWEEN
        return tuple(lefts)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Return every dwelling's cell; floors stand on the ground line, whatever their number."""
        found = []
        for left, entrance in zip(self._lefts, self.entrances, strict=True):
            for up, floor in enumerate(reversed(entrance.floors)):
                y = (self.storeys - 1 - up) * (HEIGHT + GAP)
                for i, dwelling in enumerate(floor):
                    text = dwelling.number if dwelling.state == OUT else MARKS.get(dwelling.state, "")
                    found.append(Cell(px(left + i * (CELL + GAP)), px(y), dwelling.state, text))
        return tuple(found)

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """Return the entrances' ground lines and names."""
        found = []
        for left, entrance in zip(self._lefts, self.entrances, strict=True):
            right = left + entrance.across * (CELL + GAP) - GAP
            found.append(Ground(px(left), px(right), px((left + right) / 2), entrance.name))
        return tuple(found)

    @property
    def ground(self) -> int:
        """Return the height of the ground line, px from above."""
        return self.storeys * (HEIGHT + GAP)
