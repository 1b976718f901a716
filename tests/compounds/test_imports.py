"""A register workbook is read word for word, and every fault is named by its cell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from compounds.choices import AreaLevel, AreaSource, Tenure, Use
from compounds.imports import (
    COMPOUNDS,
    DWELLINGS,
    RegisterFile,
    read_areas,
    read_register,
    register_report,
    register_template,
)
from compounds.models import Area, Compound
from compounds.operations import AreaRow, preview_register
from compounds.rules import Address
from core.spreadsheets import Table, WorkbookRefused, write_workbook

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 5, 1, 30, tzinfo=UTC)
COMMUNITY = "110107003024"
HEADINGS = [column.heading for column in DWELLINGS.columns[:-1]]


@pytest.fixture
def community() -> Area:
    return Area.objects.create(code=COMMUNITY, name="八角南里社区", level=AreaLevel.COMMUNITY)


def row(**cells: object) -> list[object]:
    """Return a good row with some cells changed; None empties one."""
    usual: dict[str, object] = {"小区": "槐荫里", "楼号": "3", "单元": "2", "房号": "501", "建筑面积": Decimal("61.20")}
    told = {**usual, **cells}
    return [told.get(heading) for heading in HEADINGS]


def workbook(
    *rows: list[object], headings: list[str] | None = None, compounds: list[list[object]] | None = None
) -> bytes:
    tables = [Table("房屋", headings or HEADINGS, rows)]
    if compounds is not None:
        tables.append(Table("小区", [column.heading for column in COMPOUNDS.columns], compounds))
    return write_workbook(tables)


def errors(file: RegisterFile) -> list[tuple[str, str]]:
    return [(error.sheet, error.cell) for error in file.errors]


def test_the_headings_are_the_contracts() -> None:
    assert HEADINGS == [
        "小区", "楼号", "单元", "房号", "建筑面积", "面积来源", "房屋性质", "用途", "参加表决", "产权人", "产权人电话", "共有人",
        "户代表", "户代表电话", "产权单位", "空置", "户代表是",
    ]  # fmt: skip
    assert [c.heading for c in DWELLINGS.columns if c.needed] == ["小区", "楼号", "房号", "建筑面积"]
    assert [c.heading for c in COMPOUNDS.columns] == ["小区", "地址", "建成年份", "备注"]


def test_a_full_row_is_read(community: Area) -> None:
    full = row(
        楼号="3号楼", 单元="2门", 房号=501, 面积来源="售房单位台账", 房屋性质="未售公房", 用途="商业", 参加表决="否",
        产权人="阿不都·热合曼", 产权人电话="+86 138-0000-1234", 共有人="张三、李四 王五", 户代表="赵𠮷",
        户代表电话=13900001111, 产权单位="某某厂", 空置="是",
    )  # fmt: skip
    file = read_register(workbook(full, compounds=[["槐荫里", "八角南路1号", 1983, "六栋"]]), community)

    assert errors(file) == []
    assert file.warnings == ()
    (compound,) = file.register.compounds
    assert (compound.address, compound.built_year, compound.note, compound.code) == ("八角南路1号", 1983, "六栋", "")
    (read,) = file.register.dwellings
    assert read.address == Address("3", "2", "501")
    assert read.area == Decimal("61.2000")
    assert (read.area_source, read.tenure, read.use) == (AreaSource.UNIT_LEDGER, Tenure.UNSOLD_PUBLIC, Use.SHOP)
    assert (read.votes, read.vacant, read.property_unit) == (False, True, "某某厂")
    assert (read.owner, read.owner_phone, read.co_owners) == ("阿不都·热合曼", "13800001234", ("张三", "李四", "王五"))
    assert (read.representative, read.representative_phone) == ("赵𠮷", "13900001111")


def test_the_order_of_columns_is_free_and_optional_ones_may_be_missing(community: Area) -> None:
    content = workbook([Decimal("61.2"), "501", "3", "槐荫里"], headings=["建筑面积", "房号", "楼号", "小区"])
    (read,) = read_register(content, community).register.dwellings

    assert (read.address, read.owner, read.use, read.votes) == (Address("3", "", "501"), "", None, None)


@pytest.mark.parametrize(
    ("cells", "cell", "word"),
    [
        ({"小区": None}, "A2", "小区没有填"),
        ({"小区": "院" * 61}, "A2", "太长"),
        ({"小区": "11010700302455"}, "A2", "没有编号"),
        ({"楼号": None}, "B2", "楼号没有填"),
        ({"楼号": date(2026, 3, 2)}, "B2", "变成了日期"),
        ({"楼号": "3-2"}, "B2", "横线"),
        ({"房号": "  "}, "D2", "房号没有填"),
        ({"房号": "3-2-501"}, "D2", "横线"),
        ({"房号": "室" * 21}, "D2", "太长"),
        ({"建筑面积": None}, "E2", "没有填"),
        ({"建筑面积": "61.2o"}, "E2", "字母o"),
        ({"建筑面积": 0}, "E2", "大于0"),
        ({"建筑面积": "-61.2"}, "E2", "大于0"),
        ({"建筑面积": "61.23456"}, "E2", "小数"),
        ({"建筑面积": "1000.01"}, "E2", "超过1,000平方米"),
        ({"建筑面积": "1500", "用途": "住宅"}, "E2", "超过1,000平方米"),
        ({"建筑面积": "100000000", "用途": "商业"}, "E2", "太大"),
        ({"面积来源": "猜的"}, "F2", "产权登记、测绘"),
        ({"房屋性质": "私房"}, "G2", "房改房"),
        ({"用途": "办公"}, "H2", "车库"),
        ({"参加表决": "不"}, "I2", "是或否"),
        ({"空置": 1}, "P2", "是或否"),
        ({"产权人": None, "产权人电话": "13800001234"}, "J2", "没有填"),
        ({"产权人": None, "共有人": "张三"}, "J2", "没有填"),
        ({"产权人": "张三", "产权人电话": "问他儿子"}, "K2", "看不懂"),
        ({"产权人": "张三", "产权人电话": "13800001234x"}, "K2", "看不懂"),
        ({"产权人": "张\n三"}, "J2", "换行"),
        ({"户代表": "赵" * 41}, "M2", "太长"),
        ({"户代表": "赵一、赵二"}, "M2", "只有一位"),
        ({"产权单位": "厂" * 81}, "O2", "太长"),
    ],
)
def test_faults_are_named_by_their_cell(community: Area, cells: dict[str, object], cell: str, word: str) -> None:
    file = read_register(workbook(row(**cells)), community)

    assert errors(file) == [("房屋", cell)]
    assert word in file.errors[0].reason
    assert file.rows == 1
    assert file.register.dwellings == ()


def test_three_bad_rows_of_many_and_all_faults_of_a_row(community: Area) -> None:
    rows = [row(房号=str(100 + n)) for n in range(200)]
    rows[98] = row(房号="198", 建筑面积="x", 用途="y", 空置="z")
    rows[150] = row(房号="250", 建筑面积=None)
    file = read_register(workbook(*rows), community)

    assert errors(file) == [("房屋", "H100"), ("房屋", "E100"), ("房屋", "P100"), ("房屋", "E152")]
    assert (file.rows, len(file.register.dwellings)) == (200, 198)


def test_larger_areas_are_let_in_where_the_use_says_so(community: Area) -> None:
    file = read_register(workbook(row(建筑面积="1000"), row(房号="1", 建筑面积="1500.5", 用途="商业")), community)

    assert errors(file) == []


def test_a_row_equal_to_an_earlier_one_is_an_error_and_so_is_the_same_dwelling(community: Area) -> None:
    file = read_register(
        workbook(row(), row(房号="502"), row(), row(楼号="3号楼", 单元="2单元", 建筑面积="70")), community
    )

    assert errors(file) == [("房屋", "D4"), ("房屋", "D5")]
    assert "第2行和这一行完全相同" in file.errors[0].reason
    assert "第2行已经有3-2-501" in file.errors[1].reason


def test_one_phone_under_two_names_is_a_warning_without_the_phone(community: Area) -> None:
    file = read_register(
        workbook(
            row(产权人="王秀兰", 产权人电话="13800001234"),
            row(房号="502", 产权人="张三", 产权人电话="138 0000 1234"),
            row(房号="503", 产权人="李四", 产权人电话="13800001234"),
            row(房号="504", 产权人="王秀兰", 产权人电话="13800001234", 户代表="王秀兰", 户代表电话="13800001234"),
        ),
        community,
    )

    assert errors(file) == []
    assert [(w.sheet, w.cell) for w in file.warnings] == [("房屋", "K3")]
    assert "138****1234" in file.warnings[0].reason
    assert "K2" in file.warnings[0].reason
    assert "13800001234" not in file.warnings[0].reason
    assert "王秀兰" not in file.warnings[0].reason


def test_a_compound_is_named_by_name_or_by_code(community: Area) -> None:
    code = COMMUNITY + "07"
    Compound.objects.create(code=code, area_code=code, name="槐荫里", created_at=AT)
    file = read_register(workbook(row(), row(小区=code, 房号="502"), row(小区=int(code), 房号="503")), community)

    assert errors(file) == []
    assert [(c.code, c.name) for c in file.register.compounds] == [(code, "槐荫里")]
    assert {d.compound for d in file.register.dwellings} == {code}
    # The same dwelling under name and code is one.
    twice = read_register(workbook(row(), row(小区=code)), community)
    assert errors(twice) == [("房屋", "D3")]


def test_without_a_community_only_codes_say_which(community: Area) -> None:
    code = COMMUNITY + "07"
    Compound.objects.create(code=code, area_code=code, name="槐荫里", created_at=AT)

    assert errors(read_register(workbook(row(小区=code)), None)) == []
    refused = read_register(workbook(row(), row(房号="502")), None)
    assert errors(refused) == [("房屋", "A2")]
    assert "14位编号" in refused.errors[0].reason


def test_a_compound_of_another_community_is_refused(community: Area) -> None:
    other = Area.objects.create(code="110107003025", name="八角北里社区", level=AreaLevel.COMMUNITY)
    code = COMMUNITY + "07"
    Compound.objects.create(code=code, area_code=code, name="槐荫里", created_at=AT)
    file = read_register(workbook(row(小区=code)), other)

    assert errors(file) == [("房屋", "A2")]
    assert "八角北里社区没有编号" in file.errors[0].reason


def test_faults_in_the_sheet_of_compounds(community: Area) -> None:
    file = read_register(
        workbook(
            row(),
            compounds=[
                ["槐荫里", "路", "1983年", ""],
                ["槐荫里", "", "", ""],
                ["新院", "", "83", ""],
                ["", "地", "", ""],
            ],
        ),
        community,
    )

    assert errors(file) == [("小区", "A3"), ("小区", "C4"), ("小区", "A5")]
    assert [(c.name, c.built_year) for c in file.register.compounds] == [("槐荫里", 1983), ("新院", None)]


def test_the_report_has_the_keys_of_the_contract(community: Area) -> None:
    file = read_register(
        workbook(row(产权人="张伟", 产权人电话="13800001234"), row(房号="502", 产权人="张伟"), row(小区="新院")),
        community,
    )
    report = register_report(file, preview_register(file.register))

    assert {k: report[k] for k in ("rows", "new", "changed", "unchanged", "errors", "warnings")} == {
        "rows": 3, "new": 3, "changed": 0, "unchanged": 0, "errors": [], "warnings": [],
    }  # fmt: skip
    assert report["compounds"] == [
        {"name": "槐荫里", "code": COMMUNITY + "01"},
        {"name": "新院", "code": COMMUNITY + "02"},
    ]
    assert report["to_confirm"] == [
        {
            "name": "张伟",
            "community": COMMUNITY,
            "owners": [
                {"phone": "138****1234", "dwellings": ["槐荫里 3-2-501"]},
                {"phone": "", "dwellings": ["槐荫里 3-2-502"]},
            ],
        }
    ]


def test_the_template_is_a_workbook_that_reads(community: Area) -> None:
    file = read_register(register_template(), community)

    assert (errors(file), file.rows, file.warnings) == ([], 1, ())


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "空的"), (b"a,b\n1,2\n", "xlsx"), (workbook(row(), headings=[*HEADINGS[:-1], "空闲"]), '"空闲"')],
)
def test_what_is_no_register_is_refused_whole(community: Area, content: bytes, word: str) -> None:
    with pytest.raises(WorkbookRefused) as caught:
        read_register(content, community)
    assert word in caught.value.errors[0].reason


# --- Areas -------------------------------------------------------------------------------------------------------

HEAD = "street_code,street_name,community_code,community_name"


def test_areas_are_read_with_or_without_a_mark_in_any_order_of_columns() -> None:
    line = "110107003,八角街道,110107003024,八角南里社区"
    expected = [AreaRow("110107003", "八角街道", "110107003024", "八角南里社区")]

    assert read_areas(f"{HEAD}\n{line}\n".encode()) == expected
    assert read_areas(f"\ufeff{HEAD}\r\n{line}\r\n".encode()) == expected
    turned = "community_name,community_code,street_name,street_code\n八角南里社区,110107003024,八角街道, 110107003 \n"
    assert read_areas(turned.encode()) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HEAD.encode(),
        f"{HEAD}\n110107003,八角街道,110107003024,八角南里社区\n".encode("gb18030"),
        b"a,b\n1,2\n",
        f"{HEAD},more\n1,2,3,4,5\n".encode(),
        f"{HEAD}\n1,2,3,4,5\n".encode(),
        f"{HEAD}\n1,a\x00b,3,4\n".encode(),
        f'{HEAD}\n1,"2,3,4\n'.encode(),
        b"PK\x03\x04\xff\xfe",
    ],
)
def test_what_is_no_list_of_areas_is_refused(content: bytes) -> None:
    with pytest.raises(WorkbookRefused):
        read_areas(content)
