"""Ways to change the books behind the product's back, with every trigger off (quality.md R17)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction

from compounds.models import Compound
from core.insert_only import insert_only_models, trigger_names
from core.models import Attachment, Document, DocumentFile
from fees.models import Book, Closing, MoneyAccount, Opening, Voucher, VoucherEvidence, VoucherLine
from fees.rules import LINE_COLUMNS, VOUCHER_COLUMNS, genesis, lines_hash, opening_hash, voucher_hash
from fees.verification import Report
from tests import factories

HOME = f"{factories.COMMUNITY}01"


def drop_triggers() -> None:
    """Take every guard of the insert-only tables away."""
    with connection.cursor() as cursor:
        for model in insert_only_models():
            for name in trigger_names(model, connection.vendor):
                on = f' ON "{model._meta.db_table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER "{name}"{on}')


@contextmanager
def undone() -> Iterator[None]:
    """Take back every change of the block, to rows and to the anchors file."""
    anchors = settings.ANCHORS_FILE.read_bytes()
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        settings.ANCHORS_FILE.write_bytes(anchors)


@contextmanager
def without_anchors() -> Iterator[None]:
    anchors = settings.ANCHORS_FILE.read_bytes()
    settings.ANCHORS_FILE.unlink()
    try:
        yield
    finally:
        settings.ANCHORS_FILE.write_bytes(anchors)


def home() -> Compound:
    return Compound.objects.get(code=HOME)


def named(report: Report) -> list[tuple[str, str, int | None]]:
    return [(fault.compound, fault.book, fault.number) for fault in report.bad]


def service() -> models.QuerySet[Voucher]:
    return Voucher.objects.filter(book__compound__code=HOME, book__kind="service").order_by("seq")


def other_value(field: models.Field[Any, Any], value: Any) -> Any:
    """Return another value that the column takes."""
    if isinstance(field, models.DecimalField):
        return Decimal(value or 0) + Decimal("0.01")
    if isinstance(field, models.DateTimeField):
        return factories.AT.replace(year=2025)
    if isinstance(field, models.DateField):
        return date(2026, 9, 23) if value != date(2026, 9, 23) else date(2026, 9, 24)
    if isinstance(field, (models.IntegerField, models.PositiveIntegerField, models.PositiveSmallIntegerField)):
        return int(value or 0) + 1000
    if field.is_relation:
        others = field.related_model._default_manager.exclude(**{field.target_field.attname: value})  # type: ignore[union-attr]
        return others.order_by("-pk").values_list(field.target_field.attname, flat=True).first()
    text = str(value)
    return ("别" + text)[: field.max_length or None] if text != "别" else "另"


def update(row: Any, **changes: Any) -> bool:
    """Write straight into a row; return whether the table's constraints let it."""
    try:
        with transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(**changes)
    except IntegrityError:
        assert next(iter(changes)) in CONSTRAINED, "only what a constraint forbids may fail"
        return False
    return True


CONSTRAINED = {
    "direction", "to_account_id", "entered_by_id", "reviewed_by_id", "posted_on", "posted_until", "document_id", "format",
    "voucher_id",
}  # fmt: skip


def delete(*vouchers: Voucher) -> None:
    VoucherEvidence.objects.filter(voucher__in=vouchers)._raw_delete(using="default")
    VoucherLine.objects.filter(voucher__in=vouchers)._raw_delete(using="default")
    Voucher.objects.filter(pk__in=[v.pk for v in vouchers])._raw_delete(using="default")


def rechain(book: Book) -> None:
    """Compute a book's whole chain anew, as someone with the code and the database could."""
    opening = Opening.objects.filter(book=book).first()
    before = genesis(book.compound.code, book.kind)
    if opening is not None:
        before = opening_hash(vars(opening))
        Opening.objects.filter(pk=opening.pk).update(hash=before)
    numbers: dict[int, int] = {}
    for place, voucher in enumerate(Voucher.objects.filter(book=book).order_by("seq"), start=1):
        lines = list(voucher.lines.order_by("position").values(*LINE_COLUMNS))
        numbers[voucher.year] = numbers.get(voucher.year, 0) + 1
        voucher.seq, voucher.number = place, numbers[voucher.year]
        voucher.amount = sum((line["amount"] for line in lines), Decimal("0.00"))
        voucher.line_count, voucher.lines_hash, voucher.previous_hash = len(lines), lines_hash(lines), before
        voucher.hash = before = voucher_hash({c: getattr(voucher, c) for c in VOUCHER_COLUMNS})
        Voucher.objects.filter(pk=voucher.pk).update(
            **{c: getattr(voucher, c) for c in VOUCHER_COLUMNS}, hash=voucher.hash
        )


def _pick(chance: random.Random) -> Voucher:
    return chance.choice(list(service()))


def edit_amount(chance: random.Random) -> int:
    voucher = _pick(chance)
    line = voucher.lines.order_by("position").first()
    assert line is not None
    VoucherLine.objects.filter(pk=line.pk).update(amount=line.amount + Decimal(chance.randint(1, 99999)) / 100)
    return voucher.number


def edit_amount_and_rehash(chance: random.Random) -> int:
    """The line, its hash, the voucher's amount and its own hash - but not the successors'."""
    voucher = _pick(chance)
    VoucherLine.objects.filter(voucher=voucher).update(amount=Decimal("777.77"))
    lines = list(voucher.lines.values(*LINE_COLUMNS))
    voucher.amount, voucher.lines_hash = Decimal("777.77"), lines_hash(lines)
    voucher.hash = voucher_hash({c: getattr(voucher, c) for c in VOUCHER_COLUMNS})
    Voucher.objects.filter(pk=voucher.pk).update(
        amount=voucher.amount, lines_hash=voucher.lines_hash, hash=voucher.hash
    )
    return voucher.number


