"""What a workbook is to be: sheets with their columns, rows, faults named by their cell; and how large at most."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from core.money import NotUnderstood, plain_decimal

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 150 * 1024 * 1024
MAX_ENTRIES = 2_000
MAX_ROWS = 200_000
MAX_COLUMNS = 60
# The reader keeps the whole rectangle down to the last cell, 32 bytes each; up to 20 columns it is within bounds.
MAX_CELLS = 4_000_000
MAX_ERRORS = 500
NOTES_SHEET = "说明"

Value = str | float | int | bool | date | datetime | time | timedelta


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a sheet may have; without a needed one the sheet is refused."""

    heading: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that a workbook may have, by name, with its columns."""

    name: str
    columns: tuple[Column, ...]
    required: bool = True


@dataclass(frozen=True, slots=True)
class CellError:
    """One fault: sheet and cell (``E101``; empty when it concerns the whole), and a sentence."""

    sheet: str
    cell: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """Return the fault as ``--json`` prints it."""
        return {"sheet": self.sheet, "cell": self.cell, "reason": self.reason}


class WorkbookRefused(Exception):
    """The workbook cannot be taken; ``errors`` says why, cell by cell."""

    def __init__(self, errors: Iterable[CellError]) -> None:
        self.errors = shortened(errors)
        first = self.errors[0]
        more = f"另有{len(self.errors) - 1}处。" if len(self.errors) > 1 else ""
        super().__init__(f"{first.cell}：{first.reason}{more}" if first.cell else first.reason + more)


@dataclass(frozen=True, slots=True)
class Row:
    """One row with something in it; ``number`` as the spreadsheet program shows it (headings are row 1)."""

    number: int
    cells: Mapping[str, Value]
    sheet: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, heading: str) -> Value:
        """Return the cell's value, ``""`` where it is empty or the column is missing."""
        return self.cells.get(heading, "")

    def cell(self, heading: str) -> str:
        """Return the cell's address, E7; column A stands for a column that is missing."""
        return f"{self.letters.get(heading, 'A')}{self.number}"

    def error(self, heading: str, reason: str) -> CellError:
        """Return a fault in this cell."""
        return CellError(self.sheet, self.cell(heading), reason)

    def text(self, heading: str) -> str:
        """Return the cell as one line of text.

        :raises NotUnderstood: see ``text_of``.
        """
        return text_of(self.cells.get(heading, ""))


def shortened(errors: Iterable[CellError]) -> list[CellError]:
    """Return the first faults, and one more that counts the rest: nobody reads a hundred thousand."""
    found = list(errors)
    if len(found) <= MAX_ERRORS:
        return found
    rest = len(found) - MAX_ERRORS
    return [*found[:MAX_ERRORS], CellError("", "", f"还有{rest}处没有列出，改完上面的再试一次。")]


def text_of(value: Value, *, multiline: bool = False) -> str:
    """Return a cell as text: 501.0 as 501, a phone number with all its digits.

    :raises NotUnderstood: for a date (spreadsheet programs turn 3-2 into one), TRUE or FALSE, a number of more than
        15 digits, a line break where one line is wanted.
    """
    if isinstance(value, str):
        if not multiline and "\n" in value:
            raise NotUnderstood("这一格里有换行，请写成一行。")
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, (int, float)):
        if abs(value) >= 1e15:
            raise NotUnderstood("这一格的数字太长，后几位已经丢失。请把格式改成文本，再重填。")
        return plain_decimal(Decimal(f"{value:.15g}"))
    raise NotUnderstood("这一格变成了日期或时间。请把格式改成文本，再重填。")


@contextmanager
def many_objects() -> Iterator[None]:
    """Let the collector of cycles rest while hundreds of thousands of objects are made that hold none.

    It looks at all of them again and again, for a third of the time that a large workbook takes.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


# Who waits for a large workbook and is told that it goes on.
Heard = Callable[[], None]


def nobody() -> None:
    """Nobody waits."""
