"""A register's workbook on its way in: kept, checked by a job, shown, then applied by another; taken away after days.

The bytes lie in the store; the row names them. What the check found is kept as exact JSON, with its names and phones
masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import transaction

from compounds.choices import UploadState
from compounds.models import Area, RegisterUpload
from compounds.operations.importing import apply_register
from compounds.operations.planning import Progress, Register, RegisterOutcome
from compounds.operations.refusals import UploadOver
from core import jobs
from core.hashing import canonical_json
from core.models import Job, User
from core.operations import file_name, record, store_bytes

# A workbook full of names is kept no longer than its mending takes (个人信息保护法 19).
KEPT = timedelta(days=7)
LONGEST_NAME = 120
_COUNTS = ("rows", "new", "changed", "unchanged", "nothing", "error_count")


def keep_upload(content: bytes, *, name: str, area: Area, actor: User, at: datetime) -> tuple[RegisterUpload, Job]:
    """Put a workbook into the store and start the job that checks it. Record it."""
    sha256 = store_bytes(content)
    plain = "".join(sign for sign in name.replace("\\", "/").rsplit("/", 1)[-1] if sign.isprintable())[-LONGEST_NAME:]
    with transaction.atomic():
        upload = RegisterUpload.objects.create(
            area_code=area.code,
            name=plain or "房屋表",
            sha256=sha256,
            size=len(content),
            added_by=actor,
            added_at=at,
        )
        record("register.upload", f"上传{area.name}的房屋表", actor=actor, at=at, area_code=area.code, subject=upload,
               data={"sha256": sha256, "size": len(content)})  # fmt: skip
        return upload, start_check(upload, actor=actor, at=at)


def check_key(upload: RegisterUpload) -> str:
    """Return the key of the job that checks an upload."""
    return f"compounds.check_upload:{upload.pk}"


def apply_key(upload: RegisterUpload) -> str:
    """Return the key of the job that applies an upload."""
    return f"compounds.apply_upload:{upload.pk}"


def start_check(upload: RegisterUpload, *, actor: User, at: datetime) -> Job:
    """Start the job that reads and checks an upload; while it runs, return that one."""
    return jobs.start(
        "compounds.tasks.check_upload", {"upload": upload.pk}, key=check_key(upload), title="核对房屋表",
        area_code=upload.area_code, actor=actor, at=at,
    )  # fmt: skip


@transaction.atomic
def start_applying(upload: RegisterUpload, *, actor: User, at: datetime) -> Job:
    """Start the job that applies an upload as it was shown; while it runs, return that one.

    :raises UploadOver: if it is not waiting for that.
    """
    locked = RegisterUpload.objects.select_for_update().get(pk=upload.pk)
    if locked.state != UploadState.CHECKED or locked.removed_at is not None:
        raise UploadOver
    return jobs.start(
        "compounds.tasks.apply_upload", {"upload": upload.pk}, key=apply_key(upload), title="导入房屋表",
        area_code=upload.area_code, actor=actor, at=at,
    )  # fmt: skip


@transaction.atomic
def note_check(upload: RegisterUpload, report: Mapping[str, object], plan: str) -> RegisterUpload:
    """Write what a check found; ``plan`` is the hash of what applying would write, "" where it cannot be applied."""
    locked = RegisterUpload.objects.select_for_update().get(pk=upload.pk)
    if locked.state in (UploadState.CHECKING, UploadState.CHECKED, UploadState.FAULTY):
        locked.state = UploadState.CHECKED if plan else UploadState.FAULTY
        locked.report, locked.plan = canonical_json(report), plan
        locked.save(update_fields=["state", "report", "plan"])
    return locked


@transaction.atomic
def apply_upload(
    upload: RegisterUpload, register: Register, *, actor: User, at: datetime, progress: Progress
) -> RegisterOutcome | None:
    """Apply an upload whose workbook holds this register, as it was shown; None where it is applied already.

    :raises UploadOver: if it was dropped, or waits for its check.
    :raises PlanChanged: if the register changed since the check; nothing is written.
    """
    locked = RegisterUpload.objects.select_for_update().get(pk=upload.pk)
    if locked.state == UploadState.APPLIED:
        return None
    if locked.state != UploadState.CHECKED:
        raise UploadOver
    outcome = apply_register(register, actor=actor, at=at, expected=locked.plan, progress=progress)
    locked.state, locked.applied_by, locked.applied_at = UploadState.APPLIED, actor, at
    locked.save(update_fields=["state", "applied_by", "applied_at"])
    return outcome


@transaction.atomic
def drop_upload(upload: RegisterUpload, *, actor: User, at: datetime) -> None:
    """Say that an upload is not to be applied; its file goes with the others of its day. Record it.

    :raises UploadOver: if it is applied already.
    """
    locked = RegisterUpload.objects.select_for_update().get(pk=upload.pk)
    if locked.state == UploadState.APPLIED:
        raise UploadOver
    locked.state = UploadState.DROPPED
    locked.save(update_fields=["state"])
    record("register.drop", "不导入房屋表", actor=actor, at=at, area_code=upload.area_code, subject=upload)


def remove_old_uploads(*, at: datetime) -> int:
    """Take away the files that were kept long enough, and what the check said of people; return how many.

    Bytes that a younger upload names too stay until that one is old. A file that is gone already is no fault.
    """
    old = RegisterUpload.objects.filter(removed_at=None, added_at__lt=at - KEPT)
    count = 0
    for upload in old:
        with transaction.atomic():
            locked = RegisterUpload.objects.select_for_update().get(pk=upload.pk)
            if locked.removed_at is not None:
                continue
            files = {locked.sha256, failed_file(locked)} - {""}
            kept = {key: value for key, value in locked.found.items() if key in _COUNTS}
            locked.removed_at, locked.report = at, canonical_json(kept) if kept else ""
            locked.save(update_fields=["removed_at", "report"])
        for sha256 in files:
            if not RegisterUpload.objects.filter(sha256=sha256, removed_at=None).exists():
                default_storage.delete(file_name(sha256))
        count += 1
    return count


def failed_file(upload: RegisterUpload) -> str:
    """Return the hash of the table of an upload's failed rows, "" where there is none."""
    return str(upload.found.get("failed", {}).get("sha256", ""))
