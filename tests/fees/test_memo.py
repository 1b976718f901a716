"""Beside the books: what is known at a month's end, taken away by later lines, never below zero, never a name."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from compounds.models import Compound
from core.models import Entry, User
from core.operations import machine
from fees.documents import Memo, memo_lines, memo_of
from fees.models import MemoEntry
from fees.operations import (
    AlreadyNoted,
    BeforeLine,
    FarOff,
    MemoData,
    OpeningData,
    PeriodClosed,
    SettlesTooMuch,
    note_memo,
    post_opening,
)
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
OCTOBER, END = date(2026, 10, 1), date(2026, 10, 31)
D = Decimal


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def keeper(home: Compound) -> User:
    return factories.people(home)[0]


def note(
    home: Compound, keeper: User, kind: str, amount: str, on: date = date(2026, 10, 20), **more: object
) -> MemoEntry:
    fields = {"text": f"{kind}{amount}", **more}
    return note_memo(home, MemoData(kind=kind, on=on, amount=D(amount), **fields), actor=keeper, at=AT)  # type: ignore[arg-type]


def take(
    home: Compound, keeper: User, entry: MemoEntry, amount: str, on: date = date(2026, 10, 25), **more: object
) -> MemoEntry:
    return note(home, keeper, entry.kind, amount, on, settles=entry.pk, text=f"已付{amount}", **more)


def test_nothing_noted_is_unknown_and_settled_is_nothing(home: Compound, keeper: User) -> None:
    factories.some_month(home)
    memo = memo_of(home, END)
    assert (memo.prepaid, memo.arrears, memo.unpaid, memo.outside, memo.earmarked) == (None,) * 5 and memo.is_empty
    entry = note(home, keeper, "unpaid", "5200.00")
    assert memo_of(home, END).unpaid == D("5200.00")
    take(home, keeper, entry, "5000.00")
    assert memo_of(home, END).unpaid == D("200.00")
    take(home, keeper, entry, "200.00")
    assert memo_of(home, END).unpaid == D("0.00") and not memo_of(home, END).unpaid_rows
    assert memo_of(home, date(2026, 10, 24)).unpaid == D("5200.00"), "as of a day before it was paid"


def test_never_below_zero_and_not_before_it_stood(home: Compound, keeper: User) -> None:
    factories.some_month(home)
    entry = note(home, keeper, "unpaid", "100.00")
    take(home, keeper, entry, "60.00")
    with pytest.raises(SettlesTooMuch) as refusal, transaction.atomic():
        take(home, keeper, entry, "40.01")
    assert refusal.value.left == D("40.00")
    with pytest.raises(BeforeLine), transaction.atomic():
        take(home, keeper, entry, "1.00", date(2026, 10, 19))
    with pytest.raises(SettlesTooMuch), transaction.atomic():  # of another kind
        note(home, keeper, "arrears", "1.00", settles=entry.pk)
    assert memo_of(home, END).unpaid == D("40.00")
    take(home, keeper, entry, "40.00")


def test_another_compounds_line_is_not_taken_away(home: Compound, keeper: User) -> None:
    factories.some_month(home)
    other = factories.compound(f"{factories.COMMUNITY}02", "别处")
    factories.some_month(other)
    entry = note(other, keeper, "unpaid", "100.00")
    with pytest.raises(SettlesTooMuch), transaction.atomic():
        take(home, keeper, entry, "1.00")


def test_the_same_form_twice_is_one_line(home: Compound, keeper: User) -> None:
    factories.some_month(home)
    note(home, keeper, "unpaid", "100.00")
    with pytest.raises(AlreadyNoted), transaction.atomic():
        note(home, keeper, "unpaid", "100.00")
    note(home, keeper, "unpaid", "100.01")
    assert MemoEntry.objects.count() == 2
    assert Entry.objects.filter(action="memo.note").count() == 2


def test_closed_months_and_days_to_come_take_no_line(home: Compound, keeper: User) -> None:
    factories.some_month(home)
    before = note(home, keeper, "unpaid", "100.00")
    factories.close(home)
    said = memo_of(home, END)
    with pytest.raises(PeriodClosed), transaction.atomic():
        note(home, keeper, "unpaid", "5.00")
    with pytest.raises(PeriodClosed), transaction.atomic():
        take(home, keeper, before, "5.00")
    with pytest.raises(FarOff), transaction.atomic():
        note(home, keeper, "unpaid", "5.00", date(2026, 11, 6))
    take(home, keeper, before, "100.00", date(2026, 11, 3))
    assert memo_of(home, END) == said, "a closed month says the same for ever"


def test_rows_stay_as_they_are(home: Compound, keeper: User) -> None:
    factories.some_month(home)
    entry = note(home, keeper, "unpaid", "100.00")
    with pytest.raises(Exception, match=r"insert.only"), transaction.atomic():
        MemoEntry.objects.filter(pk=entry.pk).update(amount=D("1.00"))
    with pytest.raises(IntegrityError), transaction.atomic():  # what takes away is below zero, whoever writes it
        MemoEntry.objects.create(compound=home, kind="unpaid", on=END, amount=D("5.00"), text="x", settles=entry,
                                 by=keeper, at=AT)  # fmt: skip


def test_arrears_count_households_and_outside_counts_what_moved(home: Compound, keeper: User) -> None:
    factories.some_month(home, date(2026, 9, 1))
    factories.some_month(home)
    first = note(home, keeper, "arrears", "900.00", households=12)
    note(home, keeper, "arrears", "60.00", households=1)
    take(home, keeper, first, "300.00", households=4)
    gift = note(home, keeper, "outside", "6000.00", date(2026, 9, 12), source="government", party="八角街道办事处",
                service_line="greening", text="街道付给保洁公司")  # fmt: skip
    note(home, keeper, "outside", "800.00", source="residents", party="王建国", text="捐的长椅")
    take(home, keeper, gift, "500.00")
    memo = memo_of(home, END)
    assert (memo.arrears_households, memo.arrears) == (9, D("660.00"))
    assert (memo.outside, memo.outside_year) == (D("300.00"), D("6300.00"))
    assert sum(row.amount for row in memo.outside_rows) == memo.outside
    quarter = memo_of(home, END, date(2026, 7, 1))
    assert quarter.outside == D("6300.00")
    text = json.dumps(quarter.to_data(), ensure_ascii=False)
    assert "八角街道办事处" in text and "王建国" not in text, "a resident's name is in nothing public"
    assert Memo.from_data(json.loads(text)) == quarter


def test_what_the_opening_brought_is_there_and_is_taken_away(home: Compound, keeper: User) -> None:
    book = factories.books(home)["service"]
    post_opening(
        OpeningData(
            book, date(2026, 9, 30), ((factories.purse(book), D("1000.00")),),
            (("预收", "3-1-101", "240.00", "2026-12"), ("欠费", "3-1-102", "120.00", ""), ("欠费", "3-1-201", "60.00", ""),
             ("押金", "3-1-201", "200.00", "")), D("250.00"),
        ),
        entered_by=machine("system"), reviewed_by=machine("system-2"), at=AT,
    )  # fmt: skip
    factories.post(home, [factories.data(home, date(2026, 10, 6), "401", "80.00", summary="门禁卡押金")])
    memo = memo_of(home, END)
    assert (memo.prepaid, memo.arrears, memo.arrears_households) == (D("240.00"), D("180.00"), 2)
    assert [(h.account, h.amount) for h in memo.held] == [("", D("50.00")), ("401", D("280.00"))]
    assert "3-1-101" not in json.dumps(memo.to_data(), ensure_ascii=False)
    note(home, keeper, "arrears", "60.00", settles=0, households=1, text="交清了")
    memo = memo_of(home, END)
    assert (memo.arrears, memo.arrears_households) == (D("120.00"), 1)
    with pytest.raises(SettlesTooMuch), transaction.atomic():
        note(home, keeper, "arrears", "120.01", settles=0)
    with pytest.raises(SettlesTooMuch), transaction.atomic():  # nothing of this kind came with the opening
        note(home, keeper, "unpaid", "1.00", settles=0)
    assert [line.pk for line in memo_lines(home, END)] == [0, 0]


def test_earmarked_is_what_is_left_of_project_money_or_unclear(home: Compound) -> None:
    factories.some_month(home, date(2026, 9, 1))  # expenses without a source before the project money do not matter
    factories.post(home, [
        factories.data(home, date(2026, 10, 3), "107", "9000.00", summary="加装对讲补助"),
        factories.data(home, date(2026, 10, 9), "106", "500.00", summary="政府奖励"),
    ])  # fmt: skip
    assert memo_of(home, END).earmarked == D("9000.00")
    spends = factories.data(home, date(2026, 10, 10), "213", "4000.00", summary="对讲")
    from dataclasses import replace

    paid = replace(spends, lines=(replace(spends.lines[0], source="government"),))
    factories.post(home, [paid])
    assert memo_of(home, END).earmarked == D("5000.00")
    factories.post(home, [spends])
    memo = memo_of(home, END)
    assert memo.earmarked is None and memo.earmarked_unclear
