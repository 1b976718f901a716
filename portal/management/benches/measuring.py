"""What every measurement needs: a database of its own, made-up books of a given size, times side by side."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, connections
from django.test.utils import override_settings

from compounds.choices import AreaLevel
from compounds.models import Area, Building, Compound, Dwelling, Entrance
from core.operations import machine
from fees.choices import BookKind, Means
from fees.documents import closing_view
from fees.models import Account, Period, Voucher
from fees.operations import (
    DraftData,
    LineData,
    OpeningData,
    Posting,
    approve_period,
    ensure_period,
    money_account_of,
    open_books,
    post_opening,
    post_postings,
    prepare_period,
)
from fees.rules import last_day

AT = datetime(2026, 11, 5, 1, 30, tzinfo=UTC)
COMMUNITY = "110107003037"


@dataclass(frozen=True)
class Ratio:
    """A bar: two medians in seconds and what their ratio may be at most."""

    bar: str
    what: str
    ours: float
    other: float
    at_most: float

    @property
    def ratio(self) -> float:
        return self.ours / self.other

    @property
    def holds(self) -> bool:
        return self.ratio <= self.at_most

    def as_dict(self) -> dict[str, object]:
        return {
            "bar": self.bar, "what": self.what, "seconds": round(self.ours, 4), "compared": round(self.other, 4),
            "ratio": round(self.ratio, 3), "at_most": self.at_most, "holds": self.holds,
        }  # fmt: skip


@dataclass(frozen=True)
class Count:
    """A bar that counts: bytes, queries, faults; ``unit`` says of what."""

    bar: str
    what: str
    figure: float
    at_most: float
    unit: str

    @property
    def holds(self) -> bool:
        return self.figure <= self.at_most

    def as_dict(self) -> dict[str, object]:
        return {
            "bar": self.bar, "what": self.what, "figure": self.figure, "unit": self.unit, "at_most": self.at_most,
            "holds": self.holds,
        }  # fmt: skip


Bar = Ratio | Count


def machine_line() -> str:
    """Return what the figures were taken on: system, processor count, database, load."""
    vendor = connection.vendor
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return (
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, {os.cpu_count()} cores, "
        f"{vendor}, load {load}"
    )


def alternately(ours: Callable[[], object], other: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the medians of two things timed in turn, so that a slow minute of the machine hits both; seconds."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for each, kept in zip((ours, other), times, strict=True):
            gc.collect()
            begun = time.perf_counter()
            each()
            kept.append(time.perf_counter() - begun)
    return statistics.median(times[0]), statistics.median(times[1])


@contextmanager
def own_database() -> Iterator[Path]:
    """Work in a migrated database, a folder of documents and an anchors file that are thrown away afterwards."""
    was = connection.settings_dict["NAME"]
    with tempfile.TemporaryDirectory(prefix="wuhao-bench-") as folder:
        files = Path(folder)
        if connection.vendor == "sqlite":
            connection.settings_dict.setdefault("TEST", {})["NAME"] = str(files / "bench.sqlite3")
        else:
            connection.settings_dict.setdefault("TEST", {})["NAME"] = f"wuhao_bench_{os.getpid()}"
        storages = {
            **settings.STORAGES,
            "default": {"BACKEND": "core.storage.FolderStorage", "OPTIONS": {"location": str(files / "documents")}},
        }
        with override_settings(STORAGES=storages, ANCHORS_FILE=files / "anchors.jsonl", ALLOWED_HOSTS=["testserver"]):
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            try:
                assert default_storage is not None
                yield files
            finally:
                connections.close_all()
                connection.creation.destroy_test_db(was, verbosity=0)


# --- Books of a given size ----------------------------------------------------------------------------------------

SPENT = (
    ("201", "秩序维护费，按合同", "和顺里物业（演示）"),
    ("202", "秋季修剪树木并清运", "绿源园艺（演示）"),
    ("203", "3号楼2单元更换楼道感应灯", "明达灯具店（演示）"),
    ("204", "停车管理员补贴", "管理员"),
    ("211", "楼道照明电费", "供电所"),
    ("205", "公示打印和纸张", "文具店"),
)
TAKEN = (
    ("101", "居民缴费，微信和银行转账", "居民"),
    ("103", "停车月租", "车主"),
    ("105", "快递柜场地费", "速达快递柜（演示）"),
)


def make_compound(number: int, opened: date, households: int = 312) -> Compound:
    """Make a compound with so many dwellings on six floors of two, and its books, opened on a day with 90,000.00."""
    for code, name, level in (
        ("110107003", "八角街道", AreaLevel.STREET),
        (COMMUNITY, "八角南里社区", AreaLevel.COMMUNITY),
    ):
        Area.objects.get_or_create(code=code, defaults={"name": name, "level": level, "phone": "010-0000-0000"})
    code = f"{COMMUNITY}{number:02d}"
    compound = Compound.objects.create(code=code, area_code=code, name=f"槐荫里{number}院（演示）", created_at=AT)
    building = Building.objects.create(compound=compound, label="1")
    entrances = Entrance.objects.bulk_create(
        Entrance(building=building, label=str(n + 1)) for n in range((households + 11) // 12)
    )
    Dwelling.objects.bulk_create(
        Dwelling(
            building=building,
            entrance=entrances[n // 12],
            room=f"{n % 12 // 2 + 1}0{n % 2 + 1}",
            area=Decimal("59.7500"),
        )
        for n in range(households)
    )
    books = open_books(compound, actor=machine("system"), at=AT)
    balances = tuple(
        (money_account_of(books[BookKind.SERVICE], means), Decimal("45000.00")) for means in (Means.BANK, Means.CASH)
    )
    post_opening(
        OpeningData(books[BookKind.SERVICE], opened, balances),
        entered_by=machine("system"), reviewed_by=machine("system-2"), at=AT,
    )  # fmt: skip
    return compound


def post_month(compound: Compound, month: date, lines: int) -> list[Voucher]:
    """Post vouchers of one line each in the service book, two spent after each one taken."""
    accounts = {account.code: account for account in Account.objects.all()}
    book = open_books(compound, actor=machine("system"), at=AT)[BookKind.SERVICE]
    bank = money_account_of(book, Means.BANK)
    days = last_day(month).day
    postings = []
    for n in range(lines):
        code, summary, payee = TAKEN[n // 3 % len(TAKEN)] if n % 3 == 0 else SPENT[n % len(SPENT)]
        account = accounts[code]
        line = LineData(
            f"{summary}，第{n + 1}笔", account, Decimal(300 + n % 70) if n % 3 == 0 else Decimal(90 + n % 40),
            source=account.source or "residents", service_line=account.service_line,
        )  # fmt: skip
        on = month.replace(day=1 + n * days // lines)
        data = DraftData(
            book, on, account.direction, bank, (line,), payee=payee, handler="吴丽", witness="赵玉兰", approver="王秀兰"
        )
        postings.append(Posting(data, book, data.direction, bank, "bench"))
    return post_postings(compound, postings, entered_by=machine("system"), reviewed_by=machine("system-2"), at=AT)


def close_month(compound: Compound, month: date) -> Period:
    """Prepare and approve a month, its told checks explained."""
    period = ensure_period(compound, month)
    reasons = {check.key: "量尺寸用的数据" for check in closing_view(period).needing_reason}
    prepare_period(period, reasons, actor=machine("system"), at=AT)
    approve_period(period, actor=machine("system-2"), at=AT)
    return period


def table(bars: Sequence[Bar]) -> list[str]:
    """Return the bars as lines for people."""
    rows = []
    for bar in bars:
        verdict = "holds" if bar.holds else "MISSED"
        if isinstance(bar, Ratio):
            figures = f"{bar.ours:8.3f} s : {bar.other:8.3f} s = {bar.ratio:6.2f} (at most {bar.at_most:g})"
        else:
            figures = f"{bar.figure:10g} {bar.unit} (at most {bar.at_most:g})"
        rows.append(f"{bar.bar:<4} {figures}  {verdict:<6}  {bar.what}")
    return rows
