"""Dwellings of the register: added, changed, and taken out where nothing refers to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import models, transaction

from compounds.choices import Use
from compounds.models import Building, Compound, Dwelling, Entrance, Owner, Ownership, PropertyUnit
from compounds.operations.changing import change_row, change_since
from compounds.operations.refusals import ChangedMeanwhile, DwellingRefused, PhoneOfOthers
from compounds.rules import (
    COMMUNITY_CODE_LENGTH,
    DWELLING_AREA_AT_MOST,
    Address,
    names_several,
    show_dwelling,
)
from core.models import User
from core.money import plain_decimal
from core.operations import record

# The history keeps them masked.
PERSONAL = ("representative", "representative_phone", "note")


@dataclass(frozen=True, slots=True)
class DwellingData:
    """A dwelling as typed; ``area`` in m². None for the representative: leave the one who is known."""

    address: Address
    area: Decimal
    area_source: str
    tenure: str
    use: str
    votes: bool
    vacant: bool = False
    property_unit: PropertyUnit | None = None
    representative: str | None = ""
    representative_phone: str | None = ""
    representative_kind: str | None = ""
    heirs_pending: bool = False
    note: str = ""


def area_code_of(dwelling: Dwelling) -> str:
    """Return the code of the area that a dwelling's history belongs to."""
    return dwelling.building.compound.area_code


def _values(compound: Compound, data: DwellingData, known: Dwelling | None, confirmed: bool) -> dict[str, object]:
    """Return the columns meant, after asking everything that could be wrong with them."""
    if data.area <= 0:
        raise DwellingRefused("area")
    if data.use == Use.DWELLING and data.area > DWELLING_AREA_AT_MOST:
        raise DwellingRefused("area_large")
    if data.property_unit and not compound.area_code.startswith(data.property_unit.area_code):
        raise DwellingRefused("unit")
    if data.representative and names_several(data.representative):
        raise DwellingRefused("representatives")
    building = Building.objects.select_for_update().filter(compound=compound, label=data.address.building).first()
    if building is None:
        raise DwellingRefused("building", show_dwelling(data.address.building, "", ""))
    entrance = None
    if data.address.entrance:
        entrance = Entrance.objects.filter(building=building, label=data.address.entrance).first()
        if entrance is None:
            raise DwellingRefused("entrance", f"{data.address.entrance}单元")
    same = Dwelling.objects.filter(building=building, entrance=entrance, room=data.address.room)
    if (same.exclude(pk=known.pk) if known else same).exists():
        raise DwellingRefused("exists", show_dwelling(building.label, data.address.entrance, data.address.room))
    values: dict[str, object] = {
        "building": building, "entrance": entrance, "room": data.address.room, "area": data.area,
        "area_source": data.area_source, "tenure": data.tenure, "use": data.use, "votes": data.votes,
        "vacant": data.vacant, "property_unit": data.property_unit, "heirs_pending": data.heirs_pending,
        "note": data.note,
    }  # fmt: skip
    for name in ("representative", "representative_phone", "representative_kind"):
        if getattr(data, name) is not None:
            values[name] = getattr(data, name)
    person = str(values.get("representative", known.representative if known else ""))
    if not person and any(values.get(name) for name in ("representative_phone", "representative_kind")):
        raise DwellingRefused("representative")
    if not person:
        values |= {"representative_phone": "", "representative_kind": ""}
    phone = str(values.get("representative_phone") or "")
    if phone and not confirmed:
        ask_phone(compound.area_code, person, phone)
    return values


def ask_phone(area_code: str, name: str, phone: str, beside: Iterable[int] = ()) -> None:
    """Ask whether the community knows a phone under other names; owners ``beside`` are left out.

    :raises PhoneOfOthers: with the names.
    """
    community = area_code[:COMMUNITY_CODE_LENGTH]
    owners = Owner.objects.filter(area_code=community, phone=phone).exclude(pk__in=list(beside))
    dwellings = Dwelling.objects.filter(building__compound__area_code__startswith=community, representative_phone=phone)
    names = {*owners.values_list("name", flat=True), *dwellings.values_list("representative", flat=True)} - {name}
    if names:
        raise PhoneOfOthers(phone, tuple(sorted(names)))


