"""What a table refuses: the names of all constraints of an app, and rows that break them."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models


def all_constraints(app: str) -> set[str]:
    """Return the names of everything that an app's tables refuse."""
    names = set()
    for model in apps.get_app_config(app).get_models():
        names |= {constraint.name for constraint in model._meta.constraints}
        names |= {
            f"unique {model._meta.db_table}.{field.name}"
            for field in model._meta.local_concrete_fields
            if field.unique and not field.primary_key
        }
    return names


def twice(*rows: models.Model) -> models.Model:
    """Save all but the last."""
    *first, last = rows
    for row in first:
        row.save()
    return last


def saved(row: models.Model) -> Any:
    """Save a row and return it."""
    row.save()
    return row
