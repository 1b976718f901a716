"""What a compound is, has and lacks: facts and eligibility, facilities, resources, buildings, photographs."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from compounds.choices import AreaLevel, ProgrammeLine, Tenure
from compounds.forms.places import (
    BuildingForm,
    CompoundForm,
    FacilityForm,
    NewCompoundForm,
    PhotographForm,
    ResourceForm,
    VersionForm,
)
from compounds.models import Area, Building, Compound, CompoundPhoto, Dwelling, Facility, PublicResource
from compounds.operations import (
    CompoundExists,
    NameTaken,
    StillUsed,
    add_building,
    add_photograph,
    change_building,
    change_compound,
    change_thing,
    drop_building,
    drop_photograph,
    drop_thing,
    list_thing,
    make_compound,
)
from compounds.permissions import KEEPERS, areas_of, can_keep_register, can_move_compound
from compounds.rules import Eligibility, NoCodeLeft, eligibility
from core.choices import EvidenceKind
from core.operations import AttachmentRefused, add_attachment
from core.papers import too_large
from portal.stages import INELIGIBLE
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require, version_sent
from portal.views.office.saving import saved

THINGS: dict[str, tuple[type[Facility] | type[PublicResource], type[VersionForm], str]] = {
    "facilities": (Facility, FacilityForm, "设施"),
    "resources": (PublicResource, ResourceForm, "公共资源"),
}


def eligibility_of(compound: Compound) -> Eligibility:
    """Judge a compound by its register and its attested facts; one query (Q1, Q5)."""
    tenures = list(Dwelling.objects.of(compound).values_list("tenure", flat=True))
    return eligibility(
        unified_management=compound.unified_management,
        reform_dwellings=tenures.count(Tenure.REFORM.value),
        dwellings=len(tenures),
        has_owners_body=compound.owners_body != "none",
    )


def why_not(judged: Eligibility) -> list[str]:
    """Return in words what speaks against a compound."""
    return [INELIGIBLE[reason] for reason in judged.reasons]


# --- Facts --------------------------------------------------------------------------------------------------------


@require_http_methods(FORM)
@in_scope
def compound_new(request: OfficeRequest) -> HttpResponse:
    """Add a compound to a community of one's own."""
    mine = areas_of(request.user, request.today, KEEPERS)
    communities = [
        (area.code, area.name)
        for area in Area.objects.communities()
        if any(area.code.startswith(code) for code in mine)
    ]
    require(bool(mine))
    sent = request.method == "POST"
    form = NewCompoundForm(request.POST if sent else None, communities=communities)
    if sent and form.is_valid():
        data = form.values()
        community = Area.objects.get(code=data.pop("community"), level=AreaLevel.COMMUNITY)
        told = {"unified_management": data.pop("unified_management"), "owners_body": data.pop("owners_body")}
        try:
            made = make_compound(community, data.pop("name"), actor=request.user, at=request.at, **data)
            change_compound(made, told, 1, actor=request.user, at=request.at)
        except CompoundExists as problem:
            form.add_error("name", f"{community.name}已经有这个小区了，编号{problem.compound.code}。")
        except NoCodeLeft:
            form.add_error("community", f"{community.name}已经有99个小区，编号用完了。")
        else:
            messages.success(request, f"{made.name}建好了，编号{made.code}。接着加楼，或导入房屋表。")
            return redirect("office_compound", code=made.code)
    return render(request, "portal/office/compound_new.html", {"form": form})


@require_http_methods(FORM)
@in_scope
def compound_facts(request: OfficeRequest, code: str) -> HttpResponse:
    """A compound's facts and whether it may join the programme; changed by who keeps the register."""
    compound = find_compound(request, code)
    may_change = can_keep_register(request.user, compound.area_code, request.today)
    sent = request.method == "POST"
    if sent:
        require(may_change)
    form = CompoundForm(request.POST if sent else None, row=compound)
    if sent and form.is_valid():
        save = partial(change_compound, compound, form.values(), form.read, actor=request.user, at=request.at)
        if saved(form, compound, save, "name", "这个社区已经有同名的小区了。"):
            messages.success(request, "小区情况存好了。")
            return redirect("compound_facts", code=compound.code)
    judged = eligibility_of(compound)
    shown = {"form": form, "may_change": may_change, "eligible": judged.is_eligible, "why_not": why_not(judged)}
    shown["may_move"] = can_move_compound(request.user, compound, compound.area_code, request.today)
    return compound_page(request, "portal/office/compound_facts.html", compound, "facts", shown)


