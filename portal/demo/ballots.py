"""The demo's ballots, by the operations: announced, papers handed out and back, entered twice, certified, final."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone

from ballots.choices import BallotState, CallOutcome, Channel, InvalidReason, Move, VisitOutcome, VoidReason
from ballots.documents.results import figures_sha256
from ballots.models import Ballot, BallotMove, CallBack, Paper, Sheet
from ballots.operations.announcing import announce_ballot, prove_ballot
from ballots.operations.certifying import certify_first, certify_second, figures_of, make_final
from ballots.operations.counting import BESIDE, begin_counting, draw_calls, note_call, note_hand_count
from ballots.operations.drafting import change_ballot, save_question, start_ballot
from ballots.operations.entering import close_bundle, import_papers, name_clerk, settle_paper
from ballots.operations.freezing import freeze_roll
from ballots.operations.issuing import hold_for_undeliverable, issue_papers, note_refusal, note_visit, return_papers
from ballots.operations.printing import enter_papers, replace_paper
from ballots.operations.rolls import draft_roll
from ballots.rules.counting import ABSTAIN, AGAINST, APPROVE, CHOOSE_UP_TO, FOR, INVALID, Mark
from ballots.rules.drafting import QuestionDraft
from ballots.rules.entries import Said
from ballots.rules.rolls import UNIT
from compounds.models import Area, Compound, StageRecord
from core.codes import draw_code
from core.models import User
from core.operations import store_paper
from portal.demo.books import moment
from portal.demo.pictures import notice_photograph
from portal.demo.votes import Vote

HANG = ("院门口公示栏", "1号楼门厅")
COUNTERS = "监票：周秀兰、吴建国；唱票：孙淑琴；计票：张宝林"
LARGE = 500  # m² of one owner: a unit, whose paper always comes
ORDER = (BallotState.DRAFT, BallotState.ANNOUNCED, BallotState.ISSUING, BallotState.COUNTING, BallotState.CERTIFIED,
         BallotState.FINAL)  # fmt: skip
NOTICE_DAYS = 16


@dataclass
class Balloting:
    """One ballot with the people who run it, from its draft to where it stands.

    ``clerk`` runs it and enters the first round, ``other`` the second; ``secretary`` settles, and certifies with ``staff``.
    """

    vote: Vote
    compound: Compound
    clerk: User
    secretary: User
    staff: User
    other: User
    today: date

    @cached_property
    def chance(self) -> random.Random:
        return random.Random(f"ballot{self.vote.compound}")

    @cached_property
    def announced(self) -> date:
        """The day of the notice."""
        today = self.today
        if self.vote.at_step_7:
            confirmed = StageRecord.objects.confirmed().get(compound=self.compound, stage=7)
            today = timezone.localdate(confirmed.at)
        return today - timedelta(self.vote.ago)

    @property
    def starts(self) -> date:
        return self.announced + timedelta(NOTICE_DAYS)

    @property
    def ends(self) -> date:
        return self.starts + timedelta(self.vote.lasts)

    def run(self) -> None:
        """Let everything happen up to where the ballot stands."""
        steps = (self._draft, self._announce, self._issue, self._count, self._certify, self._make_final)
        for step in steps[: ORDER.index(self.vote.state) + 1]:
            step()

    # --- Draft and notice ---

    def _draft(self) -> None:
        vote = self.vote
        at = moment((self.announced if vote.ago else self.today) - timedelta(4))
        acts: dict[str, Any] = {"actor": self.clerk, "at": at}
        ballot = start_ballot(self.compound, vote.title, vote.matter, **acts)
        for asked in vote.questions:
            ballot = save_question(ballot, ballot.version, 0, asked, **acts)
        values: dict[str, object] = {
            "intro": vote.intro,
            "return_place": "社区居委会、院门口固定箱",
        }
        if vote.ago:
            phone = Area.objects.get(code=self.compound.area_code[:12]).phone
            day = self.ends + timedelta(1)
            values |= {
                "voting_from_on": self.starts, "voting_until_on": self.ends, "contact": f"社区居委会，{phone}",
                "count_place": f"{day.month}月{day.day}日上午9:30，社区会议室，欢迎到场看",
            }  # fmt: skip
        self.ballot: Ballot = change_ballot(ballot, values, ballot.version, **acts)

    def _announce(self) -> None:
        move = announce_ballot(self.ballot, self.ballot.version, actor=self.clerk, at=moment(self.announced, 10))
        self.ballot = move.ballot
        self._hang(move, HANG[:1] if self.vote.state == BallotState.ANNOUNCED else HANG)

    def _hang(self, move: BallotMove, places: Sequence[str]) -> None:
        """Show what was posted where it hangs."""
        for place in places:
            title = f"{self.compound.name}表决{'结果' if move.kind == Move.CERTIFIED else '公告'}"
            lines = [self.vote.title, *(asked.text[:20] for asked in self.vote.questions)]
            picture = store_paper(notice_photograph(title, lines, place), name=f"{place}.jpg")
            prove_ballot(move, place, move.on, [picture], actor=self.clerk, at=moment(move.on, 16))

    # --- Papers ---

    def _issue(self) -> None:
        day = self.starts
        heads = draft_roll(self.ballot).totals.heads
        self.ballot = freeze_roll(self.ballot, heads=heads, on=day, actor=self.clerk, at=moment(day, 8))
        by_building: dict[str, list[Paper]] = defaultdict(list)
        for building in dict.fromkeys(self.ballot.roll.order_by("number").values_list("building", flat=True)):
            entries = self.ballot.roll.filter(building=building).order_by("number")
            drawn = [(entry, draw_code()) for entry in entries]
            enter_papers(self.ballot, building, drawn, actor=self.clerk, at=moment(day))
        for paper in self.ballot.papers.select_related("entry").order_by("entry__number"):
            by_building[paper.entry.building].append(paper)
        for number, papers in enumerate(by_building.values()):
            on = day + timedelta(number // 4)
            issue_papers(self.ballot, papers, on=on, actor=self.clerk, at=moment(on, 17))
        papers = [paper for several in by_building.values() for paper in several]
        spoilt = papers.pop(len(papers) // 3)
        papers.append(replace_paper(spoilt, "票面弄湿了", actor=self.clerk, at=moment(day + timedelta(1), 10)))
        issue_papers(
            self.ballot, papers[-1:], on=day + timedelta(1), actor=self.clerk, at=moment(day + timedelta(1), 11)
        )
        self._take_back(papers)

    def _take_back(self, papers: list[Paper]) -> None:
        """Take papers back day by day, those of units by post. One refuses, one household is never reached."""
        last = min(self.ends, self.today - timedelta(1))
        days = [self.starts + timedelta(n) for n in range(1, (last - self.starts).days + 1)]
        large = [paper for paper in papers if paper.entry.kind == UNIT or paper.entry.area > LARGE]
        papers = [paper for paper in papers if paper not in large]
        self.chance.shuffle(papers)
        count = round(len(papers) * self.vote.back)
        came: dict[date, list[Paper]] = defaultdict(list)
        for paper in papers[:count]:
            came[self.chance.choice(days)].append(paper)
        for on, some in sorted(came.items()):
            channel = Channel.FIXED_BOX if on.weekday() > 4 else Channel.VISIT
            return_papers(self.ballot, some, channel, on=on, actor=self.clerk, at=moment(on, 18))
        return_papers(self.ballot, large, Channel.POST, on=last, actor=self.clerk, at=moment(last, 12))
        self.late, refused, unreached, *_ = papers[count:]
        acts: dict[str, Any] = {"actor": self.clerk, "at": moment(last, 18)}
        note_refusal(self.ballot, refused, "楼门长赵瑞芝、居民李景明", "说不参加", on=last, **acts)
        self._seek(unreached, days)
        notice = f"通知贴在{unreached.entry.place}门上"
        hold_for_undeliverable(self.ballot, unreached, notice, on=last, **acts)
        for paper in papers[count + 3 :][:9]:
            self._seek(paper, days[-1:])

    def _seek(self, paper: Paper, days: Sequence[date]) -> None:
        """Note calls in vain, each at another time."""
        for on, time in zip(days[-3:], ("上午", "19:30", "周末")[-len(days) :], strict=False):
            outcome = self.chance.choice((VisitOutcome.NOBODY, VisitOutcome.NOBODY, VisitOutcome.LATER))
            note_visit(self.ballot, paper.entry, on, time, outcome, "", actor=self.clerk, at=moment(on, 20))

    # --- Counting ---

    def _count(self) -> None:
        day = self.ends + timedelta(1)
        begin_counting(self.ballot, on=day, actor=self.clerk, at=moment(day))
        return_papers(self.ballot, [self.late], Channel.VISIT, on=day, actor=self.clerk, at=moment(day, 10))
        whole = self.vote.state != BallotState.COUNTING
        until = day + timedelta(6) if whole else None
        name_clerk(self.ballot, self.other, day, until, actor=self.secretary, at=moment(day))
        sheets = list(Sheet.objects.filter(ballot=self.ballot).order_by("bundle__number", "position"))
        units = set(self.ballot.sheets.filter(paper__entry__area__gt=LARGE).values_list("pk", flat=True))
        said = {sheet.pk: self._read(place, sheet.pk in units) for place, sheet in enumerate(sheets)}
        # Of a count under way a few sheets wait for the first entry, and half for the second.
        first, second = (sheets, sheets) if whole else (sheets[:-4], sheets[: len(sheets) // 2])
        at = moment(day + timedelta(1), 15)
        import_papers(self.ballot, {s.pk: said[s.pk] for s in first}, 1, actor=self.clerk, at=at)
        again = {s.pk: self._misread(said[s.pk], place) for place, s in enumerate(second)}
        import_papers(self.ballot, again, 2, actor=self.other, at=at)
        for bundle in self.ballot.bundles.all() if whole else self.ballot.bundles.order_by("number")[:1]:
            close_bundle(self.ballot, bundle, bundle.sheets.count(), actor=self.clerk, at=at)
        for sheet in second if whole else ():
            if said[sheet.pk] != again[sheet.pk] or said[sheet.pk].doubtful:
                right = Said(said[sheet.pk].marks, said[sheet.pk].reasons, said[sheet.pk].void)
                settle_paper(self.ballot, sheet, right, "看票面，三人都在场", actor=self.secretary, at=at)

    def _read(self, place: int, unit: bool) -> Said:
        """Return what a sheet says; some are void, one is in doubt. A unit goes with most."""
        asked = list(zip(self.vote.questions, self.vote.leans, strict=True))
        if unit:
            most = [FOR if question.kind == APPROVE else 1 + lean.index(max(lean)) for question, lean in asked]
            return Said({number: (mark,) for number, mark in enumerate(most, start=1)})
        if place % 61 == 37:
            return Said(void=VoidReason.UNSIGNED)
        marks = {number: self._marks(*each) for number, each in enumerate(asked, start=1)}
        if place % 83 == 21:
            return Said({**marks, 1: (INVALID,)}, {1: InvalidReason.BETWEEN})
        return Said(marks, doubtful=place == 13)

    def _marks(self, asked: QuestionDraft, lean: Sequence[float]) -> tuple[Mark, ...]:
        if asked.kind == CHOOSE_UP_TO:
            liked = [n for n, often in enumerate(lean, start=1) if self.chance.random() < often]
            return tuple(sorted(self.chance.sample(liked, min(len(liked), asked.most or 1))))
        options: list[Mark] = [FOR, AGAINST] if asked.kind == APPROVE else [*range(1, len(asked.printed_options) + 1)]
        (drawn,) = self.chance.choices([*options, ABSTAIN, None], lean)
        return () if drawn is None else (drawn,)

    def _misread(self, said: Said, place: int) -> Said:
        """Return what the second reads: now and then another answer to the first question."""
        if place % 29 != 7 or said.void:
            return said
        other = AGAINST if said.marks[1] == (FOR,) else FOR
        return Said({**said.marks, 1: (other,)}, {})

    # --- Result ---

    def _certify(self) -> None:
        day = self.ends + timedelta(5)
        draw_calls(self.ballot, seed="5a0c1d2e3f405162", actor=self.clerk, at=moment(day - timedelta(1)))
        outcomes = (CallOutcome.CONFIRMED, CallOutcome.CONFIRMED, CallOutcome.CONFIRMED, CallOutcome.UNREACHED)
        for number, call in enumerate(CallBack.objects.filter(paper__ballot=self.ballot).order_by("pk")):
            note_call(call, outcomes[number % 4], "", on=day, actor=self.clerk, at=moment(day, 8))
        counted = figures_of(self.ballot)["result"]["questions"]
        by_hand = {
            str(each["number"]): {str(o["option"]): o["heads"] for o in each["options"]}
            | {key: each[key]["heads"] for key in BESIDE}
            for each in counted
        }
        note_hand_count(self.ballot, by_hand, "当场唱票，正字记票", actor=self.secretary, at=moment(day))
        seen = figures_sha256(figures_of(self.ballot))
        certify_first(self.ballot, COUNTERS, seen, actor=self.secretary, at=moment(day, 10))
        certify_second(self.ballot, seen, actor=self.staff, at=moment(day, 11))
        move = self.ballot.moves.select_related("ballot").get(kind=Move.CERTIFIED)
        self._hang(move, HANG if self.vote.state == BallotState.FINAL else HANG[:1])

    def _make_final(self) -> None:
        on = self.ends + timedelta(5 + self.ballot.rule.objection_days + 1)
        make_final(self.ballot, on=on, actor=self.secretary, at=moment(on))
