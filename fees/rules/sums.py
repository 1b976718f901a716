"""What a book and an account hold: effects, balances, totals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
MONEY_BELOW = Decimal(10) ** 12  # yuan; what a money column holds

# How a direction moves its book's balance. A transfer inside one book moves nothing (see ``book_effect``).
SIGNS = {"income": 1, "expense": -1, "transfer_in": 1, "transfer_out": -1, "held_in": 1, "held_out": -1}


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
