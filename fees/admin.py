"""The chart of accounts, which the district keeps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from compounds.admin import keeps_reference_data, site
from core.admin import KeptAdmin
from fees.choices import NoticeExpense, NoticeIncome
from fees.models import Account

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
