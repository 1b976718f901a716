"""The chain of a step: in order, by distinct persons, one act at a time; papers, plans; history of all of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from django.db import models

from compounds.choices import StageAct
from compounds.models import Compound, StageComment, StageDocument, StagePaper, StagePlan, StageRecord
from compounds.operations import ChangedMeanwhile
from compounds.operations.refusals import (
    ActedBefore,
    EarlierStepOpen,
    LaterStepConfirmed,
    PaperTakenDown,
    StepClosed,
    StepMoved,
    WhyMissing,
)
from compounds.operations.steps import (
    add_step_papers,
    comment_step,
    confirm_step,
    next_act,
    plan_empty_steps,
    plan_step,
    reopen_step,
    run_of,
    send_back_step,
    take_down_step_paper,
)
from compounds.rules import propose_plan
from core.models import Entry, User
from core.operations import KeptPaper, store_paper
from tests import factories
from tests.factories import AT
from tests.together import failures, run_together, sharp_locks

__all__ = ["sharp_locks"]

CHAIN = (StageAct.PREPARED, StageAct.BY_SECRETARY, StageAct.BY_STAFF, StageAct.CONFIRMED)
DAY = date(2026, 11, 2)


def nothing(compound: Compound, number: int) -> Sequence[str]:
    return ()


def two_things(compound: Compound, number: int) -> Sequence[str]:
    return ("缺实施方案", "缺街道审核意见")


def seen(home: Compound, number: int) -> int:
    return StageRecord.objects.filter(compound=home, stage=number).count()


def act(home: Compound, number: int, what: StageAct, who: User, **more: object) -> StageRecord:
    missing = more.pop("missing", nothing)
    return confirm_step(home, number, what, int(more.pop("seen", seen(home, number))), missing=missing, actor=who, at=AT,
                        **more)  # type: ignore[arg-type]  # fmt: skip


def whole(home: Compound, number: int, people: Sequence[User]) -> None:
    for what, who in zip(CHAIN, people, strict=True):
        act(home, number, what, who)


def kept(colour: str = "white") -> KeptPaper:
    return store_paper(factories.picture(colour), name="批复.png")


@pytest.fixture
def home(db: None) -> Compound:
    return factories.compound()


@pytest.fixture
def four(home: Compound) -> list[User]:
    return [factories.user(name=name) for name in ("赵录入", "钱书记", "孙包片", "李主任")]


# --- The chain ----------------------------------------------------------------------------------------------------


def test_four_persons_confirm_in_order_and_history_says_so(home: Compound, four: list[User]) -> None:
    whole(home, 1, four)
    records = list(StageRecord.objects.filter(compound=home).order_by("seq"))
    assert [r.act for r in records] == list(CHAIN) and [r.by for r in records] == four
    assert [r.previous_by for r in records] == [None, *four[:3]]
    assert next_act(records[-1]) is None
    entries = Entry.objects.about("compounds.stagerecord", records[-1].pk)
    assert [(e.action, e.actor_name, e.summary) for e in entries] == [
        ("step.confirmed", "李主任", "第1步主管副主任确认")
    ]
    assert Entry.objects.filter(action__startswith="step.").count() == 4


@pytest.mark.parametrize("what", [StageAct.BY_SECRETARY, StageAct.BY_STAFF, StageAct.CONFIRMED])
def test_no_act_before_its_turn(home: Compound, four: list[User], what: StageAct) -> None:
    with pytest.raises(StepMoved):
        act(home, 1, what, four[3])
    assert not StageRecord.objects.exists()


def test_one_person_does_one_act_of_a_chain_only(home: Compound, four: list[User]) -> None:
    act(home, 1, StageAct.PREPARED, four[0])
    act(home, 1, StageAct.BY_SECRETARY, four[1])
    for again in four[:2]:  # also the one before the last, whom the table's constraint does not see
        with pytest.raises(ActedBefore) as caught:
            act(home, 1, StageAct.BY_STAFF, again)
        assert caught.value.record.by == again
    act(home, 1, StageAct.BY_STAFF, four[2])


def test_steps_are_confirmed_in_their_order(home: Compound, four: list[User]) -> None:
    with pytest.raises(EarlierStepOpen) as caught:
        act(home, 2, StageAct.PREPARED, four[0])
    assert caught.value.number == 1
    whole(home, 1, four)
    whole(home, 2, four)
    assert StageRecord.objects.confirmed().count() == 2


@pytest.mark.parametrize("number", [0, 9, 10])
def test_operation_and_unknown_steps_are_never_confirmed(home: Compound, four: list[User], number: int) -> None:
    with pytest.raises(LookupError):
        act(home, number, StageAct.PREPARED, four[0])


def test_missing_needs_a_reason_and_both_are_kept(home: Compound, four: list[User]) -> None:
    with pytest.raises(WhyMissing) as caught:
        act(home, 1, StageAct.PREPARED, four[0], missing=two_things)
    assert caught.value.missing == ("缺实施方案", "缺街道审核意见") and not StageRecord.objects.exists()
    made = act(home, 1, StageAct.PREPARED, four[0], missing=two_things, reason="批复在路上")
    assert made.missing == "缺实施方案\n缺街道审核意见" and made.reason == "批复在路上"
    assert "缺实施方案" in Entry.objects.about("compounds.stagerecord", made.pk).get().data


def test_sent_back_begins_anew_and_says_why(home: Compound, four: list[User]) -> None:
    with pytest.raises(StepMoved):
        send_back_step(home, 1, 0, "没有章", actor=four[1], at=AT)
    act(home, 1, StageAct.PREPARED, four[0])
    send_back_step(home, 1, 1, "没有章", actor=four[1], at=AT)
    records = list(StageRecord.objects.filter(compound=home).order_by("seq"))
    assert records[-1].reason == "没有章" and run_of(records) == [] and next_act(records[-1]) == StageAct.PREPARED
    whole(home, 1, four)
    with pytest.raises(StepMoved):
        send_back_step(home, 1, 6, "太晚", actor=four[1], at=AT)


def test_only_the_last_confirmed_step_is_opened_again(home: Compound, four: list[User]) -> None:
    with pytest.raises(StepMoved):
        reopen_step(home, 1, 0, "漏了两个楼", actor=four[2], at=AT)
    whole(home, 1, four)
    whole(home, 2, four)
    with pytest.raises(LaterStepConfirmed) as caught:
        reopen_step(home, 1, 4, "漏了两个楼", actor=four[2], at=AT)
    assert caught.value.number == 2
    reopen_step(home, 2, 4, "漏了两个楼", actor=four[2], at=AT)
    reopen_step(home, 1, 4, "漏了两个楼", actor=four[2], at=AT)
    with pytest.raises(EarlierStepOpen):
        act(home, 2, StageAct.PREPARED, four[0])
    whole(home, 1, four)
    whole(home, 2, four)


def test_who_saw_an_older_state_is_told_what_came_between(home: Compound, four: list[User]) -> None:
    act(home, 1, StageAct.PREPARED, four[0])
    act(home, 1, StageAct.BY_SECRETARY, four[1])
    with pytest.raises(StepMoved) as caught:
        act(home, 1, StageAct.BY_STAFF, four[2], seen=1)
    assert caught.value.last is not None and caught.value.last.by == four[1]


# --- Papers, comments, plan ---------------------------------------------------------------------------------------


def test_papers_hang_once_and_are_taken_down_with_a_record(home: Compound, four: list[User]) -> None:
    scheme = StagePaper.objects.get(key="scheme")
    made = add_step_papers(home, 3, [kept(), kept("red")], "实施方案", DAY, actor=four[0], at=AT, paper=scheme)
    assert len(made) == 2 and made[0].attachment.kind == "stage_paper"
    assert add_step_papers(home, 3, [kept()], "实施方案", DAY, actor=four[0], at=AT, paper=scheme) == []
    assert len(add_step_papers(home, 3, [kept()], "别的", DAY, actor=four[0], at=AT)) == 1, (
        "the same bytes as another paper"
    )
    take_down_step_paper(made[0], actor=four[1], at=AT)
    row = StageDocument.objects.get(pk=made[0].pk)
    assert (row.removed_by, row.removed_at) == (four[1], AT)
    with pytest.raises(PaperTakenDown):
        take_down_step_paper(made[0], actor=four[1], at=AT)
    assert len(add_step_papers(home, 3, [kept()], "实施方案", DAY, actor=four[0], at=AT, paper=scheme)) == 1
    assert list(Entry.objects.filter(action="step.paper_down").values_list("summary", flat=True)) == [
        "第3步取下材料：实施方案"
    ]


def test_a_confirmed_step_keeps_its_papers(home: Compound, four: list[User]) -> None:
    [paper] = add_step_papers(home, 1, [kept()], "批复", DAY, actor=four[0], at=AT)
    whole(home, 1, four)
    with pytest.raises(StepClosed):
        take_down_step_paper(paper, actor=four[0], at=AT)
    reopen_step(home, 1, 4, "换批复", actor=four[2], at=AT)
    take_down_step_paper(paper, actor=four[0], at=AT)


def test_comments_stay(home: Compound, four: list[User]) -> None:
    comment_step(home, 1, "批复在路上", actor=four[0], at=AT)
    assert StageComment.objects.get().text == "批复在路上"
    assert Entry.objects.filter(action="step.comment").exists()


def test_plan_is_kept_by_version(home: Compound, four: list[User]) -> None:
    assert plan_step(home, 1, {"starts_on": None, "ends_on": None}, 0, actor=four[0], at=AT).pk is None
    plan = plan_step(home, 1, {"ends_on": DAY, "responsible": four[0]}, 0, actor=four[0], at=AT)
    assert (plan.ends_on, plan.responsible, plan.version) == (DAY, four[0], 2)
    for old in (0, 1):
        with pytest.raises(ChangedMeanwhile) as caught:
            plan_step(home, 1, {"ends_on": None}, old, actor=four[1], at=AT)
    assert caught.value.entry is not None
    assert caught.value.entry.summary == "改第1步的计划：计划完成由空改为2026-11-02；负责人由空改为赵录入"
    plan_step(home, 1, {"ends_on": None}, 2, actor=four[1], at=AT)
    assert StagePlan.objects.get().ends_on is None


def test_proposed_dates_fill_only_what_is_empty(home: Compound, four: list[User]) -> None:
    plan_step(home, 2, {"ends_on": date(2026, 12, 31)}, 0, actor=four[0], at=AT)
    weeks = propose_plan(DAY, [(1, 4, None), (2, 8, date(2026, 12, 31)), (3, 2, None)])
    assert weeks == {
        1: (DAY, date(2026, 11, 29)), 2: (date(2026, 11, 30), date(2026, 12, 31)),
        3: (date(2027, 1, 1), date(2027, 1, 14)),
    }  # fmt: skip
    assert plan_empty_steps(home, weeks, actor=four[0], at=AT) == [1, 3]
    assert StagePlan.objects.get(stage=2).starts_on is None
    assert plan_empty_steps(home, weeks, actor=four[0], at=AT) == []


def test_a_planned_day_that_is_past_makes_no_step_that_ends_before_it_starts() -> None:
    assert propose_plan(DAY, [(1, 4, DAY - timedelta(days=30)), (2, 1, None)]) == {
        1: (DAY, DAY), 2: (DAY + timedelta(days=1), DAY + timedelta(days=7)),
    }  # fmt: skip


# --- At once ------------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(real_db: None, sharp_locks: None) -> tuple[Compound, list[User]]:
    """A compound whose step 1 waits for the secretary, and people."""
    home = factories.compound()
    people = [factories.user() for _ in range(9)]
    act(home, 1, StageAct.PREPARED, people[0])
    return home, people


def confirm_together(waiting: tuple[Compound, list[User]]) -> list[BaseException]:
    home, people = waiting

    def work(who: User):  # type: ignore[no-untyped-def]
        return lambda: confirm_step(home, 1, StageAct.BY_SECRETARY, 1, missing=nothing, actor=who, at=AT)

    return failures(run_together([work(who) for who in people[1:]]))


def test_of_eight_at_once_one_confirms_and_seven_are_told(waiting: tuple[Compound, list[User]]) -> None:
    problems = confirm_together(waiting)
    assert len(problems) == 7 and {type(p) for p in problems} == {StepMoved}
    assert StageRecord.objects.filter(act=StageAct.BY_SECRETARY).count() == 1


def remove_and_confirm(waiting: tuple[Compound, list[User]]) -> tuple[bool, str]:
    """Take the needed paper down while the step is confirmed; return whether both happened unseen, and how it ended."""
    home, people = waiting
    act(home, 1, StageAct.BY_SECRETARY, people[1])
    act(home, 1, StageAct.BY_STAFF, people[2])
    [paper] = add_step_papers(home, 1, [kept()], "批复", DAY, actor=people[0], at=AT)

    looked = threading.Event()

    def missing(compound: Compound, number: int) -> Sequence[str]:
        hangs = StageDocument.objects.filter(compound=compound, removed_at=None).exists()
        looked.set()
        time.sleep(0.5)
        return () if hangs else ("缺批复",)

    def take_down() -> None:
        looked.wait(timeout=20)
        take_down_step_paper(paper, actor=people[4], at=AT)

    results = run_together([
        lambda: confirm_step(home, 1, StageAct.CONFIRMED, 3, missing=missing, actor=people[3], at=AT), take_down,
    ])  # fmt: skip
    confirmed = StageRecord.objects.confirmed().filter(compound=home).exists()
    hangs = StageDocument.objects.filter(compound=home, removed_at=None).exists()
    return confirmed and not hangs, " ".join(type(r).__name__ for r in results)


def test_no_paper_goes_while_its_step_is_confirmed(waiting: tuple[Compound, list[User]]) -> None:
    torn, how = remove_and_confirm(waiting)
    assert not torn, how


def test_control_without_locks_a_paper_goes_unseen(
    waiting: tuple[Compound, list[User]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard switched off: reading for update reads only. SQLite's write transactions come one after another anyhow."""
    from django.db import connection

    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer")
    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, *args, **kwargs: self.all())
    torn, how = remove_and_confirm(waiting)
    assert torn, how


def test_control_without_locks_the_constraint_still_tells_the_second(
    waiting: tuple[Compound, list[User]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.QuerySet, "select_for_update", lambda self, *args, **kwargs: self.all())
    problems = confirm_together(waiting)
    assert len(problems) == 7 and {type(p) for p in problems} == {StepMoved}
