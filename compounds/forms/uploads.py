"""Input of the pages that bring in and hand out the register's workbook."""

from __future__ import annotations

from typing import Any

from django import forms

from core.forms import CleanCharField
from core.spreadsheets import MAX_FILE_BYTES

TOO_LARGE = f"文件超过{MAX_FILE_BYTES // 1024 // 1024} MB。请按小区分成几个文件。"


NAMES = [("masked", "隐去一部分，只能看，不能再导入"), ("whole", "完整，可以改了再导入")]


class UploadForm(forms.Form):
    """A workbook and the community that it belongs to."""

    community = forms.ChoiceField(
        label="社区", error_messages={"required": "社区没有选。", "invalid_choice": "这个社区不由您管。"}
    )
    file = forms.FileField(
        label="房屋表（.xlsx或.csv）",
        allow_empty_file=True,
        error_messages={"required": "还没有选文件。"},
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def __init__(self, *args: Any, communities: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["community"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = communities
        if len(communities) == 1:
            field.widget = forms.HiddenInput()
            field.initial = communities[0][0]

    def clean_file(self) -> Any:
        """Refuse what the reader would refuse before it is stored."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            raise forms.ValidationError(TOO_LARGE)
        if file.size == 0:
            raise forms.ValidationError("这个文件是空的。")
        return file


class ExportForm(forms.Form):
    """What to hand out: whole names only with a reason, which is recorded."""

    names = forms.ChoiceField(
        label="姓名和电话",
        choices=NAMES,
        initial="masked",
    )
    reason = CleanCharField(label="为什么要完整的姓名和电话", max_length=100, required=False)
    format = forms.ChoiceField(label="格式", choices=[("xlsx", "Excel工作簿"), ("csv", "CSV")], initial="xlsx")

    def __init__(self, *args: Any, may_whole: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_whole:
            field = self.fields["names"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [choice for choice in NAMES if choice[0] == "masked"]
            del self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        """Ask for the reason where names are whole."""
        data = super().clean() or {}
        data.setdefault("reason", "")
        if data.get("names") == "whole" and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "请写明为什么要，会记在操作记录里。")
        return data
