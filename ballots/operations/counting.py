"""Counting out around the entering: no more papers are taken, the count by hand, papers drawn for calling back."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from ballots.choices import BallotState, CallOutcome, Move, PaperState
from ballots.documents.counted import questions_of
from ballots.documents.results import BLANK_OF_SEATS
from ballots.models import Ballot, BallotMove, CallBack, HandCount
from ballots.operations.moving import lock_ballot, move
from ballots.operations.refusals import CallsDrawn, HandCountUnclear, NothingToDraw, VotingRuns, WrongState
from ballots.rules import AGAINST, APPROVE, FOR
from core.hashing import canonical_json
from core.models import Entry, User
from core.operations import record

CALLED_ONE_IN = 20  # 5 %, at least one paper
DRAWN = "ballot.draw_calls"
BESIDE = ("abstain", "blank", "invalid")
Figures = Mapping[str, Mapping[str, int]]


@transaction.atomic
def begin_counting(ballot: Ballot, *, on: date, actor: User, at: datetime) -> BallotMove:
    """Take no more papers: what comes now is late. Before the last day only when everybody's paper came to an end.

    :raises WrongState, VotingRuns:
    """
    found = lock_ballot(ballot, BallotState.ISSUING)
    if found.voting_until_on is not None and on <= found.voting_until_on:
        over = found.papers.exclude(state__in=[PaperState.PRINTED, PaperState.ISSUED, PaperState.SPOILT])
        if found.secret or over.count() < found.roll.count():
            raise VotingRuns(found.voting_until_on)
    made = move(found, Move.COUNTING, on=on, actor=actor, at=at)
    ballot.state, ballot.version = found.state, found.version
    return made


# --- The count by hand --------------------------------------------------------------------------------------------


def hand_lines(ballot: Ballot) -> dict[str, list[tuple[str, str]]]:
    """Return what is counted by hand, by question: key and words of each line."""
    found = {}
    for question in questions_of(ballot):
        if question["kind"] == APPROVE:
            lines = [(FOR, FOR), (AGAINST, AGAINST)]
        else:
            lines = [(str(number), text) for number, text in enumerate(question["options"], 1)]
        blank = BLANK_OF_SEATS if question["seats"] else "未填"
        found[str(question["number"])] = [*lines, ("abstain", "弃权"), ("blank", blank), ("invalid", "本题无效")]
    return found


@transaction.atomic
def note_hand_count(ballot: Ballot, figures: Figures, note: str, *, actor: User, at: datetime) -> HandCount:
    """Keep the figures of the count called out and tallied by hand; the newest counts, none is overwritten. Record it.

    :raises WrongState, HandCountUnclear:
    """
    found = lock_ballot(ballot, BallotState.COUNTING)
    wanted = {number: {key for key, _ in lines} for number, lines in hand_lines(found).items()}
    if {number: set(lines) for number, lines in figures.items()} != wanted:
        raise HandCountUnclear
    if any(heads < 0 for lines in figures.values() for heads in lines.values()):
        raise HandCountUnclear
    text = canonical_json({number: dict(lines) for number, lines in figures.items()})
    made = HandCount.objects.create(
        ballot=found, count=found.count_number, figures=text, note=note, by=actor, at=at
    )  # fmt: skip
    record("ballot.hand_count", f"记下第{found.number}次表决的唱票结果", actor=actor, at=at,
           area_code=found.compound.area_code, subject=found)  # fmt: skip
    return made


# --- Calling back -------------------------------------------------------------------------------------------------


@transaction.atomic
def draw_calls(ballot: Ballot, *, actor: User, at: datetime, seed: str = "") -> list[CallBack]:
    """Draw one in twenty of the returned papers for a call, once; the seed of the drawing is recorded.

    :raises WrongState, CallsDrawn, NothingToDraw:
    """
    found = lock_ballot(ballot, BallotState.COUNTING, BallotState.CERTIFIED)
    papers = list(found.papers.filter(state=PaperState.RETURNED).order_by("entry__number"))
    if found.secret or not papers:
        raise NothingToDraw
    if CallBack.objects.filter(paper__ballot=found).exists():
        raise CallsDrawn
    seed = seed or secrets.token_hex(8)
    drawn = random.Random(seed).sample(papers, -(-len(papers) // CALLED_ONE_IN))
    made = CallBack.objects.bulk_create(CallBack(paper=paper) for paper in drawn)
    record(DRAWN, f"第{found.number}次表决抽出{len(made)}张票回访，共{len(papers)}张", actor=actor, at=at,
           area_code=found.compound.area_code, subject=found, data={"seed": seed, "papers": len(papers)})  # fmt: skip
    return made


def calls_seed(ballot: Ballot) -> str:
    """Return the seed with which the calls of a ballot were drawn; "" before."""
    drawn = Entry.objects.about(ballot._meta.label_lower, ballot.pk).filter(action=DRAWN).first()
    return str(json.loads(drawn.data)["seed"]) if drawn else ""


@transaction.atomic
def note_call(
    call: CallBack, outcome: CallOutcome, note: str, *, on: date, actor: User, at: datetime
) -> CallBack:  # fmt: skip
    """Note what a called household said; may be noted again. Record it without what was said.

    :raises WrongState: when the ballot fell or is not counted any more.
    """
    ballot = lock_ballot(call.paper.ballot)
    if ballot.state not in (BallotState.COUNTING, BallotState.CERTIFIED, BallotState.FINAL):
        raise WrongState(ballot.state)
    found = CallBack.objects.select_for_update(of=("self",)).select_related("paper__entry").get(pk=call.pk)
    found.outcome, found.note, found.by, found.on = outcome, note, actor, on
    found.save()
    record("ballot.call", f"第{ballot.number}次表决回访名册第{found.paper.entry.number}号", actor=actor, at=at,
           area_code=ballot.compound.area_code, subject=ballot)  # fmt: skip
    return found
