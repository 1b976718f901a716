"""What is open with one person in an area: steps they see to, and what they began and did not finish."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.urls import reverse

from compounds.choices import Role, SurveyState
from compounds.models import Appointment, Area, Compound, NoticeDraft, StagePlan, Survey
from compounds.operations.handover import open_plans
from core.choices import JobState
from core.models import Job, User
from fees.models import Draft
from portal.waiting.rows import NAMED, Waiting, row

# So long before and after its last day an office whose work nobody took over is brought to the street's mind.

SOON, SINCE = timedelta(days=14), timedelta(days=60)


@dataclass(frozen=True)
class WorkItem:
    """One open thing: what kind, in which compound, what it is; ``moves``: whether handing over gives it to another."""

    kind: str
    place: str
    what: str
    moves: bool = False


def open_work(user: User, area_code: str) -> list[WorkItem]:
    """Return what is open with a person below an area: the steps first, then what keeps who typed it."""
    compounds = Compound.objects.in_area(area_code)
    drafts = Draft.objects.filter(entered_by=user, book__compound__in=compounds).select_related("book__compound")
    notices = NoticeDraft.objects.filter(made_by=user, compound__in=compounds).select_related("compound")
    surveys = Survey.objects.filter(made_by=user, compound__in=compounds).exclude(state=SurveyState.CLOSED)
    jobs = Job.objects.tops().within([area_code]).filter(created_by=user)
    open_jobs = jobs.filter(state__in=[JobState.QUEUED, JobState.RUNNING, JobState.STOPPED])
    return [
        *(
            WorkItem("步骤", p.compound.name, f"第{p.stage_id}步{p.stage.name}", True)
            for p in open_plans(user, area_code)
        ),
        *(
            WorkItem("凭证草稿", d.book.compound.name, f"{d.on.month}月{d.on.day}日，{d.get_state_display()}")
            for d in drafts.order_by("on", "pk")
        ),
        *(WorkItem("公告草稿", n.compound.name, n.title) for n in notices),
        *(
            WorkItem("调查", s.compound.name, f"{s.title}，{s.get_state_display()}")
            for s in surveys.select_related("compound")
        ),
        *(WorkItem("后台任务", "", f"{job.title}，{job.get_state_display()}") for job in open_jobs),
    ]


def left_behind(areas: list[str], today: date) -> list[tuple[Appointment, int]]:
    """Return the offices in these areas that end soon or ended lately, with how many steps their holder still sees to.

    Who holds another office over the same area stays, so nothing is left behind there. Two queries.
    """
    where = Q(pk__in=[])
    for area in areas:
        where |= Q(area_code__startswith=area)
    offices = Appointment.objects.filter(where).exclude(role__in=[Role.AUDITOR, Role.ACCOUNT_ADMIN])
    ending = list(
        offices.filter(until_on__range=(today - SINCE, today + SOON)).select_related("user").order_by("until_on", "pk")
    )
    if not ending:
        return []
    users = {appointment.user_id for appointment in ending}
    lasting = Appointment.objects.filter(user__in=users).filter(Q(until_on__isnull=True) | Q(until_on__gt=today + SOON))
    stays = [(held.user_id, held.area_code) for held in lasting]
    plans = StagePlan.objects.filter(responsible__in=users).unconfirmed().select_related("compound")
    found: list[tuple[Appointment, int]] = []
    seen: set[tuple[int, str]] = set()
    for appointment in ending:
        key = (appointment.user_id, appointment.area_code)
        if key in seen or any(u == key[0] and key[1].startswith(code) for u, code in stays):
            continue
        seen.add(key)
        count = sum(p.responsible_id == key[0] and p.compound.area_code.startswith(key[1]) for p in plans)
        if count:
            found.append((appointment, count))
    return found


def work_waiting(areas: list[str], today: date) -> list[Waiting]:
    """Return a row for each office whose holder leaves steps behind: for the street, which gives offices."""
    if not areas:
        return []
    found = left_behind(areas, today)[:NAMED]
    codes = {appointment.area_code for appointment, _ in found}
    names = dict(Area.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}
    if codes:
        names |= dict(Compound.objects.filter(area_code__in=codes).values_list("area_code", "name"))
    return [
        row(
            appointment.until_on or today,
            today,
            names.get(appointment.area_code, ""),
            f"{appointment.user.name}的工作移交",
            f"{appointment.get_role_display()}任职到期，名下还有{count}个步骤",
            "移交",
            reverse("work_handover", args=[appointment.pk]),
        )
        for appointment, count in found
    ]
