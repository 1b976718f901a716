"""A voucher typed in the last line of the cash book."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from core.choices import EvidenceKind
from core.forms import CleanCharField, DayField, MoneyField, QuantityField
from core.models import Attachment
from core.money import NotUnderstood, capitals, half_width, parse_money, plain_money
from fees.choices import AccountDirection, Direction, ServiceLine, Source
from fees.models import Account, Book, Draft, MoneyAccount, Voucher
from fees.operations import DraftData, LineData
from fees.rules import ZERO

MOST_LINES = 40
LARGEST_FILE = 12 * 1024 * 1024

# Which direction a line has: the account's own, and the column in which the amount stands.
DIRECTION_OF = {
    (AccountDirection.INCOME, "income"): Direction.INCOME,
    (AccountDirection.EXPENSE, "expense"): Direction.EXPENSE,
    (AccountDirection.HELD, "income"): Direction.HELD_IN,
    (AccountDirection.HELD, "expense"): Direction.HELD_OUT,
    (AccountDirection.TRANSFER, "expense"): Direction.TRANSFER_OUT,
}
COLUMN_OF = {
    Direction.INCOME: "income",
    Direction.HELD_IN: "income",
    Direction.TRANSFER_IN: "income",
    Direction.EXPENSE: "expense",
    Direction.HELD_OUT: "expense",
    Direction.TRANSFER_OUT: "expense",
}


def draw_form_token() -> str:
    """Return a token for one showing of a form; the same form sent twice bears the same."""
    return secrets.token_hex(16)


class AccountField(CleanCharField):
    """An account (科目) by its number, the first letters of its pinyin, or its name."""

    def __init__(self, *, accounts: Sequence[Account], **kwargs: Any) -> None:
        self.accounts = accounts
        super().__init__(**kwargs)
        self.widget.attrs.update({"maxlength": "40", "list": "accounts"})

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not isinstance(text, str) or not text:
            return None
        found = self._find(half_width(text).strip().casefold())
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(f'没有"{text}"这个科目。可打编号、拼音首字母或名称，例如101、jmjf、居民缴费。')
        options = "、".join(str(account) for account in found[:4])
        raise ValidationError(f'"{text}"可以是{options}。请写编号。')

    def _find(self, text: str) -> list[Account]:
        """Return the accounts meant: exactly by number, letters or name, else by their beginning, else by a part."""
        for account in self.accounts:
            if text in (account.code, account.name.casefold(), str(account).casefold()):
                return [account]
        exact = [a for a in self.accounts if a.pinyin == text]
        begins = [a for a in self.accounts if a.pinyin.startswith(text) or a.name.casefold().startswith(text)]
        holds = [a for a in self.accounts if text in a.name.casefold()]
        return exact or begins or holds

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, Account) else value


class LineForm(forms.Form):
    """One line: what for, which account, how much in which column; a line left empty is no line."""

    summary = CleanCharField(label="摘要", max_length=120, required=False)
    income = MoneyField(label="收入", name="收入", required=False)
    expense = MoneyField(label="支出", name="支出", required=False)
    quantity = QuantityField(label="数量", name="数量")
    unit_price = QuantityField(label="单价", name="单价")
    source = forms.ChoiceField(label="来源", choices=[("", "按科目"), *Source.choices], required=False)
    service_line = forms.ChoiceField(label="服务项目", choices=[("", "按科目"), *ServiceLine.choices], required=False)

    def __init__(self, *args: Any, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"] = AccountField(label="科目", required=False, accounts=accounts)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")
        self.direction = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed in this line."""
        return not any(str(self[name].data or "").strip() for name in self.fields)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.is_blank:
            return data
        if not data.get("summary") and "summary" not in self.errors:
            self.add_error("summary", '摘要没有填。写清是什么事，例如"更换楼道感应灯23盏"。')
        account: Account | None = data.get("account")
        if account is None and "account" not in self.errors:
            self.add_error("account", "科目没有填。可打编号、拼音首字母或名称，例如101、jmjf、居民缴费。")
        if "income" in self.errors or "expense" in self.errors or account is None:
            return data
        self._fill_amount(data, account)
        self._find_direction(data, account)
        return data

    def _fill_amount(self, data: dict[str, Any], account: Account) -> None:
        """Take the amount from quantity × unit price where only these were typed and give whole 分."""
        if data.get("income") is not None or data.get("expense") is not None:
            return
        if not data.get("quantity") or not data.get("unit_price"):
            return
        amount = Decimal(data["quantity"]) * Decimal(data["unit_price"])
        if amount == amount.quantize(Decimal("0.01")):
            column = "income" if account.direction == AccountDirection.INCOME else "expense"
            data[column] = amount.quantize(Decimal("0.01"))

    def _find_direction(self, data: dict[str, Any], account: Account) -> None:
        """Set the line's direction and amount from the column in which the amount stands."""
        filled = [column for column in ("income", "expense") if data.get(column) is not None]
        if len(filled) != 1:
            wanted = "income" if account.direction == AccountDirection.INCOME else "expense"
            self.add_error(
                wanted, "收入和支出只填一个。" if filled else "金额没有填。收的钱填在收入一栏，付的钱填在支出一栏。"
            )
            return
        direction = DIRECTION_OF.get((AccountDirection(account.direction), filled[0]))
        if direction is None:
            self.add_error(filled[0], self._wrong_column(account))
            return
        self.direction = direction
        data["amount"] = data[filled[0]]

    @staticmethod
    def _wrong_column(account: Account) -> str:
        if account.direction == AccountDirection.TRANSFER:
            return "划转从付出的那一边记：金额填在支出一栏，再选划到哪里。"
        if account.direction == AccountDirection.INCOME:
            return f"{account}是收入科目，金额要填在收入一栏。记错的收入用红冲更正。"
        return f"{account}是支出科目，金额要填在支出一栏。记错的支出用红冲更正。"

    def to_line(self) -> LineData:
        """Return the line as typed; source and service line as the account proposes where none was chosen."""
        data = self.cleaned_data
        account: Account = data["account"]
        return LineData(
            summary=data["summary"],
            account=account,
            amount=data["amount"],
            quantity=data["quantity"],
            unit_price=data["unit_price"],
            # Which money pays is never guessed: few expense accounts have a source of their own.
            source=data["source"] or account.source,
            service_line=data["service_line"] or account.service_line,
        )


