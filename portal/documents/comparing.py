"""The board's compounds as a whole: how many came how far, area beside area, the five goods (Q3, Q4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from portal.documents.programme import NO_BOOKS, ProgrammeRow
from portal.stages import STEPS, Step


@dataclass(frozen=True)
class FunnelRow:
    """How many compounds have come to a step, and how many stand there."""

    step: Step
    reached: int
    here: int


def funnel(rows: Sequence[ProgrammeRow]) -> list[FunnelRow]:
    """Return the nine rows, from all compounds down to those in operation."""
    numbers = [row.at.step.number for row in rows]
    return [
        FunnelRow(step, sum(n >= step.number for n in numbers), sum(n == step.number for n in numbers))
        for step in STEPS
    ]


@dataclass(frozen=True)
class AreaRow:
    """One area beside the others.

    ``here``: compounds at each of the nine; ``days``: the median of days in the present step, without those in
    operation; ``posted`` in time of the ``due`` ledgers of the month before.
    """

    name: str
    compounds: int
    here: tuple[int, ...]
    days: Decimal | None
    late: int
    posted: int
    due: int


def comparison(rows: Sequence[ProgrammeRow], names: Mapping[str, str], length: int) -> list[AreaRow]:
    """Return the areas of so long a code in the order of their codes, and all together last."""
    groups: dict[str, list[ProgrammeRow]] = defaultdict(list)
    for row in rows:
        groups[row.at.compound.area_code[:length]].append(row)
    found = [_area_row(names.get(code, code), groups[code]) for code in sorted(groups)]
    return [*found, _area_row("合计", rows)] if found else []


def _area_row(name: str, rows: Sequence[ProgrammeRow]) -> AreaRow:
    days = [row.at.days for row in rows if not row.at.step.is_operation]
    due = [row for row in rows if row.posting != NO_BOOKS]
    return AreaRow(
        name,
        len(rows),
        tuple(line.here for line in funnel(rows)),
        Decimal(str(median(days))).normalize() + 0 if days else None,
        sum(row.is_late for row in rows),
        sum(row.posted_in_time for row in due),
        len(due),
    )


@dataclass(frozen=True)
class Good:
    """One of the five goods: by which fact it is looked at, how many of how many compounds have it; None: not kept yet."""

    name: str
    fact: str
    have: int | None = None
    of: int = 0


def goods(rows: Sequence[ProgrammeRow]) -> list[Good]:
    """Return the five goods (五好) with the facts that the portal keeps; the others are named as not kept yet.

    Source: Q3.
    """
    done = [row.at.step.number for row in rows]
    due = [row for row in rows if row.posting != NO_BOOKS]
    return [
        Good("组织建设好", "第5步成立自管会已经确认", sum(n > 5 for n in done), len(rows)),
        Good("管理机制好", "第6步建章立制已经确认", sum(n > 6 for n in done), len(rows)),
        Good("管理机制好", "上个月的收支公示按时张贴", sum(row.posted_in_time for row in due), len(due)),
        Good("服务效果好", "服务评价，以后的模块才有"),
        Good("单位协调好", "产权单位的承诺和到账，以后的模块才有"),
        Good("解决问题好", "问题和12345工单的办理，以后的模块才有"),
    ]
