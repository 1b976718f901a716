"""What keys and cells mean, when two entries say the same, where a sheet stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots.rules.counting import APPROVE, CHOOSE_ONE, CHOOSE_UP_TO, Asked, judge_marks
from ballots.rules.entries import (
    AGREED,
    DIFFERS,
    DOUBTFUL,
    NOTHING,
    ONE,
    SETTLED,
    NotAnAnswer,
    Said,
    choices_of,
    is_overvote,
    overvotes,
    read_answer,
    said_of,
    same,
    say,
    sheet_state,
)

YES_NO, ONE_OF, UP_TO = Asked(1, APPROVE), Asked(2, CHOOSE_ONE, 3), Asked(3, CHOOSE_UP_TO, 12, 2)
ASKED = (YES_NO, ONE_OF, UP_TO)


def test_the_keys_are_those_of_the_specification() -> None:
    assert [(c.key, c.value) for c in choices_of(YES_NO)] == [
        ("1", "赞成"), ("2", "反对"), ("3", "弃权"), ("0", "未填"), ("9", "无效"),
    ]  # fmt: skip
    assert [c.key for c in choices_of(ONE_OF)] == ["1", "2", "3", "-", "0", "9"]


def test_no_two_choices_share_a_key_however_many_options() -> None:
    keys = [choice.key for choice in choices_of(Asked(1, CHOOSE_UP_TO, 30, 5)) if choice.key]
    assert len(keys) == len(set(keys)) == 33
    assert keys[8] == "a"  # the ninth option: 9 is 本题无效


@pytest.mark.parametrize(
    ("asked", "typed", "marks"),
    [
        (YES_NO, ["赞成"], ("赞成",)), (YES_NO, ["未填"], ()), (YES_NO, ["弃权"], ("弃权",)), (YES_NO, ["无效"], ("无效",)),
        (ONE_OF, ["2"], (2,)), (ONE_OF, ["弃权"], ("弃权",)), (UP_TO, ["12", "3"], (3, 12)), (UP_TO, ["1", "弃权"], (1, "弃权")),
    ],
)  # fmt: skip
def test_an_answer_is_read(asked: Asked, typed: list[str], marks: tuple[Any, ...]) -> None:
    assert read_answer(asked, typed) == marks


@pytest.mark.parametrize(
    ("asked", "typed"),
    [
        (YES_NO, []), (YES_NO, ["1"]), (YES_NO, ["赞成", "赞成"]), (ONE_OF, ["4"]), (ONE_OF, ["0"]), (ONE_OF, ["赞成"]),
        (ONE_OF, ["²"]), (ONE_OF, ["１"]), (UP_TO, ["1", "未填"]), (UP_TO, ["无效", "1"]), (UP_TO, ["1", "1"]), (UP_TO, ["9999"]),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(asked: Asked, typed: list[str]) -> None:
    with pytest.raises(NotAnAnswer) as refused:
        read_answer(asked, typed)
    assert refused.value.question == asked.number


def test_more_marks_than_allowed_stay_and_are_invalid_for_that_question_only() -> None:
    said = say(ASKED, {1: ["赞成"], 2: ["1", "2"], 3: ["1", "2", "3"]}, {})
    assert said.marks == {1: ("赞成",), 2: (1, 2), 3: (1, 2, 3)}
    assert said.reasons == {2: "overvote", 3: "overvote"}
    assert overvotes(ASKED, said) == [(2, 2, 1), (3, 3, 2)]


def test_a_reason_stands_only_where_the_question_is_invalid() -> None:
    said = say(ASKED, {1: ["赞成"], 2: ["无效"], 3: ["未填"]}, {1: "illegible", 2: "between", 3: "other"})
    assert said.reasons == {2: "between"}


def test_a_void_sheet_says_nothing_else() -> None:
    assert say(ASKED, {1: ["赞成"]}, {}, void="unsigned") == Said(void="unsigned")


def test_a_question_without_an_answer_is_asked_for_but_on_a_doubtful_sheet() -> None:
    with pytest.raises(NotAnAnswer):
        say(ASKED, {1: ["赞成"], 2: ["1"]}, {})
    assert say(ASKED, {1: ["赞成"]}, {}, doubtful=True).marks == {1: ("赞成",), 2: (), 3: ()}


@pytest.mark.parametrize(
    ("entries", "more", "state"),
    [
        ([], {}, NOTHING),
        ([Said({1: ("赞成",)})], {}, ONE),
        ([Said({1: ("赞成",)})], {"single": True}, AGREED),
        ([Said({1: ("赞成",)}, doubtful=True)], {"single": True}, DOUBTFUL),
        ([Said({1: ("赞成",)}, doubtful=True)], {}, ONE),
        ([Said({1: ("赞成",)})] * 2, {}, AGREED),
        ([Said({1: ("赞成",)}), Said({1: ("反对",)})], {}, DIFFERS),
        ([Said({1: ("赞成",)}), Said({1: ("赞成",)}, doubtful=True)], {}, DOUBTFUL),
        ([Said({1: ("赞成",)}, doubtful=True)] * 2, {}, DOUBTFUL),
        ([Said(void="torn"), Said(void="unsigned")], {}, DIFFERS),
        ([Said({1: ()}), Said({1: ("弃权",)})], {}, DIFFERS),
        ([Said({1: ("赞成",)}), Said({1: ("反对",)})], {"settled": True}, SETTLED),
    ],
)
def test_where_a_sheet_stands(entries: list[Said], more: dict[str, bool], state: str) -> None:
    assert sheet_state(entries, **({"settled": False} | more)) == state


def test_why_a_question_is_invalid_makes_no_difference_that_it_is_does() -> None:
    one, other = (say((YES_NO,), {1: ["无效"]}, {1: reason}) for reason in ("illegible", "between"))
    assert same(one, other)
    assert not same(say((ONE_OF,), {2: ["1"]}, {}), say((ONE_OF,), {2: ["无效"]}, {}))


def answers(asked: Asked) -> st.SearchStrategy[list[str]]:
    words = [choice.value for choice in choices_of(asked)]
    single = [word for word in words if word not in ("未填", "无效")]
    return st.one_of(
        st.sampled_from(words).map(lambda word: [word]), st.lists(st.sampled_from(single), min_size=1, unique=True)
    )


SAID = st.tuples(*(answers(asked) for asked in ASKED)).map(
    lambda typed: say(ASKED, {asked.number: each for asked, each in zip(ASKED, typed, strict=True)}, {})
)


@given(SAID)
def test_what_is_stored_says_the_same_when_read_again(said: Said) -> None:
    assert said_of(said.marks_text, said.reasons_text, said.void, said.doubtful) == said


@given(SAID, SAID)
def test_the_order_of_the_two_rounds_makes_no_difference(one: Said, other: Said) -> None:
    assert same(one, other) == same(other, one) == (one.marks_text == other.marks_text)
    assert sheet_state([one, other], settled=False) == sheet_state([other, one], settled=False)


@given(SAID)
def test_a_question_has_a_reason_just_where_counting_holds_it_for_invalid(said: Said) -> None:
    """What the clerk is told of and what the result counts as invalid are the same questions."""
    for asked in ASKED:
        marks = said.marks[asked.number]
        assert (asked.number in said.reasons) == (judge_marks(asked, marks) == "invalid")
        assert not is_overvote(asked, marks) or asked.number in said.reasons


@given(answers(UP_TO), st.randoms())
def test_the_order_in_which_marks_were_typed_makes_no_difference(typed: list[str], chance: Any) -> None:
    shuffled = list(typed)
    chance.shuffle(shuffled)
    assert read_answer(UP_TO, shuffled) == read_answer(UP_TO, typed)
