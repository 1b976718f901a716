"""Counting out 5,000 papers with six questions (T10): pure Python, queries, and the whole certification."""

from __future__ import annotations

import random
import time
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from django.db import connection
from django.test.utils import CaptureQueriesContext

from ballots.documents.counted import count_out, questions_of, roll_of, rule_of
from ballots.documents.entering import sheets_said
from ballots.documents.results import figures_sha256
from ballots.models import (
    Ballot,
    Bundle,
    Option,
    Paper,
    PaperEntry,
    PaperEvent,
    Question,
    RollDwelling,
    RollEntry,
    Sheet,
    VotingRule,
)
from ballots.operations.certifying import certify_first, figures_of
from ballots.operations.freezing import roll_sha256
from ballots.rules import Cast, area_units, read_question, read_rule, tally
from compounds.choices import AreaLevel
from compounds.models import Area, Building, Compound, Dwelling
from core.hashing import canonical_json
from core.operations import machine
from portal.management.benches.measuring import AT, COMMUNITY, Bar, Count

SEED, PAPERS, QUESTIONS = 10, 5_000, 6
FROM = date(2026, 10, 20)


def measure(papers: int = PAPERS, rounds: int = 5) -> list[Bar]:
    """Return what counting out and certifying a ballot of so many papers takes."""
    ballot = _fill(papers)
    questions = questions_of(ballot)
    with CaptureQueriesContext(connection) as queries:
        counted = count_out(ballot, questions_of(ballot))
    asked = [read_question(question) for question in questions]
    said = sheets_said(ballot)
    casts = [Cast(area_units(sheet.area or 0), sheet.counts.marks) for sheet in said if sheet.counts is not None]
    roll = (papers, sum(area_units(row["area"]) for row in roll_of(ballot)))
    rule = read_rule(rule_of(ballot))
    pure, whole = [], []
    for _ in range(rounds):
        start = time.process_time()
        again = tally(rule, roll, asked, casts)
        pure.append(time.process_time() - start)
        assert again == counted.result
        start = time.perf_counter()
        certify_first(ballot, "监票：甲", figures_sha256(figures_of(ballot)), actor=machine("system"), at=AT)
        whole.append(time.perf_counter() - start)
    # A certification reads all figures once; here they are read twice, once for their hash.
    return [
        Count(
            "T10",
            f"tally of {papers} papers × {QUESTIONS} questions, pure Python",
            round(median(pure) * 1000),
            50,
            "ms",
        ),
        Count("T10", f"queries of counting out {papers} papers", len(queries), 5, "queries"),
        Count("T10", f"certifying {papers} papers", round(median(whole) * 500), 1000, "ms"),
    ]


def _fill(papers: int) -> Ballot:
    """Make a ballot in counting, every owner's paper returned and entered twice."""
    luck, first, second = random.Random(SEED), machine("system"), machine("system-2")
    Area.objects.get_or_create(code=COMMUNITY, defaults={"name": "八角南里社区", "level": AreaLevel.COMMUNITY})
    code = f"{COMMUNITY}77"
    home = Compound.objects.create(code=code, area_code=code, name="票数小区（演示）", created_at=AT)
    building = Building.objects.create(compound=home, label="1")
    homes = Dwelling.objects.bulk_create(
        Dwelling(building=building, room=str(n), area=Decimal(luck.randint(300_000, 1_200_000)) / 10_000)
        for n in range(papers)
    )
    made = Ballot.objects.create(
        compound=home, number=1, title="服务", matter="other", rule=VotingRule.objects.get(key="owners_ordinary", area_code=""),
        state="counting", announced_on=FROM - timedelta(20), voting_from_on=FROM, voting_until_on=FROM, made_by=first,
        made_at=AT, roll_sha256="0" * 64,
    )  # fmt: skip
    for number in range(1, QUESTIONS + 1):
        kind = "approve" if number <= 4 else "choose_one"
        question = Question.objects.create(ballot=made, number=number, kind=kind, text=f"第{number}件")
        if kind == "choose_one":
            Option.objects.bulk_create(Option(question=question, number=n, text=f"方案{n}") for n in range(1, 5))
    entries = RollEntry.objects.bulk_create(
        (
            RollEntry(ballot=made, number=n, kind="owner", voter_key=f"{n:016x}", area=home.area, place=str(n))
            for n, home in enumerate(homes, 1)
        ),
        batch_size=500,
    )
    RollDwelling.objects.bulk_create(
        (
            RollDwelling(
                ballot=made,
                entry=entry,
                dwelling=home,
                address=str(entry.number),
                area=home.area,
                area_source="registered",
            )
            for entry, home in zip(entries, homes, strict=True)
        ),
        batch_size=500,
    )
    issued = Paper.objects.bulk_create(
        (Paper(ballot=made, entry=entry, serial=f"{entry.number:09d}", state="returned") for entry in entries),
        batch_size=500,
    )
    PaperEvent.objects.bulk_create(
        (
            PaperEvent(paper=paper, seq=1, state="returned", on=FROM, channel="visit", by=first, at=AT)
            for paper in issued
        ),
        batch_size=500,
    )
    bundles = Bundle.objects.bulk_create(Bundle(ballot=made, number=n) for n in range(1, papers // 50 + 2))
    sheets = Sheet.objects.bulk_create(
        (
            Sheet(ballot=made, bundle=bundles[n // 50], position=n % 50 + 1, paper=paper)
            for n, paper in enumerate(issued)
        ),
        batch_size=500,
    )
    marks = [
        canonical_json({
            str(number): [luck.choice(["赞成", "反对", "弃权"])] if number <= 4 else [luck.randint(1, 4)]
            for number in range(1, QUESTIONS + 1)
        })
        for _ in sheets
    ]  # fmt: skip
    PaperEntry.objects.bulk_create(
        (
            PaperEntry(sheet=sheet, round=round, user=user, marks=text, entered_on=FROM)
            for sheet, text in zip(sheets, marks, strict=True)
            for round, user in ((1, first), (2, second))
        ),
        batch_size=500,
    )
    made.roll_sha256 = roll_sha256(made)
    made.save(update_fields=["roll_sha256"])
    return Ballot.objects.select_related("rule", "compound").get(pk=made.pk)
