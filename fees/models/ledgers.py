"""Issued ledgers, the proof that they hung, and the corrections being written for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from compounds.models import Compound
from core.insert_only import InsertOnly
from core.models import Attachment, Document
from fees.models.vouchers import Voucher
from fees.rules import Span


class LedgerQuerySet(models.QuerySet["Ledger"]):
    """Reads of issued ledgers."""

    def of(self, compound: Compound) -> LedgerQuerySet:
        return self.filter(compound=compound)

    def newest_versions(self) -> LedgerQuerySet:
        """Keep each period's highest version."""
        later = Ledger.objects.filter(
            compound=models.OuterRef("compound"), code=models.OuterRef("code"), version__gt=models.OuterRef("version")
        )
        return self.filter(~models.Exists(later))

    def months(self) -> LedgerQuerySet:
        """Keep the monthly ledgers, not a quarter's, a half-year's or a year's."""
        return self.filter(first_month=F("last_month"))

    def covering(self, day: date) -> LedgerQuerySet:
        """Keep the ledgers in whose months the day lies."""
        return self.filter(first_month__lte=day, last_month__gte=day.replace(day=1))

    def reaching(self, day: date) -> LedgerQuerySet:
        """Keep the ledgers that end with the day's month or later: what is dated that day stands in their sums."""
        return self.filter(last_month__gte=day.replace(day=1))

    def with_places(self) -> LedgerQuerySet:
        """Add ``places``: at how many places photographs show the ledger."""
        proofs = PostingProof.objects.filter(ledger=models.OuterRef("pk")).order_by().values("ledger")
        places = proofs.annotate(n=models.Count("place", distinct=True)).values("n")
        return self.annotate(places=Coalesce(models.Subquery(places), 0))

    def lately_posted(self) -> LedgerQuerySet:
        """Keep each period's highest version with its compound, what was posted last first."""
        return self.newest_versions().select_related("compound").order_by("-posted_on", "-last_month", "-pk")

    def newest_of_each(self, compounds: Iterable[Compound]) -> LedgerQuerySet:
        """Keep of each of these compounds the newest monthly ledger in its highest version."""
        later = Ledger.objects.months().filter(
            compound=models.OuterRef("compound"), last_month__gt=models.OuterRef("last_month")
        )
        return self.filter(~models.Exists(later), compound__in=compounds).months().newest_versions()


class Ledger(InsertOnly):
    """An issued ledger (收支公示表): which compound, period and version, and the document that hangs out."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="ledgers")
    code = models.CharField("月份", max_length=10)
    version = models.PositiveSmallIntegerField("版次", default=1)
    first_month = models.DateField("从")
    last_month = models.DateField("到")
    posted_on = models.DateField("张贴")
    posted_until = models.DateField("公示到")
    document = models.OneToOneField(Document, models.PROTECT, related_name="ledger")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "收支公示表"
        ordering = ["compound", "-last_month", "code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "code", "version"], name="ledger_one_per_version"),
            models.CheckConstraint(condition=Q(posted_until__gte=F("posted_on")), name="ledger_hangs_some_days"),
        ]
        indexes = [models.Index(fields=["compound", "last_month"], name="ledger_by_month")]

    @property
    def span(self) -> Span:
        """The month, quarter, half-year or year."""
        return Span.parse(self.code)

    @property
    def label(self) -> str:
        """As people write it: 2026年10月, 2026年第三季度."""
        return self.span.label

    @property
    def correction_number(self) -> int:
        """Which correction this version is: 第N次更正; 0 for the first version."""
        return self.version - 1


class CorrectionDraft(models.Model):
    """A line of the next 更正 of an issued ledger, until that is issued by another person (domain.md, Objections).

    ``voucher``: what was wrong in the closed month; ``booked``: the voucher of a later month that mends it, if one is
    needed; ``text``: what its line ``position`` should have said, if words were wrong.
    """

    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="correction_drafts")
    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="+")
    booked = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField("第几行", default=1)
    reason = models.CharField("为什么更正", max_length=200)
    text = models.CharField("更正后的说明", max_length=120, blank=True, default="")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "更正草稿"
        ordering = ["ledger", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["ledger", "voucher", "position"], name="correctiondraft_one_per_line"),
            models.CheckConstraint(
                condition=Q(booked__isnull=False) | ~Q(text=""), name="correctiondraft_changes_something"
            ),
            models.CheckConstraint(
                condition=Q(booked__isnull=True) | ~Q(booked=F("voucher")), name="correctiondraft_booked_elsewhere"
            ),
        ]


class PostingProofQuerySet(models.QuerySet["PostingProof"]):
    """Reads of the photographs of posted ledgers."""

    def of(self, ledger: Ledger) -> PostingProofQuerySet:
        return self.filter(ledger=ledger).select_related("attachment")

    def showing(self, sha256: str) -> PostingProofQuerySet:
        """Keep the proofs made with one photograph."""
        return self.filter(attachment__sha256=sha256)

    def usual_places(self, compound: Compound) -> list[str]:
        """Return the places where a compound's ledgers hung, the latest first."""
        newest = self.filter(ledger__compound=compound).order_by().values("place").annotate(last=models.Max("pk"))
        return list(newest.order_by("-last").values_list("place", flat=True))


class PostingProof(InsertOnly):
    """A photograph of a posted ledger where it hangs: at least two places (PMC 8)."""

    ledger = models.ForeignKey(Ledger, models.PROTECT, related_name="proofs")
    place = models.CharField("贴在哪里", max_length=60)
    on = models.DateField("哪天")
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    objects = PostingProofQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "张贴照片"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["ledger", "attachment"], name="postingproof_one_per_photograph")]
