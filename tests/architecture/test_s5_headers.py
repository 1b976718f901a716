"""S5: every answer carries the headers that keep a browser safe: pages, errors, redirects, static files, papers, PDF."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as product
from django.db import transaction
from django.test import Client, override_settings

from core import pdf
from core.models import User
from portal.views import public
from tests.architecture.matrix import World, answer, make_world
from tests.html import faults_of

pytestmark = pytest.mark.once

HOST = "wuhao.example"
YEAR = 31_536_000
# What settings.py makes of an address that begins with https.
NAMES = (
    "HTTPS", "ALLOWED_HOSTS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME",
    "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_SSL_REDIRECT", "SECURE_REDIRECT_EXEMPT",
    "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "MIDDLEWARE",
)  # fmt: skip
PRINT = "import json; from config import settings as s; print(json.dumps({n: getattr(s, n) for n in %r}))"


@pytest.fixture(scope="module")
def under_https(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the settings of an installation that is reached by https, as settings.py itself makes them."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    more = {"PUBLIC_URL": f"https://{HOST}", "ALLOWED_HOSTS": HOST, "WUHAO_VAR": str(tmp_path_factory.mktemp("var"))}
    done = subprocess.run(
        [sys.executable, "-c", PRINT % (NAMES,)], cwd=product.BASE_DIR, env={**kept, **more}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def world(module_db: Path) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "render", lambda html, **_: pdf.Pdf(b"%PDF-1.7", 1))
        made = make_world()
        loggers = [logging.getLogger(name) for name in ("django.request", "django.security", "portal.views.errors")]
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        yield made
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


# --- What an answer lacks -----------------------------------------------------------------------------------------


def policy_of(response: Any) -> dict[str, list[str]]:
    rules = [part.split() for part in response.get("Content-Security-Policy", "").split(";")]
    return {rule[0]: rule[1:] for rule in rules if rule}


def lacks(response: Any, *, https: bool = False, authenticated: bool = False) -> list[str]:
    """Return which of S5's headers an answer does not carry as it should."""
    found, policy = [], policy_of(response)
    if policy.get("default-src") not in (["'self'"], ["'none'"]):
        found.append("default-src")
    found += [name for name in ("object-src", "base-uri", "frame-ancestors") if policy.get(name) != ["'none'"]]
    if policy.get("form-action") not in (["'self'"], ["'none'"]):
        found.append("form-action")
    words = [word for rule in policy.values() for word in rule]
    found += [word for word in words if "unsafe" in word or word in ("*", "http:", "https:")]
    if response.get("X-Content-Type-Options") != "nosniff":
        found.append("nosniff")
    if response.get("Referrer-Policy") != "same-origin":
        found.append("referrer")
    if https and f"max-age={YEAR}" not in response.get("Strict-Transport-Security", ""):
        found.append("HSTS")
    if authenticated and "no-store" not in response.get("Cache-Control", ""):
        found.append("no-store")
    for name, cookie in response.cookies.items():
        taken_back = cookie["max-age"] == 0 and not cookie.value
        if not taken_back and not (
            cookie["httponly"] and cookie["samesite"] and cookie["path"] == "/" and not cookie["domain"]
        ):
            found.append(f"flags of {name}")
        if https and not (name.startswith("__Host-") and cookie["secure"]):
            found.append(f"{name} is not bound to the host")
    return found


# --- Every answer -------------------------------------------------------------------------------------------------

ASKING = ("anonymous", "committee_bookkeeper own", "committee_head own", "district_admin own", "account_admin own",
          "auditor foreign")  # fmt: skip


def test_every_page_for_everyone(world: World) -> None:
    """All addresses of the product × six people × GET and POST; statuses of all kinds are among them."""
    wrong, statuses = [], Counter[int]()
    for address in world.addresses:
        for name in ASKING:
            for method in ("GET", "POST"):
                response = answer(world, address, method, world.people[name])
                statuses[response.status_code] += 1
                # After logging out one is no longer known; what is then sent holds nothing of anybody.
                known = name != "anonymous" and not (address.name in ("logout", "admin:logout") and method == "POST")
                wrong += [(address.key, method, name, each) for each in lacks(response, authenticated=known)]
    assert not wrong, f"{len(wrong)}: {wrong[:8]}"
    assert {200, 302, 403, 404, 405} <= set(statuses), statuses


def shut(response: Any) -> None:
    """Close a static file, and not the connection to the database with it."""
    for closer in response._resource_closers:
        closer()


