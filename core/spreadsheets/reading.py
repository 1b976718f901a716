"""Workbooks and CSV files read into rows, with every fault named by its cell."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

import python_calamine
from xlsxwriter.utility import xl_col_to_name

from core.hashing import clean_text
from core.money import UNSEEN, quoted
from core.spreadsheets.archives import check_archive, check_magic, refuse
from core.spreadsheets.shapes import (
    MAX_COLUMNS,
    MAX_FILE_BYTES,
    MAX_ROWS,
    NOTES_SHEET,
    CellError,
    Heard,
    Row,
    Sheet,
    Value,
    WorkbookRefused,
    nobody,
)
from core.spreadsheets.writing import LIVE


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
    content: bytes, sheets: Mapping[str, Sheet], *, looked_at: bool = False, heard: Heard = nobody
) -> dict[str, list[Row]]:
    """Return the rows of each sheet asked for, by the same keys; a missing optional sheet has none.

    :raises WorkbookRefused: with every fault found: no workbook, too large, unknown, double or missing headings,
        unknown or missing sheets, errors in cells.
    """
    check_magic(content)
    try:
        errors_in = {} if looked_at else check_archive(content, heard)
    except _DAMAGE:
        raise refuse("文件已损坏，打不开。请在表格软件里另存为.xlsx再试。") from None
    try:
        return _read_with(python_calamine.load_workbook(io.BytesIO(content)), sheets, errors_in, heard)
    except WorkbookRefused:
        raise
    except BaseException as problem:
        # A panic of the reader's Rust code is no Exception.
        if isinstance(problem, Exception) and not isinstance(problem, python_calamine.CalamineError):
            raise
        if isinstance(problem, Exception) or type(problem).__name__ == "PanicException":
            raise refuse("文件已损坏，打不开。请在表格软件里另存为.xlsx再试。") from None
        raise


def read_table(
    content: bytes, sheets: Mapping[str, Sheet], *, looked_at: bool = False, heard: Heard = nobody
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
                raise refuse(f"表太大：最多{MAX_ROWS:,}行。请分成几个文件。")
            if len(row) > MAX_COLUMNS and any(row[MAX_COLUMNS:]):
                raise refuse(f"表太大：最多{MAX_COLUMNS}列。")
            yield [value[1:] if value[:1] == "'" and LIVE.match(value[1:]) else value for value in row]
    except csv.Error:
        raise refuse("CSV文件里的引号不成对，或一格太长，读不下去。请在表格软件里另存为.xlsx再试。") from None


def read_grid(content: bytes) -> list[tuple[int, list[Any]]]:
    """Return the rows of a workbook's first sheet as they stand, each with its number; for files of others' making.

    :raises WorkbookRefused: no workbook, too large, damaged.
    """
    check_magic(content)
    try:
        check_archive(content)
        workbook = python_calamine.load_workbook(io.BytesIO(content))
        source: Any = workbook.get_sheet_by_name(workbook.sheet_names[0])
        if source.start is None:
            return []
        if source.total_height > MAX_ROWS:
            raise refuse(f"表太大：最多{MAX_ROWS:,}行。")
        rows = [(n, list(row)) for n, row in enumerate(source.iter_rows(), start=source.start[0] + 1)]
    except WorkbookRefused:
        raise
    except BaseException as problem:
        damaged = isinstance(problem, (*_DAMAGE, IndexError, python_calamine.CalamineError))
        if damaged or type(problem).__name__ == "PanicException":
            raise refuse("文件已损坏，打不开。请在表格软件里另存为.xlsx再试。") from None
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
