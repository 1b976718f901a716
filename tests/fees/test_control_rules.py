"""Holding the books against the world, as arithmetic: matching, the identity, hints, takings, what lies since when."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from fees.rules import (
    DENOMINATIONS,
    MATCH_DAYS,
    ZERO,
    balances_follow,
    counted,
    explaining,
    fee_of,
    lying_since,
    matching,
    reconciled,
    unbanked_takings,
)

START = date(2026, 10, 1)
DAYS = st.integers(0, 30).map(lambda n: START + timedelta(days=n))
FEW = st.sampled_from([Decimal("5.00"), Decimal("-5.00"), Decimal("7.30")])
AMOUNTS = st.integers(-10_000, 10_000).filter(bool).map(lambda fen: Decimal(fen) / 100)
LINES = st.lists(st.tuples(DAYS, FEW), max_size=5)


def day(n: int) -> date:
    return START + timedelta(days=n - 1)


def most_pairs(book: list[tuple[date, Decimal]], bank: list[tuple[date, Decimal]]) -> int:
    """Return the most pairs there can be, by trying every order."""
    longer, shorter = (book, bank) if len(book) >= len(bank) else (bank, book)
    return max(
        sum(a[1] == b[1] and abs((a[0] - b[0]).days) <= MATCH_DAYS for a, b in zip(order, shorter, strict=False))
        for order in permutations(longer)
    )


@given(LINES, LINES)
def test_matching_finds_as_many_pairs_as_there_can_be(
    book: list[tuple[date, Decimal]], bank: list[tuple[date, Decimal]]
) -> None:
    pairs = matching(book, bank)
    assert all(book[i][1] == bank[j][1] and abs((book[i][0] - bank[j][0]).days) <= MATCH_DAYS for i, j in pairs)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert len(pairs) == most_pairs(book, bank)


def test_control_the_nearest_day_first_would_lose_a_pair() -> None:
    """5 and 10 in the books, 10 and 15 at the bank: taking 10 with 10 leaves the others alone."""
    five = Decimal("5.00")
    assert matching([(day(5), five), (day(10), five)], [(day(10), five), (day(15), five)]) == [(0, 0), (1, 1)]
    assert matching([(day(5), five)], [(day(11), five)]) == [], "six days are too many"
    assert matching([(day(5), five)], [(day(11), five)], 6) == [(0, 0)]


@given(st.lists(AMOUNTS, max_size=8), st.lists(AMOUNTS, max_size=4), st.lists(AMOUNTS, max_size=4), AMOUNTS)
def test_the_identity_holds_whatever_is_open(
    both: list[Decimal], ours: list[Decimal], theirs: list[Decimal], start: Decimal
) -> None:
    """From one opening balance, lines of both sides, of the books alone, of the bank alone."""
    books = start + sum([*both, *ours], ZERO)
    statement = start + sum([*both, *theirs], ZERO)
    assert reconciled(books, ours, theirs) == statement


@given(st.lists(AMOUNTS, min_size=1, max_size=5, unique=True), st.data())
def test_one_wrong_tick_is_found(ours: list[Decimal], data: st.DataObject) -> None:
    """A line of the books that the bank has, left unticked: exactly its amount is missing, and it is named."""
    at = data.draw(st.integers(0, len(ours) - 1))
    rest = [amount for i, amount in enumerate(ours) if i != at]
    said = reconciled(Decimal("100.00"), rest, [])
    difference = said - reconciled(Decimal("100.00"), ours, [])
    found = explaining(difference, open_book=ours, done_book=[], open_bank=[], done_bank=[])
    assert found == ("open_book", at)


def test_a_wrong_sign_and_nothing_are_told_apart() -> None:
    rows = {"open_book": [], "open_bank": [], "done_bank": []}
    assert explaining(Decimal("-20.00"), done_book=[Decimal("10.00")], **rows) == ("half", 0)
    assert explaining(Decimal("-10.00"), done_book=[Decimal("10.00")], **rows) == ("done_book", 0)
    assert explaining(Decimal("-7.00"), done_book=[Decimal("10.00")], **rows) is None


def test_balances_tell_the_order_and_a_missing_line() -> None:
    down = ([Decimal(5), Decimal(-2), Decimal(1)], [Decimal(5), Decimal(3), Decimal(4)])
    assert balances_follow(*down) == (True, None)
    assert balances_follow(down[0][::-1], down[1][::-1]) == (False, None)
    assert balances_follow([Decimal(5), Decimal(1)], [Decimal(5), Decimal(9)]) == (True, 1)


def test_takings_are_settled_by_bringing_them_to_the_bank() -> None:
    ten = Decimal("10.00")
    takings = [(day(3), "in", ten), (day(5), "in", ten)]
    assert unbanked_takings(takings, day(6)) == (Decimal("20.00"), day(3))
    assert unbanked_takings([*takings, (day(4), "banked", ten)], day(6)) == (ten, day(5))
    assert unbanked_takings([*takings, (day(5), "banked", ten)], day(6)) is None
    assert unbanked_takings(takings, day(2)) is None
    assert unbanked_takings([(day(3), "in", ten), (day(3), "in", -ten)], day(6)) is None, "taken back in red"


def test_the_oldest_money_goes_first() -> None:
    moves = [(day(1), Decimal(10)), (day(3), Decimal(5)), (day(4), Decimal(-10))]
    assert lying_since(moves) == day(3)
    assert lying_since([*moves, (day(5), Decimal(-5))]) is None


@given(st.lists(st.tuples(st.sampled_from(DENOMINATIONS), st.integers(0, 500)), max_size=11))
def test_a_count_is_whole_cents(pieces: list[tuple[Decimal, int]]) -> None:
    total = counted(pieces)
    assert total == total.quantize(Decimal("0.01")) >= 0


def test_the_fee_is_rounded_half_up() -> None:
    assert fee_of(Decimal("1000.00"), Decimal("0.0038")) == Decimal("3.80")
    assert fee_of(Decimal("1.32"), Decimal("0.0038")) == Decimal("0.01")
    assert fee_of(Decimal("1000.00"), None) == ZERO
