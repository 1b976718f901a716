"""The pages of notices, appointments and the hand-over of work, for the counting of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from compounds.models import Notice, NoticeDraft
from compounds.operations.notices import prove_notice, withdraw_notice
from core.models import User
from core.operations import machine, store_paper
from tests import factories
from tests.factories import AT

if TYPE_CHECKING:
    from tests.portal.test_query_counts import Town

Pages = dict[str, tuple[str, User | None]]


def grow_notices(town: Town, n: int) -> None:
    """Add a draft with a file, a notice with one, taken down at a time, and proved at a place."""
    by = machine("system")
    for _ in range(2):
        notice = factories.posted_notice(town.home)
        photograph = store_paper(factories.picture(f"#{notice.pk * 30:02x}80ff"), name="墙.png")
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


def grow_offices(town: Town, n: int) -> None:
    """Let every list of theirs grow by a row."""
    grow_notices(town, n)


def office_pages(town: Town) -> Pages:
    """Return all of them."""
    return {**notices(town)}