def add_line(chance: random.Random) -> int:
    voucher = _pick(chance)
    line = voucher.lines.order_by("position").last()
    assert line is not None
    line.pk, line.position, line.amount = None, line.position + 1, Decimal("0.01")
    line.save(force_insert=True)
    return voucher.number


def add_lines_that_cancel(chance: random.Random) -> int:
    """Two lines whose sum is nothing: the voucher's amount still fits."""
    voucher = _pick(chance)
    line = voucher.lines.order_by("position").last()
    assert line is not None
    for step, amount in ((1, Decimal("5.00")), (2, Decimal("-5.00"))):
        line.pk, line.position, line.amount = None, line.position + step, amount
        line.save(force_insert=True)
    return voucher.number


def delete_inside(chance: random.Random) -> int:
    voucher = chance.choice(list(service())[:-1])
    delete(voucher)
    return voucher.number


def cut_tail(chance: random.Random) -> int:
    vouchers = list(service())
    gone = vouchers[-chance.randint(1, min(50, len(vouchers) // 3)) :]
    delete(*gone)
    return gone[0].number


def swap(chance: random.Random) -> int:
    """Exchange two vouchers' places and numbers."""
    one, other = chance.sample(list(service()), 2)
    for row, like in ((one, 90_000), (other, one), (one, other)):
        seq, number = (like, like) if isinstance(like, int) else (like.seq, like.number)
        Voucher.objects.filter(pk=row.pk).update(seq=seq, number=number)
    return min(one.number, other.number)


def insert_with_hashes(chance: random.Random) -> int:
    """A voucher that never was, at the end, its hashes right."""
    last = service().last()
    assert last is not None
    lines = list(last.lines.values(*LINE_COLUMNS))
    new = Voucher(**{c: getattr(last, c) for c in VOUCHER_COLUMNS})
    new.seq, new.number, new.previous_hash = last.seq + 1, last.number + 1, last.hash
    new.on, new.year = date(2026, 10, 9), 2026  # into the closed month
    new.hash = voucher_hash({c: getattr(new, c) for c in VOUCHER_COLUMNS})
    new.save(force_insert=True)
    VoucherLine.objects.bulk_create(VoucherLine(voucher=new, **row) for row in lines)
    return new.number


def recompute_everything(chance: random.Random) -> int:
    voucher = chance.choice(list(service()))
    VoucherLine.objects.filter(voucher=voucher).update(amount=Decimal("1.23"))
    rechain(voucher.book)
    return voucher.number


def recompute_after_a_deletion(chance: random.Random) -> int:
    voucher = chance.choice(list(service()))
    delete(voucher)
    rechain(voucher.book)
    return voucher.number


def move_to_another_month(chance: random.Random) -> int:
    voucher = chance.choice(list(service().filter(on__month=9)))
    Voucher.objects.filter(pk=voucher.pk).update(on=date(2026, 10, 2))
    rechain(voucher.book)
    return voucher.number


def edit_closing(chance: random.Random) -> None:
    closing = chance.choice(list(Closing.objects.filter(period__compound__code=HOME, step="approved")))
    figures = closing.figures.replace('"closing":"', '"closing":"1', 1)
    Closing.objects.filter(pk=closing.pk).update(figures=figures)


def edit_document(chance: random.Random) -> None:
    document = chance.choice(list(Document.objects.filter(kind="ledger").order_by("pk")))
    at = chance.randrange(len(document.data))
    letter = "甲" if document.data[at] != "甲" else "乙"
    Document.objects.filter(pk=document.pk).update(data=document.data[:at] + letter + document.data[at + 1 :])


def drop_ledger_file_row(chance: random.Random) -> None:
    DocumentFile.objects.filter(pk=chance.choice(list(DocumentFile.objects.all())).pk)._raw_delete(using="default")


def edit_paper_number(chance: random.Random) -> None:
    Attachment.objects.update(number="另一个号")


def drop_evidence(chance: random.Random) -> None:
    VoucherEvidence.objects.all()._raw_delete(using="default")


def move_money(chance: random.Random) -> int:
    """A money account given to the other book: every balance by means changes."""
    MoneyAccount.objects.filter(book__compound__code=HOME, book__kind="service", means="cash").update(means="qr")
    return 0


def edit_anchor(chance: random.Random) -> None:
    lines = settings.ANCHORS_FILE.read_text().splitlines()
    mine = [n for n, text in enumerate(lines) if f'"{HOME}"' in text]
    place = chance.choice(mine)
    anchor = json.loads(lines[place])
    anchor["hash"] = "0" * 64
    lines[place] = json.dumps(anchor)
    settings.ANCHORS_FILE.write_text("\n".join(lines) + "\n")


def edit_anchor_count(chance: random.Random) -> None:
    lines = settings.ANCHORS_FILE.read_text().splitlines()
    anchor = json.loads(lines[-1])
    anchor["count"] += 1
    lines[-1] = json.dumps(anchor)
    settings.ANCHORS_FILE.write_text("\n".join(lines) + "\n")


ACTS: list[Callable[[random.Random], int | None]] = [
    edit_amount, edit_amount_and_rehash, add_line, add_lines_that_cancel, delete_inside, cut_tail, swap,
    insert_with_hashes, recompute_everything, recompute_after_a_deletion, move_to_another_month, edit_closing,
    edit_document, drop_ledger_file_row, edit_paper_number, drop_evidence, move_money, edit_anchor, edit_anchor_count,
]  # fmt: skip
