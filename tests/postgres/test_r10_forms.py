"""R10: a voucher's form sent twice - double click, two tabs, back and again, retry - makes one. The control comes first."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError
from django.test import Client

from compounds.models import Compound
from core.models import Entry, User
from fees.models import Draft, Voucher
from fees.verification import verify_books
from tests import factories
from tests.portal.office import SERVICE, browser
from tests.together import Crew, failures, sharp_locks

__all__ = ["sharp_locks"]
pytestmark = pytest.mark.usefixtures("real_db", "sharp_locks")

PAIRS, AT_ONCE, SOON = 200, 4, 0.05  # pairs in all; pairs side by side; seconds within which both are sent
URL = f"{SERVICE}drafts/"


@dataclass
class Office:
    """A compound with open books, and two people at their browsers."""

    home: Compound
    keeper: User
    head: User

    def form(self, n: int, **more: object) -> dict[str, object]:
        """Return the n-th form as its page showed it: with a token of its own."""
        purse = factories.purse(factories.books(self.home)["service"])
        return {
            "month": "2026-10", "line_count": "1", "on": "2026-10-25", "payee": f"居民{n}", "act": "hand_in",
            "money_account": str(purse.pk), "form_token": f"{n:032x}", "line-0-summary": f"第{n}笔",
            "line-0-account": "101", "line-0-income": "12.50",
        } | more  # fmt: skip


@pytest.fixture
def office() -> Office:
    home = factories.compound()
    factories.books(home)
    keeper, head = factories.people(home)
    factories.post(home, [factories.data(home, date(2026, 10, 12), "101", "1000.00")])
    return Office(home, keeper, head)


def windows(user: User, many: int) -> list[Client]:
    """Return so many windows of one person's browser: one session, answers not parsed as pages."""
    first = browser(user)
    found = []
    for _ in range(many):
        window = Client(raise_request_exception=True)
        window.cookies = first.cookies.copy()
        window.looks_at_answers_only = True  # type: ignore[attr-defined]
        found.append(window)
    return found


def send_in_pairs(user: User, pairs: Sequence[tuple[tuple[str, Any], tuple[str, Any]]]) -> list[tuple[Any, Any]]:
    """Send both forms (address, data) of every pair within 50 ms of each other; return the answers pair by pair."""
    chance = random.Random(10)
    desks = windows(user, 2 * AT_ONCE)

    def sending(window: Client, url: str, data: Any) -> Callable[[], Any]:
        wait = chance.uniform(0, SOON)

        def send() -> Any:
            time.sleep(wait)
            return window.post(url, data)

        return send

    answers: list[Any] = []
    with Crew(2 * AT_ONCE) as crew:
        for start in range(0, len(pairs), AT_ONCE):
            both = [form for pair in pairs[start : start + AT_ONCE] for form in pair]
            answers += crew.run([sending(desks[i], url, data) for i, (url, data) in enumerate(both)])
    return list(zip(answers[::2], answers[1::2], strict=True))


def said(answer: Any) -> str:
    """Return what the answer tells the person on the next page."""
    return "".join(str(message) for message in get_messages(answer.wsgi_request))


def test_control_without_the_token_the_same_money_stands_twice(office: Office) -> None:
    forms = [(URL, office.form(n, form_token="")) for n in range(1, 21)]
    answers = send_in_pairs(office.keeper, [(form, form) for form in forms])
    assert not failures([answer for pair in answers for answer in pair])
    assert Draft.objects.count() > 20, "the token guards nothing: without it nothing stood twice"


def test_control_without_the_look_the_database_refuses(
    office: Office, monkeypatch: pytest.MonkeyPatch, no_errors_in_logs: list[logging.LogRecord]
) -> None:
    """The unique token stands behind the look for an earlier draft."""
    monkeypatch.setattr("fees.operations.drafts._sent_before", lambda data: None)
    forms = [(URL, office.form(n)) for n in range(1, 9)]
    answers = send_in_pairs(office.keeper, [(form, form) for form in forms])
    refused = failures([answer for pair in answers for answer in pair])
    assert refused and all(isinstance(problem, IntegrityError) for problem in refused)
    assert Draft.objects.count() == 8
    no_errors_in_logs.clear()  # the refused ones were server errors


def test_two_hundred_forms_sent_twice_make_two_hundred_vouchers(office: Office) -> None:
    """200 pairs within 0–50 ms: 200 drafts, both answers the same; posted by double clicks: 200 vouchers, no gap."""
    forms = [(URL, office.form(n)) for n in range(1, PAIRS + 1)]
    answers = send_in_pairs(office.keeper, [(form, form) for form in forms])
    assert not failures([answer for pair in answers for answer in pair])
    for n, (first, second) in enumerate(answers, start=1):
        assert first.status_code == second.status_code == 302 and first.url == second.url
        assert f"交给复核了：第{n}笔，12.50元。" in said(first) and said(first) == said(second)
    drafts = list(Draft.objects.order_by("pk"))
    assert len(drafts) == len({draft.form_token for draft in drafts}) == PAIRS
    assert Entry.objects.filter(action="draft.hand_in").count() == PAIRS

    clicks = [(f"/office/review/{draft.pk}/", {"act": "post", "seen": "yes"}) for draft in drafts]
    answers = send_in_pairs(office.head, [(click, click) for click in clicks])
    assert not failures([answer for pair in answers for answer in pair])
    for first, second in answers:
        assert first.status_code == second.status_code == 302
        assert "记账了：" in said(first) and said(first) == said(second)  # the same number to both
    numbers = list(Voucher.objects.filter(book__kind="service").order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, PAIRS + 2)) and not Draft.objects.exists()
    assert verify_books(office.home).bad == []

    # The back button after posting: the same form leads to its voucher, a changed one is refused; nothing is made.
    window = windows(office.keeper, 1)[0]
    for n in (1, 57, PAIRS):
        voucher = Voucher.objects.get(payee=f"居民{n}")
        assert window.post(URL, office.form(n)).url == f"{SERVICE}2026/{voucher.number}/"
        changed = window.post(URL, office.form(n, **{"line-0-income": "13.50"}))
        assert changed.status_code == 200 and "已经存过一次" in changed.content.decode()
    assert Voucher.objects.count() == PAIRS + 1 and not Draft.objects.exists()


def test_the_same_token_with_another_amount_is_refused_whichever_comes_first(office: Office) -> None:
    """50 pairs that differ in their amount: one of each is kept, the other is told so and changes nothing."""
    pairs = [
        ((URL, office.form(n)), (URL, office.form(n, **{"line-0-income": f"{n}.99"}))) for n in range(1, PAIRS // 4 + 1)
    ]
    answers = send_in_pairs(office.keeper, pairs)
    assert not failures([answer for pair in answers for answer in pair])
    firsts = 0
    for n, (first, second) in enumerate(answers, start=1):
        assert sorted((first.status_code, second.status_code)) == [200, 302]
        refused, kept = (first, f"{n}.99") if first.status_code == 200 else (second, "12.50")
        firsts += refused is second
        assert "这张表已经存过一次，内容和这次不一样" in refused.content.decode()
        line = Draft.objects.get(form_token=f"{n:032x}").lines.get()
        assert str(line.amount) == kept
    assert Draft.objects.count() == len(pairs)
    assert 0 < firsts < len(pairs), "one of the two always won: they did not race"
