"""The survey's pages: a questionnaire at one click, sheets entered and replaced, visits, a workbook, results."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from compounds.choices import Role
from compounds.models import Building, Compound, Dwelling, Entrance, StageDocument, Survey, SurveyQuestion, SurveySheet
from compounds.operations.surveys import answers_of, close_survey, open_survey
from compounds.rules.surveys import PROGRAMME_QUESTIONS, sheet_code
from core.models import Entry, Job
from core.spreadsheets import Table, write_workbook
from tests import factories
from tests.portal.office import CODE, NOW, browser, see, send, valid, words

pytestmark = pytest.mark.django_db
LIST = f"{CODE}surveys/"
ONE = f"{LIST}1/"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    building = Building.objects.create(compound=made, label="7")
    for name in ("1", "2"):
        entrance = Entrance.objects.create(building=building, label=name)
        Dwelling.objects.create(building=building, entrance=entrance, room="501", area="61.20", representative="张三")
    Dwelling.objects.create(building=building, room="底商1", area="30", use="shop")
    return made


@pytest.fixture
def clerk(home: Compound) -> Client:
    return browser(factories.user(Role.COMMUNITY_CLERK, factories.COMMUNITY, "刘玉珍"))


@pytest.fixture
def asked(home: Compound, clerk: Client) -> Survey:
    """An open survey with the programme's questions."""
    send(clerk, f"{LIST}new/", title="2026年调查摸底", intro="您好", start="programme")
    survey = Survey.objects.get()
    return open_survey(survey, 1, date(2026, 11, 1), actor=survey.made_by, at=NOW)


def room(label: str = "1") -> Dwelling:
    return Dwelling.objects.get(building__label="7", entrance__label=label)


def sheet_url(dwelling: Dwelling, number: int = 1) -> str:
    return f"{LIST}{number}/entry/{sheet_code(number, dwelling.pk)}/"


def typed(**more: object) -> dict[str, object]:
    return {"version": "0", "channel": "phone", "answered_on": "11-3", "q1": "1", "q5": ["1", "3"], "q8": "20"} | more


# --- The questionnaire -------------------------------------------------------------------------------------------


def test_a_questionnaire_stands_at_one_click_and_opens(home: Compound, clerk: Client) -> None:
    assert "还没有做过调查" in see(clerk, LIST)
    page = words(valid(clerk.get(f"{LIST}new/")))
    assert "用现成的问卷（10道题" in page
    response = send(clerk, f"{LIST}new/", title="2026年调查摸底", intro="您好", start="programme")
    text = words(response.content.decode())
    assert all("".join(q.text.split()) in text for q in PROGRAMME_QUESTIONS)
    assert "题目就不能改了" in text and "看印出来的样子" in text
    assert "10道题，照现在的样子问6户" in see(clerk, f"{ONE}opening/")
    send(clerk, f"{ONE}opening/", version="1", on="11-05")
    survey = Survey.objects.get()
    assert (survey.state, survey.opened_on) == ("open", date(2026, 11, 5))
    text = see(clerk, ONE)
    assert "6户里收到0户，还有6户没有收到。" in text and "上移" not in text and "录问卷" in text


