"""Writing the dwellings of an import with what they hang on: rows in batches, without an object for each.

A table's rows go to the driver as they are: Django's ``bulk_create`` took three times as long for a hundred thousand
dwellings, and lets SQLite take 60 at a time (``docs/performance.md``, T8).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from itertools import islice
from typing import Any

from django.db import connection, models

from compounds.models import Building, Compound, Dwelling, Entrance, Owner, Ownership, PropertyUnit
from compounds.operations.planning import COLUMNS, EVERY, Change, Plan, Progress, Share
from compounds.operations.refusals import BATCH
from compounds.rules import COMMUNITY_CODE_LENGTH
from core.spreadsheets import many_objects


@many_objects()
def write_dwellings(plan: Plan, compounds: Mapping[str, int], on: date, progress: Progress) -> dict[int, Change]:
    """Write the dwellings of a plan with what they hang on; return those that existed and changed, by key.

    ``on``: the day on which owners that the file no longer names cease to be.
    """
    changes = plan.new + plan.changed
    community = {pk: area_code[:COMMUNITY_CODE_LENGTH] for pk, area_code in _area_codes(compounds.values())}
    codes = {key: community[pk] for key, pk in compounds.items()}
    units = _make_units(plan, changes, codes)
    places = _make_places(plan.new, compounds)
    keys = _reserve(Dwelling, len(plan.new))
    total = len(changes) + sum(len(change.shares or ()) for change in changes)
    count = _Count(progress, total)
    _insert(Dwelling, _NEW, _new_rows(plan.new, keys, places, units, codes), count)
    known = [change for change in plan.changed if change.known]
    _update(Dwelling, (*COLUMNS, "version"), (_changed_row(change, units, codes) for change in known), count)
    pks = [*keys, *(change.known.pk for change in known if change.known)]
    owners = _Owners({codes[change.row.compound] for change in changes if change.shares is not None}, on)
    for number, (pk, change) in enumerate(zip(pks, changes, strict=True)):
        if number % EVERY == 0:
            count.add(0)
        if change.shares is not None:
            owners.put(pk, codes[change.row.compound], change)
    owners.write(count)
    return {change.known.pk: change for change in known if change.known}


# --- Rows to the driver ------------------------------------------------------------------------------------------


class _Count:
    """Tells how many rows are written."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def add(self, rows: int) -> None:
        self.done = min(self.done + rows, self.total)
        self.progress(self.done, self.total)


def _reserve(model: type[models.Model], wanted: int) -> Sequence[int]:
    """Return so many keys that no other row will get, in order; the transaction writes to this table next.

    PostgreSQL draws them from the sequence. SQLite lets one write at a time, and this transaction does.
    """
    if not wanted:
        return ()
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, wanted]
            )
            return [key for (key,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
        return range(last + 1, last + 1 + wanted)


def _ready(model: type[models.Model], column: str) -> Callable[[Any], Any]:
    """Return what makes a column's value ready for the driver; areas and days come again and again."""
    field: Any = model._meta.get_field(column)
    return lru_cache(4096)(partial(field.get_db_prep_save, connection=connection))


def _columns(model: type[models.Model], names: Sequence[str]) -> list[str]:
    fields: list[Any] = [model._meta.get_field(name.removesuffix("_id")) for name in names]
    return [connection.ops.quote_name(field.column) for field in fields]


def _send(sql: str, rows: Iterable[Sequence[Any]], count: _Count) -> None:
    waiting = iter(rows)
    with connection.cursor() as cursor:
        while batch := list(islice(waiting, BATCH)):
            cursor.executemany(sql, batch)
            count.add(len(batch))


def _insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], count: _Count) -> None:
    """Write new rows, their values ready for the driver; the columns not named get their defaults."""
    told = [f for f in model._meta.concrete_fields if f.attname not in columns and f.name not in columns]
    rest = {f.attname: f.get_db_prep_save(f.get_default(), connection) for f in told if f.get_default() is not None}
    if rest:
        values = tuple(rest.values())
        rows = ((*row, *values) for row in rows)
    names = _columns(model, [*columns, *rest])
    target = f"{connection.ops.quote_name(model._meta.db_table)} ({', '.join(names)})"
    if connection.vendor == "postgresql":
        _copy(f"COPY {target} FROM STDIN", rows, count)
    else:
        _send(f"INSERT INTO {target} VALUES ({', '.join(['%s'] * len(names))})", rows, count)


