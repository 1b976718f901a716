"""The asset list: things are listed, changed and retired; every change stands in the history with before and after."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from compounds.models import Compound
from core.models import User
from core.money import plain_money
from core.operations import record
from fees.choices import AssetState
from fees.models import Asset, Voucher
from fees.operations.books import lock_books
from fees.operations.refusals import AlreadyRetired, BeforeLine


@dataclass(frozen=True)
class AssetData:
    """A thing as typed for the list; ``cost`` in yuan, None where nobody knows."""

    name: str
    bought_on: date
    quantity: str = "1"
    unit: str = ""
    cost: Decimal | None = None
    place: str = ""
    keeper: str = ""
    note: str = ""


def _words(value: object) -> str:
    if value is None:
        return ""
    return plain_money(value) if isinstance(value, Decimal) else str(value)


@transaction.atomic
def list_asset(
    compound: Compound, data: AssetData, *, actor: User, at: datetime, voucher: Voucher | None = None
) -> Asset:
    """Put a thing on the asset list, with the voucher that bought it where there is one; the same twice is once."""
    lock_books(compound)
    fields = asdict(data)
    same = Asset.objects.filter(compound=compound, voucher=voucher, **fields).first()
    if same is not None:
        return same
    asset = Asset.objects.create(compound=compound, voucher=voucher, **fields)
    record("asset.list", f"登记资产：{asset.name}{asset.quantity}{asset.unit}", actor=actor, at=at,
           area_code=compound.area_code, subject=asset)  # fmt: skip
    return asset


@transaction.atomic
def change_asset(asset: Asset, data: AssetData, *, actor: User, at: datetime) -> Asset:
    """Change what stands of a thing on the list; the history keeps before and after.

    :raises AlreadyRetired: a retired thing is not changed any more.
    """
    lock_books(asset.compound)
    found = Asset.objects.select_for_update().get(pk=asset.pk)
    if found.state == AssetState.RETIRED:
        raise AlreadyRetired
    changed = {name: value for name, value in asdict(data).items() if getattr(found, name) != value}
    if not changed:
        return found
    labels = {name: str(Asset._meta.get_field(name).verbose_name) for name in changed}  # type: ignore[union-attr]
    before = {name: _words(getattr(found, name)) for name in changed}
    for name, value in changed.items():
        setattr(found, name, value)
    found.save(update_fields=list(changed))
    words = "；".join(f"{labels[n]}由{before[n] or '空'}改为{_words(changed[n]) or '空'}" for n in changed)
    record("asset.change", f"改资产{found.name}：{words}", actor=actor, at=at, area_code=found.compound.area_code,
           subject=found, data={"before": before, "after": {n: _words(v) for n, v in changed.items()}})  # fmt: skip
    return found


@transaction.atomic
def retire_asset(asset: Asset, on: date, note: str, *, actor: User, at: datetime) -> Asset:
    """Take a thing out of use, with day and reason; it stays on the list.

    :raises AlreadyRetired: :raises BeforeLine: earlier than it was bought.
    """
    lock_books(asset.compound)
    found = Asset.objects.select_for_update().get(pk=asset.pk)
    if found.state == AssetState.RETIRED:
        raise AlreadyRetired
    if on < found.bought_on:
        raise BeforeLine(found.bought_on)
    found.state, found.retired_on = AssetState.RETIRED, on
    found.note = f"{found.note}；{note}".strip("；")[:120]
    found.save(update_fields=["state", "retired_on", "note"])
    record("asset.retire", f"处置资产{found.name}：{note}", actor=actor, at=at, area_code=found.compound.area_code,
           subject=found, data={"on": on.isoformat()})  # fmt: skip
    return found
