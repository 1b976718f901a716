"""The arithmetic of the books: months and spans of months, signs, balances, the chain. Pure functions; money is Decimal yuan, 2 places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from core.hashing import canonical_json, sha256_text

ZERO = Decimal("0.00")
MONEY_BELOW = Decimal(10) ** 12  # yuan; what a money column holds
HASH_VERSION = "v1"
# How long a ledger hangs, by which day of the next month it is to hang, how long a draft may wait for its review.
POSTING_DAYS = 14
POSTING_DUE_DAY = 10
# At how many places a ledger hangs, for how long at each, and how soon photographs show it (PMC 8).
PLACES_NEEDED = 2
HANGING_DAYS = 7
PROOF_DAYS = 3
REVIEW_DAYS = 3
# By which day of the next month it is prepared and approved; how many days around its end cash may be counted.
PREPARE_DUE_DAY, APPROVE_DUE_DAY = 5, 8
COUNT_DAYS = 6
# A date further off is a slip of the pen: every month up to it would be opened.
AHEAD_DAYS, BACK_DAYS = 400, 20 * 366

# How a direction moves its book's balance. A transfer inside one book moves nothing (see ``book_effect``).
SIGNS = {"income": 1, "expense": -1, "transfer_in": 1, "transfer_out": -1, "held_in": 1, "held_out": -1}

# --- Months -------------------------------------------------------------------------------------------------------


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


# --- Balances -----------------------------------------------------------------------------------------------------


def book_effect(direction: str, amount: Decimal, *, inside: bool) -> Decimal:
    """Return what a line adds to its book's balance; ``inside``: a transfer between two accounts of one book."""
    return ZERO if inside else SIGNS[direction] * amount


def account_effects(
    direction: str, amount: Decimal, money_account: int, to_account: int | None
) -> list[tuple[int, Decimal]]:
    """Return what a voucher adds to each money account that it touches, by their keys; yuan."""
    effects = [(money_account, SIGNS[direction] * amount)]
    if to_account is not None:
        effects.append((to_account, amount))
    return effects


@dataclass(frozen=True)
class Move:
    """One change of one money account in yuan; ``covered``: old, or with a stated reason for going below zero."""

    on: date
    number: int
    amount: Decimal
    covered: bool = True


def shortfall(start: Decimal, moves: Iterable[Move]) -> tuple[Move, Decimal] | None:
    """Return the move to refuse and the lowest balance from it on (negative, yuan); None when there is none.

    Balances run by date, then number. Refused is what takes money away, is not covered, and is followed - at once
    or later - by a balance below zero; of several the last before that balance.
    """
    balance, latest, lowest, guilty = start, None, ZERO, None
    for move in sorted(moves, key=lambda m: (m.on, m.number)):
        balance += move.amount
        if not move.covered and move.amount < 0:
            latest = move
        if balance < 0 and latest is not None:
            guilty = guilty or latest
            lowest = min(lowest, balance)
    return (guilty, lowest) if guilty else None


@dataclass(frozen=True)
class Totals:
    """A book's month: opening + income - expense + transfers + held = closing; yuan, never stored apart."""

    opening: Decimal = ZERO
    income: Decimal = ZERO
    expense: Decimal = ZERO
    transfers_in: Decimal = ZERO
    transfers_out: Decimal = ZERO
    held_in: Decimal = ZERO
    held_out: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        return (
            self.opening
            + self.income
            - self.expense
            + self.transfers_in
            - self.transfers_out
            + self.held_in
            - self.held_out
        )


TOTAL_OF = {
    "income": "income",
    "expense": "expense",
    "transfer_in": "transfers_in",
    "transfer_out": "transfers_out",
    "held_in": "held_in",
    "held_out": "held_out",
}


def add_up(opening: Decimal, lines: Iterable[tuple[str, Decimal, bool]]) -> Totals:
    """Return a book's totals from its lines (direction, signed amount in yuan, inside one book)."""
    sums = dict.fromkeys(TOTAL_OF.values(), ZERO)
    for direction, amount, inside in lines:
        if not inside:
            sums[TOTAL_OF[direction]] += amount
    return Totals(opening=opening, **sums)


def agrees(quantity: str, unit_price: str, amount: Decimal) -> bool:
    """Return whether quantity times unit price is the amount, to the cent; true where either is missing."""
    if not quantity or not unit_price:
        return True
    return (Decimal(quantity) * Decimal(unit_price)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) == abs(amount)


def per_household(amount: Decimal, households: int) -> Decimal | None:
    """Return an amount's share per household, rounded half up to the cent; None without households."""
    if not households:
        return None
    return (amount / households).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def per_square_metre(amount: Decimal, floor_area: Decimal) -> Decimal | None:
    """Return an amount's share per m² of floor area, rounded half up to the cent; None without an area."""
    if not floor_area:
        return None
    return (amount / floor_area).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


# --- Separation ---------------------------------------------------------------------------------------------------


