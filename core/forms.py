"""Form fields that read money, quantities, days and months as people type them; the typed value is kept."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.hashing import clean_text
from core.money import (
    UNSEEN,
    NotUnderstood,
    parse_area,
    parse_date,
    parse_money,
    parse_month,
    parse_quantity,
    plain_decimal,
    plain_money,
)

# No page may hold them; what was typed is shown with a sign in their place.
_NO_HTML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


class CleanCharField(forms.CharField):
    """A text field that lets through only what both databases and every sheet can show; NFC, spaces trimmed."""

    def __init__(self, *, multiline: bool = False, **kwargs: Any) -> None:
        self.multiline = multiline
        if multiline:
            kwargs.setdefault("widget", forms.Textarea)
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return _NO_HTML.sub("\ufffd", value) if isinstance(value, str) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not isinstance(text, str):
            return text
        try:
            return clean_text(text, multiline=self.multiline)
        except ValueError as problem:
            raise ValidationError(str(problem), code="unprintable") from None


class TypedField(forms.CharField):
    """A text field whose clean value comes from one of the parsers; their sentence is the error."""

    def __init__(self, *, name: str = "", **kwargs: Any) -> None:
        self.name = name
        kwargs.setdefault("error_messages", {}).setdefault("required", f"{name}没有填。" if name else "这里没有填。")
        super().__init__(**kwargs)

    def parse(self, text: str) -> Any:
        """Return the value meant."""
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        text = str(value).strip(UNSEEN) if value is not None else ""
        if not text:
            return None
        try:
            return self.parse(text)
        except NotUnderstood as problem:
            raise ValidationError(str(problem), code="not_understood") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(self.prepare_value(initial)) != self.to_python(data))
        except ValidationError:
            return True


class MoneyField(TypedField):
    """An amount in yuan; a Decimal of 2 places, or None where it may stay empty."""

    def __init__(self, *, zero: bool = False, negative: bool = False, name: str = "金额", **kwargs: Any) -> None:
        self.zero, self.negative = zero, negative
        super().__init__(name=name, **kwargs)
        self.widget.attrs.setdefault("inputmode", "decimal")
        self.widget.attrs.setdefault("autocomplete", "off")

    def parse(self, text: str) -> Decimal:
        return parse_money(text, zero=self.zero, negative=self.negative, name=self.name)

    def prepare_value(self, value: Any) -> Any:
        return plain_money(value) if isinstance(value, Decimal) else value


class QuantityField(TypedField):
    """A quantity or unit price; plain decimal text, "" where it may stay empty."""

    def __init__(self, *, name: str = "数量", **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(name=name, **kwargs)
        self.widget.attrs.setdefault("inputmode", "decimal")
        self.widget.attrs.setdefault("autocomplete", "off")

    def to_python(self, value: Any) -> str:
        return super().to_python(value) or ""

    def parse(self, text: str) -> str:
        return parse_quantity(text, name=self.name)


class AreaField(TypedField):
    """A floor area in m²; a Decimal of 4 places, or None where it may stay empty."""

    def __init__(self, *, name: str = "建筑面积", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.widget.attrs.setdefault("inputmode", "decimal")

    def parse(self, text: str) -> Decimal:
        return parse_area(text, name=self.name)

    def prepare_value(self, value: Any) -> Any:
        return plain_decimal(value) if isinstance(value, Decimal) else value


class DayField(TypedField):
    """A date; with ``year_from`` (a year, which the form may set later) also typed without its year: 1025."""

    def __init__(self, *, year_from: int | None = None, name: str = "日期", **kwargs: Any) -> None:
        self.year_from = year_from
        super().__init__(name=name, **kwargs)
        self.widget.attrs.setdefault("autocomplete", "off")

    def parse(self, text: str) -> date:
        return parse_date(text, year=self.year_from, name=self.name)

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class MonthField(TypedField):
    """A month; the date of its first day."""

    def __init__(self, *, name: str = "月份", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def parse(self, text: str) -> date:
        return parse_month(text, name=self.name)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y-%m}" if isinstance(value, date) else value
