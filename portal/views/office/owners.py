"""One owner: everything kept of a person, shown whole on request; one person or two of the same name."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from compounds.forms.dwellings import ReasonForm
from compounds.forms.owners import MergeForm, OwnerForm, SplitForm
from compounds.models import Compound, Owner, Ownership
from compounds.operations.owners import correct_owner, merge_owners, note_look, split_owner
from compounds.operations.refusals import OwnersRefused, PhoneOfOthers
from compounds.permissions import can_keep_register, can_see_persons
from compounds.rules import COMMUNITY_CODE_LENGTH
from core.masking import mask_name
from core.models import Entry
from core.pages import page_of
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.dwellings import owners_refused, phone_doubt


def here(compound: Compound) -> Q:
    """Keep who owns or owned something in the compound: other people's ids lead nowhere."""
    return Q(ownerships__dwelling__building__compound=compound)


def _find(request: OfficeRequest, code: str, pk: int) -> tuple[Compound, Owner, list[Ownership]]:
    """Return an owner who owns or owned something in the compound, with what of it lies in the user's scope."""
    compound = find_compound(request, code)
    owner = Owner.objects.filter(here(compound), pk=pk).distinct().first()
    if owner is None:
        raise Http404
    seen = Compound.objects.visible_to(request.user, request.today)
    rows = Ownership.objects.filter(owner=owner, dwelling__building__compound__in=seen)
    related = rows.select_related("dwelling__building__compound", "dwelling__entrance")
    return compound, owner, list(related.order_by("until_on", "pk"))


@require_safe
@in_scope
def owners(request: OfficeRequest, code: str) -> HttpResponse:
    """Who bears the same name in the community and may be one person; for those who keep the register there."""
    compound = find_compound(request, code)
    community = compound.area_code[:COMMUNITY_CODE_LENGTH]
    require(can_see_persons(request.user, community, request.today))
    living = Owner.objects.filter(here(compound), erased_at=None)
    names = (
        Owner.objects.filter(area_code=community, erased_at=None, name__in=living.values("name"))
        .values("name")
        .annotate(rows=Count("pk"))
        .filter(rows__gt=1)
        .order_by("name")
        .values_list("name", flat=True)
    )
    page = page_of(names, request, per=20)
    rows: dict[str, list[Owner]] = {name: [] for name in page}
    found = Owner.objects.filter(area_code=community, name__in=list(page), erased_at=None)
    for owner in found.with_dwellings().order_by("pk"):
        rows[owner.name].append(owner)
    mine = set(living.filter(name__in=list(page)).values_list("pk", flat=True))
    groups = [
        {"name": name, "owners": of, "first": next((o for o in of if o.pk in mine), None)} for name, of in rows.items()
    ]
    shown = {"page": page, "groups": groups, "may_keep": can_keep_register(request.user, community, request.today)}
    return compound_page(request, "portal/office/owners.html", compound, "register", shown)


@require_http_methods(FORM)
@in_scope
def owner(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """All that is kept of a person: masked, and after a reason once in full, to print for them."""
    compound, found, rows = _find(request, code, pk)
    require(can_see_persons(request.user, found.area_code, request.today))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    whole = False
    if request.method == "POST" and form.is_valid() and found.erased_at is None:
        note_look(found, f"产权人{mask_name(found.name)}", form.cleaned_data["reason"], area_code=compound.area_code,
                  actor=request.user, at=request.at)  # fmt: skip
        whole, form = True, ReasonForm()
    history = Entry.objects.about("compounds.owner", found.pk)
    shown = {
        "owner": found,
        "now": [row for row in rows if row.until_on is None],
        "before": [row for row in rows if row.until_on is not None],
        "whole": whole,
        "form": form,
        "looks": history.filter(action="person.look")[:50],
        "history": history.exclude(action="person.look")[:50],
        "same": Owner.objects.filter(area_code=found.area_code, name=found.name, erased_at=None).exclude(pk=pk).count(),
        "may_keep": can_keep_register(request.user, found.area_code, request.today) and found.erased_at is None,
    }
    return compound_page(request, "portal/office/owner.html", compound, "register", shown)


def _kept(request: OfficeRequest, code: str, pk: int) -> tuple[Compound, Owner, list[Ownership]]:
    compound, found, rows = _find(request, code, pk)
    require(can_keep_register(request.user, found.area_code, request.today))
    if found.erased_at is not None:
        raise Http404
    return compound, found, rows


@require_http_methods(FORM)
@in_scope
def owner_correction(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Mend a person's name or phone, on request or by a paper; it counts for all dwellings."""
    compound, found, _ = _kept(request, code, pk)
    form = OwnerForm(request.POST if request.method == "POST" else None, owner=found)
    doubt = False
    if request.method == "POST" and form.is_valid():
        name, phone = form.meant
        try:
            correct_owner(found, name, phone, form.cleaned_data["reason"], actor=request.user, at=request.at,
                          confirmed=form.cleaned_data["confirmed"])  # fmt: skip
        except OwnersRefused as problem:
            form.add_error(None, owners_refused(problem))
        except PhoneOfOthers as problem:
            form.add_error(None, phone_doubt(problem))
            doubt = True
        else:
            messages.success(request, "更正好了，在这个人的所有房屋里都算数。")
            return redirect("owner", code=compound.code, pk=pk)
    shown = {"form": form, "owner": found, "doubt": doubt}
    return compound_page(request, "portal/office/owner_correction.html", compound, "register", shown)


@require_http_methods(FORM)
@in_scope
def owner_merge(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Say that rows of one name are one person, on a page that shows what each of them owns."""
    compound, found, _ = _kept(request, code, pk)
    same = Owner.objects.filter(area_code=found.area_code, name=found.name, erased_at=None)
    rows = {row.pk: row for row in same.with_dwellings().order_by("pk")}
    others = [row for row in rows.values() if row.pk != found.pk]
    form = MergeForm(request.POST if request.method == "POST" else None, owner=found, others=others)
    if request.method == "POST" and form.is_valid():
        chosen = [rows[int(key)] for key in form.cleaned_data["others"]]
        phone = form.cleaned_data["phone"]
        try:
            merge_owners(found, chosen, rows[int(phone)].phone if phone else "", actor=request.user, at=request.at)
        except OwnersRefused as problem:
            form.add_error(None, owners_refused(problem))
        else:
            messages.success(request, "合并好了，现在是一个人。")
            return redirect("owner", code=compound.code, pk=pk)
    shown = {"form": form, "owner": rows[found.pk], "others": others}
    return compound_page(request, "portal/office/owner_merge.html", compound, "register", shown)


@require_http_methods(FORM)
@in_scope
def owner_split(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Say that some of a person's dwellings are another one's of the same name."""
    compound, found, rows = _kept(request, code, pk)
    form = SplitForm(request.POST if request.method == "POST" else None, owned=rows)
    if request.method == "POST" and form.is_valid():
        chosen = [row for row in rows if str(row.pk) in form.cleaned_data["rows"]]
        try:
            split_owner(found, chosen, form.cleaned_data["phone"], actor=request.user, at=request.at)
        except OwnersRefused as problem:
            form.add_error(None, owners_refused(problem))
        else:
            messages.success(request, "分好了，现在是两个人。")
            return redirect("register", code=compound.code)
    shown = {"form": form, "owner": found}
    return compound_page(request, "portal/office/owner_split.html", compound, "register", shown)
