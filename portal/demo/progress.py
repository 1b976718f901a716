"""How the demo's compounds came to where they stand: facts, papers, plans and confirmations, step by step."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from compounds.choices import FacilityState, ProgrammeLine, ResourceKind, StageAct
from compounds.models import (
    CHAIN,
    Compound,
    Facility,
    PublicResource,
    Stage,
    StageDocument,
    StagePaper,
    StagePlan,
    StageRecord,
)
from compounds.operations.places import add_photograph
from compounds.operations.steps import comment_step, confirm_step, reopen_step, send_back_step
from core.choices import EvidenceKind
from core.models import Attachment, User
from core.operations import add_attachment, record, store_paper
from portal.demo.answers import survey_draft, survey_run
from portal.demo.books import moment
from portal.demo.pictures import compound_photograph, paper_scan
from portal.demo.places import Shape
from portal.stages import IN_OPERATION, judge_one, step_numbered

GOOD, WORN, MISSING = FacilityState.GOOD, FacilityState.WORN, FacilityState.MISSING
# Line, name, quantity, how often it is good, worn or missing.
FACILITIES = (
    (ProgrammeLine.SECURITY, "大门和门岗", "1处", (3, 3, 2)),
    (ProgrammeLine.SECURITY, "单元门禁", "每单元1套", (2, 4, 3)),
    (ProgrammeLine.SECURITY, "监控探头", "6个", (3, 2, 3)),
    (ProgrammeLine.GREENING, "绿地和树", "约800平方米", (3, 4, 0)),
    (ProgrammeLine.GREENING, "垃圾分类站", "2处", (5, 2, 1)),
    (ProgrammeLine.REPAIR, "院内路灯", "12盏", (3, 4, 1)),
    (ProgrammeLine.REPAIR, "上下水管道", "全院", (1, 6, 0)),
    (ProgrammeLine.REPAIR, "楼道灯和楼道窗", "每层1盏", (3, 5, 0)),
    (ProgrammeLine.PARKING, "地面车位", "40个", (3, 3, 0)),
    (ProgrammeLine.PARKING, "电动自行车棚", "1处", (2, 3, 4)),
    (ProgrammeLine.PARKING, "电动车充电口", "10个", (2, 1, 5)),
)  # fmt: skip
NOTES = {WORN: "能用，需要修", MISSING: "没有，居民反映多", GOOD: ""}
# Kind, name, quantity, who uses it, yuan a year.
RESOURCES = (
    (ResourceKind.PARKING, "地面停车位", "40个", "", Decimal(36000)),
    (ResourceKind.LOCKER, "快递柜", "2组", "快递公司", Decimal(4800)),
    (ResourceKind.ADVERTISING, "单元门广告框", "16块", "没有人用", Decimal(3200)),
    (ResourceKind.ROOM, "自行车棚旁平房", "2间", "社区居委会", None),
)  # fmt: skip
ATTESTS = {
    step.number: tuple(r for r in step.requirements if r.later) for step in map(step_numbered, range(1, IN_OPERATION))
}
SAID = (
    "包片人员已到现场看过，缺的材料本周补齐。",
    "居民问得最多的是停车和充电，方案里要写清楚。",
    "产权单位答应派人来，时间再约。",
)
HURDLES = {
    1: "产权单位电话没人接，已请街道帮助联系。",
    2: "白天家里没人的多，改在晚上七点以后入户。",
    3: "物业服务内容写得太粗，请按四类分开写。",
    4: "居民会改到周六上午，通知要提前七天贴。",
    5: "候选人只有四位，还要再动员。",
    6: "管理公约第三条居民意见不一，再开一次楼门长会。",
    7: "两家物业公司的报价差得多，请算清再表决。",
    8: "产权单位那一点还没有盖章。",
}
WHY_BACK = "产权单位清单里少一家的联系人，请补上再报。"
WHY_AGAIN = "公示后有居民提出停车位数目不对，重新核对。"
WHY_STILL = "会场照片的手机丢了，签到和纪要都在，街道同意先往下走。"


@dataclass
class Course:
    """The way of one compound through the steps, up to where its shape says it stands."""

    compound: Compound
    shape: Shape
    chain: tuple[User, User, User, User]
    began: date
    today: date

    @cached_property
    def chance(self) -> random.Random:
        return random.Random(f"course{self.shape.name}")

    @property
    def clerk(self) -> User:
        return self.chain[0]

    def run(self, days: Sequence[date]) -> None:
        """Let everything happen; ``days``: when each confirmed step was confirmed, in order."""
        stand = self.shape.stand
        self.days = [self.began, *days]
        self._photographs()
        self._plan()
        for number in range(1, min(stand.step, IN_OPERATION - 1) + 1):
            done = number < stand.step
            self._facts(number, done)
            self._papers(number, done)
            if done:
                self._confirm(number, CHAIN, self.days[number], WHY_STILL if number == stand.overridden else "")
        if stand.step < IN_OPERATION:
            self._stand_there()

    # --- What a step is about ---

    def _facts(self, number: int, done: bool) -> None:
        far = done or self.shape.stand.far != "begun"
        since, until = self.days[number - 1], self.days[number] if done else self.today
        if number == 2:
            self._survey(since, until, far)
            if far or self.shape.stand.days > 20:
                self._things(until, whole=far)

    def _survey(self, since: date, until: date, far: bool) -> None:
        if not far and (until - since).days < 20:
            survey_draft(self.compound, f"{since.year}年", since + timedelta(days=3), clerk=self.clerk)
            return
        opened = since + timedelta(days=5)
        share = self.chance.uniform(0.62, 0.94) if far else 0.5
        ends = opened + (until - opened) * 7 // 10 if far else until - timedelta(days=1)
        survey_run(self.compound, self.shape, opened, ends, clerk=self.clerk, share=share, close=far)

    def _things(self, on: date, whole: bool) -> None:
        """List facilities and public resources; those who have only begun miss what stands last in the list."""
        listed = [
            f for f in FACILITIES if self.shape.parking or f[0] != ProgrammeLine.PARKING or f[1] == "电动车充电口"
        ]
        made = []
        for line, name, quantity, often in listed if whole else listed[:6]:
            state = self.chance.choices((GOOD, WORN, MISSING), often)[0]
            made.append(
                Facility(compound=self.compound, line=line, name=name, quantity="" if state == MISSING else quantity,
                         state=state, note=NOTES[state])
            )  # fmt: skip
        Facility.objects.bulk_create(made)
        resources = [
            PublicResource(compound=self.compound, kind=kind, name=name, quantity=quantity, user=user, yearly=yearly)
            for kind, name, quantity, user, yearly in RESOURCES
            if whole and (self.shape.parking or kind == ResourceKind.ROOM)
        ]
        PublicResource.objects.bulk_create(resources)
        record("place.list", f"登记设施{len(made)}项，公共资源{len(resources)}项", actor=self.clerk, at=moment(on, 10),
               area_code=self.compound.area_code, subject=self.compound)  # fmt: skip

    def _photographs(self) -> None:
        on = self.began + timedelta(days=2)
        captions = ("院子和楼", "主楼") if self.shape.households > 120 else ("院子",)
        for number, caption in enumerate(captions):
            picture = compound_photograph(
                self.shape.name, number, self.shape.floors, courtyard=0 in self.shape.entrances
            )
            kept = add_attachment(picture, name=f"{caption}.jpg", kind=EvidenceKind.PHOTO, number="",
                                  area_code=self.compound.area_code, actor=self.clerk, at=moment(on, 14))  # fmt: skip
            add_photograph(self.compound, kept, caption, on, True, actor=self.clerk, at=moment(on, 14))

    # --- Papers ---

    @cached_property
    def wanted(self) -> dict[int, list[StagePaper]]:
        found: dict[int, list[StagePaper]] = {}
        for paper in StagePaper.objects.order_by("stage", "pk"):
            found.setdefault(paper.stage_id, []).append(paper)
        return found

    def _papers(self, number: int, done: bool) -> None:
        """Hang a step's papers at one go: all where it is done, some where it has begun, none where it was just reached."""
        stand = self.shape.stand
        wanted = self.wanted[number]
        attests = ATTESTS[number]
        if not done and stand.far == "begun":
            wanted, attests = wanted[: len(wanted) * min(stand.days, 60) // 90], ()
        if stand.overridden == number:
            wanted = wanted[:-1]
        titles = [(paper.name, paper, "") for paper in wanted] + [(each.words, None, each.key) for each in attests]
        since, until = self.days[number - 1], self.days[number] - timedelta(days=7) if done else self.today
        whole = max((until - since).days - 1, 1)
        rows = []
        for place, (title, paper, attested) in enumerate(titles, start=1):
            on = min(since + timedelta(days=max(whole * place // (len(titles) + 1), 1)), self.today)
            scan = paper_scan(
                title[:18], [self.compound.name, f"{on.year}年{on.month}月{on.day}日", f"第{number}步材料"]
            )
            kept = store_paper(scan, name=f"{title[:20]}.jpg")
            attachment = Attachment(
                kind=EvidenceKind.STAGE_PAPER, name=kept.name, content_type=kept.content_type, size=kept.size,
                sha256=kept.sha256, area_code=self.compound.area_code, added_by=self.clerk, added_at=moment(on, 15),
            )  # fmt: skip
            rows.append(
                StageDocument(compound=self.compound, stage_id=number, paper=paper, attests=attested, title=title,
                              on=on, attachment=attachment, added_by=self.clerk, added_at=moment(on, 15))
            )  # fmt: skip
        if not rows:
            return
        Attachment.objects.bulk_create(row.attachment for row in rows)
        StageDocument.objects.bulk_create(rows)
        record("step.paper", f"第{number}步加材料：{rows[-1].title}等{len(rows)}份", actor=self.clerk,
               at=rows[-1].added_at, area_code=self.compound.area_code, subject=rows[-1], data={"step": number})  # fmt: skip

    # --- The chain ---

    def _confirm(self, number: int, acts: Sequence[StageAct], last: date, reason: str = "") -> None:
        """Let acts of the chain happen, two days apart, the last of them on a day."""
        lacking = tuple(v.missing for v in judge_one(number, self.compound, self.today) if not v.is_met)
        seen = StageRecord.objects.filter(compound=self.compound, stage=number).count()
        for place, act in enumerate(acts):
            on = max(last - timedelta(days=2 * (len(acts) - 1 - place)), self.days[number - 1])
            confirm_step(
                self.compound, number, act, seen + place, missing=lambda compound, step: lacking,
                actor=self.chain[CHAIN.index(act)], at=moment(on, 9 + 2 * CHAIN.index(act)), reason=reason if lacking else "",
            )  # fmt: skip

    def _stand_there(self) -> None:
        """Bring the present step as far as it is."""
        stand = self.shape.stand
        far, number = stand.far, stand.step
        clerk, _, staff, deputy = self.chain
        if far in CHAIN:
            acts = CHAIN[: CHAIN.index(StageAct(far)) + 1]
            self._confirm(number, acts, self.today - timedelta(days=1))
        elif far == "sent_back":
            self._confirm(number, CHAIN[:2], self.today - timedelta(days=5))
            at = moment(self.today - timedelta(days=3), 15)
            send_back_step(self.compound, number, 2, WHY_BACK, actor=staff, at=at)
        elif far == "reopened":
            self._confirm(number, CHAIN, self.today - timedelta(days=2))
            at = moment(self.today - timedelta(days=1), 16)
            reopen_step(self.compound, number, 4, WHY_AGAIN, actor=deputy, at=at)
        if stand.days > 8:
            on = self.today - timedelta(days=stand.days // 2)
            comment_step(self.compound, number, HURDLES[number], actor=staff, at=moment(on, 11))
            comment_step(self.compound, number, self.chance.choice(SAID), actor=clerk, at=moment(on, 16))

    def _plan(self) -> None:
        """Plan all steps: those done as they went, the present one until it is late or not, the rest after it."""
        stand = self.shape.stand
        weeks = {stage.number: stage.weeks_to or 1 for stage in Stage.objects.all()}
        plans, start = [], self.today
        for number in range(1, IN_OPERATION):
            if number < len(self.days):
                start, ends = self.days[number - 1], self.days[number]
            elif number == stand.step:
                start = self.days[number - 1]
                left = -self.chance.randint(6, 30) if stand.late else self.chance.choice((4, 12, 18, 25))
                ends = max(self.today + timedelta(days=left), start)
            else:
                start, ends = ends + timedelta(days=1), max(ends, self.today) + timedelta(weeks=weeks[number])
            plans.append(
                StagePlan(compound=self.compound, stage_id=number, starts_on=start, ends_on=ends,
                          responsible=self.clerk if number <= stand.step else None)
            )  # fmt: skip
        StagePlan.objects.bulk_create(plans)
        record("step.plan", "排出八步的计划", actor=self.chain[2], at=moment(self.began + timedelta(days=1), 10),
               area_code=self.compound.area_code, subject=self.compound)  # fmt: skip


def way_of(shape: Shape, until: date) -> tuple[date, list[date]]:
    """Return when a compound began and when each step that is done was confirmed, the last some time before a day."""
    chance = random.Random(f"way{shape.name}")
    until -= timedelta(days=shape.stand.days if shape.stand.step < IN_OPERATION else chance.randint(9, 160))
    usual = {1: (16, 27), 2: (32, 55), 3: (16, 27), 4: (16, 27), 5: (45, 68), 6: (22, 28), 7: (58, 82), 8: (30, 41)}
    done: list[date] = []
    day = until
    for number in range(shape.stand.step - 1, 0, -1):
        done.insert(0, day)
        day -= timedelta(days=chance.randint(*usual[number]))
    return day, done
