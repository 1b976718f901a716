"""A compound's facts, facilities, resources, buildings, units and photographs, kept in the office."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from compounds.choices import Role
from compounds.models import Building, Compound, CompoundPhoto, Dwelling, Facility, PropertyUnit, PublicResource
from core.models import Entry
from tests import factories
from tests.factories import COMMUNITY
from tests.portal.office import CODE, NOW, browser, see, send, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def clerk(home: Compound) -> Client:
    return browser(factories.user(Role.COMMUNITY_CLERK, COMMUNITY, "陈社区"))


FACTS = {"name": "槐荫里小区（演示）", "address": "古城南路3号", "built_year": "1984", "owners_body": "none"}


def said(client: Client, url: str, **data: object) -> str:
    return words(send(client, url, **data).content.decode())


def test_facts_are_changed_and_told_in_the_history(home: Compound, clerk: Client) -> None:
    assert "符合失管老旧小区的条件" in see(clerk, f"{CODE}facts/")
    assert "小区情况存好了" in said(clerk, f"{CODE}facts/", **FACTS, version=1)
    home.refresh_from_db()
    assert (home.built_year, home.address, home.version) == (1984, "古城南路3号", 2)
    entry = Entry.objects.get(action="compound.change")
    assert "建成年份由1983改为1984" in entry.summary and entry.area_code == home.area_code


def test_who_saves_second_is_shown_the_first(home: Compound, clerk: Client) -> None:
    said(clerk, f"{CODE}facts/", **FACTS, version=1)
    html = send(clerk, f"{CODE}facts/", **FACTS | {"address": "古城北路9号"}, version=1).content.decode()
    assert "陈社区在11月5日" in words(html) and "建成年份由1983改为1984" in words(html)
    assert 'value="古城北路9号"' in html and 'name="version" value="2"' in html
    home.refresh_from_db()
    assert home.address == "古城南路3号"
    said(clerk, f"{CODE}facts/", **FACTS | {"address": "古城北路9号"}, version=2)
    home.refresh_from_db()
    assert home.address == "古城北路9号"


def test_an_ineligible_compound_says_why(home: Compound, clerk: Client) -> None:
    said(clerk, f"{CODE}facts/", **FACTS | {"owners_body": "owners_committee", "unified_management": "on"}, version=1)
    text = see(clerk, f"{CODE}facts/")
    assert "现在不符合" in text and "公共区域有统一的物业管理" in text and "已经有业主委员会" in text
    assert "不符合：公共区域有统一的物业管理" in see(clerk, CODE)


def test_a_bad_year_is_said_at_its_field_and_the_rest_kept(home: Compound, clerk: Client) -> None:
    html = send(clerk, f"{CODE}facts/", **FACTS | {"built_year": "八三年"}, version=1).content.decode()
    assert "建成年份看不懂" in html and 'value="八三年"' in html and 'value="古城南路3号"' in html


def test_a_new_compound_gets_the_communitys_next_code(home: Compound, clerk: Client) -> None:
    typed = {"community": COMMUNITY, "name": "古城一号院（演示）", "built_year": "1979"}
    assert "编号11010700303702" in said(clerk, "/office/compounds/new/", **typed)
    assert "已经有这个小区了" in said(clerk, "/office/compounds/new/", **typed)
    assert "所在社区" in said(clerk, "/office/compounds/new/", **typed | {"community": factories.OTHER_COMMUNITY})
    assert Compound.objects.count() == 2


def test_facilities_are_listed_by_line_and_missing_ones_shown(home: Compound, clerk: Client) -> None:
    url = f"{CODE}things/facilities/new/"
    typed = {"line": "security", "name": "单元门禁", "quantity": "6套", "state": "missing", "note": "住户要求装"}
    said(clerk, url, **typed, version=1)
    assert "清单上已经有这一项了" in said(clerk, url, **typed, version=1)
    text = see(clerk, f"{CODE}things/")
    assert "单元门禁6套缺少住户要求装" in text
    assert "缺少的设施单元门禁" in see(clerk, CODE)
    one = Facility.objects.get()
    said(clerk, f"{CODE}things/facilities/{one.pk}/", **typed | {"state": "good"}, version=1)
    assert "状况由缺少改为完好" in Entry.objects.get(action="place.change").summary
    assert "状况由缺少改为完好" in said(clerk, f"{CODE}things/facilities/{one.pk}/", **typed, act="drop", version=1)
    assert "状况由缺少改为完好" in said(clerk, f"{CODE}things/facilities/{one.pk}/", act="drop")
    assert Facility.objects.exists()
    said(clerk, f"{CODE}things/facilities/{one.pk}/", act="drop", version=2)
    assert not Facility.objects.exists() and Entry.objects.filter(action="place.drop").count() == 1


def test_resources_add_up(home: Compound, clerk: Client) -> None:
    for name, yearly in (("南墙广告", "6,000"), ("快递柜", "1200.50")):
        said(clerk, f"{CODE}things/resources/new/", kind="advertising", name=name, yearly=yearly, version=1)
    assert "一年7,200.50元" in see(clerk, f"{CODE}things/")
    assert PublicResource.objects.count() == 2


def test_buildings_with_entrances(home: Compound, clerk: Client) -> None:
    said(clerk, f"{CODE}buildings/new/", label="12号楼", floors="6层", entrances="1-3，5")
    made = Building.objects.get(label="12")
    assert made.floors == 6 and sorted(e.label for e in made.entrances.all()) == ["1", "2", "3", "5"]
    assert "已经有这栋楼了" in said(clerk, f"{CODE}buildings/new/", label="12")
    text = see(clerk, f"{CODE}buildings/")
    assert text.index("3号楼没有填不分单元4") < text.index("12号楼61、2、3、50")
    entrance = made.entrances.get(label="5")
    Dwelling.objects.create(building=made, entrance=entrance, room="101", area="60")
    assert "5单元里还有房屋" in said(clerk, f"{CODE}buildings/{made.pk}/", label="12", entrances="1-3", version=1)
    one = f"{CODE}buildings/{made.pk}/"
    assert "这栋楼里还有房屋" in said(clerk, one, act="drop", label="12", entrances="1-3、5", version=1)
    said(clerk, one, label="甲12", floors="5", entrances="1-3、5", version=1)
    made.refresh_from_db()
    assert (made.label, made.floors, made.entrances.count()) == ("甲12", 5, 4)


def test_a_stale_page_neither_changes_nor_removes_a_building(home: Compound, clerk: Client) -> None:
    said(clerk, f"{CODE}buildings/new/", label="12", floors="6", entrances="1-2")
    made = Building.objects.get(label="12")
    one = f"{CODE}buildings/{made.pk}/"
    said(clerk, one, label="12", floors="6", entrances="1-3", version=1)
    html = send(clerk, one, label="12", floors="7", entrances="1-2", version=1).content.decode()
    assert "由12号楼6层，1、2单元改为12号楼6层，1、2、3单元" in words(html)
    assert 'value="7"' in html and 'name="version" value="2"' in html
    assert "陈社区在11月5日" in said(clerk, one, act="drop", label="12", entrances="1-2", version=1)
    made.refresh_from_db()
    assert (made.floors, made.entrances.count()) == (6, 3)
    said(clerk, one, act="drop", version=2)
    assert not Building.objects.filter(label="12").exists()


def test_what_entrances_cannot_be(home: Compound, clerk: Client) -> None:
    for text in ("6-1", "0-3", "1-2-3"):
        assert "看不懂" in said(clerk, f"{CODE}buildings/new/", label="9", entrances=text), text
    assert not Building.objects.filter(label="9").exists()


def test_units_own_the_unsold(home: Compound, clerk: Client) -> None:
    unit = PropertyUnit.objects.create(area_code=COMMUNITY, name="某某厂（演示）")
    mine = Dwelling.objects.of(home).order_by("pk")
    Dwelling.objects.filter(pk__in=[d.pk for d in mine[:3]]).update(property_unit=unit)
    Dwelling.objects.filter(pk__in=[d.pk for d in mine[:2]]).update(tenure="unsold_public")
    assert "某某厂（演示）3套2套119.5000没有填没有填" in see(clerk, f"{CODE}units/")
    url = f"{CODE}units/{unit.pk}/"
    said(clerk, url, name="某某厂（演示）", contact="李建国", phone="010-68000000", version=1)
    entry = Entry.objects.get(action="unit.change")
    assert "李*" in entry.summary and "建国" not in entry.summary + entry.data
    assert "3-101未售公房，归它59.7500" in see(clerk, url)


def test_a_units_contact_is_masked_until_somebody_gives_a_reason(home: Compound, clerk: Client) -> None:
    unit = PropertyUnit.objects.create(
        area_code=COMMUNITY, name="某某厂（演示）", contact="李建国", phone="13800001234"
    )
    Dwelling.objects.of(home).update(property_unit=unit)
    url = f"{CODE}units/{unit.pk}/"
    for client in (clerk, browser(factories.user(Role.COMMITTEE_HEAD, home.code))):
        for page in (f"{CODE}units/", url):
            html = client.get(page).content.decode()
            assert "李*" in html and "138****1234" in html and "李建国" not in html and "13800001234" not in html
    assert "为什么没有填" in said(clerk, url, act="look")
    assert "李建国" in said(clerk, url, act="look", reason="单位改制，要联系")
    entry = Entry.objects.get(action="person.look")
    assert entry.summary == "查看产权单位某某厂（演示）的联系人李*的完整姓名和电话：单位改制，要联系"
    assert (entry.object_type, entry.object_id) == ("compounds.propertyunit", str(unit.pk))
    assert "李建国" not in see(clerk, url)
    head = browser(factories.user(Role.COMMITTEE_HEAD, home.code))
    assert head.post(url, {"act": "look", "reason": "看看"}).status_code == 403
    assert Entry.objects.filter(action="person.look").count() == 1


def test_what_is_left_empty_of_a_units_contact_stays(home: Compound, clerk: Client) -> None:
    unit = PropertyUnit.objects.create(
        area_code=COMMUNITY, name="某某厂（演示）", contact="李建国", phone="13800001234"
    )
    Dwelling.objects.of(home).update(property_unit=unit)
    url = f"{CODE}units/{unit.pk}/"
    said(clerk, url, name="某某厂（演示）", address="厂东门", version=1)
    unit.refresh_from_db()
    assert (unit.contact, unit.phone, unit.address) == ("李建国", "13800001234", "厂东门")
    said(clerk, url, name="某某厂（演示）", phone="010-68000000", version=2)
    unit.refresh_from_db()
    assert (unit.contact, unit.phone) == ("李建国", "010-68000000")
    assert "010-68000000" in see(clerk, f"{CODE}units/"), "an office's land-line is nobody's"
    assert "0000" not in Entry.objects.filter(action="unit.change").order_by("pk")[1].summary.split("改为")[0]
    said(clerk, url, name="某某厂（演示）", no_contact="on", version=3)
    unit.refresh_from_db()
    assert (unit.contact, unit.phone) == ("", "")


def upload(client: Client, content: bytes, name: str = "东门.png") -> str:
    file = SimpleUploadedFile(name, content)
    data = {"caption": "东门", "taken_on": "2026-11-3", "shown": "on", "photograph": file}
    return words(client.post(f"{CODE}photographs/", data, follow=True).content.decode())


def test_photographs_are_kept_clean_and_taken_down(home: Compound, clerk: Client) -> None:
    assert "照片存好了：东门" in upload(clerk, factories.picture())
    made = CompoundPhoto.objects.get()
    assert made.attachment.content_type == "image/jpeg"
    public = see(Client(), f"/compounds/{home.code}/")
    assert "东门" in public
    address = f"/compounds/{home.code}/photographs/{made.attachment.sha256}/"
    answer = Client().get(address)
    assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"
    CompoundPhoto.objects.update(shown=False)
    assert Client().get(address).status_code == 404
    clerk.post(f"{CODE}photographs/{made.pk}/drop/")
    assert not CompoundPhoto.objects.exists()
    assert Entry.objects.filter(action="place.drop_photograph").count() == 1


def test_the_same_photograph_sent_twice_hangs_once(home: Compound, clerk: Client) -> None:
    upload(clerk, factories.picture())
    upload(clerk, factories.picture())
    assert CompoundPhoto.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg"), (b"<html><script>x</script>", "a.jpg"), (b"", "a.jpg")],
)
def test_what_is_no_photograph_is_refused_plainly(home: Compound, clerk: Client, content: bytes, name: str) -> None:
    assert "照片存好了" not in upload(clerk, content, name)
    assert not CompoundPhoto.objects.exists()


def test_who_does_not_keep_the_register_only_reads(home: Compound) -> None:
    head = browser(factories.user(Role.COMMITTEE_HEAD, home.code))
    html = head.get(f"{CODE}facts/").content.decode()
    assert '<form class="form"' not in html and "槐荫里小区" in html
    assert head.post(f"{CODE}facts/", FACTS).status_code == 403
    assert head.get(f"{CODE}buildings/new/").status_code == 403
