"""Workbooks and CSV files: read within limits and with every fault named by its cell, written without formulas."""

from __future__ import annotations

import csv
import gc
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import python_calamine
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from core.hashing import clean_text
from core.money import UNSEEN, NotUnderstood, is_number_text, plain_decimal, quoted

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 150 * 1024 * 1024
MAX_ENTRIES = 2_000
MAX_ROWS = 200_000
MAX_COLUMNS = 60
# The reader keeps the whole rectangle down to the last cell, 32 bytes each; up to 20 columns it is within bounds.
MAX_CELLS = 4_000_000
MAX_ERRORS = 500
# A workbook packs 10 to 30 times; what packs far better than that is made to fill the memory.
_MAX_RATIO, _RATIO_FROM = 150, 8 * 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
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


def _nobody() -> None:
    """Nobody waits."""


# --- Reading -----------------------------------------------------------------------------------------------------


def _refuse(reason: str) -> WorkbookRefused:
    return WorkbookRefused([CellError("", "", reason)])


def _check_magic(content: bytes) -> None:
    """Refuse what is no xlsx file at all, saying what it seems to be."""
    if not content:
        raise _refuse("文件是空的。")
    if len(content) > MAX_FILE_BYTES:
        raise _refuse(f"文件超过{MAX_FILE_BYTES // 1024 // 1024} MB。请分成几个文件。")
    if content[:4] == b"PK\x03\x04":
        return
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise _refuse("文件有打开密码。请去掉密码，另存后再试。")
        raise _refuse("这是旧的.xls格式。请另存为.xlsx再试。")
    head = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml", b"<meta", b"<head")):
        raise _refuse("这是网页文件改的名，不是.xlsx工作簿。请在表格软件里另存为.xlsx再试。")
    raise _refuse("这不是.xlsx工作簿。请在表格软件里另存为.xlsx再试。")


# References beyond the limits, in cells and rows. Entities in them the reader itself refuses.
_FAR = re.compile(
    rb"""\sr\s*=\s*["'](?:[A-Za-z]{3}|[C-Zc-z][A-Za-z]|[Bb][I-Zi-z]|[A-Za-z]{0,2}0*(?:[1-9][0-9]{6}|[2-9][0-9]{5}))"""
)
# Beyond column T, the 20th, up to BH, the 60th.
_WIDE = re.compile(rb"""\sr\s*=\s*["'](?:[U-Zu-z]|[Aa][A-Za-z]|[Bb][A-Ha-h])[0-9]""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^<>]*?\br\s*=\s*["']([0-9]{1,7})["']""")
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)[\s>/]")
_ERROR_CELL = re.compile(rb"""<(?:\w+:)?c\s([^<>]*\bt\s*=\s*["']e["'][^<>]*)>""")
_BARE_FORMULA = re.compile(
    rb"""<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v\s*>\s*</(?:\w+:)?v>)\s*)?</(?:\w+:)?c>"""
)
# Announced numbers of things, for which the reader reserves memory before it has seen any.
_COUNT = re.compile(rb"""\b(?:c|uniqueC)ount\s*=\s*["']([^"'<>]*)["']""")
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3}[0-9]{1,7})["']""")
_STRING_TYPE = re.compile(rb"""\bt\s*=\s*["']str["']""")


def _reaches_too_far(xml: bytes) -> bool:
    """Whether a cell with a value lies beyond the limits; formatted empty rows down to the last are harmless."""
    position = 0
    while hit := _FAR.search(xml, position):
        start, end = xml.rfind(b"<", position, hit.start()), xml.find(b">", hit.end())
        # A ">" inside an attribute would hide where the tag ends.
        if start < 0 or end < 0 or xml.count(b'"', start, end) % 2 or xml.count(b"'", start, end) % 2:
            return True
        # Each step begins where the last one ended, so that no file makes this slow.
        position = end + 1
        if xml[end - 1 : end] != b"/":
            tag = xml[start + 1 : hit.start()].split(None, 1)[0]
            closing = xml.find(b"</" + tag, end)
            if closing < 0 or _VALUE.search(xml, end, closing):
                return True
            position = closing
    last = max((n for n in map(int, _ROW.findall(xml)) if n <= MAX_ROWS + 1), default=0)
    rows = min(max(last, xml.count(b"<row")), MAX_ROWS + 1)
    return rows * MAX_COLUMNS > MAX_CELLS and _WIDE.search(xml) is not None


