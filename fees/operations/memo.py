"""Lines beside the books: added, and taken away by later ones; never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from compounds.models import Compound
from core.models import Attachment, User
from core.money import show_money
from core.operations import record
from fees.choices import MemoKind
from fees.documents import memo_lines
from fees.models import MemoEntry, Voucher
from fees.operations.books import AGAIN, lock_books, open_period
from fees.operations.refusals import AlreadyNoted, BeforeLine, FarOff, SettlesTooMuch
from fees.rules import ZERO


@dataclass(frozen=True)
class MemoData:
    """A line beside the books as typed; ``settles``: the line it is taken from, 0 for what the opening brought."""

    kind: str
    on: date
    amount: Decimal
    text: str
    party: str = ""
    households: int | None = None
    source: str = ""
    service_line: str = ""
    settles: int | None = None
    voucher: Voucher | None = None
    attachment: Attachment | None = None


@transaction.atomic
def note_memo(compound: Compound, data: MemoData, *, actor: User, at: datetime) -> MemoEntry:
    """Add a line beside the books, or take (part of) an earlier one away; the month of its date must be open.

    ``amount`` is above zero either way.

    :raises PeriodClosed: :raises BeforeBooks: :raises FarOff: a date to come. :raises AlreadyNoted:
    :raises BeforeLine: :raises SettlesTooMuch: :raises BooksNotOpened:
    """
    lock_books(compound)
    if data.on > timezone.localdate(at):
        raise FarOff(data.on)
    open_period(compound, data.on, at=at)
    amount = data.amount if data.settles is None else -data.amount
    fields = {
        "kind": data.kind, "on": data.on, "amount": amount, "text": data.text, "party": data.party,
        "households": data.households, "source": data.source, "service_line": data.service_line,
        "settles_id": data.settles or None,
    }  # fmt: skip
    if MemoEntry.objects.filter(compound=compound, by=actor, at__gt=at - AGAIN, **fields).exists():
        raise AlreadyNoted
    if data.settles is not None:
        _refuse_taking(compound, data)
    entry = MemoEntry.objects.create(
        compound=compound, voucher=data.voucher, attachment=data.attachment, by=actor, at=at, **fields
    )
    what = f"{MemoKind(data.kind).label}{show_money(abs(amount))}元：{data.text}"
    record("memo.settle" if data.settles is not None else "memo.note",
           f"销去{what}" if data.settles is not None else f"记{what}", actor=actor, at=at,
           area_code=compound.area_code, subject=entry)  # fmt: skip
    return entry


def _refuse_taking(compound: Compound, data: MemoData) -> None:
    """Refuse to take away more than is left of a line, or before it stood."""
    lines = [line for line in memo_lines(compound, date.max) if (line.kind, line.pk) == (data.kind, data.settles)]
    line = lines[0] if lines else None
    if line is None or data.amount > line.left:
        raise SettlesTooMuch(line.left if line else ZERO)
    if data.on < line.on:
        raise BeforeLine(line.on)
