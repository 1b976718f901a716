"""Verbs that write the register: areas, compounds, appointments, and the register as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from compounds.choices import AreaLevel, AreaSource, Role, Tenure, Use
from compounds.models import (
    CODE_LENGTHS,
    COMPOUND_CODE_LENGTH,
    Appointment,
    Area,
    Building,
    Compound,
    Dwelling,
    Entrance,
    Owner,
    Ownership,
    PropertyUnit,
)
from compounds.rules import (
    COMMUNITY_CODE_LENGTH,
    Address,
    areas_overlap,
    days_overlap,
    next_compound_code,
    type_dwelling,
)
from core.models import User
from core.operations import record

BATCH = 1000
# 会计法 35: the cashier registers neither income nor expense nor debts.
EXCLUSIVE = {
    Role.COMMITTEE_CASHIER.value: Role.COMMITTEE_BOOKKEEPER.value,
    Role.COMMITTEE_BOOKKEEPER.value: Role.COMMITTEE_CASHIER.value,
}


class UnknownArea(Exception):
    """There is no such district, street, community or compound."""


class CompoundExists(Exception):
    """The community has a compound of this name; the argument is it."""

    def __init__(self, compound: Compound) -> None:
        super().__init__(compound.code)
        self.compound = compound


class CashierAndBookkeeper(Exception):
    """One person would be cashier and bookkeeper of the same books; the argument is the other appointment."""

    def __init__(self, other: Appointment) -> None:
        super().__init__(str(other.pk))
        self.other = other


class MachineAccount(Exception):
    """A machine's account takes no appointment."""


class EndsBeforeStart(Exception):
    """An appointment would end before its first day."""


class AlreadyEnded(Exception):
    """The appointment ended on that day or earlier; an end is never put off."""


class AreasDisagree(Exception):
    """The list of areas contradicts itself or the district; the arguments are row (from 1), column and a key."""

    def __init__(self, row: int, column: str, key: str) -> None:
        super().__init__(f"{row} {column} {key}")
        self.row, self.column, self.key = row, column, key


# --- Areas -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AreaRow:
    """One line of the list of streets and communities."""

    street_code: str
    street_name: str
    community_code: str
    community_name: str


@dataclass(frozen=True, slots=True)
class AreaOutcome:
    """What a list of areas changed, in areas."""

    new: int
    changed: int
    unchanged: int


def _wanted_areas(rows: Sequence[AreaRow]) -> dict[str, tuple[str, str]]:
    """Return name and level by code.

    :raises AreasDisagree: for a code of the wrong form, or one code with two names.
    """
    wanted: dict[str, tuple[str, str]] = {}
    for number, row in enumerate(rows, start=1):
        for column, code, name, level, length in (
            ("street", row.street_code, row.street_name, AreaLevel.STREET, CODE_LENGTHS[1]),
            ("community", row.community_code, row.community_name, AreaLevel.COMMUNITY, COMMUNITY_CODE_LENGTH),
        ):
            if len(code) != length or not (code.isascii() and code.isdigit()):
                raise AreasDisagree(number, f"{column}_code", "form")
            if not code.startswith(row.street_code):
                raise AreasDisagree(number, f"{column}_code", "outside")
            if not name:
                raise AreasDisagree(number, f"{column}_name", "empty")
            if wanted.setdefault(code, (name, level)) != (name, level):
                raise AreasDisagree(number, f"{column}_name", "two_names")
    return wanted


@transaction.atomic
def import_areas(rows: Sequence[AreaRow], *, actor: User, at: datetime) -> AreaOutcome:
    """Add streets and communities that are new and correct names that changed; never remove any. Record it.

    :raises AreasDisagree: for codes that are malformed, outside their street or named twice.
    :raises UnknownArea: if the streets' district is not here.
    """
    wanted = _wanted_areas(rows)
    districts = {code[: CODE_LENGTHS[0]] for code in wanted}
    for code in sorted(districts):
        if not Area.objects.select_for_update().filter(code=code, level=AreaLevel.DISTRICT).exists():
            raise UnknownArea(code)
    known = {area.code: area for area in Area.objects.filter(code__in=list(wanted))}
    new = [Area(code=c, name=name, level=level) for c, (name, level) in wanted.items() if c not in known]
    changed = []
    for code, area in known.items():
        if area.name != wanted[code][0]:
            area.name = wanted[code][0]
            changed.append(area)
    Area.objects.bulk_create(new)
    Area.objects.bulk_update(changed, ["name"])
    outcome = AreaOutcome(len(new), len(changed), len(known) - len(changed))
    if new or changed:
        record(
            "area.import",
            f"导入街道和社区，新增{outcome.new}个，改名{outcome.changed}个",
            actor=actor,
            at=at,
            area_code=min(districts),
            data={"new": [a.code for a in new], "changed": [a.code for a in changed]},
        )
    return outcome


