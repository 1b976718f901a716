"""A compound's residents' representatives: who speaks for which group, since when, until when."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from ballots.forms.rolls import EndForm, RepresentativeForm
from ballots.models import Representative
from ballots.operations.refusals import BallotRefusal
from ballots.operations.representatives import add_representative, end_representative
from ballots.permissions import can_run_ballots
from compounds.models import Compound
from portal.views.office.ballots.door import HERE
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.words_ballots import ballot_words


@require_http_methods(FORM)
@in_scope
def representatives(request: OfficeRequest, code: str) -> HttpResponse:
    """The representatives in office and the former ones; a POST enters a new one."""
    compound = find_compound(request, code)
    may_run = can_run_ballots(request.user, compound, request.today)
    if request.method == "POST":
        require(may_run)
    form = RepresentativeForm(request.POST if request.method == "POST" else None, year=request.today.year)
    if form.is_bound and form.is_valid():
        add = partial(add_representative, compound, actor=request.user, at=request.at)
        try:
            add(**form.cleaned_data)
        except BallotRefusal as problem:
            form.add_error("name", ballot_words(problem))
        else:
            messages.success(request, f"{form.cleaned_data['group']}的代表登记了。")
            return redirect("representatives", code=code)
    found = list(Representative.objects.filter(compound=compound).order_by("group", "pk"))
    shown = {
        "form": form,
        "in_office": [row for row in found if row.until_on is None],
        "former": [row for row in found if row.until_on is not None],
        "may_run": may_run,
    }
    return compound_page(request, "portal/office/representatives.html", compound, HERE, shown)


def _representative(compound: Compound, pk: int) -> Representative:
    found = Representative.objects.filter(compound=compound, pk=pk, until_on=None).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(FORM)
@in_scope
def representative_end(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """End a representative's time on a day."""
    compound = find_compound(request, code)
    require(can_run_ballots(request.user, compound, request.today))
    found = _representative(compound, pk)
    form = EndForm(request.POST if request.method == "POST" else None, year=request.today.year)
    if form.is_bound and form.is_valid():
        try:
            end_representative(found, form.cleaned_data["until_on"], actor=request.user, at=request.at)
        except BallotRefusal as problem:
            form.add_error("until_on", ballot_words(problem))
        else:
            messages.success(request, f"{found.group}的代表卸任了。")
            return redirect("representatives", code=code)
    shown = {"form": form, "representative": found}
    return compound_page(request, "portal/office/representative_end.html", compound, HERE, shown)
