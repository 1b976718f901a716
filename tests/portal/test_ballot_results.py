"""A ballot's result on the residents' site: the answer, its files, older counts, and whether one's own paper came back."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.utils import timezone

from ballots.choices import Move
from ballots.models import Ballot, Paper, PaperEntry
from ballots.operations.certifying import fell_ballot
from ballots.rules.entries import Said
from compounds.models import Compound
from core.codes import check_character, draw_code, show_code
from core.models import Guess
from core.operations import KeptPaper, machine, store_bytes
from tests import balloting, factories
from tests.factories import AT
from tests.portal.office import HOME, valid, words

pytestmark = pytest.mark.django_db
FOR, AGAINST = Said({1: ("赞成",)}), Said({1: ("反对",)})


@pytest.fixture
def home() -> Compound:
    return factories.compound(HOME, "槐荫里小区（演示）", households=6)


@pytest.fixture
def ballot(home: Compound) -> Ballot:
    made = balloting.entered(balloting.taken_in(home, 5), FOR, FOR, FOR, AGAINST)
    balloting.certified(made)
    return made


def page(ballot: Ballot, more: str = "") -> str:
    return f"/compounds/{HOME}/ballots/{ballot.number}/{more}"


def test_the_page_says_the_answer_first_then_what_it_rests_on(ballot: Ballot, client: Client) -> None:
    shown = words(valid(client.get(page(ballot))))
    assert (
        shown.index("通过。6位业主里5人投了票")
        < shown.index("来的人够不够")
        < shown.index("票数核对")
        < shown.index("公示编号")
    )
    assert (
        "够，多1人" in shown and "监票：张三" in shown and "各户怎么投的，从不公布" in shown and "已交回" not in shown
    )
    assert "王秀兰" not in shown and "3号楼" not in shown  # nothing per building, nobody's name (P2)
    for format in ("pdf", "csv", "json"):
        answer = client.get(f"/compounds/{HOME}/ballots/{ballot.number}.{format}")
        assert answer.status_code == 200 and answer["ETag"]
    said = json.loads(client.get(f"/compounds/{HOME}/ballots/{ballot.number}.json").content)
    assert said["result"]["cast"]["heads"] == 5 and not {"roll", "papers"} & set(said)
    text = json.dumps(said, ensure_ascii=False)
    assert "3-101" not in text and '"building"' not in text and '"entry"' not in text


def test_nothing_is_public_before_two_have_certified(home: Compound, client: Client) -> None:
    made = balloting.entered(balloting.taken_in(home, 5), FOR)
    answer = client.get(f"/compounds/{HOME}/ballots/{made.number}.json")
    assert "赞成" not in answer.content.decode()


def test_the_verify_page_counts_the_sheets_again(ballot: Ballot, client: Client) -> None:
    document = ballot.results.get().document
    assert "一致" in words(valid(client.get(f"/verify/{document.code}/")))
    said = client.get(f"/verify/{document.code}/?format=json").json()
    assert said["genuine"] is True and said["kind"] == "ballot_result"
    PaperEntry.objects.filter(sheet__ballot=ballot, sheet__position=4).update(marks='{"1":["赞成"]}')
    assert client.get(f"/verify/{document.code}/?format=json").json()["genuine"] is False


def test_the_verify_page_knows_a_later_counting(ballot: Ballot, client: Client) -> None:
    old = ballot.results.get().document
    assert client.get(f"/verify/{old.code}/?format=json").json()["latest"] is True
    Ballot.objects.filter(pk=ballot.pk).update(state="counting", count_number=2)
    ballot.refresh_from_db()
    new = balloting.certified(balloting.entered(ballot, FOR)).document
    latest = {code: client.get(f"/verify/{code}/?format=json").json()["latest"] for code in (old.code, new.code)}
    assert latest == {old.code: False, new.code: True}
    assert "已被第2次计票代替" in words(valid(client.get(f"/verify/{old.code}/")))


def test_a_fallen_result_stays_with_who_felled_it(ballot: Ballot, client: Client) -> None:
    content = b"%PDF-1.4 z"
    paper = KeptPaper("判决书.pdf", "application/pdf", len(content), store_bytes(content))
    fell_ballot(ballot, Move.SET_ASIDE, "民初1号", paper, on=timezone.localdate(AT), actor=machine("system"), at=AT)
    shown = words(valid(client.get(page(ballot))))
    assert "法院撤销" in shown and "民初1号" in shown and "6位业主里5人投了票" in shown
    verified = words(valid(client.get(f"/verify/{ballot.results.get().document.code}/")))
    assert "一致" in verified and "法院撤销" in verified and "不再有效" in verified


# --- One's own paper ----------------------------------------------------------------------------------------------


def ask(client: Client, ballot: Ballot, serial: str, status: int = 200) -> str:
    return words(valid(client.post(page(ballot, "check/"), {"serial": serial}), status))


def test_a_household_learns_that_its_paper_is_counted_and_never_what_it_says(ballot: Ballot, client: Client) -> None:
    back, out = (Paper.objects.filter(ballot=ballot, state=state).first() for state in ("returned", "issued"))
    assert back is not None and out is not None
    shown = ask(client, ballot, show_code(back.serial).lower())
    assert "已计入" in shown and "赞成" not in shown and "反对" not in shown
    assert "已发放，还没有交回" in ask(client, ballot, out.serial)
    Ballot.objects.filter(pk=ballot.pk).update(state="counting")
    assert "已交回" in ask(client, ballot, back.serial)


def test_unknown_mistyped_and_foreign_serials_get_one_answer(ballot: Ballot, home: Compound, client: Client) -> None:
    foreign = balloting.issuing(home)
    balloting.printed(foreign)
    other = Paper.objects.filter(ballot=foreign).earliest("pk").serial
    body = "0000000Z"
    answers = {
        ask(client, ballot, typed, 404)
        for typed in (draw_code(), "不是票号", other, body + "0", body + check_character(body))
    }
    assert len(answers) == 1
    secret = balloting.taken_in(home, 0, "committee_election", secret=True, matter="committee")
    assert ask(client, secret, draw_code(), 404).replace(f"第{secret.number}次", f"第{ballot.number}次") in answers


def test_ten_thousand_guesses_find_nothing_and_end_at_sixty_a_minute(
    ballot: Ballot, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.views.ballot_check.timezone.now", lambda: AT)
    known = Paper.objects.filter(ballot=ballot, state="returned").earliest("pk").serial
    statuses = [client.post(page(ballot, "check/"), {"serial": draw_code()}).status_code for _ in range(62)]
    assert statuses[:60] == [404] * 60 and statuses[60:] == [429, 429]
    assert client.post(page(ballot, "check/"), {"serial": known}).status_code == 429  # whoever guessed waits
    assert client.post(page(ballot, "check/"), {"serial": known}, REMOTE_ADDR="10.9.9.9").status_code == 200
    serials = set(Paper.objects.filter(ballot=ballot).values_list("serial", flat=True))
    guesses = {draw_code() for _ in range(10_000)}
    assert not serials & guesses and Guess.objects.get(times=60)


def test_known_serials_are_not_counted_as_guesses(ballot: Ballot, client: Client) -> None:
    serial = Paper.objects.filter(ballot=ballot).earliest("pk").serial
    assert {client.post(page(ballot, "check/"), {"serial": serial}).status_code for _ in range(65)} == {200}
    assert not Guess.objects.exists()
