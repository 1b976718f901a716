"""The lists that come as files: streets and communities, and the register's workbook with every fault by its cell."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import TextChoices

from compounds.choices import AreaSource, Tenure, Use
from compounds.models import COMPOUND_CODE_LENGTH, Area, Compound
from compounds.operations import AreaRow, CompoundRow, DwellingRow, Register, RegisterOutcome
from compounds.rules import (
    DWELLING_AREA_AT_MOST,
    Address,
    building_label,
    community_of,
    entrance_label,
    room_label,
    type_dwelling,
)
from core.hashing import clean_text
from core.masking import mask_name, mask_phone
from core.money import UNSEEN, NotUnderstood, parse_area, plain_decimal, quoted
from core.spreadsheets import (
    CellError,
    Column,
    Row,
    Sheet,
    Table,
    Value,
    WorkbookRefused,
    read_workbook,
    shortened,
    text_of,
    write_workbook,
)

T = TypeVar("T")

# --- Streets and communities -------------------------------------------------------------------------------------

AREA_COLUMNS = ("street_code", "street_name", "community_code", "community_name")


def read_areas(content: bytes) -> list[AreaRow]:
    """Return the lines of a list of streets and communities (CSV, UTF-8).

    :raises WorkbookRefused: if it is no such list.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError:
        raise WorkbookRefused([CellError("", "", "文件不是UTF-8编码。请另存为UTF-8的CSV再试。")]) from None
    except csv.Error:
        raise WorkbookRefused([CellError("", "", "这不是CSV文件。")]) from None
    if not rows or set(rows[0]) != set(AREA_COLUMNS):
        reason = f"第一行应是{'、'.join(AREA_COLUMNS)}，下面至少一行。"
        raise WorkbookRefused([CellError("", "A1", reason)])
    read, errors = [], []
    for number, row in enumerate(rows, start=2):
        try:
            read.append(AreaRow(*(clean_text((row[column] or "").strip(UNSEEN)) for column in AREA_COLUMNS)))
        except ValueError as problem:
            errors.append(CellError("", f"A{number}", str(problem)))
    if errors:
        raise WorkbookRefused(errors)
    return read


# --- The register ------------------------------------------------------------------------------------------------

DWELLINGS = Sheet(
    "房屋",
    (
        Column("小区", True),
        Column("楼号", True),
        Column("单元"),
        Column("房号", True),
        Column("建筑面积", True),
        Column("面积来源"),
        Column("房屋性质"),
        Column("用途"),
        Column("参加表决"),
        Column("产权人"),
        Column("产权人电话"),
        Column("共有人"),
        Column("户代表"),
        Column("户代表电话"),
        Column("产权单位"),
        Column("空置"),
    ),
)
COMPOUNDS = Sheet("小区", (Column("小区", True), Column("地址"), Column("建成年份"), Column("备注")), required=False)

_LONGEST = {
    "小区": 60,
    "楼号": 20,
    "单元": 20,
    "房号": 20,
    "产权人": 60,
    "户代表": 40,
    "产权单位": 80,
    "地址": 120,
    "备注": 300,
}
_YEARS = range(1900, 2101)
_SEPARATORS = re.compile(r"[、,，;；/\s]+")
_PHONE = re.compile(r"[0-9(+][0-9()+\-/、, 转]{4,29}")
_YES_NO = {"是": True, "否": False}


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """A register workbook as read: what can be imported, and what is wrong or doubtful, by cell."""

    register: Register
    rows: int
    errors: tuple[CellError, ...]
    warnings: tuple[CellError, ...]


