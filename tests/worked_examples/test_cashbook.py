"""A cash book whose totals were worked out apart comes back to the cent in JSON, CSV, page and PDF.

The book is invented (two months of 槐荫里, with openings, both books, three means, transfers of both kinds, money held
for others). Its totals are added up here in integers of 分 by code that shares nothing with the product's; a handful
of them were also added up by hand and stand as plain figures.
Source: issue "Shown by"; contracts.md, Workbooks and JSON of a ledger.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from pypdf import PdfReader

from tests import factories
from tests.fees.workbooks import cashbook

CODE = f"{factories.COMMUNITY}01"
COMMITTEE, SERVICE = "自管会经费", "物业服务经费"
OPENING_FEN = {(SERVICE, "银行"): 1_806_115, (SERVICE, "现金"): 12_050, (COMMITTEE, "银行"): 209_810}
HELD_FEN = 30_000  # a deposit in the service book

# day, book, way, fen, account, source, service line, means
SEPTEMBER = [
    (2, SERVICE, "收入", 341_250, "居民缴费", "居民", None, "现金"),
    (4, SERVICE, "支出", 520_000, "治安防范", None, "治安防范", "银行"),
    (9, COMMITTEE, "收入", 45_000, "广告收入", "公共收益", None, "银行"),
    (15, SERVICE, "收入", 648_000, "停车收入", "公共收益", None, "收款码"),
    (21, SERVICE, "支出", 128_400, "公共水电费", None, "维修维护", "银行"),
    (30, COMMITTEE, "支出", 12_860, "委员会办公", None, "委员会办公", "银行"),
]
OCTOBER = [
    (5, SERVICE, "支出", 520_000, "治安防范", None, "治安防范", "银行"),
    (5, SERVICE, "支出", 465_000, "绿化保洁", None, "绿化保洁", "银行"),
    (8, SERVICE, "支出", 240_000, "停车管理", "公共收益", "停车管理", "银行"),
    (8, SERVICE, "收入", 648_000, "停车收入", "公共收益", None, "收款码"),
    (10, SERVICE, "收入", 341_250, "居民缴费", "居民", None, "现金"),
    (12, SERVICE, "支出", 43_500, "维修维护", "居民", "维修维护", "现金"),
    (15, SERVICE, "收入", 60_000, "场地和设施出租", "公共收益", None, "银行"),
    (19, SERVICE, "支出", 126_000, "维修维护", "产权单位", "维修维护", "银行"),
    (20, SERVICE, "收入", 210_000, "产权单位承担", "产权单位", None, "银行"),
    (21, SERVICE, "收入", 15_000, "押金和保证金", None, None, "现金"),
    (23, SERVICE, "支出", 5_000, "押金和保证金", None, None, "现金"),
    (25, SERVICE, "收入", 469_025, "居民缴费", "居民", None, "银行"),
    (9, COMMITTEE, "支出", 9_600, "招待慰问和活动", None, "委员会办公", "银行"),
    (31, COMMITTEE, "支出", 1_000, "税费和手续费", None, "委员会办公", "银行"),
    (31, COMMITTEE, "收入", 1_864_050, "政府补助", "政府", None, "银行"),
]
# day, fen, from (book, means), to (book, means)
TRANSFERS = [(12, 340_000, (SERVICE, "现金"), (SERVICE, "银行")), (28, 50_007, (SERVICE, "银行"), (COMMITTEE, "银行"))]

# Added up by hand, with pencil: October, service book.
BY_HAND = {"opening": 2_159_015, "income": 1_728_275, "expense": 1_394_500, "closing": 2_452_783}


def yuan(fen: int) -> str:
    sign, fen = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def shown(fen: int) -> str:
    """Return an amount as people read it: thousands in threes."""
    whole, cents = f"{abs(fen) // 100}", f"{abs(fen) % 100:02d}"
    groups = []
    while len(whole) > 3:
        whole, last = whole[:-3], whole[-3:]
        groups.insert(0, last)
    return ("\u2212" if fen < 0 else "") + ",".join([whole, *groups]) + "." + cents


def many_small_rows() -> list[tuple[Any, ...]]:
    """Return 120 invented receipts and small repairs of October, odd amounts, both books."""
    chance = random.Random(20261001)
    rows = []
    for n in range(120):
        book = chance.choice([SERVICE, COMMITTEE])
        if n % 4:
            source = chance.choice(["居民", "公共收益", "政府"])
            rows.append(
                (chance.randint(1, 31), book, "收入", chance.randint(1, 99_999), "捐赠和其他收入", source, None, "银行")
            )
        else:
            rows.append(
                (chance.randint(1, 31), book, "支出", chance.randint(1, 9_999), "其他支出", None, "维修维护", "银行")
            )
    return rows


def cell_row(month: int, row: tuple[Any, ...], n: int) -> dict[str, Any]:
    day, book, way, fen, account, source, service, means = row
    return {
        # Typed as people do: some as text, some as numbers, dates in three spellings.
        "日期": [f"2026-{month}-{day}", f"2026年{month}月{day}日", date(2026, month, day)][n % 3],
        "账簿": book, "方向": way, "金额": yuan(fen) if n % 2 else fen / 100, "科目": account, "来源": source,
        "服务项目": service, "摘要": f"{account}第{n}笔", "结算方式": means, "对方": "测试甲壹",
    }  # fmt: skip


def books_workbook() -> bytes:
    rows = [cell_row(9, row, n) for n, row in enumerate(SEPTEMBER)]
    rows += [cell_row(10, row, n + 10) for n, row in enumerate([*OCTOBER, *many_small_rows()])]
    for day, fen, (book, means), (other, into) in TRANSFERS:
        for way, b, m in (("支出", book, means), ("收入", other, into)):
            rows.append(
                {"日期": f"202610{day:02d}", "账簿": b, "方向": way, "金额": shown(fen), "科目": "内部划转",
                 "摘要": "划转", "结算方式": m}
            )  # fmt: skip
    opening = [
        {"账簿": book, "结算方式": means, "金额": yuan(fen), "日期": "2026-08-31"}
        for (book, means), fen in OPENING_FEN.items()
    ]
    return cashbook(rows, opening, [{"类别": "押金", "房屋": "3-2-501", "金额": yuan(HELD_FEN)}])


def worked_out() -> dict[str, dict[str, int]]:
    """Return October's figures by book, in 分, added up from the lists above alone."""
    figures: dict[str, dict[str, int]] = {}
    for book in (COMMITTEE, SERVICE):
        opening = sum(fen for (b, _), fen in OPENING_FEN.items() if b == book)
        for _, b, way, fen, *_rest in SEPTEMBER:
            if b == book:
                opening += fen if way == "收入" else -fen
        f = {"opening": opening, "income": 0, "expense": 0, "transfers_in": 0, "transfers_out": 0, "held_in": 0,
             "held_out": 0}  # fmt: skip
        means = {m: fen for (b, m), fen in OPENING_FEN.items() if b == book}
        for each, rows in ((SEPTEMBER, False), (OCTOBER + many_small_rows(), True)):
            for _, b, way, fen, account, _s, _l, m in each:
                if b != book:
                    continue
                means[m] = means.get(m, 0) + (fen if way == "收入" else -fen)
                if rows:
                    held = account == "押金和保证金"
                    key = {"收入": "held_in" if held else "income", "支出": "held_out" if held else "expense"}[way]
                    f[key] += fen
        for _, fen, (b, m), (other, into) in TRANSFERS:
            if b == book:
                means[m] = means.get(m, 0) - fen
                f["transfers_out"] += fen if other != book else 0
            if other == book:
                means[into] = means.get(into, 0) + fen
                f["transfers_in"] += fen if b != book else 0
        f["cash"], f["bank"], f["qr"] = means.get("现金", 0), means.get("银行", 0), means.get("收款码", 0)
        f["closing"] = f["cash"] + f["bank"] + f["qr"]
        f["held_balance"] = f["held_in"] - f["held_out"] + (HELD_FEN if book == SERVICE else 0)
        figures[book] = f
    return figures


