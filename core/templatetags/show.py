"""How pages and papers show values: money, days, months, codes, hashes, sizes; and the QR code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from core.charts import QUIET, qr_image, qr_svg
from core.charts.dwellings import Cell
from core.codes import show_code
from core.masking import mask_mobile, mask_name, mask_phone
from core.money import show_money, show_share

register = template.Library()

WEEKDAYS = "一二三四五六日"
# Where a clause of typed text may also break: after a day, before a voucher's number, before a bracket.
_BREAKS = re.compile(r"(?<=日)(?=.)|(?=第\d+号)|(?=（)")


@register.filter
def money(amount: Decimal | str | None) -> str:
    """Show an amount in yuan: 17,732.75, −435.00; nothing where it is unknown."""
    if amount is None or amount == "":
        return ""
    return show_money(Decimal(amount) if isinstance(amount, str) else amount)


@register.filter
def money_as_is(amount: Decimal) -> str:
    """Show an amount of somebody else's file, with whatever decimals it has."""
    return f"{amount:,}".replace("-", "−") if abs(amount) < 10**15 else "太大"


@register.filter
def yuan(amount: Decimal) -> str:
    """Show an amount in a sentence: 17,732.75元."""
    return f"{show_money(amount)}元"


@register.filter
def share(part: Decimal) -> str:
    """Show a share of one as percent: 0.38%."""
    return show_share(part)


@register.filter
def square_metres(area: Decimal) -> str:
    """Show a floor area with two places: 18,640.50."""
    return f"{area:,.2f}"


@register.filter
def exact_area(area: Decimal) -> str:
    """Show a floor area with the four places it is kept with: 59.7500."""
    return f"{area:,.4f}"


@register.filter
def posted_area(area: Decimal) -> str:
    """Show a floor area as it is posted: with two places, with four where it has them: 18,640.50, 226,421.0857."""
    return f"{area:,.2f}" if area == round(area, 2) else f"{area:,.4f}"


@register.filter
def masked(name: str) -> str:
    """Show a name as lists do: 张*."""
    return mask_name(name)


@register.filter
def masked_phone(phone: str) -> str:
    """Show a phone as lists do: 138****1234."""
    return mask_phone(phone)


@register.filter
def masked_mobile(phone: str) -> str:
    """Show a number that may be an office's: a land-line as it is, a mobile one as lists do."""
    return mask_mobile(phone)


_LINK = '<a class="cell {}" href="{}" aria-label="{}">{}</a>'
_CELL = '<span class="cell {}">{}</span>'


@register.filter
def cells(floor: Sequence[Cell]) -> SafeString:
    """Draw a floor's cells of the building grid; of 3,000 the template language would take a quarter of a second."""
    drawn = [
        format_html(_LINK, c.look, c.href, c.said, c.text) if c.href else format_html(_CELL, c.look, c.text)
        for c in floor
    ]
    return mark_safe("".join(drawn))  # each part is escaped


@register.filter
def absolute(amount: Decimal) -> Decimal:
    """Return an amount without its sign, where a word says which way it went."""
    return abs(amount)


@register.filter
def day(value: date | datetime, beside: date | None = None) -> str:
    """Show a day: 11月5日; with its year where that differs from the year of ``beside``."""
    value = _local(value)
    shown = f"{value.month}月{value.day}日"
    return f"{value.year}年{shown}" if beside is not None and value.year != beside.year else shown


@register.filter
def short_day(value: date | datetime, beside: date) -> str:
    """Show a day in an office table: 10-12; with its year where that differs from the year of ``beside``: 27-01-02."""
    value = _local(value)
    return f"{value:%m-%d}" if value.year == beside.year else f"{value:%y-%m-%d}"


@register.filter
def full_day(value: date | datetime) -> str:
    """Show a day with its year: 2026年11月5日."""
    value = _local(value)
    return f"{value.year}年{value.month}月{value.day}日"


@register.filter
def weekday(value: date | datetime) -> str:
    """Show a day's name: 周一."""
    return f"周{WEEKDAYS[_local(value).weekday()]}"


@register.filter
def month(value: date) -> str:
    """Show a month: 2026年10月."""
    return f"{value.year}年{value.month}月"


@register.filter
def clock(value: datetime) -> str:
    """Show a time of day: 9:42."""
    local = timezone.localtime(value)
    return f"{local.hour}:{local.minute:02d}"


@register.filter
def moment(value: datetime) -> str:
    """Show a day and time: 2026年11月9日 9:42."""
    return f"{full_day(value)} {clock(value)}"


def _local(value: date | datetime) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value


@register.filter
def voucher_number(number: int) -> str:
    """Show a voucher's number as the books print it, at least three digits: 041."""
    return f"{number:03d}"


@register.filter
def clauses(text: str) -> SafeString:
    """Show typed text for the class ``clause``, which breaks between clauses: never inside a day or a number."""
    return mark_safe("<wbr>".join(conditional_escape(part) for part in _BREAKS.split(text)))  # each part is escaped


@register.filter
def titled(name: str) -> SafeString:
    """Show a name in a title, what stands in brackets at its end in the text face: 槐荫里小区（演示）."""
    plain, bracket, rest = name.partition("（")
    if not plain or not bracket or not rest.endswith("）"):
        return conditional_escape(name)
    return format_html('{}<wbr><span class="aside">（{}</span>', plain, rest)


@register.filter
def code(value: str) -> str:
    """Show a verify code in groups: 7K2M-9QXA-C."""
    return show_code(value)


@register.filter
def eights(sha256: str) -> SafeString:
    """Show a 校验码 in eights, four to a line where they fit."""
    groups = [sha256[i : i + 8] for i in range(0, len(sha256), 8)]
    halves = (" ".join(groups[:4]), " ".join(groups[4:]))
    return format_html('<span class="eights">{}</span> <span class="eights">{}</span>', *halves)


@register.filter
def size(number: int) -> str:
    """Show a file's size: 184 KB."""
    if number < 1_000_000:
        return f"{max(1, round(number / 1000))} KB"
    return f"{number / 1_000_000:.1f} MB"


@register.simple_tag(name="qr_image")
def qr_for_paper(address: str) -> SafeString:
    """Draw the QR code of an address on a paper, 25 mm wide."""
    return qr_image(address)


@register.simple_tag
def qr(address: str, size: str = "160px", quiet: int = QUIET) -> SafeString:
    """Draw the QR code of an address; on paper the sheet itself is the quiet zone."""
    return qr_svg(address, size=size, quiet=quiet)
