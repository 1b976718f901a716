"""A resident, on a phone and without JavaScript: from the search to a line's voucher, and is this paper genuine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OFFICE, PHONE, Visit

MONEY = re.compile(r"[\d,]+\.\d{2}元")


def open_newest_ledger(page: Page) -> None:
    """From a compound's page to its newest ledger, by the link that a resident sees first."""
    page.get_by_role("link", name=re.compile("每一笔")).first.click()
    expect(page.locator("h1")).to_contain_text("收支公示表")


def test_from_search_to_the_voucher_and_the_verdict(visit: Visit) -> None:
    """Where did the money go, and is it right: answered in one sentence, then by every line, without a script."""
    resident = visit(size=PHONE, javascript=False)
    page = resident.go("/")
    page.get_by_role("searchbox").fill("槐荫里")
    page.get_by_role("button", name="查").click()
    page.get_by_role("link", name=re.compile("槐荫里小区")).first.click()
    expect(page.locator("h1")).to_contain_text("槐荫里小区")
    resident.shoot("compound")

    open_newest_ledger(page)
    sentence = page.locator("p.lead").first.inner_text()
    assert re.search(r"\d+月收.+花.+月末还有", sentence), sentence
    assert len(MONEY.findall(sentence)) >= 3, sentence
    resident.check_no_sideways_scroll()
    resident.shoot("ledger")
    ledger_address = page.url

    line = page.locator("tr", has=page.get_by_text("楼道感应灯23盏")).first
    amount = re.search(r"[\d,]+\.\d{2}", line.inner_text())
    assert amount
    line.get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text("号凭证")
    expect(page.locator("main")).to_contain_text(amount[0])
    assert "明达灯具店" not in page.locator("main").inner_text(), "payees stay in the office"
    resident.shoot("voucher")

    page.goto(ledger_address)
    page.get_by_role("link", name="现在核对").click()
    expect(page.locator(".verdict")).to_have_text("一致")
    resident.check_no_sideways_scroll()
    resident.shoot("verdict")


def test_a_reversal_is_shown_with_both_of_its_halves(visit: Visit) -> None:
    resident = visit(size=PHONE, javascript=False)
    page = resident.go("/?q=槐荫里")
    page.get_by_role("link", name=re.compile("槐荫里小区")).first.click()
    open_newest_ledger(page)
    red = page.locator("tr", has=page.get_by_text("红冲")).first
    red.get_by_role("link").first.click()
    expect(page.locator(".notice")).to_contain_text("冲销")
    page.locator(".notice").get_by_role("link").first.click()
    expect(page.locator(".notice")).to_contain_text("已经冲销")


def test_large_type_is_kept_and_given_back(visit: Visit) -> None:
    """大字版: a cookie and no login; the same page again in larger type, and nothing runs out of the window."""
    resident = visit(size=PHONE, javascript=False)
    page = resident.go("/")

    def size() -> float:
        return float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)"))

    before = size()
    page.get_by_role("link", name="大字版").click()
    assert size() >= 1.3 * before
    page.get_by_role("searchbox").fill("槐荫里")
    page.get_by_role("button", name="查").click()
    page.get_by_role("link", name=re.compile("槐荫里小区")).first.click()
    open_newest_ledger(page)
    assert size() >= 1.3 * before
    resident.check_no_sideways_scroll()
    resident.shoot("ledger_large")
    page.locator(".type-size").click()
    expect(page.locator("h1")).to_contain_text("收支公示表")
    assert size() == before


@pytest.mark.parametrize("javascript", [False, True])
def test_a_changed_file_is_told_from_the_issued_one(visit: Visit, tmp_path: Path, javascript: bool) -> None:
    """The JSON as downloaded is the original; with one character changed it is not, and the line is named."""
    resident = visit(javascript=javascript, accept_downloads=True)
    page = resident.go("/?q=槐荫里")
    page.get_by_role("link", name=re.compile("槐荫里小区")).first.click()
    open_newest_ledger(page)
    address = page.get_by_role("link", name=re.compile("JSON")).get_attribute("href")
    answer = page.request.get(resident.site.url + str(address))
    issued = tmp_path / "issued.json"
    issued.write_bytes(answer.body())

    def hand_in(file: Path) -> None:
        resident.go("/verify/")
        page.locator("input[type=file]").set_input_files(file)
        page.get_by_role("button", name="核对这份文件").click()

    hand_in(issued)
    expect(page.locator(".verdict")).to_have_text("一字不差")

    data = json.loads(issued.read_text(encoding="utf-8"))
    line = next(line for book in data["books"] for line in book["lines"] if line["amount"] == "345.00")
    changed = tmp_path / "changed.json"
    text = issued.read_text(encoding="utf-8")
    assert text.count('"345.00"') >= 1
    changed.write_text(text.replace('"345.00"', '"346.00"', 1), encoding="utf-8")
    hand_in(changed)
    expect(page.locator(".verdict")).to_have_text("不一致")
    expect(page.locator("main")).to_contain_text(f"第{line['number']}号")
    resident.shoot(f"different_{'script' if javascript else 'plain'}")


def test_a_mistyped_code_is_answered_in_plain_words(visit: Visit) -> None:
    resident = visit(size=OFFICE, javascript=False)
    resident.complaints.expected = 404
    page = resident.go("/verify/")
    page.get_by_label("公示编号").fill("7K2M-9QXA-0")
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.locator(".verdict")).to_have_text("没有这份")
    resident.shoot("unknown_code")
