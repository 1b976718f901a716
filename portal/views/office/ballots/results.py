"""Certifying by two persons, and the certified result in the office: final, counted again, felled; its files."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from ballots.choices import BallotState, Move
from ballots.documents.boxes import box_of
from ballots.documents.entering import sheets_said
from ballots.documents.results import ResultPaper, figures_sha256, read_result
from ballots.forms.results import CountersForm, FallForm, RecountForm
from ballots.models import Ballot, Certification, Result
from ballots.operations.certifying import (
    begin_recount,
    certify_first,
    certify_second,
    export_of,
    fell_ballot,
    figures_of,
    make_final,
    objections_until,
)
from ballots.operations.refusals import BallotRefusal
from ballots.permissions import can_certify_ballots, can_fell_ballots
from core.operations import AttachmentRefused, record, store_paper
from portal.views.office.ballots.door import ballot_page, find_ballot
from portal.views.office.door import FORM, OfficeRequest, by_password, in_scope, require
from portal.views.office.words_results import fault_words, result_words


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_certification(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Certify what was counted: the first names who counted, the second sees the same figures and posts the result."""
    found = find_ballot(request, code, number)
    require(can_certify_ballots(request.user, found.compound, request.today))
    waiting = Certification.objects.filter(ballot=found, count=found.count_number).select_related("by").first()
    form, problem = CountersForm(), ""
    second = waiting is not None and waiting.by_id != request.user.pk and request.POST.get("act") != "first"
    if request.method == "POST":
        seen = request.POST.get("figures", "")[:64]
        form = CountersForm(request.POST)
        try:
            if second:
                certify_second(found, seen, actor=request.user, at=request.at)
                messages.success(request, "结果确认了，已经公示。请打印张贴，拍照存证。")
                return redirect("ballot_result", code=code, number=number)
            if form.is_valid():
                certify_first(found, form.text(), seen, actor=request.user, at=request.at)
                messages.success(request, "您确认了。请第二个人在这一页看清票数，再确认。")
                return redirect("ballot_certification", code=code, number=number)
        except BallotRefusal as refused:
            problem = result_words(refused)
    context: dict[str, Any] = {"form": form, "waiting": waiting, "second": second, "problem": problem}
    if found.state == BallotState.COUNTING:
        context |= _figures(found)
    status = 409 if problem else 200
    return ballot_page(request, "portal/office/ballot_certification.html", found, context, status)


def _figures(ballot: Ballot) -> dict[str, Any]:
    """Return the figures with their hash, or what is still missing; no totals before everything is settled."""
    try:
        data = figures_of(ballot)
    except BallotRefusal as refused:
        box = box_of(ballot, sheets_said(ballot))
        return {"refused": result_words(refused), "box": box, "faults": [fault_words(fault) for fault in box.faults]}
    return {"result": ResultPaper(data | {"code": ""}), "figures": figures_sha256(data)}


def _result_of(request: OfficeRequest, ballot: Ballot) -> Result:
    """Return the result that ?count= asks for, else the newest; 404 where there is none."""
    rows = list(Result.objects.filter(ballot=ballot).select_related("document", "first_by", "second_by"))
    asked = request.GET.get("count")
    chosen = next((row for row in reversed(rows) if asked in (None, str(row.count))), None)
    if chosen is None:
        raise Http404
    chosen.ballot = ballot
    return chosen


@require_safe
@in_scope
def ballot_result(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The certified result, what may happen to it now, and its files; older counts by ?count=."""
    found = find_ballot(request, code, number)
    if "format" in request.GET:
        return _export(request, found)
    row = _result_of(request, found)
    user, compound, today = request.user, found.compound, request.today
    certified = found.state == BallotState.CERTIFIED
    context = {
        "row": row,
        "result": read_result(row.document.data, settings.PUBLIC_URL),
        "counts": list(found.results.values_list("count", flat=True)),
        "until": objections_until(row),
        "may_final": certified and can_certify_ballots(user, compound, today) and today > objections_until(row),
        "may_recount": certified and can_certify_ballots(user, compound, today),
        "may_fell": found.state in (BallotState.CERTIFIED, BallotState.FINAL)
        and can_fell_ballots(user, compound, today),
        "may_export": can_certify_ballots(user, compound, today),
        "fell": found.moves.filter(kind__in=[Move.ANNULLED, Move.SET_ASIDE]).select_related("paper").last(),
    }
    return ballot_page(request, "portal/office/ballot_result.html", found, context)


def _export(request: OfficeRequest, ballot: Ballot) -> HttpResponse:
    """Hand out the office's export with roll and papers; who took it is recorded."""
    require(can_certify_ballots(request.user, ballot.compound, request.today))
    if not ballot.results.exists():
        raise Http404
    content = export_of(ballot)
    record("ballot.export", f"导出第{ballot.number}次表决的名册和选票", actor=request.user, at=request.at,
           area_code=ballot.compound.area_code, subject=ballot)  # fmt: skip
    response = HttpResponse(content, content_type="application/json; charset=utf-8")
    name = f"{ballot.compound.name}第{ballot.number}次表决（内部）.json"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_final(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Let a result take effect by hand, once its notice is over."""
    found = find_ballot(request, code, number)
    require(can_certify_ballots(request.user, found.compound, request.today))
    problem = ""
    if request.method == "POST":
        try:
            make_final(found, on=request.today, actor=request.user, at=request.at)
        except BallotRefusal as refused:
            problem = result_words(refused)
        else:
            messages.success(request, "这次表决的结果生效了。")
            return redirect("ballot_result", code=code, number=number)
    row = _result_of(request, found)
    context = {"problem": problem, "result": read_result(row.document.data), "until": objections_until(row)}
    return ballot_page(request, "portal/office/ballot_final.html", found, context, 409 if problem else 200)


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_recount(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Count again after an objection was upheld, on a page that says what happens."""
    found = find_ballot(request, code, number)
    require(can_certify_ballots(request.user, found.compound, request.today))
    form = RecountForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            begin_recount(found, form.cleaned_data["reason"], on=request.today, actor=request.user, at=request.at)
        except BallotRefusal as refused:
            form.add_error(None, result_words(refused))
        else:
            messages.success(request, f"开始第{found.count_number}次计票：每张票重新录两遍。")
            return redirect("ballot", code=code, number=number)
    return ballot_page(request, "portal/office/ballot_recount.html", found, {"form": form})


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_fall(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Note that the street annulled the result, or a court set it aside, with the document and the day."""
    found = find_ballot(request, code, number)
    require(can_fell_ballots(request.user, found.compound, request.today))
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = FallForm(*sent)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            paper = store_paper(data["paper"].read(), name=data["paper"].name or "")
            fell_ballot(
                found, Move(data["kind"]), data["reason"], paper, on=data["on"], actor=request.user, at=request.at
            )
        except AttachmentRefused as refused:
            form.add_error("paper", str(refused))
        except BallotRefusal as refused:
            form.add_error(None, result_words(refused))
        else:
            messages.success(request, "记下了，公开的页面上也写明了。")
            return redirect("ballot_result", code=code, number=number)
    return ballot_page(request, "portal/office/ballot_fall.html", found, {"form": form})
