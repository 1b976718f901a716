"""Entering papers twice, blind, and settling what differs: who may write which row, and when it changes no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone

from ballots.choices import BallotState, PaperState
from ballots.documents.entering import said_in
from ballots.models import Ballot, BallotClerk, Bundle, PaperEntry, PaperScan, Settlement, Sheet
from ballots.operations.moving import lock_ballot
from ballots.operations.refusals import (
    AlreadySettled,
    BallotRefusal,
    CoverDiffers,
    EnteredTwice,
    EntryChanged,
    NamedAlready,
    NoSheet,
    NotClerk,
    NothingToSettle,
    RowsRefused,
    SamePersonTwice,
    WrongState,
)
from ballots.rules.entries import OPEN_TO_SETTLE, Said, same, sheet_state
from core.models import User
from core.operations import KeptPaper, enter_attachment, record

ROUNDS = (1, 2)
LONGEST = 3600  # seconds; who took longer was away


@dataclass(frozen=True)
class Beside:
    """What a clerk notes beside an entry: codes of what was seen, free words, how many seconds it took."""

    remarks: tuple[str, ...] = ()
    note: str = ""
    seconds: int | None = None


@dataclass(frozen=True)
class Imported:
    """What an import did, or would do: entries new and changed, and those that say the same already."""

    new: int = 0
    unchanged: int = 0


def _moment(ballot: Ballot, at: datetime) -> datetime:
    """Return the time that the history may keep: of a secret ballot the day only (quality.md, D27)."""
    if not ballot.secret:
        return at
    return timezone.make_aware(datetime.combine(timezone.localdate(at), time.min))


def _name(ballot: Ballot, sheet: Sheet) -> str:
    return f"第{ballot.number}次表决第{sheet.bundle.number}捆第{sheet.position}张"


def _lock_sheet(ballot: Ballot, sheet: Sheet, *states: BallotState) -> Sheet:
    """Lock the ballot's row and read the sheet in one statement; whoever writes beside a sheet begins here.

    :raises WrongState: when the ballot stands elsewhere.
    :raises NoSheet: for one of another ballot, or a paper that does not count.
    """
    sheets = Sheet.objects.select_for_update(of=("ballot",)).select_related("ballot__compound", "bundle", "paper")
    found = sheets.filter(pk=sheet.pk, ballot=ballot).first()
    if found is None:
        raise NoSheet
    if states and found.ballot.state not in states:
        raise WrongState(found.ballot.state)
    if found.paper is not None and found.paper.state != PaperState.RETURNED:
        raise NoSheet(found.paper.state)
    return found


@transaction.atomic
def enter_paper(
    ballot: Ballot,
    sheet: Sheet,
    said: Said,
    *,
    actor: User,
    at: datetime,
    version: int = 0,
    beside: Beside | None = None,
    round: int | None = None,
) -> PaperEntry:
    """Enter what one person read from a sheet, in the first round that is free; record it without saying what was read.

    Sent twice it answers the same. ``version``: that of one's own entry which is corrected; ``round``: only in this
    one (imports).

    :raises WrongState: when the ballot is not counted now.
    :raises NoSheet: for a sheet of another ballot, or whose paper does not count.
    :raises SamePersonTwice: when the actor entered it already, and otherwise.
    :raises EnteredTwice: when two others did, or the round asked for is another's.
    :raises EntryChanged: when the actor corrected the entry meanwhile.
    :raises AlreadySettled: when a third person decided.
    """
    found = _lock_sheet(ballot, sheet, BallotState.COUNTING)
    locked, count = found.ballot, found.ballot.count_number
    entries = list(PaperEntry.objects.filter(sheet=found, count=count).order_by("round"))
    mine = next((entry for entry in entries if entry.user_id == actor.pk), None)
    if mine is not None:
        if same(said_in(mine), said) and round in (None, mine.round):
            return mine
        if not version or (round is not None and round != mine.round):
            raise SamePersonTwice
        return _correct(locked, found, mine, said, beside or Beside(), version, actor, at)
    if version:
        raise EntryChanged
    taken = {entry.round for entry in entries}
    rounds = ROUNDS[:1] if locked.single_entry else ROUNDS
    free = [number for number in rounds if number not in taken and round in (None, number)]
    if not free:
        raise EnteredTwice(round or 0)
    made = PaperEntry(sheet=found, count=count, round=free[0], user=actor)
    _fill(made, said, beside or Beside(), at)
    made.save(force_insert=True)
    record("paper.enter", f"录入{_name(locked, found)}，第{made.round}遍", actor=actor, at=_moment(locked, at),
           area_code=locked.compound.area_code, subject=found)  # fmt: skip
    return made


def _correct(
    ballot: Ballot, sheet: Sheet, mine: PaperEntry, said: Said, beside: Beside, version: int, actor: User, at: datetime
) -> PaperEntry:
    if Settlement.objects.filter(sheet=sheet, count=mine.count).exists():
        raise AlreadySettled
    if version != mine.version:
        raise EntryChanged
    mine.version += 1
    _fill(mine, said, beside, at)
    mine.save()
    record("paper.correct", f"改{_name(ballot, sheet)}自己录的第{mine.round}遍", actor=actor, at=_moment(ballot, at),
           area_code=ballot.compound.area_code, subject=sheet)  # fmt: skip
    return mine


def _fill(entry: PaperEntry, said: Said, beside: Beside, at: datetime) -> None:
    entry.marks, entry.reasons = said.marks_text, said.reasons_text
    entry.void, entry.doubtful = said.void, said.doubtful
    entry.remarks, entry.note = ",".join(beside.remarks), beside.note
    if beside.seconds is not None and entry.seconds is None:
        entry.seconds = min(max(beside.seconds, 0), LONGEST)
    entry.entered_on = timezone.localdate(at)


@transaction.atomic
def settle_paper(ballot: Ballot, sheet: Sheet, said: Said, reason: str, *, actor: User, at: datetime) -> Settlement:
    """Settle a sheet whose entries differ or doubt, by a third person with the paper in hand.

    Record it without the reason, which says what stands on the paper.

    :raises WrongState: when the ballot is not counted now.
    :raises SamePersonTwice: for one of the two who entered it.
    :raises AlreadySettled: when another settled it, or otherwise.
    :raises NothingToSettle: when the entries agree, or are not both there.
    """
    found = _lock_sheet(ballot, sheet, BallotState.COUNTING)
    locked, count = found.ballot, found.ballot.count_number
    entries = list(PaperEntry.objects.filter(sheet=found, count=count).order_by("round"))
    if any(entry.user_id == actor.pk for entry in entries):
        raise SamePersonTwice
    before = Settlement.objects.filter(sheet=found, count=count).first()
    if before is not None:
        if before.by_id == actor.pk and same(said_in(before), said):
            return before
        raise AlreadySettled
    state = sheet_state([said_in(entry) for entry in entries], settled=False, single=locked.single_entry)
    if state not in OPEN_TO_SETTLE:
        raise NothingToSettle
    made = Settlement.objects.create(
        sheet=found, count=count, marks=said.marks_text, reasons=said.reasons_text, void=said.void, reason=reason,
        first_by=entries[0].user, second_by=entries[1].user if len(entries) > 1 else None, by=actor,
        on=timezone.localdate(at),
    )  # fmt: skip
    record("paper.settle", f"核定{_name(locked, found)}", actor=actor, at=_moment(locked, at),
           area_code=locked.compound.area_code, subject=found)  # fmt: skip
    return made


@transaction.atomic
def add_scan(ballot: Ballot, sheet: Sheet, picture: KeptPaper, *, actor: User, at: datetime) -> PaperScan:
    """Lay a photograph of a sheet beside it; the same one twice lies there once. Record it.

    :raises NoSheet: for a sheet of another ballot.
    """
    found = _lock_sheet(ballot, sheet)
    before = PaperScan.objects.filter(sheet=found, attachment__sha256=picture.sha256).first()
    if before is not None:
        return before
    moment = _moment(ballot, at)
    attachment = enter_attachment(
        picture, kind="other", number="", area_code=ballot.compound.area_code, actor=actor, at=moment
    )
    made = PaperScan.objects.create(sheet=found, attachment=attachment)
    record("paper.scan", f"加{_name(ballot, found)}的照片", actor=actor, at=moment, area_code=ballot.compound.area_code,
           subject=found)  # fmt: skip
    return made


@transaction.atomic
def close_bundle(ballot: Ballot, bundle: Bundle, counted: int, *, actor: User, at: datetime) -> Bundle:
    """Note that a bundle's count was compared with its cover slip and is right; record it the first time.

    :raises WrongState: when the ballot is not counted now.
    :raises CoverDiffers: when the slip says another number.
    """
    locked = lock_ballot(ballot, BallotState.COUNTING)
    found = Bundle.objects.select_for_update().get(pk=bundle.pk, ballot=locked)
    lying = found.sheets.count()
    if counted != lying:
        raise CoverDiffers(lying)
    if found.closed_on is None:
        found.sheet_count, found.closed_by, found.closed_on = counted, actor, timezone.localdate(at)
        found.save(update_fields=["sheet_count", "closed_by", "closed_on"])
        record("paper.bundle", f"第{locked.number}次表决第{found.number}捆和封面核对，{counted}张", actor=actor,
               at=_moment(locked, at), area_code=locked.compound.area_code, subject=found)  # fmt: skip
    return found


# --- Who enters ---------------------------------------------------------------------------------------------------


@transaction.atomic
def name_clerk(
    ballot: Ballot, user: User, from_on: date, until_on: date | None, *, actor: User, at: datetime
) -> BallotClerk:
    """Name who enters a ballot's papers, from a day until a day; named again after an end, the days are new. Record it.

    :raises NotClerk: for an account that is switched off or a machine's.
    :raises NamedAlready: while the same person is named for it.
    """
    locked = lock_ballot(ballot)
    if user.is_machine or not user.is_active:
        raise NotClerk
    before = BallotClerk.objects.filter(ballot=locked, user=user).first()
    if before is not None and (before.until_on is None or before.until_on >= timezone.localdate(at)):
        raise NamedAlready
    made, _ = BallotClerk.objects.update_or_create(
        ballot=locked, user=user,
        defaults={"from_on": from_on, "until_on": until_on, "given_by": actor, "given_at": at},
    )  # fmt: skip
    until = f"到{until_on.isoformat()}" if until_on else "没有定到哪天"
    record("ballot.clerk", f"指定{user.name}录第{locked.number}次表决的票，从{from_on.isoformat()}，{until}", actor=actor,
           at=at, area_code=locked.compound.area_code, subject=locked)  # fmt: skip
    return made


@transaction.atomic
def end_clerk(clerk: BallotClerk, on: date, *, actor: User, at: datetime) -> None:
    """Let somebody enter papers no longer than a day; what they entered stands. Record it."""
    ballot = lock_ballot(clerk.ballot)
    BallotClerk.objects.filter(pk=clerk.pk).update(until_on=max(on, clerk.from_on))
    record("ballot.clerk", f"{clerk.user.name}不再录第{ballot.number}次表决的票", actor=actor, at=at,
           area_code=ballot.compound.area_code, subject=ballot)  # fmt: skip


# --- A workbook ---------------------------------------------------------------------------------------------------


@transaction.atomic
def import_papers(
    ballot: Ballot, rows: Mapping[int, Said], round: int, *, actor: User, at: datetime, apply: bool = True
) -> Imported:
    """Enter many sheets, by their keys, as one of the two entries: all or none; what stands already stays. Record once.

    :raises WrongState: when the ballot is not counted now.
    :raises RowsRefused: with the reason for each sheet that cannot be entered.
    """
    locked = lock_ballot(ballot, BallotState.COUNTING)
    count = locked.count_number
    sheets = {
        sheet.pk: sheet
        for sheet in Sheet.objects.select_for_update(of=("self",)).filter(ballot=locked, pk__in=rows).order_by("pk")
    }
    entered: dict[int, list[PaperEntry]] = {}
    for entry in PaperEntry.objects.filter(sheet__in=sheets, count=count):
        entered.setdefault(entry.sheet_id, []).append(entry)
    fresh, unchanged, refused = [], 0, {}
    for key, said in rows.items():
        kept, problem = _fits(entered.get(key, []), said, round, actor, locked.single_entry)
        if key not in sheets:  # taken out of its bundle since the file was read
            problem = NoSheet()
        if problem is not None:
            refused[key] = problem
        elif kept:
            unchanged += 1
        else:
            made = PaperEntry(sheet=sheets[key], count=count, round=round, user=actor)
            _fill(made, said, Beside(), at)
            fresh.append(made)
    if refused:
        raise RowsRefused(refused)
    if apply and fresh:
        PaperEntry.objects.bulk_create(fresh, batch_size=500)
        record("paper.import", f"导入第{locked.number}次表决第{round}遍{len(fresh)}张", actor=actor,
               at=_moment(locked, at), area_code=locked.compound.area_code, subject=locked)  # fmt: skip
    return Imported(len(fresh), unchanged)


def _fits(
    entries: list[PaperEntry], said: Said, round: int, actor: User, single: bool
) -> tuple[bool, BallotRefusal | None]:
    """Return whether a row stands already just so, or why it cannot be entered."""
    if single and round != 1:
        return False, EnteredTwice(round)
    for entry in entries:
        if entry.round == round and entry.user_id == actor.pk and same(said_in(entry), said):
            return True, None
        if entry.round == round:
            return False, EnteredTwice(round)
        if entry.user_id == actor.pk:
            return False, SamePersonTwice()
    return False, None
