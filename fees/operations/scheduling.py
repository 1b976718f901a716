"""What the schedule posts by itself: every approved period that does not hang yet, once a day, catching up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time

from django.conf import settings
from django.utils import timezone

from core import jobs
from core.models import Job, User
from fees.models import Ledger, Period
from fees.rules import LENGTHS, Span, month_of, months_before, previous_month

# A quarter or year that ended longer ago is posted on demand only: a district that begins with old books in its hand
# does not find their quarters of years ago on the boards.
SPANS_BACK = 6


def start_of_day(day: date) -> datetime:
    """Return a day's midnight in Beijing: what was approved since is not posted by itself on that day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def due_ledgers(today: date, *, posting_day: int, kinds: Collection[str]) -> list[tuple[Span, str]]:
    """Return what the schedule posts on a day: (period, compound's code), the oldest first.

    Of each compound every month approved before today whose posting day has come and whose ledger does not hang,
    however old; of the longer periods those that ended lately. Months are closed in order: a period is ready with its
    last one. What is approved today waits for tomorrow: until then the head may withdraw, or somebody post by hand.
    """
    newest = previous_month(month_of(today))
    if today.day < posting_day:
        newest = previous_month(newest)
    lengths = sorted(LENGTHS[kind] for kind in kinds)
    closed = (
        Period.objects.closed_before(start_of_day(today)).filter(month__lte=newest).order_by("month", "compound__code")
    )
    found: list[tuple[Span, str]] = []
    if 1 in lengths:
        rows = closed.not_posted().values_list("month", "compound__code")
        found += [(Span(month), code) for month, code in rows]
    longer = [n for n in lengths if n > 1]
    if longer:
        late = closed.filter(month__gt=months_before(newest, SPANS_BACK), month__month__in=[3, 6, 9, 12])
        hanging = set(
            Ledger.objects.filter(last_month__gt=months_before(newest, SPANS_BACK)).values_list(
                "compound__code", "code"
            )
        )
        for month, code in late.values_list("month", "compound__code"):
            spans = [span for span in Span.all_ending(month) if span.length in longer]
            found += [(span, code) for span in spans if (code, span.code) not in hanging]
    return sorted(found, key=lambda row: (row[0].last_month, row[0].length, row[1]))


def start_due_posting(*, actor: User, at: datetime) -> Job | None:
    """Start the day's job that posts what is due; None where nothing is, or the day has had its job.

    What fails in it, and what is approved after it, is found again the next day.
    """
    today = timezone.localdate(at)
    key = f"fees.post_due:{today.isoformat()}"
    if not settings.POSTING_DAY or jobs.is_started(key):
        return None
    due = due_ledgers(today, posting_day=settings.POSTING_DAY, kinds=settings.POSTING_KINDS)
    if not due:
        return None
    return jobs.start_scheduled(
        "fees.tasks.publish_due",
        {"ledgers": [[span.code, code] for span, code in due], "actor_id": actor.pk},
        key=key,
        title=f"{today.month}月{today.day}日到期的收支公示，{len(due)}份",
        area_code=settings.DISTRICT_CODE,
        actor=actor,
        at=at,
        total=len(due),
    )
