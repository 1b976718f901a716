"""Import the list of streets and communities; again changes nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from compounds.choices import Role
from compounds.imports import AREA_COLUMNS, read_areas
from compounds.operations import AreasDisagree, UnknownArea, import_areas
from compounds.permissions import has_role
from core.commands import ProductCommand, Refused

REASONS = {
    "form": "代码的位数不对：街道9位，社区12位。",
    "outside": "社区的代码不在这个街道下面。",
    "empty": "没有名称。",
    "two_names": "同一个代码有两个名称。",
}


class Command(ProductCommand):
    help = "导入街道和社区名单（CSV）"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.csv")

    def run(self, **options: Any) -> dict[str, Any]:
        on = timezone.localdate(self.at)
        if not self.actor.is_machine and not has_role(self.actor, [Role.DISTRICT_ADMIN], settings.DISTRICT_CODE, on):
            raise Refused("街道和社区名单由区级管理员导入。")
        rows = read_areas(self.read_file(options["file"]))
        try:
            outcome = import_areas(rows, actor=self.actor, at=self.at)
        except AreasDisagree as problem:
            cell = f"{'ABCD'[AREA_COLUMNS.index(problem.column)]}{problem.row + 1}"
            raise Refused(
                f"{cell}：{REASONS[problem.key]}", [{"sheet": "", "cell": cell, "reason": REASONS[problem.key]}]
            )
        except UnknownArea as problem:
            raise Refused(f"没有代码为{problem}的区。")
        return {"rows": len(rows), "new": outcome.new, "changed": outcome.changed, "unchanged": outcome.unchanged}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"{result['rows']}行：新增{result['new']}个，改名{result['changed']}个，未变{result['unchanged']}个。"]
