"""Verbs that write the register: areas, compounds, appointments, and the register as a whole."""

from compounds.operations.appointments import appoint, conflicting_appointment, end_appointment
from compounds.operations.areas import AreaOutcome, AreaRow, import_areas
from compounds.operations.changing import change_row, words_of
from compounds.operations.compounds import make_compound
from compounds.operations.importing import apply_register, preview_register
from compounds.operations.planning import CompoundRow, DwellingRow, OwnerPlace, Register, RegisterOutcome, SameName
from compounds.operations.refusals import (
    AlreadyEnded,
    AreasDisagree,
    CashierAndBookkeeper,
    ChangedMeanwhile,
    CompoundExists,
    EndsBeforeStart,
    MachineAccount,
    UnknownArea,
)

__all__ = [
    "AlreadyEnded",
    "AreaOutcome",
    "AreaRow",
    "AreasDisagree",
    "CashierAndBookkeeper",
    "ChangedMeanwhile",
    "CompoundExists",
    "CompoundRow",
    "DwellingRow",
    "EndsBeforeStart",
    "MachineAccount",
    "OwnerPlace",
    "Register",
    "RegisterOutcome",
    "SameName",
    "UnknownArea",
    "apply_register",
    "appoint",
    "change_row",
    "conflicting_appointment",
    "end_appointment",
    "import_areas",
    "make_compound",
    "preview_register",
    "words_of",
]
