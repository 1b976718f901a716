"""The pages of ballots, for the counting of queries: rows that grow, and their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from core.models import User
from tests import balloting

if TYPE_CHECKING:
    from tests.portal.test_query_counts import Town

Pages = dict[str, tuple[str, User | None]]


def grow_ballots(town: Town, n: int) -> None:
    """Add ballots with papers."""
    balloting.ballot(town.home)


def ballot_pages(town: Town) -> Pages:
    """Return the ballots' pages and who opens each."""
    code, staff = town.home.code, town.staff
    return {
        "ballots": (reverse("ballots", args=[code]), staff),
        "ballot draft": (reverse("ballot", args=[code, 1]), staff),
    }
