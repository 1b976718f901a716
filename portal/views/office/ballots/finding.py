"""From what was scanned or typed to the sheet that is meant: a serial, the address in a QR code, a room."""

from __future__ import annotations

import re

from ballots.choices import PaperState
from ballots.models import Ballot, Paper, Sheet
from compounds.models import Building
from compounds.rules import AddressNotUnderstood, parse_dwelling
from core.codes import read_code
from portal.views.office.words_entering import not_entered, unknown_serial

_PLACE = re.compile(r"([1-9]\d{0,3})[-－—.．、/]([1-9]\d{0,3})", re.ASCII)
SHORTEST = 7  # signs of what is read as a mistyped serial


class NotFound(Exception):
    """No sheet is meant; the sentence says why."""


def find_sheet(ballot: Ballot, typed: str) -> Sheet:
    """Return the sheet of this ballot that a serial, a QR code's address or (signed papers) a room means.

    :raises NotFound: with the sentence for the clerk.
    """
    if ballot.secret:
        return _by_place(ballot, typed)
    text = typed.rstrip("/").rpartition("/")[2].rpartition("=")[2].strip()
    code = read_code(text)
    if code is not None:
        return _by_serial(ballot, code, text)
    if not ballot.rule.signed:
        raise NotFound(unknown_serial(text))
    try:
        address = parse_dwelling(text)
    except AddressNotUnderstood:
        raise NotFound(unknown_serial(text)) from None
    papers = Paper.objects.filter(
        ballot=ballot, entry__dwellings__dwelling__building__label=address.building,
        entry__dwellings__dwelling__room=address.room,
    ).exclude(state=PaperState.SPOILT)  # fmt: skip
    if address.entrance:
        papers = papers.filter(entry__dwellings__dwelling__entrance__label=address.entrance)
    found = list(papers.distinct()[:2])
    if len(found) > 1:
        raise NotFound(f"“{text[:20]}”有不止一张票，请打票号。")
    if not found:
        if _is_serial(ballot, text, address.building):
            raise NotFound(unknown_serial(text))
        raise NotFound(f"名册里没有“{text[:20]}”这一户的票。请核对房号，或者打票号。")
    return _lying(found[0])


def _by_place(ballot: Ballot, typed: str) -> Sheet:
    """Return a secret ballot's sheet by what is written on its back: bundle and place."""
    found = _PLACE.fullmatch("".join(typed.split()))
    if found is None:
        raise NotFound("无记名的票没有票号。请打票背面写的捆号和张号，例如3-17。")
    sheets = Sheet.objects.filter(ballot=ballot, bundle__number=int(found[1]), position=int(found[2]))
    sheet = sheets.select_related("bundle").first()
    if sheet is None:
        raise NotFound(f"没有第{found[1]}捆第{found[2]}张。请再看一遍票背面。")
    return sheet


def _is_serial(ballot: Ballot, text: str, building: str) -> bool:
    """Return whether a serial was meant rather than a room: so long, and the compound has no such building."""
    plain = "".join(text.replace("-", "").split())
    return len(plain) >= SHORTEST and not Building.objects.filter(compound=ballot.compound, label=building).exists()


def _by_serial(ballot: Ballot, code: str, text: str) -> Sheet:
    paper = Paper.objects.filter(serial=code).first()
    if paper is None:
        raise NotFound(unknown_serial(text))
    if paper.ballot_id != ballot.pk:
        raise NotFound(not_entered(""))
    return _lying(paper)


def _lying(paper: Paper) -> Sheet:
    """Return the sheet of a paper that was returned in time."""
    sheet = Sheet.objects.filter(paper=paper).select_related("bundle").first()
    if sheet is None or paper.state != PaperState.RETURNED:
        raise NotFound(not_entered(paper.state))
    return sheet
