"""Reading a cash-book workbook: every error by its cell, in Chinese; nothing is written here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from core.money import NotUnderstood, parse_date, parse_money, parse_month, parse_quantity, show_money
from core.spreadsheets import CellError, Column, Row, Sheet, WorkbookRefused, read_workbook, text_of
from fees.choices import AccountDirection, BookKind, ClosingStep, Means, ServiceLine, Source
from fees.models import Account
from fees.operations import (
    AccountEnded,
    AlreadyOpened,
    BeforeBooks,
    Cashbook,
    CashbookRow,
    FarOff,
    NegativeBalance,
    OpeningRow,
    PeriodClosed,
    Refusal,
    RowsRefused,
)
from fees.rules import MONEY_BELOW, ZERO, agrees, last_day

T = TypeVar("T")

SHEETS = {
    "收支": Sheet(
        "收支",
        tuple(
            Column(heading, needed)
            for heading, needed in (
                ("日期", True),
                ("账簿", True),
                ("方向", True),
                ("金额", True),
                ("科目", True),
                ("来源", False),
                ("服务项目", False),
                ("摘要", True),
                ("对方", False),
                ("结算方式", False),
                ("数量", False),
                ("单价", False),
            )
        ),
        required=False,
    ),
    "期初": Sheet(
        "期初",
        tuple(Column(heading, True) for heading in ("账簿", "结算方式", "金额", "日期")),
        required=False,
    ),
    "期初往来": Sheet(
        "期初往来",
        (Column("类别", True), Column("房屋", False), Column("金额", True), Column("至月份", False)),
        required=False,
    ),
}
MEMO_KINDS = ("预收", "押金", "欠费", "垫付")
MAX_SUMMARY, MAX_PAYEE = 120, 80


class _Cells:
    """One row's cells, parsed one by one; what is not understood is noted under its cell."""

    def __init__(self, sheet: str, row: Row, errors: list[CellError]) -> None:
        self.sheet, self.row, self.errors = sheet, row, errors
        self.failed = False

    def error(self, heading: str, reason: str) -> None:
        self.errors.append(CellError(self.sheet, self.row.cell(heading), reason))
        self.failed = True

    def text(self, heading: str, limit: int = 200) -> str:
        try:
            text = text_of(self.row.cells.get(heading) or "")
        except ValueError as problem:
            self.error(heading, str(problem))
            return ""
        if len(text) > limit:
            self.error(heading, f"{heading}太长：{len(text)}个字，最多{limit}个字。")
        return text

    def needed(self, heading: str, limit: int = 200) -> str:
        known = len(self.errors)
        text = self.text(heading, limit)
        if not text and len(self.errors) == known:
            self.error(heading, f"{heading}没有填。")
        return text

    def parsed(self, heading: str, parse: Callable[[Any], T], default: T) -> T:
        value = self.row.cells.get(heading)
        try:
            return parse(value)
        except NotUnderstood as problem:
            self.error(heading, str(problem))
            return default

    def choice(self, heading: str, choices: list[tuple[str, str]], *, default: str | None = None) -> str:
        text = self.text(heading)
        if not text and default is not None:
            return default
        for value, label in choices:
            if text == label:
                return value
        names = "、".join(label for _, label in choices)
        self.error(
            heading, f'{heading}看不懂："{text}"。可以填：{names}。' if text else f"{heading}没有填。可以填：{names}。"
        )
        return ""


def _row(cells: _Cells, accounts: dict[str, Account]) -> CashbookRow | None:
    on = cells.parsed("日期", parse_date, date.min)
    book = cells.choice("账簿", list(BookKind.choices))
    way = cells.choice("方向", [("in", "收入"), ("out", "支出")])
    amount = cells.parsed("金额", parse_money, Decimal(0))
    summary = cells.needed("摘要", MAX_SUMMARY)
    payee = cells.text("对方", MAX_PAYEE)
    means = cells.choice("结算方式", list(Means.choices), default=Means.BANK)
    quantity = cells.parsed("数量", parse_quantity, "")
    unit_price = cells.parsed("单价", lambda value: parse_quantity(value, name="单价"), "")
    name = cells.needed("科目")
    account = accounts.get(name)
    if name and account is None:
        cells.error("科目", f'没有"{name}"这个科目。请照科目表填写名称。')
    source = cells.choice("来源", list(Source.choices), default=account.source if account else "")
    line = cells.choice("服务项目", list(ServiceLine.choices), default=account.service_line if account else "")
    if account is not None and way:
        fits = {AccountDirection.INCOME: "in", AccountDirection.EXPENSE: "out"}.get(AccountDirection(account.direction))
        if fits and fits != way:
            kind = "收入" if fits == "in" else "支出"
            cells.error("科目", f'"{account.name}"是{kind}科目，方向写的是{"收入" if way == "in" else "支出"}。')
    if not cells.failed and not agrees(quantity, unit_price, amount):
        cells.error("单价", f"数量乘单价不等于金额{show_money(amount)}。")
    if cells.failed or account is None:
        return None
    return CashbookRow(
        row=cells.row.number,
        on=on,
        book=book,
        incoming=way == "in",
        amount=amount,
        account=account,
        source=source,
        service_line=line,
        summary=summary,
        payee=payee,
        means=means,
        quantity=quantity,
        unit_price=unit_price,
    )


