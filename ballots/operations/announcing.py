"""Announcing a ballot for good, extending its time, calling it off; photographs of where its papers hang."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from ballots.choices import BallotState, Move
from ballots.documents.life import missing_for_notice
from ballots.documents.notices import (
    EXTENSION,
    NOTICE,
    BallotNotice,
    ExtensionNotice,
    ballot_notice,
    extension_notice,
)
from ballots.models import Ballot, BallotMove, BallotProof
from ballots.operations.drafting import lock_draft, refuse_rule
from ballots.operations.moving import lock_ballot, move
from ballots.operations.refusals import (
    CertifiedBefore,
    HungLater,
    NoReason,
    NoticeTooShort,
    NotLonger,
    NotReady,
    OverAlready,
    RollEmpty,
    ShownElsewhere,
    WrongState,
)
from ballots.operations.rolls import draft_roll
from core import pdf
from core.choices import EvidenceKind
from core.models import User
from core.operations import (
    KeptPaper,
    NewDocument,
    NewFile,
    draw_document_code,
    enter_attachment,
    issue_document,
    record,
    store_files,
)

TEMPLATES = {NOTICE: "ballots/notice_print.html", EXTENSION: "ballots/extension_print.html"}


def earliest_start(ballot: Ballot, today: date) -> date:
    """Return the first day on which voting may begin if the notice hangs from today (民法典 278; PMR 14)."""
    return today + timedelta(ballot.rule.notice_days)


def notice_preview(ballot: Ballot, *, actor: User, at: datetime) -> BallotNotice:
    """Return a draft's notice as it would hang if it were posted now, under no code yet."""
    return ballot_notice(ballot, draft_roll(ballot).totals, code="", user=actor, posted_on=timezone.localdate(at),
                         public_url=settings.PUBLIC_URL)  # fmt: skip


def _refuse_notice(ballot: Ballot, today: date) -> None:
    """Hold a draft against what its notice must say.

    :raises NotReady: :raises NoticeTooShort: :raises RuleReasonMissing: :raises NeedsMoreThanHalf:
    """
    missing = missing_for_notice(ballot)
    if missing:
        raise NotReady(len(missing))
    refuse_rule(ballot)
    earliest = earliest_start(ballot, today)
    if ballot.voting_from_on is None or ballot.voting_from_on < earliest:
        raise NoticeTooShort(earliest)


def _print(kind: str, paper: BallotNotice | ExtensionNotice, ballot: Ballot) -> NewDocument:
    """Set a posted paper and store its file; the row comes after it."""
    sheet = pdf.render(render_to_string(TEMPLATES[kind], {"paper": paper}))
    files = store_files([NewFile("pdf", sheet.bytes, sheet.pages)])
    what = "表决公告" if kind == NOTICE else "延长表决时间的公告"
    title = f"{paper.compound_name}第{paper.number}次{what}：{paper.title}"
    return NewDocument(paper.code, kind, title, 1, ballot.compound.area_code, paper.data, paper.sha256, files)


def announce_ballot(ballot: Ballot, version: int, *, actor: User, at: datetime) -> BallotMove:
    """Hang the notice as it was read in this version, for good; from now on nothing of the ballot's text changes.

    The notice's PDF is stored before the rows that name it. Record it.

    :raises ChangedMeanwhile: when someone saved the draft since. :raises WrongState: :raises NotReady:
    :raises NoticeTooShort: when fewer days than the rule asks for lie before voting. :raises RollEmpty:
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        read = lock_draft(ballot, version)
        _refuse_notice(read, today)
    roll = draft_roll(read).totals
    if not roll.heads:
        raise RollEmpty
    paper = ballot_notice(
        read, roll, code=draw_document_code(), user=actor, posted_on=today, public_url=settings.PUBLIC_URL
    )
    new = _print(NOTICE, paper, read)
    with transaction.atomic():
        found = lock_draft(read, version)
        document = issue_document(new, actor=actor, at=at)
        found.announced_on = today
        return move(found, Move.ANNOUNCED, on=today, actor=actor, at=at, document=document)


def extend_ballot(ballot: Ballot, until_on: date, reason: str, *, actor: User, at: datetime) -> BallotMove:
    """Give voters more time, by a notice of its own that says why; only while the time runs. Record it.

    :raises WrongState: :raises NoReason: :raises NotLonger: :raises OverAlready:
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        read = _running(ballot, until_on, reason, today)
    paper = extension_notice(
        read, until_on, reason, code=draw_document_code(), user=actor, posted_on=today, public_url=settings.PUBLIC_URL
    )
    new = _print(EXTENSION, paper, read)
    with transaction.atomic():
        found = _running(ballot, until_on, reason, today)
        document = issue_document(new, actor=actor, at=at)
        found.voting_until_on = until_on
        return move(found, Move.EXTENDED, on=today, until_on=until_on, reason=reason, actor=actor, at=at,
                    document=document)  # fmt: skip


def _running(ballot: Ballot, until_on: date, reason: str, today: date) -> Ballot:
    found = lock_ballot(ballot, BallotState.ANNOUNCED, BallotState.ISSUING)
    if not reason.strip():
        raise NoReason
    last = found.voting_until_on
    if last is None:
        raise WrongState(found.state)
    if last < today:
        raise OverAlready(last)
    if until_on <= last:
        raise NotLonger(last)
    return found


@transaction.atomic
def cancel_ballot(ballot: Ballot, reason: str, *, actor: User, at: datetime) -> BallotMove:
    """Call a ballot off before its result is certified; what was posted stays readable, with the reason. Record it.

    :raises WrongState: :raises NoReason: :raises CertifiedBefore: while it is counted again.
    """
    found = lock_ballot(ballot)
    if found.is_recount:
        raise CertifiedBefore
    if not reason.strip():
        raise NoReason
    return move(found, Move.CANCELLED, on=timezone.localdate(at), reason=reason, actor=actor, at=at)


@transaction.atomic
def prove_ballot(
    shown: BallotMove, place: str, on: date, photographs: Sequence[KeptPaper], *, actor: User, at: datetime
) -> list[BallotProof]:
    """Keep photographs that show a move's paper at a place since a day; return what was made. Record it.

    The same photographs sent again for the same place make nothing.

    :raises HungLater: for a day before the paper hung. :raises ShownElsewhere:
    """
    ballot = lock_ballot(shown.ballot)
    if on < shown.on:
        raise HungLater(shown.on)
    made = []
    for photograph in photographs:
        used = BallotProof.objects.filter(attachment__sha256=photograph.sha256).first()
        if used is not None:
            if (used.move_id, used.place) != (shown.pk, place):
                raise ShownElsewhere(used.place)
            continue
        attachment = enter_attachment(photograph, kind=EvidenceKind.NOTICE_PHOTO, number="",
                                      area_code=ballot.compound.area_code, actor=actor, at=at)  # fmt: skip
        made.append(BallotProof.objects.create(move=shown, place=place, on=on, attachment=attachment, by=actor, at=at))
    if made:
        record("ballot.prove", f"第{ballot.number}次表决《{ballot.title}》：{on.month}月{on.day}日贴在{place}，照片{len(made)}张",
               actor=actor, at=at, area_code=ballot.compound.area_code, subject=ballot)  # fmt: skip
    return made
