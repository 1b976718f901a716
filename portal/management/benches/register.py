"""T8: a large register checked and applied, against reading its file bare and inserting the same rows bare; the search box."""

from __future__ import annotations

import io
import random
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import python_calamine
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compounds.choices import AreaLevel, Role
from compounds.imports import HEADINGS, read_register
from compounds.models import Appointment, Area, Building, Dwelling, Owner, Ownership
from compounds.operations import apply_register, preview_register
from core.middleware import begin_session
from core.models import User
from core.operations import machine
from core.spreadsheets import Table, write_workbook
from portal.management.benches.measuring import AT, Bar, Count, Ratio

PER_COMPOUND = 2_500
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
_TABLES = ("compounds_dwelling", "compounds_owner", "compounds_ownership")


def workbook(dwellings: int, seed: int = 8) -> bytes:
    """Return an invented register of so many dwellings, every column filled as registers are."""
    # In a process of its own: making it takes more memory than reading it, which is what is measured.
    with ProcessPoolExecutor(1, get_context("fork")) as other:
        return other.submit(_made, dwellings, seed).result()


def _made(dwellings: int, seed: int) -> bytes:
    return write_workbook([Table("房屋", HEADINGS, _rows(dwellings, random.Random(seed)))])


def _rows(dwellings: int, draw: random.Random) -> Iterator[tuple[object, ...]]:
    def name() -> str:
        return draw.choice(_SURNAMES) + chr(draw.randrange(0x4E00, 0x5E00)) + chr(draw.randrange(0x4E00, 0x5E00))

    for n in range(dwellings):
        place, within = divmod(n, PER_COMPOUND)
        building, within = divmod(within, 250)
        door, room = divmod(within, 50)
        owner, phone = name(), f"010-{60_000_000 + n}"
        tenant = name() if n % 7 == 0 else owner
        yield (
            f"量尺寸第{place + 1}院（演示）", str(building + 1), str(door + 1), f"{room // 5 + 1}{room % 5 + 1:02d}",
            Decimal(draw.randrange(350_000, 1_200_000)) / 10_000, "产权登记", "房改房", "住宅", "是", owner, phone,
            name() if n % 10 == 0 else "", tenant, f"010-{80_000_000 + n}" if tenant != owner else phone,
            "某某厂（演示）" if n % 5 == 0 else "", "否", "承租人" if tenant != owner else "产权人",
        )  # fmt: skip


class _Gaps:
    """The longest time between two reports of progress, in seconds."""

    def __init__(self) -> None:
        self.last, self.longest = time.perf_counter(), 0.0

    def tell(self, done: int, total: int) -> None:
        now = time.perf_counter()
        self.longest, self.last = max(self.longest, now - self.last), now


def measure(dwellings: int = 100_000, rounds: int = 3, searched: int = 250_000) -> list[Bar]:
    """Return T8, its memory and its reports; then the search box over a register of ``searched`` dwellings."""
    content = workbook(dwellings)
    copies = _copies()
    ours, bare, gaps = [], [], []
    peak = 0.0
    for number in range(rounds):
        area = _community(number)
        _forget_peak()
        gap = _Gaps()
        begun = time.perf_counter()
        shown = preview_register(read_register(content, area, gap.tell).register, gap.tell)
        assert shown.new == dwellings, shown.new
        apply_register(
            read_register(content, area, gap.tell, looked_at=True).register, actor=machine("system"), at=AT,
            expected=shown.plan, progress=gap.tell,
        )  # fmt: skip
        gap.tell(0, 0)
        ours.append(time.perf_counter() - begun)
        gaps.append(gap.longest)
        peak = max(peak, _peak())
        rows = _written(area.code)
        begun = time.perf_counter()
        _bare(content, rows, copies)
        bare.append(time.perf_counter() - begun)
        del rows
    again = preview_register(read_register(content, _community(0)).register)
    bars: list[Bar] = [
        Ratio(
            "T8", f"{dwellings} dwellings, checked and applied : the file read and its rows inserted, bare",
            statistics.median(ours), statistics.median(bare), 3,
        ),
        Count("T8", "most memory of the process", round(peak), 600, "MiB"),
        Count("T8", "longest time without a report of progress", round(statistics.median(gaps), 2), 2, "s"),
        Count("T8", "dwellings that the same file would change again", again.new + again.changed, 0, "dwellings"),
    ]  # fmt: skip
    return bars + _search(searched - Dwelling.objects.count(), rounds)


