"""Two countings that share nothing agree on any ballot: ours and tools/recount.py; order and rounding change nothing."""

from __future__ import annotations

import ast
import importlib.util
import json
import random
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from ballots.rules import Unreadable, read_threshold, recount

pytestmark = pytest.mark.once
SCRIPT = Path(settings.BASE_DIR) / "tools" / "recount.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recount_tool", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = load()
thresholds = st.sampled_from([">1/2", ">=2/3", ">=3/4", ">1/3", ">=1/2", ">=1/1", ">2/3"])
areas = st.integers(1, 3_000_000).map(lambda units: f"{units // 10_000}.{units % 10_000:04d}")


@st.composite
def questions(draw: st.DrawFn, number: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(["approve", "choose_one", "choose_up_to"]))
    count = 0 if kind == "approve" else draw(st.integers(2, 5))
    seats = draw(st.none() | st.integers(1, count)) if kind == "choose_up_to" else None
    said = {"number": number, "kind": kind, "text": "", "options": ["甲"] * count, "seats": seats}
    if kind == "choose_up_to" and seats is None and draw(st.booleans()):
        said["most"] = draw(st.integers(1, count))
    return said


def answers(question: dict[str, Any]) -> st.SearchStrategy[list[Any]]:
    words = st.sampled_from(["赞成", "反对", "弃权", "无效"])
    numbers = st.integers(0, len(question["options"]) + 1)
    if question["kind"] == "approve":
        return st.lists(words, max_size=1) | st.lists(words | numbers, max_size=3)
    some = st.lists(st.integers(1, len(question["options"])), unique=True, max_size=5)
    return some | st.lists(numbers, max_size=1) | st.lists(words | numbers | st.just(True), max_size=4)


@st.composite
def ballots(draw: st.DrawFn) -> dict[str, Any]:
    secret = draw(st.booleans())
    roll = [{"entry": number, "area": area} for number, area in enumerate(draw(st.lists(areas, max_size=9)), 1)]
    asked = [draw(questions(number)) for number in range(1, draw(st.integers(1, 3)) + 1)]
    came = draw(st.lists(st.sampled_from([row["entry"] for row in roll]), unique=True)) if roll else []
    papers = []
    for entry in came:
        marks = {str(question["number"]): draw(answers(question)) for question in asked if draw(st.integers(0, 9))}
        reasons = draw(st.dictionaries(st.sampled_from(["1", "2"]), st.sampled_from(["overvote", "illegible"])))
        void = draw(st.integers(0, 5)) == 0
        papers.append({"serial": None, "entry": None if secret else entry, "void": void, "reason": None,
                       "marks": marks, "reasons": reasons})  # fmt: skip
    rule = {
        "name": "", "voter": "owner", "by": draw(st.sampled_from([["heads"], ["heads", "area"]])) if not secret else ["heads"],
        "participation": draw(thresholds), "approval": draw(thresholds), "source": "", "void_counts": draw(st.booleans()),
    }  # fmt: skip
    return {"schema": "ballot/1", "secret": secret, "rule": rule, "roll": roll, "questions": asked, "papers": papers}


@examples(max_examples=400, deadline=None)
@given(ballots(), st.randoms(use_true_random=False))
def test_both_countings_agree_in_any_order(data: dict[str, Any], shuffler: random.Random) -> None:
    ours = recount(data)
    assert ours == TOOL.count(data)
    shuffler.shuffle(data["papers"])
    assert recount(data) == ours


@examples(max_examples=300, deadline=None)
@given(ballots())
def test_the_weights_add_up(data: dict[str, Any]) -> None:
    result = recount(data)
    void = sum(1 for paper in data["papers"] if paper["void"])
    took_part = result["cast"]["heads"] - (void if data["rule"]["void_counts"] else 0)
    for question, said in zip(data["questions"], result["questions"], strict=True):
        if question["kind"] == "choose_up_to":
            continue
        parts = [*said["options"], said["abstain"], said["blank"], said["invalid"]]
        assert sum(part["heads"] for part in parts) == took_part
        if not data["secret"] and not (void and data["rule"]["void_counts"]):
            assert sum(Decimal(part["area"]) for part in parts) == Decimal(result["cast"]["area"])


