"""Papers go out and come back: batches, bundles, lateness, refusals, attempts; every step an event that stays."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from ballots.choices import Channel, PaperState, VisitOutcome
from ballots.models import Ballot, Bundle, Paper, PaperEntry, PaperEvent, PaperVisit, Sheet
from ballots.operations.issuing import (
    hold_for_undeliverable,
    issue_papers,
    note_refusal,
    note_visit,
    return_papers,
    undo_return,
)
from ballots.operations.refusals import EntriesStand, NotIntoBox, NotPossible, NotYet, TooFewAttempts, WrongState
from ballots.rules.papers import WAYS, may_become
from compounds.models import Compound
from core.models import Entry
from core.operations import machine
from portal.views.office.words_papers import words_of
from tests import balloting, factories
from tests.balloting import FROM, UNTIL
from tests.factories import AT

pytestmark = pytest.mark.django_db
VISIT = Channel.VISIT


@pytest.fixture
def home() -> Compound:
    return factories.compound(households=5)


@pytest.fixture
def ballot(home: Compound) -> Ballot:
    return balloting.issuing_ballot(home)


def papers(ballot: Ballot) -> list[Paper]:
    return list(Paper.objects.filter(ballot=ballot).order_by("pk"))


def issue(ballot: Ballot, *which: Paper) -> None:
    issue_papers(ballot, which, on=FROM, actor=machine("system"), at=AT, to_whom="本人")


def give_back(ballot: Ballot, *which: Paper, on: date = UNTIL) -> object:
    return return_papers(ballot, which, VISIT, on=on, actor=machine("system"), at=AT)


def states(ballot: Ballot) -> list[str]:
    return [paper.state for paper in papers(ballot)]


def test_a_batch_is_handed_over_and_told_once(ballot: Ballot) -> None:
    first, second, *_ = papers(ballot)
    issue(ballot, first)
    done = issue_papers(ballot, [first, second], on=FROM, actor=machine("system"), at=AT)
    assert [p.pk for p in done.done] == [second.pk]
    assert [p.pk for p in done.already] == [first.pk]
    assert states(ballot) == ["issued", "issued", "printed", "printed", "printed"]
    event = PaperEvent.objects.get(paper=first, state="issued")
    assert (event.seq, event.on, event.to_whom) == (2, FROM, "本人")
    assert Entry.objects.filter(action="paper.issue").count() == 2


def test_papers_come_back_into_bundles_in_the_order_of_the_scans(ballot: Ballot) -> None:
    every = papers(ballot)
    issue(ballot, *every)
    give_back(ballot, every[3], every[0])
    give_back(ballot, every[1])
    laid = Sheet.objects.order_by("bundle", "position").values_list("bundle__number", "position", "paper")
    assert list(laid) == [(1, 1, every[3].pk), (1, 2, every[0].pk), (1, 3, every[1].pk)]


def test_a_full_bundle_is_followed_by_the_next(ballot: Ballot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballots.operations.issuing.BUNDLE_SIZE", 2)
    every = papers(ballot)
    issue(ballot, *every)
    give_back(ballot, every[0])
    give_back(ballot, *every[1:])
    assert [b.sheets.count() for b in Bundle.objects.order_by("number")] == [2, 2, 1]


def test_a_paper_whose_handing_over_nobody_typed_is_handed_over_when_it_is_back(ballot: Ballot) -> None:
    first = papers(ballot)[0]
    give_back(ballot, first)
    events = list(first.events.values_list("seq", "state", "note"))
    assert events == [(1, "printed", ""), (2, "issued", "交回时补登发放"), (3, "returned", "")]


def test_what_comes_after_the_last_day_is_kept_and_lies_in_no_bundle(ballot: Ballot) -> None:
    first, second, *_ = papers(ballot)
    issue(ballot, first, second)
    give_back(ballot, first, on=date(2026, 11, 5))
    give_back(ballot, second)
    assert states(ballot)[:2] == [PaperState.LATE, PaperState.RETURNED]
    assert Sheet.objects.get().paper == second


def test_nothing_goes_out_or_comes_back_before_the_day_announced(ballot: Ballot) -> None:
    first = papers(ballot)[0]
    early: dict[str, Any] = {"on": FROM - timedelta(1), "actor": machine("system"), "at": AT}
    for act in (partial(issue_papers, ballot, [first]), partial(return_papers, ballot, [first], VISIT)):
        with pytest.raises(NotYet) as refused:
            act(**early)
        assert refused.value.from_on == FROM and "10月20日" in words_of(refused.value)
    assert states(ballot)[0] == PaperState.PRINTED


def test_what_comes_while_counting_is_late(ballot: Ballot) -> None:
    first = papers(ballot)[0]
    issue(ballot, first)
    Ballot.objects.update(state="counting")
    give_back(ballot, first)
    assert states(ballot)[0] == PaperState.LATE


def test_a_paper_that_is_back_is_told_and_not_taken_twice(ballot: Ballot) -> None:
    first = papers(ballot)[0]
    give_back(ballot, first)
    again = return_papers(ballot, [first], VISIT, on=UNTIL, actor=machine("system"), at=AT)
    assert ([p.pk for p in again.already], again.done) == ([first.pk], [])
    with pytest.raises(NotPossible):
        issue(ballot, first)


def test_nothing_of_a_batch_is_kept_when_one_is_spoilt(ballot: Ballot) -> None:
    first, second, *_ = papers(ballot)
    Paper.objects.filter(pk=second.pk).update(state="spoilt")
    with pytest.raises(NotPossible) as refusal:
        give_back(ballot, first, second)
    assert refusal.value.paper.pk == second.pk
    assert states(ballot)[0] == PaperState.PRINTED
    assert not Sheet.objects.exists()


def test_a_scan_that_was_a_slip_is_undone_until_somebody_entered_it(ballot: Ballot) -> None:
    first, second, *_ = papers(ballot)
    give_back(ballot, first, second)
    undo_return(ballot, first, "扫错了", on=UNTIL, actor=machine("system"), at=AT)
    assert states(ballot)[:2] == ["issued", "returned"]
    assert Sheet.objects.get().paper == second
    PaperEntry.objects.create(sheet=Sheet.objects.get(), round=1, user=machine("system"), entered_on=UNTIL)
    with pytest.raises(EntriesStand):
        undo_return(ballot, second, "扫错了", on=UNTIL, actor=machine("system"), at=AT)


def test_refusing_takes_witnesses_and_may_be_thought_better_of(ballot: Ballot) -> None:
    first = papers(ballot)[0]
    issue(ballot, first)
    note_refusal(ballot, first, "李敏、孙艳", "不愿意填", on=FROM, actor=machine("system"), at=AT)
    assert first.events.get(state="refused").witnesses == "李敏、孙艳"
    give_back(ballot, first)
    assert states(ballot)[0] == PaperState.RETURNED


def test_unreached_only_after_three_attempts_at_different_times(ballot: Ballot) -> None:
    first = papers(ballot)[0]
    entry, act = first.entry, {"actor": machine("system"), "at": AT}
    for day, time in ((20, "上午"), (20, "晚上"), (20, "晚上")):
        note_visit(ballot, entry, date(2026, 10, day), time, VisitOutcome.NOBODY, "", **act)
    assert PaperVisit.objects.count() == 2  # the same attempt twice is one
    with pytest.raises(TooFewAttempts) as refusal:
        hold_for_undeliverable(ballot, first, "10月22日贴在单元门口", on=FROM, **act)
    assert (refusal.value.made, refusal.value.needed) == (2, 3)
    note_visit(ballot, entry, date(2026, 10, 21), "晚上", VisitOutcome.HANDED, "", **act)
    with pytest.raises(TooFewAttempts):
        hold_for_undeliverable(ballot, first, "10月22日贴在单元门口", on=FROM, **act)
    note_visit(ballot, entry, date(2026, 10, 21), "上午", VisitOutcome.UNKNOWN, "", **act)
    hold_for_undeliverable(ballot, first, "10月22日贴在单元门口", on=FROM, **act)
    assert states(ballot)[0] == PaperState.UNDELIVERABLE


def test_a_secret_ballots_papers_go_into_the_box_and_carry_the_day_only(home: Compound) -> None:
    ballot = balloting.issuing_ballot(home, secret=True)
    first = papers(ballot)[0]
    issue(ballot, first)
    with pytest.raises(NotIntoBox):
        give_back(ballot, first)
    return_papers(ballot, [first], Channel.FIXED_BOX, on=UNTIL, actor=machine("system"), at=AT)
    assert not Sheet.objects.exists()
    moments = {(e.at.hour, e.at.minute, e.at.second) for e in first.events.exclude(state="printed")}
    assert moments == {(16, 0, 0)}  # midnight in Beijing
    assert {e.at.minute for e in Entry.objects.filter(action__startswith="paper.")} == {0}


def test_nothing_goes_out_before_issuing_begins(home: Compound) -> None:
    ballot = balloting.issuing_ballot(home, state="announced")
    with pytest.raises(WrongState):
        issue(ballot, *papers(ballot))


def test_a_spoilt_paper_becomes_nothing_more() -> None:
    assert not any(may_become("spoilt", new) for new in WAYS)
    assert not may_become("returned", "spoilt")
