"""The notices of a compound: drafted, posted on a page of its own, photographed where they hang, taken down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.contrib import messages
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from compounds.documents.notices import notice_paper
from compounds.forms.notices import NoticeForm, WithdrawalForm
from compounds.models import Compound, Notice, NoticeDraft, NoticeProof
from compounds.operations import ChangedMeanwhile
from compounds.operations.notices import (
    MOST_FILES,
    AlreadyWithdrawn,
    HangsLater,
    NotHanging,
    NoticeGone,
    NoticeOver,
    NoticeRefusal,
    ShownElsewhere,
    TooManyFiles,
    add_notice_files,
    change_notice,
    draft_notice,
    drop_notice,
    post_notice,
    prove_notice,
    remove_notice_file,
    withdraw_notice,
)
from compounds.permissions import can_post_notices
from core.models import Attachment
from core.operations import AttachmentRefused, KeptPaper, store_paper
from core.pages import page_of
from core.papers import too_large
from fees.forms import ProofForm
from portal.views.notices import paper_of, proved_places
from portal.views.office.door import (
    FORM,
    OfficeRequest,
    by_password,
    compound_page,
    find_compound,
    in_scope,
    require,
    version_sent,
)
from portal.views.office.words import changed_meanwhile

HERE = "notices"
USUAL_DAYS = 7  # so long a notice hangs where nobody says otherwise


def words_of(problem: NoticeRefusal | ChangedMeanwhile) -> str:
    """Return what a refusal says to the person at the screen."""
    match problem:
        case ChangedMeanwhile():
            return changed_meanwhile(problem)
        case NoticeGone():
            return "这份草稿已经不在了：可能刚被张贴或删去。"
        case NoticeOver(until_on=day):
            return f"贴到{day.month}月{day.day}日，这一天已经过了。请先改日期再张贴。"
        case TooManyFiles():
            return f"一份公告最多附{MOST_FILES}个文件。"
        case AlreadyWithdrawn():
            return "这份公告已经撤下了。"
        case NotHanging():
            return "这份公告已经过了最后一天，不用再撤下。"
        case HangsLater(from_on=day):
            return f"这份公告从{day.month}月{day.day}日起贴，不会更早。请看看日期。"
        case ShownElsewhere(proof=proof):
            return f"这张照片已经用过：《{proof.notice.title}》，贴在{proof.place}。每一处、每一份都要另拍。"
    return "没有存上，您填的都还在。"


def may_post(request: OfficeRequest, compound: Compound) -> bool:
    """Return whether who asks drafts and posts notices of the compound."""
    return can_post_notices(request.user, compound.area_code, request.today)


def _find_draft(compound: Compound, pk: int) -> NoticeDraft:
    draft = NoticeDraft.objects.filter(compound=compound, pk=pk).select_related("made_by").first()
    if draft is None:
        raise Http404
    draft.compound = compound
    return draft


def _find_notice(compound: Compound, code: str) -> Notice:
    found = Notice.objects.filter(compound=compound, document__code=code.upper())
    notice = found.select_related("document", "by", "withdrawal__by").first()
    if notice is None:
        raise Http404
    notice.compound = compound
    return notice


@require_safe
@in_scope
def office_notices(request: OfficeRequest, code: str) -> HttpResponse:
    """The compound's notices: drafts, what hangs or will, what hung."""
    compound = find_compound(request, code)
    posted = Notice.objects.filter(compound=compound).select_related("document", "by", "withdrawal")
    over = posted.filter(until_on__lt=request.today) | posted.filter(withdrawal__isnull=False)
    shown = {
        "drafts": NoticeDraft.objects.filter(compound=compound).select_related("made_by"),
        "current": posted.exclude(pk__in=over.values("pk")),
        "page": page_of(over, request),
        "may_post": may_post(request, compound),
    }
    return compound_page(request, "portal/office/notices.html", compound, HERE, shown)


# --- A draft ------------------------------------------------------------------------------------------------------


@require_http_methods(FORM)
@in_scope
def notice_new(request: OfficeRequest, code: str) -> HttpResponse:
    """Begin a notice; its files come on the next page."""
    compound = find_compound(request, code)
    require(may_post(request, compound))
    sent = request.POST if request.method == "POST" else None
    until = date.fromordinal(request.today.toordinal() + USUAL_DAYS)
    form = NoticeForm(sent, today=request.today, initial={"from_on": request.today, "until_on": until})
    if sent is not None and form.is_valid():
        draft = draft_notice(compound, form.values(), actor=request.user, at=request.at)
        return redirect("notice_draft", code=compound.code, pk=draft.pk)
    return compound_page(request, "portal/office/notice_new.html", compound, HERE, {"form": form})


