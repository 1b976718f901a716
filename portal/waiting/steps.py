"""Steps of compounds that wait for someone's confirmation, or came back to whoever prepared them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from compounds.choices import StageAct
from compounds.models import CHAIN, Compound, StageRecord
from compounds.operations.steps import OPEN, next_act
from compounds.permissions import CHAIN_ROLES, areas_of
from core.models import User
from portal.waiting.rows import Waiting, narrowed, row

# So many days after the last act the next one is due.
ANSWER_DAYS = 3


def steps_waiting(user: User, prefixes: Sequence[str], today: date) -> list[Waiting]:
    """Return the steps whose next act is this person's: to confirm, or to mend and hand in again; one query.

    Whoever did one act of a chain that stands is asked for no other.
    """
    areas = {role: narrowed(areas_of(user, today, [role]), prefixes) for role in CHAIN_ROLES.values()}
    mine = sorted({code for codes in areas.values() for code in codes})
    if not mine:
        return []
    same = {"compound": OuterRef("compound"), "stage": OuterRef("stage")}
    reset = StageRecord.objects.filter(**same, act__in=OPEN, seq__gt=OuterRef("seq"))
    own = StageRecord.objects.filter(**same, by=user, act__in=CHAIN).filter(~Exists(reset))
    waiting = (
        StageRecord.objects.latest().filter(compound__in=Compound.objects.within(mine)).exclude(act=StageAct.CONFIRMED)
    )
    found = []
    for last in waiting.filter(~Exists(own)).select_related("compound", "stage", "by").order_by("at", "pk"):
        act = next_act(last)
        if act is None or not any(last.compound.area_code.startswith(code) for code in areas[CHAIN_ROLES[act]]):
            continue
        since = timezone.localdate(last.at)
        step = f"第{last.stage_id}步{last.stage.name}"
        if act == StageAct.PREPARED:
            what, why, verb = f"{step}{last.get_act_display()}了，等您改好", last.reason, "改"
        else:
            why = f"{last.by.name}{since.month}月{since.day}日{last.get_act_display()}"
            what, verb = f"{step}等您确认", "确认"
        url = reverse("step", args=[last.compound.code, last.stage_id])
        found.append(row(since + timedelta(days=ANSWER_DAYS), today, last.compound.name, what, why, verb, url))
    return found
