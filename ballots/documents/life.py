"""Where a ballot stands: what is due by when, what is late, and what the next move still lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ballots.choices import BallotState, Move
from ballots.models import Ballot, BallotMove

# Kinds of deadlines; "hang": a time that only runs out.
ANNOUNCE, HANG, FREEZE, COUNT, POST, TAKE_EFFECT = "announce", "hang", "freeze", "count", "post", "final"


@dataclass(frozen=True)
class Deadline:
    """A day by which something is done."""

    kind: str
    label: str
    due_on: date
    done_on: date | None
    today: date

    @property
    def late_days(self) -> int:
        """Days past the deadline when it was done, or by today."""
        return 0 if self.kind == HANG else max(0, ((self.done_on or self.today) - self.due_on).days)

    @property
    def is_late(self) -> bool:
        return self.done_on is None and self.late_days > 0

    @property
    def days_left(self) -> int:
        return (self.due_on - self.today).days


@dataclass(frozen=True)
class Missing:
    """Something that the next move still lacks: in words, and the page where it is mended."""

    words: str
    page: str


@dataclass(frozen=True)
class Days:
    """When a ballot went on; None where it has not. ``posted``: the first photograph of the present result."""

    issuing: date | None = None
    counting: date | None = None
    certified: date | None = None
    posted: date | None = None
    final: date | None = None


def deadlines_of(ballot: Ballot, moves: Sequence[BallotMove], today: date) -> list[Deadline]:
    """Return the days of a ballot in their order. ``moves``: all of it, with their photographs (``proofs``)."""
    last = {move.kind: move for move in moves}
    proofs = [proof.on for proof in last[Move.CERTIFIED].proofs.all()] if Move.CERTIFIED in last else []

    def moved(kind: Move) -> date | None:
        return last[kind].on if kind in last else None

    days = Days(moved(Move.ISSUING), moved(Move.COUNTING), moved(Move.CERTIFIED), min(proofs, default=None),
                moved(Move.FINAL))  # fmt: skip
    return deadlines_from(ballot, days, today)


def deadlines_from(ballot: Ballot, days: Days, today: date) -> list[Deadline]:
    """Return the days of a ballot in their order, by when it went on."""
    rule, found = ballot.rule, []

    def add(label: str, due_on: date, done_on: date | None, kind: str) -> None:
        found.append(Deadline(kind, label, due_on, done_on, today))

    if ballot.announce_by_on:
        add("张贴公告", ballot.announce_by_on, ballot.announced_on, ANNOUNCE)
    if ballot.announced_on and ballot.voting_from_on and ballot.voting_until_on:
        over = ballot.announced_on + timedelta(rule.roll_objection_days)
        add("名册异议期满", over, over if over < today else None, HANG)
        add("锁定名册，开始发票", ballot.voting_from_on, days.issuing, FREEZE)
        add("停止收票，开始计票", ballot.voting_until_on + timedelta(1), days.counting, COUNT)
    if days.certified:
        add("张贴结果", days.certified + timedelta(rule.post_days), days.posted, POST)
        over = days.certified + timedelta(rule.objection_days)
        add("结果异议期满", over, over if over < today else None, HANG)
        add("生效", over + timedelta(1), days.final, TAKE_EFFECT)
    if ballot.state in (BallotState.CANCELLED, BallotState.ANNULLED, BallotState.SET_ASIDE):
        return [row for row in found if row.done_on]
    return sorted(found, key=lambda row: row.due_on)


def missing_for_notice(ballot: Ballot) -> list[Missing]:
    """Return what a draft still lacks before it can be announced."""
    questions = ballot.questions.exists()
    lacks = [
        (not questions, "还没有题目", "ballot_draft"),
        (not ballot.voting_from_on or not ballot.voting_until_on, "还没有写哪天发票、哪天收票截止", "ballot_edit"),
        (not ballot.return_place, "还没有写票交到哪里", "ballot_edit"),
        (not ballot.count_place, "还没有写计票的时间和地点", "ballot_edit"),
        (not ballot.contact, "还没有写有事问谁", "ballot_edit"),
    ]
    return [Missing(words, page) for lack, words, page in lacks if lack]


def places_of(moves: Sequence[BallotMove], kind: Move) -> set[str]:
    """Return the places where photographs show what was posted with the last move of a kind."""
    last = [move for move in moves if move.kind == kind][-1:]
    return {proof.place for move in last for proof in move.proofs.all()}


PLACES_WANTED = 2


def to_hang(moves: Sequence[BallotMove]) -> list[Missing]:
    """Return which posted papers hang at fewer than two places by their photographs (PMC 8: at least two)."""
    found = []
    for kind, words in ((Move.ANNOUNCED, "公告"), (Move.EXTENDED, "延长的公告"), (Move.CERTIFIED, "结果")):
        if any(move.kind == kind for move in moves):
            short = PLACES_WANTED - len(places_of(moves, kind))
            if short > 0:
                found.append(Missing(f"{words}要贴在至少两处，还差{short}处的照片", "ballot_notice"))
    return found