@require_http_methods(FORM)
@in_scope
def notice_draft(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """A draft's words, days and files; changed by whoever may post it."""
    compound = find_compound(request, code)
    draft = _find_draft(compound, pk)
    may = may_post(request, compound)
    sent = request.POST if request.method == "POST" else None
    if sent is not None:
        require(may)
    form = NoticeForm(sent, today=request.today, row=draft)
    if sent is not None and form.is_valid():
        try:
            change_notice(draft, form.values(), form.read, actor=request.user, at=request.at)
        except (NoticeRefusal, ChangedMeanwhile) as problem:
            form.show_version(_find_draft(compound, pk).version)
            form.add_error(None, words_of(problem))
        else:
            messages.success(request, "存好了。")
            return redirect("notice_draft", code=compound.code, pk=pk)
    return _draft_page(request, draft, form, may)


def _draft_page(
    request: OfficeRequest, draft: NoticeDraft, form: NoticeForm, may: bool, refused: Sequence[str] = ()
) -> HttpResponse:
    shown = {
        "draft": draft,
        "form": form,
        "files": draft.attachments.order_by("pk"),
        "refused": refused,
        "may_post": may,
        "most": MOST_FILES,
    }
    return compound_page(request, "portal/office/notice_draft.html", draft.compound, HERE, shown)


@require_POST
@in_scope
def notice_draft_files(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Hang photographs and PDFs at a draft, or take one off (``remove``)."""
    compound = find_compound(request, code)
    draft = _find_draft(compound, pk)
    require(may_post(request, compound))
    removed = request.POST.get("remove", "")
    refused: list[str] = []
    try:
        if removed:
            gone = Attachment.objects.filter(pk=int(removed) if removed.isdecimal() else 0).first()
            if gone is None or not draft.attachments.filter(pk=gone.pk).exists():
                raise Http404
            remove_notice_file(draft, gone, actor=request.user, at=request.at)
            messages.success(request, f"拿掉了：{gone.name}。")
        else:
            papers, refused = _stored(request)
            made = add_notice_files(draft, papers, actor=request.user, at=request.at)
            if made:
                messages.success(request, f"存好{len(made)}个：{'、'.join(paper.name for paper in made)}。")
    except NoticeRefusal as problem:
        refused = [*refused, words_of(problem)]
    if refused:
        found = _find_draft(compound, pk)
        return _draft_page(request, found, NoticeForm(today=request.today, row=found), True, refused)
    return redirect("notice_draft", code=compound.code, pk=pk)


def _stored(request: OfficeRequest) -> tuple[list[KeptPaper], list[str]]:
    """Store what was sent and can be kept; return it, and what is wrong with the rest."""
    files = request.FILES.getlist("files")
    if not files:
        return [], ["还没有选文件。"]
    if len(files) > MOST_FILES:
        return [], [f"一次最多{MOST_FILES}个文件，这次选了{len(files)}个。请分几次。"]
    papers, refused = [], []
    for file in files:
        try:
            if sentence := too_large(file.size or 0):
                raise AttachmentRefused(sentence)
            papers.append(store_paper(file.read(), name=file.name or ""))
        except AttachmentRefused as problem:
            refused.append(f"{file.name}：{problem}")
    return papers, refused


@require_POST
@in_scope
def notice_draft_delete(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """Delete a draft."""
    compound = find_compound(request, code)
    draft = _find_draft(compound, pk)
    require(may_post(request, compound))
    try:
        drop_notice(draft, actor=request.user, at=request.at)
    except NoticeRefusal as problem:
        messages.error(request, words_of(problem))
    else:
        messages.success(request, f"删去了草稿《{draft.title}》。")
    return redirect("office_notices", code=compound.code)


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def notice_posting(request: OfficeRequest, code: str, pk: int) -> HttpResponse:
    """How the notice will look and what posting does, before it hangs for good."""
    compound = find_compound(request, code)
    draft = _find_draft(compound, pk)
    require(may_post(request, compound))
    problem = ""
    if request.method == "POST":
        try:
            notice = post_notice(draft, version_sent(request), actor=request.user, at=request.at)
        except (NoticeRefusal, ChangedMeanwhile) as refusal:
            problem = words_of(refusal)
            if isinstance(refusal, NoticeGone):
                messages.error(request, problem)
                return redirect("office_notices", code=compound.code)
            draft = _find_draft(compound, pk)
        else:
            messages.success(request, "贴出来了。请打印出来，盖章后贴到公示栏，再拍照传上来。")
            return redirect("office_notice", code=compound.code, notice=notice.document.code)
    papers = list(draft.attachments.order_by("pk"))
    paper = notice_paper(
        draft, code="", user=request.user, posted_on=request.today, papers=papers, public_url=settings.PUBLIC_URL
    )
    over = draft.until_on is not None and draft.until_on < request.today
    shown = {
        "draft": draft,
        "paper": paper,
        "files": list(zip(papers, paper.files, strict=True)),
        "problem": problem or (words_of(NoticeOver(draft.until_on)) if over and draft.until_on else ""),
        "is_over": over,
        "moved": paper.from_on != draft.from_on,
        "later": paper.from_on > request.today,
        "today": request.today,
    }
    return compound_page(request, "portal/office/notice_posting.html", compound, HERE, shown)


# --- A posted notice ----------------------------------------------------------------------------------------------


@require_http_methods(FORM)
@in_scope
def office_notice(request: OfficeRequest, code: str, notice: str) -> HttpResponse:
    """A posted notice: its paper, where it hangs, a form for photographs, a text for WeChat."""
    compound = find_compound(request, code)
    found = _find_notice(compound, notice)
    may = may_post(request, compound)
    if request.method == "POST":
        require(may)
    places = proved_places(found)
    usual = NoticeProof.objects.filter(notice__compound=compound).order_by()
    named = usual.values("place").annotate(last=Max("on")).order_by("-last", "place").values_list("place", flat=True)
    form = ProofForm(
        request.POST or None, request.FILES or None, key=f"notice {found.pk}", first_on=found.from_on,
        too_early=words_of(HangsLater(found.from_on)), places=list(named[:6]), taken=[place.name for place in places],
        today=request.today,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        where, on = form.cleaned_data["where"], form.cleaned_data["on"]
        try:
            made = prove_notice(found, where, on, form.kept, actor=request.user, at=request.at)
        except NoticeRefusal as problem:
            form.add_error(None, words_of(problem))
        else:
            said = f"存好了：{where}，照片{len(made)}张。" if made else f"这些照片早先已经存好：{where}。"
            messages.success(request, said)
            return redirect("office_notice", code=compound.code, notice=found.document.code)
    over = found.until_on is not None and found.until_on < request.today
    shown = {
        "notice": found,
        "files": list(enumerate(found.files.select_related("attachment"), start=1)),
        "sheet": found.document.files.get(format="pdf"),
        "places": places,
        "form": form,
        "may_post": may,
        "withdrawal": getattr(found, "withdrawal", None),
        "is_over": over,
        "is_later": found.from_on > request.today,
        "today": request.today,
        "address": settings.PUBLIC_URL + reverse("notice", args=[compound.code, found.document.code]),
    }
    return compound_page(request, "portal/office/notice.html", compound, HERE, shown)


@require_safe
@in_scope
def office_notice_pdf(request: OfficeRequest, code: str, notice: str) -> HttpResponse:
    """The paper of a notice, to be printed also before its first day."""
    return paper_of(request, _find_notice(find_compound(request, code), notice))


@require_http_methods(FORM)
@by_password("POST")
@in_scope
def notice_withdrawal(request: OfficeRequest, code: str, notice: str) -> HttpResponse:
    """Take a notice down before its last day, with a reason that residents read."""
    compound = find_compound(request, code)
    found = _find_notice(compound, notice)
    require(may_post(request, compound))
    sent = request.POST if request.method == "POST" else None
    form = WithdrawalForm(sent)
    if sent is not None and form.is_valid():
        try:
            withdraw_notice(found, form.cleaned_data["reason"], actor=request.user, at=request.at)
        except NoticeRefusal as problem:
            form.add_error(None, words_of(problem))
        else:
            messages.success(request, "撤下了。请把公示栏里的纸也取下来。")
            return redirect("office_notice", code=compound.code, notice=found.document.code)
    shown = {"notice": found, "form": form}
    return compound_page(request, "portal/office/notice_withdrawal.html", compound, HERE, shown)
