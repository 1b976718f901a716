"""The cash book with its entry line, drafts, papers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.request import QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from compounds.models import Compound
from core.models import Attachment
from core.money import NotUnderstood, parse_month, show_money
from core.operations import AttachmentRefused, add_attachment
from fees.choices import BookKind, ClosingStep, DraftState
from fees.documents import cash_book as book_of
from fees.documents import papers_of_draft
from fees.forms import AccountField, BookSearchForm, VoucherForm, draw_form_token, typed_values
from fees.models import Account, Book, Draft, DraftLine, MoneyAccount, Voucher, VoucherLine
from fees.operations import PostedAlready, Refusal, delete_draft, save_draft
from fees.permissions import can_enter
from fees.rules import ZERO, last_day, month_of, next_month, previous_month
from portal.documents import numbers_without_gap, slip_of, tied
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, keys_sent, require
from portal.views.office.words import closed_month, field_of, paid_from_takings, reviewers_of, sentence_of
from portal.waiting import first_month_to_write, steps_of

HEADER_FIELDS = (
    "on", "payee", "money_account", "to_account", "bill_on", "handler", "witness", "approver", "decision",
    "entered_for", "reason", "evidence_kind", "evidence_number", "form_token",
)  # fmt: skip
LINE_FIELDS = ("summary", "account", "income", "expense", "quantity", "unit_price", "source", "service_line")
CLOSED = (ClosingStep.PREPARED, ClosingStep.APPROVED)


def book_of_kind(compound: Compound, kind: str) -> Book:
    """Return one of a compound's two books; another kind answers like a page that does not exist."""
    for book in Book.objects.of(compound):
        if book.kind == kind:
            book.compound = compound
            return book
    raise Http404


# --- The cash book and its last line ------------------------------------------------------------------------------


@require_safe
@in_scope
def cash_book(request: OfficeRequest, code: str, book: str) -> HttpResponse:
    """A book's month with its running balance; the last row is where the next voucher is typed."""
    compound = find_compound(request, code)
    if book in BookKind.values and not Book.objects.of(compound).exists():
        return redirect("office_compound", code=compound.code)  # which says that there are no books yet
    found = book_of_kind(compound, book)
    steps = steps_of(compound)
    month = _asked_month(request.GET.get("month", "")) or first_month_to_write(steps, request.today)
    if month > month_of(request.today) or month < min(steps, default=month):
        raise Http404
    writes = steps.get(month) not in CLOSED and can_enter(request.user, compound, request.today)
    return _book_page(request, found, month, _entry_form(request, found, month) if writes else None)


def _asked_month(text: str) -> date | None:
    try:
        return parse_month(text) if text else None
    except NotUnderstood:
        raise Http404 from None


def _entry_form(
    request: OfficeRequest,
    book: Book,
    month: date,
    *,
    data: QueryDict | None = None,
    initial: dict[str, Any] | None = None,
    lines: list[dict[str, Any]] | None = None,
    one_more: bool = False,
) -> VoucherForm:
    """Return the entry line; not yet sent it proposes the day, the usual money account, and the last voucher's words."""
    known = MoneyAccount.objects.filter(book__compound=book.compound_id).in_use(month)
    accounts = list(known.select_related("book"))
    usual = next((a for a in accounts if a.book_id == book.pk and a.means == "bank"), None)
    proposed: dict[str, Any] = {
        "on": f"{min(request.today, last_day(month)):%m-%d}",
        "money_account": str(usual.pk) if usual else "",
        "form_token": draw_form_token(),
    }
    form = VoucherForm(
        data,
        request.FILES if data is not None else None,
        book=book,
        accounts=list(Account.objects.all()),
        money_accounts=accounts,
        month=month,
        today=request.today,
        initial=proposed | (initial or {}),
        lines=lines or [{}],
        one_more=one_more,
    )
    form.offer(_last_values(book))
    return form


def _last_values(book: Book) -> dict[str, str]:
    """Return what was typed last in this book, for the key that copies the field above."""
    drafts = DraftLine.objects.filter(draft__book=book, draft__reverses=None).select_related("draft", "account")
    line: Any = drafts.order_by("-draft__entered_at", "position").first()
    last: Draft | Voucher
    if line is not None:
        last = line.draft
    else:
        posted = VoucherLine.objects.filter(voucher__book=book, voucher__reverses=None)
        line = posted.select_related("voucher", "account").order_by("-voucher__seq", "position").first()
        if line is None:
            return {}
        last = line.voucher
    values = {name: str(getattr(last, name) or "") for name in ("payee", "handler", "witness", "approver", "decision")}
    amount = show_money(abs(line.amount))
    return values | {
        "on": f"{last.on:%m-%d}",
        "summary": line.summary,
        "account": str(line.account),
        "unit_price": line.unit_price,
        "income": amount,
        "expense": amount,
    }


