"""A bank's statement as pasted from its page or read from a workbook or CSV: every fault by its line or cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from core.hashing import clean_text
from core.money import UNSEEN, NotUnderstood, half_width, parse_date, parse_money, plain_decimal, quoted
from core.spreadsheets import WorkbookRefused, read_grid
from fees.documents.control import StatementLine
from fees.rules import ZERO, balances_follow

MOST_LINES = 600
MOST_FAULTS = 20
LONGEST_TEXT = 120

# What banks call their columns; said from the bank's side, 借方 is money out and 贷方 money in.
HEADINGS = {
    "on": {"日期", "交易日期", "记账日期", "入账日期", "交易时间", "记账日", "交易日", "业务日期", "入账时间"},
    "in": {"收入", "收入金额", "贷方", "贷方金额", "贷方发生额", "存入", "存入金额", "转入", "贷", "收入额"},
    "out": {"支出", "支出金额", "借方", "借方金额", "借方发生额", "支取", "取出", "付出", "转出", "借", "支出额"},
    "amount": {"金额", "交易金额", "发生额", "收支金额"},
    "sign": {"借贷", "借贷标志", "借贷方向", "收支", "收/支", "借/贷", "方向", "收支标志"},
    "balance": {"余额", "账户余额", "当前余额", "账面余额", "本次余额", "可用余额"},
    "text": {
        "摘要", "交易摘要", "用途", "附言", "备注", "说明", "对方", "对方户名", "对方名称", "交易类型", "交易说明", "对手方",
    },
}  # fmt: skip
OUT_WORDS, IN_WORDS = {"借", "支", "支出", "付", "d", "-"}, {"贷", "收", "收入", "c", "+"}
# Lines of a statement that are no movement.
SUMS = ("合计", "小计", "总计", "承前页", "过次页", "期初", "期末", "上期", "本页", "上月结余")


@dataclass(frozen=True)
class Fault:
    """What is wrong at a line or cell, in Chinese."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}：{self.reason}" if self.place else self.reason


class StatementRefused(Exception):
    """The statement cannot be read; ``faults`` say where and why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        more = len(faults) - MOST_FAULTS
        rest = [Fault("", f"还有{more}处没有列出，改完上面的再试一次。")] if more > 0 else []
        self.faults = [*faults[:MOST_FAULTS], *rest]
        super().__init__("；".join(str(fault) for fault in self.faults))


@dataclass(frozen=True)
class Statement:
    """A statement as read, oldest line first; ``closing`` from its balances where it has them; yuan."""

    lines: tuple[StatementLine, ...]
    closing: Decimal | None = None
    caution: str = ""


Grid = list[tuple[str, list[str]]]  # each row with its place as people find it: 第3行, or 第3行 of a sheet


def grid_of_text(text: str) -> Grid:
    """Return pasted lines as rows of cells: by tabs, by commas where a heading has them, else by spaces."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    filled = [(f"第{n}行", line) for n, line in enumerate(lines, start=1) if line.strip(UNSEEN)]
    if any("\t" in line for _, line in filled):
        return [(place, line.split("\t")) for place, line in filled]
    head = filled[0][1] if filled else ""
    if head.count(",") >= 2 or head.count("，") >= 2:
        return [(place, next(csv.reader([line.replace("，", ",")]))) for place, line in filled]
    return [(place, _words(line)) for place, line in filled]


def _words(line: str) -> list[str]:
    """Return a line's cells where only spaces part them: the day, the words, then the figures at its end."""
    words = line.split()
    figures: list[str] = []
    while len(words) > 1 and _is_figure(words[-1]):
        figures.insert(0, words.pop())
    if not figures or _is_heading_row(line.split()):
        return line.split()
    return [words[0], " ".join(words[1:]), *figures]


def _is_figure(text: str) -> bool:
    try:
        parse_money(text, zero=True, negative=True)
    except NotUnderstood:
        return False
    return True


def grid_of_file(content: bytes) -> Grid:
    """Return the first sheet of a workbook, or a CSV, as rows of cells.

    :raises StatementRefused:
    """
    if content[:2] == b"PK":
        try:
            rows = read_grid(content)
        except WorkbookRefused as refused:
            raise StatementRefused([Fault(e.cell, e.reason) for e in refused.errors]) from None
        return [(f"第{n}行", [_shown(value) for value in row]) for n, row in rows]
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        if "\t" in text:
            return grid_of_text(text)
        rows_of = csv.reader(io.StringIO(text))
        return [(f"第{n}行", row) for n, row in enumerate(rows_of, start=1) if any(c.strip(UNSEEN) for c in row)]
    raise StatementRefused([Fault("", "这个文件读不懂。请用.xlsx或.csv，或把对账单复制粘贴到下面。")])


