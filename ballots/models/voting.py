"""What is put to the vote: rules with their source, ballots, questions, options, clerks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Subquery

from ballots.choices import BallotState, Matter, PaperSize, PaperState, QuestionKind, Voter
from compounds.models import Compound
from core.insert_only import InsertOnly
from core.models import Attachment

if TYPE_CHECKING:
    from core.models import User


class VotingRuleQuerySet(models.QuerySet["VotingRule"]):
    """Reads of rules."""

    def offered_to(self, compound: Compound) -> VotingRuleQuerySet:
        """Keep the newest version of each rule of the district and of the compound's own."""
        newer = VotingRule.objects.filter(
            area_code=models.OuterRef("area_code"), key=models.OuterRef("key"), version__gt=models.OuterRef("version")
        )
        return self.filter(~models.Exists(newer), area_code__in=["", compound.code])


class VotingRule(InsertOnly):
    """A rule of counting, with the text of its source; changed by a new version, so a ballot keeps its own for ever.

    ``area_code``: "" for all, else a compound's own. Thresholds as text, ``>=2/3`` or ``>1/2``, compared as exact
    fractions (ballots.rules). No column lets a paper that was not returned count: CC 278 counts only who takes part.
    """

    area_code = models.CharField("小区", max_length=14, blank=True, default="")
    key = models.CharField("标识", max_length=40)
    version = models.PositiveSmallIntegerField("第几版", default=1)
    name = models.CharField("名称", max_length=60)
    voter = models.CharField("谁表决", max_length=20, choices=Voter)
    by_area = models.BooleanField("也按面积算", default=False)
    participation = models.CharField("参与", max_length=10)
    approval = models.CharField("赞成", max_length=10)
    void_counts = models.BooleanField("废票计入参加人数", default=False)
    signed = models.BooleanField("须签名", default=False)
    secret = models.BooleanField("无记名", default=False)
    notice_days = models.PositiveSmallIntegerField("公告至少几天", default=15)
    roll_objection_days = models.PositiveSmallIntegerField("名册异议几天", default=5)
    post_days = models.PositiveSmallIntegerField("确认后几天内公示", default=3)
    objection_days = models.PositiveSmallIntegerField("结果异议几天", default=7)
    retention_years = models.PositiveSmallIntegerField("选票保存几年", default=5)
    source = models.CharField("依据", max_length=200)
    law_text = models.TextField("条文", max_length=2000)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField("建立时间", null=True)

    objects = VotingRuleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "表决规则"
        ordering = ["area_code", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["area_code", "key", "version"], name="votingrule_one_per_version"),
            models.CheckConstraint(condition=~Q(source=""), name="votingrule_names_its_source"),
            models.CheckConstraint(condition=Q(by_area=False) | Q(voter="owner"), name="votingrule_area_is_owners"),
            models.CheckConstraint(condition=Q(secret=False) | Q(signed=False), name="votingrule_secret_is_unsigned"),
        ]

    def __str__(self) -> str:
        return self.name


class BallotQuerySet(models.QuerySet["Ballot"]):
    """Reads of ballots."""

    def within(self, prefixes: list[str]) -> BallotQuerySet:
        """Keep those of compounds below any of these codes; no code, or an empty one, gives nothing."""
        where = Q(pk__in=[])
        for prefix in filter(None, prefixes):
            where |= Q(compound__area_code__startswith=prefix)
        return self.filter(where)

    def public(self) -> BallotQuerySet:
        """Keep what was ever announced."""
        return self.exclude(state=BallotState.DRAFT).exclude(announced_on=None)

    def with_turnout(self) -> BallotQuerySet:
        """Add ``voters``, how many stand on the roll, and ``back``, how many papers came back in time."""

        def count(rows: str, **which: str) -> Subquery:
            of = Ballot.objects.filter(pk=models.OuterRef("pk"), **which).order_by().values("pk")
            return Subquery(of.annotate(n=models.Count(rows)).values("n"))

        return self.annotate(voters=count("roll"), back=count("papers", papers__state=PaperState.RETURNED))

    def counted_by(self, user: User, on: date) -> BallotQuerySet:
        """Keep those whose papers the user enters on a day (选票录入员)."""
        clerk = BallotClerk.objects.filter(ballot=models.OuterRef("pk"), user=user, from_on__lte=on).filter(
            Q(until_on__isnull=True) | Q(until_on__gte=on)
        )
        return self.filter(models.Exists(clerk))