def test_questions_are_typed_ordered_and_copied(home: Compound, clerk: Client) -> None:
    send(clerk, f"{LIST}new/", title="小调查", intro="", start="empty")
    url = f"{ONE}questions/0/"
    send(
        clerk,
        url,
        version="1",
        kind="single",
        text="愿意吗",
        options=" 愿意\r\n\r\n不愿意 ",
        unit="",
        purpose="willing",
    )
    send(clerk, url, version="2", kind="number", text="多少", options="", unit="元", purpose="monthly_fee")
    assert SurveyQuestion.objects.get(number=1).options == "愿意\n不愿意"
    send(clerk, ONE, act="down", version="3", question="1")
    assert list(SurveyQuestion.objects.values_list("text", flat=True)) == ["多少", "愿意吗"]
    send(clerk, f"{LIST}new/", title="再问一次", intro="", start="1")
    assert list(Survey.objects.get(number=2).questions.values_list("text", flat=True)) == ["多少", "愿意吗"]
    send(clerk, ONE, act="remove", version="4", question="1")
    assert list(Survey.objects.get(number=1).questions.values_list("number", "text")) == [(1, "愿意吗")]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": ""}, "题目没有填。"), ({"options": "愿意"}, "至少要有两个选项"), ({"options": "甲\n甲"}, "“甲”写了两次"),
        ({"options": "\n".join("一二三四五六七八九十")}, "有10个选项，最多9个"), ({"options": "甲" * 41 + "\n乙"}, "一个选项最多40个字"),
        ({"kind": "number"}, "这种题型没有选项"), ({"purpose": "monthly_fee"}, "要用填数的题"), ({"unit": "元"}, "填数的题才有单位"),
        ({"kind": "number", "options": "", "unit": "角", "purpose": "monthly_fee"}, "单位要是元"),
        ({"kind": "several", "purpose": "willing"}, "要用单选题"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused_with_what_was_typed(
    home: Compound, clerk: Client, fields: dict[str, str], said: str
) -> None:
    send(clerk, f"{LIST}new/", title="小调查", intro="", start="empty")
    data = {"version": "1", "kind": "single", "text": "愿意吗", "options": "愿意\n不愿意", "unit": "", "purpose": ""}
    html = valid(clerk.post(f"{ONE}questions/0/", data | fields))
    assert said in html and (fields.get("text", "愿意吗") in html)
    assert not SurveyQuestion.objects.exists()


def test_two_clerks_at_one_questionnaire_the_second_is_shown_the_first(home: Compound, clerk: Client) -> None:
    send(clerk, f"{LIST}new/", title="小调查", intro="", start="programme")
    send(clerk, f"{ONE}edit/", version="1", title="大调查", intro="")
    html = valid(clerk.post(f"{ONE}edit/", {"version": "1", "title": "中调查", "intro": ""}))
    assert "刘玉珍" in html and "名称由小调查改为大调查" in html and 'value="中调查"' in html
    assert 'name="version" value="2"' in html, "saved again it is saved"
    page = words(send(clerk, ONE, act="remove", version="1", question="1").content.decode())
    assert "存过一次" in page and SurveyQuestion.objects.count() == 10


# --- Entering ----------------------------------------------------------------------------------------------------


def test_a_sheet_is_typed_by_room_or_scanned_and_the_next_waits(asked: Survey, clerk: Client) -> None:
    url = f"{ONE}entry/"
    code = sheet_code(1, room().pk)
    for text in ("7-1-501", "7号楼1单元501", "７－１－５０１", code, f"https://wuhao.example{url}{code}/"):
        assert clerk.get(url, {"q": text})["Location"] == f"{url}{code}/", text
    page = valid(clerk.get(sheet_url(room())))
    assert (
        "data-answers" in page and page.count("data-question") == 11 and "张" not in words(page).replace("下一张", "")
    )
    done = clerk.post(sheet_url(room()), typed(q10="路灯不亮"))
    assert done["Location"] == f"{url}?channel=phone&answered_on=2026-11-03"
    html = valid(clerk.get(done["Location"]))
    assert "7号楼1单元501存好了" in html and "autofocus" in html and "6户里收到1户" in html
    following = clerk.get(url, {"q": "7-2-501", "channel": "phone", "answered_on": "2026-11-03"})["Location"]
    html = valid(clerk.get(following))
    assert '<option value="phone" selected>' in html and 'value="2026-11-03"' in html
    sheet = SurveySheet.objects.get()
    assert answers_of(sheet) == {1: "1", 5: "1,3", 8: "20", 10: "路灯不亮"}
    assert (sheet.channel, sheet.answered_on) == ("phone", date(2026, 11, 3))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7-501", "不止一个单元有“7-501”"), ("7-1-502", "没有“7-1-502”这一户"), ("七零一", "看不懂“七零一”"),
        ("7-底商1", "是商业，调查只问住户"),
    ],
)  # fmt: skip
def test_a_room_that_is_none_is_said_at_its_field(asked: Survey, clerk: Client, text: str, said: str) -> None:
    html = valid(clerk.get(f"{ONE}entry/", {"q": text}))
    assert said in html and f'value="{text}"' in html


def test_a_sheet_of_another_survey_is_told_apart(asked: Survey, clerk: Client) -> None:
    assert "另一次调查的" in valid(clerk.get(f"{ONE}entry/", {"q": sheet_code(2, room().pk)}))
    assert clerk.get(f"{ONE}entry/{sheet_code(2, room().pk)}/").status_code == 404
    assert clerk.get(f"{ONE}entry/7-1-501/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"q8": "二十"}, "第8题看不懂"), ({"q8": "-1"}, "是负数"), ({"q1": "4"}, "第1题没有第4项"), ({"q5": ["9"]}, "第5题没有这一项"),
        ({"answered_on": "11-9"}, "这一天还没到"), ({"answered_on": "10-30"}, "11月1日才开始"), ({"answered_on": "x"}, "日期看不懂"),
        ({"q1": "", "q5": [], "q8": ""}, "一道题也没有答"), ({"channel": "import"}, "请选途径"),
    ],
)  # fmt: skip
def test_a_bad_answer_is_said_and_nothing_typed_is_lost(
    asked: Survey, clerk: Client, fields: dict[str, object], said: str
) -> None:
    data = typed(q6="2", q10="说了很多") | fields if "一道" not in said else typed() | fields
    html = valid(clerk.post(sheet_url(room()), data))
    assert said in html
    assert "说了很多" in html or "一道" in said
    assert not SurveySheet.objects.exists()


