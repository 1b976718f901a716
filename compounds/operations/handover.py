"""The open work of someone who leaves an office, given to another (工作移交)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from compounds.choices import Role
from compounds.models import Appointment, StagePlan, WorkHandover
from core.hashing import canonical_json
from core.models import User
from core.operations import record

# Who watches or keeps accounts takes no work over.
TAKES_NOTHING = (Role.AUDITOR, Role.ACCOUNT_ADMIN)


class HandoverRefusal(Exception):
    """Work that was not handed over."""


class NobodyElse(HandoverRefusal):
    """Who leaves cannot take over."""


class NoOfficeThere(HandoverRefusal):
    """Who would take over holds no office over the area."""


class NothingOpen(HandoverRefusal):
    """There is no open work."""


def open_plans(user: User, area_code: str) -> list[StagePlan]:
    """Return the steps in an area that a person sees to and that are not confirmed, by compound and step."""
    mine = StagePlan.objects.filter(responsible=user, compound__area_code__startswith=area_code).unconfirmed()
    return list(mine.select_related("compound", "stage").order_by("compound__area_code", "stage"))


@transaction.atomic
def hand_over_work(
    giver: User,
    taker: User,
    area_code: str,
    others: Sequence[Mapping[str, str]],
    note: str,
    *,
    actor: User,
    at: datetime,
) -> WorkHandover:
    """Let another person see to all unconfirmed steps of who leaves, and keep what else was open as it was shown.

    ``others``: drafts, surveys and the like, each with ``kind``, ``place`` and ``what``: they keep who typed them.
    Record it.

    :raises NobodyElse: :raises NoOfficeThere: when the taker holds no office over the area today.
    :raises NothingOpen: when there is neither a step nor anything else.
    """
    if giver.pk == taker.pk:
        raise NobodyElse
    held = Appointment.objects.active(timezone.localdate(at)).covering(area_code).of(taker)
    if not held.exclude(role__in=TAKES_NOTHING).exists():
        raise NoOfficeThere
    list(StagePlan.objects.select_for_update().filter(responsible=giver, compound__area_code__startswith=area_code))
    moved = open_plans(giver, area_code)
    if not moved and not others:
        raise NothingOpen
    for plan in moved:
        plan.responsible, plan.version = taker, plan.version + 1
        plan.save(update_fields=["responsible", "version"])
    items = [
        *({"kind": "步骤", "place": p.compound.name, "what": f"第{p.stage_id}步{p.stage.name}"} for p in moved),
        *({name: str(item[name]) for name in ("kind", "place", "what")} for item in others),
    ]
    made = WorkHandover.objects.create(
        area_code=area_code, giver=giver, taker=taker, items=canonical_json(items), note=note, by=actor, at=at
    )
    record(
        "work.handover", f"{giver.name}的工作移交给{taker.name}：步骤{len(moved)}项，其他{len(others)}项",
        actor=actor, at=at, area_code=area_code, subject=made,
    )  # fmt: skip
    return made
