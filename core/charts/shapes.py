"""What every drawing is made of: bars, words and lines in px, and how long a word is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
TYPE = 18  # px, of every label


@dataclass(frozen=True)
class Rect:
    """A bar, in px."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Label:
    """A word at its baseline, in px."""

    x: str
    y: str
    text: str
    anchor: str = "middle"
    strong: bool = False


@dataclass(frozen=True)
class GridLine:
    """A horizontal line at a round amount."""

    y: str
    label: Label


def px(value: Decimal | float) -> str:
    """Show a coordinate with one place, without a needless ``.0``."""
    return f"{value:.1f}".removesuffix(".0")


def length_of(text: str) -> float:
    """Estimate how long a label is, in px."""
    return sum(TYPE if ord(sign) > 0x2E80 else TYPE * 0.58 for sign in text)
