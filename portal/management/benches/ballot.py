"""A ballot at the size of a large compound: its papers printed, beside the bare typesetting of the same HTML.

Each part of a ballot's work is one function that takes a ballot being issued and gives bars; ``PARTS`` lists them.
Bare is WeasyPrint on the HTML of a whole building at once, with the style sheet parsed and the collector held off as
ours are; ours is the job's part, from the roll to the stored file and the papers' rows.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from ballots.choices import BallotState, QuestionKind
from ballots.documents.papers import STYLES, paper_form
from ballots.documents.printing import entries_in, sheets_of
from ballots.models import Ballot, Question, VotingRule
from ballots.operations.freezing import freeze_roll
from ballots.operations.printing import print_building, without_paper
from compounds.choices import AreaLevel
from compounds.models import Area, Building, Compound, Dwelling, Owner, Ownership
from core import pdf
from core.codes import draw_code
from core.operations import machine
from portal.management.benches.entering import measure_entry
from portal.management.benches.measuring import AT, COMMUNITY, Bar, Count, Ratio

PAPERS, BUILDINGS = 2_000, 10
MEGABYTES = 500  # of the whole process, whatever the number of papers
QUERIES = 20
QUESTIONS = ("续聘和顺里物业服务有限公司（演示）", "收费标准：每平方米每月0.50元", "服务质量每年评四次")


def measure(papers: int = PAPERS) -> list[Bar]:
    """Return the bars of a ballot with so many papers."""
    ballot = issuing_ballot(papers)
    return [bar for part in PARTS for bar in part(ballot)]


def issuing_ballot(papers: int) -> Ballot:
    """Make a compound of so many owners in ten buildings, and a ballot on three questions whose roll is frozen."""
    compound = _compound(papers)
    by = machine("system")
    ballot = Ballot.objects.create(
        compound=compound, number=1, title="续聘物业服务企业和收费标准", matter="provider", made_by=by, made_at=AT,
        rule=VotingRule.objects.filter(area_code="", key="owners_ordinary").latest("version"),
        voting_from_on=date(2026, 11, 5), voting_until_on=date(2026, 11, 30), return_place="3号楼前的票箱",
        state=BallotState.ANNOUNCED, announced_on=date(2026, 10, 15),
    )  # fmt: skip
    for number, text in enumerate(QUESTIONS, 1):
        Question.objects.create(ballot=ballot, number=number, kind=QuestionKind.APPROVE, text=text)
    return freeze_roll(ballot, heads=papers, on=date(2026, 11, 5), actor=by, at=AT)


def _compound(papers: int) -> Compound:
    Area.objects.get_or_create(code=COMMUNITY, defaults={"name": "八角南里社区", "level": AreaLevel.COMMUNITY})
    code = f"{COMMUNITY}01"
    compound = Compound.objects.create(code=code, area_code=code, name="槐荫里小区（演示）", created_at=AT)
    buildings = Building.objects.bulk_create(Building(compound=compound, label=str(n + 1)) for n in range(BUILDINGS))
    dwellings = Dwelling.objects.bulk_create(
        Dwelling(
            building=buildings[n % BUILDINGS], room=f"{n // BUILDINGS // 4 + 1}{n // BUILDINGS % 4 + 1:02d}",
            area=Decimal("59.7500"),
        )
        for n in range(papers)
    )  # fmt: skip
    owners = Owner.objects.bulk_create(Owner(area_code=COMMUNITY, name=f"张某某{n}") for n in range(papers))
    Ownership.objects.bulk_create(
        Ownership(dwelling=dwelling, owner=owner, votes=True) for dwelling, owner in zip(dwellings, owners, strict=True)
    )
    return compound


def printing(ballot: Ballot) -> list[Bar]:
    """Print every building, and set the same HTML bare, in turn."""
    pdf.warm()
    ours = bare = 0.0
    most = 0
    for building in without_paper(ballot):
        html = _html(ballot, building)
        begun = time.perf_counter()
        with CaptureQueriesContext(connection) as asked:
            print_building(ballot, building, actor=machine("system"), at=AT)
        between = time.perf_counter()
        ours += between - begun
        most = max(most, len(asked))
        if not bare:
            memory = _megabytes()
        _bare(html)
        bare += time.perf_counter() - between
    papers = ballot.papers.count()
    return [
        Ratio(
            "papers", f"{papers} papers, from the roll to stored files : WeasyPrint on the same HTML", ours, bare, 1.15
        ),
        Count("papers", "memory of the process after the first building", memory, MEGABYTES, "MB"),
        Count("papers", "queries of a building, whatever its size", most, QUERIES, "queries"),
    ]


def _html(ballot: Ballot, building: str) -> str:
    papers = [(entry, draw_code()) for entry in entries_in(ballot, building)]
    sheets = sheets_of(ballot, paper_form(ballot), papers)
    return render_to_string("ballots/paper.html", {"sheets": sheets, "number": ballot.number})


def _bare(html: str) -> bytes:
    weasyprint = pdf._weasyprint()
    with pdf.collector_held_off():
        page = weasyprint.HTML(string=html, url_fetcher=pdf._fetcher())
        made: bytes = page.write_pdf(
            stylesheets=[pdf._style(name) for name in STYLES], font_config=pdf._fonts(), pdf_variant=pdf.VARIANT
        )
    return made


def _megabytes() -> int:
    """Return the most memory that this process has held so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (1024 * 1024 if sys.platform == "darwin" else 1024)


# Entering, counting and certifying are measured by functions beside this one.
PARTS: tuple[Callable[[Ballot], list[Bar]], ...] = (printing, measure_entry)
