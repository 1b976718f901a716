"""Ballots as residents read them: what is announced, how it counts, until when; and whether a paper is genuine."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from ballots.choices import Move
from ballots.documents.notices import EXTENSION, NOTICE, read_extension, read_notice
from ballots.documents.outcomes import FALLS
from ballots.documents.results import KIND as RESULT
from ballots.documents.results import read_result
from ballots.models import Ballot, BallotMove, BallotQuerySet
from ballots.verdicts import is_genuine, result_holds
from compounds.models import Compound
from core.models import Document
from core.operations import read_bytes
from core.papers import PAPER_POLICY, small_picture
from portal.views.ballot_results import chosen_result, result_file, result_page
from portal.views.notices import ProvedPlace, by_place, stored_file
from portal.views.residents import place_of, public_page

GENUINE = "公告和张贴时一样，没有改动。"
ALTERED = "存着的公告和张贴时不一样，请告诉社区居委会。"
# What the verify page answers for.
KINDS = (NOTICE, EXTENSION, RESULT)


def proved_places(move: BallotMove) -> list[ProvedPlace]:
    """Return where photographs show a move's paper; the move brings its ``proofs`` with their attachments."""
    return by_place(move.proofs.all())


def announced_ballots(compound: Compound) -> BallotQuerySet:
    """Return a compound's ballots that were ever announced, the newest first, with how many papers are back."""
    return Ballot.objects.filter(compound=compound).public().with_turnout().select_related("rule")


def public_ballot(code: str, number: int) -> Ballot:
    """Return a compound's announced ballot by its number, or answer 404."""
    compound = get_object_or_404(Compound, code=code)
    found = announced_ballots(compound).filter(number=number).first()
    if found is None:
        raise Http404
    found.compound = compound
    return found


def _notice_of(ballot: Ballot) -> Document:
    move = ballot.moves.filter(kind=Move.ANNOUNCED).select_related("document").first()
    if move is None or move.document is None:
        raise Http404
    return move.document


@public_page
def compound_ballots(request: HttpRequest, code: str) -> HttpResponse:
    """List a compound's ballots."""
    found = get_object_or_404(Compound, code=code)
    shown = {"compound": found, "ballots": announced_ballots(found), "today": timezone.localdate()}
    return render(request, "portal/public/ballots.html", shown | place_of(found))


@public_page
def compound_ballot(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show the certified result; before it, or with ?notice=, what was announced and what happened since."""
    found = public_ballot(code, number)
    result = None if "notice" in request.GET else chosen_result(request, found)
    if result is not None:
        return result_page(request, found, result)
    moves = list(found.moves.order_by("seq").select_related("document").prefetch_related("proofs__attachment"))
    first = next(move for move in moves if move.kind == Move.ANNOUNCED)
    assert first.document is not None
    context = {
        "compound": found.compound,
        "ballot": found,
        "paper": read_notice(first.document),
        "document": first.document,
        "sheet": first.document.files.get(format="pdf"),
        "places": proved_places(first),
        "later": [move for move in moves if move.kind in (Move.EXTENDED, Move.CANCELLED)],
        "today": timezone.localdate(),
        "verify_url": settings.PUBLIC_URL + reverse("verify_code", args=[first.document.code]),
    }
    return render(request, "portal/public/ballot.html", context | place_of(found.compound))


def posted_pdf(request: HttpRequest, ballot: Ballot, document: Document) -> HttpResponse:
    """Answer with a document's stored PDF."""
    stored = document.files.get(format="pdf")
    name = f"ballot-{ballot.compound.code}-{ballot.number}-{document.code}.pdf"
    return stored_file(
        request, read_bytes(stored.sha256), "application/pdf", name, f"{document.title}.pdf", stored.sha256
    )


@public_page
def compound_ballot_file(request: HttpRequest, code: str, number: int, format: str) -> HttpResponse:
    """Hand out the result, else the notice (?notice=), byte for byte: its PDF, or the data that its hash is of."""
    found = public_ballot(code, number)
    result = None if "notice" in request.GET else chosen_result(request, found)
    if result is not None:
        return result_file(request, result, format)
    document = _notice_of(found)
    if format == "pdf":
        return posted_pdf(request, found, document)
    if format != "json":
        raise Http404
    plain, title = f"ballot-{found.compound.code}-{number}.json", f"{document.title}.json"
    return stored_file(request, document.data.encode(), "application/json", plain, title, document.sha256)


@public_page
def compound_ballot_enclosure(request: HttpRequest, code: str, number: int, file: int) -> HttpResponse:
    """Hand out a file that hangs with the notice: photographs small enough for a phone, a PDF to be stored."""
    found = public_ballot(code, number)
    files = read_notice(_notice_of(found)).files
    if not 0 < file <= len(files):
        raise Http404
    kept = files[file - 1]
    content, ending, place, etag = read_bytes(kept.sha256), "pdf", "attachment", kept.sha256
    if kept.is_picture:
        content, ending, place, etag = small_picture(content), "jpg", "inline", f"{kept.sha256}-small"
    plain = f"ballot-{found.compound.code}-{number}-{file}.{ending}"
    response = stored_file(request, content, kept.content_type, plain, f"{kept.title}.{ending}", etag, place)
    response["Content-Security-Policy"] = PAPER_POLICY
    return response


def ballot_verdict(request: HttpRequest, document: Document, *, by_file: bool = False, as_json: bool) -> HttpResponse:
    """Say whether a posted notice of a ballot is still what was posted, and show what its paper must say."""
    genuine = is_genuine(document) and (document.kind != RESULT or result_holds(document))
    ballot = document.ballot_move.ballot
    newer = ballot.results.filter(count__gt=document.version).last() if document.kind == RESULT else None
    if as_json:
        said = {
            "code": document.code, "kind": document.kind, "genuine": genuine, "reason": GENUINE if genuine else ALTERED,
            "sha256": document.sha256, "latest": newer is None,
        }  # fmt: skip
        return JsonResponse(said, json_dumps_params={"ensure_ascii": False})
    if document.kind == RESULT:
        paper: object = read_result(document.data)
    else:
        paper = read_notice(document) if document.kind == NOTICE else read_extension(document)
    context = {
        "document": document,
        "ballot": ballot,
        "paper": paper,
        "genuine": genuine,
        "by_file": by_file,
        "newer": newer,
        "fell": ballot.moves.filter(kind__in=FALLS).last() if document.kind == RESULT else None,
        "at": timezone.now(),
        "today": timezone.localdate(),
    }
    return render(request, "portal/public/ballot_verdict.html", context | place_of(ballot.compound))
