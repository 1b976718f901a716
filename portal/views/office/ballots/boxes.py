"""A secret ballot's boxes: opened and counted, void where they hold too many sheets, laid in bundles; slips to print."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from ballots.choices import BallotState
from ballots.documents.boxes import box_of
from ballots.forms.boxes import BoxForm, BundlesForm
from ballots.models import Ballot, Bundle, PaperEntry
from ballots.operations.boxes import bundle_sizes, lay_bundles, open_box, void_election
from ballots.operations.refusals import BallotRefusal
from ballots.permissions import can_run_ballots
from core import pdf
from portal.views.office.ballots.door import ballot_page, find_ballot
from portal.views.office.door import FORM, OfficeRequest, by_password, in_scope, require
from portal.views.office.reconciling import pdf_response
from portal.views.office.words_ballots import ballot_words


def _secret_ballot(request: OfficeRequest, code: str, number: int) -> Ballot:
    """Return a secret ballot whose boxes may be opened, or were."""
    found = find_ballot(request, code, number)
    require(can_run_ballots(request.user, found.compound, request.today))
    if not found.secret or not found.roll_sha256:
        raise Http404
    return found


def _bundles(ballot: Ballot) -> list[Bundle]:
    return list(ballot.bundles.order_by("number").annotate(lying=Count("sheets")))


@require_http_methods(FORM)
@in_scope
def ballot_box(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """What lay in the boxes, then the bundles: each typed on a form of its own."""
    found = _secret_ballot(request, code, number)
    opening = found.openings.select_related("by").last()
    act = request.POST.get("act", "") if request.method == "POST" else ""
    kept = (
        {"boxes": opening.boxes, "sheets": opening.sheets, "witnesses": opening.witnesses, "note": opening.note}
        if opening
        else None
    )
    box_form = BoxForm(request.POST if act == "open" else None, initial=kept)
    sizes = "、".join(map(str, bundle_sizes(opening.sheets))) if opening else ""
    bundles_form = BundlesForm(request.POST if act == "bundles" else None, initial={"counts": sizes})
    if act and _done(request, found, box_form if act == "open" else bundles_form):
        return redirect("ballot_box", code=code, number=number)
    box = box_of(found, [])
    shown = {
        "box": box,
        "excess": (box.found or 0) - box.issued,
        "less": box.issued - (box.found or 0),
        "opening": opening,
        "bundles": _bundles(found),
        "box_form": box_form,
        "bundles_form": bundles_form,
        "is_counting": found.state == BallotState.COUNTING,
        "is_fixed": PaperEntry.objects.filter(sheet__ballot=found).exists(),
    }
    return ballot_page(request, "portal/office/ballot_box.html", found, shown)


def _done(request: OfficeRequest, ballot: Ballot, form: BoxForm | BundlesForm) -> bool:
    """Do what a form says; with what is wrong on it where it is refused."""
    if not form.is_valid():
        return False
    said = form.cleaned_data
    try:
        if isinstance(form, BoxForm):
            open_box(
                ballot,
                said["boxes"],
                said["sheets"],
                said["witnesses"],
                said["note"],
                actor=request.user,
                at=request.at,
            )
            messages.success(request, f"记下了，箱里{said['sheets']}张。")
        else:
            made = lay_bundles(ballot, said["counts"], actor=request.user, at=request.at)
            messages.success(request, f"分成{len(made)}捆，可以录票了。")
    except BallotRefusal as problem:
        form.add_error(None, ballot_words(problem))
        return False
    return True


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def ballot_box_void(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """Declare the whole void, on a page that says why and that it cannot be taken back."""
    found = _secret_ballot(request, code, number)
    box = box_of(found, [])
    if not box.is_too_full:
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            void_election(found, actor=request.user, at=request.at)
        except BallotRefusal as refused:
            problem = ballot_words(refused)
        else:
            messages.success(request, "这次投票已记为无效，原因居民看得到。")
            return redirect("ballot", code=code, number=number)
    return ballot_page(request, "portal/office/ballot_box_void.html", found, {"box": box, "problem": problem})


@require_safe
@in_scope
def ballot_box_slip(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The record of the opening to be filled in by hand and signed, with what is known by now."""
    found = _secret_ballot(request, code, number)
    shown = {"ballot": found, "box": box_of(found, []), "opening": found.openings.last(), "bundles": _bundles(found)}
    made = pdf.render(render_to_string("ballots/box_print.html", shown))
    return pdf_response(made, f"{found.compound.name}第{number}次表决开箱记录.pdf")


@require_safe
@in_scope
def ballot_covers(request: OfficeRequest, code: str, number: int) -> HttpResponse:
    """The cover slips of all bundles, a page each."""
    found = _secret_ballot(request, code, number)
    bundles = _bundles(found)
    if not bundles:
        raise Http404
    covers = [(bundle, settings.PUBLIC_URL + _opens(found, bundle)) for bundle in bundles]
    html = render_to_string("ballots/covers_print.html", {"ballot": found, "covers": covers, "today": request.today})
    return pdf_response(pdf.render(html), f"{found.compound.name}第{number}次表决各捆封面.pdf")


def _opens(ballot: Ballot, bundle: Bundle) -> str:
    return reverse("ballot_bundle", args=[ballot.compound.code, ballot.number, bundle.number])
