"""Things on the asset list, as people type them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from core.forms import CleanCharField, DayField, MoneyField, QuantityField
from fees.forms.memo import not_ahead


class AssetForm(forms.Form):
    """What stands of a thing on the list."""

    name = CleanCharField(label="名称", max_length=60, error_messages={"required": "名称没有填。"})
    quantity = QuantityField(label="数量", required=True)
    unit = CleanCharField(label="单位", max_length=10, required=False, help_text="例如：台、套、把。")
    cost = MoneyField(label="购置金额（元）", required=False)
    bought_on = DayField(label="购置日期", name="购置日期")
    place = CleanCharField(label="放在哪里", max_length=60, required=False)
    keeper = CleanCharField(label="保管人", max_length=40, required=False)
    note = CleanCharField(label="备注", max_length=120, required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_bought_on(self) -> date:
        return not_ahead(self.cleaned_data["bought_on"], self.today)


class RetireForm(forms.Form):
    """When and why a thing went out of use."""

    on = DayField(label="哪天处置的", name="日期")
    note = CleanCharField(
        label="为什么、怎么处置的", max_length=60, error_messages={"required": "原因没有填。"},
        help_text="例如：坏了修不好，卖废品80元，收入记在11月第12号凭证。",
    )  # fmt: skip

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_on(self) -> date:
        return not_ahead(self.cleaned_data["on"], self.today)
