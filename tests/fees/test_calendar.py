"""What is due when is derived from what was done: late is late, done is done, and more compounds ask no more."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compounds.choices import Role
from compounds.models import Compound
from core.operations import machine
from fees.documents import Task, by_kind, calendar_of, ending_appointments
from fees.models import CashCount, Ledger, MoneyAccount, PostingProof, Reconciliation
from fees.operations import issue_ledger, send_back_period
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


@pytest.fixture
def home() -> Compound:
    made = factories.compound()
    factories.some_month(made)
    return made


def tasks(home: Compound, today: date, month: date = OCTOBER) -> dict[str, Task]:
    return {task.kind: task for task in calendar_of([home], [month], today)[0].tasks}


def test_a_month_is_late_until_it_is_done_and_says_how_late_it_was(home: Compound) -> None:
    before = tasks(home, date(2026, 11, 5))
    assert {kind: task.due_on for kind, task in before.items()} == {
        "count": date(2026, 10, 31), "reconcile": date(2026, 11, 5), "prepare": date(2026, 11, 5),
        "approve": date(2026, 11, 8), "post": date(2026, 11, 10),
    }  # fmt: skip
    assert before["count"].is_late and before["count"].late_days == 5
    assert not before["prepare"].is_late and before["prepare"].days_left == 0
    assert tasks(home, date(2026, 11, 6))["prepare"].is_late
    period = factories.prepared(home)
    assert tasks(home, date(2026, 12, 1))["prepare"].done_on == date(2026, 11, 5)
    send_back_period(period, "再看", actor=machine("system-2"), at=AT)
    assert tasks(home, date(2026, 12, 1))["prepare"].is_late, "what was sent back is not done"
    factories.close(home, at=AT.replace(day=14))
    late = tasks(home, date(2026, 12, 1))["approve"]
    assert (late.done_on, late.late_days, late.is_late) == (date(2026, 11, 14), 6, False)


def test_a_hanging_ledger_asks_for_photographs_and_comes_down(home: Compound, quick_pdf: object) -> None:
    factories.close(home)
    issue_ledger(home, OCTOBER, actor=machine("system"), at=AT)
    found = tasks(home, date(2026, 11, 9))
    assert found["post"].done_on == date(2026, 11, 5)
    assert found["prove"].due_on == date(2026, 11, 8) and found["prove"].is_late
    assert found["hang"].due_on == date(2026, 11, 19) and found["hang"].done_on is None and not found["hang"].is_late
    ledger = Ledger.objects.get()
    for place, colour in (("1号楼门口", "red"), ("1号楼门口", "blue"), ("东门", "green")):
        assert tasks(home, date(2026, 11, 9))["prove"].done_on is None, "one place twice is one place"
        PostingProof.objects.create(ledger=ledger, place=place, on=date(2026, 11, 6), by=machine("system"), at=AT,
                                    attachment=factories.paper(home, "", colour))  # fmt: skip
    assert tasks(home, date(2026, 11, 20))["prove"].done_on == date(2026, 11, 6)
    assert tasks(home, date(2026, 11, 20))["hang"].done_on is not None


def test_cash_and_bank_are_done_when_all_accounts_are(home: Compound) -> None:
    by, zero = machine("system"), Decimal("0.00")
    accounts = list(MoneyAccount.objects.filter(book__compound=home))
    cash = [a for a in accounts if a.means == "cash"]
    banks = [a for a in accounts if a.means != "cash"]
    for n, account in enumerate(cash):
        assert tasks(home, date(2026, 11, 9))["count"].done_on is None
        CashCount.objects.create(money_account=account, on=date(2026, 10, 30 + n), counted=zero, book_balance=zero,
                                 witness="王秀兰", by=by, at=AT)  # fmt: skip
    for account in banks:
        assert tasks(home, date(2026, 11, 9))["reconcile"].done_on is None
        Reconciliation.objects.create(money_account=account, month=OCTOBER, seq=1, statement_balance=zero,
                                      book_balance=zero, by=by, at=AT)  # fmt: skip
    found = tasks(home, date(2026, 11, 9))
    assert found["count"].done_on == date(2026, 10, 29 + len(cash)) and found["reconcile"].done_on == date(2026, 11, 5)
    other = tasks(home, date(2026, 12, 9), date(2026, 11, 1))
    assert other["count"].done_on is None, "of another month"
    assert "reconcile" not in other, "what did not move has no statement"


def test_spans_stand_beside_their_last_month(home: Compound) -> None:
    days = {task.code: task.due_on for task in calendar_of([home], [date(2026, 12, 1)], date(2027, 1, 1))[0].tasks}
    assert {"2026-Q4", "2026-H2", "2026"} <= days.keys() and days["2026"] == date(2027, 1, 10)
    assert not calendar_of([home], [SEPTEMBER], date(2026, 11, 1))[0].tasks, "before the books began"


def test_more_compounds_ask_no_more(home: Compound) -> None:
    def count(homes: list[Compound]) -> int:
        with CaptureQueriesContext(connection) as queries:
            calendar_of(homes, [SEPTEMBER, OCTOBER], date(2026, 11, 20))
        return len(queries)

    one = count([home])
    others = [factories.compound(f"{factories.COMMUNITY}1{n}", f"第{n}院") for n in range(3)]
    for other in others:
        factories.some_month(other)
        factories.close(other)
    assert count([home, *others]) == one <= 11
    (month,) = calendar_of([home, *others], [OCTOBER], date(2026, 11, 20))
    kinds = {kind.label: kind for kind in by_kind(month)}
    assert (kinds["编制"].done, len(kinds["编制"].late)) == (3, 1)


def test_appointments_that_end_soon_are_named_below_the_scope_only(home: Compound) -> None:
    soon = factories.appoint(factories.user(), Role.COMMITTEE_DEPUTY, home.code, date(2026, 12, 1))
    factories.appoint(factories.user(), Role.COMMITTEE_HEAD, home.code, date(2027, 12, 1))
    factories.appoint(factories.user(), Role.COMMITTEE_HEAD, "11010700401001", date(2026, 12, 1))
    assert ending_appointments([home.code[:9]], date(2026, 11, 5)) == [soon]
