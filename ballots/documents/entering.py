"""Entering as it is worked at: bundles and whose turn they are, where sheets stand, differences, one's own pace."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby

from django.db.models import Count, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from ballots.models import Ballot, Bundle, PaperEntry, Settlement, Sheet
from ballots.rules.counting import APPROVE, CHOOSE_UP_TO, Asked
from ballots.rules.entries import AGREED, NOTHING, ONE, OPEN_TO_SETTLE, SETTLED, Said, said_of, same, sheet_state
from core.models import User

FRESH, MINE, SECOND, BUSY, DONE_BY_ME, DONE = "fresh", "mine", "second", "busy", "done_by_me", "done"


@dataclass(frozen=True)
class Printed:
    """A question as it stands on the paper: its text and its options' words beside what counting knows."""

    asked: Asked
    text: str
    options: tuple[str, ...]
    write_in: bool = False

    @property
    def number(self) -> int:
        return self.asked.number

    @property
    def elects(self) -> bool:
        """Whether persons are elected: then of each option is said 赞成, 反对 or 弃权."""
        return bool(self.asked.seats)

    def is_blank(self, said: Said) -> bool:
        """Whether nothing is said to it."""
        return not (said.marks.get(self.number) or said.opposed.get(self.number) or said.written.get(self.number))

    @property
    def several(self) -> bool:
        return self.asked.kind == CHOOSE_UP_TO


def printed_of(ballot: Ballot) -> list[Printed]:
    """Return a ballot's questions as printed; one query."""
    rows = ballot.questions.order_by("number", "options__number").values_list(
        "number", "kind", "text", "most", "seats", "write_in", "options__text"
    )
    found = []
    for (number, kind, text, most, seats, write_in), group in groupby(rows, key=lambda row: row[:6]):
        texts = tuple(option for *_, option in group if option is not None)
        count = 0 if kind == APPROVE else len(texts)
        found.append(Printed(Asked(number, kind, count, most or 1, seats), text, texts, write_in))
    return found


def said_in(row: PaperEntry | Settlement) -> Said:
    """Return what an entry or a settlement says."""
    return said_of(row.marks, row.reasons, row.void, getattr(row, "doubtful", False))


# --- Bundles ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BundleTurn:
    """A bundle and how far it is; ``turn``: whether it is this person's to enter, and in which round.

    ``fresh`` nobody began · ``mine`` begun by this person · ``second`` another did the first round · ``busy`` another
    is at it · ``done_by_me`` entered by this person, the second round is another's · ``done`` both rounds.
    """

    bundle: Bundle
    sheets: int
    first: int
    second: int
    mine: int
    turn: str

    @property
    def left(self) -> int:
        """Return how many sheets this person has not entered."""
        return self.sheets - self.mine

    @property
    def is_open(self) -> bool:
        return self.turn in (FRESH, MINE, SECOND)


def bundles_of(ballot: Ballot, user: User) -> list[BundleTurn]:
    """Return the ballot's bundles in order with whose turn each is; one query, however many sheets."""
    now = Q(sheets__entries__count=ballot.count_number)
    counted = ballot.bundles.order_by("number").annotate(
        lying=Count("sheets", distinct=True),
        first_round=Count("sheets__entries", filter=now & Q(sheets__entries__round=1)),
        second_round=Count("sheets__entries", filter=now & Q(sheets__entries__round=2)),
        own=Count("sheets__entries", filter=now & Q(sheets__entries__user=user)),
    )
    return [_turn(bundle, ballot.single_entry) for bundle in counted]


def _turn(bundle: Bundle, single: bool) -> BundleTurn:
    sheets, first, second = bundle.lying, bundle.first_round, bundle.second_round  # type: ignore[attr-defined]
    own = bundle.own  # type: ignore[attr-defined]
    wanted = sheets if single else 2 * sheets
    if first + second >= wanted:
        turn = DONE
    elif own >= sheets:
        turn = DONE_BY_ME
    elif own:
        turn = MINE
    elif first == 0:
        turn = FRESH
    elif first >= sheets and second == 0 and not single:
        turn = SECOND
    else:
        turn = BUSY
    return BundleTurn(bundle, sheets, first, second, own, turn)