# --- Facilities and public resources ------------------------------------------------------------------------------


@require_safe
@in_scope
def things(request: OfficeRequest, code: str) -> HttpResponse:
    """What stands in a compound by the four lines, what is missing, and what could bring income."""
    compound = find_compound(request, code)
    facilities = list(Facility.objects.filter(compound=compound))
    resources = list(PublicResource.objects.filter(compound=compound))
    return compound_page(
        request,
        "portal/office/things.html",
        compound,
        "things",
        {
            "lines": [(line.label, line.value, [f for f in facilities if f.line == line]) for line in ProgrammeLine],
            "facilities": facilities,
            "resources": resources,
            "yearly": sum(r.yearly for r in resources if r.yearly is not None) if resources else None,
            "may_change": can_keep_register(request.user, compound.area_code, request.today),
        },
    )


@require_http_methods(FORM)
@in_scope
def thing_new(request: OfficeRequest, code: str, kind: str) -> HttpResponse:
    """Put a facility or resource on the list; ``?line=`` chooses the line."""
    if kind not in THINGS:
        raise Http404
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    model, form_class, name = THINGS[kind]
    sent = request.method == "POST"
    form = form_class(request.POST if sent else None, initial={"line": request.GET.get("line", "")})
    if sent and form.is_valid():
        try:
            made = list_thing(model, compound, form.values(), actor=request.user, at=request.at)
        except NameTaken:
            form.add_error("name", "清单上已经有这一项了。")
        else:
            messages.success(request, f"{made.name}登记好了。")
            return redirect("things", code=compound.code)
    shown = {"form": form, "name": name}
    return compound_page(request, "portal/office/thing.html", compound, "things", shown)


@require_http_methods(FORM)
@in_scope
def thing(request: OfficeRequest, code: str, kind: str, pk: int) -> HttpResponse:
    """Change one facility or resource, or take it off the list."""
    if kind not in THINGS:
        raise Http404
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    model, form_class, name = THINGS[kind]
    found = model._default_manager.filter(compound=compound, pk=pk).select_related("compound").first()
    if found is None:
        raise Http404
    sent = request.method == "POST"
    form = form_class(request.POST if sent else None, row=found)
    if sent and request.POST.get("act") == "drop":
        drop = partial(drop_thing, found, version_sent(request), actor=request.user, at=request.at)
        if saved(form, found, drop):
            messages.success(request, f"{found.name}从清单上去掉了。")
            return redirect("things", code=compound.code)
    elif sent and form.is_valid():
        change = partial(change_thing, found, form.values(), form.read, actor=request.user, at=request.at)
        if saved(form, found, change, "name", "清单上已经有这一项了。"):
            messages.success(request, f"{form.cleaned_data['name']}改好了。")
            return redirect("things", code=compound.code)
    shown = {"form": form, "thing": found, "name": name}
    return compound_page(request, "portal/office/thing.html", compound, "things", shown)


# --- Buildings ----------------------------------------------------------------------------------------------------


@require_safe
@in_scope
def buildings(request: OfficeRequest, code: str) -> HttpResponse:
    """The buildings of a compound with their entrances and dwellings."""
    compound = find_compound(request, code)
    shown = {
        "buildings": Building.objects.with_totals(compound),
        "may_change": can_keep_register(request.user, compound.area_code, request.today),
    }
    return compound_page(request, "portal/office/buildings.html", compound, "buildings", shown)


