"""Codes are given once, appointments keep cashier and bookkeeper apart, the register is applied whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from compounds.choices import AreaLevel, AreaSource, Role, Tenure, Use
from compounds.models import (
    Appointment,
    Area,
    Building,
    Compound,
    Dwelling,
    Entrance,
    Owner,
    Ownership,
    PropertyUnit,
)
from compounds.operations import (
    AlreadyEnded,
    AreaRow,
    AreasDisagree,
    CashierAndBookkeeper,
    CompoundExists,
    CompoundRow,
    DwellingRow,
    EndsBeforeStart,
    MachineAccount,
    PlanChanged,
    Register,
    RegisterOutcome,
    UnknownArea,
    apply_register,
    appoint,
    end_appointment,
    import_areas,
    make_compound,
    preview_register,
)
from compounds.rules import Address, NoCodeLeft
from core.models import Entry, User

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 5, 1, 30, tzinfo=UTC)
DAY = date(2026, 11, 5)
STREET, COMMUNITY, OTHER = "110107003", "110107003024", "110107003025"


@pytest.fixture
def actor() -> User:
    return User.objects.get(username="system")


@pytest.fixture
def community() -> Area:
    Area.objects.create(code=STREET, name="八角街道", level=AreaLevel.STREET)
    Area.objects.create(code=OTHER, name="八角北里社区", level=AreaLevel.COMMUNITY)
    return Area.objects.create(code=COMMUNITY, name="八角南里社区", level=AreaLevel.COMMUNITY)


@pytest.fixture
def person(actor: User) -> User:
    return User.objects.create(username="wuli", name="吴丽", created_at=AT)


# --- Areas -------------------------------------------------------------------------------------------------------

AREAS = [
    AreaRow(STREET, "八角街道", COMMUNITY, "八角南里社区"),
    AreaRow(STREET, "八角街道", OTHER, "八角北里社区"),
]


def test_areas_are_added_then_renamed_and_never_removed(actor: User) -> None:
    assert (import_areas(AREAS, actor=actor, at=AT).new, Area.objects.count()) == (3, 4)

    again = import_areas(AREAS, actor=actor, at=AT)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 3)
    assert Entry.objects.filter(action="area.import").count() == 1

    renamed = import_areas([replace(AREAS[0], community_name="八角新里社区")], actor=actor, at=AT)
    assert (renamed.new, renamed.changed, renamed.unchanged) == (0, 1, 1)
    assert Area.objects.get(code=COMMUNITY).name == "八角新里社区"
    assert Area.objects.get(code=OTHER).level == AreaLevel.COMMUNITY


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([replace(AREAS[0], community_code="11010700302")], (1, "community_code", "form")),
        ([replace(AREAS[0], community_code="11010700302x")], (1, "community_code", "form")),
        ([replace(AREAS[0], street_code="１10107003")], (1, "street_code", "form")),
        ([AREAS[0], replace(AREAS[1], community_code="110107004025")], (2, "community_code", "outside")),
        ([AREAS[0], replace(AREAS[1], street_name="八角路街道")], (2, "street_name", "two_names")),
        ([replace(AREAS[0], community_name="")], (1, "community_name", "empty")),
    ],
)
def test_a_list_that_disagrees_changes_nothing(actor: User, rows: list[AreaRow], where: tuple[object, ...]) -> None:
    with pytest.raises(AreasDisagree) as caught:
        import_areas(rows, actor=actor, at=AT)
    assert (caught.value.row, caught.value.column, caught.value.key) == where
    assert Area.objects.count() == 1


def test_areas_of_another_district_are_refused(actor: User) -> None:
    with pytest.raises(UnknownArea):
        import_areas([AreaRow("110108001", "某街道", "110108001001", "某社区")], actor=actor, at=AT)
    assert Area.objects.count() == 1


# --- Compounds ---------------------------------------------------------------------------------------------------


def test_compounds_get_the_next_code_and_a_line_of_history(actor: User, community: Area) -> None:
    first = make_compound(community, "槐荫里小区（演示）", actor=actor, at=AT, address="八角南路", built_year=1983)
    second = make_compound(community, "杨北五号院（演示）", actor=actor, at=AT)

    assert (first.code, second.code) == (COMMUNITY + "01", COMMUNITY + "02")
    assert first.area_code == first.code
    # Its number stays its own when it moves, and its place is not given to another.
    Compound.objects.filter(pk=second.pk).update(area_code=OTHER + "07")
    assert make_compound(community, "第三", actor=actor, at=AT).code == COMMUNITY + "03"
    there = make_compound(Area.objects.get(code=OTHER), "第四", actor=actor, at=AT)
    assert there.code == OTHER + "08"
    entry = Entry.objects.filter(action="compound.make").order_by("pk").first()
    assert entry is not None
    assert (entry.area_code, entry.object_id) == (first.code, str(first.pk))


def test_a_name_stands_once_in_a_community_and_codes_end_at_99(actor: User, community: Area) -> None:
    made = make_compound(community, "槐荫里", actor=actor, at=AT)
    with pytest.raises(CompoundExists) as caught:
        make_compound(community, "槐荫里", actor=actor, at=AT)
    assert caught.value.compound == made
    make_compound(Area.objects.get(code=OTHER), "槐荫里", actor=actor, at=AT)
    with pytest.raises(UnknownArea):
        make_compound(Area.objects.get(code=STREET), "街道上的小区", actor=actor, at=AT)
    Compound.objects.create(code=COMMUNITY + "99", area_code=COMMUNITY + "99", name="末", created_at=AT)
    with pytest.raises(NoCodeLeft):
        make_compound(community, "一百", actor=actor, at=AT)


# --- Appointments ------------------------------------------------------------------------------------------------


def test_an_appointment_is_made_and_ended_with_history(actor: User, community: Area, person: User) -> None:
    home = make_compound(community, "槐荫里", actor=actor, at=AT)
    held = appoint(person, Role.COMMITTEE_HEAD, home.code, date(2026, 1, 1), actor=actor, at=AT)
    assert list(Appointment.objects.of(person).active(date(2026, 11, 5))) == [held]

    end_appointment(held, date(2026, 11, 5), actor=actor, at=AT)

    assert held.until_on == date(2026, 11, 5)
    assert not Appointment.objects.of(person).active(date(2026, 11, 6)).exists()
    assert list(Entry.objects.filter(area_code=home.code).order_by("pk").values_list("action", flat=True)) == [
        "compound.make",
        "appointment.make",
        "appointment.end",
    ]
    for day in (date(2026, 11, 5), date(2026, 12, 1)):
        with pytest.raises(AlreadyEnded):
            end_appointment(held, day, actor=actor, at=AT)
    with pytest.raises(EndsBeforeStart):
        end_appointment(held, date(2025, 12, 31), actor=actor, at=AT)


@pytest.mark.parametrize("code", ["", "1", "110107003999", "11010700302401", "110107003024011", "1101070"])
def test_only_known_areas_are_given(actor: User, community: Area, person: User, code: str) -> None:
    with pytest.raises(UnknownArea):
        appoint(person, Role.AUDITOR, code, date(2026, 1, 1), actor=actor, at=AT)
    assert not Appointment.objects.exists()


def test_machines_and_turned_days_are_refused(actor: User, community: Area, person: User) -> None:
    with pytest.raises(MachineAccount):
        appoint(actor, Role.AUDITOR, COMMUNITY, date(2026, 1, 1), actor=actor, at=AT)
    with pytest.raises(EndsBeforeStart):
        appoint(person, Role.AUDITOR, COMMUNITY, date(2026, 1, 2), date(2026, 1, 1), actor=actor, at=AT)


CASHIER, BOOKKEEPER = Role.COMMITTEE_CASHIER, Role.COMMITTEE_BOOKKEEPER


@pytest.mark.parametrize(("first", "second"), [(CASHIER, BOOKKEEPER), (BOOKKEEPER, CASHIER)])
@pytest.mark.parametrize(
    ("area_1", "area_2"),
    [(COMMUNITY, COMMUNITY), (COMMUNITY, COMMUNITY + "01"), (COMMUNITY + "01", COMMUNITY), (COMMUNITY + "01", STREET)],
)
def test_nobody_is_cashier_and_bookkeeper_of_overlapping_areas(
    actor: User, community: Area, person: User, first: str, second: str, area_1: str, area_2: str
) -> None:
    make_compound(community, "槐荫里", actor=actor, at=AT)
    held = appoint(person, first, area_1, date(2026, 1, 1), date(2026, 6, 30), actor=actor, at=AT)

    with pytest.raises(CashierAndBookkeeper) as caught:
        appoint(person, second, area_2, date(2026, 6, 30), actor=actor, at=AT)
    assert caught.value.other == held
    appoint(person, second, area_2, date(2026, 7, 1), actor=actor, at=AT)
    appoint(person, second, area_2, date(2025, 1, 1), date(2025, 12, 31), actor=actor, at=AT)


def test_other_areas_people_and_roles_do_not_exclude(actor: User, community: Area, person: User) -> None:
    another = User.objects.create(username="chen", name="陈", created_at=AT)
    appoint(person, CASHIER, COMMUNITY, date(2026, 1, 1), actor=actor, at=AT)

    appoint(person, BOOKKEEPER, OTHER, date(2026, 1, 1), actor=actor, at=AT)
    appoint(another, BOOKKEEPER, COMMUNITY, date(2026, 1, 1), actor=actor, at=AT)
    appoint(person, Role.AUDITOR, COMMUNITY, date(2026, 1, 1), actor=actor, at=AT)
    assert Appointment.objects.count() == 4


# --- The register ------------------------------------------------------------------------------------------------

HUAI = CompoundRow(COMMUNITY, "槐荫里小区（演示）")


def dwelling(room: str, compound: CompoundRow = HUAI, **told: object) -> DwellingRow:
    entrance = str(told.pop("entrance", "2"))
    return DwellingRow(compound.key, Address("3", entrance, room), Decimal("61.2000"), **told)  # type: ignore[arg-type]


def register(*rows: DwellingRow, compounds: tuple[CompoundRow, ...] = (HUAI,)) -> Register:
    return Register(compounds, rows)


def owners(room: str) -> set[tuple[str, str, bool]]:
    rows = Ownership.objects.current().filter(dwelling__room=room)
    return set(rows.values_list("owner__name", "owner__phone", "votes"))


def apply(wanted: Register, actor: User) -> tuple[int, int, int]:
    """Apply a register and hold the preview beside it."""
    expected = preview_register(wanted)
    outcome = apply_register(wanted, actor=actor, at=AT)
    assert outcome == expected
    return outcome.new, outcome.changed, outcome.unchanged


def test_a_register_is_written_with_everything_it_tells(actor: User, community: Area) -> None:
    full = dwelling(
        "501",
        area_source=AreaSource.REGISTERED,
        tenure=Tenure.UNSOLD_PUBLIC,
        use=Use.SHOP,
        votes=False,
        vacant=True,
        property_unit="某某厂",
        owner="王秀兰",
        owner_phone="13800001234",
        co_owners=("张三", "李四", "张三", "王秀兰"),
        representative="赵五",
        representative_phone="010-68000000",
    )
    wanted = register(full, dwelling("502"), dwelling("1", use=Use.GARAGE, entrance=""))

    before = preview_register(wanted)
    assert Compound.objects.count() == Dwelling.objects.count() == 0
    assert before.compounds == (("槐荫里小区（演示）", COMMUNITY + "01"),)
    assert apply(wanted, actor) == (3, 0, 0)

    made = Dwelling.objects.select_related("property_unit", "entrance", "building").get(room="501")
    assert (made.building.label, made.entrance and made.entrance.label) == ("3", "2")
    assert (made.area, made.area_source, made.tenure, made.use) == (
        Decimal("61.2000"), AreaSource.REGISTERED, Tenure.UNSOLD_PUBLIC, Use.SHOP,
    )  # fmt: skip
    assert (made.votes, made.vacant, made.property_unit and made.property_unit.name) == (False, True, "某某厂")
    assert (made.representative, made.representative_phone) == ("赵五", "010-68000000")
    assert owners("501") == {("王秀兰", "13800001234", True), ("张三", "", False), ("李四", "", False)}
    plain = Dwelling.objects.get(room="502")
    assert (plain.area_source, plain.tenure, plain.use, plain.votes, plain.vacant) == (
        AreaSource.DECLARED, Tenure.REFORM, Use.DWELLING, True, False,
    )  # fmt: skip
    garage = Dwelling.objects.get(room="1")
    assert (garage.entrance, garage.votes) == (None, False)
    assert (Building.objects.count(), Entrance.objects.count(), PropertyUnit.objects.count()) == (1, 1, 1)


def test_the_same_register_again_changes_nothing(actor: User, community: Area) -> None:
    wanted = register(
        dwelling("501", owner="王秀兰", owner_phone="1", co_owners=("张三",), property_unit="某某厂"),
        dwelling("502", owner="张伟"),
        dwelling("503", entrance=""),
    )
    apply(wanted, actor)
    rows = list(Ownership.objects.order_by("pk").values_list("pk", "owner", "votes"))

    assert apply(wanted, actor) == (0, 0, 3)
    assert list(Ownership.objects.order_by("pk").values_list("pk", "owner", "votes")) == rows
    assert Entry.objects.filter(action="register.import").count() == 1


def test_what_is_not_told_stays_as_it_is_known(actor: User, community: Area) -> None:
    apply(
        register(
            dwelling(
                "501", area_source=AreaSource.SURVEYED, votes=False, vacant=True, use=Use.SHOP, property_unit="某某厂",
                owner="王秀兰", owner_phone="1", co_owners=("张三",), representative="赵五", representative_phone="2",
            )
        ),
        actor,
    )  # fmt: skip
    before = Dwelling.objects.filter(room="501").values().get()

    assert apply(register(dwelling("501")), actor) == (0, 0, 1)
    assert apply(register(dwelling("501", owner="王秀兰")), actor) == (0, 0, 1)
    assert Dwelling.objects.filter(room="501").values().get() == before
    assert owners("501") == {("王秀兰", "1", True), ("张三", "", False)}


def test_changed_rows_are_counted_and_written(actor: User, community: Area) -> None:
    apply(register(dwelling("501"), dwelling("502"), dwelling("503", property_unit="甲厂")), actor)

    changed = register(
        dwelling("501")._replace(area=Decimal("61.2500")),
        dwelling("502", votes=False),
        dwelling("503", property_unit="乙厂"),
    )
    assert apply(changed, actor) == (0, 3, 0)
    assert Dwelling.objects.get(room="501").area == Decimal("61.2500")
    assert Dwelling.objects.get(room="502").votes is False
    unit = Dwelling.objects.get(room="503").property_unit
    assert unit is not None
    assert unit.name == "乙厂"


def test_one_person_is_name_and_phone_within_a_community(actor: User, community: Area) -> None:
    there = CompoundRow(OTHER, "古城里")
    wanted = register(
        dwelling("501", owner="王秀兰", owner_phone="1"),
        dwelling("502", owner="王秀兰", owner_phone="1"),
        dwelling("501", there, owner="王秀兰", owner_phone="1"),
        compounds=(HUAI, there),
    )
    assert apply(wanted, actor) == (3, 0, 0)

    assert Owner.objects.count() == 2
    assert Owner.objects.get(area_code=COMMUNITY).ownerships.count() == 2
    assert preview_register(wanted).to_confirm == ()
    # Later rows find the same person.
    apply(register(dwelling("503", owner="王秀兰", owner_phone="1")), actor)
    assert Owner.objects.get(area_code=COMMUNITY).ownerships.count() == 3


def test_where_only_the_name_agrees_there_are_two_owners_to_confirm(actor: User, community: Area) -> None:
    wanted = register(
        dwelling("501", owner="张伟"),
        dwelling("502", owner="张伟", owner_phone="1"),
        dwelling("503", owner="张伟"),
        dwelling("504", owner="李四", co_owners=("张伟",)),
        dwelling("505", owner="赵五"),
    )
    outcome = apply_register(wanted, actor=actor, at=AT)

    assert Owner.objects.filter(name="张伟").count() == 4
    assert [(same.name, len(same.owners)) for same in outcome.to_confirm] == [("张伟", 4)]
    assert outcome.to_confirm[0].owners[1].dwellings == ("槐荫里小区（演示） 3-2-502",)
    # They stay to be confirmed, and a file that names one of them finds the others in the community.
    assert preview_register(wanted).to_confirm == outcome.to_confirm
    alone = preview_register(register(dwelling("503", owner="张伟")))
    assert {d for o in alone.to_confirm[0].owners for d in o.dwellings} == {
        f"槐荫里小区（演示） 3-2-{n}" for n in (501, 502, 503, 504)
    }
    assert not preview_register(register(dwelling("505", owner="赵五"))).to_confirm


def test_a_dwelling_changes_hands_on_a_day_and_its_history_stays(actor: User, community: Area) -> None:
    apply(
        register(
            dwelling("501", owner="王秀兰", owner_phone="1", co_owners=("张三",)),
            dwelling("502", owner="王秀兰", owner_phone="1"),
            dwelling("503"),
        ),
        actor,
    )
    known = Dwelling.objects.get(room="501")
    assert apply(register(dwelling("501", owner="李四", owner_phone="2"), dwelling("503", owner="赵五")), actor) == (
        0,
        2,
        0,
    )

    assert owners("501") == {("李四", "2", True)}
    rows = Ownership.objects.filter(dwelling=known).order_by("pk")
    assert list(rows.values_list("owner__name", "votes", "from_on", "until_on")) == [
        ("王秀兰", True, None, DAY), ("张三", False, None, DAY), ("李四", True, DAY, None),
    ]  # fmt: skip
    # Where nobody was known before, nobody knows since when.
    assert Ownership.objects.get(dwelling__room="503").from_on is None
    assert set(Owner.objects.values_list("name", flat=True)) == {"王秀兰", "张三", "李四", "赵五"}
    known.refresh_from_db()
    assert known.version == 2
    assert Dwelling.objects.get(room="502").version == 1


def test_a_phone_newly_told_is_the_same_persons(actor: User, community: Area) -> None:
    apply(
        register(
            dwelling("501", owner="王秀兰"),
            dwelling("502", owner="李四", owner_phone="1"),
            dwelling("503", owner="李四", owner_phone="1"),
            dwelling("504", owner="赵五", owner_phone="7"),
            dwelling("505", owner="赵五"),
        ),
        actor,
    )
    rows = set(Ownership.objects.values_list("pk", flat=True))
    # One number is new; one is another for all dwellings, then for one of them; one is a person known already.
    told = register(dwelling("501", owner="王秀兰", owner_phone="3"), dwelling("505", owner="赵五", owner_phone="7"))
    assert apply(told, actor) == (0, 2, 0)
    assert owners("501") == {("王秀兰", "3", True)}
    assert Owner.objects.get(name="赵五").ownerships.count() == 2
    both = register(*(dwelling(room, owner="李四", owner_phone="2") for room in ("502", "503")))
    assert apply(both, actor) == (0, 2, 0)
    assert Owner.objects.get(name="李四").phone == "2"
    assert apply(register(dwelling("502", owner="李四", owner_phone="9")), actor) == (0, 1, 0)
    assert set(Owner.objects.filter(name="李四").values_list("phone", flat=True)) == {"2", "9"}
    # Nobody's ownership ended or began.
    assert set(Ownership.objects.values_list("pk", flat=True)) == rows
    assert not Ownership.objects.past().exists()


def test_co_owners_keep_their_phones_and_change_places_with_the_one_who_votes(actor: User, community: Area) -> None:
    apply(register(dwelling("501", owner="王秀兰", owner_phone="1", co_owners=("张三",))), actor)
    Owner.objects.filter(name="张三").update(phone="5")

    assert apply(register(dwelling("501", owner="王秀兰", co_owners=("张三",))), actor) == (0, 0, 1)
    assert apply(register(dwelling("501", owner="张三", co_owners=("王秀兰", "李四"))), actor) == (0, 1, 0)
    assert owners("501") == {("张三", "5", True), ("王秀兰", "1", False), ("李四", "", False)}
    assert not Ownership.objects.past().exists()


def test_each_changed_dwelling_has_its_line_of_history(actor: User, community: Area) -> None:
    apply(register(dwelling("501", owner="王秀兰"), dwelling("502")), actor)
    apply(register(dwelling("501", owner="王五", vacant=True), dwelling("502")), actor)

    key = Dwelling.objects.get(room="501").pk
    (entry,) = Entry.objects.about("compounds.dwelling", key)
    assert "空置由否改为是" in entry.summary and "王*" in entry.summary and "王五" not in entry.summary + entry.data
    assert entry.area_code == COMMUNITY + "01"


def test_what_a_representative_is_goes_with_the_person(actor: User, community: Area) -> None:
    apply(register(dwelling("501", representative="赵五", representative_kind="tenant")), actor)
    assert apply(register(dwelling("501", representative="赵五")), actor) == (0, 0, 1)
    assert apply(register(dwelling("501", representative="钱六")), actor) == (0, 1, 0)
    assert Dwelling.objects.get(room="501").representative_kind == ""


def test_what_was_shown_is_what_is_applied(actor: User, community: Area) -> None:
    wanted = register(dwelling("501", owner="王秀兰"), dwelling("502"))
    shown = preview_register(wanted)
    apply(register(dwelling("501", owner="李四")), actor)

    with pytest.raises(PlanChanged) as caught:
        apply_register(wanted, actor=actor, at=AT, expected=shown.plan)
    assert Dwelling.objects.count() == 1
    now = caught.value.outcome
    assert isinstance(now, RegisterOutcome) and (now.new, now.changed) == (1, 1)
    apply_register(wanted, actor=actor, at=AT, expected=now.plan)
    assert preview_register(wanted).changes_nothing


def test_a_co_owner_becomes_the_one_who_votes(actor: User, community: Area) -> None:
    apply(register(dwelling("501", owner="王秀兰", co_owners=("张三",))), actor)

    assert apply(register(dwelling("501", owner="张三", co_owners=("王秀兰",))), actor) == (0, 1, 0)
    assert owners("501") == {("张三", "", True), ("王秀兰", "", False)}
    assert Owner.objects.count() == 2


def test_several_new_compounds_get_codes_in_the_order_of_the_file(actor: User, community: Area) -> None:
    make_compound(community, "早有的", actor=actor, at=AT)
    names = [CompoundRow(COMMUNITY, name) for name in ("丙院", "甲院", "早有的", "乙院")]
    wanted = register(*(dwelling("501", row) for row in names), compounds=tuple(names))

    assert apply(wanted, actor) == (4, 0, 0)
    assert preview_register(wanted).compounds == (
        ("丙院", COMMUNITY + "02"),
        ("甲院", COMMUNITY + "03"),
        ("早有的", COMMUNITY + "01"),
        ("乙院", COMMUNITY + "04"),
    )
    assert [c.code for c in Compound.objects.filter(name="乙院")] == [COMMUNITY + "04"]


def test_what_the_register_tells_of_a_compound_is_kept(actor: User, community: Area) -> None:
    apply(register(compounds=(replace(HUAI, address="八角南路1号", built_year=1983),)), actor)
    home = Compound.objects.get()
    assert (home.address, home.built_year, home.note) == ("八角南路1号", 1983, "")

    apply(register(compounds=(replace(HUAI, note="六栋"),)), actor)
    home.refresh_from_db()
    assert (home.address, home.built_year, home.note) == ("八角南路1号", 1983, "六栋")


def test_all_or_nothing(actor: User, community: Area) -> None:
    Compound.objects.create(code=COMMUNITY + "98", area_code=COMMUNITY + "98", name="末二", created_at=AT)
    two = (CompoundRow(COMMUNITY, "第九十九"), CompoundRow(COMMUNITY, "第一百"))
    entries = Entry.objects.count()

    with pytest.raises(NoCodeLeft):
        apply_register(register(*(dwelling("1", row) for row in two), compounds=two), actor=actor, at=AT)
    with pytest.raises(UnknownArea):
        apply_register(register(compounds=(CompoundRow("110107003999", "没有"),)), actor=actor, at=AT)
    with pytest.raises(UnknownArea):
        apply_register(register(compounds=(CompoundRow(COMMUNITY, "x", COMMUNITY + "55"),)), actor=actor, at=AT)
    assert Compound.objects.count() == 1
    assert Entry.objects.count() == entries


def test_the_history_names_no_person(actor: User, community: Area) -> None:
    apply(register(dwelling("501", owner="王秀兰", owner_phone="13800001234", representative="赵五")), actor)

    written = "".join(f"{e.summary}{e.data}" for e in Entry.objects.all())
    assert "王秀兰" not in written
    assert "赵五" not in written
    assert "1380000" not in written


def test_the_number_of_queries_does_not_grow_with_the_rows(
    actor: User,
    community: Area,
    django_assert_max_num_queries,  # type: ignore[no-untyped-def]
) -> None:
    with django_assert_max_num_queries(40):
        apply_register(
            register(*(dwelling(str(n), owner=f"人{n}", owner_phone=str(n)) for n in range(600))), actor=actor, at=AT
        )