def is_same_name(first: str, second: str) -> bool:
    """Return whether two names are one, however typed: full width, spaces, the dot between its parts."""
    plain = [_plain_name(name) for name in (first, second)]
    return bool(plain[0]) and plain[0] == plain[1]


def _plain_name(name: str) -> str:
    letters = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in letters if c.isalnum())


def may_be_a_person(holder: str) -> bool:
    """Return whether an account holder's name could be a person's: short, or with the dot of a long one.

    Offices, committees and companies have longer names; whoever is in doubt is not printed in public.
    Source: PIPL 25.
    """
    return len(holder.replace(" ", "")) <= 4 or "·" in holder


def is_another(first: object, second: object, first_for: str = "", second_for: str = "") -> bool:
    """Return whether two acts were done by two persons, also where one typed for another (代录)."""
    return first != second and not is_same_name(first_for, second_for)


# --- Who decides, and what must lie beside ---------------------------------------------------------------------------

DECIDERS = ("head", "meeting", "residents")


def decider_of(amount: Decimal, limits: Mapping[str, Decimal | None]) -> str:
    """Return who decides an expense: the first whose limit (yuan; None: no upper end) reaches it, at last the residents.

    Source: domain.md, Vouchers: ≤ 1,000 head, ≤ 5,000 meeting, above these the residents; limits are data.
    """
    for who in DECIDERS:
        if who in limits:
            limit = limits[who]
            if limit is None or amount <= limit:
                return who
    return DECIDERS[-1]


def lacks_paper(needs: str, *, decision: str, kinds: Collection[str]) -> bool:
    """Return whether a voucher lacks what its account must have at hand-in (``Account.needs``).

    A decision or an official document by its number, the bank's slip as a paper, for a refund the original voucher
    either way. A contract is asked for once, not with every month's rent: the reviewer is told of it instead.
    """
    match needs:
        case "decision" | "document":
            return not decision
        case "bank slip":
            return "bank_slip" not in kinds
        case "original":
            return not decision and not kinds
    return False


# --- Holding the books against the world --------------------------------------------------------------------------

# How many days a bank may take until a line of the books stands on its statement.
MATCH_DAYS = 5
# Cash is counted in a month's last days; money in a payment code arrives the next day, later than this is odd.
COUNT_DAYS = 5
UNSETTLED_DAYS = 2
DENOMINATIONS = tuple(
    Decimal(x) for x in ("100", "50", "20", "10", "5", "1", "0.50", "0.10", "0.05", "0.02", "0.01")
)  # fmt: skip
COUNTED_AT_MOST = 100_000  # notes of one kind


def matching(
    book: Sequence[tuple[date, Decimal]], bank: Sequence[tuple[date, Decimal]], days: int = MATCH_DAYS
) -> list[tuple[int, int]]:
    """Return which line of the books (day, signed yuan) is which of the statement: as many pairs as there can be.

    A pair has the same amount and lies within so many ``days``; of equal amounts the earlier belongs to the earlier.
    """
    places: dict[Decimal, tuple[list[int], list[int]]] = {}
    for side, rows in enumerate((book, bank)):
        for i, _ in sorted(enumerate(rows), key=lambda row: (row[1][0], row[0])):
            places.setdefault(rows[i][1], ([], []))[side].append(i)
    pairs = []
    for ours, theirs in places.values():
        i = j = 0
        while i < len(ours) and j < len(theirs):
            apart = (bank[theirs[j]][0] - book[ours[i]][0]).days
            if abs(apart) <= days:
                pairs.append((ours[i], theirs[j]))
                i, j = i + 1, j + 1
            elif apart > 0:
                i += 1
            else:
                j += 1
    return sorted(pairs)


def reconciled(book_balance: Decimal, not_at_bank: Iterable[Decimal], not_in_books: Iterable[Decimal]) -> Decimal:
    """Return what the statement must say: the book's balance less what the bank has not, plus what the books have not.

    Signed yuan: money in is positive.
    """
    return book_balance - sum(not_at_bank, ZERO) + sum(not_in_books, ZERO)


def explaining(
    difference: Decimal, *, open_book: Sequence[Decimal], done_book: Sequence[Decimal], open_bank: Sequence[Decimal],
    done_bank: Sequence[Decimal],
) -> tuple[str, int] | None:  # fmt: skip
    """Return the one line that would explain a difference (statement less what it must say), or None.

    ``open``: not ticked, ``done``: ticked; the answer names the list and the place in it. Ticking the line or taking
    its tick away would make the two sides fit; ``half``: an open line of the books with the wrong sign.
    """
    for name, rows, wanted in (
        ("open_book", open_book, difference),
        ("open_bank", open_bank, -difference),
        ("done_book", done_book, -difference),
        ("done_bank", done_bank, difference),
    ):
        if wanted in rows:
            return name, list(rows).index(wanted)
    doubled = [2 * amount for amount in done_book]
    if -difference in doubled:
        return "half", doubled.index(-difference)
    return None


