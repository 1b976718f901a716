"""The pages of the eight steps, for the counting of queries: what grows at a step, and the addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from compounds.models import StageDocument, StageRecord
from compounds.operations.steps import comment_step, plan_step
from core.models import User
from core.operations import machine
from tests import factories
from tests.factories import AT

if TYPE_CHECKING:
    from tests.portal.test_query_counts import Town


def grow_steps(town: Town, n: int) -> None:
    """Add acts, a paper, one taken down, a comment, a plan; step 1 is confirmed, step 2 waits for the street."""
    home, by, other = town.home, machine("system"), machine("system-2")
    acts = StageRecord.objects.filter(compound=home, stage=2).count()
    if not acts:
        StageRecord.objects.create(compound=home, stage_id=1, seq=1, act="confirmed", by=by, previous_by=other,
                                   missing="缺批复", reason="在路上", at=AT)  # fmt: skip
    for seq, act in enumerate(("sent_back", "by_secretary"), start=acts + 1):
        StageRecord.objects.create(compound=home, stage_id=2, seq=seq, act=act, reason="再看", by=by, previous_by=other,
                                   at=AT)  # fmt: skip
    for m, gone in enumerate((None, AT)):
        StageDocument.objects.create(
            compound=home, stage_id=2, title=f"第{n}份", on=town.month, added_by=by, added_at=AT, removed_at=gone,
            removed_by=other if gone else None, attachment=factories.paper(home, "", f"#0{n}{m}", "stage_paper"),
        )  # fmt: skip
    comment_step(home, 2, "留言", actor=factories.user(), at=AT)
    plan_step(home, n, {"ends_on": town.month, "responsible": factories.user()}, 0, actor=by, at=AT)


def steps(town: Town) -> dict[str, tuple[str, User | None]]:
    """Return the pages of the steps."""
    code, staff = town.home.code, town.staff
    return {
        "steps": (reverse("steps", args=[code]), staff),
        "step": (reverse("step", args=[code, 2]), staff),
        "step_confirmation": (reverse("step_confirmation", args=[code, 2]), staff),
        "step_reopening": (reverse("step_reopening", args=[code, 1]), staff),
        "scheme": (reverse("scheme", args=[code]), staff),
        "scheme_pdf": (reverse("scheme_pdf", args=[code]), staff),
        "work_plan_pdf": (reverse("work_plan_pdf", args=[code]), staff),
        "work_plan": (reverse("work_plan", args=[code]) + "?step=2", staff),
    }