@examples(max_examples=300, deadline=None)
@given(thresholds, st.integers(1, 10**9))
def test_no_threshold_is_met_by_rounding(text: str, whole: int) -> None:
    threshold = read_threshold(text)
    least = threshold.least(whole)
    share = Fraction(threshold.over, threshold.under)
    assert threshold.met(least, whole) and not threshold.met(least - 1, whole)
    assert Fraction(least, whole) >= share > Fraction(least - 1, whole) or (
        ">=" not in text and Fraction(least - 1, whole) == share
    )
    needed = TOOL.threshold(text)
    assert TOOL.enough(needed, [least, 0], [whole, 0], False) and not TOOL.enough(
        needed, [least - 1, 0], [whole, 0], False
    )


def example() -> dict[str, Any]:
    return {
        "schema": "ballot/1", "secret": False, "questions": [
            {"number": 1, "kind": "approve", "text": "", "options": [], "seats": None},
            {"number": 2, "kind": "choose_one", "text": "", "options": ["A", "B", "以上均不同意"], "seats": None},
        ],
        "rule": {"name": "", "voter": "owner", "by": ["heads", "area"], "participation": ">=2/3", "approval": ">1/2", "source": ""},
        "roll": [{"entry": 1, "area": "61.2000"}, {"entry": 2, "area": "50.0001"}, {"entry": 3, "area": "70.0000"}],
        "papers": [
            {"serial": "A", "entry": 1, "void": False, "reason": None, "marks": {"1": ["赞成"], "2": [3]}},
            {"serial": "B", "entry": 3, "void": False, "reason": None, "marks": {"1": ["赞成"], "2": ["弃权", 1]}},
        ],
    }  # fmt: skip


def test_a_small_ballot_by_hand() -> None:
    result = recount(example())
    assert result["cast"] == {"heads": 2, "area": "131.2000"} and result["participation_met"]
    first, second = result["questions"]
    assert first["passed"] is True and first["chosen"] is None
    assert first["options"][0] == {"option": "赞成", "heads": 2, "area": "131.2000"}
    assert (second["passed"], second["chosen"]) == (False, None)  # one of two heads is not more than half
    assert second["invalid"] == {"heads": 1, "area": "70.0000"}
    assert set(second) == {
        "number",
        "options",
        "abstain",
        "blank",
        "invalid",
        "passed",
        "chosen",
        "seated",
        "alternates",
        "tied",
    }


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda d: d["papers"].append(dict(d["papers"][0], serial="C")), "两张票"),
        (lambda d: d["papers"].append(dict(d["papers"][0], entry=9)), "不在名册"),
        (lambda d: d["roll"].append({"entry": 1, "area": "1.0000"}), "两次"),
        (lambda d: d["roll"].append({"entry": 4, "area": "1.00001"}), "面积"),
        (lambda d: d["rule"].update(participation="2/3"), "规则"),
        (lambda d: d["questions"][0].update(kind="rank"), "rank"),
        (lambda d: d.pop("papers"), "papers"),
    ],
)
def test_what_cannot_be_counted_is_named(
    tmp_path: Path, spoil: Any, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = example()
    spoil(data)
    with pytest.raises(Unreadable, match=word):
        recount(data)
    path = tmp_path / "b.json"
    path.write_text(json.dumps(data))
    assert TOOL.main(["recount.py", str(path)]) == 2
    assert "读不出来" in capsys.readouterr().err


def test_the_tool_stands_alone(tmp_path: Path) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(SCRIPT.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    assert imported <= sys.stdlib_module_names and len(SCRIPT.read_text().splitlines()) <= 150
    path = tmp_path / "b.json"
    path.write_text(json.dumps(example()))
    ran = subprocess.run([sys.executable, "-I", str(SCRIPT), str(path)], capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0 and json.loads(ran.stdout) == {"result": recount(example())}
    path.write_text(json.dumps(example() | {"result": dict(recount(example()), participation_met=False)}))
    ran = subprocess.run([sys.executable, "-I", str(SCRIPT), str(path)], capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 1 and "不一致" in ran.stderr
    path.write_bytes(b"\xff\xfe{")
    assert TOOL.main(["recount.py", str(path)]) == 2
    path.write_text('{"secret": false, "secret": true}')
    assert TOOL.main(["recount.py", str(path)]) == 2
    assert TOOL.main(["recount.py"]) == 2


def test_the_command_needs_no_database(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(json.dumps(example()))
    out = StringIO()
    call_command("recount", str(path), "--json", stdout=out)
    assert json.loads(out.getvalue())["result"] == recount(example())
    path.write_text(json.dumps(example() | {"result": {}}))
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("recount", str(path), "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert ended.value.code == 1 and said["errors"] and said["result"] == recount(example())
    path.write_text("[]")
    with pytest.raises(SystemExit) as ended:
        call_command("recount", str(path), stdout=StringIO(), stderr=StringIO())
    assert ended.value.code == 1
