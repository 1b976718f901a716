"""What the look's pages show: invented compounds and people, and figures that add up. Nothing of it is in a database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.charts import (
    Board,
    BoardRow,
    BuildingGrid,
    Choice,
    Dwelling,
    Entrance,
    Month,
    MonthPairs,
    PaperEntry,
    Portion,
    Question,
    Source,
    SourceBars,
    Step,
    StepLine,
    ThresholdBar,
)
from fees.documents import BookPart, Ledger, Line
from fees.rules import ZERO

HOUSEHOLDS = 312
COMPOUND_CODE = "11010700399901"
LONGEST_NAME = "八角南里社区第二生活区东区六号楼至九号楼联合小区院（演示）"
LONGEST_PAYEE = (
    "北京市石景山区和顺里物业服务有限公司八角南里第二分公司秩序维护与绿化保洁联合服务部"
    "（演示）暨老旧小区准物业服务联合体石景山区域运营管理中心驻槐荫里小区综合服务工作站（演示）"
)
CODE = "7K2M9QXA0"
SHA256 = "ace0ea299b07d7271b2851343ca3e8629c1d4f60b7a2d35e8f94107c6b5a2e3d"


@dataclass(frozen=True)
class Place:
    """A compound as side navigation and page head name it."""

    code: str = COMPOUND_CODE
    name: str = "槐荫里小区（样张）"
    community_name: str = "八角南里社区"
    households: int = HOUSEHOLDS


# --- A month's books ----------------------------------------------------------------------------------------------

# day, number, direction, account, summary, amount, source, service line, reverses, reversed by
SERVICE: tuple[tuple[Any, ...], ...] = (
    (5, 208, "expense", "治安防范", "9月秩序维护费，按合同", "5200.00", None, "security"),
    (5, 209, "expense", "绿化保洁", "9月保洁费，按合同", "4650.00", None, "greening"),
    (8, 210, "expense", "停车管理", "停车管理员补贴，2人", "2400.00", None, "parking"),
    (8, 211, "income", "停车收入", "停车月租，54个车位，每个120元", "6480.00", "public_revenue", None),
    (10, 212, "income", "居民缴费", "居民交费，现金，收据0417至0441号", "3412.50", "residents", None),
    (12, 213, "expense", "维修维护", "更换楼道感应灯", "435.00", None, "repair", None, 216),
    (15, 215, "income", "场地和设施出租", "快递柜场地费", "600.00", "public_revenue", None),
    (16, 216, "expense", "维修维护", "冲销10月12日第213号凭证", "-435.00", None, "repair", 213),
    (16, 217, "expense", "维修维护", "更换楼道感应灯23盏，每盏15元", "345.00", None, "repair"),
    (19, 218, "expense", "维修维护", "3号楼2单元更换单元门门禁", "1260.00", None, "repair"),
    (20, 219, "income", "产权单位承担", "燕西机械厂（演示），第三季度", "2100.00", "property_units", None),
    (22, 220, "expense", "绿化保洁", "秋季修剪树木并清运", "780.00", None, "greening"),
    (25, 221, "income", "居民缴费", "居民交费，微信和银行转账", "4690.25", "residents", None),
    (28, 222, "expense", "停车管理", "东门道闸维修", "460.00", None, "parking"),
)
COMMITTEE: tuple[tuple[Any, ...], ...] = (
    (9, 41, "income", "广告收入", "单元门广告位，第三季度", "450.00", "public_revenue", None),
    (9, 42, "expense", "委员会办公", "公示打印、纸张", "128.60", None, "administration"),
    (20, 43, "expense", "招待慰问和活动", "居民议事会茶水、横幅", "96.00", None, "administration"),
    (31, 44, "expense", "税费和手续费", "银行手续费", "10.00", None, "administration"),
)
OPENINGS = {"service": "46218.35", "committee": "3156.80"}
CASH = {"service": "2318.00", "committee": "412.20"}


def _part(kind: str, rows: tuple[tuple[Any, ...], ...], first: date, opening: str, cash: str) -> BookPart:
    lines, balance, sums = [], Decimal(opening), {"income": ZERO, "expense": ZERO}
    for day, number, direction, account, summary, amount, source, service, *ties in rows:
        reverses, reversed_by = [*ties, None, None][:2]
        value = Decimal(amount)
        sums[direction] += value
        balance += value if direction == "income" else -value
        lines.append(
            Line(number=number, on=first + timedelta(days=day - 1), direction=direction, account=account,
                 summary=summary, quantity=None, unit_price=None, source=source, service_line=service, amount=value,
                 balance=balance, reverses=reverses, reversed_by=reversed_by)
        )  # fmt: skip
    return BookPart(
        book=kind, opening=Decimal(opening), income=sums["income"], expense=sums["expense"], transfers_in=ZERO,
        transfers_out=ZERO, held_in=ZERO, held_out=ZERO, closing=balance, held_balance=ZERO, cash=Decimal(cash),
        bank=balance - Decimal(cash), qr=ZERO, lines=tuple(lines), households=HOUSEHOLDS,
    )  # fmt: skip


def _ledger(parts: tuple[BookPart, ...]) -> Ledger:
    return Ledger(
        code=CODE, compound_code=COMPOUND_CODE, compound_name="槐荫里小区（样张）", place="八角街道八角南里社区",
        households=HOUSEHOLDS, floor_area="18640.50", period="2026-10", first_on=date(2026, 10, 1),
        last_on=date(2026, 10, 31), version=1, posted_on=date(2026, 11, 5), posted_until=date(2026, 11, 19), books=parts,
        sources=(), service_lines=(), notice_income=(), notice_expense=(), told=(), anchors=(),
        verify_url=f"https://wuhao.example/verify/{CODE}/", sha256=SHA256,
    )  # fmt: skip


def ledger() -> Ledger:
    """Return October of the pictures."""
    first = date(2026, 10, 1)
    return _ledger(
        tuple(
            _part(kind, rows, first, OPENINGS[kind], CASH[kind])
            for kind, rows in (("service", SERVICE), ("committee", COMMITTEE))
        )
    )


def long_ledger(count: int) -> Ledger:
    """Return a month of one book with that many lines."""
    return _ledger((long_book(count),))


def long_book(count: int) -> BookPart:
    """Return a book with that many lines, names as long as they get among them."""
    services = ("security", "greening", "repair", "parking")
    rows: list[tuple[Any, ...]] = []
    for i in range(count):
        day = i * 31 // count + 1
        if i % 5 == 0:
            rows.append((day, i + 1, "income", "居民缴费", f"居民交费，收据{i + 1:04d}号", "186.40", "residents", None))
        else:
            summary = (
                LONGEST_PAYEE if i % 500 == 1 else f"{i % 9 + 1}号楼{i % 6 + 1}单元零星维修，更换照明、门锁和水龙头"
            )
            rows.append((day, i + 1, "expense", "维修维护", summary, "23.15", None, services[i % 4]))
    return _part("service", tuple(rows), date(2026, 10, 1), "46218.35", "0.00")


# --- Drawings -----------------------------------------------------------------------------------------------------

INCOME = [
    "15100",
    "33640.50",
    "16100",
    "12900",
    "18400",
    "15500",
    "15800",
    "33900.50",
    "16000",
    "14800",
    "16200",
    "17732.75",
]
EXPENSE = [
    "15200",
    "17900",
    "14800",
    "13100",
    "15900",
    "17300",
    "15000",
    "16400",
    "18200",
    "16000",
    "15700",
    "15329.60",
]
NOTES = {1: "含政府奖励", 7: "含政府奖励18,640.50"}


def chart() -> MonthPairs:
    """Return twelve months, two of them with the government's reward."""
    return MonthPairs(
        tuple(
            Month(2025 + (10 + i) // 12, (10 + i) % 12 + 1, Decimal(a), Decimal(b), NOTES.get(i, ""))
            for i, (a, b) in enumerate(zip(INCOME, EXPENSE, strict=True))
        )
    )


@dataclass(frozen=True)
class SourceFacts:
    """One of the four sources with what is promised, due, received and spent."""

    label: str
    who: str
    promised: Decimal
    due: Decimal
    received: Decimal
    spent: Decimal


SOURCES = (
    ("个人出一点", "居民", "111843.00", "93202.50", "81430.75", "73133.50"),
    ("单位担一点", "产权单位", "8400.00", "6300.00", "6300.00", "6300.00"),
    ("公共收一点", "公共收益", "86760.00", "72150.00", "71240.00", "63470.85"),
    ("政府奖一点", "政府奖励", "37281.00", "18640.50", "18640.50", "15300.00"),
)


def sources() -> tuple[SourceFacts, ...]:
    """Return the four sources of the pictures."""
    return tuple(SourceFacts(label, who, *map(Decimal, figures)) for label, who, *figures in SOURCES)


def source_rows() -> list[dict[str, Any]]:
    """Return each source with its bars, as the compound's page has them."""
    facts = sources()
    bars = SourceBars(
        tuple(Source(f"s{i}", f.label, f.received, f.promised, f.due) for i, f in enumerate(facts)), name="sample"
    )
    return [{"fact": fact, "bar": bar} for fact, bar in zip(facts, bars.rows, strict=True)]


def sources_total() -> SourceFacts:
    """Return the four together."""
    names = ("promised", "due", "received", "spent")
    facts = sources()
    return SourceFacts("四处合计", "", *(sum((getattr(f, name) for f in facts), ZERO) for name in names))


STEPS = (
    ("小区选定", "选定"), ("调查摸底", "摸底"), ("制定方案", "方案"), ("宣传动员", "动员"), ("成立自管会", "成立"),
    ("建章立制", "建章"), ("确定模式", "模式"), ("测算费用", "测算"),
)  # fmt: skip


def step_line(months: str, word: str = "", tone: str = "") -> StepLine:
    """Return a step line from months as the board prints them (24.09) and the word of the present step."""
    done = [date(2000 + int(m[:2]), int(m[3:]), 1) for m in months.split()]
    return StepLine(
        tuple(
            Step(name, short, done[i] if i < len(done) else None, word if i == len(done) else "", tone if i == len(done) else "")
            for i, (name, short) in enumerate(STEPS)
        )
    )  # fmt: skip


ALL_DONE = "24.09 24.10 24.12 25.01 25.03 25.04 25.05 25.06"


def step_lines() -> list[tuple[str, StepLine]]:
    """Return a line that is done, one under way, one late, each with the sentence that says the same."""
    return [
        ("八步全部完成，2025年7月起长效运行，今年是第二年。", step_line(ALL_DONE)),
        ("走到第7步，还差2项。", step_line("25.03 25.05 25.07 25.09 26.01 26.04", "还差2项")),
        ("第2步超期7天。", step_line("26.06", "超期7天", "late")),
    ]


BOARD = (
    ("八角南里", "槐荫里小区", 312, ALL_DONE, "", "", "运行"),
    ("八角南里", "南里甲院", 186, "25.03 25.05 25.07 25.09 26.01 26.04", "还差2项", "", ""),
    ("八角北里", "春和院", 240, "26.06", "超期7天", "late", ""),
    ("八角北里", "北里松园", 168, "25.04 25.06 25.08 25.10 26.08", "可确认", "ready", ""),
    ("古城南里", "古南一院", 420, "25.11 26.02 26.06", "还差1项", "", ""),
    ("古城南里", "永定里", 96, "26.05 26.08", "还差3项", "", ""),
    ("杨庄中区", "银杏里", 278, "25.01 25.03 25.05 25.06 25.09 25.12 26.07", "可确认", "ready", ""),
    ("杨庄北区", "椿树里", 88, "", "还差1项", "", ""),
)


def board() -> Board:
    """Return a street's board."""
    return Board(
        tuple(
            BoardRow(place, name, households, step_line(months, word, tone), after)
            for place, name, households, months, word, tone, after in BOARD
        )
    )


TWO_THIRDS, HALF = Fraction(2, 3), Fraction(1, 2)
CENT = Decimal("0.01")


def thresholds() -> list[ThresholdBar]:
    """Return taking part by heads and area, and approval by heads and area, of the pictures' decision."""
    came, area = Decimal(231), Decimal("14706.80")
    return [
        ThresholdBar("part-heads", "参与人数", Decimal(295), (Portion("参与", came),), TWO_THIRDS, "三分之二", "人"),
        ThresholdBar("part-area", "参与面积", Decimal("18640.50"), (Portion("参与", area),), TWO_THIRDS, "三分之二", "m²",
                     finest=CENT),
        ThresholdBar("yes-heads", "赞成", came, votes(0), HALF, "过半", "人", of="参与", more_than=True),
        ThresholdBar("yes-area", "赞成", area, votes(1), HALF, "过半", "m²", of="参与", more_than=True, finest=CENT),
    ]  # fmt: skip


VOTES = (
    ("赞成", "188", "11932.40"), ("反对", "29", "1840.20"), ("弃权", "11", "712.60"), ("未填", "2", "148.20"),
    ("本题无效", "1", "73.40"),
)  # fmt: skip


def votes(column: int) -> tuple[Portion, ...]:
    """Return the votes by heads (0) or area (1): for, against, and all others together."""
    looks = ("solid", "hatched", "pale", "pale", "pale")
    return tuple(Portion(name, Decimal(f[column]), look) for (name, *f), look in zip(VOTES, looks, strict=True))


def vote_rows() -> list[tuple[str, Decimal, Decimal]]:
    """Return the exact table of the votes, its sum last."""
    rows = [(name, Decimal(heads), Decimal(area)) for name, heads, area in VOTES]
    return [*rows, ("合计", sum((r[1] for r in rows), Decimal(0)), sum((r[2] for r in rows), ZERO))]


MISSING = ThresholdBar(
    "part-missing", "参与", Decimal(HOUSEHOLDS), (Portion("参与", Decimal(131)),), HALF, "要过半", "户", more_than=True
)
# Each entrance's floors from the top: . returned, o not returned, x refused, ? not reached, - not issued.
BUILDINGS = {
    "1号楼": (".. o. .o .o o. ..", ".o o. oo ox .. ..", ".. .. .o .? .o ..", "o- o? .. .. o. -.", "-o .. o. -. .o o."),
    "2号楼": (".. oo .. .. o. ..", ".o .o .. .. o. .o", ".. xo .o .. o. ..", ".o .o .. o. o? ..", "oo .. o- .o oo .."),
    "4号楼": ("oo oo -? oo oo oo", "oo xo .o oo xo oo", "oo .o .o o. o- oo", ".. .o .. ?o oo .o"),
}
SIGNS = {".": "back", "o": "out", "x": "refused", "?": "unreached", "-": "unissued"}


def buildings() -> list[BuildingGrid]:
    """Return three buildings' papers."""
    found = []
    for name, plans in BUILDINGS.items():
        entrances = []
        for number, plan in enumerate(plans, start=1):
            floors = plan.split()
            entrances.append(
                Entrance(
                    f"{number}单元",
                    tuple(
                        tuple(Dwelling(f"{len(floors) - up}0{side + 1}", SIGNS[s]) for side, s in enumerate(floor))
                        for up, floor in enumerate(floors)
                    ),
                )
            )
        found.append(BuildingGrid(name, tuple(entrances)))
    return found


def building_totals() -> dict[str, int]:
    """Return the three buildings together: households, and how many are in each state."""
    grids = buildings()
    states = {state: sum(grid.counts[state] for grid in grids) for state in grids[0].counts}
    return {"households": sum(grid.households for grid in grids), **states}


def paper_entry() -> PaperEntry:
    """Return the eighty-seventh paper of a pile."""
    yes_no = (
        Choice("1", "赞成"),
        Choice("2", "反对"),
        Choice("3", "弃权"),
        Choice("0", "未填"),
        Choice("X", "本题无效"),
    )
    days = (
        Choice("1", "周六上午"), Choice("2", "周三晚上"), Choice("3", "以上均不同意"), Choice("0", "未填"),
        Choice("X", "本题无效"),
    )  # fmt: skip
    return PaperEntry(
        serial="W2-0149-K", dwelling="3号楼2单元501", voter="张*", state="已收回", number=87, total=131, minutes=20,
        questions=(
            Question("一、同意修订管理公约第八条（养犬约定）", yes_no, "1"),
            Question("二、居民议事日定在每月第一个（选一项）", days),
            Question("三、同意公示栏增设在3号楼南侧", yes_no),
        ),
    )  # fmt: skip


# --- The office ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CashRow:
    """A line of the cash book: which half of a 红冲 it is, and the tie to the other half in the margin."""

    line: Line
    tie: str = ""

    @property
    def income(self) -> Decimal | None:
        return self.line.amount if self.line.direction == "income" else None

    @property
    def expense(self) -> Decimal | None:
        return self.line.amount if self.line.direction == "expense" else None


def cash_rows(book: BookPart) -> Iterator[CashRow]:
    """Yield a book's lines with the bracket that ties a reversed voucher to its reversal."""
    pairs = [(line.reverses, line.number) for line in book.lines if line.reverses]
    for line in book.lines:
        tie = ""
        for old, new in pairs:
            if old and old <= line.number <= new:
                tie = "start" if line.number == old else "end" if line.number == new else "mid"
        yield CashRow(line, tie)


@dataclass(frozen=True)
class Waiting:
    """A row of the workbench."""

    due: str
    late: str
    place: str
    what: str
    why: str
    verb: str


QUEUE = (
    ("已过期限", (
        Waiting("11月2日", "超期7天", "春和院", "第2步 调查摸底", "收回问卷61%，没到三分之二", "提醒社区"),
        Waiting("11月6日", "超期3天", LONGEST_NAME, "10月收支公示未张贴", "自管会主任还没审定", "提醒主任"),
    )),
    ("今天到期", (Waiting("11月9日", "", "北里松园", "第6步 建章立制", "两项要求都已满足", "确认"),)),
    ("本周", (Waiting("11月10日", "", "槐荫里小区", "居民会议：修订管理公约", "还差26户参与", "看楼栋图"),)),
)  # fmt: skip
FUNNEL = (
    ("小区选定", 2), ("调查摸底", 5), ("制定方案", 4), ("宣传动员", 3), ("成立自管会", 6), ("建章立制", 4), ("确定模式", 3),
    ("测算费用", 2), ("长效运行", 11),
)  # fmt: skip
