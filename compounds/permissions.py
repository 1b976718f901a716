"""Who may do what where: an appointment's area is a prefix, its days are part of the question."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from compounds.choices import Role
from compounds.models import appointments_of, areas_of
from core.models import User

__all__ = [
    "KEEPERS",
    "appointments_of",
    "areas_of",
    "can_administer_accounts",
    "can_keep_register",
    "can_post_notices",
    "can_see_persons",
    "has_role",
]


def has_role(user: User, roles: Collection[str], area_code: str, on: date) -> bool:
    """Return whether the user holds one of the roles over this area on a day."""
    return any(area_code.startswith(code) for code in areas_of(user, on, roles)) if area_code else False


def can_administer_accounts(user: User, on: date) -> bool:
    """Return whether the user manages accounts and appointments somewhere."""
    return bool(areas_of(user, on, [Role.ACCOUNT_ADMIN]))


# Who keeps the register: community and street, and the district for all.
KEEPERS = (Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF, Role.DISTRICT_ADMIN)


def can_keep_register(user: User, area_code: str, on: date) -> bool:
    """Return whether the user writes the register of this area: its compounds, dwellings, owners, surveys."""
    return has_role(user, KEEPERS, area_code, on)


def can_see_persons(user: User, area_code: str, on: date) -> bool:
    """Return whether the user may look at a name and phone in full, with a reason: who keeps the register, the auditor.

    Committees work with masked names. Source: 个人信息保护法 6: no more than the purpose needs.
    """
    return has_role(user, (*KEEPERS, Role.AUDITOR), area_code, on)


# Who speaks to the residents: community, street, and the committee's head or deputy for their own compound.
NOTICE_WRITERS = (
    Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF, Role.COMMITTEE_HEAD, Role.COMMITTEE_DEPUTY,
)  # fmt: skip


def can_post_notices(user: User, area_code: str, on: date) -> bool:
    """Return whether the user drafts, posts, proves and takes down notices of this compound."""
    return has_role(user, NOTICE_WRITERS, area_code, on)
