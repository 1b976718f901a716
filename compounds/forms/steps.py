"""What people type at a step: papers and their day, what they say, dates and who sees to it, reasons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from compounds.models import SchemeDraft, StagePaper, StagePlan
from core.forms import CleanCharField, DayField
from core.operations import AttachmentRefused, KeptPaper, store_paper
from core.papers import too_large

MOST_FILES = 12
OTHER = "other"


class StepPaperForm(forms.Form):
    """Photographs or PDFs of one paper of a step: which it is, its day.

    Files that came with a form that had faults are kept (``kept``): nobody photographs a paper twice for a typing error.
    """

    what = forms.ChoiceField(label="这是什么材料", error_messages={"required": "这是什么材料没有选。"})
    title = CleanCharField(
        label="名称", max_length=80, required=False, error_messages={"max_length": "名称太长了，最多80个字。"}
    )
    on = DayField(label="材料的日期", name="日期", help_text="材料上写的那天。例如：2026-10-1。")

    def __init__(
        self,
        data: Any = None,
        files: MultiValueDict[str, Any] | None = None,
        *,
        papers: Sequence[StagePaper],
        attested: Sequence[tuple[str, str]],
        salt: str,
        today: date,
        what: str = "",
    ) -> None:
        """``attested``: what a document may attest, key and words; ``salt`` binds kept files to this step."""
        super().__init__(data, files)
        self.papers = {f"paper_{paper.key}": paper for paper in papers}
        self.attested = dict(attested)
        self.salt, self.today = f"compounds.step:{salt}", today
        self.kept: list[KeptPaper] = []
        self.file_errors: list[str] = []
        choice, on = self.fields["what"], self.fields["on"]
        assert isinstance(choice, forms.ChoiceField) and isinstance(on, DayField)
        choice.choices = [
            *((key, paper.name) for key, paper in self.papers.items()),
            *((key, f"证明：{words}") for key, words in attested),
            (OTHER, "别的材料"),
        ]
        self.initial = {"what": what if what in dict(choice.choices) else "", "on": today}
        on.year_from = today.year

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise ValidationError(f"{on.month}月{on.day}日还没到。请填材料上写的那天。")
        return on

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        what = data.get("what", "")
        if what == OTHER and not data.get("title") and "title" not in self.errors:
            self.add_error("title", "别的材料要写名称。")
        self._keep()
        return data

    def _keep(self) -> None:
        """Put the files into the store; what cannot be kept is told by name."""
        faults = []
        sent = self.files.getlist("files") if self.files else []
        assert isinstance(self.data, QueryDict)
        for token in self.data.getlist("kept")[:MOST_FILES]:
            try:
                self.kept.append(KeptPaper(*signing.loads(token, salt=self.salt)))
            except signing.BadSignature:
                continue  # not ours
        if len(sent) + len(self.kept) > MOST_FILES:
            faults.append(f"一次最多{MOST_FILES}个文件，这次选了{len(sent)}个。请分几次。")
            sent = []
        for file in sent:
            try:
                if sentence := too_large(file.size or 0):
                    raise AttachmentRefused(sentence)
                paper = store_paper(file.read(), name=file.name or "")
            except AttachmentRefused as problem:
                faults.append(f"{file.name}：{problem}")
                continue
            if paper.sha256 not in {each.sha256 for each in self.kept}:
                self.kept.append(paper)
        if not self.kept and not faults:
            faults.append("还没有文件。请拍照，或选照片、PDF。")
        self.file_errors = faults
        for fault in faults:
            self.add_error(None, fault)

    @property
    def tokens(self) -> list[tuple[str, str]]:
        """The kept files with what the page sends back for each."""
        return [(p.name, signing.dumps([p.name, p.content_type, p.size, p.sha256], salt=self.salt)) for p in self.kept]

    @property
    def paper(self) -> StagePaper | None:
        """The paper of the district's list that was chosen, or none."""
        return self.papers.get(self.cleaned_data["what"])

    @property
    def attests(self) -> str:
        """The key of the fact that the document attests, or nothing."""
        what: str = self.cleaned_data["what"]
        return what if what in self.attested else ""

    @property
    def name(self) -> str:
        """What the paper is called: as typed, else as the list calls it."""
        typed: str = self.cleaned_data["title"]
        paper = self.paper
        return (typed or (paper.name if paper else self.attested.get(self.attests, "")))[:80]


