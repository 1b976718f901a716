"""Taking away what the register no longer needs of people who own nothing any more."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from compounds.choices import AreaLevel
from compounds.models import Area, Owner, Ownership
from compounds.rules import FORMER_OWNER, names_until
from core import jobs
from core.models import Job, User
from core.operations import record


def start_due_erasing(*, actor: User, at: datetime) -> Job | None:
    """Start the month's job that takes away what is due; None where the month has had its job."""
    today = timezone.localdate(at)
    key = f"compounds.erase:{today:%Y-%m}"
    if jobs.is_started(key):
        return None
    return jobs.start_scheduled(
        "compounds.tasks.erase_former_owners",
        {"actor_id": actor.pk},
        key=key,
        title=f"{today.month}月原产权人信息到期删除",
        area_code=settings.DISTRICT_CODE,
        actor=actor,
        at=at,
        total=1,
    )


def former_owners() -> list[tuple[Owner, date]]:
    """Return who owns nothing any more and is not erased yet, with the day their last dwelling went."""
    current = Ownership.objects.current().filter(owner=OuterRef("pk"))
    found = Owner.objects.filter(erased_at=None).exclude(Exists(current)).annotate(ended_on=Max("ownerships__until_on"))
    return [(owner, owner.ended_on) for owner in found.order_by("pk") if owner.ended_on is not None]


@transaction.atomic
def erase_former_owners(*, actor: User, at: datetime) -> tuple[int, int]:
    """Take away phones of former owners, and after three years their names; return how many of each. Record both.

    The past ownerships stay, under 原产权人. A second run on the same day finds nothing.
    """
    today = timezone.localdate(at)
    phones, names = [], []
    # Locked, so that nobody buys again in between.
    list(Area.objects.select_for_update().filter(level=AreaLevel.COMMUNITY).order_by("code").values_list("pk"))
    for owner, ended_on in former_owners():
        if names_until(ended_on) <= today:
            names.append(owner)
        elif owner.phone and ended_on <= today:
            phones.append(owner)
    for code in sorted({owner.area_code for owner in (*phones, *names)}):
        gone = [owner.pk for owner in names if owner.area_code == code]
        quiet = [owner.pk for owner in phones if owner.area_code == code]
        Owner.objects.filter(pk__in=gone).update(name=FORMER_OWNER, phone="", erased_at=at)
        Owner.objects.filter(pk__in=quiet).update(phone="")
        record("owner.erase", f"原产权人到期删除：电话{len(quiet)}个，姓名{len(gone)}个", actor=actor, at=at,
               area_code=code, data={"phones": quiet, "names": gone})  # fmt: skip
    return len(phones), len(names)
