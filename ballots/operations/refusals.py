"""Why a verb of the ballots refused: facts, worded for people by the pages."""

from __future__ import annotations

from collections.abc import Mapping

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


class NotClerk(BallotRefusal):
    """The account cannot be named for entering papers."""


class NamedAlready(BallotRefusal):
    """The account enters this ballot's papers already."""


class NoSheet(BallotRefusal):
    """This paper cannot be entered; ``state`` says what became of it, "" where it is of another ballot."""

    def __init__(self, state: str = "") -> None:
        super().__init__(state)
        self.state = state


class EnteredTwice(BallotRefusal):
    """Two persons entered this sheet already, or the asked-for round is another's; ``round`` is the one asked for."""

    def __init__(self, round: int = 0) -> None:
        super().__init__(round)
        self.round = round


class EntryChanged(BallotRefusal):
    """Somebody's own entry was corrected in another window meanwhile."""


class AlreadySettled(BallotRefusal):
    """A third person has settled this sheet: it changes no more in this counting."""


class NothingToSettle(BallotRefusal):
    """The sheet's entries agree, or are not both there."""


class CoverDiffers(BallotRefusal):
    """The cover slip's count is not the bundle's: ``counted`` sheets lie in it."""

    def __init__(self, counted: int) -> None:
        super().__init__(counted)
        self.counted = counted


class RowsRefused(BallotRefusal):
    """Rows of a workbook that cannot be entered; ``problems`` by the key of the sheet."""

    def __init__(self, problems: Mapping[int, BallotRefusal]) -> None:
        super().__init__(len(problems))
        self.problems = problems
