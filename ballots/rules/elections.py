"""Elections: what a sheet says of candidates, and how names that voters wrote in become options of the count."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ballots.rules.counting import ABSTAIN, AGAINST, FOR, INVALID, Asked, Mark
from ballots.rules.entries import BLANK_WORD, OVERVOTE, NotAnAnswer, Said, is_overvote

_DOTS = re.compile("[•・‧∙⋅.．]")
_BESIDE = re.compile("[（(].*", re.DOTALL)


def written_name(text: str) -> str:
    """Return a name as all its spellings are added up: full-width as half-width, no blanks, one dot within."""
    return _DOTS.sub("·", "".join(unicodedata.normalize("NFKC", text).split()))


@dataclass(frozen=True, slots=True)
class Elected:
    """What a sheet says to a question with seats: approved options, opposed ones, names written in.

    ``marks`` is (弃权,) where every candidate is abstained from, and (无效,) where the whole question is.
    """

    marks: tuple[Mark, ...] = ()
    opposed: tuple[int, ...] = ()
    written: tuple[str, ...] = ()


def read_candidates(
    asked: Asked, names: Sequence[str], typed: Mapping[int, str], written: Iterable[str], *, invalid: bool = False
) -> Elected:
    """Return what was typed of each candidate and of the names written in.

    :raises NotAnAnswer: for a candidate of whom nothing was typed, with the number; for a candidate's name written in.
    """
    if invalid:
        return Elected((INVALID,))
    for number in range(1, asked.options + 1):
        if typed.get(number, "") not in (FOR, AGAINST, ABSTAIN, BLANK_WORD):
            raise NotAnAnswer(asked.number, "")
    known = {written_name(_BESIDE.sub("", name)) for name in names}
    others = sorted({name for text in written if (name := written_name(text))})
    for name in others:
        if name in known:
            raise NotAnAnswer(asked.number, name)
    said = {word: tuple(n for n, each in sorted(typed.items()) if each == word) for word in (FOR, AGAINST, ABSTAIN)}
    if len(said[ABSTAIN]) == asked.options and not others:
        return Elected((ABSTAIN,))
    return Elected(said[FOR], said[AGAINST], tuple(others))


def elected_in(said: Said, number: int) -> Elected:
    """Return what an entry says to a question with seats."""
    return Elected(tuple(said.marks.get(number, ())), said.opposed.get(number, ()), said.written.get(number, ()))


def answer_typed(answer: Elected) -> list[str]:
    """Return the marks of an answer as ``say`` takes them."""
    return [str(mark) for mark in answer.marks] or [BLANK_WORD]


def typed_of(asked: Asked, answer: Elected) -> dict[int, str]:
    """Return of each candidate the word that stands for it, as the form shows it again."""
    if answer.marks == (INVALID,):
        return {}
    rest = ABSTAIN if answer.marks == (ABSTAIN,) else BLANK_WORD
    every = dict.fromkeys(range(1, asked.options + 1), rest)
    return (
        every | dict.fromkeys(answer.opposed, AGAINST) | {mark: FOR for mark in answer.marks if isinstance(mark, int)}
    )


# --- The count ----------------------------------------------------------------------------------------------------


def names_written(asked: Asked, sheets: Iterable[Said]) -> list[str]:
    """Return the names that voters wrote in on sheets that count for this question, the most frequent first."""
    votes: Counter[str] = Counter()
    for said in sheets:
        if not said.void and not is_overvote(
            asked, said.marks.get(asked.number, ()), said.written.get(asked.number, ())
        ):
            votes.update(said.written.get(asked.number, ()))
    return sorted(votes, key=lambda name: (-votes[name], name))


def with_written(asked: Asked, names: Sequence[str]) -> Asked:
    """Return a question with the names written in as options behind the candidates."""
    return replace(asked, options=asked.options + len(names))


def counted_marks(asked: Asked, said: Said, names: Sequence[str]) -> tuple[Mark, ...]:
    """Return the marks of a sheet with its written names as numbers of options; more than there are seats is 无效."""
    marks, written = tuple(said.marks.get(asked.number, ())), said.written.get(asked.number, ())
    if written and is_overvote(asked, marks, written):
        return (*marks, INVALID)
    return (*marks, *sorted(asked.options + 1 + names.index(name) for name in written))


def why_overvoted(asked: Asked, said: Said) -> str:
    """Return 选多了 where approvals and written names together are more than there are seats."""
    found = is_overvote(asked, said.marks.get(asked.number, ()), said.written.get(asked.number, ()))
    return OVERVOTE if found else ""


def opposition(asked: Asked, valid: Iterable[Said]) -> list[dict[str, int]]:
    """Return of each candidate how many sheets oppose, and how many abstain or say nothing; ``valid`` sheets only."""
    approved: Counter[Mark] = Counter()
    opposed: Counter[Mark] = Counter()
    sheets = 0
    for said in valid:
        sheets += 1
        approved.update(said.marks.get(asked.number, ()))
        opposed.update(said.opposed.get(asked.number, ()))
    return [
        {"option": n, "against": opposed[n], "abstain": sheets - approved[n] - opposed[n]}
        for n in range(1, asked.options + 1)
    ]
