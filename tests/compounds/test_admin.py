"""Accounts, appointments and areas in /admin/: who, how far, through operations, never deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.test import Client

from compounds.choices import Role
from compounds.models import Appointment, Area, Stage, StagePaper
from core.models import Entry, User
from tests import factories
from tests.portal.office import NOW, browser

pytestmark = pytest.mark.django_db
USERS, APPOINTMENTS, AREAS = "/admin/core/user/", "/admin/compounds/appointment/", "/admin/compounds/area/"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def keeper() -> User:
    factories.areas()
    return factories.user(Role.ACCOUNT_ADMIN, factories.STREET, "钱账号")


@pytest.fixture
def client(keeper: User) -> Client:
    return browser(keeper)


def errors(response: object) -> str:
    return "".join(re.findall(r'<ul class="errorlist"[^>]*>(.*?)</ul>', response.content.decode(), re.S))  # type: ignore[attr-defined]


# --- Who ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [r for r in Role.values if r not in (Role.ACCOUNT_ADMIN, Role.DISTRICT_ADMIN)])
def test_other_roles_find_no_admin(role: str) -> None:
    client = browser(factories.user(role, factories.DISTRICT))
    for url in ("/admin/", USERS, APPOINTMENTS, AREAS, "/admin/fees/account/", "/admin/login/"):
        assert client.get(url, follow=True).status_code == 404, url


def test_visitor_is_sent_to_the_product_s_own_login() -> None:
    response = Client().get(USERS, follow=True)
    assert response.redirect_chain[-1][0].startswith("/login/?next=/admin/")


def test_roles_keep_different_things(client: Client) -> None:
    district = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    assert client.get(USERS).status_code == 200 and client.get(AREAS).status_code == 403
    assert district.get(AREAS).status_code == 200 and district.get(USERS).status_code == 403
    assert client.get("/admin/fees/account/").status_code == 403


def test_nothing_is_deleted(client: Client, keeper: User) -> None:
    user = factories.user(Role.AUDITOR, factories.STREET)
    for url in (f"{USERS}{user.pk}/", f"{APPOINTMENTS}{user.appointments.get().pk}/"):
        assert client.post(f"{url}delete/", {"post": "yes"}).status_code == 403
    client.post(USERS, {"action": "delete_selected", "_selected_action": user.pk, "post": "yes"})
    assert User.objects.filter(pk=user.pk).exists() and user.appointments.exists()


# --- Accounts -----------------------------------------------------------------------------------------------------


def test_new_account_shows_its_password_once(client: Client) -> None:
    response = client.post(f"{USERS}add/", {"username": "wuli", "name": "吴丽", "phone": ""})
    slip = re.search(r"slip-password\">([a-z0-9-]{14})<", response.content.decode())
    assert slip is not None
    made = User.objects.get(username="wuli")
    assert made.check_password(slip[1]) and made.must_change_password
    assert Entry.objects.filter(action="user.create").count() == 1
    assert slip[1] not in client.get(f"{USERS}{made.pk}/change/").content.decode()
    assert not any(slip[1] in f"{e.summary}{e.data}" for e in Entry.objects.all())


def test_login_name_is_plain(client: Client) -> None:
    assert "登录名只用英文字母" in errors(client.post(f"{USERS}add/", {"username": "吴丽", "name": "吴丽"}))
    assert not User.objects.filter(name="吴丽").exists()


def test_forgotten_password_is_printed_anew(client: Client) -> None:
    user = factories.user(Role.AUDITOR, factories.STREET)
    theirs = browser(user)
    url = f"{USERS}{user.pk}/slip/"
    assert "会失效" in client.get(url).content.decode()
    user.refresh_from_db()
    before = user.password
    response = client.post(url)
    user.refresh_from_db()
    slip = re.search(r"slip-password\">([a-z0-9-]{14})<", response.content.decode())
    assert slip is not None and user.check_password(slip[1]) and user.password != before and user.must_change_password
    assert theirs.get("/office/").status_code == 302, "their session is over"
    assert Entry.objects.filter(action="user.password").count() == 1


def test_account_is_switched_off_and_recorded(client: Client) -> None:
    user = factories.user(Role.AUDITOR, factories.STREET, "老周")
    client.post(f"{USERS}{user.pk}/change/", {"name": "周明", "phone": "010-6880"})
    user.refresh_from_db()
    assert (user.is_active, user.name) == (False, "周明")
    assert set(Entry.objects.values_list("action", flat=True)) == {"user.inactive", "user.change"}


def test_accounts_beyond_one_s_area_are_out_of_reach(client: Client, keeper: User) -> None:
    elsewhere = factories.user(Role.AUDITOR, factories.OTHER_STREET, "别处的")
    above = factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT, "区里的")
    factories.appoint(above, Role.AUDITOR, factories.STREET)
    listed = client.get(USERS).content.decode()
    assert "别处的" not in listed and "区里的" not in listed
    for user in (elsewhere, above):
        before = user.password
        assert client.post(f"{USERS}{user.pk}/slip/").status_code == 404
        client.post(f"{USERS}{user.pk}/change/", {"name": "改了", "is_active": ""})
        user.refresh_from_db()
        assert user.password == before and user.is_active and user.name != "改了"
    assert "system" not in listed, "the machine's accounts are nobody's"


def test_own_account_is_not_switched_off_by_oneself(client: Client, keeper: User) -> None:
    client.post(f"{USERS}{keeper.pk}/change/", {"name": "钱账号"})
    keeper.refresh_from_db()
    assert keeper.is_active


# --- Appointments -------------------------------------------------------------------------------------------------


def appointing(user: User, **more: object) -> dict[str, object]:
    return {"user": user.pk, "role": Role.AUDITOR, "area_code": factories.COMMUNITY, "from_on": "2026-11-05"} | more


def test_appointment_is_made_by_the_operation(client: Client, keeper: User) -> None:
    user = factories.user()
    response = client.post(f"{APPOINTMENTS}add/", appointing(user, until_on="2027-11-04"))
    assert response.status_code == 302, errors(response)
    made = user.appointments.get()
    assert (made.given_by, made.given_at, made.until_on) == (keeper, NOW, date(2027, 11, 4))
    assert Entry.objects.filter(action="appointment.make", area_code=factories.COMMUNITY).count() == 1


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"area_code": factories.OTHER_STREET}, "这里不归您管"),
        ({"area_code": factories.DISTRICT}, "这里不归您管"),
        ({"area_code": "1101070"}, "没有这个地区"),
        ({"area_code": "11010700303709"}, "没有这个地区"),
        ({"until_on": "2026-11-04"}, "最后一天不能早于第一天"),
        ({"role": "king"}, "king"),
    ],
)
def test_appointment_that_cannot_be(client: Client, more: dict[str, object], sentence: str) -> None:
    user = factories.user()
    assert sentence in errors(client.post(f"{APPOINTMENTS}add/", appointing(user, **more)))
    assert not user.appointments.exists()


def test_nobody_is_cashier_and_bookkeeper_of_one_compound(client: Client) -> None:
    user = factories.user(Role.COMMITTEE_CASHIER, factories.STREET)
    data = appointing(user, role=Role.COMMITTEE_BOOKKEEPER)
    assert "不能既做出纳又做记账员" in errors(client.post(f"{APPOINTMENTS}add/", data))
    assert user.appointments.count() == 1


def test_nobody_appoints_oneself(client: Client, keeper: User) -> None:
    assert "不能任命自己" in errors(client.post(f"{APPOINTMENTS}add/", appointing(keeper)))
    assert keeper.appointments.count() == 1


def test_appointment_is_only_ended_and_only_earlier(client: Client) -> None:
    user = factories.user(Role.AUDITOR, factories.COMMUNITY)
    held = user.appointments.get()
    url = f"{APPOINTMENTS}{held.pk}/change/"
    assert "不能改成没有期限" in errors(client.post(url, {"until_on": ""}))
    client.post(url, {"until_on": "2026-11-30", "role": Role.COMMITTEE_HEAD, "area_code": factories.DISTRICT})
    held.refresh_from_db()
    assert (held.until_on, held.role, held.area_code) == (date(2026, 11, 30), Role.AUDITOR, factories.COMMUNITY)
    assert Entry.objects.filter(action="appointment.end").count() == 1
    assert "只能提前" in errors(client.post(url, {"until_on": "2026-12-31"}))
    held.refresh_from_db()
    assert held.until_on == date(2026, 11, 30)


def test_appointments_beyond_one_s_area_are_not_listed(client: Client) -> None:
    factories.user(Role.AUDITOR, factories.OTHER_STREET, "别处的")
    held = Appointment.objects.latest("pk")
    assert "别处的" not in client.get(APPOINTMENTS).content.decode()
    client.post(f"{APPOINTMENTS}{held.pk}/change/", {"until_on": "2026-11-30"})
    held.refresh_from_db()
    assert held.until_on is None


# --- Areas --------------------------------------------------------------------------------------------------------


def test_district_keeps_the_phones_of_its_areas_and_nothing_else(client: Client) -> None:
    district = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    area = Area.objects.get(code=factories.COMMUNITY)
    district.post(f"{AREAS}{area.pk}/change/", {"phone": "010-6887", "office": "一层", "name": "别的", "code": "1"})
    area.refresh_from_db()
    assert (area.phone, area.office, area.name, area.code) == ("010-6887", "一层", "八角南里社区", factories.COMMUNITY)
    entry = Entry.objects.get(action="area.change")
    assert entry.area_code == factories.COMMUNITY and "010-6880-0000" in entry.data and "010-6887" in entry.data
    assert district.get(f"{AREAS}add/").status_code == 403


# --- The eight steps ----------------------------------------------------------------------------------------------


def test_district_keeps_the_steps_lengths_and_papers(client: Client) -> None:
    district = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    sent = {"name": "小区选定", "text": "选", "weeks_from": 3, "weeks_to": 2, "number": 9}
    assert "weeks" in district.post("/admin/compounds/stage/1/change/", sent).content.decode()
    assert Stage.objects.get(pk=1).weeks_to == 4
    district.post("/admin/compounds/stage/1/change/", {**sent, "weeks_to": 6})
    assert Stage.objects.get(pk=1).weeks_to == 6 and Stage.objects.count() == 9
    entry = Entry.objects.get(action="stage.change")
    assert '"weeks_to":"6"' in entry.data
    paper = StagePaper.objects.get(key="scheme")
    district.post(
        f"/admin/compounds/stagepaper/{paper.pk}/change/", {"stage": 1, "key": "x", "name": "实施方案", "needed": ""}
    )
    paper.refresh_from_db()
    assert (paper.needed, paper.key, paper.stage_id) == (False, "scheme", 3)
    assert client.get("/admin/compounds/stage/").status_code in (403, 404)
