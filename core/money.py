"""Money, quantities, areas and dates as people type them and as the product shows them."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date, time, timedelta
from decimal import Decimal

CENT = Decimal("0.01")
MONEY_BELOW = Decimal(10) ** 12
AREA_AT_MOST = Decimal("99999999")
YEARS = range(1949, 2101)
MINUS = "\u2212"

# Full-width forms that keyboards give; other digits of Unicode (Arabic, superscript) are no figures here.
_WIDE, _NARROW = "０１２３４５６７８９．，－＋／：（）￥", "0123456789.,-+/:()¥"
_HALF = {ord(wide): narrow for wide, narrow in zip(_WIDE, _NARROW, strict=True)}
_HALF[ord(MINUS)] = "-"
# What surrounds a value unseen: spaces of every width, zero-width ones, the byte order mark.
UNSEEN = (
    " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
    "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
_NUMBER = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?")
_LONGEST = 40


class NotUnderstood(ValueError):
    """What was typed is no such value; the text of the exception is the sentence to show."""


def plain_text(value: str) -> str:
    """Return what was typed without surrounding spaces, full-width digits and signs made half-width."""
    return value.strip(UNSEEN).translate(_HALF)


def quoted(value: object) -> str:
    """Return what was typed in quotation marks for a sentence: short, and safe to print."""
    text = "".join(c if c.isprintable() else " " for c in str(value)[:_LONGEST])
    return f'"{text}"' if len(str(value)) <= _LONGEST else f'"{text}"等'


# --- Numbers -----------------------------------------------------------------------------------------------------


def _decimal_of_number(value: int | float | Decimal, name: str, hint: str) -> Decimal:
    """Return a number cell exactly; a float as the 15 digits that a spreadsheet means."""
    number = value if isinstance(value, Decimal) else Decimal(f"{value:.15g}" if isinstance(value, float) else value)
    if not number.is_finite():
        raise NotUnderstood(f"{name}看不懂：{quoted(value)}不是数字。{hint}")
    return number


def _decimal_of_text(value: str, name: str, hint: str, units: tuple[str, ...]) -> Decimal:
    """Return a typed number; says which character cannot be read."""
    text = plain_text(value)
    if len(text) > _LONGEST:
        raise NotUnderstood(f"{name}看不懂：{quoted(text)}太长。{hint}")
    if units and text[:1] == "¥":
        text = text[1:].lstrip(UNSEEN)
    unit = next((u for u in units if text.endswith(u)), "")
    text = text.removesuffix(unit).rstrip(UNSEEN) if unit else text
    match = _NUMBER.fullmatch(text)
    if match:
        sign, whole, fraction = match.groups()
        return Decimal(f"{sign}{whole.replace(',', '')}.{fraction}" if fraction else f"{sign}{whole.replace(',', '')}")
    if not text:
        if not value.strip(UNSEEN):
            raise NotUnderstood(f"{name}没有填。{hint}")
        raise NotUnderstood(f"{name}看不懂：{quoted(value)}里没有数字。{hint}")
    shown = quoted(value.strip(UNSEEN))
    for character in text:
        if character in "0123456789,.+-":
            continue
        if character.isascii() and character.isalpha():
            raise NotUnderstood(f"{name}看不懂：{shown}里有字母{character}。{hint}")
        if character in UNSEEN:
            raise NotUnderstood(f"{name}看不懂：{shown}里有空格。{hint}")
        raise NotUnderstood(f"{name}看不懂：{shown}里有{quoted(character)}。{hint}")
    if "," in text:
        raise NotUnderstood(f"{name}看不懂：{shown}里的逗号位置不对，逗号只用来隔开每三位。{hint}")
    raise NotUnderstood(f"{name}看不懂：{shown}。{hint}")


def _parse_number(value: object, name: str, hint: str, units: tuple[str, ...] = ()) -> Decimal:
    if isinstance(value, bool):
        raise NotUnderstood(f"{name}看不懂：这里是TRUE或FALSE。{hint}")
    if isinstance(value, int) and abs(value) >= 10**30:  # Python itself refuses to write very long integers
        raise NotUnderstood(f"{name}太大。{hint}")
    if isinstance(value, (int, float, Decimal)):
        return _decimal_of_number(value, name, hint)
    if isinstance(value, (date, time, timedelta)):
        raise NotUnderstood(f"{name}看不懂：这里是日期或时间。{hint}")
    if value is None:
        raise NotUnderstood(f"{name}没有填。{hint}")
    if not isinstance(value, str):
        raise TypeError(f"Neither text nor number: {type(value).__name__}")
    return _decimal_of_text(value, name, hint, units)


def _refuse_decimals(value: object, number: Decimal, places: int, name: str, hint: str) -> None:
    """Refuse more decimals than allowed: as typed in text (12.500 has three), by value in a number cell."""
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= places:
        return
    if isinstance(value, str) or number != number.quantize(Decimal(1).scaleb(-places)):
        raise NotUnderstood(f"{name}{quoted(value)}的小数超过{places}位，系统不替您四舍五入。{hint}")


def parse_money(value: object, *, zero: bool = False, negative: bool = False, name: str = "金额") -> Decimal:
    """Return an amount in yuan, exactly 2 places, above 0 and below 10¹²; never rounded.

    Takes text as people type it (``1,200.00``, ``１２．５０``, ``￥12``, ``12元``) and number cells. ``zero`` and
    ``negative`` let these in (opening balances).

    :raises NotUnderstood: with the sentence to show.
    """
    hint = "请填数字，例如1,200.00。"
    number = _parse_number(value, name, hint, ("元",))
    if abs(number) >= MONEY_BELOW:
        raise NotUnderstood(f"{name}{quoted(value)}太大，要在一万亿元以下。{hint}")
    _refuse_decimals(value, number, 2, name, hint)
    amount = number.quantize(CENT)
    if amount == 0:
        if not zero:
            raise NotUnderstood(f"{name}是0。请填大于0的数字，例如1,200.00。")
        return Decimal("0.00")
    if amount < 0 and not negative:
        raise NotUnderstood(f"{name}{quoted(value)}是负数。请填大于0的数字，例如1,200.00。")
    return amount


def parse_quantity(value: object, *, name: str = "数量") -> str:
    """Return a quantity or unit price as plain decimal text without superfluous zeros; nothing typed stays ``""``.

    Above 0, below 10¹², at most 4 decimals.

    :raises NotUnderstood: with the sentence to show.
    """
    if value is None or (isinstance(value, str) and not value.strip(UNSEEN)):
        return ""
    hint = "请填数字，例如12.5；没有就空着。"
    number = _parse_number(value, name, hint, ("元",) if name == "单价" else ())
    if number >= MONEY_BELOW:
        raise NotUnderstood(f"{name}{quoted(value)}太大。{hint}")
    _refuse_decimals(value, number, 4, name, hint)
    if number <= 0:
        raise NotUnderstood(f"{name}{quoted(value)}不大于0。{hint}")
    return plain_decimal(number)


def parse_area(value: object, *, name: str = "建筑面积") -> Decimal:
    """Return a floor area in m², 4 places, above 0 and at most 99,999,999; never rounded.

    :raises NotUnderstood: with the sentence to show.
    """
    hint = "请填平方米数，例如61.2。"
    number = _parse_number(value, name, hint, ("平方米", "㎡", "m²", "m2"))
    if number > AREA_AT_MOST:
        raise NotUnderstood(f"{name}{quoted(value)}太大。{hint}")
    _refuse_decimals(value, number, 4, name, hint)
    if number <= 0:
        raise NotUnderstood(f"{name}要大于0。{hint}")
    return number.quantize(Decimal("0.0001"))


# --- Dates -------------------------------------------------------------------------------------------------------

_YEAR, _ONE_OR_TWO = r"([0-9]{4})", r"([0-9]{1,2})"
_SEP = r"\s*([-/.])\s*"
_FULL_DATES = (
    re.compile(rf"{_YEAR}{_SEP}{_ONE_OR_TWO}\s*\2\s*{_ONE_OR_TWO}(?:[T ]00:00(?::00(?:\.0+)?)?)?"),
    re.compile(rf"{_YEAR}\s*(年)\s*{_ONE_OR_TWO}\s*月\s*{_ONE_OR_TWO}\s*[日号]?"),
    re.compile(r"([0-9]{4})()([0-9]{2})([0-9]{2})"),
)
_SHORT_DATES = (
    re.compile(rf"{_ONE_OR_TWO}\s*[-/.]\s*{_ONE_OR_TWO}"),
    re.compile(rf"{_ONE_OR_TWO}\s*月\s*{_ONE_OR_TWO}\s*[日号]?"),
    re.compile(r"([0-9]{2})([0-9]{2})"),
)
_MONTHS = (
    re.compile(rf"{_YEAR}\s*[-/.]\s*{_ONE_OR_TWO}"),
    re.compile(rf"{_YEAR}\s*年\s*{_ONE_OR_TWO}\s*月(?:份)?"),
    re.compile(r"([0-9]{4})([0-9]{2})"),
)


def _digits_or_text(value: object, name: str, hint: str) -> str:
    """Return what was typed, half-width; a whole number as its digits."""
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value != value or value in (float("inf"), float("-inf")) or value != int(value):
            raise NotUnderstood(f"{name}看不懂：{quoted(value)}。{hint}")
        return str(int(value))
    if value is None:
        return ""
    raise NotUnderstood(f"{name}看不懂：{quoted(value)}。{hint}")


def _checked_date(year: int, month: int, day: int, shown: str, name: str, hint: str) -> date:
    if year not in YEARS:
        raise NotUnderstood(f"{name}看不懂：{shown}，年份应在{YEARS[0]}年至{YEARS[-1]}年之间。{hint}")
    if not 1 <= month <= 12:
        raise NotUnderstood(f"{name}看不懂：{shown}，没有{month}月。{hint}")
    if not 1 <= day <= monthrange(year, month)[1]:
        raise NotUnderstood(f"{name}看不懂：{shown}，{year}年{month}月没有{day}日。{hint}")
    return date(year, month, day)


def parse_date(value: object, *, year: int | None = None, name: str = "日期") -> date:
    """Return a date as typed or as a date cell: 2026-10-1, 2026/10/1, 2026年10月1日, 20261001; years 1949–2100.

    With ``year`` also without it: 10-25, 10月25日, 1025.

    :raises NotUnderstood: with the sentence to show.
    """
    hint = "请填2026-10-01这样的日期。"
    if isinstance(value, date):
        shown = quoted(f"{value.year}年{value.month}月{value.day}日")
        return _checked_date(value.year, value.month, value.day, shown, name, hint)
    text = _digits_or_text(value, name, hint)
    if not text:
        raise NotUnderstood(f"{name}没有填。{hint}")
    shown = quoted(value.strip(UNSEEN) if isinstance(value, str) else text)
    if len(text) <= _LONGEST:
        for pattern in _FULL_DATES:
            if match := pattern.fullmatch(text):
                return _checked_date(int(match[1]), int(match[3]), int(match[4]), shown, name, hint)
        if year is not None:
            for pattern in _SHORT_DATES:
                if match := pattern.fullmatch(text):
                    return _checked_date(year, int(match[1]), int(match[2]), shown, name, hint)
    if not isinstance(value, str) and 18264 <= int(text) <= 73415:
        raise NotUnderstood(f"{name}看不懂：{shown}。这一格的格式不是日期，请改成日期格式，或填2026-10-01。")
    raise NotUnderstood(f"{name}看不懂：{shown}。{hint}")


def parse_month(value: object, *, name: str = "月份") -> date:
    """Return the first day of a month as typed or of a date cell: 2026-10, 2026年10月, 202610.

    :raises NotUnderstood: with the sentence to show.
    """
    hint = "请填2026-10这样的月份。"
    if isinstance(value, date):
        shown = quoted(f"{value.year}年{value.month}月")
        return _checked_date(value.year, value.month, 1, shown, name, hint)
    text = _digits_or_text(value, name, hint)
    if not text:
        raise NotUnderstood(f"{name}没有填。{hint}")
    shown = quoted(value.strip(UNSEEN) if isinstance(value, str) else text)
    if len(text) <= _LONGEST:
        for pattern in _MONTHS:
            if match := pattern.fullmatch(text):
                return _checked_date(int(match[1]), int(match[2]), 1, shown, name, hint)
    raise NotUnderstood(f"{name}看不懂：{shown}。{hint}")


# --- Showing -----------------------------------------------------------------------------------------------------


def to_fen(amount: Decimal) -> int:
    """Return an amount in 分.

    :raises ValueError: if it is not finite or has parts of a 分.
    """
    if not amount.is_finite() or amount != amount.quantize(CENT):
        raise ValueError(f"Not an amount in whole fen: {amount}")
    return int(amount.scaleb(2))


def from_fen(fen: int) -> Decimal:
    """Return 分 as yuan, exactly 2 places."""
    return Decimal(fen).scaleb(-2)


def plain_money(amount: Decimal) -> str:
    """Return an amount as JSON, CSV and hashes hold it: -12.30, 0.00.

    :raises ValueError: if it is not finite or has parts of a 分.
    """
    return f"{from_fen(to_fen(amount)):.2f}"


def show_money(amount: Decimal) -> str:
    """Return an amount as people read it: 17,732.75, with U+2212 for minus.

    :raises ValueError: if it is not finite or has parts of a 分.
    """
    return f"{from_fen(to_fen(amount)):,.2f}".replace("-", MINUS)


def show_share(share: Decimal) -> str:
    """Return a share of one as percent, as people write it: 0.38%."""
    return f"{plain_decimal(share * 100)}%"


def plain_decimal(number: Decimal) -> str:
    """Return a number without exponent and superfluous zeros: 12.5, 1200."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def _group_in_capitals(group: int) -> str:
    """Return 1–9999 in capitals; a gap between its digits is one 零."""
    words, gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit:
            words += ("零" if gap and words else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return words


def capitals(amount: Decimal) -> str:
    """Return an amount in capitals as receipts write it: 壹仟贰佰元整, 壹佰零伍元零叁分, 负壹拾贰元叁角整.

    Source: 支付结算办法（银发〔1997〕393号）附件一《正确填写票据和结算凭证的基本规定》.

    :raises ValueError: if it is not finite or has parts of a 分.
    """
    fen = to_fen(amount)
    yuan, cents = divmod(abs(fen), 100)
    words, gap = "", False
    for index in range(3, -1, -1):
        group = yuan // 10 ** (4 * index) % 10_000
        if group:
            words += ("零" if words and (gap or group < 1000) else "") + _group_in_capitals(group) + _GROUPS[index]
            gap = False
        elif words:
            gap = True
    jiao, rest = divmod(cents, 10)
    if words:
        words += "元"
    if not cents:
        words = (words or "零元") + "整"
    elif not rest:
        words += f"{_DIGITS[jiao]}角整"
    elif not jiao:
        words += ("零" if words else "") + f"{_DIGITS[rest]}分"
    else:
        words += f"{_DIGITS[jiao]}角{_DIGITS[rest]}分"
    return ("负" if fen < 0 else "") + words


def is_number_text(text: str) -> bool:
    """Return whether the text is a bare number as ``plain_money`` and ``plain_decimal`` write it."""
    return re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", text) is not None


def half_width(text: str) -> str:
    """Return text with full-width ASCII forms made half-width, other characters unchanged."""
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" else c for c in text)
