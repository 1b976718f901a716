"""Entering papers 录票: one paper's head and its questions, each answered by one key."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """What a key answers."""

    key: str
    text: str


@dataclass(frozen=True)
class Question:
    """One question of a paper; ``chosen`` is the key that was pressed, "" where none was yet."""

    text: str
    choices: tuple[Choice, ...]
    chosen: str = ""


@dataclass(frozen=True)
class PaperEntry:
    """A paper on the desk: who it is from, its questions, and how far the pile is."""

    serial: str
    dwelling: str
    voter: str  # masked: 张*
    state: str
    questions: tuple[Question, ...]
    number: int
    total: int
    minutes: int = 0  # that the rest takes at the present speed

    @property
    def done(self) -> int:
        """Return how many papers are entered."""
        return self.number - 1

    @property
    def left(self) -> int:
        """Return how many papers are still to enter, this one among them."""
        return self.total - self.done

    @property
    def present(self) -> Question | None:
        """Return the question that waits for a key: the first without an answer."""
        return next((question for question in self.questions if not question.chosen), None)
