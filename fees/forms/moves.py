"""Money that changes its place or its keeper: transfers, and money held for others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.forms import CleanCharField, DayField, MoneyField
from core.money import show_money
from fees.choices import Direction
from fees.documents import HeldItem, Purse
from fees.models import Account, Book, MoneyAccount
from fees.operations import DraftData, LineData

# What people do with money that is not theirs: account, direction, the words, and the summary where none is typed.
HELD_MOVES = (
    ("401 in", "收押金或保证金", "收押金"),
    ("401 out", "退押金或保证金", "退押金"),
    ("402 in", "代收别人的钱（水电费等）", "代收款"),
    ("402 out", "把代收的钱付出去", "代付款"),
    ("403 in", "成员先垫钱", "成员垫付款"),
    ("403 out", "还成员垫的钱", "归还成员垫付款"),
    ("404 out", "借出备用金", "借出备用金"),
    ("404 in", "收回备用金", "收回备用金"),
    ("405 in", "收到一笔还查不清的钱", "待查款项"),
    ("405 out", "查清了，转出或退回", "待查款项查清转出"),
)
# What gives back: it names which held item it ends or lessens.
RETURNS = {"401 out", "402 out", "403 out", "404 in", "405 out"}
LENT = "404"


class _MoveForm(forms.Form):
    """What both have in common: the day, the amount, who signs, and why an account may fall below zero."""

    on = DayField(label="日期", name="日期", help_text="钱实际收付的那天。")
    amount = MoneyField(label="金额（元）")
    summary = CleanCharField(label="摘要", max_length=120, required=False)
    handler = CleanCharField(label="经手人", max_length=40, required=False)
    witness = CleanCharField(label="证明人", max_length=40, required=False)
    approver = CleanCharField(label="审批人", max_length=40, required=False)
    reason = CleanCharField(label="特殊情况说明", max_length=200, required=False)
    form_token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(self, *args: Any, book: Book, purses: Sequence[Purse], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.book, self.today = book, today
        self.purses = {str(purse.account.pk): purse.account for purse in purses}
        on = self.fields["on"]
        assert isinstance(on, DayField)
        on.year_from = today.year

    def offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Let a field be chosen from these."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def purse(self, name: str) -> MoneyAccount:
        return self.purses[self.cleaned_data[name]]

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise ValidationError(f"{on.month}月{on.day}日还没到。请填钱实际收付的那天。")
        return on

    def signed(self, data: DraftData) -> DraftData:
        """Add who signed, the reason, and the form's token."""
        names = ("handler", "witness", "approver", "reason")
        signs: dict[str, Any] = {name: self.cleaned_data[name] for name in names}
        return replace(data, form_token=self.cleaned_data["form_token"] or None, **signs)


class TransferForm(_MoveForm):
    """Money from one account to another, within a book or between the two."""

    money_account = forms.ChoiceField(label="从哪里划出", error_messages={"required": "请选从哪里划出。"})
    to_account = forms.ChoiceField(label="划到哪里", error_messages={"required": "请选划到哪里。"})
    field_order = ["on", "money_account", "to_account", "amount", "summary"]

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        source, target = data.get("money_account"), data.get("to_account")
        if source and source == target:
            self.add_error("to_account", "划出和划入是同一个账户，钱没有动，不用记。请另选一个。")
        return data

    def to_data(self) -> DraftData:
        """Return the transfer as typed; only after ``is_valid``."""
        source, target = self.purse("money_account"), self.purse("to_account")
        inside = source.book_id == target.book_id
        words = f"{source}转{target}" if inside else f"拨给{target.book}"
        line = LineData(self.cleaned_data["summary"] or words, self.account, self.cleaned_data["amount"])
        return self.signed(
            DraftData(
                book=source.book,
                on=self.cleaned_data["on"],
                direction=Direction.TRANSFER_OUT,
                money_account=source,
                to_account=target,
                lines=(line,),
            )
        )


class HeldForm(_MoveForm):
    """Money held for others: taken in, given back, lent and returned."""

    move = forms.ChoiceField(
        label="办什么", choices=[("", "请选"), *((key, words) for key, words, _ in HELD_MOVES)],
        error_messages={"required": "请选办什么。"},
    )  # fmt: skip
    item = forms.ChoiceField(label="退的、还的是哪一笔", required=False)
    payee = CleanCharField(label="谁的钱", max_length=80, required=False, help_text="不会公布。退还时不用填。")
    money_account = forms.ChoiceField(label="钱进出哪个账户", error_messages={"required": "请选账户。"})
    field_order = ["move", "item", "payee", "on", "money_account", "amount", "summary"]

    def __init__(self, *args: Any, accounts: Sequence[Account], items: Sequence[HeldItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = {account.code: account for account in accounts}
        self.items = {item.key: item for item in items}
        choices = [(item.key, self.words_of(item)) for item in items]
        self.offer("item", [("", "不是退还"), *choices])

    @staticmethod
    def words_of(item: HeldItem) -> str:
        """Return a held item in words."""
        left = f"{'借出去' if item.amount < 0 else '还有'}{show_money(abs(item.amount))}元"
        return f"{item.account}，{item.payee or '没写是谁'}，{left}"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        move, item = data.get("move"), self.items.get(data.get("item", ""))
        if not move or "item" in self.errors:
            return data
        if move not in RETURNS:
            if item is not None:
                self.add_error("item", "退还才选是哪一笔。收进来的、借出去的，在下面写是谁的钱。")
            elif not data.get("payee"):
                self.add_error("payee", "谁的钱没有填。以后退还时要找得到是哪一笔。")
            return data
        if item is None or item.account.code != move[:3] or (item.amount < 0) != (move[:3] == LENT):
            self.add_error("item", self._no_such_item(move))
        elif data.get("amount") is not None and data["amount"] > abs(item.amount):
            self.add_error("amount", f"这一笔只有{show_money(abs(item.amount))}元，不能退还更多。")
        return data

    def _no_such_item(self, move: str) -> str:
        fits = [i for i in self.items.values() if i.account.code == move[:3] and (i.amount < 0) == (move[:3] == LENT)]
        if fits:
            return f"请选退还的是哪一笔，要选{self.accounts[move[:3]]}里的。"
        return f"{self.accounts[move[:3]]}里没有可以退还的钱。先记过收进来，才能退还。"

    def to_data(self) -> DraftData:
        """Return the move as typed; only after ``is_valid``."""
        data = self.cleaned_data
        code, way = data["move"].split()
        item = self.items.get(data["item"])
        proposed = next(summary for key, _, summary in HELD_MOVES if key == data["move"])
        amount: Decimal = data["amount"]
        return self.signed(
            DraftData(
                book=self.book,
                on=data["on"],
                direction=Direction.HELD_IN if way == "in" else Direction.HELD_OUT,
                money_account=self.purse("money_account"),
                payee=item.payee if item else data["payee"],
                lines=(LineData(data["summary"] or proposed, self.accounts[code], amount),),
            )
        )
