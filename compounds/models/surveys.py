"""The survey of a compound (调查摸底): questions, answers per household, visits in vain."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from compounds.choices import AnswerChannel, QuestionKind, QuestionPurpose, SurveyState, VisitOutcome
from compounds.models.dwellings import Dwelling
from compounds.models.places import Compound
from core.insert_only import InsertOnly


class Survey(models.Model):
    """A questionnaire put to a compound's households; ``number`` counts within the compound (Q4②)."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="surveys")
    number = models.PositiveSmallIntegerField("第几次")
    title = models.CharField("名称", max_length=60)
    intro = models.TextField("开头的话", max_length=600, blank=True, default="")
    state = models.CharField("状态", max_length=10, choices=SurveyState, default=SurveyState.DRAFT)
    opened_on = models.DateField("开始", null=True, blank=True)
    closed_on = models.DateField("结束", null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField("建立时间")
    version = models.PositiveIntegerField("第几次修改", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "调查"
        ordering = ["compound", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "number"], name="survey_one_per_number"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(opened_on__isnull=False), name="survey_opened_on_a_day"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_on__isnull=False), name="survey_closed_on_a_day"
            ),
        ]


class SurveyQuestion(models.Model):
    """One question; ``options`` one a line for the kinds that choose, else empty; ``unit`` of a number (元/月)."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="questions")
    number = models.PositiveSmallIntegerField("题号")
    kind = models.CharField("题型", max_length=10, choices=QuestionKind)
    purpose = models.CharField("用途", max_length=12, choices=QuestionPurpose, blank=True, default="")
    text = models.CharField("题目", max_length=200)
    options = models.TextField("选项", max_length=1000, blank=True, default="")
    unit = models.CharField("单位", max_length=10, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "题目"
        ordering = ["survey", "number"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "number"], name="surveyquestion_one_per_number"),
            models.UniqueConstraint(
                fields=["survey", "purpose"], condition=~Q(purpose=""), name="surveyquestion_one_per_purpose"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["single", "several"]) & ~Q(options="")
                | Q(kind__in=["number", "text"], options=""),
                name="surveyquestion_options_where_one_chooses",
            ),
        ]


class SurveySheet(models.Model):
    """The answers of one household, from paper or told; entering it again replaces them, and the history says so."""

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="sheets")
    dwelling = models.ForeignKey(Dwelling, models.PROTECT, related_name="survey_sheets")
    channel = models.CharField("途径", max_length=10, choices=AnswerChannel, default=AnswerChannel.VISIT)
    answered_on = models.DateField("哪天答的")
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField("录入时间")
    version = models.PositiveIntegerField("第几次修改", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "问卷"
        ordering = ["survey", "pk"]
        constraints = [models.UniqueConstraint(fields=["survey", "dwelling"], name="surveysheet_one_per_dwelling")]


class SurveyAnswer(models.Model):
    """What a sheet says to one question: numbers of options ``1,3``, a plain decimal, or text; no row is no answer."""

    sheet = models.ForeignKey(SurveySheet, models.CASCADE, related_name="answers")
    question = models.ForeignKey(SurveyQuestion, models.PROTECT, related_name="answers")
    value = models.CharField("回答", max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = "回答"
        constraints = [
            models.UniqueConstraint(fields=["sheet", "question"], name="surveyanswer_one_per_question"),
            models.CheckConstraint(condition=~Q(value=""), name="surveyanswer_says_something"),
        ]


class SurveyVisit(InsertOnly):
    """A visit that brought no answer."""

    survey = models.ForeignKey(Survey, models.PROTECT, related_name="visits")
    dwelling = models.ForeignKey(Dwelling, models.PROTECT, related_name="survey_visits")
    on = models.DateField("哪天")
    outcome = models.CharField("结果", max_length=10, choices=VisitOutcome)
    note = models.CharField("说明", max_length=120, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "入户未果"
        ordering = ["pk"]
