"""Surveys: how an answer is read, counted and shown; no Django, no clock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from core.codes import ALPHABET, LENGTH, check_character, read_code
from core.hashing import clean_text
from core.money import NotUnderstood, parse_money, plain_decimal, plain_text, quoted

SINGLE, SEVERAL, NUMBER, TEXT = "single", "several", "number", "text"
WILLING, MONTHLY_FEE = "willing", "monthly_fee"
MOST_QUESTIONS = 30
MOST_OPTIONS = 9  # each has one digit key
OPTION_LONGEST = 40
ANSWER_LONGEST = 300
NUMBER_BELOW = 1_000_000  # more is a slip of the pen
FEWEST_SHOWN = 3  # answers; fewer could be traced to a household (quality.md, P2)
_CENT = Decimal("0.01")
_MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9](?:[ -]?[0-9]{4}){2}(?![0-9])")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; ``options`` where one chooses, ``unit`` of a number, ``purpose`` what the programme reads in it."""

    kind: str
    text: str
    options: tuple[str, ...] = ()
    unit: str = ""
    purpose: str = ""
    number: int = 0

    @property
    def chooses(self) -> bool:
        """Whether one chooses among options."""
        return self.kind in (SINGLE, SEVERAL)


_GRADES = ("满意", "一般", "不满意")
# What the programme wants to know of every household: the four lines of service (Q2), what is wanted and what people
# would pay (Q4②, Q9), who would serve on the committee (Q5, Q6), opinions and proposals (Q4②).
PROGRAMME_QUESTIONS = (
    Asked(SINGLE, "小区的治安防范（看门、巡逻、门禁），您觉得怎么样？", _GRADES),
    Asked(SINGLE, "小区的绿化保洁（院子、楼道、垃圾），您觉得怎么样？", _GRADES),
    Asked(SINGLE, "小区的维修维护（路灯、管道、楼门、道路），您觉得怎么样？", _GRADES),
    Asked(SINGLE, "小区的停车管理，您觉得怎么样？", _GRADES),
    Asked(SEVERAL, "最要紧的是先办哪几件事？", (
        "看门巡逻", "打扫楼道和院子", "绿化", "修路灯和管道", "停车", "电动车充电", "老人活动的地方", "其他",
    )),
    Asked(NUMBER, "您家有几辆汽车停在小区里？没有就填0。", unit="辆"),
    Asked(SINGLE, "小区请人做治安、保洁、维修、停车管理，您家愿意交一点服务费吗？", ("愿意", "看收多少再定", "不愿意"), purpose=WILLING),
    Asked(NUMBER, "您家每个月愿意交多少？不愿意就填0。", unit="元", purpose=MONTHLY_FEE),
    Asked(SINGLE, "小区要选自我管理委员会，您家有人愿意参加吗？", ("愿意参加", "愿意推荐别人", "不参加")),
    Asked(TEXT, "您对小区的管理还有什么意见和建议？请不要写姓名和电话。"),
)  # fmt: skip


# --- Answers -----------------------------------------------------------------------------------------------------


def _chosen(asked: Asked, text: str) -> tuple[int, ...]:
    """Return the numbers of the options that were typed: 2, 13, 1,3, 1、3, or an option's own words."""
    if text in asked.options:
        return (asked.options.index(text) + 1,)
    digits = re.sub(r"[,，、;；\s]", "", plain_text(text))
    name = f"第{asked.number}题"
    if not re.fullmatch(r"[0-9]+", digits):
        raise NotUnderstood(f"{name}{quoted(text)}看不懂。请填选项的号，1到{len(asked.options)}。")
    numbers = [int(digit) for digit in digits]
    for number in numbers:
        if not 1 <= number <= len(asked.options):
            raise NotUnderstood(f"{name}没有第{number}项，只有1到{len(asked.options)}。")
    if asked.kind == SINGLE and len(numbers) > 1:
        raise NotUnderstood(f"{name}只能选一项，这里填了{quoted(text)}。")
    return tuple(sorted(set(numbers)))


def read_answer(asked: Asked, text: str) -> str:
    """Return an answer as it is kept: ``2``, ``1,3``, a plain decimal, one line of text; ``""`` where there is none.

    :raises NotUnderstood: with the sentence to show: no such option, two where one is asked, no number, a phone
        number in the text, too long.
    """
    text = text.strip()
    if not text:
        return ""
    if asked.chooses:
        return ",".join(map(str, _chosen(asked, text)))
    name = f"第{asked.number}题"
    if asked.kind == NUMBER:
        bare = text.removesuffix(asked.unit).strip() or text
        number = parse_money(bare, zero=True, name=name)
        if number >= NUMBER_BELOW:
            raise NotUnderstood(f"{name}{quoted(text)}太大，请核对。")
        return plain_decimal(number)
    try:
        line = clean_text(" ".join(text.split()))
    except ValueError as problem:
        raise NotUnderstood(f"{name}：{problem}") from None
    if _MOBILE.search(plain_text(line)):
        raise NotUnderstood(f"{name}里有电话号码。答案不记姓名和电话，请删去号码。")
    if len(line) > ANSWER_LONGEST:
        raise NotUnderstood(f"{name}太长，最多{ANSWER_LONGEST}个字。")
    return line


