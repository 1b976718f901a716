"""Papers: photographed straight into a draft, handed in late to a voucher, put right by a link, looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ballots.models import PaperScan
from ballots.permissions import can_settle_papers
from compounds.models import Compound, place_now
from compounds.permissions import areas_of
from core.models import Attachment, Entry
from core.operations import AlreadySuperseded, AttachmentRefused, add_attachment, read_bytes, record, store_paper
from core.papers import PAPER_POLICY, small_picture, too_large
from fees.documents import Double, Paper, doubles_of, papers_of_draft, papers_of_voucher
from fees.forms import PaperForm
from fees.models import Draft, Voucher
from fees.operations import (
    PaperGone,
    Refusal,
    add_evidence,
    add_papers,
    remove_paper,
    stored_of,
    supersede_in_draft,
    supersede_in_voucher,
)
from fees.permissions import can_enter
from portal.documents import slip_of
from portal.permissions import can_work_in
from portal.views.office.door import FORM, OfficeRequest, find_compound, in_scope, require
from portal.views.office.words import sentence_of

MOST_AT_ONCE = 20


@dataclass(frozen=True)
class Place:
    """What papers hang at, a draft or a posted voucher, and its addresses."""

    compound: Compound
    subject: Draft | Voucher
    url: str
    back: str

    @property
    def draft(self) -> Draft | None:
        return self.subject if isinstance(self.subject, Draft) else None

    @property
    def voucher(self) -> Voucher | None:
        return self.subject if isinstance(self.subject, Voucher) else None

    def papers(self) -> tuple[Paper, ...]:
        """Return what hangs here now."""
        if isinstance(self.subject, Draft):  # fetched anew: some may have been hung up since
            return papers_of_draft(Draft.objects.filter(pk=self.subject.pk).first() or self.subject)
        return papers_of_voucher(self.subject)

    def find(self, pk: int) -> Paper:
        """Return a paper that hangs here, and is superseded by none."""
        for paper in self.papers():
            if paper.paper.pk == pk:
                return paper
        raise Http404


def _draft_place(request: OfficeRequest, code: str, pk: int) -> Place:
    compound = find_compound(request, code)
    draft = Draft.objects.of(compound).for_display().filter(pk=pk).first()
    if draft is None:
        raise Http404
    draft.book.compound = compound
    return Place(
        compound, draft, reverse("draft_papers", args=[compound.code, pk]), reverse("draft", args=[compound.code, pk])
    )


def _voucher_place(request: OfficeRequest, code: str, book: str, year: int, number: int) -> Place:
    compound = find_compound(request, code)
    vouchers = Voucher.objects.of(compound).for_display()
    voucher = vouchers.filter(book__kind=book, year=year, number=number).first()
    if voucher is None:
        raise Http404
    voucher.book.compound = compound
    where = [compound.code, book, year, number]
    return Place(compound, voucher, reverse("voucher_papers", args=where), reverse("office_voucher", args=where))


# --- The pages ----------------------------------------------------------------------------------------------------


@require_http_methods(FORM)
@in_scope
def draft_papers(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """The papers of a draft, made for a phone: take photographs, and they hang there."""
    return _papers_page(request, _draft_place(request, code, pk))


@require_http_methods(FORM)
@in_scope
def voucher_papers(request: OfficeRequest, code: str, book: str, year: int, number: int) -> HttpResponse:
    """The papers of a posted voucher, and more of them handed in late; its hash does not change."""
    return _papers_page(request, _voucher_place(request, code, book, year, number))


@require_http_methods(FORM)
@in_scope
def draft_paper(request: OfficeRequest, code: str, pk: int, paper: int) -> HttpResponse:
    """One paper of a draft: its kind and number put right, or a better photograph in its place."""
    return _paper_page(request, _draft_place(request, code, pk), paper)


@require_http_methods(FORM)
@in_scope
def voucher_paper(request: OfficeRequest, code: str, book: str, year: int, number: int, paper: int) -> HttpResponse:
    """One paper of a posted voucher: one with the right kind and number comes beside it."""
    return _paper_page(request, _voucher_place(request, code, book, year, number), paper)


@require_POST
@in_scope
def draft_paper_remove(request: OfficeRequest, code: str, pk: int, paper: int) -> HttpResponse:
    """Take a paper off a draft."""
    place = _draft_place(request, code, pk)
    require(can_enter(request.user, place.compound, request.today))
    found = place.find(paper)
    assert place.draft is not None
    try:
        remove_paper(place.draft, found.paper, actor=request.user, at=request.at)
    except Refusal as problem:
        messages.warning(request, sentence_of(problem))
    else:
        messages.success(request, f"拿掉了：{found.paper.name}。")
    return redirect(place.url)


def _papers_page(request: OfficeRequest, place: Place) -> HttpResponse:
    may_enter = can_enter(request.user, place.compound, request.today)
    if request.method != "POST":
        return _show(request, place, PaperForm(), may_enter)
    require(may_enter)
    form = PaperForm(request.POST)
    files = [*request.FILES.getlist("photo"), *request.FILES.getlist("file")]
    refused = ["还没有拍，也没有选文件。"] if not files else []
    if len(files) > MOST_AT_ONCE:
        refused = [f"一次最多{MOST_AT_ONCE}个文件，这次是{len(files)}个。请分几次。"]
    if form.is_valid() and not refused:
        refused = _take(request, place, files, form.cleaned_data["kind"], form.cleaned_data["number"])
        if not refused:
            return redirect(place.url)
    return _show(request, place, form, may_enter, refused)


def _take(request: OfficeRequest, place: Place, files: Sequence[UploadedFile], kind: str, number: str) -> list[str]:
    """Keep the files that can be kept and hang them up; return what is wrong with the others, by name."""
    kept: list[Attachment] = []
    refused = []
    for file in files:
        try:
            kept.append(_keep(request, place.compound, file, kind, number))
        except AttachmentRefused as problem:
            refused.append(f"{file.name}：{problem}")
    if kept:
        try:
            fresh = _hang(request, place, kept)
        except Refusal as problem:
            return [*refused, sentence_of(problem)]
        if fresh:
            messages.success(request, f"存好{len(fresh)}张：{'、'.join(paper.name for paper in fresh)}。")
        here = [paper.name for paper in kept if paper not in fresh]
        if here:
            messages.info(request, f"本来就在这里：{'、'.join(here)}。要改种类或号码，点那一张。")
    return refused


def _keep(request: OfficeRequest, compound: Compound, file: UploadedFile, kind: str, number: str) -> Attachment:
    """Keep one file, which is not even read where it is too large.

    :raises AttachmentRefused:
    """
    if sentence := too_large(file.size or 0):
        raise AttachmentRefused(sentence)
    return add_attachment(
        file.read(),
        name=file.name or "",
        kind=kind,
        number=number,
        area_code=compound.area_code,
        actor=request.user,
        at=request.at,
    )


def _hang(request: OfficeRequest, place: Place, papers: Sequence[Attachment]) -> list[Attachment]:
    if isinstance(place.subject, Draft):
        return add_papers(place.subject, papers, actor=request.user, at=request.at)
    return add_evidence(place.subject, papers, actor=request.user, at=request.at)


def _show(
    request: OfficeRequest, place: Place, form: PaperForm, may_enter: bool, refused: Sequence[str] = ()
) -> HttpResponse:
    papers = place.papers()
    shown = {
        "compound": place.compound,
        "place": place,
        "slip": slip_of(place.subject),
        "papers": papers,
        "used_twice": used_twice(request, papers, draft=place.draft, voucher=place.voucher),
        "form": form,
        "refused": list(refused),
        "may_enter": may_enter,
        "address": f"{settings.PUBLIC_URL}{place.url}",
    }
    return render(request, "portal/office/papers.html", shown)


def _paper_page(request: OfficeRequest, place: Place, pk: int) -> HttpResponse:
    require(can_enter(request.user, place.compound, request.today))
    found = place.find(pk)
    initial = {"kind": found.paper.kind, "number": found.paper.number}
    form = PaperForm(request.POST or None, initial=initial)
    form.fields["number"].help_text = "照着票据上印的写。"
    refused = ""
    if request.method == "POST" and form.is_valid():
        refused = _supersede(request, place, found.paper, form)
        if not refused:
            return redirect(place.url)
    shown = {"compound": place.compound, "place": place, "paper": found, "form": form, "refused": refused}
    return render(request, "portal/office/paper.html", shown)


def _supersede(request: OfficeRequest, place: Place, paper: Attachment, form: PaperForm) -> str:
    """Put a paper in the place of another; return what is wrong, or nothing."""
    kind, number = form.cleaned_data["kind"], form.cleaned_data["number"]
    files = [*request.FILES.getlist("photo"), *request.FILES.getlist("file")]
    if not files and (kind, number) == (paper.kind, paper.number):
        messages.info(request, "种类和号码没有变，照片也没有换。")
        return ""
    try:
        stored = stored_of(paper)
        if files:
            if sentence := too_large(files[0].size or 0):
                raise AttachmentRefused(sentence)
            stored = store_paper(files[0].read(), name=files[0].name or "")
        if isinstance(place.subject, Draft):
            supersede_in_draft(place.subject, paper, stored, kind=kind, number=number, actor=request.user,
                               at=request.at)  # fmt: skip
        else:
            supersede_in_voucher(place.subject, paper, stored, kind=kind, number=number, actor=request.user,
                                 at=request.at)  # fmt: skip
    except AttachmentRefused as problem:
        return f"{files[0].name}：{problem}" if files else str(problem)
    except AlreadySuperseded:
        return sentence_of(PaperGone())
    except Refusal as problem:
        return sentence_of(problem)
    messages.success(request, f"改好了：{paper.name}。原来那张还留着，看得到。")
    return ""


# --- Used twice ---------------------------------------------------------------------------------------------------


def used_twice(
    request: OfficeRequest, papers: Iterable[Paper], *, draft: Draft | None = None, voucher: Voucher | None = None
) -> list[str]:
    """Say which papers hang elsewhere in the district too; of what lies out of the user's scope, only that they do."""
    doubles = doubles_of([paper.paper for paper in papers], draft=draft, voucher=voucher)
    if not doubles:
        return []
    areas = areas_of(request.user, request.today)
    here = (draft or voucher).book.compound.code if draft or voucher else ""  # type: ignore[union-attr]
    return [_double_words(double, areas, here) for double in doubles]


