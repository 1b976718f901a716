"""The hand-over list: what the books hold that day, printed with three names, recorded."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client

from compounds.choices import Role
from compounds.models import Compound
from core.hashing import sha256_bytes
from core.models import Entry
from fees.documents import due_day_of_handover, handover_list
from fees.models import CashCount, MoneyAccount, Voucher
from fees.operations import save_draft
from tests import factories
from tests.portal.office import CODE, NOW, browser, see, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
URL = f"{CODE}handover/"
NAMES = {"office": "cashier", "left_on": "11-03", "giver": "赵敏", "taker": "孙丽", "witness": "王秀兰"}


@pytest.fixture
def home(quick_pdf: None) -> Compound:
    made = factories.compound()
    factories.full_books(made)
    return made


@pytest.fixture
def keeper(home: Compound) -> Client:
    return browser(factories.user(Role.COMMITTEE_BOOKKEEPER, home.code, "吴丽"))


def text_of(content: bytes, folder: Path) -> str:
    path = folder / "list.pdf"
    path.write_bytes(content)
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return "".join(done.stdout.split())


def test_list_adds_up_from_the_books(home: Compound) -> None:
    """Figures worked out from the vouchers one by one, beside the list's own."""
    found = handover_list(home, date(2026, 11, 5))
    effect = {"income": 1, "held_in": 1, "transfer_in": 1, "expense": -1, "held_out": -1, "transfer_out": -1}
    total = Decimal("9420.50")  # the openings
    for voucher in Voucher.objects.of(home):
        if voucher.to_account_id is None:
            total += effect[voucher.direction] * voucher.amount
    assert found.total == total == sum((book.balance for book in found.books), Decimal(0))
    assert found.held == Decimal("80.00")
    service = next(book for book in found.books if book.kind == "service")
    head = Voucher.objects.filter(book__kind="service").order_by("-seq")[0]
    assert (service.head.hash, service.head.number, service.head.count) == (head.hash, head.number, head.seq)
    assert [(row.year, row.first, row.last, row.count) for row in service.years] == [(2026, 1, head.seq, head.seq)]
    assert found.vouchers == Voucher.objects.of(home).count() and found.papers == 1
    assert [row.period for row in found.ledgers] == ["2026年9月", "2026年10月"] and found.closed_to == date(2026, 10, 1)


def test_balance_is_that_of_the_day(home: Compound) -> None:
    before = handover_list(home, date(2026, 11, 1)).total
    factories.post(home, [factories.data(home, date(2026, 11, 4), "101", "50.00")])
    assert handover_list(home, date(2026, 11, 3)).total == before
    assert handover_list(home, date(2026, 11, 4)).total == before + Decimal("50.00")


def test_last_check_of_each_account_is_named(home: Compound) -> None:
    cash = MoneyAccount.objects.get(book__kind="service", means="cash")
    CashCount.objects.create(money_account=cash, on=date(2026, 11, 4), counted=Decimal("1.00"), book_balance=Decimal("1.00"),
                             witness="王秀兰", by=factories.user(), at=NOW)  # fmt: skip
    row = next(
        row
        for row in handover_list(home, date(2026, 11, 5)).money
        if row.is_cash and row.book == cash.book.get_kind_display()
    )
    assert (row.checked_on, row.checked) == (date(2026, 11, 4), Decimal("1.00"))


def test_account_that_is_ended_and_empty_is_left_out(home: Compound) -> None:
    ended = MoneyAccount.objects.create(
        book=factories.books(home)["service"], means="qr", holder="张三", is_private=True
    )
    assert "张三" in [row.holder for row in handover_list(home, date(2026, 11, 5)).money]
    ended.ended_on = date(2026, 11, 1)
    ended.save()
    assert "张三" not in [row.holder for row in handover_list(home, date(2026, 11, 5)).money]


def test_page_shows_money_numbers_and_what_is_not_done(home: Compound, keeper: Client) -> None:
    save_draft(factories.data(home, date(2026, 11, 4), "205", "12.00", summary="灯泡"), hand_in=False,
               actor=factories.user(), at=NOW)  # fmt: skip
    text = see(keeper, URL)
    for word in ("交接清单", "第001号至", "末端校验码", "灯泡，12.00元（草稿）", "打印交接清单", "离任后10天"):
        assert word in text, word


@pytest.mark.parametrize("empty", [True, False])
def test_compound_without_books_has_a_page_too(empty: bool) -> None:
    home = factories.compound()
    if not empty:
        factories.books(home)
    assert "交接清单" in see(browser(factories.user(Role.COMMITTEE_HEAD, home.code)), URL)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"giver": ""}, "移交人没有填。"),
        ({"witness": "赵敏"}, "要是三个人"),
        ({"left_on": "昨天"}, "昨天"),
        ({"office": "x"}, ""),
    ],
)
def test_bad_input_is_told_and_kept(keeper: Client, change: dict[str, str], sentence: str) -> None:
    html = valid(keeper.post(URL, NAMES | change))
    assert sentence in words(html) and 'value="孙丽"' in html
    assert not Entry.objects.filter(action="handover.print").exists()


def test_printing_is_for_the_committee_and_the_street(home: Compound) -> None:
    auditor = browser(factories.user(Role.AUDITOR, home.code))
    assert "打印交接清单" not in see(auditor, URL)
    assert auditor.post(URL, NAMES).status_code == 403
    assert browser(factories.user(Role.STREET_STAFF, factories.STREET)).post(URL, NAMES).status_code == 200


def test_due_day() -> None:
    assert due_day_of_handover(date(2026, 11, 3)) == date(2026, 11, 13)


def test_printed_list_has_everything_and_is_recorded(tmp_path: Path) -> None:
    """The real PDF, as one would sign it."""
    home = factories.compound()
    factories.open_with(home, date(2026, 8, 31), {"service": {"bank": "9000.00", "cash": "120.50"}})
    factories.some_month(home)
    keeper = browser(factories.user(Role.COMMITTEE_BOOKKEEPER, home.code, "吴丽"))
    response = keeper.post(URL, NAMES)
    assert response["Content-Type"] == "application/pdf" and "attachment" in response["Content-Disposition"]
    text = text_of(response.content, tmp_path)
    for word in (
        "出纳交接清单", "赵敏交给孙丽，王秀兰监交", "2026年11月13日", "移交人赵敏", "接收人孙丽", "监交人王秀兰", "盖章处",
        "公章", "钥匙", "9月30日期初".replace("9月30日", "2026年8月31日"), "一式三份",
    ):  # fmt: skip
        assert word in text, word
    head = Voucher.objects.filter(book__kind="service").order_by("-seq")[0].hash
    assert head[:8] in text and head[-8:] in text
    entry = Entry.objects.get(action="handover.print")
    assert "赵敏交给孙丽，王秀兰监交" in entry.summary and entry.area_code == home.area_code
    assert json.loads(entry.data)["sha256"] == sha256_bytes(response.content)
