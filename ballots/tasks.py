"""What the schedule does with ballots."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.utils import timezone

from ballots.choices import BallotState
from ballots.models import Ballot
from ballots.operations.certifying import make_final
from ballots.operations.refusals import BallotRefusal
from core.models import SYSTEM
from core.operations import machine


def make_due_final(now: datetime) -> None:
    """Let results take effect whose notice is over and to which nobody objects; called at every tick."""
    today = timezone.localdate(now)
    for ballot in Ballot.objects.filter(state=BallotState.CERTIFIED).order_by("pk"):
        with suppress(BallotRefusal):
            make_final(ballot, on=today, actor=machine(SYSTEM), at=now)
