"""A clerk brings a compound of 2,000 dwellings in from Excel: every fault by its cell, mended, applied, and once more for nothing."""

from __future__ import annotations

import re
import time
from pathlib import Path

import xlsxwriter
from playwright.sync_api import Page, expect

from compounds.imports import HEADINGS
from core.spreadsheets import read_grid
from tests.journeys.conftest import OFFICE, Visit

NAME = "两千户院（演示）"
BUILDINGS, ENTRANCES, FLOORS, DOORS = 20, 5, 5, 4
WIDE = 60_000  # milliseconds that checking and importing may take on a busy machine
SECONDS = 60
# Excel's row and column: what a clerk mistypes, and the word that the fault says.
FAULTS: dict[str, tuple[object, str]] = {
    "E7": (0, "大于0"),
    "H19": ("仓库", "看不懂"),
    "M33": ("郭秀兰、郭志强", "只有一位"),
    "D111": ("301", "同一户只留一行"),
    "D501": (None, "房号没有填"),
    "K777": ("问他儿子", "看不懂"),
}
# Read as a number it would be nobody's: until it is mended, nothing else is looked at.
FORMULA = "E58"
DOUBTED = "K1203"  # the phone of row 1202 under another name


def rows() -> list[list[object]]:
    """Return the 2,000 dwellings as they are."""
    found = []
    for n in range(BUILDINGS * ENTRANCES * FLOORS * DOORS):
        building, rest = divmod(n, ENTRANCES * FLOORS * DOORS)
        entrance, rest = divmod(rest, FLOORS * DOORS)
        floor, door = divmod(rest, DOORS)
        told: dict[str, object] = {
            "小区": NAME, "楼号": str(building + 1), "单元": str(entrance + 1), "房号": f"{floor + 1}0{door + 1}",
            "建筑面积": 50 + n % 40, "用途": "住宅", "产权人": f"甲{n}", "产权人电话": f"010-{68_000_000 + n}",
            "户代表": f"甲{n}",
        }  # fmt: skip
        found.append([told.get(heading) for heading in HEADINGS])
    found[1201][HEADINGS.index("产权人电话")] = found[1200][HEADINGS.index("产权人电话")]
    return found


def workbook(file: Path, faulty: bool, formula: bool = False) -> Path:
    """Write the workbook as the clerk has it: faulty with two cells merged and with what was mistyped."""
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet("房屋")
        for number, row in enumerate([list(HEADINGS), *rows()]):
            sheet.write_row(number, 0, row)
        if faulty:
            for cell, (value, _) in FAULTS.items():
                if value is None:
                    # Two cells made one, as people do to make a list look well: the lower one is empty.
                    sheet.merge_range(f"{cell[0]}{int(cell[1:]) - 1}:{cell}", "503", book.add_format())
                else:
                    sheet.write(cell, value)
        if formula:
            sheet.write_formula(FORMULA, "=61.2/0", None, "#DIV/0!")
    return file


def bring(page: Page, site: str, file: Path) -> None:
    """Upload a workbook and wait until it is checked."""
    page.goto(f"{site}/office/register/import/")
    page.get_by_label("房屋表（.xlsx或.csv）").set_input_files(file)
    page.get_by_role("button", name="上传，核对").click()
    page.wait_for_url(re.compile(r"/office/register/import/\d+/"))
    expect(page.locator("main")).to_contain_text(re.compile("处要改|确认导入|和名册一样"), timeout=WIDE)


def test_a_clerk_brings_two_thousand_dwellings_in(visit: Visit, tmp_path: Path) -> None:
    clerk = visit(size=OFFICE)
    page = clerk.login("zhangning")
    base, begun = clerk.site.url, time.monotonic()
    bring(page, base, workbook(tmp_path / "公式.xlsx", faulty=True, formula=True))
    expect(page.get_by_role("row").filter(has_text=FORMULA)).to_contain_text("公式错误")

    bring(page, base, workbook(tmp_path / "有错.xlsx", faulty=True))
    expect(page.locator("main")).to_contain_text(f"有{len(FAULTS)}处要改，一户也没有导入")
    for cell, (_, said) in FAULTS.items():
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=cell, exact=True))
        expect(row).to_contain_text(said)
    expect(page.get_by_role("listitem").filter(has_text=DOUBTED)).to_contain_text("请核对")
    clerk.shoot("page_import_faults")
    clerk.check_accessible()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(f"下载有错的{len(FAULTS)}行")).click()
    failed = [cells for _, cells in read_grid(download.value.path().read_bytes())]
    assert failed[0][-1] == "错在哪里" and len(failed) == len(FAULTS) + 1
    for _, said in FAULTS.values():
        assert any(said in str(cells[-1]) for cells in failed[1:]), said

    mended = workbook(tmp_path / "改好.xlsx", faulty=False)
    bring(page, base, mended)
    page.get_by_role("button", name="确认导入，新增2000户，修改0户").click()
    expect(page.locator("progress.bar, p.notice.good").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("导入：新增2000户，修改0户", timeout=WIDE)
    bring(page, base, mended)
    expect(page.locator("main")).to_contain_text("和名册一样，没有要改的，不用导入")
    expect(page.get_by_role("button", name="确认导入")).to_have_count(0)

    page.goto(f"{base}/office/compounds/")
    page.get_by_role("link", name=NAME).first.click()
    page.wait_for_url(re.compile(r"/office/compounds/\d{14}/"))
    page.goto(f"{page.url.rstrip('/')}/register/")
    cells = page.locator(".buildings .cell").count()
    taken = time.monotonic() - begun
    assert cells == 2_000
    assert taken <= SECONDS, f"{taken:.1f} s"
