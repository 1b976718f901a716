"""Step line, board, threshold bar, building grid, paper entry: what they say is decided exactly."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.template.loader import render_to_string

from core.charts import (
    Board,
    BoardRow,
    BuildingGrid,
    Choice,
    Dwelling,
    Entrance,
    PaperEntry,
    Portion,
    Question,
    ShareBar,
    Sign,
    Step,
    StepLine,
    ThresholdBar,
)

TWO_THIRDS, HALF = Fraction(2, 3), Fraction(1, 2)


def bar(reached: str, whole: str, share: Fraction = TWO_THIRDS, **more: object) -> ThresholdBar:
    return ThresholdBar("b", "参与", Decimal(whole), (Portion("参与", Decimal(reached)),), share, "规定", "人", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reached", "whole", "share", "more_than", "least", "verdict"),
    [
        ("231", "295", TWO_THIRDS, False, "197", "够，多34人"),
        ("196", "295", TWO_THIRDS, False, "197", "还差1人"),
        ("197", "295", TWO_THIRDS, False, "197", "刚好够"),
        ("200", "300", TWO_THIRDS, False, "200", "刚好够"),
        ("188", "231", HALF, True, "116", "够，多72人"),
        ("131", "312", HALF, True, "157", "还差26人"),
        ("156", "312", HALF, True, "157", "还差1人"),  # half is not more than half
        ("0", "0", HALF, True, "1", "还差1人"),
        ("0", "0", TWO_THIRDS, False, "0", "还差0人"),
    ],
)
def test_a_threshold_of_heads(
    reached: str, whole: str, share: Fraction, more_than: bool, least: str, verdict: str
) -> None:
    shown = bar(reached, whole, share, more_than=more_than)
    assert shown.least == Decimal(least)
    assert shown.verdict == verdict
    assert shown.passes is (verdict[0] in "够刚")


def test_a_threshold_of_area_is_asked_to_the_cent() -> None:
    part = bar("14706.80", "18640.50", finest=Decimal("0.01"))
    assert (part.least, part.passes) == (Decimal("12427.00"), True)
    assert part.asked.replace("\N{NO-BREAK SPACE}", " ") == "规定：至少12,427.00 人"
    yes = bar("11932.40", "14706.80", HALF, more_than=True, finest=Decimal("0.01"))
    assert yes.least == Decimal("7353.41") and "要超过7,353.40" in yes.asked and "多4,579.00" in yes.verdict
    assert not bar("7353.40", "14706.80", HALF, more_than=True, finest=Decimal("0.01")).passes
    odd = bar("50.01", "100.01", HALF, more_than=True, finest=Decimal("0.01"))  # half is 50.005: 50.01 is more
    assert odd.passes and "至少50.01" in odd.asked and odd.verdict == "刚好够"
    assert not bar("50.00", "100.01", HALF, more_than=True, finest=Decimal("0.01")).passes


def test_portions_stand_one_after_another_and_never_leave_the_bar() -> None:
    votes = ThresholdBar(
        "v", "赞成", Decimal(231),
        (Portion("赞成", Decimal(188)), Portion("反对", Decimal(29), "hatched"), Portion("未填", Decimal(0), "pale"),
         Portion("弃权", Decimal(14), "pale")),
        HALF, "过半", "人", more_than=True,
    )  # fmt: skip
    assert [s.look for s in votes.segments] == ["solid", "hatched", "pale"]
    assert sum(float(s.width.rstrip("%")) for s in votes.segments) == pytest.approx(100, abs=0.02)
    assert votes.segments[1].x == votes.segments[0].width == "81.39%"
    assert votes.tick == "50.22%"
    assert bar("400", "300").segments[0].width == "100.00%"
    html = render_to_string("core/components/threshold_bar.html", {"bar": votes})
    assert "够，多72人" in html and 'id="v-hatch"' in html


def steps(done: int, word: str = "") -> StepLine:
    names = ["小区选定", "调查摸底", "制定方案", "宣传动员", "成立自管会", "建章立制", "确定模式", "测算费用"]
    return StepLine(
        tuple(
            Step(
                name,
                name[-2:],
                date(2025 + i // 3, i % 12 + 1, 1) if i < done else None,
                word if i == done else "",
                "late",
            )
            for i, name in enumerate(names)
        )
    )


def test_the_first_step_that_is_not_done_is_the_present_one() -> None:
    line = steps(4, "超期7天")
    assert line.done == 4 and line.present is not None and line.present.name == "成立自管会"
    assert [c.state for c in line.cells] == ["done"] * 4 + ["present"] + ["ahead"] * 3
    assert [c.label for c in line.cells] == ["2025年1月", "2月", "3月", "2026年4月", "超期7天", "", "", ""]
    assert [c.tone for c in line.cells] == [""] * 4 + ["late"] + [""] * 3
    assert steps(8).present is None and steps(0).done == 0
    html = render_to_string("core/components/step_line.html", {"line": line})
    assert html.count("已确认") == 4 and html.count('aria-current="step"') == 1 and "超期7天" in html


def test_the_board_counts_how_many_have_passed_each_step() -> None:
    board = Board(
        (
            BoardRow("南里", "甲院", 10, steps(8), "运行"),
            BoardRow("南里", "乙院", 20, steps(3, "还差1项")),
            BoardRow("北里", "丙院", 30, steps(0, "还差2项")),
        )
    )
    assert board.passed == (2, 2, 2, 1, 1, 1, 1, 1) and board.after == 1 and board.households == 60
    assert [(place, last) for place, last, _ in board.placed] == [("南里", False), ("", True), ("北里", True)]
    html = render_to_string("core/components/programme_board.html", {"board": board})
    assert "25.01" in html and html.count("<tr") == 5
    assert Board(()).heads == () and Board(()).passed == ()


def test_every_dwelling_has_one_cell_on_its_floor() -> None:
    grid = BuildingGrid(
        "1号楼",
        (
            Entrance("1单元", ((Dwelling("201", "out"), Dwelling("202", "back")), (Dwelling("101", "refused"), Dwelling("102", "back")))),
            Entrance("2单元", ((Dwelling("103", "unissued"),),)),
        ),
    )  # fmt: skip
    assert grid.counts == {"back": 2, "out": 1, "refused": 1, "unreached": 0, "unissued": 1}
    assert grid.households == 5 and grid.head == "未交回1户" and not grid.leads
    assert [[len(floor) for floor in floors] for _, floors in grid.stairs] == [[2, 2], [1]]
    assert BuildingGrid("5号楼", ()).head == ""
    assert grid.said == "1号楼，共5户：已收回2户，未交回1户，拒收1户，未发放1户"
    html = render_to_string("core/components/building_grid.html", {"grid": grid})
    assert ">201<" in html and ">202<" not in html, "what came back recedes"
    assert ">未发<" in html and html.count('class="cell') == 5
    assert BuildingGrid("2号楼", ()).said == "2号楼没有登记住户"


def test_cells_lead_where_they_are_told_and_say_what_they_look_like() -> None:
    signs = {"whole": Sign("齐全", "pale"), "lacking": Sign("还缺", "framed")}
    rooms = (Dwelling("201", "whole", "1/"), Dwelling("202", "lacking", "2/"))
    grid = BuildingGrid("3号楼", (Entrance("1单元", (rooms,)),), signs, "lacking")
    html = render_to_string("core/components/building_grid.html", {"grid": grid})
    assert '<a class="cell framed" href="2/" aria-label="202，还缺">202</a>' in html
    assert grid.head == "还缺1户" and grid.counts == {"whole": 1, "lacking": 1}
    with pytest.raises(KeyError):
        render_to_string(
            "core/components/building_grid.html",
            {"grid": BuildingGrid("4号楼", (Entrance("", ((Dwelling("1", "?"),),)),), signs, "lacking")},
        )


def test_the_present_question_is_the_first_without_an_answer() -> None:
    choices = (Choice("1", "赞成"), Choice("2", "反对"))
    entry = PaperEntry(
        "W2-0149-K", "3号楼2单元501", "张*", "已收回",
        (Question("一", choices, "1"), Question("二", choices), Question("三", choices)), 87, 131,
    )  # fmt: skip
    assert entry.present is entry.questions[1] and (entry.done, entry.left) == (86, 45)
    html = render_to_string("core/components/paper_entry.html", {"entry": entry})
    assert html.count('aria-pressed="true"') == 1 and html.count(" present") == 1 and "已录86张，余45张" in html


def test_a_share_is_a_bar_of_its_whole() -> None:
    assert [ShareBar(part, whole).filled for part, whole in ((0, 4), (1, 4), (4, 4), (9, 4), (1, 0))] == [
        "0", "50", "200", "200", "0",
    ]  # fmt: skip
