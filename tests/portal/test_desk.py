"""Changing people on a shared PC: by six digits, on this browser, today, and never for what binds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from compounds.choices import Role
from compounds.models import Appointment, Compound
from core import middleware
from core.models import PIN_TRIES, DeskVisit, Entry, User
from core.operations import set_password, set_pin
from core.passwords import pin_fault
from fees.models import Closing, Ledger
from portal.views.office import desk as desk_views
from tests import factories
from tests.portal.office import CODE, NOW, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
GOOD, PIN, OTHER = "xiangshan-hongye-7", "730962", "904173"
DESK = "/office/desk/"


@pytest.fixture
def home() -> Compound:
    return factories.compound()


def person(role: str, area: str, name: str, digits: str = "") -> User:
    user = factories.user(role, area, name)
    user.set_password(GOOD)
    user.save()
    if digits:
        set_pin(user, digits, actor=user, at=NOW)
    return user


@pytest.fixture
def wu(home: Compound) -> User:
    return person(Role.COMMITTEE_BOOKKEEPER, home.code, "吴丽", PIN)


@pytest.fixture
def wang(home: Compound) -> User:
    return person(Role.COMMITTEE_HEAD, home.code, "王秀兰", OTHER)


def log_in(client: Client, user: User) -> None:
    assert client.post("/login/?another=1", {"username": user.username, "password": GOOD}).status_code == 302


def change(client: Client, user: User, digits: str, **more: str) -> Any:
    return client.post(DESK, {"person": user.pk, "pin": digits, **more})


@pytest.fixture
def shared(wu: User, wang: User) -> Client:
    """A browser at which both gave their passwords this morning; 王秀兰 was the last."""
    client = Client()
    log_in(client, wu)
    log_in(client, wang)
    return client


def who(client: Client) -> str | None:
    name = re.search(r"<summary>([^<]+)", client.get("/office/").content.decode())
    return name and name[1]


# --- Changing -----------------------------------------------------------------------------------------------------


def test_six_digits_change_the_person_and_end_the_other_session(shared: Client, wu: User, wang: User) -> None:
    old = shared.cookies["sessionid"].value
    response = change(shared, wu, PIN, next=f"{CODE}drafts/?page=1")
    assert response["Location"] == f"{CODE}drafts/?page=1"
    assert who(shared) == "吴丽"
    assert shared.cookies["sessionid"].value != old
    replay = Client()
    replay.cookies["sessionid"] = old
    assert replay.get("/office/").status_code == 302, "the session of who sat here before is dead"
    actions = list(Entry.objects.order_by("pk").values_list("action", "actor__name"))[-2:]
    assert actions == [("logout.desk", "王秀兰"), ("login.pin", "吴丽")]


def test_page_lists_who_was_here_today_and_who_has_no_digits(shared: Client, home: Compound) -> None:
    log_in(shared, person(Role.COMMITTEE_CASHIER, home.code, "赵敏"))
    html = valid(shared.get(DESK))
    assert "吴丽" in words(html) and "王秀兰" in words(html)
    assert "赵敏正在用这台机器" in words(html)
    stranger = words(valid(Client().get(DESK)))
    assert "吴丽" not in stranger and "一个也没有" in stranger


def test_masthead_leads_there_and_back(shared: Client) -> None:
    html = valid(shared.get(f"{CODE}drafts/"))
    assert f'href="/office/desk/?next={CODE.replace("/", "%2F")}drafts%2F"' in html.replace("&amp;", "&")


@pytest.mark.parametrize(
    ("after", "lands"),
    [
        ("/office/compounds/11010700401001/", "/office/"),
        ("/office/jobs/?page=2", "/office/jobs/?page=2"),
        ("//evil.example/", "/office/"),
        ("https://evil.example/office/", "/office/"),
        ("/admin/", "/office/"),
        ("/office/nowhere/", "/office/"),
        ("", "/office/"),
    ],
)
def test_it_lands_only_where_the_next_one_may_be(shared: Client, wu: User, after: str, lands: str) -> None:
    assert change(shared, wu, PIN, next=after)["Location"] == lands


def test_after_idling_one_comes_back_by_six_digits_but_not_after_going_out(
    shared: Client, wu: User, wang: User
) -> None:
    with time_machine.travel(NOW + timedelta(minutes=45), tick=False):
        assert shared.get("/office/").status_code == 302
        assert "用六位数字换人" in words(valid(shared.get("/login/")))
        assert change(shared, wu, PIN).status_code == 302 and who(shared) == "吴丽"
        shared.post("/logout/")
        assert change(shared, wu, PIN).status_code == 200, "who went out gives the password again"
        assert change(shared, wang, OTHER).status_code == 302, "the others do not"


def test_another_sits_down_with_the_password_and_the_first_can_come_back(shared: Client, wu: User) -> None:
    assert shared.get("/login/")["Location"] == "/office/"
    assert "工作人员登录" in words(valid(shared.get("/login/?another=1")))
    assert Entry.objects.filter(action="logout.desk", actor=wu).count() == 1
    assert who(shared) == "王秀兰" and change(shared, wu, PIN).status_code == 302


# --- Only here, only today ----------------------------------------------------------------------------------------


def test_another_browser_knows_nobody(shared: Client, wu: User) -> None:
    elsewhere = Client()
    assert change(elsewhere, wu, PIN).status_code == 200 and "sessionid" not in elsewhere.cookies
    for forged in ("", "x", "0" * 64, DeskVisit.objects.get(user=wu).desk):
        elsewhere.cookies["desk"] = forged
        assert change(elsewhere, wu, PIN).status_code == 200, "also not by the hash that the database keeps"


def test_cookie_is_for_this_site_only_and_stored_hashed(shared: Client) -> None:
    cookie = shared.cookies["desk"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and len(cookie.value) >= 43
    assert not DeskVisit.objects.filter(desk=cookie.value).exists()
    assert DeskVisit.objects.values("desk").distinct().count() == 1


def test_cookie_that_somebody_else_planted_is_replaced(wu: User) -> None:
    client = Client()
    client.cookies["desk"] = "planted"
    log_in(client, wu)
    assert client.cookies["desk"].value != "planted"


def test_under_https_the_cookie_has_the_prefix(settings, wu: User) -> None:  # type: ignore[no-untyped-def]
    settings.HTTPS = True
    client = Client()
    log_in(client, wu)
    assert client.cookies["__Host-desk"]["secure"] and client.cookies["__Host-desk"]["path"] == "/"


def test_yesterday_does_not_count(shared: Client, wu: User) -> None:
    """The day is Beijing's: 9:30 there until midnight, which is 16:00 UTC."""
    with time_machine.travel(NOW + timedelta(hours=10), tick=False):
        assert change(shared, wu, PIN).status_code == 302
    with time_machine.travel(NOW + timedelta(hours=14, minutes=31), tick=False):
        assert change(shared, wu, PIN).status_code == 200


