"""The office's pages of a secret ballot's boxes: opened, laid in bundles, void where they hold too many sheets."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from pypdf import PdfReader

from ballots.models import BallotMove, BoxOpening, Sheet
from compounds.choices import Role
from compounds.models import Compound
from tests import balloting, factories
from tests.portal.office import CODE, browser, see, send, valid, words

pytestmark = pytest.mark.django_db
BOX = f"{CODE}ballots/1/box/"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 6, 1, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def clerk(home: Compound) -> Client:
    return browser(factories.user(Role.COMMUNITY_CLERK, factories.COMMUNITY, "刘玉珍"))


def pdf_text(client: Client, url: str) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(client.get(url).content)).pages]


def test_a_box_is_opened_then_its_sheets_are_bundled(home: Compound, clerk: Client) -> None:
    ballot = balloting.boxed(home, 3)
    page = see(clerk, BOX)
    assert "箱里3张。打乱，分捆，编号" in page
    assert "箱里比发出的少1张，不影响效力" in page
    done = words(valid(send(clerk, BOX, act="open", boxes="固定箱1个、流动箱1个", sheets=4, witnesses="李敏，孙艳")))
    assert "记下了，箱里4张" in done
    assert "固定箱1个、流动箱1个" in done
    assert "李敏、孙艳" in done
    assert "箱里4张，各捆加起来3张" in words(valid(send(clerk, BOX, act="bundles", counts="3")))
    assert "只填张数" in words(valid(send(clerk, BOX, act="bundles", counts="三张")))
    assert "分成2捆，可以录票了" in words(valid(send(clerk, BOX, act="bundles", counts="3、1")))
    assert list(Sheet.objects.filter(ballot=ballot).values_list("bundle__number", "position")) == [
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 1),
    ]
    assert "2-1到2-1" in words(see(clerk, BOX))
    covers = pdf_text(clerk, f"{BOX}covers.pdf")
    assert ["第2捆" in text for text in covers] == [False, True]
    assert "3号楼" not in "".join(covers)
    slip = "".join(pdf_text(clerk, f"{BOX}slip.pdf"))
    assert "箱里的票" in slip
    assert "不多于发出的，有效" in slip


def test_what_is_wrong_on_the_form_is_said(home: Compound, clerk: Client) -> None:
    balloting.boxed(home, 3)
    page = words(valid(send(clerk, BOX, act="open", boxes="", sheets="", witnesses="李敏")))
    for told in ("打开了哪些票箱没有填", "箱里一共几张票没有填", "监票人至少两位"):
        assert told in page
    assert BoxOpening.objects.count() == 1


def test_a_box_with_one_sheet_too_many_voids_the_whole_and_residents_read_why(home: Compound, clerk: Client) -> None:
    ballot = balloting.boxed(home, 5)
    page = words(see(clerk, BOX))
    assert "箱里5张，发出4张，多了1张" in page
    assert "整次投票无效，要重新组织" in page
    assert "分好了" not in page
    assert "不能反悔" in see(clerk, f"{BOX}void/")
    done = words(valid(send(clerk, f"{BOX}void/")))
    assert "这次投票已记为无效" in done
    assert "票箱里有5张票，比发出的4张多" in done
    ballot.refresh_from_db()
    assert ballot.state == "cancelled"
    assert BallotMove.objects.filter(ballot=ballot, kind="cancelled").count() == 1


def test_before_all_the_box_is_what_comes_next(home: Compound, clerk: Client) -> None:
    balloting.boxed(home, 3)
    assert f'<a class="button primary" href="{BOX}"' in clerk.get(f"{CODE}ballots/1/").content.decode()
    send(clerk, BOX, act="bundles", counts="3")
    assert f'<a class="button primary" href="{CODE}ballots/1/entry/"' in clerk.get(f"{CODE}ballots/1/").content.decode()
    assert clerk.get(f"{BOX}void/").status_code == 404


def test_what_is_reconciled_begins_with_the_box(home: Compound, clerk: Client) -> None:
    ballot = balloting.boxed(home, 3)
    assert "箱里3张，捆里0张" in words(see(clerk, f"{CODE}ballots/1/reconciliation/"))
    ballot.compound.ballots.filter(pk=ballot.pk).update(number=9)
    closed = balloting.taken_in(home, 2, "committee_election", secret=True, matter="committee")
    page = words(see(clerk, f"{CODE}ballots/{closed.number}/reconciliation/"))
    assert "还没有开箱：发出4张" in page
    assert "投进票箱2" in page


def test_a_sheet_goes_into_a_box_and_no_serial_is_asked_for(home: Compound, clerk: Client) -> None:
    ballot = balloting.issuing(home, "committee_election", secret=True, matter="committee")
    papers = balloting.printed(ballot)
    page = clerk.get(f"{CODE}ballots/1/returning/").content.decode()
    assert "投进哪种票箱" in page
    assert "流动票箱（上门）" in page
    assert "邮寄" not in page
    assert "扫一张一行" not in page
    sent = {"scans": str(papers[0].entry.place), "paper": [papers[1].pk], "on": "2026-11-04", "channel": "mobile_box"}
    assert "记下2户投入票箱" in words(valid(clerk.post(f"{CODE}ballots/1/returning/", sent, follow=True)))
    assert set(ballot.papers.filter(state="returned")) == set(papers[:2])
    valid(clerk.post(f"{CODE}ballots/1/returning/", sent | {"paper": [papers[2].pk], "channel": "visit"}))
    assert ballot.papers.filter(state="returned").count() == 2


def test_an_open_ballot_has_no_box(home: Compound, clerk: Client) -> None:
    balloting.counting_ballot(home)
    assert clerk.get(BOX).status_code == 404
    assert BOX not in clerk.get(f"{CODE}ballots/1/").content.decode()
