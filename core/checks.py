"""Django's system checks of what the product stands on: triggers, fonts, settings."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from core.insert_only import insert_only_models, missing_triggers, overmighty, trigger_names


@register()
def job_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Settings of the jobs that would let two workers run one job, or none run it."""
    found: list[CheckMessage] = []
    if settings.JOB_LEASE_SECONDS < 1:
        found.append(Error("JOB_LEASE_SECONDS must be at least 1.", id="core.E001"))
    if settings.REDIS_URL and not settings.REDIS_URL.startswith(("redis://", "rediss://")):
        found.append(Error("REDIS_URL must begin with redis:// or rediss://.", id="core.E002"))
    return found


@register(Tags.database)
def triggers_stand(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Insert-only tables whose triggers are gone; a warning only, as ``migrate`` itself runs this before it mends it."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        with connection.cursor() as cursor:
            tables = set(connection.introspection.table_names(cursor))
        standing = [m for m in insert_only_models() if m._meta.db_table in tables]
        expected = {name for model in standing for name in trigger_names(model, connection.vendor)}
        missing = sorted(expected & set(missing_triggers(connection)))
        if missing:
            found.append(
                Warning(
                    f"{len(missing)} trigger(s) of insert-only tables are missing on {alias}: {', '.join(missing[:5])}.",
                    hint="Run manage.py migrate, which creates them anew.",
                    id="core.W001",
                )
            )
    return found


@register(Tags.database, deploy=True)
def role_only_adds(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """A role of the running product that could change what was issued, or switch off what keeps it (R16)."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        problems = overmighty(connections[alias])
        if problems:
            more = f", and {len(problems) - 5} more" if len(problems) > 5 else ""
            found.append(
                Warning(
                    f"The database role of {alias} may do too much: {'; '.join(problems[:5])}{more}.",
                    hint="Run web and worker as a role made by tools/database_grants.sql.",
                    id="core.W002",
                )
            )
    return found


@register("type", deploy=True)
def chinese_type(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Fonts and libraries without which a posted paper would show boxes."""
    from core import pdf

    try:
        pdf.probe()
    except pdf.PdfFault as fault:
        return [Error(str(fault), id="core.E003")]
    return []
