"""What final ballots decided, as data for whatever builds on it: it is asked here, and knows nothing of who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ballots.choices import Matter, Move
from ballots.documents.results import ResultPaper, read_result
from ballots.models import Ballot, BallotMove
from compounds.models import Compound

FALLS = (Move.ANNULLED, Move.SET_ASIDE)


@dataclass(frozen=True)
class Outcome:
    """A ballot that took effect: since when, until when (None while it stands), and its certified result."""

    ballot: Ballot
    since_on: date
    until_on: date | None
    paper: ResultPaper

    def stands(self, on: date) -> bool:
        """Return whether it is in force on a day; what was built on it stops from the day on which it fell."""
        return self.since_on <= on and (self.until_on is None or on < self.until_on)

    @property
    def passed(self) -> dict[int, bool | None]:
        """Return of each question whether it passed; None where several may be chosen."""
        return {question["number"]: question["passed"] for question in self.paper.data["result"]["questions"]}

    @property
    def all_passed(self) -> bool:
        """Whether no question that could pass failed."""
        return False not in self.passed.values()

    @property
    def chosen(self) -> dict[int, str]:
        """Return of each choose_one question that passed the words of the option chosen."""
        asked = {question["number"]: question for question in self.paper.data["questions"]}
        return {
            said["number"]: asked[said["number"]]["options"][said["chosen"] - 1]
            for said in self.paper.data["result"]["questions"]
            if said["passed"] and said["chosen"] is not None
        }

    @property
    def seated(self) -> dict[int, list[str]]:
        """Return of each question with seats who is elected, in the order of votes."""
        asked = {question["number"]: question for question in self.paper.data["questions"]}
        return {
            said["number"]: [asked[said["number"]]["options"][mark - 1] for mark in said["seated"]]
            for said in self.paper.data["result"]["questions"]
            if asked[said["number"]]["seats"]
        }


def final_ballots(compound: Compound, matter: Matter | None = None) -> list[Outcome]:
    """Return the ballots of a compound that ever took effect, the newest first; two queries."""
    moves = BallotMove.objects.filter(ballot__compound=compound, kind__in=[Move.FINAL, *FALLS]).order_by("seq")
    if matter is not None:
        moves = moves.filter(ballot__matter=matter)
    since: dict[int, date] = {}
    until: dict[int, date] = {}
    for ballot, kind, on in moves.values_list("ballot", "kind", "on"):
        (until if kind in FALLS else since)[ballot] = on
    rows = Ballot.objects.filter(pk__in=since).prefetch_related("results__document").order_by("-number")
    return [
        Outcome(row, since[row.pk], until.get(row.pk), read_result(list(row.results.all())[-1].document.data))
        for row in rows
    ]


def outcome_of(compound: Compound, matter: Matter, on: date) -> Outcome | None:
    """Return the newest ballot on a matter that is in force on a day, or None."""
    found = [outcome for outcome in final_ballots(compound, matter) if outcome.stands(on)]
    return max(found, key=lambda outcome: (outcome.since_on, outcome.ballot.number), default=None)
