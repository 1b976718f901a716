"""The product's own measurements, each against something in the same run; exit 1 where a bar is missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from core.commands import ProductCommand, Refused
from portal.management.benches import ballot, board, books, counting, ledger, pages, register
from portal.management.benches.measuring import Bar, machine_line, own_database, table

BENCHES: dict[str, Callable[[], list[Bar]]] = {
    "ledger": ledger.measure,
    "books": books.measure,
    "pages": pages.measure,
    "register": register.measure,
    "board": board.measure,
    "ballot": ballot.measure,
    "counting": counting.measure,
}


class Command(ProductCommand):
    help = (
        "量一量：ledger（做一份公示要多久）、books（重算账簿）、pages（页面查库次数和字节）、"
        "register（导入十万户、查找）、board（八步进度表）、ballot（印选票、录票）、counting（数五千张票），all 全部。用一次性的库，不动正式的数据。"
    )
    writes = False

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=[*BENCHES, "all"])

    def run(self, **options: Any) -> dict[str, Any]:
        names = list(BENCHES) if options["name"] == "all" else [options["name"]]
        begun = machine_line()
        bars: list[Bar] = []
        for name in names:
            with own_database():
                bars += BENCHES[name]()
        self.bars = bars
        result = {
            "on": timezone.localdate(self.at).isoformat(),
            "machine": begun,
            "bars": [bar.as_dict() for bar in bars],
        }
        missed = [bar for bar in bars if not bar.holds]
        if missed:
            raise Refused(
                "\n".join([begun, *table(bars)]), [{"reason": f"{bar.bar} {bar.what}"} for bar in missed], **result
            )
        return {**result, "errors": []}

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        yield f"{result['on']}, {result['machine']}"
        yield from table(self.bars)
