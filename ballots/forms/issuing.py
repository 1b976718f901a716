"""Papers going out and coming back, as people scan and type them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms

from ballots.choices import Channel, VisitOutcome
from core.forms import CleanCharField, DayField

MOST_SCANS = 500
BOX_WORDS = [(Channel.FIXED_BOX, "固定票箱"), (Channel.MOBILE_BOX, "流动票箱（上门）"), (Channel.MEETING, "会场票箱")]
TIMES = ("上午", "下午", "晚上")


def names_in(text: str) -> list[str]:
    """Return the names in a line, whatever stands between them."""
    return [name for name in re.split(r"[、，,；;\s]+", text) if name]


class OnForm(forms.Form):
    """A day that is not ahead; typed without its year it is this year's."""

    on = DayField(name="日期", label="哪天")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        field: Any = self.fields["on"]
        field.year_from = today.year

    def clean_on(self) -> date:
        """Return the day; nothing happened tomorrow."""
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError("这一天还没到。")
        return on


class ScansForm(OnForm):
    """A batch of scans, one a line; in a secret ballot, whose sheets have no serial, of rooms."""

    scans = CleanCharField(
        label="票号", required=False, multiline=True, max_length=20_000,
        help_text="扫一张一行，扫码枪自己会换行；码坏了可以填房号，例如3-2-501。",
        widget=forms.Textarea(attrs={"rows": 6, "autofocus": True, "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, *args: Any, secret: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if secret:
            self.fields["scans"].label = "房号"
            self.fields[
                "scans"
            ].help_text = "一户一行，例如3-2-501；也可以点下面的楼，在名单上勾。票上没有票号，不记哪张票给了谁。"

    def clean_scans(self) -> list[str]:
        """Return the lines that say something, each once, in their order."""
        lines = list(dict.fromkeys(line.strip() for line in self.cleaned_data["scans"].split("\n") if line.strip()))
        if len(lines) > MOST_SCANS:
            raise forms.ValidationError(f"一次最多{MOST_SCANS}张，现在有{len(lines)}行。请分几次。")
        return [line[:60] for line in lines]


class IssueForm(ScansForm):
    """Papers handed over."""

    to_whom = CleanCharField(
        label="交给谁", max_length=40, required=False, help_text="本人不用填；交给家里人、受托人的，写是谁。"
    )
    field_order = ["scans", "on", "to_whom"]


class ReturnForm(ScansForm):
    """Papers that came back."""

    channel = forms.ChoiceField(label="怎么交回的", choices=Channel.choices, widget=forms.RadioSelect)
    field_order = ["scans", "channel", "on"]

    def __init__(self, *args: Any, secret: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, secret=secret, **kwargs)
        if secret:
            channel: Any = self.fields["channel"]
            channel.label, channel.choices = "投进哪种票箱", BOX_WORDS


class UndoForm(forms.Form):
    """Why a scan was a slip."""

    reason = CleanCharField(label="为什么改", max_length=200, error_messages={"required": "请写明为什么改。"})


class RefusalForm(OnForm):
    """That a voter will not take the paper, before two witnesses."""

    witnesses = CleanCharField(
        label="两位证明人",
        max_length=80,
        help_text="两个人的姓名，用、隔开。",
        error_messages={"required": "请写两位证明人。"},
    )
    note = CleanCharField(label="怎么说的", max_length=200, required=False)
    field_order = ["witnesses", "note", "on"]

    def clean_witnesses(self) -> str:
        """Return the witnesses, who are two at least."""
        names = names_in(self.cleaned_data["witnesses"])
        if len(names) < 2:
            raise forms.ValidationError("证明人要两位，用、隔开，例如：李敏、孙艳。")
        return "、".join(names)


class UnreachedForm(OnForm):
    """Where and when the notice to somebody who cannot be reached hangs."""

    notice = CleanCharField(
        label="通知贴在哪里", max_length=200, help_text="例如：10月30日贴在3号楼2单元门口和公告栏。",
        error_messages={"required": "请写通知贴在哪里。送不到的，要贴出通知才算。"},
    )  # fmt: skip
    field_order = ["notice", "on"]


class RoundForm(OnForm):
    """A round of visits; each entry's outcome and note are fields of its own."""

    time = forms.ChoiceField(label="什么时候", choices=[(time, time) for time in TIMES], initial=TIMES[0])

    def outcomes(self, keys: list[int]) -> dict[int, tuple[VisitOutcome, str]]:
        """Return outcome and note of each of these entries where one was chosen."""
        found = {}
        for key in keys:
            outcome = self.data.get(f"outcome-{key}", "")
            if outcome in VisitOutcome.values:
                note = "".join(c for c in str(self.data.get(f"note-{key}", "")) if c.isprintable())
                found[key] = (VisitOutcome(outcome), note.strip()[:120])
        return found
