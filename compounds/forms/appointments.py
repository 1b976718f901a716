"""Offices given and ended, and who takes over a leaving person's work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from compounds.choices import Role
from compounds.permissions import GIVEN_BY_STREET
from core.choices import UserKind
from core.forms import CleanCharField, DayField
from core.models import User

WHERE = {9: "街道", 12: "社区", 14: "小区"}
MOST_NAMED = 5


class AppointmentForm(forms.Form):
    """Who, which office, where, from when until when."""

    person = CleanCharField(
        label="给谁", max_length=40, error_messages={"required": "给谁没有填。"},
        help_text="登录名，或完整的姓名。还没有账号的，请账号管理员先建。",
    )  # fmt: skip
    role = forms.ChoiceField(label="角色", error_messages={"required": "角色没有选。"})
    area = forms.ChoiceField(label="管辖范围", error_messages={"required": "管辖范围没有选。"})
    from_on = DayField(label="从哪天起", name="从哪天起")
    until_on = DayField(
        label="到哪天（含）", name="到哪天", required=False, help_text="不填就没有期限。代理的请填最后一天。"
    )

    def __init__(self, data: Any = None, *, areas: Sequence[tuple[str, str]], actor: User, today: date) -> None:
        """``areas``: the codes and names in which the actor may appoint."""
        super().__init__(data, initial={"from_on": today})
        self.actor = actor
        for name, choices in (("role", [(r, Role(r).label) for r in GIVEN_BY_STREET]), ("area", list(areas))):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "请选"), *choices]
            field.error_messages["invalid_choice"] = "没有这一项，请重新选。"
        for name in ("from_on", "until_on"):
            day = self.fields[name]
            assert isinstance(day, DayField)
            day.year_from = today.year

    def clean_person(self) -> User:
        """Find the account by the name it logs in with, else by the person's name where only one bears it."""
        typed = self.cleaned_data["person"]
        people = User.objects.filter(kind=UserKind.PERSON, is_active=True)
        found = list(people.filter(username=typed)) or list(people.filter(name=typed)[: MOST_NAMED + 1])
        if not found:
            raise forms.ValidationError("没有这个账号。请看看登录名，或请账号管理员先建。")
        if len(found) > 1:
            names = "、".join(user.username for user in found[:MOST_NAMED])
            raise forms.ValidationError(f"叫这个名字的不止一个，请填登录名：{names}。")
        if found[0].pk == self.actor.pk:
            raise forms.ValidationError("不能任命自己。请另一位街道工作人员来办。")
        return found[0]

    def clean(self) -> dict[str, Any]:
        """The office fits the area's level, and its last day lies not before its first."""
        data = super().clean() or {}
        role, area = data.get("role"), data.get("area")
        if role and area and len(area) not in GIVEN_BY_STREET[role]:
            places = "、".join(WHERE[length] for length in GIVEN_BY_STREET[role])
            self.add_error("area", f"{Role(role).label}要任在{places}。")
        first, last = data.get("from_on"), data.get("until_on")
        if first and last and last < first:
            self.add_error("until_on", "最后一天比第一天还早。请看看日期。")
        return data


class EndAppointmentForm(forms.Form):
    """The last day of an office."""

    on = DayField(label="最后一天（含）", name="最后一天")

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, initial={"on": today})
        on = self.fields["on"]
        assert isinstance(on, DayField)
        on.year_from = today.year


class WorkHandoverForm(forms.Form):
    """Who takes over, and what else there is to say."""

    taker = forms.ChoiceField(label="谁接手", error_messages={"required": "谁接手没有选。"})
    note = CleanCharField(
        label="另外要说的", max_length=300, required=False, multiline=True, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="例如：谁家还没联系上，钥匙在哪里。不要写居民的电话。",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, takers: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        taker = self.fields["taker"]
        assert isinstance(taker, forms.ChoiceField)
        taker.choices = [("", "请选"), *takers]
        taker.error_messages["invalid_choice"] = "没有这个人，请重新选。"
