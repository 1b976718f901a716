"""Restore a backup into an empty place, or with --drill into one that is thrown away; 1 when anything is off."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import connection
from django.utils import timezone

from core.commands import ProductCommand, Refused
from core.models import SYSTEM
from portal.keeping import NotKept, check_copy, drill, restore


class Command(ProductCommand):
    help = "从备份恢复到空的数据库和文件夹；加 --drill 只演练，什么都不改。"
    writes = False  # the account in whose name it restores stands in the backup

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="backup做的文件夹")
        parser.add_argument("--drill", action="store_true", help="恢复到用完就删的地方，逐项核对")
        parser.add_argument("--as", default=SYSTEM, metavar="USERNAME", help="以谁的名义")
        # For the drill itself: the settings name the copy.
        parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)

    def run(self, **options: Any) -> dict[str, Any]:
        folder: Path = options["folder"]
        try:
            if options["inside"]:
                return check_copy(folder)
            if options["drill"]:
                return {**drill(folder), "errors": []}
            return {**restore(folder, username=options["as"], at=self.at), "errors": []}
        except NotKept as problem:
            raise Refused(str(problem), [{"reason": why} for why in problem.errors]) from None

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        made_at = timezone.localtime(datetime.fromisoformat(result["made_at"]))
        yield f"{made_at:%Y-%m-%d %H:%M}的备份，核对过："
        yield from (f"  {line}" for line in result["verified"])
        if "updated" not in result:
            yield "都对。演练用的库和文件夹已经删掉。"
            return
        yield "恢复好了，所有人要重新登录。"
        if connection.vendor == "postgresql":
            yield "数据库角色的权限不在备份里：请接着运行 tools/database_grants.sql，见 docs/operations.md。"
