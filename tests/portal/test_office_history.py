"""The history: who, where, when, what; within the scope; as CSV."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from compounds.choices import Role
from compounds.models import Compound
from compounds.operations.objections import Objecting, take_objection
from core.models import Entry
from core.operations import record
from portal.navigation import page_words
from portal.views.office.history import ACTIONS
from tests import balloting, factories
from tests.portal.office import CODE, NOW, browser, see

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
HISTORY = "/office/history/"


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    wu, wang = factories.user(name="吴丽"), factories.user(name="王秀兰")
    record("draft.save", "存草稿：电费", actor=wu, at=NOW - timedelta(days=40), area_code=made.area_code)
    record("voucher.post", "复核并记账：第7号", actor=wang, at=NOW, area_code=made.area_code)
    record("voucher.post", "别处的第9号", actor=wang, at=NOW, area_code="11010700401001")
    record("user.create", "建立账号", actor=wang, at=NOW)
    return made


@pytest.fixture
def client(home: Compound) -> Client:
    return browser(factories.user(Role.AUDITOR, factories.STREET))


def test_scope_bounds_the_list(client: Client) -> None:
    said = see(client, HISTORY)
    assert "第7号" in said and "存草稿" in said and "槐荫里小区（演示）" in said
    assert "第9号" not in said and "建立账号" not in said
    district = browser(factories.user(Role.AUDITOR, factories.DISTRICT))
    said = see(district, HISTORY)
    assert "第9号" in said and "建立账号" in said


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ({"who": "吴"}, "存草稿", "第7号"),
        ({"compound": "槐荫"}, "第7号", "没有这样的记录"),
        ({"compound": "古城"}, "没有这样的记录", "第7号"),
        ({"since": "11-1"}, "第7号", "存草稿"),
        ({"until": "2026-10-31"}, "存草稿", "第7号"),
        ({"since": "11-05", "until": "11-05"}, "第7号", "存草稿"),
        ({"action": "draft."}, "存草稿", "第7号"),
        ({"since": "昨天"}, "开始日期看不懂", "没有这样的记录"),
    ],
)
def test_filters(client: Client, query: dict[str, str], shown: str, hidden: str) -> None:
    said = see(client, HISTORY, **query)
    assert shown in said and hidden not in said


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"/office/compounds/{factories.COMMUNITY}01/closing/2026-10/approval/", "结账"),
        (f"/office/compounds/{factories.COMMUNITY}01/", "小区概况"),
        ("/office/review/7/", "复核凭证"),
        ("/office/nowhere/", "没有的网页"),
        ("/office/compounds/", "全部小区"),
    ],
)
def test_refusals_are_told_in_words_with_the_address_beside(client: Client, path: str, words: str) -> None:
    for method, reads in (("想看", True), ("想办", False)):
        record("refused", f"被拒绝：{method}{path}", actor=None, at=NOW, area_code=factories.COMMUNITY,
               data={"path": path, "reads": reads})  # fmt: skip
    said = see(client, HISTORY, action="refused")
    assert f"被拒绝：看{words}{path}" in said and f"被拒绝：办理{words}{path}" in said and "GET" not in said
    table = client.get(HISTORY, {"format": "csv", "action": "refused"}).content.decode("utf-8-sig")
    assert f"被拒绝：办理{words} {path}" in table


def test_every_office_address_has_words() -> None:
    """A page that is added needs its name here too."""
    for row in get_resolver().url_patterns:
        for pattern in getattr(row, "url_patterns", [row]):
            path = str(pattern.pattern)
            if path.startswith("office/"):
                assert page_words("/" + path.replace("<str:code>", "11010700303701")) != "没有的网页", path


def test_export_is_csv_without_formulas_and_is_recorded(client: Client, home: Compound) -> None:
    record("draft.save", "=cmd|' /C calc'!A0", actor=None, at=NOW, area_code=home.area_code)
    response = client.get(HISTORY, {"format": "csv", "action": "draft."})
    assert response["Content-Type"].startswith("text/csv") and "attachment" in response["Content-Disposition"]
    text = response.content.decode("utf-8-sig")
    assert text.startswith("时间,谁,身份,小区,做了什么,来自\r\n")
    assert "'=cmd|" in text and ",=cmd" not in text and "第7号" not in text
    assert "2026-11-05 09:30:00" in text
    assert Entry.objects.filter(action="history.export").count() == 1


def test_queries_do_not_grow_with_entries(client: Client, home: Compound) -> None:
    with CaptureQueriesContext(connection) as few:
        see(client, HISTORY)
    for n in range(5):
        record("voucher.post", f"第{n}号", actor=factories.user(), at=NOW, area_code=home.area_code)
    with CaptureQueriesContext(connection) as many:
        see(client, HISTORY)
    assert len(few) == len(many) <= 20


def test_every_kind_of_act_can_be_chosen() -> None:
    """Read from the code: what ``record`` is called with begins like one of the choices."""
    code = [
        path.read_text() for app in ("core", "compounds", "fees") for path in Path(settings.BASE_DIR, app).rglob("*.py")
    ]
    acts = {act for text in code for act in re.findall(r'record\(\s*f?"([a-z_]+\.?)', text)}
    lacking = {act for act in acts if not act.startswith(tuple(key for key, _ in ACTIONS))}
    assert len(acts) > 15 and lacking == set()


def test_acts_on_ballots_lead_to_the_ballot(client: Client, home: Compound) -> None:
    """Also those on papers and objections; never one that lies elsewhere."""
    made = balloting.issuing(home)
    printed = balloting.printed(made)[0]
    wu = factories.user(name="周佳")
    record("paper.print", "补印选票", actor=wu, at=NOW, area_code=home.area_code, subject=printed)
    document = made.moves.earliest("seq").document
    assert document is not None
    said = Objecting("名册少了我家", NOW.date())
    take_objection(home, document, said, answer_days=5, actor=wu, at=NOW)
    html = client.get(HISTORY).content.decode()
    for what in ("补印选票", "收到对《公告》的异议", "锁定名册，开始发票"):
        assert re.search(rf'<a href="{CODE}ballots/1/">[^<]*{what}', html), what
    assert "<a" not in html.partition("复核并记账：第7号")[0].rpartition("<td")[2]
    away = factories.compound(f"{factories.OTHER_COMMUNITY}01", "古城一院（演示）")
    record("ballot.export", "导出名册", actor=wu, at=NOW, area_code=home.area_code, subject=balloting.ballot(away))
    html = client.get(HISTORY).content.decode()
    assert "<a" in html and "<a" not in html.partition("导出名册")[0].rpartition("<td")[2]
