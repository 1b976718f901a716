"""What a compound is, has and lacks: its facts, facilities, public resources, buildings and photographs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TypeVar

from django.db import IntegrityError, transaction

from compounds.models import (
    Building,
    Compound,
    CompoundPhoto,
    Dwelling,
    Entrance,
    Facility,
    PropertyUnit,
    PublicResource,
)
from compounds.operations.changing import change_row, lock_row
from compounds.operations.refusals import NameTaken, StillUsed
from compounds.rules import door_order
from core.models import Attachment, User
from core.operations import record

Listed = TypeVar("Listed", bound=Facility | PublicResource)


@transaction.atomic
def change_compound(
    compound: Compound, values: Mapping[str, object], version: int, *, actor: User, at: datetime
) -> Compound:
    """Change a compound's facts. Record before and after.

    :raises ChangedMeanwhile: if someone saved them since.
    :raises NameTaken: if the community has another compound of that name.
    """
    same = Compound.objects.in_area(compound.area_code[:12]).exclude(pk=compound.pk)
    if "name" in values and same.filter(name=values["name"]).exists():
        raise NameTaken
    return change_row(compound, values, version, action="compound.change", title="小区情况",
                      area_code=compound.area_code, actor=actor, at=at)  # fmt: skip


# --- Facilities and public resources ------------------------------------------------------------------------------


@transaction.atomic
def list_thing(
    model: type[Facility] | type[PublicResource],
    compound: Compound,
    values: Mapping[str, object],
    *,
    actor: User,
    at: datetime,
) -> Facility | PublicResource:
    """Put a facility or public resource on a compound's list. Record it.

    :raises NameTaken: if one of that name and kind stands there already.
    """
    Compound.objects.select_for_update().get(pk=compound.pk)
    try:
        with transaction.atomic():
            made = model._default_manager.create(compound=compound, **values)
    except IntegrityError:
        raise NameTaken from None
    record("place.list", f"登记{model._meta.verbose_name}：{made.name}", actor=actor, at=at,
           area_code=compound.area_code, subject=made)  # fmt: skip
    return made


@transaction.atomic
def change_thing(thing: Listed, values: Mapping[str, object], version: int, *, actor: User, at: datetime) -> Listed:
    """Change what stands of a facility or public resource. Record before and after.

    :raises ChangedMeanwhile: :raises NameTaken: as ``list_thing``.
    """
    try:
        with transaction.atomic():
            return change_row(thing, values, version, action="place.change",
                              title=f"{thing._meta.verbose_name}{thing.name}", area_code=thing.compound.area_code,
                              actor=actor, at=at)  # fmt: skip
    except IntegrityError:
        raise NameTaken from None


@transaction.atomic
def drop_thing(thing: Facility | PublicResource, version: int, *, actor: User, at: datetime) -> None:
    """Take a facility or public resource that has ``version`` off the list. Record what stood there.

    :raises ChangedMeanwhile: if someone saved it since.
    """
    locked = lock_row(thing, version)
    record("place.drop", f"从清单去掉{thing._meta.verbose_name}：{locked.name}", actor=actor, at=at,
           area_code=thing.compound.area_code, subject=locked)  # fmt: skip
    locked.delete()


# --- Buildings ----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_building(
    compound: Compound, label: str, floors: int | None, entrances: list[str], *, actor: User, at: datetime
) -> Building:
    """Add a building with its entrances. Record it.

    :raises NameTaken: if the compound has a building of that number.
    """
    Compound.objects.select_for_update().get(pk=compound.pk)
    if Building.objects.filter(compound=compound, label=label).exists():
        raise NameTaken
    building = Building.objects.create(compound=compound, label=label, floors=floors)
    Entrance.objects.bulk_create(Entrance(building=building, label=entrance) for entrance in entrances)
    record("place.add_building", f"加楼{label}，{len(entrances)}个单元", actor=actor, at=at, area_code=compound.area_code,
           subject=building)  # fmt: skip
    return building


@transaction.atomic
def change_building(
    building: Building, label: str, floors: int | None, entrances: list[str], version: int, *, actor: User, at: datetime
) -> Building:
    """Change a building that has ``version``: its number, floors and entrances. Record before and after.

    :raises ChangedMeanwhile: if someone saved it since.
    :raises NameTaken: if the compound has another building of that number.
    :raises StillUsed: if an entrance is left out that has dwellings.
    """
    compound = Compound.objects.select_for_update().get(pk=building.compound_id)
    found = lock_row(building, version)
    if Building.objects.filter(compound=compound, label=label).exclude(pk=building.pk).exists():
        raise NameTaken
    known = {entrance.label: entrance for entrance in Entrance.objects.filter(building=building)}
    for gone in known.keys() - set(entrances):
        if Dwelling.objects.filter(entrance=known[gone]).exists():
            raise StillUsed(gone)
        known[gone].delete()
    Entrance.objects.bulk_create(Entrance(building=building, label=e) for e in entrances if e not in known)
    before = _said_of(found.label, found.floors, known)
    after = _said_of(label, floors, entrances)
    if before == after:
        return found
    was, found.label, found.floors, found.version = found.label, label, floors, version + 1
    found.save(update_fields=["label", "floors", "version"])
    record("place.change_building", f"改楼{was}：由{before}改为{after}", actor=actor, at=at, area_code=compound.area_code,
           subject=found, data={"before": before, "after": after, "version": found.version})  # fmt: skip
    return found


def _said_of(label: str, floors: int | None, entrances: Iterable[str]) -> str:
    """Return a building as the history says it: 12号楼6层，1、2单元."""
    doors = "、".join(sorted(entrances, key=door_order))
    return f"{label}号楼{f'{floors}层' if floors else ''}，{f'{doors}单元' if doors else '不分单元'}"


@transaction.atomic
def drop_building(building: Building, version: int, *, actor: User, at: datetime) -> None:
    """Remove a building without dwellings that has ``version``. Record it.

    :raises ChangedMeanwhile: if someone saved it since.
    :raises StillUsed: if it has dwellings.
    """
    compound = Compound.objects.select_for_update().get(pk=building.compound_id)
    building = lock_row(building, version)
    if Dwelling.objects.filter(building=building).exists():
        raise StillUsed(building.label)
    record("place.drop_building", f"去掉楼{building.label}", actor=actor, at=at, area_code=compound.area_code,
           subject=building)  # fmt: skip
    Entrance.objects.filter(building=building).delete()
    building.delete()


# --- Property-right units -----------------------------------------------------------------------------------------


def change_unit(
    unit: PropertyUnit, values: Mapping[str, object], version: int, *, actor: User, at: datetime
) -> PropertyUnit:
    """Change a property-right unit's name and contact. Record before and after, the person masked.

    :raises ChangedMeanwhile: :raises NameTaken: if the community has another unit of that name.
    """
    try:
        return change_row(unit, values, version, action="unit.change", title=f"产权单位{unit.name}",
                          area_code=unit.area_code, actor=actor, at=at, masked=("contact", "phone"))  # fmt: skip
    except IntegrityError:
        raise NameTaken from None


# --- Photographs --------------------------------------------------------------------------------------------------


@transaction.atomic
def add_photograph(
    compound: Compound, attachment: Attachment, caption: str, taken_on: date, shown: bool, *, actor: User, at: datetime
) -> CompoundPhoto:
    """Hang a stored photograph at a compound; the same one twice is once. Record it."""
    Compound.objects.select_for_update().get(pk=compound.pk)
    same = CompoundPhoto.objects.filter(compound=compound, attachment__sha256=attachment.sha256).first()
    if same is not None:
        return same
    made = CompoundPhoto.objects.create(
        compound=compound, attachment=attachment, caption=caption, taken_on=taken_on, shown=shown, added_by=actor,
        added_at=at,
    )  # fmt: skip
    record("place.add_photograph", f"加照片：{caption}", actor=actor, at=at, area_code=compound.area_code, subject=made)
    return made


@transaction.atomic
def drop_photograph(photograph: CompoundPhoto, *, actor: User, at: datetime) -> None:
    """Take a photograph down; its stored bytes stay as evidence of what was shown. Record it."""
    record("place.drop_photograph", f"取下照片：{photograph.caption}", actor=actor, at=at,
           area_code=photograph.compound.area_code, subject=photograph)  # fmt: skip
    photograph.delete()
