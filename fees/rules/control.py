"""Holding the books against the world: statements, cash, takings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from fees.rules.sums import ZERO

# How many days a bank may take until a line of the books stands on its statement.
MATCH_DAYS = 5
# Cash is counted in a month's last days; money in a payment code arrives the next day, later than this is odd.
COUNT_DAYS = 5
UNSETTLED_DAYS = 2
DENOMINATIONS = tuple(
    Decimal(x) for x in ("100", "50", "20", "10", "5", "1", "0.50", "0.10", "0.05", "0.02", "0.01")
)  # fmt: skip
COUNTED_AT_MOST = 100_000  # notes of one kind


def matching(
    book: Sequence[tuple[date, Decimal]], bank: Sequence[tuple[date, Decimal]], days: int = MATCH_DAYS
) -> list[tuple[int, int]]:
    """Return which line of the books (day, signed yuan) is which of the statement: as many pairs as there can be.

    A pair has the same amount and lies within so many ``days``; of equal amounts the earlier belongs to the earlier.
    """
    places: dict[Decimal, tuple[list[int], list[int]]] = {}
    for side, rows in enumerate((book, bank)):
        for i, _ in sorted(enumerate(rows), key=lambda row: (row[1][0], row[0])):
            places.setdefault(rows[i][1], ([], []))[side].append(i)
    pairs = []
    for ours, theirs in places.values():
        i = j = 0
        while i < len(ours) and j < len(theirs):
            apart = (bank[theirs[j]][0] - book[ours[i]][0]).days
            if abs(apart) <= days:
                pairs.append((ours[i], theirs[j]))
                i, j = i + 1, j + 1
            elif apart > 0:
                i += 1
            else:
                j += 1
    return sorted(pairs)


def reconciled(book_balance: Decimal, not_at_bank: Iterable[Decimal], not_in_books: Iterable[Decimal]) -> Decimal:
    """Return what the statement must say: the book's balance less what the bank has not, plus what the books have not.

    Signed yuan: money in is positive.
    """
    return book_balance - sum(not_at_bank, ZERO) + sum(not_in_books, ZERO)


def explaining(
    difference: Decimal, *, open_book: Sequence[Decimal], done_book: Sequence[Decimal], open_bank: Sequence[Decimal],
    done_bank: Sequence[Decimal],
) -> tuple[str, int] | None:  # fmt: skip
    """Return the one line that would explain a difference (statement less what it must say), or None.

    ``open``: not ticked, ``done``: ticked; the answer names the list and the place in it. Ticking the line or taking
    its tick away would make the two sides fit; ``half``: an open line of the books with the wrong sign.
    """
    for name, rows, wanted in (
        ("open_book", open_book, difference),
        ("open_bank", open_bank, -difference),
        ("done_book", done_book, -difference),
        ("done_bank", done_bank, difference),
    ):
        if wanted in rows:
            return name, list(rows).index(wanted)
    doubled = [2 * amount for amount in done_book]
    if -difference in doubled:
        return "half", doubled.index(-difference)
    return None


def balances_follow(amounts: Sequence[Decimal], balances: Sequence[Decimal]) -> tuple[bool, int | None]:
    """Return whether a statement runs from old to new, and the place of the first line that its balance skips.

    ``balances`` after each line; with the newest first the balance follows the line below.
    """

    def fault(order: Sequence[int]) -> int | None:
        for before, after in pairwise(order):
            if balances[before] + amounts[after] != balances[after]:
                return after
        return None

    down = list(range(len(amounts)))
    broken = fault(down)
    if broken is None or fault(down[::-1]) is not None:
        return True, broken
    return False, None


def counted(pieces: Iterable[tuple[Decimal, int]]) -> Decimal:
    """Return what so many pieces of each denomination are worth; yuan."""
    return sum((value * number for value, number in pieces), ZERO)


def unbanked_takings(moves: Iterable[tuple[date, str, Decimal]], on: date) -> tuple[Decimal, date] | None:
    """Return the cash taken in and not yet brought to the bank on a day, and since when; None where there is none.

    ``moves`` of one cash account: (day, ``in`` | ``out`` | ``banked``, yuan). Bringing cash to the bank settles what
    was taken until that day. Source: 现金管理暂行条例 11: takings are not paid out of (坐支).
    """
    takings: dict[date, Decimal] = {}
    last_banked = date.min
    for day, kind, amount in moves:
        if day > on:
            continue
        if kind == "banked" and amount > 0:
            last_banked = max(last_banked, day)
        elif kind == "in":
            takings[day] = takings.get(day, ZERO) + amount
    left = {day: amount for day, amount in takings.items() if day > last_banked and amount > 0}
    return (sum(left.values(), ZERO), min(left)) if left else None


def lying_since(moves: Iterable[tuple[date, Decimal]]) -> date | None:
    """Return since when the oldest money of an account lies there, the first in being the first out; None if none."""
    lots: list[tuple[date, Decimal]] = []
    for day, amount in sorted(moves, key=lambda move: move[0]):
        if amount > 0:
            lots.append((day, amount))
            continue
        left = -amount
        while lots and left > 0:
            first, held = lots[0]
            taken = min(held, left)
            left -= taken
            lots[:1] = [(first, held - taken)] if held > taken else []
    return lots[0][0] if lots else None


def fee_of(gross: Decimal, rate: Decimal | None) -> Decimal:
    """Return what a payment code's provider keeps of an amount, rounded half up to the cent."""
    return (gross * (rate or ZERO)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
