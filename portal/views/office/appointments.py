"""Who holds which office where: listed for the area, given and ended by the street; a page per person."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from compounds.choices import Role
from compounds.forms.appointments import AppointmentForm, EndAppointmentForm
from compounds.models import Appointment, AppointmentQuerySet, Area, Compound, WorkHandover
from compounds.operations import AlreadyEnded, CashierAndBookkeeper, EndsBeforeStart, appoint, end_appointment
from compounds.permissions import areas_of, can_appoint, can_appoint_in
from core.models import User
from core.pages import page_of
from portal.permissions import can_work_in
from portal.views.office.door import FORM, OfficeRequest, in_scope, require
from portal.waiting import narrowed
from portal.waiting.work import open_work


def within(prefixes: Collection[str]) -> AppointmentQuerySet:
    """Return the offices at and below these codes; account administrators are no office of the programme."""
    where = Q(pk__in=[])
    for prefix in filter(None, prefixes):
        where |= Q(area_code__startswith=prefix)
    found = Appointment.objects.filter(where).exclude(role=Role.ACCOUNT_ADMIN)
    return found.select_related("user", "given_by")


def place_names(codes: Collection[str]) -> dict[str, str]:
    """Return the names of areas and compounds by code; two queries."""
    names = dict(Area.objects.filter(code__in=codes).values_list("code", "name"))
    names |= dict(Compound.objects.filter(area_code__in=codes).values_list("area_code", "name"))
    return {code: name.removeprefix("北京市") for code, name in names.items()}


def find_appointment(request: OfficeRequest, pk: int) -> Appointment:
    """Return an office in the user's area; a foreign one answers like one that does not exist."""
    found = Appointment.objects.exclude(role=Role.ACCOUNT_ADMIN).select_related("user", "given_by").filter(pk=pk)
    appointment = found.first()
    if appointment is None or not can_work_in(request.user, appointment.area_code, request.today):
        raise Http404
    request.acting_area = appointment.area_code
    return appointment


def giving_areas(request: OfficeRequest) -> list[str]:
    """Return the codes below which the user gives offices."""
    return narrowed(areas_of(request.user, request.today, [Role.STREET_STAFF]), request.scope.prefixes)


@require_safe
@in_scope
def appointments(request: OfficeRequest) -> HttpResponse:
    """The offices of the scope by area and role; those that ended with ``?ended=1``."""
    ended = request.GET.get("ended") == "1"
    found = within(request.scope.prefixes)
    past = Q(until_on__lt=request.today)
    page = page_of(found.filter(past) if ended else found.exclude(past), request)
    names = place_names({appointment.area_code for appointment in page})
    shown = {
        "page": page,
        "rows": [(appointment, names.get(appointment.area_code, "")) for appointment in page],
        "ended": ended,
        "may_give": bool(giving_areas(request)),
        "today": request.today,
    }
    return render(request, "portal/office/appointments.html", shown)


def _areas(codes: list[str]) -> list[tuple[str, str]]:
    """Return the street, its communities and compounds as a choice, indented by level."""
    found = [(area.code, area.name.removeprefix("北京市")) for code in codes for area in Area.objects.below(code)] + [
        (c.area_code, c.name) for c in Compound.objects.within(codes)
    ]
    return [(code, "　" * {9: 0, 12: 1, 14: 2}.get(len(code), 0) + name) for code, name in sorted(found)]


@require_http_methods(FORM)
@in_scope
def appointment_new(request: OfficeRequest) -> HttpResponse:
    """Give somebody an office in the own street."""
    mine = giving_areas(request)
    require(bool(mine))
    sent = request.POST if request.method == "POST" else None
    form = AppointmentForm(sent, areas=_areas(mine), actor=request.user, today=request.today)
    if sent is not None and form.is_valid():
        data = form.cleaned_data
        require(can_appoint(request.user, data["role"], data["area"], request.today))
        try:
            made = appoint(
                data["person"], data["role"], data["area"], data["from_on"], data["until_on"], actor=request.user,
                at=request.at,
            )  # fmt: skip
        except CashierAndBookkeeper as problem:
            form.add_error("role", separated(problem))
        else:
            messages.success(request, f"任命好了：{made.user.name}，{made.get_role_display()}。")
            return redirect("appointment", pk=made.pk)
    return render(request, "portal/office/appointment_new.html", {"form": form})


def separated(problem: CashierAndBookkeeper) -> str:
    """Say why one person is not cashier and bookkeeper, and what stands against it."""
    other = problem.other
    where = place_names([other.area_code]).get(other.area_code, "")
    until = f"到{other.until_on.month}月{other.until_on.day}日" if other.until_on else "没有期限"
    return (
        f"{other.user.name}是{where}的{other.get_role_display()}（{until}）。管钱的不能记账（会计法），"
        "出纳和记账员要由两个人担任。"
    )


@require_http_methods(FORM)
@in_scope
def appointment(request: OfficeRequest, pk: int) -> HttpResponse:
    """One office: who, what, where, given by whom; ended by the street."""
    found = find_appointment(request, pk)
    may_end = can_appoint(request.user, found.role, found.area_code, request.today)
    is_over = found.until_on is not None and found.until_on < request.today
    sent = request.POST if request.method == "POST" else None
    if sent is not None:
        require(may_end)
    form = EndAppointmentForm(sent, today=request.today)
    if sent is not None and form.is_valid():
        try:
            end_appointment(found, form.cleaned_data["on"], actor=request.user, at=request.at)
        except EndsBeforeStart:
            form.add_error("on", f"{found.from_on.month}月{found.from_on.day}日才开始任职，不能更早结束。")
        except AlreadyEnded:
            form.add_error("on", "已经定了更早的最后一天，不能再往后推。要接着任职，请另任命一次。")
        else:
            messages.success(request, f"{found.user.name}的{found.get_role_display()}任职定好了最后一天。")
            return redirect("appointment", pk=pk)
    may_hand = can_appoint_in(request.user, found.area_code, request.today)
    shown = {
        "appointment": found,
        "place": place_names([found.area_code]).get(found.area_code, ""),
        "form": form,
        "may_end": may_end and not is_over,
        "is_over": is_over,
        "may_hand": may_hand,
        "work": open_work(found.user, found.area_code) if may_hand else [],
        "today": request.today,
    }
    return render(request, "portal/office/appointment.html", shown)


@require_safe
@in_scope
def appointed_person(request: OfficeRequest, pk: int) -> HttpResponse:
    """A person's offices in the scope, and the work that was handed over from or to them there."""
    prefixes = areas_of(request.user, request.today)
    person = User.objects.people().filter(pk=pk).first()
    held = list(within(prefixes).filter(user=pk).order_by("-from_on", "-pk")) if person else []
    if person is None or not held:
        raise Http404
    where = Q(pk__in=[])
    for prefix in prefixes:
        where |= Q(area_code__startswith=prefix)
    moved = WorkHandover.objects.filter(where).filter(Q(giver=person) | Q(taker=person))
    names = place_names({each.area_code for each in held})
    shown = {
        "person": person,
        "rows": [(each, names.get(each.area_code, "")) for each in held],
        "handovers": moved.select_related("giver", "taker", "by").order_by("-pk"),
        "today": request.today,
    }
    return render(request, "portal/office/appointed_person.html", shown)
