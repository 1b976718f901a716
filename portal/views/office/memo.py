"""Beside the books: what is prepaid, in arrears, due and unpaid, paid by others outside, and held for others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from compounds.models import Compound
from core.models import Attachment
from core.operations import AttachmentRefused, add_attachment
from fees.choices import MemoKind
from fees.documents import MemoLine, memo_lines, memo_of
from fees.forms import MemoForm, SettleForm
from fees.models import Book
from fees.operations import MemoData, Refusal, note_memo
from fees.permissions import can_enter
from fees.rules import last_day
from portal.views.office.door import (
    FORM,
    OfficeRequest,
    compound_page,
    find_compound,
    in_scope,
    keys_sent,
    month_or_404,
    require,
)
from portal.views.office.words import sentence_of

TITLES = {
    MemoKind.PREPAID: "居民预交的以后月份",
    MemoKind.ARREARS: "居民应交未交",
    MemoKind.UNPAID: "到期未付",
    MemoKind.OUTSIDE: "账外投入",
}
MEANINGS = {
    MemoKind.PREPAID: "收进来了，也在账上，但是以后月份的钱。",
    MemoKind.ARREARS: "只记合计和户数，公示也只印合计。",
    MemoKind.UNPAID: "该付还没付的，付了以后销掉。",
    MemoKind.OUTSIDE: "街道、产权单位直接付给服务单位，或送东西的，不经过小区的账。",
}


def _sections(lines: list[MemoLine]) -> list[dict[str, object]]:
    """Return the four kinds with their lines, the newest first."""
    return [
        {
            "kind": kind.value,
            "title": TITLES[kind],
            "meaning": MEANINGS[kind],
            "lines": [line for line in reversed(lines) if line.kind == kind],
            "total": sum((line.left for line in lines if line.kind == kind), Decimal("0.00")),
        }
        for kind in MemoKind
    ]


@require_safe
@in_scope
def memo(request: OfficeRequest, code: str) -> HttpResponse:
    """Everything beside a compound's books as of today, or at a month's end with ``?month=``."""
    compound = find_compound(request, code)
    asked = request.GET.get("month", "")
    until = min(last_day(month_or_404(asked)), request.today) if asked else request.today
    return compound_page(
        request,
        "portal/office/memo.html",
        compound,
        "memo",
        {
            "until": until,
            "today": request.today,
            "memo": memo_of(compound, until),
            "sections": _sections(memo_lines(compound, until)),
            "may_enter": can_enter(request.user, compound, request.today) and Book.objects.of(compound).exists(),
        },
    )


@require_http_methods(FORM)
@in_scope
def memo_new(request: OfficeRequest, code: str, kind: str) -> HttpResponse:
    """Note a line beside the books."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    if kind not in MemoKind.values:
        raise Http404
    sent = request.method == "POST"
    initial = {"on": request.today}
    form = MemoForm(request.POST if sent else None, kind=kind, today=request.today, initial=initial)
    paper, refused = _paper(request, compound)
    if sent and form.is_valid() and not refused:
        typed = {name: value for name, value in form.cleaned_data.items() if name != "file"}
        try:
            note_memo(compound, MemoData(kind=kind, attachment=paper, **typed), actor=request.user, at=request.at)
        except Refusal as problem:
            form.add_error(None, sentence_of(problem))
        else:
            messages.success(request, f"{MemoKind(kind).label}记上了。")
            return redirect("memo", code=compound.code)
    if refused:
        form.add_error("file", refused)
    shown = {"form": form, "kind": kind, "title": TITLES[MemoKind(kind)], "meaning": MEANINGS[MemoKind(kind)]}
    return compound_page(request, "portal/office/memo_new.html", compound, "memo", {**shown, "paper": paper})


def _paper(request: OfficeRequest, compound: Compound) -> tuple[Attachment | None, str]:
    """Return the paper that was sent now, or before an error elsewhere in the form; and what is wrong with it."""
    file = request.FILES.get("file")
    if file is None:
        kept = keys_sent([request.POST.get("attachment", "")])
        mine = Attachment.objects.filter(added_by=request.user, area_code__in=compound.places())
        return mine.filter(pk__in=kept).first(), ""
    try:
        added = add_attachment(
            file.read(), name=file.name or "", kind="", number="", area_code=compound.area_code, actor=request.user,
            at=request.at,
        )  # fmt: skip
    except AttachmentRefused as problem:
        return None, str(problem)
    return added, ""


@require_http_methods(FORM)
@in_scope
def memo_settle(request: OfficeRequest, code: str, kind: str, pk: int) -> HttpResponse:
    """Take (part of) a line away; ``pk`` 0 is what the opening brought."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    line = next((x for x in memo_lines(compound, date.max) if (x.kind, x.pk) == (kind, pk)), None)
    if line is None:
        raise Http404
    sent = request.method == "POST"
    initial = {"on": request.today, "amount": line.left}
    form = SettleForm(request.POST if sent else None, kind=kind, today=request.today, initial=initial)
    if sent and form.is_valid():
        entry = line.entry
        data = MemoData(
            kind=kind, settles=pk, source=entry.source if entry else "",
            service_line=entry.service_line if entry else "", party=entry.party if entry else "", **form.cleaned_data,
        )  # fmt: skip
        try:
            note_memo(compound, data, actor=request.user, at=request.at)
        except Refusal as problem:
            form.add_error(None, sentence_of(problem))
        else:
            messages.success(request, f"{line.label}销去了一笔。")
            return redirect("memo", code=compound.code)
    shown = {"form": form, "line": line, "title": TITLES[MemoKind(kind)]}
    return compound_page(request, "portal/office/memo_settle.html", compound, "memo", shown)
