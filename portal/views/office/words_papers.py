"""What a refusal at handing papers over and taking them back means, said to the person at the screen."""

from __future__ import annotations

from ballots.operations.refusals import (
    BallotRefusal,
    EntriesStand,
    NotIntoBox,
    NotPossible,
    NotYet,
    TooFewAttempts,
    WrongState,
)


def words_of(problem: BallotRefusal) -> str:
    """Return the sentence for a refusal."""
    match problem:
        case WrongState(state=state):
            return f"这次表决现在是“{state.label}”，这一步办不了。"
        case NotYet(from_on=day):
            return f"公告写的是{day.month}月{day.day}日起发票、收票，不能更早。"
        case NotPossible(paper=paper, state=state):
            return f"{paper.entry.place}的票现在是“{paper.get_state_display()}”，不能改成“{state.label}”。"
        case EntriesStand(paper=paper):
            return f"{paper.entry.place}的票已经录过了，不能再改回没有交回。"
        case NotIntoBox():
            return "无记名的票要投进票箱：请选是哪种票箱。"
        case TooFewAttempts(made=made, needed=needed):
            return f"才去过{made}个不同的时间。换着时间去满{needed}次，再登记未能送达。"
    return "没有存上，您填的都还在。"
