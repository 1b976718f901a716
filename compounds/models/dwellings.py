"""The register: dwellings, who owns them and since when, property-right units, and the workbooks it came from."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Right

from compounds.choices import AreaSource, RepresentativeKind, Tenure, UploadState, Use
from compounds.models.places import Building, Compound, Entrance
from compounds.rules import show_dwelling


class PropertyUnitQuerySet(models.QuerySet["PropertyUnit"]):
    """Reads of property-right units."""

    def of(self, compound: Compound) -> PropertyUnitQuerySet:
        """Keep the units that have dwellings in a compound."""
        mine = Dwelling.objects.filter(building__compound=compound, property_unit=models.OuterRef("pk"))
        return self.filter(models.Exists(mine))


class PhoneTail(models.Func):
    """A number's last four digits, written as the indices of this module were: a parameter would miss them."""

    template = "RIGHT(%(expressions)s, 4)"
    output_field = models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return it as SQLite's index says it."""
        return self.as_sql(compiler, connection, template="SUBSTR(%(expressions)s, (4 * -1), 4)", **context)


class PropertyUnit(models.Model):
    """A property-right unit (产权单位): owner of unsold public dwellings, seller of the others."""

    area_code = models.CharField("所在地区", max_length=14, db_index=True)
    name = models.CharField("产权单位", max_length=80)
    contact = models.CharField("联系人", max_length=40, blank=True, default="")
    phone = models.CharField("联系电话", max_length=30, blank=True, default="")
    address = models.CharField("地址", max_length=120, blank=True, default="")
    note = models.CharField("备注", max_length=300, blank=True, default="")
    version = models.PositiveIntegerField("第几次修改", default=1)

    objects = PropertyUnitQuerySet.as_manager()

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

    def with_people(self) -> DwellingQuerySet:
        """Fetch along its address, its unit, and who owns it now (``owned``), the one who votes first."""
        owned = Ownership.objects.current().select_related("owner").order_by("-votes", "pk")
        return self.select_related("building", "entrance", "property_unit").prefetch_related(
            models.Prefetch("ownerships", owned, to_attr="owned")
        )

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
    representative_kind = models.CharField(
        "户代表是", max_length=10, choices=RepresentativeKind, blank=True, default=""
    )
    heirs_pending = models.BooleanField("产权人去世，继承人还没登记", default=False)
    note = models.CharField("备注", max_length=200, blank=True, default="")
    version = models.PositiveIntegerField("第几次修改", default=1)  # whoever saves names the one that was read

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
            models.CheckConstraint(
                condition=Q(representative_kind="") | ~Q(representative=""), name="dwelling_representative_has_a_name"
            ),
        ]
        indexes = [
            models.Index(fields=["room"], name="dwelling_by_room"),
            models.Index(fields=["representative"], name="dwelling_by_representative"),
            models.Index(Right("representative_phone", 4), name="dwelling_by_phone_tail"),
        ]

    def __str__(self) -> str:
        return show_dwelling(self.building.label, self.entrance.label if self.entrance else "", self.room)


class OwnerQuerySet(models.QuerySet["Owner"]):
    """Reads of owners."""

    def with_dwellings(self) -> OwnerQuerySet:
        """Fetch along what each owns now (``owned``), with the dwelling's address and compound."""
        owned = Ownership.objects.current().select_related("dwelling__building__compound", "dwelling__entrance")
        return self.prefetch_related(models.Prefetch("ownerships", owned.order_by("pk"), to_attr="owned"))


class Owner(models.Model):
    """An owner (产权人), one row per person and community; the same name and phone is the same person.

    ``erased_at``: when name and phone of someone who owns nothing any more were taken away (``compounds.rules``).
    """

    area_code = models.CharField("所在社区", max_length=14, db_index=True)
    name = models.CharField("产权人", max_length=60)
    phone = models.CharField("电话", max_length=30, blank=True, default="")
    erased_at = models.DateTimeField("个人信息删除时间", null=True, blank=True)

    objects = OwnerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "产权人"
        indexes = [
            models.Index(fields=["area_code", "name"], name="owner_by_name"),
            models.Index(fields=["name"], name="owner_by_name_alone"),
            models.Index(Right("phone", 4), name="owner_by_phone_tail"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(erased_at__isnull=True) | Q(phone=""), name="owner_erased_has_no_phone")
        ]