class Ballot(models.Model):
    """A paper ballot of a compound; ``number`` counts within the compound.

    ``state`` changes by a ``BallotMove`` in the same transaction; dates are those of the notice. What was announced
    is the notice's document; columns and questions change in a draft only.
    """

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="ballots")
    number = models.PositiveSmallIntegerField("第几次")
    title = models.CharField("名称", max_length=60)
    intro = models.TextField("说明", max_length=2000, blank=True, default="")
    matter = models.CharField("表决什么", max_length=20, choices=Matter)
    rule = models.ForeignKey(VotingRule, models.PROTECT, related_name="ballots")
    rule_reason = models.CharField("为什么不用建议的规则", max_length=200, blank=True, default="")
    secret = models.BooleanField("无记名", default=False)
    single_entry = models.BooleanField("只录一遍", default=False)
    show_turnout = models.BooleanField("公开参与情况", default=True)
    paper_size = models.CharField("纸张", max_length=4, choices=PaperSize, default=PaperSize.A5)
    voting_from_on = models.DateField("发票从", null=True, blank=True)
    voting_until_on = models.DateField("交票到（含）", null=True, blank=True)
    return_place = models.CharField("票交到哪里", max_length=120, blank=True, default="")
    count_place = models.CharField("计票时间和地点", max_length=120, blank=True, default="")
    contact = models.CharField("问谁（办公地点、电话）", max_length=120, blank=True, default="")
    attachments = models.ManyToManyField(Attachment, blank=True, related_name="+")
    state = models.CharField("状态", max_length=12, choices=BallotState, default=BallotState.DRAFT)
    announced_on = models.DateField("公告日", null=True, blank=True)
    roll_sha256 = models.CharField("名册校验码", max_length=64, blank=True, default="")
    count_number = models.PositiveSmallIntegerField("第几次计票", default=1)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField("建立时间")
    version = models.PositiveIntegerField("第几次修改", default=1)

    objects = BallotQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "表决"
        ordering = ["compound_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "number"], name="ballot_one_per_number"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "cancelled"])
                | Q(announced_on__isnull=False, voting_from_on__isnull=False, voting_until_on__isnull=False),
                name="ballot_announced_with_its_days",
            ),
            models.CheckConstraint(
                condition=Q(voting_from_on__isnull=True)
                | Q(voting_until_on__isnull=True)
                | Q(voting_until_on__gte=F("voting_from_on")),
                name="ballot_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "announced", "cancelled"]) | ~Q(roll_sha256=""),
                name="ballot_issues_on_a_frozen_roll",
            ),
            models.CheckConstraint(condition=Q(count_number__gte=1), name="ballot_counts_from_one"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_recount(self) -> bool:
        """Whether it is counted again after a result was certified."""
        return self.state == BallotState.COUNTING and self.count_number > 1

    @property
    def announce_by_on(self) -> date | None:
        """The last day on which it can be announced, so that its notice hangs long enough."""
        return self.voting_from_on - timedelta(self.rule.notice_days) if self.voting_from_on else None


class Question(models.Model):
    """One question. ``most``: how many options may be marked (choose_up_to); ``seats``: how many are to be elected."""

    ballot = models.ForeignKey(Ballot, models.CASCADE, related_name="questions")
    number = models.PositiveSmallIntegerField("题号")
    kind = models.CharField("题型", max_length=12, choices=QuestionKind)
    text = models.CharField("题目", max_length=300)
    note = models.CharField("解释", max_length=600, blank=True, default="")
    most = models.PositiveSmallIntegerField("最多选几项", null=True, blank=True)
    seats = models.PositiveSmallIntegerField("选几人", null=True, blank=True)
    write_in = models.BooleanField("可以另选他人", default=False)
    proposal = models.BooleanField("可以写建议", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "题目"
        ordering = ["ballot_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["ballot", "number"], name="question_one_per_number"),
            models.CheckConstraint(
                condition=Q(kind="choose_up_to", most__isnull=False, most__gte=1)
                | ~Q(kind="choose_up_to") & Q(most__isnull=True),
                name="question_most_where_one_may_mark_several",
            ),
            models.CheckConstraint(
                condition=Q(seats__isnull=True)
                | Q(kind="choose_up_to", seats__gte=1, most__isnull=False, most=F("seats")),
                name="question_seats_are_the_most_marks",
            ),
            models.CheckConstraint(
                condition=Q(write_in=False) | Q(seats__isnull=False), name="question_write_in_where_seats_are"
            ),
        ]


class Option(models.Model):
    """One option; the last of ``choose_one`` is always 以上均不同意, of ``approve`` there are none stored."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="options")
    number = models.PositiveSmallIntegerField("序号")
    text = models.CharField("选项", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "选项"
        ordering = ["question_id", "number"]
        constraints = [models.UniqueConstraint(fields=["question", "number"], name="option_one_per_number")]


class BallotClerk(models.Model):
    """Who enters one ballot's papers, from a day until a day (选票录入员): no appointment, so no register."""

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="clerks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    from_on = models.DateField("从")
    until_on = models.DateField("到（含）", null=True, blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    given_at = models.DateTimeField("指定时间")

    class Meta:
        verbose_name = verbose_name_plural = "选票录入员"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["ballot", "user"], name="ballotclerk_once_per_ballot"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")), name="ballotclerk_ends_after_start"
            ),
        ]
