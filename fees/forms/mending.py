"""What mends a posted voucher: all or a part of it reversed, or an earlier year's corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.forms import CleanCharField, DayField, MoneyField
from core.money import show_money
from fees.choices import Direction, ReversalKind
from fees.documents import Remainder
from fees.models import MoneyAccount, Voucher
from fees.operations import LOWERS, RAISES


class ReversalForm(forms.Form):
    """When a voucher is reversed, all of it or which part, and why it may take an account below zero."""

    on = DayField(label="红冲的日期", name="日期")
    kind = forms.ChoiceField(
        label="冲多少", choices=ReversalKind.choices, widget=forms.RadioSelect, required=False,
        error_messages={"invalid_choice": "请选冲多少。"},
    )  # fmt: skip
    money_account = forms.ChoiceField(label="退的钱从哪里付", required=False)
    reason = CleanCharField(label="特殊情况说明", max_length=200, required=False)
    form_token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(
        self,
        *args: Any,
        year: int,
        left: Sequence[Remainder] = (),
        money_accounts: Sequence[tuple[MoneyAccount, str]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        on, where = self.fields["on"], self.fields["money_account"]
        assert isinstance(on, DayField) and isinstance(where, forms.ChoiceField)
        on.year_from = year
        self.left = list(left)
        self.money_accounts = {str(account.pk): account for account, _ in money_accounts}
        where.choices = [("", "和原凭证一样"), *((str(account.pk), label) for account, label in money_accounts)]
        for i, row in enumerate(self.left):
            self.fields[f"part-{i}"] = MoneyField(
                label=f"{row.account}，{row.summary}", required=False, help_text=f"还剩{show_money(row.amount)}元",
            )  # fmt: skip

    @property
    def part_fields(self) -> list[forms.BoundField]:
        """The fields of the parts, one per remainder."""
        return [self[f"part-{i}"] for i in range(len(self.left))]

    @property
    def parts(self) -> dict[tuple[str, str, str], Decimal]:
        """How much of which remainder was typed, yuan."""
        typed = {row.key: self.cleaned_data.get(f"part-{i}") for i, row in enumerate(self.left)}
        return {key: amount for key, amount in typed.items() if amount is not None}

    @property
    def paid_from(self) -> MoneyAccount | None:
        """From where a refund is paid, if not from the original's account."""
        return self.money_accounts.get(self.cleaned_data.get("money_account", ""))

    def clean_kind(self) -> str:
        return self.cleaned_data.get("kind") or ReversalKind.WHOLE

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        kind = data.get("kind")
        for i, row in enumerate(self.left):
            amount = data.get(f"part-{i}")
            if amount is not None and amount > row.amount:
                self.add_error(f"part-{i}", f"最多还能冲{show_money(row.amount)}元。请看看已经冲过多少。")
        if kind == ReversalKind.WHOLE and self.parts:
            self.add_error("kind", "填了要冲的金额。请选是多记了金额，还是退了一部分钱；要全部冲销就不填金额。")
        elif kind and kind != ReversalKind.WHOLE and not self.parts and not self.errors:
            self.add_error("part-0", "要冲多少没有填。")
        if data.get("money_account") and kind != ReversalKind.REFUND:
            self.add_error("money_account", "只有退款才另选从哪里付。")
        return data


class CorrectionForm(forms.Form):
    """How an earlier year's voucher was wrong, by how much, and the street's document that lets it be corrected."""

    on = DayField(label="记哪天的账", name="日期", help_text="今年还没结账的月份里的日期。")
    account = forms.ChoiceField(
        label="原来错在哪里", widget=forms.RadioSelect, error_messages={"required": "请选原来错在哪里。"}
    )
    amount = MoneyField(label="差多少（元）")
    money_account = forms.ChoiceField(label="钱在哪个账户")
    decision = CleanCharField(
        label="街道的文件号", max_length=60, help_text="例如八角街道〔2026〕12号。没有文件不能更正以前年度的账。",
        error_messages={"required": "街道的文件号没有填。以前年度的账，要有街道的文件才能更正。"},
    )  # fmt: skip
    handler = CleanCharField(label="经手人", max_length=40, required=False)
    witness = CleanCharField(label="证明人", max_length=40, required=False)
    approver = CleanCharField(label="审批人", max_length=40, required=False)
    reason = CleanCharField(label="特殊情况说明", max_length=200, required=False)
    form_token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(
        self,
        *args: Any,
        voucher: Voucher,
        money_accounts: Sequence[tuple[MoneyAccount, str]],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        on, account, where = self.fields["on"], self.fields["account"], self.fields["money_account"]
        assert isinstance(on, DayField) and isinstance(account, forms.ChoiceField)
        assert isinstance(where, forms.ChoiceField)
        on.year_from, self.today = today.year, today
        spent = voucher.direction == Direction.EXPENSE
        name = "支出" if spent else "收入"
        more, less = f"多记了{name}", f"少记了{name}"
        account.choices = [
            (RAISES, f"{more if spent else less}：差的钱加到今年的账上（119 以前年度收入更正）"),
            (LOWERS, f"{less if spent else more}：差的钱从今年的账上减去（229 以前年度支出更正）"),
        ]
        self.money_accounts = {str(each.pk): each for each, _ in money_accounts}
        where.choices = [(str(each.pk), label) for each, label in money_accounts]

    @property
    def purse(self) -> MoneyAccount:
        """Where the money lies."""
        return self.money_accounts[self.cleaned_data["money_account"]]

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise ValidationError(f"{on.month}月{on.day}日还没到。")
        return on
