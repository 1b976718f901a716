"""Exported text never computes: 30 payloads, in CSV and in workbooks; amounts stay numbers (R25)."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.spreadsheets import Figure, Table, csv_bytes, csv_text, write_workbook

pytestmark = pytest.mark.once

PAYLOADS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.invalid","看")',
    "+1+1",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\t正文",
    "\r正文",
    "\n正文",
    " =1+1",
    "   +1",
    "\u3000=1+1",
    "\u00a0-1+1",
    "\u200b=1+1",
    "\ufeff@SUM(1)",
    '"=1+1',
    "'=1+1",
    '" =1+1"',
    "“=1+1”",
    "＝1+1",
    "＋1",
    "－1+1",
    "＠SUM(1)",
    " ＝1+1",
    '"＝1+1',
    "\r\n@x",
]


def _live(cell: str) -> bool:
    """Whether a spreadsheet program may compute this cell: what it does once spaces and quotes are off."""
    bare = cell.strip(' \u3000\u00a0\u200b\ufeff"“”')
    return bare[:1] in tuple("=+-@\t\r\n＝＋－＠") or (bare[:1] == "'" and cell[:1] != "'")


def test_there_are_enough_payloads_and_all_are_live_without_the_guard() -> None:
    """The negative control: written plainly, every one of them gets through."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([p] for p in PAYLOADS)
    rows = list(csv.reader(io.StringIO(buffer.getvalue(), newline="")))

    assert len(PAYLOADS) >= 30
    assert [_live(row[0]) or row[0] == "'=1+1" for row in rows] == [True] * len(PAYLOADS)


def test_no_payload_is_live_in_csv_and_all_text_is_there() -> None:
    written = csv_bytes([["说明", "金额"], *([p, Decimal("-1.50")] for p in PAYLOADS)])
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))

    assert written.startswith(b"\xef\xbb\xbf")
    assert [row[0] for row in rows[1:]] == [f"'{p}" for p in PAYLOADS]
    assert {row[1] for row in rows[1:]} == {"-1.50"}


def test_lines_end_with_crlf_and_plain_text_is_untouched() -> None:
    row = ["保安服务费，10月", 'a"b', "3-2-501", "a=b", "1-1", None, "", 12, True, date(2026, 10, 1), Figure("-12.30")]

    assert csv_bytes([row]).decode("utf-8-sig") == (
        '保安服务费，10月,"a""b",3-2-501,a=b,1-1,,,12,是,2026-10-01,-12.30\r\n'
    )
    assert csv_text(Decimal("0E-4")) == "0.0000"


@pytest.mark.parametrize("bad", ["=1", "-", "1,200.00", "1e5", "", "--1", "１２", "1\n"])
def test_a_figure_is_a_bare_number(bad: str) -> None:
    with pytest.raises(ValueError, match="bare number"):
        Figure(bad)


def test_a_float_is_no_cell() -> None:
    with pytest.raises(TypeError):
        csv_bytes([[0.1]])


@given(st.text(max_size=12))
def test_no_text_at_all_begins_live(text: str) -> None:
    assert not _live(csv_text(text)) or csv_text(text).startswith("'")


def _sheet(content: bytes, number: int = 1) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(f"xl/worksheets/sheet{number}.xml").decode()


def test_no_payload_is_a_formula_or_a_link_in_a_workbook() -> None:
    links = ["http://x.invalid/", "mailto:x@x.invalid", "internal:Sheet2!A1", "{=1+1}"]
    content = write_workbook([Table("账", ["说明", "金额"], [[p, Decimal("12.30")] for p in PAYLOADS + links])])

    xml = _sheet(content)
    assert "<f>" not in xml
    assert "hyperlink" not in xml
    assert xml.count('t="s"') == 2 + len(PAYLOADS) + len(links)
    assert xml.count("<v>12.3</v>") == len(PAYLOADS) + len(links)


def test_figures_and_dates_are_numbers_in_a_workbook() -> None:
    rows = [[Decimal("1200.00"), Figure("-12.30"), 7, date(2026, 10, 1), None, "", Decimal("61.2345")]]
    xml = _sheet(write_workbook([Table("账", list("甲乙丙丁戊己庚"), rows)], ["第一行", "=第二行"]))

    for value in ("1200", "-12.3", "7", "46296", "61.2345"):
        assert f"<v>{value}</v>" in xml
    with pytest.raises(TypeError):
        write_workbook([Table("账", ["甲"], [[0.1]])])
