"""Closing a month: prepared by one, approved by another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from compounds.models import Compound
from core.hashing import canonical_json
from core.models import User
from core.operations import record
from fees.choices import ClosingStep
from fees.documents import (
    closing_view,
    month_of_books,
)
from fees.models import (
    Closing,
    Ledger,
    Period,
)
from fees.operations.books import last_step, lock_books, periods_until
from fees.operations.refusals import (
    AlreadyIssued,
    EarlierMonthOpen,
    MustChecks,
    ReasonsMissing,
    SamePerson,
    WrongStep,
)
from fees.rules import (
    is_another,
)


def _lock_period(compound: Compound, month: date) -> Period:
    """Lock the books, then the month's row, and return it; the month exists afterwards."""
    lock_books(compound)
    period = periods_until(compound, month, begin=False)
    return Period.objects.select_for_update().select_related("compound").get(pk=period.pk)


def ensure_period(compound: Compound, month: date) -> Period:
    """Return the month's row, made where the books have begun: a month with nothing is closed and posted too.

    :raises BooksNotOpened: :raises BeforeBooks:
    """
    with transaction.atomic():
        lock_books(compound)
        return periods_until(compound, month, begin=False)


def _step(
    period: Period, step: str, *, by: User, prepared_by: User, at: datetime, note: str = "", told: str = "[]",
    figures: str = "{}",
) -> Closing:  # fmt: skip
    last = last_step(period)
    closing = Closing.objects.create(
        period=period,
        seq=last.seq + 1 if last else 1,
        step=step,
        by=by,
        prepared_by=prepared_by,
        at=at,
        note=note,
        told=told,
        figures=figures,
    )
    record(f"period.{step}", f"{period}{ClosingStep(step).label}" + (f"：{note}" if note else ""), actor=by, at=at,
           area_code=period.compound.area_code, subject=period)  # fmt: skip
    return closing


@transaction.atomic
def prepare_period(period: Period, reasons: Mapping[str, str], *, actor: User, at: datetime) -> Closing:
    """Prepare a month: no must check stands, every told check has its reason; it takes no more vouchers.

    ``reasons`` by check key; checks of imported vouchers bring their own.

    :raises WrongStep: :raises EarlierMonthOpen: :raises MustChecks: :raises ReasonsMissing:
    """
    period = _lock_period(period.compound, period.month)
    last = last_step(period)
    if last is not None and last.step in (ClosingStep.PREPARED, ClosingStep.APPROVED):
        raise WrongStep(last.step)
    view = closing_view(period)
    if view.earlier_open is not None:
        raise EarlierMonthOpen(view.earlier_open)
    if view.must:
        raise MustChecks(view.must)
    missing = [check for check in view.needing_reason if not reasons.get(check.key, "").strip()]
    if missing:
        raise ReasonsMissing(missing)
    told = [
        {
            "check": check.key,
            "label": check.label,
            "count": check.count,
            "reason": check.reason or reasons[check.key].strip(),
        }
        for check in view.told
    ]
    return _step(period, ClosingStep.PREPARED, by=actor, prepared_by=actor, at=at, told=canonical_json(told),
                 figures=view.month.figures())  # fmt: skip


def _prepared(period: Period) -> Closing:
    last = last_step(period)
    if last is None or last.step != ClosingStep.PREPARED:
        raise WrongStep(last.step if last else None)
    return last


@transaction.atomic
def approve_period(period: Period, *, actor: User, at: datetime, note: str = "") -> Closing:
    """Approve a prepared month: balances are carried forward and frozen. ``note`` answers the auditors' opinions.

    :raises WrongStep: :raises SamePerson: :raises EarlierMonthOpen:
    """
    period = _lock_period(period.compound, period.month)
    last = _prepared(period)
    if not is_another(last.by_id, actor.pk):
        raise SamePerson(last.by)
    earlier = Period.objects.of(period.compound).not_closed().filter(month__lt=period.month).order_by("month").first()
    if earlier is not None:
        raise EarlierMonthOpen(earlier.month)
    # A prepared month takes no voucher and no draft, so the preparer's checks hold; the figures are computed anew.
    if month_of_books(period.compound, period.month).figures() != last.figures:
        raise WrongStep(last.step)
    return _step(period, ClosingStep.APPROVED, by=actor, prepared_by=last.by, at=at, note=note, told=last.told,
                 figures=last.figures)  # fmt: skip


@transaction.atomic
def send_back_period(period: Period, note: str, *, actor: User, at: datetime) -> Closing:
    """Send a prepared month back to who prepared it, with the reason; it takes vouchers again.

    :raises WrongStep:
    """
    period = _lock_period(period.compound, period.month)
    last = _prepared(period)
    return _step(period, ClosingStep.SENT_BACK, by=actor, prepared_by=last.prepared_by, at=at, note=note)


@transaction.atomic
def withdraw_approval(period: Period, note: str, *, actor: User, at: datetime) -> Closing:
    """Withdraw a month's approval while its ledger is not issued and no later month is prepared or approved.

    :raises WrongStep: :raises AlreadyIssued:
    """
    period = _lock_period(period.compound, period.month)
    last = last_step(period)
    if last is None or last.step != ClosingStep.APPROVED:
        raise WrongStep(last.step if last else None)
    issued = Ledger.objects.of(period.compound).covering(period.month).first()
    if issued is not None:
        raise AlreadyIssued(issued)
    later = Period.objects.of(period.compound).filter(month__gt=period.month)
    if later.at_step(ClosingStep.PREPARED, ClosingStep.APPROVED).exists():
        raise WrongStep("later")
    return _step(period, ClosingStep.WITHDRAWN, by=actor, prepared_by=last.prepared_by, at=at, note=note)
