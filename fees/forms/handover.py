"""Who hands the books over to whom, before whom."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from core.forms import CleanCharField, DayField

OFFICES = [
    ("bookkeeper", "记账员"),
    ("cashier", "出纳"),
    ("head", "主任"),
    ("deputy", "副主任"),
    ("committee", "整个自管会换届"),
]


class HandoverForm(forms.Form):
    """What the hand-over list prints of the people and the occasion."""

    office = forms.ChoiceField(label="交接什么", choices=OFFICES, error_messages={"required": "请选交接什么。"})
    left_on = DayField(label="哪天离任", name="离任日期")
    giver = CleanCharField(label="移交人", max_length=40, error_messages={"required": "移交人没有填。"})
    taker = CleanCharField(label="接收人", max_length=40, error_messages={"required": "接收人没有填。"})
    witness = CleanCharField(
        label="监交人", max_length=40, help_text="主任，或街道、社区派的人。",
        error_messages={"required": "监交人没有填。交接要有第三个人在场。"},
    )  # fmt: skip

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        day = self.fields["left_on"]
        assert isinstance(day, DayField)
        day.year_from = today.year

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        names = [data.get(key) for key in ("giver", "taker", "witness")]
        if all(names) and len(set(names)) < 3:
            self.add_error("witness", "移交人、接收人、监交人要是三个人。")
        left_on = data.get("left_on")
        if left_on and left_on > self.today.replace(year=self.today.year + 1):
            self.add_error("left_on", "离任日期太远了，请看看年份。")
        return data

    @property
    def office_label(self) -> str:
        """The office that is handed over, in words."""
        return dict(OFFICES)[self.cleaned_data["office"]]
