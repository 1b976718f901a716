"""Papers go out and come back: handed over, taken back into bundles, refused, not reached, late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from ballots.choices import BallotState, Channel, PaperState, VisitOutcome
from ballots.models import Ballot, Bundle, Paper, PaperEntry, PaperVisit, RollEntry, Sheet
from ballots.operations.moving import lock_ballot
from ballots.operations.papers import become, lock_papers, moment_of
from ballots.operations.refusals import EntriesStand, NotIntoBox, NotPossible, NotYet, TooFewAttempts
from ballots.rules.papers import ATTEMPTS, BUNDLE_SIZE, attempts_made, is_unreached
from core.models import User
from core.operations import record

# The ways in which a sheet comes into a box.
BOXES = (Channel.FIXED_BOX, Channel.MOBILE_BOX, Channel.MEETING)


@dataclass(frozen=True)
class Batch:
    """What a batch of scans did: papers that became it now, and those that were it already."""

    done: list[Paper] = field(default_factory=list)
    already: list[Paper] = field(default_factory=list)


def _said(ballot: Ballot, action: str, words: str, *, actor: User, at: datetime) -> None:
    record(action, f"第{ballot.number}次表决：{words}", actor=actor, at=moment_of(ballot, at),
           area_code=ballot.compound.area_code, subject=ballot)  # fmt: skip


def _places(papers: Sequence[Paper]) -> str:
    first = "、".join(paper.entry.place for paper in papers[:5])
    return f"{first}等{len(papers)}户" if len(papers) > 5 else first


def _refuse_early(ballot: Ballot, on: date) -> None:
    """Let nothing go out or come back before the day that was announced (BPR 35).

    :raises NotYet:
    """
    if ballot.voting_from_on and on < ballot.voting_from_on:
        raise NotYet(ballot.voting_from_on)


@transaction.atomic
def issue_papers(
    ballot: Ballot, papers: Iterable[Paper], *, on: date, actor: User, at: datetime, to_whom: str = ""
) -> Batch:
    """Hand papers over; those that are out already are told, not handed over again. Record it once for all.

    :raises WrongState: unless papers are being issued. :raises NotPossible: for a paper that is back or spoilt.
    :raises NotYet: before the day that the notice says.
    """
    found = lock_ballot(ballot, BallotState.ISSUING)
    _refuse_early(found, on)
    locked = lock_papers(found, papers)
    already = [paper for paper in locked if paper.state == PaperState.ISSUED]
    fresh = [paper for paper in locked if paper.state != PaperState.ISSUED]
    for paper in fresh:
        if paper.state in (PaperState.RETURNED, PaperState.LATE):
            raise NotPossible(paper, PaperState.ISSUED)
    become(fresh, PaperState.ISSUED, on=on, actor=actor, at=at, to_whom=to_whom)
    if fresh:
        _said(found, "paper.issue", f"发放选票{len(fresh)}张：{_places(fresh)}", actor=actor, at=at)
    return Batch(fresh, already)


@transaction.atomic
def return_papers(
    ballot: Ballot, papers: Iterable[Paper], channel: Channel, *, on: date, actor: User, at: datetime
) -> Batch:
    """Take papers back, in the order given, into the open bundle; what comes after the last day, or while counting, is late.

    A paper whose handing over nobody typed is handed over now, with a note. Late ones are kept and lie in no bundle;
    nor do those of a secret ballot, which go into the box. Record it once for all.

    :raises WrongState: unless papers are being taken. :raises NotPossible: for a spoilt paper.
    :raises NotYet: before the day that the notice says. :raises NotIntoBox: for a way that leads into no box, in a
        secret ballot.
    """
    found = lock_ballot(ballot, BallotState.ISSUING, BallotState.COUNTING)
    _refuse_early(found, on)
    if found.secret and channel not in BOXES:
        raise NotIntoBox
    order = {paper.pk: place for place, paper in enumerate(papers)}
    locked = lock_papers(found, papers)
    if not found.secret:  # who came first to the box is nobody's business
        locked.sort(key=lambda paper: order[paper.pk])
    back = (PaperState.RETURNED, PaperState.LATE)
    already = [paper for paper in locked if paper.state in back]
    fresh = [paper for paper in locked if paper.state not in back]
    unissued = [paper for paper in fresh if paper.state == PaperState.PRINTED]
    become(unissued, PaperState.ISSUED, on=on, actor=actor, at=at, note="交回时补登发放")
    late = found.state == BallotState.COUNTING or (found.voting_until_on is not None and on > found.voting_until_on)
    become(fresh, PaperState.LATE if late else PaperState.RETURNED, on=on, actor=actor, at=at, channel=channel)
    if fresh and not late and not found.secret:
        _lay_in_bundles(found, fresh)
    if fresh:
        words = f"{'逾期' if late else ''}交回选票{len(fresh)}张（{Channel(channel).label}）：{_places(fresh)}"
        _said(found, "paper.return", words, actor=actor, at=at)
    return Batch(fresh, already)


def _lay_in_bundles(ballot: Ballot, papers: Sequence[Paper]) -> None:
    """Lay papers into the newest bundle until it holds fifty, then into new ones."""
    bundle = Bundle.objects.filter(ballot=ballot).order_by("-number").first()
    room = BUNDLE_SIZE - bundle.sheets.count() if bundle else 0
    place = _last_place(bundle) if bundle else 0
    made = []
    for paper in papers:
        if bundle is None or room <= 0:
            bundle = Bundle.objects.create(ballot=ballot, number=bundle.number + 1 if bundle else 1)
            place, room = 0, BUNDLE_SIZE
        place, room = place + 1, room - 1
        made.append(Sheet(ballot=ballot, bundle=bundle, position=place, paper=paper))
    Sheet.objects.bulk_create(made, batch_size=500)


def _last_place(bundle: Bundle) -> int:
    last = bundle.sheets.order_by("-position").values_list("position", flat=True).first()
    return last or 0


@transaction.atomic
def undo_return(ballot: Ballot, paper: Paper, reason: str, *, on: date, actor: User, at: datetime) -> None:
    """Take back a scan that was a slip: the paper is out again, and its place in the bundle empty. Record it.

    :raises NotPossible: for a paper that is not back. :raises EntriesStand: once somebody entered it.
    """
    found = lock_ballot(ballot, BallotState.ISSUING, BallotState.COUNTING)
    (locked,) = lock_papers(found, [paper])
    if locked.state not in (PaperState.RETURNED, PaperState.LATE):
        raise NotPossible(locked, PaperState.ISSUED)
    if PaperEntry.objects.filter(sheet__paper=locked).exists():
        raise EntriesStand(locked)
    _take_out(locked)
    become([locked], PaperState.ISSUED, on=on, actor=actor, at=at, note=reason)
    _said(found, "paper.undo", f"{locked.entry.place}没有交回，改正：{reason}", actor=actor, at=at)


def _take_out(paper: Paper) -> None:
    """Take a paper's sheet out of its bundle; where the bundle was compared with its slip, it has to be anew."""
    lying = Sheet.objects.filter(paper=paper)
    Bundle.objects.filter(sheets__in=lying).update(sheet_count=None, closed_by=None, closed_on=None)
    lying.delete()


