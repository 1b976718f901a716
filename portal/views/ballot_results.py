"""A ballot's result as residents read it, and its files; how anyone voted, never."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from ballots.choices import BallotState, Move
from ballots.documents.results import read_result
from ballots.models import Ballot, Result
from core.operations import read_bytes
from portal.views.notices import stored_file
from portal.views.residents import place_of

FORMATS = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "json": "application/json; charset=utf-8"}


def chosen_result(request: HttpRequest, ballot: Ballot) -> Result | None:
    """Return the result that ?count= asks for, else the newest; None where none was certified.

    :raises Http404: for a count that there is not.
    """
    rows = list(Result.objects.filter(ballot=ballot).select_related("document").prefetch_related("document__files"))
    if not rows:
        return None
    asked = request.GET.get("count")
    found = next((row for row in reversed(rows) if asked in (None, str(row.count))), None)
    if found is None:
        raise Http404
    found.ballot = ballot
    found.newest = rows[-1].count  # type: ignore[attr-defined]
    return found


def result_page(request: HttpRequest, ballot: Ballot, row: Result) -> HttpResponse:
    """Show a certified result: the answer, then what it rests on, then the files."""
    moves = {move.kind: move for move in ballot.moves.order_by("seq").select_related("paper")}
    fell = moves.get(Move.ANNULLED) or moves.get(Move.SET_ASIDE)
    context = {
        "compound": ballot.compound,
        "ballot": ballot,
        "row": row,
        "newest": row.newest,  # type: ignore[attr-defined]
        "result": read_result(row.document.data, settings.PUBLIC_URL),
        "files": [(name, name.upper()) for name in FORMATS],
        "fell": fell,
        "final": moves.get(Move.FINAL),
        "again": ballot.state == BallotState.COUNTING,
        "recount": moves.get(Move.RECOUNT),
        "today": timezone.localdate(),
    }
    return render(request, "portal/public/ballot_result.html", context | place_of(ballot.compound))


def result_file(request: HttpRequest, row: Result, format: str) -> HttpResponse:
    """Hand out a file of a result, byte for byte as it was certified."""
    stored = next((file for file in row.document.files.all() if file.format == format), None)
    if stored is None or format not in FORMATS:
        raise Http404
    plain = f"ballot-{row.ballot.compound.code}-{row.ballot.number}-{row.count}.{format}"
    place = "attachment" if format == "csv" else "inline"
    return stored_file(
        request,
        read_bytes(stored.sha256),
        FORMATS[format],
        plain,
        f"{row.document.title}.{format}",
        stored.sha256,
        place,
    )
