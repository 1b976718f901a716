"""Steps that are over their planned day, or have none: for whoever moves them on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from compounds.choices import Role, StageAct
from compounds.models import Appointment, Compound, StagePlan, StageRecord
from compounds.permissions import STEP_KEEPERS, areas_of
from core.models import User
from portal.stages import IN_OPERATION, STEPS
from portal.stages.requirements import last_confirmed
from portal.stages.standing import TURN
from portal.waiting.rows import NAMED, Waiting, narrowed, row

# So many days after a step begins its work plan is to say until when it lasts.
PLAN_DAYS = 7


@dataclass(frozen=True)
class _Present:
    """The step at which a compound stands and still works, since when, and what is planned for it."""

    compound: Compound
    number: int
    since: date
    plan: StagePlan | None

    @property
    def until(self) -> date | None:
        return self.plan.ends_on if self.plan else None

    @property
    def name(self) -> str:
        return f"第{self.number}步{STEPS[self.number - 1].name}"


def plans_waiting(user: User, prefixes: Sequence[str], today: date) -> list[Waiting]:
    """Return a row for each compound whose present step is late or undated, and a street's sum of the late ones.

    Who moves a step: the person named in its plan, else the community's clerks, else the street's staff. A step that
    waits for a confirmation is the confirming one's (``steps_waiting``). Four queries, or none.
    """
    clerks, streets, any_office = (
        narrowed(areas_of(user, today, roles), prefixes)
        for roles in ([Role.COMMUNITY_CLERK], [Role.STREET_STAFF], STEP_KEEPERS)
    )
    if not any_office:
        return []
    named = StagePlan.objects.filter(responsible=user).values("compound")
    mine = Compound.objects.within([*clerks, *streets]) | Compound.objects.within(any_office).filter(pk__in=named)
    found = _present(mine)
    staffed = _staffed(found, today) if streets else set()
    rows: list[Waiting] = []
    others: list[date] = []
    for at in found:
        over = at.until is not None and at.until < today
        if _moves(user, at, clerks, streets, staffed):
            rows += [_late(at, today)] if over else [_undated(at, today)] if at.until is None else []
        elif at.until is not None and over and _lies_in(at.compound, streets):
            others.append(at.until)
    rows = sorted(rows, key=lambda each: each.due_on)[:NAMED]
    if others:
        url = f"{reverse('programme')}?state=late"
        what, why = "步骤超过了计划的日期", "负责的人还没有办完"
        rows.append(row(min(others), today, f"{len(others)}个小区", what, why, "看是哪些", url))
    return rows


def _lies_in(compound: Compound, areas: Sequence[str]) -> bool:
    return any(compound.area_code.startswith(area) for area in areas)


def _moves(user: User, at: _Present, clerks: list[str], streets: list[str], staffed: set[str]) -> bool:
    if at.plan and at.plan.responsible_id:
        return at.plan.responsible_id == user.pk
    return _lies_in(at.compound, clerks) or (
        _lies_in(at.compound, streets) and at.compound.area_code[:12] not in staffed
    )


def _present(compounds: QuerySet[Compound]) -> list[_Present]:
    """Return the compounds whose present step is to be worked on, without those that wait for a confirmation."""
    found = list(compounds.order_by("area_code"))
    keys = [compound.pk for compound in found]
    acts: dict[int, dict[int, StageRecord]] = defaultdict(dict)
    for record in StageRecord.objects.latest().filter(compound__in=keys):
        acts[record.compound_id][record.stage_id] = record
    plans = {(plan.compound_id, plan.stage_id): plan for plan in StagePlan.objects.filter(compound__in=keys)}
    rows = []
    for compound in found:
        mine = acts[compound.pk]
        number = last_confirmed(mine) + 1
        last = mine.get(number)
        if number == IN_OPERATION or TURN.get(StageAct(last.act) if last else None) != Role.COMMUNITY_CLERK:
            continue
        begun = timezone.localdate(mine[number - 1].at if number > 1 else compound.created_at)
        rows.append(_Present(compound, number, begun, plans.get((compound.pk, number))))
    return rows


def _staffed(found: Sequence[_Present], today: date) -> set[str]:
    """Return the communities that have a clerk."""
    codes = {at.compound.area_code[:12] for at in found}
    held = Appointment.objects.active(today).filter(Q(role=Role.COMMUNITY_CLERK), area_code__in=codes)
    return set(held.values_list("area_code", flat=True))


def _late(at: _Present, today: date) -> Waiting:
    until = at.until
    assert until is not None
    why = f"计划{until.month}月{until.day}日完成。办完了请报请确认；办不完请改计划"
    url = reverse("step", args=[at.compound.code, at.number])
    return row(until, today, at.compound.name, f"{at.name}超过了计划的日期", why, "办", url)


def _undated(at: _Present, today: date) -> Waiting:
    why = f"{at.since.month}月{at.since.day}日开始的，还没有定哪天完成"
    url = f"{reverse('work_plan', args=[at.compound.code])}?step={at.number}"
    due = at.since + timedelta(days=PLAN_DAYS)
    return row(due, today, at.compound.name, f"{at.name}没有计划日期", why, "填日期", url)
