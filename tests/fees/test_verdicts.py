"""A posted ledger is recomputed each time, and any change to it, to its vouchers or to its files is named."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.insert_only import insert_only_models, trigger_names
from core.models import Document, DocumentFile
from core.operations import file_name, machine, read_bytes
from fees.documents import BookPart, Ledger, data_hash
from fees.models import Ledger as LedgerRow
from fees.models import Voucher, VoucherLine
from fees.operations import issue_ledger
from fees.verdicts import Verdict, adds_up, compare_file, verify_document
from tests import factories
from tests.fees.example_ledger import example_ledger, ledger_with_everything, long_ledger

SEED = 20261105


# --- The sums of a ledger, from its data alone --------------------------------------------------------------------


@pytest.mark.parametrize(
    "ledger", [example_ledger(), ledger_with_everything(), long_ledger(40)], ids=["month", "everything", "long"]
)
def test_a_ledger_as_posted_adds_up(ledger: Ledger) -> None:
    assert adds_up(ledger)


def with_book(ledger: Ledger, change: Callable[[BookPart], BookPart]) -> Ledger:
    return replace(ledger, books=(ledger.books[0], change(ledger.books[1])))


@pytest.mark.parametrize(
    "name",
    ["opening", "income", "expense", "transfers_in", "transfers_out", "held_in", "held_out", "closing", "cash", "bank"],
)
def test_one_cent_in_any_total_shows(name: str) -> None:
    def change(book: BookPart) -> BookPart:
        return replace(book, **{name: getattr(book, name) + Decimal("0.01")})

    assert not adds_up(with_book(ledger_with_everything(), change))


@pytest.mark.parametrize("position", range(len(example_ledger().books[1].lines)))
@pytest.mark.parametrize("name", ["amount", "balance"])
def test_one_cent_in_any_line_shows(position: int, name: str) -> None:
    def change(book: BookPart) -> BookPart:
        lines = list(book.lines)
        lines[position] = replace(lines[position], **{name: getattr(lines[position], name) + Decimal("0.01")})
        return replace(book, lines=tuple(lines))

    assert not adds_up(with_book(example_ledger(), change))


@pytest.mark.parametrize("name", ["received", "spent"])
def test_one_cent_in_a_source_or_service_line_shows(name: str) -> None:
    ledger = example_ledger()
    first, *others = ledger.sources
    changed = replace(first, **{name: getattr(first, name) + Decimal("0.01")})
    assert not adds_up(replace(ledger, sources=(changed, *others)))
    line, *rest = ledger.service_lines
    assert not adds_up(replace(ledger, service_lines=(replace(line, spent=line.spent + Decimal("0.01")), *rest)))


# --- A document and the vouchers behind it ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def october(module_db: Path) -> int:
    """The key of October's ledger of a compound that has September's before it."""
    home = factories.compound()
    factories.issued(home, date(2026, 9, 1))
    return factories.issued(home, date(2026, 10, 1)).pk


@pytest.fixture
def row(october: int) -> Iterator[LedgerRow]:
    """October's ledger, to be changed at will: everything is undone, dropped triggers too."""
    with transaction.atomic():
        yield LedgerRow.objects.select_related("document", "compound").get(pk=october)
        transaction.set_rollback(True)


def judged(row: LedgerRow) -> Verdict:
    return verify_document(Document.objects.select_related("ledger__compound").get(pk=row.document_id))


def failed(verdict: Verdict) -> set[str]:
    return {check.key for check in verdict.checks if not check.ok}


def test_what_was_posted_is_genuine(row: LedgerRow) -> None:
    verdict = judged(row)
    assert verdict.outcome == "genuine"
    assert failed(verdict) == set()
    assert verdict.is_genuine
    assert verdict.is_latest
    keys = [check.key for check in verdict.checks]
    assert keys == ["registered", "sums", "opening", "numbers", "lines", "chain", "hash", "files"]
    opening = verdict.checks[2]
    assert opening.month == date(2026, 9, 1)


