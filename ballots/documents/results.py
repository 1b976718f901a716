"""A ballot's result as it is certified and posted: one frozen view-model for page, PDF, CSV, JSON and hash.

Everything is read from the data that were hashed, so no page can say anything else than the paper.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from ballots.choices import InvalidReason, Matter, VoidReason, Voter
from ballots.documents.elections import Candidate, candidates_of
from ballots.documents.rules import share_words
from ballots.rules import AGAINST, APPROVE, CHOOSE_ONE, FOR, Threshold, area_units, read_threshold
from compounds.choices import AreaSource
from core.charts import Portion, ThresholdBar
from core.hashing import canonical_json, sha256_text
from core.spreadsheets import Figure, csv_bytes

SCHEMA = "ballot/1"
KIND = "ballot_result"
# Not hashed into the figures that both certifiers see: who counted, when, and where it is found.
_AFTERWARDS = ("code", "counters", "days", "sha256", "verify_url")
# Nobody is approved: nothing is filled in, or only oppositions are.
BLANK_OF_SEATS = "谁也没赞成"
NUMBERS = "零一二三四五六七八九十"


def figures_sha256(data: dict[str, Any]) -> str:
    """Return the hash of what both certifiers see: all figures, without what is added when they certify."""
    return sha256_text(canonical_json({key: value for key, value in data.items() if key not in _AFTERWARDS}))


def issued_text(data: dict[str, Any]) -> str:
    """Return the canonical JSON that is hashed and kept with the document."""
    return canonical_json({key: value for key, value in data.items() if key not in ("sha256", "verify_url")})


def in_words(number: int) -> str:
    """Return a small number as questions are numbered: 一, 十二; large ones in figures."""
    if number <= 10:
        return NUMBERS[number]
    return f"十{NUMBERS[number - 10]}" if number < 20 else str(number)


def so_many(number: int) -> str:
    """Return a small number as things are counted: 两件, not 二件."""
    return "两" if number == 2 else in_words(number)


def percent(part: Decimal | int, whole: Decimal | int) -> str:
    """Return a share to one place, for orientation: no threshold is decided by it."""
    if not whole:
        return "—"
    share = Fraction(part) * 100 / Fraction(whole)
    return f"{(Decimal(share.numerator) / Decimal(share.denominator)).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


@dataclass(frozen=True)
class Line:
    """What went to one option: its words, heads, area (m², None in a secret ballot), shares of those taking part."""

    label: str
    heads: int
    area: Decimal | None
    heads_share: str = ""
    area_share: str = ""
    hand: int | None = None

    @property
    def deviates(self) -> bool:
        """Whether the count by hand says another number."""
        return self.hand is not None and self.hand != self.heads


@dataclass(frozen=True)
class Answer:
    """One question with what was answered: lines, sum, verdict in the words of what was asked, bars, invalid reasons."""

    number: int
    text: str
    kind: str
    lines: tuple[Line, ...]
    total: Line
    passed: bool | None
    verdict: str
    note: str
    bars: tuple[ThresholdBar, ...]
    reasons: tuple[tuple[str, int], ...]
    candidates: tuple[Candidate, ...] = ()

    @property
    def rest(self) -> tuple[Line, ...]:
        """Return what stands behind the candidates: all abstained from, nobody approved, invalid."""
        return self.lines[len(self.candidates) :]

    @property
    def sign(self) -> str:
        """Return the number as people write it: 三."""
        return in_words(self.number)

    @property
    def has_verdict(self) -> bool:
        return self.passed is not None

    @property
    def deviations(self) -> tuple[Line, ...]:
        """Return where the count by hand says another number."""
        return tuple(line for line in self.lines if line.deviates)


@dataclass(frozen=True)
class ResultPaper:
    """A result, read from its data."""

    data: dict[str, Any]
    public_url: str = ""

    @cached_property
    def sha256(self) -> str:
        """The 校验码: the hash of the data."""
        return sha256_text(issued_text(self.data))

    @property
    def code(self) -> str:
        return str(self.data["code"])

    @property
    def verify_url(self) -> str:
        """Where the QR code leads."""
        return f"{self.public_url}/verify/{self.code}/"

    @property
    def title(self) -> str:
        return str(self.data["title"])

    @property
    def number(self) -> int:
        return int(self.data["number"])

    @property
    def compound_name(self) -> str:
        return str(self.data["compound"]["name"])

    @property
    def matter(self) -> str:
        return str(Matter(self.data["matter"]).label)

    @property
    def is_secret(self) -> bool:
        return bool(self.data["secret"])

    @property
    def is_owners(self) -> bool:
        return self.data["rule"]["voter"] == Voter.OWNER

    @property
    def body(self) -> str:
        """Return which body decided; the two cannot stand in for each other."""
        return "业主共同决定" if self.is_owners else "居民会议"

    @property
    def unit(self) -> str:
        """Return what a head is counted in."""
        return "户" if self.data["rule"]["voter"] == Voter.HOUSEHOLD else "人"

    @property
    def voters(self) -> str:
        """Return how the voters are called in a sentence."""
        return {Voter.HOUSEHOLD: "户居民", Voter.OWNER: "位业主"}.get(self.data["rule"]["voter"], "位居民代表")

    @property
    def by_area(self) -> bool:
        return "area" in self.data["rule"]["by"]

    @property
    def participation(self) -> Threshold:
        return read_threshold(self.data["rule"]["participation"])

    @property
    def approval(self) -> Threshold:
        return read_threshold(self.data["rule"]["approval"])

    @property
    def roll(self) -> Line:
        return _line("名册", self.data["result"]["roll"])

    @property
    def cast(self) -> Line:
        roll, cast = self.roll, _line("参与", self.data["result"]["cast"])
        shares = (
            percent(cast.heads, roll.heads),
            percent(cast.area or 0, roll.area or 0) if cast.area is not None else "",
        )
        return Line(cast.label, cast.heads, cast.area, *shares)

    @property
    def participation_met(self) -> bool:
        return bool(self.data["result"]["participation_met"])

    @property
    def rule_words(self) -> tuple[str, str]:
        """Return what the rule asks of taking part and of agreeing, in plain words."""
        what = "人数和面积都" if self.by_area else f"{'户' if self.unit == '户' else '人'}数"
        return f"{what}{_asks(self.participation)}", f"赞成的{what}{_asks(self.approval, '参与者')}"

    @cached_property
    def turnout_bars(self) -> tuple[ThresholdBar, ...]:
        """Return taking part against the roll, heads and area each for itself."""
        return self._bars("turnout", "参与", self.participation, self.roll, (("参与", self.cast, "solid"),), "共")

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """Return the questions with what was answered."""
        hands = self.data.get("hand_count") or {}
        pairs = zip(self.data["questions"], self.data["result"]["questions"], strict=True)
        return tuple(
            self._answer(asked, said, hands.get("figures", {}).get(str(asked["number"]), {})) for asked, said in pairs
        )

    @property
    def decided(self) -> tuple[Answer, ...]:
        return tuple(answer for answer in self.answers if answer.has_verdict)

    @property
    def verdict(self) -> str:
        """Return the answer in a few words."""
        asked, passed = self.decided, [answer for answer in self.decided if answer.passed]
        if not self.participation_met:
            return "参与的不够，没有通过"
        if not asked:
            elected = [answer for answer in self.answers if answer.candidates]
            seated = sum(each.seated for answer in elected for each in answer.candidates)
            return f"选出{seated}人" if elected else "参与的够了，票数见下"
        if len(asked) == 1:
            return asked[0].verdict
        if len(passed) == len(asked):
            return f"{so_many(len(asked))}件事全部通过"
        if not passed:
            return f"{so_many(len(asked))}件事都没有通过"
        return f"{so_many(len(passed))}件通过，{so_many(len(asked) - len(passed))}件未通过"

    @property
    def box(self) -> dict[str, int]:
        return dict(self.data["box"])

    @property
    def valid(self) -> int:
        return int(self.data["box"]["entered"]) - sum(self.data["void"].values())

    @property
    def void(self) -> tuple[tuple[str, int], ...]:
        """Return why sheets are void, with how many."""
        return tuple((str(VoidReason(code).label), heads) for code, heads in self.data["void"].items())

    @property
    def area_sources(self) -> tuple[tuple[str, int, Decimal], ...]:
        """Return on which source how much of the roll's area rests: source, dwellings, m²."""
        parts = self.data["roll_totals"]["by_source"]
        return tuple((str(AreaSource(p["source"]).label), p["dwellings"], Decimal(p["area"])) for p in parts)

    @property
    def counters(self) -> str:
        return str(self.data.get("counters", ""))

    @property
    def calls(self) -> dict[str, Any] | None:
        return self.data.get("calls") or None

    @property
    def certified_on(self) -> date | None:
        return self._day("certified")

    @property
    def objections_until(self) -> date | None:
        return self._day("objections_until")

    @property
    def voted_from(self) -> date | None:
        return self._day("from")

    @property
    def voted_until(self) -> date | None:
        return self._day("until")

    @property
    def count(self) -> int:
        return int(self.data["count"])

    @property
    def changes(self) -> list[dict[str, Any]]:
        """Return what this counting found otherwise than the one before it."""
        return list(self.data.get("changes", []))

    @property
    def change_lines(self) -> list[str]:
        """Return the same in words."""
        names = {"abstain": "弃权", "blank": "未填", "invalid": "本题无效", "cast": "参与"}
        asked = {question["number"]: question for question in self.data["questions"]}
        found = []
        for row in self.changes:
            line = row["line"]
            label = names.get(line) or _option(asked[row["question"]], int(line) if line.isdecimal() else line)
            where = f"第{row['question']}题" if row["question"] else ""
            found.append(f"{where}{label}由{row['before']}改为{row['after']}")
        return found

    def _day(self, name: str) -> date | None:
        text = self.data.get("days", {}).get(name)
        return date.fromisoformat(text) if text else None

    def _answer(self, asked: dict[str, Any], said: dict[str, Any], hand: dict[str, int]) -> Answer:
        cast = self.cast
        options = [(_option(asked, each["option"]), each, str(each["option"])) for each in said["options"]]
        rest = [
            ("弃权", said["abstain"], "abstain"),
            (BLANK_OF_SEATS if asked.get("seats") else "未填", said["blank"], "blank"),
            ("本题无效", said["invalid"], "invalid"),
        ]
        lines = tuple(_line(label, each, cast, hand.get(key)) for label, each, key in (*options, *rest))
        threshold = self.approval
        pale = _sum("弃权、未填、无效", lines[len(options) :])
        bars: tuple[ThresholdBar, ...] = ()
        if asked["kind"] == APPROVE:
            groups = ((FOR, lines[0], "solid"), (AGAINST, lines[1], "hatched"), (pale.label, pale, "pale"))
            bars = self._bars(f"q{asked['number']}", "赞成", threshold, cast, groups, "参与")
        elif asked["kind"] == CHOOSE_ONE:
            best = max(lines[: len(options)], key=lambda line: line.heads)
            bars = self._bars(
                f"q{asked['number']}", best.label, threshold, cast, ((best.label, best, "solid"),), "参与"
            )
        verdict, note = self._verdict(asked, said)
        reasons = tuple((str(InvalidReason(code).label), n) for code, n in said.get("reasons", {}).items())
        return Answer(asked["number"], asked["text"], asked["kind"], lines, Line("合计", cast.heads, cast.area),
                      said["passed"], verdict, note, bars, reasons,
                      candidates_of(asked, said, self.data.get("opposition", {}).get(str(asked["number"]), ())))  # fmt: skip

    def _verdict(self, asked: dict[str, Any], said: dict[str, Any]) -> tuple[str, str]:
        """Return the verdict and what is to be known of it; it says only what was asked."""
        if asked["kind"] == APPROVE:
            return (
                ("通过", "") if said["passed"] else ("未通过", "没有通过只表示这件事没有定下来，不表示定了相反的事。")
            )
        if asked["kind"] == CHOOSE_ONE:
            if said["passed"]:
                return f"选定：{_option(asked, said['chosen'])}", ""
            if said["chosen"] is not None:
                return "未通过", "过半数选了“以上均不同意”，几个方案都没有选定。"
            return "未通过", "没有一个方案过半，几个方案都没有选定。"
        if not asked.get("seats"):
            return "", "可以选几项，这里只列票数。"
        names = "、".join(_option(asked, mark) for mark in said["seated"])
        notes = []
        if said["tied"]:
            notes.append(f"{'、'.join(_option(asked, mark) for mark in said['tied'])}票数相同，要在他们之间再投一次。")
        if said["alternates"]:
            notes.append(f"候补：{'、'.join(_option(asked, mark) for mark in said['alternates'])}。")
        if len(said["seated"]) + len(said["tied"]) < asked["seats"]:
            notes.append(f"应选{asked['seats']}人，还差{asked['seats'] - len(said['seated'])}人。")
        return (f"当选：{names}" if names else "没有人当选"), "".join(notes)

    def _bars(
        self, key: str, what: str, threshold: Threshold, whole: Line, groups: tuple[tuple[str, Line, str], ...], of: str
    ) -> tuple[ThresholdBar, ...]:
        words, share = share_words(threshold), Fraction(threshold.over, threshold.under)
        heads = tuple(Portion(name, Decimal(line.heads), look) for name, line, look in groups)
        named = f"{what}{'户数' if self.unit == '户' else '人数'}" if of == "共" else what
        bars = [
            ThresholdBar(
                f"{key}-heads", named, Decimal(whole.heads), heads, share, words, self.unit, of, not threshold.inclusive
            )
        ]
        if self.by_area and whole.area is not None:
            areas = tuple(Portion(name, line.area or Decimal(0), look) for name, line, look in groups)
            every = [whole.area, *(portion.amount for portion in areas)]
            finest = Decimal("0.01") if all(area_units(area) % 100 == 0 for area in every) else Decimal("0.0001")
            named = f"{what}面积" if of == "共" else what
            bars.append(
                ThresholdBar(
                    f"{key}-area", named, whole.area, areas, share, words, "m²", of, not threshold.inclusive, finest
                )
            )
        return tuple(bars)