@dataclass
class _Reader:
    """Collects faults while the rows are read."""

    community: Area | None
    errors: list[CellError] = field(default_factory=list)
    warnings: list[CellError] = field(default_factory=list)
    compounds: dict[str, CompoundRow] = field(default_factory=dict)
    by_cell: dict[str, CompoundRow | None] = field(default_factory=dict)
    phones: dict[str, tuple[str, str]] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)

    def fault(self, row: Row, heading: str, reason: str) -> None:
        self.errors.append(row.error(heading, reason))

    def text(self, row: Row, heading: str, needed: bool = False) -> str:
        """Return a cell as one line of text, within its column's length; note what is wrong with it."""
        try:
            text = row.text(heading)
        except NotUnderstood as problem:
            self.fault(row, heading, str(problem))
            return ""
        if needed and not text:
            self.fault(row, heading, f"{heading}没有填。")
        if len(text) > _LONGEST.get(heading, 60):
            self.fault(row, heading, f"{heading}太长，最多{_LONGEST.get(heading, 60)}个字。")
            return ""
        return text

    def compound(self, row: Row) -> CompoundRow | None:
        """Return the compound that the row names, by code or by name within the community."""
        text = self.text(row, "小区", needed=True)
        if not text:
            return None
        if text not in self.by_cell:
            found = self._find_compound(text)
            self.by_cell[text] = found if isinstance(found, CompoundRow) else None
            if isinstance(found, CompoundRow):
                self.compounds.setdefault(found.key, found)
            else:
                self.fault(row, "小区", found)
        elif self.by_cell[text] is None:
            # The same fault in every row would hide the others.
            return None
        return self.by_cell[text]

    def _find_compound(self, text: str) -> CompoundRow | str:
        """Return the compound, or the sentence that says why not."""
        if len(text) == COMPOUND_CODE_LENGTH and text.isascii() and text.isdigit():
            compound = Compound.objects.filter(code=text).first()
            if compound is None:
                return f"没有编号{text}的小区。新小区请填名称。"
            if self.community is not None and community_of(compound.area_code) != self.community.code:
                return f"{compound.name}（{text}）不在{self.community.name}。"
            return CompoundRow(community_of(compound.area_code), compound.name, compound.code)
        if self.community is None:
            return "没有指明社区，这里要填小区的14位编号。"
        known = Compound.objects.in_area(self.community.code).filter(name=text).first()
        return CompoundRow(self.community.code, text, known.code if known else "")

    def choice(self, row: Row, heading: str, choices: type[TextChoices]) -> str | None:
        text = self.text(row, heading)
        if not text:
            return None
        for choice in choices:
            if choice.label == text:
                return str(choice.value)
        self.fault(row, heading, f"{heading}{quoted(text)}看不懂。可以填：{'、'.join(choices.labels)}。")
        return None

    def yes_no(self, row: Row, heading: str) -> bool | None:
        text = self.text(row, heading)
        if text and text not in _YES_NO:
            self.fault(row, heading, f"{heading}{quoted(text)}看不懂。请填是或否。")
        return _YES_NO.get(text)

    def area(self, row: Row, use: str | None) -> Decimal | None:
        try:
            area = parse_area(row["建筑面积"])
        except NotUnderstood as problem:
            self.fault(row, "建筑面积", str(problem))
            return None
        if area > DWELLING_AREA_AT_MOST and use in (None, Use.DWELLING):
            shown = plain_decimal(area)
            self.fault(row, "建筑面积", f"住宅{shown}平方米，超过1,000平方米。请核对面积；不是住宅的，请写明用途。")
            return None
        return area

    def phone(self, row: Row, heading: str, name: str) -> str:
        """Return a phone number in one form; a mobile number as bare digits. One phone under two names is doubtful."""
        text = self.text(row, heading)
        if not text:
            return ""
        text = text.translate(_HALF_SIGNS)
        digits = re.sub(r"[^0-9]", "", text).removeprefix("86" if text.startswith(("+86", "86")) else "")
        if not _PHONE.fullmatch(text):
            self.fault(row, heading, f"{heading}{quoted(text)}看不懂。请填一个电话号码，例如13800001234。")
            return ""
        mobile = re.fullmatch(r"1[3-9][0-9]{9}", digits) and not re.search(r"[/、,转]", text)
        phone = digits if mobile else text
        first = self.phones.setdefault(phone, (name, row.cell(heading)))
        if name and first[0] != name and phone not in self.doubtful:
            self.doubtful.add(phone)
            reason = (
                f"电话{mask_phone(phone)}在{first[1]}是{mask_name(first[0])}的，在这里是{mask_name(name)}的。请核对。"
            )
            self.warnings.append(row.error(heading, reason))
        return phone

    def names(self, row: Row, heading: str) -> tuple[str, ...]:
        """Return several names; a line break separates them too."""
        try:
            text = text_of(row[heading], multiline=True)
        except NotUnderstood as problem:
            self.fault(row, heading, str(problem))
            return ()
        names = tuple(name for name in _SEPARATORS.split(text) if name)
        if any(len(name) > 60 for name in names):
            self.fault(row, heading, "每个名字最多60个字，名字之间用顿号隔开。")
            return ()
        return names

    def address(self, row: Row) -> Address | None:
        labels = []
        for heading, make, needed in (
            ("楼号", building_label, True),
            ("单元", entrance_label, False),
            ("房号", room_label, True),
        ):
            label = make(self.text(row, heading, needed))
            if "-" in label:
                self.fault(
                    row, heading, f"{heading}{quoted(label)}里有横线。楼号、单元、房号请分开填，房号只填501这样。"
                )
                label = ""
            labels.append((label, needed))
        if any(needed and not label for label, needed in labels):
            return None
        return Address(*(label for label, _ in labels))

    def dwelling(self, row: Row) -> DwellingRow | None:
        """Return what the row tells, or None where it cannot be taken; all its faults are noted."""
        before = len(self.errors)
        compound = self.compound(row)
        address = self.address(row)
        use = self.choice(row, "用途", Use)
        area = self.area(row, use)
        owner, representative = self.text(row, "产权人"), self.text(row, "户代表")
        co_owners = self.names(row, "共有人")
        if not owner and (co_owners or row["产权人电话"] != ""):
            self.fault(row, "产权人", "产权人没有填，却填了产权人电话或共有人。")
        told: dict[str, Any] = {
            "area_source": self.choice(row, "面积来源", AreaSource),
            "tenure": self.choice(row, "房屋性质", Tenure),
            "votes": self.yes_no(row, "参加表决"),
            "vacant": self.yes_no(row, "空置"),
            "property_unit": self.text(row, "产权单位"),
            "owner_phone": self.phone(row, "产权人电话", owner),
            "representative_phone": self.phone(row, "户代表电话", representative),
        }
        if compound is None or address is None or area is None or len(self.errors) > before:
            return None
        return DwellingRow(
            compound.key,
            address,
            area,
            use=use,
            owner=owner,
            co_owners=co_owners,
            representative=representative,
            **told,
        )


