"""Areas as whole numbers, so that sums are exact and quick; and back to text with four decimals."""

from __future__ import annotations

from decimal import Decimal

UNIT = 10_000  # a m² in ten-thousandths: registers carry up to four decimals (226421.0857)


class NoArea(ValueError):
    """The text is no area with at most four decimals."""


def area_units(area: Decimal | str | int) -> int:
    """Return an area, m², in ten-thousandths of a m².

    :raises NoArea: for a negative one, one with more decimals, or what is no number.
    """
    try:
        scaled = Decimal(area) * UNIT
        whole = int(scaled)
    except (ArithmeticError, ValueError) as error:
        raise NoArea(str(area)) from error
    if scaled != whole or whole < 0:
        raise NoArea(str(area))
    return whole


def area_text(units: int) -> str:
    """Return ten-thousandths of a m² as the ballot's JSON says an area: ``61.2000``."""
    return f"{units // UNIT}.{units % UNIT:04d}"
