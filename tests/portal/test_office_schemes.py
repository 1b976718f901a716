"""The 实施方案: what the register says stands in it by itself, what people write is kept, the finished one is a paper."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from pypdf import PdfReader

from compounds.choices import Role
from compounds.documents.scheme import scheme_of
from compounds.models import (
    Compound,
    Dwelling,
    Facility,
    PropertyUnit,
    PublicResource,
    SchemeDraft,
    StageDocument,
    Survey,
    SurveyAnswer,
    SurveyQuestion,
    SurveySheet,
)
from compounds.operations.steps import plan_step
from core.models import Entry
from core.operations import machine, read_bytes
from portal.stages import judge_one
from tests import factories
from tests.factories import AT, COMMUNITY
from tests.portal.office import CODE, browser, see, send, valid, words

pytestmark = pytest.mark.django_db
SCHEME = f"{CODE}steps/scheme/"
TODAY = factories.today()


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def clerk(home: Compound) -> Client:
    return browser(factories.user(Role.COMMUNITY_CLERK, COMMUNITY, "赵录入"))


@pytest.fixture
def filled(home: Compound) -> Compound:
    """A compound with a unit, facilities, resources, a survey of three answers, and a planned step."""
    by = machine("system")
    unit = PropertyUnit.objects.create(area_code=COMMUNITY, name="红星机械厂（演示）")
    first, second, third, fourth = Dwelling.objects.of(home).order_by("pk")
    Dwelling.objects.filter(pk__in=[first.pk, second.pk]).update(tenure="unsold_public", property_unit=unit)
    Dwelling.objects.filter(pk=fourth.pk).update(vacant=True, area=Decimal("40.1250"))
    Facility.objects.create(compound=home, line="security", name="大门", quantity="2处")
    Facility.objects.create(compound=home, line="repair", name="路灯", quantity="12盏", state="worn")
    Facility.objects.create(compound=home, line="parking", name="车位划线", state="missing")
    for name, yearly in (("东侧车位", "12000.50"), ("广告位", "800.00"), ("空地", None)):
        PublicResource.objects.create(compound=home, kind="parking", name=name, yearly=yearly)
    survey = Survey.objects.create(compound=home, number=1, title="摸底", state="closed", opened_on=TODAY, closed_on=TODAY,
                                   made_by=by, made_at=AT)  # fmt: skip
    willing = SurveyQuestion.objects.create(survey=survey, number=1, kind="single", purpose="willing", text="愿意吗",
                                            options="愿意\n不愿意")  # fmt: skip
    fee = SurveyQuestion.objects.create(
        survey=survey, number=2, kind="number", purpose="monthly_fee", text="多少", unit="元"
    )
    for dwelling, answer, amount in ((first, "1", "30"), (second, "2", "0"), (third, "1", "50.5")):
        sheet = SurveySheet.objects.create(
            survey=survey, dwelling=dwelling, answered_on=TODAY, entered_by=by, entered_at=AT
        )
        SurveyAnswer.objects.create(sheet=sheet, question=willing, value=answer)
        SurveyAnswer.objects.create(sheet=sheet, question=fee, value=amount)
    plan_step(
        home,
        3,
        {"starts_on": TODAY, "ends_on": TODAY, "responsible": factories.user(name="孙包片")},
        0,
        actor=by,
        at=AT,
    )
    return home


def text_of(content: bytes) -> str:
    """Return a PDF's text without spaces and line ends."""
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)


def test_facts_are_the_registers(filled: Compound) -> None:
    found = scheme_of(filled, TODAY)
    assert (found.buildings, found.households.count, found.households.area, found.vacant) == (
        1,
        4,
        Decimal("219.3750"),
        1,
    )
    assert [(p.label, p.count, p.area) for p in found.tenures] == [
        ("房改房", 2, Decimal("99.8750")), ("未售公房", 2, Decimal("119.5000")),
    ]  # fmt: skip
    assert [(p.label, p.count) for p in found.units] == [("红星机械厂（演示）", 2)] and found.without_unit == 2
    assert [(line.there, line.worn, line.missing) for line in found.lines] == [
        (("大门2处",), (), ()), ((), (), ()), ((), ("路灯12盏",), ()), ((), (), ("车位划线",)),
    ]  # fmt: skip
    assert found.yearly == Decimal("12800.50")
    survey = found.survey
    assert survey is not None
    assert (survey.reached, survey.coverage, survey.willing, survey.willing_share) == (3, "75.0%", 2, "66.7%")
    assert survey.median == Decimal(30)
    assert [part.number for part in found.plan] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_sums_of_parts_are_the_whole(filled: Compound) -> None:
    found = scheme_of(filled, TODAY)
    assert sum(part.count for part in found.tenures) == found.households.count
    assert sum(part.area for part in found.tenures) == found.households.area