def test_the_first_ledger_is_held_against_the_books(row: LedgerRow) -> None:
    first = LedgerRow.objects.get(compound=row.compound, code="2026-09")
    verdict = judged(first)
    assert verdict.outcome == "genuine"
    assert verdict.checks[2].key == "opening_books"


def test_a_ledger_issued_before_the_month_before_it_is_genuine(row: LedgerRow) -> None:
    home = factories.compound(f"{factories.COMMUNITY}02", "春和院（演示）")
    for month in (9, 10):
        factories.some_month(home, date(2026, month, 1))
        factories.close(home, date(2026, month, 1))
    issued, _ = issue_ledger(home, date(2026, 10, 1), actor=machine("system"), at=factories.AT)
    verdict = judged(issued)
    assert verdict.outcome == "genuine"
    assert verdict.checks[2].key == "opening_books"


def test_later_vouchers_do_not_touch_an_old_verdict(row: LedgerRow) -> None:
    factories.some_month(row.compound, date(2026, 11, 1))
    assert judged(row).outcome == "genuine"


def test_the_number_of_queries_is_fixed(row: LedgerRow) -> None:
    document = Document.objects.select_related("ledger__compound").get(pk=row.document_id)
    with CaptureQueriesContext(connection) as few:
        verify_document(document)
    first = LedgerRow.objects.select_related("document").get(compound=row.compound, code="2026-09")
    with CaptureQueriesContext(connection) as without_earlier:
        verify_document(Document.objects.select_related("ledger__compound").get(pk=first.document_id))
    assert len(few) <= 8
    assert len(without_earlier) <= 11  # areas and document come on top: 12 on a page


def without_triggers() -> None:
    """Switch the guard off, as someone with the database's password could."""
    with connection.cursor() as cursor:
        for model in insert_only_models():
            table = model._meta.db_table
            if connection.vendor == "sqlite":
                for name in trigger_names(model, "sqlite"):
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')
            else:
                cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')


def set_columns(model: Any, key: int, **values: object) -> None:
    columns = ", ".join(f'"{name}" = %s' for name in values)
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{model._meta.db_table}" SET {columns} WHERE id = %s', [*values.values(), key])


def changed_data(row: LedgerRow, change: Callable[[dict[str, Any]], None], **columns: object) -> None:
    """Change the stored data, and make its own hash fit where ``columns`` say so."""
    data = json.loads(row.document.data)
    change(data)
    set_columns(Document, row.document_id, data=json.dumps(data, ensure_ascii=False), **columns)


def a_voucher(row: LedgerRow) -> Voucher:
    """The parking money of October, which is income of one line."""
    return Voucher.objects.of(row.compound).between(date(2026, 10, 1), date(2026, 10, 31)).get(amount="6480.00")


def expense_up(data: dict[str, Any]) -> None:
    data["books"][1]["expense"] = "5300.00"


def test_changed_data_are_named(row: LedgerRow) -> None:
    without_triggers()
    changed_data(row, expense_up)
    assert failed(judged(row)) == {"sums", "hash", "files"}


