"""The chart of accounts in /admin/: kept by the district, number and direction for good."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine

from compounds.choices import Role
from core.models import Entry
from fees.models import Account, ExpenseLimit
from tests import factories
from tests.portal.office import NOW, browser

pytestmark = pytest.mark.django_db
ACCOUNTS = "/admin/fees/account/"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_district_changes_a_name_and_never_number_or_direction() -> None:
    client = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    account = Account.objects.get(code="208")
    data = {
        "name": "零星支出",
        "pinyin": "lxzc",
        "code": "999",
        "direction": "income",
        "service_line": "administration",
    }
    assert client.post(f"{ACCOUNTS}{account.pk}/change/", data).status_code == 302
    account.refresh_from_db()
    assert (account.name, account.code, account.direction) == ("零星支出", "208", "expense")
    assert "其他支出" in Entry.objects.get(action="account.change").data


def test_new_account_is_recorded() -> None:
    client = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    data = {"code": "218", "name": "电梯维保", "pinyin": "dtwb", "direction": "expense", "service_line": "repair"}
    assert client.post(f"{ACCOUNTS}add/", data).status_code == 302
    assert Account.objects.filter(code="218").exists()
    assert Entry.objects.filter(action="account.create").count() == 1


def test_street_and_account_administrator_do_not_reach_it() -> None:
    for role, status in ((Role.STREET_STAFF, 404), (Role.ACCOUNT_ADMIN, 403)):
        client = browser(factories.user(role, factories.DISTRICT))
        assert client.get(ACCOUNTS).status_code == status
        assert client.post(f"{ACCOUNTS}add/", {"code": "218", "name": "x"}).status_code == status
    assert not Account.objects.filter(code="218").exists()


LIMITS = "/admin/fees/expenselimit/"


def test_district_sets_a_limit_and_a_compound_its_own() -> None:
    home = factories.compound()
    client = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    head = ExpenseLimit.objects.get(decided_by="head")
    assert client.post(f"{LIMITS}{head.pk}/change/", {"up_to": "８００"}).status_code == 302
    data = {"compound": home.code, "decided_by": "head", "up_to": "300"}
    assert client.post(f"{LIMITS}add/", data).status_code == 302
    assert ExpenseLimit.objects.for_compound(home)["head"] == Decimal(300)
    other = factories.compound("11010700401001", "古城一院（演示）")
    assert ExpenseLimit.objects.for_compound(other)["head"] == Decimal(800)
    page = client.get(LIMITS).content.decode()
    assert "全区" in page and "没有上限" in page and home.name in page
    assert Entry.objects.filter(action__startswith="expenselimit.").count() == 2


def test_a_limit_of_nobody_or_of_nothing_is_refused() -> None:
    client = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    for data in ({"compound": "11010700303799", "decided_by": "head"}, {"decided_by": "head", "up_to": "0"}):
        assert client.post(f"{LIMITS}add/", data).status_code == 200
    assert ExpenseLimit.objects.count() == 3
