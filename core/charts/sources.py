"""The bars of the four sources: promised, due and received on one scale."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from core.charts.shapes import ZERO, Rect, px


@dataclass(frozen=True)
class Source:
    """One source's money of the year so far, in yuan; None where nothing was promised or nothing is said to be due."""

    key: str
    name: str
    received: Decimal
    promised: Decimal | None = None
    due: Decimal | None = None


@dataclass(frozen=True)
class BarDrawing:
    """One source's bar at one width: outline promised, solid received, tick due."""

    id: str
    width: int
    height: int
    promised: Rect | None
    received: Rect | None
    due: str | None
    source: Source


@dataclass(frozen=True)
class SourceRow:
    """One source with its bar at both widths."""

    source: Source
    wide: BarDrawing
    narrow: BarDrawing


@dataclass(frozen=True)
class SourceBars:
    """The sources' bars on one common scale."""

    sources: tuple[Source, ...]
    name: str = "sources"

    WIDE, NARROW, HEIGHT, INSET = 704, 358, 30, 5

    @property
    def rows(self) -> tuple[SourceRow, ...]:
        """The sources in their order, each with its bars."""
        return tuple(SourceRow(s, self._bar(s, self.WIDE), self._bar(s, self.NARROW)) for s in self.sources)

    @cached_property
    def _reach(self) -> Decimal:
        return max((a for s in self.sources for a in (s.promised, s.due, s.received) if a is not None), default=ZERO)

    def _bar(self, source: Source, width: int) -> BarDrawing:
        # One px is left at the right end for the outline and half the tick.
        scale = (width - 1) / float(self._reach) if self._reach > 0 else 0.0

        def rect(amount: Decimal | None, inset: float) -> Rect | None:
            length = float(amount) * scale - 2 * inset if amount is not None else 0.0
            if length <= 0:
                return None
            height = self.HEIGHT - 2 * self.INSET - 2 * inset
            return Rect(px(inset), px(self.INSET + inset), px(length), px(height))

        return BarDrawing(
            id=f"{self.name}-{source.key}-{width}",
            width=width,
            height=self.HEIGHT,
            promised=rect(source.promised, 0.5),
            received=rect(source.received, 0),
            due=px(max(1.0, float(source.due) * scale)) if source.due is not None and scale else None,
            source=source,
        )
