"""The asset list of a compound: read, print, export; listed from the vouchers that bought, changed, retired."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from compounds.models import Compound
from core import pdf
from core.models import Entry
from fees.choices import AssetState
from fees.documents import assets_of, assets_workbook, cost_of, unlisted
from fees.forms import AssetForm, RetireForm
from fees.models import Asset, Book, Voucher
from fees.operations import AssetData, Refusal, change_asset, list_asset, retire_asset
from fees.permissions import can_enter
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.words import sentence_of
from portal.waiting import ASSET_DAYS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@in_scope
def assets(request: OfficeRequest, code: str) -> HttpResponse:
    """The asset list; ``?format=pdf`` to print with columns for stocktaking, ``?format=xlsx`` as a workbook."""
    compound = find_compound(request, code)
    rows = assets_of(compound)
    asked = request.GET.get("format", "")
    if asked == "xlsx":
        return _file(assets_workbook(compound), XLSX, f"{compound.name}资产台账.xlsx")
    if asked == "pdf":
        in_use = [asset for asset in rows if asset.state == AssetState.IN_USE]
        shown = {"compound": compound, "assets": in_use, "cost": cost_of(in_use), "today": request.today}
        sheet = pdf.render(render_to_string("fees/assets_print.html", shown))
        return _file(sheet.bytes, "application/pdf", f"{compound.name}资产台账.pdf")
    since = request.today - timedelta(days=ASSET_DAYS)
    return compound_page(
        request,
        "portal/office/assets.html",
        compound,
        "assets",
        {
            "assets": rows,
            "cost": cost_of(rows),
            "in_use": sum(asset.state == AssetState.IN_USE for asset in rows),
            "unlisted": list(unlisted([compound], since)),
            "may_enter": can_enter(request.user, compound, request.today) and Book.objects.of(compound).exists(),
        },
    )


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _bought_with(request: OfficeRequest, compound: Compound) -> Voucher | None:
    """Return the voucher that ``?voucher=`` names, if it is the compound's."""
    asked = request.POST.get("voucher", "") or request.GET.get("voucher", "")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 12):
        raise Http404
    found = Voucher.objects.of(compound).for_display().filter(pk=int(asked)).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(FORM)
@in_scope
def asset_new(request: OfficeRequest, code: str) -> HttpResponse:
    """List a thing, filled in from the voucher that bought it where one is named."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    voucher = _bought_with(request, compound)
    initial: dict[str, object] = {"quantity": "1"}
    if voucher is not None:
        line = voucher.lines.all()[0]
        initial = {
            "name": line.summary[:60], "quantity": line.quantity or "1", "cost": voucher.amount,
            "bought_on": voucher.on,
        }  # fmt: skip
    form = AssetForm(request.POST if request.method == "POST" else None, today=request.today, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            data = AssetData(**form.cleaned_data)
            asset = list_asset(compound, data, actor=request.user, at=request.at, voucher=voucher)
        except Refusal as problem:
            form.add_error(None, sentence_of(problem))
        else:
            messages.success(request, f"{asset.name}登记在资产台账上了。")
            return redirect("assets", code=compound.code)
    shown = {"form": form, "voucher": voucher}
    return compound_page(request, "portal/office/asset_new.html", compound, "assets", shown)


def _asset(compound: Compound, pk: int) -> Asset:
    found = Asset.objects.filter(compound=compound, pk=pk).select_related("compound", "voucher__book").first()
    if found is None:
        raise Http404
    return found


@require_http_methods(FORM)
@in_scope
def asset(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """One thing: what stands of it, what happened to it; changed by the bookkeeper."""
    compound = find_compound(request, code)
    found = _asset(compound, pk)
    may_enter = can_enter(request.user, compound, request.today)
    if request.method == "POST":
        require(may_enter)
    names = AssetForm.base_fields
    initial = {name: getattr(found, name) for name in names}
    form = AssetForm(request.POST if request.method == "POST" else None, today=request.today, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_asset(found, AssetData(**form.cleaned_data), actor=request.user, at=request.at)
        except Refusal as problem:
            form.add_error(None, sentence_of(problem))
        else:
            messages.success(request, f"{form.cleaned_data['name']}改好了。")
            return redirect("asset", code=compound.code, pk=pk)
    history = Entry.objects.filter(object_type="fees.asset", object_id=str(found.pk)).order_by("at", "pk")
    may_change = may_enter and found.state == AssetState.IN_USE
    shown = {"asset": found, "form": form, "history": history, "may_change": may_change}
    return compound_page(request, "portal/office/asset.html", compound, "assets", shown)


@require_http_methods(FORM)
@in_scope
def asset_retire(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Take a thing out of use, on a page that says what happens."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    found = _asset(compound, pk)
    sent = request.method == "POST"
    form = RetireForm(request.POST if sent else None, today=request.today, initial={"on": request.today})
    if sent and form.is_valid():
        try:
            retire_asset(found, form.cleaned_data["on"], form.cleaned_data["note"], actor=request.user, at=request.at)
        except Refusal as problem:
            form.add_error(None, sentence_of(problem))
        else:
            messages.success(request, f"{found.name}已处置，还留在台账上。")
            return redirect("assets", code=compound.code)
    shown = {"asset": found, "form": form}
    return compound_page(request, "portal/office/asset_retire.html", compound, "assets", shown)
