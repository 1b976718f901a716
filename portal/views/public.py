"""The residents' site: find a compound, read its ledgers and vouchers, verify a paper. No login, nothing personal."""

from __future__ import annotations

import logging
import os
import tempfile
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import redis
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from ballots.choices import Matter
from ballots.documents.outcomes import decided
from compounds.models import Area, Compound, CompoundPhoto, Dwelling
from core.charts import Month, MonthPairs, Source, SourceBars
from core.models import DocumentFile
from core.operations import read_bytes
from core.pages import page_of
from core.papers import small_picture
from fees.choices import BookKind
from fees.documents import Ledger, hanging_of, posted_months, read_ledger
from fees.models import Ledger as LedgerRow
from fees.models import PostingProof, Voucher
from portal.navigation import LARGE, NORMAL, type_cookie
from portal.stages import public_progress
from portal.views.ballots import announced_ballots
from portal.views.notices import posted_notices
from portal.views.residents import place_of, public_page

logger = logging.getLogger(__name__)

LATEST_POSTINGS = 10
LATEST_OF_COMPOUND = 4
PHOTOGRAPHS = 6
SEARCH_LENGTH = 60
YEAR = 365 * 24 * 3600
NOTICE = "notice"
# In the order in which people want them; what the ledger's HTML file holds is the printed sheet's source.
FORMATS = {"pdf": "application/pdf", "csv": "text/csv", "json": "application/json"}
FILE_NAMES = {"pdf": "公示原件", "csv": "表格", "json": "数据"}


# --- Find ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """A compound in a list: where it lies, and its newest ledger if there is one."""

    compound: Compound
    place: str
    ledger: LedgerRow | None


def _found(compounds: list[Compound]) -> list[Found]:
    names = {area.code: area.name for area in Area.objects.containing_any(c.area_code for c in compounds)}
    newest = {row.compound_id: row for row in LedgerRow.objects.newest_of_each(compounds)}
    return [
        Found(c, names.get(c.area_code[:9], "") + names.get(c.area_code[:12], ""), newest.get(c.pk)) for c in compounds
    ]


@public_page
def home(request: HttpRequest) -> HttpResponse:
    """Find a compound by words (?q=) or by area (?area=); else the streets and the latest postings."""
    typed = request.GET.get("q", "").replace("\x00", "").strip()[:SEARCH_LENGTH]
    context: dict[str, Any] = {"typed": typed, "today": timezone.localdate()}
    if typed:
        page = page_of(Compound.objects.found_by(typed), request)
        context |= {"page": page, "found": _found(list(page))}
    elif "area" in request.GET:
        area = get_object_or_404(Area.objects.exclude(level="district"), code=request.GET["area"].replace("\x00", ""))
        page = page_of(Compound.objects.in_area(area.code), request)
        context |= {"area": area, "page": page, "found": _found(list(page))}
        context["street"] = next(iter(Area.objects.streets().containing(area.code)), None)
        if area.level == "street":
            context["communities"] = Area.objects.communities().below(area.code).with_compound_counts()
    else:
        context["streets"] = Area.objects.streets().with_compound_counts()
        context["postings"] = LedgerRow.objects.lately_posted()[:LATEST_POSTINGS]
    return render(request, "portal/public/home.html", context)


# --- A compound and its ledgers -----------------------------------------------------------------------------------


def _chart(ledgers: list[Ledger]) -> MonthPairs:
    return MonthPairs(
        tuple(
            Month(
                year=ledger.year_number,
                month=ledger.month_number,
                income=ledger.income,
                expense=ledger.expense,
                note="含政府奖励" if any(s.key == "government" and s.received for s in ledger.sources) else "",
            )
            for ledger in ledgers
        )
    )


def _sources(ledger: Ledger) -> list[dict[str, Any]]:
    bars = SourceBars(tuple(Source(s.key, s.label, s.received, s.promised, s.due) for s in ledger.sources))
    return [{"fact": fact, "bar": bar} for fact, bar in zip(ledger.sources, bars.rows, strict=True)]


@public_page
def compound(request: HttpRequest, code: str) -> HttpResponse:
    """Show a compound: its step, its last ledger, twelve months, the four sources, the latest postings."""
    found = get_object_or_404(Compound.objects.with_register_totals(), code=code)
    months = posted_months(found)
    newest = months[-1] if months else None
    context = {
        "compound": found,
        "floor_area": Dwelling.objects.of(found).households().floor_area(),
        "ledger": newest,
        "chart": _chart(months),
        "source_rows": _sources(newest) if newest else [],
        "postings": LedgerRow.objects.of(found).lately_posted()[:LATEST_OF_COMPOUND],
        "photographs": CompoundPhoto.objects.filter(compound=found, shown=True).select_related("attachment")[
            :PHOTOGRAPHS
        ],
        "ballots": announced_ballots(found)[:LATEST_OF_COMPOUND],
        "mode": decided([found.pk], Matter.SERVICE_MODE, timezone.localdate()).get(found.pk),
        "notices": posted_notices(found).hanging(timezone.localdate())[:LATEST_OF_COMPOUND],
        "progress": public_progress(found),
        "today": timezone.localdate(),
        **place_of(found),
    }
    return render(request, "portal/public/compound.html", context)


