"""What a clerk types from a paper, what a third person decides, who is named to enter, a workbook of papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from ballots.choices import InvalidReason, Remark, VoidReason
from ballots.documents.entering import Printed
from ballots.forms.candidates import CandidateRow, KeyedChoice, Seats, seats_before, seats_sent
from ballots.forms.candidates import fault_words as seats_fault
from ballots.operations.entering import Beside
from ballots.rules.counting import APPROVE, INVALID
from ballots.rules.elections import Elected, answer_typed, elected_in
from ballots.rules.entries import BLANK_WORD, NotAnAnswer, Said, choices_of, read_answer, say
from core.forms import CleanCharField, DayField
from core.spreadsheets import MAX_FILE_BYTES

# What is seen on a sheet that only a third person can let count (domain.md, Papers).
DOUBTED = {Remark.SIGNED_FOR, Remark.COPY, Remark.WRONG_ROOM}
WORDS = {INVALID: "本题无效"}


@dataclass(frozen=True)
class QuestionRow:
    """A question on the screen with what is chosen; ``fault``: what is wrong with it.

    ``candidates`` and ``others``: the lines of an election, in place of ``choices``.
    """

    printed: Printed
    choices: tuple[KeyedChoice, ...]
    reason: str
    fault: str
    candidates: tuple[CandidateRow, ...] = ()
    others: Sequence[str] = ()
    invalid: bool = False

    @property
    def name(self) -> str:
        return f"q{self.printed.number}"


class SheetForm(forms.Form):
    """What was read from a sheet: a mark or more per question, or that it is void as a whole."""

    void = forms.ChoiceField(label="整票无效", choices=[("", "有效"), *VoidReason.choices], required=False)
    note = CleanCharField(label="说明", max_length=200, required=False)

    def __init__(
        self, data: QueryDict | None = None, *, printed: Sequence[Printed], before: Said | None = None, **kwargs: Any
    ) -> None:
        self.printed, self.before = printed, before
        self.sent = data if data is not None else QueryDict()
        self.faults: dict[int, str] = {}
        self.said = Said()
        super().__init__(data, **kwargs)

    @property
    def invalid_reasons(self) -> list[tuple[str, str]]:
        """Return why a question may be invalid, the most frequent first."""
        return InvalidReason.choices

    @property
    def fault_count(self) -> int:
        """Return how many things are wrong."""
        return sum(len(errors) for errors in self.errors.values())

    def _typed(self, number: int) -> list[str]:
        if self.is_bound:
            return [value[:10] for value in self.sent.getlist(f"q{number}")]
        if self.before is None or self.before.void:
            return []
        return [str(mark) for mark in self.before.marks.get(number, ())] or [BLANK_WORD]

    def _reasons(self) -> Mapping[int, str]:
        if not self.is_bound:
            return self.before.reasons if self.before else {}
        sent = {p.number: self.sent.get(f"r{p.number}", "") for p in self.printed}
        return {number: reason for number, reason in sent.items() if reason in InvalidReason.values}

    def rows(self) -> list[QuestionRow]:
        """Return the questions with their choices as chosen so far."""
        reasons = self._reasons()
        return [self._row(p, reasons.get(p.number, ""), self.faults.get(p.number, "")) for p in self.printed]

    def _row(self, p: Printed, reason: str, fault: str) -> QuestionRow:
        if not p.elects:
            return QuestionRow(p, self._choices(p), reason, fault)
        seats = self._seats(p)
        return QuestionRow(p, (), reason, fault, seats.rows(p), seats.lines(p), seats.invalid)

    def _seats(self, printed: Printed) -> Seats:
        if self.is_bound:
            return seats_sent(printed, self.sent)
        if self.before is None or self.before.void:
            return Seats({}, ())
        return seats_before(printed, elected_in(self.before, printed.number))

    def _choices(self, printed: Printed) -> tuple[KeyedChoice, ...]:
        typed = self._typed(printed.number)
        return tuple(
            KeyedChoice(choice.key, choice.value, self._words(printed, choice.value), choice.value in typed)
            for choice in choices_of(printed.asked)
        )

    @staticmethod
    def _words(printed: Printed, value: str) -> str:
        if printed.asked.kind != APPROVE and value.isdecimal():
            return printed.options[int(value) - 1]
        return WORDS.get(value, value)

    def _is_doubtful(self, cleaned: Mapping[str, Any]) -> bool:
        return False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        void, doubtful = cleaned.get("void", ""), self._is_doubtful(cleaned)
        if void == VoidReason.OTHER and not cleaned.get("note"):
            self.add_error("note", "整票无效选了“其他”，请写明原因。")
        answers = {p.number: self._typed(p.number) for p in self.printed if not p.elects}
        elected: dict[int, Elected] = {}
        if not void:
            elected = self._elected(doubtful)
            self._find_faults(answers, doubtful)
        if not self.errors and not self.faults:
            answers |= {number: answer_typed(answer) for number, answer in elected.items()}
            self.said = say(
                [p.asked for p in self.printed], answers, self._reasons(), void=void, doubtful=doubtful,
                opposed={number: answer.opposed for number, answer in elected.items()},
                written={number: answer.written for number, answer in elected.items()},
            )  # fmt: skip
        return cleaned

    def _elected(self, doubtful: bool) -> dict[int, Elected]:
        """Return the answers to questions with seats; what is wrong with one is noted."""
        found = {}
        for p in self.printed:
            if p.elects:
                try:
                    found[p.number] = self._seats(p).read(p, doubtful=doubtful)
                except NotAnAnswer as problem:
                    self.faults[p.number] = seats_fault(problem)
        return found

    def _find_faults(self, answers: Mapping[int, list[str]], doubtful: bool) -> None:
        for p in self.printed:
            if p.elects or (doubtful and not answers[p.number]):
                continue
            try:
                read_answer(p.asked, answers[p.number])
            except NotAnAnswer as problem:
                said = "选的合不到一起，请重新选" if problem.typed else "还没有录"
                self.faults[p.number] = f"第{p.number}题{said}。"
        for fault in self.faults.values():
            self.add_error(None, fault)


class PaperForm(SheetForm):
    """A clerk's entry: beside the marks whether it is doubtful, what was seen on it, when the page was opened."""

    doubtful = forms.BooleanField(label="存疑，交给第三个人看", required=False)
    remarks = forms.MultipleChoiceField(
        label="看到的情况", choices=Remark.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    sealed = forms.BooleanField(label="盖了单位的章", required=False)
    began = forms.IntegerField(min_value=0, max_value=9_999_999_999, required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, unit: bool = False, **kwargs: Any) -> None:
        self.unit = unit
        super().__init__(data, **kwargs)

    @property
    def is_special(self) -> bool:
        """Return whether anything but marks is said: then that part of the page stands open."""
        return any(
            self[name].value() not in (None, "", False, [], [""]) for name in ("void", "note", "doubtful", "remarks")
        )

    def _is_doubtful(self, cleaned: Mapping[str, Any]) -> bool:
        return bool(cleaned.get("doubtful")) or bool(DOUBTED & set(cleaned.get("remarks", ())))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.unit and not (cleaned.get("sealed") or cleaned.get("void") or self._is_doubtful(cleaned)):
            self.add_error("sealed", "单位的票要盖章：盖了就勾上，没有盖选整票无效。")
        return cleaned

    def beside(self, now: int) -> Beside:
        """Return what is noted beside the marks; how long it took only where that can be."""
        began = self.cleaned_data.get("began")
        took = now - began if began and began <= now else None
        return Beside(tuple(self.cleaned_data["remarks"]), self.cleaned_data["note"], took)


class SettleForm(SheetForm):
    """What a third person decides with the paper in hand, and why."""

    reason = CleanCharField(
        label="为什么这样定", max_length=200, help_text="照票面写，例如：第2题画在第1格，第二遍录错了。"
    )


class ClerkForm(forms.Form):
    """Who enters a ballot's papers, from a day until a day."""

    username = CleanCharField(label="账号", max_length=150, help_text="录票的人登录用的账号；没有账号先请街道开通。")
    from_on = DayField(label="从哪天", name="从哪天")
    until_on = DayField(label="到哪天（含）", name="到哪天", required=False, help_text="不填就是到计票完。")

    def clean_until_on(self) -> date | None:
        begins, ends = self.cleaned_data.get("from_on"), self.cleaned_data["until_on"]
        if begins and ends and ends < begins:
            raise ValidationError("最后一天早于第一天。")
        return ends


class CoverForm(forms.Form):
    """How many sheets the cover slip of a bundle says."""

    counted = forms.IntegerField(
        label="封面写几张", min_value=0, max_value=9999,
        error_messages={"required": "封面写几张没有填。", "invalid": "请填张数，例如50。"},
    )  # fmt: skip


class PapersFileForm(forms.Form):
    """A workbook of papers, and as which of the two entries."""

    round = forms.ChoiceField(label="算哪一遍", choices=[("1", "第一遍"), ("2", "第二遍")])
    file = forms.FileField(
        label="选票表（xlsx）", error_messages={"required": "还没有选文件。", "empty": "这个文件是空的。"}
    )

    def clean_file(self) -> Any:
        if self.cleaned_data["file"].size > MAX_FILE_BYTES:
            raise ValidationError(f"文件太大，最多{MAX_FILE_BYTES // 1024 // 1024}MB。")
        return self.cleaned_data["file"]
