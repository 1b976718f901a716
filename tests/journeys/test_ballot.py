"""A ballot's way in the browser: drafted and announced, printed and handed out, entered twice, certified, looked at."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import OFFICE, PHONE, ROOT, Visit, Visitor, keyboard

MAIN, COUNTING, ANNOUNCED = "11010700303701", "南里甲院", "南里枫树院"
# What the first round says, as keys of the second: by bundle and position, those that the second has not entered.
TO_ENTER = """
import json
from ballots.models import Sheet
open_, keys = {{}}, {{"赞成": "1", "反对": "2", "弃权": "3", "无效": "9"}}
for sheet in Sheet.objects.filter(ballot__compound__name__startswith={name!r}).order_by("bundle__number", "position"):
    entries = list(sheet.entries.order_by("round"))
    if len(entries) == 1:
        marks = json.loads(entries[0].marks)
        first = "".join(keys[m] for m in marks.get("1", [])) or "0"
        second = "".join(map(str, marks.get("2", []))) or "0"
        open_.setdefault(str(sheet.bundle.number), {{}})[str(sheet.position)] = [first, second]
print(json.dumps(open_))
"""


def look(visitor: Visitor, path: str, name: str) -> Page:
    page = visitor.go(path)
    visitor.check_accessible()
    visitor.check_no_sideways_scroll()
    visitor.shoot(name)
    return page


def follow(page: Page, key: str = "Enter") -> None:
    """Press a key that leads on, and wait for where it leads."""
    with page.expect_navigation():
        page.keyboard.press(key)


def code_of(visitor: Visitor, name: str) -> str:
    return visitor.site.people_of(name)["code"]


# --- Draft and notice ---------------------------------------------------------------------------------------------


def test_a_ballot_is_drafted_and_announced(visit: Visit) -> None:
    clerk = visit(size=OFFICE)
    clerk.login("zhangning")
    ballots = f"/office/compounds/{MAIN}/ballots/"
    page = look(clerk, f"{ballots}new/", "ballot_new")
    page.get_by_label("公共部位经营（广告、快递柜、充电棚等）").check()
    page.get_by_label("名称").fill("快递柜放在哪里")
    page.get_by_role("button", name="起草", exact=True).click()
    expect(page.get_by_text("张贴公告。").first).to_be_visible()
    own = re.sub(r"^.*?(/office/.*/ballots/\d+/).*$", r"\1", page.url)
    questions = (("赞成、反对、弃权", "是否同意再放一组快递柜？", ""), ("选一项", "放在哪里？", "东门里\n车棚旁"))
    for kind, text, options in questions:
        page = clerk.go(f"{own}questions/0/")
        page.get_by_label("题型").select_option(label=kind)
        page.get_by_label("题目", exact=True).fill(text)
        page.get_by_label(re.compile("^选项")).fill(options)
        page.get_by_role("button", name="存好").click()
        expect(page.locator(".questionnaire")).to_contain_text(text)
    look(clerk, f"{own}questions/1/", "ballot_question")
    page = look(clerk, f"{own}edit/", "ballot_edit")
    said = {
        "从哪天起发票": (date.today() + timedelta(3)).isoformat(), "收票到哪天（含）": (date.today() + timedelta(40)).isoformat(),
        "票交到哪里": "社区居委会", "计票的时间和地点": "收票截止第二天9:00，社区会议室", "有事问谁（办公地点、电话）": "社区居委会，010-0000-0000",
    }  # fmt: skip
    for label, text in said.items():
        page.get_by_label(label).fill(text)
    page.get_by_role("button", name="存好").click()

    # Three days are too few for the notice: it says from which day on they are enough, and offers no button.
    page = look(clerk, f"{own}announcement/", "ballot_announcement")
    expect(page.locator("main")).to_contain_text("公告至少贴15天")
    expect(page.get_by_role("button", name="张贴这份公告")).to_have_count(0)
    page = clerk.go(f"{own}edit/")
    page.get_by_label("从哪天起发票").fill((date.today() + timedelta(16)).isoformat())
    page.get_by_role("button", name="存好").click()
    page = clerk.go(f"{own}announcement/")
    page.get_by_role("button", name="张贴这份公告").click()
    expect(page.locator("main")).to_contain_text("至少两处")
    look(clerk, own, "ballot_announced")

    number = own.rstrip("/").rsplit("/", 1)[1]
    for width in (390, 320):
        resident = visit((width, 800), javascript=False)
        page = resident.go(f"/compounds/{MAIN}/ballots/{number}/")
        expect(page.get_by_role("heading", name="快递柜放在哪里")).to_be_visible()
        expect(page.locator("main")).to_contain_text("四分之三以上")
        resident.check_no_sideways_scroll()
        resident.shoot("ballot_notice")


# --- Papers -------------------------------------------------------------------------------------------------------


def test_papers_are_printed_go_out_and_come_back(visit: Visit) -> None:
    clerk = visit(size=OFFICE)
    clerk.login("chenjing")
    code = code_of(clerk, ANNOUNCED)
    own = f"/office/compounds/{code}/ballots/1/"
    look(clerk, f"{own}roll/", "ballot_roll")
    page = look(clerk, f"{own}freezing/", "ballot_freezing")
    page.get_by_role("button", name="锁定名册，开始发票").click()
    page = look(clerk, f"{own}papers/print/", "ballot_print")
    page.get_by_role("button", name=re.compile("印.栋楼的票")).click()
    expect(page.get_by_text("号楼选票").first).to_be_visible(timeout=90_000)

    page = look(clerk, f"{own}papers/?building=1", "ballot_papers")
    serials = page.locator("td[data-label=票号]").all_inner_texts()[:6]
    page = look(clerk, f"{own}issuing/", "ballot_issuing")
    page.get_by_label("票号").fill("\n".join(serials))
    page.get_by_role("button", name="记下发放").click()
    expect(page.locator("main")).to_contain_text("6张")
    page = clerk.go(f"{own}returning/")
    mistyped = serials[0][:-1] + ("A" if serials[0][-1] != "A" else "B")
    page.get_by_label("票号").fill("\n".join([*serials[:4], mistyped]))
    page.get_by_role("button", name="记下收回").click()
    expect(page.get_by_role("alert")).to_contain_text("有1行没有收下")
    look(clerk, f"{own}turnout/", "ballot_turnout")
    look(clerk, f"{own}visits/", "ballot_visits")

    resident = visit(PHONE, javascript=False)
    page = resident.go(f"/compounds/{code}/ballots/1/")
    expect(page.locator("main")).to_contain_text("正在收票")
    resident.check_no_sideways_scroll()
    for serial, told in ((serials[0], "已交回"), (serials[5], "已发放")):
        page = resident.go(f"/compounds/{code}/ballots/1/check/")
        page.get_by_label("票号").fill(serial)
        page.get_by_role("button", name="查这张票").click()
        expect(page.get_by_role("status")).to_contain_text(told)


# --- Counting -----------------------------------------------------------------------------------------------------


def enter(page: Page, keys: list[str]) -> None:
    """Enter the sheet in hand by its keys and go on to the next."""
    typing = keyboard(page)
    for key in keys:
        typing.type(key)
    sealed = page.get_by_label("盖了单位的章")
    if sealed.count():
        sealed.press("Space")
    follow(page)


def enter_first_round(clerk: Visitor, own: str) -> None:
    """Finish what the clerk has left open, from the serial's field on by the keyboard."""
    page = look(clerk, f"{own}entry/", "ballot_entry")
    link = page.get_by_role("link", name=re.compile("接着录，还有4张"))
    link.focus()
    follow(page)
    page.get_by_role("link", name="接着录").focus()
    follow(page)
    clerk.check_accessible()
    clerk.shoot("ballot_paper_entry")
    for _ in range(4):
        enter(page, ["1", "1"])
    expect(page.locator("main")).to_contain_text("您录完了")


