"""The demo: what went wrong in it and was mended, what proves that sheets hang, and that a second run adds nothing."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.db.models import Count
from django.test import override_settings
from PIL import Image

from ballots.documents.entering import sheets_said
from ballots.documents.life import missing_for_notice
from ballots.models import Ballot, BallotClerk, BallotProof, PaperEntry, PaperVisit
from ballots.operations.certifying import export_of, objections_until
from ballots.operations.freezing import first_freezing_day
from ballots.rules.recounting import recount
from compounds.choices import Role, StageAct, SurveyState, Tenure, Use
from compounds.models import (
    CHAIN,
    Area,
    Compound,
    Dwelling,
    MonthlyReport,
    Notice,
    NoticeDraft,
    Owner,
    Ownership,
    PropertyUnit,
    StageRecord,
    Survey,
    SurveyQuestion,
)
from core import pdf
from core.choices import EvidenceKind
from core.models import Attachment, Entry, User
from core.operations import read_bytes
from fees.choices import ClosingStep
from fees.documents import read_ledger
from fees.models import Closing, Ledger, PostingProof, Voucher, VoucherEvidence
from fees.verification import verify_books
from portal.demo.pictures import notice_photograph, slip_photograph
from portal.demo.places import SHAPES, rooms
from portal.demo.register import BY_UNIT
from portal.demo.sites import PLACES, SITES
from portal.demo.votes import VOTES
from portal.documents.reports import Report
from portal.management.commands import demo
from portal.stages import Light, Standing, judge_one, standing
from tests.portal.office import NOW

STREETS = (1, 2, 3, 4, 5, 6, 9, 10, 11)

# A database that is set means production, where there is no demo.
pytestmark = [pytest.mark.once, pytest.mark.usefixtures("made")]


@pytest.fixture(scope="module")
def made(module_db: Path) -> Iterator[Compound]:
    """Two of the demo's compounds with fourteen months, so that there is an earlier year, and those of the programme, the
    largest made smaller; the second is the one mended. Made once: no test of this module changes anything."""
    small = tuple(replace(s, entrances=s.entrances[:3], area="3600") if s.households > 300 else s for s in SITES)
    with (
        pytest.MonkeyPatch.context() as patch,
        override_settings(VAR=module_db),
        time_machine.travel(NOW, tick=False),
    ):
        patch.setattr(pdf, "render", lambda html, **_: pdf.Pdf(b"%PDF-1.7 " + html.encode()[:200], 1))
        patch.setattr(demo, "PLACES", (*SHAPES[:2], *small))
        patch.setattr(demo, "MONTHS", 14)
        call_command("demo", verbosity=0)
        yield Compound.objects.get(name=SHAPES[1].name)


def test_what_went_wrong_was_mended_as_the_law_wants(made: Compound) -> None:
    own = Voucher.objects.of(made)
    red = own.get(reverses__isnull=False)
    assert red.reverses is not None and red.reverses.remaining > 0 and red.amount < 0, "a part, not the whole"
    correcting = own.get(corrects__isnull=False)
    assert correcting.corrects is not None and correcting.corrects.year == correcting.year - 1
    assert (correcting.lines.get().account_id, bool(correcting.decision)) == ("119", True)
    typed = own.get(entered_for__gt="")
    assert typed.entered_for not in (typed.entered_by.name, typed.reviewed_by.name)
    assert VoucherEvidence.objects.get(voucher=typed).attachment.kind == EvidenceKind.TYPED_SLIP
    approved = Closing.objects.filter(period__compound=made, step=ClosingStep.APPROVED).order_by("-seq").first()
    assert approved is not None and all(row["reason"] for row in json.loads(approved.told)) and approved.told != "[]"
    assert verify_books().bad == []


def test_the_last_month_was_corrected_once_and_hangs_at_two_places(made: Compound) -> None:
    second = Ledger.objects.of(made).get(version=2)
    (row,) = read_ledger(second.document.data).corrections
    assert row.text and row.text != row.was and second.code == "2026-10"
    assert set(PostingProof.objects.values_list("ledger__compound__name", "ledger__version", "place")) == {
        (shape.name, version, place)
        for shape, version in ((SHAPES[0], 1), (SHAPES[1], 1), (SHAPES[1], 2))
        for place in ("东门公示栏", "3号楼门厅")
    }
    for proof in PostingProof.objects.select_related("attachment"):
        kept = Image.open(io.BytesIO(read_bytes(proof.attachment.sha256)))
        assert kept.size == (1200, 900) and proof.on == date(2026, 11, 5)  # the demo's today: nothing hangs later


def test_last_months_report_of_a_street_and_of_the_district_is_frozen(made: Compound) -> None:
    street, district = MonthlyReport.objects.select_related("document").order_by("-area_code")
    assert (street.area_code, district.area_code) == (made.area_code[:9], made.area_code[:6])
    assert street.month == district.month == date(2026, 10, 1)
    frozen = Report.from_json(district.document.data)
    assert [code for code, _, _ in frozen.streets] == [street.area_code]
    assert len(frozen.missing) == len(STREETS) - 1, "the others have none yet"
    total = {f.key: f.total for f in frozen.figures}
    own = Compound.objects.filter(area_code__startswith=street.area_code).count()
    assert total["compounds"] == str(own) and own > 2 and total["parking"] != "0.00" and frozen.plans


def test_again_it_changes_nothing() -> None:
    before = {table: table._default_manager.count() for table in apps.get_models()}
    assert all(
        before[table]
        for table in (Ballot, PaperEntry, MonthlyReport, Voucher, Ledger, PostingProof, Attachment, Closing, Entry)
    )
    call_command("demo", verbosity=0)
    assert {table: table._default_manager.count() for table in before} == before


# --- The programme ------------------------------------------------------------------------------------------------


def test_the_district_has_each_shape_in_every_street() -> None:
    assert len(PLACES) >= 40 and {shape.community[:9] for shape in PLACES} == {f"110107{n:03d}" for n in STREETS}
    sizes = {shape.name: shape.households for shape in SITES}
    assert (len(SITES[0].entrances), sizes["新立街62号楼（演示）"]) == (3, 60)
    large = next(shape for shape in SITES if shape.households == 3000)
    assert len(large.entrances) == 30 and len(large.units) > 2 and len(list(rooms(large))) == 3000
    yard = next(shape for shape in SITES if shape.entrances == (0,))
    assert [row[:3] for row in rooms(yard)][:2] == [("平房", "", "1"), ("平房", "", "2")]
    for shape in PLACES:
        areas = [area for *_, area in rooms(shape)]
        assert sum(areas) == Decimal(shape.area) and min(areas) > 10, shape.name
        assert shape.name.endswith("（演示）") and all(unit.endswith("（演示）") for unit in shape.units)
        assert 1950 <= shape.built < 2000


# --- Ballots ------------------------------------------------------------------------------------------------------


def test_ballots_stand_at_every_point_of_their_life() -> None:
    ballots = {ballot.compound.name: ballot for ballot in Ballot.objects.select_related("compound", "rule")}
    assert {ballot.state for ballot in ballots.values()} == {vote.state for vote in VOTES}
    assert len(ballots) == len(VOTES) == 6 < Compound.objects.count() / 4, "most compounds have none"
    _final(ballots["槐荫里小区（演示）"])
    _certified(ballots["铁建六处宿舍（演示）"])
    _counting(ballots["南里甲院（演示）"])
    _issuing(ballots["杨北榆树院（演示）"])
    announced, draft = ballots["南里枫树院（演示）"], ballots["南路石桥院（演示）"]
    assert first_freezing_day(announced) <= date(2026, 11, 5) <= announced.voting_until_on, (
        "its roll may be frozen today"
    )
    assert draft.secret and len(missing_for_notice(draft)) == 3
    assert User.objects.get(username="majun").appointments.count() == 0
    assert [found.ballot for found in BallotClerk.objects.filter(user__username="majun", until_on=None)] == [
        ballots["南里甲院（演示）"]
    ]


def _final(ballot: Ballot) -> None:
    """The first compound's: decided before step ⑦ was confirmed, as owners with a unit do, and counted alike anew."""
    confirmed = StageRecord.objects.confirmed().get(compound=ballot.compound, stage=7)
    final = ballot.moves.get(kind="final")
    assert final.at < confirmed.at and ballot.announced_on > StageRecord.objects.get(
        compound=ballot.compound, stage=6, act=StageAct.CONFIRMED
    ).at.date()  # fmt: skip
    assert 270 <= ballot.roll.count() <= 312 and ballot.roll.filter(kind="unit").count() == 1
    back = ballot.sheets.count() / ballot.roll.count()
    assert 0.84 < back < 0.9
    result = json.loads(ballot.results.get().document.data)["result"]
    assert [question["passed"] for question in result["questions"]] == [True, True, None]
    assert result["questions"][1]["chosen"] == 2, "the fee of the demo's books"
    export = json.loads(export_of(ballot))
    assert recount(export) == export["result"]
    assert {proof.move.kind for proof in BallotProof.objects.filter(move__ballot=ballot)} == {"announced", "certified"}


