"""A photograph of a posted paper where it hangs: the place, the day, the pictures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from core.forms import CleanCharField, DayField
from core.operations import AttachmentRefused, KeptPaper, store_paper

ELSEWHERE = "-"
MOST_PHOTOGRAPHS = 6
# Where notices usually hang, for a compound that has photographed none yet.
FIRST_PLACES = ("小区公示栏", "大门口", "社区居委会门口")
PLACES_OFFERED = 6


class ProofForm(forms.Form):
    """Where a paper hangs since when, and photographs of it.

    Photographs that were sent with a form that had faults are kept (``kept``): nobody walks out again for a typing error.
    """

    place = forms.ChoiceField(label="贴在哪里", widget=forms.RadioSelect, required=False)
    other = CleanCharField(label="别的地方", max_length=60, required=False)
    on = DayField(label="哪天贴的", name="日期")

    def __init__(
        self,
        data: Any = None,
        files: MultiValueDict[str, Any] | None = None,
        *,
        key: str,
        first_on: date,
        too_early: str,
        places: Sequence[str],
        taken: Collection[str],
        today: date,
    ) -> None:
        """``key``: what is proved, so that photographs kept for it are kept for nothing else; ``first_on``: since when
        it hangs, ``too_early``: what to say of an earlier day; ``places``: where papers hang usually; ``taken``: where
        this one is photographed already.
        """
        super().__init__(data, files)
        self.first_on, self.too_early, self.today = first_on, too_early, today
        self.salt = f"fees.proof:{key}"
        self.kept: list[KeptPaper] = []
        place, on = self.fields["place"], self.fields["on"]
        assert isinstance(place, forms.ChoiceField) and isinstance(on, DayField)
        offered = [*places, *(p for p in FIRST_PLACES if p not in places)][:PLACES_OFFERED]
        place.choices = [*((p, p) for p in offered), (ELSEWHERE, "别的地方")]
        self.initial = {"on": today, "place": next((p for p in offered if p not in taken), ELSEWHERE)}
        on.year_from = today.year

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise ValidationError(f"{on.month}月{on.day}日还没到。请填真正贴上墙的那天。")
        if on < self.first_on:
            raise ValidationError(self.too_early)
        return on

    def clean(self) -> dict[str, Any]:
        """Find the place and keep the photographs."""
        data = super().clean() or {}
        typed, chosen = data.get("other", ""), data.get("place", "")
        where = typed or ("" if chosen == ELSEWHERE else chosen)
        if not where and "other" not in self.errors and "place" not in self.errors:
            self.add_error("other", "贴在哪里没有填。请选一处，或写下来，例如3号楼门口。")
        data["where"] = where
        self._keep()
        return data

    def _keep(self) -> None:
        faults = []
        sent = self.files.getlist("photographs") if self.files else []
        assert isinstance(self.data, QueryDict)
        for token in self.data.getlist("kept")[:MOST_PHOTOGRAPHS]:
            try:
                self.kept.append(KeptPaper(*signing.loads(token, salt=self.salt)))
            except signing.BadSignature:
                continue  # not ours
        if len(sent) + len(self.kept) > MOST_PHOTOGRAPHS:
            faults.append(f"一次最多{MOST_PHOTOGRAPHS}张照片，这次选了{len(sent)}张。请分几次。")
            sent = []
        for file in sent:
            try:
                paper = store_paper(file.read(), name=file.name or "")
            except AttachmentRefused as problem:
                faults.append(f"{file.name}：{problem}")
                continue
            if paper.content_type != "image/jpeg":
                faults.append(f"{file.name}不是照片。请用JPG或PNG照片。")
            elif paper.sha256 not in {each.sha256 for each in self.kept}:
                self.kept.append(paper)
        if not self.kept and not faults:
            faults.append("还没有照片。请站远一点，把整张纸和周围一起拍进去。")
        self.photograph_errors = faults
        for fault in faults:
            self.add_error(None, fault)

    photograph_errors: list[str] = []

    @property
    def tokens(self) -> list[tuple[str, str]]:
        """The kept photographs with what the page sends back for each."""
        return [(p.name, signing.dumps([p.name, p.content_type, p.size, p.sha256], salt=self.salt)) for p in self.kept]
