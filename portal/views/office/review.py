"""The review: a queue over the scope, and one draft with everything its reviewer must see."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from compounds.models import Compound
from compounds.permissions import areas_of
from core.pages import page_of
from fees.documents import papers_of_draft
from fees.forms import NoteForm
from fees.models import Draft, DraftQuerySet, Voucher
from fees.operations import DraftGone, Refusal, SamePerson, post_draft, return_draft
from fees.permissions import HEADS, can_review
from portal.documents import Caution, cautions, is_own, slip_of, who_decides
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.papers import used_twice
from portal.views.office.words import paid_from_takings, same_person, sentence_of
from portal.waiting import narrowed


def _queue(request: OfficeRequest) -> DraftQuerySet:
    """Return what waits for a reviewer in the compounds that this user reviews, oldest first."""
    areas = narrowed(areas_of(request.user, request.today, HEADS), request.scope.prefixes)
    drafts = Draft.objects.waiting().filter(book__compound__in=Compound.objects.within(areas))
    return drafts.for_display().order_by("entered_at", "pk")


@require_safe
@in_scope
def review(request: OfficeRequest) -> HttpResponse:
    """All drafts that wait for review, across the compounds of the scope."""
    page = page_of(_queue(request), request)
    mine = areas_of(request.user, request.today, HEADS)
    rows = [(slip_of(draft), is_own(draft, request.user)) for draft in page]
    return render(request, "portal/office/review.html", {"page": page, "rows": rows, "reviews": bool(mine)})


@require_http_methods(FORM)
@in_scope
def review_draft(request: OfficeRequest, pk: int) -> HttpResponse:
    """One draft to be posted or sent back; sent a second time after posting, it answers with the same number."""
    draft = Draft.objects.for_display().filter(pk=pk).first()
    if draft is None:
        return _posted_already(request, pk)
    compound = draft.book.compound = find_compound(request, draft.book.compound.code)
    require(can_review(request.user, compound, request.today))
    note = NoteForm(request.POST if request.POST.get("act") == "return" else None)
    problem = ""
    if request.method == "POST" and request.POST.get("act") == "return":
        if note.is_valid():
            return _send_back(request, draft, note.cleaned_data["note"])
    elif request.method == "POST":
        problem = _unanswered(request, draft) or _post(request, draft.pk)
        if not problem:
            return _next(request)
    return _page(request, draft, note, problem)


def _unanswered(request: OfficeRequest, draft: Draft) -> str:
    """Return what to say where a warning that must be answered was not ticked."""
    found = cautions(draft, request.user, used_twice(request, papers_of_draft(draft), draft=draft))
    if any(c.answer for c in found) and request.POST.get("seen") != "yes":
        return '请先看清提示，在"我看过了"前面打勾。'
    return ""


def _post(request: OfficeRequest, pk: int) -> str:
    """Post a draft; return what stands in the way, or nothing."""
    try:
        seen = datetime.fromisoformat(request.POST["version"]) if request.POST.get("version") else None
    except ValueError:
        return sentence_of(DraftGone())
    try:
        voucher = post_draft(pk, actor=request.user, at=request.at, seen=seen)
    except SamePerson:
        draft = Draft.objects.select_related("book__compound").get(pk=pk)
        return same_person(draft.book.compound, request.today, draft, request.user)
    except Refusal as problem:
        return sentence_of(problem)
    _say_posted(request, voucher)
    return ""


def _say_posted(request: OfficeRequest, voucher: Voucher) -> None:
    messages.success(request, f"记账了：{voucher.book.compound.name}{voucher.book}第{voucher.number}号凭证。")


def _send_back(request: OfficeRequest, draft: Draft, note: str) -> HttpResponse:
    try:
        return_draft(draft, note, actor=request.user, at=request.at)
    except Refusal as problem:
        messages.warning(request, sentence_of(problem))
    else:
        messages.success(request, f"退给{draft.entered_by.name}了：{note}")
    return _next(request)


def _next(request: OfficeRequest) -> HttpResponse:
    """Go on to the next draft that this user may post, or back to the queue."""
    following = _queue(request).by_others(request.user).first()
    return redirect("review_draft", pk=following.pk) if following else redirect("review")


def _posted_already(request: OfficeRequest, pk: int) -> HttpResponse:
    """Answer for a draft that is gone: posted before (a double click) with its number, else as not existing."""
    origin = f"draft:{pk}"
    posted = Voucher.objects.filter(Q(origin=origin) | Q(origin__startswith=f"{origin}:")).select_related(
        "book__compound"
    )
    voucher = posted.order_by("pk").first()
    if voucher is None or not can_review(request.user, voucher.book.compound, request.today):
        raise Http404
    if request.method == "POST":
        try:
            voucher = post_draft(pk, actor=request.user, at=request.at)
        except DraftGone:
            raise Http404 from None
        _say_posted(request, voucher)
        return _next(request)
    return redirect(
        "office_voucher",
        code=voucher.book.compound.code,
        book=voucher.book.kind,
        year=voucher.year,
        number=voucher.number,
    )


def _page(request: OfficeRequest, draft: Draft, note: NoteForm, problem: str) -> HttpResponse:
    compound = draft.book.compound
    own = is_own(draft, request.user)
    papers = papers_of_draft(draft)
    return compound_page(
        request,
        "portal/office/review_draft.html",
        compound,
        "books",
        {
            "draft": draft,
            "slip": slip_of(draft),
            "own": same_person(compound, request.today, draft, request.user) if own else "",
            "decided": who_decides(draft),
            "papers": papers,
            "cautions": [
                *cautions(draft, request.user, used_twice(request, papers, draft=draft)),
                *(Caution(text) for text in [paid_from_takings(draft)] if text),
            ],
            "note": note,
            "problem": problem,
            "waiting": _queue(request).by_others(request.user).count(),
        },
    )
