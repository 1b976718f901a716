"""Import vouchers from a cash-book workbook; without --apply only a preview of the same computation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from compounds.models import Compound
from core.commands import ProductCommand, Refused
from core.hashing import sha256_bytes
from fees.imports import read_cashbook, word_refusal, word_rows
from fees.models import Voucher
from fees.operations import ImportedBefore, Refusal, RowsRefused, SamePerson, import_cashbook
from fees.permissions import can_enter, can_review


def find_compound(code: str) -> Compound:
    """Return the compound of this public code.

    :raises Refused: when there is none.
    """
    compound = Compound.objects.filter(code=code).first() if code.isascii() else None
    if compound is None:
        raise Refused(f"没有编号是{code}的小区。")
    return compound


class Command(ProductCommand):
    help = "导入收支表（xlsx）。不加 --apply 只预览，不写入。"
    two_persons = True

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--compound", required=True, metavar="CODE")
        parser.add_argument("--apply", action="store_true")

    def run(self, **options: Any) -> dict[str, Any]:
        compound = find_compound(options["compound"])
        today = timezone.localdate(self.at)
        self.require(self.actor, can_enter(self.actor, compound, today))
        self.require(self.second, can_review(self.second, compound, today))
        content = self.read_file(options["file"])
        cashbook = read_cashbook(content)
        try:
            with transaction.atomic():
                vouchers = import_cashbook(
                    compound,
                    cashbook,
                    name=Path(options["file"]).name,
                    sha256=sha256_bytes(content),
                    entered_by=self.actor,
                    reviewed_by=self.second,
                    at=self.at,
                )
                if not options["apply"]:
                    transaction.set_rollback(True)
        except ImportedBefore as refusal:
            first = refusal.first
            when = timezone.localtime(first.at)
            raise Refused(
                f"这个文件{when:%Y年%m月%d日%H:%M}由{first.by}导入过（{first.name}，{first.rows}行），不能再导入一次。"
            ) from None
        except RowsRefused as refusal:
            errors = [error.as_dict() for error in word_rows(refusal, content)]
            raise Refused(f"有{len(errors)}处不能记账，什么都没有写入。", errors) from None
        except SamePerson:
            raise Refused("录入和复核要是两个人：--as 和 --second 不能是同一个账号。") from None
        except Refusal as refusal:
            raise Refused(word_refusal(refusal)) from None
        return {
            "compound": compound.code,
            "applied": options["apply"],
            "rows": len(cashbook.rows),
            "openings": len(cashbook.openings),
            "vouchers": len(vouchers),
            "numbers": _numbers(vouchers),
            "errors": [],
        }

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        done = "已记账" if result["applied"] else "预览，没有写入。加 --apply 才记账"
        return [f"{done}：{result['rows']}行，{result['vouchers']}张凭证，期初{result['openings']}行。"]


def _numbers(vouchers: list[Voucher]) -> list[dict[str, Any]]:
    """Return which numbers each book got, by year."""
    spans: dict[tuple[str, int], list[int]] = {}
    for voucher in vouchers:
        spans.setdefault((voucher.book.kind, voucher.year), []).append(voucher.number)
    return [{"book": k, "year": y, "first": min(n), "last": max(n)} for (k, y), n in sorted(spans.items())]
