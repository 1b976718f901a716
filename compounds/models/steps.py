"""The eight steps of a compound: what they take, who plans and confirms them, and with which papers (Q4)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from compounds.choices import StageAct
from compounds.models.places import Compound
from core.insert_only import InsertOnly
from core.models import Attachment, Document

CHAIN = (StageAct.PREPARED, StageAct.BY_SECRETARY, StageAct.BY_STAFF, StageAct.CONFIRMED)


class Stage(models.Model):
    """One of the eight steps, or 9 长效运行; lengths in weeks, None where a step has no end. Data, to change."""

    number = models.PositiveSmallIntegerField("第几步", primary_key=True)
    name = models.CharField("步骤", max_length=20)
    text = models.CharField("做什么", max_length=300, blank=True, default="")
    weeks_from = models.PositiveSmallIntegerField("一般几周", null=True, blank=True)
    weeks_to = models.PositiveSmallIntegerField("最多几周", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "步骤"
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=Q(number__range=(1, 9)), name="stage_is_one_of_nine"),
            models.CheckConstraint(
                condition=Q(weeks_from__isnull=True, weeks_to__isnull=True)
                | Q(weeks_from__gte=1, weeks_to__gte=F("weeks_from")),
                name="stage_weeks_from_to",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StagePaper(models.Model):
    """A paper that a step leaves behind; ``needed``: the step misses it until it is there. Data, to change."""

    stage = models.ForeignKey(Stage, models.PROTECT, related_name="papers")
    key = models.CharField("标识", max_length=30, unique=True)
    name = models.CharField("材料", max_length=40)
    needed = models.BooleanField("必须有", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "步骤材料"
        ordering = ["stage", "pk"]

    def __str__(self) -> str:
        return self.name


class StagePlanQuerySet(models.QuerySet["StagePlan"]):
    """Reads of the work plans."""

    def unconfirmed(self) -> StagePlanQuerySet:
        """Keep the plans of steps without a confirmation that stands: what is still to be done."""
        done = StageRecord.objects.confirmed().filter(
            compound=models.OuterRef("compound"), stage=models.OuterRef("stage")
        )
        return self.filter(~models.Exists(done))


class StagePlan(models.Model):
    """When a step of a compound is planned, and who sees to it."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="stage_plans")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="plans")
    starts_on = models.DateField("计划开始", null=True, blank=True)
    ends_on = models.DateField("计划完成", null=True, blank=True)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="负责人", null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField("第几次修改", default=1)

    objects = StagePlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作计划"
        ordering = ["compound", "stage"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "stage"], name="stageplan_one_per_step"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="stageplan_ends_after_start",
            ),
        ]


class StageRecordQuerySet(models.QuerySet["StageRecord"]):
    """Reads of what was done to the steps."""

    def latest(self) -> StageRecordQuerySet:  # type: ignore[override]
        """Keep the last act of each step of each compound: its state."""
        later = StageRecord.objects.filter(
            compound=models.OuterRef("compound"), stage=models.OuterRef("stage"), seq__gt=models.OuterRef("seq")
        )
        return self.filter(~models.Exists(later))

    def confirmed(self) -> StageRecordQuerySet:
        """Keep the confirmations that stand: the last act of their step."""
        return self.latest().filter(act=StageAct.CONFIRMED)


class StageRecord(InsertOnly):
    """One act on a step: prepared, confirmed along the chain, sent back, reopened; the last one is its state.

    ``missing`` is what the step lacked when it was confirmed in spite of that, as people read it; then ``reason`` says
    why, for all to see (Q4). ``previous_by`` is who acted just before in the chain: never the same person.
    """

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="stage_records")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="records")
    seq = models.PositiveIntegerField("第几个动作")
    act = models.CharField("动作", max_length=12, choices=StageAct)
    reason = models.CharField("说明", max_length=300, blank=True, default="")
    missing = models.TextField("当时缺什么", blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    previous_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField("时间")

    objects = StageRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "步骤确认"
        ordering = ["compound", "stage", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "stage", "seq"], name="stagerecord_one_after_another"),
            models.CheckConstraint(
                condition=~Q(act__in=CHAIN[1:]) | Q(previous_by__isnull=False) & ~Q(by=F("previous_by")),
                name="stagerecord_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=(Q(missing="") & ~Q(act__in=["sent_back", "reopened"])) | ~Q(reason=""),
                name="stagerecord_says_why",
            ),
        ]