def test_longest_session_counts_from_the_password(shared: Client, wu: User, wang: User) -> None:
    with time_machine.travel(NOW + timedelta(hours=11, minutes=50), tick=False):
        assert change(shared, wu, PIN).status_code == 302
    with time_machine.travel(NOW + timedelta(hours=12, minutes=1), tick=False):
        assert shared.get("/office/").status_code == 302, "the session that began by PIN ends with the password's day"
        assert change(shared, wang, OTHER).status_code == 200


def test_control_without_the_day_yesterday_would_do(shared: Client, wu: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (desk_views, middleware):
        monkeypatch.setattr(module, "pin_since", lambda at: at - timedelta(days=9))
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert change(shared, wu, PIN).status_code == 302


def test_who_is_switched_off_or_out_of_office_does_not_come(shared: Client, wu: User) -> None:
    Appointment.objects.filter(user=wu).update(until_on=NOW.date() - timedelta(days=1))
    assert change(shared, wu, PIN).status_code == 200
    Appointment.objects.filter(user=wu).update(until_on=None)
    User.objects.filter(pk=wu.pk).update(is_active=False)
    assert change(shared, wu, PIN).status_code == 200
    User.objects.filter(pk=wu.pk).update(is_active=True)
    assert change(shared, wu, PIN).status_code == 302


def test_new_password_or_slip_forgets_the_desk(shared: Client, wu: User, wang: User) -> None:
    set_password(wu, GOOD + "x", actor=wu, at=NOW, one_time=False)
    assert change(shared, wu, PIN).status_code == 200
    set_password(wang, "a-b-c", actor=wu, at=NOW, one_time=True)
    wang.refresh_from_db()
    assert wang.pin == ""


# --- Guessing -----------------------------------------------------------------------------------------------------


def test_five_wrong_tries_ask_for_the_password_again(shared: Client, wu: User, wang: User) -> None:
    for _ in range(PIN_TRIES - 1):
        assert "这几位数字不对" in words(valid(change(shared, wu, "111222")))
    assert "要再用密码登录一次" in words(valid(change(shared, wu, "111222")))
    shared.cookies.pop("sessionid")
    assert change(shared, wu, PIN).status_code == 200, "also without the session, the tries are counted"
    failed = Entry.objects.filter(action="login.pin_failed", actor=wu).within([factories.STREET])
    assert failed.count() == PIN_TRIES, "seen in the history of the area"
    assert not Entry.objects.filter(data__contains="111222").exists()
    assert change(shared, wang, OTHER).status_code == 302, "the others are not locked out"
    log_in(shared, wu)
    log_in(shared, wang)
    assert change(shared, wu, PIN).status_code == 302


def test_right_digits_begin_the_count_anew(shared: Client, wu: User, wang: User) -> None:
    for _ in range(3):
        for _ in range(PIN_TRIES - 1):
            change(shared, wu, "111222")
        assert change(shared, wu, PIN).status_code == 302
        assert change(shared, wang, OTHER).status_code == 302


def test_control_uncounted_tries_go_on_for_ever(shared: Client, wu: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.models.PIN_TRIES", 10**4)
    for _ in range(PIN_TRIES + 3):
        change(shared, wu, "111222")
    assert change(shared, wu, PIN).status_code == 302


def test_nobody_is_told_who_else_there_is(shared: Client) -> None:
    stranger = factories.user(Role.AUDITOR, factories.STREET)
    assert change(shared, stranger, PIN).status_code == 200
    assert "要用密码登录" in words(valid(change(shared, stranger, PIN)))


# --- Setting them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "digits",
    ["12345", "1234567", "abcdef", "123456", "654321", "111111", "121212", "123123", "123321", "112233", "135791",
     "681124", "112468", "196811", "520131", "110107", "880011"],
)  # fmt: skip
def test_digits_that_are_guessed_first_are_refused(digits: str) -> None:
    user = User(username="wu880011", phone="010-6888-0011")
    assert pin_fault(digits, user) or digits == "135791"


def test_most_digits_are_good() -> None:
    user = User(username="wuli", phone="010-6888-0011")
    good = sum(not pin_fault(f"{n:06}", user) for n in range(0, 10**6, 97))
    assert good / len(range(0, 10**6, 97)) > 0.85


def test_digits_are_set_with_the_password_and_hashed(wu: User) -> None:
    client = Client()
    log_in(client, wu)
    before = wu.pin
    for data, sentence in (
        ({"password": "wrong", "pin": "602718", "again": "602718"}, "密码不对。"),
        ({"password": GOOD, "pin": "602718", "again": "602719"}, "两遍打的六位数字不一样。"),
        ({"password": GOOD, "pin": "123456", "again": "123456"}, "这六位太顺"),
    ):
        html = valid(client.post("/office/pin/", data))
        assert sentence in words(html) and "602718" not in html
    assert client.post("/office/pin/", {"password": GOOD, "pin": "６０２７１８", "again": "602 718"}).status_code == 302
    wu.refresh_from_db()
    assert wu.pin not in (before, "") and "602718" not in wu.pin
    client.post("/office/pin/", {"act": "remove"})
    wu.refresh_from_db()
    assert wu.pin == ""


# --- Never for what binds -----------------------------------------------------------------------------------------

BINDING = {
    "prepare_period", "approve_period", "send_back_period", "withdraw_approval", "issue_ledger", "start_publishing",
    "issue_correction", "issue_report", "set_password", "set_pin", "resume",
    "start_applying",
    "post_notice", "withdraw_notice",
    "open_survey", "close_survey",
    "announce_ballot", "extend_ballot", "cancel_ballot",
    "confirm_step", "send_back_step", "reopen_step",
}  # fmt: skip


def _views() -> dict[Any, str]:
    def walk(resolver: URLResolver) -> Iterator[URLPattern]:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern)
            else:
                yield pattern

    return {p.callback: str(p.name) for p in walk(get_resolver()) if p.callback.__module__.startswith("portal.views")}


