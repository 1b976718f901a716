"""Compounds and their codes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from compounds.choices import AreaLevel
from compounds.models import Area, Compound, CompoundMove
from compounds.operations.refusals import CompoundExists, UnknownArea
from compounds.rules import next_compound_code
from core.models import User
from core.operations import record


@transaction.atomic
def make_compound(
    community: Area,
    name: str,
    *,
    actor: User,
    at: datetime,
    address: str = "",
    built_year: int | None = None,
    note: str = "",
) -> Compound:
    """Add a compound to a community, with the community's next code, which stays its own for ever. Record it.

    :raises UnknownArea: if the area is no community.
    :raises CompoundExists: if the community has one of this name.
    :raises compounds.rules.NoCodeLeft: after the 99th compound.
    """
    # The parent row is the lock; the compounds themselves cannot be, where there is none yet.
    locked = Area.objects.select_for_update().filter(pk=community.pk, level=AreaLevel.COMMUNITY).first()
    if locked is None:
        raise UnknownArea(community.code)
    same = Compound.objects.in_area(locked.code).filter(name=name).first()
    if same is not None:
        raise CompoundExists(same)
    code = next_compound_code(locked.code, codes_taken(locked.code))
    compound = Compound.objects.create(
        code=code,
        area_code=code,
        name=name,
        address=address,
        built_year=built_year,
        note=note,
        created_at=at,
    )
    record("compound.make", f"建立小区{name}", actor=actor, at=at, area_code=code, subject=compound)
    return compound


def codes_taken(community_code: str) -> list[str]:
    """Return the codes that a community ever gave, and the places that compounds hold or held in it."""
    taken: list[str] = []
    for column in ("code", "area_code"):
        taken += Compound.objects.filter(**{f"{column}__startswith": community_code}).values_list(column, flat=True)
    for column in ("from_code", "to_code"):
        moved = CompoundMove.objects.filter(**{f"{column}__startswith": community_code})
        taken += moved.values_list(column, flat=True)
    return taken
