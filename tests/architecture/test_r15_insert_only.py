"""R15: what was issued cannot be changed or removed, by any statement, on either database, in any table of the marker."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from core.checks import triggers_stand
from core.insert_only import PREFIX, insert_only_models, missing_triggers, sync_triggers, trigger_names
from tests import factories

MODELS = insert_only_models()
SQLITE = "sqlite"


@pytest.fixture(scope="module")
def filled(module_db: object) -> None:
    """A database with rows in every table that only grows."""
    factories.full_books(factories.compound())
    empty = [model._meta.label for model in MODELS if not model._default_manager.exists()]
    assert not empty, f"no row to attack in {empty}"


pytestmark = pytest.mark.usefixtures("filled")


def rows_of(model: type[models.Model]) -> list[tuple[Any, ...]]:
    """Return the table's rows as the database holds them."""
    names = ", ".join(f'"{column}"' for column in columns_of(model))
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {names} FROM "{model._meta.db_table}" ORDER BY id')
        return [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in cursor.fetchall()]


def columns_of(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.local_concrete_fields]


def unique_keys(model: type[models.Model]) -> list[tuple[str, ...]]:
    """Return the columns of everything unique in the table, as the database itself says, not the models."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    return sorted({tuple(c["columns"]) for c in found.values() if (c["unique"] or c["primary_key"]) and c["columns"]})


@dataclass(frozen=True)
class Attempt:
    """One way to change a table, and whether a database without triggers would let it through."""

    name: str
    run: Callable[[], object]
    may_succeed: bool = True


def sql(statement: str) -> Callable[[], None]:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return run


def replica(table: str) -> Callable[[], None]:
    """Return the attempt of a superuser who switches ordinary triggers off for the session."""

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(f'UPDATE "{table}" SET id = id')

    return run


def raw_attempts(model: type[models.Model]) -> Iterator[Attempt]:
    """Yield the statements that would change the table on this database."""
    table, columns = model._meta.db_table, columns_of(model)
    names = ", ".join(f'"{c}"' for c in columns)
    for column in columns:
        yield Attempt(f"UPDATE {column}", sql(f'UPDATE "{table}" SET "{column}" = "{column}"'))
        yield Attempt(f"UPDATE {column} to null", sql(f'UPDATE "{table}" SET "{column}" = NULL'), may_succeed=False)
        yield Attempt(
            f"UPDATE {column} FROM",
            sql(f'UPDATE "{table}" SET "{column}" = o."{column}" FROM "{table}" o WHERE o.id = "{table}".id'),
        )
    yield Attempt("DELETE", sql(f'DELETE FROM "{table}"'))
    yield Attempt("DELETE one", sql(f'DELETE FROM "{table}" WHERE id = (SELECT max(id) FROM "{table}")'))
    for key in unique_keys(model):
        on = ", ".join(f'"{c}"' for c in key)
        yield Attempt(
            f"UPSERT on {key}",
            sql(
                f'INSERT INTO "{table}" ({names}) SELECT {names} FROM "{table}" WHERE true '
                f"ON CONFLICT ({on}) DO UPDATE SET " + ", ".join(f'"{c}" = excluded."{c}"' for c in columns)
            ),
            # The statement takes care of one key; the row breaks the table's others.
            may_succeed=len(unique_keys(model)) == 1,
        )
    if connection.vendor == "postgresql":
        yield Attempt("TRUNCATE CASCADE", sql(f'TRUNCATE "{table}" CASCADE'))
        yield Attempt("TRUNCATE", sql(f'TRUNCATE "{table}"'), may_succeed=False)  # foreign keys may refuse as well
        yield Attempt("UPDATE as replica", replica(table))
        yield Attempt(
            "MERGE",
            sql(f'MERGE INTO "{table}" t USING "{table}" o ON t.id = o.id WHEN MATCHED THEN DELETE'),
        )


def other_values(model: type[models.Model], row: dict[str, Any], keep: tuple[str, ...]) -> dict[str, Any]:
    """Return a row that collides with a stored one in this key only, as far as uniqueness goes."""
    shared = {column for key in unique_keys(model) for column in key} - set(keep)
    fresh = dict(row)
    for column in shared:
        value = fresh[column]
        if isinstance(value, int):
            fresh[column] = value + 1_000_000
        elif isinstance(value, str) and value:
            fresh[column] = ("z" + value)[: len(value)]
    return fresh


def replace_attempts(model: type[models.Model], execute: Callable[[str, list[Any]], object]) -> Iterator[Attempt]:
    """Yield SQLite's replacing statements, by id and by each unique key, also with the key in another spelling."""
    table, columns = model._meta.db_table, columns_of(model)
    with connection.cursor() as cursor:
        quoted = ", ".join(f'"{c}"' for c in columns)
        # A row whose unique columns all hold something: nothing collides with nothing.
        holes = "".join(f'"{c}" IS NULL, ' for c in sorted({c for key in unique_keys(model) for c in key}))
        cursor.execute(f'SELECT {quoted} FROM "{table}" ORDER BY {holes}id LIMIT 1')
        row = dict(zip(columns, cursor.fetchone(), strict=True))
    for key in unique_keys(model):
        values = other_values(model, row, key)
        names, marks = ", ".join(f'"{c}"' for c in columns), ", ".join("%s" for _ in columns)
        for words in ("INSERT OR REPLACE", "REPLACE"):
            yield Attempt(
                f"{words} by {key}",
                lambda words=words, values=values, names=names, marks=marks: execute(  # type: ignore[misc]
                    f'{words} INTO "{table}" ({names}) VALUES ({marks})', [values[c] for c in columns]
                ),
            )
        spelled = {**values, "id": str(row["id"])} if key == ("id",) else values
        yield Attempt(
            f"INSERT OR REPLACE by {key}, the id as text",
            lambda spelled=spelled, names=names, marks=marks: execute(  # type: ignore[misc]
                f'INSERT OR REPLACE INTO "{table}" ({names}) VALUES ({marks})', [spelled[c] for c in columns]
            ),
        )
    rest = [c for c in columns if c != "id"]
    names = ", ".join(f'"{c}"' for c in rest)
    yield Attempt(
        "INSERT OR REPLACE by rowid",
        lambda: execute(
            f'INSERT OR REPLACE INTO "{table}" (rowid, {names}) VALUES (%s, {", ".join("%s" for _ in rest)})',
            [row["id"], *(other_values(model, row, ("id",))[c] for c in rest)],
        ),
    )
    yield Attempt(
        "UPDATE OR REPLACE",
        lambda: execute(f'UPDATE OR REPLACE "{table}" SET id = (SELECT max(id) FROM "{table}")', []),
    )


