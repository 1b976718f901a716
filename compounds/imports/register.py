"""The register's workbook, read with every fault by its cell."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import TextChoices

from compounds.choices import AreaSource, RepresentativeKind, Tenure, Use
from compounds.models import COMPOUND_CODE_LENGTH, Area, Compound
from compounds.operations import CompoundRow, DwellingRow, Register
from compounds.rules import (
    DWELLING_AREA_AT_MOST,
    Address,
    building_label,
    community_of,
    entrance_label,
    names_several,
    room_label,
    split_names,
    type_dwelling,
)
from core.masking import mask_name, mask_phone
from core.money import NotUnderstood, parse_area, plain_decimal, quoted
from core.spreadsheets import CellError, Column, Row, Sheet, Value, WorkbookRefused, many_objects, read_table, text_of

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
        Column("户代表是"),
        # What the table of failed rows adds: whoever mends it may send it as it is.
        Column("错在哪里"),
    ),
)
HEADINGS = tuple(column.heading for column in DWELLINGS.columns[:-1])
COMPOUNDS = Sheet("小区", (Column("小区", True), Column("地址"), Column("建成年份"), Column("备注")), required=False)

LONGEST = {
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
_NEEDED = {"小区", "楼号", "房号"}
_YEARS = range(1900, 2101)
_PHONE = re.compile(r"[0-9(+][0-9()+\-/、, 转]{4,29}")
_PLAIN_PHONE = re.compile(r"1[3-9][0-9]{9}|0[0-9]{2,3}-[0-9]{7,8}", re.ASCII)
_MIDDLE = re.compile(r"(?<=[0-9]{3})[0-9]{4}")
_HALF_SIGNS = {0xFF0D: "-", 0x2014: "-", 0x2013: "-", 0xFF0B: "+", 0xFF08: "(", 0xFF09: ")", 0xFF0C: ","} | {
    0xFF10 + digit: str(digit) for digit in range(10)
}
_MASKED = re.compile(r".\*+|.*\*{4}.*")
MASKED_FILE = "这是隐去姓名和电话的导出表，只能看，不能导入。要改名册，请导出带姓名和电话的表，改好再导入。"
# So many different cells of one column are remembered with what they mean; names and phones differ in every row.
_REMEMBERED = 20_000
# What a reader is told while it reads: rows done, rows in all.
Progress = Callable[[int, int], None]
EVERY = 2_000


def _nobody(done: int, total: int) -> None:
    """Nobody asks how far it is."""


class _Masked(Exception):
    """The cell holds a name or phone as lists show it."""


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """A register workbook as read: what can be imported, and what is wrong or doubtful, by cell."""

    register: Register
    rows: int
    errors: tuple[CellError, ...]
    warnings: tuple[CellError, ...]
    # Where some are wrong, the rows of the sheet 房屋, for handing those back.
    sheet: tuple[Row, ...] = ()


# --- What a cell means -------------------------------------------------------------------------------------------


def _line(heading: str, value: Value) -> str:
    """Return a cell as one line of text within its column's length."""
    text = text_of(value)
    if not text and heading in _NEEDED:
        raise NotUnderstood(f"{heading}没有填。")
    if len(text) > LONGEST.get(heading, 60):
        raise NotUnderstood(f"{heading}太长，最多{LONGEST.get(heading, 60)}个字。")
    return text


def _choice(choices: type[TextChoices]) -> Callable[[str, Value], str | None]:
    values = {choice.label: str(choice.value) for choice in choices}

    def meaning(heading: str, value: Value) -> str | None:
        text = _line(heading, value)
        if text and text not in values:
            raise NotUnderstood(f"{heading}{quoted(text)}看不懂。可以填：{'、'.join(values)}。")
        return values.get(text)

    return meaning


_YES_NO = {"是": True, "否": False}


