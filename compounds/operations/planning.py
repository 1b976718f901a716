"""What a register's workbook would change: the rows told, held against the dwellings and owners that are known."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from compounds.choices import AreaSource, Tenure, Use
from compounds.models import Compound, Dwelling, Ownership, PropertyUnit
from compounds.operations.compounds import codes_taken
from compounds.operations.refusals import BATCH, UnknownArea
from compounds.rules import Address, next_compound_code, split_names, type_dwelling
from core.spreadsheets import many_objects


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


class DwellingRow(NamedTuple):
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
    representative_kind: str | None = None


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


_WITHOUT_VOTE = (Use.GARAGE, Use.CELLAR)
EVERY = 2_000  # rows between two reports
# A dwelling's own columns that an import may tell.
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
    "representative_kind",
)

# An owner as a dwelling has it: name, phone, whether this one votes.
Share = tuple[str, str, bool]


class Held(NamedTuple):
    """A share with its rows: the ownership and the owner."""

    share: Share
    ownership: int
    owner: int


@dataclass(slots=True)
class Known:
    """A dwelling as the database has it, with who owns it now."""

    pk: int
    version: int
    values: dict[str, object]
    held: list[Held] = field(default_factory=list)

    @property
    def shares(self) -> tuple[Share, ...]:
        return tuple(held.share for held in self.held)


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


@dataclass(frozen=True, slots=True)
class RegisterOutcome:
    """What an import changes, in dwellings; every compound of the file with its code, given or to be given.

    ``plan``: a hash of all that would be written; ``changes``: the dwellings that exist and change.
    """

    new: int
    changed: int
    unchanged: int
    compounds: tuple[tuple[str, str], ...]
    to_confirm: tuple[SameName, ...]
    plan: str = ""
    compounds_changed: int = 0
    changes: tuple[Change, ...] = field(default=(), compare=False)
    names: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def changes_nothing(self) -> bool:
        """Whether the file tells nothing that is not known."""
        return not (self.new or self.changed or self.compounds_changed)


# --- What an import would change


# What a planner or writer is told: rows done, rows in all.
Progress = Callable[[int, int], None]


@many_objects()
def plan_register(register: Register, progress: Progress = lambda done, total: None) -> Plan:
    """Compare the file with the database; preview and apply share it, so that they cannot differ."""
    progress(0, len(register.dwellings))
    state = _read_state(register)
    new: list[Change] = []
    changed: list[Change] = []
    unchanged = 0
    for done, row in enumerate(register.dwellings):
        if done % EVERY == 0:
            progress(done, len(register.dwellings))
        known = state.dwellings.get((row.compound, row.address))
        change = _change_of(row, known)
        if known is None:
            new.append(change)
        elif change.shares is not None or change.own_columns:
            changed.append(change)
        else:
            unchanged += 1
    progress(len(register.dwellings), len(register.dwellings))
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
    changed = before != (compound.address, compound.built_year, compound.note)
    compound.version += changed
    return changed


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
    """Return the dwellings of these compounds with who owns them now, in two queries."""
    known: dict[int, Known] = {}
    found: dict[tuple[str, Address], Known] = {}
    rows = Dwelling.objects.filter(building__compound__in=list(by_pk)).values_list(
        "pk", "version", "building__compound_id", "building__label", "entrance__label", "room", "property_unit__name",
        *COLUMNS,
    )  # fmt: skip
    for pk, version, compound, building, entrance, room, unit, *values in rows.order_by().iterator(BATCH):
        known[pk] = Known(pk, version, {**dict(zip(COLUMNS, values, strict=True)), "unit": unit or ""})
        found[by_pk[compound], Address(building, entrance or "", room)] = known[pk]
    shares = (
        Ownership.objects.current()
        .filter(dwelling__building__compound__in=list(by_pk))
        .values_list("dwelling_id", "owner__name", "owner__phone", "votes", "pk", "owner_id")
    )
    # In order only afterwards: PostgreSQL plans a cursor for its first rows, and with an order and no statistics yet,
    # just after an import, goes through every dwelling for every owner.
    for dwelling, name, phone, votes, ownership, owner in shares.order_by().iterator(BATCH):
        known[dwelling].held.append(Held((name, phone, votes), ownership, owner))
    for each in known.values():
        each.held.sort(key=lambda held: held.ownership)
    return found


def _change_of(row: DwellingRow, known: Known | None) -> Change:
    """Return what the row makes of the dwelling, whether or not that differs from what is known."""
    if known is None:
        use = row.use or Use.DWELLING
        values: dict[str, object] = {
            "area": row.area,
            "area_source": row.area_source or AreaSource.DECLARED,
            "tenure": row.tenure or Tenure.REFORM,
            "use": use,
            "votes": use not in _WITHOUT_VOTE if row.votes is None else row.votes,
            "vacant": bool(row.vacant),
            "unit": row.property_unit,
            "representative": row.representative,
            "representative_phone": row.representative_phone,
            "representative_kind": row.representative_kind or "",
        }
        return Change(row, None, values, _shares_of(row, ()))
    values = {"area": row.area}
    for column in ("area_source", "tenure", "use", "votes", "vacant", "representative_kind"):
        told = getattr(row, column)
        if told is not None:
            values[column] = told
    for column, told in (
        ("representative", row.representative),
        ("representative_phone", row.representative_phone),
        ("unit", row.property_unit),
    ):
        if told:
            values[column] = told
    if row.representative_kind is None and row.representative not in ("", known.values["representative"]):
        values["representative_kind"] = ""  # nobody knows what the new one is
    return Change(row, known, values, _shares_of(row, known.shares))


def _shares_of(row: DwellingRow, before: tuple[Share, ...]) -> tuple[Share, ...] | None:
    """Return the owners after the row, or None where they stay: the one told votes, phones not told stay.

    Co-owners not told stay while the voting owner stays.
    """
    if not row.owner:
        return None
    if not before:
        named = (name for name in dict.fromkeys(row.co_owners) if name != row.owner)
        return ((row.owner, row.owner_phone, True), *((name, "", False) for name in named))
    phones = {name: phone for name, phone, _ in before}
    voting = next((name for name, _, votes in before if votes), None)
    others = tuple(share for share in before if not share[2])
    told = sorted(row.co_owners)
    stays = voting == row.owner and (not told or told == sorted(n for name, _, _ in others for n in split_names(name)))
    if not stays:
        told = [name for name in dict.fromkeys(row.co_owners) if name != row.owner]
        others = tuple((name, phones.get(name, ""), False) for name in told)
    after = ((row.owner, row.owner_phone or phones.get(row.owner, ""), True), *others)
    return None if set(after) == set(before) else after


# Who owns where: a dwelling of the file's compounds, or elsewhere in the community, as text.
_Place = tuple[str, Address] | str


def _same_names(register: Register, state: State, changes: Sequence[Change]) -> tuple[SameName, ...]:
    """Return the names of the file that more than one owner of its community bears once it is applied."""
    names = {row.key: row.name for row in register.compounds}
    found: dict[tuple[str, str], list[tuple[str, _Place]]] = defaultdict(list)
    told: set[tuple[str, str]] = set()
    for code, name, phone, place in _owners_in_file(register, state, changes):
        found[code, name].append((phone, place))
        told.add((code, name))
    for code, name, phone, place in _owners_beside(register, state):
        if (code, name) in told:
            found[code, name].append((phone, place))
    same = []
    for (code, name), held in found.items():
        if len(held) < 2:
            continue
        # Without a phone nothing tells that two dwellings have one owner.
        persons: dict[object, tuple[str, list[str]]] = {}
        for phone, place in held:
            persons.setdefault(phone or place, (phone, []))[1].append(_place_text(place, names))
        if len(persons) > 1:
            owners = tuple(OwnerPlace(phone, tuple(texts)) for phone, texts in persons.values())
            same.append(SameName(code, name, owners))
    return tuple(same)


def _place_text(place: _Place, names: Mapping[str, str]) -> str:
    if isinstance(place, str):
        return place
    key, address = place
    return f"{names[key]} {type_dwelling(address.building, address.entrance, address.room)}"


def _owners_in_file(
    register: Register, state: State, changes: Sequence[Change]
) -> Iterator[tuple[str, str, str, _Place]]:
    """Yield community, name, phone and place of whoever owns a dwelling of the file once it is applied."""
    community = {row.key: row.community_code for row in register.compounds}
    changed = {(c.row.compound, c.row.address): c.shares for c in changes if c.shares is not None}
    for row in register.dwellings:
        place = (row.compound, row.address)
        shares = changed.get(place)
        if shares is None:
            known = state.dwellings.get(place)
            shares = known.shares if known else ()
        for name, phone, _ in shares:
            yield community[row.compound], name, phone, place


def _owners_beside(register: Register, state: State) -> Iterator[tuple[str, str, str, _Place]]:
    """Yield the same of the other dwellings of the file's communities."""
    community = {row.key: row.community_code for row in register.compounds}
    in_file = {(row.compound, row.address) for row in register.dwellings}
    for place, known in state.dwellings.items():
        if place not in in_file:
            for name, phone, _ in known.shares:
                yield community[place[0]], name, phone, place
    mine = [compound.pk for compound in state.compounds.values() if compound]
    rows = (
        Ownership.objects.current()
        .filter(owner__area_code__in=set(community.values()))
        .exclude(dwelling__building__compound__in=mine)
        .order_by("pk")
        .values_list(
            "owner__area_code", "owner__name", "owner__phone", "dwelling__building__compound__name",
            "dwelling__building__label", "dwelling__entrance__label", "dwelling__room",
        )
    )  # fmt: skip
    # Without a cursor, as those of the file's own compounds above are without an order.
    for code, name, phone, compound, building, entrance, room in rows:
        yield code, name, phone, f"{compound} {type_dwelling(building, entrance or '', room)}"


