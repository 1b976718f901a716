"""Cash-book workbooks for tests, written cell by cell: text, numbers and dates stay what they are."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

HEADINGS = ("日期", "账簿", "方向", "金额", "科目", "来源", "服务项目", "摘要", "对方", "结算方式", "数量", "单价")
OPENING = ("账簿", "结算方式", "金额", "日期")
MEMO = ("类别", "房屋", "金额", "至月份")


def workbook(sheets: Mapping[str, tuple[Sequence[str], Sequence[Mapping[str, Any]]]]) -> bytes:
    """Return an xlsx file: by sheet its headings and rows (by heading)."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, (headings, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            for column, heading in enumerate(headings):
                sheet.write_string(0, column, heading)
                for number, row in enumerate(rows, start=1):
                    value = row.get(heading)
                    if isinstance(value, str):
                        sheet.write_string(number, column, value)
                    elif isinstance(value, date):
                        sheet.write_datetime(number, column, datetime(value.year, value.month, value.day), day)
                    elif isinstance(value, bool):
                        sheet.write_boolean(number, column, value)
                    elif value is not None:
                        sheet.write_number(number, column, float(value))
    return buffer.getvalue()


def row(on: Any, amount: Any, account: str = "居民缴费", way: str = "收入", **more: Any) -> dict[str, Any]:
    """Return a row of sheet 收支; ``more`` by heading."""
    return {
        "日期": on, "账簿": "物业服务经费", "方向": way, "金额": amount, "科目": account, "摘要": f"{account}一笔",
    } | more  # fmt: skip


def cashbook(
    rows: Sequence[Mapping[str, Any]],
    opening: Sequence[Mapping[str, Any]] = (),
    memo: Sequence[Mapping[str, Any]] = (),
    headings: Sequence[str] = HEADINGS,
) -> bytes:
    """Return a cash-book workbook."""
    sheets: dict[str, tuple[Sequence[str], Sequence[Mapping[str, Any]]]] = {"收支": (headings, rows)}
    if opening:
        sheets["期初"] = (OPENING, opening)
    if memo:
        sheets["期初往来"] = (MEMO, memo)
    return workbook(sheets)
