"""Notices of the demo: some hang, one with a paper and its photograph, one is over, one was taken down, one is drafted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from compounds.models import Compound
from compounds.operations.notices import add_notice_files, draft_notice, post_notice, prove_notice, withdraw_notice
from core.models import User
from core.operations import store_paper
from portal.demo.books import moment
from portal.demo.pictures import notice_photograph, paper_scan

PLACE = "院门口公示栏"


@dataclass(frozen=True)
class Told:
    """A notice of a compound: so many days ago, for so many days; ``end``: hangs, taken down for a reason, or drafted."""

    compound: str
    title: str
    body: str
    ago: int
    hangs: int
    end: str = ""
    paper: str = ""
    is_draft: bool = False


NOTICES = (
    Told("槐荫里小区", "院内下水管道疏通，请各家配合",
         "下周三上午九点到十一点，师傅逐个单元疏通下水管道。请家里留人，把厨房和卫生间的地漏让开。\n有事请打社区电话。", 6, 21),
    Told("槐荫里小区", "冬季防火提醒", "楼道里不放纸箱和电动车，充电请到车棚。", 70, 30),
    Told("南路银山院", "居民会通知", "星期六上午九点在3号楼前开居民会，讲实施方案，请每户来一位。\n议题：服务内容、每月大约多少钱、怎么选自管会。",
         5, 14, paper="实施方案摘要"),
    Told("南路石桥院", "选举公告", "选举自管会委员五至九人，单数。推荐候选人到社区登记，截止本月末。", 9, 30,
         end="会期改了，另出公告"),
    Told("南里枫树院", "入户调查开始了", "社区工作人员带着证件入户，每户大约五分钟。白天家里没有人的，晚上七点以后再来。", 25, 40),
    Told("杨北榆树院", "管理公约草案征求意见", "草案贴在各单元门口，意见请告诉楼门长。", 2, 20, is_draft=True),
)  # fmt: skip


def tell(told: Told, compound: Compound, clerk: User, today: date) -> None:
    """Draft a notice, and post, prove, take it down as told."""
    first = today - timedelta(days=told.ago)
    at = moment(first, 10)
    values = {"title": told.title, "body": told.body, "from_on": first, "until_on": first + timedelta(days=told.hangs)}
    draft = draft_notice(compound, values, actor=clerk, at=at)
    if told.paper:
        scan = store_paper(paper_scan(told.paper, [compound.name, "共三页，全文在社区"]), name=f"{told.paper}.jpg")
        add_notice_files(draft, [scan], actor=clerk, at=at)
        draft.refresh_from_db()
    if told.is_draft:
        return
    notice = post_notice(draft, draft.version, actor=clerk, at=at)
    if told.paper:
        picture = notice_photograph(f"{compound.name}{told.title}", told.body.split("\n"), PLACE)
        prove_notice(notice, PLACE, first, [store_paper(picture, name="公示栏.jpg")], actor=clerk, at=moment(first, 16))
    if told.end:
        withdraw_notice(notice, told.end, actor=clerk, at=moment(first + timedelta(days=2), 9))
