"""Workbooks and CSV files written: text stays text, no formula lives."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from core.money import is_number_text
from core.spreadsheets.shapes import MAX_ROWS, NOTES_SHEET


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet to write: headings, rows, and column widths in characters (by default the heading's own).

    ``choices``: by heading, the words that its cells take; spreadsheet programs then show them as a list. ``hints``: by
    heading, what they show beside a cell that is being filled in.
    """

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[object]]
    widths: Sequence[int] = ()
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)


def write_workbook(tables: Sequence[Table], notes: Sequence[str] = ()) -> bytes:
    """Return an xlsx file: bold headings that stay in view, text always as text, ``notes`` on a sheet of their own.

    Decimals become numbers (``Figure`` too), dates become dates; nothing becomes a formula or a link.
    """
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        money = book.add_format({"num_format": "#,##0.00"})
        for table in tables:
            sheet = book.add_worksheet(table.name)
            for column, heading in enumerate(table.headings):
                width = table.widths[column] if column < len(table.widths) else max(10, 2 * len(heading) + 2)
                sheet.set_column(column, column, width)
                sheet.write_string(0, column, heading, bold)
                _help_filling_in(sheet, column, table.choices.get(heading, ()), table.hints.get(heading, ""))
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(table.rows, start=1):
                for column, value in enumerate(row):
                    if value is None or value == "":
                        continue
                    if isinstance(value, (Figure, Decimal)):
                        style = money if _decimals(value) == 2 else None
                        sheet.write_number(number, column, float(value), style)
                    elif isinstance(value, int) and not isinstance(value, bool):
                        sheet.write_number(number, column, value)
                    elif isinstance(value, date) and not isinstance(value, datetime):
                        sheet.write_datetime(number, column, datetime(value.year, value.month, value.day), day)
                    elif isinstance(value, str):
                        sheet.write_string(number, column, value)
                    else:
                        raise TypeError(f"No cell for {type(value).__name__}")
        if notes:
            sheet = book.add_worksheet(NOTES_SHEET)
            sheet.set_column(0, 0, 90)
            for number, line in enumerate(notes):
                sheet.write_string(number, 0, line)
    return buffer.getvalue()


def _help_filling_in(sheet: Any, column: int, choices: Sequence[str], hint: str) -> None:
    """Let spreadsheet programs offer a column's words and show its hint; another word is warned of, not refused."""
    if not choices and not hint:
        return
    rule: dict[str, object] = {"validate": "list", "source": list(choices), "error_type": "warning"} if choices else {}
    rule |= {} if choices else {"validate": "any"}
    if hint:
        rule |= {"input_message": hint[:255]}
    sheet.data_validation(1, column, MAX_ROWS, column, rule)


class Figure(str):
    """A number as text (``-12.30``), as ``plain_money`` writes it: stays a number in CSV and workbooks."""

    __slots__ = ()

    def __new__(cls, text: str) -> Figure:
        if not is_number_text(text):
            raise ValueError(f"Not a bare number: {text!r}")
        return super().__new__(cls, text)


def _decimals(value: Figure | Decimal) -> int:
    return len(f"{Decimal(value):f}".partition(".")[2])


# What spreadsheet programs take for a formula, also behind spaces and quotation marks; a leading tab is no longer
# a safe prefix (CVE-2021-41270).
LIVE = re.compile(r"""[\s\u200b\u2060\ufeff"'“”‘’＂＇`]*[=+\-@＝＋－＠\t\r\n]""")


def csv_text(value: object) -> str:
    """Return one CSV cell; text that a spreadsheet program would compute gets a leading ``'``."""
    if value is None:
        return ""
    if isinstance(value, Figure):
        return str(value)
    if isinstance(value, str):
        return f"'{value}" if LIVE.match(value) else value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"No CSV cell for {type(value).__name__}")


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV: UTF-8 with BOM, CRLF; figures stay numbers, text never becomes a formula."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow([csv_text(value) for value in row])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()
