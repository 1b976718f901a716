"""A ballot as it is typed: what it is about, its days and places, its questions, an own rule."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from ballots.choices import Matter, PaperSize, QuestionKind, Voter
from ballots.models import Ballot, VotingRule, VotingRuleQuerySet
from ballots.rules.drafting import (
    FEW_OPTIONS,
    MANY_OPTIONS,
    MOST_OPTIONS,
    SAME_OPTIONS,
    WRONG_MOST,
    QuestionDraft,
    faults_of_question,
    threshold_or_none,
)
from compounds.forms.places import VersionForm
from core.forms import CleanCharField, DayField

OPTION_LONGEST = 200
FAULTS = {
    FEW_OPTIONS: ("options", "至少要有两个选项，一行一个。"),
    MANY_OPTIONS: ("options", f"最多{MOST_OPTIONS}个选项。"),
    SAME_OPTIONS: ("options", "有一个选项写了两次。"),
    WRONG_MOST: ("most", "最多选几项没有填对：至少1项，要比选项少。"),
}


class StartForm(forms.Form):
    """A new ballot: its matter first, and what it is called."""

    matter = forms.ChoiceField(
        label="表决什么事", choices=Matter, widget=forms.RadioSelect, error_messages={"required": "请选表决什么事。"},
    )  # fmt: skip
    title = CleanCharField(
        label="名称", max_length=60, error_messages={"required": "名称没有填。"}, help_text="印在公告和选票上，例如：服务模式和收费标准。"
    )  # fmt: skip


class BallotForm(VersionForm):
    """What a draft says of itself."""

    title = CleanCharField(label="名称", max_length=60, error_messages={"required": "名称没有填。"})
    matter = forms.ChoiceField(label="表决什么事", choices=Matter)
    rule = forms.ModelChoiceField(
        VotingRule.objects.none(), label="由谁表决，按什么规则", empty_label=None,
        help_text="每类事都有建议的规则。换一条，要写明原因，原因印在公告上。",
    )  # fmt: skip
    rule_reason = CleanCharField(label="为什么不用建议的规则", max_length=200, required=False)
    intro = CleanCharField(
        label="说明", max_length=2000, required=False, multiline=True, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="为什么要表决，背景是什么。印在公告上。",
    )  # fmt: skip
    voting_from_on = DayField(label="从哪天起发票", name="发票从", required=False)
    voting_until_on = DayField(label="收票到哪天（含）", name="交票到", required=False)
    return_place = CleanCharField(
        label="票交到哪里", max_length=120, required=False, help_text="例如：社区居委会一层服务窗口；3号楼前的票箱。"
    )
    count_place = CleanCharField(
        label="计票的时间和地点",
        max_length=120,
        required=False,
        help_text="例如：11月21日9:00，社区居委会二层会议室，居民可以来看。",
    )
    contact = CleanCharField(
        label="有事问谁（办公地点、电话）",
        max_length=120,
        required=False,
        help_text="写办公地点和办公电话，不写个人手机。",
    )
    paper_size = forms.ChoiceField(label="选票用纸", choices=PaperSize)
    single_entry = forms.BooleanField(label="每张票只录一遍（不推荐；公告和结果上会写明）", required=False)
    show_turnout = forms.BooleanField(label="收票期间在网上公开收回了多少票", required=False)

    def __init__(self, data: Any = None, *, row: Ballot, rules: VotingRuleQuerySet, today: date) -> None:
        super().__init__(data, row=row)
        rule: Any = self.fields["rule"]
        rule.queryset = rules
        for name in ("voting_from_on", "voting_until_on"):
            field: Any = self.fields[name]
            field.year_from = today.year

    def clean(self) -> dict[str, Any]:
        """The last day lies not before the first."""
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("voting_from_on"), data.get("voting_until_on")
        if first and last and last < first:
            self.add_error("voting_until_on", "收票截止比发票还早。请看看日期。")
        return data


class BallotQuestionForm(forms.Form):
    """One question; options one a line."""

    kind = forms.ChoiceField(label="题型", choices=QuestionKind, error_messages={"required": "请选题型。"})
    text = CleanCharField(
        label="题目", max_length=300, error_messages={"required": "题目没有填。"},
        help_text="一题只问一件事。结果只能说这句话问了的。",
    )  # fmt: skip
    note = CleanCharField(label="题目下面的解释", max_length=600, required=False)
    options = CleanCharField(
        label="选项", max_length=3000, required=False, multiline=True, widget=forms.Textarea(attrs={"rows": 6}),
        help_text="一行一个。“选一项”的题，最后自动加上“以上均不同意”。赞成、反对、弃权的题空着。",
    )  # fmt: skip
    most = forms.IntegerField(
        label="最多选几项", required=False, min_value=1, max_value=MOST_OPTIONS, help_text="“最多选几项”的题才填。"
    )
    seats = forms.BooleanField(label="是选举：按得票多少，选出这么多人", required=False)
    write_in = forms.BooleanField(label="可以另选他人", required=False)
    proposal = forms.BooleanField(label="留一行写建议（赞成、反对、弃权的题）", required=False)

    def clean_options(self) -> tuple[str, ...]:
        options = tuple(line.strip() for line in str(self.cleaned_data["options"]).split("\n") if line.strip())
        if any(len(option) > OPTION_LONGEST for option in options):
            raise forms.ValidationError(f"有一个选项太长，最多{OPTION_LONGEST}个字。")
        return options

    def clean(self) -> dict[str, Any]:
        """What a question lacks stands at the field where it is mended."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("kind") == QuestionKind.APPROVE and data.get("options"):
            self.add_error("options", "赞成、反对、弃权的题没有别的选项。请清空，或换一种题型。")
        if not self.errors:
            for fault in faults_of_question(self.asked):
                self.add_error(*FAULTS[fault])
        return data

    @property
    def asked(self) -> QuestionDraft:
        """Return the question that was typed."""
        data = self.cleaned_data
        return QuestionDraft(
            data["kind"], data["text"], data["note"], data["options"], data.get("most"), data["seats"],
            data["write_in"], data["proposal"],
        )  # fmt: skip


