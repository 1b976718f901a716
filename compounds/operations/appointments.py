"""People's roles in areas, given and ended."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from compounds.choices import Role
from compounds.models import CODE_LENGTHS, COMPOUND_CODE_LENGTH, Appointment, Area, Compound
from compounds.operations.refusals import (
    AlreadyEnded,
    CashierAndBookkeeper,
    EndsBeforeStart,
    MachineAccount,
    UnknownArea,
)
from compounds.rules import areas_overlap, days_overlap
from core.models import User
from core.operations import record

# 会计法 35: the cashier registers neither income nor expense nor debts.
EXCLUSIVE = {
    Role.COMMITTEE_CASHIER.value: Role.COMMITTEE_BOOKKEEPER.value,
    Role.COMMITTEE_BOOKKEEPER.value: Role.COMMITTEE_CASHIER.value,
}


def conflicting_appointment(
    user: User, role: str, area_code: str, from_on: date, until_on: date | None
) -> Appointment | None:
    """Return an appointment that the person may not hold beside this one: cashier and bookkeeper of the same books."""
    other = EXCLUSIVE.get(role)
    if other is None:
        return None
    for held in Appointment.objects.of(user).filter(role=other):
        if areas_overlap(held.area_code, area_code) and days_overlap(held.from_on, held.until_on, from_on, until_on):
            return held
    return None


@transaction.atomic
def appoint(
    user: User,
    role: str,
    area_code: str,
    from_on: date,
    until_on: date | None = None,
    *,
    actor: User,
    at: datetime,
) -> Appointment:
    """Give a person a role in an area and all below it, until its last day. Record it.

    :raises UnknownArea: if there is no such area or compound.
    :raises MachineAccount: for the command line's accounts.
    :raises EndsBeforeStart: if the last day lies before the first.
    :raises CashierAndBookkeeper: if one person would hold both in overlapping areas and days (会计法 35).
    """
    if user.is_machine:
        raise MachineAccount(user.username)
    if until_on is not None and until_on < from_on:
        raise EndsBeforeStart
    if len(area_code) == COMPOUND_CODE_LENGTH:
        known = Compound.objects.filter(area_code=area_code).exists()
    else:
        known = len(area_code) in CODE_LENGTHS and Area.objects.filter(code=area_code).exists()
    if not known:
        raise UnknownArea(area_code)
    User.objects.select_for_update().get(pk=user.pk)
    other = conflicting_appointment(user, role, area_code, from_on, until_on)
    if other is not None:
        raise CashierAndBookkeeper(other)
    appointment = Appointment.objects.create(
        user=user,
        role=Role(role),
        area_code=area_code,
        from_on=from_on,
        until_on=until_on,
        given_by=actor,
        given_at=at,
    )
    record(
        "appointment.make",
        f"任命{user.name}为{Role(role).label}",
        actor=actor,
        at=at,
        area_code=area_code,
        subject=appointment,
        data={"user": user.username, "role": role, "from": from_on.isoformat(), "until": _day(until_on)},
    )
    return appointment


@transaction.atomic
def end_appointment(appointment: Appointment, on: date, *, actor: User, at: datetime) -> None:
    """Set an appointment's last day. Record it.

    :raises EndsBeforeStart: if that lies before its first day.
    :raises AlreadyEnded: if it ended on that day or earlier.
    """
    held = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if on < held.from_on:
        raise EndsBeforeStart
    if held.until_on is not None and held.until_on <= on:
        raise AlreadyEnded
    before = held.until_on
    held.until_on = appointment.until_on = on
    held.save(update_fields=["until_on"])
    record(
        "appointment.end",
        f"{held.user.name}的{held.get_role_display()}任职到{on.isoformat()}为止",
        actor=actor,
        at=at,
        area_code=held.area_code,
        subject=held,
        data={"user": held.user.username, "role": held.role, "until": on.isoformat(), "before": _day(before)},
    )


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None
