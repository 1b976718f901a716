"""Long work of the books: posting a period's ledgers, one short part per compound."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from compounds.models import Compound
from core.jobs import Handle, JobFailed, PartsFailed, PartSpec
from core.models import SYSTEM, User
from core.operations import machine
from fees.documents import PrintOptions
from fees.operations import NotClosed, issue_ledger, print_volumes, start_due_posting, start_of_day
from fees.rules import Span


def post_due_ledgers(now: datetime) -> None:
    """Start what the schedule posts by itself; called at every tick of every process."""
    start_due_posting(actor=machine(SYSTEM), at=now)


def publish_ledgers(
    handle: Handle, period: str, codes: list[str], actor_id: int, at: str | None = None
) -> dict[str, Any]:
    """Issue the period's ledger of each compound; what hangs already is counted, not made again.

    ``at``: only the demo gives it, so that its old ledgers were posted when they were due.
    """
    return _publish(handle, [(period, code) for code in codes], actor_id, at)


def publish_due(handle: Handle, ledgers: list[list[str]], actor_id: int) -> dict[str, Any]:
    """Issue what was due on a day: pairs of period and compound.

    A worker may come to it late: what was withdrawn meanwhile, or approved anew today, waits for the next day's job.
    """
    return _publish(handle, [(period, code) for period, code in ledgers], actor_id, None, due=True)


def _publish(
    handle: Handle, ledgers: list[tuple[str, str]], actor_id: int, at: str | None, *, due: bool = False
) -> dict[str, Any]:
    found = {c.code: c for c in Compound.objects.filter(code__in={code for _, code in ledgers})}
    parts = [
        PartSpec(
            task="fees.tasks.publish_ledger",
            args={"period": period, "code": code, "actor_id": actor_id, "at": at, "due": due},
            key=f"fees.publish_ledger:{period}:{code}",
            title=f"{found[code].name}{Span.parse(period).short}收支公示",
            area_code=found[code].area_code,
        )
        for period, code in ledgers
        if code in found
    ]
    try:
        return _counts(handle.spread(parts))
    except PartsFailed as failed:
        raise JobFailed(failed.sentence, _counts(failed.results)) from None


def _counts(results: list[dict[str, Any] | None]) -> dict[str, Any]:
    waiting = sum(1 for r in results if r and r.get("waits"))
    made = sum(1 for r in results if r and r["made"])
    already = sum(1 for r in results if r and not r["made"]) - waiting
    return {"issued": made, "already": already, **({"waiting": waiting} if waiting else {})}


def publish_ledger(
    handle: Handle, period: str, code: str, actor_id: int, at: str | None = None, due: bool = False
) -> dict[str, Any]:
    """Issue one compound's ledger of the period, if it does not hang yet; what is ``due``, if approved before today."""
    compound = Compound.objects.get(code=code)
    actor = User.objects.get(pk=actor_id)
    when = datetime.fromisoformat(at) if at else timezone.now()
    try:
        before = start_of_day(timezone.localdate(when)) if due else None
        ledger, made = issue_ledger(compound, Span.parse(period), actor=actor, at=when, approved_before=before)
    except NotClosed as still:
        if due:
            return {"made": False, "waits": True, "compound": compound.code}
        raise JobFailed(f"{still.month.year}年{still.month.month}月还没有审定，不能张贴。") from None
    return {"made": made, "code": ledger.code, "compound": compound.code, "version": ledger.version}


def print_ledgers(
    handle: Handle, period: str, area_code: str, codes: list[str], options: dict[str, Any]
) -> dict[str, Any]:
    """Put the posted ledgers of compounds into volumes to print."""
    span = Span.parse(period)

    def progress(done: int, name: str) -> None:
        handle.progress(done, len(codes), name)

    stored = print_volumes(span, area_code, codes, PrintOptions(**options), progress=progress)
    handle.progress(len(codes), len(codes), "")
    several = len(stored) > 1
    files = [
        {
            "name": f"{span.label}收支公示{f'第{number}册' if several else ''}.pdf",
            "sha256": file.sha256,
            "size": file.size,
            "pages": file.pages,
        }
        for number, file in enumerate(stored, start=1)
    ]
    return {"files": files}
