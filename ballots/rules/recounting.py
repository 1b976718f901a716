"""Counting a ballot's exported file again, from nothing but the file (contracts.md, JSON of a ballot)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ballots.rules.counting import INVALID, KINDS, Asked, Cast, Mark, Rule, tally
from ballots.rules.fractions import NoThreshold, read_threshold
from ballots.rules.weights import NoArea, area_units


class Unreadable(ValueError):
    """The file is no export of a ballot with roll and papers; the argument says what is wrong."""


def read_rule(said: Mapping[str, Any]) -> Rule:
    """Return how a ballot is counted, from the rule of its file.

    :raises Unreadable: for a threshold that is none.
    """
    try:
        participation, approval = read_threshold(said["participation"]), read_threshold(said["approval"])
    except NoThreshold as problem:
        raise Unreadable(f"规则写法不对：{problem}") from None
    return Rule(participation, approval, "area" in said["by"], said.get("void_counts") is True)


def read_question(said: Mapping[str, Any]) -> Asked:
    """Return a question of a ballot's file; ``most`` may be missing, then the seats are the most marks, else any number.

    :raises Unreadable:
    """
    if said["kind"] not in KINDS:
        raise Unreadable(f"没有这种题：{said['kind']}")
    options, seats = len(said["options"]), said.get("seats")
    return Asked(said["number"], said["kind"], options, said.get("most") or seats or options, seats)


def recount(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result that follows from a ballot's file with ``roll`` and ``papers``.

    :raises Unreadable: where something is missing or of the wrong form, a paper's entry is not on the roll, or two
        papers have one entry.
    """
    try:
        secret = data["secret"]
        areas = {row["entry"]: 0 if secret else area_units(row["area"]) for row in data["roll"]}
        if len(areas) != len(data["roll"]):
            raise Unreadable("名册里同一个序号写了两次")
        questions = [read_question(question) for question in data["questions"]]
        used: set[Any] = set()
        papers = [_paper(paper, None if secret else areas, used) for paper in data["papers"]]
        return tally(read_rule(data["rule"]), (len(areas), sum(areas.values())), questions, papers, secret=secret)
    except Unreadable:
        raise
    except NoArea as problem:
        raise Unreadable(f"面积写法不对：{problem}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise Unreadable(f"缺少或写错了{problem}") from None


def _paper(said: Mapping[str, Any], areas: Mapping[Any, int] | None, used: set[Any]) -> Cast:
    area = 0
    if areas is not None:
        entry = said["entry"]
        if entry not in areas:
            raise Unreadable(f"票{said.get('serial')}的序号{entry}不在名册里")
        if entry in used:
            raise Unreadable(f"名册第{entry}号有两张票")
        used.add(entry)
        area = areas[entry]
    marks = {int(number): tuple(map(_mark, chosen)) for number, chosen in said["marks"].items()}
    reasons = {int(number): why for number, why in said.get("reasons", {}).items()}
    return Cast(area, marks, bool(said.get("void")), reasons)


def _mark(mark: Any) -> Mark:
    return mark if type(mark) in (int, str) else INVALID
