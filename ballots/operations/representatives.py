"""Residents' representatives: entered when a group has chosen them, ended when it chooses others."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from ballots.models import Representative
from ballots.operations.refusals import EndsBeforeStart, NamedTwice
from compounds.models import Compound
from core.masking import mask_name
from core.models import User
from core.operations import record


@transaction.atomic
def add_representative(
    compound: Compound, name: str, group: str, elected_on: date, *, phone: str, actor: User, at: datetime
) -> Representative:
    """Enter who speaks for a group of households. Record it.

    :raises NamedTwice: where the group has one of this name in office.
    """
    Compound.objects.select_for_update().get(pk=compound.pk)
    if Representative.objects.filter(compound=compound, group=group, name=name, until_on=None).exists():
        raise NamedTwice
    made = Representative.objects.create(compound=compound, name=name, phone=phone, group=group, elected_on=elected_on)
    record("representative.add", f"{compound.name}居民代表：{group}，{mask_name(name)}", actor=actor, at=at,
           area_code=compound.area_code, subject=made)  # fmt: skip
    return made


@transaction.atomic
def end_representative(representative: Representative, until_on: date, *, actor: User, at: datetime) -> None:
    """End somebody's time as a representative on a day; the row stays. Record it.

    :raises EndsBeforeStart: on a day before they were chosen.
    """
    found = Representative.objects.select_for_update(of=("self",)).select_related("compound").get(pk=representative.pk)
    if until_on < found.elected_on:
        raise EndsBeforeStart(found.elected_on)
    if found.until_on is not None:
        return
    found.until_on = until_on
    found.save(update_fields=["until_on"])
    record("representative.end", f"{found.compound.name}居民代表卸任：{found.group}，{mask_name(found.name)}",
           actor=actor, at=at, area_code=found.compound.area_code, subject=found)  # fmt: skip
