"""R9: many people post at once into one book; numbers stay gap-free, the chain whole. The control comes first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from compounds.models import Compound
from core.models import User
from fees.choices import DraftState
from fees.models import Book, Draft, DraftLine, Voucher
from fees.operations import Posting, Refusal, delete_draft, post_draft, post_postings, return_draft, save_draft
from fees.verification import verify_books
from tests import factories
from tests.together import connection_options, failures, is_deadlock, is_refused_by_database, run_together, sharp_locks

__all__ = ["sharp_locks"]
pytestmark = pytest.mark.usefixtures("real_db", "sharp_locks")

EACH = 25
DAY = date(2026, 10, 12)


class Changed(Exception):
    """The person's mind, after the number was given."""


@dataclass
class Office:
    """A compound with open books and two people who post."""

    home: Compound
    book: Book
    bookkeeper: User
    head: User


def workers() -> int:
    return 32 if connection.vendor == "postgresql" else 8


@pytest.fixture
def office() -> Office:
    home = factories.compound()
    book = factories.books(home)["service"]
    bookkeeper, head = factories.people(home)
    factories.post(home, [factories.data(home, DAY, "101", "1000.00")])
    return Office(home, book, bookkeeper, head)


def draft(office: Office, amount: Decimal) -> int:
    """Make a handed-in draft, as quickly as many are needed."""
    purse = factories.purse(office.book)
    made = Draft.objects.create(
        book=office.book, on=DAY, direction="income", money_account=purse, state=DraftState.HANDED_IN,
        entered_by=office.bookkeeper, entered_at=factories.AT,
    )  # fmt: skip
    DraftLine.objects.create(
        draft=made, position=1, summary="居民缴费", amount=amount, source="residents", account=factories.account("101")
    )
    return made.pk


def job(office: Office, thread: int, drafts: list[int]) -> Callable[[], list[Any]]:
    """Return one person's work: 25 vouchers, a quarter of them drafts; every fifth is given up with its number."""
    data = factories.data(office.home, DAY, "101", "12.50")

    def work() -> list[Any]:
        outcomes: list[Any] = []
        for turn in range(EACH):
            try:
                with transaction.atomic():
                    if turn % 4 == 1:
                        outcomes.append(post_draft(drafts.pop(), actor=office.head, at=factories.AT).pk)
                    else:
                        posting = Posting(data, data.book, data.direction, data.money_account, f"t{thread}")
                        made = post_postings(
                            office.home, [posting], entered_by=office.bookkeeper, reviewed_by=office.head,
                            at=factories.AT,
                        )  # fmt: skip
                        outcomes.append(made[0].pk)
                    if turn % 5 == 4:
                        raise Changed
            except Changed:
                outcomes.pop()
            except Exception as problem:
                outcomes.append(problem)
        return outcomes

    return work