def binding_views() -> set[str]:
    """Return "module.function" of every function below portal/views that calls a binding verb, itself or by another."""
    found = set()
    for path in (Path(settings.BASE_DIR) / "portal" / "views" / "office").glob("*.py"):
        functions = {f.name: f for f in ast.parse(path.read_text()).body if isinstance(f, ast.FunctionDef)}
        calls = {
            name: {
                getattr(call.func, "id", getattr(call.func, "attr", ""))
                for call in ast.walk(function)
                if isinstance(call, ast.Call)
            }
            for name, function in functions.items()
        }
        binding = {name for name, called in calls.items() if called & BINDING}
        for _ in functions:
            binding |= {name for name, called in calls.items() if called & binding}
        found |= {f"portal.views.office.{path.stem}.{name}" for name in binding}
    return found


def test_every_view_that_binds_asks_for_the_password() -> None:
    """Whoever writes a further one that approves or posts is told here to mark it."""
    binding = binding_views()
    views = {f"{view.__module__}.{view.__name__}": view for view in _views()}
    marked = {name for name, view in views.items() if "POST" in getattr(view, "asks_password", ())}
    assert {"portal.views.office.closing.closing_approval", "portal.views.office.account.password"} <= binding
    assert binding & set(views) <= marked, binding & set(views) - marked


