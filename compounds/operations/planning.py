"""What a register's workbook would change: the rows told, held against the dwellings and owners that are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from compounds.choices import AreaSource, Tenure, Use
from compounds.models import Compound, Dwelling, Ownership, PropertyUnit
from compounds.operations.compounds import codes_taken
from compounds.operations.refusals import BATCH, UnknownArea
from compounds.rules import Address, next_compound_code, type_dwelling


@dataclass(frozen=True, slots=True)
class CompoundRow:
    """A compound of the register to import: by its code, or by its name in a community; None is not told."""

    community_code: str
    name: str
    code: str = ""
    address: str | None = None
    built_year: int | None = None
    note: str | None = None

    @property
    def key(self) -> str:
        """What tells it from the other compounds of the file."""
        return self.code or f"{self.community_code}/{self.name}"


@dataclass(frozen=True, slots=True)
class DwellingRow:
    """A dwelling of the register to import; ``compound`` is a ``CompoundRow.key``. None or empty is not told.

    What is not told stays as it is known, or gets its default in a dwelling that is new.
    """

    compound: str
    address: Address
    area: Decimal
    area_source: str | None = None
    tenure: str | None = None
    use: str | None = None
    votes: bool | None = None
    vacant: bool | None = None
    property_unit: str = ""
    owner: str = ""
    owner_phone: str = ""
    co_owners: tuple[str, ...] = ()
    representative: str = ""
    representative_phone: str = ""


@dataclass(frozen=True, slots=True)
class Register:
    """The compounds and dwellings of one workbook, each once."""

    compounds: tuple[CompoundRow, ...]
    dwellings: tuple[DwellingRow, ...]


@dataclass(frozen=True, slots=True)
class OwnerPlace:
    """One owner (by phone, or one without) and where this owner owns: compound's name and address as typed."""

    phone: str
    dwellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SameName:
    """Owners of one name in one community that may be one person, until someone confirms."""

    community_code: str
    name: str
    owners: tuple[OwnerPlace, ...]


@dataclass(frozen=True, slots=True)
class RegisterOutcome:
    """What an import changes, in dwellings; every compound of the file with its code, given or to be given."""

    new: int
    changed: int
    unchanged: int
    compounds: tuple[tuple[str, str], ...]
    to_confirm: tuple[SameName, ...]


# A dwelling's own columns that an import may tell, with the value that a new dwelling gets.
_DEFAULTS = {"area_source": AreaSource.DECLARED, "tenure": Tenure.REFORM, "use": Use.DWELLING, "vacant": False}
_WITHOUT_VOTE = (Use.GARAGE, Use.CELLAR)
COLUMNS = (
    "area",
    "area_source",
    "tenure",
    "use",
    "votes",
    "vacant",
    "property_unit_id",
    "representative",
    "representative_phone",
)

# An owner as a dwelling has it: name, phone, whether this one votes.
Share = tuple[str, str, bool]


@dataclass(slots=True)
class Known:
    """A dwelling as the database has it."""

    pk: int
    values: dict[str, object]
    # By share: the owner's row.
    shares: dict[Share, int] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """The compounds of the file as the database has them, and the owners of their communities."""

    compounds: dict[str, Compound | None]
    codes: dict[str, str]
    dwellings: dict[tuple[str, Address], Known]
    units: dict[tuple[str, str], int]


@dataclass(slots=True)
class Change:
    """One dwelling to write: its row, its new columns, and its owners where these change (else None)."""

    row: DwellingRow
    known: Known | None
    values: dict[str, object]
    unit: str
    shares: tuple[Share, ...] | None

    @property
    def own_columns(self) -> bool:
        """Whether the dwelling's own columns change, not only its owners."""
        return self.known is None or any(self.known.values[column] != value for column, value in self.values.items())


