"""How many took part so far, what is still missing to each threshold, who is still out, and how it grew by days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from django.db.models import Max

from ballots.choices import PaperState, VisitOutcome, VoterKind
from ballots.documents.rules import share_words
from ballots.models import Ballot, Paper, PaperEvent, PaperVisit, RollDwelling, RollEntry, VotingRule
from ballots.rules import read_threshold
from compounds.rules import show_dwelling
from core.charts.dwellings import BACK, OUT, REFUSED, UNISSUED, UNREACHED
from core.charts.thresholds import Portion, ThresholdBar

ZERO = Decimal("0.0000")
SIGN_OF = {
    PaperState.PRINTED: UNISSUED, PaperState.ISSUED: OUT, PaperState.RETURNED: BACK, PaperState.LATE: OUT,
    PaperState.REFUSED: REFUSED, PaperState.UNDELIVERABLE: UNREACHED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of the roll and what became of its paper; ``state`` "" where none is printed yet."""

    entry: int
    number: int
    kind: str
    area: Decimal
    building: str
    entrance: str
    place: str
    state: str
    paper: int | None
    serial: str = ""
    visits: int = 0
    last_on: date | None = None
    outcome: str = ""

    @property
    def state_words(self) -> str:
        return str(PaperState(self.state).label) if self.state else "还没印"

    @property
    def is_back(self) -> bool:
        return self.state == PaperState.RETURNED

    @property
    def is_out(self) -> bool:
        """Whether somebody still has to call there: not back, not refused, not given up."""
        return self.state in ("", PaperState.PRINTED, PaperState.ISSUED)

    @property
    def is_unit(self) -> bool:
        return self.kind == VoterKind.UNIT


@dataclass(frozen=True)
class BuildingTurnout:
    """So many entries of a building, so many issued at all and back, and the areas of all and of what is back (m²)."""

    label: str
    name: str
    heads: int
    issued: int
    back: int
    area: Decimal
    back_area: Decimal

    @property
    def left(self) -> int:
        return self.heads - self.back


@dataclass(frozen=True)
class Day:
    """How many came back on a day, and how many were back by its end."""

    on: date
    came: int
    by_then: int


@dataclass(frozen=True)
class Turnout:
    """What is known of who took part: every entry, and the bars of participation."""

    lines: tuple[Line, ...]
    bars: tuple[ThresholdBar, ...]
    days: tuple[Day, ...]

    @property
    def heads(self) -> int:
        return len(self.lines)

    @property
    def back(self) -> int:
        return sum(line.is_back for line in self.lines)

    @property
    def back_area(self) -> Decimal:
        return sum((line.area for line in self.lines if line.is_back), ZERO)

    @property
    def met(self) -> bool:
        """Whether enough take part, by every measure of the rule."""
        return all(bar.passes for bar in self.bars)

    @property
    def outstanding(self) -> tuple[Line, ...]:
        """Return who has to be called on: units first, the largest of them first, then in walking order."""
        out = [line for line in self.lines if line.is_out]
        return tuple(sorted(out, key=lambda x: (not x.is_unit, -x.area if x.is_unit else ZERO, x.number)))

    @property
    def units_out(self) -> Decimal:
        """Return the area of the units that did not hand in: it can decide alone."""
        return sum((line.area for line in self.lines if line.is_unit and not line.is_back), ZERO)

    def by_state(self, state: str) -> int:
        return sum(line.state == state for line in self.lines)

    @property
    def buildings(self) -> tuple[BuildingTurnout, ...]:
        """Return the totals by building in walking order, the whole last."""
        labels = list(dict.fromkeys(line.building for line in self.lines))
        parts = [
            _building(label, building_name(label), [x for x in self.lines if x.building == label]) for label in labels
        ]
        return (*parts, _building("", "合计", self.lines))


def _building(label: str, name: str, lines: Sequence[Line]) -> BuildingTurnout:
    return BuildingTurnout(
        label,
        name,
        len(lines),
        sum(line.state not in ("", PaperState.PRINTED) for line in lines),
        sum(line.is_back for line in lines),
        sum((line.area for line in lines), ZERO),
        sum((line.area for line in lines if line.is_back), ZERO),
    )


def building_name(label: str) -> str:
    """Return a building as people say it; what belongs to none is a unit's with dwellings in several."""
    return show_dwelling(label, "", "") if label else "产权单位等"


@dataclass(frozen=True)
class BuildingLeft:
    """A building and how many of its papers something is still to be done with."""

    label: str
    name: str
    count: int


def buildings_left(lines: Iterable[Line], left: Callable[[Line], bool]) -> list[BuildingLeft]:
    """Return the buildings in walking order, each with how many of its lines are ``left``."""
    counts: dict[str, int] = {}
    for line in lines:
        counts[line.building] = counts.get(line.building, 0) + left(line)
    return [BuildingLeft(label, building_name(label), count) for label, count in counts.items()]


