"""The arithmetic of the books, held against slower ways of computing the same."""

from __future__ import annotations

import calendar
import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fees import rules
from fees.rules import Move, Totals, shortfall

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
FEN = st.integers(-10_000_000, 10_000_000)
AMOUNTS = FEN.map(lambda fen: Decimal(fen).scaleb(-2))
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)


# --- Months -------------------------------------------------------------------------------------------------------


@given(DAYS)
def test_months_follow_one_another(day: date) -> None:
    first = rules.month_of(day)
    assert (first.year, first.month, first.day) == (day.year, day.month, 1)
    assert rules.last_day(first) == date(day.year, day.month, calendar.monthrange(day.year, day.month)[1])
    assert rules.next_month(first) == rules.last_day(first) + timedelta(days=1)
    assert rules.previous_month(rules.next_month(first)) == first
    assert rules.next_month(day) == rules.next_month(first)
    assert rules.previous_month(day) == rules.previous_month(first)


@given(DAYS, st.integers(-3, 40))
def test_months_from_one_to_another(day: date, count: int) -> None:
    first = rules.month_of(day)
    last = first
    for _ in range(count):
        last = rules.next_month(last)
    if count < 0:
        last = rules.previous_month(first)
    months = rules.months_from(day, last)
    assert len(months) == max(0, count + 1)
    assert months == sorted(set(months))
    assert all(month.day == 1 for month in months)
    if months:
        assert (months[0], months[-1]) == (first, last)


# --- Balances -----------------------------------------------------------------------------------------------------

DIRECTIONS = list(rules.SIGNS)
LINES = st.lists(st.tuples(st.sampled_from(DIRECTIONS), AMOUNTS, st.booleans()), max_size=20)


@given(AMOUNTS, LINES)
def test_totals_give_the_closing(opening: Decimal, lines: list[tuple[str, Decimal, bool]]) -> None:
    """opening + income − expense + transfers + held = closing, and that is the running balance."""
    totals = rules.add_up(opening, lines)
    balance = opening
    for direction, amount, inside in lines:
        balance += rules.book_effect(direction, amount, inside=inside)
    assert totals.closing == balance
    assert totals.opening == opening
    for direction, name in rules.TOTAL_OF.items():
        fen = sum(int(a * 100) for d, a, inside in lines if d == direction and not inside)
        assert getattr(totals, name) == Decimal(fen) / 100


def test_a_transfer_inside_one_book_moves_two_accounts_and_no_total() -> None:
    assert rules.book_effect("transfer_out", Decimal("500.00"), inside=True) == 0
    assert rules.account_effects("transfer_out", Decimal("500.00"), 1, 2) == [
        (1, Decimal("-500.00")),
        (2, Decimal("500.00")),
    ]
    assert rules.add_up(Decimal("7.00"), [("transfer_out", Decimal("500.00"), True)]) == Totals(Decimal("7.00"))


def slow_shortfall(start: Decimal, moves: list[Move]) -> Decimal | None:
    """Return the lowest balance at or after an uncovered outgoing move, where it is negative."""
    ordered = sorted(moves, key=lambda m: (m.on, m.number))
    lowest = None
    for place in range(len(ordered)):
        if not any(not m.covered and m.amount < 0 for m in ordered[: place + 1]):
            continue
        balance = start + sum((m.amount for m in ordered[: place + 1]), Decimal(0))
        if balance < 0 and (lowest is None or balance < lowest):
            lowest = balance
    return lowest