def orm_attempts(model: type[models.Model]) -> Iterator[Attempt]:
    """Yield what code of ours could do by mistake."""
    manager = model._default_manager

    def first() -> Any:
        return manager.order_by("pk").first()

    def plain_field() -> models.Field[Any, Any]:
        return next(f for f in model._meta.local_concrete_fields if not f.primary_key and not f.is_relation)

    def bulk_update() -> None:
        manager.bulk_update([first()], [plain_field().attname])

    def raw_delete() -> None:
        rows = manager.filter(pk=first().pk)
        rows._raw_delete(rows.db)

    def bulk_upsert() -> None:
        manager.bulk_create(
            [first()], update_conflicts=True, update_fields=[plain_field().attname], unique_fields=["id"]
        )

    yield Attempt("save", lambda: first().save())
    yield Attempt("save, forced", lambda: first().save(force_update=True))
    yield Attempt("delete", lambda: first().delete(), may_succeed=False)  # PROTECT may refuse it before
    yield Attempt("queryset delete", lambda: manager.all().delete(), may_succeed=False)
    yield Attempt("queryset raw delete", raw_delete)
    yield Attempt("bulk_update", bulk_update)
    yield Attempt("bulk_create over conflicts", bulk_upsert, may_succeed=len(unique_keys(model)) == 1)
    for field in model._meta.local_concrete_fields:
        if not field.primary_key:
            yield Attempt(
                f"update of {field.name}",
                lambda field=field: manager.update(**{field.attname: models.F(field.attname)}),  # type: ignore[misc]
            )