def _copy(sql: str, rows: Iterable[Sequence[Any]], count: _Count) -> None:
    """Stream new rows into PostgreSQL: less than half the time of an INSERT for each."""
    waiting = iter(rows)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        while batch := list(islice(waiting, BATCH)):
            with cursor.copy(sql) as stream:
                for row in batch:
                    stream.write_row(row)
            count.add(len(batch))


def _update(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], count: _Count) -> None:
    """Write these columns of rows; each row's values are ready for the driver and end with its key."""
    table = connection.ops.quote_name(model._meta.db_table)
    told = ", ".join(f"{name} = %s" for name in _columns(model, columns))
    _send(f"UPDATE {table} SET {told} WHERE id = %s", rows, count)


# --- Dwellings ---------------------------------------------------------------------------------------------------

_NEW = ("id", "building_id", "entrance_id", "room", *COLUMNS)
_TOLD = tuple("unit" if column == "property_unit_id" else column for column in COLUMNS)


def _new_rows(
    changes: Sequence[Change],
    keys: Sequence[int],
    places: Mapping[tuple[str, str, str], tuple[int, int | None]],
    units: Mapping[tuple[str, str], int],
    codes: Mapping[str, str],
) -> Iterable[Sequence[Any]]:
    unit_at, area_at, area = _TOLD.index("unit"), _TOLD.index("area"), _ready(Dwelling, "area")
    for key, change in zip(keys, changes, strict=True):
        row = change.row
        building, entrance = places[row.compound, row.address.building, row.address.entrance]
        values = [change.values[column] for column in _TOLD]
        values[area_at] = area(values[area_at])
        unit = values[unit_at]
        values[unit_at] = units[codes[row.compound], unit] if unit else None  # type: ignore[index]
        yield (key, building, entrance, row.address.room, *values)


def _changed_row(change: Change, units: Mapping[tuple[str, str], int], codes: Mapping[str, str]) -> list[Any]:
    assert change.known is not None
    values = {**{column: change.known.values[column] for column in COLUMNS}, **change.values}
    if values.pop("unit", ""):
        values["property_unit_id"] = units[codes[change.row.compound], change.values["unit"]]  # type: ignore[index]
    values["area"] = _ready(Dwelling, "area")(values["area"])
    return [*(values[column] for column in COLUMNS), change.known.version + 1, change.known.pk]


def _area_codes(compounds: Iterable[int]) -> list[tuple[int, str]]:
    return list(Compound.objects.filter(pk__in=list(compounds)).values_list("pk", "area_code"))


def _make_units(plan: Plan, changes: Sequence[Change], codes: Mapping[str, str]) -> dict[tuple[str, str], int]:
    """Return the property-right units by community and name, those that were missing made."""
    wanted = {(codes[c.row.compound], c.row.property_unit) for c in changes if c.row.property_unit}
    missing = sorted(wanted - plan.state.units.keys())
    made = PropertyUnit.objects.bulk_create([PropertyUnit(area_code=code, name=name) for code, name in missing])
    return {**plan.state.units, **{(unit.area_code, unit.name): unit.pk for unit in made}}


def _make_places(
    changes: Sequence[Change], compounds: Mapping[str, int]
) -> dict[tuple[str, str, str], tuple[int, int | None]]:
    """Return building and entrance of each new dwelling, in the order of the file; those that were missing made."""
    asked = dict.fromkeys((c.row.compound, c.row.address.building, c.row.address.entrance) for c in changes)
    buildings: dict[tuple[int, str], int] = {
        (compound, label): pk
        for compound, label, pk in Building.objects.filter(compound__in=list(compounds.values())).values_list(
            "compound_id", "label", "pk"
        )
    }
    wanted = dict.fromkeys((compounds[key], building) for key, building, _ in asked)
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
    doors = dict.fromkeys((buildings[compounds[key], building], door) for key, building, door in asked if door)
    built = Entrance.objects.bulk_create(
        [Entrance(building_id=building, label=label) for building, label in doors if (building, label) not in entrances]
    )
    entrances.update({(e.building_id, e.label): e.pk for e in built})
    places: dict[tuple[str, str, str], tuple[int, int | None]] = {}
    for key, label, door in asked:
        building = buildings[compounds[key], label]
        places[key, label, door] = (building, entrances[building, door] if door else None)
    return places


# --- Owners ------------------------------------------------------------------------------------------------------


