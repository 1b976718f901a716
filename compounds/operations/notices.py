"""Notices: drafted by several hands, posted for good, proved by photographs, taken down with a reason."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from compounds.documents.notices import NoticePaper, notice_paper
from compounds.models import Compound, Notice, NoticeDraft, NoticeFile, NoticeProof, NoticeWithdrawal
from compounds.operations.changing import change_row
from compounds.operations.refusals import ChangedMeanwhile
from core import pdf
from core.choices import EvidenceKind
from core.models import Attachment, Entry, User
from core.operations import (
    KeptPaper,
    NewDocument,
    NewFile,
    draw_document_code,
    enter_attachment,
    issue_document,
    read_bytes,
    record,
    store_files,
)
from core.papers import small_picture

KIND = "notice"
MOST_FILES = 8
# As wide as the paper's column at 200 dpi.
PRINTED_SIDE = 1400


class NoticeRefusal(Exception):
    """A verb of notices that did not happen."""


class NoticeGone(NoticeRefusal):
    """The draft was posted or deleted meanwhile."""


class NoticeOver(NoticeRefusal):
    """The last day has passed already; the argument is it."""

    def __init__(self, until_on: date) -> None:
        super().__init__(until_on.isoformat())
        self.until_on = until_on


class TooManyFiles(NoticeRefusal):
    """More files than a notice carries."""


class AlreadyWithdrawn(NoticeRefusal):
    """The notice was taken down before."""


class NotHanging(NoticeRefusal):
    """The notice's last day has passed, so nothing is there to be taken down."""


class HangsLater(NoticeRefusal):
    """The photograph's day lies before the notice hung; the argument is its first day."""

    def __init__(self, from_on: date) -> None:
        super().__init__(from_on.isoformat())
        self.from_on = from_on


class ShownElsewhere(NoticeRefusal):
    """The photograph proves another notice or another place already; the argument is that proof."""

    def __init__(self, proof: NoticeProof) -> None:
        super().__init__(str(proof.pk))
        self.proof = proof


def _locked(draft: NoticeDraft) -> NoticeDraft:
    """Lock a draft.

    :raises NoticeGone: when it was posted or deleted.
    """
    found = NoticeDraft.objects.select_for_update().filter(pk=draft.pk).first()
    if found is None:
        raise NoticeGone
    found.compound = draft.compound
    return found


def _said(draft: NoticeDraft, action: str, words: str, *, actor: User, at: datetime) -> None:
    record(action, words, actor=actor, at=at, area_code=draft.compound.area_code, subject=draft)


@transaction.atomic
def draft_notice(compound: Compound, values: Mapping[str, object], *, actor: User, at: datetime) -> NoticeDraft:
    """Begin a notice; ``values``: title, body, from_on, until_on. Record it."""
    draft = NoticeDraft.objects.create(compound=compound, made_by=actor, made_at=at, **values)
    _said(draft, "notice.draft", f"起草公告：{draft.title}", actor=actor, at=at)
    return draft


def change_notice(
    draft: NoticeDraft, values: Mapping[str, object], version: int, *, actor: User, at: datetime
) -> NoticeDraft:
    """Change a draft's words and days. Record before and after.

    :raises ChangedMeanwhile: :raises NoticeGone: when it was posted or deleted.
    """
    try:
        return change_row(draft, values, version, action="notice.change", title="公告草稿",
                          area_code=draft.compound.area_code, actor=actor, at=at)  # fmt: skip
    except ChangedMeanwhile:
        if NoticeDraft.objects.filter(pk=draft.pk).exists():
            raise
        raise NoticeGone from None


@transaction.atomic
def add_notice_files(draft: NoticeDraft, papers: Sequence[KeptPaper], *, actor: User, at: datetime) -> list[Attachment]:
    """Hang stored files at a draft, each once; return the new ones. Record it.

    :raises TooManyFiles: :raises NoticeGone: when it was posted or deleted.
    """
    found = _locked(draft)
    here = set(found.attachments.values_list("sha256", flat=True))
    fresh = {paper.sha256: paper for paper in papers if paper.sha256 not in here}
    if len(here) + len(fresh) > MOST_FILES:
        raise TooManyFiles
    made = [
        enter_attachment(paper, kind=EvidenceKind.NOTICE_FILE, number="", area_code=found.compound.area_code,
                         actor=actor, at=at)
        for paper in fresh.values()
    ]  # fmt: skip
    if made:
        found.attachments.add(*made)
        _next_version(found)
        names = "、".join(paper.name for paper in made)
        _said(found, "notice.files", f"公告草稿《{found.title}》加附件：{names}", actor=actor, at=at)
    return made


@transaction.atomic
def remove_notice_file(draft: NoticeDraft, attachment: Attachment, *, actor: User, at: datetime) -> None:
    """Take a file off a draft; what is not there is gone already. Record it.

    :raises NoticeGone: when the draft was posted or deleted.
    """
    found = _locked(draft)
    if not found.attachments.filter(pk=attachment.pk).exists():
        return
    found.attachments.remove(attachment)
    _next_version(found)
    _said(found, "notice.files", f"公告草稿《{found.title}》拿掉附件：{attachment.name}", actor=actor, at=at)


def _next_version(draft: NoticeDraft) -> None:
    """Let whoever looks at the draft before this change post it no more unseen."""
    draft.version += 1
    draft.save(update_fields=["version"])


@transaction.atomic
def drop_notice(draft: NoticeDraft, *, actor: User, at: datetime) -> None:
    """Delete a draft. Record it.

    :raises NoticeGone: when it was posted or deleted before.
    """
    found = _locked(draft)
    _said(found, "notice.drop", f"删去公告草稿：{found.title}", actor=actor, at=at)
    found.delete()


