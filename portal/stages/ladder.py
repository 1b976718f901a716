"""All nine steps of one compound: the ladder of its office pages, and the simpler one that residents see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from compounds.choices import Role, StageAct
from compounds.models import Compound, Stage, StagePlan, StageRecord
from compounds.operations.steps import next_act, run_of
from compounds.permissions import CHAIN_ROLES
from compounds.rules import propose_plan
from core.charts import Step as DrawnStep
from core.charts import StepLine
from portal.stages.requirements import IN_OPERATION, STEPS, Evidence, Step, Verdict, judge, last_confirmed


@dataclass(frozen=True)
class Rung:
    """One step of a compound on a day, with everything that was done to it, the oldest first."""

    step: Step
    stage: Stage
    records: tuple[StageRecord, ...]
    plan: StagePlan | None
    verdicts: tuple[Verdict, ...]
    is_present: bool
    is_open: bool
    today: date

    @property
    def last(self) -> StageRecord | None:
        """The last act: the step's state."""
        return self.records[-1] if self.records else None

    @property
    def is_confirmed(self) -> bool:
        return self.last is not None and self.last.act == StageAct.CONFIRMED

    @property
    def seen(self) -> int:
        """The number of the last act, 0 where there is none: what a form sends back."""
        return self.last.seq if self.last else 0

    @property
    def run(self) -> list[StageRecord]:
        """The acts of the chain that stand."""
        return run_of(self.records)

    @property
    def awaits(self) -> StageAct | None:
        """The act of the chain that comes next; None where the step is confirmed, or is never confirmed."""
        return None if self.step.is_operation else next_act(self.last)

    @property
    def turn(self) -> str:
        """The name of the office whose turn it is."""
        return Role(CHAIN_ROLES[self.awaits]).label if self.awaits else ""

    @property
    def is_handed_in(self) -> bool:
        """Whether it waits for a confirmation."""
        return self.awaits not in (None, StageAct.PREPARED)

    @property
    def missing(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if not verdict.is_met)

    @property
    def late_days(self) -> int:
        """How many days it is over its planned last day; 0 once it is confirmed."""
        if self.plan is None or self.plan.ends_on is None or self.is_confirmed:
            return 0
        return max((self.today - self.plan.ends_on).days, 0)

    @property
    def words(self) -> str:
        """Its state in a few words."""
        if self.step.is_operation:
            return "运行中" if self.is_present else "还没到"
        if self.is_confirmed:
            return "已确认"
        if self.is_handed_in:
            return f"等{self.turn}确认"
        if self.last is not None:
            return self.last.get_act_display()
        if self.missing:
            return f"还差{len(self.missing)}项"
        return "可以报请确认"

    @property
    def short_words(self) -> str:
        """Its state in the few signs that a cell has room for (look.md: 还差2项, 可确认, 超期7天)."""
        if self.late_days:
            return f"超期{self.late_days}天"
        if self.is_handed_in:
            return "等确认"
        return f"还差{len(self.missing)}项" if self.missing else "可确认"

    @property
    def overridden(self) -> StageRecord | None:
        """The confirmation that was given in spite of something missing, with its reason."""
        return self.last if self.is_confirmed and self.last and self.last.missing else None


def ladder(compound: Compound, on: date) -> tuple[Rung, ...]:
    """Return the nine steps of a compound as they stand on a day; a fixed number of queries."""
    stages = {stage.number: stage for stage in Stage.objects.all()}
    acts: dict[int, list[StageRecord]] = {number: [] for number in stages}
    for record in StageRecord.objects.filter(compound=compound).select_related("by").order_by("stage", "seq"):
        acts[record.stage_id].append(record)
    plans = {p.stage_id: p for p in StagePlan.objects.filter(compound=compound).select_related("responsible")}
    evidence = Evidence.of([compound.pk])
    present = last_confirmed({n: records[-1] for n, records in acts.items() if records}) + 1
    return tuple(
        Rung(
            step=step,
            stage=stages[step.number],
            records=tuple(acts[step.number]),
            plan=plans.get(step.number),
            verdicts=judge(step.number, [compound.pk], on, evidence)[compound.pk],
            is_present=step.number == present,
            is_open=step.number <= present,
            today=on,
        )
        for step in STEPS
    )


def present_of(rungs: Sequence[Rung]) -> Rung:
    """Return the step that the compound stands at."""
    return next(rung for rung in rungs if rung.is_present)


def line_of(rungs: Sequence[Rung]) -> StepLine:
    """Return the eight steps as the line that pages draw."""
    return StepLine(
        tuple(
            DrawnStep(
                rung.step.name,
                rung.step.short,
                timezone.localdate(rung.last.at) if rung.is_confirmed and rung.last else None,
                rung.short_words if rung.is_present else "",
                ("late" if rung.late_days else "" if rung.missing else "ready") if rung.is_present else "",
            )
            for rung in rungs
            if not rung.step.is_operation
        )
    )


def proposed(rungs: Sequence[Rung], compound: Compound, on: date) -> dict[int, tuple[date, date]]:
    """Return dates for the steps that are not confirmed, by the usual lengths: from today, or where the plan goes on.

    A planned last day is kept, and the next step begins after it.
    """
    ahead = [rung for rung in rungs if not rung.is_confirmed and not rung.step.is_operation]
    weeks = [(rung.step.number, rung.stage.weeks_to or 1, rung.plan.ends_on if rung.plan else None) for rung in ahead]
    return propose_plan(on, weeks)


# --- What residents see -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PublicProgress:
    """How far a compound is, as residents see it: no names."""

    step: Step
    since: date
    line: StepLine
    overridden: tuple[tuple[Step, StageRecord], ...]


def public_progress(compound: Compound) -> PublicProgress:
    """Return how far a compound is; one query."""
    acts: Mapping[int, StageRecord] = {
        record.stage_id: record for record in StageRecord.objects.filter(compound=compound).latest()
    }
    done = last_confirmed(acts)
    days = {number: timezone.localdate(acts[number].at) for number in range(1, done + 1)}
    steps = STEPS[: IN_OPERATION - 1]
    return PublicProgress(
        step=STEPS[done],
        since=days.get(done) or timezone.localdate(compound.created_at),
        line=StepLine(
            tuple(DrawnStep(s.name, s.short, days.get(s.number), "在做" if s.number == done + 1 else "") for s in steps)
        ),
        overridden=tuple((s, acts[s.number]) for s in steps if s.number in days and acts[s.number].missing),
    )
