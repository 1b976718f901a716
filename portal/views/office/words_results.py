"""What a refusal around counting out and certifying means, said to the person at the screen."""

from __future__ import annotations

from ballots.operations.refusals import (
    BallotRefusal,
    BoxDiffers,
    CallsDrawn,
    FiguresChanged,
    HandCountUnclear,
    NoCounters,
    NotAllSettled,
    NotCertifiedYet,
    NothingToDraw,
    NothingUpheld,
    NoticeRuns,
    ObjectionsOpen,
    ObjectionUpheld,
    RollAltered,
    SamePersonTwice,
    VotingRuns,
    WrongState,
)

FAULTS = {
    "printed": "印制的张数对不上：应是{0}张，登记了{1}张。",
    "printed_too_few": "登记的印数不够：发出{0}张，只登记印了{1}张。请补登印数。",
    "box_too_full": "箱里的票比发出的多：发出{0}张，箱里{1}张。按规则这次选举无效，请取消后重新组织。",
    "box_unopened": "还没有开箱：发出{0}张，请先在“开箱”里填箱里几张。",
    "box_sheets": "箱里的票和捆里的票对不上：箱里{0}张，捆里{1}张。请在“开箱”里分捆。",
    "returned": "收回的票和捆里的票对不上：收回{0}张，捆里{1}张。",
    "to_enter": "还有票没有录完或核定：捆里{0}张，定下来的{1}张。",
    "strays": "有{1}张票的状态和经过对不上，像是有人绕过本站改过。请告诉街道。",
    "covers": "有{1}捆封面写的张数和捆里的张数不一样。",
}


def fault_words(fault: tuple[str, int, int]) -> str:
    """Return what does not add up, in one sentence."""
    key, *figures = fault
    return FAULTS[key].format(*figures)


def result_words(problem: BallotRefusal) -> str:
    """Return what a refusal says."""
    match problem:
        case WrongState(state=state):
            return f"这次表决现在是“{state.label}”，不能办这一步。可能别人刚办过，请刷新看看。"
        case VotingRuns(until_on=day):
            return f"收票到{day.month}月{day.day}日，还有票在外面。过了这一天才能停止收票。"
        case NotAllSettled(waiting=waiting):
            return f"还有{waiting}张票没有录完或核定。全部定下来以前，谁也看不到票数。"
        case BoxDiffers(faults=faults):
            return "".join(map(fault_words, faults))
        case RollAltered():
            return "名册和锁定时的校验码对不上，有人绕过本站改过名册。不能确认，请告诉街道。"
        case FiguresChanged():
            return "票数和刚才看到的、或第一个人确认的不一样了。请看清现在的数，由第一个人重新确认。"
        case NoCounters():
            return "监票、唱票、计票的人没有写。"
        case NotCertifiedYet():
            return "第一个人还没有确认，或者他确认的是上一次计票。"
        case SamePersonTwice():
            return "第一个人已经是您了，要由另一个人确认。"
        case HandCountUnclear():
            return "唱票的数和题目对不上。请刷新页面再填。"
        case CallsDrawn():
            return "回访的票已经抽过了，只抽一次。"
        case NothingToDraw():
            return "没有可以回访的票：还没有收回的票，或者是无记名的。"
        case NoticeRuns(until_on=day):
            return f"结果公示到{day.month}月{day.day}日，过了这一天没有异议才生效。"
        case ObjectionsOpen(count=count):
            return f"还有{count}份异议没有答复。答复以后才能生效。"
        case ObjectionUpheld():
            return "有异议成立。要重新计票，或者由街道撤销，不能直接生效。"
        case NothingUpheld():
            return "没有成立的异议，不重新计票。"
    return "没有存上，您填的都还在。"
