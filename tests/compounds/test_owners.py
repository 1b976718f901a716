"""Dwellings change hands with dates, slips are mended in place, one person is told from two, and what is over goes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from compounds.models import Compound, Dwelling, Owner, Ownership
from compounds.operations import ChangedMeanwhile
from compounds.operations.owners import OwnerShare, correct_owner, merge_owners, set_owners, split_owner
from compounds.operations.refusals import OwnersRefused, PhoneOfOthers
from compounds.operations.retention import erase_former_owners, start_due_erasing
from compounds.rules import FORMER_OWNER, names_until, shares_fault
from core.models import Entry, Job
from core.operations import machine
from tests import factories
from tests.factories import AT, COMMUNITY

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 5)
BOUGHT = date(2026, 10, 20)


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def dwelling(home: Compound) -> Dwelling:
    return Dwelling.objects.of(home).order_by("pk")[0]


def share(name: str = "王秀兰", phone: str = "13800001234", votes: bool = True, of: tuple[int, int] | None = None,
          owner: Owner | None = None) -> OwnerShare:  # fmt: skip
    return OwnerShare(votes, owner, "" if owner else name, "" if owner else phone, of)


def put(dwelling: Dwelling, *owners: OwnerShare, on: date | None = None, version: int | None = None,
        confirmed: bool = False) -> Dwelling:  # fmt: skip
    dwelling.refresh_from_db()
    return set_owners(dwelling, owners, version or dwelling.version, from_on=on, reason="不动产权证",
                      actor=machine("system"), at=AT, confirmed=confirmed)  # fmt: skip


def stand(dwelling: Dwelling) -> list[tuple[str, bool, date | None, date | None]]:
    rows = dwelling.ownerships.select_related("owner").order_by("pk")  # type: ignore[attr-defined]
    return [(r.owner.name, r.votes, r.from_on, r.until_on) for r in rows]


# --- Changing hands -----------------------------------------------------------------------------------------------


def test_who_sells_ends_on_the_day_on_which_the_buyer_begins(dwelling: Dwelling) -> None:
    put(dwelling, share())
    put(dwelling, share("李建国", "13900005678", of=(1, 2)), share("赵敏", "", False, (1, 2)), on=BOUGHT)
    assert stand(dwelling) == [
        ("王秀兰", True, None, BOUGHT), ("李建国", True, BOUGHT, None), ("赵敏", False, BOUGHT, None),
    ]  # fmt: skip
    entry = Entry.objects.filter(action="dwelling.owners").first()
    assert (
        entry is not None and "2026年10月20日起过户：由王*，代表表决改为李*，1/2，代表表决；赵*，1/2" in entry.summary
    )
    assert "建国" not in entry.summary + entry.data and "5678" not in entry.summary + entry.data
    dwelling.refresh_from_db()
    assert dwelling.version == 3


def test_who_stays_as_they_were_stays_with_their_day(dwelling: Dwelling) -> None:
    put(dwelling, share(), share("李建国", "", False), on=date(2020, 5, 1))
    stays = Ownership.objects.get(owner__name="王秀兰")
    put(dwelling, share(owner=stays.owner), share("赵敏", "", False), on=BOUGHT)
    assert stand(dwelling) == [
        ("王秀兰", True, date(2020, 5, 1), None), ("李建国", False, date(2020, 5, 1), BOUGHT),
        ("赵敏", False, BOUGHT, None),
    ]  # fmt: skip
    assert Ownership.objects.current().get(owner=stays.owner).pk == stays.pk


def test_another_share_is_another_span(dwelling: Dwelling) -> None:
    put(dwelling, share(of=(1, 1)), on=date(2020, 5, 1))
    owner = Owner.objects.get()
    put(dwelling, share(owner=owner, of=(1, 2)), share("李建国", "", False, (1, 2)), on=BOUGHT)
    assert [(r.share_of, r.share_in, r.until_on) for r in Ownership.objects.filter(owner=owner).order_by("pk")] == [
        (1, 1, BOUGHT), (1, 2, None),
    ]  # fmt: skip


def test_one_owner_of_several_dwellings_is_one_owner(home: Compound) -> None:
    first, second = Dwelling.objects.of(home).order_by("pk")[:2]
    put(first, share())
    put(second, share())
    assert Owner.objects.count() == 1
    put(first, share("张三", ""), on=BOUGHT)
    put(second, share("张三", ""), on=BOUGHT)
    assert Owner.objects.filter(name="张三").count() == 2, "without a phone each dwelling has its own"


@pytest.mark.parametrize(
    ("key", "owners"),
    [
        ("no_vote", [share(votes=False)]),
        ("votes", [share(), share("李建国", "", True)]),
        ("above_one", [share(of=(1, 2)), share("李建国", "", False, (2, 3))]),
        ("above_one", [share(of=(1, 1)), share("李建国", "", False)]),
        ("fraction", [share(of=(3, 2))]),
        ("fraction", [share(of=(0, 2))]),
        ("name", [share("")]),
        ("several", [share("王秀兰、李建国")]),
        ("twice", [share(), share(votes=False)]),
        ("same", []),
    ],
)
def test_owners_that_cannot_be_are_refused(dwelling: Dwelling, key: str, owners: list[OwnerShare]) -> None:
    for on in (None, BOUGHT):
        with pytest.raises(OwnersRefused) as refusal:
            put(dwelling, *owners, on=on)
        assert refusal.value.key == key
    assert not Owner.objects.exists() and not Ownership.objects.exists() and not Entry.objects.exists()


def test_days_that_cannot_be_are_refused(dwelling: Dwelling) -> None:
    put(dwelling, share(), on=BOUGHT)
    for on, key in ((TODAY + timedelta(days=1), "future"), (BOUGHT - timedelta(days=1), "before")):
        with pytest.raises(OwnersRefused, match=key):
            put(dwelling, share("李建国", ""), on=on)
    put(dwelling, share("李建国", ""), on=TODAY)


def test_an_owner_of_another_dwelling_cannot_be_named(home: Compound) -> None:
    first, second = Dwelling.objects.of(home).order_by("pk")[:2]
    put(first, share())
    with pytest.raises(OwnersRefused, match="foreign"):
        put(second, share(owner=Owner.objects.get()))


def test_the_second_clerk_is_refused(dwelling: Dwelling) -> None:
    put(dwelling, share())
    with pytest.raises(ChangedMeanwhile) as refusal:
        put(dwelling, share("李建国", ""), on=BOUGHT, version=1)
    assert refusal.value.entry is not None and "更正产权人" in refusal.value.entry.summary
    assert Ownership.objects.count() == 1


def test_one_phone_under_two_names_asks_first(home: Compound) -> None:
    first, second = Dwelling.objects.of(home).order_by("pk")[:2]
    put(first, share())
    with pytest.raises(PhoneOfOthers) as doubt:
        put(second, share("李建国"))
    assert doubt.value.names == ("王秀兰",)
    put(second, share("李建国"), confirmed=True)


def test_a_slip_is_mended_as_if_it_had_never_been(dwelling: Dwelling) -> None:
    put(dwelling, share("王秀蓝", ""), on=date(2020, 5, 1))
    put(dwelling, share())
    assert stand(dwelling) == [("王秀兰", True, date(2020, 5, 1), None)]
    assert list(Owner.objects.values_list("name", flat=True)) == ["王秀兰"], "who never owned is taken out whole"
    owner = Owner.objects.get()
    put(dwelling, share(owner=owner, votes=False), share("李建国", "", True))
    assert [row[:2] for row in stand(dwelling)] == [("王秀兰", False), ("李建国", True)]
    put(dwelling, share(owner=owner), share(owner=Owner.objects.get(name="李建国"), votes=False))
    assert [row[:2] for row in stand(dwelling)] == [("王秀兰", True), ("李建国", False)]


SHARES = st.lists(st.one_of(st.none(), st.tuples(st.integers(1, 9), st.integers(1, 9))), max_size=4)


@given(SHARES, st.integers(0, 3))
def test_what_the_rule_lets_through_can_stand(shares: list[tuple[int, int] | None], voter: int) -> None:
    votes = [n == voter for n in range(len(shares))]
    if shares_fault(shares, votes) == "":
        known = [s for s in shares if s]
        assert sum(a / b for a, b in known) <= 1.000001 and sum(votes) == (1 if shares else 0)
        assert all(1 <= a <= b for a, b in known)


# --- One person or two --------------------------------------------------------------------------------------------


def two(home: Compound) -> tuple[Owner, Owner]:
    first, second = Dwelling.objects.of(home).order_by("pk")[:2]
    put(first, share("张三", ""))
    put(second, share("张三", "13700001111"))
    one, other = Owner.objects.filter(name="张三").order_by("pk")
    return one, other


def test_two_rows_become_one_person_and_two_again(home: Compound) -> None:
    one, other = two(home)
    merged = merge_owners(one, [other], "13700001111", actor=machine("system"), at=AT)
    assert Owner.objects.get() == merged and merged.phone == "13700001111"
    assert Ownership.objects.filter(owner=merged).count() == 2
    entry = Entry.objects.get(action="owner.merge")
    assert str(other.pk) in entry.data and "1111" not in entry.summary and "13700001111" not in entry.data
    apart = split_owner(merged, [Ownership.objects.latest("pk")], "", actor=machine("system"), at=AT)
    assert {o.pk: o.ownerships.count() for o in Owner.objects.all()} == {merged.pk: 1, apart.pk: 1}  # type: ignore[attr-defined]
    assert apart.name == "张三" and Entry.objects.filter(action="owner.split").count() == 1


def test_what_is_no_merge_is_refused(home: Compound) -> None:
    one, other = two(home)
    stranger = Owner.objects.create(area_code=COMMUNITY, name="李四")
    away = Owner.objects.create(area_code="110107004010", name="张三")
    for others, phone, key in (
        ([], "", "none"), ([one], "", "none"), ([stranger], "", "foreign"), ([away], "", "foreign"),
        ([other], "13700002222", "phone"),
    ):  # fmt: skip
        with pytest.raises(OwnersRefused, match=key):
            merge_owners(one, others, phone, actor=machine("system"), at=AT)
    Ownership.objects.create(dwelling=Dwelling.objects.of(home).order_by("pk")[0], owner=other)
    with pytest.raises(OwnersRefused, match="both"):
        merge_owners(one, [other], "", actor=machine("system"), at=AT)
    assert Owner.objects.count() == 4


def test_what_is_no_split_is_refused(home: Compound) -> None:
    one, other = two(home)
    mine, theirs = one.ownerships.get(), other.ownerships.get()  # type: ignore[attr-defined]
    for rows, phone, key in (([], "", "none"), ([theirs], "", "foreign"), ([mine], "", "all")):
        with pytest.raises(OwnersRefused, match=key):
            split_owner(one, rows, phone, actor=machine("system"), at=AT)


def test_a_person_is_corrected_on_all_dwellings(home: Compound) -> None:
    first, second = Dwelling.objects.of(home).order_by("pk")[:2]
    put(first, share("王秀蓝"))
    put(second, share("王秀蓝"))
    correct_owner(Owner.objects.get(), "王秀兰", "13800001235", "本人要求", actor=machine("system"), at=AT)
    assert {row[0] for d in (first, second) for row in stand(d)} == {"王秀兰"}
    entry = Entry.objects.get(action="owner.correct")
    assert "1235" in entry.summary and "13800001235" not in entry.summary + entry.data and "秀" not in entry.summary
    for name, phone, key in (("王秀兰", "13800001235", "same"), ("", "1", "name"), ("甲、乙", "", "several")):
        with pytest.raises(OwnersRefused, match=key):
            correct_owner(Owner.objects.get(), name, phone, "", actor=machine("system"), at=AT)


# --- Retention ----------------------------------------------------------------------------------------------------


def erase(on: date) -> tuple[int, int]:
    at = timezone.make_aware(datetime(on.year, on.month, on.day, 9))
    return erase_former_owners(actor=machine("system"), at=at)


def test_phones_go_when_the_ownership_ends_and_names_after_three_years(home: Compound, dwelling: Dwelling) -> None:
    other = Dwelling.objects.of(home).order_by("pk")[1]
    put(dwelling, share())
    put(other, share())
    put(dwelling, share("李建国", "13900005678"), on=BOUGHT)
    assert erase(TODAY) == (0, 0), "the other flat is still hers"
    put(other, share("赵敏", ""), on=BOUGHT)
    assert erase(BOUGHT) == (1, 0) and erase(BOUGHT) == (0, 0)
    seller = Owner.objects.get(name="王秀兰")
    assert seller.phone == "" and seller.erased_at is None
    assert erase(date(2029, 10, 19)) == (0, 0)
    assert erase(date(2029, 10, 20)) == (0, 1) and erase(date(2029, 10, 21)) == (0, 0)
    seller.refresh_from_db()
    assert seller.name == FORMER_OWNER and seller.erased_at is not None
    assert [row[::3] for row in stand(dwelling)] == [(FORMER_OWNER, BOUGHT), ("李建国", None)], "the past row stays"
    assert Owner.objects.get(name="李建国").phone == "13900005678"
    assert all("王" not in e.data + e.summary for e in Entry.objects.filter(action="owner.erase"))


def test_the_day_of_a_leap_year_has_a_successor() -> None:
    assert names_until(date(2024, 2, 29)) == date(2027, 3, 1) and names_until(BOUGHT) == date(2029, 10, 20)


def test_the_schedule_starts_the_month_once(home: Compound) -> None:
    job = start_due_erasing(actor=machine("system"), at=AT)
    assert job is not None and job.task == "compounds.tasks.erase_former_owners"
    assert start_due_erasing(actor=machine("system"), at=AT + timedelta(days=9)) is None
    assert start_due_erasing(actor=machine("system"), at=AT + timedelta(days=30)) is not None
    assert Job.objects.count() == 2
