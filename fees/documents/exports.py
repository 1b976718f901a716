"""A ledger as a table and as a sheet: both from the view-model that pages and JSON show."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from core.money import plain_money
from core.spreadsheets import Figure, csv_bytes
from fees.choices import Direction, ServiceLine, Source
from fees.documents.ledger import Ledger
from fees.documents.parts import BookPart


def ledger_csv(ledger: Ledger) -> bytes:
    """Return the ledger as CSV (UTF-8 with BOM): per book the opening, every line, the totals, the closing."""
    heads: list[object] = [
        "账簿", "日期", "凭证号", "方向", "科目", "摘要", "数量", "单价", "来源", "服务项目", "金额（元）", "余额（元）", "冲销凭证号",
    ]  # fmt: skip
    rows: list[list[object]] = [heads]

    def figure(amount: Decimal) -> Figure:
        return Figure(plain_money(amount))

    def total(label: str, book: BookPart, on: date, amount: Decimal) -> list[object]:
        return [book.label, on.isoformat(), "", label, "", "", "", "", "", "", figure(amount), "", ""]

    for book in ledger.books:
        rows.append(total(ledger.opening_label, book, ledger.first_on, book.opening))
        for line in book.lines:
            rows.append(
                [
                    book.label,
                    line.on.isoformat(),
                    line.number,
                    Direction(line.direction).label,
                    line.account,
                    line.summary,
                    Figure(line.quantity) if line.quantity else "",
                    Figure(line.unit_price) if line.unit_price else "",
                    Source(line.source).label if line.source else "",
                    ServiceLine(line.service_line).label if line.service_line else "",
                    figure(line.amount),
                    figure(line.balance),
                    line.reverses or "",
                ]
            )
        rows.append(total("收入合计", book, ledger.last_on, book.income))
        rows.append(total("支出合计", book, ledger.last_on, book.expense))
        for label, amount in (
            ("划入合计", book.transfers_in),
            ("划出合计", book.transfers_out),
            ("代管收合计", book.held_in),
            ("代管付合计", book.held_out),
        ):
            if amount:
                rows.append(total(label, book, ledger.last_on, amount))
        rows.append(total(ledger.closing_label, book, ledger.last_on, book.closing))
    rows += _memo_rows(ledger)
    told = [("", row) for row in ledger.corrections] + [(f"{c.period}公示", c.correction) for c in ledger.corrected]
    for where, row in told:
        note = f"{where}第{row.version - 1}次更正：{row.reason}"
        if row.text is not None:
            note += f"；原来写的是：{row.was}"
        if row.booked is not None:
            note += f"；记在{row.booked.period}第{row.booked.number}号"
        rows.append([row.label, row.on.isoformat(), row.number, "更正", "", note, "", "", "", "",
                     figure(row.booked.amount) if row.booked else "", "", ""])  # fmt: skip
    return csv_bytes(rows)


def _memo_rows(ledger: Ledger) -> list[list[object]]:
    """Return what stands beside the books, in the columns of the table; what is unknown is left out."""
    memo = ledger.memo
    if memo is None:
        return []
    homes = f"{memo.arrears_households}户" if memo.arrears_households is not None else ""
    found = [
        ("居民预交的以后月份", "", memo.prepaid),
        ("居民应交未交", homes, memo.arrears),
        ("到期未付", "", memo.unpaid),
        ("账外投入", "不经本账", memo.outside),
        *((f"替别人保管：{row.label}", "", row.amount) for row in memo.held),
        ("专款还没花的", "", memo.earmarked),
    ]
    return [
        ["往来和账外", memo.on.isoformat(), "", label, "", text, "", "", "", "", Figure(plain_money(amount)), "", ""]
        for label, text, amount in found
        if amount is not None
    ]


def print_context(ledger: Ledger) -> dict[str, Any]:
    """Return what the template of the posted sheet is given; the same data that pages, CSV and JSON show."""
    return {"ledger": ledger}
