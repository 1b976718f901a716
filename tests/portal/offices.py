"""The pages of notices, appointments and the hand-over of work, for the counting of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Max
from django.urls import reverse

from compounds.choices import Role
from compounds.models import Appointment, Notice, NoticeDraft, StagePlan, Survey, WorkHandover
from compounds.operations.notices import draft_notice, prove_notice, withdraw_notice
from core.models import User
from core.operations import machine, store_paper
from tests import factories
from tests.factories import AT, COMMUNITY

if TYPE_CHECKING:
    from tests.portal.test_query_counts import Town

Pages = dict[str, tuple[str, User | None]]


def grow_notices(town: Town, n: int) -> None:
    """Add a draft with a file, a notice with one, taken down at a time, and proved at a place."""
    by = machine("system")
    for each in range(2):
        notice = factories.posted_notice(town.home)
        photograph = store_paper(factories.picture(f"#{(2 * n + each) * 30:02x}80ff"), name="墙.png")
        prove_notice(notice, f"{n}号楼", notice.from_on, [photograph], actor=by, at=AT)
    withdraw_notice(notice, "来水了", actor=by, at=AT)
    factories.notice_draft(town.home)


def notices(town: Town) -> Pages:
    """Return the pages of its notices."""
    code, clerk = town.home.code, town.staff
    hangs = [code, Notice.objects.filter(withdrawal=None).latest("pk").document.code]
    draft = [code, NoticeDraft.objects.latest("pk").pk]
    return {
        "notices": (reverse("notices", args=[code]), None),
        "notice": (reverse("notice", args=hangs), None),
        "notice_pdf": (reverse("notice_pdf", args=hangs), None),
        "notice_file": (reverse("notice_file", args=[*hangs, 1]), None),
        "verify_code of a notice": (reverse("verify_code", args=hangs[1:]), None),
        "office_notices": (reverse("office_notices", args=[code]), clerk),
        "notice_new": (reverse("notice_new", args=[code]), clerk),
        "notice_draft": (reverse("notice_draft", args=draft), clerk),
        "notice_posting": (reverse("notice_posting", args=draft), clerk),
        "office_notice": (reverse("office_notice", args=hangs), clerk),
        "office_notice_pdf": (reverse("office_notice_pdf", args=hangs), clerk),
        "notice_withdrawal": (reverse("notice_withdrawal", args=hangs), clerk),
    }


def grow_appointments(town: Town, n: int) -> None:
    """Give an office that ended, and one whose holder sees to a step, began a notice, and handed work over."""
    by, home = machine("system"), town.home
    leaver = User.objects.filter(name="离任的人").first() or factories.user(Role.COMMUNITY_CLERK, COMMUNITY, "离任的人")
    for name in ("甲", "乙"):
        factories.appoint(factories.user(name=f"{name}{n}"), Role.COMMITTEE_HEAD, home.area_code)
    over = factories.appoint(leaver, Role.COMMITTEE_HEAD, home.area_code)
    Appointment.objects.filter(pk=over.pk).update(until_on=over.from_on)
    plan, _ = StagePlan.objects.get_or_create(compound=home, stage_id=5 + n)
    StagePlan.objects.filter(pk=plan.pk).update(responsible=leaver)
    draft_notice(home, {"title": f"第{n}份", "body": "好", "from_on": AT.date()}, actor=leaver, at=AT)
    number = Survey.objects.filter(compound=home).aggregate(last=Max("number"))["last"] or 0
    Survey.objects.create(compound=home, number=number + 1, title="补充调查", made_by=leaver, made_at=AT)
    taker = factories.user(name=f"接手{n}")
    WorkHandover.objects.create(area_code=home.area_code, giver=leaver, taker=taker, items="[]", by=by, at=AT)


def appointments(town: Town) -> Pages:
    """Return the pages of offices and of the work that someone leaves."""
    leaver = User.objects.get(name="离任的人")
    held = [Appointment.objects.filter(user=leaver).earliest("pk").pk]
    return {
        "appointments": (reverse("appointments"), town.staff),
        "appointment_new": (reverse("appointment_new"), town.staff),
        "appointment": (reverse("appointment", args=held), town.staff),
        "appointed_person": (reverse("appointed_person", args=[leaver.pk]), town.staff),
        "work_handover": (reverse("work_handover", args=held), town.staff),
        "work_handover_print": (
            reverse("work_handover_print", args=[WorkHandover.objects.latest("pk").pk]),
            town.staff,
        ),
    }


def grow_offices(town: Town, n: int) -> None:
    """Let every list of theirs grow by a row."""
    grow_notices(town, n)
    grow_appointments(town, n)


def office_pages(town: Town) -> Pages:
    """Return all of them."""
    return {**notices(town), **appointments(town)}
