"""The web door: where a person comes from, how long a session lasts, what no browser keeps, what was refused."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, authenticate, logout
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone

from core.hashing import sha256_text
from core.models import DeskVisit, User
from core.operations import note_visit, record

# How someone came in: with the password, or by changing people on a shared PC.
PASSWORD, PIN = "password", "pin"
TYPED_PASSWORD, MEANT_METHOD = "again-password", "again-method"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# A session row is written at most this often only to say that its person is still there.
NOTED_EVERY = timedelta(minutes=1)
OFFICE = ("/office/", "/admin/")
REFUSED = (403, 404)
SAFE = ("GET", "HEAD", "OPTIONS")


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
    """Note when a person gave the password; both limits count from here."""
    session["entered_at"] = session["seen_at"] = at.timestamp()
    session["by"] = PASSWORD


def change_person(request: HttpRequest, user: User, *, password_at: datetime, at: datetime) -> None:
    """Let the next person take over: the session of the one before is gone, its key too (v5.0.0-7.2.4).

    No login in Django's sense: six digits open no lock that wrong passwords closed. The longest session still counts
    from the password.
    """
    request.session.flush()
    request.session[SESSION_KEY] = user._meta.pk.value_to_string(user)
    request.session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    request.session["entered_at"], request.session["seen_at"] = password_at.timestamp(), at.timestamp()
    request.session["by"] = PIN
    request.user = user
    rotate_token(request)


def desk_cookie() -> str:
    """Return the name of the cookie by which a browser is known to the people who share it."""
    return "__Host-desk" if settings.HTTPS else "desk"


def desk_of(request: HttpRequest) -> str:
    """Return the hash of the browser's desk cookie as visits keep it, "" without one."""
    cookie = request.COOKIES.get(desk_cookie(), "")
    return sha256_text(cookie) if cookie else ""


def sit_down(request: HttpRequest, response: HttpResponseBase, user: User, at: datetime) -> None:
    """Note at this desk that the person gave the password, for the rest of the day; the first of a day gets a new desk."""
    since = pin_since(at)
    cookie, desk = request.COOKIES.get(desk_cookie(), ""), desk_of(request)
    if not (desk and DeskVisit.objects.at_desk(desk, since).exists()):
        cookie = secrets.token_urlsafe(32)
    note_visit(sha256_text(cookie), user, at=at, since=since)
    response.set_cookie(
        desk_cookie(),
        cookie,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=settings.HTTPS,
    )


def pin_since(at: datetime) -> datetime:
    """Return since when a given password counts: today in Beijing, and within the longest session."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(midnight, at - LONGEST)


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
                reads = request.method in SAFE
                record(
                    "refused",
                    f"被拒绝：{'想看' if reads else '想办'}{request.path[:200]}",
                    actor=user,
                    at=at,
                    data={"path": request.path[:200], "reads": reads},
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
        if request.session.get("by") != PASSWORD and own not in ("logout", "admin:logout"):
            asks = request.path.startswith("/admin/") or request.method in getattr(view, "asks_password", ())
            return self._ask_for_password(request) if asks else None
        return None

    def _ask_for_password(self, request: HttpRequest) -> HttpResponseBase | None:
        """Ask whoever came by PIN for the password, and go on with what they were about to do; nothing typed is lost.

        Wrong passwords count like those of the login page.
        """
        user: User = request.user  # type: ignore[assignment]
        at, error = timezone.now(), ""
        if request.method == "POST" and TYPED_PASSWORD in request.POST:
            typed = request.POST.copy()
            password, method = str(typed.pop(TYPED_PASSWORD)[-1]), str(typed.pop(MEANT_METHOD, ["POST"])[-1])
            request.POST = typed  # type: ignore[assignment]
            found = authenticate(request, username=user.username, password=password)
            if found is not None and found.pk == user.pk:
                request.session.cycle_key()
                request.session["by"] = PASSWORD
                record("login.again", "再打一次密码", actor=user, at=at)
                return None if method == "POST" else redirect(request.get_full_path())
            record("login.failed", "再打密码时打错了", actor=user, at=at, data={"from": client_address(request)})
            error = "密码不对。" if password else "密码没有填。"
        else:
            method = "POST" if request.method == "POST" else "GET"
        kept = [(name, value) for name, values in request.POST.lists() for value in values]
        kept = [(name, value) for name, value in kept if name != "csrfmiddlewaretoken"]
        shown = {"person": user, "error": error, "kept": kept, "method": method, "lost": bool(request.FILES)}
        shown["away"] = resolve_url(settings.LOGIN_REDIRECT_URL)
        return render(request, "core/again.html", shown)

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
