"""Two blind entries, corrections, what a third person settles, bundles, clerks: who may write which row, and when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from ballots.documents.entering import (
    bundles_of,
    differences_of,
    is_counted_out,
    pace_of,
    pile_of,
    progress_of,
    sheets_said,
)
from ballots.models import Ballot, BallotClerk, PaperEntry, Settlement, Sheet
from ballots.operations.entering import (
    Beside,
    close_bundle,
    end_clerk,
    enter_paper,
    import_papers,
    name_clerk,
    settle_paper,
)
from ballots.operations.issuing import undo_return
from ballots.operations.refusals import (
    AlreadySettled,
    CoverDiffers,
    EnteredTwice,
    EntryChanged,
    NamedAlready,
    NoSheet,
    NotClerk,
    NothingToSettle,
    RowsRefused,
    SamePersonTwice,
    WrongState,
)
from ballots.rules.entries import Said
from compounds.models import Compound
from core.models import Entry, User
from core.operations import machine
from tests import balloting, factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
FOR, AGAINST = Said({1: ("赞成",)}), Said({1: ("反对",)})


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def ballot(home: Compound) -> Ballot:
    return balloting.counting_ballot(home, 5, bundle_of=3)


@pytest.fixture
def trio() -> tuple[User, User, User]:
    one, two, three = (factories.user(name=name) for name in ("录甲", "录乙", "书记"))
    return one, two, three


def first(ballot: Ballot) -> Sheet:
    return ballot.sheets.earliest("pk")


def enter(ballot: Ballot, sheet: Sheet, said: Said, who: User, **more: Any) -> PaperEntry:
    return enter_paper(ballot, sheet, said, actor=who, at=AT, **more)


def settle(ballot: Ballot, sheet: Sheet, said: Said, who: User) -> Settlement:
    return settle_paper(ballot, sheet, said, "看票面", actor=who, at=AT)


def test_the_first_free_round_is_taken_and_history_does_not_say_what_was_read(ballot: Ballot, trio: Any) -> None:
    one, two, _ = trio
    assert enter(ballot, first(ballot), FOR, one).round == 1
    made = enter(ballot, first(ballot), AGAINST, two, beside=Beside(("proxy",), "", 12))
    assert (made.round, made.seconds, made.remarks) == (2, 12, "proxy")
    told = Entry.objects.filter(action="paper.enter")
    assert [entry.actor for entry in told.order_by("pk")] == [one, two]
    assert not any("赞成" in f"{entry.summary}{entry.data}" for entry in told)


def test_sent_twice_it_answers_the_same_and_is_entered_once(ballot: Ballot, trio: Any) -> None:
    one, _, _ = trio
    made = enter(ballot, first(ballot), FOR, one)
    assert enter(ballot, first(ballot), FOR, one) == made
    assert PaperEntry.objects.count() == Entry.objects.filter(action="paper.enter").count() == 1


def test_nobody_enters_a_sheet_in_both_rounds(ballot: Ballot, trio: Any) -> None:
    one, _, _ = trio
    enter(ballot, first(ballot), FOR, one)
    with pytest.raises(SamePersonTwice):
        enter(ballot, first(ballot), AGAINST, one)
    with pytest.raises(SamePersonTwice):
        enter(ballot, first(ballot), FOR, one, round=2)
    # The database itself refuses the row, whatever the operation asked.
    with pytest.raises(IntegrityError), transaction.atomic():
        PaperEntry.objects.create(sheet=first(ballot), round=2, user=one, entered_on=date(2026, 11, 5))


def test_a_third_entry_is_refused(ballot: Ballot, trio: Any) -> None:
    one, two, three = trio
    for who in (one, two):
        enter(ballot, first(ballot), FOR, who)
    with pytest.raises(EnteredTwice):
        enter(ballot, first(ballot), FOR, three)


def test_a_ballot_entered_once_has_one_round(home: Compound, trio: Any) -> None:
    one, two, _ = trio
    ballot = balloting.counting_ballot(home, 1, single_entry=True)
    enter(ballot, first(ballot), FOR, one)
    with pytest.raises(EnteredTwice):
        enter(ballot, first(ballot), FOR, two)
    assert is_counted_out(sheets_said(ballot))


def test_ones_own_entry_is_corrected_by_its_version_until_it_is_settled(ballot: Ballot, trio: Any) -> None:
    one, two, three = trio
    made = enter(ballot, first(ballot), FOR, one, beside=Beside(seconds=9))
    changed = enter(ballot, first(ballot), AGAINST, one, version=made.version, beside=Beside(seconds=70))
    assert (changed.version, changed.round, changed.marks, changed.seconds) == (2, 1, '{"1":["反对"]}', 9)
    with pytest.raises(EntryChanged):
        enter(ballot, first(ballot), FOR, one, version=1)
    enter(ballot, first(ballot), FOR, two)
    settle(ballot, first(ballot), FOR, three)
    with pytest.raises(AlreadySettled):
        enter(ballot, first(ballot), FOR, one, version=2)


@pytest.mark.parametrize("state", ["issuing", "certified"])
def test_nothing_is_entered_before_counting_or_after_it(ballot: Ballot, trio: Any, state: str) -> None:
    Ballot.objects.filter(pk=ballot.pk).update(state=state)
    with pytest.raises(WrongState):
        enter(ballot, first(ballot), FOR, trio[0])
    with pytest.raises(WrongState):
        settle(ballot, first(ballot), FOR, trio[2])


def test_a_sheet_of_another_ballot_and_a_late_paper_are_refused(home: Compound, ballot: Ballot, trio: Any) -> None:
    other = balloting.counting_ballot(home, 1)
    with pytest.raises(NoSheet):
        enter(ballot, first(other), FOR, trio[0])
    sheet = first(ballot)
    assert sheet.paper is not None
    type(sheet.paper).objects.filter(pk=sheet.paper_id).update(state="late")
    with pytest.raises(NoSheet) as refused:
        enter(ballot, sheet, FOR, trio[0])
    assert refused.value.state == "late"


def test_a_third_person_settles_and_neither_of_the_two(ballot: Ballot, trio: Any) -> None:
    one, two, three = trio
    sheet = first(ballot)
    with pytest.raises(NothingToSettle):
        settle(ballot, sheet, FOR, three)
    enter(ballot, sheet, FOR, one)
    with pytest.raises(NothingToSettle):  # one round only: nothing can differ yet
        settle(ballot, sheet, FOR, three)
    enter(ballot, sheet, AGAINST, two)
    for who in (one, two):
        with pytest.raises(SamePersonTwice):
            settle(ballot, sheet, FOR, who)
    made = settle(ballot, sheet, FOR, three)
    assert settle(ballot, sheet, FOR, three) == made
    with pytest.raises(AlreadySettled):
        settle(ballot, sheet, AGAINST, three)
    said = {each.sheet: each for each in sheets_said(ballot)}[sheet.pk]
    assert (said.state, said.counts) == ("settled", FOR)
    told = Entry.objects.get(action="paper.settle")
    assert (
        made.reason and made.reason not in told.summary + told.data
    )  # what stands on a paper is no matter of the history


def test_what_agrees_is_not_settled_and_what_one_doubts_is(ballot: Ballot, trio: Any) -> None:
    one, two, three = trio
    agreed, doubted, _ = ballot.sheets.order_by("pk")[:3]
    for who in (one, two):
        enter(ballot, agreed, FOR, who)
        enter(ballot, doubted, Said({1: ("赞成",)}, doubtful=who == two), who)
    with pytest.raises(NothingToSettle):
        settle(ballot, agreed, FOR, three)
    assert [d.sheet for d in differences_of(ballot)] == [doubted]
    settle(ballot, doubted, FOR, three)
    assert progress_of(ballot).agreed == progress_of(ballot).settled == 1
    assert progress_of(ballot).untouched == 3


def test_a_recount_begins_anew_and_keeps_what_was(ballot: Ballot, trio: Any) -> None:
    one, two, _ = trio
    for who in (one, two):
        enter(ballot, first(ballot), FOR, who)
    Ballot.objects.filter(pk=ballot.pk).update(count_number=2)
    again = Ballot.objects.get(pk=ballot.pk)
    assert progress_of(again).untouched == 5
    assert enter(again, first(again), AGAINST, two).round == 1
    assert PaperEntry.objects.filter(sheet=first(ballot)).count() == 3


def turns(ballot: Ballot, who: User) -> list[str]:
    return [turn.turn for turn in bundles_of(ballot, who)]


def test_bundles_are_swapped_and_nobody_is_offered_their_own(ballot: Ballot, trio: Any) -> None:
    one, two, _ = trio
    assert turns(ballot, one) == ["fresh", "fresh"]
    lying = list(ballot.bundles.get(number=1).sheets.order_by("position"))
    enter(ballot, lying[0], FOR, one)
    assert (turns(ballot, one), turns(ballot, two)) == (["mine", "fresh"], ["busy", "fresh"])
    for sheet in lying[1:]:
        enter(ballot, sheet, FOR, one)
    assert (turns(ballot, one), turns(ballot, two)) == (["done_by_me", "fresh"], ["second", "fresh"])
    assert pile_of(ballot, 1, two).sheets[0].next_round == 2
    for sheet in lying:
        enter(ballot, sheet, FOR, two)
    assert turns(ballot, one) == turns(ballot, two) == ["done", "fresh"]


def test_the_pile_knows_what_is_left_and_how_long_it_takes(ballot: Ballot, trio: Any) -> None:
    one, two, _ = trio
    sheets = list(ballot.bundles.get(number=1).sheets.order_by("position"))
    enter(ballot, sheets[1], FOR, one, beside=Beside(seconds=45))
    pile = pile_of(ballot, 1, one)
    assert (pile.left, pile.done, pile.total, pile.minutes) == ((1, 3), 1, 3, 2)
    assert (pile.after(1), pile.after(3)) == (3, 1)
    assert pile_of(ballot, 1, two).left == (1, 2, 3)
    enter(ballot, sheets[0], FOR, one)
    enter(ballot, sheets[2], FOR, one)
    assert pile_of(ballot, 1, one).after(3) is None


def test_a_cover_slip_must_say_what_lies_in_the_bundle(ballot: Ballot, trio: Any) -> None:
    bundle = ballot.bundles.get(number=1)
    with pytest.raises(CoverDiffers) as refused:
        close_bundle(ballot, bundle, 4, actor=trio[0], at=AT)
    assert refused.value.counted == 3
    assert close_bundle(ballot, bundle, 3, actor=trio[0], at=AT).closed_by == trio[0]
    close_bundle(ballot, bundle, 3, actor=trio[1], at=AT)  # the second clerk compares too
    assert Entry.objects.filter(action="paper.bundle").count() == 1
    slip = ballot.sheets.latest("pk").paper
    assert slip is not None and ballot.sheets.latest("pk").bundle.number == 2
    last = ballot.bundles.get(number=2)
    close_bundle(ballot, last, 2, actor=trio[0], at=AT)
    undo_return(ballot, slip, "扫错了", on=balloting.UNTIL, actor=trio[0], at=AT)
    last.refresh_from_db()  # its slip is another now, and is compared anew
    assert (last.closed_on, last.closed_by, last.sheet_count) == (None, None, None)
    assert close_bundle(ballot, last, 1, actor=trio[1], at=AT).sheet_count == 1


def test_ones_own_pace_and_errors(ballot: Ballot, trio: Any) -> None:
    one, two, three = trio
    sheets = list(ballot.sheets.order_by("pk"))[:2]
    for sheet in sheets:
        enter(ballot, sheet, FOR, one, beside=Beside(seconds=10))
        enter(ballot, sheet, AGAINST, two, beside=Beside(seconds=20))
        settle(ballot, sheet, FOR, three)
    assert pace_of(ballot, one) == pace_of(ballot, one).__class__(2, 10, 2, 0)
    assert pace_of(ballot, two).wrong == 2


def test_a_secret_ballots_history_knows_the_day_only(home: Compound, trio: Any) -> None:
    ballot = balloting.counting_ballot(home, 1, secret=True)
    Sheet.objects.filter(ballot=ballot).update(paper=None)
    enter(ballot, first(ballot), FOR, trio[0])
    told = Entry.objects.get(action="paper.enter")
    assert timezone.localtime(told.at).time().isoformat() == "00:00:00"
    assert timezone.localdate(told.at) == timezone.localdate(AT)


# --- Clerks -------------------------------------------------------------------------------------------------------


def test_a_clerk_is_named_for_days_and_counted_while_they_last(ballot: Ballot, trio: Any) -> None:
    one, _, three = trio
    day = timezone.localdate(AT)
    clerk = name_clerk(ballot, one, day, day + timedelta(days=2), actor=three, at=AT)
    with pytest.raises(NamedAlready):
        name_clerk(ballot, one, day, None, actor=three, at=AT)
    mine = Ballot.objects.all()
    assert ballot in mine.counted_by(one, day)
    assert ballot not in mine.counted_by(one, day + timedelta(days=3))
    end_clerk(clerk, day, actor=three, at=AT)
    assert ballot not in mine.counted_by(one, day + timedelta(days=1))
    with pytest.raises(NotClerk):
        name_clerk(ballot, machine("system"), day, None, actor=three, at=AT)
    assert BallotClerk.objects.count() == 1


# --- A workbook ---------------------------------------------------------------------------------------------------


def test_an_import_is_all_or_nothing_and_changes_nothing_the_second_time(ballot: Ballot, trio: Any) -> None:
    one, two, _ = trio
    rows = {sheet.pk: FOR for sheet in ballot.sheets.all()}
    assert import_papers(ballot, rows, 1, actor=one, at=AT, apply=False).new == 5
    assert not PaperEntry.objects.exists()
    assert import_papers(ballot, rows, 1, actor=one, at=AT).new == 5
    again = import_papers(ballot, rows, 1, actor=one, at=AT)
    assert (again.new, again.unchanged) == (0, 5)
    with pytest.raises(RowsRefused):
        import_papers(ballot, rows, 2, actor=one, at=AT)
    with pytest.raises(RowsRefused):
        import_papers(ballot, rows, 1, actor=two, at=AT)
    import_papers(ballot, rows, 2, actor=two, at=AT)
    assert progress_of(ballot).agreed == 5
