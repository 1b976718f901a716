"""What an issued ledger got wrong, as the bookkeeper types it."""

from __future__ import annotations

from typing import Any

from django import forms

from core.forms import CleanCharField, MonthField
from fees.choices import BookKind
from fees.models import Ledger, Voucher
from fees.operations import CorrectionData


class LedgerCorrectionForm(forms.Form):
    """Which voucher of the ledger was wrong, why, its words as they should be, and the later voucher that mends it."""

    book = forms.ChoiceField(label="哪本账", choices=[("service", "物业服务经费"), ("committee", "自管会经费")])
    number = forms.IntegerField(
        label="哪一号凭证写错了", min_value=1, max_value=999999,
        error_messages={"required": "凭证号没有填。", "invalid": "凭证号看不懂。请填数字，例如213。"},
    )  # fmt: skip
    reason = CleanCharField(
        label="错在哪里，为什么", max_length=200, help_text="居民在更正后的公示上看得到这句话。不要写人名和门牌。",
        error_messages={"required": "没有写错在哪里。写一句，居民看得到。"},
    )  # fmt: skip
    text = CleanCharField(
        label="用在哪里，应当写成", max_length=120, required=False, help_text="只是字写错了，在这里写对的。金额改不了，要在后面的月份记账更正。"
    )  # fmt: skip
    position = forms.IntegerField(
        label="是这张凭证的第几行", min_value=1, max_value=99, required=False, help_text="凭证只有一行就不用填。",
        error_messages={"invalid": "行号看不懂。请填数字，例如2。"},
    )  # fmt: skip
    booked_month = MonthField(label="在哪个月记账更正的", name="月份", required=False, help_text="例如2026-11。")
    booked_number = forms.IntegerField(
        label="更正记在第几号凭证", min_value=1, max_value=999999, required=False,
        error_messages={"invalid": "凭证号看不懂。请填数字，例如230。"},
    )  # fmt: skip

    def __init__(self, *args: Any, ledger: Ledger, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ledger = ledger

    def clean(self) -> dict[str, Any]:
        """Find the vouchers that are meant; each error stands at its field."""
        data: dict[str, Any] = super().clean() or {}
        if "book" not in data or "number" not in data:
            return data
        of_book = Voucher.objects.of(self.ledger.compound).filter(book__kind=data["book"]).select_related("book")
        label = BookKind(data["book"]).label
        years = range(self.ledger.first_month.year, self.ledger.last_month.year + 1)
        data["voucher"] = of_book.filter(number=data["number"], year__in=years).first()
        if data["voucher"] is None:
            self.add_error("number", f"{label}没有第{data['number']}号凭证。")
        month, number = data.get("booked_month"), data.get("booked_number")
        if bool(month) != bool(number) and not {"booked_month", "booked_number"} & set(self.errors):
            self.add_error("booked_number" if month else "booked_month", "月份和凭证号要一起填。")
        elif month and number:
            data["booked"] = of_book.within_month(month).filter(number=number).first()
            if data["booked"] is None:
                self.add_error("booked_number", f"{label}{month.year}年{month.month}月没有第{number}号凭证。")
        elif not data.get("text") and not {"text", "booked_month", "booked_number"} & set(self.errors):
            self.add_error("text", "写出正确的说明，或填更正记在哪个月第几号凭证，两样至少有一样。")
        return data

    def correction(self) -> CorrectionData:
        """Return what was typed; only of a valid form."""
        data = self.cleaned_data
        return CorrectionData(data["voucher"], data["reason"], data["text"], data["position"] or 1, data.get("booked"))
