"""What manage.py check says of triggers and job settings."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import WARNING, Tags, run_checks
from django.db import connection

from core import checks
from core.insert_only import insert_only_models, sync_triggers, trigger_names


def found() -> list[str]:
    return [m.msg for m in run_checks(tags=[Tags.database], databases=["default"]) if (m.id or "").startswith("core.")]


@pytest.mark.django_db
def test_a_trigger_that_is_gone_is_named_until_it_is_made_anew() -> None:
    assert found() == []
    model = insert_only_models()[0]
    name = trigger_names(model, connection.vendor)[0]
    on = f' ON "{model._meta.db_table}"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{name}"{on}')
    (said,) = found()
    assert name in said
    sync_triggers(connection)
    assert found() == []


@pytest.mark.django_db
def test_migrate_is_never_held_up_by_what_it_will_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first migration there are no tables; later a lost trigger is a warning, not an error."""
    monkeypatch.setattr(checks, "missing_triggers", lambda connection: sorted(all_names()))
    assert {m.level for m in checks.triggers_stand(None, ["default"])} == {WARNING}
    monkeypatch.setattr(connection.introspection, "table_names", lambda cursor: [])
    assert checks.triggers_stand(None, ["default"]) == []


def all_names() -> set[str]:
    return {name for model in insert_only_models() for name in trigger_names(model, connection.vendor)}


def test_no_database_is_asked_unless_told_to() -> None:
    assert checks.triggers_stand(None, None) == []


@pytest.mark.parametrize(
    ("name", "value", "errors"),
    [
        ("JOB_LEASE_SECONDS", 0, ["core.E001"]),
        ("REDIS_URL", "localhost:6379", ["core.E002"]),
        ("REDIS_URL", "rediss://broker/1", []),
        ("REDIS_URL", "", []),
    ],
)
def test_job_settings_that_cannot_work_are_errors(settings: Any, name: str, value: object, errors: list[str]) -> None:
    settings.REDIS_URL = ""
    setattr(settings, name, value)
    assert [m.id for m in checks.job_settings(None)] == errors
