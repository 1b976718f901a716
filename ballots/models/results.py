"""What became of a ballot: its moves with their notices, photographs, results."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from ballots.choices import Move
from ballots.models.voting import Ballot
from core.insert_only import InsertOnly
from core.models import Attachment, Document


class BallotMove(InsertOnly):
    """A step in a ballot's life; ``document`` is the notice that was posted with it, ``paper`` the street's or court's.

    ``seq`` counts within the ballot: of two who move it at once one is refused.
    """

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="moves")
    seq = models.PositiveSmallIntegerField("次序")
    kind = models.CharField("做了什么", max_length=12, choices=Move)
    on = models.DateField("哪天")
    until_on = models.DateField("到（含）", null=True, blank=True)
    reason = models.CharField("原因", max_length=300, blank=True, default="")
    document = models.OneToOneField(Document, models.PROTECT, null=True, blank=True, related_name="ballot_move")
    paper = models.ForeignKey(Attachment, models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "表决经过"
        ordering = ["ballot_id", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["ballot", "seq"], name="ballotmove_one_per_step"),
            models.CheckConstraint(
                condition=~Q(kind__in=["announced", "certified"]) | Q(document__isnull=False),
                name="ballotmove_posted_as_a_document",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["extended", "recount", "cancelled", "annulled", "set_aside"]) | ~Q(reason=""),
                name="ballotmove_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["annulled", "set_aside"]) | Q(paper__isnull=False),
                name="ballotmove_falls_by_a_document",
            ),
            models.CheckConstraint(
                condition=~Q(kind="extended") | Q(until_on__isnull=False), name="ballotmove_extended_until_a_day"
            ),
        ]


class BallotProof(InsertOnly):
    """A photograph of a ballot's notice or result where it hangs."""

    move = models.ForeignKey(BallotMove, models.PROTECT, related_name="proofs")
    place = models.CharField("贴在哪里", max_length=60)
    on = models.DateField("哪天")
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "表决张贴照片"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["move", "attachment"], name="ballotproof_one_per_photograph")]


class Result(InsertOnly):
    """The result of one counting as certified by two people; its figures and files are the document's."""

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="results")
    count = models.PositiveSmallIntegerField("第几次计票")
    document = models.OneToOneField(Document, models.PROTECT, related_name="ballot_result")
    counters = models.CharField("监票、唱票、计票人", max_length=200)
    first_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    second_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "表决结果"
        ordering = ["ballot_id", "count"]
        constraints = [
            models.UniqueConstraint(fields=["ballot", "count"], name="result_one_per_count"),
            models.CheckConstraint(condition=~Q(first_by=F("second_by")), name="result_certified_by_two"),
        ]


class Certification(models.Model):
    """What the first of two certified and the second has not yet: the hash of the figures that were shown."""

    ballot = models.OneToOneField(Ballot, models.PROTECT, related_name="certification")
    count = models.PositiveSmallIntegerField("第几次计票")
    figures_sha256 = models.CharField("所见结果", max_length=64)
    counters = models.CharField("监票、唱票、计票人", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "等第二人确认"
