"""The chain: what a hash covers, written so that everyone gets the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from core.hashing import canonical_json, sha256_text

HASH_VERSION = "v1"


# Every column of the two voucher tables but ``id`` enters the hash; a test holds these against the models.
VOUCHER_COLUMNS = (
    "book_id", "seq", "year", "number", "on", "bill_on", "direction", "money_account_id", "to_account_id", "pair",
    "reverses_id", "corrects_id", "payee", "handler", "witness", "approver", "decision", "reason", "entered_for",
    "amount", "line_count", "lines_hash", "attachments", "origin", "entered_by_id", "entered_at", "reviewed_by_id",
    "reviewed_for", "posted_at", "hash_version", "previous_hash",
)  # fmt: skip
LINE_COLUMNS = (
    "position", "summary", "amount", "quantity", "unit_price", "source", "service_line", "account_id", "account_name",
)  # fmt: skip
OPENING_COLUMNS = (
    "book_id", "on", "balances", "memo", "held", "amount", "entered_by_id", "reviewed_by_id", "posted_at", "previous_hash",
)  # fmt: skip


def canonical_value(value: object) -> object:
    """Return a column's value as hashed: what is stored, in one spelling (quality.md D9).

    :raises TypeError: for a float, which no column of the books holds.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no canonical form of {type(value).__name__}")


def canonical_row(row: Mapping[str, object], columns: Sequence[str]) -> dict[str, object]:
    """Return a row's hashed columns in canonical spelling.

    :raises KeyError: when the row lacks one.
    """
    return {column: canonical_value(row[column]) for column in columns}


def genesis(code: str, book: str) -> str:
    """Return the hash before a book's first element: sha256 of ``v1|code|book``."""
    return sha256_text(f"{HASH_VERSION}|{code}|{book}")


def opening_hash(row: Mapping[str, object]) -> str:
    """Return the hash of a book's opening, the first element of its chain."""
    return sha256_text(canonical_json(canonical_row(row, OPENING_COLUMNS)))


def lines_hash(lines: Iterable[Mapping[str, object]]) -> str:
    """Return the hash over all of a voucher's lines, in their order: an added line shows."""
    return sha256_text(canonical_json([canonical_row(line, LINE_COLUMNS) for line in lines]))


def voucher_hash(row: Mapping[str, object]) -> str:
    """Return a voucher's hash over its columns, which hold its lines' hash and its predecessor's."""
    return sha256_text(canonical_json(canonical_row(row, VOUCHER_COLUMNS)))
