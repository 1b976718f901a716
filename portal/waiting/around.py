"""What the pages say beside the rows: what was done, where, and how far a compound's months are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from django.utils import timezone

from compounds.models import COMPOUND_CODE_LENGTH, Compound, CompoundMove
from core.models import Entry, User
from fees.choices import ClosingStep
from fees.models import (
    Period,
)
from fees.rules import (
    last_day,
    month_of,
    next_month,
    previous_month,
)
from portal.waiting.months import unapproved


def done_today(user: User, since_day: date, limit: int = 5) -> list[tuple[Entry, str]]:
    """Return the user's last acts of a day with the compound's name, logins left out."""
    start = timezone.make_aware(datetime.combine(since_day, time.min))
    acts = Entry.objects.filter(actor=user, at__gte=start).exclude(action__in=["login", "logout", "refused"])
    rows = list(acts[:limit])
    return list(zip(rows, place_names(rows), strict=True))


def place_names(entries: Sequence[Entry]) -> list[str]:
    """Return for each entry the name of the compound it concerns, or nothing."""
    codes = {entry.area_code for entry in entries if entry.area_code}
    names = dict(Compound.objects.filter(area_code__in=codes).values_list("area_code", "name"))
    left = [code for code in codes - names.keys() if len(code) == COMPOUND_CODE_LENGTH]
    if left:
        names |= dict(CompoundMove.objects.filter(from_code__in=left).values_list("from_code", "compound__name"))
    return [names.get(entry.area_code, "") for entry in entries]


def steps_of(compound: Compound) -> dict[date, str]:
    """Return the compound's months with the last step of each, oldest first; "" where it was never prepared."""
    rows = Period.objects.of(compound).with_step().order_by("month").values_list("month", "step")  # type: ignore[misc]
    return {month: step or "" for month, step in rows}


def first_month_to_write(steps: Mapping[date, str], today: date) -> date:
    """Return the month that a bookkeeper works in: the first that takes vouchers, never a coming one."""
    takes = [month for month, step in steps.items() if step not in (ClosingStep.PREPARED, ClosingStep.APPROVED)]
    first = min(takes, default=None) or (next_month(max(steps)) if steps else month_of(today))
    return min(first, month_of(today))


def month_in_hand(compound: Compound, today: date) -> date:
    """Return the month whose bank accounts are to be reconciled: the first that is over and not approved."""
    open_months = unapproved(Period.objects.of(compound)).filter(month__lt=month_of(today)).order_by("month")
    return open_months.values_list("month", flat=True).first() or previous_month(month_of(today))


def is_over(month: date, today: date) -> bool:
    """Return whether a month has ended."""
    return last_day(month) < today
