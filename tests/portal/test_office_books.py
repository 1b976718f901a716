"""The cash book of the office: typing, drafts, papers, vouchers, reversal."""

from __future__ import annotations

import io
from dataclasses import replace
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
from fees.choices import DraftState
from fees.models import Draft, MoneyAccount, Voucher
from fees.operations import post_draft, save_draft
from tests import factories
from tests.portal.office import CODE, NOW, SERVICE, browser, see, send, typed, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.books(made)
    return made


def bank(home: Compound, book: str = "service") -> str:
    return str(MoneyAccount.objects.get(book__compound=home, book__kind=book, means="bank").pk)


def picture() -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(buffer, "JPEG")
    return SimpleUploadedFile("收据.jpg", buffer.getvalue(), "image/jpeg")


def enter(client: Client, home: Compound, **more: object) -> str:
    """Send an entry line and return the words of the page it leads to."""
    data = typed(money_account=bank(home), **more)
    return words(valid(client.post(f"{SERVICE}drafts/", data, follow=True)))


# --- Typing -------------------------------------------------------------------------------------------------------


def test_entry_line_is_handed_in(home: Compound, keeper: Client) -> None:
    said = enter(keeper, home)
    draft = Draft.objects.get()
    assert (draft.on, draft.direction, draft.state) == (date(2026, 10, 25), "income", DraftState.HANDED_IN)
    line = draft.lines.get()
    assert (line.account_id, str(line.amount), line.source) == ("101", "120.00", "residents")
    assert "交给复核了：居民缴费，现金，120.00元。等王秀兰复核。" in said
    assert "草稿1" in said


@pytest.mark.parametrize("text", ["101", "101 居民缴费", "jmjf", "居民缴费", "１０１", "居民缴"])
def test_account_is_found_as_people_type_it(home: Compound, keeper: Client, text: str) -> None:
    enter(keeper, home, **{"line-0-account": text})
    assert Draft.objects.get().lines.get().account_id == "101"


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("line-0-income", "12o0", '收入看不懂："12o0"里有字母o。'),
        ("line-0-income", "1.234", "小数超过2位"),
        ("line-0-income", "", "金额没有填。"),
        ("line-0-expense", "5.00", "收入和支出只填一个。"),
        ("line-0-account", "九千", '没有"九千"这个科目。'),
        ("line-0-account", "202", "202绿化保洁是支出科目，金额要填在支出一栏。"),
        ("line-0-account", "301", "划转从付出的那一边记"),
        ("line-0-summary", "", "摘要没有填。"),
        ("on", "10-32", "日期看不懂"),
        ("on", "11-30", "11月30日还没到。"),
        ("evidence_number", "25117", "还要附上票据的照片或扫描件。"),
    ],
)
def test_what_is_wrong_is_said_and_typed_values_stay(
    home: Compound, keeper: Client, field: str, text: str, sentence: str
) -> None:
    response = keeper.post(f"{SERVICE}drafts/", typed(money_account=bank(home)) | {field: text})
    html = valid(response)
    assert sentence in words(html)
    assert 'value="居民"' in html
    assert f'value="{text}"'.replace('""', '"') in html or not text
    assert not Draft.objects.exists()


def test_ambiguous_account_names_the_candidates(home: Compound, keeper: Client) -> None:
    said = enter(keeper, home, **{"line-0-account": "以前年度"})
    assert '"以前年度"可以是119以前年度收入更正、229以前年度支出更正。请写编号。' in said


def test_amount_comes_from_quantity_and_price(home: Compound, keeper: Client) -> None:
    enter(keeper, home, **{"line-0-income": "", "line-0-quantity": "54", "line-0-unit_price": "120"})
    assert str(Draft.objects.get().lines.get().amount) == "6480.00"


def test_amount_that_is_not_quantity_times_price_is_refused(home: Compound, keeper: Client) -> None:
    said = enter(keeper, home, **{"line-0-quantity": "2", "line-0-unit_price": "50"})
    assert "第1行的数量乘单价不等于金额。" in said
    assert not Draft.objects.exists()