def read_result(text: str, public_url: str = "") -> ResultPaper:
    """Return the view-model of an issued result from its document's data."""
    return ResultPaper(json.loads(text), public_url)


def _asks(threshold: Threshold, of: str = "") -> str:
    words = share_words(threshold)
    if threshold.inclusive:
        return f"要达到{of + '的' if of else ''}{words}"
    return f"要超过{of + '的' if of else ''}{'一半' if words == '过半' else words}"


def _option(asked: dict[str, Any], mark: int | str) -> str:
    """Return an option's words; a name that voters wrote in is marked so."""
    if isinstance(mark, str):
        return mark
    written = mark > asked.get("candidates", mark)
    return f"{asked['options'][mark - 1]}{'（另选）' if written else ''}"


def _line(label: str, said: dict[str, Any], whole: Line | None = None, hand: int | None = None) -> Line:
    area = Decimal(said["area"]) if said["area"] is not None else None
    if whole is None:
        return Line(label, said["heads"], area)
    of_area = percent(area, whole.area) if area is not None and whole.area is not None else ""
    return Line(label, said["heads"], area, percent(said["heads"], whole.heads), of_area, hand)


def _sum(label: str, lines: tuple[Line, ...]) -> Line:
    area = sum((line.area for line in lines if line.area is not None), Decimal(0))
    return Line(label, sum(line.heads for line in lines), area)


