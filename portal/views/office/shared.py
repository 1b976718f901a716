"""Accounts in which several compounds' money lies, and the slip on which their holder confirms the balances."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_safe

from compounds.choices import AreaLevel
from compounds.models import Area
from compounds.permissions import areas_of
from core import pdf
from core.choices import EvidenceKind
from core.models import Attachment
from core.money import NotUnderstood, parse_date, show_money
from core.operations import AttachmentRefused, add_attachment
from fees.documents import Part, parts_on, total_of
from fees.forms import SharedAccountForm, SlipForm
from fees.models import BalanceSlip, MoneyAccount, SharedAccount
from fees.operations import Refusal, confirm_balances, open_shared_account
from fees.permissions import SHARED_KEEPERS, can_keep_shared, shared_areas
from fees.rules import last_day, previous_month
from portal.views.office.door import FORM, OfficeRequest, in_scope, require
from portal.views.office.reconciling import pdf_response
from portal.views.office.words import sentence_of
from portal.waiting import narrowed


def _keeper_areas(request: OfficeRequest) -> list[tuple[str, str]]:
    """Return the communities and streets where the user may write down a shared account."""
    held = narrowed(areas_of(request.user, request.today, SHARED_KEEPERS), request.scope.prefixes)
    places = Area.objects.filter(level__in=[AreaLevel.STREET, AreaLevel.COMMUNITY]).order_by("code")
    return [(area.code, area.name) for area in places if area.code.startswith(tuple(held))] if held else []


@require_http_methods(FORM)
@in_scope
def shared_accounts(request: OfficeRequest) -> HttpResponse:
    """The shared accounts of the scope, and a new one."""
    areas = _keeper_areas(request)
    if request.method == "POST":
        require(bool(areas))
    form = SharedAccountForm(request.POST if request.method == "POST" else None, areas=areas)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = open_shared_account(
                data["area"], data["holder"], data["bank"], data["number_tail"], actor=request.user, at=request.at
            )
        except Refusal as problem:
            form.add_error(None, sentence_of(problem))
        else:
            messages.success(request, f"登记好了：{made}。请到各小区的账户里选它。")
            return redirect("shared_account", pk=made.pk)
    names = dict(Area.objects.values_list("code", "name"))
    seen = narrowed(shared_areas(request.user, request.today), request.scope.prefixes)
    found = SharedAccount.objects.within(seen).annotate(part_count=Count("parts"))
    rows = [(row, names.get(row.area_code, "")) for row in found]
    shown = {"rows": rows, "form": form if areas else None}
    return render(request, "portal/office/shared_accounts.html", shown)


def _find(request: OfficeRequest, pk: int) -> SharedAccount:
    row = SharedAccount.objects.within(shared_areas(request.user, request.today)).filter(pk=pk).first()
    if row is None:
        raise Http404
    request.acting_area = row.area_code
    return row


def _asked_day(request: OfficeRequest) -> date:
    text = request.POST.get("on") or request.GET.get("on", "")
    try:
        return parse_date(text, year=request.today.year) if text else last_day(previous_month(request.today))
    except NotUnderstood:
        return last_day(previous_month(request.today))


@require_http_methods(FORM)
@in_scope
def shared_account(request: OfficeRequest, pk: int) -> HttpResponse:
    """A shared account on a day: each compound's part by its books, the holder's own, the statement; the slips."""
    account = _find(request, pk)
    may = can_keep_shared(request.user, account.area_code, request.today)
    if request.method == "POST":
        require(may)
    day = _asked_day(request)
    parts = parts_on(account, day)
    total = total_of(parts)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = SlipForm(*sent, today=request.today, initial={"on": day})
    if request.method == "POST" and form.is_valid():
        answer = _confirm(request, account, form, parts, total)
        if answer is not None:
            return answer
    shown = {
        "account": account,
        "day": day,
        "parts": parts,
        "total": total,
        "form": form if may else None,
        "slips": account.slips.select_related("by", "attachment").order_by("-on", "-pk")[:24],
    }
    return render(request, "portal/office/shared_account.html", shown)


def _confirm(
    request: OfficeRequest, account: SharedAccount, form: SlipForm, parts: tuple[Part, ...], total: Decimal
) -> HttpResponse | None:
    """Print the slip to be signed, or keep the signed one; with something wrong return nothing."""
    data = form.cleaned_data
    difference = form.difference(total)
    if difference:
        form.add_error(
            "statement_balance",
            f"两边差{show_money(difference)}元：各小区{show_money(total)}元，加户主自己的{show_money(data['own'])}元，"
            f"应是{show_money(total + data['own'])}元。请核对各小区的账和户主自己的数。",
        )
        return None
    if request.POST.get("act") == "print":
        sheet = SlipSheet(account, data["on"], parts, data["own"], data["statement_balance"], "")
        return _print(sheet)
    if not data["signed_by"]:
        form.add_error("signed_by", "户主签字人没有填。请先打印，签字盖章以后再存。")
    if not data["paper"]:
        form.add_error("paper", "还没有选签字盖章的确认单。拍一张照片，或扫成PDF。")
    if form.errors:
        return None
    try:
        paper = _paper(request, account, data["paper"])
        confirm_balances(
            account, data["on"], data["statement_balance"], data["own"], data["signed_by"], attachment=paper,
            actor=request.user, at=request.at,
        )  # fmt: skip
    except AttachmentRefused as refused:
        form.add_error("paper", str(refused))
        return None
    except Refusal as problem:
        form.add_error(None, sentence_of(problem))
        return None
    messages.success(request, f"{data['on'].month}月{data['on'].day}日的余额确认单存好了。")
    return redirect("shared_account", pk=account.pk)


def _paper(request: OfficeRequest, account: SharedAccount, file: object) -> Attachment:
    return add_attachment(
        file.read(),  # type: ignore[attr-defined]
        name=file.name or "",  # type: ignore[attr-defined]
        kind=EvidenceKind.BALANCE_SLIP,
        number="",
        area_code=account.area_code,
        actor=request.user,
        at=request.at,
    )


@dataclass(frozen=True)
class SlipSheet:
    """What the slip prints: the parts, the holder's own, the statement; yuan."""

    account: SharedAccount
    on: date
    parts: tuple[Part, ...]
    own: Decimal
    statement_balance: Decimal
    signed_by: str

    @property
    def total(self) -> Decimal:
        return total_of(self.parts)


def _print(sheet: SlipSheet) -> HttpResponse:
    html = render_to_string("fees/balance_slip_print.html", {"sheet": sheet})
    return pdf_response(pdf.render(html), f"{sheet.account.holder}{sheet.on.isoformat()}余额确认单.pdf")


@require_safe
@in_scope
def balance_slip_print(request: OfficeRequest, pk: int, slip: int) -> HttpResponse:
    """A kept slip, as PDF, with the balances as they were confirmed."""
    account = _find(request, pk)
    row = BalanceSlip.objects.filter(shared=account, pk=slip).first()
    if row is None:
        raise Http404
    said = [(key, Decimal(amount)) for key, amount in json.loads(row.parts)]
    known = MoneyAccount.objects.select_related("book__compound").in_bulk([key for key, _ in said])
    parts = tuple(Part(known[key], amount) for key, amount in said)
    return _print(SlipSheet(account, row.on, parts, row.own, row.statement_balance, row.signed_by))