def test_entering_again_shows_what_was_answered_and_replaces_it(asked: Survey, clerk: Client) -> None:
    clerk.post(sheet_url(room()), typed())
    # A second person opened the empty form before.
    html = valid(clerk.post(sheet_url(room()), typed(q1="2", q8="30")))
    assert "刚才已经录过" in html and 'value="30"' in html and "录过了：刘玉珍" in html
    assert "看门巡逻、绿化" in html and 'name="version" value="1"' in html
    html = valid(clerk.get(sheet_url(room())))
    assert "要改就在下面改" in html and 'value="20"' in html and "存好，替换" in html
    clerk.post(sheet_url(room()), typed(version="1", q1="2", q8="30"))
    assert answers_of(SurveySheet.objects.get())[8] == "30"
    assert Entry.objects.filter(summary__contains="重录").count() == 1


def test_a_closed_survey_takes_no_sheet_and_shows_those_it_has(asked: Survey, clerk: Client) -> None:
    clerk.post(sheet_url(room()), typed())
    assert "收到1户" in see(clerk, f"{ONE}closing/")
    send(clerk, f"{ONE}closing/", on="11-05")
    html = valid(clerk.post(sheet_url(room("2")), typed()))
    assert "没有在进行" in html and 'value="20"' in html and SurveySheet.objects.count() == 1
    html = valid(clerk.get(sheet_url(room())))
    assert "看门巡逻、绿化" in html and 'class="answers"' not in html
    assert "不再收答卷" in see(clerk, f"{ONE}import/")


# --- Not reached -------------------------------------------------------------------------------------------------


def test_visits_in_vain_are_written_down_for_a_building_at_once(asked: Survey, clerk: Client) -> None:
    url = f"{ONE}visits/"
    text = see(clerk, url, building="7")
    assert "还有6户" in text and "7号楼1单元，还有1户" in text
    key = room().pk
    for day in ("11-2", "11-3", "11-4"):
        send(clerk, f"{url}?building=7", on=day, **{f"outcome-{key}": "nobody", f"note-{key}": "晚上再去"})
    text = see(clerk, url, building="7")
    assert "3次11月4日没有人" in text and "其中1户去过三次以上" in text
    html = valid(clerk.post(f"{url}?building=7", {"on": "11-9", f"outcome-{key}": "later", f"note-{key}": "周末"}))
    assert "这一天还没到" in html and '<option value="later" selected>' in html and 'value="周末"' in html
    assert "还没有选哪一户" in valid(clerk.post(f"{url}?building=7", {"on": "11-4"}))
    assert asked.visits.count() == 3


def test_the_list_to_take_along_names_rooms_and_nobody(asked: Survey, clerk: Client) -> None:
    from pypdf import PdfReader

    clerk.post(sheet_url(room("2")), typed())
    response = clerk.get(f"{ONE}visits.pdf", {"building": "7"})
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)
    assert "7-1-501" in text and "7-2-501" not in text and "张" not in text and "第3次" in text
    assert clerk.get(f"{ONE}visits.pdf", {"building": "99"}).status_code == 404


# --- A workbook --------------------------------------------------------------------------------------------------


def upload(clerk: Client, *rows: list[object], **more: object) -> Any:
    file = io.BytesIO(write_workbook([Table("问卷", ["房屋", "第1题", "第8题"], rows)]))
    file.name = "问卷.xlsx"
    return clerk.post(f"{ONE}import/", {"file": file, "answered_on": "11-3", **more})


