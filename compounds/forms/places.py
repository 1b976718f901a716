"""A compound's facts, facilities, resources, buildings, units and photographs, as people type them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from compounds.choices import FacilityState, OwnersBody, ProgrammeLine, ResourceKind
from compounds.models import Building, Facility, PropertyUnit, PublicResource
from compounds.rules import building_label, door_order, entrance_label
from core.forms import CleanCharField, DayField, MoneyField
from core.masking import is_mobile, mask_name, mask_phone

YEARS = range(1900, 2101)
_NOTE = forms.Textarea(attrs={"rows": 3})


class VersionForm(forms.Form):
    """A form that names the version it was opened with; ``row`` None where the thing is new."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)

    def __init__(self, data: Any = None, *, row: Any = None, initial: dict[str, Any] | None = None) -> None:
        names = [name for name in self.base_fields if name != "version"]
        shown = {name: getattr(row, name) for name in names if hasattr(row, name)} if row is not None else {}
        super().__init__(data, initial={**shown, "version": getattr(row, "version", 1), **(initial or {})})

    def values(self) -> dict[str, Any]:
        """Return what goes into the row's columns."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    @property
    def read(self) -> int:
        """The version that was read."""
        return self.cleaned_data["version"] or 0

    def show_version(self, version: int) -> None:
        """Let the next try name the version that the person is shown now."""
        self.data = {**self.data.dict(), "version": str(version)} if isinstance(self.data, QueryDict) else self.data


class CompoundForm(VersionForm):
    """What a compound is."""

    name = CleanCharField(label="小区名称", max_length=60, error_messages={"required": "小区名称没有填。"})
    address = CleanCharField(label="地址", max_length=120, required=False)
    built_year = forms.CharField(label="建成年份", max_length=5, required=False, help_text="四位年份，例如1983。")
    unified_management = forms.BooleanField(
        label="公共区域有统一的物业管理", required=False,
        help_text="有物业公司管整个公共区域的，不属于失管小区。",
    )  # fmt: skip
    owners_body = forms.ChoiceField(
        label="业委会或物管会", choices=OwnersBody, required=False, help_text="以街道备案为准。"
    )
    note = CleanCharField(label="备注", max_length=300, required=False, multiline=True, widget=_NOTE)

    def clean_built_year(self) -> int | None:
        text = self.cleaned_data["built_year"].strip().removesuffix("年")
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and int(text) in YEARS):
            raise ValidationError("建成年份看不懂。请填四位年份，例如1983。")
        return int(text)

    def clean_owners_body(self) -> str:
        return self.cleaned_data["owners_body"] or OwnersBody.NONE.value


class NewCompoundForm(CompoundForm):
    """A compound that is new, and the community it lies in."""

    community = forms.ChoiceField(label="所在社区", error_messages={"required": "所在社区没有选。"})
    field_order = ["community", "name", "address", "built_year", "unified_management", "owners_body", "note"]

    def __init__(self, data: Any = None, *, communities: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        community = self.fields["community"]
        assert isinstance(community, forms.ChoiceField)
        community.choices = communities


class MoveForm(VersionForm):
    """Why a compound goes to another community."""

    reason = CleanCharField(
        label="依据", max_length=200, error_messages={"required": "依据没有填。"},
        help_text="写明文件和文号，例如：街道关于调整社区规模的通知〔2026〕3号。",
    )  # fmt: skip


class FacilityForm(VersionForm):
    """A facility, there or missing."""

    line = forms.ChoiceField(label="类别", choices=ProgrammeLine)
    name = CleanCharField(
        label="名称", max_length=40, error_messages={"required": "名称没有填。"},
        help_text="例如：单元门禁、路灯、绿地、垃圾桶站、车位划线。",
    )  # fmt: skip
    quantity = CleanCharField(label="数量", max_length=20, required=False, help_text="例如：12盏、3处。")
    state = forms.ChoiceField(label="状况", choices=FacilityState)
    note = CleanCharField(label="说明", max_length=120, required=False)
    model = Facility


class ResourceForm(VersionForm):
    """What belongs to all and could bring income."""

    kind = forms.ChoiceField(label="种类", choices=ResourceKind)
    name = CleanCharField(label="名称", max_length=40, error_messages={"required": "名称没有填。"})
    quantity = CleanCharField(label="数量", max_length=20, required=False, help_text="例如：36个、2块。")
    user = CleanCharField(label="现在谁在用", max_length=60, required=False, help_text="写单位，不写个人姓名。")
    yearly = MoneyField(label="预计一年能收多少（元）", zero=True, required=False)
    note = CleanCharField(label="说明", max_length=120, required=False)
    model = PublicResource


class BuildingForm(VersionForm):
    """A building and its entrances; the entrances one beside the other: 1、2、3 or 1-6."""

    label = CleanCharField(
        label="楼号", max_length=20, error_messages={"required": "楼号没有填。"}, help_text="例如：3、甲3、平房。"
    )
    floors = forms.CharField(label="层数", max_length=3, required=False)
    entrances = CleanCharField(
        label="单元", max_length=200, required=False, help_text="例如：1、2、3，或1-6。没有单元的空着。"
    )

    def __init__(self, data: Any = None, *, row: Building | None = None) -> None:
        initial = {}
        if row is not None:
            entrances = sorted((e.label for e in row.entrances.all()), key=door_order)
            initial = {"floors": row.floors or "", "entrances": "、".join(entrances)}
        super().__init__(data, row=row, initial=initial)

    def clean_label(self) -> str:
        label = building_label(self.cleaned_data["label"])
        if not label or "-" in label:
            raise ValidationError("楼号看不懂。请只填楼号，例如3或甲3。")
        return label

    def clean_floors(self) -> int | None:
        text = self.cleaned_data["floors"].strip().removesuffix("层")
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 60):
            raise ValidationError("层数看不懂。请填1到60的数。")
        return int(text)

    def clean_entrances(self) -> list[str]:
        found: list[str] = []
        for part in (
            self.cleaned_data["entrances"].replace("，", "、").replace(",", "、").replace(" ", "、").split("、")
        ):
            first, dash, last = part.partition("-")
            if dash and first.isascii() and first.isdecimal() and last.isascii() and last.isdecimal():
                if not 0 < int(first) <= int(last) <= 99:
                    raise ValidationError(f"“{part[:20]}”看不懂。从小到大，例如1-6。")
                found += [str(n) for n in range(int(first), int(last) + 1)]
            elif part:
                found.append(entrance_label(part))
        if any(len(label) > 20 or "-" in label for label in found) or len(found) > 99:
            raise ValidationError("单元看不懂。用顿号隔开，例如1、2、3。")
        return list(dict.fromkeys(found))


class UnitForm(VersionForm):
    """A property-right unit and whom to call there; a person's name and mobile number are never shown in full."""

    name = CleanCharField(label="产权单位", max_length=80, error_messages={"required": "产权单位没有填。"})
    contact = CleanCharField(label="联系人", max_length=40, required=False)
    phone = CleanCharField(label="办公电话", max_length=30, required=False, help_text="填单位的电话。")
    no_contact = forms.BooleanField(label="没有联系人了", required=False)
    address = CleanCharField(label="地址", max_length=120, required=False)
    note = CleanCharField(label="备注", max_length=300, required=False, multiline=True, widget=_NOTE)
    model = PropertyUnit

    def __init__(self, data: Any = None, *, row: PropertyUnit) -> None:
        self.kept = {"contact": row.contact, "phone": row.phone if is_mobile(row.phone) else ""}
        hidden = {name: "" for name, value in self.kept.items() if value}
        super().__init__(data, row=row, initial=hidden)
        for name in hidden:
            known = mask_name(row.contact) if name == "contact" else mask_phone(row.phone)
            self.fields[name].help_text = f"现在是{known}。不改就空着。"
        if not hidden:
            del self.fields["no_contact"]

    def values(self) -> dict[str, Any]:
        """Return what goes into the columns; what is left empty of a known contact stays."""
        typed = super().values()
        gone = typed.pop("no_contact", False)
        return typed | {name: typed[name] or ("" if gone else kept) for name, kept in self.kept.items()}


class PhotographForm(forms.Form):
    """What a photograph shows; the file beside it is read by the view."""

    caption = CleanCharField(
        label="照片上是什么", max_length=60, error_messages={"required": "照片上是什么没有填。"},
        help_text="例如：东门、3号楼北侧道路。不要写人名和门牌。",
    )  # fmt: skip
    taken_on = DayField(label="哪天拍的", name="日期")
    shown = forms.BooleanField(label="居民在网上也能看到", required=False, initial=True)

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, initial={"taken_on": today})
        self.today = today
        on = self.fields["taken_on"]
        assert isinstance(on, DayField)
        on.year_from = today.year

    def clean_taken_on(self) -> date:
        on: date = self.cleaned_data["taken_on"]
        if on > self.today:
            raise ValidationError(f"{on.month}月{on.day}日还没到。请看看日期。")
        return on