MOVES = st.lists(
    st.builds(
        Move,
        on=st.dates(date(2026, 10, 1), date(2026, 10, 4)),
        number=st.integers(1, 30),
        amount=st.integers(-500, 500).map(Decimal),
        covered=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda m: m.number,
)


@given(st.integers(-100, 800).map(Decimal), MOVES)
@settings(max_examples=400)
def test_a_shortfall_is_found_at_its_lowest(start: Decimal, moves: list[Move]) -> None:
    found = rules.shortfall(start, moves)
    lowest = slow_shortfall(start, moves)
    assert (found is None) == (lowest is None)
    if found is not None:
        guilty, balance = found
        assert balance == lowest
        assert not guilty.covered and guilty.amount < 0
        assert shortfall(start, list(reversed(moves))) == found


def test_an_earlier_date_can_make_a_later_day_fall_short() -> None:
    """The balance of the day itself is enough; what was paid later is not."""
    later = Move(date(2026, 10, 20), 1, Decimal("-90.00"))
    early = Move(date(2026, 10, 5), 2, Decimal("-20.00"), covered=False)
    assert rules.shortfall(Decimal("100.00"), [later, early]) == (early, Decimal("-10.00"))
    assert rules.shortfall(Decimal("110.00"), [later, early]) is None


def test_old_debts_do_not_stop_money_that_comes_in() -> None:
    old = Move(date(2026, 10, 1), 1, Decimal("-50.00"))
    receipt = Move(date(2026, 10, 5), 2, Decimal("20.00"), covered=False)
    assert rules.shortfall(Decimal("0.00"), [old, receipt]) is None


@pytest.mark.parametrize(
    ("quantity", "price", "amount", "agree"),
    [
        ("54", "120", "6480.00", True),
        ("23", "15", "-345.00", True),
        ("3", "0.333", "1.00", True),
        ("3", "0.333", "0.99", False),
        ("54", "", "1.00", True),
        ("", "120", "1.00", True),
        ("2", "0.5025", "1.01", True),
        ("2", "0.5025", "1.00", False),
    ],
)
def test_quantity_times_price(quantity: str, price: str, amount: str, agree: bool) -> None:
    assert rules.agrees(quantity, price, Decimal(amount)) is agree


@given(AMOUNTS, st.integers(0, 3000))
def test_per_household_is_rounded_half_up(amount: Decimal, households: int) -> None:
    share = rules.per_household(amount, households)
    if households == 0:
        assert share is None
        return
    assert share is not None
    fen, half = abs(int(amount * 100)), households
    wanted = (2 * fen + half) // (2 * half)
    assert abs(int(share * 100)) == wanted
    assert share == (amount / households).quantize(Decimal("0.01"), ROUND_HALF_UP)


# --- Separation ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "first_for", "second_for", "another"),
    [
        (1, 2, "", "", True),
        (1, 1, "", "", False),
        (1, 2, "王秀兰", "王秀兰", False),
        (1, 2, "王秀兰", "李明", True),
        (1, 2, "", "王秀兰", True),
        (1, 1, "王秀兰", "李明", False),
    ],
)
def test_two_acts_need_two_persons(first: int, second: int, first_for: str, second_for: str, another: bool) -> None:
    assert rules.is_another(first, second, first_for, second_for) is another


# --- The chain ----------------------------------------------------------------------------------------------------


