"""Money accounts, a code's settlement, a reconciliation, a cash count, shared accounts and their slips, as typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from core.forms import CleanCharField, DayField, MoneyField, TypedField
from core.hashing import sha256_text
from core.money import NotUnderstood, half_width, quoted, show_share
from fees.choices import Means
from fees.documents.control import StatementLine
from fees.forms.statements import (
    Statement,
    StatementRefused,
    grid_of_file,
    grid_of_text,
    read_statement,
    text_of_lines,
)
from fees.models import HOLDER_MISSING, Book, MoneyAccount, SharedAccount
from fees.operations import AccountData, CountData, SettlementData
from fees.rules import COUNTED_AT_MOST, DENOMINATIONS, ZERO, fee_of


class TailField(CleanCharField):
    """The last four digits of an account's number; more than these is never kept."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        digits = half_width(text).strip() if isinstance(text, str) else ""
        if digits and not (digits.isascii() and digits.isdigit() and len(digits) == 4):
            raise ValidationError("请只填账号的后四位数字，例如1234。")
        return digits


class RateField(TypedField):
    """A fee as people say it: 0.38% or 0.0038; a Decimal share of 4 places."""

    def parse(self, text: str) -> Decimal:
        plain = half_width(text).replace(" ", "")
        percent = plain.endswith("%")
        number = plain.rstrip("%")
        try:
            if not number.replace(".", "", 1).isdigit() or not number.isascii():
                raise InvalidOperation
            share = Decimal(number) / (100 if percent else 1)
        except InvalidOperation:
            raise NotUnderstood(f"手续费率看不懂：{quoted(text)}。请填0.38%或0.0038。") from None
        if share >= Decimal("0.1"):
            raise NotUnderstood(f"手续费率{quoted(text)}太高了。千分之三点八请填0.38%。")
        if share != share.quantize(Decimal("0.0001")):
            raise NotUnderstood("手续费率最多精确到万分之一，例如0.38%。")
        return share.quantize(Decimal("0.0001"))

    def prepare_value(self, value: Any) -> Any:
        return show_share(value) if isinstance(value, Decimal) else value


class AccountForm(forms.Form):
    """A money account: in whose name, on what ground, where; a limit for cash, a fee for a code."""

    book = forms.ChoiceField(label="哪本账", error_messages={"required": "哪本账没有选。"})
    means = forms.ChoiceField(label="结算方式", choices=Means.choices, error_messages={"required": "结算方式没有选。"})
    holder = CleanCharField(
        label="在谁名下",
        max_length=60,
        help_text="户名全称。现金写保管人的职务，例如出纳。",
        error_messages={"required": "在谁名下没有填。还不知道，请写待补。"},
    )
    is_private = forms.BooleanField(label="在私人名下", required=False)
    mandate = CleanCharField(
        label="凭什么代管", max_length=120, required=False, help_text="决议、协议或街道文件，写明名称和日期。"
    )
    bank = CleanCharField(label="开户行或服务方", max_length=60, required=False)
    number_tail = TailField(label="账号后四位", max_length=8, required=False)
    shared = forms.ChoiceField(label="和别的小区共用的账户", required=False)
    limit = MoneyField(label="库存现金限额（元）", name="限额", required=False)
    fee_rate = RateField(label="手续费率", name="手续费率", required=False, help_text="收款码才填，例如0.38%。")
    settles_to = forms.ChoiceField(label="次日到哪个账户", required=False)
    opened_on = DayField(label="启用日期", name="启用日期", required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        books: Sequence[Book],
        banks: Sequence[MoneyAccount],
        shared: Sequence[SharedAccount],
        account: MoneyAccount | None = None,
    ) -> None:
        super().__init__(data, initial=_initial(account) if account else None)
        self.account = account
        self.books = {str(book.pk): book for book in books}
        self.banks = {str(bank.pk): bank for bank in banks}
        self.shared_accounts = {str(each.pk): each for each in shared}
        if account is not None:
            del self.fields["book"], self.fields["means"]
        else:
            self._choices("book", [(key, str(book)) for key, book in self.books.items()])
        self._choices("shared", [("", "不是共用"), *((key, str(each)) for key, each in self.shared_accounts.items())])
        banks_shown = [(key, f"{bank.book} {bank.label}") for key, bank in self.banks.items()]
        self._choices("settles_to", [("", "没有"), *banks_shown])
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        means = self.account.means if self.account else data.get("means")
        for name, kinds, words in (
            ("limit", [Means.CASH], "只有现金填限额。"),
            ("fee_rate", [Means.QR], "只有收款码填手续费率。"),
            ("settles_to", [Means.QR], "只有收款码填次日到哪个账户。"),
            ("shared", [Means.BANK], "只有银行账户能和别的小区共用。"),
        ):
            if means and data.get(name) and means not in kinds:
                self.add_error(name, words)
        book = self.account.book_id if self.account else self._book_key(data)
        target = self.banks.get(data.get("settles_to", ""))
        if target is not None and book and target.book_id != book:
            self.add_error("settles_to", "要到同一本账的银行账户。")
        if data.get("is_private") and data.get("holder") == HOLDER_MISSING:
            self.add_error("holder", "在私人名下，要写明是谁。")
        return data

    def _book_key(self, data: Mapping[str, Any]) -> int | None:
        book = self.books.get(data.get("book", ""))
        return book.pk if book else None

    def to_data(self) -> AccountData:
        """Return the account as typed."""
        data = self.cleaned_data
        return AccountData(
            holder=data["holder"],
            mandate=data["mandate"],
            bank=data["bank"],
            number_tail=data["number_tail"],
            limit=data["limit"],
            fee_rate=data["fee_rate"],
            settles_to=self.banks.get(data["settles_to"]),
            shared=self.shared_accounts.get(data["shared"]),
            is_private=data["is_private"],
            opened_on=data["opened_on"],
        )


