"""Input of the books, as people type it."""

from fees.forms.memo import MemoForm, SettleForm
from fees.forms.mending import CorrectionForm, ReversalForm
from fees.forms.moves import HELD_MOVES, LENT, HeldForm, TransferForm
from fees.forms.papers import PaperForm
from fees.forms.periods import ApprovalForm, NoteForm, OpinionForm, PublishForm, ReasonsForm
from fees.forms.posting import ProofForm
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
    "ApprovalForm",
    "CorrectionForm",
    "HeldForm",
    "LineForm",
    "MemoForm",
    "NoteForm",
    "OpinionForm",
    "PaperForm",
    "ProofForm",
    "PublishForm",
    "ReasonsForm",
    "ReversalForm",
    "SettleForm",
    "TransferForm",
    "VoucherForm",
    "draw_form_token",
    "typed_values",
]