def _yes_no(heading: str, value: Value) -> bool | None:
    text = _line(heading, value)
    if text and text not in _YES_NO:
        raise NotUnderstood(f"{heading}{quoted(text)}看不懂。请填是或否。")
    return _YES_NO.get(text)


def _area(heading: str, value: Value) -> Decimal:
    return parse_area(value)


def _name(heading: str, value: Value) -> str:
    text = _line(heading, value)
    if "*" in text and _MASKED.fullmatch(text):
        raise _Masked
    return text


def _phone(heading: str, value: Value) -> str:
    """Return a phone number in one form; a mobile number as bare digits."""
    text = _line(heading, value)
    if not text or _PLAIN_PHONE.fullmatch(text):
        return text
    text = text.translate(_HALF_SIGNS)
    digits = re.sub(r"[^0-9]", "", text).removeprefix("86" if text.startswith(("+86", "86")) else "")
    if "****" in text:
        raise _Masked
    if not _PHONE.fullmatch(text):
        shown = quoted(_MIDDLE.sub("****", text))
        raise NotUnderstood(f"{heading}{shown}看不懂。请填一个电话号码，例如13800001234。")
    mobile = re.fullmatch(r"1[3-9][0-9]{9}", digits) and not re.search(r"[/、,转]", text)
    return digits if mobile else text


def _names(heading: str, value: Value) -> tuple[str, ...]:
    """Return several names; a line break separates them too."""
    names = split_names(text_of(value, multiline=True))
    if any(len(name) > 60 for name in names):
        raise NotUnderstood("每个名字最多60个字，名字之间用顿号隔开。")
    if any("*" in name and _MASKED.fullmatch(name) for name in names):
        raise _Masked
    return names


def _label(make: Callable[[str], str]) -> Callable[[str, Value], str]:
    def meaning(heading: str, value: Value) -> str:
        label = make(_line(heading, value))
        if "-" in label:
            raise NotUnderstood(f"{heading}{quoted(label)}里有横线。楼号、单元、房号请分开填，房号只填501这样。")
        return label

    return meaning


def _year(heading: str, value: Value) -> int | None:
    text = _line(heading, value).removesuffix("年")
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{4}", text) or int(text) not in _YEARS:
        raise NotUnderstood(f"建成年份{quoted(text)}看不懂。请填四位年份，例如1983。")
    return int(text)


_MEANINGS: dict[str, Callable[[str, Value], object]] = {
    "楼号": _label(building_label),
    "单元": _label(entrance_label),
    "房号": _label(room_label),
    "建筑面积": _area,
    "面积来源": _choice(AreaSource),
    "房屋性质": _choice(Tenure),
    "用途": _choice(Use),
    "参加表决": _yes_no,
    "空置": _yes_no,
    "产权人": _name,
    "户代表": _name,
    "产权人电话": _phone,
    "户代表电话": _phone,
    "共有人": _names,
    "户代表是": _choice(RepresentativeKind),
    "建成年份": _year,
}
_NOTHING: dict[str, object] = {
    "共有人": (),
    "产权人": "",
    "户代表": "",
    "产权人电话": "",
    "户代表电话": "",
    "产权单位": "",
}


_IN_ORDER = (
    "楼号", "单元", "房号", "用途", "建筑面积", "产权人", "户代表", "共有人", "面积来源", "房屋性质", "参加表决", "空置", "产权单位",
    "产权人电话", "户代表电话", "户代表是",
)  # fmt: skip


