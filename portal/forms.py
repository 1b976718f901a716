"""Input of the pages: login, passwords, filters of lists; what residents verify."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.forms import CleanCharField, DayField
from core.models import User
from core.passwords import pin_fault

# Django's words for these, said as we speak; the validators' own Chinese ones pass through.
PASSWORD_WORDS = {
    "password_too_short": "密码太短，至少10个字符。可以用几个不相干的词连起来。",
    "password_too_similar": "密码和登录名、姓名或电话太像，容易被猜到。请换一个。",
    "password_too_common": "这个密码太常见，容易被猜到。请换一个。",
}


class LoginForm(AuthenticationForm):
    """Name and password; a wrong password, an unknown name and a switched-off account get the same words."""

    error_messages = {
        "invalid_login": "登录名或密码不对。忘了密码，请到账号管理员处打印一次性密码。",
        "inactive": "登录名或密码不对。忘了密码，请到账号管理员处打印一次性密码。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "登录名"
        self.fields["username"].error_messages["required"] = "登录名没有填。"
        self.fields["password"].label = "密码"
        self.fields["password"].error_messages["required"] = "密码没有填。"

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse a slip's password that waited too long."""
        super().confirm_login_allowed(user)
        if user.one_time_until is not None and user.one_time_until < timezone.now():
            raise ValidationError("这张密码条过期了。请到账号管理员处再打印一张。", code="one_time")


class PasswordForm(forms.Form):
    """One's own password: the present one, unless a slip's was just used up, and the new one twice."""

    old = forms.CharField(
        label="现在的密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "现在的密码没有填。"},
    )
    new = forms.CharField(
        label="新密码",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="至少10个字符，不用定期换。可以用几个不相干的词连起来。",
        error_messages={"required": "新密码没有填。"},
    )
    again = forms.CharField(
        label="新密码，再打一遍",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "新密码要打两遍。"},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if not user.has_usable_password():
            del self.fields["old"]

    def clean_old(self) -> str:
        old: str = self.cleaned_data["old"]
        if not self.user.check_password(old):
            raise ValidationError("现在的密码不对。")
        return old

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        try:
            validate_password(new, self.user)
        except ValidationError as problem:
            raise ValidationError(
                [PASSWORD_WORDS.get(error.code or "", error.messages[0]) for error in problem.error_list]
            ) from None
        return new

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("new") and data.get("again") and data["new"] != data["again"]:
            self.add_error("again", "两遍打的新密码不一样。")
        if data.get("new") and data.get("new") == data.get("old"):
            self.add_error("new", "新密码和现在的一样。请换一个。")
        return data


def _digits(text: str) -> str:
    """Return digits as they were meant: typed with a Chinese keyboard they come full-width, or in groups."""
    return unicodedata.normalize("NFKC", text).replace(" ", "")


class PinForm(forms.Form):
    """One's own six digits for changing people on a shared PC: the password, and the digits twice."""

    password = forms.CharField(
        label="您的密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "密码没有填。"},
    )
    pin = forms.CharField(
        label="六位数字",
        max_length=20,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        help_text="不要用生日、电话里的数字和顺口的数字。",
        error_messages={"required": "六位数字没有填。"},
    )
    again = forms.CharField(
        label="六位数字，再打一遍",
        max_length=20,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"required": "六位数字要打两遍。"},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise ValidationError("密码不对。")
        return password

    def clean_pin(self) -> str:
        pin = _digits(self.cleaned_data["pin"])
        fault = pin_fault(pin, self.user)
        if fault:
            raise ValidationError(fault)
        return pin

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("pin") and data.get("again") and data["pin"] != _digits(data["again"]):
            self.add_error("again", "两遍打的六位数字不一样。")
        return data


class DeskForm(forms.Form):
    """Whose turn it is at a shared PC, and their six digits."""

    person = forms.TypedChoiceField(
        label="换成谁",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "还没有选人。", "invalid_choice": "这个人要用密码登录。"},
    )
    pin = forms.CharField(
        label="六位数字",
        max_length=20,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric", "autofocus": True}),
        error_messages={"required": "六位数字没有填。"},
    )

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self.fields["person"]
        assert isinstance(person, forms.ChoiceField)
        person.choices = people
        self.initial.setdefault("person", people[0][0] if people else None)

    def clean_pin(self) -> str:
        return _digits(self.cleaned_data["pin"])


