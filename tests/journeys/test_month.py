"""A month from the open book to the public page: closed by two people, posted by a job that can be stopped."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta

import pypdf
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.journeys.conftest import PHONE, Visit


def last_month(back: int = 1) -> date:
    day = date.today()
    for _ in range(back):
        day = day.replace(day=1) - timedelta(days=1)
    return day.replace(day=1)


def publish(page: Page, month: date, area: str) -> None:
    """Choose month and area, then start the job for everything that is ready."""
    page.get_by_label("哪一期").select_option(f"{month:%Y-%m}")
    page.get_by_label("街道、社区或小区").select_option(label=area)
    page.get_by_role("button", name="看这些小区").click()
    page.get_by_role("button", name="张贴勾选的小区").click()
    expect(page.locator("h1")).to_contain_text("收支公示")


def test_a_month_is_closed_by_two_and_its_ledger_hangs(visit: Visit) -> None:
    month = last_month()
    keeper = visit()
    people = keeper.site.people_of("椿树里")
    address = f"/compounds/{people['code']}/ledgers/{month:%Y-%m}/"

    resident = visit(size=PHONE, javascript=False)
    resident.complaints.expected = 404
    resident.go(address)
    expect(resident.page.locator("h1")).not_to_contain_text("收支公示表")

    keeper.login(people["committee_bookkeeper"])
    page = keeper.go(f"/office/compounds/{people['code']}/closing/{month:%Y-%m}/")
    prepare = page.get_by_role("button", name=re.compile("编制.*交主任审定"))
    prepare.click()  # without the reasons: told, and nothing done
    expect(page.locator(".error-summary")).to_contain_text("还没有说明原因")
    for field in page.locator(".told input, .told textarea").all():
        field.fill("纸质票据已装订，没有拍照")
    keeper.shoot("closing_reasons")
    prepare.click()
    expect(page.locator("main")).to_contain_text("是您编制的，要由另一个人审定")

    head = visit()
    head.login(people["committee_head"])
    page = head.go(f"/office/compounds/{people['code']}/closing/{month:%Y-%m}/")
    page.get_by_role("link", name="看清楚再审定").click()
    expect(page.locator("main")).to_contain_text("不能反悔的")
    head.shoot("closing_approval")
    page.get_by_role("button", name=re.compile("审定.*的账")).click()
    expect(page.locator("main")).to_contain_text("已审定")

    street = visit()
    street.login("limin")
    page = street.go("/office/ledgers/")
    publish(page, month, "八角街道")
    expect(page.locator("main")).to_contain_text("做完了", timeout=60_000)
    expect(page.locator("main")).to_contain_text("椿树里")
    street.shoot("job_done")

    resident.complaints.expected = 200
    resident.go(address)
    expect(resident.page.locator("h1")).to_contain_text(f"{month.year}年{month.month}月收支公示表")
    expect(resident.page.locator("main")).to_contain_text("纸质票据已装订，没有拍照")
    resident.page.get_by_role("link", name="现在核对").click()
    expect(resident.page.locator(".verdict")).to_have_text("一致")


def test_a_job_is_stopped_and_goes_on_where_it_stood(visit: Visit) -> None:
    """The street's older month: stopped in the middle, resumed, every ledger exactly once."""
    month = last_month(2)
    street = visit()
    street.login("limin")
    page = street.go("/office/ledgers/")
    publish(page, month, "八角街道")
    page.get_by_role("button", name="停下").click()
    stopped = page.get_by_text(re.compile(r"停下了，(\d+)个小区里做好(\d+)个"))
    expect(stopped).to_be_visible(timeout=60_000)
    total, done = (int(n) for n in re.findall(r"\d+", stopped.inner_text())[:2])
    assert done < total, "stopped before the end"
    street.shoot("job_stopped")

    page.get_by_role("button", name="接着做").click()
    expect(page.locator("main")).to_contain_text(f"做完了，{total}个小区", timeout=120_000)
    street.shoot("job_resumed")
    links = page.locator("main li a").filter(has_text=re.compile("收支公示|小区|院|里")).all()
    ledgers = {link.get_attribute("href") for link in links if "/ledgers/" in str(link.get_attribute("href"))}
    pages = {each for each in ledgers if each and not each.endswith(".pdf")}
    assert len(pages) == total
    rows = street.site.manage(
        "shell", "-v", "0", "-c",
        "from fees.models import Ledger; from django.db.models import Count\n"
        f"print(Ledger.objects.filter(code='{month:%Y-%m}').values('compound').annotate(n=Count('pk'))"
        ".filter(n__gt=1).count())",
    )  # fmt: skip
    assert rows.strip() == "0"


def last_quarter() -> str:
    month = last_month()
    while month.month % 3:
        month = (month - timedelta(days=1)).replace(day=1)
    return f"{month.year}-Q{month.month // 3}"


def photograph(colour: str) -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (1200, 900), colour).save(out, "JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_a_street_posts_and_prints_a_quarter_and_its_notice_is_photographed(visit: Visit) -> None:
    """One community's quarter: posted by a job, printed as one file, proved by the head's phone at two places."""
    quarter, area = last_quarter(), "110107003007"
    street = visit()
    street.login("limin")
    page = street.go(f"/office/ledgers/?period={quarter}&area={area}")
    page.get_by_role("button", name="张贴勾选的小区").click()
    expect(page.locator("main")).to_contain_text("做完了", timeout=120_000)
    page = street.go(f"/office/ledgers/print/?period={quarter}&area={area}")
    page.get_by_role("button", name="做成一个打印文件").click()
    expect(page.locator("main")).to_contain_text("做好的文件", timeout=60_000)
    link = page.locator(".files a").first
    said = re.search(r"(\d+)页", link.inner_text())
    content = page.request.get(f"{street.site.url}{link.get_attribute('href')}").body()
    printed = pypdf.PdfReader(io.BytesIO(content))
    assert said and len(printed.pages) == int(said[1]) >= 3
    street.shoot("quarter_printed")

    people = street.site.people_of("春和院")
    head = visit(size=PHONE)
    head.login(people["committee_head"])
    page = head.go(f"/office/compounds/{people['code']}/ledgers/{quarter}/")
    for number, colour in enumerate(("grey", "navy")):
        page.locator("[name=place]").nth(number).check()
        page.locator("#album").set_input_files([photograph(colour)])
        page.get_by_role("button", name="存好这一处").click()
        expect(page.locator(".hanging")).to_contain_text("还差1处" if number == 0 else "已贴2处")
    head.check_no_sideways_scroll()
    head.shoot("quarter_proved")
    resident = visit(size=PHONE, javascript=False)
    page = resident.go(f"/compounds/{people['code']}/ledgers/{quarter}/")
    expect(page.locator("main")).to_contain_text("贴在")
