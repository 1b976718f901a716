"""A compound goes to another community, on a page that says what goes along and what stays."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from compounds.forms.places import MoveForm
from compounds.models import Area, Compound
from compounds.operations import CashierAndBookkeeper, CompoundExists
from compounds.operations.moving import belongings
from compounds.operations.refusals import AlreadyThere
from compounds.permissions import MOVERS, areas_of, can_move_compound
from compounds.rules import COMMUNITY_CODE_LENGTH, NoCodeLeft
from fees.operations import AccountKnown
from fees.operations.moving import move_with_books, shared_left
from portal.views.office.door import FORM, OfficeRequest, by_password, compound_page, find_compound, in_scope, require
from portal.views.office.saving import saved
from portal.views.office.words import move_refused

REFUSALS = (AlreadyThere, CompoundExists, NoCodeLeft, CashierAndBookkeeper, AccountKnown)


def _communities(request: OfficeRequest, compound: Compound) -> list[tuple[Area, str]]:
    """Return the communities of the user's own streets, with the street's name, without the compound's present one."""
    mine = areas_of(request.user, request.today, MOVERS)
    areas = Area.objects.exclude(code=compound.area_code[:COMMUNITY_CODE_LENGTH]).order_by("code")
    inside = [area for area in areas if any(area.code.startswith(code) for code in mine)]
    streets = {area.code: area.name for area in areas if len(area.code) == 9}
    return [(a, streets.get(a.code[:9], "")) for a in inside if len(a.code) == COMMUNITY_CODE_LENGTH]


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def compound_move(request: OfficeRequest, code: str) -> HttpResponse:
    """Choose the community; see what happens; do it."""
    compound = find_compound(request, code)
    require(can_move_compound(request.user, compound, compound.area_code, request.today))
    communities = _communities(request, compound)
    sent = request.method == "POST"
    chosen = (request.POST if sent else request.GET).get("community", "")
    to = next((area for area, _ in communities if area.code == chosen), None)
    form = MoveForm(request.POST if sent else None, row=compound)
    if sent and to is None:
        form.add_error(None, "还没有选划归哪个社区。")
    elif sent and to is not None and form.is_valid():
        reason = form.cleaned_data["reason"]
        move = partial(move_with_books, compound, to, form.read, reason, actor=request.user, at=request.at)
        try:
            if saved(form, compound, move):
                messages.success(request, f"{compound.name}划归{to.name}了。")
                return redirect("compound_facts", code=compound.code)
        except REFUSALS as problem:
            form.add_error(None, move_refused(problem, to.name))
    shown = {
        "communities": communities,
        "to": to,
        "form": form,
        "along": belongings(compound, to.code, request.today) if to else None,
        "shared": shared_left(compound, to.code) if to else [],
    }
    return compound_page(request, "portal/office/compound_move.html", compound, "facts", shown)
