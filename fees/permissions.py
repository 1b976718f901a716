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

ACCOUNT_KEEPERS = [*HEADS, Role.STREET_STAFF]
COUNTERS = [Role.COMMITTEE_CASHIER, Role.COMMITTEE_BOOKKEEPER]
SHARED_KEEPERS = [Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF]


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


def can_keep_accounts(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user opens, changes and ends money accounts: head, deputy, or the street for them.

    Who keeps the books or the cash does not say in whose name money may lie.
    """
    return has_role(user, ACCOUNT_KEEPERS, compound.area_code, on)


def can_reconcile(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user holds the books against the bank: the bookkeeper, as the cashier keeps the account.

    Source: 会计法 35; 会计基础工作规范: who handles the money does not make its reconciliation.
    """
    return has_role(user, [Role.COMMITTEE_BOOKKEEPER], compound.area_code, on)


def can_count(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user writes down a cash count: cashier or bookkeeper; another person watches it."""
    return has_role(user, COUNTERS, compound.area_code, on)


def can_keep_shared(user: User, area_code: str, on: date) -> bool:
    """Return whether the user keeps the shared accounts of an area: its community's or street's staff."""
    return has_role(user, SHARED_KEEPERS, area_code, on)


def shared_areas(user: User, on: date) -> list[str]:
    """Return the areas whose shared accounts the user may read: everyone's who reads money there."""
    return areas_of(user, on, READERS)


def can_correct(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user writes down what an issued ledger got wrong: the bookkeeper."""
    return has_role(user, [Role.COMMITTEE_BOOKKEEPER], compound.area_code, on)


def can_issue_correction(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user posts a corrected ledger: head or deputy; not what they wrote (``SamePerson``)."""
    return has_role(user, HEADS, compound.area_code, on)


def issuing_areas(user: User, on: date) -> list[str]:
    """Return the areas for which the user may start the posting of ledgers."""
    return areas_of(user, on, ISSUERS)


def can_prove(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user photographs the compound's posted ledgers: head, deputy, bookkeeper, community clerk."""
    return has_role(user, PROVERS, compound.area_code, on)


HANDERS = [
    Role.COMMITTEE_BOOKKEEPER,
    Role.COMMITTEE_CASHIER,
    *HEADS,
    Role.COMMUNITY_SECRETARY,
    Role.STREET_STAFF,
    Role.DISTRICT_ADMIN,
]


def can_hand_over(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user prints the hand-over list: the committee's own people, and who witnesses it."""
    return has_role(user, HANDERS, compound.area_code, on)
