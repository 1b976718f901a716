"""Ledgers that were posted and are not shown to hang on paper."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Count, Min, Q
from django.urls import reverse

from compounds.models import Compound
from fees.models import (
    Ledger,
    LedgerQuerySet,
)
from fees.rules import (
    PLACES_NEEDED,
    PROOF_DAYS,
    Span,
)
from portal.waiting.months import month_words
from portal.waiting.rows import NAMED, Waiting
from portal.waiting.rows import row as make_row

# A ledger that was posted longer ago than this hangs no more: photographs of it are no longer asked for.
PROOF_ASKED_DAYS = 45


def lacking_proof(areas: Iterable[str], today: date) -> LedgerQuerySet:
    """Return the lately posted ledgers that photographs show at fewer places than they must hang."""
    late = Ledger.objects.newest_versions().filter(posted_on__gt=today - timedelta(days=PROOF_ASKED_DAYS))
    found = late.filter(compound__in=Compound.objects.within(list(areas))).with_places()
    return found.filter(Q(("places__lt", PLACES_NEEDED)))


def photographs_to_take(areas: list[str], today: date) -> list[Waiting]:
    """Posted ledgers whose paper was photographed at too few places: for those who carry it down."""
    if not areas:
        return []
    found = []
    for ledger in lacking_proof(areas, today).select_related("compound").order_by("posted_on", "pk")[:NAMED]:
        places = ledger.places  # type: ignore[attr-defined]
        why = f"拍了{places}处，还差{PLACES_NEEDED - places}处" if places else f"要贴{PLACES_NEEDED}处，还没有照片"
        url = reverse("office_ledger", args=[ledger.compound.code, ledger.code])
        what = f"{month_words(ledger.span, today)}收支公示贴上墙"
        due = ledger.posted_on + timedelta(days=PROOF_DAYS)
        found.append(make_row(due, today, ledger.compound.name, what, why, "传照片", url))
    return found


def photographs_lacking(areas: list[str], today: date) -> list[Waiting]:
    """For street and district: how many compounds have not shown that their paper hangs, by period."""
    if not areas:
        return []
    late = lacking_proof(areas, today).filter(posted_on__lt=today - timedelta(days=PROOF_DAYS)).order_by()
    rows = (
        late.values("code", "last_month").annotate(n=Count("pk"), first=Min("posted_on")).order_by("last_month", "code")
    )
    return [
        make_row(
            row["first"] + timedelta(days=PROOF_DAYS),
            today,
            f"{row['n']}个小区",
            f"{month_words(Span.parse(row['code']), today)}收支公示没有贴满{PLACES_NEEDED}处的照片",
            "网上已经公示，纸的贴没贴还没看到",
            "看是哪些",
            f"{reverse('publish')}?period={row['code']}",
        )
        for row in rows
    ]
