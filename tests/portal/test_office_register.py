"""The register's pages: the picture, the list, what is asked for; names stand masked."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from compounds.choices import Role, Use
from compounds.models import Building, Compound, Dwelling, Owner, Ownership
from tests import factories
from tests.factories import COMMUNITY
from tests.portal.office import CODE, NOW, browser, see, valid

pytestmark = pytest.mark.django_db
REGISTER = f"{CODE}register/"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def clerk(home: Compound) -> Client:
    return browser(factories.user(Role.COMMUNITY_CLERK, COMMUNITY))


def own(dwelling: Dwelling, name: str = "王秀兰", phone: str = "13800001234") -> Owner:
    owner = Owner.objects.create(area_code=COMMUNITY, name=name, phone=phone)
    Ownership.objects.create(dwelling=dwelling, owner=owner, votes=True)
    return owner


def test_the_picture_has_every_dwelling_and_leads_to_it(home: Compound, clerk: Client) -> None:
    html = valid(clerk.get(REGISTER))
    for dwelling in Dwelling.objects.of(home):
        assert f'href="../dwellings/{dwelling.pk}/" aria-label="{dwelling.room}，还缺">{dwelling.room}</a>' in html
    text = see(clerk, REGISTER)
    assert "房屋4套，4套还缺" in text and "住宅4户，建筑面积239.0000平方米" in text
    assert "缺产权人4套" in text and "居民自报4239.0000" in text


def test_outside_of_what_is_asked_for_is_pale(home: Compound, clerk: Client) -> None:
    Dwelling.objects.filter(room="101").update(use=Use.SHOP)
    html = valid(clerk.get(REGISTER, {"use": Use.SHOP}))
    assert html.count('class="cell plain" href') == 3 and html.count('class="cell framed" href') == 1
    assert "查到1套" in see(clerk, REGISTER, use=Use.SHOP)
    assert "没有这一项" in see(clerk, REGISTER, use="x"), "a choice that is none asks for nothing"


def test_the_list_shows_names_masked_and_pages(home: Compound, clerk: Client) -> None:
    own(Dwelling.objects.of(home)[0])
    Dwelling.objects.filter(room="201").update(representative="李建国", representative_phone="13900005678")
    html = valid(clerk.get(REGISTER, {"view": "list"}))
    assert "王*" in html and "138****1234" in html and "李*" in html and "139****5678" in html
    assert "秀兰" not in html and "0000" not in html.replace(".0000", "") and "建国" not in html
    building = Building.objects.get()
    Dwelling.objects.bulk_create([Dwelling(building=building, room=f"{n}01", area=Decimal(50)) for n in range(10, 70)])
    assert "第1页，共2页" in see(clerk, REGISTER, view="list")
    assert "6901" in see(clerk, REGISTER, view="list", page=2)


def test_an_empty_register_says_what_to_do(clerk: Client, home: Compound) -> None:
    Dwelling.objects.all().delete()
    assert "还没有登记房屋" in see(clerk, REGISTER)
