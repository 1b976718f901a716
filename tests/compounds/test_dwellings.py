"""Dwellings are added, changed and taken out; what the register cannot hold is refused, and nothing is half written."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from compounds.choices import AreaSource, Tenure, Use
from compounds.models import Building, Compound, Dwelling, Entrance, Owner, Ownership, PropertyUnit, Survey, SurveySheet
from compounds.operations import ChangedMeanwhile
from compounds.operations.dwellings import DwellingData, add_dwelling, change_dwelling, remove_dwelling, what_refers
from compounds.operations.owners import note_look
from compounds.operations.refusals import DwellingRefused, PhoneOfOthers
from compounds.rules import Address
from core.models import Entry
from core.operations import machine
from tests import factories
from tests.factories import AT, COMMUNITY

pytestmark = pytest.mark.django_db

TYPED = DwellingData(
    Address("3", "", "501"), Decimal("61.2034"), AreaSource.REGISTERED, Tenure.REFORM, Use.DWELLING, True,
    representative="王秀兰", representative_phone="13800001234", representative_kind="owner",
)  # fmt: skip


@pytest.fixture
def home() -> Compound:
    return factories.compound()


def add(home: Compound, confirmed: bool = False, **values: object) -> Dwelling:
    return add_dwelling(home, replace(TYPED, **values), actor=machine("system"), at=AT, confirmed=confirmed)  # type: ignore[arg-type]


def change(row: Dwelling, version: int = 1, confirmed: bool = False, **values: object) -> Dwelling:
    data = replace(TYPED, address=Address("3", "", row.room), **values)  # type: ignore[arg-type]
    return change_dwelling(row, data, version, actor=machine("system"), at=AT, confirmed=confirmed)


def test_a_dwelling_is_added_with_everything_and_recorded_without_names(home: Compound) -> None:
    entrance = Entrance.objects.create(building=Building.objects.get(), label="2")
    made = add(home, address=Address("3", "2", "501"), note="继承人推选了长女", heirs_pending=True)
    assert (made.entrance, made.room, made.area) == (entrance, "501", Decimal("61.2034"))
    entry = Entry.objects.get(action="dwelling.add")
    assert entry.summary == "登记房屋3号楼2单元501，61.2034平方米" and entry.area_code == home.area_code
    assert "王秀兰" not in entry.data


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("exists", {"address": Address("3", "", "101")}),
        ("building", {"address": Address("5", "", "101")}),
        ("entrance", {"address": Address("3", "9", "101")}),
        ("area", {"area": Decimal(0)}),
        ("area", {"area": Decimal("-1")}),
        ("area_large", {"area": Decimal("1000.0001")}),
        ("representatives", {"representative": "王秀兰、李建国"}),
        ("representatives", {"representative": "王秀兰/李建国"}),
        ("representative", {"representative": "", "representative_kind": ""}),
    ],
)
def test_what_the_register_cannot_hold_is_refused(home: Compound, key: str, values: dict[str, object]) -> None:
    before = list(Dwelling.objects.values())
    for act in (lambda: add(home, **values), lambda: change_dwelling(
        Dwelling.objects.get(room="201"), replace(TYPED, **values), 1, actor=machine("system"), at=AT)):  # fmt: skip
        with pytest.raises(DwellingRefused) as refusal:
            act()
        assert refusal.value.key == key
    assert (
        list(Dwelling.objects.values()) == before and not Entry.objects.filter(action__startswith="dwelling").exists()
    )


def test_what_is_just_right_is_taken(home: Compound) -> None:
    """Control: the rows above are refused for the one thing that is wrong with them."""
    add(home, area=Decimal(1000))
    add(home, area=Decimal("1000.0001"), use=Use.SHOP, address=Address("3", "", "502"))
    add(home, representative="买买提·艾力", address=Address("3", "", "503"), confirmed=True)


def test_a_unit_of_another_street_is_refused(home: Compound) -> None:
    with pytest.raises(DwellingRefused, match="unit"):
        add(home, property_unit=PropertyUnit.objects.create(area_code="110107004", name="厂"))
    unit = PropertyUnit.objects.create(area_code="110107003", name="厂")
    assert add(home, property_unit=unit).property_unit == unit


def test_one_phone_under_two_names_asks_first(home: Compound) -> None:
    Owner.objects.create(area_code=COMMUNITY, name="李建国", phone="13800001234")
    with pytest.raises(PhoneOfOthers) as doubt:
        add(home)
    assert doubt.value.names == ("李建国",) and not Dwelling.objects.filter(room="501").exists()
    assert add(home, confirmed=True).representative_phone == "13800001234"
    assert change(Dwelling.objects.get(room="501"), note="再改不再问").note == "再改不再问"
    Owner.objects.create(area_code="110107004010", name="远处", phone="13900000000")
    add(home, address=Address("3", "", "601"), representative_phone="13900000000")


def test_a_known_representative_stays_where_nothing_is_typed(home: Compound) -> None:
    made = add(home)
    kept = change(made, representative=None, representative_phone=None, representative_kind="tenant")
    assert (kept.representative, kept.representative_phone, kept.representative_kind) == (
        "王秀兰",
        "13800001234",
        "tenant",
    )
    gone = change(kept, 2, representative="", representative_phone="", representative_kind="")
    assert (gone.representative, gone.representative_phone, gone.representative_kind) == ("", "", "")
    entry = Entry.objects.filter(action="dwelling.change").first()
    assert entry is not None and "138****1234" in entry.data and "13800001234" not in entry.data + entry.summary


def test_the_second_clerk_is_refused_and_changes_nothing(home: Compound) -> None:
    made = add(home)
    change(made, vacant=True)
    with pytest.raises(ChangedMeanwhile) as refusal:
        change(made, area=Decimal(70))
    assert refusal.value.entry is not None and "空置由否改为是" in refusal.value.entry.summary
    made.refresh_from_db()
    assert made.area == Decimal("61.2034") and made.vacant


def test_nobody_is_blamed_for_what_an_import_changed(home: Compound) -> None:
    made = change(add(home), vacant=True)
    note_look(made, "户代表", "核对", area_code=home.area_code, actor=machine("system"), at=AT)
    Dwelling.objects.filter(pk=made.pk).update(version=3)
    with pytest.raises(ChangedMeanwhile) as refusal:
        change(made, 2, area=Decimal(70))
    assert refusal.value.entry is None


def test_only_what_nothing_refers_to_is_taken_out(home: Compound) -> None:
    first, second = Dwelling.objects.of(home)[:2]
    owner = Owner.objects.create(area_code=COMMUNITY, name="王秀兰", phone="1")
    Ownership.objects.create(dwelling=first, owner=owner, votes=True)
    survey = Survey.objects.create(compound=home, number=1, title="摸底", made_by=machine("system"), made_at=AT)
    sheet = SurveySheet.objects.create(survey=survey, dwelling=first, answered_on=AT.date(),
                                       entered_by=machine("system"), entered_at=AT)  # fmt: skip
    past = Ownership.objects.create(dwelling=first, owner=Owner.objects.create(area_code=COMMUNITY, name="张三"),
                                    until_on=AT.date())  # fmt: skip
    for row, said in ((sheet, str(SurveySheet._meta.verbose_name)), (past, "以前的产权人")):
        assert said in "、".join(what_refers(first))
        with pytest.raises(DwellingRefused, match="used"):
            remove_dwelling(first, 1, "重复", actor=machine("system"), at=AT)
        row.delete()
    with pytest.raises(ChangedMeanwhile):
        remove_dwelling(first, 2, "重复", actor=machine("system"), at=AT)
    remove_dwelling(first, 1, "重复登记", actor=machine("system"), at=AT)
    assert not Dwelling.objects.filter(pk=first.pk).exists() and not Owner.objects.filter(pk=owner.pk).exists()
    assert Dwelling.objects.filter(pk=second.pk).exists()
    assert "重复登记" in Entry.objects.get(action="dwelling.remove").summary


class AnyArea(TestCase):
    """Whatever number the area is, it is stored exactly or refused (R22)."""

    @settings(max_examples=40, deadline=None)
    @given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-10, max_value=1010))
    def test_it_is_stored_exactly_or_refused(self, area: Decimal) -> None:
        home = (
            factories.compound(f"{COMMUNITY}09", "又一个") if not Compound.objects.exists() else Compound.objects.get()
        )
        try:
            made = add(home, area=area, representative="", representative_phone="", representative_kind="")
        except DwellingRefused as refused:
            assert refused.key == ("area" if area <= 0 else "area_large")
        else:
            made.refresh_from_db()
            assert made.area == area and 0 < area <= 1000
