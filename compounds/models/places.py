"""Old residential compounds: what they are, have and lack, and their buildings."""

from __future__ import annotations

from datetime import date

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from compounds.choices import FacilityState, OwnersBody, ProgrammeLine, ResourceKind, Use
from compounds.models.areas import CODE_LENGTHS, Area, areas_of
from compounds.rules import door_order
from core.insert_only import InsertOnly
from core.models import Attachment, User


class CompoundQuerySet(models.QuerySet["Compound"]):
    """Reads of compounds; ``visible_to`` is the one definition of scope."""

    def within(self, prefixes: list[str]) -> CompoundQuerySet:
        """Keep the compounds below any of these codes; no code, or an empty one, gives nothing."""
        where = Q(pk__in=[])
        for prefix in prefixes:
            if len(prefix) in CODE_LENGTHS:
                where |= Q(area_code__startswith=prefix)
        return self.filter(where)

    def visible_to(self, user: User, on: date) -> CompoundQuerySet:
        """Keep the compounds in the scope of a user's appointments on that day."""
        return self.within(areas_of(user, on))

    def in_area(self, code: str) -> CompoundQuerySet:
        return self.within([code])

    def matching(self, text: str) -> CompoundQuerySet:
        """Keep the compounds whose name, address or code holds the text."""
        return self.filter(Q(name__icontains=text) | Q(address__icontains=text) | Q(code__startswith=text))

    def found_by(self, text: str) -> CompoundQuerySet:
        """Keep what residents look for: by name, address or code, or by the name of street or community."""
        areas = Area.objects.named(text).values_list("code", flat=True)
        return self.matching(text) | self.within(list(areas))

    def with_register_totals(self) -> CompoundQuerySet:
        """Add ``households`` (dwellings in use as such), ``floor_area`` (m²) and ``building_count``."""
        all_dwellings = apps.get_model("compounds", "Dwelling").objects
        dwellings = all_dwellings.filter(building__compound=models.OuterRef("pk"), use=Use.DWELLING).order_by()
        per = dwellings.values("building__compound")
        buildings = Building.objects.filter(compound=models.OuterRef("pk")).order_by().values("compound")
        return self.annotate(
            households=models.Subquery(
                per.annotate(n=models.Count("pk")).values("n"), output_field=models.IntegerField()
            ),
            building_count=models.Subquery(
                buildings.annotate(n=models.Count("pk")).values("n"), output_field=models.IntegerField()
            ),
        )


class Compound(models.Model):
    """An old residential compound. ``code`` is public and permanent; ``area_code`` follows its community."""

    code = models.CharField("小区编号", max_length=14, unique=True)
    area_code = models.CharField("所在地区", max_length=14, db_index=True)
    name = models.CharField("小区", max_length=60)
    address = models.CharField("地址", max_length=120, blank=True, default="")
    built_year = models.PositiveSmallIntegerField("建成年份", null=True, blank=True)
    note = models.CharField("备注", max_length=300, blank=True, default="")
    owners_body = models.CharField("业委会或物管会", max_length=20, choices=OwnersBody, default=OwnersBody.NONE)
    unified_management = models.BooleanField("公共区域有统一的物业管理", default=False)
    version = models.PositiveIntegerField("第几次修改", default=1)  # whoever saves names the one that was read
    created_at = models.DateTimeField("建立时间")

    objects = CompoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "小区"
        ordering = ["area_code"]
        constraints = [models.UniqueConstraint(fields=["area_code"], name="compound_one_per_place")]

    def __str__(self) -> str:
        return self.name

    def places(self) -> list[str]:
        """Return the area codes that the compound ever had, today's first."""
        return [self.area_code, *CompoundMove.objects.filter(compound=self).values_list("from_code", flat=True)]


class CompoundMove(InsertOnly):
    """A compound went to another community (划归): from which place to which, on what ground.

    A place, once given, is given to no other: what bears its code as plain text stays the compound's (``place_now``).
    """

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="moves")
    from_code = models.CharField("原所在地区", max_length=14)
    to_code = models.CharField("新所在地区", max_length=14)
    reason = models.CharField("依据", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "小区划归"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["from_code"], name="compoundmove_place_left_once"),
            models.UniqueConstraint(fields=["to_code"], name="compoundmove_place_given_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="compoundmove_says_why"),
            models.CheckConstraint(condition=~Q(from_code=F("to_code")), name="compoundmove_to_another_place"),
        ]


