"""A compound's month from its vouchers: where money stood, both books, the office's cash book, the closing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, Subquery

from compounds.models import Compound
from core.hashing import canonical_json
from core.money import plain_money, show_money
from fees.choices import BookKind, ClosingStep, DecidedBy, Direction, Means, Must, Told
from fees.documents.checks import IMPORT_BANK_REASON, IMPORT_REASON, CheckItem, ClosingCheck, control_checks
from fees.documents.parts import BookPart, Line
from fees.models import (
    Book,
    Closing,
    Draft,
    DraftLine,
    ExpenseLimit,
    MoneyAccount,
    Opening,
    Period,
    Voucher,
    VoucherLine,
    with_control,
)
from fees.models import Ledger as LedgerRow
from fees.rules import ZERO, account_effects, add_up, book_effect, decider_of, last_day, month_of


@dataclass(frozen=True)
class Standing:
    """What every book and money account holds before a day; yuan. ``books`` and ``held`` by book key."""

    books: Mapping[int, Decimal]
    held: Mapping[int, Decimal]
    accounts: Mapping[int, Decimal]


def standing_before(compound: Compound, day: date) -> Standing:
    """Return what the compound's books and money accounts hold before a day.

    Begins at the last approved month before that day (its carried-forward balances), else at the openings.
    """
    books: dict[int, Decimal] = {}
    held: dict[int, Decimal] = {}
    accounts: dict[int, Decimal] = {}
    since = None
    closed = Period.objects.of(compound).closed().filter(month__lt=month_of(day)).order_by("-month").first()
    if closed is not None:
        since = last_day(closed.month)
        figures = json.loads(closed.figures)  # type: ignore[attr-defined]
        for key, row in figures["books"].items():
            books[int(key)], held[int(key)] = Decimal(row["closing"]), Decimal(row["held_balance"])
        accounts.update((int(key), Decimal(value)) for key, value in figures["accounts"].items())
    else:
        for opening in Opening.objects.filter(book__compound=compound):
            books[opening.book_id], held[opening.book_id] = opening.amount, opening.held
            accounts.update((key, Decimal(value)) for key, _, value in json.loads(opening.balances))
    moved = Voucher.objects.of(compound).filter(on__lt=day)
    if since is not None:
        moved = moved.filter(on__gt=since)
    for book_id, direction, amount, account, target in moved.values_list(
        "book_id", "direction", "amount", "money_account_id", "to_account_id"
    ):
        books[book_id] = books.get(book_id, ZERO) + book_effect(direction, amount, inside=target is not None)
        if direction in (Direction.HELD_IN, Direction.HELD_OUT):
            held[book_id] = held.get(book_id, ZERO) + book_effect(direction, amount, inside=False)
        for key, effect in account_effects(direction, amount, account, target):
            accounts[key] = accounts.get(key, ZERO) + effect
    return Standing(books, held, accounts)


# --- Both books ---


def _line_text(line: VoucherLine, voucher: Voucher) -> str:
    """Return a line's public text; a transfer inside one book says what moved where."""
    if voucher.to_account is None:
        return line.summary
    way = f"{voucher.money_account}到{voucher.to_account}"
    return f"{line.summary}（账内划转{show_money(line.amount)}元，{way}）"


def _month_vouchers(compound: Compound, first: date, last: date) -> list[Voucher]:
    return list(Voucher.objects.of(compound).between(first, last).in_ledger_order().for_display())


