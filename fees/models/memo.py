"""What stands beside the books: money not yet due or paid, what others paid directly, and things bought."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from compounds.models import Compound
from core.insert_only import InsertOnly
from core.models import Attachment
from fees.choices import AssetState, MemoKind, ServiceLine, Source
from fees.models.books import amount_field
from fees.models.vouchers import Voucher


class MemoEntry(InsertOnly):
    """One line beside the books; a later line with ``settles`` takes (part of) it away. ``amount`` signed, yuan."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="memo_entries")
    kind = models.CharField("种类", max_length=10, choices=MemoKind)
    on = models.DateField("日期")
    amount = amount_field("金额")
    text = models.CharField("内容", max_length=120)
    party = models.CharField("对方", max_length=80, blank=True, default="")
    households = models.PositiveIntegerField("户数", null=True, blank=True)
    source = models.CharField("谁出的", max_length=20, choices=Source, blank=True, default="")
    service_line = models.CharField("服务项目", max_length=20, choices=ServiceLine, blank=True, default="")
    settles = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="settled_by")
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="+")
    attachment = models.ForeignKey(Attachment, models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "账外备查"
        ordering = ["compound", "on", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="memoentry_amount_is_something"),
            models.CheckConstraint(
                condition=Q(settles__isnull=True) | Q(amount__lt=0), name="memoentry_settling_takes_away"
            ),
        ]


class Asset(models.Model):
    """A thing that the compound owns (资产台账): what it cost, where it stands, until when; changes are in the history."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="assets")
    name = models.CharField("名称", max_length=60)
    quantity = models.CharField("数量", max_length=20, default="1")
    unit = models.CharField("单位", max_length=10, blank=True, default="")
    cost = amount_field("购置金额", null=True, blank=True)
    bought_on = models.DateField("购置日期")
    place = models.CharField("放在哪里", max_length=60, blank=True, default="")
    keeper = models.CharField("保管人", max_length=40, blank=True, default="")
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="assets")
    state = models.CharField("状态", max_length=10, choices=AssetState, default=AssetState.IN_USE)
    retired_on = models.DateField("处置日期", null=True, blank=True)
    note = models.CharField("备注", max_length=120, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "资产"
        ordering = ["compound", "bought_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(cost__isnull=True) | Q(cost__gt=0), name="asset_cost_above_zero"),
            models.CheckConstraint(
                condition=~Q(state="retired") | Q(retired_on__isnull=False), name="asset_retired_on_a_day"
            ),
        ]
