"""A rule in words that a resident understands, with the numbers of this compound's roll."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ballots.choices import Voter
from ballots.models import VotingRule
from ballots.rules import Threshold, area_units, read_threshold
from ballots.rules.weights import UNIT

NUMERALS = {1: "一", 2: "二", 3: "三", 4: "四", 5: "五", 6: "六", 7: "七", 8: "八", 9: "九", 10: "十"}
COUNTED = {Voter.OWNER: ("业主", "个"), Voter.HOUSEHOLD: ("住户", "户"), Voter.REPRESENTATIVE: ("居民代表", "名")}


def share_words(threshold: Threshold) -> str:
    """Return a threshold's share as people say it: 过半, 一半 (which itself is enough), 三分之二, 全部."""
    over, under = threshold.over, threshold.under
    if over == under:
        return "全部"
    if 2 * over == under:
        return "一半" if threshold.inclusive else "过半"
    return f"{NUMERALS.get(under, str(under))}分之{NUMERALS.get(over, str(over))}"


def threshold_words(threshold: Threshold) -> str:
    """Return a threshold in words: 过半数, 三分之二以上（含三分之二）, 超过五分之三."""
    share = share_words(threshold)
    if share in ("过半", "全部"):
        return "过半数" if share == "过半" else share
    return f"{share}以上（含{share}）" if threshold.inclusive else f"超过{share}"


def area_words(units: int) -> str:
    """Return ten-thousandths of a m² in a sentence, with as many decimals as it takes, two at least: 24,406.04."""
    whole, rest = divmod(units, UNIT)
    return f"{whole:,}.{f'{rest:04d}'.rstrip('0').ljust(2, '0')}"


@dataclass(frozen=True)
class RuleWords:
    """A rule said in sentences: when the ballot holds, when a question passes, how the rest counts."""

    participation: str
    approval: str
    rest: str

    @property
    def sentences(self) -> tuple[str, str, str]:
        return (self.participation, self.approval, self.rest)


def rule_words(rule: VotingRule, heads: int, area: Decimal) -> RuleWords:
    """Return a rule in words for a roll of so many heads and so much area (m²)."""
    taking_part, agreeing = read_threshold(rule.participation), read_threshold(rule.approval)
    who, counter = COUNTED[Voter(rule.voter)]
    whole = f"全小区{heads}{counter}" if counter == "户" else f"全小区{who}{heads}{counter}"
    needed = f"{whole}，至少{taking_part.least(heads)}{counter}交回选票"
    units = area_units(area)
    if rule.by_area:
        needed += f"，而且交回的面积至少{area_words(taking_part.least(units))}平方米（全部{area_words(units)}平方米）"
    share = threshold_words(agreeing)
    how = f"交回的票里{share}赞成，这件事才通过"
    how += "，人数和面积都要够" if rule.by_area else ""
    void = "整票无效的也算参加" if rule.void_counts else "整票无效的不算参加"
    return RuleWords(
        f"{needed}，表决才有效（{threshold_words(taking_part)}参加）。",
        f"{how}。",
        f"没交回的票不算赞成，也不算反对。交回来的，哪一题没填或者弃权，也算参加；{void}。",
    )
