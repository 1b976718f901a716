"""The pages of the register and the steps, for the counting of queries: rows that grow, and their addresses."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.urls import reverse

from compounds.models import (
    Area,
    Building,
    CompoundPhoto,
    Dwelling,
    Entrance,
    Facility,
    MonthlyReport,
    PropertyUnit,
    PublicResource,
    ReportDraft,
)
from core.models import DocumentFile, User
from core.operations import machine, store_bytes
from tests import factories
from tests.factories import AT, COMMUNITY
from tests.portal.offices import grow_offices, office_pages
from tests.portal.stepping import grow_steps, steps

if TYPE_CHECKING:
    from tests.portal.test_query_counts import Town

Pages = dict[str, tuple[str, User | None]]


def grow_places(town: Town, n: int) -> None:
    """Add a building with an entrance and a dwelling of a unit, a facility, a resource, a photograph."""
    home = town.home
    building = Building.objects.create(compound=home, label=f"{60 + n}")
    entrance = Entrance.objects.create(building=building, label="1")
    unit = PropertyUnit.objects.create(area_code=COMMUNITY, name=f"第{n}厂（演示）")
    for room in range(n):
        Dwelling.objects.create(
            building=building, entrance=entrance, room=f"{room + 1}01", area="60", property_unit=unit
        )
    Facility.objects.create(compound=home, line="repair", name=f"路灯{n}", state="missing")
    PublicResource.objects.create(compound=home, kind="room", name=f"用房{n}", yearly="5.00")
    CompoundPhoto.objects.create(
        compound=home, attachment=factories.paper(home, "", ("olive", "plum", "coral")[n - 1], "photo"),
        caption=f"东门{n}", taken_on=date(2026, 9, n), added_by=machine("system"), added_at=AT,
    )  # fmt: skip


def places(town: Town) -> Pages:
    """Return the pages of what a compound is, has and lacks."""
    code, staff = town.home.code, town.staff
    facility, photograph = Facility.objects.earliest("pk"), CompoundPhoto.objects.earliest("pk")
    other, _ = Area.objects.get_or_create(
        code=f"{COMMUNITY[:-1]}9", defaults={"name": "北里社区", "level": "community"}
    )
    unit, building = PropertyUnit.objects.get(name="第1厂（演示）"), Building.objects.filter(label="61").get()
    return {
        "compound_new": (reverse("compound_new"), staff),
        "compound_facts": (reverse("compound_facts", args=[code]), staff),
        "compound_move": (f"{reverse('compound_move', args=[code])}?community={other.code}", staff),
        "buildings": (reverse("buildings", args=[code]), staff),
        "building_new": (reverse("building_new", args=[code]), staff),
        "building": (reverse("building", args=[code, building.pk]), staff),
        "units": (reverse("units", args=[code]), staff),
        "unit": (reverse("unit", args=[code, unit.pk]), staff),
        "things": (reverse("things", args=[code]), staff),
        "thing_new": (reverse("thing_new", args=[code, "resources"]), staff),
        "thing": (reverse("thing", args=[code, "facilities", facility.pk]), staff),
        "photographs": (reverse("photographs", args=[code]), staff),
        "compound_photograph": (reverse("compound_photograph", args=[code, photograph.attachment.sha256]), None),
    }


def board(town: Town) -> Pages:
    """Return the programme board's pages, which grow with the town's compounds."""
    return {
        "programme": (reverse("programme"), town.staff),
        "programme list": (reverse("programme") + "?view=list", town.district),
        "programme_overview": (reverse("programme_overview"), town.staff),
        "programme_export": (reverse("programme_export"), town.staff),
        "programme_print": (reverse("programme_print"), town.staff),
    }


def reports(town: Town) -> Pages:
    """Return the pages of the monthly reports: one of a street that is counted anew, one of the district."""
    street, month = factories.STREET, "2026-10"
    version = MonthlyReport.objects.filter(area_code=factories.OTHER_STREET, month=date(2026, 10, 1)).count()
    return {
        "reports": (reverse("reports") + f"?month={month}", town.district),
        "report": (reverse("report", args=[street, month]), town.staff),
        "report of the district": (reverse("report", args=[factories.DISTRICT, month]), town.district),
        "report_issue": (reverse("report_issue", args=[factories.DISTRICT, month]), town.district),
        "report_file": (reverse("report_file", args=[factories.OTHER_STREET, month, version, "xlsx"]), town.district),
    }


def grow_reports(town: Town, n: int) -> None:
    """Add a version of another street's report, with a file, and what is typed for it."""
    month = date(2026, 10, 1)
    Area.objects.get_or_create(code=factories.DISTRICT, defaults={"name": "北京市石景山区", "level": "district"})
    ReportDraft.objects.get_or_create(area_code=factories.STREET, month=month, defaults={"prepared_by": town.staff})
    document = factories.document(town.home, f"AAAA100{n}D", "report", factories.REPORT)
    DocumentFile.objects.create(document=document, format="xlsx", sha256=store_bytes(b"PK"), size=2)
    MonthlyReport.objects.create(
        area_code=factories.OTHER_STREET, month=month, version=n, document=document, prepared_by=machine("system"),
        checked_by=machine("system-2"), at=AT,
    )  # fmt: skip


def grow_programme(town: Town, n: int) -> None:
    """Let every list of the register and the steps grow by a row."""
    grow_reports(town, n)
    grow_places(town, n)
    grow_offices(town, n)
    grow_steps(town, n)


def programme_pages(town: Town) -> Pages:
    """Return all of them."""
    return {**office_pages(town), **places(town), **steps(town), **board(town), **reports(town)}
    return {**office_pages(town), **places(town), **board(town), **steps(town)}
