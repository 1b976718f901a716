"""Two people change one thing: the second is told what the first saved, and nothing is lost without being seen."""

from __future__ import annotations

from decimal import Decimal

import pytest

from compounds.choices import Use
from compounds.models import Compound, Dwelling
from compounds.operations import ChangedMeanwhile, change_row
from core.models import Entry
from core.operations import machine
from portal.views.office.words import changed_meanwhile
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def dwelling() -> Dwelling:
    return Dwelling.objects.of(factories.compound()).order_by("pk")[0]


def change(row: Dwelling, version: int, **values: object) -> Dwelling:
    return change_row(
        row, values, version, action="dwelling.change", title="房屋3-101", area_code=Compound.objects.get().area_code,
        actor=machine("system"), at=AT, masked=("representative", "representative_phone"),
    )  # fmt: skip


def test_a_change_is_written_with_before_and_after(dwelling: Dwelling) -> None:
    made = change(dwelling, 1, area=Decimal("61.2"), use=Use.SHOP, vacant=True, room=dwelling.room)
    assert (made.version, made.area, made.vacant) == (2, Decimal("61.2"), True)
    entry = Entry.objects.get(action="dwelling.change")
    assert entry.summary == "改房屋3-101：建筑面积由59.75改为61.2；用途由住宅改为商业；空置由否改为是"


def test_names_and_phones_stand_masked_in_the_history(dwelling: Dwelling) -> None:
    change(dwelling, 1, representative="王秀兰", representative_phone="13800001234")
    entry = Entry.objects.get(action="dwelling.change")
    assert "王*" in entry.summary and "138****1234" in entry.summary
    assert "秀兰" not in entry.summary + entry.data and "0000" not in entry.summary + entry.data


def test_the_second_is_told_what_the_first_saved(dwelling: Dwelling) -> None:
    change(dwelling, 1, vacant=True)
    with pytest.raises(ChangedMeanwhile) as refusal:
        change(dwelling, 1, area=Decimal("70"))
    assert "空置由否改为是" in changed_meanwhile(refusal.value)
    dwelling.refresh_from_db()
    assert dwelling.area == Decimal("59.75")
    assert change(dwelling, 2, area=Decimal("70")).vacant is True


def test_nothing_changed_writes_nothing(dwelling: Dwelling) -> None:
    assert change(dwelling, 1, room=dwelling.room).version == 1
    assert not Entry.objects.filter(action="dwelling.change").exists()
