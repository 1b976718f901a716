"""The programme board at 40 and at 400 compounds: how often it asks the database, and how long it takes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from compounds.choices import AreaLevel, Role, StageAct
from compounds.models import Area, Building, Compound, Dwelling, StagePlan, StageRecord
from core.operations import machine
from portal.management.benches.measuring import AT, Bar, Count, Ratio, alternately
from portal.management.benches.pages import OFFICE, browser_of, person
from portal.stages import IN_OPERATION

STREETS = ("110107003", "110107004")
DISTRICT = "110107"


def measure(few: int = 40, many: int = 400, rounds: int = 5) -> list[Bar]:
    """Return how the board's queries and time grow from a street of ``few`` to a district of ``many`` compounds."""
    _fill(STREETS[0], few)
    _fill(STREETS[1], many - few)
    street, district = (
        browser_of(person(role, area))
        for role, area in ((Role.STREET_STAFF, STREETS[0]), (Role.DISTRICT_ADMIN, DISTRICT))
    )
    bars: list[Bar] = []
    for query in ("", "?view=list"):
        url = reverse("programme") + query
        one, other = _asked(street, url), _asked(district, url)
        bars += [
            Count("board", f"queries that grow from {few} to {many} compounds {query}", other - one, 0, "queries"),
            Count("board", f"queries at {many} compounds {query}", other, OFFICE, "queries"),
        ]
    url = reverse("programme")
    slow, quick = alternately(lambda: district.get(url), lambda: street.get(url), rounds)
    return [*bars, Ratio("board", f"the page at {many} compounds : at {few}", slow, quick, many / few)]


def _fill(street: str, count: int) -> None:
    """Make compounds at all steps, planned ones and others, with a few dwellings each."""
    Area.objects.get_or_create(code=street, defaults={"name": f"{street}街道", "level": AreaLevel.STREET})
    for n in range(count):
        community = f"{street}{n // 40 + 1:03d}"
        Area.objects.get_or_create(code=community, defaults={"name": f"{n // 40}社区", "level": AreaLevel.COMMUNITY})
        code = f"{community}{n % 40 + 1:02d}"
        home = Compound.objects.create(code=code, area_code=code, name=f"第{n}院（演示）", created_at=AT)
        building = Building.objects.create(compound=home, label="1")
        Dwelling.objects.bulk_create(
            Dwelling(building=building, room=f"{room}01", area=Decimal("59.7500")) for room in range(1, 7)
        )
        done = n % IN_OPERATION
        StageRecord.objects.bulk_create(
            StageRecord(
                compound=home, stage_id=number, seq=1, act=StageAct.CONFIRMED, by=machine("system-2"),
                previous_by=machine("system"), at=AT - timedelta(days=30 * (IN_OPERATION - number)),
            )
            for number in range(1, done + 1)
        )  # fmt: skip
        if n % 2:
            StagePlan.objects.create(compound=home, stage_id=done + 1, ends_on=AT.date() + timedelta(days=n % 60 - 20))


def _asked(client: Client, url: str) -> int:
    client.get(url)  # what is asked once and kept
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url)
    assert answer.status_code == 200, answer.status_code
    return len(asked)
