"""Every constraint of the register refuses in the database itself, whatever code or form asks for it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from compounds.models import (
    Appointment,
    Area,
    Building,
    Compound,
    CompoundMove,
    CompoundPhoto,
    Dwelling,
    Entrance,
    Facility,
    MonthlyReport,
    Notice,
    NoticeDraft,
    NoticeFile,
    NoticeProof,
    NoticeWithdrawal,
    Objection,
    ObjectionAnswer,
    Owner,
    Ownership,
    PropertyUnit,
    PublicResource,
    RegisterUpload,
    ReportDraft,
    SchemeDraft,
    Stage,
    StageComment,
    StageDocument,
    StagePaper,
    StagePlan,
    StageRecord,
    Survey,
    SurveyAnswer,
    SurveyQuestion,
    SurveySheet,
    WorkHandover,
)
from core.operations import machine
from tests import factories
from tests.constraints import all_constraints, saved, twice
from tests.factories import AT, COMMUNITY

pytestmark = pytest.mark.django_db

DAY = date(2026, 10, 5)
BEFORE = date(2026, 10, 4)


def home() -> Compound:
    return Compound.objects.get()


def me() -> Any:
    return machine("system")


def dwelling() -> Dwelling:
    return Dwelling.objects.order_by("pk")[0]


def owner() -> Owner:
    return Owner.objects.get_or_create(area_code=COMMUNITY, name="王秀兰")[0]


def appointment(**values: Any) -> Appointment:
    values = {"area_code": COMMUNITY, "from_on": DAY, "until_on": None} | values
    return Appointment(user=me(), role="auditor", given_by=me(), given_at=AT, **values)


def compound(**values: Any) -> Compound:
    return Compound(
        **{"code": f"{COMMUNITY}02", "area_code": f"{COMMUNITY}02", "name": "里", "created_at": AT} | values
    )


def room(**values: Any) -> Dwelling:
    building = Building.objects.get(label="3")
    return Dwelling(**{"building": building, "room": "901", "area": Decimal("60")} | values)


def entrance() -> Entrance:
    return Entrance.objects.get_or_create(building=Building.objects.get(label="3"), label="2")[0]


def ownership(**values: Any) -> Ownership:
    return Ownership(**{"dwelling": dwelling(), "owner": owner()} | values)


def upload(**values: Any) -> RegisterUpload:
    return RegisterUpload(
        **{"area_code": COMMUNITY, "name": "房屋.xlsx", "sha256": "0" * 64, "size": 1, "added_by": me(), "added_at": AT}
        | values
    )


def resource(**values: Any) -> PublicResource:
    return PublicResource(**{"compound": home(), "kind": "room", "name": "自行车棚"} | values)


NEXT_DOOR = "110107003038"


def move(**fields: Any) -> CompoundMove:
    row = {"from_code": f"{COMMUNITY}01", "to_code": f"{NEXT_DOOR}01", "reason": "社区调整"}
    return CompoundMove(compound=home(), by=me(), at=AT, **row | fields)


def photograph() -> CompoundPhoto:
    return CompoundPhoto(
        compound=home(), attachment=factories.paper(home()), caption="大门", taken_on=DAY, added_by=me(), added_at=AT
    )


def survey(**values: Any) -> Survey:
    return Survey(**{"compound": home(), "number": 1, "title": "摸底", "made_by": me(), "made_at": AT} | values)


def asked() -> Survey:
    return Survey.objects.first() or saved(survey())


def question(**values: Any) -> SurveyQuestion:
    values = {"survey": asked(), "number": 1, "kind": "single", "text": "愿意吗", "options": "愿意\n不愿意"} | values
    return SurveyQuestion(**values)


def sheet() -> SurveySheet:
    return SurveySheet(survey=asked(), dwelling=dwelling(), answered_on=DAY, entered_by=me(), entered_at=AT)


def answer(**values: Any) -> SurveyAnswer:
    mine = SurveySheet.objects.first() or saved(sheet())
    put = SurveyQuestion.objects.first() or saved(question())
    return SurveyAnswer(**{"sheet": mine, "question": put, "value": "1"} | values)


def plan(**values: Any) -> StagePlan:
    return StagePlan(**{"compound": home(), "stage_id": 1} | values)


def act(seq: int = 1, kind: str = "prepared", **values: Any) -> StageRecord:
    return StageRecord(compound=home(), stage_id=1, seq=seq, act=kind, by=me(), at=AT, **values)


def document(**values: Any) -> StageDocument:
    values = {"attachment": factories.paper(home(), kind="stage_paper")} | values
    return StageDocument(
        compound=home(), stage_id=1, title="批复", on=DAY, added_by=me(), added_at=AT, **values
    )  # fmt: skip


def notice(code: str = "AAAA0000B", **values: Any) -> Notice:
    values = {"document": factories.document(home(), code), "until_on": None} | values
    return Notice(compound=home(), title="停水", body="明天停水。", from_on=DAY, by=me(), at=AT, **values)


def notice_draft(**values: Any) -> NoticeDraft:
    return NoticeDraft(
        compound=home(), title="停水", body="明天停水。", from_on=DAY, made_by=me(), made_at=AT, **values
    )


def hung() -> Notice:
    return Notice.objects.first() or saved(notice())


def report(code: str = "AAAA0000D", **values: Any) -> MonthlyReport:
    values = {
        "area_code": "110107003", "month": date(2026, 10, 1), "document": factories.document(home(), code),
        "prepared_by": me(), "checked_by": machine("system-2"), "at": AT,
    } | values  # fmt: skip
    return MonthlyReport(**values)


def report_draft(**values: Any) -> ReportDraft:
    return ReportDraft(**{"area_code": "110107003", "month": date(2026, 10, 1), "prepared_by": me()} | values)


def objection(**values: Any) -> Objection:
    said = {"document": hung().document, "slip": "AAAA", "text": "少一户", "received_on": DAY, "answer_by_on": DAY}
    return Objection(**({"compound": home(), "at": AT} | said | values))


def objection_answer(**values: Any) -> ObjectionAnswer:
    first = Objection.objects.first() or saved(objection())
    return ObjectionAnswer(
        **{"objection": first, "outcome": "upheld", "text": "已补上", "on": DAY, "by": me(), "at": AT} | values
    )


def ended() -> dict[str, Any]:
    return {"from_on": date(2020, 1, 1), "until_on": DAY}


BROKEN = {
    "unique compounds_area.code": lambda: Area(code=COMMUNITY, name="又一个", level="community"),
    "unique compounds_compound.code": lambda: compound(code=home().code),
    "compound_one_per_place": lambda: compound(area_code=home().area_code),
    "compoundmove_place_left_once": lambda: twice(move(), move(to_code=f"{NEXT_DOOR}02")),
    "compoundmove_place_given_once": lambda: twice(move(), move(from_code=f"{COMMUNITY}02")),
    "compoundmove_says_why": lambda: move(reason=""),
    "compoundmove_to_another_place": lambda: move(to_code=f"{COMMUNITY}01"),
    "appointment_has_an_area": lambda: appointment(area_code=""),
    "appointment_ends_after_start": lambda: appointment(until_on=BEFORE),
    "building_one_per_label": lambda: Building(compound=home(), label="3"),
    "building_floors": lambda: Building(compound=home(), label="4", floors=0),
    "entrance_one_per_label": lambda: Entrance(building=entrance().building, label="2"),
    "propertyunit_one_per_name": lambda: twice(
        PropertyUnit(area_code=COMMUNITY, name="厂"), PropertyUnit(area_code=COMMUNITY, name="厂")
    ),
    "dwelling_one_per_room": lambda: twice(room(entrance=entrance()), room(entrance=entrance())),
    "dwelling_one_per_room_no_entrance": lambda: room(room="101"),
    "dwelling_area_is_positive": lambda: room(area=Decimal("0")),
    "dwelling_representative_has_a_name": lambda: room(representative_kind="tenant"),
    "owner_erased_has_no_phone": lambda: Owner(area_code=COMMUNITY, name="原产权人", phone="1", erased_at=AT),
    "ownership_once_per_dwelling": lambda: twice(ownership(), ownership()),
    "ownership_one_votes": lambda: twice(
        ownership(votes=True), ownership(votes=True, owner=saved(Owner(area_code=COMMUNITY, name="李四")))
    ),
    "ownership_ends_after_start": lambda: ownership(from_on=DAY, until_on=BEFORE),
    "ownership_share_is_a_fraction": lambda: ownership(share_of=3, share_in=2),
    "registerupload_applied_by_someone": lambda: upload(state="applied"),
    "facility_one_per_name": lambda: twice(
        Facility(compound=home(), line="repair", name="路灯"), Facility(compound=home(), line="repair", name="路灯")
    ),
    "publicresource_one_per_name": lambda: twice(resource(), resource()),
    "publicresource_yearly_not_negative": lambda: resource(yearly=Decimal("-1.00")),
    "compoundphoto_once_per_compound": lambda: twice(
        first := photograph(),
        CompoundPhoto(
            compound=home(), attachment=first.attachment, caption="门", taken_on=DAY, added_by=me(), added_at=AT
        ),
    ),
    "survey_one_per_number": lambda: twice(survey(), survey()),
    "survey_opened_on_a_day": lambda: survey(state="open"),
    "survey_closed_on_a_day": lambda: survey(state="closed", opened_on=DAY),
    "surveyquestion_one_per_number": lambda: twice(question(), question()),
    "surveyquestion_one_per_purpose": lambda: twice(question(purpose="willing"), question(number=2, purpose="willing")),
    "surveyquestion_options_where_one_chooses": lambda: question(options=""),
    "surveysheet_one_per_dwelling": lambda: twice(sheet(), sheet()),
    "surveyanswer_one_per_question": lambda: twice(answer(), answer()),
    "surveyanswer_says_something": lambda: answer(value=""),
    "stage_is_one_of_nine": lambda: Stage(number=10, name="第十步"),
    "stage_weeks_from_to": lambda: Stage(number=9, name="长效运行", weeks_from=3, weeks_to=2),
    "unique compounds_stagepaper.key": lambda: StagePaper(stage_id=1, key="basics", name="又一张"),
    "stageplan_one_per_step": lambda: twice(plan(), plan()),
    "stageplan_ends_after_start": lambda: plan(starts_on=DAY, ends_on=BEFORE),
    "stagerecord_one_after_another": lambda: twice(act(), act()),
    "stagerecord_confirmed_by_another": lambda: act(kind="by_staff", previous_by=me()),
    "stagerecord_says_why": lambda: act(missing="没有批复"),
    "stagedocument_removed_by_someone": lambda: document(removed_at=AT),
    "stagedocument_once_per_step": lambda: twice(first := document(), document(attachment=first.attachment)),
    "stagecomment_says_something": lambda: StageComment(compound=home(), stage_id=1, text="", by=me(), at=AT),
    "workhandover_to_another": lambda: WorkHandover(
        area_code=COMMUNITY, giver=me(), taker=me(), items="[]", by=me(), at=AT
    ),
    "reportdraft_one_per_month": lambda: twice(report_draft(), report_draft()),
    "monthlyreport_one_per_version": lambda: twice(report(), report("AAAA0000F")),
    "monthlyreport_checked_by_another": lambda: report(checked_by=me()),
    "unique compounds_monthlyreport.document": lambda: twice(
        first := report(), report("AAAA0000F", version=2, document=first.document)
    ),
    "unique compounds_schemedraft.compound": lambda: twice(SchemeDraft(compound=home()), SchemeDraft(compound=home())),
    "noticedraft_ends_after_start": lambda: notice_draft(until_on=BEFORE),
    "notice_ends_after_start": lambda: notice(until_on=BEFORE),
    "unique compounds_notice.document": lambda: twice(first := notice(), notice("AAAA0000F", document=first.document)),
    "noticefile_once_per_notice": lambda: twice(
        first := NoticeFile(notice=hung(), attachment=factories.paper(home()), title="图"),
        NoticeFile(notice=hung(), attachment=first.attachment, title="图"),
    ),
    "noticeproof_one_per_photograph": lambda: twice(
        first := NoticeProof(notice=hung(), place="楼门口", on=DAY, attachment=factories.paper(home()), by=me(), at=AT),
        NoticeProof(notice=hung(), place="大门口", on=DAY, attachment=first.attachment, by=me(), at=AT),
    ),
    "unique compounds_noticewithdrawal.notice": lambda: twice(
        NoticeWithdrawal(notice=hung(), reason="写错了", by=me(), at=AT),
        NoticeWithdrawal(notice=hung(), reason="写错了", by=me(), at=AT),
    ),
    "unique compounds_objection.slip": lambda: twice(objection(), objection()),
    "objection_says_something": lambda: objection(text=""),
    "objection_answered_after_it_came": lambda: objection(answer_by_on=BEFORE),
    "unique compounds_objectionanswer.objection": lambda: twice(objection_answer(), objection_answer()),
    "objectionanswer_says_something": lambda: objection_answer(text=""),
    "noticewithdrawal_says_why": lambda: NoticeWithdrawal(notice=hung(), reason="", by=me(), at=AT),
}


@pytest.fixture(autouse=True)
def one_compound() -> None:
    factories.compound()


def test_every_constraint_has_its_broken_row() -> None:
    assert set(BROKEN) == all_constraints("compounds")


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses(name: str) -> None:
    row = BROKEN[name]()
    # A step is known by its number: the row that exists is changed.
    new = not Stage.objects.filter(pk=row.pk).exists() if isinstance(row, Stage) else True
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        row.save(force_insert=new)
    said = str(refusal.value)
    if not name.startswith("unique") and (connection.vendor == "postgresql" or "CHECK" in said):
        assert name in said


def test_the_mended_rows_are_taken() -> None:
    """Control: the rows above are refused for the one thing that is wrong with them."""
    other = saved(Owner(area_code=COMMUNITY, name="李四", phone="1"))
    good = [
        compound(), appointment(), appointment(until_on=DAY), Building(compound=home(), label="4", floors=6),
        room(entrance=entrance()), room(room="902", representative="王秀兰", representative_kind="tenant"),
        Owner(area_code=COMMUNITY, name="原产权人", erased_at=AT),
        ownership(votes=True, share_of=1, share_in=2), ownership(owner=other, share_of=1, share_in=2),
        ownership(votes=True, owner=other, **ended()), ownership(**ended()), ownership(**ended()),
        upload(), upload(state="applied", applied_by=me(), applied_at=AT),
        Facility(compound=home(), line="repair", name="路灯"), Facility(compound=home(), line="security", name="路灯"),
        resource(yearly=Decimal("0.00")), photograph(), survey(number=3, state="open", opened_on=DAY),
        survey(number=2, state="closed", opened_on=DAY, closed_on=DAY), question(number=3, purpose="willing"),
        question(number=2, kind="number", options="", unit="元"), answer(), plan(starts_on=DAY, ends_on=DAY), act(),
        act(2, "by_secretary", previous_by=machine("system-2")), act(3, "sent_back", reason="少一张"),
        act(4, "by_staff", previous_by=machine("system-2"), missing="没有批复", reason="批复在路上"),
        document(), document(removed_at=AT, removed_by=me()), notice("AAAA0000H"), notice_draft(until_on=DAY),
        NoticeWithdrawal(notice=hung(), reason="写错了", by=me(), at=AT), report(), report("AAAA0000F", version=2),
        report_draft(),
        WorkHandover(area_code=COMMUNITY, giver=me(), taker=machine("system-2"), items="[]", by=me(), at=AT),
        StageComment(compound=home(), stage_id=1, text="好", by=me(), at=AT), objection(slip="BBBB"), objection_answer(),
    ]  # fmt: skip
    for row in good:
        if row.pk is None:
            row.save(force_insert=True)
