"""Papers put to a draft or, late, to a posted voucher; a paper is never altered, only superseded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from core.models import Attachment, User
from core.operations import KeptPaper, enter_attachment, record
from fees.models import Draft, Voucher, VoucherEvidence
from fees.operations.books import lock_books
from fees.operations.refusals import DraftGone, PaperGone, TooManyPapers

MOST_PAPERS = 50
EVIDENCE_ADDED = "voucher.evidence"


def stored_of(paper: Attachment) -> KeptPaper:
    """Return a kept paper's bytes as they are stored, for a row with another kind or number."""
    return KeptPaper(paper.name, paper.content_type, paper.size, paper.sha256)


def _now(draft: Draft) -> Draft:
    """Return the draft as it stands under the lock.

    :raises DraftGone: when it was posted or deleted in the meantime.
    """
    locked = Draft.objects.filter(pk=draft.pk).first()
    if locked is None:
        raise DraftGone
    return locked


def _touch(draft: Draft, *, actor: User, at: datetime) -> None:
    """Make a changed draft another one than the reviewer read: who changed it last is who entered it."""
    draft.entered_by, draft.entered_at = actor, at
    draft.save(update_fields=["entered_by", "entered_at"])


@transaction.atomic
def add_papers(draft: Draft, papers: Sequence[Attachment], *, actor: User, at: datetime) -> list[Attachment]:
    """Put papers to a draft; return those that were new to it: the same bytes sent twice hang there once.

    :raises DraftGone: :raises TooManyPapers:
    """
    lock_books(draft.book.compound)
    locked = _now(draft)
    held = set(locked.attachments.values_list("sha256", flat=True))
    fresh = []
    for paper in papers:
        if paper.sha256 not in held:
            held.add(paper.sha256)
            fresh.append(paper)
    if len(held) > MOST_PAPERS:
        raise TooManyPapers(MOST_PAPERS)
    if fresh:
        locked.attachments.add(*fresh)
        _touch(locked, actor=actor, at=at)
        record("draft.papers", f"给草稿加{len(fresh)}张票据", actor=actor, at=at,
               area_code=draft.book.compound.area_code, subject=locked,
               data={"papers": [paper.pk for paper in fresh]})  # fmt: skip
    return fresh


@transaction.atomic
def remove_paper(draft: Draft, paper: Attachment, *, actor: User, at: datetime) -> None:
    """Take a paper off a draft; the paper itself stays in the store, and the history says so.

    :raises DraftGone: :raises PaperGone: when it hangs there no more.
    """
    lock_books(draft.book.compound)
    locked = _now(draft)
    if not locked.attachments.filter(pk=paper.pk).exists():
        raise PaperGone
    locked.attachments.remove(paper)
    _touch(locked, actor=actor, at=at)
    record("draft.paper_removed", f"从草稿拿掉票据{paper.name}", actor=actor, at=at,
           area_code=draft.book.compound.area_code, subject=locked,
           data={"paper": paper.pk, "sha256": paper.sha256})  # fmt: skip


@transaction.atomic
def supersede_in_draft(
    draft: Draft, paper: Attachment, stored: KeptPaper, *, kind: str, number: str, actor: User, at: datetime
) -> Attachment:
    """Put in the place of a draft's paper one with the right kind and number, or better bytes; return it.

    :raises DraftGone: :raises PaperGone: :raises AlreadySuperseded: :raises AttachmentRefused:
    Source: 会计法 14: an original document is never altered.
    """
    lock_books(draft.book.compound)
    locked = _now(draft)
    if not locked.attachments.filter(pk=paper.pk).exists():
        raise PaperGone
    new = enter_attachment(stored, kind=kind, number=number, area_code=paper.area_code, actor=actor, at=at,
                     supersedes=paper)  # fmt: skip
    locked.attachments.remove(paper)
    locked.attachments.add(new)
    _touch(locked, actor=actor, at=at)
    return new


@transaction.atomic
def add_evidence(voucher: Voucher, papers: Sequence[Attachment], *, actor: User, at: datetime) -> list[Attachment]:
    """Put papers to a posted voucher (记账后补交); return those that were new to it. Its hash stays as it is.

    :raises TooManyPapers:
    """
    lock_books(voucher.book.compound)
    held = set(voucher.evidence.filter(attachment__isnull=False).values_list("attachment__sha256", flat=True))
    fresh = []
    for paper in papers:
        if paper.sha256 not in held:
            held.add(paper.sha256)
            fresh.append(paper)
    if len(held) > MOST_PAPERS:
        raise TooManyPapers(MOST_PAPERS)
    for paper in fresh:
        _write_evidence(voucher, paper, actor=actor, at=at)
    return fresh


@transaction.atomic
def supersede_in_voucher(
    voucher: Voucher, paper: Attachment, stored: KeptPaper, *, kind: str, number: str, actor: User, at: datetime
) -> Attachment:
    """Put beside a posted voucher's paper the one that comes in its place; both stay, the voucher does not change.

    :raises PaperGone: :raises AlreadySuperseded: :raises AttachmentRefused:
    Source: 会计法 14.
    """
    lock_books(voucher.book.compound)
    if not voucher.evidence.filter(attachment=paper).exists():
        raise PaperGone
    new = enter_attachment(stored, kind=kind, number=number, area_code=paper.area_code, actor=actor, at=at,
                     supersedes=paper)  # fmt: skip
    _write_evidence(voucher, new, actor=actor, at=at)
    return new


def _write_evidence(voucher: Voucher, paper: Attachment, *, actor: User, at: datetime) -> None:
    row = VoucherEvidence.objects.create(voucher=voucher, kind=paper.kind, number=paper.number, attachment=paper)
    record(EVIDENCE_ADDED, f"记账后补交票据：{voucher.book}第{voucher.number}号", actor=actor, at=at,
           area_code=voucher.book.compound.area_code, subject=row,
           data={"voucher": voucher.pk, "paper": paper.pk, "sha256": paper.sha256})  # fmt: skip
