"""Lines beside the books and things on the asset list, as people type them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from core.forms import CleanCharField, DayField, MoneyField
from fees.choices import MemoKind, ServiceLine, Source

# Which fields a kind has: a household is never named, a unit or company may be.
FIELDS = {
    MemoKind.PREPAID: ("on", "amount", "households", "text"),
    MemoKind.ARREARS: ("on", "amount", "households", "text"),
    MemoKind.UNPAID: ("on", "amount", "party", "text", "service_line"),
    MemoKind.OUTSIDE: ("on", "amount", "party", "source", "text", "service_line"),
}
TEXT_HELP = {
    MemoKind.PREPAID: "例如：预交2027年1月至6月。只写合计，不写哪一户。",
    MemoKind.ARREARS: "例如：10月物业服务费。只写合计和户数，不写哪一户。",
    MemoKind.UNPAID: "例如：10月秩序维护费，合同约定25日付。会印在公示上，不写个人姓名。",
    MemoKind.OUTSIDE: "例如：街道直接付给保洁公司的补贴，或送来的20把长椅。会印在公示上，不写个人姓名。",
}
ON_LABEL = {
    MemoKind.PREPAID: "截至哪天",
    MemoKind.ARREARS: "截至哪天",
    MemoKind.UNPAID: "哪天到期",
    MemoKind.OUTSIDE: "哪天付的、送的",
}
PARTY_LABEL = {MemoKind.UNPAID: "该付给谁", MemoKind.OUTSIDE: "谁出的（单位名称）"}


class MemoForm(forms.Form):
    """A line beside the books; only the fields of its kind."""

    on = DayField(name="日期")
    amount = MoneyField(label="金额（元）")
    party = CleanCharField(label="对方", max_length=80, error_messages={"required": "单位名称没有填。"})
    source = forms.ChoiceField(label="算哪一处出的", choices=[("", "请选"), *Source.choices],
                               error_messages={"required": "请选是哪一处出的。"})  # fmt: skip
    households = forms.IntegerField(label="多少户", min_value=1, max_value=100_000, error_messages={
        "required": "户数没有填。", "invalid": "户数请填整数。", "min_value": "户数要大于0。", "max_value": "户数太大了，请再看看。",
    }, widget=forms.TextInput(attrs={"inputmode": "numeric"}))  # fmt: skip
    text = CleanCharField(label="内容", max_length=120, error_messages={"required": "内容没有填。"})
    service_line = forms.ChoiceField(label="服务项目", choices=[("", "不分项目"), *ServiceLine.choices], required=False)
    file = forms.FileField(label="凭据的照片或PDF", required=False)

    def __init__(self, *args: Any, kind: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.today = MemoKind(kind), today
        for name in [name for name in self.fields if name not in (*FIELDS[self.kind], "file")]:
            del self.fields[name]
        self.fields["on"].label = ON_LABEL[self.kind]
        self.fields["text"].help_text = TEXT_HELP[self.kind]
        if "party" in self.fields:
            self.fields["party"].label = PARTY_LABEL[self.kind]
        if self.kind == MemoKind.PREPAID:
            self.fields["households"].required = False
        if self.kind == MemoKind.OUTSIDE:
            self.fields["amount"].help_text = "送东西的，按发票或市价折合。"
        on = self.fields["on"]
        assert isinstance(on, DayField)
        on.year_from = today.year

    def clean_on(self) -> date:
        return not_ahead(self.cleaned_data["on"], self.today)


class SettleForm(forms.Form):
    """Taking (part of) a line away: paid, handed over, or noted by mistake."""

    on = DayField(label="哪天", name="日期")
    amount = MoneyField(label="销去多少（元）")
    households = forms.IntegerField(label="其中几户交清了", min_value=0, required=False, error_messages={
        "invalid": "户数请填整数。", "min_value": "户数不能是负数。",
    }, widget=forms.TextInput(attrs={"inputmode": "numeric"}))  # fmt: skip
    text = CleanCharField(
        label="为什么销", max_length=120, error_messages={"required": "原因没有填。"},
        help_text="例如：11月5日已付，第231号凭证。记错了的，写明错在哪里。",
    )  # fmt: skip

    def __init__(self, *args: Any, kind: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if kind not in (MemoKind.ARREARS, MemoKind.PREPAID):
            del self.fields["households"]
        on = self.fields["on"]
        assert isinstance(on, DayField)
        on.year_from = today.year

    def clean_on(self) -> date:
        return not_ahead(self.cleaned_data["on"], self.today)


def not_ahead(on: date, today: date) -> date:
    """Return a day that is not to come.

    :raises ValidationError: when it is.
    """
    if on > today:
        raise forms.ValidationError("日期不能晚于今天。", code="ahead")
    return on
