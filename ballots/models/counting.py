"""Counting: two blind entries of a sheet, what a third person settles, a hand count beside it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ballots.choices import Remark, VoidReason
from ballots.models.papers import Sheet
from ballots.models.voting import Ballot
from core.insert_only import InsertOnly


class PaperEntry(models.Model):
    """What one clerk read from a sheet, in one of the two rounds of one counting.

    ``marks`` is exact JSON text, ``{"1":["赞成"],"2":[2],"3":[]}`` as in the ballot's JSON; ``reasons`` likewise, a code
    per question that the clerk holds for invalid. A correction by the same clerk raises ``version``; nobody else's
    entry can be written over: one per round, and one per person.
    """

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="entries")
    count = models.PositiveSmallIntegerField("第几次计票", default=1)
    round = models.PositiveSmallIntegerField("第几遍")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    marks = models.TextField("选了什么", default="{}")
    reasons = models.TextField("本题无效的原因", default="{}")
    void = models.CharField("整票无效", max_length=14, choices=VoidReason, blank=True, default="")
    doubtful = models.BooleanField("存疑", default=False)
    remarks = models.CharField("看到的情况", max_length=120, blank=True, default="")
    note = models.CharField("说明", max_length=200, blank=True, default="")
    seconds = models.PositiveSmallIntegerField("用了几秒", null=True, blank=True)
    entered_on = models.DateField("哪天")
    version = models.PositiveSmallIntegerField("第几次修改", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "录票"
        ordering = ["sheet_id", "count", "round"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "count", "round"], name="paperentry_one_per_round"),
            models.UniqueConstraint(fields=["sheet", "count", "user"], name="paperentry_one_per_person"),
            models.CheckConstraint(condition=Q(round__in=[1, 2]), name="paperentry_first_or_second"),
        ]

    def remark_words(self) -> list[str]:
        """Return what was seen on the sheet, in words."""
        return [Remark(code).label for code in self.remarks.split(",") if code in Remark.values]


class Settlement(InsertOnly):
    """What a third person read with the paper in hand where the two differ or one doubts, and why (核定)."""

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="settlements")
    count = models.PositiveSmallIntegerField("第几次计票", default=1)
    marks = models.TextField("选了什么", default="{}")
    reasons = models.TextField("本题无效的原因", default="{}")
    void = models.CharField("整票无效", max_length=14, choices=VoidReason, blank=True, default="")
    reason = models.CharField("为什么这样定", max_length=200)
    first_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    second_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on = models.DateField("哪天")

    class Meta:
        verbose_name = verbose_name_plural = "核定"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "count"], name="settlement_one_per_sheet"),
            models.CheckConstraint(condition=~Q(by=F("first_by")), name="settlement_not_by_the_first"),
            models.CheckConstraint(
                condition=Q(second_by__isnull=True) | ~Q(by=F("second_by")), name="settlement_not_by_the_second"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="settlement_says_why"),
        ]


class HandCount(InsertOnly):
    """The count called out and tallied by hand (唱票, 正字), the legal one where it is held; the newest row counts.

    ``figures`` is exact JSON text: per question the heads of each option, abstentions, blank and invalid answers.
    """

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="hand_counts")
    count = models.PositiveSmallIntegerField("第几次计票", default=1)
    figures = models.TextField("唱票结果")
    note = models.CharField("说明", max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "唱票结果"
        ordering = ["pk"]
