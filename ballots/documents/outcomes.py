"""What final ballots decided, as data for whatever builds on it: it is asked here, and knows nothing of who asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from ballots.choices import Matter, Move
from ballots.documents.results import ResultPaper, read_result
from ballots.models import Ballot, BallotMove, Result
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
        """Whether something passed, and no question that could pass failed."""
        return True in (passed := self.passed.values()) and False not in passed

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
    moves = BallotMove.objects.filter(ballot__compound=compound)
    return _outcomes(moves if matter is None else moves.filter(ballot__matter=matter))


def outcome_of(compound: Compound, matter: Matter, on: date) -> Outcome | None:
    """Return the newest ballot on a matter that is in force on a day, or None."""
    return _newest(outcome for outcome in final_ballots(compound, matter) if outcome.stands(on))


def decided(compounds: Collection[int], matter: Matter, on: date) -> dict[int, Outcome]:
    """Return for compounds, by their keys, the newest ballot in force that passed what it asked; two queries at most.

    A later one that failed decided nothing, so the earlier one stands.
    """
    found: dict[int, list[Outcome]] = defaultdict(list)
    moves = BallotMove.objects.filter(ballot__compound__in=compounds, ballot__matter=matter)
    for outcome in _outcomes(moves):
        if outcome.stands(on) and outcome.all_passed:
            found[outcome.ballot.compound_id].append(outcome)
    newest = {compound: _newest(outcomes) for compound, outcomes in found.items()}
    return {compound: outcome for compound, outcome in newest.items() if outcome is not None}


def _newest(outcomes: Iterable[Outcome]) -> Outcome | None:
    return max(outcomes, key=lambda outcome: (outcome.since_on, outcome.ballot.number), default=None)


def _outcomes(moves: QuerySet[BallotMove]) -> list[Outcome]:
    since: dict[int, date] = {}
    until: dict[int, date] = {}
    told = moves.filter(kind__in=[Move.FINAL, *FALLS]).order_by("seq").values_list("ballot", "kind", "on")
    for ballot, kind, on in told:
        (until if kind in FALLS else since)[ballot] = on
    if not since:
        return []
    rows = Result.objects.filter(ballot__in=since).select_related("ballot", "document")
    last = {row.ballot_id: row for row in rows.order_by("count")}
    return [
        Outcome(row.ballot, since[row.ballot_id], until.get(row.ballot_id), read_result(row.document.data))
        for row in sorted(last.values(), key=lambda row: -row.ballot.number)
    ]