@transaction.atomic
def note_refusal(
    ballot: Ballot, paper: Paper, witnesses: str, note: str, *, on: date, actor: User, at: datetime
) -> None:
    """Note that a voter will not take the paper or give it back, before two witnesses. Record it.

    :raises WrongState: :raises NotPossible: for a paper that is back or spoilt.
    """
    found = lock_ballot(ballot, BallotState.ISSUING)
    (locked,) = lock_papers(found, [paper])
    become([locked], PaperState.REFUSED, on=on, actor=actor, at=at, witnesses=witnesses, note=note)
    _said(found, "paper.refuse", f"{locked.entry.place}拒收，证明人：{witnesses}", actor=actor, at=at)


@transaction.atomic
def note_visit(
    ballot: Ballot,
    entry: RollEntry,
    on: date,
    time: str,
    outcome: VisitOutcome,
    note: str,
    *,
    actor: User,
    at: datetime,
) -> PaperVisit:
    """Note an attempt to bring a paper or to fetch it; the same one twice is one. Record it.

    :raises WrongState: unless papers are being issued.
    """
    found = lock_ballot(ballot, BallotState.ISSUING)
    before = PaperVisit.objects.filter(entry=entry, on=on, time=time, outcome=outcome).first()
    if before is not None:
        return before
    made = PaperVisit.objects.create(
        entry=entry, on=on, time=time, outcome=outcome, note=note, by=actor, at=moment_of(found, at)
    )
    _said(found, "paper.visit", f"{entry.place}入户：{VisitOutcome(outcome).label}", actor=actor, at=at)
    return made


@transaction.atomic
def hold_for_undeliverable(ballot: Ballot, paper: Paper, notice: str, *, on: date, actor: User, at: datetime) -> None:
    """Note that a voter could not be reached, after three attempts at different times and a posted notice. Record it.

    ``notice``: where and when the notice hangs. :raises TooFewAttempts: :raises WrongState: :raises NotPossible:
    """
    found = lock_ballot(ballot, BallotState.ISSUING)
    (locked,) = lock_papers(found, [paper])
    visits = list(
        PaperVisit.objects.filter(entry=locked.entry).exclude(outcome=VisitOutcome.HANDED).values_list("on", "time")
    )
    if not is_unreached(visits):
        raise TooFewAttempts(attempts_made(visits), ATTEMPTS)
    become([locked], PaperState.UNDELIVERABLE, on=on, actor=actor, at=at, note=notice)
    _said(found, "paper.undeliverable", f"{locked.entry.place}未能送达，已张贴通知：{notice}", actor=actor, at=at)
