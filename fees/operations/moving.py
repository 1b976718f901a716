"""A compound goes to another community with its books: where its money lies with others' is not one community's any more."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from compounds.models import CODE_LENGTHS, Area, Compound, CompoundMove
from compounds.operations.moving import move_compound
from core.models import User
from core.operations import record
from fees.models import MoneyAccount, SharedAccount
from fees.operations.refusals import AccountKnown


def shared_left(compound: Compound, community: str) -> list[SharedAccount]:
    """Return the shared accounts that hold the compound's money and are kept where the new community does not lie."""
    keys = MoneyAccount.objects.filter(book__compound=compound).exclude(shared=None).values("shared")
    return [row for row in SharedAccount.objects.filter(pk__in=keys) if not community.startswith(row.area_code)]


@transaction.atomic
def move_with_books(
    compound: Compound, community: Area, version: int, reason: str, *, actor: User, at: datetime
) -> CompoundMove:
    """Let a compound go to another community (``move_compound``); not a voucher of its books changes.

    A shared account with its money in it is kept from now on by the area above both communities.

    :raises AccountKnown: if that area keeps an account of that holder and number already.
    """
    left = shared_left(compound, community.code)
    moved = move_compound(compound, community, version, reason, actor=actor, at=at)
    for account in left:
        below = account.area_code
        account.area_code = max(below[:n] for n in CODE_LENGTHS if below[:n] == community.code[:n])
        try:
            with transaction.atomic():
                account.save(update_fields=["area_code"])
        except IntegrityError:
            raise AccountKnown from None
        record("shared.raise", f"{account}里有两个社区的钱，改由上一级管", actor=actor, at=at,
               area_code=account.area_code, subject=account, data={"before": below, "after": account.area_code})  # fmt: skip
    return moved