def test_same_form_sent_twice_makes_one_draft(home: Compound, keeper: Client) -> None:
    enter(keeper, home)
    enter(keeper, home)
    assert Draft.objects.count() == 1


def test_same_form_with_another_amount_is_refused(home: Compound, keeper: Client) -> None:
    enter(keeper, home)
    assert "已经存过一次" in enter(keeper, home, **{"line-0-income": "121.00"})
    assert str(Draft.objects.get().lines.get().amount) == "120.00"


def test_one_more_line_without_javascript(home: Compound, keeper: Client) -> None:
    data = typed(money_account=bank(home), act="line")
    html = valid(keeper.post(f"{SERVICE}drafts/", data))
    assert 'name="line-1-summary"' in html and 'name="line_count" value="2"' in html
    assert 'value="居民缴费，现金"' in html and 'value="10-25"' in html
    assert "要改" not in html and not Draft.objects.exists()


def test_two_lines_make_one_draft_and_an_empty_third_is_none(home: Compound, keeper: Client) -> None:
    more = {"line-1-summary": "停车", "line-1-account": "103", "line-1-income": "80", "line_count": "3"}
    enter(keeper, home, **more)
    assert [str(x.amount) for x in Draft.objects.get().lines.all()] == ["120.00", "80.00"]


def test_lines_of_two_directions_are_refused(home: Compound, keeper: Client) -> None:
    more = {"line-1-summary": "保洁", "line-1-account": "202", "line-1-expense": "80", "line_count": "2"}
    assert "一张凭证只能一个方向" in enter(keeper, home, **more)
    assert not Draft.objects.exists()


def test_transfer_names_where_to(home: Compound, keeper: Client) -> None:
    transfer = {"line-0-account": "301", "line-0-income": "", "line-0-expense": "50"}
    assert "划转要选划到哪里。" in enter(keeper, home, **transfer)
    assert "划出和划入是同一个账户。" in enter(keeper, home, **transfer, to_account=bank(home))
    enter(keeper, home, **transfer, to_account=bank(home, "committee"))
    draft = Draft.objects.get()
    assert draft.direction == "transfer_out" and draft.to_account is not None
    assert draft.to_account.book.kind == "committee"


def test_money_account_of_another_compound_is_no_choice(home: Compound, keeper: Client) -> None:
    other = factories.compound("11010700401001", "古城一院（演示）")
    factories.books(other)
    transfer = {"line-0-account": "301", "line-0-income": "", "line-0-expense": "50"}
    enter(keeper, home, **transfer, to_account=bank(other))
    assert not Draft.objects.exists()


def test_account_without_cause_names_no_target(home: Compound, keeper: Client) -> None:
    assert "只有301内部划转才填划到哪里。" in enter(keeper, home, to_account=bank(home, "committee"))


def test_deposit_moves_by_its_column(home: Compound, keeper: Client) -> None:
    enter(keeper, home, **{"line-0-account": "401"})
    assert Draft.objects.get().direction == "held_in"


# --- Papers -------------------------------------------------------------------------------------------------------


def test_paper_is_kept_although_the_form_is_wrong(home: Compound, keeper: Client) -> None:
    data = typed(money_account=bank(home)) | {"line-0-summary": "", "file": picture(), "evidence_number": "25117"}
    html = valid(keeper.post(f"{SERVICE}drafts/", data))
    paper = Attachment.objects.get()
    assert f'name="attachment" value="{paper.pk}" checked' in html
    enter(keeper, home, attachment=str(paper.pk))
    assert list(Draft.objects.get().attachments.all()) == [paper]


def test_what_is_no_picture_is_refused(home: Compound, keeper: Client) -> None:
    page = SimpleUploadedFile("a.jpg", b"<script>alert(1)</script>", "image/jpeg")
    valid(keeper.post(f"{SERVICE}drafts/", typed(money_account=bank(home), file=page)))
    assert not Draft.objects.exists() and not Attachment.objects.exists()


