"""The one way in which a paper becomes something else: an event that stays, under the paper's lock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from django.db.models import Max
from django.utils import timezone

from ballots.choices import PaperState
from ballots.models import Ballot, Paper, PaperEvent
from ballots.operations.refusals import NotPossible
from ballots.rules.papers import may_become
from core.models import User


def moment_of(ballot: Ballot, at: datetime) -> datetime:
    """Return the time that may be kept: of a secret ballot the first moment of the day (quality.md, D27)."""
    return timezone.make_aware(datetime.combine(timezone.localdate(at), time.min)) if ballot.secret else at


def lock_papers(ballot: Ballot, papers: Iterable[Paper]) -> list[Paper]:
    """Lock papers of a ballot in the order of their keys, in the caller's transaction, with entry and ballot."""
    keys = [paper.pk for paper in papers]
    found = Paper.objects.select_for_update(of=("self",)).filter(ballot=ballot, pk__in=keys)
    return list(found.select_related("entry", "ballot__compound").order_by("pk"))


def become(
    papers: Iterable[Paper], state: PaperState, *, on: date, actor: User, at: datetime, **told: str
) -> list[PaperEvent]:
    """Let locked papers become something: one event each, and the state. ``told``: columns of ``PaperEvent``.

    :raises NotPossible: for the first paper that cannot become this; nothing is written then.
    """
    papers = list(papers)
    for paper in papers:
        if not may_become(paper.state, state):
            raise NotPossible(paper, state)
    last = dict(
        PaperEvent.objects.filter(paper__in=papers)
        .values_list("paper")
        .annotate(Max("seq"))
        .values_list("paper", "seq__max")
    )
    made = [
        PaperEvent(
            paper=paper, seq=last.get(paper.pk, 0) + 1, state=state, on=on, by=actor, at=moment_of(paper.ballot, at), **told
        )
        for paper in papers
    ]  # fmt: skip
    PaperEvent.objects.bulk_create(made, batch_size=500)
    for paper in papers:
        paper.state = state
    Paper.objects.bulk_update(papers, ["state"], batch_size=500)
    return made