# --- Files --------------------------------------------------------------------------------------------------------


def result_json(paper: ResultPaper) -> bytes:
    """Return the public file: the data with their hash and where they are verified."""
    whole = {**paper.data, "sha256": paper.sha256, "verify_url": paper.verify_url}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def result_csv(paper: ResultPaper) -> bytes:
    """Return the figures as a table: the roll, taking part, every option of every question."""
    rows: list[list[object]] = [
        [
            "题号",
            "题目",
            "选项",
            paper.unit,
            "面积（平方米）",
            "占参与人数" if paper.unit == "人" else "占参与户数",
            "占参与面积",
            "结论",
        ]
    ]

    def add(number: object, text: str, line: Line, verdict: str = "") -> None:
        area = Figure(f"{line.area:.4f}") if line.area is not None else ""
        rows.append([number, text, line.label, line.heads, area, line.heads_share, line.area_share, verdict])

    add("", "", paper.roll)
    add("", "", paper.cast, "够" if paper.participation_met else "不够")
    for answer in paper.answers:
        for line in answer.lines:
            add(answer.number, answer.text, line)
        add(answer.number, answer.text, answer.total, answer.verdict)
        rows += [[answer.number, answer.text, f"反对{each.name}", each.against, "", "", "", ""]
                 for each in answer.candidates if each.against is not None]  # fmt: skip
    rows += [["", "", f"废票：{label}", heads, "", "", "", ""] for label, heads in paper.void]
    return csv_bytes(rows)


def with_papers(data: dict[str, Any], roll: list[dict[str, Any]], papers: list[dict[str, Any]]) -> bytes:
    """Return the office's export: the public data with roll and papers, which ``recount`` reads."""
    return json.dumps({**data, "roll": roll, "papers": papers}, ensure_ascii=False, indent=1).encode()
