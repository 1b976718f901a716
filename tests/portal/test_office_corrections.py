"""Writing down what an issued ledger got wrong, and posting it as the next version by another person."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from compounds.choices import Role
from compounds.models import Compound
from core.operations import machine
from fees.models import CorrectionDraft, Ledger, Voucher
from fees.operations import post_draft, reverse_voucher
from tests import factories
from tests.portal.office import CODE, NOW, browser, see, send, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november", "quick_pdf")]
PAGE = f"{CODE}ledgers/2026-10/corrections/"
PUBLIC = f"/compounds/{CODE.split('/')[3]}/ledgers/2026-10/"


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.issued(made)
    return made


@pytest.fixture
def keeper(home: Compound) -> Client:
    return browser(factories.user(Role.COMMITTEE_BOOKKEEPER, home.code, "吴丽"))


@pytest.fixture
def head(home: Compound) -> Client:
    return browser(factories.user(Role.COMMITTEE_HEAD, home.code, "王秀兰"))


def test_bookkeeper_writes_and_head_posts(keeper: Client, head: Client, home: Compound, client: Client) -> None:
    said = see(keeper, PAGE)
    assert "还没有写更正" in said and "存好这一条" in said and "错的地方写在下面" in said
    assert "错的地方由记账员写在这里" in see(head, PAGE)
    said = words(valid(send(keeper, PAGE, book="service", number="3", reason="写错了月份", text="10月秩序维护费")))
    assert "更正记下了" in said and "写错了月份" in said and "吴丽" in said
    assert "张贴第1次更正" not in said  # not the bookkeeper's
    assert keeper.get(f"{PAGE}issue/").status_code == 403
    said = see(head, PAGE)
    assert "张贴第1次更正" in said and "存好这一条" not in said
    said = see(head, f"{PAGE}issue/")
    assert "不能收回" in said and "各项合计和结余一分不改" in said
    said = words(valid(send(head, f"{PAGE}issue/", version="1")))
    assert "2026年10月第1次更正公示贴出了" in said
    assert Ledger.objects.get(code="2026-10", version=2).document.version == 2
    # Sent again from the same page, it changes nothing.
    assert "刚被改过" in words(valid(send(head, f"{PAGE}issue/", version="1")))
    assert Ledger.objects.filter(code="2026-10").count() == 2
    newest, old = see(client, PUBLIC), see(client, f"{PUBLIC}?version=1")
    assert "第1次更正" in newest and '10月秩序维护费（原来写的是"9月秩序维护费"）' in newest and "写错了月份" in newest
    assert "已被更正版代替" in old and "10月秩序维护费" not in old
    code = Ledger.objects.get(code="2026-10", version=1).document.code
    assert client.get(f"/verify/{code}/?format=json").json()["latest"] is False
    assert "已被更正版代替，现在是第2版" in see(client, f"/verify/{code}/")
    newer = Ledger.objects.get(code="2026-10", version=2).document.code
    assert (
        client.get(f"/verify/{newer}/?format=json").json() | {"latest": True, "genuine": True}
        == client.get(f"/verify/{newer}/?format=json").json()
    )
    assert "更正1处" in see(client, f"/verify/{newer}/")


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"number": "99"}, "物业服务经费没有第99号凭证。"),
        ({"number": ""}, "凭证号没有填。"),
        ({"number": "二"}, "凭证号看不懂"),
        ({"reason": ""}, "没有写错在哪里"),
        ({"text": ""}, "两样至少有一样"),
        ({"text": "9月秩序维护费"}, "写的和公示上一样"),
        ({"position": "5"}, "这张凭证没有这一行"),
        ({"booked_month": "2026-11"}, "月份和凭证号要一起填"),
        ({"booked_month": "2026-11", "booked_number": "7"}, "2026年11月没有第7号凭证"),
        ({"booked_month": "2026-10", "booked_number": "1"}, "要记在同一本账、这份公示以后的月份"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(
    keeper: Client, typed: dict[str, str], error: str
) -> None:
    fields = {"book": "service", "number": "3", "reason": "写错了月份", "text": "10月秩序维护费"} | typed
    html = valid(keeper.post(PAGE, fields), 400)
    assert error in words(html) and 'class="field invalid"' in html
    for value in fields.values():
        assert not value or value in html
    assert not CorrectionDraft.objects.exists()


def test_a_later_mending_is_offered(keeper: Client, home: Compound) -> None:
    wrong = Voucher.objects.get(book__compound=home, lines__account_name="治安防范")
    red = reverse_voucher(wrong, date(2026, 11, 3), actor=machine("system"), at=NOW)
    posted = post_draft(red.pk, actor=machine("system-2"), at=NOW)
    html = valid(keeper.get(PAGE))
    assert f"第{posted.number}号更正了10月12日第{wrong.number}号" in words(html)
    query = {"book": "service", "number": wrong.number, "booked_month": "2026-11", "booked_number": posted.number}
    assert f'value="{posted.number}"' in valid(keeper.get(PAGE, query))
    send(keeper, PAGE, reason="金额录错，11月冲销", **query)
    assert CorrectionDraft.objects.get().booked == posted
    assert "写进更正" not in see(keeper, PAGE)


def test_a_line_is_taken_back_by_the_bookkeeper_only(keeper: Client, head: Client) -> None:
    send(keeper, PAGE, book="service", number="3", reason="写错了月份", text="10月秩序维护费")
    draft = CorrectionDraft.objects.get()
    assert head.post(f"{PAGE}{draft.pk}/delete/").status_code == 403
    assert keeper.get(f"{PAGE}{draft.pk}/delete/").status_code == 405
    assert keeper.post(f"{CODE}ledgers/2026-09/corrections/{draft.pk}/delete/").status_code == 404
    assert "这一条删去了" in words(valid(send(keeper, f"{PAGE}{draft.pk}/delete/")))
    assert not CorrectionDraft.objects.exists()


def test_nothing_to_post_leads_back(head: Client) -> None:
    assert head.get(f"{PAGE}issue/").headers["Location"] == PAGE
    assert "没有要更正的" in words(valid(send(head, f"{PAGE}issue/", version="1"), 409))


def test_who_is_bookkeeper_and_head_does_not_post_their_own(home: Compound) -> None:
    both = factories.user(Role.COMMITTEE_BOOKKEEPER, home.code, "吴丽")
    factories.appoint(both, Role.COMMITTEE_HEAD, home.code)
    one = browser(both)
    send(one, PAGE, book="service", number="3", reason="写错了月份", text="10月秩序维护费")
    assert "前一步是吴丽做的" in words(valid(send(one, f"{PAGE}issue/", version="1"), 409))
    assert Ledger.objects.filter(code="2026-10").count() == 1


def test_quarters_are_offered_when_all_their_months_are_approved(head: Client, home: Compound) -> None:
    assert "季度" not in see(head, f"{CODE}ledgers/")
    for month in (11, 12):
        factories.some_month(home, date(2026, month, 1))
        factories.close(home, date(2026, month, 1))
    said = see(head, f"{CODE}ledgers/")
    assert "张贴2026年第四季度" in said and "张贴2026年全年" in said and "张贴2026年下半年" in said
    assert "第四季度每一笔收支" in see(head, f"{CODE}ledgers/", month="2026-Q4")
    assert "第四季度收支公示贴出了" in words(valid(send(head, f"{CODE}ledgers/", month="2026-Q4")))
    assert Ledger.objects.get(code="2026-Q4").first_month == date(2026, 10, 1)
    assert "张贴2026年第四季度" not in see(head, f"{CODE}ledgers/")
    assert head.post(f"{CODE}ledgers/", {"month": "2026-Q9"}).status_code == 404
