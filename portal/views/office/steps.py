"""A compound's eight steps: the ladder, one step with its papers and comments, the confirmation chain, the work plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from compounds.choices import Role, StageAct
from compounds.forms.steps import StepCommentForm, StepPaperForm, StepPlanForm, StepReasonForm
from compounds.models import Appointment, Compound, StageComment, StageDocument, StagePaper, StageRecord
from compounds.operations import ChangedMeanwhile
from compounds.operations.refusals import (
    ActedBefore,
    EarlierStepOpen,
    LaterStepConfirmed,
    PaperTakenDown,
    StepClosed,
    StepMoved,
    StepRefusal,
    WhyMissing,
)
from compounds.operations.steps import (
    add_step_papers,
    comment_step,
    confirm_step,
    plan_empty_steps,
    plan_step,
    reopen_step,
    send_back_step,
    take_down_step_paper,
)
from compounds.permissions import CHAIN_ROLES, STEP_KEEPERS, can_confirm_step, can_keep_steps, can_reopen_step
from core.models import User
from portal.stages import IN_OPERATION, Rung, judge_one, ladder, line_of, present_of, proposed, step_numbered
from portal.views.office.door import (
    FORM,
    OfficeRequest,
    by_password,
    compound_page,
    find_compound,
    in_scope,
    keys_sent,
    require,
)
from portal.views.office.words import changed_meanwhile

MOST_COMMENTS = 50
# What the button of each act says, and what it does.
BUTTONS = {
    StageAct.PREPARED: "报请确认",
    StageAct.BY_SECRETARY: "确认，送街道",
    StageAct.BY_STAFF: "确认，送主管副主任",
    StageAct.CONFIRMED: "确认这一步",
}


def refusal_words(problem: StepRefusal) -> str:
    """Return why an act on a step was refused, for the person at the screen."""
    match problem:
        case StepMoved():
            last = problem.last
            if last is None:
                return "这一步还没有报请确认。"
            return f"刚才{last.by.name}已经办了：{last.get_act_display()}。请看最新的。"
        case EarlierStepOpen():
            step = step_numbered(problem.number)
            return f"要按次序确认：第{step.number}步{step.name}还没确认。"
        case LaterStepConfirmed():
            step = step_numbered(problem.number)
            return f"第{step.number}步{step.name}已经确认。要改这一步，先重新打开后面的。"
        case ActedBefore():
            return f"这一步是您{problem.record.get_act_display()}的，后面的确认要由另一个人来做。"
        case WhyMissing():
            return f"还差{len(problem.missing)}项：{'；'.join(problem.missing)}。仍要往下走，请写明原因。"
        case StepClosed():
            return "这一步已经确认，材料不能取下。要改，请街道重新打开这一步。"
        case PaperTakenDown():
            return "这份材料刚才已经取下了。"
    return "没有办成，您填的都还在。请再看一遍。"


# --- The ladder ---------------------------------------------------------------------------------------------------


@require_safe
@in_scope
def steps(request: OfficeRequest, code: str) -> HttpResponse:
    """All nine steps of a compound: state, plan, who confirmed when, what is missing."""
    compound = find_compound(request, code)
    rungs = ladder(compound, request.today)
    present = present_of(rungs)
    return compound_page(
        request,
        "portal/office/steps.html",
        compound,
        "steps",
        {
            "rungs": rungs,
            "present": present,
            "line": line_of(rungs),
            "may_keep": can_keep_steps(request.user, compound, request.today),
        },
    )


def _rung(compound: Compound, number: int, today: date) -> Rung:
    """Return one step of a compound.

    :raises Http404: when there is no such step.
    """
    if not 1 <= number <= IN_OPERATION:
        raise Http404
    return ladder(compound, today)[number - 1]


# --- One step -----------------------------------------------------------------------------------------------------


@require_http_methods(FORM)
@in_scope
def step(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """One step: what it asks for and where that is mended, its papers, what was said, the chain."""
    compound = find_compound(request, code)
    may_keep = can_keep_steps(request.user, compound, request.today)
    if request.method == "POST":
        require(may_keep)
    rung = _rung(compound, number, request.today)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    papers = list(StagePaper.objects.filter(stage=number))
    form = StepPaperForm(
        request.POST if act == "paper" else None,
        request.FILES if act == "paper" else None,
        papers=papers,
        attested=[(r.key, r.words) for r in rung.step.requirements if r.later],
        salt=f"{compound.pk}:{number}",
        today=request.today,
        what=request.GET.get("what", ""),
    )
    comment = StepCommentForm(request.POST if act == "comment" else None)
    if act == "paper" and form.is_valid():
        made = add_step_papers(
            compound, number, form.kept, form.name, form.cleaned_data["on"], actor=request.user, at=request.at,
            paper=form.paper, attests=form.attests,
        )  # fmt: skip
        messages.success(
            request, f"存好了：{form.name}，{len(made)}份。" if made else f"这份材料已经在这里：{form.name}。"
        )
        return redirect("step", code=compound.code, number=number)
    if act == "comment" and comment.is_valid():
        comment_step(compound, number, comment.cleaned_data["text"], actor=request.user, at=request.at)
        messages.success(request, "留言存好了。")
        return redirect("step", code=compound.code, number=number)
    if act == "take_down":
        _take_down(request, compound, number)
        return redirect("step", code=compound.code, number=number)
    hanging = StageDocument.objects.filter(compound=compound, stage=number).select_related(
        "attachment", "paper", "added_by", "removed_by"
    )
    comments = StageComment.objects.filter(compound=compound, stage=number).select_related("by")
    return compound_page(
        request,
        "portal/office/step.html",
        compound,
        "steps",
        {
            "rung": rung,
            "hanging": [document for document in hanging if document.removed_at is None],
            "taken_down": [document for document in hanging if document.removed_at is not None],
            "comments": comments.order_by("-pk")[:MOST_COMMENTS],
            "form": form,
            "comment": comment,
            "may_keep": may_keep,
            "may_act": _may_act(request, compound, rung),
            "may_send_back": _may_send_back(request, compound, rung),
            "may_reopen": rung.is_confirmed and can_reopen_step(request.user, compound, request.today),
            "button": BUTTONS.get(rung.awaits) if rung.awaits else "",
            "own": _own(request.user, rung),
            "who": _holders(compound, rung, request.today),
            "before": step_numbered(number - 1) if number > 1 else None,
        },
    )


def _take_down(request: OfficeRequest, compound: Compound, number: int) -> None:
    for key in keys_sent([request.POST.get("document", "")]):
        document = StageDocument.objects.filter(compound=compound, stage=number, pk=key).first()
        if document is None:
            raise Http404
        try:
            take_down_step_paper(document, actor=request.user, at=request.at)
        except StepRefusal as problem:
            messages.warning(request, refusal_words(problem))
        else:
            messages.success(request, f"取下了：{document.title}。谁取下的、什么时候，都留着。")


def _own(user: User, rung: Rung) -> StageRecord | None:
    """Return what the user did in the chain that stands; whoever did one act does no other."""
    return next((record for record in rung.run if record.by_id == user.pk), None)


def _may_act(request: OfficeRequest, compound: Compound, rung: Rung) -> bool:
    """Whether the next act of the chain is this person's to do now."""
    if rung.awaits is None or not rung.is_open or _own(request.user, rung):
        return False
    return can_confirm_step(request.user, rung.awaits, compound, request.today)


