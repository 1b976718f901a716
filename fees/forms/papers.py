"""What papers are: their kind and number as typed; the files beside them are read by the view, one by one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.choices import EvidenceKind
from core.forms import CleanCharField
from core.operations import AttachmentRefused, paper_number

# Kinds that a voucher's paper can have; the others hang at statements, slips and postings.
VOUCHER_KINDS = [
    EvidenceKind.E_INVOICE,
    EvidenceKind.RECEIPT,
    EvidenceKind.FISCAL,
    EvidenceKind.PAYROLL,
    EvidenceKind.SELF_MADE,
    EvidenceKind.BANK_SLIP,
    EvidenceKind.CONTRACT,
    EvidenceKind.DECISION,
    EvidenceKind.TYPED_SLIP,
    EvidenceKind.OTHER,
]


class PaperForm(forms.Form):
    """Kind and number of the papers that come with it, or of the one that is put right."""

    kind = forms.ChoiceField(label="票据种类", choices=[(kind.value, kind.label) for kind in VOUCHER_KINDS])
    number = CleanCharField(
        label="票据号码",
        max_length=60,
        required=False,
        help_text="几张照片是同一张票据才一起填；不是的先空着，传完一张张填。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_number(self) -> Any:
        try:
            return paper_number(self.cleaned_data["number"])
        except AttachmentRefused as problem:
            raise ValidationError(str(problem)) from None
