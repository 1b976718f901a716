"""Whatever stands in ?page=, there is an answer."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from core.pages import page_of


@pytest.mark.parametrize(
    ("asked", "number"),
    [("2", 2), ("3", 3), ("", 1), ("abc", 1), ("1.5", 1), ("1e9", 1), ("4", 3), ("-1", 3), ("0", 3), ("9" * 5000, 1)],
)
def test_any_number_gives_a_page(asked: str, number: int) -> None:
    page = page_of(list(range(25)), RequestFactory().get("/", {"page": asked}), 10)
    assert page.number == number
    assert list(page) == list(range(25))[(number - 1) * 10 : number * 10]


def test_without_rows_there_is_one_empty_page() -> None:
    page = page_of([], RequestFactory().get("/?page=7"))
    assert (page.number, list(page), page.paginator.num_pages) == (1, [], 1)
