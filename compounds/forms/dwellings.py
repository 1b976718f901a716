"""Input about dwellings: what of the register to show, and a dwelling as typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from compounds.choices import Tenure, Use
from compounds.documents.register import GAPS, Wanted
from compounds.models import Building
from compounds.rules import show_dwelling

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