@transaction.atomic
def add_dwelling(
    compound: Compound, data: DwellingData, *, actor: User, at: datetime, confirmed: bool = False
) -> Dwelling:
    """Add a dwelling to a building that is known. Record it. ``confirmed``: a phone under two names is meant.

    :raises DwellingRefused: if building or entrance is unknown, the room is there already, the area is 0 or less, that
        of a home above 1,000 m², or two representatives stand in one field.
    :raises PhoneOfOthers: if the community knows the phone under another name.
    """
    values = _values(compound, data, None, confirmed)
    made = Dwelling.objects.create(**values)
    record("dwelling.add", f"登记房屋{made}，{plain_decimal(made.area)}平方米", actor=actor, at=at,
           area_code=compound.area_code, subject=made)  # fmt: skip
    return made


@transaction.atomic
def change_dwelling(
    dwelling: Dwelling, data: DwellingData, version: int, *, actor: User, at: datetime, confirmed: bool = False
) -> Dwelling:
    """Change what the register says of a dwelling that has ``version``. Record before and after, people masked.

    :raises ChangedMeanwhile: if someone saved it since that version was read.
    :raises DwellingRefused: :raises PhoneOfOthers: as ``add_dwelling``.
    """
    compound = dwelling.building.compound
    values = _values(compound, data, dwelling, confirmed or data.representative_phone == dwelling.representative_phone)
    return change_row(
        dwelling, values, version, action="dwelling.change", title=f"房屋{dwelling}", area_code=compound.area_code,
        actor=actor, at=at, masked=PERSONAL,
    )  # fmt: skip


def lock_dwelling(dwelling: Dwelling, version: int) -> Dwelling:
    """Return the dwelling locked, as it stands in ``version``; call inside a transaction.

    :raises ChangedMeanwhile: if someone saved it since.
    """
    found = Dwelling.objects.select_for_update(of=("self",)).select_related("building__compound", "entrance")
    locked = found.get(pk=dwelling.pk)
    if locked.version != version:
        raise ChangedMeanwhile(change_since(locked, version))
    return locked


def what_refers(dwelling: Dwelling) -> list[str]:
    """Return what hangs on a dwelling and keeps it in the register: former owners, and rows of any other table."""
    found = ["以前的产权人"] if Ownership.objects.past().filter(dwelling=dwelling).exists() else []
    for relation in Dwelling._meta.related_objects:
        model = relation.related_model
        if model is Ownership or not isinstance(model, type) or not issubclass(model, models.Model):
            continue
        if model._default_manager.filter(**{relation.field.name: dwelling}).exists():
            found.append(str(model._meta.verbose_name))
    return found


@transaction.atomic
def remove_dwelling(dwelling: Dwelling, version: int, reason: str, *, actor: User, at: datetime) -> None:
    """Take a dwelling out of the register that was put there by mistake. Record it with its area and owners' number.

    :raises DwellingRefused: if something refers to it: a questionnaire, a former owner, a paper.
    :raises ChangedMeanwhile: if someone saved it since that version was read.
    """
    locked = lock_dwelling(dwelling, version)
    refers = what_refers(locked)
    if refers:
        raise DwellingRefused("used", "、".join(refers))
    owners = list(Owner.objects.filter(ownerships__dwelling=locked).distinct().values_list("pk", flat=True))
    record("dwelling.remove", f"去掉房屋{locked}，{plain_decimal(locked.area)}平方米，产权人{len(owners)}位：{reason}",
           actor=actor, at=at, area_code=area_code_of(locked), subject=locked)  # fmt: skip
    locked.ownerships.all().delete()
    try:
        locked.delete()
    except models.ProtectedError:  # filled in meanwhile
        raise DwellingRefused("used", "刚登记的调查或走访") from None
    # Who owns nothing and never did is nobody's business (个人信息保护法 47).
    Owner.objects.filter(pk__in=owners, ownerships=None).delete()
