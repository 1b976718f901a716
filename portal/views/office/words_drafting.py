"""What a refusal in drafting or announcing a ballot means, said to the person at the screen (look.md, Words)."""

from __future__ import annotations

from ballots.operations.drafting import MOST_FILES
from ballots.operations.refusals import (
    BallotRefusal,
    CertifiedBefore,
    HungLater,
    NeedsMoreThanHalf,
    NoReason,
    NoticeTooShort,
    NotLonger,
    NotReady,
    OverAlready,
    RollEmpty,
    RuleFaulty,
    RuleNotOffered,
    RuleReasonMissing,
    ShownElsewhere,
    TooManyFiles,
    TooManyQuestions,
    WrongState,
)
from ballots.rules.drafting import (
    AREA_WITHOUT_OWNERS,
    COUNTS_ABSENT,
    MOST_QUESTIONS,
    NO_APPROVAL,
    NO_PARTICIPATION,
    SECRET_AND_AREA,
    SECRET_AND_SIGNED,
)
from compounds.operations import ChangedMeanwhile
from core.templatetags.show import full_day
from portal.views.office.words import changed_meanwhile

RULE_FAULTS = {
    COUNTS_ABSENT: "这条规则把没交回的票算进去了。民法典第278条只算参加表决的人，没交回的票不能算赞成，也不能随多数。请改掉这句话。",
    NO_PARTICIPATION: "多少参加才有效，写得不对。",
    NO_APPROVAL: "多少赞成才通过，写得不对。",
    AREA_WITHOUT_OWNERS: "按面积算，只能由业主表决。住户和居民代表没有面积。",
    SECRET_AND_SIGNED: "无记名的票不能要签名。",
    SECRET_AND_AREA: "无记名的票不知道是谁的，不能按面积算。",
}


def drafting_words(problem: BallotRefusal | ChangedMeanwhile) -> str:
    """Return what a refusal says."""
    match problem:
        case ChangedMeanwhile():
            return changed_meanwhile(problem)
        case WrongState(state=state):
            return f"这次表决现在是“{state.label}”，这一步办不了。公告过的题目、规则和日期不能再改。"
        case RuleFaulty(faults=faults):
            return "".join(RULE_FAULTS[fault] for fault in faults)
        case RuleNotOffered():
            return "这条规则已经有新的一版，或不是这个小区的。请再选一次。"
        case RuleReasonMissing():
            return "用的不是建议的规则，请写明为什么；原因印在公告上。"
        case NeedsMoreThanHalf():
            return "“选一项”的题，规则要过半数赞成才行，不然两项都可能通过。请换题型，或换规则。"
        case TooManyQuestions():
            return f"一张选票最多{MOST_QUESTIONS}道题。"
        case TooManyFiles():
            return f"最多{MOST_FILES}个附件。"
    return _of_notices(problem)


def _of_notices(problem: BallotRefusal) -> str:
    match problem:
        case NotReady(count=count):
            return f"还差{count}项，不能张贴。请看下面列出的。"
        case NoticeTooShort(earliest=day):
            return f"公告贴的天数不够：今天张贴，最早{full_day(day)}才能开始发票。请改发票的日期。"
        case RollEmpty():
            return "名册上没有人。请先把房屋和产权人录好。"
        case NoReason():
            return "原因没有填。"
        case CertifiedBefore():
            return "结果公布过，现在是重新计票，不能取消。要撤销，等数完由街道或法院撤销。"
        case NotLonger(until_on=day):
            return f"现在就是{full_day(day)}截止，请填更晚的日期。"
        case OverAlready(until_on=day):
            return f"收票{full_day(day)}已经截止，不能再延长。"
        case HungLater(from_on=day):
            return f"{day.month}月{day.day}日才张贴的，照片上的日期不能更早。"
        case ShownElsewhere(place=place):
            return f"这张照片早先已经用在{place}。请另拍一张。"
    return "没有存上。"