@dataclass(frozen=True, slots=True)
class PileSheet:
    """A sheet as it lies in a bundle, for one person: its head, and what this person entered; nobody else's marks."""

    pk: int
    position: int
    serial: str
    place: str
    kind: str
    name: str
    taken: int
    mine: int | None
    round: int | None
    seconds: int | None
    marks: str | None
    reasons: str | None
    void: str | None
    doubtful: bool | None
    remarks: str | None
    note: str | None
    version: int | None

    @property
    def said(self) -> Said | None:
        """Return what this person entered."""
        if self.marks is None or self.reasons is None:
            return None
        return said_of(self.marks, self.reasons, self.void or "", bool(self.doubtful))

    @property
    def next_round(self) -> int:
        """Return the round in which this person entered it, or would."""
        return self.round or self.taken + 1


@dataclass(frozen=True)
class Pile:
    """One bundle as one person enters it: which sheets are left for them, how far they are, how long it will take."""

    number: int
    sheets: tuple[PileSheet, ...]
    rounds: int

    @property
    def left(self) -> tuple[int, ...]:
        """Return the positions that are left to this person."""
        return tuple(s.position for s in self.sheets if s.mine is None and s.taken < self.rounds)

    @property
    def total(self) -> int:
        return len(self.sheets)

    @property
    def done(self) -> int:
        return self.total - len(self.left)

    @property
    def minutes(self) -> int:
        """Return how many minutes the rest takes at this person's pace in this bundle; 0 where nothing tells."""
        timed = [s.seconds for s in self.sheets if s.seconds is not None]
        return -(-len(self.left) * sum(timed) // (len(timed) * 60)) if timed else 0

    @property
    def latest(self) -> list[PileSheet]:
        """Return what this person entered, the last first."""
        return sorted((s for s in self.sheets if s.mine), key=lambda s: -(s.mine or 0))

    def at(self, position: int) -> PileSheet | None:
        """Return the sheet that lies there."""
        return next((s for s in self.sheets if s.position == position), None)

    def after(self, position: int) -> int | None:
        """Return the next sheet left to this person, from here on and then from the bundle's beginning."""
        later = [place for place in self.left if place > position]
        return next(iter(later or [place for place in self.left if place != position]), None)


def pile_of(ballot: Ballot, bundle: int, user: User) -> Pile:
    """Return a bundle, by its number, as this person enters it; one query, which reads nobody else's marks."""
    now = Q(entries__count=ballot.count_number)
    taken = PaperEntry.objects.filter(sheet=OuterRef("pk"), count=ballot.count_number).order_by().values("sheet")
    # By the bundle, not by the ballot's sheets: the planner would walk through thousands.
    rows = Sheet.objects.filter(bundle__ballot=ballot, bundle__number=bundle).annotate(
        own=FilteredRelation("entries", condition=now & Q(entries__user=user)),
        taken=Coalesce(Subquery(taken.annotate(n=Count("pk")).values("n")), 0),
    )
    columns = rows.order_by("position").values_list(
        "pk", "position", "paper__serial", "paper__entry__place", "paper__entry__kind", "paper__entry__person__name",
        "taken", "own__pk", "own__round", "own__seconds", "own__marks", "own__reasons", "own__void", "own__doubtful",
        "own__remarks", "own__note", "own__version",
    )  # fmt: skip
    return Pile(bundle, tuple(PileSheet(*row) for row in columns), 1 if ballot.single_entry else 2)


# --- Where sheets stand -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SheetSaid:
    """A sheet in one counting: where it stands, and what counts where it is agreed or settled.

    ``serial``, ``entry`` and ``area`` (m²): of the paper; empty where the ballot is secret.
    """

    sheet: int
    state: str
    counts: Said | None
    serial: str = ""
    entry: int | None = None
    area: Decimal | None = None


def sheets_said(ballot: Ballot, count: int | None = None) -> list[SheetSaid]:
    """Return where every sheet of a counting stands, with what counts where that is certain; three queries."""
    number = count or ballot.count_number
    entries: dict[int, list[Said]] = defaultdict(list)
    rows = PaperEntry.objects.filter(sheet__ballot=ballot, count=number).order_by("sheet", "round")
    for sheet, marks, reasons, void, doubtful in rows.values_list("sheet_id", "marks", "reasons", "void", "doubtful"):
        entries[sheet].append(said_of(marks, reasons, void, doubtful))
    decided = Settlement.objects.filter(sheet__ballot=ballot, count=number)
    settled = {
        sheet: said_of(marks, reasons, void)
        for sheet, marks, reasons, void in decided.values_list("sheet_id", "marks", "reasons", "void")
    }
    found = []
    rows_of = ballot.sheets.order_by("bundle__number", "position").values_list(
        "pk", "paper__serial", "paper__entry__number", "paper__entry__area"
    )
    for sheet, serial, entry, area in rows_of:
        said = entries.get(sheet, [])
        state = sheet_state(said, settled=sheet in settled, single=ballot.single_entry)
        counts = settled.get(sheet) if state == SETTLED else said[0] if state == AGREED else None
        found.append(SheetSaid(sheet, state, counts, serial or "", entry, area))
    return found


def is_counted_out(sheets: Iterable[SheetSaid]) -> bool:
    """Return whether every sheet is agreed or settled: only then anybody sees what was voted."""
    return all(sheet.counts is not None for sheet in sheets)


@dataclass(frozen=True)
class Progress:
    """How many sheets there are and where they stand; never what they say."""

    sheets: int
    untouched: int
    once: int
    agreed: int
    settled: int
    differing: int


def progress_of(ballot: Ballot) -> Progress:
    """Return where the sheets of the present counting stand, in numbers."""
    states = Counter(sheet.state for sheet in sheets_said(ballot))
    return Progress(
        sheets=states.total(),
        untouched=states[NOTHING],
        once=states[ONE],
        agreed=states[AGREED],
        settled=states[SETTLED],
        differing=sum(states[state] for state in OPEN_TO_SETTLE),
    )


@dataclass(frozen=True)
class Difference:
    """A sheet that a third person looks at; ``doubtful``: one who entered it was not sure."""

    sheet: Sheet
    doubtful: bool
    users: tuple[int, ...]


def differences_of(ballot: Ballot) -> list[Difference]:
    """Return the sheets that a third person settles, in the order in which they lie; the queue shows no marks."""
    open_ = {said.sheet: said.state for said in sheets_said(ballot) if said.state in OPEN_TO_SETTLE}
    if not open_:
        return []
    users: dict[int, list[int]] = defaultdict(list)
    entered = PaperEntry.objects.filter(sheet__in=open_, count=ballot.count_number).order_by("round")
    for sheet, user in entered.values_list("sheet_id", "user_id"):
        users[sheet].append(user)
    rows = Sheet.objects.filter(pk__in=open_).select_related("bundle", "paper__entry")
    return [
        Difference(sheet, open_[sheet.pk] != "differs", tuple(users[sheet.pk]))
        for sheet in rows.order_by("bundle__number", "position")
    ]


# --- One's own pace -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pace:
    """How one person works: papers, seconds a paper, and of those settled how many were read otherwise."""

    papers: int
    seconds: int | None
    settled: int
    wrong: int


def pace_of(ballot: Ballot, user: User) -> Pace:
    """Return a person's own pace, for their own page only; what was settled is compared while the ballot is counted."""
    mine = {
        e.sheet_id: e for e in PaperEntry.objects.filter(sheet__ballot=ballot, count=ballot.count_number, user=user)
    }
    timed = [entry.seconds for entry in mine.values() if entry.seconds is not None]
    settled = Settlement.objects.filter(sheet__in=mine, count=ballot.count_number)
    told = [(mine[row.sheet_id], row) for row in settled]
    wrong = sum(not same(replace(said_in(entry), doubtful=False), said_in(row)) for entry, row in told)
    return Pace(len(mine), round(sum(timed) / len(timed)) if timed else None, len(told), wrong)
