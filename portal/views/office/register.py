"""A compound's register: the building grid with its totals, and beside it the list."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from compounds.documents.register import (
    GAPS,
    LACKING,
    OUTSIDE,
    OUTSIDE_SIGN,
    SIGNS,
    RegisterRow,
    grids_of,
    register_rows,
    totals_of,
)
from compounds.forms.dwellings import RegisterFilter
from compounds.models import Building, Compound, Dwelling
from compounds.permissions import can_keep_register, can_see_persons
from compounds.rules import COMMUNITY_CODE_LENGTH, door_order
from core.pages import page_of
from portal.views.office.door import OfficeRequest, compound_page, find_compound, in_scope


def buildings_of(compound: Compound) -> list[Building]:
    """Return a compound's buildings as people count them."""
    return sorted(Building.objects.filter(compound=compound), key=lambda b: door_order(b.label))


@require_safe
@in_scope
def register(request: OfficeRequest, code: str) -> HttpResponse:
    """The register as a picture; ``?view=list`` as a list. Cells outside of what is asked for stay, pale."""
    compound = find_compound(request, code)
    buildings = buildings_of(compound)
    rows = register_rows(compound)
    form = RegisterFilter(request.GET or None, buildings=buildings)
    wanted = form.wanted
    found = [row for row in rows if wanted.holds(row)]
    shown = {
        "form": form,
        "as_list": request.GET.get("view") == "list",
        "totals": totals_of(rows, buildings),
        "found": len(found),
        "asked": len(found) < len(rows),
        "may_see": can_see_persons(request.user, compound.area_code[:COMMUNITY_CODE_LENGTH], request.today),
        "may_keep": can_keep_register(request.user, compound.area_code, request.today),
    }
    if shown["as_list"]:
        order = {b.pk: n for n, b in enumerate(buildings)}
        page = page_of(sorted(found, key=lambda r: order[r.building_id]), request)
        shown |= {"page": page, "rows": _listed(list(page))}
    else:
        keys = {row.pk for row in found}
        signs = {**SIGNS, OUTSIDE: OUTSIDE_SIGN} if shown["asked"] else SIGNS
        drawn = [b for b in buildings if wanted.building in (None, b.pk)]
        grids = grids_of(rows, drawn, lambda r: r.state if r.pk in keys else OUTSIDE, signs, told=LACKING,
                         href=lambda r: f"../dwellings/{r.pk}/")  # fmt: skip
        legend = [(sign, sum(grid.counts[key] for grid in grids)) for key, sign in signs.items()]
        shown |= {"grids": grids, "legend": [(sign, count) for sign, count in legend if count]}
    return compound_page(request, "portal/office/register.html", compound, "register", shown)


def _listed(rows: Sequence[RegisterRow]) -> list[dict[str, object]]:
    """Return a page of the list with owners and representatives, to be shown masked."""
    dwellings = Dwelling.objects.with_people().in_bulk([row.pk for row in rows])
    return [
        {"dwelling": dwellings[row.pk], "gaps": [GAPS[gap] for gap in row.gaps]} for row in rows if row.pk in dwellings
    ]
