"""Where each compound stands: step, since when, light, what it is stuck on, who moves it, by when (domain.md, board)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils import timezone

from compounds.choices import Role, StageAct
from compounds.models import CODE_LENGTHS, Appointment, Area, Compound, CompoundQuerySet, Stage, StagePlan, StageRecord
from portal.stages.requirements import IN_OPERATION, STEPS, Evidence, Step, Verdict, judge, last_confirmed

# So many days before its last day a step is soon due.
SOON = 7
# Whose turn it is after an act on a step, in the order of the chain.
TURN = {
    None: Role.COMMUNITY_CLERK,
    StageAct.SENT_BACK: Role.COMMUNITY_CLERK,
    StageAct.REOPENED: Role.COMMUNITY_CLERK,
    StageAct.PREPARED: Role.COMMUNITY_SECRETARY,
    StageAct.BY_SECRETARY: Role.STREET_STAFF,
    StageAct.BY_STAFF: Role.STREET_DEPUTY,
}


class Light(TextChoices):
    """How a step is in time; late is amber on every page, never red (look.md)."""

    ON_TIME = "on_time", "正常"
    SOON = "soon", "快到期"
    LATE = "late", "超期"


LIGHTS = tuple(Light)


@dataclass(frozen=True)
class Standing:
    """Where one compound stands on a day.

    ``until``: the last day planned, else the usual length from ``since`` on (``is_planned`` tells which); None for
    长效运行. ``turn``: whose turn in the chain it is. ``done``: the day on which each confirmed step was confirmed.
    """

    compound: Compound
    step: Step
    since: date
    days: int
    until: date | None
    is_planned: bool
    light: Light
    verdicts: tuple[Verdict, ...]
    last: StageRecord | None
    turn: str
    pusher: str
    phone: str
    done: Mapping[int, date]

    @property
    def missing(self) -> tuple[Verdict, ...]:
        """What the step still lacks, facts before papers."""
        return tuple(verdict for verdict in self.verdicts if not verdict.is_met)

    @property
    def papers_missing(self) -> int:
        """How many of the step's papers are not there."""
        return sum(verdict.requirement.paper is not None for verdict in self.missing)

    @property
    def stuck(self) -> str:
        """卡在哪: the first thing missing, else whose confirmation it waits for; nothing in 长效运行 that is in order."""
        if self.missing:
            return self.missing[0].missing
        if self.step.is_operation:
            return ""
        if self.turn == Role.COMMUNITY_CLERK:
            return "退回了，等社区改" if self.last and self.last.act == StageAct.SENT_BACK else "齐了，等社区报请确认"
        return f"等{Role(self.turn).label}确认"

    @property
    def days_planned(self) -> int | None:
        """How many days the step takes as planned, or as usual."""
        return (self.until - self.since).days if self.until else None

    @property
    def late_days(self) -> int:
        """How many days it is over its last day; counted to the day of ``standing``."""
        return max(self.days - self.days_planned, 0) if self.days_planned is not None else 0

    @property
    def next_on(self) -> date | None:
        """The next date: the step's last day, as long as it is not past."""
        return self.until if not self.late_days else None


def standing(compounds: CompoundQuerySet, on: date) -> list[Standing]:
    """Return where each compound stands on a day, in the queryset's order; a fixed number of queries."""
    found = list(compounds)
    keys = [compound.pk for compound in found]
    acts: dict[int, dict[int, StageRecord]] = defaultdict(dict)
    for record in StageRecord.objects.latest().filter(compound__in=keys):
        acts[record.compound_id][record.stage_id] = record
    plans = {
        (plan.compound_id, plan.stage_id): plan
        for plan in StagePlan.objects.filter(compound__in=keys).select_related("responsible")
    }
    numbers = {key: last_confirmed(acts[key]) + 1 for key in keys}
    verdicts = _judged(numbers, on)
    weeks = dict(Stage.objects.values_list("number", "weeks_to"))
    offices = _Offices.of(found, on)
    rows = []
    for compound in found:
        number, mine = numbers[compound.pk], acts[compound.pk]
        plan, last = plans.get((compound.pk, number)), mine.get(number)
        done = {n: timezone.localdate(mine[n].at) for n in range(1, number)}
        since = done.get(number - 1) or timezone.localdate(compound.created_at)
        usual = weeks.get(number)
        until = plan.ends_on if plan and plan.ends_on else since + timedelta(weeks=usual) if usual else None
        turn = _turn(number, last)
        person, phone = offices.mover(compound, turn, plan)
        rows.append(
            Standing(
                compound=compound,
                step=STEPS[number - 1],
                since=since,
                days=max((on - since).days, 0),
                until=until,
                is_planned=bool(plan and plan.ends_on),
                light=_light(until, on, verdicts[compound.pk], number),
                verdicts=verdicts[compound.pk],
                last=last,
                turn=turn,
                pusher=person,
                phone=phone,
                done=done,
            )
        )
    return rows


def _judged(numbers: Mapping[int, int], on: date) -> dict[int, tuple[Verdict, ...]]:
    """Judge for each compound the step that it stands at."""
    evidence = Evidence.of(numbers)
    found: dict[int, tuple[Verdict, ...]] = {}
    for step in STEPS:
        found |= judge(step.number, [key for key, number in numbers.items() if number == step.number], on, evidence)
    return found


def _turn(number: int, last: StageRecord | None) -> str:
    if number == IN_OPERATION:
        return ""
    return str(TURN[StageAct(last.act) if last else None])


def _light(until: date | None, on: date, verdicts: Sequence[Verdict], number: int) -> Light:
    if number == IN_OPERATION:
        return Light.ON_TIME if all(verdict.is_met for verdict in verdicts) else Light.LATE
    if until is None or on <= until - timedelta(days=SOON):
        return Light.ON_TIME
    return Light.SOON if on <= until else Light.LATE


@dataclass(frozen=True)
class _Offices:
    """Who holds which office above these compounds, and the offices' telephones."""

    holders: Mapping[tuple[str, str], str]
    phones: Mapping[str, str]

    @classmethod
    def of(cls, compounds: Sequence[Compound], on: date) -> _Offices:
        codes = {compound.area_code[:length] for compound in compounds for length in CODE_LENGTHS}
        held = Appointment.objects.active(on).filter(area_code__in=codes, role__in=list(TURN.values()))
        holders: dict[tuple[str, str], str] = {}
        for appointment in held.select_related("user").order_by("from_on", "pk"):
            holders.setdefault((appointment.role, appointment.area_code), appointment.user.name)
        return cls(holders, dict(Area.objects.filter(code__in=codes).values_list("code", "phone")))

    def mover(self, compound: Compound, turn: str, plan: StagePlan | None) -> tuple[str, str]:
        """谁去推: who is named in the plan, else whose turn it is; with the telephone of that office.

        While a step waits for its confirmation, the one who confirms it is the one who moves it.
        """
        community, street = compound.area_code[:12], compound.area_code[:9]
        own = turn in ("", Role.COMMUNITY_CLERK)
        if own and plan and plan.responsible:
            return plan.responsible.name, self.phones.get(community) or self.phones.get(street, "")
        office = street if turn in (Role.STREET_STAFF, Role.STREET_DEPUTY) else community
        role = turn or Role.STREET_STAFF
        areas = (compound.area_code[:length] for length in reversed(CODE_LENGTHS))
        name = next((self.holders[role, area] for area in areas if (role, area) in self.holders), "")
        return name, self.phones.get(office) or self.phones.get(street, "")
