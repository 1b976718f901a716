"""The office's own papers: slips of A5 and sheets of A4, read back from the PDF; what fits is known beforehand."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pypdf
import pytest
from django.template.loader import render_to_string

from compounds.models import Compound
from core import pdf
from core.money import show_money
from fees.documents import BookMonth, SlipSheet, book_month, cash_book, papers_at, slip_sheets
from fees.models import Voucher
from fees.operations import LineData, add_evidence, post_draft, reverse_voucher, stored_of, supersede_in_voucher
from tests import factories
from tests.factories import AT

pytestmark = [pytest.mark.once, pytest.mark.django_db]
OCTOBER = date(2026, 10, 1)
STYLES = ("core/print_books.css",)
LONG = "北京市石景山区八角街道八角南里社区槐荫里小区老旧管线改造工程施工总承包联合体第三项目经理部（演示）"


def set_type(html: str) -> tuple[bytes, list[str]]:
    """Set a paper and return the file and each page's words without spaces; any warning of the renderer fails."""
    content = pdf.render(html, base_styles=STYLES).bytes
    reader = pypdf.PdfReader(io.BytesIO(content))
    return content, [re.sub(r"\s+", "", page.extract_text()) for page in reader.pages]


def in_red(page: pypdf.PageObject) -> bool:
    """Whether anything on a page is drawn in vermilion, #9E2A17."""
    contents = page.get_contents()
    assert contents is not None
    return any(
        [round(float(part) * 255) for part in match] == [0x9E, 0x2A, 0x17]
        for match in re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) rg", contents.get_data())
    )


def places(content: bytes) -> list[list[tuple[str, float]]]:
    """Return the words of each page of a file with how far below the upper edge they end, in mm."""
    shown = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=content, capture_output=True, check=True).stdout
    pages = shown.decode().split("<page ")[1:]
    word = re.compile(r'yMax="([\d.]+)">([^<]*)</word>')
    return [[(text, float(y) / 72 * 25.4) for y, text in word.findall(page)] for page in pages]


def depth(page: list[tuple[str, float]], *words: str) -> float:
    """Return how deep on a page the lowest of these words stands, in mm."""
    return max((y for text, y in page if text.startswith(words)), default=0.0)


def slips(vouchers: list[Voucher]) -> tuple[bytes, list[str], tuple[SlipSheet, ...]]:
    found = list(Voucher.objects.filter(pk__in=[v.pk for v in vouchers]).order_by("book", "seq").for_display())
    sheets = slip_sheets(found, papers_at(found))
    address = "https://wuhao.example/office/compounds/11010700303701/books/service/2026/1/"
    context = {"compound": found[0].book.compound, "sheets": [(sheet, address) for sheet in sheets]}
    return (*set_type(render_to_string("fees/vouchers_print.html", context)), sheets)


def book(home: Compound, month: date = OCTOBER) -> tuple[bytes, list[str], BookMonth]:
    whole = book_month(cash_book(factories.books(home)["service"], month))
    context = {"compound": home, "whole": whole, "sheets": whole.sheets}
    return (*set_type(render_to_string("fees/book_print.html", context)), whole)


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.open_with(made, date(2026, 8, 31), {"service": {"bank": "900000.00", "cash": "120.50"}})
    return made


