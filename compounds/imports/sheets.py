"""The register's workbook as it is handed out: the empty template, and the export that the import reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from compounds.choices import AreaSource, RepresentativeKind, Tenure, Use
from compounds.documents.exports import RegisterSheet
from compounds.imports.register import COMPOUNDS, DWELLINGS, HEADINGS, MASKED_FILE
from core.spreadsheets import Table, csv_bytes, write_workbook

YES_NO = ("是", "否")
CHOICES: dict[str, Sequence[str]] = {
    "面积来源": AreaSource.labels,
    "房屋性质": Tenure.labels,
    "用途": Use.labels,
    "参加表决": YES_NO,
    "空置": YES_NO,
    "户代表是": RepresentativeKind.labels,
}
HINTS = {
    "小区": "小区名称，或14位编号。",
    "楼号": "3、甲3或平房。",
    "单元": "2；没有单元就空着。",
    "房号": "501。",
    "建筑面积": "平方米，最多四位小数。",
    "产权人": "代表表决的那一位。",
    "产权人电话": "一个号码。同一人有几套房，姓名和电话要都相同。",
    "共有人": "有几位的，用顿号隔开。",
    "产权单位": "没有就空着。",
}
WIDTHS = (22, 8, 8, 10, 12, 14, 12, 10, 10, 14, 18, 18, 14, 18, 22, 8, 10)
NOTES = (
    "房屋表一行一户。小区、楼号、房号、建筑面积必须填，其他可以空着。",
    "小区填名称，或填14位编号。楼号填3、甲3或平房；单元填2，没有单元就空着；房号填501。",
    f"面积来源：{'、'.join(AreaSource.labels)}。不填按居民自报。",
    f"房屋性质：{'、'.join(Tenure.labels)}。不填按房改房。",
    f"用途：{'、'.join(Use.labels)}。不填按住宅。住宅超过1,000平方米的请核对。",
    "参加表决填是或否；不填时住宅、商业参加，车库、地下室不参加。",
    "一人有几套房的，产权人和电话都相同才算同一个人；只有姓名相同的，会列出来请您确认。",
    "共有人有几位的，用顿号隔开。产权人是代表表决的那一位。",
    f"户代表是：{'、'.join(RepresentativeKind.labels)}，可以不填。",
    "再导入一次时，空着的格不会改动已有的内容。",
    "小区表可以不填，用来补地址、建成年份、备注。",
)


def register_table(rows: Iterable[Sequence[object]]) -> Table:
    """Return the sheet 房屋 with its lists to choose from and hints."""
    return Table(DWELLINGS.name, HEADINGS, rows, WIDTHS, CHOICES, HINTS)


def compounds_table(rows: Iterable[Sequence[object]]) -> Table:
    """Return the sheet 小区."""
    return Table(COMPOUNDS.name, [column.heading for column in COMPOUNDS.columns], rows, (22, 30, 12, 40))


def register_template() -> bytes:
    """Return the empty register workbook: headings, one example row, lists to choose from, and notes."""
    example: Sequence[object] = (
        "槐荫里小区（演示）", "3", "2", "501", Decimal("61.20"), "产权登记", "房改房", "住宅", "是",
        "张三", "010-68000000", "", "张三", "010-68000000", "某某厂（演示）", "否", "产权人",
    )  # fmt: skip
    return write_workbook([register_table([example]), compounds_table([])], ("示例行请删掉。", *NOTES))


def register_workbook(sheet: RegisterSheet) -> bytes:
    """Return the workbook that the import reads; a masked one says on its notes that it is none."""
    notes = (MASKED_FILE,) if sheet.masked else NOTES
    return write_workbook([register_table(sheet.dwellings), compounds_table(sheet.compounds)], notes)


def register_csv(sheet: RegisterSheet) -> bytes:
    """Return the sheet 房屋 as CSV."""
    return csv_bytes([HEADINGS, *sheet.dwellings])