class HistoryFilter(forms.Form):
    """What of the history to list: who, which compound, which days, which kind of act."""

    who = CleanCharField(label="谁", max_length=40, required=False)
    compound = CleanCharField(label="小区", max_length=60, required=False)
    since = DayField(label="从", name="开始日期", required=False)
    until = DayField(label="到", name="结束日期", required=False)
    action = forms.ChoiceField(label="做了什么", required=False)

    def __init__(self, *args: Any, actions: list[tuple[str, str]], year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        action, since, until = self.fields["action"], self.fields["since"], self.fields["until"]
        assert isinstance(action, forms.ChoiceField)
        assert isinstance(since, DayField) and isinstance(until, DayField)
        action.choices = [("", "全部"), *actions]
        since.year_from = until.year_from = year


class CompoundFilter(forms.Form):
    """What of the list of compounds to show: name or code, street or community."""

    q = CleanCharField(label="小区名、地址或编号", max_length=60, required=False)
    area = forms.ChoiceField(
        label="街道或社区", required=False, error_messages={"invalid_choice": "您管的地方里没有这个街道或社区。"}
    )

    def __init__(self, *args: Any, areas: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        area = self.fields["area"]
        assert isinstance(area, forms.ChoiceField)
        area.choices = [("", "全部"), *areas]


class ProgrammeFilter(forms.Form):
    """Which compounds of the programme board to show, and in which order."""

    q = CleanCharField(label="小区名、地址或编号", max_length=60, required=False)
    area = forms.ChoiceField(
        label="街道或社区", required=False, error_messages={"invalid_choice": "您管的地方里没有这个街道或社区。"}
    )
    step = forms.TypedChoiceField(
        label="走到哪一步", required=False, coerce=int, empty_value=None,
        error_messages={"invalid_choice": "没有这一步。"},
    )  # fmt: skip
    order = forms.ChoiceField(label="次序", required=False, error_messages={"invalid_choice": "没有这种次序。"})

    def __init__(
        self, *args: Any, areas: list[tuple[str, str]], steps: list[tuple[int, str]], orders: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        area, step, order = self.fields["area"], self.fields["step"], self.fields["order"]
        assert isinstance(area, forms.ChoiceField) and isinstance(step, forms.ChoiceField)
        assert isinstance(order, forms.ChoiceField)
        area.choices = [("", "全部"), *areas]
        step.choices = [("", "全部"), *steps]
        order.choices = list(orders)


# --- Residents' pages ---------------------------------------------------------------------------------------------

MAX_FILE_MB = 10


class CodeForm(forms.Form):
    """The code of a posted paper, as copied from it."""

    code = forms.CharField(
        label="公示编号",
        max_length=60,
        help_text="九个字母和数字，例如7K2M-9QXA-0。大小写、有没有横线都可以。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": "公示编号没有填。", "max_length": "公示编号没有这么长。请对着纸再看一遍。"},
    )


class SerialForm(forms.Form):
    """The serial of one's own ballot paper."""

    serial = forms.CharField(
        label="票号",
        max_length=60,
        help_text="在票的右上角，九个字母和数字，例如7K2M-9QXA-C。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": "票号没有填。", "max_length": "票号没有这么长。请对着票再看一遍。"},
    )


class FileForm(forms.Form):
    """A file to hold against what was posted; it is read and not kept."""

    file = forms.FileField(
        label="文件",
        help_text=f"最大{MAX_FILE_MB}MB。",
        allow_empty_file=True,
        error_messages={
            "required": "还没有选文件。",
            "missing": "还没有选文件。",
            "invalid": "文件没有传上来。请再选一次。",
        },
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_MB * 1024 * 1024:
            raise ValidationError(f"文件太大，最大{MAX_FILE_MB}MB。本站张贴的文件没有这么大。")
        return file
