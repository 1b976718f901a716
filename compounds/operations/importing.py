"""Importing a register: shown first, then applied, all or nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from compounds.choices import AreaLevel
from compounds.models import Area, Compound
from compounds.operations.compounds import make_compound
from compounds.operations.planning import Register, RegisterOutcome, outcome_of, plan_register
from compounds.operations.refusals import UnknownArea
from compounds.operations.writing import write_dwellings
from core.models import User
from core.operations import record


def preview_register(register: Register) -> RegisterOutcome:
    """Return what applying this register would change; writes nothing.

    :raises UnknownArea, compounds.rules.NoCodeLeft: as ``apply_register``.
    """
    return outcome_of(register, plan_register(register))


@transaction.atomic
def apply_register(register: Register, *, actor: User, at: datetime) -> RegisterOutcome:
    """Add and change compounds and dwellings with their owners, all or nothing. Record it, once per community.

    Communities are locked in the order of their codes. Owners are one row per community, name and phone; without a
    phone each dwelling has its own.

    :raises UnknownArea: if a community or a compound given by code is not here.
    :raises compounds.rules.NoCodeLeft: if a community would have more than 99 compounds.
    """
    communities = _lock_communities(register)
    plan = plan_register(register)
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
    Compound.objects.bulk_update(plan.compounds_changed, ["address", "built_year", "note"])
    write_dwellings(plan, {key: compound.pk for key, compound in made.items() if compound})
    outcome = outcome_of(register, plan)
    if outcome.new or outcome.changed or plan.compounds_changed:
        for code in communities:
            mine = {row.key for row in register.compounds if row.community_code == code}
            new = sum(change.row.compound in mine for change in plan.new)
            changed = sum(change.row.compound in mine for change in plan.changed)
            record(
                "register.import",
                f"导入房屋，新增{new}户，修改{changed}户",
                actor=actor,
                at=at,
                area_code=code,
                data={"new": new, "changed": changed, "compounds": sorted(made[k].code for k in mine if made[k])},  # type: ignore[union-attr]
            )
    return outcome


def _lock_communities(register: Register) -> dict[str, Area]:
    codes = sorted({row.community_code for row in register.compounds})
    areas = Area.objects.select_for_update().filter(code__in=codes, level=AreaLevel.COMMUNITY).order_by("code")
    found = {area.code: area for area in areas}
    for code in codes:
        if code not in found:
            raise UnknownArea(code)
    return found
