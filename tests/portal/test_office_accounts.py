"""Money accounts, reconciling, counting, shared accounts: who may, what is said, that nothing typed is lost."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from compounds.choices import Role
from compounds.models import Compound
from core.models import Entry, User
from fees.documents import closing_view
from fees.models import BalanceSlip, CashCount, Draft, MoneyAccount, Reconciliation, SharedAccount
from fees.operations import ensure_period, post_draft
from tests import factories
from tests.factories import AT, COMMUNITY
from tests.portal.office import CODE, browser, see, send, typed, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
OCTOBER = date(2026, 10, 1)
LIST = f"{CODE}accounts/"


@pytest.fixture
def cashier(home: Compound) -> Client:
    return browser(factories.user(Role.COMMITTEE_CASHIER, home.code, "刘玉珍"))


def account(home: Compound, book: str = "service", means: str = "bank") -> MoneyAccount:
    return factories.purse(factories.books(home)[book], means)


def fields(**more: object) -> dict[str, object]:
    blank = dict.fromkeys(
        ["mandate", "bank", "number_tail", "shared", "limit", "fee_rate", "settles_to", "opened_on"], ""
    )
    return {**blank, "holder": "八角南里社区居民委员会", **more}


def told(home: Compound) -> dict[str, list[str]]:
    view = closing_view(ensure_period(home, OCTOBER))
    found: dict[str, list[str]] = {}
    for check in view.told:
        found.setdefault(check.key, []).extend(item.label for item in check.items)
    return found


# --- Accounts -----------------------------------------------------------------------------------------------------


def test_the_list_shows_whose_how_much_and_what_is_odd(home: Compound, keeper: Client) -> None:
    MoneyAccount.objects.filter(pk=account(home, means="cash").pk).update(limit=Decimal("1000"), holder="出纳")
    text = see(keeper, LIST)
    assert "户名待补" in text and "超过限额2,412.50元" in text
    assert "1,280.00" in text and "4,692.50" in text  # 8000 of... bank, and the book's total
    assert "开一个账户" not in text and "10月对账" in text and "盘点" in text


def test_head_and_street_keep_accounts_and_the_history_says_what_stood_before(
    home: Compound, head: Client, keeper: Client
) -> None:
    bank = account(home)
    assert keeper.post(f"{LIST}{bank.pk}/", fields()).status_code == 403
    page = send(head, f"{LIST}{bank.pk}/", **fields(number_tail="1234", mandate="自管会决议3号"))
    assert "存好了" in words(page.content.decode())
    entry = Entry.objects.get(action="account.change")
    data = json.loads(entry.data)
    assert data["before"]["holder"] == "待补" and data["after"]["number_tail"] == "1234"
    assert "在谁名下：待补，改为八角南里社区居民委员会" in see(keeper, f"{LIST}{bank.pk}/")
    send(head, f"{LIST}{bank.pk}/", **fields(number_tail="1234", mandate="自管会决议3号"))
    assert Entry.objects.filter(action="account.change").count() == 1, "nothing changed, nothing written"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("number_tail", "12a4", "请只填账号的后四位数字"),
        ("number_tail", "123456", "请只填账号的后四位数字"),
        ("limit", "12o0", "有字母o"),
        ("limit", "500", "只有现金填限额"),
        ("fee_rate", "38", "手续费率"),
        ("holder", "", "在谁名下没有填"),
    ],
)
def test_what_is_wrong_with_an_account_is_said(home: Compound, head: Client, name: str, value: str, said: str) -> None:
    page = head.post(f"{LIST}{account(home).pk}/", fields(**{name: value}))
    assert said in words(page.content.decode())
    assert not value or value in page.content.decode()


def test_an_account_is_opened_once(home: Compound, head: Client, keeper: Client) -> None:
    book = factories.books(home)["service"]
    new = fields(book=str(book.pk), means="qr", fee_rate="0.38%", settles_to=str(account(home).pk), holder="王五")
    send(head, f"{LIST}new/", **new, is_private="on")
    made = MoneyAccount.objects.get(means="qr")
    assert (made.fee_rate, made.is_private, made.settles_to_id) == (Decimal("0.0038"), True, account(home).pk)
    again = head.post(f"{LIST}new/", {**new, "is_private": "on"})
    assert "已经有这个户名" in words(again.content.decode())
    assert "在私人名下，应尽快停用" in see(head, LIST)
    send(head, f"{LIST}{made.pk}/", **{**new, "is_private": "on", "fee_rate": "0.6%"})
    assert "手续费率：0.38%，改为0.6%" in (text := see(keeper, f"{LIST}{made.pk}/")) and "手续费率0.6%" in text


def test_an_ended_account_takes_no_vouchers(home: Compound, head: Client, keeper: Client) -> None:
    bank = account(home)
    page = send(head, f"{LIST}{bank.pk}/end/", act="end", on="2026-10-31", reason="")
    assert "账户里还有1,280.00元" in words(page.content.decode())
    send(head, f"{LIST}{bank.pk}/end/", act="end", on="2026-10-31", reason="并入街道账户")
    bank.refresh_from_db()
    assert bank.ended_on == date(2026, 10, 31)
    assert f'value="{bank.pk}"' not in keeper.get(f"{CODE}books/service/?month=2026-11").content.decode()
    sent = typed(month="2026-10", on="10-25", money_account=str(bank.pk))
    send(keeper, f"{CODE}books/service/drafts/", **sent)
    assert Draft.objects.count() == 1, "the days before still take vouchers"
    sent = typed(month="2026-10", on="11-02", money_account=str(bank.pk), form_token="b" * 32)
    page = send(keeper, f"{CODE}books/service/drafts/", **sent)
    assert "已经停用" in words(page.content.decode()) and Draft.objects.count() == 1
    assert "停用" in see(head, LIST)
    send(head, f"{LIST}{bank.pk}/end/", act="resume")
    bank.refresh_from_db()
    assert bank.ended_on is None


# --- A payment code -----------------------------------------------------------------------------------------------


def code_account(home: Compound, **more: object) -> MoneyAccount:
    book = factories.books(home)["service"]
    made = MoneyAccount.objects.create(
        book=book,
        means="qr",
        holder="八角南里社区居民委员会",
        fee_rate=Decimal("0.0038"),
        settles_to=account(home),
        **more,
    )
    factories.post(home, [factories.data(home, date(2026, 10, 28), "101", "1000.00", means="qr")])
    return made


def test_a_code_is_settled_at_one_go(home: Compound, keeper: Client, people: tuple[User, User]) -> None:
    code = code_account(home)
    assert "10月28日收的还没到账" in see(keeper, LIST)
    page = keeper.get(f"{LIST}{code.pk}/settlement/").content.decode()
    assert 'value="1000.00"' in page and 'value="3.80"' in page and "手续费率0.38%" in page
    sent = {"on": "2026-11-01", "gross": "1000", "fee": "3.80", "bank": str(account(home).pk), "form_token": "c" * 32}
    for _ in range(2):
        send(keeper, f"{LIST}{code.pk}/settlement/", **sent)
    drafts = list(Draft.objects.order_by("pk"))
    assert [(d.direction, d.lines.get().account_id, d.lines.get().amount) for d in drafts] == [
        ("transfer_out", "301", Decimal("996.20")),
        ("expense", "206", Decimal("3.80")),
    ]
    for draft in drafts:
        post_draft(draft.pk, actor=people[1], at=AT)
    assert "还没到账" not in see(keeper, LIST)
    wrong = keeper.post(f"{LIST}{code.pk}/settlement/", {**sent, "fee": "1000", "form_token": "d" * 32})
    assert "手续费要比应到的少" in words(wrong.content.decode())


# --- Cash paid out of takings -------------------------------------------------------------------------------------


def paying(home: Compound, **more: object) -> dict[str, object]:
    cash = account(home, means="cash")
    spent = {"line-0-summary": "买灯泡", "line-0-account": "203", "line-0-income": "", "line-0-expense": "50.00"}
    return {**typed(on="10-28", payee="灯具店", money_account=str(cash.pk)), **spent, **more}


def test_paying_out_of_takings_warns_and_is_never_refused(home: Compound, keeper: Client, head: Client) -> None:
    page = send(keeper, f"{CODE}books/service/drafts/", **paying(home))
    said = "10月5日起收的现金3,412.50元还没存银行"
    assert said in words(page.content.decode())
    draft = Draft.objects.get()
    assert said in see(head, f"/office/review/{draft.pk}/")
    to_bank = factories.data(home, date(2026, 10, 27), "301", "3400.00", means="cash", to_account=account(home))
    factories.post(home, [to_bank])
    assert "坐支" not in see(head, f"/office/review/{draft.pk}/"), "brought to the bank in between"


def test_the_workbench_says_what_is_to_be_reconciled_and_counted(
    home: Compound, keeper: Client, cashier: Client
) -> None:
    text = see(keeper, "/office/")
    assert "10月银行对账2个账户还没和对账单对过" in text
    save(keeper, page_of(home), pasted=PASTE, statement_balance="1283.27")
    assert "10月银行对账1个账户" in see(keeper, "/office/")
    assert "盘点" not in see(cashier, "/office/")
    with time_machine.travel(AT.replace(day=28), tick=False):
        cashier = browser(User.objects.get(name="刘玉珍"))
        assert "物业服务经费现金盘点" in see(cashier, "/office/")


# --- Reconciling --------------------------------------------------------------------------------------------------

PASTE = (
    "交易日期\t摘要\t借方发生额\t贷方发生额\t余额\n"
    "2026-10-09 10:03:11\t停车费\t\t6,480.00\t6,480.00\n"
    "2026-10-12\t和顺里物业\t5,200.00\t\t1,280.00\n"
    "2026-10-21\t利息\t\t3.27\t1,283.27\n"
)


def page_of(home: Compound, period: str = "2026-10") -> str:
    return f"{LIST}{account(home).pk}/reconciliations/{period}/"


def ticks(html: str) -> dict[str, object]:
    import re

    mark = re.search(r'name="mark" value="([^"]*)"', html)
    assert mark
    boxes = re.findall(r'<input type="checkbox" name="done" value="([^"]+)"( checked)?', html)
    return {
        "mark": mark[1],
        "done": [value for value, checked in boxes if checked],
        "all": [value for value, _ in boxes],
    }


def save(client: Client, url: str, **sent: object) -> str:
    """Read and match what is pasted, then keep it as proposed."""
    read = client.post(url, {**sent, "act": "match"}).content.decode()
    found = ticks(read)
    return client.post(
        url, {**sent, "act": "save", "mark": found["mark"], "done": found["done"]}, follow=True
    ).content.decode()


def test_a_pasted_statement_is_matched_ticked_and_kept(home: Compound, keeper: Client) -> None:
    assert "not_reconciled" in told(home)
    url = page_of(home)
    read = keeper.post(url, {"pasted": PASTE, "act": "match"}).content.decode()
    found = ticks(read)
    assert len(found["done"]) == 2 and len(found["all"]) == 3  # type: ignore[arg-type]
    assert 'value="1283.27"' in read, "the closing balance is read off the last line"
    assert "对账单上有，账上没有，1笔" in words(read)
    page = save(keeper, url, pasted=PASTE, statement_balance="1283.27")
    assert "对上了，存好了" in words(page)
    row = Reconciliation.objects.get()
    assert [(i["side"], i["amount"]) for i in json.loads(row.open_items)] == [("bank", "3.27")]
    assert told(home)["not_reconciled"] == ["自管会经费银行"]
    pdf = keeper.get(f"{url}print/")
    assert pdf.content.startswith(b"%PDF-")


def test_a_statement_that_does_not_fit_says_by_how_much_and_why(home: Compound, keeper: Client) -> None:
    url = page_of(home)
    page = save(keeper, url, pasted=PASTE, statement_balance="1280.00")
    assert "还差−3.27元" in words(page) and "10月21日利息3.27元" in words(page)
    assert "和顺里物业" in page and not Reconciliation.objects.exists()
    save(keeper, url, pasted=PASTE, statement_balance="1280.00", note="银行月底补记，已去问")
    assert Reconciliation.objects.get().note == "银行月底补记，已去问"
    checks = [c for c in closing_view(ensure_period(home, OCTOBER)).told if c.key == "not_reconciled"]
    assert {c.reason for c in checks} == {"", "银行月底补记，已去问"}, "a difference explained stays told"


def test_open_items_go_on_to_the_next_month(home: Compound, keeper: Client) -> None:
    url = page_of(home)
    save(keeper, url, pasted=PASTE, statement_balance="1283.27")
    factories.close(home)
    factories.post(home, [factories.data(home, date(2026, 11, 2), "108", "3.27")])
    with time_machine.travel(AT.replace(month=12), tick=False):
        again = browser(User.objects.get(name="吴丽"))
        text = again.get(page_of(home, "2026-11")).content.decode()
        assert "10月带来" in text and "3.27" in text
        page = save(again, page_of(home, "2026-11"), pasted="", statement_balance="1283.27")
        assert "对上了" in words(page), words(page)[:600]
    assert json.loads(Reconciliation.objects.last().open_items) == []  # type: ignore[union-attr]


def test_again_is_the_next_time_until_the_month_is_approved(home: Compound, keeper: Client) -> None:
    url = page_of(home)
    for _ in range(2):
        save(keeper, url, pasted=PASTE, statement_balance="1283.27")
    assert list(Reconciliation.objects.values_list("seq", flat=True)) == [1, 2]
    factories.close(home)
    assert "已经审定，对账不再改" in see(keeper, url)
    save_sent = {"pasted": PASTE, "statement_balance": "1283.27", "act": "save"}
    keeper.post(url, save_sent)
    assert Reconciliation.objects.count() == 2


def test_a_voucher_after_the_reconciliation_makes_it_stale(home: Compound, keeper: Client) -> None:
    save(keeper, page_of(home), pasted=PASTE, statement_balance="1283.27")
    factories.post(home, [factories.data(home, date(2026, 10, 30), "108", "1.00")])
    assert "物业服务经费银行，对账以后又记了账" in told(home)["not_reconciled"]
    assert "以后又记了账，要再对" in see(keeper, page_of(home))


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("日期\t摘要\t金额\n2026-10-05\tx\t12o0", "有字母o"),
        ("日期\t金额\n2026-10-05\t=1+1", "第2行"),
        ("2026-09-05 停车 6480", "这是2026年9月的对账单，这里要2026年10月的"),
        ("随便写的", "看不出哪一列是金额"),
        ("日期\t金额\n" + "2026-10-05\t1\n" * 30_000, "一次最多600行"),
        ("日期\t收入\t支出\n2026-10-05\t1\t2", "一行只能有一个"),
    ],
)
def test_a_statement_that_cannot_be_read_is_named_by_its_line(
    home: Compound, keeper: Client, pasted: str, said: str
) -> None:
    page = keeper.post(page_of(home), {"pasted": pasted, "statement_balance": "5", "act": "match"}).content.decode()
    assert said in words(page)
    assert pasted[:8] in page, "what was pasted is kept"
    assert not Reconciliation.objects.exists()


def test_a_workbook_and_a_csv_are_read_too(home: Compound, keeper: Client) -> None:
    rows = "交易日期,摘要,支出,收入\n2026-10-09,停车费,,6480.00\n2026-10-12,物业,5200.00,\n"
    for content in (rows.encode("gb18030"), rows.encode("utf-8-sig")):
        file = SimpleUploadedFile("流水.csv", content)
        read = keeper.post(page_of(home), {"file": file, "act": "match"}).content.decode()
        assert "两边都有的，2笔" in words(read)
    broken = SimpleUploadedFile("流水.xlsx", b"PK\x03\x04 no workbook")
    assert "打不开" in words(keeper.post(page_of(home), {"file": broken, "act": "match"}).content.decode())


def test_only_the_bookkeeper_reconciles(home: Compound, cashier: Client, head: Client) -> None:
    for client in (cashier, head):
        assert client.get(page_of(home)).status_code == 200
        assert client.post(page_of(home), {"act": "save"}).status_code == 403


# --- Counting -----------------------------------------------------------------------------------------------------


def counting(home: Compound) -> str:
    return f"{LIST}{account(home, means='cash').pk}/counts/"


def pieces(*numbers: object) -> dict[str, object]:
    return {f"piece-{i}": number for i, number in enumerate(numbers)}


RIGHT = pieces(34, 0, 1, 0, 0, 2, 1)  # 3412.50


def test_cash_is_counted_by_its_pieces(home: Compound, cashier: Client) -> None:
    assert "not_counted" in told(home)
    sent = {"on": "2026-10-31", "counter": "刘玉珍", "witness": "王秀兰"}
    page = send(cashier, counting(home), **sent, **pieces(34, 0, 1, 0, 0, 2, 1))
    assert "实点3,422.50元，比账上多10.00元" in words(page.content.decode())
    page = send(cashier, counting(home), **sent, **pieces(34, 0, 0, 1, 0, 2, 1))
    assert "盘点存好了：3,412.50元" in words(page.content.decode())
    assert "not_counted" not in told(home) and "cash_differs" not in told(home)
    send(cashier, counting(home), **sent, **pieces(34, 0, 0, 1, 0, 2, 1))
    row = CashCount.objects.get()  # the same form sent twice is one count
    assert "c-known wide-only" in cashier.get(counting(home)).content.decode(), "on a phone what agrees is said once"
    assert cashier.get(f"{counting(home)}{row.pk}/print/").content.startswith(b"%PDF-")


def test_a_difference_is_explained_and_told_until_it_is_booked(home: Compound, keeper: Client) -> None:
    sent = {"on": "2026-10-31", "counter": "刘玉珍", "witness": "王秀兰", "explanation": "找零少收，在查"}
    send(keeper, counting(home), **sent, **pieces(34, 0, 0, 1))
    assert told(home)["cash_differs"] == ["物业服务经费现金，10月31日少2.50元"]
    checks = [c for c in closing_view(ensure_period(home, OCTOBER)).told if c.key == "cash_differs"]
    assert checks[0].reason == "找零少收，在查"
    assert "去记219" in see(keeper, counting(home))
    page = keeper.get(counting(home)).content.decode()
    assert '<tr class="differs">' in page and "c-known wide-only" not in page
    factories.post(home, [factories.data(home, date(2026, 10, 31), "219", "2.50", means="cash")])
    assert "cash_differs" not in told(home)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (pieces(-3), "张数不能是负数"),
        (pieces("3.5"), "请填整数"),
        (pieces("x"), "请填整数"),
        (pieces(9_999_999), "太多了"),
        ({**RIGHT, "witness": "刘玉珍"}, "监盘人要是另一个人"),
        ({**RIGHT, "witness": ""}, "监盘人没有填"),
        ({**RIGHT, "on": "2026-12-01"}, "还没到日子"),
    ],
)
def test_what_is_wrong_with_a_count_is_said(
    home: Compound, cashier: Client, sent: dict[str, object], said: str
) -> None:
    usual = {"on": "2026-10-31", "counter": "刘玉珍", "witness": "王秀兰"}
    page = cashier.post(counting(home), {**usual, **sent}).content.decode()
    assert said in words(page) and not CashCount.objects.exists()


# --- Shared accounts ----------------------------------------------------------------------------------------------


def test_the_holder_confirms_what_lies_in_a_shared_account(home: Compound, head: Client, keeper: Client) -> None:
    clerk = browser(factories.user(Role.COMMUNITY_CLERK, COMMUNITY, "张宁"))
    place = {"area": COMMUNITY, "holder": "八角南里社区居民委员会", "bank": "农商行八角支行", "number_tail": "0417"}
    send(clerk, "/office/shared-accounts/", **place)
    shared = SharedAccount.objects.get()
    other = factories.compound(f"{COMMUNITY}02", "南里甲院（演示）")
    factories.some_month(other)
    for each in (account(home), account(other)):
        send(head if each.book.compound_id == home.pk else clerk, f"{LIST}{each.pk}/", **fields(shared=str(shared.pk)))
    MoneyAccount.objects.filter(pk=account(other).pk).update(shared=shared)
    url = f"/office/shared-accounts/{shared.pk}/"
    assert keeper.get(url).status_code == 404, "a compound's people do not see the other compounds' parts"
    text = see(clerk, url)
    assert "2026年10月31日各小区的账" in text and "2,560.00" in text
    sent = {"on": "2026-10-31", "statement_balance": "12560.00", "own": "10000.00", "act": "save"}
    wrong = clerk.post(url, {**sent, "own": "9000.00"}).content.decode()
    assert "两边差1,000.00元" in words(wrong) and not BalanceSlip.objects.exists()
    assert clerk.post(url, {**sent, "act": "print"}).content.startswith(b"%PDF-")
    assert "签字人没有填" in words(clerk.post(url, sent).content.decode())
    paper = SimpleUploadedFile("确认单.png", factories.picture(), content_type="image/png")
    page = send(clerk, url, **sent, signed_by="陈主任", paper=paper)
    assert "存好了" in words(page.content.decode()), words(page.content.decode())
    paper = SimpleUploadedFile("确认单.png", factories.picture(), content_type="image/png")
    send(clerk, url, **sent, signed_by="陈主任", paper=paper)
    slip = BalanceSlip.objects.get()  # the same form sent twice is one slip
    assert json.loads(slip.parts) == [[account(home).pk, "1280.00"], [account(other).pk, "1280.00"]]
    assert told(home)["not_reconciled"] == ["自管会经费银行"], "it serves as the month's reconciliation"
    assert clerk.get(f"{url}slips/{slip.pk}/print/").content.startswith(b"%PDF-")


# --- A compound without books -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_without_books_the_navigation_leads_somewhere_and_no_account_is_offered() -> None:
    bare = factories.compound(f"{factories.COMMUNITY}09", "丁香院（演示）")
    head = browser(factories.user(Role.COMMITTEE_HEAD, bare.code, "王秀兰"))
    pages = f"/office/compounds/{bare.code}/"
    assert "还没有建账" in words(head.get(f"{pages}books/service/", follow=True).content.decode())
    assert head.get(f"{pages}books/none/").status_code == 404
    said = see(head, f"{pages}accounts/")
    assert "还没有账户" in said and "开一个账户" not in said
