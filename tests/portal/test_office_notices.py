"""The office pages of notices, and what residents see of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from compounds.choices import Role
from compounds.models import Compound, Notice, NoticeDraft, NoticeProof
from core import papers
from core.models import Attachment
from tests import factories
from tests.core.test_r24_photographs import CLEAN, SCRIPT, facts_left, jpeg
from tests.core.test_r24_photographs import pdf as a_pdf
from tests.portal.office import CODE, HOME, NOW, browser, see, valid, words

pytestmark = pytest.mark.django_db
NOTICES = f"{CODE}notices/"
PUBLIC = f"/compounds/{HOME}/notices/"
TYPED = {"title": "停水通知", "body": "11月6日停水。\n请存水。", "from_on": "11-5", "until_on": "11-12", "version": "1"}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def clerk(home: Compound) -> Client:
    return browser(factories.user(Role.COMMUNITY_CLERK, home.area_code[:12], "陈社区"))


def drafted(clerk: Client, **more: str) -> str:
    """Draft a notice and return the address of its draft."""
    response = clerk.post(f"{NOTICES}new/", TYPED | more)
    assert response.status_code == 302, words(response.content.decode())
    return str(response["Location"])


def hung(clerk: Client, **more: str) -> Notice:
    """Draft and post a notice."""
    page = drafted(clerk, **more)
    draft = NoticeDraft.objects.get()
    valid(clerk.post(f"{page}posting/", {"version": draft.version}, follow=True))
    return Notice.objects.latest("pk")


def photo(colour: str = "red", name: str = "IMG_0417.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, factories.picture(colour), "image/png")


def test_clerk_drafts_adds_a_photograph_posts_proves_and_takes_down(clerk: Client) -> None:
    page = drafted(clerk)
    assert "存好1个：IMG_0417.png" in words(valid(clerk.post(f"{page}files/", {"files": [photo()]}, follow=True)))
    said = see(clerk, f"{page}posting/")
    assert "今天起，居民在槐荫里小区（演示）的网页上看得到，到11月12日为止" in said
    assert "一个字也不能改" in said and "落款是八角南里社区居民委员会" in said
    assert "停水通知" not in see(Client(), PUBLIC)
    done = words(valid(clerk.post(f"{page}posting/", {"version": "2"}, follow=True)))
    assert "贴出来了" in done and "还没有照片" in done
    notice = Notice.objects.get()
    own = f"{NOTICES}{notice.document.code}/"
    html = see(clerk, own)
    assert f"{settings.PUBLIC_URL}{PUBLIC}{notice.document.code}/" in html and "11月6日停水。" in html
    proof = {"place": "小区公示栏", "other": "", "on": "11-05", "photographs": [photo("blue")]}
    assert "存好了：小区公示栏，照片1张。" in words(valid(clerk.post(own, proof, follow=True)))
    public = see(Client(), f"{PUBLIC}{notice.document.code}/")
    assert "11月6日停水。" in public and "11月5日贴在小区公示栏" in public
    assert "停水通知" in see(Client(), f"/compounds/{HOME}/")
    assert "为什么撤下没有填" in see_post(clerk, f"{own}withdrawal/", reason="")
    assert "撤下了" in see_post(clerk, f"{own}withdrawal/", reason="来水了")
    assert "已撤下。原因：来水了" in see(Client(), f"{PUBLIC}{notice.document.code}/")
    assert "停水通知" not in see(Client(), f"/compounds/{HOME}/")
    assert "已撤下" in see(Client(), PUBLIC)


def see_post(client: Client, url: str, **data: Any) -> str:
    return words(valid(client.post(url, data, follow=True)))


def test_what_was_typed_is_kept_and_faults_stand_at_their_fields(clerk: Client) -> None:
    wrong = TYPED | {"title": "", "from_on": "11-9", "until_on": "11-8"}
    html = valid(clerk.post(f"{NOTICES}new/", wrong))
    assert "标题没有填" in html and "最后一天比第一天还早" in html and "请存水。" in html
    assert not NoticeDraft.objects.exists()


def test_second_clerk_sees_the_first_ones_change(clerk: Client, home: Compound) -> None:
    page = drafted(clerk)
    other = browser(factories.user(Role.COMMUNITY_SECRETARY, home.area_code[:12], "张书记"))
    clerk.post(page, TYPED | {"title": "停水的通知"})
    html = valid(other.post(page, TYPED | {"title": "停电"}))
    said = words(html)
    assert "陈社区" in said and "标题由停水通知改为停水的通知" in said
    assert 'value="停电"' in html and 'name="version" value="2"' in html
    assert "打开这一页以后" in see_post(other, f"{page}posting/", version="1")
    assert not Notice.objects.exists()


def test_posting_twice_hangs_once(clerk: Client) -> None:
    page = drafted(clerk)
    for status in (200, 404):
        valid(clerk.post(f"{page}posting/", {"version": "1"}, follow=True), status)
    assert Notice.objects.count() == 1


def test_last_day_that_has_passed_is_told_before_and_refused(clerk: Client) -> None:
    page = drafted(clerk, from_on="11-1", until_on="11-3")
    html = valid(clerk.get(f"{page}posting/"))
    assert "这一天已经过了" in html and "张贴这份公告" not in html
    assert "这一天已经过了" in see_post(clerk, f"{page}posting/", version="1")
    assert not Notice.objects.exists()


def test_residents_see_nothing_of_it_before_its_first_day(clerk: Client) -> None:
    notice = hung(clerk, from_on="11-7")
    own = f"{PUBLIC}{notice.document.code}"
    for url in (f"{own}/", f"{own}.pdf", f"{own}/files/1/"):
        assert Client().get(url).status_code == 404
    assert "停水通知" not in see(Client(), PUBLIC)
    assert clerk.get(f"{NOTICES}{notice.document.code}.pdf").content.startswith(b"%PDF-")
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        assert "停水通知" in see(Client(), PUBLIC)
    with time_machine.travel(NOW + timedelta(days=9), tick=False):
        assert "已经过了" in see(Client(), f"{own}/")


def test_verify_by_code_and_by_file(clerk: Client) -> None:
    notice = hung(clerk)
    code = notice.document.code
    said = see(Client(), f"/verify/{code}/")
    assert "一致" in said and "停水通知" in said
    told = Client().get(f"/verify/{code}/?format=json").json()
    assert (told["kind"], told["genuine"], told["sha256"]) == ("notice", True, notice.document.sha256)
    paper = Client().get(f"{PUBLIC}{code}.pdf").content
    for content, verdict in ((paper, "一字不差"), (paper + b" ", "不一致")):
        file = SimpleUploadedFile("a.pdf", content, "application/pdf")
        assert verdict in words(valid(Client().post("/verify/", {"file": file})))


def test_control_altered_notice_is_told(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    notice = hung(clerk)
    monkeypatch.setattr("compounds.verdicts.sha256_text", lambda text: "0" * 64)
    assert "不一致" in see(Client(), f"/verify/{notice.document.code}/")
    assert Client().get(f"/verify/{notice.document.code}/?format=json").json()["genuine"] is False


# --- Files --------------------------------------------------------------------------------------------------------


def sent(clerk: Client, content: bytes, name: str = "a.jpg") -> str:
    """Post a notice with a file and return the file's public address."""
    page = drafted(clerk)
    valid(clerk.post(f"{page}files/", {"files": [SimpleUploadedFile(name, content)]}, follow=True))
    clerk.post(f"{page}posting/", {"version": NoticeDraft.objects.get().version})
    return f"{PUBLIC}{Notice.objects.get().document.code}/files/1/"


