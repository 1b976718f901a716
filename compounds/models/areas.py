"""Who is responsible where: districts, streets, communities, and people's roles in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from compounds.choices import AreaLevel, Role

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
        compounds = apps.get_model("compounds", "Compound").objects
        inside = compounds.filter(area_code__startswith=models.OuterRef("code")).order_by()
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
