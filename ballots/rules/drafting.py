"""What may be put to the vote: own rules that the law bears, questions that can be counted, their last option."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ballots.rules.counting import APPROVE, CHOOSE_ONE, CHOOSE_UP_TO, NONE_OF_THESE
from ballots.rules.fractions import NoThreshold, Threshold, read_threshold

OWNER = "owner"
MOST_QUESTIONS, MOST_OPTIONS = 12, 15
# Faults of an own rule.
COUNTS_ABSENT, NO_PARTICIPATION, NO_APPROVAL = "counts_absent", "no_participation", "no_approval"
AREA_WITHOUT_OWNERS, SECRET_AND_SIGNED, SECRET_AND_AREA = "area_without_owners", "secret_and_signed", "secret_and_area"
# Ways of saying that a paper which did not come back counts: for the majority, or as approval. 民法典 278 counts only
# who takes part; practice still writes it (rules_and_practice.md, a. Deciding).
_ABSENT = r"(?:未|没|不)(?:有)?(?:交|投|参加|参与|表决|表态|反馈|回复|答复|返)"
_COUNTED = r"(?:同意|赞成|多数|弃权|有效)"
_SAYS_SO = (
    re.compile(r"从众|随大流|跟随多数|随多数"),
    re.compile(r"(?:计入|算入|归入|并入|视为)[^。；，,;]{0,8}多数"),
    re.compile(r"(?:视为|视同|默认为?|当作|算作|按)(?:投)?(?:同意|赞成)"),
    re.compile(rf"{_ABSENT}[^。；;]{{0,16}}(?:视为|视同|计入|算|按|作为)[^。；;]{{0,6}}{_COUNTED}"),
)
_NEVER = re.compile(r"(?:不得|不能|不可|不应|不|不再|不予)$")


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A rule as somebody types it."""

    voter: str
    by_area: bool
    participation: str
    approval: str
    secret: bool
    signed: bool
    texts: tuple[str, ...]


def counts_absent(text: str) -> bool:
    """Return whether a rule's text lets papers count that nobody returned; a sentence that forbids it does not."""
    return any(
        _NEVER.search(text[: found.start()]) is None and not re.search(r"不(?:得|能|可|应)?(?:视|计|算|按)", found[0])
        for pattern in _SAYS_SO
        for found in pattern.finditer(text)
    )


def more_than_half(approval: str) -> bool:
    """Return whether only one of several options can ever reach a threshold."""
    needed = read_threshold(approval)
    return 2 * needed.over > needed.under or (2 * needed.over == needed.under and not needed.inclusive)


def threshold_or_none(text: str) -> Threshold | None:
    """Return a threshold as typed, or None for what is none."""
    try:
        return read_threshold(text)
    except NoThreshold:
        return None


def faults_of_rule(rule: OwnRule) -> tuple[str, ...]:
    """Return what forbids a rule; nothing where it can be made."""
    checks = (
        (any(counts_absent(text) for text in rule.texts), COUNTS_ABSENT),
        (threshold_or_none(rule.participation) is None, NO_PARTICIPATION),
        (threshold_or_none(rule.approval) is None, NO_APPROVAL),
        (rule.by_area and rule.voter != OWNER, AREA_WITHOUT_OWNERS),
        (rule.secret and rule.signed, SECRET_AND_SIGNED),
        (rule.secret and rule.by_area, SECRET_AND_AREA),
    )
    return tuple(code for wrong, code in checks if wrong)


@dataclass(frozen=True, slots=True)
class QuestionDraft:
    """A question as it is drafted. ``seats``: whether the ``most`` that may be marked are elected."""

    kind: str
    text: str
    note: str = ""
    options: tuple[str, ...] = ()
    most: int | None = None
    seats: bool = False
    write_in: bool = False
    proposal: bool = False

    @property
    def printed_options(self) -> tuple[str, ...]:
        """The options as printed: choose_one ends with 以上均不同意 whatever was typed, approve has none of its own."""
        if self.kind == APPROVE:
            return ()
        own = tuple(text for text in self.options if text != NONE_OF_THESE)
        return (*own, NONE_OF_THESE) if self.kind == CHOOSE_ONE else own


# Faults of a question.
FEW_OPTIONS, MANY_OPTIONS, SAME_OPTIONS, WRONG_MOST = "few_options", "many_options", "same_options", "wrong_most"


def faults_of_question(asked: QuestionDraft) -> tuple[str, ...]:
    """Return what forbids a question. Of choose_one a single option is enough: 以上均不同意 stands beside it."""
    options = asked.printed_options
    if asked.kind == APPROVE:
        return ()
    found = []
    if len(options) < 2 and not asked.write_in:
        found.append(FEW_OPTIONS)
    if len(options) > MOST_OPTIONS:
        found.append(MANY_OPTIONS)
    if len(set(options)) != len(options):
        found.append(SAME_OPTIONS)
    # With as many marks as options nothing is chosen; an election may have as many candidates as seats.
    most = len(options) if asked.seats or asked.write_in else len(options) - 1
    if asked.kind == CHOOSE_UP_TO and not (asked.most and 1 <= asked.most <= max(1, most)):
        found.append(WRONG_MOST)
    return tuple(found)
