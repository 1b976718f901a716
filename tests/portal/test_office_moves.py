"""Transfers and money held for others, each by its own form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from compounds.models import Compound
from core.models import User
from fees.choices import DraftState
from fees.documents import held_items
from fees.models import Draft, MoneyAccount, Voucher
from fees.operations import post_draft
from tests import factories
from tests.portal.office import NOW, SERVICE, browser, see, send, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
TRANSFER, HELD = f"{SERVICE}transfer/", f"{SERVICE}held/"


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.books(made)
    factories.open_with(made, date(2026, 8, 31), {"service": {"bank": "9000.00", "cash": "120.50"}})
    return made


def purse(home: Compound, means: str = "bank", book: str = "service") -> str:
    return str(MoneyAccount.objects.get(book__compound=home, book__kind=book, means=means).pk)


def post(people: tuple[User, User]) -> Voucher:
    return post_draft(Draft.objects.get().pk, actor=people[1], at=NOW)


# --- Transfers ----------------------------------------------------------------------------------------------------


def test_the_form_shows_what_lies_where(home: Compound, keeper: Client) -> None:
    said = see(keeper, TRANSFER)
    assert "物业服务经费银行，现有9,000.00元" in said and "自管会经费现金，现有0.00元" in said
    assert "划转" in see(keeper, SERVICE)


def test_money_goes_to_another_account_of_the_book(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    data = {"on": "10-20", "money_account": purse(home, "cash"), "to_account": purse(home), "amount": "100"}
    said = words(valid(send(keeper, TRANSFER, **data)))
    assert "交给复核了：现金转银行，100.00元。" in said
    voucher = post(people)
    assert (voucher.direction, voucher.to_account_id, voucher.pair) == ("transfer_out", int(purse(home)), "")


def test_money_goes_to_the_other_book(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    data = {
        "on": "10-20", "money_account": purse(home), "to_account": purse(home, "bank", "committee"), "amount": "2000",
        "handler": "刘玉珍",
    }  # fmt: skip
    send(keeper, TRANSFER, **data)
    voucher = post(people)
    legs = Voucher.objects.filter(pair=voucher.pair).order_by("pk")
    assert [(leg.book.kind, leg.direction, leg.handler) for leg in legs] == [
        ("service", "transfer_out", "刘玉珍"), ("committee", "transfer_in", "刘玉珍"),
    ]  # fmt: skip
    assert legs[0].lines.get().summary == "拨给自管会经费"


def test_a_transfer_out_of_the_other_book_is_that_books(home: Compound, keeper: Client) -> None:
    data = {"on": "10-20", "money_account": purse(home, "bank", "committee"), "to_account": purse(home), "amount": "5"}
    send(keeper, TRANSFER, act="save", **data)
    draft = Draft.objects.get()
    assert (draft.book.kind, draft.state) == ("committee", DraftState.DRAFT)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"to_account": "same"}, "划出和划入是同一个账户，钱没有动，不用记。请另选一个。"),
        ({"to_account": ""}, "请选划到哪里。"),
        ({"amount": "12o0"}, '金额看不懂："12o0"里有字母o。'),
        ({"amount": ""}, "金额没有填。"),
        ({"on": "11-30"}, "11月30日还没到。"),
        ({"on": "2026-08-01"}, "账从2026年9月记起"),
    ],
)
def test_bad_transfers_are_said_and_nothing_is_lost(
    home: Compound, keeper: Client, more: dict[str, str], sentence: str
) -> None:
    data = {
        "on": "10-20", "money_account": purse(home), "to_account": purse(home, "cash"), "amount": "50", "summary": "取现",
    } | more  # fmt: skip
    if data["to_account"] == "same":
        data["to_account"] = data["money_account"]
    html = valid(keeper.post(TRANSFER, data))
    assert sentence in words(html) and 'value="取现"' in html
    assert not Draft.objects.exists()


def test_a_foreign_account_is_no_choice(home: Compound, keeper: Client) -> None:
    other = factories.compound("11010700401001", "古城一院（演示）")
    factories.books(other)
    valid(
        keeper.post(TRANSFER, {"on": "10-20", "money_account": purse(home), "to_account": purse(other), "amount": "5"})
    )
    assert not Draft.objects.exists()


def test_a_transfer_that_leaves_too_little_is_said_when_posted(
    home: Compound, people: tuple[User, User], keeper: Client
) -> None:
    data = {"on": "10-20", "money_account": purse(home, "cash"), "to_account": purse(home), "amount": "120.51"}
    send(keeper, TRANSFER, **data)
    said = words(valid(send(browser(people[1]), f"/office/review/{Draft.objects.get().pk}/", act="post")))
    assert "现金会少0.01元" in said and Draft.objects.exists()


def test_the_same_transfer_sent_twice_is_one(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    data = {
        "on": "10-20", "money_account": purse(home), "to_account": purse(home, "bank", "committee"), "amount": "50",
        "form_token": "f" * 32,
    }  # fmt: skip
    send(keeper, TRANSFER, **data)
    send(keeper, TRANSFER, **data)
    post(people)
    assert "这张已经记账：第1号凭证。" in words(valid(send(keeper, TRANSFER, **data)))
    assert "已经存过一次" in words(valid(send(keeper, TRANSFER, **(data | {"amount": "51"}))))
    assert Voucher.objects.count() == 2 and not Draft.objects.exists()


# --- Money held for others ----------------------------------------------------------------------------------------


def take_in(home: Compound, keeper: Client, people: tuple[User, User], **more: str) -> Voucher:
    data = {
        "move": "401 in", "payee": "3-2-501张桂芳", "on": "10-12", "money_account": purse(home, "cash"), "amount": "200",
    }  # fmt: skip
    send(keeper, HELD, **(data | more))
    return post(people)


def test_a_deposit_is_taken_in_and_given_back_by_name(
    home: Compound, people: tuple[User, User], keeper: Client
) -> None:
    voucher = take_in(home, keeper, people)
    assert (voucher.direction, voucher.lines.get().summary, voucher.lines.get().account_id) == (
        "held_in",
        "收押金",
        "401",
    )
    said = see(keeper, HELD)
    assert "3-2-501张桂芳" in said and "401押金和保证金，3-2-501张桂芳，还有200.00元" in said and "合计200.00" in said
    back = {
        "move": "401 out",
        "item": "401|3-2-501张桂芳",
        "on": "10-20",
        "money_account": purse(home),
        "amount": "150",
    }
    send(keeper, HELD, **back)
    voucher = post(people)
    assert (voucher.direction, voucher.payee, voucher.lines.get().summary) == ("held_out", "3-2-501张桂芳", "退押金")
    assert "还有50.00元" in see(keeper, HELD)
    send(keeper, HELD, **(back | {"amount": "50"}))
    post(people)
    assert "没有替别人保管的钱。" in see(keeper, HELD)


def test_an_advance_goes_out_first_and_comes_back(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    take_in(home, keeper, people, move="404 out", payee="赵国强", amount="100")
    assert "404备用金和借支，赵国强，借出去100.00元" in see(keeper, HELD)
    back = {
        "move": "404 in",
        "item": "404|赵国强",
        "on": "10-20",
        "money_account": purse(home, "cash"),
        "amount": "100",
    }
    send(keeper, HELD, **back)
    assert post(people).direction == "held_in"


def test_what_the_opening_brought_is_held_too(people: tuple[User, User]) -> None:
    from core.operations import machine
    from fees.operations import OpeningData, post_opening

    other = factories.compound("11010700401001", "古城一院（演示）")
    book = factories.books(other)["service"]
    memo = (("押金", "3-2-501", "300.00", ""), ("预收", "3-2-502", "60.00", "2026-12"), ("垫付", "王秀兰", "45.00", ""))
    post_opening(
        OpeningData(book, date(2026, 8, 31), ((factories.purse(book), Decimal(900)),), memo, Decimal(345)),
        entered_by=machine("system"), reviewed_by=machine("system-2"), at=NOW,
    )  # fmt: skip
    factories.post(
        other, [factories.data(other, date(2026, 9, 3), "403", "45.00", direction="held_out", payee="王 秀兰")]
    )
    items = held_items(book, date(2026, 9, 30))
    assert [(item.account.code, item.payee, str(item.amount)) for item in items] == [("401", "3-2-501", "300.00")]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"move": ""}, "请选办什么。"),
        ({"payee": ""}, "谁的钱没有填。"),
        ({"item": "401|李明"}, "退还才选是哪一笔。"),
        ({"move": "401 out"}, "请选退还的是哪一笔"),
        ({"move": "402 out", "item": "401|李明"}, "402代收代付里没有可以退还的钱。"),
        ({"move": "401 out", "item": "401|李明", "amount": "80.01"}, "这一笔只有80.00元，不能退还更多。"),
        ({"money_account": ""}, "请选账户。"),
    ],
)
def test_bad_moves_of_held_money_are_said_and_nothing_is_lost(
    home: Compound, people: tuple[User, User], keeper: Client, more: dict[str, str], sentence: str
) -> None:
    take_in(home, keeper, people, payee="李明", amount="80")
    data = {
        "move": "401 in", "payee": "张桂芳", "on": "10-12", "money_account": purse(home, "cash"), "amount": "20",
        "summary": "门禁卡押金",
    } | more  # fmt: skip
    html = valid(keeper.post(HELD, data))
    assert sentence in words(html) and 'value="门禁卡押金"' in html
    assert not Draft.objects.exists()


def test_the_reviewer_sees_a_return_of_more_than_is_held(
    home: Compound, people: tuple[User, User], keeper: Client
) -> None:
    """Two returns typed before either is posted: the second is more than what is left, and must be answered."""
    take_in(home, keeper, people, payee="李明", amount="80")
    back = {"move": "401 out", "item": "401|李明", "on": "10-20", "money_account": purse(home), "amount": "80"}
    send(keeper, HELD, **back)
    first = Draft.objects.get()
    send(keeper, HELD, **back)
    second = Draft.objects.exclude(pk=first.pk).get()
    head = browser(people[1])
    assert "只替李明保管" not in see(head, f"/office/review/{second.pk}/")
    post_draft(first.pk, actor=people[1], at=NOW)
    assert "401押金和保证金里只替李明保管着0.00元，这张要付80.00元。" in see(head, f"/office/review/{second.pk}/")
    assert "请先看清提示" in words(valid(head.post(f"/office/review/{second.pk}/", {"act": "post"})))
