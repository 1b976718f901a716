"""R21: whatever is uploaded as a register ends in a sentence or in exactly what it says; nothing is applied by halves."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter

from compounds import operations
from compounds.choices import UploadState
from compounds.imports.register import HEADINGS
from compounds.models import Area, Compound, Dwelling, Owner, RegisterUpload
from compounds.operations import keep_upload, start_applying
from core import jobs
from core.models import Job
from core.operations import machine
from tests import factories
from tests.core.test_spreadsheets import CORRUPT, FAULTY
from tests.factories import AT

pytestmark = [pytest.mark.django_db, pytest.mark.once]

GOOD: dict[str, object] = {"小区": "槐荫里", "楼号": "3", "单元": "2", "房号": "501", "建筑面积": 61.2}


@pytest.fixture(autouse=True)
def nobody_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that tells of progress would not see the test's own transaction (tests/postgres/test_beside.py)."""
    monkeypatch.setattr(jobs, "TELL_SECONDS", 600)


def sheet(*rows: dict[str, object], change: Callable[[Any, Any], None] | None = None, headings: Any = HEADINGS,
          name: str = "房屋", more: str = "") -> bytes:  # fmt: skip
    """Return a workbook of these rows, each the good one with some cells changed; formulas are tuples."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        page = book.add_worksheet(name)
        page.write_row(0, 0, headings)
        for number, told in enumerate(rows, start=1):
            for column, heading in enumerate(headings):
                value = {**GOOD, **told}.get(heading)
                if isinstance(value, tuple):
                    page.write_formula(number, column, value[0], None, value[1])
                elif isinstance(value, date):
                    page.write_datetime(
                        number,
                        column,
                        datetime(value.year, value.month, value.day),
                        book.add_format({"num_format": "m-d"}),
                    )
                elif value is not None:
                    page.write(number, column, value)
        if change:
            change(book, page)
        if more:
            hidden = book.add_worksheet(more)
            hidden.write(0, 0, "x")
            hidden.hide()
    return buffer.getvalue()


FAULTS: dict[str, tuple[bytes, str]] = {
    # What the check says, in part.
    "merged cells": (sheet({}, {"房号": None}, change=lambda b, p: p.merge_range(1, 3, 2, 3, "501")), "房号没有填"),
    "a merged title": (sheet({}, change=lambda b, p: p.merge_range(0, 0, 0, 16, "房屋登记表")), "房屋登记表"),
    "a hidden sheet": (sheet({}, more="底稿"), '"底稿"'),
    "formula never computed": (sheet({"建筑面积": ("=1+60.2", "")}), "没有算出"),
    "reference error": (sheet({"建筑面积": ("=#REF!", "#REF!")}), "公式错误"),
    "a date for a room": (sheet({"房号": date(2026, 3, 2)}), "变成了日期"),
    "area in words": (sheet({"建筑面积": "六十一"}), "建筑面积"),
    "area nought": (sheet({"建筑面积": 0}), "大于0"),
    "area below nought": (sheet({"建筑面积": -61.2}), "大于0"),
    "area of a palace": (sheet({"建筑面积": 1000.5}), "超过1,000平方米"),
    "area without end": (sheet({"建筑面积": 1e300}), "太大"),
    "five decimals": (sheet({"建筑面积": "61.23456"}), "小数"),
    "not a number": (sheet({"建筑面积": "NaN"}), "字母"),
    "the same dwelling twice": (sheet({}, {}), "完全相同"),
    "the same dwelling otherwise": (sheet({}, {"楼号": "3号楼", "建筑面积": 70}), "已经有3-2-501"),
    "a strange use": (sheet({"用途": "办公"}), "看不懂"),
    "a phone in words": (sheet({"产权人": "张三", "产权人电话": "问儿子"}), "看不懂"),
    "a phone of 20 digits": (sheet({"产权人": "张三", "产权人电话": 13800001234138000012}), "太长"),
    "a phone without an owner": (sheet({"产权人电话": "13800001234"}), "没有填"),
    "two lines in a name": (sheet({"产权人": "张\n三"}), "换行"),
    "direction turned": (sheet({"产权人": "张\u202e三"}), "U+202E"),
    "a name without end": (sheet({"产权人": "张" * 30_000}), "太长"),
    "a heading nobody knows": (sheet({}, headings=[*HEADINGS, "身份证号"]), '"身份证号"'),
    "a heading twice": (sheet({}, headings=[*HEADINGS, "房号"]), "两次"),
    "no area column": (sheet({}, headings=[h for h in HEADINGS if h != "建筑面积"]), '"建筑面积"'),
    "another sheet's name": (sheet({}, name="Sheet1"), "没有"),
    "only headings": (sheet(), "没有内容"),
    "a masked name": (sheet({"产权人": "张*"}), "隐去姓名"),
    "a masked phone": (sheet({"产权人": "张三", "产权人电话": "138****1234"}), "隐去姓名"),
    "a foreign compound's code": (sheet({"小区": "11010799999901"}), "没有编号"),
    "csv with an open quotation mark": ('小区,楼号,房号,建筑面积\n"槐荫里,3,501,61\n'.encode(), "引号"),
    "csv of a million lines": (b"\xef\xbb\xbf" + "小区,楼号,房号,建筑面积\n".encode() + b"a,1,1,1\n" * 1_000_000, "最多"),
    "csv with nought bytes": ("小区,楼号,房号,建筑面积\n槐荫里,3,5\0 1,61\n".encode(), "xlsx"),
}  # fmt: skip
FINE: dict[str, tuple[bytes, dict[str, object]]] = {
    # What is written of the one dwelling.
    "a computed formula": (sheet({"建筑面积": ("=60+1.2", 61.2)}), {}),
    "a hidden row": (sheet({}, change=lambda b, p: p.set_row(1, None, None, {"hidden": True})), {}),
    "numbers as text, full width": (sheet({"楼号": "３", "房号": "５０１", "建筑面积": "６１．２"}), {}),
    "unseen spaces": (sheet({"小区": "\u00a0槐荫里\u200b", "房号": "501\u00a0"}), {}),
    "a live name": (sheet({"户代表": "=cmd|' /C calc'!A0"}), {"representative": "=cmd|' /C calc'!A0"}),
    "rare characters": (sheet({"户代表": "赵𠮷·热合曼"}), {"representative": "赵𠮷·热合曼"}),
    "emoji": (sheet({"户代表": "张😀"}), {"representative": "张😀"}),
    "the calendar of 1904": (sheet({}, change=lambda b, p: setattr(b, "date_1904", True)), {}),
    "an older program's empty sheets": (sheet({}, change=lambda b, p: b.add_worksheet("Sheet2")), {}),
    "csv in GB18030": ("小区,楼号,单元,房号,建筑面积\r\n槐荫里,3,2,501,61.2\r\n".encode("gb18030"), {}),
}  # fmt: skip


@pytest.fixture
def community() -> Area:
    return factories.areas()


def checked(community: Area, content: bytes) -> RegisterUpload:
    """Upload and check, then try to apply whatever came of it."""
    begun = time.process_time()
    upload, job = keep_upload(content, name="../a\r\n.xlsx", area=community, actor=machine("system"), at=AT)
    jobs.run(job.pk)
    assert time.process_time() - begun < 20
    upload.refresh_from_db()
    if upload.state == UploadState.CHECKED:
        jobs.run(start_applying(upload, actor=machine("system"), at=AT).pk)
        upload.refresh_from_db()
    assert Job.objects.get(pk=job.pk).state == "done"
    return upload


def untouched() -> bool:
    return not (Compound.objects.exists() or Dwelling.objects.exists() or Owner.objects.exists())


ALL = {f"harmful: {n}": (c, "") for n, c in CORRUPT.items() if n not in ("empty file", "over 20 MB")}
ALL |= {f"faulty: {n}": (c, "") for n, (c, *_) in FAULTY.items()} | FAULTS


@pytest.mark.parametrize("name", ALL)
def test_r21_a_bad_file_is_told_and_changes_nothing(community: Area, name: str) -> None:
    content, word = ALL[name]
    upload = checked(community, content)
    assert upload.state == UploadState.FAULTY and untouched()
    reasons = [error["reason"] for error in upload.found["errors"]]
    assert reasons and all(reason.endswith("。") for reason in reasons)
    assert any(word in reason for reason in reasons), reasons


@pytest.mark.parametrize("name", FINE)
def test_r21_an_odd_file_is_read_as_it_is_meant(community: Area, name: str) -> None:
    content, told = FINE[name]
    upload = checked(community, content)
    assert upload.state == UploadState.APPLIED, upload.report
    made = Dwelling.objects.select_related("building", "entrance").get()
    assert (str(made.area), made.building.label, made.room) == ("61.2000", "3", "501")
    for column, value in told.items():
        assert getattr(made, column) == value


def test_r21_the_corpus_is_large_enough() -> None:
    assert len(ALL) + len(FINE) >= 60


def test_r21_control_a_check_that_lets_faults_pass_is_seen(community: Area, monkeypatch: pytest.MonkeyPatch) -> None:
    """Good rows applied beside bad ones would be noticed."""
    plain = operations.note_check

    def lenient(upload: RegisterUpload, report: Any, plan: str) -> RegisterUpload:
        from compounds.imports import read_register
        from compounds.operations import preview_register
        from core.operations import read_bytes

        return plain(
            upload, report, preview_register(read_register(read_bytes(upload.sha256), community).register).plan
        )

    monkeypatch.setattr("compounds.tasks.note_check", lenient)
    checked(community, sheet({}, {"房号": "502", "建筑面积": "x"}))
    assert not untouched()
