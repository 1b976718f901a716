"""Looking over a whole book, its exports and its prints: filters, balances, parts, what stands in the history."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compounds.choices import Role
from compounds.models import Compound
from core.models import Entry, User
from core.spreadsheets import Figure
from fees.models import MoneyAccount, Voucher
from fees.operations import post_draft, reverse_voucher
from portal.views.office import prints
from tests import factories
from tests.portal.office import NOW, SERVICE, browser, see, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
SEARCH, EXPORT, PRINT = f"{SERVICE}search/", f"{SERVICE}export", f"{SERVICE}print/"


@pytest.fixture
def home() -> Compound:
    """Two months with a paper, a reversal, a transfer, money held, and an opening of 1,000.00."""
    made = factories.compound()
    factories.open_with(made, date(2026, 8, 31), {"service": {"bank": "1000.00"}})
    service = factories.books(made)["service"]
    cash = factories.purse(service, "cash")
    rows = [
        factories.data(made, date(2026, 9, 5), "101", "300.00", summary="居民缴费，现金", payee="居民", means="cash"),
        factories.data(made, date(2026, 9, 8), "203", "80.00", summary="修水管", payee="管工张师傅", handler="李敏",
                       attachments=(factories.paper(made, "0417"),)),
        factories.data(made, date(2026, 9, 9), "301", "50.00", summary="取现金", to_account=cash),
        factories.data(made, date(2026, 10, 3), "401", "20.00", summary="门禁卡押金"),
        factories.data(made, date(2026, 10, 4), "203", "12.50", summary="=cmd|' /C calc'!A0", decision="〔2026〕7号"),
        factories.data(made, date(2026, 10, 5), "103", "120.00", summary="停车月租"),
    ]  # fmt: skip
    factories.post(made, rows)
    keeper, head = factories.people(made)
    wrong = Voucher.objects.get(book=service, number=5)
    post_draft(reverse_voucher(wrong, date(2026, 10, 6), actor=keeper, at=NOW).pk, actor=head, at=NOW)
    return made


@pytest.fixture
def keeper(home: Compound) -> Client:
    return browser(User.objects.get(name="吴丽"))


def found(client: Client, **query: str) -> list[int]:
    """Return the numbers of the vouchers that a search shows, in its order."""
    page = client.get(SEARCH, query).context
    return [row.cash.voucher.number for row in page["rows"]] if page["found"] else []


EVERY = [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, EVERY),
        ({"since": "2026-09-08", "until": "2026-10-03"}, [2, 3, 4]),
        ({"since": "10-4"}, [5, 6, 7]),
        ({"words": "水管"}, [2]),
        ({"words": "李敏"}, [2]),
        ({"words": "2026〕7"}, [5]),
        ({"words": "%"}, []),
        ({"who": "张师傅"}, [2]),
        ({"direction": "transfer_out"}, [3]),
        ({"direction": "held_in"}, [4]),
        ({"account": "203"}, [2, 5, 7]),
        ({"source": "residents"}, [1]),
        ({"source": "unknown"}, [2, 5, 7]),
        ({"service_line": "repair"}, [2, 5, 7]),
        ({"least": "80", "most": "１２０"}, [2, 6]),
        ({"most": "12.5"}, [5, 7]),
        ({"number": "第2号至第4号"}, [2, 3, 4]),
        ({"number": "6"}, [6]),
        ({"papers": "with"}, [2]),
        ({"papers": "without"}, [1, 3, 4, 5, 6, 7]),
        ({"red": "on"}, [5, 7]),
        ({"account": "203", "papers": "without", "red": "on", "least": "12.50"}, [5, 7]),
    ],
)
def test_every_filter(keeper: Client, query: dict[str, str], numbers: list[int]) -> None:
    assert found(keeper, **query) == numbers


def test_a_money_account_is_found_on_both_ends(home: Compound, keeper: Client) -> None:
    cash = MoneyAccount.objects.get(book__compound=home, book__kind="service", means="cash")
    assert found(keeper, where=str(cash.pk)) == [1, 3]


def test_balances_are_the_whole_books(keeper: Client) -> None:
    page = keeper.get(SEARCH, {"account": "203"})
    said = words(valid(page))
    assert [str(row.cash.balance) for row in page.context["rows"]] == ["1220.00", "1227.50", "1360.00"]
    assert "查到3张凭证，3行：收入栏0.00元，支出栏80.00元。" in said and "已被007冲销" in said
    assert "合计0.0080.00" in said


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "10-32"}, "开始日期看不懂"),
        ({"since": "10-5", "until": "10-4"}, "结束的日子早于开始的日子。"),
        ({"least": "12o0"}, "里有字母o"),
        ({"least": "5", "most": "4"}, "金额的上限小于下限。"),
        ({"number": "4-2"}, "凭证号要从小到大"),
        ({"number": "abc"}, '凭证号看不懂："abc"'),
        ({"account": "999"}, "有1处要改"),
        ({"words": "没有这样的字"}, "没有这样的账。"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(keeper: Client, query: dict[str, str], sentence: str) -> None:
    html = valid(keeper.get(SEARCH, query))
    assert sentence in words(html)
    assert all(f'value="{value}"' in html for name, value in query.items() if name != "account")


def test_pages_of_a_hundred_with_right_balances(home: Compound, keeper: Client) -> None:
    factories.post(home, [factories.data(home, date(2026, 10, 20), "101", "1.00") for _ in range(240)])
    page = keeper.get(SEARCH, {"page": "3", "least": "1", "most": "1"})
    assert len(page.context["rows"]) == 40
    assert str(page.context["rows"][-1].cash.balance) == "1600.00"
    assert "第3页，共3页" in words(valid(page))


def test_queries_do_not_grow_with_the_book(home: Compound, keeper: Client) -> None:
    counts = []
    for count in (1, 200):
        factories.post(home, [factories.data(home, date(2026, 10, 20), "101", "1.00") for _ in range(count)])
        with CaptureQueriesContext(connection) as queries:
            keeper.get(SEARCH)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 20


# --- Exports ------------------------------------------------------------------------------------------------------


def test_csv_of_a_month_and_of_a_search(home: Compound, keeper: Client) -> None:
    answer = keeper.get(f"{EXPORT}.csv", {"month": "2026-10"})
    assert answer["Content-Disposition"] == f'attachment; filename="{home.code}_service_2026-10.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["凭证号"] for row in rows] == ["4", "5", "6", "7"]
    assert rows[1]["摘要"] == "'=cmd|' /C calc'!A0" and rows[1]["红冲"] == "已被第7号冲销"
    assert (rows[3]["支出"], rows[3]["余额"], rows[3]["红冲"]) == ("-12.50", "1360.00", "冲销第5号")
    rows = list(
        csv.DictReader(io.StringIO(keeper.get(f"{EXPORT}.csv", {"papers": "with"}).content.decode("utf-8-sig")))
    )
    assert [(row["凭证号"], row["票据张数"], row["余额"]) for row in rows] == [("2", "1", "1220.00")]
    said = [entry.summary for entry in Entry.objects.filter(action="book.export")]
    assert said == ["导出物业服务经费查到的1行（csv）", "导出物业服务经费2026年10月4行（csv）"]


def test_workbook_has_no_formula_and_amounts_are_numbers(keeper: Client) -> None:
    content = keeper.get(f"{EXPORT}.xlsx", {"month": "2026-10"}).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and "<v>-12.5</v>" in sheet and "<v>1360</v>" in sheet
    assert isinstance(Figure("1.00"), str)


def test_what_is_no_export_is_no_page(keeper: Client) -> None:
    for url in (f"{EXPORT}.pdf", f"{EXPORT}.csv?month=2026-1", f"{EXPORT}.csv?least=x", f"{SERVICE}print/month.pdf"):
        assert keeper.get(url).status_code == 404, url


# --- Prints -------------------------------------------------------------------------------------------------------


def test_the_page_offers_a_months_papers_and_a_range(keeper: Client) -> None:
    said = see(keeper, PRINT, month="2026-10")
    assert "共1页" in said and "第4号至第7号，4张" in said and "4行" in said
    said = see(keeper, PRINT, month="2026-10", year="2026", number="2-3")
    assert "第2号至第3号，2张" in said
    assert "这本账里没有这些号。" in see(keeper, PRINT, month="2026-10", year="2026", number="90")
    assert "凭证号要从小到大" in see(keeper, PRINT, month="2026-10", year="2026", number="9-2")
    assert "年度填四位数字" in see(keeper, PRINT, month="2026-10", year="二六", number="9")
    assert "打印和导出" in see(keeper, SERVICE) and "打印这张" in see(keeper, f"{SERVICE}2026/1/")


@pytest.mark.usefixtures("quick_pdf")
def test_large_prints_come_in_parts(home: Compound, keeper: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prints, "VOUCHERS_A_FILE", 3)
    monkeypatch.setattr(prints, "SHEETS_A_FILE", 1)
    factories.post(home, [factories.data(home, date(2026, 10, 20), "101", "1.00") for _ in range(40)])
    said = see(keeper, PRINT, month="2026-10")
    assert "第4号至第6号，3张" in said and "第46号至第47号，2张" in said and "第3页至第3页" in said
    month = {"month": "2026-10"}
    assert keeper.get(f"{PRINT}vouchers.pdf", month | {"part": "15"})["Content-Type"] == "application/pdf"
    assert keeper.get(f"{PRINT}month.pdf", month | {"part": "3"}).status_code == 200
    for part in ("0", "16", "x", "-1", "9" * 30):
        assert keeper.get(f"{PRINT}vouchers.pdf", month | {"part": part}).status_code == 404
    said = [entry.summary for entry in Entry.objects.filter(action="book.print")]
    assert said == ["打印物业服务经费2026年10月账页1页", "打印凭证：物业服务经费第46号等2张"]


@pytest.mark.usefixtures("quick_pdf")
def test_chosen_ones_a_range_and_one(home: Compound, keeper: Client) -> None:
    keys = list(Voucher.objects.filter(book__compound=home, number__in=[1, 6]).values_list("pk", flat=True))
    assert keeper.get(f"{PRINT}vouchers.pdf", {"pick": keys}).status_code == 200
    assert keeper.get(f"{PRINT}vouchers.pdf", {"year": "2026", "number": "2-3"}).status_code == 200
    assert keeper.get(f"{SERVICE}2026/2/print.pdf").status_code == 200
    said = [entry.summary for entry in Entry.objects.filter(action="book.print")]
    assert said == [f"打印凭证：物业服务经费第{n}" for n in ("2号", "2号等2张", "1号等2张")]
    for query in ({"pick": "x"}, {}, {"year": "2026"}, {"year": "2026", "number": "99"}, {"month": "2025-01"}):
        assert keeper.get(f"{PRINT}vouchers.pdf", query).status_code == 404
    assert keeper.get(f"{SERVICE}2026/99/print.pdf").status_code == 404


@pytest.mark.usefixtures("quick_pdf")
def test_vouchers_of_another_compound_are_not_printed(home: Compound) -> None:
    other = factories.compound("11010700401001", "古城一院（演示）")
    factories.books(other)
    stranger = browser(factories.user(Role.COMMITTEE_BOOKKEEPER, other.code))
    key = Voucher.objects.filter(book__compound=home).earliest("pk").pk
    theirs = f"/office/compounds/{other.code}/books/service/"
    assert stranger.get(f"{theirs}print/vouchers.pdf", {"pick": key}).status_code == 404
    for url in (SEARCH, f"{EXPORT}.csv?month=2026-10", PRINT, f"{PRINT}month.pdf?month=2026-10"):
        assert stranger.get(url).status_code == 404
