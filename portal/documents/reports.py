"""The monthly report (月报): its figures from facts, its frozen data, its workbook; the district's from the streets'.

Everything is counted as it was at the end of the month, so that whoever reads it later counts the same, except
vouchers posted afterwards with a date of the month: they show in the next version.
Source: domain.md, The eight steps.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from compounds.choices import Use
from compounds.models import Compound, Dwelling, MonthlyReport, StageRecord
from core.hashing import canonical_json, sha256_text
from core.money import plain_money
from core.spreadsheets import Figure as Number
from core.spreadsheets import Table, write_workbook
from fees.choices import Direction, Source
from fees.documents.calendar import first_months
from fees.models import Ledger, VoucherLine
from fees.rules import due_day, last_day, months_from, next_month, previous_month
from portal.stages import IN_OPERATION, STEPS
from portal.stages.requirements import last_confirmed

REPORT_DUE_DAY = 5
KIND = "report"
PARKING = "103"
COUNT, AREA, YUAN = "个", "平方米", "元"
STEP_GROUP = "走到哪一步（本月：当月确认的；累计：月末在这一步的）"
LATER_WORDS = "以后的模块才有"


@dataclass(frozen=True)
class Figure:
    """One row of a report: of the month, and 累计; both None where the portal keeps no facts of it yet.

    Counts are whole numbers, floor areas and yuan have two places, as text in the data.
    """

    key: str
    group: str
    label: str
    unit: str
    month: str | None = None
    total: str | None = None
    later: bool = False

    def plus(self, other: Figure) -> Figure:
        """Return the sum with the same row of another area; unknown beside known counts as nothing."""
        return replace(self, month=_sum(self.month, other.month), total=_sum(self.total, other.total))


def _sum(one: str | None, other: str | None) -> str | None:
    known = [Decimal(text) for text in (one, other) if text is not None]
    return str(sum(known, Decimal(0))) if known else None


@dataclass(frozen=True)
class Report:
    """A report as frozen, or as it would be frozen now (``code`` empty)."""

    area: str
    area_name: str
    month: date
    version: int
    figures: tuple[Figure, ...]
    problems: str
    plans: str
    prepared_by: str
    checked_by: str = ""
    code: str = ""
    issued_on: str = ""
    reason: str = ""
    streets: tuple[tuple[str, str, str], ...] = ()  # of the district: area code, name, code of the report added up
    missing: tuple[str, ...] = ()  # streets without a report

    @property
    def title(self) -> str:
        return f"{self.area_name}{self.month:%Y年%-m月}月报"

    @property
    def grouped(self) -> list[tuple[str, list[Figure]]]:
        """The rows under their groups, in their order."""
        found: dict[str, list[Figure]] = {}
        for figure in self.figures:
            found.setdefault(figure.group, []).append(figure)
        return list(found.items())

    @property
    def figures_hash(self) -> str:
        """What the checker saw: the hash of the figures and of which streets they come from."""
        return sha256_text(canonical_json([[asdict(f) for f in self.figures], self.streets, self.missing]))

    def to_json(self) -> str:
        """Return the canonical JSON that is frozen."""
        data = {
            **{name: value for name, value in vars(self).items() if name not in ("month", "figures")},
            "kind": KIND,
            "month": f"{self.month:%Y-%m}",
            "figures": [asdict(figure) for figure in self.figures],
        }
        return canonical_json(data)

    @classmethod
    def from_json(cls, text: str) -> Report:
        data: dict[str, Any] = json.loads(text)
        data.pop("kind")
        data["month"] = date.fromisoformat(f"{data['month']}-01")
        data["figures"] = tuple(Figure(**row) for row in data["figures"])
        data["streets"] = tuple(tuple(row) for row in data["streets"])
        data["missing"] = tuple(data["missing"])
        return cls(**data)


def report_due(month: date) -> date:
    """Return the day by which the report of a month is due."""
    return next_month(month).replace(day=REPORT_DUE_DAY)


# --- Figures of a street ------------------------------------------------------------------------------------------


def street_figures(area_code: str, month: date) -> tuple[Figure, ...]:
    """Count a street's figures as they stood at the end of a month; about ten queries."""
    end = timezone.make_aware(datetime.combine(next_month(month), time.min))
    begin = timezone.make_aware(datetime.combine(month, time.min))
    compounds = list(Compound.objects.in_area(area_code).filter(created_at__lt=end))
    keys = [compound.pk for compound in compounds]
    return (
        *_steps(compounds, begin, end),
        _later("mode", "服务模式", "各种服务模式的小区", COUNT),
        *_areas(compounds, keys, begin, end),
        *(
            _later(key, "收费", label, unit)
            for key, label, unit in (("due", "应收", YUAN), ("received", "实收", YUAN), ("rate", "收缴率", "%"))
        ),
        *_money(keys, month),
        *_postings(compounds, month),
        _later("objections", "居民意见和12345", "居民意见", "件"),
        _later("calls", "居民意见和12345", "12345工单", "件"),
    )


