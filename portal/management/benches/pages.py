"""T4 and T7: how often a page asks the database with 1 row and with 3, and how many bytes its first view takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from compounds.choices import Role
from compounds.models import Appointment
from core.middleware import begin_session
from core.models import User
from core.operations import machine
from fees.choices import BookKind
from fees.models import Ledger
from fees.operations import issue_ledger
from fees.rules import next_month
from portal.management.benches.measuring import (
    AT,
    COMMUNITY,
    Bar,
    Count,
    close_month,
    make_compound,
    post_month,
)

LINES = 60
PUBLIC, OFFICE, FIRST_VIEW = 12, 20, 60 * 1024
ASSET = re.compile(r"""<(?:link|script)\b[^>]*?\b(?:href|src)="(/static/[^"]+\.(?:css|js))"[^>]*>""")


def measure() -> list[Bar]:
    """Return T4 for public and office pages, and T7's bytes for public ones."""
    home = make_compound(1, date(2025, 12, 31))
    month = date(2026, 1, 1)
    browsers = {
        "": Client(),
        "keeper": browser_of(person(Role.COMMITTEE_BOOKKEEPER, COMMUNITY)),
        "head": browser_of(person(Role.COMMITTEE_HEAD, COMMUNITY)),
        "staff": browser_of(person(Role.STREET_STAFF, COMMUNITY[:9])),
    }
    counts: list[dict[str, int]] = []
    for more in (1, 2):
        for _ in range(more):
            post_month(home, month, LINES)
            close_month(home, month)
            issue_ledger(home, month, actor=machine("system"), at=AT)
            month = next_month(month)
        counts.append({name: _queries(browsers[who], url) for name, url, who in _pages(home.code)})
    one, three = counts
    addresses = {name: url for name, url, _ in _pages(home.code)}
    public = [name for name, _, who in _pages(home.code) if not who]
    office = [name for name in addresses if name not in public]
    grew = [name for name in addresses if one[name] != three[name]]
    bars: list[Bar] = [
        Count("T4", f"pages whose queries grow with the rows: {', '.join(grew) or 'none'}", len(grew), 0, "pages"),
        _most("public", public, three, PUBLIC),
        _most("office", office, three, OFFICE),
    ]
    weights = {name: first_view(addresses[name]) for name in public}
    for name, size in sorted(weights.items(), key=lambda item: -item[1])[:3]:
        bars.append(Count("T7", f"first view of {name} over the wire", size, FIRST_VIEW, "bytes"))
    return bars


def _most(kind: str, names: list[str], counts: Mapping[str, int], at_most: int) -> Count:
    busiest = max(names, key=lambda name: counts[name])
    return Count("T4", f"most queries of {len(names)} {kind} pages: {busiest}", counts[busiest], at_most, "queries")


def person(role: str, area: str) -> User:
    """Return someone with one appointment, for the bench alone."""
    user = User.objects.create(username=f"bench-{role}"[:40], name="量尺寸", created_at=AT)
    Appointment.objects.create(
        user=user, role=role, area_code=area, from_on=AT.date() - timedelta(days=900), given_by=user, given_at=AT
    )
    return user


def browser_of(user: User) -> Client:
    from django.utils import timezone

    client = Client(headers={"accept-encoding": "gzip, br"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    begin_session(session, timezone.now())
    session.save()
    return client


def _pages(code: str) -> list[tuple[str, str, str]]:
    """Return every measured page: its name, its address, and who opens it ("" for a resident)."""
    ledger = Ledger.objects.filter(compound__code=code).select_related("document").earliest("last_month")
    number = (code, BookKind.SERVICE.value, ledger.first_month.year, 1)
    book = (code, BookKind.SERVICE.value)
    month = f"?month={ledger.code}"
    rows: list[tuple[str, str, tuple[object, ...], str]] = [
        ("", "home", (), ""), ("", "compound", (code,), ""), ("", "ledgers", (code,), ""),
        ("", "ledger", (code, ledger.code), ""), ("", "voucher", number, ""), ("", "verify", (), ""),
        ("", "verify_code", (ledger.document.code,), ""), ("", "privacy", (), ""),
        ("keeper", "workbench", (), ""), ("head", "workbench", (), ""), ("staff", "workbench", (), ""),
        ("keeper", "cash_book", book, month), ("keeper", "drafts", (code,), ""), ("keeper", "office_voucher", number, ""),
        ("keeper", "closings", (code,), ""), ("keeper", "closing", (code, ledger.code), ""),
        ("head", "review", (), ""), ("head", "office_compound", (code,), ""), ("head", "office_ledgers", (code,), ""),
        ("staff", "office_compounds", (), ""), ("staff", "publish", (), month), ("staff", "jobs", (), ""),
        ("staff", "history", (), ""),
    ]  # fmt: skip
    return [
        (f"{name} of {who}" if who else name, reverse(name, args=args) + query, who) for who, name, args, query in rows
    ]


def _queries(browser: Client, url: str) -> int:
    browser.get(url)  # what is asked once and kept
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return len(asked)


def first_view(url: str) -> int:
    """Return the bytes that a public page's first view takes: the page, its styles and scripts, as sent; no pictures."""
    client = Client(headers={"accept-encoding": "gzip, br"})
    answer = client.get(url)
    body = answer.content
    plain = Client().get(url).content.decode()
    size = len(body)
    for asset in set(ASSET.findall(plain)):
        size += _sent(urlsplit(asset).path)
    return size


def _sent(path: str) -> int:
    """Return the size in which the web server sends a static file: compressed beforehand where that is there."""
    name = path.removeprefix(settings.STATIC_URL)
    folder = (
        Path(staticfiles_storage.location) if hasattr(staticfiles_storage, "location") else Path(settings.STATIC_ROOT)
    )
    for ending in (".br", ".gz", ""):
        if (folder / (name + ending)).exists():
            return (folder / (name + ending)).stat().st_size
    raise FileNotFoundError(f"{name}: run make setup first, the measured files are the collected ones")