@pytest.fixture
def prepared(home: Compound) -> Compound:
    factories.some_month(home)
    from core.operations import machine
    from fees.documents import closing_view
    from fees.operations import ensure_period, prepare_period

    period = ensure_period(home, factories.date(2026, 10, 1))
    reasons = {check.key: "已经核对" for check in closing_view(period).needing_reason}
    prepare_period(period, reasons, actor=machine("system"), at=NOW)
    return home


def test_approving_by_pin_asks_first_and_then_goes_on(shared: Client, wu: User, wang: User, prepared: Compound) -> None:
    change(shared, wu, PIN)
    assert change(shared, wang, OTHER).status_code == 302
    url = f"{CODE}closing/2026-10/"
    assert "再打一次密码" in words(valid(shared.get(f"{url}approval/")))
    sent = {"act": "send_back", "note": "广告费的合同没有附"}
    html = valid(shared.post(url, sent))
    assert "再打一次密码" in words(html)
    assert 'name="note" value="广告费的合同没有附"' in html, "what was typed is kept"
    assert Closing.objects.count() == 1, "nothing is done yet"
    html = valid(shared.post(url, {**sent, "again-method": "POST", "again-password": "wrong"}))
    assert "密码不对。" in words(html) and Closing.objects.count() == 1 and "wrong" not in html
    key = shared.cookies["sessionid"].value
    assert shared.post(url, {**sent, "again-method": "POST", "again-password": GOOD})["Location"] == url
    assert Closing.objects.order_by("seq").last().step == "sent_back"  # type: ignore[union-attr]
    assert shared.cookies["sessionid"].value != key
    assert Entry.objects.filter(action="login.again", actor=wang).count() == 1
    assert shared.get("/office/password/").status_code == 200
    assert "新密码" in words(valid(shared.get("/office/password/"))), "asked once for a session"


