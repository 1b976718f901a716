"""Input of the books, as people type it."""

from fees.forms.periods import NoteForm, PublishForm, ReasonsForm
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
    "LineForm",
    "NoteForm",
    "PublishForm",
    "ReasonsForm",
    "ReversalForm",
    "VoucherForm",
    "draw_form_token",
    "typed_values",
]
