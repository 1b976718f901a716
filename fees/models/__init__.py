"""The books: money accounts, drafts, vouchers in a chain, months, ledgers, and what holds them to the world."""

from fees.models.books import (
    HOLDER_MISSING,
    Account,
    Book,
    BookQuerySet,
    ExpenseLimit,
    FenSum,
    MoneyAccount,
    Opening,
    SharedAccount,
    amount_field,
)
from fees.models.control import BalanceSlip, CashCount, Reconciliation, with_control
from fees.models.ledgers import CorrectionDraft, Ledger, LedgerQuerySet, PostingProof, PostingProofQuerySet
from fees.models.memo import Asset, MemoEntry
from fees.models.periods import Closing, Opinion, Period, PeriodQuerySet
from fees.models.vouchers import (
    Draft,
    DraftLine,
    DraftQuerySet,
    Import,
    LineFields,
    Voucher,
    VoucherEvidence,
    VoucherFields,
    VoucherLine,
    VoucherQuerySet,
)

__all__ = [
    "HOLDER_MISSING",
    "Account",
    "Asset",
    "BalanceSlip",
    "Book",
    "BookQuerySet",
    "CashCount",
    "Closing",
    "CorrectionDraft",
    "Draft",
    "DraftLine",
    "DraftQuerySet",
    "ExpenseLimit",
    "FenSum",
    "Import",
    "Ledger",
    "LedgerQuerySet",
    "LineFields",
    "MemoEntry",
    "MoneyAccount",
    "Opening",
    "Opinion",
    "Period",
    "PeriodQuerySet",
    "PostingProof",
    "PostingProofQuerySet",
    "Reconciliation",
    "SharedAccount",
    "Voucher",
    "VoucherEvidence",
    "VoucherFields",
    "VoucherLine",
    "VoucherQuerySet",
    "amount_field",
    "with_control",
]
