"""Import a register workbook: a preview, or with --apply all of it or nothing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from compounds.choices import AreaLevel, Role
from compounds.imports import RegisterFile, read_register, register_report
from compounds.models import Area
from compounds.operations import RegisterOutcome, apply_register, preview_register
from compounds.permissions import has_role
from compounds.rules import NoCodeLeft
from core.commands import ProductCommand, Refused
from core.spreadsheets import WorkbookRefused

KEEPERS = [Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF, Role.DISTRICT_ADMIN]
NOTHING: dict[str, Any] = {
    "rows": 0,
    "new": 0,
    "changed": 0,
    "unchanged": 0,
    "to_confirm": [],
    "warnings": [],
    "compounds": [],
}


class Command(ProductCommand):
    help = "导入房屋登记表（xlsx）：先看结果，加--apply才写入"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.xlsx")
        parser.add_argument("--community", metavar="CODE", help="社区代码，12位")
        parser.add_argument("--apply", action="store_true", help="写入；有一处错误就全部不写")

    def run(self, **options: Any) -> dict[str, Any]:
        community = self.find_community(options["community"])
        try:
            file = read_register(self.read_file(options["file"]), community)
        except WorkbookRefused as refused:
            raise Refused(str(refused), [error.as_dict() for error in refused.errors], **NOTHING)
        self.check_scope(file)
        try:
            if file.errors:
                report = register_report(file, preview_register(file.register))
                errors = report.pop("errors")
                raise Refused(f"有{len(file.errors)}处要改，一行也没有导入。", errors, **report)
            outcome = self.write_or_preview(file, options["apply"])
        except NoCodeLeft as problem:
            raise Refused(f"社区{problem}已有99个小区，不能再加。", **{**NOTHING, "rows": file.rows})
        return {**register_report(file, outcome), "applied": options["apply"]}

    def find_community(self, code: str | None) -> Area | None:
        """Return the community of --community, or None where it is not given."""
        if not code:
            return None
        community = Area.objects.filter(code=code, level=AreaLevel.COMMUNITY).first()
        if community is None:
            raise Refused(f'没有代码为"{code}"的社区。', **NOTHING)
        return community

    def check_scope(self, file: RegisterFile) -> None:
        """Refuse compounds outside the person's scope; the machine's accounts have none."""
        on = timezone.localdate(self.at)
        for row in file.register.compounds:
            if not self.actor.is_machine and not has_role(self.actor, KEEPERS, row.community_code, on):
                raise Refused(f"{row.name}不在您负责的范围里。", **NOTHING)

    def write_or_preview(self, file: RegisterFile, apply: bool) -> RegisterOutcome:
        if apply:
            return apply_register(file.register, actor=self.actor, at=self.at)
        return preview_register(file.register)

    def lines(self, result: dict[str, Any]) -> list[str]:
        done = "已导入" if result["applied"] else "预览，还没有写入"
        return [
            f"{done}：{result['rows']}行，新增{result['new']}户，修改{result['changed']}户，未变{result['unchanged']}户。",
            *(f"小区 {compound['code']} {compound['name']}" for compound in result["compounds"]),
            *(f"同名待确认：{same['name']}，{len(same['owners'])}处。" for same in result["to_confirm"]),
            *(f"请核对 {warning['sheet']} {warning['cell']}：{warning['reason']}" for warning in result["warnings"]),
        ]
