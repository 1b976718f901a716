"""The lists that come as files: streets and communities, and the register's workbook."""

from compounds.imports.areas import AREA_COLUMNS, read_areas
from compounds.imports.register import COMPOUNDS, DWELLINGS, HEADINGS, RegisterFile, read_register
from compounds.imports.reports import changes_report, failed_workbook, register_report
from compounds.imports.sheets import register_csv, register_template, register_workbook

__all__ = [
    "AREA_COLUMNS",
    "COMPOUNDS",
    "DWELLINGS",
    "HEADINGS",
    "RegisterFile",
    "changes_report",
    "failed_workbook",
    "read_areas",
    "read_register",
    "register_csv",
    "register_report",
    "register_template",
    "register_workbook",
]
