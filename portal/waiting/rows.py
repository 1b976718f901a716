"""One thing that waits for someone, and how scopes and areas meet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

# So many of one kind are shown by name; what is more stands behind the page they lead to.
NAMED = 20


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: until when, where, what, why, and the verb that opens the page where it is done."""

    due_on: date
    place: str
    what: str
    why: str
    verb: str
    url: str
    late_days: int = 0


def row(due_on: date, today: date, place: str, what: str, why: str, verb: str, url: str) -> Waiting:
    """Make a row, with how many days it is late."""
    return Waiting(due_on, place, what, why, verb, url, max((today - due_on).days, 0))


def narrowed(areas: Iterable[str], prefixes: Sequence[str]) -> list[str]:
    """Return what two lists of areas have in common: the longer code of each pair that lies in one line."""
    common = {max(a, p, key=len) for a in areas for p in prefixes if a.startswith(p) or p.startswith(a)}
    return sorted(common)
