"""Which papers are meant by what was scanned or typed: serials, or rooms where the code is torn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ballots.choices import PaperState
from ballots.models import Ballot, Paper, RollDwelling
from compounds.rules import AddressNotUnderstood, parse_dwelling, type_dwelling
from core.codes import LENGTH, read_code, show_code

UNREADABLE, UNKNOWN, ELSEWHERE, MISTYPED, SEVERAL, SPOILT = (
    "unreadable", "unknown", "elsewhere", "mistyped", "several", "spoilt",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A line and the paper that it means; where there is none, ``problem`` says why.

    ``other``: the number of the compound's other ballot whose paper it is, or the new serial of a spoilt one.
    """

    line: str
    paper: Paper | None = None
    problem: str = ""
    other: str = ""


def find_papers(ballot: Ballot, lines: Sequence[str]) -> list[Found]:
    """Return for each line what it means, in their order; two queries, a third where a room is among them.

    A serial of another ballot is told only where that is the same compound's; else it is unknown.
    """
    codes = {line: read_code(_last_part(line)) for line in lines}
    mine = Paper.objects.filter(ballot__compound=ballot.compound_id, serial__in=[c for c in codes.values() if c])
    papers = {p.serial: p for p in mine.select_related("entry", "ballot", "replaced_by")}
    rooms: dict[str, list[Paper]] = {}
    addresses = {line: _address(line) for line, code in codes.items() if code is None}
    if any(addresses.values()):
        rooms = _papers_by_room(ballot)
    return [_found(ballot, line, codes[line], papers, addresses.get(line), rooms) for line in lines]


def _last_part(line: str) -> str:
    """Return the serial out of the address that a paper's code carries, or the line as it is."""
    return line.rstrip("/").rpartition("/")[2].rpartition("=")[2]


def _address(line: str) -> str | None:
    try:
        said = parse_dwelling(line)
    except AddressNotUnderstood:
        return None
    return type_dwelling(said.building, said.entrance, said.room)


def _papers_by_room(ballot: Ballot) -> dict[str, list[Paper]]:
    """Return the live papers by the rooms of their entries, as typed, with and without the entrance."""
    live = {
        paper.entry_id: paper
        for paper in Paper.objects.filter(ballot=ballot).exclude(state=PaperState.SPOILT).select_related("entry")
    }
    found: dict[str, list[Paper]] = defaultdict(list)
    rows = RollDwelling.objects.filter(ballot=ballot).values_list(
        "entry_id", "dwelling__building__label", "dwelling__entrance__label", "dwelling__room"
    )
    for entry, building, entrance, room in rows:
        if entry in live:
            for typed in {type_dwelling(building, entrance or "", room), type_dwelling(building, "", room)}:
                found[typed].append(live[entry])
    return found


def _found(
    ballot: Ballot, line: str, code: str | None, papers: dict[str, Paper], address: str | None,
    rooms: dict[str, list[Paper]],
) -> Found:  # fmt: skip
    if code is not None:
        paper = papers.get(code)
        if paper is None:
            return Found(line, problem=UNKNOWN)
        if paper.ballot_id != ballot.pk:
            return Found(line, problem=ELSEWHERE, other=str(paper.ballot.number))
        if paper.state == PaperState.SPOILT:
            heir = getattr(paper, "replaced_by", None)
            return Found(line, problem=SPOILT, other=show_code(heir.serial) if heir else "")
        return Found(line, paper)
    if address is not None and (here := rooms.get(address)):
        return Found(line, here[0]) if len({paper.pk for paper in here}) == 1 else Found(line, problem=SEVERAL)
    if address is not None:
        return Found(line, problem=UNKNOWN)
    bare = "".join(c for c in line if c.isalnum())
    return Found(line, problem=MISTYPED if len(bare) == LENGTH else UNREADABLE)
