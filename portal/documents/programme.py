"""The programme board: where each compound stands, what it is stuck on, how its books are (domain.md, The eight steps)."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from compounds.models import CompoundQuerySet
from core.charts import Board, BoardRow, StepLine
from core.charts import Step as StepCell
from core.spreadsheets import Table, write_workbook
from fees.choices import BookKind
from fees.models import Ledger, Opening, Period
from fees.rules import due_day, months_before, previous_month
from portal.stages import IN_OPERATION, STEPS, Light, Standing, standing

# So many closed months say what a month costs; older ones than these do not count.
MONTHS_AVERAGED, MONTHS_LOOKED_BACK = 3, 6
POSTED, NOT_DUE, LATE, NO_BOOKS = "有", "无", "超期", ""
# Columns whose facts come with later modules: they stay empty and say so.
LATER = ("收缴率", "12345", "评分", "任期到")

ORDERS = (("late", "超期最多的在前"), ("place", "按社区"))
STATES = (("", "全部"), ("late", "超期"), ("ready", "可确认"), ("operation", "运行"))


@dataclass(frozen=True)
class ProgrammeRow:
    """One compound of the board.

    ``month``: the month before, whose ledger is due now; ``posting``: 有, 无 (not due yet), 超期, or "" without books.
    ``months_left``: how many months the service book's balance lasts at what the last closed months cost, one decimal;
    None where nothing says it.
    """

    at: Standing
    street: str
    community: str
    month: date
    posting: str
    months_left: Decimal | None

    @property
    def households(self) -> int:
        found: int = getattr(self.at.compound, "households", None) or 0
        return found

    @property
    def posted_in_time(self) -> bool:
        """Whether the month's ledger hung by its day."""
        on: date | None = self.at.compound.posted_on  # type: ignore[attr-defined]
        return on is not None and on <= due_day(self.month)

    @property
    def url(self) -> str:
        """The page of the step where it stands."""
        return reverse("step", args=[self.at.compound.code, self.at.step.number])

    @property
    def is_late(self) -> bool:
        return self.at.light == Light.LATE

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing and only confirmations are waited for."""
        return not self.at.step.is_operation and not self.at.missing

    @property
    def state(self) -> str:
        """By which tab the row is found, besides all: late before ready, as it is more urgent."""
        if self.at.step.is_operation:
            return "operation"
        return "late" if self.is_late else "ready" if self.is_ready else ""

    @property
    def last_moved(self) -> date:
        """The day of the last act on the present step, else the day it was reached."""
        return timezone.localdate(self.at.last.at) if self.at.last else self.at.since

    @property
    def days_words(self) -> str:
        """Days in the step of days planned: 12/28."""
        return f"{self.at.days}/{self.at.days_planned}" if self.at.days_planned is not None else f"{self.at.days}"

    @property
    def line(self) -> StepLine:
        """The eight steps as the board draws them."""
        word, tone = "", ""
        if self.is_late:
            word, tone = f"超期{self.at.late_days}天", "late"
        elif self.is_ready:
            word, tone = "可确认", "ready"
        else:
            word = f"还差{len(self.at.missing)}项"
        return StepLine(
            tuple(
                StepCell(step.name, step.short, self.at.done.get(step.number), word, tone)
                if step.number == self.at.step.number
                else StepCell(step.name, step.short, self.at.done.get(step.number))
                for step in STEPS[: IN_OPERATION - 1]
            )
        )


def programme_rows(compounds: CompoundQuerySet, names: Mapping[str, str], on: date) -> list[ProgrammeRow]:
    """Return the board's rows of these compounds on a day, by area; as many queries for one compound as for 400.

    ``names``: of streets and communities, by their codes.
    """
    month = previous_month(on)
    found = standing(with_posting_due(compounds.with_register_totals(), month).order_by("area_code"), on)
    lasts = months_left([at.compound.pk for at in found], month)
    return [
        ProgrammeRow(
            at,
            names.get(at.compound.area_code[:9], ""),
            names.get(at.compound.area_code[:12], ""),
            month,
            _posting(at, month, on),
            lasts.get(at.compound.pk),
        )
        for at in found
    ]


def with_posting_due(compounds: CompoundQuerySet, month: date) -> CompoundQuerySet:
    """Add ``posting_due`` (the books run in that month, so its ledger is due) and ``posted_on`` (first version)."""
    hung = Ledger.objects.filter(compound=OuterRef("pk"), code=f"{month:%Y-%m}", version=1)
    begun = Period.objects.filter(compound=OuterRef("pk"), month__lte=month)
    opened = Opening.objects.filter(book__compound=OuterRef("pk"), on__lt=month)
    return compounds.annotate(
        posting_due=Q(Exists(begun)) | Q(Exists(opened)), posted_on=Subquery(hung.values("posted_on")[:1])
    )


def _posting(at: Standing, month: date, on: date) -> str:
    if not at.compound.posting_due:  # type: ignore[attr-defined]
        return NO_BOOKS
    if at.compound.posted_on:  # type: ignore[attr-defined]
        return POSTED
    return NOT_DUE if on <= due_day(month) else LATE


def months_left(keys: Iterable[int], month: date) -> dict[int, Decimal]:
    """Return how many months each compound's service book lasts, by the compound's key; one query.

    The balance at the end of the last approved month, by the mean of what up to three approved months cost.
    """
    since = months_before(month, MONTHS_LOOKED_BACK - 1)
    closed = Period.objects.filter(compound__in=list(keys), month__gte=since).closed().order_by("-month")
    taken: dict[int, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for key, figures in closed.values_list("compound", "figures"):  # type: ignore[misc]
        if len(taken[key]) == MONTHS_AVERAGED:
            continue
        for book in json.loads(figures)["books"].values():
            if book["kind"] == BookKind.SERVICE:
                taken[key].append((Decimal(book["closing"]), Decimal(book["expense"])))
    found = {}
    for key, months in taken.items():
        spent = sum((expense for _, expense in months), Decimal(0))
        if months and spent > 0:
            lasts = max(months[0][0], Decimal(0)) * len(months) / spent
            found[key] = lasts.quantize(Decimal("0.1"), ROUND_DOWN)
    return found


def ordered(rows: Iterable[ProgrammeRow], order: str) -> list[ProgrammeRow]:
    """Return the rows by place, or what is most days over its last day first, then what has stood longest."""
    if order == "place":
        return list(rows)
    return sorted(rows, key=lambda row: (-row.at.late_days, -row.is_late, -row.at.days, row.at.compound.area_code))


def board_of(rows: Sequence[ProgrammeRow], *, streets: bool) -> Board:
    """Return the drawn board; ``streets``: more than one street is shown, so that places begin with it."""
    return Board(
        tuple(
            BoardRow(
                place=short_place(row.street, row.community) if streets else short_place("", row.community),
                name=row.at.compound.name,
                households=row.households,
                line=row.line,
                after=("运行" if not row.is_late else "要办") if row.at.step.is_operation else "",
                href=row.url,
            )
            for row in rows
        )
    )


def short_place(street: str, community: str) -> str:
    """Return a place as the board writes it: 八角南里, 八角街道八角南里."""
    return street + community.removesuffix("社区")


HEADINGS = (
    "街道", "社区", "小区", "小区编号", "户数", "第几步", "步骤", "在这一步多少天", "计划多少天", "状态", "超期天数", "卡在哪",
    "谁去推", "办公电话", "下一个日期", "最近动作", "缺几份材料", "上月收支公示", "余额够几个月", *LATER,
)  # fmt: skip
WIDTHS = (12, 16, 30, 18, 8, 8, 14, 16, 12, 8, 10, 44, 12, 18, 14, 14, 12, 14, 14)


def workbook_of(rows: Sequence[ProgrammeRow], on: date) -> bytes:
    """Return the board with all its columns as an xlsx file; columns of later modules are empty and said to be."""
    lines = [
        (
            row.street, row.community, row.at.compound.name, row.at.compound.code, row.households, row.at.step.number,
            row.at.step.name, row.at.days, row.at.days_planned, row.at.light.label, row.at.late_days, row.at.stuck,
            row.at.pusher, row.at.phone, row.at.next_on, row.last_moved, row.at.papers_missing, row.posting,
            row.months_left,
        )
        for row in rows
    ]  # fmt: skip
    notes = (
        f"八步进度表，{on:%Y-%m-%d}，{len(rows)}个小区。",
        f"{'、'.join(LATER)}：以后的模块才有，现在空着。",
        f"余额够几个月：服务账最近一个已结账月份的余额，除以最近至多{MONTHS_AVERAGED}个已结账月份的月均支出。",
    )
    return write_workbook([Table("八步进度表", HEADINGS, lines, WIDTHS)], notes)


def counted(rows: Iterable[ProgrammeRow]) -> dict[str, int]:
    """Return how many rows each tab has, "" being all."""
    found = Counter(row.state for row in rows)
    return {key: found.total() if not key else found[key] for key, _ in STATES}
