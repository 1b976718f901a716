"""What office pages make of the books for the eye: brackets of reversals, gaps."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from fees.documents import CashBook, CashRow
from portal.documents import numbers_without_gap, tied

ZERO = Decimal("0.00")


def row(number: int, reverses: int | None = None, first: bool = True) -> CashRow:
    voucher: Any = SimpleNamespace(number=number)
    line: Any = SimpleNamespace()
    return CashRow(voucher, line, ZERO, None, "", ZERO, reverses, None, (), first)


def drawn(*rows: CashRow) -> list[str]:
    """Return each lane as a line of signs: ┌ start, │ mid, └ end."""
    signs = {"": ".", "start": "┌", "mid": "│", "end": "└"}
    lanes = zip(*(r.ties for r in tied(rows)), strict=True)
    return [line for lane in lanes if (line := "".join(signs[tie] for tie in lane)).strip(".")]


def test_bracket_ties_a_reversal_to_its_voucher() -> None:
    assert drawn(row(1), row(2), row(3), row(4, reverses=2), row(5)) == [".┌│└."]


def test_brackets_that_overlap_take_lanes_of_their_own() -> None:
    rows = [row(1), row(2), row(3, reverses=1), row(4, reverses=2), row(5), row(6, reverses=5)]
    assert drawn(*rows) == ["┌│└.┌└", ".┌│└.."]


def test_reversal_of_another_month_draws_nothing() -> None:
    assert drawn(row(9), row(10, reverses=3)) == []


def test_voucher_of_several_lines_is_tied_at_its_first() -> None:
    rows = [row(1), row(1, first=False), row(2, reverses=1), row(2, reverses=1, first=False)]
    assert drawn(*rows) == ["┌│└."]


def test_more_brackets_than_lanes_are_left_to_the_words() -> None:
    rows = [row(n) for n in range(1, 5)] + [row(n + 4, reverses=n) for n in range(1, 5)]
    assert len(drawn(*rows)) == 3


@pytest.mark.parametrize(("numbers", "said"), [([7, 8, 9], (7, 9)), ([9, 7, 8, 8], (7, 9)), ([7, 9], None), ([], None)])
def test_gaps_are_not_denied(numbers: list[int], said: tuple[int, int] | None) -> None:
    book: Any = SimpleNamespace()
    rows = tuple(row(n) for n in numbers)
    assert numbers_without_gap(CashBook(book, date(2026, 10, 1), ZERO, rows, ZERO, ZERO, ZERO)) == said