def pair_transfers(rows: list[CashbookRow]) -> tuple[list[CashbookRow], list[CashbookRow]]:
    """Tie each transfer's two rows (same date and amount, one out, one in); return (all rows, the lone ones).

    A row never pairs with one of the same book and means. As many as possible are paired, in the sheet's order.
    """
    out = [r for r in rows if r.account.direction == AccountDirection.TRANSFER and not r.incoming]
    into = [r for r in rows if r.account.direction == AccountDirection.TRANSFER and r.incoming]
    fits = {
        r.row: [o.row for o in into if (o.on, o.amount) == (r.on, r.amount) and (o.book, o.means) != (r.book, r.means)]
        for r in out
    }
    partner: dict[int, int] = {}  # incoming row -> outgoing row

    def place(row: int, seen: set[int]) -> bool:
        for candidate in fits[row]:
            if candidate not in seen:
                seen.add(candidate)
                if candidate not in partner or place(partner[candidate], seen):
                    partner[candidate] = row
                    return True
        return False

    for r in out:
        place(r.row, set())
    both = {**partner, **{o: i for i, o in partner.items()}}
    paired = [replace(r, partner=both.get(r.row)) for r in rows]
    lone = [r for r in (*out, *into) if r.row not in both]
    return paired, sorted(lone, key=lambda r: r.row)


def _openings(rows: list[Row], errors: list[CellError]) -> list[OpeningRow]:
    openings: list[OpeningRow] = []
    for row in rows:
        cells = _Cells("期初", row, errors)
        book = cells.choice("账簿", list(BookKind.choices))
        means = cells.choice("结算方式", list(Means.choices))
        amount = cells.parsed("金额", lambda value: parse_money(value, zero=True), Decimal(0))
        on = cells.parsed("日期", parse_date, date.min)
        if cells.failed:
            continue
        if on != last_day(on):
            cells.error("日期", "期初的日期是第一个月的前一天，应是某个月的最后一天。")
        elif openings and on != openings[0].on:
            cells.error("日期", "期初各行的日期要一样。")
        elif amount + sum((o.amount for o in openings if o.book == book), ZERO) >= MONEY_BELOW:
            cells.error("金额", "这本账的期初太大，系统记不下。请核对金额。")
        elif any((o.book, o.means) == (book, means) for o in openings):
            cells.error("结算方式", "同一本账的同一种结算方式写了两次期初。")
        else:
            openings.append(OpeningRow(row.number, book, means, amount, on))
    return openings


def _memo(rows: list[Row], errors: list[CellError]) -> list[tuple[str, str, Decimal, str]]:
    memo = []
    for row in rows:
        cells = _Cells("期初往来", row, errors)
        kind = cells.choice("类别", [(k, k) for k in MEMO_KINDS])
        room = cells.text("房屋")
        amount = cells.parsed("金额", parse_money, Decimal(0))
        month = ""
        if row.cells.get("至月份") not in (None, ""):
            month = f"{cells.parsed('至月份', parse_month, date.min):%Y-%m}"
        if not cells.failed:
            memo.append((kind, room, amount, month))
    return memo


def read_cashbook(content: bytes) -> Cashbook:
    """Return what a cash-book workbook says (contracts.md: Workbooks, cashbook).

    :raises WorkbookRefused: with every error by sheet and cell; nothing of the workbook is to be applied then.
    """
    sheets = read_workbook(content, SHEETS)
    errors: list[CellError] = []
    accounts = {account.name: account for account in Account.objects.all()}
    rows = [_row(_Cells("收支", row, errors), accounts) for row in sheets.get("收支", [])]
    openings = _openings(sheets.get("期初", []), errors)
    memo = _memo(sheets.get("期初往来", []), errors)
    if not rows and not openings and not errors:
        errors.append(CellError("收支", "", "没有一行收支，也没有期初。"))
    if memo and not openings and not errors:
        errors.append(CellError("期初往来", "A1", "有期初往来，就要有期初。"))
    understood, lone = pair_transfers([row for row in rows if row is not None])
    by_number = {row.number: row for row in sheets.get("收支", [])}
    for alone in lone:
        way = "支出" if not alone.incoming else "收入"
        other = "收入" if not alone.incoming else "支出"
        errors.append(
            CellError(
                "收支",
                by_number[alone.row].cell("科目"),
                f"内部划转只有{way}一头：要有同一天、同一金额、方向是{other}的另一行，账簿或结算方式不同。",
            )
        )
    if errors:
        raise WorkbookRefused(errors)
    return Cashbook(tuple(understood), tuple(openings), tuple(memo))


def word_refusal(refusal: Refusal) -> str:
    """Return why a row cannot be posted, as people are told."""
    if isinstance(refusal, PeriodClosed):
        state = "已经结账" if refusal.step == ClosingStep.APPROVED else "已编制，等主任审定"
        month = f"{refusal.month.year}年{refusal.month.month}月"
        return f"{month}{state}，不能再记{refusal.month.month}月的日期。请记以后的月份，摘要写明是哪天的事。"
    if isinstance(refusal, FarOff):
        return f"{refusal.day.year}年太远了，请看看年份。"
    if isinstance(refusal, BeforeBooks):
        return f"账从{refusal.first_month.year}年{refusal.first_month.month}月开始，不能记更早的日期。"
    if isinstance(refusal, NegativeBalance):
        return f"付了这笔，{refusal.money_account}会少{show_money(-refusal.lowest)}元。请先收款或改从银行付。"
    if isinstance(refusal, AlreadyOpened):
        return "已经有期初或凭证了：期初只能记一次，在第一张凭证之前。"
    if isinstance(refusal, AccountEnded):
        return f"{refusal.money_account.label}已经停用，不能再记账。请先重新启用，或开一个新账户。"
    return "这一行不能记账。"


def word_rows(refused: RowsRefused, content: bytes) -> list[CellError]:
    """Return refused rows by their cells in the workbook."""
    sheets = read_workbook(content, SHEETS)
    found = []
    for sheet, number, heading, why in refused.rows:
        row = next(row for row in sheets[sheet] if row.number == number)
        found.append(CellError(sheet, row.cell(heading), word_refusal(why)))
    return found
