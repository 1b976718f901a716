"""Count a ballot's exported file again, from nothing but the file."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from ballots.rules import Unreadable, recount
from core.commands import ProductCommand, Refused


class Command(ProductCommand):
    help = "把一次表决的导出文件重新数一遍，只用这个文件。"
    writes = False

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.json")

    def run(self, **options: Any) -> dict[str, Any]:
        try:
            data = json.loads(self.read_file(options["file"]).decode("utf-8-sig"))
            result = recount(data)
        except (Unreadable, ValueError, RecursionError) as problem:
            raise Refused(f"读不出来：{problem}") from None
        if "result" in data and data["result"] != result:
            raise Refused("不一致：文件里写的结果和重新数的不一样。", result=result)
        return {"result": result, "errors": []}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [json.dumps({"result": result["result"]}, ensure_ascii=False, indent=1)]
