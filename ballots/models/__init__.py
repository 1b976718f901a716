"""Paper ballots: what is put to the vote, who votes, papers, counting, results."""

from ballots.models.counting import HandCount, PaperEntry, Settlement
from ballots.models.papers import (
    BoxOpening,
    Bundle,
    CallBack,
    Paper,
    PaperEvent,
    PaperScan,
    PaperVisit,
    Sheet,
    SheetPrint,
)
from ballots.models.results import BallotMove, BallotProof, Certification, Result
from ballots.models.rolls import Representative, RollDwelling, RollEntry, RollName, RollTransfer
from ballots.models.voting import Ballot, BallotClerk, BallotQuerySet, Option, Question, VotingRule, VotingRuleQuerySet

__all__ = [
    "Ballot",
    "BallotClerk",
    "BallotMove",
    "BallotProof",
    "BallotQuerySet",
    "BoxOpening",
    "Bundle",
    "CallBack",
    "Certification",
    "HandCount",
    "Option",
    "Paper",
    "PaperEntry",
    "PaperEvent",
    "PaperScan",
    "PaperVisit",
    "Question",
    "Representative",
    "Result",
    "RollDwelling",
    "RollEntry",
    "RollName",
    "RollTransfer",
    "Settlement",
    "Sheet",
    "SheetPrint",
    "VotingRule",
    "VotingRuleQuerySet",
]
