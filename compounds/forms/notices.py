"""A notice as it is typed, and why one is taken down."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from compounds.forms.places import VersionForm
from core.forms import CleanCharField, DayField


class NoticeForm(VersionForm):
    """Title, words and days of a notice."""

    title = CleanCharField(
        label="标题", max_length=60, error_messages={"required": "标题没有填。"}, help_text="例如：关于11月20日停水的通知。"
    )  # fmt: skip
    body = CleanCharField(
        label="正文", max_length=3000, multiline=True, error_messages={"required": "正文没有填。"},
        help_text="说清楚什么事、什么时候、找谁问。不要写居民的姓名、电话和门牌。",
    )  # fmt: skip
    from_on = DayField(label="从哪天起贴", name="从哪天起贴")
    until_on = DayField(label="贴到哪天（含）", name="贴到哪天", required=False, help_text="不填就一直贴着，直到撤下。")

    def __init__(self, data: Any = None, *, today: date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for name in ("from_on", "until_on"):
            field = self.fields[name]
            assert isinstance(field, DayField)
            field.year_from = today.year

    def clean(self) -> dict[str, Any]:
        """The last day lies not before the first."""
        data = super().clean() or {}
        first, last = data.get("from_on"), data.get("until_on")
        if first and last and last < first:
            self.add_error("until_on", "最后一天比第一天还早。请看看日期。")
        return data


class WithdrawalForm(forms.Form):
    """Why a notice is taken down."""

    reason = CleanCharField(
        label="为什么撤下", max_length=200, error_messages={"required": "为什么撤下没有填。"},
        help_text="居民在网上看得到这句话。",
    )  # fmt: skip
