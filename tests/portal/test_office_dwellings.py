"""A dwelling's pages: shown masked, changed by one clerk and then another, changing hands, looked at with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from compounds.choices import Role
from compounds.models import Building, Compound, Dwelling, Entrance, Owner, Ownership
from core.models import Entry
from tests import factories
from tests.factories import COMMUNITY
from tests.portal.office import CODE, NOW, browser, see, send, valid, words

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
    return browser(factories.user(Role.COMMUNITY_CLERK, COMMUNITY, "刘敏"))


@pytest.fixture
def other(home: Compound) -> Client:
    return browser(factories.user(Role.STREET_STAFF, factories.STREET, "孙强"))


@pytest.fixture
def flat(home: Compound) -> Dwelling:
    made = Dwelling.objects.of(home).order_by("pk")[0]
    owner = Owner.objects.create(area_code=COMMUNITY, name="王秀兰", phone="13800001234")
    Ownership.objects.create(dwelling=made, owner=owner, votes=True, from_on=date(2019, 3, 2), share_of=1, share_in=1)
    Dwelling.objects.filter(pk=made.pk).update(
        representative="李建国", representative_phone="13900005678", representative_kind="tenant"
    )
    made.refresh_from_db()
    return made


def page(flat: Dwelling, rest: str = "") -> str:
    return f"{CODE}dwellings/{flat.pk}/{rest}"


def typed(flat: Dwelling, **more: object) -> dict[str, object]:
    """Return the form as the page offers it, with what is typed into it."""
    fields: dict[str, object] = {
        "address": f"3-{flat.room}", "area": "59.75", "area_source": "declared", "tenure": "reform", "use": "dwelling",
        "votes": "on", "representative_kind": flat.representative_kind, "version": flat.version,
    }  # fmt: skip
    return fields | more


def test_everything_of_a_dwelling_stands_there_masked(flat: Dwelling, clerk: Client) -> None:
    html = valid(clerk.get(page(flat)))
    text = words(html)
    assert "59.7500平方米，居民自报" in text and "房改房" in text and "1/1" in text and "2019年3月2日" in text
    assert "王*138****1234" in text and "李*139****5678，承租人" in text
    for secret in ("秀兰", "建国", "0000"):
        assert secret not in html.replace(".0000", "")


def test_one_person_is_shown_in_full_once_with_a_reason(flat: Dwelling, clerk: Client) -> None:
    assert "为什么没有填" in words(valid(clerk.post(page(flat), {"whose": "representative"})))
    assert not Entry.objects.filter(action="person.look").exists()
    html = valid(clerk.post(page(flat), {"whose": "representative", "reason": "上门核对漏水"}))
    assert "李建国13900005678" in words(html) and "秀兰" not in html
    entry = Entry.objects.get(action="person.look")
    assert entry.summary == "查看3号楼101户代表李*的完整姓名和电话：上门核对漏水" and entry.actor_name == "刘敏"
    assert "李建国" not in valid(clerk.get(page(flat))), "the next page is masked again"
    key = Ownership.objects.get().pk
    assert "王秀兰" in valid(clerk.post(page(flat), {"whose": f"owner-{key}", "reason": "核对"}))
    assert Entry.objects.filter(action="person.look", object_type="compounds.owner").count() == 1


def test_a_committee_sees_masked_and_cannot_look(flat: Dwelling, home: Compound) -> None:
    head = browser(factories.people(home)[1])
    assert "王*" in see(head, page(flat)) and 'id="look"' not in valid(head.get(page(flat)))
    assert head.post(page(flat), {"whose": "representative", "reason": "x"}).status_code == 403


def test_a_change_is_saved_and_told(flat: Dwelling, clerk: Client) -> None:
    answer = send(clerk, page(flat, "edit/"), **typed(flat, area="61.2034", area_source="registered"))
    assert "3号楼101改好了" in words(valid(answer)) and "建筑面积由59.75改为61.2034" in words(valid(answer))
    flat.refresh_from_db()
    assert (flat.area, flat.representative) == (Decimal("61.2034"), "李建国"), "who is not typed stays"


def test_the_second_clerk_is_shown_the_firsts_change_and_keeps_their_words(
    flat: Dwelling, clerk: Client, other: Client
) -> None:
    late = typed(flat, area="70.5", note="阳台封了")
    send(clerk, page(flat, "edit/"), **typed(flat, vacant="on", area="61.2"))
    html = valid(other.post(page(flat, "edit/"), late))
    text = words(html)
    assert "刘敏在11月5日09:30存过一次（改房屋3号楼101：建筑面积由59.75改为61.2；空置由否改为是）" in text
    assert "建筑面积61.270.5" in text and "空置是否" in text, "now and typed stand side by side"
    assert 'value="70.5"' in html and 'value="阳台封了"' in html and 'name="version" value="2"' in html
    flat.refresh_from_db()
    assert flat.area == Decimal("61.2000") and flat.note == ""
    send(other, page(flat, "edit/"), **late | {"version": 2, "vacant": "on"})
    flat.refresh_from_db()
    assert flat.area == Decimal("70.5000") and flat.vacant and flat.version == 3


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("area", "0", "建筑面积要大于0"),
        ("area", "1000.5", "住宅的建筑面积不会超过1,000平方米"),
        ("area", "12o", "看不懂"),
        ("address", "5-501", "这个小区没有5号楼"),
        ("address", "3-9-501", "这栋楼没有9单元"),
        ("address", "3-201", "3号楼201已经登记了"),
        ("address", "乱写", "看不懂是哪一户"),
        ("representative", "张三、李四", "一户只有一位户代表"),
        ("representative_phone", "一二三", "电话看不懂"),
        ("use", "castle", "没有这一项"),
        ("property_unit", "999999", "没有这个产权单位"),
        ("note", "长" * 201, "太长"),
    ],
)
def test_bad_input_is_told_at_its_field_and_kept(
    flat: Dwelling, clerk: Client, field: str, value: str, said: str
) -> None:
    html = valid(clerk.post(page(flat, "edit/"), typed(flat, **{field: value})))
    assert said in words(html) and f'id="id_{field}_error"' in html
    assert value in html or field in ("use", "property_unit")
    flat.refresh_from_db()
    assert flat.version == 1


def test_one_phone_under_two_names_is_asked_and_then_taken(flat: Dwelling, clerk: Client) -> None:
    sent = typed(flat, representative="赵敏", representative_phone="138 0000 1234".replace(" ", ""))
    text = words(valid(clerk.post(page(flat, "edit/"), sent)))
    assert "电话138****1234在名册里是王*的" in text and "确实是同一个号码" in text
    send(clerk, page(flat, "edit/"), **sent, confirmed="on")
    flat.refresh_from_db()
    assert (flat.representative, flat.representative_phone) == ("赵敏", "13800001234")


def test_a_dwelling_is_registered_and_its_owner_after_it(home: Compound, clerk: Client) -> None:
    Entrance.objects.create(building=Building.objects.get(), label="2")
    fields = {"address": "3号楼2单元501", "area": "６１．２", "area_source": "registered", "tenure": "reform",
              "use": "dwelling", "votes": "on"}  # fmt: skip
    answer = send(clerk, f"{CODE}dwellings/new/", **fields)
    made = Dwelling.objects.get(room="501")
    assert str(made) == "3号楼2单元501" and "登记产权人" in words(valid(answer))
    send(clerk, page(made, "correction/"), version=1, name_1="买买提·艾力", phone_1="13800001234", reason="产权证")
    row = Ownership.objects.get(dwelling=made)
    assert row.owner.name == "买买提·艾力" and row.votes and row.from_on is None


def test_a_dwelling_changes_hands(flat: Dwelling, clerk: Client) -> None:
    url = page(flat, "transfer/")
    fields = {"version": 1, "on": "2026-10-20", "name_1": "赵敏", "new_share_1": "1/2", "name_2": "钱进",
              "new_share_2": "1/2", "reason": "不动产权证"}  # fmt: skip
    assert "选一位代表表决" in words(valid(clerk.post(url, fields)))
    assert "日期没有填" in words(valid(clerk.post(url, fields | {"on": "", "votes": "name_1"})))
    assert "还没到" in words(valid(clerk.post(url, fields | {"on": "2026-12-01", "votes": "name_1"})))
    assert "早于" in words(valid(clerk.post(url, fields | {"on": "2018-12-01", "votes": "name_1"})))
    text = words(valid(send(clerk, url, **fields, votes="name_1")))
    assert "过户好了" in text and "以前的产权人" in text and "2026年10月20日" in text
    assert [(r.owner.name, r.votes) for r in Ownership.objects.current().order_by("pk")] == [
        ("赵敏", True),
        ("钱进", False),
    ]
    assert Ownership.objects.past().get().until_on == date(2026, 10, 20)


def test_the_second_change_of_owners_is_refused_and_keeps_the_words(
    flat: Dwelling, clerk: Client, other: Client
) -> None:
    send(other, page(flat, "transfer/"), version=1, on="2026-10-20", name_1="赵敏", reason="产权证")
    html = valid(
        clerk.post(page(flat, "transfer/"), {"version": 1, "on": "2026-10-21", "name_1": "钱进", "reason": "产权证"})
    )
    assert "孙强在11月5日" in words(html) and 'value="钱进"' in html and 'name="version" value="2"' in html
    assert not Owner.objects.filter(name="钱进").exists()


def test_a_dwelling_is_taken_out_only_where_nothing_refers_to_it(flat: Dwelling, clerk: Client) -> None:
    send(clerk, page(flat, "transfer/"), version=1, on="2026-10-20", name_1="赵敏", reason="产权证")
    assert "还有以前的产权人，不能去掉" in see(clerk, page(flat, "removal/"))
    assert "还有以前的产权人" in words(valid(clerk.post(page(flat, "removal/"), {"version": 2, "reason": "重复"})))
    empty = Dwelling.objects.get(room="201")
    assert "从名册去掉了" in words(valid(send(clerk, page(empty, "removal/"), version=1, reason="重复登记")))
    assert not Dwelling.objects.filter(pk=empty.pk).exists()


# --- R23: what is typed is stored to the byte, or refused ---------------------------------------------------------

TEXTS = (
    "𠮷田",
    "买买提·艾力",
    "王\u200d秀兰",
    "👨‍👩‍👧",
    "a\x00b",
    "a\u202eb",
    "a\u2028b",
    "a\tb",
    "a\nb",
    "a\x07b",
    "é",
)
STORED = {"𠮷田", "买买提·艾力", "é"}
FIELDS = ("representative", "note")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("field", FIELDS)
def test_text_is_stored_to_the_byte_or_refused(flat: Dwelling, clerk: Client, field: str, text: str) -> None:
    answer = clerk.post(page(flat, "edit/"), typed(flat, **{field: text}))
    flat.refresh_from_db()
    if answer.status_code == 302:
        assert getattr(flat, field) == text
    else:
        assert f'id="id_{field}_error"' in valid(answer) and flat.version == 1
        assert text not in STORED


@pytest.mark.parametrize("text", TEXTS)
def test_an_owners_name_is_stored_to_the_byte_or_refused(flat: Dwelling, clerk: Client, text: str) -> None:
    answer = clerk.post(page(flat, "correction/"), {"version": 1, "name_1": text, "reason": "产权证"})
    if answer.status_code == 302:
        assert Owner.objects.latest("pk").name == text
    else:
        assert 'id="id_name_1_error"' in valid(answer) and Owner.objects.count() == 1 and text not in STORED


def test_ten_megabytes_and_half_characters_are_refused(
    flat: Dwelling, clerk: Client, no_errors_in_logs: list[Any]
) -> None:
    from compounds.forms.dwellings import DwellingForm
    from compounds.forms.owners import OwnerForm

    assert clerk.post(page(flat, "edit/"), typed(flat, note="长" * 3_500_000)).status_code in (400, 413)
    no_errors_in_logs.clear()
    flat.refresh_from_db()
    assert flat.version == 1
    for form in (
        DwellingForm(typed(flat, note="a\ud800"), compound=flat.building.compound),
        OwnerForm({"name": "\udfff", "reason": "x"}, owner=Owner.objects.get()),
    ):
        assert not form.is_valid() and "不完整的字" in str(form.errors)


def test_control_without_the_clean_field_half_characters_reach_the_database(
    flat: Dwelling, clerk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django import forms

    from compounds.forms.dwellings import DwellingForm

    monkeypatch.setattr("core.forms.CleanCharField.to_python", forms.CharField.to_python)
    assert DwellingForm(typed(flat, note="a\ud800"), compound=flat.building.compound).is_valid()
    clerk.post(page(flat, "edit/"), typed(flat, note="a\u202eb"))
    flat.refresh_from_db()
    assert flat.note == "a\u202eb", "seen: the direction of reading would turn"
