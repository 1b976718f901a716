"""R14: certify while an entry is corrected, two certify at once, issue and spoil one paper: one wins, the other is told."""

from __future__ import annotations

import random
import time
from functools import partial
from typing import Any

import pytest
from django.db import connection

from ballots.documents.results import figures_sha256
from ballots.models import Ballot, PaperEntry, Sheet
from ballots.operations import certifying
from ballots.operations.certifying import certify_first, certify_second, figures_of
from ballots.operations.entering import enter_paper
from ballots.operations.issuing import issue_papers
from ballots.operations.printing import replace_paper
from ballots.operations.refusals import BallotRefusal
from ballots.rules.entries import Said
from core import pdf
from core.operations import machine
from tests import balloting, factories
from tests.factories import AT
from tests.together import failures, is_deadlock, run_together, sharp_locks

__all__ = ["sharp_locks"]
pytestmark = pytest.mark.usefixtures("real_db", "sharp_locks")
FOR, AGAINST = Said({1: ("赞成",)}), Said({1: ("反对",)})
SEED, LONGEST_WAIT = 14, 0.4  # seconds
TIMES = 100 if connection.vendor == "postgresql" else 8


@pytest.fixture(autouse=True)
def quick_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set no type: what is raced are rows."""
    monkeypatch.setattr(certifying.pdf, "render", lambda html: pdf.Pdf(b"%PDF-1.4", 1))


def waiting(home: Any) -> tuple[Ballot, str]:
    """Return a counted ballot that the first has certified, and the figures that both saw."""
    made = balloting.entered(balloting.taken_in(home, 3), FOR)
    seen = figures_sha256(figures_of(made))
    certify_first(made, "监票：张三", seen, actor=machine("system"), at=AT)
    return made, seen


def fresh(ballot: Ballot) -> Ballot:
    return Ballot.objects.select_related("rule", "compound").get(pk=ballot.pk)


def later(seconds: float, ballot: Ballot, sheet: Sheet) -> PaperEntry:
    """Correct an entry after a moment: certifying reads much before it writes, and each shall win sometimes."""
    time.sleep(seconds)
    return enter_paper(ballot, sheet, AGAINST, actor=machine("system"), at=AT, version=1)


def test_certify_while_an_entry_is_corrected() -> None:
    home, third = factories.compound(households=3), factories.user(name="第二人")
    won, luck = {"certified": 0, "corrected": 0}, random.Random(SEED)
    for _ in range(TIMES):
        made, seen = waiting(home)
        sheet = made.sheets.earliest("pk")
        certifies = partial(certify_second, fresh(made), seen, actor=third, at=AT)
        corrects = partial(later, luck.uniform(0, LONGEST_WAIT), fresh(made), sheet)
        results = run_together([certifies, corrects])
        lost = failures(results)
        assert not any(map(is_deadlock, lost)) and all(isinstance(problem, BallotRefusal) for problem in lost)
        assert len(lost) == 1, results
        changed = PaperEntry.objects.get(sheet=sheet, round=1).version == 2
        certified = fresh(made).results.exists()
        assert certified is not changed
        won["certified" if certified else "corrected"] += 1
    print(f"seed {SEED}: {won}")
    assert TIMES < 100 or min(won.values()) > 0


def test_issue_and_spoil_the_same_paper() -> None:
    made = balloting.issuing_ballot(factories.compound(households=TIMES))
    won, me = {"issued": 0, "spoilt": 0}, {"actor": machine("system"), "at": AT}
    for paper in made.papers.select_related("ballot__compound", "ballot__rule", "entry"):
        gives = partial(issue_papers, fresh(made), [paper], on=balloting.FROM, **me)
        spoils = partial(replace_paper, paper, "弄湿了", seen="printed", **me)
        results = run_together([gives, spoils])
        lost = failures(results)
        assert len(lost) == 1 and isinstance(lost[0], BallotRefusal), results
        paper.refresh_from_db()
        seqs = list(paper.events.values_list("seq", "state"))
        assert seqs == [(1, "printed"), (2, paper.state)]
        won[paper.state] += 1
    print(won)
    assert TIMES < 100 or min(won.values()) > 0


def test_two_certify_at_once_and_one_result_is_posted() -> None:
    home, people = factories.compound(households=3), [factories.user(name=f"第二人{n}") for n in range(2)]
    for _ in range(TIMES):
        made, seen = waiting(home)
        results = run_together([partial(certify_second, fresh(made), seen, actor=who, at=AT) for who in people])
        lost = failures(results)
        assert len(lost) == 1 and isinstance(lost[0], BallotRefusal), results
        found = fresh(made)
        assert (
            found.results.count() == 1
            and found.state == "certified"
            and found.moves.filter(kind="certified").count() == 1
        )
