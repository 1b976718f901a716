"""A year of a compound's books kept in the browser: typed, reviewed, closed and posted month by month.

Bookkeeper, head, cashier and auditor each do their part; what goes wrong is mended as the law wants it. At the end the
yearly ledger adds up from the twelve months that hang.
"""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.fees.workbooks import cashbook
from tests.journeys.conftest import PASSWORD, Visit, Visitor, keyboard

NAME = "石榴南院（演示）"
YEAR = date.today().year - 1
PEOPLE = {
    "nian-ji": ("committee_bookkeeper", "赵瑞芝"),
    "nian-zhu": ("committee_head", "孙庆祥"),
    "nian-chu": ("committee_cashier", "马月娥"),
    "nian-du": ("auditor", "许书田"),
}
MAKE = """
from datetime import date
from django.utils import timezone
from compounds.models import Appointment, Building, Compound, Dwelling
from core.models import User
from core.operations import machine, set_password
from decimal import Decimal
at, system = timezone.now(), machine("system")
code = "11010700303792"
compound = Compound.objects.create(code=code, area_code=code, name={name!r}, built_year=1984, created_at=at)
building = Building.objects.create(compound=compound, label="1")
for n in range(48):
    Dwelling.objects.create(building=building, room=f"{{n // 8 + 1}}0{{n % 8 + 1}}", area=Decimal("54.3000"))
for username, (role, who) in {people!r}.items():
    user = User.objects.create(username=username, name=who, created_at=at)
    set_password(user, {password!r}, actor=system, at=at, one_time=False)
    Appointment.objects.create(user=user, role=role, area_code=code, from_on=date(2020, 1, 1), given_by=system, given_at=at)
print(code)
"""


@dataclass
class Office:
    """The people of one compound at their windows."""

    code: str
    keeper: Visitor
    head: Visitor
    cashier: Visitor
    auditor: Visitor

    @property
    def base(self) -> str:
        return f"/office/compounds/{self.code}"

    def book(self, month: date, kind: str = "service") -> Page:
        return self.keeper.go(f"{self.base}/books/{kind}/?month={month:%Y-%m}")

    def closing(self, who: Visitor, month: date) -> Page:
        return who.go(f"{self.base}/closing/{month:%Y-%m}/")

    def type(self, on: date, summary: str, account: str, amount: str, payee: str = "居民", **more: str) -> None:
        """Type a voucher in the book's last line and hand it in; ``more``: other fields by name."""
        page = self.book(on)
        entry = page.locator("form[data-entry]")
        entry.locator("[name=on]").fill(f"{on:%m-%d}")
        entry.locator("[name$='0-summary']").fill(summary)
        entry.locator("[name$='0-account']").fill(account)
        entry.locator("[name=payee]").fill(payee)
        column = "income" if account.startswith(("1", "j")) else "expense"
        entry.locator(f"[name$='0-{column}']").fill(amount)
        if column == "expense":
            for name, value in {"handler": "赵瑞芝", "witness": "马月娥", "approver": "孙庆祥"}.items():
                entry.locator(f"[name={name}]").fill(value)
        for name, value in more.items():
            field = entry.locator(f"[name={name}]")
            if name == "means":
                entry.locator("[name=money_account]").select_option(label=value)
            elif field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        keyboard(page).press("Control+Enter")

    def hand_in(self, on: date, summary: str, account: str, amount: str, payee: str = "居民", **more: str) -> None:
        self.type(on, summary, account, amount, payee, **more)
        expect(self.keeper.page.locator("main")).to_contain_text("交给复核了")

    def send(self) -> None:
        """Hand in what stands in the form of the bookkeeper's window."""
        keyboard(self.keeper.page).press("Control+Enter")
        expect(self.keeper.page.locator("main")).to_contain_text("交给复核了")

    def review(self, summary: str) -> Page:
        """Open a waiting draft from the queue by the keyboard."""
        page = self.head.go("/office/review/")
        rows = page.locator("[data-queue] [data-row]")
        place = next(i for i in range(rows.count()) if summary in rows.nth(i).inner_text())
        for _ in range(place + 1):
            keyboard(page).press("j")
        keyboard(page).press("Enter")
        expect(page.locator("h1")).to_contain_text(summary)
        return page

    def post(self, summary: str) -> int:
        page = self.review(summary)
        keyboard(page).press("a")
        said = page.get_by_text(re.compile(r"记账了：.*第\d+号凭证"))
        expect(said).to_be_visible()
        found = re.search(r"第(\d+)号", said.inner_text())
        assert found
        return int(found[1])

    def record(self, on: date, summary: str, account: str, amount: str, payee: str = "居民", **more: str) -> int:
        self.hand_in(on, summary, account, amount, payee, **more)
        return self.post(summary)

    def prepare(self, month: date) -> None:
        page = self.closing(self.keeper, month)
        for field in page.locator(".told input[type=text], .told textarea").all():
            if not field.input_value():
                field.fill("纸质票据已装订存档")
        page.get_by_role("button", name=re.compile("编制")).click()
        expect(page.locator("main")).to_contain_text("是您编制的，要由另一个人审定")

    def approve(self, month: date) -> None:
        page = self.closing(self.head, month)
        page.get_by_role("link", name="看清楚再审定").click()
        expect(page.locator("main")).to_contain_text("不能反悔的")
        page.get_by_role("button", name=re.compile("审定.*的账")).click()
        expect(page.locator("main")).to_contain_text("已审定")

    def hang(self, month: date) -> None:
        page = self.head.go(f"{self.base}/ledgers/?month={month:%Y-%m}")
        page.get_by_role("button", name=re.compile("张贴")).click()
        expect(page.locator("main")).to_contain_text("收支公示贴出了", timeout=60_000)

    def close(self, month: date) -> None:
        self.prepare(month)
        self.approve(month)
        self.hang(month)