def _initial(account: MoneyAccount) -> dict[str, Any]:
    names = ("holder", "is_private", "mandate", "bank", "number_tail", "limit", "fee_rate", "opened_on")
    initial = {name: getattr(account, name) for name in names}
    return initial | {"shared": str(account.shared_id or ""), "settles_to": str(account.settles_to_id or "")}


class EndForm(forms.Form):
    """When an account ends, and why with money in it."""

    on = DayField(label="最后一天", name="最后一天", help_text="这天以后不再记这个账户的账。")
    reason = CleanCharField(label="为什么停用", max_length=120, required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        on = self.fields["on"]
        assert isinstance(on, DayField)
        on.year_from = today.year


class SettlementForm(forms.Form):
    """What of a payment code came to the bank: gross, the fee, where to, when."""

    on = DayField(label="到账日期", name="到账日期")
    gross = MoneyField(label="应到（元）", name="应到", help_text="扣手续费以前的数。")
    fee = MoneyField(label="手续费（元）", name="手续费", zero=True)
    bank = forms.ChoiceField(label="到哪个账户", error_messages={"required": "到哪个账户没有选。"})
    form_token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        code: MoneyAccount,
        banks: Sequence[MoneyAccount],
        lying: Decimal,
        today: date,
        form_token: str = "",
    ) -> None:
        gross = lying if lying > 0 else None
        initial = {
            "on": today,
            "gross": gross,
            "fee": fee_of(gross, code.fee_rate) if gross else None,
            "bank": str(code.settles_to_id or ""),
            "form_token": form_token,
        }
        super().__init__(data, initial=initial)
        self.code = code
        self.banks = {str(bank.pk): bank for bank in banks}
        on, bank = self.fields["on"], self.fields["bank"]
        assert isinstance(on, DayField) and isinstance(bank, forms.ChoiceField)
        on.year_from = today.year
        bank.choices = [(key, each.label) for key, each in self.banks.items()]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        gross, fee = data.get("gross"), data.get("fee")
        if gross is not None and fee is not None and fee >= gross:
            self.add_error("fee", "手续费要比应到的少。")
        return data

    def to_data(self) -> SettlementData:
        """Return the settlement as typed."""
        data = self.cleaned_data
        return SettlementData(
            self.code, self.banks[data["bank"]], data["on"], data["gross"], data["fee"], data["form_token"] or None
        )


