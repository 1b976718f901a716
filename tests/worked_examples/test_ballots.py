"""Published ballots and court cases, replayed to the last digit (shared data: real_cases.json, by their ids)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from ballots.models import VotingRule
from ballots.rules import area_text, area_units, read_threshold, recount

HEADS_AND_AREA = ["heads", "area"]
ORDINARY = {"by": HEADS_AND_AREA, "participation": ">=2/3", "approval": ">1/2"}
BEFORE_2021 = {"by": HEADS_AND_AREA, "participation": ">1/2", "approval": ">1/2"}
MEETING = {"by": ["heads"], "participation": ">1/2", "approval": ">1/2"}
ONE_QUESTION = [{"number": 1, "kind": "approve", "text": "", "options": [], "seats": None}]


def spread(heads: int, area: str) -> list[str]:
    """Give heads an area each, so that the sum is exact to the last digit."""
    whole, rest = divmod(area_units(area), heads)
    return [area_text(whole + (1 if place < rest else 0)) for place in range(heads)]


def ballot(rule: dict[str, Any], *groups: tuple[int, str, list[str] | None]) -> dict[str, Any]:
    """Make a ballot's file of groups: heads, their area together, what they marked (None: not returned)."""
    roll: list[dict[str, Any]] = []
    papers = []
    for heads, area, marks in groups:
        for each in spread(heads, area) if heads else ():
            roll.append({"entry": len(roll) + 1, "area": each})
            if marks is not None:
                papers.append({"serial": "", "entry": len(roll), "void": False, "reason": None, "marks": {"1": marks}})
    return {"secret": False, "rule": rule, "roll": roll, "questions": ONE_QUESTION, "papers": papers}


def met(rule: dict[str, Any], heads: int, area: str, took_part: int, with_area: str) -> bool:
    rest = area_text(area_units(area) - area_units(with_area))
    result = recount(ballot(rule, (took_part, with_area, ["赞成"]), (heads - took_part, rest, None)))
    assert result["roll"] == {"heads": heads, "area": area_text(area_units(area))}
    assert result["cast"] == {"heads": took_part, "area": area_text(area_units(with_area))}
    return bool(result["participation_met"])


@pytest.mark.parametrize(
    ("heads", "area", "enough", "enough_area", "short_area"),
    [
        (355, "36609.05", 237, "24406.04", "24406.03"),  # vote-dg-dijing
        (577, "78756.37", 385, "52504.25", "52504.24"),  # vote-dg-fengjingtai
        (280, "24838.57", 187, "16559.05", "16559.04"),  # vote-dg-zhongyang1
    ],
)
def test_two_thirds_of_real_rolls(heads: int, area: str, enough: int, enough_area: str, short_area: str) -> None:
    assert met(ORDINARY, heads, area, enough, enough_area)
    assert not met(ORDINARY, heads, area, enough - 1, enough_area)
    assert not met(ORDINARY, heads, area, enough, short_area)
    two_thirds = read_threshold(">=2/3")
    assert two_thirds.least(heads) == enough
    # To the hundredth, in which such notices are written.
    assert area_units(short_area) < two_thirds.least(area_units(area)) <= area_units(enough_area)


def share(part: str, whole: str) -> str:
    return str((Decimal(part) / Decimal(whole) * 100).quantize(Decimal("0.01"), ROUND_HALF_UP))


def test_dexing_2020_does_not_adopt_and_decides_nothing_else() -> None:
    """vote-sz-dexing-2020: 446 of 1,376 for renewing the contract; a failed 续聘 is 未通过, nothing more."""
    data = ballot(
        ORDINARY, (446, "43576.43", ["赞成"]), (930, "84471.07", ["反对"]), (52, "4628.06", None)
    )  # fmt: skip
    result = recount(data)
    assert result["roll"] == {"heads": 1428, "area": "132675.5600"}
    assert result["cast"] == {"heads": 1376, "area": "128047.5000"}
    question = result["questions"][0]
    assert result["participation_met"] is True and question["passed"] is False
    for_heads, for_area = question["options"][0]["heads"], question["options"][0]["area"]
    assert (share("1376", "1428"), share("128047.50", "132675.56")) == ("96.36", "96.51")
    assert (share(str(for_heads), "1376"), share(for_area, "128047.5")) == ("32.41", "34.03")
    assert (share(str(for_heads), "1428"), share(for_area, "132675.56")) == ("31.23", "32.84")
    against = question["options"][1]
    assert (share(str(against["heads"]), "1428"), share(against["area"], "132675.56")) == ("65.13", "63.67")