def _book_part(
    book: Book,
    vouchers: list[Voucher],
    before: Standing,
    after: Mapping[int, Decimal],
    means: Mapping[int, str],
    households: int,
    floor_area: Decimal,
) -> BookPart:
    """Return one book's part of a ledger from its vouchers of the period, in ledger order."""
    balance = opening = before.books.get(book.pk, ZERO)
    held = before.held.get(book.pk, ZERO)
    lines: list[Line] = []
    effects: list[tuple[str, Decimal, bool]] = []
    for voucher in vouchers:
        inside = voucher.to_account_id is not None
        whole = voucher.reversed_whole_by
        reversed_by = whole.number if whole else None
        for line in voucher.lines.all():
            effects.append((voucher.direction, line.amount, inside))
            balance += book_effect(voucher.direction, line.amount, inside=inside)
            if voucher.direction in (Direction.HELD_IN, Direction.HELD_OUT):
                held += book_effect(voucher.direction, line.amount, inside=False)
            lines.append(
                Line(
                    number=voucher.number,
                    on=voucher.on,
                    direction=voucher.direction,
                    account=line.account_name,
                    summary=_line_text(line, voucher),
                    quantity=line.quantity or None,
                    unit_price=line.unit_price or None,
                    source=line.source or None,
                    service_line=line.service_line or None,
                    amount=ZERO if inside else line.amount,
                    balance=balance,
                    reverses=voucher.reverses.number if voucher.reverses else None,
                    reversed_by=reversed_by,
                    reason=voucher.reason or None if voucher.reverses_id else None,
                )
            )
    totals = add_up(opening, effects)
    by_means = dict.fromkeys(Means.values, ZERO)
    for key, kind in means.items():
        by_means[kind] += after.get(key, ZERO)
    return BookPart(
        book=book.kind,
        opening=opening,
        income=totals.income,
        expense=totals.expense,
        transfers_in=totals.transfers_in,
        transfers_out=totals.transfers_out,
        held_in=totals.held_in,
        held_out=totals.held_out,
        closing=totals.closing,
        held_balance=held,
        cash=by_means[Means.CASH],
        bank=by_means[Means.BANK],
        qr=by_means[Means.QR],
        lines=tuple(lines),
        households=households,
        floor_area=floor_area,
    )


@dataclass(frozen=True)
class Month:
    """Both books of a compound's month, computed from the vouchers; ``accounts`` at its end, yuan."""

    parts: tuple[BookPart, ...]
    books: Mapping[str, Book]
    accounts: Mapping[int, Decimal]
    vouchers: tuple[Voucher, ...]
    money_accounts: tuple[MoneyAccount, ...]

    def figures(self) -> str:
        """Return the canonical JSON that a closing freezes and the next month begins from."""
        return canonical_json(
            {
                "books": {
                    str(self.books[part.book].pk): {
                        "kind": part.book,
                        **{name: plain_money(getattr(part, name)) for name in BookPart.MONEY},
                    }
                    for part in self.parts
                },
                "accounts": {str(key): plain_money(value) for key, value in sorted(self.accounts.items()) if value},
            }
        )


def month_of_books(
    compound: Compound, month: date, households: int = 0, *, until: date | None = None, floor_area: Decimal = ZERO,
    closing: bool = False,
) -> Month:  # fmt: skip
    """Return both books of a month, or of all months to ``until``, from the vouchers as they stand.

    ``closing``: with what was held against the world for its money accounts.
    """
    books = {book.kind: book for book in Book.objects.of(compound).select_related("compound")}
    before = standing_before(compound, month)
    vouchers = _month_vouchers(compound, month, last_day(until or month))
    after = dict(before.accounts)
    for voucher in vouchers:
        for key, effect in account_effects(
            voucher.direction, voucher.amount, voucher.money_account_id, voucher.to_account_id
        ):
            after[key] = after.get(key, ZERO) + effect
    means: dict[int, dict[int, str]] = {}
    purses = MoneyAccount.objects.of(compound)
    money_accounts = tuple(with_control(purses, month) if closing else purses)
    for purse in money_accounts:
        means.setdefault(purse.book_id, {})[purse.pk] = purse.means
        after.setdefault(purse.pk, ZERO)
    parts = tuple(
        _book_part(
            book,
            [v for v in vouchers if v.book_id == book.pk],
            before,
            after,
            means.get(book.pk, {}),
            households,
            floor_area,
        )
        for kind in BookKind.values
        if (book := books.get(kind))
    )
    return Month(parts, books, after, tuple(vouchers), money_accounts)


# --- Closing ---


@dataclass(frozen=True)
class ClosingView:
    """A month before or after closing: checks that stop it, checks to explain, figures, and the steps so far."""

    period: Period
    month: Month
    must: tuple[ClosingCheck, ...]
    told: tuple[ClosingCheck, ...]
    steps: tuple[Closing, ...]
    earlier_open: date | None
    ledger: LedgerRow | None
    within: LedgerRow | None = None  # a longer period's ledger that hangs while the month's own does not

    @property
    def last(self) -> Closing | None:
        return self.steps[-1] if self.steps else None

    @property
    def step(self) -> str:
        return self.last.step if self.last else ""

    @property
    def hangs(self) -> bool:
        """Whether a ledger with this month hangs, its own or a longer period's: its approval stays."""
        return self.ledger is not None or self.within is not None

    @property
    def needing_reason(self) -> tuple[ClosingCheck, ...]:
        return tuple(check for check in self.told if not check.reason)


