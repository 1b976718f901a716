"""Streets and communities from their official list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from compounds.choices import AreaLevel
from compounds.models import CODE_LENGTHS, Area
from compounds.operations.refusals import AreasDisagree, UnknownArea
from compounds.rules import COMMUNITY_CODE_LENGTH
from core.models import User
from core.operations import record


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
