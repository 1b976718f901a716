"""An election's figures: of each candidate and each name written in the votes and where they stand.

Names stand here and nowhere else: candidates are the one exception to "no names" (domain.md, Committees).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Candidate:
    """Somebody to be elected: votes for, and of printed candidates against and neither; ``standing`` in plain words."""

    name: str
    written: bool
    votes: int
    against: int | None
    neither: int | None
    standing: str

    @property
    def seated(self) -> bool:
        return self.standing == "当选"


def candidates_of(
    asked: dict[str, Any], said: dict[str, Any], opposition: Sequence[dict[str, int]]
) -> tuple[Candidate, ...]:
    """Return the candidates of a question with seats, those with the most votes first; of equals as on the paper."""
    if not asked.get("seats"):
        return ()
    against = {row["option"]: row for row in opposition}
    standing = dict.fromkeys(said["seated"], "当选") | dict.fromkeys(said["tied"], "票数相同")
    standing |= {mark: f"候补第{place}" for place, mark in enumerate(said["alternates"], 1)}
    printed = asked.get("candidates", len(asked["options"]))
    found = [
        Candidate(
            asked["options"][each["option"] - 1], each["option"] > printed, each["heads"],
            against.get(each["option"], {}).get("against"), against.get(each["option"], {}).get("abstain"),
            standing.get(each["option"], ""),
        )
        for each in said["options"]
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda candidate: -candidate.votes))
