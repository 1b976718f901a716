"""Import papers from a workbook as one of the two blind entries; without --apply only a preview of the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from ballots.imports import read_papers, word_rows
from ballots.management.commands.ballot import find_named_ballot
from ballots.operations.entering import import_papers
from ballots.operations.refusals import RowsRefused, WrongState
from ballots.permissions import can_enter_papers
from core.commands import ProductCommand, Refused


class Command(ProductCommand):
    help = "导入选票表（xlsx），算第一遍或第二遍。不加 --apply 只预览，不写入。"
    two_persons = True

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--ballot", required=True, metavar="CODE/NUMBER")
        parser.add_argument(
            "--entry", required=True, type=int, choices=[1, 2], help="1 第一遍（--as），2 第二遍（--second）"
        )
        parser.add_argument("--apply", action="store_true")

    def run(self, **options: Any) -> dict[str, Any]:
        ballot, entry = find_named_ballot(options["ballot"]), options["entry"]
        who = self.second if entry == 2 else self.actor
        self.require(who, can_enter_papers(who, ballot, timezone.localdate(self.at)))
        file = read_papers(self.read_file(options["file"]), ballot)
        if file.errors:
            raise Refused(f"表里有{len(file.errors)}处要改，什么都没有写入。", [e.as_dict() for e in file.errors])
        try:
            done = import_papers(ballot, file.said, entry, actor=who, at=self.at, apply=options["apply"])
        except WrongState as problem:
            raise Refused(f"这次表决现在是“{problem.state.label}”，不在计票，不能录票。") from None
        except RowsRefused as problem:
            errors = [error.as_dict() for error in word_rows(file, dict(problem.problems))]
            raise Refused(f"有{len(errors)}张不能录，什么都没有写入。", errors) from None
        return {
            "ballot": options["ballot"],
            "entry": entry,
            "applied": options["apply"],
            "rows": file.rows,
            "new": done.new,
            "unchanged": done.unchanged,
            "empty": file.empty,
            "errors": [],
        }

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        done = "已录入" if result["applied"] else "预览，没有写入。加 --apply 才录入"
        if result["empty"]:
            yield f"有{result['empty']}格空着，算未填。"
        yield f"{done}：{result['rows']}行，新录{result['new']}张，{result['unchanged']}张本来就是这样。"
