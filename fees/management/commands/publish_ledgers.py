"""Issue a period's ledgers as a job, and wait for its end; without a worker it does the work itself."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from compounds.models import Compound
from core import jobs
from core.choices import JobState
from core.commands import ProductCommand, Refused
from core.money import NotUnderstood, parse_month
from fees.documents import OpenMonth, approvals
from fees.management.commands.import_cashbook import find_compound
from fees.models import Period
from fees.operations import start_publishing
from fees.permissions import can_issue
from fees.rules import Span


def period_argument(text: str) -> Span:
    """Return the period given on the command line (2026-10, 2026-Q3, 2026-H1, 2026); a wrong one is wrong use."""
    with suppress(ValueError):
        return Span.parse(text)
    with suppress(NotUnderstood):
        return Span.of(parse_month(text))
    raise ArgumentTypeError(f"看不懂“{text[:20]}”。请写成2026-10、2026-Q3、2026-H1或2026。")


class Command(ProductCommand):
    help = "张贴一个月、季度、半年或全年的收支公示（网页、PDF、CSV、JSON）。不写 --compound 就是所有结了账的小区。"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--period", required=True, type=period_argument, metavar="2026-10")
        parser.add_argument("--compound", action="append", default=[], metavar="CODE")

    def run(self, **options: Any) -> dict[str, Any]:
        span = options["period"]
        chosen = [find_compound(code) for code in dict.fromkeys(options["compound"])]
        closed = Compound.objects.filter(
            pk__in=Period.objects.closed().filter(month=span.last_month).values("compound")
        )
        compounds = chosen or list(closed)
        today = timezone.localdate(self.at)
        self.require(self.actor, all(can_issue(self.actor, compound, today) for compound in compounds))
        still_open = [f"{c.name}（{c.code}）{month}" for c in chosen if (month := _open_month(c, span))]
        if still_open:
            raise Refused(f"{span.label}还有没审定的月份，不能张贴：{'、'.join(still_open)}。")
        nothing = {"period": span.code, "issued": 0, "already": 0, "errors": []}
        if not compounds:
            return nothing
        job = start_publishing(span, settings.DISTRICT_CODE, compounds, actor=self.actor, at=self.at)
        job = jobs.run_here(job)
        result = json.loads(job.result) if job.result else {}
        if job.state != JobState.DONE:
            raise Refused(job.error or "没有做完。", **{**nothing, **(result or {})})
        return {**nothing, **result, "job": job.pk}

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        return [f"{result['period']}：新张贴{result['issued']}份，早已张贴{result['already']}份。"]


def _open_month(compound: Compound, span: Span) -> str:
    """Return the first month of the span that is not approved, in words, or nothing."""
    try:
        approvals(compound, span)
    except OpenMonth as still:
        return f"{still.month.year}年{still.month.month}月"
    return ""
