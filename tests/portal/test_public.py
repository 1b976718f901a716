"""The residents' site: what it shows, to whom it says nothing, and how it answers what it does not know."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pypdf
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path, reverse

from compounds.models import Area, Compound
from config.urls import urlpatterns as own_patterns
from core.choices import EvidenceKind
from core.codes import draw_code, show_code
from core.hashing import sha256_bytes
from core.models import Document, Entry
from core.money import show_money
from core.operations import NewDocument, NewFile, issue_document, machine, read_bytes, store_files
from fees.choices import BookKind
from fees.documents import Ledger, ledger_csv, ledger_json
from fees.models import Ledger as LedgerRow
from fees.models import Voucher
from fees.operations import Posting, issue_ledger, post_draft, post_postings, reverse_voucher
from fees.rules import Span
from portal.views import public
from tests import factories
from tests.factories import AT
from tests.fees.example_ledger import example_ledger, ledger_with_everything, make_ledger, next_version
from tests.html import faults_of
from tests.portal.office import valid, words

OCTOBER = date(2026, 10, 1)
# Who handled money, and who typed: none of them may ever stand on a public page.
CANARIES = {
    "payee": "测试甲收款人", "handler": "测试乙经手", "witness": "测试丙证明", "approver": "测试丁审批",
    "bookkeeper": "测试戊记账", "head": "测试己主任", "entered_for": "测试庚代录", "phone": "13912345678",
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """A filled site: one compound with two posted months and a third of vouchers that nobody has posted."""

    home: Compound
    october: LedgerRow
    red: Voucher
    reversed: Voucher
    later: Voucher


def put(ledger: Ledger, home: Compound) -> LedgerRow:
    """Hang out made-up data as a ledger, without a PDF."""
    text = ledger_json(ledger)
    files = store_files([NewFile("csv", ledger_csv(ledger)), NewFile("json", text.encode())])
    title = f"{home.name}{ledger.period}收支公示表"
    new = NewDocument(ledger.code, "ledger", title, ledger.version, home.area_code, text, ledger.sha256, files)
    document = issue_document(new, actor=machine("system"), at=factories.AT)
    return LedgerRow.objects.create(
        compound=home, code=ledger.period, version=ledger.version, first_month=ledger.first_on,
        last_month=ledger.last_on.replace(day=1), posted_on=ledger.posted_on, posted_until=ledger.posted_until,
        document=document,
    )  # fmt: skip


@pytest.fixture(scope="module")
def filled(module_db: Path) -> Site:
    home = factories.compound()
    Area.objects.filter(code=factories.COMMUNITY).update(office="八角南里社区居委会窗口", phone="010-6880-0001")
    bookkeeper = factories.user("committee_bookkeeper", home.code, CANARIES["bookkeeper"], phone=CANARIES["phone"])
    head = factories.user("committee_head", home.code, CANARIES["head"])
    who = {name: CANARIES[name] for name in ("payee", "handler", "witness", "approver", "entered_for")}

    def post(on: date, code: str, amount: str, **more: str) -> Voucher:
        typed = factories.data(home, on, code, amount, **who, **more)
        posting = Posting(typed, typed.book, typed.direction, typed.money_account, "test")
        return post_postings(home, [posting], entered_by=bookkeeper, reviewed_by=head, at=factories.AT)[0]

    factories.some_month(home, date(2026, 9, 1))
    factories.close(home, date(2026, 9, 1))
    issue_ledger(home, date(2026, 9, 1), actor=machine("system"), at=factories.AT)
    factories.some_month(home, OCTOBER)
    wrong = post(date(2026, 10, 20), "203", "435.00", summary="更换楼道感应灯")
    draft = reverse_voucher(wrong, date(2026, 10, 22), actor=bookkeeper, at=factories.AT)
    red = post_draft(draft.pk, actor=head, at=factories.AT)
    factories.close(home, OCTOBER)
    october, _ = issue_ledger(home, OCTOBER, actor=machine("system"), at=factories.AT)
    later = post(date(2026, 11, 3), "203", "80.00", summary="还没有公示的一笔")
    # A compound without any ledger, and one of a name that does not end.
    factories.compound(f"{factories.COMMUNITY}02", "春和院（演示）")
    factories.compound(f"{factories.OTHER_COMMUNITY}01", "丁香院一二三四五六七八九十号楼联合院落老旧住宅小区")
    return Site(home, october, red, wrong, later)


@pytest.fixture
def site(filled: Site) -> Iterator[Site]:
    with transaction.atomic():
        yield filled
        transaction.set_rollback(True)


def ledger_path(site: Site, tail: str = "/") -> str:
    return f"/compounds/{site.home.code}/ledgers/2026-10{tail}"


def voucher_path(voucher: Voucher) -> str:
    return f"/compounds/{voucher.book.compound.code}/vouchers/{voucher.book.kind}/{voucher.year}/{voucher.number}/"


def pages(site: Site) -> list[str]:
    return [
        "/",
        f"/?q={quote('槐荫')}",
        f"/?q={quote('没有这个')}",
        f"/?area={factories.STREET}",
        f"/?area={factories.COMMUNITY}",
        f"/compounds/{site.home.code}/",
        f"/compounds/{factories.COMMUNITY}02/",
        f"/compounds/{factories.OTHER_COMMUNITY}01/",
        f"/compounds/{site.home.code}/ledgers/",
        f"/compounds/{factories.COMMUNITY}02/ledgers/",
        ledger_path(site),
        voucher_path(site.red),
        voucher_path(site.reversed),
        "/privacy/",
    ]


# --- Every page ---------------------------------------------------------------------------------------------------


def test_every_page_is_for_everyone_and_for_caches(site: Site, client: Client) -> None:
    for address in pages(site):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer["Cache-Control"] == "public, max-age=60", address
        assert "Cookie" in answer["Vary"], address
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert not answer.cookies, f"{address} sets a cookie"


def test_every_page_is_valid_html_without_script_or_style(site: Site, client: Client) -> None:
    for address in [*pages(site), "/verify/", f"/verify/{site.october.document.code}/", "/verify/0/", "/none/"]:
        text = client.get(address).content.decode()
        assert not faults_of(text)
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", text), address
        assert text.count("<h1") == 1, address
        for link in re.findall(r'(?:href|action|src)="([^"]*)"', text):
            assert link.startswith(("/", "#", "tel:")) and not link.startswith("//"), f"{address}: {link}"


def test_head_answers_like_get_without_a_body(site: Site, client: Client) -> None:
    for address in [*pages(site), ledger_path(site, ".pdf"), f"/verify/{site.october.document.code}/", "/none/"]:
        got, asked = client.get(address), client.head(address)
        assert asked.status_code == got.status_code
        assert asked.content == b""
        assert asked["Content-Type"] == got["Content-Type"]


def test_other_methods_are_refused(site: Site, client: Client) -> None:
    for address in [*pages(site), ledger_path(site, ".json"), f"/verify/{site.october.document.code}/", "/type-size/"]:
        for method in ("post", "put", "delete", "patch"):
            assert getattr(client, method)(address).status_code == 405, (method, address)


def crawled(client: Client) -> dict[str, HttpResponse]:
    """Follow every link of the public site to the end."""
    waiting, seen = ["/"], {}
    while waiting:
        address = waiting.pop()
        if address in seen or address.startswith(("/office/", "/login/", "/static/", "/type-size/")):
            continue
        answer = seen[address] = client.get(address)
        if answer["Content-Type"].startswith("text/html"):
            for link in re.findall(r'(?:href|action)="(/[^"]*)"', answer.content.decode()):
                waiting.append(urljoin(address, link.replace("&amp;", "&").split("#")[0]))
    return seen


def readable(answer: HttpResponse) -> str:
    heads = " ".join(f"{name}: {value}" for name, value in answer.items())
    if answer["Content-Type"] == "application/pdf":
        reader = pypdf.PdfReader(io.BytesIO(answer.content))
        pages_text = "".join(page.extract_text() for page in reader.pages)
        return heads + pages_text + str(reader.metadata) + str(reader.xmp_metadata) + str(reader.attachments)
    return heads + answer.content.decode()


def test_no_name_and_no_telephone_of_anybody_is_public(site: Site, client: Client) -> None:
    found = crawled(client)
    kinds = {answer["Content-Type"].split(";")[0] for answer in found.values()}
    assert kinds == {"text/html", "application/pdf", "text/csv", "application/json"}
    assert voucher_path(site.red) in found
    for address, answer in found.items():
        assert answer.status_code < 400, address
        text = re.sub(r"\s", "", readable(answer))
        for what, canary in CANARIES.items():
            assert canary not in text, f"{what} stands on {address}"
        assert not re.search(r"(?<![0-9A-Za-z])1[3-9]\d{9}(?![0-9A-Za-z])", text), address


def test_control_the_canaries_are_in_the_books(site: Site) -> None:
    assert site.reversed.payee == CANARIES["payee"]
    assert site.reversed.entered_by.name == CANARIES["bookkeeper"]


# --- What does not exist ------------------------------------------------------------------------------------------


def test_whatever_does_not_exist_gets_the_same_answer(site: Site, client: Client) -> None:
    code = site.home.code
    addresses = [
        "/none/",
        "/compounds/11010700300199/",
        "/compounds/x/ledgers/",
        f"/compounds/{code}/ledgers/2026-11/",
        f"/compounds/{code}/ledgers/2026-11.pdf",
        ledger_path(site, ".html"),
        ledger_path(site, ".exe"),
        ledger_path(site, "/?version=2"),
        ledger_path(site, "/?version=-1"),
        ledger_path(site, "/?version=１"),
        f"/compounds/{code}/vouchers/service/2026/999/",
        f"/compounds/{code}/vouchers/none/2026/1/",
        f"/compounds/{factories.COMMUNITY}02/vouchers/service/2026/1/",
        f"/compounds/{code}/vouchers/service/99999999999999999999/1/",
        voucher_path(site.later),
        "/?area=110107999",
        "/?area=%00",
        f"/?area={factories.DISTRICT}",
        "/office/nothing/",
    ]
    answers = {address: client.get(address) for address in addresses}
    assert {address: a.status_code for address, a in answers.items()} == dict.fromkeys(addresses, 404)
    bodies = {a.content for a in answers.values()}
    assert len(bodies) == 1
    assert "没有这一页" in bodies.pop().decode()
    assert all(a["Cache-Control"] == "no-store" for a in answers.values())


def boom(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret of the inside")


urlpatterns = [path("boom/", boom), *own_patterns]
handler400 = "portal.views.errors.bad_request"
handler403 = "portal.views.errors.permission_denied"
handler404 = "portal.views.errors.page_not_found"
handler500 = "portal.views.errors.server_error"


@pytest.mark.urls(__name__)
def test_our_own_trouble_shows_nothing_of_the_inside(db: None, no_errors_in_logs: list) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get("/boom/")
    text = answer.content.decode()
    assert answer.status_code == 500
    number = re.search(r"报这个编号：([0-9A-F]{8})", text)
    assert number
    assert "secret" not in text and "RuntimeError" not in text
    assert any(number[1] in record.getMessage() for record in no_errors_in_logs)
    no_errors_in_logs.clear()


def test_an_evil_host_is_refused_and_never_printed(
    site: Site,
    client: Client,
    settings,
    no_errors_in_logs: list,  # type: ignore[no-untyped-def]
) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    for host in ("evil.example", "testserver.evil", "testserver:80@evil", "", "testserver\\evil", "a b", "[::1]"):
        answer = client.get("/", headers={"host": host})
        assert answer.status_code == 400, host
        assert "evil" not in answer.content.decode()
    no_errors_in_logs.clear()
    text = client.get(ledger_path(site)).content.decode()
    assert "testserver" not in text
    assert "evil" not in text


# --- Find ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["槐荫里", "3号", "八角街道", "八角南里社区", f"{factories.COMMUNITY}01", " 槐荫里 "])
def test_a_compound_is_found_by_name_address_street_and_code(site: Site, client: Client, typed: str) -> None:
    Compound.objects.filter(pk=site.home.pk).update(address="八角南里3号")
    text = client.get("/", {"q": typed}).content.decode()
    assert f'href="/compounds/{site.home.code}/"' in text
    assert "2026年10月的账" in text
    assert "丁香院" not in text


def test_nothing_found_says_what_to_try(site: Site, client: Client) -> None:
    text = client.get("/", {"q": "槐阴里<b>"}).content.decode()
    assert "没有找到&quot;槐阴里&lt;b&gt;&quot;" in text or '没有找到"槐阴里&lt;b&gt;"' in text
    assert "试试街道名，或扫楼下公示上的码。" in text
    assert 'value="槐阴里&lt;b&gt;"' in text


def test_streets_lead_to_communities_and_compounds(site: Site, client: Client) -> None:
    start = client.get("/").content.decode()
    assert f'href="/?area={factories.STREET}"' in start
    assert "2个小区" in start
    assert "槐荫里小区（演示）<wbr>2026年10月收支公示表" in start
    street = client.get("/", {"area": factories.STREET}).content.decode()
    assert f'href="/?area={factories.COMMUNITY}"' in street
    assert f'href="/compounds/{site.home.code}/"' in street
    assert "丁香院" not in street


@pytest.mark.parametrize("page", ["abc", "1e9", "-1", "0", "99999999999999999999999", "2", "１"])
def test_any_page_number_has_an_answer(site: Site, client: Client, page: str) -> None:
    for address in (f"/?area={factories.STREET}", f"/compounds/{site.home.code}/ledgers/?"):
        answer = client.get(f"{address}&page={quote(page)}")
        assert answer.status_code == 200
        assert site.home.code in answer.content.decode()


def test_long_lists_come_in_pages_that_keep_the_question(site: Site, client: Client) -> None:
    for n in range(3, 70):
        factories.compound(f"{factories.COMMUNITY}{n:02d}", f"第{n}院")
    first = client.get("/", {"area": factories.COMMUNITY}).content.decode()
    assert "第1页，共2页" in first
    following = re.search(r'href="([^"]*)" rel="next"', first)
    assert following
    second = client.get(f"/{following[1].replace('&amp;', '&')}").content.decode()
    assert "第2页，共2页" in second
    assert "第69院" in second


# --- A compound and its ledgers -----------------------------------------------------------------------------------


def test_the_compound_shows_its_last_month_in_figures_and_one_sentence(site: Site, client: Client) -> None:
    text = client.get(f"/compounds/{site.home.code}/").content.decode()
    # 3,412.50 + 6,480.00 + 450.00 in, 5,200.00 + 128.60 + 435.00 − 435.00 out, in September and October alike.
    assert "10,342.50" in text
    assert "5,328.60" in text
    assert "10月收的比花的多5,013.90元，都留在小区账上；平均每户花了1,332.15元。" in text
    assert "看10月每一笔" in text
    assert "238.99平方米" not in text
    assert "239.00平方米" in text
    assert "八角南里社区居委会窗口" in text
    assert "010-6880-0001" in text


def test_a_compound_without_a_ledger_says_what_will_stand_here(site: Site, client: Client) -> None:
    for address in (f"/compounds/{factories.COMMUNITY}02/", f"/compounds/{factories.COMMUNITY}02/ledgers/"):
        assert "还没有收支公示。每月结账、主任审定后，贴在这里。" in client.get(address).content.decode()


def test_the_page_shows_every_figure_of_the_data(site: Site, client: Client) -> None:
    text = client.get(ledger_path(site)).content.decode()
    data = json.loads(site.october.document.data)
    for book in data["books"]:
        for name in ("opening", "income", "expense", "closing"):
            assert show_money(Decimal(book[name])) in text
        for line in book["lines"]:
            assert show_money(Decimal(line["amount"])) in text
    groups = [data["sha256"][i : i + 8] for i in range(0, 64, 8)]
    assert " ".join(groups[:4]) in text
    assert " ".join(groups[4:]) in text
    assert show_code(data["code"]) in text
    assert '<span class="tag">红冲</span>冲销10月20日<wbr>第7号凭证' in text
    assert "−435.00" in text
    assert re.search(r'<tr class="[^"]*red', text)


@pytest.mark.parametrize("name", ["pdf", "csv", "json"])
def test_files_are_the_stored_bytes(site: Site, client: Client, name: str) -> None:
    stored = site.october.document.files.get(format=name)
    answer = client.get(ledger_path(site, f".{name}"))
    assert answer.content == read_bytes(stored.sha256)
    assert sha256_bytes(answer.content) == stored.sha256
    assert answer["ETag"] == f'"{stored.sha256}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"].split(";")[0] == {"pdf": "application/pdf", "csv": "text/csv"}.get(
        name, "application/json"
    )
    named = answer["Content-Disposition"]
    assert f'filename="ledger-{site.home.code}-2026-10-v1.{name}"' in named
    assert f"filename*=UTF-8''{quote('槐荫里小区（演示）2026年10月收支公示表第1版')}.{name}" in named
    assert client.get(ledger_path(site, f".{name}"), headers={"if-none-match": answer["ETag"]}).status_code == 304


def test_the_address_wins_over_accept(site: Site, client: Client) -> None:
    def kind(address: str, accept: str) -> str:
        return client.get(address, headers={"accept": accept})["Content-Type"].split(";")[0]

    assert kind(ledger_path(site), "text/html,*/*;q=0.8") == "text/html"
    assert kind(ledger_path(site), "*/*") == "text/html"
    assert kind(ledger_path(site), "application/json") == "application/json"
    assert kind(ledger_path(site, "/?format=csv"), "application/json") == "text/csv"
    assert kind(ledger_path(site, ".json"), "text/html") == "application/json"
    assert "Accept" in client.get(ledger_path(site))["Vary"]


def test_an_old_version_stays_and_says_that_it_was_replaced(site: Site, client: Client) -> None:
    home = Compound.objects.get(code=f"{factories.COMMUNITY}02")
    first = example_ledger(compound_code=home.code, compound_name=home.name)
    put(first, home)
    assert "代替" not in client.get(f"/compounds/{home.code}/ledgers/2026-10/").content.decode()
    second = put(make_ledger(next_version(first).books, code="ZZZZZZZZ0", version=2, compound_code=home.code), home)
    address = f"/compounds/{home.code}/ledgers/2026-10/"
    newest, old = client.get(address).content.decode(), client.get(f"{address}?version=1").content.decode()
    assert "第1次更正" in newest and "第2版" in newest
    assert f'href="{address}?version=1"' in newest
    assert "这一版已被更正版代替，现在是第2版" in old
    assert (
        client.get(f"{address}?version=2").content
        == client.get(address).content.replace(b"%2Fledgers%2F2026-10%2F&", b"%2Fledgers%2F2026-10%2F&")
        or client.get(f"{address}?version=2").status_code == 200
    )
    stored = second.document.files.get(format="json").sha256
    assert sha256_bytes(client.get(f"/compounds/{home.code}/ledgers/2026-10.json").content) == stored
    assert sha256_bytes(client.get(f"/compounds/{home.code}/ledgers/2026-10.json?version=1").content) != stored
    assert client.get(f"{address}?version=3").status_code == 404
    verdict = client.get(f"/verify/{first.code}/", {"format": "json"}).json()
    assert verdict["latest"] is False


def test_transfers_and_held_money_have_columns_of_their_own(site: Site, client: Client) -> None:
    home = Compound.objects.get(code=f"{factories.COMMUNITY}02")
    put(make_ledger(ledger_with_everything().books, compound_code=home.code), home)
    text = client.get(f"/compounds/{home.code}/ledgers/2026-10/").content.decode()
    assert "± 划转" in text and "± 代管" in text
    assert "另替别人保管押金等1,710.00元，不算小区的钱。" in text
    assert "月末还有50,578.30元" in text
    plain = client.get(ledger_path(site)).content.decode()
    assert "± 划转" not in plain and "± 代管" not in plain


# --- A voucher ----------------------------------------------------------------------------------------------------


def test_a_voucher_shows_its_impersonal_part_and_its_place_in_the_chain(site: Site, client: Client) -> None:
    text = client.get(voucher_path(site.reversed)).content.decode()
    assert "更换楼道感应灯" in text
    assert "435.00" in text
    assert f"第{site.reversed.seq}张" in text
    for stored in (site.reversed.hash, site.reversed.previous_hash):
        assert stored[:8] in text and stored[-8:] in text
    assert f'href="{ledger_path(site)}"' in text


def test_reversals_are_linked_both_ways(site: Site, client: Client) -> None:
    assert f'href="{voucher_path(site.reversed)}"' in client.get(voucher_path(site.red)).content.decode()
    assert f'href="{voucher_path(site.red)}"' in client.get(voucher_path(site.reversed)).content.decode()


def test_a_voucher_appears_with_the_ledger_that_shows_it(site: Site, client: Client) -> None:
    assert client.get(voucher_path(site.later)).status_code == 404
    factories.close(site.home, date(2026, 11, 1))
    assert client.get(voucher_path(site.later)).status_code == 404
    issue_ledger(site.home, date(2026, 11, 1), actor=machine("system"), at=factories.AT)
    assert client.get(voucher_path(site.later)).status_code == 200


# --- Verify -------------------------------------------------------------------------------------------------------


def test_a_code_is_answered_with_one_word_and_what_was_checked(site: Site, client: Client) -> None:
    code = site.october.document.code
    for typed in (code, show_code(code), code.lower(), code.replace("0", "O")):
        answer = client.get(f"/verify/{typed}/")
        text = answer.content.decode()
        assert '<p class="verdict good">一致</p>' in text
        assert "上月结余＝9月公示的月末结余" in text
        assert text.count("<dd>是</dd>") == 8
        assert "no-cache" in answer["Cache-Control"] or "no-store" in answer["Cache-Control"]


def test_the_answer_to_programs(site: Site, client: Client) -> None:
    code = site.october.document.code
    expected = {
        "code": code,
        "kind": "ledger",
        "genuine": True,
        "reason": "公布的账重新算过，没有改动。",
        "sha256": site.october.document.sha256,
        "latest": True,
    }
    assert client.get(f"/verify/{code}/", headers={"accept": "application/json"}).json() == expected
    assert client.get(f"/verify/{code}/?format=json").json() == expected
    assert client.get(f"/verify/{code}/?format=html", headers={"accept": "application/json"})[
        "Content-Type"
    ].startswith("text/html")


def test_who_guesses_codes_waits_and_who_knows_one_is_not_counted(site: Site, client: Client) -> None:
    known = reverse("verify_code", args=[site.october.document.code])
    for _ in range(61):
        assert client.get(known).status_code == 200
    with time_machine.travel(AT, tick=False):
        answers = [client.get(reverse("verify_code", args=[draw_code()])).status_code for _ in range(61)]
        assert answers == [404] * 60 + [429]
        assert client.get(known).status_code == 429


def test_an_unknown_code_and_a_mistyped_one_get_one_answer(site: Site, client: Client) -> None:
    unknown = "00000000" + "0"
    mistyped = site.october.document.code[:-1] + ("X" if site.october.document.code[-1] != "X" else "Y")
    bodies = set()
    for typed in (unknown, mistyped):
        answer = client.get(f"/verify/{typed}/")
        assert answer.status_code == 404
        bodies.add(re.sub(typed + "|" + re.escape(show_code(typed)), "CODE", answer.content.decode()))
        told = client.get(f"/verify/{typed}/?format=json")
        assert told.status_code == 200
        assert told.json() == {
            "code": typed, "kind": None, "genuine": False, "reason": "没有这份公示。", "sha256": None, "latest": False,
        }  # fmt: skip
    assert len(bodies) == 1


def test_a_typed_code_leads_to_its_answer(site: Site, client: Client) -> None:
    code = site.october.document.code
    answer = client.get("/verify/", {"code": f" {show_code(code).lower()} "})
    assert (answer.status_code, answer["Location"]) == (302, f"/verify/{code}/")
    assert client.get("/verify/", {"code": "７Ｋ２"}).status_code == 404
    empty = client.get("/verify/", {"code": ""})
    assert empty.status_code == 200
    assert "公示编号没有填。" in empty.content.decode()


def sent(client: Client, content: bytes, name: str = "x.pdf") -> HttpResponse:
    return client.post("/verify/", {"file": SimpleUploadedFile(name, content)})


def test_a_file_is_judged_and_not_kept(site: Site, client: Client, own_files: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in own_files.rglob("*")}
    rows = (Document.objects.count(), Entry.objects.count())
    pdf = client.get(ledger_path(site, ".pdf")).content
    exact = client.get(ledger_path(site, ".json")).content
    data = json.loads(exact)
    data["books"][1]["expense"] = "5290.00"
    changed = json.dumps(data).encode()
    for content, word in ((pdf, "一字不差"), (exact, "一字不差"), (pdf + b" ", "不一致"), (b"", "不一致")):
        assert f">{word}</p>" in sent(client, content).content.decode()
    text = sent(client, changed).content.decode()
    assert ">不一致</p>" in text
    assert "5,418.60" in text and "5,328.60" in text
    assert '支出相差<span class="nb">90.00元</span>。' in text
    assert "没有保存" in text
    assert {path: path.stat().st_mtime_ns for path in own_files.rglob("*")} == before
    assert (Document.objects.count(), Entry.objects.count()) == rows


def test_a_file_with_markup_in_it_is_shown_as_text(site: Site, client: Client) -> None:
    data = json.loads(client.get(ledger_path(site, ".json")).content)
    data["books"][0]["lines"][0]["summary"] = "<img src=x onerror=alert(1)>"
    data["books"][0]["lines"][0]["amount"] = "<script>"
    text = sent(client, json.dumps(data).encode()).content.decode()
    assert "&lt;img src=x" in text
    assert "<img" not in text and "<script" not in text
    assert not faults_of(text)


def test_programs_learn_of_a_file_too(site: Site, client: Client) -> None:
    file = SimpleUploadedFile("x", client.get(ledger_path(site, ".csv")).content)
    told = client.post("/verify/", {"file": file}, headers={"accept": "application/json"}).json()
    assert (told["genuine"], told["code"]) == (True, site.october.document.code)


def test_a_file_that_is_missing_or_too_large_is_refused_in_words(site: Site, client: Client) -> None:
    nothing = client.post("/verify/", {})
    assert nothing.status_code == 400
    assert "还没有选文件。" in nothing.content.decode()
    large = sent(client, b"x" * (10 * 1024 * 1024 + 1))
    assert large.status_code == 400
    assert "文件太大，最大10MB。" in large.content.decode()


def test_a_file_needs_the_token_of_its_form(site: Site) -> None:
    client = Client(enforce_csrf_checks=True)
    refused = sent(client, b"x")
    assert refused.status_code == 403
    assert "这个页面放得太久了" in refused.content.decode()
    form = client.get("/verify/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token
    file = SimpleUploadedFile("x", b"x")
    assert client.post("/verify/", {"file": file, "csrfmiddlewaretoken": token[1]}).status_code == 200


# --- Size of type, probes -----------------------------------------------------------------------------------------


def test_the_size_of_type_is_kept_in_a_cookie(site: Site, client: Client) -> None:
    back = ledger_path(site)
    normal = client.get(back).content.decode()
    assert 'class="residents"' in normal
    switch = re.search(r'class="type-size" href="([^"]+)"', normal)
    assert switch
    answer = client.get(switch[1].replace("&amp;", "&"))
    assert (answer.status_code, answer["Location"]) == (302, back)
    cookie = answer.cookies["type"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("large", True, "Lax")
    large = client.get(back).content.decode()
    assert 'class="residents large"' in large
    assert "标准字" in large
    client.get("/type-size/?size=normal&next=/")
    assert 'class="residents"' in client.get(back).content.decode()


EVIL = [
    "//evil", "///evil", "////evil", "/\\evil", "\\\\evil", "https:evil", "https://evil", "http:///evil", "javascript:alert(1)",
    "%0d%0aLocation:%20//evil", "/%0d%0aSet-Cookie:a=b", "//evil%2f..", "//evil@testserver", "https://testserver.evil",
    "data:text/html,x", "ftp://evil", " //evil", "\t//evil", "/ /evil", "evil.example", "@evil", "?next=//evil", "#//evil",
    "//[::1]", "http://127.0.0.1:80@evil", "\x00//evil", "/\t/evil", "//evil\\@x", "https:/\\evil", "",
]  # fmt: skip


@pytest.mark.parametrize("back", EVIL)
def test_the_switch_leads_nowhere_else(client: Client, back: str) -> None:
    answer = client.get("/type-size/", {"size": "large", "next": back})
    assert answer.status_code == 302
    target = urlsplit(urljoin("http://testserver/type-size/", answer["Location"]))
    assert target.netloc == "testserver"
    assert target.scheme == "http"
    assert answer["Location"].startswith("/") and not answer["Location"].startswith(("//", "/\\"))
    assert list(answer.cookies) == ["type"]


def test_behind_https_the_cookie_is_bound_to_the_host(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.HTTPS = True
    cookie = client.get("/type-size/?size=large").cookies["__Host-type"]
    assert cookie["secure"] and cookie["path"] == "/" and not cookie["domain"]


def test_the_probes_say_what_is_there(site: Site, client: Client, settings, no_errors_in_logs: list) -> None:  # type: ignore[no-untyped-def]
    assert client.get("/healthz").json() == {"ok": True}
    settings.REDIS_URL = ""
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ok": True, "database": True, "documents": True})
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    down = client.get("/readyz")
    assert (down.status_code, down.json()["broker"]) == (503, False)
    no_errors_in_logs.clear()


def test_a_store_that_cannot_be_written_is_not_ready(
    site: Site,
    client: Client,
    settings,
    tmp_path: Path,
    no_errors_in_logs: list,  # type: ignore[no-untyped-def]
) -> None:
    settings.REDIS_URL = ""
    (tmp_path / "file").write_text("in the way")
    options = {"BACKEND": "core.storage.FolderStorage", "OPTIONS": {"location": str(tmp_path / "file")}}
    settings.STORAGES = {**settings.STORAGES, "default": options}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["documents"]) == (503, False)
    no_errors_in_logs.clear()


def test_a_database_that_is_down_is_not_ready(
    site: Site, client: Client, monkeypatch: pytest.MonkeyPatch, no_errors_in_logs: list
) -> None:
    from django.db import OperationalError

    def refuse() -> None:
        raise OperationalError("no")

    monkeypatch.setattr(public.connection, "cursor", refuse)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    no_errors_in_logs.clear()


# --- Queries ------------------------------------------------------------------------------------------------------


def counted(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_pages_ask_a_fixed_number_of_questions(site: Site, client: Client) -> None:
    home = Compound.objects.get(code=f"{factories.COMMUNITY}02")

    def month(n: int) -> Ledger:
        return make_ledger(
            example_ledger().books, code=f"TESTTEST{n}", compound_code=home.code, period=f"2026-{n:02d}",
            first_on=date(2026, n, 1), last_on=date(2026, n, 28),
        )  # fmt: skip

    put(month(1), home)
    addresses = ["/", f"/?area={factories.STREET}", f"/?q={quote('院')}", *(
        f"/compounds/{home.code}/{tail}" for tail in ("", "ledgers/", "ledgers/2026-01/")
    )]  # fmt: skip
    one = {address: counted(client, address) for address in addresses}
    for n in (2, 3):
        put(month(n), home)
        other = factories.compound(f"{factories.COMMUNITY}0{n + 1}", f"第{n}院")
        put(make_ledger(example_ledger().books, code=f"OTHEROTH{n}", compound_code=other.code), other)
    three = {address: counted(client, address) for address in addresses}
    assert one == three
    assert max(one.values()) <= 12
    fixed = [voucher_path(site.red), f"/verify/{site.october.document.code}/", "/privacy/", ledger_path(site, ".pdf")]
    assert max(counted(client, address) for address in fixed) <= 12


def test_a_page_with_papers_attached_asks_no_more(site: Site, client: Client) -> None:
    """The voucher's page does not read its papers: they are shown at the counter only."""
    from core.operations import add_attachment
    from fees.models import VoucherEvidence

    address = voucher_path(site.red)
    before = counted(client, address)
    paper = add_attachment(
        b"%PDF-1.4 x\nstartxref\n0\n%%EOF", name="发票.pdf", kind=EvidenceKind.E_INVOICE, number="123", area_code=site.home.area_code,
        actor=machine("system"), at=factories.AT,
    )  # fmt: skip
    VoucherEvidence.objects.create(voucher=site.red, kind=EvidenceKind.E_INVOICE, number="123", attachment=paper)
    assert counted(client, address) == before
    assert "发票.pdf" not in client.get(address).content.decode()


