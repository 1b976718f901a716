"""A counting that is finished: rows in, the export's papers and the result out. Nothing of it before all is settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Sum

from ballots.documents.entering import SheetSaid, is_counted_out, sheets_said
from ballots.models import Ballot, Question
from ballots.rules import (
    APPROVE,
    CHOOSE_UP_TO,
    Asked,
    Cast,
    Mark,
    area_units,
    judge_marks,
    read_question,
    read_rule,
    tally,
    why_invalid,
)
from ballots.rules.elections import counted_marks, names_written, opposition, why_overvoted, with_written
from ballots.rules.entries import SETTLED, Said, is_overvote


class NotCountedOut(Exception):
    """Sheets are not entered, or differ and are not settled: nobody sees what was voted."""


@dataclass(frozen=True)
class Counted:
    """What a counting comes to. ``papers``: as the export says them; ``void``: why sheets are void, with how many.

    ``questions``: those of an election with the names that voters wrote in as options behind the ``candidates``;
    ``opposition``: by question with seats, who was opposed and abstained from.
    """

    result: dict[str, Any]
    papers: list[dict[str, Any]]
    void: dict[str, int]
    settled: int
    questions: list[dict[str, Any]]
    opposition: dict[str, list[dict[str, int]]]


def rule_of(ballot: Ballot) -> dict[str, Any]:
    """Return the ballot's rule as its JSON says it."""
    rule = ballot.rule
    return {
        "key": rule.key,
        "name": rule.name,
        "voter": rule.voter,
        "by": ["heads", "area"] if rule.by_area and not ballot.secret else ["heads"],
        "participation": rule.participation,
        "approval": rule.approval,
        "void_counts": rule.void_counts,
        "signed": rule.signed,
        "source": rule.source,
        "reason": ballot.rule_reason,
    }


def questions_of(ballot: Ballot) -> list[dict[str, Any]]:
    """Return the ballot's questions as its JSON says them; one query."""
    found: dict[int, dict[str, Any]] = {}
    rows = Question.objects.filter(ballot=ballot).order_by("number", "options__number")
    for number, kind, text, most, seats, option in rows.values_list(
        "number", "kind", "text", "most", "seats", "options__text"
    ):
        said = found.setdefault(number, {
            "number": number, "kind": kind, "text": text, "options": [], "seats": seats,
            **({"most": most} if kind == CHOOSE_UP_TO else {}),
        })  # fmt: skip
        if option is not None and kind != APPROVE:
            said["options"].append(option)
    return list(found.values())


def roll_of(ballot: Ballot) -> list[dict[str, Any]]:
    """Return the roll as the office's export says it."""
    rows = ballot.roll.order_by("number").values_list("number", "area")
    return [{"entry": number, "area": f"{area:.4f}"} for number, area in rows]


def count_out(
    ballot: Ballot, questions: Sequence[dict[str, Any]], *, count: int | None = None, sheets: Sequence[SheetSaid] = ()
) -> Counted:
    """Count a ballot out; ``sheets`` where they were read before. Five queries with those for the questions.

    :raises NotCountedOut: while any sheet is neither agreed nor settled.
    """
    read = list(sheets) or sheets_said(ballot, count)
    if not is_counted_out(read):
        raise NotCountedOut
    printed = [read_question(question) for question in questions]
    said = [sheet.counts or Said() for sheet in read]
    names = {asked.number: names_written(asked, said) for asked in printed if asked.seats}
    asked = [with_written(question, names.get(question.number, ())) for question in printed]
    casts, papers = [], []
    for sheet, each in zip(read, said, strict=True):
        marks = {question.number: counted_marks(question, each, names.get(question.number, ())) for question in printed}
        reasons = _reasons(printed, asked, each, marks)
        area = 0 if ballot.secret or sheet.area is None else area_units(sheet.area)
        casts.append(Cast(area, marks, bool(each.void), reasons))
        papers.append({
            "serial": None if ballot.secret else sheet.serial,
            "entry": None if ballot.secret else sheet.entry,
            "void": bool(each.void),
            "reason": each.void or None,
            "marks": {str(number): list(found) for number, found in marks.items()},
            **({"opposed": {str(n): list(found) for n, found in each.opposed.items()}} if each.opposed else {}),
            **({"reasons": {str(number): why for number, why in reasons.items()}} if reasons else {}),
        })  # fmt: skip
    whole = ballot.roll.aggregate(heads=Count("pk"), area=Sum("area"))
    roll = (whole["heads"], 0 if ballot.secret else area_units(whole["area"] or 0))
    return Counted(
        tally(read_rule(rule_of(ballot)), roll, asked, casts, secret=ballot.secret),
        papers,
        dict(sorted(Counter(each.void for each in said if each.void).items())),
        sum(1 for sheet in read if sheet.state == SETTLED),
        [_with_names(question, names.get(question["number"])) for question in questions],
        {str(question.number): _opposition(question, said) for question in printed if question.seats},
    )


def _reasons(
    printed: Sequence[Asked], asked: Sequence[Asked], said: Said, marks: Mapping[int, Sequence[Mark]]
) -> dict[int, str]:
    """Return why answers of a sheet are invalid, by question."""
    if said.void:
        return {}
    found = {
        question.number: why_invalid(
            question, marks[question.number], said.reasons.get(question.number, "") or why_overvoted(bare, said)
        )
        for bare, question in zip(printed, asked, strict=True)
    }
    return {number: why for number, why in found.items() if why}


def _with_names(question: dict[str, Any], names: Sequence[str] | None) -> dict[str, Any]:
    """Return a question as the result says it: names written in are options behind the candidates."""
    if names is None:
        return question
    return {**question, "options": [*question["options"], *names], "candidates": len(question["options"])}


def _opposition(asked: Asked, sheets: Sequence[Said]) -> list[dict[str, int]]:
    def valid(said: Said) -> bool:
        marks, written = said.marks.get(asked.number, ()), said.written.get(asked.number, ())
        return not (said.void or judge_marks(asked, marks) == "invalid" or is_overvote(asked, marks, written))

    return opposition(asked, filter(valid, sheets))
