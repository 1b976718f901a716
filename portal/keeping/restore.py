"""Restoring: into an empty place, or for practice into one that is thrown away; either way everything is recomputed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from core.insert_only import missing_triggers, overmighty, sync_triggers
from core.models import DeskVisit, User
from core.operations import record
from fees.anchors import append_anchors
from fees.verification import verify_books
from portal.keeping.backup import named_files
from portal.keeping.databases import POSTGRES, facts_here, is_empty, load_database, run_client, throw_away_database
from portal.keeping.manifest import (
    ANCHORS,
    BLOCK,
    DOCUMENTS,
    Manifest,
    NotKept,
    blocks_of,
    check_files,
    differences,
    hash_file,
    read_manifest,
)


def _of_this_product(manifest: Manifest) -> None:
    """Refuse what this version cannot put back.

    :raises NotKept: for a copy of the other database, or of a later version.
    """
    if manifest.vendor != connection.vendor:
        raise NotKept(f"这份备份是{manifest.vendor}的，现在用的数据库是{connection.vendor}。")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = [name for name in manifest.facts.migrations if name not in known]
    if unknown:
        raise NotKept(f"这份备份是{manifest.version}版做的，比这里的程序新。请先装那一版。", unknown)


def _whole(folder: Path) -> Manifest:
    """Return the manifest of a backup whose files are all there, byte for byte.

    :raises NotKept: naming what is not.
    """
    manifest = read_manifest(folder)
    bad = check_files(folder, manifest)
    if bad:
        raise NotKept(f"这份备份有{len(bad)}处不对。", bad)
    return manifest


# --- What is checked in a database that was put back --------------------------------------------------------------


def _check_rows(manifest: Manifest) -> tuple[list[str], list[str]]:
    """Return what fits and what does not: rows, chains' heads, triggers; before anything is written there."""
    bad = differences(manifest.facts, facts_here())
    good = [
        f"{len(manifest.facts.tables)}张表，{sum(manifest.facts.tables.values())}行，{len(manifest.facts.heads)}本账"
    ]
    present = set(connection.introspection.table_names())
    lacking = [name for name in missing_triggers(connection) if any(f"_{table}_" in name for table in present)]
    bad += [f"缺触发器{name}" for name in lacking]
    good.append("只增不改的表上触发器都在")
    return good, bad


def _check_content() -> tuple[list[str], list[str]]:
    """Return what fits and what does not: every file that a row names, and the books recomputed."""
    bad, named = [], named_files()
    for name in sorted(named):
        digest = name.rpartition("/")[2]
        try:
            with default_storage.open(name) as file:
                found = _hash(file)
        except OSError:
            found = ""
        if found != digest:
            bad.append(f"票据或公示文件{name}不见了或被改动")
    report = verify_books()
    bad += [f"{f.compound} {f.book} {f'第{f.number}号 ' if f.number else ''}{f.what}" for f in report.bad]
    return [f"{len(named)}个票据和公示文件的校验", f"{report.checked}张凭证，重算一遍", *report.warnings], bad


def _hash(file: File) -> str:
    import hashlib

    digest = hashlib.sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _bring_up_to_date() -> bool:
    """Run the migrations that came after the backup; return whether there were any. Triggers are made anew."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
        return True
    return False


def _check_role(role: str) -> tuple[list[str], list[str]]:
    """Give the product's role its rights in the copy as the grants do, and look at what it may (quality.md, R16)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.fetchone()[0]:
            return [f"没有{role}这个数据库角色，权限没有核对（tools/database_grants.sql）"], []
    grants = settings.BASE_DIR / "tools" / "database_grants.sql"
    # Without its password, which is the whole server's and stays as it is.
    run_client("psql", "--quiet", "--no-psqlrc", "--file", str(grants), more={"DATABASE_ROLE": role})
    return [f"角色{role}只能读和添加"], overmighty(connection, role)


def check_copy(folder: Path) -> dict[str, Any]:
    """Check the throw-away copy that the settings name, all but the backup's own files."""
    manifest = read_manifest(folder)
    good, bad = _check_rows(manifest)
    if not bad and connection.vendor == POSTGRES:
        more, worse = _check_role(os.environ.get("DATABASE_ROLE") or "wuhao")
        good, bad = good + more, bad + worse
    if not bad:
        if _bring_up_to_date():
            good.append("升级到现在的版本")
        more, worse = _check_content()
        good, bad = good + more, bad + worse
    return {"verified": good, "bad": bad}


# --- For practice -------------------------------------------------------------------------------------------------