def _item(voucher: Voucher, kinds: Mapping[int, str]) -> CheckItem:
    return CheckItem(f"第{voucher.number}号", kinds[voucher.book_id], voucher.year, voucher.number)


def _told_cases(month: Month, limits: Mapping[str, Decimal | None]) -> dict[str, list[Voucher]]:
    """Return the vouchers that each told check speaks of."""
    cases: dict[str, list[Voucher]] = {key: [] for key in Told.values}
    for voucher in month.vouchers:
        if voucher.reverses_id:
            continue
        if voucher.reason:
            cases[Told.NEGATIVE].append(voucher)
        if voucher.direction in (Direction.TRANSFER_IN, Direction.TRANSFER_OUT):
            continue
        lines = list(voucher.lines.all())
        spends = voucher.direction == Direction.EXPENSE
        if spends and voucher.attachments == "[]":
            cases[Told.NO_EVIDENCE].append(voucher)
        if spends and not (voucher.handler and voucher.witness and voucher.approver):
            cases[Told.NO_SIGNATURES].append(voucher)
        if any(line.account.needs == "decision" for line in lines) and not voucher.decision:
            cases[Told.NO_DECISION].append(voucher)
        if spends and not voucher.decision and decider_of(voucher.amount, limits) != DecidedBy.HEAD:
            cases[Told.OVER_LIMIT].append(voucher)
        if voucher.bill_on and month_of(voucher.bill_on) < month_of(voucher.on):
            cases[Told.LATE_BILL].append(voucher)
        if spends and any(not line.source for line in lines):
            cases[Told.NO_SOURCE].append(voucher)
        if any(line.account_id == "405" for line in lines) and voucher.direction == Direction.HELD_IN:
            cases[Told.UNIDENTIFIED].append(voucher)
    return cases


def _told_checks(compound: Compound, start: date, month: Month, kinds: Mapping[int, str]) -> list[ClosingCheck]:
    checks = []
    limits = ExpenseLimit.objects.for_compound(compound)
    for key, vouchers in _told_cases(month, limits).items():
        imported = [v for v in vouchers if v.origin.startswith("import:")]
        typed = [v for v in vouchers if v not in imported]
        for cases, reason in ((imported, IMPORT_REASON), (typed, "")):
            if key == Told.NEGATIVE and cases:
                reason = "；".join(sorted({v.reason for v in cases}))
            if cases:
                items = tuple(_item(v, kinds) for v in cases)
                checks.append(ClosingCheck(key, Told(key).label, items, reason))
    short = tuple(
        CheckItem(f"{part.label}{means.label}{show_money(amount)}元", part.book)
        for part in month.parts
        for means, amount in ((Means.BANK, part.bank), (Means.QR, part.qr))
        if amount < 0
    )
    if short:
        from_file = any(v.origin.startswith("import:") for v in month.vouchers)
        reason = IMPORT_BANK_REASON if from_file else ""
        checks.append(ClosingCheck(Told.OVERDRAWN, Told.OVERDRAWN.label, short, reason))
    return checks + control_checks(start, month.money_accounts, month.vouchers, month.accounts)


def _must_checks(compound: Compound, month_start: date, month: Month, kinds: Mapping[int, str]) -> list[ClosingCheck]:
    checks = []
    first = DraftLine.objects.filter(draft=OuterRef("pk")).order_by("position").values("summary")[:1]
    drafts = Draft.objects.of(compound).within_month(month_start).annotate(first=Subquery(first))
    items = tuple(CheckItem(summary or "草稿", draft=pk) for pk, summary in drafts.values_list("pk", "first"))
    if items:
        checks.append(ClosingCheck(Must.DRAFTS, Must.DRAFTS.label, items))
    short = tuple(
        CheckItem(f"{part.label}现金{show_money(part.cash)}元", part.book) for part in month.parts if part.cash < 0
    )
    if short:
        checks.append(ClosingCheck(Must.CASH_NEGATIVE, Must.CASH_NEGATIVE.label, short))
    pairs: dict[str, list[Voucher]] = {}
    for voucher in month.vouchers:
        if voucher.direction in (Direction.TRANSFER_IN, Direction.TRANSFER_OUT) and voucher.to_account_id is None:
            pairs.setdefault(voucher.pair, []).append(voucher)
    lone = [v for pair, legs in pairs.items() for v in legs if not pair or len(legs) != 2]
    if lone:
        checks.append(ClosingCheck(Must.UNPAIRED, Must.UNPAIRED.label, tuple(_item(v, kinds) for v in lone)))
    return checks


