"""Every public page and the main office pages: no violation for axe, nothing wider than the window, phone and PC."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import OFFICE, PHONE, Visit

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
BOOKKEEPER = {
    "workbench": "/office/",
    "password": "/office/password/",
    "search": "/office/search/?q=3-2-501",
    "scope": "/office/scope/",
    "office_compounds": "/office/compounds/",
    "office_compound": f"{BOOKS}/",
    "cash_book": f"{BOOKS}/books/service/",
    "cash_book_closed": f"{BOOKS}/books/service/?month={{month}}",
    "drafts": f"{BOOKS}/drafts/",
    "office_voucher": f"{BOOKS}/books/service/{{year}}/{{number}}/",
    "reversal": f"{BOOKS}/books/service/{{year}}/{{number}}/reversal/",
    "closings": f"{BOOKS}/closing/",
    "closing": f"{BOOKS}/closing/{{month}}/",
    "office_ledgers": f"{BOOKS}/ledgers/",
    "history": "/office/history/",
}
HEAD = {"head_workbench": "/office/", "review": "/office/review/"}
STREET = {
    "street_workbench": "/office/",
    "street_compounds": "/office/compounds/",
    "publish": "/office/ledgers/",
    "jobs": "/office/jobs/",
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


def look_at(visit: Visit, size: tuple[int, int], pages: dict[str, str], username: str = "") -> None:
    known = facts(visit)
    visitor = visit(size=size)
    if username:
        visitor.login(username)
    wrong = []
    for name, path in pages.items():
        visitor.go(path.format(**known))
        visitor.shoot(f"page_{name}")
        try:
            visitor.check_no_sideways_scroll()
            visitor.check_accessible()
        except AssertionError as problem:
            wrong.append(str(problem))
    assert not wrong, "\n\n".join(wrong)


@SIZES
def test_public_pages(visit: Visit, size: tuple[int, int]) -> None:
    look_at(visit, size, PUBLIC)


@SIZES
def test_the_bookkeepers_pages(visit: Visit, size: tuple[int, int]) -> None:
    look_at(visit, size, BOOKKEEPER, "wuli")


@SIZES
def test_the_heads_pages(visit: Visit, size: tuple[int, int]) -> None:
    look_at(visit, size, HEAD, "wangxiulan")


@SIZES
def test_the_streets_pages(visit: Visit, size: tuple[int, int]) -> None:
    look_at(visit, size, STREET, "limin")


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
    page.wait_for_load_state("networkidle")
    found = "\n".join(visitor.complaints.found)
    assert "404 GET" in found and "Content Security Policy" in found
    visitor.complaints.found.clear()
