"""In which part of their area people work just now, and as what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from compounds.choices import Role
from compounds.models import CODE_LENGTHS, Appointment
from compounds.permissions import appointments_of, areas_of
from core.models import User


@dataclass(frozen=True)
class Scope:
    """The area someone works in: one code, or "" for all of theirs; ``prefixes`` is what every list tests."""

    code: str
    prefixes: tuple[str, ...]
    role: str


def can_work_in(user: User, code: str, on: date) -> bool:
    """Return whether an area or compound lies in the user's scope on a day."""
    return len(code) in CODE_LENGTHS and any(code.startswith(area) for area in areas_of(user, on))


def scope_of(user: User, chosen: str, on: date) -> Scope:
    """Return the scope that was chosen, if it is still the user's, else all that is theirs."""
    areas = areas_of(user, on)
    if chosen and can_work_in(user, chosen, on):
        return Scope(chosen, (chosen,), role_in(user, chosen, on))
    return Scope(areas[0] if len(areas) == 1 else "", tuple(areas), role_in(user, "", on))


def role_in(user: User, code: str, on: date) -> str:
    """Return the name of the user's role that covers an area best: the nearest appointment above it, else any."""
    held = [a for a in appointments_of(user, on) if not code or code.startswith(a.area_code)]
    held = held or appointments_of(user, on)
    if not held:
        return ""
    nearest: Appointment = max(held, key=lambda a: len(a.area_code))
    return Role(nearest.role).label


def home_area(user: User, on: date) -> str:
    """Return the area to which the history counts what a user does that concerns no compound."""
    held = appointments_of(user, on)
    return min((a.area_code for a in held), key=len, default="")


def can_open_admin(user: User, on: date) -> bool:
    """Return whether the user keeps accounts or reference data: account and district administrators."""
    return bool(areas_of(user, on, [Role.ACCOUNT_ADMIN, Role.DISTRICT_ADMIN]))
