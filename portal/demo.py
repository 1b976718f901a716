"""The demo district: invented compounds (marked 演示) in real communities, their people and two years of books."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from compounds.choices import Role
from core.hashing import canonical_json
from fees.choices import MemoKind
from fees.operations import AssetData, MemoData
from fees.rules import DENOMINATIONS, last_day

FEN = Decimal("0.01")


@dataclass(frozen=True)
class Shape:
    """An invented compound. ``entrances``: how many each building has; six floors of two flats each."""

    community: str
    name: str
    built: int
    entrances: tuple[int, ...]
    area: str
    address: str
    unit: str = ""
    state: str = "issued"  # how far last month got: issued, approved, prepared, open

    @property
    def households(self) -> int:
        return 12 * sum(self.entrances)


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
    """An account of the demo; those that are printed get a password."""

    username: str
    name: str
    role: str
    area: str
    printed: bool = False


MAIN = "11010700303701"  # 槐荫里小区

PEOPLE = (
    Person("lihua", "李华", Role.DISTRICT_ADMIN, "110107", True),
    Person("limin", "李敏", Role.STREET_STAFF, "110107003", True),
    Person("zhaogang", "赵刚", Role.STREET_DEPUTY, "110107003", True),
    Person("zhangning", "张宁", Role.COMMUNITY_CLERK, "110107003037", True),
    Person("sunyan", "孙岩", Role.COMMUNITY_SECRETARY, "110107003037", True),
    Person("wuli", "吴丽", Role.COMMITTEE_BOOKKEEPER, MAIN, True),
    Person("wangxiulan", "王秀兰", Role.COMMITTEE_HEAD, MAIN, True),
    Person("zhaoguoqiang", "赵国强", Role.COMMITTEE_DEPUTY, MAIN, True),
    Person("liuyuzhen", "刘玉珍", Role.COMMITTEE_CASHIER, MAIN, True),
    Person("chenzhiyuan", "陈志远", Role.AUDITOR, MAIN, True),
    Person("hejianmin", "何建民", Role.ACCOUNT_ADMIN, "110107", True),
)
# One bookkeeper keeps the books of all other compounds (代理记账); heads are one per compound.
KEEPER = Person("gaosufen", "高素芬", Role.COMMITTEE_BOOKKEEPER, "")


@dataclass(frozen=True)
class Flow:
    """One voucher of the demo's books: which book, day of the month, account, amount in yuan, words."""

    book: str
    day: int
    account: str
    amount: Decimal
    summary: str
    payee: str = ""
    means: str = "bank"
    quantity: str = ""
    unit_price: str = ""
    source: str | None = None
    decision: str = ""
    to_book: str = ""
    to_means: str = ""
    incoming: bool = False  # of money held for others
    reverses: bool = False  # the red voucher of the first repair of the month


def _yuan(value: float | Decimal) -> Decimal:
    return Decimal(value).quantize(FEN)


def rooms(shape: Shape) -> Iterator[tuple[str, str, str, Decimal]]:
    """Yield (building, entrance, room, floor area in m²) of a compound; the areas add up to the shape's."""
    kinds = [(str(b), str(e)) for b, count in enumerate(shape.entrances, start=1) for e in range(1, count + 1)]
    total = Decimal(shape.area)
    mean = (total / shape.households).quantize(FEN)
    left = total
    cells = [(b, e, f"{floor}0{flat}") for b, e in kinds for floor in range(1, 7) for flat in (1, 2)]
    for position, (building, entrance, room) in enumerate(cells):
        area = mean + (Decimal("6.20") if position % 2 else Decimal("-6.20"))
        if position == len(cells) - 1:
            area = left
        left -= area
        yield building, entrance, room, area


def people_names(seed: str) -> Iterator[str]:
    """Yield plausible names for ever, the same for the same seed."""
    chance = random.Random(seed)
    while True:
        yield chance.choice(SURNAMES) + chance.choice(GIVEN)


def opening_of(shape: Shape) -> dict[tuple[str, str], Decimal]:
    """Return what lies in each book's accounts before the first month; yuan."""
    return {
        ("service", "bank"): _yuan(shape.households * 84 + 640.35),
        ("service", "cash"): _yuan(shape.households * 2 + 37.5),
        ("committee", "bank"): _yuan(2680),
        ("committee", "cash"): _yuan(276.8),
    }


