"""What a refusal of the ballots means, said to the person at the screen (look.md, Words)."""

from __future__ import annotations

from ballots.choices import PaperState
from ballots.operations.refusals import (
    BallotRefusal,
    BoxNotOpened,
    BoxNotTooFull,
    BoxTooFull,
    BundlesDiffer,
    BundlesEntered,
    EndsBeforeStart,
    EntrySplit,
    NamedTwice,
    NoReason,
    NothingToPrint,
    NothingToTransfer,
    NoticeStillRuns,
    NotPossible,
    NotSecret,
    ObjectionsOpen,
    PaperChanged,
    RollChanged,
    RollEmpty,
    SecretBallot,
    VoteCast,
    WrongState,
)
from compounds.operations.objections import AnsweredAlready, AnswerTooEarly, ObjectionRefusal


def ballot_words(problem: BallotRefusal | ObjectionRefusal) -> str:
    """Return what a refusal says."""
    match problem:
        case WrongState(state=state):
            return f"这次表决现在是“{state.label}”，这一步办不了。"
        case AnsweredAlready():
            return "这条异议已经答复过了。"
        case AnswerTooEarly(received_on=day):
            return f"异议是{day.month}月{day.day}日收到的，答复不能更早。"
    return _of_roll(problem)


def _of_roll(problem: Exception) -> str:
    match problem:
        case NoticeStillRuns(from_on=day):
            return f"公告还没有贴满天数，{day.month}月{day.day}日起才能锁定名册。"
        case ObjectionsOpen(count=count):
            return f"还有{count}条对名册的异议没有答复。先答复，或写明为什么现在就锁定。"
        case RollEmpty():
            return "名册上没有人，不能锁定。"
        case RollChanged(heads=heads):
            return f"刚才有人改了房屋资料，名册现在是{heads}票。请再看一遍，再锁定。"
        case VoteCast():
            return "这一票已经交回，照算，不再换人。"
        case NothingToTransfer():
            return "房屋资料里还是同一个人。先在房屋页办产权过户，再来换人。"
        case EntrySplit():
            return "这一票有好几套房屋，现在分属几个人。名册锁定了不能再拆，这一票仍由原来的人投。"
    return _of_papers(problem)


def _of_papers(problem: Exception) -> str:
    match problem:
        case NoReason():
            return "原因没有填。"
        case NothingToPrint():
            return "每一票都印过了。文件在“后台任务”里，还能再下载。"
        case PaperChanged(paper=paper):
            return f"刚才有人登记了这张票，它现在是“{paper.get_state_display()}”。请再看一遍，再换。"
        case NotPossible(paper=paper, state=state):
            return f"这张票现在是“{PaperState(paper.state).label}”，不能改成“{state.label}”。"
        case SecretBallot():
            return "无记名的票不写是谁的，不能单印哪一户的。"
        case NamedTwice():
            return "这个小组已经有同名的代表在任。"
        case EndsBeforeStart(from_on=day):
            return f"{day.year}年{day.month}月{day.day}日才推选的，不能更早卸任。"
    return _of_boxes(problem)


def _of_boxes(problem: Exception) -> str:
    match problem:
        case BoxTooFull(issued=issued, found=found):
            return f"箱里{found}张，比发出的{issued}张多{found - issued}张，整次投票无效，不能分捆。"
        case BoxNotTooFull():
            return "箱里的票没有比发出的多，这次投票有效。"
        case BundlesDiffer(found=found, laid=laid):
            return f"箱里{found}张，各捆加起来{laid}张。要正好一样，每捆1到50张。"
        case BundlesEntered():
            return "已经有人录票了，开箱的数和捆不能再改。"
        case BoxNotOpened():
            return "还没有填箱里几张票。"
        case NotSecret():
            return "这次表决不是无记名的，票不用开箱分捆。"
    return "没有存上。"
