"""The ledger's view-model: its equation, its order, what it leaves out, and the four forms that say the same."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compounds.models import Compound
from core.operations import machine, read_bytes
from fees.choices import NoticeExpense, NoticeIncome
from fees.documents import Ledger, Line, build_ledger, closing_view, data_hash, ledger_csv, ledger_json, read_ledger
from fees.models import Closing, Voucher
from fees.operations import issue_ledger, post_draft, reverse_voucher
from fees.rules import Span, genesis
from tests import factories
from tests.factories import AT
from tests.fees.example_ledger import example_ledger

pytestmark = pytest.mark.django_db
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)

# contracts.md, JSON of a ledger, word for word.
TOP = {
    "schema", "compound", "period", "version", "posted_on", "books", "sources", "service_lines", "arrears", "parking",
    "anchors", "sha256", "verify_url",
}  # fmt: skip
BOOK = {
    "book", "opening", "income", "expense", "transfers_in", "transfers_out", "held_in", "held_out", "closing",
    "held_balance", "cash", "bank", "qr", "lines",
}  # fmt: skip
LINE = {
    "number", "on", "direction", "account", "summary", "quantity", "unit_price", "source", "service_line", "amount",
    "balance", "reverses",
}  # fmt: skip


@pytest.fixture
def home() -> Compound:
    return factories.compound(households=5)


def post(home: Compound, code: str, amount: str, day: int = 5, month: date = OCTOBER, **more: Any) -> Voucher:
    return factories.post(home, [factories.data(home, month.replace(day=day), code, amount, **more)])[0]


def built(home: Compound, month: date = OCTOBER) -> Ledger:
    """Close the month and build its ledger, without setting type or storing anything."""
    period = factories.close(home, month)
    closing = Closing.objects.filter(period=period).latest("seq")
    return build_ledger(
        home, Span.of(month), closings=[closing], code="AAAA0000B", posted_on=date(2026, 11, 5), posted_until=date(2026, 11, 19),
        public_url="https://example.cn",
    )  # fmt: skip


def service(ledger: Ledger) -> Any:
    return ledger.book("service")


# --- JSON ---------------------------------------------------------------------------------------------------------


def test_the_keys_are_those_of_the_contract(home: Compound) -> None:
    factories.some_month(home)
    data = built(home).to_data()
    assert set(data) >= TOP
    assert {"code", "name"} <= set(data["compound"])
    assert [book["book"] for book in data["books"]] == ["committee", "service"]
    for book in data["books"]:
        assert set(book) == BOOK
        for line in book["lines"]:
            assert set(line) >= LINE
    assert set(data["sources"]) == {"residents", "property_units", "public_revenue", "government"}
    assert all(set(row) == {"promised", "due", "received", "spent"} for row in data["sources"].values())
    assert set(data["service_lines"]) == {"security", "greening", "repair", "parking", "administration"}
    assert all(set(row) == {"estimate", "spent"} for row in data["service_lines"].values())
    assert set(data["arrears"]) == {"households", "amount"}
    assert data["parking"] is None
    assert all(set(anchor) == {"book", "year", "count", "number", "hash"} for anchor in data["anchors"])
    assert data["schema"] == "ledger/1" and data["period"] == "2026-10" and data["version"] == 1
    assert data["posted_on"] == "2026-11-05"
    assert data["verify_url"] == "https://example.cn/verify/AAAA0000B/"
    # What there is no estimate for is unknown, not nothing.
    assert data["sources"]["residents"]["promised"] is None and data["service_lines"]["repair"]["estimate"] is None
    assert data["sources"]["government"]["received"] == "0.00"


def test_money_is_text_with_two_decimals_everywhere(home: Compound) -> None:
    factories.some_month(home)
    paid = post(home, "203", "435.00", 20)
    post_draft(reverse_voucher(paid, date(2026, 10, 21), actor=machine("system"), at=AT).pk,
               actor=machine("system-2"), at=AT)  # fmt: skip
    data = json.loads(ledger_json(built(home)))
    floats: list[str] = []

    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                walk(each, f"{path}.{key}")
        elif isinstance(value, list):
            for each in value:
                walk(each, path)
        elif isinstance(value, float):
            floats.append(path)

    walk(data, "")
    assert not floats
    red = [line for book in data["books"] for line in book["lines"] if line["reverses"]]
    assert [line["amount"] for line in red] == ["-435.00"]
    assert red[0]["direction"] == "expense" and red[0]["reverses"] == paid.number


def test_the_five_largest_are_less_what_was_taken_back() -> None:
    """435 of which 90 went back ranks as 345; what went back whole is not told; quantity × price no longer holds."""

    def line(number: int, amount: str, on: int, **more: Any) -> Line:
        return replace(base, number=number, amount=Decimal(amount), on=date(2026, 10, on), **more)

    example = example_ledger()
    base = next(x for book in example.books for x in book.lines if x.direction == "expense" and not x.reverses)
    base = replace(base, summary="买灯", quantity="29", unit_price="15", reversed_by=None)
    lines = (
        line(1, "435.00", 3), line(2, "400.00", 4), line(3, "9000.00", 5, reversed_by=5),
        line(4, "-90.00", 6, reverses=1), line(5, "-9000.00", 7, reverses=3), line(6, "-10.00", 8, reverses=99),
        line(7, "100.00", 9, source=None), line(8, "-60.00", 9, reverses=7, source=None),
    )  # fmt: skip
    shown = replace(example, books=(replace(example.books[0], lines=()), replace(example.books[1], lines=lines)))
    assert [(x.number, x.amount, x.summary, x.quantity) for _, x in shown.largest] == [
        (2, Decimal("400.00"), "买灯", "29"),
        (1, Decimal("345.00"), "买灯（已减去红冲90.00元）", None),
        (7, Decimal("40.00"), "买灯（已减去红冲60.00元）", None),
    ]


def test_the_hash_is_over_the_canonical_data(home: Compound) -> None:
    """Computed here once more, with nothing of the product's: keys sorted, no spaces, UTF-8 unescaped."""
    factories.some_month(home)
    text = ledger_json(built(home))
    data = json.loads(text)
    rest = {k: v for k, v in data.items() if k not in ("sha256", "verify_url")}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert data["sha256"] == hashlib.sha256(canonical.encode()).hexdigest() == data_hash(data)
    assert text == json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_a_ledger_read_back_is_the_ledger(home: Compound) -> None:
    factories.full_books(home)
    row = home.ledgers.order_by("last_month").first()
    assert row is not None
    ledger = read_ledger(row.document.data)
    assert ledger_json(ledger) == row.document.data
    assert read_ledger(ledger_json(ledger)) == ledger


