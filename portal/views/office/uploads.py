"""The register's workbook: uploaded, checked by a job, looked at, then applied by another; and handed out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from compounds.choices import AreaLevel, Role, UploadState
from compounds.documents.exports import register_sheet
from compounds.forms.uploads import ExportForm, UploadForm
from compounds.imports import register_csv, register_template, register_workbook
from compounds.models import Area, Compound, RegisterUpload
from compounds.operations import (
    KEPT,
    UploadOver,
    apply_key,
    check_key,
    drop_upload,
    failed_file,
    keep_upload,
    start_applying,
)
from compounds.permissions import KEEPERS, areas_of, can_keep_register, has_role
from compounds.rules import COMMUNITY_CODE_LENGTH
from core import jobs as work
from core.models import Job
from core.operations import read_bytes, record
from core.pages import page_of
from portal.views.office.door import FORM, OfficeRequest, by_password, compound_page, find_compound, in_scope, require
from portal.views.office.searches import TYPES
from portal.waiting import narrowed

READERS = [*KEEPERS, Role.AUDITOR]
OVER = "这张表刚被别人导入，或说了不导入。请看它现在的状态。"


def communities_of(request: OfficeRequest) -> list[tuple[str, str]]:
    """Return the communities of the scope whose register the user keeps."""
    within = _whole(areas_of(request.user, request.today, KEEPERS), request.scope.prefixes)
    places = Area.objects.filter(level=AreaLevel.COMMUNITY).order_by("code") if within else []
    return [(area.code, area.name) for area in places if area.code.startswith(tuple(within))]


def _whole(held: Sequence[str], prefixes: Sequence[str]) -> list[str]:
    """Return the areas of the scope down to the community; one's own share of a community is none."""
    codes = {area[:COMMUNITY_CODE_LENGTH] for area in narrowed(held, prefixes)}
    return sorted(code for code in codes if code.startswith(tuple(held)))