def split(column: int, key: str, way: str) -> int:
    """Return October's sum of a source or service line, in 分."""
    rows = [r for r in OCTOBER + many_small_rows() if r[4] != "押金和保证金"]
    return sum(row[3] for row in rows if row[2] == way and row[column] == key)


@dataclass
class Posted:
    """What the commands gave."""

    folder: Path
    imported: dict[str, Any]
    closed: list[dict[str, Any]]
    published: list[dict[str, Any]]

    def file(self, ending: str) -> bytes:
        return (self.folder / f"ledger.{ending}").read_bytes()

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file("json"))
        return found


def run(command: str, *args: str, **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command(command, *args, json=True, stdout=out, **options)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


@pytest.fixture(scope="module")
def posted(module_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Posted:
    """Import, close and publish with the commands of the contract, and write the files as anyone would."""
    folder = tmp_path_factory.mktemp("worked")
    factories.compound(CODE)
    (folder / "book.xlsx").write_bytes(books_workbook())
    imported = run("import_cashbook", str(folder / "book.xlsx"), compound=CODE, apply=True)
    closed, published = [], []
    for period in ("2026-09", "2026-10"):
        closed.append(run("close_period", f"--period={period}", compound=CODE))
        published.append(run("publish_ledgers", f"--period={period}"))
    published.append(run("publish_ledgers", "--period=2026-10"))
    for ending in ("json", "csv", "pdf", "html"):
        run("ledger", compound=CODE, period="2026-10", format=ending, output=str(folder / f"ledger.{ending}"))
    return Posted(folder, imported, closed, published)


def test_the_hand_agrees_with_the_list() -> None:
    """The pencilled figures are those of the rows without the many small ones."""
    rows = [r for r in OCTOBER if r[1] == SERVICE and r[4] != "押金和保证金"]
    opening = worked_out()[SERVICE]["opening"]
    income = sum(r[3] for r in rows if r[2] == "收入")
    expense = sum(r[3] for r in rows if r[2] == "支出")
    assert (opening, income, expense) == (BY_HAND["opening"], BY_HAND["income"], BY_HAND["expense"])
    assert opening + income - expense + 10_000 - 50_007 == BY_HAND["closing"]


def test_the_commands_say_what_they_did(posted: Posted) -> None:
    rows = len(SEPTEMBER) + len(OCTOBER) + 120 + 2 * len(TRANSFERS)
    assert (posted.imported["rows"], posted.imported["openings"]) == (rows, len(OPENING_FEN))
    assert posted.imported["vouchers"] == rows - 1  # the transfer inside a book is one voucher
    assert [told["check"] for told in posted.closed[1]["told"]]
    assert [(p["issued"], p["already"]) for p in posted.published] == [(1, 0), (1, 0), (0, 1)]


def test_the_json_gives_the_totals_to_the_cent(posted: Posted) -> None:
    figures = worked_out()
    books = {book["book"]: book for book in posted.data["books"]}
    for kind, label in (("committee", COMMITTEE), ("service", SERVICE)):
        assert {name: books[kind][name] for name in figures[label]} == {
            name: yuan(fen) for name, fen in figures[label].items()
        }
    sources = {"residents": "居民", "property_units": "产权单位", "public_revenue": "公共收益", "government": "政府"}
    for key, label in sources.items():
        assert posted.data["sources"][key]["received"] == yuan(split(5, label, "收入"))
        assert posted.data["sources"][key]["spent"] == yuan(split(5, label, "支出"))
    lines = {"security": "治安防范", "greening": "绿化保洁", "repair": "维修维护", "parking": "停车管理",
             "administration": "委员会办公"}  # fmt: skip
    for key, label in lines.items():
        assert posted.data["service_lines"][key]["spent"] == yuan(split(6, label, "支出"))
    assert [row["book"] for row in posted.closed[1]["books"]] == ["committee", "service"]
    assert posted.closed[1]["books"][1]["closing"] == yuan(figures[SERVICE]["closing"])


def test_the_csv_gives_the_totals_to_the_cent(posted: Posted) -> None:
    rows = list(csv.DictReader(io.StringIO(posted.file("csv").decode("utf-8-sig"))))
    for book, f in worked_out().items():
        mine = [row for row in rows if row["账簿"] == book]
        totals = {row["方向"]: row["金额（元）"] for row in mine if not row["凭证号"]}
        assert (totals["上月结余"], totals["收入合计"], totals["支出合计"], totals["月末结余"]) == tuple(
            yuan(f[name]) for name in ("opening", "income", "expense", "closing")
        )
        added = f["opening"]
        for row in mine:
            if row["凭证号"]:
                sign = 1 if row["方向"] in ("收入", "划入", "代管收") else -1
                added += sign * int(row["金额（元）"].replace(".", ""))
                assert row["余额（元）"] == yuan(added)
        assert added == f["closing"]


def money_in(text: str) -> set[str]:
    """Return every amount that stands in a text, thousands in threes."""
    return set(re.findall(r"[\u2212-]?[0-9]{1,3}(?:,[0-9]{3})*\.[0-9]{2}(?![0-9])", text))


def together() -> list[int]:
    """Return the figures over both books that a reader sees first."""
    figures = worked_out().values()
    return [sum(f[name] for f in figures) for name in ("income", "expense")]


def test_the_page_gives_the_totals_to_the_cent(posted: Posted) -> None:
    response = Client().get(f"/compounds/{CODE}/ledgers/2026-10/")
    assert response.status_code == 200
    found = money_in(re.sub(r"<[^>]+>", " ", response.content.decode()))
    for fen in together():
        assert shown(fen) in found
    for f in worked_out().values():
        for name in ("opening", "income", "expense", "closing"):
            assert shown(f[name]) in found, name


def test_the_pdfs_text_gives_the_totals_to_the_cent(posted: Posted) -> None:
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(posted.file("pdf"))).pages)
    found = money_in(re.sub(r"\s+", " ", text))
    for fen in together():
        assert shown(fen) in found
    for f in worked_out().values():
        for name in ("opening", "income", "expense", "closing"):
            assert shown(f[name]) in found, name
    assert posted.data["sha256"] in re.sub(r"\s+", "", text)


