"""Money accounts of a compound: listed, opened, changed, ended; what a payment code brings to the bank."""

from __future__ import annotations

import json
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from compounds.models import Compound
from core.models import Entry
from core.money import show_money, show_share
from fees.choices import Means
from fees.documents import accounts_view, balances_on
from fees.forms import AccountForm, EndForm, SettlementForm, draw_form_token
from fees.models import Book, MoneyAccount, SharedAccount
from fees.operations import Refusal, change_account, end_account, open_account, resume_account, settle_code
from fees.permissions import can_count, can_enter, can_keep_accounts, can_reconcile
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.words import reviewers_of, sentence_of
from portal.waiting import month_in_hand

HISTORY = 10
# Columns of an account as its history names them.
COLUMNS = {
    "holder": "在谁名下",
    "mandate": "凭什么代管",
    "bank": "开户行",
    "number_tail": "后四位",
    "limit": "限额",
    "fee_rate": "手续费率",
    "settles_to": "次日到",
    "shared": "共用账户",
    "is_private": "在私人名下",
    "opened_on": "启用",
    "ended_on": "停用",
}
YES_NO = {"True": "是", "False": "否", "": "没有"}


def find_account(compound: Compound, pk: int) -> MoneyAccount:
    """Return a money account of the compound; another's does not exist here."""
    account = MoneyAccount.objects.of(compound).filter(pk=pk).first()
    if account is None:
        raise Http404
    account.book.compound = compound
    return account


@require_safe
@in_scope
def money_accounts(request: OfficeRequest, code: str) -> HttpResponse:
    """All money accounts of both books as they stand today, and what is odd about them."""
    compound = find_compound(request, code)
    shown = {
        "books": accounts_view(compound, request.today),
        "may_keep": can_keep_accounts(request.user, compound, request.today),
        "may_enter": can_enter(request.user, compound, request.today),
        "may_reconcile": can_reconcile(request.user, compound, request.today),
        "may_count": can_count(request.user, compound, request.today),
        "month": month_in_hand(compound, request.today),
    }
    return compound_page(request, "portal/office/money_accounts.html", compound, "accounts", shown)


def _form(request: OfficeRequest, compound: Compound, account: MoneyAccount | None) -> AccountForm:
    ours = compound.area_code
    above = [ours[:length] for length in (9, 12)]
    form = AccountForm(
        request.POST if request.method == "POST" else None,
        books=list(Book.objects.of(compound).order_by("-kind")),
        banks=[a for a in MoneyAccount.objects.of(compound).filter(means=Means.BANK) if a != account],
        shared=list(SharedAccount.objects.filter(area_code__in=above)),
        account=account,
    )
    return form


@require_http_methods(FORM)
@in_scope
def money_account_new(request: OfficeRequest, code: str) -> HttpResponse:
    """Open a money account."""
    compound = find_compound(request, code)
    require(can_keep_accounts(request.user, compound, request.today))
    form = _form(request, compound, None)
    if request.method == "POST" and form.is_valid():
        book = form.books[form.cleaned_data["book"]]
        book.compound = compound
        try:
            account = open_account(book, form.cleaned_data["means"], form.to_data(), actor=request.user, at=request.at)
        except Refusal as problem:
            form.add_error(None, sentence_of(problem))
        else:
            messages.success(request, f"开好了：{account.book}{account.label}。")
            return redirect("money_accounts", code=compound.code)
    return compound_page(request, "portal/office/money_account.html", compound, "accounts", {"form": form})


@require_http_methods(FORM)
@in_scope
def money_account(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """One money account: what is known of it, to change for those who may, and what was changed before."""
    compound = find_compound(request, code)
    account = find_account(compound, pk)
    may_keep = can_keep_accounts(request.user, compound, request.today)
    if request.method == "POST":
        require(may_keep)
    form = _form(request, compound, account) if may_keep else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            change_account(account, form.to_data(), actor=request.user, at=request.at)
        except Refusal as problem:
            form.add_error(None, sentence_of(problem))
        else:
            messages.success(request, "存好了，以前的写法留在经过里。")
            return redirect("money_account", code=compound.code, pk=pk)
    shown = {
        "form": form,
        "account": find_account(compound, pk),
        "balance": balances_on(compound, None)[pk],
        "history": _history(pk),
        "may_keep": may_keep,
    }
    return compound_page(request, "portal/office/money_account.html", compound, "accounts", shown)


def _history(pk: int) -> list[tuple[Entry, list[str]]]:
    """Return the acts on an account with what each changed, in words."""
    found = []
    for entry in Entry.objects.about("fees.moneyaccount", pk)[:HISTORY]:
        data = json.loads(entry.data) if entry.data else {}
        before, after = data.get("before", {}), data.get("after", {})
        found.append((entry, [_change(name, before[name], after.get(name, "")) for name in before]))
    return found


def _change(name: str, before: str, after: str) -> str:
    return f"{COLUMNS.get(name, name)}：{_said(name, before)}，改为{_said(name, after)}"


def _said(name: str, value: str) -> str:
    if name == "fee_rate" and value:
        return show_share(Decimal(value))
    return YES_NO.get(value, value)


@require_http_methods(FORM)
@in_scope
def money_account_end(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """What ending an account does, on a page of its own; sent, it ends, or is taken into use again."""
    compound = find_compound(request, code)
    require(can_keep_accounts(request.user, compound, request.today))
    account = find_account(compound, pk)
    form = EndForm(
        request.POST if request.POST.get("act") == "end" else None, today=request.today, initial={"on": request.today}
    )
    if request.method == "POST":
        if request.POST.get("act") == "resume":
            resume_account(account, actor=request.user, at=request.at)
            messages.success(request, f"{account.label}重新启用了。")
            return redirect("money_account", code=compound.code, pk=pk)
        if form.is_valid():
            data = form.cleaned_data
            try:
                end_account(account, data["on"], data["reason"], actor=request.user, at=request.at)
            except Refusal as problem:
                form.add_error(None, sentence_of(problem))
            else:
                messages.success(request, f"{account.label}停用了。以前的账都还在。")
                return redirect("money_accounts", code=compound.code)
    shown = {"form": form, "account": account, "balance": balances_on(compound, None)[pk]}
    return compound_page(request, "portal/office/money_account_end.html", compound, "accounts", shown)


@require_http_methods(FORM)
@in_scope
def settlement(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """What of a payment code came to the bank: makes the transfer and the fee at one go, for review."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    account = find_account(compound, pk)
    if account.means != Means.QR:
        raise Http404
    banks = [
        a
        for a in MoneyAccount.objects.of(compound).filter(means=Means.BANK)
        if a.book_id == account.book_id and a.in_use_on(request.today)
    ]
    lying = balances_on(compound, None)[pk]
    form = SettlementForm(
        request.POST if request.method == "POST" else None,
        code=account,
        banks=banks,
        lying=lying,
        today=request.today,
        form_token=draw_form_token(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            drafts = settle_code(form.to_data(), actor=request.user, at=request.at)
        except Refusal as problem:
            form.add_error(None, sentence_of(problem))
        else:
            names = reviewers_of(compound, request.today, drafts[0])
            net = show_money(form.to_data().net)
            messages.success(
                request, f"交给复核了：到账{net}元，共{len(drafts)}张。" + (f"等{names}复核。" if names else "")
            )
            return redirect("drafts", code=compound.code)
    shown = {"form": form, "account": account, "lying": lying, "banks": banks}
    return compound_page(request, "portal/office/settlement.html", compound, "accounts", shown)