@dataclass(slots=True)
class Plan:
    """What applying a file would write, and how many dwellings stay as they are."""

    state: State
    new: list[Change]
    changed: list[Change]
    unchanged: int
    compounds_changed: list[Compound]
    to_confirm: tuple[SameName, ...]


# --- What an import would change


def plan_register(register: Register) -> Plan:
    """Compare the file with the database; preview and apply share it, so that they cannot differ."""
    state = _read_state(register)
    new: list[Change] = []
    changed: list[Change] = []
    unchanged = 0
    for row in register.dwellings:
        known = state.dwellings.get((row.compound, row.address))
        change = _change_of(row, known)
        if known is None:
            new.append(change)
        elif change.shares is not None or change.own_columns:
            changed.append(change)
        else:
            unchanged += 1
    compounds_changed = []
    for told in register.compounds:
        compound = state.compounds[told.key]
        if compound is not None and _tell_compound(compound, told):
            compounds_changed.append(compound)
    return Plan(state, new, changed, unchanged, compounds_changed, _same_names(register, state, new + changed))


def _tell_compound(compound: Compound, told: CompoundRow) -> bool:
    """Put what is told into the compound (not saved); whether anything differed."""
    before = (compound.address, compound.built_year, compound.note)
    compound.address = compound.address if told.address is None else told.address
    compound.built_year = compound.built_year if told.built_year is None else told.built_year
    compound.note = compound.note if told.note is None else told.note
    return before != (compound.address, compound.built_year, compound.note)


def _read_state(register: Register) -> State:
    compounds: dict[str, Compound | None] = {}
    codes: dict[str, str] = {}
    taken: dict[str, list[str]] = {}
    for row in register.compounds:
        if row.code:
            compound = Compound.objects.filter(code=row.code).first()
            if compound is None:
                raise UnknownArea(row.code)
        else:
            compound = Compound.objects.in_area(row.community_code).filter(name=row.name).first()
        compounds[row.key] = compound
        if compound is not None:
            codes[row.key] = compound.code
        else:
            given = taken.setdefault(row.community_code, codes_taken(row.community_code))
            codes[row.key] = next_compound_code(row.community_code, given)
            given.append(codes[row.key])
    by_pk = {compound.pk: key for key, compound in compounds.items() if compound}
    return State(compounds, codes, _read_dwellings(by_pk), _read_units(register))


def _read_units(register: Register) -> dict[tuple[str, str], int]:
    codes = {row.community_code for row in register.compounds}
    rows = PropertyUnit.objects.filter(area_code__in=codes).values_list("area_code", "name", "pk")
    return {(area_code, name): pk for area_code, name, pk in rows}


def _read_dwellings(by_pk: Mapping[int, str]) -> dict[tuple[str, Address], Known]:
    """Return the dwellings of these compounds with their owners, in two queries."""
    known: dict[int, Known] = {}
    found: dict[tuple[str, Address], Known] = {}
    rows = Dwelling.objects.filter(building__compound__in=list(by_pk)).values_list(
        "pk", "building__compound_id", "building__label", "entrance__label", "room", "property_unit__name", *COLUMNS
    )
    for pk, compound, building, entrance, room, unit, *values in rows.iterator(BATCH):
        known[pk] = Known(pk, {**dict(zip(COLUMNS, values, strict=True)), "unit": unit or ""})
        found[by_pk[compound], Address(building, entrance or "", room)] = known[pk]
    shares = (
        Ownership.objects.current()
        .filter(dwelling__building__compound__in=list(by_pk))
        .values_list("dwelling_id", "owner__name", "owner__phone", "votes", "owner_id")
    )
    for dwelling, name, phone, votes, owner in shares.iterator(BATCH):
        known[dwelling].shares[name, phone, votes] = owner
    return found