class StepCommentForm(forms.Form):
    """What somebody says of a step."""

    text = CleanCharField(label="留言", max_length=500, multiline=True, widget=forms.Textarea(attrs={"rows": 3}),
                          error_messages={"required": "留言是空的。", "max_length": "写得太长了，最多500个字。"})  # fmt: skip


class StepReasonForm(forms.Form):
    """Why: of a confirmation in spite of what is missing, a sending back, a reopening."""

    reason = CleanCharField(
        label="原因",
        max_length=300,
        error_messages={"required": "原因没有写。", "max_length": "写得太长了，最多300个字。"},
    )

    def __init__(self, data: Any = None, *, label: str, required: bool = True, help_text: str = "",
                 initial: str = "") -> None:  # fmt: skip
        super().__init__(data, initial={"reason": initial})
        field = self.fields["reason"]
        field.label, field.required, field.help_text = label, required, help_text


class StepPlanForm(forms.Form):
    """One step's dates and who sees to it; ``version`` is what was read, 0 for none."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    starts_on = DayField(label="计划开始", name="计划开始", required=False)
    ends_on = DayField(label="计划完成", name="计划完成", required=False)
    responsible = forms.ChoiceField(label="负责人", required=False)

    def __init__(
        self, data: Any = None, *, people: Sequence[tuple[str, str]], today: date, initial: dict[str, Any]
    ) -> None:
        super().__init__(data, initial=initial)
        choice = self.fields["responsible"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", "没有定"), *people]
        for name in ("starts_on", "ends_on"):
            field = self.fields[name]
            assert isinstance(field, DayField)
            field.year_from = today.year
            field.help_text = "例如：2026-10-1。"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        starts_on, ends_on = data.get("starts_on"), data.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "计划完成早于计划开始。请看看这两个日期。")
        return data

    def show_version(self, plan: StagePlan | None) -> None:
        """Let the next try name the version that the person is shown now."""
        if isinstance(self.data, QueryDict):
            self.data = {**self.data.dict(), "version": str(plan.version if plan else 0)}


class SchemeForm(forms.ModelForm):
    """What people write into the 实施方案; ``version`` is what was read, 0 for nothing yet."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    class Meta:
        model = SchemeDraft
        fields = [
            "goals", "services", "residents", "units", "revenue", "government", "organisation", "safeguards", "other",
        ]  # fmt: skip
        help_texts = {
            "goals": "什么时候做到什么。例如：年底前成立自管会，明年3月起有人看门、有人打扫。",
            "services": "四类服务各做什么、做到什么样：治安防范、绿化保洁、维修维护、停车管理。",
            "residents": "打算怎么收、大概多少，表决以后才定。",
            "units": "哪些单位、按面积还是按户、出多少。",
            "revenue": "停车、广告等公共收益打算怎么用。",
            "government": "申请哪项奖励、多少。",
            "organisation": "谁牵头、谁做什么。写职务，不写居民姓名。",
        }

    def __init__(self, data: Any = None, *, draft: SchemeDraft | None) -> None:
        super().__init__(
            data, instance=draft or SchemeDraft(version=0), initial={"version": draft.version if draft else 0}
        )
        for name, field in self.fields.items():
            if name != "version":
                assert isinstance(field, forms.CharField)
                rows = 3 if (field.max_length or 0) <= 500 else 5
                self.fields[name] = CleanCharField(
                    label=field.label, help_text=field.help_text, max_length=field.max_length, required=False,
                    multiline=True, widget=forms.Textarea(attrs={"rows": rows}),
                    error_messages={"max_length": f"写得太长了，最多{field.max_length}个字。"},
                )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Return what goes into the row's columns, line ends as the database keeps them."""
        return {name: self.cleaned_data[name].replace("\r\n", "\n") for name in self._meta.fields or ()}

    def show_version(self, draft: SchemeDraft | None) -> None:
        """Let the next try name the version that the person is shown now."""
        if isinstance(self.data, QueryDict):
            self.data = {**self.data.dict(), "version": str(draft.version if draft else 0)}