def attempts_on(model: type[models.Model]) -> list[Attempt]:
    found = [*raw_attempts(model), *orm_attempts(model)]
    if connection.vendor == SQLITE:

        def execute(statement: str, values: list[Any]) -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)

        found += replace_attempts(model, execute)
    return found


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.db_table)
def test_every_change_is_refused_and_the_rows_stay_byte_equal(model: type[models.Model]) -> None:
    before = rows_of(model)
    got_through, otherwise = [], []
    for attempt in attempts_on(model):
        try:
            with transaction.atomic():
                attempt.run()
                got_through.append(attempt.name)
        except (models.ProtectedError, models.RestrictedError):
            pass
        except DatabaseError as refusal:
            if attempt.may_succeed and "is insert-only" not in str(refusal):
                otherwise.append(f"{attempt.name}: {refusal}")
    assert not got_through
    assert not otherwise, "refused, but not by the table's own triggers"
    assert rows_of(model) == before


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.db_table)
def test_control_without_triggers_the_same_attempts_succeed(model: type[models.Model]) -> None:
    """Drop the triggers inside a transaction that is undone: what a trigger refused now goes through."""
    before = rows_of(model)
    refused = []
    with transaction.atomic():
        drop_triggers(*MODELS)  # all, as TRUNCATE … CASCADE meets those of other tables
        for attempt in attempts_on(model):
            if not attempt.may_succeed:
                continue
            try:
                with transaction.atomic():
                    attempt.run()
                    transaction.set_rollback(True)
            except DatabaseError as refusal:
                refused.append(f"{attempt.name}: {refusal}")
        transaction.set_rollback(True)
    assert not refused, "these attempts prove nothing: they fail without a trigger too"
    assert rows_of(model) == before
    assert not missing_triggers(connection)


def drop_triggers(*chosen: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        for model in chosen:
            for name in trigger_names(model, connection.vendor):
                on = "" if connection.vendor == SQLITE else f' ON "{model._meta.db_table}"'
                cursor.execute(f'DROP TRIGGER "{name}"{on}')


def test_truncating_a_parent_table_is_refused() -> None:
    """PostgreSQL: TRUNCATE … CASCADE of any table that issued rows refer to would empty them as well."""
    if connection.vendor == SQLITE:
        pytest.skip("SQLite knows no TRUNCATE")
    for table in ("core_user", "compounds_compound", "fees_book", "fees_moneyaccount", "fees_period", "fees_account"):
        with pytest.raises(DatabaseError, match="is insert-only"), transaction.atomic():
            sql(f'TRUNCATE "{table}" CASCADE')()


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.db_table)
def test_another_program_cannot_replace_rows_either(model: type[models.Model]) -> None:
    """SQLite: a plain connection, which never set ``recursive_triggers``, replaces nothing and deletes nothing."""
    if connection.vendor != SQLITE:
        pytest.skip("on PostgreSQL every connection is alike")
    before = rows_of(model)
    other = sqlite3.connect(connection.settings_dict["NAME"], timeout=5)
    try:
        assert other.execute("PRAGMA recursive_triggers").fetchone() == (0,)

        def execute(statement: str, values: list[Any]) -> None:
            other.execute(statement.replace("%s", "?"), values)

        table = model._meta.db_table
        tries = [
            *replace_attempts(model, execute),
            Attempt("UPDATE", lambda: execute(f'UPDATE "{table}" SET id = id', [])),
            Attempt("DELETE", lambda: execute(f'DELETE FROM "{table}"', [])),
        ]
        for attempt in tries:
            with pytest.raises(sqlite3.DatabaseError, match="is insert-only"):
                attempt.run()
            other.rollback()
    finally:
        other.close()
    assert rows_of(model) == before


