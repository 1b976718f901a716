"""The chart of up to twelve months: income beside expense."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from statistics import median

from core.charts.shapes import ZERO, GridLine, Label, Rect, length_of, px
from core.money import MINUS, plain_decimal

STEPS = tuple(Decimal(n) for n in ("1", "1.5", "2", "2.5", "3", "4", "5", "6", "8"))
UNITS = ((Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"), (Decimal(1000), "千"))
PEAK = Decimal("1.3")  # a month that stands out so far over the median may carry a word


@dataclass(frozen=True)
class Month:
    """One month's income and expense in yuan; ``note`` is what explains a peak (含政府奖励)."""

    year: int
    month: int
    income: Decimal
    expense: Decimal
    note: str = ""

    def __str__(self) -> str:
        return f"{self.year}年{self.month}月"


@dataclass(frozen=True)
class PairsDrawing:
    """The chart of months at one width, ready for its template."""

    id: str
    width: int
    height: int
    plot_left: int
    zero: str
    grid: tuple[GridLine, ...]
    incomes: tuple[Rect, ...]
    expenses: tuple[Rect, ...]
    labels: tuple[Label, ...]
    notes: tuple[Label, ...]
    chart: MonthPairs


@dataclass(frozen=True)
class _Frame:
    """Where things lie at one width, in px."""

    width: int
    left: int  # of the plot; what is left of it belongs to the amounts
    top: int
    plot: int
    bar: float
    gap: float
    words: bool  # 11月 and notes, or 11 only


_WIDE = _Frame(width=880, left=48, top=22, plot=198, bar=22, gap=1.5, words=True)
_NARROW = _Frame(width=358, left=42, top=10, plot=170, bar=8.5, gap=1.5, words=False)


@dataclass(frozen=True)
class MonthPairs:
    """Income and expense of up to twelve months, oldest first; ``name`` keeps ids apart where a page has two."""

    months: tuple[Month, ...]
    name: str = "months"

    @cached_property
    def wide(self) -> PairsDrawing:
        """The drawing for a column of 880 px and for paper."""
        return self._drawn(_WIDE)

    @cached_property
    def narrow(self) -> PairsDrawing:
        """The drawing for a phone, 358 px."""
        return self._drawn(_NARROW)

    @property
    def last(self) -> Month | None:
        """The newest month."""
        return self.months[-1] if self.months else None

    @property
    def most_income(self) -> Month | None:
        """The month of the largest income, for those who hear the chart."""
        return max(self.months, key=lambda m: m.income, default=None)

    @property
    def most_expense(self) -> Month | None:
        """The month of the largest expense."""
        return max(self.months, key=lambda m: m.expense, default=None)

    @property
    def with_notes(self) -> tuple[Month, ...]:
        """The months that have something to explain."""
        return tuple(m for m in self.months if m.note)

    def _drawn(self, frame: _Frame) -> PairsDrawing:
        amounts = [amount for m in self.months for amount in (m.income, m.expense)]
        top, bottom = max([*amounts, ZERO]), min([*amounts, ZERO])
        scale = frame.plot / float(top - bottom) if top > bottom else 0.0
        zero = frame.top + float(top) * scale if scale else float(frame.top + frame.plot)
        lines = [(axis_label(amount, step), zero - float(amount) * scale) for amount, step in grid_amounts(top, bottom)]
        left = max([frame.left, *(math.ceil(length_of(text)) + 10 for text, _ in lines)])
        # Room for a year, for what may still come; half a year takes the whole width.
        slot = (frame.width - left) / (6 if len(self.months) == 6 else max(12, len(self.months)))
        pair = 2 * frame.bar + frame.gap
        lefts = [left + slot * i + (slot - pair) / 2 for i in range(len(self.months))]
        return PairsDrawing(
            id=f"{self.name}-{frame.width}",
            width=frame.width,
            height=frame.top + frame.plot + 34,
            plot_left=left,
            zero=px(zero),
            grid=tuple(GridLine(px(y), Label(px(left - 8), px(y + 6), text, "end")) for text, y in lines),
            incomes=_bars(zip(lefts, (m.income for m in self.months), strict=True), frame.bar, zero, scale),
            # The outline is drawn inside the bar's place.
            expenses=_bars(
                ((x + frame.bar + frame.gap + 0.5, m.expense) for x, m in zip(lefts, self.months, strict=True)),
                frame.bar - 1,
                zero,
                scale,
            ),
            labels=tuple(
                Label(
                    px(x + pair / 2),
                    px(frame.top + frame.plot + 25),
                    f"{m.month}月" if frame.words else str(m.month),
                    strong=m is self.last,
                )
                for x, m in zip(lefts, self.months, strict=True)
            ),
            notes=self._notes(lefts, pair, zero, scale, frame) if frame.words and scale else (),
            chart=self,
        )

    def _notes(self, lefts: list[float], pair: float, zero: float, scale: float, frame: _Frame) -> tuple[Label, ...]:
        """Place a word beside each peak where nothing is in its way: right of the bar, else left, else nowhere."""
        heights = [max(m.income, m.expense, ZERO) for m in self.months]
        middle = median(heights)
        taken: list[tuple[float, float]] = []
        notes: list[Label] = []
        for x, m, height in zip(lefts, self.months, heights, strict=True):
            if not m.note or height <= PEAK * middle:
                continue
            y = zero - float(height) * scale + 2
            length = length_of(m.note)
            for start, end, anchor in (
                (x + pair + 10, x + pair + 10 + length, "start"),
                (x - 8 - length, x - 8, "end"),
            ):
                free = frame.left <= start and end <= frame.width
                free = free and all(end < a or start > b for a, b in taken)
                free = free and all(
                    zero - float(other) * scale > y + 6
                    for left, other in zip(lefts, heights, strict=True)
                    if left < end and left + pair > start
                )
                if free:
                    taken.append((start, end))
                    notes.append(Label(px(start if anchor == "start" else end), px(y), m.note, anchor))
                    break
        return tuple(notes)


def _bars(places: Iterable[tuple[float, Decimal]], width: float, zero: float, scale: float) -> tuple[Rect, ...]:
    """Stand (or hang) a bar at each place; an amount of nothing has none."""
    drawn = []
    for x, amount in places:
        height = abs(float(amount)) * scale
        if height:
            drawn.append(Rect(px(x), px(zero - height if amount > 0 else zero), px(width), px(height)))
    return tuple(drawn)


def grid_amounts(top: Decimal, bottom: Decimal) -> list[tuple[Decimal, Decimal]]:
    """Return the amounts of the grid's lines and their step: three upwards at a round step, and what lies below zero."""
    reach = max(top, -bottom)
    if reach <= 0:
        return []
    third = reach / 3
    power = Decimal(10) ** third.adjusted()
    step = max(s * power for s in STEPS if s * power <= third)
    lines = [step * n for n in (1, 2, 3) if step * n <= top]
    return [(amount, step) for amount in [*lines, *(-step * n for n in (1, 2, 3) if step * n <= -bottom)]]


def axis_label(amount: Decimal, step: Decimal) -> str:
    """Show an amount of the axis as one says it: 1.5万, 5千, −3百, 150元 (百 only where all lines are whole ones)."""
    size = abs(amount)
    units = (*UNITS, (Decimal(100), "百")) if step % 100 == 0 else UNITS
    least, unit = next(((least, unit) for least, unit in units if size >= least), (Decimal(1), "元"))
    return (MINUS if amount < 0 else "") + plain_decimal(size / least) + unit
