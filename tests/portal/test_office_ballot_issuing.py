"""The pages on which papers are handed over, taken back, and sought at the doors."""

from __future__ import annotations

import io

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from ballots.models import Ballot, Paper, PaperVisit
from compounds.choices import Role
from compounds.models import Compound
from core.codes import show_code
from tests import balloting, factories
from tests.factories import COMMUNITY
from tests.portal.office import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def home() -> Compound:
    return factories.compound(households=5)


@pytest.fixture
def ballot(home: Compound) -> Ballot:
    return balloting.issuing_ballot(home)


@pytest.fixture
def clerk(home: Compound) -> Client:
    return browser(factories.user(Role.COMMUNITY_CLERK, COMMUNITY))


def page(name: str, ballot: Ballot, *more: object) -> str:
    return reverse(name, args=[ballot.compound.code, ballot.number, *more])


def papers(ballot: Ballot) -> list[Paper]:
    return list(Paper.objects.filter(ballot=ballot).select_related("entry").order_by("pk"))


def states(ballot: Ballot) -> list[str]:
    return [paper.state for paper in papers(ballot)]


def test_scans_of_several_kinds_are_taken_and_what_is_wrong_stays_in_the_field(clerk: Client, ballot: Ballot) -> None:
    first, second, third, *_ = papers(ballot)
    other = balloting.issuing_ballot(ballot.compound)
    foreign = papers(other)[0]
    wrong = first.serial[:-1] + ("0" if first.serial[-1] != "0" else "1")
    scans = "\n".join([show_code(first.serial), f"http://127.0.0.1:8000/p/{second.serial}/", str(third.entry.place),
                       foreign.serial, wrong, "你好"])  # fmt: skip
    answer = clerk.post(page("ballot_issuing", ballot), {"scans": scans, "on": "2026-11-05", "to_whom": ""})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert states(ballot) == ["issued", "issued", "issued", "printed", "printed"]
    assert f"“{foreign.serial}”是第{other.number}次表决的票" in text
    assert f"没有{wrong}这个票号。最后一位对不上" in text
    assert "看不懂“你好”" in text
    assert answer.context["form"]["scans"].value() == f"{foreign.serial}\n{wrong}\n你好"
    assert states(other)[0] == "printed"


def test_a_buildings_list_is_ticked_off(clerk: Client, ballot: Ballot) -> None:
    label = papers(ballot)[0].entry.building
    answer = clerk.get(page("ballot_issuing", ballot), {"building": label})
    assert answer.content.decode().count('name="paper"') == 5
    keys = [str(paper.pk) for paper in papers(ballot)[:2]]
    sent = {"scans": "", "on": "2026-11-05", "paper": keys}
    answer = clerk.post(f"{page('ballot_issuing', ballot)}?building={label}", sent, follow=True)
    assert "发放了2张。" in answer.content.decode()
    assert states(ballot)[:3] == ["issued", "issued", "printed"]


def test_papers_come_back_by_a_way_and_a_slip_is_undone(clerk: Client, ballot: Ballot) -> None:
    first = papers(ballot)[0]
    sent = {"scans": first.serial, "on": "2026-11-04", "channel": "meeting"}
    answer = clerk.post(page("ballot_returning", ballot), sent, follow=True)
    assert "收回了1张。" in answer.content.decode()
    assert first.events.get(state="returned").channel == "meeting"
    undo = page("ballot_unreturn", ballot, first.pk)
    assert "为什么改" in clerk.get(undo).content.decode()
    answer = clerk.post(undo, {"reason": ""})
    assert "请写明为什么改" in answer.content.decode()
    clerk.post(undo, {"reason": "扫错了"})
    assert states(ballot)[0] == "issued"


def test_late_papers_are_told(clerk: Client, ballot: Ballot) -> None:
    sent = {"scans": papers(ballot)[0].serial, "on": "2026-11-05", "channel": "visit"}
    answer = clerk.post(page("ballot_returning", ballot), sent, follow=True)
    assert "其中1张逾期，只保存不计入" in answer.content.decode()


def test_a_round_of_visits_is_typed_and_three_make_unreached(clerk: Client, ballot: Ballot) -> None:
    first = papers(ballot)[0]
    for day, time in (("2026-10-21", "上午"), ("2026-10-21", "晚上"), ("2026-10-22", "晚上")):
        clerk.post(page("ballot_visits", ballot), {"on": day, "time": time, f"outcome-{first.entry_id}": "nobody"})
    assert PaperVisit.objects.filter(entry=first.entry).count() == 3
    shown = clerk.get(page("ballot_visits", ballot)).content.decode()
    assert "3次" in shown and "没有人" in shown
    answer = clerk.post(page("ballot_visits", ballot), {"on": "2026-10-23", "time": "上午"})
    assert "还没有选哪一户怎么样" in answer.content.decode()
    clerk.post(page("ballot_unreached", ballot, first.pk), {"on": "2026-10-23", "notice": "10月23日贴在单元门口"})
    assert states(ballot)[0] == "undeliverable"


def test_too_few_attempts_and_lone_witnesses_are_refused_at_their_field(clerk: Client, ballot: Ballot) -> None:
    first, second, *_ = papers(ballot)
    answer = clerk.post(page("ballot_unreached", ballot, first.pk), {"on": "2026-10-23", "notice": "贴在门口"})
    assert "去满3次" in answer.content.decode()
    answer = clerk.post(page("ballot_refusal", ballot, second.pk), {"on": "2026-10-23", "witnesses": "李敏"})
    assert "证明人要两位" in answer.content.decode()
    clerk.post(page("ballot_refusal", ballot, second.pk), {"on": "2026-10-23", "witnesses": "李敏，孙艳"})
    assert states(ballot)[:2] == ["printed", "refused"]


def test_the_walking_list_names_no_person(clerk: Client, ballot: Ballot) -> None:
    answer = clerk.get(page("ballot_visits_pdf", ballot))
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.content)).pages)
    assert ("走访单" in text and "未交回" in text.replace(" ", "")) or "走访单" in text
    assert "王秀兰" not in text


def test_turnout_says_what_is_missing_to_each_threshold(clerk: Client, ballot: Ballot) -> None:
    every = papers(ballot)
    sent = {"scans": "\n".join(paper.serial for paper in every[:3]), "on": "2026-11-04", "channel": "visit"}
    clerk.post(page("ballot_returning", ballot), sent)
    shown = clerk.get(page("ballot_turnout", ballot)).content.decode()
    assert "名册5票，交回3票。参与还不够。" in shown
    assert "还差1人" in shown  # two thirds of five heads are four
    assert "三分之二：至少4人" in shown
    link = reverse("ballot_paper", args=[ballot.compound.code, ballot.number, every[0].serial])
    assert f'href="{link}"' in shown
    assert clerk.get(link).status_code == 200


def test_only_those_who_run_it_open_the_lists(ballot: Ballot) -> None:
    reader = browser(factories.user(Role.COMMITTEE_HEAD, ballot.compound.code))
    assert reader.get(page("ballot_turnout", ballot)).status_code == 200
    for name in ("ballot_issuing", "ballot_returning", "ballot_visits"):
        assert reader.get(page(name, ballot)).status_code == 403
