"""Verbs that write the register: areas, compounds, appointments, and the register as a whole."""

from compounds.operations.appointments import appoint, conflicting_appointment, end_appointment
from compounds.operations.areas import AreaOutcome, AreaRow, import_areas
from compounds.operations.changing import change_row, words_of
from compounds.operations.compounds import make_compound
from compounds.operations.importing import apply_register, preview_register
from compounds.operations.places import (
    add_building,
    add_photograph,
    change_building,
    change_compound,
    change_thing,
    change_unit,
    drop_building,
    drop_photograph,
    drop_thing,
    list_thing,
)
from compounds.operations.planning import CompoundRow, DwellingRow, OwnerPlace, Register, RegisterOutcome, SameName
from compounds.operations.refusals import (
    AlreadyEnded,
    AreasDisagree,
    CashierAndBookkeeper,
    ChangedMeanwhile,
    CompoundExists,
    EndsBeforeStart,
    MachineAccount,
    NameTaken,
    StillUsed,
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
    "NameTaken",
    "OwnerPlace",
    "Register",
    "RegisterOutcome",
    "SameName",
    "StillUsed",
    "UnknownArea",
    "add_building",
    "add_photograph",
    "apply_register",
    "appoint",
    "change_building",
    "change_compound",
    "change_row",
    "change_thing",
    "change_unit",
    "conflicting_appointment",
    "drop_building",
    "drop_photograph",
    "drop_thing",
    "end_appointment",
    "import_areas",
    "list_thing",
    "make_compound",
    "preview_register",
    "words_of",
]
