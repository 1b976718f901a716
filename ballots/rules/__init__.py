"""The law and the arithmetic of ballots: thresholds, weights, matters, counting."""

from ballots.rules.counting import (
    ABSTAIN,
    AGAINST,
    APPROVE,
    CHOOSE_ONE,
    CHOOSE_UP_TO,
    FOR,
    INVALID,
    KINDS,
    NONE_OF_THESE,
    Asked,
    Cast,
    Mark,
    Rule,
    judge_marks,
    seat,
    tally,
    why_invalid,
)
from ballots.rules.fractions import NoThreshold, Threshold, read_threshold
from ballots.rules.matters import PROPOSALS, Proposal, proposed_rule
from ballots.rules.recounting import Unreadable, read_question, read_rule, recount
from ballots.rules.weights import NoArea, area_text, area_units

__all__ = [
    "ABSTAIN",
    "AGAINST",
    "APPROVE",
    "CHOOSE_ONE",
    "CHOOSE_UP_TO",
    "FOR",
    "INVALID",
    "KINDS",
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
    "Unreadable",
    "area_text",
    "area_units",
    "judge_marks",
    "proposed_rule",
    "read_question",
    "read_rule",
    "read_threshold",
    "recount",
    "seat",
    "tally",
    "why_invalid",
]