def test_draft_prints_facts_texts_and_blanks(clerk: Client, filled: Compound) -> None:
    send(clerk, SCHEME, act="write", version=0, goals="年底前成立自管会\r\n明年3月有人看门", units="红星厂按面积出")
    answer = clerk.get(f"{CODE}steps/scheme.pdf")
    assert answer["Content-Type"] == "application/pdf"
    text = text_of(answer.content)
    for said in ("（草稿）", "红星机械厂（演示）", "219.38", "路灯12盏", "车位划线", "12,800.50", "收到3户，占75.0%", "中位数是30.00元",
                 "年底前成立自管会", "明年3月有人看门", "红星厂按面积出", "居民出一点", "孙包片", "社区党委（盖章）", "第8步"):  # fmt: skip
        assert said in text, said


def test_an_empty_compound_prints_too(clerk: Client, home: Compound) -> None:
    text = text_of(clerk.get(f"{CODE}steps/scheme.pdf").content)
    assert "产权单位还没有登记" in text and "调查摸底还没有结束" in text


def test_what_was_written_is_kept_and_the_second_is_told(clerk: Client, home: Compound) -> None:
    other = browser(factories.user(Role.STREET_STAFF, factories.STREET, "孙包片"))
    assert "存好了" in words(valid(send(clerk, SCHEME, act="write", version=0, goals="年底前")))
    html = valid(other.post(SCHEME, {"act": "write", "version": 0, "goals": "明年"}))
    assert "赵录入在11月5日" in words(html) and "明年</textarea>" in html
    fresh = html.partition('name="version" value="')[2].partition('"')[0]
    assert fresh == "2"
    send(other, SCHEME, act="write", version=fresh, goals="明年")
    draft = SchemeDraft.objects.get()
    assert (draft.goals, draft.version) == ("明年", 3)
    assert Entry.objects.filter(action="scheme.write").count() == 2
    assert "最多" in words(valid(other.post(SCHEME, {"act": "write", "version": 3, "units": "长" * 501})))
    assert SchemeDraft.objects.get().units == ""


def test_finished_it_is_the_paper_that_step_three_asks_for(clerk: Client, filled: Compound) -> None:
    lacks = {v.requirement.key for v in judge_one(3, filled, TODAY) if not v.is_met}
    assert "paper_scheme" in lacks
    assert "定稿了" in words(valid(send(clerk, SCHEME, act="finish")))
    document = StageDocument.objects.get()
    assert document.paper is not None and document.paper.key == "scheme"
    assert "paper_scheme" not in {v.requirement.key for v in judge_one(3, filled, TODAY) if not v.is_met}
    content = read_bytes(document.attachment.sha256)
    assert "草稿" not in text_of(content)
    assert "内容没有变" in words(valid(send(clerk, SCHEME, act="finish"))), "the same facts are the same bytes"
    assert clerk.get(f"/office/attachments/{document.attachment_id}/").content == content
    assert "赵录入" in see(clerk, SCHEME)


def test_work_plan_prints_what_is_overdue(clerk: Client, filled: Compound) -> None:
    plan_step(filled, 1, {"ends_on": TODAY.replace(day=2)}, 0, actor=machine("system"), at=AT)
    text = text_of(clerk.get(f"{CODE}steps/plan.pdf").content)
    assert "超期3天" in text and "孙包片" in text and "一般4至8周" in text


def test_a_sign_without_a_glyph_is_told_and_nothing_lost(
    clerk: Client, home: Compound, no_errors_in_logs: list[logging.LogRecord]
) -> None:
    send(clerk, SCHEME, act="write", version=0, goals="目标𮯰")
    assert SchemeDraft.objects.get().goals == "目标𮯰"
    for answer in (lambda: clerk.get(f"{CODE}steps/scheme.pdf"), lambda: clerk.post(SCHEME, {"act": "finish"})):
        assert answer().status_code == 302
        assert "字体里没有这些字" in see(clerk, SCHEME)
    assert no_errors_in_logs, "WeasyPrint told the log too"
    no_errors_in_logs.clear()
    assert not StageDocument.objects.exists()
