"""Months and longer spans, and the days by which something is due."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

# How long a ledger hangs, by which day of the next month it is to hang, how long a draft may wait for its review.
POSTING_DAYS = 14
POSTING_DUE_DAY = 10
# At how many places a ledger hangs, for how long at each, and how soon photographs show it (PMC 8).
PLACES_NEEDED = 2
HANGING_DAYS = 7
PROOF_DAYS = 3
REVIEW_DAYS = 3
# By which day of the next month it is prepared and approved.
PREPARE_DUE_DAY, APPROVE_DUE_DAY = 5, 8
# A date further off is a slip of the pen: every month up to it would be opened.
AHEAD_DAYS, BACK_DAYS = 400, 20 * 366


def month_of(day: date) -> date:
    """Return the first day of the day's month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def previous_month(month: date) -> date:
    """Return the first day of the month before."""
    return (month.replace(day=1) - timedelta(days=1)).replace(day=1)


def last_day(month: date) -> date:
    """Return the last day of the month."""
    return next_month(month) - timedelta(days=1)


def due_day(month: date) -> date:
    """Return the day by which the ledger of a period that ends with this month hangs out."""
    return next_month(month).replace(day=POSTING_DUE_DAY)


def is_far_off(day: date, today: date) -> bool:
    """Return whether a date lies too far from today to be meant."""
    return not -BACK_DAYS <= (day - today).days <= AHEAD_DAYS


def months_from(first: date, last: date) -> list[date]:
    """Return the first days of all months from one to another, both included."""
    months, month = [], month_of(first)
    while month <= last:
        months.append(month)
        month = next_month(month)
    return months


def months_before(month: date, count: int) -> date:
    """Return the first day of the month so many months before; a negative count looks ahead."""
    at = month.year * 12 + month.month - 1 - count
    return date(at // 12, at % 12 + 1, 1)


_SPAN = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2})|-Q(?P<quarter>[1-4])|-H(?P<half>[12]))?", re.ASCII)
# How many months a ledger of each kind covers.
LENGTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_QUARTERS, _HALVES = "一二三四", "上下"


@dataclass(frozen=True, order=True)
class Span:
    """What a ledger covers: a month, a quarter, a half-year or a year (2026-10, 2026-Q3, 2026-H1, 2026).

    ``first_month``: the first day of its first month; ``length``: 1, 3, 6 or 12 months.
    """

    first_month: date
    length: int = 1

    @classmethod
    def parse(cls, code: str) -> Span:
        """Return the span of a code as addresses and JSON spell it.

        :raises ValueError: for anything else.
        """
        found = _SPAN.fullmatch(code)
        if found is None or not 1900 < int(found["year"]) < 2200:
            raise ValueError(f"no period: {code[:20]}")
        year = int(found["year"])
        if found["quarter"]:
            return cls(date(year, 3 * int(found["quarter"]) - 2, 1), 3)
        if found["half"]:
            return cls(date(year, 6 * int(found["half"]) - 5, 1), 6)
        return cls(date(year, int(found["month"]), 1)) if found["month"] else cls(date(year, 1, 1), 12)

    @classmethod
    def of(cls, given: Span | date) -> Span:
        """Return a span as it is, or the month of a day."""
        return given if isinstance(given, Span) else cls(month_of(given))

    @classmethod
    def all_ending(cls, month: date) -> list[Span]:
        """Return the spans longer than a month that end with this month, the shortest first."""
        return [cls(months_before(month, n - 1), n) for n in (3, 6, 12) if month.month % n == 0]

    @property
    def code(self) -> str:
        year, number = self.first_month.year, (self.first_month.month - 1) // self.length + 1
        return {1: f"{year}-{number:02d}", 3: f"{year}-Q{number}", 6: f"{year}-H{number}", 12: f"{year}"}[self.length]

    @property
    def last_month(self) -> date:
        """The first day of its last month."""
        return months_before(self.first_month, 1 - self.length)

    @property
    def first_day(self) -> date:
        return self.first_month

    @property
    def last_day(self) -> date:
        return last_day(self.last_month)

    @property
    def months(self) -> list[date]:
        return months_from(self.first_month, self.last_month)

    @property
    def is_month(self) -> bool:
        return self.length == 1

    @property
    def short(self) -> str:
        """As said within its year: 10月, 第三季度, 上半年; a year by its number."""
        number = (self.first_month.month - 1) // self.length
        return {
            1: f"{self.first_month.month}月",
            3: f"第{_QUARTERS[number % 4]}季度",
            6: f"{_HALVES[number % 2]}半年",
            12: f"{self.first_month.year}年",
        }[self.length]

    @property
    def label(self) -> str:
        """As written in titles: 2026年10月, 2026年第三季度, 2026年上半年, 2026年全年."""
        return f"{self.first_month.year}年" + ("全年" if self.length == 12 else self.short)

    @property
    def this(self) -> str:
        """As a column's head: 本月, 本季度, 上半年, 全年."""
        return {1: "本月", 3: "本季度", 6: self.short, 12: "全年"}[self.length]

    @property
    def that(self) -> str:
        """As said in a sentence: 这个月, 这个季度, 这半年, 这一年."""
        return {1: "这个月", 3: "这个季度", 6: "这半年", 12: "这一年"}[self.length]

    @property
    def before(self) -> str:
        """What people call the span before: 上月, 上季度, 上半年, 去年."""
        second = self.first_month.month == 7
        return {1: "上月", 3: "上季度", 6: "上半年" if second else "去年下半年", 12: "去年"}[self.length]

    @property
    def a_year_ago(self) -> str:
        """What people call the same span of last year: 去年10月, 去年第三季度, 去年上半年, 去年."""
        return "去年" if self.length == 12 else f"去年{self.short}"

    @property
    def previous(self) -> Span:
        """The span of the same length before."""
        return Span(months_before(self.first_month, self.length), self.length)

    @property
    def last_year(self) -> Span:
        """The same span of the year before."""
        return Span(self.first_month.replace(year=self.first_month.year - 1), self.length)

    def contains(self, day: date) -> bool:
        """Return whether a day lies in it."""
        return self.first_month <= day <= self.last_day
