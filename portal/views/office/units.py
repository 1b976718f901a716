"""Property-right units: what they own in a compound, and whom to call there."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from compounds.choices import Tenure
from compounds.forms.dwellings import ReasonForm
from compounds.forms.places import UnitForm
from compounds.models import Compound, Dwelling, PropertyUnit
from compounds.operations import change_unit
from compounds.operations.owners import note_look
from compounds.permissions import can_keep_register, can_see_persons
from compounds.rules import door_order, type_dwelling
from core.masking import is_mobile, mask_name
from core.pages import page_of
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.saving import saved


@dataclass(frozen=True)
class UnitTotals:
    """A unit in one compound: dwellings that came from it, those it still owns (未售公房), areas in m²."""

    unit: PropertyUnit
    dwellings: int
    area: Decimal
    owned: int
    owned_area: Decimal


def units_of(compound: Compound) -> list[UnitTotals]:
    """Return the property-right units of a compound with what is theirs there, the largest owner first; two queries."""
    rows = Dwelling.objects.of(compound).exclude(property_unit=None).values_list("property_unit", "tenure", "area")
    held: dict[int, list[tuple[str, Decimal]]] = {}
    for pk, tenure, area in rows:
        held.setdefault(pk, []).append((tenure, area))
    zero = Decimal("0.0000")
    found = []
    for unit in PropertyUnit.objects.of(compound):
        mine = held.get(unit.pk, [])
        owned = [area for tenure, area in mine if tenure == Tenure.UNSOLD_PUBLIC]
        areas = [area for _, area in mine]
        found.append(UnitTotals(unit, len(mine), sum(areas, zero), len(owned), sum(owned, zero)))
    return sorted(found, key=lambda totals: (-totals.owned_area, -totals.area, totals.unit.name))


@require_safe
@in_scope
def units(request: OfficeRequest, code: str) -> HttpResponse:
    """The property-right units of a compound."""
    compound = find_compound(request, code)
    return compound_page(request, "portal/office/units.html", compound, "units", {"units": units_of(compound)})


@require_http_methods(FORM)
@in_scope
def unit(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """One unit: its dwellings here, and its contact, masked; changed by who keeps the register, seen whole for a reason."""
    compound = find_compound(request, code)
    found = PropertyUnit.objects.of(compound).filter(pk=pk).first()
    if found is None:
        raise Http404
    may_change = can_keep_register(request.user, found.area_code, request.today)
    may_see = can_see_persons(request.user, compound.area_code, request.today)
    looks = request.method == "POST" and request.POST.get("act") == "look"
    changes = request.method == "POST" and not looks
    if request.method == "POST":
        require(may_see if looks else may_change)
    look = ReasonForm(request.POST if looks else None)
    whole = looks and look.is_valid()
    if whole:
        note_look(found, f"产权单位{found.name}的联系人{mask_name(found.contact)}", look.cleaned_data["reason"],
                  area_code=compound.area_code, actor=request.user, at=request.at)  # fmt: skip
        look = ReasonForm()
    form = UnitForm(request.POST if changes else None, row=found)
    if changes and form.is_valid():
        save = partial(change_unit, found, form.values(), form.read, actor=request.user, at=request.at)
        if saved(form, found, save, "name", "这个社区已经有同名的产权单位了。"):
            messages.success(request, f"{form.cleaned_data['name']}存好了。")
            return redirect("units", code=compound.code)
    mine = Dwelling.objects.of(compound).filter(property_unit=found).select_related("building", "entrance")
    rows = sorted(
        mine, key=lambda d: (door_order(d.building.label), door_order(d.entrance.label if d.entrance else ""), d.room)
    )
    page = page_of(rows, request)
    for dwelling in page:
        entrance = dwelling.entrance.label if dwelling.entrance else ""
        dwelling.address = type_dwelling(dwelling.building.label, entrance, dwelling.room)
    shown = {
        "unit": found,
        "form": form,
        "look": look if may_see and (found.contact or is_mobile(found.phone)) else None,
        "whole": whole,
        "may_change": may_change,
        "page": page,
        "owned": Tenure.UNSOLD_PUBLIC,
    }
    return compound_page(request, "portal/office/unit.html", compound, "units", shown)
