"""Long work of the register: an uploaded workbook checked and applied, old ones taken away, a survey printed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone

from compounds.choices import AreaLevel, PaperSize
from compounds.imports import RegisterFile, changes_report, failed_workbook, read_register, register_report
from compounds.models import Area, RegisterUpload, Survey
from compounds.operations import (
    PlanChanged,
    RegisterOutcome,
    UploadOver,
    note_check,
    preview_register,
    remove_old_uploads,
)
from compounds.operations import (
    apply_upload as write_upload,
)
from compounds.operations.retention import erase_former_owners as erase
from compounds.operations.retention import start_due_erasing
from compounds.operations.survey_prints import print_building
from compounds.rules import NoCodeLeft, show_dwelling
from core.jobs import Handle, JobFailed, PartSpec
from core.masking import mask_name
from core.models import SYSTEM, User
from core.operations import machine, read_bytes, store_bytes
from core.spreadsheets import CellError, WorkbookRefused

GONE = "文件已经删去。请再上传一次。"
OVER = "这张表已经不在等导入：可能刚被别人导入，或说了不导入。"
CHANGED = "核对以后，名册有人改过，结果和您看到的不一样。已经重新核对，请再看一遍。"


def remove_uploads(now: datetime) -> None:
    """Take away what was kept long enough; called at every tick of every process."""
    remove_old_uploads(at=now)


def erase_due(now: datetime) -> None:
    """Start the month's taking away of what is kept no longer; called at every tick of every process."""
    start_due_erasing(actor=machine(SYSTEM), at=now)


def erase_former_owners(handle: Handle, actor_id: int) -> dict[str, int]:
    """Take away phones and names of people who own nothing any more and whose time is over."""
    phones, names = erase(actor=User.objects.get(pk=actor_id), at=timezone.now())
    handle.progress(1, 1, "")
    return {"phones": phones, "names": names}


def check_upload(handle: Handle, upload: int) -> dict[str, Any]:
    """Read an uploaded workbook and write down what it would change, or what is wrong with it."""
    found = RegisterUpload.objects.get(pk=upload)
    try:
        file = _read(handle, found)
    except WorkbookRefused as refused:
        errors = [error.as_dict() for error in refused.errors]
        note_check(found, {"errors": errors, "error_count": len(errors), "rows": 0}, "")
        return {"errors": len(refused.errors)}
    return _note(handle, found, file)


def apply_upload(handle: Handle, upload: int) -> dict[str, Any]:
    """Apply an upload as it was shown: all of it, or nothing."""
    found = RegisterUpload.objects.get(pk=upload)
    if found.removed_at is not None:
        raise JobFailed(GONE)
    file = _read(handle, found, looked_at=True)
    try:
        with handle.beside("正在写入，写完才算数") as progress:
            outcome = write_upload(found, file.register, actor=handle.actor, at=timezone.now(), progress=progress)
    except UploadOver:
        raise JobFailed(OVER) from None
    except PlanChanged:
        _note(handle, found, file)
        raise JobFailed(CHANGED) from None
    return _counts(outcome) if outcome else {"already": True}


def _read(handle: Handle, upload: RegisterUpload, *, looked_at: bool = False) -> RegisterFile:
    handle.progress(0, 0, "打开文件")
    community = Area.objects.get(code=upload.area_code, level=AreaLevel.COMMUNITY)
    try:
        content = read_bytes(upload.sha256)
    except FileNotFoundError:
        raise JobFailed(GONE) from None
    return read_register(content, community, _now_and_then(handle, "读表"), looked_at=looked_at)


def _now_and_then(handle: Handle, message: str) -> Callable[[int, int], None]:
    """Return what tells of progress, but not more often than anybody looks."""
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= 0.5:
            handle.progress(done, total or None, message)
            last = time.monotonic()

    return tell


def _note(handle: Handle, upload: RegisterUpload, file: RegisterFile) -> dict[str, Any]:
    """Compare what was read with the register and write it down."""
    errors = list(file.errors)
    try:
        outcome = preview_register(file.register, _now_and_then(handle, "和名册比对"))
    except NoCodeLeft:
        errors.append(CellError("房屋", "", "这个社区已有99个小区，不能再加。"))
        outcome = RegisterOutcome(0, 0, 0, (), ())
    report = register_report(file, outcome)
    for same in report["to_confirm"]:
        same["name"] = mask_name(same["name"])
    report["errors"] = [error.as_dict() for error in errors] if len(errors) != len(file.errors) else report["errors"]
    report |= {"changes": changes_report(outcome), "nothing": outcome.changes_nothing, "error_count": len(errors)}
    failed = failed_workbook(file)
    if failed:
        content, count = failed
        report["failed"] = {"sha256": store_bytes(content), "size": len(content), "rows": count}
    note_check(upload, report, "" if errors else outcome.plan)
    return {**_counts(outcome), "errors": len(errors)}


def _counts(outcome: RegisterOutcome) -> dict[str, Any]:
    return {"new": outcome.new, "changed": outcome.changed, "unchanged": outcome.unchanged}


def print_survey(
    handle: Handle, survey_id: int, buildings: list[str], entry_address: str, paper: str = PaperSize.A4
) -> dict[str, Any]:
    """Print a survey's sheets, a part and a file per building."""
    parts = [
        PartSpec(
            task="compounds.tasks.print_survey_building",
            args={"survey_id": survey_id, "building": label, "entry_address": entry_address, "paper": paper},
            key=label,
            title=show_dwelling(label, "", ""),
        )
        for label in buildings
    ]
    return {"files": handle.spread(parts)}


def print_survey_building(
    handle: Handle, survey_id: int, building: str, entry_address: str, paper: str = PaperSize.A4
) -> dict[str, Any]:
    """Print the sheets of one building."""
    survey = Survey.objects.select_related("compound").get(pk=survey_id)
    name, file = print_building(survey, building, entry_address, paper)
    return {"name": name, "sha256": file.sha256, "size": file.size, "pages": file.pages}