def test_dexing_under_the_rule_of_its_time_comes_to_the_same() -> None:
    data = ballot(BEFORE_2021, (446, "43576.43", ["赞成"]), (930, "84471.07", ["反对"]), (52, "4628.06", None))
    assert recount(data)["questions"][0]["passed"] is False


@pytest.mark.django_db
def test_the_seeded_rules_are_the_ones_replayed() -> None:
    seeded = {rule.key: rule for rule in VotingRule.objects.filter(area_code="")}
    for key, rule in (
        ("owners_ordinary", ORDINARY),
        ("owners_before_2021", BEFORE_2021),
        ("household_meeting", MEETING),
    ):
        found = seeded[key]
        assert (found.participation, found.approval, found.by_area) == (
            rule["participation"], rule["approval"], rule["by"] == HEADS_AND_AREA,
        )  # fmt: skip
    special = seeded["owners_special"]
    assert (special.participation, special.approval, special.by_area) == (">=2/3", ">=3/4", True)
    assert [key for key, rule in seeded.items() if rule.void_counts] == ["committee_election"]


def test_before_2021_more_than_half_took_part_where_two_thirds_did_not() -> None:
    """owners_before_2021: 189 of 355 and half the area and a hundredth were enough; today they are not."""
    for rule, expected in ((BEFORE_2021, True), (ORDINARY, False)):
        assert met(rule, 355, "36609.05", 189, "18304.53") is expected
    assert not met(BEFORE_2021, 355, "36609.05", 177, "18304.53")  # half of 355 is 177.5
    assert not met(BEFORE_2021, 354, "36609.06", 177, "20000.00")  # half is not more than half
    assert not met(BEFORE_2021, 354, "36609.06", 200, "18304.53")


def test_of_747_heads_498_are_two_thirds() -> None:
    assert met(ORDINARY, 747, "74700.00", 498, "49800.00")
    assert not met(ORDINARY, 747, "74700.00", 497, "49800.00")
    assert not met(ORDINARY, 747, "74700.00", 498, "49799.9999")


def test_half_is_not_more_than_half() -> None:
    data = ballot(MEETING, (50, "500", ["赞成"]), (50, "500", ["弃权"]))
    assert recount(data)["questions"][0]["passed"] is False
    data = ballot(MEETING, (51, "500", ["赞成"]), (50, "500", ["弃权"]))
    assert recount(data)["questions"][0]["passed"] is True


def test_three_quarters_include_the_number_itself() -> None:
    special = ORDINARY | {"approval": ">=3/4"}
    assert recount(ballot(special, (75, "750.00", ["赞成"]), (25, "250.00", [])))["questions"][0]["passed"] is True
    assert recount(ballot(special, (75, "749.99", ["赞成"]), (25, "250.01", [])))["questions"][0]["passed"] is False


def test_an_extension_of_aocheng_is_of_21_days() -> None:
    """vote-jm-aocheng-extension: papers returned before stay valid, as nothing of them depends on the last day."""
    from datetime import date

    assert (date(2023, 4, 20) - date(2023, 3, 30)).days == 21


# --- Elections ----------------------------------------------------------------------------------------------------

SHEET = [
    {"number": 1, "kind": "approve", "text": "议事规则", "options": [], "seats": None},
    {"number": 2, "kind": "approve", "text": "管理规约", "options": [], "seats": None},
    {"number": 3, "kind": "choose_up_to", "text": "委员", "options": [f"候选人{n}" for n in range(1, 8)], "seats": 5},
]


def election(*sheets: tuple[int, list[int]], rule: dict[str, Any] = MEETING, void: int = 0) -> dict[str, Any]:
    marks = [chosen for times, chosen in sheets for _ in range(times)]
    papers = [
        {"serial": "", "entry": number, "void": False, "reason": None,
         "marks": {"1": ["赞成"], "2": ["反对"], "3": chosen}}
        for number, chosen in enumerate(marks, 1)
    ]  # fmt: skip
    papers += [
        {"serial": "", "entry": len(marks) + each, "void": True, "reason": "torn", "marks": {}}
        for each in range(1, void + 1)
    ]
    roll = [{"entry": number, "area": "50.0000"} for number in range(1, len(papers) + 1)]
    return {"secret": False, "rule": rule, "roll": roll, "questions": SHEET, "papers": papers}


