"""What the tests of backups share: running the commands, and an empty place to restore into."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test import override_settings

from tests.conftest import file_settings

GOOD = "xiangshan-hongye-7"


def run(command: str, *arguments: object) -> tuple[int, dict[str, Any]]:
    """Run a command with --json; return its exit code and what it printed."""
    out = StringIO()
    try:
        call_command(command, *map(str, arguments), "--json", stdout=out, stderr=StringIO())
    except SystemExit as end:
        return int(str(end.code)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def reasons(result: dict[str, Any]) -> str:
    return "；".join(error["reason"] for error in result["errors"])


@contextmanager
def new_place(folder: Path, anchors: Path | None = None) -> Iterator[None]:
    """Work in an empty database and folder, as after a loss."""
    before = connection.settings_dict["NAME"]
    fresh = str(folder / "new.sqlite3") if connection.vendor == "sqlite" else f"wuhao_new_{uuid4().hex[:8]}"
    folder.mkdir()
    if anchors is not None:
        shutil.copyfile(anchors, folder / "anchors.jsonl")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {fresh}")
    connections.close_all()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = fresh
    try:
        with override_settings(**file_settings(folder)):
            yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = before
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {fresh} WITH (FORCE)")
