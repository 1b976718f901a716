"""The part of the table that is about ballots: each address and who may use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compounds.models import Compound
from tests import balloting

if TYPE_CHECKING:
    from tests.architecture.matrix import Address

Of = Callable[..., "Address"]


def ballots(of: Of, home: Compound) -> list[Address]:
    """All addresses of ballots."""
    balloting.ballot(home)
    return [*drafted(of, home)]


def drafted(of: Of, home: Compound) -> list[Address]:
    """Drafting and announcing."""
    code, nowhere = home.code, {"elsewhere": (home.code, 99)}
    return [of("ballots", code), of("ballot", code, 1, **nowhere)]