class PasteField(forms.CharField):
    """Lines as copied, with their tabs; each line is judged when it is read, NUL is what no page can show."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return text.replace("\0", "") if isinstance(text, str) else text


class ReconciliationForm(forms.Form):
    """A statement: its closing balance, its lines as pasted or from a file, what is ticked, a note."""

    statement_balance = MoneyField(
        label="对账单月末余额（元）", name="对账单月末余额", zero=True, negative=True, required=False
    )
    pasted = PasteField(
        label="对账单明细",
        required=False,
        max_length=400_000,
        help_text="从网银或对账单复制，连表头一起粘贴。银行说的借方是付出，贷方是收进。没有明细，也可以只填余额再逐笔打勾。",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        error_messages={"max_length": "粘贴的太长了。请只取这个月、这个账户的。"},
    )
    file = forms.FileField(label="或者选文件（.xlsx、.csv）", required=False, allow_empty_file=True)
    statement = forms.FileField(label="对账单照片或PDF", required=False, allow_empty_file=True)
    note = CleanCharField(label="差额说明", max_length=200, required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: MultiValueDict[str, Any] | None = None,
        *,
        first_on: date,
        last_on: date,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, files, initial=initial)
        self.first_on, self.last_on = first_on, last_on
        self.read = Statement(())

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        file = data.get("file")
        try:
            grid = grid_of_file(file.read()) if file else grid_of_text(data.get("pasted", ""))
            self.read = read_statement(grid, first_on=self.first_on, last_on=self.last_on)
        except StatementRefused as refused:
            for fault in refused.faults:
                self.add_error("file" if file else "pasted", str(fault))
            return data
        if file:
            data["pasted"] = text_of_lines(self.read.lines)
        return data

    @property
    def lines(self) -> tuple[StatementLine, ...]:
        return self.read.lines


def mark_of(pasted: str) -> str:
    """Return the mark of a pasted statement: ticks belong to the text that they were made for."""
    return sha256_text(" ".join(pasted.split()))[:16]


class PieceField(TypedField):
    """How many notes or coins of one kind: a whole number, not below zero; nothing typed is none."""

    def parse(self, text: str) -> int:
        plain = half_width(text).strip()
        if plain.startswith(("-", "\u2212")):
            raise NotUnderstood(f"{self.name}的张数不能是负数。")
        if not (plain.isascii() and plain.isdigit()) or len(plain) > 7:
            raise NotUnderstood(f"{self.name}的张数看不懂：{quoted(text)}。请填整数。")
        number = int(plain)
        if number > COUNTED_AT_MOST:
            raise NotUnderstood(f"{self.name}有{number}张？太多了，请再看一遍。")
        return number


def piece_words(value: Decimal) -> str:
    """Return a denomination as people say it: 100元, 5角, 1分."""
    if value >= 1:
        return f"{value:f}元"
    return f"{int(value * 10)}角" if value >= Decimal("0.1") else f"{int(value * 100)}分"


class CountForm(forms.Form):
    """A cash count: so many pieces of each denomination, who counted, who watched, why it differs."""

    on = DayField(label="盘点日期", name="盘点日期")
    counter = CleanCharField(label="盘点人", max_length=40, error_messages={"required": "盘点人没有填。"})
    witness = CleanCharField(
        label="监盘人", max_length=40, error_messages={"required": "监盘人没有填。要有另一个人在旁边看着数。"}
    )
    explanation = CleanCharField(label="不符的原因", max_length=200, required=False)

    def __init__(self, *args: Any, account: MoneyAccount, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        on = self.fields["on"]
        assert isinstance(on, DayField)
        on.year_from = today.year
        self.kinds = {f"piece-{i}": value for i, value in enumerate(DENOMINATIONS)}
        for name, value in self.kinds.items():
            words = piece_words(value)
            self.fields[name] = PieceField(label=words, name=words, required=False)
            self.fields[name].widget.attrs |= {
                "inputmode": "numeric", "autocomplete": "off", "class": "num", "data-worth": str(int(value * 100)),
            }  # fmt: skip

    @property
    def piece_fields(self) -> list[Any]:
        return [self[name] for name in self.kinds]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("counter") and data.get("counter") == data.get("witness"):
            self.add_error("witness", "监盘人要是另一个人，不能就是盘点人。")
        return data

    def to_data(self) -> CountData:
        """Return the count as typed."""
        data = self.cleaned_data
        pieces = tuple((value, data[name] or 0) for name, value in self.kinds.items())
        return CountData(self.account, data["on"], pieces, data["counter"], data["witness"], data["explanation"])


class SharedAccountForm(forms.Form):
    """An account in which several compounds' money lies: where, whose, at which bank."""

    area = forms.ChoiceField(label="哪里的", error_messages={"required": "哪里的没有选。"})
    holder = CleanCharField(label="户名", max_length=60, error_messages={"required": "户名没有填。"})
    bank = CleanCharField(label="开户行", max_length=60, required=False)
    number_tail = TailField(label="账号后四位", max_length=8, required=False)

    def __init__(self, *args: Any, areas: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        area = self.fields["area"]
        assert isinstance(area, forms.ChoiceField)
        area.choices = areas


class SlipForm(forms.Form):
    """The holder's confirmation: the day, the statement, what is the holder's own, who signed, the signed paper."""

    on = DayField(label="哪天的余额", name="日期", help_text="月末那天，当月对账就不用再做。")
    statement_balance = MoneyField(label="对账单余额（元）", name="对账单余额", zero=True, negative=True)
    own = MoneyField(label="户主自己的（元）", name="户主自己的", zero=True, negative=True)
    signed_by = CleanCharField(label="户主签字人", max_length=40, required=False)
    paper = forms.FileField(label="签字盖章的确认单，照片或PDF", required=False, allow_empty_file=True)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        on = self.fields["on"]
        assert isinstance(on, DayField)
        on.year_from = today.year

    def difference(self, parts: Decimal) -> Decimal | None:
        """Return by how much the statement is more than the parts and the holder's own; None while not typed."""
        data = self.cleaned_data
        if data.get("statement_balance") is None or data.get("own") is None:
            return None
        difference: Decimal = data["statement_balance"] - data["own"] - parts
        return difference or ZERO