def place_now(area_code: str) -> str:
    """Return where what bears this code as plain text lies today: in place of a place that a compound left, its present."""
    moved = Compound.objects.filter(moves__from_code=area_code)
    return moved.values_list("area_code", flat=True).first() or area_code


class BuildingQuerySet(models.QuerySet["Building"]):
    """Reads of buildings."""

    def with_totals(self, compound: Compound) -> list[Building]:
        """Return a compound's buildings, each with ``dwelling_count`` and ``entrance_labels``, 2 before 10."""
        found = self.filter(compound=compound).annotate(dwelling_count=models.Count("dwellings"))
        rows = list(found.prefetch_related("entrances"))
        for row in rows:
            row.entrance_labels = sorted((e.label for e in row.entrances.all()), key=door_order)  # type: ignore[attr-defined]
        return sorted(rows, key=lambda row: door_order(row.label))


class Building(models.Model):
    """A building, by the number that people call it (3, 甲3, 平房)."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="buildings")
    label = models.CharField("楼号", max_length=20)
    floors = models.PositiveSmallIntegerField("层数", null=True, blank=True)
    version = models.PositiveIntegerField("第几次修改", default=1)

    objects = BuildingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "楼"
        ordering = ["compound", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "label"], name="building_one_per_label"),
            models.CheckConstraint(condition=Q(floors__isnull=True) | Q(floors__range=(1, 60)), name="building_floors"),
        ]


class Entrance(models.Model):
    """A building's entrance (单元, 门)."""

    building = models.ForeignKey(Building, models.PROTECT, related_name="entrances")
    label = models.CharField("单元", max_length=20)

    class Meta:
        verbose_name = verbose_name_plural = "单元"
        ordering = ["building", "pk"]
        constraints = [models.UniqueConstraint(fields=["building", "label"], name="entrance_one_per_label")]


class Facility(models.Model):
    """What a compound has or lacks for one line of service: gates, lamps, beds of flowers, places to park (Q4②)."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="facilities")
    line = models.CharField("类别", max_length=12, choices=ProgrammeLine)
    name = models.CharField("名称", max_length=40)
    quantity = models.CharField("数量", max_length=20, blank=True, default="")
    state = models.CharField("状况", max_length=10, choices=FacilityState, default=FacilityState.GOOD)
    note = models.CharField("说明", max_length=120, blank=True, default="")
    version = models.PositiveIntegerField("第几次修改", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "设施"
        ordering = ["compound", "line", "pk"]
        constraints = [models.UniqueConstraint(fields=["compound", "line", "name"], name="facility_one_per_name")]


class PublicResource(models.Model):
    """What belongs to all and could bring income (公共资源); ``yearly`` is the income expected, yuan a year."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="resources")
    kind = models.CharField("种类", max_length=12, choices=ResourceKind)
    name = models.CharField("名称", max_length=40)
    quantity = models.CharField("数量", max_length=20, blank=True, default="")
    user = models.CharField("现在谁在用", max_length=60, blank=True, default="")
    yearly = models.DecimalField("预计年收入", max_digits=12, decimal_places=2, null=True, blank=True)
    note = models.CharField("说明", max_length=120, blank=True, default="")
    version = models.PositiveIntegerField("第几次修改", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "公共资源"
        ordering = ["compound", "kind", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "kind", "name"], name="publicresource_one_per_name"),
            models.CheckConstraint(
                condition=Q(yearly__isnull=True) | Q(yearly__gte=0), name="publicresource_yearly_not_negative"
            ),
        ]


class CompoundPhoto(models.Model):
    """A photograph of a compound; ``shown`` ones stand on its public page."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="photographs")
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+")
    caption = models.CharField("说明", max_length=60)
    taken_on = models.DateField("拍摄日期")
    shown = models.BooleanField("放在公开页", default=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField("加入时间")

    class Meta:
        verbose_name = verbose_name_plural = "小区照片"
        ordering = ["-taken_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["compound", "attachment"], name="compoundphoto_once_per_compound")
        ]
