"""Entering papers at the size of the largest ballot: server time, queries and keys of one paper (T11)."""

from __future__ import annotations

import statistics
import time

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ballots.choices import BallotState, PaperState, QuestionKind, VoterKind
from ballots.documents.entering import printed_of
from ballots.models import Ballot, Bundle, Paper, PaperEntry, Question, RollEntry, RollName, Sheet
from ballots.rules.counting import FOR
from ballots.rules.entries import choices_of
from compounds.choices import Role
from core.codes import draw_code
from core.operations import machine
from portal.management.benches.measuring import AT, Bar, Count
from portal.management.benches.pages import browser_of, person

PAPERS, PER_BUNDLE, QUESTIONS = 5_000, 50, 6
MILLISECONDS, QUERIES, KEYS = 30, 10, 8
ENTERED, MEASURED = 4_000, 45  # papers that have their first entry; papers typed here
NO_DATA = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")


def measure_entry(beside: Ballot) -> list[Bar]:
    """Return the bars of typing one paper after the other, in a second ballot of the same compound."""
    ballot = _counting(beside)
    client = browser_of(person(Role.COMMUNITY_CLERK, beside.compound.area_code[:12]))
    sent = {f"q{number}": FOR for number in range(1, QUESTIONS + 1)} | {"version": "0"}
    took, asked = [], 0
    for position in range(1, MEASURED + 1):
        url = reverse("ballot_paper_entry", args=[ballot.compound.code, ballot.number, 1, position])
        with CaptureQueriesContext(connection) as queries:
            begun = time.perf_counter()
            response = client.post(url, sent)
            took.append(time.perf_counter() - begun)
        if response.status_code != 200:
            raise RuntimeError(f"A paper was not entered: {response.status_code}")
        if position > 1:  # the first one notes the session
            asked = max(asked, sum(not query["sql"].startswith(NO_DATA) for query in queries))
    keys = sum(len(choices_of(p.asked)[0].key) for p in printed_of(ballot)) + 1
    size = f"{PAPERS} papers"
    return [
        Count("T11", f"server time a paper, {size}", round(statistics.median(took) * 1000, 1), MILLISECONDS, "ms"),
        Count("T11", f"queries a paper, {size}", asked, QUERIES, "queries"),
        Count("T11", f"keys a paper of {QUESTIONS} questions, Enter included", keys, KEYS, "keys"),
    ]


def _counting(beside: Ballot) -> Ballot:
    """Make a ballot of six questions in counting, all papers back, most of them entered once."""
    ballot = Ballot.objects.create(
        compound=beside.compound, number=2, title="录票", matter="provider", rule=beside.rule, made_by=beside.made_by,
        made_at=AT, announced_on=beside.announced_on, voting_from_on=beside.voting_from_on,
        voting_until_on=beside.voting_until_on, roll_sha256="0" * 64, state=BallotState.COUNTING,
    )  # fmt: skip
    Question.objects.bulk_create(
        Question(ballot=ballot, number=n, kind=QuestionKind.APPROVE, text=f"第{n}件事") for n in range(1, QUESTIONS + 1)
    )
    entries = RollEntry.objects.bulk_create(
        RollEntry(ballot=ballot, number=n, kind=VoterKind.OWNER, voter_key=f"{n:016x}", area=60, place=f"1号楼{n}")
        for n in range(1, PAPERS + 1)
    )
    RollName.objects.bulk_create(RollName(entry=entry, name="演示") for entry in entries)
    papers = Paper.objects.bulk_create(
        Paper(ballot=ballot, entry=entry, serial=draw_code(), state=PaperState.RETURNED) for entry in entries
    )
    bundles = Bundle.objects.bulk_create(Bundle(ballot=ballot, number=n) for n in range(1, PAPERS // PER_BUNDLE + 1))
    sheets = Sheet.objects.bulk_create(
        Sheet(ballot=ballot, bundle=bundles[n // PER_BUNDLE], position=n % PER_BUNDLE + 1, paper=paper)
        for n, paper in enumerate(papers)
    )
    first = machine("system")
    PaperEntry.objects.bulk_create(
        PaperEntry(sheet=sheet, round=1, user=first, marks='{"1":["赞成"]}', entered_on=AT.date())
        for sheet in sheets[:ENTERED]
    )
    return ballot
