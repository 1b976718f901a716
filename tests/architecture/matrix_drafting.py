"""The part of the table that is about drafting and announcing ballots: each address and who may use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from compounds.choices import Role
from compounds.models import Compound
from tests import balloting

if TYPE_CHECKING:
    from tests.architecture.matrix import Address

RUN = {Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF}
Of = Callable[..., "Address"]


def begun(of: Of, home: Compound) -> list[Address]:
    """A draft, and a ballot whose notice hangs."""
    draft, hung = balloting.ballot(home), balloting.posted(home)
    return [*drafted(of, home, draft.number), *announced(of, home, hung.number, draft.number)]


def drafted(of: Of, home: Compound, n: int) -> list[Address]:
    """Drafting and announcing."""
    code, nowhere = home.code, {"elsewhere": (home.code, 99)}
    may: dict[str, Any] = {"see": RUN, "act": RUN, **nowhere}
    move = {"act": "up", "version": "1", "question": "1"}
    return [
        of("ballots", code),
        of("ballot_new", code, see=RUN, act=RUN),
        of("ballot", code, n, **nowhere),
        of("ballot_draft", code, n, act=RUN, data=move, **nowhere),
        of("ballot_edit", code, n, **may),
        of("ballot_question", code, n, 0, see=RUN, act=RUN, elsewhere=(code, 99, 0)),
        of("ballot_rule", code, n, **may),
        of("ballot_files", code, n, methods=("POST",), act=RUN, **nowhere),
        of("ballot_sample", code, n, **nowhere),
        of("ballot_announcement", code, n, **may),
        of("ballot_cancellation", code, n, **may),
    ]


def announced(of: Of, home: Compound, n: int, draft: int) -> list[Address]:
    """What hangs, in the office and for residents."""
    from tests.architecture.matrix import Address  # the table of all addresses imports this one

    code = home.code
    return [
        of("ballot_notice", code, n, act=RUN, elsewhere=(code, draft)),
        of("ballot_posted_pdf", code, n, 1, elsewhere=(code, n, 9)),
        of("ballot_extension", code, n, see=RUN, act=RUN, elsewhere=(code, 99)),
        Address("compound_ballots", "public", args=(code,)),
        Address("compound_ballot", "public", args=(code, n)),
        *(Address("compound_ballot_file", "public", args=(code, n, kind), variant=kind) for kind in ("pdf", "json")),
        Address("compound_ballot_enclosure", "public", args=(code, n, 1)),
    ]
