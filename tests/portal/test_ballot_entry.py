"""Entering papers in the office: whose bundles, one request a paper, what is refused, who settles, who gets in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ballots.models import Ballot, BallotClerk, PaperEntry, PaperScan, Settlement, Sheet
from ballots.operations.entering import enter_paper, settle_paper
from ballots.rules.entries import Said
from compounds.choices import Role
from compounds.models import Compound
from core.models import DeskVisit, User
from core.operations import set_pin
from tests import balloting, factories
from tests.portal.office import NOW, browser, see, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
QUESTIONS = [("choose_one", ("周六上午", "周三晚上", "以上均不同意")), ("choose_up_to", ("路灯", "车棚", "花坛"))]
AGREED = {"q1": "赞成", "q2": "2", "q3": ["1", "3"], "version": "0"}
FOR = Said({1: ("赞成",), 2: (2,), 3: (1, 3)})
AGAINST = Said({1: ("反对",), 2: (2,), 3: (1, 3)})


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def ballot(home: Compound) -> Ballot:
    return balloting.counting_ballot(home, 4, QUESTIONS, bundle_of=3)


@pytest.fixture
def ning(home: Compound) -> User:
    return factories.user(Role.COMMUNITY_CLERK, home.code[:12], "张宁")


@pytest.fixture
def clerk(ning: User) -> Client:
    return browser(ning)


@pytest.fixture
def hui(home: Compound) -> User:
    return factories.user(Role.COMMUNITY_CLERK, home.code[:12], "李慧")


@pytest.fixture
def zhao(home: Compound) -> User:
    return factories.user(Role.COMMUNITY_SECRETARY, home.code[:12], "赵书记")


@pytest.fixture
def guest(ballot: Ballot) -> Client:
    """Somebody without an office, named for this ballot."""
    user = factories.user(name="临时工")
    BallotClerk.objects.create(ballot=ballot, user=user, from_on=factories.today(), given_by=user, given_at=NOW)
    return browser(user)


def url(ballot: Ballot, rest: str = "entry/") -> str:
    return f"/office/compounds/{ballot.compound.code}/ballots/{ballot.number}/{rest}"


def sheet_at(ballot: Ballot, bundle: int = 1, position: int = 1) -> Sheet:
    return Sheet.objects.get(ballot=ballot, bundle__number=bundle, position=position)


def enter(ballot: Ballot, who: User, said: Said = FOR, position: int = 1, bundle: int = 1) -> PaperEntry:
    return enter_paper(ballot, sheet_at(ballot, bundle, position), said, actor=who, at=NOW)


# --- One paper, one request ---------------------------------------------------------------------------------------


def test_saving_answers_with_the_next_paper_at_once(clerk: Client, ballot: Ballot) -> None:
    html = valid(clerk.post(url(ballot, "entry/1/1/"), AGREED))
    assert "第2张，共3张" in words(html) and "已录1张，余2张" in words(html)
    assert f'action="{url(ballot, "entry/1/2/")}"' in html
    made = PaperEntry.objects.get()
    assert (made.marks, made.reasons, made.round) == ('{"1":["赞成"],"2":[2],"3":[1,3]}', "{}", 1)


def test_a_paper_takes_one_request_of_ten_queries(clerk: Client, ballot: Ballot) -> None:
    clerk.post(url(ballot, "entry/1/1/"), AGREED)
    with CaptureQueriesContext(connection) as queries:
        response = clerk.post(url(ballot, "entry/1/2/"), AGREED)
    asked = [q["sql"] for q in queries if not re.match(r"(RELEASE )?SAVEPOINT|BEGIN|COMMIT", q["sql"])]
    assert response.status_code == 200
    assert len(asked) <= 10, "\n".join(asked)


def test_the_last_one_answers_with_the_end_of_the_bundle(clerk: Client, ballot: Ballot) -> None:
    for position in (1, 2):
        clerk.post(url(ballot, f"entry/1/{position}/"), AGREED)
    html = valid(clerk.post(url(ballot, "entry/1/3/"), AGREED))
    assert "第1捆，您录完了" in words(html) and "这一捆3张" in words(html)
    serials = [s.paper.serial for s in ballot.sheets.filter(bundle__number=1).order_by("position") if s.paper]
    shown = words(html).replace("-", "")
    assert serials[0] in shown and serials[-1] in shown


def test_a_double_submit_answers_the_same_and_enters_once(clerk: Client, ballot: Ballot) -> None:
    one, two = (clerk.post(url(ballot, "entry/1/1/"), AGREED) for _ in range(2))
    plain = [re.sub(r'value="[^"]{20,}"', "", valid(each)) for each in (one, two)]
    assert plain[0] == plain[1]
    assert PaperEntry.objects.count() == 1


def test_scanning_the_next_paper_saves_the_present_one(clerk: Client, ballot: Ballot) -> None:
    other = sheet_at(ballot, 2, 1).paper
    assert other is not None
    response = clerk.post(url(ballot, "entry/1/1/"), {**AGREED, "next": f"https://x.test/p/{other.serial}"})
    assert response["Location"] == url(ballot, "entry/2/1/")
    assert PaperEntry.objects.count() == 1


def test_a_question_without_an_answer_is_named_and_the_rest_kept(clerk: Client, ballot: Ballot) -> None:
    html = valid(clerk.post(url(ballot, "entry/1/1/"), {"q1": "反对", "q3": ["1"], "version": "0"}))
    assert "第2题还没有录。" in words(html)
    assert re.search(r'value="反对" data-digit="2" checked', html)
    assert not PaperEntry.objects.exists()


def test_too_many_marks_are_told_and_invalid_for_that_question(clerk: Client, ballot: Ballot) -> None:
    html = valid(clerk.post(url(ballot, "entry/1/1/"), {**AGREED, "q3": ["1", "2", "3"]}))
    assert "上一张第3题选了3项，最多选2项：按选多了记为本题无效。" in words(html)
    assert PaperEntry.objects.get().reasons == '{"3":"overvote"}'


def test_a_void_sheet_needs_its_reason_only(clerk: Client, ballot: Ballot) -> None:
    clerk.post(url(ballot, "entry/1/1/"), {"void": "unsigned", "version": "0"})
    assert (PaperEntry.objects.get().void, PaperEntry.objects.get().marks) == ("unsigned", "{}")
    html = valid(clerk.post(url(ballot, "entry/1/2/"), {"void": "other", "version": "0"}))
    assert "整票无效选了“其他”，请写明原因。" in words(html)


@pytest.mark.parametrize(("remark", "doubtful"), [("signed_for", True), ("copy", True), ("proxy", False)])
def test_what_only_a_third_person_can_let_count_is_doubtful(
    clerk: Client, ballot: Ballot, remark: str, doubtful: bool
) -> None:
    clerk.post(url(ballot, "entry/1/1/"), {**AGREED, "remarks": [remark]})
    assert PaperEntry.objects.get().doubtful is doubtful


def test_a_units_paper_must_bear_its_seal(clerk: Client, home: Compound) -> None:
    ballot = balloting.counting_ballot(home, 2, QUESTIONS, kind="unit")
    html = valid(clerk.post(url(ballot, "entry/1/1/"), AGREED))
    assert "单位的票要盖章" in words(html) and not PaperEntry.objects.exists()
    assert clerk.post(url(ballot, "entry/1/1/"), {**AGREED, "sealed": "on"}).status_code == 200
    assert PaperEntry.objects.exists()


# --- Blind --------------------------------------------------------------------------------------------------------


def test_the_second_entry_never_shows_the_first(clerk: Client, ballot: Ballot, hui: User) -> None:
    """Neither the page before saving nor any answer holds what the first clerk read."""
    for position in (1, 2, 3):
        enter(ballot, hui, Said(void="torn"), position)
    pages = [clerk.get(url(ballot)), clerk.get(url(ballot, "entry/1/")), clerk.get(url(ballot, "entry/1/1/"))]
    pages.append(clerk.post(url(ballot, "entry/1/1/"), AGREED))
    for page in pages:
        html = valid(page)
        assert "selected>残缺" not in html and "李慧" not in html
        assert not re.search(r"data-digit=\"[^\"]*\" checked", html)
    assert "录票，第二遍" in words(valid(pages[2])) and "第一遍是别人录的，您看不到" in words(valid(pages[2]))


def test_ones_own_entry_is_shown_and_corrected(clerk: Client, ballot: Ballot, ning: User) -> None:
    made = enter(ballot, ning)
    html = valid(clerk.get(url(ballot, "entry/1/1/")))
    assert "这张票您录过，第一遍" in words(html) and 'value="赞成" data-digit="1" checked' in html
    valid(clerk.post(url(ballot, "entry/1/1/"), {**AGREED, "q1": "反对", "version": "1"}))
    made.refresh_from_db()
    assert (made.version, made.marks) == (2, '{"1":["反对"],"2":[2],"3":[1,3]}')
    stale = valid(clerk.post(url(ballot, "entry/1/1/"), {**AGREED, "version": "1"}))
    assert "您在别的窗口改过了" in words(stale)


def test_bundles_say_whose_turn_it_is(clerk: Client, ballot: Ballot, ning: User, hui: User) -> None:
    assert "有2捆等您录" in see(clerk, url(ballot))
    for position in (1, 2, 3):
        enter(ballot, ning, position=position)
    mine = see(clerk, url(ballot))
    assert "您录完了，另一遍由别人录" in mine and "有1捆等您录" in mine
    assert "录第二遍" in see(browser(hui), url(ballot))


# --- Bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("W2-0419-K", "没有W2-0419-K这个票号。票号是9位，请再看一遍。"),
        ("0000-9999-0", "没有0000-9999-0这个票号。最后一位对不上，请再看一遍票号。"),
        ("9-9-999", "名册里没有“9-9-999”这一户的票。"),
    ],
)
def test_a_serial_that_does_not_exist_is_told_where(clerk: Client, ballot: Ballot, typed: str, sentence: str) -> None:
    assert sentence in see(clerk, url(ballot), q=typed)


def test_a_serial_opens_its_sheet_however_it_was_typed(clerk: Client, ballot: Ballot) -> None:
    paper = sheet_at(ballot, 2, 1).paper
    assert paper is not None
    for typed in (
        paper.serial,
        f"{paper.serial[:4]}-{paper.serial[4:8]}-{paper.serial[8:]}".lower(),
        f" {paper.serial} ",
    ):
        assert clerk.get(url(ballot), {"q": typed})["Location"] == url(ballot, "entry/2/1/")


def test_a_paper_of_another_ballot_and_one_that_did_not_come_back(
    clerk: Client, ballot: Ballot, home: Compound
) -> None:
    other = balloting.counting_ballot(home, 1)
    paper = sheet_at(other).paper
    assert paper is not None
    assert "这张票不是这次表决的" in see(clerk, url(ballot), q=paper.serial)
    type(paper).objects.filter(pk=paper.pk).update(state="late")
    assert "逾期交回" in see(clerk, url(other), q=paper.serial)


def test_after_counting_nothing_is_entered_and_nothing_typed_is_lost(clerk: Client, ballot: Ballot) -> None:
    Ballot.objects.filter(pk=ballot.pk).update(state="certified")
    html = valid(clerk.post(url(ballot, "entry/1/1/"), AGREED))
    assert "计票已经结束" in words(html) and 'value="赞成" data-digit="1" checked' in html
    assert not PaperEntry.objects.exists()


def test_a_clerk_of_the_next_community_finds_nothing(ballot: Ballot) -> None:
    stranger = browser(factories.user(Role.COMMUNITY_CLERK, "110107003038", "邻社区"))
    for rest in ("entry/", "entry/1/", "entry/1/1/", "pace/", "differences/"):
        assert stranger.get(url(ballot, rest)).status_code == 404
    assert stranger.post(url(ballot, "entry/1/1/"), AGREED).status_code == 404
    assert not PaperEntry.objects.exists()


def test_a_third_entry_is_refused_in_words(clerk: Client, ballot: Ballot, hui: User, zhao: User) -> None:
    for who in (hui, zhao):
        enter(ballot, who)
    assert "这张票两遍都录完了。" in words(valid(clerk.post(url(ballot, "entry/1/1/"), AGREED)))


# --- Bundles ------------------------------------------------------------------------------------------------------


def test_the_cover_slip_is_compared_and_printed(clerk: Client, ballot: Ballot, quick_pdf: Any) -> None:
    assert "对不上：这一捆有3张" in words(valid(clerk.post(url(ballot, "entry/1/"), {"counted": "4"})))
    assert clerk.post(url(ballot, "entry/1/"), {"counted": "3"}).status_code == 302
    assert ballot.bundles.get(number=1).sheet_count == 3
    assert clerk.get(url(ballot, "entry/1/slip.pdf"))["Content-Type"] == "application/pdf"
    assert clerk.get(url(ballot, "entry/9/slip.pdf")).status_code == 404


# --- Whoever was named --------------------------------------------------------------------------------------------


def test_a_named_clerk_gets_the_entry_pages_of_that_ballot_and_nothing_else(
    guest: Client, ballot: Ballot, home: Compound
) -> None:
    assert "有2捆等您录" in see(guest, url(ballot))
    valid(guest.post(url(ballot, "entry/1/1/"), AGREED))
    other = balloting.counting_ballot(home, 1)
    shut = [url(other), url(other, "entry/1/1/"), url(ballot, "differences/"), url(ballot, "clerks/"), url(ballot, "")]
    for address in (*shut, f"/office/compounds/{home.code}/", f"/office/compounds/{home.code}/register/"):
        assert guest.get(address).status_code == 404, address
    html = valid(guest.get(url(ballot, "entry/1/2/")))
    for link in re.findall(r'href="(/office/[^"#]*)"', html):
        assert guest.get(link).status_code in (200, 302), link


def test_the_workbench_shows_a_named_clerk_their_ballot(guest: Client, ballot: Ballot) -> None:
    html = valid(guest.get("/office/"))
    assert "有票等您录" in words(html) and url(ballot) in html


def test_a_named_clerk_is_out_the_day_after(ballot: Ballot, home: Compound) -> None:
    user = factories.user(name="昨天的人")
    yesterday = factories.today() - timedelta(days=1)
    BallotClerk.objects.create(
        ballot=ballot, user=user, from_on=yesterday, until_on=yesterday, given_by=user, given_at=NOW
    )
    assert browser(user).get(url(ballot)).status_code == 404
    assert "您现在没有任职" in words(valid(browser(user).get("/office/")))


def test_the_workbench_of_clerk_and_secretary(clerk: Client, ballot: Ballot, ning: User, hui: User, zhao: User) -> None:
    assert "第1次表决录票有4张等您录" in see(clerk, "/office/")
    enter(ballot, ning, FOR)
    enter(ballot, hui, AGAINST)
    assert "有1张两遍不一样或存疑" in see(browser(zhao), "/office/")


def test_clerks_are_named_and_ended(home: Compound, ballot: Ballot, clerk: Client) -> None:
    user = factories.user(name="小周")
    sent = {"username": user.username, "from_on": "2026-11-05", "until_on": "2026-11-01"}
    assert "最后一天早于第一天" in words(valid(clerk.post(url(ballot, "clerks/"), sent)))
    assert "没有这个账号" in words(
        valid(clerk.post(url(ballot, "clerks/"), {**sent, "username": "nobody", "until_on": ""}))
    )
    assert clerk.post(url(ballot, "clerks/"), {**sent, "until_on": ""}).status_code == 302
    assert "小周" in see(clerk, url(ballot, "clerks/"))
    assert "已经在录" in words(valid(clerk.post(url(ballot, "clerks/"), {**sent, "until_on": ""})))
    assert browser(user).get(url(ballot)).status_code == 200
    assert clerk.post(url(ballot, "clerks/"), {"act": "end", "clerk": ballot.clerks.get().pk}).status_code == 302
    assert ballot.clerks.get().until_on == factories.today()


def test_two_clerks_change_places_by_six_digits_on_the_entry_page(ballot: Ballot) -> None:
    """What the guest may open, the PIN leads back to; of another ballot it leads to the workbench."""
    client, good = Client(), "xiangshan-hongye-7"
    people = []
    for name, digits in (("甲", "730962"), ("乙", "904173")):
        user = factories.user(name=name)
        user.set_password(good)
        user.save()
        set_pin(user, digits, actor=user, at=NOW)
        BallotClerk.objects.create(ballot=ballot, user=user, from_on=factories.today(), given_by=user, given_at=NOW)
        assert client.post("/login/?another=1", {"username": user.username, "password": good}).status_code == 302
        people.append((user, digits))
    assert DeskVisit.objects.count() == 2
    one, digits = people[0]
    here = url(ballot, "entry/1/2/")
    assert client.post("/office/desk/", {"person": one.pk, "pin": digits, "next": here})["Location"] == here
    valid(client.post(here, AGREED))
    assert PaperEntry.objects.get().user == one
    two, digits = people[1]
    elsewhere = here.replace("/ballots/1/", "/ballots/9/")
    assert client.post("/office/desk/", {"person": two.pk, "pin": digits, "next": elsewhere})["Location"] == "/office/"


# --- A third person -----------------------------------------------------------------------------------------------


def test_a_third_person_sees_both_versions_and_decides_with_a_reason(
    ballot: Ballot, ning: User, hui: User, zhao: User
) -> None:
    third = browser(zhao)
    here = url(ballot, "differences/1/1/")
    enter(ballot, ning, FOR)
    assert third.get(here).status_code == 404  # before both are there nobody sees one
    enter(ballot, hui, AGAINST)
    html = valid(third.get(here))
    assert "不一样" in words(html) and "第一遍张宁" in words(html) and "第二遍李慧" in words(html)
    assert "为什么这样定" in words(valid(third.post(here, AGREED))) and not Settlement.objects.exists()
    response = third.post(here, {**AGREED, "reason": "票面是赞成"})
    assert response["Location"] == url(ballot, "differences/")
    assert Settlement.objects.get().marks == '{"1":["赞成"],"2":[2],"3":[1,3]}'
    assert "赵书记" in words(valid(third.get(here)))


def test_the_two_who_entered_do_not_settle_and_clerks_see_no_marks(
    clerk: Client, ballot: Ballot, ning: User, hui: User, zhao: User
) -> None:
    enter(ballot, zhao, FOR)
    enter(ballot, hui, AGAINST)
    assert browser(zhao).get(url(ballot, "differences/1/1/")).status_code == 403
    assert clerk.get(url(ballot, "differences/1/1/")).status_code == 403
    queue = see(clerk, url(ballot, "differences/"))
    assert "两遍不一样" in queue and "赞成" not in queue and "反对" not in queue
    assert "您录过，由别人核定" in see(browser(zhao), url(ballot, "differences/"))


def test_a_photograph_of_the_sheet_lies_beside_it_once(ballot: Ballot, ning: User, hui: User, zhao: User) -> None:
    enter(ballot, ning, FOR)
    enter(ballot, hui, AGAINST)
    third, here = browser(zhao), url(ballot, "differences/1/1/")
    for _ in range(2):
        photo = SimpleUploadedFile("票.png", factories.picture("teal"), "image/png")
        assert third.post(here, {"act": "scan", "photo": photo}).status_code == 302
    assert PaperScan.objects.count() == 1
    html = valid(third.get(here))
    source = re.search(r'<img src="([^"]+)"', html)
    assert source and third.get(source[1]).status_code == 200
    whole = source[1].removesuffix("preview/")
    treasurer = browser(factories.user(Role.COMMITTEE_CASHIER, ballot.compound.code, "孙出纳"))
    for who in (browser(ning), browser(hui), treasurer):  # how a household voted is for those who settle
        assert [who.get(address).status_code for address in (whole, source[1])] == [404, 404]
    assert "还没有拍" in words(valid(third.post(here, {"act": "scan"}, follow=True)))


def test_no_page_shows_totals_while_anything_differs(
    clerk: Client, ballot: Ballot, ning: User, hui: User, zhao: User
) -> None:
    """The words of options stand on entry forms only, never with a number beside them."""
    enter(ballot, ning, FOR)
    enter(ballot, hui, AGAINST)
    for who, rest in ((clerk, "entry/"), (clerk, "pace/"), (browser(zhao), "differences/"), (clerk, "entry/1/")):
        shown = see(who, url(ballot, rest))
        assert "赞成" not in shown and "周六上午" not in shown


def test_pace_is_ones_own(clerk: Client, ballot: Ballot, ning: User, hui: User, zhao: User) -> None:
    enter(ballot, ning, AGAINST)
    enter(ballot, hui, FOR)
    settle_paper(ballot, sheet_at(ballot), FOR, "看票面", actor=zhao, at=NOW)
    assert "您录了1张。核定过的1张里，您录错了1张。" in see(clerk, url(ballot, "pace/"))
    assert timezone.localdate(NOW) == factories.today()
