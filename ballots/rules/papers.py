"""What may become of a paper, and when a household counts as not reached."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

PRINTED, ISSUED, RETURNED, LATE = "printed", "issued", "returned", "late"
REFUSED, UNDELIVERABLE, SPOILT = "refused", "undeliverable", "spoilt"

# From where a paper may become what; nothing follows on a spoilt one, and nothing is deleted.
WAYS = {
    ISSUED: (PRINTED, REFUSED, UNDELIVERABLE, RETURNED, LATE),  # back from the last two: a scan that was a slip
    RETURNED: (ISSUED, REFUSED, UNDELIVERABLE),
    LATE: (ISSUED, REFUSED, UNDELIVERABLE),
    REFUSED: (PRINTED, ISSUED),
    UNDELIVERABLE: (PRINTED, ISSUED),
    SPOILT: (PRINTED, ISSUED, REFUSED, UNDELIVERABLE),
}
BUNDLE_SIZE = 50
ATTEMPTS = 3


def may_become(state: str, new: str) -> bool:
    """Return whether a paper in one state may come into another (domain.md, Papers)."""
    return state in WAYS.get(new, ())


def attempts_made(visits: Iterable[tuple[date, str]]) -> int:
    """Return at how many different times (day and time of day) somebody called."""
    return len(set(visits))


def is_unreached(visits: Iterable[tuple[date, str]]) -> bool:
    """Return whether a paper may be held for undeliverable: three attempts at different times or more.

    Source: domain.md, Papers ("undeliverable: ≥ 3 attempts at different times, then a posted notice"); GUIDE 22.
    """
    return attempts_made(visits) >= ATTEMPTS
