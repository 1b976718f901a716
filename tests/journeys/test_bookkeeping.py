"""Bookkeeper and head, by the keyboard: a voucher typed, reviewed, posted once, and turned back by a red one."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OFFICE, Visit, Visitor, keyboard

MAIN = "11010700303701"
BOOK = f"/office/compounds/{MAIN}/books/service/"


def bookkeeper(visit: Visit, **how: bool) -> Visitor:
    visitor = visit(size=OFFICE, **how)
    visitor.login("wuli")
    visitor.go(BOOK)
    return visitor


def head(visit: Visit, **how: bool) -> Visitor:
    visitor = visit(size=OFFICE, **how)
    visitor.login("wangxiulan")
    return visitor


def type_voucher(page: Page, summary: str, expense: str) -> None:
    """Type a voucher of repairs in the last line of the book, from field to field with Enter."""
    expect(page.locator("[name$='0-summary']")).to_be_focused()
    keys = keyboard(page)
    for text in (summary, "203", "安平锁具（演示）", "", expense):
        if text:
            keys.type(text)
        keys.press("Enter")


def draft_count(page: Page) -> int:
    """Return how many drafts the tabs of the book count."""
    page.goto(page.url.split("?")[0])
    found = re.search(r"草稿\s*(\d+)", page.locator(".book-head").inner_text())
    return int(found[1]) if found else 0


def open_draft_by_keyboard(page: Page, summary: str) -> None:
    """In the review queue go down to the row with J and open it with Enter."""
    rows = page.locator("[data-queue] [data-row]")
    place = next(i for i in range(rows.count()) if summary in rows.nth(i).inner_text())
    for _ in range(place + 1):
        keyboard(page).press("j")
    keyboard(page).press("Enter")
    expect(page.locator("h1")).to_contain_text(summary)


def post(visitor: Visitor, summary: str) -> int:
    """Review and post a draft by the keyboard alone; return the voucher's number."""
    page = visitor.go("/office/review/")
    open_draft_by_keyboard(page, summary)
    keyboard(page).press("a")
    said = page.get_by_text(re.compile(r"记账了：.*第\d+号凭证"))
    expect(said).to_be_visible()
    found = re.search(r"第(\d+)号", said.inner_text())
    assert found
    return int(found[1])


def test_a_voucher_is_typed_and_reviewed_without_the_mouse(visit: Visit) -> None:
    """The number appears when it is posted, and the balance is the one that was shown before."""
    keeper = bookkeeper(visit)
    page = keeper.page
    type_voucher(page, "三号楼门禁换主板", "1,260")
    proposed = page.locator("[data-balance]").inner_text()
    keeper.shoot("entry_typed")
    keyboard(page).press("Control+Enter")
    # More than the head may decide alone: the field of the decision's number says so, ready to be typed in.
    expect(page.locator(".error-summary")).to_contain_text("要由自管会会议决定")
    expect(page.locator("[name=decision]")).to_be_focused()
    keeper.shoot("entry_without_decision")
    keyboard(page).type("自管会会议5号")
    keyboard(page).press("Control+Enter")
    expect(page.locator("body")).to_contain_text("三号楼门禁换主板，1,260.00元")

    number = post(head(visit), "三号楼门禁换主板")

    page = keeper.go(BOOK)
    row = page.locator(f"tr#n{number}")
    expect(row).to_contain_text("三号楼门禁换主板")
    expect(row).to_contain_text("1,260.00")
    assert row.locator("td").last.inner_text() == proposed
    keeper.shoot("entry_posted")


def test_several_lines_are_typed_without_waiting_and_copied_whole(visit: Visit) -> None:
    """F4 adds a line on the spot, quantity times price fills the amount, F8 brings the last voucher again."""
    keeper = bookkeeper(visit)
    page = keeper.page
    type_voucher(page, "门岗灯管", "30.50")
    keyboard(page).press("F4")
    expect(page.locator("[name=line-1-summary]")).to_be_focused()
    keyboard(page).type("门岗水壶")
    keyboard(page).press("Enter")
    keyboard(page).type("203")
    page.locator("[name=line-1-quantity]").fill("2")
    page.locator("[name=line-1-unit_price]").fill("45")
    expect(page.locator("[name=line-1-expense]")).to_have_value("90.00")
    expect(page.locator("[data-total]")).to_have_text("120.50")
    expect(page.locator("[data-capitals]")).to_have_text("壹佰贰拾元伍角整")
    keeper.shoot("entry_lines")
    keyboard(page).press("Control+Enter")
    expect(page.locator("body")).to_contain_text("门岗灯管，120.50元")
    keyboard(page).press("F8")
    expect(page.locator("[name=line-1-summary]")).to_have_value("门岗水壶")
    expect(page.locator("[name=line-0-expense]")).to_have_value("30.50")


