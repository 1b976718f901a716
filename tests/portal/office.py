"""What the tests of office pages share: a browser of someone, and pages that are valid HTML."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from core.middleware import begin_session
from core.models import User
from tests.factories import AT
from tests.html import faults_of

HOME = "11010700303701"
CODE = f"/office/compounds/{HOME}/"
SERVICE = f"{CODE}books/service/"


def browser(user: User) -> Client:
    """Return a client in which the person is logged in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    begin_session(session, timezone.now())
    session.save()
    return client


def valid(response: Any, status: int = 200) -> str:
    """Return a page's HTML after parsing it strictly, and refusing what the CSP forbids."""
    assert response.status_code == status, (response.status_code, response.get("Location", ""))
    html: str = response.content.decode()
    assert not faults_of(html)
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=|<style|<script(?![^>]* src=)", html)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)), sorted({i for i in ids if ids.count(i) > 1})
    return html


def see(client: Client, url: str, status: int = 200, **query: object) -> str:
    """Return the text that stands on a page, valid HTML, without the markup and its spaces."""
    return words(valid(client.get(url, query), status))


def words(html: str) -> str:
    """Return the words of a page's main part, without spaces."""
    main = html.partition("<main")[2].partition("</main>")[0] or html
    return re.sub(r"\s+", "", strip_tags(main).replace("&quot;", '"').replace("&#x27;", "'"))


def send(client: Client, url: str, **data: object) -> Any:
    """Send a form and follow where it leads."""
    return client.post(url, data, follow=True)


def typed(**more: object) -> dict[str, object]:
    """Return an entry line as typed: 居民缴费 on 25 October, 120.00."""
    fields: dict[str, object] = {
        "month": "2026-10",
        "line_count": "1",
        "on": "10-25",
        "payee": "居民",
        "form_token": "a" * 32,
        "act": "hand_in",
        "line-0-summary": "居民缴费，现金",
        "line-0-account": "101",
        "line-0-income": "120.00",
    }
    return fields | more


NOW: datetime = AT