def test_seven_candidates_for_five_seats() -> None:
    """election-sample-7-for-5: five or fewer are valid, six void the election's question only, none is a blank answer."""
    result = recount(election((1, [1, 2, 3, 4, 5]), (1, [1, 2, 3]), (1, [1, 2, 3, 4, 5, 6]), (1, [])))
    rules, charter, seats = result["questions"]
    assert rules["options"][0]["heads"] == charter["options"][1]["heads"] == 4
    assert (seats["invalid"]["heads"], seats["blank"]["heads"]) == (1, 1)
    assert [option["heads"] for option in seats["options"]] == [2, 2, 2, 1, 1, 0, 0]
    assert seats["seated"] == []  # two of four is not more than half


def test_seated_in_order_of_votes_with_alternates_and_a_tie() -> None:
    sheets = (6, [1, 2, 3, 4, 5]), (4, [1, 2, 3, 6, 7]), (1, [7])
    seats = recount(election(*sheets))["questions"][2]
    assert seats["seated"] == [1, 2, 3, 4, 5] and seats["alternates"] == [] and seats["tied"] == []
    seats = recount(election((6, [1, 2, 3, 4, 6]), (5, [1, 2, 3, 5, 7]), (2, [5, 7])))["questions"][2]
    assert seats["seated"] == [1, 2, 3, 5, 7] and seats["alternates"] == []  # 4 and 6 have six of thirteen
    seats = recount(election((7, [1, 2, 3, 4, 5]), (3, [6]), (3, [6, 7])))["questions"][2]
    assert seats["seated"] == [1, 2, 3, 4, 5] and seats["alternates"] == []
    seats = recount(election((5, [1, 2, 3, 4, 5]), (4, [1, 2, 3, 4, 6]), (2, [5, 6, 7])))["questions"][2]
    assert seats["seated"] == [1, 2, 3, 4, 5] and seats["alternates"] == [6]  # nine, nine, nine, nine, seven; six
    seats = recount(election((4, [1, 2, 3, 4, 5]), (4, [1, 2, 3, 4, 6]), (2, [5, 6, 7])))["questions"][2]
    assert (seats["seated"], seats["alternates"], seats["tied"]) == ([1, 2, 3, 4], [], [5, 6])


def test_void_sheets_count_in_the_number_cast_of_an_election() -> None:
    won = election((6, [1]), (5, [2]))
    assert recount(won)["questions"][2]["seated"] == [1]
    spoilt = election((6, [1]), (5, [2]), rule=MEETING | {"void_counts": True}, void=1)
    result = recount(spoilt)
    assert result["cast"]["heads"] == 12 and result["questions"][2]["seated"] == []  # six of twelve
    assert recount(election((6, [1]), (5, [2]), void=1))["cast"]["heads"] == 11


def test_liaoyuan_is_one_head_by_owners_and_280_by_households() -> None:
    """election-sh-liaoyuan4: under the owners' rule the military unit alone is the roll; only households fit."""
    assert recount(ballot(MEETING, (141, "7050.00", ["赞成"]), (139, "6950.00", None)))["participation_met"] is True
    assert recount(ballot(MEETING, (140, "7000.00", ["赞成"]), (140, "7000.00", None)))["participation_met"] is False
    assert recount(ballot(ORDINARY, (1, "14000.00", None)))["roll"]["heads"] == 1


# --- What no rule may say -----------------------------------------------------------------------------------------


def test_a_paper_that_was_not_returned_never_counts() -> None:
    """vote-toutoupiao-follow: no rule of ours has words for deemed votes, and 从众 on a paper is no option."""
    columns = {field.name for field in VotingRule._meta.get_fields()}
    assert not {name for name in columns if "deem" in name or "follow" in name or "silent" in name}
    data = ballot(ORDINARY, (60, "600.00", ["赞成"]), (7, "70.00", ["从众"]), (33, "330.00", None))
    question = recount(data)["questions"][0]
    assert question["invalid"]["heads"] == 7 and question["options"][0]["heads"] == 60


def test_choose_one_counts_refusing_all() -> None:
    """vote-sh-minhang-two-plans: with 以上均不同意 on the paper, refusing both wins and nothing is adopted."""
    data = ballot(ORDINARY, (30, "300", [1]), (20, "200", [2]), (60, "600", [3]), (2, "20", ["弃权"]))  # type: ignore[list-item]
    data["questions"] = [
        {"number": 1, "kind": "choose_one", "text": "", "options": ["方案A", "方案B", "以上均不同意"], "seats": None}
    ]
    question = recount(data)["questions"][0]
    assert (question["chosen"], question["passed"], question["abstain"]["heads"]) == (3, False, 2)
