"""A counting that is finished: rows in, the export's papers and the result out. Nothing of it before all is settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Sum

from ballots.documents.entering import SheetSaid, is_counted_out, sheets_said
from ballots.models import Ballot, Question
from ballots.rules import APPROVE, CHOOSE_UP_TO, Cast, area_units, read_question, read_rule, tally, why_invalid
from ballots.rules.entries import SETTLED, Said


class NotCountedOut(Exception):
    """Sheets are not entered, or differ and are not settled: nobody sees what was voted."""


@dataclass(frozen=True)
class Counted:
    """What a counting comes to. ``papers``: as the export says them; ``void``: why sheets are void, with how many."""

    result: dict[str, Any]
    papers: list[dict[str, Any]]
    void: dict[str, int]
    settled: int


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
    asked = [read_question(question) for question in questions]
    casts, papers, void = [], [], Counter[str]()
    for sheet in read:
        said = sheet.counts or Said()
        reasons = {
            question.number: why
            for question in asked
            if (why := why_invalid(question, said.marks.get(question.number, ()), said.reasons.get(question.number, "")))
        } if not said.void else {}  # fmt: skip
        area = 0 if ballot.secret or sheet.area is None else area_units(sheet.area)
        casts.append(Cast(area, said.marks, bool(said.void), reasons))
        void.update([said.void] if said.void else [])
        papers.append({
            "serial": None if ballot.secret else sheet.serial,
            "entry": None if ballot.secret else sheet.entry,
            "void": bool(said.void),
            "reason": said.void or None,
            "marks": {str(question.number): list(said.marks.get(question.number, ())) for question in asked},
            **({"reasons": {str(number): why for number, why in reasons.items()}} if reasons else {}),
        })  # fmt: skip
    whole = ballot.roll.aggregate(heads=Count("pk"), area=Sum("area"))
    roll = (whole["heads"], 0 if ballot.secret else area_units(whole["area"] or 0))
    result = tally(read_rule(rule_of(ballot)), roll, asked, casts, secret=ballot.secret)
    settled = sum(1 for sheet in read if sheet.state == SETTLED)
    return Counted(result, papers, dict(sorted(void.items())), settled)
