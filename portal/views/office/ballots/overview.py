"""A compound's ballots, and one of them: where it stands, what comes next, what is missing, what happened."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from ballots.choices import BallotState, Move
from ballots.documents.life import deadlines_of, missing_for_notice, to_hang
from ballots.documents.rules import rule_words
from ballots.models import Ballot
from ballots.operations.freezing import announced_totals
from ballots.operations.moving import WAYS
from ballots.operations.rolls import draft_roll
from ballots.permissions import can_run_ballots
from portal.views.office.ballots.door import HERE, ballot_page, ballot_url, find_ballot, next_page
from portal.views.office.door import OfficeRequest, compound_page, find_compound, in_scope

CANCELLABLE = WAYS[Move.CANCELLED][0]
HANGING = (BallotState.ANNOUNCED, BallotState.ISSUING, BallotState.CERTIFIED)


@require_safe
@in_scope
def ballots(request: OfficeRequest, code: str) -> HttpResponse:
    """The compound's ballots, the newest first."""
    compound = find_compound(request, code)
    shown = {
        "ballots": Ballot.objects.filter(compound=compound),
        "may_run": can_run_ballots(request.user, compound, request.today),
        "today": request.today,
    }
    return compound_page(request, "portal/office/ballots.html", compound, HERE, shown)


@require_safe
@in_scope
def ballot(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """One ballot: where it stands, the next move with its day and what it lacks, all moves, all deadlines."""
    found = find_ballot(request, code, number)
    moves = list(found.moves.select_related("by", "document").prefetch_related("proofs"))
    draft = found.state == BallotState.DRAFT
    missing = missing_for_notice(found) if draft else to_hang(moves) if found.state in HANGING else []
    totals = draft_roll(found).totals if draft else announced_totals(found)
    name, verb = next_page(found)
    if draft and missing:
        name, verb = "ballot_draft", "接着起草"
    may_run = can_run_ballots(request.user, found.compound, request.today)
    shown = {
        "moves": moves,
        "deadlines": deadlines_of(found, moves, request.today),
        "missing": [(lack.words, ballot_url(lack.page, found)) for lack in missing],
        "next_url": ballot_url(name, found) if name else "",
        "next_verb": verb,
        "words": rule_words(found.rule, totals.heads, totals.area).sentences if totals and totals.heads else (),
        "may_cancel": may_run and found.state in CANCELLABLE and not found.is_recount,
        "may_run": may_run,
    }
    return ballot_page(request, "portal/office/ballot.html", found, shown)
