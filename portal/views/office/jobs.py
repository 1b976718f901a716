"""Long work: the list, one job with its bar and results, stopping and going on."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from compounds.permissions import can_see_persons
from core import jobs as work
from core.choices import JobState
from core.models import Job
from core.operations import read_bytes, record
from core.pages import page_of
from fees.permissions import issuing_areas
from portal.documents import ledgers_made
from portal.permissions import can_work_in
from portal.views.office.door import OfficeRequest, by_password, in_scope, require

SHOWN = 500
# Whose files hold names, which only they see who may see persons.
PERSONAL = ("ballots.tasks.print_papers",)
# What a job counts, where it is not compounds.
UNITS = {
    "compounds.tasks.print_survey": "栋楼",
    "ballots.tasks.print_papers": "栋楼",
    "ballots.tasks.print_secret_sheets": "张",
    "compounds.tasks.check_upload": "行",
    "compounds.tasks.apply_upload": "行",
}


@require_safe
@in_scope
def jobs(request: OfficeRequest) -> HttpResponse:
    """The jobs of the scope, the newest first."""
    found = Job.objects.tops().within(list(request.scope.prefixes)).select_related("created_by")
    return render(request, "portal/office/jobs.html", {"page": page_of(found, request)})


def _job(request: OfficeRequest, pk: int) -> Job:
    job = Job.objects.tops().select_related("created_by").filter(pk=pk).first()
    if job is None or not can_work_in(request.user, job.area_code, request.today):
        raise Http404
    request.acting_area = job.area_code
    return job


def _shown(request: OfficeRequest, job: Job) -> dict[str, Any]:
    seconds = work.remaining_seconds(job, request.at)
    parts = job.parts.order_by("pk")
    return {
        "job": job,
        "files": _files(job),
        "unit": "份" if job.schedule_key else UNITS.get(job.task, "个小区"),
        "minutes": None if seconds is None else max(1, round(seconds / 60)),
        "soon": seconds is not None and seconds < 60,
        "failed": list(parts.filter(state=JobState.FAILED)[:SHOWN]),
        "made": ledgers_made(list(parts.filter(state=JobState.DONE).values_list("title", "result")[:SHOWN])),
        "may_steer": _may_steer(request, job),
        "can_resume": job.state in (JobState.FAILED, JobState.STOPPED),
    }


def _may_steer(request: OfficeRequest, job: Job) -> bool:
    """Whoever started the job, or may post for its area, can stop it and let it go on."""
    areas = issuing_areas(request.user, request.today)
    return job.created_by_id == request.user.pk or any(job.area_code.startswith(area) for area in areas)


@require_safe
@in_scope
def job(request: OfficeRequest, pk: int) -> HttpResponse:
    """One job: how far it is, what it made, what did not succeed and why."""
    return render(request, "portal/office/job.html", _shown(request, _job(request, pk)))


@require_safe
@in_scope
def job_progress(request: OfficeRequest, pk: int) -> HttpResponse:
    """The changing part of a job's page; asked for anew only while the job is unfinished."""
    return render(request, "portal/office/job_progress.html", _shown(request, _job(request, pk)))


def _files(job: Job) -> list[dict[str, Any]]:
    """Return the files that a job made: name, sha256, size, pages."""
    result = json.loads(job.result) if job.result else None
    found = result.get("files", []) if isinstance(result, dict) else []
    return list(found)


@require_safe
@in_scope
def job_file(request: OfficeRequest, pk: int, number: int) -> HttpResponse:
    """One of the files that a job made, as stored; one that holds names leaves a line of history."""
    found = _job(request, pk)
    files = _files(found)
    if not 1 <= number <= len(files):
        raise Http404
    if found.task in PERSONAL:
        require(can_see_persons(request.user, found.area_code, request.today))
        record("paper.download", f"下载{files[number - 1]['name']}", actor=request.user, at=request.at,
               area_code=found.area_code, subject=found)  # fmt: skip
    response = HttpResponse(read_bytes(files[number - 1]["sha256"]), content_type="application/pdf")
    header = content_disposition_header(False, files[number - 1]["name"])
    if header:
        response["Content-Disposition"] = header
    return response


@require_POST
@in_scope
def job_stop(request: OfficeRequest, pk: int) -> HttpResponse:
    """Stop a job; what it has made stays."""
    found = _job(request, pk)
    require(_may_steer(request, found))
    work.stop(found, actor=request.user, at=request.at)
    return redirect("job", pk=pk)


@require_POST
@by_password("POST")
@in_scope
def job_resume(request: OfficeRequest, pk: int) -> HttpResponse:
    """Let a stopped or failed job go on with what is not done."""
    found = _job(request, pk)
    require(_may_steer(request, found))
    again = work.resume(found, actor=request.user, at=request.at)
    return redirect("job", pk=again.pk)
