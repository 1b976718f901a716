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
from fees.anchors import append_anchors
from fees.choices import ClosingStep
from fees.documents import (
    build_ledger,
    ledger_csv,
    ledger_json,
    print_context,
)
from fees.models import (
    Closing,
    Ledger,
    Period,
)
from fees.operations.books import last_step, lock_books
from fees.operations.refusals import NotClosed
from fees.rules import (
    POSTING_DAYS,
)


def _approval(compound: Compound, month: date) -> Closing:
    period = Period.objects.of(compound).filter(month=month).first()
    last = last_step(period) if period else None
    if last is None or last.step != ClosingStep.APPROVED:
        raise NotClosed(month)
    return last


def _issued(compound: Compound, month: date) -> Ledger | None:
    return Ledger.objects.of(compound).filter(code=f"{month:%Y-%m}", version=1).first()


def issue_ledger(compound: Compound, month: date, *, actor: User, at: datetime) -> tuple[Ledger, bool]:
    """Issue the public ledger of an approved month: page, PDF, CSV and JSON from one snapshot.

    Returns the ledger and whether this call made it; a ledger that hangs already is returned as it is. Everything
    slow happens before the transaction: the files are stored first, the rows that name them come after.

    :raises NotClosed: when the month is not approved.
    Source: Q7④; domain.md, Ledger.
    """
    issued = _issued(compound, month)
    if issued is not None:
        return issued, False
    closing = _approval(compound, month)
    posted_on = timezone.localdate(at)
    ledger = build_ledger(
        compound,
        month,
        closing=closing,
        code=draw_document_code(),
        posted_on=posted_on,
        posted_until=posted_on + timedelta(days=POSTING_DAYS),
        public_url=settings.PUBLIC_URL,
    )
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
    title = f"{compound.name}{month.year}年{month.month}月收支公示表"
    new = NewDocument(ledger.code, "ledger", title, 1, compound.area_code, text, ledger.sha256, files)
    with transaction.atomic():
        lock_books(compound)
        issued = _issued(compound, month)
        if issued is not None:
            return issued, False
        if _approval(compound, month).pk != closing.pk:
            raise NotClosed(month)
        document = issue_document(new, actor=actor, at=at)
        row = Ledger.objects.create(
            compound=compound,
            code=ledger.period,
            version=1,
            first_month=month,
            last_month=month,
            posted_on=ledger.posted_on,
            posted_until=ledger.posted_until,
            document=document,
        )
        anchor: dict[str, object] = {
            "compound": compound.code, "ledger": row.code, "version": row.version, "code": document.code,
            "hash": document.sha256, "files": {stored.format: stored.sha256 for stored in files},
        }  # fmt: skip
        transaction.on_commit(lambda: append_anchors([anchor], at=at), robust=True)
        record("ledger.issue", f"张贴{title}", actor=actor, at=at, area_code=compound.area_code, subject=row,
               data={"code": ledger.code, "sha256": ledger.sha256})  # fmt: skip
    return row, True


def start_publishing(month: date, area_code: str, compounds: Sequence[Compound], *, actor: User, at: datetime) -> Job:
    """Start the job that issues the month's ledgers of these compounds; the same call while it runs returns it."""
    codes = sorted(compound.code for compound in compounds)
    key = f"fees.publish_ledgers:{month:%Y-%m}:{area_code}:{sha256_text(','.join(codes))[:12]}"
    return jobs.start(
        "fees.tasks.publish_ledgers",
        {"month": month.isoformat(), "codes": codes, "actor_id": actor.pk},
        key=key,
        title=f"{month.year}年{month.month}月收支公示，{len(codes)}个小区",
        area_code=area_code,
        actor=actor,
        at=at,
        total=len(codes),
    )
