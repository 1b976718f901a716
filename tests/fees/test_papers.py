"""Papers of drafts and vouchers: superseded by a link, handed in late, used twice; a voucher's hash never changes."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest
from django.db import IntegrityError, transaction

from compounds.models import Compound
from core.models import Attachment, Entry, User
from core.operations import AlreadySuperseded, AttachmentRefused, enter_attachment, paper_number
from fees.documents import doubles_of, papers_of_draft, papers_of_voucher
from fees.models import Draft, Voucher, VoucherEvidence
from fees.operations import (
    DraftGone,
    PaperGone,
    TooManyPapers,
    add_evidence,
    add_papers,
    delete_draft,
    post_draft,
    remove_paper,
    reverse_voucher,
    save_draft,
    stored_of,
    supersede_in_draft,
    supersede_in_voucher,
)
from fees.operations.papers import MOST_PAPERS
from fees.verification import verify_books
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 25)
_bytes = count(1)


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def people(home: Compound) -> tuple[User, User]:
    return factories.people(home)


def paper(home: Compound, number: str = "25117", kind: str = "e_invoice", sha256: str = "") -> Attachment:
    """Write a paper's row without bytes; other bytes at each call."""
    return Attachment.objects.create(
        kind=kind, number=number, name="a.jpg", content_type="image/jpeg", size=1,
        sha256=sha256 or f"{next(_bytes):064x}", area_code=home.area_code, added_by=factories.user(), added_at=AT,
    )  # fmt: skip


def draft(home: Compound, keeper: User, *papers: Attachment) -> Draft:
    data = factories.data(home, OCTOBER, "202", "5.00", attachments=papers, reason="演示")
    return save_draft(data, hand_in=True, actor=keeper, at=AT)


def voucher(home: Compound, people: tuple[User, User], *papers: Attachment) -> Voucher:
    return post_draft(draft(home, people[0], *papers).pk, actor=people[1], at=AT)


# --- Drafts -------------------------------------------------------------------------------------------------------


def test_a_number_is_compared_as_it_is_meant() -> None:
    assert paper_number(" ２５１１７ａ b ") == "25117AB"
    for wrong in ("1" * 61, "a\0b", "\ud800"):
        with pytest.raises(AttachmentRefused):
            paper_number(wrong)


def test_papers_sent_twice_hang_once_and_make_the_draft_another(home: Compound, people: tuple[User, User]) -> None:
    made = draft(home, people[0])
    one = paper(home)
    other = factories.user(name="高素芬")
    assert add_papers(made, [one], actor=other, at=AT) == [one]
    assert add_papers(made, [paper(home, sha256=one.sha256)], actor=other, at=AT) == []
    made.refresh_from_db()
    assert list(made.attachments.all()) == [one]
    assert made.entered_by == other, "who changed it last entered it, and cannot review it"


def test_a_form_that_was_open_meanwhile_takes_nothing_off(home: Compound, people: tuple[User, User]) -> None:
    made = draft(home, people[0])
    add_papers(made, [paper(home)], actor=people[0], at=AT)
    save_draft(factories.data(home, OCTOBER, "202", "6.00"), draft=made, hand_in=False, actor=people[0], at=AT)
    assert made.attachments.count() == 1


def test_a_paper_is_superseded_never_altered(home: Compound, people: tuple[User, User]) -> None:
    wrong = paper(home, "25171")
    made = draft(home, people[0], wrong)
    right = supersede_in_draft(made, wrong, stored_of(wrong), kind="receipt", number="25117", actor=people[0], at=AT)
    better = supersede_in_draft(made, right, stored_of(right), kind="receipt", number="25118", actor=people[0], at=AT)
    assert (right.sha256, right.supersedes) == (wrong.sha256, wrong)
    wrong.refresh_from_db()
    assert (wrong.kind, wrong.number) == ("e_invoice", "25171")
    (shown,) = papers_of_draft(made)
    assert (shown.paper, shown.earlier) == (better, (right, wrong))
    assert Entry.objects.filter(action="attachment.supersede").count() == 2


def test_one_place_is_taken_once(home: Compound, people: tuple[User, User]) -> None:
    wrong = paper(home)
    made = draft(home, people[0], wrong)
    how = {"kind": "receipt", "number": "1", "actor": people[0], "at": AT}
    supersede_in_draft(made, wrong, stored_of(wrong), **how)  # type: ignore[arg-type]
    with pytest.raises(PaperGone):
        supersede_in_draft(made, wrong, stored_of(wrong), **how)  # type: ignore[arg-type]
    with pytest.raises(AlreadySuperseded):
        enter_attachment(stored_of(wrong), area_code=home.area_code, supersedes=wrong, **how)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.create(
            name="b", content_type="image/jpeg", size=1, sha256="1" * 64, area_code=home.area_code, supersedes=wrong,
            added_by=people[0], added_at=AT,
        )  # fmt: skip