def test_r24_residents_get_photographs_without_place_and_tail(clerk: Client) -> None:
    response = Client().get(sent(clerk, jpeg(exif=True, tail=SCRIPT)))
    assert response["Content-Type"] == "image/jpeg" and "sandbox" in response["Content-Security-Policy"]
    assert facts_left(response.content) == CLEAN


def test_control_r24_original_bytes_would_carry_all_of_it(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "_picture", lambda content: content)
    monkeypatch.setattr("portal.views.notices.small_picture", lambda content: content)
    monkeypatch.setattr("compounds.operations.notices.small_picture", lambda content, side: factories.picture())
    found = facts_left(Client().get(sent(clerk, jpeg(exif=True, tail=SCRIPT))).content)
    assert found != CLEAN


def test_pdf_is_handed_out_to_be_stored(clerk: Client) -> None:
    content = a_pdf()
    response = Client().get(sent(clerk, content, "施工图.pdf"))
    assert response.content == content and response["Content-Disposition"].startswith("attachment")
    assert Client().get(response.request["PATH_INFO"].replace("/1/", "/2/")).status_code == 404


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"<svg/>", "打不开"), (a_pdf(b"5 0 obj\n<</S /JavaScript>>\nendobj\n"), "会自己运行")]
)
def test_bad_files_are_named_and_the_others_kept(clerk: Client, content: bytes, sentence: str) -> None:
    page = drafted(clerk)
    bad = SimpleUploadedFile("坏.svg", content)
    said = see_post(clerk, f"{page}files/", files=[bad, photo()])
    assert "坏.svg" in said and sentence in said and "IMG_0417.png" in said
    assert NoticeDraft.objects.get().attachments.count() == 1
    assert "还没有选文件" in see_post(clerk, f"{page}files/")
    kept = Attachment.objects.get()
    assert "拿掉了" in see_post(clerk, f"{page}files/", remove=str(kept.pk))
    assert clerk.post(f"{page}files/", {"remove": str(kept.pk)}).status_code == 404


# --- Who ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.COMMITTEE_HEAD, True), (Role.COMMITTEE_DEPUTY, True), (Role.STREET_STAFF, True),
        (Role.COMMUNITY_SECRETARY, True), (Role.AUDITOR, False), (Role.COMMITTEE_BOOKKEEPER, False),
        (Role.STREET_DEPUTY, False), (Role.DISTRICT_ADMIN, False),
    ],
)  # fmt: skip
def test_who_posts_and_who_only_reads(clerk: Client, home: Compound, role: str, may: bool) -> None:
    page = drafted(clerk)
    length = {Role.STREET_STAFF: 9, Role.STREET_DEPUTY: 9, Role.COMMUNITY_SECRETARY: 12, Role.DISTRICT_ADMIN: 6}
    client = browser(factories.user(role, home.area_code[: length.get(Role(role), 14)]))
    assert "停水通知" in see(client, NOTICES)
    assert ("起草一份公告" in see(client, NOTICES)) is may
    assert client.get(f"{NOTICES}new/").status_code == (200 if may else 403)
    html = valid(client.get(page))
    assert ("去张贴" in html) is may and "请存水。" in html
    assert client.post(f"{page}posting/", {"version": "1"}).status_code == (302 if may else 403)


def test_head_of_the_next_compound_finds_nothing(clerk: Client) -> None:
    notice = hung(clerk)
    other = factories.compound(f"{factories.COMMUNITY}02", "春和院（演示）")
    head = browser(factories.user(Role.COMMITTEE_HEAD, other.code))
    for url in (
        NOTICES,
        f"{NOTICES}{notice.document.code}/",
        f"/office/compounds/{other.code}/notices/{notice.document.code}/",
    ):
        assert head.get(url).status_code == 404
    assert Client().get(f"/compounds/{other.code}/notices/{notice.document.code}/").status_code == 404
    assert not NoticeProof.objects.exists()
