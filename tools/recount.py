#!/usr/bin/env python3
"""Count a ballot's papers again without trusting anyone: python3 recount.py FILE.json

Standard library only. FILE is the office's export of a ballot, with roll and papers. Prints {"result": …}; exit 0,
1 where the file itself states another result, 2 where it cannot be read. Heads and areas are whole numbers (areas in
ten-thousandths of a square metre), thresholds exact fractions: nothing is rounded.
"""

import json
import re
import sys
from fractions import Fraction
from typing import Any

FOR, AGAINST, ABSTAIN = "赞成", "反对", "弃权"
HALF = (">", Fraction(1, 2))


def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: one reader would see the first, another the last."""
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("同一个键写了两次")
    return data


def threshold(text: str) -> tuple[str, Fraction]:
    """Return the comparison and the share that ">=2/3" says."""
    found = re.fullmatch(r"(>=|>)([1-9]\d{0,3})/([1-9]\d{0,3})", text, re.ASCII)
    share = Fraction(int(found[2]), int(found[3])) if found else Fraction(2)
    if found is None or share > 1 or (share == 1 and found[1] == ">"):
        raise ValueError(f"规则写法不对：{text}")
    return found[1], share


def enough(needed: tuple[str, Fraction], part: list[int], whole: list[int], by_area: bool) -> bool:
    """Whether heads, and where it decides area too, reach the share; of nothing nothing is enough."""
    for measure in (0, 1) if by_area else (0,):
        least = needed[1] * whole[measure]
        if whole[measure] <= 0 or part[measure] < least or (needed[0] == ">" and part[measure] == least):
            return False
    return True


def units(area: str) -> int:
    """Return an area in ten-thousandths of a square metre."""
    scaled = Fraction(area) * 10_000
    if scaled.denominator != 1 or scaled < 0:
        raise ValueError(f"面积写法不对：{area}")
    return int(scaled)


def read(question: dict[str, Any], marks: list[Any]) -> list[Any]:
    """Return under which keys the marks of one answer count: options, or one of abstain, blank, invalid."""
    if not marks:
        return ["blank"]
    if marks == [ABSTAIN]:
        return ["abstain"]
    kind, count = question["kind"], len(question["options"])
    known = [FOR, AGAINST] if kind == "approve" else list(range(1, count + 1))
    most = (question.get("most") or question.get("seats") or count) if kind == "choose_up_to" else 1
    whole = all(type(mark) in (int, str) and mark in known for mark in marks)
    return list(marks) if whole and len(marks) == len(set(marks)) <= most else ["invalid"]


def seat(seats: int, votes: dict[int, int]) -> tuple[list[int], list[int], list[int]]:
    """Return seated, alternates and tied of those who have enough; equals at the last seat vote again."""
    order = sorted(votes, key=lambda option: (-votes[option], option))
    if len(order) > seats and votes[order[seats - 1]] == votes[order[seats]]:
        last = votes[order[seats]]
        groups = [[x for x in order if votes[x] > last], [x for x in order if votes[x] < last]]
        return groups[0], groups[1], [x for x in order if votes[x] == last]
    return order[:seats], order[seats:], []


def count(data: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a ballot's file."""
    secret, rule = data["secret"] is True, data["rule"]
    by_area, participation, approval = (
        "area" in rule["by"],
        threshold(rule["participation"]),
        threshold(rule["approval"]),
    )
    areas = {row["entry"]: 0 if secret else units(row["area"]) for row in data["roll"]}
    cast, roll, used, papers = [0, 0], [len(areas), sum(areas.values())], set(), []
    for paper in data["papers"]:
        if not secret and (paper["entry"] not in areas or paper["entry"] in used):
            raise ValueError(f"票{paper.get('serial')}不在名册里，或者同一户有两张")
        used.add(paper["entry"])
        area = 0 if secret else areas[paper["entry"]]
        if not paper.get("void") or rule.get("void_counts") is True:
            cast = [cast[0] + 1, cast[1] + area]
        if not paper.get("void"):
            papers.append((area, paper))
    if len(areas) != len(data["roll"]):
        raise ValueError("名册里同一个序号写了两次")

    def shown(sums: list[int]) -> dict[str, Any]:
        return {"heads": sums[0], "area": None if secret else f"{sums[1] // 10_000}.{sums[1] % 10_000:04d}"}

    met, answers = enough(participation, cast, roll, by_area), []
    for question in data["questions"]:
        number, kind, last = question["number"], question["kind"], len(question["options"])
        if kind not in ("approve", "choose_one", "choose_up_to"):
            raise ValueError(f"没有这种题：{kind}")
        options: list[Any] = [FOR, AGAINST] if kind == "approve" else list(range(1, last + 1))
        sums: dict[Any, list[int]] = {key: [0, 0] for key in [*options, "abstain", "blank", "invalid"]}
        reasons: dict[str, int] = {}
        for area, paper in papers:
            keys = read(question, paper["marks"].get(str(number), []))
            for key in keys:
                sums[key] = [sums[key][0] + 1, sums[key][1] + area]
            if keys == ["invalid"] and str(number) in paper.get("reasons", {}):
                why = paper["reasons"][str(number)]
                reasons[why] = reasons.get(why, 0) + 1
        reached = [key for key in options if met and enough(approval, sums[key], cast, by_area)]
        over_half = [key for key in reached if kind == "choose_one" and enough(HALF, sums[key], cast, by_area)]
        chosen = over_half[0] if over_half else None
        passed = {"approve": FOR in reached, "choose_one": chosen not in (None, last)}.get(kind)
        seats = question.get("seats")
        seated, alternates, tied = seat(seats, {key: sums[key][0] for key in reached}) if seats else ([], [], [])
        said = {"number": number, "options": [{"option": key, **shown(sums[key])} for key in options]}
        said |= {key: shown(sums[key]) for key in ("abstain", "blank", "invalid")}
        said |= {"passed": passed, "chosen": chosen, "seated": seated, "alternates": alternates, "tied": tied}
        answers.append(said | ({"reasons": dict(sorted(reasons.items()))} if reasons else {}))
    return {"roll": shown(roll), "cast": shown(cast), "participation_met": met, "questions": answers}


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("用法：python3 recount.py 文件.json", file=sys.stderr)
        return 2
    try:
        with open(arguments[1], "rb") as file:
            data = json.loads(file.read().decode("utf-8-sig"), object_pairs_hook=no_twins)
        result = count(data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as why:
        print(f"读不出来：{why}", file=sys.stderr)
        return 2
    print(json.dumps({"result": result}, ensure_ascii=False, indent=1))
    if "result" in data and data["result"] != result:
        print("不一致：文件里写的结果和重新数的不一样", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
