"""Input of the books, as people type it."""

from fees.forms.memo import MemoForm, SettleForm
from fees.forms.papers import PaperForm
from fees.forms.periods import ApprovalForm, NoteForm, OpinionForm, PublishForm, ReasonsForm
from fees.forms.posting import ProofForm
from fees.forms.vouchers import (
    COLUMN_OF,
    AccountField,
    LineForm,
    ReversalForm,
    VoucherForm,
    draw_form_token,
    typed_values,
)

__all__ = [
    "COLUMN_OF",
    "AccountField",
    "ApprovalForm",
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
    "VoucherForm",
    "draw_form_token",
    "typed_values",
]
