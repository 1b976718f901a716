"""Closing a month: prepared by one, sent back or approved by another, withdrawn until its ledger hangs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from compounds.models import Compound
from fees.choices import ClosingStep, OpinionKind
from fees.documents import ClosingView, all_opinions, changes_of, closing_view, last_reasons, opinions_of
from fees.forms import ApprovalForm, NoteForm, OpinionForm, ReasonsForm
from fees.models import Closing, Ledger, Opening, Period
from fees.operations import (
    Refusal,
    approve_period,
    ensure_period,
    give_opinion,
    prepare_period,
    send_back_period,
    withdraw_approval,
)
from fees.permissions import can_approve, can_give_opinion, can_issue, can_prepare
from fees.rules import month_of, months_from, next_month, previous_month
from portal.documents import course_of, explained
from portal.views.office.door import (
    FORM,
    OfficeRequest,
    by_password,
    compound_page,
    find_compound,
    in_scope,
    month_or_404,
    require,
)
from portal.views.office.words import sentence_of
from portal.waiting import due_day, is_over


@dataclass(frozen=True)
class MonthRow:
    """A month in the list of closings: how far it is, who did the last step, what hangs."""

    month: date
    last: Closing | None
    ledger: Ledger | None
    late: bool

    @property
    def code(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def step(self) -> str:
        """The last step, or "" while the month was never prepared."""
        return self.last.step if self.last else ""


@require_safe
@in_scope
def closings(request: OfficeRequest, code: str) -> HttpResponse:
    """All months of a compound, the newest first, each with its step and ledger."""
    compound = find_compound(request, code)
    periods = {p.month: p for p in Period.objects.of(compound)}
    steps = Closing.objects.filter(period__compound=compound).select_related("by", "prepared_by").order_by("seq")
    last = {closing.period_id: closing for closing in steps}
    ledgers = {row.first_month: row for row in Ledger.objects.of(compound).months().newest_versions()}
    first = _first_month(compound)
    rows = [
        MonthRow(
            month,
            last.get(periods[month].pk) if month in periods else None,
            ledgers.get(month),
            month not in ledgers and due_day(month) < request.today,
        )
        for month in (months_from(first, month_of(request.today)) if first else [])
    ]
    return compound_page(request, "portal/office/closings.html", compound, "closing", {"rows": rows[::-1]})


def _first_month(compound: Compound) -> date | None:
    """Return the compound's first month: its first period, else the one after the opening."""
    period = Period.objects.of(compound).order_by("month").first()
    if period is not None:
        return period.month
    opened = Opening.objects.filter(book__compound=compound).order_by("-on").values_list("on", flat=True).first()
    return next_month(month_of(opened)) if opened else None


def _period(request: OfficeRequest, compound: Compound, period: str) -> Period:
    """Return a month of the compound; one without a voucher may have no row yet, and is made only by a write."""
    month = month_or_404(period)
    found = Period.objects.of(compound).select_related("compound").filter(month=month).first()
    if found is not None:
        return found
    first = _first_month(compound)
    if first is None or not first <= month <= month_of(request.today):
        raise Http404
    if request.method == "POST":
        return ensure_period(compound, month)
    return Period(compound=compound, month=month)


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def closing(request: OfficeRequest, code: str, period: str) -> HttpResponse:
    """A month at its closing: what stands in the way, what is to be explained, the figures, the next step."""
    compound = find_compound(request, code)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if request.method == "POST":
        _require(request, compound, act)
    found = _period(request, compound, period)
    view = closing_view(found)
    may_prepare = can_prepare(request.user, compound, request.today)
    written = last_reasons(view) if may_prepare and view.needing_reason else {}
    reasons = _reasons(request, view, act, written)
    note = NoteForm(request.POST if act == "send_back" else None)
    problem = ""
    if act in ("prepare", "send_back"):
        problem = _act(request, found, act, reasons, note)
        if not problem and not reasons.errors and not note.errors:
            return redirect("closing", code=compound.code, period=found.code)
        view = closing_view(found)
    last = view.last
    said = all_opinions(found) if view.steps else []
    opinions = opinions_of(found, view.steps, said)
    may_say = can_give_opinion(request.user, compound, request.today) and not view.hangs
    return compound_page(
        request,
        "portal/office/closing.html",
        compound,
        "closing",
        {
            "view": view,
            "month": found.month,
            "reasons": reasons,
            "told": [
                (check, None if check.reason else reasons[check.key], written.get(check.key, "")) for check in view.told
            ],
            "copied_from": "上一次" if view.steps else "上个月",
            "may_copy": any(written.get(check.key) for check in view.needing_reason),
            "changes": changes_of(view),
            "opinions": opinions,
            "course": course_of(view, said),
            "may_say": may_say and view.step in (ClosingStep.PREPARED, ClosingStep.APPROVED),
            "said": any(opinion.by_id == request.user.pk for opinion in opinions),
            "explained": explained(view),
            "note": note,
            "problem": problem,
            "over": is_over(found.month, request.today),
            "may_prepare": may_prepare,
            "may_approve": can_approve(request.user, compound, request.today),
            "may_issue": can_issue(request.user, compound, request.today),
            "own": last is not None and last.step == ClosingStep.PREPARED and last.by_id == request.user.pk,
            "previous": previous_month(found.month),
            "next": next_month(found.month),
            "next_is_over": is_over(next_month(found.month), request.today),
            "due": due_day(found.month),
        },
    )


