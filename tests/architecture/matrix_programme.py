"""The part of the table that is about the register and the steps: each address and who may use it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from compounds.choices import Role
from compounds.models import (
    Building,
    Compound,
    CompoundPhoto,
    Dwelling,
    Facility,
    MonthlyReport,
    PropertyUnit,
    ReportDraft,
)
from core.models import DocumentFile
from core.operations import machine, store_bytes
from tests import factories
from tests.architecture.matrix_offices import offices
from tests.factories import AT

if TYPE_CHECKING:
    from tests.architecture.matrix import Address

MOVERS = {Role.STREET_STAFF, Role.DISTRICT_ADMIN}
REGISTER = {Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF, Role.DISTRICT_ADMIN}
Of = Callable[..., "Address"]


def places(of: Of, home: Compound) -> list[Address]:
    """A compound's facts, buildings, units, facilities and photographs."""
    from tests.architecture.matrix import Address

    code, by = home.code, machine("system")
    facility = Facility.objects.create(compound=home, line="repair", name="路灯")
    unit = PropertyUnit.objects.create(area_code=code[:12], name="某某厂（演示）")
    Dwelling.objects.filter(building__compound=home).update(property_unit=unit)
    building = Building.objects.filter(compound=home).earliest("pk")
    photograph = CompoundPhoto.objects.create(
        compound=home, attachment=factories.paper(home, "", "orange", "photo"), caption="东门", taken_on=date(2026, 9, 1),
        added_by=by, added_at=AT,
    )  # fmt: skip
    one = (code, "facilities", facility.pk)
    sent = {"line": "repair", "name": "路灯", "state": "good", "version": "1"}
    return [
        Address("compound_photograph", "public", args=(code, photograph.attachment.sha256)),
        of("compound_facts", code, act=REGISTER, data={"name": home.name, "version": "1"}),
        of("compound_move", code, see=MOVERS, act=MOVERS, data={"version": "1"}),
        of("buildings", code),
        of("building_new", code, see=REGISTER, act=REGISTER),
        of("building", code, building.pk, see=REGISTER, act=REGISTER, data={"label": building.label},
           elsewhere=(code, 999_999)),
        of("units", code),
        of("unit", code, unit.pk, act=REGISTER, data={"name": unit.name, "version": "1"}, elsewhere=(code, 999_999)),
        of("unit", code, unit.pk, act=REGISTER | {Role.AUDITOR}, data={"act": "look", "reason": "核对"}, variant="look",
           elsewhere=(code, 999_999)),
        of("things", code),
        of("thing_new", code, "facilities", see=REGISTER, act=REGISTER, elsewhere=("11010700303799", "facilities")),
        of("thing", *one, see=REGISTER, act=REGISTER, data=sent, elsewhere=(code, "facilities", 999_999)),
        of("photographs", code, act=REGISTER),
        of("photograph_drop", code, photograph.pk, methods=("POST",), act=REGISTER, elsewhere=(code, 999_999)),
    ]  # fmt: skip


def board(of: Of, home: Compound) -> list[Address]:
    """The programme board: everybody's with an area, of what lies in it."""
    from tests.architecture.matrix import Address

    return [
        Address("programme", "scope"),
        Address("programme", "scope", query="?view=list", variant="list"),
        Address("programme_overview", "scope"),
        Address("programme_export", "scope"),
        Address("programme_print", "scope"),
    ]


def reports(of: Of, home: Compound) -> list[Address]:
    """The monthly report of the street: its staff prepares, its deputy checks, above it one looks."""
    from tests.architecture.matrix import Address

    street, month = home.code[:9], "2026-10"
    nowhere = ("110107999", month)
    ReportDraft.objects.create(area_code=street, month=date(2026, 10, 1), prepared_by=machine("system"), handed_in=True)
    DocumentFile.objects.create(
        document=MonthlyReport.objects.get(area_code=street).document, format="xlsx", sha256=store_bytes(b"PK"), size=2
    )
    about = {"about": street}
    check = {Role.STREET_DEPUTY}
    return [
        Address("reports", "scope"),
        of("report", street, month, act={Role.STREET_STAFF}, data={"version": "1"}, elsewhere=nowhere, **about),
        of("report_issue", street, month, see=check, act=check, data={"seen": "0"}, elsewhere=nowhere, **about),
        of("report_file", street, month, 1, "xlsx", elsewhere=(*nowhere, 1, "xlsx"), **about),
    ]


def programme(of: Of, home: Compound) -> list[Address]:
    """Return all of them."""
    return [*offices(of, home), *places(of, home), *board(of, home), *reports(of, home)]
