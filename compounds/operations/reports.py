"""The monthly report (月报) of a street or the district: what is typed for it, and its issuing by another person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from compounds.models import MonthlyReport, ReportDraft
from compounds.operations.changing import change_row
from compounds.operations.refusals import ChangedMeanwhile, PreparedBySelf, ReportNotPrepared
from core.models import Entry, User
from core.operations import NewDocument, issue_document, record


@transaction.atomic
def save_report_draft(
    area_code: str, month: date, values: Mapping[str, str], version: int, *, hand_in: bool, actor: User, at: datetime
) -> ReportDraft:
    """Save the typed text of an area's report of a month; whoever saved last has prepared it.

    ``version``: the one that was read, 0 where there was none. ``hand_in``: it may be checked now; else it is still
    being prepared, also where it was handed in before.

    :raises ChangedMeanwhile: if someone saved it since.
    """
    title = f"{month:%Y年%-m月}月报"
    told = {**values, "prepared_by": actor, "handed_in": hand_in}
    found, made = ReportDraft.objects.get_or_create(area_code=area_code, month=month, defaults=told)
    if made:
        words = f"编制{title}" + ("，交审核" if hand_in else "")
        record("report.save", words, actor=actor, at=at, area_code=area_code, subject=found)
        return found
    if not version:
        raise ChangedMeanwhile(Entry.objects.about(found._meta.label_lower, found.pk).first())
    return change_row(
        found, told, version, action="report.save", title=title, area_code=area_code,
        actor=actor, at=at,
    )  # fmt: skip


@transaction.atomic
def issue_report(
    draft: ReportDraft, new: NewDocument, *, reason: str = "", actor: User, at: datetime
) -> tuple[MonthlyReport, bool]:
    """Issue a report whose files are stored: frozen with everything it says; prepared and checked by two persons.

    ``draft``: as the checker read it; ``new.version``: one more than what hangs; ``reason``: why there is a further
    version. Returns the report and whether this call made it.

    The next version has to be handed in anew.

    :raises ReportNotPrepared: when it is not handed in. :raises ChangedMeanwhile: if it was saved since it was read.
    :raises PreparedBySelf: when the checker prepared it.
    Source: domain.md, The eight steps (月报).
    """
    found = ReportDraft.objects.select_for_update().filter(pk=draft.pk).select_related("prepared_by").first()
    if found is None:
        raise ReportNotPrepared
    reports = MonthlyReport.objects.filter(area_code=found.area_code, month=found.month)
    same = reports.filter(version=new.version).first()
    if same is not None:
        return same, False
    if found.version != draft.version:
        raise ChangedMeanwhile(Entry.objects.about(found._meta.label_lower, found.pk).first())
    if found.prepared_by_id == actor.pk:
        raise PreparedBySelf
    if not found.handed_in:
        raise ReportNotPrepared
    document = issue_document(new, actor=actor, at=at)
    report = MonthlyReport.objects.create(
        area_code=found.area_code, month=found.month, version=new.version, document=document,
        prepared_by=found.prepared_by, checked_by=actor, at=at,
    )  # fmt: skip
    found.handed_in = False
    found.save(update_fields=["handed_in"])
    words = f"审核定稿{new.title}" + (f"，第{new.version}版：{reason}" if reason else "")
    record("report.issue", words, actor=actor, at=at, area_code=found.area_code, subject=report,
           data={"code": document.code, "sha256": document.sha256})  # fmt: skip
    return report, True
