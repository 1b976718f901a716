"""A compound goes to another community, as when communities are merged or split (domain.md, Compounds)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from compounds.choices import AreaLevel
from compounds.models import (
    CODE_LENGTHS,
    Appointment,
    Area,
    Compound,
    CompoundMove,
    Dwelling,
    Owner,
    OwnerQuerySet,
    Ownership,
    PropertyUnit,
    PropertyUnitQuerySet,
    StagePlan,
)
from compounds.operations.appointments import EXCLUSIVE, conflicting_appointment
from compounds.operations.changing import lock_row
from compounds.operations.compounds import codes_taken
from compounds.operations.refusals import BATCH, AlreadyThere, CashierAndBookkeeper, CompoundExists, UnknownArea
from compounds.rules import community_of, next_compound_code
from core.models import Job, User
from core.operations import record


@dataclass(frozen=True, slots=True)
class Belongings:
    """What goes along with a compound; ``shared_owners`` own elsewhere too, ``plans`` name someone without an office there."""

    offices: int
    owners: int
    shared_owners: int
    units: int
    plans: int


def belongings(compound: Compound, community: str, on: date) -> Belongings:
    """Return what would go along with a compound to a community."""
    owners = _owners(compound, community_of(compound.area_code))
    return Belongings(
        offices=Appointment.objects.filter(area_code=compound.area_code).active(on).count(),
        owners=owners.count(),
        shared_owners=owners.filter(_owns_elsewhere(compound)).count(),
        units=_units(compound, community).count(),
        plans=len(_unmanned(compound, community, compound.area_code, on)),
    )


@transaction.atomic
def move_compound(
    compound: Compound, community: Area, version: int, reason: str, *, actor: User, at: datetime
) -> CompoundMove:
    """Let a compound that has ``version`` belong to another community: its ``area_code`` changes, its ``code`` never.

    Along go the offices held at the compound itself, its jobs, owners and property-right units. A step planned for
    somebody without an office at the new place is nobody's. What is written for good (history, papers, what was issued)
    keeps the old place as text; ``place_now`` says where that lies. Recorded at the old place: both communities read it.

    :raises ChangedMeanwhile: if someone saved the compound's facts since, or moved it.
    :raises UnknownArea: if the target is no community. :raises AlreadyThere: if the compound lies in it.
    :raises CompoundExists: if it has one of this name. :raises compounds.rules.NoCodeLeft: if it has no place left.
    :raises CashierAndBookkeeper: if somebody would keep cash and books of the compound there.
    """
    codes = sorted({community.code, community_of(compound.area_code)})
    areas = {area.code: area for area in Area.objects.select_for_update().filter(code__in=codes).order_by("code")}
    target = areas.get(community.code)
    if target is None or target.level != AreaLevel.COMMUNITY:
        raise UnknownArea(community.code)
    locked = lock_row(compound, version)
    old, today = locked.area_code, timezone.localdate(at)
    if community_of(old) == target.code:
        raise AlreadyThere
    same = Compound.objects.in_area(target.code).filter(name=locked.name).first()
    if same is not None:
        raise CompoundExists(same)
    new = next_compound_code(target.code, codes_taken(target.code))
    _ask_offices(old, new, today)
    along = belongings(locked, target.code, today)
    for plan in _unmanned(locked, target.code, old, today):
        StagePlan.objects.filter(pk=plan.pk).update(responsible=None, version=plan.version + 1)
    locked.area_code, locked.version = new, version + 1
    locked.save(update_fields=["area_code", "version"])
    Appointment.objects.filter(area_code=old).update(area_code=new)
    Job.objects.filter(area_code=old).update(area_code=new)
    _take_units(locked, target.code)
    _take_owners(locked, community_of(old), target.code)
    moved = CompoundMove.objects.create(compound=locked, from_code=old, to_code=new, reason=reason, by=actor, at=at)
    left = areas.get(community_of(old))
    words = f"{locked.name}由{left.name if left else community_of(old)}划归{target.name}：{reason}"
    record("compound.move", words, actor=actor, at=at, area_code=old, subject=locked,
           data={"before": old, "after": new, "version": locked.version, **asdict(along)})  # fmt: skip
    return moved


def _ask_offices(old: str, new: str, today: date) -> None:
    """Ask whether a cashier or bookkeeper of the compound would hold the other office over it at the new place."""
    for held in Appointment.objects.filter(area_code=old, role__in=EXCLUSIVE).select_related("user"):
        if held.until_on is None or held.until_on >= today:
            other = conflicting_appointment(held.user, held.role, new, max(held.from_on, today), held.until_on)
            if other is not None:
                raise CashierAndBookkeeper(other)


def _unmanned(compound: Compound, community: str, old: str, on: date) -> list[StagePlan]:
    """Return the unconfirmed steps planned for somebody who would have no office over the compound any more."""
    plans = StagePlan.objects.filter(compound=compound).exclude(responsible=None).unconfirmed()
    stay = Appointment.objects.active(on).covering(community) | Appointment.objects.active(on).filter(area_code=old)
    users = set(stay.values_list("user", flat=True))
    return [plan for plan in plans if plan.responsible_id not in users]


# --- Property-right units ----------------------------------------------------------------------------------------


def _units(compound: Compound, community: str) -> PropertyUnitQuerySet:
    """Keep the compound's units that are kept by an area which the new community does not lie in."""
    above = [community[:length] for length in CODE_LENGTHS]
    return PropertyUnit.objects.of(compound).exclude(area_code__in=above)


