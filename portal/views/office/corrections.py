"""第N次更正: what an issued ledger got wrong, written by the bookkeeper, posted as its next version by the head."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from compounds.models import Compound
from core.codes import show_code
from fees.forms import LedgerCorrectionForm
from fees.models import CorrectionDraft, Ledger, Voucher
from fees.operations import CorrectionRefused, Refusal, delete_correction, issue_correction, save_correction
from fees.permissions import can_correct, can_issue_correction
from fees.rules import POSTING_DAYS
from portal.views.office.door import FORM, OfficeRequest, by_password, compound_page, find_compound, in_scope, require
from portal.views.office.words import sentence_of

# At which field a refusal of the books is shown.
FIELDS = {"outside": "number", "line": "position", "words": "text", "booked": "booked_month", "twice": "number"}


def _newest(compound: Compound, period: str) -> Ledger:
    """Return the newest version of a period's ledger.

    :raises Http404: when none was posted.
    """
    rows = Ledger.objects.of(compound).select_related("compound", "document")
    ledger = rows.filter(code=period.replace("\x00", "")).order_by("-version").first()
    if ledger is None:
        raise Http404
    return ledger


def _drafts(ledger: Ledger) -> list[CorrectionDraft]:
    rows = CorrectionDraft.objects.filter(ledger=ledger).select_related("voucher__book", "booked", "entered_by")
    return list(rows.order_by("voucher__book__kind", "voucher__on", "voucher__number", "position"))


@require_http_methods(FORM)
@in_scope
def corrections(request: OfficeRequest, code: str, period: str) -> HttpResponse:
    """What the next version of a ledger will correct; the bookkeeper adds to it, the head goes on to post it."""
    compound = find_compound(request, code)
    ledger = _newest(compound, period)
    may_write = can_correct(request.user, compound, request.today)
    if request.method == "POST":
        require(may_write)
    drafts = _drafts(ledger)
    form = LedgerCorrectionForm(request.POST or None, ledger=ledger, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        try:
            save_correction(ledger, form.correction(), actor=request.user, at=request.at)
        except CorrectionRefused as problem:
            form.add_error(FIELDS.get(problem.why), sentence_of(problem))
        else:
            messages.success(request, "更正记下了。写完以后，由主任或副主任张贴。")
            return redirect("ledger_corrections", code=compound.code, period=ledger.code)
    written = {draft.booked_id for draft in drafts}
    mending = Voucher.objects.mending(ledger).select_related("book", "reverses", "corrects")
    return compound_page(
        request,
        "portal/office/corrections.html",
        compound,
        "ledgers",
        {
            "ledger": ledger,
            "drafts": drafts,
            "form": form,
            "mending": [voucher for voucher in mending if voucher.pk not in written] if may_write else [],
            "may_write": may_write,
            "may_issue": can_issue_correction(request.user, compound, request.today),
            "next": ledger.version,
        },
        status=400 if form.errors else 200,
    )


def _initial(request: OfficeRequest) -> dict[str, Any]:
    """Return what a link to a mending voucher fills in."""
    names = ("book", "number", "booked_month", "booked_number")
    return {name: request.GET[name] for name in names if name in request.GET}


@require_POST
@in_scope
def correction_delete(request: OfficeRequest, code: str, period: str, pk: int) -> HttpResponse:
    """Take back a line that was not posted yet."""
    compound = find_compound(request, code)
    ledger = _newest(compound, period)
    require(can_correct(request.user, compound, request.today))
    draft = get_object_or_404(
        CorrectionDraft.objects.select_related("ledger__compound", "voucher"), pk=pk, ledger=ledger
    )
    delete_correction(draft, actor=request.user, at=request.at)
    messages.success(request, "这一条删去了。")
    return redirect("ledger_corrections", code=compound.code, period=ledger.code)


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def correction_issue(request: OfficeRequest, code: str, period: str) -> HttpResponse:
    """Say what posting the corrections means, and post them as the next version."""
    compound = find_compound(request, code)
    ledger = _newest(compound, period)
    require(can_issue_correction(request.user, compound, request.today))
    drafts = _drafts(ledger)
    problem = ""
    if request.method == "POST":
        # The page says which version it replaces: sent twice, the second finds it replaced.
        if request.POST.get("version") != str(ledger.version):
            messages.warning(request, sentence_of(CorrectionRefused("changed")))
            return redirect("office_ledgers", code=compound.code)
        try:
            row, _ = issue_correction(ledger, actor=request.user, at=request.at)
        except Refusal as refused:
            problem = sentence_of(refused)
        else:
            words = f"{ledger.label}第{row.correction_number}次更正公示贴出了"
            messages.success(request, f"{words}，公示编号{show_code(row.document.code)}。请打印出来，换下原来那张。")
            return redirect("office_ledgers", code=compound.code)
    elif not drafts:
        return redirect("ledger_corrections", code=compound.code, period=ledger.code)
    return compound_page(
        request,
        "portal/office/correction_issue.html",
        compound,
        "ledgers",
        {"ledger": ledger, "drafts": drafts, "problem": problem, "next": ledger.version, "days": POSTING_DAYS},
        status=409 if problem else 200,
    )
