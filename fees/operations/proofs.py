"""Proving by photographs that a posted ledger hangs on paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from core.choices import EvidenceKind
from core.models import User
from core.operations import KeptPaper, enter_attachment, record
from fees.models import Ledger, PostingProof
from fees.operations.books import lock_books
from fees.operations.refusals import PhotographUsed, ProofTooEarly


def prove_posting(
    ledger: Ledger, place: str, on: date, photographs: Sequence[KeptPaper], *, actor: User, at: datetime
) -> list[PostingProof]:
    """Keep photographs that show the ledger at a place since a day; return what was made.

    The same photographs sent again for the same place make nothing.

    :raises ProofTooEarly: for a day before the ledger was posted.
    :raises PhotographUsed: when one of the photographs shows another ledger or another place already.
    Source: PMC 8.
    """
    if on < ledger.posted_on:
        raise ProofTooEarly(ledger.posted_on)
    made = []
    with transaction.atomic():
        lock_books(ledger.compound)
        for photograph in photographs:
            used = PostingProof.objects.showing(photograph.sha256).select_related("ledger__compound").first()
            if used is not None:
                if (used.ledger_id, used.place) != (ledger.pk, place):
                    raise PhotographUsed(used)
                continue
            attachment = enter_attachment(
                photograph, kind=EvidenceKind.NOTICE_PHOTO, number="", area_code=ledger.compound.area_code,
                actor=actor, at=at,
            )  # fmt: skip
            made.append(
                PostingProof.objects.create(ledger=ledger, place=place, on=on, attachment=attachment, by=actor, at=at)
            )
        if made:
            record("ledger.prove", f"{on.month}月{on.day}日贴在{place}，照片{len(made)}张", actor=actor, at=at,
                   area_code=ledger.compound.area_code, subject=ledger,
                   data={"place": place, "on": on.isoformat(), "code": ledger.code, "version": ledger.version})  # fmt: skip
    return made
