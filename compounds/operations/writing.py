"""Writing the dwellings of an import with what they hang on, in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from compounds.models import Building, Compound, Dwelling, Entrance, Owner, Ownership, PropertyUnit
from compounds.operations.planning import COLUMNS, Change, Plan
from compounds.operations.refusals import BATCH
from compounds.rules import COMMUNITY_CODE_LENGTH


def write_dwellings(plan: Plan, compounds: Mapping[str, int]) -> None:
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
            before = {column: change.known.values[column] for column in COLUMNS}
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


_COLUMNS_WRITTEN = tuple("property_unit" if column == "property_unit_id" else column for column in COLUMNS)


def _area_codes(compounds: Iterable[int]) -> list[tuple[int, str]]:
    return list(Compound.objects.filter(pk__in=list(compounds)).values_list("pk", "area_code"))


def _make_units(
    plan: Plan, communities: set[str], compounds: Mapping[str, int], community: Mapping[int, str]
) -> dict[tuple[str, str], int]:
    """Return the property-right units by community and name, those that were missing made."""
    wanted = {(community[compounds[c.row.compound]], c.unit) for c in plan.new + plan.changed if c.unit}
    missing = sorted(wanted - plan.state.units.keys())
    made = PropertyUnit.objects.bulk_create([PropertyUnit(area_code=code, name=name) for code, name in missing])
    return {**plan.state.units, **{(unit.area_code, unit.name): unit.pk for unit in made}}


def _make_places(
    changes: Sequence[Change], compounds: Mapping[str, int]
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


def _write_owners(changes: Sequence[tuple[int, str, Change]]) -> None:
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