# --- Sums, order, balances ----------------------------------------------------------------------------------------

AMOUNTS = st.integers(1, 2_000_000).map(lambda fen: Decimal(fen).scaleb(-2))
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["101", "103", "106", "108", "203", "201", "221", "401", "out401", "301", "301x"]),
        AMOUNTS,
        st.integers(1, 31),
        st.sampled_from(["committee", "service"]),
        st.sampled_from(["bank", "qr"]),
    ),
    min_size=1,
    max_size=10,
)


@given(ROWS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_equation_holds_whatever_is_posted(rows: list[tuple[str, Decimal, int, str, str]]) -> None:
    """opening + income − expense + transfers + held = closing, per book, and balances run by date, then number."""
    from django.db import transaction

    with transaction.atomic():
        home = factories.compound(f"{factories.COMMUNITY}09", "随机（演示）")
        factories.open_with(home, date(2026, 9, 30), {"service": {"bank": "1000.00"}, "committee": {"qr": "7.07"}})
        books = factories.books(home)
        expected = {"service": 100_000, "committee": 707}  # 分
        for code, amount, day, kind, means in rows:
            fen = int(amount * 100)
            more: dict[str, Any] = {"book": kind, "means": means, "reason": "演示"}
            if code.startswith("301"):
                other = "committee" if (kind == "service") == (code == "301") else "service"
                target = factories.purse(books[other], "qr" if (other, means) == (kind, "bank") else "bank")
                draft = factories.data(home, OCTOBER.replace(day=day), "301", str(amount), to_account=target, **more)
                if other == kind:
                    factories.post(home, [draft])
                else:
                    from fees.operations import save_draft

                    saved = save_draft(draft, hand_in=True, actor=machine("system"), at=AT)
                    post_draft(saved.pk, actor=machine("system-2"), at=AT)
                    expected[kind] -= fen
                    expected[other] += fen
            else:
                direction = {"direction": "held_out"} if code.startswith("out") else {}
                post(home, code.removeprefix("out"), str(amount), day, **more, **direction)
                expected[kind] += fen if code in ("101", "103", "106", "108", "401") else -fen
        ledger = built(home)
        for book in ledger.books:
            assert book.closing == (
                book.opening + book.income - book.expense + book.transfers_in - book.transfers_out + book.held_in
                - book.held_out
            )  # fmt: skip
            assert int(book.closing * 100) == expected[book.book]
            assert book.cash + book.bank + book.qr == book.closing
            assert [(x.on, x.number) for x in book.lines] == sorted((x.on, x.number) for x in book.lines)
            assert [x.balance for x in book.lines][-1:] in ([book.closing], [])
        assert ledger.transfers == 0
        in_lines = [x for book in ledger.books for x in book.lines]
        for source in ledger.sources:
            got = sum((x.amount for x in in_lines if x.direction == "income" and x.source == source.key), Decimal(0))
            assert source.received == got
        assert sum(row.month for row in ledger.notice_income) == ledger.income
        assert sum(row.month for row in ledger.notice_expense) == ledger.expense
        transaction.set_rollback(True)


def test_lines_stand_by_date_then_number(home: Compound) -> None:
    for day in (20, 3, 20, 1):
        post(home, "101", "1.00", day)
    lines = service(built(home)).lines
    assert [(line.on.day, line.number) for line in lines] == [(1, 4), (3, 2), (20, 1), (20, 3)]
    assert [line.balance for line in lines] == [Decimal(n) for n in (1, 2, 3, 4)]


def test_a_voucher_of_many_lines_has_a_line_each(home: Compound) -> None:
    from dataclasses import replace

    data = factories.data(home, date(2026, 10, 5), "101", "10.00")
    other = factories.account("103")
    second = replace(data.lines[0], account=other, amount=Decimal("5.00"), summary="停车", source="public_revenue")
    factories.post(home, [replace(data, lines=(data.lines[0], second))])
    lines = service(built(home)).lines
    assert [(line.number, line.account, line.amount, line.balance) for line in lines] == [
        (1, "居民缴费", Decimal("10.00"), Decimal("10.00")), (1, "停车收入", Decimal("5.00"), Decimal("15.00")),
    ]  # fmt: skip


def test_a_transfer_inside_a_book_is_one_line_of_nothing_with_its_text(home: Compound) -> None:
    post(home, "101", "500.00", means="cash")
    bank = factories.purse(factories.books(home)["service"])
    post(home, "301", "340.00", 12, summary="现金存银行", means="cash", to_account=bank)
    book = service(built(home))
    line = book.lines[-1]
    assert (line.direction, line.amount, line.balance) == ("transfer_out", Decimal("0.00"), Decimal("500.00"))
    assert line.summary == "现金存银行（账内划转340.00元，现金到银行）"
    assert (book.transfers_in, book.transfers_out) == (0, 0)
    assert (book.cash, book.bank) == (Decimal("160.00"), Decimal("340.00"))


def test_a_transfer_between_the_books_stands_in_both(home: Compound) -> None:
    from fees.operations import save_draft

    post(home, "101", "500.00")
    target = factories.purse(factories.books(home)["committee"])
    data = factories.data(home, date(2026, 10, 6), "301", "200.00", to_account=target)
    post_draft(save_draft(data, hand_in=True, actor=machine("system"), at=AT).pk, actor=machine("system-2"), at=AT)
    ledger = built(home)
    assert (service(ledger).transfers_out, service(ledger).closing) == (Decimal("200.00"), Decimal("300.00"))
    committee = ledger.book("committee")
    assert (committee.transfers_in, committee.income, committee.closing) == (
        Decimal("200.00"), Decimal("0.00"), Decimal("200.00"),
    )  # fmt: skip
    assert (ledger.income, ledger.transfers) == (Decimal("500.00"), Decimal("0.00"))


def test_money_held_for_others_is_never_income_or_expense(home: Compound) -> None:
    post(home, "101", "100.00")
    post(home, "401", "80.00", summary="门禁卡押金")
    post(home, "401", "30.00", 8, summary="退押金", direction="held_out")
    ledger = built(home)
    book = service(ledger)
    assert (book.income, book.expense, book.held_in, book.held_out) == tuple(map(Decimal, ("100", "0", "80", "30")))
    assert (book.closing, book.held_balance) == (Decimal("150.00"), Decimal("50.00"))
    assert (ledger.own_opening, ledger.own_closing) == (Decimal("0.00"), Decimal("100.00"))
    assert sum(row.month for row in ledger.notice_income) == Decimal("100.00")
    assert {line.direction for line in book.lines} == {"income", "held_in", "held_out"}


def test_held_money_is_carried_into_the_next_month(home: Compound) -> None:
    post(home, "401", "80.00", month=SEPTEMBER)
    factories.close(home, SEPTEMBER)
    post(home, "401", "30.00", direction="held_out")
    book = service(built(home))
    assert (book.opening, book.closing, book.held_balance) == tuple(map(Decimal, ("80.00", "50.00", "50.00")))


def test_an_expense_of_no_known_source_is_in_none(home: Compound) -> None:
    post(home, "101", "1000.00")
    post(home, "203", "10.00")
    post(home, "221", "20.00")
    ledger = built(home)
    spent = {row.key: row.spent for row in ledger.sources}
    assert spent["public_revenue"] == Decimal("20.00") and sum(spent.values()) == Decimal("20.00")
    repair = next(row for row in ledger.service_lines if row.key == "repair")
    assert repair.spent == Decimal("30.00")


# --- The notice-board sheet ---------------------------------------------------------------------------------------


def test_notice_rows_show_the_month_the_year_and_the_month_before(home: Compound) -> None:
    """The year so far is the calendar year's; the month before may lie in the year before."""
    post(home, "101", "1000.00", 1, month=date(2026, 11, 1))  # on the edges of the month
    post(home, "203", "30.00", 30, month=date(2026, 11, 1))
    factories.close(home, date(2026, 11, 1))
    post(home, "101", "200.00", month=date(2026, 12, 1))
    post(home, "101", "70.00", month=date(2026, 12, 1), book="committee")
    post(home, "217", "40.00", month=date(2026, 12, 1))
    december = built(home, date(2026, 12, 1))
    rows = {row.key: (row.month, row.year, row.previous) for row in (*december.notice_income, *december.notice_expense)}
    assert rows["in_residents"] == tuple(map(Decimal, ("270.00", "1270.00", "1000.00")))
    assert rows["out_repair"] == tuple(map(Decimal, ("0.00", "30.00", "30.00")))
    assert rows["out_hospitality"] == tuple(map(Decimal, ("40.00", "40.00", "0.00")))
    post(home, "101", "5.00", month=date(2027, 1, 1))
    january = built(home, date(2027, 1, 1))
    residents = january.notice_income[0]
    assert (residents.month, residents.year, residents.previous) == tuple(map(Decimal, ("5.00", "5.00", "270.00")))


def test_the_first_month_has_nothing_to_compare_with(home: Compound) -> None:
    factories.some_month(home)
    ledger = built(home)
    assert {row.previous for row in ledger.notice_income} == {None}
    assert [row.key for row in ledger.notice_income] == list(NoticeIncome.values)
    assert [row.key for row in ledger.notice_expense] == list(NoticeExpense.values)


def test_every_account_has_a_row_on_the_sheet() -> None:
    """An account without one would be missing in the sums that people read first."""
    from fees.models import Account

    keys = {"income": set(NoticeIncome.values), "expense": set(NoticeExpense.values)}
    for account in Account.objects.filter(direction__in=keys):
        assert account.notice_row in keys[account.direction], account


def test_explained_checks_are_printed(home: Compound) -> None:
    factories.some_month(home)
    told = {row.check: row for row in built(home).told}
    assert {"no_evidence", "no_signatures", "not_reconciled"} <= set(told)
    assert told["no_evidence"].count == 2 and told["no_evidence"].reason == "已经核对"


def test_the_heads_of_both_chains_are_in_the_ledger(home: Compound) -> None:
    post(home, "101", "1.00")
    last = post(home, "101", "2.00")
    committee, service_head = built(home).anchors
    assert (service_head.count, service_head.number, service_head.year, service_head.hash) == (2, 2, 2026, last.hash)
    assert (committee.count, committee.number, committee.hash) == (0, None, genesis(home.code, "committee"))


def test_no_name_of_a_payee_or_handler_is_public(home: Compound) -> None:
    """PIPL 25: payees are hashed and kept, and never posted."""
    post(home, "101", "100.00", payee="测试甲壹")
    post(
        home,
        "203",
        "5.00",
        payee="测试甲贰",
        handler="测试甲叁",
        witness="测试甲肆",
        approver="测试甲伍",
        reason="测试",
    )
    ledger = built(home)
    for content in (ledger_json(ledger), ledger_csv(ledger).decode()):
        assert "测试甲" not in content


# --- CSV ----------------------------------------------------------------------------------------------------------


def test_the_csv_says_what_the_ledger_says(home: Compound) -> None:
    factories.some_month(home)
    post(home, "103", "6480.00", 15, summary="停车月租")
    ledger = built(home)
    content = ledger_csv(ledger)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    posted = [row for row in rows if row["凭证号"]]
    lines = [(book.label, line) for book in ledger.books for line in book.lines]
    assert [(r["账簿"], r["日期"], r["凭证号"], r["金额（元）"], r["余额（元）"], r["摘要"]) for r in posted] == [
        (label, x.on.isoformat(), str(x.number), f"{x.amount:.2f}", f"{x.balance:.2f}", x.summary)
        for label, x in lines
    ]  # fmt: skip
    totals = {(r["账簿"], r["方向"]): r["金额（元）"] for r in rows if not r["凭证号"]}
    for book in ledger.books:
        assert totals[book.label, "上月结余"] == f"{book.opening:.2f}"
        assert totals[book.label, "收入合计"] == f"{book.income:.2f}"
        assert totals[book.label, "支出合计"] == f"{book.expense:.2f}"
        assert totals[book.label, "月末结余"] == f"{book.closing:.2f}"


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", '"=1"', " =1", "＝1", "\u200b=1"])
def test_no_summary_becomes_a_formula(home: Compound, text: str) -> None:
    """R25, v5.0.0-1.2.10: what a spreadsheet would compute stays text; amounts stay numbers."""
    paid = post(home, "101", "5.00", summary=text)
    post_draft(reverse_voucher(paid, date(2026, 10, 9), actor=machine("system"), at=AT).pk,
               actor=machine("system-2"), at=AT)  # fmt: skip
    rows = list(csv.reader(io.StringIO(ledger_csv(built(home)).decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row if text.strip("\u200b ") in cell]
    assert cells and all(cell.startswith("'") for cell in cells)
    assert "-5.00" in [row[10] for row in rows]


# --- What the office sees before closing is what is issued ---------------------------------------------------------


def test_the_closing_page_shows_the_figures_that_are_issued(home: Compound, quick_pdf: None) -> None:
    factories.some_month(home)
    from fees.operations import ensure_period

    before = closing_view(ensure_period(home, OCTOBER)).month
    factories.close(home)
    ledger, _ = issue_ledger(home, OCTOBER, actor=machine("system"), at=AT)
    issued = read_ledger(ledger.document.data)
    for part in before.parts:
        hung = issued.book(part.book)
        assert {name: getattr(part, name) for name in part.MONEY} == {name: getattr(hung, name) for name in part.MONEY}
        assert part.lines == hung.lines
    assert read_bytes(ledger.document.files.get(format="csv").sha256) == ledger_csv(issued)


@pytest.mark.parametrize(("holder", "shown"), [("张三", False), ("八角南里社区居民委员会", True)])
def test_a_persons_name_never_hangs_out_as_holder(home: Compound, holder: str, shown: bool) -> None:
    """An account that nobody marked as private, in a name that may be a person's, is printed without it."""
    purse = factories.purse(factories.books(home)["service"])
    post(home, "101", "88.00")
    type(purse).objects.filter(pk=purse.pk).update(holder=holder)
    assert (holder in ledger_json(built(home))) is shown
