"""What to look for in a book, and which vouchers to print, as people type it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.forms import CleanCharField, DayField, MoneyField
from core.money import half_width
from fees.choices import Direction, ServiceLine, Source
from fees.documents import BookSearch
from fees.documents.searching import UNKNOWN
from fees.models import Account, Book, MoneyAccount

_NUMBERS = re.compile(r"第?([0-9]{1,6})号?(?:[-~至到]第?([0-9]{1,6})号?)?")


class NumbersField(CleanCharField):
    """A voucher number or a range of them: 213, 213-220, 第213号至第220号; first and last."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not isinstance(text, str) or not text:
            return None
        found = _NUMBERS.fullmatch("".join(half_width(text).replace("－", "-").split()))
        if not found:
            raise ValidationError(f'凭证号看不懂："{text}"。请填213，或213-220。')
        first, last = int(found[1]), int(found[2] or found[1])
        if first < 1 or last < first:
            raise ValidationError(f"凭证号要从小到大，例如213-220；{first}-{last}不行。")
        return first, last


class BookSearchForm(forms.Form):
    """Filters of the cash book; nothing typed finds everything."""

    words = CleanCharField(label="含有的字", max_length=60, required=False)
    since = DayField(label="从哪天", name="开始日期", required=False)
    until = DayField(label="到哪天", name="结束日期", required=False)
    number = NumbersField(label="凭证号", max_length=30, required=False)
    direction = forms.ChoiceField(label="方向", choices=[("", "全部"), *Direction.choices], required=False)
    account = forms.ChoiceField(label="科目", required=False)
    source = forms.ChoiceField(
        label="来源", choices=[("", "全部"), *Source.choices, (UNKNOWN, "支出未区分")], required=False
    )
    service_line = forms.ChoiceField(label="服务项目", choices=[("", "全部"), *ServiceLine.choices], required=False)
    where = forms.ChoiceField(label="账户", required=False)
    who = CleanCharField(label="对方", max_length=60, required=False)
    least = MoneyField(label="金额从", name="金额", zero=True, required=False)
    most = MoneyField(label="金额到", name="金额", zero=True, required=False)
    papers = forms.ChoiceField(
        label="票据", choices=[("", "全部"), ("with", "有票据"), ("without", "没有票据")], required=False
    )
    red = forms.BooleanField(label="只看红冲和被冲的", required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        book: Book,
        year: int,
        accounts: Sequence[Account] | None = None,
        money_accounts: Iterable[MoneyAccount] | None = None,
    ) -> None:
        """``accounts`` and ``money_accounts``: the chart and the compound's, where the page has them already."""
        super().__init__(data, auto_id="find_%s")  # beside the entry line, whose fields have the same names
        since, until = self.fields["since"], self.fields["until"]
        account, money = self.fields["account"], self.fields["where"]
        assert isinstance(since, DayField) and isinstance(until, DayField)
        assert isinstance(account, forms.ChoiceField) and isinstance(money, forms.ChoiceField)
        since.year_from = until.year_from = year
        account.choices = [("", "全部"), *((a.code, str(a)) for a in accounts or Account.objects.all())]
        own = money_accounts if money_accounts is not None else MoneyAccount.objects.filter(book=book)
        money.choices = [("", "全部"), *((str(a.pk), f"{a}（{a.holder}）") for a in own if a.book_id == book.pk)]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", "结束的日子早于开始的日子。")
        least, most = data.get("least"), data.get("most")
        if least is not None and most is not None and most < least:
            self.add_error("most", "金额的上限小于下限。")
        return data

    def to_search(self) -> BookSearch:
        """Return what was typed; only after ``is_valid``."""
        data = self.cleaned_data
        return BookSearch(
            since=data["since"],
            until=data["until"],
            direction=data["direction"],
            account=data["account"],
            source=data["source"],
            service_line=data["service_line"],
            money_account=int(data["where"]) if data["where"] else None,
            payee=data["who"],
            words=data["words"],
            least=data["least"],
            most=data["most"],
            numbers=data["number"],
            papers=data["papers"],
            red=data["red"],
        )


class VoucherRangeForm(forms.Form):
    """Which vouchers of a year to print."""

    year = forms.IntegerField(
        label="年度",
        min_value=1949,
        max_value=2100,
        error_messages={"required": "年度没有填。", "invalid": "年度填四位数字，例如2026。"},
    )
    number = NumbersField(label="凭证号，例如213-220", max_length=30, error_messages={"required": "凭证号没有填。"})
