"""Is what was posted of a ballot still what was posted: its data and its files held against their hashes."""

from __future__ import annotations

import json

from ballots.documents.counted import NotCountedOut, count_out, questions_of, rule_of
from ballots.models import Ballot
from core.hashing import sha256_bytes, sha256_text
from core.models import Document
from core.operations import read_bytes

KINDS = ("ballot_notice", "ballot_extension", "ballot_result")


def is_genuine(document: Document) -> bool:
    """Return whether a posted paper of a ballot is unchanged: data by its hash, then all files that it names."""
    if sha256_text(document.data) != document.sha256:
        return False
    said = json.loads(document.data)
    named = [each["sha256"] for each in said.get("files", ())]
    hashes = [*named, *document.files.values_list("sha256", flat=True)]
    return all(_is_stored(sha256) for sha256 in hashes)


def result_holds(document: Document) -> bool:
    """Return whether a certified result still follows from the roll and the sheets as they lie in the tables."""
    said = json.loads(document.data)
    ballot = Ballot.objects.select_related("rule").get(results__document=document)
    try:
        counted = count_out(ballot, questions_of(ballot), count=said["count"])
    except NotCountedOut:
        return False
    return counted.result == said["result"] and said["rule"] == rule_of(ballot)


def _is_stored(sha256: str) -> bool:
    try:
        return sha256_bytes(read_bytes(sha256)) == sha256
    except FileNotFoundError:
        return False