def drill(folder: Path) -> dict[str, Any]:
    """Restore into a database and a folder that are thrown away; return what was verified.

    :raises NotKept: when anything is off, naming it.
    """
    folder = folder.absolute()
    manifest = _whole(folder)
    _of_this_product(manifest)
    with tempfile.TemporaryDirectory(prefix="wuhao-drill-") as name:
        var = Path(name)
        shutil.copytree(folder / DOCUMENTS, var / DOCUMENTS) if (folder / DOCUMENTS).is_dir() else None
        shutil.copyfile(folder / ANCHORS, var / ANCHORS)
        with throw_away_database(folder / manifest.dump, var) as place:
            result = _in_a_process_of_its_own(
                folder, {"WUHAO_VAR": name, "DOCUMENTS_URL": "", "REDIS_URL": "", **place}
            )
    if result["bad"]:
        raise NotKept(f"演练恢复后有{len(result['bad'])}处不对。", result["bad"])
    size = sum(said["size"] for said in manifest.files.values())
    verified = [f"{len(manifest.files)}个文件，{size}字节，逐个核对", *result["verified"]]
    return {"made_at": manifest.made_at, "verified": verified, "rows": sum(manifest.facts.tables.values())}


def _in_a_process_of_its_own(folder: Path, place: dict[str, str]) -> dict[str, Any]:
    """Check the copy with settings of its own, so that nothing of the running product is touched."""
    manage = str(settings.BASE_DIR / "manage.py")
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **place}
    env = {key: value for key, value in env.items() if value}
    done = subprocess.run(
        [sys.executable, manage, "restore", str(folder), "--inside", "--json"],
        env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        result: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise NotKept(f"演练没有做成：{' '.join(done.stderr.split())[-400:]}") from None
    if "bad" not in result:
        raise NotKept("演练没有做成。", [str(error.get("reason")) for error in result.get("errors", [])])
    return result


# --- In earnest ---------------------------------------------------------------------------------------------------


def restore(folder: Path, *, username: str, at: datetime) -> dict[str, Any]:
    """Put a backup into the empty database and folder of the settings, and check all of it.

    Nothing is overwritten: files that are there already must be the same, more of them do no harm. Everybody is
    logged out. The anchors say from now on that the database was restored, and how far (quality.md, D12).

    :raises NotKept: before anything is written; or afterwards, when what was restored does not fit.
    """
    folder = folder.absolute()
    manifest = _whole(folder)
    _of_this_product(manifest)
    if not is_empty():
        raise NotKept("数据库里已经有表。只恢复到空的数据库里，不覆盖任何东西。")
    newer = _anchors_to_keep(folder)
    for name in manifest.files:
        if name.startswith(f"{DOCUMENTS}/"):
            _put_file(folder / name, name.removeprefix(f"{DOCUMENTS}/"))
    load_database(folder / manifest.dump)
    good, bad = _check_rows(manifest)
    updated = _bring_up_to_date()
    if not updated:
        sync_triggers(connection)
    if newer is not None:
        settings.ANCHORS_FILE.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(newer, settings.ANCHORS_FILE)
    _say_so(manifest, at)
    with transaction.atomic():
        Session.objects.all().delete()
        DeskVisit.objects.all().delete()
        actor = User.objects.filter(username=username, is_active=True).first()
        record(
            "restore", f"从{manifest.made_at[:16]}的备份恢复", actor=actor, at=at, data={"made_at": manifest.made_at}
        )
    more, worse = _check_content()
    good, bad = [*good, *more], [*bad, *worse]
    if bad:
        raise NotKept(f"恢复了，但有{len(bad)}处不对。", bad)
    return {
        "made_at": manifest.made_at,
        "verified": good,
        "rows": sum(manifest.facts.tables.values()),
        "updated": updated,
    }


def _anchors_to_keep(folder: Path) -> Path | None:
    """Return the backup's anchors where none are at hand, None where those at hand go on from the backup's.

    :raises NotKept: when the ones at hand are others.
    """
    here, there = settings.ANCHORS_FILE, folder / ANCHORS
    if not here.exists():
        return there
    with open(here, "rb") as file:
        if any(file.read(len(block)) != block for block in blocks_of(there)):
            raise NotKept(f"{here}不是从备份里的那份接下来的。请放上最新的那份，没有就把它挪开。")
    return None


def _put_file(source: Path, name: str) -> None:
    """Put a file into the store unless it is there.

    :raises NotKept: when other bytes stand under its name.
    """
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            if _hash(file) != hash_file(source).sha256:
                raise NotKept(f"文件夹里已经有{name}，内容和备份的不同。没有覆盖。")
        return
    with open(source, "rb") as file:
        default_storage.save(name, File(file))


def _say_so(manifest: Manifest, at: datetime) -> None:
    """Append to the anchors that the database was restored and how far each book goes, then each head."""
    counts = {book: head["count"] for book, head in sorted(manifest.facts.heads.items())}
    said = {"anchors": manifest.anchor_lines, "heads": counts, "made_at": manifest.made_at}
    append_anchors([{"restored": said}, *_heads(manifest)], at=at)


def _heads(manifest: Manifest) -> Iterator[dict[str, object]]:
    for key, head in sorted(manifest.facts.heads.items()):
        code, _, book = key.partition("/")
        yield {"compound": code, "book": book, **head}
