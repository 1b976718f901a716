"""Why a verb of the register refused: facts, worded for people by the pages."""

from __future__ import annotations

from compounds.models import Appointment, Compound, StageRecord
from core.models import Entry

BATCH = 1000


class UnknownArea(Exception):
    """There is no such district, street, community or compound."""


class CompoundExists(Exception):
    """The community has a compound of this name; the argument is it."""

    def __init__(self, compound: Compound) -> None:
        super().__init__(compound.code)
        self.compound = compound


class AlreadyThere(Exception):
    """The compound lies in that community already."""


class CashierAndBookkeeper(Exception):
    """One person would be cashier and bookkeeper of the same books; the argument is the other appointment."""

    def __init__(self, other: Appointment) -> None:
        super().__init__(str(other.pk))
        self.other = other


class MachineAccount(Exception):
    """A machine's account takes no appointment."""


class EndsBeforeStart(Exception):
    """An appointment would end before its first day."""


class AlreadyEnded(Exception):
    """The appointment ended on that day or earlier; an end is never put off."""


class AreasDisagree(Exception):
    """The list of areas contradicts itself or the district; the arguments are row (from 1), column and a key."""

    def __init__(self, row: int, column: str, key: str) -> None:
        super().__init__(f"{row} {column} {key}")
        self.row, self.column, self.key = row, column, key


class ChangedMeanwhile(Exception):
    """Someone saved the thing after it was read; the argument is the line of history that tells what (or None)."""

    def __init__(self, entry: Entry | None) -> None:
        super().__init__(str(entry.pk) if entry else "")
        self.entry = entry


class NameTaken(Exception):
    """Another thing of the kind bears this name already."""


class StillUsed(Exception):
    """What would be removed still has dwellings; the argument is its label."""


class PlanChanged(Exception):
    """The register changed since what an import writes was shown; the argument is what it would write now."""

    def __init__(self, outcome: object) -> None:
        super().__init__("the register changed since it was shown")
        self.outcome = outcome


class UploadOver(Exception):
    """The upload is applied or dropped already, or its check is not done."""


# --- Dwellings and owners -----------------------------------------------------------------------------------------


class DwellingRefused(Exception):
    """A dwelling is not taken as typed; ``key`` tells why, ``detail`` what is meant.

    exists, building, entrance, area, area_large, representatives, representative, unit; used: something refers to it.
    """

    def __init__(self, key: str, detail: str = "") -> None:
        super().__init__(f"{key} {detail}".strip())
        self.key, self.detail = key, detail


class OwnersRefused(Exception):
    """Who owns a dwelling is not taken as typed; ``key`` tells why.

    fraction, above_one, no_vote, votes (see ``compounds.rules.shares_fault``); twice, several, name, future, before,
    same, foreign, none, all, both, phone.
    """

    def __init__(self, key: str, detail: str = "") -> None:
        super().__init__(f"{key} {detail}".strip())
        self.key, self.detail = key, detail


class PhoneOfOthers(Exception):
    """A phone is known under other names; taken only when confirmed. ``names`` are these, in full."""

    def __init__(self, phone: str, names: tuple[str, ...]) -> None:
        super().__init__(str(len(names)))
        self.phone, self.names = phone, names


# --- The eight steps ----------------------------------------------------------------------------------------------


class StepRefusal(Exception):
    """Why an act on a step was refused."""


class StepMoved(StepRefusal):
    """The step is not where the person saw it; the argument is its last act, or None where it has none."""

    def __init__(self, last: StageRecord | None) -> None:
        super().__init__(last.act if last else "")
        self.last = last


class EarlierStepOpen(StepRefusal):
    """Steps are confirmed in their order, and an earlier one is not; the argument is its number."""

    def __init__(self, number: int) -> None:
        super().__init__(str(number))
        self.number = number


class LaterStepConfirmed(StepRefusal):
    """A later step is confirmed, so this one is not opened again; the argument is the later one's number."""

    def __init__(self, number: int) -> None:
        super().__init__(str(number))
        self.number = number


class ActedBefore(StepRefusal):
    """The person has confirmed this step in another office already; the argument is that act."""

    def __init__(self, record: StageRecord) -> None:
        super().__init__(record.act)
        self.record = record


class WhyMissing(StepRefusal):
    """The step lacks something and no reason was given; the arguments are what it lacks, in words."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(*missing)
        self.missing = missing


class StepClosed(StepRefusal):
    """The step is confirmed: its papers are not taken down until it is opened again."""


class PaperTakenDown(StepRefusal):
    """Somebody took this paper down already."""


class ReportNotPrepared(Exception):
    """Nobody has prepared the month's report yet."""


class PreparedBySelf(Exception):
    """The one who would check the report prepared it."""
