"""What parses is exact, what does not is refused in words; nothing is ever rounded."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.forms import AreaField, CleanCharField, DayField, MoneyField, MonthField, QuantityField
from core.money import (
    NotUnderstood,
    capitals,
    from_fen,
    parse_area,
    parse_date,
    parse_money,
    parse_month,
    parse_quantity,
    plain_money,
    show_money,
    to_fen,
)

pytestmark = pytest.mark.once

amounts = st.decimals(Decimal("0.01"), Decimal("999999999999.99"), places=2)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12", "12.00"),
        ("12.5", "12.50"),
        ("1,200.00", "1200.00"),
        ("1，200．00", "1200.00"),
        ("１２．５０", "12.50"),
        ("￥12", "12.00"),
        ("¥ 1,200元", "1200.00"),
        ("12元", "12.00"),
        ("+12", "12.00"),
        ("＋12", "12.00"),
        (" 12.30\u00a0\u200b", "12.30"),
        ("007", "7.00"),
        ("0.01", "0.01"),
        ("999999999999.99", "999999999999.99"),
        (12, "12.00"),
        (12.3, "12.30"),
        (0.1 + 0.2, "0.30"),
        (53178.3, "53178.30"),
        (999999999999.99, "999999999999.99"),
        (Decimal("12.5000"), "12.50"),
        (Decimal("1E+3"), "1000.00"),
    ],
)
def test_money_as_people_type_it(typed: object, meant: str) -> None:
    amount = parse_money(typed)

    assert str(amount) == meant


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("12o0", '"12o0"里有字母o'),
        ("1E5", "字母E"),
        ("0x10", "字母x"),
        ("NaN", "字母N"),
        ("sNaN", "字母s"),
        ("Infinity", "字母I"),
        ("1e400", "字母e"),
        ("1_000", '里有"_"'),
        ("١٢", '里有"١"'),
        ("²", '里有"²"'),
        ("1.2万", '里有"万"'),
        ("12。50", '里有"。"'),
        ("1 200", "空格"),
        ("1,00", "逗号"),
        ("1,0000.00", "逗号"),
        ("1000,000", "逗号"),
        (",100", "逗号"),
        ("12.345", "小数超过2位"),
        ("12.500", "小数超过2位"),
        ("0.001", "小数超过2位"),
        (12.345, "小数超过2位"),
        (1e-300, "小数超过2位"),
        (Decimal("12.50000000000000000000000000000000000001"), "小数超过2位"),
        ("0", "是0"),
        ("0.00", "是0"),
        ("-0.00", "是0"),
        (Decimal("-0.00"), "是0"),
        ("-1", "负数"),
        ("−1", "负数"),
        (-3, "负数"),
        ("1000000000000", "太大"),
        (1e12, "太大"),
        (1e300, "太大"),
        pytest.param(10**5000, "太大", id="very long int"),
        (Decimal("1e400"), "太大"),
        ("9" * 5000, "太长"),
        (float("nan"), "不是数字"),
        (float("-inf"), "不是数字"),
        (Decimal("NaN"), "不是数字"),
        (Decimal("sNaN"), "不是数字"),
        ("", "没有填"),
        (" \u3000", "没有填"),
        (None, "没有填"),
        ("元", "没有数字"),
        ("¥", "没有数字"),
        ("1.2.3", "看不懂"),
        ("--5", "看不懂"),
        ("5.", "看不懂"),
        (".5", "看不懂"),
        ("1\x0012", "看不懂"),
        ("\ud800", "看不懂"),
        (True, "TRUE"),
        (date(2026, 10, 1), "日期"),
        (time(9, 30), "日期"),
    ],
)
def test_what_is_no_amount_is_refused_in_a_sentence(typed: object, word: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse_money(typed)
    sentence = str(caught.value)
    assert word in sentence
    assert sentence.startswith("金额")
    assert sentence.endswith("。")
    assert len(sentence) < 120


def test_the_sentence_of_the_words_table() -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse_money("12o0")
    assert str(caught.value) == '金额看不懂："12o0"里有字母o。请填数字，例如1,200.00。'


def test_an_opening_may_be_zero_or_negative_only_when_asked() -> None:
    assert str(parse_money("-0.00", zero=True)) == "0.00"
    assert str(parse_money("-12.3", negative=True)) == "-12.30"
    with pytest.raises(NotUnderstood):
        parse_money("-12.3", zero=True)
    with pytest.raises(NotUnderstood):
        parse_money("0", negative=True)
    with pytest.raises(NotUnderstood, match="太大"):
        parse_money("-1000000000000", negative=True)


@given(amounts)
def test_an_amount_reads_back_from_every_form_it_is_shown_in(amount: Decimal) -> None:
    forms = (plain_money(amount), show_money(amount), f"￥{amount}", f"{show_money(amount)}元", float(amount), amount)

    for form in forms:
        read = parse_money(form)
        assert read == amount
        assert read.as_tuple().exponent == -2


@settings(max_examples=2000)
@given(st.decimals())
def test_any_decimal_is_exact_or_refused(number: Decimal) -> None:
    try:
        amount = parse_money(number, zero=True, negative=True)
    except NotUnderstood:
        return
    assert amount == number
    assert amount.as_tuple().exponent == -2
    assert plain_money(amount) == str(amount)


@given(st.text(max_size=12) | st.text(st.sampled_from("0123456789.,+-eE_ ¥元x"), max_size=10))
def test_any_text_is_exact_or_refused(text: str) -> None:
    try:
        amount = parse_money(text, zero=True, negative=True)
    except NotUnderstood:
        return
    assert Decimal(plain_money(amount)) == amount


@given(st.integers(-(10**14), 10**14))
def test_fen_and_yuan_are_the_same_money(fen: int) -> None:
    amount = from_fen(fen)

    assert to_fen(amount) == fen
    assert amount.as_tuple().exponent == -2
    assert show_money(amount).replace("−", "-").replace(",", "") == plain_money(amount)


def test_parts_of_a_fen_are_never_shown() -> None:
    for bad in (Decimal("0.001"), Decimal("NaN"), Decimal("Infinity")):
        for function in (to_fen, plain_money, show_money, capitals):
            with pytest.raises((ValueError, ArithmeticError)):
                function(bad)
    assert plain_money(Decimal("0.300000000000000")) == "0.30"  # as SQLite gives sums
    assert plain_money(Decimal("-0.00")) == "0.00"
    assert show_money(Decimal("-435")) == "−435.00"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1200", "壹仟贰佰元整"),
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10.50", "壹拾元伍角整"),
        # The examples of 支付结算办法附件一.
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("100000000", "壹亿元整"),
        ("100010000", "壹亿零壹万元整"),
        ("20000000001", "贰佰亿零壹元整"),
        ("10001.00", "壹万零壹元整"),
        ("-12.30", "负壹拾贰元叁角整"),
    ],
)
def test_capitals(amount: str, words: str) -> None:
    assert capitals(Decimal(amount)) == words


_VALUE = {c: i for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")}


def _read_capitals(words: str) -> int:
    """Read 分 back from capitals, by the value of each sign."""
    total = group = digit = yuan = 0
    for sign in words.removeprefix("负").removesuffix("整"):
        if sign in _VALUE:
            digit = _VALUE[sign]
        elif sign in "拾佰仟":
            group += digit * 10 ** ("拾佰仟".index(sign) + 1)
            digit = 0
        elif sign in "万亿":
            yuan = (
                (yuan + group + digit) * (10**4 if sign == "万" else 10**8)
                if sign == "亿"
                else yuan + (group + digit) * 10**4
            )
            group = digit = 0
        elif sign == "元":
            total += (yuan + group + digit) * 100
            yuan = group = digit = 0
        else:
            total += digit * (10 if sign == "角" else 1)
            digit = 0
    return -total if words.startswith("负") else total


@given(st.integers(0, 10**14 - 1))
def test_capitals_read_back_and_have_no_double_zero(fen: int) -> None:
    words = capitals(from_fen(fen))

    assert _read_capitals(words) == fen
    assert "零零" not in words
    assert "零元" not in words or fen < 100


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("", ""), (None, ""), ("  ", ""), ("3", "3"), ("3.50", "3.5"), ("003", "3"), ("1,200.5", "1200.5"), (2.5, "2.5"),
     (1200.0, "1200"), ("0.0001", "0.0001"), ("１２", "12"), (Decimal("1E+3"), "1000")],
)  # fmt: skip
def test_quantities(typed: object, meant: str) -> None:
    assert parse_quantity(typed) == meant
    assert len(parse_quantity("999999999999.9999")) <= 20


@pytest.mark.parametrize("typed", ["0", "-1", "1.23456", "3个", "NaN", "1E5", "1000000000000", float("nan"), True])
def test_what_is_no_quantity_is_refused(typed: object) -> None:
    with pytest.raises(NotUnderstood, match="数量"):
        parse_quantity(typed)


def test_areas() -> None:
    assert str(parse_area("61.2")) == "61.2000"
    assert str(parse_area(59.75)) == "59.7500"
    assert str(parse_area("１００．１２３４平方米")) == "100.1234"
    assert str(parse_area("99,999,999")) == "99999999.0000"
    for bad in ("0", "-1", "61.23456", 61.23456, "99999999.0001", "NaN", "1E5", "", "６1.2x", float("inf")):
        with pytest.raises(NotUnderstood, match="建筑面积"):
            parse_area(bad)


@pytest.mark.parametrize(
    "typed",
    [
        date(2026, 10, 1),
        datetime(2026, 10, 1, 9, 30),
        "2026-10-1",
        "2026-10-01",
        "2026/10/1",
        "2026.10.1",
        "2026年10月1日",
        "2026年10月1号",
        "2026 年 10 月 1 日",
        "20261001",
        20261001,
        20261001.0,
        "２０２６－１０－１",
        "２０２６年１０月１日",
        "2026-10-01 00:00:00",
        "\u200b2026-10-1 ",
    ],
)
def test_dates_as_people_type_them(typed: object) -> None:
    assert parse_date(typed) == date(2026, 10, 1)
    assert parse_date(typed, year=1999) == date(2026, 10, 1)


@pytest.mark.parametrize("typed", ["10-25", "10/25", "10.25", "10月25日", "1025", 1025, "１０２５"])
def test_dates_without_a_year_need_one(typed: object) -> None:
    assert parse_date(typed, year=2026) == date(2026, 10, 25)
    with pytest.raises(NotUnderstood):
        parse_date(typed)


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("2026年13月1日", '"2026年13月1日"，没有13月'),
        ("2026-2-30", "2026年2月没有30日"),
        ("2026-02-29", "没有29日"),
        ("2026-10-00", "没有0日"),
        ("1026-10-01", "年份"),
        (datetime(1900, 1, 1), "年份"),
        (date(2101, 1, 1), "年份"),
        ("26-10-1", "看不懂"),
        ("2026-10/1", "看不懂"),
        ("2026-10-01 09:30:00", "看不懂"),
        ("2026-1０-٠1", "看不懂"),
        ("2026-10-1x", "看不懂"),
        (46296.0, "格式不是日期"),
        (20261001.5, "看不懂"),
        (float("nan"), "看不懂"),
        (True, "看不懂"),
        (time(9, 30), "看不懂"),
        ("", "没有填"),
        (None, "没有填"),
        ("9" * 10_000, "看不懂"),
    ],
)
def test_what_is_no_date_is_refused_in_a_sentence(typed: object, word: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse_date(typed)
    assert word in str(caught.value)
    assert str(caught.value).startswith("日期")


@given(st.dates(date(1949, 1, 1), date(2100, 12, 31)))
def test_every_day_reads_back(day: date) -> None:
    for form in (day.isoformat(), f"{day:%Y%m%d}", int(f"{day:%Y%m%d}"), f"{day.year}年{day.month}月{day.day}日"):
        assert parse_date(form) == day
    assert parse_date(f"{day:%m%d}", year=day.year) == day


@pytest.mark.parametrize(
    "typed",
    ["2026-10", "2026/10", "2026.10", "2026年10月", "2026年10月份", "202610", 202610.0, date(2026, 10, 9)],
)
def test_months(typed: object) -> None:
    assert parse_month(typed) == date(2026, 10, 1)


@pytest.mark.parametrize("typed", ["2026-13", 2026.1, "2026", "10", "", None, "2026-Q3", "1000-01", "2026-00"])
def test_what_is_no_month_is_refused(typed: object) -> None:
    with pytest.raises(NotUnderstood, match="月份"):
        parse_month(typed)


# --- Fields of forms ---------------------------------------------------------------------------------------------


def _form(**typed: str):  # type: ignore[no-untyped-def]
    from django import forms

    class Form(forms.Form):
        amount = MoneyField()
        quantity = QuantityField()
        area = AreaField(required=False)
        on = DayField(year_from=2026)
        month = MonthField(required=False)
        summary = CleanCharField(max_length=10)

    return Form({"amount": "1,200.5", "on": "1025", "summary": "水费", **typed})


def test_fields_take_what_workbooks_take() -> None:
    form = _form(area="61.2", month="2026年10月", quantity="")

    assert form.is_valid(), form.errors
    assert form.cleaned_data == {
        "amount": Decimal("1200.50"),
        "quantity": "",
        "area": Decimal("61.2000"),
        "on": date(2026, 10, 25),
        "month": date(2026, 10, 1),
        "summary": "水费",
    }
    assert not _form().fields["month"].has_changed(date(2026, 10, 1), "2026-10")


def test_a_refused_value_stays_in_the_field_beside_its_sentence() -> None:
    form = _form(amount="12o0", on="2026年13月1日", summary="a\x00b", quantity="3个", area="0", month="x")

    assert not form.is_valid()
    assert form.errors["amount"] == ['金额看不懂："12o0"里有字母o。请填数字，例如1,200.00。']
    assert "没有13月" in form.errors["on"][0]
    assert 'value="12o0"' in str(form["amount"])
    assert set(form.errors) == {"amount", "on", "summary", "quantity", "area", "month"}
    assert _form(amount="").errors["amount"] == ["金额没有填。"]


@pytest.mark.parametrize("text", ["\ud800", "a\u202eb", "a\nb", "\t=cmd|' /C calc'!A0"])
def test_text_that_no_database_keeps_is_an_error_not_a_crash(text: str) -> None:
    form = _form(summary=f"水{text}费")

    assert "summary" in form.errors
