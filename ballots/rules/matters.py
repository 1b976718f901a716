"""What a ballot may be about, and which rule the law gives for it."""

from __future__ import annotations

from dataclasses import dataclass

ORDINARY, SPECIAL, MEETING, ELECTION = "owners_ordinary", "owners_special", "household_meeting", "committee_election"
REPRESENTATIVES = "representatives"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The rule that a matter proposes, by its key, and the source that says so."""

    rule: str
    source: str


# Parking on common ground, advertising and lockers are special matters: CC 278(8).
PROPOSALS = {
    "service_mode": Proposal(ORDINARY, "民法典第278条第1款第(四)(九)项；北京市物业管理条例第34条"),
    "provider": Proposal(ORDINARY, "民法典第278条第1款第(四)项；北京市物业管理条例第34条"),
    "charter": Proposal(ORDINARY, "民法典第278条第1款第(一)(二)项；北京市物业管理条例第34条"),
    "fund_use": Proposal(ORDINARY, "民法典第278条第1款第(五)项"),
    "fund_raise": Proposal(SPECIAL, "民法典第278条第1款第(六)项"),
    "rebuild": Proposal(SPECIAL, "民法典第278条第1款第(七)项"),
    "parking": Proposal(SPECIAL, "民法典第278条第1款第(八)项、第275条"),
    "common_use": Proposal(SPECIAL, "民法典第278条第1款第(八)项"),
    "compact": Proposal(MEETING, "城市居民委员会组织法第9、15、16条"),
    "committee": Proposal(ELECTION, "知识问答Q4⑤；参照城市居民委员会组织法第8、9条"),
    "other": Proposal(ORDINARY, "民法典第278条第1款第(九)项"),
}


def proposed_rule(matter: str) -> Proposal:
    """Return the rule that a matter proposes; another one needs a reason that is printed.

    Source: domain.md, Ballots (Who decides); 民法典 278.
    """
    return PROPOSALS[matter]
