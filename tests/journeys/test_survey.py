"""A survey's way: drafted and opened at the desk, entered without the mouse, without JavaScript too, and counted."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import OFFICE, PHONE, Visit, Visitor, keyboard

MAIN = "11010700303701"
LIST = f"/office/compounds/{MAIN}/surveys/"
# A key per choice and Enter after each question; 5 asks for several, 6 and 8 for numbers, 10 for words.
ANSWERS = ("1", "2", "1", "3", "135", "1", "1", "20", "2", "")


def open_sheet(page: Page, address: str) -> None:
    """Open a sheet by the keyboard alone, from the field that waits for its room; its first question waits for keys."""
    expect(page.get_by_label("下一张问卷")).to_be_focused()
    keyboard(page).type(address)
    keyboard(page).press("Enter")
    expect(page.locator("[data-question] >> nth=0 >> input:focus")).to_be_focused()


def type_sheet(page: Page, address: str, answers: tuple[str, ...]) -> None:
    """Enter a sheet by the keyboard alone; how and when are answered as they stand."""
    open_sheet(page, address)
    for keys in answers:
        keyboard(page).type(keys)
        keyboard(page).press("Enter")
    expect(page.get_by_label("途径")).to_be_focused()
    keyboard(page).press("Enter")
    keyboard(page).press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("存好了")


def look(visitor: Visitor, path: str, name: str) -> Page:
    page = visitor.go(path)
    visitor.check_accessible()
    visitor.check_no_sideways_scroll()
    visitor.shoot(name)
    return page


def test_a_survey_from_the_first_question_to_the_report(visit: Visit) -> None:
    desk = visit(size=OFFICE)
    desk.login("zhangning")
    page = desk.go(f"{LIST}new/")
    page.get_by_role("button", name="起草问卷").click()
    page.get_by_role("link", name="开始调查").click()
    survey = page.url.removeprefix(desk.site.url).removesuffix("opening/")
    page.get_by_role("button", name="开始调查").click()
    expect(page.get_by_role("link", name="录问卷")).to_be_visible()

    page = look(desk, f"{survey}visits/", "survey_visits")
    labels = [label or "" for label in page.locator(".visits select").evaluate_all("all => all.map(s => s.ariaLabel)")]
    first, second, third = (label.removesuffix("这一次") for label in labels[:3])

    page = desk.go(f"{survey}entry/")
    type_sheet(page, first, ANSWERS)
    type_sheet(page, second, ANSWERS)
    open_sheet(page, first)
    expect(page.locator(".notice")).to_contain_text("这一户录过了：张宁")
    expect(page.locator("[name=q8]")).to_have_value("20")
    desk.check_accessible()
    desk.shoot("survey_sheet")
    keyboard(page).type("3")
    page.get_by_role("button", name="存好，替换").click()
    expect(page.locator("[role=status]")).to_contain_text("存好了")

    plain = visit(size=PHONE, javascript=False)
    plain.login("zhangning")
    page = plain.go(f"{survey}entry/")
    page.get_by_label("下一张问卷").fill(third)
    page.get_by_role("button", name="打开").click()
    page.locator("[name=q7][value='3']").check()
    page.locator("[name=q8]").fill("0元")
    page.get_by_role("button", name="存好，下一张").click()
    expect(page.locator("[role=status]")).to_contain_text("存好了")

    phone = visit(size=PHONE)
    phone.login("zhangning")
    for person in (desk, phone):
        page = look(person, f"{survey}results/", "survey_results")
        expect(page.locator(".lead")).to_contain_text(re.compile("收到3户.*愿意交费的2户.*中位数是20.00元"))
        look(person, survey, "survey")
