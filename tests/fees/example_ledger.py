"""The ledger of the pictures: 槐荫里小区（演示）, October 2026; every figure is invented and the sums add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from core.codes import check_character
from core.hashing import sha256_text
from fees.documents import (
    Anchor,
    BookPart,
    Compared,
    Comparison,
    Ledger,
    Line,
    NoticeRow,
    ServiceRow,
    SourceRow,
    ToldRow,
)
from fees.rules import ZERO

CODE = "7K2M9QXA" + check_character("7K2M9QXA")
COMPOUND = "11010700302401"
HOUSEHOLDS = 312

SIGNS = {"income": 1, "expense": -1, "transfer_in": 1, "transfer_out": -1, "held_in": 1, "held_out": -1}
SUMS = {
    "income": "income", "expense": "expense", "transfer_in": "transfers_in", "transfer_out": "transfers_out",
    "held_in": "held_in", "held_out": "held_out",
}  # fmt: skip

# day, number, direction, account, summary, amount, source, service line, and what few lines have besides
SERVICE_LINES: list[tuple[Any, ...]] = [
    (5, 208, "expense", "治安防范", "9月秩序维护费，按合同", "5200.00", None, "security"),
    (5, 209, "expense", "绿化保洁", "9月保洁费，按合同", "4650.00", None, "greening"),
    (8, 210, "expense", "停车管理", "停车管理员补贴，2人", "2400.00", "public_revenue", "parking"),
    (8, 211, "income", "停车收入", "停车月租，54个车位，每个120元", "6480.00", "public_revenue", None,
     {"quantity": "54", "unit_price": "120"}),
    (10, 212, "income", "居民缴费", "居民缴费，现金，收据0417至0441号", "3412.50", "residents", None),
    (12, 213, "expense", "维修维护", "更换楼道感应灯", "435.00", "residents", "repair", {"reversed_by": 216}),
    (12, 214, "transfer_out", "内部划转", "现金存银行（账内划转3,400.00元，现金到银行）", "0.00", None, None),
    (15, 215, "income", "场地和设施出租", "快递柜场地费", "600.00", "public_revenue", None),
    (16, 216, "expense", "维修维护", "冲销10月12日第213号凭证", "-435.00", "residents", "repair", {"reverses": 213}),
    (16, 217, "expense", "维修维护", "更换楼道感应灯23盏，每盏15元", "345.00", "residents", "repair",
     {"quantity": "23", "unit_price": "15"}),
    (19, 218, "expense", "维修维护", "3号楼2单元更换单元门门禁", "1260.00", "property_units", "repair"),
    (20, 219, "income", "产权单位承担", "燕西机械厂（演示），第三季度", "2100.00", "property_units", None),
    (22, 220, "expense", "绿化保洁", "秋季修剪树木并清运", "780.00", "public_revenue", "greening"),
    (25, 221, "income", "居民缴费", "居民缴费，微信和银行转账", "4690.25", "residents", None),
    (28, 222, "expense", "停车管理", "东门道闸维修", "460.00", "public_revenue", "parking"),
]  # fmt: skip
COMMITTEE_LINES: list[tuple[Any, ...]] = [
    (9, 41, "income", "广告收入", "单元门广告位，第三季度", "450.00", "public_revenue", None),
    (9, 42, "expense", "委员会办公", "公示打印、纸张", "128.60", None, "administration"),
    (20, 43, "expense", "招待慰问和活动", "居民议事会茶水、横幅", "96.00", None, "administration"),
    (31, 44, "expense", "税费和手续费", "银行手续费", "10.00", None, "administration"),
]

NOTICE_INCOME = {
    "in_residents": ("8102.75", "81430.75", "7986.00"),
    "in_parking": ("6480.00", "64340.00", "6480.00"),
    "in_letting": ("1050.00", "6900.00", "600.00"),
    "in_units": ("2100.00", "6300.00", "0.00"),
    "in_government": ("0.00", "18640.50", "0.00"),
    "in_other": ("0.00", "0.00", "0.00"),
}
NOTICE_EXPENSE = {
    "out_security": ("5200.00", "52000.00", "5200.00"),
    "out_greening": ("5430.00", "49860.00", "4650.00"),
    "out_repair": ("1605.00", "18640.35", "2210.00"),
    "out_parking": ("2860.00", "25160.00", "2400.00"),
    "out_utilities": ("0.00", "6420.00", "1284.00"),
    "out_office": ("138.60", "2804.00", "212.40"),
    "out_subsidies": ("0.00", "0.00", "0.00"),
    "out_hospitality": ("96.00", "1320.00", "0.00"),
    "out_top_up": ("0.00", "2000.00", "0.00"),
    "out_other": ("0.00", "0.00", "0.00"),
}
TOLD = (
    ToldRow("no_evidence", "没有票据", 1, "第222号的发票月底没有开出，11月补"),
    ToldRow("not_reconciled", "没有和银行对账", 1, "银行11月3日才出对账单"),
)


def make_book(kind: str, opening: str, rows: Iterable[tuple[Any, ...]], **figures: str) -> BookPart:
    """Return one book with its totals added up from its lines; ``cash`` is what neither bank nor code holds."""
    balance = start = Decimal(opening)
    sums = dict.fromkeys(SUMS.values(), ZERO)
    lines = []
    for day, number, direction, account, summary, amount, source, service_line, *rest in rows:
        extra = rest[0] if rest else {}
        value = Decimal(amount)
        balance += SIGNS[direction] * value
        sums[SUMS[direction]] += value
        lines.append(
            Line(
                number=number, on=date(2026, 10, day), direction=direction, account=account, summary=summary,
                quantity=extra.get("quantity"), unit_price=extra.get("unit_price"), source=source,
                service_line=service_line, amount=value, balance=balance, reverses=extra.get("reverses"),
                reversed_by=extra.get("reversed_by"),
            )
        )  # fmt: skip
    bank, qr = Decimal(figures.get("bank", "0.00")), Decimal(figures.get("qr", "0.00"))
    return BookPart(
        book=kind, opening=start, **sums, closing=balance, held_balance=Decimal(figures.get("held_balance", "0.00")),
        cash=balance - bank - qr, bank=bank, qr=qr, lines=tuple(lines), households=HOUSEHOLDS,
    )  # fmt: skip


def _notice(rows: dict[str, tuple[str, str, str]]) -> tuple[NoticeRow, ...]:
    return tuple(NoticeRow(key, *(Decimal(figure) for figure in figures)) for key, figures in rows.items())


def _sum(lines: Iterable[Line], direction: str, name: str, key: str) -> Decimal:
    return sum((x.amount for x in lines if x.direction == direction and getattr(x, name) == key), ZERO)


def make_ledger(books: tuple[BookPart, BookPart], **changes: Any) -> Ledger:
    """Return a ledger over these books with its hash, as read back from its own data."""
    lines = [line for book in books for line in book.lines]
    fields: dict[str, Any] = {
        "code": CODE,
        "compound_code": COMPOUND,
        "compound_name": "槐荫里小区（演示）",
        "place": "石景山区 八角街道 八角南里社区",
        "households": HOUSEHOLDS,
        "floor_area": "18640.50",
        "period": "2026-10",
        "first_on": date(2026, 10, 1),
        "last_on": date(2026, 10, 31),
        "version": 1,
        "posted_on": date(2026, 11, 5),
        "posted_until": date(2026, 11, 19),
        "books": books,
        "sources": tuple(
            SourceRow(key, None, None, _sum(lines, "income", "source", key), _sum(lines, "expense", "source", key))
            for key in ("residents", "property_units", "public_revenue", "government")
        ),
        "service_lines": tuple(
            ServiceRow(key, None, _sum(lines, "expense", "service_line", key))
            for key in ("security", "greening", "repair", "parking", "administration")
        ),
        "notice_income": _notice(NOTICE_INCOME),
        "notice_expense": _notice(NOTICE_EXPENSE),
        "told": TOLD,
        "anchors": (
            Anchor("committee", 2026, 46, 44, sha256_text("committee")),
            Anchor("service", 2026, 230, 222, sha256_text("service")),
        ),
        "verify_url": f"https://wuhao.example/verify/{CODE}/",
        "contact_office": "八角南里社区居民委员会",
        "contact_place": "八角南里社区居委会窗口，周一至周五9:00至17:00",
        "contact_phone": "010-0000-0000（演示）",
        "comparison": Comparison(
            previous=Compared("2026-09", Decimal("15066.00"), Decimal("15956.40")),
            year=Compared("2026", Decimal("177611.25"), Decimal("158204.35")),
        ),
    } | changes
    return Ledger.from_data(Ledger(**fields).to_data())


def example_ledger(**changes: Any) -> Ledger:
    """Return the ledger of the pictures: collected 17,732.75, spent 15,329.60, left 51,778.30."""
    return make_ledger(
        (
            make_book("committee", "3156.80", COMMITTEE_LINES, bank="3000.00"),
            make_book("service", "46218.35", SERVICE_LINES, bank="45300.00", qr="690.25"),
        ),
        **changes,
    )


def ledger_with_everything() -> Ledger:
    """Return a ledger that also has transfers between the books and money held for others."""
    moved = [(26, 45, "transfer_out", "内部划转", "给物业服务经费补水费", "300.00", None, None)]
    held = [
        (26, 223, "transfer_in", "内部划转", "自管会经费补水费", "300.00", None, None),
        (27, 224, "held_in", "押金和保证金", "门禁卡押金，20张，每张30元", "600.00", None, None),
        (29, 225, "held_out", "押金和保证金", "退门禁卡押金，3张", "90.00", None, None),
    ]
    return make_ledger(
        (
            make_book("committee", "3156.80", sorted(COMMITTEE_LINES + moved), bank="2700.00"),
            make_book("service", "46218.35", sorted(SERVICE_LINES + held, key=lambda row: row[:2]),
                      bank="45300.00", qr="690.25", held_balance="1710.00"),
        )
    )  # fmt: skip


def long_ledger(count: int) -> Ledger:
    """Return a ledger whose service book has that many lines, with long texts among them."""
    lines = [
        (
            1 + n % 31, n + 1, "income" if n % 3 == 0 else "expense",
            "居民缴费" if n % 3 == 0 else "维修维护",
            "3号楼2单元至5单元楼道照明线路整治、更换声控开关和应急灯具，含人工和材料" if n % 7 == 0 else f"第{n + 1}件",
            f"{n % 97 + 1}.{n % 100:02d}", "residents",
            None if n % 3 == 0 else ("repair", "greening", "security", "parking")[n % 4],
        )
        for n in range(count)
    ]  # fmt: skip
    return make_ledger(
        (
            make_book("committee", "0.00", []),
            make_book("service", "100000.00", sorted(lines, key=lambda row: row[:2]), bank="1000.00"),
        )
    )


def empty_ledger() -> Ledger:
    """Return the ledger of a month in which nothing moved."""
    return make_ledger((make_book("committee", "0.00", []), make_book("service", "0.00", [])), told=())


def next_version(ledger: Ledger) -> Ledger:
    """Return the same ledger as its next version, posted a week later."""
    later = replace(ledger, version=ledger.version + 1, posted_on=ledger.posted_on + timedelta(days=7))
    return Ledger.from_data(later.to_data())
