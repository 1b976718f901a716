"""The law and the arithmetic of ballots: thresholds, weights, matters, counting."""

from ballots.rules.counting import (
    ABSTAIN,
    AGAINST,
    APPROVE,
    CHOOSE_ONE,
    CHOOSE_UP_TO,
    FOR,
    INVALID,
    NONE_OF_THESE,
    Asked,
    Cast,
    Mark,
    Rule,
    judge_marks,
    seat,
    tally,
)
from ballots.rules.fractions import NoThreshold, Threshold, read_threshold
from ballots.rules.matters import PROPOSALS, Proposal, proposed_rule
from ballots.rules.weights import NoArea, area_text, area_units

__all__ = [
    "ABSTAIN",
    "AGAINST",
    "APPROVE",
    "CHOOSE_ONE",
    "CHOOSE_UP_TO",
    "FOR",
    "INVALID",
    "NONE_OF_THESE",
    "PROPOSALS",
    "Asked",
    "Cast",
    "Mark",
    "NoArea",
    "NoThreshold",
    "Proposal",
    "Rule",
    "Threshold",
    "area_text",
    "area_units",
    "judge_marks",
    "proposed_rule",
    "read_threshold",
    "seat",
    "tally",
]