def _book_page(
    request: OfficeRequest,
    book: Book,
    month: date,
    form: VoucherForm | None,
    *,
    draft: Draft | None = None,
    papers: Iterable[Attachment] = (),
) -> HttpResponse:
    """Answer with the cash book, its entry line filled as typed; a closed month has none and says why."""
    compound = book.compound
    shown = book_of(book, month)
    steps = steps_of(compound)
    step = steps.get(month, "")
    closed = step in CLOSED
    if closed and draft is None:
        form = None
    first = min(steps, default=None)
    this_month = month_of(request.today)
    owned = papers_of_draft(draft) if draft is not None else ()
    return compound_page(
        request,
        "portal/office/cash_book.html",
        compound,
        "books",
        {
            "book": book,
            "books": list(Book.objects.of(compound).order_by("-kind")),
            "month": month,
            "shown": shown,
            "rows": tied(shown.rows),
            "numbers": numbers_without_gap(shown),
            "form": form,
            "draft": draft,
            "papers": [paper for paper in papers if paper.pk not in {own.paper.pk for own in owned}],
            "own_papers": owned,
            "search": _search_form(book, month, form) if draft is None else None,
            "closed": closed_month(month, step) if closed else "",
            "open_month": first_month_to_write(steps, request.today) if closed else None,
            "may_enter": can_enter(request.user, compound, request.today),
            "earlier": previous_month(month) if first and month > first else None,
            "later": next_month(month) if month < this_month else None,
            "draft_count": Draft.objects.of(compound).count(),
        },
    )


def _search_form(book: Book, month: date, form: VoucherForm | None) -> BookSearchForm:
    """Return the filters above the book, with the choices that its entry line has fetched already."""
    if form is None:
        return BookSearchForm(book=book, year=month.year)
    accounts = form.lines[0].fields["account"]
    assert isinstance(accounts, AccountField)
    return BookSearchForm(
        book=book, year=month.year, accounts=accounts.accounts, money_accounts=form.money_accounts.values()
    )


@require_POST
@in_scope
def draft_new(request: OfficeRequest, code: str, book: str) -> HttpResponse:
    """Take a typed voucher: give it to the reviewer, keep it as a draft, or show one more line."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    return _take(request, book_of_kind(compound, book), None)


def _take(request: OfficeRequest, book: Book, draft: Draft | None) -> HttpResponse:
    """Take what was typed, new or changed; with something wrong the page comes back as it was."""
    month = _typed_month(request, draft)
    papers, refused = _papers(request, book.compound, draft)
    if request.POST.get("act") == "line":
        initial, lines = _as_typed(request.POST)
        form = _entry_form(request, book, month, initial=initial, lines=lines, one_more=True)
        return _book_page(request, book, month, form, draft=draft, papers=papers)
    if request.POST.get("act") == "copy":
        initial, lines = _copy_of_last(book)
        kept = {name: request.POST[name] for name in ("on", "form_token") if request.POST.get(name)}
        form = _entry_form(request, book, month, initial=initial | kept, lines=lines)
        return _book_page(request, book, month, form, draft=draft, papers=papers)
    form = _entry_form(request, book, month, data=request.POST)
    if not form.is_valid() or refused:
        if refused:
            form.add_error("file", refused)
        return _book_page(request, book, month, form, draft=draft, papers=papers)
    hand_in = request.POST.get("act") not in ("save", "photo")
    try:
        saved = save_draft(form.to_data(papers), draft=draft, hand_in=hand_in, actor=request.user, at=request.at)
    except PostedAlready as problem:
        return show_posted(request, problem.voucher)
    except Refusal as problem:
        form.add_error(field_of(problem), sentence_of(problem))
        return _book_page(request, book, month, form, draft=draft, papers=papers)
    messages.success(request, saved_words(request, saved, hand_in))
    if warning := paid_from_takings(saved):
        messages.warning(request, warning)
    if request.POST.get("act") == "photo":
        return redirect("draft_papers", code=book.compound.code, pk=saved.pk)
    return redirect(f"{reverse('cash_book', args=[book.compound.code, book.kind])}?month={saved.on:%Y-%m}")


def show_posted(request: OfficeRequest, voucher: Voucher) -> HttpResponse:
    """Lead to what a form became that was sent again after its voucher was posted."""
    messages.success(request, f"这张已经记账：第{voucher.number}号凭证。")
    return redirect(
        "office_voucher",
        code=voucher.book.compound.code,
        book=voucher.book.kind,
        year=voucher.year,
        number=voucher.number,
    )


def _copy_of_last(book: Book) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the last voucher typed in this book as values of the form; not its day, papers, and what was special."""
    draft = Draft.objects.filter(book=book, reverses=None, corrects=None).for_display().order_by("-entered_at").first()
    last: Draft | Voucher | None = draft
    if draft is None:
        posted = Voucher.objects.filter(book=book, reverses=None, corrects=None).exclude(direction="transfer_in")
        last = posted.for_display().order_by("-seq").first()
    if last is None:
        return {}, [{}]
    initial, lines = typed_values(last)
    return {n: v for n, v in initial.items() if n not in ("on", "bill_on", "reason", "entered_for")}, lines