@dataclass
class _Reader:
    """Collects faults while the rows are read."""

    community: Area | None
    errors: list[CellError] = field(default_factory=list)
    warnings: list[CellError] = field(default_factory=list)
    compounds: dict[str, CompoundRow] = field(default_factory=dict)
    by_cell: dict[str, CompoundRow | None] = field(default_factory=dict)
    phones: dict[str, tuple[str, Row, str]] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    known: dict[str, dict[object, tuple[object, str]]] = field(default_factory=lambda: defaultdict(dict))

    @cached_property
    def columns(self) -> list[tuple[str, dict[object, tuple[object, str]]]]:
        """The columns of a dwelling's row beside its compound, in the order in which faults are told."""
        return [(heading, self.known[heading]) for heading in _IN_ORDER]

    def fault(self, row: Row, heading: str, reason: str) -> None:
        self.errors.append(row.error(heading, reason))

    def cell(self, row: Row, heading: str) -> object:
        """Return what a cell means; a fault is noted, and the cell then means nothing."""
        return self.cells(row, [(heading, self.known[heading])])[0]

    def cells(self, row: Row, columns: Sequence[tuple[str, dict[object, tuple[object, str]]]]) -> list[object]:
        """Return what cells mean; most of a column say the same few things, which are remembered beside it."""
        meant = []
        get = row.cells.get
        for heading, known in columns:
            value = get(heading, "")
            # 1, 1.0 and TRUE are equal in Python and no equal cells.
            key = value if type(value) is str else (type(value), value)
            found = known.get(key)
            if found is None:
                found = self._meaning(row, heading, value)
                if len(known) < _REMEMBERED:
                    known[key] = found
            if found[1]:
                self.fault(row, heading, found[1])
            meant.append(found[0])
        return meant

    def _meaning(self, row: Row, heading: str, value: Value) -> tuple[object, str]:
        """Return what a cell means, and what is wrong with it."""
        try:
            return _MEANINGS.get(heading, _line)(heading, value), ""
        except NotUnderstood as problem:
            return _NOTHING.get(heading), str(problem)
        except _Masked:
            raise WorkbookRefused([row.error(heading, MASKED_FILE)]) from None

    def compound(self, row: Row) -> CompoundRow | None:
        """Return the compound that the row names, by code or by name within the community."""
        text = self.cell(row, "小区")
        if not isinstance(text, str):
            return None
        if text in self.by_cell:
            # The same fault in every row would hide the others.
            return self.by_cell[text]
        found = self._find_compound(text)
        self.by_cell[text] = found if isinstance(found, CompoundRow) else None
        if isinstance(found, CompoundRow):
            self.compounds.setdefault(found.key, found)
        else:
            self.fault(row, "小区", found)
        return self.by_cell[text]

    def _find_compound(self, text: str) -> CompoundRow | str:
        """Return the compound, or the sentence that says why not."""
        if len(text) == COMPOUND_CODE_LENGTH and text.isascii() and text.isdigit():
            compound = Compound.objects.filter(code=text).first()
            # One elsewhere and one that does not exist are the same to whoever works here.
            here = self.community.name if self.community is not None else ""
            if compound is None or (here and community_of(compound.area_code) != self.community.code):  # type: ignore[union-attr]
                return f"{here}没有编号{text}的小区。新小区请填名称。"
            return CompoundRow(community_of(compound.area_code), compound.name, compound.code)
        if self.community is None:
            return "没有指明社区，这里要填小区的14位编号。"
        known = Compound.objects.in_area(self.community.code).filter(name=text).first()
        return CompoundRow(self.community.code, text, known.code if known else "")

    def doubt(self, row: Row, heading: str, name: str, phone: str) -> None:
        """Note one phone under two names."""
        first = self.phones.setdefault(phone, (name, row, heading))
        if name and first[0] != name and phone not in self.doubtful:
            self.doubtful.add(phone)
            reason = (
                f"电话{mask_phone(phone)}在{first[1].cell(first[2])}是{mask_name(first[0])}的，"
                f"在这里是{mask_name(name)}的。请核对。"
            )
            self.warnings.append(row.error(heading, reason))

    def dwelling(self, row: Row) -> DwellingRow | None:
        """Return what the row tells, or None where it cannot be taken; all its faults are noted."""
        before = len(self.errors)
        compound = self.compound(row)
        (building, entrance, room, use, area, owner, representative, co_owners, source, tenure, votes, vacant, unit,
         owner_phone, phone, kind) = self.cells(row, self.columns)  # fmt: skip
        if isinstance(area, Decimal) and area > DWELLING_AREA_AT_MOST and use in (None, Use.DWELLING):
            shown = plain_decimal(area)
            self.fault(row, "建筑面积", f"住宅{shown}平方米，超过1,000平方米。请核对面积；不是住宅的，请写明用途。")
        if not owner and (co_owners or row["产权人电话"] != ""):
            self.fault(row, "产权人", "产权人没有填，却填了产权人电话或共有人。")
        if owner_phone:
            self.doubt(row, "产权人电话", owner, owner_phone)  # type: ignore[arg-type]
        if phone:
            self.doubt(row, "户代表电话", representative, phone)  # type: ignore[arg-type]
        if kind and not representative:
            self.fault(row, "户代表", "户代表没有填，却填了户代表是谁。")
        if isinstance(representative, str) and names_several(representative):
            self.fault(row, "户代表", "一户只有一位户代表。请只填一个人的姓名。")
        if compound is None or len(self.errors) > before:
            return None
        address = Address(building, entrance, room)  # type: ignore[arg-type]
        return DwellingRow(
            compound.key, address, area, source, tenure, use, votes, vacant, unit, owner, owner_phone, co_owners,  # type: ignore[arg-type]
            representative, phone, kind,  # type: ignore[arg-type]
        )  # fmt: skip


