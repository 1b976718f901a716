"""The list of streets and communities, as CSV."""

from __future__ import annotations

import csv
import io

from compounds.operations import AreaRow
from core.hashing import clean_text
from core.money import UNSEEN
from core.spreadsheets import CellError, WorkbookRefused

AREA_COLUMNS = ("street_code", "street_name", "community_code", "community_name")


def read_areas(content: bytes) -> list[AreaRow]:
    """Return the lines of a list of streets and communities (CSV, UTF-8).

    :raises WorkbookRefused: if it is no such list.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError:
        raise WorkbookRefused([CellError("", "", "文件不是UTF-8编码。请另存为UTF-8的CSV再试。")]) from None
    except csv.Error:
        raise WorkbookRefused([CellError("", "", "这不是CSV文件。")]) from None
    if not rows or set(rows[0]) != set(AREA_COLUMNS):
        reason = f"第一行应是{'、'.join(AREA_COLUMNS)}，下面至少一行。"
        raise WorkbookRefused([CellError("", "A1", reason)])
    read, errors = [], []
    for number, row in enumerate(rows, start=2):
        try:
            read.append(AreaRow(*(clean_text((row[column] or "").strip(UNSEEN)) for column in AREA_COLUMNS)))
        except ValueError as problem:
            errors.append(CellError("", f"A{number}", str(problem)))
    if errors:
        raise WorkbookRefused(errors)
    return read
