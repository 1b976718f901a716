"""What office pages show of the books, made ready for the eye: ties of reversals, what must be looked at twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.choices import EvidenceKind
from core.models import User
from core.money import capitals, show_money
from fees.choices import DecidedBy, Direction
from fees.documents import CashBook, CashRow, ClosingCheck, ClosingView, held_items, is_same_party
from fees.forms import COLUMN_OF, LENT
from fees.models import Account, Draft, DraftLine, ExpenseLimit, Opinion, Voucher, VoucherEvidence
from fees.rules import decider_of, is_another, month_of

LANES = 3


@dataclass(frozen=True)
class BookRow:
    """A line of the cash book with its pieces of the brackets that tie reversals: per lane "", start, mid or end."""

    cash: CashRow
    ties: tuple[str, ...]

    @property
    def is_red(self) -> bool:
        """Whether this line reverses another."""
        return self.cash.reverses is not None


def tied(rows: Sequence[CashRow]) -> list[BookRow]:
    """Return the rows with the brackets between each reversed voucher and its reversal in the same month.

    Brackets that overlap take different lanes; beyond three nothing is drawn, as the words say it too.
    """
    places = {row.voucher.number: i for i, row in enumerate(rows) if row.first_of_voucher}
    lanes: list[list[str]] = [[""] * len(rows) for _ in range(LANES)]
    pairs = sorted(
        (places[row.reverses], i)
        for i, row in enumerate(rows)
        if row.first_of_voucher and row.reverses is not None and row.reverses in places
    )
    for one, other in pairs:
        first, last = min(one, other), max(one, other)
        for lane in lanes:
            if not any(lane[first : last + 1]):
                lane[first], lane[last] = "start", "end"
                lane[first + 1 : last] = ["mid"] * (last - first - 1)
                break
    return [BookRow(row, tuple(lane[i] for lane in lanes)) for i, row in enumerate(rows)]


def numbers_without_gap(book: CashBook) -> tuple[int, int] | None:
    """Return the month's first and last number where all between them stand in it too, else None."""
    numbers = {row.voucher.number for row in book.rows}
    if not numbers or max(numbers) - min(numbers) + 1 != len(numbers):
        return None
    return min(numbers), max(numbers)


@dataclass(frozen=True)
class SlipLine:
    """One line of a voucher or draft as its own page shows it; the amount in its column."""

    account: str
    summary: str
    quantity: str
    unit_price: str
    source: str
    service_line: str
    income: Decimal | None
    expense: Decimal | None


@dataclass(frozen=True)
class Slip:
    """A voucher or a draft as its own page shows it."""

    subject: Voucher | Draft
    lines: tuple[SlipLine, ...]
    total: Decimal
    is_income: bool

    @property
    def is_red(self) -> bool:
        """Whether it reverses another."""
        return self.subject.reverses_id is not None

    @property
    def capitals(self) -> str:
        """The total in capitals (大写)."""
        return capitals(self.total)


def slip_of(subject: Voucher | Draft) -> Slip:
    """Return a voucher or draft fetched ``for_display`` as a slip."""
    left = COLUMN_OF[Direction(subject.direction)] == "income"
    lines = tuple(
        SlipLine(
            account=f"{line.account_id} {getattr(line, 'account_name', '') or line.account.name}",
            summary=line.summary,
            quantity=line.quantity,
            unit_price=line.unit_price,
            source=line.get_source_display(),
            service_line=line.get_service_line_display(),
            income=line.amount if left else None,
            expense=None if left else line.amount,
        )
        for line in subject.lines.all()
    )
    total = sum((line.amount for line in subject.lines.all()), Decimal("0.00"))
    return Slip(subject, lines, total, left)


def is_own(draft: Draft, user: User) -> bool:
    """Return whether a draft was typed by this user or for this user (代录): another must review it."""
    return not is_another(draft.entered_by_id, user.pk, draft.entered_for, user.name)


@dataclass(frozen=True)
class Caution:
    """Something the reviewer must look at twice; ``answer`` where it must be ticked that it was seen."""

    text: str
    answer: bool = False


