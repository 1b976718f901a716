"""The one way in which a ballot goes on: a row that stays, and the state that follows from it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from ballots.choices import BallotState, Move
from ballots.models import Ballot, BallotMove
from ballots.operations.refusals import WrongState
from core.models import Attachment, Document, User
from core.operations import record

# From where a move begins, and where it leads.
_BEFORE_CERTIFIED = (BallotState.ANNOUNCED, BallotState.ISSUING, BallotState.COUNTING)
_STANDING = (BallotState.CERTIFIED, BallotState.FINAL)
WAYS: dict[Move, tuple[tuple[BallotState, ...], BallotState | None]] = {
    Move.ANNOUNCED: ((BallotState.DRAFT,), BallotState.ANNOUNCED),
    Move.ISSUING: ((BallotState.ANNOUNCED,), BallotState.ISSUING),
    Move.EXTENDED: ((BallotState.ANNOUNCED, BallotState.ISSUING), None),
    Move.COUNTING: ((BallotState.ISSUING,), BallotState.COUNTING),
    Move.CERTIFIED: ((BallotState.COUNTING,), BallotState.CERTIFIED),
    Move.RECOUNT: ((BallotState.CERTIFIED,), BallotState.COUNTING),
    Move.FINAL: ((BallotState.CERTIFIED,), BallotState.FINAL),
    Move.CANCELLED: ((BallotState.DRAFT, *_BEFORE_CERTIFIED), BallotState.CANCELLED),
    Move.ANNULLED: (_STANDING, BallotState.ANNULLED),
    Move.SET_ASIDE: (_STANDING, BallotState.SET_ASIDE),
}


def lock_ballot(ballot: Ballot, *states: BallotState) -> Ballot:
    """Lock a ballot's row, in the caller's transaction; with ``states`` it must stand in one of them.

    Every write that depends on where the ballot stands begins here.

    :raises WrongState:
    """
    found = Ballot.objects.select_for_update(of=("self",)).select_related("compound", "rule").get(pk=ballot.pk)
    if states and found.state not in states:
        raise WrongState(found.state)
    return found


@transaction.atomic
def move(
    ballot: Ballot,
    kind: Move,
    *,
    on: date,
    actor: User,
    at: datetime,
    until_on: date | None = None,
    reason: str = "",
    document: Document | None = None,
    paper: Attachment | None = None,
) -> BallotMove:
    """Move a ballot on: one row of what happened, and the state to which it leads. Record it.

    The caller sets what else the move changes (days, sha256, count) on the ballot it passes in before; the row is
    saved whole.

    :raises WrongState: when the ballot does not stand where this move begins.
    """
    begins, leads = WAYS[kind]
    found = lock_ballot(ballot, *begins)
    last = found.moves.order_by("-seq").first()
    made = BallotMove.objects.create(
        ballot=ballot, seq=last.seq + 1 if last else 1, kind=kind, on=on, until_on=until_on, reason=reason,
        document=document, paper=paper, by=actor, at=at,
    )  # fmt: skip
    ballot.state = leads or found.state
    ballot.version = found.version + 1
    ballot.save()
    record(f"ballot.{kind.value}", f"第{ballot.number}次表决《{ballot.title}》：{kind.label}{'，' + reason if reason else ''}",
           actor=actor, at=at, area_code=found.compound.area_code, subject=ballot)  # fmt: skip
    return made
