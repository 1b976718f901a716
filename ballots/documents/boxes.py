"""Box reconciliation (票数核对): what was printed, handed out, brought back and entered, in figures that must add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery, Sum

from ballots.choices import PaperState
from ballots.documents.entering import SheetSaid
from ballots.models import Ballot, Paper, PaperEvent

# A paper that was handed out and is not back.
OUT = (PaperState.ISSUED, PaperState.REFUSED, PaperState.UNDELIVERABLE)


@dataclass(frozen=True)
class Box:
    """Sheets of paper, each counted once; ``sheets`` lie in bundles, ``found`` lay in a secret ballot's boxes.

    ``strays``: papers whose state is not what happened to them last; ``covers``: bundles whose slip says another
    count than sheets lie in them.
    """

    secret: bool
    printed: int
    unissued: int
    spoilt: int
    returned: int
    late: int
    refused: int
    undeliverable: int
    outstanding: int
    sheets: int
    entered: int
    strays: int = 0
    covers: int = 0
    found: int | None = None

    @property
    def issued(self) -> int:
        """Return how many were handed out: what came back in any way, and what is still out."""
        return self.returned + self.late + self.refused + self.undeliverable + self.outstanding

    @property
    def is_too_full(self) -> bool:
        """Whether more sheets lay in the box than were handed out: the whole election is void (VIL 28)."""
        return self.secret and max(self.found or 0, self.sheets) > self.issued

    @property
    def to_enter(self) -> int:
        """Return how many sheets are still to be entered."""
        return self.sheets - self.entered

    @property
    def faults(self) -> list[tuple[str, int, int]]:
        """Return what does not add up: its key, what it should be, what it is."""
        told = []
        accounted = self.issued + self.unissued + self.spoilt
        if self.printed != accounted and not self.secret:
            told.append(("printed", accounted, self.printed))
        if self.secret and self.printed < self.issued:
            told.append(("printed_too_few", self.issued, self.printed))
        if self.secret and self.is_too_full:
            told.append(("box_too_full", self.issued, self.found or self.sheets))
        if self.secret and self.found is None:
            told.append(("box_unopened", self.issued, 0))
        if self.secret and self.found is not None and self.found != self.sheets:
            told.append(("box_sheets", self.found, self.sheets))
        if not self.secret and self.sheets != self.returned:
            told.append(("returned", self.returned, self.sheets))
        if self.to_enter:
            told.append(("to_enter", self.sheets, self.entered))
        if self.strays:
            told.append(("strays", 0, self.strays))
        if self.covers:
            told.append(("covers", 0, self.covers))
        return told

    @property
    def holds(self) -> bool:
        """Whether everything adds up and nothing waits to be entered."""
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as the result's data keeps them."""
        names = (
            "printed",
            "unissued",
            "spoilt",
            "returned",
            "late",
            "refused",
            "undeliverable",
            "outstanding",
            "sheets",
            "entered",
        )
        found = {"found": self.found} if self.secret else {}
        return {"issued": self.issued, **{name: getattr(self, name) for name in names}, **found}


def box_of(ballot: Ballot, sheets: list[SheetSaid]) -> Box:
    """Return the box of a ballot; ``sheets``: where each stands in the counting that is asked about. Four queries, five in a secret ballot."""
    states = Counter(dict(ballot.papers.order_by().values_list("state").annotate(Count("pk"))))
    last = PaperEvent.objects.filter(paper=OuterRef("pk")).order_by("-seq").values("state")[:1]
    strays = Paper.objects.filter(ballot=ballot).annotate(last=Subquery(last)).exclude(state=F("last")).count()
    lying = ballot.bundles.filter(closed_on__isnull=False).annotate(lying=Count("sheets"))
    covers = lying.filter(~Q(sheet_count=F("lying"))).count()
    printed, found = sum(states.values()), None
    if ballot.secret:
        found = ballot.openings.order_by("-pk").values_list("sheets", flat=True).first()
        printed = ballot.prints.aggregate(sheets=Sum("sheets"))["sheets"] or 0
    spoilt = states[PaperState.SPOILT]
    handed = sum(states.values()) - states[PaperState.PRINTED] - spoilt
    return Box(
        secret=ballot.secret,
        printed=printed,
        unissued=printed - handed - spoilt if ballot.secret else states[PaperState.PRINTED],
        spoilt=spoilt,
        returned=states[PaperState.RETURNED],
        late=states[PaperState.LATE],
        refused=states[PaperState.REFUSED],
        undeliverable=states[PaperState.UNDELIVERABLE],
        outstanding=states[PaperState.ISSUED],
        sheets=len(sheets),
        entered=sum(1 for sheet in sheets if sheet.counts is not None),
        strays=strays,
        covers=covers,
        found=found,
    )
