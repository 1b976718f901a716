"""What a refusal at entering papers means, said to the person at the screen (look.md, Words)."""

from __future__ import annotations

from ballots.choices import BallotState, PaperState
from ballots.operations.refusals import (
    AlreadySettled,
    BallotRefusal,
    CoverDiffers,
    EnteredTwice,
    EntryChanged,
    NamedAlready,
    NoSheet,
    NotClerk,
    NothingToSettle,
    SamePersonTwice,
    WrongState,
)
from core.codes import ALPHABET, LENGTH, check_character, show_code

_NOT_ENTERED = {
    PaperState.LATE: "这张票是逾期交回的，留着，不计入，也不录。",
    PaperState.SPOILT: "这张票已经换过，是损票，不录。请录换出来的那一张。",
    PaperState.REFUSED: "这张票登记的是拒收，不录。",
    PaperState.UNDELIVERABLE: "这张票登记的是未能送达，不录。",
}
ROUNDS = {1: "第一遍", 2: "第二遍"}


def entering_words(problem: BallotRefusal) -> str:
    """Return the sentence for a refusal at entering, settling, or naming who enters."""
    match problem:
        case WrongState(state=BallotState.ISSUING):
            return "还在发票收票，没有开始计票，现在不能录。"
        case WrongState():
            return "计票已经结束，不能再录，也不能再改。"
        case NoSheet():
            return not_entered(problem.state)
        case SamePersonTwice():
            return "这张票您录过了。两遍要由两个人录，核定要由第三个人。"
        case EnteredTwice(round=0):
            return "这张票两遍都录完了。"
        case EnteredTwice():
            return f"这张票的{ROUNDS.get(problem.round, '这一遍')}已经有人录过，不能再录一次。"
        case EntryChanged():
            return "这张票您在别的窗口改过了。下面是现在存着的，请核对。"
        case AlreadySettled():
            return "这张票第三个人已经核定，不能再改。"
        case NothingToSettle():
            return "这张票现在没有要核定的：两遍一样，或者还没有录完。"
        case CoverDiffers():
            return f"对不上：这一捆有{problem.counted}张。请把票再数一遍，再看封面。"
        case NotClerk():
            return "这个账号不能录票：停用了，或者不是人用的账号。"
        case NamedAlready():
            return "这个人已经在录这次表决的票。要换日期，先停止，再指定一次。"
    return "没有存上，您填的都还在。请再看一遍。"


def not_entered(state: str) -> str:
    """Say why a paper in this state has no sheet to enter; "" is a paper of another ballot."""
    if not state:
        return "这张票不是这次表决的。请看票上印的是哪一次。"
    return _NOT_ENTERED.get(PaperState(state), "这张票还没有登记交回。请先办收票，再录。")


def unknown_serial(typed: str) -> str:
    """Say that there is no such serial, and where it does not fit (look.md, unknown serial)."""
    plain = "".join(typed.upper().replace("-", "").split())
    shown = show_code(plain) if len(plain) == LENGTH else typed.strip()
    if len(plain) != LENGTH:
        return f"没有{shown}这个票号。票号是{LENGTH}位，请再看一遍。"
    if any(character not in ALPHABET for character in plain):
        return f"没有{shown}这个票号。票号里只有数字和字母，请再看一遍票号。"
    if check_character(plain[:-1]) != plain[-1]:
        return f"没有{shown}这个票号。最后一位对不上，请再看一遍票号。"
    return f"没有{shown}这个票号。请再看一遍票号。"
