"""Input about objections: what somebody said at the counter, and the answer."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from compounds.choices import ObjectionOutcome
from compounds.operations.objections import Objecting
from core.forms import CleanCharField, DayField


class ObjectionForm(forms.Form):
    """An objection as it is told at the counter."""

    text = CleanCharField(
        label="怎么说的", max_length=1000, multiline=True, error_messages={"required": "怎么说的没有填。"},
        help_text="照原话记，不用改成公文。",
    )  # fmt: skip
    place = CleanCharField(label="对哪一处", max_length=60, required=False, help_text="例如：3号楼2单元501的面积。")
    said_by = CleanCharField(label="谁提出的", max_length=40, required=False, help_text="不愿意留名的可以不填。")
    received_on = DayField(label="哪天收到", name="日期")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"received_on": today})
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["received_on"].year_from = today.year  # type: ignore[attr-defined]

    def clean_received_on(self) -> date:
        """Nobody has said anything yet on a day to come."""
        day: date = self.cleaned_data["received_on"]
        if day > self.today:
            raise forms.ValidationError("这一天还没到。")
        return day

    def said(self) -> Objecting:
        """Return what was said."""
        data = self.cleaned_data
        return Objecting(data["text"], data["received_on"], data["place"], data["said_by"])


class AnswerForm(forms.Form):
    """The answer to an objection."""

    outcome = forms.ChoiceField(
        label="结论", choices=[("", "请选择"), *ObjectionOutcome.choices],
        error_messages={"required": "结论没有选。", "invalid_choice": "结论没有选。"},
    )  # fmt: skip
    text = CleanCharField(
        label="答复", max_length=1000, multiline=True, error_messages={"required": "答复没有填。"},
        help_text="查到了什么，改了什么。",
    )  # fmt: skip
