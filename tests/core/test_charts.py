"""Charts: amounts become coordinates exactly, labels as people say them, and the SVG is clean for page and PDF."""

from __future__ import annotations

import io
import itertools
import re
from decimal import Decimal
from xml.etree import ElementTree

import pypdf
import pytest
from django.template.loader import render_to_string

from core import pdf
from core.charts import BarDrawing, Month, MonthPairs, PairsDrawing, Source, SourceBars, axis_label, grid_amounts

pytestmark = pytest.mark.once

SVG = "{http://www.w3.org/2000/svg}"
# The compound of the pictures in the design: two months with the government's reward.
INCOME = [
    "15100", "33640.50", "16100", "12900", "18400", "15500", "15800", "33900.50", "16000", "14800", "16200", "17732.75",
]  # fmt: skip
EXPENSE = [
    "15200", "17900", "14800", "13100", "15900", "17300", "15000", "16400", "18200", "16000", "15700", "15329.60",
]  # fmt: skip
NOTES = {1: "含政府奖励", 7: "含政府奖励18,640.50"}


def year(income: list[str] | None = None, expense: list[str] | None = None, **more: str) -> MonthPairs:
    notes = {int(k.removeprefix("n")): v for k, v in more.items()} if more else NOTES
    pairs = zip(income or INCOME, expense or EXPENSE, strict=True)
    return MonthPairs(
        tuple(
            Month(2025 + (10 + i) // 12, (10 + i) % 12 + 1, Decimal(a), Decimal(b), notes.get(i, ""))
            for i, (a, b) in enumerate(pairs)
        )
    )


def svg(drawing: PairsDrawing) -> str:
    return render_to_string("core/charts/months.svg.html", {"drawing": drawing, "css": "wide-only"})


def bar(drawing: BarDrawing) -> str:
    return render_to_string("core/charts/source_bar.svg.html", {"drawing": drawing})


# --- The axis -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("top", "bottom", "labels"),
    [
        ("33900.50", "0", ["1万", "2万", "3万"]),
        ("30000", "0", ["1万", "2万", "3万"]),
        ("29999.99", "0", ["8千", "1.6万", "2.4万"]),
        ("17732.75", "0", ["5千", "1万", "1.5万"]),
        ("59000", "0", ["1.5万", "3万", "4.5万"]),
        ("1234567.89", "0", ["40万", "80万", "120万"]),
        ("4800", "0", ["1.5千", "3千", "4.5千"]),
        ("950", "0", ["3百", "6百", "9百"]),
        ("177.33", "0", ["50元", "100元", "150元"]),
        ("0.05", "0", ["0.015元", "0.03元", "0.045元"]),
        ("30000", "-12000", ["1万", "2万", "3万", "−1万"]),
        ("0", "-3000", ["−1千", "−2千", "−3千"]),
        ("0", "0", []),
    ],
)
def test_the_grid_has_three_round_lines_in_words(top: str, bottom: str, labels: list[str]) -> None:
    lines = grid_amounts(Decimal(top), Decimal(bottom))
    assert [axis_label(amount, step) for amount, step in lines] == labels
    assert all(Decimal(bottom) <= amount <= Decimal(top) for amount, _ in lines)


# --- Twelve months ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_bars_stand_as_high_as_their_amounts(size: str) -> None:
    drawing: PairsDrawing = getattr(year(), size)
    tallest = max(float(b.height) for b in drawing.incomes)
    for drawn, amounts in ((drawing.incomes, INCOME), (drawing.expenses, EXPENSE)):
        assert [float(b.height) for b in drawn] == pytest.approx(
            [float(a) / 33900.50 * tallest for a in amounts], abs=0.06
        )
        assert all(float(b.y) + float(b.height) == pytest.approx(float(drawing.zero), abs=0.11) for b in drawn)
    line = next(g for g in drawing.grid if g.label.text == "2万")
    assert float(drawing.zero) - float(line.y) == pytest.approx(20000 / 33900.50 * tallest, abs=0.11)
    assert all(float(b.x) >= 0 and float(b.x) + float(b.width) <= drawing.width for b in drawing.incomes)


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_no_two_bars_and_no_two_months_lie_on_each_other(size: str) -> None:
    drawing: PairsDrawing = getattr(year(), size)
    places = sorted((float(b.x), float(b.x) + float(b.width)) for b in (*drawing.incomes, *drawing.expenses))
    assert all(a[1] < b[0] for a, b in itertools.pairwise(places))
    centres = [float(label.x) for label in drawing.labels]
    half = [sum(18 if ord(s) > 0x2E80 else 10.5 for s in label.text) / 2 for label in drawing.labels]
    assert all(centres[i] + half[i] < centres[i + 1] - half[i + 1] + 1 for i in range(11)), (
        "labels of 18 px have room at 1:1"
    )