def _may_send_back(request: OfficeRequest, compound: Compound, rung: Rung) -> bool:
    """Whoever confirms next may send back instead."""
    return rung.is_handed_in and _may_act(request, compound, rung)


def _holders(compound: Compound, rung: Rung, on: date) -> str:
    """Return the names of those whose turn it is."""
    if rung.awaits is None:
        return ""
    held = Appointment.objects.active(on).covering(compound.area_code).filter(role=CHAIN_ROLES[rung.awaits])
    return "、".join(dict.fromkeys(a.user.name for a in held.select_related("user")))


# --- The chain ----------------------------------------------------------------------------------------------------


def _missing(today: date) -> Any:
    """Return what asks for a step's lacks in words, on a day; the operation asks under its lock."""

    def missing(compound: Compound, number: int) -> Sequence[str]:
        return [verdict.missing for verdict in judge_one(number, compound, today) if not verdict.is_met]

    return missing


@require_http_methods(FORM)
@by_password()
@in_scope
def step_confirmation(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """What confirming does and what is missing, on a page of its own; sent, it confirms, or sends back with a reason."""
    compound = find_compound(request, code)
    rung = _rung(compound, number, request.today)
    act = rung.awaits
    offices = [a for a in CHAIN_ROLES if can_confirm_step(request.user, a, compound, request.today)]
    require(bool(offices) and not rung.step.is_operation)
    sent = request.POST.get("act", "") if request.method == "POST" else ""
    need = bool(rung.missing)
    label = "明知还缺，仍往下走的原因" if need else "要说明的"
    before = rung.last.reason if rung.last and rung.is_handed_in else ""
    why = StepReasonForm(
        request.POST if sent == "confirm" else None, label=label, required=need, initial=before if need else "",
        help_text="原因和当时缺什么，一直留在这里，居民也看得到。不要写人名和门牌。" if need else "写了就留在记录里。",
    )  # fmt: skip
    back = StepReasonForm(
        request.POST if sent == "send_back" else None,
        label="退回的原因",
        help_text="社区照着改。例如：缺产权单位的章。",
    )
    problem = ""
    if sent == "confirm" and why.is_valid():
        problem = _confirm(request, compound, number, why.cleaned_data["reason"])
    elif sent == "send_back" and back.is_valid():
        problem = _send_back(request, compound, number, back.cleaned_data["reason"])
    if sent and not problem and not why.errors and not back.errors:
        return redirect("step", code=compound.code, number=number)
    if act is None or act not in offices:
        if not problem:
            return redirect("step", code=compound.code, number=number)
        messages.warning(request, problem)
        return redirect("step", code=compound.code, number=number)
    shown = {
        "rung": rung,
        "act": act,
        "button": BUTTONS[act],
        "why": why,
        "back": back,
        "problem": problem,
        "own": _own(request.user, rung),
        "before": step_numbered(number - 1) if not rung.is_open else None,
        "after": step_numbered(number + 1),
        "is_last": act == StageAct.CONFIRMED,
        "next_office": Role(list(CHAIN_ROLES.values())[list(CHAIN_ROLES).index(act) + 1]).label
        if act != StageAct.CONFIRMED
        else "",
    }
    return compound_page(request, "portal/office/step_confirmation.html", compound, "steps", shown)


def _seen(request: OfficeRequest) -> int:
    """Return which act of the step the sender saw last."""
    return next(iter(keys_sent([request.POST.get("seen", "")])), -1)


def _confirm(request: OfficeRequest, compound: Compound, number: int, reason: str) -> str:
    """Do the act that the page showed, if it is this person's; return what stands in the way, or nothing."""
    wanted = request.POST.get("step_act", "")
    if wanted not in CHAIN_ROLES:
        raise Http404
    act = StageAct(wanted)
    require(can_confirm_step(request.user, act, compound, request.today))
    try:
        confirm_step(compound, number, act, _seen(request), missing=_missing(request.today), actor=request.user,
                     at=request.at, reason=reason)  # fmt: skip
    except StepRefusal as problem:
        return refusal_words(problem)
    messages.success(request, f"第{number}步：{act.label}。")
    return ""


def _send_back(request: OfficeRequest, compound: Compound, number: int, reason: str) -> str:
    rung = _rung(compound, number, request.today)
    if rung.is_handed_in and rung.awaits:
        require(can_confirm_step(request.user, rung.awaits, compound, request.today))
    try:
        send_back_step(compound, number, _seen(request), reason, actor=request.user, at=request.at)
    except StepRefusal as problem:
        return refusal_words(problem)
    messages.success(request, f"第{number}步退回去了，等社区改。")
    return ""


@require_http_methods(FORM)
@by_password()
@in_scope
def step_reopening(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """What opening a confirmed step again does, on a page of its own; sent with a reason, it opens it."""
    compound = find_compound(request, code)
    require(can_reopen_step(request.user, compound, request.today))
    rung = _rung(compound, number, request.today)
    form = StepReasonForm(request.POST if request.method == "POST" else None, label="重新打开的原因",
                          help_text="原因留在记录里。例如：方案漏了两个楼。")  # fmt: skip
    if request.method == "POST" and form.is_valid() and not rung.step.is_operation:
        try:
            reopen_step(
                compound, number, _seen(request), form.cleaned_data["reason"], actor=request.user, at=request.at
            )
        except StepRefusal as problem:
            form.add_error(None, refusal_words(problem))
        else:
            messages.success(request, f"第{number}步重新打开了，要从社区录入员起重新确认。")
            return redirect("step", code=compound.code, number=number)
    if not rung.is_confirmed and not form.errors:
        return redirect("step", code=compound.code, number=number)
    return compound_page(request, "portal/office/step_reopening.html", compound, "steps", {"rung": rung, "form": form})


# --- The work plan ------------------------------------------------------------------------------------------------


@require_http_methods(FORM)
@in_scope
def work_plan(request: OfficeRequest, code: str) -> HttpResponse:
    """The work plan: each step's dates, who sees to it, what is overdue; steps without dates are filled by the usual lengths."""
    compound = find_compound(request, code)
    may_keep = can_keep_steps(request.user, compound, request.today)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if request.method == "POST":
        require(may_keep)
        if act not in ("plan", "propose"):
            raise Http404
    rungs = ladder(compound, request.today)
    if act == "propose":
        filled = plan_empty_steps(compound, proposed(rungs, compound, request.today), actor=request.user, at=request.at)
        messages.success(request, f"排好了{len(filled)}步的日期，可以再改。" if filled else "每一步都已经有日期。")
        return redirect("work_plan", code=compound.code)
    people = _people(compound, rungs, request.today)
    chosen = next(iter(keys_sent([request.POST.get("number", request.GET.get("step", ""))])), 0)
    form = None
    if may_keep and 1 <= chosen <= IN_OPERATION:
        rung = rungs[chosen - 1]
        form = _plan_form(request, rung, people, request.POST if act == "plan" else None)
        if act == "plan" and form.is_valid():
            done = _plan(request, compound, chosen, form, {str(key): user for key, user in people.items()})
            if done is not None:
                return done
            rungs = ladder(compound, request.today)
            form.show_version(rungs[chosen - 1].plan)
    elif act == "plan":
        raise Http404
    return compound_page(
        request,
        "portal/office/work_plan.html",
        compound,
        "plan",
        {
            "rungs": rungs,
            "form": form,
            "chosen": chosen,
            "may_keep": may_keep,
            "undated": any(
                not (r.plan and r.plan.ends_on) for r in rungs if not r.step.is_operation and not r.is_confirmed
            ),
        },
    )


def _people(compound: Compound, rungs: Sequence[Rung], on: date) -> dict[int, User]:
    """Return who can be named responsible: those with an office of the steps here, and who is named already."""
    held = Appointment.objects.active(on).covering(compound.area_code).filter(role__in=STEP_KEEPERS)
    found = {a.user_id: a.user for a in held.select_related("user").order_by("-area_code", "pk")}
    for rung in rungs:
        if rung.plan and rung.plan.responsible:
            found.setdefault(rung.plan.responsible.pk, rung.plan.responsible)
    return found


def _plan_form(request: OfficeRequest, rung: Rung, people: dict[int, User], data: Any) -> StepPlanForm:
    plan = rung.plan
    initial = {
        "version": plan.version if plan else 0,
        "starts_on": plan.starts_on if plan else None,
        "ends_on": plan.ends_on if plan else None,
        "responsible": plan.responsible_id if plan else "",
    }
    named = [(str(key), user.name) for key, user in people.items()]
    return StepPlanForm(data, people=named, today=request.today, initial=initial)


def _plan(
    request: OfficeRequest, compound: Compound, number: int, form: StepPlanForm, people: dict[str, User]
) -> HttpResponse | None:
    values = {
        "starts_on": form.cleaned_data["starts_on"],
        "ends_on": form.cleaned_data["ends_on"],
        "responsible": people.get(form.cleaned_data["responsible"]),
    }
    try:
        plan_step(compound, number, values, form.cleaned_data["version"] or 0, actor=request.user, at=request.at)
    except ChangedMeanwhile as problem:
        form.add_error(None, changed_meanwhile(problem))
        return None
    messages.success(request, f"第{number}步的计划存好了。")
    return redirect("work_plan", code=compound.code)
