"""What lay in the boxes of a secret ballot, and how its sheets were bundled, as people type it."""

from __future__ import annotations

import re

from django import forms

from ballots.forms.issuing import names_in
from core.forms import CleanCharField

MOST_SHEETS = 20_000


class BoxForm(forms.Form):
    """Which boxes were opened, how many sheets lay in them, who watched."""

    boxes = CleanCharField(
        label="打开了哪些票箱", max_length=80, help_text="全部票箱一起打开。例如：固定箱2个、流动箱1个。",
        error_messages={"required": "打开了哪些票箱没有填。"},
    )  # fmt: skip
    sheets = forms.IntegerField(
        label="箱里一共几张票", min_value=0, max_value=MOST_SHEETS,
        error_messages={"required": "箱里一共几张票没有填。", "invalid": "请填张数，例如137。"},
    )  # fmt: skip
    witnesses = CleanCharField(
        label="监票人", max_length=120, help_text="至少两位，用、隔开。候选人和他们的家里人不能当监票人。",
        error_messages={"required": "监票人没有填。"},
    )  # fmt: skip
    note = CleanCharField(label="说明", max_length=200, required=False)

    def clean_witnesses(self) -> str:
        """Return the witnesses, who are two at least."""
        names = names_in(self.cleaned_data["witnesses"])
        if len(names) < 2:
            raise forms.ValidationError("监票人至少两位，用、隔开，例如：李敏、孙艳。")
        return "、".join(names)


class BundlesForm(forms.Form):
    """How many sheets lie in each bundle, in the order of the bundles."""

    counts = CleanCharField(
        label="各捆几张", max_length=2000, help_text="从第1捆起，用、隔开，例如：50、50、37。",
        error_messages={"required": "各捆几张没有填。"},
    )  # fmt: skip

    def clean_counts(self) -> list[int]:
        """Return the numbers in a line."""
        parts = [part for part in re.split(r"[、，,；;\s]+", self.cleaned_data["counts"]) if part]
        if not all(part.isascii() and part.isdecimal() and len(part) <= 3 for part in parts):
            raise forms.ValidationError("只填张数，用、隔开，例如：50、50、37。")
        return [int(part) for part in parts]
