"""月报: what streets and the district report of a month; prepared by one, checked and frozen by another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from compounds.forms.reports import ReportForm, ReportIssueForm
from compounds.models import Area, MonthlyReport, ReportDraft
from compounds.operations import ChangedMeanwhile
from compounds.operations.refusals import PreparedBySelf, ReportNotPrepared
from compounds.operations.reports import issue_report, save_report_draft
from compounds.permissions import areas_of, can_check_report, can_prepare_report
from core import pdf
from core.hashing import sha256_text
from core.models import User
from core.operations import NewDocument, NewFile, draw_document_code, read_bytes, store_files
from fees.rules import month_of, next_month, previous_month
from portal.documents.reports import (
    KIND,
    LATER_WORDS,
    NOTES,
    Report,
    days_late,
    newest_reports,
    report_due,
    report_now,
    report_workbook,
)
from portal.permissions import role_in
from portal.views.office.door import FORM, OfficeRequest, by_password, in_scope, month_or_404, require
from portal.views.office.words import changed_meanwhile

HANDED_IN = "交审核了。审核的人现在可以审核定稿。"
KEPT = "存好了，还没有交审核。"
NOT_HANDED_IN = "这个月的月报还没有交审核。"
FILES = {
    "pdf": ("application/pdf", "PDF"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "表格"),
}


@dataclass(frozen=True)
class _Place:
    """The area and month of a page: with who may do what, the draft and the issued versions, newest first."""

    area: Area
    month: date
    may_prepare: bool
    may_check: bool
    draft: ReportDraft | None
    issued: list[MonthlyReport]

    @property
    def next_version(self) -> int:
        return self.issued[0].version + 1 if self.issued else 1


def _areas(request: OfficeRequest) -> list[Area]:
    """Return the district and streets that report and lie in the scope; a community's people have none."""
    mine = [code for code in request.scope.prefixes if len(code) <= 9]
    found = Area.objects.filter(level__in=["district", "street"]).order_by("code")
    return [area for area in found if any(area.code.startswith(code) for code in mine)]


def _ended_month(text: str, today: date) -> date:
    """Return the month in an address; one that is not over reports nothing yet.

    :raises Http404: for it.
    """
    month = month_or_404(text)
    if month >= month_of(today):
        raise Http404
    return month


def _place(request: OfficeRequest, code: str, text: str) -> _Place:
    """Find what a page is about; an area out of the user's own answers like one that does not exist."""
    month = _ended_month(text, request.today)
    area = Area.objects.filter(code=code, level__in=["district", "street"]).first()
    if area is None or not any(code.startswith(own) for own in areas_of(request.user, request.today)):
        raise Http404
    request.acting_area, request.acting_role = code, role_in(request.user, code, request.today)
    return _Place(
        area,
        month,
        can_prepare_report(request.user, code, request.today),
        can_check_report(request.user, code, request.today),
        ReportDraft.objects.filter(area_code=code, month=month).select_related("prepared_by").first(),
        list(
            MonthlyReport.objects.filter(area_code=code, month=month).select_related(
                "document", "prepared_by", "checked_by"
            )
        ),
    )


def _now(place: _Place) -> Report:
    """Return what would be frozen now."""
    return seen_report(place.area, place.month, place.draft, place.next_version)


def seen_report(area: Area, month: date, draft: ReportDraft | None, version: int = 1) -> Report:
    """Return what an area's report of a month says now, with what is typed for it."""
    streets = {}
    if len(area.code) == 6:
        streets = dict(Area.objects.streets().below(area.code).values_list("code", "name"))
    return report_now(
        area.code,
        area.name.removeprefix("北京市"),
        month,
        streets,
        problems=draft.problems if draft else "",
        plans=draft.plans if draft else "",
        prepared_by=draft.prepared_by.name if draft else "",
        version=version,
    )


@require_safe
@in_scope
def reports(request: OfficeRequest) -> HttpResponse:
    """One month: which area's report is issued, prepared, or not begun."""
    this = month_of(request.today)
    asked = request.GET.get("month", "")
    month = _ended_month(asked, request.today) if asked else previous_month(this)
    areas = _areas(request)
    codes = [area.code for area in areas]
    issued = newest_reports(codes, month)
    drafts = {
        draft.area_code: draft
        for draft in ReportDraft.objects.filter(area_code__in=codes, month=month).select_related("prepared_by")
    }
    return render(
        request,
        "portal/office/reports.html",
        {
            "month": month,
            "earlier": previous_month(month),
            "later": next_month(month) if next_month(month) < this else None,
            "due": report_due(month),
            "late": days_late(month, request.today),
            "rows": [(area, issued.get(area.code), drafts.get(area.code)) for area in areas],
            "done": len(issued),
        },
    )


