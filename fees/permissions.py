"""Who may read, enter, review, prepare, approve and post a compound's money, on a day."""

from __future__ import annotations

from datetime import date

from compounds.choices import Role
from compounds.models import Compound
from compounds.permissions import areas_of, has_role
from core.models import User

READERS = [role for role in Role.values if role != Role.ACCOUNT_ADMIN]
HEADS = [Role.COMMITTEE_HEAD, Role.COMMITTEE_DEPUTY]
PROVERS = [*HEADS, Role.COMMITTEE_BOOKKEEPER, Role.COMMUNITY_CLERK]
ISSUERS = [Role.COMMITTEE_HEAD, Role.COMMITTEE_DEPUTY, Role.STREET_STAFF, Role.DISTRICT_ADMIN]


def can_read_books(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user sees the compound's books: every role over it but the account administrator's."""
    return has_role(user, READERS, compound.area_code, on)


def can_enter(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user enters vouchers: the bookkeeper, never the cashier.

    Source: 会计法 35: a cashier registers no income, expense, claims and debts.
    """
    return has_role(user, [Role.COMMITTEE_BOOKKEEPER], compound.area_code, on)


def can_review(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user reviews and posts vouchers: head or deputy; not their own (``SamePerson``)."""
    return has_role(user, HEADS, compound.area_code, on)


def can_prepare(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user prepares a month: the bookkeeper."""
    return has_role(user, [Role.COMMITTEE_BOOKKEEPER], compound.area_code, on)


def can_approve(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user approves a month, sends it back or withdraws: head or deputy."""
    return has_role(user, HEADS, compound.area_code, on)


def can_issue(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user posts the compound's ledger: its head, or street and district for all of theirs."""
    return has_role(user, ISSUERS, compound.area_code, on)


def can_give_opinion(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user says what an auditor says of a month: an auditor who does nothing else in its books.

    Source: domain.md, People: the auditor "writes nothing but its own opinion".
    """
    keepers = [Role.COMMITTEE_BOOKKEEPER, Role.COMMITTEE_CASHIER, *HEADS]
    return has_role(user, [Role.AUDITOR], compound.area_code, on) and not has_role(
        user, keepers, compound.area_code, on
    )


def issuing_areas(user: User, on: date) -> list[str]:
    """Return the areas for which the user may start the posting of ledgers."""
    return areas_of(user, on, ISSUERS)


def can_prove(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user photographs the compound's posted ledgers: head, deputy, bookkeeper, community clerk."""
    return has_role(user, PROVERS, compound.area_code, on)
