"""Bars with a threshold: how much of a whole is reached, and whether that is enough; decided by exact fractions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Portion:
    """A part of the whole; ``look`` is solid, hatched or pale. The first portion is what the threshold asks about."""

    name: str
    amount: Decimal
    look: str = "solid"


@dataclass(frozen=True)
class Segment:
    """A portion's place along the bar, in shares of its width."""

    x: str
    width: str
    look: str


@dataclass(frozen=True)
class ThresholdBar:
    """One measure (heads or area, never both) against one threshold.

    ``share`` of ``whole`` must be reached, or with ``more_than`` be passed; ``finest`` is the least difference there
    can be: 1 for heads, 0.01 for square metres, or 0.0001 where an area has four places.
    """

    id: str
    what: str
    whole: Decimal
    portions: tuple[Portion, ...]
    share: Fraction
    rule: str  # 三分之二, 过半
    unit: str
    of: str = "共"  # what stands before the whole: 共295人, 参与231人
    more_than: bool = False
    finest: Decimal = Decimal(1)

    @property
    def reached(self) -> Decimal:
        """Return what counts."""
        return self.portions[0].amount

    @property
    def bound(self) -> Fraction:
        """Return the exact threshold."""
        return Fraction(self.whole) * self.share

    @property
    def least(self) -> Decimal:
        """Return the least amount that passes."""
        steps = self.bound / Fraction(self.finest)
        return (math.floor(steps) + 1 if self.more_than else math.ceil(steps)) * self.finest

    @property
    def passes(self) -> bool:
        """Whether it is enough; an empty whole never is."""
        return self.whole > 0 and self.reached >= self.least

    @property
    def verdict(self) -> str:
        """Return the answer: 够，多34人, or 还差26户."""
        if not self.passes:
            return f"还差{self._shown(self.least - self.reached)}"
        bound = self._bound_as_amount
        over = self.reached - (self.least if bound is None else bound)
        return f"够，多{self._shown(over)}" if over else "刚好够"

    @property
    def asked(self) -> str:
        """Return what the threshold asks: 三分之二：至少197人; of areas 过半：要超过7,353.40 m²."""
        bound = self._bound_as_amount
        if bound is None:
            return f"{self.rule}：至少{self._shown(self.least)}"
        return f"{self.rule}：要超过{self._shown(bound)}"

    @property
    def counted(self) -> str:
        """Return what is counted, with its unit."""
        return self._shown(self.reached)

    @property
    def whole_shown(self) -> str:
        """Return the whole, with its unit."""
        return self._shown(self.whole)

    @property
    def tick(self) -> str:
        """Return where the threshold's tick stands."""
        return self._along(self.least)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Return the portions one after another; what is nothing has none."""
        found, start = [], Decimal(0)
        for portion in self.portions:
            if portion.amount > 0:
                found.append(Segment(self._along(start), self._along(portion.amount), portion.look))
            start += portion.amount
        return tuple(found)

    @property
    def _bound_as_amount(self) -> Decimal | None:
        """Return the threshold as it is said of an area that must pass it; heads are said by the least that passes."""
        steps = self.bound / Fraction(self.finest)
        if not self.more_than or self.finest == 1 or steps.denominator != 1:
            return None
        return steps.numerator * self.finest

    def _shown(self, amount: Decimal) -> str:
        if self.finest == 1:
            return f"{amount:.0f}{self.unit}"
        return f"{amount:,.{2 if self.finest >= Decimal('0.01') else 4}f}{NBSP}{self.unit}"

    def _along(self, amount: Decimal) -> str:
        share = min(Fraction(amount) / Fraction(self.whole), Fraction(1)) if self.whole else Fraction(0)
        return f"{float(share * 100):.2f}%"
