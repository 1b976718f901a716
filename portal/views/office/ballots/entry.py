"""Entering papers: the bundles, a sheet after the other from the keyboard, the end of a bundle, one's own pace."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ballots.choices import VoterKind
from ballots.documents.entering import (
    Pile,
    PileSheet,
    bundles_of,
    pace_of,
    pile_of,
    printed_of,
    progress_of,
)
from ballots.forms.entering import CoverForm, PaperForm
from ballots.models import Ballot, Sheet
from ballots.operations.entering import close_bundle, enter_paper
from ballots.operations.refusals import BallotRefusal
from ballots.rules.entries import overvotes
from core import pdf
from core.masking import mask_name
from portal.views.office.ballots.entry_door import entry_ballot, entry_page, entry_sheet, is_counting
from portal.views.office.ballots.finding import NotFound, find_sheet
from portal.views.office.door import FORM, OfficeRequest, logged_in, version_sent
from portal.views.office.reconciling import pdf_response
from portal.views.office.words_entering import ROUNDS, entering_words

LATEST = 9  # sheets shown beside the one in hand


def _paper_url(ballot: Ballot, bundle: int, position: int) -> str:
    return reverse("ballot_paper_entry", args=[ballot.compound.code, ballot.number, bundle, position])


@require_safe
@logged_in
def ballot_entry(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The bundles, which of them are mine to enter; a box to scan or type a serial."""
    return _bundles(request, entry_ballot(request, code, number), request.GET.get("q", ""))


def _bundles(request: OfficeRequest, ballot: Ballot, typed: str) -> HttpResponse:
    """Answer with the bundles, or where something was typed lead to the sheet that is meant."""
    typed, problem = typed.replace("\x00", "").strip()[:200], ""
    if typed:
        try:
            sheet = find_sheet(ballot, typed)
        except NotFound as refused:
            problem = str(refused)
        else:
            return redirect(_paper_url(ballot, sheet.bundle.number, sheet.position))
    turns = bundles_of(ballot, request.user)
    shown = {
        "turns": turns,
        "mine": sum(turn.is_open for turn in turns),
        "progress": progress_of(ballot),
        "is_counting": is_counting(ballot),
        "typed": typed,
        "problem": problem,
    }
    return entry_page(request, "portal/office/ballot_entry.html", ballot, shown)


# --- A sheet ------------------------------------------------------------------------------------------------------


@require_http_methods(FORM)
@logged_in
def ballot_paper_entry(request: OfficeRequest, code: str, number: int, bundle: int, position: int) -> HttpResponse:
    """One sheet from the keyboard; saving answers with the next one, so that a paper is one request."""
    sheet = entry_sheet(request, code, number, bundle, position)
    request.running = 0  # nothing beside the paper in hand
    if request.method != "POST":
        pile = pile_of(sheet.ballot, bundle, request.user)
        return _sheet_page(request, sheet.ballot, pile, position, _form(request, sheet.ballot, pile, position))
    return _save(request, sheet, bundle)


def _form(request: OfficeRequest, ballot: Ballot, pile: Pile, position: int, data: Any = None) -> PaperForm:
    """Return the form of a sheet: filled as sent, or as this person entered it before."""
    lying = pile.at(position)
    if lying is None:
        raise Http404
    said = lying.said
    initial: dict[str, Any] = {"began": int(request.at.timestamp()), "sealed": bool(lying.mine)}
    if said is not None:
        initial |= {"void": said.void, "doubtful": said.doubtful, "note": lying.note}
        initial["remarks"] = (lying.remarks or "").split(",")
    unit = lying.kind == VoterKind.UNIT
    return PaperForm(data, printed=printed_of(ballot), before=said, unit=unit, initial=initial)


def _save(request: OfficeRequest, sheet: Sheet, bundle: int) -> HttpResponse:
    """Save what was sent and answer with the next sheet, the one that was scanned, or the bundle's end."""
    ballot, position = sheet.ballot, sheet.position
    if not is_counting(ballot):
        form = _form(request, ballot, pile_of(ballot, bundle, request.user), position, request.POST)
        return _refused(request, sheet, form, "计票已经结束，不能再录，也不能再改。")
    unit = sheet.voter_kind == VoterKind.UNIT  # type: ignore[attr-defined]
    form = PaperForm(request.POST, printed=printed_of(ballot), unit=unit)
    if not form.is_valid():
        return _refused(request, sheet, form)
    beside = form.beside(int(request.at.timestamp()))
    try:
        enter_paper(ballot, sheet, form.said, actor=request.user, at=request.at, version=version_sent(request),
                    beside=beside)  # fmt: skip
    except BallotRefusal as problem:
        return _refused(request, sheet, form, entering_words(problem))
    for question, marked, allowed in overvotes([p.asked for p in form.printed], form.said):
        messages.info(request, f"上一张第{question}题选了{marked}项，最多选{allowed}项：按选多了记为本题无效。")
    return _next(request, ballot, bundle, position, form)