def _shown(value: object) -> str:
    if isinstance(value, datetime | date):
        return f"{value.year}-{value.month:02d}-{value.day:02d}"
    if isinstance(value, float):
        return plain_decimal(Decimal(repr(value)))
    return str(value)


def _heading(text: str) -> str:
    """Return what a cell of the heading row is about, or nothing."""
    plain = half_width(text).strip(UNSEEN).rstrip("*")
    for unit in ("(元)", "（元）", "(RMB)", "(人民币)"):
        plain = plain.replace(unit, "")
    plain = plain.strip(UNSEEN)
    return next((name for name, words in HEADINGS.items() if plain in words), "")


def _is_heading_row(cells: Sequence[str]) -> bool:
    names = {_heading(cell) for cell in cells}
    return "on" in names and bool(names & {"in", "out", "amount"})


@dataclass(frozen=True)
class _Columns:
    """Which column holds what; ``text`` may be several."""

    on: int
    text: tuple[int, ...]
    incoming: int | None = None
    outgoing: int | None = None
    amount: int | None = None
    sign: int | None = None
    balance: int | None = None


def _columns(grid: Grid) -> tuple[_Columns, Grid]:
    """Return the columns and the rows below the heading; without one they are told from what stands in them.

    :raises StatementRefused: when it is not clear which column is which.
    """
    for i, (_, cells) in enumerate(grid[:20]):
        if _is_heading_row(cells):
            return _by_headings(cells), grid[i + 1 :]
    return _by_content(grid), grid


def _by_headings(cells: Sequence[str]) -> _Columns:
    named: dict[str, list[int]] = {}
    for i, cell in enumerate(cells):
        named.setdefault(_heading(cell), []).append(i)

    def first(name: str) -> int | None:
        return named.get(name, [None])[0]

    return _Columns(
        named["on"][0],
        tuple(named.get("text", [])),
        first("in"),
        first("out"),
        first("amount"),
        first("sign"),
        first("balance"),
    )


def _by_content(grid: Grid) -> _Columns:
    rows = [cells for _, cells in grid if not _is_sum(cells)]
    width = max((len(cells) for cells in rows), default=0)
    columns = [[cells[i].strip(UNSEEN) if i < len(cells) else "" for cells in rows] for i in range(width)]
    figures = [i for i, c in enumerate(columns) if i and any(c) and all(not cell or _is_figure(cell) for cell in c)]
    text = tuple(i for i in range(1, width) if i not in figures)
    unclear = StatementRefused(
        [Fault("第1行", "看不出哪一列是金额。请连表头一起粘贴：日期、摘要、收入、支出、余额，或日期、摘要、金额。")]
    )
    if not rows or not figures:
        raise unclear
    if len(figures) == 1:
        return _Columns(0, text, amount=figures[0])
    one, other = columns[figures[0]], columns[figures[1]]
    split = all(_empty(a) != _empty(b) for a, b in zip(one, other, strict=True))
    if len(figures) == 2 and split:
        raise unclear  # which of the two is money in, nobody can tell
    if len(figures) == 2:
        return _Columns(0, text, amount=figures[0], balance=figures[1])
    raise unclear


def _empty(cell: str) -> bool:
    return not cell or (_is_figure(cell) and parse_money(cell, zero=True, negative=True) == ZERO)


def _is_sum(cells: Sequence[str]) -> bool:
    """Whether a row is a sum or a heading of the bank's, no movement."""
    words = "".join(cells)
    first = half_width(cells[0]).strip(UNSEEN) if cells else ""
    return any(word in words for word in SUMS) and not any(c.isdigit() for c in first[:4])