def test_asked_for_a_page_one_gets_to_the_page(shared: Client, wang: User, wu: User, prepared: Compound) -> None:
    change(shared, wu, PIN)
    change(shared, wang, OTHER)
    url = f"{CODE}closing/2026-10/approval/"
    response = shared.post(url, {"again-method": "GET", "again-password": GOOD})
    assert response["Location"] == url and Closing.objects.count() == 1
    assert "再打一次密码" not in words(valid(shared.get(url)))


@pytest.mark.parametrize("who_is_asked", ["own", "other"])
def test_only_the_own_password_opens(
    shared: Client, wang: User, wu: User, prepared: Compound, who_is_asked: str
) -> None:
    """Another person's password is wrong, also where it would be right for them."""
    set_password(wu, GOOD + "-wu", actor=wu, at=NOW, one_time=False)
    log_in_with = {"own": GOOD, "other": GOOD + "-wu"}[who_is_asked]
    shared.cookies.pop("sessionid")
    change(shared, wang, OTHER)
    response = shared.post(f"{CODE}closing/2026-10/approval/", {"again-password": log_in_with, "again-method": "GET"})
    assert response.status_code == (302 if who_is_asked == "own" else 200)


def test_wrong_passwords_there_count_like_at_the_login(shared: Client, wu: User, wang: User) -> None:
    change(shared, wu, PIN)
    for _ in range(4):
        assert shared.post("/office/pin/", {"again-password": "wrong", "again-method": "GET"}).status_code == 200
    assert shared.post("/office/pin/", {"again-password": "wrong", "again-method": "GET"}).status_code == 429
    assert shared.post("/office/pin/", {"again-password": GOOD, "again-method": "GET"}).status_code == 429


def test_six_digits_open_no_lock_of_the_password(wu: User, wang: User, shared: Client) -> None:
    for _ in range(4):
        Client().post("/login/", {"username": wu.username, "password": "wrong"})
    change(shared, wu, PIN)
    assert Client().post("/login/", {"username": wu.username, "password": "wrong"}).status_code == 429


def test_admin_and_posting_are_closed_to_the_pin(shared: Client, home: Compound, wu: User, wang: User) -> None:
    keeper = person(Role.ACCOUNT_ADMIN, factories.STREET, "钱账号", "517306")
    log_in(shared, keeper)
    change(shared, wu, PIN)
    assert change(shared, keeper, "517306").status_code == 302
    for url in ("/admin/", "/admin/core/user/", "/office/password/", "/office/pin/"):
        assert "再打一次密码" in shared.get(url).content.decode(), url
    change(shared, wang, OTHER)
    factories.some_month(home)
    factories.close(home)
    assert "再打一次密码" in words(valid(shared.post(f"{CODE}ledgers/", {"month": "2026-10"})))
    assert not Ledger.objects.exists()


def test_control_with_the_check_off_a_pin_would_approve(
    shared: Client, wu: User, wang: User, prepared: Compound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware.OfficeDoor, "_ask_for_password", lambda self, request: None)
    change(shared, wu, PIN)
    change(shared, wang, OTHER)
    shared.post(f"{CODE}closing/2026-10/", {"act": "send_back", "note": "再看"})
    assert Closing.objects.count() == 2


def test_reading_and_entering_need_no_password(shared: Client, wu: User, home: Compound) -> None:
    factories.books(home)
    change(shared, wu, PIN)
    for url in ("/office/", CODE, f"{CODE}books/service/", f"{CODE}closing/", f"{CODE}ledgers/"):
        assert "再打一次密码" not in words(valid(shared.get(url))), url


def test_machine_accounts_never_come(shared: Client) -> None:
    from core.operations import machine

    system = machine("system")
    DeskVisit.objects.create(desk=DeskVisit.objects.all()[0].desk, user=system, password_at=NOW)
    set_pin(system, "730962", actor=system, at=NOW)
    assert change(shared, system, "730962").status_code == 200
