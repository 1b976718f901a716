"""What is printed of the books: vouchers as slips of A5, a month of a book as sheets of A4 with sums carried over."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil

from core.money import capitals
from fees.choices import Direction
from fees.documents.months import LEFT, CashBook, CashRow
from fees.models import Voucher, VoucherLine
from fees.rules import ZERO, last_day

# Heights in mm and widths in Chinese characters, a little less than what the style sheet has room for.
LINE, PADDING = 4.7, 1.8
BOOK_ROOM, LAST_BOOK_ROOM = 146.0, 126.0  # the last sheet has the sums of the month and of the year
BOOK_WIDTHS = {"summary": 22, "account": 11, "payee": 12}
SLIP_ROOM, SLIP_WIDTHS = 64.0, {"summary": 16, "account": 11, "aside": 9, "price": 7, "fact": 11, "reason": 44}


def text_width(text: str) -> float:
    """Return how wide a text is set, in Chinese characters."""
    return sum(1.0 if unicodedata.east_asian_width(sign) in "WFA" else 0.7 if sign.isupper() else 0.58 for sign in text)


def row_height(*cells: tuple[str, float]) -> float:
    """Return how high a row is set at most, in mm; each cell with its width in Chinese characters."""
    lines = max((ceil(text_width(text) / (width - 1)) for text, width in cells if text), default=1)
    return max(lines, 1) * LINE + PADDING


def _filled(heights: Sequence[float], room: float) -> list[slice]:
    """Return which rows stand on which sheet; a row that is higher than a sheet has one of its own."""
    slices, start, used = [], 0, 0.0
    for place, height in enumerate(heights):
        if place > start and used + height > room:
            slices.append(slice(start, place))
            start, used = place, 0.0
        used += height
    return [*slices, slice(start, len(heights))]


# --- Vouchers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SlipSheet:
    """One slip of paper of a voucher; more lines than it holds go on on the next."""

    voucher: Voucher
    lines: tuple[VoucherLine, ...]
    number: int
    of: int
    papers: int

    @property
    def is_income(self) -> bool:
        return self.voucher.direction in LEFT

    @property
    def is_red(self) -> bool:
        return self.voucher.reverses_id is not None

    @property
    def is_last(self) -> bool:
        return self.number == self.of

    @property
    def capitals(self) -> str:
        """The voucher's amount in capitals (大写)."""
        return capitals(self.voucher.amount)

    @property
    def hash_tail(self) -> str:
        """The end of the voucher's hash, in eights."""
        return f"{self.voucher.hash[-16:-8]} {self.voucher.hash[-8:]}"

    @property
    def ways(self) -> str:
        """From where the money went where to."""
        voucher = self.voucher
        return f"{voucher.money_account}到{voucher.to_account}" if voucher.to_account else str(voucher.money_account)


def slip_sheets(vouchers: Iterable[Voucher], papers: dict[int, int]) -> tuple[SlipSheet, ...]:
    """Return the slips of vouchers fetched ``for_display``; ``papers``: how many hang at each, by key."""
    found: list[SlipSheet] = []
    for voucher in vouchers:
        lines = list(voucher.lines.all())
        heights = [
            row_height(
                (line.summary, SLIP_WIDTHS["summary"]),
                (f"{line.account_id} {line.account_name}", SLIP_WIDTHS["account"]),
                (f"{line.get_source_display()} {line.get_service_line_display()}", SLIP_WIDTHS["aside"]),
                (f"{line.quantity}×{line.unit_price}", SLIP_WIDTHS["price"]),
            )
            for line in lines
        ]
        parts = _filled(heights, SLIP_ROOM - _facts_height(voucher))
        found += [
            SlipSheet(voucher, tuple(lines[part]), number, len(parts), papers.get(voucher.pk, 0))
            for number, part in enumerate(parts, start=1)
        ]
    return tuple(found)


def _facts_height(voucher: Voucher) -> float:
    """Return how high what stands under the lines is at most, in mm."""
    facts = row_height((voucher.payee, SLIP_WIDTHS["fact"]), (voucher.decision, SLIP_WIDTHS["fact"]))
    return facts + row_height((voucher.reason, SLIP_WIDTHS["reason"]))


# --- The book's month ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BookSheet:
    """One sheet of a book's month: what was carried to it, its rows, what it carries on; yuan."""

    rows: tuple[CashRow, ...]
    number: int
    of: int
    before: tuple[Decimal, Decimal, Decimal]  # income, expense, balance carried over (承前页); the opening on the first
    after: tuple[Decimal, Decimal, Decimal]  # the same with this sheet (过次页; on the last the month's sums)

    @property
    def is_first(self) -> bool:
        return self.number == 1

    @property
    def is_last(self) -> bool:
        return self.number == self.of


@dataclass(frozen=True)
class BookMonth:
    """A book's month as it is printed, with the sums of its columns and of the year so far; yuan."""

    book: CashBook
    sheets: tuple[BookSheet, ...]
    year: tuple[Decimal, Decimal]

    @property
    def last_on(self) -> date:
        return last_day(self.book.month)

    @property
    def moved(self) -> tuple[Decimal, Decimal]:
        """What transfers and other people's money put into the columns beside income and expense."""
        income, expense, _ = self.sheets[-1].after
        return income - self.book.income, expense - self.book.expense


def columns(rows: Iterable[CashRow]) -> tuple[Decimal, Decimal]:
    """Return the sums of the two columns as they stand there; yuan."""
    income = expense = ZERO
    for row in rows:
        income += row.income or ZERO
        expense += row.expense or ZERO
    return income, expense


def book_month(book: CashBook) -> BookMonth:
    """Return a month of a book as sheets. Opening + income - expense = balance holds on each of them."""
    heights = [
        row_height(
            (_printed_summary(row), BOOK_WIDTHS["summary"]),
            (f"{row.line.account_id} {row.line.account_name}", BOOK_WIDTHS["account"]),
            (row.voucher.payee if row.first_of_voucher else "", BOOK_WIDTHS["payee"]),
        )
        for row in book.rows
    ]
    parts = _filled(heights, BOOK_ROOM)
    last = parts[-1]
    if sum(heights[last]) > LAST_BOOK_ROOM:
        fitting = _filled(heights[last], LAST_BOOK_ROOM)
        parts[-1:] = [slice(last.start + part.start, last.start + part.stop) for part in fitting]
    sheets: list[BookSheet] = []
    before = (ZERO, ZERO, book.opening)
    for number, part in enumerate(parts, start=1):
        rows = book.rows[part]
        income, expense = columns(rows)
        after = (before[0] + income, before[1] + expense, rows[-1].balance if rows else before[2])
        sheets.append(BookSheet(rows, number, len(parts), before, after))
        before = after
    return BookMonth(book, tuple(sheets), _year_so_far(book))


def _printed_summary(row: CashRow) -> str:
    """Return a row's words at their longest."""
    tag = "红冲　" if row.reverses is not None else ""
    reversed_by = f"已被{row.reversed_by:03d}冲销" if row.reversed_by is not None else ""
    return tag + row.line.summary + reversed_by + "".join(f"{n:03d}冲回{amount}" for n, amount in row.reduced_by)


def _year_so_far(book: CashBook) -> tuple[Decimal, Decimal]:
    income = expense = ZERO
    moves = Voucher.objects.filter(book=book.book, to_account=None).between(
        book.month.replace(month=1), last_day(book.month)
    )
    for direction, amount in moves.values_list("direction", "amount"):
        if Direction(direction) in LEFT:
            income += amount
        else:
            expense += amount
    return income, expense
