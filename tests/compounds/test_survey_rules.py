"""Answers read and counted: sums, order, shares, small cells, codes on sheets."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compounds.rules.surveys import (
    NUMBER,
    PROGRAMME_QUESTIONS,
    SEVERAL,
    SINGLE,
    TEXT,
    Asked,
    hidden_cells,
    read_answer,
    read_sheet_code,
    share,
    sheet_code,
    show_answer,
    tally_numbers,
    tally_options,
)
from core.codes import show_code
from core.money import NotUnderstood

pytestmark = pytest.mark.once
ONE = Asked(SINGLE, "愿意吗", ("愿意", "不愿意"), number=7)
SOME = Asked(SEVERAL, "先办什么", ("看门", "打扫", "绿化", "停车"), number=2)
HOW_MUCH = Asked(NUMBER, "每月多少", unit="元", number=8)
WORDS = Asked(TEXT, "意见", number=9)


@pytest.mark.parametrize(
    ("asked", "typed", "kept"),
    [
        (ONE, "1", "1"), (ONE, "２", "2"), (ONE, "不愿意", "2"), (ONE, "  ", ""), (SOME, "31", "1,3"),
        (SOME, "3,1", "1,3"), (SOME, "4、2 4", "2,4"), (SOME, "绿化", "3"), (HOW_MUCH, "20", "20"),
        (HOW_MUCH, "20元", "20"), (HOW_MUCH, "０", "0"), (HOW_MUCH, "12.50", "12.5"), (WORDS, " 路灯\n不亮 ", "路灯 不亮"),
    ],
)  # fmt: skip
def test_an_answer_is_read_as_it_is_meant(asked: Asked, typed: str, kept: str) -> None:
    assert read_answer(asked, typed) == kept


@pytest.mark.parametrize(
    ("asked", "typed", "said"),
    [
        (ONE, "3", "第7题没有第3项，只有1到2。"), (ONE, "12", "第7题只能选一项，这里填了"), (ONE, "0", "第7题没有第0项"),
        (SOME, "5", "第2题没有第5项，只有1到4。"), (SOME, "看看", "第2题\"看看\"看不懂。请填选项的号，1到4。"),
        (HOW_MUCH, "二十", "第8题看不懂"), (HOW_MUCH, "-5", "第8题\"-5\"是负数"), (HOW_MUCH, "12o", "第8题看不懂：\"12o\"里有字母o"),
        (HOW_MUCH, "2000000", "第8题\"2000000\"太大"), (WORDS, "长" * 301, "第9题太长，最多300个字。"),
        (WORDS, "a\u202eb", "第9题："), (WORDS, "找我：138 0000-1234", "第9题里有电话号码"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_question(asked: Asked, typed: str, said: str) -> None:
    with pytest.raises(NotUnderstood, match=said.replace("?", r"\?")):
        read_answer(asked, typed)


def test_an_answer_is_shown_in_words() -> None:
    assert show_answer(SOME, "1,3") == "看门、绿化"
    assert show_answer(HOW_MUCH, "20") == "20元"
    assert show_answer(ONE, "2") == "不愿意"
    assert show_answer(ONE, "") == show_answer(HOW_MUCH, "") == ""


chosen = st.lists(st.sets(st.integers(1, 4), min_size=1).map(lambda s: ",".join(map(str, sorted(s)))), max_size=60)


@given(chosen, st.randoms())
def test_options_add_up_whatever_the_order(values: list[str], random: object) -> None:
    counted = tally_options(4, values)
    assert sum(counted) == sum(len(value.split(",")) for value in values)
    assert all(0 <= n <= len(values) for n in counted)
    mixed = list(values)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert tally_options(4, mixed) == counted


amounts = st.lists(st.decimals(0, 999_999, places=2, allow_nan=False), min_size=1, max_size=60)


@given(amounts, st.randoms())
def test_numbers_are_told_whole_whatever_the_order(numbers: list[Decimal], random: object) -> None:
    values = [str(n) for n in numbers]
    told = tally_numbers(values)
    assert told.count == len(values) == sum(each.count for each in told.bins)
    assert told.lowest is not None and told.highest is not None and told.median is not None and told.mean is not None
    assert told.lowest == min(numbers) <= told.median <= max(numbers) == told.highest
    assert abs(told.mean * len(numbers) - sum(numbers)) <= Decimal("0.005") * len(numbers)
    assert sum(n <= told.median for n in numbers) * 2 >= len(numbers) <= sum(n >= told.median for n in numbers) * 2
    assert len(told.bins) <= 9
    for each in told.bins:
        inside = [n for n in numbers if (n == each.low if each.high is None else each.low <= n < each.high)]
        assert len(inside) == each.count
    mixed = list(values)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert tally_numbers(mixed) == told


def test_numbers_worked_out_by_hand() -> None:
    told = tally_numbers(["20", "0", "30", "10"])
    assert (told.median, told.mean) == (Decimal(15), Decimal("15.00"))
    assert [(each.low, each.high, each.count) for each in told.bins] == [(Decimal(n), None, 1) for n in (0, 10, 20, 30)]
    many = tally_numbers([str(n) for n in range(0, 100, 5)])
    assert [(each.low, each.high, each.count) for each in many.bins] == [
        (Decimal(n), Decimal(n + 20), 4) for n in (0, 20, 40, 60, 80)
    ]
    assert tally_numbers([]).median is None


def test_shares_to_one_place() -> None:
    assert (share(1, 3), share(2, 3), share(1, 2000), share(0, 5), share(5, 5), share(1, 0)) == (
        "33.3%", "66.7%", "0.1%", "0.0%", "100.0%", "",
    )  # fmt: skip


def test_fewer_than_three_answers_are_told_in_the_totals_only() -> None:
    assert hidden_cells({"1": 2, "2": 9, "3": 4, "4": 0}) == {"1", "3"}  # else 总计 less 2 and 3 would tell 1
    assert hidden_cells({"1": 2, "2": 1, "3": 4}) == {"1", "2"}
    assert hidden_cells({"1": 1, "2": 1, "3": 4, "5": 8}) == {"1", "2", "3"}
    assert hidden_cells({"1": 3, "2": 9, "4": 0}) == frozenset()
    assert hidden_cells({"1": 2}) == {"1"}


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 6), max_size=8))
def test_what_is_hidden_cannot_be_worked_out(answers: dict[str, int]) -> None:
    hidden = hidden_cells(answers)
    assert all(answers[key] >= 3 or answers[key] == 0 for key in answers.keys() - hidden)
    rest = sum(answers[key] for key in hidden)
    assert rest == 0 or rest >= 3 or not any(answers[key] for key in answers.keys() - hidden)


@given(st.integers(1, 999), st.integers(1, 10**9))
def test_a_sheet_s_code_comes_back(survey: int, dwelling: int) -> None:
    code = sheet_code(survey, dwelling)
    assert read_sheet_code(code) == (survey, dwelling)
    assert read_sheet_code(f"https://example.org/office/entry/{show_code(code)}/") == (survey, dwelling)


def test_a_mistyped_code_is_none() -> None:
    code = sheet_code(1, 4711)
    assert read_sheet_code(code[:-2] + code[-1] + code[-2]) is None or code[-1] == code[-2]
    assert read_sheet_code("3-2-501") is None


def test_the_programme_s_questions_can_be_asked() -> None:
    assert [asked.purpose for asked in PROGRAMME_QUESTIONS if asked.purpose] == ["willing", "monthly_fee"]
    assert all(asked.chooses == bool(asked.options) and len(asked.options) <= 9 for asked in PROGRAMME_QUESTIONS)