def enter_second_round(other: Visitor, own: str, sheets: dict[str, dict[str, list[str]]]) -> None:
    """Enter what waits for the second, one sheet otherwise than the first read it."""
    page = other.go(f"{own}entry/")
    slip = next(iter(next(iter(sheets.values())).values()))
    slip[0] = "2" if slip[0] == "1" else "1"
    for bundle, rows in sheets.items():
        page = other.go(f"{own}entry/{bundle}/{next(iter(rows))}/")
        for position, keys in rows.items():
            expect(page.locator(".paper-number")).to_have_text(position)
            enter(page, keys)


def settle(third: Visitor, own: str) -> int:
    """Settle every difference as the paper says; return how many there were."""
    page = look(third, f"{own}differences/", "ballot_differences")
    count = page.locator("[data-open]").count()
    for number in range(count):
        page = third.go(f"{own}differences/")
        page.locator("[data-open]").first.click()
        if not number:
            third.check_accessible()
            third.shoot("ballot_difference")
        for question in page.locator(".paper-question").all():
            if not question.locator("input:checked").count():
                question.locator("input").first.check()
        page.get_by_label("为什么这样定").fill("照票面，三人在场")
        page.get_by_role("button", name="核定").click()
        expect(page.locator("main")).to_contain_text("核定")
    return count


