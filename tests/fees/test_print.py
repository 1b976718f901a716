"""The paper: what stands on it, where, and that it can be read back from the file."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pypdf
import pytest
import zxingcpp
from django.template.loader import render_to_string
from PIL import Image

from core import pdf
from core.money import show_money
from fees.documents import Booked, Correction, Ledger, print_context
from tests.fees.example_ledger import (
    empty_ledger,
    example_ledger,
    ledger_with_everything,
    long_ledger,
    make_ledger,
)

pytestmark = pytest.mark.once

HEADS = "类别日期凭证用在哪里金额（元）小计（元）"


def printed(ledger: Ledger) -> tuple[bytes, list[str]]:
    """Set a ledger and return the file and each page's text without spaces; any warning of the renderer fails."""
    made = pdf.render(render_to_string("fees/ledger_print.html", print_context(ledger)))
    pages = [re.sub(r"\s+", "", page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(made.bytes)).pages]
    assert len(pages) == made.pages
    return made.bytes, pages


def test_every_ledger_is_well_formed_xml() -> None:
    """core.pdf reads it sixty times as fast then."""
    for made in (example_ledger(), ledger_with_everything(), empty_ledger(), long_ledger(30)):
        html = render_to_string("fees/ledger_print.html", print_context(made))
        assert html.startswith(pdf.DOCTYPE)
        assert ElementTree.fromstring(html).tag == "html"


@pytest.fixture(scope="module")
def example() -> tuple[bytes, list[str]]:
    return printed(example_ledger())


@pytest.fixture(scope="module")
def everything() -> tuple[bytes, list[str]]:
    return printed(ledger_with_everything())


def test_the_first_page_answers_in_one_sentence(example: tuple[bytes, list[str]]) -> None:
    first = example[1][0]
    assert (
        "上月结余49,375.15元，这个月收了17,732.75元，花了15,329.60元，月末还有51,778.30元。"
        "其中银行48,300.00元，现金2,788.05元，收款码690.25元。"
    ) in first
    assert "槐荫里小区（演示）" in first
    assert "312户" in first
    assert "公示期：11月5日至11月19日" in first


def test_money_held_for_others_is_set_apart(everything: tuple[bytes, list[str]]) -> None:
    # 1,710.00 held at the end, 510.00 of it taken this month: 49,375.15 − 1,200.00 and 52,288.30 − 1,710.00.
    assert (
        "上月结余48,175.15元，这个月收了17,732.75元，花了15,329.60元，月末还有50,578.30元；"
        "另替别人保管押金等1,710.00元，不算小区的钱。连同保管的钱，银行48,000.00元，现金3,598.05元，收款码690.25元。"
    ) in everything[1][0]
    assert "±划转±代管＝月末结余" in everything[1][0]


@pytest.mark.parametrize("which", ["example", "everything"])
def test_the_notice_board_sheet_is_the_first_page_and_no_more(which: str, request: pytest.FixtureRequest) -> None:
    pages = request.getfixturevalue(which)[1]
    order = [pages[0].index(head) for head in ("一收了哪些钱", "二花在哪里", "三两本账", "四还没收、还没付")]
    assert order == sorted(order)
    assert "委员补贴0.000.000.00" in pages[0]  # printed even where nothing was paid
    assert "招待慰问96.001,320.000.00" in pages[0]
    assert "合计15,329.60158,204.3515,956.40" in pages[0]
    assert pages[1].index("最大的五笔") < pages[1].index(HEADS)


@pytest.mark.parametrize("which", ["example", "everything"])
def test_every_figure_can_be_copied_out(which: str, request: pytest.FixtureRequest) -> None:
    text = "".join(request.getfixturevalue(which)[1])
    ledger = example_ledger() if which == "example" else ledger_with_everything()
    figures: list[Decimal] = [ledger.opening, ledger.income, ledger.expense, ledger.closing]
    for book in ledger.books:
        figures += [book.opening, book.income, book.expense, book.closing, *(line.amount for line in book.lines)]
        figures += [group.amount for group in [*book.income_groups, *book.expense_groups, *book.other_groups]]
    missing = [figure for figure in figures if show_money(figure) not in text]
    assert missing == []
    assert all(line.summary.replace(" ", "") in text for book in ledger.books for line in book.lines)


