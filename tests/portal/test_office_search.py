"""The search box: compounds, voucher numbers, dwellings as typed; nothing beyond the scope."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client

from ballots.models import Ballot
from compounds.choices import Role
from compounds.models import Building, Compound, Dwelling, Entrance, Owner, Ownership, PhoneTail
from compounds.operations.objections import Objecting, take_objection
from core.codes import show_code
from core.operations import machine
from tests import balloting, factories
from tests.factories import COMMUNITY
from tests.portal.office import CODE, SERVICE, browser, see, words

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
    assert "7号楼2单元501" in html and "张三" not in html


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


def found(client: Client, text: str) -> str:
    return words(client.post(SEARCH, {"q": text}, follow=True).content.decode())


def test_people_are_found_by_name_and_end_of_phone_and_shown_masked(home: Compound) -> None:
    dwelling = Dwelling.objects.get(room="501", building__label="7")
    Dwelling.objects.filter(pk=dwelling.pk).update(representative="王秀兰", representative_phone="13900005678")
    other = Dwelling.objects.exclude(pk=dwelling.pk).earliest("pk")
    owner = Owner.objects.create(area_code=COMMUNITY, name="王秀兰", phone="13800001234")
    before = Owner.objects.create(area_code=COMMUNITY, name="赵五", phone="13811111234")
    Ownership.objects.create(dwelling=other, owner=owner, votes=True)
    Ownership.objects.create(dwelling=other, owner=before, until_on=date(2026, 1, 1))
    clerk = browser(factories.user(Role.COMMUNITY_CLERK, COMMUNITY))

    said = found(clerk, "王秀兰")
    assert "找到2处" in said and "产权人王*138****1234" in said and "户代表王*139****5678" in said
    assert "王秀兰" not in said.replace('查"王秀兰"', "")
    assert "产权人王*" in found(clerk, "1234") or "3号楼101" in found(clerk, "1234")
    assert "7号楼2单元501" in found(clerk, "13900005678")
    # One hit is opened, without a name or phone in its address; an address alone finds nobody.
    opened = clerk.post(SEARCH, {"q": "5678"})["Location"]
    assert "5678" not in opened and "%E7%8E%8B" not in opened
    assert "没有找到" in see(clerk, SEARCH, q="王秀兰") and "没有找到" in see(clerk, SEARCH, q="5678")
    # Who owned before, and who lives elsewhere, is not found.
    assert "没有找到" in found(clerk, "赵五")
    stranger = browser(factories.user(Role.COMMUNITY_CLERK, factories.OTHER_COMMUNITY))
    assert "没有找到" in found(stranger, "王秀兰") and "没有找到" in found(stranger, "1234")
    html = clerk.post(SEARCH, {"q": "王秀兰"}).content.decode()
    assert "王秀兰" not in html.partition("<title>")[2].partition("</title>")[0]


def test_the_search_of_people_stands_on_indices(home: Compound) -> None:
    rows = (
        Owner.objects.filter(name="王秀兰"),
        Owner.objects.annotate(tail=PhoneTail("phone")).filter(tail="1234"),
        Dwelling.objects.annotate(tail=PhoneTail("representative_phone")).filter(tail="1234").order_by(),
        Dwelling.objects.filter(representative="王秀兰").order_by(),
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    for query in rows:
        assert "index" in query.explain().lower(), query.explain()


@pytest.fixture
def ballot(home: Compound) -> Ballot:
    return balloting.announced(home, title="停车办法")


@pytest.mark.parametrize("text", ["第1次表决", "1次表决", "第1次", "停车办"])
def test_a_ballot_is_found_by_number_and_title(client: Client, ballot: Ballot, text: str) -> None:
    assert client.get(SEARCH, {"q": text})["Location"] == f"{CODE}ballots/1/"


def test_a_ballot_elsewhere_is_not_found(client: Client, ballot: Ballot) -> None:
    balloting.ballot(factories.compound(f"{factories.OTHER_COMMUNITY}01", "古城一院（演示）"), title="绿化办法")
    assert "没有找到" in see(client, SEARCH, q="绿化办")
    assert client.get(SEARCH, {"q": "第1次表决"})["Location"] == f"{CODE}ballots/1/"


def test_an_objection_is_found_by_its_slip(client: Client, ballot: Ballot) -> None:
    document = ballot.moves.get().document
    assert document is not None
    said = Objecting("名册少了我家", date(2026, 10, 2), said_by="张三")
    made = take_objection(ballot.compound, document, said, answer_days=5, actor=machine("system"), at=factories.AT)
    assert client.get(SEARCH, {"q": show_code(made.slip)})["Location"] == f"{CODE}ballots/1/objections/{made.slip}/"
    other = browser(factories.user(Role.AUDITOR, factories.OTHER_COMMUNITY))
    assert "没有找到" in see(other, SEARCH, q=made.slip)
