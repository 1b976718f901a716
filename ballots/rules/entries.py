"""Entering papers: what the keys mean, what an entry says, when two entries say the same, where a sheet stands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ballots.rules.counting import ABSTAIN, AGAINST, APPROVE, CHOOSE_UP_TO, FOR, INVALID, Asked, Mark, judge_marks
from core.hashing import canonical_json

# What a form, a key or a cell of the workbook says where no option is meant.
BLANK_WORD = "未填"
OVERVOTE = "overvote"
# Keys of an answer (domain.md, Papers); options beyond the eighth have letters, for 9 is taken.
BLANK_KEY, INVALID_KEY, ABSTAIN_KEY = "0", "9", "-"
_OPTION_KEYS = "12345678abcdefghijklmnopqrstuvwxyz"

# Where a sheet stands in one counting.
NOTHING, ONE, AGREED, DIFFERS, DOUBTFUL, SETTLED = "nothing", "one", "agreed", "differs", "doubtful", "settled"
# What a third person looks at.
OPEN_TO_SETTLE = (DIFFERS, DOUBTFUL)


class NotAnAnswer(Exception):
    """What was typed for a question is no answer to it; ``question`` is its number, ``typed`` what was typed."""

    def __init__(self, question: int, typed: str) -> None:
        super().__init__(question, typed)
        self.question, self.typed = question, typed


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may be chosen: its key, what the form sends for it."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Said:
    """What one person read from a sheet: marks by question, why some are invalid, whether all is void or in doubt.

    A void sheet has no marks. ``reasons``: a code for each question held for invalid. Of a question with seats marks
    are whom the sheet approves, ``opposed`` whom it opposes, ``written`` the names of others, which count as marks.
    """

    marks: Mapping[int, tuple[Mark, ...]] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)
    void: str = ""
    doubtful: bool = False
    opposed: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    written: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def marks_text(self) -> str:
        """Return the marks in their one exact form, with what an election says beside them."""
        beside = {key: _by_text(found) for key, found in (("opposed", self.opposed), ("write_ins", self.written))}
        return canonical_json(_by_text(self.marks) | {key: found for key, found in beside.items() if found})

    @property
    def reasons_text(self) -> str:
        """Return the reasons in their one exact form."""
        return canonical_json({str(number): reason for number, reason in self.reasons.items()})


def _by_text(found: Mapping[int, Sequence[Mark]]) -> dict[str, object]:
    return {str(number): list(each) for number, each in found.items()}


def _by_number(found: Mapping[str, list[Any]]) -> dict[int, tuple[Any, ...]]:
    return {int(number): tuple(each) for number, each in found.items()}


@lru_cache(maxsize=4096)
def said_of(marks: str, reasons: str, void: str = "", doubtful: bool = False) -> Said:
    """Return what stored texts say."""
    read = json.loads(marks)
    opposed, written = _by_number(read.pop("opposed", {})), _by_number(read.pop("write_ins", {}))
    given = {int(number): reason for number, reason in json.loads(reasons).items()}
    return Said(_by_number(read), given, void, doubtful, opposed, written)


def choices_of(asked: Asked) -> list[Choice]:
    """Return what may be chosen in a question, in the order of the paper, then 弃权, 未填 and 本题无效 with their keys."""
    if asked.kind == APPROVE:
        found = [Choice("1", FOR), Choice("2", AGAINST), Choice("3", ABSTAIN)]
    else:
        found = [
            Choice(_OPTION_KEYS[n - 1] if n <= len(_OPTION_KEYS) else "", str(n)) for n in range(1, asked.options + 1)
        ]
        found.append(Choice(ABSTAIN_KEY, ABSTAIN))
    return [*found, Choice(BLANK_KEY, BLANK_WORD), Choice(INVALID_KEY, INVALID)]


def read_answer(asked: Asked, typed: Sequence[str]) -> tuple[Mark, ...]:
    """Return the marks that values of a form or parts of a cell mean; 未填 alone is blank.

    :raises NotAnAnswer: for nothing at all, an option that the question has not, a mark twice, 未填 or 无效 beside another.
    """
    if not typed:
        raise NotAnAnswer(asked.number, "")
    found: list[Mark] = []
    for value in typed:
        if value in (BLANK_WORD, INVALID) and len(typed) > 1:
            raise NotAnAnswer(asked.number, value)
        if value == BLANK_WORD:
            return ()
        mark = _mark(asked, value)
        if mark is None or mark in found:
            raise NotAnAnswer(asked.number, value)
        found.append(mark)
    return tuple(sorted(found, key=lambda mark: (isinstance(mark, str), str(mark).zfill(4))))


def _mark(asked: Asked, value: str) -> Mark | None:
    if value in (ABSTAIN, INVALID):
        return value
    if asked.kind == APPROVE:
        return value if value in (FOR, AGAINST) else None
    if value.isascii() and value.isdecimal() and len(value) < 4 and 1 <= int(value) <= asked.options:
        return int(value)
    return None


def is_overvote(asked: Asked, marks: Sequence[Mark], written: Sequence[str] = ()) -> bool:
    """Return whether more is marked than the question allows (选多了), 弃权 beside another mark included.

    A name written in is a mark (VIL 28).
    """
    return (
        len(marks) + len(written) > max(asked.most, 1)
        if written
        else (len(marks) > 1 and judge_marks(asked, marks) == "invalid")
    )


def say(
    questions: Sequence[Asked],
    answers: Mapping[int, Sequence[str]],
    reasons: Mapping[int, str],
    *,
    void: str = "",
    doubtful: bool = False,
    opposed: Mapping[int, tuple[int, ...]] | None = None,
    written: Mapping[int, tuple[str, ...]] | None = None,
) -> Said:
    """Return what a filled form or a row says; a void sheet says nothing else.

    More marks than allowed stay as they are and make the question invalid: 选多了. A reason stands only where the
    question is invalid. A doubtful sheet may have questions without an answer, which are then blank. ``opposed`` and
    ``written``: beside the answers of questions with seats; those that are empty are left out.

    :raises NotAnAnswer: for the first question whose answer is none.
    """
    if void:
        return Said(void=void, doubtful=doubtful)
    marks, kept = {}, {}
    against = {number: found for number, found in (opposed or {}).items() if found}
    others = {number: found for number, found in (written or {}).items() if found}
    for asked in questions:
        typed = list(answers.get(asked.number, ()))
        if not typed and doubtful:
            typed = [BLANK_WORD]
        marks[asked.number] = read_answer(asked, typed)
        if is_overvote(asked, marks[asked.number], others.get(asked.number, ())):
            kept[asked.number] = OVERVOTE
        elif marks[asked.number] == (INVALID,):
            kept[asked.number] = reasons.get(asked.number) or OVERVOTE
    return Said(marks, kept, "", doubtful, against, others)


def overvotes(questions: Sequence[Asked], said: Said) -> list[tuple[int, int, int]]:
    """Return question, marks and how many are allowed, where more were marked: what the clerk is told."""
    pairs = [(asked, said.marks.get(asked.number, ()), said.written.get(asked.number, ())) for asked in questions]
    return [
        (asked.number, len(marks) + len(written), asked.most if asked.kind == CHOOSE_UP_TO else 1)
        for asked, marks, written in pairs
        if is_overvote(asked, marks, written)
    ]


def same(one: Said, other: Said) -> bool:
    """Return whether two entries say the same: marks, which questions are invalid, whether and why all is void."""
    return (
        dict(one.marks) == dict(other.marks)
        and dict(one.opposed) == dict(other.opposed)
        and dict(one.written) == dict(other.written)
        and set(one.reasons) == set(other.reasons)
        and one.void == other.void
        and one.doubtful == other.doubtful
    )


def sheet_state(entries: Sequence[Said], *, settled: bool, single: bool = False) -> str:
    """Return where a sheet stands by its entries in one counting; ``single``: the ballot is entered once only."""
    if settled:
        return SETTLED
    if not entries:
        return NOTHING
    if not single and len(entries) < 2:
        return ONE
    if any(said.doubtful for said in entries):
        return DOUBTFUL
    return AGREED if all(same(entries[0], said) for said in entries[1:]) else DIFFERS