def _typed_month(request: OfficeRequest, draft: Draft | None) -> date:
    """Return the month whose page the form stood on."""
    try:
        return parse_month(request.POST.get("month", ""))
    except NotUnderstood:
        return month_of(draft.on if draft else request.today)


def _as_typed(data: QueryDict) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return typed values unjudged, to be shown again with one line more."""
    count = VoucherForm.typed_count(data)
    initial = {name: data[name] for name in HEADER_FIELDS if name in data}
    lines = [{name: data.get(f"line-{i}-{name}", "") for name in LINE_FIELDS} for i in range(count)]
    return initial, lines


def _papers(request: OfficeRequest, compound: Compound, draft: Draft | None) -> tuple[list[Attachment], str]:
    """Return the papers of the form, a newly sent file among them, and what is wrong with that file.

    A file is kept at once, so that an error elsewhere in the form does not lose it. Only papers that this user
    added to this compound are taken, beside those that the draft has.
    """
    ids = keys_sent(request.POST.getlist("attachment"))[:50]
    held = set(draft.attachments.values_list("pk", flat=True)) if draft is not None else set()
    sent = Attachment.objects.filter(added_by=request.user, area_code__in=compound.places(), pk__in=ids)
    papers = list(sent.order_by("pk"))
    if draft is not None:  # these are taken off on the page of the draft's papers only
        papers = [*draft.attachments.order_by("pk"), *(paper for paper in papers if paper.pk not in held)]
    file = request.FILES.get("file")
    number = request.POST.get("evidence_number", "").strip()
    if file is None:
        return papers, "写了票据号码，还要附上票据的照片或扫描件。" if number and not papers else ""
    try:
        added = add_attachment(
            file.read(),
            name=file.name or "",
            kind=request.POST.get("evidence_kind", ""),
            number=number[:60],
            area_code=compound.area_code,
            actor=request.user,
            at=request.at,
        )
    except AttachmentRefused as problem:
        return papers, str(problem)
    return [*papers, added], ""


def saved_words(request: OfficeRequest, draft: Draft, hand_in: bool) -> str:
    """Say what was saved, and who reviews it."""
    lines = list(draft.lines.all())
    what = f"{lines[0].summary}，{show_money(sum((line.amount for line in lines), ZERO))}元"
    if not hand_in:
        return f"存为草稿：{what}。"
    names = reviewers_of(draft.book.compound, request.today, draft)
    return f"交给复核了：{what}。" + (f"等{names}复核。" if names else "现在没有人可以复核，请找街道任命主任。")


# --- Drafts -------------------------------------------------------------------------------------------------------


@require_safe
@in_scope
def drafts(request: OfficeRequest, code: str) -> HttpResponse:
    """All drafts of a compound: being typed, waiting for review, sent back."""
    compound = find_compound(request, code)
    found = Draft.objects.of(compound).for_display()
    return compound_page(
        request,
        "portal/office/drafts.html",
        compound,
        "books",
        {
            "slips": [slip_of(draft) for draft in found],
            "books": list(Book.objects.of(compound).order_by("-kind")),
            "may_enter": can_enter(request.user, compound, request.today),
        },
    )


def _draft(compound: Compound, pk: int) -> Draft:
    draft = Draft.objects.of(compound).for_display().filter(pk=pk).first()
    if draft is None:
        raise Http404
    draft.book.compound = compound
    return draft


@require_http_methods(FORM)
@in_scope
def draft(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """One draft in the entry line, to change and hand in; a red one, and for readers every one, only to look at."""
    compound = find_compound(request, code)
    found = _draft(compound, pk)
    may_enter = can_enter(request.user, compound, request.today)
    by_system = found.reverses_id is not None or found.corrects_id is not None
    if request.method == "POST":
        require(may_enter and not by_system)
        return _take(request, found.book, found)
    if may_enter and not by_system:
        initial, lines = typed_values(found)
        month = month_of(found.on)
        form = _entry_form(
            request, found.book, month, initial=initial | {"on": f"{found.on:%m-%d}", "form_token": ""}, lines=lines
        )
        return _book_page(request, found.book, month, form, draft=found, papers=found.attachments.all())
    shown = {
        "slip": slip_of(found),
        "may_enter": may_enter,
        "waits": found.state == DraftState.HANDED_IN,
        "papers": papers_of_draft(found),
    }
    return compound_page(request, "portal/office/draft.html", compound, "books", shown)


@require_POST
@in_scope
def draft_delete(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Delete a draft; what was never posted may go."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    try:
        delete_draft(_draft(compound, pk), actor=request.user, at=request.at)
    except Refusal as problem:
        messages.warning(request, sentence_of(problem))
    else:
        messages.success(request, "草稿删去了。")
    return redirect("drafts", code=compound.code)
