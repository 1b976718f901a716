"""What a neighbour would guess first is refused; long and odd ones are welcome (S6)."""

from __future__ import annotations

from itertools import product

import pytest
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError

from core.models import User
from core.passwords import ChinesePasswordValidator

_NAMES = "li wang zhang liu chen yang zhao huang zhou wu zhangwei wangfang lina liuyang zhaolei xiaoming"
_TAILS = "123456 1234567890 888888 2026 19850612 520 1314 @123 123! 666 20261001 123123 000000 abc 112233"
_PHRASES = """wodemima woaini woaini1314 woaini520 5201314520 admin888 admin123 admin@123 root123456 shijingshan
    lpxx2026 wuhao2026 wuhaoxiaoqu wuhao@2026 laojiuxiaoqu bajiao123 gucheng2026 lugu888 pingguoyuan1 jindingjie888
    guangning2026 wulituo123 babaoshan2026 laoshan666 beijing2008 zhongguo2026 mima123456 nihao123456 kuaiji2026
    chuna888888 zhuren123456 shuji2026 qwertyuiop asdfghjkl1 1qaz2wsx3edc qazwsxedcr zxcvbnm123 1q2w3e4r5t q1w2e3r4
    abcdefghij aaaaaaaaaa abcabcabcabc 1212121212 p@ssw0rd2026 Passw0rd! P@$$w0rd 我的密码2026 石景山五好小区 admin五好
    woshishui123 zhimakaimen iloveyou520 password1314 ＡＤＭＩＮ８８８ 8888888888 13912345678 19850612 1234509876"""
NAMES, TAILS, PHRASES = _NAMES.split(), _TAILS.split(), _PHRASES.split()
BAD = PHRASES + [name + tail for name, tail in product(NAMES, TAILS)] + [t + n for n, t in product(NAMES, TAILS)]
GOOD = [
    "chuanghu-lüse-73-Qiao",
    "紫藤跑得比风筝快半拍",
    "Tq7#mB2!xZ",
    "xq7vTm2kLp",
    "correct horse battery staple",
    "mangguo dengta luotuo yusan chuanghu",
    "k7mn-p3qx-w9zt",
    "6913 0475 8261 7394 0582",
    "窗外的雨下了三天三夜，邻居家的猫还在屋顶上看报纸，我数着台阶忘了回家的路，一共是九十七级半，比上次多了两级，不知道是谁添的",
    "9vR" + "长" * 70 + "kTz&8",
]


def _accepted(password: str, user: User | None = None) -> bool:
    try:
        ChinesePasswordValidator().validate(password, user)
    except ValidationError:
        return False
    return True


def test_five_hundred_bad_ones_are_refused() -> None:
    assert len(set(BAD)) >= 500
    assert [p for p in BAD if _accepted(p)] == []


def test_the_list_of_the_framework_alone_lets_many_through() -> None:
    """The negative control: without our rules these pass."""
    passed = []
    for password in PHRASES:
        try:
            CommonPasswordValidator().validate(password)
            passed.append(password)
        except ValidationError:
            pass
    assert {"wodemima", "admin888", "5201314520", "shijingshan", "lpxx2026"} <= set(passed)


@pytest.mark.parametrize("password", GOOD, ids=range(len(GOOD)))
def test_long_and_odd_ones_are_welcome(password: str) -> None:
    validate_password(password)


def test_the_persons_own_words_do_not_count() -> None:
    user = User(username="zqxkvbo7", name="阿不都热合曼", phone="010-68873391")

    for password in ("zqxkvbo7zqxkvbo7", "zqxkvbo7!!2026", "阿不都热合曼2026!", "68873391abc", "873391admin"):
        assert not _accepted(password, user)
    assert _accepted("zqxkvbo7 tmwp 4hgc", user)
    assert _accepted("zqxkvbo7!!2026")


def test_the_sentences_are_chinese_and_there_is_no_upper_limit() -> None:
    with pytest.raises(ValidationError, match="太容易猜到"):
        validate_password("woaini1314woaini")
    with pytest.raises(ValidationError, match="全是数字"):
        ChinesePasswordValidator().validate("8362940175")
    assert "拼音" in ChinesePasswordValidator().get_help_text()
    assert _accepted("a" * 1_000_000)  # measured by the hasher, not by us