def test_both_books_are_linked(site: Site, client: Client) -> None:
    text = client.get(ledger_path(site)).content.decode()
    for book in BookKind.values:
        assert f"/compounds/{site.home.code}/vouchers/{book}/2026/" in text


def test_a_quarter_shows_sums_by_month_then_every_line(site: Site, client: Client, quick_pdf: None) -> None:
    for month in (11, 12):
        factories.some_month(site.home, date(2026, month, 1))
        factories.close(site.home, date(2026, month, 1))
    row, _ = issue_ledger(site.home, Span.parse("2026-Q4"), actor=machine("system"), at=factories.AT)
    html = valid(client.get(f"/compounds/{site.home.code}/ledgers/2026-Q4/"))
    text = words(html)
    assert "2026年第四季度收支公示表" in text and "这个季度的结论" in text
    assert text.index("各月合计") < text.index("按类合计") < text.index("每一笔")
    assert f'href="/compounds/{site.home.code}/ledgers/2026-10/"' in html  # a month that hangs too
    assert f'href="/compounds/{site.home.code}/ledgers/2026-12/"' not in html
    shown = json.loads(row.document.data)
    for book in shown["books"]:
        for line in book["lines"]:
            address = f"/vouchers/{book['book']}/{line['on'][:4]}/{line['number']}/"
            assert address in html
    listed = words(valid(client.get(f"/compounds/{site.home.code}/ledgers/")))
    assert "2026年全年、半年、季度" in listed and "2026年第四季度" in listed and "2026年各月" in listed
    home = words(valid(client.get(f"/compounds/{site.home.code}/")))
    assert "2026年第四季度收支公示表" in home and "10月的账" in home  # the newest month stays the page's own
    old = words(valid(client.get(f"/compounds/{site.home.code}/ledgers/?year=1999")))
    assert "2026年各月" in old
