"""Notices as residents read them: what hangs, what hung, its files, and whether a paper is genuine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response

from ballots.models import BallotProof
from compounds.documents.notices import PICTURE
from compounds.models import Compound, Notice, NoticeProof, NoticeQuerySet
from compounds.verdicts import is_genuine
from core.models import Attachment, Document
from core.operations import read_bytes
from core.pages import page_of
from core.papers import PAPER_POLICY, small_picture
from portal.views.residents import place_of, public_page

GENUINE = "公告和张贴时一样，没有改动。"
ALTERED = "存着的公告和张贴时不一样，请告诉社区居委会。"


def posted_notices(compound: Compound) -> NoticeQuerySet:
    """Return a compound's notices whose first day has come, the newest first."""
    shown = Notice.objects.filter(compound=compound, from_on__lte=timezone.localdate())
    return shown.select_related("document", "withdrawal")


@dataclass(frozen=True)
class ProvedPlace:
    """Where a notice hangs, since when, and the photographs that show it."""

    name: str
    on: date
    photographs: tuple[Attachment, ...]


def proved_places(notice: Notice) -> list[ProvedPlace]:
    """Return where photographs show a notice, in the order in which it was hung."""
    return by_place(notice.proofs.select_related("attachment"))


def by_place(proofs: Iterable[NoticeProof | BallotProof]) -> list[ProvedPlace]:
    """Return photographs by the place that they show, in the order in which the paper was hung."""
    found: dict[str, list[NoticeProof | BallotProof]] = {}
    for proof in sorted(proofs, key=lambda proof: (proof.on, proof.pk)):
        found.setdefault(proof.place, []).append(proof)
    return [ProvedPlace(name, rows[0].on, tuple(row.attachment for row in rows)) for name, rows in found.items()]


def _notice(compound: Compound, code: str) -> Notice:
    notice = posted_notices(compound).filter(document__code=code.upper()).first()
    if notice is None:
        raise Http404
    notice.compound = compound
    return notice


@public_page
def notices(request: HttpRequest, code: str) -> HttpResponse:
    """List a compound's notices: what hangs, then what hung before."""
    found = get_object_or_404(Compound, code=code)
    today = timezone.localdate()
    hanging = posted_notices(found).hanging(today)
    before = posted_notices(found).exclude(pk__in=hanging.values("pk"))
    shown = {"compound": found, "hanging": hanging, "page": page_of(before, request), "today": today}
    return render(request, "portal/public/notices.html", shown | place_of(found))


@public_page
def notice(request: HttpRequest, code: str, notice: str) -> HttpResponse:
    """Show a notice with its photographs and files; one that hangs no more says so."""
    compound = get_object_or_404(Compound, code=code)
    found = _notice(compound, notice)
    today = timezone.localdate()
    context = {
        "compound": compound,
        "notice": found,
        "files": list(enumerate(found.files.select_related("attachment"), start=1)),
        "places": proved_places(found),
        "sheet": found.document.files.get(format="pdf"),
        "is_over": found.until_on is not None and found.until_on < today,
        "today": today,
        "picture": PICTURE,
        "verify_url": settings.PUBLIC_URL + reverse("verify_code", args=[found.document.code]),
    }
    return render(request, "portal/public/notice.html", context | place_of(compound))


def stored_file(
    request: HttpRequest, content: bytes, kind: str, plain: str, chinese: str, etag: str, place: str = "inline"
) -> HttpResponse:
    """Answer with stored bytes, named in ASCII and in Chinese, with their hash as ETag."""
    response = HttpResponse(content, content_type=kind)
    name = quote(chinese, safe="")
    response["Content-Disposition"] = f"{place}; filename=\"{plain}\"; filename*=UTF-8''{name}"
    response["ETag"] = f'"{etag}"'
    response["X-Content-Type-Options"] = "nosniff"
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


@public_page
def notice_pdf(request: HttpRequest, code: str, notice: str) -> HttpResponse:
    """Hand out a notice's paper, byte for byte as it was posted."""
    return paper_of(request, _notice(get_object_or_404(Compound, code=code), notice))


def paper_of(request: HttpRequest, notice: Notice) -> HttpResponse:
    """Answer with the stored PDF of a notice."""
    document = notice.document
    stored = document.files.get(format="pdf")
    plain, title = f"notice-{notice.compound.code}-{document.code}.pdf", f"{document.title}.pdf"
    return stored_file(request, read_bytes(stored.sha256), "application/pdf", plain, title, stored.sha256)


@public_page
def notice_file(request: HttpRequest, code: str, notice: str, number: int) -> HttpResponse:
    """Hand out a file that hangs with a notice: photographs small enough for a phone, a PDF to be stored."""
    found = _notice(get_object_or_404(Compound, code=code), notice)
    files = list(found.files.select_related("attachment"))
    if not 0 < number <= len(files):
        raise Http404
    row = files[number - 1]
    kept = row.attachment
    content = read_bytes(kept.sha256)
    if kept.content_type == PICTURE:
        content, ending, etag, place = small_picture(content), "jpg", f"{kept.sha256}-small", "inline"
    else:  # from outside, stored byte for byte: downloaded, never opened in the page's place
        ending, etag, place = "pdf", kept.sha256, "attachment"
    plain = f"notice-{found.document.code}-{number}.{ending}"
    response = stored_file(request, content, kept.content_type, plain, f"{row.title}.{ending}", etag, place)
    response["Content-Security-Policy"] = PAPER_POLICY
    return response


def notice_verdict(request: HttpRequest, document: Document, *, by_file: bool = False, as_json: bool) -> HttpResponse:
    """Say whether a posted notice is still what was posted, and show what its paper must say."""
    found = Notice.objects.select_related("compound", "withdrawal").get(document=document)
    genuine = is_genuine(document)
    if as_json:
        said = {
            "code": document.code, "kind": document.kind, "genuine": genuine, "reason": GENUINE if genuine else ALTERED,
            "sha256": document.sha256, "latest": True,
        }  # fmt: skip
        return JsonResponse(said, json_dumps_params={"ensure_ascii": False})
    context = {
        "document": document,
        "notice": found,
        "genuine": genuine,
        "by_file": by_file,
        "at": timezone.now(),
        "today": timezone.localdate(),
    }
    return render(request, "portal/public/notice_verdict.html", context | place_of(found.compound))
