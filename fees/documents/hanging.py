"""Where and since when a posted ledger hangs on paper, as its photographs prove."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from core.models import Attachment
from fees.models import Ledger, PostingProof
from fees.rules import HANGING_DAYS, PLACES_NEEDED, PROOF_DAYS, due_day


@dataclass(frozen=True)
class HangingPlace:
    """A place where a ledger was photographed: since which day, how late that was, and the photographs."""

    name: str
    on: date
    late_days: int
    photographs: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Hanging:
    """Where one issued ledger hangs; ``due_on``: the day by which the rules want it there."""

    places: tuple[HangingPlace, ...]
    due_on: date
    posted_on: date
    posted_until: date

    @property
    def missing(self) -> int:
        """How many places are still to be photographed."""
        return max(0, PLACES_NEEDED - len(self.places))

    @property
    def prove_by(self) -> date:
        """The day by which photographs are expected."""
        return self.posted_on + timedelta(days=PROOF_DAYS)

    @property
    def until(self) -> date:
        """The day up to which the paper must hang: as announced, and seven days from when enough places had it."""
        enough = sorted(place.on for place in self.places)[:PLACES_NEEDED]
        return max([self.posted_until, *(on + timedelta(days=HANGING_DAYS) for on in enough)])

    @property
    def late_days(self) -> int:
        """How many days after the due day the last needed place had it; 0 while places are missing."""
        enough = sorted(self.places, key=lambda place: place.on)[:PLACES_NEEDED]
        return max(place.late_days for place in enough) if len(enough) == PLACES_NEEDED else 0

    @property
    def by_day(self) -> tuple[tuple[date, tuple[HangingPlace, ...]], ...]:
        """The places by the day on which each got the paper, the earliest first."""
        days = dict.fromkeys(place.on for place in self.places)
        return tuple((day, tuple(place for place in self.places if place.on == day)) for day in days)


def hanging_of(ledger: Ledger, proofs: Iterable[PostingProof]) -> Hanging:
    """Return where a ledger hangs, from its proofs: each place once, with its first day, in order of days.

    Source: PMC 8: at two conspicuous places at least, seven days at least.
    """
    due = due_day(ledger.last_month)
    found: dict[str, list[PostingProof]] = {}
    for proof in sorted(proofs, key=lambda p: (p.on, p.pk)):
        found.setdefault(proof.place, []).append(proof)
    # A correction comes later than the month's due day by its nature: it is due when it is posted.
    due = max(due, ledger.posted_on) if ledger.version > 1 else due
    places = tuple(
        HangingPlace(name, rows[0].on, max(0, (rows[0].on - due).days), tuple(row.attachment for row in rows))
        for name, rows in found.items()
    )
    return Hanging(places, due, ledger.posted_on, ledger.posted_until)
