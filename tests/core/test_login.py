"""Coming in and going out: the same words for every wrong login, locks, one-time passwords, what is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from core.models import Entry, User
from core.operations import draw_password, set_password
from tests import factories
from tests.portal.office import NOW, valid, words

pytestmark = pytest.mark.django_db
GOOD = "kaleidoscope-42"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def user() -> User:
    made = factories.user("auditor", factories.STREET, "吴丽")
    made.set_password(GOOD)
    made.save()
    return made


def log_in(client: Client, username: str, password: str = GOOD, **more: str):  # type: ignore[no-untyped-def]
    return client.post("/login/", {"username": username, "password": password, **more})


def test_login_opens_the_workbench_with_a_new_session_and_is_recorded(user: User) -> None:
    client = Client(REMOTE_ADDR="10.1.2.3")
    client.get("/login/")
    client.session["x"] = 1
    response = log_in(client, user.username)
    assert response["Location"] == "/office/"
    entry = Entry.objects.get(action="login")
    assert (entry.actor, entry.ip, entry.area_code) == (user, "10.1.2.3", factories.STREET)
    assert client.session["entered_at"] == NOW.timestamp()


def test_who_scanned_a_printed_voucher_is_told_what_it_is_and_where_to_look() -> None:
    home = f"{factories.COMMUNITY}01"
    scanned = Client().get(f"/office/compounds/{home}/books/service/2026/7/")
    page = Client().get(scanned["Location"])
    assert "您扫的是记账凭证上的码，工作人员登录后才能看原件。" in words(valid(page))
    assert f'href="/compounds/{home}/vouchers/service/2026/7/"' in page.content.decode()
    assert f'href="/compounds/{home}/ledgers/"' in page.content.decode()
    for other in ("/office/", "/office/compounds/中文/books/service/2026/7/", "//evil.example/", ""):
        assert "您扫的是" not in words(valid(Client().get("/login/", {"next": other})))


def test_wrong_password_unknown_name_and_switched_off_get_the_same_page(user: User) -> None:
    off = factories.user(is_active=False)
    off.set_password(GOOD)
    off.save()
    pages = []
    for username, password in ((user.username, "wrong"), ("nobody-here", "wrong"), (off.username, GOOD)):
        html = valid(log_in(Client(), username, password))
        assert "登录名或密码不对。" in words(html)
        pages.append(words(html.replace(username, "")))
    assert pages[0] == pages[1] == pages[2]


def test_failures_are_recorded_without_what_was_typed(user: User) -> None:
    log_in(Client(REMOTE_ADDR="10.1.2.3"), user.username, "wrong-secret")
    log_in(Client(REMOTE_ADDR="10.1.2.3"), "my-secret-typed-as-name", "x")
    rows = list(Entry.objects.filter(action="login.failed").order_by("pk"))
    assert [row.actor for row in rows] == [user, None]
    assert all("10.1.2.3" in row.data for row in rows)
    assert not any("secret" in f"{row.summary}{row.data}{row.actor_name}" for row in rows)


def test_fifth_failure_locks_for_a_quarter_of_an_hour_and_says_so(user: User) -> None:
    client = Client()
    for _ in range(4):
        assert log_in(client, user.username, "wrong").status_code == 200
    html = valid(log_in(client, user.username, "wrong"), 429)
    assert "先等15分钟" in words(html)
    assert log_in(client, user.username).status_code == 429, "the right password does not open the lock"
    assert log_in(Client(REMOTE_ADDR="10.9.9.9"), user.username).status_code == 302, "another place is not locked"
    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        assert log_in(client, user.username).status_code == 302


def test_trying_on_does_not_prolong_the_lock(user: User) -> None:
    client = Client()
    for _ in range(5):
        log_in(client, user.username, "wrong")
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        assert log_in(client, user.username, "wrong").status_code == 429
    with time_machine.travel(NOW + timedelta(minutes=16), tick=False):
        assert log_in(client, user.username).status_code == 302


@pytest.mark.parametrize(
    "evil", ["//evil", "/\\evil", "https:evil", "http://evil/", "javascript:alert(1)", "/%0d%0aX:1"]
)
def test_next_stays_on_this_site(user: User, evil: str) -> None:
    location = log_in(Client(), user.username, next=evil)["Location"]
    assert location.startswith("/") and not location.startswith(("//", "/\\")) and "\r" not in location
    assert log_in(Client(), user.username, next="/office/jobs/")["Location"] == "/office/jobs/"


def test_logout_is_a_post_and_kills_the_session(user: User) -> None:
    client = Client()
    log_in(client, user.username)
    cookie = client.cookies["sessionid"].value
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    replay = Client()
    replay.cookies["sessionid"] = cookie
    assert replay.get("/office/").status_code == 302
    assert Entry.objects.filter(action="logout", actor=user).count() == 1


def test_one_time_password_opens_only_the_page_to_change_it(user: User) -> None:
    user.must_change_password = True
    user.save()
    client = Client()
    log_in(client, user.username)
    for url in ("/office/", "/office/jobs/", "/office/compounds/1/"):
        assert client.get(url)["Location"] == "/office/password/", url
    html = valid(client.get("/office/password/"))
    assert "您用的是一次性密码，先换成自己的。" in words(html)
    response = client.post(
        "/office/password/", {"old": GOOD, "new": "xiangshan-hongye-7", "again": "xiangshan-hongye-7"}
    )
    assert response["Location"] == "/office/"
    assert client.get("/office/").status_code == 200, "the own session goes on"
    assert log_in(Client(), user.username).status_code == 200, "the old password is dead"


def slip_for(user: User) -> str:
    password = draw_password()
    set_password(user, password, actor=user, at=NOW, one_time=True)
    return password


def test_slip_s_password_works_once(user: User) -> None:
    slip, client = slip_for(user), Client()
    log_in(client, user.username, slip)
    assert client.get("/office/")["Location"] == "/office/password/", "the session goes on, to the one page"
    html = valid(client.get("/office/password/"))
    assert "现在的密码" not in html, "it is used up and not asked for"
    assert log_in(Client(), user.username, slip).status_code == 200, "a second time it opens nothing"
    new = "xiangshan-hongye-7"
    assert client.post("/office/password/", {"new": new, "again": new})["Location"] == "/office/"
    assert client.get("/office/").status_code == 200 and log_in(Client(), user.username, new).status_code == 302


def test_slip_s_password_waits_seven_days(user: User) -> None:
    slip = slip_for(user)
    with time_machine.travel(NOW + timedelta(days=7, minutes=1), tick=False):
        assert "这张密码条过期了" in words(valid(log_in(Client(), user.username, slip)))
    with time_machine.travel(NOW + timedelta(days=6, hours=23), tick=False):
        assert log_in(Client(), user.username, slip).status_code == 302


def test_slip_ends_every_session_of_its_person(user: User) -> None:
    client = Client()
    log_in(client, user.username)
    slip_for(user)
    assert client.get("/office/").status_code == 302


def test_new_password_ends_other_sessions(user: User) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        log_in(client, user.username)
    here.post("/office/password/", {"old": GOOD, "new": "xiangshan-hongye-7", "again": "xiangshan-hongye-7"})
    assert here.get("/office/").status_code == 200
    assert there.get("/office/").status_code == 302
    assert Entry.objects.filter(action="user.password").count() == 1


@pytest.mark.parametrize(
    ("old", "new", "again", "sentence"),
    [
        ("wrong", "xiangshan-hongye-7", "xiangshan-hongye-7", "现在的密码不对。"),
        (GOOD, "short", "short", "密码太短，至少10个字符。"),
        (GOOD, "xiangshan-hongye-7", "xiangshan-hongye-8", "两遍打的新密码不一样。"),
        (GOOD, "1234567890", "1234567890", "太常见"),
        (GOOD, GOOD, GOOD, "新密码和现在的一样。"),
        (GOOD, "", "", "新密码没有填。"),
    ],
)
def test_password_rules_speak_chinese(user: User, old: str, new: str, again: str, sentence: str) -> None:
    client = Client()
    log_in(client, user.username)
    html = valid(client.post("/office/password/", {"old": old, "new": new, "again": again}))
    assert sentence in words(html)
    assert new not in html or not new or new == "short", "no password stands in a page"
    user.refresh_from_db()
    assert user.check_password(GOOD)


def test_long_password_is_not_cut(user: User) -> None:
    long = "shi-jing-shan-" * 6
    client = Client()
    log_in(client, user.username)
    client.post("/office/password/", {"old": GOOD, "new": long, "again": long})
    assert log_in(Client(), user.username, long[:-1]).status_code == 200
    assert log_in(Client(), user.username, long).status_code == 302
