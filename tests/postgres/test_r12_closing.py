"""R12: people post into a month while it is closed; every voucher is inside the frozen figures or was refused."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from compounds.models import Compound
from core.models import User
from fees.choices import ClosingStep
from fees.models import Closing, Period, Voucher
from fees.operations import (
    DraftData,
    MustChecks,
    PeriodClosed,
    Posting,
    WrongStep,
    approve_period,
    ensure_period,
    post_draft,
    post_postings,
    prepare_period,
)
from fees.rules import ZERO, last_day, next_month
from fees.verification import verify_books
from tests import factories
from tests.postgres.test_r9_numbers import Office, draft
from tests.together import Crew, failures, is_deadlock, run_together, sharp_locks

__all__ = ["sharp_locks"]
pytestmark = pytest.mark.usefixtures("real_db", "sharp_locks")

THREADS = 16
EACH = 2
SEED = 20261105
FIRST = date(2022, 10, 1)


@dataclass
class Round:
    """What happened in one month: what the threads were told, and whether the month was closed."""

    posted: list[Voucher] = field(default_factory=list)
    moved: list[Voucher] = field(default_factory=list)
    problems: list[BaseException] = field(default_factory=list)
    closed: bool = True


class Compounds:
    """A compound whose months are closed one after the other, each under fire."""

    def __init__(self) -> None:
        self.home: Compound = factories.compound()
        self.bookkeeper: User
        self.bookkeeper, self.head = factories.people(self.home)
        self.books = factories.books(self.home)
        self.random = random.Random(SEED)
        factories.post(self.home, [factories.data(self.home, FIRST, "101", "1.00")])
        self.amount = 0
        self.samples = {kind: factories.data(self.home, FIRST, "101", "1.00", book=kind) for kind in self.books}

    def typed(self, kind: str, on: date, fen: int) -> DraftData:
        """Return an income voucher whose amount tells the thread, in yuan with these 分."""
        sample = self.samples[kind]
        line = replace(sample.lines[0], amount=Decimal(self.amount) + Decimal(fen) / 100)
        return replace(sample, on=on, lines=(line,))

    def poster(self, month: date, delay: float) -> Callable[[], list[tuple[str, Any]]]:
        """Return someone's work: two vouchers dated in the month; what is refused goes into the month after."""
        self.amount += 1
        kind = self.random.choice(["service", "committee"])
        days = [month + timedelta(days=self.random.randrange(28)) for _ in range(EACH)]
        data = [self.typed(kind, day, 1) for day in days]
        later = self.typed(kind, next_month(month), 2)

        def post(typed: Any) -> Voucher:
            posting = Posting(typed, typed.book, typed.direction, typed.money_account, "r12")
            return post_postings(
                self.home, [posting], entered_by=self.bookkeeper, reviewed_by=self.head, at=factories.AT
            )[0]

        def work() -> list[tuple[str, Any]]:
            done: list[tuple[str, Any]] = []
            time.sleep(delay)
            for typed in data:
                try:
                    done.append(("posted", post(typed)))
                except PeriodClosed as refusal:
                    assert refusal.month == month
                    done.append(("moved", post(later)))
                except Exception as problem:
                    done.append(("problem", problem))
            return done

        return work

    def reviewer(self, month: date) -> Callable[[], list[tuple[str, Any]]]:
        """Return the head's work: a draft that waits in the month; until it is posted the month cannot close."""
        office = Office(self.home, self.books["service"], self.bookkeeper, self.head)
        key = draft(office, Decimal("5.05"))
        type(office.book).objects.get(pk=office.book.pk).drafts.filter(pk=key).update(on=month)

        def work() -> list[tuple[str, Any]]:
            try:
                return [("posted", post_draft(key, actor=self.head, at=factories.AT))]
            except Exception as problem:
                return [("problem", problem)]

        return work

    def closer(self, month: date, delay: float) -> Callable[[], list[tuple[str, Any]]]:
        """Return the closing: prepared as soon as no draft stands in its way, approved at once."""
        period = Period.objects.get(compound=self.home, month=month)
        reasons = {
            "not_reconciled": "流水在对",
            "not_counted": "在补",
            "no_evidence": "在补",
            "no_signatures": "在补",
            "no_source": "在补",
        }

        def work() -> list[tuple[str, Any]]:
            time.sleep(delay)
            end = time.monotonic() + 10
            while True:
                try:
                    prepare_period(period, reasons, actor=self.bookkeeper, at=factories.AT)
                    break
                except MustChecks as refusal:
                    assert [check.key for check in refusal.checks] == ["drafts"]
                    assert time.monotonic() < end
                except Exception as problem:
                    return [("problem", problem)]
            try:
                approve_period(period, actor=self.head, at=factories.AT)
            except WrongStep:
                return [("not closed", None)]
            except Exception as problem:
                return [("problem", problem)]
            return [("closed", None)]

        return work

    def under_fire(self, month: date, crew: Crew, *, with_draft: bool = False) -> Round:
        ensure_period(self.home, month)
        jobs = [self.poster(month, self.random.uniform(0, 0.03)) for _ in range(THREADS - 1)]
        jobs.append(self.reviewer(month) if with_draft else self.poster(month, 0.0))
        jobs.append(self.closer(month, self.random.uniform(0, 0.06)))
        results = crew.run(jobs)
        assert not failures(results), results
        seen = Round()
        for what, value in (item for each in results for item in each):
            if what == "problem":
                seen.problems.append(value)
            elif what == "not closed":
                seen.closed = False
            elif what != "closed":
                getattr(seen, what).append(value)
        return seen


