"""Input about the roll: representatives, why it is frozen all the same, why an entry changes hands."""

from __future__ import annotations

from typing import Any

from django import forms

from compounds.forms.dwellings import PhoneField
from core.forms import CleanCharField, DayField


class RepresentativeForm(forms.Form):
    """Somebody whom a group of households chose."""

    group = CleanCharField(
        label="居民小组", max_length=60, help_text="例如：3号楼1单元。", error_messages={"required": "居民小组没有填。"}
    )
    name = CleanCharField(label="姓名", max_length=40, error_messages={"required": "姓名没有填。"})
    phone = PhoneField(label="电话")
    elected_on = DayField(label="哪天推选的", name="推选日期")

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["elected_on"].year_from = year  # type: ignore[attr-defined]


class EndForm(forms.Form):
    """The last day of a representative."""

    until_on = DayField(label="到哪天（含）", name="最后一天")

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until_on"].year_from = year  # type: ignore[attr-defined]


class FreezingForm(forms.Form):
    """How many heads were shown, and why it goes on while objections are not answered."""

    heads = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**6)
    reason = CleanCharField(
        label="异议还没答复就锁定，原因", max_length=200, required=False,
        help_text="这句话记在表决的经过里。", error_messages={"max_length": "最多200个字。"},
    )  # fmt: skip


class ReasonForm(forms.Form):
    """Why a paper is replaced, or an entry changes hands."""

    reason = CleanCharField(
        label="原因", max_length=200, error_messages={"required": "原因没有填。", "max_length": "最多200个字。"}
    )


class SheetsForm(forms.Form):
    """How many sheets of a secret ballot are printed."""

    sheets = forms.IntegerField(
        label="印几张", min_value=1, max_value=10_000,
        help_text="比名册上的票数多印几张备用，剩下的点清封好。",
        error_messages={
            "required": "印几张没有填。", "invalid": "印几张要填数字。", "min_value": "至少1张。",
            "max_value": "一次最多10000张。",
        },
    )  # fmt: skip
