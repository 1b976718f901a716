"""The chart of accounts, which the district keeps."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from compounds.admin import keeps_reference_data, site
from core.admin import KeptAdmin
from fees.models import Account


@admin.register(Account, site=site)
class AccountAdmin(KeptAdmin):
    """Accounts (科目): number and direction stand for good, as posted vouchers rest on them."""

    list_display = ("code", "name", "pinyin", "direction", "source", "service_line", "notice_row", "needs")
    list_filter = ("direction",)
    search_fields = ("code", "name", "pinyin")

    def may_keep(self, request: HttpRequest) -> bool:
        return keeps_reference_data(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "direction") if obj is not None else ()
