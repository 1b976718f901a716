"""The roll of a ballot: as the register gives it, frozen when issuing begins, one entry given to a new owner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from ballots.choices import BallotState
from ballots.documents.printing import building_name
from ballots.documents.rolls import RollLine, differences, frozen_lines, lines_of
from ballots.forms.rolls import FreezingForm, ReasonForm
from ballots.models import Ballot, RollEntry
from ballots.operations.freezing import (
    announced_totals,
    first_freezing_day,
    freeze_roll,
    frozen_totals,
    open_objections,
    transfer_entry,
    verify_roll,
)
from ballots.operations.refusals import BallotRefusal
from ballots.operations.rolls import draft_roll
from ballots.permissions import can_run_ballots
from ballots.rules.rolls import NO_OWNER, NO_REPRESENTATIVE, NO_UNIT, NO_VOTE, SIDE_ROOM, Fault
from compounds.rules import door_order
from core.pages import page_of
from portal.views.office.ballots.door import ballot_page, find_ballot
from portal.views.office.door import FORM, OfficeRequest, by_password, in_scope, require
from portal.views.office.words_ballots import ballot_words

FAULTS_SHOWN = 30
FAULT_WORDS = {
    NO_OWNER: "没有登记产权人，先各算一票，名字空着",
    NO_UNIT: "未售公房没有登记产权单位，先各算一票",
    NO_VOTE: "几个人共有，没有选定谁代表表决，先写第一个人",
    NO_REPRESENTATIVE: "没有登记户代表，票上名字空着",
    SIDE_ROOM: "车库或地下室也勾了“参加表决”，请核对",
}


def _faults(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    """Group what the register does not settle, each kind with its first dwellings."""
    found = []
    for key, words in FAULT_WORDS.items():
        homes = [fault.home for fault in faults if fault.key == key]
        if homes:
            found.append({"words": words, "count": len(homes), "homes": homes[:FAULTS_SHOWN],
                          "left": max(0, len(homes) - FAULTS_SHOWN)})  # fmt: skip
    return found


def _buildings(lines: Sequence[RollLine]) -> list[tuple[str, str, int]]:
    """Return label, name and votes of each building; units and representatives have none."""
    counted = Counter(line.building for line in lines)
    return [(label, building_name(label), counted[label]) for label in sorted(counted, key=door_order)]


@require_safe
@in_scope
def ballot_roll(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The roll by building, names masked: found by room, name or number; its totals beside those that hang."""
    found = find_ballot(request, code, number)
    frozen = bool(found.roll_sha256)
    faults: Sequence[Fault] = ()
    if frozen:
        lines, totals = frozen_lines(found), frozen_totals(found)
    else:
        draft = draft_roll(found)
        lines, totals, faults = lines_of(draft.voters), draft.totals, draft.faults
    text, building = request.GET.get("q", "").strip()[:60], request.GET.get("building")
    shown = lines
    if text:
        shown = [line for line in lines if line.holds(text)]
    elif building is not None:
        shown = [line for line in lines if line.building == building]
    context = {
        "page": page_of(shown, request),
        "totals": totals,
        "said": announced_totals(found),
        "differences": differences(announced_totals(found), totals),
        "faults": _faults(faults),
        "buildings": _buildings(lines),
        "building": None if text else building,
        "query": text,
        "frozen": frozen,
        "whole": not frozen or verify_roll(found),
        "may_run": can_run_ballots(request.user, found.compound, request.today),
        "is_issuing": found.state == BallotState.ISSUING,
    }
    return ballot_page(request, "portal/office/ballot_roll.html", found, context)


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_freezing(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Freeze the roll and begin issuing, on a page that says what can no longer be changed then."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    if found.state != BallotState.ANNOUNCED:
        return redirect("ballot_roll", code=code, number=number)
    form = FreezingForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            freeze_roll(found, **form.cleaned_data, on=request.today, actor=request.user, at=request.at)
        except BallotRefusal as problem:
            form.add_error("reason" if not form.cleaned_data["reason"] else None, ballot_words(problem))
        else:
            messages.success(request, "名册锁定了，现在可以印票、发票。")
            return redirect("ballot_papers", code=code, number=number)
    draft, said = draft_roll(found), announced_totals(found)
    first = first_freezing_day(found)
    shown = {
        "form": form,
        "totals": draft.totals,
        "said": said,
        "differences": differences(said, draft.totals),
        "faults": len(draft.faults),
        "unanswered": open_objections(found),
        "first_on": first if first and request.today < first else None,
    }
    return ballot_page(request, "portal/office/ballot_freezing.html", found, shown)


def entry_of(ballot: Ballot, position: int) -> RollEntry:
    """Return an entry of a frozen roll by its number, or answer 404."""
    entry = RollEntry.objects.filter(ballot=ballot, number=position).select_related("person").first()
    if entry is None:
        raise Http404
    entry.ballot = ballot
    return entry


@require_http_methods(FORM)
@in_scope
def ballot_transfer(request: OfficeRequest, code: str, number: int, position: int) -> HttpResponse:
    """Give an entry to whom the register names now, as a dwelling changed hands after the freezing."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    entry = entry_of(found, position)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        change = partial(transfer_entry, entry, actor=request.user, at=request.at)
        try:
            change(reason=form.cleaned_data["reason"])
        except BallotRefusal as problem:
            form.add_error(None, ballot_words(problem))
        else:
            messages.success(request, f"第{entry.number}号换人了。票还没发出去的，请重印一张。")
            return redirect("ballot_roll", code=code, number=number)
    shown = {"form": form, "entry": entry, "transfers": entry.transfers.select_related("by")}
    return ballot_page(request, "portal/office/ballot_transfer.html", found, shown)