def test_months_are_named_in_full_where_there_is_room_and_the_last_is_bold() -> None:
    chart = year()
    assert [label.text for label in chart.wide.labels] == [f"{m}月" for m in (11, 12, *range(1, 11))]
    assert [label.text for label in chart.narrow.labels] == [str(m) for m in (11, 12, *range(1, 11))]
    for drawing in (chart.wide, chart.narrow):
        assert [label.strong for label in drawing.labels] == [False] * 11 + [True]


def test_a_negative_month_hangs_below_the_line_and_its_name_below_that() -> None:
    income = [*INCOME[:3], "-6000", *INCOME[4:]]
    drawing = year(income).wide
    hanging = drawing.incomes[3]
    zero = float(drawing.zero)
    assert float(hanging.y) == pytest.approx(zero, abs=0.06)
    others = [b for i, b in enumerate(drawing.incomes) if i != 3]
    scale = float(others[1].height) / 33640.50
    assert float(hanging.height) == pytest.approx(6000 * scale, abs=0.2)
    assert float(drawing.labels[3].y) - 18 > float(hanging.y) + float(hanging.height) - 18 * 0.3
    assert drawing.height >= float(drawing.labels[3].y)


def test_a_month_of_nothing_has_its_name_and_no_bar() -> None:
    drawing = year(["0", *INCOME[1:]], ["0", *EXPENSE[1:]]).wide
    assert (len(drawing.incomes), len(drawing.expenses), len(drawing.labels)) == (11, 11, 12)


@pytest.mark.parametrize("months", [(), tuple(Month(2026, m, Decimal(0), Decimal(0)) for m in range(1, 13))])
def test_nothing_at_all_is_a_line_without_amounts(months: tuple[Month, ...]) -> None:
    drawing = MonthPairs(months).wide
    assert (drawing.grid, drawing.incomes, drawing.expenses, drawing.notes) == ((), (), (), ())
    ElementTree.fromstring(svg(drawing))


def test_a_new_compounds_three_months_keep_the_width_of_three() -> None:
    drawing = MonthPairs(year().months[:3]).wide
    assert float(drawing.labels[-1].x) < drawing.width / 3


def test_only_peaks_carry_their_word_and_on_the_wide_drawing_only() -> None:
    everywhere = {f"n{i}": "含政府奖励" for i in range(12)}
    chart = year(**everywhere)
    assert [n.text for n in chart.wide.notes] == ["含政府奖励", "含政府奖励"]
    assert chart.narrow.notes == ()


def test_a_word_stands_clear_of_bars_words_and_edges() -> None:
    last = [*INCOME[:11], "34000"]
    drawing = year(last, n10="退回押金", n11="含政府奖励18,640.50").wide
    (note,) = drawing.notes
    assert note.anchor == "end", "no room at the right"
    twins = [*INCOME[:6], "34000", "33900", "33800", *INCOME[9:]]
    texts = {f"n{i}": "含政府奖励18,640.50" for i in (6, 7, 8)}
    spans = []
    for note in year(twins, **texts).wide.notes:
        x, length = float(note.x), 5 * 18 + 9 * 10.5
        spans.append((x, x + length) if note.anchor == "start" else (x - length, x))
    assert spans, "at least the outer ones find room"
    assert all(a[1] < b[0] or b[1] < a[0] for i, a in enumerate(spans) for b in spans[i + 1 :])
    assert all(a >= 0 and b <= 880 for a, b in spans)


# --- The markup ---------------------------------------------------------------------------------------------------

ALLOWED = {
    "class", "width", "height", "viewBox", "role", "aria-labelledby", "font-family", "font-size", "font-weight", "id",
    "patternUnits", "d", "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "color", "x", "y",
    "text-anchor",
}  # fmt: skip


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_the_svg_holds_presentation_attributes_only(size: str) -> None:
    text = svg(getattr(year(), size))
    for element in ElementTree.fromstring(text).iter():
        assert set(element.attrib) <= ALLOWED, element.attrib
        assert element.tag.removeprefix(SVG) in {"svg", "title", "desc", "defs", "pattern", "path", "g", "text", "rect"}
    assert len(text.encode()) < 5000


def test_those_who_hear_it_are_told_what_the_others_see() -> None:
    root = ElementTree.fromstring(svg(year().wide))
    named = [root.find(f".//*[@id='{name}']") for name in root.attrib["aria-labelledby"].split()]
    assert [e.text for e in named if e is not None] == [
        "2025年11月至2026年10月，每个月收多少、花多少",
        "收得最多的是2026年6月，33,900.50元；花得最多的是2026年7月，18,200.00元。"
        "2025年12月含政府奖励。2026年6月含政府奖励18,640.50。",
    ]


