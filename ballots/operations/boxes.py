"""A secret ballot's boxes: opened before witnesses, its sheets shuffled, laid in bundles and numbered by hand.

Sheets are made all at once, in the order of bundle and place, and lead to no paper: neither key nor order, time or
history joins one to a voter (quality.md, pitfall 27).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from ballots.choices import BallotState, Move
from ballots.documents.boxes import Box, box_of
from ballots.models import Ballot, BallotMove, BoxOpening, Bundle, PaperEntry, Sheet
from ballots.operations.moving import lock_ballot, move
from ballots.operations.papers import moment_of
from ballots.operations.refusals import (
    BoxNotOpened,
    BoxNotTooFull,
    BoxTooFull,
    BundlesDiffer,
    BundlesEntered,
    NotSecret,
)
from ballots.rules.papers import BUNDLE_SIZE
from core.models import User
from core.operations import record


def _lock(ballot: Ballot) -> Ballot:
    """Lock a secret ballot that is counted and of which nothing is entered yet.

    :raises WrongState, NotSecret, BundlesEntered:
    """
    found = lock_ballot(ballot, BallotState.COUNTING)
    if not found.secret:
        raise NotSecret
    if PaperEntry.objects.filter(sheet__ballot=found).exists():
        raise BundlesEntered
    return found


def _said(ballot: Ballot, words: str, *, actor: User, at: datetime) -> None:
    record("ballot.box", f"第{ballot.number}次表决：{words}", actor=actor, at=moment_of(ballot, at),
           area_code=ballot.compound.area_code, subject=ballot)  # fmt: skip


def bundle_sizes(sheets: int) -> list[int]:
    """Return how many sheets each bundle gets where nothing else is wanted: fifty, and the rest."""
    full, rest = divmod(sheets, BUNDLE_SIZE)
    return [BUNDLE_SIZE] * full + ([rest] if rest else [])


@transaction.atomic
def open_box(
    ballot: Ballot, boxes: str, sheets: int, witnesses: str, note: str = "", *, actor: User, at: datetime
) -> BoxOpening:
    """Note how many sheets lay in the boxes. Counted again before anything is entered, it is noted again. Record it.

    More sheets than were handed out are noted too: then ``void_election`` follows, and nothing is laid in bundles.

    :raises WrongState, NotSecret, BundlesEntered:
    """
    found = _lock(ballot)
    made = BoxOpening.objects.create(
        ballot=found, boxes=boxes, sheets=sheets, witnesses=witnesses, note=note, by=actor, on=timezone.localdate(at)
    )
    _said(found, f"开箱（{boxes}），{sheets}张，监票人：{witnesses}", actor=actor, at=at)
    return made


def _counted(ballot: Ballot) -> Box:
    box = box_of(ballot, [])
    if box.found is None:
        raise BoxNotOpened
    return box


@transaction.atomic
def lay_bundles(ballot: Ballot, counts: Sequence[int], *, actor: User, at: datetime) -> list[Bundle]:
    """Make the bundles as they were laid and numbered by hand, with so many sheets each; what was made before goes.

    :raises WrongState, NotSecret, BundlesEntered, BoxNotOpened, BoxTooFull: :raises BundlesDiffer: where the bundles
        are not what lay in the box, or one holds none or more than fifty.
    """
    found = _lock(ballot)
    box = _counted(found)
    if box.is_too_full:
        raise BoxTooFull(box.issued, box.found or 0)
    if sum(counts) != box.found or not all(1 <= count <= BUNDLE_SIZE for count in counts):
        raise BundlesDiffer(box.found or 0, sum(counts))
    Sheet.objects.filter(ballot=found).delete()
    Bundle.objects.filter(ballot=found).delete()
    bundles = Bundle.objects.bulk_create(Bundle(ballot=found, number=number) for number in range(1, len(counts) + 1))
    Sheet.objects.bulk_create(
        (
            Sheet(ballot=found, bundle=bundle, position=position)
            for bundle, count in zip(bundles, counts, strict=True)
            for position in range(1, count + 1)
        ),
        batch_size=500,
    )  # fmt: skip
    _said(found, f"分成{len(counts)}捆，共{box.found}张", actor=actor, at=at)
    return bundles


@transaction.atomic
def void_election(ballot: Ballot, *, actor: User, at: datetime) -> BallotMove:
    """End a secret ballot in whose boxes lay more sheets than were handed out: the whole of it is void (VIL 28).

    :raises WrongState, NotSecret, BundlesEntered, BoxNotOpened: :raises BoxNotTooFull: where there are not more.
    """
    found = _lock(ballot)
    box = _counted(found)
    if not box.is_too_full:
        raise BoxNotTooFull
    reason = f"票箱里有{box.found}张票，比发出的{box.issued}张多，按规则整次投票无效。"
    made = move(found, Move.CANCELLED, on=timezone.localdate(at), reason=reason, actor=actor, at=at)
    ballot.state, ballot.version = found.state, found.version
    return made
