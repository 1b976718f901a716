"""Input of the books, as people type it."""

from fees.forms.assets import AssetForm, RetireForm
from fees.forms.control import (
    AccountForm,
    CountForm,
    EndForm,
    ReconciliationForm,
    SettlementForm,
    SharedAccountForm,
    SlipForm,
    mark_of,
    piece_words,
)
from fees.forms.corrections import LedgerCorrectionForm
from fees.forms.handover import HandoverForm
from fees.forms.memo import MemoForm, SettleForm
from fees.forms.mending import CorrectionForm, ReversalForm
from fees.forms.moves import HELD_MOVES, LENT, HeldForm, TransferForm
from fees.forms.papers import PaperForm
from fees.forms.periods import ApprovalForm, NoteForm, OpinionForm, PrintForm, PublishForm, ReasonsForm
from fees.forms.posting import ProofForm
from fees.forms.searching import BookSearchForm, VoucherRangeForm
from fees.forms.statements import text_of_lines
from fees.forms.vouchers import (
    COLUMN_OF,
    AccountField,
    LineForm,
    VoucherForm,
    draw_form_token,
    typed_values,
)

__all__ = [
    "COLUMN_OF",
    "HELD_MOVES",
    "LENT",
    "AccountField",
    "AccountForm",
    "ApprovalForm",
    "AssetForm",
    "BookSearchForm",
    "CorrectionForm",
    "CountForm",
    "EndForm",
    "HandoverForm",
    "HeldForm",
    "LedgerCorrectionForm",
    "LineForm",
    "MemoForm",
    "NoteForm",
    "OpinionForm",
    "PaperForm",
    "PrintForm",
    "ProofForm",
    "PublishForm",
    "ReasonsForm",
    "ReconciliationForm",
    "RetireForm",
    "ReversalForm",
    "SettleForm",
    "SettlementForm",
    "SharedAccountForm",
    "SlipForm",
    "TransferForm",
    "VoucherForm",
    "VoucherRangeForm",
    "draw_form_token",
    "mark_of",
    "piece_words",
    "text_of_lines",
    "typed_values",
]
