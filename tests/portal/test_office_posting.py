"""The office page of a posted ledger: photographs from a phone, where it hangs, and what it says in WeChat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from compounds.choices import Role
from compounds.models import Compound
from fees.models import Ledger, PostingProof
from fees.operations import prove_posting
from portal.waiting import PROOF_ASKED_DAYS
from tests import factories
from tests.portal.office import CODE, NOW, browser, see, valid, words

pytestmark = pytest.mark.django_db
PAGE = f"{CODE}ledgers/2026-10/"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    sheet = type("Sheet", (), {"bytes": b"%PDF-", "pages": 1})()
    with time_machine.travel(NOW, tick=False), patch("fees.operations.issuing.pdf.render", return_value=sheet):
        yield


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def ledger(home: Compound) -> Ledger:
    return factories.issued(home)


@pytest.fixture
def head(ledger: Ledger) -> Client:
    return browser(factories.user(Role.COMMITTEE_HEAD, ledger.compound.code))


def photo(colour: str = "red", name: str = "IMG_0417.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, factories.picture(colour), "image/png")


def take(client: Client, *photographs: SimpleUploadedFile, **fields: Any) -> str:
    data = {"place": "小区公示栏", "other": "", "on": f"{NOW:%m-%d}", "photographs": list(photographs)} | fields
    return valid(client.post(PAGE, data, follow=True))


def test_head_photographs_two_places_and_residents_read_where_it_hangs(head: Client, ledger: Ledger) -> None:
    said = see(head, PAGE)
    assert "还差2处" in said and "每处挂满7天" in said and "发到微信群的话" in said
    assert "存好了：小区公示栏，照片2张。还差1处。" in words(take(head, photo("red"), photo("lime", "b.png")))
    said = words(take(head, photo("blue"), place="-", other="东门公告栏"))
    assert "已经贴满2处" in said and "已贴2处，要挂到" in said
    public = see(Client(), f"/compounds/{ledger.compound.code}/ledgers/2026-10/")
    assert "贴在小区公示栏、东门公告栏" in public and "照片" not in public
    assert "已贴2处" in see(head, f"{CODE}ledgers/")


def test_photographs_are_for_the_office_only(head: Client, ledger: Ledger) -> None:
    """They may show people: out of scope and in public they do not exist."""
    take(head, photo())
    paper = PostingProof.objects.get().attachment
    assert paper.kind == "notice_photo" and paper.area_code == ledger.compound.area_code
    url = f"/office/attachments/{paper.pk}/"
    assert head.get(url).status_code == 200
    assert Client().get(url).status_code == 302
    stranger = browser(factories.user(Role.COMMITTEE_HEAD, f"{factories.COMMUNITY}77"))
    assert stranger.get(url).status_code == 404


def test_faults_stand_at_their_fields_and_photographs_are_kept(head: Client, ledger: Ledger) -> None:
    html = take(head, photo(), place="-", on="13-40")
    said = words(html)
    assert "贴在哪里没有填" in said and "IMG_0417.png，已经收到" in said and 'value="13-40"' in html
    assert not PostingProof.objects.exists()
    token = html.partition('name="kept" value="')[2].partition('"')[0]
    take(head, kept=token)
    assert PostingProof.objects.get().place == "小区公示栏"


def test_token_of_another_ledger_is_nothing(head: Client, ledger: Ledger) -> None:
    html = take(head, photo(), on="13-40")
    token = html.partition('name="kept" value="')[2].partition('"')[0]
    other = factories.issued(factories.compound(f"{factories.COMMUNITY}09", "春和院（演示）"))
    client = browser(factories.user(Role.COMMITTEE_HEAD, other.compound.code))
    url = f"/office/compounds/{other.compound.code}/ledgers/2026-10/"
    for kept in (token, "x", ""):
        data = {"place": "小区公示栏", "on": f"{NOW:%m-%d}", "kept": kept}
        assert "还没有照片" in words(valid(client.post(url, data, follow=True)))
    assert not PostingProof.objects.exists()


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (None, "还没有照片"),
        (SimpleUploadedFile("a.svg", b"<svg/>"), "打不开"),
        (SimpleUploadedFile("a.pdf", b"%PDF-1.7\nstartxref\n0\n%%EOF"), "不是照片"),
        (SimpleUploadedFile("big.jpg", b"\xff\xd8" + b"0" * (40 * 1024 * 1024)), "文件太大：40MB"),
    ],
)
def test_what_is_no_photograph_is_told(head: Client, file: SimpleUploadedFile | None, sentence: str) -> None:
    if file is not None:
        file.seek(0)
    assert sentence in words(take(head, *([file] if file else [])))
    assert not PostingProof.objects.exists()


def test_more_than_six_at_once_and_days_that_cannot_be(head: Client, ledger: Ledger) -> None:
    many = [photo(f"#00000{n}", f"{n}.png") for n in range(7)]
    assert "一次最多6张照片" in words(take(head, *many))
    tomorrow, before = NOW + timedelta(days=1), ledger.posted_on - timedelta(days=1)
    assert "还没到" in words(take(head, photo(), on=tomorrow.date().isoformat()))
    assert "不会更早贴出" in words(take(head, photo(), on=before.isoformat()))
    assert not PostingProof.objects.exists()


def test_used_photograph_is_named(head: Client, ledger: Ledger) -> None:
    take(head, photo())
    said = words(take(head, photo(), place="大门口"))
    assert "这张照片已经用过：槐荫里小区（演示）2026-10的公示，贴在小区公示栏" in said
    assert "这些照片早先已经存好" in words(take(head, photo()))
    assert PostingProof.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.COMMITTEE_BOOKKEEPER, True), (Role.COMMITTEE_DEPUTY, True), (Role.COMMUNITY_CLERK, True),
        (Role.AUDITOR, False), (Role.COMMITTEE_CASHIER, False), (Role.STREET_STAFF, False),
    ],
)  # fmt: skip
def test_who_photographs(ledger: Ledger, role: str, may: bool) -> None:
    area = ledger.compound.code[: {Role.COMMUNITY_CLERK: 12, Role.STREET_STAFF: 9}.get(Role(role), 14)]
    client = browser(factories.user(role, area))
    assert ("存好这一处" in see(client, PAGE)) == may
    data = {"place": "小区公示栏", "on": f"{NOW:%m-%d}", "photographs": photo()}
    assert client.post(PAGE, data).status_code == (302 if may else 403)


def test_page_of_what_is_not_posted_does_not_exist(head: Client) -> None:
    for period in ("2026-09", "x", "2026-Q4"):
        assert head.get(f"{CODE}ledgers/{period}/").status_code == 404
    for version in ("2", "x", "99999"):
        assert head.get(PAGE, {"version": version}).status_code == 404


# --- The workbench ------------------------------------------------------------------------------------------------


def test_row_waits_until_two_places_are_shown(ledger: Ledger, head: Client) -> None:
    assert "10月收支公示贴上墙要贴2处，还没有照片传照片" in see(head, "/office/")
    take(head, photo())
    assert "拍了1处，还差1处" in see(head, "/office/")
    take(head, photo("blue"), place="大门口")
    assert "没有等您办的事" in see(head, "/office/")


def test_street_sees_who_lacks_photographs_after_three_days(ledger: Ledger) -> None:
    staff = factories.user(Role.STREET_STAFF, factories.STREET)
    assert "照片" not in see(browser(staff), "/office/")
    with time_machine.travel(NOW + timedelta(days=4), tick=False):
        client = browser(staff)
        assert "1个小区10月收支公示没有贴满2处的照片" in see(client, "/office/")
        assert "已公示还没有" in see(client, "/office/ledgers/", period="2026-10")
    with time_machine.travel(NOW + timedelta(days=PROOF_ASKED_DAYS + 1), tick=False):
        assert "没有贴满" not in see(browser(staff), "/office/")
    for place, colour in (("东门", "red"), ("西门", "blue")):
        from core.operations import machine, store_paper

        paper = store_paper(factories.picture(colour), name="a.png")
        prove_posting(ledger, place, ledger.posted_on, [paper], actor=machine("system"), at=NOW)
    with time_machine.travel(NOW + timedelta(days=4), tick=False):
        assert "没有贴满" not in see(browser(staff), "/office/")