def test_a_paper_is_taken_off_a_draft_and_stays_in_the_store(home: Compound, people: tuple[User, User]) -> None:
    one = paper(home)
    made = draft(home, people[0], one)
    remove_paper(made, one, actor=people[0], at=AT)
    assert not made.attachments.exists() and Attachment.objects.filter(pk=one.pk).exists()
    assert Entry.objects.filter(action="draft.paper_removed").count() == 1
    with pytest.raises(PaperGone):
        remove_paper(made, one, actor=people[0], at=AT)


def test_a_draft_that_is_gone_and_too_many_papers_are_refused(home: Compound, people: tuple[User, User]) -> None:
    made = draft(home, people[0])
    with pytest.raises(TooManyPapers):
        add_papers(made, [paper(home) for _ in range(MOST_PAPERS + 1)], actor=people[0], at=AT)
    assert not made.attachments.exists()
    gone = Draft.objects.select_related("book__compound").get(pk=made.pk)
    delete_draft(made, actor=people[0], at=AT)
    with pytest.raises(DraftGone):
        add_papers(gone, [paper(home)], actor=people[0], at=AT)


# --- Posted vouchers ----------------------------------------------------------------------------------------------


def test_papers_come_late_to_a_voucher_and_its_hash_stays(home: Compound, people: tuple[User, User]) -> None:
    first = factories.paper(home, "0417")
    posted = voucher(home, people, first)
    before = Voucher.objects.filter(pk=posted.pk).values().get()
    late = factories.paper(home, "0418", "navy")
    assert add_evidence(posted, [late, late], actor=people[0], at=AT) == [late]
    assert add_evidence(posted, [late], actor=people[0], at=AT) == []
    right = supersede_in_voucher(posted, first, stored_of(first), kind="receipt", number="0471", actor=people[0], at=AT)
    assert Voucher.objects.filter(pk=posted.pk).values().get() == before
    shown = papers_of_voucher(posted)
    assert [(p.paper, p.late, p.earlier) for p in shown] == [(late, True, ()), (right, True, (first,))]
    assert verify_books(home).bad == []


def test_control_a_paper_slipped_in_beside_the_history_is_found(home: Compound, people: tuple[User, User]) -> None:
    posted = voucher(home, people)
    VoucherEvidence.objects.create(voucher=posted, kind="receipt", number="1", attachment=factories.paper(home))
    (fault,) = verify_books(home).bad
    assert "记账后补的" in fault.what and fault.number == posted.number


# --- Used twice ---------------------------------------------------------------------------------------------------


def test_the_same_number_in_another_compound_is_found(home: Compound, people: tuple[User, User]) -> None:
    elsewhere = factories.compound("11010700401001", "古城一院（演示）")
    theirs = factories.people(elsewhere)
    voucher(elsewhere, theirs, paper(elsewhere, "25117"), paper(elsewhere, "25118", kind="receipt"))
    draft(elsewhere, theirs[0], paper(elsewhere, "25119"))
    papers = [paper(home, "25117"), paper(home, "25118"), paper(home, "25119"), paper(home, "")]
    made = draft(home, people[0], *papers)
    found = doubles_of(papers, draft=made)
    assert [(d.paper.number, d.same_bytes, [u.what for u in d.uses]) for d in found] == [
        ("25117", False, ["2026年第1号凭证"]),
        ("25119", False, ["一张草稿"]),
    ]
    assert found[0].uses[0].compound == elsewhere.code


def test_the_same_picture_is_found_whatever_its_number(home: Compound, people: tuple[User, User]) -> None:
    once = paper(home, "1")
    posted = voucher(home, people, once)
    again = paper(home, "2", sha256=once.sha256)
    (found,) = doubles_of([again], draft=draft(home, people[0], again))
    assert found.same_bytes and found.uses[0].what == f"2026年第{posted.number}号凭证"
    assert doubles_of([once], voucher=posted)[0].uses[0].what == "一张草稿"


def test_what_hangs_nowhere_was_put_right_or_was_reversed_counts_no_more(
    home: Compound, people: tuple[User, User]
) -> None:
    paper(home, "25117")  # uploaded, and then the form was left
    wrong = paper(home, "25118")
    theirs = draft(home, people[0], wrong)
    supersede_in_draft(theirs, wrong, stored_of(wrong), kind="e_invoice", number="9", actor=people[0], at=AT)
    reversed_one = voucher(home, people, paper(home, "25119"))
    red = reverse_voucher(reversed_one, OCTOBER, actor=people[0], at=AT)
    papers = [paper(home, number) for number in ("25117", "25118", "25119")]
    anew = draft(home, people[0], *papers)
    assert [d.paper.number for d in doubles_of(papers, draft=anew)] == ["25119"]
    post_draft(red.pk, actor=people[1], at=AT)
    assert doubles_of(papers, draft=anew) == []
