"""What is due when: a compound's months, and one month over all compounds of a scope; to look at and to print."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from ballots.documents.life import Deadline, deadlines_from
from ballots.documents.tasks import ballots_at_work
from ballots.models import Ballot
from compounds.models import Area, Compound
from fees.documents import Task, by_kind, calendar_of, drafts_due, ending_appointments
from fees.rules import month_of, months_before, months_from, next_month, previous_month
from portal.views.office.door import OfficeRequest, compound_page, find_compound, in_scope, month_or_404

MONTHS_SHOWN = 4
PAGES = {"post": "office_ledgers", "span": "office_ledgers", "count": "money_accounts", "reconcile": "money_accounts"}


def page_of_task(task: Task) -> str:
    """Return the address where a task is done."""
    code = task.compound.code
    if task.kind in ("prove", "hang"):
        return reverse("office_ledger", args=[code, task.code])
    if task.kind in PAGES:
        return reverse(PAGES[task.kind], args=[code])
    return reverse("closing", args=[code, task.code])


def ballots_due(request: OfficeRequest, areas: list[str]) -> list[tuple[Ballot, Deadline]]:
    """Return what the ballots below these areas still have to do or to wait for, by day; one query."""
    found = [
        (at.ballot, row)
        for at in ballots_at_work(areas)
        for row in deadlines_from(at.ballot, at.days, request.today)
        if row.done_on is None
    ]
    return sorted(found, key=lambda each: (each[1].due_on, each[0].compound.area_code))


@require_safe
@in_scope
def compound_calendar(request: OfficeRequest, code: str) -> HttpResponse:
    """A compound's last months and the running one: what is due by when, what is done, what is late."""
    compound = find_compound(request, code)
    this = month_of(request.today)
    months = months_from(months_before(this, MONTHS_SHOWN - 1), this)
    shown = calendar_of([compound], months, request.today)
    ballots = ballots_due(request, [compound.area_code])
    return compound_page(
        request,
        "portal/office/compound_calendar.html",
        compound,
        "calendar",
        {
            "today": request.today,
            "months": [(row, [(t, page_of_task(t)) for t in row.tasks]) for row in reversed(shown) if row.tasks],
            "late": sum(row.late for row in shown) + sum(task.is_late for _, task in ballots),
            "drafts": drafts_due([compound]),
            "ballots": ballots,
            "ending": ending_appointments([compound.area_code], request.today),
        },
    )


@require_safe
@in_scope
def calendar(request: OfficeRequest) -> HttpResponse:
    """One month over all compounds of the scope: how many did what, who is late."""
    this = month_of(request.today)
    asked = request.GET.get("month", "")
    month = min(month_or_404(asked), this) if asked else previous_month(this)
    prefixes = list(request.scope.prefixes)
    compounds = list(Compound.objects.within(prefixes))
    kinds = by_kind(calendar_of(compounds, [month], request.today)[0]) if compounds else []
    ending = ending_appointments(prefixes, request.today)
    return render(
        request,
        "portal/office/calendar.html",
        {
            "today": request.today,
            "month": month,
            "earlier": previous_month(month),
            "later": next_month(month) if month < this else None,
            "compounds": len(compounds),
            "kinds": [(kind, [(t, page_of_task(t)) for t in kind.late]) for kind in kinds],
            "late": sum(len(kind.late) for kind in kinds),
            "drafts": drafts_due(compounds),
            "ballots": ballots_due(request, prefixes),
            "ending": list(zip(ending, _places([a.area_code for a in ending], compounds), strict=True)),
        },
    )


def _places(codes: list[str], compounds: list[Compound]) -> list[str]:
    """Return the names of areas and compounds by their codes."""
    names = dict(Area.objects.filter(code__in=codes).values_list("code", "name"))
    names |= {compound.area_code: compound.name for compound in compounds}
    return [names.get(code, "") for code in codes]
