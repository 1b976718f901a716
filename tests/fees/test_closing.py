"""Closing a month: what stops it, what must be explained, two persons, and the way back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from compounds.models import Compound
from core.models import Entry, User
from core.operations import machine
from fees.choices import ClosingStep
from fees.documents import Standing, closing_view, month_of_books, standing_before
from fees.models import Closing, Period, Voucher
from fees.operations import (
    AlreadyIssued,
    BeforeBooks,
    BooksNotOpened,
    CountData,
    EarlierMonthOpen,
    MustChecks,
    PeriodClosed,
    Posting,
    ReasonsMissing,
    SamePerson,
    WrongStep,
    approve_period,
    count_cash,
    ensure_period,
    issue_ledger,
    post_postings,
    prepare_period,
    save_draft,
    send_back_period,
    withdraw_approval,
)
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
DAY = date(2026, 10, 5)


@pytest.fixture
def home() -> Compound:
    return factories.compound()


@pytest.fixture
def pair(home: Compound) -> tuple[User, User]:
    return factories.people(home)


def post(home: Compound, code: str = "101", amount: str = "100.00", on: date = DAY, **more: Any) -> Voucher:
    return factories.post(home, [factories.data(home, on, code, amount, **more)])[0]


def keys(checks: Any) -> dict[str, int]:
    return {check.key: check.count for check in checks}


def count(home: Compound, counted: str) -> None:
    """Count the service book's cash on the month's last day, by notes of a hundred."""
    cash = factories.purse(factories.books(home)["service"], "cash")
    pieces = ((Decimal("100"), int(Decimal(counted) / 100)),)
    count_cash(CountData(cash, date(2026, 10, 31), pieces, "刘玉珍", "王秀兰"), actor=machine("system"), at=AT)


def told(home: Compound, month: date = OCTOBER) -> dict[str, int]:
    return keys(closing_view(ensure_period(home, month)).told)


ALL = dict.fromkeys(
    ["no_evidence", "not_reconciled", "no_signatures", "no_decision", "late_bill", "unidentified", "no_source"], "在补"
)


# --- What stops a closing -----------------------------------------------------------------------------------------


def test_a_draft_stops_the_closing_until_it_is_gone(home: Compound, pair: tuple[User, User]) -> None:
    bookkeeper, _head = pair
    post(home)
    for state in (False, True):
        draft = save_draft(factories.data(home, DAY, "101", "1.00"), hand_in=state, actor=bookkeeper, at=AT)
        period = ensure_period(home, OCTOBER)
        with pytest.raises(MustChecks) as refusal, transaction.atomic():
            prepare_period(period, ALL, actor=bookkeeper, at=AT)
        assert keys(refusal.value.checks) == {"drafts": 1}
        assert refusal.value.checks[0].items[0].draft == draft.pk
        draft.delete()
    # A draft of another month stops nothing.
    save_draft(factories.data(home, date(2026, 11, 1), "101", "1.00"), hand_in=True, actor=bookkeeper, at=AT)
    prepare_period(period, ALL, actor=bookkeeper, at=AT)


def test_cash_below_zero_stops_the_closing(home: Compound) -> None:
    """A bank or code account below zero is explained; a cash box below zero cannot be."""
    post(home, "203", "5.00", means="cash", reason="先垫付")
    period = ensure_period(home, OCTOBER)
    with pytest.raises(MustChecks) as refusal, transaction.atomic():
        prepare_period(period, {**ALL, "negative": "x"}, actor=machine("system"), at=AT)
    assert keys(refusal.value.checks) == {"cash_negative": 1}
    post(home, "101", "5.00", means="cash")
    prepare_period(period, {**ALL, "negative": "x"}, actor=machine("system"), at=AT)


def test_half_a_transfer_stops_the_closing(home: Compound) -> None:
    post(home)
    data = factories.data(home, DAY, "301", "40.00")
    lone = Posting(data, data.book, "transfer_out", data.money_account, "test", "f" * 32)
    post_postings(home, [lone], entered_by=machine("system"), reviewed_by=machine("system-2"), at=AT)
    view = closing_view(ensure_period(home, OCTOBER))
    assert keys(view.must) == {"unpaired": 1}
    assert view.must[0].items[0].number == 2


def test_a_pair_of_transfers_does_not_stop_it(home: Compound) -> None:
    post(home)
    other = factories.purse(factories.books(home)["committee"])
    data = factories.data(home, DAY, "301", "40.00")
    legs = [
        Posting(data, data.book, "transfer_out", data.money_account, "test", "f" * 32),
        Posting(data, other.book, "transfer_in", other, "test", "f" * 32),
    ]
    post_postings(home, legs, entered_by=machine("system"), reviewed_by=machine("system-2"), at=AT)
    assert closing_view(ensure_period(home, OCTOBER)).must == ()


# --- What must be explained ---------------------------------------------------------------------------------------


def test_told_checks_name_their_vouchers(home: Compound) -> None:
    post(home, amount="9000.00")
    post(home, "203", "10.00", bill_on=date(2026, 9, 30))
    post(home, "215", "20.00")
    post(home, "405", "30.00")
    post(home, "221", "1.00", handler="甲", witness="乙", approver="丙", attachments=(factories.paper(home),))
    assert told(home) == {
        "no_evidence": 2, "no_signatures": 2, "no_decision": 1, "late_bill": 1, "unidentified": 1, "no_source": 2,
        "not_reconciled": 1,
    }  # fmt: skip
    view = closing_view(ensure_period(home, OCTOBER))
    (decision,) = [check for check in view.told if check.key == "no_decision"]
    assert [(i.book, i.year, i.number) for i in decision.items] == [("service", 2026, 3)]


def test_a_month_in_order_has_nothing_to_explain(home: Compound) -> None:
    """Control: a cash receipt that was counted needs no bank statement, no paper, no signature."""
    post(home, means="cash")
    assert told(home) == {"not_counted": 1}
    count(home, "100.00")
    assert told(home) == {}


def test_reversals_and_transfers_are_not_asked_for_papers(home: Compound) -> None:
    from fees.operations import post_draft, reverse_voucher

    post(home, means="cash")
    paid = post(
        home, "221", "5.00", means="cash", handler="甲", witness="乙", approver="丙",
        attachments=(factories.paper(home),),
    )  # fmt: skip
    draft = reverse_voucher(paid, DAY, actor=machine("system"), at=AT)
    post_draft(draft.pk, actor=machine("system-2"), at=AT)
    count(home, "100.00")
    assert told(home) == {}


def test_a_reason_for_a_balance_below_zero_is_printed(home: Compound) -> None:
    post(home, "203", "5.00", reason="收款码次日到账")
    view = closing_view(ensure_period(home, OCTOBER))
    (negative,) = [check for check in view.told if check.key == "negative"]
    assert negative.reason == "收款码次日到账"
    assert negative not in view.needing_reason


@pytest.mark.parametrize("blank", [{}, {"no_evidence": "在补"}, {"no_evidence": "在补", "not_reconciled": "  "}])
def test_every_told_check_needs_its_reason(home: Compound, blank: dict[str, str]) -> None:
    post(home)
    post(home, "203", "1.00")
    period = ensure_period(home, OCTOBER)
    with pytest.raises(ReasonsMissing) as refusal, transaction.atomic():
        prepare_period(period, blank, actor=machine("system"), at=AT)
    assert "not_reconciled" in keys(refusal.value.checks)
    assert not Closing.objects.exists()


def test_reasons_are_kept_with_the_closing(home: Compound, pair: tuple[User, User]) -> None:
    post(home)
    period = ensure_period(home, OCTOBER)
    closing = prepare_period(period, {"not_reconciled": " 银行11月3日才出账单 "}, actor=pair[0], at=AT)
    assert json.loads(closing.told) == [
        {"check": "not_reconciled", "label": "没有和银行对账", "count": 1, "reason": "银行11月3日才出账单"}
    ]
    assert approve_period(period, actor=pair[1], at=AT).told == closing.told


# --- Steps --------------------------------------------------------------------------------------------------------


def prepared(home: Compound, by: User, month: date = OCTOBER) -> Period:
    period = ensure_period(home, month)
    prepare_period(period, ALL, actor=by, at=AT)
    return period


def test_who_prepared_does_not_approve(home: Compound, pair: tuple[User, User]) -> None:
    post(home)
    period = prepared(home, pair[0])
    with pytest.raises(SamePerson) as refusal, transaction.atomic():
        approve_period(period, actor=pair[0], at=AT)
    assert refusal.value.who == pair[0]
    approve_period(period, actor=pair[1], at=AT)


def test_the_database_refuses_one_person_too(
    home: Compound, pair: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    post(home)
    period = prepared(home, pair[0])
    monkeypatch.setattr("fees.operations.periods.is_another", lambda *_: True)
    with pytest.raises(IntegrityError, match="closing_approved_by_another"), transaction.atomic():
        approve_period(period, actor=pair[0], at=AT)


def test_steps_have_an_order(home: Compound, pair: tuple[User, User]) -> None:
    bookkeeper, head = pair
    post(home)
    period = ensure_period(home, OCTOBER)
    for act in (
        approve_period,
        lambda p, **k: send_back_period(p, "x", **k),
        lambda p, **k: withdraw_approval(p, "x", **k),
    ):
        with pytest.raises(WrongStep), transaction.atomic():
            act(period, actor=head, at=AT)  # type: ignore[operator]
    prepared(home, bookkeeper)
    with pytest.raises(WrongStep), transaction.atomic():
        prepared(home, bookkeeper)
    approve_period(period, actor=head, at=AT)
    for refused in (lambda: prepared(home, bookkeeper), lambda: approve_period(period, actor=head, at=AT),
                    lambda: send_back_period(period, "x", actor=head, at=AT)):  # fmt: skip
        with pytest.raises(WrongStep), transaction.atomic():
            refused()
    steps = list(period.closings.order_by("seq").values_list("step", "by", "prepared_by"))
    assert steps == [("prepared", bookkeeper.pk, bookkeeper.pk), ("approved", head.pk, bookkeeper.pk)]
    assert [e.action for e in Entry.objects.filter(object_type="fees.period").order_by("pk")] == [
        "period.prepared", "period.approved",
    ]  # fmt: skip


def test_a_month_sent_back_takes_vouchers_again(home: Compound, pair: tuple[User, User]) -> None:
    bookkeeper, head = pair
    post(home)
    period = prepared(home, bookkeeper)
    with pytest.raises(PeriodClosed) as refusal, transaction.atomic():
        post(home)
    assert refusal.value.step == ClosingStep.PREPARED
    send_back_period(period, "少一张水费", actor=head, at=AT)
    post(home)
    prepared(home, bookkeeper)
    closing = approve_period(period, actor=head, at=AT)
    service = next(row for row in json.loads(closing.figures)["books"].values() if row["kind"] == "service")
    assert service["income"] == service["closing"] == "200.00"


def test_an_approval_may_be_withdrawn_until_the_ledger_hangs(
    home: Compound, pair: tuple[User, User], quick_pdf: None
) -> None:
    bookkeeper, head = pair
    post(home)
    period = prepared(home, bookkeeper)
    approve_period(period, actor=head, at=AT)
    withdraw_approval(period, "漏了一笔", actor=head, at=AT)
    post(home)
    prepared(home, bookkeeper)
    approve_period(period, actor=head, at=AT)
    ledger, _ = issue_ledger(home, OCTOBER, actor=head, at=AT)
    with pytest.raises(AlreadyIssued) as refusal, transaction.atomic():
        withdraw_approval(period, "又漏了", actor=head, at=AT)
    assert refusal.value.ledger == ledger


def test_an_approval_stays_while_a_later_month_stands_on_it(home: Compound, pair: tuple[User, User]) -> None:
    post(home)
    post(home, on=date(2026, 11, 5))
    october = factories.close(home, OCTOBER)
    prepared(home, pair[0], NOVEMBER)
    with pytest.raises(WrongStep) as refusal, transaction.atomic():
        withdraw_approval(october, "漏了", actor=pair[1], at=AT)
    assert refusal.value.step == "later"


def test_months_close_in_order(home: Compound, pair: tuple[User, User]) -> None:
    post(home, on=date(2026, 9, 5))
    post(home)
    period = ensure_period(home, OCTOBER)
    with pytest.raises(EarlierMonthOpen) as refusal, transaction.atomic():
        prepare_period(period, ALL, actor=pair[0], at=AT)
    assert refusal.value.month == SEPTEMBER
    prepared(home, pair[0], SEPTEMBER)
    with pytest.raises(EarlierMonthOpen), transaction.atomic():  # prepared is not yet closed
        prepare_period(period, ALL, actor=pair[0], at=AT)
    approve_period(ensure_period(home, SEPTEMBER), actor=pair[1], at=AT)
    prepare_period(period, ALL, actor=pair[0], at=AT)


def test_a_month_that_was_sent_back_is_still_open(home: Compound, pair: tuple[User, User]) -> None:
    post(home, on=date(2026, 9, 5))
    september = prepared(home, pair[0], SEPTEMBER)
    send_back_period(september, "再看", actor=pair[1], at=AT)
    with pytest.raises(EarlierMonthOpen), transaction.atomic():
        prepared(home, pair[0], OCTOBER)


def test_a_month_with_nothing_is_closed_too(home: Compound, pair: tuple[User, User]) -> None:
    post(home)
    factories.close(home)
    november = prepared(home, pair[0], NOVEMBER)
    figures = json.loads(approve_period(november, actor=pair[1], at=AT).figures)
    service = next(row for row in figures["books"].values() if row["kind"] == "service")
    assert (service["opening"], service["income"], service["closing"]) == ("100.00", "0.00", "100.00")


def test_books_that_never_began_have_no_months(home: Compound) -> None:
    with pytest.raises(BooksNotOpened):
        ensure_period(home, OCTOBER)
    factories.books(home)
    with pytest.raises(BooksNotOpened):
        ensure_period(home, OCTOBER)
    factories.open_with(home, date(2026, 9, 30), {"service": {"bank": "1.00"}})
    with pytest.raises(BeforeBooks):
        ensure_period(home, SEPTEMBER)
    assert ensure_period(home, OCTOBER).month == OCTOBER


# --- What is carried forward --------------------------------------------------------------------------------------


def amounts_of(standing: Standing) -> list[dict[int, Decimal]]:
    """Return what is not nothing, by book and by money account."""
    return [{k: v for k, v in each.items() if v} for each in (standing.books, standing.held, standing.accounts)]


def test_balances_are_carried_forward_per_book_and_account(home: Compound) -> None:
    factories.open_with(home, date(2026, 8, 31), {"service": {"bank": "1000.00", "cash": "20.00"}})
    factories.some_month(home, SEPTEMBER)
    post(home, "401", "80.00", on=date(2026, 9, 25))
    bank = factories.purse(factories.books(home)["service"])
    post(home, "301", "300.00", on=date(2026, 9, 26), means="cash", to_account=bank)
    slow = amounts_of(standing_before(home, OCTOBER))
    factories.close(home, SEPTEMBER)
    assert amounts_of(standing_before(home, OCTOBER)) == slow
    month = month_of_books(home, OCTOBER)
    service = next(part for part in month.parts if part.book == "service")
    # 1020.00 + 3412.50 + 6480.00 − 5200.00 + 80.00 held for others
    assert service.opening == Decimal("5792.50")
    assert (service.cash, service.bank, service.held_balance) == (
        Decimal("3132.50"), Decimal("2660.00"), Decimal("80.00"),
    )  # fmt: skip
    committee = next(part for part in month.parts if part.book == "committee")
    assert committee.opening == Decimal("321.40")


def test_what_is_posted_later_does_not_change_a_closed_month(home: Compound) -> None:
    """A reversal of a closed month's voucher stands in the month in which it was booked."""
    from fees.operations import post_draft, reverse_voucher

    wrong = post(home)
    post(home)
    period = factories.close(home)
    before = closing_view(period).month.figures()
    draft = reverse_voucher(wrong, date(2026, 11, 2), actor=machine("system"), at=AT)
    post_draft(draft.pk, actor=machine("system-2"), at=AT)
    assert closing_view(period).month.figures() == before
    assert standing_before(home, date(2026, 12, 1)).books[wrong.book_id] == Decimal("100.00")


def test_an_approval_reads_the_figures_again(home: Compound, pair: tuple[User, User]) -> None:
    """Should a voucher get into a prepared month in spite of everything, the month is not approved."""
    voucher = post(home)
    period = prepared(home, pair[0])
    data = replace(factories.data(home, DAY, "101", "1.00"))
    from fees.operations import posting

    posting._append(
        [Posting(data, voucher.book, "income", voucher.money_account, "smuggled")],
        entered_by=pair[0], entered_at=AT, reviewed_by=pair[1], at=AT,
    )  # fmt: skip
    with pytest.raises(WrongStep), transaction.atomic():
        approve_period(period, actor=pair[1], at=AT)