def _require(request: OfficeRequest, compound: Compound, act: str) -> None:
    """Refuse a step that is none, or that the user's roles do not hold; before anything is written."""
    if act in ("prepare", "copy"):
        require(can_prepare(request.user, compound, request.today))
    elif act == "send_back":
        require(can_approve(request.user, compound, request.today))
    else:
        raise Http404


def _reasons(request: OfficeRequest, view: ClosingView, act: str, written: dict[str, str]) -> ReasonsForm:
    """Return the form of reasons: as sent, or with the empty ones filled in from what was written last."""
    checks = [(check.key, check.label) for check in view.needing_reason]
    if act == "copy":
        typed = {key: request.POST.get(key, "").strip() or written.get(key, "") for key, _ in checks}
        return ReasonsForm(initial=typed, checks=checks)
    own = {key: written.get(key, "") for key, _ in checks} if view.steps else {}
    return ReasonsForm(request.POST if act == "prepare" else None, initial=own, checks=checks)


def _act(request: OfficeRequest, period: Period, act: str, reasons: ReasonsForm, note: NoteForm) -> str:
    """Do the step that was asked for; return what stands in the way, or nothing."""
    month = period.month.month
    try:
        if act == "prepare":
            if not is_over(period.month, request.today):
                return f"{month}月还没过完，过完才能编制。"
            if reasons.is_valid():
                prepare_period(period, reasons.reasons(), actor=request.user, at=request.at)
                messages.success(request, f"{month}月编制好了，等主任审定。")
        elif note.is_valid() and act == "send_back":
            send_back_period(period, note.cleaned_data["note"], actor=request.user, at=request.at)
            messages.success(request, f"{month}月退回去重新编制了。")
    except Refusal as problem:
        return sentence_of(problem)
    return ""


@require_http_methods(FORM)
@by_password()
@in_scope
def closing_approval(request: OfficeRequest, code: str, period: str) -> HttpResponse:
    """What approving does and what cannot be undone, on a page of its own; sent, it approves."""
    compound = find_compound(request, code)
    require(can_approve(request.user, compound, request.today))
    found = _period(request, compound, period)
    problem = ""
    form = ApprovalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            approve_period(found, actor=request.user, at=request.at, note=form.cleaned_data["note"])
        except Refusal as refusal:
            problem = sentence_of(refusal)
        else:
            messages.success(request, f"{found.month.month}月审定了，账不再动。下一步张贴收支公示。")
            return redirect("closing", code=compound.code, period=found.code)
    view = closing_view(found)
    if view.step != ClosingStep.PREPARED and not problem:
        return redirect("closing", code=compound.code, period=found.code)
    shown = {"view": view, "month": found.month, "problem": problem, "next": next_month(found.month), "form": form}
    shown |= {
        "explained": explained(view),
        "changes": changes_of(view),
        "opinions": opinions_of(found, view.steps) if found.pk else [],
    }
    return compound_page(request, "portal/office/closing_approval.html", compound, "closing", shown)


@require_http_methods(FORM)
@by_password()
@in_scope
def closing_withdrawal(request: OfficeRequest, code: str, period: str) -> HttpResponse:
    """What withdrawing an approval does, on a page of its own; sent with a reason, it withdraws."""
    compound = find_compound(request, code)
    require(can_approve(request.user, compound, request.today))
    found = _period(request, compound, period)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_approval(found, form.cleaned_data["note"], actor=request.user, at=request.at)
        except Refusal as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            messages.success(request, f"{found.month.month}月的审定撤回了，可以再记账。")
            return redirect("closing", code=compound.code, period=found.code)
    view = closing_view(found)
    if (view.step != ClosingStep.APPROVED or view.hangs) and not form.errors:
        return redirect("closing", code=compound.code, period=found.code)
    shown = {
        "view": view,
        "month": found.month,
        "form": form,
        "opinions": opinions_of(found, view.steps) if found.pk else [],
    }
    return compound_page(request, "portal/office/closing_withdrawal.html", compound, "closing", shown)


@require_http_methods(FORM)
@in_scope
def opinion(request: OfficeRequest, code: str, period: str) -> HttpResponse:
    """An auditor signs that a month was read, or writes an opinion; neither can be taken back."""
    compound = find_compound(request, code)
    require(can_give_opinion(request.user, compound, request.today))
    found = _period(request, compound, period)
    form = OpinionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        kind, text = form.cleaned_data["kind"], form.cleaned_data["text"]
        try:
            give_opinion(found, kind, text, actor=request.user, at=request.at)
        except Refusal as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            what = "您签了已阅" if kind == OpinionKind.READ else "您的意见写上了，主任看得到"
            messages.success(request, f"{found.month.month}月{what}。")
            return redirect("closing", code=compound.code, period=found.code)
    view = closing_view(found)
    shown = {"view": view, "month": found.month, "form": form, "explained": explained(view)}
    return compound_page(request, "portal/office/opinion.html", compound, "closing", shown)
