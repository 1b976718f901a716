"""The roll: one entry per voter, frozen when issuing begins; names beside it, so that they can be erased."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from ballots.choices import VoterKind
from ballots.models.voting import Ballot
from compounds.choices import AreaSource
from compounds.models import Compound, Dwelling
from core.insert_only import InsertOnly


class Representative(models.Model):
    """A residents' representative (居民代表), elected by a group of households; votes where the rule says so (RCL 9)."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="representatives")
    name = models.CharField("姓名", max_length=40)
    phone = models.CharField("电话", max_length=30, blank=True, default="")
    group = models.CharField("居民小组（楼、单元）", max_length=60)
    elected_on = models.DateField("推选日期")
    until_on = models.DateField("到（含）", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "居民代表"
        ordering = ["compound_id", "group", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "group", "name"],
                condition=Q(until_on__isnull=True),
                name="representative_once_per_group",
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=models.F("elected_on")),
                name="representative_ends_after_start",
            ),
        ]


class RollEntry(InsertOnly):
    """One voter of a ballot with all dwellings of theirs; ``number`` runs in walking order; ``area`` in m², 4 places.

    ``voter_key`` is opaque and hashed into the roll's sha256; the name stands in ``RollName``. ``place`` is where the
    paper is brought (the first dwelling's address), ``building`` and ``entrance`` its labels.
    """

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="roll")
    number = models.PositiveIntegerField("序号")
    kind = models.CharField("是", max_length=20, choices=VoterKind)
    voter_key = models.CharField("表决人编号", max_length=32)
    area = models.DecimalField("面积", max_digits=14, decimal_places=4)
    building = models.CharField("楼", max_length=20, blank=True, default="")
    entrance = models.CharField("单元", max_length=20, blank=True, default="")
    place = models.CharField("房屋", max_length=60)

    class Meta:
        verbose_name = verbose_name_plural = "名册"
        ordering = ["ballot_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["ballot", "number"], name="rollentry_one_per_number"),
            models.UniqueConstraint(fields=["ballot", "voter_key"], name="rollentry_one_per_voter"),
            models.CheckConstraint(condition=Q(area__gte=0), name="rollentry_area_is_not_negative"),
        ]


class RollDwelling(InsertOnly):
    """A dwelling as it stands in the roll: its address, area (m²) and the source of that area on the day of freezing."""

    ballot = models.ForeignKey(Ballot, models.PROTECT, related_name="+")
    entry = models.ForeignKey(RollEntry, models.PROTECT, related_name="dwellings")
    dwelling = models.ForeignKey(Dwelling, models.PROTECT, related_name="+")
    address = models.CharField("房屋", max_length=60)
    area = models.DecimalField("面积", max_digits=12, decimal_places=4)
    area_source = models.CharField("面积来源", max_length=12, choices=AreaSource)

    class Meta:
        verbose_name = verbose_name_plural = "名册中的房屋"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["ballot", "dwelling"], name="rolldwelling_once_per_ballot"),
            models.CheckConstraint(condition=Q(area__gt=0), name="rolldwelling_area_is_positive"),
        ]


class RollName(models.Model):
    """Who an entry is, for the paper and the walking list; erased when the papers' keeping is over (P4)."""

    entry = models.OneToOneField(RollEntry, models.PROTECT, related_name="person")
    name = models.CharField("姓名或单位", max_length=120, blank=True, default="")
    phone = models.CharField("电话", max_length=30, blank=True, default="")
    erased_at = models.DateTimeField("个人信息删除时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "名册中的姓名"
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(name="", phone=""), name="rollname_erased_is_empty"
            )
        ]


class RollTransfer(InsertOnly):
    """That a dwelling changed hands after the freezing: the new owner takes the entry, unless its vote is cast."""

    entry = models.ForeignKey(RollEntry, models.PROTECT, related_name="transfers")
    reason = models.CharField("依据", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "名册中换人"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="rolltransfer_says_why")]
