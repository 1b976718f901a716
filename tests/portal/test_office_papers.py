"""The pages of papers: from a phone into a draft, late to a voucher, put right, used twice, seen by the reviewer."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from compounds.choices import Role
from compounds.models import Compound
from core.models import Attachment, Entry, User
from fees.models import Draft
from fees.operations import add_papers, post_draft, save_draft
from tests import factories
from tests.portal.office import CODE, NOW, SERVICE, browser, see, send, typed, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.books(made)
    return made


def photo(name: str = "IMG_1.jpg", colour: str = "white") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def a_draft(home: Compound, keeper: User, **more: object) -> Draft:
    data = factories.data(home, date(2026, 10, 25), "203", "435.00", summary="更换楼道感应灯", reason="演示", **more)  # type: ignore[arg-type]
    return save_draft(data, hand_in=True, actor=keeper, at=NOW)


def papers_url(draft: Draft) -> str:
    return f"{CODE}drafts/{draft.pk}/papers/"


def test_photographs_of_a_phone_hang_at_the_draft(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    draft = a_draft(home, people[0])
    html = valid(keeper.get(papers_url(draft)))
    assert 'accept="image/*" capture="environment" multiple' in html and "<svg" in html
    assert "还没有票据，先拍一张" in words(html) and "更换楼道感应灯，付435.00元" in words(html)
    more = {"photo": [photo("a.jpg"), photo("b.jpg", "navy")], "file": photo("c.jpg", "red")}
    said = words(valid(send(keeper, papers_url(draft), kind="receipt", number=" 0417 ", **more)))
    assert "存好3张：a.jpg、b.jpg、c.jpg。" in said and "已有3张" in said and "收据0417" in said
    assert draft.attachments.filter(kind="receipt", number="0417").count() == 3


def test_sent_twice_they_hang_once(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    draft = a_draft(home, people[0])
    for _ in range(2):
        said = words(valid(send(keeper, papers_url(draft), kind="receipt", number="", photo=photo())))
    assert "本来就在这里：IMG_1.jpg。" in said and draft.attachments.count() == 1


def test_bad_ones_are_named_and_what_was_typed_stays(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    draft = a_draft(home, people[0])
    files = [photo("好.jpg"), SimpleUploadedFile("坏.jpg", b"<svg/>")]
    html = valid(send(keeper, papers_url(draft), kind="payroll", number="7-8", file=files))
    said = words(html)
    assert "有1处没有存上" in said and "坏.jpg：这张照片打不开。" in said and "存好1张：好.jpg。" in said
    assert "已有1张" in said, "what was kept stands there at once"
    assert 'value="7-8"' in html and 'value="payroll" selected' in html
    for data, sentence in (
        ({"kind": "receipt"}, "还没有拍，也没有选文件。"),
        ({"kind": "receipt", "file": [photo(f"{n}.jpg") for n in range(21)]}, "一次最多20个文件，这次是21个。"),
        ({"kind": "nothing", "file": photo("x.jpg", "red")}, "有1处要改"),
        ({"kind": "receipt", "number": "1" * 61, "file": photo("x.jpg", "red")}, "有1处要改"),
    ):
        assert sentence in words(valid(send(keeper, papers_url(draft), **data)))
    assert draft.attachments.count() == 1


def test_kind_and_number_are_put_right_and_the_chain_is_shown(
    home: Compound, people: tuple[User, User], keeper: Client
) -> None:
    draft = a_draft(home, people[0], attachments=(factories.paper(home, "0471"),))
    wrong = draft.attachments.get()
    url = f"{papers_url(draft)}{wrong.pk}/"
    assert "收据存了就不改" in see(keeper, url).replace("票据", "收据")
    said = words(valid(send(keeper, url, kind="receipt", number="0417")))
    assert "改好了" in said and "改过1次" in said and "原来：收据0471" in said
    assert draft.attachments.get().number == "0417"
    assert keeper.get(url).status_code == 404, "what was superseded is put right no more"
    url = f"{papers_url(draft)}{draft.attachments.get().pk}/"
    assert "没有变" in words(valid(send(keeper, url, kind="receipt", number="0417")))
    assert "坏.jpg：" in words(
        valid(keeper.post(url, {"kind": "receipt", "number": "9", "photo": SimpleUploadedFile("坏.jpg", b"x")}))
    )
    send(keeper, url, kind="receipt", number="0417", photo=photo("清楚.jpg", "navy"))
    assert draft.attachments.get().name == "清楚.jpg" and Attachment.objects.count() == 3


def test_a_paper_is_taken_off(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    draft = a_draft(home, people[0], attachments=(factories.paper(home),))
    url = f"{papers_url(draft)}{draft.attachments.get().pk}/remove/"
    assert "拿掉了：收据.png。" in words(valid(send(keeper, url)))
    assert not draft.attachments.exists()
    assert keeper.post(url).status_code == 404


def test_what_the_phone_added_outlives_the_form_on_the_desk(
    home: Compound, people: tuple[User, User], keeper: Client
) -> None:
    draft = a_draft(home, people[0])
    html = valid(keeper.get(f"{CODE}drafts/{draft.pk}/"))
    assert "用手机拍票据，改或拿掉票据" in words(html)
    add_papers(draft, [factories.paper(home)], actor=people[0], at=NOW)
    bank = str(draft.money_account_id)
    send(keeper, f"{CODE}drafts/{draft.pk}/", **typed(money_account=bank, form_token="", act="save"))
    draft.refresh_from_db()
    assert draft.lines.get().summary == "居民缴费，现金" and draft.attachments.count() == 1


def test_a_typed_voucher_becomes_a_draft_to_photograph_for(home: Compound, keeper: Client) -> None:
    bank = str(factories.purse(factories.books(home)["service"]).pk)
    response = keeper.post(f"{SERVICE}drafts/", typed(money_account=bank, act="photo"))
    draft = Draft.objects.get()
    assert draft.state == "draft" and response["Location"] == papers_url(draft)


def test_late_papers_stand_at_the_voucher_as_such(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    voucher = post_draft(a_draft(home, people[0]).pk, actor=people[1], at=NOW)
    url = f"{SERVICE}2026/{voucher.number}/"
    assert "补交或改票据" in see(keeper, url)
    said = words(valid(send(keeper, f"{url}papers/", kind="e_invoice", number="25117", photo=photo())))
    assert "存好1张" in said and "记账后补交" in said
    assert "记账后补交" in see(browser(people[1]), url)
    paper = voucher.evidence.get().attachment
    assert paper is not None
    said = words(valid(send(keeper, f"{url}papers/{paper.pk}/", kind="e_invoice", number="25118")))
    assert "原来：数电发票25117" in said and "25118" in see(keeper, url)
    voucher.refresh_from_db()
    assert voucher.attachments == "[]"


@pytest.mark.parametrize("role", [Role.COMMITTEE_CASHIER, Role.COMMITTEE_HEAD, Role.AUDITOR])
def test_others_look_and_only_the_bookkeeper_adds(home: Compound, people: tuple[User, User], role: str) -> None:
    draft = a_draft(home, people[0], attachments=(factories.paper(home),))
    client = browser(factories.user(role, home.code))
    html = valid(client.get(papers_url(draft)))
    assert "已有1张" in words(html) and 'type="file"' not in html and "拿掉" not in words(html)
    assert client.post(papers_url(draft), {"kind": "receipt", "file": photo()}).status_code == 403
    url = f"{papers_url(draft)}{draft.attachments.get().pk}/"
    assert client.get(url).status_code == client.post(f"{url}remove/").status_code == 403
    assert draft.attachments.count() == 1


def test_foreign_papers_are_like_none(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    draft = a_draft(home, people[0], attachments=(factories.paper(home),))
    paper = draft.attachments.get().pk
    other = a_draft(home, people[0])
    assert keeper.get(f"{papers_url(other)}{paper}/").status_code == 404
    stranger = browser(factories.user(Role.COMMITTEE_BOOKKEEPER, factories.OTHER_COMMUNITY))
    for url in (papers_url(draft), f"{papers_url(draft)}{paper}/", f"/office/attachments/{paper}/preview/"):
        assert stranger.get(url).status_code == 404


# --- Used twice ---------------------------------------------------------------------------------------------------


def test_a_number_used_in_another_compound_is_said_without_telling_which(
    home: Compound, people: tuple[User, User], keeper: Client
) -> None:
    elsewhere = factories.compound("11010700401001", "古城一院（演示）")
    factories.books(elsewhere)
    theirs = factories.people(elsewhere)
    paper = factories.paper(elsewhere, "25117", "green")
    post_draft(
        save_draft(
            factories.data(elsewhere, date(2026, 10, 2), "203", "1.00", attachments=(paper,), reason="演示"),
            hand_in=True, actor=theirs[0], at=NOW,
        ).pk,
        actor=theirs[1], at=NOW,
    )  # fmt: skip
    draft = a_draft(home, people[0])
    said = words(valid(send(keeper, papers_url(draft), kind="receipt", number="25117", photo=photo())))
    sentence = "收据25117在别的小区已经用过。请看是不是重复报销。"
    assert sentence in said and "古城" not in said
    head = browser(people[1])
    assert sentence in see(head, f"/office/review/{draft.pk}/")
    district = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    assert "收据25117在古城一院（演示）2026年第1号凭证已经用过。" in see(district, papers_url(draft))
    draft.attachments.clear()
    assert "已经用过" not in see(head, f"/office/review/{draft.pk}/")


def test_the_reviewer_sees_the_pictures(home: Compound, people: tuple[User, User]) -> None:
    draft = a_draft(home, people[0], attachments=(factories.paper(home),))
    head = browser(people[1])
    html = valid(head.get(f"/office/review/{draft.pk}/"))
    url = f"/office/attachments/{draft.attachments.get().pk}/preview/"
    assert f'<img src="{url}"' in html
    for _ in range(3):
        assert head.get(url)["Content-Type"] == "image/jpeg"
    assert Entry.objects.filter(action="attachment.read", actor=people[1]).count() == 1


def test_queries_do_not_grow_with_papers(home: Compound, people: tuple[User, User], keeper: Client) -> None:
    draft = a_draft(home, people[0], attachments=(factories.paper(home, "1"),))
    with CaptureQueriesContext(connection) as few:
        keeper.get(papers_url(draft))
    add_papers(
        draft, [factories.paper(home, f"{n}", c) for n, c in enumerate(("red", "navy"))], actor=people[0], at=NOW
    )
    with CaptureQueriesContext(connection) as many:
        keeper.get(papers_url(draft))
    assert len(few) == len(many) <= 20