def test_every_page_says_where_to_verify_and_to_object(example: tuple[bytes, list[str]]) -> None:
    ledger = example_ledger()
    groups = [ledger.sha256[i : i + 8] for i in range(0, 64, 8)]
    for number, page in enumerate(example[1], start=1):
        assert f"第{number}页，共{len(example[1])}页" in page
        assert "7K2M-9QXA-0" in page
        assert f"校验码{''.join(groups[:4])}{''.join(groups[4:])}" in page
        assert "11月19日前到八角南里社区居委会窗口" in page
        assert "010-0000-0000" in page
        assert "第1版" in page


def test_a_reversal_is_marked_and_explained(example: tuple[bytes, list[str]]) -> None:
    text = "".join(example[1])
    assert "第216号红冲冲销10月12日第213号凭证−435.00" in text
    assert "更换楼道感应灯（已被第216号冲销）435.00" in text
    assert "物业服务经费第216号是红字冲销：冲销10月12日第213号凭证，435.00元。" in text
    assert "没有票据，1笔，已说明：第222号的发票月底没有开出，11月补" in text


def test_the_last_page_has_room_for_names_and_the_seal(example: tuple[bytes, list[str]]) -> None:
    last = example[1][-1]
    for label in ("记账员", "自管会主任", "监督小组", "见证居民", "张贴地点", "取下日期", "盖章处"):
        assert label in last


def test_a_month_with_nothing_is_printed_too() -> None:
    text = "".join(printed(empty_ledger())[1])
    assert text.count("月末结余0.00") == 2
    assert "这个月没有花钱。" in text


def test_a_correction_says_so() -> None:
    ledger = make_ledger(example_ledger().books, version=2)
    assert "第1次更正" in printed(ledger)[1][0]


def test_heads_repeat_and_no_total_stands_alone() -> None:
    _, pages = printed(long_ledger(220))
    lines_on = [re.findall(r"10月\d{1,2}日第\d+号", page) for page in pages]
    books = [number for number, page in enumerate(pages) if "月末结余" in page and number > 1]
    assert books, "the books do not end on a later page"
    for number, page in enumerate(pages[2 : books[0] + 1], start=2):
        assert HEADS in page, f"page {number + 1} has no head"
        after = page.split(HEADS, 1)[1]
        assert not after.startswith(("收入合计", "支出合计", "10月31日月末结余")), f"a total begins page {number + 1}"
        assert lines_on[number]


def test_long_texts_stay_in_their_column() -> None:
    text = "".join(printed(long_ledger(30))[1])
    assert "3号楼2单元至5单元楼道照明线路整治、更换声控开关和应急灯具，含人工和材料" in text


def test_fonts_are_embedded_and_the_file_is_tagged(example: tuple[bytes, list[str]]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(example[0]))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert str(reader.trailer["/Root"]["/Lang"]).startswith("zh")
    assert reader.metadata is not None
    assert reader.metadata.title == "槐荫里小区（演示）2026年10月收支公示表"
    names = set()
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert any(key in descriptor for key in ("/FontFile2", "/FontFile3"))
            names.add(str(descriptor["/FontName"]).split("+")[-1])
    assert {"Noto-Sans-CJK-SC", "Noto-Sans-CJK-SC-Bold", "Noto-Serif-CJK-SC-Bold"} <= names


def test_the_code_leads_to_the_verify_page(example: tuple[bytes, list[str]], tmp_path: Path) -> None:
    (tmp_path / "sheet.pdf").write_bytes(example[0])
    subprocess.run(["pdftoppm", "-r", "100", "-png", "sheet.pdf", "sheet"], cwd=tmp_path, check=True)
    for sheet in sorted(tmp_path.glob("*.png")):
        found = zxingcpp.read_barcodes(Image.open(sheet))
        assert [code.text for code in found] == [example_ledger().verify_url]


