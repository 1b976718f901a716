"""Issuing a ledger: once, whole or not at all, from a closed month only."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from compounds.models import Compound
from core import pdf
from core.hashing import sha256_bytes
from core.models import Document, DocumentFile, Entry, Job
from core.operations import machine, read_bytes
from fees.documents import data_hash, read_ledger
from fees.models import Ledger
from fees.operations import NotClosed, issue_ledger, prepare_period, start_publishing, withdraw_approval
from fees.operations import ensure_period as period_of
from tests import factories
from tests.factories import AT

OCTOBER = date(2026, 10, 1)


@pytest.fixture
def home(db: None) -> Compound:
    home = factories.compound()
    factories.some_month(home)
    return home


def issue(home: Compound) -> tuple[Ledger, bool]:
    return issue_ledger(home, OCTOBER, actor=machine("system"), at=AT)


def test_a_ledger_is_issued_once(home: Compound, quick_pdf: None) -> None:
    factories.close(home)
    ledger, made = issue(home)
    again, made_again = issue(home)
    assert (made, made_again) == (True, False)
    assert again == ledger
    assert (Ledger.objects.count(), Document.objects.count(), DocumentFile.objects.count()) == (1, 1, 4)
    assert Entry.objects.filter(action="ledger.issue").count() == 1


def test_all_four_files_are_stored_and_say_the_same(home: Compound) -> None:
    """With the real typesetter: the bytes lie under their hash, and the rows name exactly these bytes."""
    factories.close(home)
    ledger, _ = issue(home)
    document = ledger.document
    files = {file.format: file for file in document.files.all()}
    assert set(files) == {"pdf", "html", "csv", "json"}
    for file in files.values():
        content = read_bytes(file.sha256)
        assert (sha256_bytes(content), len(content)) == (file.sha256, file.size)
    assert read_bytes(files["json"].sha256).decode() == document.data
    data = json.loads(document.data)
    assert data["sha256"] == document.sha256 == data_hash(data)
    assert (data["code"], data["period"], data["version"]) == (document.code, "2026-10", 1)
    assert document.area_code == home.area_code
    sheet = PdfReader(_file(read_bytes(files["pdf"].sha256)))
    assert len(sheet.pages) == files["pdf"].pages >= 1
    text = "".join(page.extract_text() for page in sheet.pages)
    assert home.name.replace("（演示）", "") in text
    assert (ledger.posted_on, ledger.posted_until) == (date(2026, 11, 5), date(2026, 11, 19))
    assert read_ledger(document.data).verify_url.endswith(f"/verify/{document.code}/")


def _file(content: bytes):  # type: ignore[no-untyped-def]
    import io

    return io.BytesIO(content)


def test_an_open_or_prepared_month_is_not_issued(home: Compound, quick_pdf: None) -> None:
    def refused() -> None:
        with pytest.raises(NotClosed) as refusal:
            issue(home)
        assert refusal.value.month == OCTOBER

    refused()
    reasons = {"not_reconciled": "a", "not_counted": "a", "no_evidence": "a", "no_signatures": "a", "no_source": "a"}
    period = period_of(home, OCTOBER)
    prepare_period(period, reasons, actor=machine("system"), at=AT)
    refused()
    assert not Ledger.objects.exists() and not Document.objects.exists()


def test_an_approval_withdrawn_while_the_sheet_was_set_issues_nothing(
    home: Compound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Setting the type takes seconds and holds no lock; what happened meanwhile is looked at again."""
    period = factories.close(home)

    def render(html: str, **_: object) -> pdf.Pdf:
        withdraw_approval(period, "漏了一笔", actor=machine("system-2"), at=AT)
        return pdf.Pdf(b"%PDF", 1)

    monkeypatch.setattr(pdf, "render", render)
    with pytest.raises(NotClosed):
        issue(home)
    assert not Ledger.objects.exists() and not Document.objects.exists()


def test_someone_else_issued_it_while_the_sheet_was_set(home: Compound, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.close(home)
    plain = pdf.Pdf(b"%PDF", 1)
    turns = []

    def render(html: str, **_: object) -> pdf.Pdf:
        if not turns:
            turns.append(1)
            assert issue(home)[1]
        return plain

    monkeypatch.setattr(pdf, "render", render)
    ledger, made = issue(home)
    assert not made and Ledger.objects.get() == ledger


def test_a_sheet_that_cannot_be_set_leaves_no_row(home: Compound, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.close(home)

    def render(html: str, **_: object) -> pdf.Pdf:
        raise pdf.PdfFault("no glyph")

    monkeypatch.setattr(pdf, "render", render)
    with pytest.raises(pdf.PdfFault):
        issue(home)
    assert not Ledger.objects.exists() and not Document.objects.exists() and not DocumentFile.objects.exists()
    assert not Entry.objects.filter(action="ledger.issue").exists()


def test_a_full_disk_leaves_no_row_that_points_to_nothing(
    home: Compound, monkeypatch: pytest.MonkeyPatch, own_files: Path, quick_pdf: None
) -> None:
    """R4: bytes first, the row after; when the space is there again the same call succeeds."""
    factories.close(home)
    kept = []

    def fsync(descriptor: int) -> None:
        kept.append(descriptor)
        if len(kept) > 4:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.storage.os.fsync", fsync)
    with pytest.raises(OSError, match="No space"):
        issue(home)
    assert not Ledger.objects.exists() and not DocumentFile.objects.exists()
    monkeypatch.undo()
    monkeypatch.setattr(pdf, "render", lambda html, **_: pdf.Pdf(b"%PDF", 1))
    ledger, made = issue(home)
    assert made and all(read_bytes(file.sha256) for file in ledger.document.files.all())
    assert not list((own_files / "documents").rglob("*.tmp"))


def test_figures_that_no_longer_fit_are_never_posted(home: Compound, quick_pdf: None) -> None:
    """A voucher smuggled into the closed month: the ledger is not made rather than made wrong."""
    from fees.operations import Posting, posting

    factories.close(home)
    data = factories.data(home, date(2026, 10, 6), "101", "1.00")
    posting._append(
        [Posting(data, data.book, "income", data.money_account, "smuggled")],
        entered_by=machine("system"), entered_at=AT, reviewed_by=machine("system-2"), at=AT,
    )  # fmt: skip
    with pytest.raises(ValueError, match="differ from the closed figures"):
        issue(home)
    assert not Ledger.objects.exists()


def test_a_later_month_does_not_change_what_hangs(home: Compound, quick_pdf: None) -> None:
    factories.close(home)
    ledger, _ = issue(home)
    before = ledger.document.data
    factories.some_month(home, date(2026, 11, 1))
    factories.close(home, date(2026, 11, 1))
    issue_ledger(home, date(2026, 11, 1), actor=machine("system"), at=AT + timedelta(days=30))
    assert Document.objects.get(pk=ledger.document_id).data == before
    assert issue(home) == (ledger, False)


def test_starting_twice_while_it_waits_is_one_job(home: Compound) -> None:
    factories.close(home)
    first = start_publishing(OCTOBER, factories.STREET, [home], actor=machine("system"), at=AT)
    assert start_publishing(OCTOBER, factories.STREET, [home], actor=machine("system"), at=AT) == first
    assert Job.objects.tops().count() == 1
    assert home.code in first.args and home.name not in first.args
