"""The web door: where a person comes from, how long a session lasts, what no browser keeps, what was refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils import timezone

from core.models import User
from core.operations import record

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# A session row is written at most this often only to say that its person is still there.
NOTED_EVERY = timedelta(minutes=1)
OFFICE = ("/office/", "/admin/")
REFUSED = (403, 404)


def client_address(request: HttpRequest) -> str:
    """Return the address that the outermost trusted proxy saw, or else the direct peer's.

    Each trusted proxy appends its peer to X-Forwarded-For, so with n of them the client stands n-th from the
    right; what stands left of it anybody can invent (v5.0.0-15.3.4).
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    if not settings.TRUSTED_PROXIES:
        return peer
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if len(hops) < settings.TRUSTED_PROXIES:
        return peer
    try:
        return str(ip_address(hops[-settings.TRUSTED_PROXIES]))
    except ValueError:
        return peer


def begin_session(session: SessionBase, at: datetime) -> None:
    """Note when a person logged in; both limits count from here."""
    session["entered_at"] = session["seen_at"] = at.timestamp()


class OfficeDoor:
    """Keeps the rules of the door for everyone who is logged in; others pass untouched, without a query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        user: User = request.user
        at = timezone.now()
        user.seen_from = client_address(request)
        if self._has_lapsed(request, at):
            record("logout.idle", "久未操作，自动退出", actor=user, at=at)
            logout(request)
            response = self._ask_to_log_in(request)
        else:
            response = self.get_response(request)
            # Only now the view has noted for which area the person acted.
            if response.status_code in REFUSED and request.path.startswith(OFFICE):
                record(
                    "refused",
                    f"被拒绝：{request.method} {request.path[:200]}",
                    actor=user,
                    at=at,
                    area_code=getattr(request, "acting_area", ""),
                    role=getattr(request, "acting_role", ""),
                )
        response["Cache-Control"] = "private, no-store"
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        """Send whoever must change the password to that page, whatever else was asked for."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return None
        own = request.resolver_match.view_name if request.resolver_match else ""
        if request.user.must_change_password and own not in (settings.PASSWORD_URL, "logout", settings.LOGIN_URL):
            return redirect(settings.PASSWORD_URL)
        return None

    def _has_lapsed(self, request: HttpRequest, at: datetime) -> bool:
        """Return whether nothing was done for 30 minutes or 12 hours are over; else note that the person is there.

        A page that asks again by itself does not show that anybody is there.
        """
        session, now = request.session, at.timestamp()
        seen = session.get("seen_at")
        if seen is None:
            begin_session(session, at)
            return False
        idle = now - seen
        # A clock that was set back must not bring a session back to life.
        if not -NOTED_EVERY.total_seconds() <= idle <= IDLE.total_seconds():
            return True
        if now - session["entered_at"] > LONGEST.total_seconds():
            return True
        if idle > NOTED_EVERY.total_seconds() and not request.headers.get("HX-Request"):
            session["seen_at"] = now
        return False

    def _ask_to_log_in(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a lapsed session: the login page, and back to what was being looked at."""
        if request.path.startswith(OFFICE):
            here = request.get_full_path() if request.method in ("GET", "HEAD") else ""
            if request.headers.get("HX-Request"):  # a fragment: the whole page has to go there
                response = redirect_to_login(here)
                response.status_code = 200
                response["HX-Redirect"] = resolve_url(settings.LOGIN_URL)
                return response
            return redirect_to_login(here) if here else redirect(settings.LOGIN_URL)
        return self.get_response(request)