def test_papers_of_other_people_are_not_taken(home: Compound, keeper: Client) -> None:
    other = factories.compound("11010700401001", "古城一院（演示）")
    factories.books(other)
    thief = browser(factories.user(Role.COMMITTEE_BOOKKEEPER, other.code))
    keeper.post(f"{SERVICE}drafts/", typed(money_account=bank(home), file=picture()))
    paper = Attachment.objects.get()
    url = f"/office/compounds/{other.code}/books/service/drafts/"
    thief.post(url, typed(money_account=bank(other), attachment=str(paper.pk), form_token="b" * 32))
    theirs = Draft.objects.get(book__compound=other)
    assert not theirs.attachments.exists()
    assert thief.get(f"/office/attachments/{paper.pk}/").status_code == 404


def test_paper_is_a_download_no_browser_runs_and_its_reading_is_recorded(home: Compound, keeper: Client) -> None:
    keeper.post(f"{SERVICE}drafts/", typed(money_account=bank(home), file=picture()))
    response = keeper.get(f"/office/attachments/{Attachment.objects.get().pk}/")
    assert response["Content-Type"] == "image/jpeg" and response.content.startswith(b"\xff\xd8")
    assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert Entry.objects.filter(action="attachment.read", area_code=home.area_code).count() == 1


# --- The book -----------------------------------------------------------------------------------------------------


def test_book_shows_running_balance_and_the_tie_of_a_reversal(home: Compound, people: tuple[User, User]) -> None:
    factories.some_month(home)
    keeper, head = browser(people[0]), people[1]
    wrong = Voucher.objects.get(book__kind="service", lines__summary="9月秩序维护费")
    send(keeper, f"{SERVICE}2026/{wrong.number}/reversal/", on="10-20")
    red = post_draft(Draft.objects.get().pk, actor=head, at=NOW)
    html = valid(keeper.get(SERVICE, {"month": "2026-10"}))
    said = words(html)
    assert "9,892.50" in said and "−5,200.00" in said
    assert f"已被{red.number:03d}冲销" in said and "红冲" in said
    assert "tie-start" in html and "tie-end" in html
    assert f"第1号至第{red.number}号没有缺号" in said


def test_a_long_payee_is_cut_in_the_book_and_stands_whole_in_its_title(
    home: Compound, people: tuple[User, User]
) -> None:
    long, short = "和顺里物业服务有限公司" * 7 + "一二三", "和顺里物业"
    for payee in (long, short):
        draft = save_draft(
            replace(factories.data(home, date(2026, 11, 3), "101", "10.00"), payee=payee),
            hand_in=True, actor=people[0], at=NOW,
        )  # fmt: skip
        post_draft(draft.pk, actor=people[1], at=NOW)
    page = browser(people[0]).get(SERVICE, {"month": "2026-11"}).content.decode()
    assert len(long) == 80 and f'<span class="long" title="{long}">{long}</span>' in page
    assert f'<span class="long" title="{short}">' not in page and short in page


def test_closed_month_has_no_entry_line_and_says_why(home: Compound, keeper: Client) -> None:
    factories.some_month(home)
    factories.close(home)
    html = valid(keeper.get(SERVICE, {"month": "2026-10"}))
    assert "line-0-summary" not in html
    assert "10月已经结账，不能再记10月的日期。请记11月，摘要写明是哪天的事。" in words(html)
    assert "记11月的账" in words(html)


def test_date_in_a_closed_month_is_refused(home: Compound, keeper: Client) -> None:
    factories.some_month(home)
    factories.close(home)
    assert "10月已经结账，不能再记10月的日期。" in enter(keeper, home, month="2026-11", on="2026-10-25")
    assert not Draft.objects.exists()


def test_first_month_to_write_is_opened(home: Compound, keeper: Client) -> None:
    factories.some_month(home)
    assert "物业服务经费，2026年10月" in see(keeper, SERVICE)
    factories.close(home)
    assert "物业服务经费，2026年11月" in see(keeper, SERVICE)


