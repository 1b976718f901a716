"""What stands beside the books and what auditors said hangs with the ledger, in every format."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest

from compounds.choices import Role
from compounds.models import Compound
from core.operations import machine, read_bytes
from fees.documents import read_ledger
from fees.models import Ledger, Period
from fees.operations import MemoData, approve_period, give_opinion, issue_ledger, note_memo
from fees.operations import issuing as issuing_module
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)
D = Decimal


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.some_month(made)
    factories.post(made, [factories.data(made, date(2026, 10, 6), "401", "80.00", summary="门禁卡押金")])
    keeper = factories.people(made)[0]
    day = date(2026, 10, 20)
    for data in (
        MemoData("unpaid", day, D("200.00"), "10月消杀费", party="王建国", service_line="greening"),
        MemoData("arrears", day, D("660.00"), "10月物业服务费", households=9),
        MemoData("prepaid", day, D("240.00"), "预交2027年1月至6月"),
        MemoData("outside", day, D("6000.00"), "付给保洁公司", party="八角街道办事处", source="government", service_line="greening"),
    ):  # fmt: skip
        note_memo(made, data, actor=keeper, at=AT)
    return made


def issue(home: Compound) -> Ledger:
    return issue_ledger(home, OCTOBER, actor=machine("system"), at=AT)[0]


def test_memo_and_opinions_hang_in_every_format(home: Compound, quick_pdf: object) -> None:
    period = factories.prepared(home)
    give_opinion(period, "opinion", "消杀没有合同", actor=factories.user(Role.AUDITOR, home.code, "陈志远"), at=AT)
    give_opinion(period, "read", "", actor=factories.user(Role.AUDITOR, home.code, "孙桂芳"), at=AT)
    approve_period(period, actor=machine("system-2"), at=AT, note="11月补签")
    row = issue(home)
    files = {
        file.format: read_bytes(file.sha256).decode("utf-8-sig") for file in row.document.files.exclude(format="pdf")
    }
    data = json.loads(files["json"])
    assert data["arrears"] == data["memo"]["arrears"] == {"households": 9, "amount": "660.00"}
    assert data["memo"]["held"] == [{"account": "401", "label": "押金和保证金", "amount": "80.00"}]
    assert data["audit"] == {"read": 1, "opinions": [{"text": "消杀没有合同", "answer": "11月补签"}]}
    shown = read_ledger(row.document.data)
    assert shown.memo is not None and shown.memo.outside == D("6000.00") and shown.audit.read == 1
    sheet = "".join(files["html"].split())
    assert "居民应交未交9户，共660.00元；到期未付200.00元" in sheet
    assert "有240.00元是预交以后月份的钱" in sheet
    assert "不经本账：八角街道办事处，付给保洁公司，6,000.00元" in sheet
    assert "1人次看过，签了已阅" in sheet and "意见：消杀没有合同<br/>主任答复：11月补签" in sheet
    table = {line[3]: line for line in csv.reader(io.StringIO(files["csv"])) if line[0] == "往来和账外"}
    assert (table["居民应交未交"][5], table["居民应交未交"][10]) == ("9户", "660.00")
    assert table["账外投入"][10] == "6000.00"
    for name in ("王建国", "陈志远", "孙桂芳"):
        assert all(name not in text for text in files.values()), name


def test_nothing_noted_is_said_and_not_shown_as_nothing(quick_pdf: object) -> None:
    bare = factories.compound(f"{factories.COMMUNITY}02", "没记院（演示）")
    row = factories.issued(bare)
    data = json.loads(row.document.data)
    assert data["arrears"] == {"households": None, "amount": None} and data["memo"]["unpaid"]["amount"] is None
    sheet = read_bytes(row.document.files.get(format="html").sha256).decode()
    assert "没有登记，没有数" in sheet and "监督小组</h2>" not in sheet


def test_an_opinion_given_while_the_sheet_is_set_hangs_too(home: Compound, quick_pdf: object) -> None:
    factories.close(home)
    auditor = factories.user(Role.AUDITOR, home.code)
    made = issuing_module._new_document
    said = []

    def slow(*args: object) -> object:
        if not said:
            said.append(give_opinion(Period.objects.get(), "read", "", actor=auditor, at=AT + timedelta(minutes=1)))
        return made(*args)  # type: ignore[arg-type]

    with patch.object(issuing_module, "_new_document", slow):
        row = issue(home)
    assert json.loads(row.document.data)["audit"]["read"] == 1
    assert Ledger.objects.count() == 1
