"""The auditor's one act: to sign that a month was read, or to write an opinion on it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from core.models import User
from core.operations import record
from fees.choices import ClosingStep, OpinionKind
from fees.documents import round_start
from fees.models import Ledger, Opinion, Period
from fees.operations.books import lock_books
from fees.operations.refusals import AlreadyIssued, OpinionGiven, SamePerson, WrongStep


@transaction.atomic
def give_opinion(period: Period, kind: str, text: str, *, actor: User, at: datetime) -> Opinion:
    """Write an auditor's opinion on a prepared or approved month, before its ledger hangs; once per preparation.

    :raises WrongStep: :raises AlreadyIssued: :raises SamePerson: :raises OpinionGiven:
    """
    lock_books(period.compound)
    steps = list(period.closings.select_related("by").order_by("seq"))
    last = steps[-1] if steps else None
    if last is None or last.step not in (ClosingStep.PREPARED, ClosingStep.APPROVED):
        raise WrongStep(last.step if last else None)
    issued = Ledger.objects.of(period.compound).covering(period.month).first()
    if issued is not None:
        raise AlreadyIssued(issued)
    since = [step for step in steps if step.seq >= round_start(steps)]
    if any(step.by_id == actor.pk for step in since):
        raise SamePerson(actor)
    if Opinion.objects.filter(closing__in=since, by=actor).exists():
        raise OpinionGiven
    said = "" if kind == OpinionKind.READ else text
    opinion = Opinion.objects.create(closing=last, kind=kind, text=said, by=actor, at=at)
    record(f"opinion.{kind}", f"{period}监督员{OpinionKind(kind).label}" + (f"：{said}" if said else ""), actor=actor,
           at=at, area_code=period.compound.area_code, subject=opinion)  # fmt: skip
    return opinion
