"""Issuing a ledger: page, PDF, CSV and JSON from one snapshot, exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from compounds.models import Compound
from core import jobs, pdf
from core.hashing import sha256_text
from core.models import Job, User
from core.operations import NewDocument, NewFile, draw_document_code, issue_document, record, store_files
from fees import documents
from fees.anchors import append_anchors
from fees.documents import (
    OpenMonth,
    audit_of_months,
    build_ledger,
    corrected_ledger,
    corrections_from,
    heads_of,
    ledger_csv,
    ledger_json,
    print_context,
    read_ledger,
)
from fees.models import Book, Closing, CorrectionDraft, Ledger
from fees.operations.books import lock_books
from fees.operations.refusals import CorrectionRefused, NotClosed, SamePerson
from fees.rules import POSTING_DAYS, Span, is_another


def _approvals(compound: Compound, span: Span) -> list[Closing]:
    try:
        return documents.approvals(compound, span)
    except OpenMonth as still:
        raise NotClosed(still.month) from None


def _issued(compound: Compound, code: str, version: int) -> Ledger | None:
    return Ledger.objects.of(compound).filter(code=code, version=version).first()


@pdf.collector_held_off()
def issue_ledger(
    compound: Compound, period: Span | date, *, actor: User, at: datetime, approved_before: datetime | None = None
) -> tuple[Ledger, bool]:
    """Issue the public ledger of approved months: page, PDF, CSV and JSON from one snapshot.

    ``period``: a month (its day), or a ``Span``: month, quarter, half-year, year. Returns the ledger and whether this
    call made it; a ledger that hangs already is returned as it is. Everything slow happens before the transaction: the
    files are stored first, the rows that name them come after. ``approved_before``: later approvals do not count.

    :raises NotClosed: naming the first month that is not approved.
    Source: Q7④; domain.md, Ledger.
    """
    span = Span.of(period)
    issued = _issued(compound, span.code, 1)
    if issued is not None:
        return issued, False
    closings = _approvals(compound, span)
    for closing in closings:
        if approved_before is not None and closing.at >= approved_before:
            raise NotClosed(closing.period.month)
    posted_on = timezone.localdate(at)
    ledger = build_ledger(
        compound,
        span,
        closings=closings,
        code=draw_document_code(),
        posted_on=posted_on,
        posted_until=posted_on + timedelta(days=POSTING_DAYS),
        public_url=settings.PUBLIC_URL,
    )

    new = _new_document(compound, ledger)
    with transaction.atomic():
        lock_books(compound)
        issued = _issued(compound, span.code, 1)
        if issued is not None:
            return issued, False
        if [closing.pk for closing in _approvals(compound, span)] != [closing.pk for closing in closings]:
            raise NotClosed(span.last_month)
        if audit_of_months([closing.period for closing in closings]) == ledger.audit:
            return _write_rows(compound, ledger, new, actor=actor, at=at), True
    # An auditor spoke while the files were made: the words must hang too.
    return issue_ledger(compound, span, actor=actor, at=at, approved_before=approved_before)


@pdf.collector_held_off()
def issue_correction(ledger: Ledger, *, actor: User, at: datetime) -> tuple[Ledger, bool]:
    """Issue a ledger's next version with the corrections written for it (第N次更正); the old one stays reachable.

    The books stay to the cent; only words of lines, dates and the list of corrections differ. Returns the new version
    and whether this call made it.

    :raises CorrectionRefused: when there is nothing to correct. :raises SamePerson: when the actor wrote one of them.
    Source: domain.md, Objections.
    """
    compound = ledger.compound
    issued = _issued(compound, ledger.code, ledger.version + 1)
    if issued is not None:
        return issued, False
    drafts = _corrections_written(ledger, actor)
    before = read_ledger(ledger.document.data)
    posted_on = timezone.localdate(at)
    corrected = corrected_ledger(
        before,
        corrections_from(before, drafts),
        code=draw_document_code(),
        posted_on=posted_on,
        posted_until=posted_on + timedelta(days=POSTING_DAYS),
        anchors=heads_of({book.kind: book for book in Book.objects.of(compound)}, compound.code),
        public_url=settings.PUBLIC_URL,
    )
    new = _new_document(compound, corrected)
    with transaction.atomic():
        lock_books(compound)
        issued = _issued(compound, ledger.code, ledger.version + 1)
        if issued is not None:
            return issued, False
        if _typed(_corrections_written(ledger, actor)) != _typed(drafts):
            raise CorrectionRefused("changed")
        row = _write_rows(compound, corrected, new, actor=actor, at=at)
        CorrectionDraft.objects.filter(ledger=ledger).delete()
    return row, True


def _corrections_written(ledger: Ledger, actor: User) -> list[CorrectionDraft]:
    drafts = list(
        CorrectionDraft.objects.filter(ledger=ledger)
        .select_related("voucher__book", "booked", "entered_by")
        .order_by("voucher__book__kind", "voucher__on", "voucher__number", "position")
    )
    if not drafts:
        raise CorrectionRefused("nothing")
    for draft in drafts:
        if not is_another(draft.entered_by_id, actor.pk):
            raise SamePerson(draft.entered_by)
    return drafts


def _typed(drafts: Sequence[CorrectionDraft]) -> list[tuple[object, ...]]:
    return [(d.voucher_id, d.position, d.booked_id, d.reason, d.text) for d in drafts]


def _new_document(compound: Compound, ledger: documents.Ledger) -> NewDocument:
    """Set a built ledger and store its files: everything slow, before the transaction that writes its rows."""
    text = ledger_json(ledger)
    html = render_to_string("fees/ledger_print.html", print_context(ledger))
    sheet = pdf.render(html)
    files = store_files(
        [
            NewFile("pdf", sheet.bytes, sheet.pages),
            NewFile("html", html.encode()),
            NewFile("csv", ledger_csv(ledger)),
            NewFile("json", text.encode()),
        ]
    )
    title = f"{compound.name}{ledger.title}"
    return NewDocument(ledger.code, "ledger", title, ledger.version, compound.area_code, text, ledger.sha256, files)


def _write_rows(compound: Compound, ledger: documents.Ledger, new: NewDocument, *, actor: User, at: datetime) -> Ledger:
    document = issue_document(new, actor=actor, at=at)
    row = Ledger.objects.create(
        compound=compound,
        code=ledger.period,
        version=ledger.version,
        first_month=ledger.first_on,
        last_month=ledger.span.last_month,
        posted_on=ledger.posted_on,
        posted_until=ledger.posted_until,
        document=document,
    )
    anchor: dict[str, object] = {
        "compound": compound.code, "ledger": row.code, "version": row.version, "code": document.code,
        "hash": document.sha256, "files": {stored.format: stored.sha256 for stored in new.files},
    }  # fmt: skip
    transaction.on_commit(lambda: append_anchors([anchor], at=at), robust=True)
    words = f"张贴{new.title}" + (f"，第{ledger.correction_number}次更正" if ledger.correction_number else "")
    record("ledger.issue", words, actor=actor, at=at, area_code=compound.area_code, subject=row,
           data={"code": ledger.code, "sha256": ledger.sha256})  # fmt: skip
    return row


def start_publishing(
    period: Span | date, area_code: str, compounds: Sequence[Compound], *, actor: User, at: datetime
) -> Job:
    """Start the job that issues a period's ledgers of these compounds; the same call while it runs returns it."""
    span = Span.of(period)
    codes = sorted(compound.code for compound in compounds)
    key = f"fees.publish_ledgers:{span.code}:{area_code}:{sha256_text(','.join(codes))[:12]}"
    return jobs.start(
        "fees.tasks.publish_ledgers",
        {"period": span.code, "codes": codes, "actor_id": actor.pk},
        key=key,
        title=f"{span.label}收支公示，{len(codes)}个小区",
        area_code=area_code,
        actor=actor,
        at=at,
        total=len(codes),
    )