def test_control_the_usual_two_triggers_let_a_row_be_replaced() -> None:
    """SQLite without the third trigger: a connection like any other program's replaces a posted amount unseen."""
    if connection.vendor != SQLITE:
        pytest.skip("only SQLite replaces")
    line = next(m for m in MODELS if m._meta.db_table == "fees_voucherline")
    before = rows_of(line)
    names = ", ".join(f'"{c}"' for c in columns_of(line))
    values = ", ".join("99.00" if c == "amount" else f'"{c}"' for c in columns_of(line))
    sql("PRAGMA recursive_triggers = OFF")()
    try:
        with transaction.atomic():
            sql(f'DROP TRIGGER "{PREFIX}fees_voucherline_replace"')()
            sql(f"REPLACE INTO fees_voucherline ({names}) SELECT {values} FROM fees_voucherline WHERE id = 1")()
            assert line._default_manager.get(pk=1).amount == 99  # type: ignore[attr-defined]
            transaction.set_rollback(True)
    finally:
        sql("PRAGMA recursive_triggers = ON")()
    assert rows_of(line) == before and not missing_triggers(connection)


def test_a_marked_model_without_triggers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list comes from the marker: a table that gets the marker and has no triggers is named."""
    area = apps.get_model("compounds", "Area")
    marked = [*MODELS, area]
    monkeypatch.setattr("core.insert_only.insert_only_models", lambda: marked)
    monkeypatch.setattr("core.checks.insert_only_models", lambda: marked)
    assert missing_triggers(connection) == sorted(trigger_names(area, connection.vendor))
    (warning,) = triggers_stand(None, ["default"])
    assert "compounds_area" in warning.msg


def test_every_issued_table_bears_the_marker() -> None:
    """The tables that contracts and architecture call insert-only, and no draft among them."""
    tables = {model._meta.db_table for model in MODELS}
    assert {
        "fees_voucher", "fees_voucherline", "fees_ledger", "core_document", "core_entry", "fees_closing",
        "fees_opening", "core_documentfile", "core_attachment", "fees_voucherevidence", "fees_import",
    } <= tables  # fmt: skip
    assert not tables & {"fees_draft", "fees_draftline", "core_job", "core_user", "fees_period"}


def test_no_foreign_key_of_an_issued_row_changes_it() -> None:
    """ON DELETE CASCADE or SET NULL would issue a DELETE or an UPDATE: only PROTECT (quality.md D5)."""
    loose = [
        f"{model._meta.label}.{field.name}"
        for model in MODELS
        for field in model._meta.local_concrete_fields
        if field.is_relation and field.remote_field.on_delete is not models.PROTECT
    ]
    assert not loose


def test_after_a_table_was_rebuilt_migrate_brings_the_triggers_back() -> None:
    """SQLite rebuilds a table to alter it and drops its triggers silently; ``post_migrate`` makes them anew."""
    voucher = apps.get_model("fees", "Voucher")
    before = rows_of(voucher)
    try:
        if connection.vendor == SQLITE:
            with connection.schema_editor() as editor:
                editor._remake_table(voucher)
        else:
            drop_triggers(voucher)
        # The control: the rebuild did drop them.
        assert missing_triggers(connection) == sorted(trigger_names(voucher, connection.vendor))
        call_command("migrate", verbosity=0)
    finally:
        standing = missing_triggers(connection)
        sync_triggers(connection)
    assert standing == []
    assert rows_of(voucher) == before
    with pytest.raises(DatabaseError, match="is insert-only"):
        voucher.objects.update(payee="别人")
