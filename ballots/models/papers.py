"""Papers: one per entry of the roll, what became of each, the bundles they lie in, and visits in vain."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from ballots.choices import CallOutcome, Channel, PaperState, VisitOutcome
from ballots.models.rolls import RollEntry
from ballots.models.voting import Ballot
from core.insert_only import InsertOnly
from core.models import Attachment


class Paper(models.Model):
    """A printed paper of an entry; a reprint is a new row with a new serial, and the old one is spoilt.

    ``state`` changes by a ``PaperEvent`` in the same transaction, under the lock of this row. In a secret ballot the
    row is the entry's line of the issuing list: ``serial`` is empty, nothing on a sheet leads to it, and its events
    carry the day only.
    """

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="papers")
    entry = models.ForeignKey(RollEntry, models.PROTECT, related_name="papers")
    serial = models.CharField("票号", max_length=9, blank=True, default="")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")
    state = models.CharField("状态", max_length=14, choices=PaperState, default=PaperState.PRINTED)

    class Meta:
        verbose_name = verbose_name_plural = "选票"
        ordering = ["ballot_id", "entry_id", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["serial"], condition=~Q(serial=""), name="paper_one_per_serial"),
            models.UniqueConstraint(fields=["entry"], condition=~Q(state="spoilt"), name="paper_one_live_per_entry"),
        ]
        indexes = [models.Index(fields=["ballot", "state"], name="paper_by_state")]


class PaperEvent(InsertOnly):
    """What happened to a paper: ``seq`` 1 is its printing. ``to_whom`` who took it, ``note`` what is told of it.

    ``on`` is the day it happened, ``at`` when it was typed; in a secret ballot ``at`` is the day's first moment.
    """

    paper = models.ForeignKey(Paper, models.PROTECT, related_name="events")
    seq = models.PositiveSmallIntegerField("次序")
    state = models.CharField("成为", max_length=14, choices=PaperState)
    on = models.DateField("哪天")
    to_whom = models.CharField("交给谁", max_length=40, blank=True, default="")
    channel = models.CharField("途径", max_length=12, choices=Channel, blank=True, default="")
    witnesses = models.CharField("证明人", max_length=80, blank=True, default="")
    note = models.CharField("说明", max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "选票经过"
        ordering = ["paper_id", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "seq"], name="paperevent_one_per_step"),
            models.CheckConstraint(
                condition=~Q(state__in=["returned", "late"]) | ~Q(channel=""), name="paperevent_returned_by_some_way"
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(witnesses=""), name="paperevent_refused_before_witnesses"
            ),
        ]


class PaperVisit(InsertOnly):
    """An attempt to bring a paper or to fetch it."""

    entry = models.ForeignKey(RollEntry, models.PROTECT, related_name="visits")
    on = models.DateField("哪天")
    time = models.CharField("什么时候", max_length=10, blank=True, default="")
    outcome = models.CharField("结果", max_length=10, choices=VisitOutcome)
    note = models.CharField("说明", max_length=120, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "入户送票"
        ordering = ["pk"]


class SheetPrint(InsertOnly):
    """How many sheets of a secret ballot were printed, one lot a row; the sheets are alike and bear no number."""

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="prints")
    sheets = models.PositiveIntegerField("印了几张")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on = models.DateField("哪天")

    class Meta:
        verbose_name = verbose_name_plural = "无记名选票印数"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(sheets__gte=1), name="sheetprint_prints_some")]


class BoxOpening(InsertOnly):
    """How many sheets were found in the boxes of a secret ballot when they were opened together; the newest row counts.

    ``boxes`` says which boxes, ``witnesses`` who watched (VIL 28). The day only: no time joins a sheet to anything.
    """

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="openings")
    boxes = models.CharField("哪些票箱", max_length=80)
    sheets = models.PositiveIntegerField("箱里几张")
    witnesses = models.CharField("监票人", max_length=120)
    note = models.CharField("说明", max_length=200, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on = models.DateField("哪天")

    class Meta:
        verbose_name = verbose_name_plural = "开箱"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(witnesses=""), name="boxopening_before_witnesses"),
        ]


class Bundle(models.Model):
    """A bundle (捆) of up to 50 sheets with its cover slip; ``closed_on`` when its count was compared with the slip."""

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="bundles")
    number = models.PositiveSmallIntegerField("第几捆")
    sheet_count = models.PositiveSmallIntegerField("封面写几张", null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    closed_on = models.DateField("封捆", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "捆"
        ordering = ["ballot_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["ballot", "number"], name="bundle_one_per_number"),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_by__isnull=False, sheet_count__isnull=False),
                name="bundle_closed_with_its_count",
            ),
        ]


class Sheet(models.Model):
    """What lies in a bundle and is entered twice: in an open ballot a returned paper, in a secret one a nameless sheet.

    ``position`` counts within the bundle. A secret ballot's sheets are numbered by hand after the box was opened and
    the sheets shuffled: ``paper`` is null, and nothing joins them to a voter (quality.md, D27).
    """

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="sheets")
    bundle = models.ForeignKey(Bundle, models.PROTECT, related_name="sheets")
    position = models.PositiveSmallIntegerField("第几张")
    paper = models.OneToOneField(Paper, models.PROTECT, null=True, blank=True, related_name="sheet")

    class Meta:
        verbose_name = verbose_name_plural = "捆中的票"
        ordering = ["bundle_id", "position"]
        constraints = [models.UniqueConstraint(fields=["bundle", "position"], name="sheet_one_per_position")]


class CallBack(models.Model):
    """A paper drawn at random for a call-back (回访抽查), and what the household said."""

    paper = models.OneToOneField(Paper, models.PROTECT, related_name="call_back")
    outcome = models.CharField("结果", max_length=10, choices=CallOutcome, default=CallOutcome.OPEN)
    note = models.CharField("说明", max_length=120, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    on = models.DateField("哪天", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "回访抽查"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="open") | Q(by__isnull=False, on__isnull=False), name="callback_made_by_someone"
            )
        ]


class PaperScan(InsertOnly):
    """A photograph of a paper, shown beside both entries where they differ."""

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="scans")
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+")
    side = models.CharField("哪一面", max_length=10, default="正面")

    class Meta:
        verbose_name = verbose_name_plural = "选票照片"
        constraints = [models.UniqueConstraint(fields=["sheet", "attachment"], name="paperscan_once_per_sheet")]
