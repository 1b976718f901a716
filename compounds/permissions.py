"""Who may do what where: an appointment's area is a prefix, its days are part of the question."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from compounds.choices import Role, StageAct
from compounds.models import Compound, appointments_of, areas_of
from core.models import User

__all__ = [
    "CHAIN_ROLES",
    "KEEPERS",
    "MOVERS",
    "REOPENERS",
    "STEP_KEEPERS",
    "appointments_of",
    "areas_of",
    "can_administer_accounts",
    "can_appoint",
    "can_appoint_in",
    "can_check_report",
    "can_confirm_step",
    "can_keep_register",
    "can_keep_steps",
    "can_move_compound",
    "can_post_notices",
    "can_prepare_report",
    "can_reopen_step",
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


# Who lets a compound go to another community: street and district, where both communities are theirs.
MOVERS = (Role.STREET_STAFF, Role.DISTRICT_ADMIN)


def can_move_compound(user: User, compound: Compound, community: str, on: date) -> bool:
    """Return whether the user lets this compound go to this community."""
    return all(has_role(user, MOVERS, code, on) for code in (compound.area_code, community))


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


# Who hands in papers, plans and says something of the steps.
STEP_KEEPERS = (*KEEPERS, Role.STREET_DEPUTY)
# Who does which act of the chain (domain.md, The eight steps).
CHAIN_ROLES = {
    StageAct.PREPARED: Role.COMMUNITY_CLERK,
    StageAct.BY_SECRETARY: Role.COMMUNITY_SECRETARY,
    StageAct.BY_STAFF: Role.STREET_STAFF,
    StageAct.CONFIRMED: Role.STREET_DEPUTY,
}
REOPENERS = (Role.STREET_STAFF, Role.STREET_DEPUTY)


def can_keep_steps(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user hands in papers, plans and comments on a compound's steps."""
    return has_role(user, STEP_KEEPERS, compound.area_code, on)


def can_confirm_step(user: User, act: str, compound: Compound, on: date) -> bool:
    """Return whether the user's office does this act of the chain; that persons differ is the operation's to see."""
    role = CHAIN_ROLES.get(StageAct(act))
    return role is not None and has_role(user, [role], compound.area_code, on)


def can_reopen_step(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user opens a confirmed step again: the street's staff or deputy."""
    return has_role(user, REOPENERS, compound.area_code, on)


# Which offices a street fills, and on which levels of codes: community 12, compound 14, the street's own 9. A bookkeeper
# may keep the books of many compounds (代理记账). All others are the account administrators'.
GIVEN_BY_STREET: dict[str, tuple[int, ...]] = {
    Role.COMMUNITY_CLERK.value: (12,),
    Role.COMMUNITY_SECRETARY.value: (12,),
    Role.COMMITTEE_HEAD.value: (14,),
    Role.COMMITTEE_DEPUTY.value: (14,),
    Role.COMMITTEE_CASHIER.value: (14,),
    Role.COMMITTEE_BOOKKEEPER.value: (9, 12, 14),
}


def can_appoint_in(user: User, area_code: str, on: date) -> bool:
    """Return whether the user gives and ends offices in this area, and hands over what people leave: street staff."""
    return has_role(user, [Role.STREET_STAFF], area_code, on)


def can_appoint(user: User, role: str, area_code: str, on: date) -> bool:
    """Return whether the user gives and ends this office there.

    Source: domain.md, People: street staff "appoints clerks".
    """
    return len(area_code) in GIVEN_BY_STREET.get(role, ()) and can_appoint_in(user, area_code, on)


def can_prepare_report(user: User, area_code: str, on: date) -> bool:
    """Return whether the user prepares an area's monthly report (月报): its street's staff, the district's for its own."""
    return has_role(user, [Role.STREET_STAFF if len(area_code) == 9 else Role.DISTRICT_ADMIN], area_code, on)


def can_check_report(user: User, area_code: str, on: date) -> bool:
    """Return whether the user checks and issues it: the street's deputy; in the district another than who prepared."""
    return has_role(user, [Role.STREET_DEPUTY if len(area_code) == 9 else Role.DISTRICT_ADMIN], area_code, on)
