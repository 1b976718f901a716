"""T12: recomputing the books against a bare sha256 over the same rows."""

from __future__ import annotations

import hashlib
from datetime import date

from django.db import connection

from fees.rules import LINE_COLUMNS, VOUCHER_COLUMNS, next_month
from fees.verification import verify_books
from portal.management.benches.measuring import Bar, Count, Ratio, alternately, make_compound, post_month

PER_COMPOUND = 5_000


def measure(vouchers: int = 100_000, rounds: int = 5) -> list[Bar]:
    """Return T12 over so many vouchers: every column read, canonical bytes rebuilt, chains, months, anchors.

    Compared with sha256 over the bytes of the same columns as a raw cursor gives them.
    """
    compounds = max(vouchers // PER_COMPOUND, 1)
    for number in range(1, compounds + 1):
        compound = make_compound(number, date(2024, 12, 31), households=12)
        month = date(2025, 1, 1)
        for _ in range(10):
            post_month(compound, month, vouchers // compounds // 10)
            month = next_month(month)
    faults: list[int] = []

    def ours() -> None:
        report = verify_books()
        assert report.checked == vouchers // compounds // 10 * 10 * compounds, report.checked
        faults.append(len(report.bad))

    our_time, bare_time = alternately(ours, _bare, rounds)
    return [
        Ratio(
            "T12",
            f"verify_books over {vouchers} vouchers : sha256 over the rows of a raw cursor",
            our_time,
            bare_time,
            12,
        ),
        Count("T12", "faults that verify_books finds in clean books", max(faults), 0, "faults"),
    ]


def _bare() -> None:
    """Hash both tables' rows, column by column, as the database hands them over."""
    columns = {
        "fees_voucher": [*VOUCHER_COLUMNS, "hash"],
        "fees_voucherline": ["account_code" if name == "account_id" else name for name in LINE_COLUMNS],
    }
    with connection.cursor() as cursor:
        for name, wanted in columns.items():
            quoted = ", ".join(f'"{column}"' for column in wanted)
            cursor.execute(f"SELECT {quoted} FROM {name} ORDER BY id")
            while rows := cursor.fetchmany(2_000):
                for row in rows:
                    hashlib.sha256("|".join(map(str, row)).encode()).hexdigest()
