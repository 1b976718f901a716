"""The chart of accounts and the limits of who decides, which the district keeps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from compounds.admin import keeps_reference_data, site
from compounds.models import Compound
from core.admin import KeptAdmin
from core.forms import MoneyField
from core.money import show_money
from fees.choices import NoticeExpense, NoticeIncome
from fees.models import Account, ExpenseLimit

NEEDS = [
    ("", "不用另附"),
    ("contract", "合同"),
    ("decision", "决议"),
    ("document", "文件"),
    ("original", "原凭证"),
    ("bank slip", "银行回单"),
]


class AccountForm(forms.ModelForm):
    """An account with its row on the notice-board sheet chosen by name."""

    notice_row = forms.ChoiceField(
        label="公示表中的行",
        required=False,
        choices=[("", "不在第一页"), ("收", NoticeIncome.choices), ("花", NoticeExpense.choices)],
    )
    needs = forms.ChoiceField(label="须附", required=False, choices=NEEDS)

    class Meta:
        model = Account
        fields = (
            "code", "name", "pinyin", "direction", "source", "service_line", "notice_row", "top_up", "needs", "note",
        )  # fmt: skip


@admin.register(Account, site=site)
class AccountAdmin(KeptAdmin):
    """Accounts (科目): number and direction stand for good, as posted vouchers rest on them."""

    form = AccountForm
    list_display = ("code", "name", "pinyin", "direction", "source", "service_line", "row", "papers")
    list_filter = ("direction",)
    search_fields = ("code", "name", "pinyin")

    @admin.display(description="公示表中的行")
    def row(self, account: Account) -> str:
        return {**dict(NoticeIncome.choices), **dict(NoticeExpense.choices)}.get(account.notice_row, "")

    @admin.display(description="须附")
    def papers(self, account: Account) -> str:
        return dict(NEEDS[1:]).get(account.needs, account.needs)

    def may_keep(self, request: HttpRequest) -> bool:
        return keeps_reference_data(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "direction") if obj is not None else ()


class ExpenseLimitForm(forms.ModelForm):
    """A limit; the compound is typed by its code, and left empty for the whole district."""

    compound = forms.ModelChoiceField(
        Compound.objects.all(), to_field_name="code", required=False, label="小区编号", widget=forms.TextInput,
        help_text="空着就是全区的规定；填了小区编号，这一行在那个小区代替全区的。",
        error_messages={"invalid_choice": "没有这个小区编号。"},
    )  # fmt: skip
    up_to = MoneyField(
        label="到多少元为止（元）", name="金额", required=False,
        help_text="含本数。空着就是没有上限，只给最后决定的人。",
    )  # fmt: skip

    class Meta:
        model = ExpenseLimit
        fields = ("compound", "decided_by", "up_to")


@admin.register(ExpenseLimit, site=site)
class ExpenseLimitAdmin(KeptAdmin):
    """Who decides an expense up to which amount: the district's rows, and compounds' own that replace them."""

    form = ExpenseLimitForm
    list_display = ("place", "decided_by", "limit")
    list_select_related = ("compound",)
    ordering = ("compound", "up_to")

    @admin.display(description="小区")
    def place(self, limit: ExpenseLimit) -> str:
        return limit.compound.name if limit.compound else "全区"

    @admin.display(description="到多少元为止")
    def limit(self, limit: ExpenseLimit) -> str:
        return show_money(limit.up_to) if limit.up_to is not None else "没有上限"

    def may_keep(self, request: HttpRequest) -> bool:
        return keeps_reference_data(request)

    def area_of(self, obj: ExpenseLimit) -> str:
        return obj.compound.area_code if obj.compound else ""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("compound", "decided_by") if obj is not None else ()