def _later(key: str, group: str, label: str, unit: str) -> Figure:
    return Figure(key, group, label, unit, later=True)


def _count(key: str, group: str, label: str, month: int | None, total: int | None, unit: str = COUNT) -> Figure:
    return Figure(key, group, label, unit, None if month is None else str(month), None if total is None else str(total))


def _standing_at(keys: Iterable[int], moment: datetime) -> dict[int, tuple[int, list[StageRecord]]]:
    """Return at which step each compound stood at a moment, and the last acts of the steps confirmed till then."""
    acts: dict[int, dict[int, StageRecord]] = defaultdict(dict)
    records = StageRecord.objects.filter(compound__in=list(keys), at__lt=moment)
    for record in records.order_by("seq"):
        acts[record.compound_id][record.stage_id] = record
    found = {}
    for key in keys:
        done = last_confirmed(acts[key])
        found[key] = (done + 1, [acts[key][number] for number in range(1, done + 1)])
    return found


def _steps(compounds: Sequence[Compound], begin: datetime, end: datetime) -> list[Figure]:
    """Rows of the nine steps: confirmed in the month, and how many compounds stand there at its end."""
    stood = _standing_at([compound.pk for compound in compounds], end)
    confirmed = [record.stage_id for _, done in stood.values() for record in done if record.at >= begin]
    new = sum(compound.created_at >= begin for compound in compounds)
    rows = [_count("compounds", "小区", "登记的小区", new, len(compounds))]
    for step in STEPS:
        here = sum(number == step.number for number, _ in stood.values())
        # 长效运行 is entered, not confirmed: with the eighth step.
        month = confirmed.count(min(step.number, IN_OPERATION - 1))
        rows.append(_count(f"step_{step.number}", STEP_GROUP, f"{step.sign} {step.name}", month, here))
    return rows


def _areas(compounds: Sequence[Compound], keys: list[int], begin: datetime, end: datetime) -> list[Figure]:
    """Households and floor area: of all compounds (the month's new ones), and of those in operation (entered)."""
    heads: dict[int, int] = defaultdict(int)
    areas: dict[int, Decimal] = defaultdict(Decimal)
    dwellings = Dwelling.objects.filter(building__compound__in=keys, use=Use.DWELLING)
    for key, area in dwellings.values_list("building__compound", "area"):
        heads[key] += 1
        areas[key] += area
    stood = _standing_at(keys, end)
    running = [key for key, (number, _) in stood.items() if number == IN_OPERATION]
    entered = [key for key in running if stood[key][1][-1].at >= begin]
    new = [compound.pk for compound in compounds if compound.created_at >= begin]
    rows = []
    for name, words, month, total in (("all", "登记的", new, keys), ("running", "长效运行的", entered, running)):
        rows.append(
            _count(
                f"households_{name}", "户数和面积", f"{words}小区的户数", sum(heads[k] for k in month),
                sum(heads[k] for k in total), "户",
            )
        )  # fmt: skip
        one, all_of_them = (
            str(sum((areas[k] for k in some), Decimal(0)).quantize(Decimal("0.01"))) for some in (month, total)
        )
        rows.append(Figure(f"area_{name}", "户数和面积", f"{words}小区的建筑面积", AREA, one, all_of_them))
    return rows


def _money(keys: list[int], month: date) -> list[Figure]:
    """Parking income and the four sources, received and spent, from posted vouchers; 累计 is of the year."""
    lines = VoucherLine.objects.filter(
        voucher__book__compound__in=keys,
        voucher__on__gte=month.replace(month=1),
        voucher__on__lte=last_day(month),
        voucher__direction__in=[Direction.INCOME, Direction.EXPENSE],
    ).values_list("voucher__on", "voucher__direction", "account_id", "source", "amount")
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for on, direction, account, source, amount in lines:
        names = [f"{direction}_{source}"]
        if account == PARKING and direction == Direction.INCOME:
            names.append("parking")
        for name in names:
            sums[name][1] += amount
            if on >= month:
                sums[name][0] += amount

    def row(key: str, group: str, label: str) -> Figure:
        of_month, of_year = sums[key]
        return Figure(key, group, label, YUAN, plain_money(of_month), plain_money(of_year))

    found = [row("parking", "停车", "停车收入")]
    for source in Source:
        found.append(row(f"income_{source.value}", "四个一点", f"{source.label}，收到"))
        found.append(row(f"expense_{source.value}", "四个一点", f"{source.label}的钱，花掉"))
    return found


