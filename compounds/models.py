"""The register: who is responsible where, and areas, compounds, buildings, dwellings, owners."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from compounds.choices import AreaLevel, AreaSource, OwnersBody, Role, Tenure, Use

if TYPE_CHECKING:
    from core.models import User

# 区 6, 街道 9, 社区 12, 小区 14: scope is a test of whole prefixes of these lengths.
CODE_LENGTHS = (6, 9, 12, 14)
COMPOUND_CODE_LENGTH = 14


class AreaQuerySet(models.QuerySet["Area"]):
    """Reads of districts, streets and communities."""

    def streets(self) -> AreaQuerySet:
        return self.filter(level=AreaLevel.STREET)

    def communities(self) -> AreaQuerySet:
        return self.filter(level=AreaLevel.COMMUNITY)

    def below(self, code: str) -> AreaQuerySet:
        """Keep the areas inside this one, itself included; an empty code gives nothing."""
        return self.filter(code__startswith=code) if code else self.none()

    def containing(self, code: str) -> AreaQuerySet:
        """Keep the areas that this code lies in, from district to community."""
        return self.filter(code__in=[code[:n] for n in CODE_LENGTHS if len(code) >= n]).order_by("code")

    def containing_any(self, codes: Iterable[str]) -> AreaQuerySet:
        """Keep the areas that any of these codes lies in."""
        return self.filter(code__in={code[:n] for code in codes for n in CODE_LENGTHS if len(code) >= n})

    def named(self, text: str) -> AreaQuerySet:
        """Keep the streets and communities whose name holds the text."""
        return self.filter(name__icontains=text).exclude(level=AreaLevel.DISTRICT)

    def with_compound_counts(self) -> AreaQuerySet:
        """Add ``compound_count``: how many compounds lie in the area."""
        inside = Compound.objects.filter(area_code__startswith=models.OuterRef("code")).order_by()
        counted = inside.annotate(all=models.Value(1)).values("all").annotate(n=models.Count("pk")).values("n")
        return self.annotate(compound_count=Coalesce(models.Subquery(counted, output_field=models.IntegerField()), 0))


class Area(models.Model):
    """A district, street or community, by its official code (统计用区划代码)."""

    code = models.CharField("代码", max_length=12, unique=True)
    name = models.CharField("名称", max_length=60)
    level = models.CharField("级别", max_length=10, choices=AreaLevel)
    phone = models.CharField("办公电话", max_length=30, blank=True, default="")
    office = models.CharField("办公地点和时间", max_length=120, blank=True, default="")

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "地区"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Reads of appointments."""

    def active(self, on: date) -> AppointmentQuerySet:
        """Keep the appointments in force on a day; ``until_on`` is the last day."""
        return self.filter(Q(until_on__isnull=True) | Q(until_on__gte=on), from_on__lte=on, user__is_active=True)

    def of(self, user: User) -> AppointmentQuerySet:
        return self.filter(user=user)

    def covering(self, area_code: str) -> AppointmentQuerySet:
        """Keep the appointments whose area holds this code; an empty code gives nothing."""
        return self.filter(area_code__in=[area_code[:n] for n in CODE_LENGTHS if len(area_code) >= n])


class Appointment(models.Model):
    """A user's role in an area, from a day until a day; it covers everything below that area."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="账号", related_name="appointments")
    role = models.CharField("角色", max_length=30, choices=Role)
    area_code = models.CharField("管辖范围", max_length=14, db_index=True)
    from_on = models.DateField("从")
    until_on = models.DateField("到（含）", null=True, blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="谁任命", related_name="+")
    given_at = models.DateTimeField("任命时间")

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        ordering = ["area_code", "role"]
        constraints = [
            models.CheckConstraint(condition=~Q(area_code=""), name="appointment_has_an_area"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")), name="appointment_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"


def appointments_of(user: User, on: date) -> list[Appointment]:
    """Return the user's appointments in force on a day, read once per user object and day."""
    if not user.is_authenticated or not user.is_active:
        return []
    cached: tuple[date, list[Appointment]] | None = getattr(user, "_appointments", None)
    if cached is None or cached[0] != on:
        cached = (on, list(Appointment.objects.of(user).active(on)))
        user._appointments = cached  # type: ignore[attr-defined]
    return cached[1]


def areas_of(user: User, on: date, roles: Collection[str] | None = None) -> list[str]:
    """Return the codes whose subtree the user may see on a day, through any role or one of these.

    An account administrator's area shows accounts only, so without ``roles`` it is left out.
    """
    wanted = roles if roles is not None else [r for r in Role.values if r != Role.ACCOUNT_ADMIN]
    codes = {a.area_code for a in appointments_of(user, on) if a.role in wanted}
    return sorted(code for code in codes if len(code) in CODE_LENGTHS)


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
        dwellings = Dwelling.objects.filter(building__compound=models.OuterRef("pk"), use=Use.DWELLING).order_by()
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
    created_at = models.DateTimeField("建立时间")

    objects = CompoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "小区"
        ordering = ["area_code"]

    def __str__(self) -> str:
        return self.name


