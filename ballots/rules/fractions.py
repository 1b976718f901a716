"""Thresholds as exact fractions with their comparison: no float, no rounding."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT = re.compile(r"(>=|>)([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", re.ASCII)


class NoThreshold(ValueError):
    """The text is no threshold, or one that nothing or everything meets."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A share of a whole: at least (``inclusive``) or more than ``over``/``under``; 以上 includes, 过半数 does not.

    Parts and wholes are whole numbers of one unit: heads, or areas in ten-thousandths of a m² (``area_units``).
    """

    over: int
    under: int
    inclusive: bool

    def met(self, part: int, whole: int) -> bool:
        """Return whether the part is enough of the whole; of nothing nothing is enough."""
        if whole <= 0:
            return False
        left, right = self.under * part, self.over * whole
        return left >= right if self.inclusive else left > right

    def least(self, whole: int) -> int:
        """Return the least whole number that is enough."""
        needed = self.over * whole
        return -(-needed // self.under) if self.inclusive else needed // self.under + 1

    @property
    def text(self) -> str:
        """Return it as the ballot's JSON says it: ``>=2/3``."""
        return f"{'>=' if self.inclusive else '>'}{self.over}/{self.under}"


def read_threshold(text: str) -> Threshold:
    """Return the threshold that ``>=2/3`` or ``>1/2`` says.

    :raises NoThreshold: for anything else; for zero, a share above the whole, or more than the whole.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise NoThreshold(text)
    over, under, inclusive = int(found[2]), int(found[3]), found[1] == ">="
    if over > under or (over == under and not inclusive):
        raise NoThreshold(text)
    return Threshold(over, under, inclusive)
