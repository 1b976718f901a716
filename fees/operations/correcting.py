"""Writing down what an issued ledger got wrong; another person issues it as the next version (``issue_correction``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from core.models import User
from core.operations import record
from fees.documents import line_of, read_ledger
from fees.models import CorrectionDraft, Ledger, Voucher
from fees.operations.books import lock_books
from fees.operations.refusals import CorrectionRefused
from fees.rules import last_day


@dataclass(frozen=True)
class CorrectionData:
    """One correction as typed: the wrong voucher, why, the words of a line as they should be, where it was mended."""

    voucher: Voucher
    reason: str
    text: str = ""
    position: int = 1
    booked: Voucher | None = None


def refuse_correction(ledger: Ledger, data: CorrectionData) -> None:
    """Refuse what no ledger may say of this one.

    :raises CorrectionRefused:
    """
    if Ledger.objects.filter(compound=ledger.compound, code=ledger.code, version__gt=ledger.version).exists():
        raise CorrectionRefused("replaced")
    wrong, end = data.voucher, last_day(ledger.last_month)
    if wrong.book.compound_id != ledger.compound_id or not ledger.first_month <= wrong.on <= end:
        raise CorrectionRefused("outside")
    shown = line_of(read_ledger(ledger.document.data), wrong.book.kind, wrong.year, wrong.number, data.position)
    if shown is None:
        raise CorrectionRefused("line")
    if not data.text and data.booked is None:
        raise CorrectionRefused("nothing")
    if data.text and data.text == shown.summary:
        raise CorrectionRefused("words")
    if data.booked is not None and (data.booked.book_id != wrong.book_id or data.booked.on <= end):
        raise CorrectionRefused("booked")


@transaction.atomic
def save_correction(ledger: Ledger, data: CorrectionData, *, actor: User, at: datetime) -> CorrectionDraft:
    """Keep one line of the ledger's next 更正; nothing hangs out yet.

    :raises CorrectionRefused:
    """
    lock_books(ledger.compound)
    refuse_correction(ledger, data)
    taken = CorrectionDraft.objects.filter(ledger=ledger, voucher=data.voucher, position=data.position)
    if taken.exists():
        raise CorrectionRefused("twice")
    draft = CorrectionDraft.objects.create(
        ledger=ledger, voucher=data.voucher, booked=data.booked, position=data.position, reason=data.reason,
        text=data.text, entered_by=actor, entered_at=at,
    )  # fmt: skip
    record("correction.save", f"写{ledger.label}公示的更正：第{data.voucher.number}号，{data.reason}", actor=actor, at=at,
           area_code=ledger.compound.area_code, subject=ledger)  # fmt: skip
    return draft


@transaction.atomic
def delete_correction(draft: CorrectionDraft, *, actor: User, at: datetime) -> None:
    """Take back a line of a 更正 that was not issued yet."""
    ledger = draft.ledger
    lock_books(ledger.compound)
    record("correction.delete", f"删去{ledger.label}公示的更正：第{draft.voucher.number}号", actor=actor, at=at,
           area_code=ledger.compound.area_code, subject=ledger)  # fmt: skip
    draft.delete()
