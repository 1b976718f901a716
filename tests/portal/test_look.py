"""The look's two pages: unlisted, without a query of their own, and every figure on them adds up."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import html5lib
import pytest
from django.test import Client

from compounds.choices import Role
from portal.views import samples
from tests import factories
from tests.portal.office import browser

AMOUNT = re.compile(r"−?[\d,]+(?:\.\d+)?")


def figures(text: str) -> list[Decimal]:
    return [Decimal(found.replace(",", "").replace("−", "-")) for found in AMOUNT.findall(text)]


def words(element: Any) -> str:
    return "".join(element.itertext())


def of_class(page: Any, tag: str, name: str) -> list[Any]:
    return [e for e in page.iter(tag) if name in (e.get("class") or "").split()]


def parsed(content: bytes) -> Any:
    return html5lib.parse(content.decode(), namespaceHTMLElements=False)


def check_tables(page: Any) -> int:
    """Add up every column of figures above a total row; return how many were."""
    checked = 0
    for table in page.iter("table"):
        rows = [[words(cell).strip() for cell in tr if cell.tag in ("td", "th")] for tr in table.iter("tr")]
        totals = [tr for tr in table.iter("tr") if "total" in (tr.get("class") or "").split()]
        if not totals or "board" in (table.get("class") or ""):
            continue
        total = [words(cell).strip() for cell in totals[0]]
        above = [row for row in rows if row is not total and len(row) == len(total) and row != total]
        for column, said in enumerate(total):
            if column and figures(said):
                parts = [figures(row[column])[0] for row in above if figures(row[column])]
                assert sum(parts) == figures(said)[0], (total[0], column)
                checked += 1
    return checked


def check_ledgers(page: Any) -> int:
    """Add up every book: lines to subtotals, subtotals to sums, opening and sums to the closing."""
    for table in of_class(page, "table", "ledger"):
        lines, subtotals, sums, opening, closing = Decimal(0), [], [], None, None
        for tr in table.find("tbody"):
            kind = (tr.get("class") or "").split()
            amount = [figures(words(c)) for c in of_class(tr, "td", "amount")]
            end = figures(words(of_class(tr, "td", "subtotal")[0]))
            if amount:
                lines += amount[0][0]
                if end:
                    assert end[0] == lines
                    subtotals.append(lines)
                    lines = Decimal(0)
            elif "opening" in kind:
                opening = end[0]
            elif "sum" in kind:
                assert end[0] == sum(subtotals)
                sums.append(end[0])
                subtotals = []
            elif "closing" in kind:
                closing = end[0]
        assert opening is not None and closing == opening + sums[0] - sums[1]
    return len(of_class(page, "table", "ledger"))


@pytest.fixture
def public(client: Client, django_assert_num_queries: Any, db: None) -> Any:
    with django_assert_num_queries(0):
        response = client.get("/look/")
    assert response.status_code == 200
    assert "noindex" in response["X-Robots-Tag"] and b'name="robots"' in response.content
    return parsed(response.content)


def test_the_residents_figures_add_up(public: Any) -> None:
    assert check_tables(public) >= 6
    assert check_ledgers(public) == 2
    opening, income, expense, closing = (
        figures(words(dd))[0] for dd in of_class(public, "dl", "narrow-only")[0].iter("dd")
    )
    assert closing == opening + income - expense
    shown = [figures(words(dd))[0] for dd in of_class(public, "dd", "figure")]
    assert shown == [income, expense, closing]
    sheet = of_class(public, "div", "sheet")[0]
    assert [figures(words(dd))[0] for dd in sheet.iter("dd")] == [opening, income, expense, closing]
    sources = [[figures(words(dd))[0] for dd in div.iter("dd")] for div in of_class(public, "div", "source")]
    assert [sum(column) for column in zip(*sources[:-1], strict=True)] == sources[-1]


def test_what_the_chart_ends_with_is_the_month_above() -> None:
    sums, last = samples.ledger(), samples.chart().last
    assert last is not None and (sums.income, sums.expense) == (last.income, last.expense)
    assert sums.bank + sums.cash == sums.closing
    heads, area = samples.vote_rows()[-1][1:]
    part_heads, part_area, *_ = samples.thresholds()
    assert (heads, area) == (part_heads.reached, part_area.reached)


def test_control_a_wrong_figure_is_found(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    real = samples.ledger()
    wrong = replace(real, books=(replace(real.books[0], closing=real.books[0].closing + 1), real.books[1]))
    monkeypatch.setattr(samples, "ledger", lambda: wrong)
    with pytest.raises(AssertionError):
        check_ledgers(parsed(client.get("/look/").content))
    monkeypatch.setattr(samples, "VOTES", samples.VOTES)
    monkeypatch.setattr(samples, "sources_total", lambda: replace(samples.sources()[0], label="四处合计"))
    page = parsed(client.get("/look/").content)
    sources = [[figures(words(dd))[0] for dd in div.iter("dd")] for div in of_class(page, "div", "source")]
    assert [sum(column) for column in zip(*sources[:-1], strict=True)] != sources[-1]


def test_two_thousand_rows_add_up_too(client: Client, db: None) -> None:
    page = parsed(client.get("/look/?rows").content)
    assert check_ledgers(page) == 1
    assert len(of_class(page, "td", "amount")) == 2000


def test_the_offices_figures_add_up(db: None) -> None:
    factories.compound()
    client = browser(factories.user(Role.COMMITTEE_BOOKKEEPER, "11010700303701"))
    response = client.get("/office/look/")
    assert response.status_code == 200 and "noindex" in response["X-Robots-Tag"]
    page = parsed(response.content)
    assert check_tables(page) >= 7
    book = samples.ledger().books[0]
    balances = [figures(words(td))[0] for td in of_class(page, "td", "c-balance")]
    assert balances[0] == book.opening and balances[-1] == balances[-2] == book.closing
    board = samples.board()
    assert board.passed[-1] == board.after == 1
    missing = samples.MISSING
    assert missing.verdict == "还差26户"


def test_nothing_links_there(client: Client, db: None) -> None:
    for address in ("/", "/verify/", "/privacy/", "/login/"):
        assert b"/look/" not in client.get(address).content
