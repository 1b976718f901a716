"""The bookkeeper holds a month against the bank's statement, pasted and ticked by the keyboard alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import OFFICE, PHONE, Visit, keyboard
from tests.journeys.test_month import last_month


def book_lines(page: Page) -> list[tuple[str, str, str]]:
    """Return what stands in the books: day, words, signed amount, as the page lists it."""
    found = []
    for row in page.locator(".reconcile tbody tr").all():
        cells = [cell.inner_text().strip() for cell in row.locator("td").all()]
        found.append((cells[1], cells[3], cells[4].replace(",", "").replace("\u2212", "-")))
    return found


def test_a_month_is_reconciled_from_a_pasted_statement(visit: Visit) -> None:
    month = last_month()
    keeper = visit(size=OFFICE)
    people = keeper.site.people_of("椿树里")
    keeper.login(people["committee_bookkeeper"])
    page = keeper.go(f"/office/compounds/{people['code']}/accounts/")
    keeper.check_accessible()
    page.get_by_role("link", name=f"{month.month}月对账").first.click()
    expect(page.locator("h1")).to_contain_text(f"{month.month}月对账")
    lines = book_lines(page)
    assert len(lines) > 5
    balance = page.locator(".figures dd").first.inner_text().replace(",", "").replace("元", "").strip()
    # The bank has everything but the last line, and interest that the books do not have yet.
    at_bank, last = lines[:-1], lines[-1]
    closing = f"{float(balance) - float(last[2]) + 3.27:.2f}"
    rows = [f"{month.year}-{day[:5]}\t{words}\t{amount}" for day, words, amount in at_bank]
    pasted = "\n".join(["交易日期\t摘要\t金额", *rows, f"{month:%Y-%m}-21\t利息\t3.27"])
    page.get_by_label("对账单月末余额").fill(closing)
    page.get_by_label("对账单明细").fill(pasted)
    keyboard(page).press("F2")
    expect(page.locator("main")).to_contain_text(f"两边都有的，{len(at_bank)}笔")
    expect(page.locator("main")).to_contain_text("对账单上有，账上没有，1笔")
    expect(page.locator(".figures [data-sum=difference]")).to_have_text("0.00")
    keeper.shoot("reconciling")
    keeper.check_accessible()

    # The last line of the books, ticked by mistake: the page says by how much it does not fit, and which line it is.
    for _ in range(len(at_bank) + 1):
        keyboard(page).press("j")
    keyboard(page).press("Space")
    expect(page.locator(".figures [data-sum=difference]")).not_to_have_text("0.00")
    keyboard(page).press("Control+Enter")
    expect(page.locator(".error-summary")).to_contain_text("去掉勾就对上了")
    expect(page.locator(".error-summary")).to_contain_text(last[1])
    keeper.shoot("reconciling_does_not_fit")
    for _ in range(len(at_bank) + 1):
        keyboard(page).press("j")
    keyboard(page).press("Space")
    keyboard(page).press("Control+Enter")
    expect(page.locator("main")).to_contain_text("对上了，存好了")
    keeper.shoot("reconciled")

    phone = visit(size=PHONE, javascript=False)
    phone.login(people["committee_bookkeeper"])
    page = phone.go(f"/office/compounds/{people['code']}/closing/{month:%Y-%m}/")
    phone.check_no_sideways_scroll()
    text = page.locator("main").inner_text()
    told = re.search(r"没有和银行对账.*?(?=\n\S*现金|\Z)", text, re.S)
    assert not told or "物业服务经费银行" not in told[0]
