"""The register as a clerk keeps it: every page in light and dark, on a phone and a PC; a dwelling changed with keys only."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import OFFICE, PHONE, Visit, keyboard
from tests.journeys.looking import DARK, LIGHT, dress, faults

MAIN = "11010700303701"
REGISTER = f"/office/compounds/{MAIN}/register/"


def tab_to(page: Page, name: str, most: int = 40) -> None:
    """Press Tab until the field of that name has the focus."""
    for _ in range(most):
        if page.evaluate("document.activeElement.name || ''") == name:
            return
        keyboard(page).press("Tab")
    pytest.fail(f"Tab does not reach {name}")


def test_a_clerk_changes_a_dwelling_with_keys_only(visit: Visit) -> None:
    """From the list to the form and back, its owner handed over, without the mouse."""
    clerk = visit(size=OFFICE)
    clerk.login("zhangning")
    page = clerk.go(f"{REGISTER}?view=list")
    keyboard(page).press("j")
    keyboard(page).press("j")
    keyboard(page).press("k")
    keyboard(page).press("Enter")
    expect(page.get_by_role("heading", level=2, name="产权人", exact=True)).to_be_visible()
    home = page.url
    keyboard(page).press("e")
    expect(page.get_by_role("heading", level=1)).to_contain_text("的情况")
    tab_to(page, "area")
    keyboard(page).press("Control+a")
    keyboard(page).type("61.2345")
    tab_to(page, "vacant")
    keyboard(page).press("Space")
    keyboard(page).press("Control+Enter")
    page.wait_for_url(home)
    expect(page.locator("main")).to_contain_text("改好了")
    expect(page.locator("main")).to_contain_text("61.2345平方米")
    keyboard(page).press("t")
    page.wait_for_url("**/transfer/")
    tab_to(page, "on")
    keyboard(page).type("2026-09-01")
    tab_to(page, "name_1")
    keyboard(page).type("买买提·艾力")
    tab_to(page, "phone_1")
    keyboard(page).type("13512340000")
    tab_to(page, "reason")
    keyboard(page).type("不动产权证")
    keyboard(page).press("Control+Enter")
    page.wait_for_url(home)
    expect(page.locator("main")).to_contain_text("过户好了")
    expect(page.locator("main")).to_contain_text("买* 135****0000")
    keyboard(page).press("t")
    page.wait_for_url("**/transfer/")
    keyboard(page).press("Control+Enter")
    expect(page.locator(".error-summary")).to_contain_text("日期没有填")
    clerk.check_accessible()


@pytest.mark.parametrize("size", [PHONE, OFFICE], ids=["390", "1280"])
def test_the_registers_pages(visit: Visit, size: tuple[int, int]) -> None:
    clerk = visit(size=size)
    clerk.login("zhangning")
    page = clerk.go(f"{REGISTER}?view=list")
    dwelling = page.locator("[data-open]").first.get_attribute("href") or ""
    owner = clerk.go(dwelling).locator("td a[href*='/owners/']").first.get_attribute("href") or ""
    pages = {
        "register": REGISTER, "register_asked": f"{REGISTER}?lacking=representative",
        "register_list": f"{REGISTER}?view=list", "dwelling": dwelling, "dwelling_edit": f"{dwelling}edit/",
        "dwelling_transfer": f"{dwelling}transfer/", "dwelling_removal": f"{dwelling}removal/", "owner": owner,
        "owner_correction": f"{owner}correction/", "owner_merge": f"{owner}merge/", "owner_split": f"{owner}split/",
        "owners": f"/office/compounds/{MAIN}/owners/", "dwelling_new": f"/office/compounds/{MAIN}/dwellings/new/",
    }  # fmt: skip
    wrong = []
    for name, path in pages.items():
        dress(page, LIGHT)
        clerk.go(path)
        clerk.shoot(f"page_{name}")
        clerk.check_no_sideways_scroll()
        for mode in (LIGHT, DARK):
            dress(page, mode)
            try:
                clerk.check_accessible()
            except AssertionError as problem:
                wrong.append(f"{mode}: {problem}")
            wrong += [f"{page.url} {mode}: {each}" for each in faults(page, office=True)]
    assert not wrong, "\n".join(wrong)


def test_the_register_on_paper(visit: Visit) -> None:
    """Printed, the picture keeps its cells and leaves the navigation behind."""
    clerk = visit(size=OFFICE)
    clerk.login("zhangning")
    page = clerk.go(REGISTER)
    page.emulate_media(media="print")
    clerk.shoot("print_register")
    expect(page.locator("nav.side")).to_be_hidden()
    expect(page.locator(".cell").first).to_be_visible()
