"""The pages of a compound's steps: ladder, papers, the chain with its pages of what will happen, the work plan."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from compounds.choices import Role, StageAct
from compounds.models import Compound, StageDocument, StagePaper, StagePlan, StageRecord
from compounds.operations.steps import confirm_step, plan_step
from core.models import Entry, User
from core.operations import read_bytes
from portal.stages import judge_one
from tests import factories
from tests.factories import AT, COMMUNITY, STREET
from tests.portal.office import CODE, browser, see, send, valid, words

pytestmark = pytest.mark.django_db
STEPS = f"{CODE}steps/"
OFFICES = (
    (Role.COMMUNITY_CLERK, COMMUNITY, "赵录入"), (Role.COMMUNITY_SECRETARY, COMMUNITY, "钱书记"),
    (Role.STREET_STAFF, STREET, "孙包片"), (Role.STREET_DEPUTY, STREET, "李主任"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def people(home: Compound) -> list[User]:
    return [factories.user(role, area, name) for role, area, name in OFFICES]


@pytest.fixture
def browsers(people: list[User]) -> list[Client]:
    return [browser(who) for who in people]


def confirm(home: Compound, number: int, people: list[User]) -> None:
    for what, who in zip((*StageAct,)[:4], people, strict=True):
        seq = StageRecord.objects.filter(compound=home, stage=number).count()
        confirm_step(home, number, what, seq, missing=lambda c, n: ("缺批复",), actor=who, at=AT, reason="批复在路上")


def file(colour: str = "white", name: str = "批复.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, factories.picture(colour), "image/png")


# --- Looking ------------------------------------------------------------------------------------------------------


def test_ladder_shows_all_nine_and_where_one_is(browsers: list[Client], home: Compound) -> None:
    text = see(browsers[0], STEPS)
    assert "现在是第1步小区选定，还差4项" in text
    assert all(sign in text for sign in "①②③④⑤⑥⑦⑧⑨")
    assert "没有排，一般2至4周" in text and "还没到" in text


def test_step_names_each_thing_missing_with_a_link(browsers: list[Client], home: Compound) -> None:
    html = valid(browsers[0].get(f"{STEPS}1/"))
    text = words(html)
    assert "要什么，还差4项" in text and "缺小区基本情况表" in text and "还没有一个产权单位" in text
    assert "?what=paper_basics#papers" in html and f'href="{CODE}units/"' in html
    assert "这件事系统里还办不了，先用材料证明" in see(browsers[0], f"{STEPS}5/")
    assert "确认" not in see(browsers[0], f"{STEPS}9/").partition("还没有建账")[2][:40]


def test_no_step_but_nine(browsers: list[Client], home: Compound) -> None:
    for number in ("0", "10", "99"):
        assert browsers[0].get(f"{STEPS}{number}/").status_code == 404


# --- Papers and comments ------------------------------------------------------------------------------------------


def test_a_paper_is_handed_in_and_taken_down(browsers: list[Client], home: Compound) -> None:
    sent = {"act": "paper", "what": "paper_selection", "on": "2026-11-2", "title": ""}
    text = words(valid(send(browsers[0], f"{STEPS}1/", files=[file()], **sent)))
    assert "存好了：选定请示或批复，1份" in text and "还差3项" in text
    document = StageDocument.objects.get()
    assert document.paper == StagePaper.objects.get(key="selection")
    assert "已经在这里" in words(valid(send(browsers[0], f"{STEPS}1/", files=[file()], **sent)))
    text = words(valid(send(browsers[1], f"{STEPS}1/", act="take_down", document=document.pk)))
    assert "取下了：选定请示或批复" in text and "钱书记" in text and "还差4项" in text
    assert browsers[0].get(f"/office/attachments/{document.attachment_id}/").status_code == 200


def test_faults_keep_the_files_that_came(browsers: list[Client], home: Compound) -> None:
    sent = {"act": "paper", "what": "", "on": "2026-12-31", "title": "批复"}
    html = valid(browsers[0].post(f"{STEPS}1/", {**sent, "files": [file(), file("red", "二.svg")]}))
    text = words(html)
    assert "这是什么材料没有选" in text and "12月31日还没到" in text and "批复.png，已经收到" in text
    token = html.partition('name="kept" value="')[2].partition('"')[0]
    text = words(valid(send(browsers[0], f"{STEPS}1/", act="paper", what="other", on="11-2", title="批复", kept=token)))
    assert "存好了：批复，1份" in text


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg"), (b"<html>", "a.html"), (b"", "a.pdf"), (b"MZ", "a.exe")],
)
def test_what_is_no_paper_is_refused_by_name(browsers: list[Client], home: Compound, content: bytes, name: str) -> None:
    sent = {"act": "paper", "what": "other", "title": "批复", "on": "11-2", "files": SimpleUploadedFile(name, content)}
    text = words(valid(browsers[0].post(f"{STEPS}1/", sent)))
    assert "批复" in text and not StageDocument.objects.exists()
    assert f"{name}：" in text or "还没有文件" in text


GPS = 0x8825


def photograph() -> bytes:
    """Return a JPEG as a phone makes it, with the place where it was taken."""
    facts, out = Image.Exif(), io.BytesIO()
    facts.get_ifd(GPS).update({1: "N", 2: (39.0, 54.0, 20.5), 3: "E", 4: (116.0, 12.0, 5.5)})
    Image.new("RGB", (64, 48), "navy").save(out, "JPEG", exif=facts)
    return out.getvalue()


def hand_in(client: Client) -> bytes:
    """Hand in such a photograph at step 1; return what was stored of it."""
    sent = {"act": "paper", "what": "other", "title": "现场", "on": "11-2"}
    send(client, f"{STEPS}1/", **sent, files=[SimpleUploadedFile("现场.jpg", photograph(), "image/jpeg")])
    return read_bytes(StageDocument.objects.get().attachment.sha256)


def tells_place(content: bytes) -> bool:
    return bool(Image.open(io.BytesIO(content)).getexif().get_ifd(GPS))


def test_a_photograph_of_a_step_keeps_no_place(browsers: list[Client], home: Compound) -> None:
    """R24."""
    assert tells_place(photograph())
    assert not tells_place(hand_in(browsers[0]))


def test_control_kept_as_it_came_it_tells_the_place(
    browsers: list[Client], home: Compound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.operations.clean_attachment", lambda content: (content, "image/jpeg"))
    assert tells_place(hand_in(browsers[0]))


def test_attestation_counts_as_the_fact(browsers: list[Client], home: Compound) -> None:
    send(browsers[0], f"{STEPS}5/", act="paper", what="election", title="", on="11-2", files=[file()])
    document = StageDocument.objects.get()
    assert document.attests == "election" and document.paper is None
    assert "election" not in {v.requirement.key for v in judge_one(5, home, AT.date()) if not v.is_met}


def test_comment_is_kept_and_an_empty_one_told(browsers: list[Client], home: Compound) -> None:
    assert "留言是空的" in words(valid(browsers[0].post(f"{STEPS}1/", {"act": "comment", "text": " "})))
    assert "批复在路上" in words(valid(send(browsers[0], f"{STEPS}1/", act="comment", text="批复在路上<b>")))


def test_someone_elses_paper_is_no_paper_here(browsers: list[Client], home: Compound, people: list[User]) -> None:
    other = factories.compound(f"{COMMUNITY}02", "别处")
    document = StageDocument.objects.create(compound=other, stage_id=1, title="批复", on=AT.date(), added_by=people[0],
                                            attachment=factories.paper(other), added_at=AT)  # fmt: skip
    assert browsers[0].post(f"{STEPS}1/", {"act": "take_down", "document": document.pk}).status_code == 404


# --- The chain ----------------------------------------------------------------------------------------------------


def test_four_browsers_confirm_a_step_with_its_reason(browsers: list[Client], home: Compound) -> None:
    page = f"{STEPS}1/confirmation/"
    for n, (client, act) in enumerate(zip(browsers, (*StageAct,)[:4], strict=True)):
        html = valid(client.get(page))
        assert "还差4项，都会记在这次确认里" in words(html)
        sent = {"act": "confirm", "seen": n, "step_act": act.value}
        assert "原因没有写" in words(valid(client.post(page, {**sent, "reason": ""})))
        assert client.post(page, {**sent, "reason": "批复在路上"}).status_code == 302
    text = see(browsers[0], STEPS)
    assert "现在是第2步调查摸底" in text and "当时还缺4项：批复在路上" in text and "李主任" in text
    last = StageRecord.objects.order_by("-seq")[0]
    assert last.missing.startswith("还没有一个产权单位") and last.reason == "批复在路上"
    public = words(valid(Client().get(f"/compounds/{home.code}/")))
    assert "第2步调查摸底" in public and "批复在路上" in public and "李主任" not in public


def test_the_next_office_alone_is_offered_the_button(
    browsers: list[Client], home: Compound, people: list[User]
) -> None:
    confirm_step(home, 1, StageAct.PREPARED, 0, missing=lambda c, n: (), actor=people[0], at=AT)
    assert "看清楚再确认，送街道" in see(browsers[1], f"{STEPS}1/")
    assert "退回" in see(browsers[1], f"{STEPS}1/")
    for other in (0, 2, 3):
        assert "看清楚再" not in see(browsers[other], f"{STEPS}1/")
    assert "等社区书记确认：钱书记" in see(browsers[2], f"{STEPS}1/")
    assert browsers[2].get(f"{STEPS}1/confirmation/").status_code == 302, "not his turn"


def test_an_act_of_another_office_is_refused(browsers: list[Client], home: Compound, people: list[User]) -> None:
    confirm_step(home, 1, StageAct.PREPARED, 0, missing=lambda c, n: (), actor=people[0], at=AT)
    sent = {"act": "confirm", "seen": 1, "step_act": "by_secretary", "reason": "好"}
    assert browsers[2].post(f"{STEPS}1/confirmation/", sent).status_code == 403
    assert browsers[2].post(f"{STEPS}1/confirmation/", {**sent, "act": "send_back"}).status_code == 403
    assert StageRecord.objects.count() == 1


def test_the_second_of_two_is_told_who_was_first(browsers: list[Client], home: Compound, people: list[User]) -> None:
    confirm_step(home, 1, StageAct.PREPARED, 0, missing=lambda c, n: (), actor=people[0], at=AT)
    second = browser(factories.user(Role.COMMUNITY_SECRETARY, COMMUNITY, "周书记"))
    sent = {"act": "confirm", "seen": 1, "step_act": "by_secretary", "reason": "好"}
    assert browsers[1].post(f"{STEPS}1/confirmation/", sent).status_code == 302
    assert "刚才钱书记已经办了：社区书记确认" in words(valid(send(second, f"{STEPS}1/confirmation/", **sent)))


def test_one_person_of_two_offices_confirms_once(browsers: list[Client], home: Compound, people: list[User]) -> None:
    factories.appoint(people[0], Role.COMMUNITY_SECRETARY, COMMUNITY)
    confirm_step(home, 1, StageAct.PREPARED, 0, missing=lambda c, n: (), actor=people[0], at=AT)
    assert "看清楚再" not in see(browsers[0], f"{STEPS}1/")
    text = see(browsers[0], f"{STEPS}1/confirmation/")
    assert "这一步是您报请确认的，要由另一个人确认" in text
    sent = {"act": "confirm", "seen": 1, "step_act": "by_secretary", "reason": "好"}
    assert "后面的确认要由另一个人来做" in words(valid(browsers[0].post(f"{STEPS}1/confirmation/", sent)))


def test_an_earlier_step_comes_first(browsers: list[Client], home: Compound) -> None:
    assert "第1步小区选定确认以后，才能报请确认这一步" in see(browsers[0], f"{STEPS}2/")
    sent = {"act": "confirm", "seen": 0, "step_act": "prepared", "reason": "好"}
    assert "要按次序确认：第1步小区选定还没确认" in words(valid(browsers[0].post(f"{STEPS}2/confirmation/", sent)))


def test_sending_back_wants_a_reason_and_shows_it(browsers: list[Client], home: Compound, people: list[User]) -> None:
    confirm_step(home, 1, StageAct.PREPARED, 0, missing=lambda c, n: (), actor=people[0], at=AT)
    page = f"{STEPS}1/confirmation/"
    assert "原因没有写" in words(valid(browsers[1].post(page, {"act": "send_back", "seen": 1, "reason": ""})))
    text = words(valid(send(browsers[1], page, act="send_back", seen=1, reason="缺产权单位的章")))
    assert "退回去了" in text and "钱书记退回缺产权单位的章" in text
    assert "看清楚再报请确认" in see(browsers[0], f"{STEPS}1/")


def test_reopening(browsers: list[Client], home: Compound, people: list[User]) -> None:
    confirm(home, 1, people)
    page = f"{STEPS}1/reopening/"
    assert browsers[0].get(page).status_code == 403
    assert "不能打开" in see(browsers[2], page)
    assert "原因没有写" in words(valid(browsers[2].post(page, {"seen": 4, "reason": ""})))
    text = words(valid(send(browsers[2], page, seen=4, reason="方案漏了两个楼")))
    assert "重新打开了" in text and "方案漏了两个楼" in text
    confirm(home, 1, people)
    confirm(home, 2, people)
    problem = words(valid(browsers[3].post(page, {"seen": 9, "reason": "再看"})))
    assert "第2步调查摸底已经确认" in problem


# --- The work plan ------------------------------------------------------------------------------------------------


def test_plan_is_proposed_changed_and_marks_what_is_overdue(
    browsers: list[Client], home: Compound, people: list[User]
) -> None:
    page = f"{STEPS}plan/"
    assert "排好了8步的日期" in words(valid(send(browsers[0], page, act="propose")))
    first = StagePlan.objects.get(stage=1)
    sent = {"act": "plan", "number": 1, "version": first.version, "starts_on": "2026-10-1", "ends_on": "2026-11-2",
            "responsible": people[2].pk}  # fmt: skip
    assert "计划完成早于计划开始" in words(valid(browsers[0].post(page, {**sent, "ends_on": "2026-9-1"})))
    text = words(valid(send(browsers[0], page, **sent)))
    assert "超期3天" in text and "孙包片" in text
    html = valid(browsers[1].post(page, {**sent, "ends_on": "2026-12-1"}))
    assert "赵录入在11月5日" in words(html) and "2026-11-02" in words(html) and 'value="2026-12-1"' in html
    fresh = html.partition('name="version" value="')[2].partition('"')[0]
    assert fresh == str(StagePlan.objects.get(stage=1).version)
    assert "存好了" in words(valid(send(browsers[1], page, **{**sent, "ends_on": "2026-12-1", "version": fresh})))


def test_only_people_with_an_office_here_are_named(browsers: list[Client], home: Compound) -> None:
    stranger = factories.user(Role.STREET_STAFF, factories.OTHER_STREET, "远方人")
    sent = {"act": "plan", "number": 1, "version": 0, "starts_on": "", "ends_on": "", "responsible": stranger.pk}
    valid(browsers[0].post(f"{STEPS}plan/", sent))
    assert not StagePlan.objects.exists()
    assert "远方人" not in see(browsers[0], f"{STEPS}plan/", step=1)


def test_history_has_every_act(browsers: list[Client], home: Compound, people: list[User]) -> None:
    confirm(home, 1, people)
    plan_step(home, 2, {"ends_on": AT.date()}, 0, actor=people[0], at=AT)
    send(browsers[0], f"{STEPS}1/", act="comment", text="好")
    actions = set(Entry.objects.filter(area_code=home.area_code).values_list("action", flat=True))
    assert {
        "step.prepared",
        "step.by_secretary",
        "step.by_staff",
        "step.confirmed",
        "step.plan",
        "step.comment",
    } <= actions


# --- The workbench ------------------------------------------------------------------------------------------------


def test_workbench_asks_the_next_office_and_the_clerk_after_a_sending_back(
    browsers: list[Client], home: Compound, people: list[User]
) -> None:
    confirm_step(home, 1, StageAct.PREPARED, 0, missing=lambda c, n: (), actor=people[0], at=AT)
    assert "第1步小区选定等您确认" in see(browsers[1], "/office/")
    for other in (0, 2, 3):
        assert "等您确认" not in see(browsers[other], "/office/")
    send(browsers[1], f"{STEPS}1/confirmation/", act="send_back", seen=1, reason="缺产权单位的章")
    text = see(browsers[0], "/office/")
    assert "第1步小区选定退回了，等您改好" in text and "缺产权单位的章" in text
    assert "没有等您办的事" in see(browsers[1], "/office/")


def test_workbench_asks_nobody_twice_of_one_chain(browsers: list[Client], home: Compound, people: list[User]) -> None:
    factories.appoint(people[0], Role.STREET_STAFF, STREET)
    confirm_step(home, 1, StageAct.PREPARED, 0, missing=lambda c, n: (), actor=people[0], at=AT)
    confirm_step(home, 1, StageAct.BY_SECRETARY, 1, missing=lambda c, n: (), actor=people[1], at=AT)
    assert "等您确认" not in see(browsers[0], "/office/"), "he handed it in"
    assert "第1步小区选定等您确认" in see(browsers[2], "/office/")


def test_workbench_of_another_community_asks_nothing(home: Compound, people: list[User]) -> None:
    foreign = browser(factories.user(Role.COMMUNITY_SECRETARY, factories.OTHER_COMMUNITY))
    confirm_step(home, 1, StageAct.PREPARED, 0, missing=lambda c, n: (), actor=people[0], at=AT)
    assert "等您确认" not in see(foreign, "/office/")
