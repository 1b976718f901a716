"""A paper's way: photographed with the phone into a draft, seen by the reviewer, printed, and found again."""

from __future__ import annotations

import io
import re

import pypdf
from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Locator, expect

from tests.journeys.conftest import OFFICE, PHONE, Visit

MAIN = "11010700303701"
BOOK = f"/office/compounds/{MAIN}/books/service/"


def receipt(text: str) -> FilePayload:
    """Return a photograph of a receipt, as a phone's camera hands it in."""
    image = Image.new("RGB", (1200, 1600), "#8a8478")
    draw = ImageDraw.Draw(image)
    draw.rectangle((150, 200, 1050, 1300), fill="#fbf9f3", outline="#333", width=4)
    draw.text((220, 300), text, fill="black", font_size=64)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return {"name": f"{text}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def is_shown(picture: Locator) -> None:
    """Wait until a picture has come; wait_for_function would ask again by eval, which the pages' CSP refuses."""
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 300


def test_a_phones_photograph_reaches_the_reviewer(visit: Visit) -> None:
    """Typed at the desk, photographed with the phone, put right, read by the head; the PDF can be read back."""
    desk = visit(size=OFFICE)
    desk.login("wuli")
    page = desk.go(BOOK)
    for name, value in (("summary", "换东门摄像头"), ("account", "203"), ("expense", "680")):
        page.locator(f"[name=line-0-{name}]").fill(value)
    page.locator("[name=payee]").fill("安平锁具（演示）")
    page.get_by_role("button", name="存草稿，拍票据").click()
    expect(page.get_by_role("heading", name="票据", exact=True)).to_be_visible()
    expect(page.locator(".qr svg")).to_be_visible()
    desk.check_accessible()
    desk.shoot("papers_desk")
    path = page.url.removeprefix(desk.site.url)

    phone = visit(size=PHONE, has_touch=True, is_mobile=True)
    phone.login("wuli")
    page = phone.go(path)
    expect(page.locator("body")).to_contain_text("换东门摄像头，付680.00元")
    camera = page.get_by_label("拍照")
    assert (camera.get_attribute("capture"), camera.get_attribute("accept")) == ("environment", "image/*")
    for control in (camera, page.get_by_label("票据种类"), page.get_by_role("button", name="存好这些票据")):
        box = control.bounding_box()
        assert box and box["height"] >= 44, "large enough for a thumb"
    phone.check_no_sideways_scroll()
    phone.check_accessible()
    phone.shoot("papers_phone_empty")
    camera.set_input_files([receipt("receipt-1"), receipt("receipt-2")])
    page.get_by_label("从相册或文件里选").set_input_files(
        [{"name": "draw.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}]
    )
    page.get_by_label("票据种类").select_option(label="收据")
    page.get_by_role("button", name="存好这些票据").click()
    expect(page.locator("body")).to_contain_text("存好2张：receipt-1.jpg、receipt-2.jpg。")
    expect(page.locator(".error-summary")).to_contain_text("draw.svg：这张照片打不开。")
    phone.shoot("papers_phone_one_refused")
    page.get_by_role("link", name="填号码").first.click()
    page.get_by_label("票据号码").fill("０４１７ a")
    page.get_by_role("button", name="用新的代替").click()
    expect(page.locator(".papers")).to_contain_text("0417A")
    expect(page.locator(".papers")).to_contain_text("改过1次")
    for picture in page.locator(".paper-picture img").all():
        is_shown(picture)
    phone.check_no_sideways_scroll()
    phone.shoot("papers_phone")
    page.get_by_role("button", name="拿掉receipt-2.jpg").click()
    expect(page.locator("body")).to_contain_text("拿掉了：receipt-2.jpg。")

    page = desk.go(path)
    page.get_by_role("link", name="回到草稿").click()
    for name, value in (("handler", "张宁"), ("witness", "李敏"), ("approver", "王秀兰")):
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name=re.compile("交给复核")).click()
    expect(page.locator("body")).to_contain_text("交给复核了：换东门摄像头，680.00元")

    head = visit(size=OFFICE)
    head.login("wangxiulan")
    page = head.go("/office/review/")
    page.locator("[data-row]", has_text="换东门摄像头").get_by_role("link").first.click()
    picture = page.get_by_role("img", name="收据0417A的照片")
    is_shown(picture)
    head.check_accessible()
    head.shoot("papers_review")
    page.get_by_role("button", name="复核并记账").click()
    expect(page.locator("body")).to_contain_text(re.compile(r"记账了：.*第\d+号凭证"))

    page = desk.go(f"{BOOK}search/?words=东门摄像头")
    expect(page.locator("body")).to_contain_text("查到1张凭证，1行：收入栏0.00元，支出栏680.00元。")
    desk.check_accessible()
    page.locator("tbody a").first.click()
    address = page.get_by_role("link", name="打印这张").get_attribute("href")
    answer = desk.page.context.request.get(f"{desk.site.url}{address}")
    (sheet,) = pypdf.PdfReader(io.BytesIO(answer.body())).pages
    said = re.sub(r"\s+", "", sheet.extract_text())
    assert "换东门摄像头" in said and "陆佰捌拾元整" in said and "附件1张" in said and "经手人张宁" in said