def certify(first: Visitor, second: Visitor, own: str) -> None:
    page = look(first, f"{own}certification/", "ballot_certification")
    for label, name in (("监票人", "周秀兰"), ("唱票人", "孙淑琴"), ("计票人", "张宝林")):
        page.get_by_label(label).fill(name)
    page.get_by_role("button", name="确认这些票数").click()
    page = first.go(f"{own}certification/")
    expect(page.locator("main")).to_contain_text("等第二个人")
    page = second.go(f"{own}certification/")
    page.get_by_role("button", name="确认并公示结果").click()
    expect(page.locator("main")).to_contain_text("公示到")


def test_a_box_is_counted_by_three_people_and_anyone_can_count_it_again(visit: Visit, tmp_path: Path) -> None:
    clerk, other, third, staff = (visit(size=OFFICE) for _ in range(4))
    for visitor, username in ((clerk, "zhangning"), (other, "majun"), (third, "sunyan"), (staff, "limin")):
        visitor.login(username)
    code = code_of(clerk, COUNTING)
    own = f"/office/compounds/{code}/ballots/1/"
    enter_first_round(clerk, own)
    sheets = json.loads(clerk.site.manage("shell", "-v", "0", "-c", TO_ENTER.format(name=COUNTING)))
    other.shoot("ballot_clerk_workbench")
    enter_second_round(other, own, sheets)
    page = third.go(f"{own}certification/")
    expect(page.locator("main")).to_contain_text("现在还不能确认")
    assert settle(third, own) > 3
    expect(look(third, f"{own}reconciliation/", "ballot_reconciliation").locator(".lead")).to_contain_text("都对得上")
    certify(third, staff, own)

    page = look(third, f"{own}result/", "ballot_result")
    with page.expect_download() as download:
        page.get_by_role("link", name="内部导出").click()
    export = tmp_path / "export.json"
    download.value.save_as(export)
    counted = subprocess.run([sys.executable, ROOT / "tools" / "recount.py", export], capture_output=True, text=True)
    assert counted.returncode == 0, counted.stdout + counted.stderr
    whole = json.loads(export.read_text(encoding="utf-8"))
    assert json.loads(counted.stdout)["result"] == whole["result"] and len(whole["papers"]) > 120

    serial = whole["papers"][0]["serial"]
    for size in (PHONE, (320, 700)):
        resident = visit(size, javascript=False)
        page = resident.go(f"/compounds/{code}/ballots/1/")
        expect(page.locator("main")).to_contain_text("来的人够不够")
        resident.check_no_sideways_scroll()
        resident.shoot("ballot_public")
    for end, kind in (("pdf", "application/pdf"), ("json", "application/json"), ("csv", "text/csv")):
        answer = page.request.get(f"{clerk.site.url}/compounds/{code}/ballots/1.{end}")
        assert answer.ok and answer.headers["content-type"].startswith(kind), end
    page = resident.go(f"/compounds/{code}/ballots/1/check/")
    page.get_by_label("票号").fill(serial)
    page.get_by_role("button", name="查这张票").click()
    expect(page.get_by_role("status")).to_contain_text("已计入")


# --- Final --------------------------------------------------------------------------------------------------------


def test_residents_read_a_final_ballot_on_any_screen(visit: Visit) -> None:
    """The demo's final ballot: without JavaScript on a phone, at a desk with axe."""
    for size in (PHONE, OFFICE):
        resident = visit(size)
        for path, name in (("ballots/", "ballots_public"), ("ballots/1/", "ballot_final")):
            look(resident, f"/compounds/{MAIN}/{path}", name)
    plain = visit(PHONE, javascript=False)
    page = plain.go(f"/compounds/{MAIN}/ballots/1/")
    expect(page.locator("main")).to_contain_text("选定：每户每月30元")
    expect(page.locator("main")).to_contain_text("生效")