def test_reader_sees_the_book_and_has_no_entry_line(home: Compound) -> None:
    factories.some_month(home)
    reader = browser(factories.user(Role.COMMUNITY_CLERK, factories.COMMUNITY))
    html = valid(reader.get(SERVICE))
    assert "停车月租" in words(html) and "line-0-summary" not in html
    assert reader.post(f"{SERVICE}drafts/", typed(money_account=bank(home))).status_code == 403
    assert not Draft.objects.exists()


@pytest.mark.parametrize("role", [Role.COMMITTEE_CASHIER, Role.COMMITTEE_HEAD, Role.AUDITOR, Role.STREET_STAFF])
def test_only_the_bookkeeper_enters(home: Compound, role: str) -> None:
    client = browser(factories.user(role, home.code))
    assert client.post(f"{SERVICE}drafts/", typed(money_account=bank(home))).status_code == 403
    assert not Draft.objects.exists()


def test_foreign_compound_is_like_none(home: Compound) -> None:
    stranger = browser(factories.user(Role.COMMITTEE_BOOKKEEPER, factories.OTHER_COMMUNITY))
    foreign = stranger.get(SERVICE)
    missing = stranger.get(SERVICE.replace(home.code, "11010700303799"))
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


def test_unknown_book_month_and_number_are_no_page(home: Compound, keeper: Client) -> None:
    factories.some_month(home)
    months = [f"{SERVICE}?month={month}" for month in ("2026-09", "2026-12", "2026-13")]
    for url in (*months, f"{CODE}books/other/", f"{SERVICE}2026/9/", f"{CODE}closing/2026-1/"):
        assert keeper.get(url).status_code == 404, url


# --- Drafts -------------------------------------------------------------------------------------------------------


def test_draft_is_saved_changed_and_handed_in(home: Compound, keeper: Client) -> None:
    enter(keeper, home, act="save")
    draft = Draft.objects.get()
    assert draft.state == DraftState.DRAFT
    url = f"{CODE}drafts/{draft.pk}/"
    html = valid(keeper.get(url))
    assert 'value="120.00"' in html and 'value="101 居民缴费"' in html
    data = typed(money_account=bank(home), form_token="") | {"line-0-income": "130.00"}
    assert "130.00元" in words(valid(send(keeper, url, **data)))
    draft.refresh_from_db()
    assert draft.state == DraftState.HANDED_IN and str(draft.lines.get().amount) == "130.00"


def test_drafts_are_listed_and_deleted(home: Compound, keeper: Client) -> None:
    enter(keeper, home)
    draft = Draft.objects.get()
    said = see(keeper, f"{CODE}drafts/")
    assert "居民缴费，现金" in said and "未复核" in said
    assert keeper.get(f"{CODE}drafts/{draft.pk}/delete/").status_code == 405
    assert "草稿删去了。" in words(valid(send(keeper, f"{CODE}drafts/{draft.pk}/delete/")))
    assert not Draft.objects.exists()
    assert Entry.objects.filter(action="draft.delete").count() == 1


def test_red_draft_is_only_looked_at(home: Compound, keeper: Client) -> None:
    factories.some_month(home)
    send(keeper, f"{SERVICE}2026/1/reversal/", on="10-20")
    draft = Draft.objects.get()
    html = valid(keeper.get(f"{CODE}drafts/{draft.pk}/"))
    assert "冲销10月5日第1号凭证" in words(html) and "line-0-summary" not in html
    assert keeper.post(f"{CODE}drafts/{draft.pk}/", typed(money_account=bank(home))).status_code == 403


def test_draft_of_another_compound_is_no_page(home: Compound, keeper: Client) -> None:
    enter(keeper, home)
    other = factories.compound("11010700401001", "古城一院（演示）")
    client = browser(factories.user(Role.COMMITTEE_BOOKKEEPER, other.code))
    pk = Draft.objects.get().pk
    assert client.get(f"/office/compounds/{other.code}/drafts/{pk}/").status_code == 404
    assert client.post(f"/office/compounds/{other.code}/drafts/{pk}/delete/").status_code == 404
    assert Draft.objects.exists()


