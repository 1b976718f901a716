"""Printing papers: a job of one part and one file per building, so that memory stays bounded; replacing one paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from ballots.choices import BallotState, PaperState
from ballots.documents.papers import STYLES, PaperSheet, paper_form
from ballots.documents.printing import building_name, entries_in, sheets_of
from ballots.models import Ballot, Paper, PaperEvent, RollEntry, SheetPrint
from ballots.operations.moving import lock_ballot
from ballots.operations.papers import become, lock_papers, moment_of
from ballots.operations.refusals import NoReason, NothingToPrint, PaperChanged, SecretBallot
from core import jobs, pdf
from core.codes import draw_code, show_code
from core.models import Job, User
from core.operations import NewFile, StoredFile, record, store_files

# Papers set at one time, and in one file: memory grows with them, and joining files would take a seventh of the time.
PER_FILE = 60
BATCH = 500

Told = Callable[[int, int], None]


def without_paper(ballot: Ballot) -> list[str]:
    """Return the buildings in walking order in which an entry has no paper yet."""
    live = Paper.objects.filter(entry=OuterRef("pk")).exclude(state=PaperState.SPOILT)
    lacking = RollEntry.objects.filter(~Exists(live), ballot=ballot).order_by().values("building")
    return list(lacking.annotate(first=Min("number")).order_by("first").values_list("building", flat=True))


def start_printing(ballot: Ballot, *, actor: User, at: datetime) -> Job:
    """Start the job that prints a paper for every entry that has none; the same call while it runs returns it.

    :raises WrongState, SecretBallot, NothingToPrint:
    """
    with transaction.atomic():
        found = lock_ballot(ballot, BallotState.ISSUING)
        if found.secret:
            raise SecretBallot
        labels = without_paper(found)
        if not labels:
            raise NothingToPrint
        return jobs.start(
            "ballots.tasks.print_papers",
            {"ballot_id": found.pk, "buildings": labels},
            key=f"ballots.print_papers:{found.pk}",
            title=f"打印{found.compound.name}第{found.number}次表决的选票",
            area_code=found.compound.area_code,
            actor=actor,
            at=at,
            total=len(labels),
        )


def print_building(
    ballot: Ballot, building: str, *, actor: User, at: datetime, tell: Told | None = None
) -> list[tuple[str, StoredFile]]:
    """Print and store the papers of a building in walking order, so many a file; return the files with their names.

    Serials are drawn first, the rows written when the files lie in the store: a part that was cut off leaves nothing.
    Done again after its rows were written, it prints the same serials.
    """
    entries = entries_in(ballot, building)
    known = dict(_live(ballot, building).values_list("entry", "serial"))
    new = [(entry, draw_code()) for entry in entries if entry.pk not in known]
    if new:
        papers = new
    else:  # after rows were written and the files' names were lost
        printed = set(_live(ballot, building).filter(state=PaperState.PRINTED).values_list("entry", flat=True))
        papers = [(entry, known[entry.pk]) for entry in entries if entry.pk in printed]
    files, form = [], paper_form(ballot)
    for start in range(0, len(papers), PER_FILE):
        some = papers[start : start + PER_FILE]
        files.append((_name(building, some, whole=len(papers)), _stored(_set(ballot, sheets_of(ballot, form, some)))))
        if tell:
            tell(start + len(some), len(papers))
    if new:
        enter_papers(ballot, building, new, actor=actor, at=at)
    return files


def _name(building: str, papers: Sequence[tuple[RollEntry, str]], *, whole: int) -> str:
    """Return a file's name; a building of many papers has several files, told apart by the roll's numbers."""
    span = f"第{papers[0][0].number}至{papers[-1][0].number}号，" if len(papers) < whole else ""
    return f"{building_name(building)}选票，{span}{len(papers)}张.pdf"


def _stored(made: pdf.Pdf) -> StoredFile:
    return store_files([NewFile("pdf", made.bytes, made.pages)])[0]


def _live(ballot: Ballot, building: str) -> QuerySet[Paper]:
    return Paper.objects.filter(ballot=ballot, entry__building=building).exclude(state=PaperState.SPOILT)


def _set(ballot: Ballot, sheets: Sequence[PaperSheet]) -> pdf.Pdf:
    """Set sheets as PDF."""
    html = render_to_string("ballots/paper.html", {"sheets": sheets, "number": ballot.number})
    return pdf.render(html, base_styles=STYLES)


@transaction.atomic
def enter_papers(
    ballot: Ballot, building: str, papers: Sequence[tuple[RollEntry, str]], *, actor: User, at: datetime
) -> None:
    """Write the papers of a building, each printed today. Record it."""
    found = lock_ballot(ballot, BallotState.ISSUING)
    made = Paper.objects.bulk_create(
        (Paper(ballot=found, entry=entry, serial=serial) for entry, serial in papers), batch_size=BATCH
    )
    _printed(found, made, actor=actor, at=at)
    record("paper.print", f"第{found.number}次表决印票：{building_name(building)}{len(made)}张", actor=actor, at=at,
           area_code=found.compound.area_code, subject=found)  # fmt: skip


def _printed(ballot: Ballot, papers: Sequence[Paper], *, actor: User, at: datetime) -> None:
    """Write each paper's first event."""
    day, moment = timezone.localdate(at), moment_of(ballot, at)
    PaperEvent.objects.bulk_create(
        (PaperEvent(paper=paper, seq=1, state=PaperState.PRINTED, on=day, by=actor, at=moment) for paper in papers),
        batch_size=BATCH,
    )