def _hash_of(register: Register, plan: Plan) -> str:
    """Return a hash of all that would be written: of each dwelling what was and what will be."""
    told = hashlib.sha256()
    for asked in register.compounds:
        key = asked.key
        told.update(repr((key, plan.state.codes[key], plan.state.compounds[key] is None)).encode())
    for compound in plan.compounds_changed:
        told.update(repr((compound.code, compound.address, compound.built_year, compound.note)).encode())
    for change in (*plan.new, *plan.changed):
        row, known = change.row, change.known
        address, values = row.address, change.values
        before = (known.pk, *(str(known.values[column]) for column in values), known.shares) if known else ()
        said = (row.compound, address.building, address.entrance, address.room, *map(str, values.values()))
        told.update(repr((said, tuple(values) if known else (), change.shares, before)).encode())
    return told.hexdigest()


def outcome_of(register: Register, plan: Plan) -> RegisterOutcome:
    """Return what a plan changes, counted in dwellings."""
    compounds, names = [], {}
    for row in register.compounds:
        compound = plan.state.compounds[row.key]
        names[row.key] = compound.name if compound else row.name
        compounds.append((names[row.key], plan.state.codes[row.key]))
    return RegisterOutcome(
        len(plan.new), len(plan.changed), plan.unchanged, tuple(compounds), plan.to_confirm, _hash_of(register, plan),
        len(plan.compounds_changed), tuple(plan.changed), names,
    )  # fmt: skip