def _certified(ballot: Ballot) -> None:
    assert (
        objections_until(ballot.results.get()) >= date(2026, 11, 5) and not ballot.moves.filter(kind="final").exists()
    )


def _counting(ballot: Ballot) -> None:
    """The first round all but four, the second half of it; differences and one in doubt wait for a third."""
    sheets = ballot.sheets.count()
    first, second = (PaperEntry.objects.filter(sheet__ballot=ballot, round=n) for n in (1, 2))
    assert (first.count(), second.count()) == (sheets - 4, sheets // 2)
    assert {entry.user.username for entry in first} == {"zhangning"}
    assert {entry.user.username for entry in second} == {"majun"}
    states = Counter(sheet.state for sheet in sheets_said(ballot))
    assert states["differs"] >= 2 and states["doubtful"] == 1 and not states["settled"]
    assert ballot.bundles.count() > 1 and ballot.bundles.exclude(closed_on=None).count() == 1


def _issuing(ballot: Ballot) -> None:
    papers = Counter(ballot.papers.values_list("state", flat=True))
    assert 0.6 < papers["returned"] / ballot.roll.count() < 0.75
    assert (papers["refused"], papers["undeliverable"], papers["spoilt"]) == (1, 1, 1)
    assert PaperVisit.objects.filter(entry__ballot=ballot).count() > 9


def test_compounds_stand_at_every_step() -> None:
    rows = {row.compound.name: row for row in standing(Compound.objects.all(), date(2026, 11, 5))}
    _stand_as_told(rows)
    _lack_nothing_behind()
    _registered_in_all_kinds()
    _surveyed()
    _notified()
    told = "".join(str(list(t._default_manager.values_list())) for t in (Owner, Dwelling, PropertyUnit, User, Area))
    assert "010-" in told and not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", told), "a land line is nobody's own"


def _stand_as_told(rows: dict[str, Standing]) -> None:
    assert {row.step.number for row in rows.values()} == set(range(1, 10))
    assert {row.step.number for row in rows.values() if row.light == Light.LATE} >= {1, 2, 4, 5, 6, 7}
    turns = {row.turn for row in rows.values()}
    assert turns >= {Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF, Role.STREET_DEPUTY}
    acts = set(StageRecord.objects.latest().values_list("act", flat=True))
    assert acts == set(StageAct.values), "each act is some step's last"
    for shape in SITES:
        row = rows[shape.name]
        assert (row.step.number, row.light == Light.LATE) == (shape.stand.step, shape.stand.late), shape.name
        assert row.pusher and row.phone.startswith("010-"), shape.name
        if shape.stand.far in (*CHAIN, "ready"):
            assert row.missing == (), (shape.name, [v.missing for v in row.missing])
        elif shape.stand.far == "begun":
            assert row.missing, shape.name
    for name, why in (("三山园北楼（演示）", "统一的物业管理"), ("衙门口东楼（演示）", "物业管理委员会")):
        assert any(why in verdict.missing for verdict in rows[name].missing), name


def _lack_nothing_behind() -> None:
    """Steps that are confirmed lack nothing but what was confirmed in spite of that, with its reason."""
    overridden = []
    for record in StageRecord.objects.confirmed().select_related("compound"):
        lacking = [v.missing for v in judge_one(record.stage_id, record.compound, date(2026, 11, 5)) if not v.is_met]
        if lacking:
            overridden.append((record.compound.name, record.stage_id))
            assert record.missing.splitlines() == lacking and record.reason
    assert overridden == [("水泥厂家属院（演示）", 4)]


def _registered_in_all_kinds() -> None:
    homes = Dwelling.objects
    assert set(homes.values_list("tenure", flat=True)) == set(Tenure.values)
    assert set(homes.values_list("use", flat=True)) >= {Use.DWELLING, Use.SHOP, Use.GARAGE}
    assert homes.filter(vacant=True).exists() and homes.filter(heirs_pending=True, representative_kind="").exists()
    assert homes.filter(use=Use.GARAGE, votes=True).count() == 0
    assert homes.filter(representative_kind="tenant", tenure=Tenure.REFORM).exists()
    owned = Ownership.objects.current()
    assert set(owned.exclude(share_in=None).values_list("share_in", flat=True)) == {2, 3}
    assert Ownership.objects.past().filter(until_on__isnull=False).count() > 10
    several = owned.filter(owner__name__regex="^.{2,4}$").values("owner").annotate(n=Count("pk")).filter(n__gt=1)
    assert several.count() > 5, "people who own several dwellings"
    for home in homes.with_people().filter(tenure__in=BY_UNIT)[:50]:
        assert home.property_unit and [o.owner.name for o in home.owned] == [home.property_unit.name]


def _surveyed() -> None:
    states = set(Survey.objects.values_list("state", flat=True))
    assert states == set(SurveyState.values)
    for survey in Survey.objects.filter(state=SurveyState.CLOSED).select_related("compound"):
        homes = Dwelling.objects.of(survey.compound).households().count()
        assert 0.55 * homes <= survey.sheets.count() <= 0.97 * homes, survey.compound.name
    for question in SurveyQuestion.objects.filter(purpose="monthly_fee", survey__state="closed"):
        fees = question.answers.values_list("value", flat=True)
        assert len(set(fees)) > 3


def _notified() -> None:
    today = date(2026, 11, 5)
    hanging = Notice.objects.hanging(today)
    assert hanging.count() >= 3 and hanging.filter(files__gt=0, proofs__gt=0).exists()
    assert Notice.objects.filter(until_on__lt=today).exists() and NoticeDraft.objects.exists()
    assert Notice.objects.filter(withdrawal__reason__gt="", until_on__gte=today).exists()


def test_pictures_are_the_same_for_the_same_words_and_differ_by_place() -> None:
    lines = ["收入合计 3,412.50元", "支出合计 435.00元"]
    first = notice_photograph("槐荫里小区2026年10月收支公示表", lines, "东门公示栏")
    assert Image.open(io.BytesIO(first)).getbbox() and first != notice_photograph("同一张", lines, "3号楼门厅")
    assert Image.open(io.BytesIO(slip_photograph(lines, "赵瑞芝"))).size == (1200, 900)