def test_what_people_typed_is_text_on_paper() -> None:
    hostile = '<img src="file:///etc/passwd"><style>*{display:none}</style>{{ x }}'
    ledger = make_ledger(example_ledger().books, compound_name=hostile, contact_place=hostile)
    content, pages = printed(ledger)
    assert "<imgsrc=" in pages[0]
    assert "{{x}}" in pages[0]
    assert b"root:" not in content


def year_ledger(count: int) -> Ledger:
    """Return the ledger of a year with that many lines, every day of it in its turn."""
    start = date(2026, 1, 1)
    month = long_ledger(count)
    lines = [
        replace(line, on=start + timedelta(days=n * 365 // max(count, 1)))
        for n, line in enumerate(month.book("service").lines)
    ]
    books = tuple(replace(book, lines=tuple(lines) if book.book == "service" else ()) for book in month.books)
    return make_ledger(books, period="2026", first_on=start, last_on=date(2026, 12, 31))  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, 60, 600])
def test_a_year_prints_its_sums_first_and_every_line_after(count: int) -> None:
    _, pages = printed(year_ledger(count))
    text = "".join(pages)
    assert "2026年全年收支公示表" in pages[0] and "四还没收、还没付" in pages[0]
    assert text.index("各月合计") < text.index("按类合计") < text.index("每一笔日期凭证")
    for month in range(1, 13):
        assert f"2026年{month}月" in text
    assert text.count("件") >= count * 5 // 7
    for page in pages:  # a sum is never alone: its column's head stands over it
        if "支出合计" in page and "按类合计" not in page:
            assert "笔数小计（元）" in page or HEADS in page
    # The double rule of the closing never opens a page.
    assert not any(re.search(r"结余（元）12月31日年末结余", page) for page in pages)


def test_no_line_of_a_year_is_cut_by_the_end_of_a_page() -> None:
    """A voucher's number and its words, on two lines, stand on one page."""
    year = year_ledger(90)
    books = tuple(
        replace(book, lines=tuple(replace(line, summary=f"始{'更换楼道照明线路' * 4}") for line in book.lines))
        for book in year.books
    )
    _, pages = printed(replace(year, books=books))
    starts = [(len(re.findall(r"\d日第\d+号", page)), page.count("始")) for page in pages[2:]]
    assert sum(words for _, words in starts) >= 90 and [n for n, _ in starts] == [words for _, words in starts]


def test_numbers_of_four_digits_stay_on_their_line() -> None:
    year = year_ledger(40)
    books = tuple(
        replace(book, lines=tuple(replace(line, number=1000 + n) for n, line in enumerate(book.lines)))
        for book in year.books
    )
    made = pdf.render(render_to_string("fees/ledger_print.html", print_context(replace(year, books=books))))
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made.bytes)).pages)
    assert len(re.findall(r"第10\d\d号", text)) >= 40


def test_a_correction_says_so_on_its_first_page_and_lists_what_was_wrong() -> None:
    plain = example_ledger()
    wrong = Correction(
        2, "service", 217, date(2026, 10, 16), Decimal("345.00"), "少写了一层", 1, "更换楼道感应灯23盏，每盏15元",
        "更换楼道感应灯23盏，每盏15元，一至六层", Booked("2026-11", 230, date(2026, 11, 3), Decimal("-15.00")),
    )  # fmt: skip
    texts = {217: wrong.text or ""}
    books = tuple(
        replace(b, lines=tuple(replace(x, summary=texts.get(x.number, x.summary)) for x in b.lines))
        for b in plain.books
    )
    _, pages = printed(make_ledger(books, version=2, corrections=(wrong,)))  # type: ignore[arg-type]
    text = "".join(pages)
    assert "第1次更正这张代替先前贴出的第1版。更正1处" in pages[0]
    assert "更正更换楼道感应灯23盏，每盏15元，一至六层（原来写的是" in text
    assert "少写了一层" in text and "已在11月3日第230号记账，−15.00元" in text
    assert all("第2版（第1次更正）" in page for page in pages)