def _take_units(compound: Compound, community: str) -> None:
    """Let the dwellings be of a unit of the new community: the one of the same name, the unit itself, or its copy."""
    for unit in _units(compound, community):
        mine = Dwelling.objects.of(compound).filter(property_unit=unit)
        others = Dwelling.objects.filter(property_unit=unit).exclude(building__compound=compound)
        known = PropertyUnit.objects.filter(area_code=community, name=unit.name).first()
        if known is None and not others.exists():
            PropertyUnit.objects.filter(pk=unit.pk).update(area_code=community, version=unit.version + 1)
            continue
        known = known or PropertyUnit.objects.create(
            area_code=community, name=unit.name, contact=unit.contact, phone=unit.phone, address=unit.address,
            note=unit.note,
        )  # fmt: skip
        mine.update(property_unit=known)


# --- Owners ------------------------------------------------------------------------------------------------------


def _owners(compound: Compound, community: str) -> OwnerQuerySet:
    """Keep who owns or owned something in the compound and stands among a community's persons."""
    here = Ownership.objects.filter(owner=OuterRef("pk"), dwelling__building__compound=compound)
    return Owner.objects.filter(Exists(here), area_code=community)


def _owns_elsewhere(compound: Compound) -> Exists:
    there = Ownership.objects.filter(owner=OuterRef("pk")).exclude(dwelling__building__compound=compound)
    return Exists(there)


def _take_owners(compound: Compound, old: str, community: str) -> None:
    """Let the dwellings be of persons of the new community: one row per community, name and phone, as everywhere.

    Who owns in the old community too has a row in both from now on; whoever the new one knows already is one person.
    """
    rows = _owners(compound, old).annotate(elsewhere=_owns_elsewhere(compound))
    theirs = Owner.objects.filter(area_code=community, erased_at=None).exclude(phone="").order_by("-pk")
    known = {(name, phone): pk for pk, name, phone in theirs.values_list("pk", "name", "phone")}
    alone, gone = [], []
    for owner in list(rows):
        pk = known.get((owner.name, owner.phone))
        if pk is None and not owner.elsewhere:
            alone.append(owner.pk)
            continue
        if pk is None:
            copy = Owner.objects.create(
                area_code=community, name=owner.name, phone=owner.phone, erased_at=owner.erased_at
            )
            pk = copy.pk
        Ownership.objects.filter(owner=owner, dwelling__building__compound=compound).update(owner=pk)
        if not owner.elsewhere:
            gone.append(owner.pk)
    for start in range(0, len(alone), BATCH):
        Owner.objects.filter(pk__in=alone[start : start + BATCH]).update(area_code=community)
    Owner.objects.filter(pk__in=gone).delete()
