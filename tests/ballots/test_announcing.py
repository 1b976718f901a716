"""A ballot from its first word to the notice on the wall: drafted by several, frozen when posted, extended, called off."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from ballots.choices import BallotState
from ballots.documents.notices import read_extension, read_notice
from ballots.models import Ballot, BallotMove, BallotProof, VotingRule
from ballots.operations.announcing import announce_ballot, cancel_ballot, extend_ballot, prove_ballot
from ballots.operations.drafting import (
    add_ballot_files,
    add_rule,
    change_ballot,
    move_question,
    remove_question,
    save_question,
    start_ballot,
)
from ballots.operations.freezing import announced_totals
from ballots.operations.refusals import (
    HungLater,
    NeedsMoreThanHalf,
    NoReason,
    NoticeTooShort,
    NotLonger,
    NotReady,
    OverAlready,
    RuleFaulty,
    RuleNotOffered,
    RuleReasonMissing,
    ShownElsewhere,
    WrongState,
)
from ballots.rules.drafting import COUNTS_ABSENT, QuestionDraft
from ballots.verdicts import is_genuine
from compounds.models import Compound
from compounds.operations import ChangedMeanwhile
from core.models import Entry
from core.operations import file_name, machine, store_paper
from tests import balloting, factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate(AT)
START = TODAY + timedelta(15)
ASKED = QuestionDraft("approve", "是否同意实行准物业服务模式？")
READY = {
    "voting_from_on": START, "voting_until_on": START + timedelta(14), "return_place": "居委会窗口",
    "count_place": "12月20日9:00，居委会二层", "contact": "居委会，68870000",
}  # fmt: skip


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def who() -> dict[str, object]:
    return {"actor": machine("system"), "at": AT}


@pytest.fixture
def draft(home: Compound, who: dict) -> Ballot:
    return start_ballot(home, "服务模式和收费标准", "service_mode", **who)


def ready(draft: Ballot, who: dict) -> Ballot:
    """Ask one question and write everything that the notice needs."""
    asked = save_question(draft, draft.version, 0, ASKED, **who)
    return change_ballot(asked, READY, asked.version, **who)


def announced(draft: Ballot, who: dict) -> BallotMove:
    made = ready(draft, who)
    return announce_ballot(made, made.version, **who)


# --- Drafting -----------------------------------------------------------------------------------------------------


def test_the_matter_proposes_body_and_rule(home: Compound, who: dict) -> None:
    parking = start_ballot(home, "公共场地停车", "parking", **who)
    election = start_ballot(home, "选举自管会", "committee", **who)
    assert (parking.rule.key, parking.rule.approval, parking.rule.voter, parking.number) == (
        "owners_special", ">=3/4", "owner", 1,
    )  # fmt: skip
    assert (election.rule.voter, election.secret, election.number) == ("household", True, 2)
    assert Entry.objects.filter(action="ballot.draft").count() == 2


def test_another_rule_needs_a_reason_which_is_printed(draft: Ballot, who: dict) -> None:
    other = balloting.rule("household_meeting")
    with pytest.raises(RuleReasonMissing):
        change_ballot(draft, {"rule": other}, draft.version, **who)
    draft.refresh_from_db()
    assert draft.rule.key == "owners_ordinary"
    changed = change_ballot(draft, {"rule": other, "rule_reason": "先听居民的意见"}, draft.version, **who)
    made = ready(changed, who)
    posted = announce_ballot(made, made.version, **who)
    assert read_notice(posted.document).rule.reason == "先听居民的意见"  # type: ignore[arg-type]


def test_the_proposed_rule_keeps_no_reason(draft: Ballot, who: dict) -> None:
    assert change_ballot(draft, {"rule_reason": "多余的话"}, draft.version, **who).rule_reason == ""


def test_a_rule_of_another_compound_or_an_old_version_is_not_offered(draft: Ballot, who: dict) -> None:
    values = {
        "name": "自定", "voter": "owner", "by_area": True, "participation": ">=2/3", "approval": ">1/2",
        "source": "议事规则", "law_text": "议事规则第8条",
    }  # fmt: skip
    foreign = add_rule(factories.compound(f"{factories.COMMUNITY}02", "别的小区"), values, **who)
    old, new = add_rule(draft.compound, values, **who), add_rule(draft.compound, values, **who)
    assert (old.key, new.version) == (new.key, 2)
    for rule in (foreign, old):
        with pytest.raises(RuleNotOffered):
            change_ballot(draft, {"rule": rule, "rule_reason": "有依据"}, draft.version, **who)
    change_ballot(draft, {"rule": new, "rule_reason": "有依据"}, draft.version, **who)


def test_a_rule_that_counts_papers_not_returned_cannot_be_made(home: Compound, who: dict) -> None:
    before = VotingRule.objects.count()
    values = {
        "name": "从众", "voter": "owner", "participation": ">=2/3", "approval": ">1/2", "source": "公告",
        "law_text": "未交回的选票，计入已表决多数票。",
    }  # fmt: skip
    with pytest.raises(RuleFaulty) as refusal:
        add_rule(home, values, **who)
    assert refusal.value.faults == (COUNTS_ABSENT,)
    assert VotingRule.objects.count() == before


def test_one_option_is_chosen_under_more_than_half_only(draft: Ballot, who: dict) -> None:
    values = {
        "name": "三分之一", "voter": "owner", "participation": ">=2/3", "approval": ">=1/3", "source": "旧规则",
        "law_text": "三分之一",
    }  # fmt: skip
    third = add_rule(draft.compound, values, **who)
    one = QuestionDraft("choose_one", "谁来管？", options=("甲", "乙"))
    asked = save_question(draft, draft.version, 0, one, **who)
    assert [o.text for o in asked.questions.get().options.all()] == ["甲", "乙", "以上均不同意"]
    with pytest.raises(NeedsMoreThanHalf):
        change_ballot(asked, {"rule": third, "rule_reason": "旧规则"}, asked.version, **who)
    empty = remove_question(asked, asked.version, 1, **who)
    other = change_ballot(empty, {"rule": third, "rule_reason": "旧规则"}, empty.version, **who)
    with pytest.raises(NeedsMoreThanHalf):
        save_question(other, other.version, 0, one, **who)


def test_questions_keep_their_order_when_one_moves_or_goes(draft: Ballot, who: dict) -> None:
    for text in ("一", "二", "三"):
        draft = save_question(draft, draft.version, 0, QuestionDraft("approve", text), **who)
    draft = move_question(draft, draft.version, 3, up=True, **who)
    draft = save_question(draft, draft.version, 1, QuestionDraft("approve", "一改"), **who)
    draft = remove_question(draft, draft.version, 2, **who)
    assert list(draft.questions.order_by("number").values_list("number", "text")) == [(1, "一改"), (2, "二")]


def test_nobody_saves_over_what_he_has_not_seen(draft: Ballot, who: dict) -> None:
    save_question(draft, draft.version, 0, ASKED, **who)
    for change in (
        lambda: save_question(draft, 1, 0, ASKED, **who),
        lambda: change_ballot(draft, {"title": "别的"}, 1, **who),
        lambda: remove_question(draft, 1, 1, **who),
        lambda: announce_ballot(draft, 1, **who),
    ):
        with pytest.raises(ChangedMeanwhile) as refusal:
            change()
        assert refusal.value.entry is not None
    draft.refresh_from_db()
    assert (draft.questions.count(), draft.title) == (1, "服务模式和收费标准")


# --- Announcing ---------------------------------------------------------------------------------------------------


def test_the_notice_says_what_is_voted_how_it_counts_and_what_the_roll_comes_to(draft: Ballot, who: dict) -> None:
    made = ready(draft, who)
    estimate = store_paper(factories.picture(), name="初步测算表.png")
    add_ballot_files(made, [estimate], **who)
    made.refresh_from_db()
    posted = announce_ballot(made, made.version, **who)
    assert posted.document is not None
    paper = read_notice(posted.document)
    assert (paper.data, paper.sha256) == (posted.document.data, posted.document.sha256)
    assert [q.text for q in paper.questions] == [ASKED.text]
    assert paper.roll == announced_totals(made)
    assert paper.roll is not None and str(paper.roll.heads) in paper.rule.words[0]
    assert paper.rule.law_text.startswith("民法典")
    assert paper.roll_objections_until == TODAY + timedelta(5)
    assert [f.sha256 for f in paper.files] == [estimate.sha256]
    assert posted.document.files.get().format == "pdf"
    made.refresh_from_db()
    assert (made.state, made.announced_on) == (BallotState.ANNOUNCED, TODAY)


def test_what_is_missing_stops_the_notice(draft: Ballot, who: dict) -> None:
    with pytest.raises(NotReady) as refusal:
        announce_ballot(draft, draft.version, **who)
    assert refusal.value.count == 5
    made = ready(draft, who)
    early = change_ballot(made, {"voting_from_on": START - timedelta(1)}, made.version, **who)
    with pytest.raises(NoticeTooShort) as short:
        announce_ballot(early, early.version, **who)
    assert short.value.earliest == START
    assert BallotMove.objects.count() == 0


def test_what_was_announced_changes_no_more(draft: Ballot, who: dict) -> None:
    move = announced(draft, who)
    ballot = Ballot.objects.get(pk=move.ballot_id)
    paper = store_paper(factories.picture(), name="x.png")
    for change in (
        lambda: save_question(ballot, ballot.version, 0, ASKED, **who),
        lambda: save_question(ballot, ballot.version, 1, ASKED, **who),
        lambda: move_question(ballot, ballot.version, 1, up=False, **who),
        lambda: remove_question(ballot, ballot.version, 1, **who),
        lambda: change_ballot(ballot, {"title": "别的"}, ballot.version, **who),
        lambda: add_ballot_files(ballot, [paper], **who),
        lambda: announce_ballot(ballot, ballot.version, **who),
    ):
        with pytest.raises(WrongState):
            change()
    assert list(ballot.questions.values_list("text", flat=True)) == [ASKED.text]


def test_a_notice_altered_behind_our_back_is_not_genuine(draft: Ballot, who: dict) -> None:
    document = announced(draft, who).document
    assert document is not None and is_genuine(document)
    said = json.loads(document.data)
    document.data = document.data.replace(said["until"], "2027-01-01")
    assert not is_genuine(document)
    document.refresh_from_db()
    default_storage.delete(file_name(document.files.get().sha256))
    assert not is_genuine(document)


def test_an_extension_hangs_as_a_notice_of_its_own(draft: Ballot, who: dict) -> None:
    move = announced(draft, who)
    ballot = move.ballot
    until = READY["voting_until_on"] + timedelta(7)  # type: ignore[operator]
    with pytest.raises(NotLonger):
        extend_ballot(ballot, READY["voting_until_on"], "人不够", **who)  # type: ignore[arg-type]
    with pytest.raises(NoReason):
        extend_ballot(ballot, until, " ", **who)
    longer = extend_ballot(ballot, until, "交回的票还不到三分之二", **who)
    assert longer.document is not None
    paper = read_extension(longer.document)
    assert (paper.from_until_on, paper.until_on, paper.sha256) == (
        READY["voting_until_on"], until, longer.document.sha256,
    )  # fmt: skip
    ballot.refresh_from_db()
    assert (ballot.state, ballot.voting_until_on) == (BallotState.ANNOUNCED, until)
    assert read_notice(move.document).until_on == READY["voting_until_on"]  # type: ignore[arg-type]
    with pytest.raises(OverAlready):
        extend_ballot(ballot, until + timedelta(9), "再等等", actor=who["actor"], at=AT + timedelta(60))


def test_a_cancelled_ballot_says_why_and_stays(draft: Ballot, who: dict) -> None:
    ballot = announced(draft, who).ballot
    with pytest.raises(NoReason):
        cancel_ballot(ballot, "", **who)
    cancel_ballot(ballot, "题目写错了", **who)
    ballot.refresh_from_db()
    assert ballot.state == BallotState.CANCELLED
    assert list(Ballot.objects.public()) == [ballot]
    with pytest.raises(WrongState):
        cancel_ballot(ballot, "再取消", **who)
    dropped = start_ballot(ballot.compound, "停车", "parking", **who)
    cancel_ballot(dropped, "不办了", **who)
    assert list(Ballot.objects.public()) == [ballot]


def test_photographs_prove_two_places_and_each_one_only(draft: Ballot, who: dict) -> None:
    move = announced(draft, who)
    gate, board = (store_paper(factories.picture(c), name=f"{c}.png") for c in ("red", "blue"))
    assert len(prove_ballot(move, "大门口", TODAY, [gate], **who)) == 1
    assert prove_ballot(move, "大门口", TODAY, [gate], **who) == []
    with pytest.raises(ShownElsewhere):
        prove_ballot(move, "公示栏", TODAY, [gate], **who)
    with pytest.raises(HungLater):
        prove_ballot(move, "公示栏", TODAY - timedelta(1), [board], **who)
    prove_ballot(move, "公示栏", TODAY, [board], **who)
    assert set(BallotProof.objects.values_list("place", flat=True)) == {"大门口", "公示栏"}
