"""Posting the ledgers of many compounds at one go, as a job: which period, which area, which are ready and why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Min
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from compounds.models import Area, Compound
from fees.choices import ClosingStep
from fees.documents import PER_VOLUME
from fees.forms import PrintForm, PublishForm
from fees.models import Ledger, Period
from fees.operations import start_printing, start_publishing
from fees.permissions import issuing_areas
from fees.rules import PLACES_NEEDED, POSTING_DAYS, Span, due_day, month_of, months_before, previous_month
from portal.views.office.door import FORM, OfficeRequest, by_password, in_scope
from portal.waiting import narrowed

# How many of each kind are offered, the newest first: their length in months and their name.
OFFERED = ((1, 24, "月"), (3, 8, "季度"), (6, 4, "半年"), (12, 2, "全年"))


@dataclass(frozen=True)
class PublishRow:
    """A compound in the choice: whether its ledger of the period hangs or can be posted, and what stops it.

    ``open_month``: the first month of the period that is not approved, None where all are; ``step``: how far that is.
    """

    compound: Compound
    community: str
    has_books: bool
    open_month: date | None
    step: str
    posted: bool
    places: int = 0

    @property
    def ready(self) -> bool:
        """Whether all its months are approved and its ledger hangs nowhere yet."""
        return self.has_books and self.open_month is None and not self.posted

    @property
    def still_lacks(self) -> int:
        """At how many places the posted paper is still to be photographed."""
        return max(0, PLACES_NEEDED - self.places)


@dataclass(frozen=True)
class Choice:
    """What one has chosen among what one may post for: a period and an area, with its compounds."""

    span: Span
    area: str
    areas: list[tuple[str, str]]
    rows: list[PublishRow]

    @property
    def area_name(self) -> str:
        return dict(self.areas)[self.area]


def chosen(request: OfficeRequest) -> Choice:
    """Return period and area as asked for, within what the user may post for.

    :raises Http404: for someone who posts nowhere, and for a period that is not over or is none.
    """
    mine = narrowed(issuing_areas(request.user, request.today), request.scope.prefixes)
    areas = _areas(mine)
    if not areas:
        raise Http404
    span = _span(request)
    asked = request.POST.get("area", "") or request.GET.get("area", "")
    area = asked if asked in dict(areas) else areas[0][0]
    compounds = list(Compound.objects.within(narrowed([area], mine)).order_by("area_code"))
    return Choice(span, area, areas, _rows(compounds, span))


def periods_offered(today: date) -> list[tuple[str, list[Span]]]:
    """Return the ended periods of each kind, the newest first."""
    ended = previous_month(month_of(today))
    found = []
    for length, count, name in OFFERED:
        last = months_before(ended, ended.month % length)
        newest = Span(months_before(last, length - 1), length)
        found.append((name, [Span(months_before(newest.first_month, n * length), length) for n in range(count)]))
    return found


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def publish(request: OfficeRequest) -> HttpResponse:
    """Choose a period and the compounds of an area; sent, a job posts their ledgers."""
    choice = chosen(request)
    ready = [(row.compound.code, row.compound.name) for row in choice.rows if row.ready]
    form = PublishForm(request.POST or None, areas=choice.areas, compounds=ready)
    problem = ""
    if request.method == "POST" and form.is_valid():
        compounds = [row.compound for row in choice.rows if row.compound.code in form.cleaned_data["compounds"]]
        if compounds:
            job = start_publishing(choice.span, choice.area, compounds, actor=request.user, at=request.at)
            return redirect("job", pk=job.pk)
        problem = "还没有选小区。"
    due = due_day(choice.span.last_month)
    return render(
        request,
        "portal/office/publish.html",
        {
            "choice": choice,
            "span": choice.span,
            "offered": periods_offered(request.today),
            "ready": len(ready),
            "posted": sum(row.posted for row in choice.rows),
            "unproved": sum(row.posted and row.still_lacks > 0 for row in choice.rows),
            "kept": request.POST.getlist("compounds") if request.method == "POST" else None,
            "problem": problem or ("选的小区里有现在不能张贴的。请再看一遍。" if form.errors else ""),
            "due": due,
            "late": max((request.today - due).days, 0),
            "days": POSTING_DAYS,
        },
    )


@require_http_methods(FORM)
@in_scope
def print_ledgers(request: OfficeRequest) -> HttpResponse:
    """Choose which posted ledgers of a period and area to print, and how; sent, a job puts them into one PDF."""
    choice = chosen(request)
    posted = [row for row in choice.rows if row.posted]
    form = PrintForm(request.POST or None, compounds=[(row.compound.code, row.compound.name) for row in posted])
    problem = ""
    if request.method == "POST" and form.is_valid():
        compounds = [row.compound for row in posted if row.compound.code in form.cleaned_data["compounds"]]
        if compounds:
            job = start_printing(choice.span, choice.area, compounds, form.options(), actor=request.user, at=request.at)
            return redirect("job", pk=job.pk)
        problem = "还没有选小区。"
    if "compounds" in form.errors:
        problem = "选的小区里有现在没有公示的。请再看一遍。"
    return render(
        request,
        "portal/office/print_ledgers.html",
        {
            "choice": choice,
            "span": choice.span,
            "offered": periods_offered(request.today),
            "posted": posted,
            "kept": request.POST.getlist("compounds") if request.method == "POST" else None,
            "form": form,
            "problem": problem,
            "per_volume": PER_VOLUME,
        },
    )


def _span(request: OfficeRequest) -> Span:
    """Return the period asked for, or last month."""
    asked = request.POST.get("period") or request.GET.get("period")
    try:
        span = Span.parse(asked) if asked else Span(previous_month(month_of(request.today)))
    except ValueError:
        raise Http404 from None
    if span.last_month >= month_of(request.today):
        raise Http404
    return span


def _areas(areas: list[str]) -> list[tuple[str, str]]:
    """Return the areas one can post for, with everything below them down to the communities."""
    found = [a for code in areas for a in Area.objects.below(code[:12])] if areas else []
    named = {a.code: a.name.removeprefix("北京市") for a in found if any(a.code.startswith(c) for c in areas)}
    compounds = [code for code in areas if len(code) > 12]
    named |= dict(Compound.objects.filter(area_code__in=compounds).values_list("area_code", "name"))
    return sorted(named.items())


def _rows(compounds: list[Compound], span: Span) -> list[PublishRow]:
    """Return the compounds with their state, the ready ones' months all approved; five queries for any number."""
    begun = dict(
        Period.objects.filter(compound__in=compounds, month__lte=span.last_month)
        .order_by()
        .values_list("compound_id")
        .annotate(Min("month"))
    )
    inside = Period.objects.filter(compound__in=compounds, month__gte=span.first_month, month__lte=span.last_month)
    steps: dict[int, dict[date, str]] = {}
    for period in inside.with_step():
        steps.setdefault(period.compound_id, {})[period.month] = period.step or ""  # type: ignore[attr-defined]
    newest = Ledger.objects.filter(code=span.code, compound__in=compounds).newest_versions().with_places()
    posted: dict[int, int] = dict(newest.values_list("compound_id", "places"))  # type: ignore[misc]
    names = dict(Area.objects.filter(code__in={c.area_code[:12] for c in compounds}).values_list("code", "name"))
    rows = []
    for compound in compounds:
        own, first = steps.get(compound.pk, {}), begun.get(compound.pk)
        still_open = next((m for m in span.months if first and m >= first and own.get(m) != ClosingStep.APPROVED), None)
        rows.append(
            PublishRow(
                compound,
                names.get(compound.area_code[:12], ""),
                first is not None,
                still_open,
                own.get(still_open, "") if still_open else "",
                compound.pk in posted,
                posted.get(compound.pk, 0),
            )
        )
    return rows