def test_changed_data_with_a_hash_made_to_fit_are_named(row: LedgerRow) -> None:
    """Whoever changes a figure and every hash still does not change the vouchers."""
    without_triggers()
    data = json.loads(row.document.data)
    data["books"][1]["lines"][0]["summary"] = "别的事"
    data["sha256"] = data_hash(data)
    text = json.dumps(data, ensure_ascii=False)
    set_columns(Document, row.document_id, data=text, sha256=data["sha256"])
    assert {"lines", "files"} <= failed(judged(row))


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"payee": "另一个人"}, {"chain"}),
        ({"amount": "6480.01"}, {"chain"}),
        ({"direction": "expense"}, {"lines", "chain"}),
        ({"handler": "某某"}, {"chain"}),
        ({"hash": "0" * 64}, {"chain"}),
        ({"number": 9}, {"numbers", "lines", "chain"}),
    ],
    ids=lambda value: "-".join(sorted(value)) if isinstance(value, (dict, set)) else "",
)
def test_a_changed_voucher_is_named(row: LedgerRow, columns: dict[str, object], named: set[str]) -> None:
    without_triggers()
    set_columns(Voucher, a_voucher(row).pk, **columns)
    assert failed(judged(row)) == named


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"summary": "别的事"}, {"lines", "chain"}),
        ({"amount": "6480.01"}, {"lines", "chain"}),
        ({"account_name": "其他支出"}, {"lines", "chain"}),
        ({"source": "government"}, {"lines", "chain"}),
        ({"position": 7}, {"chain"}),
    ],
)
def test_a_changed_line_is_named(row: LedgerRow, columns: dict[str, object], named: set[str]) -> None:
    without_triggers()
    set_columns(VoucherLine, a_voucher(row).lines.get().pk, **columns)
    assert failed(judged(row)) == named


def test_a_voucher_taken_out_is_named(row: LedgerRow) -> None:
    without_triggers()
    voucher = a_voucher(row)
    with connection.cursor() as cursor:
        cursor.execute('DELETE FROM "fees_voucherline" WHERE voucher_id = %s', [voucher.pk])
        cursor.execute('DELETE FROM "fees_voucher" WHERE id = %s', [voucher.pk])
    assert {"numbers", "lines", "chain"} <= failed(judged(row))


def test_an_amount_that_cannot_be_read_is_no_fault_of_the_page(row: LedgerRow) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL stores no text in a number's column")
    without_triggers()
    set_columns(VoucherLine, a_voucher(row).lines.get().pk, amount="viel")
    assert {"lines", "chain"} <= failed(judged(row))


def test_data_that_cannot_be_read_are_altered(row: LedgerRow) -> None:
    without_triggers()
    set_columns(Document, row.document_id, data="{")
    assert judged(row).outcome == "altered"


@pytest.mark.parametrize("format", ["pdf", "csv", "json"])
def test_a_changed_file_is_named(row: LedgerRow, own_files: Path, format: str) -> None:
    stored = row.document.files.get(format=format)
    path = own_files / "documents" / file_name(stored.sha256)
    genuine = path.read_bytes()
    try:
        path.write_bytes(genuine + b" ")
        assert failed(judged(row)) == {"files"}
        path.unlink()
        assert failed(judged(row)) == {"files"}
    finally:
        path.write_bytes(genuine)


def test_an_opening_that_does_not_continue_is_named(row: LedgerRow) -> None:
    without_triggers()
    before = LedgerRow.objects.select_related("document").get(compound=row.compound, code="2026-09")
    data = json.loads(before.document.data)
    data["books"][0]["closing"] = "0.00"
    set_columns(Document, before.document_id, data=json.dumps(data))
    assert failed(judged(row)) == {"opening"}


# --- A file -------------------------------------------------------------------------------------------------------


def content(row: LedgerRow, format: str) -> bytes:
    return read_bytes(row.document.files.get(format=format).sha256)


@pytest.mark.parametrize("format", ["pdf", "csv", "json"])
def test_the_posted_bytes_are_identical(row: LedgerRow, format: str) -> None:
    verdict = compare_file(content(row, format))
    assert (verdict.outcome, verdict.format, verdict.document) == ("identical", format, row.document)


def test_the_same_data_saved_anew_are_the_same(row: LedgerRow) -> None:
    data = json.loads(content(row, "json"))
    for text in (json.dumps(data, indent=2), "\ufeff" + json.dumps(data, ensure_ascii=False)):
        verdict = compare_file(text.encode())
        assert verdict.outcome == "same"
        assert verdict.is_genuine


