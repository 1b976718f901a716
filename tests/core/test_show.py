"""How pages and papers show values (look.md, Words)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from core.templatetags import show

LATE = datetime(2026, 10, 31, 16, 30, tzinfo=UTC)  # already November in Beijing


@pytest.mark.parametrize(
    ("expression", "value", "text"),
    [
        ("v|money", Decimal("17732.75"), "17,732.75"),
        ("v|money", Decimal("-435.00"), "−435.00"),
        ("v|money", None, ""),
        ("v|yuan", Decimal("0.00"), "0.00元"),
        ("v|absolute|yuan", Decimal("-12.30"), "12.30元"),
        ("v|money_as_is", Decimal("-1234.567"), "−1,234.567"),
        ("v|money_as_is", Decimal("1e400"), "太大"),
        ("v|square_metres", Decimal("18640.5000"), "18,640.50"),
        ("v|posted_area", Decimal("18640.5000"), "18,640.50"),
        ("v|posted_area", Decimal("226421.0857"), "226,421.0857"),
        ("v|day", date(2026, 11, 5), "11月5日"),
        ("v|day:other", date(2027, 1, 4), "2027年1月4日"),
        ("v|day:other", date(2026, 1, 4), "1月4日"),
        ("v|day", LATE, "11月1日"),
        ("v|full_day", LATE, "2026年11月1日"),
        ("v|weekday", date(2026, 11, 9), "周一"),
        ("v|month", date(2026, 10, 31), "2026年10月"),
        ("v|moment", datetime(2026, 11, 9, 1, 42, tzinfo=UTC), "2026年11月9日 9:42"),
        ("v|voucher_number", 41, "041"),
        ("v|voucher_number", 1213, "1213"),
        ("v|code", "7K2M9QXA0", "7K2M-9QXA-0"),
        ("v|size", 184_000, "184 KB"),
        ("v|size", 1, "1 KB"),
        ("v|size", 1_250_000, "1.2 MB"),
    ],
)
def test_values_are_shown_as_the_look_says(expression: str, value: object, text: str) -> None:
    template = Template("{% load show %}{{ " + expression + " }}")
    assert template.render(Context({"v": value, "other": date(2026, 11, 5)})) == text


def test_a_hash_stands_in_eights_four_to_a_line() -> None:
    lines = re.findall(r'<span class="eights">([^<]*)</span>', show.eights("0123456789abcdef" * 4))
    assert lines == [" ".join(["01234567", "89abcdef"] * 2)] * 2


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("冲销10月12日第213号凭证", "冲销10月12日<wbr>第213号凭证"),
        ("更换楼道感应灯（金额录错，已冲销）", "更换楼道感应灯<wbr>（金额录错，已冲销）"),
        ("停车月租，54个车位，每个120元", "停车月租，54个车位，每个120元"),
        ("<b>第1号</b>", "&lt;b&gt;<wbr>第1号&lt;/b&gt;"),
    ],
)
def test_a_summary_breaks_between_clauses_only(typed: str, shown: str) -> None:
    assert show.clauses(typed) == shown


@given(st.text(alphabet="第0123456789号日（）<>&\"'月灯", max_size=40))
def test_breaking_changes_no_character(typed: str) -> None:
    from html import unescape

    assert unescape(show.clauses(typed).replace("<wbr>", "")) == typed


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("槐荫里小区（演示）", '槐荫里小区<wbr><span class="aside">（演示）</span>'),
        ("春和院", "春和院"),
        ("（演示）", "（演示）"),
        ("甲（乙）丙", "甲（乙）丙"),
        ("<b>（x）", '&lt;b&gt;<wbr><span class="aside">（x）</span>'),
    ],
)
def test_what_stands_in_brackets_is_set_apart_in_a_title(name: str, shown: str) -> None:
    assert show.titled(name) == shown


def test_the_code_is_drawn_without_its_address_in_the_markup() -> None:
    drawn = show.qr("https://wuhao.example/verify/7K2M9QXA0/", "25mm", 0)
    assert 'width="25mm"' in drawn
    assert "wuhao.example" not in drawn
    assert "style=" not in drawn


def test_a_day_in_an_office_table_names_its_year_only_where_it_differs() -> None:
    assert show.short_day(date(2026, 10, 12), date(2026, 11, 5)) == "10-12"
    assert show.short_day(date(2027, 1, 2), date(2026, 11, 5)) == "27-01-02"
    assert show.short_day(LATE, date(2026, 11, 5)) == "11-01"
