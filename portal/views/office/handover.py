"""The hand-over list of a compound's books: looked at by everybody who reads them, printed by the office."""

from __future__ import annotations

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from core import pdf
from core.hashing import sha256_bytes
from core.operations import record
from fees.documents import due_day_of_handover, handover_list
from fees.forms import HandoverForm
from fees.permissions import can_hand_over
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require


@require_http_methods(FORM)
@in_scope
def handover(request: OfficeRequest, code: str) -> HttpResponse:
    """What the books hold today; sent with the three names, the list to be signed, as PDF."""
    compound = find_compound(request, code)
    may_print = can_hand_over(request.user, compound, request.today)
    if request.method == "POST":
        require(may_print)
    form = HandoverForm(
        request.POST or None,
        today=request.today,
        initial={"left_on": request.today, "giver": "", "office": "bookkeeper"},
    )
    found = handover_list(compound, request.today)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        due = due_day_of_handover(said["left_on"])
        shown = {"list": found, "said": said, "office": form.office_label, "due": due, "at": request.at}
        sheet = pdf.render(render_to_string("fees/handover_print.html", shown))
        record(
            "handover.print",
            f"打印{compound.name}{form.office_label}交接清单：{said['giver']}交给{said['taker']}，{said['witness']}监交",
            actor=request.user,
            at=request.at,
            area_code=compound.area_code,
            subject=compound,
            role=request.acting_role,
            data={"sha256": sha256_bytes(sheet.bytes), "heads": {b.kind: b.head.hash for b in found.books}},
        )
        answer = HttpResponse(sheet.bytes, content_type="application/pdf")
        name = f"{compound.name}交接清单{request.today:%Y%m%d}.pdf"
        answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        return answer
    shown = {
        "list": found,
        "form": form,
        "may_print": may_print,
        "days": (due_day_of_handover(request.today) - request.today).days,
    }
    return compound_page(request, "portal/office/handover.html", compound, "handover", shown)
