"""Pages beside the books: noted and taken away by the bookkeeper, read by everyone else in scope."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from compounds.choices import Role
from compounds.models import Compound
from fees.models import MemoEntry
from tests import factories
from tests.portal.office import CODE, browser, see, send, valid, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november")]
MEMO = f"{CODE}memo/"


TYPED = {
    "on": "10-25",
    "amount": "5,200",
    "party": "和顺里物业（演示）",
    "text": "10月秩序维护费",
    "service_line": "security",
}


def test_a_line_is_noted_with_its_paper_and_paid_off(home: Compound, keeper: Client) -> None:
    assert "还没有登记" in see(keeper, MEMO)
    photo = SimpleUploadedFile("合同.png", factories.picture("olive"))
    said = words(valid(keeper.post(f"{MEMO}unpaid/", {**TYPED, "amount": "12o0", "file": photo})))
    assert "金额看不懂" in said and "已经附上：合同.png" in said
    kept = {"attachment": str(MemoEntry._meta.get_field("attachment").related_model.objects.get().pk)}
    said = words(valid(send(keeper, f"{MEMO}unpaid/", **TYPED, **kept)))
    assert "到期未付记上了" in said and "5,200.00" in said and "看凭据" in said
    entry = MemoEntry.objects.get()
    assert entry.attachment is not None and (str(entry.amount), entry.service_line) == ("5200.00", "security")
    page = f"{MEMO}unpaid/{entry.pk}/"
    assert 'value="5200.00"' in valid(keeper.get(page))
    said = words(valid(send(keeper, page, on="11-4", amount="5200.01", text="付了")))
    assert "只剩5,200.00元" in said
    send(keeper, page, on="11-4", amount="5000", text="第231号凭证付的")
    said = see(keeper, MEMO)
    assert "2026年11月4日销去5,000.00：第231号凭证付的（吴丽）" in said and "200.00" in said
    assert "5,200.005,200.00" in see(keeper, MEMO, month="2026-10"), "as of the month's end"
    assert "200.00元" in see(keeper, CODE), "the overview"


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("outside", {**TYPED, "source": ""}, "请选是哪一处出的"),
        ("outside", {**TYPED, "source": "government", "party": ""}, "单位名称没有填"),
        ("arrears", {**TYPED, "households": ""}, "户数没有填"),
        ("arrears", {**TYPED, "households": "三户"}, "户数请填整数"),
        ("prepaid", {**TYPED, "on": "11-6"}, "日期不能晚于今天"),
        ("unpaid", {**TYPED, "text": ""}, "内容没有填"),
        ("unpaid", {**TYPED, "on": "2026-09-01"}, "账从2026年10月记起"),
    ],
)
def test_bad_input_is_told_at_its_place(
    home: Compound, keeper: Client, kind: str, data: dict[str, str], said: str
) -> None:
    html = valid(keeper.post(f"{MEMO}{kind}/", data))
    assert said in words(html) and data["amount"] in html
    assert not MemoEntry.objects.exists()


def test_what_is_no_photograph_is_refused(home: Compound, keeper: Client) -> None:
    svg = io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    svg.name = "bill.svg"
    html = valid(keeper.post(f"{MEMO}unpaid/", {**TYPED, "file": svg}))
    assert "10月秩序维护费" in html and 'class="error"' in html
    assert not MemoEntry.objects.exists()


def test_households_have_no_name_field(home: Compound, keeper: Client) -> None:
    for kind in ("arrears", "prepaid"):
        assert 'name="party"' not in valid(keeper.get(f"{MEMO}{kind}/"))
    send(keeper, f"{MEMO}arrears/", **TYPED, households="3")
    assert MemoEntry.objects.get().party == ""


def test_others_only_read(home: Compound) -> None:
    for role in (Role.COMMITTEE_CASHIER, Role.COMMITTEE_HEAD, Role.AUDITOR, Role.STREET_STAFF):
        client = browser(factories.user(role, home.code))
        assert "记一笔" not in see(client, MEMO)
        assert client.post(f"{MEMO}unpaid/", TYPED).status_code == 403
    assert not MemoEntry.objects.exists()


def test_what_does_not_exist_is_not_there(home: Compound, keeper: Client) -> None:
    for url in ("nothing/", "unpaid/0/", "unpaid/999/", "arrears/0/"):
        assert keeper.get(f"{MEMO}{url}").status_code == 404, url
    assert keeper.get(f"{MEMO}?month=2026").status_code == 404
