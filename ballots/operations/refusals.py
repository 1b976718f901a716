"""Why a verb of the ballots refused: facts, worded for people by the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from ballots.choices import BallotState, PaperState
from ballots.models import Paper


class BallotRefusal(Exception):
    """A verb of the ballots that did not happen."""


class WrongState(BallotRefusal):
    """The ballot does not stand where this verb begins; ``state`` is where it stands."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = BallotState(state)


class CertifiedBefore(BallotRefusal):
    """A result was posted and is counted again: only the street or a court fells it."""


class NotYet(BallotRefusal):
    """Papers go out and come back from the day that the notice says, ``from_on``, and not before."""

    def __init__(self, from_on: date) -> None:
        super().__init__(from_on)
        self.from_on = from_on


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


# --- The roll and its papers --------------------------------------------------------------------------------------


class NoticeStillRuns(BallotRefusal):
    """The notice has not hung for its days; ``from_on`` is the first day on which the roll may be frozen."""

    def __init__(self, from_on: date) -> None:
        super().__init__(from_on.isoformat())
        self.from_on = from_on


class ObjectionsOpen(BallotRefusal):
    """So many objections to the roll are not answered, and no reason was told for going on."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class RollEmpty(BallotRefusal):
    """Nobody would be on the roll."""


class RollChanged(BallotRefusal):
    """The register changed since the roll was shown; ``heads`` are what it gives now."""

    def __init__(self, heads: int) -> None:
        super().__init__(heads)
        self.heads = heads


class VoteCast(BallotRefusal):
    """The entry's paper is back: the vote stands, whoever owns the dwelling now."""


class NothingToTransfer(BallotRefusal):
    """The register still names the same voter."""


class EntrySplit(BallotRefusal):
    """The entry's dwellings belong to several now, and a frozen roll gets no new entries."""


class NoReason(BallotRefusal):
    """A reason is needed."""


class NothingToPrint(BallotRefusal):
    """Every entry has its paper already."""


class SecretBallot(BallotRefusal):
    """In a secret ballot no sheet is any voter's."""


class NotPossible(BallotRefusal):
    """A paper cannot become this from where it is."""

    def __init__(self, paper: Paper, state: str) -> None:
        super().__init__(paper.serial, state)
        self.paper, self.state = paper, PaperState(state)


class PaperChanged(BallotRefusal):
    """Somebody handed the paper over, or took it back, since it was looked at."""

    def __init__(self, paper: Paper) -> None:
        super().__init__(paper.serial)
        self.paper = paper


class EntriesStand(BallotRefusal):
    """Somebody entered the paper, so it lies in its bundle for good."""

    def __init__(self, paper: Paper) -> None:
        super().__init__(paper.serial)
        self.paper = paper


class TooFewAttempts(BallotRefusal):
    """Fewer attempts at different times than a paper needs that cannot be delivered."""

    def __init__(self, made: int, needed: int) -> None:
        super().__init__(made, needed)
        self.made, self.needed = made, needed


# --- Counting out -------------------------------------------------------------------------------------------------


class VotingRuns(BallotRefusal):
    """Papers are taken until ``until_on``, and some are still out."""

    def __init__(self, until_on: date) -> None:
        super().__init__(until_on.isoformat())
        self.until_on = until_on


class NotAllSettled(BallotRefusal):
    """Sheets are not entered, or differ and are not settled: so many wait."""

    def __init__(self, waiting: int) -> None:
        super().__init__(waiting)
        self.waiting = waiting


class BoxDiffers(BallotRefusal):
    """The box reconciliation does not hold; ``faults``: key, what it should be, what it is."""

    def __init__(self, faults: Sequence[tuple[str, int, int]]) -> None:
        super().__init__(len(faults))
        self.faults = list(faults)


class RollAltered(BallotRefusal):
    """The frozen roll's rows are no longer those that were hashed."""


class FiguresChanged(BallotRefusal):
    """The figures are not those that were shown, or those that the first certified."""


class NoCounters(BallotRefusal):
    """Nobody is named who watched, called out and counted."""


class NotCertifiedYet(BallotRefusal):
    """The first of the two has not certified, or only what was counted before."""


