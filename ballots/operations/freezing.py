"""Freezing the roll when issuing begins, proving that it is still the same, and who takes an entry over after that."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from ballots.choices import BallotState, Move, PaperState
from ballots.documents.rolls import RollTotals, roll_totals, totals_from
from ballots.models import Ballot, BallotMove, Paper, RollDwelling, RollEntry, RollName, RollTransfer
from ballots.operations.moving import lock_ballot, move
from ballots.operations.papers import moment_of
from ballots.operations.refusals import (
    EntrySplit,
    NoReason,
    NothingToTransfer,
    NoticeStillRuns,
    ObjectionsOpen,
    RollChanged,
    RollEmpty,
    VoteCast,
)
from ballots.operations.rolls import draft_roll, homes_of, voters_of
from ballots.rules.rolls import UNIT, Voter
from compounds.models import Objection
from core.hashing import canonical_json, sha256_text
from core.masking import mask_name
from core.models import Document, User
from core.operations import record

BATCH = 500


# --- What was announced -------------------------------------------------------------------------------------------


def notice_of(ballot: Ballot) -> Document | None:
    """Return the notice that announced a ballot; None in a draft."""
    first = BallotMove.objects.filter(ballot=ballot, kind=Move.ANNOUNCED).select_related("document").first()
    return first.document if first else None


def announced_totals(ballot: Ballot) -> RollTotals | None:
    """Return the roll's totals as the notice printed them."""
    notice = notice_of(ballot)
    said = json.loads(notice.data).get("roll") if notice else None
    return totals_from(said) if said else None


def first_freezing_day(ballot: Ballot) -> date | None:
    """Return the first day on which the roll may be frozen: when the notice has hung for all its days (BPR 35)."""
    return ballot.announced_on and ballot.announced_on + timedelta(ballot.rule.notice_days)


def open_objections(ballot: Ballot) -> int:
    """Return how many objections to the roll are not answered."""
    notice = notice_of(ballot)
    return Objection.objects.to(notice).unanswered().count() if notice else 0


# --- Freezing -----------------------------------------------------------------------------------------------------


@transaction.atomic
def freeze_roll(ballot: Ballot, *, heads: int, on: date, actor: User, at: datetime, reason: str = "") -> Ballot:
    """Freeze the roll and begin issuing, in one: rows of every voter, their sha256, the move. Return the ballot.

    The roll is computed anew under the ballot's lock. ``heads``: what was shown to whoever freezes it. ``reason``: why
    it goes on although objections are not answered.

    :raises WrongState, NoticeStillRuns, ObjectionsOpen, RollEmpty, RollChanged:
    """
    found = lock_ballot(ballot, BallotState.ANNOUNCED)
    first = first_freezing_day(found)
    if first and on < first:
        raise NoticeStillRuns(first)
    unanswered = open_objections(found)
    if unanswered and not reason:
        raise ObjectionsOpen(unanswered)
    voters = draft_roll(found).voters
    if not voters:
        raise RollEmpty
    if len(voters) != heads:
        raise RollChanged(len(voters))
    _write(found, voters)
    found.roll_sha256 = roll_sha256(found)
    move(found, Move.ISSUING, on=on, actor=actor, at=at, reason=reason if unanswered else "")
    return found


def _write(ballot: Ballot, voters: Sequence[Voter]) -> None:
    """Insert the rows of a roll, numbered in walking order."""
    entries = RollEntry.objects.bulk_create(
        (
            RollEntry(
                ballot=ballot, number=number, kind=voter.kind, voter_key=secrets.token_hex(8), area=voter.area,
                building=voter.building, entrance=voter.entrance, place=voter.place,
            )
            for number, voter in enumerate(voters, 1)
        ),
        batch_size=BATCH,
    )  # fmt: skip
    pairs = list(zip(entries, voters, strict=True))
    RollDwelling.objects.bulk_create(
        (
            RollDwelling(
                ballot=ballot, entry=entry, dwelling_id=home.key, address=home.address, area=home.area,
                area_source=home.area_source,
            )
            for entry, voter in pairs
            for home in voter.homes
        ),
        batch_size=BATCH,
    )  # fmt: skip
    RollName.objects.bulk_create(
        (RollName(entry=entry, name=voter.name, phone=voter.phone) for entry, voter in pairs), batch_size=BATCH
    )