def closing_view(period: Period) -> ClosingView:
    """Return a month as its closing page and the closing itself see it."""
    compound = period.compound
    month = month_of_books(compound, period.month, closing=True)
    kinds = {book.pk: kind for kind, book in month.books.items()}
    steps = tuple(period.closings.select_related("by", "prepared_by").order_by("seq")) if period.pk else ()
    earlier = None
    if not steps or steps[-1].step != ClosingStep.APPROVED:  # months close in order
        earlier = Period.objects.of(compound).not_closed().filter(month__lt=period.month).order_by("month").first()
    covering = LedgerRow.objects.of(compound).covering(period.month)
    ledgers = list(covering.select_related("document").order_by("last_month", "-first_month", "-version"))
    ledger = next((row for row in ledgers if row.code == period.code), None)
    return ClosingView(
        period=period,
        month=month,
        must=tuple(_must_checks(compound, period.month, month, kinds)),
        told=tuple(_told_checks(compound, period.month, month, kinds)),
        steps=steps,
        earlier_open=earlier.month if earlier else None,
        ledger=ledger,
        within=None if ledger or not ledgers else ledgers[0],
    )


# --- The cash book of the office ---


@dataclass(frozen=True)
class CashRow:
    """One line of the cash book: amounts in their columns, the balance after it; yuan."""

    voucher: Voucher
    line: VoucherLine
    income: Decimal | None
    expense: Decimal | None
    aside: str
    balance: Decimal
    reverses: int | None
    reversed_by: int | None  # the red voucher after which nothing is left
    reduced_by: tuple[tuple[int, Decimal], ...]  # red vouchers that took back a part, with their yuan above zero
    first_of_voucher: bool


@dataclass(frozen=True)
class CashBook:
    """A book's month as the office keeps it."""

    book: Book
    month: date
    opening: Decimal
    rows: tuple[CashRow, ...]
    income: Decimal
    expense: Decimal
    closing: Decimal

    @property
    def numbers(self) -> tuple[int, int] | None:
        """The first and the last voucher number of the month, or None in a month without any."""
        numbers = [row.voucher.number for row in self.rows]
        return (min(numbers), max(numbers)) if numbers else None


# In which column of the cash book a direction stands.
LEFT = {Direction.INCOME, Direction.TRANSFER_IN, Direction.HELD_IN}


def cash_row(voucher: Voucher, line: VoucherLine, balance: Decimal, *, first: bool) -> CashRow:
    """Return a line of a voucher fetched ``for_display`` as a row of the cash book; ``balance``: after it, yuan."""
    inside = voucher.to_account_id is not None
    left = voucher.direction in LEFT
    whole = voucher.reversed_whole_by
    return CashRow(
        voucher=voucher,
        line=line,
        income=line.amount if left and not inside else None,
        expense=line.amount if not left and not inside else None,
        aside=f"划转 {show_money(line.amount)}" if inside else "",
        balance=balance,
        reverses=voucher.reverses.number if voucher.reverses else None,
        reversed_by=whole.number if whole else None,
        reduced_by=() if whole else tuple((red.number, -red.amount) for red in voucher.reversed_by.all()),
        first_of_voucher=first,
    )


def cash_book(book: Book, month: date) -> CashBook:
    """Return a book's month with its running balance, by date then number."""
    balance = opening = standing_before(book.compound, month).books.get(book.pk, ZERO)
    vouchers = Voucher.objects.filter(book=book).between(month, last_day(month)).order_by("on", "number").for_display()
    rows: list[CashRow] = []
    income = expense = ZERO
    for voucher in vouchers:
        for line in voucher.lines.all():
            balance += book_effect(voucher.direction, line.amount, inside=voucher.to_account_id is not None)
            if voucher.direction == Direction.INCOME:
                income += line.amount
            if voucher.direction == Direction.EXPENSE:
                expense += line.amount
            rows.append(cash_row(voucher, line, balance, first=line.position == 1))
    return CashBook(book, month, opening, tuple(rows), income, expense, balance)