@public_page
def compound_photograph(request: HttpRequest, code: str, sha256: str) -> HttpResponse:
    """Show a photograph of a compound that its community puts on the page, small enough for a phone."""
    shown = CompoundPhoto.objects.filter(compound__code=code, shown=True, attachment__sha256=sha256)
    if not shown.exists():
        raise Http404
    return HttpResponse(small_picture(read_bytes(sha256)), content_type="image/jpeg")


@public_page
def ledgers(request: HttpRequest, code: str) -> HttpResponse:
    """List a year's posted ledgers of a compound: the year, half-years and quarters, then the months; newest first."""
    found = get_object_or_404(Compound, code=code)
    posted = LedgerRow.objects.of(found).newest_versions()
    years = sorted({day.year for day in posted.values_list("last_month", flat=True)}, reverse=True)
    asked = request.GET.get("year", "")
    year = next((each for each in years if str(each) == asked), years[0] if years else None)
    rows = posted.filter(last_month__year=year).select_related("document") if year else ()
    shown = [read_ledger(row.document.data) for row in rows]
    long = sorted((x for x in shown if not x.is_month), key=lambda x: (-x.span.length, -x.last_on.toordinal()))
    months = sorted((x for x in shown if x.is_month), key=lambda x: x.last_on, reverse=True)
    named = ((f"{year}年全年、半年、季度", "最后结余", long), (f"{year}年各月", "月末结余", months))
    context = {
        "compound": found,
        "years": years,
        "year": year,
        "groups": [group for group in named if group[2]],
    }
    return render(request, "portal/public/ledgers.html", context | place_of(found))


def _versions(compound_code: str, period: str) -> list[LedgerRow]:
    """Return a period's ledgers, the oldest version first.

    :raises Http404: when none was posted.
    """
    rows = LedgerRow.objects.of(get_object_or_404(Compound, code=compound_code)).select_related("document", "compound")
    found = [row for row in rows.order_by("version") if row.code == period]
    if not found:
        raise Http404
    return found


def _chosen(request: HttpRequest, versions: list[LedgerRow]) -> LedgerRow:
    """Return the version that ?version= asks for, else the newest.

    :raises Http404: when there is no such version.
    """
    if "version" not in request.GET:
        return versions[-1]
    chosen = next((row for row in versions if str(row.version) == request.GET["version"]), None)
    if chosen is None:
        raise Http404
    return chosen


def _posted_months(row: LedgerRow) -> set[date]:
    """Return for which months of a longer span a monthly ledger hangs too."""
    if row.first_month == row.last_month:
        return set()
    months = LedgerRow.objects.of(row.compound).months()
    return set(
        months.filter(first_month__range=(row.first_month, row.last_month)).values_list("first_month", flat=True)
    )


def _wanted_format(request: HttpRequest) -> str:
    """Return which format is asked for: by the address, else by Accept; "" for the page."""
    if "format" in request.GET:
        return request.GET["format"] if request.GET["format"] in FORMATS else ""
    preferred = request.get_preferred_type(["text/html", *FORMATS.values()])
    return next((name for name, kind in FORMATS.items() if kind == preferred), "")


@public_page
def ledger(request: HttpRequest, code: str, period: str) -> HttpResponse:
    """Show a posted ledger with every line, from the data that were issued."""
    versions = _versions(code, period)
    row = _chosen(request, versions)
    wanted = _wanted_format(request)
    if wanted:
        response = _file(request, row, wanted)
    else:
        shown = read_ledger(row.document.data)
        context = {
            "ledger": shown,
            "books": [shown.book(BookKind.SERVICE), shown.book(BookKind.COMMITTEE)],
            "newer": versions[-1].version if row is not versions[-1] else None,
            "hanging": hanging_of(row, PostingProof.objects.of(row)),
            "files": _files(row),
            "posted_months": _posted_months(row),
            **place_of(row.compound),
        }
        response = render(request, "portal/public/ledger.html", context)
    patch_vary_headers(response, ["Accept"])
    return response


@public_page
def ledger_file(request: HttpRequest, code: str, period: str, format: str) -> HttpResponse:
    """Hand out a file of a posted ledger, byte for byte as it was issued."""
    if format not in FORMATS:
        raise Http404
    return _file(request, _chosen(request, _versions(code, period)), format)


