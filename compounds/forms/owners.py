"""Input about owners: who owns a dwelling now, and one person's name and phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms

from compounds.forms.dwellings import PhoneField
from compounds.models import Owner, Ownership
from compounds.operations.owners import OwnerShare
from core.forms import CleanCharField, DayField, TypedField
from core.masking import mask_name, mask_phone
from core.money import NotUnderstood, half_width

NEW_ROWS = 3


class ShareField(TypedField):
    """A share as a fraction, 1/2, or 全部; None where nobody knows it."""

    def parse(self, text: str) -> tuple[int, int]:
        typed = half_width(text).replace(" ", "")
        if typed in ("全部", "1"):
            return (1, 1)
        found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", typed)
        if found is None:
            raise NotUnderstood("份额看不懂。请写成1/2，或全部。")
        return int(found[1]), int(found[2])

    def prepare_value(self, value: Any) -> Any:
        return f"{value[0]}/{value[1]}" if isinstance(value, tuple) else value


class OwnersForm(forms.Form):
    """Who owns a dwelling: of those who own it now some stay, and up to three are new; one votes for it.

    The rows are made from the dwelling's own owners, so that no other person can be named.
    """

    reason = CleanCharField(
        label="依据", max_length=100, help_text="例如：不动产权证、买卖合同、居民申请。",
        error_messages={"required": "依据没有填。", "max_length": "最多100个字。"},
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31, error_messages={
        "required": "这一页不完整。请重新打开再办。", "invalid": "这一页不完整。请重新打开再办。"})  # fmt: skip
    confirmed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, owned: Sequence[Ownership], dated: bool, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owned, self.dated = owned, dated
        if dated:
            self.fields["on"] = DayField(
                label="从哪一天起", name="日期", year_from=year, help_text="以不动产权证上的登记日期为准。"
            )
        choices = []
        for row in owned:
            label = f"{mask_name(row.owner.name)} {mask_phone(row.owner.phone)}".strip()
            self.fields[f"keep_{row.pk}"] = forms.BooleanField(label=label, required=False, initial=not dated)
            share = (row.share_of, row.share_in) if row.share_of else None
            self.fields[f"share_{row.pk}"] = ShareField(
                label=f"{mask_name(row.owner.name)}的份额", required=False, initial=share
            )
            choices.append((f"keep_{row.pk}", label))
            if row.votes and not dated:
                self.initial.setdefault("votes", f"keep_{row.pk}")
        for n in range(1, NEW_ROWS + 1):
            self.fields[f"name_{n}"] = CleanCharField(
                label=f"新产权人{n}", max_length=60, required=False, error_messages={"max_length": "最多60个字。"}
            )
            self.fields[f"phone_{n}"] = PhoneField(label=f"新产权人{n}的电话")
            self.fields[f"new_share_{n}"] = ShareField(label=f"新产权人{n}的份额", required=False)
            choices.append((f"name_{n}", f"新产权人{n}"))
        self.fields["votes"] = forms.ChoiceField(
            label="谁代表表决", choices=[("", "只有一位时不用选"), *choices], required=False,
            error_messages={"invalid_choice": "没有这个人，请重新选。"},
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for n in range(1, NEW_ROWS + 1):
            if not data.get(f"name_{n}") and (data.get(f"phone_{n}") or data.get(f"new_share_{n}")):
                self.add_error(f"name_{n}", "这一位的姓名没有填。")
        return data

    @property
    def kept_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Return the present owners' ticks and shares."""
        return [(self[f"keep_{row.pk}"], self[f"share_{row.pk}"]) for row in self.owned]

    @property
    def new_rows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """Return the new owners' names, phones and shares."""
        return [(self[f"name_{n}"], self[f"phone_{n}"], self[f"new_share_{n}"]) for n in range(1, NEW_ROWS + 1)]

    @property
    def owners(self) -> list[OwnerShare]:
        """Return who is meant to own it; where only one does, that one votes."""
        data = self.cleaned_data
        found: list[tuple[str, OwnerShare]] = []
        for row in self.owned:
            if data[f"keep_{row.pk}"]:
                found.append((f"keep_{row.pk}", OwnerShare(False, row.owner, share=data[f"share_{row.pk}"])))
        for n in range(1, NEW_ROWS + 1):
            if data[f"name_{n}"]:
                new = OwnerShare(False, None, data[f"name_{n}"], data[f"phone_{n}"], data[f"new_share_{n}"])
                found.append((f"name_{n}", new))
        voter = data["votes"] or (found[0][0] if len(found) == 1 else "")
        return [OwnerShare(key == voter, o.owner, o.name, o.phone, o.share) for key, o in found]


class OwnerForm(forms.Form):
    """A person's name and phone as they should be; left empty they stay."""

    name = CleanCharField(
        label="姓名改成", max_length=60, required=False, error_messages={"max_length": "最多60个字。"}
    )
    phone = PhoneField(label="电话改成")
    no_phone = forms.BooleanField(label="去掉电话", required=False)
    reason = CleanCharField(
        label="依据", max_length=100, help_text="例如：本人要求，写错了。",
        error_messages={"required": "依据没有填。", "max_length": "最多100个字。"},
    )  # fmt: skip
    confirmed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, owner: Owner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        self.fields["name"].help_text = f"现在是{mask_name(owner.name)}。不改就空着。"
        self.fields["phone"].help_text = f"现在是{mask_phone(owner.phone) or '空的'}。不改就空着。"
        if not owner.phone:
            del self.fields["no_phone"]

    @property
    def meant(self) -> tuple[str, str]:
        """Return name and phone as they should be."""
        data = self.cleaned_data
        phone = "" if data.get("no_phone") else data["phone"] or self.owner.phone
        return data["name"] or self.owner.name, phone


class MergeForm(forms.Form):
    """Which rows of one name are one person, and which phone is right."""

    others = forms.MultipleChoiceField(
        label="和谁是同一个人", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "还没有选和谁是同一个人。", "invalid_choice": "没有这个人，请重新选。"},
    )  # fmt: skip
    phone = forms.ChoiceField(
        label="留哪个电话", required=False, widget=forms.RadioSelect,
        error_messages={"invalid_choice": "没有这个电话，请重新选。"},
    )  # fmt: skip

    def __init__(self, *args: Any, owner: Owner, others: Sequence[Owner], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows, phones = self.fields["others"], self.fields["phone"]
        assert isinstance(rows, forms.MultipleChoiceField) and isinstance(phones, forms.ChoiceField)
        rows.choices = [(str(o.pk), f"{mask_name(o.name)} {mask_phone(o.phone)}".strip()) for o in others]
        # By the row that has it: a phone stands in no page's source in full.
        phones.choices = [(str(o.pk), mask_phone(o.phone)) for o in (owner, *others) if o.phone]
        if owner.phone:
            self.initial.setdefault("phone", str(owner.pk))


class SplitForm(forms.Form):
    """Which ownerships are another person's of the same name, and that one's phone."""

    rows = forms.MultipleChoiceField(
        label="哪几处是另一个人的", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "还没有选哪几处是另一个人的。", "invalid_choice": "没有这一处，请重新选。"},
    )  # fmt: skip
    phone = PhoneField(label="另一个人的电话")

    def __init__(self, *args: Any, owned: Sequence[Ownership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = self.fields["rows"]
        assert isinstance(rows, forms.MultipleChoiceField)
        rows.choices = [(str(row.pk), str(row.dwelling)) for row in owned]
