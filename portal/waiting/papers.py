"""Papers that wait to be entered or settled: for the community's clerks, and for whoever was named for one ballot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.urls import reverse

from ballots.documents.tasks import AtWork, ballots_for
from core.models import User
from portal.waiting.rows import Waiting, row


def papers_waiting(user: User, today: date) -> list[Waiting]:
    """Return what waits for someone without an office: the papers that they were named to enter; one query."""
    return [row for at in ballots_for(user, [], today) for row in rows_of_papers(at, [], [], today)]


def rows_of_papers(at: AtWork, enters: Sequence[str], settles: Sequence[str], today: date) -> list[Waiting]:
    """Return the rows of a ballot in counting, for who enters and who settles in these areas."""
    area, found = at.ballot.compound.area_code, []
    if at.to_enter and (at.is_clerk or area.startswith(tuple(enters))):
        found.append(_row(at, today, "录票", f"有{at.to_enter}张等您录", "ballot_entry"))
    if at.to_settle and area.startswith(tuple(settles)):
        found.append(_row(at, today, "核定", f"有{at.to_settle}张两遍不一样或存疑", "ballot_differences"))
    return found


def _row(at: AtWork, today: date, verb: str, why: str, page: str) -> Waiting:
    ballot = at.ballot
    url = reverse(page, args=[ballot.compound.code, ballot.number])
    return row(today, today, ballot.compound.name, f"第{ballot.number}次表决{verb}", why, verb, url)