def _files(row: LedgerRow) -> list[dict[str, Any]]:
    stored = {file.format: file for file in row.document.files.all()}
    version = f"?version={row.version}" if row.version > 1 else ""
    return [
        {
            "name": FILE_NAMES[name],
            "format": name.upper(),
            "pages": stored[name].pages,
            "size": stored[name].size,
            "href": reverse("ledger_file", args=[row.compound.code, row.code, name]) + version,
        }
        for name in FORMATS
        if name in stored
    ]


def _file(request: HttpRequest, row: LedgerRow, format: str) -> HttpResponse:
    """Answer with stored bytes, named in ASCII and in Chinese, with their hash as ETag."""
    stored = get_object_or_404(DocumentFile.objects.filter(document=row.document), format=format)
    kind = FORMATS[format] + ("; charset=utf-8" if format != "pdf" else "")
    response = HttpResponse(read_bytes(stored.sha256), content_type=kind)
    plain = f"ledger-{row.compound.code}-{row.code}-v{row.version}.{format}"
    chinese = quote(f"{row.document.title}第{row.version}版.{format}", safe="")
    place = "attachment" if format == "csv" else "inline"
    response["Content-Disposition"] = f"{place}; filename=\"{plain}\"; filename*=UTF-8''{chinese}"
    response["ETag"] = f'"{stored.sha256}"'
    response["X-Content-Type-Options"] = "nosniff"
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


# --- A voucher ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tied:
    """A voucher that reverses the one shown, or is reversed by it; ``is_shown``: whether it has a public page yet."""

    voucher: Voucher
    is_shown: bool

    @property
    def taken(self) -> Decimal:
        """What a red voucher took back, yuan."""
        return -self.voucher.amount


def _tied(other: Voucher, newest: LedgerRow) -> Tied:
    return Tied(other, other.on.replace(day=1) <= newest.last_month)


@public_page
def voucher(request: HttpRequest, code: str, book: str, year: int, number: int) -> HttpResponse:
    """Show the impersonal part of a voucher that stands in a posted ledger's sums; all others do not exist."""
    found = get_object_or_404(Compound, code=code)
    posted = get_object_or_404(Voucher.objects.of(found).for_display(), book__kind=book, year=year, number=number)
    newest = LedgerRow.objects.of(found).reaching(posted.on).order_by("-last_month").first()
    if newest is None:
        raise Http404
    context = {
        "compound": found,
        "voucher": posted,
        "shown_in": LedgerRow.objects.of(found).months().covering(posted.on).newest_versions().first(),
        "reverses": _tied(posted.reverses, newest) if posted.reverses else None,
        "reversals": [_tied(later, newest) for later in posted.reversed_by.all()],
        "whole": posted.reversed_whole_by,
        "corrects": _tied(posted.corrects, newest) if posted.corrects else None,
        "corrections": [_tied(later, newest) for later in posted.corrected_by.order_by("pk")],
        **place_of(found),
    }
    return render(request, "portal/public/voucher.html", context)


# --- The rest -----------------------------------------------------------------------------------------------------


@public_page
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is collected, published and kept, and what is not."""
    return render(request, "portal/public/privacy.html")


@never_cache
@require_GET
def type_size(request: HttpRequest) -> HttpResponse:
    """Set the size of type by a cookie, and go back to a page of this site."""
    back = request.GET.get("next", "")
    if not (back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)):
        back = reverse("home")
    response = HttpResponseRedirect(back)
    size = LARGE if request.GET.get("size") == LARGE else NORMAL
    response.set_cookie(type_cookie(), size, max_age=YEAR, httponly=True, secure=settings.HTTPS, samesite="Lax")
    return response


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers."""
    return JsonResponse({"ok": True})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether database, broker and documents are there."""
    parts = {"database": _database_answers(), "documents": _documents_writable()}
    if settings.REDIS_URL:
        parts["broker"] = _broker_answers()
    ready = all(parts.values())
    return JsonResponse({"ok": ready, **parts}, status=200 if ready else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _documents_writable() -> bool:
    folder = getattr(default_storage, "location", None)
    try:
        if isinstance(folder, str) and "://" not in folder and hasattr(default_storage, "path"):
            root = default_storage.path("")
            os.makedirs(root, exist_ok=True)  # a new installation has not stored anything yet
            with tempfile.TemporaryFile(dir=root):
                return True
        default_storage.exists("readyz")
    except Exception:  # a store of another make has errors of its own
        logger.warning("the documents' store does not answer", exc_info=True)
        return False
    return True


def _broker_answers() -> bool:
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
        with client:
            return bool(client.ping())
    except redis.RedisError:
        return False