def _change_of(row: DwellingRow, known: Known | None) -> Change:
    """Return what the row makes of the dwelling, whether or not that differs from what is known."""
    values: dict[str, object] = {"area": row.area}
    for column, default in _DEFAULTS.items():
        told = getattr(row, column)
        if told is not None or known is None:
            values[column] = default if told is None else told
    if row.votes is not None or known is None:
        values["votes"] = row.votes if row.votes is not None else values["use"] not in _WITHOUT_VOTE
    for column in ("representative", "representative_phone"):
        if getattr(row, column) or known is None:
            values[column] = getattr(row, column)
    if row.property_unit:
        values["unit"] = row.property_unit
    before = tuple(known.shares) if known else ()
    shares = _shares_of(row, before)
    return Change(row, known, values, row.property_unit, shares if set(shares) != set(before) else None)


def _shares_of(row: DwellingRow, before: Sequence[Share]) -> tuple[Share, ...]:
    """Return the owners after the row: the one told votes; co-owners not told stay while the voting owner stays."""
    if not row.owner:
        return tuple(before)
    voting = next(((name, phone) for name, phone, votes in before if votes), None)
    same_person = voting is not None and voting[0] == row.owner
    phone = row.owner_phone or (voting[1] if same_person and voting else "")
    if row.co_owners or not same_person:
        others = [name for name in dict.fromkeys(row.co_owners) if name != row.owner]
        return ((row.owner, phone, True), *((name, "", False) for name in others))
    return ((row.owner, phone, True), *(share for share in before if not share[2]))


def _same_names(register: Register, state: State, changes: Iterable[Change]) -> tuple[SameName, ...]:
    """Return the names of the file that more than one owner of its community bears once it is applied."""
    community = {row.key: row.community_code for row in register.compounds}
    names = {row.key: row.name for row in register.compounds}
    changed = {
        (change.row.compound, change.row.address): change.shares for change in changes if change.shares is not None
    }
    told: dict[str, set[str]] = defaultdict(set)
    owners: dict[tuple[str, str], dict[tuple[str, object], list[str]]] = defaultdict(lambda: defaultdict(list))

    def add(code: str, share: Share, place: object, text: str) -> None:
        # Without a phone nothing tells that two dwellings have one owner.
        person = (share[1], "" if share[1] else place)
        owners[code, share[0]][person].append(text)

    for row in register.dwellings:
        place = (row.compound, row.address)
        known = state.dwellings.get(place)
        shares = changed.get(place, tuple(known.shares) if known else ())
        text = f"{names[row.compound]} {type_dwelling(row.address.building, row.address.entrance, row.address.room)}"
        for share in shares:
            add(community[row.compound], share, place, text)
            told[community[row.compound]].add(share[0])
    in_file = {state.dwellings[p].pk for r in register.dwellings if (p := (r.compound, r.address)) in state.dwellings}
    for code, wanted in told.items():
        rows = (
            Ownership.objects.current()
            .filter(owner__area_code=code)
            .values_list(
                "dwelling_id",
                "owner__name",
                "owner__phone",
                "dwelling__building__compound__name",
                "dwelling__building__label",
                "dwelling__entrance__label",
                "dwelling__room",
            )
        )
        for dwelling, name, phone, compound, building, entrance, room in rows.iterator(BATCH):
            if name in wanted and dwelling not in in_file:
                text = f"{compound} {type_dwelling(building, entrance or '', room)}"
                add(code, (name, phone, False), dwelling, text)
    return tuple(
        SameName(code, name, tuple(OwnerPlace(phone, tuple(texts)) for (phone, _), texts in persons.items()))
        for (code, name), persons in owners.items()
        if len(persons) > 1
    )


def outcome_of(register: Register, plan: Plan) -> RegisterOutcome:
    """Return what a plan changes, counted in dwellings."""
    compounds = []
    for row in register.compounds:
        compound = plan.state.compounds[row.key]
        compounds.append((compound.name if compound else row.name, plan.state.codes[row.key]))
    return RegisterOutcome(len(plan.new), len(plan.changed), plan.unchanged, tuple(compounds), plan.to_confirm)
