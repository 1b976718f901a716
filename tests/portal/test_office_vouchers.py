"""What mends a posted voucher: all or a part reversed, an earlier year corrected."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.test import Client

from compounds.models import Compound
from core.models import User
from fees.documents import remainders
from fees.models import Draft, MoneyAccount, Voucher
from fees.operations import WrongMoneyAccount, post_draft, reverse_voucher, withdraw_approval
from tests import factories
from tests.portal.office import NOW, SERVICE, see, send, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
REVERSAL = f"{SERVICE}2026/1/reversal/"
CORRECTION = f"{SERVICE}2025/1/correction/"


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.open_with(made, date(2025, 9, 30), {"service": {"bank": "9000.00", "cash": "500.00"}})
    return made


@pytest.fixture
def lamp(home: Compound) -> Voucher:
    """第1号: 更换楼道感应灯, 435.00, 12 October 2026."""
    return factories.post(home, [factories.data(home, date(2026, 10, 12), "203", "435.00", summary="更换楼道感应灯")])[
        0
    ]


def post(people: tuple[User, User]) -> Voucher:
    return post_draft(Draft.objects.get().pk, actor=people[1], at=NOW)


# --- A part -------------------------------------------------------------------------------------------------------


def test_too_much_is_taken_back_and_the_pages_say_so(
    home: Compound, people: tuple[User, User], keeper: Client, lamp: Voucher
) -> None:
    said = see(keeper, REVERSAL)
    assert "只冲多记的金额" in said and "还剩435.00元" in said and "−435.00元" in said
    send(keeper, REVERSAL, **{"on": "10-16", "kind": "overstated", "part-0": "90"})
    red = post(people)
    assert (red.amount, red.lines.get().summary) == (-90, "冲销10月12日第1号凭证多记金额")
    said = see(keeper, f"{SERVICE}2026/1/")
    assert "冲减了90.00元" in said and "红冲这张" in said and "已被冲销" not in said
    book = see(keeper, SERVICE, month="2026-10")
    assert "被002冲减90.00" in book and "已被" not in book
    send(keeper, REVERSAL, on="10-17")
    assert post(people).amount == -345
    assert "已被冲销" in see(keeper, f"{SERVICE}2026/1/")
    html = valid(keeper.get(SERVICE, {"month": "2026-10"}))
    assert "已被003冲销" in words(html) and html.count("tie-end") == 2


def test_a_refund_is_paid_from_where_one_says(
    home: Compound, people: tuple[User, User], keeper: Client, lamp: Voucher
) -> None:
    cash = MoneyAccount.objects.get(book__compound=home, book__kind="service", means="cash")
    send(keeper, REVERSAL, **{"on": "10-16", "kind": "refund", "part-0": "35", "money_account": str(cash.pk)})
    red = post(people)
    assert (red.money_account, red.lines.get().summary) == (cash, "冲销10月12日第1号凭证，退款")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"kind": "overstated"}, "要冲多少没有填。"),
        ({"kind": "overstated", "part-0": "435.01"}, "最多还能冲435.00元。"),
        ({"kind": "overstated", "part-0": "9o"}, '金额看不懂："9o"'),
        ({"kind": "overstated", "part-0": "-5"}, "是负数"),
        ({"part-0": "90"}, "填了要冲的金额。请选是多记了金额"),
        ({"kind": "double", "part-0": "90"}, "请选冲多少。"),
        ({"on": "10-11"}, "红冲的日期不能早于原凭证的日期。"),
        ({"on": "2027-01-05"}, "红冲的日期要和原凭证在同一年"),
        ({"on": "10-32"}, "日期看不懂"),
    ],
)
def test_bad_reversals_are_said_and_nothing_is_lost(
    keeper: Client, lamp: Voucher, typed: dict[str, str], sentence: str
) -> None:
    html = valid(keeper.post(REVERSAL, {"on": "10-16", "reason": "发票开错"} | typed))
    assert sentence in words(html)
    assert 'value="发票开错"' in html and all(f'value="{text}"' in html for text in typed.values() if text != "double")
    assert not Draft.objects.exists()


def test_a_reversal_of_a_reversal_is_refused(people: tuple[User, User], keeper: Client, lamp: Voucher) -> None:
    send(keeper, REVERSAL, on="10-16")
    red = post(people)
    assert "红冲这张" not in see(keeper, f"{SERVICE}2026/{red.number}/")
    said = words(valid(send(keeper, f"{SERVICE}2026/{red.number}/reversal/", on="10-17")))
    assert "这张本身就是红冲，不能再冲。" in said
    assert "这张已经冲销过了。" in words(valid(send(keeper, REVERSAL, on="10-17")))
    assert not Draft.objects.exists()


def test_a_reversal_into_a_closed_month_stands_at_its_day(home: Compound, keeper: Client, lamp: Voucher) -> None:
    for month in (date(2025, 10, 1), date(2025, 11, 1), date(2025, 12, 1), *(date(2026, n, 1) for n in range(1, 11))):
        factories.close(home, month)
    html = valid(keeper.post(REVERSAL, {"on": "10-16"}))
    assert "10月已经结账" in html.partition('for="id_on"')[2].partition("<input")[0]
    assert not Draft.objects.exists()


def test_the_same_form_sent_twice_makes_one_red_voucher(
    people: tuple[User, User], keeper: Client, lamp: Voucher
) -> None:
    data = {"on": "10-16", "kind": "overstated", "part-0": "90", "form_token": "d" * 32}
    send(keeper, REVERSAL, **data)
    send(keeper, REVERSAL, **data)
    assert Draft.objects.count() == 1
    red = post(people)
    said = words(valid(send(keeper, REVERSAL, **data)))
    assert f"这张已经记账：第{red.number}号凭证。" in said
    assert "已经存过一次" in words(valid(send(keeper, REVERSAL, **(data | {"part-0": "91"}))))
    assert Voucher.objects.filter(reverses=lamp).count() == 1 and not Draft.objects.exists()


def test_the_public_page_tells_a_part_from_the_whole(
    home: Compound, people: tuple[User, User], keeper: Client, quick_pdf: None
) -> None:
    from fees.operations import issue_ledger

    factories.some_month(home)
    for n in range(13):
        if n:
            factories.close(home, date(2025 + (n + 8) // 12, (n + 8) % 12 + 1, 1))
    first = Voucher.objects.get(lines__summary="居民缴费，现金")
    send(keeper, f"{SERVICE}2026/{first.number}/reversal/", **{"on": "10-16", "kind": "overstated", "part-0": "12.50"})
    post(people)
    factories.close(home)
    issue_ledger(home, date(2026, 10, 1), actor=people[0], at=NOW)
    said = see(Client(), f"/compounds/{home.code}/vouchers/service/2026/{first.number}/")
    assert "这一张冲减了12.50元。" in said and "已经冲销" not in said


def test_a_transfer_goes_back_the_way_it_came(home: Compound, keeper: Client) -> None:
    """No other account is offered or taken: into the very account it came from, nothing would move."""
    book = factories.books(home)["service"]
    data = factories.data(home, date(2026, 10, 12), "301", "100.00", direction="transfer_out")
    factories.post(home, [replace(data, to_account=factories.purse(book, "cash"))])
    assert "退的钱从哪里付" not in see(keeper, REVERSAL)
    cash = str(factories.purse(book, "cash").pk)
    sent = {"on": "10-16", "kind": "refund", "part-0": "5", "money_account": cash}
    valid(keeper.post(REVERSAL, sent))
    assert not Draft.objects.exists()
    with pytest.raises(WrongMoneyAccount):
        reverse_voucher(
            Voucher.objects.get(), date(2026, 10, 16), actor=factories.user(), at=NOW, money_account=data.money_account
        )


@pytest.mark.parametrize("big", ["9" * 25, "9" * 5000], ids=["wide", "endless"])
def test_a_number_that_is_no_key_is_nothing(home: Compound, keeper: Client, lamp: Voucher, big: str) -> None:
    assert keeper.get(f"{SERVICE}print/vouchers.pdf", {"pick": big}).status_code == 404
    for part in (big, "0000010"):
        assert keeper.get(f"{SERVICE}print/vouchers.pdf", {"month": "2026-10", "part": part}).status_code == 404
    sent = {"attachment": big, "on": "10-01", "amount": "5", "text": "清运费", "party": "某公司"}
    assert keeper.post(f"/office/compounds/{home.code}/memo/unpaid/", sent).status_code == 302
    valid(keeper.post(f"{SERVICE}drafts/", {"attachment": big}))


# --- An earlier year ----------------------------------------------------------------------------------------------


@pytest.fixture
def last_year(home: Compound) -> Voucher:
    """2025年第1号: 修补楼顶防水, 780.00, 20 October 2025; all months of 2025 are closed."""
    made = factories.post(home, [factories.data(home, date(2025, 10, 20), "203", "780.00", summary="修补楼顶防水")])[0]
    for month in (10, 11, 12):
        factories.close(home, date(2025, month, 1))
    return made


def typed(voucher: Voucher, **more: str) -> dict[str, str]:
    return {
        "on": "10-20", "account": "119", "amount": "80", "decision": "八角街道〔2026〕12号",
        "money_account": str(voucher.money_account_id), "form_token": "e" * 32,
    } | more  # fmt: skip


def test_last_years_voucher_is_corrected_by_one_of_this_year_and_both_say_so(
    home: Compound, people: tuple[User, User], keeper: Client, last_year: Voucher
) -> None:
    said = see(keeper, f"{SERVICE}2025/1/")
    assert "更正以前年度的账" in said and "红冲这张" not in said
    page = see(keeper, CORRECTION)
    assert "多记了支出：差的钱加到今年的账上" in page and "已经贴出的公示都不改" in page
    assert "正等复核" in words(valid(send(keeper, CORRECTION, **typed(last_year)))) or Draft.objects.exists()
    draft = Draft.objects.get()
    assert draft.corrects == last_year and draft.direction == "income"
    html = valid(keeper.get(f"/office/compounds/{home.code}/drafts/{draft.pk}/"))
    assert "line-0-summary" not in html  # made by the system: looked at or deleted, not retyped
    assert "更正这张的凭证正等复核。" in see(keeper, f"{SERVICE}2025/1/")
    voucher = post(people)
    assert (voucher.corrects, voucher.year, str(voucher.amount)) == (last_year, 2026, "80.00")
    assert f"以后的年度更正过2026年第{voucher.number}号，收入80.00元" in see(keeper, f"{SERVICE}2025/1/")
    assert "更正的是2025年第1号" in see(keeper, f"{SERVICE}2026/{voucher.number}/")
    assert [str(row.amount) for row in remainders(last_year)] == ["780.00"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"decision": ""}, "街道的文件号没有填。"),
        ({"account": ""}, "请选原来错在哪里。"),
        ({"account": "203"}, "203"),
        ({"amount": "780.01"}, "更正的金额超过了原凭证还剩下的金额。"),
        ({"amount": "0"}, "金额是0"),
        ({"on": "2025-12-01"}, "这是本年度的凭证，请用红冲更正。"),
        ({"on": "11-30"}, "11月30日还没到。"),
        ({"money_account": "999999"}, "999999"),
    ],
)
def test_bad_corrections_are_said_and_nothing_is_lost(
    keeper: Client, last_year: Voucher, more: dict[str, str], sentence: str
) -> None:
    html = valid(keeper.post(CORRECTION, typed(last_year, handler="张宁", **more)))
    assert sentence in words(html)
    assert 'value="张宁"' in html and not Draft.objects.exists()


def test_an_earlier_years_voucher_is_reversed_while_a_month_of_its_year_is_open(
    home: Compound, people: tuple[User, User], keeper: Client
) -> None:
    """The year was entered late: October is closed, December is not; a red voucher goes there, not into this year."""
    old = factories.data(home, date(2025, 10, 20), "203", "780.00", summary="修补楼顶防水")
    voucher = factories.post(home, [old])[0]
    factories.close(home, date(2025, 10, 1))
    url = f"{SERVICE}2025/1/"
    said = see(keeper, url)
    assert "红冲这张" in said and "更正以前年度的账" not in said
    assert "红冲的日期要和原凭证在同一年" in words(valid(keeper.post(f"{url}reversal/", {"on": "2026-10-20"})))
    assert "结账" in words(valid(keeper.post(f"{url}reversal/", {"on": "10-31"}))) and not Draft.objects.exists()
    send(keeper, f"{url}reversal/", **{"on": "12-31", "kind": "overstated", "part-0": "80"})
    red = post(people)
    assert (red.reverses, red.on, red.year) == (voucher, date(2025, 12, 31), 2025)
    for month in (11, 12):
        factories.close(home, date(2025, month, 1))
    said = see(keeper, url)
    assert "红冲这张" not in said and "更正以前年度的账" in said


def test_what_a_later_year_corrected_is_not_reversed_too(
    home: Compound, people: tuple[User, User], keeper: Client, last_year: Voucher
) -> None:
    send(keeper, CORRECTION, **typed(last_year))
    post(people)
    withdraw_approval(home.periods.get(month=date(2025, 12, 1)), "补记一张", actor=people[1], at=NOW)
    assert "红冲这张" not in see(keeper, f"{SERVICE}2025/1/")
    html = valid(keeper.post(f"{SERVICE}2025/1/reversal/", {"on": "12-30"}))
    assert "以后的年度已经更正过" in words(html) and not Draft.objects.exists()


def test_this_years_and_held_vouchers_offer_no_correction(home: Compound, keeper: Client, lamp: Voucher) -> None:
    assert "更正以前年度的账" not in see(keeper, f"{SERVICE}2026/1/")
    factories.post(home, [factories.data(home, date(2025, 10, 20), "401", "50.00")])
    assert "更正以前年度的账" not in see(keeper, f"{SERVICE}2025/1/")
    said = words(valid(send(keeper, CORRECTION, **typed(Voucher.objects.get(year=2025)))))
    assert "划转和代管的凭证不用更正科目" in said