def read_statement(grid: Grid, *, first_on: date, last_on: date) -> Statement:
    """Return the statement's lines of the days asked for, oldest first.

    :raises StatementRefused: with every fault by its line: figures with letters, days of another month, too many.
    """
    if not grid:
        return Statement(())
    if len(grid) > MOST_LINES + 20:
        raise StatementRefused([Fault("", f"一共{len(grid):,}行，一次最多{MOST_LINES}行。请只取这个月、这个账户的。")])
    columns, rows = _columns(grid)
    faults: list[Fault] = []
    lines: list[StatementLine] = []
    places: list[str] = []
    for place, cells in rows:
        if _is_sum(cells) or not any(cell.strip(UNSEEN) for cell in cells):
            continue
        try:
            line = _line(cells, columns, last_on.year)
        except (NotUnderstood, ValueError) as problem:
            faults.append(Fault(place, str(problem)))
            continue
        lines.append(line)
        places.append(place)
    faults += _outside(lines, places, first_on, last_on)
    if faults:
        raise StatementRefused(faults)
    return _in_order(lines, places)


def _outside(lines: Sequence[StatementLine], places: Sequence[str], first_on: date, last_on: date) -> list[Fault]:
    outside = [(place, line) for place, line in zip(places, lines, strict=True) if not first_on <= line.on <= last_on]
    if outside and len(outside) == len(lines):
        day = outside[0][1].on
        return [Fault("", f"这是{day.year}年{day.month}月的对账单，这里要{last_on.year}年{last_on.month}月的。")]
    wanted = f"{first_on.month}月{first_on.day}日至{last_on.month}月{last_on.day}日"
    return [Fault(place, f"{line.on.isoformat()}不在{wanted}里。请去掉这一行。") for place, line in outside]


def _cell(cells: Sequence[str], column: int | None) -> str:
    return cells[column].strip(UNSEEN) if column is not None and column < len(cells) else ""


def _money(text: str, name: str) -> Decimal:
    return parse_money(text, zero=True, negative=True, name=name) if text and text != "-" else ZERO


def _line(cells: Sequence[str], columns: _Columns, year: int) -> StatementLine:
    """Return one line.

    :raises NotUnderstood: :raises ValueError: with the sentence to show.
    """
    day = parse_date(_day_text(_cell(cells, columns.on)), year=year)
    words = " ".join(word for i in columns.text if (word := _cell(cells, i)))
    text = clean_text(words)[:LONGEST_TEXT]
    if columns.amount is not None:
        amount = _money(_cell(cells, columns.amount), "金额")
        sign = half_width(_cell(cells, columns.sign)).casefold()
        if sign in OUT_WORDS:
            amount = -abs(amount)
        elif sign in IN_WORDS:
            amount = abs(amount)
        elif sign:
            raise NotUnderstood(f"借贷标志看不懂：{quoted(sign)}。请写借或贷，收或支。")
    else:
        incoming, outgoing = (
            _money(_cell(cells, columns.incoming), "收入"),
            _money(_cell(cells, columns.outgoing), "支出"),
        )
        if incoming and outgoing:
            raise NotUnderstood("收入和支出两栏都有数，一行只能有一个。")
        amount = incoming - outgoing
    if amount == ZERO:
        raise NotUnderstood("这一行没有金额。")
    balance = _cell(cells, columns.balance)
    return StatementLine(day, text, amount, _money(balance, "余额") if balance else None)


def _day_text(text: str) -> str:
    """Return the day of a cell that may hold the time of day too."""
    plain = half_width(text).replace("T", " ")
    return plain.split(" ")[0] if " " in plain else plain


def _in_order(lines: list[StatementLine], places: Sequence[str]) -> Statement:
    """Return the lines oldest first, the closing balance, and a word where a balance skips a line."""
    if not lines:
        return Statement(())
    amounts = [line.amount for line in lines]
    balances = [line.balance for line in lines]
    if any(balance is None for balance in balances):
        return Statement(tuple(sorted(lines, key=lambda line: line.on)))
    known = [balance for balance in balances if balance is not None]
    newest_last, broken = balances_follow(amounts, known)
    if len(lines) > 1 and lines[0].on > lines[-1].on:
        newest_last = False
    ordered = lines if newest_last else lines[::-1]
    caution = f"{places[broken]}的余额接不上前一行，中间可能少了行。" if broken is not None else ""
    return Statement(tuple(ordered), ordered[-1].balance, caution)


def text_of_lines(lines: Sequence[StatementLine]) -> str:
    """Return lines as they stand in the paste box: tabs between day, words and amount."""
    head = "日期\t摘要\t金额\n"
    return head + "\n".join(f"{line.on.isoformat()}\t{line.text}\t{line.amount:.2f}" for line in lines) if lines else ""
