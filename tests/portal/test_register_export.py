"""What is handed out of a register is what the import reads: nothing changes, nothing is live (R25), names are masked."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compounds.choices import AreaSource, RepresentativeKind, Role, Tenure, Use
from compounds.documents.exports import register_sheet
from compounds.imports import read_register, register_csv, register_workbook
from compounds.imports.register import HEADINGS
from compounds.models import Area, Compound, Dwelling, Owner, Ownership
from compounds.operations import CompoundRow, DwellingRow, Register, apply_register, preview_register
from compounds.rules import Address
from core import spreadsheets
from core.models import Entry, User
from core.operations import machine
from core.spreadsheets import WorkbookRefused
from tests import factories
from tests.factories import AT, COMMUNITY
from tests.portal.office import browser, words

pytestmark = pytest.mark.django_db
HUAI = CompoundRow(COMMUNITY, "槐荫里")
URL = f"/office/compounds/{COMMUNITY}01/register/export/"


@pytest.fixture
def home() -> Area:
    return factories.areas()


def applied(*rows: DwellingRow, compounds: tuple[CompoundRow, ...] = (HUAI,)) -> None:
    apply_register(Register(compounds, rows), actor=machine("system"), at=AT)


def dwelling(room: str, **told: Any) -> DwellingRow:
    return DwellingRow(HUAI.key, Address("3", "2", room), Decimal("61.2500"), **told)


def exported(masked: bool = False) -> tuple[bytes, bytes]:
    sheet = register_sheet(Compound.objects.all(), masked=masked)
    return register_workbook(sheet), register_csv(sheet)


NAMES = st.text("王李张刘陈阿不都·热合曼𠮷=+-@'", min_size=1, max_size=5).filter(lambda n: n.strip())
PHONES = st.sampled_from(["", "13800001234", "010-68000000", "13900005678"])
DWELLINGS = st.lists(
    st.builds(
        DwellingRow,
        st.just(HUAI.key),
        st.builds(Address, st.sampled_from(["3", "甲3", "平房"]), st.sampled_from(["", "2"]), st.sampled_from("12345")),
        st.decimals("0.01", "999.9999", places=4),
        st.sampled_from([None, *AreaSource.values]),
        st.sampled_from([None, *Tenure.values]),
        st.sampled_from([None, *Use.values]),
        st.sampled_from([None, True, False]),
        st.sampled_from([None, True, False]),
        st.sampled_from(["", "某某厂"]),
        NAMES,
        PHONES,
        st.lists(NAMES, max_size=3).map(tuple),
        NAMES,
        PHONES,
        st.sampled_from([None, *RepresentativeKind.values]),
    ),
    min_size=1, max_size=8, unique_by=lambda row: row.address,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=DWELLINGS)
def test_what_is_exported_changes_nothing_when_imported(home: Area, rows: list[DwellingRow]) -> None:
    from django.db import transaction

    with transaction.atomic():
        applied(*rows)
        before = preview_register(Register((HUAI,), ()))
        assert before.changes_nothing
        for content in exported():
            file = read_register(content, home)
            assert file.errors == () and file.rows == len(rows)
            outcome = preview_register(file.register)
            assert outcome.changes_nothing and outcome.unchanged == len(rows), outcome.changes
        transaction.set_rollback(True)


def test_a_changed_cell_is_seen(home: Area) -> None:
    """The control of the property: one co-owner's phone forgotten in the export would show."""
    applied(dwelling("501", owner="王秀兰", owner_phone="13800001234"))
    sheet = register_sheet(Compound.objects.all(), masked=False)
    rows = [list(row) for row in sheet.dwellings]
    rows[0][HEADINGS.index("产权人电话")] = "13800009999"
    changed = read_register(register_csv(type(sheet)(rows, sheet.compounds, False)), home)
    assert preview_register(changed.register).changed == 1


def test_compounds_of_one_name_go_by_their_codes(home: Area) -> None:
    applied(dwelling("501"))
    again = Compound.objects.create(code=f"{COMMUNITY}09", area_code=f"{COMMUNITY}09", name="槐荫里", created_at=AT)
    assert {row[0] for row in register_sheet([again, Compound.objects.earliest("pk")], masked=False).dwellings} == {
        f"{COMMUNITY}01"
    }


