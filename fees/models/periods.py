"""Months: how far their closing is, and what the auditor said of them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from compounds.models import Compound
from core.insert_only import InsertOnly
from fees.choices import ClosingStep, OpinionKind


class PeriodQuerySet(models.QuerySet["Period"]):
    """Reads of periods (months)."""

    def of(self, compound: Compound) -> PeriodQuerySet:
        return self.filter(compound=compound)

    def with_step(self) -> PeriodQuerySet:
        """Add ``step`` and ``figures`` of the last step of closing; both null while the month was never prepared."""
        last = Closing.objects.filter(period=models.OuterRef("pk")).order_by("-seq")
        return self.annotate(
            step=models.Subquery(last.values("step")[:1]), figures=models.Subquery(last.values("figures")[:1])
        )

    def at_step(self, *steps: str) -> PeriodQuerySet:
        """Keep the months whose last step of closing is one of these."""
        return self.with_step().filter(Q(("step__in", list(steps))))

    def closed(self) -> PeriodQuerySet:
        """Keep the months whose last step is an approval."""
        return self.at_step(ClosingStep.APPROVED)

    def closed_before(self, moment: datetime) -> PeriodQuerySet:
        """Keep the months whose last step is an approval given before a moment."""
        last = Closing.objects.filter(period=models.OuterRef("pk")).order_by("-seq")
        return self.closed().alias(step_at=models.Subquery(last.values("at")[:1])).filter(Q(("step_at__lt", moment)))

    def not_posted(self) -> PeriodQuerySet:
        """Keep the months whose own ledger was not issued; a quarter's does not count for its months."""
        from fees.models.ledgers import Ledger

        own = Ledger.objects.months().filter(compound=models.OuterRef("compound"), first_month=models.OuterRef("month"))
        return self.filter(~models.Exists(own))

    def not_closed(self) -> PeriodQuerySet:
        """Keep the months that were never approved, or whose approval was withdrawn."""
        return self.with_step().filter(Q(("step__isnull", True)) | ~Q(("step", ClosingStep.APPROVED)))


class Period(models.Model):
    """A compound's month, for both books; ``month`` is its first day."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="periods")
    month = models.DateField("月份")

    objects = PeriodQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "月份"
        ordering = ["compound", "month"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "month"], name="period_one_per_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month.year}年{self.month.month}月"

    @property
    def code(self) -> str:
        """The period as addresses and JSON name it: 2026-10."""
        return f"{self.month:%Y-%m}"


class Closing(InsertOnly):
    """One step of a month's closing: prepared, sent back, approved, withdrawn; the last row is the state."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="closings")
    seq = models.PositiveSmallIntegerField("次序")
    step = models.CharField("步骤", max_length=10, choices=ClosingStep)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")
    note = models.CharField("说明", max_length=200, blank=True, default="")
    told = models.TextField("已说明的事项", default="[]")  # JSON list of {check, count, reason}
    figures = models.TextField("两本账", default="{}")  # canonical JSON, by book kind

    class Meta:
        verbose_name = verbose_name_plural = "结账"
        ordering = ["period", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["period", "seq"], name="closing_one_per_step"),
            models.CheckConstraint(
                condition=~Q(step="approved") | ~Q(by=F("prepared_by")), name="closing_approved_by_another"
            ),
            models.CheckConstraint(
                condition=~Q(step="prepared") | Q(by=F("prepared_by")), name="closing_prepared_by_its_preparer"
            ),
        ]


class Opinion(InsertOnly):
    """What an auditor says of a prepared or approved month before its ledger is posted: 已阅, or an opinion."""

    closing = models.ForeignKey(Closing, models.PROTECT, related_name="opinions")
    kind = models.CharField("意见", max_length=10, choices=OpinionKind)
    text = models.CharField("内容", max_length=300, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "监督意见"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["closing", "by"], name="opinion_one_per_auditor"),
            models.CheckConstraint(condition=~Q(kind="opinion") | ~Q(text=""), name="opinion_says_something"),
        ]
