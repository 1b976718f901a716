"""The asset list: proposed from vouchers, typed by hand, changed and retired with history, printed and exported."""

from __future__ import annotations

import io
from datetime import date

import pytest
import python_calamine
from django.db import IntegrityError, transaction
from django.test import Client

from compounds.choices import Role
from compounds.models import Compound
from core.models import Entry
from fees.models import Asset, Voucher
from tests import factories
from tests.portal.office import CODE, NOW, browser, see, send, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
ASSETS = f"{CODE}assets/"


@pytest.fixture
def home() -> Compound:
    return factories.compound()


def buy(home: Compound, amount: str = "4140.00", on: date = date(2026, 9, 20), code: str = "213") -> Voucher:
    factories.post(home, [factories.data(home, date(2026, 9, 1), "101", "9000.00")])
    return factories.post(home, [factories.data(home, on, code, amount, summary="单元门对讲", decision="2号")])[0]


def test_what_was_bought_is_proposed_and_listed_once(home: Compound, keeper: Client) -> None:
    voucher = buy(home)
    buy(home, code="203")
    assert "1张凭证买的东西还没登记资产" in see(keeper, "/office/")
    assert "单元门对讲，4,140.00元，还没登记" in see(keeper, ASSETS)
    url = f"{ASSETS}new/"
    html = valid(keeper.get(url, {"voucher": voucher.pk}))
    assert 'value="单元门对讲"' in html and 'value="4140.00"' in html and 'value="2026-09-20"' in html
    typed = {"voucher": voucher.pk, "name": "单元门对讲", "quantity": "6", "unit": "套", "cost": "4,140",
             "bought_on": "2026-9-20", "place": "1至6单元", "keeper": "吴丽"}  # fmt: skip
    send(keeper, url, **typed)
    send(keeper, url, **typed)
    asset = Asset.objects.get()
    assert (asset.voucher, str(asset.cost), asset.quantity) == (voucher, "4140.00", "6")
    assert "还没登记" not in see(keeper, "/office/") and "还没登记。" not in see(keeper, ASSETS)


def test_reversed_purchases_are_not_proposed(home: Compound, keeper: Client) -> None:
    from core.operations import machine
    from fees.operations import post_draft, reverse_voucher

    voucher = buy(home)
    red = reverse_voucher(voucher, date(2026, 11, 5), actor=machine("system"), at=NOW)
    post_draft(red.pk, actor=machine("system-2"), at=NOW)
    assert "还没登记" not in see(keeper, ASSETS)


def test_changes_and_the_end_stand_in_the_history(home: Compound, keeper: Client) -> None:
    buy(home)
    send(keeper, f"{ASSETS}new/", name="打印机", quantity="1", unit="台", bought_on="2024-3-1")
    asset = Asset.objects.get()
    page = f"{ASSETS}{asset.pk}/"
    assert "不详" in see(keeper, ASSETS)
    typed = {"name": "打印机", "quantity": "1", "unit": "台", "bought_on": "2024-3-1"}
    send(keeper, page, **typed, cost="1,299", place="办公室")
    send(keeper, page, **typed, cost="1,299", place="办公室")
    assert "购置金额由空改为1299.00；放在哪里由空改为办公室" in see(keeper, page)
    assert Entry.objects.filter(action="asset.change").count() == 1
    end = f"{page}retirement/"
    assert "不能反悔的" in see(keeper, end)
    assert "原因没有填" in words(valid(send(keeper, end, on="2026-11-4", note="")))
    assert "不能填更早的日期" in words(valid(send(keeper, end, on="2024-2-29", note="坏了")))
    send(keeper, end, on="2026-11-4", note="坏了修不好")
    said = see(keeper, page)
    assert "2026年11月4日处置" in said and "处置资产打印机：坏了修不好" in said and "存好改动" not in said
    assert "已经处置，不能再改" in words(valid(send(keeper, page, **typed)))
    assert "已经处置，不能再改" in words(valid(send(keeper, end, on="2026-11-4", note="再来")))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "名称没有填"),
        ("quantity", "三", "数量"),
        ("cost", "0", "金额"),
        ("bought_on", "2026-11-6", "不能晚于今天"),
    ],
)
def test_bad_input_is_told_at_its_place(home: Compound, keeper: Client, field: str, value: str, said: str) -> None:
    buy(home)
    typed = {"name": "长椅", "quantity": "4", "cost": "800", "bought_on": "2026-10-1", field: value}
    html = valid(keeper.post(f"{ASSETS}new/", typed))
    assert said in words(html) and 'class="error"' in html
    assert not Asset.objects.exists()


def test_list_is_printed_and_exported(home: Compound, keeper: Client) -> None:
    buy(home)
    send(keeper, f"{ASSETS}new/", name="=1+1", quantity="2", bought_on="2026-10-1", cost="800", place="门口")
    sheet = keeper.get(ASSETS, {"format": "pdf"})
    assert sheet["Content-Type"] == "application/pdf" and sheet.content.startswith(b"%PDF-")
    book = python_calamine.load_workbook(io.BytesIO(keeper.get(ASSETS, {"format": "xlsx"}).content))
    rows = book.get_sheet_by_name("资产台账").to_python()
    assert rows[0][-2:] == ["盘点数量", "盘点备注"] and rows[1][0] == "=1+1" and rows[1][4] == 800.0


def test_others_only_read_and_foreign_things_are_not_there(home: Compound, keeper: Client) -> None:
    buy(home)
    send(keeper, f"{ASSETS}new/", name="长椅", quantity="4", bought_on="2026-10-1")
    asset = Asset.objects.get()
    for role in (Role.COMMITTEE_CASHIER, Role.COMMITTEE_HEAD, Role.AUDITOR):
        client = browser(factories.user(role, home.code))
        assert "长椅" in see(client, ASSETS) and "存好改动" not in see(client, f"{ASSETS}{asset.pk}/")
        assert client.post(f"{ASSETS}{asset.pk}/", {"name": "x"}).status_code == 403
        assert client.get(f"{ASSETS}{asset.pk}/retirement/").status_code == 403
        assert client.get(f"{ASSETS}new/").status_code == 403
    other = factories.compound(f"{factories.COMMUNITY}02", "别处")
    theirs = Asset.objects.create(compound=other, name="别家的", bought_on=date(2026, 1, 1))
    assert keeper.get(f"{ASSETS}{theirs.pk}/").status_code == 404
    foreign = factories.post(other, [factories.data(other, date(2026, 10, 5), "101", "5.00")])[0]
    assert keeper.get(f"{ASSETS}new/", {"voucher": foreign.pk}).status_code == 404


def test_the_database_refuses_a_retirement_without_its_day(home: Compound) -> None:
    asset = Asset.objects.create(compound=home, name="长椅", bought_on=date(2026, 1, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Asset.objects.filter(pk=asset.pk).update(state="retired")
