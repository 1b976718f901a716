"""What may be put to the vote: own rules the law bears, questions that can be counted, a rule in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ballots.documents.papers import ordinal
from ballots.documents.results import ResultPaper
from ballots.documents.rules import rule_words, threshold_words
from ballots.documents.turnout import participation_bars
from ballots.models import VotingRule
from ballots.rules import Threshold
from ballots.rules.drafting import (
    AREA_WITHOUT_OWNERS,
    COUNTS_ABSENT,
    FEW_OPTIONS,
    NO_APPROVAL,
    NO_PARTICIPATION,
    SAME_OPTIONS,
    SECRET_AND_AREA,
    SECRET_AND_SIGNED,
    WRONG_MOST,
    OwnRule,
    QuestionDraft,
    counts_absent,
    faults_of_question,
    faults_of_rule,
    more_than_half,
)


@pytest.mark.parametrize(
    "text",
    [
        "未交回的选票视为同意。", "没有投票的业主，从众处理。", "未参加表决的，计入已表决多数票。",
        "逾期不交的，按同意票计算。", "未反馈意见的视同赞成", "不表态的，归入多数意见。", "未返票的默认为同意",
        "没交的票算弃权", "未参与表决的业主，其投票权数计入多数。",
    ],
)  # fmt: skip
def test_a_text_that_counts_papers_not_returned_is_seen(text: str) -> None:
    assert counts_absent(text)


@pytest.mark.parametrize(
    "text",
    [
        "未交回的选票不得视为同意。", "经参与表决的业主过半数同意。", "没交回的票不算赞成，也不算反对。",
        "应当由三分之二以上的业主参与表决。决定应当经参与表决人数过半数的业主同意。", "交回而没有填的，算参加表决。",
    ],
)  # fmt: skip
def test_a_text_that_does_not_is_let_through(text: str) -> None:
    assert not counts_absent(text)


@pytest.mark.django_db
def test_every_rule_of_the_district_could_be_made() -> None:
    """Control: the law's own words are not taken for what it forbids."""
    for rule in VotingRule.objects.all():
        texts = (rule.name, rule.source, rule.law_text)
        own = OwnRule(rule.voter, rule.by_area, rule.participation, rule.approval, rule.secret, rule.signed, texts)
        assert faults_of_rule(own) == (), rule.name


def own(**values: object) -> OwnRule:
    said = {
        "voter": "owner", "by_area": True, "participation": ">=2/3", "approval": ">1/2", "secret": False,
        "signed": True, "texts": ("议事规则第8条",),
    }  # fmt: skip
    return OwnRule(**(said | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"texts": ("议事规则", "未投票的从众")}, COUNTS_ABSENT),
        ({"participation": "三分之二"}, NO_PARTICIPATION),
        ({"participation": ">=0/3"}, NO_PARTICIPATION),
        ({"approval": ">1/1"}, NO_APPROVAL),
        ({"voter": "household"}, AREA_WITHOUT_OWNERS),
        ({"secret": True, "by_area": False}, SECRET_AND_SIGNED),
        ({"secret": True, "signed": False, "by_area": True}, SECRET_AND_AREA),
    ],
)
def test_an_own_rule_is_refused_for_one_thing(values: dict[str, object], fault: str) -> None:
    assert faults_of_rule(own()) == ()
    assert faults_of_rule(own(**values)) == (fault,)


def test_half_is_not_more_than_half() -> None:
    assert [more_than_half(text) for text in (">1/2", ">=2/3", ">=1/2", ">1/3", ">=51/100")] == [
        True, True, False, False, True,
    ]  # fmt: skip


def test_choose_one_always_ends_with_none_of_these() -> None:
    typed = QuestionDraft("choose_one", "谁来管？", options=("甲公司", "以上均不同意", "乙公司"))
    assert typed.printed_options == ("甲公司", "乙公司", "以上均不同意")
    assert QuestionDraft("approve", "同意吗？", options=("同意",)).printed_options == ()


@pytest.mark.parametrize(
    ("asked", "faults"),
    [
        (QuestionDraft("choose_one", "？", options=("甲",)), ()),
        (QuestionDraft("choose_one", "？"), (FEW_OPTIONS,)),
        (QuestionDraft("choose_one", "？", options=("甲", "甲")), (SAME_OPTIONS,)),
        (QuestionDraft("choose_up_to", "？", options=("甲", "乙"), most=1), ()),
        (QuestionDraft("choose_up_to", "？", options=("甲", "乙"), most=2), (WRONG_MOST,)),
        (QuestionDraft("choose_up_to", "？", options=("甲", "乙")), (WRONG_MOST,)),
        (QuestionDraft("choose_up_to", "？", options=("甲", "乙"), most=2, seats=True), ()),
        (QuestionDraft("approve", "？"), ()),
    ],
)
def test_a_question_that_cannot_be_counted_says_why(asked: QuestionDraft, faults: tuple[str, ...]) -> None:
    assert faults_of_question(asked) == faults


def test_a_rule_says_how_many_of_this_roll_it_takes() -> None:
    """The figures of a published case: 355 heads and 36,609.05 m² take 237 heads and 24,406.04 m² (real_cases.json)."""
    rule = VotingRule(voter="owner", by_area=True, participation=">=2/3", approval=">1/2")
    words = rule_words(rule, 355, Decimal("36609.0500"))
    assert "全小区业主355个，至少237个交回选票" in words.participation
    assert "至少24,406.0334平方米（全部36,609.05平方米）" in words.participation
    assert words.approval == "交回的票里过半数赞成，这件事才通过，人数和面积都要够。"
    homes = rule_words(VotingRule(voter="household", participation=">1/2", approval=">1/2"), 412, Decimal(0))
    assert homes.participation == "全小区412户，至少207户交回选票，表决才有效（过半数参加）。"
    assert "不算赞成，也不算反对" in homes.rest


def test_shares_are_said_as_the_law_says_them() -> None:
    said = [
        threshold_words(Threshold(*t)) for t in ((1, 2, False), (2, 3, True), (3, 4, True), (3, 5, False), (1, 2, True))
    ]
    assert said == [
        "过半数",
        "三分之二以上（含三分之二）",
        "四分之三以上（含四分之三）",
        "超过五分之三",
        "一半以上（含一半）",
    ]


def test_questions_are_numbered_as_papers_do() -> None:
    assert [ordinal(n) for n in (1, 9, 10, 11, 12, 20, 21)] == ["一", "九", "十", "十一", "十二", "二十", "二十一"]


@pytest.mark.parametrize(
    ("participation", "share", "asked"),
    [
        (">1/2", "过半", "户数要超过一半"), (">=1/2", "一半", "户数要达到一半"), (">=2/3", "三分之二", "户数要达到三分之二"),
        (">=1/3", "三分之一", "户数要达到三分之一"), (">=4/7", "七分之四", "户数要达到七分之四"),
    ],
)  # fmt: skip
def test_turnout_and_result_say_a_share_alike(participation: str, share: str, asked: str) -> None:
    rule = VotingRule(voter="household", participation=participation, approval=">1/2")
    (bar,) = participation_bars(rule, (12, Decimal(0)), (6, Decimal(0)))
    said = {"voter": "household", "by": ["heads"], "participation": participation, "approval": ">1/2"}
    assert (bar.rule, ResultPaper({"rule": said}).rule_words[0]) == (share, asked)
