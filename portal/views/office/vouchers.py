"""A posted voucher, and what mends it: its reversal."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from compounds.models import Compound
from fees.documents import papers_of_voucher
from fees.forms import ReversalForm
from fees.models import Draft, Ledger, Voucher
from fees.operations import Refusal, reverse_voucher
from fees.permissions import can_enter
from portal.documents import slip_of
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.words import sentence_of


def _voucher(compound: Compound, kind: str, year: int, number: int) -> Voucher:
    vouchers = Voucher.objects.of(compound).for_display()
    found = vouchers.filter(book__kind=kind, year=year, number=number).select_related("book__compound").first()
    if found is None:
        raise Http404
    return found


@require_safe
@in_scope
def office_voucher(request: OfficeRequest, code: str, book: str, year: int, number: int) -> HttpResponse:
    """A posted voucher whole: lines, persons, papers, its place in the chain, what reverses it."""
    compound = find_compound(request, code)
    voucher = _voucher(compound, book, year, number)
    red = next(iter(voucher.reversed_by.all()), None)
    other = Voucher.objects.of(compound).filter(pair=voucher.pair).exclude(pk=voucher.pk) if voucher.pair else None
    return compound_page(
        request,
        "portal/office/voucher.html",
        compound,
        "books",
        {
            "voucher": voucher,
            "slip": slip_of(voucher),
            "red": red,
            "red_waits": Draft.objects.filter(reverses=voucher).exists() if red is None else False,
            "other_leg": other.select_related("book").first() if other is not None else None,
            "papers": papers_of_voucher(voucher),
            "references": [row for row in voucher.evidence.order_by("pk") if row.attachment_id is None],
            "may_enter": can_enter(request.user, compound, request.today),
            "hangs": Ledger.objects.of(compound).covering(voucher.on).exists(),
            "may_reverse": can_enter(request.user, compound, request.today)
            and voucher.reverses_id is None
            and red is None,
        },
    )


@require_http_methods(FORM)
@in_scope
def reversal(request: OfficeRequest, code: str, book: str, year: int, number: int) -> HttpResponse:
    """What a reversal will do, on a page of its own; sent, it hands in the red draft."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    voucher = _voucher(compound, book, year, number)
    initial = {"on": f"{request.today:%m-%d}" if request.today.year == voucher.year else ""}
    form = ReversalForm(request.POST or None, year=voucher.year, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            reverse_voucher(
                voucher,
                form.cleaned_data["on"],
                actor=request.user,
                at=request.at,
                reason=form.cleaned_data["reason"],
            )
        except Refusal as problem:
            form.add_error(None, sentence_of(problem))
        else:
            messages.success(request, f"红冲第{voucher.number}号的红字凭证交给复核了。")
            return redirect("office_voucher", code=compound.code, book=book, year=year, number=number)
    shown = {"voucher": voucher, "slip": slip_of(voucher), "form": form}
    return compound_page(request, "portal/office/reversal.html", compound, "books", shown)