def post_notice(draft: NoticeDraft, version: int, *, actor: User, at: datetime) -> Notice:
    """Hang a notice as it was read in this version, for good; its PDF is stored before the rows that name it.

    It hangs from its first day, or from today where that has passed. Record it.

    :raises ChangedMeanwhile: when someone saved the draft since. :raises NoticeOver: when its last day has passed.
    :raises NoticeGone: when it was posted or deleted before.
    """
    read = NoticeDraft.objects.select_related("compound").filter(pk=draft.pk).first()
    if read is None:
        raise NoticeGone
    _refuse_unread(read, version)
    today = timezone.localdate(at)
    if read.until_on is not None and read.until_on < today:
        raise NoticeOver(read.until_on)
    attachments = list(read.attachments.order_by("pk"))
    paper = notice_paper(
        read, code=draw_document_code(), user=actor, posted_on=today, papers=attachments,
        public_url=settings.PUBLIC_URL,
    )  # fmt: skip
    sheet = pdf.render(render_to_string("compounds/notice_print.html", print_context(paper)))
    files = store_files([NewFile("pdf", sheet.bytes, sheet.pages)])
    title = f"{read.compound.name}公告：{paper.title}"
    new = NewDocument(paper.code, KIND, title, 1, read.compound.area_code, paper.data, paper.sha256, files)
    with transaction.atomic():
        found = _locked(read)
        _refuse_unread(found, version)
        document = issue_document(new, actor=actor, at=at)
        notice = Notice.objects.create(
            compound=found.compound, document=document, title=paper.title, body=paper.body, from_on=paper.from_on,
            until_on=paper.until_on, by=actor, at=at,
        )  # fmt: skip
        for attachment, enclosed in zip(attachments, paper.files, strict=True):
            NoticeFile.objects.create(notice=notice, attachment=attachment, title=enclosed.title)
        found.delete()
        record("notice.post", f"张贴公告：{notice.title}", actor=actor, at=at, area_code=found.compound.area_code,
               subject=notice, data={"code": document.code, "sha256": document.sha256})  # fmt: skip
    return notice


def _refuse_unread(draft: NoticeDraft, version: int) -> None:
    if draft.version != version:
        raise ChangedMeanwhile(Entry.objects.about(NoticeDraft._meta.label_lower, draft.pk).first())


def print_context(paper: NoticePaper) -> dict[str, object]:
    """Return what the paper's template shows: the notice and its photographs as ``data:`` addresses."""
    pictures = []
    for enclosed in paper.files:
        if enclosed.is_picture:
            small = small_picture(read_bytes(enclosed.sha256), PRINTED_SIDE)
            pictures.append((enclosed.title, f"data:image/jpeg;base64,{base64.b64encode(small).decode()}"))
    papers = [enclosed.title for enclosed in paper.files if not enclosed.is_picture]
    lines = [line for line in paper.body.split("\n") if line.strip()]
    # A line that calls on somebody begins at the edge, the others two signs in.
    paragraphs = [(line, line.endswith("：")) for line in lines]
    return {"notice": paper, "paragraphs": paragraphs, "pictures": pictures, "papers": papers}


@transaction.atomic
def withdraw_notice(notice: Notice, reason: str, *, actor: User, at: datetime) -> NoticeWithdrawal:
    """Take a notice down before its last day; it stays readable, with the reason. Record it.

    :raises AlreadyWithdrawn: :raises NotHanging: when its last day has passed.
    """
    Compound.objects.select_for_update().get(pk=notice.compound_id)
    if NoticeWithdrawal.objects.filter(notice=notice).exists():
        raise AlreadyWithdrawn
    if notice.until_on is not None and notice.until_on < timezone.localdate(at):
        raise NotHanging
    made = NoticeWithdrawal.objects.create(notice=notice, reason=reason, by=actor, at=at)
    record("notice.withdraw", f"撤下公告：{notice.title}。原因：{reason}", actor=actor, at=at,
           area_code=notice.compound.area_code, subject=notice)  # fmt: skip
    return made


@transaction.atomic
def prove_notice(
    notice: Notice, place: str, on: date, photographs: Sequence[KeptPaper], *, actor: User, at: datetime
) -> list[NoticeProof]:
    """Keep photographs that show a notice at a place since a day; return what was made.

    The same photographs sent again for the same place make nothing.

    :raises HangsLater: for a day before the notice hung.
    :raises ShownElsewhere: when one of the photographs shows another notice or another place already.
    """
    if on < notice.from_on:
        raise HangsLater(notice.from_on)
    Compound.objects.select_for_update().get(pk=notice.compound_id)
    made = []
    for photograph in photographs:
        used = NoticeProof.objects.filter(attachment__sha256=photograph.sha256).select_related("notice").first()
        if used is not None:
            if (used.notice_id, used.place) != (notice.pk, place):
                raise ShownElsewhere(used)
            continue
        attachment = enter_attachment(photograph, kind=EvidenceKind.NOTICE_PHOTO, number="",
                                      area_code=notice.compound.area_code, actor=actor, at=at)  # fmt: skip
        made.append(
            NoticeProof.objects.create(notice=notice, place=place, on=on, attachment=attachment, by=actor, at=at)
        )
    if made:
        record("notice.prove", f"公告《{notice.title}》{on.month}月{on.day}日贴在{place}，照片{len(made)}张",
               actor=actor, at=at, area_code=notice.compound.area_code, subject=notice)  # fmt: skip
    return made
