"""Every public page and the office's pages in light, dark and 大字版, on a phone and on a PC.

No violation for axe; nothing against look.md that can be measured (targets, contrast, type, width); nothing that moves.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import OFFICE, PHONE, Visit, keyboard
from tests.journeys.dripping import dripping
from tests.journeys.looking import DARK, LIGHT, dress, faults, shift, wear_large_type

MAIN = "11010700303701"
LEDGER = f"/compounds/{MAIN}/ledgers/"
PUBLIC = {
    "home": "/",
    "found": "/?q=小区",
    "nothing_found": "/?q=槐阴里",
    "area": "/?area=110107003",
    "compound": f"/compounds/{MAIN}/",
    "ledgers": LEDGER,
    "ledger": f"{LEDGER}{{month}}/",
    "voucher": f"/compounds/{MAIN}/vouchers/service/{{year}}/{{number}}/",
    "verify": "/verify/",
    "verdict": "/verify/{code}/",
    "privacy": "/privacy/",
    "login": "/login/",
}
BOOKS = f"/office/compounds/{MAIN}"
BOOK = f"{BOOKS}/books/service"
VOUCHER = f"{BOOK}/{{year}}/{{number}}"
BOOKKEEPER = {
    "workbench": "/office/",
    "password": "/office/password/",
    "desk": "/office/desk/",
    "pin": "/office/pin/",
    "keys": "/office/keys/",
    "search": "/office/search/?q=3-2-501",
    "scope": "/office/scope/",
    "office_compounds": "/office/compounds/",
    "office_compound": f"{BOOKS}/",
    "cash_book": f"{BOOK}/",
    "cash_book_closed": f"{BOOK}/?month={{month}}",
    "drafts": f"{BOOKS}/drafts/",
    "office_voucher": f"{VOUCHER}/",
    "voucher_papers": f"{VOUCHER}/papers/",
    "reversal": f"{VOUCHER}/reversal/",
    "correction": f"{VOUCHER}/correction/",
    "transfer": f"{BOOK}/transfer/",
    "held": f"{BOOK}/held/",
    "closings": f"{BOOKS}/closing/",
    "closing": f"{BOOKS}/closing/{{month}}/",
    "memo": f"{BOOKS}/memo/",
    "money_accounts": f"{BOOKS}/accounts/",
    "office_ledgers": f"{BOOKS}/ledgers/",
    "office_ledger": f"{BOOKS}/ledgers/{{month}}/",
    "history": "/office/history/",
}
HEAD = {
    "head_workbench": "/office/",
    "review": "/office/review/",
    "money_account_new": f"{BOOKS}/accounts/new/",
}
STREET = {
    "street_workbench": "/office/",
    "street_compounds": "/office/compounds/",
    "publish": "/office/ledgers/",
    "jobs": "/office/jobs/",
    "shared_accounts": "/office/shared-accounts/",
}
SIZES = pytest.mark.parametrize("size", [PHONE, OFFICE], ids=["390", "1280"])


def facts(visit: Visit) -> dict[str, str]:
    """Return what the addresses name: the newest ledger's month and code, one voucher of that month."""
    site = visit().site
    newest = site.newest_ledger(MAIN)
    line = next(line for book in newest["books"] if book["book"] == "service" for line in book["lines"])
    return {
        "month": newest["period"],
        "year": newest["period"][:4],
        "number": str(line["number"]),
        "code": newest["verify_url"].rstrip("/").rpartition("/")[2],
    }


def look_at(
    visit: Visit, size: tuple[int, int], pages: dict[str, str], username: str = "", large: bool = False
) -> None:
    """Open each page, once in light and once in dark, and collect what is wrong."""
    known = facts(visit)
    visitor = visit(size=size)
    page = visitor.page
    if username:
        visitor.login(username)
    if large:
        wear_large_type(page, visitor.site.url)
    wrong = []
    for name, path in pages.items():
        dress(page, LIGHT)
        visitor.go(path.format(**known))
        # Before the picture of the whole page, for which the window is stretched.
        wrong += [f"{page.url} moves {each}" for each in shift(page)]
        visitor.shoot(f"page_{name}{'_large' if large else ''}")
        for mode in (LIGHT,) if large else (LIGHT, DARK):
            dress(page, mode)
            try:
                visitor.check_accessible()
            except AssertionError as problem:
                wrong.append(f"{mode}: {problem}")
            wrong += [f"{page.url} {mode}: {each}" for each in faults(page, office=bool(username) or name == "login")]
    assert not wrong, "\n".join(wrong)


@SIZES
def test_public_pages(visit: Visit, size: tuple[int, int]) -> None:
    look_at(visit, size, PUBLIC)


EXPECT = b'<link rel="expect" href="#end" blocking="render">'


