"""Every bad workbook ends in a sentence, quickly, within memory; good ones are read exactly (R21)."""

from __future__ import annotations

import io
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from core import spreadsheets
from core.money import NotUnderstood
from core.spreadsheets import (
    CellError,
    Column,
    Row,
    Sheet,
    Table,
    WorkbookRefused,
    archives,
    read_workbook,
    shortened,
    text_of,
    write_workbook,
)

pytestmark = pytest.mark.once

BOOK = {
    "lines": Sheet("收支", (Column("日期", True), Column("金额", True), Column("摘要"), Column("数量"))),
    "opening": Sheet("期初", (Column("金额", True),), required=False),
}
ROOT = Path(spreadsheets.__file__).resolve().parents[2]


def made(rows: list[list[object]], name: str = "收支", more: dict[str, list[list[object]]] | None = None) -> bytes:
    """Return a workbook written cell by cell; formulas are tuples (formula, cached value)."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for title, content in {name: rows, **(more or {})}.items():
            sheet = book.add_worksheet(title)
            for r, row in enumerate(content):
                for c, value in enumerate(row):
                    if isinstance(value, tuple):
                        sheet.write_formula(r, c, value[0], None, value[1])
                    elif isinstance(value, date):
                        sheet.write_datetime(r, c, datetime(value.year, value.month, value.day), day)
                    elif value is not None:
                        sheet.write(r, c, value)
    return buffer.getvalue()


HEAD: list[object] = ["日期", "金额", "摘要", "数量"]
GOOD = made([HEAD, [date(2026, 10, 1), 12.3, "水费", 3]])


def repacked(change: Callable[[str, bytes], bytes | None], extra: dict[str, bytes] | None = None) -> bytes:
    """Return the good workbook with its parts changed, dropped (None) or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = change(name, source.read(name))
            if data is not None:
                target.writestr(name, data)
        for name, data in (extra or {}).items():
            target.writestr(name, data)
    return buffer.getvalue()


