"""Every constraint of the books refuses in the database itself, whatever code or form asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from core.models import Attachment, Document
from core.operations import machine
from fees.models import (
    Account,
    Asset,
    CashCount,
    Closing,
    CorrectionDraft,
    Draft,
    DraftLine,
    ExpenseLimit,
    Import,
    Ledger,
    MemoEntry,
    MoneyAccount,
    Opening,
    Opinion,
    Period,
    PostingProof,
    Reconciliation,
    SharedAccount,
    Voucher,
    VoucherLine,
)
from tests import factories
from tests.constraints import all_constraints

pytestmark = pytest.mark.django_db

DAY = date(2026, 10, 5)


@dataclass
class Stock:
    """What the broken rows refer to."""

    home: Any
    books: Any
    voucher: Voucher
    draft: Draft
    period: Period


@pytest.fixture
def stock() -> Stock:
    home = factories.compound()
    (voucher,) = factories.post(home, [factories.data(home, DAY, "101", "10.00")])
    books = factories.books(home)
    draft = Draft.objects.create(
        book=books["service"], on=DAY, direction="income", money_account=factories.purse(books["service"]),
        entered_by=machine("system"), entered_at=factories.AT, form_token="a" * 32,
    )  # fmt: skip
    DraftLine.objects.create(draft=draft, position=1, summary="款", amount=Decimal("1.00"), account=voucher_account())
    return Stock(home, books, voucher, draft, Period.objects.get(compound=home))


def voucher_account() -> Account:
    return factories.account("101")


def copy(row: models.Model, **changes: Any) -> models.Model:
    """Return a new row like a stored one but for these fields."""
    values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
    return type(row)(**values | changes)


def voucher(stock: Stock, **changes: Any) -> models.Model:
    return copy(stock.voucher, **({"seq": 2, "number": 2} | changes))


def line(stock: Stock, **changes: Any) -> models.Model:
    return copy(stock.voucher.lines.get(), **({"position": 2} | changes))


def closing(stock: Stock, step: str, by: str, prepared_by: str, seq: int = 1) -> Closing:
    return Closing(
        period=stock.period, seq=seq, step=step, by=machine(by), prepared_by=machine(prepared_by), at=factories.AT
    )


def ledger(stock: Stock, code: str = "AAAA0000B", **changes: Any) -> Ledger:
    document = Document.objects.create(
        code=code, kind="ledger", title="表", area_code="110107", data="{}", sha256="0" * 64,
        issued_at=factories.AT, issued_by=machine("system"),
    )  # fmt: skip
    values: dict[str, Any] = {
        "compound": stock.home, "code": "2026-10", "version": 1, "first_month": DAY.replace(day=1),
        "last_month": DAY.replace(day=1), "posted_on": DAY, "posted_until": DAY, "document": document,
    }  # fmt: skip
    return Ledger(**values | changes)


def opening(stock: Stock, **changes: Any) -> Opening:
    values: dict[str, Any] = {
        "book": stock.books["committee"], "on": DAY, "balances": "[]", "held": 0, "amount": 0,
        "entered_by": machine("system"), "reviewed_by": machine("system-2"), "posted_at": factories.AT,
        "previous_hash": "0" * 64, "hash": "1" * 64,
    }  # fmt: skip
    return Opening(**values | changes)


def twice(*rows: models.Model) -> models.Model:
    """Save all but the last."""
    *first, last = rows
    for row in first:
        row.save()
    return last


def imported(stock: Stock) -> Import:
    return Import(
        compound=stock.home, kind="cashbook", name="a", sha256="0" * 64, rows=1, by=machine("system"), at=factories.AT
    )


def another_voucher(stock: Stock) -> Voucher:
    """Return a second posted voucher."""
    return factories.post(stock.home, [factories.data(stock.home, DAY, "101", "9.00")])[0]


def correction(stock: Stock, **changes: Any) -> CorrectionDraft:
    hangs = Ledger.objects.first() or twice(ledger(stock))
    if hangs.pk is None:
        hangs.save()
    values: dict[str, Any] = {
        "ledger": hangs, "voucher": stock.voucher, "reason": "金额写错", "text": "居民缴费",
        "entered_by": machine("system"), "entered_at": factories.AT,
    }  # fmt: skip
    return CorrectionDraft(**values | changes)


def cash_count(s: Stock, **values: Any) -> CashCount:
    fields = {"counted": Decimal("5.00"), "book_balance": Decimal("5.00"), "counter": "刘玉珍", "witness": "王秀兰"}
    cash = factories.purse(s.books["service"], "cash")
    return CashCount(money_account=cash, on=DAY, by=machine("system"), at=factories.AT, **{**fields, **values})


def reconciliation(stock: Stock, **changes: Any) -> Reconciliation:
    values: dict[str, Any] = {
        "money_account": stock.voucher.money_account, "month": DAY.replace(day=1), "seq": 1, "statement_balance": 0,
        "book_balance": 0, "by": machine("system"), "at": factories.AT,
    }  # fmt: skip
    return Reconciliation(**values | changes)


def opinion(stock: Stock, **changes: Any) -> Opinion:
    first = Closing.objects.first() or closing(stock, "prepared", "system", "system")
    if first.pk is None:
        first.save()
    return Opinion(**{"closing": first, "kind": "read", "by": machine("system"), "at": factories.AT} | changes)


def proof(stock: Stock, paper: Attachment) -> PostingProof:
    hangs = Ledger.objects.first() or ledger(stock)
    if hangs.pk is None:
        hangs.save()
    return PostingProof(
        ledger=hangs, place="1号楼门口", on=DAY, attachment=paper, by=machine("system"), at=factories.AT
    )


def memo(stock: Stock, **changes: Any) -> MemoEntry:
    values: dict[str, Any] = {
        "compound": stock.home, "kind": "unpaid", "on": DAY, "amount": Decimal("5.00"), "text": "保洁费",
        "by": machine("system"), "at": factories.AT,
    }  # fmt: skip
    return MemoEntry(**values | changes)


def asset(stock: Stock, **changes: Any) -> Asset:
    return Asset(**{"compound": stock.home, "name": "铁锹", "bought_on": DAY} | changes)


def shared(**changes: Any) -> SharedAccount:
    return SharedAccount(**{"area_code": factories.COMMUNITY, "holder": "八角南里社区居民委员会"} | changes)


def limit(stock: Stock | None, decided_by: str, up_to: str | None = "800.00") -> ExpenseLimit:
    return ExpenseLimit(
        compound=stock.home if stock else None, decided_by=decided_by, up_to=Decimal(up_to) if up_to else None
    )


BROKEN: dict[str, Callable[[Stock], models.Model]] = {
    "book_one_per_kind": lambda s: copy(s.books["service"]),
    "moneyaccount_one_per_holder": lambda s: copy(factories.purse(s.books["service"])),
    "opening_reviewed_by_another": lambda s: opening(s, reviewed_by=machine("system")),
    "draftline_one_per_position": lambda s: copy(s.draft.lines.get()),
    "draftline_amount_is_something": lambda s: copy(s.draft.lines.get(), position=2, amount=Decimal("0.00")),
    "voucher_one_per_place_in_chain": lambda s: voucher(s, seq=1),
    "voucher_one_per_number": lambda s: voucher(s, number=1),
    "voucher_reviewed_by_another": lambda s: voucher(s, reviewed_by_id=s.voucher.entered_by_id),
    "voucher_numbers_begin_at_one": lambda s: voucher(s, number=0),
    "voucher_target_only_in_transfer": lambda s: voucher(
        s, to_account_id=factories.purse(s.books["service"], "cash").pk
    ),
    "voucher_transfer_moves_between_accounts": lambda s: voucher(
        s, direction="transfer_out", to_account_id=s.voucher.money_account_id
    ),
    "voucherline_one_per_position": lambda s: line(s, position=1),
    "voucherline_amount_is_something": lambda s: line(s, amount=Decimal("0.00")),
    "import_once_per_file": lambda s: twice(imported(s), imported(s)),
    "period_one_per_month": lambda s: copy(s.period),
    "closing_one_per_step": lambda s: twice(
        closing(s, "prepared", "system", "system"), closing(s, "prepared", "system", "system")
    ),
    "closing_approved_by_another": lambda s: closing(s, "approved", "system", "system"),
    "closing_prepared_by_its_preparer": lambda s: closing(s, "prepared", "system", "system-2"),
    "ledger_one_per_version": lambda s: twice(ledger(s), ledger(s, code="AAAA0000C", posted_until=DAY)),
    "ledger_hangs_some_days": lambda s: ledger(s, posted_until=DAY.replace(day=4)),
    "unique fees_account.code": lambda s: Account(code="101", name="别的", direction="income"),
    "unique fees_account.name": lambda s: Account(code="999", name="居民缴费", direction="income"),
    "unique fees_opening.book": lambda s: twice(opening(s), opening(s)),
    "unique fees_draft.form_token": lambda s: copy(s.draft),
    "unique fees_ledger.document": lambda s: twice(
        first := ledger(s), ledger(s, code="AAAA0000D", version=2, document=first.document)
    ),
    "expenselimit_one_per_compound": lambda s: twice(limit(s, "head"), limit(s, "head")),
    "expenselimit_one_of_the_district": lambda s: limit(None, "head"),
    "expenselimit_above_zero": lambda s: limit(s, "head", "0.00"),
    "sharedaccount_one_per_number": lambda s: twice(shared(), shared()),
    "moneyaccount_fee_is_a_share": lambda s: MoneyAccount(book=s.books["service"], means="qr", fee_rate=Decimal("1")),
    "moneyaccount_settles_elsewhere": lambda s: MoneyAccount(
        pk=9_999_999, book=s.books["service"], means="qr", settles_to_id=9_999_999
    ),
    "opinion_one_per_auditor": lambda s: twice(opinion(s), opinion(s)),
    "opinion_says_something": lambda s: opinion(s, kind="opinion"),
    "correctiondraft_one_per_line": lambda s: twice(correction(s), correction(s)),
    "correctiondraft_changes_something": lambda s: correction(s, text=""),
    "correctiondraft_booked_elsewhere": lambda s: correction(s, booked=s.voucher),
    "postingproof_one_per_photograph": lambda s: twice(
        first := proof(s, factories.paper(s.home)), proof(s, first.attachment)
    ),
    "reconciliation_one_per_time": lambda s: twice(reconciliation(s), reconciliation(s)),
    "cashcount_witnessed_by_another": lambda s: cash_count(s, witness="刘玉珍"),
    "cashcount_never_below_zero": lambda s: cash_count(s, counted=Decimal("-1.00"), explanation="少了"),
    "cashcount_difference_is_explained": lambda s: cash_count(s, counted=Decimal("4.00")),
    "memoentry_amount_is_something": lambda s: memo(s, amount=Decimal("0.00")),
    "memoentry_settling_takes_away": lambda s: twice(first := memo(s), memo(s, settles=first)),
    "asset_cost_above_zero": lambda s: asset(s, cost=Decimal("0.00")),
    "asset_retired_on_a_day": lambda s: asset(s, state="retired"),
}  # fmt: skip


def test_every_constraint_has_its_broken_row() -> None:
    assert set(BROKEN) == all_constraints("fees")


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses(name: str, stock: Stock) -> None:
    row = BROKEN[name](stock)
    if name != "moneyaccount_settles_elsewhere":
        row.pk = None
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        row.save(force_insert=True)
    said = str(refusal.value)
    if not name.startswith("unique") and (connection.vendor == "postgresql" or "CHECK" in said):
        assert name in said


def test_the_mended_rows_are_taken(stock: Stock) -> None:
    """Control: the rows above are refused for the one thing that is wrong with them."""
    second = another_voucher(stock)
    ledger(stock).save(force_insert=True)
    closing(stock, "prepared", "system", "system").save(force_insert=True)
    good = [
        voucher(stock, seq=3, number=3), line(stock), opening(stock), imported(stock),
        closing(stock, "approved", "system-2", "system", seq=2),
        copy(stock.draft.lines.get(), position=2), copy(stock.draft, form_token="b" * 32),
        MoneyAccount(book=stock.books["service"], means="bank", holder="居委会"),
        Period(compound=stock.home, month=date(2026, 11, 1)),
        limit(stock, "head"), limit(stock, "residents", None), shared(), shared(number_tail="0417"),
        MoneyAccount(book=stock.books["service"], means="qr", fee_rate=Decimal("0.0038"),
                     settles_to=factories.purse(stock.books["service"])),
        opinion(stock), opinion(stock, by=machine("system-2"), kind="opinion", text="少一张票"),
        correction(stock), proof(stock, factories.paper(stock.home)),
        correction(stock, voucher=second, text="", booked=stock.voucher),
        reconciliation(stock), reconciliation(stock, seq=2), memo(stock), memo(stock, amount=Decimal("-5.00")),
        cash_count(stock), cash_count(stock, counted=Decimal("4.00"), explanation="少一元，在查"),
        asset(stock), asset(stock, state="retired", retired_on=DAY, cost=Decimal("88.00")),
    ]  # fmt: skip
    for row in good:
        row.save(force_insert=True)
    assert VoucherLine.objects.count() == 3


def test_a_posted_row_keeps_what_it_refers_to(stock: Stock) -> None:
    """An account, a book or a person that a voucher names cannot be deleted."""
    for parent in (
        stock.books["service"], stock.voucher.money_account, voucher_account(), machine("system"), stock.home
    ):  # fmt: skip
        with pytest.raises((models.ProtectedError, models.RestrictedError)):
            parent.delete()
