"""Tables that only grow: the marker, and the triggers by which both databases refuse every other change.

A model whose class carries ``insert_only = True`` gets them. Triggers are unconditional and never name another
table; ``sync_triggers`` runs after every migrate, because SQLite's table rebuilds drop triggers silently.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

PREFIX = "insert_only_"
POSTGRES_FUNCTION = f"{PREFIX}refuse"


class InsertOnly(models.Model):
    """Base of an issued table: rows are added, never changed and never removed, by anyone."""

    insert_only = True

    class Meta:
        abstract = True


def insert_only_models() -> list[type[models.Model]]:
    """Return every installed model that carries the marker, in a fixed order."""
    found = [m for m in apps.get_models(include_auto_created=True) if getattr(m, "insert_only", False)]
    return sorted(found, key=lambda m: m._meta.db_table)


def _unique_columns(model: type[models.Model]) -> Iterator[list[str]]:
    """Yield the columns of each uniqueness of the table: what ``INSERT OR REPLACE`` would silently replace."""
    options = model._meta
    for field in options.local_concrete_fields:
        if field.unique and field.column:
            yield [field.column]
    for constraint in options.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            if constraint.condition is not None or not constraint.fields:
                raise ValueError(f"{options.label}: an insert-only table takes plain unique constraints only.")
            fields = [options.get_field(name) for name in constraint.fields]
            yield [field.column for field in fields if isinstance(field, models.Field) and field.column]


def trigger_names(model: type[models.Model], vendor: str) -> list[str]:
    """Return the names of the triggers that the table must carry on this database."""
    kinds = ("update", "delete", "replace") if vendor == "sqlite" else ("change", "truncate")
    return [f"{PREFIX}{model._meta.db_table}_{kind}" for kind in kinds]


def trigger_sql(model: type[models.Model], vendor: str) -> list[str]:
    """Return the statements that (re-)create the table's triggers on this database."""
    table = model._meta.db_table
    names = trigger_names(model, vendor)
    if vendor == "sqlite":
        says = f"SELECT RAISE(ABORT, '{table} is insert-only');"
        taken = " OR ".join(
            f'EXISTS (SELECT 1 FROM "{table}" WHERE ' + " AND ".join(f'"{c}" = NEW."{c}"' for c in columns) + ")"
            for columns in _unique_columns(model)
        )
        return [
            *(f'DROP TRIGGER IF EXISTS "{name}"' for name in names),
            f'CREATE TRIGGER "{names[0]}" BEFORE UPDATE ON "{table}" BEGIN {says} END',
            f'CREATE TRIGGER "{names[1]}" BEFORE DELETE ON "{table}" BEGIN {says} END',
            f'CREATE TRIGGER "{names[2]}" BEFORE INSERT ON "{table}" WHEN {taken} BEGIN {says} END',
        ]
    return [
        *(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"' for name in names),
        f'CREATE TRIGGER "{names[0]}" BEFORE UPDATE OR DELETE ON "{table}"'
        f" FOR EACH ROW EXECUTE FUNCTION {POSTGRES_FUNCTION}()",
        f'CREATE TRIGGER "{names[1]}" BEFORE TRUNCATE ON "{table}"'
        f" FOR EACH STATEMENT EXECUTE FUNCTION {POSTGRES_FUNCTION}()",
        *(f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"' for name in names),
    ]


def sync_triggers(connection: BaseDatabaseWrapper) -> None:
    """Create all triggers anew on the tables that exist; safe to run again and again."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        present = [m for m in insert_only_models() if m._meta.db_table in tables]
        if connection.vendor == "postgresql" and present:
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {POSTGRES_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$"
                " BEGIN RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
            )
        for model in present:
            for statement in trigger_sql(model, connection.vendor):
                cursor.execute(statement)


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of triggers that should stand in the database and do not, or stand there switched off."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        standing = {row[0] for row in cursor.fetchall()}
    wanted = {name for m in insert_only_models() for name in trigger_names(m, connection.vendor)}
    return sorted(wanted - standing)


def overmighty(connection: BaseDatabaseWrapper, role: str = "") -> list[str]:
    """Return in what a role of PostgreSQL (by default the one that is connected) may do more than read and add.

    Source: quality.md, R16: it owns no table, is nobody special, and changes no insert-only row.
    """
    if connection.vendor != "postgresql":
        return []
    tables = [m._meta.db_table for m in insert_only_models()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        role = role or cursor.fetchone()[0]
        cursor.execute("SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role])
        found = [f"{role}是超级用户或能建角色"] if cursor.fetchone()[0] else []
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND pg_has_role(%s, relowner, 'MEMBER')",
            [role],
        )
        (owned,) = cursor.fetchone()
        found += [f"{role}是{owned}张表的主人，能关掉触发器"] if owned else []
        cursor.execute(
            "SELECT c.relname, p.what FROM pg_class c CROSS JOIN unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) p(what)"
            " WHERE c.relname = ANY(%s) AND c.relnamespace = 'public'::regnamespace"
            " AND has_table_privilege(%s, c.oid, p.what) ORDER BY 1, 2",
            [tables, role],
        )
        found += [f"{role}能对{table}做{what}" for table, what in cursor.fetchall()]
    return found