# --- Compounds ---------------------------------------------------------------------------------------------------


@transaction.atomic
def make_compound(
    community: Area,
    name: str,
    *,
    actor: User,
    at: datetime,
    address: str = "",
    built_year: int | None = None,
    note: str = "",
) -> Compound:
    """Add a compound to a community, with the community's next code, which stays its own for ever. Record it.

    :raises UnknownArea: if the area is no community.
    :raises CompoundExists: if the community has one of this name.
    :raises compounds.rules.NoCodeLeft: after the 99th compound.
    """
    # The parent row is the lock; the compounds themselves cannot be, where there is none yet.
    locked = Area.objects.select_for_update().filter(pk=community.pk, level=AreaLevel.COMMUNITY).first()
    if locked is None:
        raise UnknownArea(community.code)
    same = Compound.objects.in_area(locked.code).filter(name=name).first()
    if same is not None:
        raise CompoundExists(same)
    code = next_compound_code(locked.code, _codes_taken(locked.code))
    compound = Compound.objects.create(
        code=code,
        area_code=code,
        name=name,
        address=address,
        built_year=built_year,
        note=note,
        created_at=at,
    )
    record("compound.make", f"建立小区{name}", actor=actor, at=at, area_code=code, subject=compound)
    return compound


def _codes_taken(community_code: str) -> list[str]:
    """Return the codes that a community ever gave, and the places that compounds hold in it now."""
    taken: list[str] = []
    for column in ("code", "area_code"):
        taken += Compound.objects.filter(**{f"{column}__startswith": community_code}).values_list(column, flat=True)
    return taken


# --- Appointments ------------------------------------------------------------------------------------------------


def conflicting_appointment(
    user: User, role: str, area_code: str, from_on: date, until_on: date | None
) -> Appointment | None:
    """Return an appointment that the person may not hold beside this one: cashier and bookkeeper of the same books."""
    other = EXCLUSIVE.get(role)
    if other is None:
        return None
    for held in Appointment.objects.of(user).filter(role=other):
        if areas_overlap(held.area_code, area_code) and days_overlap(held.from_on, held.until_on, from_on, until_on):
            return held
    return None


@transaction.atomic
def appoint(
    user: User,
    role: str,
    area_code: str,
    from_on: date,
    until_on: date | None = None,
    *,
    actor: User,
    at: datetime,
) -> Appointment:
    """Give a person a role in an area and all below it, until its last day. Record it.

    :raises UnknownArea: if there is no such area or compound.
    :raises MachineAccount: for the command line's accounts.
    :raises EndsBeforeStart: if the last day lies before the first.
    :raises CashierAndBookkeeper: if one person would hold both in overlapping areas and days (会计法 35).
    """
    if user.is_machine:
        raise MachineAccount(user.username)
    if until_on is not None and until_on < from_on:
        raise EndsBeforeStart
    if len(area_code) == COMPOUND_CODE_LENGTH:
        known = Compound.objects.filter(area_code=area_code).exists()
    else:
        known = len(area_code) in CODE_LENGTHS and Area.objects.filter(code=area_code).exists()
    if not known:
        raise UnknownArea(area_code)
    User.objects.select_for_update().get(pk=user.pk)
    other = conflicting_appointment(user, role, area_code, from_on, until_on)
    if other is not None:
        raise CashierAndBookkeeper(other)
    appointment = Appointment.objects.create(
        user=user,
        role=Role(role),
        area_code=area_code,
        from_on=from_on,
        until_on=until_on,
        given_by=actor,
        given_at=at,
    )
    record(
        "appointment.make",
        f"任命{user.name}为{Role(role).label}",
        actor=actor,
        at=at,
        area_code=area_code,
        subject=appointment,
        data={"user": user.username, "role": role, "from": from_on.isoformat(), "until": _day(until_on)},
    )
    return appointment


@transaction.atomic
def end_appointment(appointment: Appointment, on: date, *, actor: User, at: datetime) -> None:
    """Set an appointment's last day. Record it.

    :raises EndsBeforeStart: if that lies before its first day.
    :raises AlreadyEnded: if it ended on that day or earlier.
    """
    held = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if on < held.from_on:
        raise EndsBeforeStart
    if held.until_on is not None and held.until_on <= on:
        raise AlreadyEnded
    before = held.until_on
    held.until_on = appointment.until_on = on
    held.save(update_fields=["until_on"])
    record(
        "appointment.end",
        f"{held.user.name}的{held.get_role_display()}任职到{on.isoformat()}为止",
        actor=actor,
        at=at,
        area_code=held.area_code,
        subject=held,
        data={"user": held.user.username, "role": held.role, "until": on.isoformat(), "before": _day(before)},
    )


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


