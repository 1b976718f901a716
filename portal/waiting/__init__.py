"""What waits for someone, derived from facts: nothing is stored, so nothing can be forgotten or left over.

Every function reads with a fixed number of queries, however many compounds lie in the scope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from compounds.choices import Role
from compounds.permissions import areas_of
from core.choices import JobState
from core.models import Job, User
from fees.permissions import HEADS, PROVERS, issuing_areas
from fees.rules import due_day
from portal.waiting.around import done_today, first_month_to_write, is_over, month_in_hand, place_names, steps_of
from portal.waiting.ballots import ballots_waiting
from portal.waiting.books import ASSET_DAYS, assets_to_list, cash_to_count, drafts_returned, drafts_to_review
from portal.waiting.months import (
    month_words,
    months_overseen,
    months_to_approve,
    months_to_post,
    months_to_prepare,
    months_to_read,
    opinions_to_answer,
    unapproved,
    unposted,
)
from portal.waiting.papers import papers_waiting
from portal.waiting.plans import plans_waiting
from portal.waiting.proofs import PROOF_ASKED_DAYS, lacking_proof, photographs_lacking, photographs_to_take
from portal.waiting.reports import reports_waiting
from portal.waiting.rows import NAMED, Waiting, narrowed
from portal.waiting.rows import row as make_row
from portal.waiting.steps import steps_waiting
from portal.waiting.work import work_waiting

__all__ = [
    "ASSET_DAYS",
    "PROOF_ASKED_DAYS",
    "Waiting",
    "WaitingGroup",
    "done_today",
    "due_day",
    "first_month_to_write",
    "grouped",
    "is_over",
    "lacking_proof",
    "month_in_hand",
    "month_words",
    "narrowed",
    "papers_waiting",
    "place_names",
    "steps_of",
    "unapproved",
    "unposted",
    "waiting_for",
]


@dataclass(frozen=True)
class WaitingGroup:
    """Rows that are due at about the same time."""

    title: str
    rows: tuple[Waiting, ...]


def waiting_for(user: User, prefixes: Sequence[str], today: date) -> list[Waiting]:
    """Return what waits for a user in a scope, oldest due first."""
    reviews = narrowed(areas_of(user, today, HEADS), prefixes)
    enters = narrowed(areas_of(user, today, [Role.COMMITTEE_BOOKKEEPER]), prefixes)
    issues = narrowed(issuing_areas(user, today), prefixes)
    reads = narrowed(areas_of(user, today, [Role.AUDITOR]), prefixes)
    oversees = [area for area in issues if not any(area.startswith(own) for own in reviews)]
    streets = narrowed(areas_of(user, today, [Role.STREET_STAFF]), prefixes)
    gives = [area for area in streets if not any(area.startswith(own) for own in reviews)]
    found = [
        *drafts_to_review(user, reviews, today),
        *drafts_returned(user, enters, today),
        *months_to_prepare(enters, today),
        *assets_to_list(enters, today),
        *cash_to_count(narrowed(areas_of(user, today, [Role.COMMITTEE_CASHIER]), prefixes), today),
        *months_to_approve(user, reviews, today),
        *months_to_post(reviews, today),
        *opinions_to_answer(reviews, today),
        *months_to_read(user, reads, today),
        *photographs_to_take(narrowed(areas_of(user, today, PROVERS), prefixes), today),
        *reports_waiting(user, prefixes, today),
        *months_overseen(oversees, today),
        *photographs_lacking(oversees, today),
        *_jobs_failed(user, issues, today),
        *steps_waiting(user, prefixes, today),
        *plans_waiting(user, prefixes, today),
        *work_waiting(gives, today),
        *ballots_waiting(user, prefixes, today),
    ]
    return sorted(found, key=lambda row: (row.due_on, row.place, row.what))


def grouped(rows: Sequence[Waiting], today: date) -> list[WaitingGroup]:
    """Return the rows under 已过期限, 今天到期, 本周, 以后, without the empty groups."""
    sunday = today + timedelta(days=6 - today.weekday())
    groups = (
        ("已过期限", [r for r in rows if r.due_on < today]),
        ("今天到期", [r for r in rows if r.due_on == today]),
        ("本周", [r for r in rows if today < r.due_on <= sunday]),
        ("以后", [r for r in rows if r.due_on > sunday]),
    )
    return [WaitingGroup(title, tuple(found)) for title, found in groups if found]


def _jobs_failed(user: User, areas: list[str], today: date) -> list[Waiting]:
    """Jobs that did not come through and were not done since: this user's own, and of the schedule in their areas."""
    later = Job.objects.filter(
        Q(key=OuterRef("key")) | Q(task=OuterRef("task"), schedule_key__isnull=False), pk__gt=OuterRef("pk")
    )
    failed = (
        Job.objects.tops()
        .filter(Q(created_by=user) | Q(schedule_key__isnull=False, area_code__in=areas), state=JobState.FAILED)
        .filter(~Exists(later))
        .order_by("-finished_at")[:NAMED]
    )
    return [
        make_row(today, today, "后台任务", job.title, "没有做完，可以接着做", "看原因", reverse("job", args=[job.pk]))
        for job in failed
    ]
