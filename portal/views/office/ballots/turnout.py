"""How many took part so far: bars to each threshold, the building grid, totals by building, days."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from ballots.documents.turnout import cells_of, turnout_of
from ballots.permissions import can_run_ballots
from compounds.documents.register import grids_of, register_rows
from core.charts.dwellings import OUT, PAPERS, Sign
from core.charts.shares import ShareBar
from portal.views.office.ballots.door import ballot_page, find_ballot
from portal.views.office.door import OfficeRequest, in_scope
from portal.views.office.register import buildings_of

ABSENT = "absent"
ABSENT_SIGN = Sign("不在名册", "plain")


@require_safe
@in_scope
def ballot_turnout(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The turnout; a dwelling's cell shows what became of its voter's paper, never what it says."""
    ballot = find_ballot(request, code, number)
    turnout = turnout_of(ballot)
    cells = cells_of(ballot, turnout.lines)
    rows = register_rows(ballot.compound)
    signs = {**PAPERS, ABSENT: ABSENT_SIGN} if any(row.pk not in cells for row in rows) else PAPERS
    papers = {line.number: line.serial for line in turnout.lines}
    may_run = can_run_ballots(request.user, ballot.compound, request.today)

    here = reverse("ballot_papers", args=[code, number])

    def href(pk: int) -> str:
        serial = papers.get(cells[pk][1]) if pk in cells and may_run else ""
        return f"{here}{serial}/" if serial else ""

    grids = grids_of(
        rows, buildings_of(ballot.compound), lambda row: cells[row.pk][0] if row.pk in cells else ABSENT, signs,
        told=OUT, href=lambda row: href(row.pk),
    )  # fmt: skip
    legend = [(sign, sum(grid.counts[key] for grid in grids)) for key, sign in signs.items()]
    shown = {
        "turnout": turnout, "grids": grids, "legend": [(sign, count) for sign, count in legend if count],
        "days": [(day, ShareBar(day.by_then, turnout.heads)) for day in turnout.days], "may_run": may_run,
    }  # fmt: skip
    return ballot_page(request, "portal/office/ballot_turnout.html", ballot, shown)
