"""Papers that wait to be entered or settled: for the community's clerks, and for whoever was named for one ballot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Q
from django.urls import reverse

from ballots.choices import BallotState, Move
from ballots.documents.entering import bundles_of, differences_of
from ballots.models import Ballot, BallotMove
from ballots.permissions import SETTLERS
from compounds.choices import Role
from compounds.permissions import areas_of
from core.models import User
from portal.waiting.rows import NAMED, Waiting, narrowed, row


def papers_waiting(user: User, prefixes: Sequence[str], today: date) -> list[Waiting]:
    """Return a row for each ballot in counting whose papers this person enters, or whose differences they settle."""
    enters = narrowed(areas_of(user, today, [Role.COMMUNITY_CLERK]), prefixes)
    settles = narrowed(areas_of(user, today, SETTLERS), prefixes)
    counting = Ballot.objects.filter(state=BallotState.COUNTING).select_related("compound")
    named = Ballot.objects.counted_by(user, today).values("pk")
    mine = list(counting.filter(Q(pk__in=named) | Q(pk__in=Ballot.objects.within(enters).values("pk")))[:NAMED])
    theirs = list(counting.within(settles)[:NAMED]) if settles else []
    since = _since([*mine, *theirs])
    return [
        *(found for ballot in mine if (found := _to_enter(ballot, user, since[ballot.pk], today))),
        *(found for ballot in theirs if (found := _to_settle(ballot, user, since[ballot.pk], today))),
    ]


def _since(ballots: list[Ballot]) -> dict[int, date]:
    """Return since when each is counted; without a row of it (never by the pages) the last day of voting."""
    moves = BallotMove.objects.filter(ballot__in=ballots, kind__in=[Move.COUNTING, Move.RECOUNT]).order_by("seq")
    counted = dict(moves.values_list("ballot_id", "on")) if ballots else {}
    return {b.pk: counted.get(b.pk) or b.voting_until_on or b.made_at.date() for b in ballots}


def _to_enter(ballot: Ballot, user: User, since: date, today: date) -> Waiting | None:
    open_ = sum(turn.is_open for turn in bundles_of(ballot, user))
    if not open_:
        return None
    return row(
        max(since, today), today, ballot.compound.name, f"第{ballot.number}次表决录票", f"有{open_}捆等您录", "录票",
        reverse("ballot_entry", args=[ballot.compound.code, ballot.number]),
    )  # fmt: skip


def _to_settle(ballot: Ballot, user: User, since: date, today: date) -> Waiting | None:
    open_ = sum(user.pk not in found.users for found in differences_of(ballot))
    if not open_:
        return None
    return row(
        max(since, today), today, ballot.compound.name, f"第{ballot.number}次表决核定", f"有{open_}张两遍不一样或存疑",
        "核定", reverse("ballot_differences", args=[ballot.compound.code, ballot.number]),
    )  # fmt: skip
