"""Notices: drafted by several hands, posted for good, held against their hash, proved, taken down."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from compounds.choices import Role
from compounds.models import Compound, Notice, NoticeDraft, NoticeProof
from compounds.operations import ChangedMeanwhile
from compounds.operations.notices import (
    MOST_FILES,
    AlreadyWithdrawn,
    HangsLater,
    NotHanging,
    NoticeGone,
    NoticeOver,
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
from compounds.verdicts import is_genuine
from core.hashing import sha256_text
from core.models import Document, Entry, User
from core.operations import KeptPaper, read_bytes, store_paper
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 5)
VALUES = {
    "title": "停水通知",
    "body": "11月6日9时停水。\n请提前存水。",
    "from_on": DAY,
    "until_on": DAY + timedelta(days=7),
}


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def clerk(home: Compound) -> User:
    return factories.user(Role.COMMUNITY_CLERK, home.area_code[:12], "陈社区")


@pytest.fixture
def draft(home: Compound, clerk: User) -> NoticeDraft:
    return draft_notice(home, VALUES, actor=clerk, at=AT)


def kept(colour: str = "red", name: str = "IMG_1.png") -> KeptPaper:
    return store_paper(factories.picture(colour), name=name)


def pdf_of(name: str = "施工图.pdf") -> KeptPaper:
    return store_paper(b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n0\n%%EOF", name=name)


def posted(draft: NoticeDraft, clerk: User) -> Notice:
    return post_notice(draft, NoticeDraft.objects.get(pk=draft.pk).version, actor=clerk, at=AT)


# --- Drafting -----------------------------------------------------------------------------------------------------


def test_second_of_two_is_shown_the_first_ones_change(draft: NoticeDraft, clerk: User) -> None:
    change_notice(draft, {**VALUES, "title": "停水的通知"}, 1, actor=clerk, at=AT)
    with pytest.raises(ChangedMeanwhile) as told:
        change_notice(draft, {**VALUES, "title": "停电"}, 1, actor=clerk, at=AT)
    assert told.value.entry is not None and "停水的通知" in told.value.entry.summary
    assert NoticeDraft.objects.get().title == "停水的通知"


def test_files_hang_once_each_and_up_to_a_number(draft: NoticeDraft, clerk: User) -> None:
    assert len(add_notice_files(draft, [kept(), kept(), pdf_of()], actor=clerk, at=AT)) == 2
    assert add_notice_files(draft, [kept()], actor=clerk, at=AT) == []
    many = [kept(f"#0000{n}0") for n in range(MOST_FILES - 1)]
    with pytest.raises(TooManyFiles):
        add_notice_files(draft, many, actor=clerk, at=AT)
    gone = draft.attachments.earliest("pk")
    remove_notice_file(draft, gone, actor=clerk, at=AT)
    remove_notice_file(draft, gone, actor=clerk, at=AT)
    assert draft.attachments.count() == 1
    assert NoticeDraft.objects.get().version == 3, "each change of the files makes an unread version"


def test_what_is_deleted_takes_nothing_more(draft: NoticeDraft, clerk: User) -> None:
    drop_notice(draft, actor=clerk, at=AT)
    stale = NoticeDraft(pk=7, compound=draft.compound)
    for verb in (
        lambda: drop_notice(stale, actor=clerk, at=AT),
        lambda: change_notice(stale, VALUES, 1, actor=clerk, at=AT),
        lambda: add_notice_files(stale, [kept()], actor=clerk, at=AT),
        lambda: post_notice(stale, 1, actor=clerk, at=AT),
    ):
        with pytest.raises(NoticeGone):
            verb()


# --- Posting ------------------------------------------------------------------------------------------------------


def test_posting_freezes_words_files_and_hash(draft: NoticeDraft, clerk: User) -> None:
    add_notice_files(draft, [kept(), pdf_of()], actor=clerk, at=AT)
    notice = posted(draft, clerk)
    document = notice.document
    said = json.loads(document.data)
    assert document.kind == "notice" and document.sha256 == sha256_text(document.data)
    assert (said["title"], said["body"], said["from"]) == ("停水通知", VALUES["body"], "2026-11-05")
    assert said["issuer"] == "八角南里社区居民委员会"
    assert [(f["title"], f["type"]) for f in said["files"]] == [("照片1", "image/jpeg"), ("施工图", "application/pdf")]
    assert [row.title for row in notice.files.all()] == ["照片1", "施工图"]
    assert not NoticeDraft.objects.exists() and is_genuine(document)
    assert read_bytes(document.files.get().sha256).startswith(b"%PDF-")
    entry = Entry.objects.get(action="notice.post")
    assert entry.actor == clerk and document.sha256 in entry.data
    with pytest.raises(NoticeGone):
        post_notice(draft, 2, actor=clerk, at=AT)


@pytest.mark.usefixtures("quick_pdf")
def test_only_the_version_that_was_read_is_posted(draft: NoticeDraft, clerk: User) -> None:
    """Also where the draft changes while its paper is being set."""
    add_notice_files(draft, [kept()], actor=clerk, at=AT)
    with pytest.raises(ChangedMeanwhile):
        post_notice(draft, 1, actor=clerk, at=AT)
    assert not Notice.objects.exists() and not Document.objects.exists()


def test_draft_changed_while_its_paper_is_set_is_not_posted(
    draft: NoticeDraft, clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core import pdf

    def render(html: str, **_: object) -> pdf.Pdf:
        change_notice(draft, {**VALUES, "title": "别的"}, 1, actor=clerk, at=AT)
        return pdf.Pdf(b"%PDF-1.7", 1)

    monkeypatch.setattr(pdf, "render", render)
    with pytest.raises(ChangedMeanwhile):
        post_notice(draft, 1, actor=clerk, at=AT)
    assert not Notice.objects.exists()


@pytest.mark.usefixtures("quick_pdf")
def test_hangs_from_today_at_the_earliest_and_never_after_its_last_day(home: Compound, clerk: User) -> None:
    week = timedelta(days=7)
    early = draft_notice(home, {**VALUES, "from_on": DAY - week}, actor=clerk, at=AT)
    assert posted(early, clerk).from_on == DAY
    over = draft_notice(home, {**VALUES, "from_on": DAY - week, "until_on": DAY - week}, actor=clerk, at=AT)
    with pytest.raises(NoticeOver):
        posted(over, clerk)


@pytest.mark.usefixtures("quick_pdf")
@pytest.mark.parametrize(
    ("role", "length", "issuer"),
    [
        (Role.COMMUNITY_SECRETARY, 12, "八角南里社区居民委员会"),
        (Role.STREET_STAFF, 9, "办事处"),
        (Role.COMMITTEE_HEAD, 14, "自管会"),
    ],
)
def test_paper_is_signed_by_whom_the_poster_works_for(home: Compound, role: str, length: int, issuer: str) -> None:
    user = factories.user(role, home.area_code[:length])
    notice = posted(draft_notice(home, VALUES, actor=user, at=AT), user)
    assert json.loads(notice.document.data)["issuer"].endswith(issuer)


@pytest.mark.usefixtures("quick_pdf")
def test_hanging_days(home: Compound, clerk: User) -> None:
    posted(draft_notice(home, VALUES, actor=clerk, at=AT), clerk)
    posted(draft_notice(home, {**VALUES, "until_on": None}, actor=clerk, at=AT), clerk)
    last = VALUES["until_on"]
    assert isinstance(last, date)
    days = {DAY - timedelta(days=1): 0, DAY: 2, last: 2, last + timedelta(days=1): 1}
    assert {day: Notice.objects.hanging(day).count() for day in days} == days


# --- Verifying ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick_pdf")
@pytest.mark.parametrize("what", ["data", "title", "files", "bytes"])
def test_control_whatever_is_altered_is_told(draft: NoticeDraft, clerk: User, what: str) -> None:
    """Rows cannot be changed in the database, so altered ones are put in the place of what is read."""
    add_notice_files(draft, [kept()], actor=clerk, at=AT)
    document = posted(draft, clerk).document
    assert is_genuine(document)
    if what == "data":
        document.data = document.data.replace("停水", "停电")
    elif what == "title":
        document.data = document.data.replace("停水通知", "停电通知")
        document.sha256 = sha256_text(document.data)
    elif what == "files":
        said = json.loads(document.data)
        said["files"] = []
        document.data = json.dumps(said)
        document.sha256 = sha256_text(document.data)
    else:
        from django.core.files.storage import default_storage

        from core.operations import file_name

        default_storage.delete(file_name(document.files.get().sha256))
    assert not is_genuine(document)


# --- Taking down, proving -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick_pdf")
def test_taken_down_once_with_a_reason(draft: NoticeDraft, clerk: User) -> None:
    notice = posted(draft, clerk)
    withdraw_notice(notice, "来水了", actor=clerk, at=AT)
    assert not Notice.objects.hanging(DAY).exists()
    with pytest.raises(AlreadyWithdrawn):
        withdraw_notice(notice, "来水了", actor=clerk, at=AT)


@pytest.mark.usefixtures("quick_pdf")
def test_what_hangs_no_more_is_not_taken_down(draft: NoticeDraft, clerk: User) -> None:
    notice = posted(draft, clerk)
    with pytest.raises(NotHanging):
        withdraw_notice(notice, "来水了", actor=clerk, at=AT + timedelta(days=30))


@pytest.mark.usefixtures("quick_pdf")
def test_photograph_proves_one_notice_at_one_place(home: Compound, draft: NoticeDraft, clerk: User) -> None:
    notice = posted(draft, clerk)
    other = posted(draft_notice(home, {**VALUES, "title": "停电"}, actor=clerk, at=AT), clerk)
    assert len(prove_notice(notice, "东门", DAY, [kept()], actor=clerk, at=AT)) == 1
    assert prove_notice(notice, "东门", DAY, [kept()], actor=clerk, at=AT) == []
    for shown, place in ((notice, "西门"), (other, "东门")):
        with pytest.raises(ShownElsewhere):
            prove_notice(shown, place, DAY, [kept()], actor=clerk, at=AT)
    with pytest.raises(HangsLater):
        prove_notice(notice, "西门", DAY - timedelta(days=1), [kept("blue")], actor=clerk, at=AT)
    assert NoticeProof.objects.count() == 1
