"""Write what was posted, byte for byte."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from core.commands import ProductCommand, Refused
from core.operations import read_bytes
from fees.management.commands.import_cashbook import find_compound
from fees.models import Ledger


class Command(ProductCommand):
    help = "写出已张贴的收支公示，逐字节不变。"
    writes = False

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--compound", required=True, metavar="CODE")
        parser.add_argument("--period", required=True, metavar="2026-10")
        parser.add_argument("--version", type=int, metavar="N")
        parser.add_argument("--format", required=True, choices=["json", "csv", "pdf", "html"])
        parser.add_argument("--output", metavar="FILE")

    def run(self, **options: Any) -> dict[str, Any]:
        compound = find_compound(options["compound"])
        ledgers = Ledger.objects.of(compound).filter(code=options["period"])
        if options["version"] is not None:
            ledgers = ledgers.filter(version=options["version"])
        ledger = ledgers.select_related("document").order_by("-version").first()
        if ledger is None:
            raise Refused(f"{compound.name}没有{options['period']}的收支公示。")
        file = ledger.document.files.get(format=options["format"])
        try:
            content = read_bytes(file.sha256)
        except FileNotFoundError:
            raise Refused(f"存档里找不到这份文件（{file.sha256}）。") from None
        self.write_bytes(content, options["output"], quiet=options["json"])
        return {
            "compound": compound.code,
            "period": ledger.code,
            "version": ledger.version,
            "format": file.format,
            "size": file.size,
            "sha256": file.sha256,
            "output": options["output"],
            "errors": [],
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"已写到{result['output']}。"] if result["output"] else []
