"""Write an empty workbook with one example row and notes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandParser

from ballots.imports import papers_template
from compounds.imports import register_template
from compounds.imports.surveys import survey_template
from core.commands import ProductCommand, Refused
from core.spreadsheets import Table, write_workbook

CASHBOOK = (
    [
        Table(
            "收支",
            ["日期", "账簿", "方向", "金额", "科目", "来源", "服务项目", "摘要", "对方", "结算方式", "数量", "单价"],
            [
                [
                    date(2026, 10, 8), "物业服务经费", "收入", Decimal("6480.00"), "停车收入", "公共收益", "",
                    "停车月租，54个车位，每个120元", "居民", "银行", 54, 120,
                ],
            ],
            [12, 14, 8, 14, 16, 12, 12, 36, 20, 10, 8, 10],
        ),
        Table(
            "期初",
            ["账簿", "结算方式", "金额", "日期"],
            [["物业服务经费", "银行", Decimal("46218.35"), date(2026, 9, 30)]],
            [16, 12, 14, 12],
        ),
    ],
    [
        "一行是一张凭证，按日期、再按表里的次序记账。第二行是例子，请换成您的。",
        "日期、账簿、方向、金额、科目、摘要必填；结算方式不填就是银行；来源和服务项目不填就按科目的。",
        "账簿：自管会经费、物业服务经费。方向：收入、支出。结算方式：现金、银行、收款码。",
        "科目写名称，例如居民缴费、停车收入、治安防范。数量乘单价要等于金额。",
        "内部划转写两行：同一天、同一金额，一行支出（从哪里），一行收入（到哪里）。",
        "期初只写一次，日期是第一个月的前一天；没有期初就删去这张表。同一个文件只能导入一次。",
    ],
)  # fmt: skip


class Command(ProductCommand):
    help = "写出空白表格（一行例子，附说明）：cashbook 收支，register 房屋，papers 选票，survey 问卷。"
    writes = False

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=["cashbook", "papers", "register", "survey"])
        parser.add_argument("output", metavar="OUT.xlsx")

    def run(self, **options: Any) -> dict[str, Any]:
        makers = {"papers": papers_template, "register": register_template, "survey": survey_template}
        kind = options["kind"]
        content = makers[kind]() if kind in makers else write_workbook(*CASHBOOK)
        try:
            with open(options["output"], "wb") as out:
                out.write(content)
        except OSError as problem:
            raise Refused(f"写不了{options['output']}：{problem.strerror}。") from None
        return {"kind": options["kind"], "output": options["output"], "errors": []}

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        return [f"已写到{result['output']}。"]
