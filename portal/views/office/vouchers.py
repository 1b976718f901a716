"""A posted voucher, and what mends it: red vouchers within the year, a correcting one for an earlier year."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from compounds.models import Compound
from fees.choices import TRANSFERS, Direction, ReversalKind
from fees.documents import is_year_done, papers_of_voucher, purses, remainders
from fees.forms import CorrectionForm, ReversalForm, draw_form_token
from fees.models import Account, Draft, Ledger, MoneyAccount, Voucher
from fees.operations import PostedAlready, Refusal, correct_voucher, reverse_voucher
from fees.permissions import can_enter
from portal.documents import slip_of
from portal.views.office.books import show_posted
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.moves import purse_words
from portal.views.office.words import field_of, sentence_of


def _voucher(compound: Compound, kind: str, year: int, number: int) -> Voucher:
    vouchers = Voucher.objects.of(compound).for_display().select_related("book__compound", "corrects__book")
    found = vouchers.filter(book__kind=kind, year=year, number=number).first()
    if found is None:
        raise Http404
    return found


@require_safe
@in_scope
def office_voucher(request: OfficeRequest, code: str, book: str, year: int, number: int) -> HttpResponse:
    """A posted voucher whole: lines, persons, papers, its place in the chain, what mends it."""
    compound = find_compound(request, code)
    voucher = _voucher(compound, book, year, number)
    other = Voucher.objects.of(compound).filter(pair=voucher.pair).exclude(pk=voucher.pk) if voucher.pair else None
    waiting = Draft.objects.filter(reverses=voucher) | Draft.objects.filter(corrects=voucher)
    may_mend = can_enter(request.user, compound, request.today) and voucher.reverses_id is None
    whole = voucher.reversed_whole_by
    done = is_year_done(voucher)
    corrected = list(voucher.corrected_by.select_related("book").prefetch_related("reversed_by").order_by("pk"))
    counts = voucher.direction in (Direction.INCOME, Direction.EXPENSE)
    return compound_page(
        request,
        "portal/office/voucher.html",
        compound,
        "books",
        {
            "voucher": voucher,
            "slip": slip_of(voucher),
            "reds": [(red, -red.amount) for red in sorted(voucher.reversed_by.all(), key=lambda red: red.seq)],
            "whole": whole,
            "waiting": list(waiting.order_by("pk")),
            "corrections": corrected,
            "other_leg": other.select_related("book").first() if other is not None else None,
            "papers": papers_of_voucher(voucher),
            "references": [row for row in voucher.evidence.order_by("pk") if row.attachment_id is None],
            "may_enter": can_enter(request.user, compound, request.today),
            "hangs": Ledger.objects.of(compound).covering(voucher.on).exists(),
            "may_reverse": may_mend and whole is None and not done and not any(row.remaining for row in corrected),
            "may_correct": may_mend and done and voucher.year < request.today.year and counts,
        },
    )


def _purses_of(request: OfficeRequest, voucher: Voucher) -> list[tuple[MoneyAccount, str]]:
    """Return the money accounts of a voucher's book with their words and balances, the voucher's own first."""
    found = [p for p in purses(request.compound, request.today) if p.account.book_id == voucher.book_id]
    found.sort(key=lambda purse: purse.account.pk != voucher.money_account_id)
    return [(purse.account, purse_words(purse, voucher.book)) for purse in found]


@require_http_methods(FORM)
@in_scope
def reversal(request: OfficeRequest, code: str, book: str, year: int, number: int) -> HttpResponse:
    """What a reversal will do, on a page of its own; sent, it hands in the red draft of all or of a part."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    voucher = _voucher(compound, book, year, number)
    form = ReversalForm(
        request.POST if request.method == "POST" else None,
        year=voucher.year,
        left=remainders(voucher) if voucher.reverses_id is None else (),
        money_accounts=_purses_of(request, voucher) if voucher.direction not in TRANSFERS else (),
        initial={
            "on": f"{request.today:%m-%d}" if request.today.year == voucher.year else "",
            "kind": ReversalKind.WHOLE,
            "form_token": draw_form_token(),
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            reverse_voucher(
                voucher,
                form.cleaned_data["on"],
                actor=request.user,
                at=request.at,
                reason=form.cleaned_data["reason"],
                kind=form.cleaned_data["kind"],
                parts=form.parts,
                money_account=form.paid_from,
                form_token=form.cleaned_data["form_token"] or None,
            )
        except PostedAlready as problem:
            return show_posted(request, problem.voucher)
        except Refusal as problem:
            place = field_of(problem)
            form.add_error(place if place in form.fields else None, sentence_of(problem))
        else:
            messages.success(request, f"红冲第{voucher.number}号的红字凭证交给复核了。")
            return redirect("office_voucher", code=compound.code, book=book, year=year, number=number)
    shown = {"voucher": voucher, "slip": slip_of(voucher), "form": form, "remaining": voucher.remaining}
    return compound_page(request, "portal/office/reversal.html", compound, "books", shown)


@require_http_methods(FORM)
@in_scope
def correction(request: OfficeRequest, code: str, book: str, year: int, number: int) -> HttpResponse:
    """What correcting an earlier year's voucher will do; sent, it hands in the draft with 119 or 229."""
    compound = find_compound(request, code)
    require(can_enter(request.user, compound, request.today))
    voucher = _voucher(compound, book, year, number)
    form = CorrectionForm(
        request.POST if request.method == "POST" else None,
        voucher=voucher,
        money_accounts=_purses_of(request, voucher),
        today=request.today,
        initial={"on": f"{request.today:%m-%d}", "form_token": draw_form_token()},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            draft = correct_voucher(
                voucher,
                data["on"],
                Account.objects.get(code=data["account"]),
                data["amount"],
                money_account=form.purse,
                actor=request.user,
                at=request.at,
                form_token=data["form_token"] or None,
                **{name: data[name] for name in ("decision", "handler", "witness", "approver", "reason")},
            )
        except PostedAlready as problem:
            return show_posted(request, problem.voucher)
        except Refusal as problem:
            place = field_of(problem)
            form.add_error(place if place in form.fields else None, sentence_of(problem))
        else:
            messages.success(request, f"更正{voucher.year}年第{voucher.number}号的凭证交给复核了。")
            return redirect("draft", code=compound.code, pk=draft.pk)
    shown = {"voucher": voucher, "slip": slip_of(voucher), "form": form}
    return compound_page(request, "portal/office/correction.html", compound, "books", shown)
