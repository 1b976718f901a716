"""Why a verb of the ballots refused: facts, worded for people by the pages."""

from __future__ import annotations

from ballots.choices import BallotState


class BallotRefusal(Exception):
    """A verb of the ballots that did not happen."""


class WrongState(BallotRefusal):
    """The ballot does not stand where this verb begins; ``state`` is where it stands."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = BallotState(state)


class SamePersonTwice(BallotRefusal):
    """Two persons are needed, and this one acted already."""
