"""What moves in the demo's books, month by month, and what stands beside them; the same for the same compound."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.hashing import canonical_json
from fees.choices import MemoKind
from fees.operations import AssetData, MemoData
from fees.rules import DENOMINATIONS, last_day
from portal.demo.places import FEN, Shape


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
