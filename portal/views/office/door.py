"""What every office page asks first: who, when, in which area; what is out of scope does not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Substr
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from compounds.models import Area, Compound
from compounds.rules import COMMUNITY_CODE_LENGTH
from core.models import User
from core.money import NotUnderstood, parse_month
from portal.permissions import Scope, home_area, role_in, scope_of

OfficeView = Callable[..., HttpResponse]
# What a page with a form answers to.
FORM = ("GET", "HEAD", "POST")


class OfficeRequest(HttpRequest):
    """A request of someone who is logged in, with the clock read once and the scope of their work."""

    user: User
    at: datetime
    today: date
    scope: Scope
    compound: Compound
    acting_area: str
    acting_role: str
    running: int  # how many jobs run in the scope, where the page has counted them already


def logged_in(view: OfficeView) -> OfficeView:
    """Open a page to everyone with an account: the workbench, the password, the choice of scope."""

    @login_required
    @wraps(view)
    def inner(request: OfficeRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.at = timezone.now()
        request.today = timezone.localdate(request.at)
        request.scope = scope_of(request.user, request.session.get("scope", ""), request.today)
        request.acting_area = request.scope.code or home_area(request.user, request.today)
        request.acting_role = request.scope.role
        return view(request, *args, **kwargs)

    return inner


def by_password(*methods: str) -> Callable[[OfficeView], OfficeView]:
    """Mark a page that whoever came by PIN opens only with the password (core.middleware asks for it).

    All closing, approving and posting; ``methods``: by default every one, POST where reading is free.
    """

    def mark(view: OfficeView) -> OfficeView:
        view.asks_password = methods or FORM  # type: ignore[attr-defined]
        return view

    return mark


def in_scope(view: OfficeView) -> OfficeView:
    """Open a page to people who have an area to see; for an account administrator there is none, so no page."""

    @logged_in
    @wraps(view)
    def inner(request: OfficeRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.scope.prefixes:
            raise Http404
        return view(request, *args, **kwargs)

    return inner


def find_compound(request: OfficeRequest, code: str) -> Compound:
    """Return a compound of the user's scope, with its households and community's name.

    A foreign one answers like one that does not exist.
    """
    community = Area.objects.filter(code=Substr(OuterRef("area_code"), 1, COMMUNITY_CODE_LENGTH)).values("name")
    visible = Compound.objects.visible_to(request.user, request.today).with_register_totals()
    compound = visible.annotate(community_name=Subquery(community[:1])).filter(code=code).first()
    if compound is None:
        raise Http404
    request.compound = compound
    request.acting_area = compound.area_code
    request.acting_role = role_in(request.user, compound.area_code, request.today)
    return compound


def require(allowed: bool) -> None:
    """Refuse an act that the user's roles do not hold."""
    if not allowed:
        raise PermissionDenied


def keys_sent(texts: Iterable[str]) -> list[int]:
    """Return the keys of rows that a form or an address names; what no key can be is left out."""
    return [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 19]


def version_sent(request: OfficeRequest) -> int:
    """Return the version that a form was opened with; what is none matches none."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def month_or_404(text: str) -> date:
    """Return the first day of the month in an address."""
    if len(text) != 7:
        raise Http404
    try:
        return parse_month(text)
    except NotUnderstood:
        raise Http404 from None


def compound_page(
    request: OfficeRequest, template: str, compound: Compound, here: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Answer with a page of a compound: its name and side navigation beside, ``here`` being the entry one is at."""
    shown = {
        "compound": compound,
        "here": here,
        **context,
    }
    return render(request, template, shown, status=status)
