"""A compound's 实施方案, from register and survey, completed by people; and its work plan on paper."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from compounds.documents.scheme import scheme_of
from compounds.forms.steps import SchemeForm
from compounds.models import Area, Compound, SchemeDraft, StageDocument, StagePaper
from compounds.operations import ChangedMeanwhile
from compounds.operations.steps import add_step_papers, write_scheme
from compounds.permissions import can_keep_steps
from core import pdf
from core.operations import store_paper
from portal.stages import ladder
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.words import changed_meanwhile

SCHEME_STEP, SCHEME_PAPER = 3, "scheme"


@require_http_methods(FORM)
@in_scope
def scheme(request: OfficeRequest, code: str) -> HttpResponse:
    """The scheme: what the register says by itself, what people write, and the finished paper of step ③."""
    compound = find_compound(request, code)
    may_keep = can_keep_steps(request.user, compound, request.today)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if request.method == "POST":
        require(may_keep)
    if act == "finish":
        try:
            _finish(request, compound)
        except pdf.PdfFault as fault:
            messages.warning(request, fault.sentence)
            return redirect("scheme", code=compound.code)
        return redirect("step", code=compound.code, number=SCHEME_STEP)
    draft = SchemeDraft.objects.filter(compound=compound).first()
    form = SchemeForm(request.POST if act == "write" else None, draft=draft)
    if act == "write" and form.is_valid():
        try:
            version = form.cleaned_data["version"] or 0
            write_scheme(compound, form.values(), version, actor=request.user, at=request.at)
        except ChangedMeanwhile as problem:
            form.add_error(None, changed_meanwhile(problem))
            form.show_version(SchemeDraft.objects.filter(compound=compound).first())
        else:
            messages.success(request, "存好了。")
            return redirect("scheme", code=compound.code)
    finished = StageDocument.objects.filter(
        compound=compound, stage=SCHEME_STEP, paper__key=SCHEME_PAPER, removed_at=None
    )
    shown = {
        "scheme": scheme_of(compound, request.today),
        "form": form,
        "may_keep": may_keep,
        "finished": finished.select_related("added_by").order_by("-pk"),
    }
    return compound_page(request, "portal/office/scheme.html", compound, "scheme", shown)


def _paper(request: OfficeRequest, compound: Compound, final: bool) -> bytes:
    """Set the scheme as it stands; ``final``: without the word draft."""
    names = {area.level: area.name for area in Area.objects.containing(compound.area_code)}
    shown = {
        "scheme": scheme_of(compound, request.today),
        "final": final,
        "street": names.get("street", ""),
        "community": names.get("community", ""),
    }
    return pdf.render(render_to_string("compounds/scheme_print.html", shown)).bytes


def _finish(request: OfficeRequest, compound: Compound) -> None:
    """Hang the scheme as it stands now at step ③, as the paper that the step asks for."""
    paper = StagePaper.objects.get(key=SCHEME_PAPER)
    kept = store_paper(_paper(request, compound, final=True), name=f"{compound.name}实施方案{request.today:%Y%m%d}.pdf")
    made = add_step_papers(compound, paper.stage_id, [kept], paper.name, request.today, actor=request.user, at=request.at,
                           paper=paper)  # fmt: skip
    messages.success(
        request, "定稿了，放在这一步的材料里。以后再改，改完重新定稿。" if made else "这一份已经在材料里，内容没有变。"
    )


@require_safe
@in_scope
def scheme_pdf(request: OfficeRequest, code: str) -> HttpResponse:
    """The scheme as it stands now, marked as a draft."""
    compound = find_compound(request, code)
    try:
        content = _paper(request, compound, final=False)
    except pdf.PdfFault as fault:
        messages.warning(request, fault.sentence)
        return redirect("scheme", code=compound.code)
    return _sheet(content, f"{compound.name}实施方案草稿.pdf")


@require_safe
@in_scope
def work_plan_pdf(request: OfficeRequest, code: str) -> HttpResponse:
    """The work plan on one sheet, with what is overdue today."""
    compound = find_compound(request, code)
    shown = {"compound": compound, "rungs": ladder(compound, request.today), "on": request.today}
    return _sheet(
        pdf.render(render_to_string("compounds/plan_print.html", shown)).bytes, f"{compound.name}工作计划.pdf"
    )


def _sheet(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    return answer
