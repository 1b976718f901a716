"""What a critical reader of the books once found wrong, each held by a test."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from compounds.choices import Role
from compounds.models import Compound
from core.insert_only import insert_only_models, trigger_names
from core.models import Document, DocumentFile
from core.operations import machine, store_bytes
from fees.anchors import append_anchors, read_anchors
from fees.choices import BookKind, Means, Told
from fees.documents import closing_view
from fees.models import Closing, Ledger, Opening, Voucher
from fees.operations import (
    AlreadyOpened,
    DraftGone,
    FarOff,
    NotPositive,
    OpeningData,
    Posting,
    RowsRefused,
    check_data,
    ensure_period,
    issue_ledger,
    post_draft,
    post_opening,
    post_postings,
    save_draft,
)
from fees.operations.importing import Cashbook, CashbookRow, OpeningRow, import_cashbook
from fees.rules import agrees
from fees.verification import verify_books
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)


@pytest.fixture
def home() -> Compound:
    return factories.compound()


def test_a_money_account_made_later_does_not_stop_the_issue(home: Compound) -> None:
    factories.some_month(home)
    factories.close(home)
    factories.post(home, [factories.data(home, date(2026, 11, 2), "101", "30.00", means=Means.QR)])
    ledger, made = issue_ledger(home, OCTOBER, actor=machine("system"), at=AT)
    assert made and ledger.code == "2026-10"


def test_a_sum_that_no_column_holds_is_refused(home: Compound) -> None:
    data = factories.data(home, OCTOBER, "101", "999999999999.99")
    check_data(data)
    from dataclasses import replace

    with pytest.raises(NotPositive):
        check_data(replace(data, lines=data.lines * 2))


@pytest.mark.parametrize("on", [date(2099, 10, 1), date(1949, 10, 1)])
def test_a_year_that_must_be_a_slip_opens_no_months(home: Compound, on: date) -> None:
    with pytest.raises(FarOff):
        factories.post(home, [factories.data(home, on, "101", "30.00")])
    assert not home.periods.exists()


def test_half_a_cent_is_rounded_up() -> None:
    assert agrees("2.5", "0.33", Decimal("0.83"))
    assert not agrees("2.5", "0.33", Decimal("0.82"))


def _row(row: int, on: date, code: str, amount: str, way: bool, means: str, partner: int | None = None) -> CashbookRow:
    chart = factories.account(code)
    return CashbookRow(
        row, on, BookKind.SERVICE, way, Decimal(amount), chart, "", "", chart.name, "", means, "", "", partner
    )


def _apply(home: Compound, book: Cashbook, mark: str = "a") -> list[Voucher]:
    return import_cashbook(
        home,
        book,
        name="x.xlsx",
        sha256=mark * 64,
        entered_by=machine("system"),
        reviewed_by=machine("system-2"),
        at=AT,
    )


def test_a_transfer_inside_a_book_stands_at_its_first_row(home: Compound) -> None:
    on = date(2026, 10, 8)
    rows = (
        _row(2, on, "101", "1000", True, Means.BANK),
        _row(3, on, "301", "100", True, Means.CASH, partner=5),
        _row(4, on, "201", "50", False, Means.CASH),
        _row(5, on, "301", "100", False, Means.BANK, partner=3),
    )
    vouchers = _apply(home, Cashbook(rows))
    assert [(v.direction, str(v.money_account), v.to_account and str(v.to_account)) for v in vouchers] == [
        ("income", "银行", None), ("transfer_out", "银行", "现金"), ("expense", "现金", None),
    ]  # fmt: skip


def test_an_imported_bank_account_below_zero_is_told_and_cash_is_refused(home: Compound) -> None:
    on = date(2026, 10, 8)
    _apply(home, Cashbook((_row(2, on, "201", "200", False, Means.BANK),)))
    told = {check.key: check for check in closing_view(ensure_period(home, OCTOBER)).told}
    assert told[Told.OVERDRAWN].reason == "导入，对账待补"
    with pytest.raises(RowsRefused):
        _apply(home, Cashbook((_row(2, on, "201", "200", False, Means.CASH),)), "b")


def test_a_transfer_that_took_cash_below_zero_is_told(home: Compound) -> None:
    books = factories.books(home)
    data = factories.data(
        home, date(2026, 10, 8), "301", "150", means=Means.CASH, reason="先垫出，次日补齐",
        to_account=factories.purse(books["service"], Means.BANK),
    )  # fmt: skip
    factories.post(home, [data])
    told = {check.key: check.reason for check in closing_view(ensure_period(home, OCTOBER)).told}
    assert told[Told.NEGATIVE] == "先垫出，次日补齐"


def test_an_opening_alone_is_a_workbook_and_comes_once_for_the_compound(home: Compound) -> None:
    day = date(2026, 9, 30)
    _apply(home, Cashbook((), (OpeningRow(2, BookKind.SERVICE, Means.BANK, Decimal("10.00"), day),)))
    with pytest.raises(RowsRefused) as refused:
        _apply(home, Cashbook((), (OpeningRow(2, BookKind.COMMITTEE, Means.BANK, Decimal("10.00"), day),)), "b")
    assert isinstance(refused.value.rows[0][3], AlreadyOpened)
    assert Opening.objects.count() == 1


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("close_period", ["--period", "2026-10"]),
        ("publish_ledgers", ["--period", "2026-10"]),
        ("import_cashbook", ["x.xlsx"]),
    ],
)
def test_a_command_obeys_the_rules_of_the_pages(
    home: Compound, command: str, arguments: list[str], tmp_path: Path
) -> None:
    """An account administrator enters, reviews, approves and posts nothing, from the command line either."""
    factories.some_month(home)
    stranger = factories.user(Role.ACCOUNT_ADMIN, factories.DISTRICT)
    said = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(command, *arguments, "--compound", home.code, "--json", **{"as": stranger.username}, stdout=said)
    assert ended.value.code == 1
    assert "没有办这件事的任职" in json.loads(said.getvalue())["errors"][0]["reason"]
    assert not Closing.objects.exists()


# --- What verify_books must find -----------------------------------------------------------------------------------


@pytest.fixture
def without_triggers(db: None) -> None:
    """Drop every trigger, as somebody could who owns the database; the test's transaction brings them back."""
    with connection.cursor() as cursor:
        for model in insert_only_models():
            for name in trigger_names(model, connection.vendor):
                on = f' ON "{model._meta.db_table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER "{name}"{on}')


