"""Ledgers of quarters, half-years and years: only from closed months that follow each other, adding up from them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from compounds.models import Compound
from core.operations import machine
from fees.documents import Ledger, approvals, build_ledger, ledger_json, read_ledger, spans_ready
from fees.models import Ledger as LedgerRow
from fees.operations import AlreadyIssued, NotClosed, issue_ledger, withdraw_approval
from fees.rules import TOTAL_OF, ZERO, Span, months_before, months_from
from fees.verdicts import verify_document
from fees.verification import verify_books
from tests import factories
from tests.factories import AT

SYSTEM, SECOND = "system", "system-2"

# --- Codes (pure) -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "first", "last", "label", "short", "previous", "last_year"),
    [
        ("2026-10", (2026, 10), (2026, 10), "2026年10月", "10月", "2026-09", "2025-10"),
        ("2026-01", (2026, 1), (2026, 1), "2026年1月", "1月", "2025-12", "2025-01"),
        ("2026-Q3", (2026, 7), (2026, 9), "2026年第三季度", "第三季度", "2026-Q2", "2025-Q3"),
        ("2026-Q1", (2026, 1), (2026, 3), "2026年第一季度", "第一季度", "2025-Q4", "2025-Q1"),
        ("2026-H1", (2026, 1), (2026, 6), "2026年上半年", "上半年", "2025-H2", "2025-H1"),
        ("2026-H2", (2026, 7), (2026, 12), "2026年下半年", "下半年", "2026-H1", "2025-H2"),
        ("2026", (2026, 1), (2026, 12), "2026年全年", "2026年", "2025", "2025"),
    ],
)
def test_a_code_says_its_months(
    code: str, first: tuple[int, int], last: tuple[int, int], label: str, short: str, previous: str, last_year: str
) -> None:
    span = Span.parse(code)
    assert (span.first_month, span.last_month) == (date(*first, 1), date(*last, 1))
    assert (span.label, span.short, span.code) == (label, short, code)
    assert (span.previous.code, span.last_year.code) == (previous, last_year)
    assert span.months == months_from(span.first_month, span.last_month) and len(span.months) == span.length


NO_CODES = (
    "", "2026-13", "2026-00", "2026-Q5", "2026-Q0", "2026-H3", "26", "2026-1", "2026 ", "２０２６", "9999", "2026-Q3-x",
    "0000-01",
)  # fmt: skip


@pytest.mark.parametrize("code", NO_CODES)
def test_nothing_else_is_a_code(code: str) -> None:
    with pytest.raises(ValueError):
        Span.parse(code)


@given(st.dates(date(1950, 1, 1), date(2150, 12, 31)), st.sampled_from([1, 3, 6, 12]))
def test_spans_lie_one_after_another(day: date, length: int) -> None:
    month = day.replace(day=1)
    span = Span(months_before(month, (month.month - 1) % length), length)
    assert span.contains(day) and Span.parse(span.code) == span
    assert months_before(span.first_month, 1) == span.previous.last_month
    assert (span.last_day - span.first_day).days in {27, 28, 29, 30} | {*range(89, 93)} | {*range(180, 185)} | {
        364,
        365,
    }
    assert not span.contains(span.previous.last_day)
    assert [s.code for s in Span.all_ending(date(2026, 6, 1))] == ["2026-Q2", "2026-H1"]


# --- From closed months -------------------------------------------------------------------------------------------


@pytest.fixture
def home(db: None) -> Compound:
    return factories.compound(households=7)


def built(home: Compound, code: str) -> Ledger:
    span = Span.parse(code)
    return build_ledger(
        home, span, closings=approvals(home, span), code="AAAA0000B", posted_on=date(2026, 12, 5),
        posted_until=date(2026, 12, 19), public_url="https://example.cn",
    )  # fmt: skip


def random_year(home: Compound, year: int, seed: int, first: int = 1) -> None:
    """Post and close months of random vouchers of every direction, to the cent."""
    chance = random.Random(seed)
    opening = date(year, first, 1)
    factories.open_with(home, months_before(opening, 1).replace(day=28), {
        "service": {"bank": "50000.00", "cash": "1000.07"}, "committee": {"bank": "900.03"},
    })  # fmt: skip
    found = factories.books(home)
    for month in range(first, 13):
        rows = []
        for _ in range(chance.randint(0, 6)):
            day = date(year, month, chance.randint(1, 28))
            book = chance.choice(["service", "committee"])
            code = chance.choice(["101", "103", "105", "106", "201", "203", "205", "401", "301"])
            amount = f"{chance.randint(1, 9999) / 100:.2f}"
            more: dict[str, Any] = {}
            if code == "301":
                book = "service"
                more = {"to_account": factories.purse(found[book], "bank"), "means": "cash"}
                amount = f"{chance.randint(1, 2000) / 100:.2f}"
            rows.append(factories.data(home, day, code, amount, book=book, **more))
        factories.post(home, rows)
        factories.close(home, date(year, month, 1))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_year_adds_up_from_its_months_to_the_cent(home: Compound, seed: int) -> None:
    random_year(home, 2025, seed)
    year = built(home, "2025")
    months = [built(home, f"2025-{m:02d}") for m in range(1, 13)]
    quarters = [built(home, f"2025-Q{q}") for q in range(1, 5)]
    halves = [built(home, f"2025-H{h}") for h in (1, 2)]
    for parts in (months, quarters, halves):
        for n, book in enumerate(year.books):
            own = [part.books[n] for part in parts]
            assert book.opening == own[0].opening
            for name in ("closing", "held_balance", "cash", "bank", "qr"):
                assert getattr(book, name) == getattr(own[-1], name)
            for name in TOTAL_OF.values():
                assert getattr(book, name) == sum((getattr(each, name) for each in own), ZERO), name
            assert book.lines == tuple(line for each in own for line in each.lines)
            assert all(one.closing == other.opening for one, other in pairwise(own))
            assert [(x.on, x.number) for x in book.lines] == sorted((x.on, x.number) for x in book.lines)
            if book.lines:
                assert book.lines[-1].balance == book.closing
        for n, row in enumerate(year.notice_income + year.notice_expense):
            assert row.month == sum(((p.notice_income + p.notice_expense)[n].month for p in parts), ZERO)
        for n, source in enumerate(year.sources):
            assert source.received == sum((p.sources[n].received for p in parts), ZERO)
            assert source.spent == sum((p.sources[n].spent for p in parts), ZERO)
        for n, served in enumerate(year.service_lines):
            assert served.spent == sum((p.service_lines[n].spent for p in parts), ZERO)
        assert [(t.check, t.month, t.count) for t in year.told] == [
            (t.check, t.month, t.count) for p in parts for t in p.told
        ]
    rows = year.by_month
    assert [row.month for row in rows] == [date(2025, m, 1) for m in range(1, 13)]
    assert [(r.opening, r.income, r.expense, r.closing) for r in rows] == [
        (m.opening, m.income, m.expense, m.closing) for m in months
    ]
    assert sum(row.line_count for row in rows) == year.line_count
    # The year so far grows to the year.
    assert months[-1].comparison.year is not None
    assert (months[-1].comparison.year.income, months[-1].comparison.year.expense) == (year.income, year.expense)


@pytest.mark.django_db
def test_control_a_month_left_out_is_seen(home: Compound) -> None:
    """The comparison above can fail: without March nothing fits."""
    random_year(home, 2025, 4)
    months = [built(home, f"2025-{m:02d}") for m in (1, 2)]
    assert built(home, "2025-Q1").expense != sum((m.expense for m in months), ZERO)


@pytest.mark.django_db
def test_the_data_come_back_as_they_were(home: Compound) -> None:
    random_year(home, 2025, 5)
    ledger = built(home, "2025-H2")
    assert read_ledger(ledger_json(ledger)) == ledger
    data = ledger.to_data()
    assert data["period"] == "2025-H2" and (data["first_on"], data["last_on"]) == ("2025-07-01", "2025-12-31")
    assert set(data["comparison"]) == {"previous", "last_year", "year"}
    assert data["comparison"]["previous"]["period"] == "2025-H1" and data["comparison"]["last_year"] is None


@pytest.mark.django_db
def test_an_open_month_is_named(home: Compound) -> None:
    for month in (7, 8):
        factories.some_month(home, date(2026, month, 1))
        factories.close(home, date(2026, month, 1))
    factories.some_month(home, date(2026, 9, 1))
    with pytest.raises(NotClosed) as refusal:
        issue_ledger(home, Span.parse("2026-Q3"), actor=machine(SYSTEM), at=AT)
    assert refusal.value.month == date(2026, 9, 1)
    # A month without any voucher yet has no row and is open all the same.
    with pytest.raises(NotClosed) as refusal:
        issue_ledger(home, Span.parse("2026"), actor=machine(SYSTEM), at=AT)
    assert refusal.value.month == date(2026, 9, 1)
    with pytest.raises(NotClosed):
        issue_ledger(home, Span.parse("2026-H1"), actor=machine(SYSTEM), at=AT)  # before the books
    assert not LedgerRow.objects.exists() and spans_ready(home) == []


@pytest.mark.django_db
def test_a_year_that_began_in_may_says_so(home: Compound) -> None:
    random_year(home, 2025, 6, first=5)
    year = built(home, "2025")
    assert year.first_on == date(2025, 5, 1) and year.begins_late and len(year.months) == 8
    assert (
        year.opening == Decimal("51900.10") and year.opening_label == "4月末结余" and year.closing_label == "年末结余"
    )
    assert year.comparison.previous is None and year.comparison.last_year is None
    # The half-year before is unknown where it was not whole.
    assert built(home, "2025-H2").comparison.previous is None
    assert built(home, "2025-Q4").comparison.previous is not None


@pytest.mark.django_db
def test_the_month_before_and_a_year_ago_are_compared(home: Compound) -> None:
    for year in (2025, 2026):
        for month in range(1, 13) if year == 2025 else (1, 2):
            factories.post(home, [
                factories.data(home, date(year, month, 5), "101", "1000.00"),
                factories.data(home, date(year, month, 6), "203", f"{100 * month + year - 2025}.00"),
                factories.data(home, date(year, month, 7), "201", "50.00"),
            ])  # fmt: skip
            factories.close(home, date(year, month, 1))
    february = built(home, "2026-02")
    compared = february.comparison
    assert compared.previous is not None and compared.last_year is not None and compared.year is not None
    assert (compared.previous.period, compared.previous.expense) == ("2026-01", Decimal("151.00"))
    assert (compared.last_year.period, compared.last_year.expense) == ("2025-02", Decimal("250.00"))
    assert (compared.year.income, compared.year.expense) == (Decimal("2000.00"), Decimal("402.00"))
    more, than_a_year_ago = february.changes
    assert (more.against, more.more, more.amount) == ("上月", True, Decimal("100.00"))
    assert more.rows == (("维修", Decimal("100.00")),)
    assert (than_a_year_ago.against, than_a_year_ago.amount) == ("去年2月", Decimal("1.00"))
    repair = next(row for row in february.notice_expense if row.key == "out_repair")
    assert (repair.month, repair.previous, repair.last_year, repair.year) == tuple(
        map(Decimal, ("201.00", "101.00", "200.00", "302.00"))
    )
    # 2025-01 has nothing before it.
    first = built(home, "2025-01").comparison
    assert first.previous is None and first.last_year is None


# --- Issued -------------------------------------------------------------------------------------------------------


@pytest.fixture
def quarter(home: Compound, quick_pdf: None) -> LedgerRow:
    for month in (7, 8, 9):
        factories.some_month(home, date(2026, month, 1))
        factories.close(home, date(2026, month, 1))
    ledger, made = issue_ledger(home, Span.parse("2026-Q3"), actor=machine(SYSTEM), at=AT)
    assert made
    return ledger


def test_it_is_issued_once_and_verified(quarter: LedgerRow, home: Compound) -> None:
    again, made = issue_ledger(home, Span.parse("2026-Q3"), actor=machine(SYSTEM), at=AT)
    assert not made and again == quarter
    assert (quarter.code, quarter.first_month, quarter.last_month) == ("2026-Q3", date(2026, 7, 1), date(2026, 9, 1))
    assert verify_document(quarter.document).outcome == "genuine"
    assert verify_books().bad == []
    # Its months may hang beside it.
    issue_ledger(home, date(2026, 8, 1), actor=machine(SYSTEM), at=AT)
    assert LedgerRow.objects.months().count() == 1 and verify_books().bad == []


def test_no_approval_is_withdrawn_from_under_it(quarter: LedgerRow, home: Compound) -> None:
    last = home.periods.get(month=date(2026, 9, 1))
    with pytest.raises(AlreadyIssued):
        withdraw_approval(last, "再看", actor=machine(SECOND), at=AT)


def test_the_tool_accepts_it_and_finds_what_was_changed(
    quarter: LedgerRow, tmp_path: Path, change: Callable[[dict[str, Any]], str]
) -> None:
    path = tmp_path / "quarter.json"
    for text, expected in ((quarter.document.data, 0), (change(json.loads(quarter.document.data)), 1)):
        path.write_text(text, encoding="utf-8")
        script = str(Path(settings.BASE_DIR) / "tools" / "verify_ledger.py")
        done = subprocess.run([sys.executable, "-I", script, str(path)], capture_output=True, check=False)
        assert done.returncode == expected, done.stdout.decode() + done.stderr.decode()


@pytest.fixture(params=["a day outside", "a notice row", "a version without its correction"])
def change(request: pytest.FixtureRequest) -> Callable[[dict[str, Any]], str]:
    from fees.documents import data_hash

    def changed(data: dict[str, Any]) -> str:
        if request.param == "a day outside":
            data["last_on"] = "2026-09-01"
        elif request.param == "a notice row":
            data["notice"]["income"][0]["month"] = "1.00"
        else:
            data["version"] = 2
        return json.dumps(data | {"sha256": data_hash(data)}, ensure_ascii=False)

    return changed


def test_commands_know_quarters(home: Compound, quick_pdf: None, capsys: pytest.CaptureFixture[str]) -> None:
    for month in (7, 8):
        factories.some_month(home, date(2026, month, 1))
        factories.close(home, date(2026, month, 1))
    with pytest.raises((SystemExit, CommandError)):
        call_command("publish_ledgers", "--period", "2026-Q3", "--compound", home.code, "--json")
    refused = json.loads(capsys.readouterr().out)
    assert "2026年9月" in str(refused["errors"])
    factories.some_month(home, date(2026, 9, 1))
    factories.close(home, date(2026, 9, 1))
    call_command("publish_ledgers", "--period", "2026-Q3", "--compound", home.code, "--json")
    assert json.loads(capsys.readouterr().out)["issued"] == 1
    call_command("publish_ledgers", "--period", "2026-Q3", "--json")
    done = json.loads(capsys.readouterr().out)
    assert (done["issued"], done["already"]) == (0, 1)
    path = Path(settings.VAR) / "out.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    call_command("ledger", "--compound", home.code, "--period", "2026-Q3", "--format", "json", "--output", str(path))
    assert json.loads(path.read_text(encoding="utf-8"))["period"] == "2026-Q3"
    path.unlink()