# --- The register ------------------------------------------------------------------------------------------------


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
_COLUMNS = (
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
class _Known:
    """A dwelling as the database has it."""

    pk: int
    values: dict[str, object]
    # By share: the owner's row.
    shares: dict[Share, int] = field(default_factory=dict)


@dataclass(slots=True)
class _State:
    """The compounds of the file as the database has them, and the owners of their communities."""

    compounds: dict[str, Compound | None]
    codes: dict[str, str]
    dwellings: dict[tuple[str, Address], _Known]
    units: dict[tuple[str, str], int]


@dataclass(slots=True)
class _Change:
    """One dwelling to write: its row, its new columns, and its owners where these change (else None)."""

    row: DwellingRow
    known: _Known | None
    values: dict[str, object]
    unit: str
    shares: tuple[Share, ...] | None

    @property
    def own_columns(self) -> bool:
        """Whether the dwelling's own columns change, not only its owners."""
        return self.known is None or any(self.known.values[column] != value for column, value in self.values.items())


@dataclass(slots=True)
class _Plan:
    state: _State
    new: list[_Change]
    changed: list[_Change]
    unchanged: int
    compounds_changed: list[Compound]
    to_confirm: tuple[SameName, ...]


def preview_register(register: Register) -> RegisterOutcome:
    """Return what applying this register would change; writes nothing.

    :raises UnknownArea, compounds.rules.NoCodeLeft: as ``apply_register``.
    """
    return _outcome(register, _plan(register))


@transaction.atomic
def apply_register(register: Register, *, actor: User, at: datetime) -> RegisterOutcome:
    """Add and change compounds and dwellings with their owners, all or nothing. Record it, once per community.

    Communities are locked in the order of their codes. Owners are one row per community, name and phone; without a
    phone each dwelling has its own.

    :raises UnknownArea: if a community or a compound given by code is not here.
    :raises compounds.rules.NoCodeLeft: if a community would have more than 99 compounds.
    """
    communities = _lock_communities(register)
    plan = _plan(register)
    made = dict(plan.state.compounds)
    for row in register.compounds:
        if made[row.key] is None:
            made[row.key] = make_compound(
                communities[row.community_code],
                row.name,
                actor=actor,
                at=at,
                address=row.address or "",
                built_year=row.built_year,
                note=row.note or "",
            )
    Compound.objects.bulk_update(plan.compounds_changed, ["address", "built_year", "note"])
    _write_dwellings(plan, {key: compound.pk for key, compound in made.items() if compound})
    outcome = _outcome(register, plan)
    if outcome.new or outcome.changed or plan.compounds_changed:
        for code in communities:
            mine = {row.key for row in register.compounds if row.community_code == code}
            new = sum(change.row.compound in mine for change in plan.new)
            changed = sum(change.row.compound in mine for change in plan.changed)
            record(
                "register.import",
                f"导入房屋，新增{new}户，修改{changed}户",
                actor=actor,
                at=at,
                area_code=code,
                data={"new": new, "changed": changed, "compounds": sorted(made[k].code for k in mine if made[k])},  # type: ignore[union-attr]
            )
    return outcome


def _lock_communities(register: Register) -> dict[str, Area]:
    codes = sorted({row.community_code for row in register.compounds})
    areas = Area.objects.select_for_update().filter(code__in=codes, level=AreaLevel.COMMUNITY).order_by("code")
    found = {area.code: area for area in areas}
    for code in codes:
        if code not in found:
            raise UnknownArea(code)
    return found


# --- What an import would change


def _plan(register: Register) -> _Plan:
    """Compare the file with the database; preview and apply share it, so that they cannot differ."""
    state = _read_state(register)
    new: list[_Change] = []
    changed: list[_Change] = []
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
    return _Plan(state, new, changed, unchanged, compounds_changed, _same_names(register, state, new + changed))


def _tell_compound(compound: Compound, told: CompoundRow) -> bool:
    """Put what is told into the compound (not saved); whether anything differed."""
    before = (compound.address, compound.built_year, compound.note)
    compound.address = compound.address if told.address is None else told.address
    compound.built_year = compound.built_year if told.built_year is None else told.built_year
    compound.note = compound.note if told.note is None else told.note
    return before != (compound.address, compound.built_year, compound.note)


def _read_state(register: Register) -> _State:
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
            given = taken.setdefault(row.community_code, _codes_taken(row.community_code))
            codes[row.key] = next_compound_code(row.community_code, given)
            given.append(codes[row.key])
    by_pk = {compound.pk: key for key, compound in compounds.items() if compound}
    return _State(compounds, codes, _read_dwellings(by_pk), _read_units(register))


def _read_units(register: Register) -> dict[tuple[str, str], int]:
    codes = {row.community_code for row in register.compounds}
    rows = PropertyUnit.objects.filter(area_code__in=codes).values_list("area_code", "name", "pk")
    return {(area_code, name): pk for area_code, name, pk in rows}


def _read_dwellings(by_pk: Mapping[int, str]) -> dict[tuple[str, Address], _Known]:
    """Return the dwellings of these compounds with their owners, in two queries."""
    known: dict[int, _Known] = {}
    found: dict[tuple[str, Address], _Known] = {}
    rows = Dwelling.objects.filter(building__compound__in=list(by_pk)).values_list(
        "pk", "building__compound_id", "building__label", "entrance__label", "room", "property_unit__name", *_COLUMNS
    )
    for pk, compound, building, entrance, room, unit, *values in rows.iterator(BATCH):
        known[pk] = _Known(pk, {**dict(zip(_COLUMNS, values, strict=True)), "unit": unit or ""})
        found[by_pk[compound], Address(building, entrance or "", room)] = known[pk]
    shares = Ownership.objects.filter(dwelling__building__compound__in=list(by_pk)).values_list(
        "dwelling_id", "owner__name", "owner__phone", "votes", "owner_id"
    )
    for dwelling, name, phone, votes, owner in shares.iterator(BATCH):
        known[dwelling].shares[name, phone, votes] = owner
    return found


def _change_of(row: DwellingRow, known: _Known | None) -> _Change:
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
    return _Change(row, known, values, row.property_unit, shares if set(shares) != set(before) else None)


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


def _same_names(register: Register, state: _State, changes: Iterable[_Change]) -> tuple[SameName, ...]:
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
        rows = Ownership.objects.filter(owner__area_code=code).values_list(
            "dwelling_id",
            "owner__name",
            "owner__phone",
            "dwelling__building__compound__name",
            "dwelling__building__label",
            "dwelling__entrance__label",
            "dwelling__room",
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


def _outcome(register: Register, plan: _Plan) -> RegisterOutcome:
    compounds = []
    for row in register.compounds:
        compound = plan.state.compounds[row.key]
        compounds.append((compound.name if compound else row.name, plan.state.codes[row.key]))
    return RegisterOutcome(len(plan.new), len(plan.changed), plan.unchanged, tuple(compounds), plan.to_confirm)


# --- Writing it


def _write_dwellings(plan: _Plan, compounds: Mapping[str, int]) -> None:
    """Write the dwellings of a plan with what they hang on, in batches."""
    changes = plan.new + plan.changed
    community = {pk: area_code[:COMMUNITY_CODE_LENGTH] for pk, area_code in _area_codes(compounds.values())}
    units = _make_units(plan, {community[compounds[c.row.compound]] for c in changes}, compounds, community)
    places = _make_places(plan.new, compounds)
    dwellings: list[Dwelling] = []
    for change in changes:
        values = {column: value for column, value in change.values.items() if column != "unit"}
        if change.unit:
            values["property_unit_id"] = units[community[compounds[change.row.compound]], change.unit]
        if change.known is None:
            building, entrance = places[change.row.compound, change.row.address.building, change.row.address.entrance]
            dwellings.append(
                Dwelling(building_id=building, entrance_id=entrance, room=change.row.address.room, **values)
            )
        else:
            before = {column: change.known.values[column] for column in _COLUMNS}
            dwellings.append(Dwelling(pk=change.known.pk, **{**before, **values}))
    Dwelling.objects.bulk_create(dwellings[: len(plan.new)], batch_size=BATCH)
    known = zip(dwellings[len(plan.new) :], plan.changed, strict=True)
    Dwelling.objects.bulk_update([d for d, c in known if c.own_columns], _COLUMNS_WRITTEN, batch_size=BATCH // 4)
    _write_owners(
        [
            (dwelling.pk, community[compounds[change.row.compound]], change)
            for dwelling, change in zip(dwellings, changes, strict=True)
            if change.shares is not None
        ]
    )


_COLUMNS_WRITTEN = tuple("property_unit" if column == "property_unit_id" else column for column in _COLUMNS)


def _area_codes(compounds: Iterable[int]) -> list[tuple[int, str]]:
    return list(Compound.objects.filter(pk__in=list(compounds)).values_list("pk", "area_code"))


def _make_units(
    plan: _Plan, communities: set[str], compounds: Mapping[str, int], community: Mapping[int, str]
) -> dict[tuple[str, str], int]:
    """Return the property-right units by community and name, those that were missing made."""
    wanted = {(community[compounds[c.row.compound]], c.unit) for c in plan.new + plan.changed if c.unit}
    missing = sorted(wanted - plan.state.units.keys())
    made = PropertyUnit.objects.bulk_create([PropertyUnit(area_code=code, name=name) for code, name in missing])
    return {**plan.state.units, **{(unit.area_code, unit.name): unit.pk for unit in made}}


def _make_places(
    changes: Sequence[_Change], compounds: Mapping[str, int]
) -> dict[tuple[str, str, str], tuple[int, int | None]]:
    """Return building and entrance of each new dwelling, in the order of the file; those that were missing made."""
    buildings: dict[tuple[int, str], int] = {
        (compound, label): pk
        for compound, label, pk in Building.objects.filter(compound__in=list(compounds.values())).values_list(
            "compound_id", "label", "pk"
        )
    }
    wanted = dict.fromkeys((compounds[c.row.compound], c.row.address.building) for c in changes)
    made = Building.objects.bulk_create(
        [
            Building(compound_id=compound, label=label)
            for compound, label in wanted
            if (compound, label) not in buildings
        ]
    )
    buildings.update({(b.compound_id, b.label): b.pk for b in made})
    entrances: dict[tuple[int, str], int] = {
        (building, label): pk
        for building, label, pk in Entrance.objects.filter(building__compound__in=list(compounds.values())).values_list(
            "building_id", "label", "pk"
        )
    }
    doors = dict.fromkeys(
        (buildings[compounds[c.row.compound], c.row.address.building], c.row.address.entrance)
        for c in changes
        if c.row.address.entrance
    )
    built = Entrance.objects.bulk_create(
        [Entrance(building_id=building, label=label) for building, label in doors if (building, label) not in entrances]
    )
    entrances.update({(e.building_id, e.label): e.pk for e in built})
    places = {}
    for change in changes:
        address = change.row.address
        building = buildings[compounds[change.row.compound], address.building]
        entrance = entrances[building, address.entrance] if address.entrance else None
        places[change.row.compound, address.building, address.entrance] = (building, entrance)
    return places


def _write_owners(changes: Sequence[tuple[int, str, _Change]]) -> None:
    """Give each dwelling its owners anew: the community's owner of that name and phone, else one of its own."""
    codes = {code for _, code, _ in changes}
    by_phone: dict[tuple[str, str, str], Owner] = {
        (owner.area_code, owner.name, owner.phone): owner
        for owner in Owner.objects.filter(area_code__in=codes).exclude(phone="")
    }
    new: list[Owner] = []
    links: list[tuple[int, Owner | int, bool]] = []
    replaced: list[int] = []
    left: set[int] = set()
    for dwelling, code, change in changes:
        before = change.known.shares if change.known else {}
        if before:
            replaced.append(dwelling)
            left |= set(before.values())
        own: dict[str, list[int]] = defaultdict(list)
        for (name, phone, _), pk in before.items():
            if not phone:
                own[name].append(pk)
        for name, phone, votes in change.shares or ():
            owner: Owner | int | None = by_phone.get((code, name, phone)) if phone else None
            if not phone and own[name]:
                owner = own[name].pop(0)
            if owner is None:
                owner = Owner(area_code=code, name=name, phone=phone)
                new.append(owner)
                if phone:
                    by_phone[code, name, phone] = owner
            links.append((dwelling, owner, votes))
    Owner.objects.bulk_create(new, batch_size=BATCH)
    for start in range(0, len(replaced), BATCH):
        Ownership.objects.filter(dwelling__in=replaced[start : start + BATCH]).delete()
    Ownership.objects.bulk_create(
        [
            Ownership(dwelling_id=dwelling, owner_id=owner if isinstance(owner, int) else owner.pk, votes=votes)
            for dwelling, owner, votes in links
        ],
        batch_size=BATCH,
    )
    # Who owns nothing any more is no longer anybody's business (个人信息保护法 47).
    gone = sorted(left)
    for start in range(0, len(gone), BATCH):
        Owner.objects.filter(pk__in=gone[start : start + BATCH], ownerships=None).delete()
