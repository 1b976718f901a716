"""Input about dwellings: what of the register to show, and a dwelling as typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from compounds.choices import AreaSource, RepresentativeKind, Tenure, Use
from compounds.documents.register import GAPS, Wanted
from compounds.models import CODE_LENGTHS, Building, Compound, Dwelling, PropertyUnit
from compounds.operations.dwellings import DwellingData
from compounds.rules import Address, AddressNotUnderstood, parse_dwelling, plain_phone, show_dwelling, type_dwelling
from core.forms import AreaField, CleanCharField
from core.masking import mask_name, mask_phone

ANY = ("", "全部")


class RegisterFilter(forms.Form):
    """What of the register to show: building, tenure, use, vacancy, what is lacking."""

    building = forms.TypedChoiceField(label="楼", required=False, coerce=int, empty_value=None)
    tenure = forms.ChoiceField(label="房屋性质", required=False, choices=[ANY, *Tenure.choices])
    use = forms.ChoiceField(label="用途", required=False, choices=[ANY, *Use.choices])
    vacant = forms.ChoiceField(label="空置", required=False, choices=[ANY, ("yes", "空置"), ("no", "有人住")])
    lacking = forms.ChoiceField(label="还缺", required=False, choices=[ANY, ("any", "缺任何一样"), *GAPS.items()])

    def __init__(self, *args: Any, buildings: Sequence[Building], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        building = self.fields["building"]
        assert isinstance(building, forms.ChoiceField)
        building.choices = [ANY, *((b.pk, show_dwelling(b.label, "", "")) for b in buildings)]
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = "没有这一项，请重新选。"

    @property
    def wanted(self) -> Wanted:
        """Return what is asked for; a choice that does not exist asks for nothing."""
        data = self.cleaned_data if self.is_valid() else {}
        vacant = {"yes": True, "no": False}.get(data.get("vacant", ""))
        return Wanted(
            data.get("building"), data.get("tenure", ""), data.get("use", ""), vacant, data.get("lacking", "")
        )


class PhoneField(CleanCharField):
    """A phone as typed; a mobile one becomes its 11 digits, nothing stays nothing."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 30)
        super().__init__(required=False, **kwargs)
        self.widget.attrs.setdefault("inputmode", "tel")
        self.widget.attrs.setdefault("autocomplete", "off")

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return ""
        phone = plain_phone(text)
        if phone is None:
            raise ValidationError("电话看不懂。请填一个电话号码，例如13800001234。")
        return phone


class UnitField(forms.ModelChoiceField):
    """A property-right unit by its name."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the unit's name."""
        return str(obj.name)


class ReasonForm(forms.Form):
    """Why somebody's data is looked at, a dwelling taken out, two rows put together."""

    reason = CleanCharField(
        label="为什么", max_length=100, error_messages={"required": "为什么没有填。", "max_length": "最多100个字。"}
    )


class DwellingForm(forms.Form):
    """A dwelling as typed. Who represents it is never shown in full: left empty, the known one stays."""

    address = CleanCharField(
        label="房屋", max_length=60, help_text="例如3-2-501，没有单元的写3-501，平房写平房12。",
        error_messages={"required": "房屋没有填。"},
    )  # fmt: skip
    area = AreaField(label="建筑面积（平方米）", help_text="最多四位小数。")
    area_source = forms.ChoiceField(label="面积来源", choices=AreaSource.choices)
    tenure = forms.ChoiceField(label="房屋性质", choices=Tenure.choices)
    use = forms.ChoiceField(label="用途", choices=Use.choices)
    votes = forms.BooleanField(label="参加表决", required=False)
    vacant = forms.BooleanField(label="空置", required=False)
    property_unit = UnitField(
        PropertyUnit.objects.none(), label="产权单位", required=False, empty_label="没有",
        error_messages={"invalid_choice": "没有这个产权单位。请重新选。"},
    )  # fmt: skip
    representative = CleanCharField(label="户代表", max_length=40, required=False)
    representative_phone = PhoneField(label="户代表电话")
    representative_kind = forms.ChoiceField(
        label="户代表是", required=False, choices=[("", "没有写明"), *RepresentativeKind.choices]
    )
    no_representative = forms.BooleanField(label="没有户代表", required=False)
    heirs_pending = forms.BooleanField(label="产权人去世，继承人还没登记", required=False)
    note = CleanCharField(
        label="备注", max_length=200, required=False, help_text="例如继承人书面推选了谁。不写身份证号。"
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31)
    confirmed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, compound: Compound, dwelling: Dwelling | None = None, **kwargs: Any) -> None:
        if dwelling is not None:
            kwargs["initial"] = _initial(dwelling)
        super().__init__(*args, **kwargs)
        self.dwelling = dwelling
        unit = self.fields["property_unit"]
        assert isinstance(unit, forms.ModelChoiceField)
        unit.queryset = PropertyUnit.objects.filter(area_code__in=self.unit_codes(compound)).order_by("name")
        for field in self.fields.values():
            field.error_messages["max_length"] = "太长了，请写短些。"
            if type(field) is forms.ChoiceField:
                field.error_messages["invalid_choice"] = "没有这一项，请重新选。"
        if dwelling is None:
            del self.fields["no_representative"]
        elif dwelling.representative:
            known = mask_name(dwelling.representative)
            self.fields["representative"].help_text = f"现在是{known}。不换人就空着。"
            if dwelling.representative_phone:
                kept = mask_phone(dwelling.representative_phone)
                self.fields["representative_phone"].help_text = f"现在是{kept}。不改就空着。"
        else:
            del self.fields["no_representative"]

    def clean_address(self) -> Address:
        """Return the address meant."""
        try:
            return parse_dwelling(self.cleaned_data["address"])
        except AddressNotUnderstood:
            raise ValidationError("看不懂是哪一户。请写成3-2-501，没有单元的写3-501，平房写平房12。") from None

    @staticmethod
    def unit_codes(compound: Compound) -> list[str]:
        """Return the codes of the areas whose units may own something here: those the compound lies in."""
        return [compound.area_code[:n] for n in CODE_LENGTHS]

    @property
    def data_meant(self) -> DwellingData:
        """Return the dwelling meant; what is left empty of a known representative stays."""
        data = self.cleaned_data
        name, phone, kind = data["representative"], data["representative_phone"], data["representative_kind"]
        person: tuple[str | None, str | None, str | None] = (name, phone, kind)
        if data.get("no_representative"):
            person = ("", "", "")
        elif self.dwelling is not None and self.dwelling.representative and not name:
            person = (None, phone or None, kind)
        return DwellingData(
            data["address"], data["area"], data["area_source"], data["tenure"], data["use"], data["votes"],
            data["vacant"], data["property_unit"], *person, data["heirs_pending"], data["note"],
        )  # fmt: skip


def _initial(dwelling: Dwelling) -> dict[str, object]:
    entrance = dwelling.entrance.label if dwelling.entrance else ""
    kept = (
        "area", "area_source", "tenure", "use", "votes", "vacant", "property_unit", "representative_kind",
        "heirs_pending", "note", "version",
    )  # fmt: skip
    address = type_dwelling(dwelling.building.label, entrance, dwelling.room)
    return {"address": address, **{name: getattr(dwelling, name) for name in kept}}
