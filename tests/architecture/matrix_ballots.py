"""The part of the table that is about ballots: each address and who may use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ballots.models import Paper
from compounds.choices import Role
from compounds.models import Compound
from tests import balloting

if TYPE_CHECKING:
    from tests.architecture.matrix import Address

RUN = {Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF}
Of = Callable[..., "Address"]


def ballots(of: Of, home: Compound) -> list[Address]:
    """All addresses of ballots."""
    balloting.ballot(home)
    return [*drafted(of, home), *issued(of, home)]


def drafted(of: Of, home: Compound) -> list[Address]:
    """Drafting and announcing."""
    code, nowhere = home.code, {"elsewhere": (home.code, 99)}
    return [of("ballots", code), of("ballot", code, 1, **nowhere)]


def issued(of: Of, home: Compound) -> list[Address]:
    """Papers handed over, taken back, sought at the doors."""
    ballot = balloting.issuing_ballot(home)
    out, back = Paper.objects.filter(ballot=ballot).order_by("pk")[:2]
    Paper.objects.filter(pk=back.pk).update(state="returned")
    here, nowhere = (home.code, ballot.number), {"elsewhere": (home.code, 99)}
    runs = {"see": RUN, "act": RUN}
    return [
        of("ballot_issuing", *here, **runs, **nowhere),
        of("ballot_returning", *here, **runs, **nowhere),
        of("ballot_unreturn", *here, back.pk, **runs, elsewhere=(*here, 999_999)),
        of("ballot_visits", *here, **runs, **nowhere),
        of("ballot_visits_pdf", *here, see=RUN, **nowhere),
        of("ballot_refusal", *here, out.pk, **runs, elsewhere=(*here, 999_999)),
        of("ballot_unreached", *here, out.pk, **runs, elsewhere=(*here, 999_999)),
        of("ballot_turnout", *here, **nowhere),
    ]
