"""What differs between two entries or is doubted: a third person sees both beside the sheet, and decides."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ballots.choices import InvalidReason, VoidReason
from ballots.documents.entering import Printed, differences_of, printed_of, said_in
from ballots.forms.entering import SettleForm
from ballots.models import Ballot, PaperEntry, Settlement, Sheet
from ballots.operations.entering import add_scan, settle_paper
from ballots.operations.refusals import BallotRefusal
from ballots.permissions import can_run_ballots, can_settle_papers
from ballots.rules.counting import APPROVE
from ballots.rules.entries import OPEN_TO_SETTLE, Said, sheet_state
from core.masking import mask_name
from core.operations import AttachmentRefused, store_paper
from core.papers import too_large
from portal.views.office.ballots.door import ballot_page, find_ballot
from portal.views.office.door import FORM, OfficeRequest, in_scope, require
from portal.views.office.words_entering import entering_words


@require_safe
@in_scope
def ballot_differences(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The sheets that a third person looks at; which ones they are, and nothing of what stands on them."""
    ballot = find_ballot(request, code, number)
    may_settle = can_settle_papers(request.user, ballot, request.today)
    require(may_settle or can_run_ballots(request.user, ballot.compound, request.today))
    rows = [(found, request.user.pk in found.users) for found in differences_of(ballot)]
    shown = {
        "rows": rows,
        "may_settle": may_settle,
        "mine": sum(not entered for _, entered in rows),
        "settled": Settlement.objects.filter(sheet__ballot=ballot, count=ballot.count_number).count(),
    }
    return ballot_page(request, "portal/office/ballot_differences.html", ballot, shown)


@require_http_methods(FORM)
@in_scope
def ballot_difference(request: OfficeRequest, code: str, number: int, bundle: int, position: int) -> HttpResponse:
    """One sheet: both versions side by side with its photograph; decided with a reason, by neither of the two."""
    ballot = find_ballot(request, code, number)
    require(can_settle_papers(request.user, ballot, request.today))
    sheet = (
        Sheet.objects.select_related("bundle", "paper__entry__person")
        .filter(ballot=ballot, bundle__number=bundle, position=position)
        .first()
    )
    if sheet is None:
        raise Http404
    entries = list(PaperEntry.objects.filter(sheet=sheet, count=ballot.count_number).select_related("user"))
    require(all(entry.user_id != request.user.pk for entry in entries))
    settled = Settlement.objects.filter(sheet=sheet, count=ballot.count_number).select_related("by").first()
    state = sheet_state([said_in(e) for e in entries], settled=settled is not None, single=ballot.single_entry)
    if state not in OPEN_TO_SETTLE and settled is None:
        raise Http404  # nothing to see before both entries are there, or where they agree
    printed = printed_of(ballot)
    sent = request.POST if request.method == "POST" and request.POST.get("act") != "scan" else None
    form = SettleForm(sent, printed=printed)
    if request.method == "POST" and sent is None:
        return _take_scan(request, ballot, sheet)
    if sent is not None and form.is_valid():
        try:
            settle_paper(ballot, sheet, form.said, form.cleaned_data["reason"], actor=request.user, at=request.at)
        except BallotRefusal as problem:
            form.add_error(None, entering_words(problem))
        else:
            messages.success(request, f"第{bundle}捆第{position}张核定了。")
            return _to_next(request, ballot)
    shown = {
        "sheet": sheet,
        "voter": mask_name(sheet.paper.entry.person.name) if sheet.paper else "",
        "entries": [(e, _facts(e)) for e in entries],
        "rows": _beside(printed, [said_in(entry) for entry in entries]),
        "settled": settled,
        "decided": _beside(printed, [said_in(settled)]) if settled else [],
        "scans": sheet.scans.select_related("attachment"),
        "form": form,
    }
    return ballot_page(request, "portal/office/ballot_difference.html", ballot, shown)


def _facts(entry: PaperEntry) -> str:
    """Say what one noted beside the marks."""
    remarks = entry.remark_words()
    void = f"整票无效：{VoidReason(entry.void).label}" if entry.void else ""
    return "；".join(filter(None, [void, "存疑" if entry.doubtful else "", *remarks, entry.note]))


def _beside(printed: list[Printed], all_said: list[Said]) -> list[tuple[Printed, list[str], bool]]:
    """Return each question with what each said of it in words, and whether they differ."""
    rows = []
    for question in printed:
        words = [_words(question, said) for said in all_said]
        rows.append((question, words, len(set(words)) > 1))
    return rows


def _words(question: Printed, said: Said) -> str:
    """Say what one read of a question."""
    if said.void:
        return "整票无效"
    if question.is_blank(said):
        return "未填"
    named = [
        question.options[mark - 1] if isinstance(mark, int) and question.asked.kind != APPROVE else str(mark)
        for mark in said.marks.get(question.number, ())
    ]
    reason = said.reasons.get(question.number)
    words = "、".join(named)
    if question.elects and not any(isinstance(mark, str) for mark in said.marks.get(question.number, ())):
        against = "、".join(question.options[mark - 1] for mark in said.opposed.get(question.number, ()))
        others = "、".join(said.written.get(question.number, ()))
        told = (("赞成", words), ("反对", against), ("另选", others))
        words = "；".join(f"{head}：{names}" for head, names in told if names)
    return words + (f"（本题无效：{InvalidReason(reason).label}）" if reason else "")


def _take_scan(request: OfficeRequest, ballot: Ballot, sheet: Sheet) -> HttpResponse:
    """Keep a photograph of the sheet, and show the page again."""
    here = redirect("ballot_difference", ballot.compound.code, ballot.number, sheet.bundle.number, sheet.position)
    file = request.FILES.get("photo")
    if file is None:
        messages.warning(request, "还没有拍，也没有选照片。")
        return here
    try:
        if sentence := too_large(file.size or 0):
            raise AttachmentRefused(sentence)
        add_scan(ballot, sheet, store_paper(file.read(), name=file.name or "选票.jpg"), actor=request.user,
                 at=request.at)  # fmt: skip
    except AttachmentRefused as problem:
        messages.warning(request, str(problem))
    except BallotRefusal as problem:
        messages.warning(request, entering_words(problem))
    else:
        messages.success(request, "照片存好了。")
    return here


def _to_next(request: OfficeRequest, ballot: Ballot) -> HttpResponse:
    """Go to the next sheet that this person may settle, or back to the queue."""
    args: list[Any] = [ballot.compound.code, ballot.number]
    for found in differences_of(ballot):
        if request.user.pk not in found.users:
            return redirect("ballot_difference", *args, found.sheet.bundle.number, found.sheet.position)
    return redirect(reverse("ballot_differences", args=args))
