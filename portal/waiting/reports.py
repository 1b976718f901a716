"""Monthly reports (月报) that wait to be prepared, or to be checked by another person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse

from compounds.choices import Role
from compounds.models import Area, MonthlyReport, ReportDraft
from compounds.permissions import areas_of
from core.models import User
from fees.rules import month_of, previous_month
from portal.documents.reports import report_due
from portal.waiting.rows import Waiting, row


def reports_waiting(user: User, prefixes: Sequence[str], today: date) -> list[Waiting]:
    """Return last month's reports of the user's own street or district; one query, none for others."""
    writes = _areas(user, Role.STREET_STAFF, Role.DISTRICT_ADMIN, today)
    checks = _areas(user, Role.STREET_DEPUTY, Role.DISTRICT_ADMIN, today)
    mine = [code for code in sorted({*writes, *checks}) if code.startswith(tuple(prefixes))]
    if not mine:
        return []
    month = previous_month(month_of(today))
    issued = MonthlyReport.objects.filter(area_code=OuterRef("code"), month=month)
    drafts = ReportDraft.objects.filter(area_code=OuterRef("code"), month=month)
    handed_in = drafts.filter(handed_in=True)
    areas = Area.objects.filter(~Exists(issued), code__in=mine).annotate(
        by=Subquery(handed_in.values("prepared_by")[:1]), begun=Exists(drafts)
    )
    found = []
    for area in areas:
        by: int | None = area.by
        if by is None and area.code in writes:
            why, verb, page = "在编，还没交审核" if area.begun else "还没编制", "编制", "report"
        elif by is not None and by != user.pk and area.code in checks:
            why, verb, page = "交了审核，等您定稿", "审核", "report_issue"
        else:
            continue
        url = reverse(page, args=[area.code, f"{month:%Y-%m}"])
        place = area.name.removeprefix("北京市")
        found.append(row(report_due(month), today, place, f"{month.month}月月报", why, verb, url))
    return found


def _areas(user: User, of_street: str, of_district: str, today: date) -> set[str]:
    """Return the streets where the user holds one role, and the districts where the other."""
    streets = {code for code in areas_of(user, today, [of_street]) if len(code) == 9}
    return streets | {code for code in areas_of(user, today, [of_district]) if len(code) == 6}
