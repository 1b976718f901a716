"""A bank or code account's month beside its statement: read, matched, ticked, kept, printed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from compounds.models import Compound
from core import pdf
from core.choices import EvidenceKind
from core.models import Attachment
from core.money import show_money
from core.operations import AttachmentRefused, add_attachment
from fees.choices import ClosingStep, Means
from fees.documents import (
    Balanced,
    balanced_as_saved,
    books_side,
    lines_of,
    open_difference,
    proposed_ticks,
    reconciliation_sheet,
    statement_items,
)
from fees.documents.control import BooksSide, Hint
from fees.forms import ReconciliationForm, mark_of, text_of_lines
from fees.models import MoneyAccount, Period, Reconciliation
from fees.operations import BooksChanged, ReconciliationData, Refusal, reconcile
from fees.permissions import can_reconcile
from fees.rules import last_day, next_month, previous_month
from portal.views.office.accounts import find_account
from portal.views.office.door import (
    FORM,
    OfficeRequest,
    compound_page,
    find_compound,
    in_scope,
    month_or_404,
    require,
)
from portal.views.office.words import sentence_of
from portal.waiting import is_over

HINTS = {
    "open_book": "如果账上的这一笔银行其实已经入账，打上勾就对上了",
    "open_bank": "如果对账单上的这一笔账上其实已经记了，打上勾就对上了",
    "done_book": "如果账上的这一笔银行还没入账，去掉勾就对上了",
    "done_bank": "如果对账单上的这一笔账上还没记，去掉勾就对上了",
    "half": "这一笔的方向可能记反了，正好差它的两倍",
}


def hint_words(hint: Hint) -> str:
    """Return which line would explain a difference, and how."""
    item = hint.item
    where = f"{item.on.month}月{item.on.day}日{item.text}{show_money(item.amount)}元"
    return f"{HINTS[hint.how]}：{where}。"


def _month_state(compound: Compound, month: date) -> str:
    period = Period.objects.of(compound).with_step().filter(month=month).first()
    return (period.step or "") if period else ""  # type: ignore[attr-defined]


def _bank_account(compound: Compound, pk: int) -> MoneyAccount:
    account = find_account(compound, pk)
    if account.means == Means.CASH:
        raise Http404
    return account


@require_http_methods(FORM)
@in_scope
def reconciliation(request: OfficeRequest, code: str, pk: int, period: str) -> HttpResponse:
    """An account's month: the books' lines and the statement's, matched; the person ticks and keeps it."""
    compound = find_compound(request, code)
    account = _bank_account(compound, pk)
    month = month_or_404(period)
    if month > request.today:
        raise Http404
    may = can_reconcile(request.user, compound, request.today)
    if request.method == "POST":
        require(may)
    side = books_side(account, month)
    saved = Reconciliation.objects.filter(money_account=account, month=month).select_related("by").last()
    approved = _month_state(compound, month) == ClosingStep.APPROVED
    over = is_over(month, request.today)
    work = _Work(request, account, month, side)
    if request.method == "POST" and over and not approved:
        done = work.take()
        if done is not None:
            return done
    else:
        work.show(saved)
    shown = {
        "account": account,
        "month": month,
        "side": side,
        "form": work.form if may and over and not approved else None,
        "balanced": work.balanced,
        "read": work.read,
        "mark": mark_of(work.text),
        "problem": work.problem,
        "hint": hint_words(work.balanced.hint) if work.balanced.hint and work.problem else "",
        "caution": work.form.read.caution,
        "saved": saved,
        "saved_difference": open_difference(saved.statement_balance, saved.book_balance, saved.open_items)
        if saved
        else None,
        "stale": saved is not None and saved.book_balance != side.balance,
        "approved": approved,
        "over": over,
        "may": may,
        "previous": previous_month(month),
        "next": next_month(month) if is_over(next_month(month), request.today) else None,
    }
    return compound_page(request, "portal/office/reconciliation.html", compound, "accounts", shown)