@require_http_methods(FORM)
@in_scope
def uploads(request: OfficeRequest) -> HttpResponse:
    """The workbooks of the scope, and a new one."""
    seen = _whole(areas_of(request.user, request.today, READERS), request.scope.prefixes)
    require(bool(seen))
    communities = communities_of(request)
    if request.method == "POST":
        require(bool(areas_of(request.user, request.today, KEEPERS)))
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    asked = {"community": request.GET.get("community", "")}
    form = UploadForm(*sent, communities=communities, initial=asked if asked["community"] else None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        area = Area.objects.get(code=form.cleaned_data["community"])
        upload, _ = keep_upload(file.read(), name=file.name, area=area, actor=request.user, at=request.at)
        return redirect("upload", pk=upload.pk)
    found = RegisterUpload.objects.within(seen).select_related("added_by")
    page = page_of(found, request)
    names = dict(Area.objects.filter(code__in={u.area_code for u in page}).values_list("code", "name"))
    shown = {
        "form": form if communities else None,
        "page": page,
        "rows": [(upload, names.get(upload.area_code, "")) for upload in page],
        "kept": KEPT.days,
    }
    return render(request, "portal/office/uploads.html", shown)


def _find(request: OfficeRequest, pk: int) -> RegisterUpload:
    upload = RegisterUpload.objects.select_related("added_by", "applied_by").filter(pk=pk).first()
    if upload is None or not has_role(request.user, list(Role), upload.area_code, request.today):
        raise Http404
    request.acting_area = upload.area_code
    require(has_role(request.user, READERS, upload.area_code, request.today))
    return upload


def _shown(request: OfficeRequest, upload: RegisterUpload) -> dict[str, Any]:
    job = Job.objects.filter(key__in=[check_key(upload), apply_key(upload)]).order_by("-pk").first()
    seconds = work.remaining_seconds(job, request.at) if job else None
    area = Area.objects.get(code=upload.area_code)
    return {
        "upload": upload,
        "area": area,
        "found": upload.found,
        "job": job,
        "minutes": None if seconds is None else max(1, round(seconds / 60)),
        "applying": job is not None and job.key == apply_key(upload),
        "may": can_keep_register(request.user, upload.area_code, request.today),
        "failed": failed_file(upload),
        "kept": KEPT.days,
    }


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def upload(request: OfficeRequest, pk: int) -> HttpResponse:
    """One workbook: how far its check is, what it would change, what is wrong; then applying it, or not."""
    found = _find(request, pk)
    if request.method == "POST":
        require(can_keep_register(request.user, found.area_code, request.today))
        try:
            if request.POST.get("act") == "apply":
                start_applying(found, actor=request.user, at=request.at)
            elif request.POST.get("act") == "drop":
                drop_upload(found, actor=request.user, at=request.at)
                messages.success(request, "好，这张表不导入了。")
        except UploadOver:
            messages.error(request, OVER)
        return redirect("upload", pk=pk)
    return render(request, "portal/office/upload.html", _shown(request, found))


@require_safe
@in_scope
def upload_progress(request: OfficeRequest, pk: int) -> HttpResponse:
    """How far the check or the import is; when it is over, the whole page is asked for anew."""
    shown = _shown(request, _find(request, pk))
    response = render(request, "portal/office/upload_progress.html", shown)
    if shown["job"] is None or shown["job"].is_finished:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@in_scope
def upload_failed(request: OfficeRequest, pk: int) -> HttpResponse:
    """The rows with faults as a workbook, the faults beside them; handed out only to who may mend them, and recorded."""
    found = _find(request, pk)
    require(can_keep_register(request.user, found.area_code, request.today))
    sha256 = failed_file(found)
    if not sha256 or found.state == UploadState.CHECKING:
        raise Http404
    record("register.failed_rows", "下载房屋表里有错的行", actor=request.user, at=request.at, area_code=found.area_code,
           subject=found, role=request.acting_role)  # fmt: skip
    return workbook_response(read_bytes(sha256), "有错的行.xlsx")


@require_safe
@in_scope
def template_file(request: OfficeRequest) -> HttpResponse:
    """The empty workbook, with lists to choose from and notes."""
    return workbook_response(register_template(), "房屋表模板.xlsx")


@require_http_methods(FORM)
@in_scope
def register_export(request: OfficeRequest, code: str) -> HttpResponse:
    """The register of one compound as a file; whole names only to its keepers, with a reason; recorded."""
    compound = find_compound(request, code)
    require(has_role(request.user, READERS, compound.area_code, request.today))
    form, answer = _export(request, compound.area_code, compound.name, [compound])
    return answer or compound_page(request, "portal/office/register_export.html", compound, "register", {"form": form})


@require_http_methods(FORM)
@in_scope
def community_export(request: OfficeRequest, code: str) -> HttpResponse:
    """The register of a whole community as one file."""
    area = Area.objects.filter(code=code, level=AreaLevel.COMMUNITY).first()
    if area is None or not has_role(request.user, list(Role), code, request.today):
        raise Http404
    require(has_role(request.user, READERS, code, request.today))
    request.acting_area = code
    form, answer = _export(request, code, area.name, list(Compound.objects.in_area(code)))
    return answer or render(request, "portal/office/community_export.html", {"form": form, "area": area})


def _export(
    request: OfficeRequest, area_code: str, name: str, compounds: Sequence[Compound]
) -> tuple[ExportForm, HttpResponse | None]:
    """Return the form, and the file where it was filled in."""
    may = can_keep_register(request.user, area_code, request.today)
    form = ExportForm(request.POST if request.method == "POST" else None, may_whole=may)
    if request.method != "POST" or not form.is_valid():
        return form, None
    masked, format = form.cleaned_data["names"] != "whole", form.cleaned_data["format"]
    sheet = register_sheet(compounds, masked=masked)
    content = register_csv(sheet) if format == "csv" else register_workbook(sheet)
    said = "隐去姓名" if masked else "完整姓名"
    record("register.export", f"导出{name}房屋表{len(sheet.dwellings)}户（{said}，{format}）", actor=request.user,
           at=request.at, area_code=area_code, role=request.acting_role,
           data={"masked": masked, "format": format, "reason": form.cleaned_data["reason"]})  # fmt: skip
    return form, workbook_response(content, f"{name}房屋表{'（隐去姓名）' if masked else ''}.{format}", format)


def workbook_response(content: bytes, name: str, format: str = "xlsx") -> HttpResponse:
    """Return a file to save under its Chinese name."""
    response = HttpResponse(content, content_type=TYPES[format])
    header = content_disposition_header(True, name)
    if header:
        response["Content-Disposition"] = header
    return response