# --- A secret ballot's sheets -------------------------------------------------------------------------------------


def print_sheets(ballot: Ballot, sheets: int, *, actor: User, at: datetime) -> tuple[str, StoredFile]:
    """Print so many sheets of a secret ballot, all alike; return the file's name and the file. Record it.

    The first time every entry gets its line of the issuing list; no sheet leads to one.

    :raises WrongState:
    """
    one = _set(ballot, [PaperSheet(paper_form(ballot))])
    joined = pdf.join([pdf.Sheets(one.bytes, copies=sheets)])
    stored = _stored(joined)
    with transaction.atomic():
        found = lock_ballot(ballot, BallotState.ISSUING)
        listed = Paper.objects.filter(entry=OuterRef("pk"))
        lines = Paper.objects.bulk_create(
            (Paper(ballot=found, entry=entry) for entry in RollEntry.objects.filter(~Exists(listed), ballot=found)),
            batch_size=BATCH,
        )
        _printed(found, lines, actor=actor, at=at)
        SheetPrint.objects.create(ballot=found, sheets=sheets, by=actor, on=timezone.localdate(at))
        record("paper.print", f"第{found.number}次表决印无记名选票{sheets}张", actor=actor, at=moment_of(found, at),
               area_code=found.compound.area_code, subject=found)  # fmt: skip
    return f"无记名选票，{sheets}张.pdf", stored


def start_sheet_printing(ballot: Ballot, sheets: int, *, actor: User, at: datetime) -> Job:
    """Start the job that prints a secret ballot's sheets.

    :raises WrongState:
    """
    with transaction.atomic():
        found = lock_ballot(ballot, BallotState.ISSUING)
        return jobs.start(
            "ballots.tasks.print_secret_sheets",
            {"ballot_id": found.pk, "sheets": sheets},
            key=f"ballots.print_sheets:{found.pk}",
            title=f"打印{found.compound.name}第{found.number}次表决的无记名选票",
            area_code=found.compound.area_code,
            actor=actor,
            at=at,
            total=sheets,
        )


# --- One paper ----------------------------------------------------------------------------------------------------


@transaction.atomic
def replace_paper(paper: Paper, reason: str, *, actor: User, at: datetime, seen: str = "") -> Paper:
    """Give an entry a new paper with a new serial; the old one is spoilt for good. Record it.

    ``seen``: the state in which whoever asks saw the paper, "" where nobody looked.

    :raises WrongState, NoReason, SecretBallot, NotPossible: :raises PaperChanged: when it is in another state now.
    """
    if not reason:
        raise NoReason
    ballot = lock_ballot(paper.ballot, BallotState.ISSUING)
    if ballot.secret:
        raise SecretBallot
    (old,) = lock_papers(ballot, [paper])
    if seen and old.state != seen:
        raise PaperChanged(old)
    become([old], PaperState.SPOILT, on=timezone.localdate(at), actor=actor, at=at, note=reason)
    made = Paper.objects.create(ballot=ballot, entry=old.entry, serial=draw_code(), replaces=old)
    _printed(ballot, [made], actor=actor, at=at)
    record("paper.replace", f"第{ballot.number}次表决换票：{show_code(old.serial)}作废，换成{show_code(made.serial)}，{reason}",
           actor=actor, at=at, area_code=ballot.compound.area_code, subject=made)  # fmt: skip
    return made


def set_paper(paper: Paper) -> pdf.Pdf:
    """Return one paper as PDF, to print it alone.

    :raises SecretBallot:
    """
    ballot = paper.ballot
    if ballot.secret:
        raise SecretBallot
    return _set(ballot, sheets_of(ballot, paper_form(ballot), [(paper.entry, paper.serial)]))
