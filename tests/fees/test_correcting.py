"""第N次更正: the next version keeps the books to the cent, says what was wrong, and is recomputed like the first."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from compounds.models import Compound
from core.models import Document, Entry, User
from core.operations import machine, read_bytes
from fees.documents import BookPart, Ledger, data_hash, read_ledger
from fees.models import CorrectionDraft, Voucher
from fees.models import Ledger as LedgerRow
from fees.operations import (
    CorrectionData,
    CorrectionRefused,
    SamePerson,
    delete_correction,
    issue_correction,
    issue_ledger,
    post_draft,
    reverse_voucher,
    save_correction,
)
from fees.rules import Span
from fees.verdicts import compare_file, verify_document
from fees.verification import verify_books
from tests import factories
from tests.factories import AT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_pdf")]
LATER = AT + timedelta(days=7)


@dataclass
class Stock:
    """An issued October, a voucher of it that was wrong, its red voucher in November, and two people."""

    home: Compound
    ledger: LedgerRow
    wrong: Voucher
    red: Voucher
    keeper: User
    head: User

    def data(self, **more: Any) -> CorrectionData:
        return replace(CorrectionData(self.wrong, "把345.00元录成了5,200.00元"), **more)

    def read(self, row: LedgerRow) -> Ledger:
        return read_ledger(row.document.data)


@pytest.fixture
def stock() -> Stock:
    home = factories.compound()
    keeper, head = factories.people(home)
    ledger = factories.issued(home)
    wrong = Voucher.objects.get(book__compound=home, lines__account_name="治安防范")
    draft = reverse_voucher(wrong, date(2026, 11, 3), actor=machine("system"), at=AT)
    red = post_draft(draft.pk, actor=machine("system-2"), at=AT)
    return Stock(home, ledger, wrong, red, keeper, head)


@pytest.fixture
def corrected(stock: Stock) -> LedgerRow:
    save_correction(stock.ledger, stock.data(text="10月秩序维护费", booked=stock.red), actor=stock.keeper, at=LATER)
    row, made = issue_correction(stock.ledger, actor=stock.head, at=LATER)
    assert made
    return row


def test_the_books_stay_to_the_cent(stock: Stock, corrected: LedgerRow) -> None:
    first, second = stock.read(stock.ledger), stock.read(corrected)
    for one, other in zip(first.books, second.books, strict=True):
        assert all(getattr(one, name) == getattr(other, name) for name in BookPart.MONEY)
        for before, after in zip(one.lines, other.lines, strict=True):
            assert replace(after, summary="", was="") == replace(before, summary="", was="")
    changed = [x for x in second.book("service").lines if x.was]
    assert [(x.number, x.summary, x.was) for x in changed] == [(stock.wrong.number, "10月秩序维护费", "9月秩序维护费")]
    assert (second.sources, second.notice_expense, second.told) == (first.sources, first.notice_expense, first.told)
    assert (second.version, second.correction_number) == (2, 1) and second.code != first.code


def test_the_list_says_what_and_where(stock: Stock, corrected: LedgerRow) -> None:
    (row,) = json.loads(corrected.document.data)["corrections"]
    assert row == {
        "version": 2, "book": "service", "number": stock.wrong.number, "on": "2026-10-12", "amount": "5200.00",
        "reason": "把345.00元录成了5,200.00元", "line": 1, "was": "9月秩序维护费", "text": "10月秩序维护费",
        "booked": {"period": "2026-11", "number": stock.red.number, "on": "2026-11-03", "amount": "-5200.00"},
    }  # fmt: skip
    files = {file.format: read_bytes(file.sha256) for file in corrected.document.files.all()}
    assert files["json"].decode() == corrected.document.data
    html = files["html"].decode()
    assert "第1次更正" in html and "把345.00元录成了5,200.00元" in html and "各项合计和结余没有变" in html
    table = list(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    assert any(cells[3] == "更正" and "记在2026-11" in cells[5] for cells in table)
    assert any(cells[5] == "10月秩序维护费" for cells in table)
    assert not CorrectionDraft.objects.exists()
    assert Entry.objects.filter(action="ledger.issue", summary__contains="第1次更正").exists()


def test_both_versions_are_recomputed_and_only_the_new_one_is_the_latest(stock: Stock, corrected: LedgerRow) -> None:
    old, new = verify_document(stock.ledger.document), verify_document(corrected.document)
    assert (old.outcome, old.is_latest, old.newer) == ("genuine", False, 2)
    assert (new.outcome, new.is_latest) == ("genuine", True)
    assert [c.key for c in new.checks if c.key == "corrections" and c.ok and c.count == 1] == ["corrections"]
    assert verify_books().bad == []
    assert compare_file(corrected.document.data.encode()).outcome == "identical"


def test_another_person_posts_it_and_only_once(stock: Stock) -> None:
    save_correction(stock.ledger, stock.data(booked=stock.red), actor=stock.keeper, at=LATER)
    with pytest.raises(SamePerson):
        issue_correction(stock.ledger, actor=stock.keeper, at=LATER)
    assert LedgerRow.objects.filter(code="2026-10").count() == 1
    row, made = issue_correction(stock.ledger, actor=stock.head, at=LATER)
    again, made_again = issue_correction(stock.ledger, actor=stock.head, at=LATER)
    assert made and not made_again and again == row
    # The next one builds on it.
    save_correction(row, stock.data(text="10月的秩序维护费"), actor=stock.keeper, at=LATER)
    third, _ = issue_correction(row, actor=stock.head, at=LATER)
    assert [c["version"] for c in json.loads(third.document.data)["corrections"]] == [2, 3]
    assert [verify_document(d).outcome for d in Document.objects.filter(kind="ledger")] == ["genuine"] * 3
    assert verify_books().bad == []


def test_a_later_quarter_tells_what_its_months_were_corrected_in(stock: Stock, corrected: LedgerRow) -> None:
    """The quarter's words stay as posted; the month's list stands on page, print, table and JSON, and is recomputed."""
    for month in (11, 12):
        factories.some_month(stock.home, date(2026, month, 1))
        factories.close(stock.home, date(2026, month, 1))
    quarter, _ = issue_ledger(stock.home, Span.parse("2026-Q4"), actor=machine("system"), at=LATER)
    (row,) = json.loads(quarter.document.data)["corrected"]
    assert (row["period"], row["number"], row["text"]) == ("2026-10", stock.wrong.number, "10月秩序维护费")
    read = stock.read(quarter)
    assert (read.corrections, read.correction_number) == ((), 0)
    files = {file.format: read_bytes(file.sha256).decode("utf-8-sig") for file in quarter.document.files.all()
             if file.format != "pdf"}  # fmt: skip
    assert "2026年10月公示第1次更正" in files["html"] and "各月公示更正过的" in files["html"]
    assert "2026-10公示第1次更正" in files["csv"]
    page = Client().get(f"/compounds/{stock.home.code}/ledgers/2026-Q4/").content.decode()
    assert "各月公示更正过的" in page and "10月秩序维护费" in page
    assert verify_document(quarter.document).outcome == "genuine"
    assert run_tool(quarter.document.data) == 0
    assert verify_books().bad == []
    month, _ = issue_ledger(stock.home, date(2026, 11, 1), actor=machine("system"), at=LATER)
    assert json.loads(month.document.data)["corrected"] == []


def test_words_corrected_twice_keep_the_first_ones(stock: Stock, corrected: LedgerRow) -> None:
    save_correction(corrected, stock.data(text="10月的秩序维护费"), actor=stock.keeper, at=LATER)
    third, _ = issue_correction(corrected, actor=stock.head, at=LATER)
    (line,) = [x for x in stock.read(third).book("service").lines if x.was]
    assert (line.summary, line.was) == ("10月的秩序维护费", "9月秩序维护费")
    assert verify_document(third.document).outcome == "genuine"
    assert run_tool(third.document.data) == 0


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("nothing", lambda s: s.data()),
        ("outside", lambda s: s.data(voucher=s.red, text="x")),
        ("line", lambda s: s.data(text="x", position=2)),
        ("words", lambda s: s.data(text="9月秩序维护费")),
        ("booked", lambda s: s.data(booked=s.wrong)),
        ("booked", lambda s: s.data(booked=factories.post(s.home, [factories.data(s.home, date(2026, 11, 4), "104", "1.00", book="committee")])[0])),
    ],
)  # fmt: skip
def test_what_no_ledger_may_say_is_refused(stock: Stock, why: str, change: Callable[[Stock], CorrectionData]) -> None:
    with pytest.raises(CorrectionRefused) as refusal:
        save_correction(stock.ledger, change(stock), actor=stock.keeper, at=LATER)
    assert refusal.value.why == why and not CorrectionDraft.objects.exists()


def test_a_replaced_version_and_a_voucher_twice_are_refused(stock: Stock, corrected: LedgerRow) -> None:
    with pytest.raises(CorrectionRefused) as refusal:
        save_correction(stock.ledger, stock.data(text="x"), actor=stock.keeper, at=LATER)
    assert refusal.value.why == "replaced"
    draft = save_correction(corrected, stock.data(text="x"), actor=stock.keeper, at=LATER)
    with pytest.raises(CorrectionRefused) as refusal:
        save_correction(corrected, stock.data(text="y"), actor=stock.keeper, at=LATER)
    assert refusal.value.why == "twice"
    delete_correction(draft, actor=stock.keeper, at=LATER)
    with pytest.raises(CorrectionRefused) as refusal:
        issue_correction(corrected, actor=stock.head, at=LATER)
    assert refusal.value.why == "nothing"


# --- What was tampered with is found ------------------------------------------------------------------------------


def run_tool(text: str) -> int:
    path = Path(settings.VAR) / "correction.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    script = str(Path(settings.BASE_DIR) / "tools" / "verify_ledger.py")
    return subprocess.run([sys.executable, "-I", script, str(path)], capture_output=True, check=False).returncode


def _booked_earlier(data: dict[str, Any]) -> None:
    data["corrections"][0]["booked"] |= {"on": "2026-10-20", "period": "2026-10"}


def _another_number(data: dict[str, Any]) -> None:
    data["corrections"][0]["number"] = 99


def _other_words(data: dict[str, Any]) -> None:
    data["corrections"][0]["text"] = "别的"


def _no_list(data: dict[str, Any]) -> None:
    data["corrections"] = []


CHANGES = [_booked_earlier, _another_number, _other_words, _no_list]


@pytest.mark.parametrize("change", CHANGES)
def test_the_tool_finds_a_changed_list(corrected: LedgerRow, change: Callable[[dict[str, Any]], None]) -> None:
    assert run_tool(corrected.document.data) == 0
    data = json.loads(corrected.document.data)
    change(data)
    assert run_tool(json.dumps(data | {"sha256": data_hash(data)}, ensure_ascii=False)) == 1


def _another_amount(data: dict[str, Any]) -> None:
    data["corrections"][0]["booked"]["amount"] = "-1.00"


def _words_never_posted(data: dict[str, Any]) -> None:
    data["corrections"][0]["was"] = "从来没有写过"


@pytest.mark.parametrize("change", [*CHANGES, _another_amount, _words_never_posted])
def test_the_verdict_finds_a_changed_list(corrected: LedgerRow, change: Callable[[dict[str, Any]], None]) -> None:
    data = json.loads(corrected.document.data)
    change(data)
    data["sha256"] = data_hash(data)
    document = corrected.document
    document.data, document.sha256 = json.dumps(data, ensure_ascii=False), data["sha256"]
    failed = {check.key for check in verify_document(document).checks if not check.ok}
    assert failed & {"corrections", "lines", "hash"} - {"files"}, failed
    assert "corrections" in failed or "lines" in failed


def test_amounts_are_those_of_the_vouchers(stock: Stock, corrected: LedgerRow) -> None:
    (row,) = stock.read(corrected).corrections
    assert row.amount == stock.wrong.amount and row.booked is not None and row.booked.amount == Decimal("-5200.00")