# --- The frozen roll ----------------------------------------------------------------------------------------------


def roll_sha256(ballot: Ballot) -> str:
    """Return the sha256 of a frozen roll's rows: number, voter's key, area, and each dwelling; two queries."""
    dwellings: dict[int, list[list[str]]] = defaultdict(list)
    rows = (
        RollDwelling.objects.filter(ballot=ballot).order_by("pk").values_list("entry", "address", "area", "area_source")
    )
    for entry, address, area, source in rows:
        dwellings[entry].append([address, _four(area), source])
    entries = (
        RollEntry.objects.filter(ballot=ballot).order_by("number").values_list("pk", "number", "voter_key", "area")
    )
    return sha256_text(canonical_json([[number, key, _four(area), dwellings[pk]] for pk, number, key, area in entries]))


def _four(area: Decimal) -> str:
    return f"{area:.4f}"


def verify_roll(ballot: Ballot) -> bool:
    """Return whether the rows of a frozen roll are still those that were hashed when it was frozen."""
    return bool(ballot.roll_sha256) and roll_sha256(ballot) == ballot.roll_sha256


def frozen_totals(ballot: Ballot) -> RollTotals:
    """Return what the frozen roll comes to; two queries."""
    parts: dict[int, list[tuple[Decimal, str]]] = defaultdict(list)
    for entry, area, source in RollDwelling.objects.filter(ballot=ballot).values_list("entry", "area", "area_source"):
        parts[entry].append((area, source))
    entries: Iterable[tuple[int, str]] = RollEntry.objects.filter(ballot=ballot).values_list("pk", "kind")
    return roll_totals((kind == UNIT, parts[pk]) for pk, kind in entries)


# --- After the freezing -------------------------------------------------------------------------------------------


@transaction.atomic
def transfer_entry(entry: RollEntry, *, reason: str, actor: User, at: datetime) -> RollTransfer:
    """Give an entry to whom the register names now, as its dwellings changed hands. Record it.

    A vote cast stands. The entry's area and its paper's serial stay; a paper that was not handed out is best reprinted.

    :raises WrongState, NoReason, VoteCast, EntrySplit, NothingToTransfer:
    """
    if not reason:
        raise NoReason
    ballot = lock_ballot(entry.ballot, BallotState.ISSUING)
    papers = list(Paper.objects.select_for_update().filter(entry=entry).exclude(state=PaperState.SPOILT).order_by("pk"))
    if any(paper.state in (PaperState.RETURNED, PaperState.LATE) for paper in papers):
        raise VoteCast
    mine = set(entry.dwellings.values_list("dwelling", flat=True))
    voters = voters_of([home for home in homes_of(ballot.compound) if home.key in mine], ballot.rule.voter)
    if len(voters) > 1:
        raise EntrySplit
    person = RollName.objects.select_for_update().get(entry=entry)
    if not voters or (person.name, person.phone) == (voters[0].name, voters[0].phone):
        raise NothingToTransfer
    before, after = mask_name(person.name), mask_name(voters[0].name)
    person.name, person.phone = voters[0].name, voters[0].phone
    person.save(update_fields=["name", "phone"])
    moment = moment_of(ballot, at)
    made = RollTransfer.objects.create(entry=entry, reason=reason, by=actor, at=moment)
    record("ballot.transfer", f"第{ballot.number}次表决名册第{entry.number}号（{entry.place}）由{before}换成{after}：{reason}",
           actor=actor, at=moment, area_code=ballot.compound.area_code, subject=ballot)  # fmt: skip
    return made
