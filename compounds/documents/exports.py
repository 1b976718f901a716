"""The register as the very workbook that the import reads; names and phones whole or masked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from compounds.choices import AreaSource, RepresentativeKind, Tenure, Use
from compounds.models import Compound, Dwelling, Ownership
from compounds.rules import door_order
from core.masking import mask_name, mask_phone

BATCH = 2_000
_SOURCE, _TENURE, _USE, _KIND = (dict(c.choices) for c in (AreaSource, Tenure, Use, RepresentativeKind))


@dataclass(frozen=True)
class RegisterSheet:
    """The rows of the sheets 房屋 and 小区, in the order of their headings."""

    dwellings: Sequence[Sequence[object]]
    compounds: Sequence[Sequence[object]]
    masked: bool


def register_sheet(compounds: Iterable[Compound], *, masked: bool) -> RegisterSheet:
    """Return the register of these compounds, in the order that people count dwellings; in two queries.

    A compound is named by its name, or by its code where its community has two of that name.
    """
    found = sorted(compounds, key=lambda c: c.area_code)
    names: dict[tuple[str, str], int] = defaultdict(int)
    for compound in found:
        names[compound.area_code[:12], compound.name] += 1
    said = {c.pk: c.name if names[c.area_code[:12], c.name] == 1 else c.code for c in found}
    place = {c.pk: number for number, c in enumerate(found)}
    owners = _owners(list(said), masked)
    rows = []
    values = Dwelling.objects.filter(building__compound__in=list(said)).values_list(
        "pk", "building__compound_id", "building__label", "entrance__label", "room", "area", "area_source", "tenure",
        "use", "votes", "representative", "representative_phone", "property_unit__name", "vacant",
        "representative_kind",
    )  # fmt: skip
    for pk, where, building, door, room, area, source, tenure, use, votes, name, phone, unit, vacant, kind in (
        values.order_by().iterator(BATCH)
    ):  # fmt: skip
        voting, others = owners.get(pk, (("", ""), ""))
        order = (place[where], door_order(building), door_order(door or ""), door_order(room))
        row = (
            said[where], building, door or "", room, area, _SOURCE[source], _TENURE[tenure], _USE[use],
            "是" if votes else "否", *voting, others, mask_name(name) if masked else name,
            mask_phone(phone) if masked else phone, unit or "", "是" if vacant else "否", _KIND.get(kind, ""),
        )  # fmt: skip
        rows.append((order, row))
    rows.sort(key=lambda row: row[0])
    facts = [(said[c.pk], c.address, c.built_year, c.note) for c in found]
    return RegisterSheet([row for _, row in rows], facts, masked)


def _owners(compounds: Sequence[int], masked: bool) -> dict[int, tuple[tuple[str, str], str]]:
    """Return of each dwelling the owner who votes (else the first) with the phone, and the others in one cell."""
    held: dict[int, list[tuple[bool, int, str, str]]] = defaultdict(list)
    rows = Ownership.objects.current().filter(dwelling__building__compound__in=compounds)
    told = rows.values_list("dwelling_id", "votes", "pk", "owner__name", "owner__phone")
    # Without an order, as in ``plan_register``: a cursor with one would go through every dwelling for every owner.
    for dwelling, votes, key, name, phone in told.order_by().iterator(BATCH):
        shown = (mask_name(name), mask_phone(phone)) if masked else (name, phone)
        held[dwelling].append((not votes, key, *shown))
    found = {}
    for dwelling, owners in held.items():
        first, *others = sorted(owners)
        found[dwelling] = (first[2:], "、".join(name for _, _, name, _ in others))
    return found
