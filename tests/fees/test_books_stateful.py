"""A history of the books at random, held after every step against a model in whole 分 (the shape of R13)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core.operations import machine
from fees.documents import closing_view, remainders, standing_before
from fees.models import Draft, Period, Voucher
from fees.operations import (
    EarlierMonthOpen,
    MustChecks,
    NegativeBalance,
    NotReversible,
    PeriodClosed,
    WrongStep,
    approve_period,
    delete_draft,
    ensure_period,
    post_draft,
    prepare_period,
    reverse_voucher,
    save_draft,
    withdraw_approval,
)
from fees.rules import next_month
from fees.verification import verify_books
from tests import factories
from tests.factories import AT

MONTHS = [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)]
FEN = st.integers(1, 200_000)
KINDS = st.sampled_from(["service", "committee"])
PURSES = st.sampled_from(["cash", "bank"])
DAYS = st.builds(lambda month, day: month.replace(day=day), st.sampled_from(MONTHS), st.integers(1, 28))
# Which way an account moves money, and the direction where it is not the account's own.
MOVES = {"101": 1, "106": 1, "203": -1, "401": 1, "401 out": -1}


class Books(RuleBasedStateMachine):
    """Two people at a compound's books, and what each purse must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.home = factories.compound(f"{factories.COMMUNITY}77", "随机账（演示）")
        self.books = factories.books(self.home)
        self.first, self.second = machine("system"), machine("system-2")
        self.held: dict[tuple[str, str], int] = {}
        factories.open_with(
            self.home, date(2026, 8, 31), {"service": {"bank": "500.00"}, "committee": {"cash": "20.00"}}
        )
        self.held = {("service", "bank"): 50_000, ("committee", "cash"): 2_000}
        self.posted = 0
        self.closed: list[date] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def move(self, kind: str, purse: str, fen: int) -> None:
        self.held[kind, purse] = self.held.get((kind, purse), 0) + fen

    def try_to_post(self, data: Any, moves: list[tuple[str, str, int]], count: int = 1) -> None:
        """Hand in and post; the model follows only where the books let it."""
        try:
            with transaction.atomic():
                draft = save_draft(data, hand_in=True, actor=self.first, at=AT)
                post_draft(draft.pk, actor=self.second, at=AT)
        except PeriodClosed as refusal:
            assert refusal.month in self.closed and refusal.month == data.on.replace(day=1)
            return
        except NegativeBalance as refusal:
            assert refusal.lowest < 0 and any(fen < 0 for *_, fen in moves)
            return
        assert data.on.replace(day=1) not in self.closed
        for kind, purse, fen in moves:
            self.move(kind, purse, fen)
        self.posted += count

    @rule(code=st.sampled_from(sorted(MOVES)), fen=FEN, day=DAYS, kind=KINDS, purse=PURSES)
    def post(self, code: str, fen: int, day: date, kind: str, purse: str) -> None:
        more = {"decision": "居民会议1号"} | ({"direction": "held_out"} if code.endswith("out") else {})
        data = factories.data(self.home, day, code.split()[0], f"{fen / 100:.2f}", book=kind, means=purse, **more)
        self.try_to_post(data, [(kind, purse, MOVES[code] * fen)])

    @rule(fen=FEN, day=DAYS, kind=KINDS, purse=PURSES, other=KINDS, into=PURSES)
    def transfer(self, fen: int, day: date, kind: str, purse: str, other: str, into: str) -> None:
        if (kind, purse) == (other, into):
            return
        data = factories.data(
            self.home, day, "301", f"{fen / 100:.2f}", book=kind, means=purse,
            to_account=factories.purse(self.books[other], into),
        )  # fmt: skip
        self.try_to_post(data, [(kind, purse, -fen), (other, into, fen)], 1 if kind == other else 2)

    @rule(place=st.integers(0, 40), day=DAYS)
    def reverse(self, place: int, day: date) -> None:
        vouchers = list(Voucher.objects.of(self.home).order_by("pk"))
        if not vouchers:
            return
        voucher = vouchers[place % len(vouchers)]
        both = list(Voucher.objects.filter(pair=voucher.pair)) if voucher.pair else [voucher]
        fen_of = {each.pk: int(each.remaining * 100) for each in both}
        try:
            with transaction.atomic():
                red = reverse_voucher(voucher, day, actor=self.first, at=AT)
                post_draft(red.pk, actor=self.second, at=AT)
        except NotReversible as refusal:
            gone = voucher.reverses_id is not None or not remainders(voucher)
            assert gone or day < voucher.on, refusal.why
            return
        except (PeriodClosed, NegativeBalance):
            return
        for each in both:
            fen = fen_of[each.pk]
            sign = 1 if each.direction in ("income", "transfer_in", "held_in") else -1
            self.move(each.book.kind, each.money_account.means, -sign * fen)
            if each.to_account is not None:
                self.move(each.book.kind, each.to_account.means, -fen)
        self.posted += len(both)

    @rule(place=st.integers(0, 40), day=DAYS, share=st.integers(1, 120))
    def take_back_a_part(self, place: int, day: date, share: int) -> None:
        """Take back some hundredths of what is left of a voucher; more than all of it is refused."""
        rows = [row for v in Voucher.objects.of(self.home).order_by("pk") for row in [(v, remainders(v))] if row[1]]
        if not rows:
            return
        voucher, left = rows[place % len(rows)]
        fen = max(int(left[0].amount * share), 1)
        parts = {left[0].key: Decimal(fen) / 100}
        both = list(Voucher.objects.filter(pair=voucher.pair, reverses=None)) if voucher.pair else [voucher]
        try:
            with transaction.atomic():
                red = reverse_voucher(voucher, day, actor=self.first, at=AT, kind="overstated", parts=parts)
                post_draft(red.pk, actor=self.second, at=AT)
        except NotReversible as refusal:
            assert share > 100 or day < voucher.on or voucher.reverses_id is not None, refusal.why
            return
        except (PeriodClosed, NegativeBalance):
            return
        assert share <= 100
        for each in both:
            sign = 1 if each.direction in ("income", "transfer_in", "held_in") else -1
            self.move(each.book.kind, each.money_account.means, -sign * fen)
            if each.to_account is not None:
                self.move(each.book.kind, each.to_account.means, -fen)
        self.posted += len(both)

    @rule(fen=FEN, day=DAYS)
    def type_and_throw_away(self, fen: int, day: date) -> None:
        """A draft that was never posted leaves no gap."""
        try:
            with transaction.atomic():
                draft = save_draft(
                    factories.data(self.home, day, "101", f"{fen / 100:.2f}"), hand_in=True, actor=self.first, at=AT
                )
        except PeriodClosed:
            return
        delete_draft(draft, actor=self.first, at=AT)

    @rule(month=st.sampled_from(MONTHS))
    def close(self, month: date) -> None:
        period = ensure_period(self.home, month)
        reasons = {check.key: "已核对" for check in closing_view(period).told}
        try:
            with transaction.atomic():
                prepare_period(period, reasons, actor=self.first, at=AT)
                approve_period(period, actor=self.second, at=AT)
        except EarlierMonthOpen as refusal:
            assert refusal.month < month and refusal.month not in self.closed
            return
        except WrongStep:
            assert month in self.closed
            return
        except MustChecks as refusal:
            assert {check.key for check in refusal.checks} <= {"cash_negative"}
            return
        self.closed.append(month)

    @rule(month=st.sampled_from(MONTHS))
    def take_back(self, month: date) -> None:
        period = Period.objects.of(self.home).filter(month=month).first()
        if period is None:
            return
        try:
            with transaction.atomic():
                withdraw_approval(period, "漏了一笔", actor=self.second, at=AT)
        except WrongStep:
            assert month not in self.closed or next_month(month) in self.closed
            return
        assert month == max(self.closed)
        self.closed.remove(month)

    @invariant()
    def numbers_have_no_gap(self) -> None:
        for book in self.books.values():
            rows = Voucher.objects.filter(book=book).order_by("seq").values_list("seq", "number")
            assert [tuple(row) for row in rows] == [(n, n) for n in range(1, len(rows) + 1)]
        assert Voucher.objects.of(self.home).count() == self.posted
        assert not Draft.objects.of(self.home).exists()

    @invariant()
    def every_purse_holds_what_the_model_says(self) -> None:
        standing = standing_before(self.home, date(2027, 1, 1))
        for kind, book in self.books.items():
            for purse in ("cash", "bank"):
                key = factories.purse(book, purse).pk
                fen = standing.accounts.get(key, Decimal(0)) * 100
                assert fen == self.held.get((kind, purse), 0), (kind, purse)
            whole = sum(fen for (k, _), fen in self.held.items() if k == kind)
            assert standing.books.get(book.pk, Decimal(0)) * 100 == whole

    @invariant()
    def the_books_recompute(self) -> None:
        assert verify_books(self.home).bad == []


@pytest.mark.django_db
def test_a_history_of_the_books_at_random() -> None:
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