class OwnershipQuerySet(models.QuerySet["Ownership"]):
    """Reads of who owns, and who owned before."""

    def current(self) -> OwnershipQuerySet:
        """Keep who owns now."""
        return self.filter(until_on=None)

    def past(self) -> OwnershipQuerySet:
        """Keep who owned before."""
        return self.filter(until_on__isnull=False)


class Ownership(models.Model):
    """Who owns a dwelling from a day until a day; of several co-owners one votes (GUIDE 24).

    ``from_on`` None: nobody knows since when; ``until_on`` None: owns it now, else the first day of the next owner.
    The share is a fraction; both parts None where nobody knows it.
    """

    dwelling = models.ForeignKey(Dwelling, models.CASCADE, related_name="ownerships")
    owner = models.ForeignKey(Owner, models.PROTECT, related_name="ownerships")
    votes = models.BooleanField("代表表决", default=False)
    share_of = models.PositiveSmallIntegerField("份额（分子）", null=True, blank=True)
    share_in = models.PositiveSmallIntegerField("份额（分母）", null=True, blank=True)
    from_on = models.DateField("从", null=True, blank=True)
    until_on = models.DateField("到", null=True, blank=True)

    objects = OwnershipQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "产权"
        constraints = [
            models.UniqueConstraint(
                fields=["dwelling", "owner"], condition=Q(until_on__isnull=True), name="ownership_once_per_dwelling"
            ),
            models.UniqueConstraint(
                fields=["dwelling"], condition=Q(votes=True, until_on__isnull=True), name="ownership_one_votes"
            ),
            models.CheckConstraint(
                condition=Q(from_on__isnull=True) | Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="ownership_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(share_of__isnull=True, share_in__isnull=True)
                | Q(share_of__gte=1, share_of__lte=F("share_in")),
                name="ownership_share_is_a_fraction",
            ),
        ]


class RegisterUploadQuerySet(models.QuerySet["RegisterUpload"]):
    """Reads of workbooks on their way in."""

    def within(self, prefixes: list[str]) -> RegisterUploadQuerySet:
        """Keep those of areas below any of these codes; no code, or an empty one, gives nothing."""
        where = Q(pk__in=[])
        for prefix in filter(None, prefixes):
            where |= Q(area_code__startswith=prefix)
        return self.filter(where)


class RegisterUpload(models.Model):
    """A register's workbook on its way in: checked by a job, then applied by another; ``report`` is exact JSON text.

    ``plan`` is the hash of what the check showed; applying asks for the same. The file itself, full of names, is
    taken away after some days (``removed_at``); its hash stays.
    """

    area_code = models.CharField("社区", max_length=14, db_index=True)
    name = models.CharField("文件名", max_length=120)
    sha256 = models.CharField("字节校验码", max_length=64, db_index=True)
    size = models.PositiveBigIntegerField("字节数")
    state = models.CharField("状态", max_length=10, choices=UploadState, default=UploadState.CHECKING)
    report = models.TextField("结果", blank=True, default="")
    plan = models.CharField("核对的内容", max_length=64, blank=True, default="")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField("上传时间")
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    applied_at = models.DateTimeField("导入时间", null=True, blank=True)
    removed_at = models.DateTimeField("文件删除时间", null=True, blank=True)

    objects = RegisterUploadQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "房屋表导入"
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="applied") | Q(applied_at__isnull=False, applied_by__isnull=False),
                name="registerupload_applied_by_someone",
            ),
        ]

    @property
    def found(self) -> dict[str, Any]:
        """What the check found, as read from its JSON; nothing before it is done."""
        return dict(json.loads(self.report)) if self.report else {}