def _forget_peak() -> None:
    """Let the kernel measure the most memory anew: making the workbook took more than reading it."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """Return the most memory since then, MiB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _community(number: int) -> Area:
    Area.objects.get_or_create(code="110107003", defaults={"name": "八角街道", "level": AreaLevel.STREET})
    code = f"1101070030{number + 10:02d}"
    return Area.objects.get_or_create(code=code, defaults={"name": f"社区{number}", "level": AreaLevel.COMMUNITY})[0]


# --- The bare side -----------------------------------------------------------------------------------------------


def _copies() -> list[str]:
    """Make tables with the same columns, constraints and indices, for rows that nobody reads; return their names."""
    with connection.cursor() as cursor:
        for table in _TABLES:
            if connection.vendor == "postgresql":
                cursor.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")
                continue
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL ORDER BY type DESC", [table]
            )
            for (sql,) in cursor.fetchall():
                said = sql.replace(f'"{table}"', f'"bare_{table}"')
                cursor.execute(said.replace('INDEX "', 'INDEX "bare_', 1).replace("%", "%%"))
    return [f"bare_{table}" for table in _TABLES]


def _written(area_code: str) -> list[list[tuple[Any, ...]]]:
    """Return the rows that the import wrote, as the driver gives them."""
    dwellings = Dwelling.objects.filter(building__compound__area_code__startswith=area_code).values("pk")
    asked = (
        Dwelling.objects.filter(pk__in=dwellings),
        Owner.objects.filter(area_code=area_code),
        Ownership.objects.filter(dwelling__in=dwellings),
    )
    found = []
    with connection.cursor() as cursor:
        for query in asked:
            names = [field.attname for field in query.model._meta.concrete_fields]
            sql, told = query.order_by("pk").values_list(*names).query.sql_with_params()
            cursor.execute(sql, told)
            found.append(cursor.fetchall())
    return found


def _bare(content: bytes, rows: list[list[tuple[Any, ...]]], tables: list[str]) -> None:
    """Read the file with the reader, and insert the rows with the driver."""
    book = python_calamine.load_workbook(io.BytesIO(content))
    assert book.get_sheet_by_name("房屋").to_python()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, model, told in zip(tables, (Dwelling, Owner, Ownership), rows, strict=True):
            columns = [str(field.column) for field in model._meta.concrete_fields]
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", told)


# --- The search box ----------------------------------------------------------------------------------------------


def _search(missing: int, rounds: int) -> list[Bar]:
    """Return how long the search box takes, for staff of the street, over a register of that size; ms."""
    number = 50
    while missing > 0:
        content = workbook(min(missing, 50_000), seed=number)
        apply_register(read_register(content, _community(number - 10)).register, actor=machine("system"), at=AT)
        missing -= 50_000
        number += 1
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    person = User.objects.create(username="bench-search", name="量尺寸", created_at=AT)
    Appointment.objects.create(
        user=person, role=Role.STREET_STAFF, area_code="110107003", from_on=AT.date(), given_by=person, given_at=AT
    )
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    begin_session(session, timezone.now())
    session.save()
    owner = Owner.objects.exclude(phone="").order_by("-pk")[5]
    total = Dwelling.objects.count()
    asked = {
        "a dwelling as typed": "3-2-501", "a dwelling in words": "3号楼2单元501", "a name": owner.name,
        "a phone's last four": owner.phone[-4:], "a whole phone": owner.phone, "what there is not": "没有的人名",
    }  # fmt: skip
    bars: list[Bar] = []
    for what, text in asked.items():
        taken = _median_ms(lambda text=text: client.post(reverse("office_search"), {"q": text}), 3 * rounds)  # type: ignore[misc]
        bars.append(Count("search", f"{what}, among {total} dwellings", round(taken, 1), 50, "ms"))
    assert Building.objects.exists()
    return bars


def _median_ms(do: Callable[[], object], times: int) -> float:
    do()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        do()
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)
