"""The programme board of a street or the district: to look at, to export, to print for the meeting (domain.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from compounds.models import Area, Compound
from core import pdf
from core.hashing import sha256_text
from portal.documents.comparing import comparison, funnel, goods
from portal.documents.programme import (
    LATER,
    ORDERS,
    STATES,
    ProgrammeRow,
    board_of,
    counted,
    ordered,
    programme_rows,
    workbook_of,
)
from portal.forms import ProgrammeFilter
from portal.stages import STEPS
from portal.views.office.door import OfficeRequest, in_scope

# The two ways to look at the rows: the picture, and the table of who moves what on.
PICTURE, LISTED = "", "list"


@dataclass(frozen=True)
class _Asked:
    """What of the board was asked for: the rows in their order, those of all tabs counted."""

    form: ProgrammeFilter
    rows: Sequence[ProgrammeRow]
    counts: Mapping[str, int]
    state: str
    as_list: bool
    who: str
    people: Mapping[str, str]
    streets: bool  # more than one street is shown


def _asked(request: OfficeRequest) -> _Asked:
    """Read the address: text and area narrow what is fetched, the rest what was derived from it."""
    prefixes = list(request.scope.prefixes)
    areas = {area.code: area for area in Area.objects.filter(level__in=["street", "community"])}
    mine = [a for a in areas.values() if any(a.code.startswith(p) or p.startswith(a.code) for p in prefixes)]
    as_list = request.GET.get("view") == LISTED
    form = ProgrammeFilter(
        request.GET,
        areas=[(a.code, a.name if len(a.code) == 9 else f"　{a.name}") for a in sorted(mine, key=lambda a: a.code)],
        steps=[(step.number, f"{step.sign} {step.name}") for step in STEPS],
        orders=ORDERS if as_list else ORDERS[::-1],
    )
    form.is_valid()
    said = form.cleaned_data
    compounds = Compound.objects.within(prefixes)
    if said.get("q"):
        compounds = compounds.matching(said["q"])
    if said.get("area"):
        compounds = compounds.in_area(said["area"])
    rows = programme_rows(compounds, {code: area.name for code, area in areas.items()}, request.today)
    if said.get("step"):
        rows = [row for row in rows if row.at.step.number == said["step"]]
    # Whoever moves things on is named in the address by a number of their own, as addresses are kept in logs.
    names_of = {sha256_text(name)[:8]: name for name in sorted({row.at.pusher for row in rows if row.at.pusher})}
    who = names_of.get(request.GET.get("who", ""), "")
    if who:
        rows = [row for row in rows if row.at.pusher == who]
    state = request.GET.get("state", "")
    shown = [row for row in rows if row.state == state] if state in dict(STATES) and state else rows
    order = said.get("order") or (ORDERS[0][0] if as_list else ORDERS[1][0])
    return _Asked(
        form, ordered(shown, order), counted(rows), state, as_list, who, names_of,
        streets=len({row.at.compound.area_code[:9] for row in shown}) > 1,
    )  # fmt: skip


@require_safe
@in_scope
def programme(request: OfficeRequest) -> HttpResponse:
    """All compounds of the scope on one page: the eight steps as a picture, or (``?view=list``) who moves what on."""
    asked = _asked(request)
    return render(
        request,
        "portal/office/programme.html",
        {
            "asked": asked,
            "form": asked.form,
            "rows": asked.rows,
            "board": board_of(asked.rows, streets=asked.streets),
            "tabs": [(key, words, asked.counts[key]) for key, words in STATES],
            "narrowed": bool(asked.who) or any(asked.form.cleaned_data.get(name) for name in ("q", "area", "step")),
            "later": LATER,
            "today": request.today,
        },
    )


@require_safe
@in_scope
def programme_overview(request: OfficeRequest) -> HttpResponse:
    """The same compounds as a whole: how many came how far, street beside street, the five goods."""
    asked = _asked(request)
    areas = {area.code: area.name for area in Area.objects.filter(level__in=["street", "community"])}
    return render(
        request,
        "portal/office/programme_overview.html",
        {
            "count": len(asked.rows),
            "funnel": funnel(asked.rows),
            "comparison": comparison(asked.rows, areas, 9 if asked.streets else 12),
            "by": "街道" if asked.streets else "社区",
            "steps": STEPS,
            "goods": goods(asked.rows),
        },
    )


@require_safe
@in_scope
def programme_export(request: OfficeRequest) -> HttpResponse:
    """What is shown, with every column, as a workbook."""
    asked = _asked(request)
    answer = HttpResponse(
        workbook_of(asked.rows, request.today),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    name = f"八步进度表{request.today:%Y%m%d}.xlsx"
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer


@require_safe
@in_scope
def programme_print(request: OfficeRequest) -> HttpResponse:
    """What is shown, on A3 across, for the meeting."""
    asked = _asked(request)
    board = board_of(asked.rows, streets=asked.streets)
    shown = {
        "rows": asked.rows,
        "board": board,
        "lines": [(row, *placed) for row, placed in zip(asked.rows, board.placed, strict=True)],
        "counts": asked.counts,
        "today": request.today,
        "by": request.user.name,
        "place": _place(request),
    }
    sheet = pdf.render(
        render_to_string("portal/office/programme_print.html", shown),
        base_styles=("core/print.css", "core/print_board.css"),
    )
    answer = HttpResponse(sheet.bytes, content_type="application/pdf")
    name = f"八步进度表{request.today:%Y%m%d}.pdf"
    answer["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    return answer


def _place(request: OfficeRequest) -> str:
    """Return the name of the area one works in; of several, how many they are."""
    code = request.scope.code
    if len(code) == 14:
        return str(Compound.objects.filter(area_code=code).values_list("name", flat=True).first() or code)
    name = Area.objects.filter(code=code).values_list("name", flat=True).first() if code else None
    return name.removeprefix("北京市") if name else f"{len(request.scope.prefixes)}处"
