"""Is this paper genuine: a code that was typed or scanned, or a file held against what was issued."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core.codes import read_code, show_code
from core.guesses import guessed_too_often, note_guess, too_many_guesses
from core.hashing import sha256_bytes
from core.middleware import client_address
from core.models import Document, DocumentFile
from fees.verdicts import Verdict, compare_file, verify_document
from portal.forms import CodeForm, FileForm
from portal.views.ballots import KINDS as BALLOT_KINDS
from portal.views.ballots import ballot_verdict
from portal.views.errors import too_many_requests
from portal.views.notices import notice_verdict
from portal.views.residents import place_of

SEARCH_LENGTH = 60
NOTICE = "notice"
# What the verdict says in one sentence; the page says more.
REASONS = {
    "genuine": "公布的账重新算过，没有改动。",
    "altered": "存着的账和张贴时不一样，请告诉社区居委会。",
    "identical": "这份文件和张贴的原件一字不差。",
    "same": "文件里的数据和公布的账一样，只是文件重新存过。",
    "different": "这份文件和公布的账有出入，请不要以它为准。",
    "unknown": "没有这份公示。",
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for a code (GET ?code= leads to its answer), or hold a file against what was issued (POST)."""
    code_form = CodeForm(request.GET if "code" in request.GET else None)
    file_form = FileForm()
    if request.method == "POST":
        file_form = FileForm(request.POST, request.FILES)
        if file_form.is_valid():
            content = file_form.cleaned_data["file"].read()
            kinds = [NOTICE, *BALLOT_KINDS]
            posted = DocumentFile.objects.filter(sha256=sha256_bytes(content), document__kind__in=kinds).first()
            if posted is not None:
                verdict = notice_verdict if posted.document.kind == NOTICE else ballot_verdict
                return verdict(request, posted.document, by_file=True, as_json=_wants_json(request))
            return _answer(request, compare_file(content), by_file=True)
    elif code_form.is_bound and code_form.is_valid():
        typed = code_form.cleaned_data["code"]
        code = read_code(typed)
        if code is None:
            return _unknown(request, typed)
        return redirect("verify_code", code=code)
    return render(
        request,
        "portal/public/verify.html",
        {"code_form": code_form, "file_form": file_form},
        status=400 if file_form.is_bound else 200,
    )


@never_cache
@require_safe
def verify_code(request: HttpRequest, code: str) -> HttpResponse:
    """Recompute what was issued under a code; unknown and mistyped codes get one answer, and too many of them none."""
    guesses = too_many_guesses(client_address(request), timezone.now())
    read = read_code(code)
    known = Document.objects.filter(kind__in=["ledger", NOTICE, *BALLOT_KINDS], code=read).select_related(
        "ledger__compound"
    )
    document = known.annotate(guessed=Exists(guesses)).first() if read else None
    if document is None:
        return _unknown(request, code)
    if document.guessed:
        return too_many_requests(request)
    if document.kind == NOTICE:
        return notice_verdict(request, document, as_json=_wants_json(request))
    if document.kind in BALLOT_KINDS:
        return ballot_verdict(request, document, as_json=_wants_json(request))
    return _answer(request, verify_document(document))


def _wants_json(request: HttpRequest) -> bool:
    if "format" in request.GET:
        return request.GET["format"] == "json"
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _as_json(code: str, verdict: Verdict) -> JsonResponse:
    document = verdict.document
    return JsonResponse(
        {
            "code": document.code if document else code,
            "kind": document.kind if document else None,
            "genuine": verdict.is_genuine,
            "reason": REASONS[verdict.outcome],
            "sha256": document.sha256 if document else None,
            "latest": verdict.is_latest,
        },
        json_dumps_params={"ensure_ascii": False},
    )


def _unknown(request: HttpRequest, typed: str) -> HttpResponse:
    address, at = client_address(request), timezone.now()
    if guessed_too_often(address, at):
        return too_many_requests(request)
    note_guess(address, at)
    verdict = Verdict("unknown")
    if _wants_json(request):
        return _as_json(typed[:SEARCH_LENGTH], verdict)  # the question was answered: it is not genuine
    context = {
        "verdict": verdict,
        "typed": show_code(typed[:SEARCH_LENGTH]) if typed.isalnum() else typed[:SEARCH_LENGTH],
    }
    return render(request, "portal/public/verdict.html", context, status=404)


def _answer(request: HttpRequest, verdict: Verdict, *, by_file: bool = False) -> HttpResponse:
    if _wants_json(request):
        return _as_json("", verdict)
    context: dict[str, Any] = {"verdict": verdict, "by_file": by_file, "at": timezone.now()}
    if verdict.document is not None:
        row = verdict.document.ledger
        context |= {"row": row, "ledger": verdict.ledger, **place_of(row.compound)}
    return render(request, "portal/public/verdict.html", context)
