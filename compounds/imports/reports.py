"""What reading and checking a register's workbook found, as JSON and as a workbook to mend; names and phones masked."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from compounds.imports.register import DWELLINGS, HEADINGS, RegisterFile
from compounds.operations import RegisterOutcome, fields_of
from compounds.rules import show_dwelling
from core.masking import mask_phone
from core.spreadsheets import Table, Value, shortened, write_workbook

SHOWN_CHANGES = 500


def register_report(file: RegisterFile, outcome: RegisterOutcome) -> dict[str, Any]:
    """Return the answer of ``import_register`` as contracts.md names it; phones are masked."""
    return {
        "rows": file.rows,
        "new": outcome.new,
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "errors": [error.as_dict() for error in shortened(file.errors)],
        "to_confirm": [
            {
                "name": same.name,
                "community": same.community_code,
                "owners": [{"phone": mask_phone(o.phone), "dwellings": list(o.dwellings)} for o in same.owners],
            }
            for same in outcome.to_confirm
        ],
        "warnings": [warning.as_dict() for warning in shortened(file.warnings)],
        "compounds": [{"name": name, "code": code} for name, code in outcome.compounds],
    }


def changes_report(outcome: RegisterOutcome) -> list[dict[str, Any]]:
    """Return the first changed dwellings, each with what was and what will be; names and phones masked."""
    names = outcome.names
    return [
        {
            "compound": names.get(change.row.compound, ""),
            "dwelling": show_dwelling(
                change.row.address.building, change.row.address.entrance, change.row.address.room
            ),
            "fields": fields_of(change),
        }
        for change in outcome.changes[:SHOWN_CHANGES]
    ]


def failed_workbook(file: RegisterFile) -> tuple[bytes, int] | None:
    """Return the rows of 房屋 with a fault, as they stood, and the faults beside them; how many; None without any.

    Whoever mends them may send them as they are: the import passes over the last column.
    """
    reasons: dict[int, list[str]] = defaultdict(list)
    for error in file.errors:
        digits = error.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        if error.sheet in (DWELLINGS.name, "") and digits.isdigit():
            reasons[int(digits)].append(error.reason)
    rows: list[list[object]] = [
        [*(_plain(row[heading]) for heading in HEADINGS), "；".join(reasons[row.number])]
        for row in file.sheet
        if row.number in reasons
    ]
    if not rows:
        return None
    widths = [max(10, 2 * len(heading) + 2) for heading in HEADINGS]
    table = Table(DWELLINGS.name, [column.heading for column in DWELLINGS.columns], rows, [*widths, 60])
    notes = ("这里只有错的行。照最后一列改好，可以直接再传：最后一列不会导入。",)
    return write_workbook([table], notes), len(rows)


def _plain(value: Value) -> object:
    """Return a cell as it can be written again."""
    if isinstance(value, bool):
        return "是" if value else "否"
    return (
        Decimal(f"{value:.15g}") if isinstance(value, float) else value if isinstance(value, (str, int)) else str(value)
    )
