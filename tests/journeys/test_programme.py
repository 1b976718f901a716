"""A compound goes from 选定 to ④ in the browser: clerk, secretary, the street's staff and its deputy do their parts."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from compounds.imports import DWELLINGS
from core.spreadsheets import Table, write_workbook
from tests.journeys.conftest import PHONE, Visit, Visitor
from tests.journeys.test_survey import type_sheet

NAME = "合欢院（演示）"
PAPERS = {
    1: ("小区基本情况表", "选定请示或批复", "产权单位清单"),
    2: ("调查问卷", "入户登记表", "摸底报告", "设施和公共资源清单"),
    3: ("实施方案", "征求意见记录", "街道审核意见"),
}
ANSWERS = ("1", "2", "3", "2", "14", "0", "1", "25", "3", "楼道灯坏了")


def register(area: Decimal) -> bytes:
    """Return a register of twelve dwellings as the clerk has it; the third row's area is the one given."""
    rows = []
    for number in range(12):
        room = f"{number // 4 + 1}0{number % 2 + 1}"
        told: dict[str, object] = {
            "小区": NAME, "楼号": "1", "单元": str(number % 4 // 2 + 1), "房号": room, "房屋性质": "房改房",
            "建筑面积": area if number == 2 else Decimal("56.3"), "产权人": f"周{'一二三四五六七八九甲乙丙'[number]}",
            "产权人电话": f"010-0000-77{number:02d}", "产权单位": "东山机床厂（演示）",
        }  # fmt: skip
        rows.append([told.get(column.heading) for column in DWELLINGS.columns[:-1]])
    return write_workbook([Table("房屋", [column.heading for column in DWELLINGS.columns[:-1]], rows)])


def scan(title: str) -> bytes:
    """Return a photograph of a paper; another one for each title."""
    sheet = Image.new("RGB", (300, 420), "white")
    for row, sign in enumerate(title):
        ImageDraw.Draw(sheet).line((20, 30 + row * 24, 60 + ord(sign) % 200, 30 + row * 24), "black", 4)
    out = io.BytesIO()
    sheet.save(out, "JPEG")
    return out.getvalue()


@dataclass
class People:
    """Who works on the compound, each at an own window."""

    clerk: Visitor
    secretary: Visitor
    staff: Visitor
    deputy: Visitor
    code: str = ""

    @property
    def base(self) -> str:
        return f"/office/compounds/{self.code}"

    def act(self, who: Visitor, number: int, button: str) -> Page:
        """Open a step's confirmation from its page, press the button, and come back to the step."""
        page = who.go(f"{self.base}/steps/{number}/")
        page.get_by_role("link", name=re.compile("^看清楚再")).click()
        page.get_by_role("button", name=button).click()
        page.wait_for_url(f"**/steps/{number}/")
        return page

    def chain(self, number: int) -> Page:
        """Let all four do their part of a step, one after another."""
        self.act(self.clerk, number, "报请确认")
        self.act(self.secretary, number, "确认")
        self.act(self.staff, number, "确认")
        return self.act(self.deputy, number, "确认")

    def hand_in_papers(self, number: int, titles: tuple[str, ...]) -> None:
        page = self.clerk.go(f"{self.base}/steps/{number}/")
        for title in titles:
            page.get_by_label("这是什么材料").select_option(label=title)
            file = {"name": f"{title}.jpg", "mimeType": "image/jpeg", "buffer": scan(title)}
            page.get_by_label("选照片或PDF，可以选几个").set_input_files([file])  # type: ignore[list-item]
            page.get_by_role("button", name="存好材料").click()
            expect(page.get_by_text(f"存好了：{title}，1份。")).to_be_visible()


@pytest.fixture
def people(visit: Visit) -> People:
    found = []
    for username in ("zhangning", "sunyan", "limin", "zhaogang"):
        visitor = visit()
        visitor.login(username)
        found.append(visitor)
    return People(*found)


def test_a_compound_goes_from_selection_to_step_four(people: People, visit: Visit, tmp_path: Path) -> None:
    page = make_compound(people)
    bring_register_in(people, tmp_path)
    list_things(people)
    # ① is sent back once, as a paper is not legible, and mended.
    people.hand_in_papers(1, PAPERS[1])
    people.act(people.clerk, 1, "报请确认")
    page = people.secretary.go(f"{people.base}/steps/1/confirmation/")
    page.get_by_label("退回的原因").fill("产权单位清单拍糊了，请重拍。")
    page.get_by_role("button", name="退回给社区").click()
    page = people.clerk.go(f"{people.base}/steps/1/")
    expect(page.get_by_text("产权单位清单拍糊了，请重拍。").first).to_be_visible()
    page.get_by_role("button", name="取下产权单位清单").click()
    people.hand_in_papers(1, ("产权单位清单",))
    people.chain(1)
    survey(people)
    people.hand_in_papers(2, PAPERS[2])
    people.chain(2)
    people.hand_in_papers(3, PAPERS[3])
    page = people.chain(3)
    expect(page.locator("main")).to_contain_text("已确认")

    page = people.staff.go(f"/office/programme/?view=list&text={NAME[:3]}")
    row = page.get_by_role("row").filter(has_text=NAME)
    expect(row).to_contain_text("宣传动员")
    expect(row).to_contain_text("张宁")
    people.staff.check_accessible()
    resident = visit(PHONE, javascript=False)
    page = resident.go(f"/compounds/{people.code}/")
    expect(page.get_by_text("第4步宣传动员")).to_be_visible()
    resident.check_no_sideways_scroll()


def make_compound(people: People) -> Page:
    page = people.clerk.go("/office/compounds/new/")
    page.get_by_label("小区名称").fill(NAME)
    page.get_by_label("地址").fill("八角南里社区内")
    page.get_by_label("建成年份").fill("1984")
    if page.locator("select[name=community]").count():
        page.get_by_label("所在社区").select_option(label="八角南里社区")
    page.get_by_role("button", name="建这个小区").click()
    page.wait_for_url(re.compile(r"/office/compounds/\d{14}/"))
    found = re.search(r"/compounds/(\d{14})/", page.url)
    assert found
    people.code = found[1]
    return page


def bring_register_in(people: People, tmp_path: Path) -> None:
    """Bring the register in from a workbook: an error is named by its cell, mended, and all twelve come in."""
    for area, told in ((Decimal(0), "有1处要改"), (Decimal("61.25"), "确认导入，新增12户")):
        file = tmp_path / "房屋表.xlsx"
        file.write_bytes(register(area))
        page = people.clerk.go("/office/register/import/")
        page.get_by_label("房屋表（.xlsx或.csv）").set_input_files(file)
        page.get_by_role("button", name="上传，核对").click()
        expect(page.locator("main")).to_contain_text(told)
        if not area:
            row = page.get_by_role("row").filter(has_text="E4")
            expect(row).to_contain_text("建筑面积")
    page.get_by_role("button", name="确认导入").click()
    expect(page.locator("main")).to_contain_text("新增12户，修改0户")
    page = people.clerk.go(f"{people.base}/register/")
    expect(page.locator("main")).to_contain_text("12")


def list_things(people: People) -> None:
    """List a facility of each of the four lines, one of them missing, and what could bring income."""
    for line, name, state in (
        ("security", "单元门禁", "缺少"), ("greening", "绿地", "完好"), ("repair", "路灯", "破损"), ("parking", "车位", "完好"),
    ):  # fmt: skip
        page = people.clerk.go(f"{people.base}/things/facilities/new/?line={line}")
        page.get_by_label("名称").fill(name)
        page.get_by_label("状况").select_option(label=state)
        page.get_by_role("button", name="登记").click()
        expect(page.locator("main")).to_contain_text(name)
    page = people.clerk.go(f"{people.base}/things/resources/new/")
    page.get_by_label("种类").select_option(label="停车位")
    page.get_by_label("名称").fill("地面停车位")
    page.get_by_label("预计一年能收多少（元）").fill("12000")
    page.get_by_role("button", name="登记").click()
    expect(page.locator("main")).to_contain_text("12,000.00")


def survey(people: People) -> None:
    """Draft the programme's questions, open, enter three sheets by keys alone, close."""
    page = people.clerk.go(f"{people.base}/surveys/new/")
    page.get_by_label("名称").fill("入户调查")
    page.get_by_role("button", name="起草问卷").click()
    page.get_by_role("link", name="开始调查").click()
    page.get_by_role("button", name="开始调查").click()
    page.get_by_role("link", name="录问卷", exact=True).click()
    for room in ("1-1-101", "1-1-102", "1-2-301"):
        type_sheet(page, room, ANSWERS)
    expect(page.locator("main")).to_contain_text("12户里收到3户")
    page = people.clerk.go(f"{people.base}/surveys/1/closing/")
    page.get_by_role("button", name="结束调查").click()
    page = people.clerk.go(f"{people.base}/surveys/1/results/")
    expect(page.locator("main")).to_contain_text("愿意")
