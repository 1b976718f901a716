"""What the product's own database role may do after tools/database_grants.sql (quality.md, trap 5 and R16)."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import errors, sql

from core.insert_only import insert_only_models
from tests.worker_app.children import ROOT, environment, manage

pytestmark = pytest.mark.services

POSTGRES = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
PASSWORD = "of-the-tests"
GRANTS = ROOT / "tools" / "database_grants.sql"


def grant(owner: str, role: str) -> None:
    subprocess.run(
        ["psql", "--quiet", "--no-psqlrc", owner, "--file", GRANTS],
        env={**os.environ, "DATABASE_ROLE": role, "DATABASE_PASSWORD": PASSWORD},
        check=True,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def as_role(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database migrated by its owner; return the address under which the product's role finds it."""
    name = role = f"wuhao_grants_{uuid.uuid4().hex[:8]}"
    owner = urlsplit(POSTGRES)._replace(path=f"/{name}")
    product = owner._replace(netloc=f"{role}:{PASSWORD}@{owner.netloc.rpartition('@')[2]}").geturl()
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            var = tmp_path_factory.mktemp("grants")
            env = environment(
                var, DATABASE_URL=owner.geturl(), SECRET_KEY="of-the-tests", ALLOWED_HOSTS="127.0.0.1",
                PUBLIC_URL="http://127.0.0.1",
            )  # fmt: skip
            env["DJANGO_SETTINGS_MODULE"] = "config.settings"
            manage("migrate", "--verbosity", "0", env=env)
            for _ in range(2):  # run after every migrate, so again must be harmless
                grant(owner.geturl(), role)
            yield product
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


@pytest.mark.parametrize("table", [model._meta.db_table for model in insert_only_models()])
def test_insert_only_tables_can_be_read_and_added_to_only(as_role: str, table: str) -> None:
    with psycopg.connect(as_role, autocommit=True) as connection:
        may = {
            what: connection.execute("SELECT has_table_privilege(%s, %s)", (table, what)).fetchone()[0]  # type: ignore[index]
            for what in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
        }
        assert may == {"SELECT": True, "INSERT": True, "UPDATE": False, "DELETE": False, "TRUNCATE": False}
        name = sql.Identifier(table)
        for statement in ("ALTER TABLE {} DISABLE TRIGGER ALL", "DROP TABLE {}", "DELETE FROM {}", "TRUNCATE {}"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(sql.SQL(statement).format(name))
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SET session_replication_role = replica")


def test_the_role_is_no_owner_and_may_do_its_work(as_role: str) -> None:
    """Tables that change are open to it; it owns none and is nobody special."""
    with psycopg.connect(as_role, autocommit=True) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, (SELECT count(*) FROM pg_class WHERE relowner = r.oid)"
            " FROM pg_roles r WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, False, 0)
        for table in ("fees_draft", "core_job", "django_session"):
            for what in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                assert connection.execute("SELECT has_table_privilege(%s, %s)", (table, what)).fetchone() == (True,)


@pytest.mark.parametrize("person", ["product", "owner"])
def test_the_deploy_check_knows_a_role_that_may_too_much(as_role: str, tmp_path: Path, person: str) -> None:
    """R16: silent for the product's role; its control is the owner, who is reported."""
    own = urlsplit(POSTGRES)._replace(path=urlsplit(as_role).path).geturl()
    env = environment(
        tmp_path, DATABASE_URL=as_role if person == "product" else own, SECRET_KEY="of-the-tests",
        ALLOWED_HOSTS="127.0.0.1", PUBLIC_URL="http://127.0.0.1",
    )  # fmt: skip
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--database", "default"],
        env=env, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ("core.W002" in done.stderr) == (person == "owner"), done.stderr


def test_rights_are_given_again_without_touching_the_password(as_role: str) -> None:
    """As the drill of a restore does; the role can still log in with the password that it has."""
    place = urlsplit(as_role)
    owner = urlsplit(POSTGRES)._replace(path=place.path).geturl()
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_PASSWORD"}
    subprocess.run(
        ["psql", "--quiet", "--no-psqlrc", owner, "--file", GRANTS], env={**env, "DATABASE_ROLE": str(place.username)},
        check=True, capture_output=True,
    )  # fmt: skip
    psycopg.connect(as_role).close()


def test_the_whole_way_works_under_that_role(as_role: str, tmp_path: Path) -> None:
    """An account, an appointment and a template: writes of the product itself, history included."""
    env = environment(
        tmp_path, DATABASE_URL=as_role, SECRET_KEY="of-the-tests", ALLOWED_HOSTS="127.0.0.1",
        PUBLIC_URL="http://127.0.0.1",
    )  # fmt: skip
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    manage("create_admin", "first", env=env)
    with psycopg.connect(as_role, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM core_entry").fetchone()[0] >= 2  # type: ignore[index]