@require_http_methods(FORM)
@in_scope
def report(request: OfficeRequest, code: str, month: str) -> HttpResponse:
    """A report: the newest version as frozen, else what it would say now; whoever prepares it types here."""
    place = _place(request, code, month)
    sent = request.method == "POST"
    if sent:
        require(place.may_prepare)
    draft = place.draft
    form = ReportForm(
        request.POST if sent else None,
        initial={
            "version": draft.version if draft else 0,
            "problems": draft.problems if draft else "",
            "plans": draft.plans if draft else "",
        },
    )
    if sent and form.is_valid():
        hand_in = request.POST.get("act") == "hand_in"
        try:
            save_report_draft(
                code, place.month, form.values(), form.read, hand_in=hand_in, actor=request.user, at=request.at
            )
        except ChangedMeanwhile as problem:
            form.add_error(None, changed_meanwhile(problem))
            found = ReportDraft.objects.get(area_code=code, month=place.month)
            form.data = {**request.POST.dict(), "version": str(found.version)}
        else:
            messages.success(request, HANDED_IN if hand_in else KEPT)
            return redirect("report", code=code, month=month)
    shown = Report.from_json(place.issued[0].document.data) if place.issued else _now(place)
    return render(request, "portal/office/report.html", {**_shown(place, request.today), "report": shown, "form": form})


def _shown(place: _Place, today: date) -> dict[str, object]:
    return {
        "place": place,
        "due": report_due(place.month),
        "late": 0 if place.issued else days_late(place.month, today),
        "notes": NOTES,
        "later_words": LATER_WORDS,
        "files": [(kind, words) for kind, (_, words) in FILES.items()],
        "today": today,
    }


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def report_issue(request: OfficeRequest, code: str, month: str) -> HttpResponse:
    """Check a prepared report and freeze it; what is frozen is what was seen, else it is shown anew."""
    place = _place(request, code, month)
    require(place.may_check)
    draft = place.draft
    problem = ""
    if draft is None or not draft.handed_in:
        problem = NOT_HANDED_IN
    elif draft.prepared_by_id == request.user.pk:
        problem = "月报是您编制的，要由另一个人审核。"
    can_issue = not problem
    now = _now(place)
    fresh = {"version": draft.version if draft else 1, "seen": now.figures_hash}
    form = ReportIssueForm(
        request.POST if request.method == "POST" else None, needs_reason=bool(place.issued), initial=fresh
    )
    if request.method == "POST" and form.is_valid() and draft is not None and not problem:
        said = form.cleaned_data
        if said["seen"] != now.figures_hash:
            problem = "打开这一页以后，数变了。下面是现在的数，看过再定稿。"
        else:
            draft.version = said["version"]
            try:
                freeze_report(draft, replace(now, reason=said.get("reason", "")), actor=request.user, at=request.at)
            except ChangedMeanwhile as refused:
                problem = changed_meanwhile(refused)
            except PreparedBySelf:
                problem = "月报是您编制的，要由另一个人审核。"
            except ReportNotPrepared:
                problem = NOT_HANDED_IN
            else:
                messages.success(request, f"{now.title}定稿了。")
                return redirect("report", code=code, month=month)
    if request.method == "POST" and problem:
        form.data = {**request.POST.dict(), **{name: str(value) for name, value in fresh.items()}}
    shown = {
        **_shown(place, request.today), "report": now, "form": form, "problem": problem,
        "can_issue": can_issue,
    }  # fmt: skip
    return render(request, "portal/office/report_issue.html", shown)


def freeze_report(draft: ReportDraft, seen: Report, *, actor: User, at: datetime) -> None:
    """Set and store the files of a report as its checker saw it, then write the rows; raises as ``issue_report``."""
    final = replace(
        seen, checked_by=actor.name, code=draw_document_code(), issued_on=timezone.localdate(at).isoformat()
    )
    sheet = pdf.render(render_to_string("portal/office/report_print.html", {"report": final, "notes": NOTES}))
    text = final.to_json()
    files = store_files([NewFile("pdf", sheet.bytes, sheet.pages), NewFile("xlsx", report_workbook(final))])
    new = NewDocument(
        final.code, KIND, final.title, final.version, draft.area_code, text, sha256_text(text), files
    )  # fmt: skip
    issue_report(draft, new, reason=final.reason, actor=actor, at=at)


@require_safe
@in_scope
def report_file(request: OfficeRequest, code: str, month: str, version: int, format: str) -> HttpResponse:
    """The stored bytes of an issued version."""
    place = _place(request, code, month)
    row = next((each for each in place.issued if each.version == version), None)
    file = row.document.files.filter(format=format).first() if row and format in FILES else None
    if row is None or file is None:
        raise Http404
    answer = HttpResponse(read_bytes(file.sha256), content_type=FILES[format][0])
    name = f"{row.document.title}第{version}版.{format}"
    answer["Content-Disposition"] = content_disposition_header(format != "pdf", name) or "attachment"
    return answer
