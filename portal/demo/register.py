"""The register of an invented compound: tenures, units, co-owners with shares, owners of several, tenants, heirs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from compounds.choices import AreaSource, RepresentativeKind, Tenure, Use
from compounds.models import Building, Compound, Dwelling, Entrance, Owner, Ownership, PropertyUnit
from portal.demo.places import Shape, building_labels, people_names, rooms

BY_UNIT = (Tenure.UNSOLD_PUBLIC, Tenure.CENTRAL, Tenure.MILITARY)
SOURCES = (AreaSource.REGISTERED, AreaSource.REGISTERED, AreaSource.CONTRACT, AreaSource.UNIT_LEDGER)
SHOPS = ("小卖部", "理发店", "早点铺", "修鞋铺", "药店", "菜店")


class Registering:
    """Fills the register of one compound with rows at one go; ``zone`` stands in its invented land lines."""

    def __init__(self, compound: Compound, shape: Shape, zone: int, today: date) -> None:
        self.compound, self.shape, self.zone, self.today = compound, shape, zone, today
        self.chance = random.Random(f"register{shape.name}")
        self.names = people_names(shape.name)
        self.units = [
            PropertyUnit.objects.get_or_create(
                area_code=shape.community, name=name,
                defaults={"contact": f"{next(self.names)[0]}科长", "phone": self._phone(9900 + number),
                          "address": shape.address},
            )[0]
            for number, name in enumerate(shape.units)
        ]  # fmt: skip
        self.unit_owners: dict[int, Owner] = {}
        self.dwellings: list[Dwelling] = []
        self.owners: list[Owner] = []
        self.ownerships: list[Ownership] = []
        self.last: Owner | None = None  # a person who owns the dwelling before, and sometimes this one too

    def _phone(self, number: int) -> str:
        return f"010-{self.zone:04d}-{number % 10000:04d}"

    def fill(self) -> None:
        """Write buildings, dwellings, owners and who owned before."""
        self._build()
        for position, (building, entrance, room, area) in enumerate(rooms(self.shape)):
            self._home(position, building, entrance, room, area)
        self._beside()
        Dwelling.objects.bulk_create(self.dwellings)
        Owner.objects.bulk_create(self.owners)
        Ownership.objects.bulk_create(self.ownerships)

    def _build(self) -> None:
        labels = building_labels(self.shape)
        made = Building.objects.bulk_create(
            Building(compound=self.compound, label=label, floors=self.shape.floors) for label in labels
        )
        self.buildings = dict(zip(labels, made, strict=True))
        doors = [
            (label, str(number))
            for label, count in zip(labels, self.shape.entrances, strict=True)
            for number in range(1, count + 1)
        ]
        built = Entrance.objects.bulk_create(Entrance(building=self.buildings[b], label=e) for b, e in doors)
        self.entrances = dict(zip(doors, built, strict=True))

    # --- A dwelling ---

    def _tenure(self, position: int) -> Tenure:
        if self.shape.mix:
            return Tenure(self.chance.choice(self.shape.mix.split()))
        return Tenure.UNSOLD_PUBLIC if self.units and position % 17 == 3 else Tenure.REFORM

    def _home(self, position: int, building: str, entrance: str, room: str, area: Decimal) -> None:
        name, tenure = next(self.names), self._tenure(position)
        phone = self._phone(position)
        unit = self.units[position % len(self.units)] if self.units else None
        home = Dwelling(
            building=self.buildings[building],
            entrance=self.entrances.get((building, entrance)),
            room=room,
            area=area,
            area_source=SOURCES[position % len(SOURCES)],
            tenure=tenure,
            vacant=position % 29 == 11,
            property_unit=unit if tenure in BY_UNIT or tenure == Tenure.REFORM else None,
            representative=name,
            representative_phone=phone,
            representative_kind=RepresentativeKind.OWNER,
        )
        self.dwellings.append(home)
        if tenure in BY_UNIT:
            home.representative_kind = RepresentativeKind.TENANT
            self._own(home, self._unit_owner(unit), votes=True)
        else:
            self._people(home, name, phone, position)

    def _unit_owner(self, unit: PropertyUnit | None) -> Owner:
        """Return the unit as an owner; one row in its community, however many dwellings it has."""
        assert unit is not None, "a shape with dwellings of a unit names the unit"
        if unit.pk not in self.unit_owners:
            found = Owner.objects.filter(area_code=self.shape.community, name=unit.name, phone=unit.phone).first()
            self.unit_owners[unit.pk] = found or self._owner(unit.name, unit.phone)
        return self.unit_owners[unit.pk]

    def _people(self, home: Dwelling, name: str, phone: str, position: int) -> None:
        """Let people own a dwelling, as it happens: one, two or three together, one more of the neighbour's."""
        drawn = self.chance.random()
        if drawn < 0.03 and self.last is not None:
            home.representative, home.representative_phone = self.last.name, self.last.phone
            self._own(home, self.last, votes=True)
            return
        owner = self.last = self._owner(name, phone)
        if drawn < 0.13:
            parts = 2 if drawn < 0.11 else 3
            self._own(home, owner, votes=True, share=(1, parts))
            for other in range(1, parts):
                self._own(home, self._owner(next(self.names), self._phone(position + 4000 * other)), share=(1, parts))
        elif drawn < 0.18:
            since = self.today - timedelta(days=self.chance.randint(60, 2600))
            self._own(home, self._owner(next(self.names), ""), votes=True, until=since)
            self._own(home, owner, votes=True, since=since)
        else:
            self._own(home, owner, votes=True)
        if 0.18 <= drawn < 0.20:
            home.heirs_pending, home.note = True, "产权人已去世，子女还没办继承"
            home.representative = f"{name[0]}{next(self.names)[1:]}"
            home.representative_kind = ""
        elif 0.20 <= drawn < 0.30:
            home.representative, home.representative_kind = next(self.names), RepresentativeKind.TENANT
            home.representative_phone = self._phone(position + 2000)

    def _beside(self) -> None:
        """Add what nobody lives in: shops on the ground floor, garages."""
        labels = building_labels(self.shape)
        things: Iterator[tuple[int, Use, str, Decimal]] = iter(
            [(n, Use.SHOP, "商", Decimal("32.4500")) for n in range(self.shape.shops)]
            + [(n, Use.GARAGE, "车库", Decimal("18.0000")) for n in range(self.shape.garages)]
        )
        for number, use, word, area in things:
            shop = use == Use.SHOP
            thing = Dwelling(
                building=self.buildings[labels[number % len(labels)]],
                room=f"{word}{number // len(labels) + 1}",
                area=area,
                area_source=AreaSource.SURVEYED,
                tenure=Tenure.COMMODITY if shop else Tenure.REFORM,
                use=use,
                votes=shop,
                note=SHOPS[number % len(SHOPS)] if shop else "",
                property_unit=None if shop or not self.units else self.units[0],
            )
            self.dwellings.append(thing)
            who = self._owner(next(self.names), self._phone(8000 + number)) if shop or self.last is None else self.last
            self._own(thing, who, votes=True)

    # --- Owners ---

    def _owner(self, name: str, phone: str) -> Owner:
        owner = Owner(area_code=self.shape.community, name=name, phone=phone)
        self.owners.append(owner)
        return owner

    def _own(
        self,
        home: Dwelling,
        owner: Owner,
        *,
        votes: bool = False,
        share: tuple[int, int] | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> None:
        part, whole = share or (None, None)
        self.ownerships.append(
            Ownership(dwelling=home, owner=owner, votes=votes, share_of=part, share_in=whole, from_on=since,
                      until_on=until)
        )  # fmt: skip
