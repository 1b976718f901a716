"""Who may do what beside whom, who decides, and what must lie beside."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from decimal import Decimal


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