def _double_words(double: Double, areas: Sequence[str], here: str) -> str:
    paper = double.paper
    places: dict[str, None] = {}
    for use in double.uses:
        if use.compound == here:
            places[f"本小区{use.what}"] = None
        elif any(use.area_code.startswith(area) for area in areas):
            places[f"{use.name}{use.what}"] = None
        else:
            places["别的小区"] = None
    what = f"{paper.get_kind_display()}{paper.number}"
    if double.same_bytes:
        what = f"{paper.name}这张照片" if not paper.number else f"{what}的同一张照片"
    return f"{what}在{'、'.join(places)}已经用过。请看是不是重复报销。"


# --- The bytes ----------------------------------------------------------------------------------------------------


def _paper_bytes(request: OfficeRequest, pk: int) -> tuple[Attachment, bytes]:
    paper = Attachment.objects.filter(pk=pk).first()
    if paper is None or not can_work_in(request.user, place_now(paper.area_code), request.today):
        raise Http404
    scan = PaperScan.objects.filter(attachment=paper).select_related("sheet__ballot__compound").first()
    if scan is not None and not can_settle_papers(request.user, scan.sheet.ballot, request.today):
        raise Http404  # how a household voted is for those alone who settle
    try:
        return paper, read_bytes(paper.sha256)
    except FileNotFoundError:
        raise Http404 from None