@pytest.fixture
def issued(home: Compound, django_capture_on_commit_callbacks: Any, without_triggers: None) -> Ledger:
    with django_capture_on_commit_callbacks(execute=True):
        books = factories.books(home)
        post_opening(
            OpeningData(books["service"], date(2026, 9, 30), ((factories.purse(books["service"]), Decimal("100.00")),)),
            entered_by=machine("system"), reviewed_by=machine("system-2"), at=AT,
        )  # fmt: skip
        ledger = factories.issued(home)
    report = verify_books()
    assert (report.bad, report.warnings) == ([], [])
    return ledger


def named() -> str:
    return "；".join(fault.what for fault in verify_books().bad)


def test_another_pdf_under_an_issued_ledger_is_named(issued: Ledger) -> None:
    other = store_bytes(b"%PDF-1.7 another")
    DocumentFile.objects.filter(document=issued.document, format="pdf").update(sha256=other, size=16)
    assert "库外存证不符" in named()


def test_an_issued_ledger_taken_away_is_named(issued: Ledger) -> None:
    document = issued.document_id
    Ledger.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    DocumentFile.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    Document.objects.filter(pk=document)._raw_delete("default")  # type: ignore[attr-defined]
    assert "库外存证不符" in named()


def test_a_closing_taken_away_or_changed_is_named(issued: Ledger) -> None:
    approved = Closing.objects.get(step="approved")
    figures = json.loads(approved.figures)
    key = next(iter(figures["accounts"]))
    figures["accounts"][key] = "1.00"
    Closing.objects.filter(pk=approved.pk).update(figures=json.dumps(figures))
    assert "各账户余额" in named()
    Closing.objects.filter(pk=approved.pk)._raw_delete("default")  # type: ignore[attr-defined]
    assert "没有审定" in named()


def test_a_direction_that_does_not_exist_is_named_not_a_crash(issued: Ledger) -> None:
    Voucher.objects.filter(number=1, book__kind="service").update(direction="gift")
    assert "方向不认识" in named()


def test_anchors_taken_away_are_warned_of(issued: Ledger, settings: Any) -> None:
    settings.ANCHORS_FILE.unlink()
    report = verify_books()
    assert report.bad == [] and len(report.warnings) == 2


def test_posting_while_it_runs_is_no_fault(issued: Ledger, monkeypatch: pytest.MonkeyPatch,
                                           django_capture_on_commit_callbacks: Any) -> None:  # fmt: skip
    from fees import verification

    before = verification.check_papers

    def post_meanwhile(compound: Compound, report: Any) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            factories.post(compound, [factories.data(compound, date(2026, 11, 2), "101", "30.00")])
        before(compound, report)

    monkeypatch.setattr(verification, "check_papers", post_meanwhile)
    assert verify_books().bad == []


def test_an_opening_is_anchored_at_once(home: Compound, django_capture_on_commit_callbacks: Any,
                                        without_triggers: None) -> None:  # fmt: skip
    books = factories.books(home)
    with django_capture_on_commit_callbacks(execute=True):
        post_opening(
            OpeningData(books["service"], date(2026, 9, 30), ((factories.purse(books["service"]), Decimal("100.00")),)),
            entered_by=machine("system"), reviewed_by=machine("system-2"), at=AT,
        )  # fmt: skip
    Opening.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    assert "库外存证不符" in named()


def test_a_price_of_what_was_not_typed_posts_nothing(home: Compound) -> None:
    """A posting that fails leaves no voucher, no number and no month behind."""
    data = factories.data(home, OCTOBER, "201", "5.00", means=Means.CASH)
    with pytest.raises(Exception, match="现金"):
        post_postings(home, [Posting(data, data.book, data.direction, data.money_account, "test")],
                      entered_by=machine("system"), reviewed_by=machine("system-2"), at=AT)  # fmt: skip
    assert not Voucher.objects.exists() and not home.periods.exists()


def test_a_torn_anchor_is_named_and_the_next_one_stands_alone(home: Compound, settings: Any) -> None:
    settings.ANCHORS_FILE.write_text('{"site": "torn')
    append_anchors([{"compound": home.code, "book": "service", "count": 0, "hash": "x"}], at=AT)
    assert [anchor and anchor["count"] for _, anchor in read_anchors()] == [None, 0]
    assert "库外存证第1行读不出来" in {fault.what for fault in verify_books().bad}


def test_what_changed_after_the_reviewer_read_it_is_not_posted(home: Compound) -> None:
    bookkeeper, head = factories.people(home)
    data = factories.data(home, OCTOBER, "101", "30.00")
    draft = save_draft(data, hand_in=True, actor=bookkeeper, at=AT)
    read = draft.entered_at
    save_draft(data, draft=draft, hand_in=True, actor=bookkeeper, at=AT.replace(hour=2))
    with pytest.raises(DraftGone):
        post_draft(draft.pk, actor=head, at=AT, seen=read)
    assert post_draft(draft.pk, actor=head, at=AT, seen=AT.replace(hour=2)).number == 1
