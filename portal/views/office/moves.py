"""Transfers, and money held for others, each by a form of its own; both make ordinary drafts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.money import show_money
from fees.documents import Purse, held_items, purses
from fees.forms import HeldForm, TransferForm, draw_form_token
from fees.models import Account, Book, Draft
from fees.operations import DraftData, PostedAlready, Refusal, save_draft
from fees.permissions import can_enter
from portal.views.office.books import book_of_kind, saved_words, show_posted
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.words import field_of, sentence_of


def purse_words(purse: Purse, book: Book | None = None) -> str:
    """Return a money account in words with what lies in it; its book is named where it is another than ``book``."""
    account = purse.account
    holder = f"（{account.holder}）" if account.holder not in ("", "待补") else ""
    other = f"{account.book} " if book is None or account.book_id != book.pk else ""
    return f"{other}{account}{holder}，现有{show_money(purse.balance)}元"


def _initial(request: OfficeRequest, purse: Purse | None) -> dict[str, Any]:
    return {
        "on": f"{request.today:%m-%d}",
        "money_account": str(purse.account.pk) if purse else "",
        "form_token": draw_form_token(),
    }


def _page(
    request: OfficeRequest, template: str, book: Book, form: TransferForm | HeldForm, **more: Any
) -> HttpResponse:
    compound = book.compound
    shown = {
        "book": book,
        "books": list(Book.objects.of(compound).order_by("-kind")),
        "draft_count": Draft.objects.of(compound).count(),
        "form": form,
        **more,
    }
    return compound_page(request, template, compound, "books", shown)


def _save(request: OfficeRequest, form: TransferForm | HeldForm, data: DraftData) -> HttpResponse | None:
    """Save the draft and lead on; None where something stands in the way, which the form then says."""
    hand_in = request.POST.get("act") != "save"
    try:
        draft = save_draft(data, hand_in=hand_in, actor=request.user, at=request.at)
    except PostedAlready as problem:
        return show_posted(request, problem.voucher)
    except Refusal as problem:
        place = field_of(problem)
        form.add_error(place if place in form.fields else None, sentence_of(problem))
        return None
    messages.success(request, saved_words(request, draft, hand_in))
    return redirect(f"{reverse('cash_book', args=[data.book.compound.code, data.book.kind])}?month={draft.on:%Y-%m}")


@require_http_methods(FORM)
@in_scope
def transfer(request: OfficeRequest, code: str, book: str) -> HttpResponse:
    """Money from one account to another, in the same book or between the two."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    found = book_of_kind(compound, book)
    lie = purses(compound, request.today)
    own = next((purse for purse in lie if purse.account.book_id == found.pk), None)
    form = TransferForm(
        request.POST if request.method == "POST" else None,
        book=found,
        purses=lie,
        today=request.today,
        account=Account.objects.get(code="301"),
        initial=_initial(request, own),
    )
    choices = [("", "请选"), *((str(purse.account.pk), purse_words(purse)) for purse in lie)]
    form.offer("money_account", choices)
    form.offer("to_account", choices)
    if request.method == "POST" and form.is_valid():
        data = form.to_data()
        data.book.compound = compound
        answer = _save(request, form, data)
        if answer is not None:
            return answer
    return _page(request, "portal/office/transfer.html", found, form, move="transfer")


@require_http_methods(FORM)
@in_scope
def held(request: OfficeRequest, code: str, book: str) -> HttpResponse:
    """Money that is held for others: taken in, given back, lent, returned; what is still held stands beside."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    found = book_of_kind(compound, book)
    own = [purse for purse in purses(compound, request.today) if purse.account.book_id == found.pk]
    items = held_items(found, request.today)
    accounts = list(Account.objects.filter(direction="held").order_by("code"))
    form = HeldForm(
        request.POST if request.method == "POST" else None,
        book=found,
        purses=own,
        today=request.today,
        accounts=accounts,
        items=items,
        initial=_initial(request, own[0] if own else None),
    )
    form.offer("money_account", [("", "请选"), *((str(p.account.pk), purse_words(p, found)) for p in own)])
    if request.method == "POST" and form.is_valid():
        answer = _save(request, form, form.to_data())
        if answer is not None:
            return answer
    groups = [(account, [item for item in items if item.account == account]) for account in accounts]
    shown = [(account, rows, sum(row.amount for row in rows)) for account, rows in groups if rows]
    total = sum(item.amount for item in items)
    return _page(request, "portal/office/held.html", found, form, move="held", groups=shown, total=total)
