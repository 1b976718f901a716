"""Importing a register: shown first, then applied, all or nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from compounds.choices import AreaLevel
from compounds.models import Area, Compound
from compounds.operations.comparing import fields_of
from compounds.operations.compounds import make_compound
from compounds.operations.planning import Change, Plan, Progress, Register, RegisterOutcome, outcome_of, plan_register
from compounds.operations.refusals import PlanChanged, UnknownArea
from compounds.operations.writing import write_dwellings
from compounds.rules import show_dwelling
from core.models import User
from core.operations import NewEntry, record, record_each


def _nobody(done: int, total: int) -> None:
    """Nobody asks how far it is."""


def preview_register(register: Register, progress: Progress = _nobody) -> RegisterOutcome:
    """Return what applying this register would change; writes nothing. ``progress`` is told rows done and in all.

    :raises UnknownArea, compounds.rules.NoCodeLeft: as ``apply_register``.
    """
    plan = plan_register(register, progress)
    progress(len(register.dwellings), len(register.dwellings))
    return outcome_of(register, plan)


@transaction.atomic
def apply_register(
    register: Register, *, actor: User, at: datetime, expected: str = "", progress: Progress = _nobody
) -> RegisterOutcome:
    """Add and change compounds and dwellings with their owners, all or nothing. Record it, once per community.

    Communities are locked in the order of their codes. Owners are one row per community, name and phone; without a
    phone each dwelling has its own. Owners whom the file no longer names end that day. ``expected``: the hash of what
    was shown (``RegisterOutcome.plan``). ``progress`` is told rows done and rows in all, first of comparing, then of writing.

    :raises UnknownArea: if a community or a compound given by code is not here.
    :raises compounds.rules.NoCodeLeft: if a community would have more than 99 compounds.
    :raises PlanChanged: if it would write something else than was expected.
    """
    communities = _lock_communities(register)
    plan = plan_register(register, progress)
    progress(len(register.dwellings), len(register.dwellings))
    outcome = outcome_of(register, plan)
    progress(len(register.dwellings), len(register.dwellings))
    if expected and outcome.plan != expected:
        raise PlanChanged(outcome)
    made = dict(plan.state.compounds)
    for row in register.compounds:
        if made[row.key] is None:
            made[row.key] = make_compound(
                communities[row.community_code],
                row.name,
                actor=actor,
                at=at,
                address=row.address or "",
                built_year=row.built_year,
                note=row.note or "",
            )
    Compound.objects.bulk_update(plan.compounds_changed, ["address", "built_year", "note", "version"])
    keys = {key: compound.pk for key, compound in made.items() if compound}
    changed = write_dwellings(plan, keys, timezone.localdate(at), progress)
    if not outcome.changes_nothing:
        _record(register, plan, changed, {key: c for key, c in made.items() if c}, actor, at)
    return outcome


def _record(
    register: Register, plan: Plan, changed: dict[int, Change], made: dict[str, Compound], actor: User, at: datetime
) -> None:
    """Write one line per community, and one for each dwelling that was there and is changed."""
    for code in sorted({row.community_code for row in register.compounds}):
        mine = {row.key for row in register.compounds if row.community_code == code}
        new = sum(change.row.compound in mine for change in plan.new)
        count = sum(change.row.compound in mine for change in plan.changed)
        record(
            "register.import",
            f"导入房屋，新增{new}户，修改{count}户",
            actor=actor,
            at=at,
            area_code=code,
            data={"new": new, "changed": count, "compounds": sorted(made[k].code for k in mine)},
        )
    record_each(
        (
            NewEntry(
                "dwelling.import",
                f"导入改{_where(change)}：" + "；".join(f"{f['label']}由{f['before']}改为{f['after']}" for f in fields),
                made[change.row.compound].area_code,
                "compounds.dwelling",
                str(pk),
                {
                    "before": {f["label"]: f["before"] for f in fields},
                    "after": {f["label"]: f["after"] for f in fields},
                },
            )
            for pk, change in changed.items()
            for fields in [fields_of(change)]
        ),
        actor=actor,
        at=at,
    )


def _where(change: Change) -> str:
    address = change.row.address
    return show_dwelling(address.building, address.entrance, address.room)


def _lock_communities(register: Register) -> dict[str, Area]:
    codes = sorted({row.community_code for row in register.compounds})
    areas = Area.objects.select_for_update().filter(code__in=codes, level=AreaLevel.COMMUNITY).order_by("code")
    found = {area.code: area for area in areas}
    for code in codes:
        if code not in found:
            raise UnknownArea(code)
    return found
