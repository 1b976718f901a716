"""Addresses as Beijing says them, codes in order, and who excludes whom."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compounds.rules import (
    Address,
    AddressNotUnderstood,
    NoCodeLeft,
    areas_overlap,
    building_label,
    community_of,
    days_overlap,
    door_order,
    eligibility,
    entrance_label,
    floor_of,
    next_compound_code,
    parse_dwelling,
    room_label,
    show_dwelling,
    type_dwelling,
)

COMMUNITY = "110107003024"


@pytest.mark.parametrize(
    ("room", "floor"),
    [
        ("501", 5), ("1203", 12), ("0101", 1), ("101", 1), ("6001", 60), ("甲501", 5), ("501甲", 5), ("501-1", 5),
        ("B101", -1), ("b203", -2), ("负101", -1), ("地下1", -1), ("地下12", -1), ("B1", -1), ("-101", -1),
        ("12", None), ("5", None), ("甲", None), ("传达室", None), ("", None), ("001", None), ("6101", None),
        ("10101", None), ("平房12", None),
    ],
)  # fmt: skip
def test_the_floor_that_a_room_tells(room: str, floor: int | None) -> None:
    assert floor_of(room) == floor


@given(st.integers(1, 60), st.integers(1, 99))
def test_every_door_of_every_floor_tells_it(floor: int, door: int) -> None:
    assert floor_of(f"{floor}{door:02d}") == floor
    assert floor_of(f"B{floor}{door:02d}") == -floor


@given(st.text(max_size=20))
def test_no_room_breaks_the_rule(room: str) -> None:
    floor = floor_of(room)
    assert floor is None or (floor and -60 <= floor <= 60)


def test_doors_are_sorted_as_people_count() -> None:
    assert sorted(["10", "2", "甲2", "2甲", "101", "B1"], key=door_order) == ["2", "2甲", "10", "101", "B1", "甲2"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("3-2-501", ("3", "2", "501")),
        ("3-501", ("3", "", "501")),
        ("3楼2门501", ("3", "2", "501")),
        ("3号楼2单元501", ("3", "2", "501")),
        ("3号楼2单元501室", ("3", "2", "501")),
        ("3楼501", ("3", "", "501")),
        ("3栋2单元501", ("3", "2", "501")),
        ("甲3-2-501", ("甲3", "2", "501")),
        ("甲3号楼2门501", ("甲3", "2", "501")),
        ("A座1201", ("A", "", "1201")),
        ("3号楼-2单元-501", ("3", "2", "501")),
        ("3#2门501", ("3", "2", "501")),
        ("３－２－５０１", ("3", "2", "501")),
        (" 3 - 2 — 501 ", ("3", "2", "501")),
        ("03-02-0501", ("3", "2", "0501")),
        ("平房12", ("平房", "", "12")),
        ("平房-12", ("平房", "", "12")),
        ("平房12号", ("平房", "", "12")),
        ("南平房3", ("南平房", "", "3")),
        ("3-2-地下1", ("3", "2", "地下1")),
        ("东楼-2-501", ("东楼", "2", "501")),
    ],
)
def test_addresses_as_they_are_typed(typed: str, meant: tuple[str, str, str]) -> None:
    assert parse_dwelling(typed) == Address(*meant)


@pytest.mark.parametrize(
    "typed", ["", "501", "3-", "-2-501", "3--501", "1-3-2-501", "王秀兰", "3-2-", "3楼", "-" * 5000]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(AddressNotUnderstood):
        parse_dwelling(typed)


@pytest.mark.parametrize(
    ("address", "shown", "typed"),
    [
        (("3", "2", "501"), "3号楼2单元501", "3-2-501"),
        (("3", "", "501"), "3号楼501", "3-501"),
        (("甲3", "2", "501"), "甲3号楼2单元501", "甲3-2-501"),
        (("平房", "", "12"), "平房12", "平房12"),
        (("东楼", "2", "501"), "东楼2单元501", "东楼-2-501"),
    ],
)
def test_addresses_as_they_are_shown(address: tuple[str, str, str], shown: str, typed: str) -> None:
    assert show_dwelling(*address) == shown
    assert type_dwelling(*address) == typed
    assert parse_dwelling(shown) == parse_dwelling(typed) == Address(*address)


@given(
    st.sampled_from(["1", "12", "甲3", "乙10", "平房", "A"]),
    st.sampled_from(["", "1", "12"]),
    st.integers(1, 2999).map(str),
)
def test_shown_and_typed_forms_read_back(building: str, entrance: str, room: str) -> None:
    entrance = "" if building == "平房" else entrance

    for form in (show_dwelling(building, entrance, room), type_dwelling(building, entrance, room)):
        assert parse_dwelling(form) == Address(building, entrance, room)


def test_the_cells_of_a_register_become_the_same_labels() -> None:
    assert {building_label(t) for t in ("3", "03", "3楼", "3号楼", "３号楼", "3#", "3 号楼")} == {"3"}
    assert [building_label(t) for t in ("甲3楼", "平房", "东楼", "A座", "")] == ["甲3", "平房", "东楼", "A", ""]
    assert {entrance_label(t) for t in ("2", "02", "2门", "2单元")} == {"2"}
    assert [entrance_label(t) for t in ("", "东门", "甲单元")] == ["", "东门", "甲"]
    assert {room_label(t) for t in ("501", "501室", "501号", "５０１")} == {"501"}


def test_compound_codes_are_given_in_order_and_never_twice() -> None:
    other = "110107003025"
    assert next_compound_code(COMMUNITY, []) == COMMUNITY + "01"
    assert next_compound_code(COMMUNITY, [COMMUNITY + "01", other + "07"]) == COMMUNITY + "02"
    # A compound that moved away leaves its number behind.
    assert next_compound_code(COMMUNITY, [COMMUNITY + "05"]) == COMMUNITY + "06"
    assert next_compound_code(COMMUNITY, [COMMUNITY + "98"]) == COMMUNITY + "99"
    with pytest.raises(NoCodeLeft):
        next_compound_code(COMMUNITY, [COMMUNITY + "99"])
    assert community_of(COMMUNITY + "05") == COMMUNITY


def test_areas_overlap_by_prefix_either_way() -> None:
    assert areas_overlap("110107", COMMUNITY)
    assert areas_overlap(COMMUNITY + "01", "110107003")
    assert not areas_overlap("110107003", "110107004")
    assert not areas_overlap("", COMMUNITY)
    assert not areas_overlap("", "")


days = st.dates(date(2026, 1, 1), date(2026, 1, 12))


@given(days, st.none() | days, days, st.none() | days)
def test_spans_overlap_exactly_when_they_share_a_day(a: date, b: date | None, c: date, d: date | None) -> None:
    b, d = (None if b is None else max(a, b)), (None if d is None else max(c, d))
    end = date(2026, 2, 1)
    one = {a + timedelta(n) for n in range(((b or end) - a).days + 1)}
    other = {c + timedelta(n) for n in range(((d or end) - c).days + 1)}

    assert days_overlap(a, b, c, d) == bool(one & other) == days_overlap(c, d, a, b)


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({}, ()),
        ({"unified_management": True}, ("unified_management",)),
        ({"reform_dwellings": 0}, ("no_reform_dwellings",)),
        ({"reform_dwellings": 0, "dwellings": 0}, ("no_register",)),
        ({"has_owners_body": True}, ("owners_body",)),
        (
            {"unified_management": True, "reform_dwellings": 0, "has_owners_body": True},
            ("unified_management", "no_reform_dwellings", "owners_body"),
        ),
    ],
)
def test_an_ineligible_compound_says_why(facts: dict[str, object], reasons: tuple[str, ...]) -> None:
    usual = {"unified_management": False, "reform_dwellings": 100, "dwellings": 131, "has_owners_body": False}
    judged = eligibility(**{**usual, **facts})  # type: ignore[arg-type]

    assert judged.reasons == reasons
    assert judged.is_eligible == (not reasons)