class _Work:
    """One showing of the page: what was typed, read, proposed, ticked, and what stands in the way."""

    def __init__(self, request: OfficeRequest, account: MoneyAccount, month: date, side: BooksSide) -> None:
        self.request, self.account, self.month, self.side = request, account, month, side
        self.form = self._form()
        self.balanced = Balanced(side, side.carried, frozenset(), None)
        self.text = self.problem = ""
        self.read = False

    def _form(self, *sent: Any, **more: Any) -> ReconciliationForm:
        return ReconciliationForm(*sent, first_on=self.side.first_on, last_on=last_day(self.month), **more)

    def show(self, saved: Reconciliation | None) -> None:
        """Show what was kept, or an empty form."""
        if saved is None:
            return
        self.balanced = balanced_as_saved(saved, self.side)
        self.text = text_of_lines(lines_of(saved))
        self.read = True
        initial = {"statement_balance": saved.statement_balance, "pasted": self.text, "note": saved.note}
        self.form = self._form(initial=initial)

    def take(self) -> HttpResponse | None:
        """Take what was sent: read and propose, or keep; with something wrong the page comes back as it was."""
        post = self.request.POST
        self.form = self._form(post, self.request.FILES)
        valid = self.form.is_valid()
        self.text = self.form.cleaned_data.get("pasted", post.get("pasted", ""))
        bank = statement_items(self.side, self.form.lines)
        known = {item.key for item in (*self.side.items, *bank)}
        done = {key for value in post.getlist("done") for key in value.split()}
        fresh = post.get("mark") != mark_of(self.text) or bool(self.request.FILES.get("file"))
        proposing = post.get("act") != "save" or fresh
        if proposing:
            ours, theirs = proposed_ticks(self.side, bank)
            done = set(ours | theirs)
        balance = self.form.cleaned_data.get("statement_balance")
        if balance is None and "statement_balance" not in self.form.errors:
            balance = self.form.read.closing
        self.balanced = Balanced(self.side, bank, frozenset(done & known), balance)
        self.read = valid
        if valid and not proposing:
            kept = self._keep(done)
            if kept is not None:
                return kept
        elif valid and post.get("act") == "save" and fresh:
            self.problem = "对账单变了，勾选重新提了一遍。请看过再存。"
        self._refill(balance)
        return None

    def _keep(self, done: set[str]) -> HttpResponse | None:
        data = self.form.cleaned_data
        if self.balanced.statement_balance is None:
            self.form.add_error("statement_balance", "对账单月末余额没有填。")
            return None
        try:
            paper = self._paper()
            reconcile(
                ReconciliationData(
                    self.account,
                    self.month,
                    self.balanced.statement_balance,
                    self.form.lines,
                    frozenset(done),
                    statement=paper,
                    note=data["note"],
                ),
                actor=self.request.user,
                at=self.request.at,
            )
        except AttachmentRefused as refused:
            self.form.add_error("statement", str(refused))
            return None
        except BooksChanged as problem:
            self.problem = sentence_of(problem)
            return None
        except Refusal as problem:
            difference = self.balanced.difference
            self.problem = (
                f"还差{show_money(difference)}元：对账单是{show_money(self.balanced.statement_balance)}元，"
                f"照勾选应是{show_money(self.balanced.expected)}元。"
                if difference
                else sentence_of(problem)
            )
            return None
        words = "对上了" if not self.balanced.difference else f"差{show_money(self.balanced.difference)}元，已写明"
        messages.success(self.request, f"{self.account.label}{self.month.month}月{words}，存好了。")
        return redirect(
            "reconciliation", code=self.request.compound.code, pk=self.account.pk, period=f"{self.month:%Y-%m}"
        )

    def _paper(self) -> Attachment | None:
        file = self.form.cleaned_data.get("statement")
        if not file:
            return None
        return add_attachment(
            file.read(),
            name=file.name or "",
            kind=EvidenceKind.STATEMENT,
            number="",
            area_code=self.request.compound.area_code,
            actor=self.request.user,
            at=self.request.at,
        )

    def _refill(self, balance: Decimal | None) -> None:
        """Show the statement as text even where it came from a file, and its closing balance where it had one."""
        filled = self.request.POST.copy()
        filled["pasted"] = self.text
        if balance is not None and not filled.get("statement_balance"):
            filled["statement_balance"] = f"{balance:.2f}"
        self.form.data = filled


@require_safe
@in_scope
def reconciliation_print(request: OfficeRequest, code: str, pk: int, period: str) -> HttpResponse:
    """The sheet 银行存款余额调节表 of what was kept last, as PDF."""
    compound = find_compound(request, code)
    account = _bank_account(compound, pk)
    month = month_or_404(period)
    row = Reconciliation.objects.filter(money_account=account, month=month).select_related("by").last()
    if row is None:
        raise Http404
    html = render_to_string(
        "fees/reconciliation_print.html",
        {"compound": compound, "account": account, "sheet": reconciliation_sheet(row), "last": last_day(month)},
    )
    return pdf_response(pdf.render(html), f"{compound.name}{period}余额调节表.pdf")


def pdf_response(made: pdf.Pdf, name: str) -> HttpResponse:
    """Answer with a PDF that opens in the browser."""
    response = HttpResponse(made.bytes, content_type="application/pdf")
    header = content_disposition_header(False, name)
    if header:
        response["Content-Disposition"] = header
    return response
