"""What is typed for the monthly report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.forms import CleanCharField

LONGEST = 1000


def _text(label: str, name: str, help_text: str) -> CleanCharField:
    return CleanCharField(
        multiline=True,
        label=label,
        max_length=LONGEST,
        required=False,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"max_length": f"{name}太长，最多{LONGEST}个字。"},
    )


class ReportForm(forms.Form):
    """The two parts of a report that people type; ``version``: the draft's that was read, 0 where there is none."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    problems = _text("主要问题", "主要问题", "一行写一条。没有就空着。")
    plans = _text("下月打算", "下月打算", "一行写一条。")

    @property
    def read(self) -> int:
        """The version that was read."""
        return self.cleaned_data["version"] or 0

    def values(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("problems", "plans")}


class ReportIssueForm(forms.Form):
    """The checker's word: which draft and which figures were seen, and why there is a further version."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    reason = CleanCharField(
        label="为什么出新的一版", max_length=200, required=False, help_text="写在新的一版上，原来的一版还在。",
        error_messages={"max_length": "原因太长，最多200个字。"},
    )  # fmt: skip

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.needs_reason = needs_reason
        if not needs_reason:
            del self.fields["reason"]

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if not reason:
            raise ValidationError("已经定稿过一版。请写明为什么出新的一版。")
        return reason
