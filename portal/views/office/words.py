"""What a refusal of the books means, said to the person at the screen (look.md, Words)."""

from __future__ import annotations

from datetime import date

from compounds.models import Appointment, Compound
from core.money import show_money
from fees.choices import ClosingStep
from fees.operations import (
    AlreadyIssued,
    BeforeBooks,
    BooksNotOpened,
    DoesNotAddUp,
    DraftGone,
    EarlierMonthOpen,
    FarOff,
    FormReused,
    MustChecks,
    NegativeBalance,
    NotClosed,
    NotHandedIn,
    NotPositive,
    NotReversible,
    OpinionGiven,
    PeriodClosed,
    PhotographUsed,
    ProofTooEarly,
    ReasonsMissing,
    Refusal,
    SamePerson,
    WrongAccount,
    WrongMoneyAccount,
    WrongStep,
)
from fees.permissions import HEADS
from fees.rules import next_month

NOT_REVERSIBLE = {
    "reversal": "这张本身就是红冲，不能再冲。要记回来，请重新录一张。",
    "reversed": "这张已经冲销过了。",
    "waiting": "冲销这张的红字凭证已经交出，正等复核。",
    "earlier_year": "这是以前年度的凭证，不能红冲。请用119或229科目记一张更正凭证，写明街道的文件。",
    "before": "红冲的日期不能早于原凭证的日期。",
}
STEP_NOW = {
    "": "这个月还没编制。",
    ClosingStep.PREPARED: "这个月已经编制，正等审定。",
    ClosingStep.SENT_BACK: "这个月已经退回，要重新编制。",
    ClosingStep.APPROVED: "这个月已经审定。",
    ClosingStep.WITHDRAWN: "这个月的审定已经撤回，要重新编制。",
    "later": "后面的月份已经编制或审定，这个月的审定不能再撤回。请在开着的月份里红冲更正。",
}


def closed_month(month: date, step: str) -> str:
    """Say that a month takes no vouchers any more, and what to do instead."""
    done = "已经结账" if step == ClosingStep.APPROVED else "已经编制、正在结账"
    after = next_month(month).month
    return f"{month.month}月{done}，不能再记{month.month}月的日期。请记{after}月，摘要写明是哪天的事。"


def reviewers_of(compound: Compound, on: date, but: object = None) -> str:
    """Return the names of those who may review a compound's vouchers, except one person."""
    held = Appointment.objects.active(on).covering(compound.area_code).filter(role__in=HEADS).select_related("user")
    names = dict.fromkeys(a.user.name for a in held if a.user_id != but)
    return "、".join(names)


def same_person(compound: Compound, on: date, but: object) -> str:
    """Say that another person must review, and who can."""
    names = reviewers_of(compound, on, but)
    who = f"可以复核的人：{names}。" if names else "现在没有别人可以复核，请找街道任命。"
    return f"这张凭证是您录的，要由另一个人复核。{who}"


def sentence_of(problem: Refusal) -> str:
    """Return a refusal in words."""
    match problem:
        case PeriodClosed():
            return closed_month(problem.month, problem.step)
        case FarOff():
            return f"{problem.day.year}年太远了，请看看年份。"
        case BeforeBooks():
            first = problem.first_month
            return f"账从{first.year}年{first.month}月记起，不能记更早的日期。"
        case BooksNotOpened():
            return "这个小区还没有建账。"
        case NegativeBalance():
            short = show_money(abs(problem.lowest))
            return f"记了这笔，{problem.money_account}会少{short}元。请先收款或改从别的账户付；确有原因请在说明里写明。"
        case SamePerson():
            return f"前一步是{problem.who.name}做的，这一步要由另一个人来做。"
        case NotReversible():
            return NOT_REVERSIBLE.get(problem.why, "这张不能红冲。")
        case DoesNotAddUp():
            return f"第{problem.line}行的数量乘单价不等于金额。请核对这三个数。"
        case NotPositive():
            return f"第{problem.line}行的金额要大于0，最多两位小数。"
        case WrongAccount():
            return f"第{problem.line}行的科目和金额所在的栏不相配。"
        case WrongMoneyAccount():
            return "划转要选两个不同的账户。"
        case DraftGone():
            return "这张草稿已经不在了：可能刚被删去或已经记账。"
        case NotHandedIn():
            return "这张凭证不在等复核：可能刚被退回或改动。"
        case FormReused():
            return "这张表已经存过一次，内容和这次不一样。请到草稿里改那一张，或重新录一张。"
        case WrongStep():
            return STEP_NOW.get(problem.step, "这个月的状态已经变了，请看最新的。")
        case EarlierMonthOpen():
            return f"{problem.month.year}年{problem.month.month}月还没结账，要按月份的先后来。"
        case MustChecks():
            return "有不能带着结账的事：" + "；".join(f"{c.label}{c.count}件" for c in problem.checks) + "。"
        case ReasonsMissing():
            return "还有没说明的事：" + "；".join(c.label for c in problem.checks) + "。"
        case AlreadyIssued():
            return "这个月的收支公示已经贴出，不能再撤回，也不能再写意见。有错请在开着的月份里红冲更正。"
        case OpinionGiven():
            return "您对这一次编制已经签过了。退回重新编制以后，可以再签。"
        case ProofTooEarly():
            day = problem.posted_on
            return f"这张表是{day.month}月{day.day}日做好的，不会更早贴出。请看看日期。"
        case PhotographUsed():
            proof = problem.proof
            shown = f"{proof.ledger.compound.name}{proof.ledger.code}的公示，贴在{proof.place}"
            return f"这张照片已经用过：{shown}。每一处、每一期都要另拍。"
        case NotClosed():
            return f"{problem.month.year}年{problem.month.month}月还没审定，不能张贴。"
    return "没有存上，您填的都还在。请再看一遍。"