def _scan_entry(name: str, data: bytes) -> None:
    """Refuse a part of the workbook that would harm the reader."""
    head = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not (head.startswith(b"<") or name.endswith((".xml", ".rels")) or data[:2] in (b"\xff\xfe", b"\xfe\xff")):
        return
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:64]:
        raise _refuse("文件的内部编码不是UTF-8。请在表格软件里另存为.xlsx再试。")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise _refuse("文件里有不该有的定义（DOCTYPE）。请在表格软件里另存为.xlsx再试。")
    announced = _COUNT.findall(data) if b"ount" in data else []
    if not all(n.isdigit() and len(n) < 9 and int(n) <= MAX_ROWS * MAX_COLUMNS for n in announced):
        raise _refuse("文件已损坏，打不开。请在表格软件里另存为.xlsx再试。")
    if b"sheetData" in data and _reaches_too_far(data):
        raise _refuse(f"表太大：最多{MAX_ROWS:,}行、{MAX_COLUMNS}列。很远的地方有内容的，请删掉那些行列，另存后再试。")


def _error_cells(xml: bytes) -> Iterator[tuple[str, str]]:
    """Yield address and sentence of the cells whose value is an error, or a formula that was never computed."""
    for match in _ERROR_CELL.finditer(xml) if b'"e"' in xml or b"'e'" in xml else ():
        reference = _REFERENCE.search(match[1])
        yield (reference[1].decode().upper() if reference else ""), "这一格是公式错误（如#REF!），请改成数值。"
    for match in _BARE_FORMULA.finditer(xml) if b"<f" in xml or b":f" in xml else ():
        if not _STRING_TYPE.search(match[1]):
            reference = _REFERENCE.search(match[1])
            yield (
                (reference[1].decode().upper() if reference else ""),
                "这一格的公式还没有算出结果。请在表格软件里打开，存一遍再试。",
            )


def _sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return each sheet's name and its part inside the workbook."""
    targets = {}
    for item in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels")).iter():
        if item.tag.endswith("}Relationship"):
            target = item.get("Target", "")
            targets[item.get("Id", "")] = target[1:] if target.startswith("/") else f"xl/{target.removeprefix('./')}"
    paths = {}
    for item in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if item.tag.endswith("}sheet"):
            key = next((value for name, value in item.attrib.items() if name.endswith("}id")), "")
            paths[item.get("name", "")] = targets.get(key, "")
    return paths