def test_a_workbook_is_looked_at_and_then_applied(asked: Survey, clerk: Client) -> None:
    html = valid(upload(clerk, ["7-1-501", "1", "20"], ["7-2-501", "2", ""]))
    assert "新录2户" in html and not SurveySheet.objects.exists()
    payload = re.search(r'name="payload" value="([^"]+)"', html)
    assert payload is not None
    for _ in range(2):
        page = words(send(clerk, f"{ONE}import/", act="apply", payload=payload[1]).content.decode())
    assert "导入了0户，改了0户，2户和已有的一样" in page
    assert SurveySheet.objects.count() == 2
    assert "重新选文件" in words(send(clerk, f"{ONE}import/", act="apply", payload=payload[1][:-2]).content.decode())
    assert "新录0户" in valid(upload(clerk, ["7-1-501", "1", "20"]))


def test_a_workbook_with_faults_changes_nothing_and_names_the_cells(asked: Survey, clerk: Client) -> None:
    html = valid(upload(clerk, ["7-1-501", "4", "20"], ["7-9-501", "1", "x"], ["7-2-501", "1", "5"]))
    assert all(cell in html for cell in (">B2<", ">A3<", ">C3<")) and "有3处要改，一户也没有导入" in html
    html = valid(clerk.post(f"{ONE}import/", {"file": io.BytesIO(b"x"), "answered_on": "11-3"}))
    assert "不是.xlsx工作簿" in html
    assert "11月1日才开始" in valid(upload(clerk, ["7-1-501", "1", "20"], answered_on="10-1"))
    assert "还没有选文件" in valid(clerk.post(f"{ONE}import/", {"answered_on": "11-3"}))
    assert not SurveySheet.objects.exists()


# --- Results -----------------------------------------------------------------------------------------------------


def test_results_stand_in_sentences_bars_and_files(asked: Survey, clerk: Client) -> None:
    clerk.post(sheet_url(room()), typed(q7="1", q8="20", q10="=1+1"))
    clerk.post(sheet_url(room("2")), typed(q7="3", q8="0"))
    text = see(clerk, f"{ONE}results/")
    assert "6户里收到2户，占33.3%。愿意交费的1户，占答了这道题的50.0%。" in text
    assert "6户都交，一个月60.00元；只有愿意的1户交，一个月10.00元" in text
    assert "答的太少，只算在合计里" in text and "张" not in text
    head = browser(factories.user(Role.COMMITTEE_HEAD, CODE.split("/")[3]))
    assert "愿意交费的1户" in see(head, f"{ONE}results/")
    csv = clerk.get(f"{ONE}results.csv").content.decode("utf-8-sig")
    assert ",'=1+1," in csv and "10" in csv
    assert clerk.get(f"{ONE}results.odt").status_code == 404


def test_the_report_prints(asked: Survey, clerk: Client) -> None:
    from pypdf import PdfReader

    clerk.post(sheet_url(room()), typed(q7="1", q10="路灯不亮"))
    close_survey(asked, date(2026, 11, 5), actor=asked.made_by, at=NOW)
    response = clerk.get(f"{ONE}results.pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)
    assert "摸底报告" in text and "路灯不亮" in text and "6户里收到1户" in text
    assert "下载表格" in see(clerk, f"{ONE}results/")


def test_the_report_becomes_the_second_step_s_paper_once(asked: Survey, clerk: Client) -> None:
    clerk.post(sheet_url(room()), typed(q7="1"))
    assert "调查结束以后" in words(send(clerk, f"{ONE}report/").content.decode())
    close_survey(asked, date(2026, 11, 5), actor=asked.made_by, at=NOW)
    assert "放进第②步的材料了" in words(send(clerk, f"{ONE}report/").content.decode())
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        again = browser(factories.user(Role.COMMUNITY_CLERK, factories.COMMUNITY))
        assert "已经在第②步" in words(send(again, f"{ONE}report/").content.decode())
    hung = StageDocument.objects.get()
    assert (hung.stage_id, hung.paper.key, hung.on) == (2, "survey_report", date(2026, 11, 5))  # type: ignore[union-attr]


def test_a_draft_has_no_results_and_is_not_printed_per_household(home: Compound, clerk: Client) -> None:
    send(clerk, f"{LIST}new/", title="小调查", intro="", start="programme")
    assert clerk.get(f"{ONE}results/").status_code == 404
    assert "没有在进行" in words(send(clerk, f"{ONE}print/").content.decode())
    assert not Job.objects.exists()
    assert clerk.get(f"{ONE}blank.pdf")["Content-Type"] == "application/pdf"


def test_printing_starts_one_job(asked: Survey, clerk: Client) -> None:
    for _ in range(2):
        text = words(send(clerk, f"{ONE}print/").content.decode())
    assert "打印槐荫里小区（演示）的问卷" in text
    assert Job.objects.get().total == 2
