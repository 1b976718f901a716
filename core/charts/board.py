"""The programme board: many compounds' steps beneath one another, so that progress reads as a length."""

from __future__ import annotations

from dataclasses import dataclass

from core.charts.steps import StepLine


@dataclass(frozen=True)
class BoardRow:
    """One compound: where it lies, how large it is, how far it is; ``after`` is what follows the last step (运行)."""

    place: str
    name: str
    households: int
    line: StepLine
    after: str = ""
    href: str = ""


@dataclass(frozen=True)
class Board:
    """The rows in their order, those of one place together."""

    rows: tuple[BoardRow, ...]
    after_head: str = "长效"

    @property
    def heads(self) -> tuple[str, ...]:
        """Return the steps' names."""
        return tuple(step.name for step in self.rows[0].line.steps) if self.rows else ()

    @property
    def placed(self) -> tuple[tuple[str, bool, BoardRow], ...]:
        """Return each row with its place's name on the first of a place, and whether it is that place's last."""
        shown = []
        for i, row in enumerate(self.rows):
            first = i == 0 or self.rows[i - 1].place != row.place
            last = i + 1 == len(self.rows) or self.rows[i + 1].place != row.place
            shown.append((row.place if first else "", last, row))
        return tuple(shown)

    @property
    def households(self) -> int:
        """Return all rows' households together."""
        return sum(row.households for row in self.rows)

    @property
    def passed(self) -> tuple[int, ...]:
        """Return how many rows have passed each step."""
        return tuple(sum(row.line.done > i for row in self.rows) for i in range(len(self.heads)))

    @property
    def after(self) -> int:
        """Return how many rows are beyond the last step."""
        return sum(1 for row in self.rows if row.after)