def lines_of(ballot: Ballot) -> tuple[Line, ...]:
    """Return the roll's entries in walking order with their papers' states and visits; three queries."""
    live = {
        entry: (state, pk, serial)
        for entry, state, pk, serial in Paper.objects.filter(ballot=ballot)
        .exclude(state=PaperState.SPOILT)
        .order_by()
        .values_list("entry_id", "state", "pk", "serial")
    }
    visits: dict[int, tuple[int, date, str]] = {}
    for entry, on, outcome in (
        PaperVisit.objects.filter(entry__ballot=ballot).order_by("pk").values_list("entry_id", "on", "outcome")
    ):
        visits[entry] = (visits.get(entry, (0, on, ""))[0] + 1, on, str(VisitOutcome(outcome).label))
    rows = RollEntry.objects.filter(ballot=ballot).order_by("number")
    fields = ("pk", "number", "kind", "area", "building", "entrance", "place")
    return tuple(
        Line(*row, *live.get(row[0], ("", None, "")), *visits.get(row[0], ())) for row in rows.values_list(*fields)
    )


def turnout_of(ballot: Ballot) -> Turnout:
    """Return a ballot's turnout with its bars and days; four queries."""
    lines = lines_of(ballot)
    back = [line for line in lines if line.is_back]
    return Turnout(lines, participation_bars(ballot.rule, _weights(lines), _weights(back)), days_of(ballot))


def _weights(lines: Iterable[Line]) -> tuple[int, Decimal]:
    areas = [line.area for line in lines]
    return len(areas), sum(areas, ZERO)


def public_turnout(ballot: Ballot) -> tuple[int, int, tuple[ThresholdBar, ...]]:
    """Return the roll's heads, how many are back, and the bars: what residents see while it runs. Two queries."""
    areas = dict(RollEntry.objects.filter(ballot=ballot).values_list("pk", "area"))
    came = Paper.objects.filter(ballot=ballot, state=PaperState.RETURNED).values_list("entry_id", flat=True)
    back = [areas[entry] for entry in came]
    bars = participation_bars(ballot.rule, (len(areas), sum(areas.values(), ZERO)), (len(back), sum(back, ZERO)))
    return len(areas), len(back), bars


def days_of(ballot: Ballot) -> tuple[Day, ...]:
    """Return how many papers came back on which day; one query."""
    last = (
        PaperEvent.objects.filter(paper__ballot=ballot, state=PaperState.RETURNED, paper__state=PaperState.RETURNED)
        .order_by()
        .values("paper")
        .annotate(day=Max("on"))
        .values_list("day", flat=True)
    )
    came: dict[date, int] = {}
    for on in last:
        came[on] = came.get(on, 0) + 1
    order = sorted(came)
    return tuple(
        Day(on, came[on], total) for on, total in zip(order, accumulate(came[on] for on in order), strict=True)
    )


def participation_bars(
    rule: VotingRule, whole: tuple[int, Decimal], back: tuple[int, Decimal]
) -> tuple[ThresholdBar, ...]:
    """Return the bars of participation: heads (户 or 人), and area where the rule counts it; each against the whole roll."""
    threshold = read_threshold(rule.participation)
    share = Fraction(threshold.over, threshold.under)
    unit = "户" if rule.voter == "household" else "人"
    of = {"share": share, "rule": share_words(threshold), "more_than": not threshold.inclusive}
    bars = [
        ThresholdBar("turnout-heads", "人数" if unit == "人" else "户数", Decimal(whole[0]),
                     (Portion("交回", Decimal(back[0])),), unit=unit, of="名册共", **of),  # type: ignore[arg-type]
    ]  # fmt: skip
    if rule.by_area:
        bars.append(
            ThresholdBar("turnout-area", "面积", whole[1], (Portion("交回", back[1]),), unit="m²", of="名册共",
                         finest=finest_of(whole[1], back[1]), **of)  # type: ignore[arg-type]
        )  # fmt: skip
    return tuple(bars)


def finest_of(*areas: Decimal) -> Decimal:
    """Return the least difference that areas show: a hundredth of a m², or a ten-thousandth where one has that many."""
    return Decimal("0.01") if all(area == round(area, 2) for area in areas) else Decimal("0.0001")


def cells_of(ballot: Ballot, lines: Iterable[Line]) -> dict[int, tuple[str, int]]:
    """Return for each dwelling of the roll the sign of its entry's paper and the entry's number; one query."""
    found = {
        line.entry: (SIGN_OF.get(PaperState(line.state), OUT) if line.state else UNISSUED, line.number)
        for line in lines
    }
    rows = RollDwelling.objects.filter(ballot=ballot).values_list("dwelling_id", "entry_id")
    return {dwelling: found[entry] for dwelling, entry in rows if entry in found}