_HALF_SIGNS = {0xFF0D: "-", 0x2014: "-", 0x2013: "-", 0xFF0B: "+", 0xFF08: "(", 0xFF09: ")", 0xFF0C: ","} | {
    0xFF10 + digit: str(digit) for digit in range(10)
}


def read_register(content: bytes, community: Area | None) -> RegisterFile:
    """Read a register workbook; compounds are named within the community, or anywhere by their codes.

    :raises WorkbookRefused: if it is no workbook, or not one with these sheets and headings.
    """
    sheets = read_workbook(content, {"dwellings": DWELLINGS, "compounds": COMPOUNDS})
    reader = _Reader(community)
    dwellings: dict[tuple[str, Address], tuple[Row, DwellingRow]] = {}
    for row in sheets["dwellings"]:
        dwelling = reader.dwelling(row)
        if dwelling is None:
            continue
        first, _ = dwellings.setdefault((dwelling.compound, dwelling.address), (row, dwelling))
        if first is not row:
            where = type_dwelling(dwelling.address.building, dwelling.address.entrance, dwelling.address.room)
            same = "和这一行完全相同" if dict(first.cells) == dict(row.cells) else f"已经有{where}这一户"
            reader.fault(row, "房号", f"第{first.number}行{same}。同一户只留一行。")
    _read_compounds(reader, sheets["compounds"])
    register = Register(tuple(reader.compounds.values()), tuple(dwelling for _, dwelling in dwellings.values()))
    return RegisterFile(register, len(sheets["dwellings"]), tuple(reader.errors), tuple(reader.warnings))


