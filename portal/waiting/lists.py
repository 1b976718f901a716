"""How far the compounds of a scope are with their books, for lists and the aside of the workbench."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, OuterRef, Subquery

from compounds.models import Compound, CompoundQuerySet
from fees.choices import ClosingStep, DraftState
from fees.models import Closing, Draft, Ledger, Period
from fees.rules import PLACES_NEEDED, due_day


@dataclass(frozen=True)
class MonthState:
    """How far the compounds of a scope are with a month's books."""

    month: date
    compounds: int
    posted: int
    approved: int
    prepared: int

    @property
    def unprepared(self) -> int:
        """Compounds whose month is not even prepared, those without books included."""
        return self.compounds - self.posted - self.approved - self.prepared

    @property
    def rows(self) -> tuple[tuple[str, int], ...]:
        """The states with their words, the furthest first."""
        return (
            ("已公示", self.posted),
            ("已审定，没张贴", self.approved),
            ("等主任审定", self.prepared),
            ("还没编制", self.unprepared),
        )


def with_books_state(compounds: CompoundQuerySet) -> CompoundQuerySet:
    """Add ``posted_month`` (last ledger), ``open_month`` (first not closed) and ``waiting`` (drafts for review)."""
    ledgers = Ledger.objects.months().filter(compound=OuterRef("pk")).order_by("-last_month")
    months = Period.objects.not_closed().filter(compound=OuterRef("pk")).order_by("month")
    drafts = (
        Draft.objects.filter(book__compound=OuterRef("pk"), state=DraftState.HANDED_IN)
        .order_by()
        .values("book__compound")
        .annotate(n=Count("pk"))
    )
    return compounds.annotate(
        posted_month=Subquery(ledgers.values("last_month")[:1]),
        open_month=Subquery(months.values("month")[:1]),
        waiting=Subquery(drafts.values("n")),
    )


def month_state(prefixes: Sequence[str], month: date) -> MonthState:
    """Return how far the compounds of a scope are with one month; one query."""
    compounds = with_posting(Compound.objects.within(list(prefixes)), month).order_by()
    rows = list(compounds.values_list("month_step", "month_places"))  # type: ignore[misc]
    unposted = Counter(step for step, places in rows if places is None)
    return MonthState(
        month=month,
        compounds=len(rows),
        posted=sum(places is not None for _, places in rows),
        approved=unposted[ClosingStep.APPROVED],
        prepared=unposted[ClosingStep.PREPARED],
    )


@dataclass(frozen=True)
class Posting:
    """How far a compound's ledger of one month is: posted and at how many places photographed, ready, or late."""

    month: date
    step: str
    places: int | None
    late_days: int

    @property
    def is_posted(self) -> bool:
        return self.places is not None

    @property
    def is_ready(self) -> bool:
        """Whether it is approved and hangs nowhere."""
        return not self.is_posted and self.step == ClosingStep.APPROVED

    @property
    def still_lacks(self) -> int:
        """At how many places the posted paper is still to be photographed."""
        return max(0, PLACES_NEEDED - (self.places or 0))


def with_posting(compounds: CompoundQuerySet, month: date) -> CompoundQuerySet:
    """Add ``month_step`` (how far one month's closing is) and ``month_places`` (null where its ledger hangs nowhere)."""
    last = Closing.objects.filter(period__compound=OuterRef("pk"), period__month=month).order_by("-seq")
    ledgers = Ledger.objects.filter(compound=OuterRef("pk"), code=f"{month:%Y-%m}").order_by("-version").with_places()
    return compounds.annotate(
        month_step=Subquery(last.values("step")[:1]),
        month_places=Subquery(ledgers.values("places")[:1]),  # type: ignore[misc]
    )


def posting_of(compound: Compound, month: date, today: date) -> Posting:
    """Return how far a compound fetched ``with_posting`` is with that month."""
    step, places = compound.month_step or "", compound.month_places  # type: ignore[attr-defined]
    return Posting(month, step, places, max((today - due_day(month)).days, 0))