@require_http_methods(FORM)
@in_scope
def building_new(request: OfficeRequest, code: str) -> HttpResponse:
    """Add a building with its entrances."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    sent = request.method == "POST"
    form = BuildingForm(request.POST if sent else None)
    if sent and form.is_valid():
        data = form.cleaned_data
        try:
            add_building(compound, data["label"], data["floors"], data["entrances"], actor=request.user, at=request.at)
        except NameTaken:
            form.add_error("label", "这个小区已经有这栋楼了。")
        else:
            messages.success(request, f"{data['label']}号楼加好了。")
            return redirect("buildings", code=compound.code)
    return compound_page(request, "portal/office/building.html", compound, "buildings", {"form": form})


@require_http_methods(FORM)
@in_scope
def building(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Change a building, or remove one that has no dwellings."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    found = Building.objects.filter(compound=compound, pk=pk).prefetch_related("entrances").first()
    if found is None:
        raise Http404
    sent = request.method == "POST"
    drops = sent and request.POST.get("act") == "drop"
    form = BuildingForm(request.POST if sent else None, row=found)
    try:
        if drops:
            drop = partial(drop_building, found, version_sent(request), actor=request.user, at=request.at)
            if saved(form, found, drop):
                messages.success(request, f"{found.label}号楼去掉了。")
                return redirect("buildings", code=compound.code)
        elif sent and form.is_valid():
            data = form.values()
            change = partial(change_building, found, **data, version=form.read, actor=request.user, at=request.at)
            if saved(form, found, change, "label", "这个小区已经有这栋楼了。"):
                messages.success(request, f"{data['label']}号楼改好了。")
                return redirect("buildings", code=compound.code)
    except StillUsed as problem:
        where = "这栋楼" if drops else f"{problem}单元"
        form.add_error(None, f"{where}里还有房屋，不能去掉。先把房屋改到别处或去掉。")
    shown = {"form": form, "building": found}
    return compound_page(request, "portal/office/building.html", compound, "buildings", shown)


# --- Photographs --------------------------------------------------------------------------------------------------


@require_http_methods(FORM)
@in_scope
def photographs(request: OfficeRequest, code: str) -> HttpResponse:
    """The photographs of a compound, and one more from a phone or a file."""
    compound = find_compound(request, code)
    may_change = can_keep_register(request.user, compound.area_code, request.today)
    sent = request.method == "POST"
    if sent:
        require(may_change)
    form = PhotographForm(request.POST if sent else None, today=request.today)
    fault = ""
    if sent:
        file = request.FILES.get("photograph")
        if file is None:
            fault = "还没有拍，也没有选照片。"
        elif too_large(file.size or 0):
            fault = f"{file.name}：{too_large(file.size or 0)}"
        elif form.is_valid():
            data = form.cleaned_data
            try:
                kept = add_attachment(
                    file.read(), name=file.name or "照片", kind=EvidenceKind.PHOTO, number="",
                    area_code=compound.area_code, actor=request.user, at=request.at,
                )  # fmt: skip
            except AttachmentRefused as problem:
                fault = f"{file.name}：{problem}"
            else:
                if kept.content_type == "application/pdf":
                    fault = "请传照片，不要传PDF。"
                else:
                    add_photograph(compound, kept, data["caption"], data["taken_on"], data["shown"],
                                   actor=request.user, at=request.at)  # fmt: skip
                    messages.success(request, f"照片存好了：{data['caption']}。")
                    return redirect("photographs", code=compound.code)
    shown = {
        "photographs": CompoundPhoto.objects.filter(compound=compound).select_related("attachment"),
        "form": form,
        "fault": fault,
        "may_change": may_change,
    }
    return compound_page(request, "portal/office/photographs.html", compound, "photographs", shown)


@require_POST
@in_scope
def photograph_drop(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Take a photograph down."""
    compound = find_compound(request, code)
    require(can_keep_register(request.user, compound.area_code, request.today))
    found = CompoundPhoto.objects.filter(compound=compound, pk=pk).select_related("compound").first()
    if found is None:
        raise Http404
    drop_photograph(found, actor=request.user, at=request.at)
    messages.success(request, f"照片取下了：{found.caption}。")
    return redirect("photographs", code=compound.code)