def frozen(home: Compound, month: date) -> dict[str, dict[str, str]]:
    """Return the figures that the month's approval froze, by book."""
    closing = Closing.objects.get(period__compound=home, period__month=month, step=ClosingStep.APPROVED)
    return {row["kind"]: row for row in json.loads(closing.figures)["books"].values()}


def added_up(home: Compound, month: date) -> dict[str, tuple[Decimal, Decimal]]:
    """Return each book's income of the month and its balance at the end, from the vouchers alone."""
    sums = {}
    for kind in ("committee", "service"):
        rows = list(Voucher.objects.filter(book__compound=home, book__kind=kind, on__lte=last_day(month)))
        sums[kind] = (
            sum((v.amount for v in rows if v.on >= month), ZERO),
            sum((v.amount for v in rows), ZERO),
        )
    return sums


def fits(home: Compound, month: date) -> bool:
    """Return whether the frozen figures are those of the vouchers that stand in the month."""
    said = frozen(home, month)
    return all(
        (Decimal(said[kind]["income"]), Decimal(said[kind]["closing"])) == pair
        for kind, pair in added_up(home, month).items()
    )


def test_control_a_closing_that_does_not_lock_freezes_wrong_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the closing's lock taken away, vouchers get into a month after its figures were read.

    SQLite has one writer at a time, whatever is locked; there the control is that the frozen figures would show a
    voucher slipped past the closing.
    """
    compounds = Compounds()
    month = FIRST
    if connection.vendor == "sqlite":
        with Crew(THREADS + 1) as crew:
            compounds.under_fire(month, crew)
        assert fits(compounds.home, month)
        monkeypatch.setattr("fees.operations.books.last_step", lambda period: None)
        factories.post(compounds.home, [factories.data(compounds.home, month, "101", "0.01")])
        assert not fits(compounds.home, month)
        return
    monkeypatch.setattr("fees.operations.periods.lock_books", lambda compound: {})
    with Crew(THREADS + 1) as crew:
        for _ in range(50):
            seen = compounds.under_fire(month, crew)
            # Either the approval froze less than what stands in the month, or its second reading caught it.
            if not seen.closed or not fits(compounds.home, month):
                return
            month = next_month(month)
    pytest.fail("the closing's lock guards nothing: without it nothing went wrong in 50 rounds")


def test_every_voucher_is_inside_the_closing_or_refused() -> None:
    """50 months (SQLite 12), 16 threads each: no deadlock, nothing lost, the frozen figures are the vouchers' sums."""
    compounds = Compounds()
    month = FIRST
    rounds = 50 if connection.vendor == "postgresql" else 12
    moved = 0
    with Crew(THREADS + 1) as crew:
        for turn in range(rounds):
            seen = compounds.under_fire(month, crew, with_draft=turn % 3 == 0)
            assert not seen.problems, (seen.problems[:3], any(is_deadlock(p) for p in seen.problems))
            assert seen.closed
            assert fits(compounds.home, month), month
            for voucher in seen.posted:
                assert month <= voucher.on <= last_day(month)
            for voucher in seen.moved:
                assert voucher.on == next_month(month)
            moved += len(seen.moved)
            month = next_month(month)
    # Both happened, or the rounds proved nothing.
    assert 0 < moved < rounds * THREADS * EACH
    report = verify_books(compounds.home)
    assert report.bad == []
    assert report.checked == Voucher.objects.filter(book__compound=compounds.home).count()


def test_two_people_closing_at_once_make_one_closing() -> None:
    """Two bookkeepers prepare at the same instant, then two heads approve: one row each, the others are told."""
    compounds = Compounds()
    reasons = {"not_reconciled": "流水在对", "not_counted": "在补"}
    period = ensure_period(compounds.home, FIRST)
    second = factories.user("committee_bookkeeper", compounds.home.code)
    prepared = run_together(
        [lambda who=who: prepare_period(period, reasons, actor=who, at=factories.AT)  # type: ignore[misc]
         for who in (compounds.bookkeeper, second)]
    )  # fmt: skip
    assert sorted(type(r) for r in prepared if isinstance(r, Exception)) == [WrongStep]
    deputy = factories.user("committee_deputy", compounds.home.code)
    approved = run_together(
        [lambda who=who: approve_period(period, actor=who, at=factories.AT) for who in (compounds.head, deputy)]  # type: ignore[misc]
    )
    assert [type(r) for r in approved if isinstance(r, Exception)] == [WrongStep]
    assert list(period.closings.order_by("seq").values_list("step", flat=True)) == ["prepared", "approved"]
