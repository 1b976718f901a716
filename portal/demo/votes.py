"""What the demo's compounds vote on: the questions, where each ballot stands, and how people lean."""

from __future__ import annotations

from dataclasses import dataclass

from ballots.choices import BallotState, Matter, QuestionKind
from ballots.rules.drafting import QuestionDraft

APPROVE, ONE, SOME = QuestionKind.APPROVE, QuestionKind.CHOOSE_ONE, QuestionKind.CHOOSE_UP_TO


@dataclass(frozen=True)
class Vote:
    """A ballot of a compound, how far it is, and what comes of it.

    ``ago``: announced so many days before today, or before step ⑦ was confirmed where ``at_step_7``. ``lasts``: how many
    days papers are taken. ``back``: the share of papers that come back. ``leans``, by question: how often each answer is
    given, in the order of the paper, 弃权 and nothing marked last; where several may be marked, each option's chance.
    """

    compound: str
    title: str
    matter: Matter
    intro: str
    questions: tuple[QuestionDraft, ...]
    state: BallotState
    leans: tuple[tuple[float, ...], ...] = ()
    ago: int = 0
    lasts: int = 14
    back: float = 0.87
    at_step_7: bool = False


VOTES = (
    Vote(
        "槐荫里小区", "服务模式和收费标准", Matter.SERVICE_MODE,
        "居民会讲过实施方案以后，请全体业主决定小区由谁服务、做哪些事、每户每月交多少钱。方案和初步测算表贴在东门公示栏。",
        (
            QuestionDraft(APPROVE, "是否同意本小区实行“准物业”服务模式？",
                          "由自管会组织，保洁、秩序、绿化、维修四类分别找单位做，账目每月公示。", proposal=True),
            QuestionDraft(ONE, "每户每月交多少钱？", "三个标准对应三张测算表，差别在保洁和夜间巡逻的次数。",
                          ("每户每月25元", "每户每月30元", "每户每月35元")),
            QuestionDraft(SOME, "第一年先办哪几件事？", "最多选三件，票多的先办。",
                          ("疏通下水管道", "更换单元门门禁", "建电动自行车充电棚", "增加夜间巡逻", "添长椅和晾衣架"), most=3),
        ),
        BallotState.FINAL, ((0.80, 0.13, 0.05, 0.02), (0.22, 0.58, 0.08, 0.07, 0.04, 0.01), (0.72, 0.55, 0.6, 0.35, 0.25)),
        ago=52, at_step_7=True,
    ),
    Vote(
        "铁建六处宿舍", "服务模式和收费标准", Matter.SERVICE_MODE,
        "请全体业主决定服务模式和收费标准。初步测算表贴在各单元门口，社区有全文。",
        (
            QuestionDraft(APPROVE, "是否同意本小区实行“准物业”服务模式？", "由自管会组织，产权单位补贴一部分。"),
            QuestionDraft(ONE, "每户每月交多少钱？", "", ("每户每月20元", "每户每月28元")),
        ),
        BallotState.CERTIFIED, ((0.7, 0.2, 0.08, 0.02), (0.62, 0.2, 0.1, 0.06, 0.02)), ago=41, lasts=17, back=0.81,
    ),
    Vote(
        "南里甲院", "续聘服务单位", Matter.PROVIDER,
        "和顺里物业的合同年底到期。请全体业主决定是不是续聘，服务内容要不要加。",
        (
            QuestionDraft(APPROVE, "是否同意续聘和顺里物业一年？", "价格不变，合同文本贴在院门口公示栏。"),
            QuestionDraft(SOME, "新合同里加哪几项？", "最多选两项。", ("楼道每周拖两次", "代收快递", "夜间巡逻加一班"), most=2),
        ),
        BallotState.COUNTING, ((0.66, 0.24, 0.08, 0.02), (0.6, 0.25, 0.4)), ago=38, lasts=16, back=0.76,
    ),
    Vote(
        "杨北榆树院", "管理公约和议事规则", Matter.CHARTER,
        "公约和规则的草案征求过两次意见，这次请全体业主表决。全文贴在各单元门口，社区有纸质文本。",
        (
            QuestionDraft(APPROVE, "是否同意《管理公约》？", "共六章三十一条。"),
            QuestionDraft(APPROVE, "是否同意《自管会议事规则》？", ""),
        ),
        BallotState.ISSUING, ago=24, lasts=16, back=0.67,
    ),
    Vote(
        "南里枫树院", "院内建电动自行车充电棚", Matter.COMMON_USE,
        "东墙下的空地建一处充电棚，20个充电口，由充电公司投资，每年交给小区场地费。位置图贴在1号楼门口。",
        (
            QuestionDraft(APPROVE, "是否同意在东墙下建充电棚？", "占地约30平方米，不占消防通道。"),
            QuestionDraft(ONE, "场地费怎么用？", "", ("补楼道灯和门禁的维修", "存入小区公共收益，年底再定")),
        ),
        BallotState.ANNOUNCED, ago=16,
    ),
    Vote(
        "南路石桥院", "选举第一届自管会", Matter.COMMITTEE,
        "推荐出七位候选人，选五位。每户派一位代表，无记名投票。",
        (
            QuestionDraft(SOME, "请从下面的候选人里选五位以内。", "候选人按姓氏笔画排列。",
                          ("王桂芳", "刘建民", "李秀英", "陈德胜", "赵淑琴", "徐国强", "高凤英"), most=5, seats=True, write_in=True),
        ),
        BallotState.DRAFT,
    ),
)  # fmt: skip