class StageDocument(models.Model):
    """A paper of a step: one of those it needs, or one that attests a fact that the portal does not keep yet.

    ``attests`` names that fact (``portal.stages``), ``on`` its day. Taken away, the row stays with who and when.
    """

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="stage_documents")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="documents")
    paper = models.ForeignKey(StagePaper, models.PROTECT, null=True, blank=True, related_name="documents")
    attests = models.CharField("证明什么", max_length=30, blank=True, default="")
    title = models.CharField("名称", max_length=80)
    on = models.DateField("材料日期")
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField("加入时间")
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    removed_at = models.DateTimeField("取下时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "步骤文件"
        ordering = ["compound", "stage", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
                name="stagedocument_removed_by_someone",
            ),
            models.UniqueConstraint(
                fields=["compound", "stage", "attachment"],
                condition=Q(removed_at__isnull=True),
                name="stagedocument_once_per_step",
            ),
        ]


class StageComment(InsertOnly):
    """What somebody said about a compound's step."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="stage_comments")
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="comments")
    text = models.CharField("留言", max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "步骤留言"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="stagecomment_says_something")]


class SchemeDraft(models.Model):
    """What people write into a compound's 实施方案, beside what register, survey and plan say by themselves (Q4③)."""

    compound = models.OneToOneField(Compound, models.PROTECT, related_name="scheme")
    goals = models.TextField("工作目标", max_length=2000, blank=True, default="")
    services = models.TextField("服务内容和标准", max_length=2000, blank=True, default="")
    residents = models.TextField("居民出一点", max_length=500, blank=True, default="")
    units = models.TextField("产权单位担一点", max_length=500, blank=True, default="")
    revenue = models.TextField("公共收益收一点", max_length=500, blank=True, default="")
    government = models.TextField("政府奖一点", max_length=500, blank=True, default="")
    organisation = models.TextField("组织和分工", max_length=2000, blank=True, default="")
    safeguards = models.TextField("保障措施", max_length=2000, blank=True, default="")
    other = models.TextField("其他", max_length=2000, blank=True, default="")
    version = models.PositiveIntegerField("第几次修改", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "实施方案草稿"

    def __str__(self) -> str:
        return f"{self.compound}实施方案"


class WorkHandover(InsertOnly):
    """The open work of someone who leaves, given to another; ``items`` is the exact JSON text of what it was."""

    area_code = models.CharField("管辖范围", max_length=14, db_index=True)
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="移交人", related_name="+")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="接手人", related_name="+")
    items = models.TextField("移交了什么")
    note = models.CharField("说明", max_length=300, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "工作移交"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(giver=F("taker")), name="workhandover_to_another")]


class ReportDraft(models.Model):
    """What people type for a month's report (月报) of a street or the district before it is issued."""

    area_code = models.CharField("地区", max_length=9, db_index=True)
    month = models.DateField("月份")
    problems = models.TextField("主要问题", max_length=1000, blank=True, default="")
    plans = models.TextField("下月打算", max_length=1000, blank=True, default="")
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    handed_in = models.BooleanField("已交审核", default=False)
    version = models.PositiveIntegerField("第几次修改", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "月报草稿"
        constraints = [
            models.UniqueConstraint(fields=["area_code", "month"], name="reportdraft_one_per_month"),
        ]


class MonthlyReport(InsertOnly):
    """A month's report as issued: frozen, in versions; its figures and files are the document's."""

    area_code = models.CharField("地区", max_length=9, db_index=True)
    month = models.DateField("月份")
    version = models.PositiveIntegerField("版次", default=1)
    document = models.OneToOneField(Document, models.PROTECT, related_name="monthly_report")
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "月报"
        ordering = ["-month", "area_code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["area_code", "month", "version"], name="monthlyreport_one_per_version"),
            models.CheckConstraint(condition=~Q(prepared_by=F("checked_by")), name="monthlyreport_checked_by_another"),
        ]