@many_objects()
def read_register(
    content: bytes, community: Area | None, progress: Progress = _nobody, *, looked_at: bool = False
) -> RegisterFile:
    """Read a register workbook or CSV; compounds are named within the community, or anywhere by their codes.

    ``looked_at``: these very bytes were read before and nothing was wrong.

    :raises WorkbookRefused: if it is no such file, not one with these sheets and headings, or an export whose names
        are masked.
    """
    sheets = read_table(
        content, {"dwellings": DWELLINGS, "compounds": COMPOUNDS}, looked_at=looked_at, heard=lambda: progress(0, 0)
    )
    rows = sheets["dwellings"]
    reader = _Reader(community)
    dwellings: dict[tuple[str, Address], DwellingRow] = {}
    firsts: dict[tuple[str, Address], Row] = {}
    for done, row in enumerate(rows):
        if done % EVERY == 0:
            progress(done, len(rows))
        dwelling = reader.dwelling(row)
        if dwelling is None:
            continue
        key = (dwelling.compound, dwelling.address)
        if key not in dwellings:
            dwellings[key], firsts[key] = dwelling, row
            continue
        first, where = firsts[key], type_dwelling(*_parts(dwelling.address))
        same = "和这一行完全相同" if dict(first.cells) == dict(row.cells) else f"已经有{where}这一户"
        reader.fault(row, "房号", f"第{first.number}行{same}。同一户只留一行。")
    _read_compounds(reader, sheets["compounds"])
    register = Register(tuple(reader.compounds.values()), tuple(dwellings.values()))
    return RegisterFile(
        register, len(rows), tuple(reader.errors), tuple(reader.warnings), tuple(rows if reader.errors else ())
    )


def _parts(address: Address) -> tuple[str, str, str]:
    return address.building, address.entrance, address.room


def _read_compounds(reader: _Reader, rows: Iterable[Row]) -> None:
    """Add to the compounds what the sheet 小区 tells of them."""
    seen: dict[str, int] = {}
    for row in rows:
        compound = reader.compound(row)
        year, address, note = reader.cell(row, "建成年份"), reader.cell(row, "地址"), reader.cell(row, "备注")
        if compound is None:
            continue
        if compound.key in seen:
            reader.fault(row, "小区", f"第{seen[compound.key]}行已经写了这个小区。")
            continue
        seen[compound.key] = row.number
        told: dict[str, Any] = {"address": address or None, "built_year": year, "note": note or None}
        reader.compounds[compound.key] = replace(reader.compounds[compound.key], **told)