def _postings(compounds: Sequence[Compound], month: date) -> list[Figure]:
    """Monthly ledgers whose day lay in the month, and from January on: due, posted in time, late, not at its end."""
    begun = first_months(compounds)
    due_months = months_from(month.replace(month=1), month)
    codes = {f"{previous_month(each):%Y-%m}": each for each in due_months}
    hung = Ledger.objects.filter(compound__in=compounds, code__in=list(codes), version=1)
    posted = {(key, code): on for key, code, on in hung.values_list("compound", "code", "posted_on")}
    counts: dict[str, list[int]] = {name: [0, 0] for name in ("due", "in_time", "late", "open")}
    for compound in compounds:
        for code, in_month in codes.items():
            its = previous_month(in_month)
            if compound.pk not in begun or its < begun[compound.pk]:
                continue
            on = posted.get((compound.pk, code))
            if on is None or on > last_day(month):
                state = "open"
            else:
                state = "in_time" if on <= due_day(its) else "late"
            for name in ("due", state):
                counts[name][1] += 1
                counts[name][0] += in_month == month
    words = {"due": "应公示", "in_time": "按时公示", "late": "过期公示", "open": "没有公示"}
    return [
        _count(f"posting_{name}", "收支公示", words[name], of_month, of_year, "份")
        for name, (of_month, of_year) in counts.items()
    ]


# --- The district -------------------------------------------------------------------------------------------------


def newest_reports(codes: Iterable[str], month: date) -> dict[str, MonthlyReport]:
    """Return the highest version of each area's report of a month."""
    rows = MonthlyReport.objects.filter(area_code__in=list(codes), month=month).order_by("version")
    return {row.area_code: row for row in rows.select_related("document", "prepared_by", "checked_by")}


def added_up(reports: Sequence[Report]) -> tuple[Figure, ...]:
    """Return the sum of the streets' frozen figures, row by row, in the order of the first."""
    found: dict[str, Figure] = {}
    for report in reports:
        for figure in report.figures:
            found[figure.key] = found[figure.key].plus(figure) if figure.key in found else figure
    return tuple(found.values())


def report_now(
    area_code: str, area_name: str, month: date, streets: Mapping[str, str], *, problems: str = "", plans: str = "",
    prepared_by: str = "", version: int = 1,
) -> Report:  # fmt: skip
    """Return what a report would say now; the district's (``streets``: names by code) from what the streets froze.

    Streets without a compound report nothing and are not missed.
    """
    base = Report(area_code, area_name, month, version, (), problems, plans, prepared_by)
    if len(area_code) == 9:
        return replace(base, figures=street_figures(area_code, month))
    mine = set(Compound.objects.in_area(area_code).order_by().values_list("area_code", flat=True))
    wanted = sorted({code[:9] for code in mine})
    frozen = newest_reports(wanted, month)
    parts = {code: Report.from_json(frozen[code].document.data) for code in wanted if code in frozen}
    return replace(
        base,
        figures=added_up(list(parts.values())),
        streets=tuple((code, streets.get(code, code), frozen[code].document.code) for code in parts),
        missing=tuple(streets.get(code, code) for code in wanted if code not in parts),
    )


# --- Files --------------------------------------------------------------------------------------------------------


def report_workbook(report: Report) -> bytes:
    """Return a report as an xlsx file: figures as numbers, what was typed as text."""

    def number(text: str | None) -> object:
        return None if text is None else Number(text)

    rows = [
        (f.group, f.label, f.unit, number(f.month), number(f.total), LATER_WORDS if f.later else "")
        for f in report.figures
    ]
    typed = [("主要问题", report.problems), ("下月打算", report.plans)]
    signs = [("编制", report.prepared_by), ("审核", report.checked_by), ("版次", f"第{report.version}版")]
    if report.reason:
        signs.append(("为什么出新的一版", report.reason))
    tables = [
        Table("月报", ("类别", "项目", "单位", "本月", "累计", "说明"), rows, (18, 46, 10, 16, 18, 18)),
        Table("文字", ("项目", "内容"), [*typed, *signs], (18, 90)),
    ]
    if report.streets or report.missing:
        lines = [(name, code) for _, name, code in report.streets] + [(name, "还没有定稿") for name in report.missing]
        tables.append(Table("各街道", ("街道", "月报编号"), lines, (18, 18)))
    return write_workbook(tables, (report.title, *NOTES))


NOTES = (
    "小区和步骤的累计是到月末的数；停车、四个一点和收支公示的累计是今年1月到本月。",
    "金额取自到定稿时为止记账的凭证，按凭证日期算在哪个月。",
)


def days_late(month: date, today: date) -> int:
    """Return how many days a report that is not issued is late today."""
    return max((today - report_due(month)) // timedelta(days=1), 0)
