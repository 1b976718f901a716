"""The asset list (资产台账): what a compound owns, what was bought and is not listed yet, as a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef

from compounds.models import Compound
from core.spreadsheets import Table, write_workbook
from fees.choices import AssetState, Direction
from fees.models import Asset, Voucher, VoucherLine, VoucherQuerySet
from fees.rules import ZERO

BOUGHT = "213"  # 设备购置安装: goes on the asset list
HEADINGS = (
    "名称",
    "数量",
    "单位",
    "购置日期",
    "购置金额",
    "凭证",
    "放在哪里",
    "保管人",
    "状态",
    "处置日期",
    "备注",
    "盘点数量",
    "盘点备注",
)


def unlisted(compounds: Iterable[Compound], since: date) -> VoucherQuerySet:
    """Return the vouchers since a day that bought something (科目213) which stands on no asset list, oldest first.

    Reversals and what was reversed are left out.
    """
    bought = VoucherLine.objects.filter(voucher=OuterRef("pk"), account__code=BOUGHT)
    listed = Asset.objects.filter(voucher=OuterRef("pk"))
    reversed_ = Voucher.objects.filter(reverses=OuterRef("pk"))
    vouchers = Voucher.objects.filter(book__compound__in=compounds, direction=Direction.EXPENSE, on__gte=since)
    return (
        vouchers.filter(Exists(bought), ~Exists(listed), ~Exists(reversed_), reverses=None)
        .select_related("book__compound")
        .prefetch_related("lines")
        .order_by("on", "pk")
    )


def assets_of(compound: Compound, *, retired: bool = True) -> list[Asset]:
    """Return a compound's assets: those in use first, each in the order of buying."""
    found = Asset.objects.filter(compound=compound).select_related("voucher__book").order_by("bought_on", "pk")
    rows = list(found)
    in_use = [asset for asset in rows if asset.state == AssetState.IN_USE]
    return in_use + ([asset for asset in rows if asset.state == AssetState.RETIRED] if retired else [])


def cost_of(assets: Sequence[Asset]) -> Decimal:
    """Return what the assets in use cost together, those without a known cost left out; yuan."""
    return sum((a.cost for a in assets if a.cost is not None and a.state == AssetState.IN_USE), ZERO)


def voucher_words(asset: Asset) -> str:
    """Return which voucher an asset was bought with, or nothing."""
    voucher = asset.voucher
    return f"{voucher.book}{voucher.year}年第{voucher.number}号" if voucher is not None else ""


def assets_workbook(compound: Compound) -> bytes:
    """Return the asset list as a workbook, with empty columns for stocktaking."""
    rows = [
        [
            asset.name, asset.quantity, asset.unit, asset.bought_on, asset.cost, voucher_words(asset), asset.place,
            asset.keeper, asset.get_state_display(), asset.retired_on, asset.note, "", "",
        ]
        for asset in assets_of(compound)
    ]  # fmt: skip
    return write_workbook([Table("资产台账", HEADINGS, rows, (24, 8, 8, 12, 12, 26, 20, 10, 8, 12, 30, 10, 20))])
