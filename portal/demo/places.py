"""Invented compounds (marked 演示) in real communities, and their people."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from compounds.choices import Role

FEN = Decimal("0.01")


@dataclass(frozen=True)
class Stand:
    """Where an invented compound stands: the step, how far it is in it, for how many days.

    ``far``: begun, ready, prepared, by_secretary, by_staff, sent_back, reopened; ``late``: its plan is over.
    ``overridden``: a step that was confirmed though a paper was missing; 0 for none.
    """

    step: int = 9
    far: str = "begun"
    days: int = 20
    late: bool = False
    overridden: int = 0


@dataclass(frozen=True)
class Shape:
    """An invented compound. ``entrances``: how many each building has, none of them in a courtyard's rows (平房).

    ``floors`` and ``flats``: of each entrance, or of each building without one. ``mix``: tenures by their weight.
    """

    community: str
    name: str
    built: int
    entrances: tuple[int, ...]
    area: str
    address: str
    unit: str = ""
    state: str = "issued"  # how far last month got: issued, approved, prepared, open; none: it keeps no books
    stand: Stand = Stand()
    floors: int = 6
    flats: int = 2
    more_units: tuple[str, ...] = ()
    mix: str = ""
    shops: int = 0
    garages: int = 0
    note: str = ""
    body: str = "none"
    managed: bool = False
    parking: bool = True

    @property
    def households(self) -> int:
        return self.floors * self.flats * sum(max(count, 1) for count in self.entrances)

    @property
    def units(self) -> tuple[str, ...]:
        """The property-right units, the main one first; where books name none, the district's own dwellings'."""
        named = (self.unit, *self.more_units) if self.unit else ()
        return named if named or self.state == "none" else ("区房屋管理所（演示）",)


SHAPES = (
    Shape(
        "110107003037",
        "槐荫里小区（演示）",
        1983,
        (5, 5, 4, 4, 4, 4),
        "18640.50",
        "八角南里社区内",
        "燕西机械厂（演示）",
    ),
    Shape("110107003037", "南里甲院（演示）", 1986, (4, 4, 4, 4), "11520.00", "八角南里社区内", "燕西机械厂（演示）"),
    Shape("110107003007", "春和院（演示）", 1989, (5, 5, 5, 5), "14208.40", "八角北里社区内"),
    Shape("110107003007", "北里松园（演示）", 1991, (4, 4, 3, 3), "10416.70", "八角北里社区内", "冀燕仪表厂（演示）"),
    Shape(
        "110107003018",
        "古南一院（演示）",
        1978,
        (6, 6, 6, 6, 6, 5),
        "23856.00",
        "古城南里社区内",
        "永定河管理段（演示）",
    ),
    Shape("110107003034", "银杏里（演示）", 1984, (5, 5, 5, 4, 4), "16402.20", "杨庄中区社区内"),
    Shape("110107003039", "杨北五号院（演示）", 1987, (4, 4, 4, 4), "11808.60", "杨庄北区社区内", "西郊汽修厂（演示）"),
    Shape("110107003009", "丁香院（演示）", 1982, (5, 5, 5, 5), "14688.00", "八角中里社区内"),
    Shape("110107003026", "安平里（演示）", 1990, (4, 4, 4), "8928.30", "八角路社区内"),
    Shape("110107004010", "桂香里（演示）", 1985, (6, 6, 6, 6, 6), "21744.50", "古城路社区内", "古城副食公司（演示）"),
    Shape("110107004029", "晚晴里（演示）", 1993, (5, 5, 4), "10248.90", "老古城东社区内"),
    Shape("110107006010", "口东石榴院（演示）", 1981, (4, 4, 4, 3), "10620.00", "模式口东里社区内"),
    Shape("110107002017", "西里海棠院（演示）", 1988, (5, 5, 5), "11070.80", "老山西里社区内", "老山建筑队（演示）"),
    Shape("110107011016", "七星柿子园（演示）", 1994, (5, 5, 5, 5, 5), "19650.00", "七星园南社区内"),
    Shape("110107005013", "西井五号楼院（演示）", 1979, (5,), "3360.00", "西井社区内", state="approved"),
    Shape("110107001025", "玉泉槐院（演示）", 1992, (4, 4, 3), "8052.60", "玉泉西里中社区内", state="prepared"),
    Shape("110107003032", "椿树里（演示）", 1986, (4, 3), "5208.00", "杨庄南区社区内", state="open"),
)

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = [
    "秀兰",
    "桂芳",
    "玉珍",
    "国强",
    "志远",
    "建民",
    "晓梅",
    "淑琴",
    "凤英",
    "德胜",
    "文华",
    "丽华",
    "建国",
    "桂英",
    "永强",
    "春生",
    "雪梅",
    "金凤",
    "海燕",
    "振华",
    "素芬",
    "立新",
    "宝林",
    "玉兰",
    "卫东",
    "红霞",
    "庆祥",
    "慧敏",
    "长顺",
    "瑞芝",
    "淑贞",
    "景明",
    "秀英",
    "福来",
    "巧云",
    "学军",
    "爱华",
    "书田",
    "月娥",
    "保国",
]


@dataclass(frozen=True)
class Person:
    """An account of the demo; those that are printed get a password. Without a role: 选票录入员, named by each ballot."""

    username: str
    name: str
    role: str
    area: str
    printed: bool = False

    @property
    def words(self) -> str:
        """Return what the person is, as the list of accounts says it."""
        return Role(self.role).label if self.role else "选票录入员"


MAIN = "11010700303701"  # 槐荫里小区

PEOPLE = (
    Person("lihua", "李华", Role.DISTRICT_ADMIN, "110107", True),
    Person("limin", "李敏", Role.STREET_STAFF, "110107003", True),
    Person("zhaogang", "赵刚", Role.STREET_DEPUTY, "110107003", True),
    Person("zhangning", "张宁", Role.COMMUNITY_CLERK, "110107003037", True),
    Person("chenjing", "陈静", Role.COMMUNITY_CLERK, "110107003037", True),
    Person("sunyan", "孙岩", Role.COMMUNITY_SECRETARY, "110107003037", True),
    Person("wuli", "吴丽", Role.COMMITTEE_BOOKKEEPER, MAIN, True),
    Person("wangxiulan", "王秀兰", Role.COMMITTEE_HEAD, MAIN, True),
    Person("zhaoguoqiang", "赵国强", Role.COMMITTEE_DEPUTY, MAIN, True),
    Person("liuyuzhen", "刘玉珍", Role.COMMITTEE_CASHIER, MAIN, True),
    Person("chenzhiyuan", "陈志远", Role.AUDITOR, MAIN, True),
    Person("hejianmin", "何建民", Role.ACCOUNT_ADMIN, "110107", True),
    Person("majun", "马军", "", "", True),  # enters papers of the ballots for which they are named
)
# One bookkeeper keeps the books of all other compounds (代理记账); heads are one per compound.
KEEPER = Person("gaosufen", "高素芬", Role.COMMITTEE_BOOKKEEPER, "")


def building_labels(shape: Shape) -> list[str]:
    """Return the buildings as people call them: 1, 2; 平房 in a courtyard, 前平房 and 后平房 where it has rows."""
    rows = ("前平房", "中平房", "后平房") if shape.entrances.count(0) > 1 else ("平房",)
    return [str(n) if count else rows[n - 1] for n, count in enumerate(shape.entrances, start=1)]


def rooms(shape: Shape) -> Iterator[tuple[str, str, str, Decimal]]:
    """Yield (building, entrance, room, floor area in m²) of a compound; the areas add up to the shape's."""
    cells = [
        (label, str(entrance) if count else "", f"{floor}{flat:02d}" if count else str(flat))
        for label, count in zip(building_labels(shape), shape.entrances, strict=True)
        for entrance in range(1, max(count, 1) + 1)
        for floor in range(1, shape.floors + 1)
        for flat in range(1, shape.flats + 1)
    ]
    left = Decimal(shape.area)
    mean = (left / shape.households).quantize(FEN)
    odd = min(Decimal("6.20"), (mean / 8).quantize(FEN))
    for position, (building, entrance, room) in enumerate(cells):
        area = mean + (odd if position % 2 else -odd)
        if position == len(cells) - 1:
            area = left
        left -= area
        yield building, entrance, room, area


def people_names(seed: str) -> Iterator[str]:
    """Yield plausible names for ever, the same for the same seed."""
    chance = random.Random(seed)
    while True:
        yield chance.choice(SURNAMES) + chance.choice(GIVEN)
