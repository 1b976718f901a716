"""Objections to what was posted: a slip with a number, a deadline, an answer (提出异议)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from compounds.choices import ObjectionOutcome
from compounds.models.places import Compound
from core.insert_only import InsertOnly
from core.models import Document


class ObjectionQuerySet(models.QuerySet["Objection"]):
    """Reads of objections."""

    def to(self, document: Document) -> ObjectionQuerySet:
        """Keep those to one posted thing."""
        return self.filter(document=document)

    def unanswered(self) -> ObjectionQuerySet:
        return self.filter(answer=None)

    def within(self, prefixes: list[str]) -> ObjectionQuerySet:
        """Keep those of compounds below any of these codes; no code, or an empty one, gives nothing."""
        where = Q(pk__in=[])
        for prefix in filter(None, prefixes):
            where |= Q(compound__area_code__startswith=prefix)
        return self.filter(where)

    def due(self, prefixes: list[str]) -> ObjectionQuerySet:
        """Return what waits for an answer below these codes, the most pressing first."""
        waiting = self.within(prefixes).unanswered().select_related("compound", "document")
        return waiting.order_by("answer_by_on", "pk")


class Objection(models.Model):
    """An objection to an issued document; ``place`` is where in it, as text (第213号). ``said_by`` is shown masked.

    No insert-only table: what somebody said of themselves can be erased when its keeping is over.
    """

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="objections")
    document = models.ForeignKey(Document, models.PROTECT, related_name="objections")
    slip = models.CharField("受理编号", max_length=20, unique=True)
    place = models.CharField("对哪一处", max_length=60, blank=True, default="")
    said_by = models.CharField("谁提出", max_length=40, blank=True, default="")
    text = models.TextField("怎么说", max_length=1000)
    received_on = models.DateField("哪天收到")
    answer_by_on = models.DateField("答复期限")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField("时间")

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "异议"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="objection_says_something"),
            models.CheckConstraint(
                condition=Q(answer_by_on__gte=models.F("received_on")), name="objection_answered_after_it_came"
            ),
        ]


class ObjectionAnswer(InsertOnly):
    """The answer to an objection: what was found, and what is done."""

    objection = models.OneToOneField(Objection, models.PROTECT, related_name="answer")
    outcome = models.CharField("结论", max_length=10, choices=ObjectionOutcome)
    text = models.TextField("答复", max_length=1000)
    on = models.DateField("哪天")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "异议答复"
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="objectionanswer_says_something")]
