"""The pages of ballots, for the counting of queries: rows that grow, and their addresses."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.urls import reverse

from ballots.models import Ballot, Paper, PaperVisit, RollEntry
from compounds.models import Dwelling
from core.models import User
from core.operations import machine
from tests import balloting
from tests.balloting import FROM
from tests.factories import AT

if TYPE_CHECKING:
    from tests.portal.test_query_counts import Town

Pages = dict[str, tuple[str, User | None]]


def grow_ballots(town: Town, n: int) -> None:
    """Add ballots with papers."""
    balloting.ballot(town.home)
    grow_papers(town, n)


def grow_papers(town: Town, n: int) -> None:
    """Add a printed paper with a visit, and one that is back, to the ballot of which papers are issued."""
    home = town.home
    ballot = Ballot.objects.filter(compound=home, title="发票").first() or balloting.ballot(
        home, title="发票", state="issuing", announced_on=date(2026, 10, 1), roll_sha256="0" * 64
    )
    taken = RollEntry.objects.filter(ballot=ballot).count()
    for place, dwelling in enumerate(Dwelling.objects.of(home).order_by("pk")[taken : taken + 2], taken + 1):
        entry = balloting.roll_entry(ballot, dwelling, place)
        balloting.paper(ballot, entry, *(("issued", "returned") if place % 2 else ("issued",)))
        PaperVisit.objects.create(entry=entry, on=FROM, outcome="nobody", by=machine("system"), at=AT)


def paper_pages(town: Town) -> Pages:
    """Return the pages on which papers go out and come back."""
    ballot = Ballot.objects.get(compound=town.home, title="发票")
    here, staff = [town.home.code, ballot.number], town.staff
    out = Paper.objects.filter(ballot=ballot, state="issued").earliest("pk")
    back = Paper.objects.filter(ballot=ballot, state="returned").earliest("pk")
    building = f"?building={out.entry.building}"
    return {
        "ballot_issuing": (reverse("ballot_issuing", args=here) + building, staff),
        "ballot_returning": (reverse("ballot_returning", args=here) + building, staff),
        "ballot_unreturn": (reverse("ballot_unreturn", args=[*here, back.pk]), staff),
        "ballot_visits": (reverse("ballot_visits", args=here), staff),
        "ballot_visits_pdf": (reverse("ballot_visits_pdf", args=here), staff),
        "ballot_refusal": (reverse("ballot_refusal", args=[*here, out.pk]), staff),
        "ballot_unreached": (reverse("ballot_unreached", args=[*here, out.pk]), staff),
        "ballot_turnout": (reverse("ballot_turnout", args=here), staff),
    }


def ballot_pages(town: Town) -> Pages:
    """Return the ballots' pages and who opens each."""
    code, staff = town.home.code, town.staff
    return {
        "ballots": (reverse("ballots", args=[code]), staff),
        "ballot draft": (reverse("ballot", args=[code, 1]), staff),
        **paper_pages(town),
    }