def test_ids_differ_between_sizes_and_between_charts_of_one_page() -> None:
    chart = year()
    both = svg(chart.wide) + svg(chart.narrow) + svg(MonthPairs(chart.months, name="service").wide)
    ids = re.findall(r' id="([^"]+)"', both)
    assert len(ids) == len(set(ids)) == 9
    assert set(re.findall(r"url\(#([^)]+)\)", both)) <= set(ids)


def test_a_note_is_text_whatever_it_says() -> None:
    root = ElementTree.fromstring(svg(year(n7='<script>x</script>"&').wide))
    assert root.findall(f".//{SVG}script") == []
    assert '<script>x</script>"&' in [t.text for t in root.iter(f"{SVG}text")]


def test_the_pdf_takes_the_drawings_without_a_warning_and_keeps_their_words() -> None:
    body = svg(year().wide) + svg(year().narrow) + "".join(bar(r.wide) for r in SourceBars(FOUR).rows)
    for hatched in (False, True):
        body += render_to_string("core/charts/legend.svg.html", {"hatched": hatched})
    made = pdf.render(f'<html lang="zh-CN"><title>图</title><body>{body}', base_styles=())
    text = pypdf.PdfReader(io.BytesIO(made.bytes)).pages[0].extract_text()
    assert "含政府奖励18,640.50" in text
    assert "3万" in text


# --- Four sources -------------------------------------------------------------------------------------------------

FOUR = (
    Source("residents", "个人出一点", Decimal("81430.75"), Decimal("111843"), Decimal("93202.50")),
    Source("units", "单位担一点", Decimal("6300"), Decimal("8400"), Decimal("6300")),
    Source("public", "公共收一点", Decimal("71240"), Decimal("86760"), Decimal("72150")),
    Source("government", "政府奖一点", Decimal("18640.50"), Decimal("37281"), Decimal("18640.50")),
)


@pytest.mark.parametrize(("size", "width"), [("wide", 704), ("narrow", 358)])
def test_all_sources_share_one_scale(size: str, width: int) -> None:
    for source, row in zip(FOUR, SourceBars(FOUR).rows, strict=True):
        drawing: BarDrawing = getattr(row, size)
        assert drawing.received and drawing.promised and drawing.due and source.promised and source.due
        scale = (width - 1) / 111843
        assert float(drawing.received.width) == pytest.approx(float(source.received) * scale, abs=0.06)
        right = float(drawing.promised.x) + float(drawing.promised.width) + 0.5
        assert right == pytest.approx(float(source.promised) * scale, abs=0.11)
        assert float(drawing.due) == pytest.approx(float(source.due) * scale, abs=0.06)
        assert right <= width and float(drawing.due) + 1 <= width


def test_without_a_promise_there_is_the_solid_bar_alone() -> None:
    (row,) = SourceBars((Source("x", "公共收一点", Decimal("300")),)).rows
    root = ElementTree.fromstring(bar(row.wide))
    assert len(root.findall(f".//{SVG}rect")) == 1
    assert root.findall(f".//{SVG}path") == []
    title = root.find(f"{SVG}title")
    assert title is not None and title.text == "公共收一点：实到300.00元"


def test_more_than_promised_reaches_over_the_outline_and_less_than_nothing_has_no_bar() -> None:
    over, under, none = SourceBars(
        (
            Source("a", "甲", Decimal("900"), Decimal("300"), Decimal("0")),
            Source("b", "乙", Decimal("-5")),
            Source("c", "丙", Decimal("0"), Decimal("0"), Decimal("0")),
        )
    ).rows
    assert over.wide.received and over.wide.promised
    assert float(over.wide.received.width) == 703 > 2.9 * float(over.wide.promised.width)
    assert over.wide.due == "1"
    assert under.wide.received is None
    assert (none.wide.received, none.wide.promised) == (None, None)


def test_nothing_from_anyone_draws_nothing() -> None:
    (row,) = SourceBars((Source("a", "甲", Decimal(0), Decimal(0), Decimal(0)),)).rows
    assert (row.wide.received, row.wide.promised, row.wide.due) == (None, None, None)
    ElementTree.fromstring(bar(row.wide))


def test_half_a_year_takes_the_whole_width() -> None:
    months = [Month(2026, m, Decimal(100), Decimal(90)) for m in range(1, 7)]
    half, five = (MonthPairs(tuple(months[:n]), "half").wide for n in (6, 5))
    assert float(half.labels[-1].x) > 0.85 * half.width
    assert float(five.labels[-1].x) < 0.5 * five.width