def test_a_voucher_is_one_slip_of_a5_with_everything_on_it(home: Compound) -> None:
    data = factories.data(
        home, date(2026, 10, 12), "203", "435.00", summary="更换楼道感应灯", payee="明达灯具店（演示）", handler="张宁",
        witness="李敏", approver="王秀兰", decision="〔2026〕7号", bill_on=date(2026, 10, 11),
        attachments=(factories.paper(home),),
    )  # fmt: skip
    line = replace(data.lines[0], quantity="29", unit_price="15")
    (voucher,) = factories.post(home, [replace(data, lines=(line,))])
    content, (page,), _ = slips([voucher])
    box = pypdf.PdfReader(io.BytesIO(content)).pages[0].mediabox
    assert (round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)) == (210, 148)
    for part in (
        "记账凭证", "槐荫里小区（演示）", "物业服务经费", "2026年10月12日", "2026年第001号", "附件1张", "更换楼道感应灯",
        "203维修维护", "29×15", "支出（元）", "435.00", "合计（大写）肆佰叁拾伍元整", "¥435.00", "对方明达灯具店（演示）",
        "结算方式银行", "票据日期2026-10-11", "决议号〔2026〕7号", "审批人王秀兰", "证明人李敏", "经手人张宁", "账簿的第1节",
        f"{voucher.hash[-16:-8]}{voucher.hash[-8:]}",
    ):  # fmt: skip
        assert part in page, part
    assert "红冲" not in page
    (place,) = places(content)
    assert 90 < depth(place, "结算方式") < depth(place, "经手人") < 140


def test_a_red_one_says_so_in_red(home: Compound) -> None:
    keeper, head = factories.people(home)
    (wrong,) = factories.post(home, [factories.data(home, date(2026, 10, 12), "203", "435.00")])
    red = post_draft(reverse_voucher(wrong, date(2026, 10, 16), actor=keeper, at=AT).pk, actor=head, at=AT)
    content, pages, _ = slips([wrong, red])
    assert "已被冲销10月16日第2号" in pages[0]
    assert "红冲2026年第002号" in pages[1] and "冲销的是10月12日第1号" in pages[1]
    assert "−435.00" in pages[1] and "负肆佰叁拾伍元整" in pages[1]
    assert [in_red(page) for page in pypdf.PdfReader(io.BytesIO(content)).pages] == [False, True]


def test_more_lines_than_a_slip_holds_go_on_on_the_next(home: Compound) -> None:
    data = factories.data(home, date(2026, 10, 12), "203", "1.00", payee=LONG, reason="说明" * 100)
    lines = tuple(
        LineData(f"{n}号楼{LONG}"[:120], data.lines[0].account, Decimal(n), "12345.6789", "1234567.89")
        if n % 3 == 0 else LineData(f"第{n}行", data.lines[0].account, Decimal(n))
        for n in range(1, 41)
    )  # fmt: skip
    lines = tuple(replace(line, quantity="", unit_price="") for line in lines)
    (voucher,) = factories.post(home, [replace(data, lines=lines)])
    content, pages, sheets = slips([voucher])
    for place, sheet in zip(places(content), sheets, strict=True):
        last = "合计" if sheet.is_last else "接下一张"
        assert depth(place, last) < depth(place, "结算方式") - 4, "nothing stands over anything"
    assert len(pages) == len(sheets) == sheets[0].of > 3, "no page more than was counted"
    assert [page.count("接下一张") for page in pages] == [1] * (len(pages) - 1) + [0]
    assert ["合计（大写）" in page for page in pages] == [False] * (len(pages) - 1) + [True]
    assert f"第1张，共{len(pages)}张" in pages[0] and "第40行" in pages[-1]
    assert all("经手人" in page and "说明说明" in page for page in pages)
    assert sum(page.count("号楼北京市") for page in pages) == 13


def test_what_was_superseded_is_no_paper_beside(home: Compound) -> None:
    data = factories.data(home, date(2026, 10, 12), "203", "5.00", attachments=(factories.paper(home, "0417"),))
    (voucher,) = factories.post(home, [data])
    keeper, _ = factories.people(home)
    old = voucher.evidence.get().attachment
    assert old is not None
    supersede_in_voucher(voucher, old, stored_of(old), kind="receipt", number="1", actor=keeper, at=AT)
    add_evidence(voucher, [factories.paper(home, "2", "navy")], actor=keeper, at=AT)
    assert papers_at([voucher]) == {voucher.pk: 2}