def test_every_line_stands_on_the_page_and_in_the_pdf(posted: Posted) -> None:
    page = re.sub(r"<[^>]+>", "", Client().get(f"/compounds/{CODE}/ledgers/2026-10/").content.decode())
    text = re.sub(r"\s+", "", "".join(p.extract_text() for p in PdfReader(io.BytesIO(posted.file("pdf"))).pages))
    summaries = [line["summary"] for book in posted.data["books"] for line in book["lines"]]
    assert len(summaries) == len(OCTOBER) + 120 + 3
    assert not [s for s in summaries if s not in page]
    assert not [s for s in summaries if s.replace(" ", "") not in text]


def test_the_command_and_the_address_give_the_same_bytes(posted: Posted) -> None:
    for ending in ("json", "csv", "pdf"):
        response = Client().get(f"/compounds/{CODE}/ledgers/2026-10.{ending}")
        content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        assert content == posted.file(ending)


def test_no_payee_is_anywhere_in_public(posted: Posted) -> None:
    for ending in ("json", "csv", "html"):
        assert "测试甲壹" not in posted.file(ending).decode("utf-8-sig")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(posted.file("pdf"))).pages)
    assert "测试甲" not in text.replace(" ", "")


def one_character_changed(text: str) -> Iterator[str]:
    """Yield the file with one digit of a figure, one letter of a text, one key changed."""
    for before, after in (
        (f'"{yuan(BY_HAND["opening"])}"', f'"{yuan(BY_HAND["opening"] + 1)}"'),
        ("居民缴费第", "居民缴货第"),
        ('"qr"', '"qt"'),
    ):
        assert before in text
        yield text.replace(before, after, 1)


def test_a_changed_character_is_called_inconsistent(posted: Posted, tmp_path: Path) -> None:
    """By the stand-alone tool, and by the page that takes a file."""
    tool = Path(settings.BASE_DIR) / "tools" / "verify_ledger.py"
    genuine = posted.file("json").decode()

    def says(text: str) -> tuple[int, str]:
        (tmp_path / "file.json").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-I", str(tool), str(tmp_path / "file.json")], capture_output=True, check=False,
            env={"PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        return done.returncode, done.stdout.decode()

    def page(text: str) -> str:
        upload = SimpleUploadedFile("收支.json", text.encode(), content_type="application/json")
        return Client().post("/verify/", {"file": upload}).content.decode()

    code, said = says(genuine)
    assert code == 0 and said.startswith("一致")
    assert "不一致" not in page(genuine)
    for changed in one_character_changed(genuine):
        code, said = says(changed)
        assert code == 1 and said.startswith("不一致")
        assert "不一致" in page(changed)