def unusual(client: Client, monkeypatch: pytest.MonkeyPatch, **more: Any) -> dict[str, Any]:
    """Return the answers that no address of the table gives, by what they are."""

    def fall(*_: Any, **__: Any) -> Any:
        raise RuntimeError("on purpose")

    client.raise_request_exception = False
    found = {
        "static": client.get("/static/core/tokens.css", **more),
        "picture": client.get("/static/core/favicon.svg", **more),
        "no static file": client.get("/static/none.css", **more),
        "nowhere": client.get("/nowhere/", **more),
        "without a slash": client.get("/verify", **more),
        "no such method": client.delete("/privacy/", **more),
        "a foreign host": client.get("/", headers={"host": "evil.example"}, **more),
        "no token": Client(enforce_csrf_checks=True).post("/verify/", **more),
        "too large a form": client.post("/verify/", {str(n): "" for n in range(product.DATA_UPLOAD_MAX_NUMBER_FIELDS + 9)}, **more),
        "health": client.get("/healthz", **more),
        "type size": client.get("/type-size/?size=large&next=/", **more),
        "login": client.get("/login/", **more),
    }  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(public.Compound.objects, "found_by", fall, raising=False)
        patch.setattr(public, "page_of", fall)
        found["our own trouble"] = client.get("/?q=a", **more)
    for response in found.values():
        shut(response)
    return found


STATUSES = {"static": 200, "picture": 200, "no static file": 404, "nowhere": 404, "without a slash": 301,
            "no such method": 405, "a foreign host": 400, "no token": 403, "too large a form": 400, "health": 200,
            "type size": 302, "login": 200, "our own trouble": 500}  # fmt: skip


def test_what_goes_wrong_is_answered_as_safely(
    world: World, monkeypatch: pytest.MonkeyPatch, no_errors_in_logs: list[Any]
) -> None:
    answers = unusual(Client(), monkeypatch)
    assert {what: response.status_code for what, response in answers.items()} == STATUSES
    assert {what: lacks(response) for what, response in answers.items() if lacks(response)} == {}
    no_errors_in_logs.clear()


def test_under_https_cookies_are_bound_and_the_way_is_kept(
    world: World, under_https: dict[str, Any], monkeypatch: pytest.MonkeyPatch, no_errors_in_logs: list[Any]
) -> None:
    user = User.objects.get(pk=world.clients["auditor own"].session["_auth_user_id"])
    with override_settings(**under_https), transaction.atomic():
        client = Client(headers={"host": HOST})
        answers = unusual(client, monkeypatch, secure=True)
        assert {what: lacks(r, https=True) for what, r in answers.items() if lacks(r, https=True)} == {}
        cookies = {name for response in answers.values() for name in response.cookies}
        assert {"__Host-csrftoken", "__Host-type"} <= cookies
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        assert under_https["SESSION_COOKIE_NAME"] == "__Host-sessionid" in client.cookies
        response = client.get("/office/", secure=True)
        assert response.status_code == 200 and lacks(response, https=True, authenticated=True) == []
        assert lacks(client.post("/logout/", secure=True), https=True) == []
        plain = client.get("/")
        assert (plain.status_code, plain["Location"]) == (301, f"https://{HOST}/")
        assert lacks(plain) == []
        transaction.set_rollback(True)
    no_errors_in_logs.clear()


# --- Negative controls --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("middleware", "told"),
    [
        ("csp.middleware.CSPMiddleware", {"default-src", "object-src", "base-uri", "frame-ancestors", "form-action"}),
        ("django.middleware.security.SecurityMiddleware", {"nosniff", "referrer"}),
        ("core.middleware.OfficeDoor", {"no-store"}),
    ],
)
def test_control_without_a_middleware_its_headers_are_missed(world: World, middleware: str, told: set[str]) -> None:
    with override_settings(MIDDLEWARE=[name for name in product.MIDDLEWARE if name != middleware]):
        client = Client()
        client.cookies = world.clients["auditor own"].cookies
        assert set(lacks(client.get("/office/history/"), authenticated=True)) == told


def test_control_after_the_static_files_the_policy_comes_too_late(world: World) -> None:
    first, *others = product.MIDDLEWARE
    with override_settings(MIDDLEWARE=[*others, first]):
        response = Client().get("/static/core/tokens.css")
        shut(response)
        assert "default-src" in lacks(response)


@pytest.mark.parametrize(
    ("directive", "word"),
    [("script-src", "'unsafe-inline'"), ("style-src", "'unsafe-eval'"), ("img-src", "*")],
)
def test_control_a_weak_policy_is_seen(world: World, directive: str, word: str) -> None:
    policy = {"DIRECTIVES": {**product.CONTENT_SECURITY_POLICY["DIRECTIVES"], directive: ["'self'", word]}}
    with override_settings(CONTENT_SECURITY_POLICY=policy):
        assert lacks(Client().get("/privacy/")) == [word]


def test_control_without_https_nothing_is_bound(world: World) -> None:
    """The plain installation fails what https asks, so those checks do look at something."""
    found = lacks(Client().get("/login/"), https=True)
    assert "HSTS" in found and "csrftoken is not bound to the host" in found


def test_control_an_inline_style_in_a_page_is_caught() -> None:
    page = '<!DOCTYPE html><html lang="zh-CN"><head><title>账</title></head><body><h1>账</h1>{}</body></html>'
    assert not faults_of(page.format("<p>收</p>"))
    assert faults_of(page.format('<p style="color: red">收</p>')) and faults_of(page.format('<p onclick="x()">收</p>'))
