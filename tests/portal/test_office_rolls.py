"""The office's pages of roll, objections and papers: what they show, what they refuse, whose names are masked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from ballots.models import Ballot, Paper, Representative, RollEntry
from ballots.operations.printing import print_building
from compounds.choices import Role
from compounds.models import Compound, Dwelling, Objection, Owner, Ownership
from core.codes import show_code
from core.models import Entry, Job
from core.operations import machine
from tests import balloting, factories
from tests.factories import AT
from tests.portal.office import CODE, browser, see, send, valid, words

pytestmark = pytest.mark.django_db
ONE = f"{CODE}ballots/1/"


@pytest.fixture(autouse=True)
def october() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 10, 20, 1, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    for n, dwelling in enumerate(Dwelling.objects.of(made).order_by("pk")[:3]):
        owner = Owner.objects.create(area_code=factories.COMMUNITY, name=f"{'张王李'[n]}秀兰")
        Ownership.objects.create(dwelling=dwelling, owner=owner, votes=True)
    return made


@pytest.fixture
def clerk(home: Compound) -> Client:
    return browser(factories.user(Role.COMMUNITY_CLERK, factories.COMMUNITY, "刘玉珍"))


@pytest.fixture
def issuing(home: Compound) -> Ballot:
    made = balloting.issuing(home)
    print_building(made, "3", actor=machine("system"), at=AT)
    return made


def test_the_drafted_roll_shows_masked_names_and_what_is_not_settled(home: Compound, clerk: Client) -> None:
    balloting.ballot(home)
    page = see(clerk, f"{ONE}roll/")
    assert "名册上4票，4套房屋，239.00平方米" in page
    assert "张*" in page
    assert "张秀兰" not in page
    assert "1套没有登记产权人" in page
    assert "查到1票" in see(clerk, f"{ONE}roll/", q="张秀兰")
    assert "查到1票" in see(clerk, f"{ONE}roll/", q="201")
    assert "查到0票" in see(clerk, f"{ONE}roll/", q="赵")


def test_freezing_says_what_cannot_be_undone_and_shows_the_difference(home: Compound, clerk: Client) -> None:
    ballot = balloting.announced(home)
    Dwelling.objects.of(home).filter(room="401").update(area=Decimal("60.0000"))
    page = see(clerk, f"{ONE}freezing/")
    assert "不能反悔的" in page
    assert "面积公告上239.0000㎡，现在239.2500㎡" in page
    assert "请再看一遍" in words(valid(send(clerk, f"{ONE}freezing/", heads=9)))
    done = words(valid(send(clerk, f"{ONE}freezing/", heads=4)))
    assert "名册锁定了" in done
    assert "还有4张没印" in done
    ballot.refresh_from_db()
    assert ballot.state == "issuing"
    assert "和公告上不一样的" in see(clerk, f"{ONE}roll/")
    assert send(clerk, f"{ONE}freezing/", heads=4).redirect_chain[-1][0] == f"{ONE}roll/"


def test_freezing_waits_for_the_notice(home: Compound, clerk: Client) -> None:
    balloting.announced(home)
    with time_machine.travel(datetime(2026, 10, 10, 1, tzinfo=UTC), tick=False):
        fresh = browser(factories.user(Role.COMMUNITY_CLERK, factories.COMMUNITY, "周敏"))
        assert "公告还没有贴满15天，10月16日起" in see(fresh, f"{ONE}freezing/")
        send(fresh, f"{ONE}freezing/", heads=4)
    assert not RollEntry.objects.exists()


def test_an_objection_gets_a_slip_and_an_answer(home: Compound, clerk: Client) -> None:
    balloting.announced(home)
    taken = words(valid(send(clerk, f"{ONE}objections/", text="我家面积不对", place="3号楼101", said_by="张秀兰",
                             received_on="10-19")))  # fmt: skip
    one = Objection.objects.get()
    assert "10月24日以前答复" in taken
    assert show_code(one.slip) in taken
    assert "张秀兰" not in taken
    slip = clerk.get(f"{ONE}objections/{one.slip}/slip/")
    assert slip["Content-Type"] == "application/pdf"
    assert "还有1条对名册的异议没有答复" in see(clerk, f"{ONE}freezing/")
    assert "还有1条对名册的异议没有答复。先答复" in words(valid(send(clerk, f"{ONE}freezing/", heads=4)))
    answered = words(valid(send(clerk, f"{ONE}objections/{one.slip}/", outcome="upheld", text="已改成61.2")))
    assert "成立：已改成61.2" in answered
    again = words(valid(send(clerk, f"{ONE}objections/{one.slip}/", outcome="rejected", text="不改")))
    assert "已经答复过了" in valid(send(clerk, f"{ONE}objections/{one.slip}/", outcome="rejected", text="不改"))
    assert "成立：已改成61.2" in again
    assert set(Entry.objects.filter(action__startswith="objection.").values_list("action", flat=True)) == {
        "objection.take", "objection.answer", "objection.print",
    }  # fmt: skip


def test_an_objection_of_tomorrow_is_not_taken(home: Compound, clerk: Client) -> None:
    balloting.announced(home)
    page = valid(send(clerk, f"{ONE}objections/", text="不对", received_on="10-21"))
    assert "这一天还没到" in page
    assert not Objection.objects.exists()


def test_papers_are_found_by_serial_room_and_name(home: Compound, clerk: Client, issuing: Ballot) -> None:
    paper = Paper.objects.order_by("entry__number")[0]
    page = see(clerk, f"{ONE}papers/")
    assert "都印好了" in page
    for text in (show_code(paper.serial).lower(), "3号楼101", "张秀兰"):
        assert "查到1张" in see(clerk, f"{ONE}papers/", q=text), text
    one = see(clerk, f"{ONE}papers/{paper.serial}/")
    assert "张*" in one
    assert "张秀兰" not in one
    assert clerk.get(f"{ONE}papers/{paper.serial}/pdf/")["Content-Type"] == "application/pdf"
    done = words(valid(send(clerk, f"{ONE}papers/{paper.serial}/replacement/", reason="弄湿了")))
    assert "换下的票" in done
    assert clerk.get(f"{ONE}papers/{paper.serial}/pdf/").status_code == 404
    assert "损票" in see(clerk, f"{ONE}papers/{paper.serial}/")
    refused = words(valid(send(clerk, f"{ONE}papers/{paper.serial}/replacement/", reason="再换")))
    assert "不能改成" in refused
    assert see(clerk, f"{ONE}papers/000000000/", 404) is not None


def test_the_search_box_understands_a_serial_within_the_scope(home: Compound, clerk: Client, issuing: Ballot) -> None:
    paper = Paper.objects.order_by("pk")[0]
    typed = show_code(paper.serial).lower()
    answer = clerk.get("/office/search/", {"q": typed})
    assert answer["Location"] == f"{ONE}papers/{paper.serial}/"
    stranger = browser(factories.user(Role.COMMUNITY_CLERK, factories.OTHER_COMMUNITY, "外人"))
    assert stranger.get("/office/search/", {"q": typed}).status_code == 200  # nothing to go to
    assert stranger.get(f"{ONE}papers/{paper.serial}/").status_code == 404


def test_printing_starts_a_job_and_lists_are_printed_with_a_trace(home: Compound, clerk: Client) -> None:
    ballot = balloting.issuing(home)
    assert "一栋楼一个文件" in see(clerk, f"{ONE}papers/print/")
    send(clerk, f"{ONE}papers/print/")
    assert Job.objects.get().key == f"ballots.print_papers:{ballot.pk}"
    answer = clerk.get(f"{ONE}papers/list/", {"building": "3"})
    assert answer["Content-Type"] == "application/pdf"
    assert Entry.objects.filter(action="paper.list").count() == 1
    assert clerk.get(f"{ONE}papers/list/", {"building": "99"}).status_code == 404


def test_files_with_names_are_for_those_who_may_see_persons(home: Compound, clerk: Client) -> None:
    import json

    from core import jobs

    ballot = balloting.issuing(home)
    send(clerk, f"{ONE}papers/print/")
    job = jobs.run_here(Job.objects.get())
    assert job.state == "done", job.error
    assert json.loads(job.result)["files"]
    assert clerk.get(f"/office/jobs/{job.pk}/files/1/").status_code == 200
    assert Entry.objects.filter(action="paper.download").count() == 1
    treasurer = browser(factories.user(Role.COMMITTEE_CASHIER, home.code, "孙会计"))
    assert treasurer.get(f"/office/jobs/{job.pk}/files/1/").status_code in (403, 404)
    assert ballot.papers.count() == 4


def test_a_new_owner_takes_the_entry(home: Compound, clerk: Client, issuing: Ballot) -> None:
    url = f"{ONE}roll/1/transfer/"
    assert "还是同一个人" in words(valid(send(clerk, url, reason="过户")))
    dwelling = Dwelling.objects.get(room="101")
    Ownership.objects.filter(dwelling=dwelling).delete()
    Ownership.objects.create(
        dwelling=dwelling, owner=Owner.objects.create(area_code=factories.COMMUNITY, name="周新"), votes=True
    )
    assert "第1号换人了" in words(valid(send(clerk, url, reason="过户")))
    assert "查到1票" in see(clerk, f"{ONE}roll/", q="周新")


def test_representatives_are_entered_and_ended(home: Compound, clerk: Client) -> None:
    url = f"{CODE}representatives/"
    said = {"group": "3号楼", "name": "王秀兰", "phone": "", "elected_on": "3-1"}
    assert "登记了" in words(valid(send(clerk, url, **said)))
    assert "已经有同名的代表" in words(valid(send(clerk, url, **said)))
    one = Representative.objects.get()
    assert "不能更早卸任" in words(valid(send(clerk, f"{url}{one.pk}/end/", until_on="2-1")))
    assert "以前的代表" in words(valid(send(clerk, f"{url}{one.pk}/end/", until_on="10-1")))
    assert clerk.get(f"{url}{one.pk}/end/").status_code == 404