def _next(request: OfficeRequest, ballot: Ballot, bundle: int, position: int, form: PaperForm) -> HttpResponse:
    scanned = request.POST.get("next", "").replace("\x00", "").strip()[:200]
    if scanned:
        return _bundles(request, ballot, scanned)
    pile = pile_of(ballot, bundle, request.user)
    after = pile.after(position)
    if after is None:
        return _end_page(request, ballot, pile)
    lying = pile.at(after)
    unit = lying is not None and lying.kind == VoterKind.UNIT
    fresh = PaperForm(printed=form.printed, unit=unit, initial={"began": int(request.at.timestamp())})
    return _sheet_page(request, ballot, pile, after, fresh)


def _refused(request: OfficeRequest, sheet: Sheet, form: PaperForm, words: str = "") -> HttpResponse:
    """Show the same sheet with what was typed and what is wrong; where it was corrected elsewhere, with that version."""
    if words:
        form.is_valid()
        form.add_error(None, words)
    pile = pile_of(sheet.ballot, sheet.bundle.number, request.user)
    return _sheet_page(request, sheet.ballot, pile, sheet.position, form)


def _sheet_page(request: OfficeRequest, ballot: Ballot, pile: Pile, position: int, form: PaperForm) -> HttpResponse:
    lying = pile.at(position)
    if lying is None:
        raise Http404
    after = pile.after(position)
    shown = {
        "pile": pile,
        "sheet": lying,
        "voter": mask_name(lying.name or ""),
        "round_words": ROUNDS.get(lying.next_round, ""),
        "over": lying.mine is None and lying.taken >= pile.rounds,
        "form": form,
        "latest": [(each, _word_of(each, form)) for each in pile.latest if each.position != position][:LATEST],
        "is_counting": is_counting(ballot),
        "address": _paper_url(ballot, pile.number, position),
        "aside": _paper_url(ballot, pile.number, after) if after else "",
    }
    return entry_page(request, "portal/office/ballot_paper_entry.html", ballot, shown, plain=True)


def _word_of(sheet: PileSheet, form: PaperForm) -> str:
    """Say how one's own sheet was entered, in a word or two."""
    said = sheet.said
    if said is None or said.void:
        return "整票无效"
    if said.doubtful:
        return "存疑"
    blank = sum(printed.is_blank(said) for printed in form.printed)
    return f"未填{blank}题" if blank else "录完"


# --- A bundle -----------------------------------------------------------------------------------------------------


@require_http_methods(FORM)
@logged_in
def ballot_bundle(request: OfficeRequest, code: str, number: int, bundle: int) -> HttpResponse:
    """The end of a bundle: its count and its first and last serial, to compare with the cover slip."""
    ballot = entry_ballot(request, code, number)
    pile = pile_of(ballot, bundle, request.user)
    found = ballot.bundles.filter(number=bundle).first()
    if found is None:
        raise Http404
    form = CoverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            close_bundle(ballot, found, form.cleaned_data["counted"], actor=request.user, at=request.at)
        except BallotRefusal as problem:
            form.add_error("counted", entering_words(problem))
        else:
            messages.success(request, f"第{bundle}捆和封面对上了，{pile.total}张。")
            return redirect("ballot_entry", code=code, number=number)
    return _end_page(request, ballot, pile, form)


def _end_page(request: OfficeRequest, ballot: Ballot, pile: Pile, form: CoverForm | None = None) -> HttpResponse:
    shown = {
        "pile": pile,
        "first": pile.sheets[0] if pile.sheets else None,
        "last": pile.sheets[-1] if pile.sheets else None,
        "entered": len(pile.latest),
        "form": form or CoverForm(),
        "is_counting": is_counting(ballot),
        "go_on": _paper_url(ballot, pile.number, pile.left[0]) if pile.left else "",
    }
    return entry_page(request, "portal/office/ballot_bundle.html", ballot, shown)


@require_safe
@logged_in
def ballot_cover_slip(request: OfficeRequest, code: str, number: int, bundle: int) -> HttpResponse:
    """The cover slip of a bundle to print and lay upon it: what lies in it, a QR code that opens it."""
    ballot = entry_ballot(request, code, number)
    pile = pile_of(ballot, bundle, request.user)
    if not pile.sheets:
        raise Http404
    opens = reverse("ballot_bundle", args=[code, number, bundle])
    html = render_to_string(
        "ballots/cover_slip_print.html",
        {"compound": ballot.compound, "ballot": ballot, "pile": pile, "first": pile.sheets[0], "last": pile.sheets[-1],
         "address": f"{settings.PUBLIC_URL}{opens}", "today": request.today},
    )  # fmt: skip
    return pdf_response(pdf.render(html), f"{ballot.compound.name}第{number}次表决第{bundle}捆封面.pdf")


@require_safe
@logged_in
def ballot_pace(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """How I work, for me alone: papers, seconds a paper, how many were settled otherwise than I read them."""
    ballot = entry_ballot(request, code, number)
    return entry_page(request, "portal/office/ballot_pace.html", ballot, {"pace": pace_of(ballot, request.user)})
