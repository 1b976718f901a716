"""Notices to a compound's residents: drafted, posted from a day until a day, proved by photographs."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from compounds.models.places import Compound
from core.insert_only import InsertOnly
from core.models import Attachment, Document


class NoticeDraft(models.Model):
    """A notice that nobody has posted yet."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="notice_drafts")
    title = models.CharField("标题", max_length=60)
    body = models.TextField("正文", max_length=3000)
    from_on = models.DateField("从")
    until_on = models.DateField("到（含）", null=True, blank=True)
    attachments = models.ManyToManyField(Attachment, blank=True, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField("建立时间")
    version = models.PositiveIntegerField("第几次修改", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "公告草稿"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="noticedraft_ends_after_start",
            )
        ]


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Reads of what was posted."""

    def hanging(self, on: date) -> NoticeQuerySet:
        """Keep what hangs on a day and was not taken down."""
        return self.filter(Q(until_on__isnull=True) | Q(until_on__gte=on), from_on__lte=on, withdrawal=None)


class Notice(InsertOnly):
    """A notice as posted; its number and PDF are the document's. It hangs until its last day or its withdrawal."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="notices")
    document = models.OneToOneField(Document, models.PROTECT, related_name="notice")
    title = models.CharField("标题", max_length=60)
    body = models.TextField("正文", max_length=3000)
    from_on = models.DateField("从")
    until_on = models.DateField("到（含）", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公告"
        ordering = ["-from_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")), name="notice_ends_after_start"
            )
        ]


class NoticeFile(InsertOnly):
    """A file that hangs with a notice; ``title`` is what the page calls it."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="files")
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+")
    title = models.CharField("名称", max_length=120)

    class Meta:
        verbose_name = verbose_name_plural = "公告附件"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["notice", "attachment"], name="noticefile_once_per_notice")]


class NoticeProof(InsertOnly):
    """A photograph of a notice where it hangs."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="proofs")
    place = models.CharField("贴在哪里", max_length=60)
    on = models.DateField("哪天")
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "公告张贴照片"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["notice", "attachment"], name="noticeproof_one_per_photograph")]


class NoticeWithdrawal(InsertOnly):
    """Why a notice was taken down before its last day."""

    notice = models.OneToOneField(Notice, models.PROTECT, related_name="withdrawal")
    reason = models.CharField("原因", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "公告撤下"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="noticewithdrawal_says_why")]
