"""Holding the books against the world: bank statements, cash counted, what a shared account's holder confirms."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from core.insert_only import InsertOnly
from core.models import Attachment
from fees.models.books import MoneyAccount, MoneyAccountQuerySet, SharedAccount, amount_field
from fees.rules import COUNT_DAYS, last_day


class ReconciliationQuerySet(models.QuerySet["Reconciliation"]):
    """Reads of reconciliations."""

    def newest(self) -> ReconciliationQuerySet:
        """Keep the last row of each account and month: the one that counts."""
        later = Reconciliation.objects.filter(
            money_account=models.OuterRef("money_account"), month=models.OuterRef("month"),
            seq__gt=models.OuterRef("seq"),
        )  # fmt: skip
        return self.filter(~models.Exists(later))


class Reconciliation(InsertOnly):
    """A bank or code account at a month's end held against its statement; the last row of a month counts.

    Book balance - what the bank has not yet + what the books have not yet = the statement's closing balance.
    """

    money_account = models.ForeignKey(MoneyAccount, models.PROTECT, related_name="reconciliations")
    month = models.DateField("月份")
    seq = models.PositiveSmallIntegerField("第几次")
    statement_balance = amount_field("对账单余额")
    book_balance = amount_field("账面余额")
    ticked = models.TextField("已勾对的凭证", default="[]")  # JSON list of voucher keys
    open_items = models.TextField("未达账项", default="[]")  # JSON list of {side, on, text, amount, voucher}
    lines = models.TextField("对账单明细", default="[]")  # JSON list of {on, text, amount}, as pasted or imported
    statement = models.ForeignKey(Attachment, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField("说明", max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    objects = ReconciliationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "银行对账"
        ordering = ["money_account", "month", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["money_account", "month", "seq"], name="reconciliation_one_per_time")
        ]


class CashCount(InsertOnly):
    """Cash counted by its pieces and held against the book; a difference is explained, never netted."""

    money_account = models.ForeignKey(MoneyAccount, models.PROTECT, related_name="cash_counts")
    on = models.DateField("日期")
    pieces = models.TextField("面额和张数", default="[]")  # canonical JSON [["100.00", 12], …]
    counted = amount_field("实点")
    book_balance = amount_field("账面余额")
    explanation = models.CharField("差异说明", max_length=200, blank=True, default="")
    counter = models.CharField("盘点人", max_length=40)
    witness = models.CharField("监盘人", max_length=40)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "现金盘点"
        ordering = ["money_account", "on", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(witness=F("counter")), name="cashcount_witnessed_by_another"),
            models.CheckConstraint(condition=Q(counted__gte=0), name="cashcount_never_below_zero"),
            models.CheckConstraint(
                condition=Q(counted=F("book_balance")) | ~Q(explanation=""), name="cashcount_difference_is_explained"
            ),
        ]


class BalanceSlip(InsertOnly):
    """What a shared account's holder confirms: the compounds' parts and the holder's own are the statement."""

    shared = models.ForeignKey(SharedAccount, models.PROTECT, related_name="slips")
    on = models.DateField("哪天的余额")
    statement_balance = amount_field("对账单余额")
    own = amount_field("户主自己的")
    parts = models.TextField("各小区的", default="[]")  # canonical JSON [[money_account_id, "0.00"], …]
    signed_by = models.CharField("户主签字人", max_length=40)
    attachment = models.ForeignKey(Attachment, models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "余额确认单"
        ordering = ["shared", "on", "pk"]


def with_control(accounts: MoneyAccountQuerySet, month: date) -> MoneyAccountQuerySet:
    """Add what was held against the world for a month: ``rec_…`` of the last reconciliation, ``count_…`` of the last
    cash count in the month's last days, ``slip_parts`` of a shared account's slip of its last day; null where there was none."""
    rows = Reconciliation.objects.filter(money_account=OuterRef("pk"), month=month).order_by("-seq")
    end = last_day(month)
    since = end - timedelta(days=COUNT_DAYS - 1)
    slips = BalanceSlip.objects.filter(shared=OuterRef("shared"), on=end).order_by("-pk")
    counts = CashCount.objects.filter(money_account=OuterRef("pk"), on__gte=since, on__lte=end).order_by("-on", "-pk")
    return accounts.annotate(
        **{f"rec_{name}": Subquery(rows.values(name)[:1]) for name in RECONCILED},
        slip_parts=Subquery(slips.values("parts")[:1]),
        **{f"count_{name}": Subquery(counts.values(name)[:1]) for name in COUNTED},
    )


# What a closing asks of a reconciliation, and of a cash count.
RECONCILED = ("statement_balance", "book_balance", "open_items", "note")
COUNTED = ("on", "counted", "explanation")