class VoucherForm(forms.Form):
    """A voucher as typed: what holds for all of it, and its lines (``lines``)."""

    on = DayField(label="日期", name="日期")
    payee = CleanCharField(label="对方", max_length=80, required=False)
    money_account = forms.ChoiceField(label="结算方式")
    to_account = forms.ChoiceField(label="划到", required=False)
    bill_on = DayField(label="票据日期", name="票据日期", required=False)
    handler = CleanCharField(label="经手人", max_length=40, required=False)
    witness = CleanCharField(label="证明人", max_length=40, required=False)
    approver = CleanCharField(label="审批人", max_length=40, required=False)
    decision = CleanCharField(label="决议、文件号", max_length=60, required=False)
    entered_for = CleanCharField(label="代谁录入", max_length=40, required=False)
    reason = CleanCharField(label="特殊情况说明", max_length=200, required=False)
    file = forms.FileField(label="票据文件", required=False)
    evidence_kind = forms.ChoiceField(label="票据种类", choices=EvidenceKind.choices, required=False)
    evidence_number = CleanCharField(label="票据号码", max_length=60, required=False)
    form_token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: MultiValueDict[str, Any] | None = None,
        *,
        book: Book,
        accounts: Sequence[Account],
        money_accounts: Sequence[MoneyAccount],
        month: date,
        today: date,
        initial: dict[str, Any] | None = None,
        lines: Sequence[dict[str, Any]] = ({},),
        one_more: bool = False,
    ) -> None:
        super().__init__(data, files, initial=initial)
        self.book = book
        self.money_accounts = {str(account.pk): account for account in money_accounts}
        own = [account for account in money_accounts if account.book_id == book.pk]
        on, bill_on = self.fields["on"], self.fields["bill_on"]
        assert isinstance(on, DayField) and isinstance(bill_on, DayField)
        on.year_from = bill_on.year_from = month.year
        self.today = today
        self._choices("money_account", [(str(a.pk), self._label(a)) for a in own])
        self._choices("to_account", [("", "不是划转"), *((str(a.pk), self._label(a)) for a in money_accounts)])
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")
        if data is None:
            count = max(len(lines), 1)
        else:
            count = self.typed_count(data)
        count = min(count + one_more, MOST_LINES)
        self.line_total = count
        # The line that the browser adds without asking the server: it puts the next number in place of __n__.
        self.new_line = LineForm(prefix="line-__n__", accounts=accounts)
        self.lines = [
            LineForm(
                data,
                prefix=f"line-{i}",
                accounts=accounts,
                initial=lines[i] if i < len(lines) else None,
            )
            for i in range(count)
        ]

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _label(self, account: MoneyAccount) -> str:
        label = str(account) if account.holder in ("", "待补") else f"{account}（{account.holder}）"
        return label if account.book_id == self.book.pk else f"{account.book} {label}"

    @staticmethod
    def typed_count(data: Mapping[str, Any]) -> int:
        """Return how many lines a sent form has, at least one, at most 40."""
        text = str(data.get("line_count", ""))
        return min(max(int(text), 1), MOST_LINES) if text.isascii() and text.isdecimal() and len(text) < 4 else 1

    @property
    def typed_lines(self) -> list[LineForm]:
        """The lines in which something was typed; the first one counts always."""
        return [line for i, line in enumerate(self.lines) if i == 0 or not line.is_blank]

    def is_valid(self) -> bool:
        """Whether the voucher and all of its lines can be taken."""
        valid = super().is_valid()
        for line in self.typed_lines:
            valid = line.is_valid() and valid
        return valid and self._directions_agree()

    def _directions_agree(self) -> bool:
        typed = self.typed_lines
        if typed[0].is_blank:
            typed[0].add_error("summary", '摘要没有填。写清是什么事，例如"更换楼道感应灯23盏"。')
            return False
        directions = {line.direction for line in typed}
        if len(directions) > 1:
            self.add_error(None, "一张凭证只能一个方向：几行要么都是收入，要么都是支出。请分开记。")
            return False
        return self._target_fits(directions.pop())

    def _target_fits(self, direction: str) -> bool:
        """A transfer names where to, nothing else does."""
        source, target = self.cleaned_data["money_account"], self.cleaned_data["to_account"]
        if direction == Direction.TRANSFER_OUT:
            if not target:
                self.add_error("to_account", "划转要选划到哪里。")
            elif target == source:
                self.add_error("to_account", "划出和划入是同一个账户。请另选一个。")
        elif target:
            self.add_error("to_account", "只有301内部划转才填划到哪里。")
        return not self.errors

    @property
    def typed_total(self) -> Decimal:
        """The sum of what can be read in the amounts as they stand, yuan."""
        total = ZERO
        for line in self.lines:
            for name in ("income", "expense"):
                try:
                    total += parse_money(line[name].value() or "0", zero=True)
                except NotUnderstood:
                    continue
        return total

    @property
    def typed_capitals(self) -> str:
        """The sum in capitals (大写), or nothing."""
        return capitals(self.typed_total) if self.typed_total else ""

    def offer(self, last: Mapping[str, str]) -> None:
        """Put beside each field what the last voucher had in it, for the key that copies the field above."""
        for name, value in last.items():
            if name in self.fields:
                self.fields[name].widget.attrs["data-last"] = value
            for line in (*self.lines, self.new_line):
                if name in line.fields:
                    line.fields[name].widget.attrs["data-last"] = value

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise ValidationError(f"{on.month}月{on.day}日还没到。请填钱实际收付的那天。")
        return on

    def clean_file(self) -> Any:
        file = self.cleaned_data.get("file")
        if file and file.size > LARGEST_FILE:
            raise ValidationError(f"文件太大：{file.size // 1048576}MB，最多12MB。请缩小或分开拍。")
        return file

    def error_list(self) -> list[tuple[str, str]]:
        """Return every error with the id of the field it stands at, in the order of the form, for the summary."""
        found = [("", str(error)) for error in self.non_field_errors()]
        for form in (self, *self.typed_lines):
            for name, errors in form.errors.items():
                if name == "__all__":
                    continue
                found += [(form[name].id_for_label, str(error)) for error in errors]
        return found

    def to_data(self, attachments: Iterable[Attachment] = ()) -> DraftData:
        """Return the voucher as typed, for ``save_draft``; only after ``is_valid``."""
        data = self.cleaned_data
        return DraftData(
            book=self.book,
            on=data["on"],
            direction=self.typed_lines[0].direction,
            money_account=self.money_accounts[data["money_account"]],
            to_account=self.money_accounts[data["to_account"]] if data["to_account"] else None,
            lines=tuple(line.to_line() for line in self.typed_lines),
            payee=data["payee"],
            bill_on=data["bill_on"],
            handler=data["handler"],
            witness=data["witness"],
            approver=data["approver"],
            decision=data["decision"],
            reason=data["reason"],
            entered_for=data["entered_for"],
            attachments=tuple(attachments),
            form_token=data["form_token"] or None,
        )


def typed_values(stored: Draft | Voucher) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a draft or voucher as the initial values of the form and of its lines."""
    initial = {
        name: getattr(stored, name)
        for name in (
            "on", "payee", "bill_on", "handler", "witness", "approver", "decision", "reason", "entered_for",
        )
    }  # fmt: skip
    initial["money_account"] = str(stored.money_account_id)
    initial["to_account"] = str(stored.to_account_id or "")
    column = COLUMN_OF[Direction(stored.direction)]
    lines = [
        {
            "summary": line.summary,
            "account": line.account,
            column: plain_money(line.amount),
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "source": line.source,
            "service_line": line.service_line,
        }
        for line in stored.lines.all()
    ]
    return initial, lines
