"""The pages of ballots, for the counting of queries: rows that grow, and their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.models import User

if TYPE_CHECKING:
    from tests.portal.test_query_counts import Town

Pages = dict[str, tuple[str, User | None]]


def grow_ballots(town: Town, n: int) -> None:
    """Add ballots with papers."""


def ballot_pages(town: Town) -> Pages:
    """Return the ballots' pages and who opens each."""
    return {}
