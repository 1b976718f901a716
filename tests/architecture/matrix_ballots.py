"""The part of the table that is about ballots: each address and who may use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compounds.models import Compound

if TYPE_CHECKING:
    from tests.architecture.matrix import Address

Of = Callable[..., "Address"]


def ballots(of: Of, home: Compound) -> list[Address]:
    """All addresses of ballots."""
    return []
