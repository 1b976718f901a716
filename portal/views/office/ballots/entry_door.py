"""The door of the entry pages: the community's clerks, and whoever was named to enter this one ballot's papers."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, Subquery
from django.db.models.functions import Substr
from django.http import Http404, HttpResponse
from django.shortcuts import render

from ballots.choices import BallotState
from ballots.models import Ballot, Sheet
from ballots.permissions import can_enter_papers
from compounds.models import Area, Compound
from compounds.rules import COMMUNITY_CODE_LENGTH
from portal.permissions import can_work_in, role_in
from portal.views.office.ballots.door import HERE, ballot_page
from portal.views.office.door import OfficeRequest, compound_page, require

CLERK = "选票录入员"


def _admit(request: OfficeRequest, ballot: Ballot, is_clerk: bool) -> None:
    """Note in which compound and as what the person acts; who may not enter sees nothing, or no more than a refusal."""
    compound = ballot.compound
    inside = can_work_in(request.user, compound.area_code, request.today)
    if not inside and not is_clerk:
        raise Http404
    request.compound, request.acting_area = compound, compound.area_code
    request.acting_role = role_in(request.user, compound.area_code, request.today) if inside else CLERK
    require(is_clerk or can_enter_papers(request.user, ballot, request.today))


def entry_ballot(request: OfficeRequest, code: str, number: int) -> Ballot:
    """Return a ballot for somebody who enters its papers: 404 where it does not exist for them."""
    found = Ballot.objects.select_related("rule").filter(compound__code=code, number=number).first()
    if found is None:
        raise Http404
    found.compound = _compounds().get(pk=found.compound_id)
    _admit(request, found, Ballot.objects.filter(pk=found.pk).counted_by(request.user, request.today).exists())
    return found


def entry_sheet(request: OfficeRequest, code: str, number: int, bundle: int, position: int) -> Sheet:
    """Return a sheet with its ballot, compound and bundle in one query, for somebody who enters it."""
    named = Ballot.objects.filter(pk=OuterRef("ballot")).counted_by(request.user, request.today)
    about = _compounds().filter(pk=OuterRef("ballot__compound"))
    sheets = Sheet.objects.select_related("ballot__compound", "ballot__rule", "bundle").annotate(
        is_clerk=Exists(named), households=Subquery(about.values("households")[:1]),
        community_name=Subquery(about.values("community_name")[:1]), voter_kind=F("paper__entry__kind"),
    )  # fmt: skip
    found = sheets.filter(
        ballot__compound__code=code, ballot__number=number, bundle__number=bundle, position=position
    ).first()
    if found is None:
        entry_ballot(request, code, number)
        raise Http404
    compound: Any = found.ballot.compound
    compound.households, compound.community_name = found.households, found.community_name
    _admit(request, found.ballot, found.is_clerk)
    return found


def _compounds() -> Any:
    """Compounds with what their side navigation says."""
    community = Area.objects.filter(code=Substr(OuterRef("area_code"), 1, COMMUNITY_CODE_LENGTH)).values("name")
    return Compound.objects.with_register_totals().annotate(community_name=Subquery(community[:1]))


def is_guest(request: OfficeRequest) -> bool:
    """Return whether the person enters papers without an office here: no page of the compound opens for them."""
    return request.acting_role == CLERK


def entry_page(
    request: OfficeRequest, template: str, ballot: Ballot, context: dict[str, Any], *, plain: bool = False
) -> HttpResponse:
    """Answer with an entry page; ``plain``: without the tabs of the ballot. Guests get no links that stay shut."""
    if is_guest(request):
        shown = {"base": "portal/office/ballot_clerk_base.html", "compound": ballot.compound, "ballot": ballot}
        return render(request, template, {**shown, "today": request.today, "guest": True, **context})
    if plain:
        shown = {"base": "portal/office/compound_base.html", "ballot": ballot, "today": request.today}
        return compound_page(request, template, ballot.compound, HERE, {**shown, **context})
    return ballot_page(request, template, ballot, {"base": "portal/office/ballot_base.html", **context})


def is_counting(ballot: Ballot) -> bool:
    """Return whether papers are entered now."""
    return ballot.state == BallotState.COUNTING
