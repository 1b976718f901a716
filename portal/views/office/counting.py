"""Cash counted by its pieces, beside the book of its day; the slip to sign."""

from __future__ import annotations

import json
from decimal import Decimal

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_safe

from core import pdf
from core.money import capitals, show_money
from fees.choices import Means
from fees.documents import balances_on
from fees.forms import CountForm, piece_words
from fees.models import CashCount
from fees.operations import DoesNotFit, Refusal, count_cash
from fees.permissions import can_count, can_enter
from fees.rules import counted
from portal.views.office.accounts import find_account
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.reconciling import pdf_response
from portal.views.office.words import sentence_of

SHOWN = 24


@require_http_methods(FORM)
@in_scope
def cash_counts(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """The counts of a cash account, and a new one: pieces, who, who watched, why it differs."""
    compound = find_compound(request, code)
    account = find_account(compound, pk)
    if account.means != Means.CASH:
        raise Http404
    may = can_count(request.user, compound, request.today)
    if request.method == "POST":
        require(may)
    initial = {"on": request.today, "counter": request.user.name}
    form = CountForm(
        request.POST if request.method == "POST" else None, account=account, today=request.today, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        data = form.to_data()
        try:
            row = count_cash(data, actor=request.user, at=request.at)
        except DoesNotFit as problem:
            form.add_error("explanation", _differs(counted(data.pieces), problem.difference))
        except Refusal as problem:
            form.add_error(None, sentence_of(problem))
        else:
            messages.success(request, f"盘点存好了：{show_money(row.counted)}元。请打印，两人签字。")
            return redirect("cash_counts", code=compound.code, pk=pk)
    shown = {
        "account": account,
        "form": form if may else None,
        "rows": account.cash_counts.select_related("by").order_by("-on", "-pk")[:SHOWN],
        "balance": balances_on(compound, request.today)[pk],
        "may_enter": can_enter(request.user, compound, request.today),
    }
    return compound_page(request, "portal/office/cash_counts.html", compound, "accounts", shown)


def _differs(total: Decimal, difference: Decimal) -> str:
    more = "多" if difference > 0 else "少"
    return (
        f"实点{show_money(total)}元，比账上{more}{show_money(abs(difference))}元。请再数一遍；确实不符，写明原因再存。"
    )


@require_safe
@in_scope
def cash_count_print(request: OfficeRequest, code: str, pk: int, count: int) -> HttpResponse:
    """The slip 现金盘点表 to sign, as PDF."""
    compound = find_compound(request, code)
    account = find_account(compound, pk)
    row = CashCount.objects.filter(money_account=account, pk=count).select_related("by").first()
    if row is None:
        raise Http404
    pieces = [
        (piece_words(Decimal(value)), number, Decimal(value) * number) for value, number in json.loads(row.pieces)
    ]
    shown = {
        "compound": compound,
        "account": account,
        "row": row,
        "pieces": pieces,
        "capitals": capitals(row.counted),
        "difference": row.counted - row.book_balance,
    }
    html = render_to_string("fees/cash_count_print.html", shown)
    return pdf_response(pdf.render(html), f"{compound.name}{row.on.isoformat()}现金盘点表.pdf")