def test_mistakes_are_told_at_their_fields_and_nothing_typed_is_lost(visit: Visit) -> None:
    keeper = bookkeeper(visit)
    page = keeper.page
    before = draft_count(page)
    page.locator("[name=on]").fill("2026年13月1日")
    page.locator("[name$='0-summary']").focus()
    type_voucher(page, "修楼道窗", "12o0")
    keyboard(page).press("Control+Enter")

    summary = page.locator(".error-summary")
    expect(page.locator("[name=on]")).to_be_focused()  # the first that is wrong, ready to be typed over
    expect(summary).to_contain_text("有2处要改")
    expect(summary).to_contain_text('"12o0"里有字母o')
    keeper.shoot("entry_errors")
    keeper.check_accessible()
    for name, typed in (("on", "2026年13月1日"), ("line-0-summary", "修楼道窗"), ("line-0-expense", "12o0")):
        expect(page.locator(f"[name={name}]")).to_have_value(typed)
    summary.get_by_role("link").last.click()
    expect(page.locator("[name=line-0-expense]")).to_be_focused()

    page.locator("[name=line-0-expense]").fill("１２０")
    page.locator("[name=on]").fill(f"{date.today():%Y%m%d}")
    keyboard(page).press("Control+Enter")
    expect(page.locator("body")).to_contain_text("修楼道窗，120.00元")
    assert draft_count(page) == before + 1


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
def test_a_double_click_makes_one_draft_and_one_voucher(visit: Visit, javascript: bool) -> None:
    """With the script and without it: the second click changes nothing."""
    words = "疏通主管" if javascript else "清掏化粪池"
    keeper = bookkeeper(visit, javascript=javascript)
    page = keeper.page
    before = draft_count(page)
    page.locator("[name$='0-summary']").fill(words)
    page.locator("[name$='0-account']").fill("203")
    page.locator("[name$='0-expense']").fill("88")
    page.get_by_role("button", name="交给复核").dblclick()
    expect(page.locator("body")).to_contain_text(f"{words}，88.00元")
    assert draft_count(page) == before + 1

    reviewer = head(visit, javascript=javascript)
    page = reviewer.go("/office/review/")
    page.locator("[data-row]", has_text=words).get_by_role("link", name="复核").click()
    with page.expect_navigation():
        page.get_by_role("button", name="复核并记账").dblclick()
    expect(page.locator("body")).to_contain_text(re.compile(r"记账了：.*第\d+号凭证"))
    book = keeper.go(BOOK)
    assert book.locator("tbody tr", has_text=words).count() == 1
    assert draft_count(book) == before


def test_a_wrong_voucher_is_turned_back_by_a_red_one(visit: Visit) -> None:
    """红冲: a page of its own says what will happen; the pair is tied in the book, the number stays where it was."""
    keeper = bookkeeper(visit)
    page = keeper.page
    type_voucher(page, "换东门闸杆", "460")
    keyboard(page).press("Control+Enter")
    expect(page.locator("body")).to_contain_text("换东门闸杆，460.00元")
    wrong = post(head(visit), "换东门闸杆")

    page = keeper.go(BOOK)
    page.locator(f"tr#n{wrong}").get_by_role("link").first.click()
    page.get_by_role("link", name="红冲这张").click()
    expect(page.locator("main")).to_contain_text("不能反悔的")
    keeper.shoot("reversal")
    page.get_by_role("button", name="把红字凭证交给复核").click()
    expect(page.locator("h1")).to_be_visible()

    red = post(head(visit), f"第{wrong}号凭证")
    assert red > wrong
    page = keeper.go(BOOK)
    row = page.locator(f"tr#n{red}")
    expect(row).to_contain_text("红冲")
    expect(row).to_contain_text("−460.00")
    expect(page.locator(f"tr#n{wrong}")).to_contain_text(f"已被{red}冲销")
    keeper.shoot("reversal_posted")