def _check_archive(content: bytes, heard: Heard = _nobody) -> dict[str, list[tuple[str, str]]]:
    """Unpack every part once within the limits; return the error cells by sheet.

    The reader allocates the whole rectangle down to the farthest cell and cannot be stopped, so what would be too
    much is found before.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
            raise _refuse("文件解开后太大。请分成几个文件。")
        if any(e.file_size > _RATIO_FROM and e.file_size > _MAX_RATIO * e.compress_size for e in entries):
            raise _refuse("文件解开后太大，不像表格软件存出来的。请另存为.xlsx再试。")
        if len(set(names)) != len(names) or any(e.compress_type not in _METHODS for e in entries):
            raise _refuse("文件已损坏，打不开。请在表格软件里另存为.xlsx再试。")
        if any(entry.flag_bits & 1 for entry in entries):
            raise _refuse("文件有打开密码。请去掉密码，另存后再试。")
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise _refuse("文件里有宏。请另存为不带宏的.xlsx再试。")
        if "xl/workbook.xml" not in names:
            raise _refuse("这不是.xlsx工作簿。请在表格软件里另存为.xlsx再试。")
        found: dict[str, list[tuple[str, str]]] = {}
        for entry in entries:
            # Reading it whole also checks that the part is as long as it says.
            data = archive.read(entry)
            heard()
            _scan_entry(entry.filename, data)
            heard()
            if b"sheetData" in data and (cells := list(_error_cells(data))):
                found[entry.filename] = cells
        return {sheet: found[path] for sheet, path in _sheet_paths(archive).items() if path in found} if found else {}


def _clean_cell_text(text: str) -> str:
    """Return a cell's text without unseen characters around it.

    :raises ValueError: with the sentence, for text that cannot be kept.
    """
    plain = text.strip(UNSEEN)
    return plain if plain.isascii() and plain.isprintable() else clean_text(plain, multiline=True)


def _address(column: int, number: int) -> str:
    return f"{xl_col_to_name(column)}{number}"


def _read_headings(cells: list[Any], sheet: Sheet, shift: int) -> tuple[dict[int, str], list[CellError]]:
    """Return which column (position in the reader's rows) has which heading, and what is wrong with row 1."""
    known = {column.heading for column in sheet.columns}
    found: dict[int, str] = {}
    errors = []
    for position, raw in enumerate(cells):
        address = _address(position + shift, 1)
        heading = str(raw).strip(UNSEEN).rstrip("*＊") if raw != "" else ""
        if not heading:
            continue
        if heading not in known:
            allowed = "、".join(column.heading for column in sheet.columns)
            reason = f"不认识的列名{quoted(heading)}。可以用的列名：{allowed}。"
            errors.append(CellError(sheet.name, address, reason))
        elif heading in found.values():
            errors.append(CellError(sheet.name, address, f'列名"{heading}"出现了两次。'))
        else:
            found[position] = heading
    for column in sheet.columns:
        if column.needed and column.heading not in found.values():
            errors.append(CellError(sheet.name, "A1", f'第一行缺少列名"{column.heading}"。'))
    return found, errors


def _read_sheet(source: Any, sheet: Sheet, heard: Heard) -> tuple[list[Row], list[CellError]]:
    """Return the rows that have something in them, and what is wrong."""
    if source.start is None:
        return [], [CellError(sheet.name, "", f'"{sheet.name}"这张表是空的。')] if sheet.required else []
    if source.total_height > MAX_ROWS + 1:
        return [], [CellError(sheet.name, "", f"表太大：最多{MAX_ROWS:,}行。请分成几个文件。")]
    return _read_rows(iter(source.iter_rows()), sheet, source.start[1], heard)


def _read_rows(rows: Iterator[list[Any]], sheet: Sheet, shift: int, heard: Heard) -> tuple[list[Row], list[CellError]]:
    """Return the rows below the headings that have something in them, and what is wrong."""
    headings, errors = _read_headings(next(rows, []), sheet, shift)
    if errors:
        return [], errors
    letters = {heading: xl_col_to_name(position + shift) for position, heading in headings.items()}
    read = []
    seen: dict[str, str] = {}
    for number, raw in enumerate(rows, start=2):
        if number % 5_000 == 0:
            heard()
        cells: dict[str, Value] = {}
        for position, value in enumerate(raw):
            if isinstance(value, str):
                if value == "":
                    continue
                # The same few words stand in most cells.
                text = seen.get(value)
                if text is None:
                    try:
                        text = seen[value] = _clean_cell_text(value)
                    except ValueError as problem:
                        errors.append(CellError(sheet.name, _address(position + shift, number), str(problem)))
                        continue
                if not text:
                    continue
                value = text
            if position in headings:
                cells[headings[position]] = value
            else:
                errors.append(CellError(sheet.name, _address(position + shift, number), "这一列没有列名，却有内容。"))
        if cells:
            read.append(Row(number, cells, sheet.name, letters))
    if not read and not errors and sheet.required:
        errors.append(CellError(sheet.name, "", f'"{sheet.name}"这张表里只有列名，没有内容。'))
    return read, errors


# What the standard library raises on archives and XML that are not what they say.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ElementTree.ParseError,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    ValueError,
)


def read_workbook(
    content: bytes, sheets: Mapping[str, Sheet], *, looked_at: bool = False, heard: Heard = _nobody
) -> dict[str, list[Row]]:
    """Return the rows of each sheet asked for, by the same keys; a missing optional sheet has none.

    :raises WorkbookRefused: with every fault found: no workbook, too large, unknown, double or missing headings,
        unknown or missing sheets, errors in cells.
    """
    _check_magic(content)
    try:
        errors_in = {} if looked_at else _check_archive(content, heard)
    except _DAMAGE:
        raise _refuse("文件已损坏，打不开。请在表格软件里另存为.xlsx再试。") from None
    try:
        return _read_with(python_calamine.load_workbook(io.BytesIO(content)), sheets, errors_in, heard)
    except WorkbookRefused:
        raise
    except BaseException as problem:
        # A panic of the reader's Rust code is no Exception.
        if isinstance(problem, Exception) and not isinstance(problem, python_calamine.CalamineError):
            raise
        if isinstance(problem, Exception) or type(problem).__name__ == "PanicException":
            raise _refuse("文件已损坏，打不开。请在表格软件里另存为.xlsx再试。") from None
        raise


