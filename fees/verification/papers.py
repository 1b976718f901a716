"""The papers of vouchers: there, unaltered, and as many as the history says."""

from __future__ import annotations

import json
from collections.abc import Iterable

from compounds.models import Compound
from core.hashing import canonical_json, sha256_bytes
from core.models import Entry
from core.operations import read_bytes
from fees.models import Voucher, VoucherEvidence
from fees.operations import EVIDENCE_ADDED
from fees.verification.found import Fault, Report


def check_papers(compound: Compound, report: Report) -> None:
    """Compare the attached papers with the hashes that entered the chain, and their bytes with their own."""
    shown: dict[int, list[list[str]]] = {}
    rowkeys: dict[int, list[int]] = {}
    added: dict[int, int] = {}
    of_compound = Voucher.objects.of(compound)
    # Only the columns that are compared: another one may be unreadable, and is named elsewhere.
    places = {key: (kind, number) for key, kind, number in of_compound.values_list("pk", "book__kind", "number")}
    rows = VoucherEvidence.objects.filter(voucher__book__compound=compound, attachment__isnull=False)
    for row, key, kind, number, sha256 in rows.order_by("pk").values_list(
        "pk", "voucher_id", "attachment__kind", "attachment__number", "attachment__sha256"
    ):
        rowkeys.setdefault(key, []).append(row)
        shown.setdefault(key, []).append([kind, number, sha256])
        try:
            fits = sha256_bytes(read_bytes(sha256)) == sha256
        except OSError:
            fits = False
        if not fits:
            report.bad.append(Fault(compound.code, *places[key], "票据文件不见了或被改动"))
    for key, attachments in of_compound.values_list("pk", "attachments"):
        papers, count = shown.get(key, []), _paper_count(attachments)
        if count is None or canonical_json(papers[:count]) != attachments:
            report.bad.append(Fault(compound.code, *places[key], "票据和凭证上的校验不符"))
        else:
            added |= dict.fromkeys(rowkeys.get(key, [])[count:], key)
    # What was added after posting is no part of the hash; who added it stands in the history.
    for row in sorted(added.keys() - _recorded(added)):
        report.bad.append(Fault(compound.code, *places[added[row]], "有一张票据，不知道是谁在记账后补的"))


def _recorded(rows: Iterable[int]) -> set[int]:
    """Return which of these rows of evidence the history knows of."""
    entries = Entry.objects.filter(
        action=EVIDENCE_ADDED,
        object_type=VoucherEvidence._meta.label_lower,
        object_id__in=[str(row) for row in rows],
    )
    return {int(key) for key in entries.values_list("object_id", flat=True)}


def _paper_count(attachments: str) -> int | None:
    """Return how many papers a voucher was posted with, or None where its text cannot be read."""
    try:
        listed = json.loads(attachments)
    except ValueError:
        return None
    return len(listed) if isinstance(listed, list) else None
