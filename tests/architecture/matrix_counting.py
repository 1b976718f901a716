"""The part of the table that is about counting out: certifying, results, a resident's own paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ballots.rules.entries import Said
from compounds.choices import Role
from compounds.models import Compound
from tests import balloting

if TYPE_CHECKING:
    from tests.architecture.matrix import Address


def counted(of: Callable[..., Address], home: Compound) -> list[Address]:
    """Counting out, certifying, and what comes after, of a certified ballot; a resident's own paper."""
    from tests.architecture.matrix import FORM, Address  # the table of all addresses imports this one

    done = balloting.entered(balloting.taken_in(home, 2), Said({1: ("赞成",)}))
    balloting.certified(done)
    one, other = (home.code, done.number), (home.code, 99)
    runs = {Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF}
    certifies, fells = runs | {Role.COMMITTEE_HEAD}, {Role.STREET_STAFF}
    return [
        of("ballot_closing", *one, see=runs, act=runs, elsewhere=other),
        of("ballot_reconciliation", *one, elsewhere=other),
        of("ballot_hand_count", *one, act=set(), elsewhere=other),
        of("ballot_hand_blank", *one, elsewhere=other),
        of("ballot_calls", *one, act=runs, elsewhere=other),
        of("ballot_certification", *one, see=certifies, act=certifies, elsewhere=other),
        of("ballot_result", *one, elsewhere=other),
        of("ballot_final", *one, see=certifies, act=certifies, elsewhere=other),
        of("ballot_recount", *one, see=certifies, act=certifies, elsewhere=other),
        of("ballot_fall", *one, see=fells, act=fells, elsewhere=other),
        Address("compound_ballot_check", "public", FORM, args=one, data={"serial": done.papers.earliest("pk").serial}),
    ]