class HandCountUnclear(BallotRefusal):
    """The figures of the count by hand do not belong to this ballot's questions."""


class CallsDrawn(BallotRefusal):
    """The papers for calling back were drawn already, and are drawn once."""


class NothingToDraw(BallotRefusal):
    """No paper is there to be called back: none returned, or the ballot is secret."""


class NoticeRuns(BallotRefusal):
    """The result may be objected to until ``until_on``."""

    def __init__(self, until_on: date) -> None:
        super().__init__(until_on.isoformat())
        self.until_on = until_on


class ObjectionUpheld(BallotRefusal):
    """An objection to the result was upheld: it is counted again, or annulled, and does not become final."""


class NothingUpheld(BallotRefusal):
    """No objection to this result was upheld, so nothing is counted again."""


class NamedTwice(BallotRefusal):
    """The group has a representative of this name in office."""


class EndsBeforeStart(BallotRefusal):
    """The last day lies before the first; ``from_on`` is the first."""

    def __init__(self, from_on: date) -> None:
        super().__init__(from_on.isoformat())
        self.from_on = from_on


# --- A secret ballot's boxes --------------------------------------------------------------------------------------


class NotSecret(BallotRefusal):
    """An open ballot's papers lie in no box that is opened and numbered."""


class NotIntoBox(BallotRefusal):
    """A secret ballot's sheet goes into a box, however it comes there."""


class BoxNotOpened(BallotRefusal):
    """Nobody noted yet how many sheets lay in the boxes."""


class BoxTooFull(BallotRefusal):
    """More sheets lay in the boxes than were handed out: the whole ballot is void."""

    def __init__(self, issued: int, found: int) -> None:
        super().__init__(issued, found)
        self.issued, self.found = issued, found


class BoxNotTooFull(BallotRefusal):
    """No more sheets lay in the boxes than were handed out, so nothing is void."""


class BundlesDiffer(BallotRefusal):
    """The bundles hold another number than lay in the boxes, or one holds none or too many."""

    def __init__(self, found: int, laid: int) -> None:
        super().__init__(found, laid)
        self.found, self.laid = found, laid


class BundlesEntered(BallotRefusal):
    """Somebody began to enter the sheets, so boxes and bundles stay as they were noted."""


# --- Drafting and announcing --------------------------------------------------------------------------------------


class RuleReasonMissing(BallotRefusal):
    """Another rule than the matter proposes needs a reason that is printed."""


class RuleNotOffered(BallotRefusal):
    """The rule is neither of the district nor of this compound."""


class RuleFaulty(BallotRefusal):
    """A rule cannot be made; ``faults`` are codes of ballots.rules.drafting."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(*faults)
        self.faults = tuple(faults)


class NeedsMoreThanHalf(BallotRefusal):
    """A question of which one option is chosen needs a rule of more than half, or two could pass."""


class TooManyQuestions(BallotRefusal):
    """More questions than one paper holds."""


class TooManyFiles(BallotRefusal):
    """More files than a notice carries."""


class NotReady(BallotRefusal):
    """So many things are missing before the notice can hang."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class NoticeTooShort(BallotRefusal):
    """The notice would hang too few days; ``earliest`` is the first day on which voting may begin."""

    def __init__(self, earliest: date) -> None:
        super().__init__(earliest.isoformat())
        self.earliest = earliest


class NotLonger(BallotRefusal):
    """The new last day is not later than the present one, ``until_on``."""

    def __init__(self, until_on: date) -> None:
        super().__init__(until_on.isoformat())
        self.until_on = until_on


class OverAlready(BallotRefusal):
    """The last day, ``until_on``, has passed: what is over is not extended."""

    def __init__(self, until_on: date) -> None:
        super().__init__(until_on.isoformat())
        self.until_on = until_on


class HungLater(BallotRefusal):
    """The photograph's day lies before the notice hung, ``from_on``."""

    def __init__(self, from_on: date) -> None:
        super().__init__(from_on.isoformat())
        self.from_on = from_on


class ShownElsewhere(BallotRefusal):
    """The photograph shows another notice or another place, ``place``, already."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place
