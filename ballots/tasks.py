"""Long work of the ballots, and what the schedule does: papers printed, results that take effect."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.utils import timezone

from ballots.choices import BallotState
from ballots.documents.printing import building_name
from ballots.models import Ballot
from ballots.operations.certifying import make_final
from ballots.operations.printing import print_building, print_sheets
from ballots.operations.refusals import BallotRefusal
from core.jobs import Handle, PartSpec
from core.models import SYSTEM
from core.operations import StoredFile, machine


def make_due_final(now: datetime) -> None:
    """Let results take effect whose notice is over and to which nobody objects; called at every tick."""
    today = timezone.localdate(now)
    for ballot in Ballot.objects.filter(state=BallotState.CERTIFIED).order_by("pk"):
        with suppress(BallotRefusal):
            make_final(ballot, on=today, actor=machine(SYSTEM), at=now)


def _ballot(pk: int) -> Ballot:
    return Ballot.objects.select_related("compound", "rule").get(pk=pk)


def print_papers(handle: Handle, ballot_id: int, buildings: list[str]) -> dict[str, Any]:
    """Print a ballot's papers, a part and a file per building."""
    parts = [
        PartSpec(
            task="ballots.tasks.print_building_papers",
            args={"ballot_id": ballot_id, "building": label},
            key=label or "-",
            title=building_name(label),
        )
        for label in buildings
    ]
    return {"files": [file for made in handle.spread(parts) for file in made["files"]]}


def print_building_papers(handle: Handle, ballot_id: int, building: str) -> dict[str, Any]:
    """Print the papers of one building."""
    files = print_building(
        _ballot(ballot_id), building, actor=handle.actor, at=timezone.now(),
        tell=lambda done, total: handle.progress(done, total, "排版"),
    )  # fmt: skip
    return {"files": [_told(name, file) for name, file in files]}


def _told(name: str, file: StoredFile) -> dict[str, Any]:
    return {"name": name, "sha256": file.sha256, "size": file.size, "pages": file.pages}


def print_secret_sheets(handle: Handle, ballot_id: int, sheets: int) -> dict[str, Any]:
    """Print so many sheets of a secret ballot."""
    handle.progress(0, sheets, "排版")
    name, file = print_sheets(_ballot(ballot_id), sheets, actor=handle.actor, at=timezone.now())
    return {"files": [_told(name, file)]}