def run(office: Office) -> tuple[list[Any], float]:
    """Let everybody post at once; return all outcomes and how long it took, seconds."""
    with transaction.atomic():
        per = [[draft(office, Decimal("7.00")) for _ in range(EACH // 4 + 1)] for _ in range(workers())]
    jobs = [job(office, n, drafts) for n, drafts in enumerate(per)]
    begin = time.monotonic()
    results = run_together(jobs)
    took = time.monotonic() - begin
    assert not failures(results)
    return [outcome for each in results for outcome in each], took


def numbers(book: Book) -> list[int]:
    return list(Voucher.objects.filter(book=book, year=DAY.year).order_by("number").values_list("number", flat=True))


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take the lock away: PostgreSQL's row lock on the books, SQLite's write lock at the start of a transaction."""
    monkeypatch.setattr("fees.models.BookQuerySet.locked", lambda self: self.order_by("pk"))
    changes = {"transaction_mode": "DEFERRED"} if connection.vendor == "sqlite" else {}
    with connection_options(**changes):
        yield


def test_control_without_the_lock_posts_collide(office: Office, unlocked: None) -> None:
    """Without the parent's lock two people read the same last number, and the database refuses one of them."""
    outcomes, _ = run(office)
    refused = [o for o in outcomes if isinstance(o, BaseException)]
    assert refused, "the lock guards nothing: without it nothing went wrong"
    assert all(is_refused_by_database(o) for o in refused)
    if connection.vendor == "postgresql":
        assert any(isinstance(o, IntegrityError) and "voucher_one_per" in str(o) for o in refused)
    # What got in is still in order: the constraint stands behind the lock.
    assert numbers(office.book) == list(range(1, len(numbers(office.book)) + 1))


def test_numbers_run_from_one_without_gaps(office: Office) -> None:
    """32 × 25 posts (SQLite 8 × 25), every fifth rolled back: 1..n, no gap, no double, a whole chain, no deadlock."""
    outcomes, took = run(office)
    problems = [o for o in outcomes if isinstance(o, BaseException)]
    assert not problems, problems[:3]
    assert not any(is_deadlock(p) for p in problems)
    kept = workers() * EACH * 4 // 5
    assert len(outcomes) == len(set(outcomes)) == kept
    assert numbers(office.book) == list(range(1, kept + 2))
    places = list(Voucher.objects.filter(book=office.book).order_by("seq").values_list("seq", flat=True))
    assert places == list(range(1, kept + 2))
    report = verify_books(office.home)
    assert report.bad == [] and report.checked == kept + 1
    assert report.anchored[f"{office.home.code}/service"] == kept + 1
    if connection.vendor == "postgresql":
        assert took <= 15, f"{took:.1f} s"


def test_a_double_click_makes_one_voucher(office: Office) -> None:
    """Two requests post one draft at the same instant, 50 times: one voucher, and both are shown it."""
    for _ in range(50):
        key = draft(office, Decimal("3.00"))
        before = Voucher.objects.count()
        results = run_together([lambda key=key: post_draft(key, actor=office.head, at=factories.AT)] * 2)  # type: ignore[misc]
        assert not failures(results), results
        assert results[0].pk == results[1].pk
        assert Voucher.objects.count() == before + 1
    assert numbers(office.book) == list(range(1, 52))


def test_two_heads_post_different_drafts_at_once(office: Office) -> None:
    """Different drafts of both books at once get different numbers, each book its own run."""
    other = factories.books(office.home)["committee"]
    elsewhere = Office(office.home, other, office.bookkeeper, office.head)
    keys = [draft(office if n % 2 else elsewhere, Decimal(n + 1)) for n in range(12)]
    results = run_together([lambda key=key: post_draft(key, actor=office.head, at=factories.AT) for key in keys])  # type: ignore[misc]
    assert not failures(results), results
    assert numbers(office.book) == list(range(1, 8))
    assert numbers(other) == list(range(1, 7))
    assert verify_books(office.home).bad == []


@pytest.mark.parametrize("other", ["delete", "return", "change"])
def test_a_draft_is_posted_or_taken_back_never_both(office: Office, other: str) -> None:
    """The head posts while the bookkeeper deletes, gets back or changes the same draft, 20 times at once."""
    for _ in range(20):
        key = draft(office, Decimal("3.00"))
        row = Draft.objects.select_related("book__compound").get(pk=key)
        data = factories.data(office.home, DAY, "101", "4.00")
        acts: dict[str, Callable[[], Any]] = {
            "delete": lambda row=row: delete_draft(row, actor=office.bookkeeper, at=factories.AT),  # type: ignore[misc]
            "return": lambda row=row: return_draft(row, "看不清", actor=office.head, at=factories.AT),  # type: ignore[misc]
            "change": lambda row=row, data=data: save_draft(  # type: ignore[misc]
                data, draft=row, hand_in=False, actor=office.bookkeeper, at=factories.AT
            ),
        }
        posted, taken = run_together([lambda key=key: post_draft(key, actor=office.head, at=factories.AT), acts[other]])  # type: ignore[misc]
        won = not isinstance(posted, BaseException)
        assert won == isinstance(taken, Refusal), (posted, taken)
        assert won or isinstance(posted, Refusal), posted
        assert Voucher.objects.filter(origin__startswith=f"draft:{key}").count() == won
        assert Draft.objects.filter(pk=key).exists() == (not won and other != "delete")
    assert verify_books(office.home).bad == []
