"""Close a month: prepare it as the first person, approve it as the second."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from core.commands import ProductCommand, Refused, month_argument
from fees.documents import closing_view
from fees.management.commands.import_cashbook import find_compound
from fees.operations import (
    BeforeBooks,
    BooksNotOpened,
    EarlierMonthOpen,
    MustChecks,
    SamePerson,
    WrongStep,
    approve_period,
    ensure_period,
    prepare_period,
)
from fees.permissions import can_approve, can_prepare

DEFAULT_REASON = "命令行结账，未逐项说明"


class Command(ProductCommand):
    help = "结账：编制并审定一个月。"
    two_persons = True

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--compound", required=True, metavar="CODE")
        parser.add_argument("--period", required=True, type=month_argument, metavar="2026-10")
        parser.add_argument("--reason", default=DEFAULT_REASON, metavar="TEXT")

    def run(self, **options: Any) -> dict[str, Any]:
        compound = find_compound(options["compound"])
        month = options["period"]
        today = timezone.localdate(self.at)
        self.require(self.actor, can_prepare(self.actor, compound, today))
        self.require(self.second, can_approve(self.second, compound, today))
        try:
            with transaction.atomic():
                period = ensure_period(compound, month)
                view = closing_view(period)
                reasons = {check.key: options["reason"] for check in view.told if not check.reason}
                prepare_period(period, reasons, actor=self.actor, at=self.at)
                closing = approve_period(period, actor=self.second, at=self.at)
        except MustChecks as refusal:
            errors = [
                {"check": c.key, "reason": f"{c.label}：" + "、".join(item.label for item in c.items)}
                for c in refusal.checks
            ]
            raise Refused(f"{month.year}年{month.month}月还不能结账。", errors) from None
        except EarlierMonthOpen as refusal:
            raise Refused(f"{refusal.month.year}年{refusal.month.month}月还没有结账，要按月份顺序结。") from None
        except WrongStep:
            raise Refused(f"{month.year}年{month.month}月已经编制或结过账了。") from None
        except SamePerson:
            raise Refused("编制和审定要是两个人：--as 和 --second 不能是同一个账号。") from None
        except BooksNotOpened:
            raise Refused(f"{compound.name}还没有账：没有期初，也没有凭证。") from None
        except BeforeBooks as refusal:
            first = refusal.first_month
            raise Refused(f"账从{first.year}年{first.month}月开始，不能结更早的月份。") from None
        figures = json.loads(closing.figures)["books"].values()
        return {
            "compound": compound.code,
            "period": period.code,
            "told": json.loads(closing.told),
            "books": [{"book": row["kind"], **{k: row[k] for k in row if k != "kind"}} for row in figures],
            "errors": [],
        }

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        yield f"{result['period']}已结账。"
        for told in result["told"]:
            yield f"{told['label']}：{told['count']}件，{told['reason']}"