def test_a_masked_export_is_refused_by_the_import_and_holds_no_name(home: Area) -> None:
    applied(
        dwelling("501", owner="王秀兰", owner_phone="13800001234", co_owners=("张三丰",)),
        dwelling("502", representative="赵五儿", representative_phone="13900005678"),
    )
    workbook, text = exported(masked=True)
    for word in ("王秀兰", "张三丰", "赵五儿", "13800001234", "13900005678"):
        assert word not in text.decode()
    for content in (workbook, text):
        with pytest.raises(WorkbookRefused) as caught:
            read_register(content, home)
        assert "隐去姓名和电话" in str(caught.value)
    # Without the masked cells it is a good file.
    assert preview_register(read_register(exported()[0], home).register).changes_nothing


def test_whole_names_want_a_keeper_and_a_reason_and_are_recorded(home: Area) -> None:
    applied(dwelling("501", owner="王秀兰", owner_phone="13800001234"))
    clerk, auditor = factories.user(Role.COMMUNITY_CLERK, COMMUNITY), factories.user(Role.AUDITOR, COMMUNITY)
    assert "王*" in csv_of(browser(clerk), names="masked")
    client = browser(clerk)
    asked = client.post(URL, {"names": "whole", "format": "csv"})
    assert "请写明为什么要" in words(asked.content.decode())
    assert "王秀兰" in csv_of(client, names="whole", reason="核对房本")
    entry = Entry.objects.filter(action="register.export").latest("pk")
    assert "核对房本" in entry.data and "王秀兰" not in entry.data + entry.summary
    refused = browser(auditor).post(URL, {"names": "whole", "reason": "看看", "format": "csv"})
    assert refused["Content-Type"].startswith("text/html")
    assert "王*" in csv_of(browser(auditor), names="masked")
    community = f"/office/register/export/{COMMUNITY}/"
    assert "王秀兰" in client.post(community, {"names": "whole", "reason": "x", "format": "csv"}).content.decode()


def csv_of(client: Client, **data: str) -> str:
    response = client.post(URL, {"format": "csv", **data})
    assert response["Content-Type"].startswith("text/csv"), words(response.content.decode())
    return str(response.content.decode())


# --- R25 ---------------------------------------------------------------------------------------------------------

PAYLOADS = [
    f"{before}{sign}{body}"
    for before in ("", " ", "'", '"')
    for sign in ("=", "+", "-", "@")
    for body in ("1+1", "cmd|' /C calc'!A0")
]
PAYLOADS = [p.strip(" ") for p in PAYLOADS if not p.startswith(" ")] + [
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    '=HYPERLINK("x")',
    "'=1",
]


def infected(home: Area) -> None:
    """Put a payload into every text column of a register, past the forms."""
    applied(*(dwelling(str(n), owner=f"人{n}", representative="甲") for n in range(len(PAYLOADS))))
    for n, payload in enumerate(PAYLOADS):
        Owner.objects.filter(name=f"人{n}").update(name=payload, phone=payload[:30])
        Dwelling.objects.filter(room=str(n)).update(representative=payload[:40], representative_phone=payload[:30])
    Dwelling.objects.filter(room="0").update(room=PAYLOADS[0])
    Compound.objects.update(name=PAYLOADS[1], address=PAYLOADS[2], note=PAYLOADS[3])


def live_cells(text: bytes) -> int:
    """Count the cells of a CSV that a spreadsheet program would compute."""
    rows = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""))
    return sum(
        bool(cell.lstrip(" '\"​") != "" and spreadsheets.writing.LIVE.match(cell)) and cell[0] != "'"
        for row in rows
        for cell in row
    )


def test_r25_no_cell_of_an_export_is_live(home: Area, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(PAYLOADS) >= 30
    infected(home)
    workbook, text = exported()
    import zipfile

    with zipfile.ZipFile(io.BytesIO(workbook)) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name]
    assert not any("<f" in sheet.replace("<formula1>", "") for sheet in sheets)
    assert live_cells(text) == 0
    # Amounts stay numbers.
    assert ",61.2500," in text.decode()
    # Control: without the sign before them they are live.
    monkeypatch.setattr(spreadsheets.writing, "csv_text", lambda value: "" if value is None else str(value))
    assert live_cells(exported()[1]) >= 30
    assert Ownership.objects.exists() and User.objects.exists()
