"""An issued ledger in the office: where it hangs, photographs that prove it, and what to paste into a WeChat group."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from compounds.models import Compound
from core.models import DocumentFile
from fees.documents import hanging_of, read_ledger
from fees.forms import ProofForm
from fees.models import Ledger, PostingProof
from fees.operations import ProofTooEarly, Refusal, prove_posting
from fees.permissions import can_prove
from fees.rules import HANGING_DAYS, PLACES_NEEDED
from portal.views.office.door import FORM, OfficeRequest, compound_page, find_compound, in_scope, require
from portal.views.office.words import sentence_of


def _ledger(request: OfficeRequest, compound: Compound, period: str) -> Ledger:
    """Return the period's newest version, or the one that ?version= asks for.

    :raises Http404: when there is none.
    """
    found = Ledger.objects.of(compound).select_related("compound", "document").filter(code=period)
    asked = request.GET.get("version", "")
    if asked:
        found = (
            found.filter(version=int(asked))
            if asked.isascii() and asked.isdecimal() and len(asked) < 4
            else found.none()
        )
    ledger = found.order_by("-version").first()
    if ledger is None:
        raise Http404
    return ledger


@require_http_methods(FORM)
@in_scope
def office_ledger(request: OfficeRequest, code: str, period: str) -> HttpResponse:
    """One issued ledger: its files, where it hangs on paper, a form for photographs, a text for WeChat."""
    compound = find_compound(request, code)
    ledger = _ledger(request, compound, period.replace("\x00", ""))
    may_prove = can_prove(request.user, compound, request.today)
    if request.method == "POST":
        require(may_prove)
    places = PostingProof.objects.usual_places(compound)
    hanging = hanging_of(ledger, PostingProof.objects.of(ledger))
    taken = [place.name for place in hanging.places]
    form = ProofForm(
        request.POST or None, request.FILES or None, key=str(ledger.pk), first_on=ledger.posted_on,
        too_early=sentence_of(ProofTooEarly(ledger.posted_on)), places=places, taken=taken, today=request.today,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        done = _prove(request, ledger, form)
        if done is not None:
            return done
    address = settings.PUBLIC_URL + reverse("ledger", args=[compound.code, ledger.code])
    return compound_page(
        request,
        "portal/office/ledger.html",
        compound,
        "ledgers",
        {
            "ledger": ledger,
            "shown": read_ledger(ledger.document.data),
            "files": DocumentFile.objects.filter(document=ledger.document, format="pdf"),
            "hanging": hanging,
            "form": form,
            "may_prove": may_prove,
            "address": address,
            "needed": PLACES_NEEDED,
            "days": HANGING_DAYS,
        },
    )


def _prove(request: OfficeRequest, ledger: Ledger, form: ProofForm) -> HttpResponse | None:
    """Keep the photographs and lead back, or put the reason why not into the form."""
    where = form.cleaned_data["where"]
    try:
        made = prove_posting(ledger, where, form.cleaned_data["on"], form.kept, actor=request.user, at=request.at)
    except Refusal as problem:
        form.add_error(None, sentence_of(problem))
        return None
    missing = hanging_of(ledger, PostingProof.objects.of(ledger)).missing
    rest = f"还差{missing}处。" if missing else f"已经贴满{PLACES_NEEDED}处。"
    stored = f"存好了：{where}，照片{len(made)}张。" if made else f"这些照片早先已经存好：{where}。"
    messages.success(request, stored + rest)
    version = f"?version={ledger.version}" if "version" in request.GET else ""
    return redirect(reverse("office_ledger", args=[ledger.compound.code, ledger.code]) + version)
