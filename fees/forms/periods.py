"""Notes and reasons at the closing, and what to post."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from core.forms import CleanCharField
from fees.choices import OpinionKind
from fees.documents import MOST_COPIES, PrintOptions
from fees.rules import PLACES_NEEDED


class NoteForm(forms.Form):
    """Why something goes back: a sentence for the person who did it."""

    note = CleanCharField(
        label="原因", max_length=200, error_messages={"required": "原因没有填。写一句，让对方知道要改什么。"}
    )


class ApprovalForm(forms.Form):
    """What the head answers the auditors on approving; may stay empty."""

    note = CleanCharField(
        label="对监督意见的答复", max_length=200, required=False, help_text="会和意见一起印在收支公示上。"
    )


class OpinionForm(forms.Form):
    """An auditor's opinion on a month: 已阅, or words."""

    kind = forms.ChoiceField(
        label="您看了以后", choices=OpinionKind.choices, error_messages={"required": "请选已阅，或者有意见。"}
    )
    text = CleanCharField(
        label="意见", max_length=300, required=False, multiline=True,
        help_text="有意见才填。会印在收支公示上，不写您的名字，也请不要写别人的名字。",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == OpinionKind.OPINION and not data.get("text") and "text" not in self.errors:
            self.add_error("text", "选了有意见，请写下意见。")
        if data.get("kind") == OpinionKind.READ and data.get("text"):
            self.add_error("kind", "写了意见，请选有意见；只签已阅，请把意见删去。")
        return data


class ReasonsForm(forms.Form):
    """One reason for each told check of a closing; all are needed to prepare the month."""

    def __init__(self, *args: Any, checks: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, label in checks:
            self.fields[key] = CleanCharField(
                label="为什么", max_length=120, error_messages={"required": f"{label}：还没有说明原因。"}
            )

    def reasons(self) -> dict[str, str]:
        """Return the reasons by check."""
        return dict(self.cleaned_data)


class PublishForm(forms.Form):
    """Whose ledgers of a period to post: chosen compounds of an area."""

    area = forms.ChoiceField(label="范围", required=False)
    compounds = forms.MultipleChoiceField(label="小区", required=False)

    def __init__(
        self, *args: Any, areas: list[tuple[str, str]], compounds: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        area, chosen = self.fields["area"], self.fields["compounds"]
        assert isinstance(area, forms.ChoiceField) and isinstance(chosen, forms.MultipleChoiceField)
        area.choices = areas
        chosen.choices = compounds


class PrintForm(forms.Form):
    """Which posted ledgers of a period to print, and how."""

    PAGES = (("all", "每一页"), ("first", "只要第1页（贴公告栏的那一张）"))

    compounds = forms.MultipleChoiceField(label="小区", required=False)
    pages = forms.ChoiceField(label="打印哪几页", choices=PAGES, widget=forms.RadioSelect, initial="all")
    copies = forms.IntegerField(
        label="每个小区几份",
        min_value=1,
        max_value=MOST_COPIES,
        initial=PLACES_NEEDED,
        error_messages={
            "required": "几份没有填。贴两处就是2份。",
            "invalid": f"份数看不懂，请填1到{MOST_COPIES}的数字。",
            "min_value": f"份数要在1到{MOST_COPIES}之间。",
            "max_value": f"份数要在1到{MOST_COPIES}之间。",
        },
    )
    both_sides = forms.BooleanField(label="双面打印：每一份都从新的一张纸开始", required=False)

    def __init__(self, *args: Any, compounds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["compounds"]
        assert isinstance(chosen, forms.MultipleChoiceField)
        chosen.choices = compounds
        self.fields["copies"].widget.attrs.update({"inputmode": "numeric", "autocomplete": "off"})

    def options(self) -> PrintOptions:
        """Return how to print; only after ``is_valid``."""
        data = self.cleaned_data
        return PrintOptions(data["copies"], data["pages"] == "first", data["both_sides"])
