"""Passwords that people here would guess first: pinyin phrases, names with digits, keyboard runs, our own words."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError

# A password is cut into the pieces that guessing programs try; one that falls into fewer than this is refused.
PIECES_AT_LEAST = 5
DIGITS_ONLY_AT_LEAST = 16

_GUESSED = """
    wodemima mima mimashi mimamima woaini wobuaini woaiwojia woaini1314 aini woshini woshishui woshiwo wojiao
    wobuzhidao nihao nihaoma zhongguo zhonghua beijing beijingshi tiananmen laopo laogong baobao mama baba
    xiaoming xiaohong gongzuo diannao shouji dianhua kaimen zhimakaimen wangji xinmima jiumima
    admin administrator root user guest test tester password passwd passw0rd pass pwd login welcome hello
    iloveyou love secret master super system manager office letmein dragon monkey abc qaz wsx edc
    guanliyuan yonghu zhanghao kaoqin caiwu kuaiji chuna jizhang jizhangyuan zhuren fuzhuren shuji juwei
    juweihui shequ jiedao jiedaoban xiaoqu laojiuxiaoqu laoxiaoqu wuye wuyefei yezhu jumin zizhi ziguanhui
    wuguanhui yeweihui weiyuanhui jiandu shouzhi gongshi xuanpiao tingche
    wuhao wuhaoxiaoqu lpxx ljxq zgh sjs bjsjs shijingshan shijingshanqu
    babaoshan laoshan bajiao gucheng pingguoyuan jindingjie guangning wulituo lugu
    yangzhuang hongfuyuan moshikou jinding beixinan yaerhutong
    五好 五好小区 老旧小区 小区 社区 街道 居委会 自管会 石景山 石景山区 北京 北京市 我的密码 密码 新密码
    我爱你 你好 中国 八宝山 老山 八角 古城 苹果园 金顶街 广宁 五里坨 鲁谷 管理员 会计 出纳 主任 书记 芝麻开门
    5201314 1314520 1314521 201314 7758521 7758258 147258369 147258 258369 159357 741852963 112233 11223344
    123123 321321 520520 521521 168168 518518 888666 666888 1314 520 521 168 518 886 110 120 119 12345
"""
_PHRASES = tuple(_GUESSED.split())
_LINES = (
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "!@#$%^&*()_+",
    "~!@#$%^&*()",
    "一二三四五六七八九十",
)
_RUNS = tuple(_LINES) + tuple(line[::-1] for line in _LINES)
_LONGEST_RUN = 12
_SYLLABLE = (
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    r"(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|uo|ui|ue|er|[aoeiuv])"
)
_PIECE = re.compile(
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"  # a birthday
    r"|1[3-9][0-9]{9}"  # a mobile number
    r"|(?:19|20)[0-9]{2}(?:年|(?:0[1-9]|1[0-2]))?"
    r"|(.)\1{2,}"  # aaa
    r"|(.{2,4}?)\2+"  # abab
    rf"|{_SYLLABLE}",
    re.ASCII,
)
# p@ssw0rd: signs read as the letters they stand for, at the same places.
_LEET = (
    str.maketrans("", ""),
    str.maketrans("@01345$!|", "aoleassil"),
    str.maketrans("@01345$!|", "aoieassii"),
)


class ChinesePasswordValidator:
    """Refuse passwords made of a few guessable pieces; long ones are welcome, what they consist of is free."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Let a password through or say why not.

        :raises ValidationError: if it falls into too few pieces, or is a short string of digits.
        """
        text = unicodedata.normalize("NFKC", password).lower()
        if len(text) > 200:
            return
        if text.isascii() and text.isdigit() and len(text) < DIGITS_ONLY_AT_LEAST:
            raise ValidationError("密码不能全是数字：生日、电话和顺口的数字最先被猜到。", code="password_digits")
        words = (*_PHRASES, *_words_of(user))
        if _pieces(text, words) < PIECES_AT_LEAST:
            raise ValidationError(
                "这个密码太容易猜到。不要用拼音短句、名字加数字、键盘顺序、地名或本系统的名字。",
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        """Return the advice that stands beside the field."""
        return "可以用几个不相干的词连起来；不要用拼音短句、名字加数字、键盘顺序、生日、电话或地名。"


def _words_of(user: AbstractBaseUser | None) -> list[str]:
    """Return what belongs to the person: login name, name, phone and the phone's end."""
    words = []
    for attribute in ("username", "name", "phone"):
        value = unicodedata.normalize("NFKC", str(getattr(user, attribute, "") or "")).lower()
        digits = re.sub(r"[^0-9]", "", value)
        words += [value, digits, digits[-8:], digits[-6:]]
    return [word for word in words if len(word) >= 2]


def _run_at(text: str, start: int) -> int:
    """Return how many characters from here follow a line of the keyboard or the alphabet; fewer than 3 are none."""
    for length in range(min(_LONGEST_RUN, len(text) - start), 2, -1):
        part = text[start : start + length]
        if any(part in run for run in _RUNS):
            return length
    return 0


def _pieces(text: str, words: tuple[str, ...]) -> float:
    """Count the pieces a guesser needs: a known word, run, date or syllable is one, a punctuation mark a half."""
    readings = {text.translate(table) for table in _LEET}
    found: float = 0
    position = 0
    while position < len(text):
        longest = _run_at(text, position)
        for reading in readings:
            longest = max([longest, *(len(word) for word in words if reading.startswith(word, position))])
        match = _PIECE.match(text, position)
        longest = max(longest, match.end() - position if match else 0)
        found += 1 if longest > 1 or text[position].isalnum() else 0.5
        position += max(longest, 1)
    return found


# --- Six digits ---------------------------------------------------------------------------------------------------

_PIN = re.compile("[0-9]{6}")
_PIN_GUESSED = frozenset(
    """520131 521131 131452 201314 520520 521521 147258 258369 159357 357159 741852 963852 147369 110120 119110 168168
    518518 888666 666888 789456 456123 147852 258963 110107 100043 100040""".split()  # noqa: SIM905
)
_BIRTHDAY = re.compile(
    r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"  # 681124
    r"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{2}"  # 112468
    r"|(?:19|20)[0-9]{2}[0-9]{2}"  # 196811
)


def pin_fault(pin: str, user: AbstractBaseUser) -> str:
    """Return why these six digits would be guessed or are none, in Chinese; "" where they are good."""
    if not _PIN.fullmatch(pin):
        return "要正好六位数字。"
    steps = {int(b) - int(a) for a, b in pairwise(pin)}
    # 111111, 123456, 975310 … · 121212, 123123, 112233
    plain = len(steps) == 1 or len(set(pin)) <= 2 or pin[:3] == pin[3:] or pin[:3] == pin[:2:-1]
    pairs = pin[0] == pin[1] and pin[2] == pin[3] and pin[4] == pin[5]
    if plain or pairs or pin in _PIN_GUESSED or pin in "01234567890" or pin in "09876543210":
        return "这六位太顺，最先被猜到。请换一个。"
    if _BIRTHDAY.fullmatch(pin):
        return "这六位像生日，容易被猜到。请换一个。"
    if any(pin in re.sub(r"[^0-9]", "", str(getattr(user, name, "") or "")) for name in ("phone", "username")):
        return "这六位在您的电话或登录名里。请换一个。"
    return ""
