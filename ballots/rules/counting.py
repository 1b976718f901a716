"""Counting: from papers and the roll to the result, to the last digit (contracts.md, JSON of a ballot)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ballots.rules.fractions import Threshold
from ballots.rules.weights import area_text

APPROVE, CHOOSE_ONE, CHOOSE_UP_TO = "approve", "choose_one", "choose_up_to"
KINDS = (APPROVE, CHOOSE_ONE, CHOOSE_UP_TO)
FOR, AGAINST, ABSTAIN, INVALID = "赞成", "反对", "弃权", "无效"
NONE_OF_THESE = "以上均不同意"

# Whatever a rule of one's own says, the one chosen of several has more than half (contracts.md).
MORE_THAN_HALF = Threshold(1, 2, inclusive=False)

Mark = int | str


@dataclass(frozen=True, slots=True)
class Rule:
    """How a ballot is counted. ``by_area``: area decides beside heads; ``void_counts``: void sheets took part."""

    participation: Threshold
    approval: Threshold
    by_area: bool = False
    void_counts: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; ``options`` how many there are (the last of choose_one is 以上均不同意), ``most`` how many may be marked."""

    number: int
    kind: str
    options: int = 0
    most: int = 1
    seats: int | None = None


@dataclass(frozen=True, slots=True)
class Cast:
    """A paper as agreed or settled: its weight in ten-thousandths of a m² (0 in a secret ballot), and its marks.

    ``marks``: by question; options by number, or 赞成, 反对, 弃权, 无效; empty or absent is blank. ``reasons``: why the
    counters hold an answer for invalid, a code by question.
    """

    area: int
    marks: Mapping[int, Sequence[Mark]]
    void: bool = False
    reasons: Mapping[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """Heads and area that went to one thing."""

    heads: int = 0
    area: int = 0


@dataclass(slots=True)
class Answers:
    """What was said to one question."""

    options: dict[Mark, Tally]
    abstain: Tally = field(default_factory=Tally)
    blank: Tally = field(default_factory=Tally)
    invalid: Tally = field(default_factory=Tally)
    reasons: dict[str, int] = field(default_factory=dict)


def judge_marks(asked: Asked, marks: Sequence[Mark]) -> str | None:
    """Return what marks come to beside plain options: ``blank``, ``abstain``, ``invalid``, or None where options count.

    More marks than allowed, a number that is no option, a mark twice, 弃权 beside another, or 无效: invalid for this
    question only. Source: domain.md, Questions; VIL 28.
    """
    if not marks:
        return "blank"
    if len(marks) == 1:
        mark = marks[0]
        if mark == ABSTAIN:
            return "abstain"
        if asked.kind == APPROVE:
            return None if mark in (FOR, AGAINST) else "invalid"
        return None if type(mark) is int and 1 <= mark <= asked.options else "invalid"
    if asked.kind != CHOOSE_UP_TO or len(marks) > asked.most or len(set(marks)) != len(marks):
        return "invalid"
    return None if all(type(mark) is int and 1 <= mark <= asked.options for mark in marks) else "invalid"


def why_invalid(asked: Asked, marks: Sequence[Mark], given: str = "") -> str | None:
    """Return the code why an answer is invalid, or None where it is not: what the counters said, else what is seen."""
    if judge_marks(asked, marks) != "invalid":
        return None
    return given or ("overvote" if len(marks) > 1 else "other")


def tally(
    rule: Rule, roll: tuple[int, int], questions: Sequence[Asked], papers: Iterable[Cast], *, secret: bool = False
) -> dict[str, Any]:
    """Return the result of a ballot as its JSON says it. ``roll``: heads, and area in ten-thousandths of a m².

    Approvals are compared with all that took part, blank, abstaining and invalid answers included. Where participation
    is not met nothing passes and nobody is seated. ``chosen`` is the option that reaches the threshold of approval;
    options of a question with seats that reach it are seated in order of votes, and a tie at the last seat seats
    neither (they are ``tied``).
    """
    answers = [Answers({mark: Tally() for mark in _marks_of(asked)}) for asked in questions]
    seen: list[dict[tuple[Mark, ...], Sequence[Tally]]] = [{} for _ in questions]  # what marks come to, judged once
    plan = [(asked.number, asked, answer, known) for asked, answer, known in zip(questions, answers, seen, strict=True)]
    cast = Tally()
    for paper in papers:
        if paper.void and not rule.void_counts:
            continue
        area = paper.area
        cast.heads += 1
        cast.area += area
        if paper.void:
            continue
        marked, reasons = paper.marks, paper.reasons
        for number, asked, answer, known in plan:
            marks = tuple(marked.get(number, ()))
            goes = known.get(marks)
            if goes is None:
                goes = known[marks] = _goes_to(asked, answer, marks)
            for found in goes:
                found.heads += 1
                found.area += area
            if number in reasons and goes[0] is answer.invalid:
                answer.reasons[reasons[number]] = answer.reasons.get(reasons[number], 0) + 1
    met = _enough(rule, rule.participation, cast, Tally(*roll))
    return {
        "roll": _shown(Tally(*roll), secret),
        "cast": _shown(cast, secret),
        "participation_met": met,
        "questions": [_question(rule, asked, answer, cast, met, secret) for _, asked, answer, _ in plan],
    }


def _goes_to(asked: Asked, answer: Answers, marks: Sequence[Mark]) -> Sequence[Tally]:
    """Return to what these marks of a question are added."""
    judged = judge_marks(asked, marks)
    return [answer.options[mark] for mark in marks] if judged is None else (getattr(answer, judged),)


def _marks_of(asked: Asked) -> Sequence[Mark]:
    return (FOR, AGAINST) if asked.kind == APPROVE else range(1, asked.options + 1)


def _enough(rule: Rule, threshold: Threshold, part: Tally, whole: Tally) -> bool:
    return threshold.met(part.heads, whole.heads) and (not rule.by_area or threshold.met(part.area, whole.area))


def _shown(found: Tally, secret: bool) -> dict[str, Any]:
    return {"heads": found.heads, "area": None if secret else area_text(found.area)}


def _question(rule: Rule, asked: Asked, answer: Answers, cast: Tally, met: bool, secret: bool) -> dict[str, Any]:
    reached = [mark for mark, votes in answer.options.items() if met and _enough(rule, rule.approval, votes, cast)]
    passed: bool | None = None
    chosen: Mark | None = None
    if asked.kind == APPROVE:
        passed = FOR in reached
    elif asked.kind == CHOOSE_ONE:  # two never have more than half
        chosen = next((mark for mark in reached if _enough(rule, MORE_THAN_HALF, answer.options[mark], cast)), None)
        passed = chosen is not None and chosen != asked.options
    seated, alternates, tied = (
        seat(asked.seats, {m: answer.options[m].heads for m in reached}) if asked.seats else ([], [], [])
    )
    return {
        "number": asked.number,
        "options": [{"option": mark, **_shown(votes, secret)} for mark, votes in answer.options.items()],
        "abstain": _shown(answer.abstain, secret),
        "blank": _shown(answer.blank, secret),
        "invalid": _shown(answer.invalid, secret),
        "passed": passed,
        "chosen": chosen,
        "seated": seated,
        "alternates": alternates,
        "tied": tied,
        **({"reasons": dict(sorted(answer.reasons.items()))} if answer.reasons else {}),
    }


def seat(seats: int, votes: Mapping[Mark, int]) -> tuple[list[Mark], list[Mark], list[Mark]]:
    """Return who is seated, who stands by in order of votes, and who is tied at the last seat.

    ``votes`` are of those who reached the threshold. Equal votes across the border of seats seat none of the equals:
    they vote again among themselves. Source: domain.md, Committees; VIL 29.
    """
    order = sorted(votes, key=lambda mark: -votes[mark])
    if len(order) <= seats:
        return order, [], []
    border = votes[order[seats - 1]]
    if votes[order[seats]] != border:
        return order[:seats], order[seats:], []
    above = [mark for mark in order if votes[mark] > border]
    return above, [mark for mark in order if votes[mark] < border], [mark for mark in order if votes[mark] == border]
