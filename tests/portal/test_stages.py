"""Where compounds stand: one definition for one and for many, read with a fixed number of queries."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ballots.choices import Move
from ballots.models import Ballot
from ballots.operations.certifying import fell_ballot, make_final
from ballots.rules.entries import Said
from compounds.choices import Role, StageAct
from compounds.models import (
    Compound,
    Dwelling,
    Facility,
    PropertyUnit,
    PublicResource,
    Stage,
    StageDocument,
    StagePaper,
    StagePlan,
    StageRecord,
    Survey,
    SurveySheet,
)
from core.operations import KeptPaper, machine, store_bytes
from portal.stages import STEPS, Light, judge, judge_one, standing, step_numbered
from tests import balloting, factories
from tests.factories import AT, COMMUNITY

pytestmark = pytest.mark.django_db
TODAY = factories.today()


def confirm(home: Compound, number: int, act: str = StageAct.CONFIRMED, days_ago: int = 0) -> StageRecord:
    seq = StageRecord.objects.filter(compound=home, stage=number).count() + 1
    return StageRecord.objects.create(
        compound=home, stage_id=number, seq=seq, act=act, by=machine("system-2"), previous_by=machine("system"),
        reason="再看", at=AT - timedelta(days=days_ago),
    )  # fmt: skip


def paper(home: Compound, number: int, key: str = "", attests: str = "") -> StageDocument:
    n = StageDocument.objects.count()
    colour = f"#{n:06x}"
    return StageDocument.objects.create(
        compound=home, stage_id=number, paper=StagePaper.objects.filter(key=key).first(), attests=attests, title=key,
        on=TODAY, attachment=factories.paper(home, str(n), colour, "stage_paper"), added_by=machine("system"), added_at=AT,
    )  # fmt: skip


def all_papers(home: Compound, number: int) -> None:
    for wanted in StagePaper.objects.filter(stage=number):
        paper(home, number, wanted.key)
    for requirement in step_numbered(number).requirements:
        if requirement.later:
            paper(home, number, attests=requirement.key)


def missing(home: Compound, number: int) -> dict[str, str]:
    return {v.requirement.key: v.missing for v in judge_one(number, home, TODAY) if not v.is_met}


def one(home: Compound) -> object:
    return standing(Compound.objects.filter(pk=home.pk), TODAY)[0]


@pytest.fixture
def home() -> Compound:
    return factories.compound()


# --- What each step asks ------------------------------------------------------------------------------------------


def test_step_one_reads_the_register_and_says_each_reason(home: Compound) -> None:
    empty = factories.compound(f"{COMMUNITY}02", "空院", households=0)
    lacks = missing(empty, 1)
    assert lacks["dwellings"] == "房屋表还是空的"
    assert lacks["eligible"] == "还没有房屋，看不出有没有房改房"
    assert lacks["units"] == "还没有一个产权单位"
    assert lacks["paper_basics"] == "缺小区基本情况表"
    assert set(missing(home, 1)) == {"units", "paper_basics", "paper_selection", "paper_units"}
    Dwelling.objects.of(home).update(tenure="commodity")
    Compound.objects.filter(pk=home.pk).update(unified_management=True, owners_body="owners_committee")
    assert missing(home, 1)["eligible"] == ("公共区域有统一的物业管理；没有房改房；已经有业主委员会或物业管理委员会")


def test_step_one_knows_units_where_public_dwellings_name_theirs(home: Compound) -> None:
    unit = PropertyUnit.objects.create(area_code=COMMUNITY, name="某厂")
    first, second, *_ = Dwelling.objects.of(home)
    Dwelling.objects.filter(pk__in=[first.pk, second.pk]).update(tenure="unsold_public")
    Dwelling.objects.filter(pk=first.pk).update(property_unit=unit)
    assert missing(home, 1)["units"] == "1套公房没写产权单位"
    Dwelling.objects.filter(pk=second.pk).update(property_unit=unit)
    assert "units" not in missing(home, 1)
    all_papers(home, 1)
    assert missing(home, 1) == {}


def test_step_two_reads_survey_facilities_and_resources(home: Compound) -> None:
    assert missing(home, 2)["survey"] == "还没有开始调查"
    by = machine("system")
    survey = Survey.objects.create(compound=home, number=1, title="摸底", state="open", opened_on=TODAY, made_by=by,
                                   made_at=AT)  # fmt: skip
    assert missing(home, 2)["survey"] == "调查还没结束"
    Survey.objects.update(state="closed", closed_on=TODAY)
    assert missing(home, 2)["survey"] == "调查结束了，一户也没有答"
    SurveySheet.objects.create(survey=survey, dwelling=Dwelling.objects.of(home)[0], answered_on=TODAY, entered_by=by,
                               entered_at=AT)  # fmt: skip
    for line in ("security", "greening", "repair"):
        Facility.objects.create(compound=home, line=line, name="门")
    lacks = missing(home, 2)
    assert "survey" not in lacks and lacks["facilities"] == "没记设施的类别：停车管理"
    Facility.objects.create(compound=home, line="parking", name="车位")
    PublicResource.objects.create(compound=home, kind="parking", name="车位", yearly=Decimal(1000))
    assert not {"survey", "facilities", "resources"} & set(missing(home, 2))


def test_later_facts_are_attested_and_a_paper_taken_down_counts_no_more(home: Compound) -> None:
    assert missing(home, 5)["election"].startswith("还没有证明材料")
    document = paper(home, 5, attests="election")
    assert "election" not in missing(home, 5)
    StageDocument.objects.filter(pk=document.pk).update(removed_at=AT, removed_by=machine("system"))
    assert "election" in missing(home, 5)


def voted(home: Compound, said: Said) -> Ballot:
    """Count out a ballot on the mode in which everyone says the same, and let it take effect."""
    made = balloting.entered(balloting.taken_in(home, 3), said)
    balloting.certified(made)
    made.refresh_from_db()
    make_final(made, on=TODAY + timedelta(8), actor=machine("system"), at=AT)
    return made


@pytest.mark.usefixtures("quick_pdf")
def test_a_ballot_in_force_decides_the_mode_until_it_falls(home: Compound) -> None:
    on, other = TODAY + timedelta(8), factories.compound(f"{COMMUNITY}02", "北院（演示）")
    assert missing(home, 7)["mode_ballot"].startswith("模式、内容和标准的表决还没有通过并生效")
    first = voted(home, Said({1: ("赞成",)}))
    assert "mode_ballot" in missing(home, 7), "not before its day"
    both = judge(7, [home.pk, other.pk], on)
    found, none = (next(v for v in both[c.pk] if v.requirement.key == "mode_ballot") for c in (home, other))
    assert found.is_met and found.outcome and found.outcome.ballot == first and found.outcome.since_on == on
    assert not none.is_met and none.outcome is None
    voted(home, Said({1: ("反对",)}))
    again = next(v for v in judge_one(7, home, on) if v.requirement.key == "mode_ballot")
    assert again.outcome and again.outcome.ballot == first, "what failed decides nothing"
    decision = KeptPaper("撤销决定.png", "image/png", 8, store_bytes(factories.picture()))
    fell_ballot(first, Move.ANNULLED, "公告不足十五天", decision, on=on, actor=machine("system"), at=AT)
    fallen = next(v for v in judge_one(7, home, on) if v.requirement.key == "mode_ballot")
    assert not fallen.is_met
    paper(home, 7, attests="mode_ballot")
    assert "mode_ballot" not in missing(home, 7), "what was voted elsewhere is attested"


def test_papers_are_the_districts_list(home: Compound) -> None:
    StagePaper.objects.filter(key="scheme").update(needed=False)
    StagePaper.objects.create(stage_id=3, key="budget", name="预算")
    assert {"paper_budget", "paper_opinions"} <= set(missing(home, 3))
    assert "paper_scheme" not in missing(home, 3)


def test_operation_asks_for_the_last_months_ledger_on_time(home: Compound) -> None:
    assert missing(home, 9) == {"posting": "还没有建账"}
    factories.open_with(home, date(2026, 8, 31), {"service": {"bank": "9000.00"}})
    assert missing(home, 9) == {"posting": "9月收支公示到期没有张贴"}, "on 5 November October's may still come"
    factories.issued(home, date(2026, 9, 1))
    assert missing(home, 9) == {}


def test_every_verdict_of_many_is_the_verdict_of_one(home: Compound) -> None:
    others = [factories.compound(f"{COMMUNITY}{n:02d}", f"第{n}院", households=n % 3) for n in range(2, 8)]
    for n, other in enumerate(others, start=1):
        all_papers(other, n)
    keys = [home.pk, *(other.pk for other in others)]
    for step in STEPS:
        together = judge(step.number, keys, TODAY)
        for compound in (home, *others):
            alone = judge_one(step.number, compound, TODAY)
            assert [v.missing for v in together[compound.pk]] == [v.missing for v in alone], (step.number, compound)


# --- Where they stand ---------------------------------------------------------------------------------------------


def test_a_new_compound_stands_at_step_one(home: Compound) -> None:
    clerk = factories.user(Role.COMMUNITY_CLERK, COMMUNITY, "赵录入")
    found = one(home)
    assert (found.step.number, found.turn, found.pusher, found.phone) == (
        1,
        "community_clerk",
        clerk.name,
        "010-6880-0000",
    )
    assert found.stuck == "还没有一个产权单位" and found.papers_missing == 3
    assert (found.since, found.days, found.until, found.light) == (TODAY, 0, TODAY + timedelta(weeks=4), Light.ON_TIME)


def test_confirmed_steps_lead_on_and_since_is_the_day_of_the_last(home: Compound) -> None:
    confirm(home, 1, days_ago=60)
    confirm(home, 2, days_ago=40)
    found = one(home)
    assert (found.step.number, found.days, found.late_days, found.light) == (3, 40, 12, Light.LATE)
    assert list(found.done) == [1, 2] and found.next_on is None
    StagePlan.objects.create(compound=home, stage_id=3, ends_on=TODAY + timedelta(days=3))
    found = one(home)
    assert (found.light, found.late_days, found.next_on) == (Light.SOON, 0, TODAY + timedelta(days=3))
    confirm(home, 2, StageAct.REOPENED)
    assert one(home).step.number == 2
    assert list(step_numbered(2).confirmed(Compound.objects.all())) == []
    assert list(step_numbered(2).reached(Compound.objects.all())) == [home]


def test_who_moves_it_follows_the_chain(home: Compound) -> None:
    names = {}
    for role, area in (
        (Role.COMMUNITY_CLERK, COMMUNITY), (Role.COMMUNITY_SECRETARY, COMMUNITY), (Role.STREET_STAFF, factories.STREET),
        (Role.STREET_DEPUTY, factories.STREET),
    ):  # fmt: skip
        names[role] = factories.user(role, area).name
    named = factories.user(name="孙负责")
    StagePlan.objects.create(compound=home, stage_id=1, responsible=named)
    assert one(home).pusher == "孙负责"
    all_papers(home, 1)
    PropertyUnit.objects.create(area_code=COMMUNITY, name="某厂")
    Dwelling.objects.of(home).update(property_unit=PropertyUnit.objects.get())
    assert one(home).stuck == "齐了，等社区报请确认"
    for act, role, words in (
        (StageAct.PREPARED, Role.COMMUNITY_SECRETARY, "等社区书记确认"),
        (StageAct.BY_SECRETARY, Role.STREET_STAFF, "等街道工作人员确认"),
        (StageAct.BY_STAFF, Role.STREET_DEPUTY, "等街道主管副主任确认"),
    ):
        confirm(home, 1, act)
        assert (one(home).pusher, one(home).stuck) == (names[role], words)
    confirm(home, 1, StageAct.SENT_BACK)
    assert (one(home).pusher, one(home).stuck) == ("孙负责", "退回了，等社区改")


def test_all_eight_confirmed_is_operation(home: Compound) -> None:
    for number in range(1, 9):
        confirm(home, number)
    found = one(home)
    assert found.step.is_operation and found.until is None and found.stuck == "还没有建账" and found.light == Light.LATE
    assert list(step_numbered(9).reached(Compound.objects.all())) == [home]


def test_usual_lengths_are_the_districts(home: Compound) -> None:
    Stage.objects.filter(number=1).update(weeks_to=10)
    assert one(home).until == TODAY + timedelta(weeks=10)


def town(count: int) -> None:
    """Make compounds at all steps, each ninth of them at another."""
    first = Compound.objects.count() + 1
    for n in range(first, first + count):
        made = factories.compound(f"{COMMUNITY[:-3]}{n // 90 + 100:03d}{n % 90 + 1:02d}", f"第{n}院", households=1)
        for number in range(1, n % 9 + 1):
            confirm(made, number)
        StagePlan.objects.create(compound=made, stage_id=n % 9 + 1, responsible=machine("system"))


def test_queries_do_not_grow_with_compounds() -> None:
    counts = []
    for more in (40, 360):
        town(more)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            rows = standing(Compound.objects.all(), TODAY)
        counts.append((len(rows), len(caught)))
    assert counts == [(40, counts[0][1]), (400, counts[0][1])]
    assert counts[0][1] <= 8 + 4, [q["sql"][:90] for q in caught.captured_queries]