def _record_reading(request: OfficeRequest, paper: Attachment) -> None:
    record("attachment.read", f"打开票据{paper.name}", actor=request.user, at=request.at, area_code=paper.area_code,
           subject=paper)  # fmt: skip


@require_safe
@in_scope
def attachment(request: OfficeRequest, pk: int) -> HttpResponse:
    """The stored bytes of a paper, as a download that no browser runs; each reading stands in the history."""
    paper, content = _paper_bytes(request, pk)
    _record_reading(request, paper)
    response = HttpResponse(content, content_type=paper.content_type)
    picture = paper.content_type == "image/jpeg"
    ending = ".jpg" if picture else ".pdf"
    name = paper.name if paper.name.lower().endswith(ending) else f"{paper.name}{ending}"
    header = content_disposition_header(not picture, name)
    if header:
        response["Content-Disposition"] = header
    response["Content-Security-Policy"] = PAPER_POLICY
    return response


@require_safe
@in_scope
def attachment_preview(request: OfficeRequest, pk: int) -> HttpResponse:
    """A photograph small enough for a page; a person's looking at it stands in the history once a day."""
    paper, content = _paper_bytes(request, pk)
    if paper.content_type != "image/jpeg":
        raise Http404
    midnight = timezone.localtime(request.at).replace(hour=0, minute=0, second=0, microsecond=0)
    read = Entry.objects.about(Attachment._meta.label_lower, pk).filter(action="attachment.read", actor=request.user)
    if not read.filter(at__gte=midnight).exists():
        _record_reading(request, paper)
    response = HttpResponse(small_picture(content), content_type="image/jpeg")
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = PAPER_POLICY
    return response
