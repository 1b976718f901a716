"""Papers that wait to be entered or settled: for the community's clerks, and for whoever was named for one ballot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from ballots.choices import BallotState
from ballots.models import Ballot, PaperEntry, Settlement, Sheet
from ballots.permissions import SETTLERS
from compounds.choices import Role
from compounds.permissions import areas_of
from core.models import User
from portal.waiting.rows import NAMED, Waiting, narrowed, row


def papers_waiting(user: User, prefixes: Sequence[str], today: date) -> list[Waiting]:
    """Return a row for each ballot in counting whose papers this person enters or whose differences they settle.

    One query; that two entries differ is seen by their texts alone, which have one exact form.
    """
    enters = narrowed(areas_of(user, today, [Role.COMMUNITY_CLERK]), prefixes)
    settles = narrowed(areas_of(user, today, SETTLERS), prefixes)
    named = Ballot.objects.counted_by(user, today).filter(pk=OuterRef("pk"))
    reach = Q(Exists(named))
    for area in {*enters, *settles}:
        reach |= Q(compound__area_code__startswith=area)
    counting = Ballot.objects.filter(reach, state=BallotState.COUNTING).select_related("compound")
    counting = counting.annotate(is_clerk=Exists(named), to_enter=_number(_left(user)), to_settle=_number(_open(user)))
    found = []
    for ballot in counting[:NAMED]:
        area = ballot.compound.area_code
        if ballot.to_enter and (ballot.is_clerk or area.startswith(tuple(enters))):
            found.append(_row(ballot, today, "录票", f"有{ballot.to_enter}张等您录", "ballot_entry"))
        if ballot.to_settle and area.startswith(tuple(settles)):
            found.append(_row(ballot, today, "核定", f"有{ballot.to_settle}张两遍不一样或存疑", "ballot_differences"))
    return found


def _entries(**which: object) -> QuerySet[PaperEntry]:
    return PaperEntry.objects.filter(sheet=OuterRef("pk"), count=OuterRef("ballot__count_number"), **which)


def _left(user: User) -> QuerySet[Sheet]:
    """Sheets that this person has not entered and two others neither."""
    full = Exists(_entries(round=2)) | Exists(_entries(round=1, sheet__ballot__single_entry=True))
    return Sheet.objects.filter(~full, ~Exists(_entries(user=user)))


def _open(user: User) -> QuerySet[Sheet]:
    """Sheets whose entries differ or doubt, that nobody settled and this person did not enter."""
    other = PaperEntry.objects.filter(sheet=OuterRef("sheet"), count=OuterRef("count"), round=2)
    differs = _entries(round=1).filter(
        Exists(other.exclude(marks=OuterRef("marks"), void=OuterRef("void")))
        | (Exists(other) | Q(sheet__ballot__single_entry=True))
        & (Q(doubtful=True) | Exists(other.filter(doubtful=True)))
    )
    settled = Settlement.objects.filter(sheet=OuterRef("pk"), count=OuterRef("ballot__count_number"))
    return Sheet.objects.filter(Exists(differs), ~Exists(settled), ~Exists(_entries(user=user)))


def _number(sheets: QuerySet[Sheet]) -> Coalesce:
    """Count sheets of the ballot in the query around."""
    of = sheets.filter(ballot=OuterRef("pk")).order_by().values("ballot")
    return Coalesce(Subquery(of.annotate(n=Count("pk")).values("n")), 0)


def _row(ballot: Ballot, today: date, verb: str, why: str, page: str) -> Waiting:
    url = reverse(page, args=[ballot.compound.code, ballot.number])
    return row(today, today, ballot.compound.name, f"第{ballot.number}次表决{verb}", why, verb, url)
