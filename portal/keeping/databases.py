"""The two databases: a consistent copy of each while people post, what stands in it, and putting it back."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import Error, connection, transaction

from compounds.models import Compound
from core.models import Installation
from fees.models import Book, Opening, Voucher
from portal.keeping.manifest import FILE_MODE, Facts, NotKept

# What the server of a database and its client call themselves.
POSTGRES, SQLITE = "postgresql", "sqlite"
_MISSING_CLIENT = "没有{program}这个程序。请装PostgreSQL的客户端（Debian：postgresql-client），版本不低于数据库。"


# --- What stands in a database ------------------------------------------------------------------------------------

_BOOKS = (
    f"SELECT b.id, c.code, b.kind FROM {Book._meta.db_table} b JOIN {Compound._meta.db_table} c ON c.id = b.compound_id"
)
_HEADS = (
    f"SELECT v.book_id, v.seq, v.year, v.number, v.hash FROM {Voucher._meta.db_table} v JOIN"
    f" (SELECT book_id, max(seq) AS seq FROM {Voucher._meta.db_table} GROUP BY book_id) last"
    " ON last.book_id = v.book_id AND last.seq = v.seq"
)
_OPENINGS = f"SELECT book_id, hash FROM {Opening._meta.db_table}"


def facts_of(cursor: Any, vendor: str) -> Facts:
    """Return what stands in the database that a cursor reads; on its own snapshot if the caller holds one."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        cursor.execute(query)
        return [tuple(row) for row in cursor.fetchall()]

    if vendor == SQLITE:
        names = rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    else:
        names = rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = {name: rows(f'SELECT count(*) FROM "{name}"')[0][0] for (name,) in sorted(names)}
    heads = {key: {"count": 0, "year": None, "number": None, "hash": digest} for key, digest in rows(_OPENINGS)}
    for key, seq, year, number, digest in rows(_HEADS):
        heads[key] = {"count": seq, "year": year, "number": number, "hash": digest}
    books = {f"{code}/{kind}": heads[key] for key, code, kind in rows(_BOOKS) if key in heads}
    site = rows(f"SELECT site FROM {Installation._meta.db_table}")
    if len(site) != 1:
        raise NotKept("数据库里没有安装编号：这不是装好的五好。")
    migrations = sorted(f"{app}.{name}" for app, name in rows("SELECT app, name FROM django_migrations"))
    return Facts(str(site[0][0]).replace("-", ""), tables, books, migrations)


def facts_here() -> Facts:
    """Return what stands in the database of the settings."""
    with connection.cursor() as cursor:
        return facts_of(cursor, connection.vendor)


def is_empty() -> bool:
    """Whether the database of the settings holds no table at all."""
    return not connection.introspection.table_names()


# --- A copy while people post -------------------------------------------------------------------------------------


def dump_database(target: Path) -> Facts:
    """Write a consistent copy of the database to a new file; return what stands in that copy.

    :raises NotKept: when the database's own tool is missing or says no.
    """
    return _dump_sqlite(target) if connection.vendor == SQLITE else _dump_postgres(target)


def _dump_sqlite(target: Path) -> Facts:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(target)])
    os.chmod(target, FILE_MODE)
    with open(target, "rb") as file:
        os.fsync(file.fileno())
    with closing(sqlite3.connect(f"file:{quote(str(target))}?mode=ro", uri=True)) as copy:
        return facts_of(copy.cursor(), SQLITE)


def _dump_postgres(target: Path) -> Facts:
    with transaction.atomic(), connection.cursor() as cursor:
        # One snapshot for the rows that are counted and the rows that are dumped.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        facts = facts_of(cursor, POSTGRES)
        run_client("pg_dump", "--format=custom", f"--snapshot={snapshot}", "--file", str(target))
    os.chmod(target, FILE_MODE)
    with open(target, "rb") as file:
        os.fsync(file.fileno())
    return facts


def run_client(program: str, *arguments: str, name: str = "", more: Mapping[str, str] | None = None) -> None:
    """Run a client of PostgreSQL against the settings' server; its password goes by the environment, not the line.

    :raises NotKept: when it is not installed or fails.
    """
    if shutil.which(program) is None:
        raise NotKept(_MISSING_CLIENT.format(program=program))
    known = connection.settings_dict
    options = known.get("OPTIONS") or {}
    wanted = {
        "PGHOST": known["HOST"],
        "PGPORT": str(known["PORT"] or ""),
        "PGUSER": known["USER"],
        "PGPASSWORD": known["PASSWORD"],
        "PGDATABASE": name or str(known["NAME"]),
        **{f"PG{key.upper()}": str(value) for key, value in options.items() if key.startswith("ssl")},
        **(more or {}),
    }
    env = os.environ | {key: value for key, value in wanted.items() if value}
    done = subprocess.run([program, *arguments], env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotKept(f"{program}没有做成：{' '.join(done.stderr.split())[:400]}")


# --- Putting it back ----------------------------------------------------------------------------------------------


def load_database(dump: Path) -> None:
    """Put a copy into the empty database of the settings, all or nothing.

    :raises NotKept: when it cannot be put back.
    """
    if connection.vendor == SQLITE:
        target = Path(connection.settings_dict["NAME"])
        connection.close()
        fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        shutil.copyfile(dump, fresh)
        with open(fresh, "rb+") as file:
            os.fsync(file.fileno())
        for tail in ("-wal", "-shm"):
            target.with_name(target.name + tail).unlink(missing_ok=True)
        os.replace(fresh, target)
        return
    connection.close()
    load_postgres(dump, str(connection.settings_dict["NAME"]))


def load_postgres(dump: Path, name: str) -> None:
    """Put a dump into a database; owners and rights are not the dump's but the grants'."""
    run_client(
        "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname", name,
        str(dump), name=name,
    )  # fmt: skip


@contextmanager
def throw_away_database(dump: Path, folder: Path) -> Iterator[dict[str, str]]:
    """Load a copy into a database of its own and yield the environment that names it; gone afterwards.

    :raises NotKept: when the role of the settings may make no database.
    """
    if connection.vendor == SQLITE:
        shutil.copyfile(dump, folder / "wuhao.sqlite3")
        yield {"DATABASE_URL": ""}
        return
    name = f"wuhao_drill_{secrets.token_hex(5)}"
    made = connection.ops.quote_name(name)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {made} TEMPLATE template0 ENCODING 'UTF8'")
    except Error as problem:
        raise NotKept(f"这个数据库角色建不了临时库，请用表的主人来演练：{' '.join(str(problem).split())}") from None
    try:
        load_postgres(dump, name)
        yield {"DATABASE_URL": _url(name), "SECRET_KEY": settings.SECRET_KEY}
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {made} WITH (FORCE)")


def _url(name: str) -> str:
    known = connection.settings_dict
    user = quote(known["USER"] or "", safe="") + (f":{quote(known['PASSWORD'], safe='')}" if known["PASSWORD"] else "")
    place = (known["HOST"] or "") + (f":{known['PORT']}" if known["PORT"] else "")
    if place.startswith("/"):
        place = quote(place, safe="")
    options = known.get("OPTIONS") or {}
    query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in options.items() if key.startswith("ssl"))
    return f"postgres://{user}@{place}/{name}" + (f"?{query}" if query else "")