def test_a_month_is_one_sheet_with_its_sums(home: Compound) -> None:
    factories.some_month(home, date(2026, 9, 1))
    factories.some_month(home)
    content, (page,), _ = book(home)
    box = pypdf.PdfReader(io.BytesIO(content)).pages[0].mediabox
    assert (round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)) == (297, 210)
    for part in (
        "物业服务经费，2026年10月", "第1页，共1页", "10-01上月结余904,813.00", "10-05004居民缴费，现金101居民缴费",
        "本月合计9,892.505,200.00", "本年累计19,785.0010,400.00", "10-31月末结余909,505.50", "记账", "出纳", "复核", "主任",
    ):  # fmt: skip
        assert part in page, part
    assert "划转" not in page and "承前页" not in page


def test_money_that_is_no_income_is_told_apart(home: Compound) -> None:
    found = factories.books(home)
    factories.post(
        home,
        [
            factories.data(home, date(2026, 10, 2), "301", "50.00", summary="现金存银行", means="cash",
                           to_account=factories.purse(found["service"])),
            factories.data(home, date(2026, 10, 3), "401", "80.00", summary="押金"),
            factories.data(home, date(2026, 10, 4), "101", "7.00"),
        ],
    )  # fmt: skip
    _, (page,), _ = book(home)
    assert "划转50.00900,120.50" in page
    assert "本月合计87.000.00" in page and "收入栏80.00元，支出栏0.00元。本月真正的收入7.00元" in page


def test_two_thousand_lines_and_long_names_carry_over_from_sheet_to_sheet(home: Compound) -> None:
    rows = [
        factories.data(
            home, date(2026, 10, 1 + n % 28), "101", f"{n}.07", payee=LONG[: n % 50], summary=f"第{n}笔{LONG[: n % 40]}"
        )
        for n in range(1, 2001)
    ]
    factories.post(home, rows)
    whole = book_month(cash_book(factories.books(home)["service"], OCTOBER))
    assert sum(len(sheet.rows) for sheet in whole.sheets) == 2000
    for sheet, following in zip(whole.sheets, whole.sheets[1:], strict=False):
        assert sheet.after == following.before
    for sheet in whole.sheets:
        income, expense, balance = sheet.after
        assert whole.book.opening + income - expense == balance
    few = whole.sheets[:2] + whole.sheets[-2:]
    content, pages = set_type(
        render_to_string("fees/book_print.html", {"compound": home, "whole": whole, "sheets": few})
    )
    assert len(pages) == len(few), "every sheet is one page"
    for sheet, page in zip(few, pages, strict=True):
        assert f"第{sheet.number}页，共{len(whole.sheets)}页" in page
        carried = "上月结余" if sheet.is_first else f"承前页{show_money(sheet.before[0])}"
        after = "月末结余" if sheet.is_last else f"过次页{show_money(sheet.after[0])}"
        assert carried in page and after in page
        assert page.count("笔") >= len(sheet.rows) and "主任" in page
    for sheet, place in zip(few, places(content), strict=True):
        assert depth(place, "月末结余" if sheet.is_last else "过次页") < depth(place, "主任") - 4


def test_control_without_counting_lines_a_sheet_runs_over(home: Compound, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every row taken for a single line, long names would push rows over the places to sign and off the paper."""
    rows = [
        factories.data(home, date(2026, 10, 1 + n % 28), "101", "1.00", payee=LONG, summary=LONG) for n in range(30)
    ]
    factories.post(home, rows)
    assert all(depth(place, "主任") - depth(place, "过次页", "月末结余") > 4 for place in places(book(home)[0]))
    monkeypatch.setattr("fees.documents.sheets.row_height", lambda *_: 6.5)
    found = places(book(home)[0])
    assert not all(depth(place, "主任") - depth(place, "过次页", "月末结余") > 4 for place in found)


def test_an_empty_month_is_a_sheet_too(home: Compound) -> None:
    _, (page,), _ = book(home, date(2026, 9, 1))
    assert "上月结余900,120.50" in page and "月末结余900,120.50" in page and "本月合计0.000.00" in page
