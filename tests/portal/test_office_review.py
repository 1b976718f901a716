"""The review: the queue, what the reviewer must see, posting once, sending back."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compounds.choices import Role
from compounds.models import Compound
from core.models import Entry, User
from fees.choices import DraftState
from fees.models import Draft, Voucher
from fees.operations import save_draft
from tests import factories
from tests.portal.office import NOW, browser, see, send, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
DAY = date(2026, 10, 25)


def hand_in(home: Compound, actor: User, code: str = "101", amount: str = "120.00", **more: object) -> Draft:
    data = factories.data(home, DAY, code, amount, **more)
    return save_draft(data, hand_in=True, actor=actor, at=NOW)


def test_posting_answers_with_the_number(home: Compound, people: tuple[User, User], head: Client) -> None:
    draft = hand_in(home, people[0])
    said = words(valid(send(head, f"/office/review/{draft.pk}/", act="post")))
    voucher = Voucher.objects.get(origin__startswith="draft:")
    assert (voucher.entered_by, voucher.reviewed_by) == people
    assert f"记账了：槐荫里小区（演示）物业服务经费第{voucher.number}号凭证。" in said
    assert "没有等复核的凭证" in said


def test_double_click_posts_once_and_says_the_same_number(
    home: Compound, people: tuple[User, User], head: Client
) -> None:
    draft = hand_in(home, people[0])
    before = Voucher.objects.count()
    first = words(valid(send(head, f"/office/review/{draft.pk}/", act="post")))
    again = words(valid(send(head, f"/office/review/{draft.pk}/", act="post")))
    assert Voucher.objects.count() == before + 1
    assert first == again


def test_next_draft_follows(home: Compound, people: tuple[User, User], head: Client) -> None:
    drafts = [hand_in(home, people[0], summary=f"第{n}笔缴费") for n in "一二"]
    said = words(valid(send(head, f"/office/review/{drafts[0].pk}/", act="post")))
    assert "第二笔缴费，120.00元" in said and "等您复核的还有1张" in said


def test_own_draft_needs_another_person_who_is_named(home: Compound, people: tuple[User, User]) -> None:
    both = people[0]
    factories.appoint(both, Role.COMMITTEE_DEPUTY, home.code)
    draft = hand_in(home, both)
    client = browser(both)
    said = see(client, f"/office/review/{draft.pk}/")
    assert "这张凭证是您录的，要由另一个人复核。可以复核的人：王秀兰。" in said and "复核并记账" not in said
    assert "您录的，等别人" in see(client, "/office/review/")
    assert "要由另一个人复核" in words(valid(client.post(f"/office/review/{draft.pk}/", {"act": "post"})))
    assert Draft.objects.filter(pk=draft.pk).exists()


def test_payment_to_the_one_who_typed_must_be_answered(home: Compound, people: tuple[User, User], head: Client) -> None:
    draft = hand_in(home, people[0], "205", "600.00", payee="吴丽")
    url = f"/office/review/{draft.pk}/"
    said = see(head, url)
    for part in ("钱是付给录入的人的：对方是吴丽。", "没有票据", "没有写经手人、证明人、审批人", "审批权限主任审批"):
        assert part in said, part
    assert "请先看清提示" in words(valid(head.post(url, {"act": "post"})))
    assert Draft.objects.filter(pk=draft.pk).exists()
    assert "记账了" in words(valid(send(head, url, act="post", seen="yes")))


def test_payment_to_the_reviewer_must_be_answered(home: Compound, people: tuple[User, User], head: Client) -> None:
    draft = hand_in(home, people[0], "205", "30.00", payee="王秀兰")
    assert "钱是付给您自己的" in see(head, f"/office/review/{draft.pk}/")
    assert "请先看清提示" in words(valid(head.post(f"/office/review/{draft.pk}/", {"act": "post"})))


def test_money_from_a_person_of_that_name_is_no_caution(
    home: Compound, people: tuple[User, User], head: Client
) -> None:
    draft = hand_in(home, people[0], "101", payee="王秀兰")
    assert "记账前请看清" not in see(head, f"/office/review/{draft.pk}/")


def test_account_that_would_fall_below_zero_is_said(home: Compound, people: tuple[User, User], head: Client) -> None:
    draft = hand_in(home, people[0], "202", "9999.00", decision="居民会议3号")
    said = words(valid(head.post(f"/office/review/{draft.pk}/", {"act": "post"})))
    assert "银行会少8,719.00元" in said
    assert Draft.objects.filter(pk=draft.pk).exists()


def test_draft_is_sent_back_with_a_reason(home: Compound, people: tuple[User, User], head: Client) -> None:
    draft = hand_in(home, people[0])
    url = f"/office/review/{draft.pk}/"
    assert "原因没有填。" in words(valid(head.post(url, {"act": "return", "note": ""})))
    assert "退给吴丽了：没有票据" in words(valid(send(head, url, act="return", note="没有票据")))
    draft.refresh_from_db()
    assert (draft.state, draft.note) == (DraftState.RETURNED, "没有票据")
    assert Entry.objects.filter(action="draft.return").count() == 1
    assert "不在等复核" in words(valid(send(head, url, act="post")))


@pytest.mark.parametrize("role", [Role.STREET_STAFF, Role.COMMITTEE_CASHIER, Role.AUDITOR, Role.COMMITTEE_BOOKKEEPER])
def test_only_head_and_deputy_review(home: Compound, people: tuple[User, User], role: str) -> None:
    draft = hand_in(home, people[0])
    client = browser(factories.user(role, home.code))
    assert client.get(f"/office/review/{draft.pk}/").status_code == 403
    assert client.post(f"/office/review/{draft.pk}/", {"act": "post"}).status_code == 403
    assert "没有等复核的凭证" in see(client, "/office/review/")
    assert Draft.objects.exists()


def test_foreign_draft_is_no_page_also_after_posting(home: Compound, people: tuple[User, User], head: Client) -> None:
    draft = hand_in(home, people[0])
    stranger = browser(factories.user(Role.COMMITTEE_HEAD, factories.OTHER_COMMUNITY))
    assert stranger.get(f"/office/review/{draft.pk}/").status_code == 404
    send(head, f"/office/review/{draft.pk}/", act="post")
    for method in (stranger.get, stranger.post):
        assert method(f"/office/review/{draft.pk}/").status_code == 404
    assert head.get("/office/review/999/").status_code == 404


def test_queue_holds_the_whole_scope_and_queries_do_not_grow(people: tuple[User, User], home: Compound) -> None:
    chief = browser(factories.user(Role.COMMITTEE_HEAD, factories.STREET))
    hand_in(home, people[0])
    with CaptureQueriesContext(connection) as few:
        chief.get("/office/review/")
    for n in (2, 3):
        other = factories.compound(f"{factories.COMMUNITY}0{n}", f"南里{n}院（演示）")
        keeper, _ = factories.people(other)
        hand_in(other, keeper)
        hand_in(other, keeper)
    with CaptureQueriesContext(connection) as many:
        said = see(chief, "/office/review/")
    assert "等复核的5张凭证" in said and "南里2院" in said and "南里3院" in said
    assert len(few) == len(many) <= 20
    with CaptureQueriesContext(connection) as one:
        chief.get(f"/office/review/{Draft.objects.earliest('pk').pk}/")
    assert len(one) <= 20