def show_answer(asked: Asked, value: str) -> str:
    """Return a kept answer as people read it: 愿意; 绿化、停车; 20元."""
    if asked.chooses:
        numbers = [int(part) for part in value.split(",") if part]
        return "、".join(asked.options[n - 1] for n in numbers if n <= len(asked.options))
    return f"{value}{asked.unit}" if asked.kind == NUMBER and value else value


# --- Counting ----------------------------------------------------------------------------------------------------


def tally_options(count: int, values: Iterable[str]) -> tuple[int, ...]:
    """Return how many answers chose each of ``count`` options; whoever chose several counts in each."""
    found = Counter(int(part) for value in values for part in value.split(",") if part)
    return tuple(found[number] for number in range(1, count + 1))


@dataclass(frozen=True, slots=True)
class Bin:
    """How many numbers lie from ``low`` on and below ``high``; ``high`` None: exactly ``low``."""

    low: Decimal
    high: Decimal | None
    count: int


@dataclass(frozen=True, slots=True)
class NumberTally:
    """What numbers say together; ``mean`` to two places, half up, ``median`` exact; None where there is no number."""

    count: int = 0
    median: Decimal | None = None
    mean: Decimal | None = None
    lowest: Decimal | None = None
    highest: Decimal | None = None
    bins: tuple[Bin, ...] = ()


def tally_numbers(values: Iterable[str]) -> NumberTally:
    """Return median, mean and distribution of answers that are plain decimals."""
    numbers = sorted(Decimal(value) for value in values)
    if not numbers:
        return NumberTally()
    middle = len(numbers) // 2
    median = numbers[middle] if len(numbers) % 2 else (numbers[middle - 1] + numbers[middle]) / 2
    mean = (sum(numbers, Decimal(0)) / len(numbers)).quantize(_CENT, ROUND_HALF_UP)
    return NumberTally(len(numbers), median, mean, numbers[0], numbers[-1], _bins(numbers))


def _bins(numbers: Sequence[Decimal]) -> tuple[Bin, ...]:
    """Return the distribution: each value where there are few, else equal steps of 1, 2 or 5 with zeros."""
    counts = Counter(numbers)
    if len(counts) <= 8:
        return tuple(Bin(value, None, counts[value]) for value in sorted(counts))
    step = next(
        size
        for power in range(-2, 7)
        for size in (Decimal(n).scaleb(power) for n in (1, 2, 5))
        if (numbers[-1] - numbers[0]) // size < 8
    )
    start, last = numbers[0] // step, numbers[-1] // step
    per = Counter(number // step for number in numbers)
    return tuple(
        Bin(plain(n * step), plain((n + 1) * step), per[n]) for n in map(Decimal, range(int(start), int(last) + 1))
    )


def plain(number: Decimal) -> Decimal:
    """Return a decimal without superfluous zeros and without an exponent."""
    return Decimal(plain_decimal(number))


def share(part: int | Decimal, whole: int | Decimal) -> str:
    """Return a share to one place: 87.4%; nothing where there is no whole."""
    if not whole:
        return ""
    exact = Fraction(part) * 1000 / Fraction(whole)
    rounded = int(exact + Fraction(1, 2))
    return f"{rounded // 10}.{rounded % 10}%"


def hidden_cells(answers: Mapping[str, int]) -> frozenset[str]:
    """Return the groups whose results are told in the totals only, by how many answered in each.

    Those of fewer than three answers; and where these are together fewer than three, the smallest other one too, or
    the totals less the rest would tell them.
    """
    small = {key for key, count in answers.items() if 0 < count < FEWEST_SHOWN}
    shown = sorted((count, key) for key, count in answers.items() if count >= FEWEST_SHOWN)
    if small and sum(answers[key] for key in small) < FEWEST_SHOWN and shown:
        small.add(shown[0][1])
    return frozenset(small)


# --- The code on a sheet ------------------------------------------------------------------------------------------


def sheet_code(survey_number: int, dwelling_key: int) -> str:
    """Return the code printed on a household's sheet: survey, dwelling and a character that checks them."""
    body, value = "", survey_number * 32**6 + dwelling_key
    for _ in range(LENGTH - 1):
        value, digit = divmod(value, 32)
        body = ALPHABET[digit] + body
    return body + check_character(body)


def read_sheet_code(text: str) -> tuple[int, int] | None:
    """Return the number of the survey and the key of the dwelling of a sheet's code or address; None if it is none."""
    code = read_code(text.strip().rstrip("/").rpartition("/")[2])
    if code is None:
        return None
    value = 0
    for character in code[:-1]:
        value = value * 32 + ALPHABET.index(character)
    return divmod(value, 32**6)