class _Owners:
    """Who owns what after the import: ended, mended, begun; an owner is one row per community, name and phone.

    Without a phone each dwelling has its own. An owner whom the file names with another phone is the same person:
    the number is mended, for all dwellings where it tells the same of all, else this dwelling goes to the person with
    that number.
    """

    def __init__(self, codes: set[str], on: date) -> None:
        self.on = _ready(Ownership, "until_on")(on)
        owners = (
            Owner.objects.filter(area_code__in=codes).exclude(phone="").values_list("area_code", "name", "phone", "pk")
        )
        self.by_phone: dict[tuple[str, str, str], int] = {tuple(key): pk for *key, pk in owners}  # type: ignore[misc]
        self.new: list[tuple[str, str, str]] = []  # owners to make; until they have keys, -1 is the first of them
        self.ended: list[int] = []
        self.votes: list[tuple[bool, int]] = []
        self.begun: list[tuple[int, int, bool, Any]] = []
        self.mended: dict[int, list[tuple[int, str, str, str]]] = defaultdict(list)

    def put(self, dwelling: int, code: str, change: Change) -> None:
        """Note what becomes of one dwelling's owners."""
        if change.known is None or not change.known.held:
            self.begun += [
                (dwelling, self._owner(code, n, phone), votes, None) for n, phone, votes in change.shares or ()
            ]
            return
        left = list(change.known.held)
        for name, phone, votes in _exact_first(change.shares or (), {held.share for held in left}):
            held = next((h for h in left if h.share[:2] == (name, phone)), None)
            held = held or next((h for h in left if h.share[0] == name), None)
            if held is None:
                self.begun.append((dwelling, self._owner(code, name, phone), votes, self.on))
                continue
            left.remove(held)
            if held.share[2] != votes:
                self.votes.append((votes, held.ownership))
            if held.share[1] != phone:
                self.mended[held.owner].append((held.ownership, code, name, phone))
        self.ended += [held.ownership for held in left]

    def _owner(self, code: str, name: str, phone: str) -> int:
        """Return the community's owner of that name and phone, or one to be made."""
        found = self.by_phone.get((code, name, phone)) if phone else None
        if found is None:
            self.new.append((code, name, phone))
            found = -len(self.new)
            if phone:
                self.by_phone[code, name, phone] = found
        return found

    def write(self, count: _Count) -> None:
        """Write it, in an order that leaves one owner who votes at every moment, as the database asks."""
        phones, moved = self._mending()
        keys = _reserve(Owner, len(self.new))

        def key(owner: int) -> int:
            return owner if owner > 0 else keys[-owner - 1]

        none = _Count(lambda done, total: None, 0)
        _insert(
            Owner, ("id", "area_code", "name", "phone"), ((k, *o) for k, o in zip(keys, self.new, strict=True)), none
        )
        _update(Owner, ("phone",), phones, none)
        _update(Ownership, ("until_on",), ((self.on, pk) for pk in self.ended), none)
        _update(Ownership, ("votes",), ((votes, pk) for votes, pk in sorted(self.votes)), none)
        _update(Ownership, ("owner_id",), ((key(owner), pk) for owner, pk in moved), none)
        columns = ("dwelling_id", "owner_id", "votes", "from_on")
        _insert(Ownership, columns, ((d, key(o), votes, since) for d, o, votes, since in self.begun), count)
        # Whose only dwellings went to the person with the other number was nobody else.
        gone = sorted(set(self.mended) - {pk for _, pk in phones})
        for start in range(0, len(gone), BATCH):
            Owner.objects.filter(pk__in=gone[start : start + BATCH], ownerships=None).delete()

    def _mending(self) -> tuple[list[tuple[str, int]], list[tuple[int, int]]]:
        """Return the numbers to write to owners, and the ownerships that go to another row of the same person."""
        phones: list[tuple[str, int]] = []
        moved: list[tuple[int, int]] = []
        held = self._held()
        for owner, told in self.mended.items():
            code, name, phone = told[0][1:]
            one = all(each[1:] == told[0][1:] for each in told)
            known = (code, name, phone) in self.by_phone
            if phone and one and not known and held[owner] == len(told):
                phones.append((phone, owner))
                self.by_phone[code, name, phone] = owner
            else:
                moved += [(self._owner(*each), ownership) for ownership, *each in told]
        return phones, moved

    def _held(self) -> Counter[int]:
        """Return how many dwellings each of the owners to be mended owns."""
        owners, found = list(self.mended), Counter[int]()
        for start in range(0, len(owners), BATCH):
            rows = Ownership.objects.current().filter(owner__in=owners[start : start + BATCH])
            found.update(rows.order_by().values_list("owner_id", flat=True))
        return found


def _exact_first(shares: Sequence[Share], before: set[Share]) -> list[Share]:
    """Return shares with those that stay as they are in front, so that none of them is taken for another's mending."""
    return sorted(shares, key=lambda share: share not in before)