def independent_hash(data: Any) -> str:
    """Return sha256 over the canonical JSON, written here once more, apart from the product's own."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


VOUCHER: dict[str, Any] = {
    "book_id": 3, "seq": 213, "year": 2026, "number": 208, "on": date(2026, 10, 5), "bill_on": None,
    "direction": "expense", "money_account_id": 6, "to_account_id": None, "pair": "", "reverses_id": None,
    "corrects_id": None, "payee": "和顺里物业（演示）", "handler": "吴丽", "witness": "", "approver": "王秀兰",
    "decision": "", "reason": "", "entered_for": "", "amount": Decimal("5200"), "line_count": 1, "lines_hash": "ab",
    "attachments": "[]", "origin": "draft:7", "entered_by_id": 4,
    "entered_at": datetime(2026, 10, 5, 9, 30, 0, 120, tzinfo=timezone(timedelta(hours=8))), "reviewed_by_id": 5,
    "reviewed_for": "", "posted_at": datetime(2026, 10, 6, 1, 0, tzinfo=UTC), "hash_version": "v1",
    "previous_hash": "cd",
}  # fmt: skip
LINE: dict[str, Any] = {
    "position": 1, "summary": "9月秩序维护费", "amount": Decimal("5200.0"), "quantity": "", "unit_price": "",
    "source": "", "service_line": "security", "account_id": "201", "account_name": "治安防范",
}  # fmt: skip


def test_v1_never_changes() -> None:
    """A book is kept 30 years: what v1 hashes, and how it is spelled, is fixed for good."""
    spelled = {
        **VOUCHER,
        "on": "2026-10-05", "amount": "5200.00", "entered_at": "2026-10-05T01:30:00.000120Z",
        "posted_at": "2026-10-06T01:00:00.000000Z",
    }  # fmt: skip
    assert rules.voucher_hash(VOUCHER) == independent_hash(spelled)
    assert rules.voucher_hash(VOUCHER) == "74026435107af2a9675c7d2cb73fdd4400794fe1b1c28323e05afa0699c8efbd"
    assert rules.lines_hash([LINE]) == independent_hash([{**LINE, "amount": "5200.00"}])
    assert rules.genesis("11010700303701", "service") == hashlib.sha256(b"v1|11010700303701|service").hexdigest()


@pytest.mark.parametrize("column", rules.VOUCHER_COLUMNS)
def test_any_column_of_a_voucher_changes_its_hash(column: str) -> None:
    other = {
        date: date(1999, 1, 1), str: "另一个", int: 999, Decimal: Decimal("0.01"),
        datetime: datetime(1999, 1, 1, tzinfo=UTC), type(None): 7,
    }[type(VOUCHER[column])]  # fmt: skip
    assert rules.voucher_hash({**VOUCHER, column: other}) != rules.voucher_hash(VOUCHER)


@pytest.mark.parametrize("column", rules.LINE_COLUMNS)
def test_any_column_of_a_line_changes_the_lines_hash(column: str) -> None:
    other = {str: "另一个", int: 999, Decimal: Decimal("0.01")}[type(LINE[column])]
    assert rules.lines_hash([{**LINE, column: other}]) != rules.lines_hash([LINE])


def test_an_added_removed_or_swapped_line_changes_the_hash() -> None:
    second = {**LINE, "position": 2}
    hashes = [rules.lines_hash(lines) for lines in ([], [LINE], [LINE, second], [second, LINE], [LINE, LINE])]
    assert len(set(hashes)) == len(hashes)


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_texts_cannot_be_moved_from_column_to_column(a: str, b: str, c: str, d: str) -> None:
    """ "ab|c" is not "a|bc": no two different rows have one canonical text."""
    one, other = {**VOUCHER, "payee": a, "handler": b}, {**VOUCHER, "payee": c, "handler": d}
    assert (rules.voucher_hash(one) == rules.voucher_hash(other)) == ((a, b) == (c, d))


@given(AMOUNTS)
def test_an_amount_has_one_spelling(amount: Decimal) -> None:
    """What was typed (12.5) and what is stored (12.50) hash alike."""
    shortest = Decimal(f"{amount.normalize():f}")
    assert rules.canonical_value(shortest) == rules.canonical_value(amount.quantize(Decimal("0.01")))


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(-12, 14))
def test_a_moment_has_one_spelling(moment: datetime, hours: int) -> None:
    utc = moment.replace(tzinfo=UTC)
    there = utc.astimezone(timezone(timedelta(hours=hours)))
    assert rules.canonical_value(there) == rules.canonical_value(utc)


def test_a_float_is_never_hashed() -> None:
    with pytest.raises(TypeError):
        rules.canonical_value(0.1)
    with pytest.raises(KeyError):
        rules.voucher_hash({k: v for k, v in VOUCHER.items() if k != "payee"})


@pytest.mark.parametrize(
    ("holder", "person"),
    [
        ("张三", True), ("欧阳 秀兰", True), ("阿依古丽·买买提", True), ("待补", True),
        ("八角南里社区居民委员会", False), ("和顺里物业（演示）", False), ("八角街道办事处", False),
    ],
)  # fmt: skip
def test_a_holder_who_may_be_a_person_is_not_for_the_public(holder: str, person: bool) -> None:
    assert rules.may_be_a_person(holder) is person
