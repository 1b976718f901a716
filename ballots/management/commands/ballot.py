"""Write a ballot's result as it was posted, byte for byte; or the office's export with roll and papers."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from ballots.models import Ballot
from ballots.operations.certifying import export_of
from ballots.operations.refusals import NotAllSettled
from core.commands import ProductCommand, Refused
from core.hashing import sha256_bytes
from core.operations import read_bytes


def find_named_ballot(name: str) -> Ballot:
    """Return a ballot by CODE/NUMBER.

    :raises Refused: when there is none.
    """
    code, _, number = name.partition("/")
    found = None
    if number.isascii() and number.isdecimal() and len(number) < 6:
        rows = Ballot.objects.select_related("compound", "rule")
        found = rows.filter(compound__code=code, number=int(number)).first()
    if found is None:
        raise Refused(f"没有{name}这次表决。写法是小区编号/第几次，例如11010700303701/1。")
    return found


class Command(ProductCommand):
    help = "写出表决结果：公开的文件，或带名册和选票的内部导出（--office）。"
    writes = False

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ballot", metavar="CODE/NUMBER")
        parser.add_argument("--office", action="store_true", help="带名册和选票，只有json")
        parser.add_argument("--format", required=True, choices=["json", "csv", "pdf"])
        parser.add_argument("--output", metavar="FILE")

    def run(self, **options: Any) -> dict[str, Any]:
        ballot = find_named_ballot(options["ballot"])
        content = self._content(ballot, options["format"], office=options["office"])
        self.write_bytes(content, options["output"], quiet=options["json"])
        return {
            "ballot": options["ballot"],
            "state": ballot.state,
            "count": ballot.count_number,
            "format": options["format"],
            "size": len(content),
            "sha256": sha256_bytes(content),
            "output": options["output"],
            "errors": [],
        }

    def _content(self, ballot: Ballot, format: str, *, office: bool) -> bytes:
        result = ballot.results.select_related("document").last()
        if result is None:
            raise Refused("这次表决还没有确认结果。全部录完、核定，两个人确认以后才有。")
        if office and format == "json":
            try:
                return export_of(ballot)
            except NotAllSettled:
                raise Refused("还有选票没有录完或核定。") from None
        if office:
            raise Refused("带名册和选票的导出只有json。")
        try:
            return read_bytes(result.document.files.get(format=format).sha256)
        except FileNotFoundError:
            raise Refused("存档里找不到这份文件。") from None

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"已写到{result['output']}。"] if result["output"] else []
