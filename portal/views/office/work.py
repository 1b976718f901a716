"""The open work of someone who leaves an office: shown, handed over, printed to be signed."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from compounds.forms.appointments import WorkHandoverForm
from compounds.models import Appointment, WorkHandover, place_now
from compounds.operations.handover import TAKES_NOTHING, HandoverRefusal, NoOfficeThere, NothingOpen, hand_over_work
from compounds.permissions import can_appoint_in
from core import pdf
from core.models import User
from portal.permissions import can_work_in
from portal.views.office.appointments import find_appointment, place_names
from portal.views.office.door import FORM, OfficeRequest, in_scope, require
from portal.waiting.work import WorkItem, open_work


def words_of(problem: HandoverRefusal) -> str:
    """Return what a refusal says to the person at the screen."""
    match problem:
        case NoOfficeThere():
            return "这个人在这里没有任职。请先任命，再移交。"
        case NothingOpen():
            return "已经没有要移交的工作了：可能刚被移交或办完。"
    return "要移交给另一个人。"


def _takers(appointment: Appointment, request: OfficeRequest) -> list[tuple[str, str]]:
    """Return who may take over: everybody with an office over the area today but who leaves and who only watches."""
    held = Appointment.objects.active(request.today).covering(appointment.area_code).select_related("user")
    found: dict[str, str] = {}
    for each in held.exclude(role__in=TAKES_NOTHING).exclude(user=appointment.user_id).order_by("-area_code", "role"):
        found.setdefault(str(each.user_id), f"{each.user.name}，{each.get_role_display()}")
    return list(found.items())


def _as_text(item: WorkItem) -> dict[str, str]:
    return {"kind": item.kind, "place": item.place, "what": item.what}


@require_http_methods(FORM)
@in_scope
def work_handover(request: OfficeRequest, pk: int) -> HttpResponse:
    """What is open with the holder of an office, and who takes over."""
    found = find_appointment(request, pk)
    require(can_appoint_in(request.user, found.area_code, request.today))
    items = open_work(found.user, found.area_code)
    sent = request.POST if request.method == "POST" else None
    form = WorkHandoverForm(sent, takers=_takers(found, request))
    if sent is not None and form.is_valid():
        taker = User.objects.get(pk=form.cleaned_data["taker"])
        others = [_as_text(item) for item in items if not item.moves]
        try:
            made = hand_over_work(
                found.user, taker, found.area_code, others, form.cleaned_data["note"], actor=request.user, at=request.at
            )
        except HandoverRefusal as problem:
            form.add_error("taker", words_of(problem))
        else:
            messages.success(request, f"移交给了{taker.name}。请打印移交清单，双方签字。")
            return redirect("appointed_person", pk=made.giver_id)
    shown = {
        "appointment": found,
        "place": place_names([found.area_code]).get(found.area_code, ""),
        "moving": [item for item in items if item.moves],
        "staying": [item for item in items if not item.moves],
        "form": form,
        "today": request.today,
    }
    return render(request, "portal/office/work_handover.html", shown)


@require_safe
@in_scope
def work_handover_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """The sheet of a hand-over, to be signed by both and by who watched."""
    made = WorkHandover.objects.select_related("giver", "taker", "by").filter(pk=pk).first()
    area = place_now(made.area_code) if made is not None else ""
    if made is None or not can_work_in(request.user, area, request.today):
        raise Http404
    shown = {
        "handover": made,
        "place": place_names([area]).get(area, ""),
        "items": json.loads(made.items),
    }
    sheet = pdf.render(render_to_string("compounds/work_handover_print.html", shown))
    answer = HttpResponse(sheet.bytes, content_type="application/pdf")
    answer["Content-Disposition"] = content_disposition_header(True, f"工作移交清单{made.pk}.pdf") or "attachment"
    return answer
