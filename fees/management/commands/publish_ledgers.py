"""Issue the ledgers of a month as a job, and wait for its end; without a worker it does the work itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from compounds.models import Compound
from core import jobs
from core.choices import JobState
from core.commands import ProductCommand, Refused, month_argument
from fees.management.commands.import_cashbook import find_compound
from fees.models import Period
from fees.operations import start_publishing
from fees.permissions import can_issue


class Command(ProductCommand):
    help = "张贴一个月的收支公示（网页、PDF、CSV、JSON）。不写 --compound 就是所有结了账的小区。"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--period", required=True, type=month_argument, metavar="2026-10")
        parser.add_argument("--compound", action="append", default=[], metavar="CODE")

    def run(self, **options: Any) -> dict[str, Any]:
        month = options["period"]
        closed = Compound.objects.filter(pk__in=Period.objects.closed().filter(month=month).values("compound"))
        compounds = [find_compound(code) for code in dict.fromkeys(options["compound"])] or list(closed)
        today = timezone.localdate(self.at)
        self.require(self.actor, all(can_issue(self.actor, compound, today) for compound in compounds))
        still_open = [c for c in compounds if c not in set(closed)]
        if still_open:
            names = "、".join(f"{c.name}（{c.code}）" for c in still_open)
            raise Refused(f"{month.year}年{month.month}月还没有审定，不能张贴：{names}。")
        nothing = {"period": f"{month:%Y-%m}", "issued": 0, "already": 0, "errors": []}
        if not compounds:
            return nothing
        job = start_publishing(month, settings.DISTRICT_CODE, compounds, actor=self.actor, at=self.at)
        job = jobs.run_here(job)
        result = json.loads(job.result) if job.result else {}
        if job.state != JobState.DONE:
            raise Refused(job.error or "没有做完。", **{**nothing, **(result or {})})
        return {**nothing, **result, "job": job.pk}

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        return [f"{result['period']}：新张贴{result['issued']}份，早已张贴{result['already']}份。"]
