"""The chart of accounts in /admin/: kept by the district, number and direction for good."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from compounds.choices import Role
from core.models import Entry
from fees.models import Account
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
