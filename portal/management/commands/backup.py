"""Back up the database, the files and the anchors into a new folder, while the product runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from compounds.choices import Role
from compounds.permissions import has_role
from core.commands import ProductCommand, Refused
from portal.keeping import NotKept, make_backup


class Command(ProductCommand):
    help = "备份数据库、票据和公示文件、库外存证，放进一个新的文件夹。"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", metavar="DIR", type=Path, help="新的或空的文件夹；做完才出现")
        parser.add_argument("--despite-missing", action="store_true", help="缺了文件也备份，并记在清单上")

    def run(self, **options: Any) -> dict[str, Any]:
        roles = [Role.DISTRICT_ADMIN, Role.ACCOUNT_ADMIN]
        self.require(self.actor, has_role(self.actor, roles, settings.DISTRICT_CODE, timezone.localdate(self.at)))
        try:
            made = make_backup(
                options["folder"], actor=self.actor, at=self.at, despite_missing=options["despite_missing"]
            )
        except NotKept as problem:
            raise Refused(str(problem), [{"reason": why} for why in problem.errors]) from None
        return {**made, "errors": []}

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        yield f"备份在{result['folder']}：{result['rows']}行，{result['documents']}个文件，共{result['bytes']}字节。"
        yield f"清单的校验：{result['manifest']}"
        yield from (f"缺{name}" for name in result["missing"])
        yield f"请演练一次：manage.py restore {result['folder']} --drill"
