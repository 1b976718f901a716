"""Filters by which every page and paper writes money, dates, codes and names the same way."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from core import masking
from core.codes import show_code
from core.money import show_money

register = template.Library()

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOTHING = "—"
DEMO = "（演示）"
WEEKDAYS = "一二三四五六日"


def _day(value: date) -> date:
    """Return the day in Shanghai."""
    if isinstance(value, datetime):
        return (timezone.localtime(value, SHANGHAI) if timezone.is_aware(value) else value).date()
    return value


@register.filter
def money(value: Decimal | str | None) -> str:
    """17,732.75, with U+2212 for minus; — where nothing is known."""
    if value is None or value == "":
        return NOTHING
    return show_money(value if isinstance(value, Decimal) else Decimal(str(value)))


@register.filter
def signed(value: Decimal | str | None) -> str:
    """Money that always shows which way it goes: +2,403.15, −435.00, 0.00."""
    text = money(value)
    return f"+{text}" if text[0] in "123456789" or (text[0] == "0" and text != "0.00") else text


@register.filter
def cn_date(value: date | None, this_year: int | None = None) -> str:
    """11月5日; with its year where it differs from the year given."""
    if value is None:
        return NOTHING
    day = _day(value)
    year = f"{day.year}年" if this_year is not None and day.year != int(this_year) else ""
    return f"{year}{day.month}月{day.day}日"


@register.filter
def full_date(value: date | None) -> str:
    """2026年10月12日."""
    if value is None:
        return NOTHING
    day = _day(value)
    return f"{day.year}年{day.month}月{day.day}日"


_PERIOD = re.compile(r"([0-9]{4})(?:-(?:([0-9]{2})|Q([1-4])|H([12])))?")


@register.filter
def cn_month(value: date | str | None) -> str:
    """A month or longer period: 2026年10月, 2026年第三季度, 2026年上半年, 2026年."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, date):
        day = _day(value)
        return f"{day.year}年{day.month}月"
    match = _PERIOD.fullmatch(str(value))
    if match is None:
        return str(value)
    year, month, quarter, half = match.groups()
    if month:
        return f"{year}年{int(month)}月"
    if quarter:
        return f"{year}年第{'一二三四'[int(quarter) - 1]}季度"
    if half:
        return f"{year}年{'上下'[int(half) - 1]}半年"
    return f"{year}年"


@register.filter
def short_month(value: date | str | None) -> str:
    """10月; a longer period without its year: 第三季度."""
    text = cn_month(value)
    return text[5:] or text if re.match(r"[0-9]{4}年", text) else text


@register.filter
def weekday(value: date | None) -> str:
    """周一."""
    return f"周{WEEKDAYS[_day(value).weekday()]}" if value is not None else ""


@register.filter
def office_date(value: date | None) -> str:
    """10-12, as office tables write it."""
    return f"{_day(value):%m-%d}" if value is not None else NOTHING


@register.filter
def clock(value: datetime | None) -> str:
    """9:42, in Shanghai."""
    if value is None:
        return NOTHING
    local = timezone.localtime(value, SHANGHAI) if timezone.is_aware(value) else value
    return f"{local.hour}:{local.minute:02}"


@register.filter
def code_groups(value: str) -> str:
    """7K2M-9QXA-C."""
    return show_code(str(value))


def _eights(value: str) -> list[str]:
    return [value[i : i + 8] for i in range(0, len(value), 8)]


@register.filter
def hash_groups(value: str) -> str:
    """A 校验码 in groups of eight."""
    return " ".join(_eights(str(value)))


@register.filter
def hash_lines(value: str) -> list[str]:
    """A 校验码 in groups of eight, four to a line."""
    groups = _eights(str(value))
    return [" ".join(groups[i : i + 4]) for i in range(0, len(groups), 4)]


@register.filter
def voucher_no(value: int | str | None) -> str:
    """第213号."""
    return f"第{value}号" if value not in (None, "") else NOTHING


@register.filter
def plain_name(value: str) -> str:
    """A name without the mark of demonstration, which pages set apart."""
    return str(value).removesuffix(DEMO)


@register.filter
def is_demo_name(value: str) -> bool:
    """Whether the name carries the mark of demonstration."""
    return str(value).endswith(DEMO)


@register.filter
def file_size(value: int | None) -> str:
    """184 KB, 1.2 MB; never 0 KB."""
    if value is None:
        return NOTHING
    if value < 1024 * 1024:
        return f"{max(1, round(value / 1024))} KB"
    return f"{value / 1024 / 1024:.1f} MB"


@register.filter
def mask_name(value: str) -> str:
    """张*."""
    return masking.mask_name(str(value or ""))


@register.filter
def mask_phone(value: str) -> str:
    """138****1234."""
    return masking.mask_phone(str(value or ""))


_CLAUSE = re.compile(r"[^，：；（]*[，：；]|[^，：；（]+|（[^，：；（]*[，：；]?")


@register.filter
def clauses(value: str) -> SafeString:
    """A summary that breaks after ，：； and before （ only: each clause in a span of class nb."""
    return format_html_join("", '<span class="nb">{}</span>', ((part,) for part in _CLAUSE.findall(str(value))))
