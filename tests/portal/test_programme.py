"""The programme board: its rows, its tabs and filters, its drawings, its workbook; the same queries for 40 and 400."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest
import xlsxwriter
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compounds.choices import Role, StageAct
from compounds.models import Area, Compound, StagePlan, StageRecord
from core.operations import machine
from core.spreadsheets import read_grid
from portal.documents import programme as documents
from portal.documents.comparing import comparison, funnel, goods
from portal.documents.programme import ProgrammeRow, board_of, months_left, ordered, programme_rows
from tests import factories
from tests.factories import AT, COMMUNITY, OTHER_COMMUNITY
from tests.portal.office import browser, see, valid

pytestmark = pytest.mark.django_db

TODAY = factories.today()
URL = "/office/programme/"


def confirm(home: Compound, *numbers: int, days_ago: int = 0) -> None:
    for number in numbers:
        StageRecord.objects.create(
            compound=home, stage_id=number, seq=1, act=StageAct.CONFIRMED, by=machine("system-2"),
            previous_by=machine("system"), at=AT - timedelta(days=days_ago),
        )  # fmt: skip


def rows_of(on: date = TODAY) -> list[ProgrammeRow]:
    names = dict(Area.objects.values_list("code", "name"))
    return programme_rows(Compound.objects.all(), names, on)


@pytest.fixture
def town() -> dict[str, Compound]:
    """A new compound, one late in step 2, one in operation without books, one in another street."""
    made = {
        "new": factories.compound(f"{COMMUNITY}01", "槐荫里小区（演示）"),
        "late": factories.compound(f"{COMMUNITY}02", "春和院（演示）", households=3),
        "running": factories.compound(f"{COMMUNITY}03", "安平里（演示）", households=2),
        "other": factories.compound(f"{OTHER_COMMUNITY}01", "古一院（演示）"),
    }
    confirm(made["late"], 1, days_ago=80)
    confirm(made["running"], *range(1, 9))
    return made


@pytest.fixture
def street() -> Client:
    return browser(factories.user(Role.STREET_STAFF, factories.STREET, "李敏"))


def test_a_row_says_step_days_and_who(town: dict[str, Compound]) -> None:
    factories.user(Role.COMMUNITY_CLERK, COMMUNITY, "赵录入")
    row = rows_of()[1]
    assert (row.at.compound, row.street, row.community, row.households) == (
        town["late"],
        "八角街道",
        "八角南里社区",
        3,
    )
    assert (row.days_words, row.is_late, row.state) == ("80/56", True, "late")
    assert row.at.pusher == "赵录入" and row.last_moved == TODAY - timedelta(days=80)
    present = row.line.present
    assert present is not None and (present.name, present.word, present.tone) == ("调查摸底", "超期24天", "late")
    assert row.line.cells[0].month == f"{TODAY - timedelta(days=80):%y.%m}"


def test_the_most_overdue_stand_first_and_places_together(town: dict[str, Compound]) -> None:
    StagePlan.objects.create(compound=town["other"], stage_id=1, ends_on=TODAY - timedelta(days=90))
    late = [row.at.compound for row in ordered(rows_of(), "late")]
    assert late[:2] == [town["other"], town["late"]]
    assert [row.at.compound.area_code for row in ordered(rows_of(), "place")] == sorted(
        home.area_code for home in town.values()
    )


def test_posting_is_there_or_not_due_or_late_and_only_with_books(town: dict[str, Compound]) -> None:
    home = town["new"]
    assert {row.posting for row in rows_of()} == {""}
    factories.open_with(home, date(2026, 9, 30), {"service": {"bank": "9000.00"}})
    assert rows_of()[0].posting == "无", "October's ledger may come until the 10th"
    assert rows_of(date(2026, 11, 11))[0].posting == "超期"
    factories.issued(home, date(2026, 10, 1))
    row = rows_of(date(2026, 11, 11))[0]
    assert (row.posting, row.posted_in_time) == ("有", True)
    # Books that begin in November owe nothing for October.
    factories.open_with(town["late"], date(2026, 10, 31), {"service": {"bank": "1.00"}})
    assert rows_of(date(2026, 11, 11))[1].posting == ""


def test_months_left_are_the_balance_by_what_closed_months_cost(town: dict[str, Compound]) -> None:
    home = town["new"]
    factories.open_with(home, date(2026, 8, 31), {"service": {"bank": "9000.00"}})
    for month in (date(2026, 9, 1), date(2026, 10, 1)):
        factories.some_month(home, month)
    assert rows_of()[0].months_left is None, "nothing is approved yet"
    factories.close(home, date(2026, 9, 1))
    # 9,000.00 + 3,412.50 + 6,480.00 − 5,200.00 = 13,692.50; by 5,200.00 a month
    assert rows_of()[0].months_left == Decimal("2.6")
    factories.close(home, date(2026, 10, 1))
    # + 4,692.50 = 18,385.00
    assert rows_of()[0].months_left == Decimal("3.5")
    assert months_left([town["late"].pk], date(2026, 10, 1)) == {}


def test_the_board_shows_the_scope_only(town: dict[str, Compound], street: Client) -> None:
    html = valid(street.get(URL))
    assert "安平里" in html and "古一院" not in html
    text = see(street, URL)
    assert "3个小区" in text and "超期1个" in text and "超期" in text and "运行" in text
    district = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    text = see(district, URL)
    assert "古城街道古城路" in text and "八角街道八角南里" in text


def test_filters_narrow_by_area_step_state_person_and_text(town: dict[str, Compound]) -> None:
    clerk = factories.user(Role.COMMUNITY_CLERK, OTHER_COMMUNITY, "钱录入")
    district = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))

    def names(**query: object) -> set[str]:
        html = valid(district.get(URL, query))
        return {key for key, home in town.items() if home.name in html}

    assert names() == set(town) == names(view="list")
    assert names(area=factories.STREET) == {"new", "late", "running"}
    assert names(area=OTHER_COMMUNITY) == {"other"}
    assert names(step=2) == {"late"} and names(step=9) == {"running"}
    assert names(state="late") == {"late"}
    assert names(state="operation") == {"running"}
    assert names(q="春和") == {"late"}
    html = valid(district.get(URL))
    key = html.partition(f">{clerk.name}<")[0].rpartition('value="')[2].rstrip('"')
    assert names(who=key) == {"other"} and clerk.name not in key
    assert "没有这样的小区" in valid(district.get(URL, {"q": "没有"}))
    assert "没有这一步" in valid(district.get(URL, {"step": "77"}))
    assert names(order="late", view="list") == set(town)


def test_the_list_says_what_comes_later(town: dict[str, Compound], street: Client) -> None:
    text = see(street, URL, view="list")
    assert "以后的模块才有" in text and "收缴率" in text and "房屋表里没有一套房改房" not in text.partition("卡在哪")[0]


def test_the_funnel_and_the_comparison_add_up(town: dict[str, Compound]) -> None:
    rows = rows_of()
    found = funnel(rows)
    assert [row.reached for row in found] == [4, 2, 1, 1, 1, 1, 1, 1, 1]
    assert [row.here for row in found] == [2, 1, 0, 0, 0, 0, 0, 0, 1]
    streets = comparison(rows, dict(Area.objects.values_list("code", "name")), 9)
    assert [row.name for row in streets] == ["八角街道", "古城街道", "合计"]
    *parts, total = streets
    for index in range(9):
        assert sum(row.here[index] for row in parts) == total.here[index] == found[index].here
    assert (parts[0].days, parts[0].late) == (Decimal("40"), 2)
    assert comparison([], {}, 9) == []


def test_the_five_goods_say_which_are_not_kept_yet(town: dict[str, Compound], street: Client) -> None:
    kept = {good.name: good.have for good in goods(rows_of()) if good.have is not None}
    assert kept["组织建设好"] == 1
    assert {good.name for good in goods(rows_of()) if good.have is None} == {"服务效果好", "单位协调好", "解决问题好"}
    text = see(street, f"{URL}overview/")
    assert "走到哪一步" in text and "服务效果好" in text and "八角南里社区" in text


def test_the_workbook_keeps_names_as_text(town: dict[str, Compound], street: Client) -> None:
    Compound.objects.filter(pk=town["new"].pk).update(name="=1+1院")
    answer = street.get(f"{URL}export.xlsx", {"state": ""})
    head, *lines = [cells for _, cells in read_grid(answer.content)]
    assert head[:5] == ["街道", "社区", "小区", "小区编号", "户数"]
    assert len(lines) == 3 and lines[0][:5] == ["八角街道", "八角南里社区", "=1+1院", f"{COMMUNITY}01", 4]
    assert not formulas(answer.content)


def formulas(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(book.read(name).count(b"<f>") for name in sheets)


def test_control_a_workbook_with_a_formula_is_noticed() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet().write(0, 0, "=1+1")
    assert formulas(out.getvalue()) == 1


def test_the_print_is_a3_across(town: dict[str, Compound], street: Client) -> None:
    from pypdf import PdfReader

    answer = street.get(f"{URL}print.pdf")
    page = PdfReader(io.BytesIO(answer.content)).pages[0]
    assert [round(float(side) / 72 * 25.4) for side in (page.mediabox.width, page.mediabox.height)] == [420, 297]
    text = page.extract_text()
    assert "春和院" in text and "古一院" not in text


def grow(count: int) -> None:
    first = Compound.objects.count() + 1
    for n in range(first, first + count):
        made = factories.compound(f"{COMMUNITY[:-3]}{n // 90 + 100:03d}{n % 90 + 1:02d}", f"第{n}院", households=1)
        confirm(made, *range(1, n % 9 + 1))
        StagePlan.objects.create(compound=made, stage_id=n % 9 + 1, responsible=machine("system"))


def counts(district: Client, url: str = URL) -> list[int]:
    found = []
    for more in (40, 360):
        grow(more)
        district.get(url)
        with CaptureQueriesContext(connection) as asked:
            assert district.get(url).status_code == 200
        found.append(len(asked))
    return found


def test_40_and_400_compounds_take_the_same_queries() -> None:
    district = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    one, other = counts(district)
    assert one == other <= 20


def test_control_a_query_per_compound_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    found = documents._posting

    def asks(at: object, month: date, on: date) -> str:
        Compound.objects.get(pk=at.compound.pk)  # type: ignore[attr-defined]
        return found(at, month, on)  # type: ignore[arg-type]

    monkeypatch.setattr(documents, "_posting", asks)
    district = browser(factories.user(Role.DISTRICT_ADMIN, factories.DISTRICT))
    one, other = counts(district)
    assert other == one + 360


def test_the_drawn_board_keeps_every_row(town: dict[str, Compound]) -> None:
    rows = rows_of()
    drawn = board_of(rows, streets=True)
    assert [row.name for row in drawn.rows] == [row.at.compound.name for row in rows]
    assert drawn.passed == (2, 1, 1, 1, 1, 1, 1, 1) and drawn.after == 1
