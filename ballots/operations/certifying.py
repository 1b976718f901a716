"""Certifying a count by two persons, and what comes after: final, felled, counted again."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from ballots.choices import BallotState, CallOutcome, Move
from ballots.documents.boxes import box_of
from ballots.documents.counted import NotCountedOut, count_out, questions_of, roll_of, rule_of
from ballots.documents.entering import sheets_said
from ballots.documents.results import (
    KIND,
    SCHEMA,
    ResultPaper,
    figures_sha256,
    issued_text,
    result_csv,
    result_json,
    with_papers,
)
from ballots.models import Ballot, BallotMove, CallBack, Certification, HandCount, Result
from ballots.operations.counting import calls_seed
from ballots.operations.freezing import frozen_totals, verify_roll
from ballots.operations.moving import lock_ballot, move
from ballots.operations.refusals import (
    BoxDiffers,
    FiguresChanged,
    NoCounters,
    NotAllSettled,
    NotCertifiedYet,
    NothingUpheld,
    NoticeRuns,
    ObjectionsOpen,
    ObjectionUpheld,
    RollAltered,
    SamePersonTwice,
)
from compounds.choices import ObjectionOutcome
from compounds.models import Objection
from core import pdf
from core.choices import EvidenceKind
from core.models import User
from core.operations import (
    KeptPaper,
    NewDocument,
    NewFile,
    draw_document_code,
    enter_attachment,
    issue_document,
    record,
    store_files,
)

# --- Figures ------------------------------------------------------------------------------------------------------


def figures_of(ballot: Ballot) -> dict[str, Any]:
    """Return all figures of the present counting as the result will say them.

    :raises NotAllSettled: while sheets are not entered or not settled; :raises BoxDiffers, RollAltered:
    """
    sheets = sheets_said(ballot)
    box = box_of(ballot, sheets)
    if box.to_enter:
        raise NotAllSettled(box.to_enter)
    if not box.holds:
        raise BoxDiffers(box.faults)
    if not verify_roll(ballot):
        raise RollAltered
    questions = questions_of(ballot)
    counted = count_out(ballot, questions, sheets=sheets)
    compound = ballot.compound
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "compound": {"code": compound.code, "name": compound.name},
        "number": ballot.number,
        "title": ballot.title,
        "matter": ballot.matter,
        "count": ballot.count_number,
        "secret": ballot.secret,
        "single_entry": ballot.single_entry,
        "rule": rule_of(ballot),
        "questions": counted.questions,
        "result": counted.result,
        "void": counted.void,
        **({"opposition": counted.opposition} if counted.opposition else {}),
        "box": box.as_dict(),
        "settled": counted.settled,
        "hand_count": _hand_count(ballot),
        "calls": _calls(ballot),
        "roll_totals": frozen_totals(ballot).as_dict(),
        "roll_sha256": ballot.roll_sha256,
    }
    before = Result.objects.filter(ballot=ballot, count__lt=ballot.count_number).select_related("document").last()
    if before is not None:
        data["before"] = {"count": before.count, "code": before.document.code}
        data["changes"] = changes_between(json.loads(before.document.data), data)
    return data


def changes_between(before: dict[str, Any], now: dict[str, Any]) -> list[dict[str, Any]]:
    """Return which heads a later counting found otherwise: question, line, before, after.

    A line is an option's number, or the name that only the counting before read among those written in.
    """
    old, new = before["result"], now["result"]
    found = [{"question": None, "line": "cast", "before": old["cast"]["heads"], "after": new["cast"]["heads"]}]
    asked = zip(before["questions"], now["questions"], old["questions"], new["questions"], strict=True)
    for old_asked, new_asked, old_said, new_said in asked:
        was, is_now = _heads(old_asked, old_said), _heads(new_asked, new_said)
        found += [
            {"question": new_said["number"], "line": line, "before": was[key][1] if key in was else 0, "after": heads}
            for key, (line, heads) in is_now.items()
        ]
        found += [
            {"question": new_said["number"], "line": key, "before": heads, "after": 0}
            for key, (_, heads) in was.items()
            if key not in is_now
        ]
    return [row for row in found if row["before"] != row["after"]]


def _heads(asked: dict[str, Any], said: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """Return the heads of each line of a question, with its name in ``changes``; keyed so that two countings compare."""
    lines = {}
    for each in said["options"]:
        mark = each["option"]
        written = isinstance(mark, int) and mark > asked.get("candidates", mark)
        lines[asked["options"][mark - 1] if written else str(mark)] = (str(mark), each["heads"])
    return lines | {key: (key, said[key]["heads"]) for key in ("abstain", "blank", "invalid")}


def _hand_count(ballot: Ballot) -> dict[str, Any] | None:
    held = HandCount.objects.filter(ballot=ballot, count=ballot.count_number).last()
    return {"figures": json.loads(held.figures), "note": held.note} if held else None


def _calls(ballot: Ballot) -> dict[str, Any] | None:
    outcomes = Counter(CallBack.objects.filter(paper__ballot=ballot).order_by().values_list("outcome", flat=True))
    if not outcomes:
        return None
    return {"drawn": outcomes.total(), "seed": calls_seed(ballot), **{key: outcomes[key] for key in CallOutcome.values}}


# --- Two persons --------------------------------------------------------------------------------------------------


@transaction.atomic
def certify_first(ballot: Ballot, counters: str, seen: str, *, actor: User, at: datetime) -> Certification:
    """Certify as the first of two the figures that were shown (``seen``, their hash), with who counted. Record it.

    Done again, by anybody who may, it takes the place of what waited for the second.

    :raises WrongState, NotAllSettled, BoxDiffers, RollAltered, FiguresChanged, NoCounters:
    """
    found = lock_ballot(ballot, BallotState.COUNTING)
    if not counters.strip():
        raise NoCounters
    if figures_sha256(figures_of(found)) != seen:
        raise FiguresChanged
    made, _ = Certification.objects.update_or_create(
        ballot=found,
        defaults={
            "count": found.count_number, "figures_sha256": seen, "counters": counters.strip(), "by": actor, "at": at,
        },
    )  # fmt: skip
    record("ballot.certify_first", f"确认第{found.number}次表决的计票结果，等第二人确认", actor=actor, at=at,
           area_code=found.compound.area_code, subject=found, data={"figures": seen})  # fmt: skip
    return made


def certify_second(ballot: Ballot, seen: str, *, actor: User, at: datetime) -> Result:
    """Certify as the second the same figures; the result is issued and posted with that. Its files are stored before.

    :raises WrongState, NotAllSettled, BoxDiffers, RollAltered, FiguresChanged, NotCertifiedYet, SamePersonTwice:
    """
    waiting = _waiting(ballot, seen, actor)
    today = timezone.localdate(at)
    rule = ballot.rule
    data = figures_of(ballot)
    if figures_sha256(data) != seen:
        raise FiguresChanged
    data |= {
        "code": draw_document_code(),
        "counters": waiting.counters,
        "days": {
            "announced": _iso(ballot.announced_on), "from": _iso(ballot.voting_from_on),
            "until": _iso(ballot.voting_until_on), "certified": _iso(today),
            "post_by": _iso(today + timedelta(rule.post_days)),
            "objections_until": _iso(today + timedelta(rule.objection_days)),
        },
    }  # fmt: skip
    paper = ResultPaper(data, settings.PUBLIC_URL)
    sheet = pdf.render(render_to_string("ballots/result_print.html", {"result": paper}))
    files = store_files([
        NewFile("pdf", sheet.bytes, sheet.pages), NewFile("csv", result_csv(paper)), NewFile("json", result_json(paper)),
    ])  # fmt: skip
    again = f"（第{paper.count}次计票）" if paper.count > 1 else ""
    title = f"{paper.compound_name}第{paper.number}次表决结果{again}：{paper.title}"
    new = NewDocument(
        paper.code, KIND, title, paper.count, ballot.compound.area_code, issued_text(data), paper.sha256, files
    )
    with transaction.atomic():
        found = lock_ballot(ballot, BallotState.COUNTING)
        waiting = _waiting(found, seen, actor)
        if figures_sha256(figures_of(found)) != seen:
            raise FiguresChanged
        document = issue_document(new, actor=actor, at=at)
        made = Result.objects.create(
            ballot=found, count=found.count_number, document=document, counters=waiting.counters, first_by=waiting.by,
            second_by=actor, at=at,
        )  # fmt: skip
        waiting.delete()
        move(found, Move.CERTIFIED, on=today, actor=actor, at=at, document=document)
    ballot.state, ballot.version = found.state, found.version
    return made


def _waiting(ballot: Ballot, seen: str, actor: User) -> Certification:
    waiting = Certification.objects.filter(ballot=ballot, count=ballot.count_number).select_related("by").first()
    if waiting is None:
        raise NotCertifiedYet
    if waiting.by_id == actor.pk:
        raise SamePersonTwice
    if waiting.figures_sha256 != seen:
        raise FiguresChanged
    return waiting


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def export_of(ballot: Ballot) -> bytes:
    """Return the office's export of a certified ballot: the public file with roll and papers.

    :raises NotAllSettled: while there is no certified result.
    """
    result = ballot.results.select_related("document").last()
    if result is None:
        raise NotAllSettled(ballot.sheets.count())
    data = json.loads(result.document.data)
    paper = ResultPaper(data, settings.PUBLIC_URL)
    try:
        counted = count_out(ballot, questions_of(ballot), count=result.count)
    except NotCountedOut:
        raise NotAllSettled(ballot.sheets.count()) from None
    whole = {**data, "sha256": paper.sha256, "verify_url": paper.verify_url}
    return with_papers(whole, roll_of(ballot), counted.papers)


# --- After it -----------------------------------------------------------------------------------------------------


def objections_until(result: Result) -> date:
    """Return the last day on which a result may be objected to."""
    return timezone.localdate(result.at) + timedelta(result.ballot.rule.objection_days)


@transaction.atomic
def make_final(ballot: Ballot, *, on: date, actor: User, at: datetime) -> BallotMove:
    """Let a result take effect: its notice is over, no objection is open, none was upheld.

    :raises WrongState, NoticeRuns, ObjectionsOpen, ObjectionUpheld:
    """
    found = lock_ballot(ballot, BallotState.CERTIFIED)
    result = Result.objects.select_related("document").get(ballot=found, count=found.count_number)
    result.ballot = found
    until = objections_until(result)
    if on <= until:
        raise NoticeRuns(until)
    unanswered = Objection.objects.to(result.document).unanswered().count()
    if unanswered:
        raise ObjectionsOpen(unanswered)
    if _upheld(result):
        raise ObjectionUpheld
    made = move(found, Move.FINAL, on=on, actor=actor, at=at)
    ballot.state, ballot.version = found.state, found.version
    return made


def _upheld(result: Result) -> bool:
    found = Objection.objects.to(result.document)
    return found.filter(answer__outcome__in=[ObjectionOutcome.UPHELD, ObjectionOutcome.PARTLY]).exists()


@transaction.atomic
def fell_ballot(
    ballot: Ballot, kind: Move, reason: str, paper: KeptPaper, *, on: date, actor: User, at: datetime
) -> BallotMove:
    """Note that the street annulled a result, or a court set it aside, with its document and day.

    What was built on the result stops from that day. :raises WrongState:
    """
    found = lock_ballot(ballot, BallotState.CERTIFIED, BallotState.FINAL)
    attachment = enter_attachment(paper, kind=EvidenceKind.DECISION, number="", area_code=found.compound.area_code,
                                  actor=actor, at=at)  # fmt: skip
    made = move(found, kind, on=on, actor=actor, at=at, reason=reason, paper=attachment)
    ballot.state, ballot.version = found.state, found.version
    return made


@transaction.atomic
def begin_recount(ballot: Ballot, reason: str, *, on: date, actor: User, at: datetime) -> BallotMove:
    """Count again after an objection was upheld: entries anew, the old result stays readable.

    :raises WrongState, NothingUpheld:
    """
    found = lock_ballot(ballot, BallotState.CERTIFIED)
    result = Result.objects.select_related("document").get(ballot=found, count=found.count_number)
    if not _upheld(result):
        raise NothingUpheld
    found.count_number += 1
    made = move(found, Move.RECOUNT, on=on, actor=actor, at=at, reason=reason)
    ballot.state, ballot.version, ballot.count_number = found.state, found.version, found.count_number
    return made
