"""Papers to print, voter by voter in walking order, and the lists on which their hand-out is signed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ballots.choices import PaperState
from ballots.documents.papers import PaperForm, PaperSheet, votes_of
from ballots.models import Ballot, Paper, RollEntry
from compounds.rules import show_dwelling

# So many addresses stand on a paper; of more dwellings only how many there are.
ROOMS_SHOWN = 3
NO_BUILDING = "不分楼的"


def building_name(label: str) -> str:
    """Return a building's name on files and lists; units and representatives belong to none."""
    return show_dwelling(label, "", "") if label else NO_BUILDING


def entries_in(ballot: Ballot, building: str) -> list[RollEntry]:
    """Return a building's entries in walking order, with names and dwellings; two queries."""
    found = RollEntry.objects.filter(ballot=ballot, building=building).order_by("number")
    return list(found.select_related("person").prefetch_related("dwellings"))


def rooms_of(entry: RollEntry) -> str:
    """Return the dwellings behind an entry as its paper prints them; a representative's group, where there are none."""
    rooms = [dwelling.address for dwelling in entry.dwellings.all()]
    if not rooms:
        return entry.place
    return "、".join(rooms) if len(rooms) <= ROOMS_SHOWN else f"{rooms[0]}等{len(rooms)}套"


def sheets_of(ballot: Ballot, form: PaperForm, papers: Iterable[tuple[RollEntry, str]]) -> list[PaperSheet]:
    """Return the sheets of entries with their serials."""
    votes = votes_of(ballot)
    return [
        PaperSheet(
            form, serial=serial, qr=serial, voter=entry.person.name, rooms=rooms_of(entry), area=entry.area, votes=votes
        )
        for entry, serial in papers
    ]


@dataclass(frozen=True, slots=True)
class IssueLine:
    """A line of the list on which handing out and fetching is signed."""

    number: int
    entrance: str
    rooms: str
    name: str
    serial: str


def issue_lines(ballot: Ballot, building: str) -> list[IssueLine]:
    """Return a building's lines in walking order; spoilt papers do not stand there."""
    live = Paper.objects.filter(ballot=ballot, entry__building=building).exclude(state=PaperState.SPOILT)
    serials = dict(live.values_list("entry", "serial"))
    return [
        IssueLine(entry.number, entry.entrance, rooms_of(entry), entry.person.name, serials.get(entry.pk, ""))
        for entry in entries_in(ballot, building)
    ]


# --- What became of the papers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BuildingPapers:
    """How many papers of a building stand where; ``unprinted`` entries have none yet."""

    building: str
    entries: int
    by_state: tuple[tuple[str, int], ...]
    unprinted: int

    @property
    def name(self) -> str:
        """Return the building's name."""
        return building_name(self.building)


STATES = (
    PaperState.PRINTED, PaperState.ISSUED, PaperState.RETURNED, PaperState.LATE, PaperState.REFUSED,
    PaperState.UNDELIVERABLE, PaperState.SPOILT,
)  # fmt: skip


def papers_by_building(
    entries: Sequence[tuple[str, int]], papers: Sequence[tuple[str, str, int]]
) -> list[BuildingPapers]:
    """Put counts together: entries per building in walking order, papers per building and state."""
    counted = {(building, state): count for building, state, count in papers}
    rows = []
    for building, total in entries:
        states = tuple((str(state.label), counted.get((building, state), 0)) for state in STATES)
        live = sum(count for state, (_, count) in zip(STATES, states, strict=True) if state != PaperState.SPOILT)
        rows.append(BuildingPapers(building, total, states, max(0, total - live)))
    return rows
