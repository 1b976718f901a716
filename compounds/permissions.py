"""Who may do what where: an appointment's area is a prefix, its days are part of the question."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from compounds.choices import Role
from compounds.models import CODE_LENGTHS, Appointment
from core.models import User


def appointments_of(user: User, on: date) -> list[Appointment]:
    """Return the user's appointments in force on a day, read once per user object and day."""
    if not user.is_authenticated or not user.is_active:
        return []
    cached: tuple[date, list[Appointment]] | None = getattr(user, "_appointments", None)
    if cached is None or cached[0] != on:
        cached = (on, list(Appointment.objects.of(user).active(on)))
        user._appointments = cached  # type: ignore[attr-defined]
    return cached[1]


def areas_of(user: User, on: date, roles: Collection[str] | None = None) -> list[str]:
    """Return the codes whose subtree the user may see on a day, through any role or one of these.

    An account administrator's area shows accounts only, so without ``roles`` it is left out.
    """
    wanted = roles if roles is not None else [r for r in Role.values if r != Role.ACCOUNT_ADMIN]
    codes = {a.area_code for a in appointments_of(user, on) if a.role in wanted}
    return sorted(code for code in codes if len(code) in CODE_LENGTHS)


def has_role(user: User, roles: Collection[str], area_code: str, on: date) -> bool:
    """Return whether the user holds one of the roles over this area on a day."""
    return any(area_code.startswith(code) for code in areas_of(user, on, roles)) if area_code else False


def can_administer_accounts(user: User, on: date) -> bool:
    """Return whether the user manages accounts and appointments somewhere."""
    return bool(areas_of(user, on, [Role.ACCOUNT_ADMIN]))
