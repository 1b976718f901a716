"""What the auditors said of a month: of its last preparation, not of one that was sent back since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fees.choices import ClosingStep, OpinionKind
from fees.models import Closing, Opinion, Period


@dataclass(frozen=True)
class Said:
    """An auditor's opinion in words, and what the head answered on approving, or nothing; no person's name."""

    text: str
    answer: str = ""


@dataclass(frozen=True)
class Audit:
    """What the supervisors (监督小组) did before a ledger hung: how many only read it, and the opinions."""

    read: int = 0
    opinions: tuple[Said, ...] = ()

    def to_data(self) -> dict[str, Any]:
        return {"read": self.read, "opinions": [{"text": o.text, "answer": o.answer or None} for o in self.opinions]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Audit:
        said = tuple(Said(row["text"], row["answer"] or "") for row in data["opinions"])
        return cls(data["read"], said)


def round_start(steps: Iterable[Closing]) -> int:
    """Return the place of the last preparation among a month's steps; opinions on what came before are history."""
    return max((step.seq for step in steps if step.step == ClosingStep.PREPARED), default=0)


def all_opinions(period: Period) -> list[Opinion]:
    """Return all opinions on a month, oldest first, also those on what was sent back since."""
    return list(Opinion.objects.filter(closing__period=period).select_related("by", "closing").order_by("pk"))


def opinions_of(period: Period, steps: Iterable[Closing], said: Iterable[Opinion] | None = None) -> list[Opinion]:
    """Return the opinions on a month's last preparation, oldest first; none while it is not prepared.

    ``said``: all of the month's opinions, where they were read already.
    """
    taken = list(steps)
    if not taken or taken[-1].step not in (ClosingStep.PREPARED, ClosingStep.APPROVED):
        return []
    since = round_start(taken)
    return [opinion for opinion in (all_opinions(period) if said is None else said) if opinion.closing.seq >= since]


def answer_to(opinion: Opinion, steps: Iterable[Closing]) -> str:
    """Return what the head wrote on the step that followed an opinion, or nothing."""
    return next((step.note for step in steps if step.at >= opinion.at and step.seq > opinion.closing.seq), "")


def audit_of_months(periods: Sequence[Period]) -> Audit:
    """Return what stands of the auditors on a ledger over these months, oldest first."""
    found = [audit_of(period) for period in periods]
    return Audit(sum(each.read for each in found), tuple(said for each in found for said in each.opinions))


def audit_of(period: Period) -> Audit:
    """Return what stands of the auditors on a month's ledger."""
    steps = list(period.closings.order_by("seq"))
    opinions = opinions_of(period, steps)
    return Audit(
        sum(1 for o in opinions if o.kind == OpinionKind.READ),
        tuple(Said(o.text, answer_to(o, steps)) for o in opinions if o.kind == OpinionKind.OPINION),
    )
