"""A person's page: everything kept of them, shown whole with a reason, corrected; one person or two of one name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import models
from django.test import Client

from compounds.choices import Role
from compounds.models import Compound, Dwelling, Owner, Ownership, OwnershipQuerySet, PropertyUnit
from core.models import Entry
from tests import factories
from tests.factories import AT, COMMUNITY
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


def own(home: Compound, room: str, name: str = "张三", phone: str = "", until: date | None = None) -> Owner:
    owner, _ = Owner.objects.get_or_create(area_code=home.area_code[:12], name=name, phone=phone)
    dwelling = Dwelling.objects.of(home).get(room=room)
    Ownership.objects.create(dwelling=dwelling, owner=owner, votes=until is None, until_on=until)
    return owner


def page(owner: Owner, rest: str = "") -> str:
    return f"{CODE}owners/{owner.pk}/{rest}"


def test_a_persons_data_stand_whole_on_request_with_who_looked(home: Compound, clerk: Client) -> None:
    owner = own(home, "101", phone="13800001234")
    own(home, "201", phone="13800001234", until=date(2026, 5, 1))
    text = see(clerk, page(owner))
    assert "张*" in text and "138****1234" in text and "3号楼101" in text and "3号楼201" in text
    assert "2026年5月1日" in text and "还没有人看过" in text
    html = valid(clerk.post(page(owner), {"reason": "本人要求"}))
    assert "张三" in words(html) and "13800001234" in html and "本人要求" in words(html)
    assert "<title>" in html and "张" not in html.partition("<title>")[2].partition("</title>")[0]
    assert "查看产权人张*的完整姓名和电话：本人要求" in see(clerk, page(owner)) and "张三" not in valid(
        clerk.get(page(owner))
    )
    assert Entry.objects.filter(action="person.look").count() == 1


def test_only_what_lies_in_the_scope_is_shown(home: Compound) -> None:
    """Someone who keeps one compound's register does not see a person's flat in the next."""
    owner = own(home, "101", phone="1")
    next_door = factories.compound(f"{COMMUNITY}02", "隔壁小区")
    own(next_door, "101", phone="1")
    keeper = browser(factories.user(Role.COMMUNITY_CLERK, home.area_code))
    assert keeper.get(page(owner)).status_code == 403
    both = browser(factories.user(Role.COMMUNITY_CLERK, COMMUNITY))
    assert "隔壁小区" in see(both, page(owner))


def test_a_name_and_phone_are_corrected(home: Compound, clerk: Client) -> None:
    owner = own(home, "101", "张三", "13800001234")
    url = page(owner, "correction/")
    assert "没有改动" in words(valid(clerk.post(url, {"reason": "本人要求"})))
    send(clerk, url, name="张珊", reason="本人要求")
    owner.refresh_from_db()
    assert (owner.name, owner.phone) == ("张珊", "13800001234")
    own(home, "201", "李四", "13900005678")
    asked = clerk.post(url, {"phone": "13900005678", "reason": "本人要求"})
    assert "李*" in words(valid(asked)) and 'name="confirmed"' in valid(asked)
    send(clerk, url, phone="13900005678", reason="本人要求", confirmed="on")
    send(clerk, url, no_phone="on", reason="本人要求")
    owner.refresh_from_db()
    assert owner.phone == ""


def test_same_names_are_listed_and_merged_by_hand(home: Compound, clerk: Client) -> None:
    one, other = own(home, "101"), own(home, "201", phone="13700001111")
    own(home, "301", "李四", "1")
    text = see(clerk, f"{CODE}owners/")
    assert "1个名字要核对" in text and "没有电话：3号楼101" in text and "李*" not in text
    url = page(one, "merge/")
    html = valid(clerk.get(url))
    assert "13700001111" not in html and "137****1111" in html
    assert "还没有选" in words(valid(clerk.post(url, {})))
    send(clerk, url, others=other.pk, phone=other.pk)
    assert Owner.objects.filter(name="张三").get().phone == "13700001111"
    assert "没有同名要核对的" in see(clerk, f"{CODE}owners/")
    rows = Ownership.objects.order_by("-pk").filter(owner=one)
    send(clerk, page(one, "split/"), rows=rows[0].pk, phone="")
    assert Owner.objects.filter(name="张三").count() == 2
    assert {e.action for e in Entry.objects.filter(action__startswith="owner.")} == {"owner.merge", "owner.split"}


def test_an_erased_person_is_past_mending(home: Compound, clerk: Client) -> None:
    owner = own(home, "101", until=date(2020, 1, 1))
    Owner.objects.filter(pk=owner.pk).update(name="原产权人", phone="", erased_at=AT)
    assert "原产权人" in see(clerk, page(owner)) and "看完整的" not in see(clerk, page(owner))
    for rest in ("correction/", "merge/", "split/"):
        assert clerk.get(page(owner, rest)).status_code == 404
    assert "信息已到期删除" in see(clerk, f"{CODE}dwellings/{Dwelling.objects.get(room='101').pk}/")


# --- S2: ids of others, in the address, in the form, in hidden fields ---------------------------------------------


class Strangers:
    """What lies in a foreign community: its dwelling, owner, ownership and unit."""

    def __init__(self) -> None:
        self.home = factories.compound("11010700401001", "别处小区")
        self.owner = own(self.home, "101", "外人甲", "13611112222")
        self.row = Ownership.objects.get(owner=self.owner)
        self.flat = self.row.dwelling
        self.unit = PropertyUnit.objects.create(area_code="110107004", name="外厂")

    def state(self) -> list[Any]:
        return [
            list(m.objects.filter(pk=o.pk).values())
            for m, o in ((Owner, self.owner), (Ownership, self.row), (Dwelling, self.flat))
        ]  # type: ignore[attr-defined]


def attempts(mine: Dwelling, owner: Owner, foreign: Strangers) -> list[tuple[str, dict[str, object] | None]]:
    """Return every address and form of these pages with a foreign id in each place that holds one."""
    flat, row = f"{CODE}dwellings/", foreign.row.pk
    typed = {"address": "3-101", "area": "60", "area_source": "declared", "tenure": "reform", "use": "dwelling",
             "version": 1}  # fmt: skip
    urls = [f"{flat}{foreign.flat.pk}/{rest}" for rest in ("", "edit/", "transfer/", "correction/", "removal/")]
    urls += [f"{CODE}owners/{foreign.owner.pk}/{rest}" for rest in ("", "correction/", "merge/", "split/")]
    sent: list[tuple[str, dict[str, object] | None]] = [(url, None) for url in urls]
    sent += [(url, {"reason": "x", "version": 1, "whose": f"owner-{row}", "name_1": "乙", "rows": row}) for url in urls]
    return [
        *sent,
        (f"{CODE}register/?building={foreign.flat.building_id}&view=list", None),
        (f"{flat}{mine.pk}/", {"whose": f"owner-{row}", "reason": "x"}),
        (f"{flat}{mine.pk}/edit/", typed | {"property_unit": foreign.unit.pk}),
        (f"{flat}new/", typed | {"address": "3-901", "property_unit": foreign.unit.pk}),
        (f"{flat}{mine.pk}/correction/", {"version": 1, f"keep_{row}": "on", "votes": f"keep_{row}", "reason": "x"}),
        (f"{CODE}owners/{owner.pk}/merge/", {"others": foreign.owner.pk, "phone": foreign.owner.pk}),
        (f"{CODE}owners/{owner.pk}/split/", {"rows": row}),
    ]


def leaks(client: Client, mine: Dwelling, owner: Owner, foreign: Strangers) -> list[str]:
    """Return where something of the strangers was read or written."""
    found = []
    for url, data in attempts(mine, owner, foreign):
        before = foreign.state()
        answer = client.get(url) if data is None else client.post(url, data)
        text = answer.content.decode()
        told = any(secret in text for secret in ("外人甲", "外*", "13611112222", "136****2222", "外厂", "别处小区"))
        unit = Dwelling.objects.filter(property_unit=foreign.unit).exists()
        if told or unit or foreign.state() != before or answer.status_code >= 500:
            found.append(f"{url} {data}")
            Dwelling.objects.filter(property_unit=foreign.unit).update(property_unit=None)
    return found


def test_ids_of_others_read_and_write_nothing(home: Compound, clerk: Client) -> None:
    owner = own(home, "101")
    own(home, "201")
    mine = Dwelling.objects.of(home).get(room="101")
    assert leaks(clerk, mine, owner, Strangers()) == []


@pytest.mark.parametrize(
    ("guard", "without"),
    [
        (
            "portal.views.office.dwellings.find_dwelling",
            lambda compound, pk: Dwelling.objects.with_people().select_related("building__compound").get(pk=pk),
        ),
        ("compounds.forms.dwellings.DwellingForm.unit_codes", lambda compound: ["110107004"]),
        # Two guards stand one behind the other: the compound's people, and the area of the one who looks.
        ("portal.views.office.owners.here", lambda compound: models.Q()),
    ],
    ids=["dwelling", "unit", "owner"],
)
def test_control_a_guard_taken_away_is_seen(
    home: Compound, clerk: Client, monkeypatch: pytest.MonkeyPatch, guard: str, without: Any
) -> None:
    owner = own(home, "101")
    mine = Dwelling.objects.of(home).get(room="101")
    foreign = Strangers()
    if guard.endswith("here"):
        assert not leaks(clerk, mine, owner, foreign)
        monkeypatch.setattr("portal.views.office.owners.can_keep_register", lambda *args: True)
    monkeypatch.setattr(guard, staticmethod(without) if "unit_codes" in guard else without)
    assert leaks(clerk, mine, owner, foreign)


def test_a_present_owner_is_one_without_an_end(home: Compound) -> None:
    own(home, "101")
    own(home, "201", until=date(2026, 5, 1))
    rows = Ownership.objects.all()
    assert isinstance(rows, OwnershipQuerySet) and rows.current().count() == rows.past().count() == 1
