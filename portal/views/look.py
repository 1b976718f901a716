"""Two unlisted pages that show every component of the look with invented content: residents' and the office's.

They read no database; tests/journeys/test_look.py holds them to the look.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.forms import DayField, MoneyField
from portal.views import samples
from portal.views.office.door import OfficeRequest, in_scope
from portal.views.residents import public_page

ROWS = 2000
UNLISTED = "noindex, nofollow"


class SampleForm(forms.Form):
    """A form as both sides have it, to be shown empty and with mistakes."""

    what = forms.CharField(
        label="要问的事", help_text="写明是哪个月、第几号凭证。", error_messages={"required": "请写要问的是哪件事。"}
    )
    amount = MoneyField(label="金额（元）")
    on = DayField(label="日期", help_text="例如2026-10-12，也可以写20261012。")
    more = forms.CharField(label="还想说的", required=False, widget=forms.Textarea(attrs={"rows": 3}))


MISTAKES = {"what": "", "amount": "12o0", "on": "2026-02-30", "more": "楼道里的灯又不亮了"}


def _form(prefix: str, data: dict[str, str] | None = None) -> SampleForm:
    bound = {f"{prefix}-{name}": value for name, value in data.items()} if data else None
    form = SampleForm(bound, prefix=prefix)
    form.is_valid()
    return form


def _shared() -> dict[str, Any]:
    ledger = samples.ledger()
    return {
        "ledger": ledger,
        "books": ledger.books,
        "lines": samples.step_lines(),
        "empty_form": _form("new"),
        "wrong_form": _form("old", MISTAKES),
        "sha256": samples.SHA256,
        "code": samples.CODE,
        "longest_name": samples.LONGEST_NAME,
        "longest_payee": samples.LONGEST_PAYEE,
        "totals": samples.building_totals(),
    }


def _unlisted(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = UNLISTED
    return response


@public_page
def look(request: HttpRequest) -> HttpResponse:
    """Show the residents' components; with ?rows a ledger of two thousand lines."""
    if "rows" in request.GET:
        long = samples.long_ledger(ROWS)
        return _unlisted(render(request, "portal/look/rows.html", {"ledger": long, "book": long.books[0]}))
    context = {
        **_shared(),
        "compound": samples.Place(),
        "chart": samples.chart(),
        "source_rows": samples.source_rows(),
        "sources_total": samples.sources_total(),
        "thresholds": samples.thresholds(),
        "votes": samples.vote_rows(),
        "receivable": sum((f.due - f.received for f in samples.sources() if f.who == "居民"), Decimal(0)),
    }
    return _unlisted(render(request, "portal/look/public.html", context))


@require_safe
@in_scope
def office_look(request: OfficeRequest) -> HttpResponse:
    """Show the office's components."""
    shared = _shared()
    service = shared["books"][0]
    context = {
        **shared,
        "compound": samples.Place(),
        "book": service,
        "rows": list(samples.cash_rows(service)),
        "queue": samples.QUEUE,
        "funnel": samples.FUNNEL,
        "funnel_total": sum(count for _, count in samples.FUNNEL),
        "board": samples.board(),
        "missing": samples.MISSING,
        "grids": samples.buildings(),
        "entry": samples.paper_entry(),
    }
    return _unlisted(render(request, "portal/look/office.html", context))
