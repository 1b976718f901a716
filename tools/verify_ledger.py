#!/usr/bin/env python3
"""Check a posted ledger's JSON file without trusting anyone: python3 verify_ledger.py FILE.json

Standard library only. Says 一致 (exit 0), 不一致 (exit 1) or that the file cannot be read (exit 2).
What is checked: the 校验码 over the canonical data; balances, sums and closing of each book (SIGNS says what a
direction does); income and expense by source, service line and row of the notice board; days; corrections.
"""

import hashlib
import json
import re
import sys
from decimal import Decimal, InvalidOperation
from typing import Any

SIGNS = {"income": 1, "expense": -1, "transfer_in": 1, "transfer_out": -1, "held_in": 1, "held_out": -1}
TOTALS = {key: key.replace("transfer", "transfers") for key in SIGNS}


class Different(Exception):
    """The file says something that does not follow from its own figures."""


def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: one reader would see the first, another the last."""
    data = dict(pairs)
    if len(data) != len(pairs):
        raise Different("同一个键写了两次")
    return data


def canonical_hash(data: dict[str, Any]) -> str:
    """Return sha256 over the canonical JSON (keys sorted, no spaces, UTF-8) without sha256 and verify_url."""
    rest = {key: data[key] for key in data if key not in ("sha256", "verify_url")}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def money(text: Any) -> Decimal:
    """Return an amount written as a string with two decimals."""
    amount = Decimal(text if isinstance(text, str) and len(text) <= 20 else "NaN")
    if not amount.is_finite() or amount.adjusted() > 15 or f"{amount:.2f}" != text:
        raise Different(f"金额写法不对：{text}")
    return amount


def check_book(book: dict[str, Any]) -> int:
    """Check one book: running balances, sums, equation; return how many lines it has."""
    name = book["book"]
    balance = money(book["opening"])
    sums, order = dict.fromkeys(TOTALS.values(), Decimal(0)), []
    for line in book["lines"]:
        amount = money(line["amount"])
        balance += SIGNS[line["direction"]] * amount
        sums[TOTALS[line["direction"]]] += amount
        order.append((line["on"], line["number"]))
        if balance != money(line["balance"]):
            raise Different(f"{name}第{line['number']}号的余额应是{balance:.2f}，写的是{line['balance']}")
    if order != sorted(order):
        raise Different(f"{name}各行不是按日期和号码排的")
    for total, amount in sums.items():
        if amount != money(book[total]):
            raise Different(f"{name}的{total}应是{amount:.2f}，写的是{book[total]}")
    if balance != money(book["closing"]):
        raise Different(f"{name}的月末结余应是{balance:.2f}，写的是{book['closing']}")
    if money(book["cash"]) + money(book["bank"]) + money(book["qr"]) != balance:
        raise Different(f"{name}的现金、银行、收款码相加不等于结余")
    return len(book["lines"])


def check_splits(data: dict[str, Any]) -> None:
    """Check the sums by source and by service line against the lines of both books."""
    lines = [line for book in data["books"] for line in book["lines"]]
    for name, column, direction, of in (
        ("sources", "received", "income", "source"),
        ("sources", "spent", "expense", "source"),
        ("service_lines", "spent", "expense", "service_line"),
    ):
        for key, row in data[name].items():
            found = sum((money(x["amount"]) for x in lines if (x["direction"], x[of]) == (direction, key)), Decimal(0))
            if found != money(row[column]):
                raise Different(f"{key}的{column}应是{found:.2f}，写的是{row[column]}")


def check_span(data: dict[str, Any]) -> None:
    """Check that every line's day lies in the period, and that the notice board's rows give the sums."""
    year, first, last = data["period"][:4], data["first_on"], data["last_on"]
    days = [line["on"] for book in data["books"] for line in book["lines"]]
    if not all(year + "-01-01" <= first <= day <= last <= year + "-12-31" for day in [first, *days]):
        raise Different("有一笔的日期不在这个期间里")
    for side in ("income", "expense"):
        rows = sum((money(row["month"]) for row in data["notice"][side]), Decimal(0))
        if rows != sum(money(book[side]) for book in data["books"]):
            raise Different(f"公示表各行的{side}相加不等于合计")


def check_corrections(data: dict[str, Any]) -> None:
    """Check that every correction names a voucher of the ledger, its words stand there, and its mending is later."""
    rows = data["corrections"]
    if {row["version"] for row in rows} != set(range(2, data["version"] + 1)):
        raise Different("版次和更正的清单不符")
    said = {(row["book"], row["number"], row["line"]): row["text"] for row in rows if row["text"] is not None}
    for row in rows:
        lines = next(book for book in data["books"] if book["book"] == row["book"])["lines"]
        own = [line for line in lines if (line["number"], line["on"]) == (row["number"], row["on"])]
        place = row["book"], row["number"], row["line"]
        if not own or (row["text"] is not None and own[row["line"] - 1]["summary"] != said[place]):
            raise Different(f"更正的第{row['number']}号和列出的不符")
        if row["booked"] and not data["last_on"] < row["booked"]["on"] < row["booked"]["period"] + "-32":
            raise Different(f"第{row['number']}号的更正不是记在以后的月份")


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("用法：python3 verify_ledger.py 文件.json", file=sys.stderr)
        return 2
    try:
        with open(arguments[1], "rb") as file:
            data = json.loads(file.read().decode("utf-8-sig"), object_pairs_hook=no_twins)
        if not isinstance(data, dict) or not str(data.get("schema", "")).startswith("ledger/"):
            raise ValueError("不是收支公示的数据")
    except Different as why:
        print(f"不一致：{why}")
        return 1
    except (OSError, ValueError, RecursionError) as why:
        print(f"读不出来：{why}", file=sys.stderr)
        return 2
    try:
        if not re.fullmatch(rf"https?://[^/?#\s]+/verify/{re.escape(data['code'])}/", data["verify_url"]):
            raise Different("核对的网址不是这份公示的")
        again = canonical_hash(data)
        if again != data.get("sha256"):
            raise Different(f"校验码应是{again}，写的是{data.get('sha256')}")
        count = sum(check_book(book) for book in data["books"])
        check_splits(data)
        check_span(data)
        check_corrections(data)
    except Different as why:
        print(f"不一致：{why}")
        return 1
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation) as why:
        print(f"不一致：缺少或写错了{why}")
        return 1
    what = f"{data['compound']['name']} {data['period']} 第{data['version']}版"
    print(f"一致：{what}，{count}笔账重新算过。校验码 {again}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
