"""What waits with ballots, over many compounds at once: each with its days and how far it is, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import BooleanField, Case, Count, Exists, Min, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from ballots.choices import BallotState, Move
from ballots.documents.life import Days
from ballots.models import Ballot, BallotMove, BallotProof, BallotQuerySet, Certification, PaperEntry, Settlement, Sheet
from compounds.choices import ObjectionOutcome
from compounds.models import Objection
from core.models import User

AT_WORK = (
    BallotState.DRAFT, BallotState.ANNOUNCED, BallotState.ISSUING, BallotState.COUNTING, BallotState.CERTIFIED,
)  # fmt: skip
UPHELD = (ObjectionOutcome.UPHELD, ObjectionOutcome.PARTLY)


@dataclass(frozen=True)
class AtWork:
    """A ballot that is not over, and what is to be done with it.

    ``hung_on``: since when its notice hangs, the latest extension, or the result; ``places``: at how many photographs
    show it. ``objections``: those without an
    answer, the most pressing due on ``answer_by``. ``unsure``: whether any sheet is neither agreed nor settled;
    ``first_by``: who certified as the first. For the person who asks: ``is_clerk``, whether they were named to enter
    its papers; ``to_enter`` and ``to_settle``, how many sheets wait for them.
    """

    ballot: Ballot
    days: Days
    hung_on: date | None
    places: int
    objections: int
    answer_by: date | None
    upheld: int
    unsure: bool
    first_by: int | None
    is_clerk: bool = False
    to_enter: int = 0
    to_settle: int = 0


def ballots_at_work(areas: Sequence[str]) -> list[AtWork]:
    """Return the ballots below these areas that are not over; one query, or none."""
    return _read(Ballot.objects.within(list(areas))) if areas else []


def ballots_for(user: User, areas: Sequence[str], on: date) -> list[AtWork]:
    """Return them as they stand for a person on a day, and those that they were named for; one query."""
    named = Ballot.objects.counted_by(user, on).filter(pk=OuterRef("pk"))
    reach = Q(Exists(named)) | Q(pk__in=Ballot.objects.within(list(areas)).values("pk"))
    found = Ballot.objects.filter(reach).annotate(
        is_clerk=Exists(named),
        to_enter=_counted(~_full(), ~Exists(_entries(user=user))),
        to_settle=_counted(_full() & _unlike(), ~_settled(), ~Exists(_entries(user=user))),
    )
    return _read(found)


def _read(ballots: BallotQuerySet) -> list[AtWork]:
    rows = ballots.filter(state__in=AT_WORK).select_related("compound", "rule")
    notice = (Move.ANNOUNCED, Move.EXTENDED)
    hangs = Case(When(state=BallotState.CERTIFIED, then=_last("pk", Move.CERTIFIED)), default=_last("pk", *notice))
    rows = rows.annotate(
        **{f"{kind.value}_on": _last("on", kind) for kind in (Move.ISSUING, Move.COUNTING, Move.CERTIFIED)},
        hangs=hangs,
    ).annotate(
        hung_on=Subquery(BallotMove.objects.filter(pk=OuterRef("hangs")).values("on")),
        places=_proofs(Count("place", distinct=True)),
        posted_on=_proofs(Min("on")),
        objections=_objections(Count("pk"), answer=None),
        answer_by=_objections(Min("answer_by_on"), answer=None),
        upheld=_objections(Count("pk"), document__ballot_move=OuterRef("hangs"), answer__outcome__in=UPHELD),
        unsure=_unsure(),
        first_by=Subquery(_certifications().values("by")[:1]),
    )  # fmt: skip
    return [_at_work(row) for row in rows.order_by("compound__area_code", "number")]


def _at_work(row: Any) -> AtWork:
    certified = row.certified_on if row.state == BallotState.CERTIFIED else None
    days = Days(row.issuing_on, row.counting_on, certified, row.posted_on if certified else None)
    mine = {name: getattr(row, name) for name in ("is_clerk", "to_enter", "to_settle") if hasattr(row, name)}
    return AtWork(row, days, row.hung_on, row.places or 0, row.objections or 0, row.answer_by, row.upheld or 0, row.unsure,
                  row.first_by, **mine)  # fmt: skip


def _last(column: str, *kinds: Move) -> Subquery:
    moves = BallotMove.objects.filter(ballot=OuterRef("pk"), kind__in=kinds)
    return Subquery(moves.order_by("-seq").values(column)[:1])


def _proofs(figure: Count | Min) -> Subquery:
    return Subquery(
        BallotProof.objects.filter(move=OuterRef("hangs")).order_by().values("move").annotate(n=figure).values("n")
    )


def _objections(figure: Count | Min, **which: Any) -> Subquery:
    """Add up the objections to whatever was posted of a ballot."""
    to = Objection.objects.filter(document__ballot_move__ballot=OuterRef("pk"), **which)
    return Subquery(to.order_by().values("document__ballot_move__ballot").annotate(n=figure).values("n"))


def _certifications() -> QuerySet[Certification]:
    return Certification.objects.filter(ballot=OuterRef("pk"), count=OuterRef("count_number"))


# --- Sheets: what ballots.rules.entries.sheet_state says of one, as conditions of a query ---------------------------


def _unsure() -> Case:
    """Whether any sheet of a ballot in counting is neither agreed nor settled; of others nothing is looked at."""
    open_ = Sheet.objects.filter(~_settled() & (~_full() | _unlike()), ballot=OuterRef("pk"))
    return Case(When(state=BallotState.COUNTING, then=Exists(open_)), default=False, output_field=BooleanField())


def _counted(*where: Any) -> Case:
    """Count the sheets of a ballot in counting."""
    found = Sheet.objects.filter(*where, ballot=OuterRef("pk")).order_by().values("ballot")
    counted = Coalesce(Subquery(found.annotate(n=Count("pk")).values("n")), 0)
    return Case(When(state=BallotState.COUNTING, then=counted), default=0)


def _entries(**which: Any) -> QuerySet[PaperEntry]:
    return PaperEntry.objects.filter(sheet=OuterRef("pk"), count=OuterRef("ballot__count_number"), **which)


def _settled() -> Exists:
    return Exists(Settlement.objects.filter(sheet=OuterRef("pk"), count=OuterRef("ballot__count_number")))


def _full() -> Q:
    """Whether a sheet was entered as often as it is to be."""
    return Q(Exists(_entries(round=1))) & (Q(ballot__single_entry=True) | Q(Exists(_entries(round=2))))


def _unlike() -> Q:
    """Whether someone doubts, or the two differ; which questions are invalid follows from the marks."""
    second = PaperEntry.objects.filter(sheet=OuterRef("sheet"), count=OuterRef("count"), round=2)
    unlike = second.exclude(marks=OuterRef("marks"), void=OuterRef("void"))
    return Q(Exists(_entries(doubtful=True))) | Q(Exists(_entries(round=1).filter(Exists(unlike))))
