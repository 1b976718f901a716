"""Input around certifying: who counted, figures of the count by hand, what called households said, how a result fell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from ballots.choices import CallOutcome, Move
from core.forms import CleanCharField, DayField

MOST_HEADS = 1_000_000


class CountersForm(forms.Form):
    """Who watched, called out and counted; printed on the result."""

    watchers = CleanCharField(
        label="监票人", max_length=60, error_messages={"required": "监票人没有填。"}, help_text="几个人用顿号分开。"
    )
    callers = CleanCharField(label="唱票人", max_length=60, error_messages={"required": "唱票人没有填。"})
    counters = CleanCharField(label="计票人", max_length=60, error_messages={"required": "计票人没有填。"})

    def text(self) -> str:
        """Return it as the result prints it."""
        data = self.cleaned_data
        return f"监票：{data['watchers']}；唱票：{data['callers']}；计票：{data['counters']}"


class HandCountForm(forms.Form):
    """The figures of the count by hand, one field a line; what is empty is 0."""

    note = CleanCharField(label="说明", max_length=200, required=False, help_text="在哪里唱票、谁在场。可不填。")

    def __init__(self, *args: Any, lines: Mapping[str, list[tuple[str, str]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for number, rows in lines.items():
            for key, label in rows:
                self.fields[f"q{number}_{key}"] = forms.IntegerField(
                    label=label, min_value=0, max_value=MOST_HEADS, required=False,
                    error_messages={"invalid": "请填整数。", "min_value": "不能小于0。", "max_value": "数太大了。"},
                )  # fmt: skip

    def groups(self) -> list[tuple[str, list[Any]]]:
        """Return the fields by question."""
        return [(number, [self[f"q{number}_{key}"] for key, _ in rows]) for number, rows in self.lines.items()]

    def figures(self) -> dict[str, dict[str, int]]:
        """Return what was typed."""
        return {
            number: {key: self.cleaned_data[f"q{number}_{key}"] or 0 for key, _ in rows}
            for number, rows in self.lines.items()
        }


class CallForm(forms.Form):
    """What a called household said of its paper; never what it voted."""

    outcome = forms.ChoiceField(
        label="结果", choices=[choice for choice in CallOutcome.choices if choice[0] != CallOutcome.OPEN],
        error_messages={"required": "还没有选结果。", "invalid_choice": "没有这种结果。"},
    )  # fmt: skip
    note = CleanCharField(label="说明", max_length=120, required=False, help_text="不要写怎么投的。可不填。")


class RecountForm(forms.Form):
    """Why it is counted again."""

    reason = CleanCharField(
        label="原因",
        max_length=300,
        error_messages={"required": "原因没有填。"},
        help_text="写明哪一份异议、查出了什么。会印在公示里。",
    )


class FallForm(forms.Form):
    """How a result fell: by the street or by a court, on which day, by which document."""

    kind = forms.ChoiceField(
        label="谁撤销", choices=[(Move.ANNULLED.value, "街道撤销"), (Move.SET_ASIDE.value, "法院撤销")],
        error_messages={"required": "还没有选谁撤销。", "invalid_choice": "没有这种撤销。"},
    )  # fmt: skip
    on = DayField(label="从哪天起", name="日期", help_text="文书上的日期；从这天起，按这次结果定的事都停下。")
    reason = CleanCharField(
        label="依据",
        max_length=300,
        error_messages={"required": "依据没有填。"},
        help_text="文书的名称、文号和理由。会公开。",
    )
    paper = forms.FileField(
        label="文书", help_text="撤销决定书或判决书的照片或PDF。",
        error_messages={"required": "还没有选文书。", "missing": "还没有选文书。", "invalid": "文件没有传上来。请再选一次。"},
    )  # fmt: skip