def _read_compounds(reader: _Reader, rows: Iterable[Row]) -> None:
    """Add to the compounds what the sheet 小区 tells of them."""
    seen: dict[str, int] = {}
    for row in rows:
        compound = reader.compound(row)
        year = _built_year(reader, row)
        address, note = reader.text(row, "地址"), reader.text(row, "备注")
        if compound is None:
            continue
        if compound.key in seen:
            reader.fault(row, "小区", f"第{seen[compound.key]}行已经写了这个小区。")
            continue
        seen[compound.key] = row.number
        reader.compounds[compound.key] = replace(
            reader.compounds[compound.key], address=address or None, built_year=year, note=note or None
        )


def _built_year(reader: _Reader, row: Row) -> int | None:
    text = reader.text(row, "建成年份").removesuffix("年")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{4}", text) or int(text) not in _YEARS:
        reader.fault(row, "建成年份", f"建成年份{quoted(text)}看不懂。请填四位年份，例如1983。")
        return None
    return int(text)


def register_report(file: RegisterFile, outcome: RegisterOutcome) -> dict[str, Any]:
    """Return the answer of ``import_register`` as contracts.md names it; phones are masked."""
    return {
        "rows": file.rows,
        "new": outcome.new,
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "errors": [error.as_dict() for error in shortened(file.errors)],
        "to_confirm": [
            {
                "name": same.name,
                "community": same.community_code,
                "owners": [{"phone": mask_phone(o.phone), "dwellings": list(o.dwellings)} for o in same.owners],
            }
            for same in outcome.to_confirm
        ],
        "warnings": [warning.as_dict() for warning in shortened(file.warnings)],
        "compounds": [{"name": name, "code": code} for name, code in outcome.compounds],
    }


def register_template() -> bytes:
    """Return the empty register workbook: headings, one example row, and notes on how to fill it."""
    example: Sequence[Value] = (
        "槐荫里小区（演示）", "3", "2", "501", Decimal("61.20"), "产权登记", "房改房", "住宅", "是",  # type: ignore[assignment]
        "张三", "010-68000000", "", "张三", "010-68000000", "某某厂（演示）", "否",
    )  # fmt: skip
    notes = (
        "房屋表一行一户。小区、楼号、房号、建筑面积必须填，其他可以空着。示例行请删掉。",
        "小区填名称，或填14位编号。楼号填3、甲3或平房；单元填2，没有单元就空着；房号填501。",
        f"面积来源：{'、'.join(AreaSource.labels)}。不填按居民自报。",
        f"房屋性质：{'、'.join(Tenure.labels)}。不填按房改房。",
        f"用途：{'、'.join(Use.labels)}。不填按住宅。住宅超过1,000平方米的请核对。",
        "参加表决填是或否；不填时住宅、商业参加，车库、地下室不参加。",
        "一人有几套房的，产权人和电话都相同才算同一个人；只有姓名相同的，会列出来请您确认。",
        "共有人有几位的，用顿号隔开。产权人是代表表决的那一位。",
        "再导入一次时，空着的格不会改动已有的内容。",
        "小区表可以不填，用来补地址、建成年份、备注。",
    )
    return write_workbook(
        [
            Table(DWELLINGS.name, [column.heading for column in DWELLINGS.columns], [example]),
            Table(COMPOUNDS.name, [column.heading for column in COMPOUNDS.columns], []),
        ],
        notes,
    )
