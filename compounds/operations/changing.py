"""One way to change what several people keep: whoever saves names the version read, and is shown what came between."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.db import models, transaction

from compounds.operations.refusals import ChangedMeanwhile
from core.masking import mask_name, mask_phone
from core.models import Entry, User
from core.money import plain_decimal
from core.operations import record

Row = TypeVar("Row", bound=models.Model)


def words_of(row: models.Model, name: str, value: object, masked: Collection[str] = ()) -> str:
    """Return a column's value as people read it; names and phones masked where the column is among ``masked``."""
    field = row._meta.get_field(name)
    if value is None or value == "":
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    choices = dict(getattr(field, "flatchoices", ()) or ())
    if choices:
        return str(choices.get(value, value))
    if isinstance(value, Decimal):
        return plain_decimal(value)
    text = str(value)
    if name in masked:
        return mask_phone(text) if "phone" in name else mask_name(text)
    return text


def change_since(row: models.Model, version: int) -> Entry | None:
    """Return the newest line of history that tells how the row went beyond a version; None where none does.

    An import writes one line for all, and looking at somebody's data changes nothing: neither is blamed on anybody.
    """
    for entry in Entry.objects.about(row._meta.label_lower, row.pk).filter(data__contains='"version":')[:1]:
        if json.loads(entry.data)["version"] > version:
            return entry
    return None


def lock_row(row: Row, version: int) -> Row:
    """Return the row locked, as it stands in ``version``; call inside a transaction.

    :raises ChangedMeanwhile: if someone saved it since, or took it away.
    """
    model = type(row)
    # Not in the table's own order: that may join a table that is not always there, and PostgreSQL locks no such row.
    found = model._default_manager.select_for_update().filter(pk=row.pk).order_by("pk").first()
    if found is None:
        raise ChangedMeanwhile(Entry.objects.about(model._meta.label_lower, row.pk).first())
    if getattr(found, "version") != version:  # noqa: B009
        raise ChangedMeanwhile(change_since(row, version))
    return found


@transaction.atomic
def change_row(
    row: Row,
    values: Mapping[str, object],
    version: int,
    *,
    action: str,
    title: str,
    area_code: str,
    actor: User,
    at: datetime,
    masked: Collection[str] = (),
) -> Row:
    """Put these values into a row that has ``version``, and record before and after; nothing changed writes nothing.

    ``masked`` names the columns with personal data, which the history keeps masked.

    :raises ChangedMeanwhile: if someone saved the row since that version was read.
    """
    model, found = type(row), lock_row(row, version)
    changed = {name: value for name, value in values.items() if getattr(found, name) != value}
    if not changed:
        return found
    said, before, after = [], {}, {}
    for name, value in changed.items():
        label = str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        before[name] = words_of(found, name, getattr(found, name), masked)
        after[name] = words_of(found, name, value, masked)
        said.append(f"{label}由{before[name]}改为{after[name]}")
        setattr(found, name, value)
    found.version = version + 1  # type: ignore[attr-defined]
    found.save(update_fields=[*changed, "version"])
    record(action, f"改{title}：{'；'.join(said)}", actor=actor, at=at, area_code=area_code, subject=found,
           data={"before": before, "after": after, "version": found.version})  # type: ignore[attr-defined]  # fmt: skip
    return found
