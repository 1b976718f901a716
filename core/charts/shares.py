"""A share as a bar: how much of a whole, drawn beside the figures that say it exactly."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.charts.shapes import px

WIDTH, HEIGHT = 200, 12  # px


@dataclass(frozen=True)
class ShareBar:
    """A part of a whole; its table says the figures, so the drawing is decoration."""

    part: int | Decimal
    whole: int | Decimal

    WIDTH, HEIGHT = WIDTH, HEIGHT

    @property
    def filled(self) -> str:
        """Return the part's width, px."""
        share = min(Fraction(self.part) / Fraction(self.whole), Fraction(1)) if self.whole else Fraction(0)
        return px(float(share * WIDTH))
