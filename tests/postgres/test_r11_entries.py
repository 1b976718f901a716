"""R11: two clerks at one paper, one clerk in two browsers, a third person who settles while the second corrects.

Exactly two entries by two users, nothing lost, and no answer holds what the other read. The controls come last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from ballots.models import Ballot, PaperEntry, Settlement, Sheet
from ballots.operations import entering
from ballots.operations.entering import enter_paper, settle_paper
from ballots.operations.refusals import AlreadySettled, NothingToSettle
from ballots.rules.entries import Said
from compounds.choices import Role
from core.models import User
from tests import balloting, factories
from tests.factories import AT
from tests.portal.office import browser
from tests.together import Crew, failures, sharp_locks

__all__ = ["sharp_locks"]
pytestmark = pytest.mark.usefixtures("real_db", "sharp_locks")

FOR, AGAINST = Said({1: ("赞成",)}), Said({1: ("反对",)})


def trials(full: int) -> int:
    """Return so many on PostgreSQL, where concurrency counts; on SQLite a tenth."""
    return full if connection.vendor == "postgresql" else full // 10


@dataclass
class Room:
    """A ballot in counting, two clerks and a third person."""

    ballot: Ballot
    one: User
    two: User
    third: User

    def sheets(self) -> list[Sheet]:
        return list(self.ballot.sheets.select_related("bundle").order_by("pk"))

    def url(self, sheet: Sheet) -> str:
        code, number = self.ballot.compound.code, self.ballot.number
        return f"/office/compounds/{code}/ballots/{number}/entry/{sheet.bundle.number}/{sheet.position}/"


def room(papers: int) -> Room:
    home = factories.compound()
    people = [factories.user(role, home.code[:12], name) for role, name in (
        (Role.COMMUNITY_CLERK, "甲"), (Role.COMMUNITY_CLERK, "乙"), (Role.COMMUNITY_SECRETARY, "书记"),
    )]  # fmt: skip
    return Room(balloting.counting_ballot(home, papers), *people)


def window(user: User) -> Client:
    made = browser(user)
    made.looks_at_answers_only = True  # type: ignore[attr-defined]
    return made


def sending(client: Client, url: str, mark: str, note: str) -> Callable[[], Any]:
    return lambda: client.post(url, {"q1": mark, "note": note, "version": "0"})


def test_both_clerks_at_the_same_instant() -> None:
    desk = room(trials(200))
    first, second = window(desk.one), window(desk.two)
    with Crew(2) as crew:
        for n, sheet in enumerate(desk.sheets()):
            found = crew.run([
                sending(first, desk.url(sheet), "赞成", f"canary-one-{n}"),
                sending(second, desk.url(sheet), "反对", f"canary-two-{n}"),
            ])  # fmt: skip
            assert not failures(found) and [answer.status_code for answer in found] == [200, 200]
            assert b"canary-two" not in found[0].content and b"canary-one" not in found[1].content
            for answer in found:  # the next paper or the bundle's end: nothing chosen, nothing refused
                assert b"checked" not in answer.content and b"error-summary" not in answer.content
    for sheet in desk.sheets():
        rows = list(PaperEntry.objects.filter(sheet=sheet).order_by("round"))
        assert [row.round for row in rows] == [1, 2]
        assert {(row.user, row.marks) for row in rows} == {(desk.one, FOR.marks_text), (desk.two, AGAINST.marks_text)}


def test_one_clerk_in_two_browsers() -> None:
    desk = room(trials(200))
    left, right = window(desk.one), window(desk.one)
    refused = 0
    with Crew(2) as crew:
        for sheet in desk.sheets():
            found = crew.run([
                sending(left, desk.url(sheet), "赞成", ""), sending(right, desk.url(sheet), "反对", ""),
            ])  # fmt: skip
            assert not failures(found)
            refused += sum("这张票您录过了".encode() in answer.content for answer in found)
    assert PaperEntry.objects.filter(user=desk.one, round=1).count() == len(desk.sheets())
    assert PaperEntry.objects.count() == len(desk.sheets()) == refused


def corrects(desk: Room, sheet: Sheet) -> Callable[[], Any]:
    return lambda: enter_paper(desk.ballot, sheet, FOR, actor=desk.two, at=AT + timedelta(minutes=1), version=1)


def settles(desk: Room, sheet: Sheet) -> Callable[[], Any]:
    return lambda: settle_paper(desk.ballot, sheet, FOR, "看票面", actor=desk.third, at=AT + timedelta(minutes=1))


def test_a_third_person_settles_while_the_second_corrects() -> None:
    """Exactly one wins: what was corrected first agrees and is not settled; what was settled first stays as it was."""
    desk = room(trials(100))
    won = {"corrected": 0, "settled": 0}
    with Crew(2) as crew:
        for n, sheet in enumerate(desk.sheets()):
            enter_paper(desk.ballot, sheet, FOR, actor=desk.one, at=AT)
            enter_paper(desk.ballot, sheet, AGAINST, actor=desk.two, at=AT)
            jobs = [corrects(desk, sheet), settles(desk, sheet)]
            found = crew.run(jobs if n % 2 else jobs[::-1])
            problems = failures(found)
            assert len(problems) == 1 and isinstance(problems[0], AlreadySettled | NothingToSettle)
            is_settled = Settlement.objects.filter(sheet=sheet).exists()
            second = PaperEntry.objects.get(sheet=sheet, user=desk.two)
            assert (second.version, second.marks) == ((1, AGAINST.marks_text) if is_settled else (2, FOR.marks_text))
            won["settled" if is_settled else "corrected"] += 1
    assert PaperEntry.objects.count() == 2 * len(desk.sheets())
    assert sum(won.values()) == len(desk.sheets())


# --- Controls -----------------------------------------------------------------------------------------------------


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the lock away: two who read at once both see no entry yet."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda self, *args, **kwargs: self.all())
    filled = entering._fill

    def slowly(*args: Any) -> None:
        filled(*args)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.05)")

    monkeypatch.setattr(entering, "_fill", slowly)


def twice_by_one(desk: Room) -> list[Any]:
    sheet = desk.sheets()[0]
    with Crew(2) as crew:
        return crew.run([
            lambda: enter_paper(desk.ballot, sheet, FOR, actor=desk.one, at=AT),
            lambda: enter_paper(desk.ballot, sheet, AGAINST, actor=desk.one, at=AT),
        ])  # fmt: skip


def test_without_the_lock_the_constraint_still_holds(unlocked: None) -> None:
    desk = room(1)
    found = twice_by_one(desk)
    assert [type(problem) for problem in failures(found)] == [IntegrityError]
    assert PaperEntry.objects.count() == 1


def test_control_without_the_constraints_one_person_is_both(unlocked: None) -> None:
    desk = room(1)
    with connection.schema_editor() as editor:
        for constraint in PaperEntry._meta.constraints[:2]:
            editor.remove_constraint(PaperEntry, constraint)
    assert not failures(twice_by_one(desk))
    rows = PaperEntry.objects.all()
    assert [row.user for row in rows] == [desk.one, desk.one]
