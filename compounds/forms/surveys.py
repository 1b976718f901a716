"""Surveys as people type them: the questionnaire, its days, a household's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from compounds.choices import AnswerChannel, QuestionKind, QuestionPurpose, VisitOutcome
from compounds.rules.surveys import (
    ANSWER_LONGEST,
    MONTHLY_FEE,
    MOST_OPTIONS,
    NUMBER,
    OPTION_LONGEST,
    SEVERAL,
    SINGLE,
    WILLING,
    Asked,
    read_answer,
)
from core.forms import CleanCharField, DayField
from core.money import NotUnderstood

PROGRAMME, EMPTY = "programme", "empty"


class SurveyForm(forms.Form):
    """A survey's title and opening words."""

    title = CleanCharField(label="名称", max_length=60, error_messages={"required": "名称没有填。"})
    intro = CleanCharField(
        label="开头的话", max_length=600, required=False, multiline=True,
        help_text="印在题目前面：谁在调查、为什么、填好交到哪里。", widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class StartForm(SurveyForm):
    """A new survey and where its questions come from: the programme, nothing, an earlier survey."""

    start = forms.ChoiceField(
        label="题目从哪里来", widget=forms.RadioSelect, error_messages={"required": "请选题目从哪里来。"}
    )

    def __init__(self, *args: Any, earlier: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["start"]
        field.choices = [
            (PROGRAMME, "用现成的问卷（10道题：四项服务、愿不愿意交费、每月多少、谁愿意参加自管会），再改"),
            *((str(number), f"照抄第{number}次：{title}") for number, title in earlier),
            (EMPTY, "自己从头编"),
        ]


class QuestionForm(forms.Form):
    """One question; options one a line."""

    kind = forms.ChoiceField(label="题型", choices=QuestionKind, error_messages={"required": "请选题型。"})
    text = CleanCharField(label="题目", max_length=200, error_messages={"required": "题目没有填。"})
    options = CleanCharField(
        label="选项", max_length=1000, required=False, multiline=True, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=f"一行一个，最多{MOST_OPTIONS}个。单选、多选才有；填数、填文字的空着。",
    )  # fmt: skip
    unit = CleanCharField(label="单位", max_length=10, required=False, help_text="填数的题用，例如元、辆、人。")
    purpose = forms.ChoiceField(
        label="用途", required=False, choices=[("", "只统计"), *QuestionPurpose.choices],
        help_text="愿不愿意交费：单选，第一项算愿意。每月愿意交多少：填数，单位元。",
    )  # fmt: skip

    def clean_options(self) -> str:
        """Return the options, one a line; each is judged, as each is printed and has a key."""
        options = [line.strip() for line in str(self.cleaned_data["options"]).split("\n") if line.strip()]
        if self.cleaned_data.get("kind") not in (SINGLE, SEVERAL):
            if options:
                raise forms.ValidationError("这种题型没有选项。请清空，或把题型改成单选、多选。")
            return ""
        if len(options) < 2:
            raise forms.ValidationError("至少要有两个选项，一行一个。")
        if len(options) > MOST_OPTIONS:
            raise forms.ValidationError(f"有{len(options)}个选项，最多{MOST_OPTIONS}个：录入时一个数字键选一项。")
        for option in options:
            if len(option) > OPTION_LONGEST:
                raise forms.ValidationError(f"“{option[:10]}…”太长，一个选项最多{OPTION_LONGEST}个字。")
            if options.count(option) > 1:
                raise forms.ValidationError(f"“{option}”写了两次。")
        return "\n".join(options)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        kind, purpose = data.get("kind"), data.get("purpose")
        if purpose == WILLING and kind != SINGLE:
            self.add_error("purpose", "“愿不愿意交费”要用单选题。")
        if purpose == MONTHLY_FEE and kind != NUMBER:
            self.add_error("purpose", "“每月愿意交多少”要用填数的题。")
        if kind != NUMBER and data.get("unit"):
            self.add_error("unit", "填数的题才有单位。")
        if purpose == MONTHLY_FEE and kind == NUMBER and data.get("unit") != "元":
            self.add_error("unit", "每月交多少，单位要是元。")
        return data

    @property
    def asked(self) -> Asked:
        """Return the question that was typed."""
        data = self.cleaned_data
        options = tuple(data["options"].split("\n")) if data["options"] else ()
        return Asked(data["kind"], data["text"], options, data["unit"], data["purpose"])


class DayForm(forms.Form):
    """The day on which a survey begins or ends."""

    on = DayField(name="日期", label="哪天")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        field: Any = self.fields["on"]
        field.year_from = today.year


# --- Answers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """An option with its key, and whether it is chosen; key 0 takes the answer back."""

    key: int
    value: str
    text: str
    chosen: bool


class AnswerForm(forms.Form):
    """A household's sheet: a field per question, the channel and the day."""

    channel = forms.ChoiceField(
        label="途径",
        choices=[choice for choice in AnswerChannel.choices if choice[0] != AnswerChannel.IMPORT],
        error_messages={"required": "请选途径。", "invalid_choice": "请选途径。"},
    )
    answered_on = DayField(name="日期", label="哪天答的")

    def __init__(self, *args: Any, questions: Sequence[Asked], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions, self.today = questions, today
        day: Any = self.fields["answered_on"]
        day.year_from = today.year
        for asked in questions:
            self.fields[f"q{asked.number}"] = self._field(asked)

    def _field(self, asked: Asked) -> forms.Field:
        if asked.kind == SEVERAL:
            choices = [(str(n), text) for n, text in enumerate(asked.options, start=1)]
            return forms.MultipleChoiceField(required=False, choices=choices, error_messages={
                "invalid_choice": f"第{asked.number}题没有这一项。",
            })  # fmt: skip
        attrs = {"autocomplete": "off"} | ({"inputmode": "decimal"} if asked.kind == NUMBER else {})
        return CleanCharField(required=False, max_length=ANSWER_LONGEST, widget=forms.TextInput(attrs=attrs))

    def clean_answered_on(self) -> date:
        """Return the day; a household cannot have answered tomorrow."""
        on: date = self.cleaned_data["answered_on"]
        if on > self.today:
            raise forms.ValidationError("这一天还没到。")
        return on

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self.answers: dict[int, str] = {}
        for asked in self.questions:
            name = f"q{asked.number}"
            typed = data.get(name) or ""
            try:
                self.answers[asked.number] = read_answer(asked, ",".join(typed) if isinstance(typed, list) else typed)
            except NotUnderstood as problem:
                self.add_error(name, str(problem))
        return data

    @staticmethod
    def initial_of(questions: Sequence[Asked], answers: Mapping[int, str]) -> dict[str, Any]:
        """Return kept answers as the form shows them."""
        return {
            f"q{asked.number}": answers[asked.number].split(",") if asked.kind == SEVERAL else answers[asked.number]
            for asked in questions
            if asked.number in answers
        }

    def rows(self) -> Iterator[tuple[Asked, forms.BoundField, list[Choice]]]:
        """Yield each question with its field and, where one chooses, its options."""
        for asked in self.questions:
            field = self[f"q{asked.number}"]
            value = field.value() or []
            chosen = {value} if isinstance(value, str) else set(value)
            choices = [
                Choice(n, str(n), text, str(n) in chosen) for n, text in enumerate(asked.options, start=1)
            ]  # fmt: skip
            if asked.kind == SINGLE:
                choices.append(Choice(0, "", "没有答", not chosen & {choice.value for choice in choices}))
            yield asked, field, choices


class ImportForm(forms.Form):
    """A workbook of answers, and the day that stands for all of them."""

    file = forms.FileField(
        label="填好的表（.xlsx）", error_messages={"required": "还没有选文件。", "empty": "文件是空的。"}
    )
    answered_on = DayField(name="日期", label="哪天答的", help_text="表里的各户都记这一天。")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        field: Any = self.fields["answered_on"]
        field.year_from = today.year

    def clean_answered_on(self) -> date:
        """Return the day; nobody can have answered tomorrow."""
        on: date = self.cleaned_data["answered_on"]
        if on > self.today:
            raise forms.ValidationError("这一天还没到。")
        return on


class VisitForm(forms.Form):
    """The day of visits in vain; each dwelling's outcome and note are fields of its own, read by ``outcomes``."""

    on = DayField(name="日期", label="哪天去的")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        field: Any = self.fields["on"]
        field.year_from = today.year

    def clean_on(self) -> date:
        """Return the day; a visit cannot have been tomorrow."""
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError("这一天还没到。")
        return on

    def outcomes(self, keys: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Return outcome and note of each of these dwellings where one was chosen; a note alone is no visit."""
        found = {}
        for key in keys:
            outcome = self.data.get(f"outcome-{key}", "")
            if outcome in VisitOutcome.values:
                note = "".join(c for c in str(self.data.get(f"note-{key}", "")) if c.isprintable())
                found[key] = (outcome, note.strip()[:120])
        return found
