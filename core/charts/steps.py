"""A way of several steps: what is done, where one stands, what lies ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

DONE, PRESENT, AHEAD = "done", "present", "ahead"


@dataclass(frozen=True)
class Step:
    """One step; ``word`` and ``tone`` ("", ready, late) are said of the present one only: 还差2项, 可确认, 超期7天."""

    name: str
    short: str  # two characters, for phones
    done_on: date | None = None
    word: str = ""
    tone: str = ""


@dataclass(frozen=True)
class StepCell:
    """A step as it is shown: its state, and the month or word beneath."""

    number: int
    step: Step
    state: str
    label: str  # 2024年9月, then 10月; the year where it changes
    month: str  # 24.09, for the board

    @property
    def tone(self) -> str:
        """Return how the present cell is tinted; the others are not."""
        return self.step.tone if self.state == PRESENT else ""


@dataclass(frozen=True)
class StepLine:
    """The steps in their order; the first that is not done is the present one."""

    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        """Return how many are done, from the first without a gap."""
        return next((i for i, step in enumerate(self.steps) if step.done_on is None), len(self.steps))

    @property
    def present(self) -> Step | None:
        """Return the step one stands at; none when all are done."""
        return self.steps[self.done] if self.done < len(self.steps) else None

    @property
    def cells(self) -> tuple[StepCell, ...]:
        """Return the steps as they are shown."""
        shown, year = [], 0
        for number, step in enumerate(self.steps, start=1):
            state = DONE if number <= self.done else PRESENT if number == self.done + 1 else AHEAD
            label, month = (step.word if state == PRESENT else ""), ""
            if state == DONE and step.done_on is not None:
                label = (
                    f"{step.done_on.month}月"
                    if step.done_on.year == year
                    else f"{step.done_on:%Y}年{step.done_on.month}月"
                )
                month, year = f"{step.done_on:%y.%m}", step.done_on.year
            shown.append(StepCell(number, step, state, label, month))
        return tuple(shown)
