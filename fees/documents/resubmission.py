"""What changed in a month since it was last prepared and came back: vouchers, figures, reasons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fees.choices import BookKind, ClosingStep, Told
from fees.documents.months import ClosingView
from fees.models import Closing, Voucher

FIGURES = {"income": "收入", "expense": "支出", "closing": "月末结余"}


@dataclass(frozen=True)
class Figure:
    """A figure of one book then and now; yuan."""

    label: str
    before: Decimal
    now: Decimal


@dataclass(frozen=True)
class Reason:
    """A told check's reason then and now; "" where it did not stand."""

    label: str
    before: str
    now: str


@dataclass(frozen=True)
class Changes:
    """A month that came back: the step that sent it back, and everything that differs from what was prepared then."""

    back: Closing
    vouchers: tuple[Voucher, ...]
    figures: tuple[Figure, ...]
    reasons: tuple[Reason, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.vouchers or self.figures or self.reasons)


def changes_of(view: ClosingView) -> Changes | None:
    """Return what changed since the month last came back, or None when it never did."""
    steps = view.steps
    back = next((s for s in reversed(steps) if s.step in (ClosingStep.SENT_BACK, ClosingStep.WITHDRAWN)), None)
    if back is None:
        return None
    before = next(s for s in reversed(steps) if s.seq < back.seq and s.step == ClosingStep.PREPARED)
    again = next((s for s in reversed(steps) if s.seq > back.seq and s.step == ClosingStep.PREPARED), None)
    figures = json.loads(again.figures if again else view.month.figures())
    return Changes(
        back,
        tuple(v for v in view.month.vouchers if v.posted_at > before.at),
        tuple(_figures(json.loads(before.figures), figures)),
        tuple(_reasons(json.loads(before.told), json.loads(again.told))) if again else (),
    )


def _figures(before: Mapping[str, Any], now: Mapping[str, Any]) -> Sequence[Figure]:
    found = []
    for key, row in now["books"].items():
        old = before["books"][key]
        for name, label in FIGURES.items():
            if row[name] != old[name]:
                found.append(Figure(BookKind(row["kind"]).label + label, Decimal(old[name]), Decimal(row[name])))
    return found


def reasons_by_check(told: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the reasons that stand in a closing's told checks, several of one check together."""
    found: dict[str, list[str]] = {}
    for row in told:
        found.setdefault(row["check"], []).append(row["reason"])
    return {check: "；".join(dict.fromkeys(reasons)) for check, reasons in found.items()}


def _reasons(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Sequence[Reason]:
    old, new = reasons_by_check(before), reasons_by_check(now)
    labels = dict(Told.choices)
    return [
        Reason(str(labels.get(key, key)), old.get(key, ""), new.get(key, ""))
        for key in dict.fromkeys([*old, *new])
        if old.get(key, "") != new.get(key, "")
    ]


def last_reasons(view: ClosingView) -> dict[str, str]:
    """Return by check what was written before: in this month where it came back, else in the month before."""
    own = next((s for s in reversed(view.steps) if s.step == ClosingStep.PREPARED), None)
    last = own
    if last is None:
        earlier = Closing.objects.filter(
            period__compound=view.period.compound, period__month__lt=view.period.month, step=ClosingStep.APPROVED
        )
        last = earlier.order_by("-period__month", "-seq").first()
    return reasons_by_check(json.loads(last.told)) if last is not None else {}