def with_sheet(body: bytes) -> bytes:
    """Return the good workbook with this sheetData."""

    def change(name: str, data: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return data
        start, end = data.index(b"<sheetData>"), data.index(b"</sheetData>")
        return data[:start] + b"<sheetData>" + body + data[end:]

    return repacked(change)


TITLES = b"".join(
    b'<c r="%s1" t="inlineStr"><is><t>%s</t></is></c>' % (letter, heading.encode())
    for letter, heading in ((b"A", "日期"), (b"B", "金额"), (b"C", "摘要"), (b"D", "数量"))
)


def cell(body: bytes) -> bytes:
    """Return the good workbook with one more cell or row after its headings."""
    return with_sheet(b'<row r="1">' + TITLES + b"</row>" + body)


def row(cells: bytes) -> bytes:
    return cell(b'<row r="2">' + cells + b"</row>")


def prefixed(part: str, text: bytes) -> bytes:
    """Return the good workbook with this put behind the XML declaration of one part."""
    return repacked(lambda name, data: data.replace(b"?>", b"?>" + text, 1) if name == part else data)


def bomb(total: int) -> bytes:
    return repacked(lambda name, data: data, {"xl/media/image1.bin": b"0" * total})


SHEET, STRINGS, WORKBOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
)
CORRUPT: dict[str, bytes] = {
    # Not a workbook at all.
    "empty file": b"",
    "text": "小区,楼号\n".encode(),
    "csv with BOM": "\ufeff日期,金额\n".encode(),
    "csv in GB18030": "日期,金额\n2026-10-1,12\n".encode("gb18030"),
    "html": "<html><table><tr><td>日期</td></tr></table></html>".encode(),
    "html as some programs export it": b"\xef\xbb\xbf \n<table border=1>",
    "xml of 2003": b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
    "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "password": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"),
    "pdf": b"%PDF-1.7",
    "picture": b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
    "truncated": GOOD[: len(GOOD) // 2],
    "head only": GOOD[:4],
    "tail cut": GOOD[:-10],
    "zip of something else": repacked(lambda name, data: None, {"a.txt": b"a"}),
    "ods": repacked(lambda name, data: None, {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
    "xlsb": repacked(lambda name, data: data if name != WORKBOOK else None, {"xl/workbook.bin": b"x"}),
    "nested zip": repacked(lambda name, data: None, {"inner.xlsx": GOOD}),
    "over 20 MB": GOOD + b"\x00" * spreadsheets.MAX_FILE_BYTES,
    "macros": repacked(lambda name, data: data, {"xl/vbaProject.bin": b"x"}),
    # Bombs and lies.
    "bomb of 160 MB": bomb(160 * 1024 * 1024),
    "bomb of 100 MB": bomb(100 * 1024 * 1024),
    "10,000 entries": repacked(lambda name, data: data, {f"xl/media/{n}": b"" for n in range(10_000)}),
    "four thousand million strings announced": repacked(
        lambda n, d: d.replace(b"uniqueCount=", b'uniqueCount="4294967295" x=') if n == STRINGS else d
    ),
    "strings announced by an entity": repacked(
        lambda n, d: (
            d.replace(b'Count="', b'Count="&#57;&#57;&#57;&#57;&#57;&#57;&#57;&#57;&#57;') if n == STRINGS else d
        )
    ),
    "bytes turned over": GOOD.replace(b"PK\x01\x02", b"PK\x01\x03"),
    "far cell": cell(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    "far row without addresses": cell(b'<row r="1048576"><c><v>1</v></c></row>'),
    "far column": row(b'<c r="XFD2"><v>1</v></c>'),
    "column 61": row(b'<c r="BI2"><v>1</v></c>'),
    "row 200,002": cell(b'<row r="200002"><c r="A200002"><v>1</v></c></row>'),
    "row 200,002 in other quotes": cell(b"<row r = '0200002'><c r = 'a0200002'><v>1</v></c></row>"),
    "row beyond counting": row(b'<c r="A99999999999999"><v>1</v></c>'),
    "far cell behind a false end": row(b'<c s="/>" r="XFD1048576"><v>1</v></c>'),
    "far cell that never ends": row(b'<c r="XFD1048576"><v>1</v>'),
    "wide and long": cell(b'<row r="150000"><c r="BA150000"><v>1</v></c></row>'),
    "far cell in lower case": row(b'<c r="xfd2"><v>1</v></c>'),
    "address with an entity": row(b'<c r="&#88;FD1048576"><v>1</v></c>'),
    "address with a space": row(b'<c r=" XFD1048576"><v>1</v></c>'),
    # XML.
    "billion laughs": prefixed(STRINGS, LAUGHS + b"]>"),
    "external entity": prefixed(SHEET, b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
    "parameter entity": prefixed(WORKBOOK, b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/">%a;]>'),
    "unknown entity": row(b'<c r="A2" t="str"><v>&foo;</v></c>'),
    "utf-16 part": repacked(lambda n, d: d.decode().encode("utf-16") if n == SHEET else d),
    "utf-16 without a mark": repacked(lambda n, d: d.decode().encode("utf-16-le") if n == SHEET else d),
    "bytes that are no UTF-8": row(b'<c r="A2" t="str"><v>\xff\xfe</v></c>'),
    "NUL as an entity": row(b'<c r="C2" t="str"><v>a&#0;b</v></c>'),
    "broken XML": repacked(lambda n, d: d[:-30] if n == SHEET else d),
    "no relations": repacked(lambda n, d: None if n.endswith("workbook.xml.rels") else d),
    "sheet's part missing": repacked(lambda n, d: None if n == SHEET else d),
    "string that is not there": row(b'<c r="A2" t="s"><v>99999</v></c>'),
    "no such truth value": row(b'<c r="A2" t="b"><v>7</v></c>'),
}
FAULTY: dict[str, tuple[bytes, str, str, str]] = {
    # content, sheet, cell, a word of the reason
    "unknown heading": (made([[*HEAD, "备住"], [1]]), "收支", "E1", '"备住"'),
    "heading twice": (made([["日期", "金额", "金额"], [1]]), "收支", "C1", "两次"),
    "heading missing": (made([["日期", "摘要"], [1]]), "收支", "A1", '"金额"'),
    "content without a heading": (made([["日期", "金额"], [1, 2, "x"]]), "收支", "C2", "没有列名"),
    "title above the headings": (made([["10月收支"], HEAD]), "收支", "A1", "10月收支"),
    "other sheet's name": (made([HEAD, [1]], "Sheet1"), "收支", "", "没有"),
    "one sheet too many": (made([HEAD, [1, 2]], more={"11月": [["x"]]}), "11月", "", '"11月"'),
    "empty sheet": (made([]), "收支", "", "空的"),
    "only headings": (made([HEAD]), "收支", "", "没有内容"),
    "only spaces": (made([HEAD, ["", " ", "\u3000\u200b"]]), "收支", "", "没有内容"),
    "error cell": (made([HEAD, [1, ("=A1/0", "#DIV/0!")]]), "收支", "B2", "公式错误"),
    "reference error": (row(b'<c r="B2" t="e"><v>#REF!</v></c>'), "收支", "B2", "公式错误"),
    "formula never computed": (row(b'<c r="B2"><f>1+1</f></c>'), "收支", "B2", "没有算出"),
    "formula with an empty value": (row(b'<c r="B2"><f>1+1</f><v></v></c>'), "收支", "B2", "没有算出"),
    "formula with an empty tag": (row(b'<c r="B2"><f>1+1</f><v/></c>'), "收支", "B2", "没有算出"),
    "control character": (made([HEAD, [1, 2, "a\x07b"]]), "收支", "C2", "U+0007"),
    "NUL as spreadsheets write it": (row(b'<c r="C2" t="str"><v>a_x0000_b</v></c>'), "收支", "C2", "U+0000"),
    "direction turned": (made([HEAD, [1, 2, "a\u202eb"]]), "收支", "C2", "U+202E"),
    "tab inside": (made([HEAD, [1, 2, "a\tb"]]), "收支", "C2", "Tab"),
}


def refused(content: bytes) -> list[CellError]:
    start = time.monotonic()
    with pytest.raises(WorkbookRefused) as caught:
        read_workbook(content, BOOK)
    assert time.monotonic() - start < 5
    assert str(caught.value)
    for error in caught.value.errors:
        assert error.reason.endswith("。")
        assert any("\u4e00" <= c <= "\u9fff" for c in error.reason)
    return caught.value.errors


@pytest.mark.parametrize("name", CORRUPT)
def test_no_workbook_or_a_harmful_one_is_refused_whole(name: str) -> None:
    assert [(e.sheet, e.cell) for e in refused(CORRUPT[name])][:1] in ([("", "")], [("收支", "")])


@pytest.mark.parametrize("name", FAULTY)
def test_faults_are_named_by_sheet_and_cell(name: str) -> None:
    content, sheet, cell_name, word = FAULTY[name]
    errors = refused(content)

    assert (sheet, cell_name) in [(e.sheet, e.cell) for e in errors]
    assert any(word in e.reason for e in errors if (e.sheet, e.cell) == (sheet, cell_name))


def test_the_corpus_is_large_enough() -> None:
    assert len(CORRUPT) + len(FAULTY) >= 60


def test_all_faults_are_told_at_once() -> None:
    content = made([HEAD, [1, ("=1/0", "#DIV/0!"), "a\x07"], [], [1, 2, "b\x00"]], more={"期初": [["金颧"]]})

    assert [(e.sheet, e.cell) for e in refused(content)] == [
        ("收支", "C2"),
        ("收支", "C4"),
        ("收支", "B2"),
        ("期初", "A1"),
        ("期初", "A1"),
    ]


def test_rows_keep_their_numbers_and_values() -> None:
    content = made(
        [
            ["金额*", "", "日期 ", "摘要"],
            [12.3, None, date(2026, 10, 1), " 水费\u00a0"],
            [],
            [("=1+1", 2), None, "2026-10-1", "第一行\r\n第二行"],
            [None, None, None, "\u200b"],
            [True, None, "20261001", "=1+1"],
        ],
        more={"说明": [["随便写"]], "Sheet3": []},
    )
    read = read_workbook(content, BOOK)

    assert read["opening"] == []
    assert [r.number for r in read["lines"]] == [2, 4, 6]
    first, second, third = read["lines"]
    assert (first["金额"], first["日期"], first["摘要"], first["数量"]) == (12.3, date(2026, 10, 1), "水费", "")
    assert (first.cell("金额"), first.cell("日期"), first.cell("数量")) == ("A2", "C2", "A2")
    assert (second["金额"], second["摘要"]) == (2.0, "第一行\n第二行")
    assert (third["金额"], third["摘要"]) == (True, "=1+1")
    assert first.error("摘要", "看不懂。").as_dict() == {"sheet": "收支", "cell": "D2", "reason": "看不懂。"}
    with pytest.raises(NotUnderstood, match="换行"):
        second.text("摘要")


def test_a_sheet_that_begins_further_in_keeps_its_addresses() -> None:
    rows = read_workbook(made([["", "日期", "金额"], [], ["", 1, 2]]), BOOK)["lines"]

    assert [(r.number, r.cell("金额"), r["金额"]) for r in rows] == [(3, "C3", 2.0)]


def test_harmless_oddities_are_read() -> None:
    body = (
        b'<row r="2" hidden="1"><c r="A2" t="str"><f>T(1)</f><v></v></c><c r="B2"><f>6*2</f><v>12</v></c></row>'
        b'<row r="1048576" ht="20"><c r="XFD1048576" s="1"/><c r="A1048576" s="1"></c></row>'
    )
    assert [r["金额"] for r in read_workbook(cell(body), BOOK)["lines"]] == [12.0]
    merged = repacked(
        lambda n, d: d.replace(b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="A2:B2"/></mergeCells>')
    )
    assert len(read_workbook(merged, BOOK)["lines"]) == 1
    old = repacked(lambda n, d: d.replace(b"<workbookPr", b'<workbookPr date1904="1"') if n == WORKBOOK else d)
    assert read_workbook(old, BOOK)["lines"][0]["日期"] == date(2030, 10, 2)  # four years and a day later


def test_text_of_cells() -> None:
    assert text_of(501.0) == "501"
    assert text_of(13800001234.0) == "13800001234"
    assert text_of(2.5) == "2.5"
    assert text_of(7) == "7"
    assert text_of(True) == "是"
    assert text_of("001") == "001"
    for bad in (date(2026, 3, 2), 1e15, "a\nb"):
        with pytest.raises(NotUnderstood):
            text_of(bad)
    assert Row(2, {"房号": 501.0}).text("房号") == "501"


def test_a_long_list_of_faults_is_cut_and_counted() -> None:
    errors = [CellError("收支", f"A{n}", "x。") for n in range(700)]

    assert len(shortened(errors)) == spreadsheets.MAX_ERRORS + 1
    assert "200处" in shortened(errors)[-1].reason


def test_what_is_written_reads_back() -> None:
    table = Table("收支", ["日期", "金额", "摘要"], [[date(2026, 10, 1), Decimal("12.30"), "=1+1"]])
    rows = read_workbook(write_workbook([table], ["怎么填"]), BOOK)["lines"]

    assert [dict(r.cells) for r in rows] == [{"日期": date(2026, 10, 1), "金额": 12.3, "摘要": "=1+1"}]


@pytest.mark.parametrize(
    "body",
    [
        b'<c r="XFD1"' * 300_000,
        b'<c r="XFD1">' * 300_000 + b"</c>",
        b'<c r="XFD1"></c>' * 300_000,
        b"<c " * 1_000_000,
        b'<c r="A2"><f>1</f>' + b" " * 3_000_000,
        b'<c r="A2"><f ' + b"a" * 3_000_000,
        b' r="0' + b"0" * 3_000_000,
    ],
    ids=lambda body: body[:14].decode() + str(len(body)),
)
def test_no_pattern_makes_the_scan_slow(body: bytes) -> None:
    start = time.monotonic()
    try:
        archives._scan_entry("xl/worksheets/sheet1.xml", b"<sheetData>" + body)
        list(archives._error_cells(body))
    except WorkbookRefused:
        pass
    assert time.monotonic() - start < 3


MEASURE = """
    import re, sys
    from pathlib import Path
    from core import spreadsheets
    def peak():
        return int(re.search(r"VmHWM:\\s*([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024
    {before}
    start = peak()
    try:
        spreadsheets.read_workbook(sys.stdin.buffer.read(), {{"x": spreadsheets.Sheet("收支", ())}})
    except spreadsheets.WorkbookRefused:
        pass
    print(peak() - start)
"""


def rise(content: bytes, before: str = "") -> int:
    """Return by how many MB reading it raises a fresh process."""
    script = textwrap.dedent(MEASURE).format(before=before)
    done = subprocess.run([sys.executable, "-c", script], input=content, capture_output=True, cwd=ROOT, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to see a process's peak")
def test_memory_stays_within_its_figure_and_the_limit_is_what_keeps_it() -> None:
    """A small file that unpacks to 320 MB; with the limits raised it must break the figure of 300 MB."""
    buffer = io.BytesIO(repacked(lambda name, data: None if name == SHEET else data))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(SHEET, "w") as part:
        part.write(b'<?xml version="1.0"?><worksheet><sheetData>')
        for _ in range(320):
            part.write(b" " * 1024 * 1024)
        part.write(b"</sheetData></worksheet>")
    assert len(buffer.getvalue()) < 500_000

    assert rise(buffer.getvalue()) < 60
    raised = "spreadsheets.archives.MAX_UNPACKED_BYTES = spreadsheets.archives._RATIO_FROM = 10**10"
    assert rise(buffer.getvalue(), raised) > 300


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to see a process's peak")
def test_the_largest_rectangle_that_is_let_in_stays_within_its_figure() -> None:
    content = cell(b'<row r="200001"><c r="T200001"><v>1</v></c></row>')

    assert len(read_errors(content)) == 1
    assert rise(content) < 300


def read_errors(content: bytes) -> list[CellError]:
    with pytest.raises(WorkbookRefused) as caught:
        read_workbook(content, BOOK)
    return caught.value.errors