# --- Vouchers and reversal ----------------------------------------------------------------------------------------


def test_voucher_page_shows_everything(home: Compound, people: tuple[User, User]) -> None:
    keeper = browser(people[0])
    enter(keeper, home, handler="张宁", bill_on="10-20", attachment="", file=picture(), evidence_number="25117")
    voucher = post_draft(Draft.objects.get().pk, actor=people[1], at=NOW)
    said = see(keeper, f"{SERVICE}2026/{voucher.number}/")
    for part in ("2026年第1号凭证", "居民缴费，现金", "张宁", "王秀兰", "25117", "第1节", voucher.hash[:8], "红冲这张"):
        assert part in said, part


def test_reversal_says_what_happens_and_hands_in_a_red_draft(home: Compound, keeper: Client) -> None:
    factories.some_month(home)
    url = f"{SERVICE}2026/1/reversal/"
    said = see(keeper, url)
    assert "冲销10月5日第1号凭证" in said and "不能反悔的" in said and "先不办" in said
    assert not Draft.objects.exists()
    send(keeper, url, on="10-20")
    draft = Draft.objects.get()
    assert draft.state == DraftState.HANDED_IN and str(draft.lines.get().amount) == "-3412.50"
    assert "正等复核" in see(keeper, f"{SERVICE}2026/1/")
    assert "正等复核" in words(valid(send(keeper, url, on="10-20")))
    assert Draft.objects.count() == 1


def test_reversal_into_a_closed_month_is_refused(home: Compound, keeper: Client) -> None:
    factories.some_month(home)
    factories.close(home)
    said = words(valid(send(keeper, f"{SERVICE}2026/1/reversal/", on="10-20")))
    assert "10月已经结账" in said and not Draft.objects.exists()


def test_only_the_bookkeeper_reverses(home: Compound, people: tuple[User, User]) -> None:
    factories.some_month(home)
    head = browser(people[1])
    assert head.get(f"{SERVICE}2026/1/reversal/").status_code == 403
    assert "红冲这张" not in see(head, f"{SERVICE}2026/1/")


# --- Queries ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [SERVICE, f"{CODE}drafts/", CODE])
def test_queries_do_not_grow_with_rows(home: Compound, keeper: Client, url: str) -> None:
    factories.post(home, [factories.data(home, date(2026, 10, 5), "101", "10.00")])
    enter(keeper, home, form_token="1" * 32)
    with CaptureQueriesContext(connection) as few:
        keeper.get(url)
    factories.post(home, [factories.data(home, date(2026, 10, 6), "101", "10.00") for _ in range(3)])
    for n in "234":
        enter(keeper, home, form_token=n * 32)
    with CaptureQueriesContext(connection) as many:
        keeper.get(url)
    assert len(few) == len(many) <= 20, "\n".join(q["sql"][:150] for q in many.captured_queries)


# --- Who decides, papers, typed for another -----------------------------------------------------------------------

SPENT = {"line-0-account": "203", "line-0-income": ""}


