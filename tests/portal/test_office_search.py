"""The search box: compounds, voucher numbers, dwellings as typed; nothing beyond the scope."""

from __future__ import annotations

import pytest
from django.test import Client

from compounds.choices import Role
from compounds.models import Building, Compound, Dwelling, Entrance
from tests import factories
from tests.portal.office import CODE, SERVICE, browser, see

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
SEARCH = "/office/search/"


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.some_month(made)
    building = Building.objects.create(compound=made, label="7")
    entrance = Entrance.objects.create(building=building, label="2")
    Dwelling.objects.create(building=building, entrance=entrance, room="501", area="61.2000", representative="张三")
    return made


@pytest.fixture
def client(home: Compound) -> Client:
    return browser(factories.user(Role.AUDITOR, home.code))


@pytest.mark.parametrize("text", ["槐荫", "11010700303701"])
def test_one_compound_is_opened(client: Client, text: str) -> None:
    assert client.get(SEARCH, {"q": text})["Location"] == CODE


@pytest.mark.parametrize("text", ["3", "第3号", "第3号凭证", "３号", " 3 "])
def test_voucher_is_found_by_its_number(client: Client, text: str) -> None:
    assert client.get(SEARCH, {"q": text})["Location"] == f"{SERVICE}2026/3/"


def test_same_number_in_two_books_is_a_list(client: Client) -> None:
    said = see(client, SEARCH, q="2")
    assert "找到2处" in said and "2026年自管会经费第2号：公示打印" in said and "停车月租" in said


@pytest.mark.parametrize("text", ["7-2-501", "7号楼2单元501", "7楼2门501", "７－２－５０１"])
def test_dwelling_is_found_as_typed_without_a_name(client: Client, text: str) -> None:
    response = client.get(SEARCH, {"q": text}, follow=True)
    assert response.redirect_chain[0][0].startswith(CODE)
    html = response.content.decode()
    assert "7号楼2单元501在这个小区的名册里" in html and "张三" not in html


def test_dwelling_outside_is_said_the_same_whether_it_exists_or_not(home: Compound) -> None:
    factories.compound(f"{factories.OTHER_COMMUNITY}01", "古城一院（演示）")
    stranger = browser(factories.user(Role.AUDITOR, factories.OTHER_STREET))
    existing, missing = (see(stranger, SEARCH, q=q).replace(q, "") for q in ("7-2-501", "8-2-501"))
    assert existing == missing
    assert "这户不在您负责的小区里。要看请找古城街道开通。" in existing
    for text in ("槐荫", "3", home.code):
        assert "没有找到" in see(stranger, SEARCH, q=text)


@pytest.mark.parametrize("text", ["", "没有的", "x" * 10_000, "\x00", "%", "_", "9" * 50, "第号", "'; drop"])
def test_anything_typed_has_an_answer(client: Client, text: str) -> None:
    assert see(client, SEARCH, q=text)
