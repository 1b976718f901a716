"""Guessing codes: how often one address asked for codes that there are not, within a minute, for all processes alike.

The rows are the shared store: whatever number of web processes there are, they count together.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from core.hashing import sha256_text
from core.models import Guess

MOST = 60  # unknown codes a minute from one address


def _key(address: str) -> str:
    return sha256_text(f"guess|{address}")[:32]


def too_many_guesses(address: str, at: datetime) -> QuerySet[Guess]:
    """Return the row that says that an address asked for too many unknown codes in this minute, if there is one."""
    minute = at.replace(second=0, microsecond=0)
    return Guess.objects.filter(key=_key(address), minute=minute, times__gte=MOST)


def guessed_too_often(address: str, at: datetime) -> bool:
    """Return whether an address asked for too many unknown codes in this minute; known ones are not counted."""
    return too_many_guesses(address, at).exists()


def note_guess(address: str, at: datetime) -> None:
    """Count an unknown code; what is older than an hour is forgotten."""
    minute = at.replace(second=0, microsecond=0)
    made, fresh = Guess.objects.get_or_create(key=_key(address), minute=minute, defaults={"times": 1})
    if fresh:
        Guess.objects.filter(minute__lt=minute - timedelta(hours=1)).delete()
    else:
        Guess.objects.filter(pk=made.pk).update(times=F("times") + 1)
