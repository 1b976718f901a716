"""What a refusal of the books means, said to the person at the screen (look.md, Words)."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from compounds.models import Appointment, Compound
from compounds.operations import CashierAndBookkeeper, ChangedMeanwhile, CompoundExists
from compounds.operations.refusals import AlreadyThere
from compounds.rules import NoCodeLeft
from core.models import User
from core.money import show_money
from fees.choices import ClosingStep, DecidedBy, Direction
from fees.documents import takings_not_banked
from fees.models import Draft
from fees.operations import (
    AccountDraftsWait,
    AccountEnded,
    AccountHoldsMoney,
    AccountKnown,
    AlreadyIssued,
    AlreadyNoted,
    AlreadyRetired,
    BeforeBooks,
    BeforeLine,
    BooksChanged,
    BooksNotOpened,
    CorrectionRefused,
    DecisionMissing,
    DoesNotAddUp,
    DoesNotFit,
    DraftGone,
    EarlierMonthOpen,
    FarOff,
    FormReused,
    MonthApproved,
    MonthNotOver,
    MustChecks,
    NegativeBalance,
    NotClosed,
    NotCorrectable,
    NotHandedIn,
    NotPositive,
    NotReversible,
    OpinionGiven,
    PaperGone,
    PaperMissing,
    PeriodClosed,
    PhotographUsed,
    PostedAlready,
    ProofTooEarly,
    ReasonsMissing,
    Refusal,
    SamePerson,
    SettlesTooMuch,
    SlipMissing,
    TooManyPapers,
    WitnessIsCounter,
    WrongAccount,
    WrongMoneyAccount,
    WrongStep,
)
from fees.permissions import HEADS
from fees.rules import next_month
from portal.documents import is_own

NOT_REVERSIBLE = {
    "reversal": "这张本身就是红冲，不能再冲。要记回来，请重新录一张。",
    "reversed": "这张已经冲销过了。",
    "waiting": "冲销这张的红字凭证已经交出，正等复核。",
    "earlier_year": "红冲的日期要和原凭证在同一年。那一年都结账了的，请用119或229科目记一张更正凭证，写明街道的文件。",
    "corrected": "这张凭证以后的年度已经更正过，不能再红冲。",
    "before": "红冲的日期不能早于原凭证的日期。",
    "too_much": "冲的金额超过了这张凭证还剩下的金额。请看看已经冲过多少。",
}
NOT_CORRECTABLE = {
    "same_year": "这是本年度的凭证，请用红冲更正。",
    "open_year": "原凭证那一年的12月还没编制，请在那一年里红冲更正。",
    "before": "更正的日期不能早于原凭证的年度。",
    "kind": "划转和代管的凭证不用更正科目：记反方向的划转或代管就可以。",
    "reversal": "这张本身就是红冲。请更正它冲销的那一张。",
    "too_much": "更正的金额超过了原凭证还剩下的金额。请看看已经更正过多少。",
}
# What an account asks for, in words, and the field of the voucher form in which it is missing.
NEEDS = {
    "decision": ("要有决议。请填决议号；还没有决议，先存草稿。", "decision"),
    "document": ("要有文件。请在决议号一栏填文件号；还没有文件，先存草稿。", "decision"),
    "bank slip": ("要附银行回单。票据种类选银行回单，附上照片或扫描件；还没拿到，先存草稿。", "file"),
    "original": ("要说明退的是哪笔钱。请填原凭证号，或附上原来的收据。", "decision"),
}
MAJOR_REPAIR = "222"
NOT_CORRECTED = {
    "nothing": "没有要更正的。请先写出哪一号凭证、错在哪里。",
    "changed": "更正的内容刚被改过。请再看一遍。",
    "replaced": "这一版已被更正版代替。请对现在这一版写更正。",
    "outside": "这一号凭证不在这份公示里。",
    "line": "这张凭证没有这一行。",
    "words": "写的和公示上一样，没有改动。",
    "booked": "更正要记在同一本账、这份公示以后的月份。",
    "twice": "这一号凭证已经写过更正。要改，请先删去那一条。",
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


def reviewers_of(compound: Compound, on: date, draft: Draft) -> str:
    """Return the names of those who may review a draft: neither who typed it nor for whom it was typed."""
    held = Appointment.objects.active(on).covering(compound.area_code).filter(role__in=HEADS).select_related("user")
    return "、".join(dict.fromkeys(a.user.name for a in held if not is_own(draft, a.user)))


def same_person(compound: Compound, on: date, draft: Draft, reviewer: User) -> str:
    """Say that another person must review, and who can."""
    names = reviewers_of(compound, on, draft)
    who = f"可以复核的人：{names}。" if names else "现在没有别人可以复核，请找街道任命。"
    whose = "是您录的" if draft.entered_by_id == reviewer.pk else "是替您录的"
    return f"这张凭证{whose}，要由另一个人复核。{who}"


def field_of(problem: Refusal) -> str | None:
    """Return the field of the voucher form at which a refusal stands, or None for the whole of it."""
    match problem:
        case DecisionMissing():
            return "decision"
        case PaperMissing():
            return NEEDS[problem.needs][1]
        case SlipMissing():
            return "file"
        case PeriodClosed() | BeforeBooks() | FarOff():
            return "on"
        case NegativeBalance():
            return "reason"
    return None


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
        case CorrectionRefused():
            return NOT_CORRECTED[problem.why]
        case SamePerson():
            return f"前一步是{problem.who.name}做的，这一步要由另一个人来做。"
        case DecisionMissing():
            amount, limit = show_money(problem.amount), show_money(problem.limit)
            if problem.decided_by == DecidedBy.MEETING:
                return f"这笔{amount}元超过主任能批的{limit}元，要由自管会会议决定。请填决议号；还没有决议，先存草稿。"
            return f"这笔{amount}元超过自管会会议能决定的{limit}元，要由居民决定。请填决议号；还没有决议，先存草稿。"
        case PaperMissing():
            if problem.account.code == MAJOR_REPAIR:
                return f"{problem.account}不能当日常开支记，要由居民决定、动用维修资金。请填决议号。"
            return f"{problem.account}{NEEDS[problem.needs][0]}"
        case SlipMissing():
            return f"这张是代{problem.entered_for}录入的，要附他签了名的代录单。票据种类选代录单，附上照片或扫描件。"
        case PostedAlready():
            return f"这张表已经存过一次，并且记了账：第{problem.voucher.number}号凭证。"
        case NotCorrectable():
            return NOT_CORRECTABLE.get(problem.why, "这张不能更正。")
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
        case AccountEnded():
            return f"{problem.money_account.label}已经停用，不能记停用以后的账。请换一个账户。"
        case AccountKnown():
            return "已经有这个户名、尾号的账户了。请看看是不是同一个。"
        case AccountHoldsMoney():
            return f"账户里还有{show_money(problem.balance)}元。请先划走，或写明原因再停用。"
        case AccountDraftsWait():
            return "还有这个账户的草稿没有记账。请先复核记账或删去，再停用。"
        case DoesNotFit():
            return f"两边差{show_money(problem.difference)}元，没有说明。"
        case MonthApproved():
            return "这个月已经审定，对账和盘点不能再改。"
        case MonthNotOver():
            return "还没到日子，过完才能办。"
        case BooksChanged():
            return "您看着的时候，账上或对账单有了变化。请再看一遍勾选。"
        case WitnessIsCounter():
            return "监盘人要是另一个人，不能就是盘点人。"
        case DraftGone():
            return "这张草稿已经不在了：可能刚被删去或已经记账。"
        case PaperGone():
            return "这张票据已经不在这里了：可能刚被拿掉或改过。"
        case TooManyPapers():
            return f"一张凭证最多附{problem.most}张票据。"
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
        case AlreadyNoted():
            return "刚才已经记过一条一模一样的，没有再记。"
        case AlreadyRetired():
            return "这项资产已经处置，不能再改。"
        case BeforeLine():
            return f"它是{problem.on.year}年{problem.on.month}月{problem.on.day}日的，不能填更早的日期。"
        case SettlesTooMuch():
            return f"这条只剩{show_money(problem.left)}元，不能销得比它多。"
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


def paid_from_takings(draft: Draft) -> str:
    """Warn where a draft pays cash while takings were not brought to the bank (坐支); nothing where all is well."""
    pays = draft.direction in (Direction.EXPENSE, Direction.HELD_OUT) and draft.reverses_id is None
    found = takings_not_banked(draft.money_account, draft.on) if pays else None
    if found is None:
        return ""
    amount, since = found
    return (
        f"{since.month}月{since.day}日起收的现金{show_money(amount)}元还没存银行，又从现金里付，这是坐支。"
        "请先存银行再付；确有原因请写明。"
    )


def move_refused(problem: Exception, community: str) -> str:
    """Return why a compound cannot go to a community."""
    match problem:
        case AlreadyThere():
            return f"这个小区已经在{community}了。"
        case CompoundExists():
            return f"{community}已经有同名的小区，编号{problem.compound.code}。请先给其中一个改名。"
        case NoCodeLeft():
            return f"{community}已经有过99个小区，编号用完了。"
        case CashierAndBookkeeper():
            other = problem.other
            return (
                f"{other.user.name}是{community}那边的{other.get_role_display()}。划过去以后，出纳和记账员会是同一个人。"
                "请先结束其中一项任职。"
            )
        case AccountKnown():
            return "上一级已经有同户名、同尾号的共用账户。请先看看是不是同一个。"
    return "没有办成。请重新打开这一页再办。"


def changed_meanwhile(problem: ChangedMeanwhile) -> str:
    """Return who saved the thing in between, when and what, for the one who comes second; what was typed is kept."""
    entry = problem.entry
    if entry is None:
        return "打开这一页以后，别人改过了。您填的还在，核对以后再存一次。"
    when = timezone.localtime(entry.at)
    return (
        f"打开这一页以后，{entry.actor_name}在{when.month}月{when.day}日{when:%H:%M}存过一次（{entry.summary}）。"
        "您填的还在，核对以后再存一次。"
    )