def balances_follow(amounts: Sequence[Decimal], balances: Sequence[Decimal]) -> tuple[bool, int | None]:
    """Return whether a statement runs from old to new, and the place of the first line that its balance skips.

    ``balances`` after each line; with the newest first the balance follows the line below.
    """

    def fault(order: Sequence[int]) -> int | None:
        for before, after in pairwise(order):
            if balances[before] + amounts[after] != balances[after]:
                return after
        return None

    down = list(range(len(amounts)))
    broken = fault(down)
    if broken is None or fault(down[::-1]) is not None:
        return True, broken
    return False, None


def counted(pieces: Iterable[tuple[Decimal, int]]) -> Decimal:
    """Return what so many pieces of each denomination are worth; yuan."""
    return sum((value * number for value, number in pieces), ZERO)


def unbanked_takings(moves: Iterable[tuple[date, str, Decimal]], on: date) -> tuple[Decimal, date] | None:
    """Return the cash taken in and not yet brought to the bank on a day, and since when; None where there is none.

    ``moves`` of one cash account: (day, ``in`` | ``out`` | ``banked``, yuan). Bringing cash to the bank settles what
    was taken until that day. Source: 现金管理暂行条例 11: takings are not paid out of (坐支).
    """
    takings: dict[date, Decimal] = {}
    last_banked = date.min
    for day, kind, amount in moves:
        if day > on:
            continue
        if kind == "banked" and amount > 0:
            last_banked = max(last_banked, day)
        elif kind == "in":
            takings[day] = takings.get(day, ZERO) + amount
    left = {day: amount for day, amount in takings.items() if day > last_banked and amount > 0}
    return (sum(left.values(), ZERO), min(left)) if left else None


def lying_since(moves: Iterable[tuple[date, Decimal]]) -> date | None:
    """Return since when the oldest money of an account lies there, the first in being the first out; None if none."""
    lots: list[tuple[date, Decimal]] = []
    for day, amount in sorted(moves, key=lambda move: move[0]):
        if amount > 0:
            lots.append((day, amount))
            continue
        left = -amount
        while lots and left > 0:
            first, held = lots[0]
            taken = min(held, left)
            left -= taken
            lots[:1] = [(first, held - taken)] if held > taken else []
    return lots[0][0] if lots else None


def fee_of(gross: Decimal, rate: Decimal | None) -> Decimal:
    """Return what a payment code's provider keeps of an amount, rounded half up to the cent."""
    return (gross * (rate or ZERO)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


# --- The chain ----------------------------------------------------------------------------------------------------

# Every column of the two voucher tables but ``id`` enters the hash; a test holds these against the models.
VOUCHER_COLUMNS = (
    "book_id", "seq", "year", "number", "on", "bill_on", "direction", "money_account_id", "to_account_id", "pair",
    "reverses_id", "corrects_id", "payee", "handler", "witness", "approver", "decision", "reason", "entered_for",
    "amount", "line_count", "lines_hash", "attachments", "origin", "entered_by_id", "entered_at", "reviewed_by_id",
    "reviewed_for", "posted_at", "hash_version", "previous_hash",
)  # fmt: skip
LINE_COLUMNS = (
    "position", "summary", "amount", "quantity", "unit_price", "source", "service_line", "account_id", "account_name",
)  # fmt: skip
OPENING_COLUMNS = (
    "book_id", "on", "balances", "memo", "held", "amount", "entered_by_id", "reviewed_by_id", "posted_at", "previous_hash",
)  # fmt: skip


def canonical_value(value: object) -> object:
    """Return a column's value as hashed: what is stored, in one spelling (quality.md D9).

    :raises TypeError: for a float, which no column of the books holds.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no canonical form of {type(value).__name__}")


def canonical_row(row: Mapping[str, object], columns: Sequence[str]) -> dict[str, object]:
    """Return a row's hashed columns in canonical spelling.

    :raises KeyError: when the row lacks one.
    """
    return {column: canonical_value(row[column]) for column in columns}


def genesis(code: str, book: str) -> str:
    """Return the hash before a book's first element: sha256 of ``v1|code|book``."""
    return sha256_text(f"{HASH_VERSION}|{code}|{book}")


def opening_hash(row: Mapping[str, object]) -> str:
    """Return the hash of a book's opening, the first element of its chain."""
    return sha256_text(canonical_json(canonical_row(row, OPENING_COLUMNS)))


def lines_hash(lines: Iterable[Mapping[str, object]]) -> str:
    """Return the hash over all of a voucher's lines, in their order: an added line shows."""
    return sha256_text(canonical_json([canonical_row(line, LINE_COLUMNS) for line in lines]))


def voucher_hash(row: Mapping[str, object]) -> str:
    """Return a voucher's hash over its columns, which hold its lines' hash and its predecessor's."""
    return sha256_text(canonical_json(canonical_row(row, VOUCHER_COLUMNS)))