def decision_of(amount: Decimal, month: date) -> str:
    """Return the number of the decision behind an expense that the head alone may not decide."""
    if amount <= 1000:
        return ""
    return f"{'自管会会议' if amount <= 5000 else '居民会议'}〔{month.year}〕{1 if month.month < 7 else 2}号"


def pieces_of(amount: Decimal) -> str:
    """Return notes and coins that make up an amount, as a cash count keeps them."""
    pieces, left = [], amount
    for value in DENOMINATIONS:
        number = int(left // value)
        left -= number * value
        if number:
            pieces.append([f"{value:.2f}", number])
    return canonical_json(pieces)


REPAIRS = (
    ("更换楼道感应灯", "盏", "15.00", 23),
    ("疏通下水主管", "处", "180.00", 3),
    ("修补楼顶防水", "处", "260.00", 3),
    ("更换单元门闭门器", "个", "145.00", 4),
    ("更换楼道窗玻璃", "块", "38.00", 9),
    ("修理楼道扶手", "处", "75.00", 5),
)


def month_of_flows(shape: Shape, month: date, *, last: bool) -> list[Flow]:
    """Return a month's vouchers in the order of their days; the same for the same compound and month."""
    chance = random.Random(f"{shape.name}{month}")
    homes = shape.households
    number = month.month
    prior = f"{number - 1 or 12}月"
    quarter = "一二三四"[(number - 1) // 3]
    wobble = Decimal(chance.randint(94, 106)) / 100
    cars = homes * 17 // 100
    flows = [
        Flow("service", 5, "201", _yuan(homes * 50 / 3), f"{prior}秩序维护费，按合同", "和顺里物业",
             source="residents"),
        Flow("service", 5, "202", _yuan(homes * 14.9), f"{prior}保洁费，按合同", "和顺里物业",
             source="residents"),
        Flow("service", 8, "204", _yuan(homes * 7.7), "停车管理员补贴，2人", "管理员", source="public_revenue"),
        Flow("service", 8, "103", _yuan(cars * 120), f"停车月租，{cars}个车位，每个120元", "居民",
             quantity=str(cars), unit_price="120"),
        Flow("service", 10, "101", _yuan(_yuan(homes * 10.94) * wobble), "居民缴费，现金", "居民", "cash"),
        Flow("service", 12, "301", _yuan(int(homes * 10.2)), "现金存银行", means="cash", to_book="service", to_means="bank"),
        Flow("service", 15, "105", _yuan(600), "快递柜场地费", "速达快递柜"),
        Flow("service", 19, "211", _yuan(_yuan(homes * 1.86) * wobble), "楼道照明和门卫用电", "供电公司",
             source="public_revenue"),
        Flow("service", 21, "212", _yuan(homes * (7.4 if homes > 150 else 5.2)), "生活垃圾清运和化粪池清掏", "环卫中心", source="public_revenue"),
        Flow("service", 25, "101", _yuan(_yuan(homes * 15.03) * wobble), "居民缴费，微信和银行转账", "居民"),
        Flow("committee", 9, "104", _yuan(150), "单元门广告位，按月", "邻里广告社"),
        Flow("committee", 9, "205", _yuan(128.6), "公示打印、纸张", "复印社", source="public_revenue"),
        Flow("committee", 28, "206", _yuan(10), "银行手续费", "开户银行", source="public_revenue"),
    ]  # fmt: skip
    what, unit, price, count = REPAIRS[(number + len(shape.name)) % len(REPAIRS)]
    if last and shape.name.startswith("槐荫里"):
        flows += [
            Flow("service", 12, "203", _yuan(435), "更换楼道感应灯", "明达灯具店", source="residents"),
            Flow("service", 16, "203", _yuan(435), "", source="residents", reverses=True),
            Flow("service", 16, "203", _yuan(345), "更换楼道感应灯23盏，每盏15元", "明达灯具店", quantity="23",
                 unit_price="15", source="residents"),
            Flow("service", 19, "203", _yuan(1260), "3号楼2单元更换单元门门禁", "安平锁具", source="residents"),
            Flow("service", 22, "202", _yuan(780), "秋季修剪树木并清运", "绿源园艺", source="public_revenue"),
            Flow("service", 28, "204", _yuan(460), "东门道闸维修", "京西道闸", source="public_revenue"),
            Flow("committee", 20, "205", _yuan(96), "居民议事会茶水、横幅", "便民超市", source="public_revenue"),
        ]  # fmt: skip
    else:
        flows.append(
            Flow("service", 17, "203", _yuan(Decimal(price) * count), f"{what}{count}{unit}，每{unit}{Decimal(price):g}元",
                 "维修队", quantity=str(count), unit_price=price, source="residents")
        )  # fmt: skip
    if number % 3 == 1 and shape.unit:
        flows.append(Flow("service", 20, "102", _yuan(homes * 6.73), f"{shape.unit}，第{quarter}季度", shape.unit))
    if number % 3 == 0:
        flows.append(
            Flow("service", 26, "301", _yuan(200), "拨给自管会办公", to_book="committee", to_means="bank")
        )  # fmt: skip
    if number in (6, 12):
        flows.append(
            Flow(
                "service",
                23,
                "106",
                _yuan(Decimal(shape.area)),
                "政府奖励，半年考评",
                "街道办事处",
                decision=f"街道办〔{month.year}〕{number}号",
            )
        )
    if number in (4, 10) and not shape.name.startswith("槐荫里"):
        flows.append(Flow("service", 22, "202", _yuan(homes * 2.5), "修剪树木并清运", "绿源园艺",
                          source="public_revenue"))  # fmt: skip
    if number % 4 == 2:
        flows.append(Flow("service", 14, "401", _yuan(200), "装修垃圾清运押金", "住户", "cash", incoming=True))
    if number == 1:
        flows.append(
            Flow("committee", 18, "217", _yuan(240), "春节慰问保洁员和保安", "保洁员、保安", source="public_revenue",
                 decision="自管会决议1号")
        )  # fmt: skip
    if number == 5:
        flows.append(
            Flow("service", 24, "213", _yuan(homes * (46 if homes > 150 else 22)), "安装单元门对讲，按居民会议决定", "安平锁具",
                 source="public_revenue", decision="居民会议决议2号")
        )  # fmt: skip
    if number == 1:
        flows.append(
            Flow("service", 12, "214", _yuan(homes * 8.2), "公众责任险，全年", "保险公司", source="public_revenue")
        )
    if number == 3:
        flows.append(Flow("committee", 21, "108", _yuan(3.27), "存款利息", "开户银行"))
        flows.append(Flow("service", 21, "108", _yuan(18.46), "存款利息", "开户银行"))
    end = last_day(month).day
    order = sorted(range(len(flows)), key=lambda i: (min(flows[i].day, end), i))
    return [flows[i] for i in order]


# What the auditor of the main compound said of a month so many months back, and what the head answered.
OPINIONS = {
    0: ("opinion", "道闸维修没有附合同，请补上。", "合同在街道备案，复印件11月前补到凭证里。"),
    3: ("opinion", "疏通下水的三处没有写是哪几栋楼。", "1、4、6号楼，下次写在摘要里。"),
}

THINGS = (
    AssetData("公示栏", date(2019, 9, 1), "2", "块", None, "东门、3号楼前", "王秀兰", "街道送的"),
    AssetData("针式打印机", date(2023, 4, 12), "1", "台", _yuan(1299), "自管会办公室", "吴丽"),
    AssetData("灭火器", date(2024, 6, 3), "24", "个", _yuan(1680), "各单元一层", "刘玉珍", "每年6月送检"),
)


def beside_the_books(month: date) -> list[tuple[int, MemoData, Decimal | None]]:
    """Return what is noted beside the main compound's books: so many months back, the line, and what is left of it."""
    end = last_day(month)
    return [
        (9, MemoData(MemoKind.OUTSIDE, month.replace(day=18), _yuan(18600), "街道直接付给保洁公司的半年补贴", "八角街道办事处",
                     source="government", service_line="greening"), None),
        (0, MemoData(MemoKind.OUTSIDE, month.replace(day=14), _yuan(2400), "送来并装好8把长椅", "燕西机械厂（演示）",
                     source="property_units", service_line="greening"), None),
        (0, MemoData(MemoKind.ARREARS, end, _yuan(1932), f"{month.month}月物业服务费", households=23), None),
        (0, MemoData(MemoKind.PREPAID, end, _yuan(1260), "预交以后月份的物业服务费", households=15), None),
        (0, MemoData(MemoKind.UNPAID, month.replace(day=25), _yuan(4650), f"{month.month}月保洁费，合同约定25日付", "和顺里物业",
                     service_line="greening"), _yuan(1650)),
    ]  # fmt: skip