def read_table(
    content: bytes, sheets: Mapping[str, Sheet], *, looked_at: bool = False, heard: Heard = _nobody
) -> dict[str, list[Row]]:
    """Return what ``read_workbook`` does, of a workbook or of a CSV file that holds the first of these sheets.

    CSV is UTF-8, with or without BOM, or GB18030, as spreadsheet programs here write it. ``looked_at``: these very
    bytes were read before and nothing was wrong. ``heard`` is called now and then.

    :raises WorkbookRefused: as ``read_workbook``.
    """
    (key, sheet), *others = sheets.items()
    text = None if content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0") else _text_of_csv(content)
    if text is None or not any(column.heading in text[:2000] for column in sheet.columns):
        return read_workbook(content, sheets, looked_at=looked_at, heard=heard)
    rows, errors = _read_rows(_csv_rows(text), sheet, 0, heard)
    if errors:
        raise WorkbookRefused(errors)
    return {key: rows} | {name: [] for name, _ in others}


def _text_of_csv(content: bytes) -> str | None:
    """Return the text of what may be a CSV file; None where it is none at all."""
    if not content or len(content) > MAX_FILE_BYTES:
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text or text.lstrip().startswith("<") else text
    return None


def _csv_rows(text: str) -> Iterator[list[Any]]:
    """Yield the lines of a CSV file; the sign that ``csv_text`` put before live text is taken off again.

    :raises WorkbookRefused: too many lines, or quotation marks that never end.
    """
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True)):
            if number > MAX_ROWS:
                raise _refuse(f"表太大：最多{MAX_ROWS:,}行。请分成几个文件。")
            if len(row) > MAX_COLUMNS and any(row[MAX_COLUMNS:]):
                raise _refuse(f"表太大：最多{MAX_COLUMNS}列。")
            yield [value[1:] if value[:1] == "'" and _LIVE.match(value[1:]) else value for value in row]
    except csv.Error:
        raise _refuse("CSV文件里的引号不成对，或一格太长，读不下去。请在表格软件里另存为.xlsx再试。") from None


def read_grid(content: bytes) -> list[tuple[int, list[Any]]]:
    """Return the rows of a workbook's first sheet as they stand, each with its number; for files of others' making.

    :raises WorkbookRefused: no workbook, too large, damaged.
    """
    _check_magic(content)
    try:
        _check_archive(content)
        workbook = python_calamine.load_workbook(io.BytesIO(content))
        source: Any = workbook.get_sheet_by_name(workbook.sheet_names[0])
        if source.start is None:
            return []
        if source.total_height > MAX_ROWS:
            raise _refuse(f"表太大：最多{MAX_ROWS:,}行。")
        rows = [(n, list(row)) for n, row in enumerate(source.iter_rows(), start=source.start[0] + 1)]
    except WorkbookRefused:
        raise
    except BaseException as problem:
        damaged = isinstance(problem, (*_DAMAGE, IndexError, python_calamine.CalamineError))
        if damaged or type(problem).__name__ == "PanicException":
            raise _refuse("文件已损坏，打不开。请在表格软件里另存为.xlsx再试。") from None
        raise
    return [(n, row) for n, row in rows if any(value != "" for value in row)]


def _read_with(
    workbook: Any, sheets: Mapping[str, Sheet], errors_in: Mapping[str, list[tuple[str, str]]], heard: Heard
) -> dict[str, list[Row]]:
    present = {name.strip(UNSEEN): name for name in workbook.sheet_names}
    known = {sheet.name for sheet in sheets.values()}
    errors = []
    for name, original in present.items():
        # Older programs add empty sheets to every new workbook.
        if name not in known and name != NOTES_SHEET and workbook.get_sheet_by_name(original).start is not None:
            allowed = "、".join(f'"{sheet.name}"' for sheet in sheets.values())
            errors.append(CellError(name, "", f"不认识的表{quoted(name)}。可以用的表：{allowed}。"))
    result: dict[str, list[Row]] = {}
    for key, sheet in sheets.items():
        if sheet.name in present:
            original = present[sheet.name]
            heard()
            rows, found = _read_sheet(workbook.get_sheet_by_name(original), sheet, heard)
            errors += found
            errors += [CellError(sheet.name, cell, reason) for cell, reason in errors_in.get(original, [])]
            result[key] = rows
        else:
            result[key] = []
            if sheet.required:
                errors.append(CellError(sheet.name, "", f'没有"{sheet.name}"这张表。'))
    if errors:
        raise WorkbookRefused(errors)
    return result


# --- Writing -----------------------------------------------------------------------------------------------------


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
_LIVE = re.compile(r"""[\s\u200b\u2060\ufeff"'“”‘’＂＇`]*[=+\-@＝＋－＠\t\r\n]""")


def csv_text(value: object) -> str:
    """Return one CSV cell; text that a spreadsheet program would compute gets a leading ``'``."""
    if value is None:
        return ""
    if isinstance(value, Figure):
        return str(value)
    if isinstance(value, str):
        return f"'{value}" if _LIVE.match(value) else value
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