def test_both_figures_and_their_difference_are_given(row: LedgerRow) -> None:
    data = json.loads(content(row, "json"))
    data["books"][1]["expense"] = "5290.00"
    data["books"][1]["lines"][-1]["amount"] = "5290.00"
    verdict = compare_file(json.dumps(data).encode())
    assert verdict.outcome == "different"
    assert not verdict.is_genuine
    assert [(f.key, f.yours, f.issued, f.difference) for f in verdict.different_figures] == [
        ("expense", Decimal("5418.60"), Decimal("5328.60"), Decimal("90.00"))
    ]
    (line,) = verdict.lines
    assert (line.yours_amount, line.issued_amount) == ("5290.00", "5200.00")


def test_a_hash_that_was_made_to_fit_does_not_help(row: LedgerRow) -> None:
    data = json.loads(content(row, "json"))
    data["compound"]["name"] = "别的小区"
    data["sha256"] = data_hash(data)
    verdict = compare_file(json.dumps(data).encode())
    assert verdict.outcome == "different"
    assert verdict.different_figures == ()


def test_a_draft_without_a_code_is_found_by_compound_period_and_version(row: LedgerRow) -> None:
    data = json.loads(content(row, "json"))
    del data["code"]
    assert compare_file(json.dumps(data).encode()).document == row.document
    data["period"] = "2027-01"
    assert compare_file(json.dumps(data).encode()).outcome == "unknown"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"%PDF-1.7", b"{", b"[]", b"null", b'{"schema": "ledger/1"}', b"\xff\xfe", b"[" * 5000,
        b'{"schema": "ledger/1", "code": 7, "compound": [], "period": "2026-10", "version": true}',
        b'{"schema": "ledger/1", "compound": {"code": "\\u0000"}, "period": "2026-10", "version": 1}',
        b'{"schema": "ledger/1", "compound": {"code": "x"}, "period": "2026-10", "version": ' + b"9" * 5000 + b"}",
        b'{"schema": "ledger/1", "compound": {"code": "\\ud800"}, "period": "2026-10", "version": 1}',
    ],
    ids=range(12),
)  # fmt: skip
def test_anything_else_is_unknown(row: LedgerRow, content: bytes) -> None:
    assert compare_file(content).outcome == "unknown"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(books=None),
        lambda data: data.update(books=[None, 3]),
        lambda data: data["books"][0].update(opening=12.5),
        lambda data: data["books"][0].update(opening="NaN"),
        lambda data: data["books"][0].update(closing="1e9999"),
        lambda data: data["books"][0].update(closing="1E+999999999"),
        lambda data: data["books"][0].update(closing="9" * 20),
        lambda data: data["books"][0].update(closing="0.001"),
        lambda data: data["books"][0].update(lines={"a": 1}),
        lambda data: data["books"][0].update(lines=["x"]),
        lambda data: data["books"][0]["lines"][0].update(number="第一", summary=["<b>"], amount=None),
        lambda data: data.update(sha256=None),
        lambda data: data.update(anchors=[1.5]),
    ],
)
def test_a_ledger_out_of_shape_is_different(row: LedgerRow, change: Callable[[dict[str, Any]], None]) -> None:
    data = json.loads(content(row, "json"))
    change(data)
    assert compare_file(json.dumps(data).encode()).outcome == "different"


def test_no_single_changed_byte_passes(row: LedgerRow) -> None:
    genuine = content(row, "json")
    chance = random.Random(SEED)
    for place in chance.sample(range(len(genuine)), 150):
        other = chance.choice([b for b in range(256) if b != genuine[place]])
        verdict = compare_file(genuine[:place] + bytes([other]) + genuine[place + 1 :])
        assert not verdict.is_genuine, f"seed {SEED}, byte {place} made {other:#x}"


def test_nothing_is_kept(row: LedgerRow, own_files: Path) -> None:
    before = sorted(own_files.rglob("*"))
    counts = [Document.objects.count(), DocumentFile.objects.count()]
    compare_file(b"something else")
    compare_file(content(row, "json") + b" ")
    assert sorted(own_files.rglob("*")) == before
    assert [Document.objects.count(), DocumentFile.objects.count()] == counts
