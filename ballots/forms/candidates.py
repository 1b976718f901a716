"""The part of a sheet's form that is an election: a line per candidate, and names of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import QueryDict

from ballots.documents.entering import Printed
from ballots.rules.counting import ABSTAIN, AGAINST, FOR, INVALID
from ballots.rules.elections import Elected, read_candidates, typed_of
from ballots.rules.entries import BLANK_KEY, BLANK_WORD, NotAnAnswer
from core.forms import CleanCharField

LONGEST_NAME = 20
KEYS = (("1", FOR), ("2", AGAINST), ("3", ABSTAIN), (BLANK_KEY, BLANK_WORD))
_NAME = CleanCharField(max_length=LONGEST_NAME, required=False)


@dataclass(frozen=True)
class KeyedChoice:
    """A choice on the screen: its key, what it sends, its words, whether it is chosen."""

    key: str
    value: str
    text: str
    chosen: bool


@dataclass(frozen=True)
class CandidateRow:
    """A candidate on the screen with what is chosen of them."""

    name: str
    text: str
    choices: tuple[KeyedChoice, ...]


@dataclass(frozen=True)
class Seats:
    """What stands on the screen of a question with seats: what was typed, as it was typed."""

    typed: Mapping[int, str]
    written: Sequence[str]
    invalid: bool = False

    def rows(self, printed: Printed) -> tuple[CandidateRow, ...]:
        """Return a line per candidate, in the order of the paper."""
        return tuple(
            CandidateRow(
                f"q{printed.number}-{n}",
                text,
                tuple(KeyedChoice(key, word, word, self.typed.get(n) == word) for key, word in KEYS),
            )
            for n, text in enumerate(printed.options, 1)
        )

    def lines(self, printed: Printed) -> list[str]:
        """Return as many lines for others as there are seats, filled as typed; none where nobody may be written in."""
        if not printed.write_in:
            return []
        return [*self.written, *[""] * ((printed.asked.seats or 0) - len(self.written))]

    def read(self, printed: Printed, *, doubtful: bool) -> Elected:
        """Return the answer; on a doubtful sheet candidates of whom nothing was typed are blank.

        :raises NotAnAnswer: as ``read_candidates``; for a name too long, with it.
        """
        every = range(1, printed.asked.options + 1)
        typed = {n: self.typed.get(n, "") or (BLANK_WORD if doubtful else "") for n in every}
        try:
            names = [_NAME.clean(name) for name in self.written] if printed.write_in else []
        except ValidationError:
            raise NotAnAnswer(printed.number, "太长") from None
        return read_candidates(printed.asked, printed.options, typed, names, invalid=self.invalid)


def seats_sent(printed: Printed, sent: QueryDict) -> Seats:
    """Return what was sent of a question with seats."""
    number = printed.number
    typed = {n: sent.get(f"q{number}-{n}", "")[:10] for n in range(1, printed.asked.options + 1)}
    written = [name for name in sent.getlist(f"w{number}")[: (printed.asked.seats or 0) + 1] if name.strip()]
    return Seats(typed, written, sent.get(f"q{number}") == INVALID)


def seats_before(printed: Printed, answer: Elected) -> Seats:
    """Return what a person entered before, to be corrected."""
    return Seats(typed_of(printed.asked, answer), answer.written, answer.marks == (INVALID,))


def fault_words(problem: NotAnAnswer) -> str:
    """Say what is wrong with the answer to a question with seats."""
    if not problem.typed:
        return f"第{problem.question}题还有候选人没有录。"
    if problem.typed == "太长":
        return f"第{problem.question}题另选的名字太长，最多{LONGEST_NAME}个字。"
    return f"第{problem.question}题：{problem.typed}是候选人，请在候选人那一行录，不写在另选里。"