class Building(models.Model):
    """A building, by the number that people call it (3, 甲3, 平房)."""

    compound = models.ForeignKey(Compound, models.PROTECT, related_name="buildings")
    label = models.CharField("楼号", max_length=20)

    class Meta:
        verbose_name = verbose_name_plural = "楼"
        ordering = ["compound", "pk"]
        constraints = [models.UniqueConstraint(fields=["compound", "label"], name="building_one_per_label")]


class Entrance(models.Model):
    """A building's entrance (单元, 门)."""

    building = models.ForeignKey(Building, models.PROTECT, related_name="entrances")
    label = models.CharField("单元", max_length=20)

    class Meta:
        verbose_name = verbose_name_plural = "单元"
        ordering = ["building", "pk"]
        constraints = [models.UniqueConstraint(fields=["building", "label"], name="entrance_one_per_label")]


class PropertyUnit(models.Model):
    """A property-right unit (产权单位): owner of unsold public dwellings, seller of the others."""

    area_code = models.CharField("所在地区", max_length=14, db_index=True)
    name = models.CharField("产权单位", max_length=80)

    class Meta:
        verbose_name = verbose_name_plural = "产权单位"
        constraints = [models.UniqueConstraint(fields=["area_code", "name"], name="propertyunit_one_per_name")]


class DwellingQuerySet(models.QuerySet["Dwelling"]):
    """Reads of dwellings."""

    def of(self, compound: Compound) -> DwellingQuerySet:
        return self.filter(building__compound=compound)

    def households(self) -> DwellingQuerySet:
        """Keep what people live in, not shops, garages, cellars."""
        return self.filter(use=Use.DWELLING)

    def floor_area(self) -> Decimal:
        """Return the summed floor area, m², 4 places; summed in Python, as SQLite would sum floats."""
        return sum(self.values_list("area", flat=True), Decimal("0.0000"))


class Dwelling(models.Model):
    """One dwelling (房屋) of the register; ``area`` in m²."""

    building = models.ForeignKey(Building, models.PROTECT, related_name="dwellings")
    entrance = models.ForeignKey(Entrance, models.PROTECT, null=True, blank=True, related_name="dwellings")
    room = models.CharField("房号", max_length=20)
    area = models.DecimalField("建筑面积", max_digits=12, decimal_places=4)
    area_source = models.CharField("面积来源", max_length=12, choices=AreaSource, default=AreaSource.DECLARED)
    tenure = models.CharField("房屋性质", max_length=14, choices=Tenure, default=Tenure.REFORM)
    use = models.CharField("用途", max_length=10, choices=Use, default=Use.DWELLING)
    votes = models.BooleanField("参加表决", default=True)
    vacant = models.BooleanField("空置", default=False)
    property_unit = models.ForeignKey(PropertyUnit, models.PROTECT, null=True, blank=True, related_name="dwellings")
    representative = models.CharField("户代表", max_length=40, blank=True, default="")
    representative_phone = models.CharField("户代表电话", max_length=30, blank=True, default="")

    objects = DwellingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "房屋"
        ordering = ["building", "entrance", "room"]
        constraints = [
            models.UniqueConstraint(fields=["building", "entrance", "room"], name="dwelling_one_per_room"),
            models.UniqueConstraint(
                fields=["building", "room"],
                condition=Q(entrance__isnull=True),
                name="dwelling_one_per_room_no_entrance",
            ),
            models.CheckConstraint(condition=Q(area__gt=0), name="dwelling_area_is_positive"),
        ]


class Owner(models.Model):
    """An owner (产权人), one row per person and community; the same name and phone is the same person."""

    area_code = models.CharField("所在社区", max_length=14, db_index=True)
    name = models.CharField("产权人", max_length=60)
    phone = models.CharField("电话", max_length=30, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "产权人"
        indexes = [models.Index(fields=["area_code", "name"], name="owner_by_name")]


class Ownership(models.Model):
    """A dwelling's owner; of several co-owners one votes (GUIDE 24)."""

    dwelling = models.ForeignKey(Dwelling, models.CASCADE, related_name="ownerships")
    owner = models.ForeignKey(Owner, models.PROTECT, related_name="ownerships")
    votes = models.BooleanField("代表表决", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "产权"
        constraints = [
            models.UniqueConstraint(fields=["dwelling", "owner"], name="ownership_once_per_dwelling"),
            models.UniqueConstraint(fields=["dwelling"], condition=Q(votes=True), name="ownership_one_votes"),
        ]
