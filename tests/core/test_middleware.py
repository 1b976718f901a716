"""The web door: addresses, the life of a session, no copies in browsers, refusals in the history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.middleware import client_address
from core.models import Entry, User
from core.operations import create_user
from tests import factories
from tests.portal.office import NOW, browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def user() -> User:
    return factories.user("auditor", factories.STREET, "吴丽")


# --- Where from ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "6.6.6.6", "10.0.0.9"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.5", "1.2.3.4"),
        (2, "1.2.3.4", "10.0.0.9"),
        (1, "", "10.0.0.9"),
        (1, "6.6.6.6, not-an-address", "10.0.0.9"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_the_trusted_hops_count(settings, proxies: int, forwarded: str, address: str) -> None:  # type: ignore[no-untyped-def]
    settings.TRUSTED_PROXIES = proxies
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "10.0.0.9", "HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(request) == address


def test_invented_addresses_do_not_open_a_lock(settings, user: User) -> None:  # type: ignore[no-untyped-def]
    settings.TRUSTED_PROXIES = 1
    for n in range(5):
        client = Client(HTTP_X_FORWARDED_FOR=f"6.6.6.{n}, 1.2.3.4")
        last = client.post("/login/", {"username": user.username, "password": "wrong"})
    assert last.status_code == 429


def test_address_stands_in_the_history(user: User) -> None:
    client = browser(user)
    client.get("/office/compounds/1/", REMOTE_ADDR="10.7.7.7")
    assert Entry.objects.get(action="refused").ip == "10.7.7.7"


# --- How long -----------------------------------------------------------------------------------------------------


def test_session_ends_after_half_an_hour_of_nothing(user: User) -> None:
    client = browser(user)
    with time_machine.travel(NOW + timedelta(minutes=29), tick=False):
        assert client.get("/office/").status_code == 200
    with time_machine.travel(NOW + timedelta(minutes=58), tick=False):
        assert client.get("/office/").status_code == 200, "every step counts anew"
    with time_machine.travel(NOW + timedelta(minutes=89), tick=False):
        assert client.get("/office/jobs/?page=2")["Location"] == "/login/?next=/office/jobs/%3Fpage%3D2"
    with time_machine.travel(NOW + timedelta(minutes=59), tick=False):
        assert client.get("/office/").status_code == 302, "a clock set back revives nothing"
    assert Entry.objects.filter(action="logout.idle", actor=user).count() == 1


def test_session_ends_after_twelve_hours_of_work(user: User) -> None:
    client = browser(user)
    for minutes in range(20, 12 * 60, 20):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            assert client.get("/office/").status_code == 200
    with time_machine.travel(NOW + timedelta(hours=12, minutes=1), tick=False):
        assert client.get("/office/").status_code == 302


def test_page_that_asks_by_itself_keeps_nobody_logged_in(user: User) -> None:
    client = browser(user)
    for minutes in (10, 20, 29):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            client.get("/office/jobs/1/progress/", headers={"HX-Request": "true"})
    with time_machine.travel(NOW + timedelta(minutes=31), tick=False):
        assert client.get("/office/").status_code == 302


def test_clock_set_back_ends_the_session(user: User) -> None:
    client = browser(user)
    with time_machine.travel(NOW - timedelta(hours=1), tick=False):
        assert client.get("/office/").status_code == 302


def test_lapsed_fragment_sends_the_whole_page_to_the_login(user: User) -> None:
    client = browser(user)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        response = client.get("/office/jobs/1/progress/", headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == "/login/" and response.status_code == 200


def test_switched_off_account_is_out_at_the_next_request(user: User) -> None:
    client = browser(user)
    assert client.get("/office/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/office/").status_code == 302


def test_steps_within_a_minute_write_nothing(user: User) -> None:
    client = browser(user)
    with CaptureQueriesContext(connection) as done:
        client.get("/office/")
    assert not [q for q in done.captured_queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


# --- No copies, no queries ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/office/", "/office/nowhere/", "/", "/privacy/", "/office/password/"])
def test_nothing_of_a_logged_in_person_is_kept(user: User, url: str) -> None:
    assert browser(user).get(url)["Cache-Control"] == "private, no-store"


def test_visitors_cost_no_query_at_the_door() -> None:
    with CaptureQueriesContext(connection) as done:
        Client().get("/privacy/")
    assert not [q for q in done.captured_queries if "django_session" in q["sql"] or "core_user" in q["sql"]]


# --- Refusals -----------------------------------------------------------------------------------------------------


def test_refused_access_is_recorded_once_with_who_where_what(user: User) -> None:
    client = browser(user)
    assert client.get("/office/compounds/11010700401001/?q=%0d%0asecret").status_code == 404
    entry = Entry.objects.get(action="refused")
    assert (entry.actor, entry.area_code, entry.role) == (user, factories.STREET, "监督员")
    assert entry.summary == "被拒绝：想看/office/compounds/11010700401001/"
    assert json.loads(entry.data) == {"path": "/office/compounds/11010700401001/", "reads": True}


def test_act_without_the_right_is_recorded_in_the_compound(user: User) -> None:
    home = factories.compound()
    assert browser(user).post(f"/office/compounds/{home.code}/ledgers/", {"month": "2026-10"}).status_code == 403
    entry = Entry.objects.get(action="refused")
    assert (entry.area_code, entry.summary) == (home.area_code, f"被拒绝：想办/office/compounds/{home.code}/ledgers/")


def test_residents_pages_and_visitors_leave_no_refusal(user: User) -> None:
    browser(user).get("/compounds/nowhere/")
    Client().get("/office/nowhere/")
    assert not Entry.objects.filter(action="refused").exists()


def test_person_without_slip_is_sent_to_the_password_page_everywhere() -> None:
    new = create_user("xinren", "新人", actor=None, at=NOW, password="a-b-c-d-e-f")
    client = browser(new)
    for url in ("/office/", "/admin/", "/office/history/", "/office/compounds/1/"):
        assert client.get(url)["Location"] == "/office/password/"
    assert client.post("/office/scope/", {"code": ""})["Location"] == "/office/password/"
    assert client.post("/logout/")["Location"] == "/login/"