@pytest.fixture
def office(visit: Visit, tmp_path: Path) -> Office:
    """A compound without books, its opening taken from paper, and the people at their windows."""
    keeper, head, cashier, auditor = visit(), visit(), visit(), visit()
    code = keeper.site.manage(
        "shell", "-v", "0", "-c", MAKE.format(name=NAME, people=PEOPLE, password=PASSWORD)
    ).strip()  # fmt: skip
    opening = [
        {"账簿": "物业服务经费", "结算方式": "银行", "金额": "18400.00", "日期": f"{YEAR - 1}-12-31"},
        {"账簿": "物业服务经费", "结算方式": "现金", "金额": "650.50", "日期": f"{YEAR - 1}-12-31"},
        {"账簿": "自管会经费", "结算方式": "银行", "金额": "900.00", "日期": f"{YEAR - 1}-12-31"},
    ]
    path = tmp_path / "期初.xlsx"
    path.write_bytes(cashbook([], opening))
    keeper.site.manage("import_cashbook", str(path), "--compound", code, "--apply")
    for visitor, username in ((keeper, "nian-ji"), (head, "nian-zhu"), (cashier, "nian-chu"), (auditor, "nian-du")):
        visitor.login(username)
    return Office(code, keeper, head, cashier, auditor)


def last_day(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def posted(office: Office, period: str, version: int | None = None) -> dict[str, Any]:
    query = f"?version={version}" if version else ""
    with urllib.request.urlopen(
        f"{office.keeper.site.url}/compounds/{office.code}/ledgers/{period}.json{query}"
    ) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


# --- What happens in which month ----------------------------------------------------------------------------------


def january(office: Office, month: date) -> None:
    """An ordinary month: taken, spent, closed."""
    office.record(month.replace(day=8), "居民缴费，1月", "jmjf", "2,880")
    office.record(month.replace(day=15), "保洁服务，1月", "202", "1,650", "洁净家政（演示）", decision="自管会2025-01")
    office.close(month)


def february(office: Office, month: date) -> None:
    """A wrong amount is turned back by a red voucher and entered anew; the pair stays in the book."""
    office.record(month.replace(day=7), "居民缴费，2月", "101", "2,760")
    wrong = office.record(month.replace(day=12), "更换楼道感应灯", "203", "435", "明达灯具店（演示）")
    page = office.book(month)
    page.locator(f"tr#n{wrong}").get_by_role("link").first.click()
    page.get_by_role("link", name=re.compile("红冲这张")).click()
    page.locator("[name=on]").fill(f"{month:%m}-16")
    page.get_by_role("button", name=re.compile("红字凭证交给复核")).click()
    red = office.post(f"第{wrong}号凭证")
    office.record(month.replace(day=16), "更换楼道感应灯23盏，每盏15元", "203", "345", "明达灯具店（演示）")
    page = office.book(month)
    expect(page.locator(f"tr#n{red}")).to_contain_text("−435.00")
    expect(page.locator(f"tr#n{wrong}")).to_contain_text(re.compile(f"已被0*{red}冲销"))
    office.close(month)


def march(office: Office, month: date) -> None:
    """The head sends a draft back with a reason; the bookkeeper mends it; then it is posted."""
    office.record(month.replace(day=9), "居民缴费，3月", "101", "2,820")
    office.hand_in(month.replace(day=20), "修剪树木", "202", "700", "绿源园艺（演示）")
    page = office.review("修剪树木")
    keyboard(page).press("r")
    keyboard(page).type("发票是780元，请看清楚")
    keyboard(page).press("Enter")
    expect(page.locator("main")).to_contain_text("退给赵瑞芝了")
    page = office.keeper.go("/office/")
    expect(page.locator("main")).to_contain_text("发票是780元")
    page = office.keeper.go(f"{office.base}/drafts/")
    page.get_by_role("link", name="修剪树木").first.click()
    page.locator("form[data-entry] [name$='0-expense']").fill("780")
    office.send()
    office.post("修剪树木")
    office.close(month)


def april(office: Office, month: date) -> None:
    """More cash than there is cannot be paid out; an expense beyond the limit names its decision."""
    office.record(month.replace(day=10), "居民缴费，4月", "101", "2,700")
    office.type(month.replace(day=11), "看门值班补助", "201", "980", "门卫", means="现金")
    expect(office.keeper.page.locator("main")).to_contain_text("交给复核了")
    page = office.review("看门值班补助")
    keyboard(page).press("a")
    expect(page.locator(".error-summary")).to_contain_text("现金会少329.50元")
    keyboard(page).press("r")
    page.locator("[name=note]").fill("现金不够，请从银行付")
    keyboard(page).press("Enter")
    page = office.keeper.go(f"{office.base}/drafts/")
    page.get_by_role("link", name="看门值班补助").first.click()
    page.locator("form[data-entry] [name=money_account]").select_option(label="银行")
    office.send()
    office.post("看门值班补助")
    office.type(month.replace(day=22), "门禁换主板和读卡器", "203", "1,260", "安平锁具（演示）")
    expect(office.keeper.page.locator(".error-summary")).to_contain_text("决议")
    office.keeper.page.locator("form[data-entry] [name=decision]").fill(f"自管会{YEAR}-04")
    office.send()
    office.post("门禁换主板和读卡器")
    office.close(month)


def may(office: Office, month: date) -> None:
    """A month with nothing is closed and posted too."""
    page = office.closing(office.keeper, month)
    expect(page.locator("main")).to_contain_text("本月没有收支")
    office.close(month)


def ordinary(income: str, spent: str) -> Callable[[Office, date], None]:
    def keep(office: Office, month: date) -> None:
        office.record(month.replace(day=8), f"居民缴费，{month.month}月", "101", income)
        office.record(month.replace(day=18), f"保洁服务，{month.month}月", "202", spent, "洁净家政（演示）")
        office.close(month)

    return keep


def june(office: Office, month: date) -> None:
    """The auditor finds a bill missing, the month goes back; approved, it is withdrawn once more before it hangs."""
    office.record(month.replace(day=6), "居民缴费，6月", "101", "2,640")
    office.prepare(month)
    page = office.closing(office.auditor, month)
    page.get_by_role("link", name=re.compile("签已阅")).click()
    page.locator("#kind_opinion").check()
    page.locator("[name=text]").fill("少记了一笔保洁费，请补上")
    page.get_by_role("button", name=re.compile("签上6月的意见")).click()
    expect(page.locator("main")).to_contain_text("少记了一笔保洁费")
    page = office.closing(office.head, month)
    expect(page.locator("main")).to_contain_text("少记了一笔保洁费")
    page.locator("[name=note]").fill("监督员说少一笔保洁费")
    page.get_by_role("button", name="退回重新编制").click()
    office.record(month.replace(day=28), "保洁服务，6月", "202", "950", "洁净家政（演示）")
    office.prepare(month)
    page = office.closing(office.auditor, month)
    page.get_by_role("link", name=re.compile("签已阅")).click()
    page.locator("#kind_read").check()
    page.get_by_role("button", name=re.compile("签上6月的意见")).click()
    office.approve(month)
    page = office.closing(office.head, month)
    page.get_by_role("link", name=re.compile("撤回6月的审定")).click()
    page.locator("[name=note]").fill("利息单刚拿到")
    page.get_by_role("button", name=re.compile("撤回6月的审定")).click()
    office.record(month.replace(day=21), "活期利息，第二季度", "108", "9.63", "银行")
    office.close(month)
    page = office.closing(office.head, month)
    expect(page.get_by_role("link", name=re.compile("撤回"))).to_have_count(0)
    expect(page.locator("main")).to_contain_text("不能再打开")


def august(office: Office, month: date) -> None:
    """July hangs with a wrong word: it is corrected by its next version, the first one stays reachable."""
    ordinary("2,580", "970")(office, month)
    july = f"{YEAR}-07"
    number = next(
        line["number"] for book in posted(office, july)["books"] for line in book["lines"] if "保洁" in line["summary"]
    )
    page = office.keeper.go(f"{office.base}/ledgers/{july}/corrections/")
    page.locator("[name=book]").select_option("service")
    page.locator("[name=number]").fill(str(number))
    page.locator("[name=reason]").fill("漏写了清运")
    page.locator("[name=text]").fill("保洁和垃圾清运，7月")
    page.get_by_role("button", name="存好这一条").click()
    expect(page.locator("main")).to_contain_text("漏写了清运")
    page = office.head.go(f"{office.base}/ledgers/{july}/corrections/")
    page.get_by_role("link", name="张贴第1次更正").click()
    expect(page.locator("main")).to_contain_text("不能反悔的")
    page.get_by_role("button", name="张贴第1次更正").click()
    expect(page.locator("main")).to_contain_text("第1次更正", timeout=60_000)
    first, second = posted(office, july, 1), posted(office, july)
    assert (first["version"], second["version"]) == (1, 2)
    assert [c["number"] for c in second["corrections"]] == [number]
    assert [b["closing"] for b in first["books"]] == [b["closing"] for b in second["books"]]
    page = office.auditor.go(f"/compounds/{office.code}/ledgers/{july}/")
    expect(page.locator("main")).to_contain_text("保洁和垃圾清运")
    page = office.auditor.go(f"/compounds/{office.code}/ledgers/{july}/?version=1")
    expect(page.locator("main")).to_contain_text("更正版")


def september(office: Office, month: date) -> None:
    """The cashier counts the cash beside a witness: ten yuan short, counted again, then it fits."""
    office.record(month.replace(day=8), "居民缴费，9月", "101", "2,730")
    office.record(month.replace(day=18), "保洁服务，9月", "202", "980", "洁净家政（演示）")
    page = office.cashier.go(f"{office.base}/accounts/")
    page.get_by_role("link", name="盘点").first.click()
    page.get_by_label("盘点日期").fill(f"{YEAR}-09-30")
    page.get_by_label("监盘人").fill("孙庆祥")
    for label, pieces in (("100元", "6"), ("20元", "2"), ("5角", "1")):
        page.get_by_label(label, exact=True).fill(pieces)
    page.get_by_role("button", name="存好盘点").click()
    expect(page.locator(".error-summary")).to_contain_text("比账上少10.00元")
    page.get_by_label("20元", exact=True).fill("")
    page.get_by_label("50元", exact=True).fill("1")
    page.get_by_role("button", name="存好盘点").click()
    expect(page.locator("main")).to_contain_text("盘点存好了")
    office.close(month)


MONTHS: list[Callable[[Office, date], None]] = [
    january, february, march, april, may, june, ordinary("2,910", "960"), august, september,
    ordinary("2,670", "940"), ordinary("2,610", "930"), ordinary("2,790", "990"),
]  # fmt: skip


def test_a_year_of_books(office: Office) -> None:
    for number, keep in enumerate(MONTHS, start=1):
        keep(office, date(YEAR, number, 1))
    months = [posted(office, f"{YEAR}-{n:02d}") for n in range(1, 13)]
    page = office.head.go(f"{office.base}/ledgers/?month={YEAR}")
    page.get_by_role("button", name=re.compile("张贴")).click()
    expect(page.locator("main")).to_contain_text("收支公示贴出了", timeout=60_000)
    year = posted(office, str(YEAR))
    for place, book in enumerate(year["books"]):
        for name in ("income", "expense", "transfers_in", "transfers_out", "held_in", "held_out"):
            assert Decimal(book[name]) == sum(Decimal(m["books"][place][name]) for m in months), name
        assert book["opening"] == months[0]["books"][place]["opening"]
        assert book["closing"] == months[-1]["books"][place]["closing"]
        assert [x["number"] for x in book["lines"]] == [x["number"] for m in months for x in m["books"][place]["lines"]]
    office.auditor.go(f"/compounds/{office.code}/ledgers/{YEAR}/")
    office.auditor.shoot("year")

    # An error of that year found in this one: a voucher of this year, with the street's paper; the year stays as it hangs.
    number = next(x["number"] for b in months[11]["books"] for x in b["lines"] if "保洁" in x["summary"])
    page = office.keeper.go(f"{office.base}/books/service/{YEAR}/{number}/")
    expect(page.get_by_role("link", name=re.compile("红冲这张"))).to_have_count(0)
    page.get_by_role("link", name="更正以前年度的账").click()
    page.get_by_label(re.compile("229")).check()
    page.locator("[name=amount]").fill("30")
    page.locator("[name=decision]").fill("八街〔2026〕12号")
    for name, value in {"handler": "赵瑞芝", "witness": "马月娥", "approver": "孙庆祥"}.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="把更正凭证交给复核").click()
    expect(page.locator("main")).to_contain_text("交给复核了")
    office.post(f"{YEAR}年")
    page = office.keeper.go(f"{office.base}/books/service/{YEAR}/{number}/")
    expect(page.locator("main")).to_contain_text("以后的年度更正过")
    assert posted(office, str(YEAR)) == year
    assert json.loads(office.keeper.site.manage("verify_books", "--compound", office.code, "--json"))["bad"] == []
