"""A workbook is looked at as bytes before any reader opens it: kind, size unpacked, cells out of bounds."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from core.spreadsheets.shapes import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    MAX_ROWS,
    MAX_UNPACKED_BYTES,
    CellError,
    Heard,
    WorkbookRefused,
    nobody,
)

# A workbook packs 10 to 30 times; what packs far better than that is made to fill the memory.
_MAX_RATIO, _RATIO_FROM = 150, 8 * 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def refuse(reason: str) -> WorkbookRefused:
    return WorkbookRefused([CellError("", "", reason)])


def check_magic(content: bytes) -> None:
    """Refuse what is no xlsx file at all, saying what it seems to be."""
    if not content:
        raise refuse("文件是空的。")
    if len(content) > MAX_FILE_BYTES:
        raise refuse(f"文件超过{MAX_FILE_BYTES // 1024 // 1024} MB。请分成几个文件。")
    if content[:4] == b"PK\x03\x04":
        return
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise refuse("文件有打开密码。请去掉密码，另存后再试。")
        raise refuse("这是旧的.xls格式。请另存为.xlsx再试。")
    head = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml", b"<meta", b"<head")):
        raise refuse("这是网页文件改的名，不是.xlsx工作簿。请在表格软件里另存为.xlsx再试。")
    raise refuse("这不是.xlsx工作簿。请在表格软件里另存为.xlsx再试。")


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
        raise refuse("文件的内部编码不是UTF-8。请在表格软件里另存为.xlsx再试。")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise refuse("文件里有不该有的定义（DOCTYPE）。请在表格软件里另存为.xlsx再试。")
    announced = _COUNT.findall(data) if b"ount" in data else []
    if not all(n.isdigit() and len(n) < 9 and int(n) <= MAX_ROWS * MAX_COLUMNS for n in announced):
        raise refuse("文件已损坏，打不开。请在表格软件里另存为.xlsx再试。")
    if b"sheetData" in data and _reaches_too_far(data):
        raise refuse(f"表太大：最多{MAX_ROWS:,}行、{MAX_COLUMNS}列。很远的地方有内容的，请删掉那些行列，另存后再试。")


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


def check_archive(content: bytes, heard: Heard = nobody) -> dict[str, list[tuple[str, str]]]:
    """Unpack every part once within the limits; return the error cells by sheet.

    The reader allocates the whole rectangle down to the farthest cell and cannot be stopped, so what would be too
    much is found before.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
            raise refuse("文件解开后太大。请分成几个文件。")
        if any(e.file_size > _RATIO_FROM and e.file_size > _MAX_RATIO * e.compress_size for e in entries):
            raise refuse("文件解开后太大，不像表格软件存出来的。请另存为.xlsx再试。")
        if len(set(names)) != len(names) or any(e.compress_type not in _METHODS for e in entries):
            raise refuse("文件已损坏，打不开。请在表格软件里另存为.xlsx再试。")
        if any(entry.flag_bits & 1 for entry in entries):
            raise refuse("文件有打开密码。请去掉密码，另存后再试。")
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise refuse("文件里有宏。请另存为不带宏的.xlsx再试。")
        if "xl/workbook.xml" not in names:
            raise refuse("这不是.xlsx工作簿。请在表格软件里另存为.xlsx再试。")
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