def moved_while_it_came(visit: Visit, size: tuple[int, int], without: bytes) -> list[str]:
    found: list[str] = []
    visitor = visit(size=size)
    with dripping(visitor.site.url, without=without) as url:
        for name in ("home", "compound"):
            visitor.page.goto(url + PUBLIC[name])
            found += [f"{name} moves {each}" for each in shift(visitor.page)]
    return found


@SIZES
def test_nothing_moves_while_a_page_comes(visit: Visit, size: tuple[int, int]) -> None:
    """On a slow net, or a machine that is slow to read the page in."""
    assert not moved_while_it_came(visit, size, b"")


def test_control_painted_piece_by_piece_a_page_moves(visit: Visit) -> None:
    moved = moved_while_it_came(visit, PHONE, EXPECT)
    assert any(each.startswith("compound") and "户" in each for each in moved), moved


@SIZES
def test_public_pages_in_large_type(visit: Visit, size: tuple[int, int]) -> None:
    look_at(visit, size, PUBLIC, large=True)


@SIZES
def test_the_bookkeepers_pages(visit: Visit, size: tuple[int, int]) -> None:
    look_at(visit, size, BOOKKEEPER, "wuli")


@SIZES
def test_the_heads_pages(visit: Visit, size: tuple[int, int]) -> None:
    look_at(visit, size, HEAD, "wangxiulan")


@SIZES
def test_the_streets_pages(visit: Visit, size: tuple[int, int]) -> None:
    look_at(visit, size, STREET, "limin")


def test_the_sheet_of_keys_opens_and_closes(visit: Visit) -> None:
    """? lists what the page can do by key, its own buttons among it; Esc takes it away and gives the focus back."""
    clerk = visit()
    clerk.login("wuli")
    page = clerk.go(f"{BOOK}/")
    page.locator("body").evaluate("document.activeElement.blur()")
    sheet = page.locator("#keys")
    expect(sheet).to_be_hidden()
    keyboard(page).press("?")
    expect(sheet).to_be_visible()
    for words in ("交给复核", "存草稿", "照抄上一笔", "查小区"):
        expect(sheet).to_contain_text(words)
    expect(sheet).not_to_contain_text("直接打开")
    clerk.check_accessible()
    keyboard(page).press("Escape")
    expect(sheet).to_be_hidden()
    keyboard(page).press("/")
    expect(page.locator("#search")).to_be_focused()
    keyboard(page).type("?")  # a sign that is typed
    expect(sheet).to_be_hidden()
    page.get_by_role("link", name="按键").click()
    expect(sheet).to_be_visible()

    without = visit(javascript=False)
    without.login("wuli")
    without.page.get_by_role("link", name="按键").click()
    expect(without.page.locator("h1")).to_have_text("按键")


def test_a_printed_page_has_no_navigation_and_is_black_on_white(visit: Visit) -> None:
    reader = visit(color_scheme="dark")
    page = reader.go(f"{LEDGER}{facts(visit)['month']}/")
    page.emulate_media(media="print", color_scheme="dark")
    for gone in (".masthead-links", ".foot-links", ".type-size"):
        expect(page.locator(gone).first).to_be_hidden()
    found = page.evaluate(
        "[document.body, ...document.querySelectorAll('.ledger td')].map(e => [getComputedStyle(e).color,"
        " getComputedStyle(e).backgroundColor].join()).filter((v, i, all) => all.indexOf(v) === i)"
    )
    assert set(found) == {"rgb(0, 0, 0),rgb(255, 255, 255)", "rgb(0, 0, 0),rgba(0, 0, 0, 0)"}
    assert page.locator(".ledger thead").first.evaluate("e => getComputedStyle(e).display") == "table-header-group"


def test_the_harness_is_awake(visit: Visit) -> None:
    """Negative control: a picture without words, a page too wide, an inline style and a missing file are all noticed."""
    visitor = visit(size=PHONE)
    page = visitor.go("/")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/static/none.png\">')")
    with pytest.raises(AssertionError, match="image-alt"):
        visitor.check_accessible()
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p style=\"color: red\">正</p>')")
    page.evaluate("document.querySelector('h1').textContent = '公'.repeat(40) + 'x'.repeat(400)")
    page.evaluate("document.querySelector('h1').style.whiteSpace = 'nowrap'")
    with pytest.raises(AssertionError, match="wider than the window"):
        visitor.check_no_sideways_scroll()
    assert any("wider" in each for each in faults(page))
    visitor.go("/")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('afterbegin', '<p>' + '迟来的话。<br>'.repeat(9) + '</p>')"
    )
    page.wait_for_timeout(300)
    assert "<header" in "\n".join(shift(page))
    page.wait_for_load_state("networkidle")
    found = "\n".join(visitor.complaints.found)
    assert "404 GET" in found and "Content Security Policy" in found
    visitor.complaints.found.clear()
