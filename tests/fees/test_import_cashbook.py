"""import_cashbook through the command: what is taken, what is named by its cell, and that nothing is half done."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from compounds.models import Compound
from core.models import Entry
from core.operations import machine
from fees.documents import closing_view, standing_before
from fees.models import Account, Import, MoneyAccount, Opening, Period, Voucher, VoucherLine
from fees.operations import ensure_period, prepare_period
from fees.verification import verify_books
from tests import factories
from tests.fees.workbooks import HEADINGS, cashbook, row, workbook

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)


@dataclass
class Answer:
    """What the command said."""

    code: int
    data: dict[str, Any]
    out: str
    err: str

    @property
    def cells(self) -> list[tuple[str, str]]:
        return [(error["sheet"], error["cell"]) for error in self.data["errors"]]

    def reason(self, cell: str) -> str:
        return next(error["reason"] for error in self.data["errors"] if error["cell"] == cell)


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def run(home: Compound, tmp_path: Path) -> Callable[..., Answer]:
    """Run the command on these bytes; with ``--json`` unless told otherwise."""

    def run(
        content: bytes, *, apply: bool = True, as_json: bool = True, name: str = "十月.xlsx", **options: Any
    ) -> Answer:
        path = tmp_path / name
        path.write_bytes(content)
        out, err = io.StringIO(), io.StringIO()
        code = 0
        try:
            call_command(
                "import_cashbook", str(path), compound=options.pop("compound", home.code), apply=apply, json=as_json,
                stdout=out, stderr=err, **options,
            )  # fmt: skip
        except SystemExit as ended:
            code = int(ended.code or 0)
        data = json.loads(out.getvalue()) if as_json else {}
        return Answer(code, data, out.getvalue(), err.getvalue())

    return run


def nothing_was_written() -> bool:
    return not any(
        model.objects.exists()
        for model in (Voucher, VoucherLine, Opening, Import, Period)  # type: ignore[attr-defined]
    )


# --- What is taken ------------------------------------------------------------------------------------------------


def test_rows_become_vouchers_by_date_then_sheet(run: Callable[..., Answer], home: Compound) -> None:
    answer = run(
        cashbook([
            row("2026-10-20", "100.00", 摘要="丙"),
            row("2026-10-05", "20.00", 摘要="甲"),
            row("2026-10-20", "3.00", 摘要="丁"),
            row("2026-10-06", "50.50", "停车收入", 摘要="乙", 账簿="自管会经费", 结算方式="收款码", 数量="5", 单价="10.1"),
        ])
    )  # fmt: skip
    assert answer.code == 0, answer.data
    assert answer.data["errors"] == [] and answer.data["applied"] is True
    assert (answer.data["rows"], answer.data["vouchers"]) == (4, 4)
    posted = [(v.number, v.lines.get().summary) for v in Voucher.objects.filter(book__kind="service").order_by("seq")]
    assert posted == [(1, "甲"), (2, "丙"), (3, "丁")]
    other = Voucher.objects.get(book__kind="committee")
    line = other.lines.get()
    assert (other.money_account.means, line.quantity, line.unit_price, line.source) == (
        "qr",
        "5",
        "10.1",
        "public_revenue",
    )
    assert (other.entered_by.username, other.reviewed_by.username) == ("system", "system-2")
    assert answer.data["numbers"] == [
        {"book": "committee", "year": 2026, "first": 1, "last": 1},
        {"book": "service", "year": 2026, "first": 1, "last": 3},
    ]
    assert verify_books(home).bad == []
    assert Entry.objects.filter(action="cashbook.import").count() == 1


def test_a_preview_computes_the_same_and_writes_nothing(run: Callable[..., Answer]) -> None:
    content = cashbook([row("2026-10-05", "20.00"), row("2026-10-06", "5.00", "维修维护", "支出")])
    preview = run(content, apply=False)
    assert preview.code == 0 and preview.data["applied"] is False and nothing_was_written()
    applied = run(content)
    assert {**applied.data, "applied": False} == preview.data


def test_in_plain_words(run: Callable[..., Answer]) -> None:
    answer = run(cashbook([row("2026-10-05", "20.00")]), as_json=False)
    assert answer.code == 0 and "1行，1张凭证" in answer.out and answer.err == ""


@pytest.mark.parametrize(
    "typed",
    ["2026-10-1", "2026/10/1", "2026.10.01", "2026年10月1日", "20261001", "２０２６－１０－１", " 2026-10-01 ", 20261001,
     date(2026, 10, 1), "2026-10-01 00:00:00"],
    ids=repr,
)  # fmt: skip
def test_dates_are_read_however_they_are_typed(run: Callable[..., Answer], typed: object) -> None:
    answer = run(cashbook([row(typed, "1.00")]))
    assert answer.code == 0, answer.data
    assert Voucher.objects.get().on == OCTOBER


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("1,200.00", "1200.00"), ("１２．５０", "12.50"), ("￥12", "12.00"), ("12元", "12.00"), (12.5, "12.50"),
     (1234567.89, "1234567.89"), (0.1, "0.10"), (1200, "1200.00"), (" 7 ", "7.00"), ("999999999999.99", "999999999999.99")],
    ids=repr,
)  # fmt: skip
def test_amounts_are_read_from_text_and_number_cells(run: Callable[..., Answer], typed: object, amount: str) -> None:
    answer = run(cashbook([row("2026-10-05", typed)]))
    assert answer.code == 0, answer.data
    assert Voucher.objects.get().amount == Decimal(amount)


def test_headings_in_any_order_and_only_what_is_needed(run: Callable[..., Answer]) -> None:
    headings = ["摘要", "金额*", "日期", "方向", "科目", "账簿"]
    rows = [{**row("2026-10-05", "20.00"), "金额*": "20.00"}]
    assert run(cashbook(rows, headings=headings)).code == 0
    voucher = Voucher.objects.get()
    assert (voucher.money_account.means, voucher.lines.get().source) == ("bank", "residents")


def test_source_and_service_line_default_to_the_accounts(run: Callable[..., Answer]) -> None:
    rows = [
        row("2026-10-05", "900.00"),
        row("2026-10-06", "5.00", "维修维护", "支出"),
        row("2026-10-06", "5.00", "补充维修资金", "支出"),
        row("2026-10-06", "5.00", "设备购置安装", "支出", 来源="政府", 服务项目="停车管理"),
    ]
    assert run(cashbook(rows)).code == 0
    lines = [(x.source, x.service_line) for x in VoucherLine.objects.order_by("pk")]
    assert lines == [("residents", ""), ("", "repair"), ("public_revenue", "repair"), ("government", "parking")]


def test_every_account_is_let_in_in_either_book_by_any_means(run: Callable[..., Answer]) -> None:
    """Missing papers, signatures, decisions are told checks, never errors of the import."""
    rows = [row("2026-10-01", "90000.00", 结算方式=means, 账簿=book)
            for means in ("现金", "银行", "收款码") for book in ("自管会经费", "物业服务经费")]  # fmt: skip
    for n, account in enumerate(Account.objects.exclude(direction="transfer")):
        ways = {"income": ["收入"], "expense": ["支出"]}.get(account.direction, ["收入", "支出"])
        for way in ways:
            book = ("自管会经费", "物业服务经费")[n % 2]
            rows.append(
                row("2026-10-09", "10.00", account.name, way, 结算方式=("现金", "银行", "收款码")[n % 3], 账簿=book)
            )
    answer = run(cashbook(rows))
    assert answer.code == 0, answer.data
    assert Voucher.objects.count() == len(rows)


def test_imports_bring_their_own_reasons(run: Callable[..., Answer], home: Compound) -> None:
    run(cashbook([row("2026-10-05", "900.00"), row("2026-10-06", "5.00", "委员补贴", "支出")]))
    view = closing_view(ensure_period(home, OCTOBER))
    reasons = {check.key: check.reason for check in view.told}
    assert reasons.pop("not_reconciled") == "导入，对账待补"
    assert set(reasons.values()) == {"导入，票据待补"} and "no_decision" in reasons and "no_evidence" in reasons
    assert view.needing_reason == ()


def test_missing_money_accounts_are_made(run: Callable[..., Answer]) -> None:
    run(cashbook([row("2026-10-05", "900.00", 结算方式="收款码")]))
    assert MoneyAccount.objects.get(means="qr").holder == "待补"


def test_money_held_for_others_goes_in_and_out(run: Callable[..., Answer], home: Compound) -> None:
    rows = [row("2026-10-05", "80.00", "押金和保证金"), row("2026-10-06", "30.00", "押金和保证金", "支出")]
    assert run(cashbook(rows)).code == 0
    assert list(Voucher.objects.order_by("seq").values_list("direction", flat=True)) == ["held_in", "held_out"]
    standing = standing_before(home, date(2026, 11, 1))
    assert list(standing.held.values()) == [Decimal("50.00")]


def test_a_bank_account_may_stand_below_zero_in_an_import(run: Callable[..., Answer], home: Compound) -> None:
    assert run(cashbook([row("2026-10-05", "10.00", "维修维护", "支出")])).code == 0
    assert standing_before(home, date(2026, 11, 1)).books != {}


# --- Transfers ----------------------------------------------------------------------------------------------------


def transfer(way: str, amount: str = "300.00", on: str = "2026-10-12", **more: Any) -> dict[str, Any]:
    return row(on, amount, "内部划转", way, **more)


def test_two_rows_are_one_transfer_inside_a_book(run: Callable[..., Answer]) -> None:
    rows = [
        row("2026-10-05", "900.00", 结算方式="现金"),
        transfer("支出", 结算方式="现金", 摘要="存银行"),
        transfer("收入", 结算方式="银行"),
    ]
    answer = run(cashbook(rows))
    assert answer.code == 0, answer.data
    assert (answer.data["rows"], answer.data["vouchers"]) == (3, 2)
    voucher = Voucher.objects.get(seq=2)
    assert (voucher.direction, voucher.money_account.means, voucher.to_account.means) == (
        "transfer_out",
        "cash",
        "bank",
    )  # type: ignore[union-attr]
    assert voucher.lines.get().summary == "存银行"


def test_two_rows_of_different_books_are_two_linked_vouchers(run: Callable[..., Answer], home: Compound) -> None:
    rows = [row("2026-10-05", "900.00"), transfer("收入", 账簿="自管会经费"), transfer("支出")]
    answer = run(cashbook(rows))
    assert answer.code == 0, answer.data
    out, into = Voucher.objects.get(direction="transfer_out"), Voucher.objects.get(direction="transfer_in")
    assert out.pair == into.pair != "" and (out.book.kind, into.book.kind) == ("service", "committee")
    assert closing_view(ensure_period(home, OCTOBER)).must == ()


def test_several_transfers_of_a_day_are_paired_as_far_as_possible(run: Callable[..., Answer]) -> None:
    """Same day, same amount: the first outgoing row must not take the only partner of the second."""
    rows = [
        row("2026-10-05", "900.00"),
        row("2026-10-05", "900.00", 结算方式="现金"),
        transfer("支出", 结算方式="银行"),
        transfer("支出", 结算方式="现金"),
        transfer("收入", 结算方式="现金"),
        transfer("收入", 账簿="自管会经费", 结算方式="银行"),
    ]
    answer = run(cashbook(rows))
    assert answer.code == 0, answer.data
    # Bank → cash inside the book must pair, else cash would pair with itself.
    inside = Voucher.objects.get(to_account__isnull=False)
    assert (inside.money_account.means, inside.to_account.means) == ("bank", "cash")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        ([transfer("支出")], ["E2"]),
        ([transfer("支出"), transfer("支出")], ["E2", "E3"]),
        ([transfer("支出"), transfer("收入")], ["E2", "E3"]),  # the same book and means: to itself
        ([transfer("支出", 结算方式="现金"), transfer("收入", "300.01")], ["E2", "E3"]),
        ([transfer("支出", 结算方式="现金"), transfer("收入", on="2026-10-13")], ["E2", "E3"]),
        ([transfer("支出", 结算方式="现金"), transfer("收入"), transfer("收入", 结算方式="收款码")], ["E4"]),
    ],
    ids=["alone", "twice out", "to itself", "other amount", "other day", "one too many"],
)
def test_an_unpaired_transfer_is_named(
    run: Callable[..., Answer], rows: Sequence[Mapping[str, Any]], cells: list[str]
) -> None:
    answer = run(cashbook(rows))
    assert (answer.code, answer.cells) == (1, [("收支", cell) for cell in cells])
    assert "内部划转只有" in answer.reason(cells[0])
    assert nothing_was_written()


# --- What is refused by its cell ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "cell", "says"),
    [
        ({"日期": "2026年13月1日"}, "A2", "没有13月"),
        ({"日期": "2026-02-30"}, "A2", "没有30日"),
        ({"日期": "10-25"}, "A2", "看不懂"),
        ({"日期": "昨天"}, "A2", "昨天"),
        ({"日期": None}, "A2", "没有填"),
        ({"日期": 46296}, "A2", "格式不是日期"),
        ({"日期": "２０２６－１３－０１"}, "A2", "没有13月"),
        ({"日期": "2062-10-05"}, "A2", "2062"),
        ({"金额": "1,234.567"}, "D2", "小数超过2位"),
        ({"金额": 1234.567}, "D2", "小数超过2位"),
        ({"金额": "0"}, "D2", "金额是0"),
        ({"金额": 0}, "D2", "金额是0"),
        ({"金额": "0.00"}, "D2", "金额是0"),
        ({"金额": "-5"}, "D2", "负数"),
        ({"金额": "壹佰"}, "D2", "看不懂"),
        ({"金额": "1，2，3"}, "D2", "逗号"),
        ({"金额": "1E5"}, "D2", "字母E"),
        ({"金额": "1_000"}, "D2", "看不懂"),
        ({"金额": "١٢"}, "D2", "看不懂"),
        ({"金额": "NaN"}, "D2", "看不懂"),
        ({"金额": None}, "D2", "没有填"),
        ({"金额": True}, "D2", "TRUE"),
        ({"金额": "1000000000000"}, "D2", "太大"),
        ({"科目": "买菜"}, "E2", '没有"买菜"这个科目'),
        ({"科目": None}, "E2", "没有填"),
        ({"科目": "维修维护"}, "E2", "支出科目"),
        ({"账簿": "小金库"}, "B2", "自管会经费、物业服务经费"),
        ({"账簿": None}, "B2", "没有填"),
        ({"方向": "进"}, "C2", "收入、支出"),
        ({"来源": "街坊"}, "F2", "居民"),
        ({"服务项目": "保安"}, "G2", "治安防范"),
        ({"摘要": None}, "H2", "没有填"),
        ({"摘要": "长" * 121}, "H2", "最多120"),
        ({"摘要": "倒\u202e序"}, "H2", "控制字符"),
        ({"对方": "长" * 81}, "I2", "最多80"),
        ({"结算方式": "支票"}, "J2", "现金、银行、收款码"),
        ({"数量": "三", "单价": "4"}, "K2", "看不懂"),
        ({"数量": "3", "单价": "0"}, "L2", "不大于0"),
        ({"数量": "3", "单价": "5"}, "L2", "数量乘单价"),
    ],
    ids=lambda value: str(value)[:24] if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_bad_cell_is_named_and_nothing_applied(
    run: Callable[..., Answer], change: dict[str, Any], cell: str, says: str
) -> None:
    good = row("2026-10-06", "7.00")
    answer = run(cashbook([row("2026-10-05", "20.00") | change, good]))
    assert answer.code == 1
    assert answer.cells == [("收支", cell)]
    assert says in answer.reason(cell)
    assert nothing_was_written()


def test_every_bad_cell_of_a_row_is_named(run: Callable[..., Answer]) -> None:
    bad = row("2026年13月1日", "1,234.567", "买菜", "进", 账簿="小金库", 摘要=None)
    answer = run(cashbook([bad]))
    assert {cell for _, cell in answer.cells} == {"A2", "B2", "C2", "D2", "E2", "H2"}


def test_three_bad_of_five_hundred_rows(run: Callable[..., Answer]) -> None:
    rows = [row(f"2026-10-{n % 28 + 1}", f"{n + 1}.00") for n in range(500)]
    rows[99] |= {"金额": "1,234.567"}
    rows[249] |= {"科目": "没有的科目"}
    rows[498] |= {"日期": "2026年13月1日"}
    answer = run(cashbook(rows))
    assert (answer.code, answer.cells) == (1, [("收支", "D101"), ("收支", "E251"), ("收支", "A500")])
    assert nothing_was_written()
    plain = run(cashbook(rows), as_json=False)
    assert plain.code == 1 and plain.out == ""
    for cell in ("收支 D101：", "收支 E251：", "收支 A500："):
        assert cell in plain.err
    for place, heading, value in ((99, "金额", "1,234.56"), (249, "科目", "居民缴费"), (498, "日期", "2026年12月1日")):
        rows[place][heading] = value
    mended = run(cashbook(rows))
    assert mended.code == 0 and mended.data["vouchers"] == 500


def test_an_unknown_heading_is_named(run: Callable[..., Answer]) -> None:
    answer = run(cashbook([row("2026-10-05", "1.00", 备注="x")], headings=[*HEADINGS, "备注"]))
    assert (answer.code, answer.cells) == (1, [("收支", "M1")])
    assert "备注" in answer.reason("M1") and nothing_was_written()


def test_missing_and_double_headings_are_named(run: Callable[..., Answer]) -> None:
    answer = run(cashbook([row("2026-10-05", "1.00")], headings=[h for h in HEADINGS if h != "金额"]))
    assert answer.code == 1 and '"金额"' in answer.data["errors"][0]["reason"]
    answer = run(cashbook([row("2026-10-05", "1.00")], headings=[*HEADINGS, "金额"]))
    assert (answer.code, answer.cells) == (1, [("收支", "M1")])


def test_unknown_and_missing_sheets_are_named(run: Callable[..., Answer]) -> None:
    good = (HEADINGS, [row("2026-10-05", "1.00")])
    answer = run(workbook({"收支": good, "十一月": good}))
    assert answer.code == 1 and "十一月" in answer.data["errors"][0]["reason"]
    answer = run(workbook({"流水": good}))
    assert answer.code == 1 and any("收支" in error["reason"] for error in answer.data["errors"])
    assert run(workbook({"收支": (HEADINGS, [])})).code == 1
    assert nothing_was_written()


@pytest.mark.parametrize("content", [b"", b"date,amount\n2026-10-01,5\n", b"PK\x03\x04broken", b"<html></html>"])
def test_what_is_no_workbook_is_refused(run: Callable[..., Answer], content: bytes) -> None:
    answer = run(content)
    assert answer.code == 1 and answer.data["errors"][0]["reason"]


# --- Months -------------------------------------------------------------------------------------------------------


def test_lines_in_a_closed_month_are_named(run: Callable[..., Answer], home: Compound) -> None:
    factories.some_month(home)
    factories.close(home)
    before = Voucher.objects.count()
    rows = [row("2026-11-03", "1.00"), row("2026-10-31", "1.00"), row("2026-10-01", "1.00"), row("2026-09-30", "1.00")]
    answer = run(cashbook(rows))
    assert (answer.code, answer.cells) == (1, [("收支", "A3"), ("收支", "A4"), ("收支", "A5")])
    assert "2026年10月已经结账" in answer.reason("A3")
    assert "2026年10月开始" in answer.reason("A5")
    assert Voucher.objects.count() == before and not Import.objects.exists()


def test_lines_in_a_prepared_month_are_named(run: Callable[..., Answer], home: Compound) -> None:
    factories.some_month(home)
    period = ensure_period(home, OCTOBER)
    reasons = dict.fromkeys(["no_evidence", "not_reconciled", "not_counted", "no_signatures", "no_source"], "在补")
    prepare_period(period, reasons, actor=machine("system"), at=factories.AT)
    answer = run(cashbook([row("2026-10-31", "1.00")]))
    assert (answer.code, answer.cells) == (1, [("收支", "A2")]) and "已编制" in answer.reason("A2")


def test_cash_that_is_not_there_is_named(run: Callable[..., Answer]) -> None:
    rows = [
        row("2026-10-05", "100.00", 结算方式="现金"),
        row("2026-10-06", "60.00", "维修维护", "支出", 结算方式="现金"),
        row("2026-10-07", "60.00", "维修维护", "支出", 结算方式="现金"),
    ]
    answer = run(cashbook(rows))
    assert (answer.code, answer.cells) == (1, [("收支", "D4")]) and "20.00" in answer.reason("D4")
    assert nothing_was_written()


# --- 期初 ----------------------------------------------------------------------------------------------------------


def opening(
    book: str = "物业服务经费", means: str = "银行", amount: Any = "1000.00", on: Any = "2026-09-30"
) -> dict[str, Any]:
    return {"账簿": book, "结算方式": means, "金额": amount, "日期": on}


def test_an_opening_is_no_voucher_and_begins_the_months(run: Callable[..., Answer], home: Compound) -> None:
    answer = run(
        cashbook(
            [row("2026-11-05", "1.00")],
            [opening(), opening(means="现金", amount=12.5), opening("自管会经费", amount="0.00")],
            [{"类别": "押金", "房屋": "3-2-501", "金额": "300.00"},
             {"类别": "预收", "房屋": "3-2-502", "金额": 60, "至月份": "2026-12"}],
        )
    )  # fmt: skip
    assert answer.code == 0, answer.data
    assert (answer.data["openings"], answer.data["vouchers"]) == (3, 1)
    service = Opening.objects.get(book__kind="service")
    assert (service.amount, service.held, service.on) == (Decimal("1012.50"), Decimal("300.00"), date(2026, 9, 30))
    assert json.loads(service.memo) == [["押金", "3-2-501", "300.00", ""], ["预收", "3-2-502", "60.00", "2026-12"]]
    assert Opening.objects.get(book__kind="committee").amount == 0
    assert Voucher.objects.get().number == 1
    months = list(home.periods.order_by("month").values_list("month", flat=True))
    assert months == [OCTOBER, date(2026, 11, 1)]
    assert verify_books(home).bad == []


@pytest.mark.parametrize(
    ("rows", "cell", "says"),
    [
        ([opening(on="2026-09-15")], "D2", "最后一天"),
        ([opening(), opening("自管会经费", on="2026-08-31")], "D3", "要一样"),
        ([opening(), opening()], "B3", "写了两次"),
        ([opening(amount="1.234")], "C2", "小数超过2位"),
        ([opening(amount="-5")], "C2", "负数"),
        ([opening(book="小金库")], "A2", "看不懂"),
    ],
)
def test_a_wrong_opening_is_named(run: Callable[..., Answer], rows: list[dict[str, Any]], cell: str, says: str) -> None:
    answer = run(cashbook([row("2026-10-05", "1.00")], rows))
    assert (answer.code, answer.cells) == (1, [("期初", cell)])
    assert says in answer.reason(cell) and nothing_was_written()


def test_an_opening_comes_once_and_before_everything(run: Callable[..., Answer]) -> None:
    assert run(cashbook([row("2026-10-05", "1.00")], [opening()])).code == 0
    again = run(cashbook([row("2026-10-06", "1.00")], [opening("自管会经费")]))
    assert (again.code, again.cells) == (1, [("期初", "A2")]) and "期初" in again.reason("A2")
    assert (Opening.objects.count(), Voucher.objects.count()) == (1, 1)


def test_rows_before_the_opening_are_named(run: Callable[..., Answer]) -> None:
    answer = run(cashbook([row("2026-09-30", "1.00"), row("2026-10-01", "1.00")], [opening()]))
    assert (answer.code, answer.cells) == (1, [("收支", "A2")]) and nothing_was_written()


def test_memos_without_an_opening_are_refused(run: Callable[..., Answer]) -> None:
    answer = run(cashbook([row("2026-10-05", "1.00")], (), [{"类别": "押金", "金额": "1.00"}]))
    assert answer.code == 1 and answer.data["errors"][0]["sheet"] == "期初往来"
    answer = run(cashbook([row("2026-10-05", "1.00")], [opening()], [{"类别": "借款", "金额": "1.00"}]))
    assert answer.cells == [("期初往来", "A2")]


# --- Once, and by two persons -------------------------------------------------------------------------------------


def test_the_same_file_twice_is_refused(run: Callable[..., Answer], home: Compound) -> None:
    content = cashbook([row("2026-10-05", "20.00")])
    assert run(content, name="十月收支.xlsx").code == 0
    again = run(content, name="换了名字.xlsx")
    assert again.code == 1 and Voucher.objects.count() == 1
    assert "十月收支.xlsx" in again.data["errors"][0]["reason"]
    assert "十月收支.xlsx" in run(content, as_json=False).err
    # A preview says so too, and another compound may have the same rows.
    assert run(content, apply=False).code == 1
    other = factories.compound(f"{factories.COMMUNITY}02", "柳荫里小区（演示）")
    assert run(content, compound=other.code).code == 0


def test_one_person_cannot_be_both(run: Callable[..., Answer]) -> None:
    answer = run(cashbook([row("2026-10-05", "20.00")]), second="system")
    assert answer.code == 1 and "两个人" in answer.data["errors"][0]["reason"] and nothing_was_written()


def test_people_may_stand_for_the_machine_accounts(run: Callable[..., Answer], home: Compound) -> None:
    bookkeeper, head = factories.people(home)
    assert run(cashbook([row("2026-10-05", "20.00")]), second=head.username, **{"as": bookkeeper.username}).code == 0
    voucher = Voucher.objects.get()
    assert (voucher.entered_by, voucher.reviewed_by) == (bookkeeper, head)


def test_unknown_compounds_people_and_files(run: Callable[..., Answer], home: Compound) -> None:
    content = cashbook([row("2026-10-05", "20.00")])
    assert run(content, compound="11010700399999").code == 1
    assert run(content, second="nobody").code == 1
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_cashbook", "/nowhere/file.xlsx", compound=home.code, json=True, stdout=out)
    assert ended.value.code == 1 and json.loads(out.getvalue())["errors"]
    with pytest.raises(CommandError):
        call_command("import_cashbook")


def test_a_fault_in_the_middle_leaves_nothing(run: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> None:
    """All or nothing also when the fault is ours: the history line of the import fails."""

    def record(*_: object, **__: object) -> None:
        raise RuntimeError("the history is full")

    monkeypatch.setattr("fees.operations.importing.record", record)
    with pytest.raises(RuntimeError):
        run(cashbook([row("2026-10-05", "20.00")], [opening()]))
    assert nothing_was_written()