class RuleForm(forms.Form):
    """An own rule, with the text that it rests on."""

    name = CleanCharField(label="规则叫什么", max_length=60, error_messages={"required": "规则叫什么没有填。"})
    voter = forms.ChoiceField(label="谁表决", choices=Voter)
    by_area = forms.BooleanField(label="面积也要够（只有业主表决时）", required=False)
    participation = CleanCharField(
        label="多少参加才有效", max_length=10, initial=">=2/3", help_text="“>=2/3”是三分之二以上，“>1/2”是过半数。"
    )
    approval = CleanCharField(
        label="多少赞成才通过", max_length=10, initial=">1/2", help_text="按交回的票算。没交回的票怎么也不算赞成。"
    )
    signed = forms.BooleanField(label="选票要签名", required=False, initial=True)
    secret = forms.BooleanField(label="无记名", required=False)
    notice_days = forms.IntegerField(
        label="公告至少贴几天", min_value=15, max_value=90, initial=15, help_text="法律要求至少15天。"
    )
    source = CleanCharField(
        label="依据",
        max_length=200,
        error_messages={"required": "依据没有填。"},
        help_text="例如：本小区议事规则第8条，2025年6月1日通过。",
    )
    law_text = CleanCharField(
        label="条文", max_length=2000, multiline=True, error_messages={"required": "条文没有填。"}, help_text="原文抄下来，印在公告上。",
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip

    def _share(self, name: str) -> str:
        text = str(self.cleaned_data[name]).replace("≥", ">=").replace("＞", ">").replace(" ", "").replace("／", "/")
        if threshold_or_none(text) is None:
            raise forms.ValidationError("看不懂。请写成“>=2/3”或“>1/2”这样。")
        return text

    def clean_participation(self) -> str:
        return self._share("participation")

    def clean_approval(self) -> str:
        return self._share("approval")


class ExtensionForm(forms.Form):
    """Until when the time is longer, and why."""

    until_on = DayField(label="延长到哪天（含）", name="延长到")
    reason = CleanCharField(
        label="为什么延长", max_length=300, error_messages={"required": "为什么延长没有填。"}, help_text="印在公告上，例如：交回的票还不到三分之二。"
    )  # fmt: skip

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["until_on"]
        field.year_from = today.year


class CancellationForm(forms.Form):
    """Why a ballot is called off."""

    reason = CleanCharField(
        label="为什么取消", max_length=300, error_messages={"required": "为什么取消没有填。"}, help_text="已经公告的，居民看得到这句话。"
    )  # fmt: skip
