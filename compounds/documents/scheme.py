"""A compound's 实施方案 as a view-model: what register, survey and plan say, and what people wrote (Q4③)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from compounds.choices import FacilityState, ProgrammeLine, SurveyState, Tenure, Use
from compounds.models import (
    Compound,
    Dwelling,
    Facility,
    PublicResource,
    SchemeDraft,
    Stage,
    StagePlan,
    Survey,
    SurveyAnswer,
)
from compounds.rules.surveys import MONTHLY_FEE, WILLING, share, tally_numbers, tally_options

ZERO = Decimal("0.0000")


@dataclass(frozen=True)
class Part:
    """Dwellings of one kind: how many, and their floor area in m²."""

    label: str
    count: int
    area: Decimal


@dataclass(frozen=True)
class LinePart:
    """What a line of service finds in the compound, and what is worn or missing."""

    label: str
    there: tuple[str, ...]
    worn: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class SurveyPart:
    """What the last finished survey says: households asked and reached, the willing, the median in yuan a month."""

    title: str
    closed_on: date | None
    households: int
    reached: int
    willing: int
    asked_willing: int
    median: Decimal | None

    @property
    def coverage(self) -> str:
        return share(self.reached, self.households)

    @property
    def willing_share(self) -> str:
        return share(self.willing, self.asked_willing)


@dataclass(frozen=True)
class PlanPart:
    """One step with its dates."""

    number: int
    name: str
    text: str
    starts_on: date | None
    ends_on: date | None
    responsible: str
    usual: str


@dataclass(frozen=True)
class Scheme:
    """Everything that the paper prints; areas in m², money in yuan a year."""

    compound: Compound
    on: date
    buildings: int
    households: Part
    vacant: int
    tenures: tuple[Part, ...]
    units: tuple[Part, ...]
    without_unit: int
    lines: tuple[LinePart, ...]
    resources: tuple[PublicResource, ...]
    yearly: Decimal
    survey: SurveyPart | None
    plan: tuple[PlanPart, ...]
    text: SchemeDraft

    @property
    def sources(self) -> tuple[tuple[str, str], ...]:
        """The four sources 四个一点 with what was written of each; "" is a blank to complete."""
        text = self.text
        return (
            ("居民出一点", text.residents),
            ("产权单位担一点", text.units),
            ("公共收益收一点", text.revenue),
            ("政府奖一点", text.government),
        )


def scheme_of(compound: Compound, on: date) -> Scheme:
    """Read a compound's scheme as it stands on a day; a fixed number of queries."""
    rows = list(
        Dwelling.objects.of(compound).values_list(
            "use", "tenure", "area", "vacant", "property_unit__name", "building_id"
        )
    )
    homes = [row for row in rows if row[0] == Use.DWELLING]
    resources = tuple(PublicResource.objects.filter(compound=compound))
    draft = SchemeDraft.objects.filter(compound=compound).first() or SchemeDraft(compound=compound, version=0)
    return Scheme(
        compound=compound,
        on=on,
        buildings=len({row[5] for row in rows}),
        households=_part("住宅", homes),
        vacant=sum(row[3] for row in homes),
        tenures=tuple(
            _part(Tenure(key).label, mine) for key in Tenure.values if (mine := [row for row in homes if row[1] == key])
        ),
        units=_units(rows),
        without_unit=sum(1 for row in rows if not row[4]),
        lines=_lines(Facility.objects.filter(compound=compound)),
        resources=resources,
        yearly=sum((each.yearly for each in resources if each.yearly is not None), Decimal("0.00")),
        survey=_survey(compound, len(homes)),
        plan=plan_of(compound),
        text=draft,
    )


def _part(label: str, rows: Sequence[tuple[object, ...]]) -> Part:
    return Part(label, len(rows), sum((Decimal(str(row[2])) for row in rows), ZERO))


def _units(rows: Iterable[tuple[object, ...]]) -> tuple[Part, ...]:
    """The property-right units with their dwellings, the largest area first."""
    mine: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for row in rows:
        if row[4]:
            mine[str(row[4])].append(row)
    return tuple(sorted((_part(name, of) for name, of in mine.items()), key=lambda part: (-part.area, part.label)))


def _lines(facilities: Iterable[Facility]) -> tuple[LinePart, ...]:
    by_line: dict[str, list[Facility]] = defaultdict(list)
    for facility in facilities:
        by_line[facility.line].append(facility)

    def named(line: str, state: FacilityState) -> tuple[str, ...]:
        return tuple(f"{f.name}{f.quantity}" for f in by_line[line] if f.state == state)

    return tuple(
        LinePart(line.label, named(line, FacilityState.GOOD), named(line, FacilityState.WORN),
                 named(line, FacilityState.MISSING))
        for line in ProgrammeLine
    )  # fmt: skip


def _survey(compound: Compound, households: int) -> SurveyPart | None:
    survey = Survey.objects.filter(compound=compound, state=SurveyState.CLOSED).order_by("-number").first()
    if survey is None:
        return None
    wanted = SurveyAnswer.objects.filter(sheet__survey=survey, question__purpose__in=[WILLING, MONTHLY_FEE])
    values: dict[str, list[str]] = defaultdict(list)
    for purpose, value in wanted.order_by().values_list("question__purpose", "value"):
        values[purpose].append(value)
    # The first option of the question counts as willing.
    willing = tally_options(1, values[WILLING])[0]
    median = tally_numbers(values[MONTHLY_FEE]).median
    return SurveyPart(survey.title, survey.closed_on, households, survey.sheets.count(), willing, len(values[WILLING]),
                      median)  # fmt: skip


def plan_of(compound: Compound) -> tuple[PlanPart, ...]:
    """Return the eight steps with their planned dates; two queries."""
    plans = {p.stage_id: p for p in StagePlan.objects.filter(compound=compound).select_related("responsible")}
    found = []
    for stage in Stage.objects.filter(weeks_to__isnull=False):
        plan = plans.get(stage.number)
        found.append(
            PlanPart(
                stage.number, stage.name, stage.text, plan.starts_on if plan else None, plan.ends_on if plan else None,
                plan.responsible.name if plan and plan.responsible else "",
                f"{stage.weeks_from}至{stage.weeks_to}周",
            )
        )  # fmt: skip
    return tuple(found)