@pytest.mark.parametrize(
    ("more", "field", "sentence"),
    [
        ({"line-0-expense": "1260"}, "decision", "这笔1,260.00元超过主任能批的1,000.00元，要由自管会会议决定。"),
        ({"line-0-expense": "6000"}, "decision", "这笔6,000.00元超过自管会会议能决定的5,000.00元，要由居民决定。"),
        ({"line-0-account": "222", "line-0-expense": "9"}, "decision", "222大中修和更新不能当日常开支记"),
        ({"line-0-account": "217", "line-0-expense": "9"}, "decision", "217招待慰问和活动要有决议。"),
        ({"line-0-account": "106", "line-0-income": "9"}, "decision", "106政府奖励要有文件。"),
        ({"line-0-account": "221", "line-0-expense": "9"}, "file", "221补充维修资金要附银行回单。"),
        ({"line-0-expense": "9", "entered_for": "张桂芳"}, "file", "要附他签了名的代录单。"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_may_wait_as_a_draft(
    home: Compound, keeper: Client, more: dict[str, str], field: str, sentence: str
) -> None:
    data = typed(money_account=bank(home), **(SPENT | more))
    html = valid(keeper.post(f"{SERVICE}drafts/", data))
    assert sentence in words(html)
    place = html.partition(f'for="id_{field}"')[2].partition("</p>")[0]
    assert 'class="error small"' in place
    assert f'<a href="#id_{field}"' in html
    assert not Draft.objects.exists()
    assert "存为草稿" in words(valid(send(keeper, f"{SERVICE}drafts/", **(data | {"act": "save"}))))


def test_a_form_sent_again_after_posting_leads_to_its_voucher(home: Compound, people: tuple[User, User]) -> None:
    keeper = browser(people[0])
    enter(keeper, home)
    post_draft(Draft.objects.get().pk, actor=people[1], at=NOW)
    said = enter(keeper, home)
    assert "这张已经记账：第1号凭证。" in said and "2026年第1号凭证" in said
    assert "已经存过一次" in enter(keeper, home, **{"line-0-income": "121.00"})
    assert not Draft.objects.exists() and Voucher.objects.count() == 1


# --- Several lines, the last voucher again ------------------------------------------------------------------------


def test_the_page_holds_a_line_for_the_browser_to_add_and_the_sum_in_capitals(home: Compound, keeper: Client) -> None:
    html = valid(keeper.get(SERVICE))
    assert 'name="line-__n__-summary"' in html.partition("<template data-new-line>")[2].partition("</template>")[0]
    assert 'name="line_count" value="1"' in html
    more = {
        "line-1-summary": "停车",
        "line-1-account": "103",
        "line-1-income": "８０．５",
        "line_count": "2",
        "on": "10-32",
    }
    html = valid(keeper.post(f"{SERVICE}drafts/", typed(money_account=bank(home), **more)))
    assert "合计200.50元贰佰元伍角整" in words(html)


def test_the_last_voucher_is_copied_whole_but_not_its_day_and_papers(home: Compound, keeper: Client) -> None:
    more = {
        "line-1-summary": "停车", "line-1-account": "103", "line-1-income": "80", "line_count": "2", "handler": "刘玉珍",
        "line-0-quantity": "2", "line-0-unit_price": "60", "file": picture(), "reason": "仅此一次",
    }  # fmt: skip
    enter(keeper, home, **more)
    data = {"month": "2026-10", "on": "10-27", "form_token": "b" * 32, "act": "copy", "line_count": "1"}
    html = valid(keeper.post(f"{SERVICE}drafts/", data))
    for value in ("居民缴费，现金", "120.00", "停车", "80.00", "刘玉珍", "10-27", "b" * 32, "居民"):
        assert f'value="{value}"' in html, value
    assert 'name="line_count" value="2"' in html and 'name="attachment"' not in html and "仅此一次" not in html
    assert Draft.objects.count() == 1


def test_a_posted_voucher_is_copied_where_no_draft_waits_and_a_red_one_never(
    home: Compound, people: tuple[User, User]
) -> None:
    factories.some_month(home)
    keeper = browser(people[0])
    send(keeper, f"{SERVICE}2026/1/reversal/", on="10-20")
    post_draft(Draft.objects.get().pk, actor=people[1], at=NOW)
    html = valid(keeper.post(f"{SERVICE}drafts/", {"month": "2026-10", "act": "copy"}))
    assert (
        'value="9月秩序维护费"' in html and 'value="5200.00"' in html and "冲销" not in html.partition("data-rest")[2]
    )


def test_nothing_to_copy_leaves_an_empty_line(home: Compound, keeper: Client) -> None:
    html = valid(keeper.post(f"{SERVICE}drafts/", {"month": "2026-10", "act": "copy"}))
    assert 'name="line-0-summary"' in html and not Draft.objects.exists()
