"""What every page of a ballot asks first: which compound, which ballot; what is out of scope does not exist."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse

from ballots.models import Ballot
from compounds.models import Compound
from portal.views.office.door import OfficeRequest, compound_page, find_compound

HERE = "ballots"


def find_ballot(request: OfficeRequest, code: str, number: int) -> Ballot:
    """Return a ballot of a compound in the user's scope, with its compound and rule; else 404."""
    compound = find_compound(request, code)
    return ballot_of(compound, number)


def ballot_of(compound: Compound, number: int) -> Ballot:
    """Return a compound's ballot by its number, or answer 404."""
    found = Ballot.objects.select_related("rule").filter(compound=compound, number=number).first()
    if found is None:
        raise Http404
    found.compound = compound
    return found


def ballot_page(
    request: OfficeRequest, template: str, ballot: Ballot, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Answer with a page of a ballot: the compound's navigation beside, the ballot's own pages above."""
    return compound_page(request, template, ballot.compound, HERE, {"ballot": ballot, **context}, status)