def cautions(draft: Draft, reviewer: User, used_twice: Sequence[str]) -> list[Caution]:
    """Return what a reviewer must see before posting a draft (domain.md: a payment to oneself is answered)."""
    found = []
    spends = draft.direction in (Direction.EXPENSE, Direction.HELD_OUT)
    typed = {name for name in (draft.entered_by.name, draft.entered_for) if name}
    if draft.payee and spends and draft.payee == reviewer.name:
        found.append(Caution(f"钱是付给您自己的：对方是{draft.payee}。", answer=True))
    elif draft.payee and spends and draft.payee in typed:
        found.append(Caution(f"钱是付给录入的人的：对方是{draft.payee}。", answer=True))
    lines = list(draft.lines.all())
    if draft.direction == Direction.EXPENSE and not draft.reverses_id:
        if not draft.attachments.all():
            found.append(Caution("没有票据。结账时要说明原因，公示时会印出来。"))
        missing = [label for label, value in _signers(draft) if not value]
        if missing:
            found.append(Caution(f"没有写{'、'.join(missing)}。"))
        if any(not line.source for line in lines):
            found.append(Caution("没有选用哪处的钱，公示时会写未区分。"))
    for account in {line.account for line in lines if line.account.needs == "contract"}:
        if not _has_contract(draft, account):
            found.append(Caution(f"{account}要有合同，这个小区还没有附过。"))
    if draft.direction == Direction.HELD_OUT and not draft.reverses_id:
        found += _returned_beyond(draft, lines)
    if draft.bill_on and month_of(draft.bill_on) < month_of(draft.on):
        found.append(Caution(f"票据是{draft.bill_on.year}年{draft.bill_on.month}月的，早于记账的月份。"))
    found += [Caution(sentence) for sentence in used_twice]
    if draft.reason:
        found.append(Caution(f"录入的人写明了特殊情况：{draft.reason}"))
    return found


def _returned_beyond(draft: Draft, lines: Sequence[DraftLine]) -> list[Caution]:
    """Return a caution for each line that gives back more than is held for that party; advances go out first."""
    held = held_items(draft.book, draft.on)
    found = []
    for line in lines:
        if line.account.code == LENT:
            continue
        own = [i.amount for i in held if i.account == line.account and is_same_party(i.payee, draft.payee)]
        left = sum(own, Decimal("0.00"))
        if line.amount > left:
            whose = draft.payee or "没写名字的人"
            said = f"{line.account}里只替{whose}保管着{show_money(left)}元，这张要付{show_money(line.amount)}元。"
            found.append(Caution(said, answer=True))
    return found


def _has_contract(draft: Draft, account: Account) -> bool:
    """Return whether a contract lies with this draft, or with an earlier voucher of the account."""
    if draft.decision or any(paper.kind == EvidenceKind.CONTRACT for paper in draft.attachments.all()):
        return True
    known = VoucherEvidence.objects.filter(kind=EvidenceKind.CONTRACT, voucher__lines__account=account)
    return known.filter(voucher__book__compound=draft.book.compound).exists()


def who_decides(draft: Draft) -> str:
    """Say whose decision an expense is by the limits, and by which number it was decided; empty for anything else."""
    if draft.direction != Direction.EXPENSE or draft.reverses_id:
        return ""
    total = sum((line.amount for line in draft.lines.all()), Decimal("0.00"))
    who = decider_of(total, ExpenseLimit.objects.for_compound(draft.book.compound))
    return f"{DecidedBy(who).label}" + (f"，{draft.decision}" if draft.decision else "")


def _signers(draft: Draft) -> list[tuple[str, str]]:
    return [("经手人", draft.handler), ("证明人", draft.witness), ("审批人", draft.approver)]


@dataclass(frozen=True)
class LedgerMade:
    """A part of a job that succeeded: whose ledger of which month hangs, and whether this job made it."""

    title: str
    compound: str
    period: str
    made: bool


def ledgers_made(results: Sequence[tuple[str, str]]) -> list[LedgerMade]:
    """Return the ledgers that the parts of a job report, from (title, result as JSON)."""
    found = []
    for title, text in results:
        result = json.loads(text) if text else {}
        if isinstance(result, dict) and "compound" in result:
            found.append(LedgerMade(title, result["compound"], result["code"], result["made"]))
    return found


@dataclass(frozen=True)
class Event:
    """One thing that happened to a month on its way: what, the words that were written, who, when."""

    what: str
    words: str
    by: str
    at: datetime


def course_of(view: ClosingView, said: Sequence[Opinion]) -> list[Event]:
    """Return a month's way so far, oldest first: the steps of its closing and the auditors' opinions between them."""
    if not view.steps:
        return []
    events = [
        *(Event(s.get_step_display(), s.note, s.by.name, s.at) for s in view.steps),
        *(Event(f"监督员{o.get_kind_display()}", o.text, o.by.name, o.at) for o in said),
    ]
    return sorted(events, key=lambda event: event.at)


def explained(view: ClosingView) -> list[tuple[ClosingCheck, str]]:
    """Return a month's told checks with the reasons that stand in its last closing, else their own."""
    given: list[dict[str, Any]] = json.loads(view.last.told) if view.last is not None else []
    known = len(given) == len(view.told)  # a month that was sent back may have changed since
    return [(check, given[i]["reason"] if known else check.reason) for i, check in enumerate(view.told)]
